"""What is looked at before an approved letter leaves the house. Each failure is said to the secretary, in German.

The texts stand in a client's mailbox: none of them names another client, nor tells more of an address than that
it is «gesperrt».
"""

import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from maild.core.freeze import Frozen
from maild.core.template import open_gaps

LARGEST = 25 * 1024 * 1024
"""What most receiving servers still take, in bytes of the encoded letter."""

_ANNOUNCED = re.compile(
    r"\b(anbei|im anhang|in der anlage|beigefügt\w*|beiliegend\w*|angehängt\w*|attached|enclosed)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Failure:
    """One reason not to send: a stable name for logs, and what to tell the secretary."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the checks need to know beside the letter."""

    identities: frozenset[str]  # addresses of this client, in lower case
    foreign_staff: frozenset[str]  # addresses of other clients' own people
    reached: frozenset[str]  # who has got, or may have got, this letter already
    gaps: tuple[str, ...]
    original_id: str
    answered: bool  # Sent holds an answer to the original already
    received: bool  # it came in from outside, or went out before: nothing that a person has just written


def failures(letter: Frozen, circumstances: Circumstances) -> tuple[Failure, ...]:
    """All that speaks against sending; empty: it may go."""
    return tuple(_failures(letter, circumstances))


def _failures(letter: Frozen, known: Circumstances) -> Iterator[Failure]:
    if known.received:
        yield Failure("received", "Das ist eine empfangene oder schon gesendete Nachricht, kein neuer Brief.")
    yield from _about_people(letter, known)
    if known.answered:
        yield Failure(
            "answered",
            "Auf diese Nachricht liegt in «Gesendet» bereits eine Antwort. Soll dieser Brief trotzdem hinaus, "
            "verschicken Sie ihn bitte selbst; sonst löschen Sie ihn.",
        )
    thread = {*letter.mail.references, letter.mail.in_reply_to}
    if known.original_id and known.original_id not in thread:
        yield Failure(
            "thread",
            "Der Brief gehört nicht mehr zu der Nachricht, auf die er antworten sollte. Bitte schreiben Sie die "
            "Antwort aus der ursprünglichen Nachricht heraus neu.",
        )
    yield from _about_text(letter, known)


def _about_people(letter: Frozen, known: Circumstances) -> Iterator[Failure]:
    writers = {address.key for address in letter.mail.from_}
    if not writers or not writers <= known.identities:
        yield Failure(
            "identity",
            "Die Absenderadresse gehört nicht zu diesem Postfach. Bitte wählen Sie im Feld «Von» die Adresse "
            "dieses Kunden.",
        )
    if not letter.recipients:
        yield Failure("recipients", "Es ist kein Empfänger angegeben. Bitte tragen Sie ihn im Feld «An» ein.")
    blocked = [address for address in letter.recipients if address.lower() in known.foreign_staff]
    if blocked:
        yield Failure("blocked", f"Gesperrt: {', '.join(blocked)}. Bitte entfernen Sie diese Adresse.")
    again = [address for address in letter.recipients if address.lower() in known.reached]
    if again:
        yield Failure(
            "reached",
            f"Dieser Brief ist schon an {', '.join(again)} gegangen oder könnte dort angekommen sein. Bitte "
            "nehmen Sie diese Empfänger heraus, damit ihn niemand zweimal bekommt.",
        )


def _about_text(letter: Frozen, known: Circumstances) -> Iterator[Failure]:
    text = _own_words(letter.mail.new_text)
    gaps = open_gaps(known.gaps, text)
    if gaps:
        names = ", ".join(f"«{gap}»" for gap in gaps)
        yield Failure("gaps", f"Im Text fehlt noch: {names}. Bitte tragen Sie das ein.")
    if not text:
        yield Failure("empty", "Der Brief hat keinen Text.")
    if _ANNOUNCED.search(text) and not letter.mail.attachments:
        yield Failure(
            "attachment",
            "Im Text ist von einem Anhang die Rede, es hängt aber keiner an. Bitte hängen Sie die Datei an oder "
            "ändern Sie den Satz.",
        )
    if len(letter.raw) > LARGEST:
        size = f"{math.ceil(len(letter.raw) / 1024 / 1024)} MB"
        yield Failure(
            "size", f"Der Brief ist mit {size} zu groß (höchstens 25 MB). Bitte verkleinern Sie die Anhänge."
        )


def _own_words(new_text: str) -> str:
    """On one line, without the quotation that `new_text` keeps where her answers stand between its lines."""
    own = " ".join(line for line in new_text.split("\n") if not line.startswith(">"))
    return unicodedata.normalize("NFC", " ".join(own.split()))

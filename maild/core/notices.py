"""Messages that maild itself writes: notices to the secretary, notes and forwards to the client.

Notices are German and lie beside the letter they explain, in that client's own mailbox. They name no other client.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage

from maild.core.compose import blank, set_text, written
from maild.core.letter_mime import header_address
from maild.core.message import Address
from maild.core.subject import base_subject
from maild.errors import Fault

_MOST_FAULTS = 10
_MOST_SUBJECTS = 20


@dataclass(frozen=True, slots=True)
class Sheet:
    """The head of a message that maild writes."""

    sender: Address
    to: Sequence[Address]
    subject: str
    message_id: str
    now: datetime
    reply_to: Address | None = None


def clarification(sheet: Sheet, reasons: Sequence[str], folders: tuple[str, str]) -> bytes:
    """Why a letter was not sent, and what to do; `folders` are those for drafts and for approval, by name."""
    drafts, approve = folders
    text = "\n\n".join(
        [
            "Guten Tag,",
            f"der Brief «{sheet.subject}» wurde nicht gesendet. Er liegt neben dieser Nachricht.",
            *(f"• {reason}" for reason in reasons),
            f"Zum Ändern ziehen Sie den Brief in den Ordner «{drafts}», bearbeiten ihn dort und schieben ihn danach "
            f"wieder nach «{approve}». Wenn nichts zu ändern ist, schieben Sie ihn gleich nach «{approve}».",
            "Diese Nachricht können Sie löschen.",
            "maild",
        ]
    )
    return _message(sheet, f"Nicht gesendet: {_short(sheet.subject)}", text)


def delivery_report(
    sheet: Sheet, rows: Sequence[tuple[str, str]], folders: tuple[str, str], *, doubtful: bool, refused: bool
) -> bytes:
    """What happened to each recipient of a letter that did not reach all of them; rows: address and words."""
    drafts, approve = folders
    advice = ["Der Brief liegt neben dieser Nachricht."]
    if refused:
        advice.append(
            f"Ist eine Adresse falsch, so ziehen Sie den Brief in den Ordner «{drafts}», berichtigen sie dort, nehmen "
            f"alle Empfänger heraus, die ihn schon haben, und schieben ihn wieder nach «{approve}»."
        )
    if doubtful:
        advice.append(
            "Bei «unklar» weiß niemand, ob der Brief angekommen ist; maild sendet ihn deshalb nicht von selbst noch "
            "einmal. Bitte fragen Sie beim Empfänger nach."
        )
    text = "\n\n".join(
        [
            "Guten Tag,",
            f"der Brief «{sheet.subject}» hat nicht alle Empfänger sicher erreicht:",
            "\n".join(f"• {address}: {words}" for address, words in rows),
            " ".join(advice),
            "maild",
        ]
    )
    return _message(sheet, f"Nicht zugestellt: {_short(sheet.subject)}", text)


def stray(sheet: Sheet, reason: str) -> bytes:
    """Why a message that is no open draft was taken out of the approval folder."""
    text = "\n\n".join(
        [
            "Guten Tag,",
            f"die Nachricht «{sheet.subject}» lag im Freigabeordner und wurde nicht gesendet. Sie liegt neben dieser "
            "Nachricht.",
            f"• {reason}",
            "maild",
        ]
    )
    return _message(sheet, f"Nicht gesendet: {_short(sheet.subject)}", text)


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A mail that nobody has answered in time."""

    sender: str
    received: str  # day and time, in words
    folder: str  # where it lies
    drafted: bool  # a draft for it lies before the secretary


def unanswered(sheet: Sheet, about: Unanswered) -> bytes:
    """That a mail is still unanswered; the sheet's subject is that mail's."""
    draft = "Ein Entwurf für die Antwort liegt für Sie bereit." if about.drafted else ""
    text = "\n\n".join(
        [
            "Guten Tag,",
            f"die Nachricht «{sheet.subject}» von {about.sender or 'unbekannt'} ist noch nicht beantwortet. Sie ist am "
            f"{about.received} eingegangen, liegt im Ordner «{about.folder}» und ist dort gekennzeichnet.",
            *filter(None, [draft]),
            "Ist nichts mehr zu tun, etwa weil Sie angerufen haben, so nehmen Sie der Nachricht die Kennzeichnung "
            "(Stern oder Fähnchen). Dann erinnert maild nicht weiter an sie.",
            "Diese Notiz können Sie löschen.",
            "maild",
        ]
    )
    return _message(sheet, f"Noch unbeantwortet: {_short(sheet.subject)}", text)


def answered(sheet: Sheet, folder: str) -> bytes:
    """That she has answered by a letter of her own, while a draft that maild won't remove still lies in `folder`."""
    text = "\n\n".join(
        [
            "Guten Tag,",
            f"auf die Nachricht «{base_subject(sheet.subject)}» haben Sie schon selbst geantwortet. Der Entwurf dazu "
            f"liegt noch im Ordner «{folder}». Weil er geöffnet oder geändert wurde, entfernt maild ihn nicht.",
            "Wenn Sie ihn nicht mehr brauchen, löschen Sie ihn bitte.",
            "Diese Nachricht können Sie ebenfalls löschen.",
            "maild",
        ]
    )
    return _message(sheet, f"Schon beantwortet: {_short(sheet.subject)}", text)


def strays(sheet: Sheet, told: Sequence[tuple[str, str]]) -> bytes:
    """The same of many that came at once: subject and reason of each."""
    reasons = dict.fromkeys(reason for _, reason in told)
    lists = []
    for reason in reasons:
        subjects = [_short(subject) or "(ohne Betreff)" for subject, why in told if why == reason]
        more = len(subjects) - _MOST_SUBJECTS
        lines = [f"• {subject}" for subject in subjects[:_MOST_SUBJECTS]]
        lines += [f"• und {more} weitere"] if more > 0 else []
        lists += ["\n".join(lines), reason]
    text = "\n\n".join(
        [
            "Guten Tag,",
            f"{len(told)} Nachrichten lagen im Freigabeordner und wurden nicht gesendet. Sie liegen neben dieser "
            "Nachricht.",
            *lists,
            "maild",
        ]
    )
    return _message(sheet, f"Nicht gesendet: {len(told)} Nachrichten", text)


def note(sheet: Sheet, text: str) -> bytes:
    """A line to the client."""
    return _message(sheet, sheet.subject, text, automatic=True)


def alarm(sheet: Sheet, text: str) -> bytes:
    """What the office must know."""
    return _message(sheet, sheet.subject, text, automatic=True)


def faulty_files(clients: Sequence[str], faults: Sequence[Fault], found: datetime, *, served: bool) -> str:
    """That the files of some clients can't be used; `served` where earlier ones are still in force."""
    names = ", ".join(clients)
    if served:
        effect = f"Bis das behoben ist, gelten für {names} die letzten fehlerfreien Dateien weiter."
    else:
        effect = (
            f"Bis das behoben ist, bleibt die Post von {names} unbearbeitet im Posteingang liegen; verloren geht "
            "nichts."
        )
    return _listed(f"die Dateien von {names} sind fehlerhaft:", faults, found, effect)


def unusable_home(what: str, faults: Sequence[Fault], found: datetime) -> str:
    """That nothing of a home can be used, as `what` says; the last good files are in force for everybody."""
    effect = "Bis das behoben ist, gelten für alle Auftraggeber die letzten fehlerfreien Dateien weiter."
    return _listed(f"{what}:", faults, found, effect)


def forward(sheet: Sheet, text: str, original: bytes) -> bytes:
    """A received mail passed on whole, from its original bytes (RFC 2046, section 5.2.1): never written anew."""
    frame = blank()
    _head(frame, sheet, sheet.subject, automatic=True)
    set_text(frame, text)
    frame.make_mixed(boundary=_boundary(sheet.message_id, original))
    raw = original.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    encoding = "7bit" if raw.isascii() else "8bit"
    frame["Content-Transfer-Encoding"] = encoding  # RFC 2045, section 6.4: no less than that of its parts
    head, _, _ = written(frame).rpartition(f"--{frame.get_boundary()}--".encode())
    part = (
        f"--{frame.get_boundary()}\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: {encoding}\r\n"
        "Content-Disposition: attachment\r\n\r\n"
    )
    return head + part.encode() + raw + f"\r\n--{frame.get_boundary()}--\r\n".encode()


def _listed(what: str, faults: Sequence[Fault], found: datetime, effect: str) -> str:
    more = len(faults) - _MOST_FAULTS
    lines = [f"• {_without_customers(fault)}" for fault in faults[:_MOST_FAULTS]]
    lines += [f"• und {more} weitere"] if more > 0 else []
    return "\n\n".join(
        [
            "Guten Tag,",
            what,
            "\n".join(lines),
            f"Festgestellt am {found:%d.%m.%Y} um {found:%H:%M} Uhr. {effect}",
            "Bitte lassen Sie die genannten Stellen berichtigen. Sobald die Dateien gespeichert sind, liest maild sie "
            "von selbst neu ein. Der Befehl «maild check» nennt alle Fehler.",
            "maild",
        ]
    )


def _without_customers(fault: Fault) -> str:
    """A fault among the contacts without what stands there: that is a customer's name or address."""
    if not fault.file.endswith("contacts.csv"):
        return str(fault)
    place = f"{fault.file}, Zeile {fault.line}" if fault.line else fault.file
    return f"{place}, Spalte {fault.key}" if fault.key else place


def _message(sheet: Sheet, subject: str, text: str, *, automatic: bool = False) -> bytes:
    message = blank()
    _head(message, sheet, subject, automatic=automatic)
    set_text(message, text)
    return written(message)


def _head(message: EmailMessage, sheet: Sheet, subject: str, *, automatic: bool) -> None:
    message["From"] = header_address(sheet.sender)
    message["To"] = [header_address(address) for address in sheet.to]
    if sheet.reply_to is not None:
        message["Reply-To"] = header_address(sheet.reply_to)
    message["Subject"] = " ".join(subject.split())
    message["Date"] = sheet.now
    message["Message-ID"] = sheet.message_id
    if automatic:
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834, section 5: nobody's robot shall answer it


def _boundary(message_id: str, original: bytes) -> str:
    stem = "".join(c for c in message_id if c.isalnum())[:40]
    number = 0
    while f"{stem}_{number}".encode() in original:
        number += 1
    return f"{stem}_{number}"


def _short(subject: str) -> str:
    return base_subject(subject)[:120]

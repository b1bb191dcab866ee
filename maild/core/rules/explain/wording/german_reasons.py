"""Why an action was left out, in German; the core says it in English, for logs and admins.

A sentence that is not listed stays as it is: half a page in English is better than none.
"""

import re

from maild.core.rules.explain.wording.german import MACHINES
from maild.core.rules.explain.wording.german_marks import MARKS


def reason(text: str) -> str:
    """The German for a reason of `core.decide` or `core.answering`."""
    for pattern, german in _PATTERNS:
        found = pattern.fullmatch(text)
        if found:
            return german.format(*found.groups(), **_named(found))
    return _SENTENCES.get(text, text)


def _named(found: re.Match[str]) -> dict[str, str]:
    """Words among the parts of a reason that have a German form."""
    values = found.groupdict()
    return {name: _WORDS.get(value, value) for name, value in values.items()}


_WORDS = {**{str(machine): german for machine, german in MACHINES.items()}, **MARKS}

_PATTERNS = tuple(
    (re.compile(pattern), german)
    for pattern, german in (
        (r'rule "(.*)" does the same already', "die Regel „{0}“ tut schon dasselbe"),
        (r'rule "(.*)" is paused', "die Regel „{0}“ ist angehalten"),
        (r'rule "(.*)" drafts already', "die Regel „{0}“ entwirft schon eine Antwort"),
        (r'rule "(.*)" answers already', "die Regel „{0}“ antwortet schon"),
        (
            r'rule "(.*)" has decided where the mail ends',
            "die Regel „{0}“ hat schon bestimmt, wohin die Mail kommt",
        ),
        (
            r"a machine wrote the mail: (?P<what>\w+) \((?P<mark>.*)\)",
            "die Mail ist {what} (erkannt an: {mark})",
        ),
        (
            r"this sender has had this answer within the last (\d+) days",
            "dieser Absender hat diese Antwort in den letzten {0} Tagen schon bekommen",
        ),
        (
            r"this sender has had this answer within the last 24 hours",
            "dieser Absender hat diese Antwort in den letzten 24 Stunden schon bekommen",
        ),
        (
            r"(\d+) automatic answers have gone to the sender's domain within 24 hours",
            "an die Domain des Absenders gingen in 24 Stunden schon {0} automatische Antworten",
        ),
        (
            r"(\d+) automatic answers have gone out for this client within 24 hours",
            "für diesen Auftraggeber gingen in 24 Stunden schon {0} automatische Antworten hinaus",
        ),
    )
)

_SENTENCES = {
    "the mail counts as old, and is only moved, copied, marked or kept": (
        "die Mail gilt als alt und wird nur verschoben, kopiert, gekennzeichnet oder liegen gelassen"
    ),
    "the mail comes from the office itself": "die Mail kommt aus dem eigenen Büro",
    "the mail comes from the client itself": "die Mail kommt vom Auftraggeber selbst",
    "the thread has had an automatic answer already": (
        "in diesem Briefwechsel wurde schon einmal automatisch geantwortet"
    ),
    "the mail names no sender": "die Mail nennt keinen Absender",
    "the mail names several senders": "die Mail nennt mehrere Absender",
    "the mail has a null sender (Return-Path: <>)": "die Mail hat einen leeren Absender (Return-Path: <>)",
    "the mail's Return-Path can't be read": "der Return-Path der Mail ist nicht lesbar",
    "the sender's address has letters beyond ASCII (RFC 6531)": (
        "die Adresse des Absenders enthält Buchstaben außerhalb von ASCII (RFC 6531)"
    ),
    "the mail says that no person wrote it (Auto-Submitted)": (
        "die Mail sagt selbst, dass kein Mensch sie geschrieben hat (Auto-Submitted)"
    ),
    "the mail came by way of a list (List-*)": "die Mail kam über einen Verteiler (List-*)",
    "the mail is bulk mail, or from a list (Precedence)": (
        "die Mail ist eine Massensendung oder kam über einen Verteiler (Precedence)"
    ),
    "the sender wants no automatic answer (X-Auto-Response-Suppress)": (
        "der Absender wünscht keine automatische Antwort (X-Auto-Response-Suppress)"
    ),
    "the sender's address is one that robots and lists have": (
        "die Adresse des Absenders sieht nach Automat oder Verteiler aus"
    ),
    "the mail is marked as spam": "die Mail ist als Spam gekennzeichnet",
    "answers to the mail are not wanted, or go to a list (Reply-To)": (
        "Antworten sind nicht erwünscht oder gingen an einen Verteiler (Reply-To)"
    ),
    "answers to the mail go to others, perhaps to a list (Reply-To)": (
        "Antworten gingen an andere, vielleicht an einen Verteiler (Reply-To)"
    ),
    "the mail came more than 24 hours ago, too long for an automatic answer": (
        "die Mail kam vor mehr als 24 Stunden, zu lange für eine automatische Antwort"
    ),
    "none of the client's addresses stands in To or Cc": (
        "keine Adresse des Auftraggebers steht in An oder Cc"
    ),
}

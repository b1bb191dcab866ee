"""Subjects: what a thread is called, and what its next reply is called.

Tags such as [Projekt 7] are part of a subject and stay. What a gateway wrote before it, as [EXTERN], is for the
client's own eyes: it goes from what is answered.
"""

import re

NO_SUBJECT = "Ihre Nachricht"
MAX_LENGTH = 300  # characters of a subject of ours

_PREFIX = re.compile(
    r"(?:AW|Antw|Antwort|WG|WTR|Weitergeleitet|RE|SV|VS|TR|FW|FWD|Fwd)\s?(?:\[\d{1,3}\]|\(\d{1,3}\)|\^\d{1,3})?\s?[:：]\s*",
    re.IGNORECASE,
)
_TAG = re.compile(r"\[[^\[\]]{1,40}\]\s*")
_GATEWAY = re.compile(
    r"\[\s?(?:EXT|EXTERN|EXTERNAL|EXTERNE (?:E-?)?MAIL|EXTERNER ABSENDER|EXTERNAL (?:E-?MAIL|SENDER)"
    r"|E-?MAIL EXTERN)\s?:?\]\s*",
    re.IGNORECASE,
)
_BLANKS = re.compile("[\\s\x00-\x1f\x7f-\x9f]+")


def base_subject(subject: str) -> str:
    """The subject without its reply and forward prefixes, however many, on one line.

    Two subjects are of one thread if their bases are equal but for case. A tag before or between prefixes is kept once.
    """
    line = _BLANKS.sub(" ", subject).strip()
    tags: dict[str, None] = {}
    position = 0
    while True:
        if match := _PREFIX.match(line, position):
            position = match.end()
        elif match := _TAG.match(line, position):
            position = match.end()
            tags[match[0].strip()] = None
        else:
            return " ".join((*tags, line[position:])).strip()


def answered_subject(subject: str) -> str:
    """What an answer is about: the base, without the marks of a gateway; empty where nothing is left."""
    return base_subject(_GATEWAY.sub("", base_subject(subject)))


def reply_subject(subject: str) -> str:
    """The subject of an answer: «AW: » once, before what is left."""
    base = answered_subject(subject) or NO_SUBJECT
    return "AW: " + (base if len(base) <= MAX_LENGTH else base[: MAX_LENGTH - 1].rstrip() + "…")

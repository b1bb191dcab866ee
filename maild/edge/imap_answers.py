"""Reading what an IMAP server says: UID sets, response codes, flags and header fields, as plain values.

Pure functions; nothing here talks to a server. Text from a server that may hold addresses never leaves this module
except as a response code, which is an atom by grammar (RFC 9051, section 7.1).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

SYSTEM_FLAGS = {f.lower(): f for f in ("\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft")}

_CODE = re.compile(r"\[([A-Za-z][A-Za-z0-9-]*)[ \]]")
_APPENDUID = re.compile(rb"\[APPENDUID (\d+) (\d+)\]", re.IGNORECASE)
_COPYUID = re.compile(rb"\d+ ([\d:,]+) ([\d:,]+)")
_KEYWORD = re.compile(r"[A-Za-z0-9!#$&'+,\-./:;<=>?@^_`|~]+")
_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_QUOTABLE = re.compile(r"[ !#-\[\]-~]+")


@dataclass(frozen=True, slots=True)
class FolderStatus:
    """A folder as a whole; numbers that a server doesn't give are 0."""

    uidvalidity: int
    uidnext: int
    messages: int


@dataclass(frozen=True, slots=True)
class Found:
    """One mail of a batched fetch of headers."""

    uid: int
    flags: frozenset[str]
    internaldate: datetime  # aware, UTC
    size: int  # bytes (RFC822.SIZE)
    header: bytes  # the fields asked for, as they are; at most HEADER_LIMIT bytes


def response_code(text: str) -> str:
    """Name of the response code that a server's answer begins with, in upper case; empty where there is none."""
    found = _CODE.match(text)
    return found.group(1).upper() if found else ""


def appended_uid(answer: bytes | None) -> int | None:
    """The UID that a server with UIDPLUS gave to an appended message (RFC 4315, section 3)."""
    found = _APPENDUID.search(answer or b"")
    return int(found.group(2)) if found else None


def copied_uids(codes: Iterable[bytes | None]) -> dict[int, int]:
    """Old UID to new UID, from the texts of COPYUID response codes (RFC 4315, section 3)."""
    pairs: dict[int, int] = {}
    for code in codes:
        found = _COPYUID.search(code or b"")
        if found:
            pairs.update(zip(_members(found.group(1)), _members(found.group(2)), strict=False))
    return pairs


def _members(uid_set: bytes) -> Iterator[int]:
    for part in uid_set.split(b","):
        low, _, high = part.partition(b":")
        first, last = int(low), int(high or low)
        # RFC 9051, section 9: a range may be written in either order and always means the ascending one.
        yield from range(min(first, last), max(first, last) + 1)


def chunks(uids: Iterable[int], characters: int = 1000) -> Iterator[list[int]]:
    """Split UIDs, ascending and without doubles, so that each chunk is a set of at most so many characters."""
    chunk: list[int] = []
    length = 0
    for uid in sorted(set(uids)):
        width = len(str(uid)) + 1
        if chunk and length + width > characters:
            yield chunk
            chunk, length = [], 0
        chunk.append(uid)
        length += width
    if chunk:
        yield chunk


def portions(sizes: Iterable[tuple[int, int]], budget: int) -> Iterator[list[int]]:
    """Split UIDs, each with its size, so that a portion comes to at most `budget`, or is a single mail."""
    portion: list[int] = []
    total = 0
    for uid, size in sizes:
        if portion and total + size > budget:
            yield portion
            portion, total = [], 0
        portion.append(uid)
        total += size
    if portion:
        yield portion


def flag_names(flags: Sequence[bytes | int]) -> frozenset[str]:
    """Flags as text, system flags in their usual case; without the session's own `\\Recent`."""
    names = (flag.decode("utf-8", "replace") if isinstance(flag, bytes) else str(flag) for flag in flags)
    return frozenset(SYSTEM_FLAGS.get(name.lower(), name) for name in names) - {"\\Recent"}


def is_flag(name: str) -> bool:
    """Whether a name may be sent as a flag: a system flag, or a keyword (an atom; RFC 9051, section 9)."""
    return name in SYSTEM_FLAGS.values() or _KEYWORD.fullmatch(name) is not None


def utc(when: datetime | None) -> datetime:
    """A server's date as aware UTC; the epoch where the server gave none."""
    if when is None:
        return datetime.fromtimestamp(0, UTC)
    return when.astimezone(UTC)


def on_server(day: date) -> str:
    """A day as SEARCH has it, whatever the locale (RFC 9051, section 9: date-text)."""
    return f"{day.day}-{_MONTHS[day.month - 1]}-{day.year}"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def unfolded(header: bytes) -> bytes:
    """Header fields with continuation lines joined (RFC 5322, section 2.2.3)."""
    return _FOLD.sub(b"", header)


def longest_plain(value: str) -> str:
    """The longest part of a value that can stand in a quoted string as it is; at most 200 characters."""
    parts = _QUOTABLE.findall(value)
    return str(max(parts, key=len))[:200] if parts else ""


def folder_status(answer: dict[bytes, Any], messages: bytes) -> FolderStatus:
    """The numbers in the answer to SELECT or STATUS; `messages` is what it calls their count."""
    numbers = (answer.get(key) for key in (b"UIDVALIDITY", b"UIDNEXT", messages))
    return FolderStatus(*(number if isinstance(number, int) else 0 for number in numbers))


def found(uid: int, answer: dict[bytes, Any], header: bytes) -> Found:
    """One mail of a FETCH answer."""
    size = answer.get(b"RFC822.SIZE")
    return Found(
        uid=uid,
        flags=flag_names(answer.get(b"FLAGS") or ()),
        internaldate=utc(answer.get(b"INTERNALDATE")),
        size=size if isinstance(size, int) else 0,
        header=header,
    )


def sections(answers: dict[int, dict[bytes, Any]]) -> dict[int, bytes]:
    """The text that was asked for, whatever way the server spells the name of its section.

    A mail that another session has removed comes from Dovecot with NIL for a text: it is left out.
    """
    texts = ((uid, key, value) for uid, answer in answers.items() for key, value in answer.items())
    return {uid: value for uid, key, value in texts if key.startswith(b"BODY[") and isinstance(value, bytes)}


def section(answer: Mapping[bytes, Any], name: bytes) -> bytes | None:
    """One of several texts in an answer, by how its section begins; None where it is missing or NIL."""
    texts = (value for key, value in answer.items() if key.startswith(name))
    return next((value for value in texts if isinstance(value, bytes)), None)

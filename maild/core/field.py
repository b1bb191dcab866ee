"""The header block of a mail as raw fields: names, and values with their folding undone, still bytes.

Written here rather than taken from the `email` package so that the fingerprint of a mail, which is kept for years,
rests on nothing that a new Python may change, and so that one line of rubbish does not hide the fields after it.
It decodes nothing (see `encoded`) and never raises.
"""

import re
from dataclasses import dataclass

MAX_FIELDS = 2_000

_NAME = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")


@dataclass(frozen=True, slots=True)
class Field:
    """One header field (RFC 5322, section 2.2)."""

    name: str  # as written
    raw: bytes  # unfolded (section 2.2.3), without the blanks around it


@dataclass(frozen=True, slots=True)
class Block:
    """The header block and where it ends."""

    fields: tuple[Field, ...]
    body: int  # offset of the first byte of the body
    defects: tuple[str, ...] = ()

    def first(self, name: str) -> bytes | None:
        """The raw value of the first field of that name, whatever its case; None where there is none."""
        wanted = name.lower()
        return next((field.raw for field in self.fields if field.name.lower() == wanted), None)

    def every(self, name: str) -> tuple[bytes, ...]:
        """The raw values of all fields of that name, in order."""
        wanted = name.lower()
        return tuple(field.raw for field in self.fields if field.name.lower() == wanted)


def split(raw: bytes) -> Block:
    """The fields of a whole mail or of its header bytes.

    A line that is no field is skipped when fields follow it, and begins the body when none does: some programs leave
    out the blank line between the two.
    """
    reading = _Reading()
    position = _past_envelope_line(raw)
    while position < len(raw):
        end = raw.find(b"\n", position) + 1 or len(raw)
        line = raw[position:end].rstrip(b"\r\n")
        if not line:
            return reading.block(end)
        if not reading.take(line, end):
            return reading.block(position)
        position = end
    return reading.block(len(raw))


def _past_envelope_line(raw: bytes) -> int:
    """Where the fields begin: after the "From " line of an mbox file, where one was left in."""
    if raw.startswith((b"From ", b">From ")):
        return raw.find(b"\n") + 1 or len(raw)
    return 0


class _Reading:
    """The fields collected so far, and whether the line before belongs to one."""

    def __init__(self) -> None:
        self._names: list[bytes] = []
        self._chunks: list[list[bytes]] = []
        self._end_of_fields = 0
        self._open = False  # a continuation line would belong to the last field
        self._surplus = 0
        self._rubbish = False  # since the last field
        self._skipped = False

    def take(self, line: bytes, end: int) -> bool:
        """Read one line; False where the block can't have begun at all."""
        if line[:1] in (b" ", b"\t"):
            if self._open:
                self._chunks[-1].append(line)
                self._end_of_fields = end
            return bool(self._names)
        match = _NAME.match(line)
        if match is None:
            self._rubbish, self._open = True, False
            return bool(self._names)
        self._begin(match[1], line[match.end() :])
        self._end_of_fields = end
        return True

    def _begin(self, name: bytes, value: bytes) -> None:
        self._skipped = self._skipped or self._rubbish
        self._rubbish = False
        self._open = len(self._names) < MAX_FIELDS
        if self._open:
            self._names.append(name)
            self._chunks.append([value])
        else:
            self._surplus += 1

    def block(self, body: int) -> Block:
        """What was read; `body` is where the body begins unless rubbish stands before it."""
        fields = tuple(
            Field(name.decode("ascii"), b"".join(chunks).strip(b" \t\r"))
            for name, chunks in zip(self._names, self._chunks, strict=True)
        )
        found = {
            f"more than {MAX_FIELDS} header fields": self._surplus > 0,
            "a header line that is no field was skipped": self._skipped,
            "the mail has no header": not fields,
            "no blank line between header and body": self._rubbish and bool(fields),
        }
        defects = tuple(text for text, true in found.items() if true)
        return Block(fields, self._end_of_fields if self._rubbish else body, defects)

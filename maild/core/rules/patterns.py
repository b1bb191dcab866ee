"""Regular expressions and globs, compiled by RE2, whose time is linear in the text whatever the pattern.

A pattern for folded text is written as people write: capitals and umlauts are understood. RE2 compares without case,
and what folding spells with several letters is replaced in the pattern as folding does it in the text: `Müller` looks
for `mueller`, `ü?` for `(?:ue)?`, `[aäö]` for `(?:[a]|ae|oe)`. What has no such replacement is refused: a range that
ends in such a letter, and a set of excluded letters that names one.
"""

import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

import re2

from maild.core.rules.index.needed import NOTHING, Pieces, needed_by_glob, needed_by_regex
from maild.core.text import fold

MAX_MEMORY = 2 << 20
"""Bytes that one compiled pattern may use, its automaton included; a pattern that needs more is refused."""

LEAST_MEMORY = 32 << 10
"""Bytes that every pattern may use that RE2 compiles."""

STEP_MEMORY = 640
"""Bytes for each step of a compiled pattern; with less, RE2 takes its slow way on ordinary text (measured)."""

MAX_PROGRAM = 5_000
"""Steps of one compiled pattern. Where a text drives RE2 out of its memory, the time is steps times letters."""

LONGEST = 2_000
"""Letters that one pattern may have."""


class PatternError(ValueError):
    """A pattern can't be used; the message says why, for the author of the rule."""


class Program(Protocol):
    """What a pattern is compiled to: RE2's object, or `Stars`."""

    def search(self, text: bytes) -> object | None:
        """Where it fits first, in whatever form; None where it doesn't."""
        ...


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern."""

    source: str
    program: Program
    memory: int = 0  # bytes that RE2 may use for it
    needed: Pieces = NOTHING  # one of these is in every text that fits; empty: nothing is certain

    def found(self, text: bytes) -> bool:
        """Whether the pattern fits anywhere in the text, in UTF-8."""
        return self.program.search(text) is not None


@dataclass(frozen=True, slots=True)
class Stars:
    """A glob without `?`: its pieces, between which any text may stand; a single piece is the whole text."""

    pieces: tuple[bytes, ...]

    def search(self, text: bytes) -> tuple[int, int] | None:
        """The whole text, if it fits."""
        first, *middle, last = self.pieces if len(self.pieces) > 1 else (*self.pieces, b"")
        at, end = len(first), len(text) - len(last)
        if at > end or not text.startswith(first) or not text.endswith(last):
            return None
        for piece in middle:
            at = text.find(piece, at, end)
            if at < 0:
                return None
            at += len(piece)
        return (0, len(text)) if len(self.pieces) > 1 or at == end else None


def regex(source: str, *, exact: bool = False) -> Pattern:
    """Compile a pattern in RE2's syntax.

    Raises:
        PatternError: RE2 refuses it, it is too large, or it can't be held against folded text.
    """
    _measure(source)
    pattern = source if exact else _folded(source)
    program, memory = _compile(pattern, exact=exact)
    return Pattern(source, program, memory, needed_by_regex(pattern, exact=exact))


def glob(source: str, *, exact: bool = False) -> Pattern:
    """Compile a glob that must fit the whole text: `*` is any text, `?` one letter (an umlaut is one letter).

    Raises:
        PatternError: it is too large.
    """
    _measure(source)
    pieces = [piece if exact or piece in _WILD else fold(piece) for piece in _GLOB_SIGN.split(source)]
    needed = needed_by_glob([piece for piece in pieces if piece not in _WILD], exact=exact)
    if "?" not in source:
        return Pattern(source, Stars(_encoded("".join(pieces).split("*"))), needed=needed)
    wild = {"*": ".*", "?": "." if exact else "(?:[aou]e|ss|.)"}
    body = "".join(wild.get(piece) or _quote(piece) for piece in pieces)
    program, memory = _compile(rf"(?s)\A{body}\z", exact=exact)
    return Pattern(source, program, memory, needed)


_WILD = frozenset("*?")
_GLOB_SIGN = re.compile(r"([*?])")


def _measure(source: str) -> None:
    if len(source) > LONGEST:
        raise PatternError(f"it is longer than {LONGEST:,} letters")


def _encoded(pieces: list[str]) -> tuple[bytes, ...]:
    try:
        return tuple(piece.encode("utf-8") for piece in pieces)
    except UnicodeEncodeError as error:
        raise PatternError(_HALF) from error


def _compile(pattern: str, *, exact: bool) -> tuple[Program, int]:
    """RE2's program, and the bytes that it may use: what its size calls for."""
    with suppress(PatternError):  # too large for that, or wrong in any case
        small = _program(pattern, LEAST_MEMORY, exact=exact)
        if small.programsize * STEP_MEMORY <= LEAST_MEMORY:
            return small, LEAST_MEMORY
    steps = _program(pattern, MAX_MEMORY, exact=exact).programsize
    if steps > MAX_PROGRAM:
        raise PatternError(f"it is too large ({steps:,} steps, at most {MAX_PROGRAM:,}); {_SMALLER}")
    memory = min(max(steps * STEP_MEMORY, LEAST_MEMORY), MAX_MEMORY)
    return _program(pattern, memory, exact=exact), memory


def _program(pattern: str, memory: int, *, exact: bool) -> Any:
    options = re2.Options()
    options.max_mem = memory
    options.log_errors = False
    options.case_sensitive = exact
    options.never_capture = True
    try:
        return re2.compile(pattern.encode("utf-8"), options)
    except re2.error as error:
        raise PatternError(_reason(error)) from error
    except UnicodeEncodeError as error:
        raise PatternError(_HALF) from error


_SMALLER = "repeat less often, above all . and [^…] and \\p"
_HALF = "it holds half a character (a lone surrogate)"


def _reason(error: Exception) -> str:
    reason = error.args[0] if error.args else "unknown error"
    text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
    return text + next((advice for start, advice in _ADVICE.items() if text.startswith(start)), "")


_ADVICE = {
    "invalid perl operator": " (there is no look-around in RE2; use unless for what must not stand there)",
    "invalid escape sequence: \\Z": " (write \\z)",
    **{f"invalid escape sequence: \\{n}": " (RE2 knows no back references)" for n in range(1, 10)},
    "invalid repetition size": " (1000 is the most, repetitions within each other multiplied)",
    "bad repetition operator": " (for the signs themselves put \\ before each)",
    "pattern too large": f"; {_SMALLER}",
}


def _quote(text: str) -> str:
    return "".join(f"\\{letter}" if letter in _SPECIAL else letter for letter in text)


_SPECIAL = frozenset("\\.+*?()|[]{}^$-")

# The parts of a pattern: \Q…\E, an escape, a set of letters, or any one other character.
# Nothing here may try a second way through the same letters: a pattern must not make reading it slow either.
_PART = re.compile(
    r"""(?P<literal>\\Q.*?(?:\\E|\Z))
      | (?P<escape>\\[pPx]\{[^}]*\} | \\.)
      | (?P<set>\[\^?\]?(?>\[:\^?\w+:\] | \\[pPx]\{[^}]*\} | \\. | [^\]\\])*+\])
      | (?P<plain>.)""",
    re.VERBOSE | re.DOTALL,
)
_SET_PART = re.compile(r"\[:\^?\w+:\] | \\[pPx]\{[^}]*\} | \\. | .", re.VERBOSE | re.DOTALL)


def _folded(pattern: str) -> str:
    composed = unicodedata.normalize("NFC", pattern)
    if composed.isascii():
        return composed
    return "".join(_folded_part(part) for part in _PART.finditer(composed))


def _folded_part(part: re.Match[str]) -> str:
    text = part[0]
    if part.lastgroup == "literal":
        return _quote(fold(text.removeprefix("\\Q").removesuffix("\\E")))
    if part.lastgroup == "set":
        return _folded_set(text)
    if part.lastgroup == "escape" or text.isascii():
        return text
    letters = fold(text)
    return letters if len(letters) == 1 else f"(?:{letters})"


def _folded_set(text: str) -> str:
    parts = _SET_PART.findall(text[1:-1])
    spelled = [part for part in parts if not part.isascii() and len(fold(part)) > 1]
    if spelled and parts[0] == "^":
        raise PatternError(
            f"{text} excludes «{spelled[0]}», which folding spells {fold(spelled[0])}; use exact: true"
        )
    for left, middle, right in zip(parts, parts[1:], parts[2:], strict=False):
        if middle == "-" and (left in spelled or right in spelled):
            raise PatternError(f"the range {left}-{right} means nothing in folded text; name its letters")
    rest = "".join(part if part.isascii() else fold(part) for part in parts if part not in spelled)
    if not spelled:
        return f"[{rest}]"
    # The first letter may have gone, and ^ taken its place, where it would turn the meaning round.
    rest = f"\\{rest}" if rest.startswith("^") else rest
    choices = ([f"[{rest}]"] if rest else []) + [fold(part) for part in dict.fromkeys(spelled)]
    return f"(?:{'|'.join(choices)})"

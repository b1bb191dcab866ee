"""Regular expressions and globs, compiled by RE2, whose time is linear in the text whatever the pattern.

A pattern for folded text is written as people write: capitals and umlauts are understood. RE2 compares without case,
and what folding spells with several letters is replaced in the pattern as folding does it in the text: `Müller` looks
for `mueller`, `ü?` for `(?:ue)?`, `[aäö]` for `(?:[a]|ae|oe)`. What has no such replacement is refused: a range that
ends in such a letter, and a set of excluded letters that names one.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

import re2

from maild.core.text import fold

MAX_MEMORY = 2 << 20
"""Bytes that one compiled pattern may use, its automaton included; a pattern that needs more is refused."""


LONGEST = 2_000
"""Letters that one pattern may have."""


class PatternError(ValueError):
    """A pattern can't be used; the message says why, for the author of the rule."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern."""

    source: str
    program: Any  # re2 has no types

    def found(self, text: bytes) -> bool:
        """Whether the pattern fits anywhere in the text, in UTF-8."""
        return self.program.search(text) is not None


def regex(source: str, *, exact: bool = False) -> Pattern:
    """Compile a pattern in RE2's syntax.

    Raises:
        PatternError: RE2 refuses it, or it can't be held against folded text.
    """
    _measure(source)
    return Pattern(source, _compile(source if exact else _folded(source), exact=exact))


def glob(source: str, *, exact: bool = False) -> Pattern:
    """Compile a glob that must fit the whole text: `*` is any text, `?` one letter (an umlaut is one letter).

    Raises:
        PatternError: it is too large.
    """
    _measure(source)
    one = "." if exact else "(?:[aou]e|ss|.)"
    wild = {"*": ".*", "?": one}
    pieces = re.split(r"([*?])", source)
    body = "".join(wild.get(piece) or _quote(piece if exact else fold(piece)) for piece in pieces if piece)
    return Pattern(source, _compile(rf"(?s)\A{body}\z", exact=exact))


def _measure(source: str) -> None:
    if len(source) > LONGEST:
        raise PatternError(f"it is longer than {LONGEST:,} letters")


def _compile(pattern: str, *, exact: bool) -> Any:
    options = re2.Options()
    options.max_mem = MAX_MEMORY
    options.log_errors = False
    options.case_sensitive = exact
    options.never_capture = True
    try:
        return re2.compile(pattern.encode("utf-8"), options)
    except re2.error as error:
        raise PatternError(_reason(error)) from error
    except UnicodeEncodeError as error:
        raise PatternError("it holds half a character (a lone surrogate)") from error


def _reason(error: Exception) -> str:
    reason = error.args[0] if error.args else "unknown error"
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)


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

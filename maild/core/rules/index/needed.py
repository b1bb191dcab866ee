"""What a text must have in it for a pattern to fit: a few literal pieces, of which one at least stands there.

Cautious rather than clever: whatever is not understood counts as any text, and a pattern of which nothing is certain
gets no pieces. It only narrows down which patterns are tried; whether one fits, RE2 alone says.
"""

import re
from dataclasses import dataclass

Pieces = frozenset[str]

NOTHING: Pieces = frozenset()
"""Nothing is certain: any text may fit."""

MOST = 16
"""Pieces that one pattern may have; with more of them little would be narrowed down."""


def needed_by_regex(pattern: str, *, exact: bool) -> Pieces:
    """The pieces of a pattern that RE2 has accepted; those of a folded one are found in folded text.

    A run of blanks in a piece is one blank unless `exact`, and there is none at its ends.
    """
    try:
        pieces = _Parser(pattern if exact else _UMLAUT.sub(r"\1", pattern), exact=exact).alternation(0)
    except _NotUnderstoodError:
        return NOTHING
    return pieces if exact else frozenset(_flat(piece) for piece in pieces)


def needed_by_glob(literals: list[str], *, exact: bool) -> Pieces:
    """The longest piece of what a glob has between its `*` and `?`, folded already unless `exact`."""
    pieces = literals if exact else [_flat(run) for text in literals for run in _ASCII.findall(text)]
    longest = max(pieces, key=len, default="")
    return frozenset((longest,)) if longest else NOTHING


def _flat(piece: str) -> str:
    return " ".join(piece.lower().split())


# Letters that RE2 may take for others without regard to case are all beyond ASCII, once a text is folded.
_ASCII = re.compile(r"[\x00-\x7f]+")


# An umlaut as `patterns` spells it out, where it is no more than two letters in a row.
_UMLAUT = re.compile(r"(?<!\\)\(\?:(ae|oe|ue|ss)\)(?![*+?{])")


class _NotUnderstoodError(Exception):
    """The pattern has something of which nothing is known here."""


@dataclass(slots=True)
class _Run:
    """What is known of a sequence: the best pieces so far, and the literal letters since the last doubt."""

    best: Pieces = NOTHING
    letters: str = ""

    def end(self) -> None:
        """The letters go no further; keep them if they say more than what is kept."""
        self.offer(frozenset((self.letters,)) if self.letters else NOTHING)
        self.letters = ""

    def offer(self, pieces: Pieces) -> None:
        """Other pieces, of which one must be there as well."""
        if pieces and len(pieces) <= MOST and _shortest(pieces) > _shortest(self.best):
            self.best = pieces


def _shortest(pieces: Pieces) -> int:
    return min((len(piece) for piece in pieces), default=0)


class _Parser:
    """Goes through a pattern once, from left to right."""

    def __init__(self, pattern: str, *, exact: bool) -> None:
        self._pattern = pattern
        self._exact = exact
        self._at = 0

    def alternation(self, depth: int) -> Pieces:
        """Up to the bracket that closes this group: a piece of each branch, or nothing where a branch has none."""
        if depth > _DEEPEST:
            raise _NotUnderstoodError
        branches = [self._sequence(depth)]
        while self._take("|"):
            branches.append(self._sequence(depth))
        return frozenset().union(*branches) if all(branches) else NOTHING

    def _sequence(self, depth: int) -> Pieces:
        run = _Run()
        while (part := _PART.match(self._pattern, self._at)) is not None and part[0] not in {"|", ")"}:
            self._at = part.end()
            if part.lastgroup == "group":
                self._group(part[0], run, depth)
            else:
                self._letter(self._literal(part), run)
        run.end()
        return run.best

    def _group(self, opening: str, run: _Run, depth: int) -> None:
        if self._exact and "i" in opening.partition("?")[2].partition("<")[0]:
            raise _NotUnderstoodError  # from here on without regard to case
        run.end()
        if opening.endswith(")"):  # only flags
            return
        pieces = self.alternation(depth + 1)
        if not self._take(")"):
            raise _NotUnderstoodError
        least, _ = self._repeated()
        run.offer(pieces if least else NOTHING)

    def _literal(self, part: re.Match[str]) -> str:
        """The letter that this part stands for; empty where it stands for several, or for none."""
        text = part[0]
        match part.lastgroup:
            case "escaped":
                return text[1]
            case "plain" if self._exact or text.isascii():
                return text
            case "unclear":
                raise _NotUnderstoodError
        return ""

    def _letter(self, letter: str, run: _Run) -> None:
        least, repeated = self._repeated()
        if not repeated and letter:
            run.letters += letter
            return
        run.letters += letter if least else ""
        run.end()
        run.letters = letter if least else ""

    def _repeated(self) -> tuple[int, bool]:
        """How often, at least, what stands before comes, and whether that may be more than once or not at all."""
        least, repeated = 1, False
        while (found := _REPEATED.match(self._pattern, self._at)) is not None:
            self._at = found.end()
            least, repeated = min(least, _least(found)), True
        return least, repeated

    def _take(self, sign: str) -> bool:
        taken = self._pattern.startswith(sign, self._at)
        self._at += taken
        return taken


def _least(repetition: re.Match[str]) -> int:
    return min(int(repetition["least"]), 1) if repetition["least"] else int(repetition[0][0] == "+")


_DEEPEST = 50
_PART = re.compile(
    r"""(?P<group>\((?:\?P?<\w+>|\?[imsU-]*[:)]|(?!\?)))
      | (?P<escaped>\\[!-/:-@\[-`{-~])
      | (?P<several>\\[pP](?:\{[^}]*\}|[A-Za-z])|\\[dDsSwWbBAzaftnrv])
      | (?P<set>\[\^?\]?(?>\[:\^?\w+:\] | \\[pPx]\{[^}]*\} | \\. | [^\]\\])*+\])
      | (?P<sign>[.^$|)])
      | (?P<plain>[^\\\[({*+?])
      | (?P<unclear>.)""",
    re.VERBOSE | re.DOTALL,
)
# A number that RE2 would not read as one, such as 01, makes the bracket a letter: not understood here.
_NUMBER = "(?:0|[1-9][0-9]{0,3})"
_REPEATED = re.compile(rf"[*+?]\??|\{{(?P<least>{_NUMBER})(?:,{_NUMBER}?)?\}}\??")

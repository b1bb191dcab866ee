"""What a condition can't hold without: clues that a mail must show, told from the condition alone.

A mail for which the condition holds shows at least one clue of each set; a mail that shows one need not pass.
Cautious: a condition that is unknown here, or of which nothing certain can be said, has no clues.
"""

import math
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from maild.core.rules.conditions import AllOf, AnyOf, Attached, Condition, FieldIs, MachineIs, RelationshipIs
from maild.core.rules.patterns import Pattern
from maild.core.rules.texts import (
    AddressIs,
    AnyText,
    Contains,
    DetailIs,
    DomainIs,
    Ends,
    Is,
    ItemTest,
    LocalIs,
    Matches,
    NameText,
    Regex,
    Starts,
    TextTest,
    Words,
)
from maild.core.rules.words import Phrase


class By(StrEnum):
    """What of a field shows a clue."""

    FOLDED = "folded"  # a piece of one of its texts, folded and flat
    WRITTEN = "written"  # a piece of one of its texts
    WHOLE = "whole"  # one of its texts, folded and flat
    WHOLE_WRITTEN = "whole written"
    ADDRESS = "address"
    DOMAIN = "domain"  # this one, or one that it lies below
    LOCAL = "local"
    DETAIL = "detail"
    MACHINE = "machine"  # of the mail
    RELATIONSHIP = "relationship"  # of the sender


class Clue(NamedTuple):
    """One thing that a mail may show."""

    by: By
    field: str  # as `Reading.items` names it; empty where the mail as a whole is meant
    text: str


Clues = frozenset[Clue]

SHORTEST = 3
"""Letters of a piece of text; shorter ones stand in nearly every text."""

LONGEST = 64
"""Letters of a piece of text; of longer ones the end is looked for."""

MOST_SETS = 8
"""Sets of clues that are kept of one condition."""


def clues_of(condition: Condition) -> tuple[Clues, ...]:
    """The sets of clues of a condition; none where nothing is certain."""
    match condition:
        case AllOf(parts):
            sets = [found for part in parts for found in clues_of(part)]
            return tuple(sorted(sets, key=worth, reverse=True)[:MOST_SETS])
        case AnyOf(parts):
            return _any_of(clues_of(part) for part in parts)
        case FieldIs(field, tests):
            return tuple(found for test in tests for found in _of_item(test, field))
        case Attached(names=names, at_least=at_least) if at_least:
            return tuple(found for test in names for found in _of_item(test, "attachment.name"))
        case MachineIs(wanted):
            return (frozenset(Clue(By.MACHINE, "", each) for each in wanted),)
        case RelationshipIs(wanted):
            return (frozenset(Clue(By.RELATIONSHIP, "", each) for each in wanted),)
    return ()


def worth(clues: Clues) -> float:
    """How few mails a set is likely to leave; by its weakest clue."""
    return min(worth_of(clue) for clue in clues)


def worth_of(clue: Clue) -> float:
    """How few mails are likely to show this clue, in letters of a word of a subject."""
    if clue.by in _PIECES:
        letters = min(len(clue.text), _LONG)
        return letters / 2 if clue.field.startswith("body") else letters  # a long text has more of everything
    return _WORTH.get(clue.by, _LONG)


_PIECES = frozenset((By.FOLDED, By.WRITTEN))
_LONG = 24
_WORTH = {By.MACHINE: 4.0, By.RELATIONSHIP: 3.0, By.LOCAL: 12.0}


def _any_of(parts: Iterable[tuple[Clues, ...]]) -> tuple[Clues, ...]:
    """A clue of one of the parts: where each has some, the best set of each in one."""
    best = [max(sets, key=worth, default=None) for sets in parts]
    known = [found for found in best if found is not None]
    return (frozenset().union(*known),) if known and len(known) == len(best) else ()


def _of_item(test: ItemTest, field: str) -> tuple[Clues, ...]:
    match test:
        case AnyText(text) | NameText(text):
            return _of_text(text, field)
        case AddressIs(wanted):
            return _known(wanted, By.ADDRESS, field)
        case DomainIs(wanted):
            return _known(wanted, By.DOMAIN, field)
        case LocalIs(wanted):
            return _known(wanted, By.LOCAL, field)
        case DetailIs(wanted):
            return _known(wanted, By.DETAIL, field)
    return ()


def _of_text(test: TextTest, field: str) -> tuple[Clues, ...]:
    match test:
        case Is(wanted, exact):
            return _known(wanted, By.WHOLE_WRITTEN if exact else By.WHOLE, field)
        case Contains(pieces, exact) | Starts(pieces, exact) | Ends(pieces, exact):
            return _pieces([pieces], field, exact=exact)
        case Matches(patterns, exact) | Regex(patterns, exact):
            return _pieces(map(_needed, patterns), field, exact=exact)
        case Words((phrase,), exact):  # all its words must be there, so each has clues of its own
            return tuple(
                clues for word in phrase.words for clues in _pieces([word.seeds], field, exact=exact)
            )
        case Words(phrases, exact):
            return _pieces(map(_seeds, phrases), field, exact=exact)
    return ()


def _known(wanted: Iterable[str], by: By, field: str) -> tuple[Clues, ...]:
    return (frozenset(Clue(by, field, text) for text in wanted),)


def _needed(pattern: Pattern) -> Iterable[str]:
    return pattern.needed


def _seeds(phrase: Phrase) -> Iterable[str]:
    """Those of its most telling word."""
    return max((word.seeds for word in phrase.words), key=lambda seeds: min(map(len, seeds)))


def _pieces(choices: Iterable[Iterable[str]], field: str, *, exact: bool) -> tuple[Clues, ...]:
    """A piece of any of the choices; nothing where one of them has none, or one that is too short."""
    by = By.WRITTEN if exact else By.FOLDED
    clues: set[Clue] = set()
    for pieces in choices:
        shortest = math.inf
        for piece in pieces:
            clues.add(Clue(by, field, piece[-LONGEST:]))
            shortest = min(shortest, len(piece))
        if not SHORTEST <= shortest < math.inf:
            return ()
    return (frozenset(clues),) if clues else ()

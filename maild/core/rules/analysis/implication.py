"""Whether one condition follows from another, or can't hold at all: the ground on which rules are called unreachable.

Sound, not complete: a yes is certain for every mail, a no means that it isn't known. Compares the tests as they are
compiled and tries no mail. Work is limited, so that no rules file, however odd, makes the check slow.
"""

from dataclasses import dataclass
from itertools import combinations

from maild.core.rules.analysis.circumstances import circumstance_follows, circumstances_exclude
from maild.core.rules.analysis.forms import SINGLE_FIELDS, Among, Atom, Every, Form, Some, opposite
from maild.core.rules.analysis.texts import items_exclude, items_imply
from maild.core.rules.conditions import Attached, Condition, FieldIs, Flagged, SizeIs
from maild.core.rules.patterns import Pattern
from maild.core.rules.reading import ADDRESS_FIELDS

MAX_COMPARISONS = 4_000
"""Parts of conditions that are held against each other for one answer, before it is "not known"."""

MAX_PARTS = 60
"""Parts of one condition among which a contradiction is looked for."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What may differ between the moments at which two conditions are asked: rules in between may change it."""

    flags: frozenset[str] = frozenset()  # as `flag_key` has them
    relationship: bool = False


STILL = Moved()


@dataclass(slots=True)
class Effort:
    """Comparisons that may still be made, for one answer or for many together."""

    left: int


def implies(one: Form, other: Form, moved: Moved = STILL, effort: Effort | None = None) -> bool:
    """Whether certainly the second condition holds wherever the first does."""
    return _Search(moved, effort).implies(one, other)


def excludes(one: Form, other: Form, moved: Moved = STILL, effort: Effort | None = None) -> bool:
    """Whether certainly no mail fulfils both."""
    return _Search(moved, effort).excludes(one, other)


def never_holds(form: Form, effort: Effort | None = None) -> bool:
    """Whether certainly no mail fulfils the condition."""
    return _Search(STILL, effort).never(form)


class _Search:
    """One question, with the answers found on the way."""

    def __init__(self, moved: Moved, effort: Effort | None) -> None:
        self.moved = moved
        self.left = MAX_COMPARISONS
        self.effort = effort or Effort(MAX_COMPARISONS)
        self._answers: dict[tuple[int, int], bool] = {}

    def implies(self, one: Form, other: Form) -> bool:
        key = (id(one), id(other))
        if key not in self._answers:
            self.left -= 1
            self.effort.left -= 1
            self._answers[key] = not self._exhausted() and self._implies(one, other)
        return self._answers[key]

    def excludes(self, one: Form, other: Form) -> bool:
        if self._exhausted():
            return False
        against = opposite(other)  # bound to a name, for answers are kept by identity
        found = self.implies(one, against)
        self._answers.clear()
        return found

    def never(self, form: Form) -> bool:
        if isinstance(form, Atom):
            return not form.negated and _contradicts_itself(form.condition)
        if isinstance(form, Some):
            return all(self.never(part) for part in form.parts)
        parts = form.parts[:MAX_PARTS]
        return any(self.never(part) for part in parts) or self._contradictory(parts)

    def _contradictory(self, parts: tuple[Form, ...]) -> bool:
        if any(self.never(Atom(merged)) for merged in _merged(parts)):
            return True
        if any(self.excludes(one, other) for one, other in combinations(parts, 2)):
            return True
        return any(self._no_branch_left(part, parts) for part in parts if isinstance(part, Some))

    def _no_branch_left(self, choice: Some, parts: tuple[Form, ...]) -> bool:
        """Whether each way to fulfil one part is excluded by some other part."""
        rest = [part for part in parts if part is not choice]
        return all(any(self.excludes(other, branch) for other in rest) for branch in choice.parts)

    def _implies(self, one: Form, other: Form) -> bool:
        if isinstance(other, Every):
            return all(self.implies(one, part) for part in other.parts)
        if isinstance(one, Some):
            return all(self.implies(part, other) for part in one.parts)
        if isinstance(other, Some) and any(self.implies(one, part) for part in other.parts):
            return True
        if isinstance(one, Every):
            return any(self.implies(part, other) for part in one.parts)
        return isinstance(other, Atom) and self._atom_implies(one, other)

    def _atom_implies(self, one: Atom, other: Atom) -> bool:
        if self._unsteady(one.condition) or self._unsteady(other.condition):
            return False
        if one.negated:
            return other.negated and _follows(other.condition, one.condition)
        if other.negated:
            return _exclusive(one.condition, other.condition)
        return _follows(one.condition, other.condition)

    def _exhausted(self) -> bool:
        return self.left <= 0 or self.effort.left <= 0

    def _unsteady(self, condition: Condition) -> bool:
        if isinstance(condition, Flagged):
            return not condition.wanted.isdisjoint(self.moved.flags)
        return isinstance(condition, Among) and condition.relationship and self.moved.relationship


def _follows(one: Condition, other: Condition) -> bool:
    """Whether the second of two single questions is answered yes wherever the first is."""
    match one, other:
        case FieldIs(field, tests), FieldIs(same, others):
            return same in _SEEN_IN.get(field, (field,)) and items_imply(tests, others)
        case Among(), Among():
            return one.relationship is other.relationship and one.wanted <= other.wanted
        case SizeIs(), SizeIs():
            return _inside(one, other)
        case Attached(), Attached():
            return _counts_follow(one, other)
        case Flagged(a), Flagged(b):
            return a <= b
    return circumstance_follows(one, other)


_SEEN_IN = {"to": ("to", "recipient"), "cc": ("cc", "recipient")}


def _exclusive(one: Condition, other: Condition) -> bool:
    """Whether no mail answers both of two single questions with yes."""
    match one, other:
        case FieldIs(field, tests), FieldIs(same, others) if field == same and field in SINGLE_FIELDS:
            return any(items_exclude(a, b, single=True) for a in tests for b in others)
    return circumstances_exclude(one, other)  # all others have an opposite that is no "not"


def _contradicts_itself(condition: Condition) -> bool:
    match condition:
        case Among(wanted):
            return not wanted
        case SizeIs(larger, smaller):
            return smaller is not None and smaller <= (0 if larger is None else larger + 1)
        case Attached():
            most = condition.at_most
            return (most is not None and condition.at_least > most) or (
                condition.at_least > 0 and _no_such_file(condition)
            )
        case FieldIs(field, tests):
            single = field not in ADDRESS_FIELDS
            return any(items_exclude(a, b, single=single) for a, b in combinations(tests, 2))
    return False


def _no_such_file(condition: Attached) -> bool:
    if any(items_exclude(a, b, single=True) for a, b in combinations(condition.names, 2)):
        return True
    return _contradicts_itself(SizeIs(condition.larger, condition.smaller))


def _merged(parts: tuple[Form, ...]) -> list[Condition]:
    """What several questions on the same thing ask together."""
    asked = [part.condition for part in parts if isinstance(part, Atom) and not part.negated]
    found: list[Condition] = []
    for relationship in (False, True):
        sets = [
            each.wanted for each in asked if isinstance(each, Among) and each.relationship is relationship
        ]
        if len(sets) > 1:
            found.append(Among(frozenset.intersection(*sets), relationship))  # type: ignore[arg-type]
    sizes = [each for each in asked if isinstance(each, SizeIs)]
    if len(sizes) > 1:
        larger = [each.larger for each in sizes if each.larger is not None]
        smaller = [each.smaller for each in sizes if each.smaller is not None]
        found.append(SizeIs(max(larger, default=None), min(smaller, default=None)))
    return found


def _inside(one: SizeIs | Attached, other: SizeIs | Attached) -> bool:
    """Whether the bounds of the first lie within those of the second."""
    above = other.larger is None or (one.larger is not None and one.larger >= other.larger)
    return above and (other.smaller is None or (one.smaller is not None and one.smaller <= other.smaller))


def _counts_follow(one: Attached, other: Attached) -> bool:
    """As many files pass the tests of one, so how many pass those of the other?"""
    enough = other.at_least == 0 or (one.at_least >= other.at_least and _files_follow(one, other))
    if not enough or other.at_most is None:
        return enough
    return one.at_most is not None and one.at_most <= other.at_most and _files_follow(other, one)


def _files_follow(one: Attached, other: Attached) -> bool:
    """Whether each file that passes the tests of the first passes those of the second."""
    kinds = not other.types or (bool(one.types) and _sources(one.types) <= _sources(other.types))
    return kinds and _inside(one, other) and items_imply(one.names, other.names)


def _sources(patterns: tuple[Pattern, ...]) -> set[str]:
    return {pattern.source for pattern in patterns}

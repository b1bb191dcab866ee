"""Conditions: what a rule asks of a mail, as a tree of compiled data.

Whoever asks gets yes or no and nothing is changed. Groups try their cheap members first, so a rule that looks into
the body does so only for mail that passed its other conditions.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from maild.core.contact import Relationship
from maild.core.message import Attachment, Machine
from maild.core.rules.patterns import Pattern
from maild.core.rules.reading import Item, Reading
from maild.core.rules.texts import ItemTest


class Condition(Protocol):
    """One question about a mail."""

    @property
    def cost(self) -> int:
        """What the answer costs, roughly, beside other conditions."""
        ...

    def holds(self, reading: Reading) -> bool:
        """The answer."""
        ...


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds; made by `all_of`."""

    parts: tuple[Condition, ...]
    cost: int

    def holds(self, reading: Reading) -> bool:
        """Whether every part holds."""
        return all(part.holds(reading) for part in self.parts)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds; made by `any_of`."""

    parts: tuple[Condition, ...]
    cost: int

    def holds(self, reading: Reading) -> bool:
        """Whether a part holds."""
        return any(part.holds(reading) for part in self.parts)


def all_of(parts: Iterable[Condition]) -> Condition:
    """The conjunction of one or more conditions, cheap ones first."""
    ordered = tuple(sorted(parts, key=lambda part: part.cost))
    return ordered[0] if len(ordered) == 1 else AllOf(ordered, sum(part.cost for part in ordered))


def any_of(parts: Iterable[Condition]) -> Condition:
    """The disjunction of one or more conditions, cheap ones first."""
    ordered = tuple(sorted(parts, key=lambda part: part.cost))
    return ordered[0] if len(ordered) == 1 else AnyOf(ordered, sum(part.cost for part in ordered))


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Condition

    @property
    def cost(self) -> int:
        """As the part's."""
        return self.part.cost

    def holds(self, reading: Reading) -> bool:
        """Whether the part does not hold."""
        return not self.part.holds(reading)


@dataclass(frozen=True, slots=True)
class FieldIs:
    """One value of a field passes every test: one and the same address, header line or file name."""

    field: str  # as `Reading.items` names it
    tests: tuple[ItemTest, ...]  # cheap ones first

    @property
    def cost(self) -> int:
        """By how long the field's text is likely to be."""
        length = _LENGTH.get(self.field, 2)
        return 2 + length * sum(test.cost for test in self.tests)

    def holds(self, reading: Reading) -> bool:
        """Whether there is such a value."""
        return any(self._passes(item) for item in reading.items(self.field))

    def _passes(self, item: Item) -> bool:
        return all(test.holds(item) for test in self.tests)


_LENGTH = {"body": 100, "body.quoted": 200}


@dataclass(frozen=True, slots=True)
class SizeIs:
    """The size of the mail on the server lies between the bounds, in bytes; the bounds themselves don't count."""

    larger: int | None = None
    smaller: int | None = None
    cost: int = 1

    def holds(self, reading: Reading) -> bool:
        """Whether the size lies between."""
        return _between(reading.mail.size, self.larger, self.smaller)


def _between(size: int, larger: int | None, smaller: int | None) -> bool:
    return (larger is None or size > larger) and (smaller is None or size < smaller)


@dataclass(frozen=True, slots=True)
class Attached:
    """At least `at_least` and at most `at_most` attachments pass every test; a single one must pass all."""

    names: tuple[ItemTest, ...] = ()
    types: tuple[Pattern, ...] = ()  # any of them
    larger: int | None = None  # bytes after decoding
    smaller: int | None = None
    at_least: int = 1
    at_most: int | None = None
    cost: int = 2

    def holds(self, reading: Reading) -> bool:
        """Whether there are as many."""
        pairs = zip(reading.mail.attachments, reading.items("attachment.name"), strict=True)
        count = sum(self._passes(attachment, item) for attachment, item in pairs)
        return count >= self.at_least and (self.at_most is None or count <= self.at_most)

    def _passes(self, attachment: Attachment, name: Item) -> bool:
        if not _between(attachment.size, self.larger, self.smaller):
            return False
        kind = attachment.type.encode("utf-8", "replace")
        if self.types and not any(glob.found(kind) for glob in self.types):
            return False
        return all(test.holds(name) for test in self.names)


@dataclass(frozen=True, slots=True)
class MachineIs:
    """A machine of one of these classes wrote the mail."""

    wanted: frozenset[Machine]
    cost: int = 1

    def holds(self, reading: Reading) -> bool:
        """Whether it did."""
        return reading.mail.machine in self.wanted


@dataclass(frozen=True, slots=True)
class RelationshipIs:
    """The sender is one of these to the client."""

    wanted: frozenset[Relationship]
    cost: int = 1

    def holds(self, reading: Reading) -> bool:
        """Whether the sender is."""
        return reading.relationship in self.wanted


@dataclass(frozen=True, slots=True)
class Flagged:
    """The mail carries one of these flags."""

    wanted: frozenset[str]  # as `flag_key` has them
    cost: int = 1

    def holds(self, reading: Reading) -> bool:
        """Whether it does."""
        return not self.wanted.isdisjoint(reading.flags)

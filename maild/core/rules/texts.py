"""Tests on one value of a field: what its text says, or what its address is.

Each test is compiled data; `holds` only compares. Folded tests fold case and Unicode form (`core.text.fold`), and all
but `regex` and `words` take any run of blanks and line ends for one blank; exact tests compare letter by letter.
"""

from dataclasses import dataclass, field
from typing import Protocol

from maild.core.rules.patterns import Pattern
from maild.core.rules.reading import Item, Text, with_parents
from maild.core.rules.words import Phrase

WINDOW = 100_000
"""Bytes of a text that regular expressions look at: one made to be slow takes some microseconds for each."""


class ItemTest(Protocol):
    """One test on one value of a field."""

    @property
    def cost(self) -> int:
        """What it costs, roughly, beside other tests; cheaper ones go first."""
        ...

    def holds(self, item: Item) -> bool:
        """Whether the value passes."""
        ...


class TextTest(Protocol):
    """One test on one text."""

    @property
    def cost(self) -> int:
        """As in `ItemTest`."""
        ...

    def found(self, text: Text) -> bool:
        """Whether the text passes."""
        ...


@dataclass(frozen=True, slots=True)
class Contains:
    """Any of the needles stands in the text."""

    needles: tuple[str, ...]
    exact: bool = False
    cost: int = 1
    written: tuple[str, ...] = field(default=(), compare=False)  # as the rule has them

    def found(self, text: Text) -> bool:
        """Whether the text passes."""
        hay = text.raw if self.exact else text.flat
        return any(needle in hay for needle in self.needles)


@dataclass(frozen=True, slots=True)
class Is:
    """The text is one of the wanted, whole."""

    wanted: frozenset[str]
    exact: bool = False
    cost: int = 1
    written: tuple[str, ...] = field(default=(), compare=False)  # as the rule has them

    def found(self, text: Text) -> bool:
        """Whether the text passes."""
        return (text.raw if self.exact else text.flat) in self.wanted


@dataclass(frozen=True, slots=True)
class Starts:
    """The text begins with one of the wanted."""

    wanted: tuple[str, ...]
    exact: bool = False
    cost: int = 1
    written: tuple[str, ...] = field(default=(), compare=False)  # as the rule has them

    def found(self, text: Text) -> bool:
        """Whether the text passes."""
        return (text.raw if self.exact else text.flat).startswith(self.wanted)


@dataclass(frozen=True, slots=True)
class Ends:
    """The text ends with one of the wanted."""

    wanted: tuple[str, ...]
    exact: bool = False
    cost: int = 1
    written: tuple[str, ...] = field(default=(), compare=False)  # as the rule has them

    def found(self, text: Text) -> bool:
        """Whether the text passes."""
        return (text.raw if self.exact else text.flat).endswith(self.wanted)


@dataclass(frozen=True, slots=True)
class Matches:
    """The whole text fits one of the globs."""

    globs: tuple[Pattern, ...]
    exact: bool = False
    cost: int = 2

    def found(self, text: Text) -> bool:
        """Whether the text passes."""
        hay = text.raw_bytes if self.exact else text.flat_bytes
        return any(glob.found(hay) for glob in self.globs)


@dataclass(frozen=True, slots=True)
class Regex:
    """One of the patterns fits somewhere in the first 100 KB of the text, whose lines are as they were."""

    patterns: tuple[Pattern, ...]
    exact: bool = False
    cost: int = 4

    def found(self, text: Text) -> bool:
        """Whether the text passes."""
        hay = (text.raw_bytes if self.exact else text.folded_bytes)[:WINDOW]
        return any(pattern.found(hay) for pattern in self.patterns)


@dataclass(frozen=True, slots=True)
class Words:
    """One of the entries is in the text as a German word form."""

    phrases: tuple[Phrase, ...]
    exact: bool = False
    cost: int = 3

    def found(self, text: Text) -> bool:
        """Whether the text passes."""
        hay = text.raw if self.exact else text.flat
        return any(phrase.found(hay) for phrase in self.phrases)


@dataclass(frozen=True, slots=True)
class AnyText:
    """A text test on a value: on an address, its address and its display name each count as a text."""

    test: TextTest

    @property
    def cost(self) -> int:
        """As in `ItemTest`."""
        return self.test.cost

    def holds(self, item: Item) -> bool:
        """Whether one of the value's texts passes."""
        return any(self.test.found(text) for text in item.texts)


@dataclass(frozen=True, slots=True)
class NameText:
    """A text test on the display name alone."""

    test: TextTest

    @property
    def cost(self) -> int:
        """As in `ItemTest`."""
        return self.test.cost

    def holds(self, item: Item) -> bool:
        """Whether the display name passes."""
        return self.test.found(item.name)


@dataclass(frozen=True, slots=True)
class AddressIs:
    """The address is one of the wanted."""

    wanted: frozenset[str]
    cost: int = 0

    def holds(self, item: Item) -> bool:
        """Whether the address passes."""
        return item.address_key in self.wanted


@dataclass(frozen=True, slots=True)
class DomainIs:
    """The domain is one of the wanted, or lies below one."""

    wanted: frozenset[str]
    cost: int = 0

    def holds(self, item: Item) -> bool:
        """Whether the domain passes."""
        return any(domain in self.wanted for domain in with_parents(item.domain))


@dataclass(frozen=True, slots=True)
class LocalIs:
    """The part before the @, without +detail, is one of the wanted."""

    wanted: frozenset[str]
    cost: int = 0

    def holds(self, item: Item) -> bool:
        """Whether the local part passes."""
        return item.address is not None and item.address.local.lower() in self.wanted


@dataclass(frozen=True, slots=True)
class DetailIs:
    """The part between + and @ is one of the wanted."""

    wanted: frozenset[str]
    cost: int = 0

    def holds(self, item: Item) -> bool:
        """Whether the detail passes."""
        return item.address is not None and item.address.detail.lower() in self.wanted

"""What a rules file means, once it is parsed: rules, their examples, and the set they form.

Only data and the question whether one rule holds for one mail. Which rule wins is `core.decide`'s business, what
the keys of the file are called is `parse`'s.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from maild.core.action import Action, Relate
from maild.core.contact import Relationship
from maild.core.message import Mail
from maild.core.rules.conditions import Condition
from maild.core.rules.index.index import Index
from maild.core.rules.reading import Reading


class Then(StrEnum):
    """What happens after a rule that holds."""

    STOP = "stop"
    CONTINUE = "continue"


class Mode(StrEnum):
    """Whether a rule acts, or only says what it would do."""

    LIVE = "live"
    CANARY = "canary"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; without `when` it holds for every mail that `unless` does not take away."""

    name: str
    when: Condition | None
    unless: Condition | None
    actions: tuple[Action, ...]
    then: Then
    mode: Mode
    origin: str  # the file it comes from, as the caller names it
    index: int = 0  # its place there, from 0

    def holds(self, reading: Reading) -> bool:
        """Whether the rule applies to a mail."""
        if self.when is not None and not self.when.holds(reading):
            return False
        return self.unless is None or not self.unless.holds(reading)


@dataclass(frozen=True, slots=True)
class Expected:
    """All that may happen of one kind of action: the sorted values; ANY stands for whatever value."""

    kind: str  # the name of the action in the rule language
    values: tuple[str, ...]


ANY = "(any)"
DONE = "yes"  # the value of an action that has none: trash, keep


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a test of a rules file says about the outcome; what it does not name is free, unless `only`."""

    rules: tuple[str, ...] | None = None
    actions: tuple[Expected, ...] = ()
    only: bool = False


@dataclass(frozen=True, slots=True)
class Past:
    """What passed between the business and the sender of a test's mail: how long before it was received."""

    received: tuple[timedelta, ...] = ()  # earlier mails from the sender
    sent: tuple[timedelta, ...] = ()  # letters to the sender, beside those below
    templates: tuple[tuple[str, timedelta], ...] = ()  # letters to the sender by a template
    in_our_thread: bool = False  # the mail refers to a letter of the business


@dataclass(frozen=True, slots=True)
class Example:
    """One entry of `tests:`; the mail is written out, or the path of an .eml file."""

    mail: Mail | str
    expect: Expectation
    relationship: Relationship = Relationship.UNKNOWN
    flags: frozenset[str] = frozenset()
    now: datetime | None = (
        None  # when it is judged; None: at `received`. Without an offset: in the client's zone
    )
    origin: str = ""
    index: int = 0  # its place in the file, from 0
    received: datetime | None = None  # None: at `now`; where both are None: when the test is run
    past: Past = Past()
    old: bool = False  # as a mail older than `imap.since`
    authenticated: bool = False  # as if a trusted server had found that it is from its From domain


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules in the order in which they are tried."""

    rules: tuple[Rule, ...] = ()
    examples: tuple[Example, ...] = ()
    version: str = (
        ""  # twelve hexadecimal digits of the SHA-256 of what the rules say, not how they are laid out
    )
    _index: Index | None = field(default=None, init=False, repr=False, compare=False)

    def candidates(self, reading: Reading) -> Iterator[Rule]:
        """In their order, the rules that may hold for a mail; those left out certainly don't."""
        return (self.rules[place] for place in self._indexed().places(reading))

    def _indexed(self) -> Index:
        # Made when it is first asked for; two threads at once make two that are equal, and one stays.
        index = self._index
        if index is None:
            related = any(isinstance(action, Relate) for rule in self.rules for action in rule.actions)
            index = Index([rule.when for rule in self.rules], related=related)
            object.__setattr__(self, "_index", index)
        return index

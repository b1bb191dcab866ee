"""What a rules file means, once it is parsed: rules, their examples, and the set they form.

Only data and the question whether one rule holds for one mail. Which rule wins is `core.decide`'s business, what
the keys of the file are called is `parse`'s.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from maild.core.action import Action
from maild.core.contact import Relationship
from maild.core.message import Mail
from maild.core.rules.conditions import Condition
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
class Example:
    """One entry of `tests:`; the mail is written out, or the path of an .eml file."""

    mail: Mail | str
    expect: Expectation
    relationship: Relationship = Relationship.UNKNOWN
    flags: frozenset[str] = frozenset()
    now: datetime | None = None  # without an offset it means the client's zone
    origin: str = ""
    index: int = 0  # its place in the file, from 0


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules in the order in which they are tried."""

    rules: tuple[Rule, ...] = ()
    examples: tuple[Example, ...] = ()
    version: str = (
        ""  # twelve hexadecimal digits of the SHA-256 of what the rules say, not how they are laid out
    )

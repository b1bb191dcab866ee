"""The brake: a rule that acts on too much mail in too short a time is stopped before the next one.

Pure arithmetic. A rule acts on a mail if anything is to be done there for its sake; to keep a mail is to do nothing.
Old mail doesn't count, nor does mail that lay before us when a person last resumed a rule: she has seen how much it
was, and has let it go on. So what waited is worked off, by that rule and by those that come after it, and the brake
watches what comes later.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from maild.core.action import Keep
from maild.core.decide import Decision
from maild.core.durations import Brake
from maild.core.facts import Facts


def acting(decision: Decision) -> tuple[str, ...]:
    """The rules that act on a mail, in the order in which they held."""
    active = {step.rule for step in decision.steps if not isinstance(step.action, Keep)}
    return tuple(rule for rule in decision.rules if rule in active)


class Meter:
    """How much each rule has acted of late. `counts` is how often within the brake's time, up to this batch."""

    def __init__(self, brake: Brake, counts: Mapping[str, int], resumed: Mapping[str, datetime]) -> None:
        self._brake = brake
        self._counts = Counter(counts)
        self._resumed = max(resumed.values(), default=None)

    def stops(self, decision: Decision, facts: Facts, admitted: datetime | None) -> str:
        """The first rule that would act once too often if it acted on this mail, too; empty: none."""
        counted = (rule for rule in self._counted(decision, facts, admitted) if rule not in facts.paused)
        return next((rule for rule in counted if self._counts[rule] >= self._brake.count), "")

    def count(self, decision: Decision, facts: Facts, admitted: datetime | None) -> None:
        """Rules act on a mail."""
        self._counts.update(self._counted(decision, facts, admitted))

    def _counted(self, decision: Decision, facts: Facts, admitted: datetime | None) -> tuple[str, ...]:
        return () if facts.old or self._is_released(admitted) else acting(decision)

    def _is_released(self, admitted: datetime | None) -> bool:
        """Whether the mail waited: else the next rule would stop on the very backlog that the first has let go."""
        return self._resumed is not None and admitted is not None and admitted <= self._resumed

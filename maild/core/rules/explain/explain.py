"""Why a mail goes where it goes: every rule in order, every condition with what it saw, and the decision.

The decision is `decide`'s own, and each yes and no is the condition's own answer, asked of the same reading; nothing is
judged a second time in another way. Conditions that `decide` may pass over, because the answer stands already, are
asked as well.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from enum import StrEnum

from maild.core.action import Action
from maild.core.decide import Decision, decide, ends
from maild.core.facts import Facts
from maild.core.message import Mail
from maild.core.rules.conditions import AllOf, AnyOf, Condition, Not
from maild.core.rules.explain.seen import Seen, look
from maild.core.rules.model import Rule, RuleSet
from maild.core.rules.reading import Reading


class Outcome(StrEnum):
    """What became of one rule."""

    HELD = "held"  # its actions count
    CANARY = "canary"  # holds, and is on trial: it only says what it would do
    PAUSED = "paused"  # holds, and is paused: so nothing is done with the mail
    NOT_HELD = "not_held"  # its `when` does not hold
    EXCEPTED = "excepted"  # its `when` holds, but so does its `unless`
    NOT_REACHED = "not_reached"  # an earlier rule has ended the rules


@dataclass(frozen=True, slots=True)
class Answer:
    """One condition, its answer, and what it saw; a group has parts in place of that."""

    condition: Condition
    holds: bool
    seen: Seen | None = None
    parts: tuple["Answer", ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """One rule. `ended_by` names the rule because of which it was not reached."""

    rule: Rule
    outcome: Outcome
    when: Answer | None  # None: it asks nothing
    unless: Answer | None
    ended_by: str = ""

    @property
    def fits(self) -> bool:
        """Whether the rule holds for the mail, reached or not."""
        return (self.when is None or self.when.holds) and (self.unless is None or not self.unless.holds)

    @property
    def ends(self) -> bool:
        """Whether no later rule is tried because of this one."""
        return self.outcome is Outcome.PAUSED or (self.outcome is Outcome.HELD and ends(self.rule))


@dataclass(frozen=True, slots=True)
class Explanation:
    """All rules with their outcome, and what follows from it."""

    traces: tuple[Trace, ...]
    decision: Decision
    version: str  # of the rules


def explain(rules: RuleSet, mail: Mail, facts: Facts) -> Explanation:
    """Account for `decide(rules, mail, facts)`; as pure, and slower."""
    decision = decide(rules, mail, facts)
    reading = Reading(mail, facts)
    left = _left_behind(rules, mail, facts, decision)
    traces: list[Trace] = []
    ended_by = ""
    for rule in rules.rules:
        trace = _trace(rule, reading, decision, ended_by)
        traces.append(trace)
        if trace.outcome is Outcome.HELD:
            for action in left.get(rule.name, ()):
                reading.see(action)
        if trace.ends:
            ended_by = rule.name
    return Explanation(tuple(traces), decision, rules.version)


def _left_behind(rules: RuleSet, mail: Mail, facts: Facts, decision: Decision) -> dict[str, list[Action]]:
    """What each rule does with the mail, and later rules therefore see."""
    if decision.paused:  # it has no steps then, though rules that come before the paused one were seen to act
        decision = decide(rules, mail, replace(facts, paused=frozenset()))
    left: dict[str, list[Action]] = defaultdict(list)
    for step in decision.steps:
        left[step.rule].append(step.action)
    return left


def _trace(rule: Rule, reading: Reading, decision: Decision, ended_by: str) -> Trace:
    when = _answer(rule.when, reading) if rule.when else None
    unless = _answer(rule.unless, reading) if rule.unless else None
    return Trace(rule, _outcome(rule, when, decision, ended_by), when, unless, ended_by)


def _outcome(rule: Rule, when: Answer | None, decision: Decision, ended_by: str) -> Outcome:
    if ended_by:
        return Outcome.NOT_REACHED
    if rule.name == decision.paused:
        return Outcome.PAUSED
    if rule.name in decision.rules:
        return Outcome.HELD
    if any(step.rule == rule.name for step in decision.canary):
        return Outcome.CANARY
    return Outcome.EXCEPTED if when is None or when.holds else Outcome.NOT_HELD


def _answer(condition: Condition, reading: Reading) -> Answer:
    parts: tuple[Condition, ...] = ()
    match condition:
        case AllOf() | AnyOf():
            parts = condition.parts
        case Not():
            parts = (condition.part,)
    below = tuple(_answer(part, reading) for part in parts)
    return Answer(condition, condition.holds(reading), look(condition, reading), below)

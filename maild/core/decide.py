"""What is to be done with one mail: rules, mail and facts in, steps out.

Pure: the same arguments give the same decision, a dry run and the real run alike. It does nothing itself, asks
nobody and never raises.
"""

from dataclasses import dataclass

from maild.core.action import (
    Action,
    Answer,
    Copy,
    Draft,
    Forward,
    Keep,
    Mark,
    Move,
    Note,
    Relate,
    Remind,
    Trash,
)
from maild.core.answering import obstacle
from maild.core.facts import Facts
from maild.core.message import Mail
from maild.core.rules.model import Mode, Rule, RuleSet, Then
from maild.core.rules.reading import Reading


@dataclass(frozen=True, slots=True)
class Step:
    """One action, and the rule that asked for it."""

    rule: str
    action: Action


@dataclass(frozen=True, slots=True)
class Skipped:
    """An action that a rule asked for and that will not be carried out."""

    rule: str
    action: Action
    reason: str  # one sentence without the mail's data, fit for logs


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome for one mail; without rules and steps the mail stays where it is."""

    rules: tuple[str, ...] = ()  # the live rules that held, in order
    steps: tuple[Step, ...] = ()  # in the order in which they must be carried out
    skipped: tuple[Skipped, ...] = ()
    canary: tuple[Step, ...] = ()  # what canary rules would have done; only reported
    paused: str = ""  # the paused rule that would have acted: then there are no steps, and the mail waits


def decide(rules: RuleSet, mail: Mail, facts: Facts) -> Decision:
    """Apply rules in their order; the first that holds ends it, unless it says `then: continue`.

    Steps come as note, forward, answer, draft, remind, relate, mark, copy, then move or trash, because all others need
    the mail where it was found. At most one draft, one answer and one final place come out of it: the first of each.
    A later rule sees flags and relationship as the steps so far leave them. A rule that is paused, holds and would
    act ends everything: nothing at all is done, and no later rule is tried.
    """
    reading = Reading(mail, facts)
    plan = _Plan(mail, facts)
    matched: list[str] = []
    canary: list[Step] = []
    for rule in rules.candidates(reading):
        if not rule.holds(reading):
            continue
        if rule.mode is Mode.CANARY:
            canary += [Step(rule.name, action) for action in rule.actions]
            continue
        matched.append(rule.name)
        accepted = plan.add(rule)
        if rule.name in facts.paused and any(not isinstance(action, Keep) for action in accepted):
            return Decision(tuple(matched), canary=tuple(canary), paused=rule.name)
        for action in accepted:
            reading.see(action)
        if ends(rule):
            break
    steps = sorted(plan.steps, key=lambda step: _ORDER[type(step.action)])
    return Decision(tuple(matched), tuple(steps), tuple(plan.skipped), tuple(canary))


_ORDER: dict[type[Action], int] = {
    kind: place
    for place, kind in enumerate(
        (Note, Forward, Answer, Draft, Remind, Relate, Mark, Copy, Move, Trash, Keep)
    )
}


def ends(rule: Rule) -> bool:
    """Whether no later rule is tried once this one has held and acted."""
    return rule.then is Then.STOP or any(isinstance(action, Keep) for action in rule.actions)


class _Plan:
    """The steps so far, and what was left out."""

    def __init__(self, mail: Mail, facts: Facts) -> None:
        self.mail = mail
        self.facts = facts
        self.steps: list[Step] = []
        self.skipped: list[Skipped] = []

    def add(self, rule: Rule) -> list[Action]:
        """Take a rule's actions in; returns those that nothing stands against."""
        accepted: list[Action] = []
        for action in rule.actions:
            reason = self._obstacle(action)
            if reason:
                self.skipped.append(Skipped(rule.name, action, reason))
            else:
                self.steps.append(Step(rule.name, action))
                accepted.append(action)
        return accepted

    def _obstacle(self, action: Action) -> str:
        return self._by_mail(action) or self._by_steps(action)

    def _by_mail(self, action: Action) -> str:
        if self.facts.old and not isinstance(action, Move | Copy | Mark | Keep):
            return "the mail counts as old, and is only moved, copied, marked or kept"
        if self.facts.own and isinstance(action, Draft | Answer | Remind):
            return "the mail comes from the office itself"
        if isinstance(action, Answer):
            return obstacle(action, self.mail, self.facts)
        if isinstance(action, Relate) and self.mail.sender is None:
            return "the mail names no sender"
        return ""

    def _by_steps(self, action: Action) -> str:
        for step in self.steps:
            if step.action == action:
                return f'rule "{step.rule}" does the same already'
            for kind, doing in _ONCE.items():
                if isinstance(action, kind) and isinstance(step.action, kind):
                    return f'rule "{step.rule}" {doing} already'
            if isinstance(action, _PLACES) and isinstance(step.action, _PLACES):
                return f'rule "{step.rule}" has decided where the mail ends'
        return ""


_ONCE: dict[type[Action], str] = {Draft: "drafts", Answer: "answers"}
_PLACES = (Move, Trash, Keep)

"""What is to be done with one mail: rules, mail and facts in, steps out.

Pure: the same arguments give the same decision, a dry run and the real run alike. It does nothing itself, asks
nobody and never raises.
"""

from dataclasses import dataclass

from maild.core.action import Action, Copy, Draft, Forward, Keep, Mark, Move, Note, Trash
from maild.core.message import Mail
from maild.core.rules.model import Mode, Rule, RuleSet, Then
from maild.core.rules.reading import Facts, Reading

__all__ = ["Decision", "Facts", "Skipped", "Step", "decide"]


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


def decide(rules: RuleSet, mail: Mail, facts: Facts) -> Decision:
    """Apply rules in their order; the first that holds ends it, unless it says `then: continue`.

    Steps come as note, forward, draft, mark, copy, then move or trash, because all others need the mail where it was
    found. At most one draft and one final place come out of it: the first of each.
    """
    reading = Reading(mail, facts)
    plan = _Plan(facts)
    matched: list[str] = []
    canary: list[Step] = []
    for rule in rules.rules:
        if not rule.holds(reading):
            continue
        if rule.mode is Mode.CANARY:
            canary += [Step(rule.name, action) for action in rule.actions]
            continue
        matched.append(rule.name)
        plan.add(rule)
        if _ends(rule):
            break
    steps = sorted(plan.steps, key=lambda step: _ORDER[type(step.action)])
    return Decision(tuple(matched), tuple(steps), tuple(plan.skipped), tuple(canary))


_ORDER: dict[type[Action], int] = {
    kind: place for place, kind in enumerate((Note, Forward, Draft, Mark, Copy, Move, Trash, Keep))
}


def _ends(rule: Rule) -> bool:
    return rule.then is Then.STOP or any(isinstance(action, Keep) for action in rule.actions)


class _Plan:
    """The steps so far, and what was left out."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.steps: list[Step] = []
        self.skipped: list[Skipped] = []

    def add(self, rule: Rule) -> None:
        for action in rule.actions:
            reason = self._obstacle(action)
            if reason:
                self.skipped.append(Skipped(rule.name, action, reason))
            else:
                self.steps.append(Step(rule.name, action))

    def _obstacle(self, action: Action) -> str:
        if self.facts.old and not isinstance(action, Move | Copy | Mark | Keep):
            return "the mail is older than imap.since"
        if self.facts.own and isinstance(action, Draft):
            return "the mail comes from the office itself"
        for step in self.steps:
            if step.action == action:
                return f'rule "{step.rule}" does the same already'
            if isinstance(action, Draft) and isinstance(step.action, Draft):
                return f'rule "{step.rule}" drafts already'
            if isinstance(action, _PLACES) and isinstance(step.action, _PLACES):
                return f'rule "{step.rule}" has decided where the mail ends'
        return ""


_PLACES = (Move, Trash, Keep)

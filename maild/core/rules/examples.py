"""Running the `tests:` of rules files: the same decision as for real mail, compared with what was expected.

Nothing is carried out. The mail of an .eml file is read by the function that the caller gives.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

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
    action_name,
)
from maild.core.business import Business
from maild.core.decide import Decision, Step, decide
from maild.core.durations import duration_text
from maild.core.message import Mail
from maild.core.rules.case import case_of
from maild.core.rules.model import ANY, DONE, Example, Expected, Rule, RuleSet
from maild.core.rules.parse.examples import KINDS
from maild.core.rules.parse.sheet import quoted


class MailFileError(Exception):
    """A file holds no mail that a test could use; the message says so, with the file's name."""


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """How one test ended."""

    index: int  # the place of the test among those given, from 0
    passed: bool
    differences: tuple[str, ...] = ()  # a sentence each: what was expected, and what happened
    rules: tuple[str, ...] = ()  # the live rules that held, in order
    on_trial: tuple[str, ...] = ()  # canary rules that held

    @property
    def message(self) -> str:
        """What differed, on one line; empty where nothing did."""
        return "; ".join(self.differences)


def run_examples(
    ruleset: RuleSet,
    examples: Iterable[Example],
    load_eml: Callable[[str], Mail],
    now: datetime,
    business: Business = Business(),
) -> tuple[ExampleResult, ...]:
    """Run tests against rules; `now` (aware, in the client's zone) counts where they name no time (see `case_of`).

    `load_eml` may raise OSError or MailFileError; the test then fails with that reason.
    """
    return tuple(
        _run(ruleset, example, index, load_eml, now, business) for index, example in enumerate(examples)
    )


def untested(ruleset: RuleSet, results: Iterable[ExampleResult]) -> tuple[Rule, ...]:
    """The rules that held for the mail of no test."""
    touched = {name for result in results for name in (*result.rules, *result.on_trial)}
    return tuple(rule for rule in ruleset.rules if rule.name not in touched)


def _run(
    ruleset: RuleSet,
    example: Example,
    index: int,
    load_eml: Callable[[str], Mail],
    now: datetime,
    business: Business,
) -> ExampleResult:
    try:
        mail = load_eml(example.mail) if isinstance(example.mail, str) else example.mail
    except OSError as error:
        why = f"{example.mail} can't be read: {error.strerror or 'unknown reason'}"
        return ExampleResult(index, False, (why,))
    except MailFileError as error:
        return ExampleResult(index, False, (str(error),))
    decision = decide(ruleset, *case_of(example, mail, now, business))
    differences = _differences(example, decision)
    if differences and mail.defects:
        differences.append(f"the mail is damaged: {', '.join(mail.defects)}")
    on_trial = dict.fromkeys(step.rule for step in decision.canary)
    return ExampleResult(index, not differences, tuple(differences), decision.rules, tuple(on_trial))


def _differences(example: Example, decision: Decision) -> list[str]:
    expect = example.expect
    found = []
    if expect.rules is not None and expect.rules != decision.rules:
        found.append(_difference("rules", expect.rules, decision.rules) + _trial(expect.rules, decision))
    happened = _happened(decision)
    for expected in expect.actions:
        values = happened[expected.kind]
        if not _as_expected(expected, values):
            found.append(_difference(expected.kind, expected.values, values) + _why(expected.kind, decision))
    named = {expected.kind for expected in expect.actions}
    if expect.only:
        others = [kind for kind in KINDS if happened[kind] and kind not in named]
        found += [_difference(kind, (), happened[kind]) + _why(kind, decision) for kind in others]
    return found


def _happened(decision: Decision) -> dict[str, tuple[str, ...]]:
    values: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for step in decision.steps:
        values[action_name(step.action)] += _values(step.action)
    return {kind: tuple(sorted(set(texts) if kind == "mark" else texts)) for kind, texts in values.items()}


def _values(action: Action) -> tuple[str, ...]:
    match action:
        case Mark(flags):
            return flags
        case Remind(after):
            return (duration_text(after),)
        case Trash() | Keep():
            return (DONE,)
        case Move(it) | Copy(it) | Draft(it) | Answer(it) | Forward(it) | Note(it) | Relate(it):
            return (str(it),)


def _as_expected(expected: Expected, happened: tuple[str, ...]) -> bool:
    return bool(happened) if expected.values == (ANY,) else expected.values == happened


def _difference(kind: str, expected: tuple[str, ...], happened: tuple[str, ...]) -> str:
    return f"{kind}: expected {', '.join(expected) or 'nothing'}, got {', '.join(happened) or 'nothing'}"


def _why(kind: str, decision: Decision) -> str:
    """The rules that did it, and why another was left out."""
    names = dict.fromkeys(quoted(step.rule) for step in _of(kind, decision.steps))
    found = [f"by {', '.join(names)}"] if names else []
    left = [skipped.reason for skipped in decision.skipped if action_name(skipped.action) == kind]
    found += [*left, *(_on_trial(step.rule) for step in _of(kind, decision.canary))][:1]
    return f" ({'; '.join(found)})" if found else ""


def _of(kind: str, steps: Iterable[Step]) -> list[Step]:
    return [step for step in steps if action_name(step.action) == kind]


def _trial(expected: tuple[str, ...], decision: Decision) -> str:
    """Rules on trial are never counted, which a test may have overlooked."""
    names = [step.rule for step in decision.canary if step.rule in expected]
    return f" ({_on_trial(names[0])})" if names else ""


def _on_trial(name: str) -> str:
    return f"rule {quoted(name)} is on trial, mode: canary"

"""Running the `tests:` of rules files: the same decision as for real mail, compared with what was expected.

Nothing is carried out. The mail of an .eml file is read by the function that the caller gives.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from maild.core.action import Action, Copy, Draft, Forward, Keep, Mark, Move, Note, Trash
from maild.core.decide import Decision, Facts, decide
from maild.core.message import Mail
from maild.core.rules.model import ANY, DONE, Example, Expected, RuleSet
from maild.core.rules.parse_examples import KINDS


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """How one test ended; `message` says what differed and is empty where nothing did."""

    index: int  # the place of the test among those given, from 0
    passed: bool
    message: str = ""


def run_examples(
    ruleset: RuleSet, examples: Iterable[Example], load_eml: Callable[[str], Mail], now: datetime
) -> tuple[ExampleResult, ...]:
    """Run tests against rules; `now` (aware, in the client's zone) is the time of those that name none.

    Tests of a shared file are best run against that file alone: a client's own rules may well go on from there.
    `load_eml` may raise OSError; the test then fails with its reason.
    """
    return tuple(_run(ruleset, example, index, load_eml, now) for index, example in enumerate(examples))


def _run(
    ruleset: RuleSet, example: Example, index: int, load_eml: Callable[[str], Mail], now: datetime
) -> ExampleResult:
    try:
        mail = load_eml(example.mail) if isinstance(example.mail, str) else example.mail
    except OSError as error:
        return ExampleResult(
            index, False, f"{example.mail} can't be read: {error.strerror or 'unknown reason'}"
        )
    decision = decide(ruleset, mail, _facts(example, now))
    differences = _differences(example, decision)
    return ExampleResult(index, not differences, "; ".join(differences))


def _facts(example: Example, now: datetime) -> Facts:
    moment = example.now or now
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=now.tzinfo)
    return Facts(example.relationship, example.flags, moment, old=False, own=False)


def _differences(example: Example, decision: Decision) -> list[str]:
    expect = example.expect
    found = []
    if expect.rules is not None and expect.rules != decision.rules:
        found.append(_difference("rules", expect.rules, decision.rules))
    happened = _happened(decision)
    for expected in expect.actions:
        values = happened[expected.kind]
        if not _as_expected(expected, values):
            found += [_difference(expected.kind, expected.values, values) + _why(expected, decision)]
    named = {expected.kind for expected in expect.actions}
    if expect.only:
        found += [
            _difference(kind, (), happened[kind]) for kind in KINDS if happened[kind] and kind not in named
        ]
    return found


def _happened(decision: Decision) -> dict[str, tuple[str, ...]]:
    values: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for step in decision.steps:
        kind, texts = _described(step.action)
        values[kind] += texts
    return {kind: tuple(sorted(set(texts) if kind == "mark" else texts)) for kind, texts in values.items()}


def _described(action: Action) -> tuple[str, tuple[str, ...]]:
    match action:
        case Move(folder):
            return "move", (folder,)
        case Copy(folder):
            return "copy", (folder,)
        case Mark(flags):
            return "mark", flags
        case Draft(template):
            return "draft", (template,)
        case Forward(to):
            return "forward", (to,)
        case Note(text):
            return "note", (text,)
        case Trash():
            return "trash", (DONE,)
        case Keep():
            return "keep", (DONE,)


def _as_expected(expected: Expected, happened: tuple[str, ...]) -> bool:
    return bool(happened) if expected.values == (ANY,) else expected.values == happened


def _difference(kind: str, expected: tuple[str, ...], happened: tuple[str, ...]) -> str:
    return f"{kind}: expected {', '.join(expected) or 'nothing'}, got {', '.join(happened) or 'nothing'}"


def _why(expected: Expected, decision: Decision) -> str:
    reasons = [left.reason for left in decision.skipped if _described(left.action)[0] == expected.kind]
    return f" ({reasons[0]})" if reasons else ""

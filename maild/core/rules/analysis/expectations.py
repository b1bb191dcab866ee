"""What the `tests:` of rules expect although no rule can do it: a slip of the pen, found before the tests are run."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from maild.core.action import Answer, Copy, Draft, Forward, Mark, Move, Relate, action_name
from maild.core.rules.analysis.finding import Finding, Severity
from maild.core.rules.model import ANY, Example, Rule, RuleSet
from maild.core.rules.parse.sheet import Path, hint, quoted

MAX_HINTS = 50
"""Names for which a near one is looked for; with many rules that takes its time."""


def never_met(ruleset: RuleSet) -> Iterator[Finding]:
    """Names in `expect` that no rule has: such a test could not pass, whatever the mail."""
    done = _done(ruleset.rules)
    hints: dict[tuple[str, str], str] = {}
    for example in ruleset.examples:
        for path, value in _named(example):
            kind = str(path[0])
            if value in done[kind]:
                continue
            if (kind, value) not in hints:
                hints[kind, value] = _hint(value, done[kind]) if len(hints) < MAX_HINTS else ""
            message = f"no rule {_VERBS[kind]} {quoted(value)}{hints[kind, value]}"
            place: Path = ("tests", example.index, "expect", *path)
            yield Finding(example.origin, place, message, Severity.FAULT)


def _hint(value: str, known: Collection[str]) -> str:
    return hint(value, sorted(known))


def _named(example: Example) -> Iterator[tuple[Path, str]]:
    """The names in the expectation of a test, each with its place there."""
    yield from ((("rules", place), name) for place, name in enumerate(example.expect.rules or ()))
    for expected in example.expect.actions:
        if expected.kind in _VERBS:
            yield from (((expected.kind,), value) for value in expected.values if value != ANY)


_VERBS = {
    "rules": "is named",
    "move": "moves to",
    "copy": "copies to",
    "mark": "sets",
    "draft": "drafts by",
    "answer": "answers by",
    "forward": "forwards to",
    "relate": "makes the sender",
}


def _done(rules: Iterable[Rule]) -> Mapping[str, set[str]]:
    """What the rules name in each kind of action, and what they are named."""
    done: dict[str, set[str]] = {kind: set() for kind in _VERBS}
    for rule in rules:
        done["rules"].add(rule.name)
        for action in rule.actions:
            match action:
                case Mark(flags):
                    done["mark"].update(flags)
                case Move(it) | Copy(it) | Draft(it) | Answer(it) | Forward(it) | Relate(it):
                    done[action_name(action)].add(str(it))
    return done

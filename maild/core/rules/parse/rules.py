"""From the data of a rules file to a compiled `RuleSet`, and everything that is wrong with it, in one go.

The data is what YAML gives: maps, lists, texts, numbers. Problems name their place in the data; which line that is,
and which files a `use` means, the caller knows. Nothing here raises, and nothing unknown is passed over.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from maild.core.action import Keep
from maild.core.rules.model import Mode, Rule, RuleSet, Then
from maild.core.rules.parse.actions import parse_actions
from maild.core.rules.parse.conditions import parse_any, parse_condition
from maild.core.rules.parse.examples import parse_examples
from maild.core.rules.parse.sheet import Path, Problem, RuleContext, Sheet, kind, quoted

__all__ = ["Clash", "Problem", "RuleContext", "RuleSet", "join", "parse_rules"]

MAX_DEPTH = 40
MAX_NODES = 200_000


def parse_rules(data: object, context: RuleContext, origin: str) -> tuple[RuleSet, tuple[Problem, ...]]:
    """Read one rules file; `origin` is its name. A rule with a problem is left out of the set."""
    sheet = Sheet(context)
    if data is None:
        return RuleSet(version=_version([])), ()
    if _excessive(data):
        sheet.say((), f"the file is more than {MAX_DEPTH} levels deep, or has more than {MAX_NODES:,} values")
        return RuleSet(version=_version([])), tuple(sheet.problems)
    spec = sheet.table(data, (), ("use", "rules", "tests"))
    if spec.get("use") not in (None, []):
        for place, name in sheet.items(spec["use"], ("use",)):
            sheet.text(name, place)
    rules = _rules(sheet, spec["rules"], origin) if spec.get("rules") is not None else ()
    examples = (
        parse_examples(sheet, spec["tests"], ("tests",), origin) if spec.get("tests") is not None else ()
    )
    return RuleSet(rules, examples, _version(spec.get("rules") or [])), tuple(sheet.problems)


@dataclass(frozen=True, slots=True)
class Clash:
    """A problem that shows only when the rules of several files come together."""

    origin: str  # the file at fault: the later one
    problem: Problem


def join(rulesets: Iterable[RuleSet]) -> tuple[RuleSet, tuple[Clash, ...]]:
    """One set of several, in their order, with the examples of all.

    A name that an earlier set has taken is a clash; the first rule of that name stays.
    """
    sets = tuple(rulesets)
    taken: dict[str, Rule] = {}
    clashes = []
    for rule in (rule for ruleset in sets for rule in ruleset.rules):
        first = taken.setdefault(rule.name, rule)
        if first is not rule:
            message = f"a rule of {first.origin} is already named {quoted(rule.name)}"
            clashes.append(Clash(rule.origin, Problem(("rules", rule.index, "name"), message)))
    examples = tuple(example for ruleset in sets for example in ruleset.examples)
    version = sets[0].version if len(sets) == 1 else _version([ruleset.version for ruleset in sets])
    return RuleSet(tuple(taken.values()), examples, version), tuple(clashes)


def _excessive(data: object) -> bool:
    # Level by level, so that depth costs no stack and a structure that contains itself ends here.
    level = [data]
    nodes = 0
    for _ in range(MAX_DEPTH):
        nodes += len(level)
        if nodes > MAX_NODES or not level:
            return nodes > MAX_NODES
        level = [below for item in level for below in _below(item)]
    return bool(level)


def _below(item: object) -> Iterable[object]:
    if isinstance(item, dict):
        return item.values()
    return item if isinstance(item, list) else ()


def _version(data: object) -> str:
    canonical = json.dumps(_canonical(data), sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()[:12]


def _canonical(data: object) -> object:
    if isinstance(data, dict):
        return {str(key): _canonical(item) for key, item in data.items()}
    if isinstance(data, list):
        return [_canonical(item) for item in data]
    return data if isinstance(data, str | int | float | bool | None) else str(data)


def _rules(sheet: Sheet, value: object, origin: str) -> tuple[Rule, ...]:
    if not isinstance(value, list):
        sheet.say(("rules",), f"expected a list of rules, found {kind(value)}; begin each with - name:")
        return ()
    rules = []
    taken: set[str] = set()
    for index, item in enumerate(value):
        before = len(sheet.problems)
        rule = _rule(sheet, item, index, origin, taken)
        if rule is not None and len(sheet.problems) == before:
            rules.append(rule)
    return tuple(rules)


RULE_KEYS = ("name", "when", "unless", "do", "then", "mode")


def _rule(sheet: Sheet, item: object, index: int, origin: str, taken: set[str]) -> Rule | None:
    path: Path = ("rules", index)
    if not isinstance(item, dict):
        sheet.say(path, f"expected a rule with name, when and do, found {kind(item)}")
        return None
    spec = sheet.table(item, path, RULE_KEYS)
    name = _name(sheet, spec, path, taken)
    when = parse_condition(sheet, spec["when"], (*path, "when")) if "when" in spec else None
    unless = parse_any(sheet, spec["unless"], (*path, "unless")) if "unless" in spec else None
    if "do" not in spec:
        sheet.say(path, 'a rule needs "do", the list of its actions')
    actions = parse_actions(sheet, spec["do"], (*path, "do")) if "do" in spec else ()
    then = _word(sheet, spec, "then", path, Then)
    mode = _word(sheet, spec, "mode", path, Mode)
    if then == Then.CONTINUE and any(isinstance(action, Keep) for action in actions):
        sheet.say((*path, "then"), '"keep" ends the rules, so "then: continue" contradicts it')
    return Rule(name, when, unless, actions, Then(then or Then.STOP), Mode(mode or Mode.LIVE), origin, index)


def _name(sheet: Sheet, spec: dict[str, object], path: Path, taken: set[str]) -> str:
    if "name" not in spec:
        sheet.say(path, 'a rule needs a "name"')
        return ""
    name = sheet.text(spec["name"], (*path, "name"))
    if name is None:
        return ""
    # Names stand in logs, where no address may: hence no @, and no line ends.
    if not _NAME.fullmatch(name):
        sheet.say(
            (*path, "name"),
            f"{quoted(name)}: a name has letters, digits, blanks and . _ - and at most 80 of them",
        )
    elif name in taken:
        sheet.say((*path, "name"), f"another rule is already named {quoted(name)}")
    taken.add(name)
    return name


_NAME = re.compile(r"\w[\w .-]{0,79}")


def _word(
    sheet: Sheet, spec: dict[str, object], key: str, path: Path, words: type[Then] | type[Mode]
) -> str | None:
    if key not in spec:
        return None
    value = sheet.text(spec[key], (*path, key))
    return None if value is None else sheet.choice(value, (*path, key), f'value of "{key}"', [*words])

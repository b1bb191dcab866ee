"""docs/rules.md is true: each example is a rules file whose tests pass, and nothing of the language is left out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from maild.config.document import read_yaml
from maild.config.review import ReviewFolders, protected_folders
from maild.config.servers import NamedFolders
from maild.core.contact import Relationship
from maild.core.decide import Decision, Facts, decide
from maild.core.message import Machine, Mail
from maild.core.rules.examples import run_examples
from maild.core.rules.model import Example, RuleSet
from maild.core.rules.parse import RuleContext, join, parse_rules
from maild.core.rules.parse_actions import ACTIONS
from maild.core.rules.parse_actions import LATER as LATER_ACTIONS
from maild.core.rules.parse_conditions import CONDITIONS
from maild.core.rules.parse_conditions import LATER as LATER_CONDITIONS
from maild.core.rules.parse_examples import _MAIL_KEYS, KINDS
from maild.core.rules.parse_texts import ADDRESS_TESTS, TEXT_TESTS

REPOSITORY = Path(__file__).parents[2]
TEXT = (REPOSITORY / "docs" / "rules.md").read_text(encoding="utf-8")
NOW = datetime(2026, 11, 22, 9, tzinfo=ZoneInfo("Europe/Berlin"))
CONTEXT = RuleContext(
    templates=frozenset({"offer-request", "complaint", "vip-reply"}),
    forward_to=frozenset({"accounting@northwind.example"}),
    identities=frozenset({"info@northwind.example", "vertrieb@northwind.example"}),
    protected_folders=protected_folders(ReviewFolders(), NamedFolders()),
    files=frozenset({"preisliste.pdf"}),
)


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced example and the line of the document in which it begins."""

    line: int
    text: str


def blocks() -> Iterator[Block]:
    """Every fenced yaml block of the document."""
    for found in re.finditer(r"^```yaml\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL):
        yield Block(TEXT.count("\n", 0, found.start()) + 1, found[1])


BLOCKS = tuple(blocks())
every_block = pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"line-{block.line}")


def data_of(block: Block) -> dict[str, Any]:
    """A block as plain data."""
    document = read_yaml(block.text.encode(), "docs/rules.md")
    assert document.faults == ()
    assert isinstance(document.data, dict)
    return document.data


def rules_of(data: object, origin: str) -> RuleSet:
    """A file's rules; a problem in them fails the test."""
    rules, problems = parse_rules(data, CONTEXT, origin)
    assert problems == ()
    return rules


def whole(block: Block) -> RuleSet:
    """The rules of a block behind those that it uses."""
    data = data_of(block)
    used = []
    for name in data.get("use", []):
        file = f"rules/{name}"
        used.append(rules_of(read_yaml((REPOSITORY / file).read_bytes(), file).data, file))
    rules, clashes = join([*used, rules_of(data, "block")])
    assert clashes == ()
    return rules


def outcome(rules: RuleSet, example: Example) -> Decision:
    """What the rules decide on the mail of a test."""
    assert isinstance(example.mail, Mail)
    facts = Facts(example.relationship, example.flags, NOW, old=False, own=False)
    return decide(rules, example.mail, facts)


def no_file(path: str) -> Mail:
    """The document's examples are whole by themselves."""
    raise AssertionError(path)


def words_in(value: object) -> Iterator[str]:
    """Every key of the data, and every text."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from words_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from words_in(item)
    elif isinstance(value, str):
        yield value


@every_block
def test_example_passes_its_own_tests(block: Block) -> None:
    """The block parses without a problem, has tests, and all of them pass."""
    rules = whole(block)
    own = [example for example in rules.examples if example.origin == "block"]
    assert own
    results = run_examples(rules, own, no_file, NOW)
    assert [result.message for result in results if not result.passed] == []


@every_block
def test_example_shows_both_sides_of_each_rule(block: Block) -> None:
    """For each rule of the block one test's mail is caught by it, and one is not."""
    rules = whole(block)
    decisions = [outcome(rules, example) for example in rules.examples if example.origin == "block"]
    for rule in rules.rules:
        if rule.origin != "block":
            continue
        held = [rule.name in (*found.rules, *(step.rule for step in found.canary)) for found in decisions]
        assert any(held), f"no test shows that {rule.name} holds"
        assert not all(held), f"no test shows that {rule.name} leaves a mail alone"


@pytest.mark.parametrize(
    "word",
    [
        *(name for name in CONDITIONS if name != "header.X"),
        *ACTIONS,
        *TEXT_TESTS,
        *ADDRESS_TESTS,
        *(name for name in _MAIL_KEYS if name != "relationship"),
        *KINDS,
        *("exact", "quoted", "unless", "then", "mode", "canary", "use", "now", "only"),
        *("template", "identity", "attach", "urgent", "at_least", "larger", "type", "count"),
    ],
)
def test_every_word_of_the_language_is_shown(word: str) -> None:
    """Each key that a rules file may have stands in an example that is run."""
    shown = {found for block in BLOCKS for found in words_in(data_of(block))}
    assert word in shown


def test_every_class_and_relationship_is_named() -> None:
    """The document lists all machine classes and all relationships."""
    named = set(re.findall(r"`([a-z_]+)`", TEXT))
    assert {*Machine, *Relationship, "any"} <= named


def test_list_of_what_is_refused_is_complete_and_true() -> None:
    """The last table names exactly what the parser refuses as not available."""
    rows = dict(re.findall(r"^\| (conditions|actions) \| (.*) \|$", TEXT, re.MULTILINE))
    assert re.findall(r"`(\w+)`", rows["conditions"]) == list(LATER_CONDITIONS)
    assert re.findall(r"`(\w+)`", rows["actions"]) == list(LATER_ACTIONS)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"when": {"hours": "open"}, "do": ["keep"]}, "not available"),
        ({"do": [{"answer": "thanks"}]}, "not available"),
        ({"do": [{"forward": {"to": "client", "when": "digest"}}]}, "not available"),
        ({"do": [{"move": "Entwürfe"}]}, "may not put mail into"),
        ({"do": [{"move": "Freigegeben"}]}, "may not put mail into"),
        ({"do": [{"mark": ["answered"]}]}, "may not set"),
        ({"do": [{"draft": "complaint"}, {"draft": "offer-request"}]}, "drafts once"),
        ({"do": [{"move": "A"}, "trash"]}, "ends in one place"),
        ({"do": ["keep"], "then": "continue"}, "contradicts"),
        ({"do": [{"forward": "anybody@else.example"}]}, "not declared"),
    ],
)
def test_what_the_document_calls_refused_is_refused(rule: dict[str, Any], message: str) -> None:
    """Each prohibition that the document states is a problem with those words."""
    _, problems = parse_rules({"rules": [{"name": "x", **rule}]}, CONTEXT, "rules.yaml")
    assert [message in problem.message for problem in problems] == [True]


def test_old_mail_and_mail_of_the_office_are_treated_as_the_document_says() -> None:
    """Old mail gets no draft, forward, note or trash; mail of the office gets no draft."""
    actions = [{"note": "x"}, {"forward": "client"}, {"draft": "complaint"}, {"mark": ["a"]}, {"copy": "B"}]
    rules = rules_of({"rules": [{"name": "a", "do": [*actions, {"move": "C"}]}]}, "rules.yaml")
    trash = rules_of({"rules": [{"name": "t", "do": ["trash"]}]}, "rules.yaml")
    mail = Mail(subject="x")

    def kinds(of: RuleSet, *, old: bool = False, own: bool = False) -> list[str]:
        facts = Facts(Relationship.UNKNOWN, frozenset(), NOW, old=old, own=own)
        return [type(step.action).__name__ for step in decide(of, mail, facts).steps]

    assert kinds(rules) == ["Note", "Forward", "Draft", "Mark", "Copy", "Move"]
    assert kinds(rules, old=True) == ["Mark", "Copy", "Move"]
    assert kinds(rules, own=True) == ["Note", "Forward", "Mark", "Copy", "Move"]
    assert kinds(trash, old=True) == []

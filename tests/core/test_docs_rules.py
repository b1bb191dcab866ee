"""docs/rules.md is true: each example is a rules file whose tests pass, and nothing of the language is left out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from maild.config.document import read_yaml
from maild.config.review import Review, protected_folders
from maild.config.servers import NamedFolders
from maild.core.authentication import RESULTS
from maild.core.business import Absence, Business
from maild.core.contact import Relationship
from maild.core.decide import Decision, decide
from maild.core.facts import Facts
from maild.core.hours import Calendar, Opening
from maild.core.language import LANGUAGES
from maild.core.message import Address, Machine, Mail
from maild.core.rules.case import case_of
from maild.core.rules.examples import run_examples
from maild.core.rules.model import Example, RuleSet
from maild.core.rules.parse.actions import ACTIONS
from maild.core.rules.parse.conditions import CONDITIONS
from maild.core.rules.parse.examples import EXAMPLE_KEYS, KINDS, MAIL_KEYS
from maild.core.rules.parse.history import HISTORY
from maild.core.rules.parse.rules import RuleContext, join, parse_rules
from maild.core.rules.parse.texts import ADDRESS_TESTS, TEXT_TESTS
from maild.core.rules.texts import WINDOW
from maild.core.rules.words import LONGEST_PHRASE

REPOSITORY = Path(__file__).parents[2]
TEXT = (REPOSITORY / "docs" / "rules.md").read_text(encoding="utf-8")
NOW = datetime(2026, 11, 22, 9, tzinfo=ZoneInfo("Europe/Berlin"))
CONTEXT = RuleContext(
    templates=frozenset({"offer-request", "complaint", "vip-reply", "we-are-closed"}),
    forward_to=frozenset({"accounting@northwind.example"}),
    identities=frozenset({"info@northwind.example", "vertrieb@northwind.example"}),
    protected_folders=protected_folders(Review(mode="folder"), NamedFolders()),
    files=frozenset({"preisliste.pdf"}),
    people=frozenset({"Jane Doe"}),
)
MORNING, AFTERNOON = Opening(8 * 60, 12 * 60), Opening(13 * 60, 17 * 60)
BUSINESS = Business(
    calendar=Calendar(openings=((MORNING, AFTERNOON),) * 5 + ((), ()), region="DE-BY"),
    absences=(Absence("Jane Doe", date(2026, 12, 1), date(2026, 12, 12)),),
    addresses=frozenset({"info@northwind.example"}),
    trusted_servers=frozenset({"mx.provider.example"}),
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
    return decide(rules, *case_of(example, example.mail, NOW, BUSINESS))


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
    results = run_examples(rules, own, no_file, NOW, BUSINESS)
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
        *(name for name in MAIL_KEYS if name != "relationship"),
        *KINDS,
        *(name for name in EXAMPLE_KEYS if name not in ("mail", "expect")),
        *HISTORY,
        *RESULTS,
        *("exact", "quoted", "unless", "then", "mode", "canary", "use", "only"),
        *("older", "younger", "weekday", "between", "open", "closed", "templates", "ours", "after", "digest"),
        *("template", "identity", "attach", "urgent", "within", "to", "text"),
        *("at_least", "at_most", "larger", "smaller", "type", "count"),
    ],
)
def test_every_word_of_the_language_is_shown(word: str) -> None:
    """Each key that a rules file may have stands in an example that is run."""
    shown = {found for block in BLOCKS for found in words_in(data_of(block))}
    assert word in shown


def test_every_language_and_limit_is_named() -> None:
    """The document lists all languages that are told apart, and the limits that an admin can meet."""
    named = set(re.findall(r"`([a-z]{2})`", TEXT))
    assert set(LANGUAGES) <= named
    assert f"the first {WINDOW // 1000} KB" in TEXT
    assert {20: "twenty"}[LONGEST_PHRASE] in TEXT


def test_every_class_and_relationship_is_named() -> None:
    """The document lists all machine classes and all relationships."""
    named = set(re.findall(r"`([a-z_]+)`", TEXT))
    assert {*Machine, *Relationship, "any"} <= named


@pytest.mark.parametrize(
    ("rule", "message"),
    [
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
    actions += [{"remind": "2d"}, {"relate": "vip"}]
    rules = rules_of({"rules": [{"name": "a", "do": [*actions, {"move": "C"}]}]}, "rules.yaml")
    trash = rules_of({"rules": [{"name": "t", "do": ["trash"]}]}, "rules.yaml")
    mail = Mail(subject="x", from_=(Address("anna@kunde.example"),))

    def kinds(of: RuleSet, *, old: bool = False, own: bool = False) -> list[str]:
        facts = Facts(NOW, NOW, Relationship.UNKNOWN, frozenset(), old=old, own=own)
        return [type(step.action).__name__ for step in decide(of, mail, facts).steps]

    assert kinds(rules) == ["Note", "Forward", "Draft", "Remind", "Relate", "Mark", "Copy", "Move"]
    assert kinds(rules, old=True) == ["Mark", "Copy", "Move"]
    assert kinds(rules, own=True) == ["Note", "Forward", "Relate", "Mark", "Copy", "Move"]
    assert kinds(trash, old=True) == []

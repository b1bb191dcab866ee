"""The `tests:` of a rules file: what passes, and what a failing one says."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from maild.core.business import Business
from maild.core.contact import Relationship
from maild.core.message import Address, Attachment, Machine, Mail
from maild.core.rules.examples import ExampleResult, MailFileError, run_examples, untested
from maild.core.rules.model import Example, RuleSet
from maild.core.rules.parse.examples import parse_outcome
from maild.core.rules.parse.rules import RuleContext, parse_rules
from maild.core.rules.parse.sheet import Problem, Sheet

NOTHING: frozenset[str] = frozenset()
CONTEXT = RuleContext(
    frozenset({"offer-request", "thanks"}), frozenset({"x@northwind.example"}), NOTHING, NOTHING, NOTHING
)
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=ZoneInfo("Europe/Berlin"))
RULES = [
    {
        "name": "offer-request",
        "when": {"subject": {"words": ["Angebot"]}, "relationship": ["customer", "unknown"]},
        "unless": {"machine": "any"},
        "do": [{"draft": "offer-request"}, {"mark": ["wichtig", "flagged"]}],
        "then": "continue",
    },
    {
        "name": "file",
        "when": {"subject": "Angebot"},
        "do": [
            {"move": "Anfragen"},
            {"copy": "B"},
            {"copy": "A"},
            {"draft": "thanks"},
            {"note": "Neue Anfrage"},
            {"forward": "x@northwind.example"},
        ],
    },
    {"name": "spam", "when": {"header.X-Spam-Flag": "yes"}, "do": ["trash"]},
    {"name": "stay", "when": {"flags": "flagged"}, "do": ["keep"]},
    {"name": "try", "mode": "canary", "do": [{"move": "Elsewhere"}]},
]
OFFER = {"from": "Anna Müller <anna@kunde.example>", "subject": "Bitte um ein Angebot"}


def rules_with(*tests: dict[str, Any]) -> RuleSet:
    """The rules above with these tests."""
    rules, problems = parse_rules({"rules": RULES, "tests": list(tests)}, CONTEXT, "rules.yaml")
    assert problems == ()
    return rules


def no_file(path: str) -> Mail:
    """What reading a missing file does."""
    raise FileNotFoundError(2, "No such file or directory", path)


def run(*tests: dict[str, Any]) -> tuple[ExampleResult, ...]:
    """Run tests that need no file."""
    rules = rules_with(*tests)
    return run_examples(rules, rules.examples, no_file, NOW)


@pytest.mark.parametrize(
    ("mail", "expect"),
    [
        (OFFER, {"rules": ["offer-request", "file"], "move": "Anfragen", "draft": "offer-request"}),
        (OFFER, {"copy": ["A", "B"], "mark": ["flagged", "wichtig"], "note": "Neue Anfrage"}),
        (OFFER, {"forward": "x@northwind.example", "note": True, "trash": False, "keep": False}),
        ({**OFFER, "machine": "newsletter"}, {"rules": ["file"], "draft": "thanks"}),
        ({**OFFER, "headers": {"Auto-Submitted": "auto-replied"}}, {"rules": ["file"], "draft": "thanks"}),
        (
            {**OFFER, "headers": {"Auto-Submitted": "auto-replied"}, "machine": None},
            {"rules": ["offer-request", "file"]},
        ),
        ({**OFFER, "relationship": "blocked"}, {"rules": ["file"], "draft": "thanks"}),
        ({"subject": "x", "headers": {"x-spam-flag": "YES"}}, {"trash": True, "only": True}),
        ({"subject": "x", "flags": ["\\Flagged"]}, {"keep": True, "rules": ["stay"], "only": True}),
        ({"subject": "x"}, {"only": True}),
        ({"subject": "x"}, {"rules": [], "move": None, "copy": [], "draft": False, "note": False}),
    ],
)
def test_what_is_as_expected_passes(mail: dict[str, Any], expect: dict[str, Any]) -> None:
    """Named kinds are equal, the rest is free; canary rules count for nothing."""
    (result,) = run({"mail": mail, "expect": expect})
    assert (result.index, result.passed, result.differences) == (0, True, ())


@pytest.mark.parametrize(
    ("mail", "expect", "message"),
    [
        (OFFER, {"move": "Archiv"}, 'move: expected Archiv, got Anfragen (by "file")'),
        (OFFER, {"copy": "A"}, 'copy: expected A, got A, B (by "file")'),
        (OFFER, {"mark": "flagged"}, 'mark: expected flagged, got flagged, wichtig (by "offer-request")'),
        (OFFER, {"note": False}, 'note: expected nothing, got Neue Anfrage (by "file")'),
        (OFFER, {"trash": True}, "trash: expected yes, got nothing"),
        (
            OFFER,
            {"draft": "thanks"},
            'draft: expected thanks, got offer-request (by "offer-request"; rule "offer-request" drafts already)',
        ),
        (OFFER, {"rules": ["file"]}, "rules: expected file, got offer-request, file"),
        ({"subject": "x"}, {"note": True}, "note: expected (any), got nothing"),
        (
            {"subject": "x"},
            {"rules": ["spam"], "trash": True},
            "rules: expected spam, got nothing; trash: expected yes, got nothing",
        ),
        (
            {"subject": "x", "headers": {"X-Spam-Flag": "yes"}},
            {"rules": ["spam"], "only": True},
            'trash: expected nothing, got yes (by "spam")',
        ),
        (
            {"subject": "x"},
            {"rules": ["try"], "move": "Elsewhere"},
            'rules: expected try, got nothing (rule "try" is on trial, mode: canary); '
            'move: expected Elsewhere, got nothing (rule "try" is on trial, mode: canary)',
        ),
    ],
)
def test_what_differs_is_said(mail: dict[str, Any], expect: dict[str, Any], message: str) -> None:
    """A failing test says each difference, whose doing it is, and why an action was left out."""
    (result,) = run({"mail": mail, "expect": expect})
    assert (result.passed, result.message) == (False, message)


def test_results_stand_in_the_order_of_the_tests() -> None:
    """Each result carries the index of its test."""
    results = run({"mail": OFFER, "expect": {"trash": True}}, {"mail": OFFER, "expect": {"trash": False}})
    assert [(result.index, result.passed) for result in results] == [(0, False), (1, True)]


def test_the_mail_of_a_file_is_read_by_the_caller() -> None:
    """An .eml is loaded by the given function; what is known of the sender stands beside it."""
    rules = rules_with(
        {
            "mail": "mails/offer.eml",
            "relationship": "blocked",
            "flags": ["seen"],
            "expect": {"rules": ["file"]},
        }
    )
    asked: list[str] = []

    def load(path: str) -> Mail:
        asked.append(path)
        return Mail(subject="Angebot")

    assert run_examples(rules, rules.examples, load, NOW)[0].passed
    assert asked == ["mails/offer.eml"]


def test_a_missing_file_fails_its_test_alone() -> None:
    """The reason is in the message, and the other tests are run."""
    first, second = run(
        {"mail": "a.eml", "expect": {"only": True}}, {"mail": OFFER, "expect": {"trash": False}}
    )
    assert first == ExampleResult(0, False, ("a.eml can't be read: No such file or directory",))
    assert second.passed


def test_a_file_without_a_mail_fails_its_test_alone() -> None:
    """Whoever reads the files says what is wrong with one; where a mail is damaged, a failing test says so too."""

    def empty(path: str) -> Mail:
        raise MailFileError(f"{path} is empty")

    def damaged(_: str) -> Mail:
        return Mail(subject="Angebot", defects=("no boundary",))

    rules = rules_with(
        {"mail": "a.eml", "expect": {"trash": True}}, {"mail": "a.eml", "expect": {"trash": False}}
    )
    assert [result.message for result in run_examples(rules, rules.examples, empty, NOW)] == [
        "a.eml is empty"
    ] * 2
    failed, passed = run_examples(rules, rules.examples, damaged, NOW)
    assert failed.message == "trash: expected yes, got nothing; the mail is damaged: no boundary"
    assert passed.passed


def test_rules_that_no_test_touches_are_listed() -> None:
    """Touched is a rule that held for a test's mail, on trial or not, whatever the test expects."""
    rules = rules_with(
        {"mail": OFFER, "expect": {"trash": True}}, {"mail": {"subject": "x"}, "expect": {"only": True}}
    )
    results = run_examples(rules, rules.examples, no_file, NOW)
    assert [rule.name for rule in untested(rules, results)] == ["spam", "stay"]
    assert [rule.name for rule in untested(rules, results[1:])] == ["offer-request", "file", "spam", "stay"]
    assert (results[0].rules, results[0].on_trial) == (("offer-request", "file"), ())
    assert (results[1].rules, results[1].on_trial) == ((), ("try",))


@pytest.mark.parametrize(
    ("expect", "passes"),
    [
        ({"answer": "thanks", "relate": "vip", "remind": "24h", "only": True}, True),
        ({"answer": "offer-request"}, False),
        ({"relate": "customer"}, False),
        ({"remind": "2d"}, False),
        ({"answer": []}, False),
        ({"only": True}, False),
    ],
)
def test_every_kind_of_action_can_be_expected(expect: dict[str, Any], passes: bool) -> None:
    """Answers by their template, a relationship by its name, a reminder by its length however written."""
    do = [{"answer": "thanks"}, {"relate": "vip"}, {"remind": {"after": "1d"}}]
    mail = {**OFFER, "to": "info@northwind.example"}
    business = Business(addresses=frozenset({"info@northwind.example"}))
    rules, problems = parse_rules(
        {"rules": [{"name": "x", "do": do}], "tests": [{"mail": mail, "expect": expect}]},
        CONTEXT,
        "rules.yaml",
    )
    assert problems == ()
    (result,) = run_examples(rules, rules.examples, no_file, NOW, business)
    assert result.passed is passes, result.message


def test_what_is_expected_is_compared_as_rules_mean_it() -> None:
    """Folders in either Unicode form, addresses and flags in either case."""
    do = [{"move": "Entw\u00fcrfe alt"}, {"forward": "x@northwind.example"}, {"mark": ["seen"]}]
    expect = {
        "move": " Entwu\u0308rfe alt",
        "forward": "X@Northwind.example",
        "mark": ["\\Seen"],
        "only": True,
    }
    rules, problems = parse_rules(
        {"rules": [{"name": "x", "do": do}], "tests": [{"mail": OFFER, "expect": expect}]},
        CONTEXT,
        "rules.yaml",
    )
    assert problems == ()
    assert [result.message for result in run_examples(rules, rules.examples, no_file, NOW)] == [""]


def outcome(value: object) -> tuple[Example | None, list[Problem]]:
    """What a file beside x.eml expects."""
    sheet = Sheet(CONTEXT)
    return parse_outcome(sheet, value, "x.eml", "x.expected.yaml"), sheet.problems


def test_what_is_expected_may_stand_in_a_file_of_its_own() -> None:
    """With the keys of a test, but for the mail, which lies beside it."""
    example, problems = outcome({"relationship": "vip", "flags": ["seen"], "expect": {"move": "Anfragen"}})
    assert problems == []
    assert example is not None
    assert (example.mail, example.relationship.value, sorted(example.flags)) == ("x.eml", "vip", ["seen"])
    for value, path in (
        (None, ()),
        ([], ()),
        ({}, ()),
        ({"mail": "y.eml", "expect": {"only": True}}, ("mail",)),
        ({"expect": {"only": True}, "sender": "x"}, ("sender",)),
        ({"expect": {"moved": "Anfragen"}}, ("expect", "moved")),
    ):
        found, problems = outcome(value)
        assert found is None
        assert [problem.path for problem in problems] == [path]


def test_a_mail_written_out_is_complete() -> None:
    """Every key of the map arrives in the mail."""
    (example,) = rules_with(
        {
            "mail": {
                "from": "Müller, Anna <Anna@Kunde.example>",
                "to": ["info@northwind.example", "Jane <jane@northwind.example>"],
                "cc": "x@y.example",
                "reply_to": "z@y.example",
                "subject": "Angebot",
                "body": "Guten Tag",
                "quoted": "> alt",
                "headers": {"Received": ["a", "b"], "X-Empty": ""},
                "machine": "list",
                "attachments": [
                    "a.pdf",
                    {"name": "b.bin", "size": "2KB"},
                    {"name": "c.xyz", "type": "Text/X"},
                ],
                "size": "1MB",
                "relationship": "vip",
                "flags": ["seen"],
            },
            "now": "2026-12-01T09:30:00+01:00",
            "expect": {"only": True},
        }
    ).examples
    assert example.mail == Mail(
        headers=(("Received", "a"), ("Received", "b"), ("X-Empty", "")),
        subject="Angebot",
        from_=(Address("Anna@kunde.example", "Müller, Anna"),),
        to=(Address("info@northwind.example"), Address("jane@northwind.example", "Jane")),
        cc=(Address("x@y.example"),),
        reply_to=(Address("z@y.example"),),
        text="Guten Tag\n\n> alt",
        new_text="Guten Tag",
        machine=Machine.LIST,
        attachments=(
            Attachment("a.pdf", "application/pdf", 0),
            Attachment("b.bin", "application/octet-stream", 2048),
            Attachment("c.xyz", "text/x", 0),
        ),
        size=1 << 20,
    )
    assert (example.relationship, example.flags) == (Relationship.VIP, frozenset({"seen"}))
    assert example.now == datetime(2026, 12, 1, 8, 30, tzinfo=UTC)
    assert (example.origin, example.index) == ("rules.yaml", 0)

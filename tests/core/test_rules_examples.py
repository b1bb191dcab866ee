"""The `tests:` of a rules file: what passes, and what a failing one says."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from maild.core.contact import Relationship
from maild.core.message import Address, Attachment, Machine, Mail
from maild.core.rules.examples import ExampleResult, run_examples
from maild.core.rules.model import RuleSet
from maild.core.rules.parse import RuleContext, parse_rules

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
    assert run({"mail": mail, "expect": expect}) == (ExampleResult(0, True),)


@pytest.mark.parametrize(
    ("mail", "expect", "message"),
    [
        (OFFER, {"move": "Archiv"}, "move: expected Archiv, got Anfragen"),
        (OFFER, {"copy": "A"}, "copy: expected A, got A, B"),
        (OFFER, {"mark": "flagged"}, "mark: expected flagged, got flagged, wichtig"),
        (OFFER, {"note": False}, "note: expected nothing, got Neue Anfrage"),
        (OFFER, {"trash": True}, "trash: expected yes, got nothing"),
        (
            OFFER,
            {"draft": "thanks"},
            'draft: expected thanks, got offer-request (rule "offer-request" drafts already)',
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
            "trash: expected nothing, got yes",
        ),
    ],
)
def test_what_differs_is_said(mail: dict[str, Any], expect: dict[str, Any], message: str) -> None:
    """A failing test says each difference, and why an action was left out."""
    assert run({"mail": mail, "expect": expect}) == (ExampleResult(0, False, message),)


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
    assert first == ExampleResult(0, False, "a.eml can't be read: No such file or directory")
    assert second.passed


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

"""The circumstances of a test in a rules file: when its mail came, and what passed before."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from maild.core.business import Absence, Business
from maild.core.facts import Facts
from maild.core.history import History, Letter
from maild.core.hours import Calendar, Opening
from maild.core.message import Mail
from maild.core.rules.case import case_of
from maild.core.rules.examples import run_examples
from maild.core.rules.parse.rules import RuleContext, parse_rules

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=BERLIN)
NONE: frozenset[str] = frozenset()
CONTEXT = RuleContext(frozenset({"offer-request"}), NONE, NONE, NONE, NONE, people=frozenset({"Jane Doe"}))
BUSINESS = Business(
    calendar=Calendar(((Opening(480, 1020),),) * 7, region="DE-BY"),
    absences=(Absence("Jane Doe", date(2026, 12, 1), date(2026, 12, 12)),),
    trusted_servers=frozenset({"mx.provider.example"}),
)


def case(business: Business = BUSINESS, **keys: Any) -> tuple[Mail, Facts]:
    """The mail and the facts of one test."""
    data = {"tests": [{"mail": {"from": "anna@kunde.example"}, "expect": {"only": True}, **keys}]}
    rules, problems = parse_rules(data, CONTEXT, "rules.yaml")
    assert problems == ()
    (example,) = rules.examples
    assert isinstance(example.mail, Mail)
    return case_of(example, example.mail, NOW, business)


@pytest.mark.parametrize(
    ("keys", "received", "judged"),
    [
        ({}, "2026-11-22T09:00+01:00", "2026-11-22T09:00+01:00"),
        ({"now": "2026-12-01T08:30"}, "2026-12-01T08:30+01:00", "2026-12-01T08:30+01:00"),
        ({"received": "2026-07-01T08:30"}, "2026-07-01T08:30+02:00", "2026-07-01T08:30+02:00"),
        (
            {"received": "2026-07-01", "now": "2026-12-01T08:30:00Z"},
            "2026-07-01T00:00+02:00",
            "2026-12-01T09:30+01:00",
        ),
    ],
)
def test_each_time_stands_for_the_other(keys: dict[str, str], received: str, judged: str) -> None:
    """Who names one time means both, who names none means now; all are in the client's zone."""
    _, facts = case(**keys)
    assert (facts.received, facts.now) == (datetime.fromisoformat(received), datetime.fromisoformat(judged))
    assert facts.received.tzinfo is facts.now.tzinfo is BERLIN


def test_the_past_is_counted_from_the_reception() -> None:
    """Lengths become times, newest first; a letter by a template is one sent, and may have been an answer."""
    history = {
        "received": ["5d", "2d"],
        "sent": "1h",
        "templates": {"offer-request": ["3d", "1s"]},
        "thread": "ours",
    }
    _, facts = case(received="2026-03-29T12:00", now="2026-12-01T08:30", history=history)
    came = datetime(2026, 3, 29, 10, tzinfo=UTC)
    times = [came - timedelta(seconds=1), came - timedelta(hours=1), came - timedelta(days=3)]
    letters = (Letter("offer-request", times[0]), Letter("offer-request", times[2]))
    assert facts.history == History(
        received=(came - timedelta(days=2), came - timedelta(days=5)),
        sent=tuple(times),
        letters=letters,
        answered=letters,
        in_our_thread=True,
    )


def test_a_test_may_say_that_its_mail_is_old() -> None:
    """By default it is not."""
    assert [case(old=True)[1].old, case(old=False)[1].old, case()[1].old] == [True, False, False]


def test_the_business_is_the_clients_own() -> None:
    """Nothing of it is written into the test."""
    assert case()[1].business == BUSINESS


def passes(condition: dict[str, Any], test: dict[str, Any], business: Business = BUSINESS) -> bool:
    """Whether a rule of this condition holds for the mail of a test."""
    data = {
        "rules": [{"name": "r", "when": condition, "do": ["trash"]}],
        "tests": [{"mail": {"from": "Anna <anna@kunde.example>"}, "expect": {"trash": True}, **test}],
    }
    rules, problems = parse_rules(data, CONTEXT, "rules.yaml")
    assert problems == ()
    return run_examples(rules, rules.examples, lambda path: Mail(), NOW, business)[0].passed


@pytest.mark.parametrize(
    ("condition", "test", "expected"),
    [
        ({"hours": "open"}, {"received": "2026-12-01T16:59"}, True),
        ({"hours": "open"}, {"received": "2026-12-01T17:00"}, False),
        ({"hours": "open"}, {"received": "2026-12-01T16:30:00Z"}, False),
        ({"holiday": True}, {"received": "2026-01-06T12:00"}, True),
        ({"absence": "Jane Doe"}, {"received": "2026-12-12T23:00"}, True),
        ({"absence": True}, {}, False),
        ({"received": {"weekday": "sun"}}, {}, True),
        ({"age": {"older": "3d"}}, {"received": "2026-12-01", "now": "2026-12-05"}, True),
        ({"age": {"older": "3d"}}, {"received": "2026-12-01"}, False),
        (
            {"history": {"received": {"at_least": 2, "within": "7d"}}},
            {"history": {"received": ["2d", "7d"]}},
            True,
        ),
        ({"history": {"first_contact": True}}, {"history": {"sent": "1y"}}, False),
        (
            {"history": {"template_sent": "offer-request"}},
            {"history": {"templates": {"offer-request": "3d"}}},
            True,
        ),
        ({"history": {"thread": "ours"}}, {"history": {"thread": "ours"}}, True),
        ({"history": {"thread": "ours"}}, {}, False),
        ({"encrypted": True}, {"mail": {"encrypted": True}}, True),
        ({"encrypted": True}, {}, False),
        ({"signed": True}, {"mail": {"signed": True}}, False),
        ({"authenticated": False}, {}, True),
        ({"size": {"smaller": "1KB"}}, {"old": True}, False),  # old mail is never trashed
    ],
)
def test_circumstances_of_a_test_reach_the_rules(
    condition: dict[str, Any], test: dict[str, Any], expected: bool
) -> None:
    """What a test says, or leaves to the client's own files, decides."""
    assert passes(condition, test) is expected


@pytest.mark.parametrize("business", [BUSINESS, Business()], ids=["trusting", "bare"])
def test_an_authenticated_mail_bears_the_field_of_a_trusted_server(business: Business) -> None:
    """As if that server had found DMARC to pass for the sender's domain; a forged field below it changes nothing."""
    forged = {"Authentication-Results": "mx.provider.example; dmarc=fail"}
    mail = {"from": "anna@kunde.example", "authenticated": True, "headers": forged}
    assert passes({"authenticated": True}, {"mail": mail}, business)
    assert passes({"authenticated": {"dmarc": "pass"}}, {"mail": mail}, business)
    assert not passes({"authenticated": {"dkim": "pass"}}, {"mail": mail}, business)
    assert not passes({"authenticated": True}, {"mail": {**mail, "authenticated": False}}, business)
    assert not passes({"authenticated": True}, {"mail": {"authenticated": True}}, business)  # nobody wrote it
    assert passes({"authenticated": True}, {"mail": {**mail, "from": "anna@müller.example"}}, business)

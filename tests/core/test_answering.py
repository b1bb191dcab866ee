"""Automatic answers: who gets none and why (RFC 3834, RFC 5230), how often, and to which address they go."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core.action import Answer
from maild.core.answering import PER_CLIENT, PER_DOMAIN, answer_to, limit, obstacle
from maild.core.business import Business
from maild.core.facts import Facts
from maild.core.history import Answers, History, Letter
from maild.core.message import Address, Machine, Mail
from maild.core.parse import parse

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ANSWER = Answer("closed")
US = "info@northwind.example"
FACTS = Facts(NOW, NOW, business=Business(addresses=frozenset({US, "shop@northwind.example"})))
HEADER = {
    "Return-Path": "<anna@kunde.example>",
    "From": "Anna Müller <anna@kunde.example>",
    "To": f"Northwind <{US}>",
    "Subject": "Frage",
    "Message-ID": "<1@kunde.example>",
}


def mail(**fields: str | None) -> Mail:
    """A customer's mail with other header fields (_ for -); None takes one away."""
    header = HEADER | {name.replace("_", "-"): value for name, value in fields.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in header.items() if value is not None)
    return parse(lines.encode() + b"\r\nGuten Tag,\r\nwann haben Sie offen?\r\n")


def why_not(found: Mail, facts: Facts = FACTS) -> str:
    """What stands against an answer."""
    return obstacle(ANSWER, found, facts)


def test_a_persons_mail_to_us_is_answered() -> None:
    """Nothing stands against it."""
    assert why_not(mail()) == ""


@pytest.mark.parametrize(
    "fields",
    [
        {"Auto_Submitted": "no"},
        {"Auto_Submitted": "No (a person wrote this)"},
        {"X_Auto_Response_Suppress": "DR, RN, NRN"},
        {"X_Spam_Flag": "NO"},
        {"X_Spam_Status": "No, score=-1.2"},
        {"Return_Path": None},
        {"Return_Path": "<prvs=0123456789=anna@kunde.example>"},
        {"Return_Path": "<SRS0=x1Yz=AB=kunde.example=anna@webhost.example>"},
        {"Reply_To": "Anna <anna.privat@kunde.example>"},
        {"Reply_To": f"anna@kunde.example, {US}"},
        {"To": "chef@kunde.example", "Cc": "SHOP@Northwind.example"},
        {"To": "anna@kunde.example", "Resent_To": US},
        {"To": "undisclosed-recipients:;", "Resent_Cc": f"x@y.example, Wir <{US}>"},
        {"From": "bounceberg@kunde.example", "Return_Path": None},
        {"From": "nora.plyer@kunde.example", "Return_Path": None},
        {"From": "rooter@kunde.example", "Return_Path": None},
        {"From": "x-request-fan@kunde.example", "Return_Path": None},
    ],
)
def test_marks_that_look_alike_forbid_nothing(fields: dict[str, str | None]) -> None:
    """A person's mail is a person's mail, whatever servers and programs wrote into it."""
    assert why_not(mail(**fields)) == ""


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"From": None}, "the mail names no sender"),
        ({"From": "nobody at all"}, "the mail names no sender"),
        ({"From": "a@kunde.example, b@kunde.example"}, "the mail names several senders"),
        (
            {"From": "änne@kunde.example", "Return_Path": None},
            "the sender's address has letters beyond ASCII (RFC 6531)",
        ),
        ({"Return_Path": "<>"}, "the mail has a null sender (Return-Path: <>)"),
        ({"Return_Path": "< >"}, "the mail has a null sender (Return-Path: <>)"),
        ({"Return_Path": ""}, "the mail has a null sender (Return-Path: <>)"),
        ({"Return_Path": "<MAILER-DAEMON>"}, "the mail's Return-Path can't be read"),
        ({"Return_Path": "<a@x.example> <b@x.example>, c@x.example"}, "the mail's Return-Path can't be read"),
        ({"From": f"Northwind <{US}>"}, "the mail comes from the client itself"),
        ({"Return_Path": "<Shop@northwind.example>"}, "the mail comes from the client itself"),
        ({"Sender": US}, "the mail comes from the client itself"),
        ({"Auto_Submitted": "auto-replied"}, "a machine wrote the mail: auto_reply (Auto-Submitted: auto-replied)"),
        (
            {"Auto_Submitted": "auto-generated"},
            "a machine wrote the mail: notification (Auto-Submitted: auto-generated)",
        ),
        (
            {"Subject": "Abwesenheitsnotiz: Frage"},
            "a machine wrote the mail: auto_reply (Subject of an automatic reply)",
        ),
        ({"List_Unsubscribe": "<mailto:x@y.example>"}, "a machine wrote the mail: newsletter (List-Unsubscribe)"),
        ({"List_Id": "<liste.verein.example>"}, "a machine wrote the mail: list (List-Id)"),
        ({"Precedence": "bulk"}, "a machine wrote the mail: notification (Precedence: bulk)"),
        ({"From": "x <mailer-daemon@kunde.example>"}, "a machine wrote the mail: bounce (From: a mailer daemon)"),
        ({"Auto_Submitted": "something-new"}, "the mail says that no person wrote it (Auto-Submitted)"),
        ({"List_Help": "<mailto:x@y.example>"}, "the mail came by way of a list (List-*)"),
        ({"List_Whatever": "x"}, "the mail came by way of a list (List-*)"),
        ({"Precedence": "first-class"}, "the mail is bulk mail, or from a list (Precedence)"),
        ({"X_Auto_Response_Suppress": "All"}, "the sender wants no automatic answer (X-Auto-Response-Suppress)"),
        ({"X_Auto_Response_Suppress": "DR, OOF"}, "the sender wants no automatic answer (X-Auto-Response-Suppress)"),
        ({"X_Auto_Response_Suppress": "autoreply"}, "the sender wants no automatic answer (X-Auto-Response-Suppress)"),
        ({"X_Spam_Flag": "YES"}, "the mail is marked as spam"),
        ({"X_Spam_Status": "Yes, score=9.1"}, "the mail is marked as spam"),
        ({"Reply_To": "noreply@kunde.example"}, "answers to the mail are not wanted, or go to a list (Reply-To)"),
        ({"Reply_To": "owner-verein@listen.example"}, "answers to the mail are not wanted, or go to a list (Reply-To)"),
        (
            {"To": f"verein@listen.example, {US}", "Reply_To": "verein@listen.example"},
            "answers to the mail go to others, perhaps to a list (Reply-To)",
        ),
        ({"To": "verein@listen.example"}, "none of the client's addresses stands in To or Cc"),
        ({"To": None}, "none of the client's addresses stands in To or Cc"),
        ({"To": "info@contoso.example"}, "none of the client's addresses stands in To or Cc"),
        ({"To": '"info@northwind.example" <x@y.example>'}, "none of the client's addresses stands in To or Cc"),
    ],
)  # fmt: skip
def test_who_gets_no_answer(fields: dict[str, str | None], reason: str) -> None:
    """Each mark of a list, a robot, a server or a stranger's mail, with the sentence that logs and `explain` show."""
    assert why_not(mail(**fields)) == reason


@pytest.mark.parametrize("machine", Machine)
def test_no_class_of_machine_mail_is_answered(machine: Machine) -> None:
    """Receipts and meeting requests neither."""
    reason = why_not(replace(mail(), machine=machine, machine_reason="x"))
    assert reason == f"a machine wrote the mail: {machine} (x)"


@pytest.mark.parametrize(
    "local",
    [
        "postmaster", "MAILER-DAEMON", "mailerdaemon", "root", "nobody", "www-data", "listserv", "Majordomo", "mailman",
        "owner-verein", "verein-owner", "verein-request", "verein-bounces", "verein-bounces+anna=kunde.example",
        "bounce", "bounces", "bounce-17-anna", "bounces+4711-3d2f", "msprvs1=19000=bounces-24", "bounce17",
        "return.bounce", "noreply", "no-reply", "no_reply", "no.reply", "NoReply", "donotreply",
        "do-not-reply", "do_not_reply",
        "shop-noreply", "noreply-shop", "noreply+17", "nicht-antworten", "keine-antwort", "bitte-nicht-antworten",
        "never-reply", "noresponse",
    ],
)  # fmt: skip
@pytest.mark.parametrize("field", ["From", "Return_Path", "Sender"])
def test_names_that_robots_go_by(local: str, field: str) -> None:
    """In whichever field such a name stands (RFC 5230, section 4.6); bounces are told by their class before."""
    reason = why_not(mail(**{field: f"<{local}@shop.example>"}))
    assert "robots and lists" in reason or "a machine wrote the mail" in reason


def test_mail_of_the_office_is_not_answered() -> None:
    """The caller knows the office's own address."""
    assert why_not(mail(), replace(FACTS, own=True)) == "the mail comes from the office itself"


@pytest.mark.parametrize("flag", ["$Junk", "Junk", "junk"])
def test_what_the_server_has_flagged_as_junk_is_not_answered(flag: str) -> None:
    """Filters of the provider say so by a keyword."""
    assert why_not(mail(), replace(FACTS, flags=frozenset({flag}))) == "the mail is marked as spam"


def test_no_reason_tells_anything_of_the_mail() -> None:
    """Reasons go to the log: no address, no subject."""
    secrets = {
        "Subject": "GEHEIM",
        "From": "noreply-GEHEIM@kunde.example",
        "List_GEHEIM": "x",
        "Precedence": "GEHEIM",
    }
    for name, value in secrets.items():
        reason = why_not(mail(**{name: value}, Message_ID="<GEHEIM@x.example>"))
        assert "geheim" not in reason.lower()


@pytest.mark.parametrize(("hours", "answered"), [(24, True), (24.01, False), (100, False), (-1, True)])
def test_an_answer_that_would_come_late_stays_away(hours: float, answered: bool) -> None:
    """What came while the daemon was down for days, or a rule paused, is for a person."""
    reason = "the mail came more than 24 hours ago, too long for an automatic answer"
    facts = replace(FACTS, received=NOW - timedelta(hours=hours))
    assert why_not(mail(), facts) == ("" if answered else reason)


# How often


def history(*ago: timedelta, template: str = "closed", **counts: int) -> Facts:
    """Facts of a sender who has had answers that long ago."""
    answered = tuple(Letter(template, NOW - each) for each in ago)
    return replace(FACTS, history=History(answered=answered, answers=Answers(**counts)))


@pytest.mark.parametrize(
    ("within", "ago", "answered"),
    [
        (7, timedelta(seconds=1), False),
        (7, timedelta(days=7) - timedelta(seconds=1), False),
        (7, timedelta(days=7), True),
        (1, timedelta(hours=23), False),
        (1, timedelta(hours=24), True),
        (30, timedelta(days=29), False),
    ],
)
def test_not_twice_within_the_time(within: int, ago: timedelta, answered: bool) -> None:
    """Counted back from now, whenever the mail came."""
    facts = replace(history(ago), received=NOW - timedelta(hours=20))
    reason = obstacle(Answer("closed", timedelta(days=within)), mail(), facts)
    length = f"{within} days" if within > 1 else "24 hours"
    assert reason == ("" if answered else f"this sender has had this answer within the last {length}")


def test_another_template_is_another_answer() -> None:
    """«We are closed» does not stand in the way of «we have moved»."""
    assert why_not(mail(), history(timedelta(hours=1), template="moved")) == ""


@pytest.mark.parametrize(
    ("counts", "reason"),
    [
        ({"in_thread": 1}, "the thread has had an automatic answer already"),
        ({"to_domain": PER_DOMAIN}, "20 automatic answers have gone to the sender's domain within 24 hours"),
        ({"by_client": PER_CLIENT}, "100 automatic answers have gone out for this client within 24 hours"),
        ({"to_domain": PER_DOMAIN - 1, "by_client": PER_CLIENT - 1}, ""),
    ],
)
def test_caps_end_what_nothing_else_has_ended(counts: dict[str, int], reason: str) -> None:
    """A robot with a new address for each mail gets few answers, and no storm fills the account."""
    assert limit(ANSWER, history(**counts).history, NOW) == reason
    assert why_not(mail(), history(**counts)) == reason


# To whom


@pytest.mark.parametrize(
    ("fields", "to"),
    [
        ({}, Address("anna@kunde.example", "Anna Müller")),
        ({"Return_Path": None}, Address("anna@kunde.example", "Anna Müller")),
        ({"Return_Path": "<Anna@kunde.example>"}, Address("anna@kunde.example", "Anna Müller")),
        ({"Return_Path": "<buero@kunde.example>"}, Address("buero@kunde.example")),
        ({"Reply_To": "chef@kunde.example"}, Address("anna@kunde.example", "Anna Müller")),
        (
            {"Reply_To": "chef@kunde.example", "Return_Path": None},
            Address("anna@kunde.example", "Anna Müller"),
        ),
        ({"Return_Path": "<>"}, None),
        ({"Return_Path": None, "From": None}, None),
    ],
)
def test_the_answer_goes_back_where_the_mail_came_from(
    fields: dict[str, str | None], to: Address | None
) -> None:
    """To Return-Path, else From; never to Reply-To (RFC 3834, section 4), and under a stranger's name to nobody."""
    assert answer_to(mail(**fields)) == to


HEADERS = st.lists(
    st.tuples(
        st.sampled_from(["Return-Path", "Precedence", "Auto-Submitted", "Resent-To", "X-Spam-Flag", "Sender"]),
        st.text(max_size=20),
    ),
    max_size=4,
)  # fmt: skip


@given(HEADERS, st.lists(st.builds(Address, st.text(max_size=12), st.text(max_size=5)), max_size=2))
def test_whatever_a_mail_holds_an_answer_needs_a_sender_and_us(
    headers: list[tuple[str, str]], senders: list[Address]
) -> None:
    """It never raises; and nobody is answered who did not write to us."""
    stranger = Mail(headers=tuple(headers), from_=tuple(senders))
    assert why_not(stranger) != "" or "Resent-To" in dict(headers)
    written_to_us = replace(stranger, to=(Address(US),))
    if why_not(written_to_us) == "":
        assert len(senders) == 1
        assert answer_to(written_to_us) is not None

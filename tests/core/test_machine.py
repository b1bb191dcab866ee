"""Which machine wrote a mail, and what told it."""

import pytest

from maild.core.machine import classify
from maild.core.message import Machine, Mail
from maild.core.parse import parse_headers

PERSON = "From: Anna <anna@kunde.example>\nSubject: Angebot\n"


def classified(*lines: str, types: tuple[str, ...] = ()) -> tuple[Machine | None, str]:
    """The class of a mail with these header lines."""
    return classify(parse_headers("\n".join([*lines, "", ""]).encode(), size=1), types)


@pytest.mark.parametrize(
    ("lines", "machine"),
    [
        (["Content-Type: multipart/report; report-type=delivery-status; boundary=x"], Machine.BOUNCE),
        (['Content-Type: Multipart/Report;\n Report-Type="Delivery-Status"; boundary=x'], Machine.BOUNCE),
        (["X-Failed-Recipients: weg@kunde.example"], Machine.BOUNCE),
        (["Return-Path: <>"], Machine.BOUNCE),
        (["Content-Type: multipart/report; report-type=disposition-notification"], Machine.RECEIPT),
        (["Content-Type: text/calendar; charset=utf-8; method=REQUEST"], Machine.MEETING),
        (["Auto-Submitted: auto-replied"], Machine.AUTO_REPLY),
        (['Auto-Submitted: Auto-Replied; owner-email="anna@kunde.example"'], Machine.AUTO_REPLY),
        (["X-Autoreply: yes"], Machine.AUTO_REPLY),
        (["Precedence: auto_reply"], Machine.AUTO_REPLY),
        (["List-Unsubscribe: <https://versand.example/ab>", "Precedence: bulk"], Machine.NEWSLETTER),
        (
            ["List-Unsubscribe: <https://versand.example/ab>", "List-Id: <a.versand.example>"],
            Machine.NEWSLETTER,
        ),
        (["List-Unsubscribe: <mailto:ab@versand.example>", "List-Post: NO"], Machine.NEWSLETTER),
        (
            ["List-Id: <a.b.example>", "List-Post: <mailto:a@b.example>", "List-Unsubscribe: <x>"],
            Machine.LIST,
        ),
        (["List-Id: Verein <verein.listen.example>"], Machine.LIST),
        (["Precedence: list"], Machine.LIST),
        (["Auto-Submitted: auto-generated"], Machine.NOTIFICATION),
        (["Auto-Submitted: auto-generated (Monatsbericht)"], Machine.NOTIFICATION),
        (["Precedence: bulk"], Machine.NOTIFICATION),
        (["Auto-Submitted: no"], None),
        (["X-Auto-Response-Suppress: All"], None),
        (["X-Autoreply: no"], None),
        (["Return-Path: <anna@kunde.example>"], None),
        (["Content-Type: text/calendar"], None),
        (["Content-Type: multipart/mixed; boundary=x"], None),
        (["Precedence: normal"], None),
        ([], None),
    ],
)
def test_header_marks(lines: list[str], machine: Machine | None) -> None:
    """Each mark of the standards, and what came before them, gives its class; a person's mail has none."""
    assert classified(*PERSON.splitlines(), *lines)[0] is machine


@pytest.mark.parametrize(
    ("subject", "machine"),
    [
        ("Abwesenheitsnotiz: Angebot", Machine.AUTO_REPLY),
        ("Automatische Antwort: Angebot", Machine.AUTO_REPLY),
        ("Automatic reply: Angebot", Machine.AUTO_REPLY),
        ("Out of Office: Angebot", Machine.AUTO_REPLY),
        ("Gelesen: Angebot", Machine.RECEIPT),
        ("Lesebestätigung: Angebot", Machine.RECEIPT),
        ("AW: Abwesenheitsnotiz: Angebot", None),
        ("Frage zur automatischen Antwort", None),
        ("Lesen Sie bitte: Angebot", None),
        ("Unzustellbar: das Paket vom Montag", None),
    ],
)
def test_subjects_of_programs(subject: str, machine: Machine | None) -> None:
    """German and English programs are known by how their subjects begin; a person who answers them is not."""
    assert classified("From: anna@kunde.example", f"Subject: {subject}")[0] is machine


@pytest.mark.parametrize(
    ("sender", "subject", "machine"),
    [
        ("MAILER-DAEMON@mx.kunde.example", "irgendwas", Machine.BOUNCE),
        ("MAILER-DAEMON", "irgendwas", Machine.BOUNCE),
        ("Mail Delivery System <noreply@mx.kunde.example>", "irgendwas", Machine.BOUNCE),
        ("postmaster@kunde.example", "Unzustellbar: Angebot", Machine.BOUNCE),
        ("postmaster@kunde.example", "Undeliverable: Angebot", Machine.BOUNCE),
        ("postmaster@kunde.example", "Ihr Postfach", None),
        ("noreply@kunde.example", "Ihre Bestellung", None),
    ],
)
def test_senders(sender: str, subject: str, machine: Machine | None) -> None:
    """A daemon is known by its name; a postmaster or a no-reply address needs a second mark."""
    assert classified(f"From: {sender}", f"Subject: {subject}")[0] is machine


def test_no_reply_with_a_mark() -> None:
    """A no-reply address that also asks for no answers is a notification."""
    found = classified("From: no-reply@shop.example", "Subject: Bestellung", "X-Auto-Response-Suppress: All")
    assert found[0] is Machine.NOTIFICATION


def test_unreadable_item_of_exchange() -> None:
    """The placeholder Exchange serves for an item it can't convert is never taken for a person's mail."""
    subject = "Subject: Retrieval using the IMAP4 protocol failed for the following message: 17"
    assert classified("From: anna@kunde.example", subject)[0] is Machine.NOTIFICATION


@pytest.mark.parametrize(
    ("lines", "machine"),
    [
        (
            ["From: MAILER-DAEMON@mx.example", "Auto-Submitted: auto-replied", "Return-Path: <>"],
            Machine.BOUNCE,
        ),
        (["From: MAILER-DAEMON@mx.example", "List-Post: <mailto:a@b.example>"], Machine.BOUNCE),
        (
            ["Return-Path: <>", "Content-Type: multipart/report; report-type=disposition-notification"],
            Machine.RECEIPT,
        ),
        (["Return-Path: <>", "Auto-Submitted: auto-replied"], Machine.AUTO_REPLY),
        (["Return-Path: <>", "Auto-Submitted: auto-generated"], Machine.NOTIFICATION),
        (["Auto-Submitted: auto-replied", "Content-Type: text/calendar; method=REPLY"], Machine.MEETING),
        (["List-Unsubscribe: <x>", "Auto-Submitted: auto-generated"], Machine.NEWSLETTER),
        (["List-Unsubscribe: <x>", "Auto-Submitted: auto-replied"], Machine.AUTO_REPLY),
    ],
)
def test_order(lines: list[str], machine: Machine) -> None:
    """Of several marks the one documented first decides."""
    assert classified(*lines)[0] is machine


def test_types_of_parts() -> None:
    """A calendar or a delivery report inside a mail counts as in the header."""
    calendar = ("multipart/mixed", "text/plain", "text/calendar; method=REQUEST")
    report = ("multipart/mixed", "message/delivery-status")
    assert classified(*PERSON.splitlines(), types=calendar)[0] is Machine.MEETING
    assert classified(*PERSON.splitlines(), types=report)[0] is Machine.BOUNCE


def test_reason_names_the_mark() -> None:
    """The reason is the header that decided."""
    assert classified("Auto-Submitted: auto-replied") == (Machine.AUTO_REPLY, "Auto-Submitted: auto-replied")
    assert classified("X-Failed-Recipients: weg@kunde.example") == (Machine.BOUNCE, "X-Failed-Recipients")


def test_reason_holds_nothing_personal() -> None:
    """Neither an address nor the words of a subject stand in a reason."""
    for line in (
        "X-Failed-Recipients: weg@kunde.example",
        "List-Post: <mailto:weg@kunde.example>",
        "X-Autoreply: weg@kunde.example",
    ):
        assert "weg" not in classified("From: MAILER <weg@kunde.example>", line)[1]
    assert "geheim" not in classified("From: a@b.example", "Subject: Abwesenheitsnotiz: geheim")[1]
    assert "geheim" not in classified("Auto-Submitted: auto-geheim@kunde.example")[1]


def test_empty_mail_is_no_machines() -> None:
    """Nothing is known of a mail without headers."""
    assert classify(Mail()) == (None, "")

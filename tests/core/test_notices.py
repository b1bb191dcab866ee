"""Messages that maild itself writes: readable German for the secretary, whole originals for the client."""

import email
from dataclasses import replace
from datetime import datetime
from email import policy
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core import notices
from maild.core.message import Address
from maild.core.notices import Sheet
from maild.core.parse import parse

NOW = datetime(2026, 11, 22, 10, 30, tzinfo=ZoneInfo("Europe/Berlin"))
SHEET = Sheet(
    sender=Address("info@northwind.example", "maild"),
    to=[Address("info@northwind.example", "Northwind Tools")],
    subject="AW: Rückfrage zur Größe",
    message_id="<maild.1@northwind.example>",
    now=NOW,
)
ORIGINAL = b"From: Anna <anna@kunde.example>\r\nSubject: Frage\r\n\r\nGr\xc3\xb6\xc3\x9fe?\r\n"


def test_a_clarification_says_what_to_do() -> None:
    """Each reason, both folders by name, the subject without its prefix."""
    raw = notices.clarification(
        SHEET, ["Es fehlt der Termin.", "Kein Empfänger."], ("Entwürfe", "Freigegeben")
    )
    mail = parse(raw)
    assert mail.subject == "Nicht gesendet: Rückfrage zur Größe"
    assert "• Es fehlt der Termin.\n\n• Kein Empfänger.\n" in mail.text
    assert "in den Ordner «Entwürfe»" in mail.text
    assert "wieder nach «Freigegeben»" in mail.text
    assert (mail.message_id, mail.date) == (SHEET.message_id, NOW)
    assert raw.isascii()


def test_a_report_names_each_recipient() -> None:
    """What happened to whom, and what «unklar» means."""
    rows = [("anna@kunde.example", "angekommen"), ("bert@kunde.example", "unklar, ob angekommen")]
    folders = ("Entwürfe", "Freigegeben")
    mail = parse(notices.delivery_report(SHEET, rows, folders, doubtful=True, refused=False))
    assert mail.subject == "Nicht zugestellt: Rückfrage zur Größe"
    assert "• anna@kunde.example: angekommen\n• bert@kunde.example: unklar, ob angekommen\n" in mail.text
    assert "nicht von selbst" in mail.text
    assert "Ist eine Adresse falsch" not in mail.text


def test_a_report_of_a_refusal_says_what_to_do() -> None:
    """Where a server refused, the way to mend it is told; nothing is said of doubt where there is none."""
    rows = [("anna@kunde.example", "abgelehnt (550 5.1.1 unbekannt)")]
    mail = parse(
        notices.delivery_report(SHEET, rows, ("Entwürfe", "Freigegeben"), doubtful=False, refused=True)
    )
    assert "in den Ordner «Entwürfe»" in mail.text
    assert "wieder nach «Freigegeben»" in mail.text
    assert "unklar" not in mail.text


def test_a_stray_is_explained() -> None:
    """Why a message was taken out of the approval folder."""
    mail = parse(notices.stray(SHEET, "Dieser Entwurf ist bereits gesendet worden."))
    assert "• Dieser Entwurf ist bereits gesendet worden." in mail.text
    assert mail.subject == "Nicht gesendet: Rückfrage zur Größe"


def test_notices_that_stay_in_the_mailbox_are_not_marked_automatic() -> None:
    """They are laid into a folder, not sent."""
    assert parse(notices.stray(SHEET, "x")).header("Auto-Submitted") == ()


def test_a_note_is_automatic_and_answered_to_the_office() -> None:
    """RFC 3834, section 5: no robot answers it; a person's answer goes to the office."""
    sheet = replace(SHEET, reply_to=Address("buero@lindner.example", "Büroservice Lindner"))
    mail = parse(notices.note(sheet, "Anna Müller bittet um Rückruf.\n"))
    assert mail.header("Auto-Submitted") == ("auto-generated",)
    assert mail.reply_to == (Address("buero@lindner.example", "Büroservice Lindner"),)
    assert mail.subject == SHEET.subject
    assert mail.text.strip() == "Anna Müller bittet um Rückruf."


@pytest.mark.parametrize(
    "subject", ["a\r\nBcc: x@fremd.example", "a\nb", "a\x00b", "", "Ä" * 900, "\u2028Bcc: x@y.example"]
)
def test_a_hostile_subject_adds_no_header(subject: str) -> None:
    """The subject of a strange mail stays on its line, in each kind of message."""
    sheet = replace(SHEET, subject=subject)
    for raw in (notices.note(sheet, "x"), notices.stray(sheet, "x"), notices.forward(sheet, "x", ORIGINAL)):
        mail = parse(raw)
        assert mail.header("Bcc") == ()
        assert len(mail.to) == 1
        assert max(len(line) for line in raw.split(b"\r\n")) <= 998


# Forwards


def forwarded(original: bytes) -> tuple[email.message.EmailMessage, bytes]:
    """A forward read by the standard library, and its bytes."""
    raw = notices.forward(SHEET, "Diese Nachricht ging ein.", original)
    message = email.message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, email.message.EmailMessage)
    return message, raw


def test_a_forward_holds_the_original_byte_for_byte() -> None:
    """Text first, then message/rfc822 with the original bytes (RFC 2046, section 5.2.1)."""
    message, raw = forwarded(ORIGINAL)
    text, attached = message.iter_parts()
    assert text.get_content().strip() == "Diese Nachricht ging ein."
    assert attached.get_content_type() == "message/rfc822"
    assert attached.get_content()["Subject"] == "Frage"
    assert b"\r\n\r\n" + ORIGINAL + b"\r\n--" in raw
    assert message["Auto-Submitted"] == "auto-generated"
    assert parse(raw).attachments[0].type == "message/rfc822"
    assert raw.count(b"MIME-Version") == 1


@pytest.mark.parametrize(("original", "encoding"), [(ORIGINAL, "8bit"), (b"Subject: a\r\n\r\nb\r\n", "7bit")])
def test_the_frame_declares_what_it_holds(original: bytes, encoding: str) -> None:
    """RFC 2045, section 6.4: a multipart declares no less than its parts do."""
    message, _ = forwarded(original)
    assert message["Content-Transfer-Encoding"] == encoding
    assert list(message.iter_parts())[1]["Content-Transfer-Encoding"] == encoding


def test_a_forward_has_no_bare_line_ends() -> None:
    """Whatever the original's line ends were, SMTP gets CRLF."""
    _, raw = forwarded(b"Subject: a\n\nb\rc\r\nd")
    assert b"Subject: a\r\n\r\nb\r\nc\r\nd\r\n--" in raw
    assert not set(raw.replace(b"\r\n", b"")) & set(b"\r\n")


def test_the_boundary_is_not_in_the_original() -> None:
    """A mail that holds our boundary does not cut the forward in two."""
    first, _ = forwarded(ORIGINAL)
    boundary = first.get_boundary() or ""
    trap = b"Subject: a\r\n\r\n--" + boundary.encode() + b"--\r\nrest\r\n"
    message, _ = forwarded(trap)
    assert message.get_boundary() != boundary
    assert len(list(message.iter_parts())) == 2
    assert message.defects == []


@given(st.binary(max_size=300))
def test_any_original_can_be_forwarded(original: bytes) -> None:
    """Two parts come out whatever goes in, and the original's bytes but for line ends."""
    raw = notices.forward(SHEET, "x", original)
    normal = original.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    boundary = b"\r\n--maild1northwindexample_0"
    assert raw.count(boundary) == 3
    assert raw.split(boundary)[2].partition(b"\r\n\r\n")[2] == normal


def test_a_forward_of_a_forward_reads() -> None:
    """Forwarded twice, the inner mail is still whole."""
    _, once = forwarded(ORIGINAL)
    message, raw = forwarded(once)
    assert ORIGINAL in raw
    assert len(list(message.iter_parts())) == 2

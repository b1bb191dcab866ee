"""The bytes of a letter: read back by the standard library as they were meant, whatever stands in them."""

import email
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from maild.core.letter_mime import Body, File, date_field, letter_bytes, own_field, people_field, text_field
from maild.core.message import Address
from maild.errors import LetterError

ANNA = Address("anna@kunde.example", "Müller, Anna")


def read(raw: bytes) -> EmailMessage:
    """As a mail program reads it."""
    message = email.message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def letter(body: Body, subject: str = "Angebot") -> bytes:
    """A letter with this body."""
    fields = [people_field("From", (ANNA,)), people_field("To", (ANNA,)), text_field("Subject", subject)]
    return letter_bytes(fields, body)


def text_of(part: EmailMessage) -> str:
    """The text of a part."""
    return str(part.get_content()).replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("html", "files", "kinds"),
    [
        ("", (), ["text/plain"]),
        ("<p>ä</p>", (), ["multipart/alternative", "text/plain", "text/html"]),
        (
            "",
            (File("a.pdf", "application/pdf", b"%PDF"),),
            ["multipart/mixed", "text/plain", "application/pdf"],
        ),
        (
            "<p>ä</p>",
            (File("a.pdf", "application/pdf", b"%PDF"), File("Größe.bin", "x", b"\0")),
            [
                "multipart/mixed",
                "multipart/alternative",
                "text/plain",
                "text/html",
                "application/pdf",
                "x/octet-stream",
            ],
        ),
    ],
)
def test_parts_stand_in_their_order(html: str, files: tuple[File, ...], kinds: list[str]) -> None:
    """RFC 2046, sections 5.1.3 and 5.1.4; every file with its name and bytes."""
    message = read(letter(Body("Grüße\n", html, files)))
    assert [part.get_content_type() for part in message.walk()] == kinds
    attached = [(part.get_filename(), part.get_payload(decode=True)) for part in message.iter_attachments()]
    assert attached == [(file.name, file.data) for file in files]
    plain = message.get_body(("plain",))
    assert isinstance(plain, EmailMessage)
    assert (text_of(plain), plain.get_param("format")) == ("Grüße\n", "flowed")


@example("00000" + "\N{NO-BREAK SPACE}" * 6 + "\u0800\U00010000\U00010000")
@example("x" * 75)
@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=300))
def test_any_text_comes_back(text: str) -> None:
    """Blanks at line ends, «From », lone dots and boundaries too; lines of at most 76, all ASCII."""
    whole = f"{text} \nFrom hier\n.\n--=_alternative\n--=_mixed--\n"
    raw = letter(Body(whole, "<p>x</p>", (File("a", "text/x", b"--=_mixed--"),)))
    assert raw.isascii()
    assert all(len(line) <= 76 for line in raw.partition(b"\r\n\r\n")[2].split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    plain = read(raw).get_body(("plain",))
    assert isinstance(plain, EmailMessage)
    assert plain.get_payload(decode=True) == whole.replace("\n", "\r\n").encode()


@pytest.mark.parametrize(
    "subject", ["Angebot", "=?utf-8?q?Angebot?=", "Größe 12", "x" * 900, "ä" * 250, "a, b; <c>"]
)
def test_a_subject_comes_back(subject: str) -> None:
    """Also one that looks encoded already: a reader must not decode it."""
    raw = letter(Body("x\n"), subject)
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    if "=?" not in subject:
        assert read(raw)["Subject"] == subject


def test_own_fields_are_ascii_on_one_line() -> None:
    """A line break would be another header."""
    with pytest.raises(LetterError):
        own_field("Message-ID", "<a@b.example>\r\nBcc: x@kunde.example")
    with pytest.raises(LetterError):
        own_field("Message-ID", "<ä@b.example>")


def test_the_date_is_that_of_rfc_5322() -> None:
    """With its zone."""
    assert date_field(datetime(2026, 11, 22, 9, 5, tzinfo=UTC)) == b"Date: Sun, 22 Nov 2026 09:05:00 +0000"

"""What a mail is recognised by: the header fields that a copy keeps, and nothing else."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core.fingerprint import fingerprint

HEADER = (
    b"Received: from a by b\r\nMessage-ID: <1@kunde.example>\r\nDate: Fri, 20 Nov 2026 09:14:00 +0100\r\n"
    b"From: Anna <anna@kunde.example>\r\nTo: info@northwind.example\r\nSubject: Eine lange\r\n Anfrage\r\n\r\n"
)


def test_form_is_kept_for_years() -> None:
    """The value of a known mail never changes: it is stored."""
    value = fingerprint("northwind", HEADER, 100)
    assert value == "986cd2b43a336b3657fd3414e045c896d41aa718e16d69ef4b0384fb457d1e55"
    assert re.fullmatch("[0-9a-f]{64}", value)


@pytest.mark.parametrize(
    "other",
    [
        HEADER + b"Ein Text",
        HEADER.replace(b"Received: from a by b\r\n", b""),
        HEADER.replace(b"\r\n", b"\n"),
        HEADER.replace(b"lange\r\n Anfrage", b"lange Anfrage"),
        HEADER.replace(b"Message-ID", b"Message-Id"),
        HEADER.replace(b"\r\n\r\n", b"\r\nSubject: ein zweiter\r\n\r\n"),
        HEADER.replace(b"\r\n\r\n", b"\r\nX-Spam: yes\r\n\r\n"),
    ],
)
def test_same_mail(other: bytes) -> None:
    """Body, line ends, folding, other fields and a second Subject make no other mail."""
    assert fingerprint("northwind", other, 100) == fingerprint("northwind", HEADER, 100)


@pytest.mark.parametrize(
    "other",
    [
        HEADER.replace(b"<1@", b"<2@"),
        HEADER.replace(b"09:14", b"09:15"),
        HEADER.replace(b"Anna <", b"Anne <"),
        HEADER.replace(b"info@", b"post@"),
        HEADER.replace(b"Anfrage", b"Absage"),
        HEADER.replace(b"Subject: Eine lange\r\n Anfrage\r\n", b""),
        HEADER.replace(b"Subject: Eine lange\r\n Anfrage\r\n", b"Subject:\r\n"),
    ],
)
def test_other_mail(other: bytes) -> None:
    """Each of the five fields tells two mails apart; so does whether it is there."""
    assert fingerprint("northwind", other, 100) != fingerprint("northwind", HEADER, 100)


def test_missing_field_is_not_an_empty_one() -> None:
    """A mail without Subject is not the same as one with an empty Subject."""
    assert fingerprint("a", b"Subject:\r\n", 1) != fingerprint("a", b"", 1)


def test_account_counts() -> None:
    """The same mail in two accounts has two fingerprints."""
    assert fingerprint("northwind", HEADER, 100) != fingerprint("fabrikam", HEADER, 100)


def test_size_counts_only_without_message_id() -> None:
    """Servers disagree on sizes, so the size decides only where there is no Message-ID."""
    bare = HEADER.replace(b"Message-ID: <1@kunde.example>\r\n", b"")
    empty = HEADER.replace(b"<1@kunde.example>", b"")
    assert fingerprint("a", HEADER, 1) == fingerprint("a", HEADER, 2)
    assert fingerprint("a", bare, 1) != fingerprint("a", bare, 2)
    assert fingerprint("a", empty, 1) != fingerprint("a", empty, 2)


def test_boundaries_are_unambiguous() -> None:
    """What stands at the end of one field can't be moved to the start of the next."""
    assert fingerprint("a", b"From: xy\r\nTo: z\r\n", 1) != fingerprint("a", b"From: x\r\nTo: yz\r\n", 1)
    assert fingerprint("ab", b"", 1) != fingerprint("a", b"Message-ID: b\r\n", 1)


@given(st.text(max_size=20), st.binary(max_size=300), st.integers(0, 2**40))
def test_any_bytes(account: str, header: bytes, size: int) -> None:
    """Whatever the bytes, there is a fingerprint, and it is always the same."""
    assert fingerprint(account, header, size) == fingerprint(account, header, size)

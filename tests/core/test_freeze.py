"""Freezing: drafts as real mail programs saved them go out whole, without what only programs and maild need."""

import email
import re
from datetime import UTC, datetime
from email import policy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core.freeze import Frozen, freeze, sent_copy
from maild.core.parse import parse

PROGRAMS = Path(__file__).parent / "mails" / "programs"
DRAFTS = sorted(PROGRAMS.glob("*.eml"))
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
MESSAGE_ID = "<neu-1@mueller-beispiel.example>"
CUSTOMER = "juergen.gross@kunde.example"
ARCHIVE = "ablage@mueller-beispiel.example"
ACCOUNTS = "buchhaltung@kunde.example"


def frozen(name: str) -> Frozen:
    """A recorded draft, frozen."""
    return freeze((PROGRAMS / f"{name}.eml").read_bytes(), MESSAGE_ID, NOW)


def of(*lines: str, body: bytes = b"Text\r\n") -> Frozen:
    """A draft with these header lines, frozen."""
    return freeze("\r\n".join(lines).encode() + b"\r\n\r\n" + body, MESSAGE_ID, NOW)


def head(raw: bytes) -> bytes:
    """The header block."""
    return raw.partition(b"\r\n\r\n")[0]


def body(raw: bytes) -> bytes:
    """All after the header block."""
    return raw.partition(b"\r\n\r\n")[2]


def names(raw: bytes) -> list[str]:
    """The names of the header fields in lower case."""
    return [name.lower() for name, _ in parse(raw).headers]


def is_html_alone(path: Path) -> bool:
    """Whether a recorded draft is HTML and nothing else."""
    return re.search(rb"(?im)^content-type: text/html", head(path.read_bytes())) is not None


def test_the_recordings_hold_both_kinds() -> None:
    """Else the tests below would test nothing."""
    assert {path.stem for path in DRAFTS if is_html_alone(path)} == {
        "thunderbird-edited-html",
        "thunderbird-as-new",
    }
    assert len(DRAFTS) == 16


@pytest.mark.parametrize("path", [p for p in DRAFTS if not is_html_alone(p)], ids=lambda p: p.stem)
def test_the_body_stays_byte_for_byte(path: Path) -> None:
    """What a person approved goes out as it is, attachments and alternatives too."""
    raw = path.read_bytes()
    assert body(freeze(raw, MESSAGE_ID, NOW).raw) == body(raw)


@pytest.mark.parametrize("path", DRAFTS, ids=lambda p: p.stem)
def test_what_only_programs_need_is_gone(path: Path) -> None:
    """No Bcc, Fcc, X-Mozilla-*, X-Identity-Key or X-Maild-*; no token anywhere in the header."""
    raw = freeze(path.read_bytes(), MESSAGE_ID, NOW).raw
    unwanted = re.compile(
        r"bcc|fcc|x-mozilla|x-identity|x-account|x-draft-info|x-maild|received|return-path|status"
    )
    assert [name for name in names(raw) if unwanted.match(name)] == []
    assert b"draft." not in head(raw)


@pytest.mark.parametrize("path", DRAFTS, ids=lambda p: p.stem)
def test_what_the_recipient_needs_is_kept(path: Path) -> None:
    """From, To, Cc, Reply-To, Subject, In-Reply-To and the type of the body stay as the program wrote them."""
    before, after = parse(path.read_bytes()), parse(freeze(path.read_bytes(), MESSAGE_ID, NOW).raw)
    kept = ["From", "To", "Cc", "Reply-To", "Subject", "In-Reply-To", "MIME-Version"]
    assert [after.header(name) for name in kept] == [before.header(name) for name in kept]
    assert after.references == before.references[1:]
    assert after.attachments == before.attachments
    assert after.new_text == before.new_text
    assert after.defects == ()


@pytest.mark.parametrize("path", DRAFTS, ids=lambda p: p.stem)
def test_date_and_message_id_are_set_once(path: Path) -> None:
    """One Date, that of the approval; one Message-ID, ours."""
    letter = freeze(path.read_bytes(), MESSAGE_ID, NOW)
    mail = parse(letter.raw)
    assert (mail.date, mail.message_id, letter.message_id) == (NOW, MESSAGE_ID, MESSAGE_ID)
    assert (names(letter.raw).count("date"), names(letter.raw).count("message-id")) == (1, 1)


@pytest.mark.parametrize("path", DRAFTS, ids=lambda p: p.stem)
def test_frozen_again_it_is_the_same(path: Path) -> None:
    """Freezing leaves nothing to be frozen."""
    once = freeze(path.read_bytes(), MESSAGE_ID, NOW).raw
    assert freeze(once, MESSAGE_ID, NOW).raw == once


@pytest.mark.parametrize("program", ["thunderbird", "roundcube"])
def test_recipients_are_complete(program: str) -> None:
    """To, Cc and Bcc each become a recipient."""
    assert frozen(f"{program}-edited").recipients == (CUSTOMER,)
    assert frozen(f"{program}-edited-bcc").recipients == (CUSTOMER, ARCHIVE)
    assert frozen(f"{program}-edited-cckeyword").recipients == (CUSTOMER, ACCOUNTS)


@pytest.mark.parametrize("program", ["thunderbird", "roundcube"])
def test_the_sent_copy_keeps_bcc(program: str) -> None:
    """Only the copy in Sent shows who got it unseen; all else in it is what went out."""
    letter = frozen(f"{program}-edited-bcc")
    assert b"ablage" not in letter.raw
    copy = sent_copy(letter.raw, letter.bcc)
    assert parse(copy).header("Bcc") == (f"Ablage <{ARCHIVE}>",)
    assert copy.endswith(letter.raw)
    assert sent_copy(letter.raw, "") == letter.raw


def test_every_bcc_field_counts() -> None:
    """Two Bcc fields, folded, with a group: each address once, whatever its case."""
    letter = of(
        "From: a@wir.example",
        "To: Eins <eins@kunde.example>, EINS@kunde.example",
        "Cc: Team: zwei@kunde.example, Zwei <zwei@Kunde.example>;",
        "Bcc: drei@wir.example,",
        "\tvier@wir.example",
        "BCC: fuenf@wir.example",
    )
    assert {address.lower() for address in letter.recipients} == {
        "eins@kunde.example", "zwei@kunde.example", "drei@wir.example", "vier@wir.example", "fuenf@wir.example",
    }  # fmt: skip
    assert len(letter.recipients) == 5
    assert b"drei@" not in letter.raw
    copied = parse(sent_copy(letter.raw, letter.bcc)).header("Bcc")
    assert copied == ("drei@wir.example, vier@wir.example", "fuenf@wir.example")


def test_only_a_hidden_recipient_is_enough() -> None:
    """A letter with nothing but Bcc reaches that one."""
    assert of("From: a@wir.example", "Bcc: eins@kunde.example").recipients == ("eins@kunde.example",)


def test_nobody_is_a_recipient_of_nothing() -> None:
    """«undisclosed-recipients:;» is nobody."""
    assert of("From: a@wir.example", "To: undisclosed-recipients:;").recipients == ()


# References


@pytest.mark.parametrize("program", ["thunderbird", "roundcube"])
def test_a_long_thread_keeps_its_order(program: str) -> None:
    """Of 20 ids only the token goes."""
    before = parse((PROGRAMS / f"{program}-edited-longrefs.eml").read_bytes()).references
    assert len(before) > 15
    assert frozen(f"{program}-edited-longrefs").mail.references == before[1:]


def test_a_reply_to_a_token_alone_has_no_thread() -> None:
    """Thunderbird rebuilds In-Reply-To from References; where that was the token alone, both fields go."""
    token = "<draft.k7f3q9x2m4t8w6zb@maild.example>"
    raw = of("From: a@wir.example", f"References: {token}", f"In-Reply-To: {token}").raw
    assert not {"references", "in-reply-to"} & set(names(raw))


def test_tokens_further_down_go_too() -> None:
    """No token of any draft leaves the house, folded or not."""
    raw = of(
        "From: a@wir.example",
        "REFERENCES:<eins@kunde.example>",
        "\t<draft.k7f3q9x2m4t8w6zb@maild.example> <zwei@kunde.example>",
    ).raw
    assert parse(raw).references == ("<eins@kunde.example>", "<zwei@kunde.example>")
    assert b"draft." not in raw


# HTML alone


@pytest.mark.parametrize("name", ["thunderbird-edited-html", "thunderbird-as-new"])
def test_html_alone_gets_a_text_part(name: str) -> None:
    """A text part first, the HTML after it with the same bytes, its fields and charset."""
    source = (PROGRAMS / f"{name}.eml").read_bytes()
    raw = frozen(name).raw
    message = email.message_from_bytes(raw, policy=policy.SMTP)
    text, html = message.iter_parts()
    assert (message.get_content_type(), text.get_content_type(), html.get_content_type()) == (
        "multipart/alternative",
        "text/plain",
        "text/html",
    )
    assert body(source).rstrip() in raw
    assert html.get_content_charset() == "utf-8"
    assert html.get_content().strip() == body(source).decode().strip()
    first_line = "Ergänzung der Sekretärin: Lieferung am 17. Dezember, Größe 80 cm."
    assert text.get_content().splitlines()[:3] == [first_line, "", "Sehr geehrter Herr Groß,"]
    assert "am 17. Dezember" in parse(raw).new_text
    assert message.defects == []


MIXED = b"""\
Vorspann\r
--aussen\r
Content-Type: %b\r
Content-Transfer-Encoding: 8bit\r
\r
%b\r
--aussen\r
Content-Type: text/plain; name="liste.txt"\r
Content-Disposition: attachment; filename="liste.txt"\r
\r
Liste\r
--aussen--\r
"""


def mixed(kind: bytes, part: bytes) -> Frozen:
    """A letter with an attachment whose first part is this one."""
    header = (
        "From: a@wir.example",
        "To: b@kunde.example",
        'Content-Type: multipart/mixed;\r\n boundary="aussen"',
    )
    return of(*header, body=MIXED % (kind, part))


def test_html_with_an_attachment_gets_a_text_part() -> None:
    """Text and HTML become alternatives inside; the attachment stays beside them, not hidden in one of them."""
    html = "<p>Größe anbei</p>\r\n\r\n<p>zweiter Absatz</p>".encode()
    raw = mixed(b"text/html; charset=utf-8", html).raw
    message = email.message_from_bytes(raw, policy=policy.SMTP)
    alternative, file = message.iter_parts()
    text, page = alternative.iter_parts()
    assert (text.get_content_type(), page.get_content_type()) == ("text/plain", "text/html")
    assert text.get_content().split() == ["Größe", "anbei", "zweiter", "Absatz"]
    assert page.get_content().strip() == html.decode()
    assert file.get_filename() == "liste.txt"
    assert html in raw
    assert raw.endswith(b"--aussen" + MIXED.partition(b"%b\r\n--aussen")[2])
    assert body(freeze(raw, MESSAGE_ID, NOW).raw) == body(raw)


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        (b"text/plain; charset=utf-8", b"Text"),
        (
            b'multipart/alternative; boundary="innen"',
            b"--innen\r\n\r\nText\r\n--innen\r\nContent-Type: text/html\r\n\r\n<p>Text</p>\r\n--innen--",
        ),
        (b"application/pdf", b"%PDF"),
    ],
)
def test_a_letter_with_text_stays_as_it_is(kind: bytes, part: bytes) -> None:
    """Nothing is added where a text part is, or where there is no HTML."""
    assert body(mixed(kind, part).raw) == MIXED % (kind, part)


def test_html_with_a_picture_gets_a_text_part() -> None:
    """A page and its pictures are one alternative together (RFC 2387)."""
    related = (
        b"--r\r\nContent-Type: text/html\r\n\r\n<p>Bild</p>\r\n--r\r\nContent-Type: image/png\r\n\r\n"
        b"x\r\n--r--\r\n"
    )
    letter = of("From: a@wir.example", 'Content-Type: multipart/related; boundary="r"', body=related)
    types = [part.get_content_type() for part in email.message_from_bytes(letter.raw).walk()]
    assert types == ["multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png"]
    assert related.rstrip() in letter.raw


def test_a_signed_letter_is_not_touched() -> None:
    """A part added to signed HTML would break the signature."""
    signed = (
        b"--s\r\nContent-Type: text/html\r\n\r\n<p>x</p>\r\n--s\r\nContent-Type: application/pgp-signature\r\n\r\n"
        b"x\r\n--s--\r\n"
    )
    letter = of("From: a@wir.example", 'Content-Type: multipart/signed; boundary="s"', body=signed)
    assert body(letter.raw) == signed


# Rough headers


def test_eight_bit_headers_survive() -> None:
    """Latin-1 bytes in a header are neither lost nor altered."""
    kept = b"To: M\xfcller <m@kunde.example>\r\nX-Note: \xff\xfe\r\n"
    source = b"From: a@wir.example\r\n" + kept + b"Bcc: \xfc <x@wir.example>\r\n\r\nText\r\n"
    letter = freeze(source, MESSAGE_ID, NOW)
    assert kept in letter.raw
    assert letter.recipients == ("m@kunde.example", "x@wir.example")
    assert b"<x@wir.example>" in sent_copy(letter.raw, letter.bcc)


def test_bare_line_feeds_become_crlf() -> None:
    """SMTP knows no other line end (RFC 5321, section 2.3.8); nothing else changes."""
    letter = freeze(b"From: a@wir.example\nTo: b@kunde.example\n\nEins\n\nZwei\n", MESSAGE_ID, NOW)
    assert body(letter.raw) == b"Eins\r\n\r\nZwei\r\n"
    assert b"\n" not in letter.raw.replace(b"\r\n", b"")
    assert letter.recipients == ("b@kunde.example",)


def test_folded_fields_stay_folded() -> None:
    """Continuation lines go with their field, whether it stays or goes, behind blanks or tabs."""
    raw = of(
        "From: a@wir.example",
        "Subject: eins",
        "\tzwei",
        " drei",
        "X-Mozilla-Draft-Info: internal/draft;",
        "\tvcard=0",
        "Fcc:",
        " imap://x/Sent",
        "To: b@kunde.example",
    ).raw
    assert b"Subject: eins\r\n\tzwei\r\n drei\r\nTo: b@kunde.example\r\n" in raw
    assert b"vcard" not in raw
    assert b"imap:" not in raw


def test_an_envelope_line_goes() -> None:
    """The «From » line of an mbox file is no header; one in the body stays."""
    letter = of(
        "From - Sun Nov 22 09:00:00 2026", "From: a@wir.example", "To: b@kunde.example", body=b"From hier\r\n"
    )
    assert letter.raw.startswith(b"From: a@wir.example\r\n")
    assert body(letter.raw) == b"From hier\r\n"


def test_fields_that_only_look_alike_stay() -> None:
    """Bcc-like, date-like and id-like names are other fields."""
    raw = of(
        "From: a@wir.example", "Bccx: 1", "Date-Sent: 2", "Message-ID-Old: 3", "References-X: 4", "Fccs: 5"
    ).raw
    assert {"bccx", "date-sent", "message-id-old", "references-x", "fccs"} <= set(names(raw))


def test_an_approved_letter_is_not_automatic() -> None:
    """A mail that a person approved carries no Auto-Submitted."""
    assert b"auto" not in of("From: a@wir.example", "Auto-Submitted: auto-generated").raw.lower()


def test_a_letter_without_mime_version_gets_one() -> None:
    """RFC 2045, section 4; one that is there is kept alone."""
    assert names(of("From: a@wir.example").raw).count("mime-version") == 1
    assert names(of("From: a@wir.example", "Mime-Version: 1.0").raw).count("mime-version") == 1


@given(st.binary(max_size=400))
def test_freezing_never_raises(raw: bytes) -> None:
    """Whatever bytes lie in the approval folder, something comes out that names our Message-ID."""
    letter = freeze(raw, MESSAGE_ID, NOW)
    assert MESSAGE_ID.encode() in head(letter.raw)
    assert letter.raw.replace(b"\r\n", b"").count(b"\n") == 0


PIECES = [
    b"From: a@b.example",
    b"Bcc: c@d.example",
    b" folded",
    b"",
    b"Content-Type: text/html",
    b"x\xff",
    b'Content-Type: multipart/mixed; boundary="m"',
    b"--m",
    b"--m--",
    b"Content-Type: multipart/related; boundary=r",
    b"--r",
    b"From - x",
    b"References: <draft.k7f3q9x2m4t8w6zb@x>",
]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map(b"\r\n".join))
def test_freezing_half_a_letter_never_raises(raw: bytes) -> None:
    """Nor for the pieces of a letter in any order; the hidden recipient is never in the header."""
    assert b"c@d.example" not in head(freeze(raw, MESSAGE_ID, NOW).raw)

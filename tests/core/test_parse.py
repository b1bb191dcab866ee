"""Bytes to a mail: golden mails, hostile bytes, and what the header bytes alone give."""

import dataclasses
import email
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from email.errors import HeaderParseError
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from maild.core.addresses import addresses
from maild.core.message import Address, Attachment, Machine, Mail
from maild.core.parse import parse, parse_headers

MAILS = Path(__file__).parent / "mails"
HEAD = b"From: Anna <anna@kunde.example>\r\nSubject: Anfrage\r\n"


def expected(name: str) -> Mail:
    """What the mail of that name must become; what the file does not name must be empty."""
    doc = yaml.safe_load((MAILS / f"{name}.expected.yaml").read_text(encoding="utf-8"))
    people = {
        field: tuple(Address(one["address"], one.get("name", "")) for one in doc.get(key, ()))
        for field, key in {"from_": "from", "reply_to": "reply_to", "to": "to", "cc": "cc"}.items()
    }
    text = doc.get("text", "")
    return Mail(
        **people,
        message_id=doc.get("message_id", ""),
        in_reply_to=doc.get("in_reply_to", ""),
        references=tuple(doc.get("references", ())),
        date=datetime.fromisoformat(doc["date"]) if "date" in doc else None,
        subject=doc.get("subject", ""),
        text=text,
        new_text=text if doc.get("new_text") == "the same" else doc.get("new_text", ""),
        attachments=tuple(Attachment(**one) for one in doc.get("attachments", ())),
        machine=Machine(doc["machine"]) if "machine" in doc else None,
        machine_reason=doc.get("machine_reason", ""),
        defects=tuple(doc.get("defects", ())),
    )


def strings(value: object) -> Iterator[str]:
    """Every text inside a mail."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for one in value:
            yield from strings(one)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from strings(getattr(value, field.name))


def one_line_values(mail: Mail) -> Iterator[str]:
    """What may end up in a header that we write, or in a file name."""
    yield from (mail.subject, mail.message_id, mail.in_reply_to, *mail.references)
    yield from strings((mail.headers, mail.from_, mail.reply_to, mail.to, mail.cc, mail.attachments))


def assert_sound(mail: Mail) -> None:
    """What holds for every mail, whatever it was made from."""
    "".join(strings(mail)).encode("utf-8")
    assert not [value for value in one_line_values(mail) if any(ord(letter) < 32 for letter in value)]
    assert all(one.address.count("@") >= 1 for one in (*mail.from_, *mail.reply_to, *mail.to, *mail.cc))
    assert all(one.name and "/" not in one.name and len(one.name) <= 150 for one in mail.attachments)
    assert mail.date is None or mail.date.astimezone(UTC)


@pytest.mark.parametrize("name", sorted(path.stem for path in MAILS.glob("*.eml")))
def test_golden_mail(name: str) -> None:
    """Each golden mail becomes exactly what is written beside it."""
    raw = (MAILS / f"{name}.eml").read_bytes()
    mail = parse(raw)
    assert mail.size == len(raw)
    assert dataclasses.replace(mail, headers=(), size=0) == expected(name)
    assert_sound(mail)


def test_every_golden_mail_has_both_files() -> None:
    """No golden mail is left without its expectation, nor the other way round."""
    assert {path.stem for path in MAILS.glob("*.eml")} == {
        path.name.removesuffix(".expected.yaml") for path in MAILS.glob("*.yaml")
    }


@pytest.mark.parametrize("name", sorted(path.stem for path in MAILS.glob("*.eml")))
def test_header_bytes_tell_the_same(name: str) -> None:
    """From the header bytes alone all headers read as from the whole mail, and text and attachments stay empty."""
    raw = (MAILS / f"{name}.eml").read_bytes()
    whole, head = parse(raw), parse_headers(raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n", size=4711)
    assert head.size == 4711
    assert (head.text, head.new_text, head.attachments) == ("", "", ())
    for field in (
        "headers",
        "message_id",
        "in_reply_to",
        "references",
        "date",
        "subject",
        "from_",
        "to",
        "cc",
    ):
        assert getattr(head, field) == getattr(whole, field)


def test_received_is_seen() -> None:
    """Whether a mail came in from outside can be asked through its Received headers."""
    assert parse((MAILS / "plain.eml").read_bytes()).header("received")
    assert not parse((MAILS / "flowed.eml").read_bytes()).header("Received")


def test_size_and_truncation_are_the_callers() -> None:
    """What the server says of the size counts, and that only a part was read is kept."""
    mail = parse(HEAD + b"\r\nText", size=90_000, truncated=True)
    assert (mail.size, mail.truncated, mail.text) == (90_000, True, "Text")


def test_cut_inside_a_letter() -> None:
    """A mail cut inside a character keeps the umlauts before the cut."""
    body = "Für Größe".encode() + "ü".encode()[:1]
    assert (
        parse(HEAD + b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + body, truncated=True).text
        == "Für Größe"
    )


def test_latin1_word_ending_in_sharp_s() -> None:
    """A raw Latin-1 name that ends in ß is no cut UTF-8."""
    assert parse_headers("From: Groß".encode("latin-1") + b"\n", size=1).header("From") == ("Groß",)


def test_utf8_with_one_bad_byte_keeps_its_umlauts() -> None:
    """One broken byte in a UTF-8 text does not turn the rest of it into Windows-1252."""
    head = HEAD + b"Content-Type: text/plain; charset=utf-8\r\n\r\n"
    mail = parse(head + "Grüße aus Köln, schöne Tage".encode() + b"\xff" + " für Sie".encode())
    assert mail.text == "Grüße aus Köln, schöne Tage\ufffd für Sie"
    assert mail.defects == ("text is not in the charset named",)


def test_windows_letters_in_what_is_called_latin1() -> None:
    """Euro sign and German quotation marks come through under the name iso-8859-1."""
    body = "„Preis“ – 400 €".encode("cp1252")
    mail = parse(HEAD + b"Content-Type: text/plain; charset=iso-8859-1\r\n\r\n" + body)
    assert (mail.text, mail.defects) == ("„Preis“ – 400 €", ())


@pytest.mark.parametrize(
    "charset", ["punycode", "idna", "unicode_escape", "undefined", "base64", "hex", "rot13", "a\0b"]
)
def test_codecs_that_are_no_charset(charset: str) -> None:
    """A codec of Python that is no charset of mail is an unknown charset."""
    mail = parse(HEAD + f"Content-Type: text/plain; charset={charset}\r\n\r\nGruß \\x41".encode())
    assert mail.text == "Gruß \\x41"
    assert mail.defects == ("unknown charset",)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (
            "Müller, Anna <anna@x.example>, b@X.Example",
            [("anna@x.example", "Müller, Anna"), ("b@x.example", "")],
        ),
        ('"Müller, Anna" <Anna.M@x.example>', [("Anna.M@x.example", "Müller, Anna")]),
        ("chef@bank.example <x@evil.example>", [("x@evil.example", "chef@bank.example")]),
        (
            "=?utf-8?Q?chef=40bank.example=3E=2C?= <x@evil.example>",
            [("x@evil.example", "chef@bank.example>,")],
        ),
        ("=?utf-8?Q?x=40evil.example?=", []),
        (
            "Team: a@x.example, B <b@x.example>;, c@x.example",
            [("a@x.example", ""), ("b@x.example", "B"), ("c@x.example", "")],
        ),
        ("undisclosed-recipients:;", []),
        ("anna@x.example (Anna (Einkauf) Müller)", [("anna@x.example", "Anna (Einkauf) Müller")]),
        ('"offen <a@x.example>, b@x.example', [("a@x.example", '"offen'), ("b@x.example", "")]),
        ("<@weg1.example,@weg2.example:a@x.example>", [("a@x.example", "")]),
        ("<a@x.example> <b@x.example>", [("b@x.example", "<a@x.example>")]),
        ("\"'Anna'\" <a@x.example>", [("a@x.example", "Anna")]),
        ('"Anna \\"Q\\" M" <a@x.example>', [("a@x.example", 'Anna "Q" M')]),
        ('"a b"@x.example', [('"a b"@x.example', "")]),
        ('"a@x.example" <a@x.example>', [("a@x.example", "")]),
        ("a@x.example;b@x.example", [("a@x.example", ""), ("b@x.example", "")]),
        ("=?utf-8?q?A?= =?utf-8?q?nna?= <a@x.example>", [("a@x.example", "Anna")]),
        ("a@b@c.example, MAILER-DAEMON, <>", []),
    ],
)
def test_addresses(value: str, found: list[tuple[str, str]]) -> None:
    """Address headers are split before their encoded words are decoded, and a name never becomes an address."""
    assert [(one.address, one.name) for one in addresses(value)] == found


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("filename=../../etc/passwd", "passwd"),
        ("filename=C:\\\\Temp\\\\brief.doc", "brief.doc"),
        ('filename="rechnung\u202efdp.exe"', "rechnungfdp.exe"),
        ('filename="a\x01b.pdf"', "a b.pdf"),
        ('filename="..."', "anhang.pdf"),
        ("filename=" + "a" * 300 + ".pdf", "a" * 146 + ".pdf"),
        ("filename*=utf-8''%2e%2e%2fb%C3%BCro.pdf", "büro.pdf"),
        ("filename*=x-unknown''b.pdf", "b.pdf"),
        ("filename*" + "9" * 5000 + "=a", "anhang.pdf"),
    ],
)
def test_attachment_names_are_safe(written: str, shown: str) -> None:
    """A file name from a mail has no path, no control character, an ending one can see, and is never empty."""
    head = (
        HEAD + f"Content-Type: application/pdf\r\nContent-Disposition: attachment; {written}\r\n\r\n".encode()
    )
    assert [one.name for one in parse(head + b"x").attachments] == [shown]


def test_unknown_part_names_itself_the_same_each_time() -> None:
    """An invented name holds no chance: parsing is a function of the bytes."""
    raw = HEAD + b"Content-Type: application/x-ding\r\nContent-Disposition: attachment\r\n\r\nx"
    assert parse(raw) == parse(raw)
    assert parse(raw).attachments == (Attachment("anhang.bin", "application/x-ding", 1),)


def test_attached_mail_that_cannot_be_written_again() -> None:
    """An attached mail counts with its size even where Python could not serialise it."""
    inner = b"X: a\x0bAction: failed\r\nSubject: x\r\n\r\nText"
    with pytest.raises(HeaderParseError):
        email.message_from_bytes(inner).as_bytes()
    mail = parse(HEAD + b"Content-Type: message/rfc822\r\n\r\n" + inner)
    assert mail.attachments == (Attachment("nachricht.eml", "message/rfc822", len(inner)),)
    assert (mail.text, mail.defects) == ("", ())


def test_foreign_library_logs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """No header value reaches a log, not even by way of mail-parser."""
    with caplog.at_level(logging.DEBUG):
        for path in MAILS.glob("*.eml"):
            parse(path.read_bytes())
    assert caplog.records == []


def nested(depth: int, tail: bytes) -> bytes:
    """A multipart in a multipart, and so on."""
    levels = (
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level) for level in range(depth)
    )
    return HEAD + b"".join(levels) + b"\n" + tail


HOSTILE = {
    "5,000 newlines": HEAD + b"\n" + b"\n" * 5_000,
    "1,000 nested multiparts": nested(1_000, b"x"),
    "60 nested multiparts and many lines": nested(60, b"x\n" * 400_000),
    "1,000 nested mails": HEAD + b"Content-Type: message/rfc822\n\n" * 1_000,
    "10,000 parts": HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 10_000,
    "open comments": b"From: " + b"(" * 50_000,
    "open quotes": b"From: " + b'"\\' * 40_000,
    "open brackets": b"From: " + b"<" * 100_000,
    "colons after an address": b"From: a@b" + b":" * 100_000,
    "names without addresses": b"From: " + b"a," * 30_000,
    "half encoded words": b"Subject: " + b"=?x?q?" * 50_000,
    "a header of 1 MB": b"Subject: " + b"a" * 1_000_000,
    "50,000 headers": b"X-A: b\n" * 50_000,
    "a million semicolons": HEAD + b'Content-Type: text/plain; a="' + b';"' * 500_000 + b"\n\nx",
    "wide tables": HEAD
    + b"Content-Type: text/html\n\n<table><tr><td>"
    + b"x" * 90_000
    + b"<tr><td>a<td>b" * 5_000,
    "wide margins": HEAD + b"Content-Type: text/html\n\n" + b"<p style='padding-left:99999em'>x" * 15_000,
    "deep HTML": HEAD + b"Content-Type: text/html\n\n" + b"<b>" * 50_000 + b"x",
    "open tags": HEAD + b"Content-Type: text/html\n\n" + b"<a " * 100_000,
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mail_returns(name: str) -> None:
    """No known hostile structure hangs, raises, or asks for much memory."""
    mail = parse(HOSTILE[name])
    assert_sound(mail)
    assert len(mail.text) <= 1_000_000


@pytest.mark.parametrize(
    ("name", "defect"),
    [
        ("1,000 nested multiparts", "parts nested deeper than 50 were not read"),
        ("60 nested multiparts and many lines", "the structure is too complex; the body was not read"),
        ("10,000 parts", "more than 500 parts"),
        ("50,000 headers", "more than 2000 header fields"),
        ("a million semicolons", "the structure is too complex; the body was not read"),
        ("deep HTML", "HTML could be read only roughly"),
    ],
)
def test_limits_are_named(name: str, defect: str) -> None:
    """Where a limit cut a mail short, its defects say so and the headers are there all the same."""
    mail = parse(HOSTILE[name])
    assert defect in mail.defects
    assert mail.headers


LINES = st.sampled_from(
    [
        b"From: a@b.example",
        b"To: =?utf-8?q?=C3",
        b'Cc: "a, <b@c>',
        b"Subject: =?utf-7?B?2AA?=",
        b"Date: Mon, 32 Foo 99 25:61 +9999",
        b"Date: Mon, 1 Jan 0001 00:00:00 +2300",
        b"Content-Type: multipart/mixed; boundary=b",
        b"--b",
        b"--b--",
        b"",
        b" x",
        b"Content-Type: text/html; charset=utf-16",
        b"Content-Type: message/rfc822",
        b"Content-Transfer-Encoding: base64",
        b"Content-Transfer-Encoding: quoted-printable",
        b"Content-Transfer-Encoding: x-uuencode",
        b"begin 644 x",
        b"=ZZ=",
        b"Content-Disposition: attachment; filename*0*=utf-8''%FF; filename*1*=x",
        b"Content-Type: text/plain; format=flowed",
        b"Content-Type: multipart/report; report-type=",
        b"Message-ID: <a b@c>",
        b"References: <a@b><c@d> e@f",
        b"<p><table><td>",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_arbitrary_bytes(raw: bytes) -> None:
    """Whatever the bytes are, a sound mail comes out, from the whole as from the header."""
    assert_sound(parse(raw))
    assert_sound(parse_headers(raw, size=0))


@settings(max_examples=300, deadline=None)
@given(st.lists(LINES | st.binary(max_size=30), max_size=25), st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_mail_shaped_bytes(lines: list[bytes], end: bytes) -> None:
    """Whatever is put together from the pieces mails are made of, a sound mail comes out."""
    assert_sound(parse(end.join(lines)))


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([b"From", b"To", b"Subject", b"Date", b"Message-ID", b"References"]),
    st.binary(max_size=120),
)
def test_one_field_of_arbitrary_bytes(name: bytes, value: bytes) -> None:
    """Whatever one header field holds, the others are read."""
    mail = parse_headers(
        b"X-First: 1\r\n" + name + b": " + value.replace(b"\n", b" ") + b"\r\nX-Last: 2\r\n", size=0
    )
    assert_sound(mail)
    assert (mail.header("X-First"), mail.header("X-Last")) == (("1",), ("2",))

"""Salutations of answers, from whole mails: the table in german/salutations.yaml, and what holds for any mail."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from maild.core.contact import Contact, Form
from maild.core.german.salutation import mail_salutation
from maild.core.message import Address, Mail
from maild.core.parse import parse

_RULES = yaml.safe_load((Path(__file__).parent / "german" / "salutations.yaml").read_text("utf-8"))
CASES = [(rule, case) for rule, cases in _RULES.items() for case in cases]


def mail_of(case: dict[str, object]) -> Mail:
    """The mail of a row, by the parser that reads real ones."""
    name, address = str(case.get("from", "")), case.get("address", "x17@kunde.example")
    shown = name if case.get("raw") else f'"{name}"'
    head = [f"From: {shown} <{address}>" if name else f"From: {address}", "Subject: Anfrage"]
    head += [f"Reply-To: {case['reply_to']}"] if "reply_to" in case else []
    head += [
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
    ]
    return parse("\r\n".join([*head, "", str(case.get("text", ""))]).replace("\n", "\r\n").encode())


def contact_of(case: dict[str, object]) -> Contact | None:
    """What the client knows of the sender."""
    known = case.get("contact")
    if not isinstance(known, dict):
        return None
    return Contact("x17@kunde.example", **{**known, "form": Form(known.get("form", ""))})


@pytest.mark.parametrize(
    ("rule", "case"), CASES, ids=[f"{at}: {case['says']}" for at, (_, case) in enumerate(CASES)]
)
def test_the_salutation_of_the_table(rule: str, case: dict[str, object]) -> None:
    """Each row is greeted as its rule says."""
    line = mail_salutation(
        contact_of(case),
        mail_of(case),
        language=str(case.get("language", "de")),
        informal=bool(case.get("informal", False)),
    )
    assert line == case["says"], rule


def test_the_table_is_large_and_names_its_rules() -> None:
    """At least 150 rows, each below the source of its rule, none twice."""
    assert len(CASES) >= 150
    assert all(len(rule) > 20 for rule, _ in CASES)
    assert len({str(sorted(case.items())) for _, case in CASES}) == len(CASES)


WORDS = (
    "Anna|MÜLLER|Dr.|von|,|\r\n|\n|\x00|<|>|«|»|{{|}}|@|:|\u202e|Frau|Viele Grüße|-- |und|&|Graf|Name:|Anrede: Frau"
    "|(er/ihm)|> |Von:|GmbH|i. A.|="
)
PIECES = st.sampled_from(WORDS.split("|"))
WRITTEN = st.one_of(
    st.text(max_size=80), st.lists(PIECES, max_size=12).map(" ".join), st.lists(PIECES).map("\n".join)
)
ADDRESSES = st.builds(
    Address,
    st.sampled_from(["x17@kunde.example", "noreply@x.example", "anna@x.example", "info@x.example"]),
    WRITTEN,
)
MAILS = st.builds(
    Mail,
    from_=st.lists(ADDRESSES, max_size=2).map(tuple),
    reply_to=st.lists(ADDRESSES, max_size=2).map(tuple),
    text=WRITTEN,
    new_text=WRITTEN,
)
CONTACTS = st.one_of(
    st.none(),
    st.builds(
        Contact,
        address=st.just("x17@kunde.example"),
        given=st.sampled_from(["", "Anna", "Lisa Maria"]),
        family=st.sampled_from(["", "Groß", "von der Leyen"]),
        form=st.sampled_from(Form),
        title=st.sampled_from(["", "Prof. Dr.", "Mag."]),
        nobility=st.sampled_from(["", "Graf", "Freifrau"]),
        du=st.booleans(),
        custom_salutation=st.one_of(st.just(""), st.text(max_size=30)),
    ),
)
LANGUAGES = st.sampled_from(["de", "de_DE", "de_AT", "de_CH", "en", "fr", ""])


@given(CONTACTS, MAILS, LANGUAGES, st.booleans())
def test_whatever_the_mail_holds_the_salutation_is_one_plain_line(
    contact: Contact | None, mail: Mail, language: str, informal: bool
) -> None:
    """It never raises, is never empty, ends in a comma, and has no control character, line break or angle bracket."""
    line = mail_salutation(contact, mail, language=language, informal=informal)
    assert len(line) > 1
    assert line.endswith(",")
    assert line == " ".join(line.split())
    assert not set(line) & set("<>\r\n\x00\u202e")
    assert all(char.isprintable() for char in line)
    if contact is None:
        assert not set(line) & set("«»{}@:=()0123456789")


@given(st.binary(max_size=400), st.binary(max_size=400))
def test_whatever_the_bytes_are_there_is_a_salutation(header: bytes, body: bytes) -> None:
    """From the raw bytes of a header on."""
    line = mail_salutation(None, parse(b"From: " + header + b" <x17@kunde.example>\r\n\r\n" + body))
    assert line.endswith(",")
    assert all(char.isprintable() for char in line)
    assert not set(line) & set("<>\r\n")


@given(MAILS, LANGUAGES)
def test_nobody_is_made_frau_or_herr_unless_it_is_written(mail: Mail, language: str) -> None:
    """No form of address without the word, or a pronoun, in the mail."""
    line = mail_salutation(None, mail, language=language)
    written = " ".join([mail.text, mail.new_text, *(each.name for each in (*mail.from_, *mail.reply_to))])
    if "Sehr geehrte Frau" in line:
        assert "Frau" in written or "fr" in written.casefold()
    if "Herr" in line.replace("Herren", ""):
        assert any(word in written.casefold() for word in ("herr", "hr", "er/ihm", "mr"))


@pytest.mark.parametrize(
    "piece", ["Viele Grüße ", "((((", "und ", "- ", "Viele Grüße\n", "a@b:", " " * 50 + "x", "Grüße, "]
)
def test_hostile_text_costs_no_more_than_a_long_one(piece: str) -> None:
    """Megabytes of brackets, closings and blanks are read at once; the test's time limit is the judge."""
    body = piece * (2_000_000 // len(piece))
    long = Mail(from_=(Address("x17@kunde.example", body),), text=body, new_text=body[:65_000])
    assert mail_salutation(None, long).endswith(",")

"""Authentication-Results: what a trusted server said counts, and nothing that anybody else wrote."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core.authentication import MAX_LENGTH, read_authentication
from maild.core.message import Address, Mail
from maild.core.parse import parse

TRUSTED = frozenset({"mx.provider.example"})
NAME = "Authentication-Results"
PASS = "mx.provider.example; dmarc=pass header.from=kunde.example"


def mail(*values: str, sender: str = "anna@kunde.example") -> Mail:
    """A mail with these fields, the topmost first."""
    return Mail(headers=tuple((NAME, value) for value in values), from_=(Address(sender),))


def proof(*values: str, sender: str = "anna@kunde.example") -> str:
    """What shows that the mail is from its From domain."""
    return read_authentication(mail(*values, sender=sender), TRUSTED).proof


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (PASS, "dmarc"),
        ("mx.provider.example; dmarc=pass", "dmarc"),
        ("MX.Provider.Example 1; DMARC=Pass (p=REJECT) header.from=Kunde.Example", "dmarc"),
        ('"mx.provider.example" 1 ; dmarc = pass', "dmarc"),
        ("(a (b) \\) c) mx.provider.example (d;e);dmarc/1=pass", "dmarc"),
        ("mx.provider.example; spf=pass smtp.mailfrom=anna@kunde.example", "spf"),
        ("mx.provider.example; spf=pass smtp.mailfrom=kunde.example", "spf"),
        ("mx.provider.example; spf=pass smtp.mailfrom=SRS0=x=y=a+b/c@bounce.kunde.example", "spf"),
        ('mx.provider.example; spf=pass smtp.mailfrom="a; b@x.example"@kunde.example', "spf"),
        ("mx.provider.example; dkim=fail header.d=kunde.example; dkim=pass header.d=kunde.example", "dkim"),
        ("mx.provider.example; dkim=pass (2048-bit key) header.d=kunde.example header.s=s1", "dkim"),
        ("mx.provider.example; dkim=pass header.i=@mail.kunde.example header.b=Abc/d+e=", "dkim"),
        ('mx.provider.example; dkim=pass reason="good" header.i=anna@kunde.example', "dkim"),
        ("mx.provider.example; dmarc=none; spf=softfail; dkim=pass header.d=kunde.example.", "dkim"),
        ("mx.provider.example; dmarc=temperror; spf=pass smtp.mailfrom=kunde.example", "spf"),
        ("mx.provider.example; none", ""),
        ("mx.provider.example", ""),
        ("mx.provider.example;", ""),
        ("", ""),
        (";", ""),
        ("mx.provider.example; dmarc=fail header.from=kunde.example", ""),
        ("mx.provider.example; spf=pass smtp.mailfrom=anna@else.example", ""),
        ("mx.provider.example; spf=pass smtp.helo=kunde.example", ""),
        ("mx.provider.example; spf=neutral smtp.mailfrom=kunde.example", ""),
        ("mx.provider.example; dkim=pass header.d=else.example header.i=@kunde.example", ""),
        ("mx.provider.example; dkim=pass", ""),
        ("mx.provider.example; arc=pass header.d=kunde.example", ""),
        ("mx.provider.example; dkim-adsp=pass header.d=kunde.example", ""),
        ("mx.provider.example 2; dmarc=pass", ""),  # a version that nobody has described
    ],
)
def test_what_the_trusted_server_says(value: str, expected: str) -> None:
    """A pass of DMARC, or one of SPF or DKIM for the From domain, proves where a mail is from."""
    assert proof(value) == expected


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("kunde.example", True),
        ("KUNDE.example", True),
        ("mail.kunde.example", True),
        ("a.b.kunde.example", True),
        ("unde.example", False),
        ("kunde.example.evil.example", False),
        ("evilkunde.example", False),
        ("x.kunde.example:25", False),
        ("example", False),
        ("", False),
        ("kunde.example,", False),
        ("kunde.example@evil.example", False),
        ("\u212aunde.example", False),  # the sign for Kelvin is a k in lower case
        ("smtp.helo=a.kunde.example", False),
    ],
)
def test_aligned_is_the_same_domain_or_one_above_or_below(domain: str, expected: bool) -> None:
    """A neighbour's or a longer domain is not the sender's."""
    for value in (f"dkim=pass header.d={domain}", f"spf=pass smtp.mailfrom={domain}"):
        assert bool(proof(f"mx.provider.example; {value}")) is expected


def test_a_subdomain_is_vouched_for_by_the_domain_above_it_but_not_by_its_neighbour() -> None:
    """mail.kunde.example may be signed by kunde.example, not by shop.kunde.example, and nothing by .example."""
    sender = "anna@mail.kunde.example"
    assert proof("mx.provider.example; dkim=pass header.d=kunde.example", sender=sender)
    assert not proof("mx.provider.example; dkim=pass header.d=shop.kunde.example", sender=sender)
    assert not proof("mx.provider.example; dkim=pass header.d=example", sender=sender)


@pytest.mark.parametrize(
    "value",
    [
        "evil.example; dmarc=pass header.from=kunde.example",
        "mx.provider.example.evil.example; dmarc=pass",
        "evil.mx.provider.example; dmarc=pass",
        "mx.provider.exampleevil; dmarc=pass",
        "(mx.provider.example;) evil.example; dmarc=pass",
        "(mx.provider.example) ; dmarc=pass",
        "evil.example (mx.provider.example); dmarc=pass",
        '"mx.provider.example; dmarc=pass" ; dmarc=pass',
        "mx.provider(x).example; dmarc=pass",
        "mx.provider.example evil.example; dmarc=pass",
        "mx.provider.example\u00a0; dmarc=pass",
        "mx.provider.\u212axample; dmarc=pass",
        "m\u0445.provider.example; dmarc=pass",  # a Cyrillic letter
        "mx.provider.example\u200b; dmarc=pass",
        "=?utf-8?q?mx.provider.example?=; dmarc=pass",
        "evil.example; x=y\r\n mx.provider.example; dmarc=pass",
        "dmarc=pass; mx.provider.example",
        "; mx.provider.example; dmarc=pass",
    ],
)
def test_a_forged_server_name_never_counts(value: str) -> None:
    """Whatever stands in the field, only the trusted name in its place makes it count."""
    assert read_authentication(mail(value), TRUSTED).results == ()


def test_a_kelvin_sign_in_the_server_name_is_no_k() -> None:
    """A letter that becomes ASCII in lower case is another letter."""
    found = read_authentication(mail("m\u212a.example; dmarc=pass"), frozenset({"mk.example"}))
    assert found.results == ()


@pytest.mark.parametrize(
    "value",
    [
        'mx.provider.example; spf=fail smtp.mailfrom="x; dmarc=pass header.from=kunde.example"@evil.example',
        "mx.provider.example; spf=fail (dmarc=pass; dmarc=pass) smtp.mailfrom=evil.example",
        'mx.provider.example; spf=fail reason="; dmarc=pass" smtp.mailfrom=evil.example',
        'mx.provider.example; spf=fail smtp.mailfrom="\\"; dmarc=pass"@evil.example',
        "mx.provider.example; spf=fail smtp.mailfrom=x;dmarc=pass@evil.example",
        "mx.provider.example; spf=fail smtp.mailfrom=(x@evil.example; dmarc=pass",
        "mx.provider.example; dmarc=pass (never closed",
        'mx.provider.example; dmarc=pass "never closed',
        "mx.provider.example; dmarc=pass; dmarc=fail",
        "mx.provider.example; dmarc=fail; dkim=pass header.d=kunde.example",
        'mx.provider.example; dmarc="pass"',
        'mx.provider.example; "dmarc=pass"',
        "mx.provider.example; dm(x)arc=pass",
        "mx.provider.example; x dmarc=pass",
        "mx.provider.example; dmarc=pass header.from=else.example",
        "mx.provider.example; dmarc=pass header.from=kunde.example header.from=else.example",
        "mx.provider.example; dkim=pass header.d=kunde.example header.d=evil.example",
        'mx.provider.example; dkim=pass "header.d=kunde.example"',
        'mx.provider.example; spf=pass smtp.mailfrom="anna@kunde.example"@evil.example',
        "mx.provider.example; spf=pass smtp.mailfrom= smtp.helo=a.kunde.example",
        f"mx.provider.example; dmarc=pass {'x' * MAX_LENGTH}",
    ],
)
def test_what_a_sender_smuggles_into_the_servers_field_proves_nothing(value: str) -> None:
    """Names that senders choose stand in the field; none of them is taken for a result."""
    assert proof(value) == ""


def test_only_the_topmost_trusted_field_counts() -> None:
    """A field further down came with the mail, even where the one on top says nothing or can't be read."""
    for top in ("none", "dmarc=fail", "spf=fail", "spf=pass (", "x" * MAX_LENGTH):
        assert proof(f"mx.provider.example; {top}", PASS) == ""
    assert proof("inner.provider.example; none", "", PASS) == "dmarc"
    assert proof(PASS, "mx.provider.example; dmarc=fail") == "dmarc"


def test_without_a_trusted_server_nothing_counts() -> None:
    """A client that names no server believes none."""
    assert read_authentication(mail(PASS), frozenset()).results == ()


@pytest.mark.parametrize(
    "head",
    [
        b"From: a@kunde.example, b@else.example\r\n",
        b"From: a@kunde.example\r\nFrom: b@else.example\r\n",
        b"From: undisclosed:;\r\n",
        b"From: a@[192.0.2.1]\r\n",
        b"From: a@example\r\n",
        b"",
    ],
)
def test_a_mail_with_several_senders_or_none_is_not_authenticated(head: bytes) -> None:
    """Nobody can tell whom such a mail is from."""
    raw = f"{NAME}: mx.provider.example; dmarc=pass\r\n".encode() + head + b"\r\nText\r\n"
    assert not read_authentication(parse(raw), TRUSTED).authenticated


def test_a_folded_field_is_read_as_one() -> None:
    """Folding changes nothing, also not by a line that looks like a field of its own."""
    raw = (
        b"Authentication-Results: mx.provider.example;\r\n\tdkim=pass header.d=kunde.example;\r\n spf=none\r\n"
        b"From: Anna <anna@kunde.example>\r\n\r\nText\r\n"
    )
    found = read_authentication(parse(raw), TRUSTED)
    assert (found.proof, found.words("dkim"), found.words("spf")) == ("dkim", ("pass",), ("none",))
    forged = (
        b"Authentication-Results: evil.example;\r\n Authentication-Results: mx.provider.example; dmarc=pass\r\n"
        b"Subject: x\r\n Authentication-Results: mx.provider.example; dmarc=pass\r\n"
        b"From: Anna <anna@kunde.example>\r\n\r\nAuthentication-Results: mx.provider.example; dmarc=pass\r\n"
    )
    assert read_authentication(parse(forged), TRUSTED).results == ()


def test_encoded_words_in_the_field_stay_encoded() -> None:
    """Else a sender's name could come out as a quotation mark, a semicolon and a result."""
    word = b"=?utf-8?q?x=22=3B_dmarc=3Dpass=3B_=22?="
    raw = (
        b'Authentication-Results: mx.provider.example; spf=fail smtp.mailfrom="'
        + word
        + b'"@evil.example\r\n'
        b"From: Anna <anna@kunde.example>\r\n\r\nText\r\n"
    )
    assert read_authentication(parse(raw), TRUSTED).words("dmarc") == ()


def test_umlauts_in_the_senders_domain_are_compared_in_the_form_of_the_wire() -> None:
    """Servers write xn--; a domain that has no such form is nobody's."""
    value = "mx.provider.example; dkim=pass header.d=xn--mller-kva.example"
    assert proof(value, sender="anna@müller.example") == "dkim"
    assert proof(value, sender=f"anna@{'ü' * 300}.example") == ""
    assert proof(value, sender="anna@mü..ller.example") == ""


def test_all_results_are_told() -> None:
    """Rules may ask for each method's own words."""
    value = "mx.provider.example; DKIM=Fail; dkim=pass header.d=a.example; spf=softfail; iprev=pass"
    found = read_authentication(mail(value), TRUSTED)
    assert found.words("dkim") == ("fail", "pass")
    assert (found.words("spf"), found.words("dmarc")) == (("softfail",), ())


PIECES = st.lists(
    st.sampled_from(
        ["mx.provider.example", ";", " ", "(", ")", '"', "\\", "=", "dmarc", "spf", "dkim", "pass", "fail", "header.d",
         "smtp.mailfrom", "kunde.example", "evil.example", "@", "1", "2", "ü", "\ud800", "\r\n\t"]
    ),
    max_size=40,
).map("".join)  # fmt: skip


@given(st.lists(PIECES | st.text(max_size=60), max_size=4))
def test_no_field_raises_and_none_counts_without_the_servers_name(values: list[str]) -> None:
    """Rubbish is read without a complaint, and proves nothing to who trusts another server."""
    read_authentication(mail(*values), TRUSTED)
    assert read_authentication(mail(*values), frozenset({"other.example"})).results == ()


@given(PIECES)
def test_what_stands_in_quotes_or_comments_is_no_result(text: str) -> None:
    """Escaped as the standard has it, no text of a sender's choice can add a result."""
    inside = text.replace("\\", "\\\\").replace('"', '\\"')
    comment = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    value = f'mx.provider.example; spf=fail ({comment}) smtp.mailfrom="{inside}"@evil.example; dkim=none'
    found = read_authentication(mail(value), TRUSTED)
    assert [(each.method, each.result) for each in found.results] == [("spf", "fail"), ("dkim", "none")]
    assert not found.authenticated


@pytest.mark.parametrize("piece", ["(", '"', "a=", ";", "(a)", "\\", "x.y=z ", "dkim=pass "])
def test_reading_takes_linear_time(piece: str) -> None:
    """No field makes it slow."""
    start = time.monotonic()
    read_authentication(mail("mx.provider.example; " + piece * (MAX_LENGTH // len(piece) - 30)), TRUSTED)
    read_authentication(mail("mx.provider.example; " + piece * 1_000_000), TRUSTED)
    assert time.monotonic() - start < 1

"""Subjects of threads and of answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core.subject import answered_subject, base_subject, reply_subject


@pytest.mark.parametrize(
    "subject",
    [
        "Angebot",
        "AW: Angebot",
        "Aw: Re: WG: Angebot",
        "RE: Fwd: FW: Fw: Angebot",
        "Antwort: SV: Angebot",
        "AW[2]: Re[3]: Re(4): Angebot",
        "AW : Angebot",
        "aw:Angebot",
        "  AW:\r\n  Angebot ",
        "AW: \tAngebot\x00",
    ],
)
def test_prefixes_are_stripped(subject: str) -> None:
    """All stacked prefixes of German and English programs go, whatever their case and spacing."""
    assert base_subject(subject) == "Angebot"


@pytest.mark.parametrize(
    ("subject", "base"),
    [
        ("AW: [EXTERN] AW: Angebot", "[EXTERN] Angebot"),
        ("[EXT] Angebot", "[EXT] Angebot"),
        ("AW: [EXT] WG: [EXT] Angebot", "[EXT] Angebot"),
        ("Antrag: Umbau", "Antrag: Umbau"),
        ("Rechnung: AW: 17", "Rechnung: AW: 17"),
        ("Regal 7: Reparatur", "Regal 7: Reparatur"),
        ("Wege zum Angebot", "Wege zum Angebot"),
        ("Re:", ""),
        ("", ""),
    ],
)
def test_what_is_no_prefix_stays(subject: str, base: str) -> None:
    """Tags, and words that merely begin like a prefix, are part of the subject."""
    assert base_subject(subject) == base


@pytest.mark.parametrize(
    ("subject", "reply"),
    [
        ("Angebot", "AW: Angebot"),
        ("AW: Re: Angebot", "AW: Angebot"),
        ("RE: FW: Antwort: WG: Aw: Angebot", "AW: Angebot"),
        ("AW[2]: Re(3): AW^4: Angebot", "AW: Angebot"),
        ("[EXTERN] AW: [EXTERN] Angebot", "AW: Angebot"),
        ("AW: [EXT] Re: [External] Angebot", "AW: Angebot"),
        ("[EXTERNAL SENDER] [Projekt 7] Angebot", "AW: [Projekt 7] Angebot"),
        ("[EXTERN]", "AW: Ihre Nachricht"),
        ("", "AW: Ihre Nachricht"),
        ("Re: ", "AW: Ihre Nachricht"),
        ("Angebot\r\nBcc: alle@northwind.example", "AW: Angebot Bcc: alle@northwind.example"),
    ],
)
def test_reply_has_one_prefix(subject: str, reply: str) -> None:
    """An answer carries AW: once, on one line, and has a subject even where the mail had none."""
    assert reply_subject(subject) == reply


def test_what_a_letter_is_about_has_no_mark_of_a_gateway() -> None:
    """[EXTERN] is written for the client's own staff; other tags belong to the subject."""
    assert answered_subject("[EXTERN] AW: [Ticket#17] Angebot") == "[Ticket#17] Angebot"
    assert answered_subject("[EXTRA] Angebot") == "[EXTRA] Angebot"
    assert answered_subject("AW: [EXTERN] Re:") == ""


def test_reply_to_an_endless_subject_is_cut() -> None:
    """A subject of 100,000 characters does not make such an answer."""
    assert len(reply_subject("Angebot " * 12_500)) <= 310


@given(st.text(alphabet="AWRe:[]2 FwdX\n(", max_size=60))
def test_base_is_its_own_base(subject: str) -> None:
    """Stripping twice is stripping once, and a reply to a reply has the same subject."""
    base = base_subject(subject)
    assert base_subject(base) == base
    assert reply_subject(reply_subject(subject)) == reply_subject(subject)

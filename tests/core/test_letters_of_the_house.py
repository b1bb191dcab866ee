"""The letters that the house ships: as a German secretary would send them, to whomever they go."""

import re
from dataclasses import replace

import pytest

from maild.core.flowed import flow
from tests.core.letters import AUTOMATIC, CASES, HEAD, HERE, TEMPLATES, letter, names, template, written

EACH = [(name, case) for name in names() for case in CASES]
GERMAN = [(name, case) for name, case in EACH if case != "english"]


@pytest.mark.parametrize("name", names())
def test_the_letter_is_as_it_was_read(name: str) -> None:
    """For a Frau, an unknown person, a company, du and an English reader: letter by letter the golden file."""
    assert written(name) == (HERE / f"{name}.txt").read_text(encoding="utf-8")


def test_each_golden_file_has_its_letter() -> None:
    """None is left of a letter that is gone."""
    assert sorted(path.stem for path in HERE.glob("*.txt")) == names()


def test_there_are_enough_letters_each_in_two_languages() -> None:
    """At least 15, the named ones among them, all in English, too."""
    wanted = {
        "receipt",
        "offer-request",
        "offer",
        "appointment",
        "complaint",
        "invoice-query",
        "out-of-hours",
    }
    wanted |= {
        "holiday",
        "absence",
        "referral",
        "missing-data",
        "refusal",
        "thanks",
        "follow-up",
        "acknowledgement",
    }
    assert wanted <= set(names())
    assert all((TEMPLATES / "en" / f"{name}.txt.j2").exists() for name in names())


@pytest.mark.parametrize(("name", "case"), EACH)
def test_the_layout_is_that_of_a_letter(name: str, case: str) -> None:
    """Salutation, text, closing, name, signature: blank lines between, none doubled, no line over 76, nothing empty."""
    text = flow(letter(name, case).text)
    salutation, *paragraphs, ending, legal = text.removesuffix("\n").split("\n\n")
    assert salutation.endswith(",")
    assert "\n" not in salutation
    assert ending.split("\n")[1:] == [HEAD.identity.name]
    assert ending.split("\n")[0][-1].isalpha()
    assert legal.startswith("-- \nNorthwind Tools Ltd")
    assert paragraphs
    assert all(paragraph.strip() for paragraph in paragraphs)
    assert max(len(line) for line in text.split("\n")) <= 76
    assert "  " not in text
    assert " ." not in text
    assert " ," not in text
    assert not re.search(r"\bNone\b|\{|\}|MfG|\bBetreff\b", text)


@pytest.mark.parametrize(("name", "case"), EACH)
def test_the_subject_is_a_keyword(name: str, case: str) -> None:
    """One AW: or Re:, no full stop, no mark of a gateway, never empty."""
    subject = letter(name, case).subject
    assert re.fullmatch(r"(AW|Re): [^:\[\]]+[^.\s]", subject)
    assert subject.startswith("Re: ") == (case == "english")


@pytest.mark.parametrize(("name", "case"), GERMAN)
def test_sie_and_du_are_not_mixed(name: str, case: str) -> None:
    """Who is addressed with du is so throughout, and nobody else is."""
    words = set(re.findall(r"\w+", letter(name, case).text.split("\n\n-- ")[0]))
    du = {word for word in words if re.fullmatch(r"[Dd](u|ich|ir|eine?[nmrs]?)", word)}
    sie = {word for word in words if re.fullmatch(r"Ihne?n?|Ihre?[nmrs]?|wollen", word)}
    assert not (sie if case == "du" else du)


@pytest.mark.parametrize(("name", "case"), GERMAN)
def test_the_text_goes_on_in_small_letters(name: str, case: str) -> None:
    """After the comma of a German salutation; a noun and a name keep their capital."""
    first = letter(name, case).text.split("\n\n")[1]
    assert first[0].islower()


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", sorted(AUTOMATIC))
def test_an_automatic_letter_has_no_gap_and_no_advertising(name: str, case: str) -> None:
    """BGH VI ZR 134/15; nobody would fill a gap."""
    written_ = letter(name, case)
    assert written_.gaps == ()
    assert not re.search(
        r"(?i)angebot|aktion|rabatt|newsletter|besuchen|https?:|offer|discount", written_.text
    )


@pytest.mark.parametrize(("name", "case"), EACH)
def test_an_enclosure_is_announced_by_the_offer_alone(name: str, case: str) -> None:
    """Every other letter carries nothing, so it says nothing of a file."""
    announced = re.search(r"(?i)anbei|anhang|anlage|beigefügt|attached|enclosed", letter(name, case).text)
    assert bool(announced) == (name == "offer")


@pytest.mark.parametrize("name", names())
def test_a_swiss_firm_writes_ss(name: str) -> None:
    """No ß in a whole letter to somebody without one in her name; gaps keep their marks."""
    swiss = letter(name, "frau", replace(HEAD, locale="de_CH"))
    assert "ß" not in swiss.text + swiss.subject
    assert "Mit freundlichen Grüssen" in swiss.text
    assert all(f"«{gap}»" in swiss.text for gap in swiss.gaps)


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("name", names())
def test_each_letter_carries_the_particulars(name: str, language: str) -> None:
    """The law asks for them in every business mail; the signature has them."""
    assert {"salutation", "closing", "signature"} <= template(name, language).names

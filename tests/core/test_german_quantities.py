"""IBAN, sizes of files, quantities with units, and the Swiss spelling."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core.german.quantities import groesse, iban, menge
from maild.core.german.regional import LOCALES, localised, swiss

NB = "\N{NO-BREAK SPACE}"
# Examples that the registry of ISO 13616 and the central banks print; nobody's accounts.
GOOD = ["DE89370400440532013000", "AT611904300234573201", "CH9300762011623852957", "GB29NWBK60161331926819"]


@pytest.mark.parametrize("account", GOOD)
def test_iban_stands_in_fours(account: str) -> None:
    """However it was typed, with blanks, hyphens or small letters."""
    printed = iban(account)
    assert all(len(group) == 4 for group in printed.split(NB)[:-1])
    assert printed.replace(NB, "") == account
    assert iban(f" iban: {printed.lower().replace(NB, ' ')} ") == printed


def test_iban_as_german_letters_have_it() -> None:
    """The example of DIN 5008's readers."""
    assert iban("DE89370400440532013000") == NB.join(["DE89", "3704", "0044", "0532", "0130", "00"])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("", "iban needs an IBAN"),
        ("Sparkasse", "iban needs an IBAN"),
        ("DE8937040044053201300", "a German IBAN has DE and 20 digits"),
        ("DE89370400440532013001", "the check digits of this IBAN are wrong"),
        ("DE98370400440532013000", "the check digits of this IBAN are wrong"),
    ],
)
def test_a_wrong_iban_is_never_printed(value: str, message: str) -> None:
    """Somebody would pay to it; the message repeats nothing of it."""
    with pytest.raises(ValueError, match=message) as refused:
        iban(value)
    assert not value or value not in str(refused.value)


@given(st.sampled_from(GOOD), st.integers(4, 21), st.integers(0, 9))
def test_one_wrong_digit_is_always_noticed(account: str, place: int, digit: int) -> None:
    """ISO 7064 finds every single wrong digit."""
    place = min(place, len(account) - 1)
    wrong = account[:place] + str(digit) + account[place + 1 :]
    if wrong == account or not account[place].isdigit():
        return
    with pytest.raises(ValueError, match="check digits"):
        iban(wrong)


@pytest.mark.parametrize(
    ("value", "language", "text"),
    [
        (0, "de", f"0{NB}Byte"),
        (12, "de", f"12{NB}Byte"),
        (1, "en", f"1{NB}byte"),
        (12, "en", f"12{NB}bytes"),
        (1_000, "de", f"1{NB}kB"),
        (640_000, "de", f"640{NB}kB"),
        (1_440_000, "de", f"1,4{NB}MB"),
        (999_960, "de", f"1{NB}MB"),
        (25_000_000, "de", f"25{NB}MB"),
        (1_440_000, "en", f"1.4{NB}MB"),
        (3_200_000_000, "de", f"3,2{NB}GB"),
        (3_200_000_000_000, "de", f"3.200{NB}GB"),
    ],
)
def test_groesse(value: int, language: str, text: str) -> None:
    """At most one decimal, the unit never begins a line."""
    assert groesse(value, language) == text


@pytest.mark.parametrize(
    ("value", "unit", "language", "text"),
    [
        (5, "kg", "de", f"5{NB}kg"),
        (2.5, "kg", "de", f"2,5{NB}kg"),
        (1200, "m²", "de", f"1.200{NB}m²"),
        (Decimal("19.00"), "%", "de", f"19{NB}%"),
        (Decimal("7.25"), "%", "de_AT", f"7,25{NB}%"),
        (19, "%", "en", "19%"),
        (2.5, "kg", "en", f"2.5{NB}kg"),
        (-3, "°C", "de", f"-3{NB}°C"),
    ],
)
def test_menge(value: float, unit: str, language: str, text: str) -> None:
    """A no-break space before the unit, before the German percent sign too."""
    assert menge(value, unit, language) == text


@pytest.mark.parametrize(
    "call",
    [
        lambda: groesse(-1),
        lambda: groesse("1 MB"),
        lambda: groesse(True),
        lambda: menge("5", "kg"),
        lambda: menge(True, "kg"),
        lambda: menge(float("nan"), "kg"),
        lambda: menge(5, " "),
        lambda: menge(5, "kg\n"),
        lambda: menge(5, "1"),
    ],
)
def test_what_is_no_quantity_is_refused(call: object) -> None:
    """Never text for a number, never a line break in a unit."""
    with pytest.raises(ValueError, match="needs a"):
        call()  # type: ignore[operator]


@given(st.integers(0, 10**15), st.sampled_from(["de", "en"]))
def test_a_size_is_short(value: int, language: str) -> None:
    """One number, one unit, on one line."""
    assert re.fullmatch(rf"[\d.,]+{NB}(?:bytes?|Byte|kB|MB|GB)", groesse(value, language))


def test_swiss_has_no_sharp_s() -> None:
    """ss in its place, SS for the capital."""
    assert swiss("Mit freundlichen Grüßen, STRAẞE") == "Mit freundlichen Grüssen, STRASSE"


@given(st.text())
def test_swiss_changes_nothing_else(text: str) -> None:
    """Twice is as once, and a text without ß stays as it is."""
    respelled = swiss(text)
    assert "ß" not in respelled
    assert swiss(respelled) == respelled
    assert ("ß" in text or "ẞ" in text) or respelled == text


@pytest.mark.parametrize(
    ("language", "locale", "written"),
    [
        ("de", "de_CH", "de_CH"),
        ("de", "de_DE", "de_DE"),
        ("DE", "de_AT", "de_AT"),
        ("en", "de_CH", "en"),
        ("de_AT", "de_CH", "de_AT"),
        ("fr", "de_CH", "fr"),
        ("de", "fr_CH", "de"),
    ],
)
def test_the_locale_is_the_clients(language: str, locale: str, written: str) -> None:
    """The client's form of German for German letters only; a locale that a letter has already stays."""
    assert localised(language, locale) == written
    assert "de_DE" in LOCALES

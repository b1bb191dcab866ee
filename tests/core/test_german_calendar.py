"""Dates, times, amounts and telephone numbers as DIN 5008 and german.md («Letter») have them."""

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core.german.amounts import betrag, telefon
from maild.core.german.calendar import datum, datumspanne, kurzdatum, tag, uhrzeit, wochentag, zeitspanne

NB = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("value", "language", "text"),
    [
        (date(2026, 3, 5), "de", "5. März 2026"),
        (datetime(2026, 3, 5, 23, 30, tzinfo=UTC), "de", "5. März 2026"),
        (date(2026, 12, 31), "de", "31. Dezember 2026"),
        (date(2027, 1, 6), "de", "6. Januar 2027"),
        (date(2027, 1, 6), "de_AT", "6. Jänner 2027"),
        (date(2027, 1, 6), "de_CH", "6. Januar 2027"),
        (date(2026, 3, 5), "en", "5 March 2026"),
    ],
)
def test_datum(value: date, language: str, text: str) -> None:
    """A date has its month as a word; Austria says Jänner."""
    assert datum(value, language) == text


@pytest.mark.parametrize(
    ("value", "language", "text"),
    [
        (time(9, 0), "de", f"9{NB}Uhr"),
        (time(9, 15), "de", f"09:15{NB}Uhr"),
        (time(17, 0), "de", f"17{NB}Uhr"),
        (time(0, 0), "de", f"0{NB}Uhr"),
        (datetime(2026, 11, 22, 14, 5, 59, tzinfo=UTC), "de", f"14:05{NB}Uhr"),
        (time(9, 15), "en", "09:15"),
        (time(9, 0), "en", "09:00"),
    ],
)
def test_uhrzeit(value: time, language: str, text: str) -> None:
    """A full hour stands alone, any other time has four digits, Uhr never begins a line."""
    assert uhrzeit(value, language) == text


@pytest.mark.parametrize(
    ("value", "language", "text"),
    [
        (date(2026, 3, 5), "de", "05.03.2026"),
        (date(2026, 3, 5), "de_AT", "05.03.2026"),
        (datetime(2026, 12, 31, 23, tzinfo=UTC), "de", "31.12.2026"),
        (date(2026, 3, 5), "en", "5 Mar 2026"),
    ],
)
def test_kurzdatum(value: date, language: str, text: str) -> None:
    """Two digits, two, four; in English a name for the month, since 05/03 is two days there."""
    assert kurzdatum(value, language) == text


@pytest.mark.parametrize(
    ("language", "day", "with_year"),
    [
        ("de", "Montag, 23. November", "Montag, 23. November 2026"),
        ("de_CH", "Montag, 23. November", "Montag, 23. November 2026"),
        ("en", "Monday, 23 November", "Monday, 23 November 2026"),
    ],
)
def test_tag(language: str, day: str, with_year: str) -> None:
    """A day with its weekday; the year only where it isn't that of the letter."""
    assert tag(date(2026, 11, 23), 2026, language) == day
    assert tag(date(2026, 11, 23), 2025, language) == with_year
    assert day.startswith(wochentag(date(2026, 11, 23), language))


@pytest.mark.parametrize(
    ("first", "last", "language", "text"),
    [
        (date(2026, 3, 5), date(2026, 3, 9), "de", "5. bis 9. März 2026"),
        (date(2026, 2, 28), date(2026, 3, 3), "de", "28. Februar bis 3. März 2026"),
        (date(2026, 12, 24), date(2027, 1, 6), "de", "24. Dezember 2026 bis 6. Januar 2027"),
        (date(2026, 12, 24), date(2027, 1, 6), "de_AT", "24. Dezember 2026 bis 6. Jänner 2027"),
        (date(2026, 3, 5), date(2027, 3, 5), "de", "5. März 2026 bis 5. März 2027"),
        (date(2026, 3, 5), date(2026, 3, 5), "de", "5. März 2026"),
        (date(2026, 3, 5), date(2026, 3, 9), "en", "5 to 9 March 2026"),
        (date(2026, 2, 28), date(2026, 3, 3), "en", "28 February to 3 March 2026"),
    ],
)
def test_datumspanne(first: date, last: date, language: str, text: str) -> None:
    """What both days share stands once."""
    assert datumspanne(first, last, language) == text


@pytest.mark.parametrize(
    ("start", "end", "language", "text"),
    [
        (time(9), time(17), "de", f"9 bis 17{NB}Uhr"),
        (time(8, 30), time(12), "de", f"08:30 bis 12:00{NB}Uhr"),
        (time(9), time(12, 30), "de", f"09:00 bis 12:30{NB}Uhr"),
        (time(8), time(0), "de", f"8 bis 24{NB}Uhr"),
        (time(8, 15), time(0), "de", f"08:15 bis 24:00{NB}Uhr"),
        (time(9), time(17), "en", "09:00 to 17:00"),
        (datetime(2026, 3, 5, 9, tzinfo=UTC), datetime(2026, 3, 5, 17, tzinfo=UTC), "de", f"9 bis 17{NB}Uhr"),
    ],
)
def test_zeitspanne(start: time, end: time, language: str, text: str) -> None:
    """Both times are written alike."""
    assert zeitspanne(start, end, language) == text


@pytest.mark.parametrize(
    ("value", "language", "text"),
    [
        (Decimal("1234.5"), "de", f"1.234,50{NB}€"),
        (1234.5, "de", f"1.234,50{NB}€"),
        (0, "de", f"0,00{NB}€"),
        (1000000, "de", f"1.000.000,00{NB}€"),
        (Decimal("-12.5"), "de", f"-12,50{NB}€"),
        (0.1 + 0.2, "de", f"0,30{NB}€"),
        (1234.5, "de_AT", f"1.234,50{NB}€"),
        (1234.5, "de_CH", f"EUR{NB}1’234.50"),
        (5, "de_CH", f"EUR{NB}5.00"),
        (1234.5, "en", "€1,234.50"),
    ],
)
def test_betrag(value: float, language: str, text: str) -> None:
    """An amount has thousands set apart, two decimals, and the sign behind it; before it in Switzerland."""
    assert betrag(value, language) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("+49 231 123456-78", "+49 231 123456-78"),
        ("0231 123456", "0231 123456"),
        ("+44 20 7946 0000", "+44 20 7946 0000"),
        ("+49231123456", "+49 231 123456"),
        ("0049231123456", "+49 231 123456"),
        ("0231123456-78", "0231 123456-78"),
        ("0231/123456", "0231 123456"),
        ("+49 (0)231 123456", "+49 231 123456"),
        ("+49(0)231/123456 - 78", "+49 231 123456-78"),
        ("(0231) 123456", "0231 123456"),
        ("+493012345678", "+49 30 12345678"),
        ("08912345678", "089 12345678"),
        ("+491701234567", "+49 170 1234567"),
        ("01511234567", "0151 1234567"),
        ("+4923661234", "+49 23661234"),
        ("023661234", "023661234"),
        ("+442079460000", "+44 2079460000"),
        ("+4312345678", "+43 12345678"),
        ("+12125550100", "+1 2125550100"),
        ("+35312345678", "+35312345678"),
        ("+41441234567", "+41 44 123 45 67"),
        ("0041 44 123 45 67", "+41 44 123 45 67"),
        ("+4144123456", "+41 44123456"),
        ("110", "110"),
    ],
)
def test_telefon(value: str, text: str) -> None:
    """Country, area and number are set apart where that is certain; groups that are there stay."""
    assert telefon(value) == text


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: datum("5.3.2026"), "datum needs a date"),
        (lambda: datum(None), "datum needs a date"),
        (lambda: kurzdatum("5.3.2026"), "kurzdatum needs a date"),
        (lambda: wochentag(None), "wochentag needs a date"),
        (lambda: datumspanne(date(2026, 3, 9), date(2026, 3, 5)), "datumspanne needs the earlier day first"),
        (lambda: datumspanne(date(2026, 3, 9), None), "datumspanne needs a date"),
        (lambda: zeitspanne(time(17), time(9)), "zeitspanne needs the earlier time first"),
        (lambda: zeitspanne(time(9), time(9)), "zeitspanne needs the earlier time first"),
        (lambda: zeitspanne("9", time(17)), "zeitspanne needs a time"),
        (lambda: datum(datetime(2026, 3, 5)), "a time without its zone can't be printed"),  # noqa: DTZ001
        (lambda: uhrzeit("9"), "uhrzeit needs a time"),
        (lambda: uhrzeit(date(2026, 3, 5)), "uhrzeit needs a time"),
        (lambda: uhrzeit(datetime(2026, 3, 5)), "a time without its zone can't be printed"),  # noqa: DTZ001
        (lambda: betrag("1.234"), "betrag needs a number, as 1234.50"),
        (lambda: betrag(True), "betrag needs a number, as 1234.50"),
        (lambda: betrag(float("nan")), "betrag needs a finite number"),
        (lambda: telefon("Zentrale"), "telefon needs a telephone number"),
    ],
)
def test_a_wrong_value_is_refused_without_quoting_it(call: object, message: str) -> None:
    """The message tells what was needed, and repeats no value of a mail."""
    with pytest.raises(ValueError, match=rf"^{re.escape(message)}$"):
        call()  # type: ignore[operator]


@given(st.from_regex(r"[+0-9 ()/\-]{1,30}", fullmatch=True))
def test_telefon_loses_no_digit(number: str) -> None:
    """Grouping a number changes nothing but blanks and signs, a leading 00, and the (0)."""
    if not any(char.isdigit() for char in number):
        return
    grouped = telefon(number)
    assert grouped == telefon(grouped)
    digits = "".join(char for char in grouped if char.isdigit())
    assert "".join(char for char in number if char.isdigit()).replace("0", "") == digits.replace("0", "")


SOME_DAY = st.dates(date(1990, 1, 1), date(2100, 1, 1))


@given(SOME_DAY, SOME_DAY, st.sampled_from(["de", "de_AT", "de_CH", "en"]))
def test_a_span_of_days_ends_with_its_last_day(one: date, other: date, language: str) -> None:
    """Whatever is left out before, the end is a whole date."""
    first, last = sorted((one, other))
    assert datumspanne(first, last, language).endswith(datum(last, language))

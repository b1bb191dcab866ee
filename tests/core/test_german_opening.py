"""The next opening in words: nights, weekends, holidays, the firm's own holidays, absences, the turn of the year."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core.german.opening import (
    NextOpening,
    after_absence,
    after_working_days,
    before_holiday,
    next_opening,
    next_working_day,
)
from maild.core.hours import Calendar, Dates, DayOfYear, Opening

BERLIN = ZoneInfo("Europe/Berlin")
NB = "\N{NO-BREAK SPACE}"
OFFICE = ((Opening(480, 720), Opening(780, 1020)),) * 5 + ((), ())
BAVARIA = Calendar(
    OFFICE,
    "DE-BY",
    closed=(Dates(date(2026, 12, 24), date(2027, 1, 6)),),
    half_days=frozenset({DayOfYear(12, 31)}),
)
DORTMUND = Calendar(OFFICE, "DE-NW")
SHOP = Calendar((*OFFICE[:5], (Opening(570, 840),), ()), "DE-NW")


def at(day: str, clock: str) -> datetime:
    """A moment in Berlin."""
    return datetime.combine(date.fromisoformat(day), time.fromisoformat(clock), BERLIN)


@pytest.mark.parametrize(
    ("why", "calendar", "moment", "text"),
    [
        ("Sunday", DORTMUND, at("2026-11-22", "10:00"), f"am Montag, 23. November, ab 8{NB}Uhr"),
        ("Friday evening", DORTMUND, at("2026-11-20", "18:00"), f"am Montag, 23. November, ab 8{NB}Uhr"),
        ("before it opens", DORTMUND, at("2026-11-23", "06:00"), f"am Montag, 23. November, ab 8{NB}Uhr"),
        ("at lunch", DORTMUND, at("2026-11-23", "12:30"), f"am Montag, 23. November, ab 13{NB}Uhr"),
        ("while open", DORTMUND, at("2026-11-23", "09:00"), f"am Dienstag, 24. November, ab 8{NB}Uhr"),
        ("open Saturdays", SHOP, at("2026-11-20", "18:00"), f"am Samstag, 21. November, ab 09:30{NB}Uhr"),
        ("holiday", DORTMUND, at("2026-12-25", "09:00"), f"am Montag, 28. Dezember, ab 8{NB}Uhr"),
        (
            "its own holidays",
            BAVARIA,
            at("2026-12-23", "20:00"),
            f"am Donnerstag, 7. Januar 2027, ab 8{NB}Uhr",
        ),
        ("a holiday elsewhere", DORTMUND, at("2027-01-05", "20:00"), f"am Mittwoch, 6. Januar, ab 8{NB}Uhr"),
        (
            "Bavaria's own",
            Calendar(OFFICE, "DE-BY"),
            at("2027-01-05", "20:00"),
            f"am Donnerstag, 7. Januar, ab 8{NB}Uhr",
        ),
    ],
)
def test_the_next_opening_is_named_by_its_day(
    why: str, calendar: Calendar, moment: datetime, text: str
) -> None:
    """Nights, weekends and holidays are passed over; the year is named only where it changes."""
    opening = next_opening(calendar, moment)
    assert opening is not None, why
    assert opening.text == text, why


def test_all_the_phrases() -> None:
    """Every field of the view, in German and in English."""
    moment = at("2026-11-22", "10:00")
    assert next_opening(DORTMUND, moment) == NextOpening(
        day="Montag, 23. November",
        time=f"8{NB}Uhr",
        text=f"am Montag, 23. November, ab 8{NB}Uhr",
        since="ab Montag, 23. November",
        workday="am nächsten Werktag, Montag, 23. November",
    )
    assert next_opening(DORTMUND, moment, "en") == NextOpening(
        day="Monday, 23 November",
        time="08:00",
        text="on Monday, 23 November, from 08:00",
        since="from Monday, 23 November",
        workday="on the next working day, Monday, 23 November",
    )


def test_austria_says_jaenner() -> None:
    """The month is the locale's."""
    opening = next_opening(BAVARIA, at("2026-12-23", "20:00"), "de_AT")
    assert opening is not None
    assert opening.day == "Donnerstag, 7. Jänner 2027"


def test_the_holiday_of_today_has_its_name() -> None:
    """A letter of a holiday can say which; that of any other day can't."""
    holiday = next_opening(DORTMUND, at("2026-12-25", "09:00"))
    assert holiday is not None
    assert holiday.holiday == "Erster Weihnachtstag"


def test_a_business_without_hours_promises_nothing() -> None:
    """Where nothing is known of the hours there is no next opening, and no phrase."""
    moment = at("2026-11-22", "10:00")
    assert next_opening(Calendar(), moment) is None
    assert next_working_day(Calendar(), moment.date()) is None
    assert before_holiday(Calendar(), moment) is None
    assert after_absence(Calendar(), moment.date(), moment.date(), BERLIN) is None


def test_an_absence_ends_on_a_working_day() -> None:
    """Who is away until Friday is back on Monday."""
    back = after_absence(DORTMUND, date(2026, 12, 11), date(2026, 12, 1), BERLIN)
    assert back is not None
    assert back.since == "ab Montag, 14. Dezember"


@pytest.mark.parametrize(
    ("why", "calendar", "moment", "since"),
    [
        ("the day before Christmas", DORTMUND, at("2026-12-24", "09:00"), "ab Montag, 28. Dezember"),
        (
            "the last day before its own holidays",
            BAVARIA,
            at("2026-12-23", "09:00"),
            "ab Donnerstag, 7. Januar 2027",
        ),
        ("Maundy Thursday", DORTMUND, at("2027-03-25", "16:00"), "ab Dienstag, 30. März"),
        ("an ordinary Friday", DORTMUND, at("2026-11-20", "09:00"), None),
        ("an ordinary Monday", DORTMUND, at("2026-11-23", "09:00"), None),
        ("the holiday itself", DORTMUND, at("2026-12-25", "09:00"), None),
        ("two days before", DORTMUND, at("2026-12-23", "09:00"), None),
        ("a holiday on a Saturday", DORTMUND, at("2026-10-02", "09:00"), "ab Montag, 5. Oktober"),
    ],
)
def test_before_a_holiday_the_next_open_day_is_named(
    why: str, calendar: Calendar, moment: datetime, since: str | None
) -> None:
    """Only on the last working day before it (german.md, «Holidays and hours»)."""
    opening = before_holiday(calendar, moment)
    assert (opening and opening.since) == since, why


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001 - the zone is put to it below
    st.sampled_from([DORTMUND, BAVARIA, SHOP]),
    st.sampled_from(["de", "de_AT", "de_CH", "en"]),
)
def test_what_is_named_is_open_and_lies_ahead(moment: datetime, calendar: Calendar, language: str) -> None:
    """No letter ever promises a day on which nobody is there."""
    aware = moment.replace(tzinfo=BERLIN)
    opening = next_opening(calendar, aware, language)
    assert opening is not None
    ahead = (aware.date() + timedelta(days=count) for count in range(400))
    first = next(day for day in ahead if calendar.open_on(day) and _still_to_come(calendar, day, aware))
    assert str(first.day) in (opening.day or "")
    assert all(part and "\n" not in part for part in (opening.day, opening.time, opening.text, opening.since))


def _still_to_come(calendar: Calendar, day: date, moment: datetime) -> bool:
    if day > moment.date():
        return True
    minute = moment.hour * 60 + moment.minute
    return not calendar.is_open(moment) and any(each.start > minute for each in calendar.open_on(day))


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        (date(2026, 11, 23), 1, date(2026, 11, 24)),
        (date(2026, 11, 20), 1, date(2026, 11, 23)),
        (date(2026, 11, 22), 3, date(2026, 11, 25)),
        (date(2026, 12, 23), 2, date(2026, 12, 28)),
        (date(2026, 11, 23), 5, date(2026, 11, 30)),
    ],
)
def test_working_days_are_counted_from_the_next_one(day: date, count: int, expected: date) -> None:
    """§ 187 (1) BGB; weekends and holidays don't count."""
    assert after_working_days(DORTMUND, day, count) == expected


def test_no_number_of_working_days_is_nothing() -> None:
    """Less than one is a mistake; a business without hours has no working day."""
    with pytest.raises(ValueError, match="at least 1"):
        after_working_days(DORTMUND, date(2026, 11, 23), 0)
    assert after_working_days(Calendar(), date(2026, 11, 23), 2) is None


def test_no_day_after_the_last_of_the_calendar() -> None:
    """The end of time is an end, not an error."""
    assert next_working_day(DORTMUND, date.max) is None

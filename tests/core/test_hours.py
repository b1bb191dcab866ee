"""The calendar of a business: when it is open, what is a holiday, and when business hours have passed."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core.hours import Calendar, Dates, DayOfYear, Opening

BERLIN = ZoneInfo("Europe/Berlin")
DAY = (Opening(8 * 60, 12 * 60), Opening(13 * 60, 17 * 60))
BAVARIA = Calendar(
    openings=(*(DAY,) * 5, (), ()),
    region="DE-BY",
    closed=(Dates(date(2026, 12, 27), date(2027, 1, 6)),),
    half_days=frozenset({DayOfYear(12, 24), DayOfYear(12, 31)}),
)
ALWAYS = Calendar(openings=((Opening(0, 1440),),) * 7, region="DE-BE")


def at(text: str) -> datetime:
    """A moment in Berlin."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-23 07:59:59", False),
        ("2026-11-23 08:00", True),
        ("2026-11-23 11:59:59.999999", True),
        ("2026-11-23 12:00", False),
        ("2026-11-23 13:00", True),
        ("2026-11-23 17:00", False),
        ("2026-11-22 10:00", False),  # a Sunday
        ("2026-10-02 10:00", True),
        ("2026-01-06 10:00", False),  # Heilige Drei Könige
        ("2026-11-11 10:00", True),  # St. Martin is a working day
        ("2026-12-24 11:59", True),
        ("2026-12-24 12:00", False),
        ("2026-12-24 13:30", False),
        ("2026-12-28 10:00", False),  # its own holidays
        ("2027-01-05 10:00", False),
        ("2027-01-07 10:00", True),
    ],
)
def test_open_within_hours_only(moment: str, expected: bool) -> None:
    """Hours are half-open; holidays, company holidays and the afternoon of a half day are closed."""
    assert BAVARIA.is_open(at(moment)) is expected


def test_a_half_day_ends_at_twelve_whatever_the_hours() -> None:
    """Hours over noon are cut, those after it fall away."""
    over_noon = Calendar(((Opening(600, 840),),) * 7, half_days=frozenset({DayOfYear(12, 24)}))
    assert over_noon.open_on(date(2026, 12, 24)) == (Opening(600, 720),)
    afternoon = Calendar(((Opening(720, 840),),) * 7, half_days=frozenset({DayOfYear(12, 24)}))
    assert afternoon.open_on(date(2026, 12, 24)) == ()


def test_no_minute_is_lost_around_the_clock() -> None:
    """A business open from 00:00 to 24:00 is open at every minute of the day."""
    start = at("2026-11-23 00:00")
    assert all(ALWAYS.is_open(start + timedelta(minutes=minute)) for minute in range(2 * 1440))


@pytest.mark.parametrize(
    ("region", "catholic", "day", "name"),
    [
        ("DE-BY", False, "2026-01-06", "Heilige Drei Könige"),
        ("DE-NW", False, "2026-01-06", ""),
        ("DE-NW", False, "2026-06-04", "Fronleichnam"),
        ("DE-BY", False, "2026-08-15", ""),
        ("DE-BY", True, "2026-08-15", "Mariä Himmelfahrt"),
        ("DE-SL", False, "2026-08-15", "Mariä Himmelfahrt"),
        ("DE-BE", False, "2026-03-08", "Frauentag"),
        (
            "DE-BE",
            False,
            "2025-05-08",
            "80. Jahrestag der Befreiung vom Nationalsozialismus und der Beendigung",
        ),
        ("DE-SN", False, "2026-11-18", "Buß- und Bettag"),
        ("DE", False, "2026-10-03", "Tag der Deutschen Einheit"),
        ("DE", True, "2026-10-03", "Tag der Deutschen Einheit"),
        ("DE-NW", False, "2026-11-11", ""),
        ("DE-NW", False, "2026-12-24", ""),
        ("DE-NW", False, "2026-12-31", ""),
        ("AT-9", True, "2026-10-26", "Nationalfeiertag"),
        ("CH-ZH", True, "2026-08-01", "Nationalfeiertag"),
        ("GB", True, "2026-12-25", "Christmas Day"),
    ],
)
def test_holidays_are_those_of_the_state(region: str, catholic: bool, day: str, name: str) -> None:
    """In German, by Bundesland; those of Catholic towns only with the switch; no other country is put out by it."""
    found = Calendar(region=region, catholic=catholic).holiday(date.fromisoformat(day))
    assert found.startswith(name)
    assert bool(found) is bool(name)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-23 09:17", "2026-11-23 09:17"),
        ("2026-11-23 12:00", "2026-11-23 13:00"),
        ("2026-11-20 17:00", "2026-11-23 08:00"),
        ("2026-12-24 12:00", "2027-01-07 08:00"),
    ],
)
def test_next_opening_names_the_next_working_time(moment: str, expected: str) -> None:
    """Weekends, holidays and company holidays are passed over; an open business is open now."""
    assert BAVARIA.next_opening(at(moment)) == at(expected)


@pytest.mark.parametrize(
    ("moment", "hours", "expected"),
    [
        ("2026-11-23 08:00", 0, "2026-11-23 08:00"),
        ("2026-11-22 10:00", 0, "2026-11-22 10:00"),
        ("2026-11-23 08:00", 4, "2026-11-23 12:00"),
        ("2026-11-23 09:30", 4, "2026-11-23 14:30"),
        ("2026-11-23 16:30", 1, "2026-11-24 08:30"),
        ("2026-11-20 16:00", 4, "2026-11-23 11:00"),
        ("2026-11-21 03:00", 8, "2026-11-23 17:00"),
        ("2026-12-23 16:00", 6, "2027-01-07 09:00"),
    ],
)
def test_business_hours_pass_only_while_open(moment: str, hours: int, expected: str) -> None:
    """Four business hours on Friday afternoon end on Monday."""
    assert BAVARIA.after_business_hours(at(moment), hours) == at(expected)


@pytest.mark.parametrize(
    ("moment", "hours", "expected"),
    [
        ("2026-03-29 00:00", 4, "2026-03-29T03:00:00Z"),  # spring: 02:00 to 03:00 is skipped
        ("2026-10-25 00:00", 4, "2026-10-25T02:00:00Z"),  # autumn: it comes twice
        ("2026-03-28 12:00", 24, "2026-03-29T11:00:00Z"),
    ],
)
def test_a_change_of_clocks_neither_loses_nor_adds_business_time(
    moment: str, hours: int, expected: str
) -> None:
    """Around the clock, business hours are hours."""
    found = ALWAYS.after_business_hours(at(moment), hours)
    assert found is not None
    assert found.astimezone(UTC) == datetime.fromisoformat(expected)
    assert found.tzinfo is BERLIN


def test_an_opening_in_the_night_of_the_change_counts_by_the_wall_clock() -> None:
    """Open from 02:00 to 03:00, a business has no time in spring and two hours in autumn."""
    night = Calendar(((Opening(120, 180),),) * 7)
    assert night.next_opening(at("2026-03-29 00:00")) == at("2026-03-30 02:00")
    assert night.after_business_hours(at("2026-10-25 00:00"), 2) == at("2026-10-25 03:00")


def test_times_that_overlap_count_once() -> None:
    """Two times of one day that overlap are one."""
    twice = Calendar(((Opening(480, 720), Opening(600, 840)),) * 7)
    assert twice.after_business_hours(at("2026-11-23 08:00"), 6) == at("2026-11-23 14:00")


@pytest.mark.parametrize(
    "never",
    [
        Calendar(),
        Calendar(ALWAYS.openings, closed=(Dates(date(2020, 1, 1), date(2099, 1, 1)),)),
        Calendar(
            ((), (), (), (), (), (), (Opening(720, 1440),)),
            closed=(Dates(date(2020, 1, 1), date(2099, 1, 1)),),
        ),
    ],
)
def test_a_business_that_never_opens_has_no_next_time(never: Calendar) -> None:
    """The search ends."""
    assert never.next_opening(at("2026-11-23 08:00")) is None
    assert never.after_business_hours(at("2026-11-23 08:00"), 1) is None
    assert ALWAYS.after_business_hours(at("2026-11-23 08:00"), 999_999) is None


def test_the_last_years_of_the_calendar_raise_nothing() -> None:
    """Whatever the moment, there is an answer."""
    assert ALWAYS.next_opening(datetime(9999, 6, 1, tzinfo=BERLIN)) is None
    assert ALWAYS.holiday(date(9999, 12, 31)) == ""
    assert ALWAYS.holiday(date(1, 1, 1)) == ""


ZONES = st.sampled_from(
    ["Europe/Berlin", "Europe/London", "America/New_York", "Africa/Cairo", "Australia/Lord_Howe"]
)
MOMENTS = st.builds(
    lambda moment, zone: moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)),
    st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1)),  # noqa: DTZ001  # hypothesis wants them so
    ZONES,
)
OPENINGS = st.lists(
    st.builds(
        lambda start, length: Opening(start, min(start + length, 1440)),
        st.integers(0, 1439),
        st.integers(1, 1440),
    ),
    max_size=2,
).map(tuple)
CALENDARS = st.builds(
    Calendar,
    st.tuples(*[OPENINGS] * 7),
    region=st.sampled_from(["DE", "DE-BY", "DE-SN", "AT-9"]),
    catholic=st.booleans(),
    closed=st.just((Dates(date(2026, 3, 1), date(2026, 3, 31)),)),
    half_days=st.just(frozenset({DayOfYear(12, 24), DayOfYear(10, 25)})),
)


@given(CALENDARS, MOMENTS)
def test_never_open_on_a_holiday(calendar: Calendar, moment: datetime) -> None:
    """On a public holiday, and on its own, a business is closed at every moment."""
    if calendar.holiday(moment.date()) or moment.date().replace(day=1) == date(2026, 3, 1):
        assert not calendar.is_open(moment)


@given(CALENDARS, MOMENTS)
def test_open_at_its_next_opening_and_closed_until_then(calendar: Calendar, moment: datetime) -> None:
    """The next opening is open, comes not before the moment, and nothing between the two is open."""
    opening = calendar.next_opening(moment)
    if opening is None:
        assert not any(calendar.openings)
        return
    assert calendar.is_open(opening)
    start = moment.astimezone(UTC)
    gap = opening.astimezone(UTC) - start
    assert gap >= timedelta()
    assert (not gap) is calendar.is_open(moment)
    for share in range(1, 40):
        between = (start + gap * share / 40).astimezone(moment.tzinfo)
        assert between.astimezone(UTC) >= opening.astimezone(UTC) or not calendar.is_open(between)


@given(
    CALENDARS, MOMENTS, st.timedeltas(timedelta(), timedelta(days=10)), st.integers(0, 30), st.integers(0, 30)
)
def test_business_time_never_runs_backwards(
    calendar: Calendar, moment: datetime, later: timedelta, few: int, more: int
) -> None:
    """Who begins later, or waits for more hours, ends no earlier; and hours pass one after the other."""
    after = (moment.astimezone(UTC) + later).astimezone(moment.tzinfo)
    first, second = calendar.after_business_hours(moment, few), calendar.after_business_hours(after, few)
    longer = calendar.after_business_hours(moment, few + more)
    if first is None:
        assert longer is None
        return
    assert first.astimezone(UTC) >= moment.astimezone(UTC) + timedelta(hours=few)
    assert second is None or second.astimezone(UTC) >= first.astimezone(UTC)
    assert longer is None or longer.astimezone(UTC) >= first.astimezone(UTC)
    if more:
        assert calendar.after_business_hours(first, more) == longer


@given(CALENDARS, MOMENTS, st.integers(1, 3))
def test_business_hours_are_the_open_minutes(calendar: Calendar, moment: datetime, hours: int) -> None:
    """Counted minute by minute, the business was open as long as asked for, also over a change of the clocks."""
    start = moment.replace(second=0, microsecond=0)
    end = calendar.after_business_hours(start, hours)
    if end is None or end.astimezone(UTC) - start.astimezone(UTC) > timedelta(days=2):
        return
    minutes = int((end.astimezone(UTC) - start.astimezone(UTC)).total_seconds()) // 60
    walked = (
        (start.astimezone(UTC) + timedelta(minutes=each)).astimezone(start.tzinfo) for each in range(minutes)
    )
    assert sum(calendar.is_open(each) for each in walked) == hours * 60

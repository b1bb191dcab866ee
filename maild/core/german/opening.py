"""When a business opens next, in words for a letter: out of hours, before a holiday, during an absence.

Never «heute» or «morgen»: nobody knows on which day a letter is read. Never a guess: a business without opening hours
has no next one. What is open when is `core.hours`' business.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from maild.core.german.calendar import is_english, tag, uhrzeit
from maild.core.hours import SEARCHED, Calendar


@dataclass(frozen=True, slots=True)
class NextOpening:
    """The next opening in words, for templates; the year stands only where it isn't that of the letter."""

    day: str | None = None  # «Montag, 23. November»
    time: str | None = None  # «8 Uhr»
    text: str | None = None  # «am Montag, 23. November, ab 8 Uhr»
    since: str | None = None  # «ab Montag, 23. November»
    workday: str | None = None  # «am nächsten Werktag, Montag, 23. November»
    holiday: str | None = None  # the public holiday of the day of the letter; None on any other day


def next_opening(calendar: Calendar, moment: datetime, language: str = "de") -> NextOpening | None:
    """The next opening after `moment`, which is in the client's zone; None where that never comes.

    While the business is open: that of the next working day, for a letter says when somebody will be there again.
    """
    start = calendar.next_opening(moment)
    if start is not None and start <= moment:
        following = next_working_day(calendar, moment.date())
        start = calendar.next_opening(_midnight(following, moment.tzinfo)) if following else None
    if start is None:
        return None
    return _in_words(start, moment.date(), language, calendar.holiday(moment.date()))


def after_absence(
    calendar: Calendar, last: date, today: date, zone: tzinfo, language: str = "de"
) -> NextOpening | None:
    """The first opening after the last day of an absence or a closure; None where that never comes."""
    first = next_working_day(calendar, last)
    start = calendar.next_opening(_midnight(first, zone)) if first else None
    return _in_words(start, today, language, calendar.holiday(today)) if start else None


def before_holiday(calendar: Calendar, moment: datetime, language: str = "de") -> NextOpening | None:
    """On the last working day before a holiday or the firm's own holidays: when it opens again; else None.

    german.md: «on the last working day before a holiday name the next open one». A weekend alone is no holiday.
    """
    today = moment.date()
    following = next_working_day(calendar, today)
    if not calendar.open_on(today) or following is None or not _is_broken(calendar, today, following):
        return None
    return after_absence(calendar, today, today, moment.tzinfo or _no_zone(), language)


def next_working_day(calendar: Calendar, day: date) -> date | None:
    """The first day after `day` on which the business is open at all; None where that never comes.

    A working day here is one of the business's own, so Saturday only where it opens on Saturdays, although the law
    counts it among the Werktage (§ 3 (2) BUrlG): a letter must not promise an answer when nobody is there.
    """
    if not any(calendar.openings):
        return None
    ahead = (day + timedelta(days=count) for count in range(1, min(SEARCHED.days, (date.max - day).days) + 1))
    return next((each for each in ahead if calendar.open_on(each)), None)


def after_working_days(calendar: Calendar, day: date, count: int) -> date | None:
    """The working day that is `count` working days after `day`, for «bis Freitag, 27. November»; `day` never counts.

    § 187 (1) BGB: the day of the event isn't counted. None where that never comes; ValueError for less than one.
    """
    if count < 1:
        raise ValueError("a number of working days is at least 1")
    found: date | None = day
    for _ in range(count):
        found = next_working_day(calendar, found) if found else None
    return found


def _is_broken(calendar: Calendar, today: date, following: date) -> bool:
    """Whether between two working days lies one on which the business would otherwise be open."""
    between = (today + timedelta(days=count) for count in range(1, (following - today).days))
    return any(calendar.openings[day.weekday()] or calendar.holiday(day) for day in between)


def _in_words(start: datetime, today: date, language: str, holiday: str) -> NextOpening:
    day, clock = tag(start, today.year, language), uhrzeit(start, language)
    if is_english(language):
        words = (f"on {day}, from {clock}", f"from {day}", f"on the next working day, {day}")
    else:
        words = (f"am {day}, ab {clock}", f"ab {day}", f"am nächsten Werktag, {day}")
    text, since, workday = words
    return NextOpening(day, clock, text, since, workday, holiday or None)


def _midnight(day: date, zone: tzinfo | None) -> datetime:
    return datetime.combine(day, time.min, zone or _no_zone())


def _no_zone() -> tzinfo:
    raise ValueError("a time without its zone can't be printed")

"""Opening hours as they stand in a letter, such as «Montag bis Donnerstag von 8 bis 17 Uhr, Freitag von 8 bis 14 Uhr».

Holidays, half days and the firm's own closures are left out: those are `hours`' business.
"""

from collections.abc import Sequence
from datetime import date, time, timedelta
from functools import lru_cache
from itertools import groupby

from maild.core.german.calendar import is_english, wochentag, zeitspanne
from maild.core.hours import Calendar, Opening

_MONDAY = date(2024, 1, 1)


def hours_in_words(calendar: Calendar, language: str = "de") -> str:
    """The hours of a week, days with equal hours together; empty where the business states none."""
    return _in_words(tuple(map(tuple, calendar.openings)), language)


@lru_cache(maxsize=256)
def _in_words(openings: tuple[tuple[Opening, ...], ...], language: str) -> str:
    days = groupby(range(7), key=lambda day: openings[day])
    stretches = [(hours, list(group)) for hours, group in days]
    return ", ".join(
        f"{_days(group, language)} {_times(hours, language)}" for hours, group in stretches if hours
    )


def _days(days: Sequence[int], language: str) -> str:
    names = [wochentag(_MONDAY + timedelta(days=day), language) for day in (days[0], days[-1])]
    if len(days) == 1:
        return names[0]
    until, and_ = ("to", "and") if is_english(language) else ("bis", "und")
    return f"{names[0]} {until if len(days) > 2 else and_} {names[1]}"


def _times(hours: Sequence[Opening], language: str) -> str:
    from_, and_ = ("from", "and") if is_english(language) else ("von", "und")
    spans = (zeitspanne(_clock(each.start), _clock(each.end), language) for each in hours)
    return f" {and_} ".join(f"{from_} {span}" for span in spans)


def _clock(minute: int) -> time:
    return time(minute // 60 % 24, minute % 60)

"""When a business is open: its hours, the public holidays of its Bundesland, its own holidays and half days.

Pure arithmetic of dates; the zone is the client's, and the caller's times must be in it. What the clock on the wall
shows decides, so an hour that a change of the clocks repeats counts twice, and one that it skips not at all. Holidays
are those of the `holidays` library, which knows the law of each state and single days such as 8 May 2025 in Berlin;
24 and 31 December are none (the client's `half_days`), and neither is St. Martin's day. Prints nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

import holidays

HALF_DAY_ENDS = 12 * 60
"""Minutes after midnight at which a business closes on a half day."""

SEARCHED = timedelta(days=1_500)
"""How far ahead opening hours are looked for."""


@dataclass(frozen=True, slots=True)
class DayOfYear:
    """A day that comes every year."""

    month: int
    day: int


@dataclass(frozen=True, slots=True)
class Dates:
    """Days from `first` to `last`, both included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Opening:
    """Minutes after midnight, from `start` until just before `end`; 24:00 is 1440."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Calendar:
    """The calendar of one business. A business without opening hours is never open."""

    openings: tuple[tuple[Opening, ...], ...] = ((),) * 7  # by weekday, Monday first
    region: str = "DE"
    catholic: bool = False  # the holidays of Catholic towns as well
    closed: tuple[Dates, ...] = ()  # its own holidays
    half_days: frozenset[DayOfYear] = frozenset()

    def holiday(self, day: date) -> str:
        """The name of the public holiday, in German where its country speaks it; empty on any other day.

        Days on which only this business is closed are none.
        """
        return _holidays(self.region, self.catholic, day.year).get(day, "")

    def is_open(self, moment: datetime) -> bool:
        """Whether the business is open: within its hours, on no holiday and not on a day of its own holidays.

        Hours are half-open: at 12:00 a business open until 12:00 is closed. On a half day it closes at 12:00.
        """
        minute = moment.hour * 60 + moment.minute
        return any(each.start <= minute < each.end for each in self.open_on(moment.date()))

    def open_on(self, day: date) -> tuple[Opening, ...]:
        """The hours of one day."""
        openings = self.openings[day.weekday()]
        if not openings or any(each.first <= day <= each.last for each in self.closed) or self.holiday(day):
            return ()
        if DayOfYear(day.month, day.day) not in self.half_days:
            return openings
        return tuple(
            Opening(each.start, min(each.end, HALF_DAY_ENDS))
            for each in openings
            if each.start < HALF_DAY_ENDS
        )

    def next_opening(self, moment: datetime) -> datetime | None:
        """When the business is open next, `moment` itself if it is open then; None if that never comes.

        Never means: not within four years.
        """
        return next((start.astimezone(moment.tzinfo) for start, _ in self._spans(moment)), None)

    def after_business_hours(self, moment: datetime, hours: int) -> datetime | None:
        """When the business will have been open for so many hours since `moment`; None if that never comes.

        A count that runs out as the business closes ends there, not when it opens again. Never means: not within
        four years.
        """
        left = timedelta(hours=hours)
        if not left:
            return moment
        for start, end in self._spans(moment):
            if left <= end - start:
                return (start + left).astimezone(moment.tzinfo)
            left -= end - start
        return None

    def _spans(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        """From `moment` on, in UTC and in order: from when until when the business is open."""
        if not any(self.openings):
            return
        for piece in _pieces(moment):
            position = piece.start
            for opening in sorted(self.open_on(piece.day), key=lambda each: each.start):
                first = max(position, piece.midnight + timedelta(minutes=opening.start))
                last = min(piece.end, piece.midnight + timedelta(minutes=opening.end))
                if first < last:
                    yield first, last
                    position = last  # times that overlap count once


@dataclass(frozen=True, slots=True)
class _Piece:
    """Part of one day during which the wall clock runs evenly; in UTC."""

    start: datetime
    end: datetime
    day: date
    midnight: datetime  # when the clock would have shown 00:00, had it always run as in this piece


def _pieces(moment: datetime) -> Iterator[_Piece]:
    """The time from `moment` on, cut at each midnight and at each change of the clocks."""
    start = moment.astimezone(UTC)
    searched = min(start, _LAST) + SEARCHED
    while start < searched:
        wall = start.astimezone(moment.tzinfo)
        midnight = start - (wall.replace(tzinfo=None) - datetime.combine(wall.date(), time.min))
        end = midnight + timedelta(days=1)
        if (end - _TICK).astimezone(moment.tzinfo).utcoffset() != wall.utcoffset():
            end = _change(start, end, wall)
        yield _Piece(start, end, wall.date(), midnight)
        start = end


_LAST = datetime(9990, 1, 1, tzinfo=UTC)  # later years don't leave enough of the calendar
_TICK = timedelta(microseconds=1)


def _change(start: datetime, end: datetime, wall: datetime) -> datetime:
    """When, between two moments, the zone's offset first differs from that at the start; a whole second."""
    before, after = 0, int((end - start).total_seconds())
    while after - before > 1:
        middle = (before + after) // 2
        local = (start + timedelta(seconds=middle)).astimezone(wall.tzinfo)
        if local.utcoffset() == wall.utcoffset():
            before = middle
        else:
            after = middle
    return (start + timedelta(seconds=after)).replace(microsecond=0)


@lru_cache(maxsize=256)
def _holidays(region: str, catholic: bool, year: int) -> Mapping[date, str]:
    country, _, state = region.partition("-")
    kinds = ["public"]
    if catholic and "catholic" in holidays.country_holidays(country).supported_categories:
        kinds.append("catholic")
    found = holidays.country_holidays(
        country, subdiv=state or None, years=year, expand=False, language="de", categories=kinds
    )
    return dict(found.items())

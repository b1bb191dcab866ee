"""Greetings by season, as the end of «Wir wünschen Ihnen …», and what of them must not go out on a given day.

A greeting out of season is refused, never bent (german.md, «Letter»). Nobody's religion is inferred: the Christian form
is used where a person or a template asks for it. Summer has no holidays to greet for. The words that a letter may use
are only looked for in what the office wrote: hand in the letter without its quotation.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from maild.core.german.calendar import is_english


class Wish(StrEnum):
    """In which form a greeting is given."""

    NEUTRAL = "neutral"
    CHRISTIAN = "christian"


class Season(StrEnum):
    """What is greeted for."""

    CHRISTMAS = "christmas"  # from the first Sunday of Advent to 24 December
    NEW_YEAR = "new year"  # from 27 December to 15 January
    EASTER = "easter"  # from Palm Sunday to Easter Monday


class WrongSeasonError(ValueError):
    """There is no such greeting on that day, or it names the wrong year; the message says when there is one."""


def greeting(day: date, wish: str, *, year: int | None = None, language: str = "de") -> str:
    """«schöne und erholsame Feiertage und alles Gute für das neue Jahr», by the season that `day` lies in.

    `wish` is "neutral" or "christian"; `year`, where it is to be named, must be the coming one, in January the one
    that has begun. Raises WrongSeasonError on a day without a season and for a wrong year, ValueError for another wish.
    """
    season = season_of(day)
    if wish not in set(Wish):
        raise ValueError("the wish of a greeting is neutral or christian")
    if season is None:
        raise WrongSeasonError(f"on {day.isoformat()} there is nothing to greet for: {_SEASONS}")
    if year is not None and (season is Season.EASTER or year != coming_year(day)):
        raise WrongSeasonError(f"on {day.isoformat()} a greeting can't name the year {year}")
    words = _WORDS[is_english(language)][season][Wish(wish)]
    return words if year is None else f"{words} {year}"


def season_of(day: date) -> Season | None:
    """What is greeted for on a day; None on most, and on 25 and 26 December, when it is too late for one kind
    of greeting and too early for the other."""
    if _first_advent(day.year) <= day <= date(day.year, 12, 24):
        return Season.CHRISTMAS
    if (day.month, day.day) >= (12, 27) or (day.month, day.day) <= (1, 15):
        return Season.NEW_YEAR
    sunday = _easter(day.year)
    return Season.EASTER if sunday - timedelta(days=7) <= day <= sunday + timedelta(days=1) else None


def coming_year(day: date) -> int:
    """The year that a greeting of that day may name: from February on the next one."""
    return day.year if day.month == 1 else day.year + 1


def unseasonable(text: str, day: date) -> tuple[str, ...]:
    """Why a letter with this text must not go out on that day, in German for the secretary; empty where it may.

    german.md: no «Weihnachten» after 26 December, no «neues Jahr» after 15 January, no year but the coming one. Only
    wishes count: «wegen Weihnachten geschlossen» is none, and neither is «das Jahr 2026 neigt sich dem Ende zu».
    """
    folded = " ".join(text.casefold().replace("ß", "ss").split())
    found = [(greeted, match) for greeted in _GREETED for match in greeted.words.finditer(folded)]
    late = dict.fromkeys(greeted.reason for greeted, _ in found if not greeted.in_season(day))
    named = [(int(match[1]), greeted.year(day)) for greeted, match in found if match[1]]
    return (
        *late,
        *(f"Der Gruß nennt das Jahr {said}, richtig wäre {right}." for said, right in named if said != right),
    )


_SEASONS = (
    "Christmas is from the first Sunday of Advent to 24 December, New Year from 27 December to 15 January,"
    " Easter from Palm Sunday to Easter Monday"
)
_WORDS = (
    {
        Season.CHRISTMAS: {
            Wish.NEUTRAL: "schöne und erholsame Feiertage und alles Gute für das neue Jahr",
            Wish.CHRISTIAN: "frohe Weihnachten und alles Gute für das neue Jahr",
        },
        Season.NEW_YEAR: dict.fromkeys(Wish, "alles Gute für das neue Jahr"),
        Season.EASTER: {Wish.NEUTRAL: "schöne und erholsame Feiertage", Wish.CHRISTIAN: "frohe Ostern"},
    },
    {
        Season.CHRISTMAS: {
            Wish.NEUTRAL: "a restful festive season and all the best for the new year",
            Wish.CHRISTIAN: "a merry Christmas and all the best for the new year",
        },
        Season.NEW_YEAR: dict.fromkeys(Wish, "all the best for the new year"),
        Season.EASTER: {Wish.NEUTRAL: "a pleasant and restful holiday", Wish.CHRISTIAN: "a happy Easter"},
    },
)


def _first_advent(year: int) -> date:
    """The fourth Sunday before Christmas Day: 27 November to 3 December."""
    christmas = date(year, 12, 25)
    return christmas - timedelta(days=christmas.isoweekday() + 21)


def _easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the rule of Gauss in the form of Lichtenberg, 1997)."""
    century = year // 100
    moon = 15 + (3 * century + 3) // 4 - (8 * century + 13) // 25
    sun = 2 - (3 * century + 3) // 4
    golden = year % 19
    seed = (19 * golden + moon) % 30
    full_moon = 21 + seed - (seed + golden // 11) // 29
    sunday = 7 - (year + year // 4 + sun) % 7
    return date(year, 3, 1) + timedelta(days=full_moon + 7 - (full_moon - sunday) % 7 - 1)


def _is_winter(day: date, last: tuple[int, int]) -> bool:
    """From the first Sunday of Advent to the month and day `last`, be it before or after the turn of the year."""
    begun, ended = day >= _first_advent(day.year), (day.month, day.day) > last
    return begun and not ended if last[0] == 12 else begun or not ended


@dataclass(frozen=True, slots=True)
class _Greeted:
    """The words of a wish, folded; the year that they may be followed by; and when they are in season."""

    words: re.Pattern[str]
    in_season: Callable[[date], bool]
    year: Callable[[date], int]
    reason: str


_NICE = r"(?:froh|gesegnet|besinnlich|schön|fröhlich|gut|glücklich|gesund|erfolgreich|erholsam)\w*"
_FOLLOWED = r"(?:[ ,]+(?:in )?(20\d\d)\b)?"
_GREETED = (
    _Greeted(
        re.compile(
            rf"(?:{_NICE}(?: und \w+)? weihnacht(?:en|s(?:fest|tage|feiertage|zeit))\b"
            r"|(?:herzliche|liebe|beste) weihnachtsgrüsse"
            rf"|(?:merry|happy|blessed) christmas|season.s greetings){_FOLLOWED}"
        ),
        lambda day: _is_winter(day, (12, 26)),
        lambda day: day.year,
        "Weihnachtsgrüße gehen nur vom ersten Advent bis zum 26. Dezember hinaus.",
    ),
    _Greeted(
        re.compile(
            rf"(?:{_NICE}(?: und {_NICE})?(?: start| rutsch)?(?: ins?)? neue[sn]? jahr|guten rutsch"
            rf"|alles gute (?:für das|zum|im) neue[ns]? jahr|happy new year"
            rf"|(?:all the best|best wishes) for (?:the )?new year){_FOLLOWED}"
        ),
        lambda day: _is_winter(day, (1, 15)),
        coming_year,
        "Neujahrsgrüße gehen nur vom ersten Advent bis zum 15. Januar hinaus.",
    ),
    _Greeted(
        re.compile(
            rf"(?:(?:frohe|schöne|erholsame)(?: und {_NICE})? (?:feier|fest)tage|happy holidays\b){_FOLLOWED}"
        ),
        lambda day: _is_winter(day, (12, 26)) or season_of(day) is Season.EASTER,
        lambda day: day.year,
        "Wünsche für die Feiertage gehen nur zu Weihnachten und zu Ostern hinaus.",
    ),
    _Greeted(
        re.compile(rf"(?:{_NICE}(?: und \w+)? oster(?:n|tage|fest|feiertage)\b|happy easter){_FOLLOWED}"),
        lambda day: season_of(day) is Season.EASTER,
        lambda day: day.year,
        "Ostergrüße gehen nur von Palmsonntag bis Ostermontag hinaus.",
    ),
)

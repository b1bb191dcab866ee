"""Greetings by season: what is wished on which day, what is refused, and what must not go out."""

from datetime import date, timedelta

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core.german.greetings import (
    Season,
    Wish,
    WrongSeasonError,
    coming_year,
    greeting,
    season_of,
    unseasonable,
)

FEIERTAGE = "schöne und erholsame Feiertage und alles Gute für das neue Jahr"
WEIHNACHTEN = "frohe Weihnachten und alles Gute für das neue Jahr"
NEUJAHR = "alles Gute für das neue Jahr"


@pytest.mark.parametrize(
    ("day", "wish", "words"),
    [
        (date(2026, 11, 29), "neutral", FEIERTAGE),  # first Sunday of Advent
        (date(2026, 12, 24), "neutral", FEIERTAGE),
        (date(2026, 11, 29), "christian", WEIHNACHTEN),
        (date(2026, 12, 24), "christian", WEIHNACHTEN),
        (date(2026, 12, 27), "neutral", NEUJAHR),
        (date(2026, 12, 31), "christian", NEUJAHR),
        (date(2027, 1, 15), "neutral", NEUJAHR),
        (date(2027, 3, 21), "christian", "frohe Ostern"),  # Palm Sunday
        (date(2027, 3, 29), "neutral", "schöne und erholsame Feiertage"),  # Easter Monday
    ],
)
def test_the_wish_of_the_season(day: date, wish: str, words: str) -> None:
    """german.md, «Letter», last line; the Christian form only where it is asked for."""
    assert greeting(day, wish) == words


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 11, 28),
        date(2026, 12, 25),
        date(2026, 12, 26),
        date(2027, 1, 16),
        date(2027, 3, 20),
        date(2027, 3, 30),
        date(2027, 8, 15),
    ],
)
@pytest.mark.parametrize("wish", list(Wish))
def test_out_of_season_nothing_is_wished(day: date, wish: Wish) -> None:
    """The day before, the day after, and all summer: refused, and said when there is something to wish for."""
    with pytest.raises(
        WrongSeasonError, match=r"there is nothing to greet for: Christmas is from the first Sunday"
    ):
        greeting(day, wish)


def test_the_year_is_the_coming_one() -> None:
    """In December the next, in January the one begun; none at Easter."""
    assert greeting(date(2026, 12, 20), "neutral", year=2027) == f"{FEIERTAGE} 2027"
    assert greeting(date(2027, 1, 2), "neutral", year=2027) == f"{NEUJAHR} 2027"
    for day, year in ((date(2026, 12, 20), 2026), (date(2027, 1, 2), 2028), (date(2027, 3, 22), 2028)):
        with pytest.raises(WrongSeasonError, match=f"can't name the year {year}"):
            greeting(day, "neutral", year=year)


def test_english_greetings() -> None:
    """An English letter has its own words for each season."""
    assert greeting(date(2026, 12, 20), "christian", language="en").startswith("a merry Christmas")
    assert greeting(date(2027, 1, 2), "neutral", language="en") == "all the best for the new year"


def test_another_wish_is_an_error() -> None:
    """A wish that doesn't exist is no season's fault."""
    with pytest.raises(ValueError, match="neutral or christian"):
        greeting(date(2026, 12, 20), "islamic")


WINTER = "Weihnachtsgrüße gehen nur vom ersten Advent bis zum 26. Dezember hinaus."
NEW_YEAR = "Neujahrsgrüße gehen nur vom ersten Advent bis zum 15. Januar hinaus."
EASTER = "Ostergrüße gehen nur von Palmsonntag bis Ostermontag hinaus."
HOLIDAYS = "Wünsche für die Feiertage gehen nur zu Weihnachten und zu Ostern hinaus."


@pytest.mark.parametrize(
    ("text", "day", "reasons"),
    [
        ("Wir wünschen Ihnen frohe Weihnachten.", date(2026, 12, 26), ()),
        ("Wir wünschen Ihnen frohe Weihnachten.", date(2026, 12, 27), (WINTER,)),
        ("Wir wünschen Ihnen frohe\nWeihnachten.", date(2026, 12, 27), (WINTER,)),
        ("FROHE WEIHNACHTEN", date(2027, 1, 2), (WINTER,)),
        ("ein frohes und gesegnetes Weihnachtsfest", date(2027, 7, 2), (WINTER,)),
        ("besinnliche Weihnachtstage", date(2027, 7, 2), (WINTER,)),
        ("Herzliche Weihnachtsgrüße", date(2027, 7, 2), (WINTER,)),
        ("Herzliche Weihnachtsgrüsse", date(2027, 7, 2), (WINTER,)),
        ("Merry Christmas", date(2027, 7, 2), (WINTER,)),
        ("ein gutes neues Jahr", date(2027, 1, 15), ()),
        ("ein gutes neues Jahr", date(2027, 1, 16), (NEW_YEAR,)),
        ("ein gesundes und erfolgreiches neues Jahr", date(2027, 1, 16), (NEW_YEAR,)),
        ("einen guten Rutsch ins neue Jahr", date(2027, 1, 16), (NEW_YEAR,)),
        ("einen guten Start ins neue Jahr", date(2027, 1, 16), (NEW_YEAR,)),
        ("alles Gute für das neue Jahr", date(2027, 3, 1), (NEW_YEAR,)),
        ("Happy New Year", date(2027, 3, 1), (NEW_YEAR,)),
        ("frohe Weihnachten 2025", date(2026, 12, 1), ("Der Gruß nennt das Jahr 2025, richtig wäre 2026.",)),
        (
            "ein gutes neues Jahr 2026",
            date(2026, 12, 1),
            ("Der Gruß nennt das Jahr 2026, richtig wäre 2027.",),
        ),
        ("ein gutes neues Jahr 2027", date(2026, 12, 1), ()),
        ("ein gutes neues Jahr 2027", date(2027, 1, 4), ()),
        ("Frohe Ostern", date(2027, 3, 29), ()),
        ("Frohe Ostern", date(2027, 3, 30), (EASTER,)),
        ("schöne und erholsame Feiertage", date(2027, 2, 1), (HOLIDAYS,)),
        ("schöne und erholsame Feiertage", date(2026, 12, 1), ()),
        ("Wegen Weihnachten ist unser Büro geschlossen.", date(2027, 2, 1), ()),
        ("Ihre schönen Weihnachtskugeln sind da.", date(2027, 2, 1), ()),
        ("Das Jahr 2026 neigt sich dem Ende zu.", date(2026, 12, 1), ()),
        ("Die Preise gelten für das neue Jahr.", date(2026, 10, 1), ()),
        ("", date(2026, 10, 1), ()),
    ],
)
def test_what_must_not_go_out(text: str, day: date, reasons: tuple[str, ...]) -> None:
    """german.md: no Christmas after the 26th, no New Year after 15 January, no year but the coming one."""
    assert unseasonable(text, day) == reasons


DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))


@given(DAYS, st.sampled_from(Wish), st.sampled_from(["de", "de_AT", "de_CH", "en"]))
def test_what_is_wished_may_go_out_that_day(day: date, wish: Wish, language: str) -> None:
    """A greeting either is refused or is in season by the check of letters too, and has no ß for Switzerland."""
    try:
        words = greeting(day, wish, year=None, language=language)
    except WrongSeasonError:
        assert season_of(day) is None
        return
    assert unseasonable(f"Wir wünschen Ihnen {words}.", day) == ()
    assert "ß" not in words
    assert not words.endswith(".")


@given(
    st.dates(date(1991, 1, 1), date(2090, 12, 31))
)  # of 1990 the library knows only the months after 3 October
def test_easter_is_the_one_of_the_holidays(day: date) -> None:
    """Easter Monday ends its season, as the public holiday has it."""
    mondays = [
        each
        for each, name in holidays.country_holidays("DE", years=day.year, language="de").items()
        if name == "Ostermontag"
    ]
    assert season_of(mondays[0]) is Season.EASTER
    assert season_of(mondays[0] + timedelta(days=1)) is None
    assert season_of(mondays[0] - timedelta(days=8)) is Season.EASTER
    assert season_of(mondays[0] - timedelta(days=9)) is None


@given(DAYS)
def test_advent_has_four_sundays(day: date) -> None:
    """The season of Christmas begins on the fourth Sunday before the 25th, and not a day sooner."""
    begin = next(
        each
        for each in (date(day.year, 11, 20) + timedelta(days=count) for count in range(20))
        if season_of(each)
    )
    assert begin.isoweekday() == 7
    assert 22 <= (date(day.year, 12, 25) - begin).days <= 28
    assert coming_year(begin) == day.year + 1

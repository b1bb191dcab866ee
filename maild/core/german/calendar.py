"""Dates and times as they stand in a letter (DIN 5008). Holidays and business hours are not counted here."""

from datetime import date, datetime, time

from babel.dates import format_date

NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"


def datum(value: date, language: str = "de") -> str:
    """«5. März 2026», in Austria «5. Jänner 2026», in English «5 March 2026».

    A moment must be aware and in the client's zone already. Raises ValueError for anything but a date.
    DIN 5008: the month as a word, then no nought before the day.
    """
    return _written(_day(value, "datum"), "y", language)


def kurzdatum(value: date, language: str = "de") -> str:
    """«05.03.2026» (DIN 5008: two digits, two, four); in English «5 Mar 2026», since 05/03 is two days there.

    Raises ValueError for anything but a date.
    """
    day = _day(value, "kurzdatum")
    return format_date(day, "d MMM y", locale="en_GB") if is_english(language) else f"{day:%d.%m.%Y}"


def wochentag(value: date, language: str = "de") -> str:
    """«Montag», in English «Monday». Raises ValueError for anything but a date."""
    return format_date(_day(value, "wochentag"), "EEEE", locale=_locale(language))


def tag(value: date, year: int, language: str = "de") -> str:
    """«Montag, 23. November»; with its year where that isn't `year`. In English «Monday, 23 November».

    A comma between the day of the week and the date: § 77 of the official spelling rules.
    """
    day = _day(value, "tag")
    return f"{wochentag(day, language)}, {_written(day, '' if day.year == year else 'y', language)}"


def datumspanne(first: date, last: date, language: str = "de") -> str:
    """«5. bis 9. März 2026», «28. Februar bis 3. März 2026», for «vom …»; in English «5 to 9 March 2026».

    What both days share stands once, behind the second. Raises ValueError where the days are in the wrong order.
    """
    begin, end = _day(first, "datumspanne"), _day(last, "datumspanne")
    if end < begin:
        raise ValueError("datumspanne needs the earlier day first")
    if begin == end:
        return datum(end, language)
    until = "to" if is_english(language) else "bis"
    if (begin.year, begin.month) == (end.year, end.month):
        return f"{begin.day}{'' if is_english(language) else '.'} {until} {datum(end, language)}"
    return (
        f"{_written(begin, '' if begin.year == end.year else 'y', language)} {until} {datum(end, language)}"
    )


def uhrzeit(value: datetime | time, language: str = "de") -> str:
    """«9 Uhr», «09:15 Uhr» with a no-break space; in English «09:15». Raises ValueError for anything but a time.

    DIN 5008: two digits each, a colon between them; a full hour may stand alone.
    """
    clock = _clock(value, "uhrzeit")
    if is_english(language):
        return f"{clock:%H:%M}"
    return f"{_hours(clock, full=clock.minute == 0)}{NO_BREAK_SPACE}Uhr"


def zeitspanne(start: datetime | time, end: datetime | time, language: str = "de") -> str:
    """«9 bis 17 Uhr», «08:30 bis 12:00 Uhr», for «von …»; in English «09:00 to 17:00».

    Both times are written alike (DIN 5008 by sekretaria.de, «Eine Zeitspanne richtig angeben»); an `end` of 00:00 is
    24 Uhr, the end of the day. Raises ValueError where the times are in the wrong order.
    """
    first, last = _clock(start, "zeitspanne"), _clock(end, "zeitspanne")
    midnight = (last.hour, last.minute) == (0, 0)
    if last <= first and not midnight:
        raise ValueError("zeitspanne needs the earlier time first")
    full = first.minute == last.minute == 0 and not is_english(language)
    until = (24 if full else "24:00") if midnight else _hours(last, full=full)
    if is_english(language):
        return f"{_hours(first, full=False)} to {until}"
    return f"{_hours(first, full=full)} bis {until}{NO_BREAK_SPACE}Uhr"


def is_english(language: str) -> bool:
    """Whether a language or locale is English: "en", "en_GB"."""
    return language.casefold().startswith("en")


def region_of(language: str) -> str:
    """The country of a locale in capitals: "AT" for "de_AT" and "de-at"; empty where it names none."""
    return language.replace("-", "_").partition("_")[2].upper()


def _written(day: date, year: str, language: str) -> str:
    pattern = "d MMMM" if is_english(language) else "d. MMMM"
    return format_date(day, f"{pattern} {year}".strip(), locale=_locale(language))


def _locale(language: str) -> str:
    if is_english(language):
        return "en_GB"
    return "de_AT" if region_of(language) == "AT" else "de"


def _hours(clock: time, *, full: bool) -> str:
    return str(clock.hour) if full else f"{clock:%H:%M}"


def _day(value: object, name: str) -> date:
    if isinstance(value, datetime):
        return _aware(value).date()
    if not isinstance(value, date):
        raise ValueError(f"{name} needs a date")  # noqa: TRY004 - one kind of error for every wrong value
    return value


def _clock(value: object, name: str) -> time:
    if isinstance(value, datetime):
        return _aware(value).time().replace(second=0, microsecond=0)
    if not isinstance(value, time):
        raise ValueError(f"{name} needs a time")  # noqa: TRY004
    return value.replace(second=0, microsecond=0, tzinfo=None)


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a time without its zone can't be printed")
    return value

"""Dates and times as they stand in a letter (DIN 5008). Holidays and business hours are not counted here."""

from datetime import date, datetime, time

from babel.dates import format_date

NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"


def datum(value: date, language: str = "de") -> str:
    """«5. März 2026», in Austria «5. Jänner 2026», in English «5 March 2026».

    A moment must be aware and in the client's zone already. Raises ValueError for anything but a date.
    """
    if isinstance(value, datetime):
        value = _aware(value).date()
    if not isinstance(value, date):
        raise ValueError("datum needs a date")  # noqa: TRY004 - one kind of error for every wrong value
    if language.startswith("en"):
        return format_date(value, "d MMMM y", locale="en_GB")
    return format_date(value, "d. MMMM y", locale="de_AT" if language.endswith("AT") else "de")


def uhrzeit(value: datetime | time, language: str = "de") -> str:
    """«9 Uhr», «09:15 Uhr» with a no-break space; in English «09:15». Raises ValueError for anything but a time."""
    if isinstance(value, datetime):
        value = _aware(value).time()
    if not isinstance(value, time):
        raise ValueError("uhrzeit needs a time")  # noqa: TRY004
    if language.startswith("en"):
        return f"{value:%H:%M}"
    return f"{value.hour}{NO_BREAK_SPACE}Uhr" if value.minute == 0 else f"{value:%H:%M}{NO_BREAK_SPACE}Uhr"


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a time without its zone can't be printed")
    return value

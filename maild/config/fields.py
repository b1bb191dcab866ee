"""The kinds of values that stand in the files of a home, each with its check and its sentence for the admin.

Lenient nowhere: a number in quotes is no number, `yes` is no boolean, an address is only an address. Nothing
here reads a file or knows a key.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, time, timedelta
from functools import cache
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

import holidays
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict
from pydantic_core import PydanticCustomError

from maild.config.document import one_line
from maild.config.wording import did_you_mean
from maild.core.durations import Brake, BusinessHours, parse_brake, parse_duration, parse_size
from maild.core.hours import Dates, DayOfYear, Opening


class Entry(BaseModel):
    """A map in a file: no key but the known ones, nothing changed after reading."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, hide_input_in_errors=True
    )


def refuse(text: str, key: str = "") -> PydanticCustomError:
    """A finding in our own words, for a validator to raise; `key` is the key of a map that it is about."""
    return PydanticCustomError("maild", "{text}", {"text": text, "key": key})


def not_available(what: str, instead: str = "remove it") -> str:
    """The sentence for what the files may say one day, and what to do until then."""
    return f"{what} is not available in this version of maild; {instead}"


def read_line(text: str) -> str:
    """Text of one line, not empty."""
    if "\n" in text or not text.strip():
        raise ValueError("must be text of one line, and not empty")
    return text.strip()


def read_address(text: str) -> str:
    """An address, its domain in lower case (RFC 5321, section 4.1.2, without quoted local parts)."""
    if not text.isascii():
        advice = "write a domain with umlauts in its xn-- form"
        raise ValueError(f"«{one_line(text)}» is not an address of plain letters; {advice}")
    local, _, domain = text.rpartition("@")
    if len(text) > 254 or not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        raise ValueError(f"«{one_line(text)}» is not an address; write it as name@domain.example, no more")
    return f"{local}@{domain.lower()}"


def read_folder(text: str) -> str:
    """The name of a folder, with / between its levels."""
    levels = text.split("/")
    if not all(level == level.strip() != "" for level in levels) or re.search(r"[*%\n\t]", text):
        raise ValueError("write a folder as Name or Upper/Lower, without * and % and without / at an end")
    return text


def read_days(text: str) -> tuple[int, ...]:
    """Days of the week, Monday 0, from `mon` or `mon-fri`."""
    first, _, last = text.partition("-")
    if first not in _DAYS or (last or first) not in _DAYS or _DAYS.index(last or first) < _DAYS.index(first):
        raise ValueError(f"«{one_line(text)}» is no day; write mon or mon-fri, of {', '.join(_DAYS)}")
    return tuple(range(_DAYS.index(first), _DAYS.index(last or first) + 1))


def read_date(text: str) -> date:
    """A date by ISO 8601, as 2026-11-01 and in no other of its forms."""
    try:
        if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError(f"«{one_line(text)}» is no date; write it as 2026-11-01")


def _day_of_year(text: str) -> DayOfYear:
    try:
        day = read_date(f"2024-{text}")  # a leap year, so that 02-29 may be named
    except ValueError:
        raise ValueError(f"«{one_line(text)}» is no day of the year; write it as 12-24") from None
    return DayOfYear(day.month, day.day)


def _dates(text: str) -> Dates:
    first, slash, last = text.partition("/")
    dates = Dates(read_date(first), read_date(last if slash else first))
    if dates.last < dates.first:
        raise ValueError(f"«{one_line(text)}» ends before it begins; exchange the two dates")
    return dates


def _clock(text: str) -> time:
    found = re.fullmatch("([01][0-9]|2[0-3]):([0-5][0-9])", text)
    if not found:
        raise ValueError(f'«{one_line(text)}» is no time; write it as "08:00"')
    return time(int(found[1]), int(found[2]))


def _opening(text: str) -> Opening:
    start, _, end = text.partition("-")
    try:
        first, last = _minutes(start), 1440 if end == "24:00" else _minutes(end)
    except ValueError:
        raise ValueError(f'«{one_line(text)}» is no time of opening; write it as "08:00-12:00"') from None
    if last <= first:
        raise ValueError(f"«{one_line(text)}» ends before it begins; split it at midnight into two days")
    return Opening(first, last)


def _minutes(text: str) -> int:
    at = _clock(text)
    return at.hour * 60 + at.minute


def _length(text: str) -> timedelta:
    length = parse_duration(text)
    if isinstance(length, timedelta):
        return length
    raise ValueError("business hours can't be counted here; write a plain length such as 4h")


def _host(text: str) -> str:
    if len(text) > 253 or not _HOST.fullmatch(text):
        raise ValueError(f"«{one_line(text)}» is no host; write its name alone, without imaps:// and port")
    return text.lower()


def _zone(text: str) -> ZoneInfo:
    if text in _zones():
        return ZoneInfo(text)
    near = did_you_mean(text, [name for name in _zones() if name.startswith("Europe/")])
    advice = near if near.startswith("did") else "write it as Europe/Berlin"
    raise ValueError(f"«{one_line(text)}» is no time zone; {advice}")


def _region(text: str) -> str:
    country, _, state = text.partition("-")
    states = _states().get(country)
    if states is None:
        raise ValueError(f"«{one_line(text)}» is no region; write the country or the state, as DE or DE-BY")
    if state and state not in states:
        raise ValueError(f"«{one_line(text)}» is no region of {country}; {did_you_mean(state, states)}")
    return text


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())  # reads the whole database of the system, hence once


@cache
def _states() -> Mapping[str, list[str]]:
    return holidays.list_supported_countries()


def _fingerprint(text: str) -> str:
    plain = text.replace(" ", "").upper()
    if not re.fullmatch("[0-9A-F]{40}", plain):
        raise ValueError("write the whole fingerprint of the key, 40 digits of 0-9 and A-F, in quotes")
    return plain


def _address_or_phone(text: str) -> str:
    return text if re.fullmatch(r"\+?[0-9][0-9 ()/-]{3,24}", text) else read_address(text)


def _listening(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not host or not re.fullmatch("[0-9]{1,5}", port) or not 1 <= int(port) <= 65535:
        raise ValueError(f"«{one_line(text)}» is no address to listen on; write it as 127.0.0.1:9925")
    return text


def _from_text(read: Callable[[str], object]) -> BeforeValidator:
    """A value read from text; `read` raises ValueError with the sentence for the admin."""

    def check(value: object) -> object:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise refuse(f"must be one text, in quotes; here is {_kind(value)}")
        try:
            found = read(str(value))
        except ValueError as error:
            raise refuse(str(error)) from None
        if not isinstance(value, str):
            raise refuse("must be text; put it in quotes")
        return found

    return BeforeValidator(check)


def _kind(value: object) -> str:
    if value is None:
        return "nothing"
    kinds = {bool: "true or false", list: "a list", dict: "a map"}
    return kinds.get(type(value), "something else")


_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}")
_DOMAIN = re.compile(r"([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?")
_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9])?|[0-9a-fA-F:]*:[0-9a-fA-F:.]*")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Flag = Annotated[bool, Strict()]
Count = Annotated[int, Strict(), Field(ge=1, le=1_000_000)]
Port = Annotated[int, Strict(), Field(ge=1, le=65535)]
Line = Annotated[str, _from_text(read_line)]
MailAddress = Annotated[str, _from_text(read_address)]
AddressOrPhone = Annotated[str, _from_text(_address_or_phone)]
FolderName = Annotated[str, _from_text(read_folder)]
Host = Annotated[str, _from_text(_host)]
Listening = Annotated[str, _from_text(_listening)]
Fingerprint = Annotated[str, _from_text(_fingerprint)]
Region = Annotated[str, _from_text(_region)]
Zone = Annotated[ZoneInfo, _from_text(_zone)]
Day = Annotated[date, _from_text(read_date)]
YearlyDay = Annotated[DayOfYear, _from_text(_day_of_year)]
DateRange = Annotated[Dates, _from_text(_dates)]
Clock = Annotated[time, _from_text(_clock)]
Weekdays = Annotated[tuple[int, ...], _from_text(read_days)]
OpeningTime = Annotated[Opening, _from_text(_opening)]
Length = Annotated[timedelta, _from_text(_length)]
Patience = Annotated[timedelta | BusinessHours, _from_text(parse_duration)]
Size = Annotated[int, _from_text(parse_size)]
BrakeLimit = Annotated[Brake, _from_text(parse_brake)]

"""Lengths of time and other measures as admins write them: 90s, 4h, 4 business hours, 200/5m, 50MB.

A year is 365 days and a day 24 hours: these are lengths, not dates. Nothing here knows a calendar;
business hours stay a count until somebody who knows the client's hours asks.
"""

import re
from dataclasses import dataclass
from datetime import timedelta

MAX_DAYS = 36_500


@dataclass(frozen=True, slots=True)
class BusinessHours:
    """A length that passes only while the client's office is open."""

    hours: int


@dataclass(frozen=True, slots=True)
class Brake:
    """More than `count` of something within `within` is too much."""

    count: int
    within: timedelta


def parse_duration(text: str) -> timedelta | BusinessHours:
    """A length as `4h` or `4 business hours`; ValueError with a sentence for the admin."""
    found = _DURATION.fullmatch(text)
    if not found:
        raise ValueError(f"«{_shown(text)}» is no length of time; write it as 90s, 15m, 4h, 2d or 6y")
    number = int(found["number"])
    if found["business"]:
        return BusinessHours(number)
    length = number * _UNITS[found["unit"]]
    if length > timedelta(days=MAX_DAYS):
        raise ValueError(f"the length of time is too long; the longest is {MAX_DAYS // 365}y")
    return length


def duration_text(length: timedelta | BusinessHours) -> str:
    """A length as `parse_duration` reads it, in the largest unit that fits: 60m and 1h are both 1h."""
    if isinstance(length, BusinessHours):
        return f"{length.hours} business hour{'' if length.hours == 1 else 's'}"
    fitting = [(unit, length // each) for unit, each in _UNITS.items() if not length % each]
    unit, count = fitting[-1] if length else ("s", 0)
    return f"{count}{unit}"


def parse_brake(text: str) -> Brake:
    """A count within a time, as `200/5m`; ValueError with a sentence for the admin."""
    found = _BRAKE.fullmatch(text)
    length = parse_duration(found["within"]) if found else None
    if not found or not isinstance(length, timedelta) or not length or not int(found["count"]):
        raise ValueError(f"«{_shown(text)}» is no brake; write a number and a length of time, as 200/5m")
    return Brake(int(found["count"]), length)


def parse_size(text: str) -> int:
    """Bytes, as `500KB`, `50MB` or `1GB`, in powers of 1024; ValueError with a sentence for the admin."""
    found = _SIZE.fullmatch(text)
    if not found:
        raise ValueError(f"«{_shown(text)}» is no size; write it as 500KB, 50MB or 1GB")
    return int(found["number"]) * _SIZES[found["unit"]]


def _shown(text: str) -> str:
    clean = "".join(letter if letter.isprintable() else "?" for letter in text)
    return clean if len(clean) <= 60 else f"{clean[:59]}…"


_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "y": timedelta(days=365),
}
_SIZES = {"KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30}
# [0-9] and a limit on digits: int() takes digits of every script, and timedelta overflows.
_DURATION = re.compile(r"(?P<number>[0-9]{1,6})(?:(?P<unit>[smhdy])|(?P<business> business hours?))")
_BRAKE = re.compile(r"(?P<count>[0-9]{1,9})/(?P<within>.+)")
_SIZE = re.compile(r"(?P<number>[0-9]{1,6}) ?(?P<unit>KB|MB|GB)")

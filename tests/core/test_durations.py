"""Lengths of time, brakes and sizes as admins write them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core.durations import Brake, BusinessHours, parse_brake, parse_duration, parse_size

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "y": 365 * 86400}


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("4h", timedelta(hours=4)),
        ("2d", timedelta(days=2)),
        ("6y", timedelta(days=2190)),
        ("0s", timedelta(0)),
        ("4 business hours", BusinessHours(4)),
        ("1 business hour", BusinessHours(1)),
    ],
)
def test_lengths(text: str, length: timedelta | BusinessHours) -> None:
    """Each of the forms that the documentation names."""
    assert parse_duration(text) == length


@pytest.mark.parametrize(
    "text", ["", "90", "s", "-1s", "1.5h", "4 h", "4H", "1h30m", "٣s", "4 business days", "101y", "999999y"]
)
def test_no_lengths(text: str) -> None:
    """Anything else is refused, also digits of other scripts and more than a century."""
    with pytest.raises(ValueError, match="length of time"):
        parse_duration(text)


@given(st.integers(0, 100), st.sampled_from("smhdy"))
def test_a_length_is_its_number_times_its_unit(number: int, unit: str) -> None:
    """Nothing is rounded."""
    assert parse_duration(f"{number}{unit}") == timedelta(seconds=number * SECONDS[unit])


@given(st.text(max_size=40))
def test_any_text_is_a_length_or_a_sentence(text: str) -> None:
    """No other error than ValueError, and never without advice."""
    try:
        parse_duration(text)
    except ValueError as error:
        message = str(error)
    else:
        message = "a length of time"
    assert "length of time" in message


def test_brake() -> None:
    """A number within a time; neither may be nothing."""
    assert parse_brake("200/5m") == Brake(200, timedelta(minutes=5))
    for text in ("200", "200/", "/5m", "0/5m", "200/0s", "200/4 business hours", "200 / 5m"):
        with pytest.raises(ValueError, match=r"brake|length of time"):
            parse_brake(text)


def test_size() -> None:
    """Powers of 1024, as in rules."""
    assert [parse_size(text) for text in ("500KB", "50MB", "1 GB")] == [500 << 10, 50 << 20, 1 << 30]
    for text in ("50", "50M", "50 mb", "1.5MB", "-1KB"):
        with pytest.raises(ValueError, match="size"):
            parse_size(text)

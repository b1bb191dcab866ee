"""Pieces of a mail's text that may be shown to a person: short, on one line, and without any power over a terminal.

A mail is written by strangers. What comes out of here has no line break, no control character, nothing that reverses
the direction of reading and nothing invisible, so that no subject can pretend to be output of maild.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable
from typing import Any

from maild.core.rules.reading import Text
from maild.core.rules.texts import Contains, Ends, Regex, Starts, TextTest, Words
from maild.core.text import fold

LONGEST = 60
"""Letters of a value that are shown at most."""

Span = tuple[int, int]


def harmless(text: str, longest: int = LONGEST) -> str:
    """A text on one line, every unprintable character replaced, cut where it is too long."""
    # Before anything else: a text may have megabytes, of which the first line or two are enough.
    few = unicodedata.normalize("NFC", _UNSEEN.sub("", text[: longest * 8]))
    line = " ".join("".join(letter if _may_show(letter) else "\ufffd" for letter in few).split())
    return line if len(line) <= longest and len(text) <= longest * 8 else f"{line[: longest - 1].rstrip()}…"


def _may_show(letter: str) -> bool:
    return letter.isprintable() or letter.isspace()


def located(test: TextTest, text: Text) -> tuple[str, str]:
    """What of a text passes a test, and a short excerpt around it; the first is empty where it is the whole text.

    The text must pass the test.
    """
    shown = text.raw if getattr(test, "exact", False) else _tidy(text.raw)
    span = _span(test, shown)
    if span is None:
        return "", harmless(shown)
    start, end = span
    hit = harmless(shown[start:end])
    return hit, _around(shown, start, end)


def _tidy(text: str) -> str:
    """The text as folding sees it, but with its capitals and umlauts."""
    return unicodedata.normalize("NFC", _UNSEEN.sub("", text))


# soft hyphen, zero-width letters and the order mark: newsletters are full of them, and no reader misses them
_UNSEEN = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")


def _around(text: str, start: int, end: int) -> str:
    if len(text) <= LONGEST:
        return harmless(text)
    room = max(LONGEST - (end - start), 0) // 2
    before, after = text[max(start - room, 0) : start], text[end : end + room]
    if start > room:  # whole words only, where there are any
        before = f"…{before.partition(' ')[2] if ' ' in before else before}"
    if end + room < len(text):
        after = f"{after.rpartition(' ')[0] if ' ' in after else after}…"
    return harmless(f"{before}{text[start:end]}{after}", LONGEST + 2)


def _span(test: TextTest, shown: str) -> Span | None:
    match test:
        case Contains(needles=needles, exact=exact):
            return _first_needle(shown, needles, exact=exact)
        case Starts(wanted=wanted, exact=exact):
            beginning = next((each for each in wanted if _form(shown, exact=exact).startswith(each)), "")
            return _raw_span(shown, 0, len(beginning), _flat) if not exact else (0, len(beginning))
        case Ends(wanted=wanted, exact=exact):
            whole = _form(shown, exact=exact)
            ending = next((each for each in wanted if whole.endswith(each)), "")
            place = (len(whole) - len(ending), len(whole))
            return place if exact else _raw_span(shown, *place, _flat)
        case Regex():
            return _first_fit(test, shown)
        case Words():
            return _first_words(test, shown)
    return None


def _form(shown: str, *, exact: bool) -> str:
    return shown if exact else _flat(shown)


def _flat(text: str) -> str:
    return " ".join(fold(text).split())


def _first_needle(shown: str, needles: tuple[str, ...], *, exact: bool) -> Span | None:
    hay = _form(shown, exact=exact)
    for needle in needles:
        start = hay.find(needle)
        if start >= 0:
            end = start + len(needle)
            return (start, end) if exact else _raw_span(shown, start, end, _flat)
    return None


def _first_fit(test: Regex, shown: str) -> Span | None:
    hay = (shown if test.exact else fold(shown)).encode("utf-8", "replace")
    for pattern in test.patterns:
        found: Any = pattern.program.search(hay)
        if found is not None:
            start, end = (len(hay[:place].decode("utf-8", "replace")) for place in found.span())
            return (start, end) if test.exact else _raw_span(shown, start, end, fold)
    return None


def _first_words(test: Words, shown: str) -> Span | None:
    places = [found.span() for found in _WORD.finditer(shown)]
    longest = max((len(phrase.words) for phrase in test.phrases), default=1)
    for count in range(1, longest + 1):
        for first, last in zip(places, places[count - 1 :], strict=False):
            if test.found(Text(shown[first[0] : last[1]])):
                return first[0], last[1]
    return None


_WORD = re.compile(r"[^\W_]+")


def _raw_span(shown: str, start: int, end: int, form: Callable[[str], str]) -> Span:
    """The place in the text of a place in its folded form: folding makes two letters of one, and never fewer."""
    ends = range(len(shown) + 1)
    first = bisect_left(ends, start + 1, key=lambda place: len(form(shown[:place])))
    last = bisect_left(ends, end, key=lambda place: len(form(shown[:place])))
    return max(first - 1, 0), max(last, first)

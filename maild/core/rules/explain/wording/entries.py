"""What a rule's author wrote into a test, as both languages show it: in its order, harmless and not too much."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

from maild.core.contact import Relationship
from maild.core.hours import Opening
from maild.core.rules.explain.excerpt import harmless
from maild.core.rules.texts import Contains, Ends, Is, Matches, Regex, Starts, Words

MOST_ENTRIES = 12
"""Entries of one test that are shown; a list of addresses may have thousands."""


def needles(test: Contains | Is | Starts | Ends) -> list[str]:
    """The texts that a test looks for, as written."""
    return [harmless(entry) for entry in test.written or sorted(_compiled(test))]


def _compiled(test: Contains | Is | Starts | Ends) -> Iterable[str]:
    return test.needles if isinstance(test, Contains) else test.wanted


def globs(test: Matches) -> list[str]:
    """The globs of a test, as written."""
    return [harmless(glob.source) for glob in test.globs]


def patterns(test: Regex) -> list[str]:
    """The regular expressions of a test, as written."""
    return [harmless(pattern.source) for pattern in test.patterns]


def words(test: Words) -> list[str]:
    """The entries of a test on words, as written."""
    return [
        harmless(phrase.written or " ".join(word.key for word in phrase.words)) for phrase in test.phrases
    ]


def domains(wanted: Iterable[str]) -> list[str]:
    """Domains as people write them, not as they go over the wire."""
    return [harmless(_readable(domain)) for domain in sorted(wanted)]


def addresses(wanted: Iterable[str]) -> list[str]:
    """Addresses with their domains as people write them."""
    parts = (address.rpartition("@") for address in sorted(wanted))
    return [harmless(f"{local}{at}{_readable(domain)}") for local, at, domain in parts]


def _readable(domain: str) -> str:
    try:
        return domain.encode("ascii").decode("idna")
    except UnicodeError:
        return domain


def ordered(wanted: Iterable[Relationship]) -> list[str]:
    """Relationships in the order in which the language lists them."""
    asked = set(wanted)
    return [each.value for each in Relationship if each in asked]


def hours(openings: Iterable[Opening], last: str, until: str) -> str:
    """Times of the day, as 08:00 `until` 12:00 `last` 13:00 `until` 17:00."""
    return enumerated([f"{_clock(each.start)} {until} {_clock(each.end)}" for each in openings], last)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def roughly(length: timedelta, worded: Callable[[timedelta], str]) -> str:
    """A length of time in whole days, hours or minutes, whichever is the largest that it has."""
    seconds = max(int(length.total_seconds()), 0)
    unit = next((unit for unit in (86_400, 3_600, 60) if seconds >= unit), 1)
    return worded(timedelta(seconds=seconds // unit * unit))


def enumerated(entries: Sequence[str], last: str, more: str = "{} more") -> str:
    """Entries as a sentence lists them, with `last` (or a comma) before the final one; `more` counts those left out."""
    shown = list(entries[:MOST_ENTRIES])
    if len(entries) > MOST_ENTRIES:
        shown.append(more.format(len(entries) - MOST_ENTRIES))
    *front, final = shown or [""]
    return f"{', '.join(front)}{f' {last} ' if last else ', '}{final}" if front else final

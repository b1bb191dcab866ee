"""Conditions on the circumstances of a mail, from the data of a rules file: age, received, hours, history and others.

What they ask for must be known: a person from the client's absences, a template, opening hours, a trusted server.
"""

import re
from collections.abc import Callable

from maild.core.authentication import RESULTS
from maild.core.hours import Opening
from maild.core.language import LANGUAGES, language_names
from maild.core.rules.circumstances import (
    UNKNOWN_LANGUAGE,
    AbsenceIs,
    AgeIs,
    AuthenticatedIs,
    EncryptedIs,
    HolidayIs,
    HoursAre,
    LanguageIs,
    MethodFound,
    ReceivedIs,
    SignedIs,
)
from maild.core.rules.conditions import Condition, all_of
from maild.core.rules.parse.history import parse_history, parse_plain_length
from maild.core.rules.parse.sheet import Path, Sheet, hint, kind, known_words, listed, quoted

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_Parser = Callable[[Sheet, object, Path], Condition | None]


def _age(sheet: Sheet, value: object, path: Path) -> Condition | None:
    spec = sheet.table(value, path, ("older", "younger"))
    older = parse_plain_length(sheet, spec["older"], (*path, "older")) if "older" in spec else None
    younger = parse_plain_length(sheet, spec["younger"], (*path, "younger")) if "younger" in spec else None
    if older is not None and younger is not None and older >= younger:
        sheet.say(path, "nothing is older and younger than these at the same time")
    if value == {}:
        sheet.say(path, "neither older nor younger is named here")
    return None if older is None and younger is None else AgeIs(older, younger)


def _received(sheet: Sheet, value: object, path: Path) -> Condition | None:
    spec = sheet.table(value, path, ("weekday", "between"))
    if value == {}:
        sheet.say(path, "neither weekday nor between is named here")
    weekdays = frozenset(range(7))
    if "weekday" in spec:
        entries = sheet.texts(spec["weekday"], (*path, "weekday"))
        weekdays = frozenset(day for place, text in entries for day in _weekdays(sheet, text, place))
    between: tuple[Opening, ...] = ()
    if "between" in spec:
        entries = sheet.texts(spec["between"], (*path, "between"))
        between = tuple(opening for place, text in entries for opening in _openings(sheet, text, place))
    return ReceivedIs(weekdays, between) if spec else None


def _weekdays(sheet: Sheet, text: str, path: Path) -> list[int]:
    """Monday is 0; fri-mon goes on over the weekend."""
    first, dash, last = text.strip().lower().partition("-")
    if first not in WEEKDAYS or (dash and last not in WEEKDAYS):
        wrong = last if first in WEEKDAYS else first
        meant = hint(wrong[:3], WEEKDAYS) or f"; write mon or mon-fri, of {listed(WEEKDAYS)}"
        sheet.say(path, f"{quoted(wrong)} is no day of the week{meant}")
        return []
    start = WEEKDAYS.index(first)
    length = (WEEKDAYS.index(last) - start) % 7 if dash else 0
    return [(start + step) % 7 for step in range(length + 1)]


def _openings(sheet: Sheet, text: str, path: Path) -> list[Opening]:
    """A span of the day, cut in two where it goes over midnight."""
    found = _SPAN.fullmatch(text.strip())
    start, end = (int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])) if found else (0, 0)
    if not found or start >= _DAY or end > _DAY:
        sheet.say(path, f'{quoted(text)} is no span of time; write it as "08:00-18:00"')
        return []
    if start == end:
        sheet.say(path, f'{quoted(text)} has no length; for the whole day write "00:00-24:00"')
    parts = [(start, end)] if start < end else [(start, _DAY), (0, end)]
    return [Opening(first, last) for first, last in parts if first < last]


_SPAN = re.compile(r"([0-9]{2}):([0-5][0-9]) ?- ?([0-9]{2}):([0-5][0-9])")
_DAY = 24 * 60


def _hours(sheet: Sheet, value: object, path: Path) -> Condition | None:
    word = None
    if isinstance(value, str):
        word = sheet.choice(value, path, 'value of "hours"', ("open", "closed"))
    else:
        sheet.say(path, f"expected open or closed, found {kind(value)}")
    if not sheet.context.has_hours:
        sheet.say(
            path, 'client.yaml names no hours; add them, as in hours: {mon-fri: ["08:00-17:00"]}', on_key=True
        )
    return HoursAre(word == "open") if word else None


def _holiday(sheet: Sheet, value: object, path: Path) -> Condition:
    return HolidayIs(sheet.switch(value, path))


def _absence(sheet: Sheet, value: object, path: Path) -> Condition | None:
    if isinstance(value, bool):
        return AbsenceIs(value)
    if value is None or isinstance(value, dict | int | float):
        sheet.say(path, f"expected true, false or names, found {kind(value)}")
        return None
    known = {person.casefold(): person for person in sheet.context.people}
    people = set()
    for place, text in sheet.texts(value, path):
        person = known.get(text.strip().casefold())
        if person is None:
            _unknown_person(sheet, text, place)
        else:
            people.add(person)
    return AbsenceIs(True, frozenset(people)) if people else None


def _unknown_person(sheet: Sheet, text: str, path: Path) -> None:
    people = sorted(sheet.context.people)
    meant = hint(text, people) or (known_words(people) if people else "; add an absence there")
    sheet.say(path, f'{quoted(text)} has no entry in the "absences" of client.yaml{meant}')


def _language(sheet: Sheet, value: object, path: Path) -> Condition | None:
    codes = {_language_code(sheet, text, place) for place, text in sheet.texts(value, path)}
    wanted = frozenset(code for code in codes if code)
    return LanguageIs(wanted) if wanted else None


def _language_code(sheet: Sheet, text: str, path: Path) -> str:
    word = text.strip().lower()
    if word in LANGUAGES or word == UNKNOWN_LANGUAGE:
        return word
    code = language_names().get(word)
    meant = f"; did you mean «{code}»?" if code else hint(word, (UNKNOWN_LANGUAGE,))
    known = f"; there are {listed((*LANGUAGES, UNKNOWN_LANGUAGE))}"
    sheet.say(path, f"{quoted(text)} is no language that maild tells apart{meant or known}")
    return ""


def _authenticated(sheet: Sheet, value: object, path: Path) -> Condition | None:
    if not sheet.context.has_trusted_servers:
        advice = (
            "name the one that stands first in its Authentication-Results, as in authserv_ids: [mx.example]"
        )
        sheet.say(path, f'"imap" in client.yaml names no server to believe; {advice}', on_key=True)
    if isinstance(value, bool):
        return AuthenticatedIs(value)
    if not isinstance(value, dict):
        sheet.say(path, f"expected true, false or a map with {listed(RESULTS, 'or')}, found {kind(value)}")
        return None
    spec = sheet.table(value, path, tuple(RESULTS))
    if not value:
        sheet.say(path, f"no method is named here; there are {listed(tuple(RESULTS))}")
    parts = [_method(sheet, method, item, (*path, method)) for method, item in spec.items()]
    given = [part for part in parts if part is not None]
    return all_of(given) if given else None


def _method(sheet: Sheet, method: str, value: object, path: Path) -> Condition | None:
    entries = sheet.texts(value, path)
    found = [sheet.choice(text, place, f"result of {method}", RESULTS[method]) for place, text in entries]
    wanted = frozenset(word for word in found if word)
    return MethodFound(method, wanted) if wanted else None


def _encrypted(sheet: Sheet, value: object, path: Path) -> Condition:
    return EncryptedIs(sheet.switch(value, path))


def _signed(sheet: Sheet, value: object, path: Path) -> Condition:
    return SignedIs(sheet.switch(value, path))


CIRCUMSTANCES: dict[str, _Parser] = {
    "age": _age,
    "received": _received,
    "hours": _hours,
    "holiday": _holiday,
    "absence": _absence,
    "history": parse_history,
    "language": _language,
    "authenticated": _authenticated,
    "encrypted": _encrypted,
    "signed": _signed,
}
"""How each of these conditions is read; one with a problem may come out all the same, since its rule is left out."""

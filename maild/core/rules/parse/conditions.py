"""Conditions, from the data of a rules file: the keys below `when`, `unless`, `all`, `any` and `not`.

In a map every key must hold. What the circumstances of a mail are asked by is read in `parse_circumstances`.
"""

import re
from collections.abc import Callable

from maild.core.contact import Relationship
from maild.core.message import Machine
from maild.core.rules.conditions import (
    Attached,
    Condition,
    FieldIs,
    Flagged,
    MachineIs,
    Not,
    RelationshipIs,
    SizeIs,
    all_of,
    any_of,
)
from maild.core.rules.parse.circumstances import CIRCUMSTANCES
from maild.core.rules.parse.misplaced import asked_as
from maild.core.rules.parse.sheet import Path, Sheet, kind, listed, quoted
from maild.core.rules.parse.texts import parse_address_tests, parse_value_tests
from maild.core.rules.patterns import Pattern, PatternError, glob
from maild.core.rules.reading import ADDRESS_FIELDS, flag_key
from maild.core.rules.texts import ItemTest

MAX_DEPTH = 20
"""How deep `all`, `any` and `not` may nest."""


def parse_condition(sheet: Sheet, value: object, path: Path, depth: int = 0) -> Condition | None:
    """A map of conditions that must all hold; None where something is wrong, which the sheet then says."""
    if depth > MAX_DEPTH:
        sheet.say(path, f"conditions are nested more than {MAX_DEPTH} deep")
        return None
    if not isinstance(value, dict):
        sheet.say(path, f"expected a map of conditions, found {kind(value)}{_advice(value)}")
        return None
    if not value:
        sheet.say(path, "no condition is named here")
        return None
    parts = [_one(sheet, str(key), item, (*path, str(key)), depth) for key, item in value.items()]
    given = [part for part in parts if part is not None]
    return all_of(given) if given else None


def _advice(value: object) -> str:
    if isinstance(value, list):
        return "; leave out the -, or write all: or any: above the list"
    return "; write it as in subject: Rechnung" if isinstance(value, str) else ""


def parse_any(sheet: Sheet, value: object, path: Path, depth: int = 0) -> Condition | None:
    """A map of conditions that must all hold, or a list of such maps of which one must (`unless`, `not`)."""
    return (
        _list(sheet, value, path, depth, any_of)
        if isinstance(value, list)
        else parse_condition(sheet, value, path, depth)
    )


def _list(
    sheet: Sheet, value: object, path: Path, depth: int, joined: Callable[[list[Condition]], Condition]
) -> Condition | None:
    parts = [parse_condition(sheet, item, place, depth + 1) for place, item in sheet.items(value, path)]
    given = [part for part in parts if part is not None]
    return joined(given) if given else None


def _one(sheet: Sheet, key: str, value: object, path: Path, depth: int) -> Condition | None:
    match key:
        case "all":
            return _list(sheet, value, path, depth, all_of)
        case "any":
            return _list(sheet, value, path, depth, any_of)
        case "not":
            part = parse_any(sheet, value, path, depth + 1)
            return Not(part) if part else None
        case "body":
            return _body(sheet, value, path)
        case _ if key in ADDRESS_FIELDS:
            return _field(key, parse_address_tests(sheet, value, path))
        case "subject" | "attachment.name":
            return _field(key, parse_value_tests(sheet, value, path))
        case _ if key.startswith("header."):
            return _header(sheet, key, value, path)
        case _ if key in _OTHERS:
            return _OTHERS[key](sheet, value, path)
    _unknown(sheet, key, path)
    return None


def _unknown(sheet: Sheet, key: str, path: Path) -> None:
    if _LIKE_A_HEADER.fullmatch(key):
        sheet.say(path, f"unknown key {quoted(key)}; did you mean «header.{key}»?", on_key=True)
    elif meant := asked_as(key):
        sheet.say(path, f"unknown key {quoted(key)}; write it as {meant}", on_key=True)
    else:
        sheet.unknown_key(key, path[:-1], CONDITIONS)


_LIKE_A_HEADER = re.compile(r"[Xx]-[!-9;-~]+|List-[!-9;-~]+|Auto-Submitted|Precedence")


def _field(field: str, tests: tuple[ItemTest, ...]) -> Condition | None:
    return FieldIs(field, tests) if tests else None


def _body(sheet: Sheet, value: object, path: Path) -> Condition | None:
    tests = parse_value_tests(sheet, value, path, quoted_too=True)
    quotation = isinstance(value, dict) and sheet.switch(value.get("quoted", False), (*path, "quoted"))
    return _field("body.quoted" if quotation else "body", tests)


def _header(sheet: Sheet, key: str, value: object, path: Path) -> Condition | None:
    name = key.removeprefix("header.")
    if not _HEADER_NAME.fullmatch(name):
        sheet.say(path, f"{quoted(name)} is not the name of a header, as in header.X-Spam-Flag", on_key=True)
        return None
    return _field(f"header.{name.lower()}", parse_value_tests(sheet, value, path))


_HEADER_NAME = re.compile(r"[!-9;-~]+")  # RFC 5322, section 2.2


def _size(sheet: Sheet, value: object, path: Path) -> Condition | None:
    larger, smaller = _bounds(sheet, sheet.table(value, path, ("larger", "smaller")), path)
    if larger is None and smaller is None:
        if value == {}:
            sheet.say(path, "neither larger nor smaller is named here")
        return None
    return SizeIs(larger, smaller)


def _bounds(sheet: Sheet, spec: dict[str, object], path: Path) -> tuple[int | None, int | None]:
    larger = parse_size(sheet, spec["larger"], (*path, "larger")) if "larger" in spec else None
    smaller = parse_size(sheet, spec["smaller"], (*path, "smaller")) if "smaller" in spec else None
    if larger is not None and smaller is not None and larger + 1 >= smaller:
        sheet.say(path, "nothing is larger and smaller than these at the same time")
    return larger, smaller


def parse_size(sheet: Sheet, value: object, path: Path) -> int | None:
    """A size such as 2MB, in bytes; units are powers of 1024 as in Sieve (RFC 5228, section 2.4.1)."""
    found = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found:
        return int(float(found[1].replace(",", ".")) * _UNITS[found[2].upper()])
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    sheet.say(path, f"expected a size such as 500KB or 2MB, found {kind(value)}")
    return None


_SIZE = re.compile(r"(\d{1,12}(?:[.,]\d{1,3})?)\s*([KMG]?B)", re.IGNORECASE | re.ASCII)
_UNITS = {"B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30}


def _attachment(sheet: Sheet, value: object, path: Path) -> Condition | None:
    if isinstance(value, bool):
        return Attached() if value else Not(Attached())
    if not isinstance(value, dict):
        known = f"expected true, false or a map with {listed(_ATTACHMENT, 'or')}"
        advice = "; for its name write attachment: {name: Rechnung}" if isinstance(value, str) else ""
        sheet.say(path, f"{known}, found {kind(value)}{advice}")
        return None
    spec = sheet.table(value, path, _ATTACHMENT)
    if not value:
        sheet.say(path, "no test on the attachment is named here; for any attachment write true")
    larger, smaller = _bounds(sheet, spec, path)
    names = parse_value_tests(sheet, spec["name"], (*path, "name")) if "name" in spec else ()
    types = _types(sheet, spec["type"], (*path, "type")) if "type" in spec else ()
    least, most = _count(sheet, spec["count"], (*path, "count")) if "count" in spec else (1, None)
    return Attached(names, types, larger, smaller, least, most)


_ATTACHMENT = ("name", "type", "larger", "smaller", "count")


def _types(sheet: Sheet, value: object, path: Path) -> tuple[Pattern, ...]:
    found = []
    for place, text in sheet.texts(value, path):
        if not _MEDIA_TYPE.fullmatch(text.strip()):
            sheet.say(place, f"{quoted(text)} is not a media type such as application/pdf or image/*")
            continue
        try:
            found.append(glob(text.strip().lower()))
        except PatternError as error:
            sheet.say(place, f"the pattern can't be used: {error}")
    return tuple(found)


_MEDIA_TYPE = re.compile(r"[\w.+*-]+/[\w.+*-]+", re.ASCII)


def _count(sheet: Sheet, value: object, path: Path) -> tuple[int, int | None]:
    if not isinstance(value, dict):
        exactly = _number(sheet, value, path)
        return exactly, exactly
    spec = sheet.table(value, path, ("at_least", "at_most"))
    least = _number(sheet, spec["at_least"], (*path, "at_least")) if "at_least" in spec else 0
    most = _number(sheet, spec["at_most"], (*path, "at_most")) if "at_most" in spec else None
    if not value:
        sheet.say(path, "neither at_least nor at_most is named here")
    if most is not None and least > most:
        sheet.say(path, f"no number is at least {least} and at most {most}")
    return least, most


def _number(sheet: Sheet, value: object, path: Path) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    sheet.say(path, f"expected a whole number, found {kind(value)}")
    return 0


def _machine(sheet: Sheet, value: object, path: Path) -> Condition | None:
    found = sheet.words(value, path, "machine class", [*Machine, "any"])
    if "any" in found:
        return MachineIs(frozenset(Machine))
    classes = frozenset(Machine(name) for name in found)
    return MachineIs(classes) if classes else None


def _relationship(sheet: Sheet, value: object, path: Path) -> Condition | None:
    wanted = frozenset(map(Relationship, sheet.words(value, path, "relationship", Relationship)))
    return RelationshipIs(wanted) if wanted else None


def _flags(sheet: Sheet, value: object, path: Path) -> Condition | None:
    wanted = frozenset(flag_key(text) for _, text in parse_flags(sheet, value, path))
    return Flagged(wanted) if wanted else None


def parse_flags(sheet: Sheet, value: object, path: Path) -> list[tuple[Path, str]]:
    """Names of flags, without backslash; keywords are atoms (RFC 9051, section 9)."""
    found = []
    for place, text in sheet.texts(value, path):
        if text.lower() in _NOT_FLAGS:
            sheet.say(place, f'{quoted(text)} is no flag; a mail that was read has the flag "seen"')
        elif _FLAG.fullmatch(text):
            found.append((place, text.removeprefix("\\")))
        else:
            sheet.say(place, f"{quoted(text)} is not a flag: no blanks, umlauts, quotes, brackets, % or *")
    return found


_NOT_FLAGS = frozenset({"read", "unread", "unseen", "gelesen", "ungelesen"})
_FLAG = re.compile(r"\\?[!#$&'+,\-./0-9:;<=>?@A-Z^_`a-z|}~\[]{1,64}")

_OTHERS: dict[str, Callable[[Sheet, object, Path], Condition | None]] = {
    "size": _size,
    "attachment": _attachment,
    "machine": _machine,
    "relationship": _relationship,
    "flags": _flags,
    **CIRCUMSTANCES,
}

CONDITIONS = (
    "all",
    "any",
    "not",
    "subject",
    "body",
    *ADDRESS_FIELDS,
    "header.X",
    "attachment.name",
    *_OTHERS,
)
"""Every key that may stand in a map of conditions."""

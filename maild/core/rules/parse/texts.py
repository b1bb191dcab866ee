"""The tests on one field, from the data of a rules file: text tests and address tests.

A bare text or list means `contains`; in a map every key must hold, for one and the same value of the field. A list
means any of. Patterns are folded and compiled here, once.
"""

import unicodedata
from collections.abc import Callable

from maild.core.rules.parse.sheet import Path, Sheet, quoted
from maild.core.rules.patterns import Pattern, PatternError, glob, regex
from maild.core.rules.reading import address_key, domain_key, flatten
from maild.core.rules.texts import (
    AddressIs,
    AnyText,
    Contains,
    DetailIs,
    DomainIs,
    Ends,
    Is,
    ItemTest,
    LocalIs,
    Matches,
    NameText,
    Regex,
    Starts,
    TextTest,
    Words,
)
from maild.core.rules.words import LONGEST_PHRASE, Phrase, phrase
from maild.core.text import fold

TEXT_TESTS = ("contains", "is", "starts", "ends", "matches", "regex", "words")
ADDRESS_TESTS = ("address", "domain", "local", "detail", "name", "in")

MAX_MEMORY = 256 << 20
"""Bytes that the patterns of one file may use together."""

MAX_LETTERS = 1_000_000
"""Letters of all texts and words of one file that tests look for."""


def parse_text_tests(
    sheet: Sheet, value: object, path: Path, *, quoted_too: bool = False
) -> tuple[TextTest, ...]:
    """The tests on a text, cheap ones first; empty where something is wrong. `quoted_too` allows `quoted`."""
    if not isinstance(value, dict):
        return _given(_text_test(sheet, "contains", value, path, exact=False))
    known = (*TEXT_TESTS, "exact", *(("quoted",) if quoted_too else ()))
    spec = sheet.table(value, path, known)
    exact = sheet.switch(spec.get("exact", False), (*path, "exact"))
    names = [name for name in TEXT_TESTS if name in spec]
    if not names and all(key in known for key in value):
        sheet.say(
            path, "no test on the text is named here: contains, is, starts, ends, matches, regex or words"
        )
    tests = [_text_test(sheet, name, spec[name], (*path, name), exact=exact) for name in names]
    return tuple(sorted((test for test in tests if test), key=lambda test: test.cost))


def parse_value_tests(
    sheet: Sheet, value: object, path: Path, *, quoted_too: bool = False
) -> tuple[ItemTest, ...]:
    """The tests on a field that has only text."""
    return tuple(AnyText(test) for test in parse_text_tests(sheet, value, path, quoted_too=quoted_too))


def parse_address_tests(sheet: Sheet, value: object, path: Path) -> tuple[ItemTest, ...]:
    """The tests on a field of addresses: those on text and those on the parts of an address."""
    if not isinstance(value, dict):
        _open_ended(sheet, value, path)
        return parse_value_tests(sheet, value, path)
    spec = sheet.table(value, path, (*ADDRESS_TESTS, *TEXT_TESTS, "exact"))
    _open_ended(sheet, spec.get("contains"), (*path, "contains"))
    tests: list[ItemTest] = []
    for name in ADDRESS_TESTS:
        if name in spec:
            tests += _address_tests(sheet, name, spec[name], (*path, name))
    on_text = {key: item for key, item in spec.items() if key not in ADDRESS_TESTS}
    if on_text:
        tests += parse_value_tests(sheet, on_text, path)
    elif not spec and not value:
        sheet.say(path, "no test is named here, such as domain or contains")
    return tuple(sorted(tests, key=lambda test: test.cost))


def _open_ended(sheet: Sheet, value: object, path: Path) -> None:
    """Whoever writes @kunde.example means a domain; but a text may stand anywhere, also amid a stranger's domain."""
    places = (
        [((*path, index), item) for index, item in enumerate(value)]
        if isinstance(value, list)
        else [(path, value)]
    )
    for place, item in places:
        if isinstance(item, str) and item.strip().startswith("@"):
            domain = item.strip().removeprefix("@")
            sheet.say(
                place, f"{quoted(item)} would also fit {item.strip()}.evil.example; write domain: {domain}"
            )


def _given(test: TextTest | None) -> tuple[TextTest, ...]:
    return () if test is None else (test,)


def _text_test(sheet: Sheet, name: str, value: object, path: Path, *, exact: bool) -> TextTest | None:
    entries = sheet.texts(value, path, empty=name == "is")
    if not entries or not _affordable(sheet, entries, path):
        return None
    match name:
        case "matches":
            globs = _patterns(
                sheet, entries, lambda text: glob(text if exact else flatten(text), exact=exact)
            )
            return Matches(globs, exact) if globs else None
        case "regex":
            patterns = _patterns(sheet, entries, lambda text: regex(text, exact=exact))
            return Regex(patterns, exact) if patterns else None
        case "words":
            phrases = _phrases(sheet, entries, exact=exact)
            return Words(phrases, exact) if phrases else None
        case _:
            return _literal(name, tuple(text for _, text in entries), exact=exact)


def _affordable(sheet: Sheet, entries: list[tuple[Path, str]], path: Path) -> bool:
    sheet.letters += sum(len(text) for _, text in entries)
    if sheet.letters > MAX_LETTERS:
        sheet.say(path, f"the tests of this file look for more than {MAX_LETTERS:,} letters; split the file")
    return sheet.letters <= MAX_LETTERS


def _literal(name: str, written: tuple[str, ...], *, exact: bool) -> TextTest:
    needles = tuple(_needle(text, name, exact=exact) for text in written)
    match name:
        case "is":
            return Is(frozenset(needles), exact, written=written)
        case "starts":
            return Starts(needles, exact, written=written)
        case "ends":
            return Ends(needles, exact, written=written)
        case _:
            return Contains(needles, exact, written=written)


def _needle(text: str, name: str, *, exact: bool) -> str:
    if exact:
        return text
    folded = flatten(fold(text))
    # Flat text has no blanks at its ends, so a test on an end must not ask for them.
    return folded if name == "contains" else folded.strip()


def _patterns(
    sheet: Sheet, entries: list[tuple[Path, str]], compiled: Callable[[str], Pattern]
) -> tuple[Pattern, ...]:
    found = []
    for place, text in entries:
        try:
            pattern = compiled(text)
        except PatternError as error:
            sheet.say(place, f"the pattern can't be used: {error}")
            continue
        sheet.memory += pattern.memory
        if sheet.memory > MAX_MEMORY:
            sheet.say(place, f"the patterns of this file may use more than {MAX_MEMORY >> 20} MB; {_CHEAPER}")
            sheet.memory -= pattern.memory
        else:
            found.append(pattern)
    return tuple(found)


_CHEAPER = "make fewer and smaller ones, or look for texts or words"


def _phrases(sheet: Sheet, entries: list[tuple[Path, str]], *, exact: bool) -> tuple[Phrase, ...]:
    found = []
    for place, text in entries:
        entry = phrase(text, exact=exact)
        if entry is None:
            sheet.say(place, f"{quoted(text)} has no word in it")
        elif len(entry.words) > LONGEST_PHRASE:
            sheet.say(place, f"one entry has at most {LONGEST_PHRASE} words; for a longer text use contains")
        else:
            found.append(entry)
    return tuple(found)


def _address_tests(sheet: Sheet, name: str, value: object, path: Path) -> tuple[ItemTest, ...]:
    if name == "name":
        return tuple(NameText(test) for test in parse_text_tests(sheet, value, path))
    if name == "in" and not isinstance(value, list):
        sheet.items(value, path)
        return ()
    entries = [(place, unicodedata.normalize("NFC", text)) for place, text in sheet.texts(value, path)]
    match name:
        case "address" | "in":
            return _addresses(sheet, entries)
        case "domain":
            return _domains(sheet, entries)
        case "local":
            return _parts(sheet, entries, "local", LocalIs)
        case _:
            return _parts(sheet, entries, "detail", DetailIs)


def _addresses(sheet: Sheet, entries: list[tuple[Path, str]]) -> tuple[ItemTest, ...]:
    for place, text in entries:
        local, _, domain = text.strip().rpartition("@")
        if not local or not domain or " " in text.strip():
            sheet.say(
                place,
                f'{quoted(text)} is not an address such as anna@kunde.example; for a domain use "domain"',
            )
    return (AddressIs(frozenset(address_key(text.strip()) for _, text in entries)),) if entries else ()


def _domains(sheet: Sheet, entries: list[tuple[Path, str]]) -> tuple[ItemTest, ...]:
    for place, text in entries:
        if set("@*? ") & set(text.strip()):
            sheet.say(
                place, f"{quoted(text)} is not a domain such as kunde.example; its subdomains are included"
            )
    return (DomainIs(frozenset(domain_key(text.strip()) for _, text in entries)),) if entries else ()


def _parts(
    sheet: Sheet, entries: list[tuple[Path, str]], name: str, test: Callable[[frozenset[str]], ItemTest]
) -> tuple[ItemTest, ...]:
    for place, text in entries:
        if set("@+") & set(text):
            advice = 'what follows + is "detail", and the whole is "address"'
            sheet.say(place, f'{quoted(text)}: "{name}" is compared without @ and +; {advice}')
    return (test(frozenset(text.strip().lower() for _, text in entries)),) if entries else ()

"""The `tests:` of a rules file, from its data: a mail, when it came, and what is expected of the rules.

The mail is written out as a map, or named as the path of an .eml file, which is opened only when the test is run.
"""

from dataclasses import replace
from datetime import datetime

from maild.core.addresses import addresses
from maild.core.contact import Relationship
from maild.core.machine import classify
from maild.core.message import Address, Attachment, Machine, Mail
from maild.core.rules.model import ANY, DONE, Example, Expectation, Expected
from maild.core.rules.parse_conditions import parse_flags, parse_size
from maild.core.rules.sheet import Path, Sheet, kind, quoted

_KEYS = ("mail", "now", "relationship", "flags", "expect")
_MAIL_KEYS = (
    "from",
    "to",
    "cc",
    "reply_to",
    "subject",
    "body",
    "quoted",
    "headers",
    "machine",
    "attachments",
    "size",
    "relationship",
    "flags",
)


def parse_examples(sheet: Sheet, value: object, path: Path, origin: str) -> tuple[Example, ...]:
    """The tests of one file; one with a problem is left out."""
    if not isinstance(value, list):
        sheet.say(path, f"expected a list of tests, found {kind(value)}")
        return ()
    examples = []
    for index, item in enumerate(value):
        before = len(sheet.problems)
        example = _example(sheet, item, (*path, index), origin, index)
        if example is not None and len(sheet.problems) == before:
            examples.append(example)
    return tuple(examples)


def _example(sheet: Sheet, item: object, path: Path, origin: str, index: int) -> Example | None:
    spec = sheet.table(item, path, _KEYS)
    if not isinstance(item, dict):
        return None
    for key in ("mail", "expect"):
        if key not in item:
            sheet.say(path, f'a test needs "{key}"')
    mail, about = _mail(sheet, spec["mail"], (*path, "mail")) if "mail" in spec else (None, _Placed())
    expect = _expect(sheet, spec["expect"], (*path, "expect")) if "expect" in spec else None
    now = _now(sheet, spec["now"], (*path, "now")) if "now" in spec else None
    relationship, flags = _facts(sheet, {**about, **_placed(spec, path)})
    if mail is None or expect is None:
        return None
    return Example(mail, expect, relationship, flags, now, origin, index)


_Placed = dict[str, tuple[Path, object]]


def _placed(spec: dict[str, object], path: Path) -> _Placed:
    return {key: ((*path, key), spec[key]) for key in ("relationship", "flags") if key in spec}


def _facts(sheet: Sheet, placed: _Placed) -> tuple[Relationship, frozenset[str]]:
    relationship, flags = Relationship.UNKNOWN, frozenset[str]()
    if "relationship" in placed:
        place, value = placed["relationship"]
        text = sheet.text(value, place)
        name = sheet.choice(text, place, "relationship", [*Relationship]) if text else None
        relationship = Relationship(name or Relationship.UNKNOWN)
    if "flags" in placed:
        place, value = placed["flags"]
        flags = frozenset(name for _, name in parse_flags(sheet, value, place))
    return relationship, flags


def _now(sheet: Sheet, value: object, path: Path) -> datetime | None:
    if isinstance(value, datetime):
        return value
    try:
        return datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        sheet.say(path, f"expected a time such as 2026-12-01T09:30:00+01:00, found {kind(value)}")
        return None


def _mail(sheet: Sheet, value: object, path: Path) -> tuple[Mail | str | None, _Placed]:
    if isinstance(value, str) and value.strip():
        if not value.endswith(".eml"):
            sheet.say(path, f"{quoted(value)} is not the path of an .eml file")
        return value, {}
    if not isinstance(value, dict):
        sheet.say(path, f"expected a mail as a map, or the path of an .eml file, found {kind(value)}")
        return None, {}
    spec = sheet.table(value, path, _MAIL_KEYS)
    body = _plain(sheet, spec, "body", path)
    quotation = _plain(sheet, spec, "quoted", path)
    mail = Mail(
        headers=_headers(sheet, spec, path),
        subject=_plain(sheet, spec, "subject", path),
        from_=_addresses(sheet, spec, "from", path),
        to=_addresses(sheet, spec, "to", path),
        cc=_addresses(sheet, spec, "cc", path),
        reply_to=_addresses(sheet, spec, "reply_to", path),
        text=f"{body}\n\n{quotation}" if quotation else body,
        new_text=body,
        attachments=_attachments(sheet, spec, path),
        size=(parse_size(sheet, spec["size"], (*path, "size")) or 0) if "size" in spec else 0,
    )
    return _classed(sheet, mail, spec, path), _placed(spec, path)


def _plain(sheet: Sheet, spec: dict[str, object], key: str, path: Path) -> str:
    value = spec.get(key, "")
    return value if isinstance(value, str) else sheet.text(value, (*path, key)) or ""


def _headers(sheet: Sheet, spec: dict[str, object], path: Path) -> tuple[tuple[str, str], ...]:
    value = spec.get("headers", {})
    if not isinstance(value, dict):
        sheet.say((*path, "headers"), f"expected a map of headers, found {kind(value)}")
        return ()
    return tuple(
        (str(name), text)
        for name, item in value.items()
        for _, text in sheet.texts(item, (*path, "headers", str(name)), empty=True)
    )


def _addresses(sheet: Sheet, spec: dict[str, object], key: str, path: Path) -> tuple[Address, ...]:
    if key not in spec:
        return ()
    found: list[Address] = []
    for place, text in sheet.texts(spec[key], (*path, key)):
        given = addresses(text)
        if not given:
            sheet.say(place, f"{quoted(text)} is not an address such as Anna Müller <anna@kunde.example>")
        found += given
    return tuple(found)


def _classed(sheet: Sheet, mail: Mail, spec: dict[str, object], path: Path) -> Mail:
    if "machine" not in spec:
        found, reason = classify(mail)  # by its headers and sender, as real mail is
        return replace(mail, machine=found, machine_reason=reason)
    if spec["machine"] is None:
        return mail
    text = sheet.text(spec["machine"], (*path, "machine"))
    name = sheet.choice(text, (*path, "machine"), "machine class", [*Machine]) if text else None
    return replace(mail, machine=Machine(name)) if name else mail


def _attachments(sheet: Sheet, spec: dict[str, object], path: Path) -> tuple[Attachment, ...]:
    value = spec.get("attachments")
    if value is None:
        return ()
    entries = value if isinstance(value, list) else [value]
    return tuple(
        _attachment(sheet, item, (*path, "attachments", index)) for index, item in enumerate(entries)
    )


def _attachment(sheet: Sheet, item: object, path: Path) -> Attachment:
    spec: dict[str, object] = (
        {"name": item} if isinstance(item, str) else sheet.table(item, path, ("name", "type", "size"))
    )
    name = _plain(sheet, spec, "name", path)
    media_type = _plain(sheet, spec, "type", path).lower() or _TYPES.get(
        name.rpartition(".")[2].lower(), _OCTETS
    )
    size = parse_size(sheet, spec["size"], (*path, "size")) if "size" in spec else 0
    return Attachment(name, media_type, size or 0)


_OCTETS = "application/octet-stream"
_TYPES = {
    "pdf": "application/pdf",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "txt": "text/plain",
    "csv": "text/csv",
    "ics": "text/calendar",
    "zip": "application/zip",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

_SINGLE = ("move", "draft")
_SEVERAL = ("copy", "mark", "forward")
_SWITCHES = ("trash", "keep")
KINDS = (*_SINGLE, *_SEVERAL, "note", *_SWITCHES)


def _expect(sheet: Sheet, value: object, path: Path) -> Expectation:
    spec = sheet.table(value, path, ("rules", *KINDS, "only"))
    if value == {}:
        sheet.say(path, "nothing is expected here; for no action at all write only: true")
    rules = None
    if "rules" in spec:
        rules = (
            tuple(text for _, text in sheet.texts(spec["rules"], (*path, "rules"))) if spec["rules"] else ()
        )
    actions = tuple(
        Expected(key, _values(sheet, key, spec[key], (*path, key))) for key in KINDS if key in spec
    )
    return Expectation(rules, actions, sheet.switch(spec.get("only", False), (*path, "only")))


def _values(sheet: Sheet, key: str, value: object, path: Path) -> tuple[str, ...]:
    if key in _SWITCHES:
        return (DONE,) if sheet.switch(value, path) else ()
    if value is None or value is False or value == []:
        return ()
    if key == "note" and value is True:
        return (ANY,)
    if key in _SINGLE:
        text = sheet.text(value, path)
        return (text,) if text else ()
    texts = (text.removeprefix("\\") if key == "mark" else text for _, text in sheet.texts(value, path))
    return tuple(sorted(texts))

"""The `tests:` of a rules file, from its data: a mail, when it came, and what is expected of the rules.

The mail is written out as a map, or named as the path of an .eml file, which is opened only when the test is run.
"""

import unicodedata
from dataclasses import replace

from maild.core.addresses import addresses
from maild.core.contact import Relationship
from maild.core.durations import duration_text
from maild.core.machine import classify
from maild.core.message import Address, Attachment, Machine, Mail
from maild.core.rules.model import ANY, DONE, Example, Expectation, Expected, Past
from maild.core.rules.parse.conditions import parse_flags, parse_size
from maild.core.rules.parse.letters import parse_length
from maild.core.rules.parse.past import parse_past, parse_times
from maild.core.rules.parse.sheet import Path, Sheet, kind, quoted

EXAMPLE_KEYS = ("mail", "now", "received", "relationship", "flags", "history", "old", "expect")
MAIL_KEYS = (
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
    "encrypted",
    "signed",
    "authenticated",
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


def parse_outcome(sheet: Sheet, value: object, mail: str, origin: str) -> Example | None:
    """What a file of its own expects of the rules for the .eml file beside it: the keys of a test without `mail`."""
    if not isinstance(value, dict):
        sheet.say((), f"expected a map with expect, found {kind(value)}")
        return None
    if "mail" in value:
        sheet.say(("mail",), f"the mail is {quoted(mail)}, beside this file; remove this key", on_key=True)
    example = _example(sheet, {**value, "mail": mail}, (), origin, 0)
    return None if sheet.problems else example


def _example(sheet: Sheet, item: object, path: Path, origin: str, index: int) -> Example | None:
    spec = sheet.table(item, path, EXAMPLE_KEYS)
    if not isinstance(item, dict):
        return None
    for key in ("mail", "expect"):
        if key not in item:
            sheet.say(path, f'a test needs "{key}"')
    mail, about = _mail(sheet, spec["mail"], (*path, "mail")) if "mail" in spec else (None, _Placed())
    expect = _expect(sheet, spec["expect"], (*path, "expect")) if "expect" in spec else None
    received, now = parse_times(sheet, spec, path)
    past = parse_past(sheet, spec["history"], (*path, "history")) if "history" in spec else Past()
    old = sheet.switch(spec.get("old", False), (*path, "old"))
    relationship, flags, authenticated = _facts(sheet, {**about, **_placed(spec, path)})
    if mail is None or expect is None:
        return None
    return Example(mail, expect, relationship, flags, now, origin, index, received, past, old, authenticated)


_Placed = dict[str, tuple[Path, object]]


def _placed(spec: dict[str, object], path: Path) -> _Placed:
    keys = ("relationship", "flags", "authenticated")
    return {key: ((*path, key), spec[key]) for key in keys if key in spec}


def _facts(sheet: Sheet, placed: _Placed) -> tuple[Relationship, frozenset[str], bool]:
    relationship, flags = Relationship.UNKNOWN, frozenset[str]()
    if "relationship" in placed:
        place, value = placed["relationship"]
        text = sheet.text(value, place)
        name = sheet.choice(text, place, "relationship", [*Relationship]) if text else None
        relationship = Relationship(name or Relationship.UNKNOWN)
    if "flags" in placed:
        place, value = placed["flags"]
        flags = frozenset(name for _, name in parse_flags(sheet, value, place))
    authenticated = False
    if "authenticated" in placed:
        place, value = placed["authenticated"]
        authenticated = sheet.switch(value, place)
    return relationship, flags, authenticated


def _mail(sheet: Sheet, value: object, path: Path) -> tuple[Mail | str | None, _Placed]:
    if isinstance(value, str) and value.strip():
        if not value.endswith(".eml"):
            sheet.say(path, f"{quoted(value)} is not the path of an .eml file")
        return value, {}
    if not isinstance(value, dict):
        sheet.say(path, f"expected a mail as a map, or the path of an .eml file, found {kind(value)}")
        return None, {}
    spec = sheet.table(value, path, MAIL_KEYS)
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
        encrypted=sheet.switch(spec.get("encrypted", False), (*path, "encrypted")),
        signed=sheet.switch(spec.get("signed", False), (*path, "signed")),
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

_SINGLE = ("move", "draft", "answer", "relate", "remind")
_SEVERAL = ("copy", "mark", "forward")
_SWITCHES = ("trash", "keep")
KINDS = (*_SINGLE, *_SEVERAL, "note", *_SWITCHES)
"""The kinds of action, as `expect` names them."""


def _expect(sheet: Sheet, value: object, path: Path) -> Expectation:
    spec = sheet.table(value, path, ("rules", *KINDS, "only"))
    if value == {}:
        sheet.say(path, "nothing is expected here; for no action at all write only: true")
    rules = None
    if "rules" in spec:
        none = spec["rules"] is None or spec["rules"] is False or spec["rules"] == []
        entries = [] if none else sheet.texts(spec["rules"], (*path, "rules"))
        rules = tuple(text for _, text in entries)
    actions = tuple(
        Expected(key, _values(sheet, key, spec[key], (*path, key))) for key in KINDS if key in spec
    )
    return Expectation(rules, actions, sheet.switch(spec.get("only", False), (*path, "only")))


def _values(sheet: Sheet, key: str, value: object, path: Path) -> tuple[str, ...]:
    """What may come of one kind of action, in the words by which `examples` calls what did."""
    if key in _SWITCHES:
        return (DONE,) if sheet.switch(value, path) else ()
    if value is None or value is False or value == []:
        return ()
    if key == "note" and value is True:
        return (ANY,)
    if value is True:
        sheet.say(path, f'name what "{key}" must be; for none at all write []')
        return ()
    if key in _SINGLE:
        text = sheet.text(value, path)
        return (_as_done(sheet, key, text, path),) if text else ()
    texts = sheet.texts(value, path)
    return tuple(sorted(_as_done(sheet, key, text, place) for place, text in texts))


def _as_done(sheet: Sheet, key: str, text: str, path: Path) -> str:
    match key:
        case "move" | "copy":
            return unicodedata.normalize("NFC", text.strip())
        case "mark":
            name = text.removeprefix("\\")
            return name.lower() if name.lower() in ("seen", "flagged") else name
        case "forward":
            return text.lower()
        case "relate":
            return sheet.choice(text, path, "relationship", [*Relationship]) or ""
        case "remind":
            length = parse_length(sheet, text, path)
            return "" if length is None else duration_text(length)
        case _:
            return text

"""Actions, from the data of a rules file: the list below `do`.

No rule moves or copies into a folder that maild or the mail program needs for itself, and no rule contradicts itself.
Those by which somebody is written to are `parse_letters`' business.
"""

import unicodedata
from datetime import timedelta

from maild.core.action import (
    Action,
    Answer,
    Copy,
    Draft,
    Keep,
    Mark,
    Move,
    Relate,
    Remind,
    Trash,
)
from maild.core.contact import Relationship
from maild.core.durations import BusinessHours
from maild.core.folder import folder_key
from maild.core.rules.parse.conditions import parse_flags
from maild.core.rules.parse.letters import parse_answer, parse_draft, parse_forward, parse_length, parse_note
from maild.core.rules.parse.sheet import Path, Sheet, hint, kind, known_words, quoted

ACTIONS = (
    "move",
    "copy",
    "mark",
    "draft",
    "answer",
    "forward",
    "note",
    "remind",
    "relate",
    "trash",
    "keep",
)


def parse_actions(sheet: Sheet, value: object, path: Path) -> tuple[Action, ...]:
    """The actions of one rule, in the order of the file."""
    found: list[Action] = []
    for place, item in sheet.items(value, path):
        action = _action(sheet, item, place)
        if action is not None:
            _contradiction(sheet, action, found, place)
            found.append(action)
    return tuple(found)


def _action(sheet: Sheet, item: object, path: Path) -> Action | None:
    if isinstance(item, str):
        return _bare(sheet, item, path)
    if not isinstance(item, dict) or not item:
        sheet.say(
            path, f"expected an action such as move: Anfragen, found {kind(item) if item else 'nothing'}"
        )
        return None
    keys = [str(key) for key in item]
    unknown = [key for key in keys if key not in ACTIONS]
    for key in unknown:
        sheet.unknown_key(key, path, ACTIONS)
    if unknown:
        return None
    if len(keys) > 1:
        sheet.say((*path, keys[1]), f'each action is an entry of its own; write "- {keys[1]}:"', on_key=True)
        return None
    return _named(sheet, keys[0], item[keys[0]], (*path, keys[0]))


def _bare(sheet: Sheet, name: str, path: Path) -> Action | None:
    if name in ("trash", "keep"):
        return Trash() if name == "trash" else Keep()
    if name in ACTIONS:
        sheet.say(path, f'"{name}" needs a value, as in {_EXAMPLES[name]}')
    elif name in ("stop", "continue"):
        sheet.say(path, f'"{name}" is no action; write "then: {name}" below "do"')
    else:
        meant = hint(name, ACTIONS) or known_words(ACTIONS)
        sheet.say(path, f"unknown action {quoted(name)}{meant}")
    return None


_EXAMPLES = {
    "move": "move: Anfragen",
    "copy": "copy: Archiv",
    "mark": "mark: [flagged]",
    "draft": "draft: offer-request",
    "answer": "answer: we-are-closed",
    "forward": "forward: client",
    "note": "note: Please call back",
    "remind": "remind: 4 business hours",
    "relate": "relate: customer",
}


def _named(sheet: Sheet, name: str, value: object, path: Path) -> Action | None:
    match name:
        case "move" | "copy":
            folder = _folder(sheet, value, path)
            return None if folder is None else Move(folder) if name == "move" else Copy(folder)
        case "mark":
            return _mark(sheet, value, path)
        case "draft":
            return parse_draft(sheet, value, path)
        case "answer":
            return parse_answer(sheet, value, path)
        case "forward":
            return parse_forward(sheet, value, path)
        case "note":
            return parse_note(sheet, value, path)
        case "remind":
            return _remind(sheet, value, path)
        case "relate":
            return _relate(sheet, value, path)
    if value is not None and value is not True:
        sheet.say(path, f'"{name}" takes no value; write "- {name}"')
        return None
    return Trash() if name == "trash" else Keep()


def _contradiction(sheet: Sheet, action: Action, earlier: list[Action], path: Path) -> None:
    again = _ONCE.get(type(action))
    if again and any(type(other) is type(action) for other in earlier):
        sheet.say(path, f"a rule {again} once; remove one of the two")
        return
    places = [other for other in earlier if isinstance(other, Move | Trash | Keep)]
    if isinstance(action, Move | Trash | Keep) and places:
        sheet.say(path, f"a mail ends in one place; this contradicts {place_name(places[0])} above")
    elif action in earlier:
        sheet.say(path, "this action stands twice; remove one of the two")


_ONCE: dict[type[Action], str] = {
    Draft: "drafts",
    Answer: "answers",
    Remind: "reminds",
    Relate: "sets the relationship",
}


def place_name(action: Action) -> str:
    """An action that decides where a mail ends, as messages name it."""
    match action:
        case Move(folder):
            return f"move: {folder}"
        case Trash():
            return "trash"
        case _:
            return "keep"


def _folder(sheet: Sheet, value: object, path: Path) -> str | None:
    name = sheet.text(value, path)
    if name is None:
        return None
    name = unicodedata.normalize("NFC", name.strip())
    if not name.isprintable() or set(name) & set("*%") or not all(part.strip() for part in name.split("/")):
        sheet.say(path, f"{quoted(name)} is not the name of a folder; {_LEVELS}")
        return None
    if name.lower().startswith("inbox."):
        meant = quoted(name.replace(".", "/"))
        sheet.say(path, f"levels of folders are divided by /, whatever the server uses; write {meant}")
        return None
    if folder_key(name) in {folder_key(folder) for folder in sheet.context.protected_folders}:
        sheet.say(
            path,
            f"rules may not put mail into {quoted(name)}, which has a purpose of its own; see trash and draft",
        )
        return None
    return name


_LEVELS = "put one / between two levels, none at the ends, and leave out * and %"


def _mark(sheet: Sheet, value: object, path: Path) -> Mark | None:
    flags = []
    for place, name in parse_flags(sheet, value, path):
        if name.lower() in _RESERVED:
            sheet.say(place, f"rules may not set {quoted(name)}; they may set seen, flagged and keywords")
        else:
            flags.append(name.lower() if name.lower() in ("seen", "flagged") else name)
    return Mark(tuple(dict.fromkeys(flags))) if flags else None


_RESERVED = frozenset({"answered", "deleted", "draft", "recent"})  # RFC 9051, section 2.3.2


def _remind(sheet: Sheet, value: object, path: Path) -> Remind | None:
    if isinstance(value, dict):
        spec = sheet.table(value, path, ("after",))
        if "after" not in value:
            sheet.say(path, "a reminder needs to know after what time, as in remind: {after: 4h}")
            return None
        value, path = spec["after"], (*path, "after")
    after = parse_length(sheet, value, path)
    if after in (timedelta(0), BusinessHours(0)):
        sheet.say(path, "a reminder needs some time to wait; write it as 4h, 2d or 4 business hours")
        return None
    if isinstance(after, BusinessHours) and not sheet.context.has_hours:
        sheet.say(path, 'client.yaml names no "hours", so business hours never pass; write it as 4h or 2d')
        return None
    return None if after is None else Remind(after)


def _relate(sheet: Sheet, value: object, path: Path) -> Relate | None:
    name = sheet.text(value, path)
    word = None if name is None else sheet.choice(name, path, "relationship", _RELATIONSHIPS)
    return None if word is None else Relate(Relationship(word))


# Not unknown: that is what a sender is until something is known, and a rule can't make it unknown again.
_RELATIONSHIPS = tuple(each.value for each in Relationship if each is not Relationship.UNKNOWN)

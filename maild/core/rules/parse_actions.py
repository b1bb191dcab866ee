"""Actions, from the data of a rules file: the list below `do`.

Whatever an action refers to must exist: a template, an identity, a file, a declared address. No rule moves or copies
into a folder that maild or the mail program needs for itself.
"""

import unicodedata

from maild.core.action import Action, Copy, Draft, Forward, Keep, Mark, Move, Note, Trash
from maild.core.folder import folder_key
from maild.core.rules.parse_conditions import parse_flags
from maild.core.rules.sheet import Path, Sheet, hint, kind, listed, quoted

ACTIONS = ("move", "copy", "mark", "draft", "forward", "note", "trash", "keep")

LATER = ("answer", "remind", "relate")
"""Actions of the language that this version refuses."""


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
        sheet.unknown_key(key, path, ACTIONS, LATER)
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
    elif name in LATER:
        sheet.say(path, f'"{name}" is not available in this version of maild')
    else:
        meant = hint(name, [*ACTIONS, *LATER]) or f"; there are {listed(ACTIONS)}"
        sheet.say(path, f"unknown action {quoted(name)}{meant}")
    return None


_EXAMPLES = {
    "move": "move: Anfragen",
    "copy": "copy: Archiv",
    "mark": "mark: [flagged]",
    "draft": "draft: offer-request",
    "forward": "forward: client",
    "note": "note: Please call back",
}


def _named(sheet: Sheet, name: str, value: object, path: Path) -> Action | None:
    match name:
        case "move" | "copy":
            folder = _folder(sheet, value, path)
            return None if folder is None else Move(folder) if name == "move" else Copy(folder)
        case "mark":
            return _mark(sheet, value, path)
        case "draft":
            return _draft(sheet, value, path)
        case "forward":
            return _forward(sheet, value, path)
        case "note":
            return _note(sheet, value, path)
    if value is not None and value is not True:
        sheet.say(path, f'"{name}" takes no value; write "- {name}"')
        return None
    return Trash() if name == "trash" else Keep()


def _contradiction(sheet: Sheet, action: Action, earlier: list[Action], path: Path) -> None:
    if isinstance(action, Draft) and any(isinstance(other, Draft) for other in earlier):
        sheet.say(path, "a rule drafts once; remove one of the two")
    places = [other for other in earlier if isinstance(other, Move | Trash | Keep)]
    if isinstance(action, Move | Trash | Keep) and places:
        sheet.say(path, f"a mail ends in one place; this contradicts {place_name(places[0])} above")
    elif action in earlier:
        sheet.say(path, "this action stands twice; remove one of the two")


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
        sheet.say(path, f"{quoted(name)} is not the name of a folder; levels are divided by one /")
        return None
    if folder_key(name) in {folder_key(folder) for folder in sheet.context.protected_folders}:
        sheet.say(
            path,
            f"rules may not put mail into {quoted(name)}, which has a purpose of its own; see trash and draft",
        )
        return None
    return name


def _mark(sheet: Sheet, value: object, path: Path) -> Mark | None:
    flags = []
    for place, name in parse_flags(sheet, value, path):
        if name.lower() in _RESERVED:
            sheet.say(place, f"rules may not set {quoted(name)}; they may set seen, flagged and keywords")
        else:
            flags.append(name.lower() if name.lower() in ("seen", "flagged") else name)
    return Mark(tuple(dict.fromkeys(flags))) if flags else None


_RESERVED = frozenset({"answered", "deleted", "draft", "recent"})  # RFC 9051, section 2.3.2


def _draft(sheet: Sheet, value: object, path: Path) -> Draft | None:
    if not isinstance(value, dict):
        template = _template(sheet, value, path)
        return None if template is None else Draft(template)
    spec = sheet.table(value, path, ("template", "identity", "attach"))
    if "template" not in value:
        sheet.say(path, "a draft needs a template")
    template = _template(sheet, spec["template"], (*path, "template")) if "template" in spec else None
    identity = _identity(sheet, spec["identity"], (*path, "identity")) if "identity" in spec else ""
    attach = _files(sheet, spec["attach"], (*path, "attach")) if "attach" in spec else ()
    return None if template is None else Draft(template, identity, attach)


def _template(sheet: Sheet, value: object, path: Path) -> str | None:
    name = sheet.text(value, path)
    if name is not None and name not in sheet.context.templates:
        sheet.say(path, f"there is no template {quoted(name)}{hint(name, sorted(sheet.context.templates))}")
        return None
    return name


def _identity(sheet: Sheet, value: object, path: Path) -> str:
    address = sheet.text(value, path)
    if address is None:
        return ""
    known = {identity.lower(): identity for identity in sheet.context.identities}
    if address.lower() not in known:
        sheet.say(
            path,
            f'{quoted(address)} is not one of the "identities" in client.yaml{hint(address, sorted(known))}',
        )
    return known.get(address.lower(), "")


def _files(sheet: Sheet, value: object, path: Path) -> tuple[str, ...]:
    entries = sheet.texts(value, path)
    for place, name in entries:
        if name not in sheet.context.files:
            sheet.say(
                place, f"there is no file {quoted(name)} to attach{hint(name, sorted(sheet.context.files))}"
            )
    return tuple(name for _, name in entries)


def _forward(sheet: Sheet, value: object, path: Path) -> Forward | None:
    if not isinstance(value, dict):
        return _forward_to(sheet, value, path)
    spec = sheet.table(value, path, ("to", "when"))
    if "when" in spec:
        _forward_when(sheet, spec["when"], (*path, "when"))
    if "to" not in value:
        sheet.say(path, "a forward needs to: client, or an address that client.yaml declares")
        return None
    return _forward_to(sheet, spec["to"], (*path, "to"))


def _forward_when(sheet: Sheet, value: object, path: Path) -> None:
    when = sheet.text(value, path)
    if when is None:
        return
    if sheet.choice(when, path, "time", ("now", "digest")) == "digest":
        sheet.say(path, '"digest" is not available in this version of maild')


def _forward_to(sheet: Sheet, value: object, path: Path) -> Forward | None:
    to = sheet.text(value, path)
    if to is None:
        return None
    if to == "client" or to.lower() in sheet.context.forward_to:
        return Forward(to if to == "client" else to.lower())
    declared = hint(to, ["client", *sorted(sheet.context.forward_to)])
    sheet.say(
        path, f'{quoted(to)} is not declared; client.yaml lists such addresses in "forward_to"{declared}'
    )
    return None


def _note(sheet: Sheet, value: object, path: Path) -> Note | None:
    if not isinstance(value, dict):
        text = sheet.text(value, path)
        return None if text is None else Note(text)
    spec = sheet.table(value, path, ("text", "urgent"))
    if "text" not in value:
        sheet.say(path, "a note needs a text")
    text = sheet.text(spec["text"], (*path, "text")) if "text" in spec else None
    urgent = sheet.switch(spec.get("urgent", False), (*path, "urgent"))
    return None if text is None else Note(text, urgent)

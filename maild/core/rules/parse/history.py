"""What passed between the business and the sender, as a condition, from the data of a rules file.

Windows count back from when the mail was received, so they are plain lengths of time, never business hours.
"""

from collections.abc import Callable
from datetime import timedelta

from maild.core.rules.circumstances import (
    FirstContactIs,
    ReceivedBefore,
    SentBefore,
    TemplateSent,
    ThreadIsOurs,
)
from maild.core.rules.conditions import Condition, all_of
from maild.core.rules.parse.letters import parse_length
from maild.core.rules.parse.sheet import Path, Sheet, hint, kind, listed, quoted

HISTORY = ("first_contact", "received", "sent", "template_sent", "thread")


def parse_history(sheet: Sheet, value: object, path: Path) -> Condition | None:
    """What must have passed before; every key must hold."""
    spec = sheet.table(value, path, HISTORY)
    if value == {}:
        sheet.say(path, f"nothing of the history is named here; there are {listed(HISTORY)}")
    parts = [_HISTORY[key](sheet, item, (*path, key)) for key, item in spec.items()]
    given = [part for part in parts if part is not None]
    return all_of(given) if given else None


def _first_contact(sheet: Sheet, value: object, path: Path) -> Condition:
    return FirstContactIs(sheet.switch(value, path))


def _received_before(sheet: Sheet, value: object, path: Path) -> Condition | None:
    spec = sheet.table(value, path, ("at_least", "within"))
    if value == {}:
        sheet.say(path, "neither at_least nor within is named here")
    within = parse_plain_length(sheet, spec["within"], (*path, "within")) if "within" in spec else None
    count = spec.get("at_least", 1)
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        place = (*path, "at_least")
        sheet.say(place, f"expected a whole number from 1 on, found {kind(count)}")
        return None
    return ReceivedBefore(count, within) if spec else None


def _sent_before(sheet: Sheet, value: object, path: Path) -> Condition | None:
    if isinstance(value, bool):
        return SentBefore(value)
    if not isinstance(value, dict):
        sheet.say(path, f"expected true, false or a map with within, found {kind(value)}")
        return None
    spec = sheet.table(value, path, ("within",))
    if not value:
        sheet.say(path, "within is not named here; for any letter write true")
    within = parse_plain_length(sheet, spec["within"], (*path, "within")) if "within" in spec else None
    return SentBefore(True, within) if within is not None else None


def _template_sent(sheet: Sheet, value: object, path: Path) -> Condition | None:
    within = None
    if isinstance(value, dict):
        spec = sheet.table(value, path, ("name", "within"))
        if "name" not in value:
            sheet.say(path, "the name of a template is missing here")
            return None
        within = parse_plain_length(sheet, spec["within"], (*path, "within")) if "within" in spec else None
        value, path = spec["name"], (*path, "name")
    name = sheet.text(value, path)
    if name is not None and name not in sheet.context.templates:
        meant = hint(name, sorted(sheet.context.templates)) or "; add it to templates/"
        sheet.say(path, f"there is no template {quoted(name)}{meant}")
        return None
    return TemplateSent(name, within) if name is not None else None


def _thread(sheet: Sheet, value: object, path: Path) -> Condition | None:
    return ThreadIsOurs() if parse_thread(sheet, value, path) else None


def parse_thread(sheet: Sheet, value: object, path: Path) -> bool:
    """Whether `thread` says ours, the only thing that it can say."""
    if isinstance(value, str) and value.strip().lower() == "ours":
        return True
    sheet.say(path, f'"thread" can only be ours; here is {kind(value)}')
    return False


_HISTORY: dict[str, Callable[[Sheet, object, Path], Condition | None]] = {
    "first_contact": _first_contact,
    "received": _received_before,
    "sent": _sent_before,
    "template_sent": _template_sent,
    "thread": _thread,
}


def parse_plain_length(sheet: Sheet, value: object, path: Path) -> timedelta | None:
    """A length of time that needs no opening hours to be counted; None where the text is none."""
    length = parse_length(sheet, value, path)
    if length is None or isinstance(length, timedelta):
        return length
    sheet.say(path, "business hours can't be counted here; write a plain length such as 4h")
    return None

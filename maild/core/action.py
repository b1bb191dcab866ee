"""What rules can ask for, as data; `flow.act` carries it out."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any, get_args

from maild.core.contact import Relationship
from maild.core.durations import BusinessHours, parse_duration


@dataclass(frozen=True, slots=True)
class Move:
    """Into another folder; the name uses / whatever the server's delimiter."""

    folder: str


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy into another folder; the mail stays."""

    folder: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Set flags: "seen", "flagged", or a keyword."""

    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """Write a reply from a template and lay it before a person."""

    template: str
    identity: str = ""  # an address of the client; empty: the one the mail came to, else the first
    attach: tuple[str, ...] = ()  # file names below templates/<client>/files/, beside the template's own


@dataclass(frozen=True, slots=True)
class Answer:
    """Reply by itself, with nobody's approval; `core.answering` says when not."""

    template: str
    within: timedelta = timedelta(days=7)  # no second answer by this template to the same sender
    identity: str = ""  # as in Draft


@dataclass(frozen=True, slots=True)
class Forward:
    """Pass the mail on, whole, to an address that the client's own file declares; "client" means notes.to."""

    to: str
    digest: bool = False  # with the next digest rather than at once


@dataclass(frozen=True, slots=True)
class Note:
    """A line to the client about this mail."""

    text: str
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Remind:
    """Remind the secretary if the mail is still unanswered after this time."""

    after: timedelta | BusinessHours


@dataclass(frozen=True, slots=True)
class Relate:
    """From now on the sender is this to the client, unless contacts.csv says otherwise."""

    relationship: Relationship


@dataclass(frozen=True, slots=True)
class Trash:
    """Into the account's Trash."""


@dataclass(frozen=True, slots=True)
class Keep:
    """Leave it where it is, and try no further rule."""


Action = Move | Copy | Mark | Draft | Answer | Forward | Note | Remind | Relate | Trash | Keep


def action_name(action: Action) -> str:
    """The action as the rule language and the ledger call it: move, draft …"""
    return type(action).__name__.lower()


def action_value(action: Action) -> dict[str, object]:
    """The action's own data as JSON has it; lengths of time in seconds, business hours as "4 business hours"."""
    return {field.name: _plain(getattr(action, field.name)) for field in fields(action)}


def _plain(value: object) -> object:
    match value:
        case timedelta():
            return int(value.total_seconds())
        case BusinessHours(hours):
            return f"{hours} business hours"
        case tuple():
            return list(value)
        case Relationship():
            return value.value
        case _:
            return value


def read_action(name: str, value: Mapping[str, object]) -> Action | None:
    """The action that `action_name` and `action_value` have described; None where this version knows no such one."""
    kind = _KINDS.get(name)
    try:
        return None if kind is None else kind(**{key: _read(key, item) for key, item in value.items()})
    except (TypeError, ValueError):  # another version wrote it
        return None


_KINDS: dict[str, Any] = {kind.__name__.lower(): kind for kind in get_args(Action)}


def _read(key: str, value: object) -> object:
    match value:
        case int() if key in ("after", "within"):
            return timedelta(seconds=value)
        case str() if key == "after":
            return parse_duration(value)
        case str() if key == "relationship":
            return Relationship(value)
        case list():
            return tuple(value)
    return value

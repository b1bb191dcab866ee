"""What rules can ask for, as data; `flow.act` carries it out."""

from dataclasses import dataclass


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
class Forward:
    """Pass the mail on, whole, to an address that the client's own file declares; "client" means notes.to."""

    to: str


@dataclass(frozen=True, slots=True)
class Note:
    """A line to the client about this mail."""

    text: str
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Trash:
    """Into the account's Trash."""


@dataclass(frozen=True, slots=True)
class Keep:
    """Leave it where it is, and try no further rule."""


Action = Move | Copy | Mark | Draft | Forward | Note | Trash | Keep

"""The folders of a mailbox by what they are for.

Finds Drafts, Sent and Trash whatever the mailbox calls them; creates nothing and asks no server.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a folder is for; the review folders are the client's, named in client.yaml."""

    INBOX = "inbox"
    DRAFTS = "drafts"
    SENT = "sent"
    TRASH = "trash"
    REVIEW = "review"
    APPROVE = "approve"
    REJECT = "reject"
    CLARIFY = "clarify"
    NOTES = "notes"
    SECOND = "second"  # approved once; waits for a second person
    FINAL = "final"  # approved a second time


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder as a server lists it."""

    name: str  # parts joined by /, Unicode NFC, without the server's prefix
    flags: frozenset[str] = frozenset()  # as "\\Drafts", "\\Noselect" (RFC 6154; RFC 9051, section 7.3.1)


SPECIAL_USE = {Role.DRAFTS: "\\Drafts", Role.SENT: "\\Sent", Role.TRASH: "\\Trash"}

# The first name of each is what a missing folder is created as.
KNOWN_NAMES = {
    Role.INBOX: ("INBOX",),
    Role.DRAFTS: ("Drafts", "Entwürfe", "Draft", "Entwurf", "[Gmail]/Drafts", "[Gmail]/Entwürfe"),
    Role.SENT: (
        "Sent",
        "Gesendet",
        "Gesendete Objekte",
        "Gesendete Elemente",
        "Gesendete Nachrichten",
        "Sent Items",
        "Sent Messages",
        "Sent Mail",
        "[Gmail]/Sent Mail",
        "[Gmail]/Gesendet",
    ),
    Role.TRASH: (
        "Trash",
        "Papierkorb",
        "Gelöschte Objekte",
        "Gelöschte Elemente",
        "Gelöscht",
        "Deleted Items",
        "Deleted Messages",
        "Deleted",
        "Bin",
        "[Gmail]/Trash",
        "[Gmail]/Papierkorb",
    ),
}

_NO_MAIL = {"\\noselect", "\\nonexistent"}


def folder_key(name: str) -> str:
    """What two names of folders are compared by: some servers part levels by a dot, and INBOX may stand above all."""
    key = unicodedata.normalize("NFC", name).casefold().replace(".", "/")
    return key.removeprefix("inbox/")


def resolve(folders: Iterable[Folder], configured: Mapping[Role, tuple[str, ...]]) -> dict[Role, str]:
    """Which folder holds the inbox, drafts, sent mail and the trash of an account.

    Names that are configured come first, then SPECIAL-USE (RFC 6154), then names that mail programs are known to
    give, German ones too, also below INBOX. What is nowhere gets its first configured name, else its usual one: the
    caller creates it. Case and Unicode form do not matter.
    """
    usable = [folder for folder in folders if not {flag.lower() for flag in folder.flags} & _NO_MAIL]
    by_name = {_folded(folder.name): folder.name for folder in reversed(usable)}
    return {role: _one(role, usable, by_name, configured.get(role, ())) for role in KNOWN_NAMES}


def _one(role: Role, folders: list[Folder], by_name: Mapping[str, str], wanted: tuple[str, ...]) -> str:
    known = KNOWN_NAMES[role]
    candidates = (
        _first_named(by_name, wanted),
        _flagged(folders, SPECIAL_USE.get(role, "")),
        _first_named(by_name, (*known, *(f"INBOX/{name}" for name in known))),
        *wanted[:1],
    )
    return next((name for name in candidates if name), known[0])


def _first_named(by_name: Mapping[str, str], names: Iterable[str]) -> str:
    return next((by_name[_folded(name)] for name in names if _folded(name) in by_name), "")


def _flagged(folders: Iterable[Folder], flag: str) -> str:
    wanted = flag.lower()
    return next((f.name for f in folders if wanted in {flag.lower() for flag in f.flags}), "")


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()

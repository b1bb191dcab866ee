"""Folder names: a server's delimiter, prefix and Unicode form on one side, plain names with / on the other.

Pure; built from the rows of one LIST and one NAMESPACE answer. `INBOX` is `INBOX` whatever its case and never has
the prefix (RFC 9051, section 5.1). Folders outside the account's personal namespace are left out.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from maild.core.folder import Folder


@dataclass(frozen=True, slots=True)
class Listed:
    """One row of a LIST answer, its name as the server spells it, decoded from modified UTF-7."""

    flags: frozenset[str]
    delimiter: str
    name: str


@dataclass(frozen=True, slots=True)
class Names:
    """The folders of one account, and how to spell any name for its server."""

    folders: tuple[Folder, ...]
    prefix: str
    delimiter: str
    spelled: dict[str, str]  # our name -> the server's, for those that exist

    def spell(self, name: str) -> str:
        """A name as the server knows it; one that does not exist yet is built from prefix and delimiter."""
        plain = self._plain(name)
        if plain in self.spelled:
            return self.spelled[plain]
        prefix = "" if plain == "INBOX" else self.prefix
        return prefix + plain.replace("/", self.delimiter)

    def holds(self, name: str) -> bool:
        """Whether a folder of this name exists and can hold mail."""
        plain = self._plain(name)
        return any(folder.name == plain and not folder.flags & NO_MAIL for folder in self.folders)

    def _plain(self, name: str) -> str:
        # People who know their server may write its prefix, as in INBOX/Sent.
        plain, prefix = canonical(name), self.prefix.replace(self.delimiter, "/")
        return plain.removeprefix(prefix) if prefix else plain


NO_MAIL = frozenset({"\\Noselect", "\\NonExistent"})


def canonical(name: str) -> str:
    """A name in NFC, with INBOX in upper case where it is the first part."""
    plain = unicodedata.normalize("NFC", name)
    head, slash, rest = plain.partition("/")
    return f"INBOX{slash}{rest}" if head.upper() == "INBOX" else plain


def read_names(rows: Iterable[Listed], prefix: str, delimiter: str, foreign: Iterable[str] = ()) -> Names:
    """Folders from the rows of LIST; `prefix` and `delimiter` are the personal namespace's, `foreign` the prefixes of
    other users' and shared namespaces. Where two names differ only in Unicode form, the NFC one is taken."""
    others = tuple(other for other in foreign if other)
    spelled: dict[str, str] = {}
    folders: dict[str, Folder] = {}
    for row in rows:
        if others and row.name.startswith(others):
            continue
        plain = canonical(_plain(row, prefix))
        if plain not in folders or row.name == unicodedata.normalize("NFC", row.name):
            spelled[plain] = row.name
            folders[plain] = Folder(plain, row.flags)
    return Names(tuple(folders.values()), prefix, delimiter, spelled)


def _plain(row: Listed, prefix: str) -> str:
    name = row.name
    if prefix and name.upper() != "INBOX" and name.startswith(prefix):
        name = name[len(prefix) :]
    if row.delimiter and row.delimiter != "/":
        # A / inside a name of such a server is no delimiter; U+2215 looks the same and can't be mistaken.
        name = name.replace("/", "\u2215").replace(row.delimiter, "/")
    return name

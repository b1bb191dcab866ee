"""A mailbox in memory with the signatures of `edge.imap.Mailbox`, and a room on it: thousands of looks in seconds.

The recordings replayed here and on Dovecot hold it to what a real one does. It has UIDPLUS, MOVE and SPECIAL-USE.
"""

import itertools
import re
import shutil
import sqlite3
import tempfile
from atexit import register
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from maild.core.folder import Folder
from maild.daemon import new_token
from maild.edge.imap import FolderStatus, Found
from maild.errors import FolderError
from maild.flow.desk import IMAP, SMTP, Desk
from maild.flow.review import begin_review, watched
from maild.flow.session import AccountSession, folders_of
from maild.store.store import Store
from tests.flow import room as rooms
from tests.flow.room import Clock, Room
from tests.servers.dovecot import Stored

_numbers = itertools.count(1_000)


@dataclass
class Letter:
    """A message as it lies in a folder."""

    uid: int
    raw: bytes
    flags: frozenset[str]
    when: datetime


@dataclass
class Box:
    """One folder."""

    flags: frozenset[str] = frozenset()
    uidvalidity: int = field(default_factory=lambda: next(_numbers))
    uidnext: int = 1
    letters: list[Letter] = field(default_factory=list)

    def lay(self, raw: bytes, flags: Iterable[str], when: datetime) -> int:
        """A message comes in; its UID."""
        self.letters.append(Letter(self.uidnext, raw, frozenset(flags), when.replace(microsecond=0)))
        self.uidnext += 1
        return self.uidnext - 1

    def find(self, uids: Iterable[int]) -> list[Letter]:
        """The messages of these UIDs that are here."""
        wanted = set(uids)
        return [letter for letter in self.letters if letter.uid in wanted]


@dataclass
class MemoryServer:
    """The account: its folders, and how many commands it was asked for."""

    boxes: dict[str, Box] = field(default_factory=dict)
    clock: Clock = field(default_factory=Clock)
    commands: list[str] = field(default_factory=list)
    imap_port: int = 1
    password: str = "geheim"

    def __post_init__(self) -> None:
        for name, flag in (("INBOX", ""), ("Drafts", "\\Drafts"), ("Sent", "\\Sent"), ("Trash", "\\Trash")):
            self.boxes.setdefault(name, Box(frozenset({flag} - {""})))

    def user(self) -> str:
        """The only one."""
        return "user@kanzlei.example"

    def deliver(self, _user: str, raw: bytes) -> None:
        """A mail arrives from outside."""
        self.boxes["INBOX"].lay(b"Received: from mx.kunde.example\r\n" + raw, (), self.clock())


class MemoryMailbox:
    """One session in the account. As on a real server, what is not there is passed over."""

    has_idle, has_move, has_uidplus = True, True, True

    def __init__(self, server: MemoryServer) -> None:
        self.server = server
        self._selected: Box | None = None

    def folders(self) -> tuple[Folder, ...]:
        """All folders."""
        self._count("LIST")
        return tuple(Folder(name, box.flags) for name, box in self.server.boxes.items())

    def imap_name(self, name: str) -> str:
        """As it goes over the wire; here it does not go."""
        return rooms.encode(name).decode("ascii")

    def ensure(self, name: str) -> None:
        """Create a folder, unless it exists."""
        self._count("CREATE")
        self.server.boxes.setdefault(name, Box())

    def status(self, name: str) -> FolderStatus:
        """How a folder stands."""
        self._count("STATUS")
        return self._status(self._box(name))

    def select(self, name: str) -> FolderStatus:
        """Make a folder the one that commands work in."""
        self._count("SELECT")
        self._selected = self._box(name)
        return self._status(self._selected)

    examine = select

    def attend(self, names: Iterable[str]) -> None:
        """Nobody idles here."""

    def uids_from(self, uid: int, since: date | None = None) -> list[int]:
        """UIDs from one on."""
        self._count("SEARCH")
        return [
            each.uid
            for each in self._here.letters
            if each.uid >= uid and (not since or each.when.date() >= since)
        ]

    def outlines(self, uids: Iterable[int]) -> list[Found]:
        """Without headers."""
        return [replace(each, header=b"") for each in self.headers(uids)]

    def read(self, mails: Iterable[Found], limit: int) -> Iterator[tuple[Found, bytes]]:
        """Mails as they are."""
        for mail in mails:
            for found in self.headers([mail.uid]):
                yield found, self._here.find([mail.uid])[0].raw[:limit]

    def headers(self, uids: Iterable[int], fields: tuple[str, ...] = ()) -> list[Found]:
        """Headers, or some fields of them."""
        self._count("FETCH")
        return [
            Found(each.uid, each.flags, each.when, len(each.raw), _fields(each.raw, fields))
            for each in self._here.find(uids)
        ]

    def flags(self, uids: Iterable[int]) -> dict[int, frozenset[str]]:
        """Flags of what is still there."""
        self._count("FETCH")
        return {each.uid: each.flags for each in self._here.find(uids)}

    def fetch(self, uid: int, limit: int) -> bytes | None:
        """A mail as it is."""
        self._count("FETCH")
        return next((each.raw[:limit] for each in self._here.find([uid])), None)

    def find(self, header: str, value: str) -> list[int]:
        """UIDs of mails whose header contains a value."""
        self._count("SEARCH")
        wanted = value.encode()
        return [
            each.uid
            for each in self._here.letters
            if wanted in re.sub(rb"\r?\n(?=[ \t])", b"", _fields(each.raw, (header,)))
        ]

    def append(self, name: str, raw: bytes, flags: Iterable[str] = (), when: datetime | None = None) -> int:
        """Lay a mail into a folder."""
        self._count("APPEND")
        lines = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        return self._box(name).lay(lines, flags, when or datetime.now(UTC))

    def add_flags(self, uids: Iterable[int], flags: Iterable[str]) -> None:
        """Set flags."""
        self._count("STORE")
        added = frozenset(flags)
        for letter in self._here.find(uids):
            letter.flags |= added

    def copy(self, uids: Iterable[int], name: str) -> dict[int, int | None]:
        """Copy mails, with flags and date."""
        self._count("COPY")
        target = self._box(name)
        return {each.uid: target.lay(each.raw, each.flags, each.when) for each in self._here.find(uids)}

    def move(self, uids: Iterable[int], name: str) -> dict[int, int | None]:
        """Move mails."""
        moved = self.copy(uids, name)
        self._here.letters = [each for each in self._here.letters if each.uid not in moved]
        return moved

    def remove(self, uid: int) -> bool:
        """Remove one for good."""
        self._count("EXPUNGE")
        self._here.letters = [each for each in self._here.letters if each.uid != uid]
        return True

    def close(self) -> None:
        """End the session."""

    @property
    def _here(self) -> Box:
        assert self._selected is not None
        return self._selected

    def _box(self, name: str) -> Box:
        if name not in self.server.boxes:
            raise FolderError(f"folder {name!r} does not exist", permanent=True)
        return self.server.boxes[name]

    def _status(self, box: Box) -> FolderStatus:
        return FolderStatus(box.uidvalidity, box.uidnext, len(box.letters))

    def _count(self, command: str) -> None:
        self.server.commands.append(command)


class MemoryRoom(Room):
    """A room whose mailbox and store are in memory; she works in it as in any other."""

    server: MemoryServer  # type: ignore[assignment]

    def connect(self) -> AccountSession:
        """A new session."""
        mailbox: Any = MemoryMailbox(self.server)
        folders = folders_of(self.desk, mailbox)
        for role in watched(folders):
            mailbox.ensure(folders[role])
        begin_review(self.desk, mailbox, folders)
        self.session = AccountSession(mailbox, folders, lambda: None)
        return self.session

    def change(self, statement: str) -> None:
        """Change the state behind maild's back."""
        with self.state_store._engine.begin() as connection:
            connection.exec_driver_sql(statement)

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """What the database holds."""
        with self.state_store._engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query, tuple(values))]

    def lay(self, raw: bytes, folder: str, flags: str = "") -> int:
        """A message is laid into a folder; its UID."""
        box = self.server.boxes.setdefault(folder, Box())
        return box.lay(raw, flags.split(), self.clock.time)

    def messages(self, folder: str) -> list[Stored]:
        """What lies in a folder."""
        box = self.server.boxes.get(folder, Box())
        return [Stored(each.uid, each.flags, each.raw) for each in box.letters]

    def move(self, uid: int, source: str, target: str) -> None:
        """She drags a message into another folder."""
        self.copy(uid, source, target)
        self._drop(uid, source)

    def copy(self, uid: int, source: str, target: str) -> int:
        """She copies a message; its new UID."""
        (letter,) = self.server.boxes[source].find([uid])
        box = self.server.boxes.setdefault(target, Box())
        return box.lay(letter.raw, letter.flags, letter.when)

    def flag(self, uid: int, folder: str, change: str) -> None:
        """Her mail program sets, removes or replaces flags."""
        item, _, flags = change.partition(" ")
        named = frozenset(flags.strip("()").split())
        for letter in self.server.boxes[folder].find([uid]):
            changed = {"+": letter.flags | named, "-": letter.flags - named}
            letter.flags = changed.get(item[0], named)

    def delete(self, uid: int, folder: str) -> None:
        """A message is removed for good."""
        self._drop(uid, folder)

    def recreate(self, folder: str) -> None:
        """A folder is deleted and made anew."""
        self.server.boxes[folder] = Box(self.server.boxes[folder].flags)

    def leave(self) -> None:
        """Nothing is open."""
        self.session = None

    def _drop(self, uid: int, folder: str) -> None:
        box = self.server.boxes[folder]
        box.letters = [each for each in box.letters if each.uid != uid]


def furnish_in_memory(path: Path, boxes: dict[str, Box] | None = None, **wishes: str) -> MemoryRoom:
    """A room in memory; `wishes` as in `room.furnish`. The home is written once for equal wishes."""
    server = MemoryServer(boxes or {})
    key = repr(sorted(wishes.items()))
    if key not in _HOMES:
        place = Path(tempfile.mkdtemp(prefix="home"))
        register(shutil.rmtree, place, ignore_errors=True)
        made = rooms.furnish(place, server, **wishes)  # type: ignore[arg-type]
        made.state_store.close()
        _HOMES[key] = made.desk
    desk = _HOMES[key]
    state = _empty_state()
    server.clock = clock = Clock()
    store = state.client("northwind")
    store.accounts.register(IMAP, SMTP)
    own = Desk(desk.client, desk.office, store, desk.foreign_staff, clock, new_token)
    return MemoryRoom(path, server, server.user(), own, clock, state)  # type: ignore[arg-type]


_HOMES: dict[str, Desk] = {}
_TABLES: list[sqlite3.Connection] = []


def _empty_state() -> Store:
    """An empty state in memory: the tables are copied, for making them takes longer than a whole replay."""
    if not _TABLES:
        made = Store.in_memory()
        _TABLES.append(sqlite3.connect(":memory:"))
        _raw(made).backup(_TABLES[0])
        made.close()
    state = Store("sqlite:///:memory:", Path())
    _TABLES[0].backup(_raw(state))
    return state


def _raw(store: Store) -> sqlite3.Connection:
    return store._engine.raw_connection().driver_connection


def _fields(raw: bytes, fields: tuple[str, ...]) -> bytes:
    head = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0] + b"\r\n"
    if not fields:
        return head + b"\r\n"
    names = "|".join(re.escape(each) for each in fields).encode()
    found = re.findall(rb"(?im)^((?:" + names + rb"):.*\r?\n(?:[ \t].*\r?\n)*)", head)
    return b"".join(found) + b"\r\n"

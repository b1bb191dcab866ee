"""One client's room: a home of its own, mailbox, store and clock, a secretary over IMAP, and a sender without SMTP."""

import imaplib
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from imapclient.imap_utf7 import encode

from maild.config.load import load_home
from maild.core.folder import Role
from maild.core.parse import parse
from maild.daemon import new_token
from maild.flow.desk import IMAP, SMTP, Desk
from maild.flow.session import AccountSession
from maild.store.records import RowState
from maild.store.store import Store
from tests.flow.letters import CUSTOMER, is_notice, thunderbird
from tests.servers.dovecot import Dovecot, Stored, _stored
from tests.servers.ports import LOOPBACK
from tests.servers.pymap import Pymap

OFFICE = "office: {name: Büroservice Lindner, address: buero@lindner.example}\n"
CLIENT = """\
name: Northwind
imap: {{host: {host}, port: {port}, tls: none, username: "{user}", password: {{env: ROOM_IMAP}}{imap}}}
smtp: {{host: 127.0.0.1, port: 25, tls: none, username: x, password: {{env: ROOM_IMAP}}, files_sent: {files_sent}}}
identities:
  - {{address: {identity}, name: Northwind Kundenservice}}
legal: {{form: foreign, firm: Northwind Ltd, text: "Northwind Ltd, London, No. 0123", confirmed: 2026-11-01}}
notes: {{to: [jane@northwind.example]}}
"""
RIVAL = """\
name: Contoso
imap: {host: localhost, tls: none, username: c, password: {env: ROOM_IMAP}}
smtp: {host: localhost, tls: none, username: c, password: {env: ROOM_IMAP}}
identities:
  - {address: info@contoso.example, name: Contoso}
legal: {form: foreign, firm: Contoso Ltd, text: "Contoso Ltd, Leeds, No. 0456", confirmed: 2026-11-01}
notes: {to: [boss@contoso.example]}
"""
RULES = """\
rules:
  - name: offer
    when: {subject: {words: [Angebot]}}
    do: [{draft: offer}, {move: Anfragen}]
"""
OFFER = """\
---
subject: "AW: {{ mail.subject }}"
---
{{ salutation }}

vielen Dank für Ihre Anfrage. Gern machen wir Ihnen ein Angebot.

{{ closing }}
{{ signature }}
"""
GAPS = OFFER.replace("ein Angebot.", 'ein Angebot bis {{ gap("Liefertermin") }}.')
NOTE = '---\nsubject: "Nachricht"\n---\n{{ note.text }}\n'


class Clock:
    """Goes on by a millisecond whenever it is read, and as far as a test says."""

    def __init__(self) -> None:
        self.time = datetime.now(UTC)

    def __call__(self) -> datetime:
        """The time."""
        self.time += timedelta(milliseconds=1)
        return self.time

    def advance(self, **by: float) -> None:
        """Let time pass."""
        self.time += timedelta(**by)


@dataclass
class Room:
    """What a test of the stages needs; the session is opened at the first look."""

    path: Path
    server: Dovecot | Pymap
    user: str
    desk: Desk
    clock: Clock
    state_store: Store
    session: AccountSession | None = None
    program: imaplib.IMAP4 | None = None  # her mail program's session

    # What maild does.

    def connect(self) -> AccountSession:
        """A new session, as after a lost connection or a restart."""
        self.leave()
        self.session = AccountSession.connect(self.desk, self.path, lambda: None)
        return self.session

    def look(self, times: int = 1) -> None:
        """So many looks at the mailbox."""
        for _ in range(times):
            (self.session or self.connect()).look(self.desk)

    def settle(self) -> None:
        """An approval is noticed, the settle time passes, another look follows."""
        self.look()
        self.clock.advance(seconds=11)
        self.look()

    def send(self, answers: Mapping[str, RowState] | None = None) -> list[str]:
        """Be the sender: bring each waiting row to `sent`, or to the state named for its recipient."""
        sent = []
        outbox = self.desk.store.outbox
        for row in outbox.claim(SMTP, self.clock(), 100):
            assert outbox.begin_sending(row, self.clock())
            state = (answers or {}).get(row.recipient, RowState.SENT)
            outbox.settle(row, state, self.clock(), phase="dot", code=550, text="550 5.7.1 nein")
            sent.append(row.recipient)
        return sent

    def leave(self) -> None:
        """Close both sessions."""
        if self.session is not None:
            self.session.mailbox.close()
            self.session = None
        if self.program is not None:
            self.program.logout()
            self.program = None

    def close(self) -> None:
        """Leave for good."""
        self.leave()
        self.state_store.close()

    def change(self, statement: str) -> None:
        """Change the state behind maild's back."""
        with closing(sqlite3.connect(self.path / "state" / "maild.db")) as connection, connection:
            connection.execute(statement)

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """What the database holds, read independently of the store."""
        with closing(sqlite3.connect(self.path / "state" / "maild.db")) as connection:
            return connection.execute(query, values).fetchall()

    def outbox(self) -> list[tuple[str, str]]:
        """Recipient and state of every row that may still go out or went out."""
        return self.rows("SELECT recipient, state FROM outbox WHERE state != 'cancelled' ORDER BY id")

    def letter(self) -> bytes:
        """The bytes of the only letter that isn't cancelled."""
        query = (
            "SELECT c.raw FROM letter l JOIN content c ON c.id = l.content_id WHERE l.state != 'cancelled'"
        )
        ((raw,),) = self.rows(query)
        return bytes(raw)

    def state(self) -> str:
        """The state of the only draft."""
        ((state,),) = self.rows("SELECT state FROM draft")
        return str(state)

    def reason(self) -> str:
        """Why the only draft needs clarification."""
        ((reason,),) = self.rows("SELECT reason FROM draft")
        return str(reason)

    def name(self, role: Role) -> str:
        """A folder's name."""
        assert self.session is not None
        return self.session._folders[role]

    def notices(self) -> list[str]:
        """The texts of maild's messages in Klärung."""
        return [parse(m.content).text for m in self.messages("Klärung") if is_notice(m.content)]

    def expect_sent_once(self) -> None:
        """The matter is closed: one letter out, one Sent copy, the original answered, nothing left over."""
        assert (self.state(), self.outbox()) == ("sent", [(CUSTOMER, "sent")])
        assert self.only("Sent").content.rstrip() == self.letter().rstrip()
        assert "\\Answered" in self.only("Anfragen").flags
        left = {
            folder: len(self.messages(folder)) for folder in ("Drafts", "Freigegeben", "Klärung", "INBOX")
        }
        assert set(left.values()) == {0}, left

    # What customers, the secretary and her mail program do.

    def deliver(self, raw: bytes) -> None:
        """A mail arrives."""
        self.server.deliver(self.user, raw)

    def lay(self, raw: bytes, folder: str, flags: str = "") -> int:
        """A message is laid into a folder; its UID."""
        with self.imap() as imap:
            imap.create(quoted(folder))
            when = imaplib.Time2Internaldate(self.clock.time)
            status, answer = imap.append(quoted(folder), f"({flags})", when, raw)
            assert status == "OK", answer
            found = re.search(rb"APPENDUID \d+ (\d+)", answer[0])
            assert found
            return int(found.group(1))

    def messages(self, folder: str) -> list[Stored]:
        """What lies in a folder; nothing where there is none."""
        with self.imap() as imap:
            if imap.select(quoted(folder), readonly=True)[0] != "OK":
                return []
            _, answer = imap.uid("FETCH", "1:*", "(UID FLAGS BODY.PEEK[])")
        return [_stored(*item) for item in answer if isinstance(item, tuple)]

    def only(self, folder: str) -> Stored:
        """The only message of a folder."""
        (message,) = self.messages(folder)
        return message

    def move(self, uid: int, source: str, target: str) -> None:
        """She drags a message into another folder."""
        self.command(source, "MOVE", str(uid), quoted(target))

    def approve(self) -> None:
        """She moves the draft to Freigegeben."""
        self.move(self.only("Drafts").uid, "Drafts", "Freigegeben")

    def copy(self, uid: int, source: str, target: str) -> None:
        """She copies a message into another folder."""
        self.command(source, "COPY", str(uid), quoted(target))

    def flag(self, uid: int, folder: str, change: str) -> None:
        """Her mail program sets or removes flags, as `+FLAGS (\\Seen)`."""
        item, _, flags = change.partition(" ")
        self.command(folder, "STORE", str(uid), item, flags)

    def delete(self, uid: int, folder: str) -> None:
        """A message is removed for good."""
        self.flag(uid, folder, "+FLAGS (\\Deleted)")
        self.command(folder, "EXPUNGE", str(uid))

    def command(self, folder: str, *command: str) -> None:
        """One command on UIDs in a folder."""
        with self.imap() as imap:
            assert imap.select(quoted(folder))[0] == "OK"
            status, answer = imap.uid(*command)
            assert status == "OK", answer

    def recreate(self, folder: str) -> None:
        """A folder is deleted and made anew: another UIDVALIDITY, its numbers begin again."""
        with self.imap() as imap:
            assert imap.delete(quoted(folder))[0] == "OK"
            assert imap.create(quoted(folder))[0] == "OK"

    def edit(self, draft: Stored, change: Callable[[bytes], bytes], folder: str = "Drafts") -> int:
        """She edits and saves in Thunderbird: appended under a new Message-ID, then the old one removed."""
        uid = self.lay(thunderbird(draft.content, change), folder, "\\Draft")
        self.delete(draft.uid, folder)
        return uid

    @contextmanager
    def imap(self) -> Iterator[imaplib.IMAP4]:
        """Her mail program's session; no folder stays selected."""
        if self.program is None:
            self.program = imaplib.IMAP4(LOOPBACK, self.server.imap_port, timeout=20)
            self.program.login(self.user, self.server.password)
        yield self.program
        if "UNSELECT" in self.program.capabilities:
            if self.program.state == "SELECTED":
                self.program.unselect()
        else:
            self.program.logout()
            self.program = None


def furnish(
    path: Path,
    server: Dovecot | Pymap,
    *,
    rules: str = RULES,
    imap: str = "",
    files_sent: str = "false",
    review: str = "",
    identity: str = "info@northwind.example",
    **templates: str,
) -> Room:
    """A room on a server, for a user that nobody else has; nothing has been looked at yet."""
    user = server.user()
    _write(path / "maild.yaml", OFFICE)
    values = {
        "host": LOOPBACK,
        "port": server.imap_port,
        "user": user,
        "imap": imap and f", {imap}",
        "identity": identity,
    }
    keys = f"review: {{{review}}}\n" if review else ""
    _write(path / "rules/northwind/client.yaml", CLIENT.format(**values, files_sent=files_sent) + keys)
    _write(path / "rules/northwind/rules.yaml", rules)
    _write(path / "rules/northwind/contacts.csv", "address\n")
    _write(path / "rules/contoso/client.yaml", RIVAL)
    _write(path / "rules/contoso/rules.yaml", "rules: []\n")
    for name, text in ({"offer": OFFER} | templates).items():
        _write(path / f"templates/de/{name}.txt.j2", text)
    _write(path / "templates/de/note.txt.j2", NOTE)
    clock = Clock()
    home = load_home(path, today=clock.time.date())
    assert not home.faults, [str(fault) for fault in home.faults]
    state = _state(path / "state")
    store = state.client("northwind")
    store.accounts.register(IMAP, SMTP)
    desk = Desk(
        client=home.clients["northwind"],
        office=home.office,
        store=store,
        foreign_staff=home.foreign_people("northwind"),
        clock=clock,
        token=new_token,
    )
    return Room(path, server, user, desk, clock, state)


def quoted(folder: str) -> str:
    """A folder's name as a plain IMAP client sends it."""
    return '"' + encode(folder).decode() + '"'


def _state(path: Path) -> Store:
    """An empty state; the tables are made once, for making them takes longer than most tests."""
    path.mkdir(mode=0o700)
    file = path / "maild.db"
    if _EMPTY:
        file.write_bytes(_EMPTY[0])
        return Store.open("sqlite:///maild.db", path)
    Store.open("sqlite:///maild.db", path, may_upgrade=True).close()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    _EMPTY.append(file.read_bytes())
    return Store.open("sqlite:///maild.db", path)


_EMPTY: list[bytes] = []


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")

"""What a look at the review folders costs with many drafts waiting, in commands at the server and in time.

The server is Dovecot behind a relay that counts the commands which pass it; see docs/performance.md.
"""

import argparse
import json
import os
import re
import select
import socket
import sys
import tempfile
import threading
from collections import Counter
from contextlib import suppress
from pathlib import Path
from time import monotonic, process_time

import structlog

sys.path.insert(0, str(Path(__file__).parent.parent))

from maild.flow.desk import IMAP
from maild.flow.review import review
from maild.flow.session import folders_of
from maild.store.records import Arrival, NewDraft, NewEffect, Place
from tests.flow.room import Room, furnish
from tests.servers.dovecot import Dovecot

_ROUNDS = 5


class Relay:
    """Passes everything on to a server and counts the commands."""

    def __init__(self, server: Dovecot) -> None:
        self._server = server
        self.commands: Counter[str] = Counter()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.imap_port = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __getattr__(self, name: str) -> object:
        return getattr(self._server, name)

    def _accept(self) -> None:
        while True:
            near, _ = self._socket.accept()
            far = socket.create_connection(("127.0.0.1", self._server.imap_port))
            threading.Thread(target=self._pass, args=(near, far, True), daemon=True).start()
            threading.Thread(target=self._pass, args=(far, near, False), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, counted: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if counted:
                    lines = (line.split() for line in data.split(b"\r\n"))
                    self.commands.update(words[1].decode().upper() for words in lines if len(words) > 1)
                target.sendall(data)


def main() -> None:
    """Print a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--drafts", type=int, nargs="*", default=[1, 100, 1000])
    arguments = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    server = Dovecot()
    server.start()
    try:
        found = [_measure(server, count) for count in arguments.drafts]
    finally:
        server.stop()
    if arguments.json:
        print(json.dumps(found, indent=2))
        return
    print(
        f"{'drafts':>7} {'commands a look':>16} {'ms a look':>10} {'ms processor':>13} {'noticed after s':>16}"
    )
    for row in found:
        print(
            f"{row['drafts']:>7} {row['commands']:>16} {row['ms']:>10} {row['processor_ms']:>13} {row['noticed_s']:>16}"
        )


def _measure(server: Dovecot, count: int) -> dict[str, float]:
    os.environ["ROOM_IMAP"] = server.password
    relay = Relay(server)
    room = furnish(Path(tempfile.mkdtemp(prefix="bench")), relay)  # type: ignore[arg-type]
    room.look()
    _lay(room, count)
    room.look(2)
    assert room.session is not None
    mailbox = room.session.mailbox
    folders = folders_of(room.desk, mailbox)
    took, busy = [], []
    for _ in range(_ROUNDS):
        relay.commands.clear()
        began, worked = monotonic(), process_time()
        review(room.desk, mailbox, folders)
        took.append(monotonic() - began)
        busy.append(process_time() - worked)
    commands = sum(relay.commands.values())
    noticed = _noticed(room)
    room.close()
    return {
        "drafts": count,
        "commands": commands,
        "ms": round(sorted(took)[_ROUNDS // 2] * 1000),
        "processor_ms": round(sorted(busy)[_ROUNDS // 2] * 1000),
        "noticed_s": round(noticed, 2),
    }


def _lay(room: Room, count: int) -> None:
    """Drafts as maild would have laid them, without the mails that they answer being read one by one."""
    store, now = room.desk.store, room.clock()
    for uid in range(1, count + 1):
        mail = f"<{uid}.frage@kunde.example>"
        arrival = Arrival(uid, f"{uid:064}", mail, 1000, now, old=False, sender="anna@kunde.example")
        store.ledger.admit(IMAP, "INBOX", 7, [arrival], uid + 1, now)
    with room.imap() as imap:
        for row in (row for _ in range(count) for row in store.ledger.waiting(IMAP)[:1]):
            store.ledger.plan(row.id, ("r",), "v", [NewEffect("r", "draft", {"template": "offer"})], now)
            ((_, (effect,)),) = store.ledger.pending(IMAP)
            draft = NewDraft(
                account=IMAP,
                mail_id=row.id,
                effect_id=effect.id,
                token=f"{row.id:020}",
                template="offer",
                message_id=f"<d{row.id}@northwind.example>",
                original_id=row.message_id,
                sender="info@northwind.example",
                recipients=("anna@kunde.example",),
                gaps=(),
                text_hash="0" * 64,
            )
            raw = _draft(draft)
            number = store.drafts.open(draft, raw, ("\\Draft",), "drafts", now)
            answer = imap.append("Drafts", "(\\Draft)", None, raw)[1][0]
            uidvalidity, uid = re.findall(rb"APPENDUID (\d+) (\d+)", answer)[0]
            store.drafts.laid(number, Place("Drafts", int(uidvalidity), int(uid)), now)


def _draft(draft: NewDraft) -> bytes:
    """A short draft that no mail program has touched."""
    return (
        f"From: info@northwind.example\r\nTo: anna@kunde.example\r\nSubject: AW: Frage\r\n"
        f"Message-ID: {draft.message_id}\r\nReferences: <draft.{draft.token}@northwind.example> {draft.original_id}\r\n"
        f"In-Reply-To: {draft.original_id}\r\n\r\nGuten Tag,\r\n\r\nvielen Dank.\r\n"
    ).encode()


def _noticed(room: Room) -> float:
    """Seconds from her move into Freigegeben until maild has it in its state, woken by NOTIFY."""
    assert room.session is not None
    mailbox = room.session.mailbox
    room.look()
    uid = room.messages("Drafts")[0].uid
    spoken = mailbox.idle()
    began = monotonic()
    room.move(uid, "Drafts", "Freigegeben")
    if not spoken:
        select.select([mailbox.fileno()], [], [], 30)
    mailbox.wake()
    review(room.desk, mailbox, folders_of(room.desk, mailbox))
    assert room.rows("SELECT count(*) FROM draft WHERE state = 'approved'") == [(1,)]
    return monotonic() - began


if __name__ == "__main__":
    main()

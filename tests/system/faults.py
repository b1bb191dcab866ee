"""Faults for system tests: an SMTP server that refuses, holds back or drops; systemd's ear; a home's files changed."""

import json
import queue
import signal
import socket
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.servers.ports import LOOPBACK, wait_until
from tests.servers.smtp import SmtpSink
from tests.system.installation import Installation


class FaultySink(SmtpSink):
    """A sink that answers RCPT as `recipients` says, and hangs up after the final dot of mails to `dropped`."""

    def __init__(self) -> None:
        super().__init__()
        self.recipients: dict[str, str] = {}  # answers other than 250, by address
        self.dropped: set[str] = set()
        self.sign_ins: Counter[str] = Counter()  # attempts, also those refused, by user
        self.transactions: list[str] = []  # recipients of which the final dot came, accepted or not
        self.holding = threading.Event()  # set while a final answer is held back
        self.answer = threading.Event()  # set: answers are given at once
        self.answer.set()

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """aiosmtpd's hook: refuse whom we are told to refuse."""
        if address in self.recipients:
            return self.recipients[address]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """aiosmtpd's hook: the final dot has come."""
        self.transactions += envelope.rcpt_tos
        if self.dropped & set(envelope.rcpt_tos):
            server.transport.abort()
        return await super().handle_DATA(server, session, envelope)

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """Meanwhile the server takes mails and is silent after the final dot."""
        self.answer.clear()
        self.reply = self._hold
        try:
            yield
        finally:
            self.answer.set()

    def _hold(self, _mail: object) -> str:
        self.holding.set()
        assert self.answer.wait(60)
        return "250 2.0.0 OK"

    def _authenticate(self, server, session, envelope, mechanism: str, given: object) -> AuthResult:
        self.sign_ins[given.login.decode()] += 1
        return super()._authenticate(server, session, envelope, mechanism, given)


class Gate:
    """Stands before a server on this machine; while it is shut, no answer comes through."""

    def __init__(self, port: int) -> None:
        self._server = port
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port = int(self._listener.getsockname()[1])
        self.is_open = threading.Event()
        self.is_open.set()
        self.held = threading.Event()  # an answer waits
        self.knocks = 0  # connections made while it was shut
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def shut(self) -> None:
        """Let no answer through from now on."""
        self.held.clear()
        self.is_open.clear()

    def close(self) -> None:
        """Cut everything."""
        self.is_open.set()
        for each in (self._listener, *self._sockets):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        for each in (self._listener, *self._sockets):
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                self.knocks += not self.is_open.is_set()
                far = socket.create_connection((LOOPBACK, self._server))
                self._sockets += [near, far]
                for source, target, gated in ((near, far, False), (far, near, True)):
                    thread = threading.Thread(target=self._pass, args=(source, target, gated), daemon=True)
                    self._threads.append(thread)
                    thread.start()

    def _pass(self, source: socket.socket, target: socket.socket, gated: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if gated and not self.is_open.is_set():
                    self.held.set()
                    self.is_open.wait()
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


class Manager:
    """What systemd is to a daemon: it hears at once whatever is told, for the kernel queues a few messages only."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._messages: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._hear, daemon=True)
        self._thread.start()
        self.path = str(path)

    def wait_for(self, assignment: str) -> str:
        """The next message that contains an assignment; those before it are dropped."""
        while True:
            message = self._messages.get(timeout=30)
            if assignment in message.split("\n"):
                return message

    def close(self) -> None:
        """Hear no more."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._socket.close()

    def _hear(self) -> None:
        with suppress(OSError):
            while message := self._socket.recv(4096):
                self._messages.put(message.decode())


def replace(home: Installation, name: str, old: str, new: str) -> None:
    """Change one text in a file of the home."""
    text = (home.path / name).read_text(encoding="utf-8")
    assert text.count(old) == 1, (name, old)
    home.write(name, text.replace(old, new))


def reload(home: Installation) -> None:
    """SIGHUP, and wait until the files have been read."""
    before = _readings(home)
    assert home.process is not None
    home.process.send_signal(signal.SIGHUP)
    wait_until(lambda: _readings(home) > before, 20, "the new reading of the files")


def _readings(home: Installation) -> int:
    return home.log().count("configuration read") + home.log().count("client=*")


def rows(home: Installation, query: str, *values: str) -> list[tuple[object, ...]]:
    """What a query finds in the daemon's database; nothing while there is none."""
    path = home.path / "state" / "maild.db"
    if not path.exists():
        return []
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as connection:
        try:
            return connection.execute(query, values).fetchall()
        except sqlite3.OperationalError:  # its tables are not made yet
            return []


def outbox(home: Installation, slug: str) -> Mapping[str, str]:
    """The state of each of a client's letters, by recipient."""
    found = rows(home, "SELECT recipient, state FROM outbox WHERE client = ? ORDER BY id", slug)
    return {str(recipient): str(state) for recipient, state in found}


def wait_for_outbox(home: Installation, slug: str, **wanted: str) -> None:
    """Wait until the letters to some people (the local parts of their addresses) are in some states."""

    def there() -> bool:
        states = {address.partition("@")[0]: state for address, state in outbox(home, slug).items()}
        return wanted.items() <= states.items()

    try:
        wait_until(there, 20, f"{wanted} in the outbox of {slug}")
    except TimeoutError as error:
        raise TimeoutError(f"{error}; it is {outbox(home, slug)}\n{home.log()}") from None


def approve(home: Installation, slug: str) -> None:
    """The secretary moves every draft of a client to the approval folder."""
    for draft in home.messages(slug, "Drafts"):
        home.move(slug, draft.uid, "Drafts", "Freigegeben")


def faults(home: Installation) -> list[str]:
    """The faults that `maild check` names, one line each."""
    done = home.command("check", "--json")
    assert done.returncode == 1, done.stderr
    return [
        f"{each['file']}:{each['line']}:{each['column']}: {each['message']}"
        for each in json.loads(done.stdout)["faults"]
    ]

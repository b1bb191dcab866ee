"""When the watcher looks: what IDLE says, and what happens where IDLE does not work. The mailbox is a stand-in."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from maild.errors import FolderError, ServerError
from maild.flow.watch import Watcher
from tests.servers.ports import wait_until


class Ear:
    """The part of a Mailbox that the watcher touches; `refuse` is what IDLE is answered with."""

    def __init__(self, refuse: Exception | None = None) -> None:
        self.has_idle = True
        self.refuse = refuse
        self.idled = self.woken = 0
        self.closed = False
        self.server, self._socket = socket.socketpair()

    def idle(self) -> bool:
        """Enter IDLE."""
        self.idled += 1
        if self.refuse:
            raise self.refuse
        return False

    def wake(self) -> bool:
        """Leave IDLE, and take what was said."""
        self._socket.recv(100)
        self.woken += 1
        return True

    def fileno(self) -> int:
        """The socket for the selector."""
        return self._socket.fileno()

    def close(self) -> None:
        """Hang up."""
        self.closed = True
        self.server.close()
        self._socket.close()


class Office:
    """One client, its sessions and the looks that were made at them."""

    def __init__(self, refuse: Exception | None = None) -> None:
        self.refuse = refuse
        self.ears: list[Ear] = []
        self.looks = 0
        accounts = SimpleNamespace(succeeded=lambda *_: None, failed=lambda *_: None)
        imap = SimpleNamespace(
            host="localhost", watch="idle", poll=SimpleNamespace(total_seconds=lambda: 0.01)
        )
        config = SimpleNamespace(imap=imap, review=SimpleNamespace(mode="drafts", named=None))
        self.desk = SimpleNamespace(
            slug="northwind",
            client=SimpleNamespace(config=config),
            store=SimpleNamespace(accounts=accounts),
            clock=lambda: datetime.now(UTC),
        )

    def connect(self, _desk: object) -> SimpleNamespace:
        """Open a session."""
        self.ears.append(Ear(self.refuse))
        return SimpleNamespace(mailbox=self.ears[-1], look=self.look)

    def look(self, _desk: object) -> None:
        """Count."""
        self.looks += 1


@pytest.fixture
def watch() -> Iterator[list[Watcher]]:
    """Watchers that are stopped at the end."""
    started: list[Watcher] = []
    yield started
    for watcher in started:
        watcher.stop()
        watcher.close()


def begin(started: list[Watcher], office: Office) -> None:
    """Watch one client."""
    watcher = Watcher(2, office.connect, lambda: 0.0)  # type: ignore[arg-type]
    started.append(watcher)
    watcher.use([office.desk])  # type: ignore[list-item]
    watcher.start()


def test_news_during_idle_brings_a_look(watch: list[Watcher]) -> None:
    """A quiet mailbox is looked at once; a word of the server brings the next look, and IDLE again."""
    office = Office()
    begin(watch, office)
    wait_until(lambda: bool(office.ears) and office.ears[0].idled == 1)
    assert office.looks == 1
    office.ears[0].server.send(b"* 1 EXISTS\r\n")
    wait_until(lambda: office.ears[0].idled == 2)
    assert office.looks == 2
    assert office.ears[0].woken == 1


def test_where_idle_is_refused_the_mailbox_is_polled(watch: list[Watcher]) -> None:
    """IDLE that is offered and refused is given up; the looks go on, on the same connection."""
    office = Office(FolderError("IDLE refused"))
    begin(watch, office)
    wait_until(lambda: office.looks >= 5)
    assert len(office.ears) == 1
    assert office.ears[0].idled == 2


def test_where_idle_ends_the_connection_the_mailbox_is_polled(
    watch: list[Watcher], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that hangs up on IDLE twice is polled on the third connection."""
    monkeypatch.setattr("maild.flow.watch._SHORTEST_RETRY", 0.01)
    office = Office(ServerError("the connection is lost"))
    begin(watch, office)
    wait_until(lambda: office.looks >= 5)
    assert [ear.idled for ear in office.ears] == [1, 1, 0]
    assert [ear.closed for ear in office.ears] == [True, True, False]

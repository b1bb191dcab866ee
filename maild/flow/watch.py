"""Keeps an eye on every mailbox: one loop holds all idle connections, a small fixed pool does the work.

A connection has one owner at a time: the loop while it idles, a worker while it works. Whatever IDLE says or fails
to say, each mailbox is looked at again in time. What is done in a look is not this file's matter.
"""

import queue
import selectors
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic
from typing import Protocol

from maild import maillog
from maild.edge.imap import Mailbox
from maild.errors import FolderError, MaildError, SignInRefusedError
from maild.flow.desk import IMAP, Desk

RENEWAL = 150.0
"""Seconds until an idle mailbox is looked at whatever it says: IDLE may miss a line, and connections die in silence."""
_SHORTEST_RETRY, _LONGEST_RETRY = 5.0, 300.0
_DEAF = 2  # a server that refuses IDLE, or hangs up on it, so often is polled from then on
_REFUSED_RETRY = 900.0  # a wrong password tried again and again locks the account


class Session(Protocol):
    """What one account needs to be looked at: a connection, its folders, and what to do with them."""

    mailbox: Mailbox

    def look(self, desk: Desk) -> timedelta | None:
        """Do all there is to do; returns how soon to come back, None for the usual time."""
        ...


@dataclass
class _Watch:
    """One account under watch. Touched by the loop, or by one worker while `busy`."""

    desk: Desk
    session: Session | None = None
    idling: bool = False
    busy: bool = False
    asked: bool = False  # somebody wants a look while one is under way
    renewed: bool = False  # its files were read anew meanwhile: look at once, whatever the trouble was
    moved: bool = False  # its server, sign-in or folders changed meanwhile: the connection is of no use
    deaf: int = 0  # how often in a row IDLE was offered and did not work
    due: float = 0.0  # monotonic
    failures: int = 0
    dropped: bool = False  # no longer served: forgotten when the worker is done


@dataclass
class _Pool:
    """The workers and how many of them each host keeps busy."""

    size: int
    executor: ThreadPoolExecutor = field(init=False)
    hosts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.executor = ThreadPoolExecutor(self.size, thread_name_prefix="imap")

    def has_room(self, host: str) -> bool:
        """One slow host must not hold all the workers."""
        return sum(self.hosts.values()) < self.size and self.hosts[host] < max(1, self.size // 2)


class Watcher:
    """The thread that watches. `connect` opens an account's session; `jitter` gives numbers from -1 to 1."""

    def __init__(self, workers: int, connect: Callable[[Desk], Session], jitter: Callable[[], float]) -> None:
        self._connect = connect
        self._jitter = jitter
        self._pool = _Pool(workers)
        self._watches: dict[str, _Watch] = {}
        self._selector = selectors.DefaultSelector()
        self._calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._ear, self._mouth = socket.socketpair()
        self._mouth.setblocking(False)
        self._selector.register(self._ear, selectors.EVENT_READ, None)
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="watcher")
        self.beat = monotonic()  # when the loop last turned: the watchdog's pulse

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def use(self, desks: Iterable[Desk]) -> None:
        """Serve these clients from now on; callable from any thread."""
        wanted = {desk.slug: desk for desk in desks}
        self._call(lambda: self._replace(wanted))

    def ask(self, slug: str) -> None:
        """Have one client's mailbox looked at now; callable from any thread."""
        self._call(lambda: self._ask(slug))

    def stop(self) -> None:
        """Finish the looks in hand, close every connection, and return when that is done."""
        self._call(self._begin_stop)
        if self._thread.is_alive():
            self._thread.join()
        self._pool.executor.shutdown()

    def close(self) -> None:
        """After the stop, once nobody asks for a look any more."""
        for each in (self._selector, self._ear, self._mouth):
            each.close()

    # The loop. Nothing below is called from another thread, but for `_work`.

    def _run(self) -> None:
        while not self._stopping or any(watch.busy for watch in self._watches.values()):
            self.beat = monotonic()
            if not self._stopping:
                self._start_due()
            for key, _ in self._selector.select(self._patience()):
                if key.data is None:
                    self._listen()
                else:
                    self._let_go(key.data)
                    key.data.due = 0.0
        for watch in self._watches.values():
            self._close(watch)

    def _patience(self) -> float:
        waiting = [watch.due for watch in self._watches.values() if not watch.busy]
        soonest = min(waiting, default=monotonic() + 1)
        full = any(due <= monotonic() for due in waiting)  # due, but no worker is free: one of them will call
        return 1.0 if full or self._stopping else min(max(soonest - monotonic(), 0.0), 5.0)

    def _start_due(self) -> None:
        now = monotonic()
        due = sorted((w for w in self._watches.values() if not w.busy and w.due <= now), key=lambda w: w.due)
        for watch in due:
            host = watch.desk.client.config.imap.host
            if self._pool.has_room(host):
                self._let_go(watch)
                watch.busy, watch.asked, watch.renewed = True, False, False
                self._pool.hosts[host] += 1
                self._pool.executor.submit(self._work, watch, watch.desk, host)

    def _work(self, watch: _Watch, desk: Desk, host: str) -> None:
        """One look, in a worker. One client's trouble stops no other."""
        wait = _LONGEST_RETRY  # for trouble that can't even be recorded
        try:
            wait = self._look(watch, desk)
        except MaildError as error:
            wait = self._trouble(watch, desk, error, str(error))
        except Exception as error:  # noqa: BLE001 - the one place around a task: recorded, and the others go on
            wait = self._trouble(watch, desk, error, maillog.where(error))
        finally:
            self._call(lambda: self._done(watch, host, wait))

    def _look(self, watch: _Watch, desk: Desk) -> float:
        if watch.session is None:
            watch.session = self._connect(desk)
        mailbox = watch.session.mailbox
        if watch.idling:
            watch.idling = False
            mailbox.wake()
        soon = watch.session.look(desk)
        watch.failures = 0
        desk.store.accounts.succeeded(IMAP, desk.clock())
        wait = self._listen_to(watch, mailbox)
        return min(wait, soon.total_seconds()) if soon is not None else wait

    def _listen_to(self, watch: _Watch, mailbox: Mailbox) -> float:
        """Let the server speak, if it will; returns the seconds until the next look all the same."""
        imap = watch.desk.client.config.imap
        if imap.watch == "poll" or not mailbox.has_idle or watch.deaf >= _DEAF:
            return imap.poll.total_seconds()
        watch.idling = True
        watch.deaf += 1
        try:
            spoken = mailbox.idle()
        except FolderError:
            watch.idling = False
            return imap.poll.total_seconds()
        watch.deaf = 0
        return 0.0 if spoken else RENEWAL * (1 + 0.2 * self._jitter())

    def _trouble(self, watch: _Watch, desk: Desk, error: Exception, text: str) -> float:
        self._close(watch)
        watch.failures += 1
        wait = min(_SHORTEST_RETRY * (1 << min(watch.failures - 1, 10)), _LONGEST_RETRY)
        if isinstance(error, SignInRefusedError):
            wait = _REFUSED_RETRY
        wait *= 1 + 0.2 * self._jitter()
        maillog.trouble(desk.slug, "watch", error, text=text, retry=wait)
        desk.store.accounts.failed(IMAP, text, desk.clock(), desk.clock() + timedelta(seconds=wait))
        return wait

    def _done(self, watch: _Watch, host: str, wait: float) -> None:
        watch.busy = False
        self._pool.hosts[host] -= 1
        at_once = watch.renewed or (watch.asked and not watch.failures)
        watch.due = monotonic() + (0.0 if at_once else wait)
        if watch.dropped:
            self._watches.pop(watch.desk.slug)
        if watch.dropped or watch.moved:
            watch.moved = False
            self._close(watch)
        elif watch.idling and watch.session is not None:
            self._selector.register(watch.session.mailbox.fileno(), selectors.EVENT_READ, watch)

    def _replace(self, wanted: Mapping[str, Desk]) -> None:
        """A busy account keeps its watch until the worker is done: never two workers in one mailbox."""
        for slug, watch in list(self._watches.items()):
            if slug not in wanted and not watch.busy:
                self._let_go(watch)
                self._close(watch)
                del self._watches[slug]
            watch.dropped = slug not in wanted
        for slug, desk in wanted.items():
            if slug in self._watches and self._watches[slug].desk is desk:
                continue  # nothing about it has changed: it is left in peace
            watch = self._watches.setdefault(slug, _Watch(desk))
            watch.moved |= _place(watch.desk) != _place(desk)
            watch.desk, watch.due, watch.renewed = desk, 0.0, True
            if watch.moved and not watch.busy:
                watch.moved = False
                self._let_go(watch)
                self._close(watch)

    def _ask(self, slug: str) -> None:
        watch = self._watches.get(slug)
        if watch is not None:
            watch.asked = watch.busy
            watch.due = 0.0 if not watch.busy and not watch.failures else watch.due

    def _begin_stop(self) -> None:
        self._stopping = True

    def _let_go(self, watch: _Watch) -> None:
        if watch.session is not None and watch.idling and not watch.busy:
            try:
                self._selector.unregister(watch.session.mailbox.fileno())
            except KeyError:
                return  # not registered: it was let go before

    def _close(self, watch: _Watch) -> None:
        if watch.session is not None:
            watch.session.mailbox.close()
        watch.session, watch.idling = None, False

    def _call(self, call: Callable[[], None]) -> None:
        self._calls.put(call)
        try:
            self._mouth.send(b"!")
        except BlockingIOError:
            return  # a full pipe wakes the loop as well

    def _listen(self) -> None:
        self._ear.recv(4096)
        while not self._calls.empty():
            self._calls.get()()


def _place(desk: Desk) -> tuple[object, ...]:
    """What a connection was made and its folders were found by."""
    review = desk.client.config.review
    return desk.client.config.imap, review.mode, review.named

"""The composition root: builds everything from a home, starts watcher and sender, and stops them cleanly.

Knows no rule, no mail and no server; it only connects the parts.
"""

import os
import random
import secrets
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from time import monotonic

from apscheduler.schedulers.background import BackgroundScheduler

from maild import maillog
from maild.config.home import Home
from maild.config.load import load_home
from maild.edge import systemd
from maild.errors import ConfigError, Fault, MaildError
from maild.flow.desk import IMAP, SMTP, Desk
from maild.flow.send import Sender
from maild.flow.session import AccountSession
from maild.flow.watch import Watcher
from maild.store.store import StateLock, Store

_NO_CLIENT = Fault("rules", 0, 0, "holds no client; make a folder with a client.yaml")
_ALPHABET = string.ascii_lowercase + string.digits
_TOKEN_LENGTH = 26  # 134 bits: nobody guesses a token
_STALLED = 60.0  # seconds without a turn of the watcher's loop, after which the watchdog is no longer fed


@dataclass(frozen=True, slots=True)
class Places:
    """Where an installation keeps its files and its state."""

    home: Path
    state: Path

    @classmethod
    def find(cls, home: Path | None) -> "Places":
        """--home, else $MAILD_HOME, else here; $MAILD_STATE, else systemd's $STATE_DIRECTORY, else state/.

        systemd joins several state directories with colons (systemd.exec(5)); the first one is meant.
        """
        found = home or Path(os.environ.get("MAILD_HOME") or Path.cwd())
        state = os.environ.get("MAILD_STATE") or os.environ.get("STATE_DIRECTORY", "").partition(":")[0]
        return cls(found.resolve(), Path(state).resolve() if state else found.resolve() / "state")


class Daemon:
    """maild at work on one home."""

    def __init__(self, places: Places, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Raises ConfigError where the home can't be used, StoreError where another daemon owns the state."""
        self._places = places
        self._clock = clock
        self._home = load_home(places.home, today=clock().date())
        if not self._home.clients:
            raise ConfigError(self._home.faults or (_NO_CLIENT,))
        self._lock = StateLock(places.state)
        try:
            configure_log(self._home, places.state)
            self._store = Store.open(self._home.office.state, places.state, may_upgrade=True)
        except BaseException:
            self._lock.release()
            raise
        self._desks = self._build(self._home)
        self._recovered: set[str] = set()
        self._ticker = BackgroundScheduler(timezone=UTC)
        self._started = self._stopping = False

    def start(self) -> None:
        """Recover what a crash left, then begin to watch and to send."""
        self._recover()
        jitter = partial(random.SystemRandom().uniform, -1, 1)
        self._watcher = Watcher(self._home.office.workers, self._connect, jitter)
        self._sender = Sender(self._places.home, jitter, self._watcher.ask)
        self._watcher.use(self._desks.values())
        self._sender.use(self._desks.values())
        self._watcher.start()
        self._sender.start()
        self._tick_from_now_on()
        self._started = True
        maillog.started(version("maild"), len(self._desks), str(self._places.state))
        systemd.notify("READY=1", self._status())

    def reload(self) -> None:
        """Read the home again, all or nothing for each client; a faulty one keeps its last good files."""
        systemd.notify("RELOADING=1", f"MONOTONIC_USEC={int(monotonic() * 1_000_000)}")
        try:
            fresh = load_home(self._places.home, today=self._clock().date())
        except ConfigError as error:
            self._keep_all(error)
        else:
            self._home = fresh
            kept = {slug: self._desks[slug] for slug in _faulty(fresh) if slug in self._desks}
            self._desks = {**kept, **self._build(fresh)}
            self._recover()
            self._watcher.use(self._desks.values())
            self._sender.use(self._desks.values())
            maillog.reloaded(len(self._desks), len(fresh.faults))
        systemd.notify("READY=1", self._status())

    def stop(self) -> None:
        """Finish what is in hand, then let go of everything."""
        self._stopping = True
        maillog.stopping()
        systemd.notify("STOPPING=1", "STATUS=Finishing what is in hand")
        if self._started:
            self._watcher.stop()
            self._sender.stop()
            self._watcher.close()
            # Last: the watchdog is fed as long as a server may take to answer.
            self._ticker.shutdown(wait=False)
        self.close()
        maillog.stopped()

    def close(self) -> None:
        """Give the state back."""
        self._store.close()
        self._lock.release()

    def once(self) -> Mapping[str, str]:
        """One pass over everything: look, send what is due, look again. Returns the servers' trouble by client."""
        self._recover()
        began = self._clock()
        trouble: dict[str, str] = {}
        for desk in self._desks.values():
            self._pass(desk, trouble)
        Sender(self._places.home, lambda: 0.0, lambda _slug: None).drain(self._desks.values())
        for slug, desk in self._desks.items():
            if slug not in trouble:
                self._pass(desk, trouble)
            trouble |= _smtp_trouble(desk, began)
        return trouble

    def set_aside(self) -> Mapping[str, str]:
        """The clients whose files are at fault, and what is wrong."""
        return _faulty(self._home)

    def _pass(self, desk: Desk, trouble: dict[str, str]) -> None:
        try:
            session = AccountSession.connect(desk, self._places.home, lambda: None)
            try:
                session.look(desk)
            finally:
                session.mailbox.close()
        except MaildError as error:
            self._note_trouble(desk, error, str(error), trouble)
        except Exception as error:  # noqa: BLE001 - around one task: recorded, and the others go on
            self._note_trouble(desk, error, maillog.where(error), trouble)
        else:
            desk.store.accounts.succeeded(IMAP, desk.clock())

    def _note_trouble(self, desk: Desk, error: Exception, text: str, trouble: dict[str, str]) -> None:
        trouble[desk.slug] = text
        maillog.trouble(desk.slug, "watch", error, text=text)
        desk.store.accounts.failed(IMAP, text, desk.clock(), None)

    def _keep_all(self, error: ConfigError) -> None:
        """maild.yaml can't be used: everybody's last good files stay in force, and everybody's status says so."""
        for desk in self._desks.values():
            desk.store.accounts.failed("files", str(error), self._clock(), None)
        maillog.client_set_aside("*", error.faults[0].file if error.faults else "", str(error))

    def _build(self, home: Home) -> dict[str, Desk]:
        for slug, faults in _faulty(home).items():
            self._store.client(slug).accounts.register("files", IMAP, SMTP)
            self._store.client(slug).accounts.failed("files", faults, self._clock(), None)
            maillog.client_set_aside(slug, faults.partition(": ")[0], faults)
        desks = {}
        for slug, client in home.clients.items():
            store = self._store.client(slug)
            store.accounts.register("files", IMAP, SMTP)
            store.accounts.succeeded("files", self._clock())
            desks[slug] = Desk(
                client=client,
                office=home.office,
                store=store,
                foreign_staff=home.foreign_people(slug),
                clock=self._clock,
                token=new_token,
            )
        return desks

    def _recover(self) -> None:
        """What a crash left, once for each client: also for one whose files were mended only after the start."""
        for slug, desk in self._desks.items():
            if slug not in self._recovered:
                self._recovered.add(slug)
                maillog.recovered(slug, *desk.store.outbox.recover(SMTP, self._clock()))

    def _connect(self, desk: Desk) -> AccountSession:
        return AccountSession.connect(desk, self._places.home, self._sender.wake)

    def _tick_from_now_on(self) -> None:
        interval = systemd.watchdog_interval()
        if interval is not None:
            self._ticker.add_job(self._feed_watchdog, "interval", seconds=interval)
        self._ticker.start()

    def _feed_watchdog(self) -> None:
        works = monotonic() - self._watcher.beat < _STALLED and self._sender.alive
        if works or self._stopping:
            systemd.notify("WATCHDOG=1")

    def _status(self) -> str:
        faulty = _faulty(self._home)
        aside = f"; faulty files: {', '.join(faulty)}" if faulty else ""
        return f"STATUS=Clients watched: {len(self._desks)}{aside}"


def new_token() -> str:
    """26 random letters and digits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_TOKEN_LENGTH))


def configure_log(home: Home, state: Path) -> None:
    """Both logs as maild.yaml has them; the key of the address hashes is made once and stays in the state."""
    path = state / "log.key"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(32))
    log = home.office.log
    maillog.configure(key=path.read_bytes(), level=log.level, json=log.format == "json")


def _smtp_trouble(desk: Desk, since: datetime) -> dict[str, str]:
    health = {account.name: account for account in desk.store.accounts.health()}[SMTP]
    failed = health.failures and health.last_error_at is not None and health.last_error_at >= since
    return {desk.slug: health.last_error} if failed else {}


def _faulty(home: Home) -> dict[str, str]:
    """Each client with faults: the first fault, and how many more there are."""
    by_client: dict[str, list[str]] = {}
    for fault in home.faults:
        by_client.setdefault(fault.client, []).append(str(fault))
    return {
        slug: faults[0] + (f" (and {len(faults) - 1} more)" if len(faults) > 1 else "")
        for slug, faults in by_client.items()
        if slug and slug not in home.clients
    }

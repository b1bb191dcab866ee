"""The composition root: builds everything from a home, starts watcher and sender, and stops them cleanly.

Knows no rule, no mail and no server; it only connects the parts.
"""

import os
import random
import secrets
import string
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from time import monotonic

from apscheduler.schedulers.background import BackgroundScheduler

from maild import maillog
from maild.config.home import Client, Home
from maild.config.load import CONFIGURATION, HomeReader, load_home
from maild.config.models import Office
from maild.edge import systemd
from maild.edge.files import FileWatch
from maild.errors import ConfigError, Fault, MaildError
from maild.flow.desk import IMAP, SMTP, Alarm, Desk
from maild.flow.faulty import FilesReport, faults_by_client, summary
from maild.flow.morning import send_due
from maild.flow.office import OfficeMail
from maild.flow.send import Sender, SmtpAccount
from maild.flow.session import AccountSession
from maild.flow.watch import Watcher
from maild.store.engine import database_exists
from maild.store.store import OFFICE, StateLock, Store
from maild.store.wake import taps

_NO_CLIENT = Fault("rules", 0, 0, "holds no client; make a folder with a client.yaml")
_ALPHABET = string.ascii_lowercase + string.digits
_TOKEN_LENGTH = 26  # 134 bits: nobody guesses a token
_AT_START_ONLY = ("state", "workers")
"""Keys of maild.yaml that a change of has no effect on a daemon that runs."""
_COMMANDS = 2  # seconds between two looks at what commands have asked for
_MORNING = 15  # seconds between two looks at whether a morning mail is due
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
        # First of all: a file that is changed while it is read here is read again.
        self._files = FileWatch(places.home, CONFIGURATION, self._files_changed, maillog.files_unwatched)
        self._reader = HomeReader(places.home)
        self._home = self._reader.read(today=clock().date())
        if not self._home.clients:
            raise ConfigError(self._home.faults or (_NO_CLIENT,))
        self._lock = StateLock(places.state)
        try:
            configure_log(self._home, places.state)
            self._store = Store.open(self._home.office.state, places.state, may_upgrade=True)
        except BaseException:
            self._lock.release()
            raise
        self._recovered: set[str] = set()
        self._ticker = BackgroundScheduler(timezone=UTC)
        self._started = self._stopping = False
        self._renewing = (
            threading.Lock()
        )  # held while what was read is put into force, and when a stop begins
        self._office_moved = True
        self._mail = OfficeMail(self._store.client(OFFICE), self._home.office.office, clock)
        self._report = FilesReport(self._store, clock, self._alarm)
        self._desks: dict[str, Desk] = self._build(self._home, renew=True)
        self._report.read(self._home, self._desks)

    def start(self) -> None:
        """Recover what a crash left, then begin to watch and to send."""
        self._recover()
        jitter = partial(random.SystemRandom().uniform, -1, 1)
        self._watcher = Watcher(self._home.office.workers, self._connect, jitter)
        self._sender = Sender(self._places.home, jitter, self._moved)
        self._serve()
        self._watcher.start()
        self._sender.start()
        self._tick_from_now_on()
        self._started = True
        self._files.start()
        maillog.started(version("maild"), len(self._desks), str(self._places.state))
        systemd.notify("READY=1", self._status())

    def reload(self) -> None:
        """Have the home read again though no file has changed, and try again whatever was refused; returns at once."""
        self._files.ask()

    def stop(self) -> None:
        """Finish what is in hand, then let go of everything."""
        self._files.stop()
        with self._renewing:
            self._stopping = True
            maillog.stopping()
            systemd.notify("STOPPING=1", "STATUS=Finishing what is in hand")
        if self._started:
            self._watcher.stop()
            self._sender.stop()
            self._watcher.close()
            self._files.join()
            # Last: the watchdog is fed as long as a server may take to answer.
            self._ticker.shutdown()
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
        self._tell_team()
        accounts = self._accounts()
        Sender(self._places.home, lambda: 0.0, lambda _name: None).drain(accounts)
        self._close_office_letters()
        for slug, desk in self._desks.items():
            if slug not in trouble:
                self._pass(desk, trouble)
        for account in accounts:
            trouble |= _smtp_trouble(account, began)
        return trouble

    def set_aside(self) -> Mapping[str, str]:
        """The clients whose files are at fault, and what is wrong."""
        return {slug: summary(faults) for slug, faults in faults_by_client(self._home).items()}

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

    # Reading the files again: in the thread that watches them, so never twice at a time.

    def _files_changed(self, asked: bool) -> None:
        """All or nothing for each client: a faulty one keeps its last good files, and nobody else is disturbed."""
        with self._renewing:
            if self._stopping:
                return
            systemd.notify("RELOADING=1", f"MONOTONIC_USEC={int(monotonic() * 1_000_000)}")
        try:
            self._read_again(renew=asked)
        except Exception as error:  # noqa: BLE001 - around one task: recorded, and what is in force goes on
            maillog.trouble("*", "files", error)
        with self._renewing:
            if not self._stopping:
                systemd.notify("READY=1", self._status())

    def _read_again(self, *, renew: bool) -> None:
        try:
            fresh = self._fresh()
        except ConfigError as error:
            with self._renewing:
                if not self._stopping:
                    self._report.unreadable(error, self._home, self._desks)
                    maillog.reloaded(len(self._desks), len(error.faults))
            return
        with self._renewing:
            if not self._stopping:
                self._put_into_force(fresh, renew=renew)

    def _fresh(self) -> Home:
        """Raises ConfigError where the home can't be used, or where all clients are gone.

        Then a folder was moved by mistake, or its disk is away: nobody gives notice like that.
        """
        fresh = self._reader.read(today=self._clock().date())
        if not fresh.people:
            raise ConfigError((_NO_CLIENT,))
        return fresh

    def _put_into_force(self, fresh: Home, *, renew: bool) -> None:
        before, self._home = self._home, fresh
        self._adapt(before.office, fresh.office)
        if renew or before.office.office != fresh.office.office:
            self._mail.use(self._store.client(OFFICE), fresh.office.office)
        kept = {slug: self._desks[slug] for slug in faults_by_client(fresh) if slug in self._desks}
        self._desks = {**kept, **self._build(fresh, renew=renew)}
        self._report.read(fresh, self._desks)
        self._recover()
        self._serve()
        maillog.reloaded(len(self._desks), len(fresh.faults))

    def _adapt(self, before: Office, now: Office) -> None:
        if before.log != now.log:
            configure_log(self._home, self._places.state)
        changed = tuple(key for key in _AT_START_ONLY if getattr(before, key) != getattr(now, key))
        if changed:
            maillog.needs_restart(changed)

    def _build(self, home: Home, *, renew: bool) -> dict[str, Desk]:
        """A desk for each sound client; the one it has, unless its files, or the office's, have changed."""
        desks = {}
        for slug, client in home.clients.items():
            old = None if renew else self._desks.get(slug)
            foreign = home.foreign_people(slug)
            if old and _same(old, client, home.office, foreign):
                desks[slug] = old
                continue
            desks[slug] = Desk(
                client=client,
                office=home.office,
                store=self._store.client(slug),
                foreign_staff=foreign,
                clock=self._clock,
                token=new_token,
                alarm=self._alarm,
            )
        return desks

    def _serve(self) -> None:
        self._watcher.use(self._desks.values())
        self._sender.use(self._accounts())

    def _accounts(self) -> list[SmtpAccount]:
        office = self._mail.account
        return [*(SmtpAccount.of(desk) for desk in self._desks.values()), *([office] if office else [])]

    def _recover(self) -> None:
        """What a crash left, once for each client: also for one whose files were mended only after the start."""
        for slug in (OFFICE, *self._desks):
            if slug not in self._recovered:
                self._recovered.add(slug)
                outbox = self._store.client(slug).outbox
                maillog.recovered(slug, *outbox.recover(SMTP, self._clock()))

    def _connect(self, desk: Desk) -> AccountSession:
        return AccountSession.connect(desk, self._places.home, self._sender.wake)

    def _alarm(self, alarm: Alarm) -> None:
        if self._mail.raise_alarm(alarm) and self._started:
            self._sender.wake()

    def _moved(self, name: str) -> None:
        """The sender's word that rows have moved."""
        if name == OFFICE:
            self._office_moved = True
        else:
            self._watcher.ask(name)

    def _tick_from_now_on(self) -> None:
        interval = systemd.watchdog_interval()
        if interval is not None:
            self._ticker.add_job(self._feed_watchdog, "interval", seconds=interval)
        self._ticker.add_job(self._listen_to_commands, "interval", seconds=_COMMANDS, coalesce=True)
        self._ticker.add_job(self._tell_team, "interval", seconds=_MORNING, coalesce=True)
        self._ticker.start()

    def _listen_to_commands(self) -> None:
        """What was asked of us from outside this process, and what the sender has left to be closed."""
        if self._stopping:
            return
        try:
            for slug in taps(self._places.state):
                self._watcher.ask(slug)
            self._close_office_letters()
        except Exception as error:  # noqa: BLE001 - around one task: recorded, and the next tick tries again
            maillog.trouble("*", "commands", error)

    def _tell_team(self) -> None:
        """The morning mail of whoever hasn't had it today."""
        if self._stopping:
            return
        try:
            with self._renewing:
                home, served = self._home, {slug: desk.client for slug, desk in self._desks.items()}
            if send_due(home, served, self._store, self._mail, self._clock) and self._started:
                self._sender.wake()
        except Exception as error:  # noqa: BLE001 - around one task: recorded, and the next tick tries again
            maillog.trouble("*", "morning", error)

    def _close_office_letters(self) -> None:
        if self._office_moved:
            self._office_moved = False
            self._mail.close_letters()

    def _feed_watchdog(self) -> None:
        works = monotonic() - self._watcher.beat < _STALLED and self._sender.alive
        if works or self._stopping:
            systemd.notify("WATCHDOG=1")

    def _status(self) -> str:
        faulty = faults_by_client(self._home)
        aside = f"; faulty files: {', '.join(faulty)}" if faulty else ""
        return f"STATUS=Clients watched: {len(self._desks)}{aside}"


@contextmanager
def one_desk(places: Places, slug: str, *, alone: bool = False) -> Iterator[Desk]:
    """One client's desk, for a command. `alone` takes the state's lock first: no daemon may run meanwhile.

    Otherwise the daemon may run, and where there is no state yet, an empty one in memory serves; nothing is written.
    Raises ConfigError where the client's files are at fault, StoreError where the state can't be used.
    """
    home = load_home(places.home)
    client = home.clients.get(slug)
    if client is None:
        raise ConfigError(tuple(fault for fault in home.faults if fault.client == slug) or (_no_such(slug),))
    lock = StateLock(places.state) if alone else None
    store = None
    try:
        if alone or database_exists(home.office.state, places.state):
            store = Store.open(home.office.state, places.state, may_upgrade=alone)
        else:
            store = Store.in_memory()
        if alone:
            configure_log(home, places.state, level="warning")  # what is done, the command itself tells
        clock = partial(datetime.now, UTC)
        people = home.foreign_people(slug)
        yield Desk(client, home.office, store.client(slug), people, clock, new_token)
    finally:
        if store is not None:
            store.close()
        if lock is not None:
            lock.release()


def _no_such(slug: str) -> Fault:
    return Fault(f"rules/{slug}", 0, 0, "there is no client of this name; its folder in rules/ is missing")


def new_token() -> str:
    """26 random letters and digits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_TOKEN_LENGTH))


def configure_log(home: Home, state: Path, level: str = "") -> None:
    """Both logs as maild.yaml has them; the key of the address hashes is made once and stays in the state."""
    path = state / "log.key"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(32))
    log = home.office.log
    maillog.configure(key=path.read_bytes(), level=level or log.level, json=log.format == "json")


def _smtp_trouble(account: SmtpAccount, since: datetime) -> dict[str, str]:
    health = {each.name: each for each in account.store.accounts.health()}[SMTP]
    failed = health.failures and health.last_error_at is not None and health.last_error_at >= since
    name = "the office" if account.name == OFFICE else account.name
    return {name: health.last_error} if failed else {}


def _same(desk: Desk, client: Client, office: Office, foreign_staff: frozenset[str]) -> bool:
    here = (desk.client.version, desk.office, desk.foreign_staff)
    return here == (client.version, office, foreign_staff)

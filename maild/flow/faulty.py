"""Tells what is wrong with the files: in the status, in the log, and in one mail to the office; and when it is mended.

What is told once is known by when the files were last good, which stands in the state: a fault that stays, is touched
or survives a restart is not told again by mail, and one that comes back is.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from maild import maillog
from maild.config.home import Home
from maild.core import notices
from maild.errors import ConfigError, Fault
from maild.flow.desk import IMAP, SMTP, Alarm
from maild.flow.office import FILES
from maild.store.records import AccountHealth
from maild.store.store import OFFICE, Store

MAIN = "maild.yaml"
_MAIN_FILE = f"die Datei {MAIN} ist fehlerhaft"
_NO_CLIENTS = "der Ordner rules enthält keine Auftraggeber mehr"
_FEW = 2  # clients that a subject has room for


class FilesReport:
    """What was said of the files so far, and to whom. `alarm` tells the office."""

    def __init__(self, store: Store, clock: Callable[[], datetime], alarm: Callable[[Alarm], None]) -> None:
        self._store, self._clock, self._alarm = store, clock, alarm
        self._said: dict[str, str] = {}  # what the log has of each client

    def read(self, home: Home, served: Collection[str]) -> None:
        """The home was read; `served` are the clients for whom some good files are in force."""
        for slug in (OFFICE, *home.clients):
            self._good(slug)
        faulty = faults_by_client(home)
        good_until = {slug: self._failed(slug, faults) for slug, faults in faulty.items()}
        for case in _cases(faulty):
            self._tell_of(case, good_until, home, served)

    def unreadable(self, error: ConfigError, home: Home, served: Collection[str]) -> None:
        """maild.yaml can't be used, or there is no client any more; `home` is the one that stays in force."""
        main = tuple(fault for fault in error.faults if fault.file == MAIN)
        faults = main or error.faults
        for slug in served:
            self._record(slug, summary(faults))
        since = self._failed(OFFICE, faults, shown="*")
        place, what = (MAIN, _MAIN_FILE) if main else (faults[0].file, _NO_CLIENTS)
        text = notices.unusable_home(what, error.faults, self._now(home))
        self._alarm(Alarm(f"{place} {since}", f"maild: {what[0].upper()}{what[1:]}", text))

    def _tell_of(
        self, case: "_Case", good_until: Mapping[str, str], home: Home, served: Collection[str]
    ) -> None:
        key = f"{case.place} {max(good_until[slug] for slug in case.clients)}"
        few = len(case.clients) <= _FEW
        names = (
            " und ".join(case.clients) if few else f"{case.clients[0]} und {len(case.clients) - 1} weiteren"
        )
        in_force = all(slug in served for slug in case.clients)
        text = notices.faulty_files(case.clients, case.faults, self._now(home), served=in_force)
        self._alarm(Alarm(f"{FILES} {key}", f"maild: Dateien von {names} sind fehlerhaft", text))

    def _failed(self, slug: str, faults: Sequence[Fault], *, shown: str = "") -> str:
        """Record it, log it once, and say until when all was good."""
        text = summary(faults)
        since = self._record(slug, text)
        if self._said.get(slug) != text:
            logged = summary([_without_customers(fault) for fault in faults])
            maillog.client_set_aside(shown or slug, logged.partition(": ")[0], logged)
        self._said[slug] = text
        return since

    def _record(self, slug: str, text: str) -> str:
        row = self._row(slug)
        if not row.failures or row.last_error != text:  # else the time stays: it says since when
            self._store.client(slug).accounts.failed(FILES, text, self._clock(), None)
        return row.last_success_at.isoformat() if row.last_success_at else ""

    def _good(self, slug: str) -> None:
        row = self._row(slug)
        if row.failures or row.last_success_at is None:
            self._store.client(slug).accounts.succeeded(FILES, self._clock())
        if row.failures:
            maillog.client_mended(slug)
        self._said.pop(slug, None)

    def _row(self, slug: str) -> AccountHealth:
        accounts = self._store.client(slug).accounts
        names = {FILES, SMTP} if slug == OFFICE else {FILES, IMAP, SMTP}
        rows = {row.name: row for row in accounts.health()}
        if not names <= rows.keys():
            accounts.register(*names)
            rows = {row.name: row for row in accounts.health()}
        return rows[FILES]

    def _now(self, home: Home) -> datetime:
        return self._clock().astimezone(home.office.office.timezone)


def faults_by_client(home: Home) -> Mapping[str, tuple[Fault, ...]]:
    """The faults of each client that can't be worked for as its files are."""
    found: dict[str, list[Fault]] = {}
    for fault in home.faults:
        if fault.client and fault.client not in home.clients:
            found.setdefault(fault.client, []).append(fault)
    return {slug: tuple(faults) for slug, faults in found.items()}


def summary(faults: Sequence[Fault]) -> str:
    """The first fault, and how many more there are."""
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return f"{faults[0]}{more}"


def _without_customers(fault: Fault) -> Fault:
    """For the log: of a fault among the contacts the place, and not what stands there."""
    if not fault.file.endswith("contacts.csv"):
        return fault
    return replace(fault, message="can't be read; `maild check` says why")


@dataclass(frozen=True, slots=True)
class _Case:
    """Clients at fault for one and the same reason, as a shared file: one mail is enough for all of them."""

    place: str
    clients: tuple[str, ...]
    faults: tuple[Fault, ...]


def _cases(faulty: Mapping[str, tuple[Fault, ...]]) -> list[_Case]:
    alike: dict[tuple[Fault, ...], list[str]] = {}
    for slug, faults in faulty.items():
        alike.setdefault(tuple(_of_nobody(fault) for fault in faults), []).append(slug)
    return [
        _Case(slugs[0] if len(slugs) == 1 else faults[0].file, tuple(slugs), faulty[slugs[0]])
        for faults, slugs in alike.items()
    ]


def _of_nobody(fault: Fault) -> Fault:
    """The fault without the client's name, to see whether another's is the same."""
    return replace(fault, client="", file=fault.file.replace(f"/{fault.client}/", "/*/"))

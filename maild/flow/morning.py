"""The morning mail of each member of the team: gathered from her clients' state, told once a day, of no client else.

It goes through the office's outbox under a name made of member and day, so neither a restart, nor a clock that is set
back, nor a changed time of day sends it twice. Looks into no mailbox: what it tells stands in the state.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from maild.config.home import Client, Home
from maild.config.models import Member
from maild.core.hours import Calendar
from maild.core.message import Address
from maild.core.morning import ClientMorning, Kind, Matter, Morning, Pile, is_due, last_working_day
from maild.core.morning_mail import subject_of, text_of
from maild.core.reminder import overdue_before
from maild.flow.desk import IMAP, SMTP, Alarm
from maild.flow.faulty import faults_by_client
from maild.flow.office import OfficeMail
from maild.store.overview import Patience
from maild.store.records import AccountHealth
from maild.store.store import ClientStore, Store

_AWAY = timedelta(minutes=15)  # a connection that is lost for a moment is nobody's trouble
_SERVERS = {IMAP: "Das Postfach", SMTP: "Der Postausgang"}


def send_due(
    home: Home, served: Mapping[str, Client], store: Store, mail: OfficeMail, clock: Callable[[], datetime]
) -> int:
    """Put every morning mail into the outbox that is due and hasn't been there; returns how many.

    `served` are the clients with good files in force, also where the files of today are at fault.
    """
    now = clock().astimezone(home.office.office.timezone)
    sent = 0
    for member in home.office.team:
        key = _key(member, now.date())
        if member.morning is not None and is_due(member.morning, now) and mail.may_tell(key):
            morning = gather(home, served, store, member, now)
            said = Alarm(key, subject_of(morning), text_of(morning))
            sent += mail.tell(Address(member.address, member.name), said)
    return sent


def gather(home: Home, served: Mapping[str, Client], store: Store, member: Member, now: datetime) -> Morning:
    """All that one of the team is to be told at `now`, which is in the office's zone."""
    since = last_working_day(now.date())
    reader = _Reader(home, store, now, datetime.combine(since, time(), now.tzinfo))
    known = sorted({*served, *faults_by_client(home)} - {""})
    hers = [slug for slug in known if member.clients == "all" or slug in member.clients]
    clients = tuple(reader.read(slug, served.get(slug)) for slug in hers)
    return Morning(member.name, now, since, clients)


def _key(member: Member, day: date) -> str:
    return f"morning {member.address.lower()} {day.isoformat()}"


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one client after the other."""

    home: Home
    store: Store
    now: datetime
    since: datetime

    def read(self, slug: str, client: Client | None) -> ClientMorning:
        """One client's matters and work; without any good files of it, by the usual opening hours."""
        store = self.store.client(slug)
        calendar = client.business.calendar if client else Calendar()
        midnight = datetime.combine(self.now.date(), time(), self.now.tzinfo)
        piles = (
            *store.overview.matters(self._patience(calendar, client), self.now),
            *self._paused(store),
            *self._faulty(slug),
            *self._unreachable(store),
        )
        name = client.config.name if client else slug
        return ClientMorning(name, piles, store.overview.work(self.since, midnight))

    def _patience(self, calendar: Calendar, client: Client | None) -> Patience:
        overdue = self.home.office.overdue
        now = self.now.astimezone(client.config.timezone) if client else self.now
        return Patience(
            unanswered=overdue_before(overdue.unanswered, now, calendar),
            drafts=overdue_before(overdue.drafts, now, calendar),
            news=self.since,
        )

    def _paused(self, store: ClientStore) -> Iterator[Pile]:
        found = [Matter(each.since, each.rule, str(each.waiting)) for each in store.pauses.all()]
        yield from _pile(Kind.PAUSED, found)

    def _faulty(self, slug: str) -> Iterator[Pile]:
        count = len(faults_by_client(self.home).get(slug, ()))
        words = "1 Fehler" if count == 1 else f"{count} Fehler"
        yield from _pile(Kind.FILES, [Matter(None, words)] if count else [])

    def _unreachable(self, store: ClientStore) -> Iterator[Pile]:
        found = [each for each in store.accounts.health() if each.name in _SERVERS and self._is_away(each)]
        yield from _pile(Kind.SERVER, [Matter(each.last_success_at, _SERVERS[each.name]) for each in found])

    def _is_away(self, health: AccountHealth) -> bool:
        reached = health.last_success_at
        return bool(health.failures) and (reached is None or self.now - reached > _AWAY)


def _pile(kind: Kind, matters: list[Matter]) -> Iterator[Pile]:
    if matters:
        yield Pile(kind, tuple(matters), len(matters))

"""What one of the team must know in the morning, and when she is told; pure, no clock.

The office has no Bundesland: it works on every Monday to Friday that is no public holiday in all of Germany. Better a
mail on a holiday of one Land than none on a working day of another.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from maild.core.hours import Calendar

_GERMANY = Calendar(region="DE")
_NOON = time(12)
_LATENESS = timedelta(hours=2)  # of a morning mail that is set for noon or later
_DAY = timedelta(days=1)


class Kind(StrEnum):
    """What a person has to look after, the most urgent first."""

    IN_DOUBT = "in_doubt"  # a letter of which nobody knows whether it arrived
    SEND_FAILED = "send_failed"
    CLARIFY = "clarify"  # an approved letter that failed a check
    VANISHED = "vanished"  # a draft that is nowhere to be found
    REMINDER = "reminder"  # a mail whose reminder is due
    UNANSWERED = "unanswered"  # a mail without a draft that has waited beyond the office's patience
    WAITING = "waiting"  # a draft that has
    ASIDE = "aside"  # a mail that maild could not deal with; told on one morning
    PAUSED = "paused"  # a rule
    FILES = "files"  # of a client, with a fault
    SERVER = "server"  # of a client, out of reach


@dataclass(frozen=True, slots=True)
class Matter:
    """One thing to look after."""

    when: datetime | None  # since when, or when its mail came
    subject: str = ""  # of the mail or the letter; a rule's name; which server
    who: str = ""  # the mail's sender, the letter's recipients; for a rule how many mails wait
    folder: str = ""  # where the mail lies, as far as it is known


@dataclass(frozen=True, slots=True)
class Pile:
    """Matters of one kind; there may be more than are named."""

    kind: Kind
    matters: tuple[Matter, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Work:
    """What was done for one client in the time that a morning mail covers."""

    received: int = 0
    sorted: int = 0
    drafted: int = 0
    approved: int = 0  # letters that maild sent after a person's approval
    by_hand: int = 0  # letters that the secretary sent from her mail program
    answered: int = 0  # by machine
    notes: int = 0  # notes and forwards to the client


@dataclass(frozen=True, slots=True)
class ClientMorning:
    """One client's matters and work."""

    name: str
    piles: tuple[Pile, ...] = ()
    work: Work = Work()

    def pile(self, kind: Kind) -> Pile:
        """The matters of one kind, if any."""
        return next((pile for pile in self.piles if pile.kind is kind), Pile(kind, (), 0))


@dataclass(frozen=True, slots=True)
class Morning:
    """All that one of the team is told, of her clients only."""

    member: str  # her name
    now: datetime  # by the clock of the office
    since: date  # the last working day, on which the work that is told begins
    clients: tuple[ClientMorning, ...]

    @property
    def total(self) -> int:
        """How many matters wait for her."""
        return sum(pile.total for client in self.clients for pile in client.piles)


def is_due(at: time, now: datetime) -> bool:
    """Whether the mail that is set for `at` is to go at `now`, by the office's clock, unless it has gone already.

    A daemon that was down then sends it when it starts, if it is still before noon; a mail set for 10 o'clock or later
    may be two hours late. A time that a change of the clocks skips counts as reached after it.
    """
    if not works_on(now.date()) or now.time() < at:
        return False
    begun = datetime.combine(now.date(), at)
    return now.replace(tzinfo=None) < max(datetime.combine(now.date(), _NOON), begun + _LATENESS)


def works_on(day: date) -> bool:
    """Whether the office works: Monday to Friday, but for the holidays that all of Germany has."""
    return day.weekday() < 5 and not _GERMANY.holiday(day)


def last_working_day(day: date) -> date:
    """The last day before `day` on which the office worked."""
    before = day - _DAY
    return before if works_on(before) else last_working_day(before)

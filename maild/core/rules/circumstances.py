"""Conditions on the circumstances of a mail: when it came, what passed before, its language, whose it really is.

Each has `seen`, which gives the value that its answer rests on. Hours, holidays, absences and `received` look at the
time when the server took the mail in, and history reaches back from there, so that mail of last week is judged as it
came; `age` alone looks at the time of judging.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from maild.core.authentication import Authentication
from maild.core.hours import Opening
from maild.core.rules.reading import Reading

UNKNOWN_LANGUAGE = "unknown"
"""What rules call the language of a mail that says too little."""


@dataclass(frozen=True, slots=True)
class AgeIs:
    """The time since the mail was received lies between the bounds; the bounds themselves don't count."""

    older: timedelta | None = None
    younger: timedelta | None = None
    cost: int = 1

    def seen(self, reading: Reading) -> timedelta:
        """How long ago the mail was received."""
        return _between(reading.facts.received, reading.facts.now)

    def holds(self, reading: Reading) -> bool:
        """Whether the age lies between."""
        age = self.seen(reading)
        return (self.older is None or age > self.older) and (self.younger is None or age < self.younger)


@dataclass(frozen=True, slots=True)
class ReceivedIs:
    """The mail was received on one of these days of the week, and within one of these times."""

    weekdays: frozenset[int] = frozenset(range(7))  # Monday 0; of the moment itself, also after midnight
    between: tuple[Opening, ...] = ()  # none of them spans midnight; empty: at any time
    cost: int = 1

    def seen(self, reading: Reading) -> datetime:
        """When the mail was received, in the client's zone."""
        return reading.facts.received

    def holds(self, reading: Reading) -> bool:
        """Whether it was received then."""
        moment = self.seen(reading)
        minute = moment.hour * 60 + moment.minute
        within = not self.between or any(each.start <= minute < each.end for each in self.between)
        return within and moment.weekday() in self.weekdays


@dataclass(frozen=True, slots=True)
class HoursAre:
    """The business was open, or closed, when the mail was received."""

    wanted: bool  # true: open
    cost: int = 2

    def seen(self, reading: Reading) -> bool:
        """Whether it was open."""
        return reading.facts.business.calendar.is_open(reading.facts.received)

    def holds(self, reading: Reading) -> bool:
        """Whether it was as wanted."""
        return self.seen(reading) is self.wanted


@dataclass(frozen=True, slots=True)
class HolidayIs:
    """The mail was received on a public holiday of the business's region, or on none."""

    wanted: bool
    cost: int = 2

    def seen(self, reading: Reading) -> str:
        """The name of the holiday; empty on any other day."""
        return reading.facts.business.calendar.holiday(reading.facts.received.date())

    def holds(self, reading: Reading) -> bool:
        """Whether it was as wanted."""
        return bool(self.seen(reading)) is self.wanted


@dataclass(frozen=True, slots=True)
class AbsenceIs:
    """Somebody was away when the mail was received, one of certain people was, or nobody was."""

    wanted: bool
    people: frozenset[str] = frozenset()  # as client.yaml names them; empty: anybody
    cost: int = 1

    def seen(self, reading: Reading) -> tuple[str, ...]:
        """Who was away, whether asked for or not."""
        day = reading.facts.received.date()
        absences = reading.facts.business.absences
        return tuple(dict.fromkeys(each.person for each in absences if each.first <= day <= each.last))

    def holds(self, reading: Reading) -> bool:
        """Whether it was as wanted."""
        away = self.seen(reading)
        found = not self.people.isdisjoint(away) if self.people else bool(away)
        return found is self.wanted


@dataclass(frozen=True, slots=True)
class FirstContactIs:
    """Nothing passed between the business and the sender before this mail, or something did."""

    wanted: bool
    cost: int = 1

    def seen(self, reading: Reading) -> bool:
        """Whether it is the first contact: no earlier mail from the sender, and no letter to the sender."""
        history = reading.facts.history
        return not history.received and not history.sent

    def holds(self, reading: Reading) -> bool:
        """Whether it is as wanted."""
        return self.seen(reading) is self.wanted


@dataclass(frozen=True, slots=True)
class ReceivedBefore:
    """So many mails or more came from the sender before this one."""

    at_least: int = 1
    within: timedelta | None = None  # before this mail was received; None: ever
    cost: int = 1

    def seen(self, reading: Reading) -> tuple[datetime, ...]:
        """When those came that count, newest first."""
        return _within(reading, reading.facts.history.received, self.within)

    def holds(self, reading: Reading) -> bool:
        """Whether as many came."""
        return len(self.seen(reading)) >= self.at_least


@dataclass(frozen=True, slots=True)
class SentBefore:
    """A letter went to the sender before this mail came, or none did."""

    wanted: bool
    within: timedelta | None = None  # before this mail was received; None: ever
    cost: int = 1

    def seen(self, reading: Reading) -> tuple[datetime, ...]:
        """When those went that count, newest first."""
        return _within(reading, reading.facts.history.sent, self.within)

    def holds(self, reading: Reading) -> bool:
        """Whether it is as wanted."""
        return bool(self.seen(reading)) is self.wanted


@dataclass(frozen=True, slots=True)
class TemplateSent:
    """A letter by this template went to the sender before this mail came."""

    template: str
    within: timedelta | None = None  # before this mail was received; None: ever
    cost: int = 1

    def seen(self, reading: Reading) -> tuple[datetime, ...]:
        """When those went that count, newest first."""
        letters = reading.facts.history.letters
        times = (letter.when for letter in letters if letter.template == self.template)
        return _within(reading, times, self.within)

    def holds(self, reading: Reading) -> bool:
        """Whether one went."""
        return bool(self.seen(reading))


@dataclass(frozen=True, slots=True)
class ThreadIsOurs:
    """The mail refers to a letter of the business."""

    cost: int = 1

    def seen(self, reading: Reading) -> bool:
        """Whether it does."""
        return reading.facts.history.in_our_thread

    def holds(self, reading: Reading) -> bool:
        """Whether it does."""
        return self.seen(reading)


@dataclass(frozen=True, slots=True)
class LanguageIs:
    """What the mail says is in one of these languages."""

    wanted: frozenset[str]  # codes of ISO 639-1, or "unknown"
    cost: int = 150

    def seen(self, reading: Reading) -> str:
        """The code of the language, or "unknown"."""
        return reading.language or UNKNOWN_LANGUAGE

    def holds(self, reading: Reading) -> bool:
        """Whether it is."""
        return self.seen(reading) in self.wanted


@dataclass(frozen=True, slots=True)
class AuthenticatedIs:
    """The trusted server found the mail to be from its From domain, or did not."""

    wanted: bool
    cost: int = 20

    def seen(self, reading: Reading) -> Authentication:
        """All that the server found; its `authenticated` is what counts."""
        return reading.authentication

    def holds(self, reading: Reading) -> bool:
        """Whether it is as wanted."""
        return self.seen(reading).authenticated is self.wanted


@dataclass(frozen=True, slots=True)
class MethodFound:
    """The trusted server stated one of these results of one method, for whatever domain it looked at."""

    method: str  # "dmarc", "spf" or "dkim"
    wanted: frozenset[str]  # as "pass"
    cost: int = 20

    def seen(self, reading: Reading) -> tuple[str, ...]:
        """Its results of this method; none where it stated none."""
        return reading.authentication.words(self.method)

    def holds(self, reading: Reading) -> bool:
        """Whether it did."""
        return not self.wanted.isdisjoint(self.seen(reading))


@dataclass(frozen=True, slots=True)
class EncryptedIs:
    """The text is readable only with a key, or without."""

    wanted: bool
    cost: int = 1

    def seen(self, reading: Reading) -> bool:
        """Whether the mail is encrypted."""
        return reading.mail.encrypted

    def holds(self, reading: Reading) -> bool:
        """Whether it is as wanted."""
        return self.seen(reading) is self.wanted


@dataclass(frozen=True, slots=True)
class SignedIs:
    """The mail bears a signature that was found to be good, or none. In this version none is looked into."""

    wanted: bool
    cost: int = 1

    def seen(self, reading: Reading) -> bool:
        """Whether the mail bears a signature, good or not."""
        return reading.mail.signed

    def holds(self, reading: Reading) -> bool:  # noqa: ARG002  # until signatures are verified
        """Whether it is as wanted: a signature that nobody has verified is none."""
        return not self.wanted


def _within(reading: Reading, times: Iterable[datetime], length: timedelta | None) -> tuple[datetime, ...]:
    if length is None:
        return tuple(times)
    return tuple(when for when in times if _between(when, reading.facts.received) <= length)


def _between(first: datetime, last: datetime) -> timedelta:
    # Two times of one zone are subtracted by the clock on the wall, whatever hour it has skipped or repeated.
    return (last - _EPOCH) - (first - _EPOCH)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

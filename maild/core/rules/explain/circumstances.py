"""What conditions on circumstances saw, in no language: when the mail came, what passed before, whose it is.

The values are the conditions' own (`seen`), with what makes them plain: the hours of that day, the newest of several
times. Nothing is judged here.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from maild.core.hours import Opening
from maild.core.rules.circumstances import (
    AbsenceIs,
    AgeIs,
    AuthenticatedIs,
    FirstContactIs,
    HolidayIs,
    HoursAre,
    LanguageIs,
    MethodFound,
    ReceivedBefore,
    ReceivedIs,
    SentBefore,
    SignedIs,
    TemplateSent,
)
from maild.core.rules.explain.excerpt import harmless
from maild.core.rules.reading import Reading


@dataclass(frozen=True, slots=True)
class Age:
    """How long ago the mail was received."""

    length: timedelta


@dataclass(frozen=True, slots=True)
class Moment:
    """When the mail was received, in the client's zone."""

    when: datetime


@dataclass(frozen=True, slots=True)
class Hours:
    """When the mail was received, and the hours of that day."""

    when: datetime
    openings: tuple[Opening, ...]


@dataclass(frozen=True, slots=True)
class Holiday:
    """The day on which the mail was received, and the holiday that it is."""

    day: date
    name: str  # empty: none


@dataclass(frozen=True, slots=True)
class Away:
    """Who was away when the mail was received."""

    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contacts:
    """How many mails and letters had passed between the business and the sender."""

    received: int
    sent: int


@dataclass(frozen=True, slots=True)
class Times:
    """How often something happened that counts, and when for the last time, in the client's zone."""

    count: int
    newest: datetime | None


@dataclass(frozen=True, slots=True)
class Tongue:
    """The language of the mail."""

    code: str  # of ISO 639-1, or "unknown"


@dataclass(frozen=True, slots=True)
class Findings:
    """What the trusted server found, as ("spf=pass", …); `proof` is what shows the mail to be from its domain."""

    results: tuple[str, ...]
    proof: str = ""


@dataclass(frozen=True, slots=True)
class Signature:
    """Whether the mail bears a signature, good or not."""

    there: bool


Circumstance = Age | Moment | Hours | Holiday | Away | Contacts | Times | Tongue | Findings | Signature


def look_around(condition: object, reading: Reading) -> Circumstance | None:
    """What a condition on circumstances sees; None where yes and no say all."""
    match condition:
        case AgeIs():
            return Age(condition.seen(reading))
        case ReceivedIs():
            return Moment(condition.seen(reading))
        case HoursAre():
            when = reading.facts.received
            return Hours(when, reading.facts.business.calendar.open_on(when.date()))
        case HolidayIs():
            return Holiday(reading.facts.received.date(), condition.seen(reading))
        case AbsenceIs():
            return Away(tuple(harmless(person) for person in condition.seen(reading)))
        case LanguageIs():
            return Tongue(condition.seen(reading))
        case SignedIs():
            return Signature(condition.seen(reading))
    return _past(condition, reading) or _findings(condition, reading)


def _past(condition: object, reading: Reading) -> Contacts | Times | None:
    match condition:
        case FirstContactIs():
            return Contacts(len(reading.facts.history.received), len(reading.facts.history.sent))
        case ReceivedBefore() | SentBefore() | TemplateSent():
            times = condition.seen(reading)
            newest = max(times, default=None)
            return Times(len(times), newest and newest.astimezone(reading.facts.received.tzinfo))
    return None


def _findings(condition: object, reading: Reading) -> Findings | None:
    match condition:
        case AuthenticatedIs():
            found = condition.seen(reading)
            return Findings(tuple(f"{each.method}={each.result}" for each in found.results), found.proof)
        case MethodFound(method=method):
            return Findings(tuple(f"{method}={result}" for result in condition.seen(reading)))
    return None

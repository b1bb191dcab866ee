"""What rules may know of the business whose mail they sort; it stays the same from mail to mail."""

from dataclasses import dataclass
from datetime import date

from maild.core.hours import Calendar


@dataclass(frozen=True, slots=True)
class Absence:
    """A person who is away from `first` to `last`, both included."""

    person: str
    first: date
    last: date
    deputy: str = ""  # an address, or empty


@dataclass(frozen=True, slots=True)
class Business:
    """One client as its own files describe it."""

    calendar: Calendar = Calendar()
    absences: tuple[Absence, ...] = ()
    addresses: frozenset[str] = frozenset()  # that it receives mail at and writes from, in lower case
    trusted_servers: frozenset[str] = frozenset()  # authserv-ids whose Authentication-Results are believed

"""What a template sees of a letter's surroundings: a few plain values, and nothing that can do anything.

No body of a mail, no note on a contact, no secret is ever among them.
"""

import typing
from dataclasses import dataclass, field, fields
from datetime import date, datetime

from maild.core.german.opening import NextOpening
from maild.core.quote import Quotation


@dataclass(frozen=True, slots=True)
class MailView:
    """The mail that is answered; None where there is none, or where it lacks the value."""

    subject: str | None = None  # without AW:, WG: and the like
    date: datetime | None = None  # aware, in the client's zone
    sender_name: str | None = None
    sender_address: str | None = None


@dataclass(frozen=True, slots=True)
class ClientView:
    """The business that the letter is written for."""

    name: str
    hours: str | None = None  # «Montag bis Freitag von 8 bis 17 Uhr»; None where it states no hours


@dataclass(frozen=True, slots=True)
class IdentityView:
    """Whose name and address stand in From."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class ContactView:
    """The person written to, as the client's contacts have it; all None where they don't know the address."""

    address: str | None = None
    given: str | None = None
    family: str | None = None
    title: str | None = None
    form: str | None = None
    nobility: str | None = None
    company: str | None = None
    phone: str | None = None
    du: bool = False


@dataclass(frozen=True, slots=True)
class NoteView:
    """What a rule wants the client to be told; None in every letter but a note."""

    text: str | None = None
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class AbsenceView:
    """Who is away on the day of the letter, by client.yaml; all None where nobody is, or it is unclear who is meant."""

    person: str | None = None
    first: date | None = None
    last: date | None = None
    back: str | None = None  # «ab Montag, 14. Dezember»: the first day on which the business is open again
    deputy: str | None = None  # the name that contacts.csv has for the deputy's address
    deputy_address: str | None = None
    deputy_phone: str | None = None


@dataclass(frozen=True, slots=True)
class ClosureView:
    """The firm's own holidays that the day of the letter lies in, by client.yaml; None on any other day."""

    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class LetterContext:
    """Everything a letter is rendered from."""

    salutation: str
    closing: str
    signature: str
    client: ClientView
    identity: IdentityView
    now: datetime  # aware, in the client's zone
    mail: MailView = field(default_factory=MailView)
    contact: ContactView = field(default_factory=ContactView)
    note: NoteView = field(default_factory=NoteView)
    language: str = "de"  # or "en", or a locale: "de_AT"
    legal: str = ""  # the particulars that the law asks for; `signature` has them already
    quotation: Quotation | None = None  # None in a letter that quotes nothing, as an automatic answer
    opening: NextOpening = field(default_factory=NextOpening)
    absence: AbsenceView = field(default_factory=AbsenceView)
    closure: ClosureView = field(default_factory=ClosureView)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a template; line and column count from 1, in the whole file."""

    line: int
    column: int
    message: str


View = MailView | ClientView | IdentityView | ContactView | NoteView | NextOpening | AbsenceView | ClosureView

VIEWS: dict[str, type[View]] = {
    "absence": AbsenceView,
    "client": ClientView,
    "closure": ClosureView,
    "contact": ContactView,
    "identity": IdentityView,
    "mail": MailView,
    "note": NoteView,
    "opening": NextOpening,
}
TEXTS = ("salutation", "closing", "signature", "legal")
QUOTATION = "quotation"
FUNCTIONS = ("gap", "sie")
KNOWN = frozenset({*VIEWS, *TEXTS, QUOTATION, "now", *FUNCTIONS})
_DAY_PARTS = ("year", "month", "day")
DATE_PARTS = (*_DAY_PARTS, "hour", "minute")


def parts_of(path: str) -> tuple[str, ...]:
    """The names that may follow a path such as "mail" or "mail.date"; none after a text."""
    if path in VIEWS:
        return tuple(each.name for each in fields(VIEWS[path]))
    kind = kind_of(path)
    return DATE_PARTS if kind is datetime else _DAY_PARTS if kind is date else ()


def kind_of(path: str) -> type | None:
    """The type of the value at a path: str, datetime, date, bool; None where there is no such value."""
    name, _, part = path.partition(".")
    if not part:
        return datetime if name == "now" else str if name in {*TEXTS, QUOTATION} else None
    hint = typing.get_type_hints(VIEWS[name]).get(part) if name in VIEWS else None
    return next(
        (kind for kind in (datetime, date, bool, str) if kind in {hint, *typing.get_args(hint)}), None
    )

"""What maild.yaml and client.yaml say, as types.

A key that this version does not act on is read where that can mislead nobody, and refused where it can. What
needs more than one file is checked elsewhere (`crosscheck`).
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from maild.config.fields import (
    AddressOrPhone,
    BrakeLimit,
    Clock,
    Count,
    DateRange,
    Day,
    Entry,
    Fingerprint,
    Flag,
    Length,
    Line,
    Listening,
    MailAddress,
    OpeningTime,
    Patience,
    Region,
    Weekdays,
    YearlyDay,
    Zone,
    not_available,
    refuse,
)
from maild.config.legal import Legal
from maild.config.review import Review
from maild.config.secrets import Secret
from maild.config.servers import Imap, Smtp
from maild.core.durations import Brake, BusinessHours

BERLIN = ZoneInfo("Europe/Berlin")


class About(Entry):
    """The office itself: what stands under `office` in maild.yaml."""

    name: Line
    address: MailAddress
    timezone: Zone = BERLIN
    smtp: Smtp | None = None  # for mails to the team and the office; None: nobody is told by mail


class Member(Entry):
    """One of the team."""

    name: Line
    address: MailAddress
    clients: Literal["all"] | tuple[str, ...] = "all"
    morning: Clock | None = None

    @field_validator("clients", mode="before")
    @classmethod
    def _all_or_some(cls, value: object) -> object:
        some = isinstance(value, list | tuple) and value and all(isinstance(slug, str) for slug in value)
        if value != "all" and not some:
            raise refuse("write all, or a list of the names of client folders")
        return value


class Overdue(Entry):
    """The office's patience: what has waited longer stands in the morning mail of the team."""

    unanswered: Patience = BusinessHours(8)  # of a mail that a rule drafts for or reminds of
    drafts: Patience = BusinessHours(8)  # of a draft that waits for a person


class Connections(Entry):
    """How many IMAP connections may be open at a time."""

    per_account: Count = 3
    per_host: Count = 10


class Account(Entry):
    """A mailbox of the office's own, for review.account."""

    imap: Imap


class Log(Entry):
    """The developer log."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


class Office(Entry):
    """maild.yaml."""

    office: About
    team: tuple[Member, ...] = ()
    overdue: Overdue = Overdue()
    state: Line = "sqlite:///maild.db"  # a relative path lies in the state directory
    workers: Count = 8
    connections: Connections = Connections()
    token_key: Secret | None = None
    accounts: Mapping[str, Account] = {}
    metrics: Listening | None = None
    log: Log = Log()

    @field_validator("team")
    @classmethod
    def _each_member_once(cls, value: tuple[Member, ...]) -> tuple[Member, ...]:
        addresses = [member.address.lower() for member in value]
        if len(addresses) != len(set(addresses)):
            raise refuse("an address stands twice; name each person once, with all her clients")
        return value

    @field_validator("state")
    @classmethod
    def _sqlite_only(cls, value: str) -> str:
        if value.startswith("postgresql"):
            raise refuse(not_available("PostgreSQL", "write sqlite:///maild.db"))
        if not value.startswith("sqlite:///") or value == "sqlite:///":
            raise refuse("must name a SQLite file; write sqlite:///maild.db")
        return value

    @field_validator("workers")
    @classmethod
    def _few_threads(cls, value: int) -> int:
        if value > 64:
            raise refuse("must be at most 64; threads do not grow with mailboxes")
        return value


class Absence(Entry):
    """A person of the client who is away."""

    person: Line
    first: Day = Field(alias="from")
    last: Day = Field(alias="to")
    deputy: MailAddress | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last < self.first:
            raise refuse("lies before from; exchange the two dates", "to")
        return self


class Identity(Entry):
    """An address that the client writes from."""

    address: MailAddress
    name: Line


class Pgp(Entry):
    """Encryption of notes."""

    key: Fingerprint
    required: Flag = False

    @field_validator("required")
    @classmethod
    def _not_yet(cls, value: bool) -> bool:
        if value:
            raise refuse(not_available("encryption", "write false, and send nothing secret"))
        return value


class Notes(Entry):
    """Where the client is told things."""

    to: tuple[MailAddress, ...] = ()
    urgent_to: tuple[AddressOrPhone, ...] = ()
    digest: tuple[Clock, ...] = ()
    pgp: Pgp | None = None


class Retention(Entry):
    """How long working state is kept."""

    ledger: Length = timedelta(days=400)
    contacts_idle: Length = timedelta(days=180)
    sent: Length = timedelta(days=6 * 365)


class ClientConfig(Entry):
    """client.yaml."""

    name: Line
    language: Literal["de", "en"] = "de"
    locale: Literal["de_DE", "de_AT", "de_CH"] = "de_DE"  # which German its letters are written in
    timezone: Zone = BERLIN
    region: Region = "DE"
    municipal_holidays: Literal["catholic"] | None = None
    half_days: tuple[YearlyDay, ...] = ()
    hours: Mapping[Weekdays, tuple[OpeningTime, ...]] = {}
    closed: tuple[DateRange, ...] = ()
    absences: tuple[Absence, ...] = ()
    imap: Imap
    brake: BrakeLimit = Brake(200, timedelta(minutes=5))
    smtp: Smtp
    identities: tuple[Identity, ...]
    legal: Legal
    style: Literal["formal", "informal"] = "formal"
    review: Review = Review()
    forward_to: tuple[MailAddress, ...] = ()
    notes: Notes = Notes()
    retention: Retention = Retention()

    @field_validator("hours")
    @classmethod
    def _each_day_once(cls, value: Mapping[tuple[int, ...], Any]) -> Mapping[tuple[int, ...], Any]:
        days = [day for group in value for day in group]
        if len(days) != len(set(days)):
            raise refuse("name each day of the week once; put all its times into one list")
        return value

    @field_validator("identities")
    @classmethod
    def _each_identity_once(cls, value: tuple[Identity, ...]) -> tuple[Identity, ...]:
        addresses = [identity.address.lower() for identity in value]
        if not addresses:
            raise refuse("must not be empty; name the address that the client writes from")
        if len(addresses) != len(set(addresses)):
            raise refuse("an address stands twice; name each identity once")
        return value

"""What a person orders for past mail, and how a job stands: frozen records, and orders as JSON and back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from maild.store.records import Arrival, MailState, NewEffect, Place

UNDO = "undo"
"""The action of an effect that moves a mail back; no rule can ask for it."""


SETTLED = (MailState.DONE, MailState.KNOWN, MailState.ASIDE, MailState.GONE)
"""States in which nothing more is to be done with a mail."""


class JobState(StrEnum):
    """The life of a job."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


OPEN_JOBS = (JobState.QUEUED, JobState.RUNNING)


@dataclass(frozen=True, slots=True)
class Apply:
    """The rules are to be applied to these mails, in this order, as they were when a person saw what they would do."""

    folder: str
    uidvalidity: int
    uids: tuple[int, ...]
    version: str  # of the rules
    now: datetime  # when it was judged what would be done

    @property
    def total(self) -> int:
        """How many mails there are to look at."""
        return len(self.uids)


@dataclass(frozen=True, slots=True)
class Undo:
    """These moves are to be undone: for each mail the ids of its effects, the newest first."""

    chains: tuple[tuple[int, ...], ...]

    @property
    def total(self) -> int:
        """How many mails are to be moved back."""
        return len(self.chains)


Order = Apply | Undo


@dataclass(frozen=True, slots=True)
class Job:
    """How a job stands; `done` of `total` mails are written down, their effects follow at once."""

    id: int
    kind: str  # apply or undo
    state: JobState
    total: int
    done: int
    tries: int  # how often in a row the work broke off at this very place
    unread: int  # mails that were left out, for the work broke off at them
    careful_until: int  # up to here one mail after the other: among these the work broke off
    reason: str
    created_at: datetime
    updated_at: datetime

    @property
    def is_open(self) -> bool:
        """Whether anything is still to be done."""
        return self.state in OPEN_JOBS


@dataclass(frozen=True, slots=True)
class PastMail:
    """A past mail as judged; `mail_id` is its row in the ledger, 0 where it has none yet."""

    mail_id: int
    arrival: Arrival
    rules: tuple[str, ...]
    effects: tuple[NewEffect, ...]


@dataclass(frozen=True, slots=True)
class Portion:
    """Some mails of an `apply`; a mail of the order that is gone, or that nothing is done with, may be missing."""

    account: str
    folder: str
    uidvalidity: int
    version: str  # of the rules
    mails: tuple[PastMail, ...]


@dataclass(frozen=True, slots=True)
class Return:
    """A mail that goes back to a folder; the effects that are undone by that."""

    mail_id: int
    folder: str
    effects: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Which:
    """Which effects are asked for: those that fulfil all that is said."""

    job: int = 0
    since: datetime | None = None  # done then or later
    message_id: str = ""
    effects: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Moved:
    """A move, or a way into Trash, that is done and not undone."""

    effect_id: int
    mail_id: int
    action: str
    when: datetime
    wanted: bool  # asked for; the others are further moves of the same mails
    origin: Place | None  # where the mail lay before; None where that was not written down
    place: Place  # where the mail lies now, as far as we know
    settled: bool  # nothing more is to be done with the mail
    received_at: datetime
    message_id: str


def kind_of(order: Order) -> str:
    """An order's kind: apply or undo."""
    return "apply" if isinstance(order, Apply) else "undo"


def written(order: Order) -> dict[str, Any]:
    """An order as JSON."""
    if isinstance(order, Undo):
        return {"chains": [list(chain) for chain in order.chains]}
    return {
        "folder": order.folder,
        "uidvalidity": order.uidvalidity,
        "uids": list(order.uids),
        "version": order.version,
        "now": order.now.isoformat(),
    }


def order_from(kind: str, arguments: Mapping[str, Any]) -> Order:
    """An order from JSON."""
    if kind == "undo":
        return Undo(tuple(tuple(chain) for chain in arguments["chains"]))
    return Apply(
        folder=arguments["folder"],
        uidvalidity=arguments["uidvalidity"],
        uids=tuple(arguments["uids"]),
        version=arguments["version"],
        now=datetime.fromisoformat(arguments["now"]),
    )

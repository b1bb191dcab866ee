"""What the store hands out and takes in: frozen records and the names of states."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from maild.core.lifecycle import DraftState, Evidence


class MailState(StrEnum):
    """The life of a received mail in the ledger."""

    SEEN = "seen"  # in the ledger, not yet judged
    PLANNED = "planned"  # judged; its effects stand as rows
    DONE = "done"
    KNOWN = "known"  # another copy, or a return, of a mail that the ledger has
    ASIDE = "aside"  # left for a person, with the reason
    GONE = "gone"  # taken away by somebody before maild had acted
    PAUSED = "paused"  # a rule that would act on it is paused; judged anew when the rule is resumed


class EffectState(StrEnum):
    """The life of one effect on one mail."""

    PLANNED = "planned"
    STARTED = "started"  # committed before the server is told
    DONE = "done"
    GONE = "gone"  # the mail was no longer there
    FAILED = "failed"
    UNDONE = "undone"  # moved back by `rules undo`


class FilingState(StrEnum):
    """The life of a message that maild lays into a folder."""

    PENDING = "pending"
    STARTED = "started"  # committed before the server is told: from then on it may lie there
    DONE = "done"


class LetterState(StrEnum):
    """A letter as the sum of its rows."""

    QUEUED = "queued"
    SENT = "sent"
    SEND_FAILED = "send_failed"
    IN_DOUBT = "in_doubt"
    CANCELLED = "cancelled"


class RowState(StrEnum):
    """One recipient's row in the outbox."""

    QUEUED = "queued"
    LEASED = "leased"
    SENDING = "sending"
    SENT = "sent"
    DEFERRED = "deferred"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    SUPPRESSED = "suppressed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    HELD = "held"
    ABANDONED = "abandoned"


OPEN_EFFECTS = (EffectState.PLANNED, EffectState.STARTED)
OPEN_ROWS = (RowState.QUEUED, RowState.LEASED, RowState.SENDING, RowState.DEFERRED, RowState.HELD)
WAITING_ROWS = (RowState.QUEUED, RowState.DEFERRED)


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a folder has been read."""

    uidvalidity: int
    next_uid: int
    first_new_uid: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message as found in a watched inbox."""

    uid: int
    fingerprint: str
    message_id: str
    size: int
    received_at: datetime
    old: bool
    sender: str = ""  # in lower case; empty where there is none
    refers_to: tuple[str, ...] = ()
    subject: str = ""  # one line, cut short


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message lies."""

    folder: str
    uidvalidity: int
    uid: int


@dataclass(frozen=True, slots=True)
class MailRow:
    """One row of the ledger."""

    id: int
    fingerprint: str
    message_id: str
    size: int
    received_at: datetime
    old: bool
    state: MailState
    rules: tuple[str, ...]
    reason: str
    attempts: int
    folder: str
    place: Place
    sender: str
    refers_to: tuple[str, ...]
    admitted_at: datetime
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewEffect:
    """An effect as the rules asked for it; `value` is the action's own data."""

    rule: str
    action: str
    value: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Effect:
    """One effect that is still to be carried out."""

    id: int
    mail_id: int
    rule: str
    action: str
    value: dict[str, Any]
    state: EffectState
    target_uidvalidity: int | None
    target_uidnext: int | None


@dataclass(frozen=True, slots=True)
class Deed:
    """One effect as it stands, whatever its state, for people."""

    rule: str
    action: str
    value: dict[str, Any]
    state: EffectState
    detail: str  # why it ended so; empty where there is nothing to say
    when: datetime


@dataclass(frozen=True, slots=True)
class MailRecord:
    """All that the ledger tells of one mail."""

    mail: MailRow
    version: str  # of the rules that judged it; empty before
    deeds: tuple[Deed, ...]  # in the order in which they were planned


@dataclass(frozen=True, slots=True)
class NewFiling:
    """A message that is to lie in a folder; its Message-ID finds it again after a crash."""

    account: str
    purpose: str  # draft, sent_copy or notice
    role: str
    message_id: str
    flags: tuple[str, ...]
    raw: bytes
    draft_id: int | None = None
    letter_id: int | None = None


@dataclass(frozen=True, slots=True)
class Filing:
    """A message that doesn't lie in its folder yet, as far as we know."""

    id: int
    purpose: str
    role: str
    message_id: str
    flags: tuple[str, ...]
    raw: bytes
    state: FilingState
    draft_id: int | None
    letter_id: int | None


@dataclass(frozen=True, slots=True)
class NewDraft:
    """A reply as composed, before it is laid anywhere."""

    account: str
    mail_id: int
    effect_id: int
    token: str
    template: str
    message_id: str
    original_id: str
    sender: str
    recipients: tuple[str, ...]
    gaps: tuple[str, ...]
    text_hash: str


@dataclass(frozen=True, slots=True)
class Sight:
    """One message seen in a folder under review; without a draft it is a stray in the approval folder."""

    uid: int
    draft_id: int | None
    message_id: str
    how: Evidence = Evidence.TOKEN


@dataclass(frozen=True, slots=True)
class Sighting:
    """A message that lies, or lay, in a folder under review."""

    id: int
    role: str
    place: Place
    draft_id: int | None
    message_id: str
    found_at: datetime
    how: Evidence = Evidence.TOKEN
    gone_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DraftEvent:
    """One change of a draft's state."""

    at: datetime
    before: DraftState | None  # None: it was written down then
    after: DraftState
    reason: str


@dataclass(frozen=True, slots=True)
class Original:
    """The mail that a draft answers, as far as the ledger knows."""

    draft_id: int
    message_id: str
    place: Place
    missed_at: datetime | None  # since when it has not been found


@dataclass(frozen=True, slots=True)
class NewLetter:
    """A letter with its bytes fixed; one outbox row is made per recipient."""

    kind: str  # reply, own (a letter of hers), answer (an automatic one), note or forward
    message_id: str
    envelope_from: str
    recipients: tuple[str, ...]
    raw: bytes
    bcc: str = ""
    mail_id: int | None = None
    effect_id: int | None = None
    draft_id: int | None = None
    sources: tuple[Place, ...] = ()
    template: str = ""  # what it was written by, where that is known
    own_key: str = ""  # of a letter of her own (kind own): what it is recognised by wherever it lies


@dataclass(frozen=True, slots=True)
class Dispatch:
    """A letter of her own in the outbox: how it stands, and where it was approved."""

    letter_id: int
    state: LetterState
    sources: tuple[Place, ...]
    open: bool  # nothing of what follows the sending is done


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a letter of her own was not sent from where it lay."""

    place: Place
    verdict: str
    digest: str  # SHA-256 of its bytes, where they have the first approval


@dataclass(frozen=True, slots=True)
class Refusal:
    """An automatic answer that may not go out: what was answered meanwhile forbids it."""

    reason: str  # one sentence without the mail's data


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter and how its recipients fared."""

    id: int
    kind: str
    mail_id: int | None
    draft_id: int | None
    message_id: str
    bcc: str
    raw: bytes
    sources: tuple[Place, ...]
    rows: tuple[tuple[str, RowState, str], ...]  # recipient, state, reason


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One mail to one recipient, leased to the sender under a generation that fences its later writes."""

    id: int
    letter_id: int
    generation: int
    attempts: int
    recipient: str
    envelope_from: str
    expires_at: datetime
    raw: bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class Pause:
    """A rule that does nothing until a person resumes it."""

    rule: str
    reason: str  # for admins
    since: datetime
    waiting: int  # mails that lie where they are until then


@dataclass(frozen=True, slots=True)
class AccountHealth:
    """How one login fares."""

    name: str
    last_success_at: datetime | None
    last_error: str
    last_error_at: datetime | None
    failures: int
    retry_at: datetime | None

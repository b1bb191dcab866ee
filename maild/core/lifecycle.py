"""What became of a draft, told from where its copies lie; pure, no mailbox and no clock.

A secretary answers in her own mail program: she edits, sends, moves, deletes. `recognise` reads the outcome from
what was seen in Drafts, Sent, Trash and the review folders. It never decides to send: it says that a person has
approved, and `review` checks the letter.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from maild.core.folder import Role


class DraftState(StrEnum):
    """The states of a draft."""

    PLANNED = "planned"  # written down, not yet laid into the mailbox
    PRESENTED = "presented"  # lies before her as maild left it
    EDITING = "editing"  # lies before her, saved anew by a mail program
    SUPERSEDED = (
        "superseded"  # lies before her, but the mail it answers is gone, or a newer one came in the thread
    )
    APPROVED = "approved"  # lies in the approval folder; waits for the settle time, or for the outbox
    AWAITS_SECOND = (
        "awaits_second"  # approved once, and its checks passed; a second person has yet to approve it
    )
    CLARIFY = "clarify"  # a check failed; lies in the clarification folder with a notice beside it
    SEND_FAILED = "send_failed"  # a recipient's server refused
    IN_DOUBT = "in_doubt"  # nobody knows whether a recipient got it: a person decides
    VANISHED = "vanished"  # nowhere to be found; may still turn up
    ANSWERED_WITHOUT_DRAFT = (
        "answered_without_draft"  # she wrote an answer of her own; an editor may still be open
    )
    DISCARDED = "discarded"  # she put it into Trash
    REJECTED = "rejected"
    SENT_BY_SECRETARY = "sent_by_secretary"
    SENT = "sent"  # sent by maild


CLOSED = (DraftState.DISCARDED, DraftState.REJECTED, DraftState.SENT_BY_SECRETARY, DraftState.SENT)
OPEN = tuple(state for state in DraftState if state not in CLOSED)

LINGERING = (DraftState.VANISHED, DraftState.ANSWERED_WITHOUT_DRAFT)
"""Nobody waits for these, but what an open editor or a local outbox still holds may turn up: the token is watched."""

LINGER = timedelta(days=30)
"""How long, from its last change on, a lingering draft is watched."""

WAITING = tuple(state for state in OPEN if state not in LINGERING)
"""Somebody has yet to do something about these."""

_FAILED = (DraftState.SEND_FAILED, DraftState.IN_DOUBT)
_BEFORE_HER = (DraftState.PRESENTED, DraftState.EDITING, DraftState.SUPERSEDED)

GRACE = timedelta(minutes=10)
"""A mail program's normal send shows the draft nowhere for a moment: absence counts after two looks and this time."""


class Evidence(StrEnum):
    """How a message is known to belong to a draft, the most certain first."""

    TOKEN = "token"  # noqa: S105 - stands first in its References: certain
    MESSAGE_ID = "message_id"  # is the one that maild gave: certain
    ANSWER = "answer"  # a reply of ours to the original, without the token: probable
    HINT = "hint"  # the same recipient and subject: changes no state


COPIES = (Evidence.TOKEN, Evidence.MESSAGE_ID)
"""What makes a message a copy of the draft itself."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft as the store has it."""

    id: int
    mail_id: int
    token: str
    template: str
    state: DraftState
    reason: str
    message_id: str
    original_id: str
    gaps: tuple[str, ...]
    text_hash: str
    edited: bool
    uidvalidity: int | None
    uid: int | None
    refused: tuple[tuple[int, int], ...]
    approved_at: datetime | None
    absent_since: datetime | None
    absent_looks: int
    created_at: datetime
    recipients: tuple[str, ...] = ()  # whom maild addressed it to
    superseded_at: datetime | None = None  # when it was flagged last; what she saves later takes it up again
    raw_hash: str = ""  # SHA-256 of the bytes that were laid, without X-Draft-Info; empty: not known
    passed: str = ""  # SHA-256 of the bytes that have the first of two approvals
    subject_hash: str = ""  # SHA-256 of the subject without its reply prefixes
    changed_at: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Seen:
    """One message that lies in a folder now and belongs to a draft."""

    role: Role
    uidvalidity: int
    uid: int
    message_id: str
    found_at: datetime
    how: Evidence = Evidence.TOKEN


def recognise(draft: Draft, seen: Sequence[Seen], now: datetime) -> Draft:
    """The draft as the mailbox shows it now; equal to `draft` where nothing has changed.

    The order is that of certainty and of what must not be overlooked: what she sent herself comes first, for a
    copy in the approval folder must then not be sent again; an approval comes before a copy still open in Drafts,
    and before an answer without the token, which the check before sending finds. A hint changes nothing.
    """
    if draft.state is DraftState.PLANNED or draft.state in CLOSED:
        return draft
    by_role = {role: [s for s in seen if s.role is role and s.how in COPIES] for role in Role}
    if by_role[Role.SENT]:
        return _settled(draft, DraftState.SENT_BY_SECRETARY)
    lie_there = [
        *(copy for copy in by_role[Role.APPROVE] if not _passed_on(draft, copy)),
        *by_role[Role.FINAL],
    ]
    approvals = [copy for copy in lie_there if (copy.uidvalidity, copy.uid) not in draft.refused]
    if approvals:
        return _approved(draft, approvals)
    if by_role[Role.REJECT]:
        return _settled(draft, DraftState.REJECTED)
    if _answered(draft, seen):
        return replace(_settled(draft, DraftState.ANSWERED_WITHOUT_DRAFT), reason="", approved_at=None)
    if by_role[Role.CLARIFY] or lie_there:
        return draft if draft.state in _FAILED else _settled(draft, DraftState.CLARIFY)
    if by_role[Role.SECOND] or by_role[Role.APPROVE]:
        return _settled(draft, DraftState.AWAITS_SECOND)
    laid = [*by_role[Role.DRAFTS], *by_role[Role.REVIEW]]
    if laid:
        return _laid(draft, max(laid, key=lambda copy: (copy.found_at, copy.uid)))
    return _absent(draft, in_trash=bool(by_role[Role.TRASH]), now=now)


def superseded(draft: Draft, reason: str, now: datetime) -> Draft:
    """The draft flagged: `reason` is what has made it out of date. Unchanged where it doesn't lie before her."""
    if draft.state not in _BEFORE_HER:
        return draft
    return replace(draft, state=DraftState.SUPERSEDED, reason=reason, superseded_at=now)


def _passed_on(draft: Draft, copy: Seen) -> bool:
    """Whether a copy in the approval folder has its first approval, and maild has yet to move it on."""
    if draft.state is not DraftState.AWAITS_SECOND or draft.approved_at is None:
        return False
    return copy.found_at <= draft.approved_at


def _approved(draft: Draft, approvals: Sequence[Seen]) -> Draft:
    newest = max(copy.found_at for copy in approvals)
    approved = _settled(draft, DraftState.APPROVED)
    return replace(approved, approved_at=newest, reason="")


def _answered(draft: Draft, seen: Sequence[Seen]) -> bool:
    """Whether the matter is settled by an answer of her own.

    Once it is, it stays so when that answer is filed away. After a failed sending the answer may be our own letter,
    filed by the provider under another Message-ID; and to who was told that there is an answer, the copy in the
    clarification folder is still a question.
    """
    if draft.state is DraftState.ANSWERED_WITHOUT_DRAFT:
        return True
    if draft.state in _FAILED or (
        draft.state is DraftState.CLARIFY and "answered" in draft.reason.split(", ")
    ):
        return False
    return any(each.role is Role.SENT and each.how is Evidence.ANSWER for each in seen)


def _laid(draft: Draft, copy: Seen) -> Draft:
    place = (copy.uidvalidity, copy.uid)
    if draft.uid is None and draft.state is DraftState.PRESENTED and copy.message_id == draft.message_id:
        # The server named no UID on APPEND: this is the copy that maild laid there.
        return replace(_settled(draft, DraftState.PRESENTED), uidvalidity=copy.uidvalidity, uid=copy.uid)
    kept = draft.superseded_at is not None and copy.found_at <= draft.superseded_at
    if draft.state is DraftState.SUPERSEDED and kept:
        return _settled(draft, DraftState.SUPERSEDED)
    as_left = place == (draft.uidvalidity, draft.uid) and copy.message_id == draft.message_id
    state = DraftState.PRESENTED if as_left else DraftState.EDITING
    return replace(_settled(draft, state), edited=not as_left, approved_at=None, reason="", passed="")


def _absent(draft: Draft, *, in_trash: bool, now: datetime) -> Draft:
    if draft.state is DraftState.VANISHED and not in_trash:
        return draft
    since = draft.absent_since or now
    looks = min(draft.absent_looks + 1, 2)
    if looks == 2 and now - since >= GRACE:
        gone = DraftState.DISCARDED if in_trash else DraftState.VANISHED
        return replace(draft, state=gone, absent_since=since, absent_looks=looks, approved_at=None)
    counted = replace(draft, absent_since=since, absent_looks=looks)
    if draft.state is DraftState.APPROVED:  # taken back; not seen elsewhere yet
        return replace(counted, state=DraftState.EDITING, approved_at=None)
    return counted


def _settled(draft: Draft, state: DraftState) -> Draft:
    return replace(draft, state=state, absent_since=None, absent_looks=0)

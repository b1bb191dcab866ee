"""What became of a draft, told from where its copies lie; pure, no mailbox and no clock.

A secretary answers in her own mail program: she edits, sends, moves, deletes. `recognise` reads the outcome from
what was seen in Drafts, Sent, Trash and the review folders. It never decides to send: it says that a person has
approved, and `review` checks the letter.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from maild.core.folder import Role


class DraftState(StrEnum):
    """The states of a draft."""

    PLANNED = "planned"  # written down, not yet laid into the mailbox
    PRESENTED = "presented"  # lies before her as maild left it
    EDITING = "editing"  # lies before her, saved anew by a mail program
    APPROVED = "approved"  # lies in the approval folder; waits for the settle time, or for the outbox
    CLARIFY = "clarify"  # a check failed; lies in the clarification folder with a notice beside it
    SEND_FAILED = "send_failed"  # a recipient's server refused
    IN_DOUBT = "in_doubt"  # nobody knows whether a recipient got it: a person decides
    VANISHED = "vanished"  # nowhere to be found; may still turn up
    DISCARDED = "discarded"  # she put it into Trash
    REJECTED = "rejected"
    SENT_BY_SECRETARY = "sent_by_secretary"
    SENT = "sent"  # sent by maild


CLOSED = (DraftState.DISCARDED, DraftState.REJECTED, DraftState.SENT_BY_SECRETARY, DraftState.SENT)
OPEN = tuple(state for state in DraftState if state not in CLOSED)

GRACE = timedelta(minutes=10)
"""A mail program's normal send shows the draft nowhere for a moment: absence counts after two looks and this time."""


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


@dataclass(frozen=True, slots=True)
class Seen:
    """One copy of a draft that lies in a folder now."""

    role: Role
    uidvalidity: int
    uid: int
    message_id: str
    found_at: datetime


def recognise(draft: Draft, seen: Sequence[Seen], now: datetime) -> Draft:
    """The draft as the mailbox shows it now; equal to `draft` where nothing has changed.

    The order is that of certainty and of what must not be overlooked: what she sent herself comes first, for a
    copy in the approval folder must then not be sent again; an approval comes before a copy still open in Drafts.
    """
    by_role = {role: [copy for copy in seen if copy.role is role] for role in Role}
    if draft.state is DraftState.PLANNED or draft.state in CLOSED:
        return draft
    if by_role[Role.SENT]:
        return _settled(draft, DraftState.SENT_BY_SECRETARY)
    approvals = [copy for copy in by_role[Role.APPROVE] if (copy.uidvalidity, copy.uid) not in draft.refused]
    if approvals:
        return _approved(draft, approvals)
    if by_role[Role.REJECT]:
        return _settled(draft, DraftState.REJECTED)
    if by_role[Role.CLARIFY] or by_role[Role.APPROVE]:
        if draft.state in {DraftState.SEND_FAILED, DraftState.IN_DOUBT}:
            return draft
        return _settled(draft, DraftState.CLARIFY)
    if by_role[Role.DRAFTS]:
        return _laid(draft, max(by_role[Role.DRAFTS], key=lambda copy: (copy.found_at, copy.uid)))
    return _absent(draft, in_trash=bool(by_role[Role.TRASH]), now=now)


def _approved(draft: Draft, approvals: Sequence[Seen]) -> Draft:
    newest = max(copy.found_at for copy in approvals)
    approved = _settled(draft, DraftState.APPROVED)
    return replace(approved, approved_at=newest, reason="")


def _laid(draft: Draft, copy: Seen) -> Draft:
    place = (copy.uidvalidity, copy.uid)
    if draft.uid is None and draft.state is DraftState.PRESENTED and copy.message_id == draft.message_id:
        # The server named no UID on APPEND: this is the copy that maild laid there.
        return replace(_settled(draft, DraftState.PRESENTED), uidvalidity=copy.uidvalidity, uid=copy.uid)
    as_left = place == (draft.uidvalidity, draft.uid) and copy.message_id == draft.message_id
    state = DraftState.PRESENTED if as_left and not draft.edited else DraftState.EDITING
    return replace(_settled(draft, state), edited=draft.edited or not as_left, approved_at=None, reason="")


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

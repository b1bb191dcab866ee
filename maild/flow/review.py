"""Reads from the mailbox what the secretary did with each draft, and writes it down.

Approval is a move into the approval folder, never a flag or a link; what follows it is `approve`'s matter.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from maild import maillog
from maild.core.folder import Role
from maild.core.lifecycle import Draft, DraftState, Seen, recognise
from maild.edge.imap import Mailbox
from maild.flow.answered import settle_answered, tell_of_late_copies
from maild.flow.approve import Approval, approve, carry_on, carry_to_clarify, take_back
from maild.flow.desk import IMAP, Desk, Folders
from maild.flow.leftover import remove_left_overs
from maild.flow.original import mark_answered
from maild.flow.own import own_letters
from maild.flow.sight import sight_folder
from maild.flow.stray import set_apart
from maild.flow.superseded import flag_superseded
from maild.store.records import Sighting

_WATCHED = (
    Role.REVIEW,
    Role.DRAFTS,
    Role.SENT,
    Role.TRASH,
    Role.APPROVE,
    Role.SECOND,
    Role.FINAL,
    Role.REJECT,
    Role.CLARIFY,
)


_NOT_APPROVED = (
    DraftState.CLARIFY,
    DraftState.SEND_FAILED,
    DraftState.IN_DOUBT,
    DraftState.ANSWERED_WITHOUT_DRAFT,
)


def watched(folders: Folders) -> tuple[Role, ...]:
    """The folders under review, those that this client has."""
    return tuple(role for role in _WATCHED if role in folders)


def begin_review(desk: Desk, mailbox: Mailbox, folders: Folders) -> None:
    """Before the first draft is laid: note where each folder under review ends, so that nothing later is missed."""
    for role in watched(folders):
        status = mailbox.status(folders[role])
        desk.store.ledger.cursor(IMAP, folders[role], status.uidvalidity, status.uidnext, from_start=False)


def review(desk: Desk, mailbox: Mailbox, folders: Folders) -> timedelta | None:
    """One look at the folders under review; returns how long until an approval has settled, if one hasn't.

    A look goes through the folders one after the other, so a letter moved meanwhile is seen in both or in none:
    an approval counts only when a later look still finds it.
    """
    began = desk.clock()
    known = desk.store.drafts.sightings(IMAP, began)
    for role in watched(folders):
        here = [sighting for sighting in known if sighting.place.folder == folders[role]]
        sight_folder(desk, mailbox, role, folders[role], here)
    lie: dict[int | None, list[Sighting]] = defaultdict(list)
    for sighting in desk.store.drafts.sightings(IMAP, began):
        lie[sighting.draft_id].append(sighting)
    wait = own_letters(desk, mailbox, folders, lie[None], began)
    for draft in desk.store.drafts.open_drafts(IMAP, began):
        seen = lie[draft.id]
        current = _recognise(desk, mailbox, folders, draft, seen)
        if current.state is DraftState.APPROVED:
            wait += approve(desk, mailbox, folders, Approval(current, seen), began)
        elif current.state in _NOT_APPROVED:
            carry_to_clarify(mailbox, folders, seen)
        elif current.state is DraftState.AWAITS_SECOND and Role.SECOND in folders:
            carry_on(mailbox, folders, seen)
        if current.state is DraftState.ANSWERED_WITHOUT_DRAFT:
            tell_of_late_copies(desk, mailbox, draft, seen, began)
    flag_superseded(desk, mailbox, folders, lie)
    return min(wait, default=None)


def _recognise(
    desk: Desk, mailbox: Mailbox, folders: Folders, draft: Draft, sightings: Sequence[Sighting]
) -> Draft:
    """Bring a draft's state up to what was seen; an approval that was taken back cancels its letter first."""
    after = recognise(draft, [_seen(sighting) for sighting in sightings], desk.clock())
    if after == draft:
        return draft
    leaves_approval = draft.state is DraftState.APPROVED and after.state is not DraftState.APPROVED
    if leaves_approval and not take_back(desk, draft.id):
        return draft  # on its way already: what follows the sending will close it
    if after.state is DraftState.SENT_BY_SECRETARY:
        _tidy_after_her_sending(desk, mailbox, folders, draft, sightings)
    elif after.state is DraftState.ANSWERED_WITHOUT_DRAFT:
        settle_answered(desk, mailbox, folders, draft, sightings)
    desk.store.drafts.transition(draft, after, desk.clock())
    if after.state is not draft.state:
        maillog.recognised(desk.slug, draft.id, draft.state, after.state)
    return after


def _seen(sighting: Sighting) -> Seen:
    place = sighting.place
    return Seen(
        Role(sighting.role),
        place.uidvalidity,
        place.uid,
        sighting.message_id,
        sighting.found_at,
        sighting.how,
    )


def _tidy_after_her_sending(
    desk: Desk, mailbox: Mailbox, folders: Folders, draft: Draft, sightings: Sequence[Sighting]
) -> None:
    """Mark the original answered; remove a left-over that nobody touched; explain a copy that awaits approval.

    Done before the state is written, for afterwards the matter is closed and nobody would come back to it.
    """
    mark_answered(desk, mailbox, folders, draft.mail_id)
    for sighting in sightings:
        if sighting.role in {Role.APPROVE, Role.FINAL}:
            set_apart(desk, mailbox, folders, sighting.place, DraftState.SENT_BY_SECRETARY)
    remove_left_overs(mailbox, folders, draft, sightings)

"""Reads from the mailbox what the secretary did with each draft, and writes it down.

Approval is a move into the approval folder, never a flag or a link; what follows it is `approve`'s matter.
"""

from collections.abc import Sequence
from datetime import timedelta

from maild import maillog
from maild.core.checks import LARGEST
from maild.core.compose import token_of
from maild.core.folder import Role
from maild.core.lifecycle import Draft, DraftState, Seen, recognise
from maild.core.parse import parse, parse_headers
from maild.core.text import text_hash
from maild.edge.imap import Found, Mailbox
from maild.flow.approve import Approval, approve, carry_to_clarify, opened, take_back
from maild.flow.desk import IMAP, Desk, Folders
from maild.flow.original import mark_answered
from maild.flow.stray import set_apart
from maild.store.records import Sight, Sighting

WATCHED = (Role.DRAFTS, Role.SENT, Role.TRASH, Role.APPROVE, Role.REJECT, Role.CLARIFY)
_FIELDS = ("Message-ID", "References", "Subject")
_BATCH = 200


def begin_review(desk: Desk, mailbox: Mailbox, folders: Folders) -> None:
    """Before the first draft is laid: note where each folder under review ends, so that nothing later is missed."""
    for role in WATCHED:
        status = mailbox.status(folders[role])
        desk.store.ledger.cursor(IMAP, folders[role], status.uidvalidity, status.uidnext, from_start=False)


def review(desk: Desk, mailbox: Mailbox, folders: Folders) -> timedelta | None:
    """One look at the folders under review; returns how long until an approval has settled, if one hasn't.

    A look goes through the folders one after the other, so a letter moved meanwhile is seen in both or in none:
    an approval counts only when a later look still finds it.
    """
    began = desk.clock()
    for role in WATCHED:
        _look(desk, mailbox, role, folders[role])
    sightings = desk.store.drafts.sightings(IMAP)
    for stray in (s for s in sightings if s.draft_id is None):
        set_apart(desk, mailbox, folders, stray.place, None)
    wait: list[timedelta] = []
    for draft in desk.store.drafts.open_drafts(IMAP):
        seen = [sighting for sighting in sightings if sighting.draft_id == draft.id]
        current = _recognise(desk, mailbox, folders, draft, seen)
        if current.state is DraftState.APPROVED:
            wait += approve(desk, mailbox, folders, Approval(current, seen), began)
        elif current.state in {DraftState.CLARIFY, DraftState.SEND_FAILED, DraftState.IN_DOUBT}:
            carry_to_clarify(mailbox, folders, [s for s in seen if s.role == Role.APPROVE])
    return min(wait, default=None)


# What lies where.


def _look(desk: Desk, mailbox: Mailbox, role: Role, folder: str) -> None:
    """Enter new messages of a folder that belong to a draft, and note which of the known ones are gone."""
    drafts = desk.store.drafts
    status = mailbox.status(folder)
    cursor = desk.store.ledger.cursor(IMAP, folder, status.uidvalidity, status.uidnext, from_start=False)
    if status.uidnext <= cursor.next_uid and not _known(desk, folder):
        return
    status = mailbox.select(folder)
    uids = mailbox.uids_from(cursor.next_uid)
    for start in range(0, len(uids), _BATCH):
        batch = uids[start : start + _BATCH]
        sights = _sights(desk, role, mailbox.headers(batch, _FIELDS))
        drafts.sight(IMAP, role, folder, status.uidvalidity, sights, batch[-1] + 1, desk.clock())
    if not uids and status.uidnext > cursor.next_uid:  # what came has been taken away before we looked
        drafts.sight(IMAP, role, folder, status.uidvalidity, (), status.uidnext, desk.clock())
    known = _known(desk, folder)
    present = mailbox.flags([s.place.uid for s in known if s.place.uidvalidity == status.uidvalidity])
    gone = [
        s.id
        for s in known
        if s.place.uidvalidity != status.uidvalidity or "\\Deleted" in present.get(s.place.uid, {"\\Deleted"})
    ]
    if gone:
        drafts.gone(gone, desk.clock())


def _known(desk: Desk, folder: str) -> list[Sighting]:
    return [s for s in desk.store.drafts.sightings(IMAP) if s.place.folder == folder]


def _sights(desk: Desk, role: Role, found: Sequence[Found]) -> list[Sight]:
    """Which messages belong to an open draft: by the token that stands first in References, or by our Message-ID."""
    mails = [(message.uid, parse_headers(message.header, size=message.size)) for message in found]
    tokens = {uid: token_of(mail.references) for uid, mail in mails}
    known = desk.store.drafts.match(IMAP, list(tokens.values()), [mail.message_id for _, mail in mails])
    sights = []
    for uid, mail in mails:
        draft_id = known.get(tokens[uid]) or known.get(mail.message_id)
        if draft_id is not None or role is Role.APPROVE:
            sights.append(Sight(uid, draft_id, mail.message_id[:998]))
    return sights


def _recognise(
    desk: Desk, mailbox: Mailbox, folders: Folders, draft: Draft, sightings: Sequence[Sighting]
) -> Draft:
    """Bring a draft's state up to what was seen; an approval that was taken back cancels its letter first."""
    seen = [Seen(Role(s.role), s.place.uidvalidity, s.place.uid, s.message_id, s.found_at) for s in sightings]
    after = recognise(draft, seen, desk.clock())
    if after == draft:
        return draft
    leaves_approval = draft.state is DraftState.APPROVED and after.state is not DraftState.APPROVED
    if leaves_approval and not take_back(desk, draft.id):
        return draft  # on its way already: what follows the sending will close it
    if after.state is DraftState.SENT_BY_SECRETARY:
        _tidy_after_her_sending(desk, mailbox, folders, draft, sightings)
    desk.store.drafts.transition(draft, after, desk.clock())
    if after.state is not draft.state:
        maillog.recognised(desk.slug, draft.id, draft.state, after.state)
    return after


def _tidy_after_her_sending(
    desk: Desk, mailbox: Mailbox, folders: Folders, draft: Draft, sightings: Sequence[Sighting]
) -> None:
    """Mark the original answered; remove a left-over that nobody touched; explain a copy that awaits approval.

    Done before the state is written, for afterwards the matter is closed and nobody would come back to it.
    """
    mark_answered(desk, mailbox, folders, draft.mail_id)
    for sighting in sightings:
        place = sighting.place
        if sighting.role == Role.APPROVE:
            set_apart(desk, mailbox, folders, place, DraftState.SENT_BY_SECRETARY)
        elif sighting.role == Role.DRAFTS and (place.uidvalidity, place.uid) == (
            draft.uidvalidity,
            draft.uid,
        ):
            _remove_left_over(mailbox, folders[Role.DRAFTS], draft, sighting)


def _remove_left_over(mailbox: Mailbox, folder: str, draft: Draft, sighting: Sighting) -> None:
    """Remove the copy in Drafts, provided that it is still the one that maild laid there, word for word."""
    if sighting.message_id != draft.message_id or not opened(mailbox, folder, [sighting]):
        return
    raw = mailbox.fetch(sighting.place.uid, 2 * LARGEST)
    if raw is not None and text_hash(parse(raw).text) == draft.text_hash:
        mailbox.remove(sighting.place.uid)

"""Flags drafts that have been overtaken: a newer mail came in the thread, or the mail they answer is gone.

Flags and says so, no more: no draft is replaced, moved or removed, and she may send it all the same.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from maild import maillog
from maild.core.folder import Role
from maild.core.lifecycle import COPIES, superseded
from maild.edge.imap import Mailbox
from maild.errors import FolderError
from maild.flow.desk import IMAP, Desk, Folders
from maild.flow.original import elsewhere
from maild.store.records import Original, Sighting

NEWER_MAIL = "newer mail"
ORIGINAL_GONE = "original gone"
ORIGINALS_EVERY = timedelta(minutes=15)
"""How often an original is looked for; missed twice, it is gone: once it may just be on its way between folders."""

_AT_A_TIME = 50
_BEFORE_HER = (Role.DRAFTS, Role.REVIEW)
_FLAGGED = ("\\Flagged",)


def flag_superseded(
    desk: Desk, mailbox: Mailbox, folders: Folders, lie: Mapping[int | None, Sequence[Sighting]]
) -> None:
    """Find drafts that have been overtaken since the last look, mark them `\\Flagged`, and write it down."""
    own = frozenset(identity.key for identity in desk.identities)
    reasons = dict.fromkeys(_originals_gone(desk, mailbox, folders), ORIGINAL_GONE)
    reasons |= dict.fromkeys(desk.store.drafts.newer_in_thread(IMAP, own), NEWER_MAIL)
    for draft_id, reason in reasons.items():
        _flag(desk, mailbox, folders, draft_id, reason, lie.get(draft_id, ()))
    desk.store.drafts.thread_is_read(IMAP)


def _flag(
    desk: Desk,
    mailbox: Mailbox,
    folders: Folders,
    draft_id: int,
    reason: str,
    sightings: Sequence[Sighting],
) -> None:
    before = desk.store.drafts.get(draft_id)
    after = superseded(before, reason, desk.clock())
    if after == before:
        return
    for sighting in sightings:
        if sighting.role in _BEFORE_HER and sighting.how in COPIES:
            uidvalidity = mailbox.select(folders[Role(sighting.role)]).uidvalidity
            if uidvalidity == sighting.place.uidvalidity:
                mailbox.add_flags([sighting.place.uid], _FLAGGED)
    desk.store.drafts.transition(before, after, desk.clock())
    if after.state is not before.state:
        maillog.recognised(desk.slug, before.id, before.state, after.state)


def _originals_gone(desk: Desk, mailbox: Mailbox, folders: Folders) -> Iterator[int]:
    """The drafts whose original was missed for the second time; one batch of commands per folder."""
    now = desk.clock()
    wanted = desk.store.drafts.originals(IMAP, now - ORIGINALS_EVERY, _AT_A_TIME)
    by_folder: dict[str, list[Original]] = defaultdict(list)
    for original in wanted:
        by_folder[original.place.folder].append(original)
    absent = [each for folder, group in by_folder.items() for each in _absent(mailbox, folder, group)]
    missed = [each for each in absent if not elsewhere(mailbox, folders, each.message_id)]
    ids = {each.draft_id for each in missed}
    if wanted:
        present = [each.draft_id for each in wanted if each.draft_id not in ids]
        desk.store.drafts.looked_for_originals(present, ids, now)
    for each in missed:
        if each.missed_at is not None:
            yield each.draft_id


def _absent(mailbox: Mailbox, folder: str, originals: Sequence[Original]) -> list[Original]:
    """Those that don't lie where the ledger has them."""
    try:
        uidvalidity = mailbox.select(folder).uidvalidity
    except FolderError:
        return list(originals)
    present = mailbox.flags([each.place.uid for each in originals])
    return [
        each
        for each in originals
        if each.place.uidvalidity != uidvalidity or "\\Deleted" in present.get(each.place.uid, {"\\Deleted"})
    ]

"""Removes what maild itself has laid before the secretary, once the matter is settled by another copy.

Never removes a message that anybody has touched: folder, number, Message-ID and text must still be those it was
laid with. What she has saved anew stays where it is.
"""

from collections.abc import Sequence

from maild.core.checks import LARGEST
from maild.core.folder import Role
from maild.core.lifecycle import COPIES, Draft
from maild.core.parse import parse
from maild.core.text import text_hash
from maild.edge.imap import Mailbox
from maild.flow.desk import Folders
from maild.store.drafts import raw_hash
from maild.store.records import Sighting

_LAID_IN = (Role.DRAFTS, Role.REVIEW)


def remove_left_overs(
    mailbox: Mailbox, folders: Folders, draft: Draft, sightings: Sequence[Sighting]
) -> None:
    """Remove the copy of a settled draft that still lies where maild laid it, word for word.

    That it was opened makes no difference: `\\Seen` means no more than one click.
    """
    for sighting in sightings:
        if _as_laid(draft, sighting):
            _remove(mailbox, folders, draft, sighting)


def withdraw_unread(mailbox: Mailbox, folders: Folders, draft: Draft, sighting: Sighting) -> bool:
    """Remove a copy that maild laid there, though the token was seen nowhere else; False where it stays.

    It stays unless it is unread: who has opened it may have it in an editor.
    """
    return _as_laid(draft, sighting) and _remove(mailbox, folders, draft, sighting, only_unread=True)


def _as_laid(draft: Draft, sighting: Sighting) -> bool:
    place = (sighting.place.uidvalidity, sighting.place.uid)
    same = place == (draft.uidvalidity, draft.uid) and sighting.message_id == draft.message_id
    return same and sighting.role in _LAID_IN and sighting.how in COPIES


def _remove(
    mailbox: Mailbox, folders: Folders, draft: Draft, sighting: Sighting, *, only_unread: bool = False
) -> bool:
    place = sighting.place
    folder = folders[Role(sighting.role)]
    if (place.folder, place.uidvalidity) != (folder, mailbox.select(folder).uidvalidity):
        return False  # numbered anew since: its number may be another mail's
    raw = mailbox.fetch(place.uid, 2 * LARGEST)
    if raw is None or not _untouched(draft, raw):
        return False
    if only_unread and "\\Seen" in mailbox.flags([place.uid]).get(place.uid, {"\\Seen"}):
        return False
    mailbox.remove(place.uid)
    return True


def _untouched(draft: Draft, raw: bytes) -> bool:
    """To the byte; a draft of an older maild, of which no bytes are known, by its text."""
    if draft.raw_hash:
        return raw_hash(raw) == draft.raw_hash
    return text_hash(parse(raw).text) == draft.text_hash

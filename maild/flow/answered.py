"""What follows when she has answered the customer by a letter of her own: the draft is withdrawn, or she is told of it.

Only a copy that nobody has touched or opened is withdrawn. What she has edited is hers, and stays where it is.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from maild.core import notices
from maild.core.folder import Role
from maild.core.lifecycle import COPIES, Draft
from maild.core.parse import parse_headers
from maild.edge.imap import Mailbox
from maild.flow.desk import Desk, Folders
from maild.flow.leftover import withdraw_unread
from maild.flow.notice import notice_beside
from maild.flow.original import mark_answered
from maild.store.records import Sighting

_BEFORE_HER = (Role.DRAFTS, Role.REVIEW, Role.CLARIFY)


def settle_answered(
    desk: Desk, mailbox: Mailbox, folders: Folders, draft: Draft, sightings: Sequence[Sighting]
) -> None:
    """Mark the original answered, withdraw the draft if it is untouched and unread, else tell her where it lies."""
    mark_answered(desk, mailbox, folders, draft.mail_id)
    copies = [s for s in sightings if s.how in COPIES and s.role in _BEFORE_HER]
    _tell(
        desk, mailbox, draft, [copy for copy in copies if not withdraw_unread(mailbox, folders, draft, copy)]
    )


def tell_of_late_copies(
    desk: Desk, mailbox: Mailbox, draft: Draft, sightings: Sequence[Sighting], since: datetime
) -> None:
    """An editor that was still open has saved the draft anew: it is hers, and she is told that it is answered."""
    late = (s for s in sightings if s.how in COPIES and s.role in _BEFORE_HER and s.found_at >= since)
    _tell(desk, mailbox, draft, late)


def _tell(desk: Desk, mailbox: Mailbox, draft: Draft, copies: Iterable[Sighting]) -> None:
    """One notice for each draft, however many copies of it lie there."""
    copy = next(iter(copies), None)
    if copy is None:
        return
    folder = copy.place.folder
    mailbox.select(folder)
    header = mailbox.headers([copy.place.uid], ("Subject",))
    subject = parse_headers(header[0].header, size=0).subject if header else ""
    notice = notice_beside(
        desk, f"answered.{draft.token}", lambda sheet: notices.answered(sheet, folder), subject
    )
    desk.store.drafts.file(notice, desk.clock())

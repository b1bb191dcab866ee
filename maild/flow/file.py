"""Lays messages into folders: drafts, Sent copies, notices; each once, whatever happens in between.

A server's answer to APPEND can be lost, or never be awaited: so it is noted before, and what was begun is searched
for by its Message-ID (a draft by its token, for she may have saved it anew meanwhile). A Sent copy is searched for
in any case: some providers file it themselves.
"""

from maild import maillog
from maild.core.compose import draft_info
from maild.core.folder import Role
from maild.edge.imap import Mailbox
from maild.errors import FolderError
from maild.flow.desk import IMAP, Desk, Folders
from maild.store.records import Filing, FilingState, Place

_DRAFT_PLACES = (
    Role.REVIEW,
    Role.DRAFTS,
    Role.APPROVE,
    Role.SECOND,
    Role.FINAL,
    Role.REJECT,
    Role.CLARIFY,
    Role.SENT,
    Role.TRASH,
)


def file_pending(desk: Desk, mailbox: Mailbox, folders: Folders) -> None:
    """Lay down all that is written but doesn't lie in its folder yet.

    What a folder refuses (it may be full) is tried again at each look; it must not keep the review from going on.
    """
    for filing in desk.store.drafts.filings(IMAP):
        try:
            if filing.purpose == "draft":
                _file_draft(desk, mailbox, folders, filing)
            else:
                _file(desk, mailbox, folders, filing)
        except FolderError as error:
            maillog.trouble(desk.slug, "file", error, text=str(error))
            desk.store.accounts.failed(IMAP, str(error), desk.clock(), None)


def _file(desk: Desk, mailbox: Mailbox, folders: Folders, filing: Filing) -> None:
    folder = folders[Role(filing.role)]
    mailbox.select(folder)
    may_lie_there = filing.state is FilingState.STARTED or filing.purpose == "sent_copy"
    if not (may_lie_there and mailbox.find("Message-ID", filing.message_id)):
        desk.store.drafts.begin_filing(filing.id, desk.clock())
        mailbox.append(folder, filing.raw, filing.flags, desk.clock())
    desk.store.drafts.filed(filing.id, desk.clock())


def _file_draft(desk: Desk, mailbox: Mailbox, folders: Folders, filing: Filing) -> None:
    draft = desk.store.drafts.get(filing.draft_id or 0)
    place = None
    if not (filing.state is FilingState.STARTED and _lies_somewhere(mailbox, folders, draft.token)):
        folder = folders[Role.REVIEW if desk.client.config.review.mode == "folder" else Role.DRAFTS]
        original = desk.store.ledger.mail(draft.mail_id).place
        info = draft_info(original.uid, mailbox.imap_name(original.folder))
        uidvalidity = mailbox.status(folder).uidvalidity
        desk.store.drafts.begin_filing(filing.id, desk.clock())
        uid = mailbox.append(folder, info + filing.raw, filing.flags, desk.clock())
        place = None if uid is None else Place(folder, uidvalidity, uid)
    desk.store.drafts.laid(draft.id, place, desk.clock())
    maillog.presented(desk.slug, draft.id)


def _lies_somewhere(mailbox: Mailbox, folders: Folders, token: str) -> bool:
    for role in (role for role in _DRAFT_PLACES if role in folders):
        mailbox.select(folders[role])
        if mailbox.find("References", f"draft.{token}@"):
            return True
    return False

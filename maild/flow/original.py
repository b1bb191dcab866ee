"""Marks the mail that a reply answered. It may have been moved since: then it is found by its Message-ID."""

from collections.abc import Iterator

from maild.core.folder import Role
from maild.edge.imap import Mailbox
from maild.errors import FolderError
from maild.flow.desk import Desk, Folders
from maild.store.records import Place

_ANSWERED = ("\\Answered",)
_NOT_THERE = (
    Role.REVIEW,
    Role.DRAFTS,
    Role.SENT,
    Role.APPROVE,
    Role.SECOND,
    Role.FINAL,
    Role.REJECT,
    Role.CLARIFY,
)
"""Folders of our own letters, which may name the original but are not it."""


def mark_answered(desk: Desk, mailbox: Mailbox, folders: Folders, mail_id: int) -> None:
    """Set \\Answered on a received mail; does nothing where it is nowhere to be found."""
    mail = desk.store.ledger.mail(mail_id)
    for folder in _places(mailbox, folders, mail.place):
        try:
            status = mailbox.select(folder)
        except FolderError:
            continue  # it was deleted meanwhile, or holds no mail
        here = folder == mail.place.folder and status.uidvalidity == mail.place.uidvalidity
        uids = [mail.place.uid] if here and mailbox.flags([mail.place.uid]) else []
        if not uids and mail.message_id:
            uids = mailbox.find("Message-ID", mail.message_id)
        if uids:
            mailbox.add_flags(uids, _ANSWERED)
            return


def elsewhere(mailbox: Mailbox, folders: Folders, message_id: str) -> bool:
    """Whether a received mail lies in any folder but the trash; one without a Message-ID can't be said to be gone."""
    if not message_id:
        return True
    ours = {folders[role] for role in (*_NOT_THERE, Role.TRASH) if role in folders}
    return any(
        _lies_in(mailbox, folder.name, message_id) for folder in mailbox.folders() if folder.name not in ours
    )


def _lies_in(mailbox: Mailbox, folder: str, message_id: str) -> bool:
    try:
        mailbox.select(folder)
    except FolderError:
        return False  # it holds no mail
    flags = mailbox.flags(mailbox.find("Message-ID", message_id))
    return any("\\Deleted" not in each for each in flags.values())


def _places(mailbox: Mailbox, folders: Folders, place: Place) -> Iterator[str]:
    """Where it was left, the inbox, then wherever a person may have put it; the trash last."""
    yield place.folder
    yield folders[Role.INBOX]
    ours = {folders[role] for role in _NOT_THERE if role in folders}
    trash = folders[Role.TRASH]
    for folder in mailbox.folders():
        if folder.name not in {place.folder, folders[Role.INBOX], trash, *ours}:
            yield folder.name
    yield trash

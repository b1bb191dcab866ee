"""Marks the mail that a reply answered. It may have been moved since: then it is found by its Message-ID."""

from maild.core.folder import Role
from maild.edge.imap import Mailbox
from maild.errors import FolderError
from maild.flow.desk import Desk, Folders

_ANSWERED = ("\\Answered",)


def mark_answered(desk: Desk, mailbox: Mailbox, folders: Folders, mail_id: int) -> None:
    """Set \\Answered on a received mail; does nothing where it is nowhere to be found."""
    mail = desk.store.ledger.mail(mail_id)
    for folder in dict.fromkeys((mail.place.folder, folders[Role.INBOX], folders[Role.TRASH])):
        try:
            status = mailbox.select(folder)
        except FolderError:
            continue  # it was deleted meanwhile
        here = folder == mail.place.folder and status.uidvalidity == mail.place.uidvalidity
        uids = [mail.place.uid] if here and mailbox.flags([mail.place.uid]) else []
        if not uids and mail.message_id:
            uids = mailbox.find("Message-ID", mail.message_id)
        if uids:
            mailbox.add_flags(uids, _ANSWERED)
            return

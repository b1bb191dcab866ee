"""One account's connection and, in order, the stages of a look at it."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Self

from maild.config.secrets import resolve
from maild.core.folder import Role
from maild.core.folder import resolve as resolve_folders
from maild.edge.imap import ImapLogin, Mailbox
from maild.flow.act import act
from maild.flow.close import close_letters
from maild.flow.desk import IMAP, Desk, Folders
from maild.flow.file import file_pending
from maild.flow.receive import receive
from maild.flow.review import WATCHED, begin_review, review


class AccountSession:
    """A signed-in mailbox whose folders are known and exist. `on_letters` is told when the outbox has new rows."""

    def __init__(self, mailbox: Mailbox, folders: Folders, on_letters: Callable[[], None]) -> None:
        self.mailbox = mailbox
        self._folders = folders
        self._on_letters = on_letters

    @classmethod
    def connect(cls, desk: Desk, home: Path, on_letters: Callable[[], None]) -> Self:
        """Sign in, find the folders, create and subscribe those that are missing."""
        mailbox = Mailbox.connect(_login(desk, home))
        try:
            folders = _folders(desk, mailbox)
            for role in WATCHED:
                mailbox.ensure(folders[role])
            begin_review(desk, mailbox, folders)
        except BaseException:
            mailbox.close()
            raise
        return cls(mailbox, folders, on_letters)

    def look(self, desk: Desk) -> timedelta | None:
        """Do all there is to do; returns how soon to come back, None for the usual time."""
        receive(desk, self.mailbox, self._folders[Role.INBOX])
        act(desk, self.mailbox, self._folders)
        file_pending(desk, self.mailbox, self._folders)
        soon = review(desk, self.mailbox, self._folders)
        close_letters(desk, self.mailbox, self._folders)
        file_pending(desk, self.mailbox, self._folders)
        self._on_letters()
        if self._has_new_mail(desk):
            return timedelta(0)
        if desk.store.drafts.watched(IMAP):
            look = desk.client.config.review.look
            soon = look if soon is None else min(soon, look)
        return soon

    def _has_new_mail(self, desk: Desk) -> bool:
        """Select the inbox, for IDLE speaks of the selected folder only, and of nothing that came before."""
        inbox = self._folders[Role.INBOX]
        status = self.mailbox.select(inbox)
        cursor = desk.store.ledger.cursor(IMAP, inbox, status.uidvalidity, status.uidnext, from_start=True)
        return status.uidnext > cursor.next_uid


def _login(desk: Desk, home: Path) -> ImapLogin:
    imap = desk.client.config.imap
    return ImapLogin(
        host=imap.host,
        port=imap.port,
        tls=imap.tls,
        username=imap.username,
        password=resolve(imap.password, home=home),
        ca=home / imap.ca if imap.ca else None,
    )


def _folders(desk: Desk, mailbox: Mailbox) -> Folders:
    config = desk.client.config
    named = config.imap.folders
    configured = {
        Role.INBOX: (named.inbox,),
        Role.DRAFTS: named.drafts,
        Role.SENT: named.sent,
        Role.TRASH: named.trash,
    }
    review_folders = config.review.folders
    return Folders(
        {
            **resolve_folders(mailbox.folders(), configured),
            Role.REVIEW: review_folders.review,
            Role.APPROVE: review_folders.approve,
            Role.REJECT: review_folders.reject,
            Role.CLARIFY: review_folders.clarify,
            Role.NOTES: review_folders.notes,
        }
    )

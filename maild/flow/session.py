"""One account's connection and, in order, the stages of a look at it."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Self

from maild.config.home import Client
from maild.config.secrets import resolve
from maild.core.folder import Folder, Role, folder_key
from maild.core.folder import resolve as resolve_folders
from maild.edge.imap import ImapLogin, Mailbox
from maild.flow.act import act
from maild.flow.close import close_letters
from maild.flow.desk import IMAP, Desk, Folders
from maild.flow.file import file_pending
from maild.flow.jobs import work
from maild.flow.receive import receive
from maild.flow.remind import remind
from maild.flow.review import begin_review, review, watched

_ATTENDED = (Role.APPROVE, Role.SECOND, Role.FINAL, Role.REJECT)
"""What she moves into these is noticed at once, where the server tells of it."""


class AccountSession:
    """A signed-in mailbox whose folders are known and exist. `on_letters` is told when the outbox has new rows."""

    def __init__(self, mailbox: Mailbox, folders: Folders, on_letters: Callable[[], None]) -> None:
        self.mailbox = mailbox
        self._folders = folders
        self._on_letters = on_letters

    @classmethod
    def connect(cls, desk: Desk, home: Path, on_letters: Callable[[], None]) -> Self:
        """Sign in, find the folders, create and subscribe those that are missing."""
        mailbox = Mailbox.connect(imap_login(desk, home))
        try:
            folders = folders_of(desk, mailbox)
            for role in watched(folders):
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
        remind(desk, self.mailbox, self._folders)
        file_pending(desk, self.mailbox, self._folders)
        self._on_letters()
        self.mailbox.attend(self._folders[role] for role in _ATTENDED if role in self._folders)
        unfinished = work(desk, self.mailbox, self._folders)
        if self._has_new_mail(desk) or unfinished:
            return timedelta(0)
        if desk.store.own.on_their_way() or desk.store.drafts.watched(IMAP):
            look = desk.client.config.review.look
            soon = look if soon is None else min(soon, look)
        return soon

    def _has_new_mail(self, desk: Desk) -> bool:
        """Select the inbox, for IDLE speaks of the selected folder only, and of nothing that came before."""
        inbox = self._folders[Role.INBOX]
        status = self.mailbox.select(inbox)
        cursor = desk.store.ledger.cursor(IMAP, inbox, status.uidvalidity, status.uidnext, from_start=True)
        return status.uidnext > cursor.next_uid


def imap_login(desk: Desk, home: Path) -> ImapLogin:
    """Where and as whom this client's mailbox is opened; raises SecretError where the password can't be read."""
    return login_of(desk.client, home)


def folders_of(desk: Desk, mailbox: Mailbox) -> Folders:
    """What the client's folders are called; those that are missing are not made."""
    return folders_named(desk.client, mailbox.folders())


def login_of(client: Client, home: Path) -> ImapLogin:
    """The same for who has no desk."""
    imap = client.config.imap
    return ImapLogin(
        host=imap.host,
        port=imap.port,
        tls=imap.tls,
        username=imap.username,
        password=resolve(imap.password, home=home),
        ca=home / imap.ca if imap.ca else None,
    )


def folders_named(client: Client, listed: Sequence[Folder]) -> Folders:
    """The same for who has no desk, told from the folders that the server lists."""
    config = client.config
    named = config.imap.folders
    configured = {
        Role.INBOX: (named.inbox,),
        Role.DRAFTS: named.drafts,
        Role.SENT: named.sent,
        Role.TRASH: named.trash,
    }
    names = {**resolve_folders(listed, configured), **config.review.named}
    here = {folder_key(folder.name) for folder in listed}
    # Where drafts lay before the client's mode was changed, what still lies there is still looked after.
    if config.review.mode != "folder" and folder_key(names[Role.REVIEW]) not in here:
        del names[Role.REVIEW]
    return Folders(names)

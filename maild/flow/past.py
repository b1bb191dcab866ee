"""Judges mail that came long ago by the rules as they are now: read only, the oldest first.

`rules preview` and `rules apply` ask here, both, so that what was shown is what is done. Past mail counts as old: it is
moved, copied, marked or kept, and nobody is written to for its sake.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

from maild import maillog
from maild.core.action import Action, Copy, Mark, Move
from maild.core.decide import Decision, Skipped, Step
from maild.core.fingerprint import fingerprint
from maild.core.folder import Role, folder_key
from maild.core.memory import key_of
from maild.core.message import Mail
from maild.core.parse import parse, parse_headers
from maild.core.rules.reading import flag_key
from maild.edge.imap import Found, Mailbox
from maild.errors import FolderError, MaildError
from maild.flow.desk import IMAP, Desk, Folders
from maild.flow.judge import Judge
from maild.store.records import Arrival, Cursor, MailRow, MailState

BATCH = 200
_MARGIN = timedelta(days=1)  # SEARCH SINCE knows days only, by a calendar that the server doesn't name
_KEY_FIELDS = ("From", "Message-ID", "In-Reply-To", "References")


class PastError(MaildError):
    """What is asked for past mail can't be done, or must not be."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Which past mail is meant."""

    folder: str = ""  # empty: the inbox
    since: datetime | None = None  # received then or later; None: all
    limit: int = 0  # at most so many, the newest; 0: all


@dataclass(frozen=True, slots=True)
class Selection:
    """The mails of one folder, the oldest first, without their headers."""

    folder: str
    uidvalidity: int
    mails: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What would be done with one past mail."""

    arrival: Arrival
    mail_id: int  # its row in the ledger; 0: it has none
    sender: str  # an address, or empty
    subject: str
    rules: tuple[str, ...] = ()  # that hold
    steps: tuple[Step, ...] = ()
    left_out: tuple[Skipped, ...] = ()
    canary: tuple[Step, ...] = ()
    judged: bool = False  # whether the rules were asked at all
    obstacle: str = ""  # one sentence: why nothing at all is done with it; empty: nothing stands in the way


def select_past(mailbox: Mailbox, folders: Folders, wish: Wish) -> Selection:
    """Find the mails that are meant; the folder stays selected, read only.

    Raises PastError for a folder that holds no mail that came in, FolderError for one that doesn't exist.
    """
    folder = _folder(folders, wish.folder)
    status = mailbox.examine(folder)
    day = (wish.since - _MARGIN).date() if wish.since else None
    found = mailbox.outlines(mailbox.uids_from(1, day))
    mails = [mail for mail in found if wish.since is None or mail.internaldate >= wish.since]
    mails.sort(key=lambda mail: (mail.internaldate, mail.uid))
    return Selection(folder, status.uidvalidity, tuple(mails[-wish.limit :] if wish.limit else mails))


def judge_past(
    desk: Desk, mailbox: Mailbox, folders: Folders, selection: Selection, now: datetime
) -> Iterator[Outlook]:
    """Judge mails of the selected folder one after the other, as of `now`; one that is gone meanwhile is left out.

    Holds one batch of headers and a few mails at a time. Nothing is written, neither here nor there.
    """
    judge = Judge.for_mails(desk, ())
    watched = selection.folder == folders[Role.INBOX]
    cursor = desk.store.ledger.reached(IMAP, selection.folder) if watched else None
    for start in range(0, len(selection.mails), BATCH):
        batch = replace(selection, mails=selection.mails[start : start + BATCH])
        new = _unsorted(desk, cursor, batch) if watched else frozenset()
        yield from _judge_batch(desk, mailbox, judge, batch, new, now)


def _folder(folders: Folders, name: str) -> str:
    wanted = unicodedata.normalize("NFC", name.strip()) or folders[Role.INBOX]
    for role, folder in folders.names.items():
        if folder_key(folder) == folder_key(wanted):
            if role is Role.INBOX:
                return folder
            raise PastError(
                f"folder «{wanted}» is {_PURPOSES[role]}: rules are for mail that came in, and are never applied there"
            )
    return wanted


_PURPOSES = {
    Role.DRAFTS: "where drafts lie",
    Role.SENT: "where sent letters lie",
    Role.TRASH: "the trash",
    Role.REVIEW: "a review folder",
    Role.APPROVE: "a review folder",
    Role.REJECT: "a review folder",
    Role.CLARIFY: "a review folder",
    Role.NOTES: "a review folder",
    Role.SECOND: "a review folder",
    Role.FINAL: "a review folder",
}


def _unsorted(desk: Desk, cursor: Cursor | None, batch: Selection) -> frozenset[int]:
    """Mails of the inbox that are still to be sorted as new mail: whatever touched them first would take that away."""
    if cursor is None:
        since = desk.client.config.imap.since
        zone = desk.client.config.timezone
        first = datetime.combine(since, time(), tzinfo=zone).astimezone(UTC) if since else None
        return frozenset(mail.uid for mail in batch.mails if first is not None and mail.internaldate >= first)
    if cursor.uidvalidity != batch.uidvalidity:
        return frozenset(mail.uid for mail in batch.mails)
    return frozenset(mail.uid for mail in batch.mails if mail.uid >= cursor.next_uid)


def _judge_batch(
    desk: Desk, mailbox: Mailbox, judge: Judge, batch: Selection, new: frozenset[int], now: datetime
) -> Iterator[Outlook]:
    uids = [mail.uid for mail in batch.mails]
    with suppress(FolderError):  # refused for all because of one: then each is asked for by itself
        headers = mailbox.headers(uids, _KEY_FIELDS)
        judge.recall(key_of(parse_headers(found.header, size=found.size)) for found in headers)
    rows = desk.store.ledger.lying(IMAP, batch.folder, batch.uidvalidity, uids)
    copied = desk.store.ledger.copied(row.id for row in rows.values())
    limit = desk.client.config.imap.max_size
    for found, raw in _read(mailbox, batch.mails, limit):
        row = rows.get(found.uid)
        case = _Case(found, row, batch.folder, copied.get(row.id, frozenset()) if row else frozenset())
        mail = parse(raw, size=found.size, truncated=found.size > limit)
        obstacle = _obstacle(row, found, raw, is_new=found.uid in new)
        yield case.blocked(mail, obstacle) if obstacle else _judged(judge, case, mail, now)


def _read(mailbox: Mailbox, mails: Sequence[Found], limit: int) -> Iterator[tuple[Found, bytes]]:
    """All that are still there; one that the server won't hand out comes empty, and does not hold up the others."""
    rest = {mail.uid: mail for mail in mails}
    try:
        for found, raw in mailbox.read(mails, limit):
            del rest[found.uid]
            yield found, raw
    except FolderError:
        for mail in tuple(rest.values()):
            try:
                yield from mailbox.read([mail], limit)
            except FolderError:
                yield mail, b""


def _obstacle(row: MailRow | None, found: Found, raw: bytes, *, is_new: bool) -> str:
    if not raw:
        return "the server does not hand it out"
    if row is None and is_new:
        return "it has not been sorted as new mail yet"
    if "\\Deleted" in found.flags:
        return "it is marked as deleted"
    return _UNSETTLED.get(row.state, "") if row else ""


_UNSETTLED = {
    MailState.SEEN: "it has not been sorted as new mail yet",
    MailState.PLANNED: "something else is still to be done with it",
    MailState.PAUSED: "it waits for a paused rule",
}


@dataclass(frozen=True, slots=True)
class _Case:
    """One mail, and what is known of it beside its text."""

    found: Found
    row: MailRow | None
    folder: str
    copied: frozenset[str]  # folders that it has been copied to

    @property
    def received(self) -> datetime:
        """When the server took it in; not when it was moved or copied to where it lies."""
        return self.row.received_at if self.row else self.found.internaldate

    def blocked(self, mail: Mail, obstacle: str) -> Outlook:
        """Nothing is done with it."""
        return Outlook(
            arrival=self._arrival(mail),
            mail_id=self.row.id if self.row else 0,
            sender=mail.sender.address if mail.sender else "",
            subject=mail.subject,
            obstacle=obstacle,
        )

    def decided(self, mail: Mail, decision: Decision) -> Outlook:
        """The rules have had their say."""
        outlook = self.blocked(mail, f'rule "{decision.paused}" is paused' if decision.paused else "")
        needless = [
            Skipped(step.rule, step.action, reason)
            for step in decision.steps
            if (reason := self._needless(step.action))
        ]
        left_out = {(skipped.rule, skipped.action) for skipped in needless}
        return replace(
            outlook,
            judged=True,
            rules=decision.rules,
            steps=tuple(step for step in decision.steps if (step.rule, step.action) not in left_out),
            left_out=(*decision.skipped, *needless),
            canary=decision.canary,
        )

    def _needless(self, action: Action) -> str:
        """Why an action would change nothing, or do once more what was done."""
        match action:
            case Move(folder) | Copy(folder) if folder_key(folder) == folder_key(self.folder):
                return "the mail lies there already"
            case Copy(folder) if folder in self.copied:
                return "the mail was copied there before"
            case Mark(flags) if {flag_key(flag) for flag in flags} <= {flag_key(f) for f in self.found.flags}:
                return "the mail is marked so already"
        return ""

    def _arrival(self, mail: Mail) -> Arrival:
        key = key_of(mail)
        return Arrival(
            uid=self.found.uid,
            fingerprint=fingerprint(IMAP, self.found.header, self.found.size),
            message_id=mail.message_id[:998],
            size=self.found.size,
            received_at=self.received,
            old=True,
            sender=key.sender,
            refers_to=key.refers_to,
        )


def _judged(judge: Judge, case: _Case, mail: Mail, now: datetime) -> Outlook:
    mail_id = case.row.id if case.row else 0
    try:
        judgement = judge.judge(mail, case.found.flags, case.received, old=True, now=now, mail_id=mail_id)
    except Exception as error:  # noqa: BLE001 - around one message: it is shown, and the others go on
        return case.blocked(mail, f"it could not be judged ({maillog.where(error)})")
    return case.decided(mail, judgement.decision)

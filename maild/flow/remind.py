"""Reminds the secretary of mails that nobody has answered in time: a note, and a flag on the mail itself; each once.

The row comes first: the note stands in the store with the reminder's new state before anything in the mailbox is
touched, and the flag may be set twice without harm. That a person has answered is believed of whatever way she took;
an automatic answer is none.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from maild import maillog
from maild.core import notices
from maild.core.folder import Role
from maild.core.german.calendar import datum, uhrzeit
from maild.core.parse import parse_headers
from maild.core.reminder import EXAMINED_EVERY, Reminder, ReminderState, Standing, due_at, next_state
from maild.edge.imap import Mailbox
from maild.errors import FolderError
from maild.flow.desk import IMAP, Desk, Folders
from maild.flow.notice import notice_beside
from maild.store.records import NewFiling

_AT_A_TIME = 25  # reminders examined in one look, so that a backlog holds up nobody's mail
_RECENT = timedelta(days=14)  # drafts that failed longer ago are nobody's surprise any more
_OURS = frozenset(Role) - {Role.INBOX, Role.TRASH}
"""Folders of our own letters and notes, which may name a mail but are not it."""
_FIELDS = ("Auto-Submitted", "X-Forwarded-Message-Id", "In-Reply-To", "References")


def remind(desk: Desk, mailbox: Mailbox, folders: Folders) -> None:
    """Close the reminders of mails that are answered, and remind of those that are due and are not."""
    _adopt(desk)
    now = desk.clock()
    reminders = desk.store.reminders.to_examine(IMAP, now - EXAMINED_EVERY, now, _AT_A_TIME)
    if not reminders:
        return
    try:
        found = dict(_standings(mailbox, folders, reminders))
    except FolderError as error:  # asked again at the next look; the mailbox's other work goes on
        maillog.trouble(desk.slug, "remind", error, text=str(error))
        return
    unchanged = [each.id for each in reminders if not _advance(desk, mailbox, folders, each, found[each.id])]
    if unchanged:
        desk.store.reminders.examined(unchanged, desk.clock())


@dataclass(frozen=True, slots=True)
class _Found:
    """A mail in the mailbox: how it stands, and where."""

    standing: Standing
    folder: str = ""
    uid: int = 0


def _adopt(desk: Desk) -> None:
    """A mail that maild failed on waits for a person, too; the office's patience is its limit."""
    orphans = desk.store.reminders.unmade(desk.clock() - _RECENT)
    if orphans:
        patience, calendar = desk.office.overdue.unanswered, desk.client.business.calendar
        zone = desk.client.config.timezone
        due = [(effect, due_at(patience, came.astimezone(zone), calendar)) for effect, came in orphans]
        desk.store.reminders.add_limits(due, desk.clock())


# What the mailbox shows.


def _standings(
    mailbox: Mailbox, folders: Folders, reminders: Sequence[Reminder]
) -> Iterator[tuple[int, _Found]]:
    """One look per folder at all that lies where it was left; the rest is searched for one by one."""
    lying = dict(_lying(mailbox, reminders))
    open_ones = [each for each in reminders if not (each.answered or _is_answered(lying.get(each.id)))]
    answered = _answered_in_sent(mailbox, folders, open_ones)
    for reminder in reminders:
        found = lying.get(reminder.id)
        if reminder.id in answered:
            yield reminder.id, _Found(Standing(answered=True))
        elif found is not None:
            in_trash = found.folder == folders[Role.TRASH]
            yield reminder.id, replace(found, standing=replace(found.standing, in_trash=in_trash))
        else:
            yield reminder.id, _search(mailbox, folders, reminder)


def _lying(mailbox: Mailbox, reminders: Sequence[Reminder]) -> Iterator[tuple[int, _Found]]:
    by_folder: dict[str, list[Reminder]] = defaultdict(list)
    for each in reminders:
        by_folder[each.folder].append(each)
    for folder, group in by_folder.items():
        try:
            uidvalidity = mailbox.examine(folder).uidvalidity
        except FolderError:
            continue  # renamed, or deleted: its mails are searched for
        here = [each for each in group if each.uidvalidity == uidvalidity]
        flags = mailbox.flags([each.uid for each in here])
        for each in here:
            if each.uid in flags and "\\Deleted" not in flags[each.uid]:
                yield each.id, _Found(_standing([flags[each.uid]]), folder, each.uid)


def _standing(copies: Sequence[frozenset[str]], *, in_trash: bool = False) -> Standing:
    """By the flags of its copies."""
    marks = frozenset[str]().union(*copies)
    return Standing(answered="\\Answered" in marks, in_trash=in_trash, unflagged="\\Flagged" not in marks)


def _is_answered(found: _Found | None) -> bool:
    return found is not None and found.standing.answered


def _answered_in_sent(mailbox: Mailbox, folders: Folders, reminders: Iterable[Reminder]) -> set[int]:
    """Which of these mails a message in Sent answers that a person wrote."""
    named = [each for each in reminders if each.message_id]
    if not named:
        return set()
    mailbox.examine(folders[Role.SENT])
    return {each.id for each in named if _is_answered_here(mailbox, each.message_id)}


def _is_answered_here(mailbox: Mailbox, message_id: str) -> bool:
    uids = {uid for field in ("In-Reply-To", "References") for uid in mailbox.find(field, message_id)}
    for found in mailbox.headers(uids, _FIELDS) if uids else ():
        mail = parse_headers(found.header, size=found.size)
        automatic = [value for value in mail.header("Auto-Submitted") if value.strip().lower() != "no"]
        # A mail program that forwards a mail names it just as one that answers it.
        forwarded = any(message_id in value for value in mail.header("X-Forwarded-Message-Id"))
        if not automatic and not forwarded:
            return True
    return False


def _search(mailbox: Mailbox, folders: Folders, reminder: Reminder) -> _Found:
    """A mail that is not where it was left: wherever a person may have put it, the trash last."""
    if not reminder.message_id:
        return _Found(Standing())  # nothing to search by: better to remind of it in vain than never
    ours = {folders[role] for role in _OURS if role in folders}
    trash = folders[Role.TRASH]
    names = [each.name for each in mailbox.folders() if each.name not in {*ours, trash}]
    for folder in (*names, trash):
        try:
            mailbox.examine(folder)
        except FolderError:
            continue  # it holds no mail
        flags = mailbox.flags(mailbox.find("Message-ID", reminder.message_id))
        present = {uid: marks for uid, marks in flags.items() if "\\Deleted" not in marks}
        if present:
            standing = _standing(list(present.values()), in_trash=folder == trash)
            return _Found(standing, folder, max(present))
    return _Found(Standing(missing=True))


# What is done about it.


def _advance(desk: Desk, mailbox: Mailbox, folders: Folders, reminder: Reminder, found: _Found) -> bool:
    """Bring a reminder up to what was seen; False: nothing has changed."""
    state = next_state(reminder, found.standing, desk.clock())
    if state is ReminderState.DUE:
        return _tell(desk, mailbox, folders, reminder, found)
    if state is reminder.state:
        return False
    if desk.store.reminders.transition(reminder, state, desk.clock()):
        maillog.reminder_closed(desk.slug, reminder.mail_id, state)
    return True


def _tell(desk: Desk, mailbox: Mailbox, folders: Folders, reminder: Reminder, found: _Found) -> bool:
    """The note as a row, then the flag, then the row that says that both are done."""
    try:
        if reminder.state is ReminderState.OPEN:
            mailbox.ensure(folders[Role.NOTES])
            note = _note(desk, reminder, found.folder or reminder.folder)
            if not desk.store.reminders.transition(reminder, ReminderState.DUE, desk.clock(), notice=note):
                return False
            maillog.reminded(desk.slug, reminder.mail_id)
        if found.uid:
            mailbox.select(found.folder)
            mailbox.add_flags([found.uid], ("\\Flagged",))
    except (
        FolderError
    ) as error:  # a folder is full, or read only: the note must not wait for it, nor other mail
        maillog.trouble(desk.slug, "remind", error, text=str(error))
        return False
    due = replace(reminder, state=ReminderState.DUE)
    return desk.store.reminders.transition(due, ReminderState.TOLD, desk.clock())


def _note(desk: Desk, reminder: Reminder, folder: str) -> NewFiling:
    came = reminder.received_at.astimezone(desk.client.config.timezone)
    about = notices.Unanswered(
        sender=reminder.sender,
        received=f"{datum(came)}, {uhrzeit(came)}",
        folder=folder,
        drafted=reminder.drafted,
    )
    beside = notice_beside(
        desk,
        f"reminder.{desk.slug}.{reminder.id}",
        lambda sheet: notices.unanswered(sheet, about),
        reminder.subject or "ohne Betreff",
    )
    return replace(beside, role=Role.NOTES)

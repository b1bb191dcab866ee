"""Carries out what the rules asked for. The row comes first, and each effect may be repeated without harm.

Before a copy or a move the destination's UIDNEXT is noted: after a crash the mail is looked for from there on, by
its fingerprint, so nothing is copied twice and nothing is taken for moved that isn't. Moves go last and together,
one command per destination; whatever else is done with a mail needs it where it was found.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from maild import maillog
from maild.core.fingerprint import fingerprint
from maild.core.folder import Role
from maild.edge.imap import Mailbox
from maild.errors import FolderError, MaildError, ServerError
from maild.flow.desk import IMAP, Desk, Folders
from maild.flow.letters import write_letters
from maild.flow.receive import aside, stumble
from maild.store.records import Effect, EffectState, MailRow, Place

_FLAGS = {"seen": "\\Seen", "flagged": "\\Flagged"}


@dataclass(frozen=True, slots=True)
class _Task:
    """One effect on one mail."""

    mail: MailRow
    effect: Effect


def act(desk: Desk, mailbox: Mailbox, folders: Folders) -> None:
    """Carry out every effect that is still pending, also those that a crash interrupted."""
    inbox = mailbox.select(folders[Role.INBOX])
    moves: list[_Task] = []
    for mail, effects in desk.store.ledger.pending(IMAP):
        if mail.place.uidvalidity != inbox.uidvalidity and mail.place.folder == folders[Role.INBOX]:
            desk.store.ledger.set_aside(mail.id, "its folder was numbered anew", desk.clock())
            continue
        moves += _act_safely(desk, mailbox, folders, mail, effects)
    for folder, tasks in _by_destination(moves, folders):
        _transfer_safely(desk, mailbox, folders, folder, tasks)


def _act_safely(
    desk: Desk, mailbox: Mailbox, folders: Folders, mail: MailRow, effects: tuple[Effect, ...]
) -> list[_Task]:
    """Do all but the moves; a mail with a failed effect is not moved either, so that a person finds it."""
    try:
        if not write_letters(desk, mailbox, mail, effects):
            return []
        for effect in effects:
            _act_in_place(desk, mailbox, folders, _Task(mail, effect))
    except FolderError as error:
        stumble(desk, mail, str(error))
    except ServerError:
        raise
    except MaildError as error:
        aside(desk, mail, str(error))
    except Exception as error:  # noqa: BLE001 - one bad mail never stops the others
        stumble(desk, mail, maillog.where(error))
    else:
        return [_Task(mail, effect) for effect in effects if effect.action in {"move", "trash"}]
    return []


def _act_in_place(desk: Desk, mailbox: Mailbox, folders: Folders, task: _Task) -> None:
    """Marks and copies; a mail that is kept needs nothing."""
    action = task.effect.action
    if action == "mark":
        flags = [_FLAGS.get(flag, flag) for flag in task.effect.value["flags"]]
        mailbox.add_flags([task.mail.place.uid], flags)
        _finish(desk, task)
    elif action == "copy":
        _transfer(desk, mailbox, folders, str(task.effect.value["folder"]), [task])
    elif action == "keep":
        _finish(desk, task)


# Copies and moves.


def _by_destination(tasks: Iterable[_Task], folders: Folders) -> Iterator[tuple[str, list[_Task]]]:
    grouped: dict[str, list[_Task]] = defaultdict(list)
    for task in tasks:
        trash = task.effect.action == "trash"
        grouped[folders[Role.TRASH] if trash else str(task.effect.value["folder"])].append(task)
    yield from grouped.items()


def _transfer_safely(desk: Desk, mailbox: Mailbox, folders: Folders, folder: str, tasks: list[_Task]) -> None:
    try:
        _transfer(desk, mailbox, folders, folder, tasks)
    except FolderError as error:
        for task in tasks:
            stumble(desk, task.mail, str(error))


def _transfer(desk: Desk, mailbox: Mailbox, folders: Folders, folder: str, tasks: list[_Task]) -> None:
    mailbox.ensure(folder)
    repeated = [task for task in tasks if task.effect.state is EffectState.STARTED]
    found = _already_there(mailbox, folder, repeated)
    mailbox.select(folders[Role.INBOX])
    for task in repeated:
        if task.effect.id in found:
            _complete(desk, mailbox, task, found[task.effect.id])
    rest = [task for task in tasks if task.effect.id not in found]
    present = mailbox.flags([task.mail.place.uid for task in rest])
    for task in rest:
        if task.mail.place.uid not in present:
            _finish(desk, task, EffectState.GONE)
    rest = [task for task in rest if task.mail.place.uid in present]
    if rest:
        _transfer_now(desk, mailbox, folder, rest)


def _transfer_now(desk: Desk, mailbox: Mailbox, folder: str, tasks: list[_Task]) -> None:
    target = mailbox.status(folder)
    desk.store.ledger.start(
        [task.effect.id for task in tasks], target.uidvalidity, target.uidnext, desk.clock()
    )
    uids = [task.mail.place.uid for task in tasks]
    copies = tasks[0].effect.action == "copy"
    results = mailbox.copy(uids, folder) if copies else mailbox.move(uids, folder)
    for task in tasks:
        if task.mail.place.uid not in results:
            stumble(desk, task.mail, f"the server did not take it into {folder}")
            continue
        new_uid = results[task.mail.place.uid]
        place = None if new_uid is None or copies else Place(folder, target.uidvalidity, new_uid)
        _finish(desk, task, place=place)


def _already_there(mailbox: Mailbox, folder: str, tasks: list[_Task]) -> dict[int, Place]:
    """Which of these begun effects a crash or a cut connection had let through."""
    found: dict[int, Place] = {}
    if not tasks:
        return found
    status = mailbox.select(folder)
    for task in tasks:
        if task.effect.target_uidvalidity != status.uidvalidity or task.effect.target_uidnext is None:
            continue
        for message in mailbox.headers(mailbox.uids_from(task.effect.target_uidnext)):
            if fingerprint(IMAP, message.header, message.size) == task.mail.fingerprint:
                found[task.effect.id] = Place(folder, status.uidvalidity, message.uid)
    return found


def _complete(desk: Desk, mailbox: Mailbox, task: _Task, place: Place) -> None:
    """End what was interrupted: of a move by COPY the source may still be there."""
    if task.effect.action == "copy":
        _finish(desk, task)
        return
    if mailbox.flags([task.mail.place.uid]):
        mailbox.remove(task.mail.place.uid)
    _finish(desk, task, place=place)


def _finish(
    desk: Desk, task: _Task, state: EffectState = EffectState.DONE, *, place: Place | None = None
) -> None:
    desk.store.ledger.finish(task.effect.id, state, desk.clock(), place=place)
    maillog.done(desk.slug, task.mail.id, task.effect.action)

"""Carries out what the rules asked for. The row comes first, and each effect may be repeated without harm.

Before a copy or a move the destination's UIDNEXT is noted: after a crash the mail is looked for from there on, by
its fingerprint, so nothing is copied twice and nothing is taken for moved that isn't. Effects go together, one
command for all mails that want the same; moves go last, for whatever else is done needs the mail where it was found.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

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


class _Command(IntEnum):
    """What the server is told, in this order."""

    NOTHING = 0
    MARK = 1
    COPY = 2
    MOVE = 3


_COMMANDS = {"keep": _Command.NOTHING, "mark": _Command.MARK, "copy": _Command.COPY}
_COMMANDS |= {"move": _Command.MOVE, "trash": _Command.MOVE}


@dataclass(frozen=True, slots=True)
class _Task:
    """One effect on one mail."""

    mail: MailRow
    effect: Effect


def act(desk: Desk, mailbox: Mailbox, folders: Folders) -> None:
    """Carry out every effect that is still pending, also those that a crash interrupted; each once a look."""
    tried: set[int] = set()
    while mails := [pair for pair in desk.store.ledger.pending(IMAP) if pair[0].id not in tried]:
        tried |= {mail.id for mail, _ in mails}
        _act_on(desk, mailbox, folders, mails)


def _act_on(
    desk: Desk, mailbox: Mailbox, folders: Folders, mails: Sequence[tuple[MailRow, tuple[Effect, ...]]]
) -> None:
    inbox = folders[Role.INBOX]
    uidvalidity = mailbox.select(inbox).uidvalidity
    tasks: list[_Task] = []
    for mail, effects in mails:
        if (mail.place.folder, mail.place.uidvalidity) != (inbox, uidvalidity):
            aside(desk, mail, "it no longer lies where the rules found it")
        elif _written(desk, mailbox, mail, effects):
            tasks += [_Task(mail, effect) for effect in effects if effect.action in _COMMANDS]
    failed: set[int] = set()  # these mails are not moved either, so that a person finds them
    for command, target, group in _grouped(tasks, folders):
        rest = [task for task in group if task.mail.id not in failed]
        failed |= _command_safely(desk, mailbox, folders, command, target, rest)


def _written(desk: Desk, mailbox: Mailbox, mail: MailRow, effects: tuple[Effect, ...]) -> bool:
    """Write the letters that are asked for on one mail; False: nothing else may be done with it now."""
    try:
        return write_letters(desk, mailbox, mail, effects)
    except ServerError as error:
        stumble(desk, mail, str(error))
        if not isinstance(error, FolderError):
            raise
    except MaildError as error:
        aside(desk, mail, str(error))
    except Exception as error:  # noqa: BLE001 - one bad mail never stops the others
        stumble(desk, mail, maillog.where(error))
    return False


def _grouped(tasks: Iterable[_Task], folders: Folders) -> Iterator[tuple[_Command, str, list[_Task]]]:
    """Which command on which mails: with its flags or its folder."""
    groups: dict[tuple[_Command, str], list[_Task]] = defaultdict(list)
    for task in tasks:
        groups[_COMMANDS[task.effect.action], _target(task.effect, folders)].append(task)
    for (command, target), group in sorted(groups.items(), key=lambda item: item[0]):
        yield command, target, group


def _target(effect: Effect, folders: Folders) -> str:
    if effect.action == "mark":
        return " ".join(_FLAGS.get(flag, flag) for flag in effect.value["flags"])
    return folders[Role.TRASH] if effect.action == "trash" else str(effect.value.get("folder", ""))


def _command_safely(
    desk: Desk, mailbox: Mailbox, folders: Folders, command: _Command, target: str, tasks: list[_Task]
) -> set[int]:
    """Give one command; returns the mails on which it failed."""
    try:
        if command in {_Command.COPY, _Command.MOVE}:
            return _transfer(desk, mailbox, folders, target, tasks)
        if command is _Command.MARK:
            _select_inbox(mailbox, folders, tasks)
            mailbox.add_flags([task.mail.place.uid for task in tasks], target.split())
    except FolderError as error:
        for task in tasks:
            stumble(desk, task.mail, str(error))
        return {task.mail.id for task in tasks}
    for task in tasks:
        _finish(desk, task)
    return set()


def _select_inbox(mailbox: Mailbox, folders: Folders, tasks: Iterable[_Task]) -> None:
    """Raises FolderError where the inbox was numbered anew meanwhile: the UIDs would name other mails."""
    uidvalidity = mailbox.select(folders[Role.INBOX]).uidvalidity
    if any(task.mail.place.uidvalidity != uidvalidity for task in tasks):
        raise FolderError("the inbox was numbered anew", permanent=False)


# Copies and moves.


def _transfer(desk: Desk, mailbox: Mailbox, folders: Folders, folder: str, tasks: list[_Task]) -> set[int]:
    """Copy or move; returns the mails that the server did not take there."""
    mailbox.ensure(folder)
    found = _already_there(mailbox, folder, [t for t in tasks if t.effect.state is EffectState.STARTED])
    _select_inbox(mailbox, folders, tasks)
    present = mailbox.flags([task.mail.place.uid for task in tasks])
    rest = []
    for task in tasks:
        if task.effect.id in found:
            _complete(desk, mailbox, task, found[task.effect.id], present)
        elif task.mail.place.uid in present:
            rest.append(task)
        else:
            _finish(desk, task, EffectState.GONE)
    return _transfer_now(desk, mailbox, folder, rest) if rest else set()


def _transfer_now(desk: Desk, mailbox: Mailbox, folder: str, tasks: list[_Task]) -> set[int]:
    target = mailbox.status(folder)
    desk.store.ledger.start(
        [task.effect.id for task in tasks], target.uidvalidity, target.uidnext, desk.clock()
    )
    uids = [task.mail.place.uid for task in tasks]
    copies = tasks[0].effect.action == "copy"
    results = mailbox.copy(uids, folder) if copies else mailbox.move(uids, folder)
    failed: set[int] = set()
    for task in tasks:
        if task.mail.place.uid not in results:
            stumble(desk, task.mail, f"the server did not take it into {folder}")
            failed.add(task.mail.id)
            continue
        new_uid = results[task.mail.place.uid]
        place = None if new_uid is None or copies else Place(folder, target.uidvalidity, new_uid)
        _finish(desk, task, place=place)
    return failed


def _already_there(mailbox: Mailbox, folder: str, tasks: list[_Task]) -> dict[int, Place]:
    """Which of these begun effects a crash or a cut connection had let through."""
    found: dict[int, Place] = {}
    if not tasks:
        return found
    status = mailbox.select(folder)
    begun = {
        task.effect.id: (task.effect.target_uidnext or 0, task.mail)
        for task in tasks
        if task.effect.target_uidvalidity == status.uidvalidity
    }
    lowest = min((uidnext for uidnext, _ in begun.values()), default=status.uidnext)
    arrived = {
        (fingerprint(IMAP, message.header, message.size), message.size): message.uid
        for message in mailbox.headers(mailbox.uids_from(lowest))
    }
    for effect_id, (uidnext, mail) in begun.items():
        # The fingerprint knows no body; the size keeps another text of the same name from being taken for this one.
        uid = arrived.get((mail.fingerprint, mail.size), 0)
        if uid >= max(uidnext, 1):
            found[effect_id] = Place(folder, status.uidvalidity, uid)
    return found


def _complete(desk: Desk, mailbox: Mailbox, task: _Task, place: Place, present: Collection[int]) -> None:
    """End what was interrupted: of a move by COPY the source may still be there."""
    if task.effect.action == "copy":
        _finish(desk, task)
        return
    if task.mail.place.uid in present:
        mailbox.remove(task.mail.place.uid)
    _finish(desk, task, place=place)


def _finish(
    desk: Desk, task: _Task, state: EffectState = EffectState.DONE, *, place: Place | None = None
) -> None:
    desk.store.ledger.finish(task.effect.id, state, desk.clock(), place=place)
    maillog.done(desk.slug, task.mail.id, task.effect.action)

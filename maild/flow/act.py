"""Carries out what the rules asked for. The row comes first, and each effect may be repeated without harm.

Before a copy or a move the destination's UIDNEXT is noted: after a crash the mail is looked for from there on, by
its fingerprint, so nothing is copied twice and nothing is taken for moved that isn't. Effects go together, one
command for all mails that want the same; moves go last, for whatever else is done needs the mail where it was found.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
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
from maild.store.orders import UNDO
from maild.store.records import Effect, EffectState, MailRow, MailState, Place

_FLAGS = {"seen": "\\Seen", "flagged": "\\Flagged"}


class _Command(IntEnum):
    """What the server is told, in this order."""

    NOTHING = 0
    MARK = 1
    COPY = 2
    MOVE = 3


_COMMANDS = {"keep": _Command.NOTHING, "mark": _Command.MARK, "copy": _Command.COPY}
_COMMANDS |= {"move": _Command.MOVE, "trash": _Command.MOVE, UNDO: _Command.MOVE}

_Arrivals = dict[tuple[str, int], list[Place]]  # by fingerprint and size
_Planned = tuple[MailRow, tuple[Effect, ...]]


@dataclass(frozen=True, slots=True, order=True)
class _Source:
    """A folder that mails lie in, as it was when they were found there."""

    folder: str
    uidvalidity: int


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


def _act_on(desk: Desk, mailbox: Mailbox, folders: Folders, mails: Iterable[_Planned]) -> None:
    """One folder after the other, the inbox first: there lies what is new."""
    by_source: dict[_Source, list[_Planned]] = defaultdict(list)
    for mail, effects in mails:
        by_source[_Source(mail.place.folder, mail.place.uidvalidity)].append((mail, effects))
    inbox = folders[Role.INBOX]
    for source in sorted(by_source, key=lambda source: (source.folder != inbox, source)):
        _act_in(desk, mailbox, folders, source, by_source[source])


def _act_in(
    desk: Desk, mailbox: Mailbox, folders: Folders, source: _Source, mails: Sequence[_Planned]
) -> None:
    if not _lie_there(desk, mailbox, folders, source, mails):
        return
    tasks: list[_Task] = []
    for mail, effects in mails:
        if _written(desk, mailbox, mail, effects):
            tasks += [_Task(mail, effect) for effect in effects if effect.action in _COMMANDS]
    failed: set[int] = set()  # these mails are not moved either, so that a person finds them
    for command, target, group in _grouped(tasks, folders):
        rest = [task for task in group if task.mail.id not in failed]
        failed |= _command_safely(desk, mailbox, source, command, target, rest)


def _lie_there(
    desk: Desk, mailbox: Mailbox, folders: Folders, source: _Source, mails: Sequence[_Planned]
) -> bool:
    """Select the folder; False: it is out of reach, or its numbers name other mails now.

    Raises FolderError where it is the inbox that is out of reach: without it there is nothing else to do either.
    """
    try:
        same = mailbox.select(source.folder).uidvalidity == source.uidvalidity
    except FolderError as error:
        if source.folder == folders[Role.INBOX]:
            raise
        for mail, _ in mails:
            stumble(desk, mail, str(error))
        return False
    for mail, _ in () if same else mails:
        aside(desk, mail, "it no longer lies where the rules found it")
    return same


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
    desk: Desk, mailbox: Mailbox, source: _Source, command: _Command, target: str, tasks: list[_Task]
) -> set[int]:
    """Give one command; returns the mails on which it failed."""
    try:
        if command in {_Command.COPY, _Command.MOVE}:
            return _transfer(desk, mailbox, source, target, tasks)
        if command is _Command.MARK:
            _select(mailbox, source)
            mailbox.add_flags([task.mail.place.uid for task in tasks], target.split())
    except FolderError as error:
        for task in tasks:
            stumble(desk, task.mail, str(error))
        return {task.mail.id for task in tasks}
    for task in tasks:
        _finish(desk, task)
    return set()


def _select(mailbox: Mailbox, source: _Source) -> None:
    """Raises FolderError where the folder was numbered anew meanwhile: the UIDs would name other mails."""
    if mailbox.select(source.folder).uidvalidity != source.uidvalidity:
        raise FolderError(f"folder {source.folder!r} was numbered anew", permanent=False)


# Copies and moves.


def _transfer(desk: Desk, mailbox: Mailbox, source: _Source, folder: str, tasks: list[_Task]) -> set[int]:
    """Copy or move; returns the mails that the server did not take there."""
    mailbox.ensure(folder)
    begun = [task for task in tasks if task.effect.state is EffectState.STARTED]
    arrivals = _arrivals(desk, mailbox, folder, begun) if begun else {}
    _select(mailbox, source)
    present = mailbox.flags([task.mail.place.uid for task in tasks])
    found = _already_there(begun, arrivals, present)
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


def _arrivals(desk: Desk, mailbox: Mailbox, folder: str, begun: Sequence[_Task]) -> _Arrivals:
    """What has come into a folder since these effects were begun, but for what is known to be another mail."""
    status = mailbox.select(folder)
    lowest = min(task.effect.target_uidnext or 1 for task in begun)
    uids = mailbox.uids_from(lowest)
    lying = desk.store.ledger.lying(IMAP, folder, status.uidvalidity, uids)
    settled = {uid for uid, row in lying.items() if row.state is not MailState.KNOWN}
    arrivals: _Arrivals = defaultdict(list)
    for message in mailbox.headers(uid for uid in uids if uid not in settled):
        name = fingerprint(IMAP, message.header, message.size), message.size
        arrivals[name].append(Place(folder, status.uidvalidity, message.uid))
    return arrivals


def _already_there(
    begun: Sequence[_Task], arrivals: _Arrivals, present: Collection[int]
) -> Mapping[int, Place]:
    """Which of these begun effects a crash or a cut connection had let through.

    What has arrived once stands for one mail only: of mails that look alike, first for one that is gone from its
    folder, then in the order in which the server was told.
    """
    found: dict[int, Place] = {}
    for task in sorted(begun, key=lambda task: (task.mail.place.uid in present, task.mail.place.uid)):
        # The fingerprint knows no body; the size keeps another text of the same name from being taken for this one.
        alike = arrivals.get((task.mail.fingerprint, task.mail.size), [])
        place = next((place for place in alike if _is_result(task.effect, place)), None)
        if place is not None:
            alike.remove(place)
            found[task.effect.id] = place
    return found


def _is_result(effect: Effect, place: Place) -> bool:
    same = effect.target_uidvalidity == place.uidvalidity
    return same and place.uid >= max(effect.target_uidnext or 0, 1)


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

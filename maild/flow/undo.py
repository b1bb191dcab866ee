"""Finds out which moved mails can go back to where they lay. Reads only; `flow.jobs` has it done.

Only a mail that still lies where the move put it goes back: where a person has taken it further, she knew why.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, takewhile

from maild.core.folder import folder_key
from maild.edge.imap import Mailbox
from maild.errors import FolderError
from maild.store.orders import Moved, Return
from maild.store.records import Place


@dataclass(frozen=True, slots=True)
class Back:
    """A mail that goes back, and where it lies now."""

    moved: Moved  # the last move
    order: Return

    @property
    def place(self) -> Place:
        """Where it lies."""
        return self.moved.place


@dataclass(frozen=True, slots=True)
class Staying:
    """A mail that stays where it is, wherever that may be."""

    moved: Moved
    reason: str  # one sentence


def find_returns(mailbox: Mailbox, moves: Iterable[Moved]) -> tuple[tuple[Back, ...], tuple[Staying, ...]]:
    """Which of these moves can be undone. The moves come mail by mail, of each mail the newest first.

    Several moves of one mail are undone in one step, back to where it lay before the first of them.
    """
    back: list[Back] = []
    staying: list[Staying] = []
    for _, group in groupby(moves, key=lambda moved: moved.mail_id):
        found = _return(list(group))
        if isinstance(found, Back):
            back.append(found)
        else:
            staying.append(found)
    there = _present(mailbox, [each.place for each in back])
    moved_on = [each for each in back if each.place not in there]
    gone = [Staying(each.moved, "it was moved on or deleted meanwhile") for each in moved_on]
    return tuple(each for each in back if each.place in there), (*staying, *gone)


def _return(moves: Sequence[Moved]) -> Back | Staying:
    """By what is written down; where the mail really lies is asked of the mailbox."""
    wanted = list(takewhile(lambda moved: moved.wanted, moves))
    if not wanted:
        return Staying(moves[0], "it was moved again since; undo that first")
    origin = wanted[-1].origin
    if not moves[0].settled:
        return Staying(moves[0], "something is still to be done with it")
    if origin is None or any(moved.place == moved.origin for moved in wanted):
        return Staying(moves[0], "it is not known where it lay, or where it lies now")
    if folder_key(origin.folder) == folder_key(moves[0].place.folder):
        return Staying(moves[0], "it lies there already")
    effects = tuple(moved.effect_id for moved in wanted)
    return Back(moves[0], Return(moves[0].mail_id, origin.folder, effects))


def _present(mailbox: Mailbox, places: Iterable[Place]) -> frozenset[Place]:
    """Which of these places hold a mail."""
    by_folder: dict[str, list[Place]] = defaultdict(list)
    for place in places:
        by_folder[place.folder].append(place)
    return frozenset(
        place for folder, here in by_folder.items() for place in _present_in(mailbox, folder, here)
    )


def _present_in(mailbox: Mailbox, folder: str, places: Sequence[Place]) -> list[Place]:
    try:
        uidvalidity = mailbox.examine(folder).uidvalidity
    except FolderError:
        return []
    same = [place for place in places if place.uidvalidity == uidvalidity]
    there = mailbox.flags([place.uid for place in same])
    return [place for place in same if "\\Deleted" not in there.get(place.uid, {"\\Deleted"})]

"""When somebody is to be reminded of a mail, and what is to be done about a reminder; pure, no mailbox and no clock.

A reminder stands for one mail that a person has to answer. It ends when a person has answered, whatever way, has
thrown the mail away, or has taken the reminder's flag off; an automatic answer ends nothing. It never decides that a
mail needs no answer.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from maild.core.durations import BusinessHours
from maild.core.hours import Calendar, Opening

USUAL_OPENINGS = (*(((Opening(8 * 60, 17 * 60),),) * 5), (), ())
"""Of a business that names no hours: Monday to Friday, 8 to 17. A reminder must fall due on some day."""

EXAMINED_EVERY = timedelta(minutes=30)
"""How often the mailbox is asked whether a mail is answered, apart from the moment at which its reminder is due."""


class ReminderState(StrEnum):
    """The life of a reminder."""

    OPEN = "open"  # nobody has answered yet, and there is time
    DUE = "due"  # committed before the mail is flagged; the note to the secretary stands as a row
    TOLD = "told"  # she has her note, the mail its flag; still unanswered
    DONE = "done"  # a person has answered
    CANCELLED = (
        "cancelled"  # thrown away, nowhere any more, or she took the flag off: there is nothing to answer
    )


PENDING = (ReminderState.OPEN, ReminderState.DUE, ReminderState.TOLD)


REMINDED = (ReminderState.DUE, ReminderState.TOLD)
"""The secretary has been reminded, and nobody has answered yet."""


class ReminderKind(StrEnum):
    """Why somebody is reminded."""

    RULE = "rule"  # `remind` in a rule: at its time she gets a note
    LIMIT = "limit"  # its draft or reminder could not be made: named in the team's morning mail, no note


@dataclass(frozen=True, slots=True)
class Reminder:
    """A mail that a person has to answer, as the store has it."""

    id: int
    mail_id: int
    kind: ReminderKind
    state: ReminderState
    due_at: datetime
    sender: str  # of the mail
    subject: str
    message_id: str
    received_at: datetime
    folder: str  # where maild left it
    uidvalidity: int
    uid: int
    drafted: bool  # a draft for it lies before the secretary
    answered: bool  # by what the store knows
    under_way: bool  # a person's answer waits in the outbox


@dataclass(frozen=True, slots=True)
class Standing:
    """How the mail stands in the mailbox."""

    answered: bool = False  # flagged so, or an answer of a person's lies in Sent
    in_trash: bool = False
    missing: bool = False  # in no folder; never true of a mail that can't be looked for
    unflagged: bool = False  # found, and not flagged


def due_at(after: timedelta | BusinessHours, start: datetime, calendar: Calendar) -> datetime:
    """When a time has passed since `start`, which is in the business's zone; in that zone, too.

    A business that names no hours counts Monday to Friday, 8 to 17; one that does not open for years, plain hours.
    """
    if isinstance(after, timedelta):
        return start + after
    counted = with_hours(calendar).after_business_hours(start, after.hours)
    return start + timedelta(hours=after.hours) if counted is None else counted


def overdue_before(after: timedelta | BusinessHours, now: datetime, calendar: Calendar) -> datetime:
    """The last moment, to the second, from which the time has passed by `now`; in the zone of `now`.

    So a query can tell what waits too long by its age alone. What is older than `_LONGEST` waits too long in any case.
    """
    if isinstance(after, timedelta):
        return now - after
    early, late = 0, int(_LONGEST.total_seconds())  # seconds before now: too few, and enough
    if due_at(after, now, calendar) <= now:
        return now
    while late - early > 1:
        middle = (early + late) // 2
        if due_at(after, _before(now, middle), calendar) <= now:
            late = middle
        else:
            early = middle
    return _before(now, late)


def next_state(reminder: Reminder, standing: Standing, now: datetime) -> ReminderState:
    """What a reminder becomes, now that the mailbox was asked."""
    if reminder.answered or standing.answered:
        return ReminderState.DONE
    if standing.in_trash or standing.missing or (reminder.state is ReminderState.TOLD and standing.unflagged):
        return ReminderState.CANCELLED
    is_due = reminder.state is ReminderState.OPEN and reminder.due_at <= now and not reminder.under_way
    if is_due and reminder.kind is ReminderKind.RULE:
        return ReminderState.DUE
    return reminder.state


def with_hours(calendar: Calendar) -> Calendar:
    """The calendar, or the same with the usual hours where it names none."""
    return calendar if any(calendar.openings) else replace(calendar, openings=USUAL_OPENINGS)


def _before(now: datetime, seconds: int) -> datetime:
    """In the zone of `now`, by the time that has passed and not by the clock on the wall."""
    return datetime.fromtimestamp(now.timestamp() - seconds, now.tzinfo)


_LONGEST = timedelta(days=400)

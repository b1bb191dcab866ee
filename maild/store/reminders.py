"""Reminders of mails that a person has to answer: made with the effect that asks for them, closed by what was seen.

What the store itself knows of an answer is read with each of them; what lies in the mailbox is for others to see.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, exists, func, insert, or_, select, update

from maild.core.lifecycle import WAITING
from maild.core.reminder import PENDING, Reminder, ReminderKind, ReminderState
from maild.store import schema
from maild.store.drafts import add_filing
from maild.store.engine import reading, writing
from maild.store.ledger import finish_effect
from maild.store.records import EffectState, LetterState, MailState, NewFiling

_ANSWERED = ("sent", "sent_by_secretary", "answered_without_draft")
"""States of a draft after which a person has answered its mail, one way or another."""
_GONE_WRONG = (LetterState.SENT, LetterState.SEND_FAILED, LetterState.CANCELLED)


class Reminders:
    """One client's mails that wait for a person's answer."""

    def __init__(self, engine: Engine, client: str) -> None:
        self._engine = engine
        self._client = client

    def add(self, effect_id: int, due_at: datetime, now: datetime) -> None:
        """Make the reminder that a rule asked for; its effect is done by that. Asked twice, there is one."""
        with writing(self._engine) as tx:
            self._add(tx, effect_id, ReminderKind.RULE, due_at, now)
            finish_effect(tx, self._client, effect_id, EffectState.DONE, now)

    def unmade(self, since: datetime, limit: int = 100) -> tuple[tuple[int, datetime], ...]:
        """Drafts and reminders that could not be made, of mails that nobody has taken away: effect, and reception.

        Only those that failed after `since`, and are not kept in view yet.
        """
        effect, mail = schema.effect.c, schema.mail.c
        known = exists().where(schema.reminder.c.effect_id == effect.id)
        query = (
            select(effect.id, mail.received_at)
            .join(schema.mail, and_(mail.client == effect.client, mail.id == effect.mail_id))
            .where(
                effect.client == self._client,
                effect.state == EffectState.FAILED,
                effect.action.in_(("draft", "remind")),
                effect.updated_at > since,
                mail.state != MailState.GONE,
                ~known,
            )
        )
        with reading(self._engine) as tx:
            return tuple(
                (row.id, row.received_at) for row in tx.execute(query.order_by(effect.id).limit(limit))
            )

    def add_limits(self, due: Sequence[tuple[int, datetime]], now: datetime) -> None:
        """Keep such mails in view: effect, and when the office's patience ends."""
        with writing(self._engine) as tx:
            for effect_id, due_at in due:
                self._add(tx, effect_id, ReminderKind.LIMIT, due_at, now)

    def to_examine(self, account: str, before: datetime, now: datetime, limit: int) -> tuple[Reminder, ...]:
        """Reminders to look into: those that are due come first, then whoever was not examined since `before`."""
        reminder = schema.reminder.c
        fresh = or_(reminder.examined_at.is_(None), reminder.examined_at <= before)
        waits_for_note = and_(
            reminder.kind == ReminderKind.RULE, reminder.state == ReminderState.OPEN, reminder.due_at <= now
        )
        urgent = or_(
            reminder.state == ReminderState.DUE, and_(waits_for_note, or_(fresh, self._unseen_since_due()))
        )
        query = (
            self._rows()
            .where(schema.mail.c.account == account, reminder.state.in_(PENDING), or_(fresh, urgent))
            .order_by(urgent.desc(), reminder.examined_at.is_not(None), reminder.examined_at, reminder.id)
        )
        with reading(self._engine) as tx:
            return tuple(_reminder(row) for row in tx.execute(query.limit(limit)))

    def awaits(self, mail_id: int) -> bool:
        """Whether a person still has to answer this mail."""
        query = select(schema.reminder.c.id).where(
            schema.reminder.c.client == self._client,
            schema.reminder.c.mail_id == mail_id,
            schema.reminder.c.state.in_(PENDING),
        )
        with reading(self._engine) as tx:
            return tx.execute(query.limit(1)).first() is not None

    def examined(self, reminders: Sequence[int], now: datetime) -> None:
        """The mailbox was asked after these, and nothing has changed."""
        with writing(self._engine) as tx:
            tx.execute(update(schema.reminder).where(self._those(reminders)).values(examined_at=now))

    def transition(
        self,
        reminder: Reminder,
        state: ReminderState,
        now: datetime,
        *,
        notice: NewFiling | None = None,
    ) -> bool:
        """Write down a new state and, with it, the note to the secretary; False where somebody else was first."""
        with writing(self._engine) as tx:
            changed = tx.execute(
                update(schema.reminder)
                .where(self._those([reminder.id]), schema.reminder.c.state == reminder.state)
                .values(state=state, examined_at=now, updated_at=now)
            ).rowcount
            if changed and notice is not None:
                add_filing(tx, self._client, notice, now)
            return bool(changed)

    def counts(self) -> dict[str, int]:
        """How many reminders are in each state."""
        query = (
            select(schema.reminder.c.state, func.count())
            .where(schema.reminder.c.client == self._client)
            .group_by(schema.reminder.c.state)
        )
        with reading(self._engine) as tx:
            return {state: count for state, count in tx.execute(query)}  # noqa: C416 - rows, not tuples

    def _add(
        self, tx: Connection, effect_id: int, kind: ReminderKind, due_at: datetime, now: datetime
    ) -> None:
        known = select(schema.reminder.c.id).where(
            schema.reminder.c.client == self._client, schema.reminder.c.effect_id == effect_id
        )
        if tx.execute(known).first() is not None:
            return
        mail_id = tx.execute(
            select(schema.effect.c.mail_id).where(
                schema.effect.c.client == self._client, schema.effect.c.id == effect_id
            )
        ).scalar_one()
        values = {"kind": kind, "due_at": due_at, "state": ReminderState.OPEN}
        tx.execute(
            insert(schema.reminder).values(
                client=self._client,
                mail_id=mail_id,
                effect_id=effect_id,
                created_at=now,
                updated_at=now,
                **values,
            )
        )

    def _rows(self) -> Any:
        reminder, mail = schema.reminder, schema.mail
        return (
            select(
                reminder,
                mail.c.sender,
                mail.c.subject,
                mail.c.message_id,
                mail.c.received_at,
                mail.c.place_folder,
                mail.c.place_uidvalidity,
                mail.c.place_uid,
                self._draft_in(WAITING).label("drafted"),
                or_(self._draft_in(_ANSWERED), self._reply_in(LetterState.SENT)).label("answered"),
                self._reply_not_in(_GONE_WRONG).label("under_way"),
            )
            .join(mail, and_(mail.c.client == reminder.c.client, mail.c.id == reminder.c.mail_id))
            .where(reminder.c.client == self._client)
        )

    def _unseen_since_due(self) -> ColumnElement[bool]:
        """So that a mail is asked after at the very moment at which its reminder is due."""
        return schema.reminder.c.examined_at < schema.reminder.c.due_at

    def _draft_in(self, states: Sequence[str]) -> ColumnElement[bool]:
        return self._of_the_mail(schema.draft, schema.draft.c.state.in_(states))

    def _reply_in(self, state: LetterState) -> ColumnElement[bool]:
        return self._of_the_mail(
            schema.letter, and_(schema.letter.c.kind == "reply", schema.letter.c.state == state)
        )

    def _reply_not_in(self, states: Sequence[LetterState]) -> ColumnElement[bool]:
        letter = schema.letter.c
        return self._of_the_mail(schema.letter, and_(letter.kind == "reply", letter.state.not_in(states)))

    def _of_the_mail(self, table: Any, where: ColumnElement[bool]) -> ColumnElement[bool]:
        same = and_(table.c.client == schema.reminder.c.client, table.c.mail_id == schema.reminder.c.mail_id)
        return exists().where(same, where)

    def _those(self, reminders: Sequence[int]) -> ColumnElement[bool]:
        return and_(schema.reminder.c.client == self._client, schema.reminder.c.id.in_(list(reminders)))


def _reminder(row: Row[Any]) -> Reminder:
    return Reminder(
        id=row.id,
        mail_id=row.mail_id,
        kind=ReminderKind(row.kind),
        state=ReminderState(row.state),
        due_at=row.due_at,
        sender=row.sender,
        subject=row.subject,
        message_id=row.message_id,
        received_at=row.received_at,
        folder=row.place_folder,
        uidvalidity=row.place_uidvalidity,
        uid=row.place_uid,
        drafted=bool(row.drafted),
        answered=bool(row.answered),
        under_way=bool(row.under_way),
    )

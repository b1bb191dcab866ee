"""What waits for a person at one client, and what was done for it: for the team's morning mail and the status.

Everything is read in one transaction, and of each kind only so much as a person will read; the rest is counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, Select, and_, distinct, exists, func, select

from maild.core.lifecycle import WAITING, DraftState
from maild.core.morning import Kind, Matter, Pile, Work
from maild.core.parse import parse_headers
from maild.core.reminder import REMINDED, ReminderState
from maild.store import schema
from maild.store.engine import reading
from maild.store.records import EffectState, LetterState, MailState

MOST = 50
"""Matters of one kind that are named; the others are counted."""

_BEFORE_HER = (DraftState.PRESENTED, DraftState.EDITING, DraftState.SUPERSEDED, DraftState.APPROVED)
_IN_TROUBLE = (DraftState.IN_DOUBT, DraftState.SEND_FAILED, DraftState.CLARIFY, DraftState.VANISHED)
_BY_HAND = (DraftState.SENT_BY_SECRETARY, DraftState.ANSWERED_WITHOUT_DRAFT)
_TOLD = timedelta(
    days=7
)  # for so long a note or a forward is named that did not arrive: nothing else can close it
_HEADER = 64 * 1024


@dataclass(frozen=True, slots=True)
class Patience:
    """What has waited since before these moments has waited too long."""

    unanswered: datetime  # mails, by when they came
    drafts: datetime  # by when they were written
    news: datetime  # what is told once is told if it is newer than this


class Overview:
    """One client's open matters and finished work."""

    def __init__(self, engine: Engine, client: str) -> None:
        self._engine = engine
        self._client = client

    def matters(self, patience: Patience, now: datetime, most: int = MOST) -> tuple[Pile, ...]:
        """All that a person has to look after, but for paused rules, files and servers; no mail stands there twice."""
        with reading(self._engine) as tx:
            piles = [
                self._letters(tx, Kind.IN_DOUBT, DraftState.IN_DOUBT, LetterState.IN_DOUBT, now, most),
                self._letters(
                    tx, Kind.SEND_FAILED, DraftState.SEND_FAILED, LetterState.SEND_FAILED, now, most
                ),
                self._drafts(tx, Kind.CLARIFY, schema.draft.c.state == DraftState.CLARIFY, most),
                self._drafts(tx, Kind.VANISHED, schema.draft.c.state == DraftState.VANISHED, most),
                self._reminders(tx, Kind.REMINDER, self._reminded(), most),
                self._reminders(tx, Kind.UNANSWERED, self._too_long_unanswered(patience.unanswered), most),
                self._drafts(tx, Kind.WAITING, self._too_long_waiting(patience.drafts), most),
                self._aside(tx, patience, most),
            ]
        return tuple(pile for pile in piles if pile.total)

    def work(self, since: datetime, until: datetime) -> Work:
        """What was done from `since` until just before `until`."""
        with reading(self._engine) as tx:
            return Work(
                received=self._received(tx, since, until),
                sorted=self._sorted(tx, since, until),
                drafted=self._counted(tx, schema.draft, schema.draft.c.created_at, since, until),
                by_hand=self._by_hand(tx, since, until),
                approved=self._sent(tx, ("reply",), since, until),
                answered=self._sent(tx, ("answer",), since, until),
                notes=self._sent(tx, ("note", "forward"), since, until),
            )

    def oldest_draft(self) -> datetime | None:
        """When the draft was written that has waited longest for a person; None: none waits."""
        query = select(func.min(schema.draft.c.created_at)).where(
            schema.draft.c.client == self._client, schema.draft.c.state.in_(_BEFORE_HER)
        )
        with reading(self._engine) as tx:
            found: datetime | None = tx.execute(query).scalar_one()
            return found

    # Matters.

    def _letters(
        self,
        tx: Connection,
        kind: Kind,
        state: DraftState,
        letter_state: LetterState,
        now: datetime,
        most: int,
    ) -> Pile:
        """Letters of drafts, for as long as nobody has dealt with them; others for some days."""
        drafts = self._drafts(tx, kind, schema.draft.c.state == state, most)
        others = self._loose_letters(tx, kind, letter_state, now, most)
        matters = sorted((*drafts.matters, *others.matters), key=_age)[:most]
        return Pile(kind, tuple(matters), drafts.total + others.total)

    def _drafts(self, tx: Connection, kind: Kind, where: ColumnElement[bool], most: int) -> Pile:
        draft, mail = schema.draft, schema.mail
        written = (Kind.VANISHED, Kind.WAITING)  # told with when it was written, the others with since when
        when = draft.c.created_at if kind in written else draft.c.updated_at
        query = (
            select(mail.c.subject, draft.c.recipients, when.label("at"))
            .join(mail, and_(mail.c.client == draft.c.client, mail.c.id == draft.c.mail_id))
            .where(draft.c.client == self._client, where)
            .order_by(when, draft.c.id)
        )
        return self._pile(
            tx, kind, query, most, lambda row: Matter(row.at, row.subject, _named(row.recipients))
        )

    def _loose_letters(
        self, tx: Connection, kind: Kind, state: LetterState, now: datetime, most: int
    ) -> Pile:
        """Letters without a draft; nobody waits for an automatic answer to arrive."""
        letter, content, outbox = schema.letter, schema.content, schema.outbox
        recipient = select(func.min(outbox.c.recipient)).where(
            outbox.c.client == letter.c.client, outbox.c.letter_id == letter.c.id, outbox.c.state != "sent"
        )
        query = (
            select(
                func.substr(content.c.raw, 1, _HEADER).label("head"),
                recipient.scalar_subquery().label("recipient"),
                letter.c.closed_at.label("at"),
            )
            .join(content, and_(content.c.client == letter.c.client, content.c.id == letter.c.content_id))
            .where(
                letter.c.client == self._client,
                letter.c.state == state,
                letter.c.draft_id.is_(None),
                letter.c.kind != "answer",
                letter.c.closed_at > now - _TOLD,
            )
            .order_by(letter.c.closed_at, letter.c.id)
        )
        return self._pile(
            tx, kind, query, most, lambda row: Matter(row.at, _subject(row.head), row.recipient or "")
        )

    def _reminders(self, tx: Connection, kind: Kind, where: ColumnElement[bool], most: int) -> Pile:
        reminder, mail = schema.reminder, schema.mail
        query = (
            select(mail.c.subject, mail.c.sender, mail.c.received_at, mail.c.place_folder)
            .join(reminder, and_(mail.c.client == reminder.c.client, mail.c.id == reminder.c.mail_id))
            .where(reminder.c.client == self._client, where)
            .group_by(mail.c.id)
            .order_by(mail.c.received_at, mail.c.id)
        )
        return self._pile(tx, kind, query, most, _received)

    def _aside(self, tx: Connection, patience: Patience, most: int) -> Pile:
        """News of mails that maild failed on, unless they are named among the unanswered, or answered by now."""
        mail, reminder = schema.mail.c, schema.reminder.c
        fresh = and_(reminder.state == ReminderState.OPEN, mail.received_at > patience.unanswered)
        settled = exists().where(reminder.client == mail.client, reminder.mail_id == mail.id, ~fresh)
        query = (
            select(mail.subject, mail.sender, mail.received_at, mail.place_folder)
            .where(
                mail.client == self._client,
                mail.state == MailState.ASIDE,
                mail.updated_at >= patience.news,
                ~settled,
            )
            .order_by(mail.received_at, mail.id)
        )
        return self._pile(tx, Kind.ASIDE, query, most, _received)

    def _pile(self, tx: Connection, kind: Kind, query: Select[Any], most: int, matter: Any) -> Pile:
        total = tx.execute(select(func.count()).select_from(query.order_by(None).subquery())).scalar_one()
        rows: Sequence[Row[Any]] = tx.execute(query.limit(most)).all() if total else ()
        return Pile(kind, tuple(matter(row) for row in rows), int(total))

    def _reminded(self) -> ColumnElement[bool]:
        """Told, and in no worse trouble."""
        reminder = schema.reminder.c
        told = reminder.state.in_(REMINDED)
        return and_(told, ~_has_draft(reminder, _IN_TROUBLE))

    def _too_long_unanswered(self, before: datetime) -> ColumnElement[bool]:
        """Without a draft, and not reminded of by another rule already."""
        reminder, other = schema.reminder.c, schema.reminder.alias()
        told = exists().where(
            other.c.client == reminder.client,
            other.c.mail_id == reminder.mail_id,
            other.c.state.in_(REMINDED),
        )
        drafted = _has_draft(reminder, (*WAITING, DraftState.VANISHED))
        is_old = schema.mail.c.received_at <= before
        return and_(reminder.state == ReminderState.OPEN, is_old, ~drafted, ~told)

    def _too_long_waiting(self, before: datetime) -> ColumnElement[bool]:
        """Unless its mail is reminded of already."""
        draft = schema.draft.c
        reminder = schema.reminder.alias()
        reminded = exists().where(
            reminder.c.client == draft.client,
            reminder.c.mail_id == draft.mail_id,
            reminder.c.state.in_(REMINDED),
        )
        return and_(draft.state.in_(_BEFORE_HER), draft.created_at <= before, ~reminded)

    # Work.

    def _received(self, tx: Connection, since: datetime, until: datetime) -> int:
        mail = schema.mail.c
        fresh = and_(mail.old.is_(False), mail.state != MailState.KNOWN)
        return self._counted(tx, schema.mail, mail.created_at, since, until, fresh)

    def _sorted(self, tx: Connection, since: datetime, until: datetime) -> int:
        effect, mail = schema.effect, schema.mail
        query = (
            select(func.count(distinct(effect.c.mail_id)))
            .join(mail, and_(mail.c.client == effect.c.client, mail.c.id == effect.c.mail_id))
            .where(
                effect.c.client == self._client,
                effect.c.action.in_(("move", "copy", "trash")),
                effect.c.state == EffectState.DONE,
                mail.c.old.is_(False),
                mail.c.decided_at >= since,
                mail.c.decided_at < until,
            )
        )
        return int(tx.execute(query).scalar_one())

    def _by_hand(self, tx: Connection, since: datetime, until: datetime) -> int:
        event = schema.draft_event.c
        query = select(func.count(distinct(event.draft_id))).where(
            event.client == self._client, event.at >= since, event.at < until, event.state_after.in_(_BY_HAND)
        )
        return int(tx.execute(query).scalar_one())

    def _sent(self, tx: Connection, kinds: Sequence[str], since: datetime, until: datetime) -> int:
        letter = schema.letter.c
        wanted = and_(letter.kind.in_(kinds), letter.state == LetterState.SENT)
        return self._counted(tx, schema.letter, letter.closed_at, since, until, wanted)

    def _counted(
        self,
        tx: Connection,
        table: Any,
        at: Any,
        since: datetime,
        until: datetime,
        *where: ColumnElement[bool],
    ) -> int:
        query = select(func.count()).where(table.c.client == self._client, at >= since, at < until, *where)
        return int(tx.execute(query).scalar_one())


def _has_draft(mail_of: Any, states: Sequence[DraftState]) -> ColumnElement[bool]:
    draft = schema.draft.c
    return exists().where(
        draft.client == mail_of.client, draft.mail_id == mail_of.mail_id, draft.state.in_(states)
    )


def _received(row: Row[Any]) -> Matter:
    return Matter(row.received_at, row.subject, row.sender, row.place_folder)


def _named(recipients: Sequence[str]) -> str:
    more = len(recipients) - 1
    return f"{recipients[0]} und {more} weitere" if more > 0 else "".join(recipients)


def _subject(head: bytes) -> str:
    header = bytes(head).partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    return parse_headers(header, size=len(header)).subject


def _age(matter: Matter) -> float:
    return matter.when.timestamp() if matter.when else 0.0

"""The outbox: letters with their bytes fixed, one row per recipient, and the history of each row.

States of a row and what a crash leaves in each stand in the README. A row in `sending` is committed before the
final dot; whoever finds it after a restart can't know whether the dot arrived, so it becomes `in_doubt`.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, and_, func, insert, select, update

from maild.core.action import Answer
from maild.core.lifecycle import Draft
from maild.core.memory import MailKey
from maild.store import schema
from maild.store.answers import refusal
from maild.store.drafts import add_filing, set_draft
from maild.store.engine import reading, writing
from maild.store.ledger import finish_effect
from maild.store.records import (
    OPEN_ROWS,
    WAITING_ROWS,
    EffectState,
    Letter,
    LetterState,
    NewFiling,
    NewLetter,
    OutboxRow,
    Place,
    Refusal,
    RowState,
)

LIFETIME = timedelta(days=3)
"""How long a letter is tried (RFC 5321, section 4.5.4.1: at least 4-5 days; a business letter is stale sooner)."""

ANSWER_LIFETIME = timedelta(days=1)
"""How long an automatic answer is tried: «we are closed until tomorrow» is wrong the day after."""

ANSWER_PRIO = 3
"""Behind every letter that a person waits for, before all bulk."""


class Outbox:
    """One client's outgoing mail."""

    def __init__(self, engine: Engine, client: str) -> None:
        self._engine = engine
        self._client = client

    def enqueue(self, letter: NewLetter, account: str, now: datetime) -> int | None:
        """Put a letter into the outbox, one row per recipient, however often it is named; its effect is done by that.

        Returns the letter's id, or None where the effect has its letter already, or where the draft has one that
        isn't closed: asked for twice, it is sent once.
        """
        with writing(self._engine) as tx:
            if self._has_letter(tx, letter):
                return None
            return self._enqueue(tx, letter, account, now, prio=0, lifetime=LIFETIME)

    def answer(
        self, letter: NewLetter, account: str, answer: Answer, key: MailKey, now: datetime
    ) -> int | Refusal | None:
        """Put an automatic answer to the mail of that key into the outbox, if nothing forbids it any more.

        That is asked in the transaction that enters it, so that of two at once one goes. Returns the letter's id;
        the refusal, with which the effect has ended; or None where the effect has its letter already.
        """
        with writing(self._engine) as tx:
            if self._has_letter(tx, letter):
                return None
            reason = refusal(tx, self._client, answer, key, letter.recipients[0], now)
            if not reason:
                return self._enqueue(tx, letter, account, now, prio=ANSWER_PRIO, lifetime=ANSWER_LIFETIME)
            if letter.effect_id is not None:
                finish_effect(tx, self._client, letter.effect_id, EffectState.FAILED, now, detail=reason)
            return Refusal(reason)

    def recover(self, account: str, now: datetime) -> tuple[int, int]:
        """After a start: give leases back, turn open dots into doubts; returns how many of each."""
        with writing(self._engine) as tx:
            ours = and_(schema.outbox.c.client == self._client, schema.outbox.c.account == account)
            doubts = select(schema.outbox.c.id).where(ours, schema.outbox.c.state == RowState.SENDING)
            tx.execute(
                update(schema.attempt)
                .where(
                    schema.attempt.c.client == self._client,
                    schema.attempt.c.outbox_id.in_(doubts),
                    schema.attempt.c.ended_at.is_(None),
                )
                .values(
                    outcome=RowState.IN_DOUBT, ended_at=now, text="maild was ended before the answer came"
                )
            )
            in_doubt = tx.execute(
                update(schema.outbox)
                .where(ours, schema.outbox.c.state == RowState.SENDING)
                .values(
                    state=RowState.IN_DOUBT,
                    reason="maild was ended while the server's answer was awaited",
                    updated_at=now,
                )
            ).rowcount
            released = tx.execute(
                update(schema.outbox)
                .where(ours, schema.outbox.c.state == RowState.LEASED)
                .values(state=RowState.QUEUED, generation=schema.outbox.c.generation + 1, updated_at=now)
            ).rowcount
            return released, in_doubt

    def due(self, account: str) -> datetime | None:
        """When the next row wants to be sent; None: none waits."""
        query = select(func.min(schema.outbox.c.next_at)).where(
            schema.outbox.c.client == self._client,
            schema.outbox.c.account == account,
            schema.outbox.c.state.in_(WAITING_ROWS),
        )
        with reading(self._engine) as tx:
            found: datetime | None = tx.execute(query).scalar_one()
            return found

    def claim(self, account: str, now: datetime, limit: int) -> tuple[OutboxRow, ...]:
        """Lease the rows that are due, the most urgent first; rows past their time expire instead."""
        table = schema.outbox
        ours = and_(
            table.c.client == self._client, table.c.account == account, table.c.state.in_(WAITING_ROWS)
        )
        with writing(self._engine) as tx:
            self._expire(tx, ours, now)
            due = select(table.c.id).where(ours, table.c.next_at <= now)
            ids = list(tx.execute(due.order_by(table.c.prio, table.c.id).limit(limit)).scalars())
            tx.execute(
                update(table)
                .where(table.c.client == self._client, table.c.id.in_(ids))
                .values(state=RowState.LEASED, generation=table.c.generation + 1, updated_at=now)
            )
            return tuple(self._leased(tx, row_id) for row_id in ids)

    def begin_sending(self, row: OutboxRow, now: datetime) -> bool:
        """The commit before the final dot; False: it must not be sent.

        Then the lease is no longer ours, or the row's time is up, of which it expires.
        """
        with writing(self._engine) as tx:
            held = self._held(row, RowState.LEASED)
            self._expire(tx, held, now)
            changed = tx.execute(
                update(schema.outbox)
                .where(held)
                .values(state=RowState.SENDING, attempts=row.attempts + 1, updated_at=now)
            ).rowcount
            if not changed:
                return False
            self._attempt(tx, row, now, RowState.SENDING)
            return True

    def settle(
        self,
        row: OutboxRow,
        state: RowState,
        now: datetime,
        *,
        phase: str,
        code: int,
        text: str,
        next_at: datetime | None = None,
        counts: bool = True,
    ) -> None:
        """Record how an attempt ended, once, and only while the row is ours.

        `counts` False: the account's fault, which costs the row no attempt unless the dot was already due.
        """
        with writing(self._engine) as tx:
            was = tx.execute(
                select(schema.outbox.c.state).where(
                    self._row(row.id), schema.outbox.c.generation == row.generation
                )
            ).scalar_one_or_none()
            if was not in {RowState.LEASED, RowState.SENDING}:
                return
            values: dict[str, Any] = {"state": state, "reason": text, "updated_at": now}
            if next_at is not None:
                values["next_at"] = next_at
            if was == RowState.LEASED and counts:
                self._attempt(tx, row, now, state)
                values["attempts"] = row.attempts + 1
            tx.execute(update(schema.outbox).where(self._row(row.id)).values(**values))
            tx.execute(
                update(schema.attempt)
                .where(
                    schema.attempt.c.client == self._client,
                    schema.attempt.c.outbox_id == row.id,
                    schema.attempt.c.number == row.attempts + 1,
                )
                .values(outcome=state, ended_at=now, phase=phase, code=code, text=text)
            )

    def release(self, row: OutboxRow, now: datetime) -> None:
        """Give a lease back untouched."""
        with writing(self._engine) as tx:
            tx.execute(
                update(schema.outbox)
                .where(self._held(row, RowState.LEASED))
                .values(state=RowState.QUEUED, updated_at=now)
            )

    def cancel(self, draft_id: int, now: datetime) -> bool:
        """Take an approval back; False where a row is on its way or gone already: then nothing is changed."""
        with writing(self._engine) as tx:
            letter_id = self._open_letter(tx, draft_id)
            return letter_id is None or self._cancel(tx, letter_id, now)

    def withdraw(self, letter_id: int, now: datetime) -> bool:
        """Take back the approval of a letter of her own; False where a row is on its way or gone already."""
        with writing(self._engine) as tx:
            return self._cancel(tx, letter_id, now)

    def has_open_letter(self, draft_id: int) -> bool:
        """Whether an approved letter of this draft isn't closed yet."""
        with reading(self._engine) as tx:
            return self._open_letter(tx, draft_id) is not None

    def reached(self, draft_id: int) -> frozenset[str]:
        """Recipients, in lower case, that have got, or may have got, a letter of this draft."""
        query = (
            select(schema.outbox.c.recipient)
            .join(schema.letter, schema.letter.c.id == schema.outbox.c.letter_id)
            .where(
                schema.outbox.c.client == self._client,
                schema.letter.c.draft_id == draft_id,
                schema.outbox.c.state.in_((RowState.SENT, RowState.SENDING, RowState.IN_DOUBT)),
            )
        )
        with reading(self._engine) as tx:
            return frozenset(address.lower() for address in tx.execute(query).scalars())

    def finished(self, account: str) -> tuple[Letter, ...]:
        """Letters of which no row is open any more and that aren't closed."""
        open_rows = (
            select(schema.outbox.c.id)
            .where(schema.outbox.c.letter_id == schema.letter.c.id, schema.outbox.c.state.in_(OPEN_ROWS))
            .exists()
        )
        ours = (
            select(schema.outbox.c.id)
            .where(schema.outbox.c.letter_id == schema.letter.c.id, schema.outbox.c.account == account)
            .exists()
        )
        query = select(schema.letter.c.id).where(
            schema.letter.c.client == self._client,
            # Of all letters ever only those in hand are looked at.
            schema.letter.c.state == LetterState.QUEUED,
            schema.letter.c.closed_at.is_(None),
            ~open_rows,
            ours,
        )
        with reading(self._engine) as tx:
            ids = tx.execute(query.order_by(schema.letter.c.id)).scalars().all()
            return tuple(self._load(tx, letter_id) for letter_id in ids)

    def close(
        self,
        letter_id: int,
        state: LetterState,
        now: datetime,
        *,
        draft: tuple[Draft, Draft] | None = None,
        notice: NewFiling | None = None,
    ) -> None:
        """All that follows the sending is done; the draft's last state and a notice are written with it."""
        with writing(self._engine) as tx:
            tx.execute(
                update(schema.letter).where(self._letter(letter_id)).values(state=state, closed_at=now)
            )
            if draft is not None:
                set_draft(tx, self._client, *draft, now)
            if notice is not None:
                add_filing(tx, self._client, notice, now)

    def counts(self) -> Mapping[str, int]:
        """How many rows are in each state."""
        query = (
            select(schema.outbox.c.state, func.count())
            .where(schema.outbox.c.client == self._client)
            .group_by(schema.outbox.c.state)
        )
        with reading(self._engine) as tx:
            return {state: count for state, count in tx.execute(query)}  # noqa: C416 - rows, not tuples

    def knows_message_id(self, message_id: str) -> bool:
        """Whether a letter of this client has this Message-ID."""
        query = select(schema.letter.c.id).where(
            schema.letter.c.client == self._client, schema.letter.c.message_id == message_id
        )
        with reading(self._engine) as tx:
            return tx.execute(query.limit(1)).first() is not None

    def _enqueue(
        self,
        tx: Connection,
        letter: NewLetter,
        account: str,
        now: datetime,
        *,
        prio: int,
        lifetime: timedelta,
    ) -> int:
        letter_id = self._insert_letter(tx, letter, now)
        for recipient in {address.lower(): address for address in letter.recipients}.values():
            tx.execute(
                insert(schema.outbox).values(
                    client=self._client,
                    letter_id=letter_id,
                    account=account,
                    recipient=recipient,
                    prio=prio,
                    state=RowState.QUEUED,
                    next_at=now,
                    expires_at=now + lifetime,
                    updated_at=now,
                )
            )
        if letter.effect_id is not None:
            finish_effect(tx, self._client, letter.effect_id, EffectState.DONE, now)
        return letter_id

    def _expire(self, tx: Connection, which: Any, now: datetime) -> None:
        tx.execute(
            update(schema.outbox)
            .where(which, schema.outbox.c.expires_at <= now)
            .values(state=RowState.EXPIRED, reason="could not be sent in time", updated_at=now)
        )

    def _cancel(self, tx: Connection, letter_id: int, now: datetime) -> bool:
        states = set(tx.execute(select(schema.outbox.c.state).where(self._of(letter_id))).scalars())
        if not states <= {RowState.QUEUED, RowState.LEASED, RowState.DEFERRED, RowState.HELD}:
            return False
        tx.execute(
            update(schema.outbox)
            .where(self._of(letter_id))
            .values(
                state=RowState.CANCELLED,
                generation=schema.outbox.c.generation + 1,
                reason="the approval was taken back",
                updated_at=now,
            )
        )
        tx.execute(
            update(schema.letter)
            .where(self._letter(letter_id))
            .values(state=LetterState.CANCELLED, closed_at=now)
        )
        return True

    def _has_letter(self, tx: Connection, letter: NewLetter) -> bool:
        if letter.own_key and self._has_own(tx, letter.own_key):
            return True
        if letter.draft_id is not None and self._open_letter(tx, letter.draft_id) is not None:
            return True
        if letter.effect_id is None:
            return False
        query = select(schema.letter.c.id).where(
            schema.letter.c.client == self._client, schema.letter.c.effect_id == letter.effect_id
        )
        return tx.execute(query).first() is not None

    def _has_own(self, tx: Connection, key: str) -> bool:
        """Whether a letter of her own is on its way, has arrived, or may have."""
        query = select(schema.letter.c.id).where(
            schema.letter.c.client == self._client,
            schema.letter.c.own_key == key,
            schema.letter.c.state.in_((LetterState.QUEUED, LetterState.SENT)),
        )
        return tx.execute(query.limit(1)).first() is not None

    def _open_letter(self, tx: Connection, draft_id: int) -> int | None:
        found: int | None = tx.execute(
            select(schema.letter.c.id).where(
                schema.letter.c.client == self._client,
                schema.letter.c.draft_id == draft_id,
                schema.letter.c.closed_at.is_(None),
            )
        ).scalar_one_or_none()
        return found

    def _insert_letter(self, tx: Connection, letter: NewLetter, now: datetime) -> int:
        inserted = tx.execute(
            insert(schema.letter).values(
                client=self._client,
                kind=letter.kind,
                mail_id=letter.mail_id,
                effect_id=letter.effect_id,
                draft_id=letter.draft_id,
                template=letter.template,
                own_key=letter.own_key,
                message_id=letter.message_id,
                envelope_from=letter.envelope_from,
                bcc=letter.bcc,
                content_id=self._content(tx, letter.raw),
                sources=[[place.folder, place.uidvalidity, place.uid] for place in letter.sources],
                state=LetterState.QUEUED,
                created_at=now,
            )
        ).inserted_primary_key
        return int(inserted[0]) if inserted else 0

    def _content(self, tx: Connection, raw: bytes) -> int:
        digest = hashlib.sha256(raw).hexdigest()
        query = select(schema.content.c.id).where(
            schema.content.c.client == self._client, schema.content.c.sha256 == digest
        )
        known = tx.execute(query).scalar_one_or_none()
        if known is not None:
            return int(known)
        inserted = tx.execute(
            insert(schema.content).values(client=self._client, sha256=digest, raw=raw)
        ).inserted_primary_key
        return int(inserted[0]) if inserted else 0

    def _leased(self, tx: Connection, row_id: int) -> OutboxRow:
        query = (
            select(
                schema.outbox, schema.letter.c.envelope_from, schema.content.c.raw, schema.content.c.sha256
            )
            .join(schema.letter, schema.letter.c.id == schema.outbox.c.letter_id)
            .join(schema.content, schema.content.c.id == schema.letter.c.content_id)
            .where(self._row(row_id))
        )
        row = tx.execute(query).one()
        return OutboxRow(
            id=row.id,
            letter_id=row.letter_id,
            generation=row.generation,
            attempts=row.attempts,
            recipient=row.recipient,
            envelope_from=row.envelope_from,
            expires_at=row.expires_at,
            raw=row.raw,
            sha256=row.sha256,
        )

    def _attempt(self, tx: Connection, row: OutboxRow, now: datetime, outcome: RowState) -> None:
        tx.execute(
            insert(schema.attempt).values(
                client=self._client,
                outbox_id=row.id,
                number=row.attempts + 1,
                started_at=now,
                outcome=outcome,
            )
        )

    def _load(self, tx: Connection, letter_id: int) -> Letter:
        query = (
            select(schema.letter, schema.content.c.raw)
            .join(schema.content, schema.content.c.id == schema.letter.c.content_id)
            .where(self._letter(letter_id))
        )
        found = tx.execute(query).one()
        rows = tx.execute(
            select(schema.outbox.c.recipient, schema.outbox.c.state, schema.outbox.c.reason)
            .where(self._of(letter_id))
            .order_by(schema.outbox.c.id)
        )
        return Letter(
            id=found.id,
            kind=found.kind,
            mail_id=found.mail_id,
            draft_id=found.draft_id,
            message_id=found.message_id,
            bcc=found.bcc,
            raw=found.raw,
            sources=tuple(Place(*source) for source in found.sources),
            rows=tuple((row.recipient, RowState(row.state), row.reason) for row in rows),
        )

    def _held(self, row: OutboxRow, state: RowState) -> Any:
        return and_(
            self._row(row.id),
            schema.outbox.c.generation == row.generation,
            schema.outbox.c.state == state,
        )

    def _row(self, row_id: int) -> Any:
        return and_(schema.outbox.c.client == self._client, schema.outbox.c.id == row_id)

    def _of(self, letter_id: int) -> Any:
        return and_(schema.outbox.c.client == self._client, schema.outbox.c.letter_id == letter_id)

    def _letter(self, letter_id: int) -> Any:
        return and_(schema.letter.c.client == self._client, schema.letter.c.id == letter_id)

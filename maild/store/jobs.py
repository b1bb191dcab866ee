"""Work on past mail that a person asked for: what is to be done, how far it has come, and how it ended.

A portion of a job is written down at once: the rows of its mails, their effects and how far the job has come, before
any mail is touched. So a crash anywhere leaves the job where it was, or one whole portion further.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, CursorResult, Engine, Row, and_, func, insert, select, update

from maild.store import schema
from maild.store.engine import StoreError, reading, writing
from maild.store.orders import (
    OPEN_JOBS,
    SETTLED,
    UNDO,
    Job,
    JobState,
    Order,
    PastMail,
    Portion,
    Return,
    kind_of,
    order_from,
    written,
)
from maild.store.records import EffectState, MailState, NewEffect, Place


class Jobs:
    """One client's jobs."""

    def __init__(self, engine: Engine, client: str) -> None:
        self._engine = engine
        self._client = client

    def add(self, order: Order, now: datetime) -> int:
        """Ask for a job; the daemon finds it within seconds."""
        with writing(self._engine) as tx:
            added = tx.execute(
                insert(schema.job).values(
                    client=self._client,
                    kind=kind_of(order),
                    arguments=written(order) | {"tries": 0, "unread": 0, "careful_until": 0},
                    state=JobState.QUEUED,
                    total=order.total,
                    created_at=now,
                    updated_at=now,
                )
            )
            return _inserted(added)

    def find(self, job_id: int) -> Job | None:
        """One job; None where this client has none of that number."""
        with reading(self._engine) as tx:
            row = tx.execute(_heads().where(self._job(job_id))).first()
        return None if row is None else _job(row)

    def recent(self, limit: int) -> tuple[Job, ...]:
        """The last jobs, newest first."""
        query = _heads().where(schema.job.c.client == self._client).order_by(schema.job.c.id.desc())
        with reading(self._engine) as tx:
            return tuple(_job(row) for row in tx.execute(query.limit(limit)))

    def next(self) -> Job | None:
        """The job to work on now: one after the other, in the order in which they were asked for."""
        mine = and_(schema.job.c.client == self._client, schema.job.c.state.in_(OPEN_JOBS))
        with reading(self._engine) as tx:
            row = tx.execute(_heads().where(mine).order_by(schema.job.c.id).limit(1)).first()
        return None if row is None else _job(row)

    def order(self, job_id: int) -> Order:
        """What is to be done; raises NoResultFound where there is no such job."""
        with reading(self._engine) as tx:
            row = tx.execute(select(schema.job.c.kind, schema.job.c.arguments).where(self._job(job_id))).one()
        return order_from(row.kind, row.arguments)

    def plan(self, job: Job, portion: Portion, done: int, now: datetime) -> None:
        """Write down what is done with a portion of an `apply`, and that `done` mails of it are worked off then.

        A mail for which something else is under way keeps that and gets nothing.
        """
        with writing(self._engine) as tx:
            self._advance(tx, job, done, now)
            for mail in portion.mails:
                if not mail.mail_id:
                    mail_id = self._enter(tx, portion, mail, now)
                elif mail.effects and self._reopen(tx, mail.mail_id, now):
                    mail_id = mail.mail_id
                else:
                    continue
                place = Place(portion.folder, portion.uidvalidity, mail.arrival.uid)
                self._add_effects(tx, job.id, mail_id, mail.effects, place, now)

    def plan_undo(self, job: Job, returns: Sequence[Return], done: int, now: datetime) -> None:
        """Write down which mails of a portion of an `undo` go back, and that `done` of them are worked off then."""
        with writing(self._engine) as tx:
            self._advance(tx, job, done, now)
            for back in returns:
                if self._reopen(tx, back.mail_id, now):
                    value = {"folder": back.folder, "effects": list(back.effects)}
                    place = self._place(tx, back.mail_id)
                    self._add_effects(tx, job.id, back.mail_id, [NewEffect("", UNDO, value)], place, now)

    def stumble(self, job: Job, reason: str, careful_until: int, now: datetime) -> int:
        """Count that the work broke off; returns how often in a row at this very place."""
        with writing(self._engine) as tx:
            arguments = tx.execute(select(schema.job.c.arguments).where(self._job(job.id))).scalar_one()
            tries = int(arguments["tries"]) + 1
            noted = {"tries": tries, "careful_until": max(careful_until, int(arguments["careful_until"]))}
            tx.execute(
                update(schema.job)
                .where(self._job(job.id))
                .values(arguments=arguments | noted, reason=reason, updated_at=now)
            )
            return tries

    def skip(self, job: Job, now: datetime) -> None:
        """Go on behind a mail at which the work breaks off again and again."""
        with writing(self._engine) as tx:
            self._advance(tx, job, job.done + 1, now, unread=job.unread + 1)

    def end(self, job_id: int, state: JobState, reason: str, now: datetime) -> None:
        """Close a job that is open."""
        with writing(self._engine) as tx:
            tx.execute(
                update(schema.job)
                .where(self._job(job_id), schema.job.c.state.in_(OPEN_JOBS))
                .values(state=state, reason=reason, updated_at=now)
            )

    def outcome(self, job_id: int) -> Mapping[EffectState, int]:
        """How many effects of a job are in which state."""
        effect, origin = schema.effect, schema.origin
        query = (
            select(effect.c.state, func.count())
            .join(origin, and_(origin.c.client == effect.c.client, origin.c.effect_id == effect.c.id))
            .where(origin.c.client == self._client, origin.c.job_id == job_id)
            .group_by(effect.c.state)
        )
        with reading(self._engine) as tx:
            return {EffectState(state): count for state, count in tx.execute(query)}

    def _advance(
        self, tx: Connection, job: Job, done: int, now: datetime, *, unread: int | None = None
    ) -> None:
        """Raises StoreError where the job isn't where the caller believes it to be: somebody else works on it."""
        arguments = tx.execute(select(schema.job.c.arguments).where(self._job(job.id))).scalar_one()
        noted = {"tries": 0, "unread": job.unread if unread is None else unread}
        moved = tx.execute(
            update(schema.job)
            .where(self._job(job.id), schema.job.c.done == job.done, schema.job.c.state.in_(OPEN_JOBS))
            .values(
                state=JobState.RUNNING,
                done=done,
                arguments=arguments | noted,
                reason="",
                updated_at=now,
            )
        )
        if not moved.rowcount:
            raise StoreError(f"job {job.id} of {self._client} is being worked on elsewhere")

    def _enter(self, tx: Connection, portion: Portion, mail: PastMail, now: datetime) -> int:
        """A row for a mail that the ledger doesn't know."""
        arrival = mail.arrival
        entered = tx.execute(
            insert(schema.mail).values(
                client=self._client,
                account=portion.account,
                folder=portion.folder,
                uidvalidity=portion.uidvalidity,
                place_folder=portion.folder,
                place_uidvalidity=portion.uidvalidity,
                place_uid=arrival.uid,
                state=MailState.PLANNED if mail.effects else MailState.DONE,
                rules=list(mail.rules),
                rules_version=portion.version,
                decided_at=now,
                created_at=now,
                updated_at=now,
                **{name: getattr(arrival, name) for name in arrival.__slots__},
            )
        )
        return _inserted(entered)

    def _reopen(self, tx: Connection, mail_id: int, now: datetime) -> bool:
        """Let a mail that was done with have further effects; False where it isn't done with."""
        opened = tx.execute(
            update(schema.mail)
            .where(self._mail(mail_id), schema.mail.c.state.in_(SETTLED))
            .values(state=MailState.PLANNED, reason="", attempts=0, updated_at=now)
        )
        return bool(opened.rowcount)

    def _place(self, tx: Connection, mail_id: int) -> Place:
        mail = schema.mail
        query = select(mail.c.place_folder, mail.c.place_uidvalidity, mail.c.place_uid)
        return Place(*tx.execute(query.where(self._mail(mail_id))).one())

    def _add_effects(
        self,
        tx: Connection,
        job_id: int,
        mail_id: int,
        effects: Sequence[NewEffect],
        place: Place,
        now: datetime,
    ) -> None:
        """Behind those that the mail has already, each with its job and where the mail lies."""
        taken = select(func.max(schema.effect.c.position)).where(
            schema.effect.c.client == self._client, schema.effect.c.mail_id == mail_id
        )
        last = tx.execute(taken).scalar_one()
        for position, effect in enumerate(effects, start=0 if last is None else last + 1):
            added = tx.execute(
                insert(schema.effect).values(
                    client=self._client,
                    mail_id=mail_id,
                    position=position,
                    rule=effect.rule,
                    action=effect.action,
                    value=effect.value,
                    state=EffectState.PLANNED,
                    updated_at=now,
                )
            )
            tx.execute(
                insert(schema.origin).values(
                    client=self._client,
                    effect_id=_inserted(added),
                    folder=place.folder,
                    uidvalidity=place.uidvalidity,
                    uid=place.uid,
                    job_id=job_id,
                )
            )

    def _job(self, job_id: int) -> Any:
        return and_(schema.job.c.client == self._client, schema.job.c.id == job_id)

    def _mail(self, mail_id: int) -> Any:
        return and_(schema.mail.c.client == self._client, schema.mail.c.id == mail_id)


def _inserted(result: CursorResult[Any]) -> int:
    key = result.inserted_primary_key
    return int(key[0]) if key else 0


def _heads() -> Any:
    job = schema.job.c
    return select(
        job.id,
        job.kind,
        job.state,
        job.total,
        job.done,
        job.arguments["tries"].as_integer().label("tries"),
        job.arguments["unread"].as_integer().label("unread"),
        job.arguments["careful_until"].as_integer().label("careful_until"),
        job.reason,
        job.created_at,
        job.updated_at,
    )


def _job(row: Row[Any]) -> Job:
    return Job(
        id=row.id,
        kind=row.kind,
        state=JobState(row.state),
        total=row.total,
        done=row.done,
        tries=row.tries,
        unread=row.unread,
        careful_until=row.careful_until,
        reason=row.reason,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )

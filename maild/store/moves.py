"""Moves that were made, where the mails lay before, and which of them were undone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, and_, func, insert, select, update

from maild.store import schema
from maild.store.engine import reading
from maild.store.orders import SETTLED, UNDO, Moved, Which
from maild.store.records import EffectState, Place

_MOVES = ("move", "trash")


class Moves:
    """One client's moved mails."""

    def __init__(self, engine: Engine, client: str) -> None:
        self._engine = engine
        self._client = client

    def done(self, which: Which) -> tuple[Moved, ...]:
        """The moves that are done, of each mail of which one is asked for; of a mail the newest first."""
        effect, mail, origin = schema.effect, schema.mail, schema.origin
        moved = and_(effect.c.action.in_(_MOVES), effect.c.state == EffectState.DONE)
        chosen = self._chosen(which).with_only_columns(effect.c.mail_id).where(moved)
        query = (
            self._chosen(Which())
            .with_only_columns(effect, mail.c.place_folder, mail.c.place_uidvalidity, mail.c.place_uid)
            .add_columns(mail.c.received_at, mail.c.message_id, mail.c.state.label("mail_state"))
            .add_columns(origin.c.folder, origin.c.uidvalidity, origin.c.uid)
            .where(moved, effect.c.mail_id.in_(chosen))
            .order_by(effect.c.mail_id.desc(), effect.c.position.desc())
        )
        with reading(self._engine) as tx:
            wanted = set(
                tx.execute(self._chosen(which).with_only_columns(effect.c.id).where(moved)).scalars()
            )
            return tuple(_moved(row, wanted=row.id in wanted) for row in tx.execute(query))

    def staying(self, which: Which) -> int:
        """How many marks and copies are done, of those asked for: nobody undoes them."""
        effect = schema.effect.c
        query = self._chosen(which).with_only_columns(func.count())
        query = query.where(effect.action.in_(("mark", "copy")), effect.state == EffectState.DONE)
        with reading(self._engine) as tx:
            return int(tx.execute(query).scalar_one())

    def _chosen(self, which: Which) -> Any:
        effect, mail, origin = schema.effect, schema.mail, schema.origin
        query = (
            select(effect)
            .join(mail, and_(mail.c.client == effect.c.client, mail.c.id == effect.c.mail_id))
            .outerjoin(origin, and_(origin.c.client == effect.c.client, origin.c.effect_id == effect.c.id))
            .where(effect.c.client == self._client)
        )
        if which.job:
            query = query.where(origin.c.job_id == which.job)
        if which.since is not None:
            query = query.where(effect.c.updated_at >= which.since)
        if which.message_id:
            query = query.where(mail.c.message_id == which.message_id)
        return query.where(effect.c.id.in_(which.effects)) if which.effects else query


def note_origins(tx: Connection, client: str, effects: Sequence[int]) -> None:
    """Within a transaction: write down where the mails lie that these effects are about to move."""
    effect, mail, origin = schema.effect, schema.mail, schema.origin
    query = (
        select(effect.c.id, mail.c.place_folder, mail.c.place_uidvalidity, mail.c.place_uid)
        .join(mail, and_(mail.c.client == effect.c.client, mail.c.id == effect.c.mail_id))
        .where(effect.c.client == client, effect.c.id.in_(effects), effect.c.action.in_(_MOVES))
    )
    for row in tx.execute(query).all():
        place = {"folder": row.place_folder, "uidvalidity": row.place_uidvalidity, "uid": row.place_uid}
        mine = and_(origin.c.client == client, origin.c.effect_id == row.id)
        if not tx.execute(update(origin).where(mine).values(**place)).rowcount:
            tx.execute(insert(origin).values(client=client, effect_id=row.id, **place))


def undone(tx: Connection, client: str, effect_id: int, now: datetime) -> None:
    """Within a transaction: this effect is done; if it moved a mail back, what it undid is undone now."""
    effect = schema.effect
    query = select(effect.c.value).where(
        effect.c.client == client, effect.c.id == effect_id, effect.c.action == UNDO
    )
    value = tx.execute(query).scalar_one_or_none()
    if value is not None:
        tx.execute(
            update(effect)
            .where(effect.c.client == client, effect.c.id.in_(value["effects"]))
            .values(state=EffectState.UNDONE, updated_at=now)
        )


def _moved(row: Row[Any], *, wanted: bool) -> Moved:
    return Moved(
        effect_id=row.id,
        mail_id=row.mail_id,
        action=row.action,
        when=row.updated_at,
        wanted=wanted,
        origin=None if row.folder is None else Place(row.folder, row.uidvalidity, row.uid),
        place=Place(row.place_folder, row.place_uidvalidity, row.place_uid),
        settled=row.mail_state in SETTLED,
        received_at=row.received_at,
        message_id=row.message_id,
    )

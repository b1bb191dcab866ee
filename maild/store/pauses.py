"""Rules that are paused, the mails that wait for them, and how much rules have acted of late.

A mail that waits carries the name of its rule; it lies untouched until the rule is resumed, or is gone.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, and_, distinct, func, insert, or_, select, update

from maild.store import schema
from maild.store.engine import reading, writing
from maild.store.records import MailState, Pause


class Pauses:
    """One client's paused rules."""

    def __init__(self, engine: Engine, client: str) -> None:
        self._engine = engine
        self._client = client

    def in_force(self) -> frozenset[str]:
        """The names of all paused rules."""
        with reading(self._engine) as tx:
            return paused_rules(tx, self._client)

    def all(self) -> tuple[Pause, ...]:
        """All paused rules, the oldest pause first, and how many mails wait for each."""
        pause = schema.pause.c
        query = select(pause.rule, pause.reason, pause.paused_at).where(
            pause.client == self._client, pause.resumed_at.is_(None)
        )
        with reading(self._engine) as tx:
            waiting = [rule for _, rule in self._waiting(tx)]
            return tuple(
                Pause(row.rule, row.reason, row.paused_at, waiting.count(row.rule))
                for row in tx.execute(query.order_by(pause.paused_at, pause.rule))
            )

    def pause(self, rule: str, reason: str, now: datetime) -> bool:
        """From now on the rule does nothing; False where it is paused already, and stays so for its first reason."""
        values = {"reason": reason, "paused_at": now, "resumed_at": None}
        with writing(self._engine) as tx:
            if rule in paused_rules(tx, self._client):
                return False
            if not tx.execute(update(schema.pause).where(self._is(rule)).values(**values)).rowcount:
                tx.execute(insert(schema.pause).values(client=self._client, rule=rule, **values))
            return True

    def resume(self, rule: str, now: datetime) -> int | None:
        """Let a rule act again and have its mails judged anew; returns how many, None where it was not paused.

        Mail that is in the ledger by now does not count for the brake any more: else the backlog would trip it.
        """
        with writing(self._engine) as tx:
            paused = and_(self._is(rule), schema.pause.c.resumed_at.is_(None))
            if not tx.execute(update(schema.pause).where(paused).values(resumed_at=now)).rowcount:
                return None
            return self._release(tx, [mail for mail, name in self._waiting(tx) if name == rule], now)

    def resumed(self) -> Mapping[str, datetime]:
        """When each rule was last resumed that is not paused now."""
        pause = schema.pause.c
        query = select(pause.rule, pause.resumed_at).where(
            pause.client == self._client, pause.resumed_at.is_not(None)
        )
        with reading(self._engine) as tx:
            return {row.rule: row.resumed_at for row in tx.execute(query)}

    def acted(self, since: datetime) -> Mapping[str, int]:
        """On how many mails decided after `since` each rule has acted, as the brake counts (`core.brake`)."""
        effect, mail, pause, origin = schema.effect, schema.mail, schema.pause, schema.origin
        ordered = (  # by a person, with `rules apply`
            select(origin.c.effect_id)
            .where(origin.c.effect_id == effect.c.id, origin.c.job_id.is_not(None))
            .exists()
        )
        query = (
            select(effect.c.rule, func.count(distinct(effect.c.mail_id)).label("mails"))
            .join(mail, and_(mail.c.client == effect.c.client, mail.c.id == effect.c.mail_id))
            .outerjoin(pause, and_(pause.c.client == effect.c.client, pause.c.rule == effect.c.rule))
            .where(
                effect.c.client == self._client,
                mail.c.decided_at > since,
                mail.c.old.is_(False),
                effect.c.action != "keep",
                ~ordered,
                or_(pause.c.resumed_at.is_(None), mail.c.created_at > pause.c.resumed_at),
            )
            .group_by(effect.c.rule)
        )
        with reading(self._engine) as tx:
            return {row.rule: int(row.mails) for row in tx.execute(query)}

    def known_rules(self) -> frozenset[str]:
        """Every rule that has ever done something, or is paused."""
        effect = schema.effect.c
        query = select(effect.rule).where(effect.client == self._client, effect.rule != "").distinct()
        with reading(self._engine) as tx:
            return frozenset(tx.execute(query).scalars()) | paused_rules(tx, self._client)

    def hold(self, mail_id: int, rule: str, now: datetime) -> None:
        """Leave a mail where it is until a rule is resumed; only a mail that is still to be judged."""
        with writing(self._engine) as tx:
            hold(tx, self._client, mail_id, rule, now)

    def release(self, still: Collection[str], now: datetime) -> int:
        """Have all mails judged anew but those that wait for these rules; returns how many."""
        with reading(self._engine) as tx:
            if all(rule in still for _, rule in self._waiting(tx)):
                return 0
        with writing(self._engine) as tx:
            return self._release(tx, [mail for mail, rule in self._waiting(tx) if rule not in still], now)

    def _waiting(self, tx: Connection) -> list[tuple[int, str]]:
        """Each mail that waits, with the rule that it waits for."""
        mail = schema.mail.c
        query = select(mail.id, mail.rules).where(mail.client == self._client, mail.state == MailState.PAUSED)
        return [(row.id, row.rules[0] if row.rules else "") for row in tx.execute(query.order_by(mail.id))]

    def _release(self, tx: Connection, mails: list[int], now: datetime) -> int:
        for start in range(0, len(mails), _CHUNK):
            tx.execute(
                update(schema.mail)
                .where(
                    schema.mail.c.client == self._client,
                    schema.mail.c.state == MailState.PAUSED,
                    schema.mail.c.id.in_(mails[start : start + _CHUNK]),
                )
                .values(state=MailState.SEEN, rules=[], reason="", updated_at=now)
            )
        return len(mails)

    def _is(self, rule: str) -> Any:
        return and_(schema.pause.c.client == self._client, schema.pause.c.rule == rule)


_CHUNK = 500


def paused_rules(tx: Connection, client: str) -> frozenset[str]:
    """Within a transaction: the names of a client's paused rules."""
    pause = schema.pause.c
    query = select(pause.rule).where(pause.client == client, pause.resumed_at.is_(None))
    return frozenset(tx.execute(query).scalars())


def hold(tx: Connection, client: str, mail_id: int, rule: str, now: datetime) -> None:
    """Within a transaction: a mail that was to be judged waits for a paused rule instead."""
    mail = schema.mail
    tx.execute(
        update(mail)
        .where(mail.c.client == client, mail.c.id == mail_id, mail.c.state == MailState.SEEN)
        .values(state=MailState.PAUSED, rules=[rule], reason=f'rule "{rule}" is paused', updated_at=now)
    )

"""What `relate` made of senders. contacts.csv, which people write, outweighs it; nothing here reads that file."""

from datetime import datetime

from sqlalchemy import Engine, insert, select, update

from maild.core.contact import Relationship
from maild.store import schema
from maild.store.engine import reading, writing
from maild.store.ledger import finish_effect
from maild.store.records import EffectState


class Relations:
    """What one client's senders are to it, as its rules have told."""

    def __init__(self, engine: Engine, client: str) -> None:
        self._engine = engine
        self._client = client

    def set(self, address: str, relationship: Relationship, effect_id: int, now: datetime) -> None:
        """Write down what a sender is from now on; the effect is done by that.

        The effect that was planned last has the last word, in whatever order they are carried out.
        """
        relation = schema.relation
        key = address.lower()
        with writing(self._engine) as tx:
            finish_effect(tx, self._client, effect_id, EffectState.DONE, now)
            which = (relation.c.client == self._client, relation.c.address == key)
            told = tx.execute(select(relation.c.effect_id).where(*which)).one_or_none()
            values = {"relationship": relationship, "effect_id": effect_id, "updated_at": now}
            if told is None:
                tx.execute(insert(relation).values(client=self._client, address=key, **values))
            elif (told.effect_id or 0) <= effect_id:
                tx.execute(update(relation).where(*which).values(**values))

    def all(self) -> dict[str, Relationship]:
        """Every sender of whom a rule has said something."""
        relation = schema.relation.c
        query = select(relation.address, relation.relationship).where(relation.client == self._client)
        with reading(self._engine) as tx:
            return {row.address: Relationship(row.relationship) for row in tx.execute(query)}

"""What rules may ask of the past, for a batch of mails at once: a few indexed questions in one transaction.

It reads only, and only one client's rows: two competitors that share a customer learn nothing of each other here.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Row, Select, Table, and_, func, select

from maild.core.contact import Relationship
from maild.core.folder import Role
from maild.core.lifecycle import DraftState
from maild.core.memory import DAY, MOST_MAILS, Given, MailKey, Past, Received, Sent
from maild.store import schema
from maild.store.engine import reading
from maild.store.records import OPEN_EFFECTS, LetterState, MailState, RowState

_CHUNK = 500
"""Values in one IN: SQLite takes some thousands, older ones 999."""

T = TypeVar("T")

_LETTERS = ("reply", "answer")
_NOT_GIVEN = (LetterState.CANCELLED, LetterState.SEND_FAILED)


class Histories:
    """One client's correspondence."""

    def __init__(self, engine: Engine, client: str) -> None:
        self._engine = engine
        self._client = client

    def past(self, senders: Collection[str], message_ids: Collection[str], now: datetime) -> Past:
        """All that is known of these senders, addresses in lower case, and of these Message-IDs.

        Automatic answers of the last 24 hours are told whoever got them.
        """
        known = frozenset(senders)
        named = known - {""}
        with reading(self._engine) as tx:
            return Past(
                senders=known,
                message_ids=frozenset(message_ids),
                received=tuple(mail for chunk in _chunks(named) for mail in self._received(tx, chunk)),
                sent=tuple(letter for chunk in _chunks(named) for letter in self._sent(tx, chunk)),
                answers=tuple(self._answers(tx, named, message_ids, now)),
                ours=frozenset(name for chunk in _chunks(message_ids) for name in self._ours(tx, chunk)),
                relations=dict(self._relations(tx, named)),
            )

    # Mails that came. A second copy of a mail is no second mail.

    def _received(self, tx: Connection, senders: list[str]) -> Iterator[Received]:
        mail = schema.mail.c
        place = (
            func.row_number().over(partition_by=mail.sender, order_by=mail.received_at.desc()).label("place")
        )
        newest = (
            select(mail.id, mail.sender, mail.message_id, mail.received_at, place)
            .where(mail.client == self._client, mail.sender.in_(senders), mail.state != MailState.KNOWN)
            .subquery()
        )
        for row in tx.execute(select(newest).where(newest.c.place <= MOST_MAILS)):
            yield Received(MailKey(row.sender, (), row.message_id, row.id), row.received_at)

    # Letters that left the house: by maild, or by her own hand.

    def _sent(self, tx: Connection, addresses: list[str]) -> Iterator[Sent]:
        outbox, letter, draft = schema.outbox, schema.letter, schema.draft
        by_maild = (
            select(
                outbox.c.recipient_key,
                outbox.c.updated_at,
                letter.c.template,
                draft.c.template.label("drafted"),
            )
            .join(letter, _same(letter, outbox.c.letter_id, outbox))
            .outerjoin(draft, _same(draft, letter.c.draft_id, letter))
            .where(
                outbox.c.client == self._client,
                outbox.c.recipient_key.in_(addresses),
                outbox.c.state == RowState.SENT,
                letter.c.kind.in_(_LETTERS),
            )
        )
        for row in tx.execute(by_maild):
            yield Sent(row.recipient_key, row.updated_at, row.template or row.drafted or "")
        recipient = func.json_each(draft.c.recipients).table_valued("value", name="recipient")
        address = func.lower(recipient.c.value)
        by_hand = (
            select(address.label("address"), draft.c.updated_at, draft.c.template)
            .select_from(draft)
            .join(recipient, recipient.c.value.is_not(None))
            .where(
                draft.c.client == self._client,
                draft.c.state == DraftState.SENT_BY_SECRETARY,
                address.in_(addresses),
            )
        )
        for drafted in tx.execute(by_hand):
            yield Sent(drafted.address, drafted.updated_at, drafted.template)

    def _ours(self, tx: Connection, message_ids: list[str]) -> Iterator[str]:
        """Letters by maild, and what lay in Sent and belonged to a draft: she had sent it, under whatever name."""
        letter, sighting = schema.letter.c, schema.sighting.c
        by_maild = select(letter.message_id).where(
            letter.client == self._client,
            letter.message_id.in_(message_ids),
            letter.kind.in_(_LETTERS),
            letter.state.not_in(_NOT_GIVEN),
        )
        by_hand = select(sighting.message_id).where(
            sighting.client == self._client,
            sighting.message_id.in_(message_ids),
            sighting.role == Role.SENT,
            sighting.draft_id.is_not(None),
        )
        yield from tx.execute(by_maild).scalars()
        yield from tx.execute(by_hand).scalars()

    # Automatic answers, given and planned.

    def _answers(
        self, tx: Connection, senders: Collection[str], message_ids: Collection[str], now: datetime
    ) -> Iterator[Given]:
        yield from given_answers(tx, self._client, senders, message_ids, now)
        for row in self._planned(tx, "answer"):
            who = frozenset(filter(None, (row.sender,)))
            yield Given(who, str(row.value["template"]), row.updated_at, _thread(row), row.mail_id)

    # What `relate` made of senders. An effect that is still to be carried out counts: the next mail may hang on it.

    def _relations(self, tx: Connection, senders: Collection[str]) -> Iterator[tuple[str, Relationship]]:
        relation = schema.relation.c
        for chunk in _chunks(senders):
            query = select(relation.address, relation.relationship)
            for row in tx.execute(query.where(relation.client == self._client, relation.address.in_(chunk))):
                yield row.address, Relationship(row.relationship)
        for planned in self._planned(tx, "relate"):
            if planned.sender in senders:
                yield planned.sender, Relationship(planned.value["relationship"])

    def _planned(self, tx: Connection, action: str) -> Sequence[Row[Any]]:
        """Effects that are still to be carried out, oldest first, each with its mail."""
        effect, mail = schema.effect, schema.mail
        query: Select[Any] = (
            select(
                effect.c.value,
                effect.c.updated_at,
                effect.c.mail_id,
                mail.c.sender,
                mail.c.message_id,
                mail.c.refers_to,
            )
            .join(mail, _same(mail, effect.c.mail_id, effect))
            .where(
                effect.c.client == self._client, effect.c.state.in_(OPEN_EFFECTS), effect.c.action == action
            )
        )
        return tx.execute(query.order_by(effect.c.id)).all()


def given_answers(
    tx: Connection, client: str, senders: Collection[str], message_ids: Collection[str], now: datetime
) -> Iterator[Given]:
    """Within a transaction: the automatic answers of the last 24 hours, those to these people (addresses in lower
    case, of who wrote or who got it), and those that are, or answer, one of these messages, however old.
    """
    letter, mail, outbox = schema.letter, schema.mail, schema.outbox
    given = select(letter.c.id).where(
        letter.c.client == client, letter.c.kind == "answer", letter.c.state.not_in(_NOT_GIVEN)
    )
    to_mail = given.join(mail, _same(mail, letter.c.mail_id, letter))
    to_whom = given.join(outbox, and_(outbox.c.client == letter.c.client, outbox.c.letter_id == letter.c.id))
    queries = [given.where(letter.c.created_at > now - DAY)]
    for chunk in _chunks(senders):
        queries += [
            to_mail.where(mail.c.sender.in_(chunk)),
            to_whom.where(outbox.c.recipient_key.in_(chunk)),
        ]
    for chunk in _chunks(message_ids):
        queries += [
            given.where(letter.c.message_id.in_(chunk)),
            to_mail.where(mail.c.message_id.in_(chunk)),
        ]
    found = {letter_id for query in queries for letter_id in tx.execute(query).scalars()}
    for letters in _chunks(found):
        yield from _given(tx, client, letters)


def _given(tx: Connection, client: str, letters: list[int]) -> Iterator[Given]:
    letter, mail, outbox = schema.letter, schema.mail, schema.outbox
    query: Select[Any] = (
        select(
            letter.c.id,
            letter.c.template,
            letter.c.created_at,
            letter.c.message_id.label("own_id"),
            letter.c.mail_id,
            mail.c.sender,
            mail.c.message_id,
            mail.c.refers_to,
            outbox.c.recipient_key,
        )
        .outerjoin(mail, _same(mail, letter.c.mail_id, letter))
        .outerjoin(outbox, and_(outbox.c.client == letter.c.client, outbox.c.letter_id == letter.c.id))
        .where(letter.c.client == client, letter.c.id.in_(letters))
    )
    rows = defaultdict(list)
    for row in tx.execute(query):
        rows[row.id].append(row)
    for group in rows.values():
        row = group[0]
        who = frozenset(filter(None, (row.sender, *(each.recipient_key for each in group))))
        yield Given(who, row.template, row.created_at, _thread(row) | {row.own_id}, row.mail_id or 0)


def _same(table: Table, link: Any, owner: Table) -> Any:
    """A row and the one that it points at; both are the same client's."""
    return and_(table.c.client == owner.c.client, table.c.id == link)


def _thread(row: Row[Any]) -> frozenset[str]:
    return frozenset(filter(None, (row.message_id, *(row.refers_to or ()))))


def _chunks(values: Collection[T]) -> Iterator[list[T]]:
    found = list(values)
    for start in range(0, len(found), _CHUNK):
        yield found[start : start + _CHUNK]

"""Drafts, the places where they were seen, and the messages that maild still has to lay into a folder."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, and_, func, insert, or_, select, update

from maild.core.lifecycle import OPEN, Draft, DraftState
from maild.store import schema
from maild.store.engine import reading, writing
from maild.store.ledger import finish_effect
from maild.store.records import EffectState, Filing, FilingState, NewDraft, NewFiling, Place, Sight, Sighting


class Drafts:
    """One client's replies under review."""

    def __init__(self, engine: Engine, client: str) -> None:
        self._engine = engine
        self._client = client

    def open(self, draft: NewDraft, raw: bytes, flags: tuple[str, ...], role: str, now: datetime) -> int:
        """Write down a draft and its bytes before it is laid anywhere; its effect is done by that."""
        with writing(self._engine) as tx:
            values = {name: getattr(draft, name) for name in draft.__slots__}
            values |= {"recipients": list(draft.recipients), "gaps": list(draft.gaps)}
            inserted = tx.execute(
                insert(schema.draft).values(
                    client=self._client, state=DraftState.PLANNED, created_at=now, updated_at=now, **values
                )
            ).inserted_primary_key
            draft_id = int(inserted[0]) if inserted else 0
            filing = NewFiling(draft.account, "draft", role, draft.message_id, flags, raw, draft_id=draft_id)
            add_filing(tx, self._client, filing, now)
            finish_effect(tx, self._client, draft.effect_id, EffectState.DONE, now)
            return draft_id

    def get(self, draft_id: int) -> Draft:
        """One draft."""
        with reading(self._engine) as tx:
            return _draft(tx.execute(select(schema.draft).where(self._is(draft_id))).one())

    def open_drafts(self, account: str) -> tuple[Draft, ...]:
        """All whose matter isn't closed."""
        query = select(schema.draft).where(
            schema.draft.c.client == self._client,
            schema.draft.c.account == account,
            schema.draft.c.state.in_(OPEN),
        )
        with reading(self._engine) as tx:
            return tuple(_draft(row) for row in tx.execute(query.order_by(schema.draft.c.id)))

    def watched(self, account: str) -> bool:
        """Whether a draft waits for a person or for what follows an approval: then maild looks more often."""
        query = select(schema.draft.c.id).where(
            schema.draft.c.client == self._client,
            schema.draft.c.account == account,
            schema.draft.c.state.in_(OPEN),
            schema.draft.c.state != DraftState.VANISHED,
        )
        with reading(self._engine) as tx:
            return tx.execute(query.limit(1)).first() is not None

    def match(self, account: str, tokens: Sequence[str], message_ids: Sequence[str]) -> Mapping[str, int]:
        """Which of these tokens and Message-IDs belong to an open draft: each to the draft's id."""
        table = schema.draft
        query = select(table.c.id, table.c.token, table.c.message_id).where(
            table.c.client == self._client,
            table.c.account == account,
            table.c.state.in_(OPEN),
            or_(table.c.token.in_(list(tokens)), table.c.message_id.in_(list(message_ids))),
        )
        with reading(self._engine) as tx:
            found = tx.execute(query).all()
        return {row.token: row.id for row in found} | {row.message_id: row.id for row in found}

    def closed(self, token: str) -> Draft | None:
        """The draft that this token belonged to, if its matter is closed."""
        query = select(schema.draft).where(
            schema.draft.c.client == self._client,
            schema.draft.c.token == token,
            schema.draft.c.state.not_in(OPEN),
        )
        with reading(self._engine) as tx:
            row = tx.execute(query).one_or_none()
            return None if row is None else _draft(row)

    def sight(
        self,
        account: str,
        role: str,
        folder: str,
        uidvalidity: int,
        sights: Sequence[Sight],
        next_uid: int,
        now: datetime,
    ) -> None:
        """Enter what new messages of a folder mean, and how far the folder has been read, at once.

        Read again, as after a change of UIDVALIDITY that was taken back, a message counts as found anew.
        """
        with writing(self._engine) as tx:
            for sight in sights:
                place = {
                    "client": self._client,
                    "account": account,
                    "folder": folder,
                    "uidvalidity": uidvalidity,
                    "uid": sight.uid,
                }
                meaning = {
                    "role": role,
                    "draft_id": sight.draft_id,
                    "message_id": sight.message_id,
                    "found_at": now,
                    "gone_at": None,
                }
                known = update(schema.sighting).filter_by(**place).values(**meaning)
                if not tx.execute(known).rowcount:
                    tx.execute(insert(schema.sighting).values(**place, **meaning))
            tx.execute(
                update(schema.folder)
                .where(
                    schema.folder.c.client == self._client,
                    schema.folder.c.account == account,
                    schema.folder.c.name == folder,
                )
                .values(next_uid=next_uid)
            )

    def sightings(self, account: str) -> tuple[Sighting, ...]:
        """All messages that still lie where they were seen, of open drafts and of none, oldest first."""
        table = schema.sighting
        open_drafts = select(schema.draft.c.id).where(
            schema.draft.c.client == self._client, schema.draft.c.state.in_(OPEN)
        )
        query = select(table).where(
            table.c.client == self._client,
            table.c.account == account,
            table.c.gone_at.is_(None),
            or_(table.c.draft_id.is_(None), table.c.draft_id.in_(open_drafts)),
        )
        with reading(self._engine) as tx:
            return tuple(_sighting(row) for row in tx.execute(query.order_by(table.c.id)))

    def gone(self, sightings: Sequence[int], now: datetime) -> None:
        """These messages no longer lie where they were seen."""
        with writing(self._engine) as tx:
            tx.execute(
                update(schema.sighting)
                .where(schema.sighting.c.client == self._client, schema.sighting.c.id.in_(list(sightings)))
                .values(gone_at=now)
            )

    def transition(
        self, before: Draft, after: Draft, now: datetime, *, notice: NewFiling | None = None
    ) -> None:
        """Write down a new state and, with it, the notice that explains it."""
        with writing(self._engine) as tx:
            set_draft(tx, self._client, before, after, now)
            if notice is not None:
                add_filing(tx, self._client, notice, now)

    def file(self, filing: NewFiling, now: datetime) -> None:
        """Have a message laid into a folder; once per Message-ID and folder, however often it is asked."""
        with writing(self._engine) as tx:
            add_filing(tx, self._client, filing, now)

    def laid(self, draft_id: int, place: Place | None, now: datetime) -> None:
        """A draft lies in the mailbox (at `place`, where the server named it)."""
        with writing(self._engine) as tx:
            values: dict[str, Any] = {"state": DraftState.PRESENTED, "updated_at": now}
            if place is not None:
                values |= {"uidvalidity": place.uidvalidity, "uid": place.uid}
            tx.execute(
                update(schema.draft)
                .where(self._is(draft_id), schema.draft.c.state == DraftState.PLANNED)
                .values(**values)
            )
            ours = and_(schema.filing.c.draft_id == draft_id, schema.filing.c.purpose == "draft")
            _filed(tx, self._client, ours, now)

    def filings(self, account: str) -> tuple[Filing, ...]:
        """Messages that are still to be laid into a folder, oldest first."""
        query = select(schema.filing).where(
            schema.filing.c.client == self._client,
            schema.filing.c.account == account,
            schema.filing.c.state != FilingState.DONE,
        )
        with reading(self._engine) as tx:
            return tuple(_filing(row) for row in tx.execute(query.order_by(schema.filing.c.id)))

    def begin_filing(self, filing_id: int, now: datetime) -> None:
        """Note, before the server is told, that a message may lie in its folder from now on."""
        with writing(self._engine) as tx:
            tx.execute(
                update(schema.filing)
                .where(
                    schema.filing.c.client == self._client,
                    schema.filing.c.id == filing_id,
                    schema.filing.c.state == FilingState.PENDING,
                )
                .values(state=FilingState.STARTED, updated_at=now)
            )

    def filed(self, filing_id: int, now: datetime) -> None:
        """A message lies in its folder; its bytes are no longer kept."""
        with writing(self._engine) as tx:
            _filed(tx, self._client, schema.filing.c.id == filing_id, now)

    def counts(self) -> Mapping[str, int]:
        """How many drafts are in each state."""
        query = (
            select(schema.draft.c.state, func.count())
            .where(schema.draft.c.client == self._client)
            .group_by(schema.draft.c.state)
        )
        with reading(self._engine) as tx:
            return {state: count for state, count in tx.execute(query)}  # noqa: C416 - rows, not tuples

    def _is(self, draft_id: int) -> Any:
        return and_(schema.draft.c.client == self._client, schema.draft.c.id == draft_id)


def set_draft(tx: Connection, client: str, before: Draft, after: Draft, now: datetime) -> None:
    """Within a transaction: write what differs, provided that nobody changed the state meanwhile."""
    tx.execute(
        update(schema.draft)
        .where(
            schema.draft.c.client == client,
            schema.draft.c.id == before.id,
            schema.draft.c.state == before.state,
        )
        .values(
            state=after.state,
            reason=after.reason,
            edited=after.edited,
            uidvalidity=after.uidvalidity,
            uid=after.uid,
            refused=[list(pair) for pair in after.refused],
            approved_at=after.approved_at,
            absent_since=after.absent_since,
            absent_looks=after.absent_looks,
            updated_at=now,
        )
    )


def add_filing(tx: Connection, client: str, filing: NewFiling, now: datetime) -> None:
    """Within a transaction: have a message laid into a folder; asked for twice, it is laid there once."""
    known = tx.execute(
        select(schema.filing.c.id).where(
            schema.filing.c.client == client,
            schema.filing.c.message_id == filing.message_id,
            schema.filing.c.role == filing.role,
        )
    ).first()
    if known is None:
        values = {name: getattr(filing, name) for name in filing.__slots__} | {"flags": list(filing.flags)}
        tx.execute(
            insert(schema.filing).values(client=client, state=FilingState.PENDING, updated_at=now, **values)
        )


def _filed(tx: Connection, client: str, which: Any, now: datetime) -> None:
    tx.execute(
        update(schema.filing)
        .where(schema.filing.c.client == client, which)
        .values(state=FilingState.DONE, raw=None, updated_at=now)
    )


def _draft(row: Row[Any]) -> Draft:
    return Draft(
        id=row.id,
        mail_id=row.mail_id,
        token=row.token,
        template=row.template,
        state=DraftState(row.state),
        reason=row.reason,
        message_id=row.message_id,
        original_id=row.original_id,
        gaps=tuple(row.gaps),
        text_hash=row.text_hash,
        edited=row.edited,
        uidvalidity=row.uidvalidity,
        uid=row.uid,
        refused=tuple((pair[0], pair[1]) for pair in row.refused),
        approved_at=row.approved_at,
        absent_since=row.absent_since,
        absent_looks=row.absent_looks,
        created_at=row.created_at,
    )


def _sighting(row: Row[Any]) -> Sighting:
    return Sighting(
        id=row.id,
        role=row.role,
        place=Place(row.folder, row.uidvalidity, row.uid),
        draft_id=row.draft_id,
        message_id=row.message_id,
        found_at=row.found_at,
    )


def _filing(row: Row[Any]) -> Filing:
    return Filing(
        id=row.id,
        purpose=row.purpose,
        role=row.role,
        message_id=row.message_id,
        flags=tuple(row.flags),
        raw=row.raw,
        state=FilingState(row.state),
        draft_id=row.draft_id,
        letter_id=row.letter_id,
    )

"""Letters that she wrote herself and approved: what became of each, and which ones are known from Sent.

Such a letter has no token. It is recognised by its key: its Message-ID, or where it has none its fingerprint. Nothing
is said here of whether it may be sent.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Engine, insert, select, update

from maild.store import schema
from maild.store.drafts import add_filing
from maild.store.engine import reading, writing
from maild.store.records import Dispatch, LetterState, NewFiling, Place, RowState, Verdict

_CHUNK = 500  # bound variables of one statement


class OwnLetters:
    """One client's letters without a token."""

    def __init__(self, engine: Engine, client: str) -> None:
        self._engine = engine
        self._client = client

    def note_sent(self, reading_: str, folder: str, keys: Iterable[str], next_uid: int) -> None:
        """Enter what lies in Sent, and how far it has been read (the cursor of the account `reading_`), at once."""
        with writing(self._engine) as tx:
            fresh = list(dict.fromkeys(keys))
            for start in range(0, len(fresh), _CHUNK):
                chunk = fresh[start : start + _CHUNK]
                query = select(schema.sent_key.c.key).where(
                    schema.sent_key.c.client == self._client, schema.sent_key.c.key.in_(chunk)
                )
                known = set(tx.execute(query).scalars())
                rows = [{"client": self._client, "key": key} for key in chunk if key not in known]
                if rows:
                    tx.execute(insert(schema.sent_key), rows)
            tx.execute(
                update(schema.folder)
                .where(
                    schema.folder.c.client == self._client,
                    schema.folder.c.account == reading_,
                    schema.folder.c.name == folder,
                )
                .values(next_uid=next_uid)
            )

    def was_in_sent(self, key: str) -> bool:
        """Whether a message of this key lies or lay in Sent."""
        query = select(schema.sent_key.c.key).where(
            schema.sent_key.c.client == self._client, schema.sent_key.c.key == key
        )
        with reading(self._engine) as tx:
            return tx.execute(query).first() is not None

    def is_ours(self, message_id: str) -> bool:
        """Whether maild itself has laid a message of this Message-ID into a folder: a draft, a notice, a Sent copy."""
        drafts = select(schema.draft.c.id).where(
            schema.draft.c.client == self._client, schema.draft.c.message_id == message_id
        )
        filings = select(schema.filing.c.id).where(
            schema.filing.c.client == self._client, schema.filing.c.message_id == message_id
        )
        with reading(self._engine) as tx:
            return any(tx.execute(query.limit(1)).first() for query in (drafts, filings))

    def wrote(self, message_id: str) -> bool:
        """Whether a letter that she wrote herself went out, or is to go out, under this Message-ID."""
        query = select(schema.letter.c.id).where(
            schema.letter.c.client == self._client,
            schema.letter.c.message_id == message_id,
            schema.letter.c.own_key != "",
        )
        with reading(self._engine) as tx:
            return tx.execute(query).first() is not None

    def dispatches(self, key: str) -> tuple[Dispatch, ...]:
        """Every letter of this key that was ever put into the outbox, oldest first."""
        return self._dispatches(schema.letter.c.own_key == key)

    def on_their_way(self) -> tuple[Dispatch, ...]:
        """Letters of her own that aren't closed."""
        return self._dispatches(schema.letter.c.own_key != "", schema.letter.c.closed_at.is_(None))

    def reached(self, key: str) -> frozenset[str]:
        """Recipients, in lower case, that have got, or may have got, a letter of this key."""
        query = (
            select(schema.outbox.c.recipient_key)
            .join(schema.letter, schema.letter.c.id == schema.outbox.c.letter_id)
            .where(
                schema.outbox.c.client == self._client,
                schema.letter.c.own_key == key,
                schema.outbox.c.state.in_((RowState.SENT, RowState.SENDING, RowState.IN_DOUBT)),
            )
        )
        with reading(self._engine) as tx:
            return frozenset(tx.execute(query).scalars())

    def verdicts(self, key: str) -> tuple[Verdict, ...]:
        """What was said of letters of this key that were not sent, oldest first."""
        table = schema.own_letter
        query = select(table).where(table.c.client == self._client, table.c.key == key).order_by(table.c.id)
        with reading(self._engine) as tx:
            return tuple(
                Verdict(Place(row.folder, row.uidvalidity, row.uid), row.verdict, row.digest)
                for row in tx.execute(query)
            )

    def judge(
        self,
        account: str,
        key: str,
        verdict: Verdict,
        now: datetime,
        *,
        notice: NewFiling | None = None,
    ) -> None:
        """Write down why a letter is not sent from where it lies, and have the notice laid beside it; once."""
        table, place = schema.own_letter, verdict.place
        values = {
            "client": self._client,
            "account": account,
            "folder": place.folder,
            "uidvalidity": place.uidvalidity,
            "uid": place.uid,
        }
        with writing(self._engine) as tx:
            if tx.execute(select(table.c.id).filter_by(**values)).first() is None:
                row = values | {"key": key, "verdict": verdict.verdict[:128], "digest": verdict.digest}
                tx.execute(insert(table).values(**row, created_at=now))
            if notice is not None:
                add_filing(tx, self._client, notice, now)

    def count(self, since: datetime) -> int:
        """How many letters of her own were approved since then, for the first time where two approvals are wanted."""
        letters = select(schema.letter.c.own_key).where(
            schema.letter.c.client == self._client,
            schema.letter.c.own_key != "",
            schema.letter.c.created_at >= since,
        )
        passed = select(schema.own_letter.c.key).where(
            schema.own_letter.c.client == self._client,
            schema.own_letter.c.verdict == "passed",
            schema.own_letter.c.created_at >= since,
        )
        with reading(self._engine) as tx:
            return len({*tx.execute(letters).scalars(), *tx.execute(passed).scalars()})

    def gap_names(self) -> frozenset[str]:
        """The gaps of every draft that maild has written for this client: a copy of one may hold them still."""
        query = select(schema.draft.c.gaps).where(
            schema.draft.c.client == self._client, schema.draft.c.gaps != []
        )
        with reading(self._engine) as tx:
            found: Sequence[list[str]] = tx.execute(query.distinct()).scalars().all()
        return frozenset(name for names in found for name in names)

    def _dispatches(self, *which: object) -> tuple[Dispatch, ...]:
        table = schema.letter
        columns = (table.c.id, table.c.state, table.c.sources, table.c.closed_at)
        query = select(*columns).where(table.c.client == self._client, *which)  # type: ignore[arg-type]
        with reading(self._engine) as tx:
            return tuple(
                Dispatch(
                    letter_id=row.id,
                    state=LetterState(row.state),
                    sources=tuple(Place(*source) for source in row.sources),
                    open=row.closed_at is None,
                )
                for row in tx.execute(query.order_by(table.c.id))
            )

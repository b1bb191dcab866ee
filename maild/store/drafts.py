"""Drafts, the places where they were seen, and the messages that maild still has to lay into a folder."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, and_, func, insert, or_, select, update

from maild.core.lifecycle import LINGER, LINGERING, OPEN, WAITING, Draft, DraftState, Evidence
from maild.core.parse import parse_headers
from maild.core.subject import base_subject
from maild.store import schema
from maild.store.engine import reading, writing
from maild.store.ledger import finish_effect, in_chunks
from maild.store.records import (
    DraftEvent,
    EffectState,
    Filing,
    FilingState,
    MailState,
    NewDraft,
    NewFiling,
    Original,
    Place,
    Sight,
    Sighting,
)

_BEFORE_HER = (DraftState.PRESENTED, DraftState.EDITING, DraftState.SUPERSEDED)


class Drafts:
    """One client's replies under review."""

    def __init__(self, engine: Engine, client: str) -> None:
        self._engine = engine
        self._client = client

    def open(self, draft: NewDraft, raw: bytes, flags: tuple[str, ...], role: str, now: datetime) -> int:
        """Write down a draft and its bytes before it is laid anywhere; its effect is done by that."""
        with writing(self._engine) as tx:
            values = {name: getattr(draft, name) for name in draft.__slots__}
            values |= {
                "recipients": list(draft.recipients),
                "gaps": list(draft.gaps),
                "raw_hash": raw_hash(raw),
            }
            values["subject_hash"] = subject_hash(parse_headers(head_of(raw), size=len(raw)).subject)
            values["thread_read"] = draft.mail_id
            inserted = tx.execute(
                insert(schema.draft).values(
                    client=self._client, state=DraftState.PLANNED, created_at=now, updated_at=now, **values
                )
            ).inserted_primary_key
            draft_id = int(inserted[0]) if inserted else 0
            _note(tx, self._client, draft_id, ("", DraftState.PLANNED), "", now)
            filing = NewFiling(draft.account, "draft", role, draft.message_id, flags, raw, draft_id=draft_id)
            add_filing(tx, self._client, filing, now)
            finish_effect(tx, self._client, draft.effect_id, EffectState.DONE, now)
            return draft_id

    def get(self, draft_id: int) -> Draft:
        """One draft."""
        with reading(self._engine) as tx:
            return _draft(tx.execute(select(schema.draft).where(self._is(draft_id))).one())

    def open_drafts(self, account: str, now: datetime | None = None) -> tuple[Draft, ...]:
        """All whose matter isn't closed; those that may still turn up (`LINGERING`) for a month, if `now` is given."""
        return self._found(schema.draft.c.account == account, _watched(now))

    def listed(self, states: Collection[DraftState]) -> tuple[Draft, ...]:
        """All in one of these states, oldest first."""
        return self._found(schema.draft.c.state.in_(list(states)))

    def watched(self, account: str) -> bool:
        """Whether a draft waits for a person or for what follows an approval: then maild looks more often."""
        query = select(schema.draft.c.id).where(
            schema.draft.c.client == self._client,
            schema.draft.c.account == account,
            schema.draft.c.state.in_(WAITING),
        )
        with reading(self._engine) as tx:
            return tx.execute(query.limit(1)).first() is not None

    def match(
        self, account: str, tokens: Sequence[str], message_ids: Sequence[str], now: datetime | None = None
    ) -> Mapping[str, int]:
        """Which of these tokens and Message-IDs belong to a draft under watch: each to the draft's id."""
        table = schema.draft
        query = select(table.c.id, table.c.token, table.c.message_id).where(
            table.c.client == self._client,
            table.c.account == account,
            _watched(now),
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
                    "how": sight.how,
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

    def sightings(self, account: str, now: datetime | None = None) -> tuple[Sighting, ...]:
        """All messages that still lie where they were seen, of drafts under watch and of none, oldest first."""
        table = schema.sighting
        under_watch = select(schema.draft.c.id).where(schema.draft.c.client == self._client, _watched(now))
        query = select(table).where(
            table.c.client == self._client,
            table.c.account == account,
            table.c.gone_at.is_(None),
            or_(table.c.draft_id.is_(None), table.c.draft_id.in_(under_watch)),
        )
        with reading(self._engine) as tx:
            return tuple(_sighting(row) for row in tx.execute(query.order_by(table.c.id)))

    def traces(self, draft_id: int) -> tuple[Sighting, ...]:
        """Everywhere a draft was ever seen, and what else was told by, oldest first."""
        table = schema.sighting
        query = select(table).where(table.c.client == self._client, table.c.draft_id == draft_id)
        with reading(self._engine) as tx:
            return tuple(_sighting(row) for row in tx.execute(query.order_by(table.c.found_at, table.c.id)))

    def events(self, draft_id: int) -> tuple[DraftEvent, ...]:
        """Each change of a draft's state, oldest first."""
        table = schema.draft_event
        query = select(table).where(table.c.client == self._client, table.c.draft_id == draft_id)
        with reading(self._engine) as tx:
            return tuple(_event(row) for row in tx.execute(query.order_by(table.c.id)))

    def gone(self, sightings: Sequence[int], now: datetime) -> None:
        """These messages no longer lie where they were seen."""
        with writing(self._engine) as tx:
            tx.execute(
                update(schema.sighting)
                .where(schema.sighting.c.client == self._client, schema.sighting.c.id.in_(list(sightings)))
                .values(gone_at=now)
            )

    def newer_in_thread(self, account: str, own: Collection[str]) -> Mapping[int, int]:
        """Drafts before her in whose thread a newer mail came, each with the newest mail's ledger id.

        Only mails since the last time this was asked, not those of `own` (addresses in lower case). One query for
        the drafts and one for the mails; `thread_is_read` moves on.
        """
        draft, mail, original = schema.draft, schema.mail, schema.mail.alias("original")
        waiting = (
            select(draft.c.id, draft.c.thread_read, original.c.message_id, original.c.refers_to)
            .join(original, and_(original.c.client == draft.c.client, original.c.id == draft.c.mail_id))
            .where(
                draft.c.client == self._client,
                draft.c.account == account,
                draft.c.state.in_(_BEFORE_HER),
                draft.c.thread_read < self._newest_mail(account),
            )
        )
        with reading(self._engine) as tx:
            drafts = tx.execute(waiting).all()
            if not drafts:
                return {}
            came = select(mail.c.id, mail.c.refers_to, mail.c.sender).where(
                mail.c.client == self._client,
                mail.c.account == account,
                mail.c.id > min(row.thread_read for row in drafts),
                mail.c.old.is_(False),
                mail.c.state != MailState.KNOWN,
            )
            newer = [row for row in tx.execute(came.order_by(mail.c.id)) if row.sender not in own]
        return _newest_of_threads(drafts, [(row.id, row.refers_to) for row in newer])

    def thread_is_read(self, account: str) -> None:
        """All mail that has come by now has been looked at by `newer_in_thread`."""
        draft = schema.draft
        newest = self._newest_mail(account)
        behind = and_(
            draft.c.client == self._client,
            draft.c.account == account,
            draft.c.state.in_(OPEN),
            draft.c.thread_read < newest,
        )
        with reading(self._engine) as tx:
            if tx.execute(select(draft.c.id).where(behind).limit(1)).first() is None:
                return
        with writing(self._engine) as tx:
            tx.execute(update(draft).where(behind).values(thread_read=newest, updated_at=draft.c.updated_at))

    def originals(self, account: str, before: datetime, limit: int) -> tuple[Original, ...]:
        """Originals of drafts before her that nobody has looked for since then, the longest unseen first.

        What is known to be gone is not looked for again.
        """
        draft, mail = schema.draft, schema.mail
        looked = func.coalesce(draft.c.original_looked_at, draft.c.created_at)
        query = (
            select(draft.c.id, draft.c.original_missed_at, mail)
            .join(mail, and_(mail.c.client == draft.c.client, mail.c.id == draft.c.mail_id))
            .where(
                draft.c.client == self._client,
                draft.c.account == account,
                draft.c.state.in_(_BEFORE_HER),
                or_(draft.c.state != DraftState.SUPERSEDED, draft.c.reason != "original gone"),
                looked <= before,
            )
        )
        with reading(self._engine) as tx:
            return tuple(
                _original(row) for row in tx.execute(query.order_by(looked, draft.c.id).limit(limit))
            )

    def looked_for_originals(self, present: Iterable[int], missed: Iterable[int], now: datetime) -> None:
        """Of these drafts the original was looked for: found, or nowhere."""
        draft = schema.draft
        with writing(self._engine) as tx:
            for ids, first in ((present, None), (missed, func.coalesce(draft.c.original_missed_at, now))):
                for chunk in in_chunks(ids):
                    tx.execute(
                        update(draft)
                        .where(draft.c.client == self._client, draft.c.id.in_(chunk))
                        .values(original_looked_at=now, original_missed_at=first)
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
            laid = tx.execute(
                update(schema.draft)
                .where(self._is(draft_id), schema.draft.c.state == DraftState.PLANNED)
                .values(**values)
            )
            if laid.rowcount:
                _note(tx, self._client, draft_id, (DraftState.PLANNED, DraftState.PRESENTED), "", now)
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

    def _found(self, *where: Any) -> tuple[Draft, ...]:
        query = select(schema.draft).where(schema.draft.c.client == self._client, *where)
        with reading(self._engine) as tx:
            return tuple(_draft(row) for row in tx.execute(query.order_by(schema.draft.c.id)))

    def _newest_mail(self, account: str) -> Any:
        mail = schema.mail.alias("newest")
        query = select(func.coalesce(func.max(mail.c.id), 0)).where(
            mail.c.client == self._client, mail.c.account == account
        )
        return query.scalar_subquery()

    def _is(self, draft_id: int) -> Any:
        return and_(schema.draft.c.client == self._client, schema.draft.c.id == draft_id)


def _newest_of_threads(drafts: Sequence[Any], newer: Sequence[tuple[int, Sequence[str]]]) -> dict[int, int]:
    """Each draft to the newest of these mails that refers to its original, or to what that refers to."""
    by_reference: dict[str, list[int]] = {}
    for number, refers_to in newer:
        for each in refers_to:
            by_reference.setdefault(each, []).append(number)
    found: dict[int, int] = {}
    for draft in drafts:
        thread = {draft.message_id, *draft.refers_to} - {""}
        ids = [n for each in thread for n in by_reference.get(each, ()) if n > draft.thread_read]
        if ids:
            found[draft.id] = max(ids)
    return found


def _watched(now: datetime | None) -> Any:
    """Drafts whose token counts: the open ones, of which the lingering for a month."""
    draft = schema.draft.c
    if now is None:
        return draft.state.in_(OPEN)
    lingers = and_(draft.state.in_(LINGERING), draft.updated_at > now - LINGER)
    return or_(draft.state.in_(WAITING), lingers)


def raw_hash(raw: bytes) -> str:
    """SHA-256 of a draft's bytes, whatever its line ends, without the X-Draft-Info that it is laid with."""
    plain = raw.replace(b"\r\n", b"\n").rstrip(b"\n")
    if plain.startswith(b"X-Draft-Info:"):
        plain = plain.partition(b"\n")[2]
    return hashlib.sha256(plain).hexdigest()


def head_of(raw: bytes) -> bytes:
    """The header block of a message, with the empty line that ends it."""
    return raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"


def subject_hash(subject: str) -> str:
    """SHA-256 of a subject without its reply prefixes: all that is kept of it."""
    return hashlib.sha256(base_subject(subject).encode("utf-8", "replace")).hexdigest()


def set_draft(tx: Connection, client: str, before: Draft, after: Draft, now: datetime) -> None:
    """Within a transaction: write what differs, provided that nobody changed the state meanwhile."""
    changed = tx.execute(
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
            superseded_at=after.superseded_at,
            passed=after.passed,
            updated_at=now,
        )
    )
    if changed.rowcount and (before.state, before.reason) != (after.state, after.reason):
        _note(tx, client, before.id, (before.state, after.state), after.reason, now)


def _note(
    tx: Connection, client: str, draft_id: int, states: tuple[str, str], reason: str, now: datetime
) -> None:
    values = {"state_before": states[0], "state_after": states[1], "reason": reason}
    tx.execute(insert(schema.draft_event).values(client=client, draft_id=draft_id, at=now, **values))


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
        recipients=tuple(row.recipients),
        superseded_at=row.superseded_at,
        passed=row.passed,
        raw_hash=row.raw_hash,
        subject_hash=row.subject_hash,
        changed_at=row.updated_at,
    )


def _original(row: Row[Any]) -> Original:
    place = Place(row.place_folder, row.place_uidvalidity, row.place_uid)
    return Original(row[0], row.message_id, place, row.original_missed_at)


def _event(row: Row[Any]) -> DraftEvent:
    before = DraftState(row.state_before) if row.state_before else None
    return DraftEvent(row.at, before, DraftState(row.state_after), row.reason)


def _sighting(row: Row[Any]) -> Sighting:
    return Sighting(
        id=row.id,
        role=row.role,
        place=Place(row.folder, row.uidvalidity, row.uid),
        draft_id=row.draft_id,
        message_id=row.message_id,
        found_at=row.found_at,
        how=Evidence(row.how),
        gone_at=row.gone_at,
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

"""The ledger of received mail: what was seen, what the rules said, which effects are done.

A row comes before each effect; nothing here knows a server.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, func, insert, or_, select, update

from maild.store import schema
from maild.store.engine import reading, writing
from maild.store.moves import note_origins, undone
from maild.store.pauses import hold, paused_rules
from maild.store.records import (
    OPEN_EFFECTS,
    Arrival,
    Cursor,
    Deed,
    Effect,
    EffectState,
    MailRecord,
    MailRow,
    MailState,
    NewEffect,
    Place,
)


class Ledger:
    """One client's received mail."""

    def __init__(self, engine: Engine, client: str) -> None:
        self._engine = engine
        self._client = client

    def cursor(
        self, account: str, folder: str, uidvalidity: int, uidnext: int, *, from_start: bool
    ) -> Cursor:
        """How far a folder has been read, as of now.

        At first contact reading begins at UID 1 (`from_start`) or at `uidnext`. After a change of UIDVALIDITY it
        begins at UID 1 again, for the UIDs that we know mean nothing any more; all that lies there counts as old.
        """
        with writing(self._engine) as tx:
            row = tx.execute(select(schema.folder).where(self._folder(account, folder))).one_or_none()
            if row is not None and row.uidvalidity == uidvalidity:
                return Cursor(row.uidvalidity, row.next_uid, row.first_new_uid)
            first = 1 if from_start or row is not None else uidnext
            fresh = Cursor(uidvalidity, first, uidnext)
            if row is None:
                tx.execute(
                    insert(schema.folder).values(
                        client=self._client, account=account, name=folder, **_asdict(fresh)
                    )
                )
            else:
                tx.execute(
                    update(schema.folder).where(self._folder(account, folder)).values(**_asdict(fresh))
                )
            return fresh

    def admit(
        self,
        account: str,
        folder: str,
        uidvalidity: int,
        arrivals: Sequence[Arrival],
        next_uid: int,
        now: datetime,
    ) -> int:
        """Enter messages and move the cursor, at once; returns how many were known under another UID.

        A message whose fingerprint the ledger has is KNOWN: a return, a second copy, or the same mail under a new
        UIDVALIDITY. Nothing is done with it. The same message under the same UID is entered once.
        """
        with writing(self._engine) as tx:
            known = sum(self._admit(tx, account, folder, uidvalidity, arrival, now) for arrival in arrivals)
            tx.execute(update(schema.folder).where(self._folder(account, folder)).values(next_uid=next_uid))
            return known

    def waiting(self, account: str, limit: int = 200) -> tuple[MailRow, ...]:
        """Mails that are seen but not judged, oldest first."""
        return self._mails(account, MailState.SEEN, limit)

    def mail(self, mail_id: int) -> MailRow:
        """One row."""
        with reading(self._engine) as tx:
            return _mail(tx.execute(select(schema.mail).where(self._mail(mail_id))).one())

    def newest(self, limit: int) -> tuple[MailRow, ...]:
        """The last mails that came in, newest first."""
        query = select(schema.mail).where(schema.mail.c.client == self._client)
        with reading(self._engine) as tx:
            return tuple(
                _mail(row) for row in tx.execute(query.order_by(schema.mail.c.id.desc()).limit(limit))
            )

    def by_message_id(self, message_id: str) -> bool:
        """Whether a received mail has this Message-ID."""
        query = select(schema.mail.c.id).where(
            schema.mail.c.client == self._client, schema.mail.c.message_id == message_id
        )
        with reading(self._engine) as tx:
            return tx.execute(query.limit(1)).first() is not None

    def plan(
        self, mail_id: int, rules: tuple[str, ...], version: str, effects: Sequence[NewEffect], now: datetime
    ) -> str:
        """Write down what the rules decided, once; a mail without effects is done.

        Where one of the rules was paused meanwhile, the mail waits for it instead; returns that rule's name.
        """
        state = MailState.PLANNED if effects else MailState.DONE
        with writing(self._engine) as tx:
            paused = paused_rules(tx, self._client)
            stopped = next((e.rule for e in effects if e.rule in paused and e.action != "keep"), "")
            if stopped:
                hold(tx, self._client, mail_id, stopped, now)
                return stopped
            judged = tx.execute(
                update(schema.mail)
                .where(self._mail(mail_id), schema.mail.c.state == MailState.SEEN)
                .values(
                    state=state,
                    rules=list(rules),
                    rules_version=version,
                    decided_at=now,
                    reason="",
                    updated_at=now,
                )
            ).rowcount
            for position, effect in enumerate(effects if judged else ()):
                tx.execute(
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
        return ""

    def pending(self, account: str) -> tuple[tuple[MailRow, tuple[Effect, ...]], ...]:
        """Planned mails with the effects still to be carried out, in order."""
        with reading(self._engine) as tx:
            mails = [_mail(row) for row in tx.execute(self._in_state(account, MailState.PLANNED, 200))]
            query = select(schema.effect).where(
                schema.effect.c.client == self._client,
                schema.effect.c.mail_id.in_([mail.id for mail in mails]),
                schema.effect.c.state.in_(OPEN_EFFECTS),
            )
            effects = [
                _effect(row)
                for row in tx.execute(query.order_by(schema.effect.c.mail_id, schema.effect.c.position))
            ]
        return tuple((mail, tuple(e for e in effects if e.mail_id == mail.id)) for mail in mails)

    def start(self, effects: Sequence[int], uidvalidity: int, uidnext: int, now: datetime) -> None:
        """Note, before the server is told, where the result will be found, and where what is moved lay before."""
        with writing(self._engine) as tx:
            tx.execute(
                update(schema.effect)
                .where(schema.effect.c.client == self._client, schema.effect.c.id.in_(list(effects)))
                .values(
                    state=EffectState.STARTED,
                    target_uidvalidity=uidvalidity,
                    target_uidnext=uidnext,
                    updated_at=now,
                )
            )
            note_origins(tx, self._client, list(effects))

    def finish(
        self,
        effect_id: int,
        state: EffectState,
        now: datetime,
        *,
        place: Place | None = None,
        detail: str = "",
    ) -> None:
        """Record an effect's end and, where it moved the mail, the mail's new place; the last one closes the mail."""
        with writing(self._engine) as tx:
            finish_effect(tx, self._client, effect_id, state, now, detail=detail)
            if place is not None:
                mail_id = select(schema.effect.c.mail_id).where(
                    schema.effect.c.client == self._client, schema.effect.c.id == effect_id
                )
                tx.execute(
                    update(schema.mail)
                    .where(
                        schema.mail.c.client == self._client, schema.mail.c.id == mail_id.scalar_subquery()
                    )
                    .values(
                        place_folder=place.folder, place_uidvalidity=place.uidvalidity, place_uid=place.uid
                    )
                )

    def set_aside(
        self, mail_id: int, reason: str, now: datetime, *, state: MailState = MailState.ASIDE
    ) -> None:
        """Leave a mail for a person; effects not begun are given up, those done stay done."""
        with writing(self._engine) as tx:
            tx.execute(
                update(schema.mail)
                .where(self._mail(mail_id))
                .values(state=state, reason=reason, updated_at=now)
            )
            tx.execute(
                update(schema.effect)
                .where(
                    schema.effect.c.client == self._client,
                    schema.effect.c.mail_id == mail_id,
                    schema.effect.c.state.in_(OPEN_EFFECTS),
                )
                .values(state=EffectState.FAILED, detail=reason, updated_at=now)
            )

    def stumble(self, mail_id: int, reason: str, now: datetime) -> int:
        """Count a failed try, to be repeated; returns how many there were."""
        with writing(self._engine) as tx:
            tx.execute(
                update(schema.mail)
                .where(self._mail(mail_id))
                .values(attempts=schema.mail.c.attempts + 1, reason=reason, updated_at=now)
            )
            return int(tx.execute(select(schema.mail.c.attempts).where(self._mail(mail_id))).scalar_one())

    # Past mail.

    def reached(self, account: str, folder: str) -> Cursor | None:
        """How far a folder has been read; None where it never was."""
        with reading(self._engine) as tx:
            row = tx.execute(select(schema.folder).where(self._folder(account, folder))).one_or_none()
        return None if row is None else Cursor(row.uidvalidity, row.next_uid, row.first_new_uid)

    def lying(
        self, account: str, folder: str, uidvalidity: int, uids: Iterable[int]
    ) -> Mapping[int, MailRow]:
        """The rows of mails that lie in a folder, by UID; of a mail and its return, the mail's own row."""
        mail = schema.mail.c
        found: dict[int, MailRow] = {}
        with reading(self._engine) as tx:
            for chunk in in_chunks(uids):
                query = select(schema.mail).where(
                    mail.client == self._client,
                    mail.account == account,
                    mail.place_folder == folder,
                    mail.place_uidvalidity == uidvalidity,
                    mail.place_uid.in_(chunk),
                )
                for row in tx.execute(query.order_by(mail.state == MailState.KNOWN, mail.id)):
                    found.setdefault(row.place_uid, _mail(row))
        return found

    def copied(self, mails: Iterable[int]) -> Mapping[int, frozenset[str]]:
        """Into which folders each of these mails has been copied."""
        effect = schema.effect.c
        found: dict[int, frozenset[str]] = {}
        with reading(self._engine) as tx:
            for chunk in in_chunks(mails):
                query = select(effect.mail_id, effect.value).where(
                    effect.client == self._client,
                    effect.mail_id.in_(chunk),
                    effect.action == "copy",
                    effect.state == EffectState.DONE,
                )
                for row in tx.execute(query):
                    found[row.mail_id] = found.get(row.mail_id, frozenset()) | {row.value["folder"]}
        return found

    def with_message_id(self, message_id: str) -> tuple[MailRow, ...]:
        """Every mail with this Message-ID, newest first; other copies of a mail are among them."""
        return self._found(schema.mail.c.message_id == message_id)

    def placed(self, folder: str, uid: int) -> tuple[MailRow, ...]:
        """Mails that lie in this place as far as we know, or came in there, whatever its UIDVALIDITY; newest first."""
        lies = and_(schema.mail.c.place_folder == folder, schema.mail.c.place_uid == uid)
        came = and_(schema.mail.c.folder == folder, schema.mail.c.uid == uid)
        return self._found(or_(lies, came))

    def record(self, mail_id: int) -> MailRecord:
        """One mail with all that was asked for on it and what became of that."""
        effect = schema.effect
        query = select(effect).where(effect.c.client == self._client, effect.c.mail_id == mail_id)
        with reading(self._engine) as tx:
            row = tx.execute(select(schema.mail).where(self._mail(mail_id))).one()
            deeds = tuple(_deed(each) for each in tx.execute(query.order_by(effect.c.position)))
        return MailRecord(_mail(row), row.rules_version, deeds)

    def _found(self, where: ColumnElement[bool]) -> tuple[MailRow, ...]:
        query = select(schema.mail).where(schema.mail.c.client == self._client, where)
        with reading(self._engine) as tx:
            return tuple(_mail(row) for row in tx.execute(query.order_by(schema.mail.c.id.desc())))

    def _admit(
        self, tx: Connection, account: str, folder: str, uidvalidity: int, arrival: Arrival, now: datetime
    ) -> bool:
        twin = tx.execute(
            select(
                schema.mail.c.id,
                schema.mail.c.place_folder,
                schema.mail.c.place_uidvalidity,
                schema.mail.c.state,
            )
            .where(
                schema.mail.c.client == self._client,
                schema.mail.c.account == account,
                schema.mail.c.fingerprint == arrival.fingerprint,
                schema.mail.c.state != MailState.KNOWN,
            )
            .order_by(schema.mail.c.id)
            .limit(1)
        ).first()
        if twin is not None and twin.place_folder == folder and _lies_here(twin, uidvalidity):
            tx.execute(
                update(schema.mail)
                .where(self._mail(twin.id))
                .values(
                    place_folder=folder, place_uidvalidity=uidvalidity, place_uid=arrival.uid, updated_at=now
                )
            )
        if self._is_entered(tx, account, folder, uidvalidity, arrival.uid):
            return True
        tx.execute(
            insert(schema.mail).values(
                client=self._client,
                account=account,
                folder=folder,
                uidvalidity=uidvalidity,
                place_folder=folder,
                place_uidvalidity=uidvalidity,
                place_uid=arrival.uid,
                state=MailState.SEEN if twin is None else MailState.KNOWN,
                created_at=now,
                updated_at=now,
                **_asdict(arrival),
            )
        )
        return twin is not None

    def _is_entered(self, tx: Connection, account: str, folder: str, uidvalidity: int, uid: int) -> bool:
        """Whether the ledger has this very message: a server may go back to an earlier UIDVALIDITY."""
        query = select(schema.mail.c.id).where(
            schema.mail.c.client == self._client,
            schema.mail.c.account == account,
            schema.mail.c.folder == folder,
            schema.mail.c.uidvalidity == uidvalidity,
            schema.mail.c.uid == uid,
        )
        return tx.execute(query).first() is not None

    def _mails(self, account: str, state: MailState, limit: int) -> tuple[MailRow, ...]:
        with reading(self._engine) as tx:
            return tuple(_mail(row) for row in tx.execute(self._in_state(account, state, limit)))

    def _in_state(self, account: str, state: MailState, limit: int) -> Any:
        return (
            select(schema.mail)
            .where(
                schema.mail.c.client == self._client,
                schema.mail.c.account == account,
                schema.mail.c.state == state,
            )
            .order_by(schema.mail.c.id)
            .limit(limit)
        )

    def _mail(self, mail_id: int) -> Any:
        return and_(schema.mail.c.client == self._client, schema.mail.c.id == mail_id)

    def _folder(self, account: str, name: str) -> Any:
        return and_(
            schema.folder.c.client == self._client,
            schema.folder.c.account == account,
            schema.folder.c.name == name,
        )


def in_chunks(values: Iterable[int]) -> Iterator[list[int]]:
    """Numbers in lists of a length that a query takes."""
    rest = list(values)
    for start in range(0, len(rest), 500):
        yield rest[start : start + 500]


def finish_effect(
    tx: Connection, client: str, effect_id: int, state: EffectState, now: datetime, *, detail: str = ""
) -> None:
    """Within a transaction: end an effect, and close its mail where it was the last."""
    effect = schema.effect
    tx.execute(
        update(effect)
        .where(effect.c.client == client, effect.c.id == effect_id)
        .values(state=state, detail=detail, updated_at=now)
    )
    if state is EffectState.DONE:
        undone(tx, client, effect_id, now)
    mail_id = tx.execute(
        select(effect.c.mail_id).where(effect.c.client == client, effect.c.id == effect_id)
    ).scalar_one()
    still_open = tx.execute(
        select(func.count())
        .select_from(effect)
        .where(effect.c.client == client, effect.c.mail_id == mail_id, effect.c.state.in_(OPEN_EFFECTS))
    ).scalar_one()
    if not still_open:
        tx.execute(
            update(schema.mail)
            .where(
                schema.mail.c.client == client,
                schema.mail.c.id == mail_id,
                schema.mail.c.state == MailState.PLANNED,
            )
            .values(state=MailState.DONE, updated_at=now)
        )


def _lies_here(twin: Any, uidvalidity: int) -> bool:
    """Whether a mail that the ledger knows is to be found where its twin has come in just now.

    So it is where the folder was numbered anew; and a mail that waits for a paused rule may have been taken out of the
    inbox for a while, and lies there again under another UID.
    """
    return bool(twin.place_uidvalidity != uidvalidity or twin.state == MailState.PAUSED)


def _asdict(record: Cursor | Arrival) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__slots__}


def _mail(row: Row[Any]) -> MailRow:
    return MailRow(
        id=row.id,
        fingerprint=row.fingerprint,
        message_id=row.message_id,
        size=row.size,
        received_at=row.received_at,
        old=row.old,
        state=MailState(row.state),
        rules=tuple(row.rules),
        reason=row.reason,
        attempts=row.attempts,
        folder=row.folder,
        place=Place(row.place_folder, row.place_uidvalidity, row.place_uid),
        sender=row.sender,
        refers_to=tuple(row.refers_to),
        admitted_at=row.created_at,
        decided_at=row.decided_at,
    )


def _effect(row: Row[Any]) -> Effect:
    return Effect(
        id=row.id,
        mail_id=row.mail_id,
        rule=row.rule,
        action=row.action,
        value=row.value,
        state=EffectState(row.state),
        target_uidvalidity=row.target_uidvalidity,
        target_uidnext=row.target_uidnext,
    )


def _deed(row: Row[Any]) -> Deed:
    return Deed(
        rule=row.rule,
        action=row.action,
        value=row.value,
        state=EffectState(row.state),
        detail=row.detail,
        when=row.updated_at,
    )

"""How each login of a client fares: last success, last error, when to try again."""

from datetime import datetime
from typing import Any

from sqlalchemy import Engine, and_, func, insert, select, update

from maild.store import schema
from maild.store.engine import reading, writing
from maild.store.records import AccountHealth, MailState


class Accounts:
    """One client's logins."""

    def __init__(self, engine: Engine, client: str) -> None:
        self._engine = engine
        self._client = client

    def register(self, *names: str) -> None:
        """Make sure that the client and its logins have their rows."""
        with writing(self._engine) as tx:
            if tx.execute(select(schema.client).where(schema.client.c.name == self._client)).first() is None:
                tx.execute(insert(schema.client).values(name=self._client))
            for name in names:
                if tx.execute(select(schema.account.c.name).where(self._is(name))).first() is None:
                    tx.execute(insert(schema.account).values(client=self._client, name=name))

    def succeeded(self, name: str, now: datetime) -> None:
        """A login did its work; an earlier error is kept to be read, but counts no more."""
        self._update(name, last_success_at=now, failures=0, retry_at=None)

    def failed(self, name: str, reason: str, now: datetime, retry_at: datetime | None) -> None:
        """A login failed; nobody tries it before `retry_at`."""
        self._update(
            name,
            last_error=reason,
            last_error_at=now,
            failures=schema.account.c.failures + 1,
            retry_at=retry_at,
        )

    def health(self) -> tuple[AccountHealth, ...]:
        """All logins of the client."""
        query = select(schema.account).where(schema.account.c.client == self._client)
        with reading(self._engine) as tx:
            return tuple(
                AccountHealth(
                    name=row.name,
                    last_success_at=row.last_success_at,
                    last_error=row.last_error,
                    last_error_at=row.last_error_at,
                    failures=row.failures,
                    retry_at=row.retry_at,
                )
                for row in tx.execute(query.order_by(schema.account.c.name))
            )

    def mail_counts(self) -> dict[str, int]:
        """How many received mails are in each state."""
        query = (
            select(schema.mail.c.state, func.count())
            .where(schema.mail.c.client == self._client)
            .group_by(schema.mail.c.state)
        )
        with reading(self._engine) as tx:
            return {state: count for state, count in tx.execute(query)}  # noqa: C416 - rows, not tuples

    def set_aside(self, limit: int = 20) -> tuple[tuple[int, str], ...]:
        """The newest mails left for a person: ledger id and reason."""
        query = (
            select(schema.mail.c.id, schema.mail.c.reason)
            .where(schema.mail.c.client == self._client, schema.mail.c.state == MailState.ASIDE)
            .order_by(schema.mail.c.id.desc())
            .limit(limit)
        )
        with reading(self._engine) as tx:
            return tuple((row.id, row.reason) for row in tx.execute(query))

    def _update(self, name: str, **values: Any) -> None:
        with writing(self._engine) as tx:
            tx.execute(update(schema.account).where(self._is(name)).values(**values))

    def _is(self, name: str) -> Any:
        return and_(schema.account.c.client == self._client, schema.account.c.name == name)

"""The door to the state: opens it, and hands out what belongs to one client, never more."""

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from sqlalchemy import select

from maild.store import schema
from maild.store.accounts import Accounts
from maild.store.drafts import Drafts
from maild.store.engine import StoreError, check_revision, open_engine, reading, upgrade
from maild.store.history import Histories
from maild.store.jobs import Jobs
from maild.store.ledger import Ledger
from maild.store.moves import Moves
from maild.store.outbox import Outbox
from maild.store.overview import Overview
from maild.store.own import OwnLetters
from maild.store.pauses import Pauses
from maild.store.relations import Relations
from maild.store.reminders import Reminders

OFFICE = "_office"
"""Whom the office's own outgoing mail is kept under; no client's name can begin with _."""


@dataclass(frozen=True, slots=True)
class ClientStore:
    """The state of one client."""

    name: str
    ledger: Ledger
    drafts: Drafts
    outbox: Outbox
    own: OwnLetters
    accounts: Accounts
    history: Histories
    relations: Relations
    pauses: Pauses
    jobs: Jobs
    moves: Moves
    reminders: Reminders
    overview: Overview


class LockedError(StoreError):
    """Another maild owns the state directory."""


class Store:
    """The state of an installation."""

    def __init__(self, url: str, state_directory: Path) -> None:
        self._engine = open_engine(url, state_directory)

    @classmethod
    def open(cls, url: str, state_directory: Path, *, may_upgrade: bool = False) -> Self:
        """Open the state; raises StoreError where it is missing or of another revision and may not be upgraded."""
        state_directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        store = cls(url, state_directory)
        try:
            if may_upgrade:
                upgrade(store._engine)
            check_revision(store._engine)
        except BaseException:
            store.close()
            raise
        return store

    @classmethod
    def in_memory(cls) -> Self:
        """A state with nothing in it, which leaves no trace: for questions asked before there is any."""
        store = cls("sqlite:///:memory:", Path())
        upgrade(store._engine)
        return store

    def client(self, name: str) -> ClientStore:
        """One client's state."""
        return ClientStore(
            name=name,
            ledger=Ledger(self._engine, name),
            drafts=Drafts(self._engine, name),
            outbox=Outbox(self._engine, name),
            own=OwnLetters(self._engine, name),
            accounts=Accounts(self._engine, name),
            history=Histories(self._engine, name),
            relations=Relations(self._engine, name),
            pauses=Pauses(self._engine, name),
            jobs=Jobs(self._engine, name),
            moves=Moves(self._engine, name),
            reminders=Reminders(self._engine, name),
            overview=Overview(self._engine, name),
        )

    def clients(self) -> tuple[str, ...]:
        """All clients that ever had state here; the office is none."""
        query = select(schema.client.c.name).where(schema.client.c.name != OFFICE)
        with reading(self._engine) as tx:
            return tuple(tx.execute(query.order_by(schema.client.c.name)).scalars())

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


class StateLock:
    """One daemon owns a state directory; the lock ends with the process, however that ends."""

    def __init__(self, state_directory: Path) -> None:
        state_directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = state_directory / "maild.lock"
        self._file = self._path.open("a+", encoding="ascii")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.seek(0)
            owner = self._file.read().strip()
            self._file.close()
            raise LockedError(
                f"another maild (process {owner}) owns {state_directory}; stop it first"
            ) from error
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def release(self) -> None:
        """Let another process have it."""
        self._file.close()

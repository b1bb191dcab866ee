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
from maild.store.ledger import Ledger
from maild.store.outbox import Outbox


@dataclass(frozen=True, slots=True)
class ClientStore:
    """The state of one client."""

    name: str
    ledger: Ledger
    drafts: Drafts
    outbox: Outbox
    accounts: Accounts


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

    def client(self, name: str) -> ClientStore:
        """One client's state."""
        return ClientStore(
            name=name,
            ledger=Ledger(self._engine, name),
            drafts=Drafts(self._engine, name),
            outbox=Outbox(self._engine, name),
            accounts=Accounts(self._engine, name),
        )

    def clients(self) -> tuple[str, ...]:
        """All clients that ever had state here."""
        with reading(self._engine) as tx:
            return tuple(tx.execute(select(schema.client.c.name).order_by(schema.client.c.name)).scalars())

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
            raise StoreError(
                f"another maild (process {owner}) owns {state_directory}; stop it first"
            ) from error
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def release(self) -> None:
        """Let another process have it."""
        self._file.close()

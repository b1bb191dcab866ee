"""Opens the database: SQLite in WAL with synchronous=FULL, transactions that take the write lock when they begin.

Refuses a database whose tables are of another revision than the code, unless asked to upgrade it.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import SQLAlchemyError

from maild.errors import MaildError
from maild.store.planner import advise

_READ_ONLY = {"maild_read_only": True}


class StoreError(MaildError):
    """The database can't be used."""


def open_engine(url: str, state_directory: Path) -> Engine:
    """An engine on `url`; the path of a SQLite file is relative to the state directory.

    Raises StoreError where the URL is not one of SQLite's.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        raise StoreError(
            f"state: {parsed.get_backend_name()} is not available in this version of maild; use sqlite:///maild.db"
        )
    if parsed.database and parsed.database != ":memory:":
        parsed = parsed.set(database=str(state_directory / parsed.database))
    engine = create_engine(
        parsed,
        connect_args={"timeout": 30, "check_same_thread": False},
        json_serializer=lambda value: json.dumps(value, ensure_ascii=False),
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def database_exists(url: str, state_directory: Path) -> bool:
    """Whether there is a database yet; opening one that isn't there would make an empty file."""
    engine = open_engine(url, state_directory)
    try:
        return engine.url.database == ":memory:" or Path(engine.url.database or "").is_file()
    finally:
        engine.dispose()


def upgrade(engine: Engine) -> None:
    """Bring the tables to the newest revision; does nothing where they are.

    Raises StoreError where the file is no database, or was written by a newer maild.
    """
    config = _alembic()
    try:
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            advise(connection)
            connection.commit()
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise _unreadable(engine, error) from error
    except CommandError as error:
        raise StoreError(f"the database {engine.url.database} can't be upgraded: {error}") from error


def check_revision(engine: Engine) -> None:
    """Raise StoreError unless the tables are of the revision this code is written for."""
    try:
        with reading(engine) as connection:
            found = MigrationContext.configure(connection).get_current_revision()
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise _unreadable(engine, error) from error
    wanted = ScriptDirectory.from_config(_alembic()).get_current_head()
    if found != wanted:
        raise StoreError(
            f"the database {engine.url.database} is of revision {found or 'none'}, this maild needs {wanted}; "
            "start the daemon or run `maild db upgrade`"
        )


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that holds the write lock from its beginning (BEGIN IMMEDIATE)."""
    with engine.begin() as connection:
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One transaction that only reads and waits for nobody."""
    with engine.connect().execution_options(**_READ_ONLY) as connection:
        yield connection


def _unreadable(engine: Engine, error: Exception) -> StoreError:
    reason = getattr(error, "orig", error)
    return StoreError(f"the database {engine.url.database} can't be read: {reason}")


def _prepare(dbapi_connection: Any, _record: object) -> None:
    dbapi_connection.isolation_level = None  # we begin transactions ourselves: sqlite3 would defer the lock
    try:
        _set_pragmas(dbapi_connection)
    except BaseException:
        dbapi_connection.close()  # SQLAlchemy forgets a connection that this hook has refused
        raise


def _set_pragmas(dbapi_connection: Any) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        dbapi_connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # A deferred transaction that turns into a writer fails at once, whatever the busy timeout.
    read_only = connection.get_execution_options().get("maild_read_only")
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", "maild.store:migrations")
    return config

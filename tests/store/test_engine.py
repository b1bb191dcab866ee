"""The database itself: durable, locked by one writer, of the right revision, separating clients by its own means."""

import sqlite3
import stat
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Table, func, insert, inspect, select, text
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError

from maild.store import schema
from maild.store.engine import StoreError, check_revision, open_engine, reading, upgrade, writing
from maild.store.store import StateLock, Store
from tests.store.conftest import URL
from tests.store.rows import NOW, after


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 30_000)],
)
def test_every_connection_is_safe(store: Store, pragma: str, value: object) -> None:
    """WAL, synchronous=FULL and foreign keys, on the first connection and on the next."""
    with reading(store._engine) as one, reading(store._engine) as other:
        assert [tx.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() for tx in (one, other)] == [value, value]


def test_a_writer_takes_the_lock_when_it_begins(store: Store, tmp_path: Path) -> None:
    """BEGIN IMMEDIATE: before its first statement, nobody else can begin to write."""
    stranger = sqlite3.connect(tmp_path / "maild.db", timeout=0, isolation_level=None)
    with writing(store._engine), pytest.raises(sqlite3.OperationalError, match="locked"):
        stranger.execute("BEGIN IMMEDIATE")
    stranger.execute("BEGIN IMMEDIATE")
    stranger.close()


def test_a_reader_waits_for_nobody(store: Store) -> None:
    """While a writer is at work, reading sees the state before it, and hinders it as little."""
    with writing(store._engine) as writer:
        writer.execute(insert(schema.client).values(name="northwind"))
        with reading(store._engine) as reader:
            assert reader.execute(select(schema.client)).all() == []
    assert store.clients() == ("northwind",)


def test_looking_at_the_revision_waits_for_nobody(store: Store) -> None:
    """`maild status` opens the database while the daemon writes."""
    with writing(store._engine):
        check_revision(store._engine)


def test_two_writers_wait_for_each_other(store: Store) -> None:
    """A second writer neither fails nor overwrites: it reads what the first has committed."""
    store.client("northwind").accounts.register("smtp")

    def fail_often() -> None:
        for _ in range(25):
            store.client("northwind").accounts.failed("smtp", "x", NOW, None)

    threads = [threading.Thread(target=fail_often) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.client("northwind").accounts.health()[0].failures == 100


def test_a_failed_transaction_leaves_nothing(store: Store) -> None:
    """All or nothing."""
    with pytest.raises(IntegrityError), writing(store._engine) as tx:
        tx.execute(insert(schema.client), [{"name": "northwind"}, {"name": "northwind"}])
    assert store.clients() == ()


# Revisions


def test_the_migrations_make_the_tables_of_the_code(store: Store) -> None:
    """Alembic finds no difference between what it made and the schema."""
    with reading(store._engine) as tx:
        context = MigrationContext.configure(tx, opts={"compare_type": True, "render_as_batch": True})
        assert compare_metadata(context, schema.metadata) == []


def test_the_migrations_make_every_foreign_key(store: Store) -> None:
    """Foreign keys, unique keys and indexes one by one: SQLite is not always asked for them by Alembic."""
    fresh = open_engine("sqlite:///fresh.db", Path(store._engine.url.database or "").parent)
    with writing(fresh) as tx:
        schema.metadata.create_all(tx)
    made, wanted = inspect(store._engine), inspect(fresh)
    for table in schema.metadata.tables:
        for what in ("get_foreign_keys", "get_unique_constraints", "get_indexes", "get_pk_constraint"):
            assert sorted(map(str, _rows(getattr(made, what)(table)))) == sorted(
                map(str, _rows(getattr(wanted, what)(table)))
            )
    fresh.dispose()


def _rows(found: object) -> list[object]:
    return found if isinstance(found, list) else [found]


def test_a_database_without_tables_is_refused(tmp_path: Path) -> None:
    """A command doesn't create the state; the message says what to do."""
    with pytest.raises(StoreError, match="maild db upgrade"):
        Store.open(URL, tmp_path)


@pytest.mark.parametrize("may_upgrade", [True, False])
def test_a_database_of_a_newer_maild_is_refused(tmp_path: Path, may_upgrade: bool) -> None:
    """An older program touches nothing of it, also when it may upgrade."""
    Store.open(URL, tmp_path, may_upgrade=True).close()
    with sqlite3.connect(tmp_path / "maild.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(StoreError, match=r"maild\.db"):
        Store.open(URL, tmp_path, may_upgrade=may_upgrade)


@pytest.mark.parametrize("may_upgrade", [True, False])
def test_a_file_that_is_no_database_is_refused(tmp_path: Path, may_upgrade: bool) -> None:
    """And left as it is."""
    (tmp_path / "maild.db").write_bytes(b"this is no database, but a rather long text" * 40)
    with pytest.raises(StoreError, match=r"maild\.db can't be read"):
        Store.open(URL, tmp_path, may_upgrade=may_upgrade)
    assert (tmp_path / "maild.db").read_bytes().startswith(b"this is no database")


def test_upgrading_twice_is_upgrading_once(store: Store) -> None:
    """The daemon upgrades at every start; nothing is lost by it."""
    store.client("northwind").accounts.register("imap")
    upgrade(store._engine)
    check_revision(store._engine)
    assert store.clients() == ("northwind",)


def test_another_kind_of_database_is_refused(tmp_path: Path) -> None:
    """PostgreSQL is a later step; the message says so, without the password of the URL."""
    with pytest.raises(StoreError, match="sqlite:///") as caught:
        open_engine("postgresql+psycopg://user:geheim@host/db", tmp_path)
    assert "geheim" not in str(caught.value)


def test_the_state_directory_is_private(tmp_path: Path) -> None:
    """Nobody else on the machine reads the mails that wait there."""
    Store.open(URL, tmp_path / "a" / "state", may_upgrade=True).close()
    assert stat.S_IMODE((tmp_path / "a" / "state").stat().st_mode) == 0o700


# The lock


def test_a_second_daemon_is_refused(tmp_path: Path) -> None:
    """It says which process owns the state; released, the next may have it."""
    first = StateLock(tmp_path)
    with pytest.raises(StoreError, match=r"process \d+"):
        StateLock(tmp_path)
    first.release()
    StateLock(tmp_path).release()


# Clients


def _keys() -> list[tuple[str, str, str]]:
    return sorted(
        (table.name, key.column_keys[1], key.referred_table.name)
        for table in schema.metadata.sorted_tables
        for key in table.foreign_key_constraints
        if len(key.column_keys) == 2
    )


def test_every_row_belongs_to_a_client() -> None:
    """Every table but `client` has the column; every foreign key to a row of a client's carries it."""
    for table in schema.metadata.sorted_tables:
        if table.name == "client":
            continue
        assert not table.c.client.nullable
        for key in table.foreign_key_constraints:
            assert key.column_keys[0] == "client"
    assert len(_keys()) == 18


@pytest.mark.parametrize(("table", "column", "target"), _keys())
def test_the_database_refuses_a_row_that_points_at_another_client(
    store: Store, table: str, column: str, target: str
) -> None:
    """Even a statement that forgets the client can't join two: the foreign key itself fails."""
    with writing(store._engine) as tx:
        tx.execute(insert(schema.client), [{"name": "northwind"}, {"name": "brugman"}])
        tx.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        for name in ("northwind", "brugman"):
            for each in schema.metadata.sorted_tables:
                if each.name != "client":
                    tx.execute(insert(each).values(_filled(each, name)))
        # an effect has one letter and one draft: this one still has none
        tx.execute(insert(schema.effect).values(_filled(schema.effect, "brugman") | {"id": 3, "position": 3}))
    both = schema.metadata.tables[table]
    foreign = schema.metadata.tables[target]
    with reading(store._engine) as tx:
        theirs = tx.execute(select(func.max(foreign.c.id)).where(foreign.c.client == "brugman")).scalar_one()
    with pytest.raises(IntegrityError, match="FOREIGN KEY"), writing(store._engine) as tx:
        tx.execute(both.update().where(both.c.client == "northwind").values({column: theirs}))


def _filled(table: Table, client: str) -> dict[str, object]:
    """A row with something in every column; links point at the only row of the same client."""
    number = 1 if client == "northwind" else 2
    links = {key.column_keys[1] for key in table.foreign_key_constraints if len(key.column_keys) == 2}
    values: dict[str, object] = {}
    for column in table.columns:
        kind = column.type.__class__.__name__
        if column.name in links or column.name == "id":
            values[column.name] = number
        elif column.name == "client":
            values[column.name] = client
        else:
            values[column.name] = {"Utc": NOW, "JSON": [], "LargeBinary": b"", "Boolean": False}.get(
                kind, number if "Integer" in kind else f"{client}{number}"
            )
    return values


def test_a_client_that_is_not_known_has_no_rows(store: Store) -> None:
    """Rows of a client that was never registered are refused."""
    with pytest.raises(IntegrityError, match="FOREIGN KEY"):
        store.client("unbekannt").ledger.cursor("imap", "INBOX", 1, 1, from_start=True)


# Times


def test_times_come_back_aware(store: Store) -> None:
    """Whatever zone goes in, UTC comes out."""
    accounts = store.client("northwind").accounts
    accounts.register("imap")
    accounts.succeeded("imap", after(1).astimezone())
    assert accounts.health()[0].last_success_at == after(1)


def test_a_time_without_zone_is_refused(store: Store) -> None:
    """Rather than guess it."""
    accounts = store.client("northwind").accounts
    accounts.register("imap")
    with pytest.raises(StatementError, match="without a zone"):
        accounts.succeeded("imap", NOW.replace(tzinfo=None))


def test_reading_cannot_write_over_a_writer(store: Store) -> None:
    """A reading transaction that tries to write while another writes fails at once, so nobody relies on it."""
    with writing(store._engine), reading(store._engine) as reader:
        reader.exec_driver_sql("PRAGMA busy_timeout = 0")
        with pytest.raises(OperationalError, match="locked"):
            reader.execute(text("DELETE FROM client"))

"""What SQLite is told of the tables: questions asked at every look don't read all that a client has ever had."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from maild.core.action import Answer
from maild.core.memory import MailKey
from maild.flow.desk import IMAP, SMTP
from maild.store.answers import refusal
from maild.store.engine import reading
from maild.store.store import ClientStore, Store

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
KEY = MailKey("anna@kunde.example", ("<1@kunde.example>",), "<2@kunde.example>", 1)
ALL_OF_A_CLIENT = re.compile(
    r"SCAN (?:mail|effect|letter|outbox|draft)\b|\(client=\?(?: AND (?:account|kind)=\?)?\)"
)


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[tuple[ClientStore, list[str]]]:
    """A client's new state, as a second process opens it, and how each of its questions is answered."""
    Store.open("sqlite:///maild.db", tmp_path, may_upgrade=True).close()
    store = Store.open("sqlite:///maild.db", tmp_path)
    ours = store.client("northwind")
    ours.accounts.register(IMAP, SMTP)
    steps: list[str] = []

    def explain(_connection, cursor, statement, parameters, _context, _many) -> None:
        plan = cursor.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
        steps.extend(step for *_, step in plan.fetchall())

    event.listen(store._engine, "before_cursor_execute", explain)
    yield ours, steps
    store.close()


def test_a_look_does_not_read_everything(asked: tuple[ClientStore, list[str]]) -> None:
    """The past of a batch, what rules did of late, what is to be done, what was sent: each by an index that helps."""
    ours, steps = asked
    ours.history.past({KEY.sender}, set(KEY.refers_to), NOW)
    ours.pauses.acted(NOW)
    ours.pauses.release((), NOW)
    ours.ledger.waiting(IMAP)
    ours.ledger.pending(IMAP)
    ours.outbox.finished(SMTP)
    ours.outbox.due(SMTP)
    assert steps
    assert [step for step in steps if ALL_OF_A_CLIENT.search(step)] == []


def test_an_answer_is_entered_fast(asked: tuple[ClientStore, list[str]]) -> None:
    """What is asked while the write lock is held keeps every other client waiting."""
    ours, steps = asked
    answer = Answer("out-of-hours", timedelta(days=7))
    with reading(ours.outbox._engine) as tx:
        refusal(tx, "northwind", answer, KEY, KEY.sender, NOW)
    assert steps
    assert [step for step in steps if ALL_OF_A_CLIENT.search(step)] == []

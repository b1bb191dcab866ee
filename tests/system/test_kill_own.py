"""SIGKILL at each commit that a letter of her own takes to leave the house: it is sent once, or held as in doubt."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.flow.test_own import letter
from tests.servers.ports import wait_until
from tests.system.installation import Installation

KILLER = str(Path(__file__).with_name("kill_at.py"))
POINTS = (
    "Drafts.sight",
    "Drafts.gone",
    "OwnLetters.judge",
    "OwnLetters.note_sent",
    "Outbox.enqueue",
    "Outbox.claim",
    "Outbox.begin_sending",
    "Outbox.settle",
    "Outbox.close",
    "Drafts.file",
    "Drafts.filed",
)
CUSTOMER = "anna@kunde.example"
FINAL = "Freigegeben/Endgültig"


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("point", POINTS)
def test_a_letter_of_her_own_with_two_approvals(installation: Installation, point: str, when: str) -> None:
    """Freigegeben, Zweitfreigabe, Endgültig, the outbox, Sent: once, wherever the daemon was killed."""
    home = installation
    user = home.add_client("northwind", watch="poll", settle="0s, second: Zweitfreigabe")
    home.start((KILLER,), KILL_AT=point, KILL_WHEN=when)
    died = 0
    laid = moved = False

    def finished() -> bool:
        nonlocal died, laid, moved
        if home.process is not None and home.process.poll() is not None:
            died += 1
            assert died <= 1, home.log()
            home.start()
        if not laid and _rows(home, "SELECT 1 FROM folder WHERE name = 'Freigegeben'"):
            home.imap.store(user, letter(), "Freigegeben", ())
            laid = True
        waiting = home.messages("northwind", "Zweitfreigabe") if laid else []
        if waiting and not moved:
            home.move("northwind", waiting[0].uid, "Zweitfreigabe", FINAL)
            moved = True
        closed = _rows(home, "SELECT 1 FROM letter WHERE closed_at IS NOT NULL")
        open_filings = _rows(home, "SELECT 1 FROM filing WHERE state != 'done'")
        known = _rows(home, "SELECT 1 FROM sent_key") or _in_doubt(home)
        return bool(moved and closed and known and not open_filings and died == 1)

    wait_until(finished, 90, "the end of the matter")
    assert _rows(home, "SELECT count(*) FROM letter") == [(1,)]
    arrived = len(home.sink.sent_to(CUSTOMER))
    if _in_doubt(home):
        assert arrived in {0, 1}
        home.wait_for("northwind", "Klärung", 2)
    else:
        assert arrived == 1
        assert len(home.messages("northwind", "Sent")) == 1
        assert home.messages("northwind", "Klärung") == []
    for folder in ("Freigegeben", "Zweitfreigabe", FINAL):
        home.wait_for("northwind", folder, 0)


def _in_doubt(home: Installation) -> bool:
    return _rows(home, "SELECT state FROM outbox") == [("in_doubt",)]


def _rows(home: Installation, query: str) -> list[tuple[object, ...]]:
    path = home.path / "state" / "maild.db"
    if not path.exists():
        return []
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as connection:
        try:
            return connection.execute(query).fetchall()
        except sqlite3.OperationalError:  # its tables are not made yet
            return []

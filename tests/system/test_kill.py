"""SIGKILL at every commit point of the real daemon, then a restart: everything is handled exactly once."""

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from tests.servers.ports import wait_until
from tests.system.installation import Installation, mail

KILLER = str(Path(__file__).with_name("kill_at.py"))
POINTS = (
    "migration",
    "Accounts.register",
    "Accounts.succeeded",
    "Drafts.begin_filing",
    "Drafts.file",
    "Drafts.filed",
    "Drafts.gone",
    "Drafts.laid",
    "Drafts.open",
    "Drafts.sight",
    "Drafts.transition",
    "Ledger.admit",
    "Ledger.cursor",
    "Ledger.finish",
    "Ledger.plan",
    "Ledger.start",
    "OwnLetters.note_sent",
    "Outbox.begin_sending",
    "Outbox.claim",
    "Outbox.close",
    "Outbox.enqueue",
    "Outbox.recover",
    "Outbox.settle",
)
CUSTOMER, CLIENT, BOOKS = "anna@kunde.example", "jane@northwind.example", "books@northwind.example"


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("point", POINTS)
def test_a_kill_at_a_commit_changes_nothing(installation: Installation, point: str, when: str) -> None:
    """Killed right before or after a commit and started again: each mail, draft and letter exists exactly once."""
    _start(installation, KILL_AT=point, KILL_WHEN=when)
    _work_through(installation, deaths=1)
    _check(installation)
    assert installation.stop() == 0


def test_no_commit_point_is_forgotten(installation: Installation) -> None:
    """The points above are all those at which an undisturbed run commits."""
    record = installation.path / "points"
    _start(installation, RECORD=str(record))
    _work_through(installation, deaths=0)
    _check(installation)
    assert installation.stop() == 0
    assert set(record.read_text().split()) == set(POINTS)


def _start(home: Installation, **environment: str) -> None:
    user = home.add_client("northwind")
    home.imap.deliver(user, mail())
    home.imap.store(user, mail("Alt", number=9), "Sent", ("\\Seen",))  # known from the first look on
    home.start((KILLER,), **environment)


def _work_through(home: Installation, deaths: int) -> None:
    """The secretary approves the draft as soon as it is there; a daemon that died is started again."""
    died, approved = 0, False

    def finished() -> bool:
        nonlocal died, approved
        if home.process is not None and home.process.poll() is not None:
            died += 1
            assert died <= deaths, home.log()
            home.start()
        drafts = home.messages("northwind", "Drafts")
        if drafts and not approved and _rows(home, "SELECT 1 FROM sighting"):  # maild has seen it there
            home.move("northwind", drafts[0].uid, "Drafts", "Freigegeben")
            approved = True
        return approved and died == deaths and _closed(home)

    wait_until(finished, 60, "the end of the matter")
    # Whatever the next look would do wrong, it does when another mail wakes it.
    home.imap.deliver(home.users["northwind"], mail("Gruß", number=2))
    wait_until(lambda: _rows(home, "SELECT state FROM mail") == [("done",)] * 2, 20, "one look more")


def _closed(home: Installation) -> bool:
    states = _rows(home, "SELECT state FROM draft")
    letters = _rows(home, "SELECT count(*) FROM letter WHERE closed_at IS NULL")
    filings = _rows(home, "SELECT count(*) FROM filing WHERE state != 'done'")
    return states in ([("sent",)], [("in_doubt",)]) and letters == [(0,)] and filings == [(0,)]


def _check(home: Installation) -> None:
    outbox = dict(_rows(home, "SELECT recipient, state FROM outbox WHERE state != 'cancelled'"))
    assert set(outbox) == {CUSTOMER, CLIENT, BOOKS}
    for recipient, state in outbox.items():
        assert state in {"sent", "in_doubt"}
        arrived = len(home.sink.sent_to(recipient))
        assert arrived == 1 if state == "sent" else arrived in {0, 1}
    assert Counter(outbox.values())["in_doubt"] <= 1, "no more doubt than dots that were open"
    folders = ("INBOX", "Drafts", "Freigegeben", "Anfragen", "Kopien", "Sent", "Klärung")
    found = {folder: len(home.messages("northwind", folder)) for folder in folders}
    in_doubt = outbox[CUSTOMER] == "in_doubt"
    sorted_away = {"INBOX": 1, "Drafts": 0, "Freigegeben": 0, "Anfragen": 1, "Kopien": 1}
    assert found == sorted_away | ({"Sent": 1, "Klärung": 2} if in_doubt else {"Sent": 2, "Klärung": 0})


def _rows(home: Installation, query: str) -> list[tuple[object, ...]]:
    path = home.path / "state" / "maild.db"
    if not path.exists():
        return []
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as connection:
        try:
            return connection.execute(query).fetchall()
        except sqlite3.OperationalError:  # its tables are not made yet
            return []

"""The morning mail and reminders with the real daemon: each exactly once, also where it is killed in between."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from maild.core.parse import parse
from tests.servers.ports import wait_until
from tests.system.installation import Installation, mail

CLOCK = str(Path(__file__).with_name("clock_at.py"))
KILLER = str(Path(__file__).with_name("kill_at.py"))
MONDAY = "2026-11-23T07:30:00+01:00"
SABINE = "sabine@lindner.example"
OFFICE = """\
office:
  name: Büroservice Lindner
  address: buero@lindner.example
  smtp: {{host: 127.0.0.1, port: {port}, tls: none, username: buero@lindner.example, password: {{env: TEST_SMTP}}}}
team:
  - {{name: Sabine Lindner, address: sabine@lindner.example, morning: "07:30"}}
"""
RULES = """\
rules:
  - {name: enquiry, when: {subject: {words: [Angebot]}}, do: [{remind: 1s}, {move: Anfragen}]}
"""


@pytest.fixture
def staffed(installation: Installation) -> Installation:
    """A client with one enquiry that is to be answered within a second, and an office with a team of one."""
    user = installation.add_client("northwind", rules=RULES, watch="poll")
    installation.write("maild.yaml", OFFICE.format(port=installation.sink.port))
    installation.imap.deliver(user, mail())
    return installation


def told(home: Installation) -> list[str]:
    """The morning mails that have arrived."""
    return [parse(raw).text for raw in map(_raw, home.sink.sent_to(SABINE))]


def _raw(sent: Any) -> bytes:
    return bytes(getattr(sent, "content", sent))


def rows(home: Installation, query: str) -> list[tuple[Any, ...]]:
    """What the state holds."""
    path = home.path / "state" / "maild.db"
    if not path.exists():
        return []
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as connection:
        try:
            return connection.execute(query).fetchall()
        except sqlite3.OperationalError:
            return []


def until_closed(home: Installation) -> None:
    """The morning mail has gone, and all that follows is done."""
    query = "SELECT state FROM letter WHERE kind = 'morning'"
    wait_until(lambda: rows(home, query) in ([("sent",)], [("in_doubt",)]), 60, "the morning mail")


def test_the_daemon_sends_the_morning_mail_once(staffed: Installation) -> None:
    """At its time; a restart sends no second; nothing of it stands in the log."""
    staffed.start((CLOCK,), CLOCK=MONDAY)
    until_closed(staffed)
    assert staffed.stop() == 0
    staffed.start((CLOCK,), CLOCK="2026-11-23T09:00:00+01:00")
    wait_until(lambda: staffed.log().count("daemon started") == 2, 20, "the second start")
    assert staffed.stop() == 0
    (text,) = told(staffed)
    assert text.startswith("Guten Morgen, Sabine Lindner,")
    assert not {SABINE, "Angebot", "anna@kunde.example"} & set(staffed.log().split())


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("point", ["Outbox.enqueue", "Outbox.begin_sending", "Outbox.close"])
def test_a_kill_sends_no_second_morning_mail(staffed: Installation, point: str, when: str) -> None:
    """Killed at each of its commits and started again: one mail, or none and a doubt."""
    staffed.start((CLOCK,), CLOCK=MONDAY, KILL_AT=point, KILL_WHEN=when)
    assert staffed.died(60), staffed.log()
    staffed.start((CLOCK,), CLOCK="2026-11-23T08:00:00+01:00")
    wait_until(lambda: staffed.log().count("daemon started") == 2, 20, "the second start")
    until_closed(staffed)
    assert staffed.stop() == 0
    ((state,),) = rows(staffed, "SELECT state FROM letter WHERE kind = 'morning'")
    assert len(told(staffed)) in ({1} if state == "sent" else {0, 1})


def test_one_pass_sends_it_too(staffed: Installation) -> None:
    """`maild run --once`, as from cron."""
    for _ in range(2):
        command = [sys.executable, CLOCK, "--home", str(staffed.path), "run", "--once"]
        environment = {**staffed.environment, "CLOCK": MONDAY}
        subprocess.run(command, env=environment, check=True, timeout=60, capture_output=True)
    assert len(told(staffed)) == 1


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("point", ["Reminders.add", "Reminders.transition"])
def test_a_kill_reminds_nobody_twice(staffed: Installation, point: str, when: str) -> None:
    """Killed at each commit of a reminder and started again: one note, and the mail is flagged."""
    staffed.start((KILLER,), KILL_AT=point, KILL_WHEN=when)
    assert staffed.died(60), staffed.log()
    staffed.start()
    note_is_there(staffed)
    assert staffed.stop() == 0


def note_is_there(home: Installation) -> None:
    """Exactly one, and it stays so at the next looks."""
    wait_until(lambda: rows(home, "SELECT state FROM reminder") == [("told",)], 60, "the reminder")
    home.wait_for("northwind", "Notizen", 1)
    (enquiry,) = home.messages("northwind", "Anfragen")
    assert "\\Flagged" in enquiry.flags
    home.imap.deliver(home.users["northwind"], mail("Gruß", number=2))
    wait_until(lambda: rows(home, "SELECT count(*) FROM mail") == [(2,)], 20, "one look more")
    assert len(home.messages("northwind", "Notizen")) == 1


def test_what_would_be_sent_can_be_read_before(staffed: Installation) -> None:
    """`maild morning --show`, with and without a state; it sends and changes nothing."""
    empty = staffed.command("morning", "--show", "--date", "2026-11-23")
    assert empty.returncode == 0, empty.stderr
    assert "Subject: Montag, 23. November: Nichts wartet auf Sie" in empty.stdout
    staffed.start()
    note_is_there(staffed)
    assert staffed.stop() == 0
    before = rows(staffed, "SELECT count(*) FROM letter")
    (shown,) = json.loads(staffed.command("morning", "--show", "--member", SABINE, "--json").stdout)
    assert shown["to"] == SABINE
    assert "• «Bitte um ein Angebot» von anna@kunde.example, eingegangen am" in shown["text"]
    assert rows(staffed, "SELECT count(*) FROM letter") == before
    assert staffed.status()["northwind"]["reminders_due"] == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "maild morning --show"),
        (("--show", "--member", "x@y.example"), "nobody with the address"),
        (("--show", "--date", "morgen"), "is no date"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(
    staffed: Installation, arguments: tuple[str, ...], said: str
) -> None:
    """Exit code 2."""
    done = staffed.command("morning", *arguments)
    assert done.returncode == 2
    assert said in " ".join(done.stderr.replace("│", " ").split())

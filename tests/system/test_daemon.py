"""The daemon as a process among others: systemd, signals, a second one beside it, and one pass at a time."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.dovecot import Dovecot
from tests.servers.ports import free_port, wait_until
from tests.system.faults import (
    FaultySink,
    Gate,
    Manager,
    approve,
    outbox,
    reload,
    replace,
    rows,
    wait_for_outbox,
)
from tests.system.installation import OFFICE, Installation, mail

WATCHDOG = "400000"  # microseconds


@pytest.fixture
def gate(dovecot: Dovecot) -> Iterator[Gate]:
    """A way to the IMAP server that can be shut."""
    found = Gate(dovecot.imap_port)
    yield found
    found.close()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    """The socket that systemd listens on."""
    found = Manager(tmp_path / "notify")
    yield found
    found.close()


def test_systemd_and_a_reload(home: Installation, manager: Manager) -> None:
    """READY, WATCHDOG, RELOADING, STOPPING are told; a broken file keeps the last good rules until it is mended."""
    user = home.add_client("northwind")
    home.start(NOTIFY_SOCKET=manager.path, WATCHDOG_USEC=WATCHDOG)
    ready = manager.wait_for("READY=1")
    assert "STATUS=Clients watched: 1" in ready.split("\n")
    manager.wait_for("WATCHDOG=1")
    manager.wait_for("WATCHDOG=1")

    replace(home, "rules/northwind/rules.yaml", "words: [Angebot]", "wrods: [Angebot]")
    reload(home)
    begun = manager.wait_for("RELOADING=1").split("\n")
    assert [line for line in begun if line.startswith("MONOTONIC_USEC=") and int(line[15:]) > 0]
    assert "STATUS=Clients watched: 1; faulty files: northwind" in manager.wait_for("READY=1").split("\n")
    assert home.status()["northwind"]["error"].startswith("rules/northwind/rules.yaml:3:")
    home.imap.deliver(user, mail(number=1))
    home.wait_for("northwind", "Drafts", 1)

    office = (home.path / "maild.yaml").read_text(encoding="utf-8")
    home.write("maild.yaml", "office: [")
    reload(home)
    manager.wait_for("READY=1")
    failed = home.command("status")
    assert (failed.returncode, failed.stdout) == (2, "")
    assert failed.stderr.startswith("maild.yaml:")
    home.imap.deliver(user, mail(number=2))
    home.wait_for("northwind", "Drafts", 2)
    ((said,),) = rows(home, "SELECT last_error FROM account WHERE client = 'northwind' AND name = 'files'")
    assert str(said).startswith("maild.yaml:")

    home.write("maild.yaml", office)
    replace(home, "rules/northwind/rules.yaml", "wrods: [Angebot]", "words: [Rechnung]")
    reload(home)
    manager.wait_for("READY=1")
    home.imap.deliver(user, mail(number=3))
    home.imap.deliver(user, mail("Ihre Rechnung", number=4))
    home.wait_for("northwind", "Drafts", 3)
    assert len(home.wait_for("northwind", "INBOX", 1)) == 1
    assert home.status()["northwind"]["error"] == ""
    assert home.stop() == 0
    manager.wait_for("STOPPING=1")


def test_a_crash_is_recovered_from_when_the_files_are_mended(home: Installation, sink: FaultySink) -> None:
    """A dot that was open at SIGKILL is in doubt also where its client could only be served again after a reload."""
    home.add_client("brugman")
    user = home.add_client("northwind")
    home.imap.deliver(user, mail())
    with sink.held_back():
        home.start()
        assert sink.holding.wait(20)
        home.stop(signal.SIGKILL)
    replace(home, "rules/northwind/rules.yaml", "words: [Angebot]", "wrods: [Angebot]")
    home.start()
    wait_until(lambda: home.log().count("daemon started") == 2, 20, "the second start")
    assert "sending" in outbox(home, "northwind").values()
    replace(home, "rules/northwind/rules.yaml", "wrods: [Angebot]", "words: [Angebot]")
    reload(home)
    wait_until(lambda: sorted(outbox(home, "northwind").values()) == ["in_doubt", "sent"], 20, "the doubt")
    assert home.stop() == 0


def test_a_stop_waits_for_the_answer_to_the_dot(
    home: Installation, sink: FaultySink, manager: Manager
) -> None:
    """SIGTERM while the answer is awaited: it is waited for and recorded; what is queued goes out later, once."""
    user = home.add_client("northwind")
    home.imap.deliver(user, mail())
    with sink.held_back():
        home.start(NOTIFY_SOCKET=manager.path, WATCHDOG_USEC=WATCHDOG)
        assert sink.holding.wait(20)
        home.wait_for("northwind", "Drafts", 1)
        assert home.process is not None
        home.process.send_signal(signal.SIGTERM)
        manager.wait_for("STOPPING=1")
        manager.wait_for("WATCHDOG=1")
        manager.wait_for("WATCHDOG=1")
        assert outbox(home, "northwind") == {
            "jane@northwind.example": "sending",
            "books@northwind.example": "leased",
        }
    assert home.process.wait(20) == 0
    assert outbox(home, "northwind") == {
        "jane@northwind.example": "sent",
        "books@northwind.example": "queued",
    }
    home.start()
    approve(home, "northwind")
    wait_for_outbox(home, "northwind", jane="sent", books="sent", anna="sent")
    home.wait_for("northwind", "Sent", 1)
    assert home.stop() == 0
    assert sorted(sink.transactions) == [
        "anna@kunde.example",
        "books@northwind.example",
        "jane@northwind.example",
    ]
    assert "in_doubt" not in home.log()


def test_one_owner_and_one_pass(home: Installation) -> None:
    """A second daemon refuses to start; `run --once` works through everything, twice nothing twice, and says whom."""
    user = home.add_client("northwind")
    home.imap.deliver(user, mail())
    home.start()
    home.wait_for("northwind", "Drafts", 1)
    for beside in (("run",), ("db", "upgrade")):
        refused = home.command(*beside)
        assert refused.returncode == 2
        assert refused.stderr == (
            f"another maild (process {home.process.pid}) owns {home.path / 'state'}; stop it first\n"
        )
    assert home.stop() == 0

    approve(home, "northwind")
    home.imap.deliver(user, mail("Noch ein Angebot", number=2))
    for _ in range(3):  # an approval settles between two passes
        once = home.command("run", "--once")
        assert (once.returncode, once.stdout) == (0, ""), once.stderr
    assert len(home.messages("northwind", "Drafts")) == 1
    assert len(home.messages("northwind", "Sent")) == 1
    assert sorted(home.sink.transactions) == [
        "anna@kunde.example",
        *["books@northwind.example"] * 2,
        *["jane@northwind.example"] * 2,
    ]
    assert rows(home, "SELECT state, count(*) FROM mail GROUP BY state") == [("done", 2)]

    home.add_client("no-imap", imap_port=free_port())
    home.add_client("no-smtp", smtp_port=free_port())
    home.add_client("broken", rules="rules: 7\n")
    for slug in ("northwind", "no-smtp"):
        home.imap.deliver(home.users[slug], mail(number=3))
    once = home.command("run", "--once")
    assert once.returncode == 3
    named = [
        line.partition(": ")[0] for line in once.stderr.splitlines() if " " not in line.partition(": ")[0]
    ]
    assert sorted(named) == ["broken", "no-imap", "no-smtp"]
    assert len(home.messages("northwind", "Drafts")) == 2
    assert outbox(home, "no-smtp") == {"jane@no-smtp.example": "queued", "books@no-smtp.example": "queued"}


def test_a_mailbox_has_one_worker_also_in_a_reload(home: Installation, gate: Gate) -> None:
    """New settings for a mailbox that is being worked in wait until the work is done; others go on meanwhile."""
    home.write("maild.yaml", OFFICE.replace("workers: 4", "workers: 8"))
    slow = home.add_client("northwind", imap_port=gate.port, watch="poll")
    quick = home.add_client("oakfield")
    home.start()
    for number, user in enumerate((slow, quick)):
        home.imap.deliver(user, mail(number=number))
    home.wait_for("northwind", "Drafts", 1)
    gate.shut()
    assert gate.held.wait(20)
    replace(home, "rules/northwind/client.yaml", "poll: 1s", "poll: 2s")
    reload(home)
    for user in (slow, quick):
        home.imap.deliver(user, mail(number=3))
    home.wait_for("oakfield", "Drafts", 2)
    assert gate.knocks == 0
    gate.is_open.set()
    home.wait_for("northwind", "Drafts", 2)
    assert home.stop() == 0
    assert "trouble" not in home.log()

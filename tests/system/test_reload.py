"""Files that are changed while the real daemon runs: read by themselves, all or nothing, and the office is told."""

import os
import signal
from pathlib import Path

import pytest

from maild.core.message import Address, Mail
from maild.core.parse import parse
from tests.servers.ports import free_port, wait_until
from tests.system.faults import FaultySink, reload, replace, rows
from tests.system.installation import Installation, mail

KILLER = str(Path(__file__).with_name("kill_at.py"))
OFFICE = """\
office:
  name: Büroservice Lindner
  address: buero@lindner.example
  smtp: {{host: 127.0.0.1, port: {port}, tls: none, username: buero@lindner.example, password: {{env: TEST_SMTP}}}}
workers: 4
"""
SORTED = """\
rules:
  - name: sort
    when: {subject: {contains: Rechnung}}
    do: [{move: Rechnungen}]
"""
RULES = "rules/northwind/rules.yaml"
BUERO = "buero@lindner.example"


@pytest.fixture
def served(home: Installation, sink: FaultySink) -> Installation:
    """Two clients, watched by a daemon that can write to the office."""
    home.write("maild.yaml", OFFICE.format(port=sink.port))
    for slug in ("northwind", "oakfield"):
        home.add_client(slug, rules=SORTED)
    start(home)
    return home


def test_a_saved_rule_is_in_force(served: Installation) -> None:
    """Within five seconds, without a signal; a client that is none of it keeps its connection and isn't looked at."""
    looked = served.status()["oakfield"]["last_look"]
    before = read(served)
    replace(served, RULES, "Rechnung}", "Mahnung}")
    wait_until(lambda: read(served) > before, 5, "the new reading")
    served.imap.deliver(served.users["northwind"], mail("Ihre Mahnung", number=1))
    served.wait_for("northwind", "Rechnungen", 1)
    assert served.status()["oakfield"]["last_look"] == looked
    served.imap.deliver(served.users["oakfield"], mail("Ihre Rechnung", number=2))
    served.wait_for("oakfield", "Rechnungen", 1)
    assert served.stop() == 0


def test_a_broken_file_changes_nothing_and_is_told_once(served: Installation, sink: FaultySink) -> None:
    """The last good rules stay; status, log and one mail say so, however often it is saved; mended, it is in force."""
    break_rules(served)
    for slug in ("northwind", "oakfield"):
        served.imap.deliver(served.users[slug], mail("Ihre Rechnung", number=1))
        served.wait_for(slug, "Rechnungen", 1)
    status = served.status()
    assert status["northwind"]["error"].startswith(f"{RULES}:3:")
    assert status["oakfield"]["error"] == ""
    assert f"client set aside               client=northwind place={RULES}:3" in served.log()

    (told,) = to_the_office(sink, 1)
    assert told.subject == "maild: Dateien von northwind sind fehlerhaft"
    assert (told.sender, told.to) == (Address(BUERO, "maild"), (Address(BUERO, "Büroservice Lindner"),))
    assert told.header("Auto-Submitted") == ("auto-generated",)
    text = told.text
    assert f"• {RULES}:3:" in text
    assert "did you mean «contains»" in text
    assert "Bis das behoben ist, gelten für northwind die letzten fehlerfreien Dateien weiter." in text
    assert "oakfield" not in text

    for change in (lambda: os.utime(served.path / RULES), lambda: reload(served)):
        before = read(served)
        change()
        wait_until(lambda before=before: read(served) > before, 10, "one more reading")
    assert letters(served) == 1

    before = read(served)
    replace(served, RULES, "contians: Rechnung}", "contains: Mahnung}")
    wait_until(lambda: read(served) > before, 10, "the mended files")
    served.imap.deliver(served.users["northwind"], mail("Ihre Mahnung", number=2))
    served.wait_for("northwind", "Rechnungen", 2)
    assert served.status()["northwind"]["error"] == ""
    assert "client mended                  client=northwind" in served.log()

    break_rules(served, "Mahnung")
    assert len(to_the_office(sink, 2)) == 2, "a fault that comes back is told again"
    wait_until(lambda: states(served) == [("sent",)] * 2, 20, "both letters closed")
    assert served.stop() == 0


def test_clients_that_share_a_broken_file_are_told_of_in_one_mail(
    served: Installation, sink: FaultySink
) -> None:
    """One fault, one mail; it names all of them."""
    served.write("rules/_shared/more.yaml", "rules: []\n")
    before = read(served)
    for slug in ("northwind", "oakfield"):
        served.write(f"rules/{slug}/rules.yaml", "use: _shared/more.yaml\n" + SORTED)
    wait_until(lambda: read(served) > before, 10, "the shared file used")
    served.write("rules/_shared/more.yaml", "rules: 7\n")
    (told,) = to_the_office(sink, 1)
    assert told.subject == "maild: Dateien von northwind und oakfield sind fehlerhaft"
    assert "die Dateien von northwind, oakfield sind fehlerhaft:" in told.text
    assert letters(served) == 1
    assert served.stop() == 0


def test_a_broken_main_file_is_told(served: Installation, sink: FaultySink) -> None:
    """Everybody's last good files stay in force; the office hears of it by the server that was good before."""
    good = (served.path / "maild.yaml").read_text(encoding="utf-8")
    served.write("maild.yaml", "office: [")
    (told,) = to_the_office(sink, 1)
    assert told.subject == "maild: Die Datei maild.yaml ist fehlerhaft"
    served.imap.deliver(served.users["northwind"], mail("Ihre Rechnung"))
    served.wait_for("northwind", "Rechnungen", 1)
    before = read(served)
    served.write("maild.yaml", good.replace("workers: 4", "workers: 5"))
    wait_until(lambda: read(served) > before, 10, "the mended main file")
    status = served.status()
    assert {slug: status[slug]["error"] for slug in status} == {"northwind": "", "oakfield": ""}
    assert "needs a restart                keys=workers" in served.log()
    assert letters(served) == 1
    assert served.stop() == 0


def test_clients_that_are_suddenly_gone_are_still_served(served: Installation, sink: FaultySink) -> None:
    """All at once: a folder was moved by mistake, or its disk is away. The office is told, and nobody waits."""
    before = read(served)
    (served.path / "rules").rename(served.path / "rules.away")
    wait_until(lambda: read(served) > before, 10, "the reading of no clients")
    served.imap.deliver(served.users["northwind"], mail("Ihre Rechnung"))
    served.wait_for("northwind", "Rechnungen", 1)
    (told,) = to_the_office(sink, 1)
    assert told.subject == "maild: Der Ordner rules enthält keine Auftraggeber mehr"
    assert "gelten für alle Auftraggeber die letzten fehlerfreien Dateien weiter" in told.text
    before = read(served)
    (served.path / "rules.away").rename(served.path / "rules")
    wait_until(lambda: read(served) > before, 10, "the reading of both")
    assert "clients=2 faults=0" in served.log().splitlines()[-1]
    assert letters(served) == 1
    assert served.stop() == 0


def test_a_burst_of_changes_is_few_readings(served: Installation) -> None:
    """Fifty files written anew, as by a deployment, are read when they rest, not fifty times."""
    before = read(served)
    for number in range(50):
        served.write(f"rules/client{number % 3}/notes{number}.txt", "x")
        served.write(RULES, SORTED.replace("Rechnung}", f"Rechnung{number}}}"))
    served.imap.deliver(served.users["northwind"], mail("Ihre Rechnung49"))
    wait_until(lambda: read(served) > before, 10, "the new reading")
    assert read(served) - before <= 2
    assert served.stop() == 0


def test_a_stop_ends_the_reading(served: Installation) -> None:
    """SIGTERM right after a change: the daemon goes at once, and nothing is read after the stop began."""
    replace(served, RULES, "Rechnung}", "Mahnung}")
    assert served.stop(signal.SIGTERM) == 0
    _, _, after = served.log().partition("daemon stopping")
    assert "configuration read" not in after
    assert "daemon stopped" in after


@pytest.mark.parametrize(
    ("point", "when"),
    [
        ("Accounts.failed", "before"),
        ("Accounts.failed", "after"),
        ("Outbox.enqueue", "before"),
        ("Outbox.enqueue", "after"),
        ("Outbox.claim", "after"),
        ("Outbox.begin_sending", "before"),
        ("Outbox.settle", "before"),
        ("Outbox.settle", "after"),
        ("Outbox.close", "before"),
    ],
)
def test_a_kill_changes_nothing_of_what_the_office_is_told(
    home: Installation, sink: FaultySink, point: str, when: str
) -> None:
    """Killed anywhere between the fault and the end of its mail, and started again: the office has got it once."""
    home.write("maild.yaml", OFFICE.format(port=sink.port))
    for slug in ("northwind", "oakfield"):
        home.add_client(slug, rules=SORTED)
    start(home, (KILLER,), KILL_AT=point, KILL_WHEN=when)
    replace(home, RULES, "contains: Rechnung}", "contians: Rechnung}")
    assert home.died(), home.log()
    home.start()
    doubtful = (point, when) == ("Outbox.settle", "before")
    wait_until(lambda: states(home) == [("in_doubt" if doubtful else "sent",)], 20, "the end of the letter")
    reload(home)
    assert letters(home) == 1
    assert len(sink.sent_to(BUERO)) == 1
    assert home.stop() == 0


def test_a_server_mended_in_the_file_is_used_at_once(home: Installation, sink: FaultySink) -> None:
    """What could not be told waits in the outbox and goes out when maild.yaml names the right server."""
    home.write("maild.yaml", OFFICE.format(port=free_port()))
    for slug in ("northwind", "oakfield"):
        home.add_client(slug, rules=SORTED)
    start(home)
    break_rules(home)
    said = "SELECT last_error FROM account WHERE client = '_office' AND name = 'smtp' AND failures > 0"
    wait_until(lambda: bool(rows(home, said)), 20, "the trouble in the status")
    shown = home.command("status")
    assert "Outbox of the office: 1 queued" in shown.stdout
    assert "the office: smtp: 127.0.0.1:" in shown.stdout
    home.write("maild.yaml", OFFICE.format(port=sink.port))
    try:
        to_the_office(sink, 1)
    except TimeoutError as error:
        raise TimeoutError(f"{error}\n{home.log()}") from None
    assert home.stop() == 0


def test_without_a_server_nobody_is_told_by_mail(home: Installation) -> None:
    """`check` warns, the fault stands in status and log, and no letter is made."""
    home.add_client("northwind", rules=SORTED)
    home.add_client("oakfield", rules=SORTED)
    checked = home.command("check")
    assert (
        "maild.yaml:1:1: office.smtp: is missing; without it nobody is told of trouble by mail"
        in checked.stdout
    )
    start(home)
    break_rules(home)
    assert home.status()["northwind"]["error"].startswith(RULES)
    assert letters(home) == 0
    assert home.stop() == 0


def test_one_pass_tells_the_office_too(home: Installation, sink: FaultySink) -> None:
    """`run --once` sends the mail about a faulty client, and a second pass does not send it again."""
    home.write("maild.yaml", OFFICE.format(port=sink.port))
    home.add_client("northwind", rules="rules: 7\n")
    home.add_client("oakfield", rules=SORTED)
    for _ in range(2):
        assert home.command("run", "--once").returncode == 2
        (told,) = to_the_office(sink, 1)
        assert "bleibt die Post von northwind unbearbeitet im Posteingang liegen" in told.text
    assert states(home) == [("sent",)]


def test_what_the_office_is_told_brings_nothing_more(served: Installation, sink: FaultySink) -> None:
    """A mail of maild's own in a watched mailbox is sorted as any other: no answer, no draft, no further alarm."""
    before = read(served)
    served.write(
        "rules/oakfield/rules.yaml", SORTED + "  - {name: all, do: [{draft: offer}, {move: Gelesen}]}\n"
    )
    wait_until(lambda: read(served) > before, 10, "the greedy rule")
    break_rules(served)
    to_the_office(sink, 1)
    served.imap.deliver(served.users["oakfield"], sink.sent_to(BUERO)[0].content)
    served.wait_for("oakfield", "Gelesen", 1)
    assert served.messages("oakfield", "Drafts") == []
    assert letters(served) == 1
    assert served.stop() == 0


def start(home: Installation, program: tuple[str, ...] = ("-m", "maild"), **environment: str) -> None:
    """Start the daemon and wait until each mailbox was looked at."""
    home.start(program, **environment)
    looked = "SELECT 1 FROM account WHERE name = 'imap' AND last_success_at IS NOT NULL"
    wait_until(lambda: len(rows(home, looked)) == len(home.users), 20, f"the first looks\n{home.log()}")


def break_rules(home: Installation, word: str = "Rechnung") -> None:
    """Save a faulty rule, and wait until it was found out."""
    before = read(home)
    replace(home, RULES, f"contains: {word}}}", f"contians: {word}}}")
    wait_until(lambda: read(home) > before, 10, "the reading of the broken file")


def read(home: Installation) -> int:
    """How often the files were read again."""
    return home.log().count("configuration read")


def letters(home: Installation) -> int:
    """How many mails to the office there are, in whatever state."""
    return len(rows(home, "SELECT id FROM letter WHERE client = '_office'"))


def states(home: Installation) -> list[tuple[object, ...]]:
    """How the closed letters to the office ended."""
    return rows(home, "SELECT state FROM letter WHERE client = '_office' AND closed_at IS NOT NULL")


def to_the_office(sink: FaultySink, count: int) -> list[Mail]:
    """The mails to the office, once there are exactly so many."""
    wait_until(lambda: len(sink.sent_to(BUERO)) == count, 20, f"{count} mails to the office")
    return [parse(each.content) for each in sink.sent_to(BUERO)]

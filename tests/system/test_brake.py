"""The brake with the real daemon: a rule runs wild, is stopped, and goes on when a person says so; killed meanwhile."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from maild.core.parse import parse
from tests.servers.ports import wait_until
from tests.system.commands import Here
from tests.system.installation import Installation, mail

KILLER = str(Path(__file__).with_name("kill_at.py"))
POINTS = ("Pauses.pause", "Pauses.hold", "Pauses.release")
RULES = """\
rules:
  - {name: enquiry, when: {subject: {words: [Angebot]}}, do: [{move: Anfragen}]}
"""
OFFICE = """\
office:
  name: Büroservice Lindner
  address: buero@lindner.example
  smtp: {{host: 127.0.0.1, port: {port}, tls: none, username: buero@lindner.example, password: {{env: TEST_SMTP}}}}
"""


@pytest.fixture
def braked(installation: Installation) -> Installation:
    """A client whose rules may act on five mails in ten minutes each, with twelve mails in the inbox."""
    user = installation.add_client("northwind", rules=RULES)
    installation.write("maild.yaml", OFFICE.format(port=installation.sink.port))
    path = installation.path / "rules/northwind/client.yaml"
    path.write_text(f"{path.read_text(encoding='utf-8')}brake: 5/10m\n", encoding="utf-8")
    for number in range(12):
        installation.imap.deliver(user, mail(number=number))
    return installation


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    """Run a command in this process."""
    return Here(monkeypatch, capsys)


def test_a_rule_that_runs_wild_is_stopped_and_resumed(braked: Installation) -> None:
    """Five of twelve are moved, seven stay; log, status and one mail say why; resumed, the rest is moved at once."""
    braked.start()
    stopped(braked)
    assert "rule paused" in braked.log()
    client = braked.status()["northwind"]
    (paused,) = client["paused_rules"]
    assert (paused["rule"], paused["waiting"]) == ("enquiry", 7)
    assert paused["reason"] == "it acted on 5 mails within 10 minutes and would have acted on more"
    assert client["mail"] == {"done": 5, "paused": 7}
    shown = braked.command("status").stdout
    assert 'northwind: rule "enquiry" is paused since ' in shown
    assert "maild rules resume --client northwind enquiry" in shown
    done = braked.command("rules", "resume", "--client", "northwind", "enquiry")
    assert (done.returncode, done.stdout) == (0, "Rule «enquiry» is resumed; mails that waited for it: 7.\n")
    braked.wait_for("northwind", "Anfragen", 12, 60)
    assert braked.messages("northwind") == []
    assert braked.status()["northwind"]["paused_rules"] == []
    assert braked.stop() == 0
    (letter,) = braked.sink.sent_to("buero@lindner.example")
    told = parse(letter.content)
    assert told.subject == "maild: Die Regel «enquiry» für Northwind ist angehalten"
    assert "maild rules resume --client northwind enquiry" in told.text


def test_a_rule_is_stopped_by_hand_while_the_daemon_runs(installation: Installation) -> None:
    """The next mail already waits; a second rule of the client goes on."""
    rules = RULES + "  - {name: greeting, when: {subject: Gruß}, do: [{move: Grüße}]}\n"
    user = installation.add_client("northwind", rules=rules)
    installation.start()
    wait_until(lambda: "daemon started" in installation.log(), 20, "the start")
    done = installation.command("rules", "pause", "--client", "northwind", "enquiry")
    assert (done.returncode, done.stdout) == (0, "Rule «enquiry» is paused.\n")
    installation.imap.deliver(user, mail(number=1))
    installation.imap.deliver(user, mail("Gruß", number=2))
    installation.wait_for("northwind", "Grüße", 1)
    assert len(installation.wait_for("northwind", "INBOX", 1)) == 1
    assert installation.status()["northwind"]["mail"] == {"done": 1, "paused": 1}
    assert installation.command("rules", "resume", "--client", "northwind", "--all").returncode == 0
    installation.wait_for("northwind", "Anfragen", 1, 60)
    assert installation.stop() == 0


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("point", POINTS)
def test_a_kill_at_a_commit_of_the_brake_changes_nothing(braked: Installation, point: str, when: str) -> None:
    """Killed right before or after and started again: as many are moved, as many wait, each once; then all are."""
    killed = {"KILL_AT": point, "KILL_WHEN": when}
    if point == "Pauses.release":
        braked.start()
        stopped(braked)
        assert braked.stop() == 0
        renamed(braked)
        braked.start((KILLER,), **killed)
        assert braked.died()
        renamed(braked, back=True)
    else:
        braked.start((KILLER,), **killed)
        assert braked.died()
    braked.start()
    stopped(braked)
    assert rows(braked, "SELECT count(*) FROM effect") == [(5,)]
    assert braked.command("rules", "resume", "--client", "northwind", "enquiry").returncode == 0
    braked.wait_for("northwind", "Anfragen", 12, 60)
    done = "SELECT count(*), count(DISTINCT mail_id) FROM effect WHERE state = 'done'"
    wait_until(lambda: rows(braked, done) == [(12, 12)], 20, "the end of each effect")
    assert rows(braked, "SELECT count(*) FROM effect") == [(12,)]
    assert braked.stop() == 0


def test_no_commit_point_of_the_brake_is_forgotten(braked: Installation) -> None:
    """The points above are all those of paused rules at which the daemon commits."""
    record = braked.path / "points"
    braked.start((KILLER,), RECORD=str(record))
    stopped(braked)
    assert braked.stop() == 0
    renamed(braked)
    braked.start((KILLER,), RECORD=str(record))
    wait_until(lambda: "mails released" in braked.log(), 20, "the release")
    assert braked.stop() == 0
    assert {point for point in record.read_text().split() if point.startswith("Pauses.")} == set(POINTS)


def test_words_of_the_commands(braked: Installation, run: Here) -> None:
    """Unknown names are answered by the likeliest known one; what is so already is said, and is no fault."""

    def rules(*words: str) -> tuple[int, str]:
        outcome = run("--home", braked.path, "rules", *words)
        return outcome.code, outcome.out + outcome.err

    code, text = rules("pause", "--client", "northwind", "enquiry")
    assert (code, "there is no state" in text) == (2, True)
    assert braked.command("run", "--once").returncode == 0
    assert rules("resume", "--client", "northwind", "enquiri") == (
        2,
        "client «northwind» has no paused rule «enquiri»; did you mean «enquiry»?\n",
    )
    assert rules("resume", "--client", "northwind", "--all") == (
        0,
        "Rule «enquiry» is resumed; mails that waited for it: 7.\n",
    )
    assert rules("resume", "--client", "northwind", "--all") == (
        0,
        "No rule of client «northwind» is paused.\n",
    )
    assert rules("resume", "--client", "northwind", "enquiry") == (
        2,
        "rule «enquiry» of client «northwind» is not paused\n",
    )
    assert rules("pause", "--client", "northwind", "enquiri") == (
        2,
        "client «northwind» has no rule «enquiri»; did you mean «enquiry»?\n",
    )
    assert rules("pause", "--client", "northwind", "zzz") == (
        2,
        "client «northwind» has no rule «zzz»; there are: enquiry\n",
    )
    assert rules("pause", "--client", "nordwind", "enquiry") == (
        2,
        "there is no client «nordwind»; did you mean «northwind»?\n",
    )
    for said in ("is paused", "was paused already"):
        assert rules("pause", "--client", "northwind", "enquiry") == (0, f"Rule «enquiry» {said}.\n")
    for words in (["enquiry", "--all"], []):
        assert rules("resume", "--client", "northwind", *words) == (
            2,
            "name the rule that is to be resumed, or say --all\n",
        )


def test_a_client_with_faulty_files_can_be_stopped(braked: Installation, run: Here) -> None:
    """The daemon goes on with the last good rules: those that have acted can be paused and resumed all the same."""
    assert braked.command("run", "--once").returncode == 0
    braked.write("rules/northwind/rules.yaml", "rules: [{name: enquiry, do: [{mvoe: X}]}]\n")
    outcome = run("--home", braked.path, "rules", "resume", "--client", "northwind", "enquiry")
    assert outcome.code == 0
    assert run("--home", braked.path, "rules", "pause", "--client", "northwind", "enquiry").code == 0
    status = json.loads(run("--home", braked.path, "status", "--json").out)
    (paused,) = status["clients"][0]["paused_rules"]
    assert (paused["rule"], paused["reason"]) == ("enquiry", "it was paused by hand")


def stopped(home: Installation) -> None:
    """Wait until seven of twelve wait, five are moved."""
    home.wait_for("northwind", "Anfragen", 5, 30)
    wait_until(
        lambda: (7,) in rows(home, "SELECT count(*) FROM mail WHERE state = 'paused'"), 20, "seven to wait"
    )
    assert len(home.messages("northwind")) == 7


def renamed(home: Installation, *, back: bool = False) -> None:
    """The rule is called otherwise, so that nothing waits for it any more, and acts on nothing; or as before."""
    rules = RULES if back else RULES.replace("enquiry", "other").replace("Angebot", "Nichts")
    home.write("rules/northwind/rules.yaml", rules)


def rows(home: Installation, query: str) -> list[tuple[object, ...]]:
    """What the database holds."""
    with closing(
        sqlite3.connect(f"file:{home.path}/state/maild.db?mode=ro", uri=True, timeout=10)
    ) as connection:
        return connection.execute(query).fetchall()

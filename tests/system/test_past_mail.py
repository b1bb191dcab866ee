"""Rules on past mail with the real commands: preview, apply and undo, beside the daemon and without it."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.servers.dovecot import Dovecot
from tests.servers.ports import free_port, wait_until
from tests.system.commands import Here, Outcome
from tests.system.faults import FaultySink, rows
from tests.system.installation import Installation, mail

KILLER = str(Path(__file__).with_name("kill_at.py"))
ARCHIVE = "Archiv"
Command = Callable[..., Outcome]
EVERYTHING = ("INBOX", ARCHIVE, "Anfragen", "Kopien", "Drafts", "Trash")


@pytest.fixture
def home(tmp_path: Path, dovecot: Dovecot) -> Iterator[Installation]:
    """A client with four enquiries and a greeting in the archive; nothing has looked at the mailbox yet."""
    with FaultySink() as sink:
        found = Installation(tmp_path, dovecot, sink)
        user = found.add_client("northwind")
        for number in range(4):
            dovecot.store(user, mail(number=number).replace(b"\n", b"\r\n"), ARCHIVE, ["\\Seen"])
        dovecot.store(user, mail("Gruß", number=4).replace(b"\n", b"\r\n"), ARCHIVE)
        yield found
        found.clean_up()


@pytest.fixture
def run(home: Installation, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command on that home in this process."""
    here = Here(monkeypatch, capsys)
    for name in ("TEST_IMAP", "TEST_SMTP"):
        monkeypatch.setenv(name, home.environment[name])
    return lambda *arguments: here("--home", home.path, *arguments)


def test_preview(home: Installation, run: Command) -> None:
    """As a table with counts or as JSON; without a state, beside a daemon; nothing is changed by it."""
    before = contents(home)
    shown = run(*PREVIEW[:-1])
    assert shown.code == 0, shown.err
    assert not (home.path / "state").exists()
    assert "5 mails; something is done with 4." in shown.out
    for line in ("  rule offer: 4 mails", "  action move Anfragen: 4 mails", "  action copy Kopien: 4 mails"):
        assert line in shown.out.splitlines()
    assert "Reading: 5 of 5" in shown.err.splitlines()
    start(home)
    told = preview(run)
    assert [len(told["mails"]), told["actions"]["mark flagged"], told["folder"]] == [5, 4, ARCHIVE]
    first, *_, last = told["mails"]
    assert [step["action"] for step in first["do"]] == ["mark", "copy", "move"]
    assert {step["action"] for step in first["left_out"]} == {"draft", "note", "forward"}
    assert (last["subject"], last["rules"], last["do"]) == ("Gruß", [], [])
    limited = run(*PREVIEW, "--limit", "2", "--since", "14d")
    assert len(json.loads(limited.out)["mails"]) == 2
    assert contents(home) == before
    assert home.stop() == 0


PREVIEW = ("rules", "preview", "--client", "northwind", "--folder", ARCHIVE, "--json")
APPLY = ("rules", "apply", "--client", "northwind", "--folder", ARCHIVE, "--yes")


def test_apply_and_undo_beside_the_daemon(home: Installation, run: Command) -> None:
    """The daemon does it at once, though its mailbox is quiet; `jobs` tells; what comes back stays where it is."""
    before = contents(home)
    start(home)
    shown = preview(run)
    done = run(*APPLY)
    assert (done.code, done.out.splitlines()[-1]) == (0, "Job 1 is done."), done.err
    assert "5 mails; something is done with 4." in done.out
    assert counts(home) == {"INBOX": 0, ARCHIVE: 1, "Anfragen": 4, "Kopien": 4, "Drafts": 0, "Trash": 0}
    planned = sorted((each["uid"], step["action"]) for each in shown["mails"] for step in each["do"])
    carried_out = rows(
        home, "SELECT m.uid, e.action FROM effect e JOIN mail m ON m.id = e.mail_id ORDER BY 1, 2"
    )
    assert carried_out == planned
    assert home.sink.transactions == []

    home.imap.deliver(home.users["northwind"], mail(number=9))
    home.wait_for("northwind", "Drafts", 1)
    home.wait_for("northwind", "Anfragen", 5)
    moved = home.messages("northwind", "Anfragen")
    home.move("northwind", moved[0].uid, "Anfragen", "Trash")
    undone = run("rules", "undo", "--client", "northwind", "--job", "1", "--yes")
    assert undone.code == 0, undone.err
    assert "From Anfragen back to Archiv: 3 mails" in undone.out
    (stays,) = [line for line in undone.out.splitlines() if line.startswith("Stays: ")]
    assert stays.endswith("moved to Anfragen: it was moved on or deleted meanwhile")
    assert "Marks and copies stay as they are: 8." in undone.out
    assert counts(home) == {"INBOX": 0, ARCHIVE: 4, "Anfragen": 1, "Kopien": 5, "Drafts": 1, "Trash": 1}

    live = run("rules", "undo", "9.anfrage@kunde.example", "--client", "northwind", "--yes")
    assert "From Anfragen back to INBOX: 1 mail" in live.out, live.err
    home.imap.deliver(home.users["northwind"], mail(number=10))  # wakes it, and is sorted
    home.wait_for("northwind", "Drafts", 2)
    home.wait_for("northwind", "Anfragen", 1)
    assert counts(home) == {"INBOX": 1, ARCHIVE: 4, "Anfragen": 1, "Kopien": 6, "Drafts": 2, "Trash": 1}

    listed = json.loads(run("rules", "jobs", "--client", "northwind", "--json").out)["jobs"]
    assert [(job["id"], job["kind"], job["state"], job["total"]) for job in listed] == [
        (3, "undo", "done", 1),
        (2, "undo", "done", 3),
        (1, "apply", "done", 5),
    ]
    table = run("rules", "jobs", "--client", "northwind", "--limit", "1").out
    assert "undo" in table
    assert "apply" not in table
    again = run("rules", "undo", "--client", "northwind", "--job", "1", "--yes")
    assert (again.code, again.out.splitlines()[-1]) == (0, "There is nothing to move back.")
    nothing = run(*APPLY)
    assert nothing.code == 0
    assert home.stop() == 0
    subjects_and_flags = {(each.content, "\\Seen" in each.flags) for each in before[ARCHIVE]}
    assert {(each.content, "\\Seen" in each.flags) for each in contents(home)[ARCHIVE]} <= subjects_and_flags


def test_apply_and_undo_without_a_daemon(home: Installation) -> None:
    """The command does it itself, leaves new mail to the daemon, and writes nothing to anybody."""
    first = home.command(*APPLY)
    assert (first.returncode, counts(home)["Anfragen"]) == (2, 0)
    assert "has not looked at the mailbox of «northwind» yet" in first.stderr
    assert home.command("run", "--once").returncode == 0
    home.imap.deliver(home.users["northwind"], mail(number=9))
    for folder in (ARCHIVE, "INBOX"):
        done = home.command("rules", "apply", "--client", "northwind", "--folder", folder, "--yes")
        assert done.returncode == 0, done.stderr
    assert counts(home) == {"INBOX": 1, ARCHIVE: 1, "Anfragen": 4, "Kopien": 4, "Drafts": 0, "Trash": 0}
    undone = home.command("rules", "undo", "--client", "northwind", "--since", "1h", "--yes")
    assert undone.stdout.splitlines()[-1] == "Job 2 is done.", undone.stderr
    assert counts(home)[ARCHIVE] == 5
    assert home.command("run", "--once").returncode == 0
    assert counts(home) == {"INBOX": 0, ARCHIVE: 5, "Anfragen": 1, "Kopien": 5, "Drafts": 1, "Trash": 0}


def test_nothing_without_a_yes(home: Installation) -> None:
    """No answer, or no: nothing is changed."""
    assert home.command("run", "--once").returncode == 0
    before = contents(home)
    for answer in ("n\n", ""):
        ended = answered(home, APPLY[:-1], answer)
        assert ended.returncode == (0 if answer else 1)
        assert "Do this in folder Archiv?" in ended.stdout
    assert contents(home) == before
    assert answered(home, APPLY[:-1], "y\n").returncode == 0
    assert counts(home)["Anfragen"] == 4
    undo = ("rules", "undo", "--client", "northwind", "--job", "1")
    assert answered(home, undo, "n\n").stdout.endswith("Nothing was changed.\n")
    assert counts(home)["Anfragen"] == 4


CASES = (
    (("preview", "--client", "nobody"), 2, "there is no client of this name"),
    (("preview", "--client", "northwind", "--folder", "Papierkorb2"), 3, "'Papierkorb2'"),
    (("preview", "--client", "northwind", "--folder", "Drafts"), 2, "«Drafts» is where drafts lie"),
    (("apply", "--client", "northwind", "--folder", "Freigegeben", "--yes"), 2, "is a review folder"),
    (("preview", "--client", "northwind", "--since", "gestern"), 2, "«gestern» is no length of time"),
    (("preview", "--client", "northwind", "--since", "4 business hours"), 2, "no plain length of time"),
    (("undo", "--client", "northwind"), 2, "Say which moves"),
    (("undo", "--client", "northwind", "--job", "1", "--since", "2h"), 2, "Say which moves"),
    (("undo", "--client", "northwind", "--job", "7"), 0, ""),
    (("preview", "--client", "southwind"), 3, "127.0.0.1"),
)


def test_what_can_not_be_done_is_said(home: Installation, run: Command) -> None:
    """One sentence each, never a traceback, 3 where a server is the cause; nothing is changed."""
    home.add_client("southwind", imap_port=free_port())
    assert home.command("run", "--once").returncode == 3
    before = contents(home)
    for arguments, code, said in CASES:
        ended = run("rules", *arguments)
        assert ended.code == code, (arguments, ended)
        assert said in " ".join(ended.err.replace("│", " ").split()), arguments
    assert contents(home) == before


def test_ctrl_c_in_a_preview(home: Installation, run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends with a sentence; `apply` has changed nothing either while it still counts."""
    assert home.command("run", "--once").returncode == 0
    before = contents(home)

    def pressed(*_: object) -> Iterator[object]:
        raise KeyboardInterrupt

    monkeypatch.setattr("maild.cli.rules.preview.judge_past", pressed)
    for command in (PREVIEW, APPLY):
        ended = run(*command)
        assert (ended.code, ended.out) == (130, "")
        assert ended.err.strip() == "Stopped; nothing was changed."
    assert contents(home) == before
    assert rows(home, "SELECT * FROM job") == []


def test_ctrl_c_leaves_the_job_to_the_daemon(home: Installation) -> None:
    """The command ends with a sentence that says where to look; the daemon goes on."""
    start(home)
    assert home.process is not None
    home.process.send_signal(signal.SIGSTOP)
    command = subprocess.Popen(
        [sys.executable, "-m", "maild", "--home", str(home.path), *APPLY],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=home.environment,
    )
    wait_until(lambda: rows(home, "SELECT state FROM job") == [("queued",)], 20, "the job")
    command.send_signal(signal.SIGINT)
    _, said = command.communicate(timeout=20)
    assert command.returncode == 130
    assert "Job 1 is not finished: the daemon goes on with it." in said
    assert "Traceback" not in said
    home.process.send_signal(signal.SIGCONT)
    wait_until(lambda: rows(home, "SELECT state FROM job") == [("done",)], 30, "the end of the job")
    assert counts(home)["Anfragen"] == 4
    assert home.stop() == 0


POINTS = ("Jobs.plan", "Jobs.plan_undo", "Jobs.end", "Ledger.start", "Ledger.finish")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("point", POINTS)
def test_a_kill_at_a_commit_changes_nothing(home: Installation, point: str, when: str) -> None:
    """The daemon dies amid the way there or the way back and is started again: each mail exists exactly once."""
    start(home, (KILLER,), KILL_AT=point, KILL_WHEN=when)
    before = contents(home)
    there = asked(home, APPLY)
    assert counts(home) == {"INBOX": 0, ARCHIVE: 1, "Anfragen": 4, "Kopien": 4, "Drafts": 0, "Trash": 0}
    back = asked(home, ("rules", "undo", "--client", "northwind", "--job", "1", "--yes"))
    assert there + back == 1, "it died once"
    after = contents(home)
    assert sorted(each.content for each in after[ARCHIVE]) == sorted(each.content for each in before[ARCHIVE])
    assert counts(home) == {"INBOX": 0, ARCHIVE: 5, "Anfragen": 0, "Kopien": 4, "Drafts": 0, "Trash": 0}
    assert rows(home, "SELECT kind, state, done, reason FROM job ORDER BY id") == [
        ("apply", "done", 5, ""),
        ("undo", "done", 4, ""),
    ]
    assert home.stop() == 0


def test_no_commit_point_is_forgotten(home: Installation) -> None:
    """The points above are all those at which the daemon commits for a job and not otherwise."""
    record = home.path / "points"
    start(home, (KILLER,), RECORD=str(record))
    assert asked(home, APPLY) == 0
    assert asked(home, ("rules", "undo", "--client", "northwind", "--job", "1", "--yes")) == 0
    assert home.stop() == 0
    usual = ("Accounts.", "Ledger.cursor", "Ledger.admit", "Drafts.", "Outbox.", "migration")
    points = {point for point in record.read_text().split() if not point.startswith(usual)}
    assert points == set(POINTS)


def asked(home: Installation, command: tuple[str, ...]) -> int:
    """Give the command; start the daemon again when it dies. Returns how often that was."""
    process = subprocess.Popen(
        [sys.executable, "-m", "maild", "--home", str(home.path), *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=home.environment,
    )
    deaths = 0

    def ended() -> bool:
        nonlocal deaths
        if home.process is not None and home.process.poll() is not None:
            deaths += 1
            home.start()
        return process.poll() is not None

    try:
        wait_until(ended, 60, "the end of the command")
    finally:
        process.kill()
    output = process.communicate()[0]
    assert process.returncode == 0, output
    ended()
    return deaths


def start(home: Installation, program: Sequence[str] = ("-m", "maild"), **environment: str) -> None:
    """Start the daemon and wait for its first look."""
    home.start(program, **environment)
    wait_until(
        lambda: rows(home, "SELECT 1 FROM folder WHERE name = 'INBOX'") == [(1,)], 20, "the first look"
    )


def answered(home: Installation, arguments: tuple[str, ...], answer: str) -> subprocess.CompletedProcess[str]:
    """A command, and what somebody types."""
    return subprocess.run(
        [sys.executable, "-m", "maild", "--home", str(home.path), *arguments],
        input=answer,
        capture_output=True,
        text=True,
        env={**home.environment, "TERM": "dumb"},
        check=False,
        timeout=60,
    )


def preview(run: Command) -> dict:
    """What the preview tells as JSON."""
    shown = run(*PREVIEW)
    assert shown.code == 0, shown.err
    return json.loads(shown.out)


def contents(home: Installation) -> dict:
    """All that lies in the folders that matter."""
    return {folder: home.messages("northwind", folder) for folder in EVERYTHING}


def counts(home: Installation) -> dict[str, int]:
    """How many mails lie where."""
    return {folder: len(mails) for folder, mails in contents(home).items()}

"""The commands beside the daemon: what they print, how they end, where they look; and never a traceback."""

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from maild.cli.app import app
from tests.servers.dovecot import Dovecot
from tests.system.commands import Here
from tests.system.faults import FaultySink, replace
from tests.system.installation import OFFICE, RULES, TEMPLATE, Installation, mail

EXAMPLES = """\
tests:
  - mail: {from: Anna <anna@kunde.example>, subject: Bitte um ein Angebot}
    expect: {rules: [offer], move: Anfragen}
"""


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    """Run a command in this process."""
    return Here(monkeypatch, capsys)


@pytest.fixture
def home(tmp_path: Path, dovecot: Dovecot) -> Iterator[Installation]:
    """A home of one client, with rules that are tested."""
    with FaultySink() as sink:
        found = Installation(tmp_path, dovecot, sink)
        found.add_client("northwind", rules=RULES + EXAMPLES)
        yield found
        found.clean_up()


def test_check(home: Installation, run: Here) -> None:
    """Nothing wrong: 0, and how many clients; faults: 1, each with its place, and how many can be worked for."""
    smtp = "{host: smtp.lindner.example, username: x, password: {env: OFFICE_SMTP}}"
    home.write(
        "maild.yaml", OFFICE.replace("buero@lindner.example}", f"buero@lindner.example, smtp: {smtp}}}")
    )
    good = run("--home", home.path, "check")
    assert good == (0, "All files are fine: 1 client.\n", "")
    good = run("--home", home.path, "check", "--json")
    assert (good.code, json.loads(good.out)) == (0, {"faults": [], "warnings": []})
    home.add_client("southwind", rules="rules: [{name: a, do: [{mvoe: B}]}]\n")
    home.write("rules/southwind/spare.yaml", "")
    bad = run("--home", home.path, "check")
    assert bad.code == 1
    assert bad.out.splitlines() == [
        'fault rules/southwind/rules.yaml:1:25: rules[0].do[0].mvoe: unknown key "mvoe"; did you mean «move»?',
        "warning rules/southwind/spare.yaml: is not read; did you mean «rules.yaml»?",
        "1 fault. 1 client can be worked for as the files are.",
    ]
    bad = run("--home", home.path, "check", "--json")
    (fault,) = json.loads(bad.out)["faults"]
    assert (bad.code, fault["file"], fault["line"], fault["column"], fault["client"]) == (
        *(1, "rules/southwind/rules.yaml", 1, 25),
        "southwind",
    )
    assert not (home.path / "state").exists()


def test_status_and_the_database(home: Installation, run: Here) -> None:
    """Before the first start, after a pass with a mail left over, and with a database that is none."""
    early = run("--home", home.path, "status")
    assert (early.code, early.out) == (2, "")
    assert early.err.startswith(f"there is no state at {home.path / 'state'} yet")
    assert not (home.path / "state").exists()
    upgraded = run("--home", home.path, "db", "upgrade")
    assert upgraded == (0, "The database is up to date.\n", "")
    assert run("--home", home.path, "db", "upgrade") == upgraded

    home.write("templates/de/offer.txt.j2", TEMPLATE.replace("{{ salutation }}", "An {{ contact.company }}"))
    home.imap.deliver(home.users["northwind"], mail())
    passed = home.command("run", "--once")
    assert (passed.returncode, passed.stdout) == (0, ""), passed.stderr
    shown = run("--home", home.path, "status")
    assert shown.code == 0
    row = next(line for line in shown.out.splitlines() if line.startswith("│ northwind"))
    assert [cell.strip() for cell in row.strip("│").split("│")][-1] == "1"
    assert shown.out.splitlines()[-1].startswith("northwind: mail 1 (INBOX, UID 1, received 2026-")
    assert shown.out.endswith(
        " is left for a person: template offer (templates/de/offer.txt.j2, line 4): contact.company is missing\n"
    )
    (told,) = json.loads(run("--home", home.path, "status", "--json").out)["clients"]
    assert (told["client"], told["error"], told["drafts_waiting"], told["outbox"]) == (
        "northwind",
        "",
        0,
        {"sent": 2},
    )
    assert told["last_look"].startswith("20")
    assert told["mail"] == {"aside": 1}
    (left,) = told["left_for_a_person"]
    assert (left["folder"], left["uid"]) == ("INBOX", 1)

    database = home.path / "state/maild.db"
    home.write(
        "state/maild.db", "this is no database, but a text that is long enough to be taken for one" * 20
    )
    for command in (("status",), ("db", "upgrade")):
        broken = run("--home", home.path, *command)
        assert (broken.code, broken.out) == (2, "")
        assert broken.err.startswith(f"the database {database} can't be read: ")
    refused = home.command("run", "--once")
    assert (refused.returncode, refused.stderr) == (2, broken.err)


def test_where_a_home_and_its_state_are_looked_for(
    home: Installation, run: Here, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """--home, $MAILD_HOME, the working directory; $MAILD_STATE, the first of $STATE_DIRECTORY, state/ of the home."""
    monkeypatch.chdir(home.path)
    assert run("db", "upgrade").code == 0
    assert (home.path / "state/maild.db").exists()
    monkeypatch.chdir("/")
    assert run("check").code == 1
    monkeypatch.setenv("MAILD_HOME", str(home.path))
    assert run("check").code == 0
    assert run("--home", "/", "check").code == 1
    monkeypatch.setenv("STATE_DIRECTORY", f"{tmp_path / 'one'}:{tmp_path / 'two'}")
    assert run("db", "upgrade").code == 0
    assert (tmp_path / "one/maild.db").exists()
    monkeypatch.setenv("MAILD_STATE", str(tmp_path / "three"))
    assert run("db", "upgrade").code == 0
    assert (tmp_path / "three/maild.db").exists()
    assert not (tmp_path / "two").exists()
    assert (tmp_path / "three").stat().st_mode & 0o777 == 0o700


def test_secrets_from_files_and_credentials(home: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """{file:} below the home and {credential:} of systemd sign in; one that is missing is said by its name."""
    replace(home, "rules/northwind/client.yaml", "{env: TEST_IMAP}", "{file: imap.secret}")
    replace(home, "rules/northwind/client.yaml", "{env: TEST_SMTP}", "{credential: northwind-smtp}")
    home.write("imap.secret", f"{home.imap.password}\n")
    home.write("credentials/northwind-smtp", home.sink.password)
    home.imap.deliver(home.users["northwind"], mail())
    without = home.command("run", "--once")
    assert without.returncode == 3
    assert (
        "northwind: the secret {credential: northwind-smtp} needs systemd's LoadCredential" in without.stderr
    )
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(home.path / "credentials"))
    assert home.command("run", "--once").returncode == 0
    assert len(home.sink.sent_to("jane@northwind.example")) == 1
    (home.path / "imap.secret").unlink()
    without = home.command("run", "--once")
    assert without.returncode == 3
    assert (
        "northwind: the secret {file: imap.secret} can't be read: No such file or directory\n"
        in without.stderr
    )


def test_every_command_helps_itself(run: Here) -> None:
    """--help of each command says what it does and gives an example."""
    for words in _commands(typer.main.get_command(app), ()):
        helped = run(*words, "--help")
        assert helped.code == 0
        assert words[-1] in re.split(r"Examples?:\s+maild ", helped.out)[-1], words


@pytest.mark.parametrize(
    ("words", "culprit"),
    [
        (("frobnicate",), "frobnicate"),
        (("run", "--twice"), "--twice"),
        (("rules", "explode"), "explode"),
        (("--house", "/", "check"), "--house"),
    ],
)
def test_usage_errors(run: Here, words: tuple[str, ...], culprit: str) -> None:
    """Unknown commands and options: 2, and one says which."""
    refused = run(*words)
    assert (refused.code, refused.out) == (2, "")
    assert culprit in refused.err


def test_places_that_can_not_be_used(home: Installation, run: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home that is a file, a state directory below a file or without rights: 2 and a sentence with the path."""
    a_file = home.path / "maild.yaml"
    for command in (("run", "--once"), ("status",), ("db", "upgrade"), ("rules", "test")):
        refused = run("--home", a_file, *command)
        assert (refused.code, refused.out) == (2, "")
        assert refused.err.startswith("maild.yaml: is missing in the home, which is no folder")
    assert run("--home", a_file, "check").code == 1
    monkeypatch.setenv("MAILD_STATE", str(a_file / "state"))
    for command in (("run", "--once"), ("db", "upgrade"), ("status",)):
        refused = run("--home", home.path, *command)
        assert (refused.code, refused.out) == (2, "")
        assert str(a_file / "state") in refused.err


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_rights(home: Installation, run: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    """What only an ordinary user can be refused."""
    state = home.path / "locked"
    state.mkdir(mode=0o500)
    monkeypatch.setenv("MAILD_STATE", str(state))
    for command in (("run", "--once"), ("db", "upgrade")):
        refused = run("--home", home.path, *command)
        assert (refused.code, refused.out) == (2, "")
        assert str(state) in refused.err
    (home.path / "maild.yaml").chmod(0)
    assert "maild.yaml: can't be read (Permission denied)" in run("--home", home.path, "status").err
    shutil.rmtree(state)


def _commands(command: object, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    below = getattr(command, "commands", None)
    if below is None:
        yield words
    else:
        for name, each in below.items():
            yield from _commands(each, (*words, name))

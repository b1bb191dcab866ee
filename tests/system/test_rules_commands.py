"""`maild rules check`, `test` and `schema` as an admin runs them: what they print, and how they end."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.config.conftest import HERE
from tests.system.commands import Here

REPOSITORY = HERE.parents[1]
GOOD = """\
rules:
  - name: offers
    when: {subject: {words: [Angebot]}}
    do: [{move: Anfragen}, {draft: answer}]
  - name: invoices
    when: {subject: {words: [Rechnung]}}
    do: [{move: Rechnungen}]
  - name: trial
    when: {subject: {words: [Katalog]}}
    do: [{move: Kataloge}]
    mode: canary
tests:
  - mail: {from: Anna Müller <anna@kunde.example>, subject: Bitte um ein Angebot}
    expect: {rules: [offers], move: Anfragen}
  - mail: {from: Anna Müller <anna@kunde.example>, subject: Ihr Katalog}
    expect: {rules: [], only: true}
"""
MAIL = b"From: Anna <anna@kunde.example>\r\nTo: info@nordwind.example\r\nSubject: %s\r\n\r\nGuten Tag\r\n"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    """Run a command in this process."""
    return Here(monkeypatch, capsys)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home of two clients, north and south, of which one has the rules above."""
    found = shutil.copytree(HERE / "home", tmp_path / "home")
    write(found, "rules/north/rules.yaml", GOOD)
    return found


def write(folder: Path, name: str, text: str | bytes) -> None:
    """Put a file there."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


def edit(home: Path, old: str, new: str) -> None:
    """Replace a text in the rules of north."""
    assert old in GOOD
    write(home, "rules/north/rules.yaml", GOOD.replace(old, new))


def data(out: str) -> dict[str, Any]:
    """What a command printed as JSON."""
    found: dict[str, Any] = json.loads(out)
    return found


def test_check_of_good_rules(home: Path, run: Here) -> None:
    """0, and one line with the numbers; a rule of a shared file counts once."""
    assert run("--home", home, "rules", "check") == (
        0,
        "All rules files are fine: 2 clients, 4 rules, 2 tests, 2 rules without a test.\n",
        "",
    )
    assert run("--home", home, "rules", "check", "--client", "south").out == (
        "All rules files are fine: 1 client, 1 rule, 0 tests, 1 rule without a test.\n"
    )
    shown = run("--home", home, "rules", "check", "--json")
    assert shown.code == 0
    assert data(shown.out) == {
        "faults": [],
        "warnings": [],
        "clients": {
            "north": {"rules": 3, "tests": 2, "untested": ["invoices"]},
            "south": {"rules": 1, "tests": 0, "untested": ["offer-request"]},
        },
    }


def test_check_of_odd_rules(home: Path, run: Here) -> None:
    """Warnings are printed with their place, and the exit code stays 0."""
    edit(home, "{words: [Rechnung]}", "{words: [Angebot]}")
    shown = run("--home", home, "rules", "check", "--client", "north")
    assert shown.code == 0
    assert shown.out.splitlines() == [
        'warning rules/north/rules.yaml:5:5: rules[1]: this rule is never reached: wherever it holds, "offers" above '
        "holds before and stops; move it up, or let that one say then: continue",
        "All rules files are fine: 1 client, 3 rules, 2 tests, 1 rule without a test.",
    ]
    assert run("--home", home, "rules", "check", "--client", "south").out.startswith(
        "All rules files are fine"
    )
    (warning,) = data(run("--home", home, "rules", "check", "--json").out)["warnings"]
    assert (warning["line"], warning["column"], warning["client"], warning["key"]) == (
        5,
        5,
        "north",
        "rules[1]",
    )
    assert "warning rules/north/rules.yaml:5:5" in run("--home", home, "check").out


def test_check_of_faulty_rules(home: Path, run: Here) -> None:
    """1, and each fault of rules files; what is wrong elsewhere is the business of `maild check`."""
    edit(home, "move: Anfragen}, ", "mvoe: Anfragen}, ")
    client = (home / "rules/south/client.yaml").read_text(encoding="utf-8")
    write(home, "rules/south/client.yaml", client + "nmae: x\n")
    shown = run("--home", home, "rules", "check")
    assert shown.code == 1
    assert shown.out.splitlines() == [
        'fault rules/north/rules.yaml:4:11: rules[0].do[0].mvoe: unknown key "mvoe"; did you mean «move»?',
        "1 fault.",
    ]
    other = run("--home", home, "rules", "check", "--client", "south")
    assert other == (
        0,
        "All rules files are fine: 0 clients, 0 rules, 0 tests, 0 rules without a test. Not counted, for other "
        "files of theirs have faults: south; run `maild check`.\n",
        "",
    )
    assert run("--home", home, "check").code == 1


def test_a_fault_of_a_shared_file_is_printed_once(home: Path, run: Here) -> None:
    """Although it stops each client that uses the file."""
    write(home, "rules/_shared/machine-mail.yaml", "rules: [{name: a, do: [explode]}]\n")
    for slug in ("north", "south"):
        write(home, f"rules/{slug}/rules.yaml", "use: [_shared/machine-mail.yaml]\n")
    for command in (("check",), ("rules", "check")):
        shown = run("--home", home, *command)
        assert shown.code == 1
        assert shown.out.count("rules/_shared/machine-mail.yaml:1:24") == 1
        assert shown.out.splitlines()[-1].startswith("1 fault.")
    both = data(run("--home", home, "rules", "check", "--json").out)["faults"]
    assert [fault["client"] for fault in both] == ["north", "south"]


def test_wrong_use_ends_with_2(home: Path, run: Here) -> None:
    """A client that isn't there, with the one that is near; and a home that can't be used at all."""
    for command in ("check", "test"):
        unknown = run("--home", home, "rules", command, "--client", "nroth")
        assert (unknown.code, unknown.out) == (2, "")
        assert unknown.err == "There is no client «nroth»; did you mean «north»?\n"
    write(home, "maild.yaml", "office: 5\n")
    for command in ("check", "test"):
        broken = run("--home", home, "rules", command)
        assert (broken.code, broken.out) == (2, "")
        assert "maild.yaml:1:9" in broken.err


def test_tests_that_pass(home: Path, run: Here) -> None:
    """0, with the number of each client; rules that no test touches are named, and count only with --strict."""
    passed = run("--home", home, "rules", "test")
    assert passed == (
        0,
        "north: 2 of 2 tests passed\n"
        "north: no test touches invoices\n"
        "south: 0 of 0 tests passed\n"
        "south: no test touches offer-request\n",
        "",
    )
    assert run("--home", home, "rules", "test", "--strict") == passed._replace(code=1)
    edit(home, "subject: Ihr Katalog", "subject: Ihr Katalog und die Rechnung")
    assert run("--home", home, "rules", "test", "--client", "north", "--strict").code == 1  # it fails now
    edit(
        home,
        "    expect: {rules: [], only: true}",
        "    expect: {rules: []}\n  - {mail: {subject: Rechnung}, expect: {move: Rechnungen}}",
    )
    assert run("--home", home, "rules", "test", "--client", "north", "--strict") == (
        0,
        "north: 3 of 3 tests passed\n",
        "",
    )


def test_a_test_that_fails(home: Path, run: Here) -> None:
    """1, with its place, what was expected, what happened, and which rule's doing it is."""
    edit(home, "expect: {rules: [offers], move: Anfragen}", "expect: {rules: [invoices], move: Rechnungen}")
    failed = run("--home", home, "rules", "test", "--client", "north")
    assert failed.code == 1
    assert failed.out.splitlines() == [
        "north: 1 of 2 tests passed",
        "  rules/north/rules.yaml:13:5: test 1",
        "    rules: expected invoices, got offers",
        '    move: expected Rechnungen, got Anfragen (by "offers")',
        "    rules that held: offers",
        "north: no test touches invoices",
    ]
    found = data(run("--home", home, "rules", "test", "--json").out)
    assert found["north"]["untested"] == ["invoices"]
    first, second = found["north"]["tests"]
    assert (first["passed"], first["file"], first["line"], first["number"]) == (
        False,
        "rules/north/rules.yaml",
        13,
        1,
    )
    assert first["differences"] == [
        "rules: expected invoices, got offers",
        'move: expected Rechnungen, got Anfragen (by "offers")',
    ]
    assert (second["passed"], second["differences"]) == (True, [])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "mails/a.eml can't be read: No such file or directory"),
        (b"", "mails/a.eml is empty"),
        (b"\r\n\r\n", "mails/a.eml is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "mails/a.eml is no mail: it has no header and is no text"),
    ],
)
def test_a_test_without_its_mail_fails(home: Path, run: Here, content: bytes | None, sentence: str) -> None:
    """With a sentence that says why, and the other tests are run all the same."""
    edit(home, "mail: {from: Anna Müller <anna@kunde.example>, subject: Ihr Katalog}", "mail: mails/a.eml")
    if content is not None:
        write(home, "mails/a.eml", content)
    failed = run("--home", home, "rules", "test", "--client", "north")
    assert failed.code == 1
    assert f"    {sentence}" in failed.out.splitlines()
    assert "1 of 2 tests passed" in failed.out


def test_a_damaged_mail_is_judged(home: Path, run: Here) -> None:
    """Whatever the parser could read of it; a failing test says that it is damaged."""
    edit(home, "mail: {from: Anna Müller <anna@kunde.example>, subject: Ihr Katalog}", "mail: mails/a.eml")
    damaged = b'Subject: Angebot\r\nContent-Type: multipart/mixed; boundary="x"\r\n\r\nno boundary here\r\n'
    write(home, "mails/a.eml", damaged)
    failed = run("--home", home, "rules", "test", "--client", "north")
    assert "    rules: expected nothing, got offers" in failed.out
    assert "    the mail is damaged: " in failed.out


def test_the_tests_of_a_shared_file_run_with_each_client(home: Path, run: Here) -> None:
    """With the client's own rules behind them, as on real mail; a failure names the shared file."""
    shared = "rules: [{name: lists, when: {machine: list}, do: [{move: Verteiler}]}]\ntests:\n"
    test = "  - {mail: {subject: Angebot, machine: null}, expect: {rules: []}}\n"
    write(home, "rules/_shared/machine-mail.yaml", shared + test)
    for slug in ("north", "south"):
        text = (home / f"rules/{slug}/rules.yaml").read_text(encoding="utf-8")
        write(home, f"rules/{slug}/rules.yaml", "use: [_shared/machine-mail.yaml]\n" + text)
    failed = run("--home", home, "rules", "test")
    assert failed.code == 1
    assert failed.out.count("  rules/_shared/machine-mail.yaml:3:5: test 1\n") == 2
    assert "    rules: expected nothing, got offer-request\n" in failed.out


def test_a_folder_of_mails(home: Path, run: Here, tmp_path: Path) -> None:
    """Each mail beside its expectation: as expected, not so, faulty, without one; and an expectation without a mail."""
    mails = tmp_path / "mails"
    for name, subject in (("a", b"Angebot"), ("b", b"Rechnung"), ("c", b"Angebot"), ("below/d", b"x")):
        write(mails, f"{name}.eml", MAIL % subject)
    write(mails, "a.expected.yaml", "relationship: customer\nexpect: {move: Anfragen}\n")
    write(mails, "b.expected.yaml", "expect: {move: Anfragen, rules: [invoices]}\n")
    write(mails, "c.expected.yaml", "expect:\n  mvoe: Anfragen\n")
    write(mails, "e.expected.yaml", "expect: {only: true}\n")
    write(mails, "notes.txt", "not looked at")
    shown = run("--home", home, "rules", "test", "--client", "north", "--mails", mails)
    assert shown.code == 1
    assert shown.out.splitlines() == [
        "north: 2 of 2 tests passed",
        "north: 1 of 5 mails as expected",
        "  b.eml",
        '    move: expected Anfragen, got Rechnungen (by "invoices")',
        "    rules that held: invoices",
        "  below/d.eml",
        "    no expectation: write it into below/d.expected.yaml",
        "  c.eml",
        '    c.expected.yaml:2:3: expect.mvoe: unknown key "mvoe"; did you mean «move»?',
        "  e.expected.yaml",
        "    no mail: e.eml is missing",
    ]
    found = data(run("--home", home, "rules", "test", "--client", "north", "--mails", mails, "--json").out)
    assert [(mail["file"], mail["passed"]) for mail in found["north"]["mails"]] == [
        ("a.eml", True),
        ("b.eml", False),
        ("below/d.eml", False),
        ("c.eml", False),
        ("e.expected.yaml", False),
    ]
    assert found["north"]["untested"] == []  # b.eml touches the one that the tests don't


def test_a_folder_of_mails_that_are_as_expected(home: Path, run: Here, tmp_path: Path) -> None:
    """0; what the expectation says of the past and of the time is what the rules see."""
    rules = (
        "rules: [{name: again, when: {history: {received: {within: 3d}}, age: {older: 1h}}, do: [keep]}]\n"
    )
    write(home, "rules/north/rules.yaml", rules)
    write(tmp_path, "mails/a.eml", MAIL % b"x")
    times = "received: 2026-11-20 08:00\nnow: 2026-11-20 10:00\nhistory: {received: [2d]}\n"
    write(tmp_path, "mails/a.expected.yaml", f"{times}expect: {{rules: [again], keep: true, only: true}}\n")
    shown = run("--home", home, "rules", "test", "--client", "north", "--mails", tmp_path / "mails")
    assert shown == (0, "north: 0 of 0 tests passed\nnorth: 1 of 1 mails as expected\n", "")


def test_a_folder_of_mails_needs_one_client_and_mails(home: Path, run: Here, tmp_path: Path) -> None:
    """2, where nobody knows whose rules to take, where the folder isn't there, or holds no mail."""
    (tmp_path / "mails").mkdir()
    for arguments, words in (
        (("--mails", tmp_path / "mails"), "several clients"),
        (("--client", "north", "--mails", tmp_path / "mails"), "no .eml file"),
        (("--client", "north", "--mails", tmp_path / "other"), "does not exist"),
    ):
        ended = run("--home", home, "rules", "test", *arguments)
        assert (ended.code, ended.out) == (2, "")
        assert words in " ".join(ended.err.replace("│", " ").split())


def test_schema_is_what_the_repository_ships(run: Here, tmp_path: Path) -> None:
    """It is printed without any home, and is the copy in docs/ to the letter."""
    shown = run("--home", tmp_path, "rules", "schema")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out == (REPOSITORY / "docs/rules.schema.json").read_text(encoding="utf-8")

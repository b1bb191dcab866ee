"""`maild rules explain` as an admin uses it: on a running daemon's mail, on a file, and when things are not there."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.dovecot import Dovecot
from tests.servers.ports import free_port, wait_until
from tests.system.commands import Here
from tests.system.faults import FaultySink, replace
from tests.system.installation import Installation, mail

RULES = """\
rules:
  - name: vip
    when: {relationship: vip}
    do: [{mark: [eilig]}]
    then: continue
  - name: offer
    when: {subject: {words: [Angebot]}, from: {domain: kunde.example}}
    unless: {machine: any}
    do:
      - draft: offer
      - mark: flagged
      - move: Anfragen
  - name: rest
    do: [keep]
"""
ENQUIRY = "<1.anfrage@kunde.example>"
ACCOUNT = """\
From:         Anna Müller <anna@kunde.example>
Subject:      Bitte um ein Angebot
Received:     <time>
Relationship: unknown
Flags:        flagged
Kind:         written by a person

What the ledger says
It came on <time> into “INBOX”.
It was judged on <time> by version <version> of the rules.
Rules that held: offer.
What the rules asked for, and what became of it:
  - draft a reply by the template “offer” (rule “offer”): done, <time>
  - mark it flagged (rule “offer”): done, <time>
  - move it to “Anfragen” (rule “offer”): done, <time>
All that the rules asked for is settled.
It was left in “Anfragen”, UID 1.
The rules are the same today, so what follows is what they said then.
Flags and what the sender is to the client are those of today; all else is as when it came.

Rules of northwind, version <version>
rules/northwind/rules.yaml:
  1. ✗ vip: does not hold
       ✗ the sender is vip: no, unknown
  2. ✓ offer: holds; no later rule is tried
       ✓ the sender's domain is kunde.example or below: yes, “Anna Müller <anna@kunde.example>”
       ✓ the subject contains a form of “Angebot”: yes, “Angebot” in “Bitte um ein Angebot”
       except if (unless):
         ✗ a machine wrote the mail: no, written by a person
  3. · rest: not tried, because “offer” has ended the rules; it would have held, too

What today's rules would do
  1. draft a reply by the template “offer” (rule “offer”)
  2. mark it flagged (rule “offer”)
  3. move it to “Anfragen” (rule “offer”)
"""


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    """Run a command in this process."""
    return Here(monkeypatch, capsys)


@pytest.fixture
def home(tmp_path: Path, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installation]:
    """A home of one client, whose passwords this process knows too."""
    with FaultySink() as sink:
        found = Installation(tmp_path, dovecot, sink)
        found.add_client("northwind", rules=RULES)
        monkeypatch.setenv("TEST_IMAP", dovecot.password)
        monkeypatch.setenv("TEST_SMTP", sink.password)
        yield found
        found.clean_up()


@pytest.fixture
def running(home: Installation) -> Installation:
    """The daemon at work, and one enquiry sorted by it."""
    home.start()
    home.imap.deliver(home.users["northwind"], mail())
    home.wait_for("northwind", "Anfragen", 1)
    wait_until(lambda: home.status()["northwind"]["mail"] == {"done": 1}, 20, "the end of the effects")
    return home


def plain(text: str) -> str:
    """The page without what differs from run to run."""
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "<time>", text)
    return re.sub(r"\b[0-9a-f]{12}\b", "<version>", text)


@pytest.mark.parametrize("what", [ENQUIRY, "INBOX/1", "Anfragen/1"])
def test_a_mail_that_the_daemon_sorted(running: Installation, run: Here, what: str) -> None:
    """While the daemon runs: the mail, the ledger, each rule and what it saw, what follows; the log has none of it."""
    answer = run("--home", running.path, "rules", "explain", what)
    assert (answer.code, answer.err) == (0, "")
    assert plain(answer.out) == ACCOUNT
    (stored,) = running.messages("northwind", "Anfragen")
    assert stored.flags == {"\\Flagged"}
    assert running.stop() == 0
    assert "Angebot" not in running.log()
    assert "anna@" not in running.log()


def test_in_german(running: Installation, run: Here) -> None:
    """The same page, as the office would say it."""
    answer = run("--home", running.path, "rules", "explain", ENQUIRY, "--lang", "de", "--client", "northwind")
    lines = [line.strip() for line in answer.out.splitlines()]
    assert answer.code == 0
    assert "Betreff:     Bitte um ein Angebot" in lines
    assert "Zugetroffen haben: offer." in lines
    assert (
        "✓ Betreff enthält „Angebot“ oder eine Form davon: ja, „Angebot“ in „Bitte um ein Angebot“" in lines
    )
    assert "3. in den Ordner „Anfragen“ verschieben (Regel „offer“)" in lines
    assert run("--home", running.path, "rules", "explain", ENQUIRY, "--lang", "fr").code == 2


def test_as_json(running: Installation, run: Here) -> None:
    """Everything as data, for other programs."""
    answer = run("--home", running.path, "rules", "explain", ENQUIRY, "--json")
    data = json.loads(answer.out)
    assert answer.code == 0
    assert (data["ledger"]["state"], data["ledger"]["rules"]) == ("done", ["offer"])
    assert data["ledger"]["version"] == data["version"]
    assert [effect["state"] for effect in data["ledger"]["effects"]] == ["done"] * 3
    assert data["mail"]["place"]["folder"] == "Anfragen"
    assert [rule["outcome"] for rule in data["rules"]] == ["not_held", "held", "not_reached"]
    first, second = data["rules"][1]["when"]["parts"]
    assert (first["holds"], second["holds"], second["saw"]) == (
        True,
        True,
        "“Angebot” in “Bitte um ein Angebot”",
    )
    assert [step["action"] for step in data["decision"]["steps"]] == ["draft", "mark", "move"]


def test_rules_that_have_changed_since(running: Installation, run: Here) -> None:
    """Both versions are named; what follows is what today's rules say."""
    replace(running, "rules/northwind/rules.yaml", "words: [Angebot]", "words: [Bestellung]")
    answer = run("--home", running.path, "rules", "explain", ENQUIRY)
    assert "The rules have changed since: then version <version>, now version <version>." in plain(answer.out)
    assert "Rules that held: offer." in answer.out
    assert "✗ offer: does not hold" in answer.out
    assert answer.out.endswith("What today's rules would do\n  1. leave it where it is (rule “rest”)\n")


def test_contacts_that_have_changed_since(running: Installation, run: Here) -> None:
    """The same rules come to another result, and the page says so."""
    running.write("rules/northwind/contacts.csv", "address,relationship\nanna@kunde.example,vip\n")
    answer = run("--home", running.path, "rules", "explain", ENQUIRY)
    assert "Then something else came out by the same rules" in answer.out
    assert "✓ the sender is vip: yes, vip" in answer.out


def test_a_mail_that_is_gone(running: Installation, run: Here) -> None:
    """The ledger's part is shown all the same."""
    with running.imap._imap(running.users["northwind"]) as imap:
        imap.select("Anfragen")
        imap.uid("STORE", "1", "+FLAGS", "(\\Deleted)")
        imap.uid("EXPUNGE", "1")
    answer = run("--home", running.path, "rules", "explain", ENQUIRY)
    assert answer.code == 0
    assert "move it to “Anfragen” (rule “offer”): done" in answer.out
    assert answer.out.endswith(
        "The mail is no longer in the mailbox. What its conditions saw can't be shown any more.\n"
    )
    data = json.loads(run("--home", running.path, "rules", "explain", ENQUIRY, "--json").out)
    assert (data["mail"], data["rules"], data["decision"]) == (None, None, None)


def test_a_mailbox_that_does_not_answer(running: Installation, run: Here) -> None:
    """3; of a mail in the ledger that part is shown, of any other nothing can be said."""
    assert running.stop() == 0
    replace(running, "rules/northwind/client.yaml", f"port: {running.imap.imap_port}", f"port: {free_port()}")
    answer = run("--home", running.path, "rules", "explain", ENQUIRY)
    assert answer.code == 3
    assert "Rules that held: offer." in answer.out
    assert "accepts no connections" in answer.err
    answer = run("--home", running.path, "rules", "explain", "Archiv/1")
    assert (answer.code, answer.out) == (3, "")
    assert "accepts no connections" in answer.err


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("<nobody@kunde.example>", "has no mail with the Message-ID <nobody@kunde.example>"),
        ("Anfragen/77", "no mail has UID 77 in folder 'Anfragen' of northwind"),
        ("nothing.eml", "nothing.eml is neither a file, nor a Message-ID"),
    ],
)
def test_what_is_not_there(home: Installation, run: Here, what: str, says: str) -> None:
    """2, and one sentence; also before the first start, which leaves no trace of the question."""
    for _ in range(2):
        answer = run("--home", home.path, "rules", "explain", what)
        assert (answer.code, answer.out) == (2, "")
        assert says in answer.err
    assert not (home.path / "state").exists()


def test_a_file(home: Installation, run: Here, tmp_path: Path) -> None:
    """Judged as new mail, by contacts.csv or as told; of several clients one has to be named."""
    file = tmp_path / "a mail.eml"
    file.write_bytes(mail())
    answer = run(
        "--home", home.path, "rules", "explain", file, "--now", "2026-11-20 09:14", "--flags", "seen,eilig"
    )
    assert answer.code == 0
    assert (
        "Received:     2026-11-20 09:14:00\nRelationship: unknown\nFlags:        eilig and seen\n"
        in answer.out
    )
    assert "It is a file, so it is judged as new mail that came at that time" in answer.out
    assert "ledger" not in answer.out
    told = run("--home", home.path, "rules", "explain", file, "--relationship", "vip")
    assert "✓ vip: holds, and later rules are tried as well" in told.out
    assert run("--home", home.path, "rules", "explain", file, "--relationship", "friend").code == 2
    assert run("--home", home.path, "rules", "explain", "INBOX/1", "--relationship", "vip").code == 2
    home.add_client("southwind")
    several = run("--home", home.path, "rules", "explain", file)
    assert (several.code, several.out) == (2, "")
    assert several.err == "There are several clients; name one of them with --client: northwind, southwind.\n"
    assert run("--home", home.path, "rules", "explain", file, "--client", "southwind").code == 0
    assert run("--home", home.path, "rules", "explain", file, "--client", "eastwind").code == 2


def test_a_hostile_file_has_no_power_over_the_terminal(home: Installation, run: Here, tmp_path: Path) -> None:
    """Escape sequences, reversed reading and line breaks of a mail reach no page and no JSON, nor do rich's marks."""
    file = tmp_path / "x.eml"
    file.write_bytes(
        b'From: "[red]Anna[/red] :boom:" <anna@kunde.example>\r\n'
        b"Subject: =?utf-8?q?Angebot_=1B[2J=E2=80=AE=0D=0A?= [bold]x[/bold] \x1b[31m\r\n"
        b"X-Test: \x9b31m\r\n\r\nx\x1b[2J\r\n"
    )
    for options in ((), ("--json",), ("--lang", "de")):
        answer = run("--home", home.path, "rules", "explain", file, *options)
        assert answer.code == 0
        assert not {"\x1b", "\u202e", "\r"} & set(answer.out)
        assert "[red]Anna[/red] :boom:" in answer.out
        assert "[bold]x[/bold]" in answer.out


def test_colours_on_a_terminal(
    home: Installation, run: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Marks are green and red where colours can be shown; the words are the same."""
    file = tmp_path / "x.eml"
    file.write_bytes(mail())
    pale = run("--home", home.path, "rules", "explain", file, "--now", "2026-11-20").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    bright = run("--home", home.path, "rules", "explain", file, "--now", "2026-11-20").out
    assert "\x1b[32m✓" in bright
    assert "\x1b[31m✗" in bright
    assert re.sub(r"\x1b\[[0-9;]*m", "", bright) == pale

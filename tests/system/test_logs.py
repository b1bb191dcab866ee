"""What the daemon writes to its log: ids and hashes, and nothing that a person wrote or must keep secret."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.dovecot import Dovecot
from tests.servers.ports import wait_until
from tests.system.faults import FaultySink, approve, replace, rows, wait_for_outbox
from tests.system.installation import OFFICE, Installation, mail
from tests.system.test_isolation import FAILING, STRANGE

RULES = """\
rules:
  - {name: failing, when: {subject: Katalog}, do: [{draft: failing}]}
  - name: offer
    when: {body: Größe}
    do: [{draft: offer}, {note: An enquiry came in.}, {forward: "books@{slug}.example"}, {move: Anfragen}]
"""
SUBJECT = "Dringendes Angebot Quittenbaum"
PEOPLE = ("anna", "müller", "jane@", "books@", "info@", "buero@", "kunde.example", "refused.example", "@")
WORDS = (
    "quittenbaum",
    "dringend",
    "angebot",
    "größe",
    "bitte",
    "katalog",
    "martian",
    "enquiry",
    "kundenservice",
)
OF_A_MAIL = {
    "mail admitted": "count",
    "mail decided": "mail",
    "effect done": "mail",
    "mail set aside": "mail",
}
OF_A_LETTER = {
    "draft presented": "draft",
    "draft state": "draft",
    "letter frozen": "letter",
    "letter queued": "letter",
    "outbox row": "row",
    "letter closed": "letter",
}
OF_A_CLIENT = {"trouble": "stage", "client set aside": "reason"}
OF_THE_DAEMON = {"daemon started", "daemon stopping", "daemon stopped", "configuration read"}


@pytest.fixture
def sink() -> Iterator[FaultySink]:
    """An SMTP server that quotes addresses in its refusals."""
    with FaultySink() as found:
        yield found


@pytest.fixture(params=["text", "json"])
def home(
    request: pytest.FixtureRequest, tmp_path: Path, dovecot: Dovecot, sink: FaultySink
) -> Iterator[Installation]:
    """A home with either form of log."""
    found = Installation(tmp_path, dovecot, sink)
    found.write("maild.yaml", f"{OFFICE}log: {{level: debug, format: {request.param}}}\n")
    yield found
    found.clean_up()


def test_no_word_of_anybody_is_logged(home: Installation, sink: FaultySink) -> None:
    """After a full path with refusals and faults: no address, subject, text, password or token; ids in every line."""
    _work(home, sink)
    log = home.log()
    lowered = log.lower()
    tokens = [str(token) for found in rows(home, "SELECT token FROM draft") for token in found]
    assert len(tokens) == 2
    secrets = (
        home.imap.password,
        sink.password,
        "wrong-geheim",
        "written-in-yaml",
        *home.users.values(),
        *tokens,
    )
    for word in (*PEOPLE, *WORDS, *secrets):
        assert word not in lowered, [line for line in log.splitlines() if word in line.lower()]
    assert "Traceback" not in log
    assert "Warning" not in log
    seen = {_check_line(line) for line in log.splitlines()}
    assert seen == {*OF_A_MAIL, *OF_A_LETTER, *OF_A_CLIENT, *OF_THE_DAEMON} - {"configuration read"}


def _work(home: Installation, sink: FaultySink) -> None:
    sink.recipients["anna@refused.example"] = "550 5.1.1 <anna@refused.example>: Quittenbaum is not here"
    home.write("templates/de/failing.txt.j2", FAILING)
    user = home.add_client("northwind", rules=RULES)
    home.add_client("imap-refused")
    home.add_client("smtp-refused", rules=RULES)
    home.add_client("literal")
    home.write("secret", "wrong-geheim")
    replace(home, "rules/imap-refused/client.yaml", "{env: TEST_IMAP}", "{file: secret}")
    replace(home, "rules/smtp-refused/client.yaml", "{env: TEST_SMTP}", "{file: secret}")
    replace(home, "rules/literal/client.yaml", "{env: TEST_SMTP}", "written-in-yaml")
    for raw in STRANGE.values():
        home.imap.store(user, raw)
    home.imap.deliver(user, mail("Ihr Katalog", number=7))
    home.imap.deliver(user, mail(SUBJECT, number=8, sender="anna@refused.example"))
    home.imap.deliver(home.users["smtp-refused"], mail(SUBJECT, number=9))
    home.start()
    home.wait_for("northwind", "Drafts", 1)
    approve(home, "northwind")
    wait_for_outbox(home, "northwind", anna="failed", jane="sent", books="sent")
    home.wait_for("northwind", "Klärung", 2)
    home.wait_for("smtp-refused", "Drafts", 1)
    wait_until(lambda: home.log().count("trouble") == 2, 20, "the trouble of two clients")
    assert rows(home, "SELECT count(*) FROM mail WHERE state = 'aside'") == [(1,)]
    assert home.stop() == 0


def _check_line(line: str) -> str:
    """The event of a line, which names its client and its ids."""
    if line.startswith("{"):
        found = json.loads(line)
        event, keys = found.pop("event"), set(found) - {"level", "timestamp"}
        assert {"level", "timestamp"} <= set(found)
    else:
        parts = re.fullmatch(r"\S+Z \[\w+ *\] (.+?) {2,}(.*)|\S+Z \[\w+ *\] (.+?) *", line)
        assert parts, line
        event, keys = parts[1] or parts[3], set(re.findall(r"(\w+)=", parts[2] or ""))
    if event not in OF_THE_DAEMON:
        assert {"client", {**OF_A_MAIL, **OF_A_LETTER, **OF_A_CLIENT}[event]} <= keys, line
    return event

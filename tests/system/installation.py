"""A home of an installation for tests, the real daemon as a process on it, and a secretary who works over IMAP."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from tests.servers.dovecot import Dovecot, Stored
from tests.servers.ports import wait_until
from tests.servers.pymap import Pymap
from tests.servers.smtp import SmtpSink

ImapServer = Dovecot | Pymap

RULES = """\
rules:
  - name: offer
    when: {subject: {words: [Angebot]}}
    do:
      - draft: offer
      - mark: flagged
      - copy: Kopien
      - note: An enquiry came in.
      - forward: books@{slug}.example
      - move: Anfragen
"""
TEMPLATE = """\
---
subject: "AW: {{ mail.subject }}"
---
{{ salutation }}

vielen Dank für Ihre Anfrage. Gern machen wir Ihnen ein Angebot.

{{ closing }}
{{ signature }}
"""
NOTE = """\
---
subject: "{{ mail.subject or 'No subject' }}"
---
{{ note.text }}

{{ signature }}
"""
OFFICE = """\
office: {name: Büroservice Lindner, address: buero@lindner.example}
workers: 4
"""
CLIENT = """\
name: {name}
language: en
imap:
  host: 127.0.0.1
  port: {imap_port}
  tls: none
  username: {user}
  password: {{env: TEST_IMAP}}
  watch: {watch}
  poll: 1s
  since: 2026-01-01
smtp:
  host: 127.0.0.1
  port: {smtp_port}
  tls: none
  username: info@{slug}.example
  password: {{env: TEST_SMTP}}
identities:
  - {{address: info@{slug}.example, name: {name} Kundenservice}}
legal: {{form: foreign, firm: {name} Ltd, text: "{name} Ltd, London, No. 0123", confirmed: 2026-11-01}}
review: {{settle: {settle}, look: 1s}}
forward_to: [books@{slug}.example]
notes: {{to: [jane@{slug}.example]}}
"""


@dataclass
class Installation:
    """One home with its state. Clients are added before the daemon starts."""

    path: Path
    imap: ImapServer
    sink: SmtpSink
    users: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.write("maild.yaml", OFFICE)
        self.write("templates/de/offer.txt.j2", TEMPLATE)
        self.write("templates/en/note.txt.j2", NOTE)

    def add_client(
        self, slug: str, *, rules: str = RULES, watch: str = "idle", settle: str = "0s", **keys: Any
    ) -> str:
        """A client with a mailbox of its own; returns the user name."""
        self.users[slug] = keys.pop("user", None) or self.imap.user(slug)
        values = {"imap_port": self.imap.imap_port, "smtp_port": self.sink.port} | keys
        text = CLIENT.format(
            slug=slug, name=slug.title(), user=self.users[slug], watch=watch, settle=settle, **values
        )
        self.write(f"rules/{slug}/client.yaml", text)
        self.write(f"rules/{slug}/rules.yaml", rules.replace("{slug}", slug))
        self.write(f"rules/{slug}/contacts.csv", "address\n")
        return self.users[slug]

    def write(self, name: str, text: str) -> None:
        """Write a file of the home."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    @property
    def environment(self) -> dict[str, str]:
        """What the daemon finds in its environment."""
        passwords = {"TEST_IMAP": self.imap.password, "TEST_SMTP": self.sink.password}
        return {
            **os.environ,
            **passwords,
            "PYTHONWARNINGS": "default",
            "MAILD_STATE": str(self.path / "state"),
        }

    def start(self, program: Sequence[str] = ("-m", "maild"), **environment: str) -> None:
        """Start the daemon."""
        log = (self.path / "log").open("ab")
        command = [sys.executable, *program, "--home", str(self.path), "run"]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**self.environment, **environment}
        )
        log.close()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End the daemon; its exit code."""
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(30)

    def died(self, seconds: float = 30) -> bool:
        """Wait until the daemon has ended by itself; False if it lives on."""
        assert self.process is not None
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def log(self) -> str:
        """All that the daemon has logged."""
        return (self.path / "log").read_text(encoding="utf-8")

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run another command of maild on this home."""
        return subprocess.run(
            [sys.executable, "-m", "maild", "--home", str(self.path), *arguments],
            capture_output=True,
            text=True,
            env=self.environment,
            check=False,
            timeout=60,
        )

    def status(self) -> Mapping[str, Any]:
        """`maild status --json`, by client."""
        done = self.command("status", "--json")
        assert done.returncode == 0, done.stderr
        return {client["client"]: client for client in json.loads(done.stdout)["clients"]}

    def messages(self, slug: str, folder: str = "INBOX") -> list[Stored]:
        """What lies in a folder of a client."""
        return self.imap.messages(self.users[slug], folder)

    def wait_for(self, slug: str, folder: str, count: int, seconds: float = 20) -> list[Stored]:
        """The messages of a folder, once it holds exactly so many."""
        found: list[Stored] = []

        def there() -> bool:
            found[:] = self.messages(slug, folder)
            return len(found) == count

        try:
            wait_until(there, seconds, f"{count} messages in {folder} of {slug}")
        except TimeoutError as error:
            raise TimeoutError(f"{error}; there are {len(found)}\n{self.log()}") from None
        return found

    def move(self, slug: str, uid: int, source: str, target: str) -> None:
        """The secretary drags a mail into another folder."""
        with self.imap._imap(self.users[slug]) as imap:
            imap.select(quoted(source))
            answer = imap.uid("MOVE", str(uid), quoted(target))
            assert answer[0] == "OK", answer

    def save_as_thunderbird(self, slug: str, draft: Stored, text: str) -> int:
        """Edit a draft as Thunderbird does: appended anew, then the old one removed; returns the new UID."""
        uid = self.imap.store(
            self.users[slug], edited_in_thunderbird(draft.content, text), "Drafts", ("\\Draft",)
        )
        with self.imap._imap(self.users[slug]) as imap:
            imap.select("Drafts")
            imap.uid("STORE", str(draft.uid), "+FLAGS", "(\\Deleted)")
            imap.uid("EXPUNGE", str(draft.uid))
        return uid

    def clean_up(self) -> None:
        """End the daemon, whatever state it is in."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)


def mail(
    subject: str = "Bitte um ein Angebot", *, sender: str = "anna@kunde.example", number: int = 1
) -> bytes:
    """A customer's mail."""
    message = EmailMessage()
    message["From"] = f"Anna Müller <{sender}>"
    message["To"] = "info@example.example"
    message["Subject"] = subject
    message["Date"] = "Fri, 20 Nov 2026 09:14:00 +0100"
    message["Message-ID"] = f"<{number}.anfrage@kunde.example>"
    message.set_content("Guten Tag,\n\nbitte senden Sie uns ein Angebot über Größe 12.\n\nAnna Müller\n")
    return message.as_bytes()


def edited_in_thunderbird(raw: bytes, text: str) -> bytes:
    """A draft as Thunderbird saves it: new Message-ID, X- headers gone, In-Reply-To rebuilt, References kept."""
    head = raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0].decode()
    fields = dict(re.findall(r"(?m)^([^\s:]+):[ ]?(.*(?:\n[ \t].*)*)", head))
    references = fields["References"]
    last = re.findall(r"<[^<>\s]+>", references)[-1]
    lines = [
        "Message-ID: <522bad8d-2efd-42b7-8271-6a2a6d0b524a@kanzlei.example>",
        "Date: Sun, 22 Nov 2026 03:24:24 +0100",
        "MIME-Version: 1.0",
        "User-Agent: Mozilla Thunderbird",
        f"From: {fields['From']}",
        f"Subject: {fields['Subject'].replace('AW:', 'Re:')}",
        f"To: {fields['To']}",
        f"References: {references}",
        "Content-Language: en-US",
        "X-Mozilla-Draft-Info: internal/draft; vcard=0; receipt=0; DSN=0; uuencode=0;",
        " attachmentreminder=0; deliveryformat=0",
        "X-Identity-Key: id1",
        "Fcc: imap://kanzlei%40kanzlei.example@127.0.0.1/Sent",
        f"In-Reply-To: {last}",
        "Content-Type: text/plain; charset=UTF-8; format=flowed",
        "Content-Transfer-Encoding: 8bit",
        "",
        text,
    ]
    return "\n".join(lines).replace("\n", "\r\n").encode()


def quoted(folder: str) -> str:
    """A folder's name as a plain IMAP client sends it."""
    from imapclient.imap_utf7 import encode  # noqa: PLC0415

    return '"' + encode(folder).decode() + '"'

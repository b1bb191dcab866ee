"""pymap, the demo's embedded server, as tests use it; and what it lacks beside Dovecot."""

import imaplib
import itertools
import re

from imapclient.imap_utf7 import encode as encode_utf7

from maild.demo.servers import DemoServers
from tests.servers.dovecot import Stored, _stored
from tests.servers.ports import LOOPBACK

PASSWORD = "pymap-secret"

# What pymap 0.36 lacks that Dovecot 2.3 has; tests/edge/test_imap.py holds each line to be true.
LACKS = {
    "special use": "LIST marks no Drafts, Sent or Trash (RFC 6154): found by their names",
    "namespace": "no NAMESPACE command (RFC 2342): no prefix, / as the delimiter",
    "keywords": "flags of one's own are dropped without a word: no \\* in PERMANENTFLAGS",
    "condstore": "no CONDSTORE, QRESYNC, ENABLE (RFC 7162): changes of flags are found by asking for all",
    "notify": "no NOTIFY (RFC 5465): one folder per idling connection",
    "news at the start of idle": "what came between SELECT and IDLE is not told: compare UIDNEXT",
    "tls": "the demo's server has no certificate: plain text on the loopback interface only",
}
# What it has, contrary to what one might fear: MOVE, UIDPLUS with APPENDUID and COPYUID, UID EXPUNGE, IDLE with pushes,
# SEARCH HEADER, STATUS, CREATE, SUBSCRIBE, umlauts in folder names and passwords.


class Pymap:
    """The same face as `Dovecot`, as far as tests need it."""

    def __init__(self) -> None:
        self.servers = DemoServers({})
        self.host, self.password = LOOPBACK, PASSWORD
        self._numbers = itertools.count(1)

    @property
    def imap_port(self) -> int:
        """Where IMAP is spoken, without TLS."""
        return self.servers.imap_port

    def start(self) -> None:
        """Start on free ports."""
        self.servers.start()

    def stop(self) -> None:
        """End it."""
        self.servers.stop()

    def user(self, name: str = "user") -> str:
        """A user that no other test has."""
        user = f"{name}{next(self._numbers)}@kanzlei.example"
        self.servers.add_user(user, self.password)
        return user

    def deliver(self, user: str, raw: bytes) -> None:
        """Deliver a mail to INBOX, byte for byte."""
        self.servers.deliver(user, raw)

    def store(self, user: str, raw: bytes, folder: str = "INBOX", flags: tuple[str, ...] = ()) -> int:
        """Lay a mail into a folder; its UID. Independent of maild."""
        with self._imap(user) as imap:
            imap.create(_name(folder))
            _, answer = imap.append(_name(folder), f"({' '.join(flags)})", None, raw)
        found = re.search(rb"APPENDUID \d+ (\d+)", answer[0])
        assert found
        return int(found.group(1))

    def messages(self, user: str, folder: str = "INBOX") -> list[Stored]:
        """All mails of a folder, read independently of maild; none if the folder does not exist."""
        with self._imap(user) as imap:
            if imap.select(_name(folder), readonly=True)[0] != "OK":
                return []
            _, answer = imap.uid("FETCH", "1:*", "(UID FLAGS BODY.PEEK[])")
        return [_stored(*item) for item in answer if isinstance(item, tuple)]

    def _imap(self, user: str) -> imaplib.IMAP4:
        imap = imaplib.IMAP4(LOOPBACK, self.imap_port, timeout=20)
        imap.login(user, self.password)
        return imap


def _name(folder: str) -> str:
    return '"' + encode_utf7(folder).decode() + '"'

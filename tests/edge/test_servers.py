"""The servers that other tests and the demo stand on."""

import smtplib
import threading

import pytest

from maild.demo.servers import Accepted, DemoServers
from maild.edge.imap import ImapLogin, Mailbox
from maild.errors import SignInRefusedError
from tests.servers.dovecot import Dovecot
from tests.servers.ports import served
from tests.servers.smtp import SmtpSink

MAIL = b"Subject: Hallo\r\n\r\n.\r\nZeile\r\n"


def send(port: int, user: str, password: str) -> None:
    """Submit one mail to two recipients."""
    with smtplib.SMTP("127.0.0.1", port, local_hostname="localhost", timeout=10) as smtp:
        smtp.login(user, password)
        smtp.sendmail("info@kanzlei.example", ["a@kunde.example", "b@kunde.example"], MAIL)


def test_demo_servers_hold_users_apart() -> None:
    """Each user signs in with his own password and sees his own mail only."""
    with DemoServers({"eins": "geheim1", "zwei": "gehäim2"}, folders=("Entwürfe",)) as servers:
        servers.deliver("eins", MAIL)
        counts = {}
        for user, password in servers.users.items():
            with Mailbox.connect(ImapLogin("127.0.0.1", servers.imap_port, "none", user, password)) as box:
                counts[user] = box.select("INBOX").messages
                assert {folder.name for folder in box.folders()} == {"INBOX", "Entwürfe"}
        assert counts == {"eins": 1, "zwei": 0}
        with pytest.raises(SignInRefusedError):
            Mailbox.connect(ImapLogin("127.0.0.1", servers.imap_port, "none", "eins", "gehäim2"))


def test_demo_servers_record_mail() -> None:
    """Accepted mail is recorded with its envelope and bytes; nobody sends without his password."""
    with DemoServers({"eins": "geheim1"}) as servers:
        send(servers.smtp_port, "eins", "geheim1")
        assert servers.messages == [
            Accepted("info@kanzlei.example", ("a@kunde.example", "b@kunde.example"), MAIL)
        ]
        with pytest.raises(smtplib.SMTPAuthenticationError):
            send(servers.smtp_port, "eins", "falsch")
        with smtplib.SMTP("127.0.0.1", servers.smtp_port, local_hostname="localhost") as smtp:
            assert smtp.docmd("EHLO", "localhost")[0] == 250
            assert smtp.docmd("MAIL", "FROM:<a@b.example>")[0] == 530
        assert len(servers.messages) == 1


def test_demo_servers_leave_nothing_behind() -> None:
    """After stop no port is served and no thread runs, though sessions were open."""
    before = threading.active_count()
    servers = DemoServers({"eins": "geheim1"})
    servers.start()
    box = Mailbox.connect(ImapLogin("127.0.0.1", servers.imap_port, "none", "eins", "geheim1"))
    box.select("INBOX")
    box.idle()
    servers.stop()
    box.close()
    assert not served(servers.imap_port)
    assert not served(servers.smtp_port)
    assert threading.active_count() == before


def test_demo_servers_without_idle() -> None:
    """IDLE can be left out, so that polling can be shown."""
    with DemoServers({"eins": "geheim1"}, idle=False) as servers:
        box = Mailbox.connect(ImapLogin("127.0.0.1", servers.imap_port, "none", "eins", "geheim1"))
        assert (box.has_idle, box.has_move) == (False, True)
        box.close()


def test_sink_may_refuse(smtp_sink: SmtpSink) -> None:
    """The sink records what it accepts, and what it is told to refuse is refused."""
    send(smtp_sink.port, "info@kanzlei.example", smtp_sink.password)
    smtp_sink.reply = lambda _mail: "554 5.7.1 nein"
    with pytest.raises(smtplib.SMTPDataError):
        send(smtp_sink.port, "info@kanzlei.example", smtp_sink.password)
    (mail,) = smtp_sink.wait_for(1)
    assert (mail.user, mail.content) == ("info@kanzlei.example", MAIL)
    assert smtp_sink.sent_to("b@kunde.example") == [mail]


def test_dovecot_delivers_by_lmtp(dovecot: Dovecot) -> None:
    """A delivered mail lies in its user's INBOX and in nobody else's."""
    one, other = dovecot.user(), dovecot.user()
    dovecot.deliver(one, MAIL)
    (mail,) = dovecot.messages(one)
    assert mail.content.endswith(b"Subject: Hallo\r\n\r\n.\r\nZeile\r\n")
    assert dovecot.messages(other) == []
    assert dovecot.messages(one, "Nirgends") == []

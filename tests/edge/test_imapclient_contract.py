"""What maild/edge/imap*.py lean on in IMAPClient 4.1.0 and imaplib, documented or not.

If one of these fails after an upgrade, read that code again before changing the test.
"""

import imaplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib.metadata import version

import pytest
from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import CapabilityError, LoginError

from maild.edge.imap import ImapLogin, Mailbox
from tests.servers.dovecot import Dovecot
from tests.servers.scripted_imap import CUT, ScriptedImap

MAIL = b"Message-ID: <a@kunde.example>\r\nSubject: a\r\n\r\nhallo\r\n"


@pytest.fixture
def user(dovecot: Dovecot) -> str:
    """A fresh user with two mails in INBOX, UIDs 1 and 2."""
    user = dovecot.user()
    for _ in range(2):
        dovecot.store(user, MAIL)
    return user


@pytest.fixture
def client(dovecot: Dovecot, user: str) -> Iterator[IMAPClient]:
    """A plain IMAPClient in INBOX."""
    with IMAPClient("127.0.0.1", dovecot.imap_port, ssl=False, timeout=SocketTimeout(5, 5)) as client:
        client.normalise_times = False
        client.login(user, dovecot.password)
        client.select_folder("INBOX")
        yield client


@contextmanager
def scripted(server: ScriptedImap) -> Iterator[IMAPClient]:
    """An IMAPClient on a scripted server, signed in; closed at the end whatever state it is in."""
    client = IMAPClient("127.0.0.1", server.port, ssl=False, timeout=SocketTimeout(5, 5))
    try:
        client.login("u", "p")
        yield client
    finally:
        client.shutdown()


def untagged(client: IMAPClient) -> dict[str, list[bytes]]:
    """imaplib's heap of untagged answers."""
    return client._imap.untagged_responses


def test_version() -> None:
    """The tests below describe this version."""
    assert version("IMAPClient") == "4.1.0"


def test_ranges_can_not_be_fetched(client: IMAPClient) -> None:
    """A range fails after the answer was read: explicit UIDs only."""
    with pytest.raises(ValueError, match="invalid literal for int"):
        client.fetch("1:*", ["FLAGS"])


def test_fetch_leaves_out_what_was_not_asked_for(client: IMAPClient) -> None:
    """Only requested UIDs are in the result; what does not exist is missing without an error."""
    assert set(client.fetch([2, 99], ["FLAGS"])) == {2}


def test_fetch_keys(client: IMAPClient) -> None:
    """Sections come under a key that starts with BODY[, with the offset; PEEK and length are gone."""
    (answer,) = client.fetch([1], ["BODY.PEEK[]<0.5>", "RFC822.SIZE", "INTERNALDATE", "FLAGS"]).values()
    assert answer[b"BODY[]<0>"] == MAIL[:5]
    assert answer[b"RFC822.SIZE"] == len(MAIL)
    assert isinstance(answer[b"FLAGS"], tuple)
    (answer,) = client.fetch([1], ["BODY.PEEK[HEADER.FIELDS (SUBJECT)]<0.99>"]).values()
    assert [key for key in answer if key.startswith(b"BODY[HEADER.FIELDS (SUBJECT)]")]


def test_dates_are_aware(client: IMAPClient) -> None:
    """With normalise_times off, INTERNALDATE has its zone."""
    date = client.fetch([1], ["INTERNALDATE"])[1][b"INTERNALDATE"]
    assert isinstance(date, datetime)
    assert date.utcoffset() is not None


def test_copyuid_stays_in_the_heap(client: IMAPClient) -> None:
    """copy and move return no UIDs; COPYUID lies in imaplib's heap, and the old one stays beside the new."""
    for _ in range(2):
        client.copy([1], "Trash")
    assert [code.split()[1:] for code in untagged(client)["COPYUID"]] == [[b"1", b"1"], [b"1", b"2"]]
    untagged(client).clear()
    client.move([1, 2], "Trash")
    assert [code.split()[1:] for code in untagged(client)["COPYUID"]] == [[b"1:2", b"3:4"]]


def test_move_of_nothing_succeeds(client: IMAPClient) -> None:
    """A UID that isn't there is no error, and there is no COPYUID."""
    client.move([99], "Trash")
    assert "COPYUID" not in untagged(client)


def test_append_returns_appenduid(client: IMAPClient) -> None:
    """append's answer holds APPENDUID."""
    assert client.append("Sent", MAIL).startswith(b"[APPENDUID ")


def test_move_without_capability() -> None:
    """move and uid_expunge refuse to run where the server doesn't offer them."""
    with (
        ScriptedImap({"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n%t OK done\r\n"}) as server,
        scripted(server) as client,
    ):
        client.select_folder("INBOX")
        for act in (lambda: client.move([1], "x"), lambda: client.uid_expunge([1])):
            with pytest.raises(CapabilityError):
                act()


def test_no_and_bad_are_told_apart(client: IMAPClient) -> None:
    """A NO reads "command failed: words" and is exactly imaplib's error; a BAD reads "command error: BAD"."""
    with pytest.raises(imaplib.IMAP4.error, match=r"^copy failed: \[TRYCREATE\] ") as caught:
        client.copy([1], "Nirgends")
    assert type(caught.value) is imaplib.IMAP4.error
    with pytest.raises(imaplib.IMAP4.error, match=r"^UID command error: BAD ") as caught:
        client.add_flags([1], ["\\Erfunden"])
    assert type(caught.value) is imaplib.IMAP4.error


def test_noop_hides_the_difference() -> None:
    """NOOP's and IDLE's ends read "failed" for NO and BAD alike: neither may be taken for a mere refusal."""
    refused = pytest.raises(imaplib.IMAP4.error, match=r"^NOOP failed: ")
    with ScriptedImap({"NOOP": b"%t BAD no\r\n"}) as server, scripted(server) as client, refused:
        client.noop()


def test_login_error_hides_lost_connections() -> None:
    """A connection that breaks during sign-in is a LoginError too; only its context tells."""
    with ScriptedImap({"LOGIN": CUT}) as server:
        with pytest.raises(LoginError) as caught, scripted(server):
            pass
        assert isinstance(caught.value.__context__, imaplib.IMAP4.abort)
    with ScriptedImap({"LOGIN": b"%t NO [LIMIT] busy\r\n"}) as server:
        with pytest.raises(LoginError, match=r"^b'\[LIMIT\] busy'$") as caught, scripted(server):
            pass
        assert not isinstance(caught.value.__context__, imaplib.IMAP4.abort)


def test_umlauts_need_plain_login(dovecot: Dovecot) -> None:
    """login takes ASCII only, plain_login sends UTF-8."""
    with IMAPClient("127.0.0.1", dovecot.imap_port, ssl=False, timeout=5) as client:
        with pytest.raises(UnicodeEncodeError):
            client.login("jörg", dovecot.password)
        assert client.plain_login("jörg", dovecot.password)


def test_read_only_folder_poisons_later_commands() -> None:
    """SELECT of a read-only folder raises imaplib's readonly, an abort, and so do later commands until cleared."""
    with (
        ScriptedImap({"SELECT": b"* 1 EXISTS\r\n%t OK [READ-ONLY] done\r\n"}) as server,
        scripted(server) as client,
    ):
        for act in (lambda: client.select_folder("INBOX"), client.noop):
            with pytest.raises(imaplib.IMAP4.readonly):
                act()
        untagged(client).clear()
        client.noop()
    assert issubclass(imaplib.IMAP4.readonly, imaplib.IMAP4.abort)


def test_search_takes_a_ready_string(client: IMAPClient) -> None:
    """A criteria string is sent as it is; SEARCH n:* answers with the last mail though it lies below n."""
    assert client.search('HEADER Subject "a"') == [1, 2]
    assert client.search("UID 99:*") == [2]


def test_longest_line() -> None:
    """imaplib reads no line over a million bytes."""
    line = b"* SEARCH " + b"1234567 " * 130_000 + b"\r\n%t OK done\r\n"
    with ScriptedImap({"UID SEARCH": line}) as server, scripted(server) as client:
        client.select_folder("INBOX")
        with pytest.raises(imaplib.IMAP4.error, match="got more than 1000000 bytes"):
            client.search("ALL")


def test_idle_fails_on_early_news() -> None:
    """idle() takes news before the continuation for a fault: maild enters IDLE itself."""
    with ScriptedImap({"IDLE": b"* 2 EXISTS\r\n+ idling\r\n"}) as server, scripted(server) as client:
        client.select_folder("INBOX")
        with pytest.raises(imaplib.IMAP4.error, match="Unexpected IDLE response"):
            client.idle()


def test_private_parts_of_idle(client: IMAPClient) -> None:
    """The names that entering IDLE by hand uses exist and mean what they did."""
    client.capabilities()  # once asked they are remembered; else idle_done would ask in the middle of IDLE
    imap = client._imap
    tag = imap._command("IDLE")
    assert imap.tagged_commands[tag] is None
    assert imap._get_response() is None
    client._idle_tag = tag
    text, said = client.idle_done()
    assert b"Idle completed" in text
    assert said == []
    assert hasattr(imap, "_readbuf") or hasattr(imap.file, "peek")


def test_raw_folder_names() -> None:
    """With folder_encode off, names are the server's bytes, or text where they look like numbers."""
    with (
        ScriptedImap({"LIST": b'* LIST () "/" "&&&"\r\n* LIST () NIL 2026\r\n%t OK done\r\n'}) as server,
        scripted(server) as client,
    ):
        client.folder_encode = False
        assert client.list_folders() == [((), b"/", b"&&&"), ((), None, "2026")]


def test_read_only_store_is_silent(client: IMAPClient) -> None:
    """STORE in a folder opened read only is no error: maild never works in one."""
    client.select_folder("INBOX", readonly=True)
    assert client.add_flags([1], ["\\Seen"]) == {}


def test_expunged_mail_comes_without_text(client: IMAPClient, dovecot: Dovecot, user: str) -> None:
    """Dovecot answers for a mail that another session removed: flags, and NIL for its text."""
    with dovecot.session(user) as other:
        other.store("1", "+FLAGS", "\\Deleted")
        other.expunge()
    answer = client.fetch([1], ["FLAGS", "BODY.PEEK[HEADER]"])[1]
    assert answer[b"BODY[HEADER]"] is None
    assert b"\\Deleted" in answer[b"FLAGS"]


def test_logout_closes_the_socket(client: IMAPClient) -> None:
    """After logout nothing is left open."""
    sock = client.socket()
    client.logout()
    assert sock.fileno() == -1


def test_settings_of_a_session(dovecot: Dovecot) -> None:
    """A session reads times as they are, formats no debug lines, and shares its TLS context."""
    login = ImapLogin(
        "localhost", dovecot.imaps_port, "implicit", dovecot.user(), dovecot.password, dovecot.ca
    )
    with Mailbox.connect(login) as one, Mailbox.connect(login) as other:
        clients = [box.session._client for box in (one, other)]
        assert [client.normalise_times for client in clients] == [False, False]
        assert [client._imap.debug for client in clients] == [0, 0]
        contexts = [client.socket().context for client in clients]
        assert contexts[0] is contexts[1]
        assert contexts[0].verify_mode is ssl.CERT_REQUIRED
        assert contexts[0].check_hostname
        assert [client.socket().gettimeout() for client in clients] == [60.0, 60.0]

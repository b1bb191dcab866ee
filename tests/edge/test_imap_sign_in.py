"""Signing in: what is refused, what is only busy, and what TLS protects."""

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from maild.edge.imap import ImapLogin, Mailbox
from maild.errors import Scope, ServerError, SignInRefusedError
from tests.servers.dovecot import NARROW, Dovecot
from tests.servers.ports import free_port
from tests.servers.pymap import Pymap
from tests.servers.scripted_imap import CUT, ScriptedImap


@pytest.fixture
def login(dovecot: Dovecot) -> ImapLogin:
    """A fresh user over TLS."""
    return ImapLogin(
        "localhost", dovecot.imaps_port, "implicit", dovecot.user(), dovecot.password, dovecot.ca
    )


def scripted(server: ScriptedImap) -> ImapLogin:
    """Somebody on a scripted server."""
    return ImapLogin("127.0.0.1", server.port, "none", "info@kanzlei.example", "geheim", read_timeout=5)


def refusal(login: ImapLogin) -> ServerError:
    """The error that signing in ends with."""
    with pytest.raises(ServerError) as caught:
        Mailbox.connect(login).close()
    return caught.value


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_tls_with_own_ca(login: ImapLogin, host: str) -> None:
    """A server certified by the office's own authority is trusted, by name and by address."""
    with Mailbox.connect(replace(login, host=host)) as mailbox:
        assert mailbox.select("INBOX").messages == 0


def test_starttls(login: ImapLogin, dovecot: Dovecot) -> None:
    """STARTTLS gives an encrypted session."""
    with Mailbox.connect(replace(login, tls="starttls", port=dovecot.imap_port)) as mailbox:
        assert mailbox.select("INBOX").messages == 0
    ends = [line for line in dovecot.log().splitlines() if f"Login: user=<{login.username}>" in line]
    assert " TLS," in ends[-1]


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_unknown_ca_is_refused(login: ImapLogin, dovecot: Dovecot, tls: str) -> None:
    """A certificate of a stranger ends the attempt before any password is sent."""
    port = dovecot.imaps_port if tls == "implicit" else dovecot.imap_port
    for ca in (dovecot.other_ca, None):
        error = refusal(replace(login, ca=ca, tls=tls, port=port))
        assert "certificate of localhost" in str(error)
        assert "not trusted" in str(error)
    assert f"user=<{login.username}>" not in dovecot.log()


def test_certificate_for_another_name_is_refused(login: ImapLogin) -> None:
    """A good certificate of the wrong machine is no protection."""
    error = refusal(replace(login, host=NARROW))
    assert "not trusted" in str(error)


def test_missing_ca_file_is_named(login: ImapLogin) -> None:
    """The admin reads which file can't be read."""
    assert "/nowhere/ca.pem" in str(refusal(replace(login, ca=Path("/nowhere/ca.pem"))))


def test_starttls_that_is_not_offered_is_not_done_without() -> None:
    """No password goes over the wire if somebody took STARTTLS out of the offer."""
    with ScriptedImap() as server:
        error = refusal(replace(scripted(server), tls="starttls"))
        assert "does not offer STARTTLS" in str(error)
        assert not [command for command in server.commands if command.startswith(("LOGIN", "AUTHENTICATE"))]


def test_session_that_starts_signed_in_is_not_taken() -> None:
    """PREAUTH in place of STARTTLS, a known trick of a man in the middle, ends the attempt."""
    with ScriptedImap(greeting=b"* PREAUTH welcome\r\n") as server:
        assert not isinstance(refusal(replace(scripted(server), tls="starttls")), SignInRefusedError)


def test_plain_text_only_to_this_machine() -> None:
    """Without TLS no other machine is even asked for its address."""
    error = refusal(ImapLogin("imap.provider.example", 143, "none", "u", "p"))
    assert error.permanent
    assert "imap.provider.example" in str(error)


@pytest.mark.parametrize("server", ["dovecot", "pymap"])
def test_wrong_password(server: str, request: pytest.FixtureRequest) -> None:
    """A wrong password is an account's permanent fault, and the message shows neither name nor password."""
    real: Dovecot | Pymap = request.getfixturevalue(server)
    user = real.user()
    error = refusal(ImapLogin("127.0.0.1", real.imap_port, "none", user, "falsch"))
    assert isinstance(error, SignInRefusedError)
    assert (error.scope, error.permanent) == (Scope.ACCOUNT, True)
    assert user not in str(error)
    assert "falsch" not in str(error)


def test_unknown_user(login: ImapLogin) -> None:
    """A name the server doesn't know is refused like a wrong password."""
    assert isinstance(refusal(replace(login, username="wrong@kanzlei.example")), SignInRefusedError)


@pytest.mark.parametrize("name", ["jörg@kanzlei.example", "zwei worte", 'mit "zeichen"', "klammer(auf"])
def test_names_that_need_care(login: ImapLogin, name: str) -> None:
    """Umlauts, blanks and quotes in a user name reach the server as they are."""
    with Mailbox.connect(replace(login, username=name)) as mailbox:
        assert mailbox.select("INBOX").messages == 0


def test_umlaut_in_the_password(pymap: Pymap) -> None:
    """A password is sent in UTF-8."""
    pymap.servers.add_user("umlaut@kanzlei.example", "pässwörter ß")
    login = ImapLogin("127.0.0.1", pymap.imap_port, "none", "umlaut@kanzlei.example", "pässwörter ß")
    with Mailbox.connect(login) as mailbox:
        assert mailbox.select("INBOX").messages == 0


def test_too_many_connections_is_not_a_wrong_password(login: ImapLogin, dovecot: Dovecot) -> None:
    """Dovecot's refusal of one connection too many is temporary."""
    narrow = replace(login, host=NARROW, tls="none", port=dovecot.imap_port)
    with Mailbox.connect(narrow):
        error = refusal(narrow)
    assert not isinstance(error, SignInRefusedError)
    assert (error.scope, error.permanent) == (Scope.ACCOUNT, False)


@pytest.mark.parametrize(
    "answer",
    [
        b"%t NO Too many simultaneous connections\r\n",
        b"%t NO [ALERT] Too many simultaneous connections. (Failure)\r\n",
        b"%t NO [UNAVAILABLE] Temporary authentication failure\r\n",
        b"%t BAD User is authenticated but not connected.\r\n",
        b"* BYE too busy\r\n",
        CUT,
    ],
)
def test_busy_servers(answer: bytes) -> None:
    """No way of saying "not now" is taken for a wrong password."""
    with ScriptedImap({"LOGIN": answer}) as server:
        error = refusal(scripted(server))
    assert not isinstance(error, SignInRefusedError)
    assert not error.permanent


@pytest.mark.parametrize(
    "answer",
    [
        b"%t NO [AUTHENTICATIONFAILED] info@kanzlei.example\r\n",
        b"%t NO LOGIN failed for info@kanzlei.example\r\n",
        b"%t NO [ALERT] info@kanzlei.example needs an application-specific password\r\n",
    ],
)
def test_no_words_of_the_server_are_repeated(answer: bytes) -> None:
    """The server's text, which may hold addresses, is neither in the message nor in its chain of causes."""
    with ScriptedImap({"LOGIN": answer}) as server:
        error = refusal(scripted(server))
    assert isinstance(error, SignInRefusedError)
    assert "info@" not in str(error)
    assert error.__cause__ is None
    assert error.__suppress_context__


def test_nobody_listens() -> None:
    """A server that is down is named with its port."""
    port = free_port()
    error = refusal(ImapLogin("127.0.0.1", port, "none", "u", "p"))
    assert str(port) in str(error)
    assert error.scope is Scope.SERVER


def test_silent_server_is_given_up() -> None:
    """A server that accepts and says nothing costs the timeout and no more."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        error = refusal(ImapLogin("127.0.0.1", port, "none", "u", "p", connect_timeout=0.2, read_timeout=0.2))
    assert "does not answer in time" in str(error)


@pytest.mark.parametrize(
    "greeting", [b"\r\n", b"220 smtp.example ESMTP\r\n", b"* BYE overloaded\r\n", b"\xff\xfe\x00\r\n"]
)
def test_greeting_that_is_none(greeting: bytes) -> None:
    """Whatever speaks there, if it isn't IMAP the attempt ends in our own error."""
    with ScriptedImap(greeting=greeting) as server:
        assert refusal(scripted(server)).scope is Scope.SERVER


def test_password_is_not_shown() -> None:
    """A login can be printed without its password."""
    assert "geheim" not in repr(ImapLogin("h", 1, "none", "u", "geheim"))

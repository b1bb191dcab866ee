"""IMAPClient, tamed: connecting, signing in, reading its exceptions, and what it can't do itself.

The only module that imports it. It never sends a password over an unprotected network, never falls back from STARTTLS
to plain text, and lets no word of a server through: those may hold addresses. Decides nothing about folders or mail.
"""

# ruff: noqa: SLF001  what IMAPClient keeps in private (its imaplib object) is leaned on here, and held by contract tests

import imaplib
import ipaddress
import logging
import re
import socket
import ssl
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import CapabilityError, LoginError
from imapclient.imap_utf7 import decode as decode_utf7
from imapclient.imap_utf7 import encode as encode_utf7

from maild.edge.imap_answers import flag_names, response_code
from maild.edge.imap_names import Listed
from maild.errors import Scope, ServerError, SignInRefusedError

Row = tuple[tuple[bytes, ...], bytes | None, bytes | str]  # flags, delimiter and name of one LIST answer

# What a broken answer or a broken connection raises in imaplib and IMAPClient.
TROUBLE = (imaplib.IMAP4.error, OSError, EOFError, ValueError, LookupError, TypeError, AttributeError)

# IMAPClient logs user names, search terms and undecodable text; none of that may reach our log.
logging.getLogger("imapclient").setLevel(logging.CRITICAL + 1)

imaplib.Commands.setdefault(
    "NOTIFY", ("AUTH", "SELECTED")
)  # imaplib sends no command that it has never heard of

_NOT_THE_PASSWORD = {"UNAVAILABLE", "LIMIT", "INUSE", "SERVERBUG", "CONTACTADMIN", "PRIVACYREQUIRED"}
_BUSY = re.compile(
    r"too many|maximum number|connections?\b|again|temporar|later|throttl|unavailable", re.IGNORECASE
)
_REFUSAL = re.compile(r"\w+ failed: ")
_SIMPLE = re.compile(r"[A-Za-z0-9@._+\-]+")
_PRINTABLE = re.compile(r"[ -~]+")


@dataclass(frozen=True, slots=True)
class ImapLogin:
    """Where and as whom to sign in; times in seconds."""

    host: str
    port: int
    tls: Literal["implicit", "starttls", "none"]
    username: str
    password: str = field(repr=False)
    ca: Path | None = None  # trust this file of certificates alone, in place of the system's
    connect_timeout: float = 20.0
    read_timeout: float = 60.0

    @property
    def server(self) -> str:
        """Host and port, for messages."""
        return f"{self.host}:{self.port}"


def unburdened(client: Any) -> Any:
    """The client, without what earlier commands left unread: it must not pass for an answer to the next one."""
    client._imap.untagged_responses.clear()
    return client


def connect(login: ImapLogin) -> Any:
    """An IMAPClient object, connected and greeted but not signed in. Raises ServerError, or one of TROUBLE."""
    if login.tls == "none" and not _loopback(login.host):
        message = f"{login.server} is not this machine: without TLS the password would be readable on the way"
        raise ServerError(message, permanent=True)
    return IMAPClient(
        login.host,
        login.port,
        ssl=login.tls == "implicit",
        ssl_context=_tls(login) if login.tls == "implicit" else None,
        timeout=SocketTimeout(login.connect_timeout, login.read_timeout),
    )


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _tls(login: ImapLogin) -> ssl.SSLContext:
    return _context(login.ca, login.ca.stat().st_mtime_ns if login.ca else 0)


@lru_cache(maxsize=64)
def _context(ca: Path | None, _changed: int) -> ssl.SSLContext:
    # Shared: a context of its own costs each connection 0.8 MB.
    return ssl.create_default_context(cafile=str(ca) if ca else None)


def prepare(client: Any, login: ImapLogin) -> None:
    """Set the client up as maild needs it, and start TLS where that is still to be done."""
    client.normalise_times = False
    client.folder_encode = False  # one name in broken UTF-7 would make every LIST fail
    client._imap.debug = 0  # IMAPClient sets 5, which formats each line for a log nobody keeps
    if login.tls == "starttls":
        client.starttls(_tls(login))
        # What was said before TLS may have been said by anyone.
        client._imap.untagged_responses.clear()
    client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def sign_in(client: Any, login: ImapLogin) -> None:
    """Sign in. Raises SignInRefusedError only for a wrong name or password, ServerError if nobody gets in now."""
    try:
        if _SIMPLE.fullmatch(login.username) and _PRINTABLE.fullmatch(login.password):
            client.login(login.username, login.password)
        else:
            client.plain_login(login.username, login.password)
    except LoginError as exc:
        raise _sign_in_failure(login, exc) from None


def _sign_in_failure(login: ImapLogin, exc: LoginError) -> ServerError:
    cause = exc.__context__  # LoginError also wraps a lost connection and a protocol error
    words = _words(exc)
    if isinstance(cause, imaplib.IMAP4.abort):
        return ServerError(f"{login.server} closed the connection during sign-in")
    code = response_code(words)
    busy = code in ("", "ALERT") and _BUSY.search(words)
    if code in _NOT_THE_PASSWORD or busy or "command error: BAD" in words:
        message = f"{login.server} does not let anyone in now ({code or 'busy'})"
        return ServerError(message, scope=Scope.ACCOUNT)
    return SignInRefusedError(f"{login.server} refused user name or password")


def capabilities(client: Any) -> frozenset[str]:
    """What the server offers to who is signed in; the client remembers it, too."""
    return frozenset(word.decode("ascii", "replace") for word in client.capabilities())


def listed(rows: Iterable[Row]) -> Iterator[Listed]:
    """The rows of a LIST answer, but for those whose name is no modified UTF-7: nobody can ask for them."""
    for flags, delimiter, name in rows:
        with suppress(ValueError, LookupError):
            yield Listed(flag_names(flags), plain(delimiter), decoded(name))


def codes(client: Any, name: str) -> list[bytes]:
    """What the last command brought under one response code, as COPYUID."""
    return list(client._imap.untagged_responses.get(name, []))


def plain(word: bytes | str | None) -> str:
    """An ASCII word of an answer as text; empty for NIL."""
    return word.decode("ascii", "replace") if isinstance(word, bytes) else word or ""


def encoded(name: str) -> bytes:
    """A folder's name as it goes over the wire (modified UTF-7; RFC 3501, section 5.1.3)."""
    return bytes(encode_utf7(name))


def decoded(name: bytes | str) -> str:
    """A folder's name from the wire; raises ValueError or LookupError if it is no modified UTF-7."""
    return str(decode_utf7(name.encode() if isinstance(name, str) else name))


def enter_idle(client: Any) -> bool:
    """Begin IDLE (RFC 2177); True if the server has spoken before it listened."""
    # client.idle() fails if the server sends a pending update before its continuation, which RFC 3501 allows.
    imap = client._imap
    tag = imap._command("IDLE")
    said = False
    while imap._get_response() is not None:
        if imap.tagged_commands[tag]:
            imap.tagged_commands.pop(tag)
            raise imaplib.IMAP4.error("idle failed: ")
        said = True
    client._idle_tag = tag
    return said


def leave_idle(client: Any) -> bool:
    """End IDLE; True if the server said anything but signs of life."""
    _, said = client.idle_done()
    return any(words and words[0] not in (b"OK", b"BYE") for words in said)


def notify(client: Any, folders: Iterable[bytes]) -> bool:
    """Have the server speak of other folders as well, until `notify_no_more` (RFC 5465); raises what `refusal` knows.

    True if it has spoken of any at once: what came after the last command is told with the answer to this one, and
    never again. Nothing else may be asked meanwhile: what it says of other folders would pass for an answer to STATUS.
    """
    names = b" ".join(b'"' + re.sub(rb'(["\\\\])', rb"\\\1", name) + b'"' for name in folders)
    events = "(SELECTED (MessageNew MessageExpunge FlagChange))"
    others = f"(MAILBOXES ({names.decode('ascii')}) (MessageNew MessageExpunge))"
    _notify(client, "SET", events, others)
    return any(client._imap.untagged_responses.get(word) for word in _NEWS)


_NEWS = ("EXISTS", "EXPUNGE", "FETCH", "STATUS", "VANISHED")


def notify_no_more(client: Any) -> None:
    """Back to what a server says by itself; whatever it has still said of other folders is read and forgotten."""
    _notify(client, "NONE")


def _notify(client: Any, *arguments: str) -> None:
    typ, data = client._imap._simple_command("NOTIFY", *arguments)
    if typ != "OK":
        raise imaplib.IMAP4.error(f"notify failed: {data[-1]!r}")


def unread(client: Any) -> bool:
    """Whether bytes lie in a buffer of the library or of TLS, where no selector sees them."""
    imap, sock = client._imap, client.socket()
    if isinstance(sock, ssl.SSLSocket) and sock.pending():
        return True
    if hasattr(imap, "_readbuf"):  # Python 3.14 and later
        return bool(imap._readbuf)
    patience = sock.gettimeout()
    sock.setblocking(False)
    try:
        return bool(imap.file.peek(1))
    except (BlockingIOError, ssl.SSLWantReadError):
        return False
    finally:
        sock.settimeout(patience)


def refusal(exc: BaseException) -> str | None:
    """The response code of a NO, or empty; None if the exception is anything else."""
    if isinstance(exc, imaplib.IMAP4.readonly):
        return "READ-ONLY"
    if type(exc) is imaplib.IMAP4.error and _REFUSAL.match(str(exc)):
        return response_code(_words(exc))
    return None


def _words(exc: BaseException) -> str:
    """The server's words in an exception of imaplib or IMAPClient; for looking at, never for showing."""
    return re.sub(r"^(?:\w+ failed: )?(?:b['\"])?", "", str(exc))


def failure(login: ImapLogin, exc: BaseException) -> ServerError:
    """One of TROUBLE as a sentence for the operator, without a word of the server's."""
    match exc:
        case ssl.SSLCertVerificationError():
            said = f"the certificate of {login.server} is not trusted: {exc.verify_message}"
        case ssl.SSLError():
            said = f"TLS with {login.server} fails: {exc.reason}"
        case TimeoutError():
            said = f"{login.server} does not answer in time"
        case socket.gaierror():
            said = f"the host name {login.host} can't be resolved"
        case ConnectionRefusedError():
            said = f"{login.server} accepts no connections"
        case FileNotFoundError() | PermissionError() if login.ca:
            said = f"{login.ca} can't be read"
        case OSError() | EOFError() | imaplib.IMAP4.abort() if "unexpected" not in str(exc):
            said = f"the connection to {login.server} was lost"
        case CapabilityError() if login.tls == "starttls":
            said = f"{login.server} does not offer STARTTLS"
        case _:
            said = f"{login.server} gave an answer that makes no sense here ({type(exc).__name__})"
    return ServerError(said)

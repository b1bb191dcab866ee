"""One signed-in IMAP connection: TLS, sign-in, and every error turned into one of ours.

The only module that imports IMAPClient. It never sends a password over an unprotected network, never falls back from
STARTTLS to plain text, and never repeats a server's words: they may hold addresses. A refusal (NO) leaves the
connection usable; whatever else goes wrong closes it, since after a timeout or a broken answer nobody knows which
answer belongs to which command.
"""

# ruff: noqa: SLF001  what IMAPClient keeps in private (its imaplib object) is leaned on here, and held by contract tests

import imaplib
import ipaddress
import logging
import re
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeVar

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import CapabilityError, LoginError
from imapclient.imap_utf7 import decode as decode_utf7
from imapclient.imap_utf7 import encode as encode_utf7

from maild.edge.imap_answers import flag_names, response_code
from maild.edge.imap_names import Listed, Names, read_names
from maild.errors import FolderError, Scope, ServerError, SignInRefusedError

T = TypeVar("T")
_Row = tuple[tuple[bytes, ...], bytes | None, bytes | str]  # flags, delimiter and name of one LIST answer

# IMAPClient logs user names, search terms and undecodable text; none of that may reach our log.
logging.getLogger("imapclient").setLevel(logging.CRITICAL + 1)

_PERMANENT = {"NONEXISTENT", "TRYCREATE", "NOPERM", "CANNOT", "ALREADYEXISTS", "READ-ONLY", "TOOBIG"}
_NOT_THE_PASSWORD = {"UNAVAILABLE", "LIMIT", "INUSE", "SERVERBUG", "CONTACTADMIN", "PRIVACYREQUIRED", "ALERT"}
_BUSY = re.compile(
    r"too many|maximum number|connections?\b|try again|temporar|later|throttl|unavailable", re.IGNORECASE
)
_FOLDER_REASONS = {
    "NONEXISTENT": "does not exist",
    "TRYCREATE": "does not exist",
    "READ-ONLY": "is read only",
}
_REFUSAL = re.compile(r"\w+ failed: ")
_TROUBLE = (imaplib.IMAP4.error, OSError, EOFError, ValueError, LookupError, TypeError, AttributeError)
_SIMPLE = re.compile(r"[A-Za-z0-9@._+\-]+")
_PRINTABLE = re.compile(r"[ -~]+")
_CLOSING_PATIENCE = 5.0  # seconds a polite LOGOUT may take


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


class RefusedError(Exception):
    """The server answered NO; the connection is fine. `code` is the response code, or empty."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Session:
    """A signed-in connection. Not thread-safe: one owner at a time."""

    def __init__(self, login: ImapLogin) -> None:
        """Connect and sign in. Raises ServerError, or SignInRefusedError if it is the name or password."""
        self.login = login
        self.alive = True
        self._client: Any = None
        self._idling = False
        self._names: Names | None = None
        try:
            self._client = self._guarded(lambda: _connect(login))
            self._guarded(lambda: _prepare(self._client, login))
            self._guarded(lambda: _sign_in(self._client, login))
            self.capabilities: frozenset[str] = self._guarded(lambda: _capabilities(self._client))
        except BaseException:
            self.close()
            raise

    def call(self, method: str, *args: Any, folder: str = "", **options: Any) -> Any:
        """Call a method of the IMAPClient object.

        A NO is a FolderError where the command concerns one folder, else a temporary ServerError. Everything else
        that goes wrong closes the connection and is a ServerError.
        """
        try:
            return self.attempt(method, *args, **options)
        except RefusedError as exc:
            if folder:
                raise self.folder_error(folder, exc.code) from None
            message = f"{self.login.server} refused a command ({exc.code or 'no reason given'})"
            raise ServerError(message, scope=Scope.ACCOUNT) from None

    def attempt(self, method: str, *args: Any, **options: Any) -> Any:
        """Like `call`, for those who can do something about a NO: it is a RefusedError."""
        return self._guarded(
            lambda: getattr(_unburdened(self._client), method)(*args, **options), refusable=True
        )

    def folder_error(self, folder: str, code: str = "") -> FolderError:
        """A refusal that concerns one folder, with the server's response code in place of its words."""
        said = _FOLDER_REASONS.get(code, f"was refused ({code or 'no reason given'})")
        return FolderError(f"folder {folder!r} on {self.login.server} {said}", permanent=code in _PERMANENT)

    def codes(self, name: str) -> list[bytes]:
        """What the last command brought under one response code, as COPYUID."""
        return list(self._client._imap.untagged_responses.get(name, []))

    def names(self, *, fresh: bool = False) -> Names:
        """The account's folders; asked of the server once, and again when `fresh`."""
        if self._names is None or fresh:
            rows = self.call("list_folders")
            self._names = read_names(_listed(rows), *self._namespace(rows))
        return self._names

    def spell(self, folder: str) -> bytes:
        """A folder's name as it goes over the wire (modified UTF-7; RFC 3501, section 5.1.3)."""
        return bytes(encode_utf7(self.names().spell(folder)))

    def synchronise(self) -> None:
        """Have the server tell what other sessions did; until then it may go on showing mails they removed."""
        self._guarded(lambda: _unburdened(self._client).noop())

    def start_idle(self) -> bool:
        """Enter IDLE (RFC 2177); True if the server has already said something that no selector would announce."""
        said = self._guarded(lambda: _enter_idle(_unburdened(self._client)), refusable=True)
        self._idling = True
        return said or self._guarded(lambda: _unread(self._client))

    def end_idle(self) -> bool:
        """Leave IDLE; True if the server said anything about the folder meanwhile."""
        _, said = self._guarded(self._client.idle_done)
        self._idling = False
        return any(words and words[0] not in (b"OK", b"BYE") for words in said)

    def fileno(self) -> int:
        """The socket, for a selector; readable means that the server said something, or is gone."""
        return int(self._client.socket().fileno())

    def close(self) -> None:
        """Log out politely while the connection works, and let go of it; never raises."""
        client, self._client = self._client, None
        polite, self.alive = self.alive, False
        if client is None:
            return
        with suppress(Exception):
            if polite:
                client.socket().settimeout(_CLOSING_PATIENCE)
                if self._idling:
                    client.idle_done()
                client.logout()
                return
        with suppress(Exception):
            client.shutdown()

    def _guarded(self, action: Callable[[], T], *, refusable: bool = False) -> T:
        if not self.alive:
            raise ServerError(f"the connection to {self.login.server} is closed")
        try:
            return action()
        except _TROUBLE as exc:
            code = _refusal(exc) if refusable else None
            if code is not None:
                self._client._imap.untagged_responses.clear()  # [READ-ONLY] left there would fail every later command
                raise RefusedError(code) from None
            self.alive = False
            self.close()
            # An OSError holds no server text; an imaplib error does, and a traceback would show it.
            raise _failure(self.login, exc) from (exc if isinstance(exc, OSError) else None)

    def _namespace(self, rows: list[_Row]) -> tuple[str, str, tuple[str, ...]]:
        """Prefix and delimiter of the personal namespace, and the prefixes of the others (RFC 2342)."""
        delimiter = next((_text(row[1]) for row in rows if row[1]), "/")
        if "NAMESPACE" not in self.capabilities:
            inbox = f"INBOX{delimiter}"
            below = [_text(row[2]) for row in rows if _text(row[2]).upper() != "INBOX"]
            return (inbox if below and all(name.startswith(inbox) for name in below) else ""), delimiter, ()
        answer = self.call("namespace")
        foreign = tuple(_decoded(prefix) for part in answer[1:] for prefix, _ in part or ())
        prefix, own = (answer[0] or ((b"", None),))[0]
        return _decoded(prefix), own or delimiter, foreign


def _unburdened(client: Any) -> Any:
    # What earlier commands left unread must not pass for an answer to the next one.
    client._imap.untagged_responses.clear()
    return client


def _connect(login: ImapLogin) -> Any:
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


def _prepare(client: Any, login: ImapLogin) -> None:
    client.normalise_times = False
    client.folder_encode = False  # one name in broken UTF-7 would make every LIST fail
    client._imap.debug = 0  # IMAPClient sets 5, which formats each line for a log nobody keeps
    if login.tls == "starttls":
        client.starttls(_tls(login))
        # What was said before TLS may have been said by anyone.
        client._imap.untagged_responses.clear()
    client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _sign_in(client: Any, login: ImapLogin) -> None:
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
    if code in _NOT_THE_PASSWORD or (not code and _BUSY.search(words)) or "command error: BAD" in words:
        return ServerError(
            f"{login.server} does not let anyone in now ({code or 'busy'})", scope=Scope.ACCOUNT
        )
    return SignInRefusedError(f"{login.server} refused user name or password")


def _capabilities(client: Any) -> frozenset[str]:
    return frozenset(word.decode("ascii", "replace") for word in client.capabilities())


def _listed(rows: Iterable[_Row]) -> Iterator[Listed]:
    for flags, delimiter, name in rows:
        with suppress(
            ValueError, LookupError
        ):  # a name that isn't modified UTF-7 can't be asked for by anyone
            yield Listed(flag_names(flags), _text(delimiter), _decoded(name))


def _text(word: bytes | str | None) -> str:
    return word.decode("ascii", "replace") if isinstance(word, bytes) else word or ""


def _decoded(name: bytes | str) -> str:
    return str(decode_utf7(name.encode() if isinstance(name, str) else name))


def _enter_idle(client: Any) -> bool:
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


def _unread(client: Any) -> bool:
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


def _refusal(exc: BaseException) -> str | None:
    """The response code of a NO, or empty; None if the exception is anything else."""
    if isinstance(exc, imaplib.IMAP4.readonly):
        return "READ-ONLY"
    if type(exc) is imaplib.IMAP4.error and _REFUSAL.match(str(exc)):
        return response_code(_words(exc))
    return None


def _words(exc: BaseException) -> str:
    """The server's words in an exception of imaplib or IMAPClient; for looking at, never for showing."""
    return re.sub(r"^(?:\w+ failed: )?(?:b['\"])?", "", str(exc))


def _failure(login: ImapLogin, exc: BaseException) -> ServerError:
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

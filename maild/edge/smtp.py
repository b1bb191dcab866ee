"""One signed-in connection to a submission server, and the exact answer to "was this mail accepted?".

aiosmtplib connects, negotiates TLS and signs in; from then on the dialogue is ours, because the final dot must wait
for the caller's durable commit and a loss must be told apart from a refusal (see `smtp_dialogue`). This module sends
one mail to one recipient at a time; it never retries, never resends, and keeps no limits: that is `flow.send`.
"""

import asyncio
import ipaddress
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import aiosmtplib

from maild.edge.smtp_dialogue import Dialogue, DialogueError, Phase, Reply, judge
from maild.errors import Certainty, Scope, SendError, ServerError, SignInRefusedError

CHUNK = 65536  # bytes of the body between two looks at what the server says
FAREWELL = 5.0  # seconds for QUIT and the end of TLS: by then the mail is long decided
_CRLF = b"\r\n"
_END = b"\r\n.\r\n"  # RFC 5321, section 4.1.1.4
_NO_SUCH_MECHANISM = (502, 504)  # RFC 4954, section 4


@dataclass(frozen=True, slots=True)
class SmtpLogin:
    """Where and as whom to submit mail; timeouts in seconds, their defaults within RFC 5321, section 4.5.3.2."""

    host: str
    port: int
    tls: str  # "implicit", "starttls", or "none", which is for loopback only
    username: str = ""  # empty: no sign-in
    password: str = field(default="", repr=False)
    ca: Path | None = None  # trust these certificates and no others; None: the system's
    connect_timeout: float = 20
    reply_timeout: float = 60
    dot_timeout: float = 600


@dataclass(frozen=True, slots=True)
class Accepted:
    """The server took the mail: its code and words after the final dot."""

    code: int
    text: str


class SmtpSession:
    """A connection that has signed in; make one with `open`, and `close` it."""

    def __init__(self, login: SmtpLogin, dialogue: Dialogue, extensions: dict[str, str]) -> None:
        self._login = login
        self._dialogue = dialogue
        self._extensions = extensions  # of EHLO, names in lower case
        self._ready = True  # between two transactions, both sides in step

    @classmethod
    async def open(cls, login: SmtpLogin) -> "SmtpSession":
        """Connect, secure and sign in.

        Raises SignInRefusedError where name or password are refused, else ServerError: permanent for a refusal
        with 5xx or a set-up that can't work, temporary for everything else.
        """
        smtp = await _connect(login)
        try:
            extensions = await _greet_and_sign_in(smtp, login)
            return cls(login, Dialogue(_live_transport(smtp, login)), extensions)
        except BaseException:
            smtp.close()
            raise

    @property
    def usable(self) -> bool:
        """Whether another mail may be submitted; False after a drop, an oddity or a refused commit, for good."""
        return self._ready and self._dialogue.alive and self._dialogue.unread is None

    async def submit(
        self, envelope_from: str, recipient: str, raw: bytes, before_dot: Callable[[], Awaitable[bool]]
    ) -> Accepted:
        """Send one mail to one recipient; return only if the server accepted it.

        `before_dot` is awaited once, after the whole body and before the final dot: the caller records durably that
        the mail may now be accepted, and returns False to stop. Raises SendError; its certainty is REFUSED after a
        definite reply (or what can't be sent at all), NOT_SENT where the dot never left, UNKNOWN after the dot. If
        the call is cancelled, or `before_dot` raises, the connection is cut as it stands.
        """
        letter = _with_crlf(raw)
        mail, rcpt = self._envelope(envelope_from, recipient, letter)
        if not self.usable:
            raise self._failure(Phase.MAIL, Certainty.NOT_SENT, "the session is not usable")
        self._ready = False
        try:
            # One command at a time. RFC 2920 pipelining belongs here: write all three, then take three replies.
            await self._command(Phase.MAIL, mail)
            await self._command(Phase.RCPT, rcpt)
            await self._command(Phase.DATA, b"DATA")
            await self._body(letter)
            await self._commit(before_dot)
            return await self._dot()
        finally:
            if not self._ready:
                self._dialogue.abort()

    async def close(self) -> None:
        """Say QUIT and hang up; what the server makes of it is of no account, and nothing is raised."""
        try:
            if self.usable:
                self._ready = False
                with suppress(DialogueError):
                    self._dialogue.write(b"QUIT" + _CRLF)
                    await self._dialogue.reply(min(FAREWELL, self._login.reply_timeout))
            await self._dialogue.close(FAREWELL)
        finally:
            self._dialogue.abort()  # cancelled on the way; a closed connection does not mind

    def _envelope(self, envelope_from: str, recipient: str, letter: bytes) -> tuple[bytes, bytes]:
        """The commands MAIL and RCPT; raises SendError for what this server can't be asked at all."""
        sender = self._path(Phase.MAIL, Scope.MESSAGE, envelope_from)
        receiver = self._path(Phase.RCPT, Scope.RECIPIENT, recipient)
        if receiver == b"<>":
            raise self._impossible(Phase.RCPT, Scope.RECIPIENT, "there is no recipient")
        # Eight-bit text goes as it is even where 8BITMIME is not offered: such servers pass it on, or refuse it.
        eight_bit = not letter.isascii() and "8bitmime" in self._extensions
        international = not (sender + receiver).isascii()
        parts = (
            b"MAIL FROM:" + sender,
            self._size(letter),
            b" BODY=8BITMIME" if eight_bit else b"",
            b" SMTPUTF8" if international else b"",
        )
        return b"".join(parts), b"RCPT TO:" + receiver

    def _path(self, phase: Phase, scope: Scope, address: str) -> bytes:
        """An address in angle brackets that can't break out of its command (RFC 5321, section 4.1.2)."""
        if any(char in "<>" or char.isspace() or not char.isprintable() for char in address):
            raise self._impossible(phase, scope, "an address holds a character that SMTP can't carry")
        if not address.isascii() and "smtputf8" not in self._extensions:
            raise self._impossible(phase, scope, "an address needs SMTPUTF8, which the server does not offer")
        return b"<" + address.encode() + b">"

    def _size(self, letter: bytes) -> bytes:
        """The SIZE parameter (RFC 1870): octets as sent, without doubled dots; raises SendError above the limit."""
        if "size" not in self._extensions:
            return b""
        limit = self._extensions["size"].strip()
        if limit.isdecimal() and 0 < int(limit) < len(letter):
            raise self._impossible(
                Phase.MAIL, Scope.MESSAGE, f"{len(letter)} bytes; the server takes {limit}"
            )
        return b" SIZE=%d" % len(letter)

    async def _command(self, phase: Phase, line: bytes) -> None:
        reply = await self._ask(phase, line)
        expected = reply.code == 354 if phase is Phase.DATA else reply.code < 300
        if expected:
            return
        if reply.code < 400:
            raise self._failure(phase, Certainty.NOT_SENT, "an answer out of step", reply)
        if reply.code != 421:
            await self._reset()
        raise self._refusal(phase, reply)

    async def _ask(self, phase: Phase, line: bytes) -> Reply:
        """One command, one reply; what the server said unasked would be taken for the reply, so look first."""
        self._stop_if_the_server_spoke(phase)
        try:
            self._dialogue.write(line + _CRLF)
            return await self._dialogue.reply(self._login.reply_timeout)
        except DialogueError as error:
            raise self._failure(phase, Certainty.NOT_SENT, str(error)) from error

    async def _reset(self) -> None:
        """Leave a refused transaction; the session stays usable only if the server agrees."""
        with suppress(SendError):
            reply = await self._ask(Phase.RSET, b"RSET")
            self._ready = reply.code < 300

    async def _body(self, letter: bytes) -> None:
        """All but the final dot: its leading line end is the last one of the letter, and held back with it."""
        stuffed = memoryview(_dot_stuffed(letter))[: -len(_CRLF)]
        try:
            for start in range(0, len(stuffed), CHUNK):
                self._dialogue.write(stuffed[start : start + CHUNK])
                await self._dialogue.written(self._login.reply_timeout)
                self._stop_if_the_server_spoke(Phase.BODY)
        except DialogueError as error:
            raise self._failure(Phase.BODY, Certainty.NOT_SENT, str(error)) from error

    async def _commit(self, before_dot: Callable[[], Awaitable[bool]]) -> None:
        await self._dialogue.settle()
        self._stop_if_the_server_spoke(Phase.BODY)
        if not await before_dot():
            raise self._failure(Phase.COMMIT, Certainty.NOT_SENT, "the caller took the mail back")
        await self._dialogue.settle()
        self._stop_if_the_server_spoke(Phase.BODY)

    async def _dot(self) -> Accepted:
        try:
            self._dialogue.write(_END)  # from here on, only a reply can prove anything
            reply = await self._dialogue.reply(self._login.dot_timeout)
        except DialogueError as error:
            raise self._failure(Phase.DOT, Certainty.UNKNOWN, str(error)) from error
        if 300 <= reply.code < 400:
            raise self._failure(Phase.DOT, Certainty.UNKNOWN, "an answer out of step", reply)
        self._ready = reply.code != 421
        if reply.code >= 400:
            raise self._refusal(Phase.DOT, reply)
        return Accepted(reply.code, reply.text)

    def _stop_if_the_server_spoke(self, phase: Phase) -> None:
        """A reply nobody asked for, or a hang-up: go no further; without the dot nothing is accepted."""
        if (reply := self._dialogue.unread) is not None:
            raise self._failure(phase, Certainty.NOT_SENT, "the server spoke out of turn", reply)
        if not self._dialogue.alive:
            raise self._failure(phase, Certainty.NOT_SENT, "the connection was lost")

    def _failure(self, phase: Phase, certainty: Certainty, why: str, reply: Reply | None = None) -> SendError:
        """No definite answer: always temporary, and about the server unless its words say otherwise."""
        refused = reply is not None and reply.code >= 400
        return SendError(
            f"{self._login.host}: {why} at {phase}" + (f" ({reply.status})" if reply else ""),
            phase=phase,
            certainty=certainty,
            scope=judge(phase, reply).scope if reply and refused else Scope.SERVER,
            code=reply.code if reply else 0,
            text=reply.text if reply else "",
        )

    def _refusal(self, phase: Phase, reply: Reply) -> SendError:
        verdict = judge(phase, reply)
        return SendError(
            f"{self._login.host}: refused at {phase} ({reply.status})",
            phase=phase,
            certainty=Certainty.REFUSED,
            scope=verdict.scope,
            permanent=verdict.permanent,
            code=reply.code,
            text=reply.text,
        )

    def _impossible(self, phase: Phase, scope: Scope, why: str) -> SendError:
        """Refused by ourselves before a byte was sent; the session is none the worse."""
        message = f"{self._login.host}: not sent at {phase}: {why}"
        return SendError(message, phase=phase, certainty=Certainty.REFUSED, scope=scope, permanent=True)


def _with_crlf(raw: bytes) -> bytes:
    """Every line end as CRLF, the last line ended too (RFC 5321, section 2.3.8)."""
    text = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", _CRLF)
    return text if text.endswith(_CRLF) else text + _CRLF


def _dot_stuffed(letter: bytes) -> bytes:
    """A dot before each line that starts with one (RFC 5321, section 4.5.2)."""
    stuffed = letter.replace(b"\r\n.", b"\r\n..")
    return b"." + stuffed if stuffed.startswith(b".") else stuffed


async def _connect(login: SmtpLogin) -> aiosmtplib.SMTP:
    """A greeted and, where asked for, encrypted connection; STARTTLS that is not offered is an error."""
    if login.tls not in ("implicit", "starttls") and not (login.tls == "none" and _is_loopback(login.host)):
        raise ServerError(
            f"{login.host}: tls must be implicit or starttls; none is for loopback only",
            scope=Scope.ACCOUNT,
            permanent=True,
        )
    smtp = aiosmtplib.SMTP(
        hostname=login.host,
        port=login.port,
        local_hostname=_own_name(),
        timeout=login.reply_timeout,
        use_tls=login.tls == "implicit",
        start_tls=login.tls == "starttls",
        tls_context=None if login.tls == "none" else await asyncio.to_thread(_tls_context, login),
    )
    try:
        await smtp.connect(timeout=login.connect_timeout)
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise _server_error(login, Phase.CONNECT, error) from error
    return smtp


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _own_name() -> str:
    """What EHLO calls us, without asking the DNS; mail programs use the literal where they have no full name."""
    name = socket.gethostname()
    return name if re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", name) else "[127.0.0.1]"


def _tls_context(login: SmtpLogin) -> ssl.SSLContext:
    """Certificates and host name are always verified."""
    try:
        return ssl.create_default_context(cafile=login.ca)
    except OSError as error:  # ssl.SSLError is one
        message = f"{login.host}: the CA file {login.ca} can't be used: {error.strerror or error}"
        raise ServerError(message, scope=Scope.ACCOUNT, permanent=True) from error


async def _greet_and_sign_in(smtp: aiosmtplib.SMTP, login: SmtpLogin) -> dict[str, str]:
    """EHLO (again after STARTTLS: RFC 3207, section 4.2), then AUTH; the extensions offered."""
    phase = Phase.EHLO
    try:
        await smtp.ehlo()
        extensions = dict(smtp.esmtp_extensions)
        phase = Phase.AUTH
        if login.username:
            await _sign_in(smtp, login)
    except aiosmtplib.SMTPAuthenticationError as error:
        if error.code < 500:
            raise _server_error(login, phase, error) from error
        status = Reply(error.code, error.message).status
        raise SignInRefusedError(f"{login.host}: user name or password refused ({status})") from error
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise _server_error(login, phase, error) from error
    return extensions


async def _sign_in(smtp: aiosmtplib.SMTP, login: SmtpLogin) -> None:
    """One attempt, by the plainest mechanism that TLS protects.

    aiosmtplib's own `login` tries every mechanism with a wrong password, which locks accounts three times as fast.
    Bearer tokens (XOAUTH2, RFC 7628) belong here.
    """
    methods = {"plain": smtp.auth_plain, "login": smtp.auth_login, "cram-md5": smtp.auth_crammd5}
    offered = [method for name, method in methods.items() if name in smtp.server_auth_methods]
    if not offered:
        message = f"{login.host}: the server offers no sign-in by password here"
        raise ServerError(message, scope=Scope.ACCOUNT, permanent=True)
    for method in offered:
        try:
            await method(login.username, login.password)
        except aiosmtplib.SMTPAuthenticationError as error:
            if error.code not in _NO_SUCH_MECHANISM or method is offered[-1]:
                raise
        else:
            return


def _live_transport(smtp: aiosmtplib.SMTP, login: SmtpLogin) -> asyncio.Transport:
    """What the dialogue goes on with; a server may hang up right after a sign-in it accepted."""
    if smtp.transport is None or smtp.transport.is_closing():
        raise ServerError(f"{login.host}: no connection at {Phase.AUTH}: it was lost")
    return cast("asyncio.Transport", smtp.transport)


def _server_error(login: SmtpLogin, phase: Phase, error: Exception) -> ServerError:
    """Any failure before the first mail; the server's words stay out, for they may hold the user name."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        if error.code < 0:  # aiosmtplib's mark for what it could not read
            return ServerError(f"{login.host}: the server sent something that is no SMTP reply at {phase}")
        status = Reply(error.code, error.message).status
        return ServerError(f"{login.host}: refused at {phase} ({status})", permanent=500 <= error.code < 600)
    chain = tuple(_causes(error))
    for cause in chain:
        if isinstance(cause, ssl.SSLError):
            reason = getattr(cause, "verify_message", "") or cause.reason or "broken off"
            return ServerError(f"{login.host}: no trusted connection at {Phase.TLS}: {reason}")
    if isinstance(error, TimeoutError):
        return ServerError(f"{login.host}: no answer in time at {phase}")
    if any(isinstance(cause, ConnectionRefusedError) for cause in chain):
        return ServerError(f"{login.host}:{login.port} accepts no connections")
    if isinstance(error, OSError):
        reasons = [cause.strerror for cause in chain if isinstance(cause, OSError) and cause.strerror]
        return ServerError(
            f"{login.host}: no connection at {phase}: {reasons[-1] if reasons else 'it was lost'}"
        )
    if isinstance(error, ValueError):
        return ServerError(f"{login.host}: the name or the answer of the server can't be used at {phase}")
    return ServerError(f"{login.host}: the server does not offer STARTTLS; nothing was sent in the clear")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__

"""The wire below `smtp`: lines out, replies in, one at a time, and what a refusal means.

It replaces aiosmtplib's own protocol after sign-in, because that one loses a reply nobody waited for and can't tell
a drop before 354 from one after the final dot. It never decides what to say next, never retries and logs nothing;
whatever the server sends is bounded, and what is no SMTP reply ends the conversation.
"""

import asyncio
import re
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from maild.errors import MaildError, Scope

MAX_LINE = 2000  # bytes; RFC 5321, section 4.5.3.1.5 allows 512, real servers need more
MAX_LINES = 100  # of one reply
MAX_REPLY = 65536  # bytes of one reply
MAX_UNREAD = 10  # replies that nobody asked for

_LINE = re.compile(rb"([2-5][0-9][0-9])(?:([ -])(.*))?", re.DOTALL)
_ENHANCED = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})\b")  # RFC 3463, section 2


class DialogueError(MaildError):
    """The conversation is over: dropped, silent for too long, or no longer SMTP; the message says which."""


class Phase(StrEnum):
    """Where in a session something happened; `SendError.phase` is one of these."""

    CONNECT = "connect"
    TLS = "tls"
    EHLO = "ehlo"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"  # after 354, before the final dot
    COMMIT = "commit"  # the caller did not agree to the dot
    DOT = "dot"
    RSET = "rset"


@dataclass(frozen=True, slots=True)
class Reply:
    """One complete answer of the server (RFC 5321, section 4.2)."""

    code: int
    text: str  # the server's words, lines joined by \n; control characters replaced

    @property
    def detail(self) -> str:
        """Subject and detail of the enhanced status code, as "1.1" of 5.1.1 (RFC 3463); empty without one."""
        match = _ENHANCED.match(self.text)
        return f"{match[2]}.{match[3]}" if match and match[1] == str(self.code)[0] else ""

    @property
    def status(self) -> str:
        """The codes alone, fit for a log: the words may name a person."""
        return f"{self.code} {self.code // 100}.{self.detail}" if self.detail else str(self.code)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a refusal is about, and whether asking again can help."""

    scope: Scope
    permanent: bool


# Words decide only where servers give no enhanced code, or a misleading one: Microsoft 365 reports an exhausted
# daily limit as 5.1.90, Gmail as 5.4.5, IONOS and GMX as a bare 450.
_FULL = re.compile(
    r"\b(mailbox|inbox|postfach)\b.{0,40}\b(full|voll|quota|überfüllt)|\bover ?quota\b|quota exceeded \(mailbox",
    re.IGNORECASE,
)
_TOO_LARGE = re.compile(
    r"\bsize (limit|exceed)|\b(size|length) .{0,20}exceed|\btoo (large|big)\b"
    r"|maximum (message )?size|too much mail data|zu groß",
    re.IGNORECASE,
)
_LIMIT = re.compile(
    r"\b(sen[dt]|sending|submission|daily|hourly|messages?|mails?|e-?mails?|rate|connections?|relay)\b[\w\s'-]{0,40}\b(limit|quota)"
    r"|\b(limit|quota)\b[\w\s'-]{0,40}\b(sending|messages|recipients|e-?mails|per (minute|hour|day))\b"
    r"|too many (messages|mails|e-?mails|recipients|connections|concurrent)"
    r"|rate ?-?limit|throttl|quota ?exceeded"
    r"|\b(sende|versand|mail)-?limit|limit (erreicht|überschritten)|zu viele (nachrichten|e-?mails|empfänger)",
    re.IGNORECASE,
)
_NOT_ALLOWED = re.compile(r"\brelay|authenticat|not (allowed|permitted|authori[sz]ed) to send", re.IGNORECASE)


def judge(phase: Phase, reply: Reply) -> Verdict:
    """Scope and permanence of a 4xx or 5xx reply; what says nothing certain counts as temporary."""
    permanent = reply.code >= 500
    if reply.code in (421, 503):  # going away, or out of step: nothing about this mail
        return Verdict(Scope.SERVER, permanent=False)
    if reply.detail in ("2.1", "2.2") or _FULL.search(reply.text):
        return Verdict(Scope.RECIPIENT, permanent)
    if reply.detail in ("3.4", "2.3") or _TOO_LARGE.search(reply.text):
        return Verdict(Scope.MESSAGE, permanent)
    if _LIMIT.search(reply.text):  # passes with time, whatever the digit says
        return Verdict(Scope.ACCOUNT, permanent=False)
    if reply.code == 552:
        return Verdict(Scope.MESSAGE, permanent)
    return _judge_by_phase(phase, reply, permanent)


def _judge_by_phase(phase: Phase, reply: Reply, permanent: bool) -> Verdict:
    if phase is Phase.MAIL:
        return Verdict(Scope.ACCOUNT, permanent)
    if phase is not Phase.RCPT:
        return Verdict(Scope.MESSAGE, permanent)
    if permanent and _blames_the_sender(reply):
        return Verdict(Scope.ACCOUNT, permanent)
    return Verdict(Scope.RECIPIENT, permanent)


def _blames_the_sender(reply: Reply) -> bool:
    """Servers like to refuse the sender only at RCPT; 5.1.7 and 5.1.8 are about its address, 5.7.x about its rights."""
    if reply.detail:
        return reply.detail in ("1.7", "1.8") or reply.detail.startswith("7.")
    return reply.code == 530 or bool(_NOT_ALLOWED.search(reply.text))


class ReplyReader:
    """Cuts a stream of bytes into replies, however the network split or joined them."""

    def __init__(self) -> None:
        self._rest = b""
        self._code = 0
        self._lines: list[str] = []
        self._size = 0

    def feed(self, data: bytes) -> Iterator[Reply]:
        """Yield the replies that `data` completes; DialogueError at what is no SMTP reply or too long."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            if reply := self._take(line.removesuffix(b"\r")):
                yield reply
        if len(self._rest) > MAX_LINE:
            raise DialogueError("a line without end")

    def _take(self, line: bytes) -> Reply | None:
        match = _LINE.fullmatch(line)
        self._size += len(line)
        if match is None or len(line) > MAX_LINE or (self._lines and int(match[1]) != self._code):
            raise DialogueError("something that is no SMTP reply")
        self._code = int(match[1])
        self._lines.append(_printable((match[3] or b"").decode("utf-8", "replace")))
        if len(self._lines) > MAX_LINES or self._size > MAX_REPLY:
            raise DialogueError("a reply without end")
        if match[2] == b"-":
            return None
        reply = Reply(self._code, "\n".join(self._lines))
        self._lines, self._size = [], 0
        return reply


def _printable(text: str) -> str:
    """Server text ends up on terminals: no escape sequences."""
    return "".join(char if char.isprintable() else "\ufffd" for char in text).strip()


class Dialogue(asyncio.Protocol):
    """Owns a connected transport, plain or TLS; one task at a time may use it."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._reader = ReplyReader()
        self._replies: deque[Reply] = deque()
        self._end = ""  # why nothing more will come; empty while the conversation lives
        self._paused = False
        self._changed = asyncio.Event()
        self._closed = asyncio.Event()
        transport.set_protocol(self)
        # "Written" shall mean: left this process. Both marks at 0 would make TLS transports pause for ever.
        transport.set_write_buffer_limits(high=1, low=0)

    @property
    def alive(self) -> bool:
        """Whether both sides can still speak, as far as is known here."""
        return not self._end and not self._transport.is_closing()

    @property
    def unread(self) -> Reply | None:
        """The oldest reply that came and was not taken; between commands there should be none."""
        return self._replies[0] if self._replies else None

    def write(self, data: bytes | memoryview) -> None:
        """Hand bytes to the transport at once; raises DialogueError if the conversation is over."""
        if not self.alive:
            raise DialogueError(self._end or "the connection was lost")
        self._transport.write(data)

    async def written(self, timeout: float) -> None:
        """Wait until all bytes are on their way, or the server speaks or hangs up; DialogueError after `timeout` s."""
        await self._wait(lambda: not self._paused or bool(self._replies), timeout)
        await self.settle()

    async def settle(self) -> None:
        """Let the event loop look at the socket once, so that `alive` and `unread` speak of now."""
        # The first turn only polls and queues the read; it has run after the second.
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    async def reply(self, timeout: float) -> Reply:
        """The next reply; raises DialogueError if none comes within `timeout` seconds."""
        await self._wait(lambda: bool(self._replies), timeout)
        if not self._replies:
            raise DialogueError(self._end or "the connection was lost")
        return self._replies.popleft()

    async def _wait(self, condition: Callable[[], bool], timeout: float) -> None:
        try:
            async with asyncio.timeout(timeout):
                while not condition() and not self._end:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError as error:
            if condition():  # it came while this process was held up itself
                return
            self.abort()
            raise DialogueError(f"nothing came within {timeout:g} s") from error

    def abort(self) -> None:
        """Cut the connection now; what is still buffered is never sent."""
        self._finish("the connection was cut from here")
        self._cut()

    def _cut(self) -> None:
        # Python up to 3.11.2, which Debian 12 has, fails so where TLS has lost its connection already.
        with suppress(AttributeError):
            self._transport.abort()

    async def close(self, timeout: float) -> None:
        """Close in good order, and by force after `timeout` seconds; never raises but when cancelled."""
        self._finish("the connection is closed")
        self._transport.close()
        try:
            async with asyncio.timeout(timeout):
                await self._closed.wait()
        except TimeoutError:
            self._cut()

    def _finish(self, why: str) -> None:
        self._end = self._end or why
        self._changed.set()

    def data_received(self, data: bytes) -> None:
        """Called by the transport."""
        if self._end:
            return
        try:
            for reply in self._reader.feed(data):
                self._replies.append(reply)
        except DialogueError as error:
            self._refuse(str(error))
        if len(self._replies) > MAX_UNREAD:
            self._refuse("replies without end")
        self._changed.set()

    def _refuse(self, what: str) -> None:
        self._finish(f"the server sent {what}")
        self._cut()

    def eof_received(self) -> bool:
        """Called by the transport: the server will say no more."""
        self._finish("the connection was lost")
        return False

    def connection_lost(self, _: Exception | None) -> None:
        """Called by the transport, once."""
        self._finish("the connection was lost")
        self._closed.set()

    def pause_writing(self) -> None:
        """Called by the transport: bytes wait in this process."""
        self._paused = True

    def resume_writing(self) -> None:
        """Called by the transport: all bytes have left."""
        self._paused = False
        self._changed.set()

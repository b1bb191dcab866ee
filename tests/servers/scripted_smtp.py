"""A submission server that misbehaves on request, and remembers exactly what reached it.

Each step of a session (greeting, EHLO, AUTH, MAIL, RCPT, DATA, body, dot, RSET, QUIT) answers properly unless the
script gives it other actions: bytes to send as they stand, DROP to hang up, SILENCE to say nothing more at this
step. It is no mail server: it delivers nothing and understands only what the tests need.
"""

import asyncio
import base64
import contextlib
import socket
import ssl
import struct
import subprocess
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path


class Act(Enum):
    """What a step can do beside sending bytes."""

    DROP = "drop"  # hang up
    RESET = "reset"  # hang up with a TCP reset, so that even bytes in flight are lost
    SILENCE = "silence"  # no answer; later commands are still read
    STALL = "stall"  # read nothing any more
    GO_ON = "go on"  # the proper answer after all


DROP, RESET, SILENCE, STALL, GO_ON = Act.DROP, Act.RESET, Act.SILENCE, Act.STALL, Act.GO_ON
Actions = Iterable[bytes | Act]
_STEPS = ("EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "RSET", "QUIT")


@dataclass
class Seen:
    """What reached the server, over all its connections."""

    connections: int = 0
    commands: list[bytes] = field(default_factory=list)  # without line end
    sign_ins: list[tuple[str, str]] = field(default_factory=list)
    body: bytearray = field(
        default_factory=bytearray
    )  # of the latest DATA, as on the wire, without the final dot
    mails: list[bytes] = field(default_factory=list)  # bodies whose final dot came, as on the wire
    ended: int = 0  # connections that are over

    def verbs(self) -> list[str]:
        """The first word of each command."""
        return [command.split(b" ")[0].upper().decode() for command in self.commands]


@dataclass
class ScriptedSmtp:
    """One server; `script` maps a step, or a step and how often it came ("RCPT 2"), to its actions."""

    script: Mapping[str, Actions] = field(default_factory=dict)
    extensions: tuple[str, ...] = ("SIZE 30000000", "8BITMIME", "AUTH PLAIN LOGIN")
    body_limit: int = 0  # the step "body" happens after so many bytes of it
    context: ssl.SSLContext | None = None
    implicit: bool = False  # TLS from the first byte
    seen: Seen = field(default_factory=Seen)
    port: int = 0
    _sessions: "list[_Session]" = field(default_factory=list)

    def say(self, *actions: bytes | Act) -> None:
        """Do this now, on the latest connection, whatever the client is at."""
        for action in actions:
            self._sessions[-1].act(action)

    async def finished(self) -> Seen:
        """All that clients sent, once all have hung up; a stalled connection is read to its end."""
        for session in self._sessions:
            session.read_on()
        await until(lambda: self.seen.ended == self.seen.connections)
        return self.seen

    @contextlib.asynccontextmanager
    async def running(self) -> "AsyncIterator[ScriptedSmtp]":
        """Listen on a free loopback port until the block ends; every connection is over then."""
        loop = asyncio.get_running_loop()

        def session() -> _Session:
            self._sessions.append(_Session(self))
            return self._sessions[-1]

        server = await loop.create_server(
            session, "127.0.0.1", 0, ssl=self.context if self.implicit else None
        )
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for each in self._sessions:
                each.abort()
            await until(lambda: all(each.over for each in self._sessions))
            await server.wait_closed()


class _Session(asyncio.Protocol):
    def __init__(self, server: ScriptedSmtp) -> None:
        self._server = server
        self._seen = server.seen
        self._buffer = b""
        self._in_body = False
        self._body_step_done = False
        self._counts: dict[str, int] = {}
        self._transport: asyncio.Transport | None = None
        self._upgrading = False
        self._upgrade: asyncio.Task[None] | None = None
        self.over = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        fresh = self._transport is None
        self._transport, self.over = transport, False
        if fresh:
            self._seen.connections += 1
            self._step("greeting", b"220 scripted.example ESMTP\r\n")

    def connection_lost(self, exc: Exception | None) -> None:
        self.over = True
        self._seen.ended += 1

    def eof_received(self) -> bool:
        return False

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def read_on(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._upgrading:  # else the new transport is not known here yet
            self._read_buffer()

    def _read_buffer(self) -> None:
        while self._buffer and self._transport is not None and not self._transport.is_closing():
            if not (self._take_body() if self._in_body else self._take_line()):
                return

    def _take_line(self) -> bool:
        line, end, rest = self._buffer.partition(b"\r\n")
        if not end:
            return False
        self._buffer = rest
        self._seen.commands.append(line)
        verb = line.split(b" ")[0].upper().decode("ascii", "replace")
        if verb not in _STEPS:
            self._send(b"500 5.5.1 what?\r\n")
        elif verb == "AUTH":
            self._auth(line)
        else:
            self._step(verb, self._proper(verb))
            if verb == "STARTTLS" and self._transport is not None:
                self._transport.pause_reading()  # what comes next is for TLS
                self._upgrading = True
                self._upgrade = asyncio.get_running_loop().create_task(self._start_tls())
        return True

    def _proper(self, verb: str) -> bytes:
        if verb == "EHLO":
            lines = ("scripted.example", *self._server.extensions)
            return "".join(
                f"250{' ' if number == len(lines) else '-'}{line}\r\n" for number, line in enumerate(lines, 1)
            ).encode()
        answers = {"DATA": b"354 go ahead\r\n", "QUIT": b"221 bye\r\n", "STARTTLS": b"220 ready\r\n"}
        return answers.get(verb, b"250 2.0.0 ok\r\n")

    def _auth(self, line: bytes) -> None:
        mechanism, _, initial = line[5:].partition(b" ")
        if mechanism.upper() == b"PLAIN":
            _, user, password = base64.b64decode(initial).split(b"\0")
            self._seen.sign_ins.append((user.decode(), password.decode()))
        self._step("AUTH", b"235 2.7.0 welcome\r\n")

    async def _start_tls(self) -> None:
        assert self._server.context is not None
        loop = asyncio.get_running_loop()
        try:
            transport = await loop.start_tls(self._transport, self, self._server.context, server_side=True)
        except OSError:  # a client that refuses the certificate
            self.connection_lost(None)
        else:
            self.connection_made(transport)
            self._upgrading = False
            self._read_buffer()

    def _take_body(self) -> bool:
        """Body bytes up to the dot; False where more must come first."""
        body = self._seen.body
        searched = max(0, len(body) - 4)
        body += self._buffer
        end = body.find(b"\r\n.\r\n", searched)
        if end < 0:
            self._buffer = b""
            if 0 < self._server.body_limit <= len(body) and not self._body_step_done:
                self._body_step_done = True
                self._step("body", b"")
            return False
        self._buffer, self._in_body = bytes(body[end + 5 :]), False
        del body[end:]
        self._seen.mails.append(bytes(body) + b"\r\n")
        self._step("dot", b"250 2.0.0 queued as 4711\r\n")
        return True

    def _step(self, step: str, proper: bytes) -> None:
        self._counts[step] = self._counts.get(step, 0) + 1
        script = self._server.script
        for action in script.get(f"{step} {self._counts[step]}", script.get(step, (GO_ON,))):
            self.act(proper if action is GO_ON else action)

    def act(self, action: bytes | Act) -> None:
        assert self._transport is not None
        if isinstance(action, bytes):
            self._send(action)
        elif action is DROP:
            self._transport.close()
        elif action is RESET:
            linger = struct.pack("ii", 1, 0)  # on, 0 s: the kernel sends RST in place of FIN
            self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self._transport.abort()
        elif action is STALL:
            self._transport.pause_reading()

    def _send(self, data: bytes) -> None:
        assert self._transport is not None
        self._transport.write(data)
        if data.startswith(b"354") and self._seen.commands[-1].upper() == b"DATA":
            self._in_body, self._body_step_done, self._seen.body = True, False, bytearray()


async def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for a condition; raises TimeoutError if it does not come true in time."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0)


@dataclass(frozen=True)
class Authority:
    """A certificate authority of the tests' own, and a server certificate for 127.0.0.1 that it signed."""

    ca: Path
    certificate: Path
    key: Path

    def server_context(self) -> ssl.SSLContext:
        """What a server on 127.0.0.1 presents."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.certificate, self.key)
        return context


def make_authority(folder: Path) -> Authority:
    """Create one with the openssl command in an empty folder."""
    ca, ca_key = folder / "ca.pem", folder / "ca.key"
    certificate, key = folder / "server.pem", folder / "server.key"
    new = (
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "30",
    )
    _run(
        *new,
        "-subj",
        "/CN=Test CA",
        "-addext",
        "keyUsage=critical,keyCertSign",
        "-keyout",
        ca_key,
        "-out",
        ca,
    )
    extensions = ("-addext", "basicConstraints=critical,CA:FALSE", "-addext", "subjectAltName=IP:127.0.0.1")
    signed = ("-CA", ca, "-CAkey", ca_key, *extensions, "-keyout", key, "-out", certificate)
    _run(*new, "-subj", "/CN=127.0.0.1", *signed)
    return Authority(ca, certificate, key)


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=60)

"""A mail server in a thread, for the demo: pymap for IMAP and aiosmtpd for SMTP, on free ports of this machine.

Everything lies in memory and is gone with `stop`. No TLS: nothing listens beyond the loopback interface. What SMTP
accepts goes nowhere but into `messages`.
"""

import asyncio
import logging
import ssl
import threading
from argparse import Namespace
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, NamedTuple, Self, TypeVar

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword
from aiosmtpd.smtp import Session as SmtpSession
from proxyprotocol.reader import ProxyProtocolReader
from proxyprotocol.sock import SocketInfo
from proxyprotocol.version import ProxyProtocolVersion
from pymap.backend.dict import Config, Identity, Login
from pymap.concurrent import Subsystem
from pymap.imap import IMAPServer
from pymap.parsing.message import AppendMessage
from pymap.parsing.specials.flag import Flag
from pymap.user import UserMetadata
from pysasl.hashing import BuiltinHash

# aiosmtpd warns of its own use of a deprecated name at each sign-in.
logging.getLogger("mail.log").setLevel(logging.ERROR)

LOOPBACK = "127.0.0.1"
PATIENCE = 10.0  # seconds to wait for the thread's loop; only a bug takes longer

T = TypeVar("T")


class Accepted(NamedTuple):
    """A mail that the SMTP server took."""

    mail_from: str
    rcpt_tos: tuple[str, ...]
    content: bytes  # as transmitted, line ends CRLF


class DemoServers:
    """IMAP and SMTP for a few users; `start` and `stop`, or a `with` block."""

    def __init__(
        self,
        users: Mapping[str, str],
        folders: Iterable[str] = ("Drafts", "Sent", "Trash"),
        idle: bool = True,
    ) -> None:
        """`users` are names and passwords, for both protocols; each gets these folders beside INBOX."""
        self.users = dict(users)
        self.messages: list[Accepted] = []
        self.imap_port = 0
        self.smtp_port = 0
        self._folders = tuple(folders)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="demo-servers", daemon=True)
        self._config = _Config(idle=idle)
        self._login = Login(self._config)
        self._servers: list[asyncio.Server] = []

    def start(self) -> None:
        """Listen, with every user's folders in place."""
        self._thread.start()
        self._run(self._listen())
        for user, password in self.users.items():
            self.add_user(user, password)

    def stop(self) -> None:
        """Cut all connections and forget all mail."""
        if self._thread.is_alive():
            self._run(self._end())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(PATIENCE)
        self._loop.close()

    def add_user(self, user: str, password: str) -> None:
        """One user more, while the servers run."""
        self.users[user] = password
        self._run(self._add_user(user, password))

    def deliver(self, user: str, raw: bytes, folder: str = "INBOX", when: datetime | None = None) -> None:
        """Lay a mail into a folder as a mail server does on arrival; who idles there is told."""
        self._run(self._deliver(user, raw, folder, when or datetime.now(UTC)))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self, work: Awaitable[T]) -> T:
        return asyncio.run_coroutine_threadsafe(_awaited(work), self._loop).result(PATIENCE)

    async def _listen(self) -> None:
        reader = ProxyProtocolReader(
            ProxyProtocolVersion.get(None)
        )  # none, but pymap wants what it says of the peer
        serve_imap = reader.get_callback(_quietly(IMAPServer(self._login, self._config)))
        imap_server = await asyncio.start_server(serve_imap, LOOPBACK, 0, limit=2**20)
        smtp_server = await self._loop.create_server(self._smtp, LOOPBACK, 0)
        self._servers = [imap_server, smtp_server]
        self.imap_port, self.smtp_port = (server.sockets[0].getsockname()[1] for server in self._servers)

    def _smtp(self) -> SMTP:
        return SMTP(
            _Accepting(self.messages),
            hostname="localhost",
            ident="demo",
            enable_SMTPUTF8=True,
            auth_require_tls=False,
            authenticator=self._authenticate,
            loop=self._loop,
        )

    def _authenticate(
        self, _server: SMTP, _session: SmtpSession, _envelope: Envelope, _mechanism: str, given: Any
    ) -> AuthResult:
        known = (
            isinstance(given, LoginPassword)
            and self.users.get(given.login.decode()) == given.password.decode()
        )
        return AuthResult(success=known, handled=False)

    async def _add_user(self, user: str, password: str) -> None:
        hashed = self._config.hash_context.hash(self._config.password_prep(password))
        self._login.users_dict[user] = UserMetadata(self._config, user, password=hashed)
        async with Identity(user, self._login, None, frozenset()).new_session() as session:
            for folder in self._folders:
                await session.create_mailbox(folder)
                await session.subscribe(folder)

    async def _deliver(self, user: str, raw: bytes, folder: str, when: datetime) -> None:
        flags: frozenset[Flag] = frozenset()
        async with Identity(user, self._login, None, frozenset()).new_session() as session:
            await session.append_messages(folder, [AppendMessage(raw, when, flags)])

    async def _end(self) -> None:
        for server in self._servers:
            server.close()
        others = asyncio.all_tasks(self._loop) - {asyncio.current_task(self._loop)}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._loop.shutdown_asyncgens()


def _quietly(serve: Callable[..., Awaitable[None]]) -> Callable[..., Coroutine[Any, Any, None]]:
    """A client that hangs up is no error worth a traceback."""

    async def connection(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: SocketInfo
    ) -> None:
        # asyncio itself keeps only weak references: on 3.13 a connection that waits was collected as garbage.
        task = asyncio.current_task()
        alive.add(task)
        try:
            with suppress(ConnectionError, asyncio.CancelledError):
                await serve(reader, writer, peer)
        finally:
            alive.discard(task)

    alive: set[asyncio.Task[Any] | None] = set()
    return connection


async def _awaited(work: Awaitable[T]) -> T:
    return await work


class _Config(Config):
    """pymap's settings as code instead of command-line arguments."""

    def __init__(self, *, idle: bool) -> None:
        args = Namespace(passlib_cfg=None, proxy_protocol=None)
        super().__init__(
            args,
            host=LOOPBACK,
            port=0,
            demo_data=False,
            demo_user="",
            demo_password="",
            tls_enabled=False,
            ssl_context=ssl.SSLContext(
                ssl.PROTOCOL_TLS_SERVER
            ),  # else pymap reads CERT_FILE from the environment
            hash_context=BuiltinHash(rounds=1),  # Cleartext can't compare umlauts
            cpu_subsystem=Subsystem.for_asyncio(),  # no pool of threads that outlives us
            invalid_user_sleep=0.0,
        )
        self._idle = idle

    @property
    def greeting(self) -> bytes:
        return b"demo ready"  # pymap's own asks DNS for the name of this machine

    @property
    def login_capability(self) -> Any:
        return [word for word in super().login_capability if self._idle or word != b"IDLE"]


class _Accepting:
    """aiosmtpd's handler: takes mail from those who signed in."""

    def __init__(self, messages: list[Accepted]) -> None:
        self._messages = messages

    async def handle_MAIL(  # noqa: N802  aiosmtpd finds its hooks by these names
        self, _server: SMTP, session: SmtpSession, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_DATA(self, _server: SMTP, _session: SmtpSession, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.original_content or b""
        self._messages.append(Accepted(envelope.mail_from or "", tuple(envelope.rcpt_tos), content))
        return "250 2.0.0 OK"

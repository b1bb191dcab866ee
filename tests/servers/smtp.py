"""A recording SMTP server on a free loopback port, for tests whose daemon runs in a process of its own."""

import asyncio
import threading
from collections.abc import Callable
from typing import NamedTuple, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.servers.ports import LOOPBACK, wait_until

PASSWORD = "smtp-secret"


class Arrived(NamedTuple):
    """A mail as it came over the wire."""

    mail_from: str
    rcpt_tos: tuple[str, ...]
    content: bytes
    user: str


class SmtpSink:
    """Takes mail from any user with the one password; `reply` may refuse, and may block to hold the final answer."""

    def __init__(self, reply: Callable[[Arrived], str] = lambda _mail: "250 2.0.0 OK") -> None:
        self.password = PASSWORD
        self.port = 0
        self.messages: list[Arrived] = []
        self.reply = reply
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="smtp-sink", daemon=True)
        self._server: asyncio.Server | None = None

    def start(self) -> None:
        """Listen on a free port."""
        self._thread.start()
        starting = self._loop.create_server(self._protocol, LOOPBACK, 0)
        self._server = asyncio.run_coroutine_threadsafe(starting, self._loop).result(10)
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        """Stop listening and cut what is connected."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def sent_to(self, address: str) -> list[Arrived]:
        """Mails accepted for one recipient so far."""
        return [mail for mail in self.messages if address in mail.rcpt_tos]

    def wait_for(self, count: int, seconds: float = 20.0) -> list[Arrived]:
        """The mails, once there are at least so many."""
        wait_until(lambda: len(self.messages) >= count, seconds, f"the arrival of {count} mails")
        return list(self.messages)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """aiosmtpd's hook: record what is accepted."""
        mail = Arrived(
            envelope.mail_from or "",
            tuple(envelope.rcpt_tos),
            envelope.original_content or b"",
            str(session.auth_data),
        )
        answer = await asyncio.to_thread(self.reply, mail)
        if answer.startswith("2"):
            self.messages.append(mail)
        return answer

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """aiosmtpd's hook: nobody sends without having signed in."""
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    def _protocol(self) -> SMTP:
        return SMTP(
            self,
            hostname="localhost",
            ident="sink",
            enable_SMTPUTF8=True,
            auth_require_tls=False,
            authenticator=self._authenticate,
            loop=self._loop,
        )

    def _authenticate(self, _server, _session, _envelope, _mechanism: str, given: object) -> AuthResult:
        known = isinstance(given, LoginPassword) and given.password.decode() == self.password
        user = given.login.decode() if isinstance(given, LoginPassword) else ""
        return AuthResult(success=known, handled=False, auth_data=user)

    async def _end(self) -> None:
        if self._server:
            self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

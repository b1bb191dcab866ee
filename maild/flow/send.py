"""Empties the outbox over SMTP, in one asyncio loop of its own. It decides nothing about what may be sent.

Each row is leased, then committed as `sending` right before the final dot; from there on the answer decides, and no
answer means doubt, which only a person or evidence resolves. One retry layer only: this one.
"""

import asyncio
import hashlib
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from maild import maillog
from maild.config.secrets import resolve
from maild.config.servers import Smtp
from maild.edge.smtp import SmtpLogin, SmtpSession
from maild.errors import Certainty, MaildError, Scope, SendError, ServerError, SignInRefusedError
from maild.flow.desk import SMTP, Desk
from maild.store.records import OutboxRow, RowState
from maild.store.store import ClientStore

_BATCH = 20
_PULSE = 30.0  # seconds between two looks at the outbox that nobody asked for
_FIRST_RETRY = timedelta(minutes=5)
_LONGEST_RETRY = timedelta(hours=4)
_ACCOUNT_RETRY = timedelta(minutes=1)
_ACCOUNT_LONGEST = timedelta(minutes=30)
_REFUSED_RETRY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class SmtpAccount:
    """All that is needed to send for one client, or for the office itself; nothing of another's."""

    name: str  # whose outbox it is: the client's slug, in logs as well
    store: ClientStore
    smtp: Smtp
    clock: Callable[[], datetime]  # aware UTC

    @classmethod
    def of(cls, desk: Desk) -> Self:
        """A client's."""
        return cls(desk.slug, desk.store, desk.client.config.smtp, desk.clock)


class Sender:
    """The thread that sends. `jitter` gives numbers from -1 to 1; `on_sent` is told whose rows moved."""

    def __init__(self, home: Path, jitter: Callable[[], float], on_sent: Callable[[str], None]) -> None:
        self._home = home
        self._jitter = jitter
        self._on_sent = on_sent
        self._accounts: dict[str, SmtpAccount] = {}
        self._renewed: dict[str, SmtpAccount] = {}  # those to be tried whatever the trouble was
        self._stopping = False
        self._loop = asyncio.new_event_loop()
        self._wake = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="sender")

    @property
    def alive(self) -> bool:
        """Whether the thread is at work."""
        return self._thread.is_alive()

    def use(self, accounts: Iterable[SmtpAccount]) -> None:
        """Serve these from now on; with a new one, what was refused before is tried again: it may be mended."""
        before, self._accounts = self._accounts, {account.name: account for account in accounts}
        for name, account in self._accounts.items():
            if before.get(name) != account:
                self._renewed[name] = account
        self.wake()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Look at the outbox now; callable from any thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake.set)

    def stop(self) -> None:
        """Finish the mails in hand, begin no other, and return when that is done."""
        self._stopping = True
        self.wake()
        if self._thread.is_alive():
            self._thread.join()

    def drain(self, accounts: Iterable[SmtpAccount]) -> None:
        """Without the thread: send all that is due now, then return."""
        self._accounts = {account.name: account for account in accounts}
        try:
            self._loop.run_until_complete(self._drain())
        finally:
            self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _drain(self) -> None:
        await asyncio.gather(*(self._courier(account) for account in self._accounts.values()))

    async def _serve(self) -> None:
        couriers: dict[str, asyncio.Task[None]] = {}
        while not self._stopping:
            couriers = {name: task for name, task in couriers.items() if not task.done()}
            next_due = _PULSE
            for name, account in self._accounts.items():
                if name not in couriers:
                    seconds = await self._seconds_until_due(account)
                    if seconds <= 0:
                        if self._renewed.get(name) is account:
                            del self._renewed[name]
                        couriers[name] = asyncio.create_task(self._courier(account))
                    else:
                        next_due = min(next_due, seconds)
            await self._pause(next_due)
        await asyncio.gather(*couriers.values())

    async def _seconds_until_due(self, account: SmtpAccount) -> float:
        """A state that can't be read for a moment must not end the sender."""
        try:
            return await asyncio.to_thread(
                _seconds_until_due, account, heedless=self._renewed.get(account.name) is account
            )
        except Exception as error:  # noqa: BLE001 - one client's trouble stops no other
            maillog.trouble(account.name, "send", error, retry=_PULSE)
            return _PULSE

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return
        self._wake.clear()

    async def _courier(self, account: SmtpAccount) -> None:
        """Send what is due for one client, over one connection."""
        try:
            while not self._stopping:
                rows = await asyncio.to_thread(account.store.outbox.claim, SMTP, account.clock(), _BATCH)
                if not rows or not await self._batch(account, rows):
                    break
        except Exception as error:  # noqa: BLE001 - one client's trouble stops no other
            maillog.trouble(account.name, "send", error)
            retry = account.clock() + _ACCOUNT_RETRY
            await asyncio.to_thread(
                account.store.accounts.failed, SMTP, maillog.where(error), account.clock(), retry
            )
        finally:
            self._on_sent(account.name)
            self._wake.set()

    async def _batch(self, account: SmtpAccount, rows: tuple[OutboxRow, ...]) -> bool:
        """Send these rows; False where the account must wait. No row stays leased, whatever happens."""
        session: SmtpSession | None = None
        left = list(rows)
        try:
            while left and not self._stopping:
                if session is None or not session.usable:
                    session = await SmtpSession.open(_login(account, self._home))
                await self._deliver(account, session, left[0])
                left.pop(0)
        except MaildError as error:
            await self._back_off(account, error)
            return False
        else:
            await asyncio.to_thread(account.store.accounts.succeeded, SMTP, account.clock())
            return True
        finally:
            for row in left:
                await asyncio.to_thread(account.store.outbox.release, row, account.clock())
            if session is not None:
                await session.close()

    async def _deliver(self, account: SmtpAccount, session: SmtpSession, row: OutboxRow) -> None:
        """One attempt; raises where the trouble is the account's rather than the mail's."""
        if hashlib.sha256(row.raw).hexdigest() != row.sha256:
            await self._settle(
                account, row, RowState.HELD, phase="bytes", text="the bytes are not those approved"
            )
            return

        async def commit() -> bool:
            return await asyncio.to_thread(account.store.outbox.begin_sending, row, account.clock())

        try:
            accepted = await session.submit(row.envelope_from, row.recipient, row.raw, commit)
        except SendError as error:
            await self._settle_error(account, row, error)
            return
        await self._settle(account, row, RowState.SENT, phase="dot", code=accepted.code, text=accepted.text)

    async def _settle_error(self, account: SmtpAccount, row: OutboxRow, error: SendError) -> None:
        if error.phase == "commit":
            return  # the row was taken from us (an approval taken back): somebody else has written its state
        whole_account = error.scope in {Scope.ACCOUNT, Scope.SERVER}
        if error.certainty is Certainty.UNKNOWN:
            state = RowState.IN_DOUBT
        elif whole_account:
            state = RowState.QUEUED
        else:
            state = RowState.FAILED if error.permanent else RowState.DEFERRED
        # A mail that makes a server hang up must not stand first in the queue for ever: it waits, the others go.
        waits = state in {RowState.DEFERRED, RowState.QUEUED}
        next_at = self._next_try(account.clock(), row.attempts) if waits else None
        await self._settle(
            account,
            row,
            state,
            phase=error.phase,
            code=error.code,
            text=f"{error.code} {error.text}" if error.code else error.text or str(error),
            next_at=next_at,
            counts=not whole_account,
        )
        if whole_account:
            raise error

    async def _settle(
        self,
        account: SmtpAccount,
        row: OutboxRow,
        state: RowState,
        *,
        phase: str,
        text: str,
        code: int = 0,
        next_at: datetime | None = None,
        counts: bool = True,
    ) -> None:
        def write() -> None:
            account.store.outbox.settle(
                row, state, account.clock(), phase=phase, code=code, text=text, next_at=next_at, counts=counts
            )

        await asyncio.to_thread(write)
        maillog.attempted(account.name, row.id, row.recipient, state, phase, code)

    async def _back_off(self, account: SmtpAccount, error: MaildError) -> None:
        health = next(h for h in account.store.accounts.health() if h.name == SMTP)
        wait = min(_ACCOUNT_RETRY * (1 << min(health.failures, 10)), _ACCOUNT_LONGEST)
        if isinstance(error, SignInRefusedError) or not isinstance(error, ServerError):
            wait = _REFUSED_RETRY  # a wrong password tried again and again locks the account
        wait *= 1 + 0.2 * self._jitter()
        maillog.trouble(account.name, "send", error, text=str(error), retry=wait.total_seconds())
        await asyncio.to_thread(
            account.store.accounts.failed, SMTP, str(error), account.clock(), account.clock() + wait
        )

    def _next_try(self, now: datetime, attempts: int) -> datetime:
        wait = min(_FIRST_RETRY * (1 << min(attempts, 10)), _LONGEST_RETRY)
        return now + wait * (1 + 0.2 * self._jitter())


def _seconds_until_due(account: SmtpAccount, *, heedless: bool) -> float:
    """Until the next row may be tried; `heedless` of how long the account was to be left alone."""
    due = account.store.outbox.due(SMTP)
    if due is None:
        return float("inf")
    retry_at = next(
        (health.retry_at for health in account.store.accounts.health() if health.name == SMTP), None
    )
    return ((due if heedless else max(due, retry_at or due)) - account.clock()).total_seconds()


def _login(account: SmtpAccount, home: Path) -> SmtpLogin:
    smtp = account.smtp
    return SmtpLogin(
        host=smtp.host,
        port=smtp.port,
        tls=smtp.tls,
        username=smtp.username,
        password=resolve(smtp.password, home=home) if smtp.password else "",
        ca=home / smtp.ca if smtp.ca else None,
    )

"""Empties the outbox over SMTP, in one asyncio loop of its own. It decides nothing about what may be sent.

Each row is leased, then committed as `sending` right before the final dot; from there on the answer decides, and no
answer means doubt, which only a person or evidence resolves. One retry layer only: this one.
"""

import asyncio
import hashlib
import threading
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path

from maild import maillog
from maild.config.secrets import resolve
from maild.edge.smtp import SmtpLogin, SmtpSession
from maild.errors import Certainty, MaildError, Scope, SendError, ServerError, SignInRefusedError
from maild.flow.desk import SMTP, Desk
from maild.store.records import OutboxRow, RowState

_BATCH = 20
_PULSE = 30.0  # seconds between two looks at the outbox that nobody asked for
_FIRST_RETRY = timedelta(minutes=5)
_LONGEST_RETRY = timedelta(hours=4)
_ACCOUNT_RETRY = timedelta(minutes=1)
_ACCOUNT_LONGEST = timedelta(minutes=30)
_REFUSED_RETRY = timedelta(hours=1)


class Sender:
    """The thread that sends. `jitter` gives numbers from -1 to 1; `on_sent` is told which client's rows moved."""

    def __init__(self, home: Path, jitter: Callable[[], float], on_sent: Callable[[str], None]) -> None:
        self._home = home
        self._jitter = jitter
        self._on_sent = on_sent
        self._desks: dict[str, Desk] = {}
        self._renewed: set[str] = set()
        self._stopping = False
        self._loop = asyncio.new_event_loop()
        self._wake = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="sender")

    @property
    def alive(self) -> bool:
        """Whether the thread is at work."""
        return self._thread.is_alive()

    def use(self, desks: Iterable[Desk]) -> None:
        """Serve these clients from now on; what was refused before is tried again, for a password may be mended."""
        self._desks = {desk.slug: desk for desk in desks}
        self._renewed = set(self._desks)
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

    def drain(self, desks: Iterable[Desk]) -> None:
        """Without the thread: send all that is due now, then return."""
        self._desks = {desk.slug: desk for desk in desks}
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
        await asyncio.gather(*(self._courier(desk) for desk in self._desks.values()))

    async def _serve(self) -> None:
        couriers: dict[str, asyncio.Task[None]] = {}
        while not self._stopping:
            couriers = {slug: task for slug, task in couriers.items() if not task.done()}
            next_due = _PULSE
            for slug, desk in self._desks.items():
                if slug not in couriers:
                    seconds = await self._seconds_until_due(desk)
                    if seconds <= 0:
                        self._renewed.discard(slug)
                        couriers[slug] = asyncio.create_task(self._courier(desk))
                    else:
                        next_due = min(next_due, seconds)
            await self._pause(next_due)
        await asyncio.gather(*couriers.values())

    async def _seconds_until_due(self, desk: Desk) -> float:
        """A state that can't be read for a moment must not end the sender."""
        try:
            return await asyncio.to_thread(_seconds_until_due, desk, heedless=desk.slug in self._renewed)
        except Exception as error:  # noqa: BLE001 - one client's trouble stops no other
            maillog.trouble(desk.slug, "send", error, retry=_PULSE)
            return _PULSE

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return
        self._wake.clear()

    async def _courier(self, desk: Desk) -> None:
        """Send what is due for one client, over one connection."""
        try:
            while not self._stopping:
                rows = await asyncio.to_thread(desk.store.outbox.claim, SMTP, desk.clock(), _BATCH)
                if not rows or not await self._batch(desk, rows):
                    break
        except Exception as error:  # noqa: BLE001 - one client's trouble stops no other
            maillog.trouble(desk.slug, "send", error)
            retry = desk.clock() + _ACCOUNT_RETRY
            await asyncio.to_thread(
                desk.store.accounts.failed, SMTP, maillog.where(error), desk.clock(), retry
            )
        finally:
            self._on_sent(desk.slug)
            self._wake.set()

    async def _batch(self, desk: Desk, rows: tuple[OutboxRow, ...]) -> bool:
        """Send these rows; False where the account must wait. No row stays leased, whatever happens."""
        session: SmtpSession | None = None
        left = list(rows)
        try:
            while left and not self._stopping:
                if session is None or not session.usable:
                    session = await SmtpSession.open(_login(desk, self._home))
                await self._deliver(desk, session, left[0])
                left.pop(0)
        except MaildError as error:
            await self._back_off(desk, error)
            return False
        else:
            await asyncio.to_thread(desk.store.accounts.succeeded, SMTP, desk.clock())
            return True
        finally:
            for row in left:
                await asyncio.to_thread(desk.store.outbox.release, row, desk.clock())
            if session is not None:
                await session.close()

    async def _deliver(self, desk: Desk, session: SmtpSession, row: OutboxRow) -> None:
        """One attempt; raises where the trouble is the account's rather than the mail's."""
        if hashlib.sha256(row.raw).hexdigest() != row.sha256:
            await self._settle(
                desk, row, RowState.HELD, phase="bytes", text="the bytes are not those approved"
            )
            return

        async def commit() -> bool:
            return await asyncio.to_thread(desk.store.outbox.begin_sending, row, desk.clock())

        try:
            accepted = await session.submit(row.envelope_from, row.recipient, row.raw, commit)
        except SendError as error:
            await self._settle_error(desk, row, error)
            return
        await self._settle(desk, row, RowState.SENT, phase="dot", code=accepted.code, text=accepted.text)

    async def _settle_error(self, desk: Desk, row: OutboxRow, error: SendError) -> None:
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
        next_at = self._next_try(desk.clock(), row.attempts) if waits else None
        await self._settle(
            desk,
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
        desk: Desk,
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
            desk.store.outbox.settle(
                row, state, desk.clock(), phase=phase, code=code, text=text, next_at=next_at, counts=counts
            )

        await asyncio.to_thread(write)
        maillog.attempted(desk.slug, row.id, row.recipient, state, phase, code)

    async def _back_off(self, desk: Desk, error: MaildError) -> None:
        health = next(h for h in desk.store.accounts.health() if h.name == SMTP)
        wait = min(_ACCOUNT_RETRY * (1 << min(health.failures, 10)), _ACCOUNT_LONGEST)
        if isinstance(error, SignInRefusedError) or not isinstance(error, ServerError):
            wait = _REFUSED_RETRY  # a wrong password tried again and again locks the account
        wait *= 1 + 0.2 * self._jitter()
        maillog.trouble(desk.slug, "send", error, text=str(error), retry=wait.total_seconds())
        await asyncio.to_thread(
            desk.store.accounts.failed, SMTP, str(error), desk.clock(), desk.clock() + wait
        )

    def _next_try(self, now: datetime, attempts: int) -> datetime:
        wait = min(_FIRST_RETRY * (1 << min(attempts, 10)), _LONGEST_RETRY)
        return now + wait * (1 + 0.2 * self._jitter())


def _seconds_until_due(desk: Desk, *, heedless: bool) -> float:
    """Until the next row may be tried; `heedless` of how long the account was to be left alone."""
    due = desk.store.outbox.due(SMTP)
    if due is None:
        return float("inf")
    retry_at = next((health.retry_at for health in desk.store.accounts.health() if health.name == SMTP), None)
    return ((due if heedless else max(due, retry_at or due)) - desk.clock()).total_seconds()


def _login(desk: Desk, home: Path) -> SmtpLogin:
    smtp = desk.client.config.smtp
    return SmtpLogin(
        host=smtp.host,
        port=smtp.port,
        tls=smtp.tls,
        username=smtp.username,
        password=resolve(smtp.password, home=home) if smtp.password else "",
        ca=home / smtp.ca if smtp.ca else None,
    )

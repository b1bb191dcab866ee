"""Mails from maild to the office and its team: something needs a person. Each is told once, however often raised.

They stand in the outbox as any letter does, under a name that no client can have, and the sender treats them alike.
An alarm goes from the office to itself and never holds what a customer wrote; a morning mail goes to one of the team
and names subjects and senders of her own clients' mail. Nothing that arrives raises one twice.
"""

import hashlib
import threading
from collections.abc import Callable
from datetime import datetime

from maild import maillog
from maild.config.models import About
from maild.core.message import Address
from maild.core.notices import Sheet, alarm
from maild.flow.close import outcome
from maild.flow.desk import SMTP, Alarm
from maild.flow.send import SmtpAccount
from maild.store.records import NewLetter
from maild.store.store import ClientStore

FILES = "files"
"""The name under which the state of the files is kept beside a client's logins."""
_ALARM, _MORNING = "alarm", "morning"


class OfficeMail:
    """The office's outgoing mail. `raise_alarm` may be called from any thread; without a server nobody is told."""

    def __init__(self, store: ClientStore, office: About, clock: Callable[[], datetime]) -> None:
        self._store, self._office, self._clock = store, office, clock
        self._lock = threading.Lock()
        store.accounts.register(FILES, SMTP)

    @property
    def account(self) -> SmtpAccount | None:
        """What the sender needs; None where maild.yaml names no server."""
        smtp = self._office.smtp
        return SmtpAccount(self._store.name, self._store, smtp, self._clock) if smtp else None

    def use(self, store: ClientStore, office: About) -> None:
        """Write as maild.yaml now says."""
        with self._lock:
            self._store, self._office = store, office

    def raise_alarm(self, said: Alarm) -> bool:
        """Put a mail into the outbox unless one with this key was ever put there; says whether it did.

        So a crash between the row and the sending, and a second raising after a restart, change nothing.
        """
        return self._put(said, Address(self._office.address, self._office.name), _ALARM)

    def tell(self, member: Address, said: Alarm) -> bool:
        """Like `raise_alarm`, but to one of the team: her morning mail."""
        return self._put(said, member, _MORNING)

    def may_tell(self, key: str) -> bool:
        """Whether a mail with this key was never put into the outbox, and can be: there is a server."""
        with self._lock:
            named = _message_id(key, self._office.address)
            return self._office.smtp is not None and not self._store.outbox.knows_message_id(named)

    def close_letters(self) -> None:
        """Close what is sent, or can't be; how it went stays in the status."""
        for letter in self._store.outbox.finished(SMTP):
            state = outcome(letter)
            self._store.outbox.close(letter.id, state, self._clock())
            maillog.closed(self._store.name, letter.id, state)

    def _put(self, said: Alarm, to: Address, kind: str) -> bool:
        with self._lock:
            if self._office.smtp is None:
                return False
            message_id = _message_id(said.key, self._office.address)
            if self._store.outbox.knows_message_id(message_id):
                return False
            letter = self._letter(said, message_id, to, kind)
            letter_id = self._store.outbox.enqueue(letter, SMTP, self._clock())
        maillog.queued(self._store.name, letter_id or 0, kind, 1)
        return True

    def _letter(self, said: Alarm, message_id: str, to: Address, kind: str) -> NewLetter:
        address = self._office.address
        sheet = Sheet(
            sender=Address(address, "maild"),
            to=[to],
            subject=said.subject,
            message_id=message_id,
            now=self._clock().astimezone(self._office.timezone),
        )
        return NewLetter(kind, message_id, address, (to.address,), alarm(sheet, said.text))


def _message_id(key: str, address: str) -> str:
    digest = hashlib.sha256(key.encode()).hexdigest()[:32]
    return f"<maild.{digest}@{address.rpartition('@')[2]}>"

"""All that the work for one client needs, and nothing of another client's."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from maild.config.home import Client
from maild.config.letterhead import letterhead
from maild.config.models import Office
from maild.core.folder import Role
from maild.core.letter import Letterhead
from maild.core.message import Address
from maild.store.store import ClientStore

IMAP = "imap"
SMTP = "smtp"
"""The names of a client's two logins in the store."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that the office must hear of by mail; told once for each key, however often it is raised."""

    key: str  # the same for the same occurrence, as "pause northwind offer-request 2026-11-22T09:30:00+00:00"
    subject: str  # German, one line, without a customer's data
    text: str  # German


def _to_nobody(_alarm: Alarm) -> None:
    """For those who have no office to tell."""


@dataclass(frozen=True)
class Desk:
    """One client's files and state, with the clock and the dice that the pure core is not allowed."""

    client: Client
    office: Office
    store: ClientStore
    foreign_staff: frozenset[str]  # addresses of other clients' own people, in lower case
    clock: Callable[[], datetime]  # aware UTC
    token: Callable[[], str]  # 26 random letters and digits
    alarm: Callable[[Alarm], None] = _to_nobody

    @property
    def slug(self) -> str:
        """The client's name in files, tables and logs."""
        return self.client.slug

    @property
    def identities(self) -> tuple[Address, ...]:
        """The addresses that this client writes from."""
        return tuple(Address(entry.address, entry.name) for entry in self.client.config.identities)

    @property
    def office_address(self) -> Address:
        """Where the office itself is written to."""
        return Address(self.office.office.address, self.office.office.name)

    def letterhead(self, identity: Address) -> Letterhead:
        """The client's letterhead with one of its identities."""
        return letterhead(self.client, identity)

    def now(self) -> datetime:
        """The time by the client's clock on the wall."""
        return self.clock().astimezone(self.client.config.timezone)

    def message_id(self) -> str:
        """A new Message-ID under the domain of the client's first identity."""
        return f"<{self.token()}@{self.identities[0].domain}>"


@dataclass(frozen=True, slots=True)
class Folders:
    """The names of the folders of one mailbox."""

    names: Mapping[Role, str]

    def __getitem__(self, role: Role) -> str:
        return self.names[role]

    def __contains__(self, role: Role) -> bool:
        """Whether the client has such a folder; it has one for a second approval only where its file says so."""
        return role in self.names

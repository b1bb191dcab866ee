"""All that the work for one client needs, and nothing of another client's."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from maild.config.home import Client
from maild.config.models import Office
from maild.core.folder import Role
from maild.core.letter import Letterhead
from maild.core.message import Address
from maild.store.store import ClientStore

IMAP = "imap"
SMTP = "smtp"
"""The names of a client's two logins in the store."""


@dataclass(frozen=True)
class Desk:
    """One client's files and state, with the clock and the dice that the pure core is not allowed."""

    client: Client
    office: Office
    store: ClientStore
    foreign_staff: frozenset[str]  # addresses of other clients' own people, in lower case
    clock: Callable[[], datetime]  # aware UTC
    token: Callable[[], str]  # 26 random letters and digits

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
        config = self.client.config
        return Letterhead(config.name, identity, config.legal.particulars, config.style == "informal")

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

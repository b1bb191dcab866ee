"""From a client's files to the letterhead that its letters are written under."""

from maild.config.home import Client
from maild.core.letter import Letterhead
from maild.core.message import Address


def letterhead(client: Client, identity: Address) -> Letterhead:
    """The client's letterhead with one of its identities; a deputy's name is what contacts.csv has for the address."""
    config = client.config
    deputies = (client.contacts.get(each.deputy) for each in client.business.absences if each.deputy)
    return Letterhead(
        client=config.name,
        identity=identity,
        particulars=config.legal.particulars,
        informal=config.style == "informal",
        locale=config.locale,
        business=client.business,
        deputies={contact.address.lower(): contact for contact in deputies if contact},
    )

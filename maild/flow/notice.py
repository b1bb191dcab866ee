"""A notice to the secretary beside a letter that was not sent; and whether a message is a letter at all."""

from collections.abc import Callable

from maild.core.folder import Role
from maild.core.message import Address
from maild.core.notices import Sheet
from maild.core.parse import parse_headers
from maild.flow.desk import IMAP, Desk
from maild.store.records import NewFiling


def notice_beside(desk: Desk, name: str, write: Callable[[Sheet], bytes], subject: str) -> NewFiling:
    """The notice, to be laid into the clarification folder; `name` makes it one, however often it is asked for."""
    identity = desk.identities[0]
    message_id = f"<maild.{name}@{identity.domain}>"
    sheet = Sheet(
        sender=Address(identity.address, "maild"),
        to=[identity],
        subject=" ".join(subject.split()),
        message_id=message_id,
        now=desk.now(),
    )
    return NewFiling(IMAP, "notice", Role.CLARIFY, message_id, (), write(sheet))


def came_from_outside(desk: Desk, raw: bytes) -> bool:
    """Whether these bytes, or at least their header, are of a mail that was received or sent before."""
    mail = parse_headers(raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n", size=len(raw))
    known = desk.store.ledger.by_message_id(mail.message_id) or desk.store.outbox.knows_message_id(
        mail.message_id
    )
    return bool(mail.header("Received")) or (bool(mail.message_id) and known)

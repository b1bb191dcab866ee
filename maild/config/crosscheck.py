"""What must not be shared between clients: mailboxes, identities, and the addresses of a client's own people.

Competing businesses use one office; a note or a forward that reaches the other is the worst that can happen.
Addresses are taken from the plain data, so that a client whose file has a fault elsewhere still counts. Messages
name other clients: they are for the admin, never for a mailbox.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum

from maild.config.document import Document, Path, one_line
from maild.errors import Fault


class Hold(IntEnum):
    """By what a client holds an address; of two clients that name it, the one that holds it more firmly keeps it."""

    DOMAIN = 0  # the domain of one of its identities
    FORWARD = 1
    PEOPLE = 2
    IDENTITY = 3
    LOGIN = 4


@dataclass(frozen=True, slots=True)
class Claim:
    """One address that a client's file names."""

    address: str  # in lower case
    path: Path
    hold: Hold


def claims(document: Document) -> tuple[Claim, ...]:
    """The addresses that a client.yaml names as its own, whatever else is wrong in it."""
    found = []
    for path, value in _named(document.data):
        if isinstance(value, str) and "@" in value:
            found.append(Claim(value.strip().lower(), path, _HOLDS[str(path[0])]))
    return tuple(found)


def own_people(claimed: tuple[Claim, ...]) -> frozenset[str]:
    """The addresses of the client itself, without those that it only forwards to."""
    return frozenset(claim.address for claim in claimed if claim.hold > Hold.FORWARD)


def cross_faults(documents: Mapping[str, Document]) -> tuple[Fault, ...]:
    """What the client.yaml of several clients, by slug, name that belongs to another.

    The slip of one shall not stop the other: only who holds an address less firmly is at fault, or all where they
    hold it alike.
    """
    holders = {slug: _Holder(document, claims(document)) for slug, document in documents.items()}
    return tuple(
        replace(fault, client=slug)
        for slug, holder in holders.items()
        for fault in _faults(holder, {name: other for name, other in holders.items() if name != slug})
    )


@dataclass(frozen=True, slots=True)
class _Holder:
    """One client and what it names."""

    document: Document
    claims: tuple[Claim, ...]

    def firmness(self, address: str) -> tuple[Hold, ...]:
        """How firmly it holds an address, to be compared; empty where it doesn't name it."""
        holds = {claim.hold for claim in self.claims if claim.address == address}
        if holds and address.rpartition("@")[2] in self._domains():
            holds.add(Hold.DOMAIN)
        return tuple(sorted(holds, reverse=True))

    def _domains(self) -> set[str]:
        return {claim.address.rpartition("@")[2] for claim in self.claims if claim.hold is Hold.IDENTITY}


def _faults(holder: _Holder, others: Mapping[str, _Holder]) -> Iterator[Fault]:
    for claim in holder.claims:
        firmness = holder.firmness(claim.address)
        for name, other in others.items():
            if other.firmness(claim.address) >= firmness:
                message = (
                    f"«{one_line(claim.address)}» belongs to client {name}; name one of this client's own"
                )
                yield holder.document.fault(claim.path, message)
                break
    login = _login(holder.document)
    for name, other in others.items():
        if login is not None and "@" not in login[1] and login == _login(other.document):
            message = f"client {name} signs in to the same mailbox; each client needs its own"
            yield holder.document.fault(("imap", "username"), message)
            break


def _login(document: Document) -> tuple[str, str] | None:
    imap = document.data.get("imap") if isinstance(document.data, dict) else None
    host, username = (imap.get("host"), imap.get("username")) if isinstance(imap, dict) else (None, None)
    if isinstance(host, str) and isinstance(username, str):
        return host.strip().lower(), username.strip().lower()
    return None


def _named(data: object) -> Iterator[tuple[Path, object]]:
    yield from _values(data, "imap", "username")
    yield from _values(data, "identities", None, "address")
    yield from _values(data, "notes", "to", None)
    yield from _values(data, "notes", "urgent_to", None)
    yield from _values(data, "absences", None, "deputy")
    yield from _values(data, "forward_to", None)


def _values(data: object, *steps: str | None) -> Iterator[tuple[Path, object]]:
    """The values at a path; None stands for every entry of a list."""
    if not steps:
        yield (), data
        return
    below: list[tuple[str | int, object]] = []
    if isinstance(steps[0], str) and isinstance(data, dict) and steps[0] in data:
        below = [(steps[0], data[steps[0]])]
    elif steps[0] is None and isinstance(data, list):
        below = list(enumerate(data))
    for step, value in below:
        for path, found in _values(value, *steps[1:]):
            yield (step, *path), found


_HOLDS = {
    "imap": Hold.LOGIN,
    "identities": Hold.IDENTITY,
    "notes": Hold.PEOPLE,
    "absences": Hold.PEOPLE,
    "forward_to": Hold.FORWARD,
}

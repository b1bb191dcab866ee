"""A mail as conditions look at it: every text folded and encoded at most once, and only when asked.

One `Reading` serves all rules for one mail and one thread; it is thrown away afterwards. It never raises, whatever
the mail holds, and it decides nothing.
"""

import re
from collections.abc import Iterator
from functools import cached_property

from maild.core.action import Action, Mark, Relate
from maild.core.authentication import Authentication, read_authentication
from maild.core.facts import Facts
from maild.core.language import language_of
from maild.core.message import Address, Mail
from maild.core.text import fold


class Text:
    """One text of a mail in the forms that tests ask for."""

    def __init__(self, raw: str) -> None:
        self.raw = raw

    @cached_property
    def folded(self) -> str:
        """Folded, lines as they are."""
        return fold(self.raw)

    @cached_property
    def flat(self) -> str:
        """Folded, and every run of blanks and line ends is one blank, so that a wrapped line hides nothing."""
        return " ".join(self.folded.split())

    @cached_property
    def raw_bytes(self) -> bytes:
        """As written, for RE2."""
        return self.raw.encode("utf-8", "replace")

    @cached_property
    def folded_bytes(self) -> bytes:
        """Folded, for RE2."""
        return self.folded.encode("utf-8", "replace")

    @cached_property
    def flat_bytes(self) -> bytes:
        """Flat, for RE2."""
        return self.flat.encode("utf-8", "replace")


class Item:
    """One value of a field: a subject, one address with its name, one attachment's name, one header."""

    def __init__(self, texts: tuple[Text, ...], address: Address | None = None) -> None:
        self.texts = texts
        self.address = address

    @classmethod
    def of_address(cls, address: Address) -> "Item":
        """Text tests see the address and the display name, each for itself."""
        return cls((Text(address.address), Text(address.name)), address)

    @property
    def name(self) -> Text:
        """The display name of an address."""
        return self.texts[-1]

    @cached_property
    def domain(self) -> str:
        """The domain of the address in the form domains are compared by."""
        return domain_key(self.address.domain) if self.address else ""

    @cached_property
    def address_key(self) -> str:
        """The address in the form addresses are compared by."""
        return address_key(self.address.address) if self.address else ""


class Reading:
    """One mail and what is known about it, prepared for conditions."""

    def __init__(self, mail: Mail, facts: Facts) -> None:
        self.mail = mail
        self.facts = facts
        self.relationship = facts.relationship
        self.flags = frozenset(
            flag_key(flag) for flag in facts.flags
        )  # IMAP keywords know no case (RFC 9051, 2.3.2)
        self._items: dict[str, tuple[Item, ...]] = {}

    def items(self, field: str) -> tuple[Item, ...]:
        """The values of a field: subject, body, body.quoted, from, recipient, attachment.name, header.x-spam …"""
        found = self._items.get(field)
        if found is None:
            found = self._items[field] = self._read(field)
        return found

    @cached_property
    def language(self) -> str:
        """The language of what the mail says, as "de"; empty where it says too little."""
        return language_of(f"{self.mail.subject}\n{self.mail.new_text}")

    @cached_property
    def authentication(self) -> Authentication:
        """What a trusted server found out about whose the mail is."""
        return read_authentication(self.mail, self.facts.business.trusted_servers)

    def see(self, action: Action) -> None:
        """From now on show flags and relationship as this action leaves them, to the rules that come after it."""
        if isinstance(action, Mark):
            self.flags |= {flag_key(flag) for flag in action.flags}
        elif isinstance(action, Relate):
            self.relationship = action.relationship

    def _read(self, field: str) -> tuple[Item, ...]:
        mail = self.mail
        if field in ADDRESS_FIELDS:
            return tuple(Item.of_address(address) for address in _addresses(mail, field))
        if field.startswith("header."):
            return tuple(Item((Text(value),)) for value in mail.header(field.removeprefix("header.")))
        if field == "attachment.name":
            return tuple(Item((Text(attachment.name),)) for attachment in mail.attachments)
        text = {"subject": mail.subject, "body": mail.new_text, "body.quoted": mail.text}[field]
        return (Item((Text(text),)),)


ADDRESS_FIELDS = ("from", "to", "cc", "recipient", "reply_to")


def _addresses(mail: Mail, field: str) -> tuple[Address, ...]:
    if field == "recipient":
        return (*mail.to, *mail.cc)
    return {"from": mail.from_, "to": mail.to, "cc": mail.cc, "reply_to": mail.reply_to}[field]


def address_key(address: str) -> str:
    """An address as it is compared: lower case, the domain as `domain_key` has it."""
    local, at, domain = address.rpartition("@")
    return f"{local.lower()}{at}{domain_key(domain)}"


def domain_key(domain: str) -> str:
    """A domain as it is compared: lower case, umlauts in the form of the wire (RFC 3490), no final dot."""
    lower = domain.lower().rstrip(".")
    if lower.isascii() or len(lower) > _LONGEST_DOMAIN:
        return lower
    try:
        return lower.encode("idna").decode("ascii").lower().rstrip(".")
    except UnicodeError:
        return lower


_LONGEST_DOMAIN = 253


def with_parents(domain: str) -> Iterator[str]:
    """A domain, and those that it lies below."""
    while domain:
        yield domain
        domain = domain.partition(".")[2]


def flag_key(flag: str) -> str:
    """A flag as it is compared."""
    return flag.removeprefix("\\").lower()


def flatten(text: str) -> str:
    """A folded pattern as it is looked for in flat text; blanks at its ends stay."""
    return re.sub(r"\s+", " ", text)

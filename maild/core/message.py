"""A mail as the rest of the core sees it: decoded, immutable, never raising.

Nothing here reads bytes (see `parse`) and nothing decides (see `decide`).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Machine(StrEnum):
    """What kind of machine wrote a mail; a person's mail has none."""

    BOUNCE = "bounce"
    AUTO_REPLY = "auto_reply"
    NEWSLETTER = "newsletter"
    LIST = "list"
    MEETING = "meeting"
    RECEIPT = "receipt"
    NOTIFICATION = "notification"


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox of an address header (RFC 5322, section 3.4)."""

    address: str  # local part as written, domain in lower case; never empty
    name: str = ""  # display name, decoded, without quotes

    @property
    def local(self) -> str:
        """The part before the @, without a +detail."""
        return self.address.rpartition("@")[0].partition("+")[0]

    @property
    def detail(self) -> str:
        """What stands between + and @; empty where nothing does."""
        return self.address.rpartition("@")[0].partition("+")[2]

    @property
    def domain(self) -> str:
        """The part after the @, in lower case."""
        return self.address.rpartition("@")[2].lower()

    @property
    def key(self) -> str:
        """What two addresses are compared by: all in lower case."""
        return self.address.lower()


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part of a mail that is a file rather than text."""

    name: str  # safe to show and to save: no path, no control characters
    type: str  # media type in lower case, as "application/pdf"
    size: int  # bytes after decoding


@dataclass(frozen=True, slots=True)
class Mail:
    """One received mail, decoded as far as it can be."""

    headers: tuple[tuple[str, str], ...] = ()  # names as written, values decoded and unfolded, in order
    message_id: str = ""  # with angle brackets; empty where missing or unusable
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    date: datetime | None = None  # aware; None where missing or unreadable
    subject: str = ""
    from_: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    text: str = ""  # the whole readable text; of an HTML-only mail, the HTML as text
    new_text: str = ""  # text without quotation, signature and disclaimer
    attachments: tuple[Attachment, ...] = ()
    machine: Machine | None = None
    machine_reason: str = ""  # the header or mark that decided it, without its value where that is personal
    size: int = 0  # bytes on the server (RFC822.SIZE)
    truncated: bool = False  # only the first part of the mail was read
    encrypted: bool = False  # the text is readable only with a key: PGP/MIME, S/MIME or PGP in the text
    signed: bool = False  # it bears a signature; whether that is good is not known here
    defects: tuple[str, ...] = ()  # what could not be decoded, for people

    @property
    def sender(self) -> Address | None:
        """Who wrote it: the first address of From."""
        return self.from_[0] if self.from_ else None

    def header(self, name: str) -> tuple[str, ...]:
        """All values of one header, whatever the case of its name."""
        wanted = name.lower()
        return tuple(value for key, value in self.headers if key.lower() == wanted)

"""Builds a reply draft: headers that survive a mail program, flowed text, the quoted original.

The token stands first in References, for that is the one field which every mail program keeps when the draft is
edited. Refuses to answer a mail that names nobody to answer to. Nothing of the incoming mail is ever code: it is
quoted line by line.
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.policy import SMTP

from maild.core.german.calendar import NO_BREAK_SPACE, datum, uhrzeit
from maild.core.german.names import read_name
from maild.core.message import Address, Mail
from maild.core.text import text_hash
from maild.errors import LetterError

# Python up to 3.12 folds long address lists wrongly; at 998 characters (RFC 5322, section 2.1.1) it needn't fold. But
# what it encodes must stand in lines of 76 (RFC 2045, section 6.7), and it takes the length of both from the policy.
_HEADERS = SMTP.clone(max_line_length=998)
_CONTENT = SMTP.clone(max_line_length=76)

TOKEN_ID = re.compile(r"<draft\.([a-z0-9]{16,32})@[^<>\s]+>")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,250}>")  # ASCII only: an encoded word would not be found again
_REFERENCES_LENGTH = 900  # Thunderbird drops ids from the middle beyond about 1,000 characters
_QUOTED_LINES = 2000
_WIDTH = 76  # with the blank that marks a soft break; RFC 3676, section 4.2, allows 78 with a stuffed one
# Characters of a stranger's name: a longer one would be folded, and its line not known as an attribution.
_NAME_LENGTH = 100


@dataclass(frozen=True, slots=True)
class File:
    """A file to be attached."""

    name: str
    type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """All that a reply draft is made of."""

    original: Mail
    identity: Address
    subject: str
    text: str  # rendered: salutation to signature
    token: str
    message_id: str
    now: datetime
    language: str = "de"
    files: tuple[File, ...] = ()


@dataclass(frozen=True, slots=True)
class Composed:
    """A reply draft as bytes, with what is remembered of it."""

    raw: bytes
    recipients: tuple[str, ...]
    original_id: str  # what ties it to the original; empty where that has no usable Message-ID
    text_hash: str


def compose_reply(reply: Reply) -> Composed:
    """A draft that answers `reply.original`; raises LetterError where the original names nobody to answer to."""
    to = _answer_to(reply.original, reply.identity)
    text = f"{reply.text.strip()}\n\n{quotation(reply.original, reply.now, reply.language)}"
    message = blank()
    message["From"] = header_address(reply.identity)
    message["To"] = [header_address(address) for address in to]
    message["Subject"] = _one_line(reply.subject)
    message["Date"] = reply.now
    message["Message-ID"] = reply.message_id
    original_id = _answered_id(reply.original)
    if original_id:
        message["In-Reply-To"] = original_id
    message["References"] = " ".join(references(reply.original, reply.token, reply.identity.domain))
    set_text(message, text)
    attach(message, reply.files)
    return Composed(
        raw=written(message),
        recipients=tuple(address.address for address in to),
        original_id=original_id,
        text_hash=text_hash(text),
    )


def blank() -> EmailMessage:
    """A message to be filled, then given to `written`."""
    return EmailMessage(policy=_CONTENT)


def set_text(message: EmailMessage, text: str) -> None:
    """Give a message its text, flowed and in ASCII."""
    message.set_content(flow(text), cte="quoted-printable", params={"format": "flowed"})


def written(message: EmailMessage) -> bytes:
    """The bytes of a message, with CRLF."""
    return message.as_bytes(policy=_HEADERS)


def header_address(address: Address) -> HeaderAddress:
    """An address as the standard library writes it; raises LetterError where it can't be written."""
    if not address.address.isascii():
        raise LetterError("an address with letters beyond ASCII (RFC 6531) can't be written to")
    try:
        return HeaderAddress(display_name=_short_name(address.name), addr_spec=address.address)
    except (HeaderParseError, ValueError, IndexError) as error:
        raise LetterError("the mail's sender has an address that can't be written") from error


def references(original: Mail, token: str, domain: str) -> tuple[str, ...]:
    """Token first, the original's Message-ID last; in between what fits, the thread's first id and the newest."""
    first = f"<draft.{token}@{domain}>"
    last = _answered_id(original)
    older = list(dict.fromkeys(i for i in original.references if _usable(i) and i != last))
    room = _REFERENCES_LENGTH - len(first) - len(last)
    kept: list[str] = []
    for identifier in [*older[:1], *reversed(older[1:])]:
        room -= len(identifier) + 1
        if room >= 0:
            kept.append(identifier)
    return (first, *sorted(kept, key=older.index), *filter(None, [last]))


def quotation(original: Mail, now: datetime, language: str = "de") -> str:
    """The original below the reply, in the German way: who wrote when, then each line behind a «> »."""
    name = _name_in_reading_order(original.sender) if original.sender else ""
    lines = original.text.rstrip().splitlines()[:_QUOTED_LINES]
    quoted = [f">{line}".rstrip() if line.startswith(">") else f"> {line}".rstrip() for line in lines]
    return "\n".join([_attribution(name, original.date, now, language), *quoted])


def flow(text: str) -> str:
    """Wrap by RFC 3676: a soft break is a blank at the line's end; quotation and «-- » stay as they are.

    `unflow` gives the same lines back, but for blanks at their ends.
    """
    return "\n".join(wrapped for line in text.splitlines() for wrapped in _flow_line(line)) + "\n"


def attach(message: EmailMessage, files: Sequence[File]) -> None:
    """Add files to a message."""
    for file in files:
        main, _, sub = file.type.partition("/")
        message.add_attachment(file.data, maintype=main, subtype=sub or "octet-stream", filename=file.name)


def draft_info(uid: int, imap_name: str) -> bytes:
    """A header line that makes Roundcube flag the original as answered; it takes a plain folder name for none."""
    folder = base64.b64encode(imap_name.encode()).decode()
    return f"X-Draft-Info: type=reply; uid={uid}; folder=B::{folder}\r\n".encode()


def choose_identity(identities: Sequence[Address], mail: Mail, wanted: str = "") -> Address:
    """Who answers: the identity a rule names, else the one the mail came to, else the client's first.

    Raises LetterError where the rule names an identity that the client doesn't have.
    """
    if wanted:
        named = next((identity for identity in identities if identity.key == wanted.lower()), None)
        if named is None:
            raise LetterError("the rule names an identity that client.yaml does not have")
        return named
    reached = {address.key for address in (*mail.to, *mail.cc)}
    return next((identity for identity in identities if identity.key in reached), identities[0])


def token_of(references_: Sequence[str]) -> str:
    """The draft's token, if the first id of References is one; further down it counts for nothing."""
    match = TOKEN_ID.fullmatch(references_[0]) if references_ else None
    return match.group(1) if match else ""


def _answer_to(original: Mail, identity: Address) -> tuple[Address, ...]:
    """The one whom the salutation names (`letter.writer_of`): of several, to write to the first is safe."""
    to = (original.reply_to or original.from_)[:1]
    if not to or to[0].key == identity.key:
        raise LetterError("the mail names nobody to answer to")
    return to


def _answered_id(original: Mail) -> str:
    return original.message_id if _usable(original.message_id) else ""


def _usable(identifier: str) -> bool:
    return _MESSAGE_ID.fullmatch(identifier) is not None and TOKEN_ID.fullmatch(identifier) is None


def _name_in_reading_order(writer: Address) -> str:
    """«Wiebke Petersen» for "Petersen, Wiebke"; a firm's or an odd name as it is."""
    person = read_name(writer)
    named = " ".join((*person.titles, person.full)) if person and not person.company and person.full else ""
    return _short_name(named or writer.name) or writer.address


def _attribution(name: str, date: datetime | None, now: datetime, language: str) -> str:
    """What mail programs, and our own `quotation`, know as the line above a quotation."""
    if date is None:
        return "-----Original Message-----" if language == "en" else "-----Ursprüngliche Nachricht-----"
    local = date.astimezone(now.tzinfo)
    if language == "en":
        return f"On {datum(local, language)} at {uhrzeit(local, language)} {name} wrote:"
    # A no-break space: «schrieb man:» is a sentence, «schrieb MAN Truck & Bus:» an attribution.
    return f"Am {datum(local)} um {uhrzeit(local)} schrieb{NO_BREAK_SPACE}{name}:"


def _flow_line(line: str) -> list[str]:
    if line.startswith(">"):
        return [line.rstrip()]
    if line.rstrip() == "--" and line.startswith("-- "):
        return ["-- "]
    parts = _wrap(line.rstrip())
    return [f" {part}" if part.startswith((" ", ">", "From ")) else part for part in parts]


def _wrap(line: str) -> list[str]:
    """Parts of at most `_WIDTH` characters, or one word; all but the last end in the blank they were cut behind."""
    parts = [""]
    for word in re.findall(r"[^ ]+ ?| ", line):
        cut = len(parts[-1]) + len(word) > _WIDTH and parts[-1] not in {"", "-- "}
        if cut:
            parts.append(word)
        else:
            parts[-1] += word
    return parts


def _short_name(name: str) -> str:
    line = _one_line(name)
    return line if len(line) <= _NAME_LENGTH else line[: _NAME_LENGTH - 1].rstrip() + "…"


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())

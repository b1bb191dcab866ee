"""Builds a reply draft: headers that survive a mail program, flowed text, the quoted original.

The token stands first in References, for that is the one field which every mail program keeps when the draft is
edited. Refuses to answer a mail that names nobody to answer to. Nothing of the incoming mail is ever code: it is
quoted line by line.
"""

import base64
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.policy import SMTP

from maild.core.german.calendar import datum, uhrzeit
from maild.core.message import Address, Mail
from maild.core.text import text_hash
from maild.errors import LetterError

POLICY = SMTP.clone(max_line_length=998)
"""Python up to 3.12 folds long address lists wrongly; at 998 characters (RFC 5322, section 2.1.1) it needn't fold."""

TOKEN_ID = re.compile(r"<draft\.([a-z0-9]{16,32})@[^<>\s]+>")
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,250}>")
_REFERENCES_LENGTH = 900  # Thunderbird drops ids from the middle beyond about 1,000 characters
_QUOTED_LINES = 2000
_WIDTH = 74  # RFC 3676, section 4.2: at most 78 with the blank that marks a soft break


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
    text_hash: str


def compose_reply(reply: Reply) -> Composed:
    """A draft that answers `reply.original`; raises LetterError where the original names nobody to answer to."""
    to = _answer_to(reply.original, reply.identity)
    text = f"{reply.text.strip()}\n\n{quotation(reply.original, reply.now, reply.language)}"
    message = EmailMessage(policy=POLICY)
    message["From"] = header_address(reply.identity)
    message["To"] = [header_address(address) for address in to]
    message["Subject"] = reply.subject
    message["Date"] = reply.now
    message["Message-ID"] = reply.message_id
    if _MESSAGE_ID.fullmatch(reply.original.message_id):
        message["In-Reply-To"] = reply.original.message_id
    message["References"] = " ".join(references(reply.original, reply.token, reply.identity.domain))
    message.set_content(flow(text), cte="quoted-printable", params={"format": "flowed"})
    attach(message, reply.files)
    return Composed(
        raw=message.as_bytes(),
        recipients=tuple(address.address for address in to),
        text_hash=text_hash(text),
    )


def header_address(address: Address) -> HeaderAddress:
    """An address as the standard library writes it; raises LetterError where it can't be written."""
    try:
        return HeaderAddress(display_name=_one_line(address.name), addr_spec=address.address)
    except (HeaderParseError, ValueError, IndexError) as error:
        raise LetterError("the mail's sender has an address that can't be written") from error


def references(original: Mail, token: str, domain: str) -> tuple[str, ...]:
    """Token first, the original's Message-ID last; in between what fits, the thread's first id and the newest."""
    first = f"<draft.{token}@{domain}>"
    thread = [*original.references, original.message_id]
    known = list(dict.fromkeys(i for i in thread if _MESSAGE_ID.fullmatch(i) and not TOKEN_ID.fullmatch(i)))
    room = _REFERENCES_LENGTH - len(first)
    kept: list[str] = []
    for identifier in [*known[-1:], *known[:1], *reversed(known[1:-1])]:
        room -= len(identifier) + 1
        if identifier not in kept and room >= 0:
            kept.append(identifier)
    return (first, *sorted(kept, key=known.index))


def quotation(original: Mail, now: datetime, language: str = "de") -> str:
    """The original below the reply, in the German way: who wrote when, then each line behind a «> »."""
    writer = original.sender
    name = _one_line((writer.name or writer.address) if writer else "")
    lines = original.text.rstrip().splitlines()[:_QUOTED_LINES]
    quoted = [f">{line}".rstrip() if line.startswith(">") else f"> {line}".rstrip() for line in lines]
    return "\n".join([_attribution(name, original.date, now, language), *quoted])


def flow(text: str) -> str:
    """Wrap by RFC 3676: a soft break is a blank at the line's end; quotation and «-- » stay as they are."""
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
    """Who answers: the identity a rule names, else the one the mail came to, else the client's first."""
    if wanted:
        return next(identity for identity in identities if identity.key == wanted.lower())
    reached = {address.key for address in (*mail.to, *mail.cc)}
    return next((identity for identity in identities if identity.key in reached), identities[0])


def token_of(references_: Sequence[str]) -> str:
    """The draft's token, if the first id of References is one; further down it counts for nothing."""
    match = TOKEN_ID.fullmatch(references_[0]) if references_ else None
    return match.group(1) if match else ""


def _answer_to(original: Mail, identity: Address) -> tuple[Address, ...]:
    to = tuple(a for a in (original.reply_to or original.from_) if a.key != identity.key)
    if not to:
        raise LetterError("the mail names nobody to answer to")
    return to[:1]  # a list of Reply-To addresses is a way to make us write to strangers


def _attribution(name: str, date: datetime | None, now: datetime, language: str) -> str:
    local = date.astimezone(now.tzinfo) if date else None
    if language == "en":
        return f"On {local:%d %B %Y at %H:%M} {name} wrote:" if local else f"{name} wrote:"
    return f"Am {datum(local)} um {uhrzeit(local)} schrieb {name}:" if local else f"{name} schrieb:"


def _flow_line(line: str) -> list[str]:
    if line.startswith(">"):
        return [line.rstrip()]
    if line.rstrip() == "--" and line.startswith("-- "):
        return ["-- "]
    wrapped = textwrap.wrap(line.rstrip(), _WIDTH, break_long_words=False, break_on_hyphens=False) or [""]
    stuffed = [f" {part}" if part.startswith((" ", ">", "From ")) else part for part in wrapped]
    return [f"{part} " for part in stuffed[:-1]] + stuffed[-1:]


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())

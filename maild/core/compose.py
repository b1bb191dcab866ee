"""Builds a reply: a draft with headers that survive a mail program and the quoted original, or an automatic answer.

In a draft the token stands first in References, for that is the one field which every mail program keeps when the
draft is edited. Refuses to answer a mail that names nobody to answer to. Nothing of the incoming mail is ever code: it
is quoted line by line, and not at all where no person looks at it before it goes.
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP

from maild.core.flowed import flow
from maild.core.letter_mime import (
    HEADERS,
    Body,
    File,
    date_field,
    letter_bytes,
    own_field,
    people_field,
    text_field,
)
from maild.core.message import Address, Mail
from maild.core.quote import Quotation, quote
from maild.core.text import text_hash
from maild.errors import LetterError

# What is encoded must stand in lines of 76 (RFC 2045, section 6.7), other than headers (see `letter_mime`); the
# standard library takes the length of both from the policy.
_CONTENT = SMTP.clone(max_line_length=76)

TOKEN_ID = re.compile(r"<draft\.([a-z0-9]{16,32})@[^<>\s]+>")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,250}>")  # ASCII only: an encoded word would not be found again
_REFERENCES_LENGTH = 900  # Thunderbird drops ids from the middle beyond about 1,000 characters


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
    html: str = ""  # the same letter, rendered and cleaned; empty: plain text only
    quoted: bool = False  # the text has the quotation already, where its template wants it
    html_quoted: bool = False
    quotation: Quotation | None = None  # of the original, where it was made already


@dataclass(frozen=True, slots=True)
class Response:
    """All that an automatic answer is made of."""

    original: Mail
    to: Address
    identity: Address
    subject: str
    text: str  # rendered: salutation to signature
    message_id: str
    now: datetime
    files: tuple[File, ...] = ()
    language: str = "de"
    html: str = ""  # as in Reply


@dataclass(frozen=True, slots=True)
class Composed:
    """A reply draft as bytes, with what is remembered of it."""

    raw: bytes
    recipients: tuple[str, ...]
    original_id: str  # what ties it to the original; empty where that has no usable Message-ID
    text_hash: str


def compose_reply(reply: Reply) -> Composed:
    """A draft that answers `reply.original`; raises LetterError where the original names nobody to answer to."""
    original = reply.original
    to = _answer_to(original, reply.identity)
    quotation = reply.quotation or quote(original, reply.now, reply.language)
    text = reply.text.strip() if reply.quoted else f"{reply.text.strip()}\n\n{quotation.text}"
    below = f"\n<br>\n{quotation.html}" if reply.html and not reply.html_quoted else ""
    thread = references(original, reply.token, reply.identity.domain)
    original_id = _answered_id(original)
    fields = [
        *_head(reply, to),
        *([own_field("In-Reply-To", original_id)] if original_id else []),
        own_field("References", " ".join(thread)),
    ]
    return Composed(
        raw=letter_bytes(fields, Body(flow(text), f"{reply.html}{below}", reply.files, reply.language)),
        recipients=tuple(address.address for address in to),
        original_id=original_id,
        text_hash=text_hash(text),
    )


def compose_response(response: Response) -> bytes:
    """An automatic answer, marked as one (RFC 3834, section 3.1.7); it quotes nothing of the mail.

    Without Precedence, which that RFC advises against; X-Auto-Response-Suppress silences the machines of Exchange,
    which heed Auto-Submitted less. Raises LetterError where the address can't be written to.
    """
    answered = _answered_id(response.original)
    thread = (*_thread(response.original, _REFERENCES_LENGTH), answered)
    fields = [
        *_head(response, (response.to,)),
        *(
            [own_field("In-Reply-To", answered), own_field("References", " ".join(thread))]
            if answered
            else []
        ),
        own_field("Auto-Submitted", "auto-replied"),
        own_field("X-Auto-Response-Suppress", "All"),
    ]
    text = flow(response.text.strip())
    return letter_bytes(fields, Body(text, response.html, response.files, response.language))


def blank() -> EmailMessage:
    """A message to be filled, then given to `written`."""
    return EmailMessage(policy=_CONTENT)


def set_text(message: EmailMessage, text: str) -> None:
    """Give a message its text, flowed and in ASCII."""
    message.set_content(flow(text), cte="quoted-printable", params={"format": "flowed"})


def written(message: EmailMessage) -> bytes:
    """The bytes of a message, with CRLF."""
    return message.as_bytes(policy=HEADERS)


def references(original: Mail, token: str, domain: str) -> tuple[str, ...]:
    """Token first, the original's Message-ID last; in between what fits, the thread's first id and the newest."""
    first = f"<draft.{token}@{domain}>"
    last = _answered_id(original)
    return (first, *_thread(original, _REFERENCES_LENGTH - len(first)), *filter(None, [last]))


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


def _head(letter: Reply | Response, to: tuple[Address, ...]) -> list[bytes]:
    return [
        people_field("From", (letter.identity,)),
        people_field("To", to),
        text_field("Subject", _one_line(letter.subject)),
        date_field(letter.now),
        own_field("Message-ID", letter.message_id),
    ]


def _answer_to(original: Mail, identity: Address) -> tuple[Address, ...]:
    """The one whom the salutation names (`letter.writer_of`): of several, to write to the first is safe."""
    to = (original.reply_to or original.from_)[:1]
    if not to or to[0].key == identity.key:
        raise LetterError("the mail names nobody to answer to")
    return to


def _thread(original: Mail, room: int) -> list[str]:
    """The ids before the original's own, as many as fit into `room` together with that."""
    last = _answered_id(original)
    older = list(dict.fromkeys(i for i in original.references if _usable(i) and i != last))
    room -= len(last)
    kept: list[str] = []
    for identifier in [*older[:1], *reversed(older[1:])]:
        room -= len(identifier) + 1
        if room >= 0:
            kept.append(identifier)
    return sorted(kept, key=older.index)


def _answered_id(original: Mail) -> str:
    return original.message_id if _usable(original.message_id) else ""


def _usable(identifier: str) -> bool:
    return _MESSAGE_ID.fullmatch(identifier) is not None and TOKEN_ID.fullmatch(identifier) is None


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())

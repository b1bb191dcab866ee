"""Bytes of a received mail to a `Mail`.

Whatever the bytes are, a mail comes out: what can't be decoded is left out or read roughly, and named in `defects`.
Headers are read by a layer of our own (see `field`, `encoded`, `addresses`), the body by `parts`. A mail is never
written here: what is passed on is passed on as the original bytes.
"""

import email.utils
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from maild.core.addresses import addresses
from maild.core.charset import UNREADABLE
from maild.core.encoded import readable, with_words
from maild.core.field import Block, Field, split
from maild.core.machine import classify
from maild.core.message import Address, Mail
from maild.core.parts import read_body
from maild.core.protection import is_encrypted, is_signed
from maild.core.text import new_text

_ONCE = (
    "From",
    "Sender",
    "Reply-To",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
)
_ID = re.compile(r"<[^<>\s]{1,990}>")
_BARE_ID = re.compile(r"[^<>\s@]{1,500}@[^<>\s@]{1,480}")


def parse_headers(header: bytes, *, size: int) -> Mail:
    """A mail of which only the header bytes were fetched; `size` is RFC822.SIZE. Without text and attachments."""
    mail = _from_block(split(header), size)
    return _classified(mail, ())


def parse(raw: bytes, *, size: int | None = None, truncated: bool = False) -> Mail:
    """A whole mail, or its first part where `truncated`; `size` is RFC822.SIZE, by default what is here."""
    block = split(raw)
    body = read_body(raw, block)
    mail = replace(
        _from_block(block, len(raw) if size is None else size),
        text=body.text,
        new_text=new_text(body.text),
        attachments=body.attachments,
        truncated=truncated,
        encrypted=is_encrypted(body.types, body.text),
        signed=is_signed(body.types, body.text),
    )
    return _classified(replace(mail, defects=tuple(dict.fromkeys(mail.defects + body.defects))), body.types)


def _classified(mail: Mail, types: tuple[str, ...]) -> Mail:
    machine, reason = classify(mail, types)
    return replace(mail, machine=machine, machine_reason=reason)


def _from_block(block: Block, size: int) -> Mail:
    date, date_defect = _date(block.first("Date"))
    sender, sender_defect = _sender(block.first("From"))
    return Mail(
        headers=tuple((field.name, _value(field)) for field in block.fields),
        message_id=_first_id(block.first("Message-ID")),
        in_reply_to=_first_id(block.first("In-Reply-To")),
        references=_ids(block.first("References")),
        date=date,
        subject=readable(block.first("Subject") or b""),
        from_=sender,
        reply_to=_mailboxes(block.every("Reply-To")[:1]),
        to=_mailboxes(block.every("To")),
        cc=_mailboxes(block.every("Cc")),
        size=size,
        defects=tuple(filter(None, (*block.defects, *_repeated(block), date_defect, sender_defect))),
    )


def _value(field: Field) -> str:
    # An encoded word in it (RFC 8601 allows none) might come out as a semicolon and a result of the sender's own.
    return with_words(field.raw) if field.name.lower() == "authentication-results" else readable(field.raw)


def _repeated(block: Block) -> list[str]:
    """Fields that RFC 5322, section 3.6, allows once; a second From or Subject is how mail is forged."""
    counts = {name: len(block.every(name)) for name in _ONCE}
    return [f"the header {name} stands {count} times" for name, count in counts.items() if count > 1]


def _date(raw: bytes | None) -> tuple[datetime | None, str]:
    if raw is None:
        return None, ""
    try:
        fields = email.utils.parsedate_tz(with_words(raw[:200]))
        if fields:
            zone = timezone(timedelta(seconds=fields[9] or 0))
            date = datetime(*fields[:5], min(fields[5], 59), tzinfo=zone)
            date.astimezone(UTC)  # the first and last year of a calendar have dates that don't exist in UTC
            return date, ""
    except UNREADABLE:
        pass
    return None, "Date can't be read"


def _sender(raw: bytes | None) -> tuple[tuple[Address, ...], str]:
    if raw is None:
        return (), "From is missing"
    found = addresses(with_words(raw))
    return found, "" if found else "From names no address"


def _mailboxes(values: tuple[bytes, ...]) -> tuple[Address, ...]:
    return tuple(address for raw in values for address in addresses(with_words(raw)))


def _first_id(raw: bytes | None) -> str:
    return next(iter(_ids(raw)), "")


def _ids(raw: bytes | None) -> tuple[str, ...]:
    """Message-IDs (RFC 5322, section 3.6.4) with their brackets, which a lone one may lack."""
    text = with_words(raw or b"")
    return tuple(_ID.findall(text)) or ((f"<{text}>",) if _BARE_ID.fullmatch(text) else ())

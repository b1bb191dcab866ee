"""Fixes the bytes of an approved letter: what a person approved goes out, and nothing else of it changes.

The body stays byte for byte, but for line ends, which SMTP wants as CRLF. From the header block go what only mail
programs and maild need (the token, Bcc, X-Mozilla-* and their like); Date and Message-ID are set. A letter that is
HTML alone gets a text part beside it.
"""

import base64
import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from maild.core.compose import TOKEN_ID
from maild.core.message import Address, Mail
from maild.core.parse import parse

_DROPPED = re.compile(
    rb"(?i)^(bcc|fcc|x-mozilla-[^:]*|x-identity-key|x-account-key|x-draft-info|x-maild-[^:]*|date|message-id|received"
    rb"|auto-submitted|return-path|x-uid[^:]*|status|x-status)[ \t]*:"
)
_BCC = re.compile(rb"(?i)^bcc[ \t]*:")
_FIELD = re.compile(rb"(?m)^[!-9;-~]+[ \t]*:.*(?:\n[ \t].*)*")  # a "From " line of an mbox file is none
_TYPE = re.compile(rb"(?i)^content-type[ \t]*:[ \t\n]*([^\s;]+)")
_BOUNDARY = re.compile(
    rb'(?is)^content-type[ \t]*:.*?[;\s]boundary[ \t\n]*=[ \t\n]*(?:"([^"\n]+)"|([^\s;"]+))'
)
_CONTENT = re.compile(rb"(?i)^content-[^:]*[ \t]*:")


@dataclass(frozen=True, slots=True)
class Frozen:
    """A letter ready to go."""

    raw: bytes
    bcc: str  # the Bcc field, for the Sent copy only; empty where there is none
    message_id: str
    sender: Address | None
    recipients: tuple[str, ...]  # To, Cc and Bcc, each once
    mail: Mail  # the letter as read back, for the checks


def freeze(raw: bytes, message_id: str, now: datetime) -> Frozen:
    """The letter as it will be sent; `now` becomes its Date."""
    head, body = _split(raw)
    fields = [match.group() for match in _FIELD.finditer(head)]
    bcc = b"\n".join(field for field in fields if _BCC.match(field))
    kept = [_without_token(field) for field in fields if not _DROPPED.match(field)]
    kept = [field for field in kept if field]
    mail = parse(_join(kept, body))
    kept, body = _with_text(kept, body, message_id)
    kept += [f"Date: {format_datetime(now)}".encode(), f"Message-ID: {message_id}".encode()]
    if not any(field.lower().startswith(b"mime-version") for field in kept):
        kept.append(b"MIME-Version: 1.0")
    return Frozen(
        raw=_join(kept, body),
        bcc=bcc.decode("utf-8", "replace"),
        message_id=message_id,
        sender=mail.sender,
        recipients=_recipients(mail, bcc),
        mail=mail,
    )


def sent_copy(raw: bytes, bcc: str) -> bytes:
    """The letter as it is kept in Sent: with the Bcc that nobody else sees."""
    return (bcc.replace("\n", "\r\n") + "\r\n").encode() + raw if bcc else raw


def _split(raw: bytes) -> tuple[bytes, bytes]:
    text = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    head, _, body = text.partition(b"\n\n")
    return head, body


def _join(fields: list[bytes], body: bytes) -> bytes:
    return (b"\n".join(fields) + b"\n\n" + body).replace(b"\n", b"\r\n")


def _without_token(field: bytes) -> bytes:
    name, _, value = field.partition(b":")
    if name.strip().lower() not in {b"references", b"in-reply-to"}:
        return field
    ids = [
        i for i in re.findall(r"<[^<>\s]+>", value.decode("utf-8", "replace")) if not TOKEN_ID.fullmatch(i)
    ]
    return name + b": " + "\n ".join(ids).encode() if ids else b""


def _recipients(mail: Mail, bcc: bytes) -> tuple[str, ...]:
    hidden = parse(re.sub(rb"(?im)^bcc[ \t]*:", b"To:", bcc).replace(b"\n", b"\r\n") + b"\r\n\r\n").to
    unique = {address.key: address.address for address in (*mail.to, *mail.cc, *hidden)}
    return tuple(unique.values())


def _with_text(fields: list[bytes], body: bytes, message_id: str) -> tuple[list[bytes], bytes]:
    """Fields and body with a text part, where what a reader sees is HTML alone; else as they are."""
    if _is_html_alone(fields, body):
        return _alternative(fields, body, message_id)
    span = _first_part(fields, body) if _type(fields) == b"multipart/mixed" else None
    if span is None:
        return fields, body
    head, part = _split(body[slice(*span)])
    inner = _FIELD.findall(head)
    if not _is_html_alone(inner, part):
        return fields, body
    inner, part = _alternative(inner, part, message_id)
    return fields, body[: span[0]] + b"\n".join(inner) + b"\n\n" + part.rstrip(b"\n") + body[span[1] :]


def _is_html_alone(fields: list[bytes], body: bytes) -> bool:
    if _type(fields) == b"multipart/related" and (span := _first_part(fields, body)):
        return _type(_FIELD.findall(_split(body[slice(*span)])[0])) == b"text/html"
    return _type(fields) == b"text/html"


def _type(fields: list[bytes]) -> bytes:
    return next((match[1].lower() for field in fields if (match := _TYPE.match(field))), b"")


def _first_part(fields: list[bytes], body: bytes) -> tuple[int, int] | None:
    """From where to where the first part of a multipart reaches (RFC 2046, section 5.1.1)."""
    boundary = next(filter(None, (_BOUNDARY.match(field) for field in fields)), None)
    if boundary is None:
        return None
    name = re.escape(boundary[1] or boundary[2])
    lines = list(re.finditer(rb"(?m)^--" + name + rb"(?:--)?[ \t]*$", body))
    return (lines[0].end() + 1, lines[1].start() - 1) if len(lines) > 1 else None


def _alternative(fields: list[bytes], body: bytes, message_id: str) -> tuple[list[bytes], bytes]:
    text = parse(_join(fields, body)).text
    boundary = "alternative_" + re.sub(r"[^A-Za-z0-9]", "", message_id)[:40]
    content = [field for field in fields if _CONTENT.match(field)]
    others = [field for field in fields if not _CONTENT.match(field)]
    encoded = base64.encodebytes(text.replace("\n", "\r\n").encode())
    parts = [
        f"--{boundary}\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n".encode(),
        encoded + f"--{boundary}".encode(),
        b"\n".join(content) + b"\n",
        body.rstrip(b"\n") + f"\n--{boundary}--\n".encode(),
    ]
    header = f'Content-Type: multipart/alternative; boundary="{boundary}"'.encode()
    return [*others, header], b"\n".join(parts)

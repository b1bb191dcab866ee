"""The bytes of a letter, put together by hand: `EmailMessage` takes three times as long.

Only what may hold a stranger's words (From, To, Subject, names of files) goes through the standard library, which
encodes and folds it; all else is our own, in ASCII, and refused otherwise. Every part is quoted-printable or base64.
"""

import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address as HeaderAddress
from email.message import MIMEPart
from email.policy import SMTP
from email.utils import format_datetime
from functools import lru_cache

from maild.core.message import Address
from maild.core.quote import short_name
from maild.core.template_html import page
from maild.errors import LetterError

# Python up to 3.12 folds long address lists wrongly; at 998 characters (RFC 5322, section 2.1.1) it needn't fold.
HEADERS = SMTP.clone(max_line_length=998)
_ASCII = re.compile(r"[ -~]{1,990}")
# The encoder forgets that a blank at the end of a long line becomes three letters (RFC 2045, section 6.7, rule 5).
_LONG_LINE = re.compile(rb"(?m)^([^\r\n]{74,75})(=[0-9A-F]{2})(?=\r?$)")
_TEXT_PLAIN = b'Content-Type: text/plain; charset="utf-8"; format="flowed"'
_TEXT_HTML = b'Content-Type: text/html; charset="utf-8"'
_QUOTED_PRINTABLE = b"Content-Transfer-Encoding: quoted-printable"


@dataclass(frozen=True, slots=True)
class File:
    """A file to be attached."""

    name: str
    type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Body:
    """What a letter says: flowed text, the same in HTML where there is any, and files."""

    text: str
    html: str = ""
    files: tuple[File, ...] = ()
    language: str = "de"


@lru_cache(maxsize=1024)
def people_field(name: str, addresses: tuple[Address, ...]) -> bytes:
    """From or To; raises LetterError where an address can't be written."""
    return _fold(name, [header_address(address) for address in addresses])


def header_address(address: Address) -> HeaderAddress:
    """An address as the standard library writes it; raises LetterError where it can't be written."""
    if not address.address.isascii():
        raise LetterError("an address with letters beyond ASCII (RFC 6531) can't be written to")
    try:
        return HeaderAddress(display_name=short_name(address.name), addr_spec=address.address)
    except (HeaderParseError, ValueError, IndexError) as error:
        raise LetterError("the mail's sender has an address that can't be written") from error


def text_field(name: str, value: str) -> bytes:
    """Subject: whatever it holds, one line."""
    return b"".join((name.encode(), b": ", value.encode())) if _is_short(value) else _fold(name, value)


def own_field(name: str, value: str) -> bytes:
    """A field whose value is our own or was checked; raises LetterError where it is not plain ASCII on one line."""
    if not _ASCII.fullmatch(value):
        raise LetterError(f"the field {name} of the letter can't be written")
    return f"{name}: {value}".encode("ascii")


def date_field(now: datetime) -> bytes:
    """Date."""
    return own_field("Date", format_datetime(now))


def letter_bytes(fields: Sequence[bytes], body: Body) -> bytes:
    """The whole letter, with CRLF (RFC 5322, section 2.3)."""
    part = _text_part(_TEXT_PLAIN, body.text)
    if body.html:
        part = _multipart("alternative", [part, _text_part(_TEXT_HTML, page(body.html, body.language))])
    if body.files:
        part = _multipart("mixed", [part, *map(_file_part, body.files)])
    return b"\r\n".join([*fields, b"MIME-Version: 1.0", part])


def _fold(name: str, value: object) -> bytes:
    made: str = HEADERS.header_factory(name, value).fold(policy=HEADERS)
    return made.encode("ascii").removesuffix(b"\r\n")


def _is_short(value: str) -> bool:
    """Plain ASCII that needs no folding, and that no reader could take for an encoded word (RFC 2047)."""
    return _ASCII.fullmatch(value) is not None and "=?" not in value


def _text_part(kind: bytes, text: str) -> bytes:
    content = binascii.b2a_qp(text.replace("\n", "\r\n").encode("utf-8", "replace"), istext=True)
    content = _LONG_LINE.sub(rb"\1=\r\n\2", content)
    return b"\r\n".join([kind, _QUOTED_PRINTABLE, b"", content])


def _multipart(kind: str, parts: Sequence[bytes]) -> bytes:
    # «=_» stands in no quoted-printable text (RFC 2045, section 6.7) and in no base64, so no content can hold it.
    boundary = f"=_{kind}"
    line = f"--{boundary}".encode()
    pieces = [f'Content-Type: multipart/{kind}; boundary="{boundary}"'.encode(), b""]
    for part in parts:
        pieces += [line, part]  # its last line break is its own (RFC 2046, section 5.1.1)
    return b"\r\n".join([*pieces, line + b"--", b""])


def _file_part(file: File) -> bytes:
    main, _, sub = file.type.partition("/")
    part = MIMEPart(policy=SMTP)
    part.set_content(
        file.data, maintype=main, subtype=sub or "octet-stream", disposition="attachment", filename=file.name
    )
    return part.as_bytes(policy=HEADERS)

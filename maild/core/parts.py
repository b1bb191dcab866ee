"""The body of a mail: its readable text and its attachments.

The parts are found by a walk of our own over the standard library's tree, since what is the text of a mail (one of
several alternatives, an HTML part with a footer, a charset nobody knows) is decided by where a part stands, and
mail-parser only lists texts by type, lets those of an attached mail run into them, and raises on a multipart without
boundary. What it does well, the names of attachments, is asked of it in `attachment`.

Never raises. Does not open attached mails, archives or calendars, and holds no attachment's bytes.
"""

import binascii
import email
import re
from dataclasses import dataclass
from email.message import Message

from maild.core.attachment import attachment_name
from maild.core.charset import UNREADABLE, decode
from maild.core.encoded import base64_bytes, with_words
from maild.core.field import Block
from maild.core.markup import html_to_text
from maild.core.message import Attachment
from maild.core.text import unflow

MAX_PARTS = 500
MAX_DEPTH = 50
MAX_TEXT = 1_000_000  # characters

_MIME = ("content-type", "content-disposition", "content-transfer-encoding", "content-id")
_READ_AS_TEXT = ("text/plain", "text/html", "text/enriched", "text/richtext", "text/markdown")
_CONTAINER = re.compile(rb"boundary\s{0,20}=|message/", re.IGNORECASE)
_MIME_FIELD = re.compile(
    rb"^content-[a-z-]{1,30}[ \t]*:[^\n]*(?:\n[ \t][^\n]*)*", re.IGNORECASE | re.MULTILINE
)
_META_CHARSET = re.compile(rb"<meta[^<>]{0,200}charset\s{0,9}=\s{0,9}[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f]")
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Body:
    """What a mail holds beside its header."""

    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    types: tuple[str, ...] = ()  # of all parts outside attached mails, as "text/calendar; method=request"
    defects: tuple[str, ...] = ()


def read_body(raw: bytes, block: Block) -> Body:
    """Text and attachments of a whole mail whose header is already taken apart."""
    head = b"".join(
        field.name.encode() + b": " + field.raw + b"\r\n"
        for field in block.fields
        if field.name.lower() in _MIME
    )
    source = head + b"\r\n" + raw[block.body :]
    if _too_costly(source):
        return Body(defects=("the structure is too complex; the body was not read",))
    try:
        message = email.message_from_bytes(source)
    except UNREADABLE:
        return Body(defects=(_TOO_DEEP,))
    reader = _Reader()
    text = reader.read(message, 0)
    return reader.body(text.text)


_TOO_DEEP = f"parts nested deeper than {MAX_DEPTH} were not read"


def _too_costly(source: bytes) -> bool:
    """Whether the standard parser would take very long.

    It compares every line with every open boundary, and splits a parameter list in time quadratic to its length.
    """
    containers = len(_CONTAINER.findall(source))
    parameters = sum(len(match[0]) ** 2 for match in _MIME_FIELD.finditer(source))
    return containers * source.count(b"\n") > 20_000_000 or parameters > 100_000_000


@dataclass(frozen=True, slots=True)
class _Text:
    """Text of a part, and whether all of it was written as text rather than HTML."""

    text: str = ""
    plain: bool = True


class _Reader:
    """One walk over the parts of one mail."""

    def __init__(self) -> None:
        self._attachments: list[Attachment] = []
        self._types: list[str] = []
        self._defects: dict[str, None] = {}
        self._parts = 0

    def body(self, text: str) -> Body:
        """All that was found."""
        if len(text) > MAX_TEXT:
            self._defects[f"the text was cut after {MAX_TEXT} characters"] = None
        defects = tuple(self._defects)
        return Body(text[:MAX_TEXT].strip("\n"), tuple(self._attachments), tuple(self._types), defects)

    def read(self, part: Message, depth: int) -> _Text:
        """The text of a part and all below it; attachments are collected on the way."""
        self._parts += 1
        if self._parts > MAX_PARTS:
            self._defects[f"more than {MAX_PARTS} parts"] = None
            return _Text()
        if depth > MAX_DEPTH:
            self._defects[_TOO_DEEP] = None
            return _Text()
        try:
            return self._read(part, _view(part), depth)
        except UNREADABLE:
            self._defects["a part could not be read"] = None
            return _Text()

    def _read(self, part: Message, view: Message, depth: int) -> _Text:
        kind = view.get_content_type()
        self._types.append(_described(view, kind))
        inside = _inside(part)
        if inside and kind.startswith("multipart/"):
            return self._container(kind, inside, depth)
        if inside or kind.startswith("message/"):
            self._attach(view, kind, _size_below(part))
            return _Text()
        content = self._content(part, view)
        if not _is_text(view, kind):
            self._attach(view, kind, len(content))
            return _Text()
        return self._text(content, view, kind)

    def _container(self, kind: str, inside: list[Message], depth: int) -> _Text:
        texts: list[_Text] = []
        for part in inside:
            if self._parts > MAX_PARTS:
                break
            text = self.read(part, depth + 1)
            if text.text.strip():
                texts.append(text)
        if kind == "multipart/alternative" and texts:
            return next((text for text in texts if text.plain), texts[-1])
        joined = "\n\n".join(text.text.strip("\n") for text in texts)
        return _Text(joined, all(text.plain for text in texts))

    def _attach(self, view: Message, kind: str, size: int) -> None:
        self._attachments.append(Attachment(attachment_name(view), kind, size))

    def _content(self, part: Message, view: Message) -> bytes:
        """The bytes of a part after its transfer encoding (RFC 2045, section 6) is undone."""
        encoding = str(view.get("content-transfer-encoding", "")).strip().lower()
        del part[
            "content-transfer-encoding"
        ]  # the standard library raises on some pairs of encoding and payload
        payload = _payload(part)
        if "uu" in encoding and payload:
            part["content-transfer-encoding"] = "x-uuencode"
            return _payload(part)
        if encoding == "quoted-printable":
            return binascii.a2b_qp(payload)
        if encoding != "base64":
            return payload
        if _is_broken_base64(payload):
            self._defects["a part is broken base64"] = None
        return base64_bytes(payload)

    def _text(self, content: bytes, view: Message, kind: str) -> _Text:
        charset = view.get_content_charset("")
        html = kind == "text/html"
        if html and not charset and (match := _META_CHARSET.search(content[:4_000])):
            charset = match[1].decode("ascii", "replace")
        text, defect = decode(content, charset)
        self._note(defect)
        text = _CONTROL.sub("", _LINE_END.sub("\n", text.removeprefix("\ufeff")))
        if html:
            text, defect = html_to_text(text)
            self._note(defect)
        elif str(view.get_param("format", "")).lower() == "flowed":
            text = unflow(text, delsp=str(view.get_param("delsp", "")).lower() == "yes")
        return _Text(text, plain=not html)

    def _note(self, defect: str) -> None:
        if defect:
            self._defects[defect] = None


def _view(part: Message) -> Message:
    """The MIME fields of a part alone, decoded by our own layer: the standard one loses 8-bit letters in them."""
    view = Message()
    view.set_default_type(part.get_default_type())
    view.set_payload("")  # with none at all, get_payload of Python 3.11 runs into a variable it never set
    for name, value in part.raw_items():
        if name.lower() in _MIME and name.lower() not in view:
            view[name.lower()] = with_words(str(value).encode("utf-8", "surrogateescape"))
    if not _has_sound_parameters(view):
        for name in view:
            view.replace_header(name, str(view[name]).partition(";")[0])
    return view


def _has_sound_parameters(view: Message) -> bool:
    try:
        view.get_filename()
        view.get_content_charset()
        view.get_params()
    except UNREADABLE:
        return False
    return True


def _described(view: Message, kind: str) -> str:
    """The type with the parameters by which machines, and kinds of S/MIME, are told apart."""
    named = ((name, view.get_param(name)) for name in ("method", "report-type", "smime-type"))
    return "; ".join((kind, *(f"{name}={value.lower()}" for name, value in named if isinstance(value, str))))


def _is_text(view: Message, kind: str) -> bool:
    """Whether a part is to be read rather than saved."""
    if kind.startswith("multipart/"):
        return True  # without a boundary it is one piece (RFC 2046, section 5.1): some bounces come so
    return (
        kind in _READ_AS_TEXT and not view.get_filename() and view.get_content_disposition() != "attachment"
    )


def _inside(part: Message) -> list[Message]:
    """The parts directly below a part; of an attached mail, that mail."""
    if not part.is_multipart():
        return []
    return [below for below in part.get_payload() if isinstance(below, Message)]


def _payload(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _is_broken_base64(payload: bytes) -> bool:
    letters = b"".join(payload.split())
    return len(letters) % 4 != 0 or len(base64_bytes(letters)) < (len(letters) - 2) // 4 * 3


def _size_below(part: Message) -> int:
    """Bytes of an attached mail, as near as its tree tells without writing it anew, which not every mail survives."""
    try:
        below = [one for inner in _inside(part) for one in inner.walk()]
    except UNREADABLE:
        return 0  # nested deeper than Python goes
    return sum(_own_size(one) for one in below) or len(_payload(part))


def _own_size(part: Message) -> int:
    head = sum(len(name) + len(str(value)) + 4 for name, value in part.raw_items())
    del part["content-transfer-encoding"]
    return head + 2 + len(_payload(part))

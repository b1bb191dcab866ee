"""Header values as people read them: 8-bit bytes decoded, encoded words (RFC 2047) undone, on one line.

Addresses are split before their encoded words are decoded (see `addresses`), so this file offers both halves. It
never raises; an encoded word that can't be read stays as it was written.
"""

import binascii
import re

from maild.core.charset import decode

WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?=")

_FOLDED = re.compile(r"[\r\n]+(?=[ \t])")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_BASE64 = bytes(set(range(256)) - set(_BASE64))


def readable(raw: bytes) -> str:
    """A whole header value: decoded, on one line, without control characters."""
    return one_line(decode_words(with_words(raw)))


def with_words(raw: bytes) -> str:
    """A header value on one line whose encoded words are still encoded."""
    return one_line(decode(raw)[0])


def one_line(text: str) -> str:
    """Without line breaks and control characters, which would let a value start a header of its own."""
    return _CONTROL.sub(" ", _FOLDED.sub("", text)).strip()


def decode_words(text: str) -> str:
    """Text with every encoded word decoded.

    Blanks between two encoded words vanish (section 6.2); words of one charset that stand together are decoded as one,
    since many programs cut a character in two.
    """
    if "=?" not in text:
        return text
    out: list[str] = []
    run: list[bytes] = []
    charset, position = "", 0
    for match in WORD.finditer(text):
        gap = text[position : match.start()]
        raw, named = _payload(match)
        if run and (gap.strip() or named != charset):
            out.append(decode(b"".join(run), charset)[0])
            run = []
        if gap.strip() or not position:
            out.append(gap)
        charset, position = named, match.end()
        run.append(raw)
    out.append(decode(b"".join(run), charset)[0])
    return "".join(out) + text[position:]


def _payload(match: re.Match[str]) -> tuple[bytes, str]:
    """The bytes of one encoded word and their charset, without the language of RFC 2231, section 5."""
    charset = match[1].partition("*")[0].lower()
    payload = match[3].encode("utf-8")
    if match[2] in "qQ":
        return binascii.a2b_qp(payload, header=True), charset if payload.isascii() else "utf-8"
    raw = base64_bytes(payload)
    return (raw, charset) if raw or not payload else (match[0].encode("utf-8"), "utf-8")


def base64_bytes(encoded: bytes) -> bytes:
    """As much as can be read of a base64 text (RFC 2045, section 6.8), wrong padding and foreign characters or not."""
    letters = encoded.partition(b"=")[0].translate(None, _NOT_BASE64)
    usable = letters[: len(letters) - 1] if len(letters) % 4 == 1 else letters
    return binascii.a2b_base64(usable + b"=" * (-len(usable) % 4))

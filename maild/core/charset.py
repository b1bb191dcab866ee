"""Bytes to text, whatever the mail says about its charset.

Never raises, and what it returns can always be written as UTF-8: no lone surrogate leaves here.
"""

import codecs
import re
from email.errors import MessageError

# What a foreign library or the standard one raises on hostile bytes. RecursionError is a RuntimeError; UnicodeError,
# binascii.Error and many others are a ValueError. Not Exception: a mistake of our own in a name should be seen.
UNREADABLE = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RuntimeError,
    MessageError,
)

_ALIASES = {
    # WHATWG: what calls itself Latin-1 or ASCII is Windows-1252 in practice; so are the supersets below
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "ansi": "cp1252",
    "win-1252": "cp1252",
    "cp-1252": "cp1252",
    "windows1252": "cp1252",
    "x-cp1252": "cp1252",
    "cp-850": "cp850",
    "utf8mb4": "utf-8",
    "utf-8mb4": "utf-8",
    "unicode-1-1-utf-8": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
    "x-mac-roman": "mac_roman",
    "x-macroman": "mac_roman",
    "macintosh": "mac_roman",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "x-gbk": "gb18030",
    "x-euc-jp": "euc_jp",
}
_UNSAID = frozenset(
    {"", "unknown", "unknown-8bit", "x-unknown", "8bit", "x-user-defined", "default", "binary"}
)
# Codecs that are no charset of a mail: quadratic in time (idna, punycode), or full of escapes and warnings.
_REFUSED = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "charmap"})
_SURROGATE = re.compile("[\ud800-\udfff]")


def decode(raw: bytes, charset: str = "") -> tuple[str, str]:
    """The text, and a short phrase where the charset that the mail names did not do; else an empty one.

    The order is: the charset named, UTF-8, Windows-1252, Latin-1. The last knows every byte.
    """
    name = charset.strip(" \t\"';").lower()[:40]
    if name in _UNSAID:
        return _guess(raw), ""
    codec = _codec(name)
    if codec is None:
        return _guess(raw), "unknown charset"
    text = _strictly(raw, codec)
    if text is not None:
        return text, ""
    return _guess(raw), "" if codec == "cp1252" else "text is not in the charset named"


def _codec(name: str) -> str | None:
    """Python's name for a charset; None for what is none, such as "hex" or "base64"."""
    try:
        codec = codecs.lookup(_ALIASES.get(name, name)).name
        b"    ".decode(codec)  # raises LookupError where a codec makes no text
    except UnicodeDecodeError:
        pass
    except UNREADABLE:
        return None
    return None if codec in _REFUSED else codec


def _strictly(raw: bytes, codec: str) -> str | None:
    try:
        return _SURROGATE.sub("\ufffd", raw.decode(codec))
    except UnicodeDecodeError as error:
        # A mail read in part ends inside a character: no reason to guess at the rest. One that is ASCII up to its
        # last byte ends in the «ß» of another charset.
        cut = error.start >= len(raw) - 3 and not raw[: error.start].isascii() and _ends_early(error)
        return _strictly(raw[: error.start], codec) if cut else None
    except UNREADABLE:
        return None


def _ends_early(error: UnicodeDecodeError) -> bool:
    return any(word in error.reason for word in ("unexpected end", "incomplete", "truncated"))


def _guess(raw: bytes) -> str:
    text = _strictly(raw, "utf-8")
    if text is not None:
        return text
    patched = raw.decode("utf-8", "replace")
    broken = patched.count("\ufffd")
    # Some bytes of a long UTF-8 text were lost: better a few marks than all its umlauts wrong. In a text that is
    # not UTF-8 nearly every letter beyond ASCII is broken.
    if broken < sum(1 for letter in patched if letter > "\x7f") - broken:
        return patched
    text = _strictly(raw, "cp1252")
    return raw.decode("latin-1") if text is None else text

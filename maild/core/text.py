"""Plain text of mails: flowed lines, the part a person wrote anew, and forms to compare texts by.

Decides nothing about a mail and knows no headers. Every function is linear in the length of its text.
"""

import hashlib
import re
import unicodedata

from maild.core.quotation import own_lines

MAX_LINES = 400
MAX_BYTES = 64 * 1024

_QUOTED = re.compile(r"(>*)( ?)(.*)", re.DOTALL)
_UMLAUTS = (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"))
# Soft hyphen and zero-width letters split a word for a program, not for a reader.
_UNSEEN = ("\u00ad", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff")
_SPACING = (*((letter, "") for letter in _UNSEEN), ("\u00a0", " "), ("\u202f", " "))


def new_text(text: str) -> str:
    """What this mail says itself: without quotation, signature and disclaimer.

    Looks at the first 400 lines and 64 KB only and returns nothing of what comes after. Answers written between the
    lines of a quotation are kept together with it; a mail that is nothing but a forwarded one is kept whole.
    """
    window = text.encode("utf-8", "replace")[:MAX_BYTES].decode("utf-8", "ignore")
    return "\n".join(own_lines(window.split("\n")[:MAX_LINES])).strip()


def unflow(text: str, delsp: bool = False) -> str:
    """Text of `format=flowed` with its paragraphs on one line each (RFC 3676, section 4)."""
    out: list[str] = []
    open_line: list[str] = []
    open_depth = 0
    for line in text.split("\n"):
        marks, _, content = _QUOTED.match(line).groups()  # type: ignore[union-attr]  # it matches anything
        depth = len(marks)
        signature = content == "-- "
        if open_line and (depth != open_depth or signature):
            out.append(_with_marks(open_depth, open_line))
            open_line = []
        flowed = content.endswith(" ") and not signature
        open_line.append(content[:-1] if flowed and delsp else content)
        open_depth = depth
        if not flowed:
            out.append(_with_marks(depth, open_line))
            open_line = []
    return "\n".join([*out, _with_marks(open_depth, open_line)] if open_line else out)


def _with_marks(depth: int, contents: list[str]) -> str:
    line = "".join(contents)
    return f"{'>' * depth} {line}" if depth and line else ">" * depth + line


def fold(text: str) -> str:
    """The form in which texts are matched: Unicode form, case, ä/ae, ö/oe, ü/ue and ß/ss are one; idempotent."""
    if text.isascii():
        return text.lower()
    folded = _composed(_replaced(text, _SPACING))
    while not _settled(folded):  # a letter may compose anew with the mark after a resolved umlaut
        folded = _composed(folded)
    return folded


def _composed(text: str) -> str:
    return _replaced(unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold()), _UMLAUTS)


def _replaced(text: str, letters: tuple[tuple[str, str], ...]) -> str:
    # Six times as fast as str.translate, which looks up each letter of a text that is not ASCII.
    for letter, spelled in letters:
        text = text.replace(letter, spelled)
    return text


def _settled(text: str) -> bool:
    return text.isascii() or _composed(text) == text


def normalised(text: str) -> str:
    """The own words of a letter on one line, by which a draft left alone is told from one that was edited.

    Quotation and signature are cut; line ends and blanks are one, so it makes no difference where a mail program
    wraps, nor whether the text is still flowed.
    """
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").split("\n")
    return " ".join(" ".join(own_lines(lines)).split())


def text_hash(text: str) -> str:
    """SHA-256, in hexadecimal, of the normalised text."""
    return hashlib.sha256(normalised(text).encode("utf-8", "replace")).hexdigest()

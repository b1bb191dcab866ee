"""Address headers (RFC 5322, section 3.4) as real programs write them.

A header is split first and its encoded words are decoded afterwards: a comma or an angle bracket that comes out of an
encoded word is text and can't add a recipient. For the same reason a display name that looks like another address
stays a name. What holds no usable address is left out. Linear in time, never raises.
"""

import re
from dataclasses import dataclass, field

from maild.core.encoded import WORD, decode_words, one_line
from maild.core.message import Address

MAX_ADDRESSES = 5_000
MAX_NAME = 500  # characters

_LEXEME = re.compile(rf"({WORD.pattern})|\\.|[\",;:<>()]|[^\",;:<>()\\=]+|.", re.DOTALL)
_PAIR = re.compile(r"\\(.)", re.DOTALL)
_BLANKS = re.compile(r"\s+")
_USABLE = re.compile(r'(?:"[^"<>\r\n]+"|[^\s@"<>()]+)@[^\s@<>"(),;:]+')
_BRACKETS = '"(<'


def addresses(value: str) -> tuple[Address, ...]:
    """The mailboxes of a header value on one line (`encoded.with_words`), groups taken apart."""
    found: list[Address] = []
    loose = ""  # «Müller, Anna <anna@…>» without quotes: what stands before the comma
    for piece in _pieces(value):
        address = piece.address()
        if address is None:
            phrase = piece.phrase()
            loose = f"{loose}{phrase}, " if phrase and len(loose) < MAX_NAME else ""
            continue
        if loose and piece.angle:
            address = Address(address.address, _name(loose + piece.phrase(), address.address))
        found.append(address)
        loose = ""
        if len(found) == MAX_ADDRESSES:
            break
    return tuple(found)


@dataclass(slots=True)
class _Piece:
    """What stands between two commas."""

    text: list[str] = field(default_factory=list)  # outside of everything, and quoted strings
    quoted: list[str] = field(default_factory=list)  # the same with the quotes left in
    comment: list[str] = field(default_factory=list)
    angle: list[str] = field(default_factory=list)
    group: bool = True  # whether what stands here may still be the name of a group

    def phrase(self) -> str:
        """The words before the address, still encoded."""
        return "".join(self.text).strip()

    def address(self) -> Address | None:
        """The mailbox, or None where no usable address is here."""
        spec = "".join(self.angle or self.quoted).strip()
        if self.angle and '"' not in spec:
            spec = _BLANKS.sub("", spec)
        if spec.startswith("@") and ":" in spec:
            spec = spec.partition(":")[2]  # the source route of RFC 5322, section 4.4
        if len(spec) > 500 or not _USABLE.fullmatch(spec):
            return None
        local, _, domain = spec.rpartition("@")
        spec = f"{local}@{domain.lower()}"
        name = self.phrase() if self.angle else ""
        return Address(spec, _name(name or "".join(self.comment), spec))


def _name(phrase: str, address: str) -> str:
    """A display name decoded, without quotes; empty where it only repeats the address."""
    text = one_line(_BLANKS.sub(" ", decode_words(phrase)))
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1].strip()
    return "" if text.lower() == address.lower() else text


def _pieces(value: str) -> list[_Piece]:
    """The header cut at its commas; a bracket or quote that is never closed is taken as a letter."""
    lexemes = [match[0] for match in _LEXEME.finditer(value)]
    letters = ""
    while True:
        cutter = _Cutter(letters)
        for lexeme in lexemes:
            cutter.take(lexeme)
        if not cutter.inside:
            return cutter.pieces
        letters += cutter.inside


class _Cutter:
    """One pass over the lexemes of a header."""

    def __init__(self, letters: str) -> None:
        self.pieces = [_Piece()]
        self.inside = ""  # the bracket or quote that is open
        self._letters = letters
        self._depth = 0  # of comments, which nest

    def take(self, lexeme: str) -> None:
        """Read one lexeme: an encoded word, a quoted pair, a special character or a run of others."""
        if self.inside == "(":
            self._in_comment(lexeme)
        elif self.inside == '"':
            self._in_quotes(lexeme)
        elif self.inside == "<":
            self._in_angle(lexeme)
        elif len(lexeme) > 1 or lexeme in self._letters:
            self._write(lexeme)
        else:
            self._outside(lexeme)

    def _in_comment(self, lexeme: str) -> None:
        self._depth += (lexeme == "(") - (lexeme == ")")
        if self._depth:
            self.pieces[-1].comment.append(_PAIR.sub(r"\1", lexeme))
        else:
            self.inside = ""

    def _in_quotes(self, lexeme: str) -> None:
        self.pieces[-1].quoted.append(lexeme)
        if lexeme == '"':
            self.inside = ""
        else:
            self.pieces[-1].text.append(_PAIR.sub(r"\1", lexeme))

    def _in_angle(self, lexeme: str) -> None:
        if lexeme == ">":
            self.inside = ""
        else:
            self.pieces[-1].angle.append(lexeme)

    def _outside(self, lexeme: str) -> None:
        piece = self.pieces[-1]
        if lexeme in ",;":
            self.pieces.append(_Piece())
        elif lexeme == ":" and piece.group:
            self.pieces[-1] = _Piece()  # what stood there was the name of a group
        elif lexeme in _BRACKETS:
            self._open(lexeme, piece)
        else:
            self._write(lexeme)

    def _open(self, lexeme: str, piece: _Piece) -> None:
        self.inside, self._depth = lexeme, int(lexeme == "(")
        if lexeme == '"':
            piece.quoted.append(lexeme)
        if lexeme == "<":
            piece.group = False
            if piece.angle:
                piece.text.append(f"<{''.join(piece.angle)}>")  # only the last one is the address
                piece.angle.clear()

    def _write(self, lexeme: str) -> None:
        piece = self.pieces[-1]
        piece.text.append(_PAIR.sub(r"\1", lexeme) if lexeme.startswith("\\") else lexeme)
        piece.quoted.append(lexeme)
        piece.group = piece.group and "@" not in lexeme

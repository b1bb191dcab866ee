"""Whether a mail is from whom it says, as the receiving server found out: Authentication-Results (RFC 8601).

Nothing is verified here. Anybody can write such a field, so only those count whose authserv-id the client's own file
names as trusted, and of these only the topmost: servers put theirs on top, and a forged one came with the mail. Name
only a server that takes foreign fields with its id out of incoming mail, as RFC 8601, section 5, asks of it. What is
not well-formed says nothing. Linear in time, never raises.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from maild.core.message import Mail

RESULTS = {
    "dmarc": ("none", "pass", "fail", "temperror", "permerror"),  # RFC 7489, section 11.2
    "spf": ("none", "neutral", "pass", "fail", "softfail", "policy", "temperror", "permerror"),
    "dkim": ("none", "neutral", "pass", "fail", "policy", "temperror", "permerror"),
}
"""The methods that rules may ask for, and what a server may say of each (RFC 8601, section 2.7)."""

MAX_LENGTH = 20_000
"""Characters; a longer field says nothing, since its end might take back its beginning."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one method found."""

    method: str  # in lower case, as "dkim"
    result: str  # in lower case, as "pass"
    properties: tuple[tuple[str, str], ...] = ()  # ("header.d", "kunde.example"), in order

    def has(self, name: str) -> bool:
        """Whether a property stands there at all."""
        return any(key == name for key, _ in self.properties)

    def domain(self, name: str) -> str:
        """The domain of a property, in lower case; empty where the property names none, or several."""
        values = {value for key, value in self.properties if key == name}
        value = values.pop() if len(values) == 1 else ""
        domain = value.rpartition("@")[2].rstrip(".").lower()
        return domain if value.isascii() and _DOMAIN.fullmatch(domain) else ""


@dataclass(frozen=True, slots=True)
class Authentication:
    """The findings of the trusted server on one mail; without any, the mail is not authenticated."""

    results: tuple[Result, ...] = ()
    proof: str = ""  # what shows that it is from its From domain: dmarc, spf or dkim; or nothing

    @property
    def authenticated(self) -> bool:
        """Whether the mail is from its From domain."""
        return bool(self.proof)

    def words(self, method: str) -> tuple[str, ...]:
        """The results of one method, in order; a mail may bear several signatures of DKIM."""
        return tuple(each.result for each in self.results if each.method == method)


def read_authentication(mail: Mail, trusted: Collection[str]) -> Authentication:
    """The findings of the topmost trusted field; `trusted` holds authserv-ids in lower case.

    A mail is authenticated by a pass of DMARC, or by one of SPF or DKIM whose domain is aligned with that of From,
    unless DMARC is said to fail. Aligned is the same domain, one above it or one below it. DMARC (RFC 7489, section
    3.1.1) also aligns two below a third, for which it needs the list of public suffixes; without that list fewer mails
    pass, never more, as long as nobody sends from a public suffix itself. A mail with several senders, or none, is not
    authenticated.
    """
    results = _trusted_results(mail, trusted)
    domain = _wire(mail.from_[0].domain) if len(mail.from_) == 1 and len(mail.header("From")) <= 1 else ""
    if not domain or any(each.method == "dmarc" and each.result == "fail" for each in results):
        return Authentication(results)
    return Authentication(results, next((each.method for each in results if _proves(each, domain)), ""))


def _trusted_results(mail: Mail, trusted: Collection[str]) -> tuple[Result, ...]:
    for value in mail.header("Authentication-Results"):
        (first, *segments), whole = _segments(value)
        server, *version = (word.text for word in first) if first else ("",)
        # Without a look at isascii, a letter that lower() turns into ASCII would do.
        if server.isascii() and server.lower() in trusted:
            # One that can't be read is believed nothing, and hides those below it all the same.
            return tuple(_results(segments)) if whole and version in ([], ["1"]) else ()
    return ()


def _proves(each: Result, domain: str) -> bool:
    if each.result != "pass":
        return False
    if each.method == "dmarc":
        return not each.has("header.from") or each.domain("header.from") == domain
    if each.method == "spf":
        return _aligned(each.domain("smtp.mailfrom"), domain)
    signer = "header.d" if each.has("header.d") else "header.i"
    return each.method == "dkim" and _aligned(each.domain(signer), domain)


def _aligned(found: str, domain: str) -> bool:
    return bool(found) and (found == domain or found.endswith(f".{domain}") or domain.endswith(f".{found}"))


def _wire(domain: str) -> str:
    """A From domain as servers write it: in lower case, with umlauts in the xn-- form; empty where it is none."""
    try:
        # The codec takes time quadratic to the length.
        wire = domain.encode("idna").decode("ascii") if len(domain) <= _LONGEST else ""
    except UnicodeError:
        return ""
    wire = wire.rstrip(".").lower()
    return wire if _DOMAIN.fullmatch(wire) else ""


_LONGEST = 253
_DOMAIN = re.compile(r"(?:[a-z0-9_-]{1,63}\.)+[a-z0-9_-]{1,63}")  # two labels or more: nothing is below «de»


def _results(segments: list[list["_Word"]]) -> Iterator[Result]:
    for words in segments:
        method, result, rest = _method(words)
        if method:
            yield Result(method, result, tuple(_properties(rest)))


def _method(words: list["_Word"]) -> tuple[str, str, list["_Word"]]:
    """Method and result, which may have blanks around their =, and the words after them; empty texts for rubbish."""
    head, taken = "", 0
    for word in words[:3]:
        if head and not head.endswith("=") and not word.text.startswith("="):
            break
        head += word.text if word.plain == word.text else '"'
        taken += 1
    found = _METHOD.fullmatch(head)
    return (found[1].lower(), found[2].lower(), words[taken:]) if found else ("", "", [])


_METHOD = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,40})(?:/[0-9]{1,3})?=([A-Za-z][A-Za-z0-9-]{0,40})")


def _properties(words: list["_Word"]) -> Iterator[tuple[str, str]]:
    for word in words:
        name, sign, _ = word.plain.partition("=")
        if sign and _PROPERTY.fullmatch(name):
            yield name.lower(), word.text[len(name) + 1 :]


_PROPERTY = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,40}\.[A-Za-z][A-Za-z0-9_-]{0,40}")


@dataclass(slots=True)
class _Word:
    """Letters without a blank between them."""

    text: str = ""  # without quotation marks
    plain: str = ""  # what stands before the first of them


def _segments(value: str) -> tuple[list[list[_Word]], bool]:
    """The words between semicolons, without comments, and whether the field could be read to its end."""
    cutter = _Cutter()
    for found in _LEXEME.finditer(value[:MAX_LENGTH]):
        cutter.take(found[0])
    return cutter.segments, cutter.closed and len(value) <= MAX_LENGTH


_LEXEME = re.compile(r'\\.|["();]|[ \t\r\n]+|[^ \t\r\n"();\\]+|\\', re.DOTALL)


class _Cutter:
    """One pass over the lexemes of a field."""

    def __init__(self) -> None:
        self.segments: list[list[_Word]] = [[]]
        self._depth = 0  # of comments, which nest
        self._quoting = False
        self._word: _Word | None = None
        self._only_plain = True  # no quotation mark stood in the word yet

    @property
    def closed(self) -> bool:
        """Whether nothing is left open."""
        return not self._depth and not self._quoting

    def take(self, lexeme: str) -> None:
        """Read a quoted pair, a special character, blanks, or a run of others."""
        if self._quoting:
            self._in_quotes(lexeme)
        elif self._depth or lexeme == "(":
            self._depth += (lexeme == "(") - (lexeme == ")")
            self._word = None
        elif lexeme == ";":
            self.segments.append([])
            self._word = None
        elif lexeme.isspace():
            self._word = None
        elif lexeme == '"':
            self._write("")
            self._quoting, self._only_plain = True, False
        else:
            self._write(lexeme)

    def _in_quotes(self, lexeme: str) -> None:
        if lexeme == '"':
            self._quoting = False
        else:
            self._write(lexeme[1:] if len(lexeme) == 2 and lexeme[0] == "\\" else lexeme)

    def _write(self, letters: str) -> None:
        if self._word is None:
            self._word = _Word()
            self._only_plain = True
            self.segments[-1].append(self._word)
        self._word.text += letters
        if self._only_plain:
            self._word.plain += letters

"""Who signed a mail: the names below its closing, in its signature block, or in the fields of a contact form.

Looks only at what the writer wrote anew, never at a quotation or a forwarded mail, for there somebody else signed.
Says nobody rather than a doubtful one; the same reading of names as in headers, so nothing but letters ever comes out.
Linear in the length of the text, and never raising.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from maild.core.german import vocabulary as v
from maild.core.german.names import PersonName, one_line, read_written, same_person, take_pronouns
from maild.core.german.titles import take_titles
from maild.core.message import Address, Mail

SIGNERS = 3
"""So many names are greeted at most; from the fourth on it is «Damen und Herren» (german.md)."""


def signed_names(mail: Mail, writer: Address) -> tuple[PersonName, ...]:
    """Who signed, in the order written: mostly one, two for «Lisa Groß und Peter Klein»; empty where it isn't clear.

    `writer` is the address that is answered; it settles what the lines leave open. A recipient of the mail never
    signed it: a closing of theirs is a quotation that nothing marks.
    """
    readers = [read_written(each.name, each) for each in (*mail.to, *mail.cc) if each.key != writer.key]
    for lines in _signatures(mail):
        names = _first_names(lines, mail, writer)
        if names and not any(reader and same_person(name, reader) for name in names for reader in readers):
            return names
    return ()


def form_name(mail: Mail, writer: Address) -> PersonName | None:
    """The name typed into a contact form, out of lines such as «Anrede: Frau», «Name: Anna Müller»; else None.

    Only of mails that a website sent on somebody's behalf.
    """
    if not is_form(mail):
        return None
    fields = dict(_form_fields(mail.new_text))
    whole = " ".join(filter(None, (fields.get("title"), fields.get("given"), fields.get("family")))).strip()
    name = read_written(fields.get("name") or whole, Address(writer.address))
    if name is None or not fields.get("form"):
        return name
    return replace(name, form=name.form or take_titles(fields["form"].split())[2])


def is_form(mail: Mail) -> bool:
    """Whether a website wrote the mail on behalf of the one who filled in its form."""
    sender = mail.sender
    if sender is None:
        return False
    words = re.split(r"[^a-zäöüß]+", f"{sender.name} {sender.local}".casefold())
    return bool(v.FORM_SENDERS & {*words, sender.local.casefold()})


def says_du(text: str) -> bool:
    """Whether a text says du to its reader and nowhere Sie; noted for the secretary, never switched to."""
    return _DU.search(text) is not None and _SIE.search(text) is None


_DU = re.compile(r"\b[Dd](?:u|ich|ir|ein(?:e[mnrs]?)?)\b")
_SIE = re.compile(r"\b(?:Ihnen|Ihre[mnrs]?)\b|(?<=[\w,] )Sie\b")
_LINES = 8
_NEAR = 4  # lines below a closing in which one who signs for another stands
_LONGEST_LINE = 300
_CLOSING = re.compile(
    r"(?:(?:\w+\s+)?dank\w*\s+(?:im\s+voraus\s+)?(?:und|&)\s+)?"
    r"(?:(?:mit\s+)?(?:den\s+)?(?:(?:vielen|freundlich|best|viel|lieb|herzlich|schön|sonnig|kollegial|nett|ganz\s+lieb)"
    r"\w*\s+)?(?:und\s+\w+\s+)?gr(?:ü|u|ue)(?:ß|ss)(?:e|en)?\b"
    r"|(?:mfg|lg|vg|bg|glg|mit\s+besten\s+empfehlungen|hochachtungsvoll|herzlichst)\b"
    r"|(?:(?:with\s+)?(?:my\s+|our\s+)?(?:kind|best|warm|kindest|many)\s+(?:regards|wishes)|regards"
    r"|yours\s+(?:sincerely|faithfully|truly)|sincerely(?:\s+yours)?|cheers)\b)",
    re.IGNORECASE,
)
_GREETED_PLACE = re.compile(r"(?:aus|vom|von|nach|in|und|from|to|&|/)\b|[/&]", re.IGNORECASE)
_OTHERS_MAIL = re.compile(
    r"[*\s]{0,4}(?:Von|From)\s?\*?:|\s*-{2,}\s*(?:Urspr|Original|Weitergeleitet|Forwarded)|\s*_{20,}"
    r"|\s*(?:Anfang der weitergeleiteten|Begin forwarded)",
    re.IGNORECASE,
)
_QUOTED = re.compile(r">|.{0,200}\b(?:schrieb|wrote)\b.{0,200}:$")
_YOURS = re.compile(r"^(?:ihre?|dein?e?|eure?|euer|your)\s+", re.IGNORECASE)
_BEHALF = re.compile(r"^(?:i\.\s?[AV]\.|i[AV]\s|ppa\.?\s|p\.\s?p\.|pp\.)")
_BEHALF_ALONE = re.compile(r"im auftrag|in vertretung|i\.\s?[av]\.|i[av]|ppa\.?", re.IGNORECASE)
_GEZ = re.compile(r"^gez\.\s*", re.IGNORECASE)
_OWNER = re.compile(r"^Inh(?:\.|aber(?:in)?\b)")
_PRONOUN_LINE = re.compile(
    r"^(?:pronomen|pronouns)?\s*:?\s*[(\[]?[^\W\d_]+(?:\s?/\s?[^\W\d_]+){1,2}[)\]]?$", re.IGNORECASE
)


def _signatures(mail: Mail) -> Iterator[list[str]]:
    """What stands below each closing, with the signature block below the last one; no blank lines, no ornament."""
    own = _own_lines(mail.new_text)
    closings = [(at, rest) for at, line in enumerate(own) if (rest := _below_closing(line)) is not None]
    for number, (at, rest) in enumerate(closings, start=1):
        end = closings[number][0] if number < len(closings) else len(own)
        yield _worded([rest, *own[at + 1 : end], *(_block(mail) if end == len(own) else ())])
    if not closings:
        yield _worded(_block(mail))


def _worded(lines: Iterable[str]) -> list[str]:
    """Lines with words, without the marks of bold type and pictures; «Im Auftrag» joined to the name below it."""
    plain = (_GEZ.sub("", one_line(line).strip("*_ ")) for line in lines)
    worded = [line for line in plain if any(char.isalpha() for char in line) and line[:1] not in "[<"][
        : _LINES + 1
    ]
    for at in range(len(worded) - 2, -1, -1):
        if _BEHALF_ALONE.fullmatch(worded[at]):
            worded[at : at + 2] = [f"i. A. {worded[at + 1]}"]
    return worded[:_LINES]


def _first_names(lines: Sequence[str], mail: Mail, writer: Address) -> tuple[PersonName, ...]:
    marked = [name for line in lines[:_NEAR] if _BEHALF.match(line) for name in _names_in(line, writer)]
    if marked:  # «Mustermann Bau», below it «i. A. Sabine Klein»: she wrote it
        return tuple(marked) if len(marked) <= SIGNERS else ()
    if any(_OWNER.match(line) for line in lines[1:2]):  # «Meier Lampen», below it «Inh. Karl Meier»: a firm
        return ()
    for number, line in enumerate(lines):
        names = _names_in(line, writer)
        if names and (number == 0 or _is_borne_out(names, mail, writer)):
            return _with_pronouns(names, lines[number + 1 : number + 2])
        if not names and not _is_passed_over(line, writer):
            return ()
    return ()


def _own_lines(text: str) -> list[str]:
    lines = [line[:_LONGEST_LINE] for line in text.split("\n")]
    end = next((at for at, line in enumerate(lines) if _OTHERS_MAIL.match(line)), len(lines))
    return [line for line in lines[:end] if not line.startswith(">")]


def _below_closing(line: str) -> str | None:
    """What follows a closing in its line, «» for most; None for a line that is no closing."""
    text = line.strip()
    found = _CLOSING.match(text)
    if found is None:
        return None
    rest = text[found.end() :].lstrip(" ,.!;:-–")
    if not rest or _GREETED_PLACE.match(rest):
        return ""
    # «Viele Grüße an Ihre Kollegin» closes nothing; what is no name is a sentence.
    return rest if read_written(_YOURS.sub("", rest), Address("x@x.invalid")) or " " not in rest else None


def _block(mail: Mail) -> Iterator[str]:
    """The signature block (RFC 3676, section 4.3) that follows the writer's own text."""
    start = mail.text.find(mail.new_text)
    if start < 0:
        return
    lines = mail.text[start + len(mail.new_text) :][: _LINES * _LONGEST_LINE * 2].split("\n")
    after = [line[:_LONGEST_LINE] for line in lines]
    first = next((at for at, line in enumerate(after) if line.strip()), None)
    if first is None or after[first].rstrip(" \u00a0") != "--":
        return
    for line in after[first + 1 :]:
        if _OTHERS_MAIL.match(line) or _QUOTED.match(line):
            return
        yield line


def _names_in(line: str, writer: Address) -> tuple[PersonName, ...]:
    text = _YOURS.sub("", line)
    several = [part for part in _AND.split(text) if part.strip()]
    if len(several) > 1:
        names = [name for part in several if (name := read_written(part, writer)) and _is_whole(name)]
        if len(names) == len(several):
            return tuple(names) if len(names) <= SIGNERS else ()
    name = read_written(text, writer) or read_written(_before_comma(text), writer)
    return (name,) if name else ()


def _is_whole(name: PersonName) -> bool:
    return bool(name.form) or len(name.full.split()) > 1


_AND = re.compile(r"\s+(?:und|and|&|\+)\s+|\s+(?=i\.\s?[AV]\.\s|ppa\.\s)")


def _before_comma(text: str) -> str:
    """«Anna Müller» of «Anna Müller, Leiterin Einkauf»; a name with its family name first has but one word there."""
    left, comma, _ = text.partition(",")
    return left if comma and len(take_titles(left.split())[0]) > 1 else ""


def _is_borne_out(names: Sequence[PersonName], mail: Mail, writer: Address) -> bool:
    """A name below the first line counts if it has a title or a form of address, or if the header names it too."""
    if any(name.titles or name.form for name in names):
        return True
    header = f"{writer.name} {writer.local} {mail.sender.name if mail.sender else ''}".casefold()
    return any(len(word) > 2 and word.casefold() in header for name in names for word in name.full.split())


def _is_passed_over(line: str, writer: Address) -> bool:
    """A firm or a department above the name, which German letters have; not a sentence, and no street."""
    return (len(line.split()) <= 6 and line[-1] not in ".!?:") or read_written(line, writer) is not None


def _with_pronouns(names: tuple[PersonName, ...], following: Sequence[str]) -> tuple[PersonName, ...]:
    """«Peter Klein», and in the next line «(er/ihm)»."""
    if len(names) != 1 or names[0].form or not following or not _PRONOUN_LINE.match(following[0]):
        return names
    return (replace(names[0], form=take_pronouns(following[0])[1]),)


def _form_fields(text: str) -> Iterator[tuple[str, str]]:
    """Known fields with their values, which stand behind a colon or in the next line."""
    lines = [one_line(line[:_LONGEST_LINE]) for line in text.split("\n")]
    for number, line in enumerate(lines):
        label, colon, value = line.partition(":")
        field = v.FORM_FIELDS.get(label.strip(" *").casefold())
        if field is None:
            continue
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if value.strip() or (not colon and not following):
            yield field, value.strip()
        elif ":" not in following:
            yield field, following

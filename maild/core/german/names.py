"""Reading a display name of a mail as a person's name.

Says «no person» rather than a doubtful one: a letter never goes to the wrong name. Guesses no form of address; Herr,
Frau and pronouns count only where they are written. Decoding headers is `parse`'s business. Linear in the length of
the name, and never raising, whatever a stranger writes there.
"""

import re
import unicodedata
from dataclasses import dataclass, replace

from maild.core.contact import Contact, Form
from maild.core.german import vocabulary as v
from maild.core.german.namewords import cased, folded, in_local, is_name, is_organisation, noble_at, ordered
from maild.core.german.titles import ranked, take_titles, titles_in, unglue
from maild.core.message import Address

LONGEST = 200  # characters of a display name that are still looked at


@dataclass(frozen=True, slots=True)
class PersonName:
    """A name in its parts, as far as a salutation needs them."""

    given: str = ""  # all names, in the order written, where it is open which of them is the family name
    family: str = ""  # with its particles: "von der Leyen"
    titles: tuple[str, ...] = ()  # highest first: "Prof.", "Dr.", "Mag.", "Dipl.-Ing."; no others
    form: Form = Form.UNKNOWN
    nobility: str = ""  # "Graf", "Freifrau"
    company: bool = False  # the address is a company's, so that its display name is of no account

    @property
    def full(self) -> str:
        """The name without titles: "Otto Graf Lambsdorff"."""
        return " ".join(part for part in (self.given, self.nobility, self.family) if part)


def read_name(sender: Address) -> PersonName | None:
    """The person whom a display name names; None for a role address, a company, several people, or no name."""
    return None if _is_role_address(sender.local) else read_written(sender.name, sender)


def read_written(written: str, sender: Address) -> PersonName | None:
    """The person whom a line names, be it a display name or the line below a closing; None where it isn't clear.

    `sender` is the address that it came from, which settles what the line leaves open; whose name it bears is of no
    account here.
    """
    if len(written) > LONGEST:
        return None
    text, form = take_pronouns(one_line(written))
    if _SMUGGLED.search(text):
        return None
    parts = [part for part in _SEPARATORS.split(_cut_detour(_cut_additions(text))) if part]
    if "A/S" in text or not parts or _names_the_firm(parts[0], sender):
        return None
    name = _read_part(parts[0], sender.local)
    if name is None:
        name = next((found for part in parts[1:] if (found := _read_supported(part, sender.local))), None)
    return name and (replace(name, form=form) if form else name)


def contact_name(contact: Contact) -> PersonName | None:
    """The name as the client gives it; None where the contact has none."""
    if contact.form is Form.COMPANY:
        return PersonName(form=Form.COMPANY, company=True)
    given, given_titles, _ = take_titles(_field(contact.given).split())
    family = _field(contact.family).split()
    if not given and not family:
        return None
    nobility = _field(contact.nobility)
    if not nobility and noble_at(family) == 0:
        nobility, family = family[0], family[1:]
    titles = ranked((*titles_in(one_line(contact.title)), *given_titles))
    return PersonName(" ".join(given), " ".join(family), titles, contact.form, nobility)


def same_person(one: PersonName, other: PersonName) -> bool:
    """Whether two names can be the same person's, one perhaps with an initial or in the other order."""
    if _words_of(one) == _words_of(other):
        return True
    given = folded(one.given), folded(other.given)
    near = "" in given or given[0].startswith(given[1]) or given[1].startswith(given[0])
    return near and same_name(one.family, other.family)


def same_name(one: str, other: str) -> bool:
    """Whether two names are the same, however written: Müller, MUELLER."""
    return folded(one) == folded(other) != ""


def one_line(text: str) -> str:
    """Text without control, format and unassigned characters, blanks made single; canonical composition (NFC)."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    kept = (_KEPT.get(unicodedata.category(char), char) for char in text)
    return " ".join(unicodedata.normalize("NFC", "".join(kept)).split())


def _words_of(name: PersonName) -> list[str]:
    return sorted(folded(word) for word in name.full.split())


_KEPT = {"Cc": " ", "Zs": " ", "Zl": " ", "Zp": " ", "Cf": "", "Cs": "", "Co": "", "Cn": ""}
_SEPARATORS = re.compile(r"\s*[|•·–—/\\:;~]+\s*|\s+-+\s+|\s+-+$")
_SMUGGLED = re.compile(r":[^:]*@")  # «Anna Bcc: x@y.example»: a header that was hidden in an encoded name
_PRONOUNS = re.compile(r"\b[^\W\d_]+(?:\s?/\s?[^\W\d_]+){1,2}\b")
_PHONE = re.compile(
    r"(?:\b(?:tel|telefon|fon|phone|mobil|handy|fax)\b[.:]*\s*)?\+?\(?\d[\d\s/().-]{4,}\d", re.IGNORECASE
)
_BRACKETS = re.compile(r"[(\[{<][^()\[\]{}<>]*[)\]}>]")
_APOSTROPHE = re.compile(r"(?<=[^\W\d_])[‘´`](?=[^\W\d_])")  # «O‘Neil»
_QUOTES = str.maketrans(dict.fromkeys('"„“”«»‚‘‹›', " "))
_ON_BEHALF_AFTER = re.compile(r"\s+i\.\s?[AV]\.$")
_ON_BEHALF = re.compile(r"^(?:i\.\s?[AV]\.|i[AV]\s|ppa\.?\s|p\.\s?p\.|pp\.)\s*")


def _field(text: str) -> str:
    return one_line(text).strip(" ,")


def _is_role_address(local: str) -> bool:
    name = local.casefold()
    return name in v.ROLE_LOCALS or re.split(r"[._-]", name)[0] in v.ROLE_LOCALS


def _names_the_firm(text: str, sender: Address) -> bool:
    """«Bosch Rexroth» <hallo@boschrexroth…>: the name is the domain's, and nothing before the @ is a person's."""
    firm = folded(text)
    return len(firm) > 2 and firm in folded(sender.domain) and not in_local(text.split(), sender.local)


def take_pronouns(text: str) -> tuple[str, Form]:
    """The text without pronouns that somebody stated, as «(er/ihm)», and the form of address they ask for."""
    for found in _PRONOUNS.finditer(text):
        form = v.PRONOUNS.get(re.sub(r"\s", "", found.group()).casefold())
        if form:
            return text[: found.start()] + text[found.end() :], form
    return text, Form.UNKNOWN


def _cut_additions(text: str) -> str:
    """Without phone numbers, what stands in brackets, symbols, quotes, and the «i. A.» of a deputy."""
    text = _APOSTROPHE.sub("’", _PHONE.sub(" ", text))
    while (shorter := _BRACKETS.sub(" ", text)) != text:
        text = shorter
    text = re.split(r"[(\[{<]", text)[0].translate(_QUOTES)
    text = "".join(" " if unicodedata.category(char) in {"So", "Sk"} else char for char in text)
    return _ON_BEHALF_AFTER.sub("", _ON_BEHALF.sub("", " ".join(text.split()).strip("'’ ,;|")))


def _cut_detour(text: str) -> str:
    """Without «via Kontaktformular», «im Auftrag von …» and what follows."""
    words = text.split()
    for place, word in enumerate(words):
        pair = (word.casefold(), words[place + 1].casefold()) if place + 1 < len(words) else ("", "")
        if (not word.istitle() and word.casefold() in v.DETOURS) or pair in v.DETOUR_PAIRS:
            return " ".join(words[:place])
    return text


def _read_supported(part: str, local: str) -> PersonName | None:
    """A name that stands behind something else («Mustermann GmbH | Anna Müller») counts if the address bears it out."""
    name = _read_part(part, local)
    return name if name and in_local(name.full.split(), local) else None


def _read_part(part: str, local: str) -> PersonName | None:
    chunks = [words for chunk in unglue(part).split(",") if (words := chunk.split())]
    if not chunks or is_organisation(chunks[0]):
        return None
    chunks = chunks[:1] + [words for words in chunks[1:] if not is_organisation(words)]
    stripped = [take_titles(words) for words in chunks]
    titles = ranked(title for _, found, _ in stripped for title in found)
    form = next((form for _, _, form in stripped if form), Form.UNKNOWN)
    named = cased([words for words, _, _ in stripped if words])
    if not named or not all(is_name(words) for words in named):
        return None
    order = ordered(named, local)
    if order is None or (sum(map(len, named)) == 1 and not titles and not form):
        return None
    given, nobility, family = order
    return PersonName(" ".join(given), " ".join(family), titles, form, nobility)

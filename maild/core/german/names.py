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
    if len(sender.name) > LONGEST or _is_role_address(sender.local):
        return None
    text, form = _take_pronouns(one_line(sender.name))
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
    if not nobility and _noble_at(family) == 0:
        nobility, family = family[0], family[1:]
    titles = ranked((*titles_in(one_line(contact.title)), *given_titles))
    return PersonName(" ".join(given), " ".join(family), titles, contact.form, nobility)


def same_name(one: str, other: str) -> bool:
    """Whether two names are the same, however written: Müller, MUELLER."""
    return _fold(one) == _fold(other) != ""


def one_line(text: str) -> str:
    """Text without control, format and unassigned characters, blanks made single; canonical composition (NFC)."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    kept = (_KEPT.get(unicodedata.category(char), char) for char in text)
    return " ".join(unicodedata.normalize("NFC", "".join(kept)).split())


_KEPT = {"Cc": " ", "Zs": " ", "Zl": " ", "Zp": " ", "Cf": "", "Cs": "", "Co": "", "Cn": ""}
_SEPARATORS = re.compile(r"\s*[|•·–—/\\:;~]+\s*|\s+-+\s+|\s+-+$")
_PRONOUNS = re.compile(r"\b[^\W\d_]+(?:\s?/\s?[^\W\d_]+){1,2}\b")
_PHONE = re.compile(
    r"(?:\b(?:tel|telefon|fon|phone|mobil|handy|fax)\b[.:]*\s*)?\+?\(?\d[\d\s/().-]{4,}\d", re.IGNORECASE
)
_BRACKETS = re.compile(r"[(\[{<][^()\[\]{}<>]*[)\]}>]")
_QUOTES = str.maketrans(dict.fromkeys('"„“”«»‚‘‹›', " "))
_ON_BEHALF = re.compile(r"^(?:i\.\s?[AV]\.|i[AV]\s|ppa\.?\s|p\.\s?p\.|pp\.)\s*")


def _field(text: str) -> str:
    return one_line(text).strip(" ,")


def _is_role_address(local: str) -> bool:
    name = local.casefold()
    return name in v.ROLE_LOCALS or re.split(r"[._-]", name)[0] in v.ROLE_LOCALS


def _names_the_firm(text: str, sender: Address) -> bool:
    """«Bosch Rexroth» <hallo@boschrexroth…>: the name is the domain's, and nothing before the @ is a person's."""
    folded = _fold(text)
    return len(folded) > 2 and folded in _fold(sender.domain) and not _in_local(text.split(), sender.local)


def _take_pronouns(text: str) -> tuple[str, Form]:
    for found in _PRONOUNS.finditer(text):
        form = v.PRONOUNS.get(re.sub(r"\s", "", found.group()).casefold())
        if form:
            return text[: found.start()] + text[found.end() :], form
    return text, Form.UNKNOWN


def _cut_additions(text: str) -> str:
    """Without phone numbers, what stands in brackets, symbols, quotes, and the «i. A.» of a deputy."""
    text = _PHONE.sub(" ", text)
    while (shorter := _BRACKETS.sub(" ", text)) != text:
        text = shorter
    text = re.split(r"[(\[{<]", text)[0].translate(_QUOTES)
    text = "".join(" " if unicodedata.category(char) in {"So", "Sk"} else char for char in text)
    return _ON_BEHALF.sub("", " ".join(text.split()).strip("'’ ,;|"))


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
    return name if name and _in_local(name.full.split(), local) else None


def _read_part(part: str, local: str) -> PersonName | None:
    chunks = [words for chunk in unglue(part).split(",") if (words := chunk.split())]
    if not chunks or _is_organisation(chunks[0]):
        return None
    chunks = chunks[:1] + [words for words in chunks[1:] if not _is_organisation(words)]
    stripped = [take_titles(words) for words in chunks]
    titles = ranked(title for _, found, _ in stripped for title in found)
    form = next((form for _, _, form in stripped if form), Form.UNKNOWN)
    named = _cased([words for words, _, _ in stripped if words])
    if not named or not all(_is_name(words) for words in named):
        return None
    order = _ordered(named, local)
    if order is None or (sum(map(len, named)) == 1 and not titles and not form):
        return None
    given, nobility, family = order
    return PersonName(" ".join(given), " ".join(family), titles, form, nobility)


def _is_organisation(words: list[str]) -> bool:
    joined = any(
        word.casefold().strip(".") in v.JOINERS and not _between_particles(words, place)
        for place, word in enumerate(words)
    )
    return joined or any(_is_organisation_word(word) for word in words)


def _between_particles(words: list[str], place: int) -> bool:
    around = words[max(place - 1, 0) : place] + words[place + 1 : place + 2]
    return len(around) == 2 and all(word.casefold() in v.PARTICLES for word in around)


def _is_organisation_word(word: str) -> bool:
    plain = word.casefold().replace(".", "")
    last = plain.rpartition("-")[2]
    return (
        bool({plain, last} & (v.COMPANY | v.ROLES))
        or word in v.COMPANY_CAPITALS
        or (plain in v.COMPANY_SHORT and not (word.isalpha() and word.istitle()))
        or plain.endswith(v.COMPANY_ENDINGS)
    )


def _cased(chunks: list[list[str]]) -> list[list[str]]:
    """ANNA MÜLLER and anna müller written as names are; «Anna MÜLLER» too, everything else left as it is."""
    words = [word for chunk in chunks for word in chunk if _letters(word) > 1]
    uniform = bool(words) and (all(word.isupper() for word in words) or all(word.islower() for word in words))
    if not (uniform or any(map(_shouted, words))):
        return chunks
    return [
        [
            _capital(word, name=place in _never_particles(number, chunk, chunks))
            if uniform or _shouted(word)
            else word
            for place, word in enumerate(chunk)
        ]
        for number, chunk in enumerate(chunks)
    ]


def _never_particles(number: int, chunk: list[str], chunks: list[list[str]]) -> set[int]:
    """Where no particle stands: «VON DER LEYEN, URSULA», «LEYEN, URSULA VON DER», but «AL BAKER», «ANNA LE»."""
    if number > 0:
        return {0}
    return {len(chunk) - 1} if len(chunks) > 1 else {0, len(chunk) - 1}


def _letters(word: str) -> int:
    return sum(char.isalpha() for char in word)


def _shouted(word: str) -> bool:
    return word.isupper() and _letters(word) > 3 and "." not in word


def _capital(word: str, *, name: bool) -> str:
    lower = word.lower()
    if not name and lower in v.PARTICLES | v.LATER_PARTICLES:
        return lower
    return "".join(piece[:1].upper() + piece[1:] for piece in re.split(r"([-'’.])", lower))


def _is_name(words: list[str]) -> bool:
    if len(words) > 6:
        return False
    return all(_is_name_word(word, words[:place]) for place, word in enumerate(words))


def _is_name_word(word: str, before: list[str]) -> bool:
    plain = word.casefold().strip(".")
    if plain in v.LATER_PARTICLES and word.islower():
        return bool(before) and _is_particle(before[-1])
    if not all(char in "-'’." or unicodedata.category(char)[0] in "LM" for char in word) or len(word) > 40:
        return False
    if plain in v.PROFESSOR | v.DOCTOR or not _letters(word) or word[0] in "-.":
        return False
    return (
        not word[0].islower() or _is_particle(word) or re.match(r"(?:[dl]['’]|al-|el-)\w", word) is not None
    )


def _is_particle(word: str) -> bool:
    plain = word.casefold().strip(".")
    return (plain in v.PARTICLES | v.LATER_PARTICLES and word.islower()) or word in v.CAPITAL_PARTICLES


_Order = tuple[list[str], str, list[str]]  # given names, nobility, family name


def _ordered(chunks: list[list[str]], local: str) -> _Order | None:
    if len(chunks) == 1:
        return _natural(chunks[0])
    if len(chunks) > 2:
        return None
    left, right = chunks
    named = [word for word in left if not _is_particle(word) and word.casefold() not in v.NOBILITY]
    if len(right) <= 3 + sum(map(_is_particle, right)) and (len(named) <= 1 or _in_local(right[:1], local)):
        return _swapped(left, right)
    # «Anna Müller, Dortmund»: what stands behind the comma is no first name if the address says who it is.
    return _natural(left) if len(named) > 1 and _in_local(left, local) else None


def _natural(words: list[str]) -> _Order:
    noble = _noble_at(words)
    if noble is not None:
        return words[:noble], words[noble], words[noble + 1 :]
    if len(words) > 1 and (words[0].casefold() in v.FAMILY_FIRST or _letters(words[-1]) == 1):
        return words, "", []
    begin = next((at for at, word in enumerate(words[:-1]) if _is_particle(word)), len(words) - 1)
    return words[:begin], "", words[begin:]


def _swapped(left: list[str], right: list[str]) -> _Order:
    """«Müller, Anna», «Leyen, Ursula von der», «Thurner, Karl Freiherr von», «Graf Lambsdorff, Otto»."""
    tail = len(right)
    while tail > 1 and (_is_particle(right[tail - 1]) or right[tail - 1].casefold() in v.NOBILITY):
        tail -= 1
    family = right[tail:] + left
    if len(family) > 1 and family[0].casefold() in v.NOBILITY:
        return right[:tail], family[0], family[1:]
    return right[:tail], "", family


def _noble_at(words: list[str]) -> int | None:
    for place, word in enumerate(words[:-1]):
        plain = word.casefold()
        if plain in v.NOBILITY and (plain not in v.NOBLE_BEFORE_PARTICLE or _is_particle(words[place + 1])):
            return place
    return None


def _in_local(words: list[str], local: str) -> bool:
    """Whether the local part of the address bears out one of these names."""
    folded = _fold(local)
    return any(len(_fold(word)) > 2 and _fold(word) in folded for word in words)


def _fold(text: str) -> str:
    text = text.casefold().translate(_UMLAUTS)
    return "".join(char for char in unicodedata.normalize("NFKD", text) if char.isalpha())


_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "æ": "ae", "ł": "l"})

"""The words of a display name: which can be a person's, how they are cased, and which of them are the family name.

Knows words only, and the part of the address before the @, which settles what words leave open. See `names`.
"""

import re
import unicodedata

from maild.core.german import vocabulary as v


def is_organisation(words: list[str]) -> bool:
    """Whether words name a firm, an office, a function or several people."""
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
    if word.endswith(".") and plain in v.HONORIFICS:  # «Hr.» is a man, «HR» a department
        return False
    last = plain.rpartition("-")[2]
    return (
        bool({plain, last} & (v.COMPANY | v.ROLES))
        or word in v.COMPANY_CAPITALS
        or (plain in v.COMPANY_SHORT and not (word.isalpha() and word.istitle()))
        or plain.endswith(v.COMPANY_ENDINGS)
    )


def cased(chunks: list[list[str]]) -> list[list[str]]:
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


def is_name(words: list[str]) -> bool:
    """Whether all words can stand in a person's name."""
    begins_a_wish = len(words) > 1 and words[0].casefold() in v.NEVER_FIRST  # but «Neuer, Manuel»
    if len(words) > 6 or begins_a_wish or any(each.casefold() in v.NEVER_NAMES for each in words):
        return False
    return all(_is_name_word(word, words[:place]) for place, word in enumerate(words))


def _is_name_word(word: str, before: list[str]) -> bool:
    plain = word.casefold().strip(".")
    if plain in v.LATER_PARTICLES and word.islower():
        return bool(before) and _is_particle(before[-1])
    if not all(char in "-'’." or unicodedata.category(char)[0] in "LM" for char in word) or len(word) > 40:
        return False
    if word.isupper() and 2 <= len(word) <= 4 and word.isalpha() and not _VOWEL.search(word):  # «DHL Paket»
        return False
    if plain in v.PROFESSOR | v.DOCTOR or not _letters(word) or word[0] in "-.":
        return False
    return (
        not word[0].islower() or _is_particle(word) or re.match(r"(?:[dl]['’]|al-|el-)\w", word) is not None
    )


_VOWEL = re.compile(r"[AEIOUYÄÖÜ]|[^A-Z]")


def _is_particle(word: str) -> bool:
    plain = word.casefold().strip(".")
    return (plain in v.PARTICLES | v.LATER_PARTICLES and word.islower()) or word in v.CAPITAL_PARTICLES


Order = tuple[list[str], str, list[str]]  # given names, nobility, family name


def ordered(chunks: list[list[str]], local: str) -> Order | None:
    """Which words are given names and which the family name; None where the parts are no one person's."""
    if len(chunks) == 1:
        return _natural(chunks[0])
    if len(chunks) > 2:
        return None
    left, right = chunks
    named = [word for word in left if not _is_particle(word) and word.casefold() not in v.NOBILITY]
    if len(right) <= 3 + sum(map(_is_particle, right)) and (len(named) <= 1 or in_local(right[:1], local)):
        return _swapped(left, right)
    # «Anna Müller, Dortmund»: what stands behind the comma is no first name if the address says who it is.
    return _natural(left) if len(named) > 1 and in_local(left, local) else None


def _natural(words: list[str]) -> Order:
    noble = noble_at(words)
    if noble == 0 and len(words) > 2 and not _is_particle(words[1]):  # «Baronin Anna von Stein»
        given, _, family = _natural(words[1:])
        return given, words[0], family
    if noble is not None:
        return words[:noble], words[noble], words[noble + 1 :]
    if len(words) > 1 and (words[0].casefold() in v.FAMILY_FIRST or _letters(words[-1]) == 1):
        return words, "", []
    begin = next((at for at, word in enumerate(words[:-1]) if _is_particle(word)), len(words) - 1)
    return words[:begin], "", words[begin:]


def _swapped(left: list[str], right: list[str]) -> Order:
    """«Müller, Anna», «Leyen, Ursula von der», «Thurner, Karl Freiherr von», «Graf Lambsdorff, Otto»."""
    tail = len(right)
    while tail > 1 and (_is_particle(right[tail - 1]) or right[tail - 1].casefold() in v.NOBILITY):
        tail -= 1
    family = right[tail:] + left
    if len(family) > 1 and family[0].casefold() in v.NOBILITY:
        return right[:tail], family[0], family[1:]
    return right[:tail], "", family


def noble_at(words: list[str]) -> int | None:
    """Where a title of nobility stands; None where none does, as in «Steffi Graf»."""
    for place, word in enumerate(words[:-1]):
        plain = word.casefold()
        if plain in v.NOBILITY and (plain not in v.NOBLE_BEFORE_PARTICLE or _is_particle(words[place + 1])):
            return place
    return None


def in_local(words: list[str], local: str) -> bool:
    """Whether the local part of the address bears out one of these names."""
    part = folded(local)
    return any(len(folded(word)) > 2 and folded(word) in part for word in words)


def folded(text: str) -> str:
    """The letters by which names are compared: Müller, MUELLER."""
    text = text.casefold().translate(_UMLAUTS)
    return "".join(char for char in unicodedata.normalize("NFKD", text) if char.isalpha())


_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "æ": "ae", "ł": "l"})

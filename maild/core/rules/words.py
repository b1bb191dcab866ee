"""German word forms: `words: [Angebot]` finds Angebote, Angebots, Angebotsanfrage, ANGEBOT and Lieferangebot.

A word fits when it is equal folded, when its stem is equal (PyStemmer, German), or when it is a compound of the word
looked for. Irregular forms (gekündigt for Kündigung) are not guessed; a rule lists them. No language but German.

A text is never cut into words as a whole: every word that can fit has one of a few seeds in it, which are searched
for first; only what stands around them is cut out and stemmed.
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import Stemmer

from maild.core.text import fold

LONGEST_PHRASE = 20
"""Words that one entry may have."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word to look for."""

    key: str
    seeds: tuple[str, ...]  # every word that fits has one of them in it
    stem: str = ""  # empty: no other forms
    endings: tuple[str, ...] = ()  # how a compound ends that has this word last; empty: no compounds
    last_stem: str = ""  # how the stem of such a compound ends; empty where the stem says too little

    def fits(self, word: str) -> bool:
        """Whether a word of the text is this word, a form of it, or a compound of it."""
        if word == self.key or (self.endings and (self._leads(word) or word.endswith(self.endings))):
            return True
        return bool(self.stem) and self._stem_fits(stemmed(word))

    def ends(self, text: str) -> Iterator[int]:
        """Where the words of a text end that fit; one may come several times."""
        for seed in self.seeds:
            at = text.find(seed)
            while at >= 0:
                # A word has no blank in it, so all that the seed can be part of stands between two of them.
                start, end = text.rfind(" ", 0, at) + 1, text.find(" ", at)
                end = end if end >= 0 else len(text)
                for found in _WORD.finditer(text, start, end):
                    if seed in found[0] and self.fits(found[0]):
                        yield found.end()
                at = text.find(seed, end)

    def may_be_in(self, text: str) -> bool:
        """False where the text certainly has no word that fits."""
        return any(seed in text for seed in self.seeds)

    def _leads(self, word: str) -> bool:
        # The linking s, es, n or en needs no rule of its own: it is part of what follows. Fewer than three more
        # letters make no second word: Termin is not in Terminal.
        return word.startswith(self.key) and len(word) >= len(self.key) + _SHORTEST_REST

    def _stem_fits(self, stem: str) -> bool:
        return stem == self.stem or bool(self.last_stem and stem.endswith(self.last_stem))


@dataclass(frozen=True, slots=True)
class Phrase:
    """One entry of `words`: one word, or several that must follow each other."""

    words: tuple[Word, ...]
    written: str = field(default="", compare=False)  # as the rule has it

    def found(self, text: str) -> bool:
        """Whether the text has the entry; the text is folded unless the entry is exact."""
        first, *rest = self.words
        if not all(word.may_be_in(text) for word in self.words):
            return False
        return any(_follow(rest, text, end) for end in first.ends(text))


def _follow(words: list[Word], text: str, start: int) -> bool:
    there = _WORD.finditer(text, start)
    return all((found := next(there, None)) is not None and word.fits(found[0]) for word in words)


def phrase(entry: str, *, exact: bool = False) -> Phrase | None:
    """What to look for by one entry of a rule; None where it has neither letter nor digit.

    `exact` looks for the words as written: no case, no forms, no compounds.
    """
    keys = _WORD.findall(entry if exact else fold(entry))
    if not keys:
        return None
    return Phrase(tuple(Word(key, (key,)) if exact else _word(key) for key in keys), entry)


def _word(key: str) -> Word:
    stem = stemmed(key)
    seeds = _seeds(stem) if stem else (key,)
    if len(key) < _SHORTEST_COMPOUND:
        return Word(key, seeds, stem)
    endings = tuple(key + inflection for inflection in _INFLECTIONS)
    # A stem that lost more than an inflection misleads at the end of a word: Bestellung and abbestellen.
    telling = len(stem) >= _SHORTEST_COMPOUND and len(key) - len(stem) <= _LONGEST_INFLECTION
    return Word(key, seeds, stem, endings, stem if telling else "")


def stemmed(word: str) -> str:
    """The stem of a folded word."""
    # A stemmer may not be shared between threads, and a new one without cache costs a quarter of a microsecond.
    stem: str = Stemmer.Stemmer("german", 0).stemWord(word)
    return stem


def _seeds(stem: str) -> tuple[str, ...]:
    """Texts of which each word with this stem, or with a stem that ends so, has at least one in it.

    The stemmer cuts at the end and takes ae, oe and ue for umlauts, whose marks it then drops: Vertraege -> Vertrag.
    So a word has its stem in it but for an e that may follow each a, o and u. The longest stretch with few of these
    is taken, in all its spellings.
    """
    for few in range(_MOST_VOWELS):
        stretch = max(_stretches(stem, few), key=len)
        if len(stretch) >= _TELLING:
            return _spellings(stretch)
    return _spellings(max(_stretches(stem, _MOST_VOWELS), key=len))


def _stretches(stem: str, vowels: int) -> Iterator[str]:
    """The stretches of a stem in which an a, o or u stands before another letter as often as given, or less."""
    pieces = _PIECE.findall(stem)
    for start in range(max(1, len(pieces) - vowels)):
        yield "".join(pieces[start : start + vowels + 1])


def _spellings(stretch: str) -> tuple[str, ...]:
    choices = [(letter, f"{letter}e") if letter in _VOWELS else (letter,) for letter in stretch[:-1]]
    return tuple("".join(letters) + stretch[-1] for letters in itertools.product(*choices))


_WORD = re.compile(r"[^\W_]+")
_VOWELS = "aou"
_PIECE = re.compile(f"[^{_VOWELS}]*[{_VOWELS}]|[^{_VOWELS}]+")
_TELLING = 11
_MOST_VOWELS = 2
_SHORTEST_COMPOUND = 5
_SHORTEST_REST = 3
_INFLECTIONS = ("", "e", "en", "er", "ern", "es", "n", "nen", "s")
_LONGEST_INFLECTION = 2

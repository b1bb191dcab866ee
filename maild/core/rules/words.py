"""German word forms: `words: [Angebot]` finds Angebote, Angebots, Angebotsanfrage, ANGEBOT and Lieferangebot.

A word fits when it is equal folded, when its stem is equal (PyStemmer, German), or when it is a compound of the word
looked for. Irregular forms (gekündigt for Kündigung) are not guessed; a rule lists them. No language but German.
"""

import re
from dataclasses import dataclass

import Stemmer

from maild.core.text import fold


@dataclass(frozen=True, slots=True)
class WordList:
    """The words of one text in order, with what is needed to look for others in them quickly."""

    words: tuple[str, ...]
    stems: tuple[str, ...]  # beside `words`, one for one
    pairs: frozenset[tuple[str, str]]
    known: frozenset[str]  # words and stems
    joined: str  # all distinct words and stems, for a quick no

    @classmethod
    def of(cls, text: str, *, exact: bool = False) -> "WordList":
        """Cut a text into words, at whatever is neither letter nor digit; `exact` does without stems."""
        words = tuple(_WORD.findall(text))
        stems = words if exact else tuple(_stems(words))
        pairs = frozenset(zip(words, stems, strict=True))
        known = frozenset(words).union(stems)
        return cls(words, stems, pairs, known, " ".join(known))


@dataclass(frozen=True, slots=True)
class Word:
    """One word to look for."""

    key: str
    stem: str
    endings: tuple[str, ...] = ()  # how a compound ends that has this word last; empty: no compounds
    last_stem: str = ""  # how the stem of such a compound ends; empty where the stem says too little

    def fits(self, word: str, stem: str) -> bool:
        """Whether a word of the text is this word, a form of it, or a compound of it."""
        if word == self.key or stem == self.stem:
            return True
        return bool(self.endings) and (self._leads(word) or self._closes(word, stem))

    def found(self, text: WordList) -> bool:
        """Whether any word of the text fits."""
        if self.key in text.known or self.stem in text.known:
            return any(self.fits(word, stem) for word, stem in text.pairs)
        if not self.endings or not (
            self.key in text.joined or (self.last_stem and self.last_stem in text.joined)
        ):
            return False
        return any(self.fits(word, stem) for word, stem in text.pairs)

    def _leads(self, word: str) -> bool:
        # The linking s, es, n or en needs no rule of its own: it is part of what follows. Fewer than three more
        # letters make no second word: Termin is not in Terminal.
        return word.startswith(self.key) and len(word) >= len(self.key) + _SHORTEST_REST

    def _closes(self, word: str, stem: str) -> bool:
        return word.endswith(self.endings) or bool(self.last_stem and stem.endswith(self.last_stem))


@dataclass(frozen=True, slots=True)
class Phrase:
    """One entry of `words`: one word, or several that must follow each other."""

    words: tuple[Word, ...]

    def found(self, text: WordList) -> bool:
        """Whether the text has the entry."""
        if not all(word.found(text) for word in self.words):
            return False
        return len(self.words) == 1 or any(self._at(text, start) for start in range(len(text.words)))

    def _at(self, text: WordList, start: int) -> bool:
        end = start + len(self.words)
        if end > len(text.words):
            return False
        there = zip(self.words, text.words[start:end], text.stems[start:end], strict=True)
        return all(word.fits(other, stem) for word, other, stem in there)


def phrase(entry: str, *, exact: bool = False) -> Phrase | None:
    """What to look for by one entry of a rule; None where it has neither letter nor digit.

    `exact` looks for the words as written: no case, no forms, no compounds.
    """
    keys = _WORD.findall(entry if exact else fold(entry))
    if not keys:
        return None
    return Phrase(tuple(Word(key, key) if exact else _word(key) for key in keys))


def _word(key: str) -> Word:
    (stem,) = _stems((key,))
    if len(key) < _SHORTEST_COMPOUND:
        return Word(key, stem)
    endings = tuple(key + inflection for inflection in _INFLECTIONS)
    # A stem that lost more than an inflection misleads at the end of a word: Bestellung and abbestellen.
    telling = len(stem) >= _SHORTEST_COMPOUND and len(key) - len(stem) <= _LONGEST_INFLECTION
    return Word(key, stem, endings, stem if telling else "")


def _stems(words: tuple[str, ...]) -> list[str]:
    # A stemmer may not be shared between threads, and a new one without cache costs a quarter of a microsecond.
    stemmer = Stemmer.Stemmer("german", 0)
    stems: list[str] = stemmer.stemWords(list(words))
    return stems


_WORD = re.compile(r"[^\W_]+")
_SHORTEST_COMPOUND = 5
_SHORTEST_REST = 3
_INFLECTIONS = ("", "e", "en", "er", "ern", "es", "n", "nen", "s")
_LONGEST_INFLECTION = 2

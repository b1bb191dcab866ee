"""Words are looked for by their seeds; what is found is the same as where the whole text is cut up and stemmed."""

import re
import time
from dataclasses import dataclass

import pytest
import Stemmer
from hypothesis import example, given
from hypothesis import strategies as st

from maild.core.rules.words import Phrase, Word, phrase, stemmed
from maild.core.text import fold

WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Cut:
    """A text cut into all its words, each with its stem: slow, and plainly right."""

    words: list[str]
    stems: list[str]

    @classmethod
    def of(cls, text: str) -> "Cut":
        """Cut a text."""
        words = WORD.findall(text)
        return cls(words, Stemmer.Stemmer("german", 0).stemWords(words))

    def has(self, wanted: Phrase) -> bool:
        """Whether the words of an entry follow each other somewhere."""
        count = len(wanted.words)
        starts = range(len(self.words) - count + 1)
        return any(all(self.fits(start + n, wanted.words[n]) for n in range(count)) for start in starts)

    def fits(self, at: int, wanted: Word) -> bool:
        """Whether the word at a place is the one wanted, a form or a compound of it."""
        word, stem = self.words[at], self.stems[at]
        if word == wanted.key or (wanted.stem and stem == wanted.stem):
            return True
        if not wanted.endings:
            return False
        leads = word.startswith(wanted.key) and len(word) >= len(wanted.key) + 3
        return (
            leads
            or word.endswith(wanted.endings)
            or bool(wanted.last_stem and stem.endswith(wanted.last_stem))
        )


def listed(text: str) -> list[str]:
    """The words of a text."""
    return text.split()


KEYS = listed(
    "Angebot Rechnung Vertrag Verträge Haus Kündigung Bestellung Preisliste Auftrag Mahnung Termin Miete Straße Öl "
    "Ärztin Lehrerin Bau Buch Bücher Neukunde Quelle Kunst Künstler Abo Foto Rat Stadt Größe Häcksler Lieferung "
    "Gutschein Zahlung Storno Anfrage Bewerbung Urlaub Krankmeldung Ausschreibung Reklamation Garantie Gewährleistung "
    "Rückgabe Umtausch Messe Einladung Absage Zusage Bescheid Antrag Steuer Gehalt Konto Bank Kredit Versicherung "
    "Schaden Unfall Auto Fahrzeug Schlüssel Wohnung Gebäude Zimmer Büro Drucker Papier Telefon Rückruf Nachricht "
    "Erinnerung Frist Zinsen Firma Aufträge Kataloge Muster Ergebnis Ergebnisse Zeugnis Feuer Bauer Israel neue teuer "
    "zuerst aktuell ok AG"
)
LINKS = ("", "s", "es", "n", "en", "-")
ENDINGS = listed(
    "e en er ern es em n nen s st et end ung ungen ig ige lich keit heit isch in innen erin erinnen nis nisse chen "
    "lein bar los schaft ation"
)


def forms() -> list[str]:
    """Some thousands of German words: inflected, derived and compound, with umlauts and without."""
    plain = [fold(key) for key in KEYS]
    derived = [word + ending for word in plain for ending in ("", *ENDINGS)]
    umlauts = [re.sub(r"(?<![aou])([aou])(?!e)", r"\1e", word, count=1) for word in derived[::3]]
    compounds = [
        plain[n] + LINKS[n % 6] + plain[(n * step + step) % len(plain)] + ("", *ENDINGS)[(n + step) % 9]
        for step in (3, 7, 11, 17, 29)
        for n in range(len(plain))
    ]
    return sorted({piece for word in derived + umlauts + compounds for piece in word.split("-")})


FORMS = forms()


def test_there_are_many_forms() -> None:
    """The list is worth going through."""
    assert len(FORMS) > 3_000


@pytest.mark.parametrize("key", KEYS)
def test_each_word_finds_the_same_forms(key: str) -> None:
    """Word by word through the list, exactly those are found that the whole text cut up would show."""
    wanted = phrase(key)
    assert wanted is not None
    cut = Cut.of(" ".join(FORMS))
    expected = [form for at, form in enumerate(cut.words) if cut.fits(at, wanted.words[0])]
    assert [form for form in FORMS if wanted.found(form)] == expected
    assert fold(key) in expected


LETTERS = st.text("aeouybrnstgx1-_ éß", max_size=6)
PART = st.sampled_from(
    [*map(fold, KEYS[:40]), *ENDINGS, "ae", "ue", "que", "aeu", "ss", " ", " ", "\n", "-", "_"]
)
TEXTS = st.lists(PART | LETTERS, max_size=14).map("".join)
ENTRIES = st.sampled_from(KEYS) | st.lists(PART | LETTERS, min_size=1, max_size=4).map("".join)


@given(ENTRIES, TEXTS)
@example("Vertrag", "die vertraege")
@example("neue Verträge", "neuen-vertrag")
@example("ok ok", "ok. ok")
def test_any_entry_finds_the_same_in_any_text(entry: str, text: str) -> None:
    """Whatever the entry and the text, folded or exact."""
    folded = " ".join(fold(text).split())
    for wanted, hay in ((phrase(entry), folded), (phrase(entry, exact=True), text)):
        assert wanted is None or wanted.found(hay) == Cut.of(hay).has(wanted)


@given(st.lists(st.sampled_from(FORMS), min_size=1, max_size=8), st.data())
def test_neighbours_are_found(words: list[str], data: st.DataObject) -> None:
    """Some words of a text that follow each other are found in it as one entry."""
    first = data.draw(st.integers(0, len(words) - 1))
    wanted = phrase(" ".join(words[first : first + 3]))
    assert wanted is not None
    assert wanted.found(" ".join(words))


@given(
    st.lists(st.sampled_from(["a", "e", "o", "u", "y", "q", "ss", *"bglmnrst", *ENDINGS]), max_size=8).map(
        "".join
    )
)
def test_a_stem_stands_in_its_word(word: str) -> None:
    """What the seeds rest on: the stemmer only cuts at the end, and drops an e behind a, o and u."""
    spelled = "".join(f"{letter}e?" if letter in "aou" else re.escape(letter) for letter in stemmed(word))
    assert re.match(spelled, word)


@pytest.mark.parametrize("piece", ["rechnung", "rechnu ", "a", "rechnung-", "- "])
def test_no_text_makes_it_slow(piece: str) -> None:
    """One long word, a seed in every word, nothing but dashes: every entry is answered soon."""
    text = piece * (64_000 // len(piece))
    start = time.process_time()
    for entry in ("Rechnung", "Rechnung a", "a a a b", "aaa aaa"):
        wanted = phrase(entry)
        assert wanted is not None
        wanted.found(text)
    assert time.process_time() - start < 2

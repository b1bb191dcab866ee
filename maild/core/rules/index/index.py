"""Which rules of a set may hold for a mail, told by a few looks at it rather than by asking each rule.

Each rule is filed under the clues (`clues`) of which a mail must show one. What texts must have in them is looked for
by one automaton for each field (Aho-Corasick, whose time is linear in the text), all else in dictionaries. What comes
out may be too much and never too little; whether a rule holds, the rule alone says.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from ahocorasick_rs import AhoCorasick

from maild.core.rules.conditions import Condition
from maild.core.rules.index.clues import By, Clue, Clues, clues_of, worth_of
from maild.core.rules.reading import Item, Reading, with_parents

Filed = Mapping[str, Sequence[int]]
"""The places of the rules under each clue of one kind."""


class Index:
    """The rules of a set, filed; made once and never changed, so that any number of threads may use it."""

    def __init__(self, conditions: Sequence[Condition | None], *, related: bool) -> None:
        """File the conditions of rules by their place; `related`: one of the rules sets the relationship."""
        left_out = {By.RELATIONSHIP} if related else set()  # what a rule may change on the way is no clue
        sets = [_usable(condition, left_out) for condition in conditions]
        common = Counter(clue for choices in sets for clues in choices for clue in clues)
        filed: dict[tuple[By, str], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for place, choices in enumerate(sets):
            for clue in max(choices, key=lambda clues: _worth(clues, common), default=()):
                filed[clue.by, clue.field][clue.text].append(place)
        self._always = [place for place, choices in enumerate(sets) if not choices]
        looks = (_look(*kind, rules) for kind, rules in filed.items())
        self._looks = sorted(looks, key=lambda look: look.first)

    def places(self, reading: Reading) -> Iterator[int]:
        """In their order, the places of the rules that may hold; looks no further than it is asked."""
        due = self._always
        given = 0
        for look in self._looks:
            while given < len(due) and due[given] < look.first:
                yield due[given]
                given += 1
            found = look.places(reading)
            if found:
                due, given = sorted(found.union(due[given:])), 0
        yield from due[given:]


def _usable(condition: Condition | None, left_out: set[By]) -> list[Clues]:
    sets = clues_of(condition) if condition is not None else ()
    return [clues for clues in sets if not any(clue.by in left_out for clue in clues)]


def _worth(clues: Clues, common: Counter[Clue]) -> float:
    """How much a set tells within this set of rules: what many rules ask for tells little."""
    return min(worth_of(clue) - _COMMON * math.log2(common[clue]) for clue in clues)


_COMMON = 2


class _Look(Protocol):
    """One look at a mail."""

    first: int  # the place of the first rule that it can find

    def places(self, reading: Reading) -> set[int]:
        """The places of the rules whose clues the mail shows here."""
        ...


def _look(by: By, field: str, filed: Filed) -> _Look:
    if by in {By.FOLDED, By.WRITTEN}:
        return _PiecesLook(by, field, filed)
    return _ValuesLook(by, field, filed)


class _ValuesLook:
    """Looks up what a mail has in a dictionary."""

    def __init__(self, by: By, field: str, filed: Filed) -> None:
        self.first = _first(filed)
        self._values = _VALUES[by]
        self._field = field
        self._filed = filed

    def places(self, reading: Reading) -> set[int]:
        """The places of the rules whose clues the mail shows here."""
        found: set[int] = set()
        for value in self._values(reading, self._field):
            found.update(self._filed.get(value, ()))
        return found


def _first(filed: Filed) -> int:
    return min(places[0] for places in filed.values())


def _whole(reading: Reading, field: str) -> Iterator[str]:
    return (text.flat for item in reading.items(field) for text in item.texts)


def _whole_written(reading: Reading, field: str) -> Iterator[str]:
    return (text.raw for item in reading.items(field) for text in item.texts)


def _address(reading: Reading, field: str) -> Iterator[str]:
    return (item.address_key for item in reading.items(field))


def _domains(reading: Reading, field: str) -> Iterator[str]:
    return (domain for item in reading.items(field) for domain in with_parents(item.domain))


def _local(reading: Reading, field: str) -> Iterator[str]:
    return (item.address.local.lower() for item in reading.items(field) if item.address)


def _detail(reading: Reading, field: str) -> Iterator[str]:
    return (item.address.detail.lower() for item in reading.items(field) if item.address)


def _machine(reading: Reading, _: str) -> Iterable[str]:
    return (reading.mail.machine,) if reading.mail.machine else ()


def _relationship(reading: Reading, _: str) -> Iterable[str]:
    return (reading.relationship,)


_VALUES: dict[By, Callable[[Reading, str], Iterable[str]]] = {
    By.WHOLE: _whole,
    By.WHOLE_WRITTEN: _whole_written,
    By.ADDRESS: _address,
    By.DOMAIN: _domains,
    By.LOCAL: _local,
    By.DETAIL: _detail,
    By.MACHINE: _machine,
    By.RELATIONSHIP: _relationship,
}


class _PiecesLook:
    """Looks for pieces of text in all texts of a field at once."""

    def __init__(self, by: By, field: str, filed: Filed) -> None:
        self.first = _first(filed)
        self._field = field
        self._written = by is By.WRITTEN
        self._filed = _thinned(filed)
        self._automaton = AhoCorasick(list(self._filed), store_patterns=True)

    def places(self, reading: Reading) -> set[int]:
        """The places of the rules whose clues the mail shows here."""
        items = reading.items(self._field)
        if not items:
            return set()
        found: set[int] = set()
        for piece in set(self._pieces(_joined(items, written=self._written))):
            found.update(self._filed[piece])
        return found

    def _pieces(self, text: str) -> list[str]:
        try:
            pieces: list[str] = self._automaton.find_matches_as_strings(text, overlapping=True)
        except UnicodeEncodeError:
            pieces = self._automaton.find_matches_as_strings(_whole_letters(text), overlapping=True)
        return pieces


def _joined(items: tuple[Item, ...], *, written: bool) -> str:
    """All texts of a field, none of which runs into the next: flat text has no line ends."""
    texts = [text.raw if written else text.flat for item in items for text in item.texts]
    return "\n".join(texts)


def _whole_letters(text: str) -> str:
    """A text without lone surrogates, which the automaton does not take; they are replaced as for RE2."""
    return text.encode("utf-8", "replace").decode()


def _thinned(filed: Filed) -> dict[str, set[int]]:
    """The same, with few pieces that end alike: each is found by itself, so a, aa, aaa … would flood the outcome."""
    kept: dict[str, set[int]] = {}
    for piece, places in sorted(filed.items(), key=lambda entry: len(entry[0])):
        whole = _whole_letters(piece)
        endings = [whole[start:] for start in range(len(whole)) if whole[start:] in kept]
        kept.setdefault(endings[0] if len(endings) >= _ALIKE else whole, set()).update(places)
    return kept


_ALIKE = 4

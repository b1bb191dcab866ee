"""Finding, among many earlier rules, the few that might hold wherever a later one does.

Each earlier rule is filed under the questions of one of its parts; whoever follows from another must follow from that
part too. What is not found here is not compared, so a thousand rules cost about as much as they have words. Nothing
is proved here.
"""

from collections.abc import Iterable, Iterator

from maild.core.rules.analysis.forms import Among, Atom, Every, Form, Some
from maild.core.rules.analysis.texts import detail_of, local_of, parents
from maild.core.rules.circumstances import FirstContactIs, ReceivedBefore, SentBefore
from maild.core.rules.conditions import Condition, FieldIs, Flagged
from maild.core.rules.texts import (
    AddressIs,
    AnyText,
    Contains,
    DetailIs,
    DomainIs,
    Ends,
    Is,
    ItemTest,
    LocalIs,
    Matches,
    NameText,
    Regex,
    Starts,
    TextTest,
    Words,
)

LONGEST = 120
"""Letters of a text beyond which its parts are not looked for."""

Key = tuple[object, ...]


class Earlier:
    """Rules filed so far, by their position."""

    def __init__(self) -> None:
        self._filed: dict[Key, list[int]] = {}
        self._lengths: set[int] = set()

    def add(self, position: int, form: Form) -> None:
        """File a rule."""
        for key in self._filed_under(form):
            self._filed.setdefault(key, []).append(position)
            if key[-2:-1] == ("contains",):
                self._lengths.add(len(str(key[-1])))

    def candidates(self, form: Form) -> list[int]:
        """The positions, in their order, of rules that might hold wherever this condition does."""
        found: set[int] = set()
        for key in self._looked_up(form):
            found.update(self._filed.get(key, ()))
        return sorted(found)

    def _filed_under(self, form: Form) -> list[Key]:
        """The keys of one part, that which is least in use yet; of a choice, those of every branch."""
        match form:
            case Atom(condition, negated):
                return [_kind(condition, negated=True)] if negated else self._keys(condition)
            case Every(parts):
                return min((self._filed_under(part) for part in parts), key=self._use, default=[])
            case Some(parts):
                return [key for part in parts for key in self._filed_under(part)]

    def _keys(self, condition: Condition) -> list[Key]:
        match condition:
            case FieldIs(field, tests):
                return min((_test_keys(field, test) for test in tests), key=self._use)
            case Flagged(wanted):
                return [("flag", flag) for flag in wanted]
        return [_kind(condition, negated=False)]

    def _use(self, keys: list[Key]) -> tuple[int, int]:
        """How many keys stand for a whole kind, and how much is filed under the others so far."""
        exact = [key for key in keys if len(key) > 1 and key[-1] != "pattern"]
        whole = sum(len(key) == 1 for key in keys)
        return whole, sum(len(self._filed.get(key, ())) for key in exact)

    def _looked_up(self, form: Form) -> Iterator[Key]:
        match form:
            case Atom(condition, negated):
                yield _kind(condition, negated=True)
                if not negated:
                    yield _kind(condition, negated=False)
                    yield from self._by_condition(condition)
            case Every(parts):
                for part in parts:
                    yield from self._looked_up(part)
            case Some(parts):  # every branch must follow, so one of them will find what there is
                if parts:
                    yield from self._looked_up(parts[0])

    def _by_condition(self, condition: Condition) -> Iterator[Key]:
        match condition:
            case FieldIs(field, tests):
                fields = (field, "recipient") if field in {"to", "cc"} else (field,)
                for each in fields:
                    for test in tests:
                        yield from self._by_test(each, test)
            case Flagged(wanted):
                yield ("flag", min(wanted))

    def _by_test(self, field: str, test: ItemTest) -> Iterator[Key]:
        match test:
            case AddressIs(wanted):
                address = min(wanted)
                yield (field, "address", address)
                yield (field, "local", local_of(address))
                yield (field, "detail", detail_of(address))
                for domain in parents(address.rpartition("@")[2]):
                    yield (field, "domain", domain)
            case DomainIs(wanted):
                for domain in parents(min(wanted)):
                    yield (field, "domain", domain)
            case LocalIs(wanted):
                yield (field, "local", min(wanted))
            case DetailIs(wanted):
                yield (field, "detail", min(wanted))
            case AnyText(text):
                yield from self._by_text((field, "text"), text)
            case NameText(text):
                yield from self._by_text((field, "text"), text)
                yield from self._by_text((field, "name"), text)

    def _by_text(self, field: Key, test: TextTest) -> Iterator[Key]:
        match test:
            case Is(wanted, exact) | Contains(wanted, exact) | Starts(wanted, exact) | Ends(wanted, exact):
                text = min(wanted, key=lambda each: (len(each), each))
                if isinstance(test, Is):
                    yield (*field, exact, "is", text)
                    yield (*field, "pattern")
                if isinstance(test, Is | Starts):
                    yield from ((*field, exact, "starts", text[:end]) for end in range(len(text) + 1))
                if isinstance(test, Is | Ends):
                    yield from ((*field, exact, "ends", text[start:]) for start in range(len(text) + 1))
                yield from ((*field, exact, "contains", part) for part in self._parts(text))
            case Words(phrases, exact):
                for word in phrases[0].words:
                    yield (*field, exact, "words", word.key)
            case Matches(patterns) | Regex(patterns):
                yield (*field, type(test), patterns[0].source)

    def _parts(self, text: str) -> Iterable[str]:
        if len(text) > LONGEST:
            return ()
        lengths = [length for length in self._lengths if length <= len(text)]
        return {text[start : start + n] for n in lengths for start in range(len(text) - n + 1)}


def _test_keys(field: str, test: ItemTest) -> list[Key]:
    match test:
        case AddressIs(wanted):
            return [(field, "address", each) for each in wanted]
        case DomainIs(wanted):
            return [(field, "domain", each) for each in wanted]
        case LocalIs(wanted):
            return [(field, "local", each) for each in wanted]
        case DetailIs(wanted):
            return [(field, "detail", each) for each in wanted]
        case AnyText(text):
            return _text_keys((field, "text"), text)
        case NameText(text):
            return _text_keys((field, "name"), text)
    return []


def _text_keys(field: Key, test: TextTest) -> list[Key]:
    match test:
        case Is(wanted, exact):
            return [(*field, exact, "is", each) for each in wanted]
        case Contains(wanted, exact):
            return [(*field, exact, "contains", each) for each in wanted]
        case Starts(wanted, exact):
            return [(*field, exact, "starts", each) for each in wanted]
        case Ends(wanted, exact):
            return [(*field, exact, "ends", each) for each in wanted]
        case Words(phrases, exact):
            return [(*field, exact, "words", phrase.words[0].key) for phrase in phrases]
        case Matches(patterns) | Regex(patterns):
            sources = [(*field, type(test), pattern.source) for pattern in patterns]
            return [*sources, (*field, "pattern")]  # which a test for a whole text may fit
    return []


def _kind(condition: Condition, *, negated: bool) -> Key:
    """Conditions of a kind that has nothing to tell them apart by, in one heap."""
    if isinstance(condition, Among):
        return ((type(condition), condition.relationship),)
    if isinstance(condition, FirstContactIs | ReceivedBefore | SentBefore):  # of which one tells of the other
        return ((FirstContactIs, negated),)
    return ((type(condition), negated),)

"""When one test on a text or an address says yes, must another say so too, or can't it?

Only what is certain is claimed: "no" means "not known". `implication` asks this for whole conditions.
"""

from collections.abc import Iterable

from maild.core.rules.patterns import Pattern
from maild.core.rules.reading import Text
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
from maild.core.rules.words import Phrase


def items_imply(first: tuple[ItemTest, ...], second: tuple[ItemTest, ...]) -> bool:
    """Whether every value that passes all of the first tests passes all of the second."""
    return all(any(item_implies(one, other) for one in first) for other in second)


def item_implies(one: ItemTest, other: ItemTest) -> bool:
    """Whether every value that passes one test passes the other."""
    match one, other:
        case (AnyText(a), AnyText(b)) | (NameText(a), NameText(b) | AnyText(b)):
            return text_implies(a, b)
        case (AddressIs(a), AddressIs(b)) | (LocalIs(a), LocalIs(b)) | (DetailIs(a), DetailIs(b)):
            return a <= b
        case AddressIs(a), DomainIs(b):
            return all(below(address.rpartition("@")[2], b) for address in a)
        case AddressIs(a), LocalIs(b):
            return all(local_of(address) in b for address in a)
        case AddressIs(a), DetailIs(b):
            return all(detail_of(address) in b for address in a)
        case DomainIs(a), DomainIs(b):
            return all(below(domain, b) for domain in a)
    return one == other


def text_implies(one: TextTest, other: TextTest) -> bool:
    """Whether every text that passes one test passes the other."""
    match one, other:
        case Is(a, exact), _:
            return all(_known(text, other, exact=exact) and other.found(Text(text)) for text in a)
        case (Contains(a, exact) | Starts(a, exact) | Ends(a, exact), Contains(b, same)):
            return exact == same and all(any(part in text for part in b) for text in a)
        case Starts(a, exact), Starts(b, same):
            return exact == same and all(text.startswith(b) for text in a)
        case Ends(a, exact), Ends(b, same):
            return exact == same and all(text.endswith(b) for text in a)
        case Words(a, exact), Words(b, same):
            return exact == same and all(any(_within(part, entry) for part in b) for entry in a)
        case (Matches(a, exact), Matches(b, same)) | (Regex(a, exact), Regex(b, same)):
            return exact == same and _sources(a) <= _sources(b)
    return one == other


def items_exclude(one: ItemTest, other: ItemTest, *, single: bool) -> bool:
    """Whether no value passes both; `single` says that the values are one text each, and no addresses."""
    match one, other:
        case NameText(a), NameText(b):
            return texts_exclude(a, b)
        case AnyText(a), AnyText(b):
            return single and texts_exclude(a, b)
        case AddressIs(a), DomainIs() | LocalIs() | DetailIs():
            return not any(item_implies(AddressIs(frozenset({address})), other) for address in a)
        case DomainIs() | LocalIs() | DetailIs(), AddressIs():
            return items_exclude(other, one, single=single)
        case DomainIs(a), DomainIs(b):
            return not any(below(domain, b) for domain in a) and not any(below(domain, a) for domain in b)
        case (AddressIs(a), AddressIs(b)) | (LocalIs(a), LocalIs(b)) | (DetailIs(a), DetailIs(b)):
            return a.isdisjoint(b)
    return False


def texts_exclude(one: TextTest, other: TextTest) -> bool:
    """Whether no text passes both."""
    match one, other:
        case Is(a, exact), _:
            return all(_known(text, other, exact=exact) and not other.found(Text(text)) for text in a)
        case _, Is():
            return texts_exclude(other, one)
        case Starts(a, exact), Starts(b, same):
            return exact == same and not any(x.startswith(y) or y.startswith(x) for x in a for y in b)
        case Ends(a, exact), Ends(b, same):
            return exact == same and not any(x.endswith(y) or y.endswith(x) for x in a for y in b)
    return False


def below(domain: str, wanted: frozenset[str]) -> bool:
    """Whether a domain is one of the wanted, or lies below one."""
    return any(part in wanted for part in parents(domain))


def parents(domain: str) -> Iterable[str]:
    """The domain itself and all above it."""
    while domain:
        yield domain
        domain = domain.partition(".")[2]


def local_of(address: str) -> str:
    """The part before the @, without +detail."""
    return address.rpartition("@")[0].partition("+")[0]


def detail_of(address: str) -> str:
    """What stands between + and @."""
    return address.rpartition("@")[0].partition("+")[2]


def _known(text: str, test: TextTest, *, exact: bool) -> bool:
    """Whether a test's answer on each text that `is` finds equal to this one is its answer on this one."""
    if exact:
        return True
    # Two texts of the same flat form may differ in line ends, which a regular expression sees.
    return Text(text).flat == text and isinstance(test, _FLAT) and not test.exact


_FLAT = (Contains, Is, Starts, Ends, Matches, Words)


def _within(part: Phrase, entry: Phrase) -> bool:
    """Whether whoever finds the entry has found the part: some of its words, as they follow each other."""
    wanted, given = part.words, entry.words
    return any(given[start : start + len(wanted)] == wanted for start in range(len(given) - len(wanted) + 1))


def _sources(patterns: tuple[Pattern, ...]) -> set[str]:
    return {pattern.source for pattern in patterns}

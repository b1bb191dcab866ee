"""What a condition saw in one mail: the values that its answer rests on, short and harmless, in no language.

`core.rules.wording` puts them into words. Nothing is judged here: whether a value passes, the condition's own tests
say.
"""

from dataclasses import dataclass, replace

from maild.core.contact import Relationship
from maild.core.message import Attachment, Machine
from maild.core.rules.conditions import (
    Attached,
    Condition,
    FieldIs,
    Flagged,
    MachineIs,
    RelationshipIs,
    SizeIs,
)
from maild.core.rules.explain.circumstances import Circumstance, look_around
from maild.core.rules.explain.excerpt import harmless, located
from maild.core.rules.reading import Item, Reading
from maild.core.rules.texts import AnyText, ItemTest, NameText

MARK = 120
"""Letters of what told a machine that are shown at most."""

MOST_VALUES = 3
"""Values of one field that are shown."""


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a field: a subject, an address with its name, a header, an excerpt of the body."""

    text: str  # empty where the field is there and says nothing
    hits: tuple[str, ...] = ()  # the parts of it that passed the tests, where they are not the whole
    whole: bool = True  # false: it is the beginning of a longer text, or a part around the hits


@dataclass(frozen=True, slots=True)
class Values:
    """The value that passed; where none did, the first few. None at all: the field is missing."""

    values: tuple[Value, ...] = ()
    more: int = 0  # how many are not shown


@dataclass(frozen=True, slots=True)
class Size:
    """The size of the mail."""

    bytes: int


@dataclass(frozen=True, slots=True)
class File:
    """One attachment."""

    name: str
    type: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Files:
    """The attachments: how many pass, and the first few of those that do, or else of all."""

    passing: int
    count: int
    shown: tuple[File, ...] = ()


@dataclass(frozen=True, slots=True)
class Writer:
    """What kind of machine wrote the mail, and what told it; None: a person."""

    machine: Machine | None
    reason: str


@dataclass(frozen=True, slots=True)
class Related:
    """What the sender is to the client."""

    relationship: Relationship


@dataclass(frozen=True, slots=True)
class Flags:
    """The flags of the mail."""

    names: tuple[str, ...]


Seen = Values | Size | Files | Writer | Related | Flags | Circumstance


def look(condition: Condition, reading: Reading) -> Seen | None:
    """What a condition sees in a mail; None for groups, which see only what their parts see."""
    match condition:
        case FieldIs(field=field, tests=tests):
            return _values(reading.items(field), tests)
        case SizeIs():
            return Size(reading.mail.size)
        case Attached():
            return _files(condition, reading)
        case MachineIs():
            return Writer(reading.mail.machine, harmless(reading.mail.machine_reason, MARK))
        case RelationshipIs():
            return Related(reading.relationship)
        case Flagged():
            return Flags(tuple(harmless(flag) for flag in sorted(reading.flags)))
    return look_around(condition, reading)


def _values(items: tuple[Item, ...], tests: tuple[ItemTest, ...]) -> Values:
    passing = next((item for item in items if all(test.holds(item) for test in tests)), None)
    if passing is not None:
        return Values((_passed(passing, tests),))
    said = [item for item in items if any(text.raw.strip() for text in item.texts)]
    return Values(tuple(_value(item) for item in said[:MOST_VALUES]), len(said[MOST_VALUES:]))


def _value(item: Item) -> Value:
    shown = _whole(item)
    return Value(shown, whole=not shown.endswith("…"))


def _passed(item: Item, tests: tuple[ItemTest, ...]) -> Value:
    found = [place for test in tests if (place := _place(test, item))]
    hits = tuple(dict.fromkeys(hit for hit, _ in found if hit))
    if item.address is not None or not found:
        return replace(_value(item), hits=hits)
    shown = found[0][1]
    return Value(shown, hits, whole=not shown.endswith("…"))


def _place(test: ItemTest, item: Item) -> tuple[str, str] | None:
    match test:
        case AnyText(test=inner):
            return next((located(inner, text) for text in item.texts if inner.found(text)), None)
        case NameText(test=inner):
            return located(inner, item.name)
    return None


def _whole(item: Item) -> str:
    if item.address is None:
        return harmless(item.texts[0].raw)
    name, address = harmless(item.address.name), harmless(item.address.address)
    return f"{name} <{address}>" if name else address


def _files(condition: Attached, reading: Reading) -> Files:
    one = replace(condition, at_least=1, at_most=None)
    every = reading.mail.attachments
    passing = [each for each in every if one.holds(_with_only(reading, each))]
    return Files(len(passing), len(every), tuple(_file(each) for each in (passing or every)[:MOST_VALUES]))


def _with_only(reading: Reading, attachment: Attachment) -> Reading:
    return Reading(replace(reading.mail, attachments=(attachment,)), reading.facts)


def _file(attachment: Attachment) -> File:
    return File(harmless(attachment.name), harmless(attachment.type), attachment.size)

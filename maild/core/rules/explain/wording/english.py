"""Conditions and what they saw, in English: the subject contains “Angebot” or a form of it: yes, “Angebotsanfrage”."""

from collections.abc import Iterable

from maild.core.message import Machine
from maild.core.rules.conditions import (
    AllOf,
    AnyOf,
    Attached,
    Condition,
    FieldIs,
    Flagged,
    MachineIs,
    Not,
    RelationshipIs,
    SizeIs,
)
from maild.core.rules.explain.excerpt import harmless
from maild.core.rules.explain.seen import File, Files, Flags, Related, Seen, Size, Value, Values, Writer
from maild.core.rules.explain.wording import english_circumstances
from maild.core.rules.explain.wording.entries import (
    addresses,
    domains,
    enumerated,
    globs,
    needles,
    ordered,
    patterns,
    words,
)
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

MACHINES = {
    Machine.BOUNCE: "a bounce",
    Machine.AUTO_REPLY: "an automatic reply",
    Machine.NEWSLETTER: "a newsletter",
    Machine.LIST: "from a mailing list",
    Machine.MEETING: "a meeting request or an answer to one",
    Machine.RECEIPT: "a read receipt",
    Machine.NOTIFICATION: "a notification",
}


def question(condition: Condition) -> str:
    """What a condition asks, as a statement that is true or false."""
    match condition:
        case AllOf():
            return "all of these hold"
        case AnyOf():
            return "at least one of these holds"
        case Not():
            return "this does not hold"
        case FieldIs(field=field, tests=tests):
            return _field(field, tests)
        case SizeIs(larger=larger, smaller=smaller):
            return f"the mail is {_bounds(larger, smaller)}"
        case Attached():
            return _attached(condition)
        case MachineIs(wanted=wanted):
            return _machine(wanted)
        case RelationshipIs(wanted=wanted):
            return f"the sender is {_any(ordered(wanted))}"
        case Flagged(wanted=wanted):
            return f"the mail is marked {_any(sorted(wanted))}"
    return english_circumstances.question(condition)


def _field(field: str, tests: tuple[ItemTest, ...]) -> str:
    if field in _ADDRESSES:
        return f"{_ADDRESSES[field]} " + " and ".join(_of_address(test) for test in tests)
    name = _TEXTS.get(field) or f"the header {field.removeprefix('header.')}"
    return f"{name} " + " and ".join(_of_text(test) for test in tests)


_ADDRESSES = {
    "from": "the sender's",
    "to": "a recipient's (To)",
    "cc": "a recipient's (Cc)",
    "recipient": "a recipient's (To or Cc)",
    "reply_to": "a Reply-To's",
}
_TEXTS = {
    "subject": "the subject",
    "body": "the new text",
    "body.quoted": "the text with its quotations",
    "attachment.name": "the name of an attachment",
}


def _of_address(test: ItemTest) -> str:
    match test:
        case AddressIs(wanted=wanted):
            return f"address is {_any(addresses(wanted))}"
        case DomainIs(wanted=wanted):
            return f"domain is {_any(domains(wanted))} or below"
        case LocalIs(wanted=wanted):
            return f"part before the @ is {_any(sorted(wanted))}"
        case DetailIs(wanted=wanted):
            return f"part between + and @ is {_any(sorted(wanted))}"
        case NameText(test=inner):
            return f"name {_text(inner)}"
        case AnyText(test=inner):
            return f"address or name {_text(inner)}"
    raise TypeError(type(test).__name__)


def _of_text(test: ItemTest) -> str:
    return _text(test.test) if isinstance(test, AnyText) else _of_address(test)


def _text(test: TextTest) -> str:
    match test:
        case Contains(exact=exact):
            return f"contains {_quoted(needles(test))}{_exactly(exact)}"
        case Is(exact=exact):
            return f"is {_quoted(needles(test))}{_exactly(exact)}"
        case Starts(exact=exact):
            return f"begins with {_quoted(needles(test))}{_exactly(exact)}"
        case Ends(exact=exact):
            return f"ends with {_quoted(needles(test))}{_exactly(exact)}"
        case Matches(exact=exact):
            return f"fits the pattern {_quoted(globs(test))}{_exactly(exact)}"
        case Regex(exact=exact):
            return f"fits the regular expression {_quoted(patterns(test))}{_exactly(exact)}"
        case Words(exact=True):
            return f"contains the word {_quoted(words(test))}{_exactly(True)}"
        case Words():
            return f"contains a form of {_quoted(words(test))}"
    raise TypeError(type(test).__name__)


def _exactly(exact: bool) -> str:
    return ", letter by letter" if exact else ""


def _bounds(larger: int | None, smaller: int | None) -> str:
    above = "" if larger is None else f"larger than {measure(larger)}"
    below = "" if smaller is None else f"smaller than {measure(smaller)}"
    return " and ".join(filter(None, (above, below)))


def measure(size: int) -> str:
    """A number of bytes as people read it."""
    for unit, name in ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB")):
        if size >= unit:
            return f"{size / unit:.1f}".removesuffix(".0") + f" {name}"
    return f"{size} byte{'' if size == 1 else 's'}"


def _attached(condition: Attached) -> str:
    asked = [f"name {_of_text(test)}" for test in condition.names]
    if condition.types:
        asked.append(f"type is {_any([harmless(glob.source) for glob in condition.types])}")
    if condition.larger is not None or condition.smaller is not None:
        asked.append(f"size is {_bounds(condition.larger, condition.smaller)}")
    return f"the mail has {_how_many(condition)}" + (f" whose {' and '.join(asked)}" if asked else "")


def _how_many(condition: Attached) -> str:
    least, most = condition.at_least, condition.at_most
    if most is None:
        return "an attachment" if least == 1 else f"at least {least} attachments"
    if most == 0:
        return "no attachment"
    if least == most:
        return f"exactly {least} attachment{'' if least == 1 else 's'}"
    return (
        f"{least} to {most} attachments" if least else f"at most {most} attachment{'' if most == 1 else 's'}"
    )


def _machine(wanted: frozenset[Machine]) -> str:
    if wanted == frozenset(Machine):
        return "a machine wrote the mail"
    return f"the mail is {enumerated([MACHINES[each] for each in Machine if each in wanted], 'or')}"


def seen(what: Seen) -> str:
    """What a condition saw, as it stands after "yes, " or "no, "."""
    match what:
        case Values():
            return _values(what)
        case Size(bytes=size):
            return f"it has {measure(size)}"
        case Files():
            return _files(what)
        case Writer(machine=machine, reason=reason):
            return f"{MACHINES[machine]} (told by: {reason})" if machine else "written by a person"
        case Related(relationship=relationship):
            return relationship.value
        case Flags(names=names):
            return enumerated(names, "and") or "(none)"
    return english_circumstances.seen(what)


def _values(what: Values) -> str:
    if not any(value.text for value in what.values):
        return "(none)"
    texts = [_value(value) for value in what.values]
    return ", ".join(texts) + (f" and {what.more} more" if what.more else "")


def _value(value: Value) -> str:
    if not value.hits:
        return f"“{value.text}”" if value.whole else f"it begins “{value.text}”"
    hits = enumerated([f"“{hit}”" for hit in value.hits], "and")
    return hits if value.hits == (value.text,) else f"{hits} in “{value.text}”"


def _files(what: Files) -> str:
    if not what.count:
        return "there is none"
    count = f"{what.passing} of {what.count}" if what.passing else f"none of {what.count}"
    more = (what.passing or what.count) - len(what.shown)
    return f"{count}: {', '.join(_file(each) for each in what.shown)}" + (f" and {more} more" if more else "")


def _file(file: File) -> str:
    return f"“{file.name}” ({file.type}, {measure(file.bytes)})"


def _quoted(entries: Iterable[str]) -> str:
    return enumerated([f"“{entry}”" for entry in entries], "or")


def _any(entries: Iterable[str]) -> str:
    return enumerated([harmless(entry) for entry in entries], "or")

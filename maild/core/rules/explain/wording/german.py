"""Conditions and what they saw, in German: «Betreff enthält „Angebot“ oder eine Form davon: ja, „Angebotsanfrage“».

The words are a secretary's, not a programmer's.
"""

from collections.abc import Iterable

from maild.core.contact import Relationship
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
from maild.core.rules.explain.wording import german_circumstances
from maild.core.rules.explain.wording.entries import (
    addresses,
    domains,
    enumerated,
    globs,
    needles,
    patterns,
    words,
)
from maild.core.rules.explain.wording.german_marks import mark
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
    Machine.BOUNCE: "eine Unzustellbarkeitsmeldung",
    Machine.AUTO_REPLY: "eine automatische Antwort",
    Machine.NEWSLETTER: "ein Newsletter",
    Machine.LIST: "eine Nachricht aus einem Mailverteiler",
    Machine.MEETING: "eine Termineinladung oder die Antwort darauf",
    Machine.RECEIPT: "eine Lesebestätigung",
    Machine.NOTIFICATION: "eine automatische Benachrichtigung",
}
RELATIONSHIPS = {
    Relationship.VIP: "VIP",
    Relationship.CUSTOMER: "Kunde",
    Relationship.PROSPECT: "Interessent",
    Relationship.SUPPLIER: "Lieferant",
    Relationship.AUTHORITY: "Behörde",
    Relationship.EMPLOYEE: "Mitarbeiter",
    Relationship.BLOCKED: "gesperrt",
    Relationship.UNKNOWN: "unbekannt",
}
FLAGS = {
    "seen": "gelesen",
    "flagged": "wichtig (Stern)",
    "answered": "beantwortet",
    "draft": "Entwurf",
    "deleted": "gelöscht",
}


def question(condition: Condition) -> str:
    """What a condition asks, as a statement that is true or false."""
    match condition:
        case AllOf():
            return "alles Folgende trifft zu"
        case AnyOf():
            return "mindestens eines davon trifft zu"
        case Not():
            return "Folgendes trifft nicht zu"
        case FieldIs(field=field, tests=tests):
            return _field(field, tests)
        case SizeIs(larger=larger, smaller=smaller):
            return f"die Mail ist {_bounds(larger, smaller)}"
        case Attached():
            return _attached(condition)
        case MachineIs(wanted=wanted):
            return _machine(wanted)
        case RelationshipIs(wanted=wanted):
            return f"Absender ist {_or(RELATIONSHIPS[each] for each in Relationship if each in wanted)}"
        case Flagged(wanted=wanted):
            return f"die Mail ist gekennzeichnet als {_or(flag(each) for each in sorted(wanted))}"
    return german_circumstances.question(condition)


def flag(name: str) -> str:
    """A flag as mail programs call it."""
    return FLAGS.get(name, f"„{harmless(name)}“")


def _field(field: str, tests: tuple[ItemTest, ...]) -> str:
    if field in _ADDRESSES:
        return " und ".join(_of_address(test, _ADDRESSES[field]) for test in tests)
    name = _TEXTS.get(field) or f"Kopfzeile {field.removeprefix('header.')}"
    return f"{name} " + " und ".join(_of_text(test) for test in tests)


_ADDRESSES = {
    "from": "des Absenders",
    "to": "eines Empfängers (An)",
    "cc": "eines Empfängers (Cc)",
    "recipient": "eines Empfängers (An oder Cc)",
    "reply_to": "des Antwortempfängers",
}
_TEXTS = {
    "subject": "Betreff",
    "body": "neuer Text",
    "body.quoted": "Text samt Zitaten",
    "attachment.name": "Name eines Anhangs",
}


def _of_address(test: ItemTest, whose: str) -> str:
    match test:
        case AddressIs(wanted=wanted):
            return f"Adresse {whose} ist {_or(addresses(wanted))}"
        case DomainIs(wanted=wanted):
            return f"Domain {whose} ist {_or(domains(wanted))} oder liegt darunter"
        case LocalIs(wanted=wanted):
            return f"Adresse {whose} hat vor dem @ {_or(sorted(wanted))}"
        case DetailIs(wanted=wanted):
            return f"Adresse {whose} hat zwischen + und @ {_or(sorted(wanted))}"
        case NameText(test=inner):
            return f"Name {whose} {_text(inner)}"
        case AnyText(test=inner):
            return f"Adresse oder Name {whose} {_text(inner)}"
    raise TypeError(type(test).__name__)


def _of_text(test: ItemTest) -> str:
    return _text(test.test) if isinstance(test, AnyText) else _of_address(test, "")


def _text(test: TextTest) -> str:
    match test:
        case Contains(exact=exact):
            return f"enthält {_quoted(needles(test))}{_exactly(exact)}"
        case Is(exact=exact):
            return f"lautet {_quoted(needles(test))}{_exactly(exact)}"
        case Starts(exact=exact):
            return f"beginnt mit {_quoted(needles(test))}{_exactly(exact)}"
        case Ends(exact=exact):
            return f"endet auf {_quoted(needles(test))}{_exactly(exact)}"
        case Matches(exact=exact):
            return f"passt zum Muster {_quoted(globs(test))}{_exactly(exact)}"
        case Regex(exact=exact):
            return f"passt zum regulären Ausdruck {_quoted(patterns(test))}{_exactly(exact)}"
        case Words(exact=True):
            return f"enthält das Wort {_quoted(words(test))}{_exactly(True)}"
        case Words():
            return f"enthält {_quoted(words(test), '')} oder eine Form davon"
    raise TypeError(type(test).__name__)


def _exactly(exact: bool) -> str:
    return ", genau so geschrieben" if exact else ""


def _bounds(larger: int | None, smaller: int | None) -> str:
    above = "" if larger is None else f"größer als {measure(larger)}"
    below = "" if smaller is None else f"kleiner als {measure(smaller)}"
    return " und ".join(filter(None, (above, below)))


def measure(size: int) -> str:
    """A number of bytes as people read it."""
    for unit, name in ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB")):
        if size >= unit:
            return f"{size / unit:.1f}".removesuffix(".0").replace(".", ",") + f" {name}"
    return f"{size} Byte"


def _attached(condition: Attached) -> str:
    asked = [f"Name {_of_text(test)}" for test in condition.names]
    if condition.types:
        asked.append(f"Dateityp ist {_or(glob.source for glob in condition.types)}")
    if condition.larger is not None or condition.smaller is not None:
        asked.append(f"Datei ist {_bounds(condition.larger, condition.smaller)}")
    return f"die Mail hat {_how_many(condition)}" + (f" ({' und '.join(asked)})" if asked else "")


def _how_many(condition: Attached) -> str:
    least, most = condition.at_least, condition.at_most
    if most is None:
        return "einen Anhang" if least == 1 else f"mindestens {least} Anhänge"
    if most == 0:
        return "keinen Anhang"
    if least == most:
        return "genau einen Anhang" if least == 1 else f"genau {least} Anhänge"
    upper = "einen Anhang" if most == 1 else f"{most} Anhänge"
    return f"{least} bis {upper}" if least else f"höchstens {upper}"


def _machine(wanted: frozenset[Machine]) -> str:
    if wanted == frozenset(Machine):
        return "die Mail stammt von einem Automaten"
    return f"die Mail ist {enumerated([MACHINES[each] for each in Machine if each in wanted], 'oder')}"


def seen(what: Seen) -> str:
    """What a condition saw, as it stands after "ja, " or "nein, "."""
    match what:
        case Values():
            return _values(what)
        case Size(bytes=size):
            return f"sie hat {measure(size)}"
        case Files():
            return _files(what)
        case Writer(machine=machine, reason=reason):
            known = f"{MACHINES[machine]} (erkannt an: {mark(reason)})" if machine else ""
            return known or "von einem Menschen geschrieben"
        case Related(relationship=relationship):
            return RELATIONSHIPS[relationship]
        case Flags(names=names):
            return enumerated([flag(name) for name in names], "und") or "(keine)"
    return german_circumstances.seen(what)


def _values(what: Values) -> str:
    if not any(value.text for value in what.values):
        return "(fehlt)"
    texts = [_value(value) for value in what.values]
    return ", ".join(texts) + (f" und {what.more} weitere" if what.more else "")


def _value(value: Value) -> str:
    if not value.hits:
        return f"„{value.text}“" if value.whole else f"Anfang: „{value.text}“"
    hits = enumerated([f"„{hit}“" for hit in value.hits], "und")
    return hits if value.hits == (value.text,) else f"{hits} in „{value.text}“"


def _files(what: Files) -> str:
    if not what.count:
        return "es gibt keinen"
    count = f"{what.passing} von {what.count}" if what.passing else f"keiner von {what.count}"
    more = (what.passing or what.count) - len(what.shown)
    shown = ", ".join(_file(each) for each in what.shown)
    return f"{count}: {shown}" + (f" und {more} weitere" if more else "")


def _file(file: File) -> str:
    return f"„{file.name}“ ({file.type}, {measure(file.bytes)})"


def _quoted(entries: Iterable[str], last: str = "oder") -> str:
    return enumerated([f"„{entry}“" for entry in entries], last, "{} weitere")


def _or(entries: Iterable[str]) -> str:
    return enumerated([harmless(entry) for entry in entries], "oder", "{} weitere")

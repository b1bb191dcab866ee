"""Conditions in the one form in which they can be compared: every, some, and single questions, no "not" around groups.

What has a plain opposite (sets of classes, bounds, numbers of attachments) is turned into it, so that "not" is left
only where nothing else says it.
"""

from dataclasses import dataclass, replace

from maild.core.contact import Relationship
from maild.core.message import Machine
from maild.core.rules.circumstances import (
    AbsenceIs,
    AuthenticatedIs,
    EncryptedIs,
    FirstContactIs,
    HolidayIs,
    HoursAre,
    SentBefore,
    SignedIs,
)
from maild.core.rules.conditions import (
    AllOf,
    AnyOf,
    Attached,
    Condition,
    FieldIs,
    MachineIs,
    Not,
    RelationshipIs,
    SizeIs,
)
from maild.core.rules.model import Rule
from maild.core.rules.reading import Reading

SINGLE_FIELDS = frozenset({"subject", "body", "body.quoted"})
"""Fields that every mail has exactly once."""


@dataclass(frozen=True, slots=True)
class Among:
    """The mail's machine class, or what the sender is, is one of these; None: a person wrote the mail."""

    wanted: frozenset[Machine | None] | frozenset[Relationship]
    relationship: bool
    cost: int = 1

    def holds(self, reading: Reading) -> bool:
        """Whether it is."""
        return (reading.relationship if self.relationship else reading.mail.machine) in self.wanted


@dataclass(frozen=True, slots=True, eq=False)
class Atom:
    """One question, or its negation."""

    condition: Condition
    negated: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Every:
    """All parts hold; without parts: always."""

    parts: "tuple[Form, ...]"


@dataclass(frozen=True, slots=True, eq=False)
class Some:
    """A part holds; without parts: never."""

    parts: "tuple[Form, ...]"


Form = Atom | Every | Some


def form_of_rule(rule: Rule) -> Form:
    """When a rule holds."""
    parts = []
    if rule.when is not None:
        parts.append(form_of(rule.when))
    if rule.unless is not None:
        parts.append(form_of(rule.unless, negated=True))
    return _group(parts, some=False)


def form_of(condition: Condition, *, negated: bool = False) -> Form:
    """When a condition holds, or doesn't."""
    match condition:
        case AllOf(parts) | AnyOf(parts):
            some = isinstance(condition, AnyOf) is not negated
            return _group([form_of(part, negated=negated) for part in parts], some=some)
        case Not(part):
            return form_of(part, negated=not negated)
        case FieldIs("attachment.name", tests):
            return form_of(Attached(tests), negated=negated)
        case FieldIs(field, tests) if field in SINGLE_FIELDS and len(tests) > 1:
            atoms: list[Form] = [Atom(FieldIs(field, (test,)), negated) for test in tests]
            return _group(atoms, some=negated)
    if negated and isinstance(condition, SizeIs | Attached):
        return _group([Atom(other) for other in _opposites(condition)], some=True)
    if negated and isinstance(condition, _TWO_SIDED):
        return Atom(replace(condition, wanted=not condition.wanted))
    among = _among(condition)
    if among is not None:
        return Atom(_complement(among) if negated else among)
    return Atom(condition, negated)


_TWO_SIDED = (
    AbsenceIs,
    AuthenticatedIs,
    EncryptedIs,
    FirstContactIs,
    HolidayIs,
    HoursAre,
    SentBefore,
    SignedIs,
)
"""Conditions that are wanted either way."""


def opposite(form: Form) -> Form:
    """The negation."""
    if isinstance(form, Atom):
        return form_of(form.condition, negated=not form.negated)
    return _group([opposite(part) for part in form.parts], some=isinstance(form, Every))


def _group(parts: list[Form], *, some: bool) -> Form:
    kind = Some if some else Every
    flat: list[Form] = []
    for part in parts:
        flat += part.parts if isinstance(part, kind) else (part,)
    return flat[0] if len(flat) == 1 else kind(tuple(flat))


def _opposites(condition: SizeIs | Attached) -> list[Condition]:
    """Conditions of which one holds exactly where this one doesn't."""
    found: list[Condition] = []
    if isinstance(condition, SizeIs):
        if condition.larger is not None:
            found.append(SizeIs(smaller=condition.larger + 1))
        if condition.smaller is not None:
            found.append(SizeIs(larger=condition.smaller - 1))
        return found
    if condition.at_least > 0:
        found.append(replace(condition, at_least=0, at_most=condition.at_least - 1))
    if condition.at_most is not None:
        found.append(replace(condition, at_least=condition.at_most + 1, at_most=None))
    return found


def _among(condition: Condition) -> Among | None:
    match condition:
        case MachineIs(wanted):
            return Among(frozenset[Machine | None](wanted), relationship=False)
        case RelationshipIs(wanted):
            return Among(wanted, relationship=True)
        case Among():
            return condition
    return None


def _complement(among: Among) -> Among:
    if among.relationship:
        return Among(frozenset(Relationship) - among.wanted, relationship=True)
    everything: frozenset[Machine | None] = frozenset({*Machine, None})
    return Among(everything - among.wanted, relationship=False)

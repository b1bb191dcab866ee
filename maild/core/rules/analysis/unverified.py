"""Which rules ask for something that no mail has in this version of maild: a verified signature."""

from collections.abc import Iterator

from maild.core.rules.analysis.finding import Finding
from maild.core.rules.circumstances import SignedIs
from maild.core.rules.conditions import AllOf, AnyOf, Condition, Not
from maild.core.rules.model import RuleSet


def unverified(ruleset: RuleSet) -> Iterator[Finding]:
    """One warning for each `when` and each `unless` that asks for `signed: true`."""
    message = (
        "signed: true holds for no mail in this version of maild, which verifies no signatures; remove it"
    )
    for rule in ruleset.rules:
        for key, condition in (("when", rule.when), ("unless", rule.unless)):
            if condition is not None and _asks(condition):
                # Where the key stands deeper down, this is the place of the nearest key above it.
                yield Finding(rule.origin, ("rules", rule.index, key, "signed"), message)


def _asks(condition: Condition) -> bool:
    match condition:
        case AllOf(parts) | AnyOf(parts):
            return any(_asks(part) for part in parts)
        case Not(part):
            return _asks(part)
        case SignedIs(wanted):
            return wanted
    return False

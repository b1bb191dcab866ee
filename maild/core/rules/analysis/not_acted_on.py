"""Which rules ask for something that this version of maild plans, shows and logs, but does not carry out as written."""

from collections.abc import Iterator

from maild.core.action import Forward
from maild.core.rules.analysis.finding import Finding
from maild.core.rules.model import RuleSet


def not_acted_on(ruleset: RuleSet) -> Iterator[Finding]:
    """One warning for each forward with a digest."""
    for rule in ruleset.rules:
        for place, action in enumerate(rule.actions):
            if isinstance(action, Forward) and action.digest:
                path = ("rules", rule.index, "do", place, "forward", "when")
                message = "is not acted on in this version of maild; the mail is forwarded at once"
                yield Finding(rule.origin, path, message)

"""A client's rules: rules.yaml, and the shared files that it uses, in their order.

`use` reaches files below rules/_shared/ and no others. A file used twice counts once; one that uses itself, by
whatever way, is a fault.
"""

import re
from dataclasses import dataclass

from maild.config.document import Document, Path, one_line
from maild.config.source import Source
from maild.core.rules.analysis.analyse import analyse
from maild.core.rules.analysis.finding import Severity
from maild.core.rules.analysis.not_acted_on import not_acted_on
from maild.core.rules.analysis.unverified import unverified
from maild.core.rules.model import RuleSet
from maild.core.rules.parse.rules import Problem, RuleContext, join, parse_rules
from maild.errors import Fault

SHARED = "rules/_shared"


@dataclass(frozen=True, slots=True)
class RulesRead:
    """The rules of a client, and what is wrong or odd with them."""

    rules: RuleSet
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]


def read_rules(source: Source, slug: str, context: RuleContext) -> RulesRead | None:
    """The rules of a client; None where there is no rules.yaml."""
    document = source.yaml(f"rules/{slug}/rules.yaml")
    if document is None:
        return None
    reading = _Reading(source, context)
    reading.take(document, ())
    rules = reading.joined()
    reading.analyse(rules)
    return RulesRead(rules, tuple(reading.faults), tuple(reading.warnings))


class _Reading:
    def __init__(self, source: Source, context: RuleContext) -> None:
        self.source = source
        self.context = context
        self.sets: list[RuleSet] = []
        self.faults: list[Fault] = []
        self.warnings: list[Fault] = []
        self._documents: dict[str, Document] = {}

    def take(self, document: Document, chain: tuple[str, ...]) -> None:
        """Add a file, after those it uses."""
        self._documents[document.file] = document
        if document.faults:
            self.faults += document.faults
            return
        for path, name in _uses(document.data):
            self._use(document, path, name, (*chain, document.file))
        rules, problems = parse_rules(document.data, self.context, document.file)
        self.faults += _faults(document, problems)
        self.sets.append(rules)

    def _use(self, document: Document, path: Path, name: str, chain: tuple[str, ...]) -> None:
        file = f"rules/{name}"
        if not _SHARED_FILE.fullmatch(name):
            message = f"«{one_line(name)}» can't be used; name a file as _shared/machine-mail.yaml"
            self.faults.append(document.fault(path, message))
        elif file in chain:
            message = f"«{one_line(name)}» uses this file in turn; remove one of the two"
            self.faults.append(document.fault(path, message))
        elif file not in self._documents:
            used = self.source.yaml(file, below=SHARED)
            if used is None:
                message = f"there is no file «{one_line(name)}»; put it into {SHARED}/"
                self.faults.append(document.fault(path, message))
            else:
                self.take(used, chain)

    def joined(self) -> RuleSet:
        """All in one; a name that stands in two files is a fault of the later."""
        rules, clashes = join(self.sets)
        for clash in clashes:
            self.faults += _faults(self._documents[clash.origin], (clash.problem,))
        return rules

    def analyse(self, rules: RuleSet) -> None:
        """What is odd about them all together; while single rules have faults and are left out, nothing is said."""
        found = (*analyse(rules), *unverified(rules), *not_acted_on(rules))
        for finding in found if not self.faults else ():
            fault = self._documents[finding.origin].fault(finding.path, finding.message)
            (self.faults if finding.severity is Severity.FAULT else self.warnings).append(fault)


def _uses(data: object) -> list[tuple[Path, str]]:
    used = data.get("use") if isinstance(data, dict) else None
    if isinstance(used, str):
        return [(("use",), used)]
    entries = enumerate(used) if isinstance(used, list) else ()
    return [(("use", index), name) for index, name in entries if isinstance(name, str)]


def _faults(document: Document, problems: tuple[Problem, ...]) -> list[Fault]:
    return [document.fault(each.path, each.message, on_key=each.on_key) for each in problems]


_SHARED_FILE = re.compile(r"_shared/(\w[\w-]*/)*\w[\w-]*\.ya?ml")

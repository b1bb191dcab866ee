"""A home as it was loaded: the office, the clients that can be worked for, and what is wrong with the rest."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from maild.config.contacts import Contacts
from maild.config.models import ClientConfig, Office
from maild.config.templates import TemplateSet
from maild.core.business import Business
from maild.core.rules.model import Example, RuleSet
from maild.errors import Fault


@dataclass(frozen=True, slots=True)
class Client:
    """All that the files say of one client; none of them had a fault."""

    slug: str  # the name of its folder
    config: ClientConfig
    rules: RuleSet
    templates: TemplateSet
    contacts: Contacts
    files: Mapping[str, Path]  # what its letters may carry
    version: str  # twelve hexadecimal digits over all its files
    business: Business = Business()  # what rules may know of it, from client.yaml

    @property
    def examples(self) -> tuple[Example, ...]:
        """The tests of its rules."""
        return self.rules.examples


@dataclass(frozen=True, slots=True)
class Home:
    """One installation's files."""

    path: Path
    office: Office
    clients: Mapping[str, Client] = field(default_factory=dict)  # by slug; only those without any fault
    faults: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()
    people: Mapping[str, frozenset[str]] = field(
        default_factory=dict
    )  # own addresses, also of faulty clients

    def foreign_people(self, slug: str) -> frozenset[str]:
        """The addresses, in lower case, of all other clients' own people."""
        others = (addresses for name, addresses in self.people.items() if name != slug)
        return frozenset().union(*others) - self.people.get(slug, frozenset())

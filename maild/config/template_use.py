"""Which templates a client has, whose they are, what they need, and which of its rules write by them."""

from collections.abc import Iterator
from dataclasses import dataclass

from maild.config.home import Client
from maild.config.templates import HOUSE_LANGUAGE
from maild.core.action import Answer, Draft, Note
from maild.core.template import Template

NOTE = "note"
"""The template that notes to the client are written by."""


@dataclass(frozen=True, slots=True)
class Version:
    """A template in one language."""

    language: str
    whose: str  # "house" or "client"
    template: Template


@dataclass(frozen=True, slots=True)
class Use:
    """A template of one client, in all its languages."""

    name: str
    versions: tuple[Version, ...]
    drafted_by: tuple[str, ...]  # names of rules
    answered_by: tuple[str, ...]  # names of rules that send it with nobody's approval

    @property
    def rules(self) -> tuple[str, ...]:
        """All rules that write by it."""
        return tuple(dict.fromkeys((*self.drafted_by, *self.answered_by)))

    @property
    def gaps(self) -> tuple[str, ...]:
        """The gaps in all languages."""
        return tuple(dict.fromkeys(gap for each in self.versions for gap in each.template.gaps))

    @property
    def attach(self) -> tuple[str, ...]:
        """The files that it carries, in whatever language."""
        return tuple(dict.fromkeys(file for each in self.versions for file in each.template.attach))

    @property
    def is_automatic(self) -> bool:
        """Whether nobody looks at its letters before they go."""
        return bool(self.answered_by) and not self.drafted_by


def uses(client: Client) -> tuple[Use, ...]:
    """Every template of a client, by name."""
    return tuple(use_of(client, name) for name in sorted(client.templates.names()))


def use_of(client: Client, name: str) -> Use:
    """One template of a client; raises LetterError where it has none of that name."""
    client.templates.get(name, HOUSE_LANGUAGE)
    return Use(
        name=name,
        versions=tuple(_versions(client, name)),
        drafted_by=tuple(_rules(client, name, Draft)),
        answered_by=tuple(_rules(client, name, Answer)),
    )


def _versions(client: Client, name: str) -> Iterator[Version]:
    templates = client.templates
    for language in sorted({HOUSE_LANGUAGE, *templates.languages()}):
        own = templates.own.get(language, {}).get(name) or templates.own.get("", {}).get(name)
        found = own or templates.house.get(language, {}).get(name)
        if found is not None:
            yield Version(language, "client" if own else "house", found)


def _rules(client: Client, name: str, kind: type[Draft] | type[Answer]) -> Iterator[str]:
    for rule in client.rules.rules:
        for action in rule.actions:
            noted = kind is Draft and name == NOTE and isinstance(action, Note)
            if noted or (isinstance(action, kind) and action.template == name):
                yield rule.name
                break

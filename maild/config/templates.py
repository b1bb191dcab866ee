"""A client's templates: the house's, overridden name by name by the client's own.

Looked up in templates/<client>/<language>/, templates/<client>/, templates/<language>/. All are compiled when the
home is loaded; what a template may say is the business of `core.template`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath

from maild.config.document import decode, one_line
from maild.config.source import Source, entries, folders
from maild.core.template import Template, TemplateProblem, TemplateSource, compile_template
from maild.errors import Fault, LetterError

HOUSE_LANGUAGE = "de"
MAX_BYTES = 200_000

Shelf = Mapping[str, Mapping[str, Template]]
"""Templates by language and name; "" is the shelf of those that serve every language."""

Broken = Mapping[str, Mapping[str, Fault]]
"""The first fault of each template that can't be used, by language and name."""


@dataclass(frozen=True, slots=True)
class TemplateSet:
    """The templates that one client has."""

    own: Shelf = field(default_factory=dict)
    house: Shelf = field(default_factory=dict)
    broken: Broken = field(default_factory=dict)

    def get(self, name: str, language: str) -> Template:
        """The template in a language, else in German, else in any; LetterError where there is none at all."""
        for wanted in self._tried(language):
            found = self._nearest(name, wanted) or self.house.get(wanted, {}).get(name)
            if found is not None:
                return found
        raise LetterError(f"there is no template «{one_line(name)}»")

    def fault(self, name: str, language: str) -> Fault | None:
        """What is wrong with the house's template where a letter in this language would be written by it."""
        for wanted in self._tried(language):
            if self._nearest(name, wanted) is not None:
                return None
            if name in self.broken.get(wanted, {}):
                return self.broken[wanted][name]
            if name in self.house.get(wanted, {}):
                return None
        return None

    def names(self) -> frozenset[str]:
        """The names of all templates."""
        return frozenset(
            name for shelf in (self.own, self.house) for names in shelf.values() for name in names
        )

    def gapped(self) -> frozenset[str]:
        """The names of templates that leave gaps for a person to fill, in whatever language."""
        wanted = {HOUSE_LANGUAGE, *self.languages()}
        return frozenset(
            name for name in self.names() if any(self.get(name, language).gaps for language in wanted)
        )

    def attached(self, name: str) -> frozenset[str]:
        """The files that the templates of a name carry, in whatever language; LetterError as `get`."""
        wanted = {HOUSE_LANGUAGE, *self.languages()}
        return frozenset(file for language in wanted for file in self.get(name, language).attach)

    def languages(self) -> frozenset[str]:
        """The languages of all templates."""
        return frozenset({*self.own, *self.house} - {""})

    def _tried(self, language: str) -> Iterable[str]:
        return dict.fromkeys((language, HOUSE_LANGUAGE, *sorted(self.languages())))

    def _nearest(self, name: str, language: str) -> Template | None:
        """The client's own, which stands before the house's."""
        return self.own.get(language, {}).get(name) or self.own.get("", {}).get(name)


@dataclass(frozen=True, slots=True)
class Loaded:
    """The templates of one folder of a home, with what is wrong there."""

    shelf: Shelf
    broken: Broken
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    names: frozenset[str]  # also of those with faults
    version: str  # differs where any of the files read differs


def read_house(source: Source) -> Loaded:
    """templates/<language>/."""
    root = source.home / "templates"
    languages = [name for name in folders(root) if is_language(name)]
    return _read(source, {name: f"templates/{name}" for name in languages})


def read_own(source: Source, slug: str) -> Loaded:
    """templates/<client>/ and templates/<client>/<language>/."""
    root = source.home / "templates" / slug
    languages = [name for name in folders(root) if is_language(name)]
    places = {name: f"templates/{slug}/{name}" for name in languages}
    return _read(source, {"": f"templates/{slug}", **places})


def read_files(source: Source, slug: str) -> tuple[Mapping[str, FilePath], tuple[Fault, ...]]:
    """What a letter of this client may carry: the files below templates/<client>/files/, by name."""
    folder = f"templates/{slug}/files"
    files: dict[str, FilePath] = {}
    faults = []
    for name in entries(source.home / folder):
        if not _ATTACHABLE.fullmatch(name):
            faults.append(Fault(f"{folder}/{one_line(name)}", 0, 0, f"can't be attached; {_PLAIN_NAME}"))
            continue
        raw = source.read(f"{folder}/{name}", below=folder)
        if isinstance(raw, Fault):
            faults.append(raw)
        elif raw is not None:
            files[name] = source.home / folder / name
    return files, tuple(faults)


def is_language(name: str) -> bool:
    """Whether a folder's name is that of a language: two small letters (ISO 639-1)."""
    return bool(re.fullmatch("[a-z]{2}", name))


def _read(source: Source, places: Mapping[str, str]) -> Loaded:
    shelf: dict[str, Mapping[str, Template]] = {}
    broken: dict[str, dict[str, Fault]] = {}
    faults: list[Fault] = []
    warnings: list[Fault] = []
    seen: set[str] = set()
    for language, folder in places.items():
        names: dict[str, Template] = {}
        found = frozenset(entries(source.home / folder))
        warnings += (_unread(folder, entry) for entry in sorted(found) if not _is_read(entry, found))
        for name in sorted(entry.removesuffix(_SUFFIX) for entry in found if entry.endswith(_SUFFIX)):
            seen.add(name)
            try:
                names[name] = _compiled(source, folder, name, has_html=name + _HTML_SUFFIX in found)
            except TemplateProblem as problem:
                faults += problem.faults
                broken.setdefault(language, {})[name] = problem.faults[0]
        shelf[language] = names
    return Loaded(shelf, broken, tuple(faults), tuple(warnings), frozenset(seen), source.version())


def _is_read(entry: str, found: frozenset[str]) -> bool:
    if entry.endswith(_HTML_SUFFIX):
        return entry.removesuffix(_HTML_SUFFIX) + _SUFFIX in found
    return entry.endswith(_SUFFIX)


def _unread(folder: str, entry: str) -> Fault:
    message = f"is no template; one is called <name>{_SUFFIX}, with <name>{_HTML_SUFFIX} beside it or without"
    if entry.endswith(_HTML_SUFFIX):
        name = one_line(entry).removesuffix(_HTML_SUFFIX)
        message = f"is not used: a letter needs its text, {name}{_SUFFIX}, beside it"
    return Fault(f"{folder}/{one_line(entry)}", 0, 0, message)


def _compiled(source: Source, folder: str, name: str, *, has_html: bool) -> Template:
    file = f"{folder}/{one_line(name)}{_SUFFIX}"
    if not _NAME.fullmatch(name):
        raise TemplateProblem((Fault(file, 0, 0, f"is no name of a template; {_PLAIN_NAME}"),))
    html_file = f"{folder}/{name}{_HTML_SUFFIX}" if has_html else ""
    return compile_template(
        TemplateSource(
            name=name,
            text=_text(source, folder, file),
            file=file,
            html=_text(source, folder, html_file) if has_html else "",
            html_file=html_file,
        )
    )


def _text(source: Source, folder: str, file: str) -> str:
    raw = source.read(file, below=folder)
    text = decode(raw, file, limit=MAX_BYTES) if isinstance(raw, bytes) else raw
    if not isinstance(text, str):
        raise TemplateProblem((text or Fault(file, 0, 0, "is no file that can be read; remove it"),))
    return text


_SUFFIX = ".txt.j2"
_HTML_SUFFIX = ".html.j2"
_PLAIN_NAME = "use letters, digits and - _ . only"
_NAME = re.compile(r"\w[\w-]{0,79}")
_ATTACHABLE = re.compile(r"\w[\w .()+&-]{0,119}")

"""A whole home, read and checked: nothing is believed that was not looked at.

What is wrong with one client keeps that client from being loaded, and no other; a broken template of the house stops
those whose rules use it. It opens no connection, changes nothing, and reads no secret.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path

from maild.config.clientfiles import ClientFiles, read_client
from maild.config.crosscheck import claims, cross_faults, own_people
from maild.config.document import Document
from maild.config.home import Client, Home
from maild.config.models import Office
from maild.config.rulefiles import SHARED
from maild.config.source import Source, digest, folders
from maild.config.templates import Loaded, is_language, read_house
from maild.config.wording import did_you_mean, validated
from maild.errors import ConfigError, Fault

__all__ = ["CONFIGURATION", "Client", "Home", "HomeReader", "load_home"]

MAIN_FILE = "maild.yaml"
CONFIGURATION = (MAIN_FILE, "rules", "templates")
"""All that is read of a home, state and secrets apart."""


def load_home(path: Path, *, today: date | None = None) -> Home:
    """Read and check a whole home once; see `HomeReader.read`."""
    return HomeReader(path).read(today=today)


class HomeReader:
    """Reads a home, again and again; a client of whose files none has changed is taken from the last time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last: dict[str, tuple[tuple[str, ...], ClientFiles]] = {}

    def read(self, *, today: date | None = None) -> Home:
        """Read and check a whole home; `today` is what the age of a confirmation is counted from.

        Raises:
            ConfigError: maild.yaml is missing or has a fault; it carries the faults of all files.
        """
        path, today = self._path, today or datetime.now(UTC).date()
        document = Source(path).yaml(MAIN_FILE) or _absent(path)
        office, office_faults = validated(document, Office)
        slugs = folders(path / "rules")
        bad_names = tuple(_bad_name(slug) for slug in slugs if not is_slug(slug))
        house, found = self._clients([slug for slug in slugs if is_slug(slug)], today)
        crossed = cross_faults({files.slug: files.document for files in found})
        own = (fault for files in found for fault in files.faults)
        faults = _in_order((*office_faults, *house.faults, *bad_names, *own, *crossed))
        if office is None:
            raise ConfigError(faults)
        warnings = (
            *_office_warnings(document, office, slugs),
            *house.warnings,
            *_warnings(path, slugs, found),
        )
        crossing = {fault.client for fault in crossed}
        return Home(
            path=path,
            office=office,
            clients=dict(_sound(found, crossing)),
            faults=faults,
            warnings=_in_order(warnings),
            people={files.slug: own_people(claims(files.document)) for files in found},
        )

    def _clients(self, slugs: Iterable[str], today: date) -> tuple[Loaded, list[ClientFiles]]:
        """The house's templates, and the files of each client."""
        shared = digest(self._path, SHARED)
        house = read_house(Source(self._path))
        found: dict[str, tuple[tuple[str, ...], ClientFiles]] = {}
        for slug in slugs:
            # Taken before the files are read: one that is changed meanwhile differs the next time.
            own = digest(self._path, f"rules/{slug}", f"templates/{slug}")
            state = (own, shared, house.version, today.isoformat())
            last = self._last.get(slug)
            if last is None or last[0] != state:
                last = state, read_client(self._path, slug, house, today)
            found[slug] = last
        self._last = found
        return house, [files for _, files in found.values()]


def is_slug(name: str) -> bool:
    """Whether a folder can be a client's: longer than a language's two letters, and fit for logs and tables."""
    return bool(re.fullmatch(r"[a-z0-9][a-z0-9-]{2,39}", name))


def _absent(path: Path) -> Document:
    where = "the home" if path.is_dir() else "the home, which is no folder"
    message = f"is missing in {where}; set --home or $MAILD_HOME to the folder that holds it"
    return Document(MAIN_FILE, faults=(Fault(MAIN_FILE, 0, 0, message),))


def _bad_name(slug: str) -> Fault:
    message = "is no name for a client; use 3 to 40 small letters, digits and -"
    return Fault(f"rules/{slug}", 0, 0, message, client=slug)


def _in_order(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    return tuple(sorted(faults, key=lambda each: (each.file, each.line, each.column, each.key, each.client)))


def _sound(found: Iterable[ClientFiles], crossing: set[str]) -> Iterable[tuple[str, Client]]:
    for files in found:
        if files.client is not None and files.slug not in crossing:
            yield files.slug, files.client


def _office_warnings(document: Document, office: Office, slugs: list[str]) -> Iterable[Fault]:
    for index, member in enumerate(office.team):
        for place, slug in enumerate(member.clients if isinstance(member.clients, tuple) else ()):
            if slug not in slugs:
                message = f"«{slug}» is no client of this home; {did_you_mean(slug, slugs)}"
                yield document.fault(("team", index, "clients", place), message)
    if office.office.smtp is None:
        yield document.fault(("office", "smtp"), "is missing; without it nobody is told of trouble by mail")
    for key, value in (("metrics", office.metrics), ("accounts", office.accounts)):
        if value:
            yield document.fault((key,), "is not acted on in this version of maild")


def _warnings(path: Path, slugs: list[str], found: list[ClientFiles]) -> Iterable[Fault]:
    if not slugs:
        yield Fault("rules", 0, 0, "holds no client; make a folder with a client.yaml")
    for name in folders(path / "templates"):
        if name not in slugs and not is_language(name):
            message = f"belongs to no client and to no language; {did_you_mean(name, slugs)}"
            yield Fault(f"templates/{name}", 0, 0, message)
    for files in found:
        yield from files.warnings

"""The files of one client, read and held against each other.

Of other clients it knows nothing; `crosscheck` compares them afterwards.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path as FilePath

from maild.config.business import business_of, with_business
from maild.config.contacts import Contacts, read_contacts
from maild.config.crosscheck import claims
from maild.config.document import Document, Path
from maild.config.home import Client
from maild.config.legal import legal_faults, legal_warnings
from maild.config.models import ClientConfig
from maild.config.review import Review, folder_problems, protected_folders
from maild.config.rulefiles import read_rules
from maild.config.servers import NamedFolders
from maild.config.source import Source, entries
from maild.config.templates import HOUSE_LANGUAGE, Loaded, TemplateSet, read_files, read_own
from maild.config.wording import did_you_mean, validated
from maild.core.action import Action, Answer, Draft, Forward, Note
from maild.core.rules.model import RuleSet
from maild.core.rules.parse.rules import RuleContext
from maild.errors import Fault

NOTE_TEMPLATE = "note"
"""The template, in the client's language, that a note is written by."""


@dataclass(slots=True)
class ClientFiles:
    """What the files of one client say; `client` is None where any of them has a fault."""

    slug: str
    document: Document  # client.yaml
    client: Client | None = None
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)


def read_client(home: FilePath, slug: str, house: Loaded, today: date) -> ClientFiles:
    """Read and check rules/<client>/ and templates/<client>/."""
    source = Source(home)
    file = f"rules/{slug}/client.yaml"
    document = source.yaml(file)
    if document is None:
        absent = Fault(file, 0, 0, "is missing; every folder of rules/ is a client and needs one")
        document = Document(file, faults=(absent,))
    found = ClientFiles(slug, document)
    config, faults = validated(document, ClientConfig)
    own, (files, file_faults) = read_own(source, slug), read_files(source, slug)
    contacts, contact_faults = _contacts(source, slug)
    found.faults += (*faults, *own.faults, *file_faults, *contact_faults)
    found.warnings += own.warnings
    templates = TemplateSet(own.shelf, house.shelf, house.broken)
    context = _context(document, config, own.names | house.names, files, templates.gapped())
    rules = _rules(source, found, context) if document.data is not None else RuleSet()
    if config is not None:
        found.faults += _faults(document, _config_problems(config, rules, templates, context))
        found.faults += _house_faults(slug, _written(config, rules, contacts), templates)
        found.warnings += _faults(document, (*legal_warnings(config.legal, today), *_not_acted_on(config)))
    found.warnings += _other_files(home, slug)
    if config is not None and not found.faults:
        version = source.version(house.version)
        business = business_of(config)
        found.client = Client(slug, config, rules, templates, contacts, files, version, business)
    found.faults = [replace(fault, client=slug) for fault in found.faults]
    found.warnings = [replace(warning, client=slug) for warning in found.warnings]
    return found


def _contacts(source: Source, slug: str) -> tuple[Contacts, tuple[Fault, ...]]:
    file = f"rules/{slug}/contacts.csv"
    raw = source.read(file)
    if isinstance(raw, bytes):
        return read_contacts(raw, file)
    return Contacts(), () if raw is None else (raw,)


def _rules(source: Source, found: ClientFiles, context: RuleContext) -> RuleSet:
    read = read_rules(source, found.slug, context)
    if read is None:
        message = "is missing; without rules every mail stays where it is"
        found.warnings.append(Fault(f"rules/{found.slug}/rules.yaml", 0, 0, message))
        return RuleSet()
    found.faults += read.faults
    found.warnings += read.warnings
    return read.rules


def _context(
    document: Document,
    config: ClientConfig | None,
    templates: frozenset[str],
    files: Iterable[str],
    gapped: frozenset[str],
) -> RuleContext:
    """What rules may name, from the plain data, so that a fault elsewhere in client.yaml makes none in rules.yaml."""
    named = claims(document)
    review, folders = (config.review, config.imap.folders) if config else (Review(), NamedFolders())
    context = RuleContext(
        templates=templates,
        forward_to=frozenset(each.address for each in named if each.path[0] not in {"imap", "identities"}),
        identities=frozenset(each.address for each in named if each.path[0] == "identities"),
        protected_folders=protected_folders(review, folders),
        files=frozenset(files),
        gapped=gapped,
    )
    return with_business(context, document.data)


def _config_problems(
    config: ClientConfig, rules: RuleSet, templates: TemplateSet, context: RuleContext
) -> Iterator[tuple[Path, str]]:
    yield from folder_problems(config.review, config.imap.folders)
    yield from legal_faults(config.legal)
    actions = [action for rule in rules.rules for action in rule.actions]
    told = [action for action in actions if isinstance(action, Note) or _is_to_client(action)]
    if told and not config.notes.to:
        yield ("notes", "to"), "names nobody, but rules note or forward to the client; add an address"
    if any(isinstance(action, Note) for action in actions) and NOTE_TEMPLATE not in context.templates:
        yield (
            ("notes",),
            f"rules write notes, but there is no template «{NOTE_TEMPLATE}»; add it to templates/",
        )
    for name in sorted(_replied_by(rules) & templates.names()):
        for attached in sorted(templates.attached(name)):
            if attached not in context.files:
                yield (), f"template «{name}» attaches «{attached}»; put that file into the client's files/"


def _is_to_client(action: Action) -> bool:
    return isinstance(action, Forward) and action.to == "client"


def _replied_by(rules: RuleSet) -> set[str]:
    """The templates by which somebody outside is written to."""
    actions = (action for rule in rules.rules for action in rule.actions)
    return {action.template for action in actions if isinstance(action, Draft | Answer)}


def _written(config: ClientConfig, rules: RuleSet, contacts: Contacts) -> set[tuple[str, str]]:
    """Name and language of each template that these rules have letters written by."""
    actions = [action for rule in rules.rules for action in rule.actions]
    replies = {contact.language or HOUSE_LANGUAGE for contact in contacts.by_address.values()}
    noted = any(isinstance(action, Note) for action in actions)
    notes = {(NOTE_TEMPLATE, config.language)} if noted else set()
    return {
        (name, language) for name in _replied_by(rules) for language in {HOUSE_LANGUAGE, *replies}
    } | notes


def _house_faults(slug: str, written: set[tuple[str, str]], templates: TemplateSet) -> Iterator[Fault]:
    """A broken template of the house stops those who use it, and nobody else."""
    found = {(name, fault) for name, language in written if (fault := templates.fault(name, language))}
    for name, fault in sorted(found, key=str):
        message = f"template «{name}» can't be used until this is mended: {fault}"
        yield Fault(f"rules/{slug}/rules.yaml", 0, 0, message)


def _not_acted_on(config: ClientConfig) -> Iterator[tuple[Path, str]]:
    """Keys that this version reads and leaves alone, where somebody could count on them."""
    given: list[Path] = [(key,) for key in ("retention",) if key in config.model_fields_set]
    given += [("smtp", key) for key in ("limits", "profile") if key in config.smtp.model_fields_set]
    given += [("notes", key) for key in ("digest", "pgp") if key in config.notes.model_fields_set]
    for path in given:
        yield path, "is not acted on in this version of maild"
    if not all("@" in each for each in config.notes.urgent_to):
        yield (
            ("notes", "urgent_to"),
            "names a phone number; in this version of maild nobody is asked to call it",
        )


def _other_files(home: FilePath, slug: str) -> Iterator[Fault]:
    for name in entries(home / "rules" / slug):
        if name == "campaigns.yaml":
            message = "is not acted on in this version of maild; none of it is sent"
            yield Fault(f"rules/{slug}/{name}", 0, 0, message)
        elif name.endswith((".yaml", ".yml", ".csv")) and name not in _FILES:
            yield Fault(f"rules/{slug}/{name}", 0, 0, f"is not read; {did_you_mean(name, _FILES)}")


def _faults(document: Document, problems: Iterable[tuple[Path, str]]) -> list[Fault]:
    return [document.fault(path, message) for path, message in problems]


_FILES = ("client.yaml", "rules.yaml", "contacts.csv", "campaigns.yaml")

"""The README and the documents are true: examples load, commands exist, tables are those of the code."""

import re
import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
import typer.main
from pydantic import BaseModel
from typer.testing import CliRunner

from maild.cli.app import app
from maild.config.contacts import COLUMNS
from maild.config.home import Client, Home
from maild.config.load import load_home
from maild.config.models import ClientConfig, Office
from maild.config.wording import _plain
from maild.core import checks
from maild.core.action import Draft, Move
from maild.core.contact import Contact, Relationship
from maild.core.decide import decide
from maild.core.facts import Facts
from maild.core.letter import Letterhead, reply_context
from maild.core.lifecycle import DraftState
from maild.core.message import Address, Mail
from maild.core.template import render
from maild.core.template_environment import letter_environment
from maild.core.template_views import KNOWN, VIEWS, parts_of
from maild.flow import approve, close, stray
from maild.store.records import EffectState, MailState, RowState

REPOSITORY = Path(__file__).parents[2]
TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
NOT_REACHED = {RowState.SUPPRESSED, RowState.ABANDONED}
"""Row states of the schema that no path of the code leads to yet; the README leaves them out."""


def text(name: str) -> str:
    """A document of the repository."""
    return (REPOSITORY / name).read_text(encoding="utf-8")


README = text("README.md")


def section(document: str, heading: str) -> str:
    """What stands below a heading, up to the next one."""
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", document, re.MULTILINE | re.DOTALL)
    assert found, heading
    return found[1]


def fenced(document: str, kind: str) -> list[str]:
    """The fenced blocks of one kind, in order."""
    return re.findall(rf"^```{kind}\n(.*?)^```$", document, re.MULTILINE | re.DOTALL)


def without_fences(document: str) -> str:
    """A document's prose."""
    return re.sub(r"^```.*?^```$", "", document, flags=re.MULTILINE | re.DOTALL)


def first_cells(table: str) -> str:
    """The first column of all tables in a piece of a document."""
    return "\n".join(re.findall(r"^\| (.*?) \|", table, re.MULTILINE))


# A first client of your own.


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The repository's home with the README's client laid into it."""
    shutil.copy(REPOSITORY / "maild.yaml", tmp_path)
    for folder in ("rules", "templates"):
        shutil.copytree(REPOSITORY / folder, tmp_path / folder)
    return with_miller(tmp_path)


def with_miller(path: Path) -> Path:
    """Lay the two blocks of the README into a home."""
    client, rules = fenced(section(README, "A first client of your own"), "yaml")
    folder = path / "rules" / "miller"
    folder.mkdir(parents=True)
    (folder / "client.yaml").write_text(client, encoding="utf-8")
    (folder / "rules.yaml").write_text(rules, encoding="utf-8")
    return path


def test_first_client_is_accepted_beside_the_others(home: Path) -> None:
    """The README's files have neither fault nor warning in the repository's own home."""
    loaded = load_home(home, today=TODAY)
    assert (loaded.faults, loaded.warnings) == ((), ())
    assert set(loaded.clients) == {"brugman", "miller", "northwind"}


def test_first_client_is_accepted_alone(tmp_path: Path) -> None:
    """maild.yaml and the house's templates are all that it needs."""
    shutil.copy(REPOSITORY / "maild.yaml", tmp_path)
    for language in ("de", "en"):
        shutil.copytree(REPOSITORY / "templates" / language, tmp_path / "templates" / language)
    loaded = load_home(with_miller(tmp_path), today=TODAY)
    assert (loaded.faults, loaded.warnings) == ((), ())
    assert set(loaded.clients) == {"miller"}


def test_first_rule_drafts_and_moves(home: Path) -> None:
    """A request for an offer gets a draft that can be written; another mail stays where it is."""
    miller = load_home(home, today=TODAY).clients["miller"]
    offer = Mail(subject="Bitte um ein Angebot", from_=(Address("anna@kunde.example", "Anna Müller"),))
    facts = Facts(NOW, NOW, Relationship.UNKNOWN, frozenset(), old=False, own=False)
    actions = [step.action for step in decide(miller.rules, offer, facts).steps]
    assert actions == [Draft("offer-request"), Move("Anfragen")]
    assert "Mill Lane" in letter_of(miller, offer)
    assert decide(miller.rules, Mail(subject="Guten Tag"), facts).rules == ()


def letter_of(client: Client, mail: Mail) -> str:
    """The text of the letter that the first rule has drafted."""
    identity = client.config.identities[0]
    head = Letterhead(
        client.config.name, Address(identity.address, identity.name), client.config.legal.particulars
    )
    template = client.templates.get("offer-request", "de")
    return render(template, reply_context(mail, None, head, NOW, "de")).text


def test_first_client_has_as_many_lines_as_it_says() -> None:
    """Seven lines and two, ten with the command."""
    client, rules = fenced(section(README, "A first client of your own"), "yaml")
    assert (len(client.splitlines()), len(rules.splitlines())) == (7, 2)


# Commands.


def command_lines() -> Iterator[str]:
    """What the README says of `maild` on a command line, without its name."""
    spans = re.findall(r"`([^`\n]+)`", without_fences(README))
    for line in (*spans, *"".join(fenced(README, "sh")).splitlines()):
        found = re.search(r"(?:^|[ /])maild ((?:--|[a-z])[^#]*)$", line)
        if found:
            yield found[1].strip()


def resolved(line: str) -> tuple[str, list[str]]:
    """The command that a line names and its options; an unknown one fails the test."""
    here: Any = typer.main.get_command(app)
    name, unknown = "", []
    options = {option for parameter in here.params for option in parameter.opts}
    for word in re.sub(r"[\[\]]", "", line).split():
        if word.startswith("-"):
            unknown += [] if word in options else [word]
        elif word in subcommands(here):
            here = subcommands(here)[word]
            name = f"{name} {word}".strip()
            options |= {option for parameter in here.params for option in parameter.opts}
    return name, unknown


@pytest.mark.parametrize("line", sorted(set(command_lines())))
def test_command_of_the_readme_exists(line: str) -> None:
    """The program has the command and each option that is named with it."""
    name, unknown = resolved(line)
    assert name, line
    assert unknown == []


def test_command_table_is_complete() -> None:
    """Each command and each of its options, but for --help, stands in the table."""
    table = first_cells(section(README, "Commands"))
    for path, command in commands(typer.main.get_command(app)):
        row = re.search(rf"`maild {path}(?: [^`]*)?`", table)
        assert row, path
        for parameter in command.params:
            is_option = parameter.opts[0].startswith("-")
            long = max(parameter.opts, key=len) if is_option else str(parameter.metavar)
            assert long == "--help" or long in row[0], f"{path} {long}"


def commands(group: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    """Every command that does something, with its words."""
    for name, command in subcommands(group).items():
        path = f"{above} {name}".strip()
        if subcommands(command):
            yield from commands(command, path)
        else:
            yield path, command


def subcommands(command: Any) -> Mapping[str, Any]:
    """The commands below a group, by name; typer's own kind of click has no public type to ask for."""
    return getattr(command, "commands", {})


@pytest.mark.parametrize("words", [["check"], ["rules", "test"]], ids=" ".join)
def test_command_succeeds_on_the_repository_itself(words: list[str]) -> None:
    """The repository is a home without faults, whose rules pass their tests."""
    result = CliRunner().invoke(app, ["--home", str(REPOSITORY), *words])
    assert (result.exit_code, "can't be read" in result.output) == (0, False)


# States.


@pytest.mark.parametrize(
    ("heading", "states"),
    [
        ("**A received mail**", set(MailState)),
        ("**What is done with a mail**", set(EffectState)),
        ("**A draft**", set(DraftState)),
        ("**A row of the outbox**", set(RowState) - NOT_REACHED),
    ],
    ids=["mail", "effect", "draft", "row"],
)
def test_table_of_states_names_exactly_those_of_the_code(heading: str, states: set[StrEnum]) -> None:
    """No state is missing from the README's table, none is invented, none stands there twice."""
    _, _, behind = section(README, "States, and what a crash leaves").partition(heading)
    table = next(piece for piece in behind.split("\n\n") if piece.startswith("| state"))
    assert sorted(re.findall(r"`(\w+)`", first_cells(table))) == sorted(states)


def test_states_left_out_are_not_reached() -> None:
    """Nothing in the code writes the states that the README leaves out."""
    sources = [path for path in (REPOSITORY / "maild").rglob("*.py") if path.name != "records.py"]
    for state in NOT_REACHED:
        uses = [
            line.strip()
            for path in sources
            for line in path.read_text(encoding="utf-8").splitlines()
            if f"RowState.{state.name}" in line and not line.strip().startswith(f"RowState.{state.name}:")
        ]
        assert uses == []  # a line of a table of words is no use


# Links and numbers.


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "systemd/README.md",
        *sorted(f"docs/{path.name}" for path in (REPOSITORY / "docs").glob("*.md")),
    ],
)
def test_relative_links_point_at_files(name: str) -> None:
    """Every link that is no address of the web leads to a file of the repository."""
    for target in re.findall(r"\]\(([^)\s]+)\)", without_fences(text(name))):
        if not re.match(r"[a-z]+:|#", target):
            assert (REPOSITORY / name).parent.joinpath(target.partition("#")[0]).exists(), target


def test_number_of_mails_is_that_of_the_bag() -> None:
    """The README says how many mails the demo delivers."""
    found = re.search(r"(\d+) invented German business mails", README)
    assert found
    assert int(found[1]) == len(list((REPOSITORY / "maild" / "demo" / "mails").glob("*.eml")))


# docs/home.md

HOME = text("docs/home.md")


def keys(model: type[BaseModel]) -> Iterator[str]:
    """Every key of a model and of the models below it."""
    for name, field in model.model_fields.items():
        yield field.alias or name
        for below in models_in(field.annotation):
            yield from keys(below)


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that an annotation holds."""
    plain = _plain(annotation)
    if isinstance(plain, type) and issubclass(plain, BaseModel):
        yield plain
    else:
        for argument in getattr(plain, "__args__", ()):
            yield from models_in(argument)


@pytest.mark.parametrize("key", sorted({*keys(Office), *keys(ClientConfig)}))
def test_home_document_names_every_key(key: str) -> None:
    """Each key that maild.yaml or client.yaml may have is explained in a table, or in the text beside it."""
    spans = re.findall(r"`([^`\n]+)`", without_fences(HOME))
    assert any(re.search(rf"(?<![\w-]){key}(?![\w-])", span) for span in spans)


def test_home_document_names_every_column() -> None:
    """The table of contacts.csv has each column once."""
    table = first_cells(section(HOME, "rules/&lt;client&gt;/contacts.csv"))
    assert sorted(re.findall(r"`(\w+)`", table)) == sorted(COLUMNS)
    assert len(COLUMNS) == len(Contact.__slots__)


def test_home_document_names_all_that_a_template_knows() -> None:
    """Names, their parts and filters: none is missing."""
    about = section(HOME, "Templates")
    for name in KNOWN:
        assert re.search(rf"`{name}[`.(]", about), name
    for view in VIEWS:
        for part in parts_of(view):
            assert f"`{view}.{part}`" in about or f"`{part}`" in about, f"{view}.{part}"
    for each in letter_environment().filters:
        assert f"`{each}`" in about, each


def test_examples_of_the_home_document_make_a_home(tmp_path: Path) -> None:
    """maild.yaml, client.yaml, contacts.csv and the template of docs/home.md load together, without any finding."""
    loaded = example_home(tmp_path)
    assert (loaded.faults, loaded.warnings) == ((), ())
    miller = loaded.clients["miller"]
    assert miller.contacts.get("lisa@gross.example") is not None
    mail = Mail(subject="Angebot", from_=(Address("anna@kunde.example", "Anna Müller"),))
    assert "«Liefertermin»" in letter_of(miller, mail)


def example_home(path: Path) -> Home:
    """The examples laid where they say that they belong."""
    (template,), (contacts,) = fenced(HOME, "jinja"), fenced(HOME, "csv")
    files = {
        **{block.splitlines()[0].removeprefix("# "): block for block in fenced(HOME, "yaml")},
        "rules/miller/contacts.csv": contacts,
        "rules/miller/rules.yaml": "rules: [{name: a, do: [{draft: offer-request}]}]\n",
        "templates/de/offer-request.txt.j2": template,
        "templates/miller/files/preisliste.pdf": "%PDF-1.4\n",
    }
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(content, encoding="utf-8")
    return load_home(path, today=TODAY)


# docs/secretary.md


def test_secretary_is_told_the_real_words() -> None:
    """What the German page quotes from notices stands so in the code, and each check has its line."""
    sources = " ".join(
        re.sub(r'"\s*f?"', "", Path(module.__file__).read_text(encoding="utf-8")).replace("{size}", " MB")
        for module in (checks, approve, stray, close)
    )
    quoted = re.findall(r"„([^“]+)“", text("docs/secretary.md"))
    for quotation in quoted:
        pieces = [re.sub(r"«Liefertermin»\.?", "", piece).strip(" .") for piece in quotation.split("…")]
        assert all(piece in sources for piece in pieces), quotation
    assert len(quoted) >= len(re.findall(r"\bFailure\(", Path(checks.__file__).read_text(encoding="utf-8")))

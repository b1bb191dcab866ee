"""`maild rules test`: the tests that stand in rules files beside the rules, and folders of mails with expectations."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from maild.cli.rules.choice import chosen_clients
from maild.config.document import Document, read_yaml
from maild.config.home import Client
from maild.config.load import load_home
from maild.config.mailfiles import MailFile, mail_files, read_mail
from maild.core.rules.examples import ExampleResult, run_examples, untested
from maild.core.rules.model import Rule
from maild.core.rules.parse.sheet import RuleContext
from maild.daemon import Places


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command()(test)


def test(
    context: typer.Context,
    client: Annotated[str, typer.Option(help="Only this client.")] = "",
    mails: Annotated[
        Path | None,
        typer.Option(
            help="Also judge each x.eml in this folder, with the expectation in x.expected.yaml beside it.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    *,
    strict: Annotated[bool, typer.Option("--strict", help="A rule without a test is a failure.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Run the `tests:` of every rules.yaml, and list the rules that no test touches. Exit code 1: one failed.

    A file x.expected.yaml has the keys of a test but for `mail`, as in `expect: {move: Anfragen}`.

    Example: [bold]maild rules test --client northwind --mails ~/mails[/bold]
    """
    places: Places = context.obj
    home = load_home(places.home)
    chosen = chosen_clients(home, client)
    if mails is not None and len(chosen) > 1:
        raise typer.BadParameter(
            "There are several clients; name the one whose rules judge them with --client."
        )
    reports = {slug: report(found, places.home, mails) for slug, found in chosen.items()}
    if mails is not None and not any(each.mails for each in reports.values()):
        raise typer.BadParameter(f"There is no .eml file in {mails}.")
    if as_json:
        found = {slug: each.as_data() for slug, each in reports.items()}
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        _show(reports)
    failed = not all(each.passed for each in reports.values())
    raise typer.Exit(1 if failed or (strict and any(each.untested for each in reports.values())) else 0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one test ended. `number` counts from 1 within its file; 0 for the mail of a folder."""

    file: str
    line: int
    column: int
    number: int
    passed: bool
    differences: tuple[str, ...]
    rules: tuple[str, ...]  # that held

    @property
    def name(self) -> str:
        """The test, as people look for it."""
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: test {self.number}" if self.number else place


@dataclass(frozen=True, slots=True)
class Report:
    """How the tests of one client ended."""

    tests: tuple[Outcome, ...]
    mails: tuple[Outcome, ...]
    untested: tuple[Rule, ...]  # rules that held for the mail of no test

    @property
    def passed(self) -> bool:
        """Whether all did."""
        return all(outcome.passed for outcome in (*self.tests, *self.mails))

    def as_data(self) -> dict[str, object]:
        """As JSON has it."""
        return {
            "tests": [asdict(outcome) for outcome in self.tests],
            "mails": [asdict(outcome) for outcome in self.mails],
            "untested": [rule.name for rule in self.untested],
        }


def report(client: Client, home: Path, mails: Path | None = None) -> Report:
    """Run the tests of a client's rules, and judge the mails of a folder."""
    now = datetime.now(client.config.timezone)
    run = partial(run_examples, client.rules, now=now, business=client.business)
    results = run(client.examples, load_eml=partial(read_mail, home))
    lines = _Lines(home)
    tests = tuple(
        _outcome(example.origin, lines.at(example.origin, example.index), example.index + 1, result)
        for example, result in zip(client.examples, results, strict=True)
    )
    if mails is None:
        return Report(tests, (), untested(client.rules, results))
    files = list(mail_files(mails, _context(client)))
    examples = [file.example for file in files if file.example is not None]
    judged = run(examples, load_eml=partial(read_mail, mails))
    return Report(tests, tuple(_of_folder(files, judged)), untested(client.rules, (*results, *judged)))


def _outcome(file: str, place: tuple[int, int], number: int, result: ExampleResult) -> Outcome:
    return Outcome(file, *place, number, result.passed, result.differences, result.rules)


def _of_folder(files: Sequence[MailFile], results: Sequence[ExampleResult]) -> list[Outcome]:
    left = iter(results)
    found = []
    for file in files:
        if file.example is None:
            found.append(Outcome(file.name, 0, 0, 0, False, file.reasons, ()))
        else:
            found.append(_outcome(file.name, (0, 0), 0, next(left)))
    return found


class _Lines:
    """Where the tests of rules files stand."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._documents: dict[str, Document] = {}

    def at(self, file: str, index: int) -> tuple[int, int]:
        if file not in self._documents:
            self._documents[file] = read_yaml((self._home / file).read_bytes(), file)
        return self._documents[file].at(("tests", index))


def _context(client: Client) -> RuleContext:
    """What expectations may refer to; most of it only rules do."""
    nothing: frozenset[str] = frozenset()
    return RuleContext(client.templates.names(), nothing, nothing, nothing, nothing)


def _show(reports: dict[str, Report]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for slug, each in reports.items():
        _show_part(console, slug, "tests passed", each.tests)
        if each.mails:
            _show_part(console, slug, "mails as expected", each.mails)
        if each.untested:
            names = ", ".join(rule.name for rule in each.untested)
            console.print(Text(f"{slug}: no test touches {names}"))


def _show_part(console: Console, slug: str, what: str, outcomes: Sequence[Outcome]) -> None:
    failed = [outcome for outcome in outcomes if not outcome.passed]
    console.print(Text(f"{slug}: {len(outcomes) - len(failed)} of {len(outcomes)} {what}"))
    for outcome in failed:
        console.print(Text(f"  {outcome.name}", style="red"))
        for difference in outcome.differences:
            console.print(Text(f"    {difference}"))
        if outcome.rules:
            console.print(Text(f"    rules that held: {', '.join(outcome.rules)}"))

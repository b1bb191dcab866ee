"""`maild rules`: the tests that stand in rules.yaml beside the rules."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from maild.config.home import Client
from maild.config.load import load_home
from maild.core.message import Mail
from maild.core.parse import parse
from maild.core.rules.examples import run_examples
from maild.daemon import Places

_group = typer.Typer(help="The sorting rules of the clients.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(_group, name="rules")


@_group.command()
def test(
    context: typer.Context,
    client: Annotated[str, typer.Option(help="Only this client.")] = "",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Run the `tests:` of every rules.yaml. Exit code 1 means that one failed.

    Example: [bold]maild rules test --client northwind[/bold]
    """
    places: Places = context.obj
    home = load_home(places.home)
    chosen = {slug: found for slug, found in home.clients.items() if client in {"", slug}}
    if not chosen:
        which = f"client «{client}»" if client else "client"
        typer.echo(f"There is no {which} whose files are without fault; run `maild check`.", err=True)
        raise typer.Exit(2)
    results = {slug: _run(found, places.home) for slug, found in chosen.items()}
    if as_json:
        found = {slug: [asdict(outcome) for outcome in each] for slug, each in results.items()}
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        _show(results)
    raise typer.Exit(0 if all(outcome.passed for each in results.values() for outcome in each) else 1)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How one test ended; counted from 1 within its file."""

    file: str
    number: int
    passed: bool
    message: str


def _run(client: Client, home: Path) -> list[_Outcome]:
    def load(name: str) -> Mail:
        return parse((home / name).read_bytes())

    results = run_examples(client.rules, client.examples, load, datetime.now(client.config.timezone))
    return [
        _Outcome(example.origin, example.index + 1, result.passed, result.message)
        for example, result in zip(client.examples, results, strict=True)
    ]


def _show(results: Mapping[str, Sequence[_Outcome]]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for slug, each in results.items():
        failed = [outcome for outcome in each if not outcome.passed]
        console.print(f"{slug}: {len(each) - len(failed)} of {len(each)} tests passed")
        for outcome in failed:
            console.print(f"  [red]{outcome.file}, test {outcome.number}[/red] ", end="")
            console.print(outcome.message, markup=False)

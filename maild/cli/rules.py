"""`maild rules`: the tests that stand in rules.yaml beside the rules."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from maild.config.home import Client
from maild.config.load import load_home
from maild.core.message import Mail
from maild.core.parse import parse
from maild.core.rules.examples import ExampleResult, run_examples
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
    if client and not chosen:
        typer.echo(
            f"There is no client «{client}» whose files are without fault; run `maild check`.", err=True
        )
        raise typer.Exit(2)
    results = {slug: _run(found, places.home / "rules" / slug) for slug, found in chosen.items()}
    if as_json:
        found = {slug: [_plain(result) for result in each] for slug, each in results.items()}
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        _show(results)
    raise typer.Exit(0 if all(result.passed for each in results.values() for result in each) else 1)


def _run(client: Client, folder: Path) -> tuple[ExampleResult, ...]:
    def load(name: str) -> Mail:
        return parse((folder / name).read_bytes())

    return run_examples(client.rules, client.examples, load, datetime.now(UTC))


def _show(results: dict[str, tuple[ExampleResult, ...]]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for slug, each in results.items():
        failed = [result for result in each if not result.passed]
        console.print(f"{slug}: {len(each) - len(failed)} of {len(each)} tests passed")
        for result in failed:
            console.print(f"  [red]test {result.index + 1}[/red] ", end="")
            console.print(result.message, markup=False)


def _plain(result: ExampleResult) -> dict[str, object]:
    return {"test": result.index + 1, "passed": result.passed, "message": result.message}

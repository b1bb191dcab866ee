"""`maild check`: says everything that is wrong with a home, and changes nothing."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console

from maild.config.load import load_home
from maild.daemon import Places
from maild.errors import ConfigError, Fault


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(check)


def check(
    context: typer.Context,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the faults as JSON.")] = False,
) -> None:
    """Check every file of the home and print each fault with file, line and column.

    Nothing is changed and no server is asked. Exit code 1 means that there are faults.

    Example: [bold]maild --home /etc/maild check[/bold]
    """
    places: Places = context.obj
    try:
        home = load_home(places.home)
    except ConfigError as error:
        _tell(error.faults, (), clients=0, as_json=as_json)
    else:
        _tell(home.faults, home.warnings, clients=len(home.clients), as_json=as_json)


def _tell(faults: tuple[Fault, ...], warnings: tuple[Fault, ...], *, clients: int, as_json: bool) -> None:
    if as_json:
        found = {"faults": [asdict(f) for f in faults], "warnings": [asdict(w) for w in warnings]}
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        _show(faults, warnings, clients)
    raise typer.Exit(1 if faults else 0)


def _show(faults: tuple[Fault, ...], warnings: tuple[Fault, ...], clients: int) -> None:
    console = Console(stderr=False, highlight=False, soft_wrap=True)
    for label, colour, found in (("fault", "red", faults), ("warning", "yellow", warnings)):
        for fault in sorted(found, key=lambda f: (f.file, f.line, f.column)):
            console.print(f"[{colour}]{label}[/{colour}] ", end="")
            console.print(str(fault), markup=False)
    if faults:
        count = f"{len(faults)} fault{'s' if len(faults) > 1 else ''}"
        console.print(
            f"{count}. {clients} client{'s' if clients != 1 else ''} can be worked for as the files are."
        )
    else:
        console.print(f"All files are fine: {clients} client{'s' if clients != 1 else ''}.")

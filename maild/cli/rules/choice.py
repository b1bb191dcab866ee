"""Which clients a command is about."""

from collections.abc import Mapping

import typer

from maild.config.home import Client, Home
from maild.config.wording import did_you_mean


def chosen_clients(home: Home, slug: str) -> Mapping[str, Client]:
    """The client of that name, or all where none is named; exit code 2 where there is none without fault."""
    existing_client(home, slug)
    chosen = {name: client for name, client in home.clients.items() if slug in {"", name}}
    if not chosen:
        which = f"The files of client «{slug}» have faults" if slug else "There is no client without fault"
        typer.echo(f"{which}; run `maild check`.", err=True)
        raise typer.Exit(2)
    return chosen


def existing_client(home: Home, slug: str) -> None:
    """Exit code 2 where no client has that name, whatever is wrong with its files."""
    if slug and slug not in home.people:
        typer.echo(f"There is no client «{slug}»; {did_you_mean(slug, home.people)}", err=True)
        raise typer.Exit(2)

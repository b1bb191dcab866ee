"""`maild rules`: one file per command."""

import typer

from maild.cli.rules import apply, check, explain, jobs, pause, preview, schema, test, undo


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="The sorting rules of the clients.", no_args_is_help=True)
    for command in (check, test, explain, pause, preview, apply, undo, jobs, schema):
        command.register(group)
    app.add_typer(group, name="rules")

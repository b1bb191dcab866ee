"""`maild templates`: one file per command."""

import typer

from maild.cli.templates import check, listing, preview_letter


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="The letters that rules write by.", no_args_is_help=True)
    for command in (listing, preview_letter, check):
        command.register(group)
    app.add_typer(group, name="templates")

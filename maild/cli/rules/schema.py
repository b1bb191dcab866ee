"""`maild rules schema`: by which editors complete and check rules files."""

import json

import typer

from maild.core.rules.schema.schema import rules_schema


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command()(schema)


def schema() -> None:
    """Print the JSON schema of rules files. Each home can have it for its editors; the repository ships it in docs/.

    The line `# yaml-language-server: $schema=…` at the top of a rules file tells VS Code where it is.

    Example: [bold]maild rules schema > rules.schema.json[/bold]
    """
    typer.echo(json.dumps(rules_schema(), ensure_ascii=False, indent=2))

"""`maild templates list`: which letters there are, whose they are, and what they need."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from maild.cli.rules.choice import chosen_clients
from maild.config.load import load_home
from maild.config.template_use import Use, Version, uses
from maild.daemon import Places

Slug = Annotated[str, typer.Option("--client", help="The client: the name of its folder in rules/.")]


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("list")(list_templates)


def list_templates(
    context: typer.Context,
    client: Slug = "",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """List the templates of each client: languages, whose they are, gaps, attachments, and the rules that use them.

    A client's own template stands before the house's of the same name.

    Example: [bold]maild templates list --client northwind[/bold]
    """
    places: Places = context.obj
    clients = chosen_clients(load_home(places.home), client)
    found = {slug: uses(each) for slug, each in clients.items()}
    if as_json:
        data = [
            {"client": slug, "templates": [_as_data(use) for use in each]} for slug, each in found.items()
        ]
        typer.echo(json.dumps({"clients": data}, ensure_ascii=False, indent=2))
        return
    console = Console(highlight=False)
    for slug, each in found.items():
        console.print(_table(slug, each))


def _as_data(use: Use) -> dict[str, object]:
    return {
        "name": use.name,
        "versions": [_version(each) for each in use.versions],
        "drafted_by": use.drafted_by,
        "answered_by": use.answered_by,
    }


def _version(version: Version) -> dict[str, object]:
    template = version.template
    return {
        "language": version.language,
        "whose": version.whose,
        "file": template.file,
        "html": template.html_file or None,
        "gaps": template.gaps,
        "attach": template.attach,
    }


def _table(slug: str, found: tuple[Use, ...]) -> Table:
    table = Table(title=slug, title_justify="left", box=None, pad_edge=False)
    for column in ("template", "languages", "whose", "gaps", "attachments", "rules"):
        table.add_column(column, overflow="fold", no_wrap=column in {"template", "languages", "whose"})
    for use in found:
        own = [each.language for each in use.versions if each.whose == "client"]
        whose = (
            "house" if not own else "client" if len(own) == len(use.versions) else f"client ({' '.join(own)})"
        )
        rules = [*use.drafted_by, *(f"{name} (answer)" for name in use.answered_by)]
        languages = " ".join(
            f"{each.language}{'+html' * bool(each.template.html_file)}" for each in use.versions
        )
        table.add_row(use.name, languages, whose, _of(use), ", ".join(use.attach), ", ".join(rules))
    return table


def _of(use: Use) -> str:
    """The gaps of the first language: those of the others are their translations."""
    return ", ".join(use.versions[0].template.gaps)

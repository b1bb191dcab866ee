"""`maild templates check`: tries every template before a customer's mail does."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from maild.cli.check import counted, tell
from maild.cli.rules.choice import existing_client
from maild.cli.templates.listing import Slug
from maild.config.home import Home
from maild.config.load import load_home
from maild.config.template_trial import trial
from maild.daemon import Places
from maild.errors import Fault


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command()(check)


def check(
    context: typer.Context,
    client: Slug = "",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the faults as JSON.")] = False,
) -> None:
    """Find what is wrong with templates, and write each letter for invented mails and people of many kinds.

    So a value that some mail or contact lacks is found here, with file, line and column, and not by a customer's mail.
    Nothing is sent or changed. Exit code 1 means that there are faults.

    Example: [bold]maild templates check --client northwind[/bold]
    """
    places: Places = context.obj
    home = load_home(places.home)
    existing_client(home, client)
    now = datetime.now(UTC)
    found = {*_on_loading(home, client)}
    tried = [each for slug, each in home.clients.items() if client in {"", slug}]
    for each in tried:
        found.update(trial(home.path, each, now.astimezone(each.config.timezone)))
    in_order = sorted(found, key=lambda each: (each.file, each.line, each.column, each.message))
    unique = {str(fault): fault for fault in in_order}  # what is wrong with the house's is so for each client
    tell(unique.values(), (), _summary(home, client, len(unique)), as_json=as_json)


def _on_loading(home: Home, client: str) -> list[Fault]:
    return [
        fault
        for fault in home.faults
        if fault.file.startswith("templates/") and (not client or fault.client in {"", client})
    ]


def _summary(home: Home, client: str, faults: int) -> str:
    tried = [slug for slug in home.clients if client in {"", slug}]
    skipped = sorted({slug for slug in home.people if client in {"", slug}} - {*tried})
    left = f" Not tried: {', '.join(skipped)}; run `maild check`." if skipped else ""
    if faults:
        return f"{counted(faults, 'fault')}.{left}"
    return f"All templates are fine: {counted(len(tried), 'client')}.{left}"

"""`maild rules jobs`: what was asked for past mail of late, and how far it has come."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from maild.cli.rules.preview import Slug
from maild.daemon import one_desk


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command()(jobs)


def jobs(
    context: typer.Context,
    client: Slug,
    limit: Annotated[int, typer.Option(help="At most so many, the newest.", min=1)] = 20,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """List the last jobs of `rules apply` and `rules undo`, newest first; nothing is changed.

    Example: [bold]maild rules jobs --client northwind[/bold]
    """
    with one_desk(context.obj, client) as desk:
        found = desk.store.jobs.recent(limit)
        zone = desk.client.config.timezone
    if as_json:
        typer.echo(json.dumps({"jobs": [asdict(job) for job in found]}, default=_plain, indent=2))
        return
    if not found:
        typer.echo(f"Nobody has asked for `rules apply` or `rules undo` for {client} yet.")
        return
    table = Table("Job", "Kind", "Asked for", "State", "Mails", "Remarks")
    for job in found:
        when = f"{job.created_at.astimezone(zone):%Y-%m-%d %H:%M}"
        cells = (str(job.id), job.kind, when, job.state, f"{job.done} of {job.total}", job.reason)
        table.add_row(*(Text(cell) for cell in cells))
    Console(highlight=False).print(table)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)

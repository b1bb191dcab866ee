"""`maild rules preview`: what the rules would do with past mail; and the reading of it, for `apply` too."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console

from maild.cli.progress import progress
from maild.cli.rules.mailbox import Opened, opened, stoppable
from maild.cli.rules.outlook import as_data, show
from maild.core.durations import parse_duration
from maild.daemon import Places
from maild.flow.past import Outlook, Selection, Wish, judge_past, select_past

Slug = Annotated[str, typer.Option("--client", help="The client: the name of its folder in rules/.")]
Folder = Annotated[str, typer.Option(help="The folder whose mail is meant.", show_default="the inbox")]
Since = Annotated[str, typer.Option(help="Only mail received within this time, as 14d or 6h.")]
Limit = Annotated[int, typer.Option(help="At most so many mails, the newest.", show_default="all", min=0)]


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command()(preview)


def preview(
    context: typer.Context,
    client: Slug,
    folder: Folder = "",
    since: Since = "",
    limit: Limit = 0,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Show what the rules, as they are in the files now, would do with mail that came long ago.

    Nothing is changed, neither in the mailbox nor in the state; the daemon may run. Past mail is only moved, copied,
    marked or kept: what a rule would write to somebody is listed as left out. `maild rules apply` does what is shown.

    Example: [bold]maild rules preview --client northwind --since 14d[/bold]
    """
    places: Places = context.obj
    now = datetime.now(UTC)
    wish = Wish(folder, since_when(since, now), limit)
    with stoppable("Stopped; nothing was changed."), opened(places, client) as here:
        selection, outlooks = read(here, wish, now)
        if as_json:
            typer.echo(json.dumps(as_data(selection, outlooks), ensure_ascii=False, indent=2))
        else:
            show(Console(highlight=False), outlooks, here.desk.client.config.timezone)


def read(here: Opened, wish: Wish, now: datetime) -> tuple[Selection, list[Outlook]]:
    """Judge the mails that are meant, with a progress bar."""
    selection = select_past(here.mailbox, here.folders, wish)
    with progress("Reading", len(selection.mails)) as tell:
        outlooks = list(_counted(here, selection, now, tell))
    return selection, outlooks


def _counted(here: Opened, selection: Selection, now: datetime, tell: Callable[[int], None]) -> list[Outlook]:
    outlooks = []
    for outlook in judge_past(here.desk, here.mailbox, here.folders, selection, now):
        outlooks.append(outlook)
        tell(len(outlooks))
    return outlooks


def since_when(text: str, now: datetime) -> datetime | None:
    """The moment that lies so long ago; None where nothing was said."""
    if not text:
        return None
    try:
        length = parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    if not isinstance(length, timedelta):
        raise typer.BadParameter(f"«{text}» is no plain length of time; write it as 14d or 6h")
    return now - length

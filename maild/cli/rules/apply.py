"""`maild rules apply`: has the rules done to past mail what `preview` shows."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from maild.cli.rules.carry_out import carry_out
from maild.cli.rules.mailbox import opened, stoppable
from maild.cli.rules.outlook import count, show_counts
from maild.cli.rules.preview import Folder, Limit, Since, Slug, read, since_when
from maild.core.folder import Role
from maild.daemon import Places
from maild.flow.desk import IMAP
from maild.flow.past import PastError, Wish
from maild.store.orders import Apply


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command()(apply)


def apply(
    context: typer.Context,
    client: Slug,
    folder: Folder = "",
    since: Since = "",
    limit: Limit = 0,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Move, copy and mark mail that came long ago, by the rules as they are in the files now.

    The counts are shown first. A running daemon does it beside its other work; where none runs, this command does it.
    Nobody is written to. Mail that came after the counts were taken is left to the daemon. `maild rules undo` moves
    the mails back.

    Example: [bold]maild rules apply --client northwind --folder Archiv --since 90d[/bold]
    """
    places: Places = context.obj
    now = datetime.now(UTC)
    wish = Wish(folder, since_when(since, now), limit)
    with stoppable("Stopped; nothing was changed."):
        with opened(places, client) as here:
            if here.desk.store.ledger.reached(IMAP, here.folders[Role.INBOX]) is None:
                raise PastError(
                    f"maild has not looked at the mailbox of «{client}» yet, and would take new mail for past mail; "
                    "start the daemon, or `maild run --once`, first"
                )
            selection, outlooks = read(here, wish, now)
            version = here.desk.client.rules.version
        counts = count(outlooks)
        show_counts(Console(highlight=False), counts)
        if not counts.acted_on:
            typer.echo("There is nothing to do.")
            return
        if not yes and not typer.confirm(f"Do this in folder {selection.folder}?"):
            typer.echo("Nothing was changed.")
            return
    uids = tuple(outlook.arrival.uid for outlook in outlooks)
    carry_out(places, client, Apply(selection.folder, selection.uidvalidity, uids, version, now))

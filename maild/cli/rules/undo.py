"""`maild rules undo`: moves mails back to where they lay before the rules moved them."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.text import Text

from maild.cli.rules.carry_out import carry_out
from maild.cli.rules.mailbox import opened, stoppable
from maild.cli.rules.preview import Slug, since_when
from maild.core.rules.explain.excerpt import harmless
from maild.daemon import Places
from maild.flow.undo import Back, Staying, find_returns
from maild.store.orders import Undo, Which


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command()(undo)


def undo(
    context: typer.Context,
    client: Slug,
    message_id: Annotated[
        str, typer.Argument(metavar="MESSAGE-ID", help="Only the mail of this Message-ID.")
    ] = "",
    job: Annotated[
        int, typer.Option(help="What this job has moved; see `maild rules jobs`.", min=0, show_default=False)
    ] = 0,
    since: Annotated[str, typer.Option(help="What was moved within this time, as 2h.")] = "",
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Move mails back to where they lay before the rules moved them, or threw them into the trash.

    Only a mail that still lies where the rules put it goes back; the others are listed. Marks and copies stay, and so
    does what was written to anybody. A mail that comes back into the inbox is not sorted again. Pause the rule first
    (`maild rules pause`) where it must not act on the next mail either.

    Example: [bold]maild rules undo --client northwind --job 3[/bold]
    """
    places: Places = context.obj
    which = _which(message_id, job, since)
    with stoppable("Stopped; nothing was changed."):
        with opened(places, client) as here:
            moves = here.desk.store.moves.done(which)
            back, staying = find_returns(here.mailbox, moves)
            marks_and_copies = here.desk.store.moves.staying(which)
            zone = here.desk.client.config.timezone
        _show(back, staying, marks_and_copies, zone)
        if not back:
            typer.echo("There is nothing to move back.")
            return
        if not yes and not typer.confirm("Move these mails back?"):
            typer.echo("Nothing was changed.")
            return
    carry_out(places, client, Undo(tuple(each.order.effects for each in back)))


def _which(message_id: str, job: int, since: str) -> Which:
    if sum(map(bool, (message_id, job, since))) != 1:
        raise typer.BadParameter("Say which moves: one of a Message-ID, --job and --since.")
    name = message_id.strip()
    name = f"<{name.strip('<>')}>" if name else ""
    return Which(job=job, since=since_when(since, datetime.now(UTC)), message_id=name)


def _show(back: Sequence[Back], staying: Sequence[Staying], marks_and_copies: int, zone: ZoneInfo) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for (here, there), number in Counter((each.place.folder, each.order.folder) for each in back).items():
        console.print(Text(f"From {here} back to {there}: {number} mail{'' if number == 1 else 's'}"))
    for each in staying:
        received = f"{each.moved.received_at.astimezone(zone):%Y-%m-%d %H:%M}"
        name = harmless(each.moved.message_id) or "without a Message-ID"
        where = f"moved to {each.moved.place.folder}"
        console.print(Text(f"Stays: the mail of {received}, {name}, {where}: {each.reason}"))
    if marks_and_copies:
        console.print(Text(f"Marks and copies stay as they are: {marks_and_copies}."))

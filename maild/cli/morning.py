"""`maild morning`: what the team's morning mail would say now, or on another day. Sends nothing, changes nothing."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Annotated

import typer

from maild.config.fields import read_date
from maild.config.home import Home
from maild.config.load import load_home
from maild.config.models import Member
from maild.core.morning import Morning
from maild.core.morning_mail import subject_of, text_of
from maild.daemon import Places
from maild.flow.morning import gather
from maild.store.engine import database_exists
from maild.store.store import Store

_USUAL = time(7, 30)  # of a member who has not asked for a morning mail


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(morning)


def morning(
    context: typer.Context,
    *,
    show: Annotated[
        bool, typer.Option("--show", help="Print the mails; the daemon is who sends them.")
    ] = False,
    member: Annotated[
        str, typer.Option(help="The address of one of the team.", show_default="all of it")
    ] = "",
    on: Annotated[str, typer.Option("--date", help="A day, as 2026-12-01.", show_default="now")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the mails as JSON.")] = False,
) -> None:
    """Show the morning mail of the team, as it would be sent now. Nothing is sent.

    The daemon may run meanwhile. Each member is told of her own clients only. With --date it is written as of her time
    on that day, from what the state says today.

    Example: [bold]maild morning --show --member sabine@lindner.example[/bold]
    """
    if not show:
        raise typer.BadParameter("the daemon sends the mails; to read them, write maild morning --show")
    places: Places = context.obj
    home = load_home(places.home)
    day = _day(on)
    team = _team(home, member)
    store = (
        Store.open(home.office.state, places.state)
        if database_exists(home.office.state, places.state)
        else Store.in_memory()
    )
    try:
        found = [(each, gather(home, home.clients, store, each, _moment(home, each, day))) for each in team]
    finally:
        store.close()
    _print(found, as_json=as_json)


def _day(text: str) -> date | None:
    try:
        return read_date(text) if text else None
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--date") from error


def _team(home: Home, address: str) -> Sequence[Member]:
    team = [each for each in home.office.team if not address or each.address.lower() == address.lower()]
    if team:
        return team
    named = f"has nobody with the address {address}" if address else "is empty"
    raise typer.BadParameter(f"the team in maild.yaml {named}", param_hint="--member")


def _moment(home: Home, member: Member, day: date | None) -> datetime:
    """By the office's clock."""
    zone = home.office.office.timezone
    return (
        datetime.combine(day, member.morning or _USUAL, zone) if day else datetime.now(UTC).astimezone(zone)
    )


def _print(found: Sequence[tuple[Member, Morning]], *, as_json: bool) -> None:
    if as_json:
        mails = [
            {"to": each.address, "subject": subject_of(told), "text": text_of(told)} for each, told in found
        ]
        typer.echo(json.dumps(mails, ensure_ascii=False, indent=2))
        return
    pages = [f"To: {each.address}\nSubject: {subject_of(told)}\n\n{text_of(told)}" for each, told in found]
    typer.echo(f"\n\n{'-' * 76}\n".join(pages))

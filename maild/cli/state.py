"""`maild status` and `maild db`: what the state says. The daemon may run meanwhile."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from maild.config.load import load_home
from maild.core.lifecycle import OPEN
from maild.daemon import Places
from maild.flow.desk import IMAP
from maild.store.store import ClientStore, StateLock, Store

_database = typer.Typer(help="The database in the state directory.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(status)
    app.add_typer(_database, name="db")


def status(
    context: typer.Context,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Show per client: last successful look, drafts waiting, outbox by state, last error.

    Example: [bold]maild status --json[/bold]
    """
    places: Places = context.obj
    home = load_home(places.home)
    store = Store.open(home.office.state, places.state)
    found = [_client(store.client(slug)) for slug in store.clients()]
    store.close()
    if as_json:
        typer.echo(json.dumps({"clients": found}, ensure_ascii=False, indent=2, default=_plain))
    else:
        _show(found)


@_database.command()
def upgrade(context: typer.Context) -> None:
    """Bring the database to this maild's revision; the daemon does it by itself when it starts.

    Example: [bold]maild db upgrade[/bold]
    """
    places: Places = context.obj
    home = load_home(places.home)
    lock = StateLock(places.state)
    Store.open(home.office.state, places.state, may_upgrade=True).close()
    lock.release()
    typer.echo("The database is up to date.")


def _client(store: ClientStore) -> dict[str, Any]:
    accounts = store.accounts.health()
    drafts = store.drafts.counts()
    failing = [a for a in accounts if a.failures]
    worst = max(failing, key=lambda a: str(a.last_error_at), default=None)
    return {
        "client": store.name,
        "last_look": next((a.last_success_at for a in accounts if a.name == IMAP), None),
        "drafts_waiting": sum(count for state, count in drafts.items() if state in OPEN),
        "drafts": drafts,
        "outbox": store.outbox.counts(),
        "mail": store.accounts.mail_counts(),
        "left_for_a_person": [
            {"mail": mail, "reason": reason} for mail, reason in store.accounts.set_aside()
        ],
        "error": worst.last_error if worst else "",
        "accounts": [asdict(account) for account in accounts],
    }


def _show(clients: list[dict[str, Any]]) -> None:
    console = Console()
    table = Table("Client", "Last look", "Drafts waiting", "Outbox", "Left for a person", "Error")
    for client in clients:
        outbox = ", ".join(f"{count} {state}" for state, count in sorted(client["outbox"].items())) or "empty"
        look = client["last_look"]
        table.add_row(
            client["client"],
            f"{look:%Y-%m-%d %H:%M:%S} UTC" if look else "never",
            str(client["drafts_waiting"]),
            outbox,
            str(len(client["left_for_a_person"])),
            client["error"] or "none",
        )
    console.print(table)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)

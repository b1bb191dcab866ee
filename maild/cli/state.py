"""`maild status` and `maild db`: what the state says. The daemon may run meanwhile."""

import json
from collections.abc import Iterator
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
from maild.store.engine import StoreError
from maild.store.records import MailState
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
    """Show per client: last successful look, drafts waiting, outbox by state, mails left for a person, last error.

    The daemon may run meanwhile; nothing is changed.

    Example: [bold]maild status --json[/bold]
    """
    places: Places = context.obj
    home = load_home(places.home)
    if not places.state.is_dir():
        raise StoreError(f"there is no state at {places.state} yet; start the daemon, or set $MAILD_STATE")
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
    try:
        Store.open(home.office.state, places.state, may_upgrade=True).close()
    finally:
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
        "left_for_a_person": [_aside(store, mail, reason) for mail, reason in store.accounts.set_aside()],
        "error": worst.last_error if worst else "",
        "accounts": [asdict(account) for account in accounts],
    }


def _aside(store: ClientStore, mail: int, reason: str) -> dict[str, Any]:
    row = store.ledger.mail(mail)
    return {
        "mail": mail,
        "folder": row.place.folder,
        "uid": row.place.uid,
        "received": row.received_at,
        "reason": reason,
    }


def _show(clients: list[dict[str, Any]]) -> None:
    console = Console(highlight=False)
    table = Table("Client", "Last look", "Drafts waiting", "Outbox", "Left for a person")
    for client in clients:
        outbox = ", ".join(f"{count} {state}" for state, count in sorted(client["outbox"].items())) or "empty"
        table.add_row(
            client["client"],
            _moment(client["last_look"]) if client["last_look"] else "never",
            str(client["drafts_waiting"]),
            outbox,
            str(client["mail"].get(MailState.ASIDE, 0)),
        )
    console.print(table)
    for client in clients:
        for line in _trouble(client):
            console.print(f"{client['client']}: {line}", markup=False, soft_wrap=True)


def _trouble(client: dict[str, Any]) -> Iterator[str]:
    """One line for each thing that somebody should look at."""
    for account in client["accounts"]:
        if account["failures"]:
            retry = f"; next try {_moment(account['retry_at'])}" if account["retry_at"] else ""
            yield f"{account['name']}: {account['last_error']} ({_moment(account['last_error_at'])}{retry})"
    for mail in client["left_for_a_person"]:
        place = f"{mail['folder']}, UID {mail['uid']}, received {_moment(mail['received'])}"
        yield f"mail {mail['mail']} ({place}) is left for a person: {mail['reason']}"


def _moment(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M:%S} UTC"


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)

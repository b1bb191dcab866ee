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
from maild.core.reminder import REMINDED
from maild.daemon import Places
from maild.flow.desk import IMAP
from maild.store.engine import StoreError
from maild.store.records import MailState
from maild.store.store import OFFICE, ClientStore, StateLock, Store

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
    """Show per client: last look, drafts waiting, outbox by state, paused rules, mails left for a person, last error.

    Then what is on its way to the office itself, which is told of trouble by mail.

    The daemon may run meanwhile; nothing is changed.

    Example: [bold]maild status --json[/bold]
    """
    places: Places = context.obj
    home = load_home(places.home)
    if not places.state.is_dir():
        raise StoreError(f"there is no state at {places.state} yet; start the daemon, or set $MAILD_STATE")
    store = Store.open(home.office.state, places.state)
    found = [_client(store.client(slug)) for slug in store.clients()]
    office = _office(store.client(OFFICE))
    store.close()
    if as_json:
        told = {"clients": found, "office": office}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2, default=_plain))
    else:
        _show(found, office)


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
        "oldest_draft": store.overview.oldest_draft(),
        "drafts": drafts,
        "reminders_due": sum(store.reminders.counts().get(state, 0) for state in REMINDED),
        "outbox": store.outbox.counts(),
        "mail": store.accounts.mail_counts(),
        "paused_rules": [asdict(pause) for pause in store.pauses.all()],
        "left_for_a_person": [_aside(store, mail, reason) for mail, reason in store.accounts.set_aside()],
        "error": worst.last_error if worst else "",
        "accounts": [asdict(account) for account in accounts],
    }


def _office(store: ClientStore) -> dict[str, Any]:
    """Mails from maild to the office: how many in which state, and how its server fares."""
    return {
        "outbox": store.outbox.counts(),
        "accounts": [asdict(account) for account in store.accounts.health()],
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


def _show(clients: list[dict[str, Any]], office: dict[str, Any]) -> None:
    console = Console(highlight=False)
    table = Table(
        "Client",
        "Last look",
        "Drafts waiting",
        "Oldest draft",
        "Reminders due",
        "Outbox",
        "Left for a person",
    )
    for client in clients:
        table.add_row(
            client["client"],
            _moment(client["last_look"]) if client["last_look"] else "never",
            str(client["drafts_waiting"]),
            _moment(client["oldest_draft"]) if client["oldest_draft"] else "-",
            str(client["reminders_due"]),
            _counted(client["outbox"]),
            str(client["mail"].get(MailState.ASIDE, 0)),
        )
    console.print(table)
    console.print(f"Outbox of the office: {_counted(office['outbox'])}")
    lines = [f"the office: {line}" for line in _failing(office["accounts"])]
    lines += [f"{client['client']}: {line}" for client in clients for line in _trouble(client)]
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)


def _counted(outbox: dict[str, int]) -> str:
    return ", ".join(f"{count} {state}" for state, count in sorted(outbox.items())) or "empty"


def _trouble(client: dict[str, Any]) -> Iterator[str]:
    """One line for each thing that somebody should look at."""
    yield from _failing(client["accounts"])
    for pause in client["paused_rules"]:
        resume = f"maild rules resume --client {client['client']} {pause['rule']}"
        yield (
            f'rule "{pause["rule"]}" is paused since {_moment(pause["since"])}: {pause["reason"]}; '
            f"mails that wait: {pause['waiting']}; to let it act again: {resume}"
        )
    for mail in client["left_for_a_person"]:
        place = f"{mail['folder']}, UID {mail['uid']}, received {_moment(mail['received'])}"
        yield f"mail {mail['mail']} ({place}) is left for a person: {mail['reason']}"


def _failing(accounts: list[dict[str, Any]]) -> Iterator[str]:
    for account in accounts:
        if account["failures"]:
            retry = f"; next try {_moment(account['retry_at'])}" if account["retry_at"] else ""
            yield f"{account['name']}: {account['last_error']} ({_moment(account['last_error_at'])}{retry})"


def _moment(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M:%S} UTC"


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)

"""`maild drafts`: what became of each draft, and by what maild knows it. The daemon may run meanwhile."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from maild.config.load import load_home
from maild.core.lifecycle import WAITING, Draft, DraftState, Evidence
from maild.daemon import Places
from maild.errors import MaildError
from maild.store.engine import StoreError
from maild.store.records import DraftEvent, Sighting
from maild.store.store import ClientStore, Store

_drafts = typer.Typer(help="Replies laid before a person, and what became of them.", no_args_is_help=True)

_KNOWN_BY = {
    Evidence.TOKEN: "its token, which is certain",
    Evidence.MESSAGE_ID: "its Message-ID, which is certain",
    Evidence.ANSWER: "being a reply of ours to the original, which is probable",
    Evidence.HINT: "recipient and subject alone, which is a hint and changes nothing",
}


class NoSuchDraftError(MaildError):
    """There is no draft of this number."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(_drafts, name="drafts")


@_drafts.command("list")
def list_(
    context: typer.Context,
    *,
    client: Annotated[str | None, typer.Option(help="Only this client's.")] = None,
    state: Annotated[
        list[DraftState] | None, typer.Option(help="Only those in this state; may be repeated.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """List drafts; without --state those about which somebody has yet to do something.

    Example: [bold]maild drafts list --client northwind --state vanished[/bold]
    """
    store = _open(context)
    try:
        found = [
            _told(each, draft)
            for each in _clients(store, client)
            for draft in each.drafts.listed(state or WAITING)
        ]
    finally:
        store.close()
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2, default=_plain))
    else:
        _show_list(found)


@_drafts.command()
def show(
    context: typer.Context,
    draft: Annotated[int, typer.Argument(metavar="ID", help="The draft's number, as listed.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Show one draft: its state, where it was seen and by what it was known, and each change of its state.

    Example: [bold]maild drafts show 17[/bold]
    """
    store = _open(context)
    try:
        owner, found = _find(store, draft)
        told = _told(owner, found) | {
            "seen": [_trace(each) for each in owner.drafts.traces(draft)],
            "history": [_event(each) for each in owner.drafts.events(draft)],
        }
    finally:
        store.close()
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2, default=_plain))
    else:
        _show_one(told)


def _open(context: typer.Context) -> Store:
    places: Places = context.obj
    home = load_home(places.home)
    if not places.state.is_dir():
        raise StoreError(f"there is no state at {places.state} yet; start the daemon, or set $MAILD_STATE")
    return Store.open(home.office.state, places.state)


def _clients(store: Store, only: str | None) -> Iterator[ClientStore]:
    names = store.clients()
    if only is not None and only not in names:
        raise StoreError(f"there is no client {only!r} in the state; known are: {', '.join(names) or 'none'}")
    yield from (store.client(name) for name in names if only in {None, name})


def _find(store: Store, draft_id: int) -> tuple[ClientStore, Draft]:
    for client in _clients(store, None):
        for draft in client.drafts.listed(list(DraftState)):
            if draft.id == draft_id:
                return client, draft
    raise NoSuchDraftError(f"there is no draft {draft_id}; `maild drafts list` names those that wait")


def _told(store: ClientStore, draft: Draft) -> dict[str, Any]:
    """What the state says of a draft; the token is nobody's business."""
    mail = store.ledger.mail(draft.mail_id)
    return {
        "client": store.name,
        "draft": draft.id,
        "state": draft.state,
        "reason": draft.reason,
        "edited": draft.edited,
        "age_seconds": int((datetime.now(UTC) - draft.created_at).total_seconds()),
        "created": draft.created_at,
        "changed": draft.changed_at,
        "to": list(draft.recipients),
        "template": draft.template,
        "open_gaps": list(draft.gaps),
        "mail": draft.mail_id,
        "mail_from": mail.sender,
        "mail_received": mail.received_at,
        "mail_folder": mail.place.folder,
    }


def _trace(sighting: Sighting) -> dict[str, Any]:
    return {
        "folder": sighting.place.folder,
        "uid": sighting.place.uid,
        "known_by": sighting.how,
        "found": sighting.found_at,
        "gone": sighting.gone_at,
    }


def _event(event: DraftEvent) -> dict[str, Any]:
    return {"at": event.at, "before": event.before, "after": event.after, "reason": event.reason}


def _show_list(drafts: Sequence[dict[str, Any]]) -> None:
    console = Console(highlight=False)
    if not drafts:
        console.print("No draft is in such a state.")
        return
    table = Table("Draft", "Client", "State", "Age", "To", "Template", "Reason")
    for draft in drafts:
        table.add_row(
            str(draft["draft"]),
            draft["client"],
            draft["state"],
            _age(draft["age_seconds"]),
            ", ".join(draft["to"]),
            draft["template"],
            draft["reason"],
        )
    console.print(table)


def _show_one(told: dict[str, Any]) -> None:
    console = Console(highlight=False)
    reason = f" ({told['reason']})" if told["reason"] else ""
    lines = [
        f"Draft {told['draft']} of {told['client']}: {told['state']}{reason}, {_age(told['age_seconds'])} old",
        f"To {', '.join(told['to'])}, from the template {told['template']}",
        f"Answers mail {told['mail']} from {told['mail_from'] or 'nobody named'}, received "
        f"{_moment(told['mail_received'])}, in {told['mail_folder']} as far as maild knows",
        "",
        "Seen:",
        *(_seen(each) for each in told["seen"]),
        "" if told["seen"] else "  nowhere yet",
        "History:",
        *(_changed(each) for each in told["history"]),
    ]
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)


def _seen(trace: dict[str, Any]) -> str:
    until = f", gone {_moment(trace['gone'])}" if trace["gone"] else ", lies there"
    known = _KNOWN_BY[trace["known_by"]]
    return f"  {_moment(trace['found'])}  {trace['folder']}, UID {trace['uid']}{until}; known by {known}"


def _changed(event: dict[str, Any]) -> str:
    reason = f" ({event['reason']})" if event["reason"] else ""
    return f"  {_moment(event['at'])}  {event['after']}{reason}"


def _age(seconds: int) -> str:
    minutes = max(seconds, 0) // 60
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} days"


def _moment(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M:%S} UTC"


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)

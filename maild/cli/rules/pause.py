"""`maild rules pause` and `maild rules resume`: stopping a rule by hand, and letting one act again.

They write one row; the daemon, which may run meanwhile, does the rest.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer

from maild.config.load import load_home
from maild.core.rules.parse.sheet import hint
from maild.daemon import Places
from maild.errors import MaildError
from maild.flow.brake import BY_HAND
from maild.store.engine import StoreError
from maild.store.store import ClientStore, Store
from maild.store.wake import tap

_Slug = Annotated[str, typer.Option("--client", help="The client: the name of its folder in rules/.")]


def register(group: typer.Typer) -> None:
    """Add the commands."""
    group.command()(pause)
    group.command()(resume)


def pause(
    context: typer.Context,
    rule: Annotated[str, typer.Argument(metavar="RULE", help="The name of the rule.", show_default=False)],
    client: _Slug,
) -> None:
    """Stop a rule at once; the daemon may run.

    Mails on which it would act stay where they are until it is resumed. What it has decided already is still done.

    Example: [bold]maild rules pause --client northwind offer-request[/bold]
    """
    with _store(context.obj, client) as (store, names):
        if rule not in names:
            raise MaildError(f"client «{client}» has no rule «{rule}»{hint(rule, names) or _known(names)}")
        paused = store.pauses.pause(rule, BY_HAND, datetime.now(UTC))
    tap(context.obj.state, client)
    typer.echo(f"Rule «{rule}» is paused." if paused else f"Rule «{rule}» was paused already.")


def resume(
    context: typer.Context,
    client: _Slug,
    rule: Annotated[
        str, typer.Argument(metavar="RULE", help="The name of the rule.", show_default=False)
    ] = "",
    *,
    everything: Annotated[bool, typer.Option("--all", help="All paused rules of the client.")] = False,
) -> None:
    """Let a paused rule act again, also on the mails that wait for it; they are judged anew.

    The brake does not count the mails that came in before: however many wait, they don't trip it again.

    Example: [bold]maild rules resume --client northwind offer-request[/bold]
    """
    if bool(rule) == everything:
        raise MaildError("name the rule that is to be resumed, or say --all")
    with _store(context.obj, client) as (store, names):
        paused = tuple(pause.rule for pause in store.pauses.all())
        if rule and rule not in paused:
            raise MaildError(_not_paused(client, rule, paused, names))
        now = datetime.now(UTC)
        resumed = {name: store.pauses.resume(name, now) for name in ([rule] if rule else paused)}
    tap(context.obj.state, client)
    for name, waiting in resumed.items():
        typer.echo(f"Rule «{name}» is resumed; mails that waited for it: {waiting or 0}.")
    if not resumed:
        typer.echo(f"No rule of client «{client}» is paused.")


@contextmanager
def _store(places: Places, slug: str) -> Iterator[tuple[ClientStore, tuple[str, ...]]]:
    """A client's state and the names of its rules.

    While its files are at fault the daemon works with the last good ones: those are known that have acted.
    """
    home = load_home(places.home)
    if not places.state.is_dir():
        raise StoreError(f"there is no state at {places.state} yet; start the daemon, or set $MAILD_STATE")
    store = Store.open(home.office.state, places.state)
    try:
        clients = sorted({*home.people, *store.clients()})
        if slug not in clients:
            raise MaildError(f"there is no client «{slug}»{hint(slug, clients) or _known(clients)}")
        ours = store.client(slug)
        client = home.clients.get(slug)
        names = {rule.name for rule in client.rules.rules} if client else ours.pauses.known_rules()
        ours.accounts.register()  # a client that the daemon has not served yet
        yield ours, tuple(sorted(names))
    finally:
        store.close()


def _not_paused(client: str, rule: str, paused: tuple[str, ...], names: tuple[str, ...]) -> str:
    if rule in names:
        return f"rule «{rule}» of client «{client}» is not paused"
    return f"client «{client}» has no paused rule «{rule}»{hint(rule, paused or names) or _known(paused)}"


def _known(names: Collection[str]) -> str:
    return f"; there are: {', '.join(names)}" if names else "; there are none"

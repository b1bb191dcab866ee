"""`maild rules explain`: why a mail went, or would go, where it goes."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from maild.cli.rules.account import as_data
from maild.cli.rules.account_page import show
from maild.config.load import load_home
from maild.core.contact import Relationship
from maild.core.rules.explain.explain import explain as explain_mail
from maild.core.rules.explain.wording import WORDINGS, Language
from maild.daemon import Places, one_desk
from maild.errors import ServerError
from maild.flow.desk import Desk
from maild.flow.lookup import Finding, look_up, look_up_file


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command()(explain)


_FORMATS = ["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"]


def explain(
    context: typer.Context,
    what: Annotated[
        str,
        typer.Argument(
            metavar="MESSAGE", help="A file, a Message-ID, or a folder and UID such as Anfragen/4711."
        ),
    ],
    *,
    client: Annotated[
        str, typer.Option(help="Whose mail it is; may be left out if there is one client.")
    ] = "",
    lang: Annotated[Language, typer.Option(help="The language of the answer.")] = "en",
    relationship: Annotated[
        Relationship | None,
        typer.Option(help="For a file: what the sender is to the client.", show_default="as in contacts.csv"),
    ] = None,
    flags: Annotated[str, typer.Option(help="For a file: its flags, as seen,flagged.")] = "",
    now: Annotated[
        datetime | None,
        typer.Option(
            formats=_FORMATS,
            metavar="TIME",
            help="For a file: when it came by the client's clock, as 2026-12-01T09:30.",
            show_default="now",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Show each rule in order, each condition with what it saw, and what follows from it; nothing is changed.

    Of a mail that maild has seen, the ledger's entry comes first. The mail itself is read from the mailbox, which is
    only looked at; the daemon may run meanwhile. Exit code 3 means that the server could not be reached.

    Example: [bold]maild rules explain Anfragen/4711 --client northwind --lang de[/bold]
    """
    places: Places = context.obj
    with one_desk(places, client or _only_client(places)) as desk:
        path = Path(what)
        if path.is_file():
            zone = desk.client.config.timezone
            when = None if now is None else now.replace(tzinfo=now.tzinfo or zone)
            given = frozenset(flag.strip() for flag in flags.split(",") if flag.strip())
            finding = look_up_file(desk, path, relationship=relationship, flags=given, now=when)
        elif relationship or flags or now:
            _refuse("--relationship, --flags and --now are for files; a mail in the mailbox has its own.")
        else:
            finding = _in_mailbox(desk, places, what)
        _tell(desk, finding, lang, as_json=as_json)


def _only_client(places: Places) -> str:
    home = load_home(places.home)
    known = sorted({*home.clients, *(fault.client for fault in home.faults if fault.client)})
    if not known:
        _refuse("There is no client; make a folder with a client.yaml in rules/.")
    if len(known) > 1:
        _refuse(f"There are several clients; name one of them with --client: {', '.join(known)}.")
    return known[0]


def _refuse(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(2)


def _in_mailbox(desk: Desk, places: Places, what: str) -> Finding:
    try:
        return look_up(desk, places.home, what)
    except ServerError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(3) from error


def _tell(desk: Desk, finding: Finding, lang: Language, *, as_json: bool) -> None:
    letter = finding.letter
    explanation = explain_mail(desk.client.rules, letter.mail, letter.facts) if letter else None
    if as_json:
        data = as_data(finding, explanation, WORDINGS[lang], desk.client.rules.version)
        typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
    else:
        show(finding, explanation, WORDINGS[lang], desk)
    if finding.trouble:
        typer.echo(str(finding.trouble), err=True)
        raise typer.Exit(3 if isinstance(finding.trouble, ServerError) else 2)

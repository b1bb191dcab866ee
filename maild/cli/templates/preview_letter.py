"""`maild templates preview`: one letter as a customer would get it; nothing is sent, stored or changed."""

import json
import tempfile
import webbrowser
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, NoReturn

import typer
from rich.console import Console

from maild.cli.rules.choice import chosen_clients
from maild.config.home import Client
from maild.config.load import load_home
from maild.config.template_preview import Preview, Wanted, mail_from, preview
from maild.config.wording import did_you_mean
from maild.core.contact import Contact
from maild.core.message import Mail
from maild.core.parse import parse
from maild.core.template_samples import MAIL
from maild.daemon import Places
from maild.edge.chromium import PictureError, picture

_FORMATS = ["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"]


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("preview")(preview_template)


def preview_template(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The template, as `maild templates list` names it.")
    ],
    client: Annotated[str, typer.Option(help="The client: the name of its folder in rules/.")],
    mail: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="The mail to answer, an .eml file.", show_default="an invented one"
        ),
    ] = None,
    contact: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS", help="Who is written to, from contacts.csv.", show_default="the mail's sender"
        ),
    ] = "",
    lang: Annotated[
        Literal["de", "en"] | None,
        typer.Option(help="The language.", show_default="the contact's, else German"),
    ] = None,
    now: Annotated[
        datetime | None,
        typer.Option(
            formats=_FORMATS,
            metavar="TIME",
            help="When it is written by the client's clock, as 2026-12-28T10:00.",
            show_default="now",
        ),
    ] = None,
    *,
    html: Annotated[bool, typer.Option("--html", help="Show it in a browser.")] = False,
    png: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Make a picture of it; needs a Chromium.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Write one letter from a template: subject, text, gaps, and the values that it asks for in vain.

    Exit code 1 means that the letter can't be written for this mail and contact, 2 that a file, a name or a browser
    is missing.

    Examples:

    [bold]maild templates preview offer-request --client northwind[/bold]

    [bold]maild templates preview complaint --client northwind --mail beschwerde.eml --png brief.png[/bold]
    """
    places: Places = context.obj
    chosen = chosen_clients(load_home(places.home), client)[client]
    if name not in chosen.templates.names():
        _refuse(f"There is no template «{name}»; {did_you_mean(name, chosen.templates.names())}")
    known = _contact(chosen, contact)
    original = _read(mail) if mail else mail_from(known) if known else MAIL
    zone = chosen.config.timezone
    when = datetime.now(UTC) if now is None else now.replace(tzinfo=now.tzinfo or zone)
    shown = preview(chosen, Wanted(name, original, known, lang or ""), when.astimezone(zone))
    _tell(shown, as_json=as_json)
    if shown.error:
        raise typer.Exit(1)
    if html or png:
        _show(shown, browser=html, png=png)


def _contact(client: Client, address: str) -> Contact | None:
    found = client.contacts.get(address) if address else None
    if address and found is None:
        _refuse(
            f"contacts.csv of this client has no «{address}»; {did_you_mean(address, client.contacts.by_address)}"
        )
    return found


def _read(path: Path) -> Mail:
    try:
        return parse(path.read_bytes())
    except OSError as error:
        _refuse(f"{path} can't be read: {error.strerror or 'unknown reason'}")


def _refuse(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(2)


def _tell(shown: Preview, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(_as_data(shown), ensure_ascii=False, indent=2))
        return
    console = Console(highlight=False, soft_wrap=True)
    fields = {
        "template": f"{shown.file} ({shown.language}{', automatic' if shown.automatic else ''})",
        "from": shown.sender,
        "to": shown.recipient,
        "subject": shown.subject,
        "attached": ", ".join(shown.attach),
        "gaps": ", ".join(f"«{gap}»" for gap in shown.gaps),
        "not there": ", ".join(shown.missing),
        "fault": f"{shown.error.file}:{shown.error.line}: {shown.error.reason}" if shown.error else "",
    }
    for label, value in fields.items():
        if value:
            console.print(f"{label}: {value}", markup=False)
    if shown.text:
        console.print(f"\n{shown.text}", markup=False, end="")


def _as_data(shown: Preview) -> dict[str, object]:
    error = shown.error
    return {
        "template": shown.file,
        "language": shown.language,
        "automatic": shown.automatic,
        "from": shown.sender,
        "to": shown.recipient,
        "subject": shown.subject,
        "attach": shown.attach,
        "gaps": shown.gaps,
        "missing": shown.missing,
        "text": shown.text,
        "html": shown.html if shown.has_html else None,
        "fault": {"file": error.file, "line": error.line, "message": error.reason} if error else None,
    }


def _show(shown: Preview, *, browser: bool, png: Path | None) -> None:
    if not shown.has_html:
        typer.echo("This template has no HTML beside it; what is shown is its text.", err=True)
    # Readable for its owner alone, and left there: the browser reads it after this command has ended.
    with tempfile.NamedTemporaryFile(
        "w", suffix=".html", prefix="maild-", encoding="utf-8", delete=False
    ) as file:
        file.write(shown.html)
    page = Path(file.name)
    if png:
        try:
            picture(page, png)
        except PictureError as error:
            page.unlink()
            _refuse(str(error))
        typer.echo(f"Picture: {png}", err=True)
    if not browser:
        page.unlink()
    elif not webbrowser.open(page.as_uri()):
        _refuse(f"No browser could be opened; the page is {page}.")
    else:
        typer.echo(f"Page: {page}", err=True)

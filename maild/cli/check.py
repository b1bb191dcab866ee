"""`maild check`: says everything that is wrong with a home, and on request with its servers; changes nothing."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console

from maild.config.home import Home
from maild.config.load import load_home
from maild.daemon import Places
from maild.errors import ConfigError, Fault
from maild.flow.online import Finding, Level, examine


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(check)


def check(
    context: typer.Context,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the faults as JSON.")] = False,
    online: Annotated[bool, typer.Option("--online", help="Sign in to the clients' servers, too.")] = False,
    client: Annotated[str, typer.Option(help="With --online: only this client's servers.")] = "",
) -> None:
    """Check every file of the home and print each fault with file, line and column.

    Nothing is changed. No server is asked, unless with --online: then maild signs in to each client's IMAP and SMTP
    server, looks at its folders, and sends nothing. Exit code 1 means that there are faults, 3 that a server could not
    be reached.

    Example: [bold]maild --home /etc/maild check --online --client northwind[/bold]
    """
    places: Places = context.obj
    if client and not online:
        raise typer.BadParameter("is for --online; without it all files are checked", param_hint="--client")
    try:
        home = load_home(places.home)
    except ConfigError as error:
        tell(error.faults, (), _summary(error.faults, 0), as_json=as_json)
        return
    summary = _summary(home.faults, len(home.clients))
    if not online:
        tell(home.faults, home.warnings, summary, as_json=as_json)
        return
    findings = _ask_servers(home, client, quiet=as_json)
    code = _code(findings)
    try:
        tell(home.faults, home.warnings, summary, {"online": [asdict(f) for f in findings]}, as_json=as_json)
    except typer.Exit as ended:
        raise typer.Exit(code or ended.exit_code) from None


def tell(
    faults: Iterable[Fault],
    warnings: Iterable[Fault],
    summary: str,
    more: Mapping[str, object] | None = None,
    *,
    as_json: bool,
) -> None:
    """Print faults, warnings and a line that sums them up, or all as JSON with `more`, and end with 0 or 1."""
    faults, warnings = tuple(faults), tuple(warnings)
    if as_json:
        found = {"faults": [asdict(f) for f in faults], "warnings": [asdict(w) for w in warnings]}
        typer.echo(json.dumps({**found, **(more or {})}, ensure_ascii=False, indent=2))
    else:
        console = Console(stderr=False, highlight=False, soft_wrap=True)
        _show(console, "fault", "red", faults)
        _show(console, "warning", "yellow", warnings)
        console.print(summary, markup=False)
    raise typer.Exit(1 if faults else 0)


def counted(number: int, thing: str) -> str:
    """A number of things: 1 fault, 2 faults."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _ask_servers(home: Home, wanted: str, *, quiet: bool) -> list[Finding]:
    """What the servers told, printed client by client as it is found out, unless `quiet`."""
    if wanted and wanted not in home.clients:
        message = f"«{wanted}» is no client whose files are sound"
        raise typer.BadParameter(message, param_hint="--client")
    console = Console(stderr=False, highlight=False, soft_wrap=True)
    found: list[Finding] = []
    for slug in [wanted] if wanted else sorted(home.clients):
        for finding in examine(home.clients[slug], home.path):
            found.append(finding)
            if not quiet:
                colour = _COLOURS[finding.level]
                console.print(f"[{colour}]{finding.level}[/{colour}] ", end="")
                console.print(f"{finding.client}: {finding.key}: {finding.message}", markup=False)
    return found


_COLOURS = {Level.FINE: "green", Level.WARNING: "yellow", Level.FAULT: "red", Level.UNREACHABLE: "red"}


def _code(findings: Iterable[Finding]) -> int:
    levels = {finding.level for finding in findings}
    if Level.UNREACHABLE in levels:
        return 3
    return 1 if Level.FAULT in levels else 0


def _show(console: Console, label: str, colour: str, found: tuple[Fault, ...]) -> None:
    in_order = sorted(found, key=lambda fault: (fault.file, fault.line, fault.column))
    # What is wrong with a shared file is wrong for each client that uses it, and need be read once.
    for line in dict.fromkeys(map(str, in_order)):
        console.print(f"[{colour}]{label}[/{colour}] ", end="")
        console.print(line, markup=False)


def _summary(faults: tuple[Fault, ...], clients: int) -> str:
    if not faults:
        return f"All files are fine: {counted(clients, 'client')}."
    different = len({str(fault) for fault in faults})
    return f"{counted(different, 'fault')}. {counted(clients, 'client')} can be worked for as the files are."

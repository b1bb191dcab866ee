"""`maild rules check`: the part of `maild check` that is about rules."""

from collections.abc import Iterable, Mapping
from typing import Annotated

import typer

from maild.cli.check import counted, tell
from maild.cli.rules.choice import existing_client
from maild.cli.rules.test import report
from maild.config.home import Client
from maild.config.load import load_home
from maild.core.rules.model import Rule
from maild.daemon import Places
from maild.errors import Fault


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command()(check)


def check(
    context: typer.Context,
    client: Annotated[str, typer.Option(help="Only this client.")] = "",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the faults as JSON.")] = False,
) -> None:
    """Check the rules files, and print each fault with file, line and column. Exit code 1 means that there are faults.

    Warned of are rules that are never reached or never hold. Nothing is changed and no server is asked.

    Example: [bold]maild rules check --client northwind[/bold]
    """
    places: Places = context.obj
    home = load_home(places.home)
    existing_client(home, client)
    clients = {slug: found for slug, found in home.clients.items() if client in {"", slug}}
    untested = {slug: report(found, places.home).untested for slug, found in clients.items()}
    faults = _about_rules(home.faults, client)
    summary = _verdict(faults)
    if clients or not faults:
        summary += f" {'Without a fault: ' if faults else ''}{_counts(clients, untested)}"
    aside = sorted(({client} if client else set(home.people)) - set(clients))
    if aside and not faults:
        summary += (
            f" Not counted, for other files of theirs have faults: {', '.join(aside)}; run `maild check`."
        )
    more = {"clients": {slug: _as_data(each, untested[slug]) for slug, each in clients.items()}}
    tell(faults, _about_rules(home.warnings, client), summary, more, as_json=as_json)


def _about_rules(found: Iterable[Fault], client: str) -> list[Fault]:
    return [
        fault
        for fault in found
        if fault.file.startswith("rules/_shared/") or fault.file.endswith("/rules.yaml")
        if client in {"", fault.client}
    ]


def _verdict(faults: list[Fault]) -> str:
    return f"{counted(len(set(map(str, faults))), 'fault')}." if faults else "All rules files are fine:"


def _counts(clients: Mapping[str, Client], untested: Mapping[str, tuple[Rule, ...]]) -> str:
    """A shared rule counts once, and is untested where no client's tests touch it."""
    rules, touched, tests = set(), set(), set()
    for slug, each in clients.items():
        left = {rule.name for rule in untested[slug]}
        rules |= {(rule.origin, rule.name) for rule in each.rules.rules}
        touched |= {(rule.origin, rule.name) for rule in each.rules.rules if rule.name not in left}
        tests |= {(test.origin, test.index) for test in each.examples}
    numbers = ((len(clients), "client"), (len(rules), "rule"), (len(tests), "test"))
    listed = ", ".join(counted(*number) for number in numbers)
    return f"{listed}, {counted(len(rules - touched), 'rule')} without a test."


def _as_data(client: Client, untested: tuple[Rule, ...]) -> dict[str, object]:
    return {
        "rules": len(client.rules.rules),
        "tests": len(client.examples),
        "untested": [rule.name for rule in untested],
    }

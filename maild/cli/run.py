"""`maild run`: the daemon, in the foreground or under systemd."""

import signal
from typing import Annotated

import typer

from maild.daemon import Daemon, Places

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(run)


def run(
    context: typer.Context,
    *,
    once: Annotated[bool, typer.Option("--once", help="Make one pass over everything, then exit.")] = False,
) -> None:
    """Watch the mailboxes, sort, draft, and send what was approved.

    Files are read again when they are changed, or at once on SIGHUP. SIGTERM finishes what is in hand and stops. With
    --once, exit code 3 means that a server could not be reached, 2 that a client's files are at fault.

    Example: [bold]maild --home /etc/maild run[/bold]
    """
    places: Places = context.obj
    if once:
        _once(Daemon(places))
    else:
        # Held back in every thread from now on, and waited for: a handler could run too late, just before a wait.
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        _serve(Daemon(places))


def _once(daemon: Daemon) -> None:
    try:
        trouble = daemon.once()
    finally:
        daemon.close()
    aside = daemon.set_aside()
    for client, text in (*aside.items(), *trouble.items()):
        typer.echo(f"{client}: {text}", err=True)
    raise typer.Exit(3 if trouble else 2 if aside else 0)


def _serve(daemon: Daemon) -> None:
    daemon.start()
    while signal.sigwait(_SIGNALS) == signal.SIGHUP:
        daemon.reload()
    daemon.stop()

"""`maild run`: the daemon, in the foreground or under systemd."""

import signal
import threading
from types import FrameType
from typing import Annotated

import typer

from maild.daemon import Daemon, Places


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(run)


def run(
    context: typer.Context,
    *,
    once: Annotated[bool, typer.Option("--once", help="Make one pass over everything, then exit.")] = False,
) -> None:
    """Watch the mailboxes, sort, draft, and send what was approved.

    SIGHUP reads the files again, SIGTERM finishes what is in hand and stops. With --once, exit code 3 means that
    a server could not be reached.

    Example: [bold]maild --home /etc/maild run[/bold]
    """
    places: Places = context.obj
    daemon = Daemon(places)
    if once:
        _once(daemon)
    else:
        _serve(daemon)


def _once(daemon: Daemon) -> None:
    try:
        trouble = daemon.once()
    finally:
        daemon.close()
    for client, text in trouble.items():
        typer.echo(f"{client}: {text}", err=True)
    raise typer.Exit(3 if trouble else 0)


def _serve(daemon: Daemon) -> None:
    signals = _Signals()
    daemon.start()
    while not signals.stop:
        signals.wait()
        if signals.take_reload():
            daemon.reload()
    daemon.stop()


class _Signals:
    """What the signals asked for; handlers only note it, so that nothing runs inside them."""

    def __init__(self) -> None:
        self.stop = False
        self._reload = False
        self._event = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._note)

    def wait(self) -> None:
        """Until a signal comes."""
        self._event.wait()
        self._event.clear()

    def take_reload(self) -> bool:
        """Whether a reload was asked for since the last call."""
        asked, self._reload = self._reload, False
        return asked and not self.stop

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGHUP:
            self._reload = True
        else:
            self.stop = True
        self._event.set()

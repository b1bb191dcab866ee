"""`maild run`: the daemon, in the foreground or under systemd."""

import signal
from queue import SimpleQueue
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
    a server could not be reached, 2 that a client's files are at fault.

    Example: [bold]maild --home /etc/maild run[/bold]
    """
    places: Places = context.obj
    if once:
        _once(Daemon(places))
    else:
        signals = _Signals()
        _serve(Daemon(places), signals)


def _once(daemon: Daemon) -> None:
    try:
        trouble = daemon.once()
    finally:
        daemon.close()
    aside = daemon.set_aside()
    for client, text in (*aside.items(), *trouble.items()):
        typer.echo(f"{client}: {text}", err=True)
    raise typer.Exit(3 if trouble else 2 if aside else 0)


def _serve(daemon: Daemon, signals: "_Signals") -> None:
    daemon.start()
    while signals.next() == signal.SIGHUP:
        daemon.reload()
    daemon.stop()


class _Signals:
    """What the signals asked for; the handler only notes it, so that nothing runs inside it.

    A SimpleQueue, for its `put` may interrupt its own `get` in the same thread; a threading.Event's `set` may not.
    """

    def __init__(self) -> None:
        self._asked: SimpleQueue[int] = SimpleQueue()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._note)

    def next(self) -> int:
        """Wait for a signal; the numbers come in the order in which they were sent."""
        return self._asked.get()

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._asked.put(number)

"""A client's mailbox opened by a command beside the daemon, and how trouble with it ends the command."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import typer

from maild.daemon import Places, one_desk
from maild.edge.imap import Mailbox
from maild.errors import ServerError
from maild.flow.desk import Desk, Folders
from maild.flow.session import folders_of, imap_login

STOPPED = 130  # what a shell says of a command that Ctrl+C has ended


@dataclass(frozen=True, slots=True)
class Opened:
    """One client's desk, and its mailbox with the names of its folders."""

    desk: Desk
    mailbox: Mailbox
    folders: Folders


@contextmanager
def opened(places: Places, client: str, *, alone: bool = False) -> Iterator[Opened]:
    """Sign in to a client's mailbox; `alone`: as the only maild on this state (LockedError where one runs).

    A server that can't be reached ends the command with exit code 3.
    """
    with one_desk(places, client, alone=alone) as desk:
        try:
            with Mailbox.connect(imap_login(desk, places.home)) as mailbox:
                yield Opened(desk, mailbox, folders_of(desk, mailbox))
        except ServerError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(3) from error


@contextmanager
def stoppable(sentence: str) -> Iterator[None]:
    """Say this, and no more, when Ctrl+C ends the command."""
    try:
        yield
    except KeyboardInterrupt:
        typer.echo(f"\n{sentence}", err=True)
        raise typer.Exit(STOPPED) from None

"""`maild demo`: the whole path on invented mail, with servers of its own."""

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


def demo(
    *,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the servers up afterwards, to look with a mail program.")
    ] = False,
) -> None:
    """Watch maild do its job: two clients, a bag of mail, drafts, approvals, letters sent.

    Needs the extra `demo` (pymap, aiosmtpd). Nothing is left behind. Exit code 1 means that something did not come
    out as it should.

    Example: [bold]maild demo --keep[/bold]
    """
    from maild.demo.play import play  # noqa: PLC0415 - the servers are an extra, and slow to import

    raise typer.Exit(play(keep=keep))

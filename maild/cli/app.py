"""The command `maild` and what all its commands share: where the home is, and how errors are said."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from maild.cli import check, demo, drafts, morning, rules, run, state, templates
from maild.daemon import Places
from maild.errors import MaildError

app = typer.Typer(
    name="maild",
    help="The machine room of a secretary service: sorts mail, drafts replies, sends what a person approved.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
check.register(app)
run.register(app)
state.register(app)
drafts.register(app)
morning.register(app)
rules.register(app)
templates.register(app)
demo.register(app)


@app.callback()
def _common(
    context: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option(help="The folder that holds maild.yaml.", show_default="$MAILD_HOME, else this folder"),
    ] = None,
) -> None:
    context.obj = Places.find(home)


def main() -> None:
    """Run a command. Exit codes: 0 done, 1 a check found faults, 2 usage or configuration, 3 a server."""
    try:
        app()
    except MaildError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
    except OSError as error:  # of the state directory; the home's files have faults, the servers errors
        if error.filename is None:
            raise
        sys.stderr.write(f"{error.filename}: {error.strerror}; look at its owner and rights\n")
        sys.exit(2)

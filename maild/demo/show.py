"""What the demo shows: tables and letters, laid out to be read."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from email.message import EmailMessage

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from maild.core.parse import parse
from maild.demo.secretary import Seen
from maild.demo.servers import Accepted
from maild.demo.stage import Entry

console = Console(highlight=False)
if not console.is_terminal:
    console = Console(highlight=False, width=140)


def heading(text: str) -> None:
    """The next part of the play."""
    console.print()
    console.rule(f"[bold]{text}[/bold]", align="left")


def say(text: str) -> None:
    """One line."""
    console.print(Text(text))


Sorted = tuple[Entry, tuple[str, ...], str]
"""A mail of the bag, the rules that held, the folder where it lies."""


@contextmanager
def sorting(total: int) -> Iterator[Callable[[Sequence[Sorted]], None]]:
    """What was sorted where and by which rule, as it happens; gives a function that takes all rows so far."""
    rows: Sequence[Sorted] = ()

    def update(done: Sequence[Sorted]) -> None:
        nonlocal rows
        rows = done
        live.update(Group(_sorted(rows[-12:]), Text(f"{len(rows)} of {total} sorted")))

    with Live(console=console, transient=True) as live:
        yield update
    console.print(_sorted(rows))


def _sorted(rows: Sequence[Sorted]) -> Table:
    table = _table("Client", "From", "Subject", "Rule", "Folder")
    for entry, rules, folder in rows:
        sender = entry.mail.sender
        left = folder == "INBOX"
        table.add_row(
            entry.client,
            Text(_cut((sender.name or sender.address) if sender else "(nobody)", 26)),
            Text(_cut(entry.mail.subject or "(no subject)", 44)),
            Text(", ".join(rules) or "no rule"),
            Text("INBOX, for a person" if left else folder, style="yellow" if left else ""),
        )
    return table


def letter(title: str, mail: Seen) -> None:
    """One mail in full."""
    message = mail.message
    head = "\n".join(f"{name}: {message[name]}" for name in ("From", "To", "Subject", "References"))
    files = [f"\n\nAttached: {part.get_filename()}" for part in message.iter_attachments()]
    console.print(
        Panel(Text(f"{head}\n\n{mail.text.rstrip()}{''.join(files)}"), title=title, title_align="left")
    )


def outgoing(messages: Sequence[Accepted], kinds: Callable[[Accepted], str]) -> None:
    """What left the house, and to whom."""
    table = _table("What", "From", "To", "Subject")
    for accepted in messages:
        mail = parse(accepted.content)
        table.add_row(
            kinds(accepted),
            Text(accepted.mail_from),
            Text(", ".join(accepted.rcpt_tos)),
            Text(_cut(mail.subject, 44)),
        )
    console.print(table)


def note(accepted: Accepted) -> None:
    """One note to a client."""
    text = parse(accepted.content).text.rstrip()
    console.print(Panel(Text(text), title=f"A note to {accepted.rcpt_tos[0]}", title_align="left"))


def left_over(rows: Iterable[tuple[str, str, EmailMessage]]) -> None:
    """What waits for a person: client, folder, mail."""
    table = _table("Client", "Folder", "Mail")
    for client, folder, message in rows:
        table.add_row(client, Text(folder), Text(_cut(str(message["Subject"] or "(no subject)"), 60)))
    console.print(table)


def verdict(wrong: Sequence[str], checks: int) -> None:
    """Whether all came out as it should."""
    console.print()
    if wrong:
        console.print(f"[red]{len(wrong)} of {checks} checks failed:[/red]")
        for line in wrong:
            console.print(Text(f"  {line}"))
    else:
        console.print(f"[green]All {checks} checks passed.[/green] Nothing was left behind.")


def _table(*columns: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, no_wrap=True)
    return table


def _cut(text: str, length: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1] + "…"

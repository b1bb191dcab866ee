"""What would be done with past mail, as a table with counts or as data."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from rich.text import Text

from maild.core.action import Action, Keep, Note, action_name, action_value
from maild.core.decide import Skipped, Step
from maild.core.rules.explain.excerpt import harmless
from maild.flow.past import Outlook, Selection

_SENDER, _SUBJECT = 32, 48  # letters that are shown


@dataclass(frozen=True, slots=True)
class Counts:
    """How often what would be done."""

    mails: int
    acted_on: int  # mails that anything would be done with
    blocked: int  # mails that nothing at all is done with, though a rule may hold
    rules: Counter[str]  # mails for which each rule holds
    actions: Counter[str]  # "move Anfragen" and the like


def count(outlooks: Iterable[Outlook]) -> Counts:
    """Count mails by rule and by action."""
    counts = Counts(0, 0, 0, Counter(), Counter())
    mails = acted_on = blocked = 0
    for outlook in outlooks:
        mails += 1
        acted_on += any(not isinstance(step.action, Keep) for step in outlook.steps)
        blocked += bool(outlook.obstacle)
        counts.rules.update(outlook.rules)
        counts.actions.update(told(step.action) for step in outlook.steps)
    return Counts(mails, acted_on, blocked, counts.rules, counts.actions)


def told(action: Action) -> str:
    """An action in one line: «move Anfragen», «mark flagged», «keep»; a note without its text."""
    value = "" if isinstance(action, Note) else next(iter(action_value(action).values()), "")
    words = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return f"{action_name(action)} {words}".strip()


def show(console: Console, outlooks: Sequence[Outlook], zone: ZoneInfo) -> None:
    """The mails that a rule holds for, or that nothing is done with for a reason; then the counts."""
    rows = [outlook for outlook in outlooks if outlook.rules or outlook.canary or outlook.obstacle]
    if rows:
        table = Table("Received", "From", "Subject", "Rules")
        for heading in ("Would be done", "Left out"):
            table.add_column(heading, overflow="fold")  # a reason that is cut tells nothing
        for outlook in rows:
            table.add_row(*(Text(cell) for cell in _cells(outlook, zone)))
        console.print(table)
    show_counts(console, count(outlooks))


def show_counts(console: Console, counts: Counts) -> None:
    """How many mails, then one line for each rule and for each action."""
    said = f"{_mails(counts.mails)}; something is done with {counts.acted_on}."
    console.print(Text(said + (f" Nothing can be done with {counts.blocked}." if counts.blocked else "")))
    for name, counter in (("rule", counts.rules), ("action", counts.actions)):
        for what, number in counter.most_common():
            console.print(Text(f"  {name} {what}: {_mails(number)}"))


def as_data(selection: Selection, outlooks: Sequence[Outlook]) -> dict[str, Any]:
    """Everything, for `--json`: each mail, and the counts."""
    counts = count(outlooks)
    return {
        "folder": selection.folder,
        "uidvalidity": selection.uidvalidity,
        "mails": [_mail(outlook) for outlook in outlooks],
        "rules": dict(counts.rules.most_common()),
        "actions": dict(counts.actions.most_common()),
    }


def _mail(outlook: Outlook) -> dict[str, Any]:
    return {
        "uid": outlook.arrival.uid,
        "mail": outlook.mail_id or None,
        "received": outlook.arrival.received_at.isoformat(),
        "message_id": outlook.arrival.message_id,
        "from": outlook.sender,
        "subject": harmless(outlook.subject),
        "rules": list(outlook.rules),
        "do": [_step(step) for step in outlook.steps],
        "left_out": [_step(skipped) | {"reason": skipped.reason} for skipped in outlook.left_out],
        "canary": [_step(step) for step in outlook.canary],
        "obstacle": outlook.obstacle,
    }


def _step(step: Step | Skipped) -> dict[str, Any]:
    return {"rule": step.rule, "action": action_name(step.action), **action_value(step.action)}


def _cells(outlook: Outlook, zone: ZoneInfo) -> tuple[str, ...]:
    by_reason: dict[str, list[str]] = {}
    for skipped in outlook.left_out:
        by_reason.setdefault(skipped.reason, []).append(told(skipped.action))
    left_out = [f"{', '.join(actions)}: {reason}" for reason, actions in by_reason.items()]
    canary = [f"{told(step.action)}: rule {step.rule} is a canary" for step in outlook.canary]
    return (
        f"{outlook.arrival.received_at.astimezone(zone):%Y-%m-%d %H:%M}",
        harmless(outlook.sender, _SENDER),
        harmless(outlook.subject, _SUBJECT),
        "\n".join(outlook.rules),
        "\n".join(told(step.action) for step in outlook.steps),
        "\n".join([outlook.obstacle] if outlook.obstacle else left_out + canary),
    )


def _mails(number: int) -> str:
    return f"{number} mail{'' if number == 1 else 's'}"

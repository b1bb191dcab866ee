"""How many letters a second are written; run by `make bench`.

One letter is all that lies between a parsed mail and the bytes of its draft: salutation, dates, rendering, quoting 3 KB
of German text, wrapping, headers, MIME. The house's own templates, one core, processor time, the median of several
rounds. What must be read or stored is not in it.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from maild.core.business import Business
from maild.core.compose import Reply, compose_reply
from maild.core.contact import Contact, Form
from maild.core.german.particulars import Particulars
from maild.core.hours import Calendar, Opening
from maild.core.letter import Letterhead, reply_context
from maild.core.message import Address, Mail
from maild.core.template import Template, TemplateSource, compile_template, render

TEMPLATES = Path(__file__).parents[1] / "templates"
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=ZoneInfo("Europe/Berlin"))
DAY = (Opening(8 * 60, 17 * 60),)
US = Address("info@northwind.example", "Northwind Tools Kundenservice")
HEAD = Letterhead(
    client="Northwind Tools Ltd",
    identity=US,
    particulars=Particulars(
        form="foreign", text="Northwind Tools Ltd, registered in England and Wales, No. 01234567"
    ),
    business=Business(calendar=Calendar(openings=(DAY,) * 5 + ((), ()), region="DE-BY")),
)
ANNA = Contact(address="anna@kunde.example", given="Anna", family="Müller", form=Form.FRAU)
PARAGRAPH = (
    "für das Frühjahr planen wir eine größere Bestellung und möchten vorher wissen, welche Mengen Sie bis Ende Februar "
    "liefern können, zu welchen Preisen und mit welchen Zahlungszielen. Außerdem bitten wir um ein Muster."
)
HTML = (
    "<p>{{ salutation }}</p>\n<p>vielen Dank für Ihre Anfrage.</p>\n<p>{{ closing }}<br>{{ signature }}</p>\n"
)
LETTERS = 200


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    what: str
    milliseconds: float  # of one letter
    per_second: int
    bytes: int


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    rows = [measure(what, write, given.rounds) for what, write in cases().items()]
    if given.json:
        print(json.dumps([asdict(row) for row in rows], ensure_ascii=False, indent=2))
        return
    print("| letter | ms | letters a second | bytes |\n|---|---:|---:|---:|")
    for row in rows:
        print(f"| {row.what} | {row.milliseconds:.2f} | {row.per_second:,} | {row.bytes:,} |")


def cases() -> dict[str, Callable[[int], bytes]]:
    """What is measured, each as a function that writes the letter of a number."""
    plain = template("offer-request")
    return {
        "reply, 3 KB quoted": lambda number: write(plain, original(number, 3_000)),
        "reply, 30 KB quoted": lambda number: write(plain, original(number, 30_000)),
        "reply with HTML, 3 KB quoted": lambda number: write(
            template("offer-request", HTML), original(number, 3_000)
        ),
        "reply with opening hours, 3 KB quoted": lambda number: write(
            template("out-of-hours"), original(number, 3_000)
        ),
    }


_KNOWN: dict[tuple[str, str], Template] = {}


def template(name: str, html: str = "") -> Template:
    """A template of the house, compiled once, as the daemon does."""
    if (name, html) not in _KNOWN:
        text = (TEMPLATES / "de" / f"{name}.txt.j2").read_text(encoding="utf-8")
        _KNOWN[name, html] = compile_template(
            TemplateSource(name, text, f"{name}.txt.j2", html, f"{name}.html.j2")
        )
    return _KNOWN[name, html]


def original(number: int, size: int) -> Mail:
    """A mail of about so many characters, another for each number."""
    text = "Guten Tag,\n\n" + f"{PARAGRAPH}\n\n" * (size // len(PARAGRAPH) + 1)
    return Mail(
        message_id=f"<frage-{number}@kunde.example>",
        references=(f"<alt-{number}@kunde.example>",),
        date=datetime(2026, 11, 20, 8, 0, tzinfo=UTC) + timedelta(minutes=number),
        subject=f"AW: Anfrage {number} für das Frühjahr",
        from_=(Address("anna@kunde.example", "Anna Müller"),),
        to=(US,),
        text=text[:size] + "\n\nMit freundlichen Grüßen\nAnna Müller\n",
        new_text=text[:size] + "\n\nMit freundlichen Grüßen\nAnna Müller",
    )


def write(which: Template, mail: Mail) -> bytes:
    """From the mail to the bytes of the draft, as `flow.letters` does it."""
    context = reply_context(mail, ANNA, HEAD, NOW, "de")
    rendered = render(which, context)
    reply = Reply(
        original=mail,
        identity=US,
        subject=rendered.subject,
        text=rendered.text,
        token="abcdefghijklmnopqrstuvwxyz",
        message_id=f"<x{mail.message_id[1:]}",
        now=NOW,
        html=rendered.html,
        quoted=rendered.quoted,
        html_quoted=rendered.html_quoted,
        quotation=context.quotation,
    )
    return compose_reply(reply).raw


def measure(what: str, write_one: Callable[[int], bytes], rounds: int) -> Row:
    """The median of several rounds, after one that warms up."""
    size = len(write_one(0))
    times = []
    for _ in range(rounds):
        started = time.process_time()
        for number in range(LETTERS):
            write_one(number)
        times.append((time.process_time() - started) / LETTERS)
    middle = statistics.median(times)
    return Row(what, middle * 1000, round(1 / middle), size)


if __name__ == "__main__":
    main()

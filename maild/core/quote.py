"""Quotes the mail that a reply answers, in the German way: who wrote when, then each line behind a «> ».

Nothing of the mail stands outside of a line that begins with «> », or outside of a <blockquote>. Telling a quotation
in a mail from its own words is `quotation`'s business.
"""

import html
import re
from dataclasses import dataclass
from datetime import datetime

from maild.core.german.calendar import NO_BREAK_SPACE, datum, is_english, uhrzeit
from maild.core.german.names import read_name
from maild.core.message import Address, Mail

MOST_LINES = 400
MOST_CHARACTERS = 40_000
"""What is quoted of a long mail; the rest is in the thread, and a marked line says that it is left out."""

# Characters of a stranger's name: a longer one would be folded, and its line not known as an attribution.
_NAME_LENGTH = 100
_DEEPEST = 8
_BAR = "margin:0 0 0 0.5em;padding-left:0.8em;border-left:2px solid #999999"


@dataclass(frozen=True, slots=True)
class Quotation:
    """What is quoted; `lines` are the original's, each with the marks that it had itself."""

    introduction: str
    lines: tuple[str, ...]
    shortened: str = ""  # what to say where lines are left out; empty where all are there

    @property
    def text(self) -> str:
        """For the text part."""
        quoted = [
            f">{line}".rstrip() if line.startswith(">") else f"> {line}".rstrip() for line in self.lines
        ]
        return "\n".join([self.introduction, *quoted, *([f"> {self.shortened}"] if self.shortened else [])])

    @property
    def html(self) -> str:
        """For the HTML part: nested block quotations, every letter of the mail escaped."""
        lines = [_depth(line) for line in (*self.lines, *filter(None, [self.shortened]))]
        return f"<p>{html.escape(self.introduction)}</p>\n" + _nested(
            [(deep + 1, text) for deep, text in lines]
        )


def quote(original: Mail, now: datetime, language: str = "de") -> Quotation:
    """The original as a quotation; times by the zone of `now`."""
    name = _name_in_reading_order(original.sender) if original.sender else ""
    text = original.text.rstrip()
    lines = text[:MOST_CHARACTERS].splitlines()
    shortened = len(text) > MOST_CHARACTERS or len(lines) > MOST_LINES
    return Quotation(
        introduction=_attribution(name, original.date, now, language),
        lines=tuple(lines[:MOST_LINES]),
        shortened=_SHORTENED[is_english(language)] if shortened else "",
    )


def short_name(name: str) -> str:
    """A stranger's name on one line, of at most 100 characters."""
    line = " ".join("".join(c if c.isprintable() else " " for c in name).split())
    return line if len(line) <= _NAME_LENGTH else line[: _NAME_LENGTH - 1].rstrip() + "…"


_SHORTENED = {
    False: "[… Der Rest der ursprünglichen Nachricht ist hier ausgelassen.]",
    True: "[… The rest of the original message is left out here.]",
}


def _name_in_reading_order(writer: Address) -> str:
    """«Wiebke Petersen» for "Petersen, Wiebke"; a firm's or an odd name as it is."""
    person = read_name(writer)
    named = " ".join((*person.titles, person.full)) if person and not person.company and person.full else ""
    return short_name(named or writer.name) or writer.address


def _attribution(name: str, date: datetime | None, now: datetime, language: str) -> str:
    """What mail programs, and our own `quotation`, know as the line above a quotation."""
    english = is_english(language)
    if date is None:
        return "-----Original Message-----" if english else "-----Ursprüngliche Nachricht-----"
    local = date.astimezone(now.tzinfo)
    if english:
        return f"On {datum(local, language)} at {uhrzeit(local, language)} {name} wrote:"
    # A no-break space: «schrieb man:» is a sentence, «schrieb MAN Truck & Bus:» an attribution.
    return f"Am {datum(local, language)} um {uhrzeit(local, language)} schrieb{NO_BREAK_SPACE}{name}:"


def _depth(line: str) -> tuple[int, str]:
    """How often a line was quoted before, and its text: 2 and «Hallo» for «>> Hallo» and «> > Hallo»."""
    marks = _MARKS.match(line)
    deep = marks[0].count(">") if marks else 0
    return min(deep, _DEEPEST), line[marks.end() :] if marks else line


_MARKS = re.compile("(?:> ?)*")


def _nested(lines: list[tuple[int, str]]) -> str:
    pieces: list[str] = []
    depth = 0
    for deep, text in lines:
        if deep > depth:
            pieces.append(f'<blockquote type="cite" style="{_BAR}">' * (deep - depth))
        elif deep < depth:
            pieces.append("</blockquote>" * (depth - deep))
        pieces.append(html.escape(text.rstrip()) + "<br>\n")
        depth = deep
    return "".join(pieces) + "</blockquote>" * depth

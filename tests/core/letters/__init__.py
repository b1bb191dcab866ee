"""The letters of the house, rendered for five people: golden files beside this one, one for each template.

`python -m tests.core.letters` writes them anew; read the difference before it is committed.
"""

from datetime import date, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from maild.core.business import Absence, Business
from maild.core.contact import Contact, Form
from maild.core.flowed import flow
from maild.core.german.particulars import Particulars
from maild.core.hours import Calendar, Dates, Opening
from maild.core.letter import Letterhead, reply_context
from maild.core.message import Address, Mail
from maild.core.template import RenderedLetter, Template, TemplateSource, compile_template, render
from maild.core.template_views import LetterContext

HERE = Path(__file__).parent
TEMPLATES = HERE.parents[2] / "templates"
BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 12, 8, 18, 40, tzinfo=BERLIN)  # a Tuesday evening
DAY = (Opening(8 * 60, 12 * 60), Opening(13 * 60, 17 * 60))
HEAD = Letterhead(
    client="Northwind Tools Ltd",
    identity=Address("info@northwind.example", "Northwind Tools Kundenservice"),
    particulars=Particulars(
        form="foreign",
        text="Northwind Tools Ltd, registered in England and Wales, No. 01234567\nDirector: Jane Doe",
    ),
    business=Business(
        calendar=Calendar(
            openings=(DAY, DAY, DAY, DAY, (Opening(8 * 60, 14 * 60),), (), ()),
            region="DE-BY",
            closed=(Dates(date(2026, 12, 24), date(2027, 1, 3)),),
        ),
        absences=(Absence("Jane Doe", date(2026, 12, 7), date(2026, 12, 11), "john@northwind.example"),),
    ),
    deputies={
        "john@northwind.example": Contact(
            address="john@northwind.example", given="John", family="Smith", phone="+49 89 99998-17"
        )
    },
)
MAIL = Mail(
    message_id="<frage-1@kunde.example>",
    date=datetime(2026, 12, 8, 17, 55, tzinfo=BERLIN),
    subject="Re: [EXTERN] AW: Hobelbänke für unsere Werkstatt",
    from_=(Address("anna@kunde.example", "Anna Müller"),),
    to=(HEAD.identity,),
    text="Guten Tag,\n\nwas kosten zwei Hobelbänke?\n\nAnna Müller\n",
)
FIRM = Address("einkauf@kunde.example", "Mustermann GmbH")
BARE = Mail(from_=(FIRM,), to=(HEAD.identity,), text="ohne Betreff und Datum")
FRAU = Contact(
    address="anna@kunde.example", given="Anna", family="Müller", form=Form.FRAU, phone="+49 231 4710-12"
)
CASES: dict[str, tuple[Mail, Contact | None, str]] = {
    "frau": (MAIL, FRAU, "de"),
    "unknown": (MAIL, None, "de"),
    "company": (BARE, Contact(address=FIRM.address, form=Form.COMPANY, company="Mustermann GmbH"), "de"),
    "du": (
        MAIL,
        Contact(address="anna@kunde.example", given="Anna", family="Müller", form=Form.FRAU, du=True),
        "de",
    ),
    "english": (MAIL, FRAU, "en"),
}
AUTOMATIC = frozenset({"absence", "holiday", "out-of-hours"})
CLOSED = datetime(2026, 12, 28, 10, 0, tzinfo=BERLIN)
"""A Monday within the firm's own holidays, for the letter `holiday`."""


def names() -> list[str]:
    """The letters of the house to customers."""
    return sorted(
        path.name.removesuffix(".txt.j2")
        for path in (TEMPLATES / "de").glob("*.txt.j2")
        if path.stem != "note.txt"
    )


def context(name: str, case: str, head: Letterhead = HEAD) -> LetterContext:
    """What one letter is rendered from."""
    mail, contact, language = CASES[case]
    now = CLOSED if name == "holiday" else NOW
    return reply_context(mail, contact, head, now, language, automatic=name in AUTOMATIC)


def letter(name: str, case: str, head: Letterhead = HEAD) -> RenderedLetter:
    """One letter of the house for one person."""
    return render(template(name, CASES[case][2]), context(name, case, head))


@cache
def template(name: str, language: str) -> Template:
    """One template of the house."""
    file = TEMPLATES / language / f"{name}.txt.j2"
    source = TemplateSource(name, file.read_text(encoding="utf-8"), f"templates/{language}/{name}.txt.j2")
    return compile_template(source)


def written(name: str) -> str:
    """A golden file: the letter for each of the five, wrapped as it is sent."""
    pieces = []
    for case in CASES:
        rendered = letter(name, case)
        pieces.append(f"=== {case}\nBetreff: {rendered.subject}\n\n{flow(rendered.text)}")
    return "\n".join(pieces)

"""Invented mails and people that every template is tried with, so that a missing value is found before a customer's
mail finds it.

Each lacks something else. Nothing here is anybody's data.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from maild.core.business import Business
from maild.core.contact import Contact, Form
from maild.core.hours import Calendar
from maild.core.message import Address, Mail

WRITER = Address("anna.mueller@kunde.example", "Anna Müller")
WRITTEN = datetime(2026, 11, 20, 8, 14, tzinfo=UTC)
MAIL = Mail(
    message_id="<muster-1@kunde.example>",
    date=WRITTEN,
    subject="Hobelbänke für unsere Werkstatt",
    from_=(WRITER,),
    to=(Address("info@firma.example"),),
    text="Guten Tag,\n\nbitte senden Sie uns Ihre Preisliste.\n\nMit freundlichen Grüßen\nAnna Müller\n",
)
MAILS = {
    "an ordinary mail": MAIL,
    "a mail without a subject": replace(MAIL, subject=""),
    "a mail without a date": replace(MAIL, date=None),
    "a mail without the sender's name": replace(MAIL, from_=(Address(WRITER.address),)),
    "a mail without any text": replace(MAIL, text=""),
    "a mail that looks like a template": replace(
        MAIL, subject="{{ gap('x') }} <b>«Termin»</b>", from_=(Address(WRITER.address, "<i>{{ x }}</i>"),)
    ),
}
PEOPLE: dict[str, Contact | None] = {
    "somebody who isn't in contacts.csv": None,
    "a contact with nothing but an address": Contact(address=WRITER.address),
    "a contact with every value": Contact(
        address=WRITER.address,
        given="Anna",
        family="Müller",
        title="Dr.",
        form=Form.FRAU,
        nobility="Freifrau",
        company="Tischlerei Müller",
        phone="+49 231 123456-78",
    ),
    "a company": Contact(address=WRITER.address, form=Form.COMPANY, company="Tischlerei Müller GmbH"),
    "a contact with du": Contact(address=WRITER.address, given="Anna", family="Müller", du=True),
}


@dataclass(frozen=True, slots=True)
class Sample:
    """One case that a template is tried with, and how to say which."""

    mail: Mail
    contact: Contact | None
    now: datetime
    label: str


def samples(business: Business, now: datetime) -> tuple[Sample, ...]:
    """Every mail and person on an ordinary day, and the first of them on each kind of day that a letter may tell of."""
    ordinary = [
        Sample(mail, contact, now, f"{mail_label} of {who}")
        for mail_label, mail in MAILS.items()
        for who, contact in PEOPLE.items()
    ]
    days = [(day, label) for day, label in _days(business, now) if day is not None]
    return (*ordinary, *(Sample(MAIL, None, day, f"a letter {label}") for day, label in days))


def _days(business: Business, now: datetime) -> list[tuple[datetime | None, str]]:
    first = business.absences[0].first if business.absences else None
    closed = business.calendar.closed[0].first if business.calendar.closed else None
    return [
        (_next_holiday(business.calendar, now), "on a public holiday"),
        (
            now.replace(year=first.year, month=first.month, day=first.day) if first else None,
            "during an absence",
        ),
        (
            now.replace(year=closed.year, month=closed.month, day=closed.day) if closed else None,
            "during the firm's own holidays",
        ),
    ]


def _next_holiday(calendar: Calendar, now: datetime) -> datetime | None:
    ahead = (now + timedelta(days=count) for count in range(366))
    return next((day for day in ahead if calendar.holiday(day.date())), None)

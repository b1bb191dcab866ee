"""What a letter is rendered from: the mail it answers, the client, the identity, the contact.

Only what a template may see is handed on; a value that isn't there stays None, so that printing it is an error.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo

from maild.core.business import Absence, Business
from maild.core.contact import Contact
from maild.core.german.opening import NextOpening, after_absence, next_opening
from maild.core.german.particulars import Particulars, lines
from maild.core.german.regional import localised
from maild.core.german.salutation import closing, mail_salutation, salutation
from maild.core.letter_hours import hours_in_words
from maild.core.message import Address, Mail
from maild.core.quote import quote
from maild.core.subject import answered_subject
from maild.core.template import ClientView, ContactView, IdentityView, LetterContext, MailView
from maild.core.template_views import AbsenceView, ClosureView, NoteView
from maild.core.text import fold


@dataclass(frozen=True, slots=True)
class Letterhead:
    """The business that a letter is written for, how it writes, and who is there to read an answer."""

    client: str
    identity: Address
    particulars: Particulars
    informal: bool = False
    locale: str = "de_DE"
    business: Business = field(default_factory=Business)
    deputies: Mapping[str, Contact] = field(
        default_factory=dict
    )  # what contacts.csv knows, by address in lower case


def writer_of(mail: Mail) -> Address | None:
    """Who gets the answer: the first of Reply-To, else of From."""
    return mail.reply_to[0] if mail.reply_to else mail.sender


def reply_context(
    mail: Mail,
    contact: Contact | None,
    head: Letterhead,
    now: datetime,
    language: str,
    *,
    automatic: bool = False,
) -> LetterContext:
    """For a reply; `now` in the client's zone. An automatic one quotes nothing, and greets by the header alone.

    Whoever signed a mail is greeted only in a letter that a person reads before it goes.
    """
    tongue = localised(language, head.locale)
    du = contact is not None and contact.du
    legal = lines(head.particulars, tongue)
    return LetterContext(
        salutation=_salutation(mail, contact, head, tongue, automatic=automatic),
        closing=closing(tongue, informal=head.informal or du),
        signature=f"{head.identity.name or head.client}\n\n-- \n{legal}",
        client=ClientView(head.client, hours_in_words(head.business.calendar, tongue) or None),
        identity=_identity(head.identity),
        now=now,
        mail=_mail_view(mail, now),
        contact=_contact_view(contact),
        language=tongue,
        legal=legal,
        quotation=None if automatic else quote(mail, now, tongue),
        opening=next_opening(head.business.calendar, now, tongue) or NextOpening(),
        absence=_absence(mail, head, now, tongue),
        closure=_closure(head.business, now.date()),
    )


def note_context(
    mail: Mail, office: Address, client: str, note: NoteView, now: datetime, language: str
) -> LetterContext:
    """For a line to the client about a mail; it is signed by the office."""
    return LetterContext(
        salutation=salutation(None, None, language=language, informal=True),
        closing=closing(language),
        signature=office.name,
        client=ClientView(client),
        identity=_identity(office),
        now=now,
        mail=_mail_view(mail, now),
        note=note,
        language=language,
    )


def _salutation(
    mail: Mail, contact: Contact | None, head: Letterhead, language: str, *, automatic: bool
) -> str:
    if automatic:
        return salutation(contact, writer_of(mail), language=language, informal=head.informal)
    return mail_salutation(contact, mail, language=language, informal=head.informal)


def _absence(mail: Mail, head: Letterhead, now: datetime, language: str) -> AbsenceView:
    """The one who is away today; of several, the one that the mail is addressed to by name, or else nobody."""
    today = now.date()
    away = [each for each in head.business.absences if each.first <= today <= each.last]
    meant = (
        away if len({each.person for each in away}) < 2 else [each for each in away if _is_meant(each, mail)]
    )
    if not meant:
        return AbsenceView()
    absence = max(meant, key=lambda each: each.last) if len({each.person for each in meant}) == 1 else None
    return _absence_view(absence, head, now, language) if absence else AbsenceView()


def _is_meant(absence: Absence, mail: Mail) -> bool:
    family = fold(absence.person).split()[-1:]
    written_to = fold(" ".join(f"{each.name} {each.address}" for each in (*mail.to, *mail.cc)))
    return bool(family) and family[0] in written_to


def _absence_view(absence: Absence, head: Letterhead, now: datetime, language: str) -> AbsenceView:
    deputy = head.deputies.get(absence.deputy.lower())
    back = after_absence(head.business.calendar, absence.last, now.date(), now.tzinfo or _no_zone(), language)
    named = " ".join(filter(None, (deputy.given, deputy.family))) if deputy else ""
    return AbsenceView(
        person=absence.person,
        first=absence.first,
        last=absence.last,
        back=back.since if back else None,
        deputy=named or None,
        deputy_address=absence.deputy or None,
        deputy_phone=(deputy.phone or None) if deputy else None,
    )


def _no_zone() -> tzinfo:
    raise ValueError("a letter's time needs the client's zone")


def _closure(business: Business, today: date) -> ClosureView:
    closed = [each for each in business.calendar.closed if each.first <= today <= each.last]
    return ClosureView(closed[0].first, closed[0].last) if closed else ClosureView()


def _identity(identity: Address) -> IdentityView:
    return IdentityView(identity.name, identity.address)


def _mail_view(mail: Mail, now: datetime) -> MailView:
    sender = mail.sender
    return MailView(
        subject=answered_subject(mail.subject) or None,
        date=mail.date.astimezone(now.tzinfo) if mail.date else None,
        sender_name=sender.name or None if sender else None,
        sender_address=sender.address if sender else None,
    )


def _contact_view(contact: Contact | None) -> ContactView:
    if contact is None:
        return ContactView()
    return ContactView(
        address=contact.address,
        given=contact.given or None,
        family=contact.family or None,
        title=contact.title or None,
        form=contact.form or None,
        nobility=contact.nobility or None,
        company=contact.company or None,
        phone=contact.phone or None,
        du=contact.du,
    )

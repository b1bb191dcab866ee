"""What a letter is rendered from: who is written to, the signature, and that nothing more is handed on."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from maild.core.business import Absence, Business
from maild.core.contact import Contact, Form
from maild.core.german.opening import NextOpening
from maild.core.german.particulars import Particulars
from maild.core.hours import Calendar, Dates, Opening
from maild.core.letter import Letterhead, note_context, reply_context, writer_of
from maild.core.letter_hours import hours_in_words
from maild.core.message import Address, Mail
from maild.core.template import TemplateSource, compile_template, render
from maild.core.template_views import AbsenceView, ClosureView, ContactView, LetterContext, MailView, NoteView
from maild.errors import LetterError

NOW = datetime(2026, 11, 22, 10, 30, tzinfo=ZoneInfo("Europe/Berlin"))
US = Address("info@northwind.example", "Northwind Tools Kundenservice")
OFFICE = Address("buero@lindner.example", "Büroservice Lindner")
ANNA = Address("anna@kunde.example", "Anna Müller")
HEAD = Letterhead(
    client="Northwind Tools Ltd",
    identity=US,
    particulars=Particulars(form="foreign", text="Northwind Tools Ltd\n12 Dock Road, London"),
)
MAIL = Mail(
    subject="AW: WG: Bitte um ein Angebot",
    date=datetime(2026, 11, 20, 23, 30, tzinfo=UTC),
    from_=(ANNA,),
    text="geheimer Text",
)
CONTACT = Contact(
    address="anna@kunde.example", given="Anna", family="Müller", form=Form.FRAU, note="zahlt spät"
)


def reply(
    mail: Mail = MAIL, contact: Contact | None = CONTACT, head: Letterhead = HEAD, language: str = "de"
) -> LetterContext:
    """The context of a reply."""
    return reply_context(mail, contact, head, NOW, language)


def rendered(body: str, context: LetterContext) -> str:
    """A letter of this body."""
    source = TemplateSource("x", f'---\nsubject: "s"\n---\n{body}\n', "templates/de/x.txt.j2")
    return render(compile_template(source), context).text


def test_the_first_of_reply_to_is_written_to() -> None:
    """Else the writer; a mail that names nobody has none."""
    other = Address("einkauf@kunde.example", "Einkauf")
    assert writer_of(MAIL) == ANNA
    assert writer_of(replace(MAIL, reply_to=(other, ANNA))) == other
    assert writer_of(Mail()) is None


def test_a_known_person_is_addressed_by_name() -> None:
    """The contact gives the form of address; the informal style still says Sie."""
    assert reply().salutation == "Sehr geehrte Frau Müller,"
    assert reply(head=replace(HEAD, informal=True)).salutation == "Guten Tag Frau Müller,"
    assert reply(head=replace(HEAD, informal=True)).closing == "Viele Grüße"


def test_no_form_of_address_is_guessed() -> None:
    """An unknown writer is neither Frau nor Herr; nobody at all gets the usual words."""
    unknown = reply(contact=None).salutation
    assert "Frau" not in unknown
    assert "Herr" not in unknown
    assert reply(mail=Mail(), contact=None).salutation == "Sehr geehrte Damen und Herren,"


def test_the_salutation_names_whom_the_answer_goes_to() -> None:
    """With a Reply-To, not the writer of From."""
    other = replace(MAIL, reply_to=(Address("b@kunde.example", "Bert Schmidt"),))
    assert "Schmidt" in reply(mail=other, contact=None).salutation
    assert "Müller" not in reply(mail=other, contact=None).salutation


def test_the_signature_stands_behind_its_separator() -> None:
    """The name below the closing, then «-- » with its blank and the particulars (RFC 3676, section 4.3)."""
    assert reply().signature == (
        "Northwind Tools Kundenservice\n\n-- \nNorthwind Tools Ltd\n12 Dock Road, London"
    )
    nameless = replace(HEAD, identity=Address("info@northwind.example"))
    assert reply(head=nameless).signature.startswith("Northwind Tools Ltd\n\n-- \n")


def test_the_separator_survives_rendering() -> None:
    """The blank behind the two dashes is not tidied away."""
    text = rendered("{{ salutation }}\n\nText.\n\n{{ closing }}\n{{ signature }}", reply())
    assert "\nMit freundlichen Grüßen\nNorthwind Tools Kundenservice\n\n-- \nNorthwind Tools Ltd\n" in text


def test_the_mail_is_seen_in_the_clients_zone() -> None:
    """Half past midnight in Berlin is the next day; the subject has no prefixes."""
    view = reply().mail
    assert view == MailView("Bitte um ein Angebot", view.date, "Anna Müller", "anna@kunde.example")
    assert view.date is not None
    assert (view.date.day, view.date.hour) == (21, 0)
    assert rendered("{{ mail.date | datum }}", reply()) == "21. November 2026\n"


def test_what_is_missing_is_an_error_when_printed() -> None:
    """No «None» ever reaches a customer."""
    bare = reply(mail=Mail(from_=(Address("anna@kunde.example"),)), contact=None)
    assert (bare.mail.subject, bare.mail.date, bare.mail.sender_name) == (None, None, None)
    assert bare.contact == ContactView()
    for name in ("mail.subject", "mail.date | datum", "mail.sender_name", "contact.family", "note.text"):
        with pytest.raises(LetterError):
            rendered(f"{{{{ {name} }}}}", bare)


def test_empty_fields_of_a_contact_are_missing() -> None:
    """An empty cell of contacts.csv is no value; the form of address is its word."""
    view = reply(contact=replace(CONTACT, given="", company="", du=True)).contact
    assert (view.given, view.company, view.title, view.phone) == (None, None, None, None)
    assert (view.form, view.family, view.du) == ("frau", "Müller", True)


def test_no_body_and_no_note_is_handed_on() -> None:
    """Neither the text of the mail, but as a quotation, nor what the client noted about a person."""
    assert "geheim" not in repr(replace(reply(), quotation=None))
    assert "geheim" not in repr(reply_context(MAIL, CONTACT, HEAD, NOW, "de", automatic=True))
    assert "zahlt" not in repr(reply())


@pytest.mark.parametrize(
    ("language", "locale", "tongue", "words"),
    [
        ("de", "de_DE", "de_DE", "Mit freundlichen Grüßen"),
        ("de", "de_AT", "de_AT", "Mit freundlichen Grüßen"),
        ("de", "de_CH", "de_CH", "Mit freundlichen Grüssen"),
        ("en", "de_CH", "en", "Kind regards"),
    ],
)
def test_the_language_is_that_of_the_letter(language: str, locale: str, tongue: str, words: str) -> None:
    """Closing and salutation follow it, in the German of the client's country."""
    context = reply(language=language, head=replace(HEAD, locale=locale))
    assert (context.closing, context.language) == (words, tongue)


def test_a_note_is_signed_by_the_office() -> None:
    """The client hears from the office, not from itself; the note's text and urgency are there."""
    context = note_context(
        MAIL, OFFICE, "Northwind Tools Ltd", NoteView("Bitte anrufen", urgent=True), NOW, "en"
    )
    assert (context.signature, context.identity.address) == ("Büroservice Lindner", "buero@lindner.example")
    assert (context.note.text, context.note.urgent) == ("Bitte anrufen", True)
    assert context.client.name == "Northwind Tools Ltd"
    assert context.mail.sender_address == "anna@kunde.example"
    assert "Müller" not in context.salutation


BERLIN = ZoneInfo("Europe/Berlin")
DAY = (Opening(8 * 60, 12 * 60), Opening(13 * 60, 17 * 60))
CALENDAR = Calendar(
    openings=(DAY, DAY, DAY, DAY, (Opening(8 * 60, 14 * 60),), (), ()),
    region="DE-BY",
    closed=(Dates(date(2026, 12, 24), date(2027, 1, 3)),),
)
JANE = Absence("Jane Doe", date(2026, 12, 7), date(2026, 12, 11), "John@Northwind.example")
BERT = Absence("Bert Meier", date(2026, 12, 10), date(2026, 12, 14), "")
JOHN = Contact(address="john@northwind.example", given="John", family="Smith", phone="+49 89 99998-17")


def at(
    day: int, *absences: Absence, mail: Mail = MAIL, deputies: tuple[Contact, ...] = (JOHN,)
) -> LetterContext:
    """The context of a reply at noon on a day of December."""
    head = replace(
        HEAD,
        business=Business(calendar=CALENDAR, absences=absences),
        deputies={each.address: each for each in deputies},
    )
    return reply_context(mail, None, head, datetime(2026, 12, day, 12, tzinfo=BERLIN), "de")


def test_an_absence_names_the_deputy_from_the_contacts() -> None:
    """Name and telephone stand in contacts.csv, by the deputy's address; when she is back, in words."""
    assert at(8, JANE).absence == AbsenceView(
        person="Jane Doe",
        first=date(2026, 12, 7),
        last=date(2026, 12, 11),
        back="ab Montag, 14. Dezember",
        deputy="John Smith",
        deputy_address="John@Northwind.example",
        deputy_phone="+49 89 99998-17",
    )


def test_a_deputy_whom_nobody_knows_has_an_address_only() -> None:
    """No name is made of an address; without a deputy there is none."""
    view = at(8, JANE, deputies=()).absence
    assert (view.deputy, view.deputy_phone, view.deputy_address) == (None, None, "John@Northwind.example")
    assert at(14, BERT).absence.deputy_address is None


@pytest.mark.parametrize(("day", "person"), [(6, None), (7, "Jane Doe"), (11, "Jane Doe"), (12, None)])
def test_an_absence_lasts_from_its_first_to_its_last_day(day: int, person: str | None) -> None:
    """Both included."""
    assert at(day, JANE).absence.person == person


def test_of_several_absent_people_the_one_is_named_to_whom_the_mail_is_addressed() -> None:
    """By name or address; where that says nothing, nobody is named."""
    to_jane = replace(MAIL, to=(Address("jane.doe@northwind.example"),))
    to_bert = replace(MAIL, to=(US,), cc=(Address("b@northwind.example", "Meier, Bert"),))
    assert at(10, JANE, BERT, mail=to_jane).absence.person == "Jane Doe"
    assert at(10, JANE, BERT, mail=to_bert).absence.person == "Bert Meier"
    assert at(10, JANE, BERT).absence == AbsenceView()
    assert at(10, JANE, BERT, mail=replace(MAIL, to=(*to_jane.to, *to_bert.cc))).absence == AbsenceView()


def test_the_opening_and_the_closure_are_those_of_the_day() -> None:
    """While the firm is closed, the first opening after it; on an ordinary day there is no closure."""
    closed = at(28)
    assert (closed.closure.first, closed.closure.last) == (date(2026, 12, 24), date(2027, 1, 3))
    assert closed.opening.text == "am Montag, 4. Januar 2027, ab 8 Uhr".replace(
        " Uhr", "\N{NO-BREAK SPACE}Uhr"
    )
    assert at(8).closure == ClosureView()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", "Montag bis Donnerstag von 8 bis 12_Uhr und von 13 bis 17_Uhr, Freitag von 8 bis 14_Uhr"),
        ("en", "Monday to Thursday from 08:00 to 12:00 and from 13:00 to 17:00, Friday from 08:00 to 14:00"),
    ],
)
def test_the_hours_stand_in_words(language: str, words: str) -> None:
    """Days with equal hours together."""
    assert hours_in_words(CALENDAR, language) == words.replace("_", "\N{NO-BREAK SPACE}")


def test_hours_of_odd_weeks() -> None:
    """Two days are joined with «und»; a business without hours states none; 24:00 is the end of the day."""
    day, night = (Opening(9 * 60, 17 * 60),), (Opening(18 * 60, 1440),)
    week = ((), day, (), (), (), night, night)
    assert hours_in_words(Calendar(openings=week)).replace("\N{NO-BREAK SPACE}", " ") == (
        "Dienstag von 9 bis 17 Uhr, Samstag und Sonntag von 18 bis 24 Uhr"
    )
    assert hours_in_words(Calendar()) == ""
    assert reply().client.hours is None
    assert reply().opening == NextOpening()


def test_an_automatic_answer_greets_by_the_header_alone() -> None:
    """Nobody looks at it before it goes, so a signature in the mail changes nothing and nothing is quoted."""
    signed = replace(
        MAIL, text="Hallo\n\nMit freundlichen Grüßen\nDr. Eva Kurz\n", from_=(Address("x@kunde.example"),)
    )
    automatic = reply_context(signed, None, HEAD, NOW, "de", automatic=True)
    assert automatic.salutation == "Sehr geehrte Damen und Herren,"
    assert automatic.quotation is None
    with pytest.raises(LetterError, match="quotation is missing"):
        rendered("{{ quotation }}", automatic)


def test_du_only_where_the_contact_says_so() -> None:
    """Salutation, closing and `sie` go together."""
    du = reply(contact=replace(CONTACT, du=True))
    assert (du.salutation, du.closing) == ("Liebe Anna,", "Viele Grüße")
    assert rendered('{{ sie("Ihre", "deine") }}', du) == "deine\n"
    assert rendered('{{ sie("Ihre", "deine") }}', reply()) == "Ihre\n"
    assert rendered('{{ sie("Ihre", "deine") }}', reply(contact=None)) == "Ihre\n"


def test_a_template_may_place_the_quotation_itself() -> None:
    """Then it says so, and nobody appends it again."""
    body = "{{ salutation }}\n\nText.\n\n{{ quotation }}\n\n{{ signature }}"
    source = TemplateSource("x", f'---\nsubject: "s"\n---\n{body}\n', "templates/de/x.txt.j2")
    letter = render(compile_template(source), reply())
    assert letter.quoted
    assert "\n> geheimer Text\n\nNorthwind" in letter.text


def test_the_particulars_can_stand_alone() -> None:
    """`legal` is what the signature ends with."""
    assert rendered("{{ legal }}", reply()) == "Northwind Tools Ltd\n12 Dock Road, London\n"

"""What a letter is rendered from: who is written to, the signature, and that nothing more is handed on."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from maild.core.contact import Contact, Form
from maild.core.german.particulars import Particulars
from maild.core.letter import Letterhead, note_context, reply_context, writer_of
from maild.core.message import Address, Mail
from maild.core.template import TemplateSource, compile_template, render
from maild.core.template_views import ContactView, LetterContext, MailView, NoteView
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
    """Neither the text of the mail nor what the client noted about a person."""
    assert "geheim" not in repr(reply())
    assert "zahlt" not in repr(reply())


@pytest.mark.parametrize(("language", "words"), [("de", "Mit freundlichen Grüßen"), ("en", "Kind regards")])
def test_the_language_is_that_of_the_letter(language: str, words: str) -> None:
    """Closing and salutation follow it."""
    context = reply(language=language)
    assert (context.closing, context.language) == (words, language)


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

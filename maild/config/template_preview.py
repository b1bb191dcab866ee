"""One letter as it would be written, without a mailbox: by a template, a mail in a file, and a contact."""

from dataclasses import dataclass, replace
from datetime import datetime

from maild.config.home import Client
from maild.config.letterhead import letterhead
from maild.config.template_trial import SAMPLE_NOTE
from maild.config.template_use import NOTE, use_of
from maild.core.compose import choose_identity
from maild.core.contact import Contact
from maild.core.flowed import flow
from maild.core.letter import note_context, reply_context, writer_of
from maild.core.message import Address, Mail
from maild.core.template import RenderError, Template, render
from maild.core.template_html import page, plain_page
from maild.core.template_samples import MAIL
from maild.core.template_views import VIEWS, LetterContext, parts_of


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be shown."""

    name: str
    mail: Mail = MAIL
    contact: Contact | None = None  # None: whoever contacts.csv has for the sender
    language: str = ""  # empty: the contact's, else German
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """One letter, or why it can't be written."""

    file: str
    language: str
    sender: str
    recipient: str
    automatic: bool  # nobody would look at it before it goes
    subject: str = ""
    text: str = ""  # wrapped as it is sent, with the quotation
    html: str = ""  # a whole page; of a template without HTML its text
    has_html: bool = False
    attach: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()  # values that the template asks for and this case lacks; it may do without
    error: RenderError | None = None


def preview(client: Client, wanted: Wanted, now: datetime) -> Preview:
    """Write it; `now` in the client's zone. Raises LetterError where the client has no such template."""
    use = use_of(client, wanted.name)
    writer = writer_of(wanted.mail)
    contact = wanted.contact or (client.contacts.get(writer.address) if writer else None)
    language = wanted.language or (contact.language if contact and contact.language else "de")
    template = client.templates.get(wanted.name, language)
    identity = choose_identity(
        [Address(each.address, each.name) for each in client.config.identities], wanted.mail
    )
    if use.name == NOTE:
        language = wanted.language or client.config.language
        template = client.templates.get(wanted.name, language)
        context = note_context(wanted.mail, identity, client.config.name, SAMPLE_NOTE, now, language)
    else:
        head = letterhead(client, identity)
        context = reply_context(wanted.mail, contact, head, now, language, automatic=use.is_automatic)
    shown = Preview(
        file=template.file,
        language=language,
        sender=f"{identity.name} <{identity.address}>",
        recipient=writer.address if writer else "",
        automatic=use.is_automatic,
        missing=_missing(template, context),
    )
    return _written(shown, template, context)


def mail_from(contact: Contact) -> Mail:
    """The invented mail, as if this contact had written it."""
    name = " ".join(filter(None, (contact.given, contact.family))) or contact.company
    return replace(MAIL, from_=(Address(contact.address, name),), text=MAIL.text.partition("\n\nMit ")[0])


def _written(shown: Preview, template: Template, context: LetterContext) -> Preview:
    try:
        letter = render(template, context)
    except RenderError as error:
        return replace(shown, error=error)
    quotation = None if letter.quoted else context.quotation
    text = "\n\n".join([letter.text.strip(), *([quotation.text] if quotation else [])])
    below = context.quotation.html if context.quotation and not letter.html_quoted else ""
    return replace(
        shown,
        subject=letter.subject,
        text=flow(text),
        html=page(f"{letter.html}\n<br>\n{below}", context.language)
        if letter.html
        else plain_page(text, context.language),
        has_html=bool(letter.html),
        attach=letter.attach,
        gaps=letter.gaps,
    )


def _missing(template: Template, context: LetterContext) -> tuple[str, ...]:
    asked = template.paths
    lacking = [
        f"{view}.{part}"
        for view in VIEWS
        for part in parts_of(view)
        if f"{view}.{part}" in asked and getattr(getattr(context, view), part) in (None, "")
    ]
    return tuple(lacking)

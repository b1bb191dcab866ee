"""What a letter is rendered from: the mail it answers, the client, the identity, the contact.

Only what a template may see is handed on; a value that isn't there stays None, so that printing it is an error.
"""

from dataclasses import dataclass
from datetime import datetime

from maild.core.contact import Contact
from maild.core.german.particulars import Particulars, lines
from maild.core.german.salutation import closing, salutation
from maild.core.message import Address, Mail
from maild.core.subject import base_subject
from maild.core.template import ClientView, ContactView, IdentityView, LetterContext, MailView
from maild.core.template_views import NoteView


@dataclass(frozen=True, slots=True)
class Letterhead:
    """The business that a letter is written for, and how it writes."""

    client: str
    identity: Address
    particulars: Particulars
    informal: bool = False


def writer_of(mail: Mail) -> Address | None:
    """Who gets the answer: the first of Reply-To, else of From."""
    return mail.reply_to[0] if mail.reply_to else mail.sender


def reply_context(
    mail: Mail, contact: Contact | None, head: Letterhead, now: datetime, language: str
) -> LetterContext:
    """For a reply; `now` in the client's zone."""
    return LetterContext(
        salutation=salutation(contact, writer_of(mail), language=language, informal=head.informal),
        closing=closing(language, informal=head.informal),
        signature=_signature(head, language),
        client=ClientView(head.client),
        identity=_identity(head.identity),
        now=now,
        mail=_mail_view(mail, now),
        contact=_contact_view(contact),
        language=language,
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


def _signature(head: Letterhead, language: str) -> str:
    """The name below the closing, then the block with the particulars that the law asks for (german.md)."""
    return f"{head.identity.name or head.client}\n\n-- \n{lines(head.particulars, language)}"


def _identity(identity: Address) -> IdentityView:
    return IdentityView(identity.name, identity.address)


def _mail_view(mail: Mail, now: datetime) -> MailView:
    sender = mail.sender
    return MailView(
        subject=base_subject(mail.subject) or None,
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

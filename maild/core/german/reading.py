"""Whom a letter greets: what the client knows, the signature, the form and the header brought together.

What a person or the client set always wins; then the signature, which beats the header; nothing is guessed. What two
sources say differently, or only one says, is a hint for the secretary, and hints are for her eyes: they bear names
and belong in no log.
"""

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from maild.core.contact import Contact
from maild.core.german.names import (
    PersonName,
    contact_name,
    one_line,
    read_name,
    read_written,
    same_name,
    same_person,
)
from maild.core.german.signature import form_name, is_form, says_du, signed_names
from maild.core.german.titles import titles_in
from maild.core.message import Address, Mail


class Source(StrEnum):
    """Who says the name of the one who is greeted."""

    CONTACT = "contact"
    SIGNATURE = "signature"
    FORM = "form"
    HEADER = "header"


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom a letter greets, who says so, and what the secretary should know of it."""

    names: tuple[
        PersonName, ...
    ] = ()  # several only where they signed together; empty: nobody is known by name
    sources: tuple[Source, ...] = ()  # that name the first of them; two agreeing ones are sure
    hints: tuple[str, ...] = ()  # German, with names: for the mailbox, never for a log

    @property
    def sure(self) -> bool:
        """Whether the client knows the name, or two sources agree on it; a single one is to be shown to her."""
        return Source.CONTACT in self.sources or len(self.sources) > 1


def addressee(contact: Contact | None, mail: Mail) -> Addressee:
    """Whom an answer to a mail greets; never raises, whatever the mail holds."""
    writer = mail.reply_to[0] if mail.reply_to else mail.sender
    if writer is None:
        known = _known(contact, None)
        return Addressee(known, (Source.CONTACT,) if known else ())
    signed, typed, header = signed_names(mail, writer), form_name(mail, writer), _header_name(mail, writer)
    if _answers_another(mail, writer, signed, header):
        signed = ()
    found = signed or tuple(filter(None, (typed or header,)))
    best = _merged(found[0], typed, header) if found else None
    known = _known(contact, best)
    names = known if len(found) < 2 or (contact and contact_name(contact)) else (known[0], *found[1:])
    said: _Said = {
        Source.CONTACT: contact_name(contact) if contact else None,
        Source.SIGNATURE: signed[0] if signed else None,
        Source.FORM: typed,
        Source.HEADER: header,
    }
    return Addressee(names, _sources(names, said), _hints(mail, writer, contact, names, said))


def known_as(contact: Contact | None, found: PersonName | None) -> PersonName | None:
    """The name of a contact; what it leaves open is filled from `found` where that is the same person."""
    if contact is None:
        return found
    known = contact_name(contact)
    if known is None and found is not None:
        titles = titles_in(one_line(contact.title)) or found.titles
        return replace(found, form=contact.form or found.form, titles=titles)
    return _completed(known, found) if known and found else known


def poses_as_another(sender: Address) -> bool:
    """Whether the display name is, or bears, an address of another domain: a mark of forgery."""
    shown = (found.casefold() for found in _DOMAIN.findall(one_line(sender.name[:1000])))
    return any(not f".{sender.domain}".endswith(f".{domain}") for domain in shown)


_DOMAIN = re.compile(r"[^\s@<>]@([^\s@<>()\[\]\"',;:]+\.[^\W_]{2,})")


def _known(contact: Contact | None, found: PersonName | None) -> tuple[PersonName, ...]:
    return tuple(filter(None, (known_as(contact, found),)))


def _header_name(mail: Mail, writer: Address) -> PersonName | None:
    """From Reply-To, else From; of a form also from «Anna Müller via Kontaktformular», never from a role's name."""
    name = read_name(writer)
    if name or not mail.sender or not is_form(mail) or writer.key == mail.sender.key:
        return name
    return (
        read_written(mail.sender.name, Address(writer.address)) if "via" in mail.sender.name.split() else None
    )


def _answers_another(
    mail: Mail, writer: Address, signed: tuple[PersonName, ...], header: PersonName | None
) -> bool:
    """Whether the answer goes to somebody else than the one who signed: Reply-To names another person."""
    elsewhere = mail.sender is not None and writer.key != mail.sender.key
    return bool(elsewhere and signed and header and not any(same_person(name, header) for name in signed))


def _merged(best: PersonName, *others: PersonName | None) -> PersonName:
    """The best name with what the others know of the same person: titles, form, a first name for an initial."""
    for other in others:
        if other and same_person(best, other):
            best = replace(
                best,
                titles=best.titles or other.titles,
                form=best.form or other.form,
                given=_fuller(best, other),
            )
    return best


def _fuller(best: PersonName, other: PersonName) -> str:
    initial = best.given.rstrip(".")
    is_initial = (
        len(initial) == 1 and same_name(best.family, other.family) and other.given.startswith(initial)
    )
    return other.given if is_initial else best.given


def _completed(known: PersonName, header: PersonName) -> PersonName:
    """What the contact leaves open, from a header that names the same person."""
    shared = same_name(known.family, header.family) or (
        not known.family and same_name(known.given, header.given)
    )
    if known.company or not shared:
        return known
    return replace(
        known,
        given=known.given or header.given,
        family=known.family or header.family,
        titles=known.titles or header.titles,
        form=known.form or header.form,
        nobility=known.nobility or header.nobility,
    )


_Said = dict[Source, PersonName | None]


def _sources(names: tuple[PersonName, ...], said: _Said) -> tuple[Source, ...]:
    if not names:
        return ()
    return tuple(source for source in Source if (name := said.get(source)) and same_person(name, names[0]))


def _hints(
    mail: Mail, writer: Address, contact: Contact | None, names: tuple[PersonName, ...], said: _Said
) -> tuple[str, ...]:
    others = [name for name in said.values() if name and not any(same_person(name, each) for each in names)]
    hints = []
    if poses_as_another(writer) or (mail.sender and poses_as_another(mail.sender)):
        hints.append("Vorsicht: Der Absender zeigt als Namen eine fremde Adresse.")
    if names and others:
        hints.append(
            f"Die Anrede nennt {names[0].full or 'niemanden'}; in der Nachricht steht auch {others[0].full}."
        )
    if not (contact and contact.du) and says_du(mail.new_text):
        hints.append("Die Nachricht duzt; die Antwort bleibt beim Sie.")
    return tuple(hints)

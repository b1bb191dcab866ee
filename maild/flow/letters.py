"""Writes what the rules ask for: drafts for the secretary, notes and forwards for the client.

Each becomes rows of the store, with its bytes; nothing is laid into a folder or sent here.
"""

import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass

from maild import maillog
from maild.core import notices
from maild.core.compose import File, Reply, choose_identity, compose_reply
from maild.core.contact import Contact
from maild.core.folder import Role
from maild.core.letter import note_context, reply_context, writer_of
from maild.core.message import Address, Mail
from maild.core.subject import base_subject
from maild.core.template import render
from maild.core.template_views import NoteView
from maild.edge.imap import Mailbox
from maild.errors import LetterError
from maild.flow.desk import IMAP, SMTP, Desk
from maild.flow.receive import fetch_mail
from maild.store.records import Effect, MailRow, MailState, NewDraft, NewLetter

_FORWARD = {
    "de": ("WG:", "Diese Nachricht ging bei {client} ein."),
    "en": ("Fwd:", "This message was received for {client}."),
}


@dataclass(frozen=True, slots=True)
class _Words:
    """What a note or a forward says."""

    kind: str
    subject: str
    text: str


def write_letters(desk: Desk, mailbox: Mailbox, row: MailRow, effects: Sequence[Effect]) -> bool:
    """Write the drafts, notes and forwards among these effects on one mail; False: the mail was taken away."""
    wanted = [effect for effect in effects if effect.action in _WRITERS]
    if not wanted:
        return True
    fetched = fetch_mail(desk, mailbox, row.place.uid, row.size)
    if fetched is None:
        reason = "taken away before it was answered"
        desk.store.ledger.set_aside(row.id, reason, desk.clock(), state=MailState.GONE)
        return False
    for effect in wanted:
        _WRITERS[effect.action](desk, effect, *fetched)
        maillog.done(desk.slug, row.id, effect.action)
    return True


def _draft(desk: Desk, effect: Effect, _raw: bytes, mail: Mail) -> None:
    value = effect.value
    identity = choose_identity(desk.identities, mail, str(value["identity"]))
    contact, language = _contact_and_language(desk, mail)
    template = desk.client.templates.get(str(value["template"]), language)
    rendered = render(template, reply_context(mail, contact, desk.letterhead(identity), desk.now(), language))
    token = desk.token()
    message_id = f"<{desk.token()}@{identity.domain}>"
    composed = compose_reply(
        Reply(
            original=mail,
            identity=identity,
            subject=rendered.subject,
            text=rendered.text,
            token=token,
            message_id=message_id,
            now=desk.now(),
            language=language,
            files=tuple(_file(desk, name) for name in (*rendered.attach, *value["attach"])),
        )
    )
    draft = NewDraft(
        account=IMAP,
        mail_id=effect.mail_id,
        effect_id=effect.id,
        token=token,
        template=template.name,
        message_id=message_id,
        original_id=composed.original_id,
        sender=identity.address,
        recipients=composed.recipients,
        gaps=rendered.gaps,
        text_hash=composed.text_hash,
    )
    desk.store.drafts.open(draft, composed.raw, ("\\Draft",), Role.DRAFTS, desk.clock())


def _note(desk: Desk, effect: Effect, _raw: bytes, mail: Mail) -> None:
    value, config = effect.value, desk.client.config
    note = NoteView(str(value["text"]), bool(value["urgent"]))
    template = desk.client.templates.get("note", config.language)
    context = note_context(mail, desk.office_address, config.name, note, desk.now(), config.language)
    rendered = render(template, context)
    urgent = [address for address in config.notes.urgent_to if "@" in address]  # the others are called
    to = (note.urgent and urgent) or config.notes.to
    _send(desk, effect, to, _Words("note", rendered.subject, rendered.text))


def _forward(desk: Desk, effect: Effect, raw: bytes, mail: Mail) -> None:
    if mail.truncated:
        raise LetterError("the mail is too large to be forwarded (imap.max_size)")
    config = desk.client.config
    wanted = str(effect.value["to"])
    prefix, sentence = _FORWARD[config.language]
    words = _Words("forward", f"{prefix} {base_subject(mail.subject)}", sentence.format(client=config.name))
    _send(desk, effect, config.notes.to if wanted == "client" else [wanted], words, raw)


def _send(
    desk: Desk, effect: Effect, to: Sequence[str], words: _Words, original: bytes | None = None
) -> None:
    """Put a note or a forward into the outbox; it goes out by the client's own account, never by another's."""
    if not to:
        raise LetterError(f"the {words.kind} has no address to go to: client.yaml declares none")
    message_id = desk.message_id()
    sender = desk.identities[0]
    sheet = notices.Sheet(
        sender=Address(sender.address, desk.office_address.name),
        to=[Address(address) for address in to],
        subject=" ".join(words.subject.split()),
        message_id=message_id,
        now=desk.now(),
        reply_to=desk.office_address,
    )
    raw = (
        notices.note(sheet, words.text) if original is None else notices.forward(sheet, words.text, original)
    )
    letter = NewLetter(
        kind=words.kind,
        message_id=message_id,
        envelope_from=sender.address,
        recipients=tuple(to),
        raw=raw,
        mail_id=effect.mail_id,
        effect_id=effect.id,
    )
    letter_id = desk.store.outbox.enqueue(letter, SMTP, desk.clock())
    if letter_id is not None:
        maillog.queued(desk.slug, letter_id, words.kind, len(to))


def _contact_and_language(desk: Desk, mail: Mail) -> tuple[Contact | None, str]:
    writer = writer_of(mail)
    contact = desk.client.contacts.get(writer.address) if writer else None
    return contact, (contact.language if contact and contact.language else "de")


def _file(desk: Desk, name: str) -> File:
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return File(name, kind, desk.client.files[name].read_bytes())


_WRITERS = {"draft": _draft, "note": _note, "forward": _forward}

"""Writes what the rules ask for: drafts for the secretary, notes and forwards for the client, automatic answers.

Each becomes rows of the store, with its bytes; nothing is laid into a folder or sent here. What only the store needs
to know (a sender's new relationship, a reminder) is written here, too.
"""

import mimetypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from maild import maillog
from maild.core import notices
from maild.core.action import Answer, Remind, read_action
from maild.core.answering import answer_to, late
from maild.core.compose import Reply, Response, choose_identity, compose_reply, compose_response
from maild.core.contact import Contact, Relationship
from maild.core.folder import Role
from maild.core.letter import note_context, reply_context, writer_of
from maild.core.letter_mime import File
from maild.core.memory import key_of
from maild.core.message import Address, Mail
from maild.core.reminder import due_at
from maild.core.subject import base_subject
from maild.core.template import render
from maild.core.template_views import NoteView
from maild.edge.imap import Mailbox
from maild.errors import LetterError
from maild.flow.desk import IMAP, SMTP, Desk
from maild.flow.receive import fetch_mail
from maild.store.records import Effect, EffectState, MailRow, MailState, NewDraft, NewLetter, Refusal

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
    """Write the letters among these effects on one mail, and what is only noted; False: the mail was taken away.

    The mail is fetched only where a letter needs it.
    """
    wanted = [effect for effect in effects if effect.action in _WRITERS]
    if wanted:
        fetched = fetch_mail(desk, mailbox, row.place.uid, row.size)
        if fetched is None:
            reason = "taken away before it was answered"
            desk.store.ledger.set_aside(row.id, reason, desk.clock(), state=MailState.GONE)
            return False
        for effect in wanted:
            _log(desk, effect, _WRITERS[effect.action](desk, effect, *fetched))
    for effect in effects:
        if effect.action in _NOTED:
            _log(desk, effect, _NOTED[effect.action](desk, effect, row))
    return True


def _log(desk: Desk, effect: Effect, left_out: str) -> None:
    if left_out:
        maillog.left_out(desk.slug, effect.mail_id, effect.action, left_out)
    else:
        maillog.done(desk.slug, effect.mail_id, effect.action)


# Letters. Each returns why it was left out after all; empty: it is written.


def _draft(desk: Desk, effect: Effect, _raw: bytes, mail: Mail) -> str:
    value = effect.value
    identity = choose_identity(desk.identities, mail, str(value["identity"]))
    contact, language = _contact_and_language(desk, writer_of(mail))
    template = desk.client.templates.get(str(value["template"]), language)
    context = reply_context(mail, contact, desk.letterhead(identity), desk.now(), language)
    rendered = render(template, context)
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
            files=tuple(_file(desk, name) for name in dict.fromkeys((*rendered.attach, *value["attach"]))),
            html=rendered.html,
            quoted=rendered.quoted,
            html_quoted=rendered.html_quoted,
            quotation=context.quotation,
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
    return ""


def _answer(desk: Desk, effect: Effect, _raw: bytes, mail: Mail) -> str:
    """An automatic answer; whether it may go is asked once more where it is entered."""
    answer = _as_answer(effect)
    to = answer_to(mail)
    reason = late(desk.store.ledger.mail(effect.mail_id).received_at, desk.clock())
    if to is None or {to.key, *(address.key for address in mail.from_)} & desk.foreign_staff:
        reason = "the sender is nobody whom this client may answer by machine"
    if to is None or reason:
        desk.store.ledger.finish(effect.id, EffectState.FAILED, desk.clock(), detail=reason)
        return reason
    letter = _written_answer(desk, effect, answer, mail, to)
    outcome = desk.store.outbox.answer(letter, SMTP, answer, key_of(mail), desk.clock())
    if isinstance(outcome, Refusal):
        return outcome.reason
    if outcome is not None:
        maillog.queued(desk.slug, outcome, letter.kind, 1)
    return ""


def _as_answer(effect: Effect) -> Answer:
    value = effect.value
    within = timedelta(seconds=int(value["within"]))
    return Answer(str(value["template"]), within, str(value["identity"]))


def _written_answer(desk: Desk, effect: Effect, answer: Answer, mail: Mail, to: Address) -> NewLetter:
    """Raises LetterError where a value is missing or a gap is open: such a letter never goes by itself."""
    identity = choose_identity(desk.identities, mail, answer.identity)
    # By who gets it, not by who is said to have written: a forged From must not bring out what we know of a customer.
    contact, language = _contact_and_language(desk, to)
    template = desk.client.templates.get(answer.template, language)
    addressed = replace(mail, reply_to=())
    head = desk.letterhead(identity)
    rendered = render(template, reply_context(addressed, contact, head, desk.now(), language, automatic=True))
    if rendered.gaps:
        raise LetterError(f"template {template.name} ({template.file}) has gaps: nobody would fill them")
    message_id = f"<{desk.token()}@{identity.domain}>"
    raw = compose_response(
        Response(
            original=mail,
            to=to,
            identity=identity,
            subject=rendered.subject,
            text=rendered.text,
            message_id=message_id,
            now=desk.now(),
            files=tuple(_file(desk, name) for name in rendered.attach),
            language=language,
            html=rendered.html,
        )
    )
    return NewLetter(
        kind="answer",
        message_id=message_id,
        envelope_from=identity.address,
        recipients=(to.address,),
        raw=raw,
        mail_id=effect.mail_id,
        effect_id=effect.id,
        template=answer.template,
    )


def _note(desk: Desk, effect: Effect, _raw: bytes, mail: Mail) -> str:
    value, config = effect.value, desk.client.config
    note = NoteView(str(value["text"]), bool(value["urgent"]))
    template = desk.client.templates.get("note", config.language)
    context = note_context(mail, desk.office_address, config.name, note, desk.now(), config.language)
    rendered = render(template, context)
    urgent = [address for address in config.notes.urgent_to if "@" in address]  # the others are called
    to = (note.urgent and urgent) or config.notes.to
    return _send(desk, effect, to, _Words("note", rendered.subject, rendered.text))


def _forward(desk: Desk, effect: Effect, raw: bytes, mail: Mail) -> str:
    if mail.truncated:
        raise LetterError("the mail is too large to be forwarded (imap.max_size)")
    config = desk.client.config
    wanted = str(effect.value["to"])
    prefix, sentence = _FORWARD[config.language]
    words = _Words("forward", f"{prefix} {base_subject(mail.subject)}", sentence.format(client=config.name))
    return _send(desk, effect, config.notes.to if wanted == "client" else [wanted], words, raw)


def _send(desk: Desk, effect: Effect, to: Sequence[str], words: _Words, original: bytes | None = None) -> str:
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
    return ""


def _contact_and_language(desk: Desk, to: Address | None) -> tuple[Contact | None, str]:
    contact = desk.client.contacts.get(to.address) if to else None
    return contact, (contact.language if contact and contact.language else "de")


def _file(desk: Desk, name: str) -> File:
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return File(name, kind, desk.client.files[name].read_bytes())


# What is only noted. Each returns why it was left out; empty: it is done.


def _relate(desk: Desk, effect: Effect, row: MailRow) -> str:
    relationship = Relationship(str(effect.value["relationship"]))
    desk.store.relations.set(row.sender, relationship, effect.id, desk.clock())
    return ""


def _remind(desk: Desk, effect: Effect, row: MailRow) -> str:
    asked = read_action("remind", effect.value)
    if not isinstance(asked, Remind):
        raise LetterError(f"rule {effect.rule}: its reminder was planned by another version of maild")
    received = row.received_at.astimezone(desk.client.config.timezone)
    due = due_at(asked.after, received, desk.client.business.calendar)
    desk.store.reminders.add(effect.id, due, desk.clock())
    return ""


_WRITERS: dict[str, Callable[[Desk, Effect, bytes, Mail], str]] = {
    "note": _note,
    "forward": _forward,
    "answer": _answer,
    "draft": _draft,
}
_NOTED: dict[str, Callable[[Desk, Effect, MailRow], str]] = {"remind": _remind, "relate": _relate}

"""Looks into one folder under review: which messages belong to a draft, and which of the known ones are gone.

One batch of commands per folder, however many drafts there are. Says only what lies where and by what it is known;
what that means for a draft is `core.lifecycle`'s matter.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from maild.core.compose import token_of
from maild.core.folder import Role
from maild.core.lifecycle import Draft, Evidence
from maild.core.message import Mail
from maild.core.parse import parse_headers
from maild.edge.imap import Found, Mailbox
from maild.flow.desk import IMAP, Desk
from maild.store.drafts import subject_hash
from maild.store.records import Sight, Sighting

_FIELDS = ("Message-ID", "References", "Received")
_OF_LETTERS = (*_FIELDS, "From", "To", "Cc", "Subject", "In-Reply-To", "Auto-Submitted")
_BATCH = 200
_APPROVALS = (Role.APPROVE, Role.FINAL)


def sight_folder(desk: Desk, mailbox: Mailbox, role: Role, folder: str, known: Sequence[Sighting]) -> None:
    """Enter new messages of a folder that belong to a draft, and note which of the `known` ones are gone."""
    drafts = desk.store.drafts
    status = mailbox.status(folder)
    cursor = desk.store.ledger.cursor(IMAP, folder, status.uidvalidity, status.uidnext, from_start=False)
    if status.uidnext <= cursor.next_uid and not known:
        return
    status = mailbox.select(folder)
    uids = mailbox.uids_from(cursor.next_uid) if status.uidnext > cursor.next_uid else []
    entered = False
    for start in range(0, len(uids), _BATCH):
        batch = uids[start : start + _BATCH]
        fields = _OF_LETTERS if role is Role.SENT else _FIELDS
        sights = _sights(desk, role, mailbox.headers(batch, fields))
        drafts.sight(IMAP, role, folder, status.uidvalidity, sights, batch[-1] + 1, desk.clock())
        entered |= bool(sights)
    if not uids and status.uidnext > cursor.next_uid:  # what came has been taken away before we looked
        drafts.sight(IMAP, role, folder, status.uidvalidity, (), status.uidnext, desk.clock())
    lie_here = [s for s in drafts.sightings(IMAP) if s.place.folder == folder] if entered else known
    _note_gone(desk, mailbox, status.uidvalidity, lie_here)


def _note_gone(desk: Desk, mailbox: Mailbox, uidvalidity: int, known: Sequence[Sighting]) -> None:
    """Gone is also what is marked deleted: it lies there only until somebody expunges it."""
    here = [s.place.uid for s in known if s.place.uidvalidity == uidvalidity]
    present = mailbox.flags(here) if here else {}
    gone = [
        s.id
        for s in known
        if s.place.uidvalidity != uidvalidity or "\\Deleted" in present.get(s.place.uid, {"\\Deleted"})
    ]
    if gone:
        desk.store.drafts.gone(gone, desk.clock())


def _sights(desk: Desk, role: Role, found: Sequence[Found]) -> list[Sight]:
    """What belongs to a draft, and by what it is known, the most certain first."""
    mails = [(message, parse_headers(message.header, size=message.size)) for message in found]
    tokens = {message.uid: token_of(mail.references) for message, mail in mails}
    ids = [mail.message_id for _, mail in mails]
    known = desk.store.drafts.match(IMAP, list(tokens.values()), ids, desk.clock())
    sights = []
    rest = []
    for message, mail in mails:
        draft_id, how = known.get(tokens[message.uid]), Evidence.TOKEN
        if draft_id is None:
            draft_id, how = known.get(mail.message_id), Evidence.MESSAGE_ID
        if draft_id is not None and role is not Role.SENT and mail.header("Received"):
            draft_id = (
                None  # recipients see the token: what has come in with it is a stranger's, wherever it lies
            )
        if draft_id is not None or role in _APPROVALS:
            sights.append(Sight(message.uid, draft_id, mail.message_id[:998], how))
        elif role is Role.SENT:
            rest.append((message, mail))
    return sights + _answers(desk, rest)


# Letters in Sent without a token: probable evidence, and hints.


def _answers(desk: Desk, letters: Sequence[tuple[Found, Mail]]) -> list[Sight]:
    """Replies of ours to a draft's original, and letters that only look like its answer."""
    ours = {identity.key for identity in desk.identities}
    hers = [
        (message, mail)
        for message, mail in letters
        if mail.sender
        and mail.sender.key in ours
        and not mail.header("Auto-Submitted")
        and (desk.store.own.wrote(mail.message_id) or not desk.store.outbox.knows_message_id(mail.message_id))
    ]
    if not hers:
        return []
    drafts = desk.store.drafts.open_drafts(IMAP, desk.clock())
    by_original: Mapping[str, Draft] = {draft.original_id: draft for draft in drafts if draft.original_id}
    sights = []
    for message, mail in hers:
        draft = next((by_original[each] for each in _answered_ids(mail) if each in by_original), None)
        if draft is not None and message.internaldate >= _second(draft) and _reaches(desk, draft, mail):
            sights.append(Sight(message.uid, draft.id, mail.message_id[:998], Evidence.ANSWER))
        elif (hinted := _hinted(drafts, message, mail)) is not None:
            sights.append(Sight(message.uid, hinted.id, mail.message_id[:998], Evidence.HINT))
    return sights


def _answered_ids(mail: Mail) -> tuple[str, ...]:
    """What a letter answers: In-Reply-To, or where a mail program dropped it, the last id of References."""
    return (mail.in_reply_to, *mail.references[-1:])


def _reaches(desk: Desk, draft: Draft, mail: Mail) -> bool:
    """Whether it goes to who wrote the original, or to whom maild had addressed the draft."""
    writers = {desk.store.ledger.mail(draft.mail_id).sender, *(each.lower() for each in draft.recipients)}
    return any(address.key in writers for address in (*mail.to, *mail.cc))


def _hinted(drafts: Sequence[Draft], message: Found, mail: Mail) -> Draft | None:
    subject = subject_hash(mail.subject)
    people = {address.key for address in (*mail.to, *mail.cc)}
    alike = (
        draft
        for draft in reversed(drafts)
        if draft.subject_hash == subject
        and people & {each.lower() for each in draft.recipients}
        and message.internaldate >= _second(draft)
    )
    return next(alike, None)


def _second(draft: Draft) -> datetime:
    """When it was written, as exactly as a server dates a message."""
    return draft.created_at.replace(microsecond=0)

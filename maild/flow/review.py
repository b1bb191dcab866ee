"""Reads from the mailbox what the secretary did with each draft, and puts what she approved into the outbox.

Approval is a move into the approval folder, never a flag or a link. Before a letter is fixed, the settle time
passes, the token is looked for once more in Sent and in Drafts, and the checks are made; each failure brings the
letter into the clarification folder with a notice beside it. Nothing is sent here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from maild import maillog
from maild.core import notices
from maild.core.checks import LARGEST, Circumstances, Failure, failures
from maild.core.compose import token_of
from maild.core.folder import Role
from maild.core.freeze import Frozen, freeze
from maild.core.lifecycle import Draft, DraftState, Seen, recognise
from maild.core.message import Address
from maild.core.parse import parse, parse_headers
from maild.core.subject import base_subject
from maild.core.text import text_hash
from maild.edge.imap import Found, Mailbox
from maild.flow.desk import IMAP, SMTP, Desk, Folders
from maild.flow.original import mark_answered
from maild.store.records import NewFiling, NewLetter, Place, Sight, Sighting

WATCHED = (Role.DRAFTS, Role.SENT, Role.TRASH, Role.APPROVE, Role.REJECT, Role.CLARIFY)
_FIELDS = ("Message-ID", "References", "Subject")
_BATCH = 200
_TWO_VERSIONS = Failure(
    "two versions",
    "Von diesem Brief gibt es mehr als eine Fassung, und maild weiß nicht, welche gelten soll. Bitte behalten Sie "
    "nur die richtige und löschen Sie die andere.",
)


@dataclass(frozen=True, slots=True)
class _Approval:
    """One approved draft and everywhere it was seen, oldest first."""

    draft: Draft
    seen: Sequence[Sighting]

    @property
    def copies(self) -> tuple[Sighting, ...]:
        """Those in the approval folder that were not refused before."""
        return tuple(
            s
            for s in self.seen
            if s.role == Role.APPROVE and (s.place.uidvalidity, s.place.uid) not in self.draft.refused
        )

    @property
    def in_drafts(self) -> tuple[Sighting, ...]:
        """Those that lie in Drafts as well: an editor may still be open."""
        return tuple(s for s in self.seen if s.role == Role.DRAFTS)


def begin_review(desk: Desk, mailbox: Mailbox, folders: Folders) -> None:
    """Before the first draft is laid: note where each folder under review ends, so that nothing later is missed."""
    for role in WATCHED:
        status = mailbox.status(folders[role])
        desk.store.ledger.cursor(IMAP, folders[role], status.uidvalidity, status.uidnext, from_start=False)


def review(desk: Desk, mailbox: Mailbox, folders: Folders) -> timedelta | None:
    """One look at the folders under review; returns how long until an approval has settled, if one hasn't.

    A look goes through the folders one after the other, so a letter moved meanwhile is seen in both or in none:
    an approval counts only when a later look still finds it.
    """
    began = desk.clock()
    for role in WATCHED:
        _look(desk, mailbox, role, folders[role])
    sightings = desk.store.drafts.sightings(IMAP)
    _remove_strays(desk, mailbox, folders, [s for s in sightings if s.draft_id is None])
    wait: list[timedelta] = []
    for draft in desk.store.drafts.open_drafts(IMAP):
        seen = [sighting for sighting in sightings if sighting.draft_id == draft.id]
        current = _recognise(desk, mailbox, folders, draft, seen)
        if current.state is DraftState.APPROVED:
            wait += _approve(desk, mailbox, folders, _Approval(current, seen), began)
        elif current.state in {DraftState.CLARIFY, DraftState.SEND_FAILED, DraftState.IN_DOUBT}:
            _carry_to_clarify(mailbox, folders, [s for s in seen if s.role == Role.APPROVE])
    return min(wait, default=None)


# What lies where.


def _look(desk: Desk, mailbox: Mailbox, role: Role, folder: str) -> None:
    """Enter new messages of a folder that belong to a draft, and note which of the known ones are gone."""
    drafts = desk.store.drafts
    status = mailbox.status(folder)
    cursor = desk.store.ledger.cursor(IMAP, folder, status.uidvalidity, status.uidnext, from_start=False)
    if status.uidnext <= cursor.next_uid and not _known(desk, folder):
        return
    status = mailbox.select(folder)
    uids = mailbox.uids_from(cursor.next_uid)
    for start in range(0, len(uids), _BATCH):
        batch = uids[start : start + _BATCH]
        sights = _sights(desk, role, mailbox.headers(batch, _FIELDS))
        drafts.sight(IMAP, role, folder, status.uidvalidity, sights, batch[-1] + 1, desk.clock())
    if not uids and status.uidnext > cursor.next_uid:  # what came has been taken away before we looked
        drafts.sight(IMAP, role, folder, status.uidvalidity, (), status.uidnext, desk.clock())
    known = _known(desk, folder)
    present = mailbox.flags([s.place.uid for s in known if s.place.uidvalidity == status.uidvalidity])
    gone = [
        s.id
        for s in known
        if s.place.uidvalidity != status.uidvalidity or "\\Deleted" in present.get(s.place.uid, {"\\Deleted"})
    ]
    if gone:
        drafts.gone(gone, desk.clock())


def _known(desk: Desk, folder: str) -> list[Sighting]:
    return [s for s in desk.store.drafts.sightings(IMAP) if s.place.folder == folder]


def _sights(desk: Desk, role: Role, found: Sequence[Found]) -> list[Sight]:
    """Which messages belong to an open draft: by the token that stands first in References, or by our Message-ID."""
    mails = [(message.uid, parse_headers(message.header, size=message.size)) for message in found]
    tokens = {uid: token_of(mail.references) for uid, mail in mails}
    known = desk.store.drafts.match(IMAP, list(tokens.values()), [mail.message_id for _, mail in mails])
    sights = []
    for uid, mail in mails:
        draft_id = known.get(tokens[uid]) or known.get(mail.message_id)
        if draft_id is not None or role is Role.APPROVE:
            sights.append(Sight(uid, draft_id, mail.message_id[:998]))
    return sights


def _recognise(
    desk: Desk, mailbox: Mailbox, folders: Folders, draft: Draft, sightings: Sequence[Sighting]
) -> Draft:
    """Bring a draft's state up to what was seen; an approval that was taken back cancels its letter first."""
    seen = [Seen(Role(s.role), s.place.uidvalidity, s.place.uid, s.message_id, s.found_at) for s in sightings]
    after = recognise(draft, seen, desk.clock())
    if after == draft:
        return draft
    leaves_approval = draft.state is DraftState.APPROVED and after.state is not DraftState.APPROVED
    if leaves_approval and not desk.store.outbox.cancel(draft.id, desk.clock()):
        return draft  # on its way already: what follows the sending will close it
    if after.state is DraftState.SENT_BY_SECRETARY:
        _tidy_after_her_sending(desk, mailbox, folders, draft, sightings)
    desk.store.drafts.transition(draft, after, desk.clock())
    if after.state is not draft.state:
        maillog.recognised(desk.slug, draft.id, draft.state, after.state)
    return after


def _tidy_after_her_sending(
    desk: Desk, mailbox: Mailbox, folders: Folders, draft: Draft, sightings: Sequence[Sighting]
) -> None:
    """Mark the original answered; remove a left-over that nobody touched; explain a copy that awaits approval.

    Done before the state is written, for afterwards the matter is closed and nobody would come back to it.
    """
    mark_answered(desk, mailbox, folders, draft.mail_id)
    for sighting in sightings:
        place = sighting.place
        if sighting.role == Role.APPROVE:
            _set_apart(desk, mailbox, folders, place, DraftState.SENT_BY_SECRETARY)
        elif sighting.role == Role.DRAFTS and (place.uidvalidity, place.uid) == (
            draft.uidvalidity,
            draft.uid,
        ):
            _remove_left_over(mailbox, folders[Role.DRAFTS], draft, sighting)


def _remove_left_over(mailbox: Mailbox, folder: str, draft: Draft, sighting: Sighting) -> None:
    """Remove the copy in Drafts, provided that it is still the one that maild laid there, word for word."""
    if sighting.message_id != draft.message_id or not _opened(mailbox, folder, [sighting]):
        return
    raw = mailbox.fetch(sighting.place.uid, 2 * LARGEST)
    if raw is not None and text_hash(parse(raw).text) == draft.text_hash:
        mailbox.remove(sighting.place.uid)


def _opened(mailbox: Mailbox, folder: str, copies: Sequence[Sighting]) -> bool:
    """Select a folder; False where these copies' UIDs mean nothing there any more, as the next look will show."""
    uidvalidity = mailbox.select(folder).uidvalidity
    return all((copy.place.folder, copy.place.uidvalidity) == (folder, uidvalidity) for copy in copies)


# Strays: messages in the approval folder that are no open draft.


def _remove_strays(desk: Desk, mailbox: Mailbox, folders: Folders, strays: Sequence[Sighting]) -> None:
    for stray in strays:
        _set_apart(desk, mailbox, folders, stray.place, None)


def _set_apart(
    desk: Desk, mailbox: Mailbox, folders: Folders, place: Place, state: DraftState | None
) -> None:
    """Out of the approval folder, with a notice; `state` is that of its draft, where the caller knows it."""
    uidvalidity = mailbox.select(folders[Role.APPROVE]).uidvalidity
    found = mailbox.headers([place.uid]) if place.uidvalidity == uidvalidity else []
    if not found:
        return
    mail = parse_headers(found[0].header, size=found[0].size)
    closed = desk.store.drafts.closed(token_of(mail.references))
    outside = _came_from_outside(desk, found[0].header)
    reason = _why_stray(state or (closed.state if closed else None), outside=outside)
    notice = _notice(
        desk, f"stray.{uidvalidity}.{place.uid}", lambda sheet: notices.stray(sheet, reason), mail.subject
    )
    desk.store.drafts.file(notice, desk.clock())
    mailbox.move([place.uid], folders[Role.CLARIFY])


def _why_stray(state: DraftState | None, *, outside: bool) -> str:
    if state is None and outside:
        return (
            "Das ist eine empfangene oder schon gesendete Nachricht. Aus diesem Ordner gehen nur Entwürfe hinaus, die "
            "maild vorgelegt hat."
        )
    if state is None:
        return (
            "maild kann sie keinem Entwurf zuordnen. Eigene Briefe verschicken Sie bitte mit «Senden» aus Ihrem "
            "Mailprogramm."
        )
    done = {
        DraftState.SENT: "Dieser Entwurf ist bereits gesendet worden.",
        DraftState.SENT_BY_SECRETARY: "Diesen Entwurf haben Sie bereits selbst gesendet.",
        DraftState.REJECTED: "Dieser Entwurf ist bereits verworfen worden.",
        DraftState.DISCARDED: "Dieser Entwurf ist bereits gelöscht worden.",
    }
    return done[state] + " Zum erneuten Antworten schreiben Sie bitte auf die ursprüngliche Nachricht."


# Approval.


def _approve(
    desk: Desk, mailbox: Mailbox, folders: Folders, approval: _Approval, began: datetime
) -> list[timedelta]:
    """Fix an approved letter, once it has settled; or refuse it. Returns the time still to wait, if any."""
    draft, outbox = approval.draft, desk.store.outbox
    if not approval.copies:
        return []  # on its way, and taken out of the folder: what follows the sending will close it
    approved_at = draft.approved_at or began
    has_letter = outbox.has_open_letter(draft.id)
    if has_letter and not any(s.found_at >= approved_at for s in approval.in_drafts):
        return []
    left = approved_at + desk.client.config.review.settle - desk.clock()
    if not has_letter and (left > timedelta(0) or approved_at >= began):
        return [max(left, timedelta(0))]
    if has_letter and not outbox.cancel(draft.id, desk.clock()):
        return []
    if approval.in_drafts:
        _refuse(desk, mailbox, folders, approval, [_TWO_VERSIONS])
    else:
        _freeze(desk, mailbox, folders, approval)
    return []


def _freeze(desk: Desk, mailbox: Mailbox, folders: Folders, approval: _Approval) -> None:
    draft = approval.draft
    answered = _answered(desk, mailbox, folders, draft)
    in_order = _opened(mailbox, folders[Role.APPROVE], approval.copies)
    raws = [mailbox.fetch(copy.place.uid, 2 * LARGEST) for copy in approval.copies] if in_order else []
    if not raws or any(raw is None for raw in raws):
        return  # moved on while we looked; the next look tells where to
    letters = [freeze(raw or b"", desk.message_id(), desk.now()) for raw in raws]
    letter = letters[-1]
    if len({_version(each) for each in letters}) > 1:
        reason = (
            "Im Freigabeordner liegen zwei verschiedene Fassungen dieses Briefs. Bitte behalten Sie nur eine."
        )
        _refuse(desk, mailbox, folders, approval, [Failure("two versions", reason)])
        return
    circumstances = Circumstances(
        identities=frozenset(identity.key for identity in desk.identities),
        foreign_staff=desk.foreign_staff,
        reached=desk.store.outbox.reached(draft.id),
        gaps=draft.gaps,
        original_id=draft.original_id,
        answered=answered,
        received=_came_from_outside(desk, raws[-1] or b""),
    )
    wrong = failures(letter, circumstances)
    if wrong:
        _refuse(desk, mailbox, folders, approval, wrong)
    else:
        _enqueue(desk, approval, letter)


def _version(letter: Frozen) -> tuple[object, ...]:
    """What a reader would tell two copies of a letter apart by."""
    mail = letter.mail
    to = frozenset(address.lower() for address in letter.recipients)
    sender = letter.sender.key if letter.sender else ""
    return text_hash(mail.text), base_subject(mail.subject), sender, to, mail.attachments


def _answered(desk: Desk, mailbox: Mailbox, folders: Folders, draft: Draft) -> bool:
    """Whether Sent holds an answer of ours to the original, newer than the draft and not sent by maild itself.

    Who has got a letter of maild's is another question (`Circumstances.reached`).
    """
    if not draft.original_id:
        return False
    mailbox.select(folders[Role.SENT])
    ours = {identity.key for identity in desk.identities}
    for found in mailbox.headers(mailbox.find("In-Reply-To", draft.original_id), ("From", "Message-ID")):
        mail = parse_headers(found.header, size=found.size)
        hers = mail.sender and mail.sender.key in ours and found.internaldate >= draft.created_at
        if hers and not desk.store.outbox.knows_message_id(mail.message_id):
            return True
    return False


def _came_from_outside(desk: Desk, raw: bytes) -> bool:
    mail = parse_headers(raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n", size=len(raw))
    known = desk.store.ledger.by_message_id(mail.message_id) or desk.store.outbox.knows_message_id(
        mail.message_id
    )
    return bool(mail.header("Received")) or (bool(mail.message_id) and known)


def _enqueue(desk: Desk, approval: _Approval, letter: Frozen) -> None:
    draft = approval.draft
    new = NewLetter(
        kind="reply",
        message_id=letter.message_id,
        envelope_from=letter.sender.address if letter.sender else "",
        recipients=letter.recipients,
        raw=letter.raw,
        bcc=letter.bcc,
        mail_id=draft.mail_id,
        draft_id=draft.id,
        sources=tuple(copy.place for copy in approval.copies),
    )
    edited = text_hash(letter.mail.text) != draft.text_hash
    desk.store.drafts.transition(draft, replace(draft, edited=edited), desk.clock())
    letter_id = desk.store.outbox.enqueue(new, SMTP, desk.clock())
    if letter_id is not None:
        maillog.frozen(desk.slug, draft.id, letter_id, len(letter.recipients))


def _refuse(
    desk: Desk, mailbox: Mailbox, folders: Folders, approval: _Approval, wrong: Sequence[Failure]
) -> None:
    """Into the clarification folder with it; row and notice first, then the move, which each look repeats."""
    draft = approval.draft
    newest = approval.copies[-1].place
    if not _opened(mailbox, folders[Role.APPROVE], approval.copies):
        return
    header = mailbox.headers([newest.uid], ("Subject",))
    subject = parse_headers(header[0].header, size=0).subject if header else ""
    words = (folders[Role.DRAFTS], folders[Role.APPROVE])
    notice = _notice(
        desk,
        f"refused.{draft.token}.{newest.uidvalidity}.{newest.uid}",
        lambda sheet: notices.clarification(sheet, [failure.text for failure in wrong], words),
        subject,
    )
    refused = (*draft.refused, *((c.place.uidvalidity, c.place.uid) for c in approval.copies))
    names = tuple(failure.name for failure in wrong)
    after = replace(
        draft, state=DraftState.CLARIFY, reason=", ".join(names), refused=refused, approved_at=None
    )
    desk.store.drafts.transition(draft, after, desk.clock(), notice=replace(notice, draft_id=draft.id))
    maillog.clarify(desk.slug, draft.id, names)
    _carry_to_clarify(mailbox, folders, approval.copies)


def _carry_to_clarify(mailbox: Mailbox, folders: Folders, copies: Sequence[Sighting]) -> None:
    if copies and _opened(mailbox, folders[Role.APPROVE], copies):
        mailbox.move([copy.place.uid for copy in copies], folders[Role.CLARIFY])


def _notice(desk: Desk, name: str, write: Callable[[notices.Sheet], bytes], subject: str) -> NewFiling:
    identity = desk.identities[0]
    message_id = f"<maild.{name}@{identity.domain}>"
    sheet = notices.Sheet(
        sender=Address(identity.address, "maild"),
        to=[identity],
        subject=" ".join(subject.split()),
        message_id=message_id,
        now=desk.now(),
    )
    return NewFiling(IMAP, "notice", Role.CLARIFY, message_id, (), write(sheet))

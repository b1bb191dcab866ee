"""Puts an approved letter into the outbox, or back before the secretary.

Before a letter is fixed, the settle time passes, the token is looked for once more in Sent and in Drafts, and the
checks are made; each failure brings it into the clarification folder with a notice beside it. Nothing is sent here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from maild import maillog
from maild.core import notices
from maild.core.checks import LARGEST, Circumstances, Failure, failures
from maild.core.folder import Role
from maild.core.freeze import Frozen, freeze
from maild.core.lifecycle import Draft, DraftState
from maild.core.parse import parse_headers
from maild.core.subject import base_subject
from maild.core.text import text_hash
from maild.edge.imap import Mailbox
from maild.flow.desk import SMTP, Desk, Folders
from maild.flow.notice import came_from_outside, notice_beside
from maild.store.records import NewLetter, Sighting

_TWO_VERSIONS = Failure(
    "two versions",
    "Von diesem Brief gibt es mehr als eine Fassung, und maild weiß nicht, welche gelten soll. Bitte behalten Sie "
    "nur die richtige und löschen Sie die andere.",
)


@dataclass(frozen=True, slots=True)
class Approval:
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


def approve(
    desk: Desk, mailbox: Mailbox, folders: Folders, approval: Approval, began: datetime
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
    if not take_back(desk, draft.id):
        return []
    if approval.in_drafts:
        _refuse(desk, mailbox, folders, approval, [_TWO_VERSIONS])
    else:
        _freeze(desk, mailbox, folders, approval)
    return []


def take_back(desk: Desk, draft_id: int) -> bool:
    """Cancel the letter of an approval, if there is one; False where it is on its way already."""
    if not desk.store.outbox.has_open_letter(draft_id):
        return True
    cancelled = desk.store.outbox.cancel(draft_id, desk.clock())
    if cancelled:
        maillog.withdrawn(desk.slug, draft_id)
    return cancelled


def _freeze(desk: Desk, mailbox: Mailbox, folders: Folders, approval: Approval) -> None:
    draft = approval.draft
    answered = _answered(desk, mailbox, folders, draft)
    in_order = opened(mailbox, folders[Role.APPROVE], approval.copies)
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
        received=came_from_outside(desk, raws[-1] or b""),
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


def _enqueue(desk: Desk, approval: Approval, letter: Frozen) -> None:
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
    desk: Desk, mailbox: Mailbox, folders: Folders, approval: Approval, wrong: Sequence[Failure]
) -> None:
    """Into the clarification folder with it; row and notice first, then the move, which each look repeats."""
    draft = approval.draft
    newest = approval.copies[-1].place
    if not opened(mailbox, folders[Role.APPROVE], approval.copies):
        return
    header = mailbox.headers([newest.uid], ("Subject",))
    subject = parse_headers(header[0].header, size=0).subject if header else ""
    words = (folders[Role.DRAFTS], folders[Role.APPROVE])
    notice = notice_beside(
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
    carry_to_clarify(mailbox, folders, approval.copies)


def carry_to_clarify(mailbox: Mailbox, folders: Folders, copies: Sequence[Sighting]) -> None:
    """Move copies from the approval folder into the clarification folder, where their UIDs still mean them."""
    if copies and opened(mailbox, folders[Role.APPROVE], copies):
        mailbox.move([copy.place.uid for copy in copies], folders[Role.CLARIFY])


def opened(mailbox: Mailbox, folder: str, copies: Sequence[Sighting]) -> bool:
    """Select a folder; False where these copies' UIDs mean nothing there any more, as the next look will show."""
    uidvalidity = mailbox.select(folder).uidvalidity
    return all((copy.place.folder, copy.place.uidvalidity) == (folder, uidvalidity) for copy in copies)

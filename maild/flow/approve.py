"""Puts an approved letter into the outbox, or back before the secretary.

Before a letter is fixed, the settle time passes, the token is looked for once more in Sent and in Drafts, and the
checks are made; each failure brings it into the clarification folder with a notice beside it. Nothing is sent here.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from maild import maillog
from maild.core import notices
from maild.core.checks import LARGEST, Circumstances, Failure, failures
from maild.core.folder import Role
from maild.core.freeze import Frozen, freeze
from maild.core.lifecycle import COPIES, Draft, DraftState, Evidence
from maild.core.parse import parse_headers
from maild.core.subject import base_subject
from maild.core.text import text_hash
from maild.edge.imap import Mailbox
from maild.flow.desk import SMTP, Desk, Folders
from maild.flow.notice import came_from_outside, notice_beside
from maild.store.records import NewLetter, Sighting

APPROVALS = (Role.APPROVE, Role.FINAL)
"""The folders that a person moves a letter into to have it sent."""

NOT_YET = Failure(
    "second",
    "Dieser Brief hat die erste Freigabe noch nicht, oder er ist danach geändert worden. Bitte schieben Sie ihn zuerst "
    "in den Ordner der ersten Freigabe.",
)
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
        """Those that lie approved, and were not refused before."""
        return tuple(
            s
            for s in self.seen
            if s.role in APPROVALS
            and s.how in COPIES
            and (s.place.uidvalidity, s.place.uid) not in self.draft.refused
        )

    @property
    def second(self) -> bool:
        """Whether this is the second of two approvals."""
        return any(s.role == Role.FINAL for s in self.copies)

    @property
    def in_drafts(self) -> tuple[Sighting, ...]:
        """Those that she has saved in Drafts as well: an editor may still be open.

        The draft as maild laid it is no newer version of anything: of a letter that was copied, or edited as new, it
        is what was left behind.
        """
        laid = (self.draft.uidvalidity, self.draft.uid)
        return tuple(
            s
            for s in self.seen
            if s.role == Role.DRAFTS and s.how in COPIES and (s.place.uidvalidity, s.place.uid) != laid
        )

    @property
    def late(self) -> tuple[Sighting, ...]:
        """What calls an approval into question after its letter was fixed: a version in Drafts, an answer in Sent."""
        return (*self.in_drafts, *(s for s in self.seen if s.how is Evidence.ANSWER))


def approve(
    desk: Desk, mailbox: Mailbox, folders: Folders, approval: Approval, began: datetime
) -> list[timedelta]:
    """Fix an approved letter, once it has settled; or refuse it. Returns the time still to wait, if any."""
    draft, outbox = approval.draft, desk.store.outbox
    if not approval.copies:
        return []  # on its way, and taken out of the folder: what follows the sending will close it
    approved_at = draft.approved_at or began
    has_letter = outbox.has_open_letter(draft.id)
    if has_letter and not any(s.found_at >= approved_at for s in approval.late):
        return []
    left = approved_at + desk.client.config.review.settle - desk.clock()
    if not has_letter and (left > timedelta(0) or approved_at >= began):
        return [max(left, timedelta(0))]
    if not take_back(desk, draft.id):
        return []
    if approval.in_drafts or len({copy.place.folder for copy in approval.copies}) > 1:
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
    in_order = opened(mailbox, approval.copies[-1].place.folder, approval.copies)
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
    digest = hashlib.sha256(raws[-1] or b"").hexdigest()
    if approval.second and digest != draft.passed:
        wrong = (NOT_YET,)
    if wrong:
        _refuse(desk, mailbox, folders, approval, wrong)
    elif desk.client.config.review.second and not approval.second:
        _pass_on(desk, mailbox, folders, approval, digest)
    else:
        _enqueue(desk, approval, letter)


def _pass_on(desk: Desk, mailbox: Mailbox, folders: Folders, approval: Approval, digest: str) -> None:
    """To the folder of the second approval; row first, then the move, which each look repeats."""
    draft = approval.draft
    at = max(copy.found_at for copy in approval.copies)
    after = replace(draft, state=DraftState.AWAITS_SECOND, passed=digest, approved_at=at, reason="")
    desk.store.drafts.transition(draft, after, desk.clock())
    maillog.recognised(desk.slug, draft.id, draft.state, after.state)
    carry_on(mailbox, folders, approval.copies)


def _version(letter: Frozen) -> tuple[object, ...]:
    """What a reader would tell two copies of a letter apart by."""
    mail = letter.mail
    to = frozenset(address.lower() for address in letter.recipients)
    sender = letter.sender.key if letter.sender else ""
    return text_hash(mail.text), base_subject(mail.subject), sender, to, mail.attachments


def _answered(desk: Desk, mailbox: Mailbox, folders: Folders, draft: Draft) -> bool:
    """Whether Sent holds an answer of ours to the original, newer than the draft and not sent by maild itself.

    Who has got a letter of maild's is another question (`Circumstances.reached`). An automatic answer is none to her
    letter, even where the provider has filed it under another Message-ID.
    """
    if not draft.original_id:
        return False
    mailbox.select(folders[Role.SENT])
    ours = {identity.key for identity in desk.identities}
    fields = ("From", "Message-ID", "Auto-Submitted")
    for found in mailbox.headers(mailbox.find("In-Reply-To", draft.original_id), fields):
        mail = parse_headers(found.header, size=found.size)
        ours_and_newer = mail.sender and mail.sender.key in ours and found.internaldate >= draft.created_at
        hers = ours_and_newer and not mail.header("Auto-Submitted")
        by_maild = desk.store.outbox.knows_message_id(mail.message_id)
        if hers and (not by_maild or desk.store.own.wrote(mail.message_id)):
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
        template=draft.template,
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
    last = [copy for copy in approval.copies if copy.place.folder == newest.folder]
    if not opened(mailbox, newest.folder, last):
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
        draft, state=DraftState.CLARIFY, reason=", ".join(names), refused=refused, approved_at=None, passed=""
    )
    desk.store.drafts.transition(draft, after, desk.clock(), notice=replace(notice, draft_id=draft.id))
    maillog.clarify(desk.slug, draft.id, names)
    carry_to_clarify(mailbox, folders, approval.copies)


def carry_to_clarify(mailbox: Mailbox, folders: Folders, copies: Sequence[Sighting]) -> None:
    """Move copies from the approval folders into the clarification folder, where their UIDs still mean them."""
    _carry(mailbox, [copy for copy in copies if copy.role in APPROVALS], folders[Role.CLARIFY])


def carry_on(mailbox: Mailbox, folders: Folders, copies: Sequence[Sighting]) -> None:
    """Move copies that have their first approval to where a second person looks for them."""
    _carry(mailbox, [copy for copy in copies if copy.role == Role.APPROVE], folders[Role.SECOND])


def _carry(mailbox: Mailbox, copies: Sequence[Sighting], target: str) -> None:
    for folder in dict.fromkeys(copy.place.folder for copy in copies):
        here = [copy for copy in copies if copy.place.folder == folder]
        if opened(mailbox, folder, here):
            mailbox.move([copy.place.uid for copy in here], target)


def opened(mailbox: Mailbox, folder: str, copies: Sequence[Sighting]) -> bool:
    """Select a folder; False where these copies' UIDs mean nothing there any more, as the next look will show."""
    uidvalidity = mailbox.select(folder).uidvalidity
    return all((copy.place.folder, copy.place.uidvalidity) == (folder, uidvalidity) for copy in copies)

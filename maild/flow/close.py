"""What follows the sending of a letter: Sent copy, \\Answered, the approved copy removed; or what went wrong told.

Never changes a send state. Each step may be repeated; the letter is closed only when all are done.
"""

from dataclasses import replace

from maild import maillog
from maild.core import notices
from maild.core.folder import Role
from maild.core.freeze import sent_copy
from maild.core.lifecycle import DraftState
from maild.core.parse import parse_headers
from maild.edge.imap import Mailbox
from maild.flow.desk import IMAP, SMTP, Desk, Folders
from maild.flow.leftover import remove_left_overs
from maild.flow.notice import notice_beside
from maild.flow.original import mark_answered
from maild.store.records import Letter, LetterState, NewFiling, RowState

_WORDS = {
    RowState.SENT: "angekommen",
    RowState.IN_DOUBT: "unklar, ob angekommen",
    RowState.EXPIRED: "nicht zugestellt, die Frist ist abgelaufen",
    RowState.CANCELLED: "nicht gesendet, zurückgezogen",
    RowState.HELD: "angehalten",
    RowState.SUPPRESSED: "nicht gesendet, gesperrt",
    RowState.ABANDONED: "unklar, nicht noch einmal gesendet",
}
_DRAFT_STATES = {
    LetterState.SENT: DraftState.SENT,
    LetterState.IN_DOUBT: DraftState.IN_DOUBT,
    LetterState.SEND_FAILED: DraftState.SEND_FAILED,
}


def close_letters(desk: Desk, mailbox: Mailbox, folders: Folders) -> None:
    """Close every letter of which no row is open any more."""
    for letter in desk.store.outbox.finished(SMTP):
        state = outcome(letter)
        if letter.kind == "reply":
            _close_reply(desk, mailbox, folders, letter, state)
        elif letter.kind == "own":
            _close_own(desk, mailbox, folders, letter, state)
        elif letter.kind == "answer":
            _close_answer(desk, mailbox, folders, letter, state)
        else:
            desk.store.outbox.close(letter.id, state, desk.clock())
        maillog.closed(desk.slug, letter.id, state)


def outcome(letter: Letter) -> LetterState:
    """A letter as the sum of its rows, none of which is open any more."""
    states = {state for _, state, _ in letter.rows}
    if states == {RowState.SENT}:
        return LetterState.SENT
    return LetterState.IN_DOUBT if RowState.IN_DOUBT in states else LetterState.SEND_FAILED


def _close_reply(desk: Desk, mailbox: Mailbox, folders: Folders, letter: Letter, state: LetterState) -> None:
    if any(row_state is RowState.SENT for _, row_state, _ in letter.rows):
        _keep_copy(desk, letter)
    if state is LetterState.SENT:
        mark_answered(desk, mailbox, folders, letter.mail_id or 0)
        _remove_sources(mailbox, letter)
    before = desk.store.drafts.get(letter.draft_id or 0)
    if state is LetterState.SENT:
        lie = desk.store.drafts.sightings(IMAP)
        remove_left_overs(mailbox, folders, before, [s for s in lie if s.draft_id == before.id])
    refused = (*before.refused, *((place.uidvalidity, place.uid) for place in letter.sources))
    after = replace(before, state=_DRAFT_STATES[state], refused=refused, approved_at=None)
    notice = None if state is LetterState.SENT else _report(desk, folders, letter)
    desk.store.outbox.close(letter.id, state, desk.clock(), draft=(before, after), notice=notice)
    maillog.recognised(desk.slug, before.id, before.state, after.state)


def _close_own(desk: Desk, mailbox: Mailbox, folders: Folders, letter: Letter, state: LetterState) -> None:
    """A letter of her own that failed is brought to the clarification folder by the next look."""
    if any(row_state is RowState.SENT for _, row_state, _ in letter.rows):
        _keep_copy(desk, letter)
    if state is LetterState.SENT:
        if letter.mail_id is not None:
            mark_answered(desk, mailbox, folders, letter.mail_id)
        _remove_sources(mailbox, letter)
    notice = None if state is LetterState.SENT else _report(desk, folders, letter)
    desk.store.outbox.close(letter.id, state, desk.clock(), notice=notice)


def _close_answer(desk: Desk, mailbox: Mailbox, folders: Folders, letter: Letter, state: LetterState) -> None:
    """Nobody waits for an answer to arrive, so its failure is told to nobody: its state tells whoever looks.

    A mail that a person has yet to answer isn't marked: to her the mark means that the matter is done.
    """
    if state is LetterState.SENT:
        _keep_copy(desk, letter)
        drafted = any(draft.mail_id == letter.mail_id for draft in desk.store.drafts.open_drafts(IMAP))
        if not drafted and not desk.store.reminders.awaits(letter.mail_id or 0):
            mark_answered(desk, mailbox, folders, letter.mail_id or 0)
    desk.store.outbox.close(letter.id, state, desk.clock())


def _keep_copy(desk: Desk, letter: Letter) -> None:
    if desk.client.config.smtp.files_sent:
        return
    raw = sent_copy(letter.raw, letter.bcc)
    copy = NewFiling(IMAP, "sent_copy", Role.SENT, letter.message_id, ("\\Seen",), raw, letter_id=letter.id)
    desk.store.drafts.file(copy, desk.clock())


def _remove_sources(mailbox: Mailbox, letter: Letter) -> None:
    for folder in {place.folder for place in letter.sources}:
        uidvalidity = mailbox.select(folder).uidvalidity
        lie_here = [
            place for place in letter.sources if (place.folder, place.uidvalidity) == (folder, uidvalidity)
        ]
        present = mailbox.flags([place.uid for place in lie_here])
        for place in lie_here:
            if place.uid in present:
                mailbox.remove(place.uid)


def _report(desk: Desk, folders: Folders, letter: Letter) -> NewFiling:
    header = letter.raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    states = {state for _, state, _ in letter.rows}
    rows = [(recipient, _words(state, reason)) for recipient, state, reason in letter.rows]

    def write(sheet: notices.Sheet) -> bytes:
        return notices.delivery_report(
            sheet,
            rows,
            (folders[Role.DRAFTS], folders[Role.APPROVE]),
            doubtful=RowState.IN_DOUBT in states,
            refused=bool(states & {RowState.FAILED, RowState.EXPIRED}),
        )

    name = f"letter.{letter.id}.{letter.message_id.strip('<>').partition('@')[0]}"
    subject = parse_headers(header, size=len(header)).subject
    return replace(notice_beside(desk, name, write, subject), letter_id=letter.id)


def _words(state: RowState, reason: str) -> str:
    return f"abgelehnt ({reason})" if state is RowState.FAILED else _WORDS[state]

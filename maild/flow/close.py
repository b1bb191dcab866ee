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
        state = _sum(letter)
        if letter.kind == "reply":
            _close_reply(desk, mailbox, folders, letter, state)
        else:
            desk.store.outbox.close(letter.id, state, desk.clock())
        maillog.closed(desk.slug, letter.id, state)


def _sum(letter: Letter) -> LetterState:
    states = {state for _, state, _ in letter.rows}
    if states == {RowState.SENT}:
        return LetterState.SENT
    return LetterState.IN_DOUBT if RowState.IN_DOUBT in states else LetterState.SEND_FAILED


def _close_reply(desk: Desk, mailbox: Mailbox, folders: Folders, letter: Letter, state: LetterState) -> None:
    if any(row_state is RowState.SENT for _, row_state, _ in letter.rows):
        _keep_copy(desk, letter)
    if state is LetterState.SENT:
        mark_answered(desk, mailbox, folders, letter.mail_id or 0)
        _remove_sources(mailbox, folders, letter)
    before = desk.store.drafts.get(letter.draft_id or 0)
    refused = (*before.refused, *((place.uidvalidity, place.uid) for place in letter.sources))
    after = replace(before, state=_DRAFT_STATES[state], refused=refused, approved_at=None)
    notice = None if state is LetterState.SENT else _report(desk, folders, letter)
    desk.store.outbox.close(letter.id, state, desk.clock(), draft=(before, after), notice=notice)
    maillog.recognised(desk.slug, before.id, before.state, after.state)


def _keep_copy(desk: Desk, letter: Letter) -> None:
    if desk.client.config.smtp.files_sent:
        return
    raw = sent_copy(letter.raw, letter.bcc)
    copy = NewFiling(IMAP, "sent_copy", Role.SENT, letter.message_id, ("\\Seen",), raw, letter_id=letter.id)
    desk.store.drafts.file(copy, desk.clock())


def _remove_sources(mailbox: Mailbox, folders: Folders, letter: Letter) -> None:
    status = mailbox.select(folders[Role.APPROVE])
    present = mailbox.flags([place.uid for place in letter.sources])
    for place in letter.sources:
        if place.uidvalidity == status.uidvalidity and place.uid in present:
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

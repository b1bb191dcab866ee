"""Takes messages out of the approval folder that are no open draft, with a notice that says why nothing was sent."""

from maild.core import notices
from maild.core.compose import token_of
from maild.core.folder import Role
from maild.core.lifecycle import DraftState
from maild.core.parse import parse_headers
from maild.edge.imap import Mailbox
from maild.flow.desk import Desk, Folders
from maild.flow.notice import came_from_outside, notice_beside
from maild.store.records import Place


def set_apart(desk: Desk, mailbox: Mailbox, folders: Folders, place: Place, state: DraftState | None) -> None:
    """Out of the approval folder, with a notice; `state` is that of its draft, where the caller knows it."""
    uidvalidity = mailbox.select(folders[Role.APPROVE]).uidvalidity
    found = mailbox.headers([place.uid]) if place.uidvalidity == uidvalidity else []
    if not found:
        return
    mail = parse_headers(found[0].header, size=found[0].size)
    closed = desk.store.drafts.closed(token_of(mail.references))
    outside = came_from_outside(desk, found[0].header)
    reason = _why_stray(state or (closed.state if closed else None), outside=outside)
    notice = notice_beside(
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

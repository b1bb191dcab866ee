"""Takes messages out of an approval folder that are not sent, with a notice that says why.

One notice for each; where many came at once, as by a slip of the mouse, one for all of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from maild.core import notices
from maild.core.compose import TOKEN_ID, token_of
from maild.core.folder import Role
from maild.core.lifecycle import DraftState
from maild.core.message import Mail
from maild.core.parse import parse_headers
from maild.edge.imap import Mailbox
from maild.flow.desk import IMAP, Desk, Folders
from maild.flow.notice import came_from_outside, notice_beside
from maild.store.records import Place

_MANY = 5

_KNOWN = (
    "Das ist eine empfangene oder schon gesendete Nachricht. Aus diesem Ordner gehen nur Entwürfe und neue Briefe "
    "hinaus. Zum erneuten Versenden öffnen Sie sie bitte mit «Als neu bearbeiten» und speichern sie als neuen Brief."
)
_NOBODYS = (
    "maild kann sie keinem Entwurf zuordnen. Soll sie hinaus, so schreiben Sie den Brief bitte neu, oder verschicken "
    "Sie ihn mit «Senden» aus Ihrem Mailprogramm."
)


@dataclass(frozen=True, slots=True)
class Stray:
    """A message that is taken out of an approval folder, and why, in German."""

    place: Place
    subject: str
    reason: str


def set_apart(desk: Desk, mailbox: Mailbox, folders: Folders, place: Place, state: DraftState) -> None:
    """One message out of its approval folder, with a notice; `state` is what became of its draft."""
    found = (
        mailbox.headers([place.uid]) if mailbox.select(place.folder).uidvalidity == place.uidvalidity else []
    )
    if found:
        mail = parse_headers(found[0].header, size=found[0].size)
        set_all_apart(desk, mailbox, folders, [Stray(place, mail.subject, reason_of(state))])


def set_all_apart(desk: Desk, mailbox: Mailbox, folders: Folders, strays: Sequence[Stray]) -> None:
    """All out of their approval folders; the notice is written down first, and asked for again it is the same."""
    for folder in dict.fromkeys(stray.place.folder for stray in strays):
        here = [stray for stray in strays if stray.place.folder == folder]
        uidvalidity = mailbox.select(folder).uidvalidity
        here = [stray for stray in here if stray.place.uidvalidity == uidvalidity]
        if len(here) > _MANY:
            _tell_of_all(desk, here)
        else:
            for stray in here:
                _tell(desk, stray)
        if here:
            mailbox.move([stray.place.uid for stray in here], folders[Role.CLARIFY])


def why_not_sent(desk: Desk, header: bytes, mail: Mail) -> str:
    """Why a message without an open draft can't be a new letter; empty: it may be one."""
    closed = desk.store.drafts.closed(token_of(mail.references))
    if closed is not None:
        return reason_of(closed.state)
    if came_from_outside(desk, header):
        return _KNOWN
    if token_of(mail.references) or _names_open_draft(desk, mail):
        return _NOBODYS
    if mail.message_id and desk.store.own.is_ours(mail.message_id):
        return _NOBODYS
    return ""


def _names_open_draft(desk: Desk, mail: Mail) -> bool:
    """Whether the token of a draft that still waits stands anywhere in References: sent as well, it would go twice."""
    tokens = [match.group(1) for each in mail.references if (match := TOKEN_ID.fullmatch(each))]
    return bool(tokens) and bool(desk.store.drafts.match(IMAP, tokens, [], desk.clock()))


def reason_of(state: DraftState | None) -> str:
    """What to tell of a message whose draft ended so; None: it is a letter that has gone out before."""
    done = {
        DraftState.SENT: "Dieser Entwurf ist bereits gesendet worden.",
        DraftState.SENT_BY_SECRETARY: "Diesen Entwurf haben Sie bereits selbst gesendet.",
        DraftState.REJECTED: "Dieser Entwurf ist bereits verworfen worden.",
        DraftState.DISCARDED: "Dieser Entwurf ist bereits gelöscht worden.",
    }
    if state not in done:
        return _KNOWN
    return done[state] + " Zum erneuten Antworten schreiben Sie bitte auf die ursprüngliche Nachricht."


def _tell(desk: Desk, stray: Stray) -> None:
    name = f"stray.{stray.place.uidvalidity}.{stray.place.uid}"
    notice = notice_beside(desk, name, lambda sheet: notices.stray(sheet, stray.reason), stray.subject)
    desk.store.drafts.file(notice, desk.clock())


def _tell_of_all(desk: Desk, strays: Sequence[Stray]) -> None:
    first, last = strays[0].place, strays[-1].place
    name = f"strays.{first.uidvalidity}.{first.uid}.{last.uid}"
    told = [(stray.subject, stray.reason) for stray in strays]
    subject = f"{len(strays)} Nachrichten"
    notice = notice_beside(desk, name, lambda sheet: notices.strays(sheet, told), subject)
    desk.store.drafts.file(notice, desk.clock())

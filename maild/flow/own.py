"""Letters that she wrote herself and moved to the approval folder: each is sent once, if nothing speaks against it.

Such a letter has no token. Never sent from here is what was received, what lies or lay in Sent, what maild has laid
into a folder itself, or what another client's address wrote. Many at once are a slip of the mouse more often than a
wish: more than a few wait in the clarification folder until they are moved here a second time.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from maild import maillog
from maild.core import notices
from maild.core.checks import LARGEST, Circumstances, Failure, failures
from maild.core.compose import token_of
from maild.core.fingerprint import fingerprint
from maild.core.folder import Role
from maild.core.freeze import Frozen, freeze
from maild.core.message import Mail
from maild.core.parse import parse_headers
from maild.core.subject import base_subject
from maild.edge.imap import Mailbox
from maild.flow.approve import APPROVALS, NOT_YET
from maild.flow.desk import IMAP, SMTP, Desk, Folders
from maild.flow.notice import notice_beside
from maild.flow.stray import Stray, reason_of, set_all_apart, why_not_sent
from maild.store.records import Dispatch, LetterState, NewLetter, Place, Sighting, Verdict

MOST = 5
WITHIN = timedelta(minutes=10)
"""So many letters of her own are sent in that time; more wait for a release."""

_SENT_READING = "imap sent"  # under this account's name the ledger has how far Sent was read for keys
_BATCH = 1000  # headers of Sent read in one look
_FIELDS = ("Message-ID", "Date", "From", "To", "Subject")
_NEWEST = 20  # messages of a folder among which a later version of a letter is looked for
_PASSED, _MANY, _UNSURE = "passed", "many", "unsure"
_RELEASABLE = (_MANY, _UNSURE)

_HELD = {
    _MANY: Failure(
        _MANY,
        f"In {WITHIN // timedelta(minutes=1)} Minuten kamen mehr als {MOST} eigene Briefe zur Freigabe. Damit nichts "
        "aus Versehen hinausgeht, hat maild sie angehalten. Soll dieser Brief hinaus, so schieben Sie ihn ein zweites "
        "Mal in den Ordner der Freigabe.",
    ),
    _UNSURE: Failure(
        _UNSURE,
        "Zur gleichen Zeit ist aus «Gesendet» eine Nachricht entfernt worden. maild weiß deshalb nicht, ob dieser "
        "Brief schon hinausgegangen ist. Ist er das nicht, so schieben Sie ihn bitte ein zweites Mal zur Freigabe.",
    ),
}
_TWIN = {
    Role.SENT: Failure(
        "sent", "Dieser Brief liegt bereits in «Gesendet». Bitte löschen Sie die zweite Fassung."
    ),
    Role.DRAFTS: Failure(
        "two versions",
        "Von diesem Brief liegt eine neuere Fassung bei den Entwürfen. Bitte behalten Sie nur die richtige und löschen "
        "Sie die andere.",
    ),
}


@dataclass(frozen=True, slots=True)
class _Own:
    """A message without an open draft in an approval folder."""

    sighting: Sighting
    key: str
    header: bytes
    mail: Mail
    dispatches: tuple[Dispatch, ...]
    verdicts: tuple[Verdict, ...]

    @property
    def place(self) -> Place:
        """Where it lies."""
        return self.sighting.place

    @property
    def here(self) -> str:
        """What was said of it where it lies; empty: nothing yet."""
        return next((each.verdict for each in self.verdicts if each.place == self.place), "")

    @property
    def released(self) -> bool:
        """Whether it was held before and has been moved here again, or stands before its second approval."""
        second = self.sighting.role == Role.FINAL
        return second or any(
            each.verdict in _RELEASABLE for each in self.verdicts if each.place != self.place
        )


@dataclass(frozen=True, slots=True)
class _SentReading:
    """How far Sent is read; `unseen`: something came there and was taken away before it could be read."""

    complete: bool
    unseen: bool


def own_letters(
    desk: Desk, mailbox: Mailbox, folders: Folders, strays: Sequence[Sighting], began: datetime
) -> list[timedelta]:
    """Deal with what lies in the approval folders and belongs to no open draft; returns the times still to wait."""
    _take_back(desk, strays)
    sent = _read_sent(desk, mailbox, folders)
    candidates = _candidates(desk, mailbox, folders, strays)
    fresh = [own for own in candidates if not own.released]
    too_many = bool(fresh) and len(fresh) + desk.store.own.count(desk.clock() - WITHIN) > MOST
    waits = []
    for own in candidates:
        if own in fresh and (too_many or sent.unseen):
            _refuse(desk, mailbox, folders, own, [_HELD[_MANY if too_many else _UNSURE]])
            continue
        left = own.sighting.found_at + desk.client.config.review.settle - desk.clock()
        if not sent.complete or left > timedelta(0) or own.sighting.found_at >= began:
            waits.append(max(left, timedelta(0)))
        else:
            _judge(desk, mailbox, folders, own)
    return waits


def key_of_letter(header: bytes, size: int) -> str:
    """What a letter without a token is recognised by wherever it lies: 64 hexadecimal digits."""
    message_id = parse_headers(header, size=size).message_id
    return hashlib.sha256(message_id.encode()).hexdigest() if message_id else fingerprint(IMAP, header, size)


def _take_back(desk: Desk, strays: Sequence[Sighting]) -> None:
    """Cancel what was moved out of the approval folder again before anything is on its way."""
    lie = {sighting.place for sighting in strays}
    for dispatch in desk.store.own.on_their_way():
        if lie.isdisjoint(dispatch.sources) and desk.store.outbox.withdraw(dispatch.letter_id, desk.clock()):
            maillog.closed(desk.slug, dispatch.letter_id, LetterState.CANCELLED)


def _read_sent(desk: Desk, mailbox: Mailbox, folders: Folders) -> _SentReading:
    """Enter the keys of what lies in Sent and isn't known yet: from the first mail on, a part at each look."""
    folder = folders[Role.SENT]
    status = mailbox.status(folder)
    cursor = desk.store.ledger.cursor(
        _SENT_READING, folder, status.uidvalidity, status.uidnext, from_start=True
    )
    if status.uidnext <= cursor.next_uid:
        return _SentReading(complete=True, unseen=False)
    mailbox.select(folder)
    uids = mailbox.uids_from(cursor.next_uid)
    batch = uids[:_BATCH]
    keys = [key_of_letter(found.header, found.size) for found in mailbox.headers(batch, _FIELDS)]
    complete = len(batch) == len(uids)
    next_uid = max(status.uidnext, batch[-1] + 1 if batch else 0) if complete else batch[-1] + 1
    desk.store.own.note_sent(_SENT_READING, folder, keys, next_uid)
    # Of mail that came while we were watching, none may be missing.
    came = range(max(cursor.next_uid, cursor.first_new_uid), next_uid)
    return _SentReading(complete, unseen=len([uid for uid in batch if uid in came]) < len(came))


def _candidates(desk: Desk, mailbox: Mailbox, folders: Folders, strays: Sequence[Sighting]) -> list[_Own]:
    """Those that may be new letters; all others are brought to where they belong."""
    candidates: list[_Own] = []
    apart: list[Stray] = []
    for own in _read(desk, mailbox, strays):
        at_this_place = [each for each in own.dispatches if own.place in each.sources]
        why = "" if at_this_place else _why_not_new(desk, own)
        if any(each.open for each in at_this_place):
            continue
        if why:
            apart.append(Stray(own.place, own.mail.subject, why))
        elif own.here or any(each.state is not LetterState.CANCELLED for each in at_this_place):
            _carry(mailbox, own.place, folders[Role.SECOND if _goes_on(folders, own) else Role.CLARIFY])
        elif own.key not in {each.key for each in candidates}:
            candidates.append(own)
        else:
            apart.append(Stray(own.place, own.mail.subject, "Dieser Brief liegt zweimal im Freigabeordner."))
    set_all_apart(desk, mailbox, folders, apart)
    return candidates


def _read(desk: Desk, mailbox: Mailbox, strays: Sequence[Sighting]) -> Iterator[_Own]:
    lie = [sighting for sighting in strays if sighting.role in APPROVALS]
    for folder in dict.fromkeys(sighting.place.folder for sighting in lie):
        uidvalidity = mailbox.select(folder).uidvalidity
        here: Mapping[int, Sighting] = {
            s.place.uid: s for s in lie if (s.place.folder, s.place.uidvalidity) == (folder, uidvalidity)
        }
        for found in mailbox.headers(list(here)) if here else ():
            key = key_of_letter(found.header, found.size)
            yield _Own(
                here[found.uid],
                key,
                found.header,
                parse_headers(found.header, size=found.size),
                desk.store.own.dispatches(key),
                desk.store.own.verdicts(key),
            )


def _why_not_new(desk: Desk, own: _Own) -> str:
    """Why it isn't a new letter, in German; empty: it may be one."""
    known = why_not_sent(desk, own.header, own.mail)
    if not known and desk.store.own.was_in_sent(own.key):
        known = reason_of(None)
    gone = any(each.open or each.state is LetterState.SENT for each in own.dispatches)
    return known or ("Dieser Brief ist schon gesendet oder wird gerade gesendet." if gone else "")


def _goes_on(folders: Folders, own: _Own) -> bool:
    return own.here == _PASSED and Role.SECOND in folders


def _carry(mailbox: Mailbox, place: Place, target: str) -> None:
    if mailbox.select(place.folder).uidvalidity == place.uidvalidity:
        mailbox.move([place.uid], target)


def _judge(desk: Desk, mailbox: Mailbox, folders: Folders, own: _Own) -> None:
    """Put a letter that has settled into the outbox, or before a second person; or refuse it."""
    if mailbox.select(own.place.folder).uidvalidity != own.place.uidvalidity:
        return
    raw = mailbox.fetch(own.place.uid, 2 * LARGEST)
    if raw is None:
        return  # moved on while we looked
    letter = freeze(raw, desk.message_id(), desk.now())
    digest = hashlib.sha256(raw).hexdigest()
    second = own.sighting.role == Role.FINAL
    wrong = failures(letter, _circumstances(desk, own))
    if second and (_PASSED, digest) not in {(each.verdict, each.digest) for each in own.verdicts}:
        wrong = (NOT_YET,)
    wrong = wrong or tuple(_twins(mailbox, folders, own, letter))
    if wrong:
        _refuse(desk, mailbox, folders, own, wrong)
    elif desk.client.config.review.second and not second:
        desk.store.own.judge(IMAP, own.key, Verdict(own.place, _PASSED, digest), desk.clock())
        maillog.own_passed(desk.slug)
        _carry(mailbox, own.place, folders[Role.SECOND])
    else:
        _enqueue(desk, own, letter)


def _circumstances(desk: Desk, own: _Own) -> Circumstances:
    return Circumstances(
        identities=frozenset(identity.key for identity in desk.identities),
        foreign_staff=desk.foreign_staff,
        reached=desk.store.own.reached(own.key),
        gaps=tuple(sorted(desk.store.own.gap_names())),
        original_id="",
        answered=False,
        received=False,
    )


def _twins(mailbox: Mailbox, folders: Folders, own: _Own, letter: Frozen) -> Iterator[Failure]:
    """A mail program that was still open has sent the letter, or saved it anew, since it was approved."""
    for role, failure in _TWIN.items():
        uidnext = mailbox.select(folders[role]).uidnext
        newest = mailbox.uids_from(max(uidnext - _NEWEST, 1))
        for found in mailbox.headers(newest, (*_FIELDS, "Cc", "References")):
            mail = parse_headers(found.header, size=found.size)
            after = found.internaldate >= own.sighting.found_at.replace(microsecond=0)
            if after and not token_of(mail.references) and _looks_like(mail, letter.mail):
                yield failure
                break


def _looks_like(mail: Mail, letter: Mail) -> bool:
    people = [{address.key for address in (*each.to, *each.cc)} for each in (mail, letter)]
    return people[0] == people[1] and base_subject(mail.subject) == base_subject(letter.subject)


def _refuse(desk: Desk, mailbox: Mailbox, folders: Folders, own: _Own, wrong: Sequence[Failure]) -> None:
    """Into the clarification folder with it; row and notice first, then the move, which each look repeats."""
    notice = notice_beside(
        desk,
        f"own.{own.key[:16]}.{own.place.uidvalidity}.{own.place.uid}",
        lambda sheet: notices.clarification(
            sheet, [failure.text for failure in wrong], (folders[Role.DRAFTS], folders[Role.APPROVE])
        ),
        own.mail.subject,
    )
    names = tuple(failure.name for failure in wrong)
    verdict = Verdict(own.place, ", ".join(names), "")
    desk.store.own.judge(IMAP, own.key, verdict, desk.clock(), notice=notice)
    maillog.own_clarify(desk.slug, names)
    _carry(mailbox, own.place, folders[Role.CLARIFY])


def _enqueue(desk: Desk, own: _Own, letter: Frozen) -> None:
    originals = desk.store.ledger.with_message_id(own.mail.in_reply_to) if own.mail.in_reply_to else ()
    new = NewLetter(
        kind="own",
        message_id=letter.message_id,
        envelope_from=letter.sender.address if letter.sender else "",
        recipients=letter.recipients,
        raw=letter.raw,
        bcc=letter.bcc,
        mail_id=originals[0].id if originals else None,
        sources=(own.place,),
        own_key=own.key,
    )
    letter_id = desk.store.outbox.enqueue(new, SMTP, desk.clock())
    if letter_id is not None:
        maillog.queued(desk.slug, letter_id, new.kind, len(letter.recipients))

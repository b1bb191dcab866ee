"""Finds one mail, past or present, and judges it anew without touching anything: for `rules explain`.

The ledger is read, the mailbox is only looked at: folders are examined, mails peeked at, nothing is selected to be
changed. The daemon may run meanwhile; this is a connection of its own.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from maild.core.contact import Relationship
from maild.core.facts import Facts
from maild.core.fingerprint import fingerprint
from maild.core.message import Mail
from maild.core.parse import parse
from maild.edge.imap import Mailbox
from maild.errors import FolderError, MaildError, SecretError, ServerError
from maild.flow.desk import IMAP, Desk
from maild.flow.judge import Judge, key_of
from maild.flow.session import imap_login
from maild.store.records import MailRecord, MailRow, MailState, Place


class LookupFailedError(MaildError):
    """What was asked for is not there, or is not one mail; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail as it lies somewhere, and how it is to be judged."""

    mail: Mail
    facts: Facts
    place: Place | None = None  # None: a file


@dataclass(frozen=True, slots=True)
class Finding:
    """One mail as far as it could be found."""

    past: MailRecord | None = None  # what the ledger says; None: it has no entry
    letter: Letter | None = None  # None: it is no longer in the mailbox, or can't be read now
    trouble: ServerError | SecretError | None = None  # why the mailbox could not be asked


def look_up_file(
    desk: Desk,
    path: Path,
    *,
    relationship: Relationship | None = None,
    flags: frozenset[str] = frozenset(),
    now: datetime | None = None,
) -> Finding:
    """A mail in a file, judged as if it came at `now`. Raises LookupFailedError if it can't be read."""
    try:
        mail = parse(path.read_bytes())
    except OSError as error:
        raise LookupFailedError(f"{path} can't be read: {error.strerror or 'unknown reason'}") from error
    when = now or desk.clock()
    judgement = Judge.for_mails(desk, [key_of(mail)]).judge(mail, flags, when, old=False, now=when)
    facts = judgement.facts if relationship is None else replace(judgement.facts, relationship=relationship)
    return Finding(letter=Letter(mail, facts))


def look_up(desk: Desk, home: Path, what: str) -> Finding:
    """A mail by its Message-ID or by FOLDER/UID.

    Raises LookupFailedError where there is no such mail or there are several; ServerError or SecretError where the
    mailbox can't be asked and the ledger has nothing to say.
    """
    place = _read_place(what)
    rows = _at(desk, *place) if place else _named(desk, what)
    try:
        with Mailbox.connect(imap_login(desk, home)) as mailbox:
            return _with_mailbox(desk, mailbox, place, rows)
    except (ServerError, SecretError) as error:
        if not rows:
            raise
        return Finding(desk.store.ledger.record(rows[0].id), trouble=error)


def _read_place(what: str) -> tuple[str, int] | None:
    folder, _, number = what.rpartition("/")
    if what.startswith("<") or not folder or not _UID.fullmatch(number):
        return None
    return folder, int(number)


_UID = re.compile(r"[0-9]{1,10}")


def _named(desk: Desk, what: str) -> tuple[MailRow, ...]:
    if "@" not in what and not what.startswith("<"):
        raise LookupFailedError(
            f"{what} is neither a file, nor a Message-ID such as <abc@kunde.example>, nor a place such as INBOX/4711"
        )
    message_id = what if what.startswith("<") else f"<{what}>"
    rows = desk.store.ledger.with_message_id(message_id)
    if not rows:
        raise LookupFailedError(
            f"the ledger of {desk.slug} has no mail with the Message-ID {message_id}; "
            "if it lies in the mailbox, name its place, such as INBOX/4711"
        )
    first = [row for row in rows if row.state is not MailState.KNOWN] or list(rows)
    if len({row.fingerprint for row in first}) > 1:
        raise LookupFailedError(_candidates(desk, message_id, first))
    return tuple(first)


def _candidates(desk: Desk, message_id: str, rows: list[MailRow]) -> str:
    zone = desk.client.config.timezone
    lines = [
        f"  {row.place.folder}/{row.place.uid}, received {row.received_at.astimezone(zone):%Y-%m-%d %H:%M:%S}"
        for row in rows
    ]
    return "\n".join(
        [f"{len(rows)} different mails have the Message-ID {message_id}; name one by its place:", *lines]
    )


def _at(desk: Desk, folder: str, uid: int) -> tuple[MailRow, ...]:
    """Those that lie there come before those that only came in there."""
    rows = desk.store.ledger.placed(folder, uid) if uid < _UID_END else ()
    return tuple(sorted(rows, key=lambda row: (row.place.folder, row.place.uid) != (folder, uid)))


_UID_END = 1 << 32  # RFC 9051, section 2.3.1.1


def _with_mailbox(
    desk: Desk, mailbox: Mailbox, place: tuple[str, int] | None, rows: tuple[MailRow, ...]
) -> Finding:
    if place is None:
        return _past(desk, mailbox, rows[0])
    here = _present(desk, mailbox, *place)
    if here is not None:
        row = next((row for row in rows if row.place == here.place), None)
        return _past(desk, mailbox, row) if row else _unknown(desk, here)
    if not rows:
        folder, uid = place
        raise LookupFailedError(
            f"no mail has UID {uid} in folder {folder!r} of {desk.slug}, and the ledger has none"
        )
    return _past(desk, mailbox, rows[0])


@dataclass(frozen=True, slots=True)
class _Lying:
    """A mail as it lies in the mailbox, not judged yet."""

    mail: Mail
    flags: frozenset[str]
    received: datetime
    place: Place
    fingerprint: str


def _past(desk: Desk, mailbox: Mailbox, row: MailRow) -> Finding:
    """A mail of the ledger, read where it lies now, and judged as of its reception."""
    record = desk.store.ledger.record(row.id)
    found = next(_anywhere(desk, mailbox, row), None)
    if found is None:
        return Finding(record)
    # What was decided once counts as of then; what still waits will be judged by the clock of today.
    decided = row.decided_at
    judge = Judge.for_mails(desk, [key_of(found.mail, row.id)])
    facts = judge.judge(
        found.mail, found.flags, row.received_at, old=row.old, now=decided, mail_id=row.id
    ).facts
    if decided is not None:
        answered = tuple(given for given in facts.history.answered if given.when <= decided)
        facts = replace(facts, paused=frozenset(), history=replace(facts.history, answered=answered))
    return Finding(record, Letter(found.mail, facts, found.place))


def _unknown(desk: Desk, found: _Lying) -> Finding:
    """A mail that the ledger doesn't have: it is judged as `rules apply` would."""
    judge = Judge.for_mails(desk, [key_of(found.mail)])
    facts = judge.judge(found.mail, found.flags, found.received, old=True).facts
    return Finding(letter=Letter(found.mail, facts, found.place))


def _anywhere(desk: Desk, mailbox: Mailbox, row: MailRow) -> Iterator[_Lying]:
    """The mail where maild left it, else wherever somebody may have put it since."""
    left = _present(desk, mailbox, row.place.folder, row.place.uid)
    if left is not None and left.place == row.place:
        yield left
    if not row.message_id:
        return
    for folder in mailbox.folders():
        for found in _named_in(desk, mailbox, folder.name, row.message_id):
            if found.fingerprint == row.fingerprint:
                yield found


def _named_in(desk: Desk, mailbox: Mailbox, folder: str, message_id: str) -> Iterator[_Lying]:
    try:
        mailbox.examine(folder)
        uids = mailbox.find("Message-ID", message_id)
    except FolderError:
        return  # it was deleted meanwhile, or holds no mail
    for uid in uids:
        found = _present(desk, mailbox, folder, uid)
        if found is not None:
            yield found


def _present(desk: Desk, mailbox: Mailbox, folder: str, uid: int) -> _Lying | None:
    """What lies in a place now; None where nothing does."""
    if not 0 < uid < _UID_END:
        return None
    try:
        status = mailbox.examine(folder)
        headers = mailbox.headers([uid])
        limit = desk.client.config.imap.max_size
        raw = mailbox.fetch(uid, limit) if headers else None
    except FolderError:
        return None
    if raw is None:
        return None
    (header,) = headers
    return _Lying(
        mail=parse(raw, size=header.size, truncated=header.size > limit),
        flags=header.flags,
        received=header.internaldate,
        place=Place(folder, status.uidvalidity, uid),
        fingerprint=fingerprint(IMAP, header.header, header.size),
    )

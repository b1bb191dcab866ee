"""Takes new mail of an inbox into the ledger and has the rules judge it. Nothing in the mailbox is changed here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time

from maild import maillog
from maild.core.action import action_name, action_value
from maild.core.decide import Decision
from maild.core.fingerprint import fingerprint
from maild.core.memory import MailKey, key_of
from maild.core.message import Mail
from maild.core.parse import parse, parse_headers
from maild.edge.imap import Found, Mailbox
from maild.errors import FolderError, MaildError, ServerError
from maild.flow.brake import meter, release_orphans, stop, tell_office
from maild.flow.desk import IMAP, Desk
from maild.flow.judge import Judge
from maild.store.records import Arrival, Cursor, MailRow, MailState, NewEffect

BATCH = 200
TRIES = 3
"""After so many failures a mail is left for a person."""


def receive(desk: Desk, mailbox: Mailbox, inbox: str) -> None:
    """One look at the inbox: admit what is new, judge what is not judged yet."""
    tell_office(desk)
    release_orphans(desk)
    uidvalidity = _admit(desk, mailbox, inbox)
    tried: set[int] = set()  # once a look: what fails now may pass later
    while waiting := [row for row in desk.store.ledger.waiting(IMAP, BATCH) if row.id not in tried]:
        tried |= {row.id for row in waiting}
        _judge_all(desk, mailbox, waiting, uidvalidity)


def fetch_mail(desk: Desk, mailbox: Mailbox, uid: int, size: int) -> tuple[bytes, Mail] | None:
    """A message of the selected folder as bytes and decoded; only its first part where it is too large."""
    limit = desk.client.config.imap.max_size
    raw = mailbox.fetch(uid, limit)
    return None if raw is None else (raw, parse(raw, size=size, truncated=size > limit))


def _admit(desk: Desk, mailbox: Mailbox, inbox: str) -> int:
    ledger = desk.store.ledger
    status = mailbox.select(inbox)
    # With `since` the date alone decides at first contact. Later, after a change of UIDVALIDITY, it doesn't: what is
    # unknown then was there before, and may have been drafted for.
    first_new = 1 if desk.client.config.imap.since and not ledger.newest(1) else status.uidnext
    cursor = ledger.cursor(IMAP, inbox, status.uidvalidity, first_new, from_start=True)
    uids = mailbox.uids_from(cursor.next_uid)
    failures = _failures(desk)
    step = 1 if failures else BATCH  # what can be read before it fails again is not lost
    for start in range(0, len(uids), step):
        batch = uids[start : start + step]
        arrivals = _read(desk, mailbox, inbox, cursor, batch, failures)
        known = ledger.admit(IMAP, inbox, status.uidvalidity, arrivals, batch[-1] + 1, desk.clock())
        maillog.admitted(desk.slug, inbox, len(arrivals), known)
    if not uids and status.uidnext > cursor.next_uid:  # what came has been taken away before we looked
        ledger.admit(IMAP, inbox, status.uidvalidity, (), status.uidnext, desk.clock())
    return status.uidvalidity


def _failures(desk: Desk) -> int:
    """How many looks in a row have ended early."""
    return next((h.failures for h in desk.store.accounts.health() if h.name == IMAP), 0)


def _read(
    desk: Desk, mailbox: Mailbox, inbox: str, cursor: Cursor, batch: list[int], failures: int
) -> list[Arrival]:
    """New mails by their headers. One at which look after look has ended is entered unread before it ends this one.

    Then it is set aside after its tries, and the others go on: some servers hang up on a mail they can't read.
    """
    try:
        found = mailbox.headers(batch)
    except ServerError:
        if failures >= TRIES:
            unread = _unread(desk, cursor, batch[0])
            desk.store.ledger.admit(IMAP, inbox, cursor.uidvalidity, [unread], unread.uid + 1, desk.clock())
        raise
    since = _since(desk)
    return [_arrival(each, cursor, since) for each in found]


def _arrival(found: Found, cursor: Cursor, since: datetime | None) -> Arrival:
    header = parse_headers(found.header, size=found.size)
    old = found.uid < cursor.first_new_uid or (since is not None and found.internaldate < since)
    key = key_of(header)
    return Arrival(
        uid=found.uid,
        fingerprint=fingerprint(IMAP, found.header, found.size),
        message_id=key.message_id,
        size=found.size,
        received_at=found.internaldate,
        old=old,
        sender=key.sender,
        refers_to=key.refers_to,
        subject=" ".join(header.subject.split())[:200],
    )


def _unread(desk: Desk, cursor: Cursor, uid: int) -> Arrival:
    unique = fingerprint(f"{IMAP} {cursor.uidvalidity}", b"", uid)
    return Arrival(uid, unique, "", 0, desk.clock(), old=uid < cursor.first_new_uid)


def _since(desk: Desk) -> datetime | None:
    since = desk.client.config.imap.since
    zone = desk.client.config.timezone
    return None if since is None else datetime.combine(since, time(), tzinfo=zone).astimezone(UTC)


def _judge_all(desk: Desk, mailbox: Mailbox, rows: Sequence[MailRow], uidvalidity: int) -> None:
    keys = [MailKey(row.sender, row.refers_to, row.message_id, row.id) for row in rows]
    judge = Judge.for_mails(desk, keys, meter=meter(desk))
    bench = _Bench(mailbox, judge, uidvalidity, _flags(desk, mailbox, [row.place.uid for row in rows]))
    for row in rows:
        _judge_safely(desk, bench, row)


@dataclass(frozen=True, slots=True)
class _Bench:
    """What the mails of one batch are judged with."""

    mailbox: Mailbox
    judge: Judge
    uidvalidity: int
    flags: Mapping[int, frozenset[str]]


def _flags(desk: Desk, mailbox: Mailbox, uids: list[int]) -> Mapping[int, frozenset[str]]:
    """The flags of all; of none where the server refuses or has hung up of late, for one of them may be why.

    Then each is asked for by itself, and the failure is counted where it belongs.
    """
    try:
        return {} if _failures(desk) else mailbox.flags(uids)
    except FolderError:
        return {}


def _judge_safely(desk: Desk, bench: _Bench, row: MailRow) -> None:
    try:
        _judge(desk, bench, row)
    except ServerError as error:
        # Counted even where the connection is lost: a mail on which the server hangs up must not do so for ever.
        stumble(desk, row, str(error))
        if not isinstance(error, FolderError):
            raise
    except MaildError as error:
        aside(desk, row, str(error))
    except Exception as error:  # noqa: BLE001 - one bad mail never stops the others
        stumble(desk, row, maillog.where(error))


def stumble(desk: Desk, row: MailRow, reason: str) -> None:
    """Count a failure that may pass; after the last try the mail is left for a person."""
    if desk.store.ledger.stumble(row.id, reason, desk.clock()) >= TRIES:
        aside(desk, row, reason)


def aside(desk: Desk, row: MailRow, reason: str) -> None:
    """Leave a mail for a person, where it is."""
    desk.store.ledger.set_aside(row.id, reason, desk.clock())
    maillog.set_aside(desk.slug, row.id, reason)


def _judge(desk: Desk, bench: _Bench, row: MailRow) -> None:
    uid, mailbox = row.place.uid, bench.mailbox
    # Under another UIDVALIDITY the same number may be another mail.
    same = row.place.uidvalidity == bench.uidvalidity
    fetched = fetch_mail(desk, mailbox, uid, row.size) if same else None
    if fetched is None:
        desk.store.ledger.set_aside(
            row.id, "taken away before it was judged", desk.clock(), state=MailState.GONE
        )
        return
    flags = bench.flags[uid] if uid in bench.flags else mailbox.flags([uid]).get(uid, frozenset())
    judgement = bench.judge.judge(
        fetched[1], flags, row.received_at, old=row.old, mail_id=row.id, admitted=row.admitted_at
    )
    for rule in judgement.stopped:
        stop(desk, rule)
    _write_down(desk, row, judgement.decision)


def _write_down(desk: Desk, row: MailRow, decision: Decision) -> None:
    if decision.paused:
        desk.store.pauses.hold(row.id, decision.paused, desk.clock())
        maillog.waits(desk.slug, row.id, decision.paused)
        return
    for step in decision.canary:
        maillog.canary(desk.slug, row.id, step.rule, action_name(step.action))
    effects = [
        NewEffect(step.rule, action_name(step.action), action_value(step.action)) for step in decision.steps
    ]
    ledger = desk.store.ledger
    stopped = ledger.plan(row.id, decision.rules, desk.client.rules.version, effects, desk.clock())
    if stopped:
        maillog.waits(desk.slug, row.id, stopped)
    else:
        maillog.decided(desk.slug, row.id, decision.rules, len(effects))

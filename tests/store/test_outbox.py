"""The outbox: one row per recipient, a lease and a generation before each write, doubt said where there is doubt."""

import hashlib
from dataclasses import replace

import pytest
from sqlalchemy import Row, select
from sqlalchemy.exc import IntegrityError

from maild.core.lifecycle import DraftState
from maild.store import schema
from maild.store.engine import reading
from maild.store.outbox import LIFETIME
from maild.store.records import LetterState, OutboxRow, Place, RowState
from maild.store.store import ClientStore, Store
from tests.store.rows import NOW, RAW, after, enqueued, laid, new_letter, notice, planned

EXPIRED = NOW + LIFETIME


def claim(client: ClientStore, minute: float = 0, limit: int = 20) -> tuple[OutboxRow, ...]:
    """Lease what is due."""
    return client.outbox.claim("smtp", after(minute), limit)


def settle(client: ClientStore, row: OutboxRow, state: RowState, minute: float = 1, **more: object) -> None:
    """An answer of the server."""
    client.outbox.settle(row, state, after(minute), **{"phase": "dot", "code": 250, "text": "ok", **more})  # type: ignore[arg-type]


def sent(client: ClientStore, row: OutboxRow) -> None:
    """The whole way of a row that is accepted."""
    assert client.outbox.begin_sending(row, NOW)
    settle(client, row, RowState.SENT)


def attempts(store: Store) -> list[Row[tuple[int, str, object, int]]]:
    """The history of all rows."""
    columns = schema.attempt.c
    with reading(store._engine) as tx:
        return list(
            tx.execute(
                select(columns.number, columns.outcome, columns.ended_at, columns.code).order_by(columns.id)
            )
        )


# Enqueueing


def test_one_row_for_each_recipient(ours: ClientStore) -> None:
    """With the bytes as they were fixed and their hash, waiting at once, for three days."""
    enqueued(ours, None, "anna@kunde.example", "bert@kunde.example")
    assert ours.outbox.counts() == {RowState.QUEUED: 2}
    assert ours.outbox.due("smtp") == NOW
    first, second = claim(ours)
    assert (first.recipient, second.recipient) == ("anna@kunde.example", "bert@kunde.example")
    assert (first.raw, first.sha256) == (RAW, hashlib.sha256(RAW).hexdigest())
    assert (first.envelope_from, first.attempts, first.expires_at) == ("info@northwind.example", 0, EXPIRED)


def test_a_recipient_named_twice_gets_one_mail(ours: ClientStore) -> None:
    """Whatever the case; a doubled address in client.yaml is no error."""
    enqueued(ours, None, "anna@kunde.example", "anna@kunde.example", "Anna@Kunde.example")
    assert len(claim(ours)) == 1


def test_a_draft_has_one_open_letter(ours: ClientStore) -> None:
    """Approved twice, it is sent once; after the first is closed, there may be another."""
    draft = laid(ours)
    letter = enqueued(ours, draft)
    assert ours.outbox.has_open_letter(draft)
    assert ours.outbox.enqueue(new_letter(ours, draft, number=2), "smtp", NOW) is None
    assert ours.outbox.counts() == {RowState.QUEUED: 1}
    ours.outbox.close(letter, LetterState.SEND_FAILED, NOW)
    assert not ours.outbox.has_open_letter(draft)
    assert enqueued(ours, draft, number=3) != letter


def test_an_effect_has_one_letter_for_ever(ours: ClientStore) -> None:
    """A note or forward is written once, also after it was closed; its effect is done with its row."""
    mail_id, (effect,) = planned(ours, 1, "note")
    note = replace(new_letter(ours), mail_id=mail_id, effect_id=effect, kind="note")
    letter = ours.outbox.enqueue(note, "smtp", NOW)
    assert letter is not None
    assert ours.ledger.pending("imap") == ()
    ours.outbox.close(letter, LetterState.SENT, NOW)
    assert ours.outbox.enqueue(replace(note, message_id="<x@northwind.example>"), "smtp", NOW) is None


def test_a_message_id_goes_out_once(ours: ClientStore) -> None:
    """The database refuses a second letter of that name."""
    enqueued(ours)
    with pytest.raises(IntegrityError):
        ours.outbox.enqueue(new_letter(ours), "smtp", NOW)
    assert ours.outbox.knows_message_id("<letter-1@northwind.example>")
    assert not ours.outbox.knows_message_id("<letter-2@northwind.example>")


def test_equal_bytes_are_stored_once(store: Store, ours: ClientStore) -> None:
    """However many letters have them; of another client they are another's."""
    for number in (1, 2):
        enqueued(ours, number=number)
    with reading(store._engine) as tx:
        assert len(tx.execute(select(schema.content.c.id)).all()) == 1


# Claiming


def test_a_claim_leases_what_is_due(ours: ClientStore) -> None:
    """In order, not more than asked for, and nobody else gets the same row."""
    enqueued(ours, None, *(f"{n}@kunde.example" for n in range(5)))
    assert [row.recipient[0] for row in claim(ours, limit=3)] == ["0", "1", "2"]
    assert [row.recipient[0] for row in claim(ours, limit=9)] == ["3", "4"]
    assert claim(ours) == ()
    assert ours.outbox.due("smtp") is None
    assert ours.outbox.claim("other", NOW, 9) == ()


def test_each_lease_has_a_generation_of_its_own(ours: ClientStore) -> None:
    """A later lease is told from an earlier one."""
    enqueued(ours)
    (first,) = claim(ours)
    ours.outbox.release(first, NOW)
    (second,) = claim(ours)
    assert second.generation > first.generation
    assert second.attempts == 0


def test_what_is_past_its_time_expires(ours: ClientStore) -> None:
    """It is not sent days later; it ends in a named state."""
    enqueued(ours)
    assert ours.outbox.claim("smtp", EXPIRED, 5) == ()
    assert ours.outbox.counts() == {RowState.EXPIRED: 1}


def test_deferred_rows_come_when_it_is_time(ours: ClientStore) -> None:
    """Not before."""
    enqueued(ours)
    (row,) = claim(ours)
    settle(ours, row, RowState.DEFERRED, phase="rcpt", code=451, next_at=after(10))
    assert ours.outbox.due("smtp") == after(10)
    assert claim(ours, 9) == ()
    (again,) = claim(ours, 10)
    assert again.attempts == 1


# The commit before the dot


def test_the_dot_is_committed_first(store: Store, ours: ClientStore) -> None:
    """State and attempt are there before the server is told."""
    enqueued(ours)
    (row,) = claim(ours)
    assert ours.outbox.begin_sending(row, NOW)
    assert ours.outbox.counts() == {RowState.SENDING: 1}
    assert [(a.number, a.outcome, a.ended_at) for a in attempts(store)] == [(1, "sending", None)]


def test_no_dot_without_the_lease(ours: ClientStore) -> None:
    """Released, leased anew or begun already: the old lease counts no more."""
    enqueued(ours)
    (old,) = claim(ours)
    ours.outbox.release(old, NOW)
    assert not ours.outbox.begin_sending(old, NOW)
    (new,) = claim(ours)
    assert not ours.outbox.begin_sending(old, NOW)
    assert ours.outbox.begin_sending(new, NOW)
    assert not ours.outbox.begin_sending(new, NOW)


def test_no_dot_after_an_approval_was_taken_back(store: Store, ours: ClientStore) -> None:
    """The lease is fenced: the sender who holds it must close without the dot."""
    draft = laid(ours)
    enqueued(ours, draft)
    (row,) = claim(ours)
    assert ours.outbox.cancel(draft, NOW)
    assert not ours.outbox.begin_sending(row, NOW)
    assert attempts(store) == []
    assert ours.outbox.counts() == {RowState.CANCELLED: 1}


def test_no_dot_after_its_time(ours: ClientStore) -> None:
    """A row whose time ran out while it was leased expires; it doesn't stay leased until the next start."""
    enqueued(ours)
    (row,) = claim(ours)
    assert not ours.outbox.begin_sending(row, EXPIRED)
    assert ours.outbox.counts() == {RowState.EXPIRED: 1}
    assert len(ours.outbox.finished("smtp")) == 1


# The answer


@pytest.mark.parametrize("state", [RowState.SENT, RowState.FAILED, RowState.IN_DOUBT, RowState.DEFERRED])
def test_an_answer_after_the_dot(store: Store, ours: ClientStore, state: RowState) -> None:
    """It ends the attempt that was begun; there is no second one."""
    enqueued(ours)
    (row,) = claim(ours)
    ours.outbox.begin_sending(row, NOW)
    settle(ours, row, state, code=251)
    assert ours.outbox.counts() == {state: 1}
    assert [(a.number, a.outcome, a.code) for a in attempts(store)] == [(1, state, 251)]


def test_a_refusal_before_the_dot_is_an_attempt(store: Store, ours: ClientStore) -> None:
    """The recipient's own refusal counts."""
    enqueued(ours)
    (row,) = claim(ours)
    settle(ours, row, RowState.FAILED, phase="rcpt", code=550)
    assert [(a.number, a.outcome, a.code) for a in attempts(store)] == [(1, "failed", 550)]
    assert ours.outbox.finished("smtp")[0].rows == (("anna@kunde.example", RowState.FAILED, "ok"),)


def test_the_accounts_fault_costs_no_attempt(store: Store, ours: ClientStore) -> None:
    """A wrong password or a limit: the row waits again as it was."""
    enqueued(ours)
    (row,) = claim(ours)
    settle(ours, row, RowState.QUEUED, phase="auth", code=535, counts=False)
    assert attempts(store) == []
    (again,) = claim(ours)
    assert again.attempts == 0


def test_attempts_are_numbered(store: Store, ours: ClientStore) -> None:
    """Each with its outcome, before and after the dot mixed."""
    enqueued(ours)
    (row,) = claim(ours)
    settle(ours, row, RowState.DEFERRED, phase="rcpt", code=450, next_at=NOW)
    (row,) = claim(ours)
    ours.outbox.begin_sending(row, NOW)
    settle(ours, row, RowState.QUEUED, code=452, counts=False)
    (row,) = claim(ours)
    sent(ours, row)
    assert [(a.number, a.outcome) for a in attempts(store)] == [(1, "deferred"), (2, "queued"), (3, "sent")]


@pytest.mark.parametrize("late", [RowState.SENT, RowState.QUEUED, RowState.FAILED])
def test_a_late_answer_changes_nothing(ours: ClientStore, late: RowState) -> None:
    """Neither after the end of the attempt, nor by a lease that is no longer held, nor after a restart."""
    enqueued(ours)
    (old,) = claim(ours)
    ours.outbox.release(old, NOW)
    settle(ours, old, late)
    assert ours.outbox.counts() == {RowState.QUEUED: 1}
    (row,) = claim(ours)
    settle(ours, old, late)
    assert ours.outbox.counts() == {RowState.LEASED: 1}
    ours.outbox.begin_sending(row, NOW)
    ours.outbox.recover("smtp", NOW)
    settle(ours, row, late)
    assert ours.outbox.counts() == {RowState.IN_DOUBT: 1}


def test_sent_stays_sent(ours: ClientStore) -> None:
    """An error after the answer, as at QUIT, never turns it back."""
    enqueued(ours)
    (row,) = claim(ours)
    sent(ours, row)
    settle(ours, row, RowState.IN_DOUBT)
    ours.outbox.release(row, NOW)
    ours.outbox.recover("smtp", NOW)
    assert ours.outbox.counts() == {RowState.SENT: 1}


# After a crash


def test_a_restart_gives_leases_back_and_doubts_open_dots(store: Store, ours: ClientStore) -> None:
    """leased -> queued, sending -> in_doubt, always; nothing else is touched."""
    enqueued(ours, None, *(f"{n}@kunde.example" for n in range(4)))
    open_dot, leased, done = claim(ours, limit=3)
    sent(ours, done)
    ours.outbox.begin_sending(open_dot, NOW)
    assert ours.outbox.recover("smtp", after(5)) == (1, 1)
    assert ours.outbox.counts() == {RowState.IN_DOUBT: 1, RowState.QUEUED: 2, RowState.SENT: 1}
    assert [(a.outcome, a.ended_at) for a in attempts(store)] == [("sent", after(1)), ("in_doubt", after(5))]
    assert ours.outbox.recover("smtp", after(6)) == (0, 0)
    assert not ours.outbox.begin_sending(leased, NOW)
    assert {row.recipient[0] for row in claim(ours)} == {"1", "3"}


def test_doubt_is_never_sent_again_by_itself(ours: ClientStore) -> None:
    """Not due, not claimed, whatever the time."""
    enqueued(ours)
    (row,) = claim(ours)
    ours.outbox.begin_sending(row, NOW)
    ours.outbox.recover("smtp", NOW)
    assert ours.outbox.due("smtp") is None
    assert ours.outbox.claim("smtp", EXPIRED, 9) == ()
    assert ours.outbox.counts() == {RowState.IN_DOUBT: 1}


# Taking back


@pytest.mark.parametrize("state", [RowState.QUEUED, RowState.LEASED, RowState.DEFERRED, RowState.HELD])
def test_what_is_not_on_its_way_can_be_taken_back(ours: ClientStore, state: RowState) -> None:
    """All rows of the letter; afterwards the draft may be approved anew."""
    draft = laid(ours)
    enqueued(ours, draft, "anna@kunde.example", "bert@kunde.example")
    if state is not RowState.QUEUED:
        (row,) = claim(ours, limit=1)
        if state is not RowState.LEASED:
            settle(ours, row, state, next_at=after(5))
    assert ours.outbox.cancel(draft, NOW)
    assert ours.outbox.counts() == {RowState.CANCELLED: 2}
    assert ours.outbox.claim("smtp", after(9), 9) == ()
    assert ours.outbox.finished("smtp") == ()
    assert not ours.outbox.has_open_letter(draft)
    enqueued(ours, draft, number=2)


@pytest.mark.parametrize("state", [RowState.SENDING, RowState.SENT, RowState.IN_DOUBT, RowState.FAILED])
def test_what_is_on_its_way_cannot(ours: ClientStore, state: RowState) -> None:
    """One row is enough: then nothing is changed, and the others go out too."""
    draft = laid(ours)
    enqueued(ours, draft, "anna@kunde.example", "bert@kunde.example")
    (row,) = claim(ours, limit=1)
    ours.outbox.begin_sending(row, NOW)
    if state is not RowState.SENDING:
        settle(ours, row, state)
    assert not ours.outbox.cancel(draft, NOW)
    assert ours.outbox.counts() == {state: 1, RowState.QUEUED: 1}
    assert len(claim(ours)) == 1


def test_nothing_to_take_back(ours: ClientStore) -> None:
    """A draft without an open letter is free."""
    draft = laid(ours)
    assert ours.outbox.cancel(draft, NOW)
    assert not ours.outbox.has_open_letter(draft)


# Who has got it, and what is finished


@pytest.mark.parametrize(
    ("state", "counts"),
    [
        (RowState.SENT, True),
        (RowState.IN_DOUBT, True),
        (RowState.SENDING, True),
        (RowState.FAILED, False),
        (RowState.QUEUED, False),
        (RowState.DEFERRED, False),
    ],
)
def test_who_may_have_got_it(ours: ClientStore, state: RowState, counts: bool) -> None:
    """In lower case, over all letters of the draft, closed ones too."""
    draft = laid(ours)
    letter = enqueued(ours, draft, "Anna@kunde.example")
    (row,) = claim(ours)
    ours.outbox.begin_sending(row, NOW)
    if state is not RowState.SENDING:
        settle(ours, row, state, next_at=NOW)
    ours.outbox.close(letter, LetterState.SEND_FAILED, NOW)
    assert ours.outbox.reached(draft) == (frozenset({"anna@kunde.example"}) if counts else frozenset())
    assert ours.outbox.reached(draft + 1) == frozenset()


def test_finished_means_no_row_is_open(ours: ClientStore) -> None:
    """Queued, leased, sending, deferred or held: not yet."""
    draft = laid(ours)
    enqueued(ours, draft, "anna@kunde.example", "bert@kunde.example")
    first, second = claim(ours)
    sent(ours, first)
    assert ours.outbox.finished("smtp") == ()
    settle(ours, second, RowState.HELD)
    assert ours.outbox.finished("smtp") == ()


def test_a_finished_letter_tells_all(ours: ClientStore) -> None:
    """What the Sent copy and the report need: bytes, Bcc, where it lay, how each recipient fared; until closed."""
    draft = laid(ours)
    letter_id = enqueued(ours, draft, "anna@kunde.example", "bert@kunde.example")
    first, second = claim(ours)
    sent(ours, first)
    settle(ours, second, RowState.FAILED, code=550, text="no such user")
    (letter,) = ours.outbox.finished("smtp")
    assert (letter.id, letter.draft_id, letter.raw, letter.bcc) == (letter_id, draft, RAW, "Bcc: x@y.example")
    assert letter.sources == (Place("Freigegeben", 3, 1),)
    assert letter.rows == (
        ("anna@kunde.example", RowState.SENT, "ok"),
        ("bert@kunde.example", RowState.FAILED, "no such user"),
    )
    assert ours.outbox.finished("other") == ()
    ours.outbox.close(letter_id, LetterState.SEND_FAILED, NOW)
    assert ours.outbox.finished("smtp") == ()


def test_the_end_of_a_letter_is_that_of_its_draft(ours: ClientStore) -> None:
    """Draft, letter and notice in one transaction."""
    draft_id = laid(ours)
    letter = enqueued(ours, draft_id)
    before = ours.drafts.get(draft_id)
    after_ = replace(before, state=DraftState.IN_DOUBT, refused=((3, 1),))
    ours.outbox.close(letter, LetterState.IN_DOUBT, NOW, draft=(before, after_), notice=notice(ours))
    assert ours.drafts.get(draft_id) == after_
    assert [filing.purpose for filing in ours.drafts.filings("imap")] == ["notice"]
    assert not ours.outbox.has_open_letter(draft_id)

"""Automatic answers in the outbox: what was judged before is asked once more in the transaction that enters them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import select

from maild.core.action import Answer
from maild.core.answering import PER_CLIENT, PER_DOMAIN
from maild.core.memory import MailKey
from maild.store import schema
from maild.store.engine import reading
from maild.store.outbox import ANSWER_LIFETIME
from maild.store.records import LetterState, NewEffect, NewLetter, Refusal
from maild.store.store import ClientStore, Store
from tests.store.rows import NOW, RAW, after, arrival, enqueued

ANSWER = Answer("closed")
ANNA, BERT = "anna@kunde.example", "bert@kunde.example"
ALREADY = "this sender has had this answer within the last 7 days"


def planned(
    client: ClientStore, uid: int, sender: str = ANNA, refers_to: tuple[str, ...] = ()
) -> tuple[NewLetter, MailKey]:
    """A mail whose answer is planned: the letter, and what its past is asked by."""
    found = replace(arrival(uid), sender=sender, refers_to=refers_to)
    client.ledger.cursor("imap", "INBOX", 7, 1, from_start=True)
    client.ledger.admit("imap", "INBOX", 7, [found], uid + 1, NOW)
    mail_id = next(row.id for row in client.ledger.waiting("imap") if row.place.uid == uid)
    client.ledger.plan(mail_id, ("rule",), "v1", [NewEffect("rule", "answer", {"template": "closed"})], NOW)
    (effect_id,) = (
        e.id for mail, effects in client.ledger.pending("imap") for e in effects if mail.id == mail_id
    )
    letter = NewLetter(
        kind="answer",
        message_id=f"<answer-{uid}@{client.name}.example>",
        envelope_from=f"info@{client.name}.example",
        recipients=(sender,),
        raw=RAW,
        mail_id=mail_id,
        effect_id=effect_id,
        template="closed",
    )
    return letter, MailKey(sender, refers_to, found.message_id, mail_id)


def answered(
    client: ClientStore,
    uid: int,
    sender: str = ANNA,
    minute: float = 0,
    *,
    recipient: str = "",
    **more: object,
) -> int | Refusal | None:
    """What becomes of an answer to a mail of that sender."""
    letter, key = planned(client, uid, sender, **more)  # type: ignore[arg-type]
    letter = replace(letter, recipients=(recipient or sender,))
    return client.outbox.answer(letter, "smtp", ANSWER, key, after(minute))


def effects(store: Store) -> list[tuple[str, str]]:
    """State and detail of all effects."""
    with reading(store._engine) as tx:
        rows = tx.execute(select(schema.effect.c.state, schema.effect.c.detail).order_by(schema.effect.c.id))
        return [(row.state, row.detail) for row in rows]


def test_an_answer_waits_a_day_and_behind_letters(store: Store, ours: ClientStore) -> None:
    """The reply that a person waits for goes first, though it came later; the effect is done with the row."""
    assert isinstance(answered(ours, 1), int)
    enqueued(ours)
    first, second = ours.outbox.claim("smtp", NOW, 5)
    assert (first.letter_id, second.letter_id) == (2, 1)
    assert second.expires_at == NOW + ANSWER_LIFETIME
    assert effects(store) == [("done", "")]
    assert ours.ledger.pending("imap") == ()


def test_asked_twice_an_answer_stands_there_once(ours: ClientStore) -> None:
    """As after a crash: the effect has its letter already, and that is no refusal."""
    letter, key = planned(ours, 1)
    assert isinstance(ours.outbox.answer(letter, "smtp", ANSWER, key, NOW), int)
    again = replace(letter, message_id="<another@northwind.example>")
    assert ours.outbox.answer(again, "smtp", ANSWER, key, NOW) is None
    assert ours.outbox.counts() == {"queued": 1}


def test_a_refusal_ends_the_effect(store: Store, ours: ClientStore) -> None:
    """With the reason; the mail waits for nothing more."""
    answered(ours, 1)
    assert answered(ours, 2) == Refusal(ALREADY)
    assert effects(store) == [("done", ""), ("failed", ALREADY)]
    assert ours.ledger.pending("imap") == ()
    assert ours.outbox.counts() == {"queued": 1}


def test_of_many_at_once_one_goes(ours: ClientStore) -> None:
    """All were judged before any was entered: the transaction decides."""
    waiting = [planned(ours, uid) for uid in range(1, 9)]
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(
            pool.map(lambda pair: ours.outbox.answer(pair[0], "smtp", ANSWER, pair[1], NOW), waiting)
        )
    assert sum(isinstance(outcome, int) for outcome in outcomes) == 1
    assert sum(outcome == Refusal(ALREADY) for outcome in outcomes) == 7
    assert ours.outbox.counts() == {"queued": 1}


@pytest.mark.parametrize(
    ("sender", "recipient", "minutes", "goes"),
    [
        (ANNA, ANNA, 7 * 24 * 60 - 1, False),
        (ANNA, ANNA, 7 * 24 * 60, True),
        (ANNA, "other@path.example", 1, False),
        (BERT, "Path-1@Path.example", 1, False),
        (BERT, BERT, 1, True),
    ],
)
def test_writer_and_recipient_are_one_person(
    ours: ClientStore, sender: str, recipient: str, minutes: float, goes: bool
) -> None:
    """A robot may change From or Return-Path from mail to mail: either is enough to know it by, for the time given."""
    answered(ours, 1, ANNA, recipient="path-1@path.example")
    outcome = answered(ours, 2, sender, minutes, recipient=recipient)
    assert outcome == Refusal(ALREADY) if not goes else isinstance(outcome, int)


def test_another_template_goes(ours: ClientStore) -> None:
    """The time is the template's own."""
    answered(ours, 1)
    letter, key = planned(ours, 2)
    moved = replace(letter, template="moved")
    assert isinstance(ours.outbox.answer(moved, "smtp", Answer("moved"), key, NOW), int)


@pytest.mark.parametrize("named", ["<answer-1@northwind.example>", "<frage-1@kunde.example>"])
def test_one_answer_in_a_thread(ours: ClientStore, named: str) -> None:
    """A year later, by another sender of the thread, named by our answer or by the mail that was answered."""
    answered(ours, 1)
    outcome = answered(ours, 2, BERT, 365 * 24 * 60, refers_to=(named,))
    assert outcome == Refusal("the thread has had an automatic answer already")


def test_caps_count_what_went_out_within_a_day(ours: ClientStore) -> None:
    """Per domain, whatever stands before the @, and per client; a day later all is open again."""
    for uid in range(1, PER_DOMAIN + 1):
        assert isinstance(answered(ours, uid, f"robot-{uid}@robots.example"), int)
    refused = answered(ours, 50, "robot-50@robots.example", 24 * 60 - 1)
    assert refused == Refusal("20 automatic answers have gone to the sender's domain within 24 hours")
    assert isinstance(answered(ours, 51, "robot-51@robots.example", 24 * 60), int)
    for uid in range(100, 99 + PER_CLIENT - PER_DOMAIN):
        assert isinstance(answered(ours, uid, f"x@customer-{uid}.example"), int)
    refused = answered(ours, 300, BERT)
    assert refused == Refusal("100 automatic answers have gone out for this client within 24 hours")


def test_a_competitors_answers_do_not_count(ours: ClientStore, theirs: ClientStore) -> None:
    """They share the customer, and neither learns of the other by a missing answer."""
    answered(theirs, 1)
    assert isinstance(answered(ours, 1), int)


@pytest.mark.parametrize("state", [LetterState.CANCELLED, LetterState.SEND_FAILED])
def test_an_answer_that_nobody_got_does_not_count(ours: ClientStore, state: LetterState) -> None:
    """Cancelled, or refused by the server: as the rules are told, too."""
    letter_id = answered(ours, 1)
    assert isinstance(letter_id, int)
    ours.outbox.close(letter_id, state, NOW)
    assert isinstance(answered(ours, 2, minute=1), int)


def test_replies_and_notes_are_no_answers(ours: ClientStore) -> None:
    """A person's letter to the same customer stands in no answer's way."""
    enqueued(ours, None, ANNA)
    assert isinstance(answered(ours, 1), int)

"""What the past holds for a batch of mails: this client's, of these senders and threads, and nothing else."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import event

from maild.core.contact import Relationship
from maild.core.history import Letter
from maild.core.lifecycle import DraftState
from maild.core.memory import MOST_MAILS, Memory, Past, Sent, key_of
from maild.core.message import Address, Mail
from maild.store import engine
from maild.store.records import Arrival, EffectState, LetterState, NewEffect, RowState, Sight
from maild.store.store import ClientStore, Store
from tests.store.rows import NOW, RAW, after, arrival, laid, new_draft, new_letter

ANNA = "anna@kunde.example"


def came(client: ClientStore, uid: int, sender: str = ANNA, when: datetime = NOW, *refers_to: str) -> int:
    """The ledger id of a mail from somebody."""
    new: Arrival = replace(arrival(uid), sender=sender, received_at=when, refers_to=refers_to)
    client.ledger.cursor("imap", "INBOX", 7, 1, from_start=True)
    client.ledger.admit("imap", "INBOX", 7, [new], uid + 1, NOW)
    return next(row.id for row in client.ledger.waiting("imap") if row.place.uid == uid)


def plan(client: ClientStore, mail_id: int, action: str, when: datetime = NOW, **value: str) -> int:
    """The id of an effect that is planned for a mail."""
    client.ledger.plan(mail_id, ("r",), "v", [NewEffect("r", action, value)], when)
    return next(e.id for mail, found in client.ledger.pending("imap") for e in found if mail.id == mail_id)


def sent(
    client: ClientStore, number: int, *recipients: str, state: RowState = RowState.SENT, **values: object
) -> int:
    """The id of a letter that was sent, or whose rows ended otherwise."""
    letter = replace(new_letter(client, None, *recipients, number=number), **values)  # type: ignore[arg-type]
    letter_id = client.outbox.enqueue(letter, "smtp", NOW)
    assert letter_id is not None
    for row in client.outbox.claim("smtp", NOW, 9):
        client.outbox.begin_sending(row, NOW)
        client.outbox.settle(row, state, after(number), phase="dot", code=250, text="ok")
    return letter_id


def past(client: ClientStore, *senders: str, ids: tuple[str, ...] = (), now: datetime = NOW) -> Past:
    """What is known."""
    return client.history.past(senders or (ANNA,), ids, now)


# Mails


def test_earlier_mails_of_the_sender(ours: ClientStore) -> None:
    """All but a second copy; of another sender only when asked for."""
    came(ours, 1, when=after(-9))
    came(ours, 2, "b@x.example", after(-8))
    ours.ledger.set_aside(came(ours, 3, when=after(-7)), "x", NOW)
    copy = replace(arrival(4, arrival(1).fingerprint), sender=ANNA)
    ours.ledger.admit("imap", "INBOX", 7, [copy], 5, NOW)
    found = past(ours)
    assert sorted((mail.key.mail_id, mail.key.message_id, mail.when) for mail in found.received) == [
        (1, "<frage-1@kunde.example>", after(-9)),
        (3, "<frage-3@kunde.example>", after(-7)),
    ]
    assert {mail.key.sender for mail in past(ours, "b@x.example").received} == {"b@x.example"}


def test_a_machine_that_writes_every_minute_is_not_remembered_whole(ours: ClientStore) -> None:
    """The newest thousand."""
    ours.ledger.cursor("imap", "INBOX", 7, 1, from_start=True)
    mails = [replace(arrival(n), sender=ANNA, received_at=after(n)) for n in range(1, MOST_MAILS + 51)]
    ours.ledger.admit("imap", "INBOX", 7, mails, 9_999, NOW)
    found = [mail.when for mail in past(ours).received]
    assert (len(found), min(found)) == (MOST_MAILS, after(51))


def test_mail_without_sender_has_no_past(ours: ClientStore) -> None:
    """It is not all mail without sender."""
    came(ours, 1, "")
    assert past(ours, "").received == ()
    assert past(ours, "").senders == {""}


# Letters


def test_letters_that_left_the_house(ours: ClientStore) -> None:
    """Replies and answers that were sent, to whatever spelling of the address; no note, nothing still waiting."""
    sent(ours, 1, "Anna@Kunde.example", "b@x.example", template="offer")
    sent(ours, 2, kind="answer", template="closed")
    sent(ours, 3, kind="note")
    sent(ours, 4, state=RowState.FAILED)
    ours.outbox.enqueue(new_letter(ours, number=5), "smtp", NOW)
    assert past(ours).sent == (Sent(ANNA, after(1), "offer"), Sent(ANNA, after(2), "closed"))
    assert past(ours, "b@x.example").sent == (Sent("b@x.example", after(1), "offer"),)


def test_a_reply_has_the_template_of_its_draft(ours: ClientStore) -> None:
    """Where the letter itself doesn't say it."""
    sent(ours, 1, draft_id=laid(ours))
    assert past(ours).sent == (Sent(ANNA, after(1), "offer-request"),)


def test_letters_that_she_sent_herself(ours: ClientStore) -> None:
    """To each who got one, with the draft's template; a draft that was rejected is no letter."""
    mail_id = came(ours, 1, "form@shop.example")
    for number, state in enumerate((DraftState.SENT_BY_SECRETARY, DraftState.REJECTED)):
        mail_id = came(ours, number + 1, "form@shop.example")
        new = replace(
            new_draft(ours, mail_id, plan(ours, mail_id, "draft")),
            recipients=("Anna@kunde.example", "c@x.example"),
        )
        draft = ours.drafts.get(ours.drafts.open(new, RAW, (), "drafts", NOW))
        ours.drafts.transition(draft, replace(draft, state=state), after(3))
    assert past(ours).sent == (Sent(ANNA, after(3), "offer-request"),)
    assert past(ours, "form@shop.example").sent == ()


def test_which_message_ids_are_letters_of_ours(ours: ClientStore) -> None:
    """Sent by maild, or found in Sent as a draft's; not a note, not a cancelled one, not what is unknown."""
    draft = laid(ours)
    ours.ledger.cursor("imap", "Sent", 8, 1, from_start=False)
    sights = [Sight(3, draft, "<thunderbird@kanzlei.example>"), Sight(4, None, "<private@kanzlei.example>")]
    ours.drafts.sight("imap", "sent", "Sent", 8, sights, 5, NOW)
    ours.drafts.sight("imap", "drafts", "Drafts", 8, [Sight(6, draft, "<drafts@kanzlei.example>")], 7, NOW)
    sent(ours, 1)
    sent(ours, 2, kind="note")
    ours.outbox.close(sent(ours, 3), LetterState.CANCELLED, NOW)
    names = [f"<letter-{n}@northwind.example>" for n in (1, 2, 3, 4)]
    names += [f"<{name}@kanzlei.example>" for name in ("thunderbird", "private", "drafts")]
    found = past(ours, ids=tuple(names))
    assert found.ours == {"<letter-1@northwind.example>", "<thunderbird@kanzlei.example>"}
    assert found.message_ids == set(names)


# Automatic answers


def test_answers_of_the_last_day_are_told_whoever_got_them(ours: ClientStore) -> None:
    """For the caps of domain and client; older ones only where sender or thread are asked for."""
    sent(ours, 1, "c@x.example", kind="answer", template="closed")
    assert [answer.template for answer in past(ours, now=after(60)).answers] == ["closed"]
    assert past(ours, now=NOW + timedelta(days=2)).answers == ()


@pytest.mark.parametrize(
    ("senders", "ids"),
    [
        ([ANNA], []),
        (["reply-to@kunde.example"], []),
        ([], ["<frage-1@kunde.example>"]),
        ([], ["<letter-2@northwind.example>"]),
    ],
    ids=["who wrote", "who got it", "the mail", "the answer"],
)
def test_old_answers_are_found_by_person_and_by_thread(
    ours: ClientStore, senders: list[str], ids: list[str]
) -> None:
    """Each of the four ways, months later; with all that tells another mail of the thread."""
    mail_id = came(ours, 1, ANNA, NOW, "<root@kunde.example>")
    effect = plan(ours, mail_id, "answer", template="closed")
    values = {"kind": "answer", "template": "closed", "mail_id": mail_id, "effect_id": effect}
    sent(ours, 2, "Reply-To@kunde.example", **values)
    (answer,) = ours.history.past(senders, ids, NOW + timedelta(days=90)).answers
    assert answer.addresses == {ANNA, "reply-to@kunde.example"}
    assert answer.thread == {
        "<root@kunde.example>",
        "<frage-1@kunde.example>",
        "<letter-2@northwind.example>",
    }
    assert (answer.template, answer.when, answer.mail_id) == ("closed", NOW, mail_id)


def test_a_planned_answer_is_an_answer(ours: ClientStore) -> None:
    """From the moment at which it is planned, and once: not a second time when it stands in the outbox."""
    mail_id = came(ours, 1)
    effect = plan(ours, mail_id, "answer", after(5), template="closed")
    (answer,) = past(ours).answers
    assert (answer.addresses, answer.template, answer.when) == ({ANNA}, "closed", after(5))
    ours.outbox.enqueue(
        replace(new_letter(ours), kind="answer", template="closed", mail_id=mail_id, effect_id=effect),
        "smtp",
        NOW,
    )
    assert len(past(ours).answers) == 1


@pytest.mark.parametrize("state", [LetterState.CANCELLED, LetterState.SEND_FAILED])
def test_an_answer_that_nobody_got_is_none(ours: ClientStore, state: LetterState) -> None:
    """Cancelled, or refused by the server."""
    ours.outbox.close(sent(ours, 1, kind="answer"), state, NOW)
    assert past(ours).answers == ()


def test_an_answer_that_failed_before_it_was_written_is_none(ours: ClientStore) -> None:
    """Its effect is closed."""
    ours.ledger.finish(plan(ours, came(ours, 1), "answer", template="x"), EffectState.FAILED, NOW)
    assert past(ours).answers == ()


# Relations


def test_relations_stored_and_planned(ours: ClientStore) -> None:
    """The one that was planned last has the last word; nobody else's is told."""
    ours.relations.set(
        ANNA, Relationship.CUSTOMER, plan(ours, came(ours, 1), "relate", relationship="customer"), NOW
    )
    assert past(ours, ANNA, "b@x.example").relations == {ANNA: Relationship.CUSTOMER}
    plan(ours, came(ours, 2), "relate", relationship="vip")
    plan(ours, came(ours, 3, "c@x.example"), "relate", relationship="blocked")
    assert past(ours, ANNA, "b@x.example").relations == {ANNA: Relationship.VIP}


# All together


def test_competitors_share_a_customer_and_no_past(ours: ClientStore, theirs: ClientStore) -> None:
    """The same sender, thread and letters at the other client leave nothing here."""
    mail_id = came(theirs, 1)
    effect = plan(theirs, mail_id, "relate", relationship="vip")
    theirs.relations.set(ANNA, Relationship.VIP, effect, NOW)
    sent(theirs, 1, kind="answer", template="closed", mail_id=mail_id)
    plan(theirs, came(theirs, 2), "answer", template="closed")
    found = past(ours, ids=("<letter-1@brugman.example>", "<frage-1@kunde.example>"))
    assert found == Past(found.senders, found.message_ids)
    assert past(theirs).answers
    assert past(theirs).relations


def test_a_large_batch_asks_few_questions(store: Store, ours: ClientStore) -> None:
    """200 mails with long threads: some dozens of statements, not one for each mail."""
    statements: list[str] = []
    event.listen(store._engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    senders = {f"kunde{number}@x.example" for number in range(200)}
    ids = {f"<{number}@x.example>" for number in range(200 * 21)}
    ours.history.past(senders, ids, NOW)
    assert len(statements) < 60
    slow = [each for each in statements if each.startswith("SELECT") and scans(store, each)]
    assert slow == []


def scans(store: Store, statement: str) -> bool:
    """Whether a statement reads one of the tables that grow from end to end."""
    with closing(sqlite3.connect(store._engine.url.database or "")) as connection:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}", [None] * statement.count("?")).fetchall()
    return any(
        f"SCAN {table}" in row[3]
        for row in plan
        for table in ("mail", "letter", "outbox", "sighting", "effect")
    )


def test_the_memory_is_made_of_it(ours: ClientStore) -> None:
    """The same names on both sides: what the ledger has of a mail is what history asks by."""
    mail = Mail(
        message_id="<x@x>", from_=(Address("Anna@kunde.example"),), in_reply_to="<letter-1@northwind.example>"
    )
    sent(ours, 1, template="offer")
    key = key_of(mail)
    memory = Memory(ours.history.past({key.sender}, key.refers_to, NOW))
    history = memory.history(key, after(5), after(5))
    assert history.in_our_thread
    assert history.letters == (Letter("offer", after(1)),)


def test_letters_from_before_the_upgrade_are_found(tmp_path: Path) -> None:
    """Revision 0001 kept recipients as written only; the upgrade makes them findable, and keeps every row."""
    url = "sqlite:///old.db"
    old = engine.open_engine(url, tmp_path)
    config = engine._alembic()
    with old.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.commit()
    old.dispose()
    when = "2026-11-01 00:00:00.000000"
    with closing(sqlite3.connect(tmp_path / "old.db")) as connection, connection:
        connection.execute("INSERT INTO client VALUES ('northwind')")
        connection.execute("INSERT INTO content VALUES (1, 'northwind', 'x', 'x')")
        connection.execute(
            "INSERT INTO letter (id, client, kind, message_id, envelope_from, bcc, content_id, sources, state,"
            " created_at) VALUES (1, 'northwind', 'reply', '<a@x>', 'x@y', '', 1, '[]', 'sent', ?)",
            [when],
        )
        connection.execute(
            "INSERT INTO outbox (client, letter_id, account, recipient, prio, state, generation, attempts,"
            " next_at, expires_at, reason, updated_at)"
            " VALUES ('northwind', 1, 'smtp', 'Anna@Kunde.example', 0, 'sent', 1, 1, ?, ?, '', ?)",
            [when] * 3,
        )
    store = Store.open(url, tmp_path, may_upgrade=True)
    assert store.client("northwind").history.past({ANNA}, {"<a@x>"}, NOW) == Past(
        frozenset({ANNA}),
        frozenset({"<a@x>"}),
        sent=(Sent(ANNA, datetime(2026, 11, 1, tzinfo=UTC)),),
        ours=frozenset({"<a@x>"}),
    )
    store.close()

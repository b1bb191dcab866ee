"""Whatever one client's objects are asked, another client's rows are neither returned nor changed.

Every public method is called on one client's object with ids, tokens and Message-IDs of the other's. A new method
fails the test until it stands in the list.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from maild.core.lifecycle import DraftState
from maild.store import schema
from maild.store.accounts import Accounts
from maild.store.drafts import Drafts
from maild.store.engine import reading
from maild.store.ledger import Ledger
from maild.store.outbox import Outbox
from maild.store.records import (
    EffectState,
    LetterState,
    MailState,
    NewEffect,
    Place,
    RowState,
    Sight,
)
from maild.store.store import ClientStore, Store
from tests.store.rows import (
    NOW,
    RAW,
    admitted,
    after,
    arrival,
    enqueued,
    laid,
    new_draft,
    new_letter,
    notice,
    planned,
)


class Other:
    """The competitor's rows, at least one in each state that a method looks for, and their ids."""

    def __init__(self, client: ClientStore) -> None:
        self.client = client
        self.mail, self.effects = planned(client, 1, "move", "copy")
        self.seen_mail = admitted(client, 2)
        client.ledger.set_aside(admitted(client, 3), "brugman: left for a person", NOW)
        self._letters(client)
        self._drafts(client)
        client.accounts.failed("smtp", "brugman is locked out", NOW, None)

    def _letters(self, client: ClientStore) -> None:
        """One delivered, one at its dot, one leased and one waiting; the first and third are of drafts."""
        self.sent_draft = laid(client, 4)
        enqueued(client, self.sent_draft, number=1)
        (delivered,) = client.outbox.claim("smtp", NOW, 5)
        client.outbox.begin_sending(delivered, NOW)
        client.outbox.settle(delivered, RowState.SENT, NOW, phase="dot", code=250, text="ok")
        enqueued(client, number=2)
        (self.sending,) = client.outbox.claim("smtp", NOW, 5)
        client.outbox.begin_sending(self.sending, NOW)
        self.draft = laid(client, 5)
        self.letter = enqueued(client, self.draft, number=3)
        (self.row,) = client.outbox.claim("smtp", NOW, 5)
        mail_id, (self.note,) = planned(client, 6, "note")
        note = replace(new_letter(client, number=4), mail_id=mail_id, effect_id=self.note)
        assert client.outbox.enqueue(note, "smtp", NOW)

    def _drafts(self, client: ClientStore) -> None:
        """One open, with a sighting beside a stray; one closed; a notice to be laid."""
        self.as_drafted = client.drafts.get(self.draft)
        closed = client.drafts.get(laid(client, 7))
        client.drafts.transition(closed, replace(closed, state=DraftState.SENT), NOW)
        self.closed_token = closed.token
        client.drafts.file(notice(client, draft_id=self.draft), NOW)
        (self.filing,) = (filing.id for filing in client.drafts.filings("imap"))
        client.ledger.cursor("imap", "Drafts", 8, 50, from_start=False)
        seen = [Sight(50, self.draft, "<x@brugman.example>"), Sight(51, None, "<y@brugman.example>")]
        client.drafts.sight("imap", "drafts", "Drafts", 8, seen, 52, NOW)
        self.sighting = client.drafts.sightings("imap")[0].id


Call = Callable[[ClientStore, Other], Any]

CALLS: dict[str, Call] = {
    "Ledger.cursor": lambda us, x: us.ledger.cursor("imap", "INBOX", 99, 99, from_start=True),
    "Ledger.admit": lambda us, x: us.ledger.admit("imap", "INBOX", 7, [arrival(1), arrival(2)], 99, NOW),
    "Ledger.waiting": lambda us, x: us.ledger.waiting("imap"),
    "Ledger.mail": lambda us, x: us.ledger.mail(x.mail),
    "Ledger.newest": lambda us, x: us.ledger.newest(99),
    "Ledger.by_message_id": lambda us, x: us.ledger.by_message_id("<frage-1@kunde.example>") or None,
    "Ledger.plan": lambda us, x: us.ledger.plan(x.seen_mail, ("r",), "v", [NewEffect("r", "keep", {})], NOW),
    "Ledger.pending": lambda us, x: us.ledger.pending("imap"),
    "Ledger.start": lambda us, x: us.ledger.start(x.effects, 1, 1, NOW),
    "Ledger.finish": lambda us, x: us.ledger.finish(
        x.effects[0], EffectState.DONE, NOW, place=Place("X", 1, 1)
    ),
    "Ledger.set_aside": lambda us, x: us.ledger.set_aside(x.mail, "x", NOW, state=MailState.GONE),
    "Ledger.stumble": lambda us, x: us.ledger.stumble(x.mail, "x", NOW),
    "Drafts.open": lambda us, x: us.drafts.open(new_draft(us, x.mail, x.effects[0]), RAW, (), "drafts", NOW),
    "Drafts.get": lambda us, x: us.drafts.get(x.draft),
    "Drafts.open_drafts": lambda us, x: us.drafts.open_drafts("imap"),
    "Drafts.watched": lambda us, x: us.drafts.watched("imap") or None,
    "Drafts.match": lambda us, x: (
        us.drafts.match("imap", [x.as_drafted.token], [x.as_drafted.message_id]) or None
    ),
    "Drafts.closed": lambda us, x: us.drafts.closed(x.closed_token),
    "Drafts.sight": lambda us, x: us.drafts.sight(
        "imap", "sent", "Drafts", 8, [Sight(50, None, "y")], 99, NOW
    ),
    "Drafts.sight of theirs": lambda us, x: us.drafts.sight(
        "imap", "sent", "Drafts", 8, [Sight(60, x.draft, "y")], 99, NOW
    ),
    "Drafts.sightings": lambda us, x: us.drafts.sightings("imap"),
    "Drafts.gone": lambda us, x: us.drafts.gone([x.sighting], NOW),
    "Drafts.transition": lambda us, x: us.drafts.transition(
        x.as_drafted,
        replace(x.as_drafted, state=DraftState.APPROVED),
        NOW,
        notice=notice(us, "n2", draft_id=x.draft),
    ),
    "Drafts.file": lambda us, x: us.drafts.file(notice(us, "n3", letter_id=x.letter), NOW),
    "Drafts.laid": lambda us, x: us.drafts.laid(x.draft, Place("X", 1, 1), NOW),
    "Drafts.filings": lambda us, x: us.drafts.filings("imap"),
    "Drafts.begin_filing": lambda us, x: us.drafts.begin_filing(x.filing, NOW),
    "Drafts.filed": lambda us, x: us.drafts.filed(x.filing, NOW),
    "Drafts.counts": lambda us, x: us.drafts.counts() or None,
    "Outbox.enqueue": lambda us, x: us.outbox.enqueue(new_letter(us, x.draft), "smtp", NOW),
    "Outbox.enqueue of an effect": lambda us, x: us.outbox.enqueue(
        replace(new_letter(us), effect_id=x.note), "smtp", NOW
    ),
    "Outbox.recover": lambda us, x: us.outbox.recover("smtp", NOW),
    "Outbox.due": lambda us, x: us.outbox.due("smtp"),
    "Outbox.claim": lambda us, x: us.outbox.claim("smtp", after(10_000), 99),
    "Outbox.begin_sending": lambda us, x: us.outbox.begin_sending(x.row, NOW) or None,
    "Outbox.settle": lambda us, x: us.outbox.settle(
        x.sending, RowState.SENT, NOW, phase="dot", code=250, text="ok"
    ),
    "Outbox.release": lambda us, x: us.outbox.release(x.row, NOW),
    "Outbox.cancel": lambda us, x: us.outbox.cancel(x.draft, NOW),
    "Outbox.has_open_letter": lambda us, x: us.outbox.has_open_letter(x.draft) or None,
    "Outbox.reached": lambda us, x: us.outbox.reached(x.sent_draft) or None,
    "Outbox.finished": lambda us, x: us.outbox.finished("smtp"),
    "Outbox.close": lambda us, x: us.outbox.close(
        x.letter, LetterState.SENT, NOW, draft=(x.as_drafted, replace(x.as_drafted, state=DraftState.SENT))
    ),
    "Outbox.counts": lambda us, x: us.outbox.counts() or None,
    "Outbox.knows_message_id": lambda us, x: us.outbox.knows_message_id("<letter-3@brugman.example>") or None,
    "Accounts.register": lambda us, x: us.accounts.register("imap", "smtp"),
    "Accounts.succeeded": lambda us, x: us.accounts.succeeded("smtp", NOW),
    "Accounts.failed": lambda us, x: us.accounts.failed("imap", "x", NOW, NOW),
    "Accounts.health": lambda us, x: us.accounts.health(),
    "Accounts.mail_counts": lambda us, x: us.accounts.mail_counts() or None,
    "Accounts.set_aside": lambda us, x: us.accounts.set_aside(),
}
REFUSED = {
    "Ledger.mail",
    "Ledger.finish",
    "Ledger.stumble",
    "Drafts.open",
    "Drafts.get",
    "Drafts.sight of theirs",
    "Drafts.transition",
    "Drafts.file",
    "Outbox.enqueue",
    "Outbox.enqueue of an effect",
}
"""What names another client's row outright: no such row, or a foreign key that fails."""

MAY_ANSWER = {"Ledger.cursor", "Ledger.admit", "Outbox.recover", "Outbox.cancel", "Accounts.health"}
"""What answers something even to a client that has nothing: checked to be its own by the words in it."""


def snapshot(store: Store, client: str) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of one client, of every table."""
    with reading(store._engine) as tx:
        return {
            table.name: sorted(
                (tuple(map(repr, row)) for row in tx.execute(select(table).where(table.c.client == client))),
            )
            for table in schema.metadata.sorted_tables
            if table.name != "client"
        }


def test_every_public_method_is_tried() -> None:
    """A method that is missing in the list would not be tested."""
    public = {
        f"{kind.__name__}.{name}"
        for kind in (Ledger, Drafts, Outbox, Accounts)
        for name in vars(kind)
        if not name.startswith("_")
    }
    assert public == {call.partition(" ")[0] for call in CALLS}


@pytest.mark.parametrize("method", CALLS)
def test_another_clients_rows_are_out_of_reach(
    store: Store, ours: ClientStore, theirs: ClientStore, method: str
) -> None:
    """Refused, or without any effect on them and without an answer from them."""
    other = Other(theirs)
    before = snapshot(store, "brugman")
    assert all(before.values()), "a table without a row of theirs would prove nothing"
    try:
        answer = CALLS[method](ours, other)
    except SQLAlchemyError:
        assert method in REFUSED
        answer = None
    assert snapshot(store, "brugman") == before
    assert "brugman" not in repr(answer)
    if method not in MAY_ANSWER:
        assert answer in (None, (), 0)


def test_each_client_sees_its_own(theirs: ClientStore) -> None:
    """The same questions, asked of its own rows, are answered: the test above does not pass for want of rows."""
    other = Other(theirs)
    asked = {
        name: CALLS[name](theirs, other)
        for name in CALLS.keys() - {"Ledger.set_aside"}
        if name.partition(".")[2] in {
            "waiting", "mail", "newest", "by_message_id", "pending", "get", "open_drafts", "watched", "match", "closed",
            "sightings", "filings", "counts", "due", "has_open_letter", "reached", "finished", "knows_message_id",
            "health", "mail_counts", "set_aside",
        }
    }  # fmt: skip
    assert len(asked) == 22
    assert [name for name, answer in asked.items() if not answer] == []


def test_equal_things_of_two_clients_are_two(ours: ClientStore, theirs: ClientStore) -> None:
    """Competitors share customers: the same mail, the same letter, the same Message-ID are each client's own."""
    letter = new_letter(theirs)
    for client in (theirs, ours):
        client.ledger.cursor("imap", "INBOX", 7, 1, from_start=True)
        assert client.ledger.admit("imap", "INBOX", 7, [arrival(1)], 2, NOW) == 0
        assert [row.state for row in client.ledger.waiting("imap")] == [MailState.SEEN]
        client.drafts.file(notice(theirs), NOW)
        assert len(client.drafts.filings("imap")) == 1
        assert client.outbox.enqueue(letter, "smtp", NOW) is not None
        assert [row.raw for row in client.outbox.claim("smtp", NOW, 5)] == [RAW]

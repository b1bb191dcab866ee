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

from maild.core.action import Answer
from maild.core.contact import Relationship
from maild.core.lifecycle import DraftState
from maild.core.memory import MailKey, Past
from maild.core.morning import Work
from maild.core.reminder import ReminderState
from maild.store import schema
from maild.store.accounts import Accounts
from maild.store.drafts import Drafts
from maild.store.engine import reading
from maild.store.history import Histories
from maild.store.jobs import Jobs
from maild.store.ledger import Ledger
from maild.store.moves import Moves
from maild.store.orders import JobState, Return, Undo, Which
from maild.store.outbox import Outbox
from maild.store.overview import Overview, Patience
from maild.store.own import OwnLetters
from maild.store.pauses import Pauses
from maild.store.records import (
    EffectState,
    LetterState,
    MailState,
    NewEffect,
    Place,
    RowState,
    Sight,
    Verdict,
)
from maild.store.relations import Relations
from maild.store.reminders import Reminders
from maild.store.store import ClientStore, Store
from tests.store.rows import (
    NOW,
    RAW,
    admitted,
    after,
    arrival,
    enqueued,
    laid,
    new_apply,
    new_draft,
    new_letter,
    notice,
    past_mail,
    planned,
    portion,
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
        self._rules(client)
        self._own(client)
        self._jobs(client)
        self._reminders(client)

    def _reminders(self, client: ClientStore) -> None:
        """One that is due and told, one that is not, and a draft that could not be written."""
        _, (self.told, self.untold) = planned(client, 40, "remind", "remind")
        for effect in (self.told, self.untold):
            client.reminders.add(effect, NOW, NOW)
        first, self.reminder = client.reminders.to_examine("imap", NOW, NOW, 9)
        client.reminders.transition(first, ReminderState.TOLD, NOW)
        undrafted, _ = planned(client, 41, "draft")
        client.ledger.set_aside(undrafted, "brugman: no such template", NOW)

    def _own(self, client: ClientStore) -> None:
        """A letter of hers that has gone, one on its way, one that waits for a second approval; one in Sent."""
        for number in (20, 21):
            letter = replace(new_letter(client, number=number), kind="own", own_key=f"brugman-{number}")
            self.own = client.outbox.enqueue(letter, "smtp", NOW)
            if number == 20:
                for row in client.outbox.claim("smtp", NOW, 9):
                    if row.letter_id != self.own:
                        client.outbox.release(row, NOW)
                        continue
                    client.outbox.begin_sending(row, NOW)
                    client.outbox.settle(row, RowState.SENT, NOW, phase="dot", code=250, text="ok")
                client.outbox.close(self.own, LetterState.SENT, NOW)
        client.own.judge("imap", "brugman-22", Verdict(Place("Freigegeben", 3, 9), "passed", "brugman"), NOW)
        client.ledger.cursor("imap sent", "Sent", 7, 1, from_start=True)
        client.own.note_sent("imap sent", "Sent", ["brugman-23"], 2)

    def _jobs(self, client: ClientStore) -> None:
        """A job half done, which has moved one mail and copied it."""
        self.job = client.jobs.find(client.jobs.add(new_apply(1, 2, folder="brugman"), NOW))
        client.jobs.plan(self.job, portion(past_mail(30, "move", "copy"), folder="brugman"), 1, NOW)
        self.moved = next(row for row, _ in client.ledger.pending("imap") if row.place.folder == "brugman")
        chosen = [effects for row, effects in client.ledger.pending("imap") if row.id == self.moved.id]
        self.job_effects = [effect.id for effect in chosen[0]]
        for effect in self.job_effects:
            client.ledger.finish(effect, EffectState.DONE, NOW)
        self.undo = client.jobs.find(client.jobs.add(Undo((tuple(self.job_effects),)), NOW))

    def _rules(self, client: ClientStore) -> None:
        """A rule that is paused and one that was, a mail that waits, a sender of whom a rule said something."""
        for rule in ("brugman-rule", "brugman-other"):
            client.pauses.pause(rule, "brugman: too much", NOW)
        client.pauses.resume("brugman-other", NOW)
        client.pauses.hold(admitted(client, 8), "brugman-rule", NOW)
        _, (relate,) = planned(client, 9, "relate")
        client.relations.set("anna@kunde.example", Relationship.VIP, relate, NOW)

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
    "Ledger.plan": lambda us, x: (
        us.ledger.plan(x.seen_mail, ("r",), "v", [NewEffect("r", "keep", {})], NOW) or None
    ),
    "Ledger.pending": lambda us, x: us.ledger.pending("imap"),
    "Ledger.start": lambda us, x: us.ledger.start(x.effects, 1, 1, NOW),
    "Ledger.finish": lambda us, x: us.ledger.finish(
        x.effects[0], EffectState.DONE, NOW, place=Place("X", 1, 1)
    ),
    "Ledger.set_aside": lambda us, x: us.ledger.set_aside(x.mail, "x", NOW, state=MailState.GONE),
    "Ledger.with_message_id": lambda us, x: us.ledger.with_message_id("<frage-1@kunde.example>"),
    "Ledger.placed": lambda us, x: us.ledger.placed("INBOX", 1),
    "Ledger.record": lambda us, x: us.ledger.record(x.mail),
    "Ledger.reached": lambda us, x: us.ledger.reached("imap", "INBOX"),
    "Ledger.lying": lambda us, x: us.ledger.lying("imap", "brugman", 7, [30]) or None,
    "Ledger.copied": lambda us, x: us.ledger.copied([x.moved.id]) or None,
    "Jobs.add": lambda us, x: us.jobs.add(Undo(((x.job_effects[0],),)), NOW) and None,
    "Jobs.find": lambda us, x: us.jobs.find(x.job.id),
    "Jobs.recent": lambda us, x: us.jobs.recent(99),
    "Jobs.next": lambda us, x: us.jobs.next(),
    "Jobs.order": lambda us, x: us.jobs.order(x.job.id),
    "Jobs.plan": lambda us, x: us.jobs.plan(
        replace(x.job, done=1), portion(replace(past_mail(31, "move"), mail_id=x.moved.id)), 2, NOW
    ),
    "Jobs.plan of a mail of theirs": lambda us, x: us.jobs.plan(
        us.jobs.find(us.jobs.add(new_apply(1), NOW)),
        portion(replace(past_mail(31, "move"), mail_id=x.moved.id)),
        1,
        NOW,
    ),
    "Jobs.plan_undo": lambda us, x: us.jobs.plan_undo(
        us.jobs.find(us.jobs.add(new_apply(1), NOW)), [Return(x.moved.id, "X", tuple(x.job_effects))], 1, NOW
    ),
    "Jobs.skip": lambda us, x: us.jobs.skip(replace(x.job, done=1), NOW),
    "Jobs.stumble": lambda us, x: us.jobs.stumble(x.job, "x", 9, NOW),
    "Jobs.end": lambda us, x: us.jobs.end(x.job.id, JobState.DONE, "x", NOW),
    "Jobs.outcome": lambda us, x: us.jobs.outcome(x.job.id) or None,
    "Moves.done": lambda us, x: us.moves.done(Which(job=x.job.id)) or us.moves.done(Which()),
    "Moves.staying": lambda us, x: us.moves.staying(Which(job=x.job.id)) or us.moves.staying(Which()),
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
    "Drafts.listed": lambda us, x: us.drafts.listed(list(DraftState)),
    "Drafts.traces": lambda us, x: us.drafts.traces(x.draft),
    "Drafts.events": lambda us, x: us.drafts.events(x.draft),
    "Drafts.newer_in_thread": lambda us, x: us.drafts.newer_in_thread("imap", ()) or None,
    "Drafts.thread_is_read": lambda us, x: us.drafts.thread_is_read("imap"),
    "Drafts.originals": lambda us, x: us.drafts.originals("imap", after(99), 9),
    "Drafts.looked_for_originals": lambda us, x: us.drafts.looked_for_originals([x.draft], [], NOW),
    "Drafts.counts": lambda us, x: us.drafts.counts() or None,
    "Outbox.enqueue": lambda us, x: us.outbox.enqueue(new_letter(us, x.draft), "smtp", NOW),
    "Outbox.enqueue of an effect": lambda us, x: us.outbox.enqueue(
        replace(new_letter(us), effect_id=x.note), "smtp", NOW
    ),
    "Outbox.answer": lambda us, x: us.outbox.answer(
        replace(new_letter(us), kind="answer", effect_id=x.note),
        "smtp",
        Answer("x"),
        MailKey("anna@kunde.example"),
        NOW,
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
    "Outbox.withdraw": lambda us, x: us.outbox.withdraw(x.own, NOW),
    "OwnLetters.note_sent": lambda us, x: us.own.note_sent("imap sent", "Sent", ["brugman-23", "x"], 9),
    "OwnLetters.was_in_sent": lambda us, x: us.own.was_in_sent("brugman-23") or None,
    "OwnLetters.is_ours": lambda us, x: us.own.is_ours(x.as_drafted.message_id) or None,
    "OwnLetters.wrote": lambda us, x: us.own.wrote("<letter-20@brugman.example>") or None,
    "OwnLetters.dispatches": lambda us, x: us.own.dispatches("brugman-20"),
    "OwnLetters.on_their_way": lambda us, x: us.own.on_their_way(),
    "OwnLetters.reached": lambda us, x: us.own.reached("brugman-20") or None,
    "OwnLetters.verdicts": lambda us, x: us.own.verdicts("brugman-22"),
    "OwnLetters.judge": lambda us, x: us.own.judge(
        "imap", "brugman-22", Verdict(Place("Freigegeben", 3, 9), "many", ""), NOW, notice=notice(us, "n5")
    ),
    "OwnLetters.count": lambda us, x: us.own.count(NOW),
    "OwnLetters.gap_names": lambda us, x: us.own.gap_names() or None,
    "Histories.past": lambda us, x: known(
        us.history.past(
            ["anna@kunde.example"], ["<letter-1@brugman.example>", "<frage-1@kunde.example>"], NOW
        )
    ),
    "Relations.set": lambda us, x: us.relations.set("a@x.example", Relationship.VIP, x.effects[0], NOW),
    "Relations.all": lambda us, x: us.relations.all() or None,
    "Pauses.in_force": lambda us, x: us.pauses.in_force() or None,
    "Pauses.all": lambda us, x: us.pauses.all(),
    "Pauses.pause": lambda us, x: us.pauses.pause("brugman-rule", "x", NOW),
    "Pauses.resume": lambda us, x: us.pauses.resume("brugman-rule", NOW),
    "Pauses.resumed": lambda us, x: us.pauses.resumed() or None,
    "Pauses.acted": lambda us, x: us.pauses.acted(after(-1)) or None,
    "Pauses.known_rules": lambda us, x: us.pauses.known_rules() or None,
    "Pauses.hold": lambda us, x: us.pauses.hold(x.seen_mail, "rule", NOW),
    "Pauses.release": lambda us, x: us.pauses.release((), NOW),
    "Reminders.add": lambda us, x: us.reminders.add(x.untold, NOW, NOW),
    "Reminders.unmade": lambda us, x: us.reminders.unmade(after(-1)),
    "Reminders.add_limits": lambda us, x: us.reminders.add_limits([(x.untold, NOW)], NOW),
    "Reminders.to_examine": lambda us, x: us.reminders.to_examine("imap", NOW, NOW, 99),
    "Reminders.awaits": lambda us, x: us.reminders.awaits(x.reminder.mail_id) or None,
    "Reminders.examined": lambda us, x: us.reminders.examined([x.reminder.id], NOW),
    "Reminders.transition": lambda us, x: us.reminders.transition(
        x.reminder, ReminderState.DUE, NOW, notice=notice(us, "n4")
    ),
    "Reminders.counts": lambda us, x: us.reminders.counts() or None,
    "Overview.matters": lambda us, x: us.overview.matters(Patience(NOW, NOW, NOW), NOW),
    "Overview.work": lambda us, x: done(us.overview.work(NOW, after(1))),
    "Overview.oldest_draft": lambda us, x: us.overview.oldest_draft(),
    "Accounts.register": lambda us, x: us.accounts.register("imap", "smtp"),
    "Accounts.succeeded": lambda us, x: us.accounts.succeeded("smtp", NOW),
    "Accounts.failed": lambda us, x: us.accounts.failed("imap", "x", NOW, NOW),
    "Accounts.health": lambda us, x: us.accounts.health(),
    "Accounts.mail_counts": lambda us, x: us.accounts.mail_counts() or None,
    "Accounts.set_aside": lambda us, x: us.accounts.set_aside(),
}
REFUSED = {
    "Jobs.order",
    "Jobs.plan",
    "Jobs.skip",
    "Jobs.stumble",
    "Ledger.mail",
    "Ledger.record",
    "Ledger.finish",
    "Ledger.stumble",
    "Relations.set",
    "Reminders.add",
    "Reminders.add_limits",
    "Drafts.open",
    "Drafts.get",
    "Drafts.sight of theirs",
    "Drafts.transition",
    "Drafts.file",
    "Outbox.enqueue",
    "Outbox.enqueue of an effect",
    "Outbox.answer",
}
"""What names another client's row outright: no such row, or a foreign key that fails."""

MAY_ANSWER = {
    "Ledger.cursor",
    "Ledger.admit",
    "Outbox.recover",
    "Outbox.cancel",
    "Outbox.withdraw",
    "Accounts.health",
    "Pauses.pause",
}
"""What answers something even to a client that has nothing: checked to be its own by the words in it."""


def done(work: Work) -> Work | None:
    """What was done; None: nothing."""
    return None if work == Work() else work


def known(past: Past) -> Past | None:
    """What the past holds beside the questions; None: nothing."""
    return None if past == Past(past.senders, past.message_ids) else past


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
        for kind in (
            Ledger,
            Drafts,
            Outbox,
            OwnLetters,
            Accounts,
            Histories,
            Relations,
            Pauses,
            Jobs,
            Moves,
            Reminders,
            Overview,
        )
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
            "waiting", "mail", "newest", "by_message_id", "with_message_id", "placed", "record",
            "pending", "get", "open_drafts", "watched", "match", "closed",
            "sightings", "filings", "counts", "due", "has_open_letter", "reached", "finished", "knows_message_id",
            "health", "mail_counts", "set_aside", "past", "in_force", "all", "resumed", "acted", "known_rules",
            "lying", "copied", "find", "recent", "next", "order", "outcome", "done", "staying",
            "was_in_sent", "is_ours", "wrote", "dispatches", "on_their_way", "verdicts", "count", "gap_names",
            "unmade", "to_examine", "awaits", "matters", "work", "oldest_draft",
        }
    }  # fmt: skip
    assert len(asked) == 58
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

"""Reminders: made once for an effect, examined the most urgent first, ended by what the store knows of an answer."""

from dataclasses import replace
from datetime import timedelta

from maild.core.lifecycle import DraftState
from maild.core.reminder import ReminderKind, ReminderState
from maild.store.records import EffectState, LetterState, MailState
from maild.store.store import ClientStore
from tests.store.rows import NOW, RAW, after, enqueued, new_draft, new_letter, notice, planned


def reminder(client: ClientStore, uid: int = 1, minutes: float = 0) -> int:
    """The id of a mail whose reminder is due then."""
    mail_id, (effect,) = planned(client, uid, "remind")
    client.reminders.add(effect, after(minutes), NOW)
    return mail_id


def order(client: ClientStore, minutes: float, *, every: float = 30) -> list[int]:
    """The UIDs of the mails to be examined at that time."""
    now = after(minutes)
    found = client.reminders.to_examine("imap", now - timedelta(minutes=every), now, 99)
    return [each.uid for each in found]


def test_an_effect_has_one_reminder(ours: ClientStore) -> None:
    """However often it is asked for; the effect is done by it."""
    _, (effect,) = planned(ours, 1, "remind")
    for _ in range(2):
        ours.reminders.add(effect, after(5), NOW)
    assert ours.reminders.counts() == {"open": 1}
    assert ours.ledger.pending("imap") == ()


def test_what_is_due_is_examined_first(ours: ClientStore) -> None:
    """Then what was never examined, then what was longest ago."""
    for uid, minutes in ((1, 500), (2, 500), (3, 40)):
        reminder(ours, uid, minutes)
    first = next(each for each in ours.reminders.to_examine("imap", NOW, NOW, 9) if each.uid == 1)
    ours.reminders.examined([first.id], NOW)
    assert order(ours, 50) == [3, 2, 1]
    assert order(ours, 20) == [2, 3]


def test_at_its_moment_it_is_examined_whatever_was_before(ours: ClientStore) -> None:
    """And then not again until the usual time has passed."""
    reminder(ours, 1, 10)
    (found,) = ours.reminders.to_examine("imap", NOW, NOW, 9)
    ours.reminders.examined([found.id], after(9))
    assert order(ours, 9.5) == []
    assert order(ours, 10) == [1]
    ours.reminders.examined([found.id], after(11))
    assert order(ours, 12) == []
    assert order(ours, 41) == [1]


def test_a_transition_happens_once(ours: ClientStore) -> None:
    """A second one finds another state, and files no second note."""
    reminder(ours)
    (found,) = ours.reminders.to_examine("imap", NOW, NOW, 9)
    assert ours.reminders.transition(found, ReminderState.DUE, NOW, notice=notice(ours, "n1"))
    assert not ours.reminders.transition(found, ReminderState.DUE, NOW, notice=notice(ours, "n2"))
    assert [each.message_id for each in ours.drafts.filings("imap")] == ["<n1@northwind.example>"]


def test_what_is_due_and_not_told_is_taken_up_at_once(ours: ClientStore) -> None:
    """A crash lies between the two."""
    reminder(ours)
    (found,) = ours.reminders.to_examine("imap", NOW, NOW, 9)
    ours.reminders.transition(found, ReminderState.DUE, NOW)
    assert order(ours, 0.1) == [1]


def test_what_has_ended_is_examined_no_more(ours: ClientStore) -> None:
    """Nor does anybody await an answer then."""
    mail_id = reminder(ours)
    assert ours.reminders.awaits(mail_id)
    (found,) = ours.reminders.to_examine("imap", NOW, NOW, 9)
    ours.reminders.transition(found, ReminderState.DONE, NOW)
    assert order(ours, 1000) == []
    assert not ours.reminders.awaits(mail_id)


def test_what_the_store_knows_of_an_answer(ours: ClientStore) -> None:
    """A draft that waits is none, one that she has sent is; a letter in the outbox is under way, a sent one is one."""
    mail_id, (draft_effect, effect) = planned(ours, 1, "draft", "remind")
    ours.reminders.add(effect, NOW, NOW)
    draft_id = ours.drafts.open(new_draft(ours, mail_id, draft_effect), RAW, (), "drafts", NOW)
    assert facts(ours) == (True, False, False)
    draft = ours.drafts.get(draft_id)
    for state, answered in (
        (DraftState.DISCARDED, False),
        (DraftState.SENT_BY_SECRETARY, True),
        (DraftState.ANSWERED_WITHOUT_DRAFT, True),
        (DraftState.REJECTED, False),
    ):
        changed = replace(draft, state=state)
        ours.drafts.transition(draft, changed, NOW)
        draft = changed
        assert facts(ours) == (False, answered, False), state
    letter = replace(new_letter(ours), mail_id=mail_id)
    letter_id = ours.outbox.enqueue(letter, "smtp", NOW)
    assert facts(ours) == (False, False, True)
    ours.outbox.close(letter_id or 0, LetterState.SENT, NOW)
    assert facts(ours) == (False, True, False)


def test_an_automatic_answer_is_none(ours: ClientStore) -> None:
    """Nor is a note about the mail, or a letter to somebody else."""
    mail_id = reminder(ours)
    for number, kind in enumerate(("answer", "note", "forward"), 1):
        letter = replace(new_letter(ours, number=number), kind=kind, mail_id=mail_id)
        ours.outbox.close(ours.outbox.enqueue(letter, "smtp", NOW) or 0, LetterState.SENT, NOW)
    enqueued(ours, number=9)
    assert facts(ours) == (False, False, False)


def facts(client: ClientStore) -> tuple[bool, bool, bool]:
    """Of the only reminder: drafted, answered, under way."""
    (found,) = client.reminders.to_examine("imap", after(10_000), after(10_000), 9)
    return found.drafted, found.answered, found.under_way


def test_what_failed_is_kept_in_view_unless_the_mail_is_gone(ours: ClientStore) -> None:
    """Drafts and reminders of late; each once."""
    first, _ = planned(ours, 1, "draft", "remind", "move")
    gone, _ = planned(ours, 2, "draft")
    ours.ledger.set_aside(first, "no such template", NOW)
    ours.ledger.set_aside(gone, "taken away", NOW, state=MailState.GONE)
    _, (moved,) = planned(ours, 3, "move")
    ours.ledger.finish(moved, EffectState.FAILED, NOW)
    found = ours.reminders.unmade(after(-1))
    assert len(found) == 2
    ours.reminders.add_limits(found, NOW)
    assert ours.reminders.unmade(after(-1)) == ()
    assert ours.reminders.unmade(after(1)) == ()
    kinds = [each.kind for each in ours.reminders.to_examine("imap", NOW, NOW, 9)]
    assert kinds == [ReminderKind.LIMIT] * 2

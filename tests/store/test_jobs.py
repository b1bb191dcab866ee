"""Jobs on past mail: a portion is written down whole, once, and moves can be traced back."""

from dataclasses import replace

import pytest

from maild.store.engine import StoreError
from maild.store.orders import Apply, Job, JobState, Moved, Return, Undo, Which
from maild.store.records import EffectState, MailState, NewEffect, Place
from maild.store.store import ClientStore
from tests.store.rows import NOW, admitted, after, arrival, new_apply, past_mail, planned, portion


def asked(client: ClientStore, *uids: int) -> Job:
    """A job that nobody has begun."""
    return found(client, client.jobs.add(new_apply(*uids), NOW))


def found(client: ClientStore, job_id: int) -> Job:
    """How a job stands."""
    job = client.jobs.find(job_id)
    assert job is not None
    return job


def carry_out(client: ClientStore, state: EffectState = EffectState.DONE) -> None:
    """Begin and end every effect that is pending; what is moved comes to lie in its folder under its id."""
    for mail, effects in client.ledger.pending("imap"):
        for effect in effects:
            client.ledger.start([effect.id], 5, 100, NOW)
            moves = effect.action in {"move", "trash", "undo"}
            folder = effect.value.get("folder", "Trash")
            place = Place(folder, 5, 100 + effect.id) if moves and state is EffectState.DONE else None
            client.ledger.finish(effect.id, state, after(mail.id), place=place)


def done(client: ClientStore, **which: object) -> tuple[Moved, ...]:
    """The moves that are done."""
    return client.moves.done(Which(**which))  # type: ignore[arg-type]


def test_an_order_is_kept_as_it_was(ours: ClientStore) -> None:
    """Folder, mails in their order, rules and time come back; of an undo, the chains."""
    order = Apply("Ämter", 99, (7, 3, 5), "abc", after(3))
    apply = ours.jobs.add(order, NOW)
    undo = ours.jobs.add(Undo(((4, 2), (9,))), NOW)
    assert ours.jobs.order(apply) == order
    assert ours.jobs.order(undo) == Undo(((4, 2), (9,)))
    assert [(job.id, job.kind, job.total) for job in ours.jobs.recent(9)] == [
        (undo, "undo", 2),
        (apply, "apply", 3),
    ]
    assert ours.jobs.find(undo + 1) is None


def test_jobs_are_worked_on_in_their_order(ours: ClientStore) -> None:
    """The oldest that is open is next, begun or not; one that has ended never is."""
    first, second = asked(ours, 1), asked(ours, 2)
    assert ours.jobs.next() == first
    ours.jobs.plan(first, portion(), 1, NOW)
    assert found(ours, first.id).state is JobState.RUNNING
    ours.jobs.end(first.id, JobState.FAILED, "no more", NOW)
    assert ours.jobs.next() == second
    ours.jobs.end(second.id, JobState.DONE, "", NOW)
    assert ours.jobs.next() is None
    ours.jobs.end(first.id, JobState.DONE, "", NOW)
    assert (found(ours, first.id).state, found(ours, first.id).reason) == (JobState.FAILED, "no more")


def test_a_portion_enters_mails_and_effects_at_once(ours: ClientStore) -> None:
    """Mails that the ledger doesn't know get rows, also those that nothing is done with; all of them count as old."""
    job = asked(ours, 1, 2)
    ours.jobs.plan(job, portion(past_mail(1, "copy", "move"), past_mail(2)), 2, NOW)
    ((mail, effects),) = ours.ledger.pending("imap")
    assert [effect.action for effect in effects] == ["copy", "move"]
    assert (mail.place, mail.old, mail.rules) == (Place("Archiv", 7, 1), True, ("rule",))
    rows = ours.ledger.lying("imap", "Archiv", 7, [1, 2, 3])
    assert {uid: row.state for uid, row in rows.items()} == {1: MailState.PLANNED, 2: MailState.DONE}
    assert (found(ours, job.id).done, found(ours, job.id).state) == (2, JobState.RUNNING)
    assert ours.jobs.outcome(job.id) == {EffectState.PLANNED: 2}
    carry_out(ours)
    assert ours.jobs.outcome(job.id) == {EffectState.DONE: 2}
    assert ours.ledger.copied([mail.id]) == {mail.id: {"X"}}


def test_a_portion_is_written_once(ours: ClientStore) -> None:
    """Who believes the job to be elsewhere than it is, or works on a closed one, writes nothing."""
    job = asked(ours, 1, 2)
    ours.jobs.plan(job, portion(past_mail(1, "move")), 1, NOW)
    with pytest.raises(StoreError, match="worked on elsewhere"):
        ours.jobs.plan(job, portion(past_mail(2, "move")), 1, NOW)
    ours.jobs.end(job.id, JobState.FAILED, "x", NOW)
    with pytest.raises(StoreError):
        ours.jobs.plan(found(ours, job.id), portion(past_mail(2, "move")), 2, NOW)
    assert len(ours.ledger.pending("imap")) == 1


def test_a_known_mail_keeps_its_row(ours: ClientStore) -> None:
    """Further effects come behind those it has; what the rules said when it came stays."""
    mail_id, (first,) = planned(ours, 1, "copy")
    ours.ledger.finish(first, EffectState.DONE, NOW)
    again = replace(past_mail(1, "copy", "move"), mail_id=mail_id, rules=("other",))
    ours.jobs.plan(asked(ours, 1), portion(again), 1, NOW)
    ((mail, effects),) = ours.ledger.pending("imap")
    assert (mail.id, mail.rules, mail.old, mail.attempts) == (mail_id, ("rule",), False, 0)
    assert [(effect.action, effect.id > first) for effect in effects] == [("copy", True), ("move", True)]
    carry_out(ours)
    assert ours.ledger.mail(mail_id).state is MailState.DONE


@pytest.mark.parametrize("state", [MailState.SEEN, MailState.PLANNED, MailState.PAUSED])
def test_a_mail_that_is_under_way_is_left_alone(ours: ClientStore, state: MailState) -> None:
    """Not judged yet, with effects still to be done, or waiting for a rule: a job adds nothing to it."""
    if state is MailState.PLANNED:
        mail_id, before = planned(ours, 1, "draft")
    else:
        mail_id, before = admitted(ours, 1), []
        if state is MailState.PAUSED:
            ours.pauses.hold(mail_id, "rule", NOW)
    job = asked(ours, 1)
    ours.jobs.plan(job, portion(replace(past_mail(1, "move"), mail_id=mail_id)), 1, NOW)
    assert ours.ledger.mail(mail_id).state is state
    assert [e.id for _, effects in ours.ledger.pending("imap") for e in effects] == before
    assert ours.jobs.outcome(job.id) == {}


def test_a_mail_left_for_a_person_can_be_sorted_again(ours: ClientStore) -> None:
    """It is open again with all its tries, and done when the new effects are."""
    mail_id = admitted(ours, 1)
    ours.ledger.stumble(mail_id, "x", NOW)
    ours.ledger.set_aside(mail_id, "x", NOW)
    ours.jobs.plan(asked(ours, 1), portion(replace(past_mail(1, "move"), mail_id=mail_id)), 1, NOW)
    assert (ours.ledger.mail(mail_id).attempts, ours.ledger.mail(mail_id).reason) == (0, "")
    carry_out(ours)
    assert ours.ledger.mail(mail_id).state is MailState.DONE


def test_breaking_off_is_counted_at_one_place(ours: ClientStore) -> None:
    """Tries count until a portion is written; the warning to go carefully stays, and so does what was left out."""
    job = asked(ours, 1, 2, 3, 4)
    assert [ours.jobs.stumble(job, "lost", 3, NOW) for _ in range(3)] == [1, 2, 3]
    now = found(ours, job.id)
    assert (now.tries, now.careful_until, now.unread, now.reason) == (3, 3, 0, "lost")
    ours.jobs.skip(now, NOW)
    now = found(ours, job.id)
    assert (now.done, now.tries, now.careful_until, now.unread, now.reason) == (1, 0, 3, 1, "")
    ours.jobs.plan(now, portion(), 2, NOW)
    assert found(ours, job.id).unread == 1
    assert ours.jobs.order(job.id) == new_apply(1, 2, 3, 4)


def test_the_origin_is_known_before_the_move(ours: ClientStore) -> None:
    """A live move, too, says where the mail lay; a new UIDVALIDITY before it is tried again is followed."""
    mail_id, (copy, move) = planned(ours, 1, "copy", "move")
    ours.ledger.start([copy, move], 5, 100, NOW)
    ours.ledger.cursor("imap", "INBOX", 8, 1, from_start=True)
    ours.ledger.admit("imap", "INBOX", 8, [replace(arrival(1), uid=4)], 5, NOW)
    ours.ledger.start([move], 5, 100, NOW)
    ours.ledger.finish(copy, EffectState.DONE, NOW)
    assert done(ours) == ()
    ours.ledger.finish(move, EffectState.DONE, NOW, place=Place("X", 5, 100))
    (moved,) = done(ours)
    assert (moved.effect_id, moved.mail_id, moved.wanted, moved.settled) == (move, mail_id, True, True)
    assert (moved.origin, moved.place) == (Place("INBOX", 8, 4), Place("X", 5, 100))
    assert ours.moves.staying(Which()) == 1


def test_moves_are_found_by_what_is_asked(ours: ClientStore) -> None:
    """By job, by time, by Message-ID, by number: with them come the other moves of the same mails, newest first."""
    for uid in (1, 2):
        planned(ours, uid, "move")
    carry_out(ours)
    first, second = (moved.mail_id for moved in reversed(done(ours)))
    job = asked(ours, 1)
    again = replace(past_mail(201, "mark", "trash"), mail_id=first)
    ours.jobs.plan(job, portion(again), 1, NOW)
    carry_out(ours)
    trashed, moved = done(ours, job=job.id)
    assert [(m.mail_id, m.action, m.wanted) for m in (trashed, moved)] == [
        (first, "trash", True),
        (first, "move", False),
    ]
    assert trashed.origin == Place("X", 5, 100 + moved.effect_id)
    assert [m.wanted for m in done(ours, effects=(moved.effect_id,))] == [False, True]
    assert {m.mail_id for m in done(ours, since=after(second))} == {second}
    assert {m.mail_id for m in done(ours, message_id="<frage-2@kunde.example>")} == {second}
    assert done(ours, message_id="<frage-3@kunde.example>") == done(ours, job=job.id + 1) == ()
    assert ours.moves.staying(Which(job=job.id)) == 1


def test_what_is_moved_back_is_undone(ours: ClientStore) -> None:
    """The way back is an effect of its own; once it is done, the moves are undone and asked for no more."""
    mail_id, (move,) = planned(ours, 1, "move")
    carry_out(ours)
    job = found(ours, ours.jobs.add(Undo(((move,),)), NOW))
    ours.jobs.plan_undo(job, [Return(mail_id, "INBOX", (move,))], 1, NOW)
    ((mail, (undo,)),) = ours.ledger.pending("imap")
    assert (mail.id, undo.action, undo.value["folder"]) == (mail_id, "undo", "INBOX")
    assert [moved.settled for moved in done(ours)] == [False]
    carry_out(ours)
    assert done(ours) == ()
    assert ours.ledger.mail(mail_id).place.folder == "INBOX"
    assert ours.ledger.mail(mail_id).state is MailState.DONE
    assert ours.jobs.outcome(job.id) == {EffectState.DONE: 1}


def test_a_failed_way_back_undoes_nothing(ours: ClientStore) -> None:
    """The mail was gone: the move stands as done."""
    mail_id, (move,) = planned(ours, 1, "move")
    carry_out(ours)
    job = found(ours, ours.jobs.add(Undo(((move,),)), NOW))
    ours.jobs.plan_undo(job, [Return(mail_id, "INBOX", (move,))], 1, NOW)
    carry_out(ours, EffectState.GONE)
    assert [moved.effect_id for moved in done(ours)] == [move]


def test_of_a_mail_and_its_return_the_mail_counts(ours: ClientStore) -> None:
    """A mail that came back stands twice at one place: its own row is meant, not that of the return."""
    mail_id, (move,) = planned(ours, 1, "move")
    ours.ledger.finish(move, EffectState.DONE, NOW, place=Place("INBOX", 7, 5))
    assert ours.ledger.admit("imap", "INBOX", 7, [replace(arrival(1), uid=5)], 6, NOW) == 1
    assert ours.ledger.lying("imap", "INBOX", 7, [5])[5].id == mail_id
    assert ours.ledger.lying("imap", "INBOX", 8, [5]) == {}


def test_how_far_a_folder_was_read(ours: ClientStore) -> None:
    """Asking changes nothing: a folder never read stays so."""
    assert ours.ledger.reached("imap", "INBOX") is None
    assert ours.ledger.reached("imap", "INBOX") is None
    cursor = ours.ledger.cursor("imap", "INBOX", 7, 9, from_start=True)
    assert ours.ledger.reached("imap", "INBOX") == cursor


def test_many_mails_at_once(ours: ClientStore) -> None:
    """More numbers than one query takes."""
    ours.jobs.plan(asked(ours, 1), portion(past_mail(1), past_mail(2_000)), 1, NOW)
    assert set(ours.ledger.lying("imap", "Archiv", 7, range(5_000))) == {1, 2_000}
    assert ours.ledger.copied(range(5_000)) == {}


def test_an_effect_of_a_job_has_a_place_of_its_own(ours: ClientStore) -> None:
    """Two effects that are alike on one mail are two rows, in their order."""
    twice = replace(past_mail(1), effects=(NewEffect("a", "mark", {"flags": ["x"]}),) * 2)
    ours.jobs.plan(asked(ours, 1), portion(twice), 1, NOW)
    ((_, effects),) = ours.ledger.pending("imap")
    assert len({effect.id for effect in effects}) == 2

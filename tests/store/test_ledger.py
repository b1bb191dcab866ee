"""The ledger: each mail entered once, each effect a row before it is done, nothing judged or planned twice."""

from dataclasses import replace
from pathlib import Path

import pytest

from maild.store.records import Arrival, EffectState, MailState, NewEffect, Place
from maild.store.store import ClientStore, Store
from tests.store.conftest import URL
from tests.store.rows import NOW, admitted, after, arrival, new_draft, planned


def admit(client: ClientStore, *arrivals: Arrival, uidvalidity: int = 7, next_uid: int = 99) -> int:
    """One look at INBOX that found these."""
    return client.ledger.admit("imap", "INBOX", uidvalidity, arrivals, next_uid, NOW)


def cursor(
    client: ClientStore, uidvalidity: int = 7, uidnext: int = 1, *, from_start: bool = True
) -> tuple[int, int, int]:
    """How far INBOX has been read."""
    found = client.ledger.cursor("imap", "INBOX", uidvalidity, uidnext, from_start=from_start)
    return found.uidvalidity, found.next_uid, found.first_new_uid


# How far


def test_first_contact_reads_from_the_start_or_from_now(ours: ClientStore) -> None:
    """An inbox from UID 1, all that lies there old; a review folder from now on."""
    assert cursor(ours, 7, 40) == (7, 1, 40)
    found = ours.ledger.cursor("imap", "Sent", 5, 12, from_start=False)
    assert (found.next_uid, found.first_new_uid) == (12, 12)


def test_the_cursor_moves_with_the_rows(ours: ClientStore) -> None:
    """After a look the next one begins behind it; what UIDNEXT is meanwhile does not matter."""
    cursor(ours, 7, 40)
    admit(ours, arrival(41), next_uid=42)
    assert cursor(ours, 7, 90) == (7, 42, 40)


def test_the_cursor_is_each_accounts_and_folders_own(ours: ClientStore) -> None:
    """The same name in another account is another folder."""
    cursor(ours, 7, 40)
    assert ours.ledger.cursor("other", "INBOX", 1, 3, from_start=False).next_uid == 3


def test_a_changed_uidvalidity_reads_from_the_start(ours: ClientStore) -> None:
    """What lies there then counts as old; so also where reading began at UIDNEXT at first contact."""
    cursor(ours, 7, 1)
    admit(ours, arrival(1), next_uid=2)
    assert cursor(ours, 8, 60, from_start=False) == (8, 1, 60)
    assert cursor(ours, 8, 70) == (8, 1, 60)


# Admission


def test_a_new_mail_waits_to_be_judged(ours: ClientStore) -> None:
    """With all that was found of it, lying where it was found."""
    cursor(ours)
    assert admit(ours, replace(arrival(4), old=True)) == 0
    (row,) = ours.ledger.waiting("imap")
    assert (row.state, row.old, row.size, row.received_at) == (MailState.SEEN, True, 1_000, NOW)
    assert (row.place, row.folder) == (Place("INBOX", 7, 4), "INBOX")
    assert (row.sender, row.refers_to) == ("anna@kunde.example", ("<wurzel@kunde.example>",))
    assert (row.admitted_at, row.decided_at) == (NOW, None)
    assert ours.ledger.by_message_id("<frage-4@kunde.example>")
    assert not ours.ledger.by_message_id("<frage-5@kunde.example>")


def test_mails_wait_in_order_and_in_part(ours: ClientStore) -> None:
    """The oldest first, not more than asked for."""
    cursor(ours)
    admit(ours, *(arrival(uid) for uid in range(1, 6)))
    assert [row.place.uid for row in ours.ledger.waiting("imap", 3)] == [1, 2, 3]


def test_admitted_twice_is_admitted_once(ours: ClientStore) -> None:
    """A server that lists a message again, as `UID n:*` does with the last, changes nothing."""
    cursor(ours)
    admit(ours, arrival(1), arrival(2), next_uid=3)
    assert admit(ours, arrival(2), arrival(3), next_uid=4) == 1
    assert sorted(row.place.uid for row in ours.ledger.waiting("imap")) == [1, 2, 3]


def test_a_second_copy_is_known(ours: ClientStore) -> None:
    """The same fingerprint under another UID is a copy or a return: nothing is done with it."""
    cursor(ours)
    admit(ours, arrival(1))
    assert admit(ours, arrival(2, arrival(1).fingerprint), arrival(3, arrival(1).fingerprint)) == 2
    assert [row.place.uid for row in ours.ledger.waiting("imap")] == [1]
    assert [row.state for row in ours.ledger.newest(2)] == [MailState.KNOWN] * 2


def test_two_copies_in_one_look_are_one_mail(ours: ClientStore) -> None:
    """The second of the same look is known already."""
    cursor(ours)
    assert admit(ours, arrival(1, "a" * 64), arrival(2, "a" * 64)) == 1
    assert len(ours.ledger.waiting("imap")) == 1


def test_another_account_has_mails_of_its_own(ours: ClientStore) -> None:
    """A fingerprint counts within its account."""
    cursor(ours)
    admit(ours, arrival(1))
    ours.ledger.cursor("other", "INBOX", 7, 1, from_start=True)
    assert ours.ledger.admit("other", "INBOX", 7, [arrival(1)], 2, NOW) == 0


def test_a_folder_numbered_anew_keeps_its_mails(ours: ClientStore) -> None:
    """The mail is known and lies under its new UID; one already judged is not judged again."""
    mail_id, _ = planned(ours, 1, "move")
    cursor(ours, 8, 60)
    assert admit(ours, arrival(33, arrival(1).fingerprint), uidvalidity=8) == 1
    assert ours.ledger.mail(mail_id).place == Place("INBOX", 8, 33)
    assert ours.ledger.mail(mail_id).state is MailState.PLANNED
    assert ours.ledger.waiting("imap") == ()


def test_a_waiting_mail_is_judged_under_its_new_number(ours: ClientStore) -> None:
    """Numbered anew between being seen and being judged."""
    mail_id = admitted(ours, 1)
    cursor(ours, 8, 60)
    admit(ours, arrival(33, arrival(1).fingerprint), uidvalidity=8)
    (row,) = ours.ledger.waiting("imap")
    assert (row.id, row.place) == (mail_id, Place("INBOX", 8, 33))


def test_a_second_copy_does_not_take_the_place_of_the_first(ours: ClientStore) -> None:
    """After a folder was numbered anew, the first copy found is the mail; another copy is only a copy."""
    mail_id = admitted(ours, 1)
    cursor(ours, 8, 60)
    print_ = arrival(1).fingerprint
    admit(ours, arrival(33, print_), arrival(34, print_), uidvalidity=8)
    assert ours.ledger.mail(mail_id).place == Place("INBOX", 8, 33)


def test_a_uidvalidity_that_comes_back(ours: ClientStore) -> None:
    """A server restored from a backup: the old numbers hold again, nothing is entered or judged twice."""
    mail_id = admitted(ours, 1)
    cursor(ours, 8, 60)
    admit(ours, arrival(33, arrival(1).fingerprint), uidvalidity=8)
    assert cursor(ours, 7, 5) == (7, 1, 5)
    assert admit(ours, arrival(1), arrival(2), uidvalidity=7) == 1
    assert ours.ledger.mail(mail_id).place == Place("INBOX", 7, 1)
    assert [row.place.uid for row in ours.ledger.waiting("imap")] == [1, 2]


def test_a_mail_moved_away_and_back_is_not_followed(ours: ClientStore) -> None:
    """What a rule moved and a person moved back stays where she put it: it is known."""
    mail_id, (effect,) = planned(ours, 1, "move")
    ours.ledger.finish(effect, EffectState.DONE, NOW, place=Place("Anfragen", 3, 9))
    assert admit(ours, arrival(2, arrival(1).fingerprint)) == 1
    assert ours.ledger.mail(mail_id).place == Place("Anfragen", 3, 9)
    assert ours.ledger.waiting("imap") == ()


# Plans and effects


def test_a_plan_is_written_down_before_anything_is_done(ours: ClientStore) -> None:
    """The effects stand in the order of the rules, with their values."""
    mail_id = admitted(ours)
    value = {"folder": "Anfragen/Größe", "flags": ["seen"]}
    ours.ledger.plan(
        mail_id, ("a", "b"), "v1", [NewEffect("a", "copy", value), NewEffect("b", "move", {})], NOW
    )
    ((mail, effects),) = ours.ledger.pending("imap")
    assert (mail.id, mail.state, mail.rules) == (mail_id, MailState.PLANNED, ("a", "b"))
    assert mail.decided_at == NOW
    assert [(e.rule, e.action, e.value, e.state) for e in effects] == [
        ("a", "copy", value, EffectState.PLANNED),
        ("b", "move", {}, EffectState.PLANNED),
    ]
    assert ours.ledger.waiting("imap") == ()


def test_a_mail_without_effects_is_done(ours: ClientStore) -> None:
    """No rule, or one that only keeps."""
    mail_id = admitted(ours)
    ours.ledger.plan(mail_id, (), "v1", [], NOW)
    assert ours.ledger.mail(mail_id).state is MailState.DONE
    assert ours.ledger.pending("imap") == ()


def test_planned_twice_is_planned_once(ours: ClientStore) -> None:
    """A plan stands; a second judgement of the same mail changes nothing."""
    mail_id, effects = planned(ours, 1, "move")
    ours.ledger.plan(mail_id, ("other",), "v2", [NewEffect("other", "trash", {})] * 2, NOW)
    ((mail, found),) = ours.ledger.pending("imap")
    assert (mail.rules, [e.id for e in found]) == (("rule",), effects)


def test_what_is_begun_says_where_to_look(ours: ClientStore) -> None:
    """After a crash the result is found at or above the UIDNEXT noted before."""
    _, effects = planned(ours, 1, "move", "copy")
    ours.ledger.start(effects[:1], 5, 77, NOW)
    ((_, (first, second)),) = ours.ledger.pending("imap")
    assert (first.state, first.target_uidvalidity, first.target_uidnext) == (EffectState.STARTED, 5, 77)
    assert (second.state, second.target_uidnext) == (EffectState.PLANNED, None)


@pytest.mark.parametrize("end", [EffectState.DONE, EffectState.GONE, EffectState.FAILED])
def test_the_last_effect_closes_the_mail(ours: ClientStore, end: EffectState) -> None:
    """Not before the last; a moved mail's new place is remembered."""
    mail_id, (first, second) = planned(ours, 1, "copy", "move")
    ours.ledger.finish(first, EffectState.DONE, NOW)
    assert ours.ledger.mail(mail_id).state is MailState.PLANNED
    ours.ledger.finish(second, end, NOW, place=Place("Anfragen", 3, 9))
    assert ours.ledger.mail(mail_id).state is MailState.DONE
    assert ours.ledger.mail(mail_id).place == Place("Anfragen", 3, 9)
    assert ours.ledger.pending("imap") == ()


def test_finished_twice_is_finished_once(ours: ClientStore) -> None:
    """Each effect may be repeated after a crash."""
    mail_id, (effect,) = planned(ours, 1, "mark")
    for _ in range(2):
        ours.ledger.finish(effect, EffectState.DONE, NOW)
    assert ours.ledger.mail(mail_id).state is MailState.DONE


def test_a_mail_set_aside_has_nothing_pending(ours: ClientStore) -> None:
    """It is left for a person with the reason; finishing a late effect doesn't take it back."""
    mail_id, (first, second) = planned(ours, 1, "copy", "move")
    ours.ledger.finish(first, EffectState.DONE, NOW)
    ours.ledger.set_aside(mail_id, "template x is missing", NOW)
    row = ours.ledger.mail(mail_id)
    assert (row.state, row.reason) == (MailState.ASIDE, "template x is missing")
    assert ours.ledger.pending("imap") == ()
    ours.ledger.finish(second, EffectState.DONE, NOW)
    assert ours.ledger.mail(mail_id).state is MailState.ASIDE


def test_a_mail_that_was_taken_away(ours: ClientStore) -> None:
    """GONE is not ASIDE: nobody needs to look."""
    mail_id = admitted(ours)
    ours.ledger.set_aside(mail_id, "taken away", NOW, state=MailState.GONE)
    assert ours.ledger.mail(mail_id).state is MailState.GONE
    assert ours.ledger.waiting("imap") == ()


def test_tries_are_counted(ours: ClientStore) -> None:
    """Each failure once, the reason kept, the mail still waiting."""
    mail_id = admitted(ours)
    assert [ours.ledger.stumble(mail_id, "timeout", NOW) for _ in range(3)] == [1, 2, 3]
    (row,) = ours.ledger.waiting("imap")
    assert (row.attempts, row.reason) == (3, "timeout")


def test_a_mail_is_found_by_its_message_id(ours: ClientStore) -> None:
    """With its other copies, newest first; nothing for an id that nobody has sent."""
    first = admitted(ours, 1)
    admit(ours, arrival(2, arrival(1).fingerprint), replace(arrival(3), message_id=arrival(1).message_id))
    rows = ours.ledger.with_message_id("<frage-1@kunde.example>")
    assert [row.state for row in rows] == [MailState.SEEN, MailState.SEEN]
    assert rows[-1].id == first
    assert [row.state for row in ours.ledger.with_message_id("<frage-2@kunde.example>")] == [MailState.KNOWN]
    assert ours.ledger.with_message_id("<frage-9@kunde.example>") == ()


def test_a_mail_is_found_by_its_place(ours: ClientStore) -> None:
    """Where it lies now and where it came in, whatever the folder's UIDVALIDITY; newest first."""
    mail_id, (effect,) = planned(ours, 1, "move")
    ours.ledger.finish(effect, EffectState.DONE, NOW, place=Place("Anfragen/Neu", 3, 9))
    assert [row.id for row in ours.ledger.placed("Anfragen/Neu", 9)] == [mail_id]
    assert [row.id for row in ours.ledger.placed("INBOX", 1)] == [mail_id]
    assert ours.ledger.placed("Anfragen/Neu", 1) == ()
    assert ours.ledger.placed("Anfragen", 9) == ()
    admit(ours, replace(arrival(1, "f" * 64), message_id="<x@y.example>"), uidvalidity=8)
    found = ours.ledger.placed("INBOX", 1)
    assert (len(found), found[0].message_id, found[1].id) == (2, "<x@y.example>", mail_id)


def test_the_record_of_a_mail_has_every_effect_as_it_ended(ours: ClientStore) -> None:
    """In the order of the plan, whatever the state, with the reason and the time; and the rules' version."""
    mail_id, (first, _) = planned(ours, 1, "copy", "move")
    assert ours.ledger.record(admitted(ours, 2)).version == ""
    later = after(5)
    ours.ledger.finish(first, EffectState.GONE, later, detail="it was no longer there")
    record = ours.ledger.record(mail_id)
    assert (record.mail, record.version) == (ours.ledger.mail(mail_id), "v1")
    assert [(deed.action, deed.state, deed.detail) for deed in record.deeds] == [
        ("copy", EffectState.GONE, "it was no longer there"),
        ("move", EffectState.PLANNED, ""),
    ]
    assert (record.deeds[0].when, record.deeds[0].value) == (later, {"folder": "X"})
    assert record.mail.decided_at == NOW


def test_a_draft_ends_its_effect(ours: ClientStore) -> None:
    """With the draft's row the effect is done: a crash after it writes no second one."""
    mail_id, (effect,) = planned(ours, 1, "draft")
    ours.drafts.open(new_draft(ours, mail_id, effect), b"x", (), "drafts", NOW)
    assert ours.ledger.mail(mail_id).state is MailState.DONE
    assert ours.ledger.pending("imap") == ()


def test_all_of_it_outlives_the_process(store: Store, ours: ClientStore, tmp_path: Path) -> None:
    """What is committed is there after the connection is gone."""
    mail_id, effects = planned(ours, 1, "move")
    store.close()
    again = Store.open(URL, tmp_path)
    ((mail, found),) = again.client("northwind").ledger.pending("imap")
    assert (mail.id, [e.id for e in found]) == (mail_id, effects)
    assert mail.received_at == NOW
    again.close()

"""Paused rules: which they are, which mails wait for them, and how much each has acted of late."""

from dataclasses import replace
from datetime import datetime

import pytest

from maild.store.orders import Apply, PastMail, Portion
from maild.store.records import MailState, NewEffect, Pause
from maild.store.store import ClientStore
from tests.store.rows import NOW, admitted, after, arrival, planned

MOVE = NewEffect("a", "move", {"folder": "X"})


def acted(client: ClientStore, uid: int, when: datetime = NOW, *effects: NewEffect) -> int:
    """A mail on which rule a has acted."""
    mail_id = admitted(client, uid)
    assert client.ledger.plan(mail_id, ("a",), "v", effects or (MOVE,), when) == ""
    return mail_id


def test_a_paused_rule_is_named(ours: ClientStore) -> None:
    """With its reason, since when, and how many mails wait; paused twice, the first pause stands."""
    assert ours.pauses.pause("a", "too much", NOW)
    assert not ours.pauses.pause("a", "by hand", after(1))
    assert ours.pauses.pause("b", "by hand", after(2))
    ours.pauses.hold(admitted(ours, 1), "a", after(3))
    assert ours.pauses.in_force() == {"a", "b"}
    assert ours.pauses.all() == (Pause("a", "too much", NOW, 1), Pause("b", "by hand", after(2), 0))


def test_a_mail_that_waits_is_left_alone(ours: ClientStore) -> None:
    """It is not judged and has no effects; it says what it waits for."""
    mail_id = admitted(ours)
    ours.pauses.hold(mail_id, "a", NOW)
    row = ours.ledger.mail(mail_id)
    assert (row.state, row.rules, row.reason) == (MailState.PAUSED, ("a",), 'rule "a" is paused')
    assert (ours.ledger.waiting("imap"), ours.ledger.pending("imap")) == ((), ())


def test_only_a_mail_still_to_be_judged_waits(ours: ClientStore) -> None:
    """What is planned goes on."""
    mail_id, _ = planned(ours, 1, "move")
    ours.pauses.hold(mail_id, "rule", NOW)
    assert ours.ledger.mail(mail_id).state is MailState.PLANNED


def test_resumed_its_mails_are_judged_anew(ours: ClientStore) -> None:
    """Those of this rule only; the row is as if it had never waited."""
    for rule in ("a", "b"):
        ours.pauses.pause(rule, "x", NOW)
    for uid, rule in ((1, "a"), (2, "b"), (3, "a")):
        ours.pauses.hold(admitted(ours, uid), rule, NOW)
    assert ours.pauses.resume("a", after(5)) == 2
    assert [(row.place.uid, row.rules, row.reason) for row in ours.ledger.waiting("imap")] == [
        (1, (), ""),
        (3, (), ""),
    ]
    assert ours.pauses.in_force() == {"b"}
    assert ours.pauses.resumed() == {"a": after(5)}


def test_a_rule_that_is_not_paused_cannot_be_resumed(ours: ClientStore) -> None:
    """Nor twice; and what another rule's mails wait for is not touched."""
    assert ours.pauses.resume("a", NOW) is None
    ours.pauses.pause("a", "x", NOW)
    assert ours.pauses.resume("a", NOW) == 0
    assert ours.pauses.resume("a", after(1)) is None
    assert ours.pauses.resumed() == {"a": NOW}


def test_paused_again(ours: ClientStore) -> None:
    """After it was resumed, with a new reason and a new time."""
    ours.pauses.pause("a", "x", NOW)
    ours.pauses.resume("a", after(1))
    assert ours.pauses.pause("a", "y", after(2))
    assert ours.pauses.all() == (Pause("a", "y", after(2), 0),)
    assert ours.pauses.resumed() == {}


def test_mails_of_a_rule_that_is_gone_are_released(ours: ClientStore) -> None:
    """All but those of the rules that still stop; nothing to release, nothing written."""
    for uid, rule in ((1, "a"), (2, "b")):
        ours.pauses.hold(admitted(ours, uid), rule, NOW)
    assert ours.pauses.release({"a", "b"}, NOW) == 0
    assert ours.pauses.release({"b", "c"}, NOW) == 1
    assert [row.place.uid for row in ours.ledger.waiting("imap")] == [1]


def test_more_mails_than_one_statement_names(ours: ClientStore) -> None:
    """A backlog of any length is released whole."""
    ours.pauses.pause("a", "x", NOW)
    ours.ledger.cursor("imap", "INBOX", 7, 1, from_start=True)
    ours.ledger.admit("imap", "INBOX", 7, [arrival(uid) for uid in range(1, 1202)], 1202, NOW)
    for row in ours.ledger.waiting("imap", 2000):
        ours.pauses.hold(row.id, "a", NOW)
    assert ours.pauses.resume("a", NOW) == 1201
    assert len(ours.ledger.waiting("imap", 2000)) == 1201


# A plan meets a pause


def test_a_rule_paused_meanwhile_plans_nothing(ours: ClientStore) -> None:
    """Judged before the pause, written down after it: the mail waits, no effect of any rule stands."""
    mail_id = admitted(ours)
    ours.pauses.pause("b", "x", NOW)
    effects = [NewEffect("a", "mark", {}), NewEffect("b", "move", {})]
    assert ours.ledger.plan(mail_id, ("a", "b"), "v", effects, NOW) == "b"
    assert (ours.ledger.mail(mail_id).state, ours.ledger.pending("imap")) == (MailState.PAUSED, ())
    assert ours.pauses.all()[0].waiting == 1


def test_a_paused_rule_that_only_keeps_stops_nothing(ours: ClientStore) -> None:
    """To keep a mail is to do nothing."""
    ours.pauses.pause("a", "x", NOW)
    mail_id = admitted(ours)
    assert ours.ledger.plan(mail_id, ("a",), "v", [NewEffect("a", "keep", {})], NOW) == ""
    assert ours.ledger.mail(mail_id).state is MailState.PLANNED


# How much


def test_mails_are_counted_not_effects(ours: ClientStore) -> None:
    """Within the time; a rule that only kept a mail did nothing; another rule has its own number."""
    acted(ours, 1, after(-10))
    acted(ours, 2, after(-3), MOVE, NewEffect("a", "mark", {}), NewEffect("b", "copy", {}))
    acted(ours, 3, after(-2))
    acted(ours, 4, after(-2), NewEffect("a", "keep", {}))
    assert ours.pauses.acted(after(-5)) == {"a": 2, "b": 1}


@pytest.mark.parametrize("known", [False, True], ids=["not in the ledger", "acted on before"])
def test_what_a_person_has_ordered_does_not_count(ours: ClientStore, *, known: bool) -> None:
    """`rules apply` may move a thousand mails, also some that another rule has acted on a minute ago."""
    job = ours.jobs.find(ours.jobs.add(Apply("Archiv", 9, (1,), "v", NOW), NOW))
    assert job is not None
    mail_id = acted(ours, 1, after(-2)) if known else 0
    if known:
        ours.ledger.set_aside(mail_id, "x", NOW)
    mail = PastMail(mail_id, arrival(5), ("b",), (NewEffect("b", "copy", {}),))
    ours.jobs.plan(job, Portion("imap", "Archiv", 9, "v", (mail,)), 1, after(-1))
    assert ours.pauses.acted(after(-5)) == ({"a": 1} if known else {})


def test_old_mail_does_not_count(ours: ClientStore) -> None:
    """Sorting what lay there at first contact trips no brake."""
    ours.ledger.cursor("imap", "INBOX", 7, 1, from_start=True)
    ours.ledger.admit("imap", "INBOX", 7, [replace(arrival(1), old=True)], 2, NOW)
    ours.ledger.plan(ours.ledger.waiting("imap")[0].id, ("a",), "v", [MOVE], NOW)
    assert ours.pauses.acted(after(-5)) == {}


def test_mail_from_before_the_rule_was_resumed_does_not_count(ours: ClientStore) -> None:
    """The backlog, whenever it is worked off; what comes in later does."""
    ours.pauses.pause("a", "x", NOW)
    early = admitted(ours, 1)  # entered at NOW
    ours.pauses.resume("a", after(1))
    ours.ledger.plan(early, ("a",), "v", [MOVE], after(2))
    ours.ledger.admit("imap", "INBOX", 7, [arrival(2)], 3, after(3))
    ours.ledger.plan(ours.ledger.waiting("imap")[0].id, ("a",), "v", [MOVE], after(3))
    assert ours.pauses.acted(after(-5)) == {"a": 1}


def test_rules_are_known_by_what_they_did(ours: ClientStore) -> None:
    """And by their pause."""
    acted(ours, 1, NOW, MOVE, NewEffect("b", "copy", {}))
    ours.pauses.pause("c", "x", NOW)
    ours.pauses.pause("d", "x", NOW)
    ours.pauses.resume("d", NOW)
    assert ours.pauses.known_rules() == {"a", "b", "c"}

"""What `relate` made of senders: written with the end of its effect, and in the order in which it was planned."""

from maild.core.contact import Relationship
from maild.store.records import MailState
from maild.store.store import ClientStore
from tests.store.rows import NOW, planned

ANNA = "anna@kunde.example"


def test_a_relation_ends_its_effect(ours: ClientStore) -> None:
    """A crash after it repeats nothing."""
    mail_id, (effect,) = planned(ours, 1, "relate")
    ours.relations.set("Anna@kunde.example", Relationship.VIP, effect, NOW)
    assert ours.relations.all() == {ANNA: Relationship.VIP}
    assert ours.ledger.mail(mail_id).state is MailState.DONE


def test_a_later_one_replaces_it(ours: ClientStore) -> None:
    """The last word is the last effect's."""
    _, (first,) = planned(ours, 1, "relate")
    _, (second,) = planned(ours, 2, "relate")
    ours.relations.set(ANNA, Relationship.VIP, first, NOW)
    ours.relations.set(ANNA, Relationship.BLOCKED, second, NOW)
    assert ours.relations.all() == {ANNA: Relationship.BLOCKED}


def test_one_that_is_late_does_not(ours: ClientStore) -> None:
    """An effect that failed at first and is carried out after a newer one is done, and changes nothing."""
    mail_id, (first,) = planned(ours, 1, "relate")
    _, (second,) = planned(ours, 2, "relate")
    ours.relations.set(ANNA, Relationship.BLOCKED, second, NOW)
    ours.relations.set(ANNA, Relationship.VIP, first, NOW)
    assert ours.relations.all() == {ANNA: Relationship.BLOCKED}
    assert ours.ledger.mail(mail_id).state is MailState.DONE


def test_each_client_has_its_own(ours: ClientStore, theirs: ClientStore) -> None:
    """The same person may be a customer here and blocked there."""
    for client, what in ((ours, Relationship.CUSTOMER), (theirs, Relationship.BLOCKED)):
        _, (effect,) = planned(client, 1, "relate")
        client.relations.set(ANNA, what, effect, NOW)
    assert ours.relations.all() == {ANNA: Relationship.CUSTOMER}
    assert theirs.relations.all() == {ANNA: Relationship.BLOCKED}

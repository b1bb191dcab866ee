"""How each login fares, and the counts that `status` shows."""

from maild.store.records import AccountHealth, MailState
from maild.store.store import ClientStore, Store
from tests.store.rows import NOW, admitted, after, planned

FRESH = AccountHealth("imap", None, "", None, 0, None)


def test_registering_twice_is_registering_once(store: Store, ours: ClientStore) -> None:
    """What is known of a login stays."""
    ours.accounts.failed("imap", "password refused", NOW, after(60))
    ours.accounts.register("imap", "smtp")
    imap, smtp = ours.accounts.health()
    assert (imap.failures, imap.last_error) == (1, "password refused")
    assert smtp == AccountHealth("smtp", None, "", None, 0, None)
    assert store.clients() == ("northwind",)


def test_failures_add_up_until_one_success(ours: ClientStore) -> None:
    """The last error can still be read afterwards, but counts no more."""
    for minute in range(3):
        ours.accounts.failed("imap", f"error {minute}", after(minute), after(minute + 5))
    assert ours.accounts.health()[0] == AccountHealth("imap", None, "error 2", after(2), 3, after(7))
    ours.accounts.succeeded("imap", after(9))
    assert ours.accounts.health()[0] == AccountHealth("imap", after(9), "error 2", after(2), 0, None)


def test_one_login_fails_alone(ours: ClientStore, theirs: ClientStore) -> None:
    """Neither the other login of the client nor another client's is touched."""
    ours.accounts.failed("smtp", "x", NOW, None)
    assert ours.accounts.health()[0] == FRESH
    assert all(health.failures == 0 for health in theirs.accounts.health())


def test_mails_are_counted_by_state(ours: ClientStore) -> None:
    """Those set aside are named with their reason, the newest first."""
    first, second = admitted(ours, 1), admitted(ours, 2)
    planned(ours, 3)
    for mail_id in (first, second):
        ours.ledger.set_aside(mail_id, f"reason {mail_id}", NOW)
    assert ours.accounts.mail_counts() == {MailState.ASIDE: 2, MailState.PLANNED: 1}
    assert ours.accounts.set_aside() == ((second, f"reason {second}"), (first, f"reason {first}"))
    assert ours.accounts.set_aside(1) == ((second, f"reason {second}"),)

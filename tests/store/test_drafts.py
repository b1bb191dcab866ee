"""Drafts in the store: written down before they are laid, seen where they lie, changed by nobody behind one's back."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from maild.core.lifecycle import CLOSED, LINGER, LINGERING, OPEN, WAITING, DraftState, Evidence
from maild.store import schema
from maild.store.engine import reading
from maild.store.records import Place, Sight
from maild.store.store import ClientStore, Store
from tests.store.rows import NOW, RAW, admitted, after, laid, new_draft, notice, opened, planned


def put(client: ClientStore, draft_id: int, state: DraftState) -> None:
    """Bring a draft into a state."""
    before = client.drafts.get(draft_id)
    client.drafts.transition(before, replace(before, state=state), NOW)


def sight(
    client: ClientStore, uid: int, draft_id: int | None, folder: str = "Freigegeben", minute: float = 0
) -> None:
    """A message of a folder found under this UID, UIDVALIDITY 3."""
    client.ledger.cursor("imap", folder, 3, 1, from_start=False)
    found = [Sight(uid, draft_id, f"<{uid}@x.example>")]
    client.drafts.sight("imap", "approve", folder, 3, found, uid + 1, after(minute))


# Opening and laying


def test_a_draft_and_its_bytes_are_one_write(ours: ClientStore) -> None:
    """The row, the message to be laid and the end of the effect together."""
    draft_id = opened(ours)
    draft = ours.drafts.get(draft_id)
    assert (draft.state, draft.uid, draft.gaps, draft.created_at) == (
        DraftState.PLANNED,
        None,
        ("Liefertermin",),
        NOW,
    )
    (filing,) = ours.drafts.filings("imap")
    assert (filing.purpose, filing.role, filing.raw, filing.flags) == ("draft", "drafts", RAW, ("\\Draft",))
    assert (filing.draft_id, filing.message_id) == (draft_id, draft.message_id)
    assert ours.ledger.pending("imap") == ()


def test_an_effect_has_one_draft(ours: ClientStore) -> None:
    """A second one is refused by the database, and leaves nothing behind."""
    mail_id, (effect,) = planned(ours)
    ours.drafts.open(new_draft(ours, mail_id, effect), RAW, (), "drafts", NOW)
    with pytest.raises(IntegrityError):
        ours.drafts.open(new_draft(ours, mail_id, effect, token="t" * 26), RAW, (), "drafts", NOW)
    assert len(ours.drafts.open_drafts("imap")) == len(ours.drafts.filings("imap")) == 1


def test_a_draft_that_was_laid(ours: ClientStore) -> None:
    """Its place is known, its bytes are kept no longer."""
    draft = ours.drafts.get(laid(ours))
    assert (draft.state, draft.uidvalidity, draft.uid) == (DraftState.PRESENTED, 8, 50)
    assert ours.drafts.filings("imap") == ()


def test_a_server_that_names_no_uid(ours: ClientStore) -> None:
    """The draft lies there all the same; its place is learned when it is seen."""
    draft_id = opened(ours)
    ours.drafts.laid(draft_id, None, NOW)
    assert ours.drafts.get(draft_id).state is DraftState.PRESENTED
    assert ours.drafts.get(draft_id).uid is None


def test_laid_twice_takes_nothing_back(ours: ClientStore) -> None:
    """What has happened to it since stands, and notices about it are still to be laid."""
    draft_id = laid(ours)
    put(ours, draft_id, DraftState.CLARIFY)
    ours.drafts.file(notice(ours, draft_id=draft_id), NOW)
    ours.drafts.laid(draft_id, Place("Drafts", 8, 51), NOW)
    assert (ours.drafts.get(draft_id).state, ours.drafts.get(draft_id).uid) == (DraftState.CLARIFY, 50)
    assert [filing.purpose for filing in ours.drafts.filings("imap")] == ["notice"]


def test_bytes_laid_are_kept_no_longer(store: Store, ours: ClientStore) -> None:
    """maild keeps working state, no archive of letters."""
    laid(ours)
    with reading(store._engine) as tx:
        assert tx.execute(select(func.count()).where(schema.filing.c.raw.is_not(None))).scalar_one() == 0


# Filings


def test_asked_for_twice_it_is_laid_once(ours: ClientStore) -> None:
    """Once per Message-ID and folder, also after it was laid."""
    for _ in range(2):
        ours.drafts.file(notice(ours), NOW)
    (filing,) = ours.drafts.filings("imap")
    ours.drafts.filed(filing.id, NOW)
    ours.drafts.file(notice(ours), NOW)
    assert ours.drafts.filings("imap") == ()


def test_another_folder_is_another_filing(ours: ClientStore) -> None:
    """The same message may lie in two folders."""
    ours.drafts.file(notice(ours), NOW)
    ours.drafts.file(replace(notice(ours), role="sent"), NOW)
    assert [filing.role for filing in ours.drafts.filings("imap")] == ["clarify", "sent"]
    assert ours.drafts.filings("other") == ()


# Which draft


def test_an_open_draft_is_found_by_token_or_message_id(ours: ClientStore) -> None:
    """In one question for a whole folder; empty words find nothing."""
    draft = ours.drafts.get(laid(ours))
    found = ours.drafts.match("imap", [draft.token, "x" * 26, ""], ["", "<other@x.example>"])
    assert found.get(draft.token) == draft.id
    assert found.get("") is None
    assert ours.drafts.match("imap", [""], [draft.message_id]).get(draft.message_id) == draft.id
    assert ours.drafts.match("imap", [""], [""]) == {}
    assert ours.drafts.match("other", [draft.token], []) == {}


@pytest.mark.parametrize("state", DraftState)
def test_the_token_of_a_closed_draft_counts_for_nothing(ours: ClientStore, state: DraftState) -> None:
    """It is only known as that of a closed one; an open one is not."""
    draft_id = laid(ours)
    put(ours, draft_id, state)
    token = ours.drafts.get(draft_id).token
    closed = ours.drafts.closed(token)
    assert (ours.drafts.match("imap", [token], []) == {}) is (state in CLOSED)
    assert (closed is not None and closed.state is state) is (state in CLOSED)
    assert (len(ours.drafts.open_drafts("imap")) == 1) is (state in OPEN)
    assert ours.drafts.watched("imap") is (state in WAITING)
    assert [draft.id for draft in ours.drafts.listed([state])] == [draft_id]
    assert ours.drafts.counts() == {state: 1}
    assert ours.drafts.closed("") is None


# Where they lie


def test_a_sighting_lasts_until_it_is_gone(ours: ClientStore) -> None:
    """Oldest first, with the time it was found."""
    draft_id = laid(ours)
    sight(ours, 1, draft_id, minute=1)
    sight(ours, 2, None, minute=2)
    first, second = ours.drafts.sightings("imap")
    assert (first.place, first.draft_id, first.found_at, first.role) == (
        Place("Freigegeben", 3, 1), draft_id, after(1), "approve",
    )  # fmt: skip
    assert second.draft_id is None
    ours.drafts.gone([first.id], after(3))
    assert ours.drafts.sightings("imap") == (second,)
    assert ours.drafts.sightings("other") == ()


def test_a_sighting_moves_the_cursor(ours: ClientStore) -> None:
    """At once with what was found, so no message is missed or seen twice."""
    sight(ours, 5, laid(ours))
    assert ours.ledger.cursor("imap", "Freigegeben", 3, 99, from_start=False).next_uid == 6


def test_seen_again_it_is_found_anew(ours: ClientStore) -> None:
    """A UIDVALIDITY that comes back brings old numbers again: the row is used again, no error, no second row."""
    draft_id = laid(ours)
    sight(ours, 1, draft_id)
    (first,) = ours.drafts.sightings("imap")
    ours.drafts.gone([first.id], after(1))
    sight(ours, 1, draft_id, minute=2)
    (again,) = ours.drafts.sightings("imap")
    assert (again.place, again.found_at) == (first.place, after(2))


def test_the_sightings_of_a_closed_draft_are_over(ours: ClientStore) -> None:
    """Nobody looks for them any more."""
    draft_id = laid(ours)
    sight(ours, 1, draft_id)
    put(ours, draft_id, DraftState.SENT)
    assert ours.drafts.sightings("imap") == ()


@pytest.mark.parametrize("state", LINGERING)
def test_a_lingering_draft_is_watched_for_a_month(ours: ClientStore, state: DraftState) -> None:
    """Nobody waits for it, but what turns up within a month is recognised; after that nobody looks any more."""
    draft_id = laid(ours)
    sight(ours, 1, draft_id)
    put(ours, draft_id, state)
    token = ours.drafts.get(draft_id).token
    for when, there in ((NOW + LINGER / 2, True), (NOW + LINGER, False)):
        assert bool(ours.drafts.open_drafts("imap", when)) is there
        assert bool(ours.drafts.match("imap", [token], [], when)) is there
        assert bool(ours.drafts.sightings("imap", when)) is there


def test_the_traces_of_a_draft(ours: ClientStore) -> None:
    """All that was ever seen of it, also what is gone, and by what it was known."""
    draft_id = laid(ours)
    sight(ours, 1, draft_id, minute=1)
    ours.drafts.gone([ours.drafts.sightings("imap")[0].id], after(2))
    ours.ledger.cursor("imap", "Sent", 4, 1, from_start=False)
    ours.drafts.sight("imap", "sent", "Sent", 4, [Sight(9, draft_id, "<x@y>", Evidence.ANSWER)], 10, after(3))
    first, second = ours.drafts.traces(draft_id)
    assert (first.place.uid, first.gone_at, first.how) == (1, after(2), Evidence.TOKEN)
    assert (second.place.uid, second.gone_at, second.how) == (9, None, Evidence.ANSWER)


# Superseded


def test_a_newer_mail_of_the_thread_is_told_once(ours: ClientStore) -> None:
    """One that refers to what the original refers to; not the original itself, not our own, not a second time."""
    draft_id = laid(ours)
    assert ours.drafts.newer_in_thread("imap", ()) == {}
    newer = admitted(ours, 5)
    assert ours.drafts.newer_in_thread("imap", {"anna@kunde.example"}) == {}
    assert ours.drafts.newer_in_thread("imap", ()) == {draft_id: newer}
    ours.drafts.thread_is_read("imap")
    assert ours.drafts.newer_in_thread("imap", ()) == {}


def test_originals_are_looked_for_in_turn(ours: ClientStore) -> None:
    """Those not looked for since; since when one is missed is kept until it is found."""
    draft_id = laid(ours)
    assert ours.drafts.originals("imap", after(-1), 5) == ()
    (original,) = ours.drafts.originals("imap", NOW, 5)
    assert (original.draft_id, original.place.folder, original.missed_at) == (draft_id, "INBOX", None)
    for minute in (1, 2):
        ours.drafts.looked_for_originals([], [draft_id], after(minute))
    assert ours.drafts.originals("imap", after(1), 5) == ()
    (original,) = ours.drafts.originals("imap", after(2), 5)
    assert original.missed_at == after(1)
    ours.drafts.looked_for_originals([draft_id], [], after(3))
    assert ours.drafts.originals("imap", after(3), 5)[0].missed_at is None


# Transitions


def test_each_change_of_state_is_kept(ours: ClientStore) -> None:
    """In the transaction that makes it; what somebody else changed first leaves no trace."""
    draft_id = laid(ours)
    before = ours.drafts.get(draft_id)
    put(ours, draft_id, DraftState.EDITING)
    ours.drafts.transition(before, replace(before, state=DraftState.VANISHED), NOW)
    ours.drafts.transition(
        ours.drafts.get(draft_id), replace(before, state=DraftState.EDITING, absent_looks=1), NOW
    )
    told = [(event.before, event.after) for event in ours.drafts.events(draft_id)]
    assert told == [
        (None, DraftState.PLANNED),
        (DraftState.PLANNED, DraftState.PRESENTED),
        (DraftState.PRESENTED, DraftState.EDITING),
    ]


def test_a_transition_writes_all_that_can_change(ours: ClientStore) -> None:
    """And what is read back is what was written."""
    before = ours.drafts.get(laid(ours))
    changed = replace(
        before,
        state=DraftState.CLARIFY,
        reason="gaps, attachment",
        edited=True,
        uidvalidity=9,
        uid=3,
        refused=((3, 1), (3, 2)),
        approved_at=after(1),
        absent_since=after(2),
        absent_looks=2,
    )
    ours.drafts.transition(before, changed, NOW)
    assert ours.drafts.get(before.id) == changed


def test_a_state_changed_meanwhile_is_not_overwritten(ours: ClientStore) -> None:
    """Who decided from an older look writes nothing."""
    before = ours.drafts.get(laid(ours))
    put(ours, before.id, DraftState.SENT)
    ours.drafts.transition(before, replace(before, state=DraftState.APPROVED), NOW)
    assert ours.drafts.get(before.id).state is DraftState.SENT


def test_the_notice_comes_with_the_state(ours: ClientStore) -> None:
    """One transaction; repeated, one notice."""
    before = ours.drafts.get(laid(ours))
    after_ = replace(before, state=DraftState.CLARIFY)
    for _ in range(2):
        ours.drafts.transition(before, after_, NOW, notice=notice(ours, draft_id=before.id))
    (filing,) = ours.drafts.filings("imap")
    assert (filing.purpose, filing.draft_id) == ("notice", before.id)

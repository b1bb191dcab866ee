"""What became of a draft: each line of the table in the design, the order of precedence, nothing forgotten."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core.folder import Role
from maild.core.lifecycle import CLOSED, GRACE, OPEN, Draft, DraftState, Seen, recognise

T0 = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
LAID = Draft(
    id=1,
    mail_id=2,
    token="abcdefghijklmnopqrstuvwxyz",
    template="offer-request",
    state=DraftState.PRESENTED,
    reason="",
    message_id="<neu-1@northwind.example>",
    original_id="<frage-1@kunde.example>",
    gaps=(),
    text_hash="0" * 64,
    edited=False,
    uidvalidity=7,
    uid=5,
    refused=(),
    approved_at=None,
    absent_since=None,
    absent_looks=0,
    created_at=T0,
)
AS_LEFT = Seen(Role.DRAFTS, 7, 5, LAID.message_id, T0)
SAVED_ANEW = Seen(Role.DRAFTS, 7, 6, "<tb-1@northwind.example>", T0 + timedelta(minutes=1))
APPROVED = Seen(Role.APPROVE, 3, 1, LAID.message_id, T0 + timedelta(minutes=2))
SENT = Seen(Role.SENT, 4, 9, "<tb-2@northwind.example>", T0 + timedelta(minutes=3))
REJECTED = Seen(Role.REJECT, 8, 1, LAID.message_id, T0)
IN_CLARIFY = Seen(Role.CLARIFY, 9, 1, LAID.message_id, T0)
IN_TRASH = Seen(Role.TRASH, 2, 1, LAID.message_id, T0)


def minutes(number: float) -> datetime:
    """A time after the draft was laid."""
    return T0 + timedelta(minutes=number)


def look(draft: Draft, *seen: Seen, at: float = 5) -> Draft:
    """One look at the mailbox."""
    return recognise(draft, seen, minutes(at))


# In Drafts


def test_as_left_it_is_presented() -> None:
    """Our UID and Message-ID where we left them: nothing has changed at all."""
    assert look(LAID, AS_LEFT) == LAID


@pytest.mark.parametrize(
    "copy",
    [
        SAVED_ANEW,
        replace(AS_LEFT, uid=6),  # Roundcube keeps the Message-ID
        replace(AS_LEFT, uidvalidity=8),
        replace(AS_LEFT, message_id="<anders@northwind.example>"),
    ],
)
def test_under_another_uid_it_is_edited(copy: Seen) -> None:
    """A mail program has saved it anew."""
    after = look(LAID, copy)
    assert (after.state, after.edited) == (DraftState.EDITING, True)


def test_two_copies_for_a_moment_are_one_edit() -> None:
    """Saving lays the new copy before the old one goes; the newest counts, also where one look found both."""
    assert look(LAID, AS_LEFT, SAVED_ANEW).state is DraftState.EDITING
    together = replace(SAVED_ANEW, found_at=AS_LEFT.found_at)
    assert look(LAID, AS_LEFT, together) == look(LAID, together, AS_LEFT)
    assert look(LAID, AS_LEFT, together).state is DraftState.EDITING


def test_only_as_left_again() -> None:
    """She saved a copy of it as new and threw that away: what lies there is the draft as maild left it."""
    both = look(LAID, AS_LEFT, SAVED_ANEW)
    assert look(both, AS_LEFT) == LAID


def test_a_server_that_names_no_uid() -> None:
    """Without UIDPLUS the first copy with our Message-ID is the one we laid; after that every other is an edit."""
    unnamed = replace(LAID, uidvalidity=None, uid=None)
    first = look(unnamed, AS_LEFT)
    assert first == LAID
    assert look(first, replace(AS_LEFT, uid=6)).state is DraftState.EDITING
    assert look(unnamed, SAVED_ANEW).state is DraftState.EDITING


def test_found_at_last_it_counts_as_never_absent() -> None:
    """A slow server without UIDPLUS: what was missed in the first look is not counted in the last."""
    missed = look(replace(LAID, uidvalidity=None, uid=None), at=0)
    assert look(missed, AS_LEFT, at=1) == LAID


def test_a_draft_not_yet_laid_is_left_alone() -> None:
    """Whatever lies around, `file` has the word before `review`."""
    planned = replace(LAID, state=DraftState.PLANNED, uid=None, uidvalidity=None)
    for seen in ([], [AS_LEFT], [SENT], [APPROVED]):
        assert recognise(planned, seen, minutes(99)) == planned


# Approval


@pytest.mark.parametrize("state", [s for s in OPEN if s is not DraftState.PLANNED])
def test_in_the_approval_folder_it_is_approved(state: DraftState) -> None:
    """From every open state; the settle time counts from when it was found."""
    after = look(replace(LAID, state=state, reason="gaps", absent_since=T0, absent_looks=2), APPROVED)
    assert (after.state, after.approved_at, after.reason) == (DraftState.APPROVED, APPROVED.found_at, "")
    assert (after.absent_since, after.absent_looks) == (None, 0)


def test_the_settle_time_counts_from_the_last_copy() -> None:
    """One drag of a collapsed thread brings two mails of one token."""
    later = replace(APPROVED, uid=2, found_at=minutes(4))
    assert look(LAID, APPROVED, later).approved_at == minutes(4)
    assert look(look(LAID, APPROVED, later), APPROVED, later).approved_at == minutes(4)


def test_an_approval_comes_before_a_copy_in_drafts() -> None:
    """The check before sending then finds two versions and asks."""
    assert look(LAID, APPROVED, SAVED_ANEW).state is DraftState.APPROVED


def test_what_she_sent_comes_first() -> None:
    """A copy in the approval folder is then not sent again."""
    for others in ([APPROVED], [REJECTED], [AS_LEFT], [IN_CLARIFY], [IN_TRASH], [SAVED_ANEW, APPROVED]):
        assert look(LAID, SENT, *others).state is DraftState.SENT_BY_SECRETARY


@pytest.mark.parametrize("back", [AS_LEFT, SAVED_ANEW])
def test_an_approval_taken_back_to_drafts(back: Seen) -> None:
    """Gone from the approval folder again: back to where it is found."""
    approved = look(LAID, APPROVED)
    after = look(approved, replace(back, uid=11))
    assert (after.state, after.approved_at) == (DraftState.EDITING, None)


def test_an_approval_taken_back_into_nowhere() -> None:
    """At once no longer approved, though where it went is seen later, or never."""
    after = look(look(LAID, APPROVED), at=5)
    assert (after.state, after.approved_at) == (DraftState.EDITING, None)
    assert look(after, at=15).state is DraftState.VANISHED


@pytest.mark.parametrize(
    ("copy", "state"), [(REJECTED, DraftState.REJECTED), (IN_CLARIFY, DraftState.CLARIFY)]
)
def test_an_approval_moved_on(copy: Seen, state: DraftState) -> None:
    """Her move from the approval folder to another review folder is what it says."""
    assert look(look(LAID, APPROVED), copy).state is state


def test_a_refused_copy_is_not_judged_twice() -> None:
    """It stays in clarification while maild carries it there; in the meantime nothing is approved."""
    refused = replace(LAID, state=DraftState.CLARIFY, reason="gaps", refused=((3, 1),))
    assert look(refused, APPROVED) == refused
    assert look(refused, APPROVED, SAVED_ANEW).state is DraftState.CLARIFY


def test_a_refused_copy_moved_in_again_is_judged() -> None:
    """A move gives a new UID; another UIDVALIDITY is another copy too."""
    refused = replace(LAID, state=DraftState.CLARIFY, reason="gaps", refused=((3, 1),))
    for again in (replace(APPROVED, uid=2), replace(APPROVED, uidvalidity=4)):
        assert look(refused, again).state is DraftState.APPROVED
        assert look(refused, APPROVED, again).state is DraftState.APPROVED


# Clarification


def test_in_clarification_the_reason_stays() -> None:
    """Once carried there, it waits, with the names of the checks that failed."""
    refused = replace(LAID, state=DraftState.CLARIFY, reason="gaps, attachment", refused=((3, 1),))
    assert look(refused, IN_CLARIFY) == refused


@pytest.mark.parametrize("state", [DraftState.SEND_FAILED, DraftState.IN_DOUBT])
def test_a_letter_that_failed_stays_so_in_clarification(state: DraftState) -> None:
    """Its state says what happened to it; being carried to clarification doesn't change that."""
    failed = replace(LAID, state=state, refused=((3, 1),))
    assert look(failed, APPROVED) == failed
    assert look(failed, IN_CLARIFY) == failed
    assert look(failed, SAVED_ANEW).state is DraftState.EDITING


def test_from_clarification_back_to_drafts() -> None:
    """Tries again: the reason is gone."""
    refused = replace(LAID, state=DraftState.CLARIFY, reason="gaps", refused=((3, 1),))
    after = look(refused, replace(SAVED_ANEW, uid=12))
    assert (after.state, after.reason) == (DraftState.EDITING, "")


def test_she_may_put_it_there_herself() -> None:
    """A draft moved into the clarification folder waits there."""
    assert look(LAID, IN_CLARIFY).state is DraftState.CLARIFY


# The end


@pytest.mark.parametrize("state", [s for s in OPEN if s is not DraftState.PLANNED])
@pytest.mark.parametrize(
    ("copy", "end"), [(SENT, DraftState.SENT_BY_SECRETARY), (REJECTED, DraftState.REJECTED)]
)
def test_sent_or_rejected_closes_every_open_state(state: DraftState, copy: Seen, end: DraftState) -> None:
    """Also what had vanished, failed or waited for clarification."""
    assert look(replace(LAID, state=state), copy).state is end


@pytest.mark.parametrize("state", CLOSED)
@pytest.mark.parametrize("seen", [[], [AS_LEFT], [SAVED_ANEW], [APPROVED], [SENT], [REJECTED], [IN_TRASH]])
def test_a_closed_matter_stays_closed(state: DraftState, seen: list[Seen]) -> None:
    """The token of a closed draft counts for nothing."""
    closed = replace(LAID, state=state)
    assert recognise(closed, seen, minutes(600)) == closed


def test_rejected_with_a_copy_elsewhere() -> None:
    """A rejection counts before a left-over in Drafts or clarification, an approval before it."""
    assert look(LAID, REJECTED, SAVED_ANEW).state is DraftState.REJECTED
    assert look(LAID, REJECTED, IN_CLARIFY).state is DraftState.REJECTED
    assert look(LAID, REJECTED, APPROVED).state is DraftState.APPROVED


# Absence


def test_absence_counts_after_two_looks_and_ten_minutes() -> None:
    """A normal send shows the draft nowhere for a moment; «send later» for long."""
    first = look(LAID, at=0)
    assert first.state is DraftState.PRESENTED
    assert look(first, at=9.9).state is DraftState.PRESENTED
    assert look(first, at=10).state is DraftState.VANISHED


def test_one_look_after_a_long_night_is_not_enough() -> None:
    """After an outage the first look says nothing yet."""
    assert look(LAID, at=600).state is DraftState.PRESENTED
    assert look(look(LAID, at=600), at=601).state is DraftState.PRESENTED
    assert look(look(LAID, at=600), at=610).state is DraftState.VANISHED


def test_many_looks_in_ten_minutes_are_not_enough() -> None:
    """Nor does the row change with each of them."""
    draft = look(LAID, at=0)
    looks = [draft := look(draft, at=number / 10) for number in range(1, 100)]
    assert {each.state for each in looks} == {DraftState.PRESENTED}
    assert len(set(looks)) == 1


def test_a_look_that_finds_it_begins_the_count_anew() -> None:
    """Missed twice, found between: not absent."""
    draft = look(LAID, at=0)
    draft = look(draft, AS_LEFT, at=9)
    draft = look(draft, at=11)
    assert look(draft, at=12).state is DraftState.PRESENTED


def test_in_trash_it_is_discarded_after_the_grace_time() -> None:
    """Not before: a program may show it there while it sends."""
    first = look(LAID, IN_TRASH, at=0)
    assert first.state is DraftState.PRESENTED
    assert look(first, IN_TRASH, at=10).state is DraftState.DISCARDED
    assert look(first, SENT, at=10).state is DraftState.SENT_BY_SECRETARY
    assert look(first, AS_LEFT, IN_TRASH, at=10) == LAID


def test_what_vanished_stays_vanished() -> None:
    """It is not «discarded», however long it is gone."""
    gone = look(look(LAID, at=0), at=10)
    assert look(gone, at=20_000) == gone


@pytest.mark.parametrize(
    ("copy", "state"),
    [
        (SAVED_ANEW, DraftState.EDITING),
        (AS_LEFT, DraftState.PRESENTED),
        (APPROVED, DraftState.APPROVED),
        (SENT, DraftState.SENT_BY_SECRETARY),
        (REJECTED, DraftState.REJECTED),
        (IN_CLARIFY, DraftState.CLARIFY),
    ],
)
def test_what_vanished_may_turn_up(copy: Seen, state: DraftState) -> None:
    """«Send later» after days, a folder restored: it goes on from where it is found."""
    gone = look(look(LAID, at=0), at=10)
    after = look(gone, copy, at=5_000)
    assert (after.state, after.absent_since, after.absent_looks) == (state, None, 0)


def test_what_vanished_and_lies_in_trash_was_discarded() -> None:
    """The grace time is over already."""
    assert look(look(look(LAID, at=0), at=10), IN_TRASH, at=11).state is DraftState.DISCARDED


def test_folders_that_say_nothing() -> None:
    """A token in INBOX is a stranger's: recipients see it."""
    stranger = replace(SENT, role=Role.INBOX)
    assert look(look(LAID, stranger, at=0), stranger, at=10).state is DraftState.VANISHED


# Whatever happens

STATES = st.sampled_from(list(DraftState))
TIMES = st.integers(0, 60).map(minutes)
COPIES = st.builds(
    Seen,
    role=st.sampled_from(list(Role)),
    uidvalidity=st.sampled_from([3, 7]),
    uid=st.integers(1, 6),
    message_id=st.sampled_from([LAID.message_id, "<tb@northwind.example>", ""]),
    found_at=TIMES,
)
DRAFTS = st.builds(
    replace,
    st.just(LAID),
    state=STATES,
    reason=st.sampled_from(["", "gaps"]),
    edited=st.booleans(),
    uid=st.sampled_from([None, 5]),
    refused=st.lists(st.tuples(st.just(3), st.integers(1, 3)), max_size=3).map(tuple),
    approved_at=st.none() | TIMES,
    absent_since=st.none() | TIMES,
    absent_looks=st.integers(0, 3),
)


@given(DRAFTS, st.lists(COPIES, max_size=6), TIMES)
def test_looking_again_changes_nothing_more(draft: Draft, seen: Sequence[Seen], now: datetime) -> None:
    """Whatever was seen: it never raises, and settles; what is closed stays closed, what isn't laid stays planned."""
    settled = draft
    for _ in range(3):
        settled = recognise(settled, seen, now)
    assert recognise(settled, seen, now) == settled
    if draft.state in {*CLOSED, DraftState.PLANNED}:
        assert settled == draft
    else:
        assert settled.state is not DraftState.PLANNED
        assert settled.state is not DraftState.SENT  # only the outbox says so


@given(DRAFTS, st.lists(COPIES, max_size=6), TIMES)
def test_the_order_of_looking_does_not_matter(draft: Draft, seen: list[Seen], now: datetime) -> None:
    """The folders are read one after the other: which came first says nothing."""
    unique = list({(copy.role, copy.uidvalidity, copy.uid): copy for copy in seen}.values())
    one, other = recognise(draft, unique, now), recognise(draft, unique[::-1], now)
    assert (one.state, one.approved_at) == (other.state, other.approved_at)


@given(DRAFTS, st.lists(COPIES, max_size=6), TIMES)
def test_nothing_is_approved_that_is_not_there(draft: Draft, seen: list[Seen], now: datetime) -> None:
    """Approved means: a copy that wasn't refused lies in the approval folder now, and none in Sent."""
    after = recognise(draft, seen, now)
    passed = draft.approved_at if draft.state is DraftState.AWAITS_SECOND else None
    waiting = [
        c
        for c in seen
        if c.role is Role.FINAL or (c.role is Role.APPROVE and not (passed and c.found_at <= passed))
        if (c.uidvalidity, c.uid) not in draft.refused
    ]
    if after.state is DraftState.APPROVED:
        assert waiting
        assert all(copy.role is not Role.SENT for copy in seen)
        assert after.approved_at == max(copy.found_at for copy in waiting)


@given(st.lists(st.tuples(st.lists(COPIES, max_size=3), st.integers(0, 30)), max_size=8))
def test_absence_is_never_told_too_early(looks: list[tuple[list[Seen], int]]) -> None:
    """Vanished or discarded: the last ten minutes and two looks at least had it nowhere but in Trash."""
    draft, now, missed = LAID, T0, []
    for seen, pause in looks:
        now += timedelta(minutes=pause)
        here = any(c.role not in {Role.TRASH, Role.INBOX, Role.REVIEW, Role.NOTES} for c in seen)
        missed = [] if here else [*missed, now]
        draft = recognise(draft, seen, now)
        if draft.state in {DraftState.VANISHED, DraftState.DISCARDED}:
            assert len(missed) >= 2
            assert missed[-1] - missed[0] >= GRACE
            return
        if draft.state in CLOSED:
            return

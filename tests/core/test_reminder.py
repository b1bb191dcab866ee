"""When a reminder is due, and what ends it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core.durations import BusinessHours
from maild.core.hours import Calendar, Dates, Opening
from maild.core.reminder import (
    PENDING,
    Reminder,
    ReminderKind,
    ReminderState,
    Standing,
    due_at,
    next_state,
    overdue_before,
)

BERLIN = ZoneInfo("Europe/Berlin")
SPLIT = (Opening(8 * 60, 12 * 60), Opening(13 * 60, 17 * 60))
OFFICE = Calendar(openings=(SPLIT,) * 5 + ((), ()), region="DE-BY")
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
REMINDER = Reminder(
    id=1,
    mail_id=2,
    kind=ReminderKind.RULE,
    state=ReminderState.OPEN,
    due_at=NOW,
    sender="anna@kunde.example",
    subject="Angebot",
    message_id="<1@kunde.example>",
    received_at=NOW - timedelta(days=1),
    folder="Anfragen",
    uidvalidity=1,
    uid=1,
    drafted=False,
    answered=False,
    under_way=False,
)

moments = st.integers(1_600_000_000, 2_050_000_000).map(
    lambda seconds: datetime.fromtimestamp(seconds, BERLIN)
)
lengths = st.one_of(
    st.integers(0, 200).map(BusinessHours), st.integers(0, 10**6).map(lambda s: timedelta(seconds=s))
)
calendars = st.sampled_from(
    [
        OFFICE,
        Calendar(),
        Calendar(openings=((Opening(0, 1440),),) * 7),
        replace(OFFICE, openings=((),) * 6 + (SPLIT,)),
    ]
)


def at(text: str) -> datetime:
    """A moment in Berlin."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("after", "came", "due"),
    [
        (BusinessHours(4), "2026-11-20T09:00", "2026-11-20T14:00"),  # over the lunch break
        (BusinessHours(4), "2026-11-20T16:00", "2026-11-23T11:00"),  # over the weekend
        (BusinessHours(4), "2026-11-22T03:00", "2026-11-23T12:00"),  # out of hours
        (
            BusinessHours(8),
            "2026-12-24T12:00",
            "2026-12-28T12:00",
        ),  # over Christmas, the afternoon of 24 counts
        (timedelta(hours=4), "2026-11-22T03:00", "2026-11-22T07:00"),
        (timedelta(days=2), "2026-11-20T16:00", "2026-11-22T16:00"),
    ],
)
def test_when_a_reminder_is_due(after: BusinessHours | timedelta, came: str, due: str) -> None:
    """Business hours pass while the client's office is open; plain lengths by the clock."""
    assert due_at(after, at(came), OFFICE) == at(due)


def test_a_client_without_hours_counts_the_usual_ones() -> None:
    """Monday to Friday, 8 to 17; public holidays and its own are left out."""
    closed = Calendar(closed=(Dates(at("2026-11-23").date(), at("2026-11-24").date()),))
    assert due_at(BusinessHours(4), at("2026-11-20T15:00"), Calendar()) == at("2026-11-23T10:00")
    assert due_at(BusinessHours(4), at("2026-11-20T15:00"), closed) == at("2026-11-25T10:00")


def test_a_client_that_never_opens_is_reminded_all_the_same() -> None:
    """Closed for ten years: then the hours are plain ones."""
    closed = replace(OFFICE, closed=(Dates(at("2026-01-01").date(), at("2036-01-01").date()),))
    assert due_at(BusinessHours(4), at("2026-11-20T15:00"), closed) == at("2026-11-20T19:00")


@given(lengths, moments, calendars)
def test_no_reminder_is_due_before_its_mail_came(
    after: BusinessHours | timedelta, came: datetime, calendar: Calendar
) -> None:
    """And no business hour is shorter than an hour."""
    due = due_at(after, came, calendar)
    hours = after if isinstance(after, timedelta) else timedelta(hours=after.hours)
    assert due.astimezone(UTC) - came.astimezone(UTC) >= hours - timedelta(
        hours=1
    )  # a change of the clocks repeats one


@given(lengths, moments, st.integers(0, 10**7), calendars)
def test_who_came_later_is_due_no_earlier(
    after: BusinessHours | timedelta, came: datetime, seconds: int, calendar: Calendar
) -> None:
    """So a query may tell by age what has waited too long."""
    later = datetime.fromtimestamp(came.timestamp() + seconds, BERLIN)
    assert due_at(after, came, calendar).timestamp() <= due_at(after, later, calendar).timestamp()


@given(lengths, moments, calendars)
def test_what_is_overdue_is_due(after: BusinessHours | timedelta, now: datetime, calendar: Calendar) -> None:
    """A mail of that moment is due by now, and one that came two seconds later is not."""
    before = overdue_before(after, now, calendar)
    if isinstance(after, BusinessHours) and now - before > timedelta(days=399):
        return
    assert due_at(after, before, calendar).timestamp() <= now.timestamp()
    if before < now:
        later = datetime.fromtimestamp(before.timestamp() + 2, BERLIN)
        assert due_at(after, later, calendar).timestamp() > now.timestamp()


@pytest.mark.parametrize("state", PENDING)
def test_a_person_s_answer_ends_it(state: ReminderState) -> None:
    """Whatever the store or the mailbox knows it by."""
    reminder = replace(REMINDER, state=state)
    assert next_state(replace(reminder, answered=True), Standing(), NOW) is ReminderState.DONE
    assert next_state(reminder, Standing(answered=True, in_trash=True), NOW) is ReminderState.DONE


@pytest.mark.parametrize("standing", [Standing(in_trash=True), Standing(missing=True)])
def test_a_mail_that_was_thrown_away_needs_no_answer(standing: Standing) -> None:
    """In Trash, or in no folder any more."""
    assert next_state(REMINDER, standing, NOW) is ReminderState.CANCELLED


def test_the_flag_taken_off_means_that_there_is_nothing_to_do() -> None:
    """Once she was told; before that the mail bears no flag of ours."""
    told = replace(REMINDER, state=ReminderState.TOLD)
    assert next_state(told, Standing(unflagged=True), NOW) is ReminderState.CANCELLED
    assert next_state(told, Standing(), NOW) is ReminderState.TOLD
    due = replace(REMINDER, state=ReminderState.DUE)
    assert next_state(due, Standing(unflagged=True), NOW) is ReminderState.DUE


def test_it_is_due_at_its_moment_and_not_before() -> None:
    """To the second."""
    assert next_state(REMINDER, Standing(unflagged=True), NOW) is ReminderState.DUE
    assert next_state(REMINDER, Standing(), NOW - timedelta(seconds=1)) is ReminderState.OPEN


def test_nobody_is_reminded_while_an_answer_is_on_its_way() -> None:
    """Nor of a draft that could not be written: that stands in the morning mail."""
    assert next_state(replace(REMINDER, under_way=True), Standing(), NOW) is ReminderState.OPEN
    assert next_state(replace(REMINDER, kind=ReminderKind.LIMIT), Standing(), NOW) is ReminderState.OPEN

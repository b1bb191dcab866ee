"""The table of states in the design of the review, row by row, each with a test named after it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from maild.store.records import RowState
from tests.flow.letters import CUSTOMER, add, enquiry, own_answer, thunderbird
from tests.flow.memory import MemoryRoom, furnish_in_memory


@pytest.fixture
def room(tmp_path: Path) -> Iterator[MemoryRoom]:
    """A room in memory where one enquiry was drafted for."""
    made = furnish_in_memory(tmp_path)
    made.look()
    made.deliver(enquiry())
    made.look(2)
    assert len(made.messages("Drafts")) == 1
    yield made
    made.close()


def grace(room: MemoryRoom) -> None:
    """Two looks and the grace time."""
    room.look()
    room.clock.advance(minutes=11)
    room.look()


def test_our_uid_message_id_and_hash_as_left_is_presented(room: MemoryRoom) -> None:
    """Also when she has opened it: that is a flag, no edit."""
    room.flag(room.only("Drafts").uid, "Drafts", "+FLAGS (\\Seen)")
    grace(room)
    assert room.state() == "presented"


def test_token_under_another_uid_in_drafts_is_editing(room: MemoryRoom) -> None:
    """Two copies for seconds are normal; it is bound to the newest."""
    draft = room.only("Drafts")
    room.lay(thunderbird(draft.content, add("Neu.")), "Drafts", "\\Draft")
    room.look()
    assert room.state() == "editing"
    room.delete(draft.uid, "Drafts")
    grace(room)
    assert room.state() == "editing"


def test_token_in_freigegeben_is_approved(room: MemoryRoom) -> None:
    """Checked, its bytes frozen, one row for each recipient."""
    room.approve()
    room.settle()
    assert (room.state(), room.outbox()) == ("approved", [(CUSTOMER, "queued")])


def test_gone_from_freigegeben_before_any_row_is_sending_is_back_where_found(room: MemoryRoom) -> None:
    """The rows are cancelled."""
    room.approve()
    room.settle()
    room.move(room.only("Freigegeben").uid, "Freigegeben", "Drafts")
    room.look()
    assert (room.state(), room.outbox(), room.send()) == ("editing", [], [])


def test_a_check_fails_is_clarify(room: MemoryRoom) -> None:
    """Moved to Klärung with an explaining mail beside it; back in Freigegeben it is tried again."""
    room.edit(room.only("Drafts"), add("Alles Weitere im Anhang."))
    room.approve()
    room.settle()
    room.look()
    assert (room.state(), len(room.notices()), room.messages("Freigegeben")) == ("clarify", 1, [])
    letter = next(
        m for m in room.messages("Klärung") if b"Freigabe" not in m.content and b"maild <" not in m.content
    )
    room.move(letter.uid, "Klärung", "Freigegeben")
    room.settle()
    room.look()
    assert (room.state(), len(room.notices())) == ("clarify", 2)


def test_token_in_verworfen_is_rejected(room: MemoryRoom) -> None:
    """Closes the draft, never the original."""
    room.move(room.only("Drafts").uid, "Drafts", "Verworfen")
    room.look()
    assert room.state() == "rejected"
    assert "\\Answered" not in room.only("Anfragen").flags


@pytest.mark.parametrize("change", [thunderbird, lambda raw: raw], ids=["token", "our Message-ID"])
def test_token_or_message_id_in_sent_is_sent_by_secretary(
    room: MemoryRoom, change: Callable[[bytes], bytes]
) -> None:
    """The original is marked answered, and only the untouched left-over is removed."""
    room.lay(change(room.only("Drafts").content), "Sent", "\\Seen")
    room.look()
    assert (room.state(), room.messages("Drafts")) == ("sent_by_secretary", [])
    assert "\\Answered" in room.only("Anfragen").flags


def test_a_reply_in_sent_without_token_is_answered_without_draft(room: MemoryRoom) -> None:
    """The untouched draft is withdrawn, without a word."""
    room.clock.advance(seconds=5)
    room.lay(own_answer(), "Sent", "\\Seen")
    room.look()
    assert (room.state(), room.messages("Drafts"), room.notices()) == ("answered_without_draft", [], [])
    assert "\\Answered" in room.only("Anfragen").flags


@pytest.mark.parametrize("how", ["opened", "edited"])
def test_answered_without_draft_tells_her_of_a_touched_draft(room: MemoryRoom, how: str) -> None:
    """What she has opened or edited stays, and one notice says that it lies there."""
    if how == "edited":
        room.edit(room.only("Drafts"), add("Von mir."))
    else:
        room.flag(room.only("Drafts").uid, "Drafts", "+FLAGS (\\Seen)")
    content = room.only("Drafts").content
    room.clock.advance(seconds=5)
    room.lay(own_answer(), "Sent", "\\Seen")
    room.look(3)
    assert (room.state(), room.only("Drafts").content) == ("answered_without_draft", content)
    (note,) = room.notices()
    assert "schon selbst geantwortet" in note
    assert "«Drafts»" in note


@pytest.mark.parametrize(
    "answer",
    [
        own_answer().replace(b"info@northwind", b"info@contoso"),
        own_answer().replace(b"anna@kunde", b"anton@kunde"),
        own_answer().replace(b"1.anfrage@kunde", b"9.anfrage@kunde").replace(b"Re: Bitte um", b"Noch"),
        own_answer().replace(b"Subject", b"Auto-Submitted: auto-replied\r\nSubject"),
    ],
    ids=["of somebody else", "to somebody else", "to another mail", "automatic"],
)
def test_what_is_no_reply_to_the_original_answers_nothing(room: MemoryRoom, answer: bytes) -> None:
    """From one of our identities, to who wrote the original, by a person: all of it, or it is no answer."""
    room.clock.advance(seconds=5)
    room.lay(answer, "Sent", "\\Seen")
    grace(room)
    assert (room.state(), len(room.messages("Drafts"))) == ("presented", 1)


def test_the_same_recipient_and_subject_is_only_a_hint(room: MemoryRoom) -> None:
    """It is noted, and changes nothing."""
    room.clock.advance(seconds=5)
    room.lay(own_answer().replace(b"<1.anfrage@kunde.example>", b"<x@y.example>"), "Sent", "\\Seen")
    grace(room)
    assert room.state() == "presented"
    assert room.rows("SELECT how FROM sighting WHERE role = 'sent'") == [("hint",)]


def test_a_withdrawn_token_stays_watched(room: MemoryRoom) -> None:
    """An editor that was open sends the draft though it was withdrawn; what it saves is hers and named to her."""
    draft = room.only("Drafts").content
    room.clock.advance(seconds=5)
    room.lay(own_answer(), "Sent", "\\Seen")
    room.look()
    room.lay(thunderbird(draft, add("Noch offen.")), "Drafts", "\\Draft")
    room.look(3)
    assert (room.state(), len(room.messages("Drafts")), len(room.notices())) == (
        "answered_without_draft",
        1,
        1,
    )
    room.approve()
    room.settle()
    room.look(2)
    assert (room.reason(), room.outbox()) == ("answered", [])
    room.lay(thunderbird(draft, add("Doch gesendet.")), "Sent", "\\Seen")
    room.look()
    assert room.state() == "sent_by_secretary"


def test_token_in_trash_after_the_grace_time_is_discarded(room: MemoryRoom) -> None:
    """Two looks and ten minutes, not before."""
    room.move(room.only("Drafts").uid, "Drafts", "Trash")
    room.look(3)
    room.clock.advance(minutes=9)
    room.look()
    assert room.state() == "presented"
    room.clock.advance(minutes=2)
    room.look()
    assert room.state() == "discarded"


def test_in_neither_for_less_than_the_grace_time_is_no_change(room: MemoryRoom) -> None:
    """Thunderbird's send shows it nowhere for a moment."""
    draft = room.only("Drafts")
    room.delete(draft.uid, "Drafts")
    room.look(3)
    room.clock.advance(minutes=9)
    room.look()
    assert room.state() == "presented"
    room.lay(thunderbird(draft.content), "Sent", "\\Seen")
    room.look()
    assert room.state() == "sent_by_secretary"


@pytest.mark.parametrize("how", ["removed", "marked deleted"])
def test_nowhere_after_the_grace_time_is_vanished(room: MemoryRoom, how: str) -> None:
    """Not discarded; looked for in Sent for days, never drafted again; marked deleted counts as gone."""
    draft = room.only("Drafts")
    if how == "removed":
        room.delete(draft.uid, "Drafts")
    else:
        room.flag(draft.uid, "Drafts", "+FLAGS (\\Deleted)")
    grace(room)
    assert (room.state(), room.rows("SELECT count(*) FROM draft")) == ("vanished", [(1,)])
    room.clock.advance(days=6)
    room.lay(thunderbird(draft.content), "Sent", "\\Seen")
    room.look()
    assert room.state() == "sent_by_secretary"


def test_a_newer_mail_in_the_thread_is_superseded(room: MemoryRoom) -> None:
    """Flagged, not replaced; what she saves then takes it up again."""
    content = room.only("Drafts").content
    more = enquiry(2, subject="Re: Gruß", text="Noch etwas.").replace(
        b"\r\nTo:", b"\r\nReferences: <1.anfrage@kunde.example>\r\nTo:", 1
    )
    room.deliver(more)
    room.look(2)
    assert (room.state(), room.reason()) == ("superseded", "newer mail")
    assert room.only("Drafts").content == content
    assert "\\Flagged" in room.only("Drafts").flags
    grace(room)
    assert room.state() == "superseded"
    room.edit(room.only("Drafts"), add("Auch dazu."))
    grace(room)
    assert room.state() == "editing"
    room.approve()
    room.settle()
    assert room.send() == [CUSTOMER]


def test_the_original_gone_is_superseded(room: MemoryRoom) -> None:
    """Missed twice in a quarter of an hour; only moved elsewhere, it is not gone."""
    original = room.only("Anfragen")
    room.move(original.uid, "Anfragen", "Erledigt")
    for _ in range(3):
        room.clock.advance(minutes=16)
        room.look()
    assert room.state() == "presented"
    room.move(room.only("Erledigt").uid, "Erledigt", "Trash")
    room.clock.advance(minutes=16)
    room.look()
    assert room.state() == "presented"
    room.clock.advance(minutes=16)
    room.look()
    assert (room.state(), room.reason(), len(room.messages("Drafts"))) == ("superseded", "original gone", 1)


def test_all_rows_sent_is_sent(room: MemoryRoom) -> None:
    """Sent copy made, exactly that letter removed from Freigegeben, the original marked answered."""
    room.approve()
    room.settle()
    room.send()
    room.look(2)
    room.expect_sent_once()


@pytest.mark.parametrize(
    ("row", "state"), [(RowState.FAILED, "send_failed"), (RowState.IN_DOUBT, "in_doubt")]
)
def test_some_row_failed_or_in_doubt(room: MemoryRoom, row: RowState, state: str) -> None:
    """The letter goes to Klärung with what happened to each recipient."""
    room.approve()
    room.settle()
    room.send({CUSTOMER: row})
    room.look(2)
    assert (room.state(), room.messages("Freigegeben"), len(room.messages("Klärung"))) == (state, [], 2)
    assert CUSTOMER in room.notices()[0]


def test_an_answer_of_her_own_stops_a_letter_that_waits(room: MemoryRoom) -> None:
    """Approved and waiting for a slow server: she answers herself meanwhile, and the customer gets one answer."""
    room.approve()
    room.settle()
    assert room.outbox() == [(CUSTOMER, "queued")]
    room.clock.advance(seconds=5)
    room.lay(own_answer(), "Sent", "\\Seen")
    room.look(2)
    assert (room.outbox(), room.send()) == ([], [])
    assert "bereits eine Antwort" in room.notices()[0]


# What must change nothing.


def test_a_token_from_outside_changes_nothing_wherever_it_is_put(room: MemoryRoom) -> None:
    """A stranger's mail that bears the token first rejects, discards and approves nothing."""
    draft = room.only("Drafts").content
    for folder in ("Verworfen", "Trash", "Drafts", "Freigegeben", "Klärung"):
        room.deliver(thunderbird(draft))
        room.look()
        room.move(room.only("INBOX").uid, "INBOX", folder)
        room.settle()
        grace(room)
        assert (room.state(), room.outbox()) == ("presented", [])


def test_the_history_tells_each_change_once(room: MemoryRoom) -> None:
    """Written with the change itself."""
    room.edit(room.only("Drafts"), add("Neu."))
    room.look(3)
    room.approve()
    room.settle()
    room.send()
    room.look(2)
    states = [event.after for event in room.desk.store.drafts.events(1)]
    assert states == ["planned", "presented", "editing", "approved", "sent"]
    roles = {trace.role for trace in room.desk.store.drafts.traces(1)}
    assert roles >= {"drafts", "approve"}

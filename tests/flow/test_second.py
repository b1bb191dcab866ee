"""review.second: an approved letter goes to Zweitfreigabe; only a move from there to Freigegeben/Endgültig sends it."""

from collections.abc import Callable

import pytest

from tests.flow.conftest import with_draft
from tests.flow.letters import CUSTOMER, add, enquiry, is_notice, thunderbird
from tests.flow.room import Room
from tests.flow.test_close import crash
from tests.flow.test_own import letter

Furnished = Callable[..., Room]
FINAL = "Freigegeben/Endgültig"


@pytest.fixture
def waiting(furnished: Furnished) -> Room:
    """A draft that was approved once, and lies in Zweitfreigabe."""
    room = with_draft(furnished(review="second: Zweitfreigabe"))
    room.approve()
    room.settle()
    room.look()
    assert (room.state(), room.outbox(), room.messages("Freigegeben")) == ("awaits_second", [], [])
    assert len(room.messages("Zweitfreigabe")) == 1
    return room


def second(room: Room) -> None:
    """A second person approves it."""
    room.move(room.only("Zweitfreigabe").uid, "Zweitfreigabe", FINAL)


def nothing_sent(room: Room) -> None:
    """However often maild looks."""
    room.clock.advance(minutes=1)
    room.look(3)
    assert (room.outbox(), room.send()) == ([], [])


def test_sent_after_the_second_approval(waiting: Room) -> None:
    """Nothing goes before; then it goes once, and nothing is left over."""
    nothing_sent(waiting)
    second(waiting)
    waiting.settle()
    assert waiting.send() == [CUSTOMER]
    waiting.look(2)
    waiting.expect_sent_once()
    assert (waiting.messages("Zweitfreigabe"), waiting.messages(FINAL)) == ([], [])


def test_moved_to_the_end_at_once(furnished: Furnished) -> None:
    """From Drafts straight to Endgültig: it lacks its first approval, goes to Klärung, and then its usual way."""
    room = with_draft(furnished(review="second: Zweitfreigabe"))
    room.move(room.only("Drafts").uid, "Drafts", FINAL)
    room.settle()
    room.look()
    assert (room.state(), room.reason(), room.outbox()) == ("clarify", "second", [])
    assert "erste Freigabe noch nicht" in room.notices()[0]
    (mail,) = [mail for mail in room.messages("Klärung") if not is_notice(mail.content)]
    room.move(mail.uid, "Klärung", "Freigegeben")
    room.settle()
    room.look()
    assert room.state() == "awaits_second"
    second(room)
    room.settle()
    assert room.send() == [CUSTOMER]


def test_changed_after_the_first_approval(waiting: Room) -> None:
    """Other bytes than those approved first: not sent."""
    raw = thunderbird(waiting.only("Zweitfreigabe").content, add("Und noch etwas."))
    waiting.delete(waiting.only("Zweitfreigabe").uid, "Zweitfreigabe")
    waiting.lay(raw, FINAL)
    waiting.settle()
    waiting.look()
    assert (waiting.state(), waiting.reason(), waiting.outbox()) == ("clarify", "second", [])


@pytest.mark.parametrize(("folder", "state"), [("Verworfen", "rejected"), ("Drafts", "editing")])
def test_not_approved_by_the_second(waiting: Room, folder: str, state: str) -> None:
    """Rejected, or back to be edited: nothing is sent."""
    waiting.move(waiting.only("Zweitfreigabe").uid, "Zweitfreigabe", folder)
    nothing_sent(waiting)
    assert waiting.state() == state


def test_the_checks_are_made_at_both(furnished: Furnished) -> None:
    """What fails the first time doesn't reach the second person."""
    room = with_draft(furnished(review="second: Zweitfreigabe"))
    room.edit(room.only("Drafts"), add("Die Preisliste finden Sie im Anhang."))
    room.approve()
    room.settle()
    room.look()
    assert (room.state(), room.reason(), room.messages("Zweitfreigabe")) == ("clarify", "attachment", [])


def test_taken_back_after_the_second_approval(waiting: Room) -> None:
    """Its rows are cancelled; approved once more by the second person, it goes once."""
    second(waiting)
    waiting.settle()
    waiting.move(waiting.only(FINAL).uid, FINAL, "Zweitfreigabe")
    waiting.look()
    assert (waiting.state(), waiting.outbox(), waiting.send()) == ("awaits_second", [], [])
    second(waiting)
    waiting.settle()
    assert waiting.send() == [CUSTOMER]
    waiting.look(2)
    waiting.expect_sent_once()


def test_both_copies_approved(waiting: Room) -> None:
    """A copy in Freigegeben and one in Endgültig: nobody knows which she means."""
    waiting.copy(waiting.only("Zweitfreigabe").uid, "Zweitfreigabe", "Freigegeben")
    second(waiting)
    waiting.settle()
    waiting.look()
    assert (waiting.state(), waiting.outbox()) == ("clarify", [])
    assert (waiting.messages("Freigegeben"), waiting.messages(FINAL)) == ([], [])


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_crash_while_it_is_moved_on(furnished: Furnished, after: bool) -> None:
    """It lies in Zweitfreigabe once, wherever it was interrupted."""
    room = with_draft(furnished(review="second: Zweitfreigabe"))
    room.approve()
    room.look()
    room.clock.advance(seconds=11)
    crash(room, "move", 1, after=after)
    room.look(2)
    assert (room.state(), room.messages("Freigegeben"), room.messages("Klärung")) == ("awaits_second", [], [])
    second(room)
    room.settle()
    assert room.send() == [CUSTOMER]


def test_edited_as_new_while_it_waits(waiting: Room) -> None:
    """The new text starts from the beginning; the one approved before can't be sent any more."""
    raw = thunderbird(waiting.only("Zweitfreigabe").content, add("Besser so."))
    waiting.lay(raw, "Freigegeben")
    waiting.settle()
    waiting.look()
    assert (waiting.state(), len(waiting.messages("Zweitfreigabe"))) == ("awaits_second", 2)
    old, _ = waiting.messages("Zweitfreigabe")
    waiting.move(old.uid, "Zweitfreigabe", FINAL)
    waiting.settle()
    waiting.look()
    assert (waiting.state(), waiting.outbox()) == ("clarify", [])


def test_a_letter_of_her_own(furnished: Furnished) -> None:
    """It goes the same way: nothing before the second approval, then once."""
    room = furnished(review="second: Zweitfreigabe")
    room.look()
    room.lay(letter(), "Freigegeben")
    room.settle()
    room.look()
    nothing_sent(room)
    second(room)
    room.settle()
    assert room.send() == [CUSTOMER]
    room.look(3)
    assert (room.outbox(), len(room.messages("Sent")), room.messages(FINAL)) == ([(CUSTOMER, "sent")], 1, [])


def test_a_letter_of_her_own_at_the_end_at_once(furnished: Furnished) -> None:
    """It lacks its first approval."""
    room = furnished(review="second: Zweitfreigabe")
    room.look()
    room.lay(letter(), FINAL)
    room.settle()
    room.look()
    assert (room.outbox(), room.messages(FINAL)) == ([], [])
    assert "erste Freigabe noch nicht" in room.notices()[0]


def test_in_mode_folder(furnished: Furnished) -> None:
    """Both keys together: Freigabe, Freigegeben, Zweitfreigabe, Endgültig."""
    room = furnished(review="mode: folder, second: Zweitfreigabe, folders: {final: Raus}")
    room.look()
    room.deliver(enquiry())
    room.look(2)
    room.move(room.only("Freigabe").uid, "Freigabe", "Freigegeben")
    room.settle()
    room.look()
    room.move(room.only("Zweitfreigabe").uid, "Zweitfreigabe", "Raus")
    room.settle()
    assert room.send() == [CUSTOMER]

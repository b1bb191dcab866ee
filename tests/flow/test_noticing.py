"""A move into the approval folder is noticed at once where the server tells of it; a look costs few commands."""

import select
from collections import Counter
from pathlib import Path
from time import monotonic

from tests.flow.letters import enquiry
from tests.flow.memory import MemoryRoom, furnish_in_memory
from tests.flow.room import Room


def test_a_move_into_freigegeben_is_told_while_idling(drafted: Room) -> None:
    """Within five seconds, by NOTIFY, though another folder is selected; then IDLE works on as before."""
    assert drafted.session is not None
    mailbox = drafted.session.mailbox
    for source, target, state in (
        ("Drafts", "Freigegeben", "approved"),
        ("Freigegeben", "Verworfen", "rejected"),
    ):
        drafted.look(2)
        if not mailbox.idle():
            began = monotonic()
            drafted.move(drafted.only(source).uid, source, target)
            readable, _, _ = select.select([mailbox.fileno()], [], [], 5)
            assert readable, "the server said nothing"
            assert monotonic() - began < 5
        assert mailbox.wake()
        drafted.look()
        assert drafted.state() == state


def test_mail_that_comes_just_before_the_idling_is_told(drafted: Room) -> None:
    """It is told with the answer to NOTIFY, before IDLE, and never again: that must not be lost."""
    assert drafted.session is not None
    mailbox = drafted.session.mailbox
    drafted.look(2)
    drafted.lay(enquiry(2), "INBOX")
    spoken = mailbox.idle()
    readable, _, _ = select.select([mailbox.fileno()], [], [], 0 if spoken else 5)
    assert spoken or readable, "the server said nothing"
    mailbox.wake()


def test_idling_without_a_word(drafted: Room) -> None:
    """Nothing happened: nothing is said, and what was asked afterwards is answered rightly."""
    assert drafted.session is not None
    mailbox = drafted.session.mailbox
    drafted.look(2)
    assert not mailbox.idle()
    assert not mailbox.wake()
    assert mailbox.status("Drafts").messages == 1
    assert mailbox.status("Freigegeben").messages == 0


def test_a_look_costs_the_same_for_one_draft_and_for_fifty(tmp_path: Path) -> None:
    """One batch for each folder, not one command for each draft."""
    one, fifty = _commands(furnish_in_memory(tmp_path), 1), _commands(furnish_in_memory(tmp_path), 50)
    assert fifty == one
    assert sum(fifty.values()) <= 30


def _commands(room: MemoryRoom, drafts: int) -> Counter[str]:
    room.look()
    for number in range(drafts):
        room.deliver(enquiry(number + 1))
    room.look(4)
    assert len(room.messages("Drafts")) == drafts
    room.server.commands.clear()
    room.look()
    room.close()
    return Counter(room.server.commands)

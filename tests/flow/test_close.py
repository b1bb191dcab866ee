"""What follows the sending of a letter: done once whatever interrupts it, and told where it went wrong."""

import re
from collections.abc import Callable

import pytest

from maild.errors import ServerError
from maild.store.records import RowState
from tests.flow.conftest import with_draft
from tests.flow.letters import CUSTOMER, add, field, is_notice, own_answer, thunderbird
from tests.flow.room import Room

Furnished = Callable[..., Room]
CHIEF = "chef@kunde.example"


@pytest.fixture
def sent(drafted: Room) -> Room:
    """A room where the approved letter has just left the house, and nothing has followed yet."""
    drafted.approve()
    drafted.settle()
    assert drafted.send() == [CUSTOMER]
    return drafted


@pytest.fixture
def partly(drafted: Room) -> Room:
    """A room where one of two recipients' servers has refused the letter."""
    drafted.edit(drafted.only("Drafts"), with_copy)
    drafted.approve()
    drafted.settle()
    assert sorted(drafted.send({CHIEF: RowState.FAILED})) == [CUSTOMER, CHIEF]
    drafted.look(2)
    return drafted


# Interrupted.


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("command", "number"), [("add_flags", 1), ("add_flags", 2), ("uid_expunge", 1), ("append", 1)]
)
def test_a_crash_while_closing(sent: Room, command: str, number: int, after: bool) -> None:
    """Ended before or right after \\Answered, the mark, the removal, the Sent copy: in the end all is done once."""
    crash(sent, command, number, after=after)
    sent.look(2)
    sent.expect_sent_once()
    assert sent.rows("SELECT state FROM letter") == [("sent",)]
    assert sent.rows("SELECT state, raw FROM filing WHERE purpose = 'sent_copy'") == [("done", None)]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("command", ["move", "append"])
def test_a_crash_while_refusing(drafted: Room, command: str, after: bool) -> None:
    """One letter and one note in Klärung, wherever it was interrupted, and nothing in the outbox."""
    drafted.edit(drafted.only("Drafts"), add("Siehe Anhang: im Anhang."))
    drafted.approve()
    drafted.look()
    drafted.clock.advance(seconds=11)
    crash(drafted, command, 1, after=after)
    drafted.look(2)
    assert (drafted.state(), drafted.reason(), drafted.outbox()) == ("clarify", "attachment", [])
    assert (len(drafted.messages("Klärung")), len(drafted.notices())) == (2, 1)
    assert drafted.messages("Freigegeben") == []


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("command", ["move", "append"])
def test_a_crash_while_setting_a_stray_apart(drafted: Room, command: str, after: bool) -> None:
    """The same for a message that is no draft."""
    drafted.lay(
        own_answer().replace(b"References: ", b"References: <draft.aaaabbbbccccdddd@x.example> "),
        "Freigegeben",
    )
    crash(drafted, command, 1, after=after)
    drafted.look(2)
    assert (len(drafted.messages("Klärung")), len(drafted.notices())) == (2, 1)
    assert (drafted.messages("Freigegeben"), drafted.outbox()) == ([], [])


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("command", "number"), [("add_flags", 1), ("add_flags", 2), ("uid_expunge", 1), ("move", 1)]
)
def test_a_crash_after_she_has_sent(drafted: Room, command: str, number: int, after: bool) -> None:
    """\\Answered, the left-over removed, the copy that waited explained: all of it, wherever it was interrupted."""
    draft = drafted.only("Drafts")
    drafted.lay(thunderbird(draft.content), "Sent", "\\Seen")
    drafted.copy(draft.uid, "Drafts", "Freigegeben")
    crash(drafted, command, number, after=after)
    drafted.look(3)
    assert (drafted.state(), drafted.outbox()) == ("sent_by_secretary", [])
    assert "\\Answered" in drafted.only("Anfragen").flags
    assert [
        mail for mail in drafted.messages("Drafts") if "\\Deleted" not in mail.flags
    ] == []  # marked is gone
    assert drafted.messages("Freigegeben") == []
    assert "bereits selbst gesendet" in drafted.notices()[0]
    assert len(drafted.messages("Klärung")) == 2


def test_the_sent_copy_is_found_before_it_is_laid_again(sent: Room) -> None:
    """The answer to APPEND was lost and she has moved the copy within Sent: it is known by its Message-ID."""
    crash(sent, "append", 1, after=True)
    assert len(sent.messages("Sent")) == 1
    sent.look(3)
    assert len(sent.messages("Sent")) == 1


# The Sent copy.


def test_where_the_provider_files_sent_mail(furnished: Furnished) -> None:
    """With `smtp.files_sent` maild lays no copy; the matter is closed all the same."""
    room = with_draft(furnished(files_sent="true"))
    room.approve()
    room.settle()
    room.send()
    room.look(2)
    assert (room.state(), room.messages("Sent"), room.messages("Freigegeben")) == ("sent", [], [])


def test_the_sent_copy_keeps_bcc(drafted: Room) -> None:
    """A hidden recipient gets a row of her own; only the Sent copy names her, and it lies there read."""
    drafted.edit(
        drafted.only("Drafts"),
        lambda raw: raw.replace(b"\r\nTo: ", b"\r\nBcc: chef@kunde.example\r\nTo: ", 1),
    )
    drafted.approve()
    drafted.settle()
    assert b"chef@" not in drafted.letter()
    assert sorted(drafted.send()) == [CUSTOMER, CHIEF]
    drafted.look(2)
    copy = drafted.only("Sent")
    assert field(copy.content, b"Bcc") == CHIEF.encode()
    assert copy.flags == {"\\Seen"}


def test_both_equal_copies_go_and_nothing_else(drafted: Room) -> None:
    """Exactly the copies that were sent are removed from Freigegeben, not what came in meanwhile."""
    draft = drafted.only("Drafts")
    drafted.lay(thunderbird(draft.content), "Freigegeben", "\\Draft")
    drafted.approve()
    drafted.settle()
    drafted.send()
    late = drafted.lay(thunderbird(draft.content, add("Zu spät.")), "Drafts", "\\Draft")
    drafted.look(2)
    assert drafted.state() == "sent"
    assert drafted.messages("Freigegeben") == []
    assert drafted.only("Drafts").uid == late


def test_a_folder_made_anew_before_the_copy_is_removed(sent: Room) -> None:
    """Under another UIDVALIDITY the number names another letter: it is not removed as the one that was sent."""
    sent.leave()
    sent.recreate("Freigegeben")
    sent.lay(own_answer(), "Freigegeben")
    sent.look(2)
    assert sent.state() == "sent"
    assert b"von-hand@" in sent.only("Freigegeben").content


# What went wrong.


def test_a_letter_that_one_server_refused(partly: Room) -> None:
    """To Klärung with a report for each recipient; what went out has its Sent copy; the matter stays open."""
    assert partly.state() == "send_failed"
    assert partly.messages("Freigegeben") == []
    assert len(partly.messages("Sent")) == 1
    (report,) = partly.notices()
    assert f"• {CUSTOMER}: angekommen" in report
    assert f"• {CHIEF}: abgelehnt (550 5.7.1 nein)" in report
    assert len(partly.messages("Klärung")) == 2


def test_approved_again_for_who_has_got_it(partly: Room) -> None:
    """The same letter to the same people is refused: nobody gets it twice."""
    partly.move(letter_in_clarify(partly), "Klärung", "Freigegeben")
    partly.settle()
    partly.look()
    assert (partly.state(), partly.reason()) == ("clarify", "reached")
    assert f"schon an {CUSTOMER} gegangen" in partly.notices()[-1]
    assert partly.outbox() == [(CUSTOMER, "sent"), (CHIEF, "failed")]


def test_approved_again_for_who_has_not_got_it(partly: Room) -> None:
    """With the others taken out, it goes to the one who has missed it; our own Sent copy is no obstacle."""
    partly.move(letter_in_clarify(partly), "Klärung", "Drafts")
    partly.look()
    partly.edit(partly.only("Drafts"), only_to_chief)
    partly.approve()
    partly.settle()
    assert partly.send() == [CHIEF]
    partly.look(2)
    assert partly.state() == "sent"
    assert partly.outbox() == [(CUSTOMER, "sent"), (CHIEF, "failed"), (CHIEF, "sent")]
    assert "\\Answered" in partly.only("Anfragen").flags


def test_a_letter_that_all_refused(drafted: Room) -> None:
    """No Sent copy; with the address mended it is sent once."""
    drafted.approve()
    drafted.settle()
    drafted.send({CUSTOMER: RowState.FAILED})
    drafted.look(2)
    assert (drafted.state(), drafted.messages("Sent")) == ("send_failed", [])
    drafted.move(letter_in_clarify(drafted), "Klärung", "Drafts")
    drafted.edit(drafted.only("Drafts"), lambda raw: raw.replace(b"anna@kunde", b"anna.mueller@kunde", 1))
    drafted.approve()
    drafted.settle()
    assert drafted.send() == ["anna.mueller@kunde.example"]
    drafted.look(2)
    assert (drafted.state(), len(drafted.messages("Sent"))) == ("sent", 1)


def test_a_letter_in_doubt(drafted: Room) -> None:
    """Nobody knows whether it arrived: said so, not called answered, and not sent again to the same address."""
    drafted.approve()
    drafted.settle()
    drafted.send({CUSTOMER: RowState.IN_DOUBT})
    drafted.look(2)
    assert (drafted.state(), drafted.messages("Sent"), drafted.messages("Freigegeben")) == (
        "in_doubt",
        [],
        [],
    )
    assert f"• {CUSTOMER}: unklar" in drafted.notices()[0]
    assert "\\Answered" not in drafted.only("Anfragen").flags
    drafted.move(letter_in_clarify(drafted), "Klärung", "Freigegeben")
    drafted.settle()
    drafted.look()
    assert (drafted.reason(), drafted.outbox()) == ("reached", [(CUSTOMER, "in_doubt")])


def test_a_doubt_that_she_settles_by_sending(drafted: Room) -> None:
    """She sends the letter herself from Drafts: the matter is hers."""
    drafted.approve()
    drafted.settle()
    drafted.send({CUSTOMER: RowState.IN_DOUBT})
    drafted.look(2)
    drafted.move(letter_in_clarify(drafted), "Klärung", "Drafts")
    draft = drafted.only("Drafts")
    drafted.lay(thunderbird(draft.content), "Sent", "\\Seen")
    drafted.delete(draft.uid, "Drafts")
    drafted.look()
    assert drafted.state() == "sent_by_secretary"


@pytest.mark.parametrize("state", [RowState.EXPIRED, RowState.SUPPRESSED, RowState.ABANDONED])
def test_every_end_of_a_row_has_words(drafted: Room, state: RowState) -> None:
    """However a row ends, the letter is closed and she is told."""
    drafted.approve()
    drafted.settle()
    drafted.send({CUSTOMER: state})
    drafted.look(2)
    assert drafted.state() == "send_failed"
    assert f"• {CUSTOMER}: " in drafted.notices()[0]


def crash(room: Room, command: str, number: int, *, after: bool) -> None:
    """Looks, and loses the connection before or right after the n-th command of a name has its effect."""
    session = (room.session or room.connect()).mailbox.session
    attempt, count = session.attempt, 0

    def cut(method: str, *rest, **options):
        nonlocal count
        count += method == command
        now = method == command and count == number
        if now and not after:
            raise ServerError("cut before")
        answer = attempt(method, *rest, **options)
        if now:
            raise ServerError("cut after")
        return answer

    session.attempt = cut  # type: ignore[method-assign]
    with pytest.raises(ServerError, match="cut"):
        room.look(2)
    room.leave()


def with_copy(raw: bytes) -> bytes:
    """She adds a recipient."""
    return raw.replace(b"\r\nTo: ", b"\r\nCc: chef@kunde.example\r\nTo: ", 1)


def only_to_chief(raw: bytes) -> bytes:
    """She takes out who has got it."""
    return re.sub(
        rb"(?m)^Cc: .*\r\n", b"", re.sub(rb"(?m)^To: .*\r\n", b"To: chef@kunde.example\r\n", raw, count=1)
    )


def letter_in_clarify(room: Room) -> int:
    """The UID of the letter beside the notices."""
    return next(mail.uid for mail in room.messages("Klärung") if not is_notice(mail.content))

"""Reminders on a real mailbox: due, told once, ended by whatever way a person answers, and by nothing else."""

import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from maild.core.parse import parse
from maild.store.reminders import Reminders
from tests.flow.letters import CUSTOMER, enquiry, own_answer
from tests.flow.room import OFFER, Room

Furnished = Callable[..., Room]
RULES = "rules: [{name: r, when: {subject: {words: [Angebot]}}, do: [{remind: 2h}, {move: Anfragen}]}]"
WITH_DRAFT = RULES.replace("{remind: 2h}", "{remind: 2h}, {draft: offer}")
WITH_ANSWER = RULES.replace("{remind: 2h}", "{remind: 2h}, {answer: {template: closed}}")


@pytest.fixture
def asked(furnished: Furnished) -> Room:
    """One enquiry has come in that is to be answered within two hours; nothing is drafted for it."""
    return with_enquiry(furnished(rules=RULES))


def with_enquiry(room: Room) -> Room:
    """Let it come in."""
    room.look()
    room.deliver(enquiry())
    room.look(2)
    assert reminders(room) == ["open"]
    return room


def reminders(room: Room) -> list[str]:
    """The states of all reminders."""
    return [state for (state,) in room.rows("SELECT state FROM reminder ORDER BY id")]


def pass_by(room: Room, looks: int = 2, **time: float) -> None:
    """Let time pass, then look."""
    room.clock.advance(**time)
    room.look(looks)


def told(room: Room) -> list[str]:
    """The notes to the secretary."""
    return [parse(each.content).text for each in room.messages("Notizen")]


def test_she_is_reminded_once_and_the_mail_is_flagged(asked: Room) -> None:
    """Not before its time; then with sender, subject, day and place; and never again."""
    pass_by(asked, minutes=100)
    assert (reminders(asked), told(asked)) == (["open"], [])
    pass_by(asked, minutes=30)
    assert reminders(asked) == ["told"]
    (note,) = told(asked)
    assert f"die Nachricht «Bitte um ein Angebot» von {CUSTOMER} ist noch nicht beantwortet" in " ".join(
        note.split()
    )
    assert "liegt im Ordner «Anfragen»" in " ".join(note.split())
    assert "Entwurf" not in note
    assert "\\Flagged" in asked.only("Anfragen").flags
    for _ in range(3):
        pass_by(asked, hours=5)
    assert (reminders(asked), len(told(asked))) == (["told"], 1)


def test_the_note_is_no_letter(asked: Room) -> None:
    """It says of which mail it is, lies unseen, and goes to nobody."""
    pass_by(asked, hours=3)
    note = asked.only("Notizen")
    assert parse(note.content).subject == "Noch unbeantwortet: Bitte um ein Angebot"
    assert "\\Seen" not in note.flags
    assert asked.outbox() == []


def test_her_answer_in_sent_ends_it(asked: Room) -> None:
    """Also where her mail program flags nothing."""
    asked.lay(own_answer(), "Sent", "\\Seen")
    pass_by(asked, hours=3)
    assert (reminders(asked), told(asked)) == (["done"], [])


def test_her_answer_after_the_reminder_ends_it_too(asked: Room) -> None:
    """So the morning mail names it no longer."""
    pass_by(asked, hours=3)
    asked.lay(own_answer(), "Sent", "\\Seen")
    pass_by(asked, minutes=31)
    assert reminders(asked) == ["done"]


def test_the_flag_of_her_mail_program_ends_it(asked: Room) -> None:
    """Answered, though the answer lies in a Sent folder that maild can't see."""
    asked.flag(asked.only("Anfragen").uid, "Anfragen", "+FLAGS (\\Answered)")
    pass_by(asked, hours=3)
    assert (reminders(asked), told(asked)) == (["done"], [])


@pytest.mark.parametrize(
    ("header", "value"),
    [("Auto-Submitted", "auto-replied"), ("X-Forwarded-Message-Id", "<1.anfrage@kunde.example>")],
)
def test_what_is_no_answer_of_a_person_ends_nothing(asked: Room, header: str, value: str) -> None:
    """A machine's answer; a mail that only forwards this one."""
    asked.lay(f"{header}: {value}\r\n".encode() + own_answer(), "Sent", "\\Seen")
    pass_by(asked, hours=3)
    assert reminders(asked) == ["told"]


def test_an_automatic_answer_of_ours_is_none(furnished: Furnished) -> None:
    """It goes out, and the mail isn't marked answered: a person has yet to do that."""
    room = with_enquiry(furnished(rules=WITH_ANSWER, closed=OFFER))
    assert len(room.send()) == 1
    pass_by(room, hours=3)
    assert reminders(room) == ["told"]
    assert "\\Answered" not in room.only("Anfragen").flags


def test_a_mail_in_the_trash_needs_no_answer(asked: Room) -> None:
    """She has thrown it away."""
    asked.move(asked.only("Anfragen").uid, "Anfragen", "Trash")
    pass_by(asked, hours=3)
    assert (reminders(asked), told(asked)) == (["cancelled"], [])


def test_a_mail_that_is_gone_needs_no_answer(asked: Room) -> None:
    """Deleted for good."""
    asked.delete(asked.only("Anfragen").uid, "Anfragen")
    pass_by(asked, hours=3)
    assert (reminders(asked), told(asked)) == (["cancelled"], [])


def test_a_mail_that_she_has_filed_is_found_where_it_lies(asked: Room) -> None:
    """The note names the folder of today, and the flag is set there."""
    with asked.imap() as imap:
        imap.create("Projekte")
    asked.move(asked.only("Anfragen").uid, "Anfragen", "Projekte")
    pass_by(asked, hours=3)
    (note,) = told(asked)
    assert "liegt im Ordner «Projekte»" in " ".join(note.split())
    assert "\\Flagged" in asked.only("Projekte").flags


def test_the_flag_taken_off_ends_it(asked: Room) -> None:
    """She has telephoned."""
    pass_by(asked, hours=3)
    asked.flag(asked.only("Anfragen").uid, "Anfragen", "-FLAGS (\\Flagged)")
    pass_by(asked, minutes=31)
    assert reminders(asked) == ["cancelled"]


def test_the_draft_that_maild_sends_ends_it(furnished: Furnished) -> None:
    """Approved and sent."""
    room = with_enquiry(furnished(rules=WITH_DRAFT))
    room.approve()
    room.settle()
    assert room.send() == [CUSTOMER]
    pass_by(room, hours=3)
    assert (room.state(), reminders(room), told(room)) == ("sent", ["done"], [])


def test_nobody_is_reminded_while_the_answer_waits_in_the_outbox(furnished: Furnished) -> None:
    """The matter is in maild's hands then."""
    room = with_enquiry(furnished(rules=WITH_DRAFT))
    room.approve()
    room.settle()
    pass_by(room, hours=3)
    assert (reminders(room), told(room)) == (["open"], [])


def test_a_draft_that_lies_there_is_no_answer(furnished: Furnished) -> None:
    """She is reminded, and told that she need not begin anew."""
    room = with_enquiry(furnished(rules=WITH_DRAFT))
    pass_by(room, hours=3)
    (note,) = told(room)
    assert "Ein Entwurf für die Antwort liegt für Sie bereit." in note


def test_a_draft_that_could_not_be_written_is_not_forgotten(furnished: Furnished) -> None:
    """The mail waits for a person: it is kept in view without a note, until she has answered."""
    broken = OFFER.replace("Gern machen", "{{ contact.phone }} Gern machen")
    room = furnished(rules="rules: [{name: r, do: [{draft: offer}, {move: Anfragen}]}]", offer=broken)
    room.look()
    room.deliver(enquiry())
    room.look(2)
    assert room.rows("SELECT kind, state FROM reminder") == [("limit", "open")]
    pass_by(room, days=5)
    assert (reminders(room), told(room)) == (["open"], [])
    room.lay(own_answer(), "Sent", "\\Seen")
    pass_by(room, minutes=31)
    assert reminders(room) == ["done"]


@pytest.mark.parametrize("crash", ["before the note", "before the flag", "before the end"])
def test_a_crash_changes_nothing(asked: Room, monkeypatch: pytest.MonkeyPatch, crash: str) -> None:
    """One note and one flag, wherever it was cut off."""
    steps = {"before the note": 0, "before the flag": 1, "before the end": 1}
    real, calls = Reminders.transition, []

    def transition(self: Reminders, *args: object, **named: object) -> bool:
        if len(calls) == steps[crash]:
            raise sqlite3.OperationalError("killed")
        calls.append(args)
        return real(self, *args, **named)

    if crash == "before the flag":
        monkeypatch.setattr(
            "maild.edge.imap.Mailbox.add_flags", lambda *_: (_ for _ in ()).throw(sqlite3.Error())
        )
    else:
        monkeypatch.setattr(Reminders, "transition", transition)
    asked.clock.advance(hours=3)
    with pytest.raises(sqlite3.Error):
        asked.look()
    monkeypatch.undo()
    monkeypatch.setenv("ROOM_IMAP", asked.server.password)
    asked.connect()
    asked.look(2)
    assert (reminders(asked), len(told(asked))) == (["told"], 1)
    assert "\\Flagged" in asked.only("Anfragen").flags


def test_a_backlog_is_worked_off_the_most_urgent_first(furnished: Furnished) -> None:
    """Sixty at once: in a few looks all are told, each once."""
    room = furnished(rules=RULES)
    room.look()
    for number in range(60):
        room.deliver(enquiry(number))
    room.look(2)
    room.clock.advance(hours=3)
    room.look(4)
    assert set(reminders(room)) == {"told"}
    assert len(told(room)) == 60


def test_a_mail_is_asked_after_at_its_moment(asked: Room) -> None:
    """Though it was examined a minute before."""
    pass_by(asked, minutes=119)
    assert reminders(asked) == ["open"]
    pass_by(asked, minutes=2)
    assert reminders(asked) == ["told"]


def test_the_time_counts_from_the_mail_s_reception(asked: Room) -> None:
    """Not from the moment at which maild came to see it."""
    ((due, received),) = asked.rows(
        "SELECT r.due_at, m.received_at FROM reminder r JOIN mail m ON m.id = r.mail_id"
    )
    assert datetime.fromisoformat(due) - datetime.fromisoformat(received) == timedelta(hours=2)

"""Letters that she wrote herself and moved to Freigegeben: sent once, or not at all and explained."""

import re
from collections.abc import Callable

import pytest

from maild.store.records import RowState
from tests.flow.letters import CUSTOMER, enquiry, is_notice, own_answer
from tests.flow.room import Room
from tests.flow.test_close import crash

Furnished = Callable[..., Room]


@pytest.fixture
def desk(room: Room) -> Room:
    """A room that has been looked at once."""
    room.look()
    return room


def letter(number: int = 1, text: str = "wir bestätigen den Termin am 17. Dezember.", **fields: str) -> bytes:
    """A letter of hers, as her mail program saves it among the drafts."""
    head = {
        "From": "Northwind Kundenservice <info@northwind.example>",
        "To": f"Anna Müller <{CUSTOMER}>",
        "Subject": f"Ihr Termin Nr. {number}",
        "Message-ID": f"<eigener-{number}@northwind.example>",
        "Date": "Sun, 22 Nov 2026 09:00:00 +0100",
        "X-Mozilla-Draft-Info": "internal/draft; vcard=0",
    } | {name.replace("_", "-"): value for name, value in fields.items()}
    lines = [f"{name}: {value}" for name, value in head.items() if value]
    body = f"Sehr geehrte Frau Müller,\n\n{text}\n\nMit freundlichen Grüßen\nNorthwind\n" if text else ""
    content = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
    return ("\n".join(lines) + f"\n{content}{body}").replace("\n", "\r\n").encode()


def refused(room: Room, said: str, number: int = 1) -> None:
    """Nothing is sent; so many letters lie in Klärung, with one note that says why."""
    room.settle()
    room.look()
    assert (room.outbox(), room.messages("Freigegeben")) == ([], [])
    assert len([mail for mail in room.messages("Klärung") if not is_notice(mail.content)]) == number
    notices = room.notices()
    assert len(notices) == 1
    assert said in notices[0], notices[0]


def sent_once(room: Room) -> None:
    """One letter out, one Sent copy, nothing left over, nothing explained."""
    assert room.outbox() == [(CUSTOMER, "sent")]
    assert room.only("Sent").content.rstrip() == room.letter().rstrip()
    assert (room.messages("Freigegeben"), room.messages("Klärung")) == ([], [])
    assert room.rows("SELECT kind, state FROM letter") == [("own", "sent")]


def test_sent_after_the_settle_time(desk: Room) -> None:
    """Nothing before 10 s have passed; then once, her text byte for byte, what only her program needs is gone."""
    desk.lay(letter(), "Freigegeben", "\\Draft")
    desk.look(2)
    assert desk.outbox() == []
    desk.clock.advance(seconds=11)
    desk.look(3)
    assert desk.outbox() == [(CUSTOMER, "queued")]
    assert desk.letter().partition(b"\r\n\r\n")[2] == letter().partition(b"\r\n\r\n")[2]
    assert b"X-Mozilla" not in desk.letter()
    assert desk.send() == [CUSTOMER]
    desk.look(3)
    sent_once(desk)
    assert desk.send() == []


def test_what_she_answers_is_marked(desk: Room) -> None:
    """A letter of hers that answers a mail marks it answered once it is sent."""
    desk.deliver(enquiry(subject="Frage"))
    desk.look()
    answer = {"In_Reply_To": "<1.anfrage@kunde.example>", "References": "<1.anfrage@kunde.example>"}
    desk.lay(letter(**answer), "Freigegeben")
    desk.settle()
    desk.send()
    desk.look(2)
    sent_once(desk)
    assert "\\Answered" in desk.only("INBOX").flags


@pytest.mark.parametrize("queued", [False, True], ids=["before", "after"])
def test_moved_back_in_time(desk: Room, queued: bool) -> None:
    """Taken out again before it settled, or while it waits in the outbox: not sent; approved again, sent once."""
    uid = desk.lay(letter(), "Freigegeben")
    desk.settle() if queued else desk.look()
    desk.move(uid, "Freigegeben", "Drafts")
    desk.clock.advance(seconds=30)
    desk.look(2)
    assert (desk.outbox(), desk.send()) == ([], [])
    desk.move(desk.only("Drafts").uid, "Drafts", "Freigegeben")
    desk.settle()
    assert desk.send() == [CUSTOMER]
    desk.look(2)
    assert (desk.outbox(), len(desk.messages("Sent"))) == ([(CUSTOMER, "sent")], 1)


FAULTS = {
    "identity": (
        {"From": "Sabine <sabine@privat.example>"},
        "Absenderadresse gehört nicht zu diesem Postfach",
    ),
    "other client": (
        {"From": "Contoso <info@contoso.example>"},
        "Absenderadresse gehört nicht zu diesem Postfach",
    ),
    "recipients": ({"To": ""}, "kein Empfänger angegeben"),
    "blocked": ({"To": "boss@contoso.example"}, "Gesperrt: boss@contoso.example"),
    "attachment": ({"text": "anbei die Preisliste."}, "von einem Anhang die Rede"),
    "empty": ({"text": ""}, "keinen Text"),
    "size": ({"text": "x" * 76 + "\n" + ("y" * 76 + "\n") * 350_000}, "zu groß"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_fails_a_check_is_explained_mended_and_sent_once(desk: Room, name: str) -> None:
    """To Klärung with a German note that names nobody else; mended and approved again it goes out once."""
    fields, said = FAULTS[name]
    desk.lay(letter(**fields), "Freigegeben")
    refused(desk, said)
    assert "ontoso" not in desk.notices()[0].replace("boss@contoso.example", "")
    for mail in desk.messages("Klärung"):
        desk.delete(mail.uid, "Klärung")
    desk.lay(letter(), "Freigegeben")  # Roundcube keeps the Message-ID
    desk.settle()
    assert desk.send() == [CUSTOMER]
    desk.look(2)
    sent_once(desk)


def test_a_gap_of_our_templates(furnished: Furnished) -> None:
    """A copy of a draft that has lost its token still has the draft's gap: it is held."""
    offer = '---\nsubject: "AW: {{ mail.subject }}"\n---\nBis {{ gap("Liefertermin") }}.\n'
    room = furnished(offer=offer)
    room.look()
    room.deliver(enquiry())
    room.look(2)
    room.lay(letter(text="die Ware kommt bis «Liefertermin»."), "Freigegeben")
    refused(room, "fehlt noch: «Liefertermin»")


# What is never sent.


def test_a_received_mail(desk: Room) -> None:
    """Whatever its From says: what has a Received header came from outside."""
    desk.deliver(letter())
    desk.look()
    desk.move(desk.only("INBOX").uid, "INBOX", "Freigegeben")
    refused(desk, "empfangene oder schon gesendete Nachricht")


def test_a_received_mail_whose_received_was_lost(desk: Room) -> None:
    """The ledger knows its Message-ID from the inbox."""
    desk.deliver(letter())
    desk.look()
    desk.lay(letter(), "Freigegeben")
    refused(desk, "empfangene oder schon gesendete Nachricht")


def test_what_lay_in_sent_before_maild_came(room: Room) -> None:
    """Sent is read from its first mail on: an old letter is known, whatever it looks like."""
    room.lay(letter(), "Sent", "\\Seen")
    room.look()
    room.move(room.only("Sent").uid, "Sent", "Freigegeben")
    refused(room, "empfangene oder schon gesendete Nachricht")


def test_without_a_message_id(room: Room) -> None:
    """Such a letter is known by its fingerprint."""
    room.lay(letter(Message_ID=""), "Sent", "\\Seen")
    room.look()
    room.move(room.only("Sent").uid, "Sent", "Freigegeben")
    refused(room, "empfangene oder schon gesendete Nachricht")


def test_sent_and_dragged_between_two_looks(desk: Room) -> None:
    """It was in Sent too shortly to be read: maild can't know, so it asks; moved again, it is sent."""
    uid = desk.lay(letter(), "Sent", "\\Seen")
    desk.move(uid, "Sent", "Freigegeben")
    refused(desk, "ein zweites Mal zur Freigabe")
    (mail,) = [mail for mail in desk.messages("Klärung") if not is_notice(mail.content)]
    desk.move(mail.uid, "Klärung", "Freigegeben")
    desk.settle()
    assert desk.send() == [CUSTOMER]


def test_fifty_old_letters(room: Room) -> None:
    """Dragged there at once: none is sent, and one note speaks of all."""
    for number in range(50):
        room.lay(letter(number), "Sent", "\\Seen")
    room.look()
    room.command("Sent", "MOVE", "1:*", "Freigegeben")
    refused(room, "50 Nachrichten lagen im Freigabeordner", 50)
    assert "• und 30 weitere" in room.notices()[0]


def test_what_maild_has_sent(desk: Room) -> None:
    """A second copy of a letter that has gone is not sent again."""
    desk.lay(letter(), "Freigegeben")
    desk.settle()
    desk.send()
    desk.look(2)
    desk.lay(letter(), "Freigegeben")
    desk.settle()
    desk.look()
    assert desk.outbox() == [(CUSTOMER, "sent")]
    assert "schon gesendet" in desk.notices()[0]


def test_two_copies_at_once(desk: Room) -> None:
    """One of them goes."""
    desk.lay(letter(), "Freigegeben")
    desk.lay(letter(), "Freigegeben")
    desk.settle()
    assert desk.send() == [CUSTOMER]
    desk.look(3)
    assert desk.outbox() == [(CUSTOMER, "sent")]
    assert "zweimal im Freigabeordner" in desk.notices()[0]


def test_a_note_of_mailds(desk: Room) -> None:
    """She drags the note along with the letter: it is no letter, and not sent to her."""
    desk.lay(letter(text="anbei die Liste."), "Freigegeben")
    refused(desk, "von einem Anhang die Rede")
    (note,) = [mail for mail in desk.messages("Klärung") if is_notice(mail.content)]
    desk.move(note.uid, "Klärung", "Freigegeben")
    desk.settle()
    desk.look()
    assert (desk.outbox(), desk.messages("Freigegeben")) == ([], [])


def test_a_draft_that_lost_its_token(drafted: Room) -> None:
    """The draft was rejected; a copy without References has the Message-ID that maild gave: not sent."""
    raw = re.sub(
        rb"(?m)^(References|In-Reply-To):.*\r\n(?:[ \t].*\r\n)*", b"", drafted.only("Drafts").content
    )
    drafted.move(drafted.only("Drafts").uid, "Drafts", "Verworfen")
    drafted.look()
    drafted.lay(raw, "Freigegeben")
    refused(drafted, "keinem Entwurf zuordnen")


# Sent by her own program as well.


@pytest.mark.parametrize(
    ("folder", "said"), [("Sent", "liegt bereits in «Gesendet»"), ("Drafts", "neuere Fassung")]
)
def test_sent_or_saved_from_an_open_editor(desk: Room, folder: str, said: str) -> None:
    """The editor was still open: the same letter turns up in Sent or Drafts under another Message-ID; maild asks."""
    desk.lay(letter(), "Freigegeben")
    desk.look()
    desk.clock.advance(seconds=3)
    desk.lay(letter(Message_ID="<neu@northwind.example>"), folder, "\\Seen")
    refused(desk, said)


def test_roundcube_sends_under_the_same_message_id(desk: Room) -> None:
    """Then it is known from Sent."""
    desk.lay(letter(), "Freigegeben")
    desk.look()
    desk.lay(letter(), "Sent", "\\Seen")
    refused(desk, "schon gesendete Nachricht")


# Many at once.


def test_five_go(desk: Room) -> None:
    """Five in ten minutes are usual."""
    for number in range(5):
        desk.lay(letter(number), "Freigegeben")
    desk.settle()
    assert len(desk.send()) == 5


def test_more_than_five_wait_for_a_release(desk: Room) -> None:
    """Six: none goes, each is explained; moved there a second time, all go once."""
    for number in range(6):
        desk.lay(letter(number), "Freigegeben")
    desk.settle()
    desk.look()
    assert (desk.outbox(), desk.messages("Freigegeben")) == ([], [])
    assert len(desk.notices()) == 6
    assert "mehr als 5 eigene Briefe" in desk.notices()[0]
    for mail in desk.messages("Klärung"):
        if not is_notice(mail.content):
            desk.move(mail.uid, "Klärung", "Freigegeben")
    desk.settle()
    assert len(desk.send()) == 6
    desk.look(3)
    assert (len(desk.messages("Sent")), desk.messages("Freigegeben"), desk.send()) == (6, [], [])


def test_those_of_the_last_ten_minutes_count(desk: Room) -> None:
    """Five went a moment ago: the sixth waits; eleven minutes later it would have gone."""
    for number in range(5):
        desk.lay(letter(number), "Freigegeben")
    desk.settle()
    desk.send()
    desk.look(2)
    desk.lay(letter(6), "Freigegeben")
    desk.settle()
    desk.look()
    assert (desk.send(), len(desk.notices())) == ([], 1)
    desk.clock.advance(minutes=11)
    desk.lay(letter(7), "Freigegeben")
    desk.settle()
    assert desk.send() == [CUSTOMER]


# Failed, interrupted.


def test_a_letter_that_was_refused_by_the_server(desk: Room) -> None:
    """To Klärung with what happened; with another recipient it is sent; who has got it doesn't get it again."""
    desk.lay(letter(Cc="chef@kunde.example"), "Freigegeben")
    desk.settle()
    desk.send({"chef@kunde.example": RowState.FAILED})
    desk.look(3)
    assert "chef@kunde.example: abgelehnt" in desk.notices()[0]
    assert desk.messages("Freigegeben") == []
    (mail,) = [mail for mail in desk.messages("Klärung") if not is_notice(mail.content)]
    desk.move(mail.uid, "Klärung", "Freigegeben")
    desk.settle()
    desk.look()
    assert desk.send() == []
    assert f"schon an {CUSTOMER}" in desk.notices()[1]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("command", ["uid_expunge", "append"])
def test_a_crash_while_closing(desk: Room, command: str, after: bool) -> None:
    """Ended before or right after the removal or the Sent copy: in the end all is done once."""
    desk.lay(letter(), "Freigegeben")
    desk.settle()
    desk.send()
    crash(desk, command, 1, after=after)
    desk.look(3)
    sent_once(desk)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("command", ["move", "append"])
def test_a_crash_while_refusing(desk: Room, command: str, after: bool) -> None:
    """One letter and one note in Klärung, wherever it was interrupted, and nothing in the outbox."""
    desk.lay(letter(text="anbei die Liste."), "Freigegeben")
    desk.look()
    desk.clock.advance(seconds=11)
    crash(desk, command, 1, after=after)
    desk.look(2)
    refused(desk, "von einem Anhang die Rede")


def test_an_answer_of_hers_while_the_draft_waits(drafted: Room) -> None:
    """She approves a letter of her own in place of the draft: it is sent, and the draft can't be sent as well."""
    drafted.lay(own_answer(), "Freigegeben")
    drafted.settle()
    assert drafted.send() == [CUSTOMER]
    drafted.look(3)
    assert drafted.outbox() == [(CUSTOMER, "sent")]
    if drafted.messages("Drafts"):
        drafted.approve()
    drafted.settle()
    drafted.look()
    assert drafted.send() == []

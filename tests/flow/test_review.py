"""What the secretary does with a draft, and what maild makes of it; nothing is sent that she did not approve."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from maild.core.lifecycle import GRACE
from maild.core.parse import parse
from maild.flow.close import close_letters
from maild.flow.review import review
from maild.store.records import RowState
from tests.flow.conftest import with_draft
from tests.flow.letters import (
    CUSTOMER,
    ORIGINAL,
    add,
    field,
    fill,
    is_notice,
    other_id,
    own_answer,
    thunderbird,
    with_attachment,
)
from tests.flow.room import GAPS, Room, furnish

Furnished = Callable[..., Room]
SENT_ONCE = [(CUSTOMER, "sent")]


# Approved.


def test_an_unchanged_draft_is_frozen_after_the_settle_time(drafted: Room) -> None:
    """Nothing before 10 s have passed, then one row; the token is in no header of what goes out."""
    drafted.approve()
    drafted.look(2)
    assert (drafted.state(), drafted.outbox()) == ("approved", [])
    drafted.clock.advance(seconds=9)
    drafted.look()
    assert drafted.outbox() == []
    drafted.clock.advance(seconds=2)
    drafted.look(2)
    assert drafted.outbox() == [(CUSTOMER, "queued")]
    assert field(drafted.letter(), b"References") == ORIGINAL.encode()
    assert drafted.rows("SELECT edited FROM draft") == [(0,)]


def test_an_approval_is_sent_and_tidied_up(drafted: Room) -> None:
    """One Sent copy, the original answered, the approved copy gone, nothing in Klärung, nobody looks any more."""
    drafted.approve()
    drafted.settle()
    assert drafted.send() == [CUSTOMER]
    drafted.look(2)
    drafted.expect_sent_once()
    assert drafted.rows("SELECT kind, state FROM letter") == [("reply", "sent")]
    assert not drafted.desk.store.drafts.watched("imap")


def test_what_she_wrote_in_thunderbird_goes_out(drafted: Room) -> None:
    """A new UID and Message-ID, our headers gone: known by the token, sent once, her text byte for byte."""
    uid = drafted.edit(drafted.only("Drafts"), add("Lieferung am 17. Dezember."))
    drafted.look()
    assert drafted.state() == "editing"
    saved = drafted.only("Drafts").content
    drafted.move(uid, "Drafts", "Freigegeben")
    drafted.settle()
    assert drafted.letter().partition(b"\r\n\r\n")[2] == saved.partition(b"\r\n\r\n")[2]
    head = drafted.letter().partition(b"\r\n\r\n")[0].lower()
    assert re.search(rb"(?m)^(x-|fcc)|draft\.", head) is None
    drafted.send()
    drafted.look(2)
    drafted.expect_sent_once()
    assert drafted.rows("SELECT edited FROM draft") == [(1,)]


def test_edited_and_approved_between_two_looks(drafted: Room) -> None:
    """Her editing was never seen: the letter is known by its token all the same."""
    uid = drafted.edit(drafted.only("Drafts"), add("Lieferung am 17. Dezember."))
    drafted.move(uid, "Drafts", "Freigegeben")
    drafted.settle()
    assert b"17. Dezember" in drafted.letter()


def test_what_she_wrote_in_roundcube_goes_out(drafted: Room) -> None:
    """Roundcube keeps the Message-ID and changes the UID: that is an edited draft, not the one we left."""
    draft = drafted.only("Drafts")
    uid = drafted.lay(add("Lieferung am 17. Dezember.")(draft.content), "Drafts", "\\Seen")
    drafted.delete(draft.uid, "Drafts")
    drafted.look()
    assert drafted.state() == "editing"
    drafted.move(uid, "Drafts", "Freigegeben")
    drafted.settle()
    assert b"17. Dezember" in drafted.letter()
    drafted.send()
    drafted.look(2)
    drafted.expect_sent_once()


def test_a_draft_whose_references_were_lost_is_known_by_its_message_id(drafted: Room) -> None:
    """Without References the thread check holds it back: it is recognised, and not sent as if it were nobody's."""
    draft = drafted.only("Drafts")
    head = re.sub(rb"(?m)^(References|In-Reply-To):.*\r\n(?:[ \t].*\r\n)*", b"", draft.content)
    drafted.delete(draft.uid, "Drafts")
    drafted.lay(head, "Freigegeben")
    drafted.settle()
    assert (drafted.state(), drafted.reason()) == ("clarify", "thread")


@pytest.mark.parametrize("look_between", [False, True])
def test_moved_back_before_it_settled(drafted: Room, look_between: bool) -> None:
    """Taken out of Freigegeben again, nothing is written; approved once more, it is sent once."""
    drafted.approve()
    drafted.look()
    drafted.move(drafted.only("Freigegeben").uid, "Freigegeben", "Drafts")
    if look_between:
        drafted.look()
        assert drafted.state() == "editing"
    drafted.clock.advance(seconds=30)
    drafted.look(2)
    assert drafted.outbox() == []
    drafted.approve()
    drafted.settle()
    drafted.send()
    drafted.look(2)
    drafted.expect_sent_once()


def test_moved_back_after_its_rows_stand(drafted: Room) -> None:
    """Rows that wait are cancelled; she edits and approves again, and only that text goes out."""
    drafted.approve()
    drafted.settle()
    drafted.move(drafted.only("Freigegeben").uid, "Freigegeben", "Drafts")
    with capture_logs() as logged:
        drafted.look()
    assert "letter cancelled" in [line["event"] for line in logged]
    assert (drafted.state(), drafted.outbox(), drafted.send()) == ("editing", [], [])
    drafted.edit(drafted.only("Drafts"), add("Neuer Satz."))
    drafted.approve()
    drafted.settle()
    assert drafted.send() == [CUSTOMER]
    drafted.look(2)
    drafted.expect_sent_once()
    assert b"Neuer Satz." in drafted.only("Sent").content


def test_moved_back_while_it_is_being_sent(drafted: Room) -> None:
    """Before the final dot's answer it is too late: it counts as sent, and her copy is not sent again."""
    drafted.approve()
    drafted.settle()
    outbox = drafted.desk.store.outbox
    (row,) = outbox.claim("smtp", drafted.clock(), 10)
    assert outbox.begin_sending(row, drafted.clock())
    drafted.move(drafted.only("Freigegeben").uid, "Freigegeben", "Drafts")
    drafted.look(2)
    assert drafted.state() == "approved"
    outbox.settle(row, RowState.SENT, drafted.clock(), phase="dot", code=250, text="ok")
    drafted.look(2)
    assert drafted.state() == "sent"
    drafted.approve()
    drafted.settle()
    assert drafted.outbox() == SENT_ONCE
    assert "bereits gesendet" in drafted.notices()[0]


def test_deleted_from_the_approval_folder(drafted: Room) -> None:
    """A letter marked deleted in Freigegeben is gone: its rows are cancelled."""
    drafted.approve()
    drafted.settle()
    drafted.flag(drafted.only("Freigegeben").uid, "Freigegeben", "+FLAGS (\\Deleted)")
    drafted.look()
    assert (drafted.outbox(), drafted.state()) == ([], "editing")


# Ended otherwise.


def test_she_sends_an_edited_draft_herself(drafted: Room) -> None:
    """The token in Sent: \\Answered is set, nothing is sent by maild."""
    draft = drafted.only("Drafts")
    drafted.clock.advance(seconds=5)
    drafted.lay(thunderbird(draft.content, add("Von mir.")), "Sent", "\\Seen")
    drafted.delete(draft.uid, "Drafts")
    drafted.look()
    assert (drafted.state(), drafted.outbox()) == ("sent_by_secretary", [])
    assert "\\Answered" in drafted.only("Anfragen").flags
    assert len(drafted.messages("Sent")) == 1


@pytest.mark.parametrize("seen", ["", "+FLAGS (\\Seen)"])
def test_an_untouched_left_over_is_removed(drafted: Room, seen: str) -> None:
    """Her program left our draft behind: it goes, whether she has clicked on it or not."""
    draft = drafted.only("Drafts")
    if seen:
        drafted.flag(draft.uid, "Drafts", seen)
    drafted.lay(thunderbird(draft.content), "Sent", "\\Seen")
    drafted.look()
    assert (drafted.state(), drafted.messages("Drafts")) == ("sent_by_secretary", [])


def test_an_edited_left_over_is_kept(drafted: Room) -> None:
    """What she wrote is hers, even if it lies behind after she has sent."""
    draft = drafted.only("Drafts")
    drafted.edit(draft, add("Noch ein Gedanke."))
    drafted.lay(thunderbird(draft.content), "Sent", "\\Seen")
    drafted.look(2)
    assert drafted.state() == "sent_by_secretary"
    assert b"Noch ein Gedanke." in drafted.only("Drafts").content


def test_an_edited_draft_that_was_taken_for_ours_is_kept(drafted: Room) -> None:
    """After a lost answer to APPEND our copy's UID is unknown: what was edited meanwhile is not removed."""
    draft = drafted.only("Drafts")
    drafted.leave()
    drafted.lay(add("Ergänzt in Roundcube.")(draft.content), "Drafts", "\\Seen")
    drafted.delete(draft.uid, "Drafts")
    drafted.change("UPDATE draft SET uid = NULL, uidvalidity = NULL")
    drafted.look()
    drafted.lay(thunderbird(draft.content), "Sent", "\\Seen")
    drafted.look()
    assert drafted.state() == "sent_by_secretary"
    assert b"Roundcube" in drafted.only("Drafts").content


def test_she_sends_while_it_waits_for_approval(drafted: Room) -> None:
    """Dragged to Freigegeben with the editor open, then sent: not sent again, and the copy is explained."""
    drafted.approve()
    drafted.settle()
    drafted.lay(thunderbird(drafted.only("Freigegeben").content), "Sent", "\\Seen")
    drafted.look(2)
    assert (drafted.state(), drafted.outbox(), drafted.send()) == ("sent_by_secretary", [], [])
    assert drafted.messages("Freigegeben") == []
    assert "bereits selbst gesendet" in drafted.notices()[0]


def test_rejected(drafted: Room) -> None:
    """In Verworfen the matter is closed; nothing is sent or answered."""
    drafted.move(drafted.only("Drafts").uid, "Drafts", "Verworfen")
    drafted.look(2)
    assert (drafted.state(), drafted.outbox()) == ("rejected", [])
    assert "\\Answered" not in drafted.only("Anfragen").flags
    assert len(drafted.messages("Verworfen")) == 1


def test_a_copy_marked_deleted_in_verworfen_rejects_nothing(drafted: Room) -> None:
    """Dragged there and back by a program that only marks: what is marked \\Deleted is gone, at first sight too."""
    drafted.copy(drafted.only("Drafts").uid, "Drafts", "Verworfen")
    drafted.flag(drafted.only("Verworfen").uid, "Verworfen", "+FLAGS (\\Deleted)")
    drafted.look(2)
    assert drafted.state() == "presented"


def test_discarded_after_the_grace_time(drafted: Room) -> None:
    """In Trash, a draft is discarded after two looks and ten minutes, not before; maild writes none anew."""
    drafted.move(drafted.only("Drafts").uid, "Drafts", "Trash")
    drafted.look(3)
    drafted.clock.advance(minutes=9)
    drafted.look(2)
    assert drafted.state() == "presented"
    drafted.clock.advance(minutes=1)
    drafted.look()
    assert drafted.state() == "discarded"
    drafted.look(2)
    assert (drafted.messages("Drafts"), len(drafted.messages("Trash"))) == ([], 1)


def test_one_look_after_a_long_time_discards_nothing(drafted: Room) -> None:
    """Time alone is not enough: the first look that misses it may fall into the moment of a send."""
    drafted.move(drafted.only("Drafts").uid, "Drafts", "Trash")
    drafted.clock.advance(hours=5)
    drafted.look()
    assert drafted.state() == "presented"


def test_restored_from_the_trash_in_time(drafted: Room) -> None:
    """Back in Drafts the grace time begins anew; approved, it is sent."""
    drafted.move(drafted.only("Drafts").uid, "Drafts", "Trash")
    drafted.look()
    drafted.clock.advance(minutes=9)
    drafted.move(drafted.only("Trash").uid, "Trash", "Drafts")
    drafted.look()
    drafted.clock.advance(minutes=9)
    drafted.look(2)
    assert drafted.state() == "editing"
    drafted.approve()
    drafted.settle()
    assert drafted.send() == [CUSTOMER]


def test_vanished_and_found_again(drafted: Room) -> None:
    """Nowhere for ten minutes is vanished, not discarded; in Drafts again it can be approved."""
    draft = drafted.only("Drafts")
    drafted.delete(draft.uid, "Drafts")
    drafted.look(2)
    assert drafted.state() == "presented"
    drafted.clock.advance(seconds=GRACE.total_seconds())
    drafted.look(2)
    assert (drafted.state(), drafted.messages("Drafts")) == ("vanished", [])
    drafted.lay(draft.content, "Drafts", "\\Draft")
    drafted.look()
    assert drafted.state() == "editing"
    drafted.approve()
    drafted.settle()
    assert drafted.send() == [CUSTOMER]


def test_vanished_and_sent_days_later(drafted: Room) -> None:
    """Thunderbird's «send later»: the token turns up in Sent after days, and is hers."""
    draft = drafted.only("Drafts")
    drafted.delete(draft.uid, "Drafts")
    drafted.look(2)
    drafted.clock.advance(days=2)
    drafted.look()
    assert drafted.state() == "vanished"
    drafted.lay(thunderbird(draft.content), "Sent")
    drafted.look()
    assert drafted.state() == "sent_by_secretary"
    assert "\\Answered" in drafted.only("Anfragen").flags


# More than one version.


def test_approved_while_an_edited_copy_lies_in_drafts(drafted: Room) -> None:
    """Nobody knows which shall hold: the approved one goes to Klärung with a note, the other stays and is mended."""
    draft = drafted.only("Drafts")
    drafted.copy(draft.uid, "Drafts", "Freigegeben")
    drafted.edit(draft, add("Die bessere Fassung."))
    drafted.settle()
    assert (drafted.state(), drafted.reason(), drafted.outbox()) == ("clarify", "two versions", [])
    assert drafted.messages("Freigegeben") == []
    assert "mehr als eine Fassung" in drafted.notices()[0]
    assert b"Die bessere Fassung." in drafted.only("Drafts").content
    for mail in drafted.messages("Klärung"):
        drafted.delete(mail.uid, "Klärung")
    drafted.approve()
    drafted.settle()
    drafted.send()
    drafted.look(2)
    drafted.expect_sent_once()
    assert b"Die bessere Fassung." in drafted.only("Sent").content


def test_saved_anew_after_its_rows_stand(drafted: Room) -> None:
    """An editor that was open saves into Drafts after the approval: the rows are cancelled and she is asked."""
    drafted.approve()
    drafted.settle()
    drafted.lay(thunderbird(drafted.only("Freigegeben").content, add("Zu spät?")), "Drafts", "\\Draft")
    drafted.look()
    assert (drafted.state(), drafted.outbox()) == ("clarify", [])
    assert "mehr als eine Fassung" in drafted.notices()[0]


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw.replace(b"\r\n\r\n", b"\r\n\r\nEine andere Fassung.\r\n", 1),
        lambda raw: raw.replace(b"<anna@kunde.example>", b"<anton@kunde.example>", 1),
        lambda raw: raw.replace(b"To: ", b"Cc: chef@kunde.example\r\nTo: ", 1),
        with_attachment,
    ],
    ids=["text", "recipient", "copy", "attachment"],
)
def test_two_different_letters_in_the_approval_folder(
    drafted: Room, change: Callable[[bytes], bytes]
) -> None:
    """One drag brought two of a thread: neither is sent, both go to Klärung."""
    draft = drafted.only("Drafts")
    drafted.lay(thunderbird(draft.content, change), "Freigegeben", "\\Draft")
    drafted.approve()
    drafted.settle()
    assert (drafted.reason(), drafted.outbox()) == ("two versions", [])
    assert drafted.messages("Freigegeben") == []
    assert len(drafted.messages("Klärung")) == 3
    assert "zwei verschiedene Fassungen" in drafted.notices()[0]


def test_two_equal_letters_in_the_approval_folder(drafted: Room) -> None:
    """The same text twice is one letter: sent once, both copies removed."""
    draft = drafted.only("Drafts")
    drafted.lay(thunderbird(draft.content), "Freigegeben", "\\Draft")
    drafted.approve()
    drafted.settle()
    assert drafted.send() == [CUSTOMER]
    drafted.look(2)
    drafted.expect_sent_once()


# Checks.

CHECKS = {
    "identity": lambda raw: raw.replace(b"<info@northwind.example>", b"<info@contoso.example>", 1),
    "gaps": lambda raw: raw,
    "attachment": add("Die Preisliste finden Sie im Anhang."),
    "recipients": lambda raw: re.sub(rb"(?m)^To: .*\r\n", b"", raw),
    "blocked": lambda raw: re.sub(rb"(?m)^To: .*\r\n", b"To: boss@contoso.example\r\n", raw),
    "thread": lambda raw: (
        raw.replace(b" " + ORIGINAL.encode(), b"")
        .replace(b"\r\n <1.anfrage@kunde.example>", b"")
        .replace(b"In-Reply-To: " + ORIGINAL.encode() + b"\r\n", b"")
    ),
    "empty": lambda raw: raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n",
}
SAID = {
    "identity": "Absenderadresse gehört nicht zu diesem Postfach",
    "gaps": "fehlt noch: «Liefertermin»",
    "attachment": "von einem Anhang die Rede",
    "recipients": "kein Empfänger angegeben",
    "blocked": "Gesperrt: boss@contoso.example",
    "thread": "gehört nicht mehr zu der Nachricht",
    "empty": "keinen Text",
}


@pytest.mark.parametrize("name", CHECKS)
def test_what_fails_a_check_is_explained_mended_and_sent_once(furnished: Furnished, name: str) -> None:
    """To Klärung with a German note; back in Drafts, mended and approved again it goes out once."""
    room = with_draft(furnished(offer=GAPS) if name == "gaps" else furnished())
    good = thunderbird(room.only("Drafts").content, fill)
    room.edit(room.only("Drafts"), CHECKS[name])
    room.approve()
    room.settle()
    assert (room.state(), room.reason(), room.outbox()) == ("clarify", name, [])
    assert room.messages("Freigegeben") == []
    room.look()
    (note,) = room.notices()
    assert SAID[name] in note
    assert note.startswith("Guten Tag,\n\nder Brief «AW: Bitte um ein Angebot» wurde nicht gesendet.")
    assert "Contoso" not in note
    letter = next(mail for mail in room.messages("Klärung") if not is_notice(mail.content))
    room.move(letter.uid, "Klärung", "Drafts")
    room.look()
    room.delete(room.only("Drafts").uid, "Drafts")
    room.lay(good, "Drafts", "\\Draft")
    room.approve()
    room.settle()
    assert room.send() == [CUSTOMER]
    room.look(2)
    assert (room.state(), len(room.messages("Sent")), room.messages("Freigegeben")) == ("sent", 1, [])
    assert len(room.notices()) == 1


def test_from_klaerung_straight_to_approval_is_judged_again(drafted: Room) -> None:
    """Nothing was mended: the same note once more, nothing sent."""
    drafted.edit(drafted.only("Drafts"), CHECKS["attachment"])
    drafted.approve()
    drafted.settle()
    drafted.look()
    letter = next(mail for mail in drafted.messages("Klärung") if not is_notice(mail.content))
    drafted.move(letter.uid, "Klärung", "Freigegeben")
    drafted.settle()
    drafted.look()
    assert (drafted.state(), drafted.outbox()) == ("clarify", [])
    assert len(drafted.notices()) == 2


def test_answered_already(drafted: Room) -> None:
    """She has answered from the original meanwhile: the draft that is approved afterwards is held."""
    drafted.clock.advance(seconds=5)
    drafted.lay(own_answer(), "Sent", "\\Seen")
    drafted.approve()
    drafted.settle()
    drafted.look()
    assert (drafted.state(), drafted.reason(), drafted.outbox()) == ("clarify", "answered", [])
    assert "bereits eine Antwort" in drafted.notices()[0]


@pytest.mark.parametrize("case", ["older", "of somebody else"])
def test_what_is_no_answer_of_ours(drafted: Room, case: str) -> None:
    """An answer older than the draft, or filed in Sent but written by somebody else, holds nothing back."""
    if case == "older":
        drafted.clock.advance(days=-1)
        drafted.lay(own_answer(), "Sent", "\\Seen")
        drafted.clock.advance(days=1)
    else:
        drafted.clock.advance(seconds=5)
        drafted.lay(own_answer().replace(b"info@northwind.example", b"chef@kunde.example"), "Sent")
    drafted.approve()
    drafted.settle()
    assert drafted.outbox() == [(CUSTOMER, "queued")]


# Forged, closed, foreign, misplaced.


def test_a_forged_token(drafted: Room) -> None:
    """A token that nobody has given out: to Klärung with a note, nothing sent."""
    forged = re.sub(
        rb"<draft\.[a-z0-9]+@", b"<draft.aaaabbbbccccddddeeeeffffgg@", drafted.only("Drafts").content
    )
    drafted.lay(other_id(forged), "Freigegeben")
    expect_stray(drafted, "keinem Entwurf zuordnen")
    assert drafted.state() == "presented"


def test_another_clients_token(furnished: Furnished) -> None:
    """A draft of another client's is nobody's here, and the note does not say whose it is."""
    room = with_draft(furnished())
    room.change("INSERT INTO client (name) VALUES ('contoso')")
    raw = room.only("Drafts").content
    for table in ("mail", "effect", "draft"):
        room.change(f"UPDATE {table} SET client = 'contoso'")
    room.leave()
    room.lay(other_id(raw), "Freigegeben")
    note = expect_stray(room, "keinem Entwurf zuordnen")
    assert "ontoso" not in note


@pytest.mark.parametrize(
    ("folder", "said"), [("Verworfen", "bereits verworfen"), ("Freigegeben", "bereits gesendet")]
)
def test_a_closed_token(drafted: Room, folder: str, said: str) -> None:
    """A copy of a draft that is closed is not sent again, and she is told why."""
    raw = drafted.only("Drafts").content
    drafted.move(drafted.only("Drafts").uid, "Drafts", folder)
    drafted.settle()
    drafted.send()
    drafted.look(2)
    before = drafted.outbox()
    drafted.lay(raw, "Freigegeben")
    expect_stray(drafted, said, outbox=before)


def test_a_token_in_the_inbox_approves_nothing(drafted: Room) -> None:
    """Recipients see the token of a letter that she sends herself: in INBOX it means nothing."""
    drafted.deliver(other_id(drafted.only("Drafts").content))
    drafted.lay(drafted.only("Drafts").content, "INBOX")
    drafted.settle()
    assert (drafted.state(), drafted.outbox()) == ("presented", [])
    assert len(drafted.messages("Drafts")) == 1


def test_a_token_further_down_counts_for_nothing(drafted: Room) -> None:
    """Only the first id of References can be a draft's token."""
    raw = other_id(drafted.only("Drafts").content).replace(b"References: ", b"References: <x@kunde.example> ")
    drafted.lay(raw, "Freigegeben")
    expect_stray(drafted, "keinem Entwurf zuordnen")
    assert drafted.state() == "presented"


def test_a_received_mail_dragged_to_approval(drafted: Room) -> None:
    """A customer's mail is never sent, neither bare nor with a token of ours."""
    drafted.move(drafted.only("Anfragen").uid, "Anfragen", "Freigegeben")
    expect_stray(drafted, "empfangene oder schon gesendete Nachricht")
    assert drafted.state() == "presented"


def test_a_received_mail_that_bears_the_token(drafted: Room) -> None:
    """What has come in with our token first is nobody's draft, whatever its From says: it is set apart, not sent."""
    drafted.deliver(other_id(drafted.only("Drafts").content))
    drafted.move(drafted.only("INBOX").uid, "INBOX", "Freigegeben")
    drafted.delete(drafted.only("Drafts").uid, "Drafts")
    expect_stray(drafted, "empfangene oder schon gesendete Nachricht")
    assert drafted.state() == "presented"


def test_an_old_letter_from_sent_dragged_to_approval(drafted: Room) -> None:
    """What maild has sent isn't sent again."""
    drafted.approve()
    drafted.settle()
    drafted.send()
    drafted.look(2)
    drafted.move(drafted.only("Sent").uid, "Sent", "Freigegeben")
    expect_stray(drafted, "empfangene oder schon gesendete Nachricht", outbox=SENT_ONCE)


# Folders numbered anew, originals moved.


@pytest.mark.parametrize("folder", ["Freigegeben", "Sent", "Klärung", "Verworfen", "Trash"])
def test_a_review_folder_made_anew(drafted: Room, folder: str) -> None:
    """Another UIDVALIDITY: the folder is read from its beginning, and the next approval is sent once."""
    draft = drafted.only("Drafts")
    if folder == "Freigegeben":
        drafted.approve()
        drafted.settle()
    drafted.leave()
    drafted.recreate(folder)
    drafted.look(2)
    assert drafted.outbox() == []
    if folder == "Freigegeben":
        drafted.lay(draft.content, "Freigegeben", "\\Draft")
    else:
        drafted.approve()
    drafted.settle()
    assert drafted.send() == [CUSTOMER]
    drafted.look(2)
    drafted.expect_sent_once()


def test_drafts_made_anew_from_a_backup(drafted: Room) -> None:
    """The same draft under a new UIDVALIDITY is still this draft; no second one is laid."""
    raw = drafted.only("Drafts").content
    drafted.leave()
    drafted.recreate("Drafts")
    drafted.look()
    drafted.lay(raw, "Drafts", "\\Draft")
    drafted.look(2)
    assert drafted.state() == "editing"
    assert len(drafted.messages("Drafts")) == 1
    drafted.approve()
    drafted.settle()
    assert drafted.send() == [CUSTOMER]


def test_no_other_letter_is_frozen_under_a_reused_number(drafted: Room) -> None:
    """The approval folder is made anew between the look and the reading: what has the number now is not read."""
    drafted.approve()
    drafted.look()
    drafted.clock.advance(seconds=11)
    session = drafted.session
    assert session is not None
    mailbox, looked = session.mailbox, session.mailbox.find

    def find(header: str, value: str) -> list[int]:
        mailbox.find = looked  # type: ignore[method-assign]
        drafted.recreate("Freigegeben")
        drafted.lay(add("Von jemand anderem.")(own_answer()), "Freigegeben")
        return looked(header, value)

    mailbox.find = find  # type: ignore[method-assign]
    review(drafted.desk, mailbox, session._folders)
    assert drafted.rows("SELECT * FROM letter") == []
    close_letters(drafted.desk, mailbox, session._folders)


@pytest.mark.parametrize("folder", ["Erledigt", "Kunden/Große", "INBOX", "Trash"])
def test_an_original_that_was_moved_is_answered_where_it_lies(drafted: Room, folder: str) -> None:
    """She has filed the customer's mail meanwhile: it still gets \\Answered."""
    with drafted.imap() as imap:
        imap.create("Erledigt")
        imap.create('"Kunden/Gro&AN8-e"')
    drafted.move(drafted.only("Anfragen").uid, "Anfragen", folder)
    drafted.approve()
    drafted.settle()
    drafted.send()
    drafted.look(2)
    assert "\\Answered" in drafted.only(folder).flags
    assert drafted.state() == "sent"


def test_an_original_that_is_gone(drafted: Room) -> None:
    """Removed for good: the letter goes out and the matter is closed all the same."""
    drafted.delete(drafted.only("Anfragen").uid, "Anfragen")
    drafted.approve()
    drafted.settle()
    drafted.send()
    drafted.look(2)
    assert (drafted.state(), len(drafted.messages("Sent"))) == ("sent", 1)


def expect_stray(room: Room, said: str, outbox: list[tuple[str, str]] | None = None) -> str:
    """What lies in Freigegeben goes to Klärung with a note; nothing is sent."""
    room.settle()
    room.look()
    assert room.outbox() == (outbox or [])
    assert room.messages("Freigegeben") == []
    (note,) = room.notices()
    assert len(room.messages("Klärung")) == 2
    assert said in note
    return note


# On the embedded server.


@pytest.fixture
def on_pymap(tmp_path: Path, pymap, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    """A room on pymap where one enquiry was drafted for."""
    monkeypatch.setenv("ROOM_IMAP", pymap.password)
    room = with_draft(furnish(tmp_path, pymap))
    yield room
    room.close()


def test_edited_and_approved_on_pymap(on_pymap: Room) -> None:
    """The same outcome as on Dovecot, without SPECIAL-USE and NAMESPACE."""
    on_pymap.edit(on_pymap.only("Drafts"), add("Lieferung am 17. Dezember."))
    on_pymap.look()
    assert on_pymap.state() == "editing"
    on_pymap.approve()
    on_pymap.settle()
    assert on_pymap.send() == [CUSTOMER]
    on_pymap.look(2)
    on_pymap.expect_sent_once()
    assert "17. Dezember" in parse(on_pymap.only("Sent").content).text


def test_refused_on_pymap(on_pymap: Room) -> None:
    """A letter that fails a check and its note lie in Klärung."""
    on_pymap.edit(on_pymap.only("Drafts"), CHECKS["attachment"])
    on_pymap.approve()
    on_pymap.settle()
    on_pymap.look()
    assert (on_pymap.state(), on_pymap.outbox()) == ("clarify", [])
    assert (len(on_pymap.messages("Klärung")), len(on_pymap.notices())) == (2, 1)


def test_sent_by_herself_on_pymap(on_pymap: Room) -> None:
    """The token in Sent closes the matter; the left-over goes."""
    on_pymap.lay(thunderbird(on_pymap.only("Drafts").content), "Sent", "\\Seen")
    on_pymap.look()
    assert (on_pymap.state(), on_pymap.messages("Drafts")) == ("sent_by_secretary", [])
    assert "\\Answered" in on_pymap.only("Anfragen").flags

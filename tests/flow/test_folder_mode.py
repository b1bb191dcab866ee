"""Mode folder: drafts lie in Freigabe, to be approved as they are or rejected; editing there makes a copy in Drafts."""

from collections.abc import Callable

import pytest
import yaml

from tests.flow.letters import CUSTOMER, ORIGINAL, add, enquiry, field, is_notice, thunderbird
from tests.flow.room import Room, quoted
from tests.flow.test_recordings import IDENTITY, MESSAGE_ID, RECORDINGS, RULES, Outcome, Replay, _expect

Furnished = Callable[..., Room]


@pytest.fixture
def laid(furnished: Furnished) -> Room:
    """A room in mode folder where one enquiry came in and its draft lies in Freigabe."""
    return in_freigabe(furnished(review="mode: folder"))


def in_freigabe(room: Room) -> Room:
    """Let one enquiry come in and be drafted for."""
    room.look()
    room.deliver(enquiry())
    room.look(2)
    assert (len(room.messages("Freigabe")), room.messages("Drafts")) == (1, [])
    assert room.state() == "presented"
    return room


def approve(room: Room, folder: str = "Freigabe") -> None:
    """She moves the only message of a folder to Freigegeben."""
    room.move(room.only(folder).uid, folder, "Freigegeben")


def test_the_draft_lies_in_freigabe(laid: Room) -> None:
    """Editable where the program lets her, unread, threaded to the original; the folder is made and subscribed."""
    draft = laid.only("Freigabe")
    assert "\\Draft" in draft.flags
    assert "\\Seen" not in draft.flags
    assert field(draft.content, b"References").endswith(ORIGINAL.encode())
    with laid.imap() as imap:
        shown = b" ".join(imap.lsub()[1])
    assert b"Freigabe" in shown


def test_approved_unchanged(laid: Room) -> None:
    """Moved to Freigegeben it is sent once; nothing is left over."""
    approve(laid)
    laid.settle()
    assert laid.send() == [CUSTOMER]
    laid.look(2)
    laid.expect_sent_once()
    assert laid.messages("Freigabe") == []
    assert laid.rows("SELECT edited FROM draft") == [(0,)]


def test_rejected(laid: Room) -> None:
    """Moved to Verworfen the matter is closed; the customer's mail stays as it is."""
    laid.move(laid.only("Freigabe").uid, "Freigabe", "Verworfen")
    laid.settle()
    assert (laid.state(), laid.outbox(), len(laid.messages("Anfragen"))) == ("rejected", [], 1)


def test_moved_back_in_time(laid: Room) -> None:
    """Back in Freigabe before it settled: it waits again, and nothing is sent."""
    approve(laid)
    laid.look()
    laid.move(laid.only("Freigegeben").uid, "Freigegeben", "Freigabe")
    laid.clock.advance(seconds=30)
    laid.look(2)
    assert (laid.state() in {"presented", "editing"}, laid.outbox()) == (True, [])


def test_edited_as_new_and_approved(laid: Room) -> None:
    """The copy in Drafts bears the token: what she wrote goes out, and the draft in Freigabe is removed."""
    laid.lay(
        thunderbird(laid.only("Freigabe").content, add("Lieferung am 17. Dezember.")), "Drafts", "\\Draft"
    )
    laid.look()
    assert laid.state() == "editing"
    approve(laid, "Drafts")
    laid.settle()
    assert laid.send() == [CUSTOMER]
    laid.look(2)
    laid.expect_sent_once()
    assert b"17. Dezember" in laid.only("Sent").content
    assert laid.messages("Freigabe") == []


def test_edited_as_new_and_sent_by_herself(laid: Room) -> None:
    """What she sends closes the draft, and the one in Freigabe is removed: it can't be approved by mistake."""
    laid.lay(thunderbird(laid.only("Freigabe").content, add("Bis morgen.")), "Sent", "\\Seen")
    laid.look(2)
    assert (laid.state(), laid.outbox(), laid.messages("Freigabe")) == ("sent_by_secretary", [], [])
    assert "\\Answered" in laid.only("Anfragen").flags


def test_the_original_is_approved_while_a_copy_is_being_edited(laid: Room) -> None:
    """Nobody knows which one she means: neither goes, and the note asks."""
    laid.lay(thunderbird(laid.only("Freigabe").content, add("Halb fertig")), "Drafts", "\\Draft")
    approve(laid)
    laid.settle()
    laid.look()
    assert (laid.state(), laid.reason(), laid.outbox()) == ("clarify", "two versions", [])
    assert "mehr als eine Fassung" in laid.notices()[0]


def test_both_are_dragged_to_freigegeben(laid: Room) -> None:
    """One drag of a collapsed thread brings both: two different texts, so neither goes."""
    uid = laid.lay(thunderbird(laid.only("Freigabe").content, add("Geändert.")), "Drafts", "\\Draft")
    laid.look()
    approve(laid)
    laid.move(uid, "Drafts", "Freigegeben")
    laid.settle()
    laid.look()
    assert (laid.state(), laid.outbox(), laid.messages("Freigegeben")) == ("clarify", [], [])


def test_a_copy_that_is_thrown_away_leaves_the_draft(laid: Room) -> None:
    """The edited copy is deleted: the one in Freigabe still waits, and is sent when it is approved."""
    uid = laid.lay(thunderbird(laid.only("Freigabe").content, add("Doch nicht.")), "Drafts", "\\Draft")
    laid.look()
    laid.delete(uid, "Drafts")
    laid.clock.advance(minutes=11)
    laid.look(3)
    approve(laid)
    laid.settle()
    assert laid.send() == [CUSTOMER]
    assert b"Doch nicht" not in laid.letter()


def test_a_touched_left_over_is_kept(laid: Room) -> None:
    """What lies in Freigabe under another number than maild gave it is not removed: somebody has saved it anew."""
    draft = laid.only("Freigabe")
    laid.delete(draft.uid, "Freigabe")
    laid.lay(thunderbird(draft.content, add("Von mir.")), "Freigabe", "\\Draft")
    laid.lay(thunderbird(draft.content, add("Gesendet.")), "Sent", "\\Seen")
    laid.look(2)
    assert (laid.state(), len(laid.messages("Freigabe"))) == ("sent_by_secretary", 1)


def test_folders_of_other_names(furnished: Furnished) -> None:
    """Each folder is called as the client's file says, levels and umlauts too."""
    names = "{review: Büro/Prüfen, approve: Büro/Gut, reject: Büro/Weg, clarify: Büro/Rückfrage}"
    room = furnished(review=f"mode: folder, folders: {names}")
    room.look()
    room.deliver(enquiry())
    room.look(2)
    room.move(room.only("Büro/Prüfen").uid, "Büro/Prüfen", "Büro/Gut")
    room.settle()
    assert room.send() == [CUSTOMER]
    room.look(2)
    assert (room.state(), len(room.messages("Sent")), room.messages("Büro/Gut")) == ("sent", 1, [])


def test_the_mode_is_changed_while_a_draft_waits(laid: Room) -> None:
    """Mode drafts from now on: what still lies in Freigabe is looked after to its end."""
    review = laid.desk.client.config.review
    object.__setattr__(review, "mode", "drafts")
    laid.leave()
    laid.look()
    assert laid.state() == "presented"
    approve(laid)
    laid.settle()
    assert laid.send() == [CUSTOMER]


def test_mode_drafts_makes_no_freigabe(drafted: Room) -> None:
    """A folder that nothing is laid into is not made."""
    with drafted.imap() as imap:
        assert not [
            line for line in imap.list()[1] if quoted("Freigabe").encode().strip(b'"') in line.split()
        ]


# What real mail programs did to a draft in Freigabe.

OUTCOMES = {
    "thunderbird-toplevel-look": "presented",
    "thunderbird-toplevel-open-close": "presented",
    "thunderbird-toplevel-open-send": "presented",
    "roundcube-toplevel-look": "presented",
    "roundcube-toplevel-open-close": "presented",
    "roundcube-toplevel-open-send": "presented",
    "thunderbird-toplevel-delete": "discarded",
    "roundcube-toplevel-delete": "discarded",
    "thunderbird-toplevel-move": "sent",
    "roundcube-toplevel-move": "sent",
    "thunderbird-toplevel-asnew-save-move": "sent",
    "roundcube-toplevel-asnew-save-move": "sent",
    "thunderbird-toplevel-asnew-send": "sent_by_secretary",
    "thunderbird-toplevel-asnew-send-attachment": "sent_by_secretary",
    "thunderbird-toplevel-asnew-send-bcc": "sent_by_secretary",
    "thunderbird-toplevel-asnew-send-draftinfo": "sent_by_secretary",
    "thunderbird-toplevel-asnew-send-html": "sent_by_secretary",
    "thunderbird-toplevel-asnew-save-send": "sent_by_secretary",
    "thunderbird-plaintext-toplevel-asnew-save-send": "sent_by_secretary",
    "thunderbird-signature-toplevel-asnew-send": "sent_by_secretary",
    "roundcube-toplevel-asnew-send": "sent_by_secretary",
    "roundcube-toplevel-asnew-send-attachment": "sent_by_secretary",
    "roundcube-toplevel-asnew-send-bcc": "sent_by_secretary",
    "roundcube-toplevel-asnew-send-draftinfo": "sent_by_secretary",
    "roundcube-toplevel-asnew-send-html": "sent_by_secretary",
    "roundcube-toplevel-asnew-save-send": "sent_by_secretary",
    "roundcube-signature-toplevel-asnew-send": "sent_by_secretary",
}


@pytest.mark.parametrize("name", OUTCOMES)
def test_looked_at_after_every_change(furnished: Furnished, name: str) -> None:
    """However small the steps in which maild sees it, the outcome is what the table says, and Freigabe is empty."""
    room, replay = _begin(furnished, name)
    replay.play(room.look)
    _expect_outcome(room, name)


@pytest.mark.parametrize("name", OUTCOMES)
def test_looked_at_when_all_is_over(furnished: Furnished, name: str) -> None:
    """Seen only afterwards, as after an outage, the same comes out."""
    room, replay = _begin(furnished, name)
    replay.play(lambda: None)
    _expect_outcome(room, name)


def _begin(furnished: Furnished, name: str) -> tuple[Room, Replay]:
    room = furnished(rules=RULES, identity=IDENTITY, review="mode: folder")
    room.look()
    inbox = next((RECORDINGS / name).glob("*-inbox.eml"))
    room.deliver(inbox.read_bytes())
    room.look(2)
    draft, mail = room.only("Freigabe"), room.only("INBOX")
    recorded = yaml.safe_load((RECORDINGS / name / "sequence.yaml").read_text(encoding="utf-8"))
    first = recorded["steps"][0]["states"][0]["folders"]
    places = {
        ("Freigabe", first["Freigabe"]["messages"][0]["uid"]): (draft.uid, MESSAGE_ID.decode()),
        ("INBOX", first["INBOX"]["messages"][0]["uid"]): (mail.uid, "<anfrage-4711@kunde.example>"),
    }
    ((token, message_id),) = room.rows("SELECT token, message_id FROM draft")
    ours = f"<draft.{token}@mueller-beispiel.example>".encode()
    return room, Replay(room, RECORDINGS / name, recorded["steps"], places, ours, message_id.encode())


def _expect_outcome(room: Room, name: str) -> None:
    state = OUTCOMES[name]
    settled = state in {"sent", "sent_by_secretary"}
    waits = state == "presented"
    assert not [m for m in room.messages("Klärung") if is_notice(m.content)]
    customer = "juergen.gross@kunde.example"
    outcome = Outcome(
        state,
        (customer,) if state == "sent" else (),
        edited="asnew" in name,
        sent=int(settled),
        answered=settled,
        left={"Trash": 1} if state == "discarded" else {},
    )
    _expect(room, outcome)
    assert len(room.messages("Freigabe")) == int(waits)

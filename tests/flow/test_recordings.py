"""Replays what real mail programs did to a draft, change by change, with a look after each.

Our own draft takes the place of the recorded one: in the recorded bytes its token and Message-ID stand for theirs.
Which final state is right is said by the table in the design of the review; where a state of that table is still to
come, what must hold already is asserted: nothing sent, nothing overwritten.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.flow.room import Room, quoted

RECORDINGS = Path(__file__).parent / "recordings"
TOKEN, MESSAGE_ID = (
    b"<entwurf.k7f3q9x2m4t8w6zb@maild.example>",
    b"<20261122080000.17.maild@mueller-beispiel.example>",
)
IDENTITY, CUSTOMER = "kanzlei@mueller-beispiel.example", "juergen.gross@kunde.example"
RULES = "rules: [{name: r, when: {subject: Rückfrage}, do: [{draft: offer}]}]"
HERS = "Ergänzung der Sekretärin: Lieferung am 17. Dezember".encode()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What must have become of the draft, and of the folders, when all is over."""

    state: str
    recipients: tuple[str, ...] = ()  # whom maild itself has sent the letter to
    edited: bool = False
    sent: int = 0  # messages in Sent, hers or ours
    answered: bool = False
    left: Mapping[str, int] = field(default_factory=dict)  # messages elsewhere, but for those marked deleted


BY_MAILD = Outcome("sent", (CUSTOMER,), sent=1, answered=True)
EDITED_BY_MAILD = Outcome("sent", (CUSTOMER,), edited=True, sent=1, answered=True)
BY_HER = Outcome("sent_by_secretary", sent=1, answered=True)

# The table says: a token in Freigegeben is approved, and sent when all rows are; a token or our Message-ID in Sent
# was sent by the secretary; in Trash and, after the grace time, neither in Drafts nor in Sent, it is discarded.
OUTCOMES = {
    "thunderbird-drafts-edit-save-move": EDITED_BY_MAILD,
    "thunderbird-drafts-drag": BY_MAILD,
    "thunderbird-drafts-move-back": BY_HER,
    "thunderbird-drafts-delete": Outcome("discarded", left={"Trash": 1}),
    "thunderbird-drafts-delete-restore": BY_HER,
    "thunderbird-drafts-edit-save-send": BY_HER,
    # One drag of a collapsed thread brings the draft and its edited copy: two different texts, so ask, send neither.
    "thunderbird-drafts-asnew-save-move": Outcome("clarify", left={"Klärung": 3}),
    "roundcube-drafts-edit-save-move": EDITED_BY_MAILD,
    "roundcube-drafts-drag": BY_MAILD,
    "roundcube-drafts-edit-save-send": BY_HER,
    "thunderbird-markdeleted-drafts-edit-save-send": BY_HER,
    "thunderbird-nouidplus-drafts-edit-save-send": BY_HER,
}
UNSEEN = ("edit-save-send", "edit-save-move", "move-back", "delete-restore")


@pytest.mark.parametrize("name", OUTCOMES)
def test_looked_at_after_every_change(furnished: Callable[..., Room], name: str) -> None:
    """However small the steps in which maild sees it, the outcome is what the table says."""
    room, replay = _begin(furnished, name)
    replay.play(room.look)
    _expect(room, OUTCOMES[name])


@pytest.mark.parametrize("name", [name for name in OUTCOMES if name.endswith(UNSEEN)])
def test_looked_at_when_all_is_over(furnished: Callable[..., Room], name: str) -> None:
    """Seen only afterwards, as after an outage, the same comes out."""
    room, replay = _begin(furnished, name)
    replay.play(lambda: None)
    _expect(room, OUTCOMES[name])


def test_answered_without_the_draft(furnished: Callable[..., Room]) -> None:
    """She answers from the original: our draft lies untouched, and approving it afterwards sends nothing.

    That the draft is withdrawn then («answered_without_draft») is a later step.
    """
    room, replay = _begin(furnished, "thunderbird-drafts-reply-instead")
    ours = room.only("Drafts").content
    replay.play(room.look)
    _expect(room, Outcome("presented", sent=1, answered=True, left={"Drafts": 1}))
    assert room.only("Drafts").content == ours
    room.approve()
    room.settle()
    room.look()
    assert (room.state(), room.reason(), room.outbox()) == ("clarify", "answered", [])
    assert "bereits eine Antwort" in room.notices()[0]


@dataclass
class Replay:
    """A recording on the way through a room; `places` are ours for the recorded folders and UIDs."""

    room: Room
    folder: Path
    steps: Sequence[Mapping[str, Any]]
    places: dict[tuple[str, int], tuple[int, str]]  # to UID and recorded Message-ID
    token: bytes
    message_id: bytes

    def play(self, look: Callable[[], object]) -> None:
        """All steps in their order, in their own time, with a look after each change."""
        for step in self.steps:
            self.room.clock.advance(seconds=3)
            before = 0.0
            for change in step.get("order", ()):
                self.room.clock.advance(seconds=max(change["at"] - before, 0))
                before = change["at"]
                self._change(change)
                look()

    def _change(self, change: Mapping[str, Any]) -> None:
        match change["event"]:
            case "append":
                flags = " ".join(change["flags"])
                uid = self.room.lay(self._mapped(change["file"]), change["folder"], flags)
                self._put(change, uid)
            case "copy":
                source = next(
                    uid
                    for (folder, _), (uid, message_id) in self.places.items()
                    if (folder, message_id) == (change["from"], change["msgid"])
                )
                self._put(change, self._copy(source, change["from"], change["folder"]))
            case "flags" | "mark deleted":
                uid, _ = self.places[change["folder"], change["uid"]]
                self.room.flag(uid, change["folder"], f"FLAGS ({' '.join(change['flags'])})")
            case "expunge":
                uid, _ = self.places.pop((change["folder"], change["uid"]))
                self.room.delete(uid, change["folder"])
            case other:
                assert other == "smtp accepted"  # by her own program: no change in the account

    def _put(self, change: Mapping[str, Any], uid: int) -> None:
        self.places[change["folder"], change["uid"]] = (uid, change["msgid"])

    def _copy(self, uid: int, source: str, target: str) -> int:
        with self.room.imap() as imap:
            imap.select(quoted(source))
            imap.uid("COPY", str(uid), quoted(target))
            return int(imap.response("COPYUID")[1][0].split()[-1])

    def _mapped(self, file: str) -> bytes:
        raw = (self.folder / file).read_bytes()
        return raw.replace(TOKEN, self.token).replace(MESSAGE_ID, self.message_id)


def _begin(furnished: Callable[..., Room], name: str) -> tuple[Room, Replay]:
    room = furnished(rules=RULES, identity=IDENTITY)
    room.look()
    room.deliver((RECORDINGS / name / "002-inbox.eml").read_bytes())
    room.look(2)
    draft, mail = room.only("Drafts"), room.only("INBOX")
    recorded = YAML(typ="safe").load((RECORDINGS / name / "sequence.yaml").read_text(encoding="utf-8"))
    first = recorded["steps"][0]["states"][0]["folders"]
    places = {
        ("Drafts", first["Drafts"]["messages"][0]["uid"]): (draft.uid, MESSAGE_ID.decode()),
        ("INBOX", first["INBOX"]["messages"][0]["uid"]): (mail.uid, "<anfrage-4711@kunde.example>"),
    }
    ((token, message_id),) = room.rows("SELECT token, message_id FROM draft")
    ours = f"<draft.{token}@mueller-beispiel.example>".encode()
    return room, Replay(room, RECORDINGS / name, recorded["steps"], places, ours, message_id.encode())


def _expect(room: Room, outcome: Outcome) -> None:
    """What has been approved is sent, the grace time passes, and then all must be as it should."""
    room.settle()
    sent = room.send()
    room.look(2)
    room.clock.advance(minutes=11)
    room.look(2)
    assert room.state() == outcome.state
    assert sent == list(outcome.recipients)
    assert room.outbox() == [(address, "sent") for address in outcome.recipients]
    if outcome.recipients:
        assert room.rows("SELECT edited FROM draft") == [(int(outcome.edited),)]
        assert (HERS in room.letter()) == outcome.edited
        assert b"entwurf." not in room.letter()
        assert b"draft." not in room.letter()
    assert len(room.messages("Sent")) == outcome.sent
    assert ("\\Answered" in room.only("INBOX").flags) == outcome.answered
    folders = ("Drafts", "Freigegeben", "Klärung", "Verworfen", "Trash")
    left = {name: [m for m in room.messages(name) if "\\Deleted" not in m.flags] for name in folders}
    assert {name: len(mails) for name, mails in left.items() if mails} == outcome.left

"""Replays what real mail programs did to a draft, change by change, with a look after each: all of it in memory, a
part on Dovecot.

What must have become of each draft stands in `recordings/outcomes.yaml`, read off the index of the recordings.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import yaml

from maild.core.parse import parse
from maild.core.text import text_hash
from maild.store.drafts import raw_hash
from tests.flow.memory import Box, MemoryRoom, furnish_in_memory
from tests.flow.recorded import (
    CUSTOMER,
    HERS,
    IDENTITY,
    MESSAGE_ID,
    ORIGINAL_ID,
    OUTCOMES,
    RECORDINGS,
    RULES,
    Recording,
    Replay,
    recording,
)
from tests.flow.room import Room


@pytest.mark.parametrize("name", OUTCOMES)
def test_looked_at_in_memory(tmp_path: Path, name: str) -> None:
    """However small the steps, the draft ends as the index says; nothing goes out twice, nothing of hers is lost."""
    recorded = recording(name)
    room, replay = begin_in_memory(tmp_path, recorded)
    replay.play(room.look)
    expect(room, recorded, replay)
    room.close()


@pytest.mark.parametrize("name", sorted(OUTCOMES)[::4])
def test_seen_when_all_is_over(tmp_path: Path, name: str) -> None:
    """Seen only afterwards, as after an outage, the same comes out."""
    recorded = recording(name)
    room, replay = begin_in_memory(tmp_path, recorded)
    replay.play(lambda: None)
    expect(room, recorded, replay)
    room.close()


def test_every_recording_has_its_outcome() -> None:
    """None is left out, and the outcomes name no other."""
    assert {place.name for place in RECORDINGS.iterdir() if place.is_dir()} == set(OUTCOMES)
    assert len(OUTCOMES) == 174


def begin_in_memory(path: Path, recorded: Recording) -> tuple[MemoryRoom, Replay]:
    """A room with the folders and the draft of a recording, and all ready to be replayed."""
    account = recorded.document["account"]
    special = {account[role]: frozenset({f"\\{role.title()}"}) for role in ("drafts", "sent", "trash")}
    if "nospecialuse" in recorded.name:
        special = {}
    boxes = {name: Box(special.get(name, frozenset())) for name in recorded.first}
    room = furnish_in_memory(path, boxes, rules=RULES, identity=IDENTITY)
    for name in set(boxes) ^ set(recorded.first):
        del boxes[name]
    folder = recorded.document["draft"]["folder"]
    if folder != account["drafts"]:
        in_folder(room, folder)
    room.look()
    (inbox,) = recorded.first["INBOX"]["messages"]
    (draft,) = recorded.first[folder]["messages"]
    room.deliver(recorded.raw(inbox["file"]))
    room.look(2)
    laid, mail = room.only(folder), room.only("INBOX")
    places = {
        (folder, draft["uid"]): (laid.uid, MESSAGE_ID.decode()),
        ("INBOX", inbox["uid"]): (mail.uid, ORIGINAL_ID),
    }
    ((token, message_id),) = room.rows("SELECT token, message_id FROM draft")
    ours = f"<draft.{token}@mueller-beispiel.example>".encode()
    replay = Replay(room, recorded.folder, recorded.steps, places, ours, message_id.encode())
    put_in_place(room, folder, replay.mapped(draft["file"]), draft["flags"])
    return room, replay


def put_in_place(room: MemoryRoom, folder: str, raw: bytes, flags: Sequence[str]) -> None:
    """Let it be this that maild has laid."""
    (letter,) = room.server.boxes[folder].letters
    letter.raw, letter.flags = raw, frozenset(flags)
    room.change(f"UPDATE draft SET raw_hash = '{raw_hash(raw)}', text_hash = '{text_hash(parse(raw).text)}'")


def in_folder(room: MemoryRoom, folder: str) -> None:
    """Review in a folder of its own; `check` refuses one below Drafts, but what happens there was recorded."""
    config = room.desk.client.config
    review = config.review.model_copy(
        update={"mode": "folder", "folders": config.review.folders.model_copy(update={"review": folder})}
    )
    client = replace(room.desk.client, config=config.model_copy(update={"review": review}))
    room.desk = replace(room.desk, client=client)


def expect(room: MemoryRoom, recorded: Recording, replay: Replay) -> None:
    """What has been approved is sent, the grace time passes, and then all must be as the index says."""
    wanted = OUTCOMES[recorded.name]
    left = {name: [m.content for m in room.messages(name)] for name in room.server.boxes}
    room.settle()
    out = room.send()
    room.look(2)
    room.clock.advance(minutes=11)
    room.look(2)
    assert room.state() == wanted
    assert out == ([CUSTOMER] if wanted == "sent" else [])
    assert len(out) + recorded.submitted <= 1
    if wanted == "sent":
        assert (HERS in parse(room.letter()).text.encode()) == recorded.edited
        assert not re.search(rb"entwurf\.|draft\.", room.letter())
    done = {"sent", "sent_by_secretary", "answered_without_draft"}
    if "INBOX \\Answered" in INDEX[recorded.name] or wanted in done:
        assert "\\Answered" in room.only("INBOX").flags
    else:
        assert "\\Answered" not in room.only("INBOX").flags
    _expect_nothing_lost(room, left, replay)


def _expect_nothing_lost(room: MemoryRoom, left: Mapping[str, list[bytes]], replay: Replay) -> None:
    """All that lay there when she had finished lies somewhere still, but for the draft as maild left it."""
    lie = {m.content for name in room.server.boxes for m in room.messages(name)}
    as_left = replay.mapped(next(replay.folder.glob("001-*")).name)
    for folder, letters in left.items():
        for raw in letters:
            assert raw in lie or raw == as_left or (folder == "Freigegeben" and room.state() == "sent")
    if room.state() in {"presented", "editing", "clarify", "discarded", "rejected"}:
        assert as_left in lie or all(as_left not in letters for letters in left.values())


INDEX: Mapping[str, str] = dict(
    re.findall(
        r"(?m)^\| ([a-z-]+) \| .* \| (.*) \|$", (Path(__file__).parent / "recordings/INDEX.md").read_text()
    )
)


# On Dovecot, with our own draft, which a program can't tell from the recorded one.


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
ON_DOVECOT = {
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


@pytest.mark.parametrize("name", ON_DOVECOT)
def test_looked_at_after_every_change(furnished: Callable[..., Room], name: str) -> None:
    """However small the steps in which maild sees it, the outcome is what the table says."""
    room, replay = _begin(furnished, name)
    replay.play(room.look)
    _expect(room, ON_DOVECOT[name])


@pytest.mark.parametrize("name", [name for name in ON_DOVECOT if name.endswith(UNSEEN)])
def test_looked_at_when_all_is_over(furnished: Callable[..., Room], name: str) -> None:
    """Seen only afterwards, as after an outage, the same comes out."""
    room, replay = _begin(furnished, name)
    replay.play(lambda: None)
    _expect(room, ON_DOVECOT[name])


def test_answered_without_the_draft(furnished: Callable[..., Room]) -> None:
    """She answers from the original: our draft, which nobody has opened, is withdrawn."""
    room, replay = _begin(furnished, "thunderbird-drafts-reply-instead")
    replay.play(room.look)
    _expect(room, Outcome("answered_without_draft", sent=1, answered=True))


def _begin(furnished: Callable[..., Room], name: str) -> tuple[Room, Replay]:
    room = furnished(rules=RULES, identity=IDENTITY)
    room.look()
    room.deliver((RECORDINGS / name / "002-inbox.eml").read_bytes())
    room.look(2)
    draft, mail = room.only("Drafts"), room.only("INBOX")
    recorded = yaml.safe_load((RECORDINGS / name / "sequence.yaml").read_text(encoding="utf-8"))
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

"""`maild drafts`: what became of each draft, for an admin who looks into the state."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flow.letters import add, enquiry, own_answer
from tests.flow.memory import MemoryRoom, MemoryServer
from tests.flow.room import furnish
from tests.system.commands import Here


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    """Run a command in this process."""
    return Here(monkeypatch, capsys)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[MemoryRoom]:
    """A room whose state is on the disk, where an enquiry was drafted for and the draft edited."""
    server = MemoryServer()
    made = furnish(tmp_path, server)  # type: ignore[arg-type]
    server.clock = made.clock
    room = MemoryRoom(made.path, server, made.user, made.desk, made.clock, made.state_store)  # type: ignore[arg-type]
    room.look()
    room.deliver(enquiry())
    room.look(2)
    room.edit(room.only("Drafts"), add("Von mir."))
    room.look()
    yield room
    room.close()


def test_list(room: MemoryRoom, run: Here) -> None:
    """Those that wait, one line each; with --state any others; without the token."""
    ((token,),) = room.rows("SELECT token FROM draft")
    done = run("--home", room.path, "drafts", "list")
    assert done.code == 0
    assert "northwind" in done.out
    assert "editing" in done.out
    assert "anna@kunde.example" in done.out
    listed = run("--home", room.path, "drafts", "list", "--client", "northwind", "--json")
    (draft,) = json.loads(listed.out)
    assert (draft["draft"], draft["state"], draft["template"], draft["edited"]) == (
        1,
        "editing",
        "offer",
        True,
    )
    assert draft["to"] == ["anna@kunde.example"]
    assert token not in done.out + listed.out
    none = run("--home", room.path, "drafts", "list", "--state", "vanished")
    assert (none.code, none.out) == (0, "No draft is in such a state.\n")


def test_show(room: MemoryRoom, run: Here) -> None:
    """Where it was seen, by what it was known, and each change of its state."""
    room.clock.advance(seconds=5)
    room.lay(own_answer(), "Sent", "\\Seen")
    room.look()
    shown = run("--home", room.path, "drafts", "show", "1")
    assert shown.code == 0
    assert "Draft 1 of northwind: answered_without_draft" in shown.out
    assert "Drafts, UID 2, lies there; known by its token" in shown.out
    assert "Sent, UID 1, lies there; known by being a reply of ours to the original" in shown.out
    told = json.loads(run("--home", room.path, "drafts", "show", "1", "--json").out)
    states = [event["after"] for event in told["history"]]
    assert states == ["planned", "presented", "editing", "answered_without_draft"]
    assert [trace["known_by"] for trace in told["seen"]] == ["token", "token", "answer"]


def test_no_such_draft(room: MemoryRoom, run: Here) -> None:
    """A sentence, and exit code 2."""
    missing = run("--home", room.path, "drafts", "show", "99")
    assert (missing.code, missing.out) == (2, "")
    assert "there is no draft 99" in missing.err
    unknown = run("--home", room.path, "drafts", "list", "--client", "nobody")
    assert (unknown.code, "there is no client 'nobody'" in unknown.err) == (2, True)

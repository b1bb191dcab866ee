"""Rooms for tests of the stages: each test has a user, a home and a store of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.flow.letters import enquiry
from tests.flow.room import Room, furnish


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch, dovecot) -> None:
    monkeypatch.setenv("ROOM_IMAP", dovecot.password)


@pytest.fixture
def furnished(tmp_path: Path, dovecot) -> Iterator[Callable[..., Room]]:
    """Makes a room on Dovecot, with rules and templates of the test's own."""
    rooms: list[Room] = []

    def make(**wishes: str) -> Room:
        rooms.append(furnish(tmp_path, dovecot, **wishes))
        return rooms[-1]

    yield make
    for room in rooms:
        room.close()


@pytest.fixture
def room(furnished: Callable[..., Room]) -> Room:
    """A room on Dovecot with the usual rule: an enquiry is drafted for and moved to Anfragen."""
    return furnished()


@pytest.fixture
def drafted(room: Room) -> Room:
    """A room where one enquiry came in and its draft lies in Drafts."""
    return with_draft(room)


def with_draft(room: Room) -> Room:
    """Let one enquiry come in and be drafted for."""
    room.look()
    room.deliver(enquiry())
    room.look(2)
    assert len(room.messages("Drafts")) == 1
    return room

"""The recordings of real mail programs, unpacked, and the replay of one in a room, change by change.

Our own draft takes the place of the recorded one: in the recorded bytes its token and Message-ID stand for theirs.
"""

import shutil
import tarfile
import tempfile
from atexit import register
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.flow.memory import MemoryRoom
from tests.flow.room import Room, quoted

_PACKED = Path(__file__).parent / "recordings"
TOKEN, MESSAGE_ID = (
    b"<entwurf.k7f3q9x2m4t8w6zb@maild.example>",
    b"<20261122080000.17.maild@mueller-beispiel.example>",
)
ORIGINAL_ID = "<anfrage-4711@kunde.example>"
IDENTITY, CUSTOMER = "kanzlei@mueller-beispiel.example", "juergen.gross@kunde.example"
RULES = "rules: [{name: r, when: {subject: Rückfrage}, do: [{draft: offer}]}]"
HERS = "Ergänzung der Sekretärin: Lieferung am 17. Dezember".encode()


def _unpacked() -> Path:
    place = Path(tempfile.mkdtemp(prefix="recordings"))
    register(shutil.rmtree, place, ignore_errors=True)
    with tarfile.open(_PACKED / "mail-programs.tar.xz") as archive:
        archive.extractall(place, filter="data")
    return place


RECORDINGS = _unpacked()
OUTCOMES: Mapping[str, str] = {
    name: state
    for state, names in yaml.safe_load((_PACKED / "outcomes.yaml").read_text(encoding="utf-8")).items()
    for name in names
}


@dataclass(frozen=True)
class Recording:
    """One sequence."""

    name: str
    folder: Path
    document: Mapping[str, Any]

    @property
    def steps(self) -> Sequence[Mapping[str, Any]]:
        """What she did, one after the other."""
        steps: Sequence[Mapping[str, Any]] = self.document["steps"]
        return steps

    @property
    def first(self) -> Mapping[str, Any]:
        """All folders as they were at the beginning."""
        folders: Mapping[str, Any] = self.steps[0]["states"][0]["folders"]
        return folders

    @property
    def edited(self) -> bool:
        """Whether she has typed anything into the letter."""
        return any(step["action"] == "edit" for step in self.steps)

    @property
    def submitted(self) -> int:
        """How often her own program sent a letter."""
        return sum(change["event"] == "smtp accepted" for change in self.changes)

    @property
    def changes(self) -> list[Mapping[str, Any]]:
        """All that happened in the account, in order."""
        return [change for step in self.steps for change in step.get("order", ())]

    def raw(self, file: str) -> bytes:
        """A message as recorded."""
        return (self.folder / file).read_bytes()


def recording(name: str) -> Recording:
    """One of them."""
    text = (RECORDINGS / name / "sequence.yaml").read_text(encoding="utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return Recording(name, RECORDINGS / name, yaml.load(text, Loader=loader))


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

    def mapped(self, file: str) -> bytes:
        """A recorded message with our token and Message-ID."""
        raw = (self.folder / file).read_bytes()
        return raw.replace(TOKEN, self.token).replace(MESSAGE_ID, self.message_id)

    def _change(self, change: Mapping[str, Any]) -> None:
        match change["event"]:
            case "append":
                flags = " ".join(change["flags"])
                uid = self.room.lay(self.mapped(change["file"]), change["folder"], flags)
                self._put(change, uid)
            case "copy":
                source = next(
                    uid
                    for (folder, _), (uid, message_id) in self.places.items()
                    if (folder, message_id) == (change["from"], change["msgid"])
                )
                self._put(change, self._copy(source, change["from"], change["folder"]))
            case "flags" | "mark deleted":
                known = self.places.get((change["folder"], change["uid"]))
                if known:
                    self.room.flag(known[0], change["folder"], f"FLAGS ({' '.join(change['flags'])})")
            case "expunge":
                known = self.places.pop((change["folder"], change["uid"]), None)
                if known:
                    self.room.delete(known[0], change["folder"])
            case other:
                assert other == "smtp accepted"  # by her own program: no change in the account

    def _put(self, change: Mapping[str, Any], uid: int) -> None:
        self.places[change["folder"], change["uid"]] = (uid, change["msgid"])

    def _copy(self, uid: int, source: str, target: str) -> int:
        if isinstance(self.room, MemoryRoom):
            return self.room.copy(uid, source, target)
        with self.room.imap() as imap:
            imap.select(quoted(source))
            imap.uid("COPY", str(uid), quoted(target))
            return int(imap.response("COPYUID")[1][0].split()[-1])

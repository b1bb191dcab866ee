"""Random secretaries: whatever they do to a draft, in one mail program or two, with maild looking in between.

Runs in memory. `Secretary` keeps a book of her own of what she has done, from which the outcome must follow: never a
letter out twice, never a copy of hers overwritten or removed, never a state that the folders contradict.
"""

import re
import tempfile
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from maild.core.lifecycle import DraftState
from tests.flow.letters import add, enquiry, field, is_notice, own_answer, thunderbird
from tests.flow.memory import MemoryRoom, furnish_in_memory
from tests.servers.dovecot import Stored

FOLDERS = ("Drafts", "Freigegeben", "Verworfen", "Klärung", "Trash")
PLACES = st.sampled_from(FOLDERS)
WHICH = st.integers(0, 5)
CLOSED = {"sent", "sent_by_secretary", "rejected", "discarded"}


class Secretary(RuleBasedStateMachine):
    """One draft and what a person may do with it."""

    def __init__(self) -> None:
        super().__init__()
        self.room: MemoryRoom = furnish_in_memory(Path(tempfile.gettempdir()))
        self.number = 0
        self.hers: set[bytes] = set()  # every version that she has saved and not thrown away herself
        self.editors: list[bytes] = []  # what lies open in an editor, or in a program's own outbox
        self.by_her = 0  # letters that she has sent herself with the token
        self.answered = False
        self.by_maild: list[str] = []
        self.unseen = False  # whether something lies in Sent that maild has not looked at yet

    @initialize()
    def a_draft_is_laid(self) -> None:
        """An enquiry comes in and is drafted for."""
        self.room.look()
        self.room.deliver(enquiry())
        self.room.look(2)
        self.ours = self.room.only("Drafts").content

    # What she does.

    @precondition(lambda self: self._copies("Drafts"))
    @rule(which=WHICH)
    def open(self, which: int) -> None:
        """A second program may have it open as well."""
        draft = self._one("Drafts", which)
        self.room.flag(draft.uid, "Drafts", "+FLAGS (\\Seen)")
        self.editors.append(draft.content)

    @precondition(lambda self: self.editors)
    @rule(which=WHICH, looked_between=st.booleans())
    def save(self, which: int, looked_between: bool) -> None:
        """Saves, or is saved by itself: the new copy first, then the one it came from goes."""
        index = which % len(self.editors)
        before = self.editors[index]
        self.number += 1
        raw = thunderbird(before, add(f"Fassung {self.number}."))
        self.room.lay(raw, "Drafts", "\\Draft")
        self.hers.add(raw)
        self.editors[index] = raw
        if looked_between:
            self.room.look()
        for old in self._copies("Drafts"):
            if old.content == before:
                self.room.delete(old.uid, "Drafts")
                self.hers.discard(before)

    @precondition(lambda self: self.editors and not self.by_her)
    @rule(which=WHICH, files=st.booleans(), removes=st.booleans())
    def send(self, which: int, files: bool, removes: bool) -> None:
        """Sends what lies in an editor, now or later; a program may leave the draft, or file the copy first."""
        raw = thunderbird(self.editors.pop(which % len(self.editors)))
        source = [d for d in self._copies("Drafts") if removes and _text(d.content) == _text(raw)]
        if files:
            self._filed(raw)
        for draft in source:
            self.room.delete(draft.uid, "Drafts")
            self.hers.discard(draft.content)
        if not files:
            self.room.look()
            self._filed(raw)

    def _filed(self, raw: bytes) -> None:
        self.room.lay(raw, "Sent", "\\Seen")
        self.by_her += 1
        self.unseen = True

    @precondition(lambda self: any(self._copies(folder) for folder in FOLDERS))
    @rule(which=WHICH, source=PLACES, into=PLACES)
    def move(self, which: int, source: str, into: str) -> None:
        """Drags it to where she likes: approves, rejects, throws away, takes back."""
        if self._copies(source) and source != into:
            self.room.move(self._one(source, which).uid, source, into)

    @precondition(lambda self: self._copies("Drafts"))
    @rule(which=WHICH)
    def edit_as_new(self, which: int) -> None:
        """A second message with the same token; the first stays."""
        self.number += 1
        raw = thunderbird(self._one("Drafts", which).content, add(f"Neu {self.number}."))
        self.room.lay(raw, "Drafts", "\\Draft")
        self.hers.add(raw)

    @precondition(lambda self: self._copies("Drafts"))
    @rule(which=WHICH, undo=st.booleans())
    def mark_deleted(self, which: int, undo: bool) -> None:
        """A program that only marks; perhaps she thinks better of it."""
        draft = self._one("Drafts", which)
        self.room.flag(draft.uid, "Drafts", f"{'-' if undo else '+'}FLAGS (\\Deleted)")

    @precondition(lambda self: self._copies("Drafts"))
    @rule(which=WHICH)
    def copy_to_approve(self, which: int) -> None:
        """Drags it with the control key held."""
        self.room.copy(self._one("Drafts", which).uid, "Drafts", "Freigegeben")

    @precondition(lambda self: not self.answered)
    @rule()
    def answer_without_the_draft(self) -> None:
        """Replies from the original."""
        self.room.clock.advance(seconds=2)
        self.room.lay(own_answer(), "Sent", "\\Seen")
        self.answered = True
        self.unseen = True

    @precondition(lambda self: self._copies("Trash"))
    @rule()
    def empty_the_trash(self) -> None:
        """For good."""
        for mail in self._copies("Trash"):
            self.room.delete(mail.uid, "Trash")
            self.hers.discard(mail.content)

    # What maild does meanwhile.

    @rule(times=st.integers(1, 2), seconds=st.sampled_from([1, 11, 660]))
    def look(self, times: int, seconds: int) -> None:
        """Time passes, and maild looks."""
        self.room.clock.advance(seconds=seconds)
        self.room.look(times)
        self.unseen = False

    @rule()
    def deliver(self) -> None:
        """The outbox is emptied: of nothing that she has answered herself, once maild has seen that."""
        out = self.room.send()
        assert not (out and (self.by_her or self.answered) and not self.unseen)
        self.by_maild += out

    @rule()
    def restart(self) -> None:
        """The connection is lost."""
        self.room.leave()
        self.room.look()

    # What must hold.

    @invariant()
    def nothing_goes_out_twice(self) -> None:
        """By maild at most once, whatever she moves where."""
        assert len(self.by_maild) <= 1
        assert self.room.rows("SELECT count(*) FROM draft")[0][0] <= 1

    @invariant()
    def nothing_of_hers_is_lost(self) -> None:
        """Every version that she saved lies somewhere, but for the one that was approved and sent."""
        if not hasattr(self, "ours"):
            return
        lie = {m.content for name in self.room.server.boxes for m in self.room.messages(name)}
        gone = {_text(raw) for raw in self.hers if raw not in lie}
        sent = {_text(m.content) for m in self.room.messages("Sent")}
        assert gone <= sent

    @invariant()
    def a_state_is_what_the_folders_say(self) -> None:
        """An end is never made up: each has its evidence."""
        if not hasattr(self, "ours"):
            return
        state = self.room.state()
        assert state in set(DraftState)
        assert (state == "sent") <= bool(self.by_maild)
        assert (state == "sent_by_secretary") <= bool(self.by_her)
        assert (state == "answered_without_draft") <= self.answered

    def teardown(self) -> None:
        """At rest: all is looked at, sent and looked at again; then the outcome is the one the folders show."""
        if hasattr(self, "ours"):
            self._come_to_rest()
            self._expect_outcome()
        self.room.close()

    def _come_to_rest(self) -> None:
        for _ in range(3):
            self.room.clock.advance(seconds=11)
            self.room.look(2)
            self.unseen = False
            self.deliver()
            self.room.look(2)
        self.room.clock.advance(minutes=11)
        self.room.look(2)
        self.nothing_goes_out_twice()
        self.nothing_of_hers_is_lost()
        self.a_state_is_what_the_folders_say()

    def _expect_outcome(self) -> None:
        state = self.room.state()
        live = {name for name in FOLDERS if any("\\Deleted" not in m.flags for m in self._copies(name))}
        assert "Freigegeben" not in live
        if state in CLOSED:
            return
        if state != "answered_without_draft":
            assert not self.by_her, "the token lies in Sent"
            assert "Verworfen" not in live
        if state in {"presented", "editing"}:
            assert "Drafts" in live
            assert not self.answered
        if state == "clarify":
            assert "Klärung" in live
        if state == "vanished":
            assert not live & {"Drafts", "Klärung", "Trash"}

    def _copies(self, folder: str) -> list[Stored]:
        """What bears the token there; not the notices, nor mails of others."""
        return [
            m
            for m in self.room.messages(folder)
            if not is_notice(m.content) and field(m.content, b"References").startswith(b"<draft.")
        ]

    def _one(self, folder: str, which: int) -> Stored:
        copies = self._copies(folder)
        return copies[which % len(copies)]


def _text(raw: bytes) -> bytes:
    return re.split(rb"\r\n\r\n", raw, maxsplit=1)[1].strip()

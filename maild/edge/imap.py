"""A mailbox: what maild does in an account over IMAP, in maild's own words and with maild's own errors.

Works by UID only, never sets `\\Seen`, and never sends a plain EXPUNGE, which would remove mail that others marked.
Whether a command had its effect is read from what the server says it did (APPENDUID, COPYUID) or, where it doesn't
say, found out by looking; the absence of an error proves nothing. Decides nothing about mail.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import date, datetime
from email.parser import BytesHeaderParser
from typing import Any, Self, TypeVar

from maild.core.folder import Folder
from maild.edge.imap_answers import (
    FolderStatus,
    Found,
    appended_uid,
    chunks,
    copied_uids,
    flag_names,
    folder_status,
    found,
    is_flag,
    longest_plain,
    on_server,
    portions,
    section,
    sections,
    unfolded,
)
from maild.edge.imap_client import ImapLogin, decoded
from maild.edge.imap_session import RefusedError, Session
from maild.errors import FolderError

__all__ = ["FolderStatus", "Found", "ImapLogin", "Mailbox"]

T = TypeVar("T")

_OUTLINE = ["FLAGS", "INTERNALDATE", "RFC822.SIZE"]

HEADER_LIMIT = 256 * 1024  # bytes of one mail's header that `headers` returns at most
READ_BUDGET = 16 * 1024 * 1024  # bytes of mail that `read` holds at a time, but for a single larger mail
SEARCH_WINDOW = 50_000  # imaplib reads no line over 1,000,000 bytes: some 125,000 UIDs


class Mailbox:
    """One signed-in session in one account. Not thread-safe: one owner at a time.

    A FolderError concerns one folder and leaves the session usable. After any other ServerError it is closed.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self._selected = ""
        self._messages = 0
        self._attended: tuple[str, ...] = ()

    @classmethod
    def connect(cls, login: ImapLogin) -> Self:
        """Sign in. Raises SignInRefusedError if user name or password are wrong, ServerError for all else."""
        return cls(Session(login))

    @property
    def has_idle(self) -> bool:
        """Whether the server tells what happens (RFC 2177); else it has to be asked."""
        return "IDLE" in self.session.capabilities

    @property
    def has_move(self) -> bool:
        """Whether moving is one step (RFC 6851)."""
        return "MOVE" in self.session.capabilities

    @property
    def has_uidplus(self) -> bool:
        """Whether the server names new UIDs and removes single mails (RFC 4315)."""
        return "UIDPLUS" in self.session.capabilities

    def folders(self) -> tuple[Folder, ...]:
        """All folders of the account as they are now, with their special uses where the server knows them."""
        return self.session.names(fresh=True).folders

    def offers(self, capability: str) -> bool:
        """Whether the server has announced this capability."""
        return capability.upper() in self.session.capabilities

    def rights(self, name: str) -> dict[str, str]:
        """Who may do what in a folder: rights by identifier (RFC 4314, section 3.6); empty where that isn't told."""
        if not self.offers("ACL"):
            return {}
        try:
            rows = self.session.attempt("getacl", self.session.spell(name))
        except RefusedError:
            return {}
        return {decoded(who): decoded(what) for who, what in rows}

    def imap_name(self, name: str) -> str:
        """A folder's name as it goes over the wire (modified UTF-7), for headers that mail programs read."""
        return self.session.spell(name).decode("ascii")

    def ensure(self, name: str) -> None:
        """Create and subscribe a folder, unless it exists. Raises FolderError where that is refused."""
        if self.session.names(fresh=True).holds(name):
            return
        spelled = self.session.spell(name)
        try:
            self.session.call("create_folder", spelled, folder=name)
        except FolderError:
            if not self.session.names(fresh=True).holds(name):  # else another session was quicker
                raise
        with suppress(FolderError):  # unsubscribed, a folder works but may not be shown
            self.session.call("subscribe_folder", spelled, folder=name)
        self.session.names(fresh=True)

    def status(self, name: str) -> FolderStatus:
        """Ask how a folder stands, without selecting it. Raises FolderError if it is missing."""
        answer = self._opened("folder_status", name, ("UIDVALIDITY", "UIDNEXT", "MESSAGES"))
        return folder_status(answer, messages=b"MESSAGES")

    def select(self, name: str) -> FolderStatus:
        """Make a folder the one that commands on UIDs work in. Raises FolderError if it is missing or read only."""
        return self._select(name)

    def examine(self, name: str) -> FolderStatus:
        """Like `select`, but only to look: nothing in the folder can be changed, not even by mistake."""
        return self._select(name, True)

    def uids_from(self, uid: int, since: date | None = None) -> list[int]:
        """All UIDs of the selected folder from `uid` on, ascending, as of now.

        With `since` only of mails that came on that day or later, by the server's own calendar (RFC 9051, 6.4.4).
        """
        self.session.synchronise()
        day = f" SINCE {on_server(since)}" if since else ""
        # RFC 9051, section 6.4.9: n:* also means the last mail where n lies above it.
        if self._messages <= SEARCH_WINDOW:
            return sorted(each for each in self._search(f"UID {max(uid, 1)}:*{day}") if each >= uid)
        last = self.status(self._selected).uidnext - 1
        starts = range(max(uid, 1), last + 1, SEARCH_WINDOW)
        windows = (f"UID {low}:{min(low + SEARCH_WINDOW - 1, last)}{day}" for low in starts)
        return sorted(each for window in windows for each in self._search(window))

    def outlines(self, uids: Iterable[int]) -> list[Found]:
        """Flags, date and size, without any header, of those mails that still exist, ascending by UID."""
        return [
            found(uid, answer, b"")
            for chunk in chunks(uids)  # whole answers take far more room than what is kept of them
            for uid, answer in sorted(self._steadily("fetch", chunk, _OUTLINE).items())
            if b"FLAGS" in answer
        ]

    def read(self, mails: Iterable[Found], limit: int) -> Iterator[tuple[Found, bytes]]:
        """Mails with their headers as `headers` gives them, and as they are, at most their first `limit` bytes.

        In the order given; a mail that goes meanwhile is left out. Holds READ_BUDGET bytes at a time, or one mail.
        Other commands may be given between two mails as long as the folder stays selected.
        """
        items = [*_OUTLINE, f"BODY.PEEK[HEADER]<0.{HEADER_LIMIT}>", f"BODY.PEEK[]<0.{limit}>"]
        for uids in portions([(mail.uid, min(mail.size, limit)) for mail in mails], READ_BUDGET):
            self.session.synchronise()
            answers = self._fetch(uids, items)
            for uid, answer in ((uid, answers.get(uid, {})) for uid in uids):
                header, raw = section(answer, b"BODY[HEADER"), section(answer, b"BODY[]")
                if header is not None and raw is not None:
                    yield found(uid, answer, header), raw

    def headers(self, uids: Iterable[int], fields: tuple[str, ...] = ()) -> list[Found]:
        """Headers, or only the named fields, of those mails that still exist, ascending by UID.

        Raises FolderError or ServerError; a mail that goes meanwhile is simply not among them.
        """
        wanted = f"HEADER.FIELDS ({' '.join(fields)})" if fields else "HEADER"
        items = [*_OUTLINE, f"BODY.PEEK[{wanted}]<0.{HEADER_LIMIT}>"]
        answers = self._fetch(uids, items)
        return [found(uid, answers[uid], text) for uid, text in sorted(sections(answers).items())]

    def flags(self, uids: Iterable[int]) -> dict[int, frozenset[str]]:
        """Flags of those mails that still exist, as of now."""
        self.session.synchronise()
        answers = self._fetch(uids, ["FLAGS"])
        return {uid: flag_names(answer[b"FLAGS"]) for uid, answer in answers.items() if b"FLAGS" in answer}

    def fetch(self, uid: int, limit: int) -> bytes | None:
        """A mail as it is, at most its first `limit` bytes; None if it is gone."""
        return sections(self._fetch([uid], [f"BODY.PEEK[]<0.{limit}>"])).get(uid)

    def find(self, header: str, value: str) -> list[int]:
        """UIDs of mails in the selected folder one of whose fields of that name contains the value, in any place."""
        # The server only narrows: some match words, some ignore case, all differ beyond ASCII.
        narrowed = self._search(f'HEADER {header} "{longest_plain(value)}"')
        wanted = value.encode()
        return [mail.uid for mail in self.headers(narrowed, (header,)) if wanted in unfolded(mail.header)]

    def append(
        self, name: str, raw: bytes, flags: Iterable[str] = (), when: datetime | None = None
    ) -> int | None:
        """Lay a mail into a folder; its UID, or None where the server doesn't tell and it can't be found.

        Raises FolderError if the folder is missing or full. After a lost connection the mail may lie there or not.
        """
        before = None if self.has_uidplus else self.status(name)
        spelled, names = self.session.spell(name), self._flag_list(name, flags)
        answer = self.session.call("append", spelled, raw, names, when, folder=name)
        if before is None:
            return appended_uid(answer)
        return self._elsewhere(name, lambda: self._appended_since(before.uidnext, raw))

    def add_flags(self, uids: Iterable[int], flags: Iterable[str]) -> None:
        """Set flags on those mails of the selected folder that still exist."""
        names = self._flag_list(self._selected, flags)
        for chunk in chunks(uids):
            self._steadily("add_flags", chunk, names, True)

    def copy(self, uids: Iterable[int], name: str) -> dict[int, int | None]:
        """Copy mails; old UID to new UID, None where that is not known. What is missing was not copied."""
        return self._transfer("copy", uids, name)

    def move(self, uids: Iterable[int], name: str) -> dict[int, int | None]:
        """Move mails; old UID to new UID, None where that is not known. What is missing was not moved.

        Without MOVE a mail is copied, the copy looked for, the original marked deleted and, with UIDPLUS, removed.
        """
        if self.has_move:
            return self._transfer("move", uids, name)
        copied = self.copy(uids, name)
        self._delete(copied)
        return copied

    def remove(self, uid: int) -> bool:
        """Remove one mail for good; False where the server can only mark it deleted."""
        self._delete([uid])
        return self.has_uidplus

    def attend(self, names: Iterable[str]) -> None:
        """Folders that `idle` shall be told of beside the selected one, by servers that can (NOTIFY; RFC 5465)."""
        self._attended = tuple(names)

    def idle(self) -> bool:
        """Let the server speak; True if it has already spoken: call `wake` at once, a selector would wait in vain."""
        try:
            return self.session.start_idle(self._attended)
        except RefusedError as exc:
            raise self.session.folder_error(self._selected, exc.code) from None

    def wake(self) -> bool:
        """End `idle`; True if the server said anything about the folder. Compare UIDNEXT whatever it says."""
        return self.session.end_idle()

    def fileno(self) -> int:
        """The socket, for a selector: readable means call `wake`."""
        return self.session.fileno()

    def close(self) -> None:
        """End the session; never raises."""
        self.session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _select(self, name: str, *only_to_look: bool) -> FolderStatus:
        self._selected = ""
        answer = self._opened("select_folder", name, *only_to_look)
        self._selected = name
        status = folder_status(answer, messages=b"EXISTS")
        self._messages = status.messages
        return status if status.uidnext else self.status(name)

    def _search(self, criteria: str) -> list[int]:
        return list(self.session.call("search", criteria, folder=self._selected))

    def _fetch(self, uids: Iterable[int], items: list[str]) -> dict[int, dict[bytes, Any]]:
        answers: dict[int, dict[bytes, Any]] = {}
        for chunk in chunks(uids):
            answers.update(self._steadily("fetch", chunk, items))
        return answers

    def _steadily(self, method: str, *args: Any, folder: str = "") -> Any:
        """Run a command on UIDs, a second time if the server refuses it because some of them are gone."""
        try:
            return self.session.attempt(method, *args)
        except RefusedError as exc:
            if exc.code != "EXPUNGEISSUED":
                raise self.session.folder_error(folder or self._selected, exc.code) from None
        self.session.synchronise()
        return self.session.call(method, *args, folder=folder or self._selected)

    def _opened(self, method: str, name: str, *args: Any) -> Any:
        try:
            return self.session.attempt(method, self.session.spell(name), *args)
        except RefusedError as exc:
            # Dovecot 2.3 says NO without a code where a folder is missing.
            missing = not exc.code and not self.session.names(fresh=True).holds(name)
            raise self.session.folder_error(name, "NONEXISTENT" if missing else exc.code) from None

    def _flag_list(self, folder: str, flags: Iterable[str]) -> list[str]:
        names = list(flags)
        wrong = [name for name in names if not is_flag(name)]
        if wrong:
            raise FolderError(
                f"{wrong[0]!r} can't be a flag in folder {folder!r} on {self.session.login.server}"
            )
        return names

    def _transfer(self, method: str, uids: Iterable[int], name: str) -> dict[int, int | None]:
        one_chunk = self._told if self.has_uidplus else self._found_out
        done: dict[int, int | None] = {}
        for chunk in chunks(uids):
            try:
                done.update(one_chunk(method, chunk, name))
            except FolderError:
                if done:  # the caller learns of the refusal when it comes back with the rest
                    return done
                raise
        return done

    def _told(self, method: str, uids: list[int], name: str) -> dict[int, int]:
        self._steadily(method, uids, self.session.spell(name), folder=name)
        return copied_uids(self.session.codes("COPYUID"))

    def _found_out(self, method: str, uids: list[int], name: str) -> dict[int, int | None]:
        originals = self.headers(uids, ("Message-ID",))
        uidnext = self.status(name).uidnext
        self._steadily(method, uids, self.session.spell(name), folder=name)
        return self._elsewhere(name, lambda: self._matching(originals, uidnext))

    def _matching(self, originals: list[Found], uidnext: int) -> dict[int, int | None]:
        """Which new mail of the selected folder is which original, by Message-ID and size."""
        arrived: dict[tuple[bytes, int], list[int]] = defaultdict(list)
        for mail in reversed(self.headers(self.uids_from(uidnext), ("Message-ID",))):
            arrived[mail.header, mail.size].append(mail.uid)
        pairs = ((mail.uid, arrived[mail.header, mail.size]) for mail in originals)
        return {uid: same.pop() for uid, same in pairs if same}

    def _elsewhere(self, name: str, look: Callable[[], T]) -> T:
        """Look into another folder and come back."""
        home = self._selected
        self.select(name)
        try:
            return look()
        finally:
            if home and self.session.alive:
                self.select(home)

    def _appended_since(self, uidnext: int, raw: bytes) -> int | None:
        message_id = BytesHeaderParser().parsebytes(raw)["Message-ID"]
        new = self.uids_from(uidnext)
        if message_id:
            same = set(self.find("Message-ID", str(message_id).strip()))
            new = [uid for uid in new if uid in same]
        return new[-1] if len(new) == 1 or (new and message_id) else None

    def _delete(self, uids: Iterable[int]) -> None:
        gone = list(uids)
        self.add_flags(gone, ["\\Deleted"])
        if self.has_uidplus:
            for chunk in chunks(gone):
                self._steadily("uid_expunge", chunk)

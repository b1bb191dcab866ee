"""One signed-in connection: alive or closed, with every fault turned into one of our errors.

A refusal (NO) leaves the connection usable. Whatever else goes wrong closes it, since after a timeout or a broken
answer nobody knows which answer belongs to which command. Never repeats a server's words.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, TypeVar

from maild.edge.imap_client import (
    TROUBLE,
    ImapLogin,
    Row,
    capabilities,
    codes,
    connect,
    decoded,
    encoded,
    enter_idle,
    failure,
    leave_idle,
    listed,
    notify,
    notify_no_more,
    plain,
    prepare,
    refusal,
    sign_in,
    unburdened,
    unread,
)
from maild.edge.imap_names import Names, read_names
from maild.errors import FolderError, Scope, ServerError

T = TypeVar("T")

_PERMANENT = {"NONEXISTENT", "TRYCREATE", "NOPERM", "CANNOT", "ALREADYEXISTS", "READ-ONLY", "TOOBIG"}
_FOLDER_REASONS = {
    "NONEXISTENT": "does not exist",
    "TRYCREATE": "does not exist",
    "READ-ONLY": "is read only",
}
_CLOSING_PATIENCE = 5.0  # seconds a polite LOGOUT may take


class RefusedError(Exception):
    """The server answered NO; the connection is fine. `code` is the response code, or empty."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Session:
    """A signed-in connection. Not thread-safe: one owner at a time."""

    def __init__(self, login: ImapLogin) -> None:
        """Connect and sign in. Raises ServerError, or SignInRefusedError if it is the name or password."""
        self.login = login
        self.alive = True
        self._client: Any = None
        self._idling = False
        self._notified = False
        self._names: Names | None = None
        try:
            self._client = self._guarded(lambda: connect(login))
            self._guarded(lambda: prepare(self._client, login))
            self._guarded(lambda: sign_in(self._client, login))
            self.capabilities: frozenset[str] = self._guarded(lambda: capabilities(self._client))
        except BaseException:
            self.close()
            raise

    def call(self, method: str, *args: Any, folder: str = "", **options: Any) -> Any:
        """Call a method of the IMAPClient object.

        A NO is a FolderError where the command concerns one folder, else a temporary ServerError. Everything else
        that goes wrong closes the connection and is a ServerError.
        """
        try:
            return self.attempt(method, *args, **options)
        except RefusedError as exc:
            if folder:
                raise self.folder_error(folder, exc.code) from None
            message = f"{self.login.server} refused a command ({exc.code or 'no reason given'})"
            raise ServerError(message, scope=Scope.ACCOUNT) from None

    def attempt(self, method: str, *args: Any, **options: Any) -> Any:
        """Like `call`, for those who can do something about a NO: it is a RefusedError."""
        return self._guarded(
            lambda: getattr(unburdened(self._client), method)(*args, **options), refusable=True
        )

    def folder_error(self, folder: str, code: str = "") -> FolderError:
        """A refusal that concerns one folder, with the server's response code in place of its words."""
        said = _FOLDER_REASONS.get(code, f"was refused ({code or 'no reason given'})")
        return FolderError(f"folder {folder!r} on {self.login.server} {said}", permanent=code in _PERMANENT)

    def codes(self, name: str) -> list[bytes]:
        """What the last command brought under one response code, as COPYUID."""
        return self._guarded(lambda: codes(self._client, name))

    def names(self, *, fresh: bool = False) -> Names:
        """The account's folders; asked of the server once, and again when `fresh`."""
        if self._names is None or fresh:
            rows = self.call("list_folders")
            self._names = read_names(listed(rows), *self._namespace(rows))
        return self._names

    def spell(self, folder: str) -> bytes:
        """A folder's name as it goes over the wire (modified UTF-7; RFC 3501, section 5.1.3)."""
        return encoded(self.names().spell(folder))

    def synchronise(self) -> None:
        """Have the server tell what other sessions did; until then it may go on showing mails they removed."""
        self._guarded(lambda: unburdened(self._client).noop())

    def start_idle(self, also: Iterable[str] = ()) -> bool:
        """Enter IDLE (RFC 2177); True if the server has already said something that no selector would announce.

        It speaks of the folders in `also` as well, if it can (RFC 5465) and will.
        """
        names = [self.spell(folder) for folder in also] if "NOTIFY" in self.capabilities else []
        told = False
        if names:
            with suppress(RefusedError):
                told = self._guarded(lambda: notify(unburdened(self._client), names), refusable=True)
                self._notified = True
        said = self._guarded(lambda: enter_idle(unburdened(self._client)), refusable=True) or told
        self._idling = True
        return said or self._guarded(lambda: unread(self._client))

    def end_idle(self) -> bool:
        """Leave IDLE; True if the server said anything about a folder meanwhile."""
        said = self._guarded(lambda: leave_idle(self._client))
        self._idling = False
        if self._notified:
            self._notified = False
            self._guarded(lambda: notify_no_more(self._client))
        return said

    def fileno(self) -> int:
        """The socket, for a selector; readable means that the server said something, or is gone."""
        return self._guarded(lambda: int(self._client.socket().fileno()))

    def close(self) -> None:
        """Log out politely while the connection works, and let go of it; never raises."""
        client, self._client = self._client, None
        polite, self.alive = self.alive, False
        if client is None:
            return
        with suppress(Exception):
            if polite:
                client.socket().settimeout(_CLOSING_PATIENCE)
                if self._idling:
                    client.idle_done()
                client.logout()
                return
        with suppress(Exception):
            client.shutdown()

    def _guarded(self, action: Callable[[], T], *, refusable: bool = False) -> T:
        if not self.alive:
            raise ServerError(f"the connection to {self.login.server} is closed")
        try:
            return action()
        except TROUBLE as exc:
            code = refusal(exc) if refusable else None
            if code is not None:
                unburdened(self._client)  # [READ-ONLY] left there would fail every later command
                raise RefusedError(code) from None
            self.alive = False
            self.close()
            # An OSError holds no server text; an imaplib error does, and a traceback would show it.
            raise failure(self.login, exc) from (exc if isinstance(exc, OSError) else None)

    def _namespace(self, rows: list[Row]) -> tuple[str, str, tuple[str, ...]]:
        """Prefix and delimiter of the personal namespace, and the prefixes of the others (RFC 2342)."""
        delimiter = next((plain(row[1]) for row in rows if row[1]), "/")
        if "NAMESPACE" not in self.capabilities:
            inbox = f"INBOX{delimiter}"
            below = [plain(row[2]) for row in rows if plain(row[2]).upper() != "INBOX"]
            return (inbox if below and all(name.startswith(inbox) for name in below) else ""), delimiter, ()
        answer = self.call("namespace")
        foreign = tuple(decoded(prefix) for part in answer[1:] for prefix, _ in part or ())
        prefix, own = (answer[0] or ((b"", None),))[0]
        return decoded(prefix), own or delimiter, foreign

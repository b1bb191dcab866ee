"""An IMAP server that says what a test tells it to, for answers no real server can be made to give."""

import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Self

from tests.servers.ports import LOOPBACK

SENSIBLE = {
    "CAPABILITY": b"* CAPABILITY IMAP4rev1 IDLE MOVE UIDPLUS\r\n%t OK done\r\n",
    "LOGIN": b"%t OK done\r\n",
    "LIST": b'* LIST () "/" INBOX\r\n%t OK done\r\n',
    "SELECT": b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 5] x\r\n%t OK [READ-WRITE]\r\n",
    "NOOP": b"%t OK done\r\n",
    "IDLE": b"+ idling\r\n",
    "DONE": b"%t OK done\r\n",
    "LOGOUT": b"* BYE\r\n%t OK done\r\n",
}
Answer = bytes | Callable[[], bytes]
CUT = b""  # an answer that closes the connection


class ScriptedImap:
    """Answers each command, known by its word (`UID SEARCH` by both), with bytes in which %t stands for the tag."""

    def __init__(
        self, answers: Mapping[str, Answer] | None = None, greeting: bytes = b"* OK ready\r\n"
    ) -> None:
        self.answers: dict[str, Answer] = {**SENSIBLE, **(answers or {})}
        self.greeting = greeting
        self.commands: list[str] = []
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port = int(self._listener.getsockname()[1])
        self._threads = [threading.Thread(target=self._accept, name="scripted-imap", daemon=True)]
        self._connections: list[socket.socket] = []

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._connections:
            with suppress(OSError):  # the client may have been quicker
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        for thread in self._threads:
            thread.join(10)

    def say(self, text: bytes) -> None:
        """Say something unasked on the latest connection."""
        self._connections[-1].sendall(text)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        tag = b""
        try:
            connection.sendall(self.greeting)
            with connection.makefile("rb") as lines:
                for line in lines:
                    words = line.split()
                    if words and words[0] != b"DONE":
                        tag, words = words[0], words[1:]
                    answer = self._answer(words)
                    if answer == CUT:
                        connection.shutdown(socket.SHUT_RDWR)
                        return
                    connection.sendall(answer.replace(b"%t", tag))
        except OSError:
            return  # the client has gone

    def _answer(self, words: list[bytes]) -> bytes:
        spoken = [word.decode(errors="replace").upper() for word in words]
        command = " ".join(spoken[:2]) if spoken[:1] == ["UID"] else " ".join(spoken[:1])
        self.commands.append(" ".join(spoken))
        answer = self.answers.get(command, b"%t BAD unknown\r\n")
        return answer() if callable(answer) else answer

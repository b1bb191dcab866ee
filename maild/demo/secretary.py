"""The secretary at her mail program, played over IMAP: what she sees, and what she does to a draft.

She knows nothing of maild: only folders and mails. An edit goes the way Thunderbird goes: the draft is appended
anew, with a new Message-ID and without our X- headers, and the old one is removed.
"""

import imaplib
import re
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from imapclient.imap_utf7 import decode, encode

from maild.core.parse import parse
from maild.demo.servers import LOOPBACK


@dataclass(frozen=True, slots=True)
class Seen:
    """A mail that she sees in a folder."""

    uid: int
    flags: str
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        """The mail as a mail program reads it."""
        message = message_from_bytes(self.raw, policy=default)
        assert isinstance(message, EmailMessage)
        return message

    @property
    def text(self) -> str:
        """What she reads."""
        return parse(self.raw).text


class Secretary:
    """One mailbox, seen from outside."""

    def __init__(self, port: int, user: str, password: str) -> None:
        self._imap = imaplib.IMAP4(LOOPBACK, port, timeout=10)
        self._imap.login(user, password)

    def folders(self) -> tuple[str, ...]:
        """The names of all folders."""
        _, rows = self._imap.list()
        names = (re.search(rb'"([^"]*)"$|(\S+)$', row) for row in rows if isinstance(row, bytes))
        return tuple(sorted(decode(match.group(1) or match.group(2)) for match in names if match))

    def look(self, folder: str) -> list[Seen]:
        """All mails of a folder, without marking them read."""
        if self._imap.select(_quoted(folder), readonly=True)[0] != "OK":
            return []
        _, answer = self._imap.uid("FETCH", "1:*", "(UID FLAGS BODY.PEEK[])")
        return [_seen(*item) for item in answer if isinstance(item, tuple)]

    def move(self, mail: Seen, source: str, target: str) -> None:
        """Drag a mail into another folder."""
        self._imap.select(_quoted(source))
        self._imap.uid("MOVE", str(mail.uid), _quoted(target))

    def edit(self, draft: Seen, folder: str, change: Callable[[str], str]) -> str:
        """Change a draft's text and save it; returns the text as saved."""
        text = change(draft.text)
        self._imap.append(_quoted(folder), "(\\Draft)", "", _saved_by_a_mail_program(draft.message, text))
        self._imap.select(_quoted(folder))
        self._imap.uid("STORE", str(draft.uid), "+FLAGS", "(\\Deleted)")
        self._imap.uid("EXPUNGE", str(draft.uid))
        return text

    def leave(self) -> None:
        """Close the mail program."""
        self._imap.logout()


def _saved_by_a_mail_program(draft: EmailMessage, text: str) -> bytes:
    saved = EmailMessage(policy=default.clone(max_line_length=998, linesep="\r\n"))
    for name in ("From", "To", "Subject", "References"):
        saved[name] = str(draft[name])
    saved["In-Reply-To"] = str(draft["References"]).split()[-1]
    saved["Message-ID"] = "<7d3f1c3e-55d0-4b8f-9a51-000000000001@mail-program.example>"
    saved["Date"] = str(draft["Date"])
    saved["User-Agent"] = "Mozilla Thunderbird"
    saved.set_content(text, cte="8bit", params={"format": "flowed"})
    return saved.as_bytes()


def _seen(head: bytes, raw: bytes) -> Seen:
    uid, flags = re.search(rb"UID (\d+)", head), re.search(rb"FLAGS \(([^)]*)\)", head)
    return Seen(int(uid.group(1)) if uid else 0, flags.group(1).decode() if flags else "", raw)


def _quoted(folder: str) -> str:
    return f'"{encode(folder).decode()}"'

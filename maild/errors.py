"""What can go wrong, as types.

Each message is one sentence for the operator that names client, account, file and line where it can. No message
holds a secret or the text of a mail. Whether a fault is temporary and how far it reaches (its scope) is decided in
`edge`, where the server's answer is read; what is unknown counts as temporary.
"""

from dataclasses import dataclass
from enum import StrEnum


class MaildError(Exception):
    """Base of every error that maild raises on purpose."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a file of the home; line and column count from 1, 0 where the whole file is meant."""

    file: str
    line: int
    column: int
    message: str
    client: str = ""
    key: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        key = f"{self.key}: " if self.key else ""
        return f"{place}: {key}{self.message}"


class ConfigError(MaildError):
    """The office's own file, or all clients, can't be used; carries every fault found."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


class SecretError(MaildError):
    """A secret that the configuration refers to can't be read."""


class LetterError(MaildError):
    """A letter can't be written: a value is missing, or a template fails on this mail."""


class Scope(StrEnum):
    """How far a server's refusal reaches."""

    SERVER = "server"
    ACCOUNT = "account"
    FOLDER = "folder"
    RECIPIENT = "recipient"
    MESSAGE = "message"


class ServerError(MaildError):
    """A server refused, failed or could not be reached."""

    def __init__(self, message: str, *, scope: Scope = Scope.SERVER, permanent: bool = False) -> None:
        super().__init__(message)
        self.scope = scope
        self.permanent = permanent


class SignInRefusedError(ServerError):
    """User name or password were refused; trying again at once would only lock the account."""

    def __init__(self, message: str) -> None:
        super().__init__(message, scope=Scope.ACCOUNT, permanent=True)


class FolderError(ServerError):
    """One folder is missing, read only or refuses; the connection is fine."""

    def __init__(self, message: str, *, permanent: bool = True) -> None:
        super().__init__(message, scope=Scope.FOLDER, permanent=permanent)


class Certainty(StrEnum):
    """What is known about a mail after a failed attempt to send it (RFC 5321, section 4.5.3.2.6)."""

    NOT_SENT = "not_sent"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class SendError(ServerError):
    """An attempt to send one mail to one recipient failed; `text` is the server's own words, unredacted."""

    def __init__(
        self,
        message: str,
        *,
        phase: str,
        certainty: Certainty,
        scope: Scope,
        permanent: bool = False,
        code: int = 0,
        text: str = "",
    ) -> None:
        super().__init__(message, scope=scope, permanent=permanent)
        self.phase = phase
        self.certainty = certainty
        self.code = code
        self.text = text

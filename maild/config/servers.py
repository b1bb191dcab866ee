"""What the files say of a client's servers: `imap` and `smtp`.

A connection without TLS is refused unless it stays on this machine; so is a way to sign in that this version
does not know.
"""

import ipaddress
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from maild.config.fields import (
    Count,
    Day,
    Entry,
    Flag,
    FolderName,
    Host,
    Length,
    Line,
    Port,
    Size,
    not_available,
    refuse,
)
from maild.config.secrets import Secret

Tls = Literal["implicit", "starttls", "none"]


class Server(Entry):
    """How to reach a server and sign in."""

    host: Host
    tls: Tls = "implicit"
    ca: Line | None = None  # a file of certificates to trust beside the system's; relative to the home
    username: Line
    password: Secret

    @model_validator(mode="after")
    def _plain_on_loopback_only(self) -> Self:
        if self.tls == "none" and not is_loopback(self.host):
            raise refuse("none is for servers on this machine (localhost); use implicit or starttls", "tls")
        return self


class NamedFolders(Entry):
    """Folders whose names are set by hand; where a list is empty, SPECIAL-USE and known names decide."""

    inbox: FolderName = "INBOX"
    drafts: tuple[FolderName, ...] = ()
    sent: tuple[FolderName, ...] = ()
    trash: tuple[FolderName, ...] = ()

    @field_validator("drafts", "sent", "trash", mode="before")
    @classmethod
    def _one_or_more(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    def everyone(self) -> tuple[str, ...]:
        """All the names."""
        return (self.inbox, *self.drafts, *self.sent, *self.trash)


def _imap_port(given: Mapping[str, Any]) -> int:
    return 993 if given.get("tls") == "implicit" else 143


class Imap(Server):
    """A mailbox.

    `authserv_ids` are the servers whose Authentication-Results (RFC 8601) are believed: the name that stands first in
    the fields which the provider's own server writes. A name belongs here only if that server takes fields with its
    name out of incoming mail, or anybody could write one. In lower case.
    """

    port: Port = Field(default_factory=_imap_port)
    auth: Literal["password", "xoauth2", "oauthbearer"] = "password"
    watch: Literal["idle", "poll"] = "idle"
    poll: Length = timedelta(seconds=60)
    since: Day | None = None  # None: the moment of first contact
    folders: NamedFolders = NamedFolders()
    max_size: Size = 50 << 20  # bytes; of a larger mail only the first part is read
    authserv_ids: tuple[Host, ...] = ()

    @field_validator("authserv_ids", mode="before")
    @classmethod
    def _one_or_more_servers(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @field_validator("auth")
    @classmethod
    def _password_only(cls, value: str) -> str:
        if value != "password":
            raise refuse(not_available(f"«{value}»", "use password"))
        return value

    @field_validator("poll")
    @classmethod
    def _not_at_every_moment(cls, value: timedelta) -> timedelta:
        if not value:
            raise refuse("must be longer than 0s, or the server is asked without a pause")
        return value


class Limits(Entry):
    """How much may be sent; None: what the provider's profile says."""

    per_minute: Count | None = None
    per_hour: Count | None = None
    per_day: Count | None = None
    connections: Count | None = None


def _smtp_port(given: Mapping[str, Any]) -> int:
    return 465 if given.get("tls") == "implicit" else 587


class Smtp(Server):
    """A server that takes mail to send."""

    port: Port = Field(default_factory=_smtp_port)
    profile: Literal["m365", "google-workspace", "ionos", "unknown"] = "unknown"
    limits: Limits = Limits()
    files_sent: Flag = False  # the provider itself files submitted mail in Sent


def is_loopback(host: str) -> bool:
    """Whether a connection to this host stays on this machine (RFC 1122, section 3.2.1.3; RFC 4291, 2.5.3)."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

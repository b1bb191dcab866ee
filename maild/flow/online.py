"""Asks a client's servers whether they are as its files say: `maild check --online`. Changes nothing there.

Signs in to IMAP and SMTP as the daemon will, and looks; no folder is made, no mail is sent. Whether a missing folder
could be made is only told from what the server says of the folder above it.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from maild.config.home import Client
from maild.config.secrets import resolve
from maild.core.folder import SPECIAL_USE, Folder, Role, folder_key
from maild.edge.imap import Mailbox
from maild.edge.smtp import SmtpLogin, SmtpSession
from maild.errors import FolderError, SecretError, ServerError, SignInRefusedError
from maild.flow.desk import Folders
from maild.flow.session import folders_named, login_of


class Level(StrEnum):
    """How much a finding matters."""

    FINE = "fine"
    WARNING = "warning"
    FAULT = "fault"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a server told; `key` is the place in client.yaml that it concerns."""

    client: str
    key: str
    level: Level
    message: str  # plain English, one line, with what to do


_WORTH_HAVING = {
    "UIDPLUS": "maild can't remove single mails there, only mark them deleted",
    "MOVE": "each move is a copy and a removal, and a mail may be seen twice for a moment",
    "IDLE": "new mail is noticed only every imap.poll",
}
_USES = {
    Role.DRAFTS: "a German Thunderbird opens drafts there read-only",
    Role.SENT: "mail programs may file what they send elsewhere, or only locally, where nobody sees it",
}


def examine(client: Client, home: Path) -> tuple[Finding, ...]:
    """All that can be told of one client's servers."""
    return tuple(
        Finding(client.slug, key, level, message)
        for part in (_imap(client, home), _smtp(client, home))
        for key, level, message in part
    )


_Told = tuple[str, Level, str]


def _imap(client: Client, home: Path) -> Iterator[_Told]:
    try:
        with Mailbox.connect(login_of(client, home)) as mailbox:
            yield "imap", Level.FINE, f"signed in to {mailbox.session.login.server}"
            yield from _capabilities(mailbox)
            listed = mailbox.folders()
            folders = folders_named(client, listed)
            yield from _special_uses(folders, listed)
            yield from _review_folders(client, mailbox, listed)
            if client.config.review.second:
                yield _second(mailbox, folders)
    except (SecretError, ServerError) as error:
        yield "imap", _level(error), str(error)


def _smtp(client: Client, home: Path) -> Iterator[_Told]:
    smtp = client.config.smtp
    try:
        login = SmtpLogin(
            host=smtp.host,
            port=smtp.port,
            tls=smtp.tls,
            username=smtp.username,
            password=resolve(smtp.password, home=home),
            ca=home / smtp.ca if smtp.ca else None,
        )
        asyncio.run(_greet(login))
    except (SecretError, ServerError) as error:
        yield "smtp", _level(error), str(error)
        return
    yield "smtp", Level.FINE, f"signed in to {smtp.host}:{smtp.port}; no mail was sent"
    names = ", ".join(f"{identity.name} <{identity.address}>" for identity in client.config.identities)
    yield "identities", Level.FINE, f"letters go out as {names}; the account must be allowed to send as each"


async def _greet(login: SmtpLogin) -> None:
    session = await SmtpSession.open(login)
    await session.close()


def _level(error: SecretError | ServerError) -> Level:
    refused = isinstance(error, SecretError | SignInRefusedError | FolderError)
    return Level.FAULT if refused else Level.UNREACHABLE


def _capabilities(mailbox: Mailbox) -> Iterator[_Told]:
    for name, without in _WORTH_HAVING.items():
        if not mailbox.offers(name):
            yield "imap", Level.WARNING, f"the server does not offer {name}: {without}"


def _special_uses(folders: Folders, listed: Sequence[Folder]) -> Iterator[_Told]:
    for role, without in _USES.items():
        flag = SPECIAL_USE[role]
        marked = next((each.name for each in listed if flag.lower() in {f.lower() for f in each.flags}), None)
        key = f"imap.folders.{role}"
        if marked is None:
            yield (
                key,
                Level.WARNING,
                f"no folder bears {flag} (SPECIAL-USE): {without}. «{folders[role]}» is used; have the provider mark "
                "it, or choose it in the account settings of her mail program",
            )
        elif folder_key(marked) != folder_key(folders[role]):
            yield (
                key,
                Level.WARNING,
                f"mail programs use «{marked}», which bears {flag}, but client.yaml says «{folders[role]}»; name one",
            )
        else:
            yield key, Level.FINE, f"«{marked}» bears {flag}"


def _review_folders(client: Client, mailbox: Mailbox, listed: Sequence[Folder]) -> Iterator[_Told]:
    here = {folder_key(each.name): each for each in listed}
    unused = Role.REVIEW if client.config.review.mode != "folder" else None
    for role, name in client.config.review.named.items():
        if role is unused:
            continue
        key = "review.second" if role is Role.SECOND else f"review.folders.{role}"
        found = here.get(folder_key(name))
        if found is not None:
            yield key, *_opened(mailbox, name)
            continue
        above = here.get(folder_key(name.rpartition("/")[0])) if "/" in name else None
        if above is not None and "\\noinferiors" in {flag.lower() for flag in above.flags}:
            message = (
                f"«{name}» is missing, and «{above.name}» takes no folders below it; choose another name"
            )
            yield key, Level.FAULT, message
        else:
            yield (
                key,
                Level.FINE,
                f"«{name}» is missing; the daemon makes it and subscribes to it when it starts",
            )


def _opened(mailbox: Mailbox, name: str) -> tuple[Level, str]:
    try:
        mailbox.select(name)
    except FolderError as error:
        return Level.FAULT, f"{error}; give this account the right to change it"
    return Level.FINE, f"«{name}» is there and may be changed"


def _second(mailbox: Mailbox, folders: Folders) -> _Told:
    first, final = mailbox.rights(folders[Role.APPROVE]), mailbox.rights(folders[Role.FINAL])
    key = "review.second"
    if not mailbox.offers("ACL"):
        return (
            key,
            Level.WARNING,
            "the server has no access rights by folder (ACL): whoever approves once can approve twice; it is a "
            "reminder and no control",
        )
    if protects(first, final):
        return (
            key,
            Level.FINE,
            f"fewer people may move letters into «{folders[Role.FINAL]}» than approve the first time",
        )
    return (
        key,
        Level.WARNING,
        f"the same people may move letters into «{folders[Role.APPROVE]}» and «{folders[Role.FINAL]}», or the server "
        "does not tell: it is a reminder and no control; take the right i (insert) from those who must not decide",
    )


def protects(first: Mapping[str, str], final: Mapping[str, str]) -> bool:
    """Whether somebody who may insert into the first folder may not do so in the final one (RFC 4314, section 4)."""
    may_first = {who for who, rights in first.items() if "i" in rights}
    may_final = {who for who, rights in final.items() if "i" in rights}
    return bool(may_final) and "anyone" not in may_final and bool(may_first - may_final)

"""How a client's drafts are laid before a person: `review` in client.yaml.

The folders must be folders of their own. Below Drafts, mail programs treat a letter as one still being written
(Thunderbird leaves the original after sending, Roundcube makes a second one), so that an approval could not be
told from a save.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import chain
from typing import Literal

from pydantic import field_validator

from maild.config.document import Path
from maild.config.fields import Entry, FolderName, Length, Line, not_available, refuse
from maild.config.servers import NamedFolders
from maild.core.folder import KNOWN_NAMES, Role, folder_key


class ReviewFolders(Entry):
    """The names of the folders that decide what becomes of a draft."""

    review: FolderName = "Freigabe"
    approve: FolderName = "Freigegeben"
    reject: FolderName = "Verworfen"
    clarify: FolderName = "Klärung"
    notes: FolderName = "Notizen"
    final: FolderName | None = (
        None  # where `second` is set: the second approval; None: Endgültig below `approve`
    )


class Review(Entry):
    """Who decides on a draft, where, and how soon it is seen.

    In mode drafts a draft lies in Drafts, to be edited there; in mode folder it lies in `folders.review`, to be
    approved as it is or rejected. With `second` a letter that was approved is laid there by maild, and only a
    person's move from there to `final` sends it. IMAP does not tell who moved a mail: unless the server lets only
    some people write into `final`, that is a reminder and no control.
    """

    mode: Literal["drafts", "folder"] = "drafts"
    account: Line | None = None
    folders: ReviewFolders = ReviewFolders()
    settle: Length = timedelta(seconds=10)  # between noticing an approval and sending
    look: Length = timedelta(seconds=15)  # between two looks at the folders, while a draft waits
    second: FolderName | None = None

    @property
    def final(self) -> str:
        """The folder of the second approval; it means something only where `second` is set."""
        return self.folders.final or f"{self.folders.approve}/Endgültig"

    @property
    def named(self) -> Mapping[Role, str]:
        """The folders that decide what becomes of a draft, by what they are for."""
        names = {Role(role): name for role, name in self.folders.model_dump().items() if role != "final"}
        return names | ({Role.SECOND: self.second, Role.FINAL: self.final} if self.second else {})

    @field_validator("account")
    @classmethod
    def _none_only(cls, value: str | None) -> str | None:
        if value is not None:
            raise refuse(not_available("this key", "write null or remove it"))
        return value

    @field_validator("look")
    @classmethod
    def _not_at_every_moment(cls, value: timedelta) -> timedelta:
        if not value:
            raise refuse("must be longer than 0s, or the server is asked without a pause")
        return value


def folder_problems(review: Review, named: NamedFolders) -> Iterator[tuple[Path, str]]:
    """What is wrong with the names of the review folders, each with the path of its key."""
    if review.folders.final and not review.second:
        yield (
            ("review", "folders", "final"),
            "is the folder of the second approval; set review.second, or remove it",
        )
    drafts = {folder_key(name) for name in (*named.drafts, *KNOWN_NAMES[Role.DRAFTS])}
    own = {folder_key(name) for name in (*named.everyone(), *chain.from_iterable(KNOWN_NAMES.values()))}
    seen: dict[str, str] = {}
    for role, name in review.named.items():
        path = ("review", "second") if role is Role.SECOND else ("review", "folders", role.value)
        key = folder_key(name)
        if not drafts.isdisjoint(_above(key)):
            yield path, f"«{name}» must not lie below Drafts, where mail programs keep what is unfinished"
        elif key in drafts or key in own:
            yield path, f"«{name}» is a folder of the mailbox itself; choose another name"
        elif key in seen:
            yield path, f"«{name}» is already the folder for {seen[key]}; choose another name"
        seen.setdefault(key, role.value)


def protected_folders(review: Review, named: NamedFolders) -> frozenset[str]:
    """The folders that no rule may move or copy into: review folders, Drafts, Sent and Trash."""
    known = chain.from_iterable(KNOWN_NAMES[role] for role in (Role.DRAFTS, Role.SENT, Role.TRASH))
    return frozenset((*review.named.values(), *named.drafts, *named.sent, *named.trash, *known))


def _above(key: str) -> set[str]:
    levels = key.split("/")
    paths = {"/".join(levels[:count]) for count in range(1, len(levels))}
    return paths | set(levels[:-1])

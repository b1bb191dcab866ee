"""The stage of the demo: a temporary home made of the repository's own files, the servers, the bag of mail.

The clients' files stay as they are but for where their servers are and how soon things happen.
"""

import os
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from maild.config.document import read_yaml
from maild.config.load import load_home
from maild.config.models import BERLIN
from maild.core.hours import Calendar
from maild.core.message import Mail
from maild.core.parse import parse
from maild.daemon import Daemon, Places
from maild.demo.servers import LOOPBACK, DemoServers
from maild.errors import MaildError

REPOSITORY = Path(__file__).parents[2]
_BAG = Path(__file__).with_name("bag.yaml")
_MAILS = Path(__file__).with_name("mails")
_PASSWORD = "MAILD_DEMO_PASSWORD"


@dataclass(frozen=True, slots=True)
class Expected:
    """What must become of one mail of the bag."""

    rules: tuple[str, ...]
    folder: str
    draft: str | None
    forward: tuple[str, ...]
    note: bool
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One mail of the bag."""

    file: str
    client: str
    raw: bytes
    mail: Mail
    closed: bool  # it arrives out of hours
    expected: Expected


class Stage:
    """Everything that the demo needs and that is gone afterwards."""

    def __init__(self) -> None:
        self.bag = read_bag()
        self.users = {slug: f"info@{slug}.example" for slug in sorted({entry.client for entry in self.bag})}
        self.password = secrets.token_urlsafe(9)
        self.servers = DemoServers(dict.fromkeys(self.users.values(), self.password))
        self.home = Path(tempfile.mkdtemp(prefix="maild-demo-"))
        self.places = Places(self.home, self.home / "state")
        self.calendars: dict[str, Calendar] = {}
        self.daemon: Daemon | None = None

    def __enter__(self) -> Self:
        try:
            self.servers.start()
            os.environ[_PASSWORD] = self.password
            self._furnish()
            home = load_home(self.home)
            self.calendars = {slug: client.business.calendar for slug, client in home.clients.items()}
            self.daemon = Daemon(self.places)
            self.daemon.start()
        except BaseException:
            self._clear()
            raise
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._clear()

    def deliver(self, entry: Entry) -> None:
        """Let a mail of the bag arrive, within office hours or out of them, as it says."""
        calendar = self.calendars[entry.client]
        moment = datetime.now(BERLIN)
        while calendar.is_open(moment) is entry.closed:
            moment -= timedelta(minutes=30)
        self.servers.deliver(self.users[entry.client], entry.raw, when=moment.astimezone(UTC))

    def _furnish(self) -> None:
        for name in ("rules", "templates"):
            if not (REPOSITORY / name).is_dir():
                raise MaildError(
                    f"the demo plays on the files of the repository; {REPOSITORY / name} is missing"
                )
            shutil.copytree(REPOSITORY / name, self.home / name)
        office = _read(REPOSITORY / "maild.yaml")
        office["office"].pop("smtp")  # its server is invented, and the demo is about the clients' mail
        _write(self.home / "maild.yaml", office | {"log": {"level": "error"}, "state": "sqlite:///maild.db"})
        for slug, user in self.users.items():
            path = self.home / "rules" / slug / "client.yaml"
            _write(path, self._moved_here(_read(path), user))

    def _moved_here(self, client: dict[str, Any], user: str) -> dict[str, Any]:
        for name, port in (("imap", self.servers.imap_port), ("smtp", self.servers.smtp_port)):
            here = {"host": LOOPBACK, "port": port, "tls": "none", "username": user}
            client[name] |= here | {"password": {"env": _PASSWORD}}
        client["review"] |= {"settle": "1s", "look": "1s"}
        return client

    def _clear(self) -> None:
        if self.daemon is not None:
            self.daemon.stop()
        self.servers.stop()
        os.environ.pop(_PASSWORD, None)
        shutil.rmtree(self.home, ignore_errors=True)


def read_bag() -> tuple[Entry, ...]:
    """The bag of mail as bag.yaml has it; a missing or unknown key is an error."""
    entries = []
    for item in _read(_BAG)["mails"]:
        raw = (_MAILS / item["file"]).read_bytes().replace(b"\n", b"\r\n")
        expect: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in item["expect"].items()
        }
        closed = item.get("closed", False)
        entries.append(Entry(item["file"], item["client"], raw, parse(raw), closed, Expected(**expect)))
    return tuple(entries)


def _read(path: Path) -> Any:
    return read_yaml(path.read_bytes(), path.name).data


def _write(path: Path, data: dict[str, Any]) -> None:
    path.write_text(yaml.dump(data, Dumper=yaml.CSafeDumper, allow_unicode=True), encoding="utf-8")

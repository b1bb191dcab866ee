"""Reads and judges every file of the foreign corpora, message or not, and says what came of it.

Usage: python -m tests.corpora.judge FOLDER. Exit code 1 where anything was raised, a result can't be stored as UTF-8,
or a file took longer than a second.
"""

import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from maild.config.home import Client
from maild.config.load import load_home
from maild.core.decide import decide
from maild.core.facts import Facts
from maild.core.fingerprint import fingerprint
from maild.core.message import Mail
from maild.core.parse import parse, parse_headers

REPOSITORY = Path(__file__).parents[2]
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=ZoneInfo("Europe/Berlin"))
LONGEST = 1.0  # seconds of computing for one file


@dataclass
class Tally:
    """What came of one corpus."""

    name: str
    messages: int = 0
    others: int = 0  # files that are no mail; they are read as if they were
    classes: Counter[str] = field(default_factory=Counter)
    defects: int = 0  # messages with something that can't be decoded
    slowest: float = 0.0
    failures: list[str] = field(default_factory=list)


def main() -> int:
    """Judge all, print one line for each corpus."""
    clients = tuple(load_home(REPOSITORY).clients.values())
    tallies = [_tally(folder, clients) for folder in sorted(Path(sys.argv[1]).iterdir()) if folder.is_dir()]
    print("corpus               mails  other files  with defects  slowest ms  raised  classes")
    for tally in tallies:
        classes = " ".join(f"{name}:{count}" for name, count in tally.classes.most_common())
        print(
            f"{tally.name:20} {tally.messages:5}  {tally.others:11}  {tally.defects:12}  "
            f"{tally.slowest * 1000:10.1f}  {len(tally.failures):6}  {classes}"
        )
    for failure in (failure for tally in tallies for failure in tally.failures):
        print(failure, file=sys.stderr)
    if not sum(tally.messages for tally in tallies):
        print("no message was found", file=sys.stderr)
        return 1
    return 1 if any(tally.failures for tally in tallies) else 0


def _tally(folder: Path, clients: tuple[Client, ...]) -> Tally:
    tally = Tally(folder.name)
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            for number, raw in enumerate(_messages(path.read_bytes())):
                _try(tally, f"{path.relative_to(folder.parent)}#{number}", raw, clients)
    return tally


def _messages(raw: bytes) -> Iterator[bytes]:
    """A file is one message, or an mbox of several (RFC 4155)."""
    if not raw.startswith(b"From "):
        yield raw
        return
    for part in raw.split(b"\n\nFrom "):
        yield part.partition(b"\n")[2]


def _try(tally: Tally, place: str, raw: bytes, clients: tuple[Client, ...]) -> None:
    started = time.process_time()
    try:
        mail = _judged(raw, clients)
    except Exception as error:  # noqa: BLE001 - the very thing that is looked for
        tally.failures.append(f"{place}: {type(error).__name__}: {error}")
        return
    took = time.process_time() - started
    if took > LONGEST:
        tally.failures.append(f"{place}: took {took:.1f} s")
    if not (mail.from_ and mail.subject):
        tally.others += 1
        return
    tally.messages += 1
    tally.slowest = max(tally.slowest, took)
    tally.defects += bool(mail.defects)
    tally.classes[mail.machine or "person"] += 1


def _judged(raw: bytes, clients: tuple[Client, ...]) -> Mail:
    """All that happens to a mail before anything is done with it; the results must be fit for a database."""
    header = raw.partition(b"\n\n")[0]
    parse_headers(header, size=len(raw)).subject.encode()
    fingerprint("imap", header, len(raw))
    mail = parse(raw)
    for client in clients:
        decide(client.rules, mail, Facts(NOW, NOW, business=client.business))
    texts = (mail.subject, mail.text, mail.new_text, mail.message_id, mail.in_reply_to, *mail.references)
    addresses = (*mail.from_, *mail.to, *mail.cc, *mail.reply_to)
    names = (*(each.address + each.name for each in addresses), *(each.name for each in mail.attachments))
    for text in (*texts, *names, *mail.defects, *(value for _, value in mail.headers)):
        text.encode("utf-8")
    return mail


if __name__ == "__main__":
    sys.exit(main())

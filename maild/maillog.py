"""The life of each mail, one line per event: one function per event, fixed wording.

No other file words these lines, so an admin can search for them and a program can count them. They carry ids and
keyed hashes of addresses, never an address, a subject, a text or a secret: erasing a person needs no log edit.
"""

import hashlib
import hmac
import logging
import re
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

import structlog

_log = structlog.stdlib.get_logger("maild.mail")
_key = b""
_ADDRESS = re.compile(r"[^\s<>\"'(),;:]+@[^\s<>\"'(),;:]+")


def configure(*, key: bytes, level: str = "info", json: bool = False) -> None:
    """Set up both logs on standard error; `key` makes the hashes of addresses unreadable to strangers."""
    global _key  # noqa: PLW0603 - one process, one log
    _key = key
    logging.basicConfig(stream=sys.stderr, level=level.upper(), format="%(message)s", force=True)
    for noisy in (
        "imapclient",
        "alembic",
        "aiosmtplib",
        "apscheduler",
        "asyncio",
        "sqlalchemy",
        "mailparser",
        "watchfiles",
    ):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    renderer: Any = (
        structlog.processors.JSONRenderer() if json else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _redact,
            renderer,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def who(address: str) -> str:
    """A keyed hash that stands for an address: equal for equal addresses, unreadable without the key."""
    return hmac.new(_key, address.lower().encode(), hashlib.sha256).hexdigest()[:12]


def where(error: BaseException) -> str:
    """Type and place of an unexpected exception; its message stays out, for it may quote a mail."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "maild" in frame.filename] or list(frames)
    spot = f" at {Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else ""
    return f"{type(error).__name__}{spot}"


def _redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Last line of defence: whatever still looks like an address becomes its hash."""
    for key, value in event.items():
        if isinstance(value, str) and "@" in value:
            event[key] = _ADDRESS.sub(lambda match: who(match.group()), value)
    return event


# The daemon.


def started(version: str, clients: int, state: str) -> None:
    """The daemon is up."""
    _log.info("daemon started", version=version, clients=clients, state=state)


def stopping() -> None:
    """A stop was asked for; what is in hand is finished."""
    _log.info("daemon stopping")


def stopped() -> None:
    """Nothing is in hand any more."""
    _log.info("daemon stopped")


def reloaded(clients: int, faults: int) -> None:
    """The files of the home were read again."""
    _log.info("configuration read", clients=clients, faults=faults)


def client_set_aside(client: str, place: str, message: str) -> None:
    """A client's files are at fault; its last good ones stay in force, or it waits."""
    _log.error("client set aside", client=client, place=place, reason=message)


def client_mended(client: str) -> None:
    """A client's files were at fault and are good again."""
    _log.info("client mended", client=client)


def files_unwatched(reason: str) -> None:
    """The kernel doesn't tell of changed files; they are looked at from time to time instead."""
    _log.warning("files are polled", reason=reason)


def needs_restart(keys: tuple[str, ...]) -> None:
    """Keys of maild.yaml were changed that only a new start can heed."""
    _log.warning("needs a restart", keys=",".join(keys))


def trouble(client: str, stage: str, error: BaseException, *, text: str = "", retry: float = 0) -> None:
    """A stage failed for one client; the others go on."""
    _log.warning(
        "trouble", client=client, stage=stage, error=where(error), reason=text, retry_seconds=round(retry)
    )


# A received mail.


def admitted(client: str, folder: str, count: int, known: int) -> None:
    """New mails stand in the ledger; `known` of them were there before under another UID."""
    _log.info("mail admitted", client=client, folder=folder, count=count, known=known)


def decided(client: str, mail: int, rules: tuple[str, ...], effects: int) -> None:
    """The rules had their say on one mail."""
    _log.info("mail decided", client=client, mail=mail, rules=",".join(rules) or "-", effects=effects)


def waits(client: str, mail: int, rule: str) -> None:
    """A paused rule would act on a mail: it stays where it is until the rule is resumed."""
    _log.info("mail waits", client=client, mail=mail, rule=rule)


def released(client: str, count: int) -> None:
    """Mails that waited for a paused rule are judged anew."""
    _log.info("mails released", client=client, count=count)


def rule_paused(client: str, rule: str, reason: str) -> None:
    """The brake has stopped a rule; a person resumes it."""
    _log.warning("rule paused", client=client, rule=rule, reason=reason)


def canary(client: str, mail: int, rule: str, action: str) -> None:
    """What a rule in canary mode would have done."""
    _log.info("canary", client=client, mail=mail, rule=rule, action=action)


def done(client: str, mail: int, action: str) -> None:
    """One effect on one mail is complete."""
    _log.info("effect done", client=client, mail=mail, action=action)


def left_out(client: str, mail: int, action: str, reason: str) -> None:
    """One effect on one mail is not carried out after all; the mail's other effects are."""
    _log.info("effect left out", client=client, mail=mail, action=action, reason=reason)


def set_aside(client: str, mail: int, reason: str) -> None:
    """One mail is left for a person, where it is."""
    _log.warning("mail set aside", client=client, mail=mail, reason=reason)


# A draft and its outcome.


def presented(client: str, draft: int) -> None:
    """A draft lies before the secretary."""
    _log.info("draft presented", client=client, draft=draft)


def recognised(client: str, draft: int, before: str, after: str) -> None:
    """The mailbox shows that a draft's state has changed."""
    _log.info("draft state", client=client, draft=draft, before=before, after=after)


def clarify(client: str, draft: int, reasons: tuple[str, ...]) -> None:
    """A letter failed its checks and goes to the clarification folder."""
    _log.warning("draft needs clarification", client=client, draft=draft, reasons=",".join(reasons))


def own_clarify(client: str, reasons: tuple[str, ...]) -> None:
    """A letter that she wrote herself failed its checks and goes to the clarification folder."""
    _log.warning("own letter needs clarification", client=client, reasons=",".join(reasons))


def own_passed(client: str) -> None:
    """A letter that she wrote herself has the first of two approvals."""
    _log.info("own letter approved once", client=client)


def frozen(client: str, draft: int, letter: int, recipients: int) -> None:
    """An approved letter's bytes are fixed and its rows stand in the outbox."""
    _log.info("letter frozen", client=client, draft=draft, letter=letter, recipients=recipients)


def withdrawn(client: str, draft: int) -> None:
    """An approval was taken back, or doubted, before anything was sent."""
    _log.info("letter cancelled", client=client, draft=draft)


# A reminder.


def reminded(client: str, mail: int) -> None:
    """A mail is still unanswered when its reminder is due: the secretary gets a note."""
    _log.info("secretary reminded", client=client, mail=mail)


def reminder_closed(client: str, mail: int, state: str) -> None:
    """Nobody need be reminded of a mail any more: it is answered, or was thrown away."""
    _log.info("reminder closed", client=client, mail=mail, state=state)


# The outbox.


def queued(client: str, letter: int, kind: str, recipients: int) -> None:
    """A note, a forward or an automatic answer stands in the outbox."""
    _log.info("letter queued", client=client, letter=letter, kind=kind, recipients=recipients)


def attempted(client: str, row: int, recipient: str, state: str, phase: str, code: int) -> None:
    """One attempt to send to one recipient has ended."""
    _log.info("outbox row", client=client, row=row, to=who(recipient), state=state, phase=phase, code=code)


def recovered(client: str, released: int, in_doubt: int) -> None:
    """After a restart: leases were given back, and open dots became doubts."""
    if released or in_doubt:
        _log.warning("outbox recovered", client=client, released=released, in_doubt=in_doubt)


def closed(client: str, letter: int, state: str) -> None:
    """All that follows the sending of a letter is done."""
    _log.info("letter closed", client=client, letter=letter, state=state)


# A job on past mail.


def job_ended(client: str, job: int, kind: str, state: str, done: int, total: int) -> None:
    """A job that a command asked for is closed; `done` of `total` mails were worked off."""
    _log.info("job ended", client=client, job=job, kind=kind, state=state, done=done, total=total)

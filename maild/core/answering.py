"""Whether a mail may be answered by machine, and where the answer goes (RFC 3834; RFC 5230, sections 4.2, 4.5, 4.6).

Better no answer than a wrong one: what a list, a robot or a mail server may have written gets none, nobody gets the
same answer twice in a short time, and caps end whatever all this has missed. Pure: it sends nothing and asks nobody.
The sentences hold nothing of the mail, so that logs may carry them.
"""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from maild.core.action import Answer
from maild.core.addresses import addresses
from maild.core.facts import Facts
from maild.core.history import History
from maild.core.message import Address, Mail

PER_THREAD = 1
"""Answers in one thread, ever: with two, a robot that numbers its senders could play ping-pong once a week."""

PER_DOMAIN = 20
"""Answers to one domain in 24 hours: enough for the customers who share a large provider, too few for a loop."""

PER_CLIENT = 100
"""Answers for one client in 24 hours, a quarter of what an unknown provider takes: a storm never stops the letters."""


LATEST = timedelta(hours=24)
"""After so long a mail gets no answer by a machine: «we are closed» is no longer true, and a person is sought."""


def obstacle(answer: Answer, mail: Mail, facts: Facts) -> str:
    """Why this mail gets no such answer, as one sentence; empty: it may be answered."""
    by_nature = (reason for test in _TESTS if (reason := test(mail, facts)))
    return next(by_nature, "") or late(facts.received, facts.now) or limit(answer, facts.history, facts.now)


def late(received: datetime, now: datetime) -> str:
    """Whether an answer would come too late, as after days without a daemon; empty: it would not."""
    return (
        "the mail came more than 24 hours ago, too long for an automatic answer"
        if now - received > LATEST
        else ""
    )


def limit(answer: Answer, history: History, now: datetime) -> str:
    """Why what was answered before forbids this answer; empty: nothing does."""
    since = now - answer.within
    if any(given.template == answer.template and given.when > since for given in history.answered):
        days = answer.within // timedelta(days=1)
        return f"this sender has had this answer within the last {f'{days} days' if days > 1 else '24 hours'}"
    if history.answers.in_thread >= PER_THREAD:
        return "the thread has had an automatic answer already"
    if history.answers.to_domain >= PER_DOMAIN:
        return f"{PER_DOMAIN} automatic answers have gone to the sender's domain within 24 hours"
    if history.answers.by_client >= PER_CLIENT:
        return f"{PER_CLIENT} automatic answers have gone out for this client within 24 hours"
    return ""


def answer_to(mail: Mail) -> Address | None:
    """Whom an automatic answer goes to: Return-Path, and From where the server sets none; None: nobody.

    Never Reply-To, which people set for people, often to a list (RFC 3834, section 4). The display name comes from
    From, and only where the address is the same.
    """
    written = mail.header("Return-Path")
    if not written:
        return mail.sender
    path = addresses(written[0])
    if len(path) != 1:
        return None
    return mail.sender if mail.sender and mail.sender.key == path[0].key else Address(path[0].address)


def _spam(mail: Mail, facts: Facts) -> str:
    marked = _first_word(mail, "X-Spam-Flag") == "yes" or _first_word(mail, "X-Spam-Status") == "yes"
    junk = {"junk", "$junk"} & {flag.lower() for flag in facts.flags}
    return "the mail is marked as spam" if marked or junk else ""


def _machine(mail: Mail, _facts: Facts) -> str:
    if mail.machine is None:
        return ""
    return f"a machine wrote the mail: {mail.machine} ({mail.machine_reason})"


def _automatic(mail: Mail, _facts: Facts) -> str:
    """RFC 3834, section 2: anything but "no" is an answer, or generated."""
    word = _first_word(mail, "Auto-Submitted")
    return "the mail says that no person wrote it (Auto-Submitted)" if word not in ("", "no") else ""


def _list(mail: Mail, _facts: Facts) -> str:
    """The fields of RFC 2369 and RFC 2919, and the old Precedence, whatever it says."""
    names = {name.lower() for name, _ in mail.headers}
    if any(name.startswith("list-") for name in names):
        return "the mail came by way of a list (List-*)"
    if {"precedence", "x-precedence"} & names:
        return "the mail is bulk mail, or from a list (Precedence)"
    return ""


def _suppressed(mail: Mail, _facts: Facts) -> str:
    """Exchange's wish; of its words DR, RN and NRN are about receipts only ([MS-OXCMAIL], section 2.1.3.2.21)."""
    words = {
        word.lower() for value in mail.header("X-Auto-Response-Suppress") for word in _WORD.findall(value)
    }
    wanted = words & {"all", "oof", "autoreply"}
    return "the sender wants no automatic answer (X-Auto-Response-Suppress)" if wanted else ""


def _nobody(mail: Mail, _facts: Facts) -> str:
    if len(mail.from_) != 1:
        return "the mail names several senders" if mail.from_ else "the mail names no sender"
    if any(not "".join(path.split()).strip("<>") for path in mail.header("Return-Path")):
        return "the mail has a null sender (Return-Path: <>)"
    to = answer_to(mail)
    if to is None:
        return "the mail's Return-Path can't be read"
    return "" if to.address.isascii() else "the sender's address has letters beyond ASCII (RFC 6531)"


def _robot(mail: Mail, _facts: Facts) -> str:
    """Names that robots, servers and lists go by (RFC 5230, section 4.6)."""
    if any(_ROBOT.search(address.address.rpartition("@")[0]) for address in _senders(mail)):
        return "the sender's address is one that robots and lists have"
    return ""


def _answers_elsewhere(mail: Mail, facts: Facts) -> str:
    """A list that writes itself into Reply-To stands in To or Cc as well; so does one that a person copies in."""
    senders = {address.key for address in mail.from_}
    reached = {address.key for address in (*mail.to, *mail.cc)} - senders - facts.business.addresses
    for address in mail.reply_to:
        if _ROBOT.search(address.address.rpartition("@")[0]):
            return "answers to the mail are not wanted, or go to a list (Reply-To)"
        if address.key in reached:
            return "answers to the mail go to others, perhaps to a list (Reply-To)"
    return ""


def _our_own(mail: Mail, facts: Facts) -> str:
    if facts.own:
        return "the mail comes from the office itself"
    own = any(address.key in facts.business.addresses for address in _senders(mail))
    return "the mail comes from the client itself" if own else ""


def _not_to_us(mail: Mail, facts: Facts) -> str:
    """RFC 5230, section 4.5: what reached us by Bcc or a list is not ours to answer."""
    fields = ("Bcc", "Resent-To", "Resent-Cc", "Resent-Bcc")
    resent = (address for name in fields for value in mail.header(name) for address in addresses(value))
    reached = {address.key for address in (*mail.to, *mail.cc, *resent)}
    return "" if reached & facts.business.addresses else "none of the client's addresses stands in To or Cc"


def _senders(mail: Mail) -> Iterator[Address]:
    """Everybody whom the answer could reach or who is said to have written the mail."""
    yield from mail.from_
    for name in ("Return-Path", "Sender"):
        for value in mail.header(name):
            yield from addresses(value)


def _first_word(mail: Mail, name: str) -> str:
    """The first word of a field in lower case, without parameters and comments (RFC 3834, section 5)."""
    found = (_WORD.search(value) for value in mail.header(name)[:1])
    return next((word[0].lower() for word in found if word), "")


_WORD = re.compile(r"[A-Za-z-]+")
_EDGE = r"(?:^|[-_.+=\d]|$)"
_ROBOT = re.compile(
    r"^(?:mailer-?daemon|mail-daemon|postmaster|root|daemon|nobody|www-data|apache|listserv|majordomo|mailman|sympa"
    r"|owner-.*|.*-(?:owner|request|errors|subscribe|unsubscribe))(?:\+.*)?$"
    rf"|{_EDGE}bounces?{_EDGE}"
    r"|(?:^|[-_.])(?:no|do[-_.]?not|never|nicht|keine?)[-_.]?(?:reply|answer|respon\w*|antwort\w*)",
    re.IGNORECASE,
)

_TESTS: tuple[Callable[[Mail, Facts], str], ...] = (
    _nobody,
    _our_own,
    _machine,
    _automatic,
    _list,
    _suppressed,
    _robot,
    _spam,
    _answers_elsewhere,
    _not_to_us,
)

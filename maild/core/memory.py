"""What is remembered of a client's correspondence while a batch of mails is judged, and told as `History`.

Pure: `Past` is what the store found, `Memory` adds what the batch itself decides, so that mail after mail is judged
alike in a dry run and in the run. Nothing that came after a mail counts for it, but for automatic answers: whoever
has got one has got it, however old the mail is that asks for the next.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from maild.core.action import Answer, Relate
from maild.core.contact import Relationship
from maild.core.decide import Decision
from maild.core.history import Answers, History, Letter
from maild.core.message import Mail

_LONGEST_ADDRESS = 320
_LONGEST_ID = 998
LONGEST_THREAD = 20
"""How many of the last References count: a thread is found by its end, and a header may name thousands."""

MOST_MAILS = 1_000
"""So many mails of one sender, the newest, are remembered: a machine that writes every minute is one of them."""

DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class MailKey:
    """What the past of a mail is asked by."""

    sender: str  # the address in lower case; empty where there is none
    refers_to: tuple[str, ...] = ()  # Message-IDs
    message_id: str = ""
    mail_id: int = 0  # its id in the ledger; 0: it has none, or none is known

    @property
    def identity(self) -> object:
        """What tells two mails of one sender apart; None where nothing but their times does."""
        return self.message_id or self.mail_id or None


@dataclass(frozen=True, slots=True)
class Received:
    """A mail that came in."""

    key: MailKey  # refers_to may be left out
    when: datetime


@dataclass(frozen=True, slots=True)
class Sent:
    """A letter that left the house, to one of those who got it."""

    address: str  # in lower case
    when: datetime
    template: str = ""  # empty: not known


@dataclass(frozen=True, slots=True)
class Given:
    """An automatic answer, given or planned."""

    addresses: frozenset[str]  # in lower case: who wrote the mail that it answers, and who gets it
    template: str
    when: datetime
    thread: frozenset[str] = frozenset()  # its own Message-ID, that of the mail, and those the mail refers to
    mail_id: int = 0  # the mail that it answers, in the ledger


@dataclass(frozen=True, slots=True)
class Past:
    """What the store knows of some senders and threads of one client."""

    senders: frozenset[str] = frozenset()  # whose past this is
    message_ids: frozenset[str] = frozenset()  # of which is known whether they are letters of ours
    received: tuple[Received, ...] = ()
    sent: tuple[Sent, ...] = ()
    answers: tuple[Given, ...] = ()
    ours: frozenset[str] = frozenset()  # which of the Message-IDs are letters of ours
    relations: Mapping[str, Relationship] = field(default_factory=dict)  # what `relate` made of senders


def key_of(mail: Mail, mail_id: int = 0) -> MailKey:
    """What the past of this mail is asked by."""
    sender = mail.sender.key[:_LONGEST_ADDRESS] if mail.sender else ""
    named = (mail.in_reply_to, *mail.references[-LONGEST_THREAD:])
    refers_to = tuple(dict.fromkeys(name[:_LONGEST_ID] for name in named if name))
    return MailKey(sender, refers_to, mail.message_id[:_LONGEST_ID], mail_id)


class Memory:
    """One client's past, as far as it was fetched, and what this batch has added to it."""

    def __init__(self, past: Past) -> None:
        self._senders: set[str] = set()
        self._message_ids: set[str] = set()
        self._received: dict[str, list[datetime]] = {}  # the oldest first
        self._known: dict[tuple[str, object], datetime] = {}  # those mails by what tells them apart
        self._sent: dict[str, list[Sent]] = {}
        self._answers: dict[object, Given] = {}
        self._ours: set[str] = set()
        self._relations: dict[str, Relationship] = {}
        self.add(past)

    def covers(self, key: MailKey) -> bool:
        """Whether the past of this mail was fetched; if not, `history` would show less than there is."""
        return key.sender in self._senders and self._message_ids.issuperset(key.refers_to)

    def add(self, past: Past) -> None:
        """Remember more; what is remembered of a sender already stays."""
        unknown = past.senders - self._senders
        for mail in past.received:
            self._receive(mail.key, mail.when)
        for letter in past.sent:
            if letter.address in unknown:
                self._sent.setdefault(letter.address, []).append(letter)
        for answer in past.answers:
            self._answer(answer)
        self._relations |= {who: what for who, what in past.relations.items() if who in unknown}
        self._ours |= past.ours
        self._senders |= past.senders
        self._message_ids |= past.message_ids

    def history(self, key: MailKey, received: datetime, now: datetime) -> History:
        """What had passed with the sender when this mail was received; automatic answers count to `now`."""
        sent = sorted(
            (s for s in self._sent.get(key.sender, ()) if s.when < received), key=_when, reverse=True
        )
        answers = [a for a in self._answers.values() if not key.mail_id or a.mail_id != key.mail_id]
        to_sender = sorted((a for a in answers if key.sender in a.addresses), key=_when, reverse=True)
        return History(
            received=tuple(reversed(self._earlier(key, received))),
            sent=tuple(letter.when for letter in sent),
            letters=tuple(Letter(letter.template, letter.when) for letter in sent if letter.template),
            answered=tuple(Letter(answer.template, answer.when) for answer in to_sender),
            in_our_thread=not self._ours.isdisjoint(key.refers_to),
            answers=_counted(answers, key, now),
        )

    def relationship(self, address: str) -> Relationship:
        """What `relate` has made of somebody; contacts.csv outweighs it."""
        return self._relations.get(address.lower(), Relationship.UNKNOWN)

    def learn(self, key: MailKey, received: datetime, decision: Decision, now: datetime) -> None:
        """Let the mails that come after this one see what was decided."""
        self._receive(key, received)
        for step in decision.steps:
            if isinstance(step.action, Answer):
                thread = frozenset(filter(None, (key.message_id, *key.refers_to)))
                who = frozenset({key.sender} if key.sender else ())
                self._answer(Given(who, step.action.template, now, thread, key.mail_id))
            elif isinstance(step.action, Relate) and key.sender:
                self._relations[key.sender] = step.action.relationship

    def _receive(self, key: MailKey, when: datetime) -> None:
        name = (key.sender, key.identity or when)
        if key.sender and name not in self._known:
            self._known[name] = when
            insort(self._received.setdefault(key.sender, []), when)

    def _earlier(self, key: MailKey, received: datetime) -> list[datetime]:
        """The newest of those before; the mail itself may be among them, with another time of another folder."""
        times = self._received.get(key.sender, [])
        end = bisect_left(times, received)
        earlier = times[max(0, end - MOST_MAILS) : end]
        own = self._known.get((key.sender, key.identity))
        if own in earlier:
            earlier.remove(own)
        return earlier

    def _answer(self, answer: Given) -> None:
        """Once: what this batch has planned may meanwhile stand in the store."""
        self._answers.setdefault((answer.mail_id, answer.template) if answer.mail_id else answer, answer)


_when: Callable[[Sent | Given], datetime] = lambda event: event.when  # noqa: E731 - a key to sort by


def _counted(answers: Iterable[Given], key: MailKey, now: datetime) -> Answers:
    thread = {key.message_id, *key.refers_to} - {""}
    domain = key.sender.rpartition("@")[2]
    known = list(answers)
    today = [answer for answer in known if answer.when > now - DAY]
    return Answers(
        in_thread=sum(not answer.thread.isdisjoint(thread) for answer in known),
        to_domain=sum(any(_domain(who) == domain for who in answer.addresses) for answer in today),
        by_client=len(today),
    )


def _domain(address: str) -> str:
    return address.rpartition("@")[2]

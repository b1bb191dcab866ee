"""The one place where a mail is judged: run, preview, apply and explain all ask here.

It gathers the facts and asks `core.decide`. Nothing is written, and nothing in the mailbox is touched.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from maild.core.brake import Meter
from maild.core.contact import Relationship
from maild.core.decide import Decision, decide
from maild.core.facts import Facts
from maild.core.memory import MailKey, Memory, Past, key_of
from maild.core.message import Mail
from maild.flow.desk import Desk

__all__ = ["Judge", "Judgement", "MailKey", "key_of"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the rules say of one mail, and what they were told."""

    facts: Facts
    decision: Decision
    stopped: tuple[str, ...] = ()  # rules that the brake has stopped at this mail


class Judge:
    """Judges a batch of mails one after the other; each is judged as if what was decided before had been done."""

    def __init__(self, desk: Desk, memory: Memory, paused: frozenset[str], meter: Meter | None) -> None:
        self._desk = desk
        self._memory = memory
        self._paused = paused
        self._meter = meter

    @classmethod
    def for_mails(cls, desk: Desk, keys: Iterable[MailKey], *, meter: Meter | None = None) -> Self:
        """A judge who knows the past of these mails, fetched at once. Without a meter nothing brakes."""
        judge = cls(desk, Memory(Past()), desk.store.pauses.in_force(), meter)
        judge.recall(keys)
        return judge

    def recall(self, keys: Iterable[MailKey]) -> None:
        """Fetch the past of more mails at once; what this judge has decided stays known."""
        missing = [key for key in keys if not self._memory.covers(key)]
        if missing:
            senders = {key.sender for key in missing}
            named = {name for key in missing for name in key.refers_to}
            self._memory.add(self._desk.store.history.past(senders, named, self._desk.clock()))

    def judge(
        self,
        mail: Mail,
        flags: frozenset[str],
        received: datetime,
        *,
        old: bool,
        now: datetime | None = None,
        mail_id: int = 0,
        admitted: datetime | None = None,
    ) -> Judgement:
        """What this client's rules say of a mail that the server took in at `received`.

        `mail_id`: its id in the ledger, if it has one; what was done with this very mail is then no past of it.
        `admitted`: when it was entered there; the brake lets mail pass that somebody has resumed its rule for.
        """
        key = key_of(mail, mail_id)
        facts = self._facts(mail, key, flags, received, old=old, now=now or self._desk.clock())
        decision = decide(self._desk.client.rules, mail, facts)
        stopped: list[str] = []
        while self._meter is not None and (rule := self._meter.stops(decision, facts, admitted)):
            stopped.append(rule)
            self._paused |= {rule}
            facts = replace(facts, paused=self._paused)
            decision = decide(self._desk.client.rules, mail, facts)
        if self._meter is not None:
            self._meter.count(decision, facts, admitted)
        self._memory.learn(key, received, decision, facts.now)
        return Judgement(facts, decision, tuple(stopped))

    def _facts(
        self, mail: Mail, key: MailKey, flags: frozenset[str], received: datetime, *, old: bool, now: datetime
    ) -> Facts:
        self.recall([key])  # if it was not: no answer may go out for want of memory
        zone = self._desk.client.config.timezone
        sender = mail.sender
        return Facts(
            now=now.astimezone(zone),
            received=received.astimezone(zone),
            relationship=self._relationship(key.sender),
            flags=flags,
            old=old,
            own=sender is not None and sender.key == self._desk.office.office.address.lower(),
            history=self._memory.history(key, received, now),
            business=self._desk.client.business,
            paused=self._paused,
        )

    def _relationship(self, address: str) -> Relationship:
        contact = self._desk.client.contacts.get(address) if address else None
        told = contact.relationship if contact else Relationship.UNKNOWN
        return told if told is not Relationship.UNKNOWN else self._memory.relationship(address)

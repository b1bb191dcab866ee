"""Whether an automatic answer may still go, asked within the transaction that is about to enter it.

Only so can two mails of one sender, judged at the same time, not both be answered. What counts is what the rules were
told when they judged (`history`), but for answers that are only planned: of two of those, the first to come goes.
"""

from datetime import datetime

from sqlalchemy import Connection

from maild.core.action import Answer
from maild.core.answering import limit
from maild.core.memory import MailKey, Memory, Past
from maild.store.history import given_answers


def refusal(tx: Connection, client: str, answer: Answer, key: MailKey, recipient: str, now: datetime) -> str:
    """Why an answer to this mail may not go to `recipient` after all, as one sentence; empty: it may.

    Who wrote the mail and who gets the answer may be two, and a robot may change either from mail to mail.
    """
    people = sorted({key.sender, recipient.lower()} - {""})
    thread = [name for name in (key.message_id, *key.refers_to) if name]
    memory = Memory(Past(answers=tuple(given_answers(tx, client, people, thread, now))))
    keys = (MailKey(address, key.refers_to, key.message_id) for address in people)
    reasons = (limit(answer, memory.history(each, now, now), now) for each in keys)
    return next(filter(None, reasons), "")

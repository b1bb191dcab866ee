"""The mail of a test and its circumstances, as rules will see them."""

from dataclasses import replace
from datetime import UTC, datetime

from maild.core.business import Business
from maild.core.facts import Facts
from maild.core.history import History, Letter
from maild.core.message import Mail
from maild.core.rules.model import Example, Past


def case_of(example: Example, mail: Mail, now: datetime, business: Business) -> tuple[Mail, Facts]:
    """The mail and what rules may know beside it; `now` is aware, in the client's zone.

    A test that names no time is judged at `now`, or when the business opens next: whether it passes must not depend
    on the hour at which somebody runs it.
    """
    judged = _in_zone(example.now or example.received or business.calendar.next_opening(now) or now, now)
    received = _in_zone(example.received or judged, now)
    if example.authenticated:
        mail, business = _authenticated(mail, business)
    history = _history(example.past, received)
    return mail, Facts(
        judged,
        received,
        example.relationship,
        example.flags,
        old=example.old,
        history=history,
        business=business,
    )


def _in_zone(moment: datetime, now: datetime) -> datetime:
    return moment.replace(tzinfo=now.tzinfo) if moment.tzinfo is None else moment.astimezone(now.tzinfo)


def _authenticated(mail: Mail, business: Business) -> tuple[Mail, Business]:
    """The mail with the field that a trusted server would put on top of it."""
    server = min(business.trusted_servers, default="tests.invalid")
    field = ("Authentication-Results", f"{server}; dmarc=pass")
    trusting = replace(business, trusted_servers=business.trusted_servers | {server})
    return replace(mail, headers=(field, *mail.headers)), trusting


def _history(past: Past, received: datetime) -> History:
    came = received.astimezone(UTC)  # lengths pass by UTC; in the client's zone a day may have 23 hours
    letters = [Letter(name, came - length) for name, length in past.templates]
    letters.sort(key=lambda letter: letter.when, reverse=True)
    sent = [came - length for length in past.sent] + [letter.when for letter in letters]
    return History(
        received=tuple(sorted((came - length for length in past.received), reverse=True)),
        sent=tuple(sorted(sent, reverse=True)),
        letters=tuple(letters),
        answered=tuple(
            letters
        ),  # a test does not say who wrote them: what may have been an answer counts as one
        in_our_thread=past.in_our_thread,
    )

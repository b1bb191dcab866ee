"""How a condition is written that somebody asked for by a key of another program, or one level too high.

Only advice for a message: nothing is read by such a key.
"""

import re

from maild.core.rules.parse.texts import ADDRESS_TESTS, TEXT_TESTS
from maild.core.rules.reading import ADDRESS_FIELDS


def asked_as(key: str) -> str:
    """What to write instead of a key that is no condition; empty where nobody can tell."""
    field, *rest = _JOINT.split(key.lower(), maxsplit=1)
    if not rest:
        return _INSTEAD.get(field, "")
    known = _BELOW.get(field, ())
    return f"{field}: {{{rest[0]}: …}}" if rest[0] in known else ""


_JOINT = re.compile(r"[ .:]+")  # subject contains, from.domain, attachment:type
_BELOW = {
    "subject": TEXT_TESTS,
    "body": TEXT_TESTS,
    **dict.fromkeys(ADDRESS_FIELDS, (*TEXT_TESTS, *ADDRESS_TESTS)),
    "attachment": ("name", "type", "larger", "smaller", "count"),
    "size": ("larger", "smaller"),
    "received": ("weekday", "between"),
    "history": ("first_contact", "received", "sent", "template_sent", "thread"),
}
_INSTEAD = {
    **dict.fromkeys(("weekday", "day"), "received: {weekday: mon-fri}"),
    **dict.fromkeys(("between", "time", "date"), 'received: {between: "08:00-18:00"}'),
    "older": "age: {older: 3d}",
    "younger": "age: {younger: 2h}",
    "larger": "size: {larger: 5MB}",
    "smaller": "size: {smaller: 20KB}",
    **{method: f"authenticated: {{{method}: fail}}" for method in ("spf", "dkim", "dmarc")},
    "first_contact": "history: {first_contact: true}",
    "sent": "history: {sent: true}",
    "template_sent": "history: {template_sent: offer-request}",
    "thread": "history: {thread: ours}",
    **dict.fromkeys(
        ("importance", "priority"), 'header.Importance: high, or header.X-Priority: {starts: "1"}'
    ),
    **dict.fromkeys(("spam", "junk"), 'header.X-Spam-Flag: {is: "YES"}'),
    **dict.fromkeys(("seen", "read"), "flags: seen"),
    **dict.fromkeys(("unseen", "unread"), "not: {flags: seen}"),
    "domain": "from: {domain: kunde.example}",
    "address": "from: {address: anna@kunde.example}",
}

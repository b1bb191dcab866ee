"""The fixed sentences of an explanation; each language fills them in. Braces are `str.format` fields."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phrases:
    """One language's sentences."""

    yes: str
    no: str
    asks_nothing: str  # of a rule without `when`
    unless: str

    # The mail
    sender: str
    subject: str
    received: str
    none: str  # where a header is missing
    relationship: str
    flags: str
    kind: str
    file: str
    old: str
    own: str
    truncated: str
    as_of_today: str  # what is told of a past mail by today's state

    # What the ledger says
    ledger: str
    came: str  # {when} {folder}
    judged: str  # {when} {version}
    judged_some_time: str  # {version}
    held: str  # {rules}
    none_held: str
    effects: str
    effect: str  # {action} {rule} {state} {when}
    place: str  # {folder} {uid}
    states: Mapping[str, str]  # of mails; {reason}
    effect_states: Mapping[str, str]
    not_in_ledger: str
    changed: str  # {then} {now}
    unchanged: str
    gone: str
    elsewhere: str  # {folder} {uid}
    unreachable: str
    differs: str

    # What follows
    rules: str  # {client} {version}
    outcome: str
    outcome_today: str
    step: str  # {action} {rule}
    stays: str
    paused: str  # {rule}
    skipped: str  # {action} {rule} {reason}
    canary: str  # {action} {rule}

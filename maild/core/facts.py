"""What rules may know beside the mail itself, as of the moment at which they are asked."""

from dataclasses import dataclass
from datetime import datetime

from maild.core.business import Business
from maild.core.contact import Relationship
from maild.core.history import History


@dataclass(frozen=True, slots=True)
class Facts:
    """The circumstances of one mail."""

    now: datetime  # aware, in the client's zone: when it is judged
    received: datetime  # aware, in the client's zone: when the server took it in
    relationship: Relationship = Relationship.UNKNOWN
    flags: frozenset[str] = frozenset()  # as the server names them; \Seen and seen are the same
    old: bool = (
        False  # older than `imap.since`, unknown after a change of UIDVALIDITY, or sorted by `rules apply`
    )
    own: bool = False  # from the office itself
    history: History = History()
    business: Business = Business()
    paused: frozenset[str] = frozenset()  # names of rules that the brake, or a person, has paused

"""What passed between a business and the sender of a mail before that mail came; data only.

All times are aware and newest first. "Letters" are those that left the house: approved replies, replies she sent
herself, and automatic answers.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter to the sender that was written by a template."""

    template: str
    when: datetime


@dataclass(frozen=True, slots=True)
class Answers:
    """Automatic answers given or planned within the last 24 hours, whatever the template."""

    in_thread: int = 0  # ever, in the thread that the mail belongs to
    to_domain: int = 0
    by_client: int = 0


@dataclass(frozen=True, slots=True)
class History:
    """One sender, as of one mail."""

    received: tuple[datetime, ...] = ()  # earlier mails from the sender
    sent: tuple[datetime, ...] = ()  # letters to the sender
    letters: tuple[Letter, ...] = ()  # those of them whose template is known
    answered: tuple[Letter, ...] = ()  # automatic answers to the sender, given or planned
    in_our_thread: bool = False  # it refers to a letter of ours
    answers: Answers = Answers()

"""What `rules explain` says, in English for the admin and in German for whoever in the office asks.

One module for each language and subject; nothing here judges. A class of conditions or actions without its wording is
a TypeError, and a test asks for all of them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from maild.core.action import Action
from maild.core.rules.conditions import Condition
from maild.core.rules.explain.explain import Answer, Trace
from maild.core.rules.explain.seen import Seen
from maild.core.rules.explain.wording import english, english_page, german, german_page, german_reasons
from maild.core.rules.explain.wording.phrases import Phrases

Language = Literal["en", "de"]


@dataclass(frozen=True, slots=True)
class Wording:
    """One language."""

    question: Callable[[Condition], str]
    seen: Callable[[Seen], str]
    action: Callable[[Action], str]
    outcome: Callable[[Trace], str]
    reason: Callable[[str], str]  # why an action was left out
    moment: Callable[[datetime], str]  # in the zone that it is in
    phrases: Phrases

    def answered(self, answer: Answer) -> str:
        """A condition's answer in one line: «Betreff enthält „Angebot“ oder eine Form davon: ja, „Angebote“»."""
        word = self.phrases.yes if answer.holds else self.phrases.no
        saw = self.seen(answer.seen) if answer.seen else ""
        comma = "" if not saw or saw.startswith("(") else ","
        return f"{self.question(answer.condition)}: {word}{comma} {saw}".rstrip()


WORDINGS = {
    "en": Wording(
        english.question,
        english.seen,
        english_page.action,
        english_page.outcome,
        str,  # reasons are English already
        english_page.moment,
        english_page.PHRASES,
    ),
    "de": Wording(
        german.question,
        german.seen,
        german_page.action,
        german_page.outcome,
        german_reasons.reason,
        german_page.moment,
        german_page.PHRASES,
    ),
}

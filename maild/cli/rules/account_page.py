"""An explanation as a page: coloured on a terminal, complete and plain in a pipe; one fact to a line."""

from datetime import datetime

from rich.console import Console
from rich.text import Text

from maild.cli.rules.account import REASON, told
from maild.core.decide import Decision
from maild.core.message import Mail
from maild.core.rules.conditions import AllOf
from maild.core.rules.explain.excerpt import harmless
from maild.core.rules.explain.explain import Answer, Explanation, Outcome, Trace
from maild.core.rules.explain.seen import MARK, Flags, Related, Writer
from maild.core.rules.explain.wording import Wording
from maild.core.rules.reading import flag_key
from maild.flow.desk import Desk
from maild.flow.lookup import Finding, Letter
from maild.store.records import Deed, MailRecord

_YES, _NO, _NEITHER = Text("✓", "green"), Text("✗", "red"), Text("·", "dim")
_MARKS = {
    Outcome.HELD: _YES,
    Outcome.CANARY: Text("✓", "yellow"),
    Outcome.PAUSED: Text("✓", "yellow"),
    Outcome.NOT_REACHED: _NEITHER,
}


def show(finding: Finding, explanation: Explanation | None, wording: Wording, desk: Desk) -> None:
    """Print all that is known of one mail."""
    _Page(wording, desk).show(finding, explanation)


class _Page:
    """One page in one language."""

    def __init__(self, wording: Wording, desk: Desk) -> None:
        self._say = wording
        self._phrases = wording.phrases
        self._desk = desk
        self._console = Console(highlight=False, soft_wrap=True)

    def show(self, finding: Finding, explanation: Explanation | None) -> None:
        """The mail, the past, the rules, what follows: as far as each is known."""
        if finding.letter:
            self._mail(finding.letter)
        if finding.past:
            self._past(finding.past)
        if finding.letter and explanation:
            self._link(finding, finding.letter)
            self._rules(explanation)
            self._follows(explanation.decision, today=finding.past is not None)
            self._compare(finding, explanation)
        else:
            self._line(self._phrases.unreachable if finding.trouble else self._phrases.gone)

    def _mail(self, letter: Letter) -> None:
        mail, facts = letter.mail, letter.facts
        flags = Flags(tuple(sorted(harmless(flag_key(flag)) for flag in facts.flags)))
        rows = (
            (self._phrases.sender, _sender(mail) or self._phrases.none),
            (self._phrases.subject, harmless(mail.subject, _LINE) or self._phrases.none),
            (self._phrases.received, self._say.moment(facts.received)),
            (self._phrases.relationship, self._say.seen(Related(facts.relationship))),
            (self._phrases.flags, self._say.seen(flags)),
            (self._phrases.kind, self._say.seen(Writer(mail.machine, harmless(mail.machine_reason, MARK)))),
        )
        width = max(len(name) for name, _ in rows) + 2
        for name, value in rows:
            self._line(f"{name + ':':{width}}{value}")
        remarks = (
            (letter.place is None, self._phrases.file),
            (facts.old, self._phrases.old),
            (facts.own, self._phrases.own),
            (mail.truncated, self._phrases.truncated),
        )
        for applies, remark in remarks:
            if applies:
                self._line(remark)

    def _past(self, past: MailRecord) -> None:
        mail = past.mail
        self._heading(self._phrases.ledger)
        self._line(
            self._phrases.came.format(when=self._moment(mail.received_at), folder=harmless(mail.folder))
        )
        if past.version:
            judged = self._phrases.judged if mail.decided_at else self._phrases.judged_some_time
            when = self._moment(mail.decided_at) if mail.decided_at else ""
            self._line(judged.format(when=when, version=past.version))
            rules = ", ".join(mail.rules)
            self._line(self._phrases.held.format(rules=rules) if rules else self._phrases.none_held)
        if past.deeds:
            self._line(self._phrases.effects)
        for deed in past.deeds:
            self._deed(deed)
        self._line(
            self._phrases.states[mail.state]
            .format(reason=harmless(self._say.reason(mail.reason), REASON))
            .rstrip(" :")
        )
        self._line(self._phrases.place.format(folder=harmless(mail.place.folder), uid=mail.place.uid))

    def _deed(self, deed: Deed) -> None:
        text = self._phrases.effect.format(
            action=told(deed, self._say),
            rule=deed.rule,
            state=self._phrases.effect_states[deed.state],
            when=self._moment(deed.when),
        )
        detail = f" ({harmless(deed.detail, REASON)})" if deed.detail else ""
        self._line(f"  - {text}{detail}")

    def _link(self, finding: Finding, letter: Letter) -> None:
        """How what follows relates to what the ledger says."""
        past = finding.past
        if past is None:
            if letter.place:
                self._line(self._phrases.not_in_ledger)
            return
        if letter.place and letter.place != past.mail.place:
            place = letter.place
            self._line(self._phrases.elsewhere.format(folder=harmless(place.folder), uid=place.uid))
        now = self._desk.client.rules.version
        if past.version and past.version != now:
            self._line(self._phrases.changed.format(then=past.version, now=now))
        elif past.version:
            self._line(self._phrases.unchanged)
        self._line(self._phrases.as_of_today)

    def _rules(self, explanation: Explanation) -> None:
        self._heading(self._phrases.rules.format(client=self._desk.slug, version=explanation.version))
        origin = ""
        width = len(str(len(explanation.traces)))
        for number, trace in enumerate(explanation.traces, 1):
            if trace.rule.origin != origin:
                origin = trace.rule.origin
                self._line(f"{origin}:")
            self._rule(f"{number:{width + 2}}. ", trace)

    def _rule(self, number: str, trace: Trace) -> None:
        name = Text(trace.rule.name, "bold" if trace.outcome is not Outcome.NOT_REACHED else "")
        mark = _MARKS.get(trace.outcome, _NO)
        self._print(Text.assemble(number, mark, " ", name, f": {self._say.outcome(trace)}"))
        if trace.outcome is Outcome.NOT_REACHED:
            return
        indent = " " * (len(number) + 2)
        if trace.when is None:
            self._line(indent + self._phrases.asks_nothing)
        elif isinstance(trace.when.condition, AllOf):  # that all must hold goes without saying
            for part in trace.when.parts:
                self._answer(indent, part)
        else:
            self._answer(indent, trace.when)
        if trace.unless is not None:
            self._line(f"{indent}{self._phrases.unless}:")
            self._answer(f"{indent}  ", trace.unless)

    def _answer(self, indent: str, answer: Answer) -> None:
        self._print(Text.assemble(indent, _YES if answer.holds else _NO, f" {self._say.answered(answer)}"))
        for part in answer.parts:
            self._answer(f"{indent}  ", part)

    def _follows(self, decision: Decision, *, today: bool) -> None:
        self._heading(self._phrases.outcome_today if today else self._phrases.outcome)
        for number, step in enumerate(decision.steps, 1):
            text = self._phrases.step.format(action=self._say.action(step.action), rule=step.rule)
            self._line(f"{number:3}. {text}")
        if decision.paused:
            self._line(self._phrases.paused.format(rule=decision.paused))
        elif not decision.steps:
            self._line(self._phrases.stays)
        for left in decision.skipped:
            reason = self._say.reason(left.reason)
            action = self._say.action(left.action)
            self._line(self._phrases.skipped.format(action=action, rule=left.rule, reason=reason))
        for step in decision.canary:
            self._line(self._phrases.canary.format(action=self._say.action(step.action), rule=step.rule))

    def _compare(self, finding: Finding, explanation: Explanation) -> None:
        """Say so where the same rules come to another result than then."""
        past = finding.past
        if past and past.version == explanation.version and past.mail.rules != explanation.decision.rules:
            self._line(self._phrases.differs)

    def _moment(self, when: datetime) -> str:
        return self._say.moment(when.astimezone(self._desk.client.config.timezone))

    def _heading(self, text: str) -> None:
        self._print(Text.assemble("\n", (text, "bold")))

    def _line(self, text: str) -> None:
        self._print(Text(text))

    def _print(self, text: Text) -> None:
        self._console.print(text)


_LINE = 120


def _sender(mail: Mail) -> str:
    sender = mail.sender
    if sender is None:
        return ""
    name, address = harmless(sender.name), harmless(sender.address)
    return f"{name} <{address}>" if name else address

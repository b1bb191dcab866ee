"""What is odd about rules as a whole: rules that are never reached or never hold, drafts that are never written, tests
that expect what no rule does.

Works on rules that parse without a problem. What it calls unreachable is so for every mail (see `implication`); what
it doesn't, may be all the same. Reads no file and changes nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from maild.core.action import Action, Answer, Draft, Keep, Mark, Relate
from maild.core.rules.analysis.earlier import Earlier
from maild.core.rules.analysis.expectations import never_met
from maild.core.rules.analysis.finding import Finding
from maild.core.rules.analysis.forms import Every, Form, form_of, form_of_rule
from maild.core.rules.analysis.implication import Effort, Moved, excludes, implies, never_holds
from maild.core.rules.model import Mode, Rule, RuleSet, Then
from maild.core.rules.parse.sheet import Path, listed, quoted
from maild.core.rules.reading import flag_key

MAX_COMPARISONS = 50_000
"""Parts of conditions that are compared in one analysis; what would be found after that goes unreported."""


def analyse(ruleset: RuleSet) -> tuple[Finding, ...]:
    """All findings on a client's rules, those of shared files included."""
    return _Analysis(ruleset.rules).findings() + tuple(never_met(ruleset))


@dataclass(frozen=True, slots=True)
class _Entry:
    """A rule with the condition it holds on."""

    rule: Rule
    form: Form

    @property
    def path(self) -> Path:
        return "rules", self.rule.index

    @property
    def live(self) -> bool:
        return self.rule.mode is Mode.LIVE

    @property
    def ends(self) -> bool:
        """Whether no later rule is tried where this one holds."""
        keeps = any(isinstance(action, Keep) for action in self.rule.actions)
        return self.live and (self.rule.then is Then.STOP or keeps)

    @property
    def always(self) -> bool:
        return isinstance(self.form, Every) and not self.form.parts

    def finding(self, message: str, *below: str) -> Finding:
        return Finding(self.rule.origin, (*self.path, *below), message)


class _Analysis:
    """The rules of one client, and what was found."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.entries = tuple(_Entry(rule, form_of_rule(rule)) for rule in rules)
        self.dead: set[int] = set()  # positions of rules that are never reached or never hold
        self.effort = Effort(MAX_COMPARISONS)

    def findings(self) -> tuple[Finding, ...]:
        found = [*self._never(), *self._unreachable()]
        return (*found, *self._second_letters(Draft), *self._second_letters(Answer))

    def _never(self) -> Iterator[Finding]:
        for position, entry in enumerate(self.entries):
            if not never_holds(entry.form, self.effort):
                continue
            self.dead.add(position)
            when = entry.rule.when
            if when is not None and never_holds(form_of(when), self.effort):
                yield entry.finding("these conditions exclude each other, so the rule never holds", "when")
            else:
                message = 'takes away every mail that "when" asks for, so the rule never holds'
                yield entry.finding(message, "unless")

    def _unreachable(self) -> Iterator[Finding]:
        changes = _Changes()
        earlier = Earlier()
        for position, entry in enumerate(self.entries):
            if position not in self.dead:
                above = self._shadow(entry, earlier, changes)
                if above is not None:
                    self.dead.add(position)
                    yield entry.finding(_never_reached(entry.rule, self.entries[above].rule))
                elif entry.ends and entry.always:
                    yield from self._rest(position)
                    return
                elif entry.ends:
                    earlier.add(position, entry.form)
            changes.note(position, entry)

    def _shadow(self, entry: _Entry, earlier: Earlier, changes: "_Changes") -> int | None:
        for above in earlier.candidates(entry.form) if self.effort.left > 0 else ():
            moved = changes.since(above)
            if implies(entry.form, self.entries[above].form, moved, self.effort):
                return above
        return None

    def _rest(self, position: int) -> Iterator[Finding]:
        """A rule that ends everything: what comes after it."""
        after = range(position + 1, len(self.entries))
        self.dead.update(after)
        if not after:
            return
        what = "the rule after it is" if len(after) == 1 else f"the {len(after):,} rules after it are"
        message = f"this rule holds for every mail and stops, so {what} never tried; move it to the end"
        yield self.entries[position].finding(message)

    def _second_letters(self, kind: type[Draft] | type[Answer]) -> Iterator[Finding]:
        word = "drafts" if kind is Draft else "answers"
        for position, entry in enumerate(self.entries):
            if position in self.dead or entry.ends or not entry.live or not _writes(entry.rule, kind):
                continue
            others = self._after(position, kind)
            if others:
                message = f"this rule {word} and goes on to {_some(others)}; where both hold, only the first is written"
                yield entry.finding(message, "then")

    def _after(self, position: int, kind: type[Draft] | type[Answer]) -> list[str]:
        """The names of later rules that may write to the same mail; no more than are needed."""
        entry = self.entries[position]
        changes = _Changes()
        changes.note(position, entry)
        found: list[str] = []
        for other, later in enumerate(self.entries[position + 1 :], position + 1):
            moved = changes.since(-1)
            if other not in self.dead and later.live:
                if _writes(later.rule, kind) and self._may_meet(entry, later, moved):
                    found.append(later.rule.name)
                if len(found) > _NAMED or (later.ends and self._follows(entry, later, moved)):
                    return found
            changes.note(other, later)
        return found

    def _may_meet(self, entry: _Entry, later: _Entry, moved: Moved) -> bool:
        return not excludes(entry.form, later.form, moved, self.effort)

    def _follows(self, entry: _Entry, later: _Entry, moved: Moved) -> bool:
        return implies(entry.form, later.form, moved, self.effort)


_NAMED = 3


def _some(names: list[str]) -> str:
    shown = [quoted(name) for name in names[:_NAMED]]
    return listed([*shown, "others"] if len(names) > _NAMED else shown)


class _Changes:
    """What rules that go on may have changed, for those after them, and where last."""

    def __init__(self) -> None:
        self._flags: dict[str, int] = {}
        self._relationship = -1

    def note(self, position: int, entry: _Entry) -> None:
        """Remember what a rule changes."""
        if not entry.live or entry.ends:
            return
        for action in entry.rule.actions:
            if isinstance(action, Mark):
                self._flags.update({flag_key(flag): position for flag in action.flags})
            elif isinstance(action, Relate):
                self._relationship = position

    def since(self, position: int) -> Moved:
        """What may have changed after a rule was asked."""
        flags = frozenset(flag for flag, last in self._flags.items() if last > position)
        return Moved(flags, self._relationship > position)


def _never_reached(rule: Rule, above: Rule) -> str:
    if rule.origin == above.origin:
        where, advice = "above", "move it up, or let that one say then: continue"
    else:
        where, advice = f"of {above.origin}", "remove it, or add an unless there"
    other = f"{quoted(above.name)} {where}"
    return f"this rule is never reached: wherever it holds, {other} holds before and stops; {advice}"


def _writes(rule: Rule, kind: type[Action]) -> bool:
    return any(isinstance(action, kind) for action in rule.actions)

"""The brake's arithmetic: which rule acts, what counts, and at which mail it is stopped."""

from datetime import UTC, datetime, timedelta

from maild.core.action import Action, Keep, Mark, Move
from maild.core.brake import Meter, acting
from maild.core.decide import Decision, Step
from maild.core.durations import Brake
from maild.core.facts import Facts

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
FACTS = Facts(NOW, NOW)
LIMIT = Brake(3, timedelta(minutes=5))


def decided(**rules: Action) -> Decision:
    """One step for each rule."""
    return Decision(tuple(rules), tuple(Step(rule, action) for rule, action in rules.items()))


def pressed(meter: Meter, decision: Decision, admitted: datetime | None = NOW, facts: Facts = FACTS) -> str:
    """Judge one mail: stopped by the brake, or counted."""
    stopped = meter.stops(decision, facts, admitted)
    if not stopped:
        meter.count(decision, facts, admitted)
    return stopped


def test_a_rule_acts_if_anything_is_to_be_done() -> None:
    """To keep a mail is to do nothing; a rule that held and was left out does nothing either."""
    decision = decided(a=Mark(("seen",)), b=Keep())
    assert acting(Decision(("c", "a", "b"), decision.steps)) == ("a",)
    assert acting(Decision()) == ()


def test_the_mail_after_the_last_allowed_one_is_stopped() -> None:
    """Three may pass, the fourth doesn't, nor does any after it."""
    meter = Meter(LIMIT, {}, {})
    assert [pressed(meter, decided(a=Move("X"))) for _ in range(5)] == ["", "", "", "a", "a"]


def test_what_was_done_before_the_batch_counts() -> None:
    """Two within the time, then one more may pass."""
    meter = Meter(LIMIT, {"a": 2}, {})
    assert [pressed(meter, decided(a=Move("X"))) for _ in range(2)] == ["", "a"]


def test_each_rule_has_its_own_count() -> None:
    """The first in order that is over its number is named."""
    meter = Meter(LIMIT, {"b": 3, "c": 3}, {})
    assert pressed(meter, decided(a=Move("X"))) == ""
    assert pressed(meter, decided(a=Move("X"), b=Mark(("seen",)), c=Mark(("flagged",)))) == "b"


def test_a_mail_counts_once_for_a_rule() -> None:
    """However much the rule does with it."""
    both = Decision(("a",), (Step("a", Mark(("seen",))), Step("a", Move("X"))))
    meter = Meter(LIMIT, {}, {})
    assert [pressed(meter, both) for _ in range(4)] == ["", "", "", "a"]


def test_old_mail_does_not_count() -> None:
    """Neither is it stopped."""
    meter = Meter(LIMIT, {"a": 3}, {})
    assert pressed(meter, decided(a=Move("X")), facts=Facts(NOW, NOW, old=True)) == ""


def test_a_resumed_rule_works_off_what_waited() -> None:
    """Mail that was in the ledger when the rule was resumed passes and does not count; later mail does both."""
    meter = Meter(LIMIT, {}, {"a": NOW})
    assert {pressed(meter, decided(a=Move("X")), NOW - timedelta(hours=1)) for _ in range(9)} == {""}
    later = [pressed(meter, decided(a=Move("X")), NOW + timedelta(seconds=1)) for _ in range(4)]
    assert later == ["", "", "", "a"]


def test_what_waited_for_one_rule_passes_the_next_as_well() -> None:
    """Else the rule after it would be stopped by the backlog that a person has just let go; later mail counts."""
    meter = Meter(LIMIT, {"a": 3, "b": 3}, {"a": NOW})
    both = decided(a=Mark(("seen",)), b=Move("X"))
    assert pressed(meter, both, NOW - timedelta(hours=1)) == ""
    assert pressed(meter, both, NOW + timedelta(seconds=1)) == "a"
    assert pressed(meter, decided(b=Move("X")), NOW + timedelta(seconds=1)) == "b"


def test_a_paused_rule_is_not_stopped_again() -> None:
    """So that whoever asks until nothing more is stopped comes to an end."""
    meter = Meter(LIMIT, {"a": 3}, {})
    assert meter.stops(decided(a=Move("X")), Facts(NOW, NOW, paused=frozenset({"a"})), NOW) == ""

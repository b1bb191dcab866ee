"""The decision on one mail: which rules act, in what order, and what is left out for what reason."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core.action import (
    Answer,
    Copy,
    Draft,
    Forward,
    Keep,
    Mark,
    Move,
    Note,
    Relate,
    Remind,
    Trash,
)
from maild.core.business import Business
from maild.core.contact import Relationship
from maild.core.decide import Decision, Skipped, Step, decide
from maild.core.durations import BusinessHours
from maild.core.facts import Facts
from maild.core.history import Answers, History, Letter
from maild.core.message import Address, Attachment, Machine, Mail
from maild.core.rules.model import RuleSet
from maild.core.rules.parse.rules import RuleContext, parse_rules

NOTHING: frozenset[str] = frozenset()
CONTEXT = RuleContext(frozenset({"a", "b"}), frozenset({"x@northwind.example"}), NOTHING, NOTHING, NOTHING)
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
US = Business(addresses=frozenset({"info@northwind.example"}))
FACTS = Facts(NOW, NOW, Relationship.UNKNOWN, NOTHING, old=False, own=False, business=US)
MAIL = Mail(
    subject="Angebot",
    from_=(Address("anna@kunde.example", "Anna Müller"),),
    to=(Address("info@northwind.example"),),
)


def ruleset(*rules: dict[str, Any]) -> RuleSet:
    """Rules named r0, r1 and so on; the data must be sound."""
    named = [{"name": f"r{index}", **rule} for index, rule in enumerate(rules)]
    found, problems = parse_rules({"rules": named}, CONTEXT, "rules.yaml")
    assert problems == ()
    return found


def run(*rules: dict[str, Any], facts: Facts = FACTS, mail: Mail = MAIL) -> Decision:
    """Decide on a mail that asks for an offer."""
    return decide(ruleset(*rules), mail, facts)


def actions(decision: Decision) -> list[object]:
    """What is to be done, without the rules that asked for it."""
    return [step.action for step in decision.steps]


YES = {"subject": "Angebot"}
NO = {"subject": "Rechnung"}
ON = {"then": "continue"}


def test_without_a_rule_that_holds_the_mail_stays() -> None:
    """No rule, no step."""
    assert run({"when": NO, "do": ["trash"]}) == Decision()
    assert run() == Decision()


def test_the_first_rule_that_holds_ends_it() -> None:
    """A later rule is not tried once one has stopped."""
    decision = run(
        {"when": NO, "do": ["trash"]}, {"when": YES, "do": [{"move": "A"}]}, {"do": [{"move": "B"}]}
    )
    assert decision == Decision(("r1",), (Step("r1", Move("A")),))


def test_continue_lets_later_rules_act() -> None:
    """`then: continue` adds the steps of the next rule that holds."""
    decision = run({"do": [{"copy": "A"}], **ON}, {"do": [{"move": "B"}]}, {"do": [{"mark": "seen"}]})
    assert decision.rules == ("r0", "r1")
    assert actions(decision) == [Copy("A"), Move("B")]


def test_a_rule_without_when_holds_for_every_mail() -> None:
    """Nothing asked, nothing refused."""
    assert run({"do": ["trash"]}).rules == ("r0",)


@pytest.mark.parametrize(
    ("unless", "acts"),
    [
        (NO, True),
        (YES, False),
        ({**YES, "from": "anna"}, False),
        ({**YES, "from": "otto"}, True),
        ([NO, YES], False),
        ([NO, {"from": "otto"}], True),
    ],
)
def test_unless_takes_mail_away(unless: object, acts: bool) -> None:
    """A map takes away the mail for which all its keys hold; of a list of maps one is enough."""
    assert bool(run({"when": YES, "unless": unless, "do": ["trash"]}).steps) is acts


def test_steps_come_in_the_order_they_must_be_carried_out() -> None:
    """The mail is moved last, because everything else needs it where it was found."""
    do = [
        {"move": "A"},
        {"copy": "B"},
        {"mark": "seen"},
        {"relate": "customer"},
        {"remind": "4 business hours"},
        {"draft": "a"},
        {"answer": "b"},
        {"forward": "client"},
        {"note": "x"},
    ]
    assert actions(run({"do": do})) == [
        Note("x"),
        Forward("client"),
        Answer("b"),
        Draft("a"),
        Remind(BusinessHours(4)),
        Relate(Relationship.CUSTOMER),
        Mark(("seen",)),
        Copy("B"),
        Move("A"),
    ]


def test_steps_of_one_kind_keep_the_order_of_the_rules() -> None:
    """Sorting by kind does not shuffle what is of one kind."""
    decision = run({"do": [{"copy": "B"}, {"copy": "A"}], **ON}, {"do": [{"copy": "C"}, {"note": "x"}]})
    assert actions(decision) == [Note("x"), Copy("B"), Copy("A"), Copy("C")]


def test_keep_ends_the_rules() -> None:
    """The mail stays where it is, and no further rule is tried."""
    assert run({"do": ["keep"]}, {"do": ["trash"]}) == Decision(("r0",), (Step("r0", Keep()),))


def test_only_the_first_draft_counts() -> None:
    """One mail gets one answer."""
    decision = run({"do": [{"draft": "a"}], **ON}, {"do": [{"draft": "b"}, {"move": "A"}]})
    assert actions(decision) == [Draft("a"), Move("A")]
    assert decision.skipped == (Skipped("r1", Draft("b"), 'rule "r0" drafts already'),)


def test_only_the_first_answer_counts() -> None:
    """Whatever it says: nobody gets two mails of a machine for one of theirs. A draft may come beside it."""
    decision = run({"do": [{"answer": "a"}], **ON}, {"do": [{"answer": "b"}, {"draft": "b"}]})
    assert actions(decision) == [Answer("a"), Draft("b")]
    assert decision.skipped == (Skipped("r1", Answer("b"), 'rule "r0" answers already'),)


def test_an_answer_that_may_not_go_leaves_the_next_its_chance() -> None:
    """The sender has had the first template's answer this week, the second's never."""
    had = History(answered=(Letter("a", NOW - timedelta(days=3)),))
    decision = run(
        {"do": [{"answer": "a"}], **ON}, {"do": [{"answer": "b"}]}, facts=replace(FACTS, history=had)
    )
    assert actions(decision) == [Answer("b")]
    assert decision.skipped == (
        Skipped("r0", Answer("a"), "this sender has had this answer within the last 7 days"),
    )


def test_what_a_machine_wrote_is_not_answered() -> None:
    """The guards of `core.answering` stand before every answer; all else is done."""
    mail = replace(MAIL, machine=Machine.NEWSLETTER, machine_reason="List-Unsubscribe")
    decision = run({"do": [{"answer": "a"}, {"move": "A"}]}, mail=mail)
    assert actions(decision) == [Move("A")]
    assert decision.skipped[0].reason == "a machine wrote the mail: newsletter (List-Unsubscribe)"


def test_nobody_is_related_without_a_sender() -> None:
    """There is nobody whose relationship could be set."""
    decision = run({"do": [{"relate": "vip"}]}, mail=replace(MAIL, from_=()))
    assert decision.skipped == (Skipped("r0", Relate(Relationship.VIP), "the mail names no sender"),)


@pytest.mark.parametrize(
    ("first", "second", "action"),
    [
        ({"move": "A"}, {"move": "B"}, Move("B")),
        ({"move": "A"}, "trash", Trash()),
        ("trash", {"move": "B"}, Move("B")),
        ({"move": "A"}, "keep", Keep()),
    ],
)
def test_only_the_first_final_place_counts(first: object, second: object, action: Any) -> None:
    """A mail can end in one place only."""
    decision = run({"do": [first], **ON}, {"do": [second]})
    assert len(decision.steps) == 1
    assert decision.skipped == (Skipped("r1", action, 'rule "r0" has decided where the mail ends'),)


@pytest.mark.parametrize(
    "action", [{"forward": "client"}, {"note": "x"}, {"copy": "A"}, {"mark": "seen"}, "trash"]
)
def test_what_two_rules_ask_for_happens_once(action: object) -> None:
    """The same note is not written twice, the same mail not forwarded twice."""
    decision = run({"do": [action], **ON}, {"do": [action]})
    assert len(decision.steps) == 1
    assert decision.skipped[0].reason == 'rule "r0" does the same already'


def test_old_mail_is_only_sorted() -> None:
    """Mail older than imap.since is moved, copied, marked or kept; nobody is written to and nothing thrown away."""
    do = [
        {"draft": "a"},
        {"answer": "b"},
        {"forward": "client"},
        {"note": "x"},
        {"remind": "4h"},
        {"relate": "vip"},
        {"copy": "A"},
        {"mark": "seen"},
    ]
    decision = run({"do": [*do, "trash"], **ON}, {"do": [{"move": "B"}]}, facts=replace(FACTS, old=True))
    assert actions(decision) == [Mark(("seen",)), Copy("A"), Move("B")]
    assert [left.action for left in decision.skipped] == [
        Draft("a"),
        Answer("b"),
        Forward("client"),
        Note("x"),
        Remind(timedelta(hours=4)),
        Relate(Relationship.VIP),
        Trash(),
    ]
    assert {left.reason for left in decision.skipped} == {
        "the mail counts as old, and is only moved, copied, marked or kept"
    }


def test_mail_of_the_office_itself_is_never_drafted_for() -> None:
    """All else is done with it."""
    do = [{"draft": "a"}, {"answer": "a"}, {"remind": "4h"}, {"note": "x"}, {"move": "A"}]
    decision = run({"do": do}, facts=replace(FACTS, own=True))
    assert actions(decision) == [Note("x"), Move("A")]
    assert [left.action for left in decision.skipped] == [
        Draft("a"),
        Answer("a"),
        Remind(timedelta(hours=4)),
    ]
    assert {left.reason for left in decision.skipped} == {"the mail comes from the office itself"}


def test_a_canary_rule_only_says_what_it_would_do() -> None:
    """It neither acts nor stops, nor takes a place from a live rule."""
    canary = {"mode": "canary", "do": [{"draft": "b"}, "keep"]}
    decision = run(canary, {"do": [{"draft": "a"}]})
    assert decision.rules == ("r1",)
    assert actions(decision) == [Draft("a")]
    assert decision.skipped == ()
    assert decision.canary == (Step("r0", Draft("b")), Step("r0", Keep()))


def test_later_rules_see_flags_and_relationship_as_earlier_ones_leave_them() -> None:
    """A dry run that asked the mailbox, or the contacts, would say something else than the run does."""
    decision = run(
        {"do": [{"mark": ["Eilig"]}, {"relate": "vip"}], **ON},
        {"when": {"flags": "eilig", "relationship": "vip"}, "do": [{"move": "VIP"}]},
    )
    assert actions(decision) == [Relate(Relationship.VIP), Mark(("Eilig",)), Move("VIP")]


@pytest.mark.parametrize(
    ("first", "facts"),
    [
        ({"do": [{"mark": "eilig"}], "mode": "canary"}, FACTS),
        ({"do": [{"relate": "vip"}], "mode": "canary"}, FACTS),
        ({"do": [{"relate": "vip"}], **ON}, replace(FACTS, old=True)),  # left out, so it changes nothing
    ],
)
def test_what_is_not_done_is_not_seen(first: dict[str, Any], facts: Facts) -> None:
    """A canary's actions, and those left out, change nothing for later rules."""
    later = {"when": {"any": [{"flags": "eilig"}, {"relationship": "vip"}]}, "do": [{"move": "A"}]}
    assert actions(run(first, later, facts=facts)) == []


def test_a_paused_rule_holds_up_the_whole_mail() -> None:
    """Nothing at all is done, for what a later rule does may depend on it; no later rule is tried."""
    decision = run(
        {"do": [{"copy": "A"}], **ON},
        {"do": [{"move": "B"}]},
        {"do": [{"note": "x"}]},
        facts=replace(FACTS, paused=frozenset({"r1"})),
    )
    assert decision == Decision(rules=("r0", "r1"), paused="r1")


@pytest.mark.parametrize(
    "rule",
    [
        {"when": NO, "do": [{"move": "B"}]},
        {"do": [{"move": "B"}], "mode": "canary"},
        {"do": [{"copy": "A"}], **ON},  # the rule before it does the same already
        {"do": ["keep"]},
    ],
)
def test_a_paused_rule_that_would_do_nothing_holds_nothing_up(rule: dict[str, Any]) -> None:
    """It doesn't hold, only says what it would do, has nothing left to do, or keeps the mail where it is."""
    decision = run({"do": [{"copy": "A"}], **ON}, rule, facts=replace(FACTS, paused=frozenset({"r1"})))
    assert decision.paused == ""
    assert Copy("A") in actions(decision)


WORDS = st.sampled_from(["Angebot", "Rechnung", "Müller", "anna", "kunde.example", "ä", "x"])
TEXT = st.text(st.characters() | st.sampled_from("äß\u0308\ud800\n \x00"), max_size=12) | WORDS
ADDRESS = st.builds(
    Address,
    st.sampled_from(["anna@kunde.example", "info@northwind.example", "@", "x", "a+b@ü.example"]) | TEXT,
    TEXT,
)
ADDRESSES = st.lists(ADDRESS, max_size=2).map(tuple)
MAILS = st.builds(
    Mail,
    headers=st.lists(st.tuples(st.sampled_from(["X-Test", "Return-Path"]) | TEXT, TEXT), max_size=2).map(
        tuple
    ),
    subject=TEXT,
    from_=ADDRESSES,
    reply_to=ADDRESSES,
    to=ADDRESSES,
    cc=ADDRESSES,
    text=TEXT,
    new_text=TEXT,
    attachments=st.lists(st.builds(Attachment, TEXT, TEXT, st.integers(0, 9)), max_size=2).map(tuple),
    machine=st.none() | st.sampled_from(Machine),
    size=st.integers(0, 9),
)
ALL_FACTS = st.builds(
    Facts,
    relationship=st.sampled_from(Relationship),
    flags=st.frozensets(st.sampled_from(["\\Seen", "wichtig", "\ud800"])),
    now=st.just(NOW),
    received=st.just(NOW),
    old=st.booleans(),
    own=st.booleans(),
    history=st.just(History())
    | st.builds(
        History,
        answered=st.lists(st.builds(Letter, st.sampled_from("ab"), st.just(NOW)), max_size=1).map(tuple),
        answers=st.builds(Answers, in_thread=st.integers(0, 1)),
    ),
    business=st.just(US),
    paused=st.frozensets(st.sampled_from(["r0", "r1", "r2", "r3"]), max_size=1),
)
TEXT_TEST = WORDS | st.fixed_dictionaries(
    {},
    optional={
        "is": WORDS,
        "starts": WORDS,
        "ends": WORDS,
        "matches": st.sampled_from(["*", "?n*", "*ä"]),
        "regex": st.sampled_from([".", "^a", "[äx]$", r"\d|\s"]),
        "words": WORDS,
        "exact": st.booleans(),
    },
).filter(lambda tests: set(tests) - {"exact"})
LEAF = st.one_of(
    st.fixed_dictionaries({key: TEXT_TEST})
    for key in ("subject", "body", "from", "recipient", "reply_to", "header.X-Test", "attachment.name")
) | st.sampled_from(
    [
        {"size": {"larger": 4}},
        {"machine": "any"},
        {"machine": ["list", "bounce"]},
        {"relationship": "vip"},
        {"flags": "seen"},
        {"attachment": True},
        {"attachment": {"larger": 3, "count": {"at_most": 1}}},
        {"from": {"domain": "kunde.example"}},
        {"cc": {"local": "a", "detail": "b"}},
        {"body": {"contains": "x", "quoted": True}},
    ]
)
CONDITIONS = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.builds(lambda one: {"not": one}, inner),
        st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda one, other: {**one, **other}, inner, inner),
    ),
    max_leaves=6,
)
DO = st.lists(
    st.sampled_from(
        [
            {"move": "A"},
            {"copy": "B"},
            {"note": "x"},
            {"forward": "client"},
            {"draft": "a"},
            {"answer": "a"},
            {"answer": {"template": "b", "within": "1d"}},
            {"mark": "seen"},
            {"relate": "vip"},
            {"remind": "4h"},
        ]
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda action: next(iter(action)),
)
RULES = st.fixed_dictionaries(
    {"do": DO},
    optional={
        "when": CONDITIONS,
        "unless": CONDITIONS,
        "then": st.just("continue"),
        "mode": st.just("canary"),
    },
)


@given(CONDITIONS, MAILS, ALL_FACTS)
def test_a_rule_and_its_negation_divide_all_mail(condition: dict[str, Any], mail: Mail, facts: Facts) -> None:
    """Every mail goes to exactly one of both, however the negation is written."""
    for negated in ({"when": {"not": condition}}, {"unless": condition}, {"unless": [condition]}):
        rules = ruleset({"when": condition, "do": ["trash"], **ON}, {**negated, "do": ["trash"], **ON})
        assert len(decide(rules, mail, replace(facts, paused=NOTHING)).rules) == 1


@given(st.lists(RULES, max_size=4), RULES, MAILS, ALL_FACTS)
def test_a_rule_after_a_stop_changes_nothing(
    before: list[dict[str, Any]], added: dict[str, Any], mail: Mail, facts: Facts
) -> None:
    """What a rule that stops has decided, no rule below it can alter."""
    stop = {"do": [{"move": "Z"}]}
    assert decide(ruleset(*before, stop), mail, facts) == decide(ruleset(*before, stop, added), mail, facts)


@given(st.lists(RULES, max_size=5), MAILS, ALL_FACTS)
def test_every_decision_keeps_its_promises(rules: list[dict[str, Any]], mail: Mail, facts: Facts) -> None:
    """Whatever the mail: no error, one draft and one final place at most, nothing twice, the final place last."""
    compiled = ruleset(*rules)
    decision = decide(compiled, mail, facts)
    done = actions(decision)
    assert decision == decide(compiled, mail, facts)
    assert sum(isinstance(action, Draft) for action in done) <= 1
    assert sum(isinstance(action, Answer) for action in done) <= 1
    assert not any(isinstance(action, Move | Trash | Keep) for action in done[:-1])
    assert len(set(done)) == len(done)
    assert {step.rule for step in decision.steps} <= set(decision.rules)
    if facts.old:
        assert all(isinstance(action, Move | Copy | Mark | Keep) for action in done)
    if facts.own:
        assert not any(isinstance(action, Draft | Answer) for action in done)


@given(st.lists(RULES, max_size=5), MAILS, ALL_FACTS)
def test_a_paused_rule_leaves_no_step(rules: list[dict[str, Any]], mail: Mail, facts: Facts) -> None:
    """Whatever the mail: what a paused rule asks for isn't done, and where it would act, nothing is.

    Without pauses the mail comes out the same, unless such a rule acts on it.
    """
    decision = decide(ruleset(*rules), mail, facts)
    free = decide(ruleset(*rules), mail, replace(facts, paused=NOTHING))
    assert not facts.paused & {step.rule for step in decision.steps}
    if decision.paused:
        assert decision.paused in facts.paused
        assert decision.steps == ()
        assert decision.paused in {step.rule for step in free.steps}
    else:
        assert decision == free

"""What is said about rules as a whole: never more than is true for every mail, and what an admin should know."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maild.core.business import Absence, Business
from maild.core.decide import decide
from maild.core.facts import Facts
from maild.core.history import History, Letter
from maild.core.message import Mail
from maild.core.rules.analysis.analyse import analyse
from maild.core.rules.analysis.finding import Finding, Severity
from maild.core.rules.analysis.forms import Form, form_of, opposite
from maild.core.rules.analysis.implication import excludes, implies, never_holds
from maild.core.rules.model import Mode, RuleSet
from maild.core.rules.parse.conditions import parse_condition
from maild.core.rules.parse.rules import join, parse_rules
from maild.core.rules.parse.sheet import Sheet
from maild.core.rules.reading import Reading
from tests.core import test_decide
from tests.core.test_decide import CONDITIONS, MAILS, NOW, RULES, ruleset

CONTEXT = replace(test_decide.CONTEXT, people=frozenset({"Jane Doe"}))
ON = {"then": "continue"}
MOVE = [{"move": "A"}]


def form(condition: dict[str, Any]) -> Form:
    """A condition as it is compared."""
    sheet = Sheet(CONTEXT)
    found = parse_condition(sheet, condition, ())
    assert found is not None
    assert sheet.problems == []
    return form_of(found)


def holds(condition: dict[str, Any], mail: Mail, facts: Facts) -> bool:
    """Whether a condition holds for a mail."""
    found = parse_condition(Sheet(CONTEXT), condition, ())
    assert found is not None
    return found.holds(Reading(mail, facts))


def told(*rules: dict[str, Any], tests: list[dict[str, Any]] | None = None) -> list[tuple[object, ...]]:
    """Place and message of each finding on rules named r0, r1 …"""
    named = [{"name": f"r{index}", **rule} for index, rule in enumerate(rules)]
    found, problems = parse_rules({"rules": named, "tests": tests or []}, CONTEXT, "rules.yaml")
    assert problems == ()
    return [(finding.path, finding.message) for finding in analyse(found)]


def never_reached(*rules: dict[str, Any]) -> list[object]:
    """The places of rules of which it is said that they are never reached."""
    return [path for path, message in told(*rules) if "never reached" in str(message)]


WEAKER: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"subject": "Angebotsfrist"}, {"subject": "angebot"}),
    ({"subject": ["Angebote", "Bangebot"]}, {"subject": "ANGEBOT"}),
    ({"subject": {"is": "Angebot"}}, {"subject": {"words": "Angebote"}}),
    ({"subject": {"is": "Angebot"}}, {"subject": {"matches": "ang*"}}),
    ({"subject": {"is": "Angebot", "exact": True}}, {"subject": {"regex": "^angebot$"}}),
    ({"subject": {"starts": "Angebot:"}}, {"subject": {"starts": ["Angebot", "x"]}}),
    ({"subject": {"ends": "Angebot"}}, {"subject": {"contains": "bot"}}),
    ({"subject": {"starts": "Re: Angebot"}}, {"subject": "angebot"}),
    ({"subject": {"words": ["Angebot", "Preis"]}}, {"subject": {"words": ["Preis", "Anfrage", "Angebot"]}}),
    ({"subject": {"words": "neues Angebot"}}, {"subject": {"words": "Angebot"}}),
    ({"subject": {"regex": "a+"}}, {"subject": {"regex": ["a+", "b+"]}}),
    ({"subject": {"contains": "a", "starts": "b"}}, {"subject": {"starts": "b"}}),
    ({"from": {"address": "anna@mail.kunde.example"}}, {"from": {"domain": "kunde.example"}}),
    ({"from": {"in": ["a@x.example", "b@x.example"]}}, {"from": {"local": ["a", "b", "c"]}}),
    ({"from": {"domain": "mail.kunde.example"}}, {"from": {"domain": ["kunde.example", "x.example"]}}),
    ({"from": {"name": "Anna"}}, {"from": "anna"}),
    ({"to": {"domain": "kunde.example", "local": "a"}}, {"recipient": {"domain": "kunde.example"}}),
    ({"machine": "bounce"}, {"machine": ["bounce", "list"]}),
    ({"machine": ["bounce", "list"]}, {"machine": "any"}),
    ({"relationship": "vip"}, {"not": {"relationship": ["blocked", "customer"]}}),
    ({"not": {"relationship": ["vip", "customer"]}}, {"not": {"relationship": "vip"}}),
    ({"machine": "bounce"}, {"not": {"machine": "list"}}),
    ({"size": {"larger": "2MB"}}, {"size": {"larger": "1MB"}}),
    ({"size": {"larger": 5, "smaller": 9}}, {"size": {"larger": 4, "smaller": 10}}),
    ({"size": {"larger": 5}}, {"not": {"size": {"smaller": 5}}}),
    ({"flags": "seen"}, {"flags": ["\\Seen", "wichtig"]}),
    ({"attachment": {"name": "rechnung.pdf"}}, {"attachment.name": "rechnung"}),
    ({"attachment.name": "x"}, {"attachment": True}),
    ({"attachment": {"type": "application/pdf", "count": 3}}, {"attachment": {"count": {"at_least": 2}}}),
    ({"attachment": {"count": {"at_most": 1}}}, {"not": {"attachment": {"larger": "1KB", "count": 2}}}),
    ({"attachment": False}, {"not": {"attachment": {"type": "image/*"}}}),
    ({"subject": "a", "machine": "any"}, {"subject": "a"}),
    ({"subject": "a"}, {"any": [{"subject": "a"}, {"machine": "any"}]}),
    ({"any": [{"subject": "ab"}, {"subject": "ac"}]}, {"any": [{"subject": "a"}, {"machine": "any"}]}),
    ({"not": {"any": [{"subject": "a"}, {"body": "b"}]}}, {"not": {"subject": "ab"}}),
    ({"not": [{"subject": "a"}, {"body": "b"}]}, {"not": {"subject": "a", "body": "b"}}),
    ({"subject": {"is": "Angebot"}}, {"not": {"subject": {"is": "Rechnung"}}}),
    ({"subject": {"starts": "Angebot"}}, {"not": {"subject": {"starts": "Rechnung"}}}),
    ({"age": {"older": "2d"}}, {"age": {"older": "1d"}}),
    ({"age": {"younger": "1h"}}, {"not": {"age": {"older": "2h"}}}),
    ({"received": {"weekday": "sat"}}, {"received": {"weekday": ["sat", "sun"]}}),
    ({"received": {"weekday": "sat"}}, {"not": {"received": {"weekday": "sun"}}}),
    ({"received": {"between": "09:00-10:00"}}, {"received": {"between": ["08:00-12:00", "13:00-14:00"]}}),
    ({"received": {"between": "09:00-10:00", "weekday": "mon"}}, {"received": {"weekday": "mon-fri"}}),
    ({"received": {"between": "22:00-23:00"}}, {"not": {"received": {"between": "06:00-22:00"}}}),
    ({"absence": ["Jane Doe"]}, {"absence": True}),
    ({"absence": False}, {"not": {"absence": ["Jane Doe"]}}),
    (
        {"history": {"received": {"at_least": 3, "within": "2d"}}},
        {"history": {"received": {"at_least": 2, "within": "7d"}}},
    ),
    ({"history": {"received": {"within": "2d"}}}, {"history": {"first_contact": False}}),
    ({"history": {"sent": {"within": "2d"}}}, {"history": {"sent": True}}),
    ({"history": {"sent": False}}, {"not": {"history": {"sent": {"within": "2d"}}}}),
    ({"history": {"first_contact": True}}, {"history": {"sent": False}}),
    ({"history": {"first_contact": True}}, {"not": {"history": {"received": {"at_least": 2}}}}),
    ({"history": {"template_sent": {"name": "a", "within": "2d"}}}, {"history": {"template_sent": "a"}}),
    ({"language": "de"}, {"language": ["de", "en"]}),
    ({"language": "de"}, {"not": {"language": "en"}}),
    ({"authenticated": {"dmarc": "pass"}}, {"authenticated": {"dmarc": ["pass", "none"]}}),
    ({"hours": "open", "subject": "x"}, {"not": {"hours": "closed"}}),
    ({"encrypted": True, "holiday": True}, {"not": {"encrypted": False}}),
]


@pytest.mark.parametrize(("one", "other"), WEAKER, ids=str)
def test_what_asks_for_less_follows(one: dict[str, Any], other: dict[str, Any]) -> None:
    """The second holds wherever the first does; the other way round it doesn't, and their negations turn it round."""
    assert implies(form(one), form(other))
    assert not implies(form(other), form(one))
    assert implies(opposite(form(other)), opposite(form(one)))
    assert never_holds(form({"all": [one, {"not": other}]}))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"subject": "angebot"}, {"subject": {"words": "Angebot"}}),
        ({"subject": {"words": "Angebot"}}, {"subject": "angebot"}),
        ({"subject": {"contains": "Angebot", "exact": True}}, {"subject": "angebot"}),
        ({"subject": {"is": "a b"}}, {"subject": {"regex": "a b"}}),  # the blank may be a line end
        ({"body": "x"}, {"body": {"contains": "x", "quoted": True}}),
        ({"from": "anna"}, {"from": {"name": "anna"}}),
        (
            {"all": [{"from": {"local": "a"}}, {"from": {"domain": "x.example"}}]},
            {"from": {"local": "a", "domain": "x.example"}},
        ),
        ({"from": {"domain": "x.example"}}, {"not": {"from": {"domain": "y.example"}}}),  # From may name two
        ({"attachment": {"count": 2}}, {"attachment": {"type": "image/*"}}),
        ({"attachment": {"type": "image/*", "count": 2}}, {"attachment": {"count": 2}}),
        ({"flags": ["a", "b"]}, {"flags": "a"}),
        ({"holiday": True}, {"hours": "closed"}),
        ({"history": {"template_sent": "a"}}, {"history": {"sent": True}}),
        ({"authenticated": {"spf": "pass"}}, {"not": {"authenticated": {"spf": "fail"}}}),
        ({"received": {"between": ["09:00-10:00", "15:00-16:00"]}}, {"received": {"between": "08:00-12:00"}}),
        ({"absence": True}, {"absence": ["Jane Doe"]}),
    ],
    ids=str,
)
def test_what_may_differ_does_not_follow(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Where some mail fulfils the first and not the second, nothing is claimed."""
    assert not implies(form(one), form(other))


LEAVES = [
    *[condition for pair in WEAKER for condition in pair],
    {"subject": {"is": ["Angebot", "a"], "exact": True}},
    {"from": {"detail": "b"}},
    {"from": {"address": "a+b@ü.example"}},
    {"subject": {"ends": "x"}},
    {"header.X-Test": {"is": "x"}},
]
ANY_LEAF = st.sampled_from(LEAVES) | CONDITIONS
TREES = st.recursive(
    ANY_LEAF,
    lambda inner: st.one_of(
        st.builds(lambda one: {"not": one}, inner),
        st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3)),
    ),
    max_leaves=5,
)
RELATED = st.one_of(
    st.tuples(TREES, TREES),
    st.builds(lambda a, b: ({"all": [a, b]}, b), TREES, TREES),
    st.builds(lambda a, b: (a, {"any": [b, a]}), TREES, TREES),
    st.builds(
        lambda a, b, c: ({"all": [c, {"any": [a, b]}]}, {"any": [b, {"not": {"not": a}}]}),
        TREES,
        TREES,
        TREES,
    ),
    st.builds(lambda pair, c: ({"all": [pair[0], c]}, pair[1]), st.sampled_from(WEAKER), TREES),
)
TIMES = st.lists(st.timedeltas(timedelta(0), timedelta(days=9)).map(lambda ago: NOW - ago), max_size=3).map(
    tuple
)
HISTORIES = st.builds(
    History,
    received=TIMES,
    sent=TIMES,
    letters=TIMES.map(lambda times: tuple(Letter("a", when) for when in times)),
)
AWAY = Absence("Jane Doe", NOW.date(), NOW.date())
ALL_FACTS = st.builds(
    replace,
    test_decide.ALL_FACTS,
    received=st.timedeltas(timedelta(0), timedelta(days=9)).map(lambda ago: NOW - ago),
    history=HISTORIES,
    business=st.sampled_from([Business(), Business(absences=(AWAY,))]),
)
FITTING = st.sampled_from(
    [
        "Angebot",
        "angebotsfrist",
        "neues Angebot",
        "Re: Angebot: a",
        "Rechnung",
        "rechnung.pdf",
        "Preis",
        "bx",
        "x",
    ]
)
MORE_MAILS = st.builds(replace, MAILS, subject=FITTING, new_text=FITTING) | MAILS


@settings(max_examples=300, deadline=None)  # the first language told loads a model
@given(RELATED, MORE_MAILS, ALL_FACTS)
def test_implication_is_sound(pair: tuple[dict[str, Any], dict[str, Any]], mail: Mail, facts: Facts) -> None:
    """No mail fulfils the first condition and not the second where it is said that it can't."""
    one, other = pair
    if implies(form(one), form(other)):
        assert holds(other, mail, facts) or not holds(one, mail, facts)
    if excludes(form(one), form(other)):
        assert not (holds(one, mail, facts) and holds(other, mail, facts))
    for condition in pair:
        if never_holds(form(condition)):
            assert not holds(condition, mail, facts)


@settings(deadline=None)
@given(TREES, MORE_MAILS, ALL_FACTS)
def test_normal_form_keeps_the_meaning(condition: dict[str, Any], mail: Mail, facts: Facts) -> None:
    """Taken apart and put together again, a condition and its opposite say what they said."""
    reading = Reading(mail, facts)
    assert _holds(form(condition), reading) == holds(condition, mail, facts)
    assert _holds(opposite(form(condition)), reading) != holds(condition, mail, facts)


def _holds(one: Form, reading: Reading) -> bool:
    parts = getattr(one, "parts", None)
    if parts is None:
        return one.condition.holds(reading) is not one.negated  # type: ignore[union-attr]
    every = type(one).__name__ == "Every"
    return (all if every else any)(_holds(part, reading) for part in parts)


CHANGING = st.sampled_from([{"mark": ["seen"]}, {"mark": ["wichtig"]}, {"relate": "vip"}, {"copy": "B"}])
PLAIN = st.sampled_from(
    [
        {"flags": "seen"},
        {"flags": ["seen", "wichtig"]},
        {"not": {"flags": "seen"}},
        {"relationship": "vip"},
        {"relationship": ["vip", "customer"]},
        {"not": {"relationship": "vip"}},
        {"subject": "a"},
        {"subject": "ab"},
    ]
)
MOVING_RULES = st.fixed_dictionaries(
    {"do": st.lists(CHANGING, min_size=1, max_size=2, unique_by=str)},
    optional={"when": PLAIN, "unless": PLAIN, "then": st.just("continue"), "mode": st.just("canary")},
)


@settings(max_examples=150)
@given(st.lists(RULES | MOVING_RULES, max_size=6), MORE_MAILS, ALL_FACTS)
def test_what_is_called_unreachable_is_not_reached(
    rules: list[dict[str, Any]], mail: Mail, facts: Facts
) -> None:
    """No mail is decided by a rule of which it is said that it is never reached or never holds."""
    compiled = ruleset(*rules)
    findings = analyse(compiled)
    said = {
        finding.path[1]
        for finding in findings
        if "never" in finding.message and "written" not in finding.message
    }
    last = next((finding.path[1] for finding in findings if "never tried" in finding.message), None)
    held = [int(name[1:]) for name in decide(compiled, mail, facts).rules]
    for index in held:
        assert index not in said - {last}
        assert last is None or index <= last  # type: ignore[operator]


def test_a_rule_below_one_that_takes_all_its_mail_is_reported() -> None:
    """At the rule that is never reached, with the name of the one that stands in its way."""
    assert told(
        {"when": {"subject": "Angebot"}, "do": MOVE}, {"when": {"subject": "Angebotsfrist"}, "do": MOVE}
    ) == [
        (
            ("rules", 1),
            'this rule is never reached: wherever it holds, "r0" above holds before and stops; '
            "move it up, or let that one say then: continue",
        )
    ]


def test_only_a_live_rule_that_stops_stands_in_the_way() -> None:
    """Neither one that goes on nor one on trial; `keep` stops by itself; a rule on trial can be hidden as well."""
    one, other = {"when": {"subject": "a"}, "do": MOVE}, {"when": {"subject": "ab"}, "do": MOVE}
    assert never_reached({**one, **ON}, other) == []
    assert never_reached({**one, "mode": "canary"}, other) == []
    assert never_reached({**one, "do": ["keep"]}, other) == [("rules", 1)]
    assert never_reached(one, {**other, "mode": "canary"}) == [("rules", 1)]


def test_an_exception_lets_mail_through() -> None:
    """A rule that an exception of the earlier one lets through is reached; with the same exception it is not."""
    one = {"when": {"subject": "a"}, "unless": {"machine": "any"}, "do": MOVE}
    assert never_reached(one, {"when": {"subject": "ab"}, "do": MOVE}) == []
    assert never_reached(one, {"when": {"subject": "ab", "machine": "list"}, "do": MOVE}) == []
    assert never_reached(one, {"when": {"subject": "ab"}, "unless": {"machine": "any"}, "do": MOVE}) == [
        ("rules", 1)
    ]
    assert never_reached(
        {"when": {"subject": "a"}, "unless": {"relationship": "blocked"}, "do": MOVE},
        {"when": {"subject": "ab", "relationship": "vip"}, "do": MOVE},
    ) == [("rules", 1)]


def test_what_a_rule_in_between_changes_may_let_mail_through() -> None:
    """A mark or a relationship set in between makes a later condition on it true although the earlier one was not."""
    flagged = {"when": {"flags": "flagged"}, "do": MOVE}
    mark = {"when": {"subject": "a"}, "do": [{"mark": ["flagged"]}], **ON}
    assert never_reached(flagged, mark, flagged) == []
    assert never_reached(flagged, {**mark, "mode": "canary"}, flagged) == [("rules", 2)]
    assert never_reached(mark, flagged, flagged) == [("rules", 2)]
    assert never_reached(flagged, {**mark, "do": [{"mark": ["seen"]}]}, flagged) == [("rules", 2)]
    vip = {"when": {"relationship": "vip"}, "do": MOVE}
    assert never_reached(vip, {"when": {"subject": "a"}, "do": [{"relate": "vip"}], **ON}, vip) == []
    assert never_reached(vip, vip) == [("rules", 1)]


def test_a_rule_for_every_mail_is_reported_once() -> None:
    """It says how many rules after it are never tried, which are then not reported one by one; last, it is fine."""
    some = {"when": {"subject": "a"}, "do": MOVE}
    assert told(some, {"do": MOVE}, some, some) == [
        (
            ("rules", 1),
            "this rule holds for every mail and stops, so the 2 rules after it are never tried; move it to the end",
        )
    ]
    assert "the rule after it is never tried" in str(told({"do": ["keep"]}, some))
    assert told(some, {"do": MOVE}) == []
    assert told({"do": MOVE, **ON}, some) == []


@pytest.mark.parametrize(
    ("rule", "where"),
    [
        ({"when": {"all": [{"relationship": "vip"}, {"relationship": "customer"}]}}, "when"),
        ({"when": {"all": [{"size": {"larger": 9}}, {"size": {"smaller": 8}}]}}, "when"),
        ({"when": {"from": {"domain": "a.example", "address": "x@b.example"}}}, "when"),
        ({"when": {"subject": {"is": "a", "starts": "b"}}}, "when"),
        ({"when": {"machine": "list", "not": {"machine": "any"}}}, "when"),
        ({"when": {"attachment": False, "attachment.name": "x"}}, "when"),
        (
            {
                "when": {
                    "relationship": "vip",
                    "any": [{"relationship": "customer"}, {"not": {"relationship": "vip"}}],
                }
            },
            "when",
        ),
        ({"when": {"subject": "ab"}, "unless": {"subject": "a"}}, "unless"),
        ({"when": {"machine": "list"}, "unless": {"machine": "any"}}, "unless"),
        (
            {
                "when": {"relationship": ["vip", "customer"]},
                "unless": [{"relationship": "vip"}, {"relationship": "customer"}],
            },
            "unless",
        ),
    ],
    ids=str,
)
def test_a_rule_that_contradicts_itself_is_reported(rule: dict[str, Any], where: str) -> None:
    """At `when` where that alone can't be fulfilled, else at `unless`."""
    ((path, message),) = told({**rule, "do": MOVE})
    assert path == ("rules", 0, where)
    assert str(message).endswith("so the rule never holds")


def test_a_second_letter_is_reported() -> None:
    """Where a rule that drafts goes on to another that does, unless no mail comes to both."""
    vip = {"when": {"relationship": "vip"}, "do": [{"draft": "a"}], **ON}
    offer = {"when": {"subject": "a"}, "do": [{"draft": "b"}]}
    assert told(vip, offer) == [
        (
            ("rules", 0, "then"),
            'this rule drafts and goes on to "r1"; where both hold, only the first is written',
        )
    ]
    assert told(vip, {**offer, "when": {"subject": "a", "relationship": "customer"}}) == []
    assert told({**vip, "mode": "canary"}, offer) == []
    assert told(vip, {**offer, "mode": "canary"}) == []
    assert (
        told(vip, {"when": {"relationship": "vip"}, "do": MOVE}, offer) == []
    )  # stops all that comes from the first
    several = [{"when": {"subject": letter}, "do": [{"draft": "b"}]} for letter in "bcdef"]
    assert 'goes on to "r1", "r2", "r3" and others;' in str(told(vip, *several))
    both = {"when": {"relationship": "customer"}, "do": [{"relate": "vip"}, {"draft": "a"}], **ON}
    assert len(told(both, {"when": {"relationship": "vip"}, "do": [{"draft": "b"}]})) == 1


def test_a_second_answer_is_reported() -> None:
    """As a second draft; a draft beside an answer is meant."""
    vip = {"when": {"relationship": "vip"}, "do": [{"answer": {"template": "a"}}], **ON}
    offer = {"when": {"subject": "a"}, "do": [{"answer": {"template": "b"}}]}
    assert [message for _, message in told(vip, offer)] == [
        'this rule answers and goes on to "r1"; where both hold, only the first is written'
    ]
    assert told(vip, {**offer, "do": [{"draft": "b"}]}) == []


def test_a_test_that_expects_what_no_rule_does_is_a_fault() -> None:
    """Names of rules, folders, templates, addresses and marks, each with the one that is near."""
    rules = {"when": {"subject": "a"}, "do": [{"move": "Anfragen"}, {"draft": "a"}, {"mark": ["flagged"]}]}
    expect = {
        "rules": ["r0", "r1x"],
        "move": "Anfrage",
        "draft": "b",
        "mark": ["flagged", "seen"],
        "copy": [],
        "trash": True,
    }
    found, problems = parse_rules(
        {"rules": [{"name": "r1", **rules}], "tests": [{"mail": {"subject": "a"}, "expect": expect}]},
        CONTEXT,
        "x.yaml",
    )
    assert problems == ()
    below = ("tests", 0, "expect")
    assert analyse(found) == (
        Finding("x.yaml", (*below, "rules", 0), 'no rule is named "r0"', Severity.FAULT),
        Finding("x.yaml", (*below, "rules", 1), 'no rule is named "r1x"; did you mean «r1»?', Severity.FAULT),
        Finding(
            "x.yaml", (*below, "move"), 'no rule moves to "Anfrage"; did you mean «Anfragen»?', Severity.FAULT
        ),
        Finding("x.yaml", (*below, "draft"), 'no rule drafts by "b"', Severity.FAULT),
        Finding("x.yaml", (*below, "mark"), 'no rule sets "seen"', Severity.FAULT),
    )


def test_a_rule_of_another_file_is_named_with_it() -> None:
    """Who reads the message finds the rule that stands in the way."""
    shared, _ = parse_rules(
        {"rules": [{"name": "s", "when": {"machine": "any"}, "do": MOVE}]}, CONTEXT, "_shared/m.yaml"
    )
    own, _ = parse_rules(
        {"rules": [{"name": "o", "when": {"machine": "list"}, "do": MOVE}]}, CONTEXT, "rules.yaml"
    )
    joined, _ = join((shared, own))
    (finding,) = analyse(joined)
    assert (finding.origin, finding.path) == ("rules.yaml", ("rules", 0))
    assert (
        '"s" of _shared/m.yaml holds before and stops; remove it, or add an unless there' in finding.message
    )


def many(count: int) -> RuleSet:
    """Rules of all kinds, none of which hides another."""
    kinds: list[Callable[[int], dict[str, Any]]] = [
        lambda n: {"subject": {"words": [f"wort{n}", f"begriff{n}"]}},
        lambda n: {"subject": [f"angebot {n}x", f"anfrage {n}x"], "relationship": ["customer", "unknown"]},
        lambda n: {"from": {"domain": f"kunde{n}.example"}},
        lambda n: {"from": {"address": f"post@firma{n}.example"}, "machine": "any"},
        lambda n: {"any": [{"subject": f"ware {n}x"}, {"body": {"words": [f"lieferung{n}", "dringend"]}}]},
        lambda n: {"subject": {"regex": f"nr[0-9]+-{n}"}, "size": {"larger": n}},
    ]
    rules = [
        {"when": kinds[n % len(kinds)](n), "unless": {"machine": "newsletter"}, "do": MOVE}
        for n in range(count)
    ]
    return ruleset(*rules)


def test_a_thousand_rules_are_analysed_quickly() -> None:
    """In well under a fifth of a second, and the one rule that is hidden among them is found."""
    rules = many(1_000)
    hidden = replace(rules.rules[0], name="hidden", index=1_000, mode=Mode.CANARY)
    rules = RuleSet((*rules.rules, hidden))
    took = []
    for _ in range(3):
        began = time.process_time()
        findings = analyse(rules)
        took.append(time.process_time() - began)
        assert [finding.path for finding in findings] == [("rules", 1_000)]
    assert min(took) < 0.2


ALIKE: list[list[dict[str, Any]]] = [
    [{"body": {"regex": f"x{n}"}, "subject": {"regex": "a"}} for n in range(600)],
    [{"any": [{"all": [{"subject": {"is": f"{n}{m}"}} for m in range(20)]} for n in range(20)]}] * 20,
    [{"any": [{"size": {"larger": n * m}} for m in range(1, 30)]} for n in range(600, 1, -1)],
    [{"all": [{"subject": f"x{n}y{m}"} for m in range(60)]} for n in range(150)],
]


@pytest.mark.parametrize("conditions", ALIKE, ids=["regexes", "wide", "sizes", "long"])
def test_rules_that_look_alike_do_not_make_it_slow(conditions: list[dict[str, Any]]) -> None:
    """Conditions that nothing tells apart are compared up to a limit, and no further."""
    letters = [{"draft": "a"}, {"answer": "b"}]
    compiled = ruleset(
        *({"when": condition, "do": MOVE} for condition in conditions),
        *({"when": condition, "do": letters, **ON} for condition in conditions),
    )
    began = time.process_time()
    analyse(compiled)
    assert time.process_time() - began < 1

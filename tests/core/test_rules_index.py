"""The index of a rule set leaves out only rules that don't hold, and asks few of many."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core.contact import Relationship
from maild.core.decide import decide
from maild.core.facts import Facts
from maild.core.message import Address, Attachment, Machine, Mail
from maild.core.rules.index.clues import clues_of
from maild.core.rules.index.index import Index
from maild.core.rules.model import Rule, RuleSet
from maild.core.rules.reading import Reading
from tests.core.test_decide import ALL_FACTS, CONDITIONS, FACTS, MAILS, ruleset

ON = {"then": "continue"}
ACTIONS = st.sampled_from(
    [
        {"move": "A"},
        {"mark": "seen"},
        {"mark": "wichtig"},
        {"relate": "vip"},
        {"relate": "blocked"},
        {"note": "x"},
    ]
)
MORE = st.sampled_from(
    [
        {"subject": ["Angebot", "Rechnung 1"]},
        {"subject": {"words": ["Angebote", "Müller"]}},
        {"body": {"regex": r"(angebot|rechnung)\s*\w"}},
        {"any": [{"from": "kunde.example"}, {"machine": "list"}]},
        {"from": {"address": "anna@kunde.example", "name": "Anna"}},
        {"recipient": {"in": ["anna@kunde.example"]}},
        {"header.x-test": {"is": ["Angebot", ""], "exact": True}},
        {"attachment": {"name": "Rechnung"}},
        {"attachment": {"name": "Rechnung", "count": {"at_most": 0}}},
        {"relationship": ["vip", "unknown"]},
        {"flags": ["seen", "wichtig"]},
    ]
)
RULES = st.fixed_dictionaries(
    {"do": st.lists(ACTIONS, min_size=1, max_size=2, unique_by=lambda action: next(iter(action)))},
    optional={
        "when": CONDITIONS | MORE,
        "unless": CONDITIONS,
        "then": st.just("continue"),
        "mode": st.just("canary"),
    },
)


@dataclass(frozen=True)
class Linear(RuleSet):
    """The same rules, each of which is asked."""

    def candidates(self, reading: Reading) -> Iterator[Rule]:
        """All of them."""
        return iter(self.rules)


@given(st.lists(RULES, max_size=6), MAILS, ALL_FACTS)
def test_deciding_with_the_index_is_deciding_without(
    rules: list[dict[str, Any]], mail: Mail, facts: Facts
) -> None:
    """Whatever the rules and the mail, with rules that set relationship and flags for those after them."""
    indexed = ruleset(*rules)
    assert decide(indexed, mail, facts) == decide(Linear(indexed.rules), mail, facts)


@given(st.lists(CONDITIONS | MORE, min_size=1, max_size=6), MAILS, ALL_FACTS)
def test_no_rule_that_holds_is_left_out(conditions: list[dict[str, Any]], mail: Mail, facts: Facts) -> None:
    """Candidates come once each, in the order of the rules, and all that hold are among them."""
    rules = ruleset(*({"when": condition, "do": ["trash"]} for condition in conditions))
    reading = Reading(mail, facts)
    found = [rule.name for rule in rules.candidates(reading)]
    assert found == sorted(set(found))
    assert {rule.name for rule in rules.rules if rule.holds(reading)} <= set(found)


MAIL = Mail(
    headers=(("X-Projekt", "Projekt 7"),),
    subject="Bitte um ein Angebot, Vorgang 77",
    from_=(Address("anna+messe@vertrieb.kunde7.example", "Anna Müller"),),
    new_text="Wir brauchen die Kaufverträge zu Vorgang 77 bis morgen.",
    attachments=(Attachment("liste7.pdf", "application/pdf", 10),),
    machine=Machine.LIST,
)


@pytest.mark.parametrize(
    "condition",
    [
        {"subject": "vorgang {n}"},
        {"subject": {"ends": "Vorgang {n}"}},
        {"subject": {"is": "Bitte um ein Angebot, Vorgang {n}"}},
        {"subject": {"contains": "Vorgang {n}", "exact": True}},
        {"subject": {"matches": "bitte*vorgang {n}"}},
        {"subject": {"regex": r"vorgang {n}\b"}},
        {"subject": {"words": "Vorgang Nummer{n}"}},
        {"body": {"words": "Nummer{n}"}},
        {"body": ["vorgang {n} ", "gibt es nicht {n}"]},
        {"from": {"domain": "kunde{n}.example"}},
        {"from": {"local": "anna{n}"}},
        {"from": {"address": "anna@kunde{n}.example"}},
        {"header.x-projekt": {"is": "projekt {n}"}},
        {"attachment.name": "liste{n}.pdf"},
        {"attachment": {"name": {"starts": "liste{n}."}}},
        {"machine": "any", "subject": "vorgang {n}"},
        {"relationship": "unknown", "from": {"domain": "kunde{n}.example"}},
        {"any": [{"subject": "vorgang {n}"}, {"from": {"domain": "kunde{n}.example"}}]},
        {"all": [{"body": "morgen"}, {"not": {"subject": "x"}}, {"subject": "vorgang {n}"}]},
        {"from": {"domain": "kunde7.example"}, "subject": "vorgang {n}"},
        {"body": {"words": "Vertrag"}, "subject": {"starts": "Bitte"}, "header.x-projekt": "projekt {n}"},
    ],
)
def test_of_many_rules_few_are_asked(condition: dict[str, Any]) -> None:
    """Where rules differ in something that the mail must show, only those are asked that it speaks of."""
    rules = ruleset(*({"when": numbered(condition, number), "do": ["trash"]} for number in range(1, 301)))
    asked = list(rules.candidates(Reading(MAIL, FACTS)))
    assert len(asked) <= 3


def numbered(value: Any, number: int) -> Any:
    """The condition with a number in its place."""
    if isinstance(value, dict):
        return {key: numbered(item, number) for key, item in value.items()}
    if isinstance(value, list):
        return [numbered(item, number) for item in value]
    return value.replace("{n}", str(number)) if isinstance(value, str) else value


@pytest.mark.parametrize(
    "condition",
    [
        {"not": {"subject": "Rechnung"}},
        {"size": {"larger": 4}},
        {"flags": "seen"},
        {"subject": "ab"},
        {"subject": {"regex": "a|b"}},
        {"any": [{"subject": "Rechnung"}, {"size": {"larger": 4}}]},
        {"attachment": {"name": "Rechnung", "count": {"at_most": 2}}},
    ],
)
def test_without_a_clue_a_rule_is_always_asked(condition: dict[str, Any]) -> None:
    """What a mail need not show can't be looked for, and flags may change while rules are tried."""
    (rule,) = ruleset({"when": condition, "do": ["trash"]}).rules
    assert rule.when is not None
    assert clues_of(rule.when) == ()
    assert list(ruleset({"when": condition, "do": ["trash"]}).candidates(Reading(Mail(), FACTS))) == [rule]


def test_a_condition_that_is_unknown_here_is_always_asked() -> None:
    """A new kind of condition makes a set slower, never wrong."""

    @dataclass(frozen=True)
    class Always:
        cost: int = 1

        def holds(self, reading: Reading) -> bool:
            return True

    assert list(Index([Always()], related=False).places(Reading(Mail(), FACTS))) == [0]


def test_relationship_is_no_clue_where_a_rule_sets_it() -> None:
    """A rule for a relationship that an earlier rule has just set is tried."""
    vip = {"when": {"relationship": "vip"}, "do": [{"copy": "B"}]}
    assert list(ruleset(vip).candidates(Reading(MAIL, FACTS))) == []
    rules = ruleset({"do": [{"relate": "vip"}], **ON}, vip)
    assert decide(rules, MAIL, FACTS).rules == ("r0", "r1")
    assert decide(rules, MAIL, replace(FACTS, relationship=Relationship.CUSTOMER)).rules == ("r0", "r1")


def test_the_text_is_not_looked_at_before_it_must_be() -> None:
    """A mail that an early rule stops costs no folding of its text."""
    rules = ruleset(
        {"when": {"machine": "list"}, "do": ["trash"]}, {"when": {"body": "Verträge"}, "do": ["trash"]}
    )
    reading = Reading(MAIL, FACTS)
    candidates = rules.candidates(reading)
    assert next(iter(candidates)) is rules.rules[0]
    assert "body" not in reading._items


def test_pieces_within_pieces_do_not_flood() -> None:
    """Texts that contain each other, and a mail that has all of them everywhere, cost no more than their letters."""
    rules = ruleset(*({"when": {"body": "a" * length}, "do": ["trash"], **ON} for length in range(3, 200)))
    reading = Reading(Mail(new_text="a" * 64_000), FACTS)
    assert len(list(rules.candidates(reading))) == 197
    (look,) = rules._indexed()._looks
    assert len(look._pieces("a" * 1_000)) < 5_000  # type: ignore[attr-defined]


def test_half_characters_are_no_obstacle() -> None:
    """A lone surrogate in the mail, or in a rule that does not come from a file, raises nothing and hides nothing."""
    rules = ruleset(
        {"when": {"subject": "angebot"}, "do": ["trash"], **ON},
        {"when": {"subject": "x\ud800angebot"}, "do": ["trash"], **ON},
        {"when": {"subject": {"contains": "X\ud800A", "exact": True}}, "do": ["trash"], **ON},
    )
    assert decide(rules, Mail(subject="X\ud800Angebot"), FACTS).rules == ("r0", "r1", "r2")


def test_marks_that_compose_hide_nothing_from_exact_tests() -> None:
    """Exact tests see a letter before its mark, though folding makes one letter of both."""
    rules = ruleset({"when": {"subject": {"contains": "Cafe", "exact": True}}, "do": ["trash"]})
    assert decide(rules, Mail(subject="Cafe\u0301"), FACTS).rules == ("r0",)


def test_many_threads_share_one_set() -> None:
    """The index is made once or twice at first, and every thread gets the same answers from it."""
    rules = ruleset(*({"when": {"subject": f"Vorgang {number}"}, "do": ["trash"]} for number in range(200)))
    mails = [Mail(subject=f"Vorgang {number}.") for number in range(200)] * 3
    with ThreadPoolExecutor(8) as pool:
        decisions = list(pool.map(lambda mail: decide(rules, mail, FACTS), mails))
    alone = [decide(Linear(rules.rules), mail, FACTS) for mail in mails[:20]]
    assert decisions[:20] == alone
    assert all(len(decision.rules) == 1 for decision in decisions)

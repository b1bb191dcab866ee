"""Parsing of rules files: what is accepted, and each complaint with its place and exact words."""

from dataclasses import replace
from datetime import timedelta
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
from maild.core.contact import Relationship
from maild.core.durations import BusinessHours
from maild.core.rules.model import Mode, Then
from maild.core.rules.parse.rules import Clash, Problem, RuleContext, RuleSet, join, parse_rules

CONTEXT = RuleContext(
    templates=frozenset({"offer-request", "complaint"}),
    forward_to=frozenset({"accounting@northwind.example"}),
    identities=frozenset({"info@northwind.example"}),
    protected_folders=frozenset({"Drafts", "Entwürfe", "Sent", "Trash", "Freigabe"}),
    files=frozenset({"preisliste.pdf"}),
    gapped=frozenset({"offer-request"}),
)


def parse(data: object, origin: str = "rules.yaml") -> tuple[RuleSet, tuple[Problem, ...]]:
    """Parse as part of a client that has a little of everything."""
    return parse_rules(data, CONTEXT, origin)


def rule(**keys: Any) -> dict[str, Any]:
    """A sound rule, with other keys."""
    return {"name": "r", "do": [{"move": "Anfragen"}], **keys}


def problems(data: object) -> list[tuple[str, str]]:
    """Path, dotted, and message of each problem; a ! before the path says that the key is meant."""
    found = parse(data)[1]
    return [(("!" if one.on_key else "") + ".".join(map(str, one.path)), one.message) for one in found]


def when(**conditions: Any) -> dict[str, Any]:
    """A file with one rule of these conditions."""
    return {"rules": [rule(when=conditions)]}


def do(*actions: Any) -> dict[str, Any]:
    """A file with one rule of these actions."""
    return {"rules": [{"name": "r", "do": list(actions)}]}


def expect(**keys: Any) -> dict[str, Any]:
    """A file with one test of these expectations."""
    return {"tests": [{"mail": {"subject": "x"}, "expect": keys}]}


def about(**keys: Any) -> dict[str, Any]:
    """A file with one test of these circumstances."""
    return {"tests": [{"mail": {"subject": "x"}, "expect": {"only": True}, **keys}]}


def test_a_whole_rule_is_understood() -> None:
    """Every part of a rule arrives where it belongs."""
    data = {
        "use": ["_shared/machine-mail.yaml"],
        "rules": [
            {
                "name": "offer-request",
                "when": {"subject": {"words": ["Angebot"]}, "relationship": ["customer", "unknown"]},
                "unless": {"machine": "any"},
                "do": [{"move": "Anfragen"}, {"draft": "offer-request"}],
                "then": "continue",
                "mode": "canary",
            }
        ],
    }
    rules, found = parse(data, "rules/northwind/rules.yaml")
    assert found == ()
    (one,) = rules.rules
    assert (one.name, one.then, one.mode) == ("offer-request", Then.CONTINUE, Mode.CANARY)
    assert one.actions == (Move("Anfragen"), Draft("offer-request"))
    assert one.when is not None
    assert one.unless is not None
    assert one.origin == "rules/northwind/rules.yaml"


@pytest.mark.parametrize(
    ("action", "meaning"),
    [
        ({"move": "Anfragen"}, Move("Anfragen")),
        ({"move": " Anfragen/2026 "}, Move("Anfragen/2026")),
        ({"move": "Auftra\u0308ge"}, Move("Aufträge")),
        ({"copy": "Archiv"}, Copy("Archiv")),
        ({"mark": "Seen"}, Mark(("seen",))),
        ({"mark": ["\\Flagged", "Wichtig", "flagged"]}, Mark(("flagged", "Wichtig"))),
        ({"draft": "complaint"}, Draft("complaint")),
        (
            {
                "draft": {
                    "template": "complaint",
                    "identity": "INFO@northwind.example",
                    "attach": "preisliste.pdf",
                }
            },
            Draft("complaint", "info@northwind.example", ("preisliste.pdf",)),
        ),
        ({"forward": "client"}, Forward("client")),
        ({"forward": "Accounting@Northwind.example"}, Forward("accounting@northwind.example")),
        ({"forward": {"to": "client", "when": "now"}}, Forward("client")),
        ({"forward": {"to": "client", "when": "Digest"}}, Forward("client", digest=True)),
        (
            {"forward": {"to": "accounting@northwind.example", "when": "digest"}},
            Forward("accounting@northwind.example", digest=True),
        ),
        ({"answer": "complaint"}, Answer("complaint")),
        ({"answer": {"template": "complaint", "within": "1d"}}, Answer("complaint", timedelta(days=1))),
        (
            {"answer": {"template": "complaint", "within": "48h", "identity": "Info@northwind.example"}},
            Answer("complaint", timedelta(days=2), "info@northwind.example"),
        ),
        ({"answer": {"template": "complaint", "within": "1y"}}, Answer("complaint", timedelta(days=365))),
        ({"remind": "4 business hours"}, Remind(BusinessHours(4))),
        ({"remind": {"after": "2d"}}, Remind(timedelta(days=2))),
        ({"relate": "VIP"}, Relate(Relationship.VIP)),
        ({"note": "Bitte zurückrufen"}, Note("Bitte zurückrufen")),
        ({"note": {"text": "Frist läuft", "urgent": True}}, Note("Frist läuft", urgent=True)),
        ("trash", Trash()),
        ({"trash": None}, Trash()),
        ({"keep": True}, Keep()),
        ("keep", Keep()),
    ],
)
def test_each_action_has_its_meaning(action: object, meaning: object) -> None:
    """An action of the file becomes the action of the core."""
    rules, found = parse(do(action))
    assert found == ()
    assert rules.rules[0].actions == (meaning,)


def test_a_rule_may_answer_at_once_and_draft_for_later() -> None:
    """«We are closed» goes out by itself, and the reply proper waits for the morning."""
    rules, found = parse(do({"answer": "complaint"}, {"draft": "offer-request"}))
    assert found == ()
    assert rules.rules[0].actions == (Answer("complaint"), Draft("offer-request"))


def test_business_hours_need_opening_hours() -> None:
    """Where client.yaml names none, they would never pass."""
    rules, found = parse_rules(
        do({"remind": "4 business hours"}), replace(CONTEXT, has_hours=False), "rules.yaml"
    )
    assert rules.rules == ()
    assert [one.message for one in found] == [
        'client.yaml names no "hours", so business hours never pass; write it as 4h or 2d'
    ]
    assert parse_rules(do({"remind": "4h"}), replace(CONTEXT, has_hours=False), "rules.yaml")[1] == ()


@pytest.mark.parametrize("data", [None, {}, {"rules": None}, {"rules": []}, {"tests": None}, {"use": []}])
def test_an_empty_file_is_no_mistake(data: object) -> None:
    """A file without rules is a set without rules."""
    rules, found = parse(data)
    assert (rules.rules, found) == ((), ())


FILE = [
    ([], "", "expected a map with use, rules or tests, found a list"),
    ("x", "", 'expected a map with use, rules or tests, found "x"'),
    ({"rule": []}, "!rule", 'unknown key "rule"; did you mean «rules»?'),
    ({"xyz": []}, "!xyz", 'unknown key "xyz"; there are use, rules and tests'),
    ({"rules": {}}, "rules", "expected a list of rules, found a map; begin each with - name:"),
    ({"rules": ["x"]}, "rules.0", 'expected a rule with name, when and do, found "x"'),
    ({"use": [3]}, "use.0", "expected text, found the number 3; put it in quotes"),
    ({"use": {"a": "b"}}, "use", "expected a list, found a map; begin each entry with -"),
    ({"use": "a.yaml"}, "use", 'expected a list, found "a.yaml"; begin each entry with -'),
    ({"tests": {}}, "tests", "expected a list of tests, found a map"),
]
RULE = [
    ({"rules": [{"do": ["trash"]}]}, "rules.0", 'a rule needs a "name"'),
    ({"rules": [{"name": "r"}]}, "rules.0", 'a rule needs "do", the list of its actions'),
    ({"rules": [rule(name=None)]}, "rules.0.name", "expected text, found nothing"),
    ({"rules": [rule(name=7)]}, "rules.0.name", "expected text, found the number 7; put it in quotes"),
    (
        {"rules": [rule(name="anna@kunde.example")]},
        "rules.0.name",
        '"anna@kunde.example": a name has letters, digits, blanks and . _ - and at most 80 of them',
    ),
    ({"rules": [rule(), rule()]}, "rules.1.name", 'another rule is already named "r"'),
    ({"rules": [rule(wehn={})]}, "!rules.0.wehn", 'unknown key "wehn"; did you mean «when»?'),
    (
        {"rules": [rule(then="contineu")]},
        "rules.0.then",
        'unknown value of "then": "contineu"; did you mean «continue»?',
    ),
    (
        {"rules": [rule(mode="dry")]},
        "rules.0.mode",
        'unknown value of "mode": "dry"; there are live and canary',
    ),
    ({"rules": [rule(mode=True)]}, "rules.0.mode", "expected text, found true; put it in quotes"),
    ({"rules": [rule(do="trash")]}, "rules.0.do", 'expected a list, found "trash"; begin each entry with -'),
    ({"rules": [rule(do=[])]}, "rules.0.do", "the list is empty; write at least one entry"),
    (
        {"rules": [rule(do=["keep"], then="continue")]},
        "rules.0.then",
        '"keep" ends the rules, so "then: continue" contradicts it',
    ),
    ({"rules": [rule(when=None)]}, "rules.0.when", "expected a map of conditions, found nothing"),
    ({"rules": [rule(when={})]}, "rules.0.when", "no condition is named here"),
    (
        {"rules": [rule(when=[{}])]},
        "rules.0.when",
        "expected a map of conditions, found a list; leave out the -, or write all: or any: above the list",
    ),
    ({"rules": [rule(unless=[])]}, "rules.0.unless", "the list is empty; write at least one entry"),
    (
        {"rules": [rule(unless=["x"])]},
        "rules.0.unless.0",
        'expected a map of conditions, found "x"; write it as in subject: Rechnung',
    ),
]
CONDITION = [
    (when(subjct="x"), "!rules.0.when.subjct", 'unknown key "subjct"; did you mean «subject»?'),
    (when(header={"X": 1}), "!rules.0.when.header", 'unknown key "header"; did you mean «header.X»?'),
    (
        when(**{"header.": "x"}),
        "!rules.0.when.header.",
        '"" is not the name of a header, as in header.X-Spam-Flag',
    ),
    (when(agee=1), "!rules.0.when.agee", 'unknown key "agee"; did you mean «age»?'),
    (
        when(any=[{"hours": "shut"}]),
        "rules.0.when.any.0.hours",
        'unknown value of "hours": "shut"; there are open and closed',
    ),
    (when(all={"subject": "x"}), "rules.0.when.all", "expected a list, found a map; begin each entry with -"),
    (when(any=[]), "rules.0.when.any", "the list is empty; write at least one entry"),
    (when(**{"not": {}}), "rules.0.when.not", "no condition is named here"),
]
TEXT = [
    (when(subject=2026), "rules.0.when.subject", "expected text, found the number 2026; put it in quotes"),
    (when(subject=None), "rules.0.when.subject", "expected text, found nothing"),
    (when(subject=" "), "rules.0.when.subject", "expected text, found an empty text"),
    (when(subject=[]), "rules.0.when.subject", "the list is empty; write at least one entry"),
    (when(subject=["a", True]), "rules.0.when.subject.1", "expected text, found true; put it in quotes"),
    (
        when(subject={"word": "x"}),
        "!rules.0.when.subject.word",
        'unknown key "word"; did you mean «words»?',
    ),
    (
        when(subject={"exact": True}),
        "rules.0.when.subject",
        "no test on the text is named here: contains, is, starts, ends, matches, regex or words",
    ),
    (
        when(subject={"is": "a", "exact": "yes"}),
        "rules.0.when.subject.exact",
        'expected true or false, found "yes"',
    ),
    (
        when(subject={"is": "a", "quoted": True}),
        "!rules.0.when.subject.quoted",
        'unknown key "quoted"; there are contains, is, starts, ends, matches, regex, words and exact',
    ),
    (
        when(body={"is": "a", "quoted": 1}),
        "rules.0.when.body.quoted",
        "expected true or false, found the number 1",
    ),
    (when(subject={"regex": "a("}), "rules.0.when.subject.regex", "the pattern can't be used: missing ): a("),
    (
        when(subject={"regex": ["a", r"(?<=a)b"]}),
        "rules.0.when.subject.regex.1",
        "the pattern can't be used: invalid perl operator: (?<= (there is no look-around in RE2; use unless for what "
        "must not stand there)",
    ),
    (
        when(subject={"regex": r"\pL{1,300}"}),
        "rules.0.when.subject.regex",
        "the pattern can't be used: pattern too large - compile failed; repeat less often, above all . and [^…] "
        "and \\p",
    ),
    (
        when(subject={"regex": "[^ä]"}),
        "rules.0.when.subject.regex",
        "the pattern can't be used: [^ä] excludes «ä», which folding spells ae; use exact: true",
    ),
    (
        when(subject={"regex": "[a-ü]"}),
        "rules.0.when.subject.regex",
        "the pattern can't be used: the range a-ü means nothing in folded text; name its letters",
    ),
    (
        when(subject={"matches": "a" * 2001}),
        "rules.0.when.subject.matches",
        "the pattern can't be used: it is longer than 2,000 letters",
    ),
    (
        when(subject={"regex": "\ud800"}),
        "rules.0.when.subject.regex",
        "the pattern can't be used: it holds half a character (a lone surrogate)",
    ),
    (when(subject={"words": ["Angebot", "!!"]}), "rules.0.when.subject.words.1", '"!!" has no word in it'),
]
ADDRESS = [
    (when(**{"from": {}}), "rules.0.when.from", "no test is named here, such as domain or contains"),
    (
        when(**{"from": {"domian": "x"}}),
        "!rules.0.when.from.domian",
        'unknown key "domian"; did you mean «domain»?',
    ),
    (
        when(to={"address": "kunde.example"}),
        "rules.0.when.to.address",
        '"kunde.example" is not an address such as anna@kunde.example; for a domain use "domain"',
    ),
    (
        when(cc={"domain": ["a.example", "*.kunde.example"]}),
        "rules.0.when.cc.domain.1",
        '"*.kunde.example" is not a domain such as kunde.example; its subdomains are included',
    ),
    (
        when(to={"local": "info@"}),
        "rules.0.when.to.local",
        '"info@": "local" is compared without @ and +; what follows + is "detail", and the whole is "address"',
    ),
    (
        when(to={"detail": "+x"}),
        "rules.0.when.to.detail",
        '"+x": "detail" is compared without @ and +; what follows + is "detail", and the whole is "address"',
    ),
    (
        when(to={"in": "a@b.example"}),
        "rules.0.when.to.in",
        'expected a list, found "a@b.example"; begin each entry with -',
    ),
    (
        when(to={"name": {"regex": "("}}),
        "rules.0.when.to.name.regex",
        "the pattern can't be used: missing ): (",
    ),
]
REST = [
    (when(size="2MB"), "rules.0.when.size", 'expected a map with larger or smaller, found "2MB"'),
    (when(size={}), "rules.0.when.size", "neither larger nor smaller is named here"),
    (
        when(size={"larger": "2 Meter"}),
        "rules.0.when.size.larger",
        'expected a size such as 500KB or 2MB, found "2 Meter"',
    ),
    (
        when(size={"larger": True}),
        "rules.0.when.size.larger",
        "expected a size such as 500KB or 2MB, found true",
    ),
    (
        when(size={"larger": "2MB", "smaller": "1MB"}),
        "rules.0.when.size",
        "nothing is larger and smaller than these at the same time",
    ),
    (
        when(attachment="pdf"),
        "rules.0.when.attachment",
        'expected true, false or a map with name, type, larger, smaller or count, found "pdf"; '
        "for its name write attachment: {name: Rechnung}",
    ),
    (
        when(attachment={}),
        "rules.0.when.attachment",
        "no test on the attachment is named here; for any attachment write true",
    ),
    (
        when(attachment={"type": "pdf"}),
        "rules.0.when.attachment.type",
        '"pdf" is not a media type such as application/pdf or image/*',
    ),
    (when(attachment={"count": "2"}), "rules.0.when.attachment.count", 'expected a whole number, found "2"'),
    (
        when(attachment={"count": {}}),
        "rules.0.when.attachment.count",
        "neither at_least nor at_most is named here",
    ),
    (
        when(attachment={"count": {"at_least": 3, "at_most": 2}}),
        "rules.0.when.attachment.count",
        "no number is at least 3 and at most 2",
    ),
    (
        when(machine="newsleter"),
        "rules.0.when.machine",
        'unknown machine class "newsleter"; did you mean «newsletter»?',
    ),
    (
        when(machine=["bounce", "x"]),
        "rules.0.when.machine.1",
        'unknown machine class "x"; there are '
        "bounce, auto_reply, newsletter, list, meeting, receipt, notification and any",
    ),
    (
        when(relationship="costumer"),
        "rules.0.when.relationship",
        'unknown relationship "costumer"; did you mean «customer»?',
    ),
    (
        when(flags=["zu spät"]),
        "rules.0.when.flags.0",
        '"zu spät" is not a flag: no blanks, umlauts, quotes, brackets, % or *',
    ),
]
ACTION = [
    (do({}), "rules.0.do.0", "expected an action such as move: Anfragen, found nothing"),
    (do(5), "rules.0.do.0", "expected an action such as move: Anfragen, found the number 5"),
    (do({"mvoe": "A"}), "!rules.0.do.0.mvoe", 'unknown key "mvoe"; did you mean «move»?'),
    (
        do("explode"),
        "rules.0.do.0",
        'unknown action "explode"; there are '
        "move, copy, mark, draft, answer, forward, note, remind, relate, trash and keep",
    ),
    (do("delete"), "rules.0.do.0", 'unknown action "delete"; did you mean «trash»?'),
    (do("trahs"), "rules.0.do.0", 'unknown action "trahs"; did you mean «trash»?'),
    (do("move"), "rules.0.do.0", '"move" needs a value, as in move: Anfragen'),
    (do("answer"), "rules.0.do.0", '"answer" needs a value, as in answer: we-are-closed'),
    (do("remind"), "rules.0.do.0", '"remind" needs a value, as in remind: 4 business hours'),
    (do("relate"), "rules.0.do.0", '"relate" needs a value, as in relate: customer'),
    (
        do({"move": "A", "draft": "complaint"}),
        "!rules.0.do.0.draft",
        'each action is an entry of its own; write "- draft:"',
    ),
    (do({"trash": False}), "rules.0.do.0.trash", '"trash" takes no value; write "- trash"'),
    (do({"move": "A"}, "trash"), "rules.0.do.1", "a mail ends in one place; this contradicts move: A above"),
    (do("keep", {"move": "A"}), "rules.0.do.1", "a mail ends in one place; this contradicts keep above"),
    (
        do({"draft": "complaint"}, {"draft": "offer-request"}),
        "rules.0.do.1",
        "a rule drafts once; remove one of the two",
    ),
    (
        do({"answer": "complaint"}, {"answer": {"template": "complaint", "within": "1d"}}),
        "rules.0.do.1",
        "a rule answers once; remove one of the two",
    ),
    (
        do({"remind": "4h"}, {"remind": "2d"}),
        "rules.0.do.1",
        "a rule reminds once; remove one of the two",
    ),
    (
        do({"relate": "vip"}, {"relate": "customer"}),
        "rules.0.do.1",
        "a rule sets the relationship once; remove one of the two",
    ),
    (
        do({"answer": "complant"}),
        "rules.0.do.0.answer",
        'there is no template "complant"; did you mean «complaint»?',
    ),
    (
        do({"answer": {"template": "offer-request"}}),
        "rules.0.do.0.answer.template",
        'template "offer-request" has gaps, which nobody would fill in an answer; '
        "take the gaps out, or write a draft",
    ),
    (do({"answer": {"within": "7d"}}), "rules.0.do.0.answer", "an answer needs a template"),
    (do({"answer": ["complaint"]}), "rules.0.do.0.answer", "expected text, found a list"),
    (
        do({"answer": {"template": "complaint", "attach": "preisliste.pdf"}}),
        "!rules.0.do.0.answer.attach",
        'unknown key "attach"; there are template, within and identity',
    ),
    *(
        (
            do({"answer": {"template": "complaint", "within": within}}),
            "rules.0.do.0.answer.within",
            "the same answer may come again after 1d at the earliest and 365d at the latest",
        )
        for within in ("23h", "366d", "7 business hours")
    ),
    (
        do({"answer": {"template": "complaint", "within": 7}}),
        "rules.0.do.0.answer.within",
        "expected a length of time such as 4h or 2d, found the number 7",
    ),
    (
        do({"answer": {"template": "complaint", "within": "a week"}}),
        "rules.0.do.0.answer.within",
        "«a week» is no length of time; write it as 90s, 15m, 4h, 2d or 6y",
    ),
    (
        do({"answer": {"template": "complaint", "identity": "jane@northwind.example"}}),
        "rules.0.do.0.answer.identity",
        '"jane@northwind.example" is not one of the "identities" in client.yaml; '
        "did you mean «info@northwind.example»?",
    ),
    (
        do({"remind": {}}),
        "rules.0.do.0.remind",
        "a reminder needs to know after what time, as in remind: {after: 4h}",
    ),
    (
        do({"remind": {"after": None}}),
        "rules.0.do.0.remind.after",
        "expected a length of time such as 4h or 2d, found nothing",
    ),
    (
        do({"remind": "soon"}),
        "rules.0.do.0.remind",
        "«soon» is no length of time; write it as 90s, 15m, 4h, 2d or 6y",
    ),
    *(
        (
            do({"remind": {"after": nothing}}),
            "rules.0.do.0.remind.after",
            "a reminder needs some time to wait; write it as 4h, 2d or 4 business hours",
        )
        for nothing in ("0s", "0 business hours")
    ),
    (
        do({"relate": "freind"}),
        "rules.0.do.0.relate",
        'unknown relationship "freind"; there are '
        "vip, customer, prospect, supplier, authority, employee and blocked",
    ),
    (
        do({"relate": "unknown"}),
        "rules.0.do.0.relate",
        'unknown relationship "unknown"; there are '
        "vip, customer, prospect, supplier, authority, employee and blocked",
    ),
    (do({"copy": "A"}, {"copy": "A"}), "rules.0.do.1", "this action stands twice; remove one of the two"),
    (do({"move": None}), "rules.0.do.0.move", "expected text, found nothing"),
    (
        do({"move": "/Anfragen"}),
        "rules.0.do.0.move",
        '"/Anfragen" is not the name of a folder; put one / between two levels, none at the ends, '
        "and leave out * and %",
    ),
    (
        do({"move": "entwürfe"}),
        "rules.0.do.0.move",
        'rules may not put mail into "entwürfe", which has a purpose of its own; see trash and draft',
    ),
    (
        do({"copy": "Trash"}),
        "rules.0.do.0.copy",
        'rules may not put mail into "Trash", which has a purpose of its own; see trash and draft',
    ),
    (
        do({"mark": ["answered"]}),
        "rules.0.do.0.mark.0",
        'rules may not set "answered"; they may set seen, flagged and keywords',
    ),
    (
        do({"draft": "offer-requests"}),
        "rules.0.do.0.draft",
        'there is no template "offer-requests"; did you mean «offer-request»?',
    ),
    (do({"draft": {"attach": "preisliste.pdf"}}), "rules.0.do.0.draft", "a draft needs a template"),
    (
        do({"draft": {"template": "complaint", "attatch": []}}),
        "!rules.0.do.0.draft.attatch",
        'unknown key "attatch"; did you mean «attach»?',
    ),
    (
        do({"draft": {"template": "complaint", "identity": "inof@northwind.example"}}),
        "rules.0.do.0.draft.identity",
        '"inof@northwind.example" is not one of the "identities" in client.yaml; '
        "did you mean «info@northwind.example»?",
    ),
    (
        do({"draft": {"template": "complaint", "attach": ["preislite.pdf"]}}),
        "rules.0.do.0.draft.attach.0",
        'there is no file "preislite.pdf" to attach; did you mean «preisliste.pdf»?',
    ),
    (
        do({"forward": "jane@elsewhere.example"}),
        "rules.0.do.0.forward",
        '"jane@elsewhere.example" is not declared; client.yaml lists such addresses in "forward_to"',
    ),
    (
        do({"forward": {"to": "acounting@northwind.example"}}),
        "rules.0.do.0.forward.to",
        '"acounting@northwind.example" is not declared; client.yaml lists such addresses in "forward_to"; '
        "did you mean «accounting@northwind.example»?",
    ),
    (
        do({"forward": {"when": "now"}}),
        "rules.0.do.0.forward",
        "a forward needs to: client, or an address that client.yaml declares",
    ),
    (
        do({"forward": {"to": "client", "when": "later"}}),
        "rules.0.do.0.forward.when",
        'unknown time "later"; there are now and digest',
    ),
    (do({"note": {"urgent": True}}), "rules.0.do.0.note", "a note needs a text"),
    (
        do({"note": {"text": "x", "urgent": "no"}}),
        "rules.0.do.0.note.urgent",
        'expected true or false, found "no"',
    ),
]
EXAMPLE = [
    ({"tests": [{"expect": {"only": True}}]}, "tests.0", 'a test needs "mail"'),
    ({"tests": [{"mail": "a.eml"}]}, "tests.0", 'a test needs "expect"'),
    (
        {"tests": ["x"]},
        "tests.0",
        'expected a map with mail, now, received, relationship, flags, history, old or expect, found "x"',
    ),
    (
        {"tests": [{"mail": "a.txt", "expect": {"only": True}}]},
        "tests.0.mail",
        '"a.txt" is not the path of an .eml file',
    ),
    (
        {"tests": [{"mail": 1, "expect": {"only": True}}]},
        "tests.0.mail",
        "expected a mail as a map, or the path of an .eml file, found the number 1",
    ),
    (
        {"tests": [{"mail": {"form": "x"}, "expect": {"only": True}}]},
        "!tests.0.mail.form",
        'unknown key "form"; did you mean «from»?',
    ),
    (
        {"tests": [{"mail": {"from": "Anna"}, "expect": {"only": True}}]},
        "tests.0.mail.from",
        '"Anna" is not an address such as Anna Müller <anna@kunde.example>',
    ),
    (
        {"tests": [{"mail": {"headers": ["x"]}, "expect": {"only": True}}]},
        "tests.0.mail.headers",
        "expected a map of headers, found a list",
    ),
    (
        {"tests": [{"mail": {"relationship": "freind"}, "expect": {"only": True}}]},
        "tests.0.mail.relationship",
        'unknown relationship "freind"; there are '
        "vip, customer, prospect, supplier, authority, employee, blocked and unknown",
    ),
    (
        {"tests": [{"mail": {}, "now": "tomorrow", "expect": {"only": True}}]},
        "tests.0.now",
        'expected a time such as 2026-12-01T09:30:00+01:00, found "tomorrow"',
    ),
    (about(received="1969-12-31"), "tests.0.received", "the year must lie between 1970 and 2999"),
    (
        about(received="2026-12-01T09:30", now="2026-12-01T09:29"),
        "tests.0.received",
        'no mail is received after it is judged, at "now"',
    ),
    (about(old="yes"), "tests.0.old", 'expected true or false, found "yes"'),
    (
        about(history={"recieved": "2d"}),
        "!tests.0.history.recieved",
        'unknown key "recieved"; did you mean «received»?',
    ),
    (
        about(history={"received": ["2d", "5 days"]}),
        "tests.0.history.received.1",
        "«5 days» is no length of time; write it as 90s, 15m, 4h, 2d or 6y",
    ),
    (
        about(history={"sent": "4 business hours"}),
        "tests.0.history.sent",
        "business hours can't be counted here; write a plain length such as 4h",
    ),
    (
        about(history={"templates": "complaint"}),
        "tests.0.history.templates",
        'expected a map such as offer-request: 3d, found "complaint"',
    ),
    (
        about(history={"templates": {"complant": "3d"}}),
        "!tests.0.history.templates.complant",
        'there is no template "complant"; did you mean «complaint»?',
    ),
    (about(history={"thread": True}), "tests.0.history.thread", '"thread" can only be ours; here is true'),
    (
        {"tests": [{"mail": {"encrypted": 1}, "expect": {"only": True}}]},
        "tests.0.mail.encrypted",
        "expected true or false, found the number 1",
    ),
    (
        {"tests": [{"mail": {"authenticated": "pass"}, "expect": {"only": True}}]},
        "tests.0.mail.authenticated",
        'expected true or false, found "pass"',
    ),
    (expect(), "tests.0.expect", "nothing is expected here; for no action at all write only: true"),
    (expect(moved="A"), "!tests.0.expect.moved", 'unknown key "moved"; did you mean «move»?'),
    (expect(trash="A"), "tests.0.expect.trash", 'expected true or false, found "A"'),
    (expect(move=["A"]), "tests.0.expect.move", "expected text, found a list"),
    (expect(copy=[1]), "tests.0.expect.copy.0", "expected text, found the number 1; put it in quotes"),
]


@pytest.mark.parametrize(
    ("data", "path", "message"), FILE + RULE + CONDITION + TEXT + ADDRESS + REST + ACTION + EXAMPLE
)
def test_each_mistake_has_its_place_and_its_words(data: object, path: str, message: str) -> None:
    """One mistake, one problem: where it is, and what to do."""
    assert problems(data) == [(path, message)]


def test_all_mistakes_are_found_in_one_go() -> None:
    """Whoever mends a file need not run the check once per mistake."""
    data = {
        "rules": [
            {"name": "a", "wen": {}, "do": [{"move": "Drafts"}, {"draft": "nope"}]},
            {"name": "a", "when": {"subject": {"regex": "("}, "hours": "shut"}},
        ],
        "tests": [{"mail": {"x": 1}, "expect": {"y": 2}}],
    }
    assert len(problems(data)) == 9


def test_a_rule_with_a_problem_is_left_out() -> None:
    """What could not be read is never half applied: the sound rules remain, the others don't."""
    rules, found = parse({"rules": [rule(name="bad", when={"hours": "shut"}), rule(name="good")]})
    assert [one.name for one in rules.rules] == ["good"]
    assert len(found) == 1


def test_nesting_too_deep_is_refused() -> None:
    """Conditions nest twenty deep at most."""
    condition: dict[str, Any] = {"subject": "x"}
    for _ in range(21):
        condition = {"not": condition}
    (found,) = problems({"rules": [rule(when=condition)]})
    assert found[1] == "conditions are nested more than 20 deep"


def test_what_is_deep_or_contains_itself_is_refused() -> None:
    """Data that would never end, or overflow the stack, is one problem."""
    endless: list[Any] = []
    endless.append(endless)
    message = "the file is more than 40 levels deep, or has more than 200,000 values"
    assert problems({"rules": endless}) == [("", message)]


def test_data_that_multiplies_is_refused_at_once() -> None:
    """Aliases that stand for aliases (a billion laughs) end in a problem, not in a full memory."""
    data: Any = ["x"] * 10
    for _ in range(12):
        data = [data] * 10
    assert problems({"rules": data})[0][0] == ""


def test_the_version_follows_what_the_rules_say() -> None:
    """Order of keys and tests don't change the version; a word in a rule does."""
    first = parse({"rules": [rule(when={"subject": "a"})]})[0].version
    assert first == parse({"tests": None, "rules": [{"when": {"subject": "a"}, **rule()}]})[0].version
    assert first != parse({"rules": [rule(when={"subject": "b"})]})[0].version
    assert len(first) == 12


def test_shared_rules_come_first() -> None:
    """`join` keeps the order of the sets; each rule knows its file."""
    shared = parse({"rules": [rule(name="machine")]}, "_shared/machine-mail.yaml")[0]
    own = parse({"rules": [rule(name="own")]}, "rules.yaml")[0]
    joined, clashes = join([shared, own])
    assert [(one.name, one.origin) for one in joined.rules] == [
        ("machine", "_shared/machine-mail.yaml"),
        ("own", "rules.yaml"),
    ]
    assert clashes == ()
    assert joined.version not in {shared.version, own.version}
    assert join([own])[0] == own


def test_a_name_used_in_two_files_is_a_clash() -> None:
    """The later file is at fault, at the place of its own rule; the first rule stays."""
    shared = parse({"rules": [rule()]}, "_shared/a.yaml")[0]
    own = parse({"rules": [rule(name="bad", do=[]), rule(name="x"), rule()]})[0]
    joined, clashes = join([shared, own])
    problem = Problem(("rules", 2, "name"), 'a rule of _shared/a.yaml is already named "r"')
    assert clashes == (Clash("rules.yaml", problem),)
    assert [one.origin for one in joined.rules] == ["_shared/a.yaml", "rules.yaml"]


def test_messages_stay_on_one_line_and_short() -> None:
    """A value with line ends or of great length can't break the list of problems."""
    (found,) = problems(do({"draft": "a\nb" * 100}))
    assert "\n" not in found[1]
    assert len(found[1]) < 120


TOP = (
    "use",
    "rules",
    "tests",
    "mail",
    "expect",
    "only",
    "now",
    "name",
    "when",
    "unless",
    "do",
    "then",
    "mode",
)
RULE_KEYS = (
    "subject",
    "body",
    "from",
    "any",
    "all",
    "not",
    "words",
    "regex",
    "is",
    "exact",
    "size",
    "larger",
)
OTHERS = (
    "attachment",
    "count",
    "machine",
    "flags",
    "relationship",
    "move",
    "draft",
    "forward",
    "note",
    "mark",
)
KEYS = st.sampled_from([*TOP, *RULE_KEYS, *OTHERS])
DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | KEYS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=25,
)


@given(DATA)
def test_whatever_stands_in_a_file_parsing_does_not_raise(data: object) -> None:
    """Any data is either understood or a problem."""
    parse(data)
    parse({"rules": [data], "tests": [data]})
    parse({"rules": [{"name": "r", "when": data, "unless": data, "do": data}]})

"""The JSON schema of rules files: shipped as the command prints it, and of one mind with the parser."""

import copy
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from maild.config.document import read_yaml
from maild.core.rules.parse.actions import ACTIONS
from maild.core.rules.parse.conditions import CONDITIONS
from maild.core.rules.parse.examples import EXAMPLE_KEYS, KINDS, MAIL_KEYS
from maild.core.rules.parse.rules import RuleContext, parse_rules
from maild.core.rules.schema.schema import rules_schema
from tests.core.test_decide import RULES
from tests.core.test_docs_rules import BLOCKS, REPOSITORY, Block, data_of

SCHEMA = rules_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
SHIPPED = sorted((REPOSITORY / "rules").glob("*/*.yaml"))
SHIPPED_RULES = [path for path in SHIPPED if path.name == "rules.yaml" or path.parent.name == "_shared"]
BROKEN = sorted((REPOSITORY / "tests/config/broken_rules").glob("*.yaml"))


class Everything(frozenset[str]):
    """A set that has whatever is asked for, so that only the form of a file counts."""

    def __contains__(self, item: object) -> bool:
        return isinstance(item, str)


CONTEXT = RuleContext(
    templates=Everything(),
    forward_to=Everything(),
    identities=frozenset({"x@y.example"}),
    protected_folders=frozenset(),
    files=Everything(),
    people=frozenset({"Jane Doe"}),
)


def complaints(data: object) -> list[str]:
    """What the schema says against a file."""
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(data)]


def loaded(path: Path) -> object:
    """A YAML file as plain data."""
    return read_yaml(path.read_bytes(), path.name).data


def test_schema_is_a_schema() -> None:
    """It obeys the meta-schema of its draft."""
    Draft202012Validator.check_schema(SCHEMA)


def test_shipped_copy_is_what_the_command_prints() -> None:
    """docs/rules.schema.json is made anew with `maild rules schema > docs/rules.schema.json`."""
    shipped = (REPOSITORY / "docs/rules.schema.json").read_text(encoding="utf-8")
    assert shipped == json.dumps(SCHEMA, ensure_ascii=False, indent=2) + "\n"


@pytest.mark.parametrize("path", SHIPPED_RULES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_shipped_rules_are_valid_and_name_the_schema(path: Path) -> None:
    """Editors find the schema by the first line, which leads to the shipped copy."""
    assert complaints(loaded(path)) == []
    first, *_ = path.read_text(encoding="utf-8").splitlines()
    prefix = "# yaml-language-server: $schema="
    assert first.startswith(prefix)
    assert (path.parent / first.removeprefix(prefix)).resolve() == REPOSITORY / "docs/rules.schema.json"


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"line-{block.line}")
def test_every_example_of_the_document_is_valid(block: Block) -> None:
    """What docs/rules.md shows is what editors accept."""
    assert complaints(data_of(block)) == []


def test_every_key_is_described() -> None:
    """Whoever points at a key in an editor is told what it means, in a sentence."""
    found = Counter[str]()
    for name, part in properties(SCHEMA):
        found[name] += 1
        text = part.get("description", "")
        assert text.endswith("."), name
    for key in (*CONDITIONS, *ACTIONS, *EXAMPLE_KEYS, *MAIL_KEYS, *KINDS):
        assert key == "header.X" or found[key] >= 1, key


def properties(part: object) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each property of a schema, however deep."""
    if isinstance(part, dict):
        for name, below in part.get("properties", {}).items():
            yield name, below
        for below in part.values():
            yield from properties(below)
    elif isinstance(part, list):
        for below in part:
            yield from properties(below)


@given(st.lists(RULES, max_size=3))
def test_generated_rules_are_valid(rules: list[dict[str, Any]]) -> None:
    """Whatever the parser's own tests make up."""
    assert complaints({"rules": [{"name": f"r{n}", **rule} for n, rule in enumerate(rules)]}) == []


WHOLE: dict[str, Any] = {
    "rules": [
        {
            "name": "circumstances",
            "when": {
                "age": {"older": "2d", "younger": "30d"},
                "received": {"weekday": ["mon-fri", "sun"], "between": ["08:00-12:00", "22:00-24:00"]},
                "hours": "closed",
                "holiday": False,
                "absence": ["Jane Doe"],
                "history": {
                    "first_contact": False,
                    "received": {"at_least": 2, "within": "7d"},
                    "sent": {"within": "2d"},
                    "template_sent": {"name": "a", "within": "1y"},
                    "thread": "ours",
                },
                "language": ["de", "unknown"],
                "authenticated": {"dmarc": ["pass"], "spf": "fail"},
                "encrypted": True,
                "signed": False,
            },
            "unless": [
                {"absence": True, "history": {"sent": True, "template_sent": "a"}},
                {"authenticated": False},
            ],
            "do": [
                {"answer": {"template": "a", "within": "7d", "identity": "x@y.example"}},
                {"remind": {"after": "4 business hours"}},
                {"relate": "vip"},
                {"forward": {"to": "client", "when": "digest"}},
            ],
            "then": "continue",
        },
        {
            "name": "short",
            "do": [{"answer": "a"}, {"remind": "4h"}, {"draft": "b"}, "keep"],
            "mode": "canary",
        },
    ],
    "tests": [
        {
            "mail": {
                "from": "a@b.example",
                "encrypted": True,
                "signed": False,
                "authenticated": True,
                "size": "2KB",
            },
            "now": "2026-12-01T09:30:00+01:00",
            "received": "2026-12-01 08:00",
            "history": {"received": ["2d", "5d"], "sent": "1h", "templates": {"a": "3d"}, "thread": "ours"},
            "old": False,
            "flags": ["seen"],
            "expect": {"answer": "a", "remind": "4 business hours", "relate": "vip", "forward": ["client"]},
        }
    ],
}
SOUND = [*map(loaded, SHIPPED_RULES), *map(data_of, BLOCKS), *[WHOLE] * 9]
JUNK: list[object] = [
    *(None, True, False, 0, 3, -1, 1.5, "", " ", "x", "ä b", "2d", "5MB", "a@b.example", "*", "[", "trash"),
    *([], ["x"], [None], [[]], ["x", 1], {}, {"x": 1}, {"is": "x"}, {"larger": "1KB"}, {"template": "x"}),
    *("4 business hours", "mon", "open", "vip", "list", "de", "ours", "x.eml", "_shared/x.yaml"),
]


def places(data: object) -> list[tuple[Any, Any]]:
    """Every map or list of the data with each of its keys."""
    found: list[tuple[Any, Any]] = []
    if isinstance(data, dict | list):
        for key in data if isinstance(data, dict) else range(len(data)):
            found += [(data, key), *places(data[key])]
    return found


@st.composite
def spoilt(draw: st.DrawFn) -> object:
    """A sound file in which one thing is something else, gone, or has another name."""
    data = copy.deepcopy(draw(st.sampled_from(SOUND)))
    found = places(data)
    into, key = found[draw(st.integers(0, len(found) - 1))]
    match draw(st.sampled_from(["value", "gone", "name"])):
        case "value":
            into[key] = copy.deepcopy(draw(st.sampled_from(JUNK)))
        case "gone":
            del into[key]
        case "name" if isinstance(into, dict):
            into[draw(st.sampled_from([f"{key}x", "name", "all", "x", *CONDITIONS, *ACTIONS]))] = into.pop(
                key
            )
    return data


# What only `maild check` can know: names, contradictions, patterns, addresses.
BEYOND = re.compile(
    r"is not one of the|is not an address|can't be used|already named|ends in one place|stands twice"
    r"|once; remove|contradicts|no number is at least|at the same time|no mail is received after"
    r"|has no entry in|the year must|may not set|nested more than"
)


@settings(max_examples=200)
@given(spoilt())
def test_schema_and_parser_are_of_one_mind(data: object) -> None:
    """An editor never marks what is right, and misses of what is wrong only what the form doesn't show."""
    if isinstance(data, dict):
        data.pop("use", None)  # of which the parser looks at the form alone
    _, problems = parse_rules(data, CONTEXT, "rules.yaml")
    found = complaints(data)
    if not problems:
        assert found == []
    elif not found:
        assert [problem.message for problem in problems if not BEYOND.search(problem.message)] == []


UNSEEN = {
    "address-open-ended": "a text on an address that also fits strangers",
    "bare-hours-and-servers": "what client.yaml offers",
    "do-contradicts-itself": "two actions that contradict each other",
    "file-anchors": "not read as YAML at all",
    "file-too-deep": "not read as YAML at all",
    "never-holds": "a warning: conditions that exclude each other",
    "not-carried-out": "a warning: what this version does not act on",
    "regex-broken": "whether a pattern compiles",
    "regex-too-large": "whether a pattern compiles",
    "rule-for-every-mail": "a warning: rules compared with each other",
    "rule-keep-and-continue": "two keys that contradict each other",
    "rule-name-of-a-shared-file": "rules compared with each other",
    "rule-named-twice": "rules compared with each other",
    "second-letter": "a warning: rules compared with each other",
    "shadowed": "a warning: rules compared with each other",
    "test-names": "names that no rule has",
    "when-nested-too-deep": "depth",
}
"""Broken files that the schema finds nothing in, and what it would have to know."""


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_most_broken_files_are_marked_in_the_editor(path: Path) -> None:
    """But for those whose mistake does not lie in the form; where those lie is listed above."""
    assert bool(complaints(loaded(path))) is (path.stem not in UNSEEN)


def test_list_of_what_the_schema_does_not_see_is_true() -> None:
    """It names files that are there, and they are the lesser part."""
    names = {path.stem for path in BROKEN}
    assert set(UNSEEN) <= names
    assert len(UNSEEN) * 3 < len(names)

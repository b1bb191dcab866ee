"""Patterns: what they need in a text, what they may cost, and globs that need no RE2."""

import random
import time
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from maild.core.facts import Facts
from maild.core.message import Mail
from maild.core.rules import patterns
from maild.core.rules.parse.rules import RuleContext, parse_rules
from maild.core.rules.patterns import MAX_MEMORY, PatternError, glob, regex
from maild.core.rules.reading import Reading, Text, flatten
from maild.core.text import fold

NOTHING: frozenset[str] = frozenset()
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
CONTEXT = RuleContext(NOTHING, NOTHING, NOTHING, NOTHING, NOTHING)


@pytest.mark.parametrize(
    ("pattern", "folded", "exact"),
    [
        (r"Rechnung.*\d{4,8}", {"rechnung"}, {"Rechnung"}),
        (r"(aw|re|wg):.*(Mahnung|letzte\s+Erinnerung)", {"mahnung", "erinnerung"}, {"Mahnung", "Erinnerung"}),
        (r"\bProjekt\s*[a-z]{2}-\d+", {"projekt"}, {"Projekt"}),
        (r"Müller", {"mueller"}, {"Müller"}),
        (r"Mü?ller", {"ller"}, {"ller"}),
        (r"(?i)angebot", {"angebot"}, set()),
        (r"a{2,}bc", {"abc"}, {"abc"}),
        (r"colou?rs", {"colo"}, {"colo"}),
        (r"(abc)+d", {"abc"}, {"abc"}),
        (r"(abc)?de", {"de"}, {"de"}),
        (r"(abc){0,2}de", {"de"}, {"de"}),
        (r"abc|d*", set(), set()),
        (r"a  b", {"a b"}, {"a  b"}),
        (r"Nr\. 4711", {"nr. 4711"}, {"Nr. 4711"}),
        (r"\x61bc", set(), set()),
        (r"abc{01}", set(), set()),
        (r"\pLabc\p{Greek}", {"abc"}, {"abc"}),
        (r"[abc]+$", set(), set()),
        (r"", set(), set()),
    ],
)
def test_what_a_pattern_needs(pattern: str, folded: set[str], exact: set[str]) -> None:
    """The longest literal piece that must be there, of each branch; nothing where nothing is certain."""
    assert regex(pattern).needed == folded
    assert regex(pattern, exact=True).needed == exact


def parts(text: str) -> st.SearchStrategy[str]:
    """What stands between the blanks of a text."""
    return st.sampled_from(text.split())


SIGNS = parts(
    "a b ab B ä ß é . \\d \\. \\b [ab] [^a] ( (?: (?i) (?i: (?P<n> (?<m> ) | * + ? {2} {0} {0,1} {1,} {01} {,2} ^ $ "
    "\\x41 \\x{61} \\pL \\p{L} \\101 \\Qa+\\E \\C \\- x 1 { } ] K s (?s) (?-i) (?m: *? \\\\ \\("
)
PATTERNS = st.lists(SIGNS | st.sampled_from([" ", "\n"]), min_size=1, max_size=7).map("".join)
LETTERS = parts("a b ab AB ä ß ae ss x 1 - K ſ \u212a . A ( {2} é + \\ {01} {,2} B { } ]")
TEXTS = st.lists(LETTERS | st.sampled_from([" ", "  ", "\n", "\ud800"]), max_size=9).map("".join)


@given(PATTERNS, st.lists(TEXTS, min_size=1, max_size=8), st.booleans())
@example("K", ["\u212a"], False)
@example("\\Qab\\E+", ["abb"], True)
def test_what_fits_has_what_is_needed(pattern: str, texts: list[str], exact: bool) -> None:
    """No text that a pattern fits is without its pieces."""
    try:
        compiled = regex(pattern, exact=exact)
    except PatternError:
        return
    for text in map(Text, texts):
        if compiled.found(text.raw_bytes if exact else text.folded_bytes):
            hay = text.raw_bytes.decode() if exact else text.flat
            assert not compiled.needed or any(piece in hay for piece in compiled.needed)


GLOBS = st.lists(parts("* * ? a ab ä B é ß Ω ς ſ 1") | st.just(" "), min_size=1, max_size=7).map("".join)


@given(GLOBS, st.lists(TEXTS, min_size=1, max_size=8), st.booleans())
@example("a*a", ["a", "aa"], True)
@example("ab*ba", ["aba", "abba"], True)
@example("*a*a*", ["a", "aa"], True)
def test_a_glob_is_what_re2_makes_of_it(source: str, texts: list[str], exact: bool) -> None:
    """With stars alone no RE2 is needed, and the answer is the same; what a glob needs is in each text that it fits."""
    written = source if exact else flatten(source)
    compiled = glob(written, exact=exact)
    signs = {"*": ".*", "?": "." if exact else "(?:[aou]e|ss|.)"}
    body = "".join(signs.get(sign) or patterns._quote(sign if exact else fold(sign)) for sign in written)
    program = patterns._program(rf"(?s)\A{body}\z", MAX_MEMORY, exact=exact)
    for text in map(Text, texts):
        hay = text.raw_bytes if exact else text.flat_bytes
        assert compiled.found(hay) is (program.search(hay) is not None)
        if compiled.found(hay):
            assert not compiled.needed or any(piece in hay.decode() for piece in compiled.needed)


@pytest.mark.parametrize("pattern", [".{1,900}x", r"(\pL{1,3} ?){9}x", r"((\w{30}){10}){3}", r"[^x]{0,999}y"])
def test_a_pattern_too_large_is_refused(pattern: str) -> None:
    """What would take much memory, or much time on a hostile text, is an error of the rules file."""
    with pytest.raises(PatternError, match="large"):
        regex(pattern)


@pytest.mark.parametrize(
    "pattern", ["[ab]*a[ab]{900}x", "(a*b*){500}x", "(?:[ab]{1,30}){1,30}x", "(a?){900}c"]
)
def test_the_worst_pattern_ends_soon(pattern: str) -> None:
    """Where RE2 runs out of the memory for its automaton, it takes the slow way, which is linear all the same."""
    letters = random.Random(1).choices("ab", k=1_000_000)
    rules, problems = parse_rules(
        {"rules": [rule({"body": {"regex": pattern, "quoted": True}})]}, CONTEXT, ""
    )
    assert problems == ()
    reading = Reading(Mail(text="".join(letters)), Facts(NOW, NOW))
    start = time.process_time()
    rules.rules[0].holds(reading)
    assert time.process_time() - start < 10


def rule(condition: dict[str, object], number: int = 0) -> dict[str, object]:
    """A rule as YAML gives it."""
    return {"name": f"r{number}", "when": condition, "do": ["trash"]}


def parsed(*regexes: str) -> list[str]:
    """What is said about a file with one rule for each pattern."""
    rules = [rule({"body": {"regex": source}}, number) for number, source in enumerate(regexes)]
    _, problems = parse_rules({"rules": rules}, CONTEXT, "")
    return [f"{'.'.join(map(str, each.path))}: {each.message}" for each in problems]


def test_all_patterns_of_a_file_share_a_budget() -> None:
    """So many small ones as anybody writes, but large ones only up to the budget; the rules beyond it are named."""
    assert parsed(*(f"rechnung {number} .*fehlt" for number in range(2_000))) == []
    said = parsed(*(f"[ab]*a[ab]{{990}}{number}" for number in range(500)))
    assert said[0].startswith("rules.4")
    assert "256 MB" in said[0]
    assert len(said) < 100


def test_all_texts_of_a_file_share_a_budget() -> None:
    """A million letters may be looked for; the rule beyond that is named."""
    long = ["x" * 100_000] * 6
    rules = [rule({"subject": long}, number) for number in range(2)]
    (problem,) = parse_rules({"rules": rules}, CONTEXT, "")[1]
    assert problem.path == ("rules", 1, "when", "subject")
    assert "1,000,000 letters" in problem.message


def test_an_entry_of_words_is_short() -> None:
    """A long text is no entry of words."""
    (problem,) = parse_rules({"rules": [rule({"subject": {"words": "a " * 21}})]}, CONTEXT, "")[1]
    assert "at most 20 words" in problem.message

"""YAML with places: what is read, where it stands, and what is refused."""

import json
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from maild.config.document import MAX_BYTES, MAX_DEPTH, MAX_NODES, Document, dotted, read_yaml

TEXT = """\
# a client
name: Büro
imap:
  port: 993
  folders: {inbox: INBOX, drafts: [Drafts, "Entwürfe"]}
since: 2026-11-01
empty:
list:
  - one
  - {two: 2}
"""


def read(text: str) -> Document:
    """A document of that text."""
    return read_yaml(text.encode(), "x.yaml")


def only_fault(text: str) -> tuple[int, int, str]:
    """Line, column and message of the one fault that a text has."""
    document = read(text)
    assert document.data is None
    (fault,) = document.faults
    return fault.line, fault.column, fault.message


def test_data_is_plain() -> None:
    """Maps, lists, texts and numbers; dates and yes are text, by the core schema of YAML 1.2."""
    assert read(TEXT).data == {
        "name": "Büro",
        "imap": {"port": 993, "folders": {"inbox": "INBOX", "drafts": ["Drafts", "Entwürfe"]}},
        "since": "2026-11-01",
        "empty": None,
        "list": ["one", {"two": 2}],
    }
    words = "[yes, on, 08:00, 12-24, 0o17, 0x1F, 010, -7, 1.5, 1e3, true, FALSE, ~, Null, '1', .inf, 1_000]"
    plain = ["yes", "on", "08:00", "12-24", 15, 31, 10, -7, 1.5, 1000.0, True, False, None, None, "1", ".inf"]
    assert read(words).data == [*plain, "1_000"]


def test_keys_are_text() -> None:
    """A key is what is written, whatever it would mean as a value."""
    assert read("1: a\ntrue: b\n2026-11-01: c\n").data == {"1": "a", "true": "b", "2026-11-01": "c"}


def test_every_place_is_known() -> None:
    """Line and column count from 1, for values and for keys, in block and flow style."""
    document = read(TEXT)
    assert document.at(("name",)) == (2, 7)
    assert document.at(("name",), on_key=True) == (2, 1)
    assert document.at(("imap", "port")) == (4, 9)
    assert document.at(("imap", "folders", "drafts", 1)) == (5, 44)
    assert document.at(("imap", "folders", "drafts"), on_key=True) == (5, 27)
    assert document.at(("list", 1, "two"), on_key=True) == (10, 6)
    assert document.at(()) == (2, 1)


def test_an_absent_value_stands_at_its_key() -> None:
    """A key without a value is looked for where the key is."""
    assert read(TEXT).at(("empty",)) == (7, 1)


def test_what_is_missing_stands_at_the_nearest_key_above() -> None:
    """A path that doesn't exist is shown where it would have to be added."""
    document = read(TEXT)
    assert document.at(("imap", "host")) == (3, 1)
    assert document.at(("list", 1, "three", "four"), on_key=True) == (10, 5)
    assert document.at(("nothing", "here")) == (1, 1)


def test_line_ends_and_byte_order_mark_make_no_difference() -> None:
    """A file saved on Windows has the same places."""
    document = read_yaml(b"\xef\xbb\xbfa: 1\r\nb:\r\n  c: 2\r\n", "x.yaml")
    assert document.data == {"a": 1, "b": {"c": 2}}
    assert document.at(("b", "c"), on_key=True) == (3, 3)
    assert document.at(("a",), on_key=True) == (1, 1)


def test_an_empty_file_is_nothing() -> None:
    """No data and no fault; who needs data says so."""
    assert read("# only this\n") == Document("x.yaml")


def test_duplicate_keys_are_all_named() -> None:
    """Each stands twice with the line of the first; what lies below the second is not told again."""
    faults = read("a: 1\nb: {c: 1}\na: 2\nb: {c: 2}\n").faults
    assert [str(fault) for fault in faults] == [
        "x.yaml:3:1: a: stands twice, first in line 1; keep one",
        "x.yaml:4:1: b: stands twice, first in line 2; keep one",
    ]


def test_anchors_tags_directives_and_second_documents_are_refused() -> None:
    """What makes a file mean something else than it seems is a fault at its place."""
    assert only_fault("a: &x 1\nb: 2\n")[:2] == (1, 4)
    assert only_fault("a: 1\nb: *x\n")[:2] == (2, 4)
    assert only_fault("a: 1\nb: !!python/object:os.system x\n")[:2] == (2, 4)
    assert only_fault("a: !x {b: 1}\n")[:2] == (1, 4)
    assert "directives" in only_fault("%YAML 1.1\n---\na: yes\n")[2]
    assert only_fault("a: 1\n---\nb: 1\n")[:2] == (2, 1)
    assert only_fault("? {a: 1}\n: 2\n")[:2] == (1, 3)


def test_control_characters_are_refused() -> None:
    """As bytes of the file, and by escapes in double quotes."""
    assert only_fault("a: b\x00c\n") == (1, 5, "remove the control character U+0000")
    assert only_fault('a: 1\nb: "x\\0"\n')[:2] == (2, 4)
    assert only_fault('a: "x\\r\\nBcc: y"\n')[:2] == (1, 4)
    assert only_fault('a: "\\ud800"\n')[:2] == (1, 4)
    assert read('a: "x\\ty\\nz"').data == {"a": "x\ty\nz"}


def test_bad_utf8_has_a_place() -> None:
    """Line and column count letters, not bytes."""
    (fault,) = read_yaml("a: ä\nb: ü".encode() + b"\xfc\n", "x.yaml").faults
    assert str(fault) == "x.yaml:2:5: this is not UTF-8; save the file in the encoding UTF-8"


def test_size_depth_and_number_are_limited() -> None:
    """A file that is too large, too deep or has too many parts is refused quickly."""
    assert "8 MB" in read("a" * (MAX_BYTES + 1)).faults[0].message
    assert str(MAX_DEPTH) in only_fault("[" * 5000)[2]
    assert read("[" * MAX_DEPTH + "]" * MAX_DEPTH).faults == ()
    assert f"{MAX_NODES:,}" in only_fault("[" + "1," * MAX_NODES + "]")[2]
    assert "too long" in only_fault("a: " + "9" * 5000)[2]
    assert "too long" in only_fault("a: 1e999")[2]


HOSTILE = [
    "[",
    "{",
    "? ",
    "- ",
    "-\n",
    "a: ",
    "'",
    '"',
    "a ",
    "a\n",
    "a: 1\n",
    "|\n a",
    "# a\n",
    "\n",
    "%a b\n",
]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("start", ["", "[", '"', "x: |\n "])
@pytest.mark.parametrize("piece", [*HOSTILE, ": ", "a:\n", "[a,"])
def test_no_file_makes_reading_slow(start: str, piece: str) -> None:
    """The same sign over and over takes no longer than anything else."""
    text = start + piece * (200_000 // len(piece))
    begin = time.process_time()
    read(text)
    assert time.process_time() - begin < 5


def test_a_thousand_rules_are_read_at_once() -> None:
    """A file of a thousand ordinary rules is nothing special, and takes a part of a second."""
    rule = "  - name: r{}\n    when:\n      subject: {{words: [a, b]}}\n      from: x\n    do: [trash, {{copy: A}}]\n"
    begin = time.process_time()
    document = read("rules:\n" + "".join(rule.format(number) for number in range(1_000)))
    assert time.process_time() - begin < 1
    assert document.faults == ()
    assert document.at(("rules", 999, "when", "subject", "words", 1)) == (4_999, 28)


def test_broken_syntax_is_told_in_our_words() -> None:
    """The parser's own wording does not pass."""
    assert only_fault("a: 1\n\tb: 2\n")[1:] == (1, "a tab can't stand here; indent with spaces")
    assert only_fault('a: 1\nb: "x\n')[:2] == (2, 4)
    assert "closing quote" in only_fault('a: "C:\\Users\\x"')[2]
    line, _, message = only_fault("a: [1, 2\nb: 3\n")
    assert line == 2
    assert message.startswith("this is not valid YAML; ")


@given(st.binary(max_size=200))
@example(b"%YAML 9999999999999999999999.1\n---\n")
@example(b"%YAML 1.21\n---\n")
@example(b'"\\U00110000"')
@example(b"%TAG ! a\n--- !x\n")
def test_bytes_never_raise(raw: bytes) -> None:
    """Whatever stands in a file, there is data or a fault."""
    document = read_yaml(raw, "x.yaml")
    assert all(fault.message and fault.file == "x.yaml" for fault in document.faults)


SIGNS = "-:?,[]{}&*!|>'\"%@` \n\t#~<=\\"
WORDS = ("\r\n", "a", "ä", "1", "---", "...", "<<", "\\x", "%YAML", "!!")
YAML_LIKE = st.lists(st.sampled_from([*SIGNS, *WORDS]), max_size=60).map("".join)


@given(YAML_LIKE)
def test_texts_never_raise(text: str) -> None:
    """Nor does anything made of YAML's own signs; what is read has a place for each part."""
    document = read(text)
    assert document.faults or all(place >= (1, 1) for place in document.values.values())


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text("aä1 -:#'", max_size=8),
    lambda below: (
        st.lists(below, max_size=3) | st.dictionaries(st.text("abc1 :", max_size=4), below, max_size=3)
    ),
    max_leaves=12,
)


@given(VALUES)
def test_json_means_the_same(value: object) -> None:
    """Every JSON text is YAML 1.2 of the same data."""
    assert read(json.dumps(value, ensure_ascii=False)).data == value


def test_paths_are_written_as_people_do() -> None:
    """Indexes in brackets, keys with dots, nothing unprintable."""
    assert dotted(("identities", 0, "address")) == "identities[0].address"
    assert dotted(("a\nb", "x" * 70)) == f"a?b.{'x' * 59}…"

"""Reading UID sets, response codes, flags and folder names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.edge.imap_answers import (
    appended_uid,
    chunks,
    copied_uids,
    flag_names,
    longest_plain,
    response_code,
    unfolded,
)
from maild.edge.imap_names import Listed, canonical, read_names


@given(st.sets(st.integers(1, 2**32 - 1)), st.integers(20, 2000))
def test_chunks_lose_nothing_and_stay_short(uids: set[int], characters: int) -> None:
    """Chunks hold each UID once, ascending, and none is longer than allowed."""
    made = list(chunks(uids, characters))
    assert [uid for chunk in made for uid in chunk] == sorted(uids)
    assert all(len(",".join(map(str, chunk))) <= characters for chunk in made)


@pytest.mark.parametrize(
    ("codes", "pairs"),
    [
        ([b"7 304,319:320 3956:3958"], {304: 3956, 319: 3957, 320: 3958}),
        ([b"7 5:3 10:12"], {3: 10, 4: 11, 5: 12}),
        ([b"7 1 2", b"7 8 9"], {1: 2, 8: 9}),
        ([b"7 1 2] Moved [ok"], {1: 2}),
        ([None, b"", b"nonsense", b"7 x y"], {}),
    ],
)
def test_copyuid(codes: list[bytes | None], pairs: dict[int, int]) -> None:
    """COPYUID pairs old and new UIDs, ranges in either order (RFC 4315, section 3)."""
    assert copied_uids(codes) == pairs


@pytest.mark.parametrize(
    ("answer", "uid"),
    [(b"[APPENDUID 38505 3955] APPEND completed", 3955), (b"done", None), (b"", None), (None, None)],
)
def test_appenduid(answer: bytes | None, uid: int | None) -> None:
    """APPENDUID names the new mail."""
    assert appended_uid(answer) == uid


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[NONEXISTENT] no such folder", "NONEXISTENT"),
        ("[APPENDUID 1 2] done", "APPENDUID"),
        ("[overquota] full", "OVERQUOTA"),
        ("folder [Gmail]/x is missing", ""),
        ("", ""),
    ],
)
def test_response_code(text: str, code: str) -> None:
    """Only what stands first, in brackets, is a code."""
    assert response_code(text) == code


def test_flags_in_their_usual_case() -> None:
    """System flags are one whatever their case; keywords stay as they are, numbers too."""
    assert flag_names([b"\\SEEN", b"\\Recent", b"$Forwarded", 2026]) == {"\\Seen", "$Forwarded", "2026"}


def test_unfolding() -> None:
    """Only line ends before a blank go."""
    assert unfolded(b"A: 1\r\n 2\r\nB: 3\n\t4\r\n") == b"A: 1 2\r\nB: 3\t4\r\n"


@given(st.text())
def test_plain_part_needs_no_quoting(value: str) -> None:
    """What is put between quotes for a search is part of the value and ends no quotes."""
    part = longest_plain(value)
    assert part in value
    assert not set(part) & set('"\\\r\n')
    assert part.isascii()


def rows(*names: str, delimiter: str = ".") -> list[Listed]:
    """Folders without flags."""
    return [Listed(frozenset(), delimiter, name) for name in names]


def test_names_behind_a_prefix() -> None:
    """The prefix is hidden, and put back where a name is asked for, known or new."""
    names = read_names(rows("INBOX", "INBOX.Sent", "INBOX.A.B"), "INBOX.", ".")
    assert [folder.name for folder in names.folders] == ["INBOX", "Sent", "A/B"]
    assert [names.spell(name) for name in ("INBOX", "Sent", "A/B", "Neu/C", "INBOX/Neu")] == [
        "INBOX",
        "INBOX.Sent",
        "INBOX.A.B",
        "INBOX.Neu.C",
        "INBOX.Neu",
    ]


def test_shared_folders_are_left_out() -> None:
    """Other people's folders are not the account's."""
    names = read_names(rows("INBOX", "shared.Alle", "user.anna"), "", ".", ("shared.", "user."))
    assert [folder.name for folder in names.folders] == ["INBOX"]


def test_composed_name_is_preferred() -> None:
    """Of two folders that differ only in Unicode form, the composed one is meant."""
    for order in (("Gro\u0308ße", "Größe"), ("Größe", "Gro\u0308ße")):
        names = read_names(rows(*order, delimiter="/"), "", "/")
        assert [folder.name for folder in names.folders] == ["Größe"]
        assert names.spell("Gro\u0308ße") == "Größe"


def test_slash_inside_a_name() -> None:
    """Where / is no delimiter, a name with / in it is not taken for two levels, and finds its way back."""
    names = read_names(rows("A/B", "A.B"), "", ".")
    assert len({folder.name for folder in names.folders}) == 2
    assert sorted(names.spell(folder.name) for folder in names.folders) == ["A.B", "A/B"]


def test_inbox_in_any_case() -> None:
    """INBOX is INBOX, and so are its children's first parts."""
    assert [canonical(name) for name in ("inbox", "Inbox/x", "INBOXES")] == ["INBOX", "INBOX/x", "INBOXES"]


def test_folder_that_holds_no_mail() -> None:
    """A mere branch of the tree does not count as existing."""
    names = read_names([Listed(frozenset({"\\Noselect"}), "/", "A")], "", "/")
    assert not names.holds("A")

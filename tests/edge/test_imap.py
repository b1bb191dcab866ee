"""The same cases on Dovecot, on Dovecot without MOVE or UIDPLUS, and on pymap."""

import select
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from maild.core.folder import Role, resolve
from maild.edge.imap import HEADER_LIMIT, ImapLogin, Mailbox
from maild.errors import FolderError, ServerError
from tests.servers.dovecot import Dovecot
from tests.servers.ports import wait_until
from tests.servers.pymap import LACKS, Pymap

MAIL = "From: Anna Müller <anna@kunde.example>\r\nMessage-ID: <{0}@kunde.example>\r\nSubject: {0}\r\n\r\nGuten Tag\r\n"
GONE = 4_000_000  # a UID no test mailbox has


def mail(name: object) -> bytes:
    """A small mail with a Message-ID of its own, CRLF throughout."""
    return MAIL.format(name).encode()


@dataclass(frozen=True, slots=True)
class Place:
    """One user on one server, and a session seen through certain capabilities."""

    server: Dovecot | Pymap
    user: str
    box: Mailbox

    def store(self, *names: object, folder: str = "INBOX", flags: tuple[str, ...] = ()) -> list[int]:
        """Lay mails into a folder, behind the session's back."""
        return [self.server.store(self.user, mail(name), folder, flags) for name in names]

    def contents(self, folder: str) -> dict[str, frozenset[str]]:
        """Subjects and flags of a folder, read without maild's code."""
        found = self.server.messages(self.user, folder)
        return {item.content.split(b"Subject: ")[1].split(b"\r")[0].decode(): item.flags for item in found}


KINDS = {
    "dovecot": ("dovecot", frozenset()),
    "no-move": ("dovecot", frozenset({"MOVE"})),
    "no-uidplus": ("dovecot", frozenset({"UIDPLUS"})),
    "neither": ("dovecot", frozenset({"MOVE", "UIDPLUS"})),
    "pymap": ("pymap", frozenset()),
}


def sign_in(server: Dovecot | Pymap, user: str) -> Mailbox:
    """A session in plain text."""
    return Mailbox.connect(
        ImapLogin("127.0.0.1", server.imap_port, "none", user, server.password, read_timeout=20)
    )


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """Every kind of server in turn."""
    name, hidden = KINDS[request.param]
    yield from _place(request.getfixturevalue(name), hidden)


@pytest.fixture
def real(dovecot: Dovecot) -> Iterator[Place]:
    """Dovecot with all it can."""
    yield from _place(dovecot, frozenset())


def _place(server: Dovecot | Pymap, hidden: frozenset[str]) -> Iterator[Place]:
    user = server.user()
    with sign_in(server, user) as box:
        box.session.capabilities -= hidden
        yield Place(server, user, box)


def announced(box: Mailbox, act: Callable[[], object]) -> bool:
    """Whether an idling session tells of what is done meanwhile."""
    if not box.idle():
        act()
        assert select.select([box], [], [], 10)[0], "nothing was said in 10 s"
    return box.wake()


def test_folders_are_named_with_slashes(place: Place) -> None:
    """A created folder is listed under the name it was given, umlauts and levels included."""
    place.box.ensure("Kunden/Größe & Maß")
    assert {"INBOX", "Kunden/Größe & Maß"} <= {folder.name for folder in place.box.folders()}
    assert place.box.select("Kunden/Größe & Maß").messages == 0


def test_ensure_twice_makes_one_folder(place: Place) -> None:
    """A folder that exists is left alone, whatever its Unicode form or the case of INBOX."""
    for name in ("Klärung", unicodedata.normalize("NFD", "Klärung"), "INBOX", "inbox"):
        place.box.ensure(name)
    names = [folder.name for folder in place.box.folders()]
    assert names.count("Klärung") == 1
    assert len(names) == len(set(names))


def test_ensure_subscribes(real: Place) -> None:
    """A created folder is subscribed, or mail programs would not show it."""
    real.box.ensure("Freigegeben")
    assert "Freigegeben" in real.server.subscribed(real.user)


def test_decomposed_name_made_by_others_is_found(real: Place) -> None:
    """A folder whose name another program wrote in decomposed letters is used, not doubled."""
    decomposed = unicodedata.normalize("NFD", "Größe")
    real.store("a", folder=decomposed)
    real.box.ensure("Größe")
    assert real.box.status("Größe").messages == 1


def test_special_folders_resolve(place: Place) -> None:
    """Drafts, Sent and Trash are found on every server, by mark or by name."""
    found = resolve(place.box.folders(), {})
    assert found == {Role.INBOX: "INBOX", Role.DRAFTS: "Drafts", Role.SENT: "Sent", Role.TRASH: "Trash"}


def test_status_tells_of_arrivals_without_selecting(place: Place) -> None:
    """UIDNEXT and the count grow with each delivery; UIDVALIDITY stays."""
    before = place.box.status("INBOX")
    place.server.deliver(place.user, mail("neu"))
    after = place.box.status("INBOX")
    assert (after.messages, after.uidvalidity) == (before.messages + 1, before.uidvalidity)
    assert after.uidnext > before.uidnext
    assert before.uidvalidity > 0


@pytest.mark.parametrize("act", ["select", "status"])
def test_missing_folder(place: Place, act: str) -> None:
    """A folder that isn't there is that folder's permanent fault, and the session goes on."""
    with pytest.raises(FolderError, match=r"'Nirgends'.* does not exist") as caught:
        getattr(place.box, act)("Nirgends")
    assert caught.value.permanent
    assert place.box.select("INBOX").messages == 0


def test_missing_target(place: Place) -> None:
    """Nothing is copied, moved or appended to a folder that isn't there, and the mail stays."""
    (uid,) = place.store("a")
    place.box.select("INBOX")
    for act in (place.box.copy, place.box.move):
        with pytest.raises(FolderError, match="Nirgends"):
            act([uid], "Nirgends")
    with pytest.raises(FolderError, match="Nirgends"):
        place.box.append("Nirgends", mail("b"))
    assert place.contents("INBOX") == {"a": frozenset()}


def test_select_after_select_works_in_the_second(place: Place) -> None:
    """UIDs always mean the folder selected last."""
    place.store("a")
    place.store("b", folder="Ablage")
    place.box.select("INBOX")
    status = place.box.select("Ablage")
    (found,) = place.box.headers(place.box.uids_from(1), ("Subject",))
    assert b"b" in found.header
    assert status.messages == 1


def test_uids_from(place: Place) -> None:
    """UIDs from a given one on; above the last there is none, though the protocol's n:* answers with the last."""
    uids = place.store("a", "b", "c")
    place.box.select("INBOX")
    assert place.box.uids_from(1) == uids
    assert place.box.uids_from(uids[1]) == uids[1:]
    assert place.box.uids_from(uids[2] + 1) == []
    assert place.box.uids_from(0) == uids


def test_uids_from_an_empty_folder(place: Place) -> None:
    """An empty folder has no UIDs."""
    place.box.select("INBOX")
    assert place.box.uids_from(1) == []


def test_uids_from_sees_what_came_after_select(place: Place) -> None:
    """A session that stays selected learns of later arrivals."""
    place.box.select("INBOX")
    (uid,) = place.store("a")
    assert place.box.uids_from(1) == [uid]


def test_uids_in_windows(real: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder with more mails than one answer may hold, UIDs are asked for in windows, and none is lost."""
    monkeypatch.setattr("maild.edge.imap.SEARCH_WINDOW", 3)
    uids = real.store(*range(10))
    real.box.select("INBOX")
    assert real.box.uids_from(1) == uids
    assert real.box.uids_from(uids[4]) == uids[4:]
    assert real.box.uids_from(uids[-1] + 1) == []


def test_headers(place: Place) -> None:
    """Headers come with flags, date and size, as they are, and nothing becomes seen."""
    start = datetime.now(UTC)
    first, second = place.store("a", "b", flags=("\\Flagged",))
    place.box.select("INBOX")
    found = place.box.headers([second, first, GONE])
    assert [item.uid for item in found] == [first, second]
    assert found[0].header == mail("a").split(b"\r\n\r\n")[0] + b"\r\n\r\n"
    assert found[0].size == len(mail("a"))
    assert found[0].flags == {"\\Flagged"}
    assert abs(found[0].internaldate - start) < timedelta(minutes=1)
    assert found[0].internaldate.tzinfo is UTC
    assert place.contents("INBOX")["a"] == {"\\Flagged"}


def test_named_fields_only(place: Place) -> None:
    """Only the fields asked for are transferred."""
    (uid,) = place.store("a")
    place.box.select("INBOX")
    (found,) = place.box.headers([uid], ("Message-ID", "X-None"))
    assert found.header == b"Message-ID: <a@kunde.example>\r\n\r\n"


def test_no_uids_no_command(place: Place) -> None:
    """Nothing asked for, nothing sent: an empty set would be a protocol error."""
    place.box.select("INBOX")
    assert place.box.headers([]) == []
    assert place.box.flags([]) == {}
    assert place.box.copy([], "Trash") == {}
    assert place.box.move([], "Trash") == {}
    place.box.add_flags([], ["\\Seen"])


def test_fetch(place: Place) -> None:
    """A mail comes byte for byte, or its first bytes; one that is gone is None; none becomes seen."""
    (uid,) = place.store("ä")
    place.box.select("INBOX")
    assert place.box.fetch(uid, 10_000) == mail("ä")
    assert place.box.fetch(uid, 10) == mail("ä")[:10]
    assert place.box.fetch(GONE, 10) is None
    assert place.contents("INBOX") == {"ä": frozenset()}


def test_header_of_a_megabyte(place: Place) -> None:
    """A hostile header is cut, takes no more memory than that, and hides no other mail."""
    hostile = b"Subject: " + b"x" * 1_000_000 + b"\r\nMessage-ID: <big@kunde.example>\r\n\r\nhi\r\n"
    big = place.server.store(place.user, hostile)
    (small,) = place.store("b")
    place.box.select("INBOX")
    found = place.box.headers([big, small])
    assert [(item.uid, item.size) for item in found] == [(big, len(hostile)), (small, len(mail("b")))]
    assert len(found[0].header) == HEADER_LIMIT
    assert place.box.find("Message-ID", "<big@kunde.example>") == [big]


def test_hostile_text_is_only_text(place: Place) -> None:
    """Headers that look like IMAP, hold raw 8-bit, or nothing at all, come as they are."""
    texts = [
        b"* 1 EXPUNGE\r\n\r\n",
        b'X: ) {3}\r\nY: "\\\r\n\r\n',
        b"Subject: \xff\xfe\xe4\r\n\r\n",
        b"\r\n\r\nno header",
    ]
    uids = [place.server.store(place.user, text) for text in texts]
    place.box.select("INBOX")
    assert [place.box.fetch(uid, 1000) for uid in uids] == texts
    assert [item.uid for item in place.box.headers(uids)] == uids


def test_find_by_message_id(place: Place) -> None:
    """A mail is found by its whole Message-ID and by no other."""
    uids = place.store("eins", "zwei", "zwei")
    place.box.select("INBOX")
    assert place.box.find("Message-ID", "<zwei@kunde.example>") == uids[1:]
    assert place.box.find("message-id", "<eins@kunde.example>") == uids[:1]
    assert place.box.find("Message-ID", "<EINS@kunde.example>") == []
    assert place.box.find("Message-ID", "<drei@kunde.example>") == []


@pytest.mark.parametrize("value", ["ä-ö", 'a"b\\c', "(x) {3}", "%*", "", "\r\nX LOGOUT"])
def test_find_takes_any_value(place: Place, value: str) -> None:
    """No value breaks the command; what is not there is not found, and the session goes on."""
    (uid,) = place.store("a")
    place.box.select("INBOX")
    assert place.box.find("X-None", value or "x") == []
    assert place.box.find("Subject", "a") == [uid]


def test_find_sees_through_folding(place: Place) -> None:
    """A token in References is found, however the field is folded."""
    references = (
        b"References: <draft.TOKEN@kanzlei.example>\r\n <a@kunde.example>\r\n\t<b@kunde.example>\r\n\r\n"
    )
    uid = place.server.store(place.user, b"Subject: x\r\n" + references)
    place.box.select("INBOX")
    for token in (
        "<draft.TOKEN@kanzlei.example>",
        "<b@kunde.example>",
        "<a@kunde.example>\t<b@kunde.example>",
    ):
        assert place.box.find("References", token) == [uid]


def test_append(place: Place) -> None:
    """An appended mail lies in its folder with flags, date and bytes, and its UID is known."""
    when = datetime(2026, 11, 20, 14, 30, 5, tzinfo=UTC)
    place.store("anderer", folder="Drafts")
    uid = place.box.append("Drafts", mail("Entwurf"), ["\\Draft"], when)
    place.box.select("Drafts")
    (found,) = place.box.headers([uid or 0])
    assert (found.internaldate, found.flags) == (when, {"\\Draft"})
    assert place.box.fetch(found.uid, 10_000) == mail("Entwurf")


def test_append_twice_gives_two_uids(place: Place) -> None:
    """Where the server does not tell, the older copy is not taken for the new one."""
    first, second = (place.box.append("Sent", mail("gleich")) for _ in range(2))
    assert first
    assert second
    assert first < second


def test_append_leaves_the_selected_folder(place: Place) -> None:
    """Looking for an appended mail elsewhere does not lose the place."""
    (uid,) = place.store("a")
    place.box.select("INBOX")
    place.box.append("Sent", mail("b"))
    assert place.box.fetch(uid, 10_000) == mail("a")


def test_append_without_message_id(place: Place) -> None:
    """A lone new mail is the appended one even if it has no Message-ID."""
    uid = place.box.append("Sent", b"Subject: ohne\r\n\r\n")
    place.box.select("Sent")
    assert place.box.uids_from(1) == [uid]


def test_line_ends_become_crlf(place: Place) -> None:
    """Bare line feeds are sent as the protocol wants them."""
    uid = place.box.append("Sent", b"Subject: x\n\nzwei\nZeilen\n")
    place.box.select("Sent")
    assert place.box.fetch(uid or 0, 1000) == b"Subject: x\r\n\r\nzwei\r\nZeilen\r\n"


def test_flags(place: Place) -> None:
    """Flags are added to those that are there, are read back, and none is lost."""
    first, second = place.store("a", "b", flags=("\\Seen",))
    place.box.select("INBOX")
    place.box.add_flags([first, GONE], ["\\Answered", "\\Flagged"])
    assert place.box.flags([first, second, GONE]) == {
        first: {"\\Seen", "\\Answered", "\\Flagged"},
        second: {"\\Seen"},
    }


@pytest.mark.parametrize("flag", ["zwei Worte", "Müller", "\\Erfunden", "a)b", "", "x\r\ny"])
def test_no_flag_breaks_the_command(place: Place, flag: str) -> None:
    """What cannot be a flag is refused before anything is sent."""
    (uid,) = place.store("a")
    place.box.select("INBOX")
    with pytest.raises(FolderError, match="can't be a flag"):
        place.box.add_flags([uid], [flag])
    assert place.box.flags([uid]) == {uid: frozenset()}


def test_copy(place: Place) -> None:
    """A copy keeps bytes and flags, the original stays, and the copy's UID is known."""
    first, second = place.store("a", "b", flags=("\\Flagged",))
    place.store("vorher", folder="Ablage")
    place.box.select("INBOX")
    copied = place.box.copy([first, second, GONE], "Ablage")
    assert set(copied) == {first, second}
    assert place.contents("INBOX").keys() == {"a", "b"}
    assert place.contents("Ablage")["b"] == {"\\Flagged"}
    place.box.select("Ablage")
    assert place.box.fetch(copied[first] or 0, 10_000) == mail("a")
    assert place.box.fetch(copied[second] or 0, 10_000) == mail("b")


def test_move(place: Place) -> None:
    """Moved mails are in the new folder under known UIDs, and in the old one at most marked deleted."""
    first, _second, third = place.store("a", "b", "c")
    place.box.select("INBOX")
    moved = place.box.move([first, third], "Trash")
    assert set(moved) == {first, third}
    assert place.contents("Trash").keys() == {"a", "c"}
    left = place.contents("INBOX")
    assert [name for name, flags in left.items() if "\\Deleted" not in flags] == ["b"]
    assert len(left) == 1 or not (place.box.has_move or place.box.has_uidplus)
    place.box.select("Trash")
    assert place.box.fetch(moved[third] or 0, 10_000) == mail("c")


def test_move_of_a_vanished_mail_is_no_success(place: Place) -> None:
    """A mail that somebody else removed is not reported as moved; its neighbour is moved."""
    first, second = place.store("a", "b")
    place.box.select("INBOX")
    with sign_in(place.server, place.user) as other:
        other.select("INBOX")
        other.remove(first)
    assert set(place.box.move([first], "Trash")) == set()
    assert set(place.box.move([first, second, GONE], "Trash")) == {second}
    assert place.contents("Trash").keys() == {"b"}


def test_move_of_equal_mails(place: Place) -> None:
    """Two mails with one Message-ID are moved as two."""
    uids = place.store("gleich", "gleich")
    place.box.select("INBOX")
    moved = place.box.move(uids, "Trash")
    place.box.select("Trash")
    assert [moved[uid] for uid in uids] == place.box.uids_from(1)


def test_others_marked_mail_survives(place: Place) -> None:
    """Neither moving nor removing expunges what another person only marked deleted."""
    first, marked, third = place.store("a", "markiert", "c")
    place.box.select("INBOX")
    place.box.add_flags([marked], ["\\Deleted"])
    place.box.move([first], "Trash")
    place.box.remove(third)
    assert "\\Deleted" in place.contents("INBOX")["markiert"]


def test_remove(place: Place) -> None:
    """A removed mail is gone, or marked where the server can't remove single mails; both are told apart."""
    first, second = place.store("a", "b")
    place.box.select("INBOX")
    gone = place.box.remove(first)
    assert gone is place.box.has_uidplus
    assert place.contents("INBOX") == ({"b": frozenset()} if gone else {"a": {"\\Deleted"}, "b": frozenset()})
    assert place.box.remove(GONE) is place.box.has_uidplus
    assert place.box.fetch(second, 100)


def test_mail_removed_by_others_is_gone(real: Place) -> None:
    """A mail that another session removed is not read as an empty one."""
    first, second = real.store("a", "b")
    real.box.select("INBOX")
    with sign_in(real.server, real.user) as other:
        other.select("INBOX")
        other.remove(first)
    assert [item.uid for item in real.box.headers([first, second])] == [second]
    assert real.box.fetch(first, 1000) is None
    assert set(real.box.flags([first, second])) == {second}


def test_copy_when_some_are_gone(place: Place) -> None:
    """Copies are made of what is left."""
    first, second = place.store("a", "b")
    place.box.ensure("Ablage")
    place.box.select("INBOX")
    with sign_in(place.server, place.user) as other:
        other.select("INBOX")
        other.remove(first)
    assert set(place.box.copy([first, second], "Ablage")) == {second}
    assert list(place.contents("Ablage")) == ["b"]


def test_idle_tells_of_a_delivery(place: Place) -> None:
    """An idling session becomes readable on delivery, and UIDNEXT has grown."""
    before = place.box.select("INBOX")
    assert announced(place.box, lambda: place.server.deliver(place.user, mail("neu")))
    assert place.box.status("INBOX").uidnext > before.uidnext


def test_idle_again_and_again(place: Place) -> None:
    """Idling can be renewed; without news there are none."""
    place.box.select("INBOX")
    for _ in range(3):
        place.box.idle()
        assert place.box.wake() is False
    assert announced(place.box, lambda: place.server.deliver(place.user, mail("neu")))


def test_idle_after_a_delivery_loses_nothing(place: Place) -> None:
    """What comes between SELECT and IDLE is told by IDLE or by UIDNEXT."""
    before = place.box.select("INBOX")
    place.server.deliver(place.user, mail("neu"))
    place.box.idle()
    place.box.wake()
    assert place.box.status("INBOX").uidnext > before.uidnext


def test_idle_over_tls(dovecot: Dovecot) -> None:
    """No news get stuck in the buffers of TLS: what came before IDLE, and what comes after, is noticed."""
    user = dovecot.user()
    with Mailbox.connect(
        ImapLogin("localhost", dovecot.imaps_port, "implicit", user, dovecot.password, dovecot.ca)
    ) as box:
        box.select("INBOX")
        for _ in range(5):
            dovecot.deliver(user, mail("vorher"))
            assert announced(box, lambda: None)
            assert announced(box, lambda: dovecot.deliver(user, mail("nachher")))


def test_idle_tells_of_flags_and_removal(place: Place) -> None:
    """Changes by others are news too."""
    (uid,) = place.store("a")
    place.box.select("INBOX")
    with sign_in(place.server, place.user) as other:
        other.select("INBOX")
        assert announced(place.box, lambda: other.add_flags([uid], ["\\Flagged"]))
        assert announced(place.box, lambda: other.remove(uid))


def test_close_while_idling(place: Place) -> None:
    """An idling session is closed without fuss, and twice does no harm."""
    place.box.select("INBOX")
    place.box.idle()
    place.box.close()
    place.box.close()


def test_five_thousand_uids(real: Place) -> None:
    """Thousands of UIDs are handled in chunks that any server takes, and all of them."""
    with real.server.session(real.user) as imap:
        for number in range(5):
            imap.append("INBOX", None, None, mail(number))
        while imap.select("INBOX")[1] != [b"5120"]:
            imap.copy("1:*", "INBOX")
    real.box.select("INBOX")
    uids = real.box.uids_from(1)[:5000]
    assert len(real.box.headers(uids, ("Message-ID",))) == 5000
    real.box.add_flags(uids, ["\\Seen"])
    assert len(real.box.move(uids, "Trash")) == 5000
    assert real.box.status("INBOX").messages == 120
    assert real.box.status("Trash").messages == 5000


def test_folder_deleted_under_us(real: Place) -> None:
    """A folder that is deleted while selected ends at most this session; the next one reads that it is missing."""
    real.store("a", folder="Weg")
    real.box.select("Weg")
    with real.server.session(real.user) as imap:
        imap.delete("Weg")
    with pytest.raises(ServerError):
        real.box.select("Weg")
    with sign_in(real.server, real.user) as fresh:
        with pytest.raises(FolderError, match="does not exist"):
            fresh.status("Weg")
        fresh.ensure("Weg")
        assert fresh.select("Weg").messages == 0


@pytest.mark.parametrize("lacking", LACKS)
def test_table_of_what_pymap_lacks(pymap: Pymap, lacking: str) -> None:
    """Each line of the table is true; a pymap that learned something makes its line fail."""
    with sign_in(pymap, pymap.user()) as box:
        assert _truly_lacks(pymap, box, lacking)


def _truly_lacks(pymap: Pymap, box: Mailbox, lacking: str) -> bool:
    user, words = box.session.login.username, box.session.capabilities
    box.select("INBOX")
    match lacking:
        case "special use":
            return not any(folder.flags & {"\\Drafts", "\\Sent", "\\Trash"} for folder in box.folders())
        case "keywords":
            uid = pymap.store(user, mail("a"))
            box.uids_from(1)
            box.add_flags([uid], ["maild"])
            return box.flags([uid]) == {uid: frozenset()} and pymap.messages(user)[0].flags == frozenset()
        case "news at the start of idle":
            pymap.deliver(user, mail("a"))
            return not box.idle() and not select.select([box], [], [], 0.2)[0]
        case "tls":
            return "STARTTLS" not in words
        case _:
            return lacking.upper() not in words


def test_special_use_of_dovecot(real: Place) -> None:
    """Marks of special use are passed on."""
    marks = {mark for folder in real.box.folders() for mark in folder.flags}
    assert {"\\Drafts", "\\Sent", "\\Trash"} <= marks


def test_keywords(real: Place) -> None:
    """Keywords are kept as written."""
    (uid,) = real.store("a")
    real.box.select("INBOX")
    real.box.add_flags([uid], ["$Maild", "Rechnung-2026"])
    assert real.box.flags([uid]) == {uid: {"$Maild", "Rechnung-2026"}}


@pytest.fixture(scope="module")
def courier() -> Iterator[Dovecot]:
    """A server whose folders all lie below INBOX, with a dot as delimiter, as Courier has them."""
    server = Dovecot(prefix="INBOX.", separator=".")
    server.start()
    yield server
    server.stop()


def test_prefix_and_delimiter_are_hidden(courier: Dovecot) -> None:
    """Names look the same as on any other server, and mail goes where they say."""
    user = courier.user()
    with sign_in(courier, user) as box:
        box.ensure("Kunden/Müller")
        box.ensure("INBOX/Freigegeben")
        names = {folder.name for folder in box.folders()}
        assert names >= {"INBOX", "Drafts", "Sent", "Trash", "Kunden/Müller", "Freigegeben"}
        assert box.append("Kunden/Müller", mail("a"))
        assert box.status("Freigegeben").messages == 0
        assert resolve(box.folders(), {})[Role.TRASH] == "Trash"
    assert {"INBOX", "INBOX.Kunden.M&APw-ller", "INBOX.Freigegeben"} <= courier.folders(user)


def test_restart_of_the_server() -> None:
    """A session whose server restarts ends in ServerErrors, and a new one finds all as it was."""
    server = Dovecot()
    server.start()
    try:
        user = server.user()
        uid = server.store(user, mail("a"))
        box = sign_in(server, user)
        before = box.select("INBOX")
        box.idle()
        server.halt()
        assert select.select([box], [], [], 10)[0]
        for act in (box.wake, box.idle, lambda: box.select("INBOX"), lambda: box.fetch(uid, 10)):
            with pytest.raises(ServerError, match=r"was lost|is closed"):
                act()
        box.close()
        server.resume()
        wait_until(lambda: bool(server.messages(user)))
        with sign_in(server, user) as again:
            assert again.select("INBOX") == before
    finally:
        server.stop()

"""Looking at past mail: read only, by day, in bounded memory. On every kind of server in turn."""

from contextlib import suppress
from datetime import UTC, date, datetime

import pytest

from maild.edge.imap import HEADER_LIMIT, Mailbox
from maild.errors import FolderError
from tests.edge.test_imap import GONE, Place, mail, place, real, sign_in

__all__ = ["place", "real"]


def lay(box: Mailbox, name: object, when: datetime, folder: str = "Archiv") -> int:
    """A mail that came in at that time."""
    box.ensure(folder)
    uid = box.append(folder, mail(name), (), when)
    assert uid is not None
    return uid


def test_an_examined_folder_stays_as_it_is(place: Place) -> None:
    """Everything can be read, nothing becomes seen, and what would change the folder is refused or does nothing."""
    uids = place.store("a", "b")
    status = place.box.examine("INBOX")
    assert (status.messages, place.box.uids_from(1)) == (2, uids)
    assert [raw for _, raw in place.box.read(place.box.outlines(uids), 10_000)] == [mail("a"), mail("b")]
    with suppress(FolderError):
        place.box.add_flags(uids, ["\\Seen"])
    assert place.contents("INBOX") == {"a": frozenset(), "b": frozenset()}
    place.box.select("INBOX")
    place.box.add_flags(uids[:1], ["\\Seen"])
    assert place.contents("INBOX") == {"a": {"\\Seen"}, "b": frozenset()}


def test_a_missing_folder_can_not_be_examined(place: Place) -> None:
    """It is that folder's fault, and the session goes on."""
    with pytest.raises(FolderError, match=r"'Nirgends'.* does not exist"):
        place.box.examine("Nirgends")
    assert place.box.examine("INBOX").messages == 0


@pytest.mark.parametrize("window", [3, 50_000])
def test_uids_since_a_day(place: Place, monkeypatch: pytest.MonkeyPatch, window: int) -> None:
    """Mail of that day and later, whatever its UID, also where UIDs are asked for in windows."""
    monkeypatch.setattr("maild.edge.imap.SEARCH_WINDOW", window)
    days = [20, 3, 9, 12, 1, 10, 31]
    uids = {day: lay(place.box, day, datetime(2026, 10, day, 12, tzinfo=UTC)) for day in days}
    place.box.examine("Archiv")
    assert place.box.uids_from(1, date(2026, 10, 10)) == sorted(uids[day] for day in (20, 12, 10, 31))
    assert place.box.uids_from(uids[12], date(2026, 10, 10)) == [uids[12], uids[10], uids[31]]
    assert place.box.uids_from(1, date(2026, 11, 1)) == []


def test_outlines(place: Place) -> None:
    """Flags, date and size of those that exist; no header comes with them."""
    when = datetime(2026, 10, 3, 12, tzinfo=UTC)
    uid = lay(place.box, "a", when)
    place.box.examine("Archiv")
    (found,) = place.box.outlines([GONE, uid])
    assert (found.uid, found.internaldate, found.size, found.header) == (uid, when, len(mail("a")), b"")
    assert place.box.outlines([]) == []


def test_read_keeps_the_order_asked_for(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also over several commands; a mail that is gone meanwhile is left out; a large one comes by its first bytes."""
    monkeypatch.setattr("maild.edge.imap.READ_BUDGET", 2 * len(mail("a")))
    uids = place.store(*"abcde")
    place.box.examine("INBOX")
    outlines = place.box.outlines(uids)
    wanted = [outlines[number] for number in (3, 0, 4, 2, 1)]
    with sign_in(place.server, place.user) as other:
        other.select("INBOX")
        other.remove(uids[4])
    found = list(place.box.read(wanted, 40))
    assert [(each.uid, raw) for each, raw in found] == [
        (uids[number], mail("abcde"[number])[:40]) for number in (3, 0, 2, 1)
    ]
    headers = {each.uid: each.header for each in place.box.headers(uids)}
    assert [each.header for each, _ in found] == [headers[each.uid] for each, _ in found]


def test_read_damaged_mail(place: Place) -> None:
    """No header, no line end, raw 8 bit, a header of a megabyte: all come, with the header as `headers` gives it."""
    texts = [
        b"\r\n\r\nno header",
        b"Subject: \xff\xfe\xe4\r\n\r\n",
        b'X: ) {3}\r\nY: "\\\r\n\r\n',
        b"no field at all\r\nnor here\r\n\r\nand here a body",
        b"Subject: " + b"x" * 1_000_000 + b"\r\n\r\nhi\r\n",
    ]
    uids = [place.server.store(place.user, text) for text in texts]
    place.box.examine("INBOX")
    found = list(place.box.read(place.box.outlines(uids), 2_000_000))
    assert [raw for _, raw in found] == texts
    assert [each.header for each, _ in found] == [each.header for each in place.box.headers(uids)]
    assert len(found[-1][0].header) == HEADER_LIMIT

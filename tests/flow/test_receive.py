"""What of an inbox is new, and what is judged: never twice, never another mail under a number used again."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from maild.core.folder import Role
from maild.errors import FolderError, ServerError
from maild.flow.desk import IMAP
from maild.flow.receive import _admit, receive
from tests.flow.conftest import with_draft
from tests.flow.letters import ORIGINAL, enquiry, field
from tests.flow.room import OFFER, Room, furnish

Furnished = Callable[..., Room]

EVERYTHING = """\
rules:
  - name: offer
    when: {subject: {words: [Angebot]}}
    do: [{note: Neue Anfrage.}, {forward: client}, {draft: offer}, {mark: flagged}, {copy: Kopien}, {move: Anfragen}]
"""
OWN_INBOX = "folders: {inbox: Eingang}"


@pytest.fixture(params=["dovecot", "pymap"])
def apart(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    """A room whose inbox is a folder that can be deleted and made anew, on both servers."""
    server = request.getfixturevalue(request.param)
    monkeypatch.setenv("ROOM_IMAP", server.password)
    room = furnish(tmp_path, server, imap=OWN_INBOX)
    room.lay(enquiry(0, "Gruß"), "Eingang")
    yield room
    room.close()


def test_old_mail_is_sorted_but_not_answered(furnished: Furnished) -> None:
    """Mail from before the first contact is moved, copied and marked; no draft, no note, no forward."""
    room = furnished(rules=EVERYTHING)
    room.deliver(enquiry())
    room.look(2)
    assert room.rows("SELECT action, state FROM effect ORDER BY id") == [
        ("mark", "done"),
        ("copy", "done"),
        ("move", "done"),
    ]
    assert "\\Flagged" in room.only("Anfragen").flags
    assert (room.messages("INBOX"), len(room.messages("Kopien"))) == ([], 1)
    assert (room.messages("Drafts"), room.outbox()) == ([], [])


def test_mail_after_the_first_contact_is_answered(furnished: Furnished) -> None:
    """Mail that comes later has all that the rule says, in this order, and is not marked as read."""
    room = furnished(rules=EVERYTHING)
    room.look()
    room.deliver(enquiry())
    room.look(2)
    actions = room.rows("SELECT action, state FROM effect ORDER BY id")
    assert actions == [(name, "done") for name in ("note", "forward", "draft", "mark", "copy", "move")]
    assert room.only("Anfragen").flags == {"\\Flagged"}
    assert len(room.messages("Drafts")) == 1
    assert room.outbox() == [("jane@northwind.example", "queued")] * 2


def test_since_decides_by_date_at_first_contact(furnished: Furnished) -> None:
    """With `imap.since` mail that already lay there is drafted for if it came on that day or later."""
    room = furnished(imap=f"since: {_yesterday()}")
    with room.imap() as imap:
        for number, day in ((1, 3), (2, 0)):
            when = (room.clock.time - timedelta(days=day)).strftime('"%d-%b-%Y %H:%M:%S +0000"')
            imap.append("INBOX", "", when, enquiry(number))
    room.look(2)
    assert room.rows("SELECT message_id, old FROM mail ORDER BY id") == [
        ("<1.anfrage@kunde.example>", 1),
        ("<2.anfrage@kunde.example>", 0),
    ]
    assert b"<2.anfrage@kunde.example>" in field(room.only("Drafts").content, b"References")
    assert len(room.messages("Anfragen")) == 2


def test_unknown_mail_after_a_new_uidvalidity_is_old_even_with_since(furnished: Furnished) -> None:
    """`since` opens only the first contact: what turns up in a folder numbered anew is not drafted for."""
    room = furnished(imap=f"since: {_yesterday()}, {OWN_INBOX}")
    room.lay(enquiry(0, "Gruß"), "Eingang")
    room.look()
    room.leave()
    room.recreate("Eingang")
    room.lay(enquiry(1), "Eingang")
    room.look(2)
    assert room.rows("SELECT message_id, old FROM mail ORDER BY id")[-1] == (ORIGINAL, 1)
    assert room.messages("Drafts") == []
    room.lay(enquiry(2), "Eingang")
    room.look(2)
    assert len(room.messages("Drafts")) == 1


def test_a_returned_mail_is_left_alone(drafted: Room) -> None:
    """Dragged back into the inbox, a mail is known and stays there; no second draft."""
    drafted.move(drafted.only("Anfragen").uid, "Anfragen", "INBOX")
    drafted.look(2)
    assert drafted.rows("SELECT state FROM mail ORDER BY id") == [("done",), ("known",)]
    assert len(drafted.messages("INBOX")) == len(drafted.messages("Drafts")) == 1


def test_a_second_copy_is_left_alone(drafted: Room) -> None:
    """The same mail delivered twice, as by a list and directly, has one draft."""
    drafted.deliver(enquiry())
    drafted.look(2)
    assert drafted.rows("SELECT state FROM mail ORDER BY id") == [("done",), ("known",)]
    assert len(drafted.messages("Drafts")) == 1


def test_two_copies_in_one_look_have_one_draft(room: Room) -> None:
    """The second of two equal mails is known even if neither was seen before."""
    room.look()
    room.deliver(enquiry())
    room.deliver(enquiry())
    room.look(2)
    assert room.rows("SELECT state FROM mail ORDER BY id") == [("done",), ("known",)]
    assert len(room.messages("Drafts")) == 1


def test_one_message_id_on_two_mails_is_two_mails(drafted: Room) -> None:
    """A Message-ID that a broken program uses twice hides no mail: another subject is another mail."""
    drafted.deliver(enquiry(1, "Noch ein Angebot, bitte"))
    drafted.look(2)
    assert drafted.rows("SELECT state FROM mail ORDER BY id") == [("done",), ("done",)]
    assert len(drafted.messages("Drafts")) == 2


def test_mail_without_a_message_id_is_handled_once(room: Room) -> None:
    """Without a Message-ID a mail is recognised by its other fields and its size."""
    room.look()
    raw = b"".join(line for line in enquiry().splitlines(True) if not line.startswith(b"Message-ID"))
    room.lay(raw, "INBOX")
    room.look(2)
    room.lay(raw, "INBOX")
    room.lay(raw + b"PS: Eilt.\r\n", "INBOX")
    room.look(2)
    assert room.rows("SELECT state FROM mail ORDER BY id") == [("done",), ("known",), ("done",)]
    assert len(room.messages("Drafts")) == 2


def test_a_folder_made_anew_is_not_drafted_for_again(apart: Room) -> None:
    """Known mail under a new UIDVALIDITY is known; unknown mail there is only sorted; later mail is new."""
    apart.look()
    apart.lay(enquiry(1), "Eingang")
    apart.look(2)
    apart.leave()
    apart.recreate("Eingang")
    apart.lay(enquiry(2, "Angebot von früher"), "Eingang")  # takes a number that a known mail had
    apart.lay(enquiry(1), "Eingang")
    apart.look(2)
    assert apart.rows("SELECT message_id, old, state FROM mail ORDER BY id DESC LIMIT 2") == [
        (ORIGINAL, 1, "known"),
        ("<2.anfrage@kunde.example>", 1, "done"),
    ]
    assert len(apart.messages("Drafts")) == 1
    apart.lay(enquiry(3), "Eingang")
    apart.look(2)
    assert len(apart.messages("Drafts")) == 2


def test_a_number_used_again_brings_no_other_mail(apart: Room) -> None:
    """A mail seen under one UIDVALIDITY is not judged as the mail that has its number under the next."""
    apart.look()
    apart.lay(enquiry(1), "Eingang")
    _admit(apart.desk, apart.connect().mailbox, "Eingang")
    apart.leave()
    apart.recreate("Eingang")
    apart.lay(enquiry(7, "Gruß"), "Eingang")
    apart.lay(enquiry(8, "Gruß"), "Eingang")
    apart.look(2)
    assert apart.rows("SELECT state, reason FROM mail WHERE message_id = ?", ORIGINAL) == [
        ("gone", "taken away before it was judged")
    ]
    assert apart.messages("Drafts") == []
    assert len(apart.messages("Eingang")) == 2


def test_a_mail_that_waits_is_found_under_its_new_number(apart: Room) -> None:
    """Seen but not judged when its folder was numbered anew, a mail is judged where it lies now, and once."""
    apart.look()
    apart.lay(enquiry(1), "Eingang")
    _admit(apart.desk, apart.connect().mailbox, "Eingang")
    apart.leave()
    apart.recreate("Eingang")
    for raw in (enquiry(7, "Gruß"), enquiry(8, "Gruß"), enquiry(1)):
        apart.lay(raw, "Eingang")
    apart.look(2)
    assert ORIGINAL.encode() in field(apart.only("Drafts").content, b"References")
    assert apart.only("Anfragen").content == enquiry(1)


def test_an_inbox_numbered_anew_by_its_server(drafted: Room, dovecot) -> None:
    """The real INBOX, rebuilt from its files as after a restored backup: nothing is drafted for twice."""
    drafted.deliver(enquiry(2, "Gruß"))
    drafted.move(drafted.only("Anfragen").uid, "Anfragen", "INBOX")
    drafted.look(2)
    drafted.leave()
    before = drafted.rows("SELECT uidvalidity FROM folder WHERE name = 'INBOX'")
    maildir = dovecot.base / "mail" / drafted.user / "Maildir"
    for path in (*maildir.glob("dovecot.index*"), maildir / "dovecot-uidlist"):
        path.unlink()
    drafted.look(2)
    assert drafted.rows("SELECT uidvalidity FROM folder WHERE name = 'INBOX'") != before
    assert len(drafted.messages("Drafts")) == 1
    assert len(drafted.messages("INBOX")) == 2
    drafted.deliver(enquiry(3))
    drafted.look(2)
    assert len(drafted.messages("Drafts")) == 2


def test_mail_taken_away_before_it_is_judged(room: Room) -> None:
    """Removed between look and judgement, a mail is noted as gone; the next one is handled."""
    room.look()
    room.deliver(enquiry(1))
    room.deliver(enquiry(2))
    assert room.session is not None
    _admit(room.desk, room.session.mailbox, "INBOX")
    room.delete(room.messages("INBOX")[0].uid, "INBOX")
    room.look(2)
    assert room.rows("SELECT state FROM mail ORDER BY id") == [("gone",), ("done",)]
    assert len(room.messages("Drafts")) == 1


def test_mail_taken_away_between_judgement_and_draft(room: Room) -> None:
    """Removed after the rules had their say, a mail gets no draft and is noted as gone."""
    room.look()
    room.deliver(enquiry())
    assert room.session is not None
    receive(room.desk, room.session.mailbox, "INBOX")
    room.delete(room.only("INBOX").uid, "INBOX")
    room.look(2)
    assert room.rows("SELECT state FROM mail") == [("gone",)]
    assert room.rows("SELECT count(*) FROM effect WHERE state = 'planned'") == [(0,)]
    assert room.messages("Drafts") == []


def test_450_mails_in_one_look(furnished: Furnished) -> None:
    """More than two batches are admitted, judged and moved within one look, each once."""
    room = furnished(
        rules="rules: [{name: all, when: {subject: Nummer}, do: [{mark: flagged}, {move: Archiv}]}]"
    )
    with room.imap() as imap:
        for number in range(450):
            imap.append("INBOX", "", "", enquiry(number, f"Nummer {number}"))
    room.look()
    assert room.rows("SELECT state, count(*) FROM mail GROUP BY state") == [("done", 450)]
    assert room.messages("INBOX") == []
    archived = room.messages("Archiv")
    assert len({field(mail.content, b"Subject") for mail in archived}) == len(archived) == 450
    assert all("\\Flagged" in mail.flags for mail in archived)


def test_a_mail_that_the_server_cannot_read_stops_only_itself(room: Room, dovecot) -> None:
    """Dovecot hangs up on a damaged mail: after three tries it is left for a person, and the others go on."""
    room.look()
    for number in (1, 2, 3):
        room.deliver(enquiry(number))
    assert room.session is not None
    _admit(room.desk, room.session.mailbox, "INBOX")
    damaged = _file(room, dovecot, b"<2.anfrage@")
    damaged.chmod(0)
    for _ in range(3):
        with pytest.raises(ServerError):
            room.look()
        room.leave()
    room.look(2)
    assert room.rows("SELECT id, state, attempts FROM mail ORDER BY id") == [
        (1, "done", 0),
        (2, "aside", 3),
        (3, "done", 0),
    ]
    assert len(room.messages("Drafts")) == len(room.messages("Anfragen")) == 2
    damaged.chmod(0o600)
    assert len(room.messages("INBOX")) == 1


def test_a_mail_without_a_readable_header_stops_only_itself(room: Room, dovecot) -> None:
    """Damaged before maild saw it, a mail ends look after look; then it is entered unread, and the others go on."""
    room.look()
    for number in (1, 2, 3):
        room.deliver(enquiry(number))
    damaged = _file(room, dovecot, b"<2.anfrage@")
    damaged.chmod(0)
    for _ in range(4 + 3):  # until it is entered, then until it is set aside; the watcher counts what failed
        with pytest.raises(ServerError):
            room.look()
        room.desk.store.accounts.failed(IMAP, "the connection was lost", room.clock(), None)
        room.leave()
    room.look(2)
    assert room.rows("SELECT state FROM mail ORDER BY id") == [("done",), ("aside",), ("done",)]
    assert len(room.messages("Drafts")) == len(room.messages("Anfragen")) == 2
    for path in damaged.parents[1].glob(f"*/{damaged.name}*"):
        path.chmod(0o600)
    assert len(room.messages("INBOX")) == 1


def test_a_letter_that_cannot_be_written_stops_only_itself(furnished: Furnished) -> None:
    """A value that the template needs and the mail lacks: the mail stays in the inbox, with the reason."""
    room = furnished(offer=OFFER.replace("Anfrage.", "Anfrage vom {{ mail.date | datum }}."))
    room.look()
    room.lay(b"".join(line for line in enquiry(1).splitlines(True) if not line.startswith(b"Date")), "INBOX")
    room.deliver(enquiry(2))
    room.look(2)
    assert room.rows("SELECT state FROM mail ORDER BY id") == [("aside",), ("done",)]
    ((reason,),) = room.rows("SELECT reason FROM mail WHERE state = 'aside'")
    assert "mail.date" in reason
    assert field(room.only("INBOX").content, b"Message-ID") == ORIGINAL.encode()
    assert len(room.messages("Drafts")) == 1


def test_an_unexpected_failure_has_three_tries(furnished: Furnished, tmp_path: Path) -> None:
    """A file that a letter carries is gone: tried at three looks, then left for a person; the others go on."""
    (tmp_path / "templates/northwind/files").mkdir(parents=True)
    price_list = tmp_path / "templates/northwind/files/preise.pdf"
    price_list.write_bytes(b"%PDF-1.4")
    rules = (
        "rules:\n"
        "  - {name: a, when: {subject: Liste}, do: [{draft: {template: offer, attach: [preise.pdf]}}]}\n"
        "  - {name: b, when: {subject: {words: [Angebot]}}, do: [{draft: offer}]}\n"
    )
    room = furnished(rules=rules)
    price_list.unlink()
    room.look()
    room.deliver(enquiry(1, "Liste"))
    room.deliver(enquiry(2))
    for attempts in (1, 2):
        room.look()
        assert room.rows("SELECT state, attempts FROM mail ORDER BY id") == [
            ("planned", attempts),
            ("done", 0),
        ]
    room.look()
    assert room.rows("SELECT state, attempts FROM mail ORDER BY id") == [("aside", 3), ("done", 0)]
    ((reason,),) = room.rows("SELECT reason FROM mail WHERE state = 'aside'")
    assert reason.startswith("FileNotFoundError at letters.py")
    assert len(room.messages("Drafts")) == 1


def test_what_a_person_reads_meanwhile_is_new_all_the_same(room: Room) -> None:
    """UIDNEXT tells what is new: a mail that was read before maild looked is handled, and stays read."""
    room.look()
    room.lay(enquiry(), "INBOX", "\\Seen")
    room.look(2)
    assert len(room.messages("Drafts")) == 1
    assert "\\Seen" in room.only("Anfragen").flags
    assert room.name(Role.INBOX) == "INBOX"


def test_flags_are_asked_for_once_for_all(furnished: Furnished) -> None:
    """Forty mails cost one FETCH of flags before they are judged, and the rules see each mail's own."""
    rules = "rules: [{name: r, when: {flags: flagged}, do: [{move: Anfragen}]}]\n"
    room = furnished(rules=rules)
    room.look()
    for number in range(40):
        room.lay(enquiry(number), "INBOX", "\\Flagged" if number % 2 else "")
    assert room.session is not None
    mailbox = room.session.mailbox
    told: list[str] = []
    attempt = mailbox.session.attempt

    def counted(method: str, *rest, **options):
        told.append(f"{method} {rest[1] if method == 'fetch' else ''}")
        return attempt(method, *rest, **options)

    mailbox.session.attempt = counted  # type: ignore[method-assign]
    receive(room.desk, mailbox, "INBOX")
    assert told.count("fetch ['FLAGS']") == 1
    assert room.rows("SELECT count(*) FROM effect") == [(20,)]


def test_flags_refused_for_all_are_asked_for_one_by_one(
    furnished: Furnished, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that refuses because of one mail does not hold up the others."""
    room = furnished(rules="rules: [{name: r, when: {flags: flagged}, do: [{move: Anfragen}]}]\n")
    room.look()
    for number in (1, 2, 3):
        room.lay(enquiry(number), "INBOX", "\\Flagged")
    assert room.session is not None
    mailbox = room.session.mailbox
    first = room.messages("INBOX")[0].uid
    flags = mailbox.flags

    def refused(uids: list[int]) -> Mapping[int, frozenset[str]]:
        if first in uids:
            raise FolderError("refused", permanent=False)
        return flags(uids)

    monkeypatch.setattr(mailbox, "flags", refused)
    receive(room.desk, mailbox, "INBOX")
    assert room.rows("SELECT state FROM mail ORDER BY id") == [("seen",), ("planned",), ("planned",)]


def test_what_history_asks_by_is_kept(room: Room) -> None:
    """The sender in lower case, and the Message-IDs that a mail refers to."""
    room.look()
    fields = b"In-Reply-To: <2@x.example>\r\nReferences: <1@x.example>\r\n <2@x.example>\r\n"
    room.deliver(fields + enquiry().replace(b"anna@kunde.example", b"Anna@Kunde.example"))
    room.look()
    assert room.rows("SELECT sender, refers_to FROM mail") == [
        ("anna@kunde.example", '["<2@x.example>", "<1@x.example>"]')
    ]


def test_mail_without_a_sender_is_received(room: Room) -> None:
    """It has no past, and is judged all the same."""
    room.look()
    room.lay(b"".join(line for line in enquiry().splitlines(True) if not line.startswith(b"From")), "INBOX")
    room.look()
    assert room.rows("SELECT sender, state FROM mail") == [("", "aside")]


def test_the_path_holds_on_pymap(tmp_path: Path, pymap, monkeypatch: pytest.MonkeyPatch) -> None:
    """Receive, act, draft and move do the same on the embedded server."""
    monkeypatch.setenv("ROOM_IMAP", pymap.password)
    room = with_draft(furnish(tmp_path, pymap))
    assert len(room.messages("Anfragen")) == 1
    room.close()


def _file(room: Room, dovecot, text: bytes) -> Path:
    """The file of the mail in the inbox that holds this text."""
    maildir = dovecot.base / "mail" / room.user / "Maildir"
    return next(path for path in maildir.glob("[nc][eu][wr]/*") if text in path.read_bytes())


def _yesterday() -> date:
    return datetime.now(UTC).date() - timedelta(days=1)

"""What the rules asked for is done once, whatever is refused, missing or interrupted in between."""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from maild.errors import ServerError
from maild.flow import jobs
from maild.flow.act import act
from maild.flow.receive import receive
from maild.store.records import EffectState, Place
from tests.flow.letters import ORIGINAL, enquiry, field
from tests.flow.past import order_apply
from tests.flow.room import Room, furnish

Furnished = Callable[..., Room]


def _rule(actions: str) -> str:
    """Rules that do this with every enquiry."""
    return f"rules: [{{name: r, when: {{subject: Angebot}}, do: [{actions}]}}]"


MOVE = _rule("{move: Anfragen}")
COPY = _rule("{copy: Kopien}, {move: Anfragen}")
REFUSED = "x" * 300  # Dovecot takes no name of more than 255 bytes


@pytest.fixture(params=["dovecot", "pymap"])
def anywhere(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Furnished]:
    """Makes a room on either server."""
    server = request.getfixturevalue(request.param)
    monkeypatch.setenv("ROOM_IMAP", server.password)
    rooms: list[Room] = []

    def make(**wishes: str) -> Room:
        rooms.append(furnish(tmp_path, server, **wishes))
        return rooms[-1]

    yield make
    for room in rooms:
        room.close()


@pytest.fixture
def planned(furnished: Furnished) -> Room:
    """A room where one mail is judged, to be moved, and nothing is done yet."""
    return _planned(furnished(rules=MOVE))


def test_effects_go_together(furnished: Furnished, dovecot) -> None:
    """Forty mails cost one command for each flag and folder, not one for each mail."""
    room = furnished(rules=_rule("{mark: [flagged, $Neu]}, {copy: Kopien}, {move: Anfragen}"))
    room.look()
    for number in range(40):
        room.lay(enquiry(number), "INBOX")
    assert room.session is not None
    mailbox = room.session.mailbox
    receive(room.desk, mailbox, "INBOX")
    told: list[str] = []
    attempt = mailbox.session.attempt

    def counted(method: str, *rest, **options):
        told.append(method)
        return attempt(method, *rest, **options)

    mailbox.session.attempt = counted  # type: ignore[method-assign]
    act(room.desk, mailbox, room.session._folders)
    assert [told.count(method) for method in ("add_flags", "copy", "move")] == [1, 1, 1]
    assert len(told) < 25
    assert room.messages("INBOX") == []
    assert len(room.messages("Kopien")) == len(room.messages("Anfragen")) == 40
    assert all({"\\Flagged", "$Neu"} <= mail.flags for mail in room.messages("Anfragen"))


def test_mark_trash_and_keep(anywhere: Furnished) -> None:
    """Each does what its name says; a kept mail stays as it is."""
    rules = (
        "rules:\n"
        "  - {name: a, when: {subject: Angebot}, do: [{mark: seen}, trash]}\n"
        "  - {name: b, when: {subject: Gruß}, do: [keep]}\n"
        "  - {name: c, when: {subject: Frage}, do: [{mark: [seen, flagged]}]}\n"
    )
    room = anywhere(rules=rules)
    room.look()
    for number, subject in enumerate(("Angebot", "Gruß", "Frage")):
        room.lay(enquiry(number, subject), "INBOX")
    room.look(2)
    assert room.only("Trash").flags == {"\\Seen"}
    kept, asked = room.messages("INBOX")
    assert (kept.flags, asked.flags) == (frozenset(), {"\\Seen", "\\Flagged"})
    assert room.rows("SELECT DISTINCT state FROM mail") == [("done",)]


@pytest.mark.parametrize("folder", ["Anfragen", "Ämter & Behörden", "Kunden/Große/Müller GmbH"])
def test_a_missing_folder_is_created_and_subscribed(anywhere: Furnished, folder: str) -> None:
    """Also with umlauts, and with the folders above it."""
    room = anywhere(rules=_rule(f'{{copy: "{folder}/Kopie"}}, {{move: "{folder}"}}'))
    room.look()
    room.lay(enquiry(), "INBOX")
    room.look(2)
    assert room.only(folder).content == room.only(f"{folder}/Kopie").content == enquiry()
    assert room.messages("INBOX") == []
    ((place,),) = room.rows("SELECT place_folder FROM mail")
    assert place == folder
    with room.imap() as imap:
        subscribed = [row.decode() for row in imap.lsub()[1] if row]
    wire = room.session.mailbox.imap_name(folder) if room.session else ""
    assert any(row.endswith((f'"{wire}"', f" {wire}")) for row in subscribed)


@pytest.mark.parametrize("action", ["move", "copy"])
def test_a_refused_folder_leaves_the_mail_where_it_is(furnished: Furnished, action: str) -> None:
    """A name the server refuses: after three looks the mail is set aside with the reason, unmoved; others go on."""
    then = ", {move: Ziel}" if action == "copy" else ""
    rules = (
        "rules:\n"
        f"  - {{name: a, when: {{subject: Angebot}}, do: [{{{action}: {REFUSED}}}{then}]}}\n"
        "  - {name: b, when: {subject: Frage}, do: [{move: Fragen}]}\n"
    )
    room = furnished(rules=rules)
    room.look()
    room.deliver(enquiry(1))
    room.deliver(enquiry(2, "Frage"))
    room.look()
    assert len(room.messages("Fragen")) == 1
    assert room.rows("SELECT state, attempts FROM mail WHERE id = 1") == [("planned", 1)]
    room.look(2)
    ((state, reason),) = room.rows("SELECT state, reason FROM mail WHERE id = 1")
    assert state == "aside"
    assert f"folder '{REFUSED}'" in reason
    assert "refused" in reason
    assert len(room.messages("INBOX")) == 1
    assert room.messages("Ziel") == []


def test_what_a_full_folder_refused_goes_on_later(furnished: Furnished, dovecot) -> None:
    """A destination that fails once, here by its rights on disk, takes the mail at the next look."""
    room = furnished(rules=MOVE)
    room.lay(enquiry(9, "Gruß"), "Anfragen")
    room.look()
    room.deliver(enquiry(1))
    maildir = dovecot.base / "mail" / room.user / "Maildir" / ".Anfragen"
    for name in ("tmp", "cur", "new"):
        (maildir / name).chmod(0o500)
    room.look()
    assert len(room.messages("INBOX")) == 1
    for name in ("tmp", "cur", "new"):
        (maildir / name).chmod(0o700)
    room.look()
    assert (len(room.messages("INBOX")), len(room.messages("Anfragen"))) == (0, 2)
    assert room.rows("SELECT state FROM mail WHERE id = 1") == [("done",)]


def test_mails_in_several_folders(furnished: Furnished) -> None:
    """Each mail is marked, copied and moved from where it lies, whatever folder that is, all in one look."""
    room = furnished(rules=_rule("{mark: flagged}, {copy: Kopien}, {move: Anfragen}"))
    room.look()
    for folder in ("INBOX", "Archiv", "Ämter/2025"):
        for number in range(3):
            room.lay(enquiry(number, f"Angebot {folder[0]}"), folder)
    assert room.session is not None
    receive(room.desk, room.session.mailbox, "INBOX")
    for folder in ("Archiv", "Ämter/2025"):
        _plan_there(room, folder)
    act(room.desk, room.session.mailbox, room.session._folders)
    moved = room.messages("Anfragen")
    assert len(moved) == len(room.messages("Kopien")) == 9
    assert all(mail.flags == {"\\Flagged"} for mail in moved)
    assert [len(room.messages(folder)) for folder in ("INBOX", "Archiv", "Ämter/2025")] == [0, 0, 0]
    origins = (
        "SELECT o.folder, count(*) FROM origin o JOIN effect e ON e.id = o.effect_id WHERE e.action = 'move'"
    )
    assert dict(room.rows(f"{origins} GROUP BY 1")) == {"INBOX": 3, "Archiv": 3, "Ämter/2025": 3}


def test_a_folder_that_is_gone_holds_up_no_other(furnished: Furnished) -> None:
    """Its mails are left for a person after three looks; those of the inbox are moved at once."""
    room = furnished(rules=MOVE)
    room.look()
    room.lay(enquiry(1), "Archiv")
    _plan_there(room, "Archiv")
    room.leave()
    with room.imap() as imap:
        imap.delete("Archiv")
    room.deliver(enquiry(2))
    room.look()
    assert len(room.messages("Anfragen")) == 1
    room.look(2)
    assert sorted(room.rows("SELECT folder, state FROM mail")) == [("Archiv", "aside"), ("INBOX", "done")]


@pytest.mark.parametrize("action", ["move", "copy"])
@pytest.mark.parametrize("told", [0, 1, 2, 3])
def test_look_alikes_that_were_interrupted(furnished: Furnished, action: str, told: int) -> None:
    """Of three mails of one header and size some were let through: what arrived once stands for one mail only."""
    room = furnished(rules=_rule(f"{{{action}: Ziel}}"))
    room.look()
    texts = [f"Text {letter}" for letter in "abc"]
    for text in texts:
        room.lay(enquiry(text=text), "Archiv")
    _plan_there(room, "Archiv")
    _begin(room, action, "Ziel")
    for mail in room.messages("Archiv")[:told]:
        (room.move if action == "move" else room.copy)(mail.uid, "Archiv", "Ziel")
    room.leave()
    room.look(2)
    found = sorted(text for mail in room.messages("Ziel") for text in texts if text.encode() in mail.content)
    assert found == texts
    assert len(room.messages("Archiv")) == (0 if action == "move" else 3)


def test_a_look_alike_that_was_recorded_is_no_proof(furnished: Furnished) -> None:
    """The first of two alike was moved and recorded, the second was not told: its text is not taken for moved."""
    room = furnished(rules=MOVE)
    room.look()
    for text in ("Text a", "Text b"):
        room.lay(enquiry(text=text), "Archiv")
    _plan_there(room, "Archiv")
    _begin(room, "move", "Anfragen")
    first, _ = room.messages("Archiv")
    room.move(first.uid, "Archiv", "Anfragen")
    ledger = room.desk.store.ledger
    ((_, (effect,)), _) = ledger.pending("imap")
    assert room.session is not None
    place = Place("Anfragen", room.session.mailbox.status("Anfragen").uidvalidity, room.only("Anfragen").uid)
    ledger.finish(effect.id, EffectState.DONE, room.clock(), place=place)
    room.leave()
    room.look()
    assert [b"Text b" in mail.content for mail in room.messages("Anfragen")] == [False, True]
    assert room.messages("Archiv") == []


# Interrupted: the row says begun, and the crash came before, amid or after what the server was told.


@pytest.mark.parametrize("done", [False, True])
def test_an_interrupted_copy(furnished: Furnished, done: bool) -> None:
    """Begun and not told: copied now. Begun, told and not recorded: not copied again."""
    planned = _planned(furnished(rules=COPY))
    uid = _begin(planned, "copy", "Kopien")
    if done:
        planned.copy(uid, "INBOX", "Kopien")
    planned.leave()
    planned.look()
    assert planned.only("Kopien").content == planned.only("Anfragen").content
    assert planned.messages("INBOX") == []


@pytest.mark.parametrize("told", ["nothing", "copy", "copy, marked", "move"])
def test_an_interrupted_move(planned: Room, told: str) -> None:
    """However far the server came, by MOVE or by COPY and removal: in the end it lies there once, and only there."""
    uid = _begin(planned, "move", "Anfragen")
    if told == "move":
        planned.move(uid, "INBOX", "Anfragen")
    elif told != "nothing":
        planned.copy(uid, "INBOX", "Anfragen")
        if told == "copy, marked":
            planned.flag(uid, "INBOX", "+FLAGS (\\Deleted)")
    planned.leave()
    planned.look()
    moved = planned.only("Anfragen")
    assert planned.messages("INBOX") == []
    assert planned.rows("SELECT state, place_folder, place_uid FROM mail") == [
        ("done", "Anfragen", moved.uid)
    ]


def test_many_interrupted_moves(furnished: Furnished) -> None:
    """Of thirty begun moves half were let through: each mail lies in the destination once."""
    room = furnished(rules=MOVE)
    room.look()
    for number in range(30):
        room.lay(enquiry(number), "INBOX")
    assert room.session is not None
    receive(room.desk, room.session.mailbox, "INBOX")
    _begin(room, "move", "Anfragen")
    for mail in room.messages("INBOX")[::2]:
        room.move(mail.uid, "INBOX", "Anfragen")
    room.leave()
    room.look()
    assert room.messages("INBOX") == []
    moved = [field(mail.content, b"Message-ID") for mail in room.messages("Anfragen")]
    assert len(moved) == len(set(moved)) == 30
    assert room.rows("SELECT DISTINCT state FROM effect") == [("done",)]


def test_an_older_twin_in_the_folder_is_not_taken_for_the_moved_mail(furnished: Furnished) -> None:
    """What lay in the destination before the move was begun proves nothing: the mail is moved all the same."""
    room = furnished(rules=MOVE)
    room.lay(enquiry(), "Anfragen")
    room = _planned(room)
    _begin(room, "move", "Anfragen")
    room.leave()
    room.look()
    assert (len(room.messages("INBOX")), len(room.messages("Anfragen"))) == (0, 2)


def test_a_mail_that_differs_in_its_text_only_is_not_lost(furnished: Furnished) -> None:
    """The fingerprint knows no body: what lies in the destination must also be as large before the source goes."""
    room = _planned(furnished(rules=MOVE))
    _begin(room, "move", "Anfragen")
    room.lay(enquiry(text="Ein ganz anderer Text unter derselben Message-ID."), "Anfragen")
    room.leave()
    room.look()
    assert room.messages("INBOX") == []
    assert len({mail.content for mail in room.messages("Anfragen")}) == 2


def test_a_destination_made_anew_while_interrupted(planned: Room) -> None:
    """The begun move's destination has another UIDVALIDITY: nothing there counts, and the mail is moved."""
    _begin(planned, "move", "Anfragen")
    planned.leave()
    planned.recreate("Anfragen")
    planned.look()
    assert len(planned.messages("Anfragen")) == 1
    assert planned.messages("INBOX") == []


def test_a_destination_that_cannot_be_opened(furnished: Furnished, dovecot) -> None:
    """A begun copy can't be looked for: that mail waits unmoved, and the next one is answered with its own text."""
    room = _planned(furnished(rules=_rule("{draft: offer}, {copy: Kopien}, {move: Anfragen}")))
    _begin(room, "copy", "Kopien")
    maildir = dovecot.base / "mail" / room.user / "Maildir" / ".Kopien"
    maildir.chmod(0)
    room.leave()
    room.deliver(enquiry(2))
    room.look()
    assert len(room.messages("INBOX")) == 2
    answered = {field(mail.content, b"In-Reply-To") for mail in room.messages("Drafts")}
    assert answered == {ORIGINAL.encode(), b"<2.anfrage@kunde.example>"}
    maildir.chmod(0o700)
    room.look(2)
    assert room.messages("INBOX") == []
    assert len(room.messages("Kopien")) == len(room.messages("Anfragen")) == len(room.messages("Drafts")) == 2


def test_taken_away_while_interrupted(planned: Room) -> None:
    """The source is gone and nothing arrived: the effect is gone, and no other mail is touched."""
    uid = _begin(planned, "move", "Anfragen")
    planned.delete(uid, "INBOX")
    planned.lay(enquiry(5, "Gruß"), "INBOX")
    planned.leave()
    planned.look(2)
    assert planned.messages("Anfragen") == []
    assert len(planned.messages("INBOX")) == 1
    assert planned.rows("SELECT DISTINCT state FROM effect") == [("gone",)]


def test_an_inbox_made_anew_between_plan_and_move(furnished: Furnished) -> None:
    """Planned under one UIDVALIDITY: under the next the same number is another mail, which is left alone."""
    room = _planned(furnished(rules=MOVE, imap="folders: {inbox: Eingang}"))
    room.leave()
    room.recreate("Eingang")
    for number in (7, 8):
        room.lay(enquiry(number, "Gruß"), "Eingang")
    room.look(2)
    assert room.rows("SELECT state FROM mail WHERE message_id = ?", ORIGINAL) == [("aside",)]
    assert len(room.messages("Eingang")) == 2
    assert room.messages("Anfragen") == []


def test_a_draft_is_written_once(furnished: Furnished) -> None:
    """After a crash behind its APPEND there is one draft, and it is known by its place."""
    room = furnished()
    room.look()
    room.deliver(enquiry())
    assert room.session is not None
    receive(room.desk, room.session.mailbox, "INBOX")
    act(room.desk, room.session.mailbox, room.session._folders)
    ((filing, raw),) = room.rows("SELECT id, raw FROM filing WHERE purpose = 'draft'")
    room.desk.store.drafts.begin_filing(filing, room.desk.clock())
    laid = room.lay(bytes(raw), "Drafts", "\\Draft")
    room.leave()
    room.look(2)
    assert room.only("Drafts").uid == laid
    assert room.rows("SELECT state, uid FROM draft") == [("presented", laid)]


def test_a_draft_that_she_took_away_before_its_place_was_noted(furnished: Furnished) -> None:
    """Laid, not recorded, and moved to the approval folder meanwhile: it isn't laid a second time."""
    room = furnished()
    room.look()
    room.deliver(enquiry())
    assert room.session is not None
    receive(room.desk, room.session.mailbox, "INBOX")
    act(room.desk, room.session.mailbox, room.session._folders)
    ((filing, raw),) = room.rows("SELECT id, raw FROM filing WHERE purpose = 'draft'")
    room.desk.store.drafts.begin_filing(filing, room.desk.clock())
    room.lay(bytes(raw), "Freigegeben", "\\Draft")
    room.leave()
    room.look()
    assert room.messages("Drafts") == []
    room.settle()
    assert room.outbox() == [("anna@kunde.example", "queued")]


def test_roundcube_is_told_where_the_original_lies(furnished: Furnished) -> None:
    """X-Draft-Info names the folder that the rules moved the original to, as Roundcube reads it."""
    room = furnished(rules=_rule("{draft: offer}, {move: Ämter}"))
    room.look()
    room.deliver(enquiry())
    room.look(2)
    uid = room.only("Ämter").uid
    info = field(room.only("Drafts").content, b"X-Draft-Info").decode()
    head, _, folder = info.rpartition("B::")
    assert head == f"type=reply; uid={uid}; folder="
    assert base64.b64decode(folder) == b"&AMQ-mter"


def test_a_full_drafts_folder_does_not_stop_the_review(furnished: Furnished, dovecot) -> None:
    """A draft that can't be laid waits, and is laid as soon as it can be; what was approved before goes on."""
    room = furnished()
    room.look()
    room.deliver(enquiry(1))
    room.look(2)
    room.move(room.only("Drafts").uid, "Drafts", "Freigegeben")
    maildir = dovecot.base / "mail" / room.user / "Maildir" / ".Drafts"
    room.deliver(enquiry(2))
    (maildir / "tmp").chmod(0o500)
    room.settle()
    assert room.outbox() == [("anna@kunde.example", "queued")]
    assert room.rows("SELECT last_error != '' FROM account WHERE name = 'imap'") == [(1,)]
    (maildir / "tmp").chmod(0o700)
    room.look()
    assert len(room.messages("Drafts")) == 1


def test_a_connection_lost_while_writing_is_a_try(furnished: Furnished, dovecot) -> None:
    """A mail on which the server hangs up while it is answered has three tries; the next one is answered."""
    room = furnished()
    room.look()
    room.deliver(enquiry(1))
    room.deliver(enquiry(2))
    assert room.session is not None
    receive(room.desk, room.session.mailbox, "INBOX")
    maildir = dovecot.base / "mail" / room.user / "Maildir"
    damaged = next(path for path in maildir.glob("*/*.vm*") if b"<1.anfrage@" in path.read_bytes())
    damaged.chmod(0)
    for _ in range(3):
        with pytest.raises(ServerError):
            room.look()
        room.leave()
    damaged.chmod(0o600)
    room.look(2)
    assert room.rows("SELECT state FROM mail ORDER BY id") == [("aside",), ("done",)]
    assert len(room.messages("Drafts")) == 1


def _planned(room: Room) -> Room:
    inbox = room.desk.client.config.imap.folders.inbox
    if inbox != "INBOX":
        room.lay(enquiry(0, "Gruß"), inbox)
    room.look()
    room.lay(enquiry(), inbox)
    assert room.session is not None
    receive(room.desk, room.session.mailbox, inbox)
    return room


def _plan_there(room: Room, folder: str) -> None:
    """What `rules apply` writes down for all mails of a folder."""
    job_id, _ = order_apply(room, folder)
    session = room.session
    job = room.desk.store.jobs.find(job_id)
    assert session is not None
    assert job is not None
    jobs._write_down(room.desk, session.mailbox, session._folders, job)


def _begin(room: Room, action: str, folder: str) -> int:
    """The store's step of an effect without the server's; returns the mail's UID."""
    assert room.session is not None
    mailbox, ledger = room.session.mailbox, room.desk.store.ledger
    mailbox.ensure(folder)
    target = mailbox.status(folder)
    pending = ledger.pending("imap")
    chosen = [effect.id for _, effects in pending for effect in effects if effect.action == action]
    ledger.start(chosen, target.uidvalidity, target.uidnext, room.clock())
    return pending[0][0].place.uid

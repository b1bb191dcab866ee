"""Rules on past mail: what is shown is what is done, mail by mail, and can be taken back."""

import imaplib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from maild.config.load import load_home
from maild.core.action import Copy, Keep, Mark, Move, action_name, action_value
from maild.core.decide import Step
from maild.edge.imap import Mailbox
from maild.errors import FolderError, ServerError
from maild.flow import jobs
from maild.flow.past import Outlook, PastError
from maild.store.orders import JobState
from tests.flow.letters import enquiry, field
from tests.flow.past import applied, finish, order_apply, order_undo, preview
from tests.flow.room import Room, furnish, quoted

Furnished = Callable[..., Room]

RULES = """\
rules:
  - name: known
    when: {history: {received: {at_least: 2, within: 1000d}}}
    do: [{mark: $Bekannt}]
    then: continue
  - name: vip
    when: {subject: Chef}
    do: [{relate: vip}]
    then: continue
  - name: from-vip
    when: {relationship: vip}
    do: [{mark: $Vip}]
    then: continue
  - name: urgent
    when: {subject: dringend}
    do: [{mark: flagged}]
    then: continue
  - name: flagged
    when: {flags: flagged}
    do: [{copy: Wichtig}]
    then: continue
  - name: offer
    when: {subject: {words: [Angebot]}}
    do: [{draft: offer}, {copy: Kopien}, {move: Anfragen}]
  - name: bill
    when: {subject: {words: [Rechnung]}}
    do: [{note: A bill}, {mark: [seen, $Rechnung]}, {move: Buchhaltung/2026}]
  - name: stay
    when: {subject: Bleib}
    do: [keep]
  - name: rubbish
    when: {subject: Gewinn}
    do: [trash]
  - name: trial
    when: {subject: Probe}
    do: [{move: Probe}]
    mode: canary
"""
SUBJECTS = (
    "Bitte um ein Angebot",
    "Ihre Rechnung",
    "dringend: Angebotsanfrage",
    "Bleib hier",
    "Gewinn!",
    "Grüße vom Chef",
    "Probe",
    "Gruß",
)
KEPT = frozenset({"\\Seen", "\\Answered"})


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
def room(furnished: Furnished) -> Room:
    """A room on Dovecot with rules of all kinds, looked at once."""
    made = furnished(rules=RULES)
    made.look()
    return made


def varied(number: int) -> bytes:
    """A mail of many: all subjects, a few senders, HTML, damage, no Message-ID, twins."""
    raw = enquiry(number, SUBJECTS[number % len(SUBJECTS)], f"Frage {number}")
    raw = raw.replace(b"anna@", b"kunde%d@" % (number % 7))
    match number % 10:
        case 3:
            raw = raw.replace(b"Message-ID: <%d.anfrage@kunde.example>\r\n" % number, b"")
        case 5:
            raw = raw.replace(b"text/plain", b"text/html").replace(b"Frage", b"<p>Frage</p>")
        case 7:
            raw = b"a line that is no field\r\n" + raw.replace(b"utf-8", b"x-nonsense")
        case 9:
            raw = raw.replace(b"Content-Type: text/plain", b"Content-Type: multipart/mixed")
    return raw


def fill(room: Room, folder: str, count: int = 60) -> None:
    """Varied mails, received one hour after the other but laid in another order; every tenth is there twice."""
    room.clock.advance(hours=-count - 100)
    start = room.clock.time
    with room.imap() as imap:
        imap.create(quoted(folder))
        for place in range(count):
            number = place * 7 % count
            when = start + timedelta(hours=number)
            flags = r"(\Flagged)" if number % 11 == 0 else r"(\Seen)" if number % 2 else r"(\Answered)"
            for _ in range(2 if number % 10 == 0 else 1):
                raw = varied(number)
                assert imap.append(quoted(folder), flags, imaplib.Time2Internaldate(when), raw)[0] == "OK"
    room.clock.advance(hours=count + 100)


def contents(room: Room, *folders: str) -> dict[str, Counter[tuple[bytes, frozenset[str]]]]:
    """Which mails lie in which folder, with their flags."""
    return {
        folder: Counter((mail.content, mail.flags) for mail in room.messages(folder)) for folder in folders
    }


def foretold(
    room: Room, folder: str, outlooks: list[Outlook]
) -> dict[str, Counter[tuple[bytes, frozenset[str]]]]:
    """Where each mail must lie with which flags if exactly what was shown is done, in the order of IMAP's effects."""
    mails = {mail.uid: mail for mail in room.messages(folder)}
    found: dict[str, Counter[tuple[bytes, frozenset[str]]]] = {name: Counter() for name in (folder, *TARGETS)}
    for outlook in outlooks:
        mail = mails.pop(outlook.arrival.uid)
        flags, end = mail.flags, folder
        for step in outlook.steps:
            match step.action:
                case Mark(names):
                    flags |= {{"seen": "\\Seen", "flagged": "\\Flagged"}.get(name, name) for name in names}
                case Copy(target):
                    found[target][mail.content, flags] += 1
                case Move(target):
                    end = target
        found[end][mail.content, flags] += 1
    assert not mails, "every mail is shown"
    return found


TARGETS = ("Anfragen", "Buchhaltung/2026", "Kopien", "Wichtig", "Probe", "Trash", "Drafts")


@pytest.mark.parametrize("folder", ["Archiv", "INBOX"])
def test_plan_is_run_and_undo_restores(
    furnished: Furnished, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    """Sixty varied mails: what was shown is done, mail by mail, over several portions; then all is as it was."""
    monkeypatch.setattr(jobs, "PORTION", 25)
    room = furnished(rules=RULES)
    fill(room, folder)
    before = contents(room, folder)[folder]
    room.desk = replace(room.desk, client=replace(room.desk.client, rules=_nothing(room)))
    room.look()  # first contact, by rules that do nothing: in the inbox, all is known to the ledger
    room.desk = replace(room.desk, client=replace(room.desk.client, rules=_all(room)))
    job_id, outlooks = order_apply(room, folder)
    expected = foretold(room, folder, outlooks)
    assert len(outlooks) == 66
    assert {rule for outlook in outlooks for rule in outlook.rules} == {
        *("known", "vip", "urgent", "flagged", "offer", "bill", "stay", "rubbish")
    }
    job = finish(room, job_id)
    assert (job.state, job.done, job.total, job.reason) == (JobState.DONE, 66, 66, "")
    assert contents(room, folder, *TARGETS) == expected
    assert _done(room, folder) == Counter(_shown(outlooks))
    assert room.rows("SELECT count(*) FROM draft UNION ALL SELECT count(*) FROM letter") == [(0,), (0,)]

    undone = finish(room, order_undo(room, job=job_id)[0])
    assert (undone.state, undone.reason) == (JobState.DONE, "")
    after = contents(room, folder, *TARGETS)
    assert _without_flags(after[folder]) == _without_flags(before)
    assert _kept(after[folder]) == _kept(before)
    assert after["Anfragen"] == after["Buchhaltung/2026"] == Counter()
    assert after["Kopien"] == expected["Kopien"]
    moves = "SELECT DISTINCT state FROM effect WHERE action = 'move'"
    assert room.rows(moves) == [("undone",)]


def _nothing(room: Room):
    return replace(room.desk.client.rules, rules=())


def _all(room: Room):
    return load_home(room.path, today=room.clock.time.date()).clients["northwind"].rules


def _shown(outlooks: list[Outlook]) -> Iterator[tuple[str, int, str, str, str]]:
    for outlook in outlooks:
        for step in outlook.steps:
            if not isinstance(step.action, Keep):
                yield _told(outlook.arrival.fingerprint, outlook.arrival.size, step)


def _told(fingerprint: str, size: int, step: Step) -> tuple[str, int, str, str, str]:
    return (
        fingerprint,
        size,
        step.rule,
        action_name(step.action),
        repr(sorted(action_value(step.action).items())),
    )


def _done(room: Room, folder: str) -> Counter[tuple[str, int, str, str, str]]:
    rows = room.rows(
        "SELECT m.fingerprint, m.size, e.rule, e.action, e.value FROM effect e JOIN mail m ON m.id = e.mail_id"
        " WHERE e.state = 'done' AND m.folder = ?",
        folder,
    )
    return Counter((*row[:4], repr(sorted(json.loads(row[4]).items()))) for row in rows)


def _without_flags(mails: Counter[tuple[bytes, frozenset[str]]]) -> Counter[bytes]:
    found: Counter[bytes] = Counter()
    for (content, _), number in mails.items():
        found[content] += number
    return found


def _kept(mails: Counter[tuple[bytes, frozenset[str]]]) -> Counter[tuple[bytes, bool]]:
    """Flags that no rule sets must be as they were."""
    return Counter({(content, "\\Answered" in flags): n for (content, flags), n in mails.items()})


# What a preview is.


def test_a_preview_changes_nothing(anywhere: Furnished) -> None:
    """Neither a flag nor a mail nor a folder nor a row."""
    room = anywhere(rules=RULES)
    fill(room, "Archiv", 20)
    room.look()
    before = (contents(room, "INBOX", "Archiv", *TARGETS), _dump(room))
    for folder in ("Archiv", "INBOX"):
        preview(room, folder)
    assert (contents(room, "INBOX", "Archiv", *TARGETS), _dump(room)) == before
    with room.imap() as imap:
        assert not any(b"Anfragen" in row for row in imap.list()[1])


def _dump(room: Room) -> list[object]:
    tables = [name for (name,) in room.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return [room.rows(f"SELECT * FROM {table}") for table in tables]


def test_what_is_left_out_is_said(room: Room) -> None:
    """Old mail is answered by nobody: draft, note, relate and trash are listed with the reason; so is a canary."""
    for number, subject in enumerate(SUBJECTS):
        room.lay(enquiry(number, subject), "Archiv")
    _, outlooks = preview(room, "Archiv")
    by_subject = {outlook.subject: outlook for outlook in outlooks}
    for subject, action in (
        ("Bitte um ein Angebot", "draft"),
        ("Ihre Rechnung", "note"),
        ("Gewinn!", "trash"),
        ("Grüße vom Chef", "relate"),
    ):
        (skipped,) = by_subject[subject].left_out
        assert action_name(skipped.action) == action
        assert "counts as old" in skipped.reason
    assert [step.rule for step in by_subject["Probe"].canary] == ["trial"]
    assert by_subject["Probe"].rules == by_subject["Gruß"].rules == ()
    assert [type(step.action) for step in by_subject["Bleib hier"].steps] == [Keep]


def test_since_and_limit(room: Room) -> None:
    """Only what was received within the time, to the second; of these at most so many, the newest; oldest first."""
    fill(room, "Archiv", 30)
    _, everything = preview(room, "Archiv")
    received = [outlook.arrival.received_at for outlook in everything]
    assert received == sorted(received)
    assert len(received) == 33
    _, late = preview(room, "Archiv", since=received[20])
    assert [outlook.arrival.uid for outlook in late] == [outlook.arrival.uid for outlook in everything[20:]]
    _, few = preview(room, "Archiv", since=received[5], limit=3)
    assert [outlook.arrival.uid for outlook in few] == [outlook.arrival.uid for outlook in everything[-3:]]
    assert preview(room, "Archiv", since=room.clock())[1] == []


@pytest.mark.parametrize("folder", ["Drafts", "Sent", "Trash", "Freigegeben", "klärung", "Notizen"])
def test_folders_that_hold_no_mail_that_came_in(room: Room, folder: str) -> None:
    """Nobody's drafts, letters and rubbish are sorted."""
    with pytest.raises(PastError, match=f"«{folder}»"):
        preview(room, folder)


def test_a_folder_that_does_not_exist(room: Room) -> None:
    """It is said, and not made."""
    with pytest.raises(FolderError, match="does not exist"):
        preview(room, "Nirgends")


def test_a_mail_that_the_server_does_not_hand_out(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is shown as such and left alone; the others are judged and sorted."""
    uids = [room.lay(enquiry(number), "Archiv") for number in range(4)]
    read = Mailbox.read

    def refuses(box, mails, limit):
        for mail in mails:
            if mail.uid == uids[1]:
                raise FolderError("folder 'Archiv' was refused", permanent=False)
            yield from read(box, [mail], limit)

    monkeypatch.setattr(Mailbox, "read", refuses)
    outlooks = applied(room, "Archiv")
    obstacles = ["", "the server does not hand it out", "", ""]
    assert [outlook.obstacle for outlook in outlooks] == obstacles
    assert [mail.uid for mail in room.messages("Archiv")] == [uids[1]]


# What a job does, and what it leaves alone.


def test_applying_twice_changes_nothing_more(room: Room) -> None:
    """What is copied, marked or moved already is left out with the reason."""
    fill(room, "Archiv", 20)
    applied(room, "Archiv")
    before = contents(room, "Archiv", *TARGETS)
    outlooks = applied(room, "Archiv")
    assert not [step for outlook in outlooks for step in outlook.steps if not isinstance(step.action, Keep)]
    assert contents(room, "Archiv", *TARGETS) == before
    _, there = preview(room, "Anfragen")
    reasons = {skipped.reason for outlook in there for skipped in outlook.left_out}
    assert {"the mail lies there already", "the mail was copied there before"} <= reasons


def test_mail_that_the_rules_sorted_before(room: Room) -> None:
    """In the folder they moved it to, a mail keeps its row and gets further effects; its draft is not written anew."""
    room.deliver(enquiry(1, "Bitte um ein Angebot"))
    room.look(2)
    room.flag(room.only("Anfragen").uid, "Anfragen", r"+FLAGS (\Flagged)")
    (outlook,) = applied(room, "Anfragen")
    assert [action_name(step.action) for step in outlook.steps] == ["copy"]
    assert len(room.messages("Wichtig")) == len(room.messages("Drafts")) == len(room.messages("Kopien")) == 1
    assert room.rows("SELECT count(*), max(state) FROM mail") == [(1, "done")]
    assert room.rows("SELECT action, position FROM effect ORDER BY position")[-1] == ("copy", 3)


def test_new_mail_is_left_to_the_daemon(room: Room) -> None:
    """What has come since the last look is shown as such, and still drafted for afterwards."""
    room.lay(enquiry(1, "Bitte um ein Angebot"), "INBOX")
    _, (outlook,) = preview(room)
    assert (outlook.obstacle, outlook.steps) == ("it has not been sorted as new mail yet", ())
    job_id, _ = order_apply(room)
    session = room.session
    assert session is not None
    assert [job.state for job in jobs.work_alone(room.desk, session.mailbox, session._folders, job_id)] == [
        JobState.DONE
    ]
    assert len(room.messages("INBOX")) == 1
    room.look(2)
    assert len(room.messages("Drafts")) == 1


def test_open_and_paused_and_deleted_mail_is_skipped(furnished: Furnished) -> None:
    """A mail for which something is still to be done, that waits for a rule, or that she has marked as deleted."""
    room = furnished(rules=RULES)
    room.look()
    for number in range(3):
        room.lay(enquiry(number, "Gruß"), "INBOX")
    room.look()
    room.change("UPDATE mail SET state = 'planned' WHERE id = 1")
    room.change("UPDATE mail SET state = 'paused', rules = '[\"offer\"]' WHERE id = 2")
    room.flag(room.messages("INBOX")[2].uid, "INBOX", r"+FLAGS (\Deleted)")
    _, outlooks = preview(room)
    assert [outlook.obstacle for outlook in outlooks] == [
        "something else is still to be done with it",
        "it waits for a paused rule",
        "it is marked as deleted",
    ]


def test_a_paused_rule_moves_no_past_mail(room: Room) -> None:
    """Nothing is done with a mail for which it would act; the next mail is sorted."""
    room.lay(enquiry(1, "Bitte um ein Angebot"), "Archiv")
    room.lay(enquiry(2, "Ihre Rechnung"), "Archiv")
    room.desk.store.pauses.pause("offer", "by hand", room.clock())
    first, second = applied(room, "Archiv")
    assert (first.obstacle, first.steps) == ('rule "offer" is paused', ())
    assert second.steps
    assert len(room.messages("Archiv")) == 1
    assert len(room.messages("Buchhaltung/2026")) == 1


def test_the_brake_does_not_hold_a_job(furnished: Furnished) -> None:
    """A person has seen how much it is: no rule is stopped, however many mails are moved."""
    room = furnished(rules=RULES)
    config = room.desk.client.config
    brake = replace(config.brake, count=2)
    room.desk = replace(
        room.desk, client=replace(room.desk.client, config=config.model_copy(update={"brake": brake}))
    )
    for number in range(9):
        room.lay(enquiry(number), "Archiv")
    room.look()
    applied(room, "Archiv")
    assert len(room.messages("Anfragen")) == 9
    assert room.desk.store.pauses.all() == ()
    room.lay(enquiry(50), "INBOX")
    room.look(2)
    assert len(room.messages("Drafts")) == 1


def test_rules_that_were_changed_meanwhile(room: Room) -> None:
    """What was confirmed is not what would be done: the job fails with the reason, and nothing is touched."""
    room.lay(enquiry(1), "Archiv")
    job_id, _ = order_apply(room, "Archiv")
    rules = replace(room.desk.client.rules, version="other")
    room.desk = replace(room.desk, client=replace(room.desk.client, rules=rules))
    job = finish(room, job_id)
    assert (job.state, job.done) == (JobState.FAILED, 0)
    assert "the rules have been changed since" in job.reason
    assert len(room.messages("Archiv")) == 1


@pytest.mark.parametrize("anew", [False, True])
def test_a_folder_that_is_gone_or_numbered_anew(room: Room, anew: bool) -> None:
    """The job fails; other mail in that folder is not taken for the one that was meant."""
    room.lay(enquiry(1), "Archiv")
    job_id, _ = order_apply(room, "Archiv")
    room.leave()
    room.recreate("Archiv")
    if anew:
        room.lay(enquiry(2), "Archiv")
    else:
        with room.imap() as imap:
            imap.delete("Archiv")
    job = finish(room, job_id)
    assert job.state is JobState.FAILED
    assert ("numbered anew" if anew else "does not exist") in job.reason
    assert len(room.messages("Archiv")) == int(anew)
    assert room.messages("Anfragen") == []


def test_mail_that_is_gone_meanwhile(room: Room) -> None:
    """Between the counts and the job two mails went: the others are sorted, and the job is done."""
    uids = [room.lay(enquiry(number), "Archiv") for number in range(4)]
    job_id, _ = order_apply(room, "Archiv")
    room.delete(uids[1], "Archiv")
    room.move(uids[2], "Archiv", "Trash")
    assert finish(room, job_id).state is JobState.DONE
    assert len(room.messages("Anfragen")) == 2
    assert len(room.messages("Trash")) == 1


def test_portions_let_others_pass(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look works off one portion and asks for the next at once; new mail is drafted for in between."""
    monkeypatch.setattr(jobs, "PORTION", 2)
    for number in range(6):
        room.lay(enquiry(number), "Archiv")
    job_id, _ = order_apply(room, "Archiv")
    session = room.session
    assert session is not None
    assert session.look(room.desk) == timedelta(0)
    assert len(room.messages("Anfragen")) == 2
    room.deliver(enquiry(99))
    session.look(room.desk)
    assert len(room.messages("Drafts")) == 1
    assert len(room.messages("Anfragen")) == 2 + 2 + 1
    assert finish(room, job_id).done == 6


def test_a_mail_at_which_the_server_hangs_up(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """The work goes on one by one, leaves that mail out after three tries, and says so at the end."""
    uids = [room.lay(enquiry(number), "Archiv") for number in range(5)]
    job_id, _ = order_apply(room, "Archiv")
    read = Mailbox.read

    def hangs_up(box, mails, limit):
        if any(mail.uid == uids[2] for mail in mails):
            box.close()
            raise ServerError("the connection was lost")
        return read(box, mails, limit)

    monkeypatch.setattr(Mailbox, "read", hangs_up)
    lost = 0
    for _ in range(20):
        try:
            room.look()
        except ServerError:
            lost += 1
            room.leave()
        job = room.desk.store.jobs.find(job_id)
        assert job is not None
        if not job.is_open:
            break
    assert (job.state, job.done, job.unread, lost) == (JobState.DONE, 5, 1, 4)
    assert "1 could not be read" in job.reason
    assert [field(mail.content, b"Message-ID") for mail in room.messages("Archiv")] == [
        b"<2.anfrage@kunde.example>"
    ]


# Undo.


def test_a_mail_that_comes_back_is_not_sorted_again(room: Room) -> None:
    """Moved by the rules, moved back by undo: it stays in the inbox, and nothing is written a second time."""
    room.deliver(enquiry(1))
    room.look(2)
    start = len(room.messages("Drafts"))
    job = finish(room, order_undo(room, message_id="<1.anfrage@kunde.example>")[0])
    assert job.state is JobState.DONE
    room.look(3)
    assert len(room.messages("INBOX")) == 1
    assert len(room.messages("Drafts")) == start == 1
    assert room.messages("Anfragen") == []
    assert room.rows("SELECT state FROM mail ORDER BY id") == [("done",), ("known",)]
    # And the rules can be applied to it once more.
    applied(room)
    assert len(room.messages("Anfragen")) == 1
    assert room.messages("INBOX") == []


def test_what_a_person_moved_on_stays(room: Room) -> None:
    """Only what still lies where the rules put it goes back; the rest is listed."""
    for number in range(4):
        room.lay(enquiry(number), "Archiv")
    job_id, _ = order_apply(room, "Archiv")
    finish(room, job_id)
    first, second, third, _ = room.messages("Anfragen")
    room.move(first.uid, "Anfragen", "Trash")
    room.delete(second.uid, "Anfragen")
    undo, staying = order_undo(room, job=job_id)
    assert [each.reason for each in staying] == ["it was moved on or deleted meanwhile"] * 2
    room.flag(third.uid, "Anfragen", r"+FLAGS (\Flagged)")
    room.move(third.uid, "Anfragen", "Kopien")
    job = finish(room, undo)
    assert (job.state, job.reason) == (JobState.DONE, "1 stayed, having been moved on or deleted meanwhile")
    assert len(room.messages("Archiv")) == 1
    assert len(room.messages("Kopien")) == 4 + 1


def test_several_moves_are_undone_in_one_step(furnished: Furnished) -> None:
    """A mail that was moved twice goes back to where it lay at first; the later one alone, to where it lay between."""
    twice = (
        "rules:\n"
        "  - {name: a, when: {subject: Angebot}, unless: {flags: flagged}, do: [{mark: flagged}, {move: Eins}]}\n"
        "  - {name: b, when: {subject: Angebot}, do: [{move: Zwei}]}\n"
    )
    room = furnished(rules=twice)
    room.look()
    room.lay(enquiry(), "INBOX")
    room.look()
    applied(room, "Eins")
    assert len(room.messages("Zwei")) == 1
    ((job_id,),) = room.rows("SELECT max(id) FROM job")
    live = room.rows("SELECT min(effect_id) FROM origin WHERE job_id IS NULL AND folder = 'INBOX'")[0][0]
    _, staying = order_undo(room, effects=(live,))
    assert [each.reason for each in staying] == ["it was moved again since; undo that first"]
    room.desk.store.jobs.end(job_id + 1, JobState.FAILED, "not meant", room.clock())
    finish(room, order_undo(room, message_id="<1.anfrage@kunde.example>")[0])
    assert len(room.messages("INBOX")) == 1
    assert room.messages("Eins") == room.messages("Zwei") == []
    assert room.rows("SELECT DISTINCT state FROM effect WHERE action = 'move'") == [("undone",)]


def test_trash_is_undone(anywhere: Furnished) -> None:
    """What a rule threw away lies in the inbox again."""
    room = anywhere(rules=RULES)
    room.look()
    room.lay(enquiry(1, "Gewinn!"), "INBOX", "\\Answered")
    room.look()
    assert len(room.messages("Trash")) == 1
    finish(room, order_undo(room, since=room.clock() - timedelta(hours=1))[0])
    assert room.only("INBOX").flags >= {"\\Answered"}
    assert room.messages("Trash") == []
    room.look(2)
    assert len(room.messages("INBOX")) == 1


@pytest.mark.parametrize("told", [False, True])
def test_an_interrupted_way_back(room: Room, told: bool) -> None:
    """Begun and told, or not, and not recorded: it lies in the inbox once, and the move is undone."""
    room.lay(enquiry(), "INBOX")
    room.look()
    room.deliver(enquiry(2, "Gruß"))
    session, store = room.session, room.desk.store
    assert session is not None
    order_undo(room, message_id="<1.anfrage@kunde.example>")
    job = store.jobs.next()
    assert job is not None
    jobs._write_down(room.desk, session.mailbox, session._folders, job)
    ((mail, (effect,)),) = store.ledger.pending("imap")
    status = session.mailbox.status("INBOX")
    store.ledger.start([effect.id], status.uidvalidity, status.uidnext, room.clock())
    if told:
        room.move(mail.place.uid, "Anfragen", "INBOX")
    room.leave()
    room.look(2)
    assert len(room.messages("INBOX")) == 2
    assert room.messages("Anfragen") == []
    assert room.rows("SELECT state FROM effect WHERE action IN ('move', 'undo') ORDER BY id") == [
        ("undone",),
        ("done",),
    ]
    closed = store.jobs.find(job.id)
    assert closed is not None
    assert closed.state is JobState.DONE

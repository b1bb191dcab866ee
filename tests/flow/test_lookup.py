"""Finding one mail for an explanation: in the ledger, in the mailbox or in a file, without touching anything."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from maild.core.action import Draft, Move
from maild.core.contact import Relationship
from maild.core.rules.explain.explain import explain
from maild.core.rules.explain.wording import WORDINGS
from maild.errors import SecretError, ServerError
from maild.flow.lookup import Finding, LookupFailedError, look_up, look_up_file
from maild.store.records import EffectState, MailState
from tests.flow.letters import enquiry
from tests.flow.room import Room
from tests.servers.ports import free_port

ENQUIRY = "<1.anfrage@kunde.example>"
TWO_STEPS = """\
rules:
  - name: flag
    when: {history: {first_contact: true}}
    do: [{mark: [eilig]}]
    then: continue
  - name: offer
    when: {subject: {words: [Angebot]}, flags: [eilig]}
    do: [{move: Anfragen/Neu}]
"""


def decided(room: Room, finding: Finding) -> list[object]:
    """What today's rules would do with what was found."""
    assert finding.letter is not None
    account = explain(room.desk.client.rules, finding.letter.mail, finding.letter.facts)
    return [step.action for step in account.decision.steps]


def server_state(room: Room) -> list[bytes]:
    """Every folder with its counts: also of mails that no session has been told of as \\Recent, and of those unread."""
    with room.imap() as imap:
        names = sorted(
            line.rpartition(b" ")[2].decode() for line in imap.list()[1] if isinstance(line, bytes)
        )
        return [imap.status(name, "(MESSAGES UIDNEXT RECENT UNSEEN)")[1][0] for name in names]


@pytest.mark.parametrize("what", [ENQUIRY, ENQUIRY.strip("<>"), "INBOX/1", "Anfragen/1"])
def test_a_past_mail_is_found_where_it_was_moved(drafted: Room, what: str) -> None:
    """By its Message-ID, by where it lies now, and by where it came in; with all that was done."""
    finding = look_up(drafted.desk, drafted.path, what)
    assert finding.past is not None
    assert finding.past.mail.rules == ("offer",)
    assert finding.past.version == drafted.desk.client.rules.version
    assert [(deed.action, deed.state) for deed in finding.past.deeds] == [
        ("draft", EffectState.DONE),
        ("move", EffectState.DONE),
    ]
    assert finding.letter is not None
    assert finding.letter.place == finding.past.mail.place
    assert finding.letter.place.folder == "Anfragen"
    assert finding.letter.mail.message_id == ENQUIRY
    assert decided(drafted, finding) == [Draft("offer"), Move("Anfragen")]


def test_a_past_mail_is_judged_as_it_was_then(furnished: Callable[..., Room]) -> None:
    """Its own arrival is no earlier contact, what came later does not count, and it is still no old mail."""
    room = furnished(rules=TWO_STEPS)
    room.clock.advance(days=-3)  # Dovecot takes a time in the future for now
    room.look()
    room.lay(enquiry(), "INBOX")
    room.look(2)
    room.clock.advance(days=3)
    room.lay(enquiry(number=2), "INBOX")
    room.look(2)
    first = look_up(room.desk, room.path, ENQUIRY)
    second = look_up(room.desk, room.path, "<2.anfrage@kunde.example>")
    assert first.past is not None
    assert first.past.mail.rules == ("flag", "offer")
    assert first.letter is not None
    assert first.letter.facts.received == first.past.mail.received_at
    assert first.letter.facts.now == first.past.mail.decided_at
    assert not first.letter.facts.old
    assert Move("Anfragen/Neu") in decided(room, first)
    assert second.letter is not None
    assert second.letter.place.folder == "INBOX"
    assert decided(room, second) == []


def test_a_pause_of_today_does_not_count_for_what_was_decided(drafted: Room) -> None:
    """The rule is paused now; what it did then is explained as it was done."""
    drafted.desk.store.pauses.pause("offer", "by hand", drafted.clock())
    finding = look_up(drafted.desk, drafted.path, ENQUIRY)
    assert decided(drafted, finding) == [Draft("offer"), Move("Anfragen")]


def test_a_mail_that_somebody_moved_is_found_all_the_same(drafted: Room) -> None:
    """By its Message-ID, in whatever folder; only what is the same mail is taken for it."""
    forged = enquiry().replace(b"Subject:", b"Subject: Doch kein")
    drafted.lay(forged, "Fremd")
    drafted.lay(b"Subject: x\r\n\r\nx\r\n", "Neu/Unter")
    drafted.move(1, "Anfragen", "Neu/Unter")
    finding = look_up(drafted.desk, drafted.path, ENQUIRY)
    assert finding.letter is not None
    assert finding.letter.place is not None
    assert (finding.letter.place.folder, finding.letter.place.uid) == ("Neu/Unter", 2)
    assert look_up(drafted.desk, drafted.path, "Neu/Unter/2").past is None


def test_of_a_mail_that_is_gone_the_ledger_still_tells(drafted: Room) -> None:
    """No letter, no trouble, and all that was done."""
    drafted.delete(1, "Anfragen")
    finding = look_up(drafted.desk, drafted.path, "INBOX/1")
    assert (finding.letter, finding.trouble) == (None, None)
    assert finding.past is not None
    assert finding.past.mail.state is MailState.DONE


def test_a_folder_that_was_made_anew_holds_other_mail(drafted: Room) -> None:
    """The same folder and UID under another UIDVALIDITY is not taken for the mail of the ledger."""
    drafted.delete(1, "Anfragen")
    drafted.recreate("Anfragen")
    drafted.lay(enquiry(number=5), "Anfragen")
    finding = look_up(drafted.desk, drafted.path, "Anfragen/1")
    assert finding.past is None
    assert finding.letter is not None
    assert finding.letter.mail.message_id == "<5.anfrage@kunde.example>"
    assert look_up(drafted.desk, drafted.path, ENQUIRY).letter is None


def test_a_mail_that_the_ledger_does_not_have_counts_as_old(room: Room) -> None:
    """It is read where it lies, with its flags and the date of its arrival, and judged as `rules apply` would."""
    uid = room.lay(enquiry(), "Archiv/2026", "\\Seen wichtig")
    finding = look_up(room.desk, room.path, f"Archiv/2026/{uid}")
    assert finding.past is None
    assert finding.letter is not None
    facts = finding.letter.facts
    assert (facts.old, facts.flags) == (True, frozenset({"\\Seen", "wichtig"}))
    assert abs(facts.received - room.clock.time) < timedelta(minutes=1)
    assert decided(room, finding) == [Move("Anfragen")]


def test_nothing_is_touched(drafted: Room) -> None:
    """No flag is set, no folder is made, no row is written; \\Recent is left to her mail program."""
    drafted.leave()
    uid = drafted.lay(enquiry(number=7), "Archiv")
    tables = ("mail", "folder", "effect", "account")
    before = server_state(drafted), [drafted.rows(f"SELECT * FROM {table}") for table in tables]
    look_up(drafted.desk, drafted.path, ENQUIRY)
    look_up(drafted.desk, drafted.path, f"Archiv/{uid}")
    with pytest.raises(LookupFailedError):
        look_up(drafted.desk, drafted.path, "Keiner/1")
    assert before == (server_state(drafted), [drafted.rows(f"SELECT * FROM {table}") for table in tables])
    assert b"RECENT 1" in b" ".join(before[0])


@pytest.mark.parametrize(
    ("what", "says"),
    [
        (
            "irgendwas",
            "is neither a file, nor a Message-ID such as <abc@kunde.example>, nor a place such as INBOX/4711",
        ),
        ("Anfragen/", "nor a place such as INBOX/4711"),
        ("mail.eml", "is neither a file"),
        ("<keine@kunde.example>", "has no mail with the Message-ID <keine@kunde.example>"),
        ("INBOX/99", "no mail has UID 99 in folder 'INBOX' of northwind"),
        ("INBOX/0", "no mail has UID 0"),
        ("INBOX/9999999999", "no mail has UID 9999999999"),
        ("Keiner/1", "no mail has UID 1 in folder 'Keiner'"),
        ("<2.anfrage@kunde.example", "has no mail with the Message-ID"),
    ],
)
def test_what_is_not_there_is_said_to_be_so(drafted: Room, what: str, says: str) -> None:
    """One sentence that says what was looked for and how to ask."""
    with pytest.raises(LookupFailedError) as caught:
        look_up(drafted.desk, drafted.path, what)
    assert says in str(caught.value)


def test_several_mails_with_one_message_id_are_listed(drafted: Room) -> None:
    """A Message-ID that stands for different mails is not guessed at; a second copy of one mail is no other mail."""
    drafted.deliver(enquiry())
    drafted.look(2)
    assert look_up(drafted.desk, drafted.path, ENQUIRY).past.mail.state is MailState.DONE
    drafted.deliver(enquiry().replace(b"Subject:", b"Subject: Anderes"))
    drafted.look(2)
    with pytest.raises(LookupFailedError) as caught:
        look_up(drafted.desk, drafted.path, ENQUIRY)
    first, *places = str(caught.value).splitlines()
    assert first == f"2 different mails have the Message-ID {ENQUIRY}; name one by its place:"
    assert [place.strip().partition(",")[0] for place in places] == ["Anfragen/2", "Anfragen/1"]


def test_without_the_server_the_ledger_tells_what_it_knows(
    drafted: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The trouble is given with it; a mail that the ledger doesn't have can't be explained at all."""
    monkeypatch.delenv("ROOM_IMAP")
    finding = look_up(drafted.desk, drafted.path, ENQUIRY)
    assert isinstance(finding.trouble, SecretError)
    monkeypatch.setenv("ROOM_IMAP", drafted.server.password)
    config = drafted.desk.client.config
    away = config.model_copy(update={"imap": config.imap.model_copy(update={"port": free_port()})})
    desk = replace(drafted.desk, client=replace(drafted.desk.client, config=away))
    finding = look_up(desk, drafted.path, ENQUIRY)
    assert isinstance(finding.trouble, ServerError)
    assert finding.letter is None
    assert finding.past is not None
    assert finding.past.mail.rules == ("offer",)
    with pytest.raises(ServerError):
        look_up(desk, drafted.path, "Archiv/7")


def test_a_file_is_judged_as_new_mail(room: Room, tmp_path: Path) -> None:
    """What the sender is comes from contacts.csv, unless it is given; so do flags and time."""
    file = tmp_path / "anfrage.eml"
    file.write_bytes(enquiry())
    finding = look_up_file(room.desk, file)
    assert decided(room, finding) == [Draft("offer"), Move("Anfragen")]
    facts = finding.letter.facts
    assert (facts.relationship, facts.flags, facts.old) == (Relationship.UNKNOWN, frozenset(), False)
    assert facts.now == facts.received
    then = room.clock.time - timedelta(days=9)
    given = look_up_file(
        room.desk, file, relationship=Relationship.VIP, flags=frozenset({"seen"}), now=then
    ).letter.facts
    assert (given.relationship, given.flags, given.received) == (Relationship.VIP, frozenset({"seen"}), then)
    with pytest.raises(LookupFailedError, match="can't be read"):
        look_up_file(room.desk, tmp_path)


@pytest.mark.parametrize("language", WORDINGS)
def test_every_state_of_the_ledger_has_its_words(language: str) -> None:
    """Those of mails and those of effects."""
    phrases = WORDINGS[language].phrases
    assert set(phrases.states) == set(MailState)
    assert set(phrases.effect_states) == set(EffectState)

"""One judge for all: what he tells the rules of a mail, and that a dry run is judged as the run will be."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest

from maild.config.load import load_home
from maild.core.brake import Meter
from maild.core.contact import Relationship
from maild.core.durations import Brake
from maild.core.message import Address, Mail
from maild.core.parse import parse
from maild.flow.judge import Judge, Judgement, key_of
from tests.flow.letters import CUSTOMER
from tests.flow.room import Room

Furnished = Callable[..., Room]
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ANNA = Mail(message_id="<1@kunde.example>", subject="Gruß", from_=(Address("Anna@kunde.example"),))

# The second rule hangs on what the first has done to an earlier mail of the same sender.
RELATES = """\
rules:
  - {name: again, when: {relationship: vip}, do: [{move: VIP}]}
  - {name: back, when: {history: {received: {at_least: 2, within: 1d}}}, do: [{move: Oft}]}
  - {name: first, when: {subject: vip}, do: [{relate: vip}, {mark: flagged}]}
"""


def one(room: Room, mail: Mail = ANNA, received: datetime = NOW, **circumstances: object) -> Judgement:
    """The judgement of a single mail."""
    judge = Judge.for_mails(room.desk, [key_of(mail)])
    return judge.judge(mail, frozenset(), received, **{"old": False, **circumstances})  # type: ignore[arg-type]


def test_times_are_in_the_clients_zone(room: Room) -> None:
    """Received as the server took it in, now by the clock, or as told: nine in UTC is ten in Berlin."""
    facts = one(room).facts
    assert (facts.received.hour, facts.received.utcoffset()) == (10, timedelta(hours=1))
    assert abs(facts.now - room.clock.time) < timedelta(seconds=1)
    assert one(room, now=NOW).facts.now.isoformat() == "2026-11-22T10:00:00+01:00"


def test_the_business_is_the_clients(room: Room) -> None:
    """As its own files describe it."""
    assert one(room).facts.business == room.desk.client.business


def test_mail_of_the_office_is_its_own(room: Room) -> None:
    """Whatever the case of the address."""
    assert one(room, Mail(from_=(Address("Buero@lindner.example"),))).facts.own
    assert not one(room).facts.own
    assert not one(room, Mail()).facts.own


def test_flags_and_age_are_passed_on(room: Room) -> None:
    """As the caller found them."""
    judge = Judge.for_mails(room.desk, [])
    facts = judge.judge(ANNA, frozenset({"\\Seen"}), NOW, old=True).facts
    assert (facts.flags, facts.old) == ({"\\Seen"}, True)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Anna@kunde.example,supplier", Relationship.SUPPLIER),
        ("anna@kunde.example,unknown", Relationship.VIP),
        ("anna@kunde.example,", Relationship.VIP),
        ("b@x.example,supplier", Relationship.VIP),
    ],
)
def test_contacts_outweigh_what_a_rule_has_told(
    furnished: Furnished, line: str, expected: Relationship
) -> None:
    """People's word counts more; where they say nothing, the rule's does."""
    room = furnished(rules=RELATES)
    room.look()
    room.deliver(mail(1, "vip"))
    room.look()
    (room.path / "rules/northwind/contacts.csv").write_text(f"address,relationship\n{line}\n", "utf-8")
    reload(room)
    assert one(room).facts.relationship is expected


def test_a_paused_rule_is_known(room: Room) -> None:
    """And would have acted: nothing is decided."""
    room.desk.store.pauses.pause("offer", "x", NOW)
    judgement = one(room, replace(ANNA, subject="Angebot"))
    assert judgement.facts.paused == {"offer"}
    assert (judgement.decision.paused, judgement.decision.steps) == ("offer", ())


def test_history_comes_from_the_ledger(room: Room) -> None:
    """Earlier mail counts, the mail itself doesn't, also when it is asked about long afterwards."""
    room.look()
    for number in (1, 2):
        room.deliver(mail(number, "Gruß"))
    room.look()
    ((first,), (second,)) = room.rows("SELECT received_at FROM mail ORDER BY id")
    times = [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (first, second)]
    later = times[1] + timedelta(minutes=1)
    assert one(room, parse(mail(3, "Gruß")), later).facts.history.received == tuple(reversed(times))
    assert one(room, parse(mail(2, "Gruß")), later).facts.history.received == (times[0],)


def test_what_the_judge_was_not_told_of_he_asks_for(room: Room) -> None:
    """A judge made for no mail at all knows as much as one made for this mail."""
    room.look()
    room.deliver(mail(1, "Gruß"))
    room.look()
    key, new, later = key_of(ANNA), parse(mail(2, "Gruß")), room.clock.time + timedelta(hours=1)
    asked = Judge.for_mails(room.desk, [key]).judge(new, frozenset(), later, old=False, now=NOW)
    unasked = Judge.for_mails(room.desk, []).judge(new, frozenset(), later, old=False, now=NOW)
    assert len(unasked.facts.history.received) == 1
    assert unasked == asked


@pytest.mark.parametrize("portion", [1, 2, 100], ids=["one by one", "in twos", "at once"])
def test_a_dry_run_decides_as_the_run_does(furnished: Furnished, portion: int) -> None:
    """Mails that hang on each other, judged beforehand in portions of any size without a row written, then for real."""
    room = furnished(rules=RELATES)
    room.look()
    raws = [
        mail(number, "vip" if number == 2 else "Gruß", f"{'ab'[number % 2]}@x.example")
        for number in range(10)
    ]
    for number, raw in enumerate(raws):
        lay(room, raw, room.clock.time + timedelta(minutes=number))
    received = {parse(stored.content).message_id: stored for stored in room.messages("INBOX")}
    mails = [parse(stored.content) for stored in received.values()]
    judge = Judge.for_mails(room.desk, [])
    dry = []
    for start in range(0, 10, portion):
        judge.recall(key_of(each) for each in mails[start : start + portion])
        for number, each in enumerate(mails[start : start + portion], start):
            when = times(room)[number]
            dry.append(judge.judge(each, frozenset(), when, old=False).decision.rules)
    assert room.rows("SELECT count(*) FROM mail") == [(0,)]
    room.look()
    run = [
        tuple(rules.strip('[]"').split('", "'))
        for (rules,) in room.rows("SELECT rules FROM mail ORDER BY id")
    ]
    assert [rules or ("",) for rules in dry] == run
    assert {"again", "back", "first", ""} == {rule for rules in run for rule in rules}


def test_the_brake_stops_at_the_mail_after_the_last(room: Room) -> None:
    """Of five in one batch three may pass; without a meter, as in a preview, all do."""
    mails = [parse(mail(number, "Angebot")) for number in range(5)]
    meter = Meter(Brake(3, timedelta(minutes=5)), {}, {})
    braked = Judge.for_mails(room.desk, map(key_of, mails), meter=meter)
    found = [braked.judge(each, frozenset(), NOW, old=False, admitted=NOW) for each in mails]
    assert [each.decision.paused for each in found] == ["", "", "", "offer", "offer"]
    assert [each.stopped for each in found] == [(), (), (), ("offer",), ()]
    free = Judge.for_mails(room.desk, map(key_of, mails))
    assert {free.judge(each, frozenset(), NOW, old=False).decision.paused for each in mails} == {""}


def mail(number: int, subject: str, sender: str = CUSTOMER) -> bytes:
    """A mail from somebody."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, "info@northwind.example", subject
    message["Message-ID"] = f"<{number}.frage@x.example>"
    message.set_content("Guten Tag!\n")
    return message.as_bytes().replace(b"\n", b"\r\n")


def lay(room: Room, raw: bytes, when: datetime) -> None:
    """A mail that the server took in at that time."""
    with room.imap() as imap:
        imap.append("INBOX", "", when.strftime('"%d-%b-%Y %H:%M:%S +0000"'), raw)


def times(room: Room) -> list[datetime]:
    """When the mails of the inbox were received, in their order."""
    mailbox = (room.session or room.connect()).mailbox
    mailbox.select("INBOX")
    return [found.internaldate for found in mailbox.headers(mailbox.uids_from(1))]


def reload(room: Room) -> None:
    """The files are read anew."""
    home = load_home(room.path, today=room.clock.time.date())
    assert not home.faults, [str(fault) for fault in home.faults]
    room.desk = replace(room.desk, client=home.clients["northwind"])

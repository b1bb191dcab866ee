"""The morning mail of the team: gathered from the state of her own clients, once a member and day."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from maild.config.home import Home
from maild.config.load import load_home
from maild.config.models import Member, Office
from maild.core.lifecycle import DraftState
from maild.core.morning import Kind, Morning, Work
from maild.core.morning_mail import text_of
from maild.core.parse import parse
from maild.core.reminder import ReminderState
from maild.errors import Fault
from maild.flow.desk import IMAP, SMTP
from maild.flow.morning import gather, send_due
from maild.flow.office import OfficeMail
from maild.store.records import Arrival, EffectState, LetterState, NewEffect, Place, RowState
from maild.store.store import OFFICE, ClientStore, Store
from tests.flow.room import CLIENT, RIVAL
from tests.store.rows import new_draft, new_letter

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 11, 23, 7, 30, tzinfo=BERLIN)
FRIDAY = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
OFFICE_FILE = """\
office:
  name: Büroservice Lindner
  address: buero@lindner.example
  smtp: {host: 127.0.0.1, port: 25, tls: none, username: x, password: {env: OFFICE_SMTP}}
team:
  - {name: Sabine Lindner, address: sabine@lindner.example, morning: "07:30"}
  - {name: Petra Kurz, address: petra@lindner.example, clients: [contoso], morning: "07:30"}
  - {name: Uwe Lang, address: uwe@lindner.example}
"""


class Bureau:
    """A home with two competing clients, its state, and a clock that stands still."""

    def __init__(self, path: Path) -> None:
        values = {
            "host": "localhost",
            "port": 1,
            "user": "n",
            "imap": "",
            "identity": "info@northwind.example",
        }
        _write(path / "maild.yaml", OFFICE_FILE)
        for slug, text in (("northwind", CLIENT.format(**values, files_sent="false")), ("contoso", RIVAL)):
            _write(path / f"rules/{slug}/client.yaml", text)
            _write(path / f"rules/{slug}/rules.yaml", "rules: []\n")
            _write(path / f"rules/{slug}/contacts.csv", "address\n")
        self.home = load_home(path, today=MONDAY.date())
        assert not self.home.faults, self.home.faults
        self.now = MONDAY.astimezone(UTC)
        self.store = Store.open("sqlite:///maild.db", path / "state", may_upgrade=True)
        self.mail = OfficeMail(self.store.client(OFFICE), self.home.office.office, lambda: self.now)
        for slug in self.home.clients:
            self.client(slug).accounts.register(IMAP, SMTP)

    def client(self, slug: str = "northwind") -> ClientStore:
        """One client's state."""
        return self.store.client(slug)

    def send(self, home: Home | None = None) -> int:
        """What the daemon's ticker does."""
        found = home or self.home
        return send_due(found, found.clients, self.store, self.mail, lambda: self.now)

    def mails(self) -> dict[str, str]:
        """The mails in the office's outbox, by recipient; taken out of it."""
        rows = self.client(OFFICE).outbox.claim(SMTP, self.now, 99)
        return {row.recipient: parse(row.raw).text for row in rows}

    def gather(self, who: int = 0, home: Home | None = None) -> Morning:
        """What a member is told."""
        found = home or self.home
        return gather(found, found.clients, self.store, found.office.team[who], self.now.astimezone(BERLIN))


@pytest.fixture
def bureau(tmp_path: Path) -> Iterator[Bureau]:
    """Monday, half past seven."""
    found = Bureau(tmp_path)
    yield found
    found.store.close()


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def received(store: ClientStore, uid: int, *actions: str, when: datetime = FRIDAY) -> tuple[int, list[int]]:
    """A mail on Friday with planned effects: its id and theirs."""
    mail = Arrival(
        uid=uid,
        fingerprint=f"{uid:064}",
        message_id=f"<{uid}@kunde.example>",
        size=100,
        received_at=when,
        old=False,
        sender=f"kunde{uid}@kunde.example",
        subject=f"{store.name}: Anfrage {uid}",
    )
    store.ledger.cursor(IMAP, "INBOX", 7, 1, from_start=True)
    store.ledger.admit(IMAP, "INBOX", 7, [mail], uid + 1, when)
    mail_id = next(row.id for row in store.ledger.waiting(IMAP) if row.place.uid == uid)
    store.ledger.plan(mail_id, ("r",), "v", [NewEffect("r", action, {}) for action in actions], when)
    return mail_id, [e.id for row, found in store.ledger.pending(IMAP) if row.id == mail_id for e in found]


def drafted(
    store: ClientStore, uid: int, state: DraftState = DraftState.PRESENTED, *, when: datetime = FRIDAY
) -> int:
    """A draft in a state, since Friday."""
    mail_id, (effect,) = received(store, uid, "draft", when=when)
    draft_id = store.drafts.open(new_draft(store, mail_id, effect), b"Subject: x\r\n\r\n", (), "drafts", when)
    store.drafts.laid(draft_id, Place("Drafts", 8, uid), when)
    draft = store.drafts.get(draft_id)
    if state is not DraftState.PRESENTED:
        store.drafts.transition(draft, replace(draft, state=state), when)
    return draft_id


def reminded(store: ClientStore, uid: int, state: ReminderState = ReminderState.TOLD) -> None:
    """A reminder of a mail of Friday."""
    _, (effect,) = received(store, uid, "remind")
    store.reminders.add(effect, FRIDAY, FRIDAY)
    found = next(each for each in store.reminders.to_examine(IMAP, FRIDAY, FRIDAY, 99) if each.uid == uid)
    if state is not ReminderState.OPEN:
        store.reminders.transition(found, state, FRIDAY)


def noted(store: ClientStore, state: RowState, number: int = 1) -> None:
    """A note to the client that came to this end on Friday."""
    raw = f"Subject: Notiz {number}\r\n\r\nText\r\n".encode()
    letter = replace(new_letter(store, number=number), kind="note", raw=raw)
    letter_id = store.outbox.enqueue(letter, SMTP, FRIDAY)
    (row,) = store.outbox.claim(SMTP, FRIDAY, 9)
    store.outbox.begin_sending(row, FRIDAY)
    store.outbox.settle(row, state, FRIDAY, phase="dot", code=250, text="x")
    ends = {RowState.SENT: LetterState.SENT, RowState.IN_DOUBT: LetterState.IN_DOUBT}
    store.outbox.close(letter_id or 0, ends.get(state, LetterState.SEND_FAILED), FRIDAY)


def kinds(morning: Morning) -> dict[Kind, int]:
    """How much of what is told."""
    return {pile.kind: pile.total for client in morning.clients for pile in client.piles}


def test_each_member_gets_one_mail_a_day(bureau: Bureau) -> None:
    """However often the ticker asks, and after a restart too; who has not asked for one gets none."""
    assert bureau.send() == 2
    bureau.mail = OfficeMail(bureau.client(OFFICE), bureau.home.office.office, lambda: bureau.now)
    bureau.now += timedelta(hours=2)
    assert bureau.send() == 0
    assert set(bureau.mails()) == {"sabine@lindner.example", "petra@lindner.example"}
    bureau.now += timedelta(hours=24)
    assert bureau.send() == 2


def test_a_clock_that_is_set_back_sends_none_twice(bureau: Bureau) -> None:
    """Nor does another time of day in the file."""
    bureau.send()
    bureau.now -= timedelta(minutes=30)
    earlier = tuple(each.model_copy(update={"morning": time(6)}) for each in bureau.home.office.team[:2])
    home = replace(bureau.home, office=bureau.home.office.model_copy(update={"team": earlier}))
    assert bureau.send(home) == 0


@pytest.mark.parametrize(("hours", "count"), [(-1, 0), (4, 2), (5, 0), (24 * 5, 0)])
def test_a_missed_mail_is_made_up_for_until_noon(bureau: Bureau, hours: int, count: int) -> None:
    """Not before its time, not in the afternoon, not on a Saturday."""
    bureau.now += timedelta(hours=hours)
    assert bureau.send() == count


def test_without_a_server_nobody_is_told(bureau: Bureau) -> None:
    """`check` warns of that; nothing is kept for later."""
    about = bureau.home.office.office.model_copy(update={"smtp": None})
    bureau.mail.use(bureau.client(OFFICE), about)
    assert bureau.send() == 0
    assert bureau.mails() == {}


def test_nothing_of_a_client_that_is_not_hers(bureau: Bureau) -> None:
    """Neither its name nor a word of its mail, in any kind of matter."""
    for slug in bureau.home.clients:
        everything(bureau.client(slug))
    bureau.send()
    mails = bureau.mails()
    assert "northwind: Anfrage" in mails["sabine@lindner.example"]
    assert "contoso: Anfrage" in mails["sabine@lindner.example"]
    hers = mails["petra@lindner.example"].lower()
    assert "northwind" not in hers
    assert "contoso: anfrage" in hers


def everything(store: ClientStore) -> None:
    """A matter of every kind that the store knows."""
    for uid, state in enumerate(
        (
            DraftState.IN_DOUBT,
            DraftState.SEND_FAILED,
            DraftState.CLARIFY,
            DraftState.VANISHED,
            DraftState.EDITING,
        ),
        1,
    ):
        drafted(store, uid, state)
    reminded(store, 6)
    reminded(store, 7, ReminderState.OPEN)
    store.ledger.set_aside(received(store, 8, "move")[0], f"{store.name}: broken", FRIDAY)
    store.pauses.pause(f"{store.name}-rule", "too much", FRIDAY)
    store.accounts.failed(IMAP, f"{store.name} is away", FRIDAY, None)


def test_every_kind_is_found(bureau: Bureau) -> None:
    """Each once."""
    everything(bureau.client())
    fault = Fault("rules/contoso/client.yaml", 1, 1, "is broken", client="contoso")
    home = replace(bureau.home, clients={"northwind": bureau.home.clients["northwind"]}, faults=(fault,))
    assert kinds(bureau.gather(home=home)) == dict.fromkeys(Kind, 1)


def test_no_mail_is_named_twice(bureau: Bureau) -> None:
    """The most urgent counts: a draft in trouble, else the reminder, else the draft that waits."""
    store = bureau.client()
    for uid, state in enumerate((DraftState.CLARIFY, DraftState.PRESENTED), 1):
        mail_id, (draft_effect, remind_effect) = received(store, uid, "draft", "remind")
        draft_id = store.drafts.open(new_draft(store, mail_id, draft_effect), b"\r\n", (), "drafts", FRIDAY)
        store.drafts.laid(draft_id, Place("Drafts", 8, uid), FRIDAY)
        draft = store.drafts.get(draft_id)
        store.drafts.transition(draft, replace(draft, state=state), FRIDAY)
        store.reminders.add(remind_effect, FRIDAY, FRIDAY)
    for each in store.reminders.to_examine(IMAP, FRIDAY, FRIDAY, 9):
        store.reminders.transition(each, ReminderState.TOLD, FRIDAY)
    assert kinds(bureau.gather()) == {Kind.CLARIFY: 1, Kind.REMINDER: 1}


@pytest.mark.parametrize(("hours", "kind"), [(0, Kind.UNANSWERED), (8, Kind.ASIDE)])
def test_a_mail_that_maild_failed_on_is_told_at_once(bureau: Bureau, hours: int, kind: Kind) -> None:
    """As such on the next morning, and as unanswered once it has waited too long; not at all when it is answered."""
    store, when = bureau.client(), FRIDAY + timedelta(hours=hours)
    mail_id, _ = received(store, 1, "draft", when=when)
    store.ledger.set_aside(mail_id, "no such template", when)
    store.reminders.add_limits(store.reminders.unmade(FRIDAY - timedelta(hours=1)), when)
    assert kinds(bureau.gather()) == {kind: 1}
    (found,) = store.reminders.to_examine(IMAP, bureau.now, bureau.now, 9)
    store.reminders.transition(found, ReminderState.DONE, bureau.now)
    assert kinds(bureau.gather()) == {}


def test_patience_is_counted_in_business_hours(bureau: Bureau) -> None:
    """Eight of them: a draft of Friday morning waits too long on Monday, one of Friday afternoon doesn't yet."""
    store = bureau.client()
    drafted(store, 1, when=datetime(2026, 11, 20, 7, 0, tzinfo=UTC))
    drafted(store, 2, when=datetime(2026, 11, 20, 14, 0, tzinfo=UTC))
    assert kinds(bureau.gather()) == {Kind.WAITING: 1}
    bureau.now += timedelta(days=1)
    assert kinds(bureau.gather()) == {Kind.WAITING: 2}


def test_the_office_says_how_patient_it_is(bureau: Bureau) -> None:
    """`overdue` in maild.yaml."""
    drafted(bureau.client(), 1, when=MONDAY - timedelta(minutes=20))
    office = Office.model_validate(
        {"office": {"name": "x", "address": "a@b.example"}, "overdue": {"drafts": "10m"}, "team": [SABINE]}
    )
    assert kinds(bureau.gather(home=replace(bureau.home, office=office))) == {Kind.WAITING: 1}
    assert kinds(bureau.gather()) == {}


SABINE = {"name": "Sabine", "address": "s@b.example", "morning": "07:30"}


def test_only_so_much_is_named_and_the_rest_counted(bureau: Bureau) -> None:
    """Fifty of a kind."""
    for uid in range(1, 63):
        drafted(bureau.client(), uid, DraftState.CLARIFY)
    (pile,) = bureau.gather().clients[1].piles
    assert (len(pile.matters), pile.total) == (50, 62)
    assert "• und 12 weitere" in text_of(bureau.gather())


def test_a_note_that_did_not_arrive_is_told_for_a_week(bureau: Bureau) -> None:
    """With its subject; an automatic answer that did not is nobody's matter."""
    noted(bureau.client(), RowState.IN_DOUBT, 1)
    noted(bureau.client(), RowState.FAILED, 2)
    assert kinds(bureau.gather()) == {Kind.IN_DOUBT: 1, Kind.SEND_FAILED: 1}
    assert "«Notiz 1» an anna@kunde.example" in text_of(bureau.gather())
    bureau.now += timedelta(days=7)
    assert kinds(bureau.gather()) == {}


def test_what_was_done_is_told_by_client(bureau: Bureau) -> None:
    """Since the last working day, and not of today."""
    store = bureau.client()
    drafted(store, 1, DraftState.SENT_BY_SECRETARY)
    _, (move,) = received(store, 2, "move")
    store.ledger.finish(move, EffectState.DONE, FRIDAY)
    noted(store, RowState.SENT)
    received(store, 3, when=MONDAY.astimezone(UTC))
    received(store, 4, when=FRIDAY - timedelta(days=2))
    contoso, northwind = bureau.gather().clients
    assert northwind.work == Work(received=2, sorted=1, drafted=1, by_hand=1, notes=1)
    assert contoso.work == Work()


def test_a_server_that_is_away_for_a_moment_troubles_nobody(bureau: Bureau) -> None:
    """One that has been for a quarter of an hour does."""
    store = bureau.client()
    store.accounts.succeeded(IMAP, bureau.now - timedelta(minutes=1))
    store.accounts.failed(IMAP, "x", bureau.now, None)
    assert kinds(bureau.gather()) == {}
    bureau.now += timedelta(minutes=20)
    assert kinds(bureau.gather()) == {Kind.SERVER: 1}


def test_a_member_with_a_client_that_is_gone_is_told_of_the_others(bureau: Bureau) -> None:
    """A name in her list that no folder bears means nothing."""
    member = Member.model_validate({"name": "x", "address": "a@b.example", "clients": ["gone", "contoso"]})
    told = gather(bureau.home, bureau.home.clients, bureau.store, member, MONDAY)
    assert [client.name for client in told.clients] == ["Contoso"]

"""Mails to the office: each alarm once, whoever raises it and how often; what is told of faulty files, and when."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from maild.config.home import Home
from maild.config.load import is_slug, load_home
from maild.config.models import About, Office
from maild.core.message import Address
from maild.core.parse import parse
from maild.errors import ConfigError, Fault
from maild.flow.desk import SMTP, Alarm
from maild.flow.faulty import FilesReport
from maild.flow.office import OfficeMail
from maild.store.records import OutboxRow, RowState
from maild.store.store import OFFICE, Store
from tests.flow.room import Clock

ADDRESS = "buero@lindner.example"
SMTP_KEYS = {"host": "smtp.lindner.example", "username": "x", "password": {"env": "OFFICE_SMTP"}}
ABOUT = About.model_validate({"name": "Büroservice Lindner", "address": ADDRESS, "smtp": SMTP_KEYS})
ALARM = Alarm(
    "pause northwind offer 2026-11-22", "maild: Regel angehalten", "die Regel «offer» wurde angehalten."
)


class Desk:
    """The office's own outbox, and what was put into it."""

    def __init__(self, path: Path) -> None:
        self.clock = Clock()
        self.store = Store.open("sqlite:///maild.db", path, may_upgrade=True)
        self.mail = OfficeMail(self.store.client(OFFICE), ABOUT, self.clock)
        self.raised: list[Alarm] = []

    def waiting(self) -> tuple[OutboxRow, ...]:
        """The rows that are due, taken."""
        return self.store.client(OFFICE).outbox.claim(SMTP, self.clock(), 99)

    def report(self) -> FilesReport:
        """As at a start of the daemon; alarms are kept."""
        return FilesReport(self.store, self.clock, self.raised.append)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """An empty state."""
    found = Desk(tmp_path)
    yield found
    found.store.close()


def test_no_client_can_have_the_offices_name(desk: Desk) -> None:
    """The outbox of the office is nobody's, and it stands in no list of clients."""
    assert not is_slug(OFFICE)
    desk.mail.raise_alarm(ALARM)
    assert desk.store.clients() == ()


def test_an_alarm_is_a_mail_from_the_office_to_itself(desk: Desk) -> None:
    """Plain German text, which no robot answers (RFC 3834, section 5)."""
    desk.mail.raise_alarm(ALARM)
    (row,) = desk.waiting()
    mail = parse(row.raw)
    assert (row.envelope_from, row.recipient) == (ADDRESS, ADDRESS)
    assert (mail.sender, mail.to) == (Address(ADDRESS, "maild"), (Address(ADDRESS, "Büroservice Lindner"),))
    assert mail.subject == ALARM.subject
    assert mail.text.strip() == ALARM.text
    assert mail.header("Auto-Submitted") == ("auto-generated",)
    assert mail.message_id.endswith("@lindner.example>")


@pytest.mark.parametrize("state", [None, RowState.SENT, RowState.FAILED, RowState.IN_DOUBT])
def test_an_alarm_is_told_once(desk: Desk, state: RowState | None) -> None:
    """Raised again it makes no second mail: waiting, sent, failed or in doubt, and after a restart too."""
    desk.mail.raise_alarm(ALARM)
    if state is not None:
        (row,) = desk.waiting()
        outbox = desk.store.client(OFFICE).outbox
        assert outbox.begin_sending(row, desk.clock())
        outbox.settle(row, state, desk.clock(), phase="dot", code=0, text="")
        desk.mail.close_letters()
        assert outbox.finished(SMTP) == ()
    desk.mail.raise_alarm(ALARM)
    OfficeMail(desk.store.client(OFFICE), ABOUT, desk.clock).raise_alarm(ALARM)
    assert sum(desk.store.client(OFFICE).outbox.counts().values()) == 1


def test_another_occurrence_is_another_mail(desk: Desk) -> None:
    """The key tells them apart, not the words."""
    desk.mail.raise_alarm(ALARM)
    desk.mail.raise_alarm(Alarm("pause northwind offer 2026-11-23", ALARM.subject, ALARM.text))
    assert len(desk.waiting()) == 2


def test_many_workers_raise_one_alarm(desk: Desk) -> None:
    """At the same moment, from different threads."""
    with ThreadPoolExecutor(8) as workers:
        list(workers.map(desk.mail.raise_alarm, [ALARM] * 32))
    assert len(desk.waiting()) == 1


def test_without_a_server_nothing_is_kept_to_be_sent(desk: Desk) -> None:
    """Later, when there is one, an alarm that is still raised is told."""
    silent = ABOUT.model_copy(update={"smtp": None})
    desk.mail.use(desk.store.client(OFFICE), silent)
    desk.mail.raise_alarm(ALARM)
    assert desk.mail.account is None
    assert desk.waiting() == ()
    desk.mail.use(desk.store.client(OFFICE), ABOUT)
    desk.mail.raise_alarm(ALARM)
    assert len(desk.waiting()) == 1


# What is told of files.

BROKEN = Fault("rules/northwind/rules.yaml", 3, 5, "unknown key «wrods»", client="northwind")


def home(*faults: Fault) -> Home:
    """A home with these faults."""
    return Home(Path(), Office(office=ABOUT), faults=faults)


def healthy(desk: Desk, slug: str) -> bool:
    """Whether the status has nothing to say of a client's files."""
    return not next(row for row in desk.store.client(slug).accounts.health() if row.name == "files").failures


def test_a_fault_has_one_key_until_it_is_mended(desk: Desk) -> None:
    """The same however often it is read, in other words too, and after a restart; another when it comes back."""
    report = desk.report()
    with_client = loaded(desk)
    report.read(with_client, ())
    for fault in (BROKEN, BROKEN, Fault(BROKEN.file, 9, 9, "another", client="northwind")):
        report.read(home(fault), {"northwind"})
    desk.report().read(home(BROKEN), ())
    assert len(desk.raised) == 4
    assert len({alarm.key for alarm in desk.raised}) == 1
    assert not healthy(desk, "northwind")
    report.read(with_client, {"northwind"})
    assert healthy(desk, "northwind")
    report.read(home(BROKEN), {"northwind"})
    assert len({alarm.key for alarm in desk.raised}) == 2


def test_the_status_says_since_when(desk: Desk) -> None:
    """A fault that stays keeps the time at which it was found."""
    report = desk.report()
    found = []
    for _ in range(2):
        report.read(home(BROKEN), ())
        desk.clock.advance(minutes=5)
        (row,) = (r for r in desk.store.client("northwind").accounts.health() if r.name == "files")
        found.append((row.last_error_at, row.failures))
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("served", "effect"),
    [
        ({"northwind"}, "die letzten fehlerfreien Dateien weiter"),
        (set(), "unbearbeitet im Posteingang liegen"),
    ],
)
def test_the_mail_says_what_follows(desk: Desk, served: set[str], effect: str) -> None:
    """Whether earlier files are in force or the client waits; where the fault is; what to do."""
    desk.report().read(home(BROKEN), served)
    (alarm,) = desk.raised
    assert alarm.subject == "maild: Dateien von northwind sind fehlerhaft"
    assert effect in alarm.text
    assert "• rules/northwind/rules.yaml:3:5: unknown key «wrods»" in alarm.text
    assert "maild check" in alarm.text


def test_no_customer_is_named(desk: Desk, capfd: pytest.CaptureFixture[str]) -> None:
    """Of a fault among the contacts the place is told, in the log as well, and not what stands there."""
    file = "rules/northwind/contacts.csv"
    fault = Fault(file, 7, 1, "«Frau Müller» is not known here", client="northwind", key="form")
    desk.report().read(home(fault), ())
    (alarm,) = desk.raised
    assert "rules/northwind/contacts.csv, Zeile 7, Spalte form" in alarm.text
    log = "".join(capfd.readouterr())
    assert f"place={file}:7:1" in log
    assert "Müller" not in alarm.text + log


def test_a_client_hears_nothing_of_anothers_files(desk: Desk) -> None:
    """Where maild.yaml is at fault each client's status tells of that, and of nobody's contacts."""
    error = ConfigError(
        (Fault("maild.yaml", 1, 1, "is no mapping"), Fault("rules/brugman/contacts.csv", 7, 1, "«Müller» …"))
    )
    good = loaded(desk)
    report = desk.report()
    report.read(good, good.clients)
    report.unreadable(error, good, good.clients)
    (row,) = (r for r in desk.store.client("northwind").accounts.health() if r.name == "files")
    assert row.last_error == "maild.yaml:1:1: is no mapping"


def test_many_faults_are_not_all_listed(desk: Desk) -> None:
    """Ten, and how many more."""
    faults = [Fault(BROKEN.file, line, 1, "wrong", client="northwind") for line in range(1, 13)]
    desk.report().read(home(*faults), ())
    assert desk.raised[0].text.count("• rules") == 10
    assert "• und 2 weitere" in desk.raised[0].text


def test_one_cause_is_one_alarm(desk: Desk) -> None:
    """Clients that share a faulty file are told of together, one with a fault of its own apart."""
    shared = [Fault("rules/_shared/a.yaml", 1, 1, "x", client=slug) for slug in ("northwind", "oakfield")]
    own = Fault("rules/brugman/rules.yaml", 1, 1, "y", client="brugman")
    desk.report().read(home(*shared, own), ())
    assert [alarm.subject for alarm in desk.raised] == [
        "maild: Dateien von northwind und oakfield sind fehlerhaft",
        "maild: Dateien von brugman sind fehlerhaft",
    ]


def test_a_house_template_that_stops_many_is_one_alarm(desk: Desk) -> None:
    """The fault stands at each client's own rules, and is the same."""
    faults = [
        Fault(f"rules/{slug}/rules.yaml", 0, 0, "template «offer» can't be used", client=slug)
        for slug in ("northwind", "oakfield")
    ]
    desk.report().read(home(*faults), ())
    assert len(desk.raised) == 1


def test_the_main_file_concerns_everybody(desk: Desk) -> None:
    """One alarm; each client's status says so until it is mended."""
    report = desk.report()
    good = loaded(desk)
    report.read(good, good.clients)
    error = ConfigError((Fault("maild.yaml", 1, 1, "is no mapping"),))
    for _ in range(2):
        report.unreadable(error, good, good.clients)
    assert len({alarm.key for alarm in desk.raised}) == 1
    assert not healthy(desk, "northwind")
    report.read(good, good.clients)
    assert healthy(desk, "northwind")
    report.unreadable(error, good, good.clients)
    assert len({alarm.key for alarm in desk.raised}) == 2


def loaded(desk: Desk) -> Home:
    """A home whose one client, northwind, is sound."""
    repository = Path(__file__).parents[2]
    found = load_home(repository, today=desk.clock().date())
    return Home(Path(), found.office, clients={"northwind": found.clients["northwind"]})

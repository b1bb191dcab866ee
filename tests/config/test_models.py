"""What maild.yaml and client.yaml may say: the whole contract, its defaults, and the values that are refused."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from maild.config.document import Document, Path, read_yaml
from maild.config.fields import Dates, DayOfYear, Opening
from maild.config.models import ClientConfig, Office
from maild.config.servers import Imap, Smtp, is_loopback
from maild.config.wording import validated
from maild.core.durations import Brake, BusinessHours

OFFICE = """\
office:
  name: Büroservice Lindner
  address: buero@lindner.example
  timezone: Europe/Vienna
  smtp: {host: smtp.lindner.example, port: 465, tls: implicit, username: buero, password: {env: OFFICE_SMTP}}
team:
  - {name: Sabine Lindner, address: sabine@lindner.example, clients: all, morning: "07:30"}
  - {name: Jana Weiß, address: jana@lindner.example, clients: [northwind]}
state: sqlite:///maild.db
workers: 8
connections: {per_account: 3, per_host: 10}
token_key: {credential: maild-token-key}
accounts: {}
metrics: 127.0.0.1:9925
log: {level: info, format: text}
"""

CLIENT = """\
name: Northwind Tools Ltd
language: en
timezone: Europe/Berlin
region: DE-BY
municipal_holidays: catholic
half_days: [12-24, 12-31]
hours: {mon-fri: ["08:00-12:00", "13:00-24:00"]}
closed: [2026-12-24/2027-01-06, 2026-05-15]
absences:
  - {person: Jane Doe, from: 2026-12-01, to: 2026-12-12, deputy: john@northwind.example}
imap:
  host: imap.provider.example
  port: 993
  tls: implicit
  ca: /etc/ssl/own-ca.pem
  username: info@northwind.example
  password: {env: NORTHWIND_IMAP}
  auth: password
  watch: idle
  poll: 60s
  since: 2026-11-01
  folders: {inbox: INBOX, drafts: [Drafts, Entwürfe], sent: [Sent, Gesendet], trash: [Trash, Papierkorb]}
  max_size: 20MB
brake: 200/5m
smtp:
  host: smtp.provider.example
  port: 587
  tls: starttls
  username: info@northwind.example
  password: {file: /etc/maild/smtp}
  profile: ionos
  limits: {per_minute: 30, per_hour: 500, per_day: 2000, connections: 3}
  files_sent: false
identities:
  - {address: Info@Northwind.example, name: Northwind Tools Kundenservice}
legal:
  form: foreign
  firm: Northwind Tools Ltd
  seat: 12 Dock Road, London
  register: Companies House
  number: "01234567"
  directors: [Jane Doe]
  text: ""
  confirmed: 2026-11-01
style: informal
review:
  mode: drafts
  account: null
  folders: {review: Freigabe, approve: Freigegeben, reject: Verworfen, clarify: Klärung, notes: Notizen}
  settle: 20s
  look: 5s
  second: null
forward_to: [accounting@northwind.example]
notes:
  to: [jane@northwind.example]
  urgent_to: [jane@northwind.example, "+49 170 0000000"]
  digest: ["08:00", "16:30"]
  pgp: {key: "0123 4567 89AB CDEF 0123 4567 89AB CDEF 0123 4567", required: false}
retention: {ledger: 400d, contacts_idle: 180d, sent: 6y}
"""

MINIMAL = """\
name: Northwind
imap: {host: imap.provider.example, username: a, password: {env: A}}
smtp: {host: smtp.provider.example, username: a, password: {env: A}}
identities: [{address: info@northwind.example, name: Northwind}]
legal: {form: foreign}
"""


def client(text: str) -> ClientConfig:
    """A client.yaml that must be good."""
    config, faults = validated(read_yaml(text.encode(), "client.yaml"), ClientConfig)
    assert faults == ()
    assert config is not None
    return config


def faults(old: str, new: str, text: str = CLIENT) -> list[str]:
    """What is said of a client.yaml with one change."""
    assert old in text
    _, found = validated(read_yaml(text.replace(old, new, 1).encode(), "c"), ClientConfig)
    return [str(fault) for fault in found]


def test_the_whole_office() -> None:
    """Every key of maild.yaml is read with its meaning."""
    office, found = validated(read_yaml(OFFICE.encode(), "maild.yaml"), Office)
    assert found == ()
    assert office is not None
    assert (office.office.name, office.office.timezone.key) == ("Büroservice Lindner", "Europe/Vienna")
    assert office.office.smtp is not None
    assert office.office.smtp.password.env == "OFFICE_SMTP"
    assert (office.team[0].clients, office.team[0].morning) == ("all", time(7, 30))
    assert office.team[1].clients == ("northwind",)
    assert (office.workers, office.connections.per_host, office.state) == (8, 10, "sqlite:///maild.db")


def test_the_whole_client() -> None:
    """Every key of client.yaml is read with its meaning."""
    config = client(CLIENT)
    assert config.half_days == (DayOfYear(12, 24), DayOfYear(12, 31))
    assert config.hours == {(0, 1, 2, 3, 4): (Opening(480, 720), Opening(780, 1440))}
    assert config.closed[0] == Dates(date(2026, 12, 24), date(2027, 1, 6))
    assert config.closed[1] == Dates(date(2026, 5, 15), date(2026, 5, 15))
    assert (config.absences[0].first, config.absences[0].last) == (date(2026, 12, 1), date(2026, 12, 12))
    assert config.imap.folders.drafts == ("Drafts", "Entwürfe")
    assert (config.imap.poll, config.imap.since) == (timedelta(minutes=1), date(2026, 11, 1))
    assert config.imap.max_size == 20 << 20
    assert config.brake == Brake(200, timedelta(minutes=5))
    assert (config.smtp.port, config.smtp.limits.per_day) == (587, 2000)
    assert config.identities[0].address == "Info@northwind.example"
    assert config.legal.particulars.register == "Companies House"
    assert config.legal.particulars.confirmed == date(2026, 11, 1)
    assert (config.review.settle, config.review.look) == (timedelta(seconds=20), timedelta(seconds=5))
    assert config.notes.urgent_to == ("jane@northwind.example", "+49 170 0000000")
    assert config.notes.digest == (time(8), time(16, 30))
    assert config.notes.pgp is not None
    assert config.notes.pgp.key == "0123456789ABCDEF0123456789ABCDEF01234567"
    assert config.retention.ledger == timedelta(days=400)


def test_the_least_that_a_client_must_say() -> None:
    """All else has a default; the port follows from tls."""
    config = client(MINIMAL)
    assert (config.imap.port, config.smtp.port, config.imap.tls) == (993, 465, "implicit")
    assert (config.language, config.timezone.key, config.region) == ("de", "Europe/Berlin", "DE")
    assert (config.review.mode, config.review.folders.approve) == ("drafts", "Freigegeben")
    assert (config.review.settle, config.review.look) == (timedelta(seconds=10), timedelta(seconds=15))
    assert (config.imap.folders.inbox, config.imap.max_size) == ("INBOX", 50 << 20)


@pytest.mark.parametrize(
    ("tls", "imap", "smtp"), [("implicit", 993, 465), ("starttls", 143, 587), ("none", 143, 587)]
)
def test_default_ports(tls: str, imap: int, smtp: int) -> None:
    """RFC 8314 names 993 and 465; the others are those of STARTTLS."""
    server: dict[str, Any] = {"host": "localhost", "tls": tls, "username": "a", "password": {"env": "A"}}
    assert (Imap.model_validate(server).port, Smtp.model_validate(server).port) == (imap, smtp)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost", "LOCALHOST"])
def test_no_tls_on_loopback(host: str) -> None:
    """A server on the same machine may be reached without TLS."""
    server = Imap.model_validate({"host": host, "tls": "none", "username": "a", "password": {"env": "A"}})
    assert is_loopback(server.host)


@pytest.mark.parametrize(
    "host", ["imap.provider.example", "10.0.0.1", "localhost.provider.example", "::2", "0.0.0.0"]
)
def test_no_tls_elsewhere(host: str) -> None:
    """No password crosses a network in the clear."""
    with pytest.raises(ValidationError):
        Imap.model_validate({"host": host, "tls": "none", "username": "a", "password": {"env": "A"}})


def test_nothing_can_be_changed_afterwards() -> None:
    """What was checked stays as it was checked."""
    with pytest.raises(ValidationError):
        setattr(client(MINIMAL), "name", "Other")  # noqa: B010 - mypy refuses it written plainly


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("port: 993", "port: 0", "c:13:9: imap.port: must be at least 1"),
        ("port: 993", "port: 65536", "c:13:9: imap.port: must be at most 65535"),
        ("port: 993", 'port: "993"', "c:13:9: imap.port: must be a whole number, without quotes"),
        ("port: 993", "port: 993.0", "c:13:9: imap.port: must be a whole number, without quotes"),
        ("port: 993", "port: true", "c:13:9: imap.port: must be a whole number, without quotes"),
        ("files_sent: false", "files_sent: no", "c:33:15: smtp.files_sent: must be true or false"),
        (
            "poll: 60s",
            "poll: 0s",
            "c:20:9: imap.poll: must be longer than 0s, or the server is asked without a pause",
        ),
        (
            "poll: 60s",
            "poll: 4 business hours",
            "c:20:9: imap.poll: business hours can't be counted here; write a plain length such as 4h",
        ),
        (
            "host: imap.provider.example",
            "host: imaps://imap.provider.example:993",
            "c:12:9: imap.host: «imaps://imap.provider.example:993» is no host; "
            "write its name alone, without imaps:// and port",
        ),
        (
            "since: 2026-11-01",
            "since: 1.11.2026",
            "c:21:10: imap.since: «1.11.2026» is no date; write it as 2026-11-01",
        ),
        (
            "since: 2026-11-01",
            "since: 2026-11-31",
            "c:21:10: imap.since: «2026-11-31» is no date; write it as 2026-11-01",
        ),
        (
            "since: 2026-11-01",
            "since: [2026]",
            "c:21:10: imap.since: must be one text, in quotes; here is a list",
        ),
        ("brake: 200/5m", "brake:", "c:24:1: brake: must be one text, in quotes; here is nothing"),
        ("name: Northwind Tools Ltd\n", "name: 4711\n", "c:1:7: name: must be text; put it in quotes"),
        (
            "name: Northwind Tools Ltd\n",
            'name: "a\\nb"\n',
            "c:1:7: name: must be text of one line, and not empty",
        ),
        (
            "to: 2026-12-12",
            "to: 2026-11-12",
            "c:10:46: absences[0].to: lies before from; exchange the two dates",
        ),
        (
            '{mon-fri: ["08:00-12:00", "13:00-24:00"]}',
            '{mon-fri: ["08:00-12:00"], fri: ["13:00-14:00"]}',
            "c:7:8: hours: name each day of the week once; put all its times into one list",
        ),
        (
            "Info@Northwind.example, name: Northwind Tools Kundenservice}",
            "info@nörthwind.example, name: N}",
            "c:35:15: identities[0].address: «info@nörthwind.example» is not an address of plain letters; "
            "write a domain with umlauts in its xn-- form",
        ),
        (
            "Kundenservice}",
            "Kundenservice}\n  - {address: INFO@northwind.example, name: N}",
            "c:35:3: identities: an address stands twice; name each identity once",
        ),
        (
            "approve: Freigegeben",
            "approve: /Freigegeben",
            "c:49:40: review.folders.approve: write a folder as Name or Upper/Lower, "
            "without * and % and without / at an end",
        ),
        (
            "form: foreign",
            "form: Gmbh",
            "c:37:9: legal.form: «Gmbh» is not known here; did you mean «GmbH»?",
        ),
        (
            'key: "0123 4567',
            'key: "0123',
            "c:58:14: notes.pgp.key: write the whole fingerprint of the key, 40 digits of 0-9 and A-F, in quotes",
        ),
    ],
)
def test_refused_values(old: str, new: str, message: str) -> None:
    """Each with its place, its key, what is wrong and what to do."""
    (found,) = faults(old, new)
    assert message in found


def test_all_faults_of_a_file_are_told_at_once() -> None:
    """One fault does not hide the next."""
    text = (
        CLIENT.replace("port: 993", "port: abc")
        .replace("style: informal", "style: du")
        .replace("brake:", "break:")
    )
    _, found = validated(read_yaml(text.encode(), "c"), ClientConfig)
    assert {fault.key for fault in found} == {"imap.port", "style", "break"}


WRONG: tuple[object, ...] = (None, True, 7, 1.5, "x", [], {}, [7], [None], {"x": 1}, [{"x": 1}], [[]])
FOREIGN_WORDS = ("Input", "valid ", "Value error", "Extra", "unpack", "pydantic")


@pytest.mark.parametrize(("text", "model"), [(CLIENT, ClientConfig), (OFFICE, Office)])
def test_no_wording_of_the_library_passes(text: str, model: type[ClientConfig | Office]) -> None:
    """Data of every wrong kind, at every key, is told in our words, under keys that stand in the file."""
    document = read_yaml(text.encode(), "c")
    for path in document.values:
        for wrong in WRONG:
            _, found = validated(Document("c", _replaced(document.data, path, wrong)), model)
            said = [fault.message for fault in found]
            assert not [message for message in said if any(word in message for word in FOREIGN_WORDS)]
            assert not [message for message in said if "look up the key" in message]
            assert not [fault.key for fault in found if set(fault.key) & set("'( ")]


def _replaced(data: Any, path: Path, wrong: object) -> object:
    if not path:
        return wrong
    copy: Any = list(data) if isinstance(data, list) else dict(data)
    copy[path[0]] = _replaced(copy[path[0]], path[1:], wrong)
    return copy


def test_the_office_says_how_patient_it_is() -> None:
    """In business hours or plain ones; what is no length is refused."""
    office = {"office": {"name": "x", "address": "a@b.example"}}
    assert Office.model_validate(office).overdue.drafts == BusinessHours(8)
    told = Office.model_validate(office | {"overdue": {"unanswered": "2d", "drafts": "4 business hours"}})
    assert (told.overdue.unanswered, told.overdue.drafts) == (timedelta(days=2), BusinessHours(4))
    with pytest.raises(ValidationError, match="is no length of time"):
        Office.model_validate(office | {"overdue": {"drafts": "bald"}})


def test_each_of_the_team_is_named_once() -> None:
    """Else she would get the morning mail of one entry, and not of the other."""
    team = [{"name": "A", "address": "a@b.example"}, {"name": "B", "address": "A@b.example"}]
    with pytest.raises(ValidationError, match="an address stands twice"):
        Office.model_validate({"office": {"name": "x", "address": "a@b.example"}, "team": team})

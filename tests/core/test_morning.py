"""The team's morning mail: when it is due, and what it says; whole mails are compared with files in `morning/`."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from maild.core.morning import (
    ClientMorning,
    Kind,
    Matter,
    Morning,
    Pile,
    Work,
    is_due,
    last_working_day,
    works_on,
)
from maild.core.morning_mail import subject_of, text_of

BERLIN = ZoneInfo("Europe/Berlin")
GOLDEN = Path(__file__).with_name("morning")
MONDAY = datetime(2026, 11, 23, 7, 30, tzinfo=BERLIN)
FRIDAY = date(2026, 11, 20)
CAME = datetime(2026, 11, 20, 15, 12, tzinfo=UTC)
WORK = Work(received=42, sorted=40, drafted=12, approved=8, by_hand=3, answered=1, notes=5)


def pile(kind: Kind, *matters: Matter, total: int = 0) -> Pile:
    """Matters of one kind."""
    return Pile(kind, matters, total or len(matters))


def morning(*clients: ClientMorning, now: datetime = MONDAY, since: date = FRIDAY) -> Morning:
    """Sabine's."""
    return Morning("Sabine Lindner", now, since, clients)


ENQUIRY = Matter(CAME, "Bitte um ein Angebot", "anna@kunde.example", "Anfragen")
FULL = morning(
    ClientMorning(
        "Brugman Werkzeuge BV",
        (
            pile(Kind.VANISHED, ENQUIRY),
            pile(Kind.REMINDER, ENQUIRY),
            pile(Kind.PAUSED, Matter(CAME, "offer-request", "12")),
            pile(Kind.SERVER, Matter(CAME, "Das Postfach"), Matter(None, "Der Postausgang")),
        ),
        Work(received=1, sorted=1, approved=1, notes=1, drafted=1),
    ),
    ClientMorning("Holzwerk Pfrengle GmbH", (pile(Kind.FILES, Matter(None, "1 Fehler")),)),
    ClientMorning(
        "Northwind Tools Ltd",
        (
            pile(Kind.IN_DOUBT, Matter(CAME, "AW: Lieferzeit Zangen", "anna@kunde.example und 2 weitere")),
            pile(Kind.SEND_FAILED, Matter(CAME, "Kurze Rückfrage", "bestellung@kunde.example")),
            pile(Kind.CLARIFY, Matter(CAME, "Mahnung", "buchhaltung@kunde.example")),
            pile(Kind.UNANSWERED, Matter(datetime(2025, 12, 30, 9, tzinfo=UTC), "", "")),
            pile(Kind.WAITING, ENQUIRY),
            pile(Kind.ASIDE, ENQUIRY),
        ),
        WORK,
    ),
)
EMPTY = morning(
    ClientMorning("Northwind Tools Ltd", (), Work(received=1)),
    now=MONDAY + timedelta(days=1),
    since=MONDAY.date(),
)
MANY = morning(
    ClientMorning(
        "Northwind Tools Ltd",
        (
            pile(
                Kind.WAITING,
                *(
                    Matter(CAME + timedelta(minutes=n), f"Anfrage Nr. {n}", f"kunde{n}@kunde.example")
                    for n in range(50)
                ),
                total=149,
            ),
            pile(
                Kind.REMINDER,
                *(
                    Matter(CAME + timedelta(minutes=n), f"Bestellung {n}", "einkauf@kunde.example")
                    for n in range(50)
                ),
                total=51,
            ),
        ),
        WORK,
    )
)


@pytest.mark.parametrize(("name", "told"), [("full", FULL), ("empty", EMPTY), ("many", MANY)])
def test_the_mail_reads_as_in_the_file(name: str, told: Morning) -> None:
    """Subject and text, word for word."""
    written = f"{subject_of(told)}\n\n{text_of(told)}\n".replace("\N{NO-BREAK SPACE}", "~")
    assert written == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


def test_the_most_urgent_comes_first() -> None:
    """Whatever the order in which it was found."""
    text = text_of(FULL)
    headings = [
        "UNKLAR",
        "NICHT ZUGESTELLT",
        "IN KLÄRUNG",
        "NIRGENDS",
        "ERINNERUNGEN",
        "UNBEANTWORTET",
        "ENTWÜRFE, DIE AUF",
    ]
    found = [text.index(heading) for heading in headings]
    assert found == sorted(found)


def test_every_kind_is_told() -> None:
    """None is forgotten in the words."""
    for kind in Kind:
        told = text_of(morning(ClientMorning("Northwind", (pile(kind, ENQUIRY),))))
        assert "Bitte um ein Angebot" in told, kind


def test_a_stranger_s_words_stay_on_their_line() -> None:
    """No line of a mail's own, no letters turned round, nothing endless, no format fields."""
    hostile = Matter(CAME, "Eins\r\nBcc: x@y.example\u202egnp\u2028zwei {who} " + "lang" * 100, "a\x00b\tc")
    lines = text_of(morning(ClientMorning("Northwind", (pile(Kind.REMINDER, hostile),)))).splitlines()
    (line,) = [each for each in lines if each.startswith("•") and "Eins" in each]
    assert line.startswith("• «Eins Bcc: x@y.exampleגnp".replace("ג", "g") + " zwei {who} lang")
    assert "…» von ab c, eingegangen am 20.11., 16:12" in line
    assert len(line) < 170


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-11-23T07:29:59", False),
        ("2026-11-23T07:30:00", True),
        ("2026-11-23T11:59:59", True),  # the daemon was down at half past seven
        ("2026-11-23T12:00:00", False),
        ("2026-11-22T07:30:00", False),  # a Sunday
        ("2026-12-25T07:30:00", False),
        ("2027-01-06T07:30:00", True),  # a holiday in some Länder only
    ],
)
def test_when_it_is_due(now: str, due: bool) -> None:
    """From its time until noon, on working days."""
    assert is_due(time(7, 30), datetime.fromisoformat(now).replace(tzinfo=BERLIN)) is due


@pytest.mark.parametrize(
    ("now", "due"), [("13:59:00", False), ("14:00:00", True), ("15:59:00", True), ("16:00:00", False)]
)
def test_a_mail_set_for_the_afternoon_may_be_two_hours_late(now: str, due: bool) -> None:
    """Noon means nothing to it."""
    assert is_due(time(14), datetime.fromisoformat(f"2026-11-23T{now}").replace(tzinfo=BERLIN)) is due


def test_it_covers_the_time_since_the_last_working_day() -> None:
    """On a Monday that is Friday; after Easter, Maundy Thursday."""
    assert last_working_day(date(2026, 11, 23)) == FRIDAY
    assert last_working_day(date(2026, 4, 7)) == date(2026, 4, 2)
    assert not works_on(date(2026, 10, 3))


def test_one_thing_is_not_several() -> None:
    """German has a singular."""
    one = morning(ClientMorning("Northwind", (pile(Kind.WAITING, ENQUIRY, total=2),)))
    assert "• und 1 weiterer" in text_of(one)
    single = morning(ClientMorning("Northwind", (pile(Kind.IN_DOUBT, ENQUIRY),)))
    assert subject_of(single) == "Montag, 23. November: 1 Vorgang wartet auf Sie, davon 1 dringend"

"""Conditions on circumstances: each says yes and no at the right moment, and says what it saw."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core.business import Absence, Business
from maild.core.decide import decide
from maild.core.facts import Facts
from maild.core.history import History, Letter
from maild.core.hours import Calendar, DayOfYear, Opening
from maild.core.language import LANGUAGES
from maild.core.message import Address, Mail
from maild.core.rules.circumstances import AbsenceIs, ReceivedIs
from maild.core.rules.model import Rule
from maild.core.rules.parse.rules import RuleContext, parse_rules
from maild.core.rules.reading import Reading

BERLIN = ZoneInfo("Europe/Berlin")
NONE: frozenset[str] = frozenset()
CONTEXT = RuleContext(
    frozenset({"offer-request", "thanks"}), NONE, NONE, NONE, NONE, people=frozenset({"Jane Doe", "Jörg Maß"})
)
NOW = datetime(2026, 12, 1, 9, 30, tzinfo=BERLIN)  # a Tuesday
EMPTY = Mail()
BUSINESS = Business(
    calendar=Calendar(
        (*((Opening(480, 720), Opening(780, 1020)),) * 5, (), ()),
        region="DE-BY",
        half_days=frozenset({DayOfYear(12, 24)}),
    ),
    absences=(
        Absence("Jane Doe", date(2026, 12, 1), date(2026, 12, 12)),
        Absence("Jane Doe", date(2026, 12, 5), date(2026, 12, 24)),
        Absence("Jörg Maß", date(2026, 12, 24), date(2026, 12, 24)),
    ),
    trusted_servers=frozenset({"mx.provider.example"}),
)


def parsed(condition: dict[str, Any], context: RuleContext = CONTEXT) -> Rule:
    """A rule of this condition, which must be without fault."""
    rules, problems = parse_rules({"rules": [{"name": "r", "when": condition, "do": ["keep"]}]}, context, "")
    assert problems == ()
    return rules.rules[0]


def at(text: str) -> datetime:
    """A moment in Berlin."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def facts(received: datetime = NOW, history: History = History(), now: datetime | None = None) -> Facts:
    """The circumstances of a mail that is judged as it comes."""
    return Facts(now or received, received, history=history, business=BUSINESS)


def holds(condition: dict[str, Any], known: Facts, mail: Mail = EMPTY) -> bool:
    """Whether a condition holds."""
    return parsed(condition).holds(Reading(mail, known))


@pytest.mark.parametrize(
    ("condition", "age", "expected"),
    [
        ({"older": "3d"}, timedelta(days=3, seconds=1), True),
        ({"older": "3d"}, timedelta(days=3), False),
        ({"younger": "30d"}, timedelta(days=29, hours=23), True),
        ({"younger": "30d"}, timedelta(days=30), False),
        ({"older": "3d", "younger": "30d"}, timedelta(days=5), True),
        ({"older": "3d", "younger": "30d"}, timedelta(days=31), False),
        ({"younger": "1s"}, timedelta(0), True),
        ({"older": "0s"}, timedelta(0), False),
    ],
)
def test_age_is_counted_from_the_reception(condition: dict[str, Any], age: timedelta, expected: bool) -> None:
    """Age is the time between reception and judging; the bounds themselves don't count."""
    received = (NOW.astimezone(UTC) - age).astimezone(BERLIN)
    assert holds({"age": condition}, facts(received, now=NOW)) is expected


def test_age_counts_hours_that_passed_not_those_on_the_wall() -> None:
    """Over a change of clocks a night has an hour more or less."""
    spring = facts(at("2026-03-28 12:00"), now=at("2026-03-29 12:00"))
    assert holds({"age": {"younger": "24h"}}, spring)
    autumn = facts(at("2026-10-24 12:00"), now=at("2026-10-25 12:00"))
    assert holds({"age": {"older": "24h"}}, autumn)


@pytest.mark.parametrize(
    ("condition", "moment", "expected"),
    [
        ({"weekday": "sat"}, "2026-12-05 00:00", True),
        ({"weekday": "sat"}, "2026-12-04 23:59:59", False),
        ({"weekday": ["sat", "SUN"]}, "2026-12-06 12:00", True),
        ({"weekday": "mon-fri"}, "2026-12-04 12:00", True),
        ({"weekday": "mon-fri"}, "2026-12-05 12:00", False),
        ({"weekday": ["mon-tue", "thu"]}, "2026-12-02 12:00", False),
        ({"weekday": ["mon-tue", "thu"]}, "2026-12-03 12:00", True),
        ({"weekday": "fri-mon"}, "2026-12-06 12:00", True),
        ({"weekday": "fri-mon"}, "2026-12-08 12:00", False),
        ({"between": "08:00-18:00"}, "2026-12-01 08:00", True),
        ({"between": "08:00-18:00"}, "2026-12-01 17:59:59", True),
        ({"between": "08:00-18:00"}, "2026-12-01 18:00", False),
        ({"between": "22:00-06:00"}, "2026-12-01 22:00", True),
        ({"between": "22:00-06:00"}, "2026-12-01 05:59", True),
        ({"between": "22:00-06:00"}, "2026-12-01 06:00", False),
        ({"between": "22:00-06:00"}, "2026-12-01 12:00", False),
        ({"between": "22:00-00:00"}, "2026-12-01 00:00", False),
        ({"between": "18:00-24:00"}, "2026-12-01 23:59:59", True),
        ({"between": ["08:00-12:00", "13:00 - 17:00"]}, "2026-12-01 12:30", False),
        ({"between": ["08:00-12:00", "13:00 - 17:00"]}, "2026-12-01 13:30", True),
        ({"weekday": "fri", "between": "22:00-06:00"}, "2026-12-05 02:00", False),  # it is Saturday then
        ({"weekday": "fri", "between": "22:00-06:00"}, "2026-12-04 02:00", True),
    ],
)
def test_received_asks_for_day_and_time(condition: dict[str, Any], moment: str, expected: bool) -> None:
    """Spans are half-open and may go over midnight; the day is that of the moment itself."""
    assert holds({"received": condition}, facts(at(moment))) is expected


@given(st.integers(0, 1440), st.integers(0, 1440), st.integers(0, 1439))
def test_every_minute_is_within_a_span_or_within_the_rest(start: int, end: int, minute: int) -> None:
    """A span and the span from its end to its start have no minute in common, and leave none out."""
    if start in (end, 1440) or end in (0, 1440):
        return
    known = facts(at("2026-12-01 00:00") + timedelta(minutes=minute))
    spans = (f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for a, b in ((start, end), (end, start)))
    assert sum(holds({"received": {"between": span}}, known) for span in spans) == 1


@pytest.mark.parametrize(
    ("condition", "moment", "expected"),
    [
        ({"hours": "open"}, "2026-12-01 09:30", True),
        ({"hours": "closed"}, "2026-12-01 09:30", False),
        ({"hours": "Closed"}, "2026-12-05 09:30", True),
        ({"hours": "open"}, "2026-12-24 13:30", False),
        ({"hours": "closed"}, "2027-01-06 09:30", True),
        ({"holiday": True}, "2027-01-06 23:59", True),
        ({"holiday": True}, "2027-01-07 00:00", False),
        ({"holiday": False}, "2027-01-06 09:30", False),
        ({"holiday": False}, "2026-12-24 09:30", True),
        ({"absence": True}, "2026-12-01 00:00", True),
        ({"absence": True}, "2026-11-30 23:59", False),
        ({"absence": False}, "2026-11-30 23:59", True),
        ({"absence": "Jane Doe"}, "2026-12-12 23:59", True),
        ({"absence": "jörg MASS"}, "2026-12-12 23:59", False),
        ({"absence": "jörg MASS"}, "2026-12-24 12:00", True),
        ({"absence": ["Jane Doe", "Jörg Maß"]}, "2026-12-13 00:00", True),
        ({"absence": ["Jane Doe", "Jörg Maß"]}, "2026-12-25 00:00", False),
    ],
)
def test_the_calendar_is_asked_at_the_reception(
    condition: dict[str, Any], moment: str, expected: bool
) -> None:
    """Hours, holidays and absences are those at which the mail came, whenever it is judged."""
    received = at(moment)
    assert holds(condition, facts(received)) is expected
    assert holds(condition, facts(received, now=received + timedelta(days=400))) is expected


PAST = History(
    received=(NOW - timedelta(days=2), NOW - timedelta(days=7), NOW - timedelta(days=60)),
    sent=(NOW - timedelta(days=3), NOW - timedelta(days=40)),
    letters=(
        Letter("offer-request", NOW - timedelta(days=3)),
        Letter("thanks", NOW - timedelta(days=40)),
    ),
    in_our_thread=True,
)


@pytest.mark.parametrize(
    ("condition", "known", "stranger"),
    [
        ({"first_contact": True}, False, True),
        ({"first_contact": False}, True, False),
        ({"received": {"at_least": 3}}, True, False),
        ({"received": {"at_least": 4}}, False, False),
        ({"received": {"within": "7d"}}, True, False),
        ({"received": {"within": "1d"}}, False, False),
        ({"received": {"at_least": 2, "within": "7d"}}, True, False),
        ({"received": {"at_least": 2, "within": "6d"}}, False, False),
        ({"sent": True}, True, False),
        ({"sent": False}, False, True),
        ({"sent": {"within": "3d"}}, True, False),
        ({"sent": {"within": "2d"}}, False, False),
        ({"template_sent": "thanks"}, True, False),
        ({"template_sent": {"name": "thanks"}}, True, False),
        ({"template_sent": {"name": "thanks", "within": "30d"}}, False, False),
        ({"template_sent": {"name": "offer-request", "within": "7d"}}, True, False),
        ({"thread": "ours"}, True, False),
        ({"thread": "ours", "sent": {"within": "7d"}}, True, False),
        ({"thread": "ours", "sent": {"within": "2d"}}, False, False),
    ],
)
def test_history_looks_back_from_the_reception(
    condition: dict[str, Any], known: bool, stranger: bool
) -> None:
    """All keys must hold; windows count back from when the mail came, whenever it is judged."""
    assert holds({"history": condition}, facts(history=PAST)) is known
    assert holds({"history": condition}, facts()) is stranger
    assert holds({"history": condition}, facts(history=PAST, now=NOW + timedelta(days=400))) is known


def test_who_was_written_to_first_is_no_first_contact() -> None:
    """An answer to a letter of ours is no first contact, though no mail came before."""
    assert not holds({"history": {"first_contact": True}}, facts(history=History(sent=(NOW,))))


GERMAN = Mail(subject="Anfrage", new_text="Sehr geehrte Damen und Herren, bitte senden Sie uns ein Angebot.")
ENGLISH = Mail(subject="Enquiry", new_text="Dear Sir or Madam, please send us a quotation for this order.")


@pytest.mark.parametrize(
    ("wanted", "german", "english", "short"),
    [
        ("de", True, False, False),
        ("EN", False, True, False),
        (["de", "en"], True, True, False),
        ("unknown", False, False, True),
        (["fr", "unknown"], False, False, True),
    ],
)
def test_language_of_the_new_text(wanted: object, german: bool, english: bool, short: bool) -> None:
    """What says too little has no language, and can be asked for as unknown."""
    found = [holds({"language": wanted}, facts(), mail) for mail in (GERMAN, ENGLISH, Mail(subject="Ok"))]
    assert found == [german, english, short]


def signed_by(field: str) -> Mail:
    """A mail from kunde.example with this Authentication-Results field."""
    return Mail(headers=(("Authentication-Results", field),), from_=(Address("anna@kunde.example"),))


PASSED = signed_by("mx.provider.example; dmarc=pass; dkim=fail; dkim=pass header.d=x.example; spf=softfail")
FORGED = signed_by("mx.evil.example; dmarc=pass; dkim=pass header.d=kunde.example; spf=pass")


@pytest.mark.parametrize(
    ("wanted", "passed", "forged"),
    [
        (True, True, False),
        (False, False, True),
        ({"dmarc": "pass"}, True, False),
        ({"dkim": "pass"}, True, False),
        ({"dkim": ["fail", "none"]}, True, False),
        ({"spf": "pass"}, False, False),
        ({"spf": ["fail", "SoftFail"]}, True, False),
        ({"dmarc": "pass", "spf": "pass"}, False, False),
        ({"dmarc": "none"}, False, False),
    ],
)
def test_authenticated_believes_the_trusted_server_only(wanted: object, passed: bool, forged: bool) -> None:
    """A method holds by the server's own words; a field of another server says nothing."""
    assert holds({"authenticated": wanted}, facts(), PASSED) is passed
    assert holds({"authenticated": wanted}, facts(), FORGED) is forged


@pytest.mark.parametrize("wanted", [True, False])
def test_encrypted_and_signed(wanted: bool) -> None:
    """Encryption is told; no signature is verified, so no mail is signed."""
    for mail in (Mail(), Mail(encrypted=True, signed=True)):
        assert holds({"encrypted": wanted}, facts(), mail) is (mail.encrypted is wanted)
        assert holds({"signed": wanted}, facts(), mail) is not wanted


@pytest.mark.parametrize(
    ("condition", "seen"),
    [
        ({"age": {"older": "3d"}}, timedelta(hours=1)),
        ({"received": {"weekday": "mon"}}, NOW),
        ({"hours": "closed"}, True),
        ({"holiday": True}, ""),
        ({"absence": "Jörg Maß"}, ("Jane Doe",)),
        ({"history": {"first_contact": True}}, False),
        ({"history": {"received": {"within": "10d"}}}, PAST.received[:2]),
        ({"history": {"sent": True}}, PAST.sent),
        ({"history": {"template_sent": "thanks"}}, (NOW - timedelta(days=40),)),
        ({"history": {"thread": "ours"}}, True),
        ({"language": "de"}, "unknown"),
        ({"authenticated": {"dkim": "none"}}, ("fail", "pass")),
        ({"encrypted": True}, False),
        ({"signed": True}, False),
    ],
)
def test_each_condition_tells_what_it_saw(condition: dict[str, Any], seen: object) -> None:
    """The value that the answer rests on can be shown."""
    reading = Reading(PASSED, facts(history=PAST, now=NOW + timedelta(hours=1)))
    rule: Any = parsed(condition)
    assert rule.when.seen(reading) == seen


def test_what_is_seen_of_authentication_is_the_whole_verdict() -> None:
    """It can be shown what proved the sender."""
    rule: Any = parsed({"authenticated": True})
    assert rule.when.seen(Reading(PASSED, facts())).proof == "dmarc"


def test_a_span_over_midnight_is_kept_as_two() -> None:
    """So that who shows or compares spans need not think of midnight."""
    (rule, whole) = (parsed({"received": {"between": span}}) for span in ("22:00-06:00", "00:00-24:00"))
    assert rule.when == ReceivedIs(between=(Opening(1320, 1440), Opening(0, 360)))
    assert whole.when == ReceivedIs(between=(Opening(0, 1440),))


def test_people_are_kept_as_client_yaml_names_them() -> None:
    """The case does not matter in a rule."""
    assert parsed({"absence": "JANE doe"}).when == AbsenceIs(True, frozenset({"Jane Doe"}))


def test_language_is_asked_last() -> None:
    """A rule tells the language only of mail that passed its other conditions."""
    rule = parsed({"language": "de", "subject": "Rechnung", "absence": False})
    reading = Reading(GERMAN, facts())
    assert not rule.holds(reading)
    assert "language" not in vars(reading)


def problems(condition: dict[str, Any], context: RuleContext = CONTEXT) -> list[tuple[str, str]]:
    """Path, dotted, and message of each problem; a ! before the path says that the key is meant."""
    _, found = parse_rules({"rules": [{"name": "r", "when": condition, "do": ["keep"]}]}, context, "")
    return [
        (
            ("!" if one.on_key else "") + ".".join(map(str, one.path)).removeprefix("rules.0.when."),
            one.message,
        )
        for one in found
    ]


WORDS = "mon, tue, wed, thu, fri, sat and sun"


@pytest.mark.parametrize(
    ("condition", "path", "message"),
    [
        ({"age": "3d"}, "age", 'expected a map with older or younger, found "3d"'),
        ({"age": {}}, "age", "neither older nor younger is named here"),
        ({"age": {"oldr": "3d"}}, "!age.oldr", 'unknown key "oldr"; did you mean «older»?'),
        (
            {"age": {"older": 3}},
            "age.older",
            "expected a length of time such as 4h or 2d, found the number 3",
        ),
        (
            {"age": {"older": "3 Tage"}},
            "age.older",
            "«3 Tage» is no length of time; write it as 90s, 15m, 4h, 2d or 6y",
        ),
        (
            {"age": {"older": "4 business hours"}},
            "age.older",
            "business hours can't be counted here; write a plain length such as 4h",
        ),
        (
            {"age": {"older": "3d", "younger": "2d"}},
            "age",
            "nothing is older and younger than these at the same time",
        ),
        ({"received": "sat"}, "received", 'expected a map with weekday or between, found "sat"'),
        ({"received": {}}, "received", "neither weekday nor between is named here"),
        (
            {"received": {"weekday": "saturday"}},
            "received.weekday",
            '"saturday" is no day of the week; did you mean «sat»?',
        ),
        (
            {"received": {"weekday": ["mon", "mon-fry"]}},
            "received.weekday.1",
            f'"fry" is no day of the week; write mon or mon-fri, of {WORDS}',
        ),
        (
            {"received": {"weekday": "tues"}},
            "received.weekday",
            '"tues" is no day of the week; did you mean «tue»?',
        ),
        (
            {"received": {"between": "8-18"}},
            "received.between",
            '"8-18" is no span of time; write it as "08:00-18:00"',
        ),
        (
            {"received": {"between": "08:00-24:30"}},
            "received.between",
            '"08:00-24:30" is no span of time; write it as "08:00-18:00"',
        ),
        (
            {"received": {"between": "24:00-06:00"}},
            "received.between",
            '"24:00-06:00" is no span of time; write it as "08:00-18:00"',
        ),
        (
            {"received": {"between": ["08:00-12:00", "00:00-00:00"]}},
            "received.between.1",
            '"00:00-00:00" has no length; for the whole day write "00:00-24:00"',
        ),
        (
            {"hours": "close"},
            "hours",
            'unknown value of "hours": "close"; did you mean «closed»?',
        ),
        ({"hours": True}, "hours", "expected open or closed, found true"),
        ({"holiday": "yes"}, "holiday", 'expected true or false, found "yes"'),
        (
            {"absence": "Jane Do"},
            "absence",
            '"Jane Do" has no entry in the "absences" of client.yaml; did you mean «Jane Doe»?',
        ),
        (
            {"absence": ["Jane Doe", "X"]},
            "absence.1",
            '"X" has no entry in the "absences" of client.yaml; there are Jane Doe and Jörg Maß',
        ),
        ({"absence": None}, "absence", "expected true, false or names, found nothing"),
        ({"absence": 1}, "absence", "expected true, false or names, found the number 1"),
        (
            {"history": True},
            "history",
            "expected a map with first_contact, received, sent, template_sent or thread, found true",
        ),
        (
            {"history": {}},
            "history",
            "nothing of the history is named here; there are first_contact, received, sent, template_sent and thread",
        ),
        (
            {"history": {"first_contakt": True}},
            "!history.first_contakt",
            'unknown key "first_contakt"; did you mean «first_contact»?',
        ),
        (
            {"history": {"first_contact": "yes"}},
            "history.first_contact",
            'expected true or false, found "yes"',
        ),
        ({"history": {"received": {}}}, "history.received", "neither at_least nor within is named here"),
        (
            {"history": {"received": {"at_least": 0}}},
            "history.received.at_least",
            "expected a whole number from 1 on, found the number 0",
        ),
        (
            {"history": {"sent": "7d"}},
            "history.sent",
            'expected true, false or a map with within, found "7d"',
        ),
        ({"history": {"sent": {}}}, "history.sent", "within is not named here; for any letter write true"),
        (
            {"history": {"template_sent": "ofer-request"}},
            "history.template_sent",
            'there is no template "ofer-request"; did you mean «offer-request»?',
        ),
        (
            {"history": {"template_sent": {"within": "7d"}}},
            "history.template_sent",
            "the name of a template is missing here",
        ),
        (
            {"history": {"template_sent": {"name": "x", "within": "1 business hour"}}},
            "history.template_sent.within",
            "business hours can't be counted here; write a plain length such as 4h",
        ),
        (
            {"history": {"thread": "theirs"}},
            "history.thread",
            '"thread" can only be ours; here is "theirs"',
        ),
        (
            {"language": "German"},
            "language",
            '"German" is no language that maild tells apart; did you mean «de»?',
        ),
        (
            {"language": ["de", "englisch"]},
            "language.1",
            '"englisch" is no language that maild tells apart; did you mean «en»?',
        ),
        (
            {"language": "unkown"},
            "language",
            '"unkown" is no language that maild tells apart; did you mean «unknown»?',
        ),
        (
            {"language": "xx"},
            "language",
            f'"xx" is no language that maild tells apart; there are {", ".join(LANGUAGES)} and unknown',
        ),
        (
            {"authenticated": "pass"},
            "authenticated",
            'expected true, false or a map with dmarc, spf or dkim, found "pass"',
        ),
        ({"authenticated": {}}, "authenticated", "no method is named here; there are dmarc, spf and dkim"),
        (
            {"authenticated": {"dkmi": "pass"}},
            "!authenticated.dkmi",
            'unknown key "dkmi"; did you mean «dkim»?',
        ),
        (
            {"authenticated": {"spf": "sofftail"}},
            "authenticated.spf",
            'unknown result of spf "sofftail"; did you mean «softfail»?',
        ),
        (
            {"authenticated": {"dkim": ["pass", "softfail"]}},
            "authenticated.dkim.1",
            'unknown result of dkim "softfail"; '
            "there are none, neutral, pass, fail, policy, temperror and permerror",
        ),
        ({"encrypted": "on"}, "encrypted", 'expected true or false, found "on"'),
        ({"signed": None}, "signed", "expected true or false, found nothing"),
    ],
)
def test_mistakes_are_named_with_their_place(condition: dict[str, Any], path: str, message: str) -> None:
    """Each mistake has its place and a sentence that says what to write."""
    assert (path, message) in problems(condition)


def test_what_the_client_lacks_is_asked_for() -> None:
    """Without hours, trusted servers or absences in client.yaml, the rule says what to add."""
    bare = RuleContext(NONE, NONE, NONE, NONE, NONE, has_hours=False, has_trusted_servers=False)
    assert problems({"hours": "closed"}, bare) == [
        ("!hours", 'client.yaml names no hours; add them, as in hours: {mon-fri: ["08:00-17:00"]}')
    ]
    assert problems({"authenticated": {"dmarc": "pass"}}, bare) == [
        (
            "!authenticated",
            '"imap" in client.yaml names no server to believe; name the one that stands first in its '
            "Authentication-Results, as in authserv_ids: [mx.example]",
        )
    ]
    assert problems({"absence": "Jane Doe"}, bare) == [
        ("absence", '"Jane Doe" has no entry in the "absences" of client.yaml; add an absence there')
    ]
    assert problems({"holiday": True, "absence": True, "history": {"sent": True}}, bare) == []


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(["", "3d", "mon", "pass", "ours", "de", "x" * 99, "\ud800"]),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["older", "within", "weekday", "between", "name", "received", "sent", "spf", "thread", "y"]
            ),
            below,
            max_size=3,
        )
    ),
    max_leaves=8,
)
KEYS = st.sampled_from(
    [
        "age",
        "received",
        "hours",
        "holiday",
        "absence",
        "history",
        "language",
        "authenticated",
        "encrypted",
        "signed",
    ]
)


@given(st.dictionaries(KEYS, VALUES, max_size=3))
def test_no_data_raises(condition: dict[str, Any]) -> None:
    """Whatever stands there, it is a rule or a list of problems; and the rule has an answer."""
    rules, found = parse_rules({"rules": [{"name": "r", "when": condition, "do": ["keep"]}]}, CONTEXT, "")
    assert bool(rules.rules) is not bool(found)
    decide(rules, Mail(), facts())

"""What rules learn of the business from its client.yaml, and what a rule may ask for only if it stands there."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from maild.config.business import business_of
from maild.config.load import load_home
from maild.core.business import Absence, Business
from maild.core.hours import Calendar, Dates, DayOfYear, Opening
from tests.config.conftest import TODAY
from tests.config.test_models import CLIENT, MINIMAL, client, faults

Edit = Callable[[str, str, str], None]
CIRCUMSTANCES = """\
hours: {mon-thu: ["08:00-12:00", "13:00-24:00"], sat: ["10:00-14:00"]}
absences:
  - {person: Karin Sommer, from: 2026-12-01, to: 2026-12-12}
imap:
  authserv_ids: MX.Provider.example
"""


def test_a_whole_business() -> None:
    """Hours by weekday, region, closed and half days, absences, addresses and servers arrive."""
    text = CLIENT.replace(
        "  max_size: 20MB\n", "  max_size: 20MB\n  authserv_ids: [MX.Provider.example, mx2.example]\n"
    )
    day = (Opening(480, 720), Opening(780, 1440))
    assert business_of(client(text)) == Business(
        calendar=Calendar(
            openings=(day, day, day, day, day, (), ()),
            region="DE-BY",
            catholic=True,
            closed=(
                Dates(date(2026, 12, 24), date(2027, 1, 6)),
                Dates(date(2026, 5, 15), date(2026, 5, 15)),
            ),
            half_days=frozenset({DayOfYear(12, 24), DayOfYear(12, 31)}),
        ),
        absences=(Absence("Jane Doe", date(2026, 12, 1), date(2026, 12, 12), "john@northwind.example"),),
        addresses=frozenset({"info@northwind.example"}),
        trusted_servers=frozenset({"mx.provider.example", "mx2.example"}),
    )


def test_a_business_that_says_nothing_of_itself() -> None:
    """It is never open, nobody is away, and no server is believed; a login that is no address is none of its own."""
    assert business_of(client(MINIMAL)) == Business(addresses=frozenset({"info@northwind.example"}))


def test_around_the_clock_loses_no_minute() -> None:
    """24:00 is the end of the day, not 23:59."""
    business = business_of(client(MINIMAL + 'hours: {mon-sun: ["00:00-24:00"]}\n'))
    zone = ZoneInfo("Europe/Berlin")
    assert business.calendar.is_open(datetime(2026, 11, 23, 23, 59, 59, tzinfo=zone))
    assert business.calendar.is_open(datetime(2026, 11, 24, 0, 0, tzinfo=zone))


@pytest.mark.parametrize(
    "wrong", ["[https://mx.example]", "['(mx.example)']", "['mx.example; dmarc=pass']", "[1]"]
)
def test_a_server_to_believe_is_named_like_a_host(wrong: str) -> None:
    """What could not stand first in the field is refused."""
    (found,) = faults("  max_size: 20MB\n", f"  authserv_ids: {wrong}\n")
    assert "imap.authserv_ids[0]" in found


def lay(edit: Edit, condition: str, about: str = "") -> None:
    """Give the northern client a rule, and something more in its client.yaml."""
    edit(
        "rules/north/rules.yaml",
        "rules:\n",
        f"rules:\n  - name: asking\n    when: {condition}\n    do: [keep]\n",
    )
    if about:
        head, _, imap = about.partition("imap:\n")
        edit("rules/north/client.yaml", "imap:\n", f"{head}imap:\n{imap}")


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("{hours: closed}", 'client.yaml names no hours; add them, as in hours: {mon-fri: ["08:00-17:00"]}'),
        (
            "{authenticated: true}",
            '"imap" in client.yaml names no server to believe; name the one that stands first in its '
            "Authentication-Results, as in authserv_ids: [mx.example]",
        ),
        (
            "{absence: Karin Sommer}",
            '"Karin Sommer" has no entry in the "absences" of client.yaml; add an absence there',
        ),
    ],
)
def test_a_rule_needs_what_it_asks_for(home: Path, edit: Edit, condition: str, message: str) -> None:
    """Without hours, servers or absences the rule has a fault; with them it has none."""
    lay(edit, condition)
    assert message in [fault.message for fault in load_home(home, today=TODAY).faults]
    edit("rules/north/client.yaml", "imap:\n", CIRCUMSTANCES)
    loaded = load_home(home, today=TODAY)
    assert loaded.faults == ()
    assert loaded.clients["north"].business.trusted_servers == {"mx.provider.example"}
    assert loaded.clients["north"].business.calendar.openings[5] == (Opening(600, 840),)


def test_a_fault_elsewhere_makes_none_in_the_rules(home: Path, edit: Edit) -> None:
    """What client.yaml says of hours, absences and servers is known although another line of it is wrong."""
    lay(edit, "{hours: open, authenticated: true, absence: Karin Sommer}")
    edit("rules/north/client.yaml", "imap:\n", CIRCUMSTANCES)
    edit("rules/north/client.yaml", "forward_to:", "language: xx\nforward_to:")
    assert {fault.file for fault in load_home(home, today=TODAY).faults} == {"rules/north/client.yaml"}


def test_nothing_of_the_business_is_said_to_be_left_alone(home: Path, edit: Edit) -> None:
    """Absences and hours are acted on, so nobody is warned."""
    edit("rules/north/client.yaml", "imap:\n", CIRCUMSTANCES)
    loaded = load_home(home, today=TODAY)
    assert [each for each in loaded.warnings if "absences" in str(each) or "hours" in str(each)] == []


@pytest.mark.parametrize(
    ("condition", "column"),
    [
        ("{signed: true}", 20),
        ("{subject: x, signed: true}", 32),
        ("{any: [{subject: x}, {signed: true}]}", 5),
    ],
)
def test_a_rule_that_asks_for_a_signature_is_warned_of(
    home: Path, edit: Edit, condition: str, column: int
) -> None:
    """No signature is verified in this version; the warning stands at it, or at the nearest key above."""
    lay(edit, condition)
    (warning,) = [
        each for each in load_home(home, today=TODAY).warnings if "verifies no signatures" in each.message
    ]
    assert (warning.file, warning.line, warning.column) == ("rules/north/rules.yaml", 4, column)


def test_signed_false_is_no_oddity(home: Path, edit: Edit) -> None:
    """It holds for all mail, as it should."""
    lay(edit, "{signed: false, subject: x}")
    assert not any("signature" in each.message for each in load_home(home, today=TODAY).warnings)

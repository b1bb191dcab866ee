"""The brake in the daemon's run: what it lets through, what waits, who hears of it, and how it goes on."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from maild.config.load import load_home
from maild.flow import receive
from maild.flow.brake import BY_HAND
from maild.flow.desk import Alarm
from tests.flow.letters import enquiry
from tests.flow.room import Room

Furnished = Callable[..., Room]
MOVE = "rules: [{name: r, when: {subject: Angebot}, do: [{move: Anfragen}]}]\n"


@pytest.fixture
def braked(furnished: Furnished) -> tuple[Room, list[Alarm]]:
    """A room whose rule may act on five mails in ten minutes, first looked at; and what the office was told."""
    return brake(furnished(rules=MOVE))


def brake(room: Room) -> tuple[Room, list[Alarm]]:
    """Let it have a low brake and somebody who listens."""
    told: list[Alarm] = []
    client = room.path / "rules/northwind/client.yaml"
    client.write_text(f"{client.read_text(encoding='utf-8')}brake: 5/10m\n", encoding="utf-8")
    reload(room)
    room.desk = replace(room.desk, alarm=told.append)
    room.look()
    return room, told


def reload(room: Room, rules: str = "") -> None:
    """The files are read anew."""
    if rules:
        (room.path / "rules/northwind/rules.yaml").write_text(rules, encoding="utf-8")
    home = load_home(room.path, today=room.clock.time.date())
    assert not home.faults, [str(fault) for fault in home.faults]
    room.desk = replace(room.desk, client=home.clients["northwind"])


def come(room: Room, *numbers: int) -> None:
    """Mails arrive, and maild looks twice."""
    for number in numbers:
        room.lay(enquiry(number), "INBOX")
    room.look(2)


def where(room: Room) -> tuple[int, int]:
    """How many mails lie in the inbox, and how many were moved."""
    return len(room.messages("INBOX")), len(room.messages("Anfragen"))


def states(room: Room) -> dict[str, int]:
    """How many mails of the ledger are in which state."""
    return dict(room.rows("SELECT state, count(*) FROM mail GROUP BY state"))


@pytest.mark.parametrize("batch", [200, 3], ids=["one batch", "many batches"])
def test_what_is_too_much_waits(
    braked: tuple[Room, list[Alarm]], monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    """Of twelve mails of one look five are moved; seven stay as they are, and later ones too."""
    monkeypatch.setattr(receive, "BATCH", batch)
    room, _ = braked
    come(room, *range(12))
    assert where(room) == (7, 5)
    assert states(room) == {"done": 5, "paused": 7}
    come(room, 13)
    assert where(room) == (8, 5)


def test_mails_of_several_looks_are_added_up(braked: tuple[Room, list[Alarm]]) -> None:
    """Three and three within the time are six; what lies longer back is forgotten."""
    room, told = braked
    come(room, 1, 2, 3)
    room.clock.advance(minutes=11)
    come(room, 4, 5, 6)
    assert (where(room), told) == ((0, 6), [])
    come(room, 7, 8, 9)
    assert where(room) == (1, 8)
    assert len(told) >= 1


def test_the_office_is_told_at_every_look_under_one_key(braked: tuple[Room, list[Alarm]]) -> None:
    """Whoever delivers it tells it once; in German, with the commands, without anything of a customer."""
    room, told = braked
    come(room, *range(12))
    room.look()
    assert len(told) > 1
    (alarm,) = set(told)
    ((since,),) = room.rows("SELECT paused_at FROM pause")
    assert alarm.key == f"pause northwind r {since.replace(' ', 'T')}+00:00"
    assert alarm.subject == "maild: Die Regel «r» für Northwind ist angehalten"
    assert "innerhalb von 10 Minuten 5 Nachrichten bearbeitet" in alarm.text
    assert "maild rules resume --client northwind r" in alarm.text
    assert "@" not in alarm.text + alarm.subject


def test_the_command_that_the_office_is_told_can_be_typed(furnished: Furnished) -> None:
    """The name of a rule may hold blanks, which a shell takes for the end of a word."""
    room, told = brake(furnished(rules=MOVE.replace("name: r", "name: new enquiry")))
    come(room, *range(6))
    assert "maild rules resume --client northwind 'new enquiry'\n" in told[0].text


def test_resumed_it_works_off_the_backlog(braked: tuple[Room, list[Alarm]]) -> None:
    """All that had come in by then is moved at once, however much it is; what comes later is braked again."""
    room, told = braked
    come(room, *range(12))
    room.lay(enquiry(20), "INBOX")
    room.look()
    assert room.desk.store.pauses.resume("r", room.clock()) == 8
    told.clear()
    room.look(2)
    assert (where(room), told) == ((0, 13), [])
    come(room, *range(30, 36))
    assert where(room) == (1, 18)
    assert len({alarm.key for alarm in told}) == 1


def test_nothing_at_all_is_done_with_a_mail_that_waits(furnished: Furnished) -> None:
    """Another rule that holds for it waits as well; resumed, both act."""
    rules = (
        "rules:\n  - {name: a, when: {subject: Angebot}, do: [{mark: flagged}], then: continue}\n"
        "  - {name: r, when: {subject: Angebot}, do: [{move: Anfragen}]}\n"
    )
    room, _ = brake(furnished(rules=rules))
    room.desk.store.pauses.pause("r", BY_HAND, room.clock())
    come(room, 1)
    assert room.only("INBOX").flags == frozenset()
    room.desk.store.pauses.resume("r", room.clock())
    room.look(2)
    assert room.only("Anfragen").flags == {"\\Flagged"}


def test_paused_by_hand(braked: tuple[Room, list[Alarm]]) -> None:
    """The next mail waits; the office hears who did it."""
    room, told = braked
    room.desk.store.pauses.pause("r", BY_HAND, room.clock())
    come(room, 1)
    assert where(room) == (1, 0)
    assert "von Hand angehalten" in told[0].text


@pytest.mark.parametrize(
    "rules",
    [
        "rules: [{name: other, when: {subject: Angebot}, do: [{move: Anfragen}]}]\n",
        MOVE.replace("do:", "mode: canary, do:"),
    ],
    ids=["gone", "canary"],
)
def test_mails_do_not_wait_for_a_rule_that_acts_no_more(braked: tuple[Room, list[Alarm]], rules: str) -> None:
    """Renamed, removed or only trying: they are judged anew by the rules as they are, and nobody is asked."""
    room, told = braked
    room.desk.store.pauses.pause("r", BY_HAND, room.clock())
    come(room, 1, 2)
    reload(room, rules)
    told.clear()
    room.look(2)
    assert states(room) == {"done": 2}
    assert where(room) == ((0, 2) if "other" in rules else (2, 0))
    assert told == []


def test_back_again_the_rule_is_still_paused(braked: tuple[Room, list[Alarm]]) -> None:
    """A rule that is taken out for a while does not lose its pause by it."""
    room, _ = braked
    room.desk.store.pauses.pause("r", BY_HAND, room.clock())
    reload(room, "rules: []\n")
    room.look()
    reload(room, MOVE)
    come(room, 1)
    assert states(room) == {"paused": 1}


def test_a_waiting_mail_that_is_taken_away_is_gone(braked: tuple[Room, list[Alarm]]) -> None:
    """She need not wait for maild: what she has dealt with herself is not looked for."""
    room, _ = braked
    room.desk.store.pauses.pause("r", BY_HAND, room.clock())
    come(room, 1, 2)
    room.move(room.messages("INBOX")[0].uid, "INBOX", "Trash")
    room.desk.store.pauses.resume("r", room.clock())
    room.look(2)
    assert states(room) == {"done": 1, "gone": 1}
    assert where(room) == (0, 1)


def test_old_mail_is_not_braked(furnished: Furnished) -> None:
    """What lay there at first contact is sorted, however much it is."""
    room = furnished(rules=MOVE)
    for number in range(8):
        room.lay(enquiry(number), "INBOX")
    brake(room)
    assert where(room) == (0, 8)


def test_a_rule_that_keeps_is_not_braked(furnished: Furnished) -> None:
    """To keep a mail is to do nothing."""
    room, told = brake(furnished(rules=MOVE.replace("{move: Anfragen}", "keep")))
    come(room, *range(8))
    assert (states(room), told) == ({"done": 8}, [])


def test_a_waiting_mail_that_is_put_back_is_not_forgotten(braked: tuple[Room, list[Alarm]]) -> None:
    """Dragged away by mistake and back again it has another number; resumed, the rule acts on it all the same."""
    room, _ = braked
    room.desk.store.pauses.pause("r", BY_HAND, room.clock())
    come(room, 1)
    room.move(room.only("INBOX").uid, "INBOX", "Trash")
    room.look()
    room.move(room.only("Trash").uid, "Trash", "INBOX")
    room.look()
    room.desk.store.pauses.resume("r", room.clock())
    room.look(2)
    assert where(room) == (0, 1)
    assert states(room) == {"done": 1, "known": 1}

"""The past as one mail of a batch sees it: nothing from after it, nothing of itself, all that was decided before it."""

from datetime import UTC, datetime, timedelta

import pytest

from maild.core.action import Answer, Move, Relate
from maild.core.contact import Relationship
from maild.core.decide import Decision, Step
from maild.core.history import Answers, History, Letter
from maild.core.memory import LONGEST_THREAD, MOST_MAILS, Given, MailKey, Memory, Past, Received, Sent, key_of
from maild.core.message import Address, Mail

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ANNA = "anna@kunde.example"
KEY = MailKey(ANNA, ("<b@x>",), "<now@x>", 9)


def ago(**by: float) -> datetime:
    """A time before NOW."""
    return NOW - timedelta(**by)


def came(number: int, when: datetime, sender: str = ANNA) -> Received:
    """A mail in the ledger."""
    return Received(MailKey(sender, (), f"<{number}@x>", number), when)


def given(who: str, when: datetime, *thread: str, template: str = "closed", mail_id: int = 1) -> Given:
    """An automatic answer."""
    return Given(frozenset({who}), template, when, frozenset(thread), mail_id)


def decided(*actions: object) -> Decision:
    """A decision with these steps."""
    return Decision(("r",), tuple(Step("r", action) for action in actions))  # type: ignore[arg-type]


def test_a_stranger_has_no_history() -> None:
    """Nothing is known, nothing is made up."""
    memory = Memory(Past())
    assert memory.history(KEY, NOW, NOW) == History()
    assert memory.relationship(ANNA) is Relationship.UNKNOWN


def test_only_what_was_before_counts_the_newest_first() -> None:
    """Mails and letters of that time and later are left out; another sender's too."""
    past = Past(
        frozenset({ANNA}),
        received=(
            came(1, ago(days=3)),
            came(2, ago(days=1)),
            came(3, NOW),
            came(4, ago(days=1), "b@x.example"),
        ),
        sent=(
            Sent(ANNA, ago(days=4)),
            Sent(ANNA, ago(days=2), "offer"),
            Sent(ANNA, NOW + timedelta(1), "offer"),
            Sent("b@x.example", ago(days=1), "offer"),
        ),
    )
    history = Memory(past).history(KEY, NOW, NOW)
    assert history.received == (ago(days=1), ago(days=3))
    assert history.sent == (ago(days=2), ago(days=4))
    assert history.letters == (Letter("offer", ago(days=2)),)


def test_past_mail_is_shown_the_past_of_its_time() -> None:
    """A mail of the day before yesterday doesn't know of yesterday's."""
    memory = Memory(Past(frozenset({ANNA}), received=(came(1, ago(days=3)), came(2, ago(days=1)))))
    assert memory.history(KEY, ago(days=2), NOW).received == (ago(days=3),)


@pytest.mark.parametrize(
    "key", [MailKey(ANNA, (), "<1@x>"), MailKey(ANNA, (), "<1@x>", 1)], ids=["message-id", "both"]
)
def test_a_mail_is_no_past_of_itself(key: MailKey) -> None:
    """Also where the server told another time for the same mail in another folder."""
    memory = Memory(Past(frozenset({ANNA}), received=(came(1, ago(days=3)),)))
    assert memory.history(key, NOW, NOW).received == ()


def test_a_machine_that_writes_every_minute_is_not_remembered_whole() -> None:
    """The newest thousand before the mail."""
    memory = Memory(Past(frozenset({ANNA})))
    for number in range(1, MOST_MAILS + 51):
        memory.learn(MailKey(ANNA, (), f"<{number}@m>"), ago(minutes=number), Decision(), NOW)
    found = memory.history(KEY, ago(minutes=20), NOW).received
    assert (found[0], found[-1], len(found)) == (ago(minutes=21), ago(minutes=MOST_MAILS + 20), MOST_MAILS)


def test_a_mail_without_message_id_is_told_by_its_ledger_id() -> None:
    """And two of them are two."""
    mails = (Received(MailKey(ANNA, (), "", 1), ago(days=2)), Received(MailKey(ANNA, (), "", 2), ago(days=1)))
    memory = Memory(Past(frozenset({ANNA}), received=mails))
    assert memory.history(MailKey(ANNA, (), "", 2), NOW, NOW).received == (ago(days=2),)


def test_answers_count_to_now_whatever_the_mail() -> None:
    """An answer given after the mail came counts: nobody is answered twice because his mail is judged late."""
    answers = (given(ANNA, ago(minutes=1)), given("b@kunde.example", ago(minutes=2), mail_id=2))
    history = Memory(Past(answers=answers)).history(KEY, ago(days=1), NOW)
    assert history.answered == (Letter("closed", ago(minutes=1)),)
    assert history.answers == Answers(in_thread=0, to_domain=2, by_client=2)


def test_an_answer_counts_for_who_wrote_and_for_who_got_it() -> None:
    """A mail with a Reply-To: both have had their answer, and the domain counts it once."""
    both = Given(frozenset({ANNA, "b@kunde.example"}), "closed", ago(hours=1))
    for who in both.addresses:
        history = Memory(Past(answers=(both,))).history(MailKey(who), NOW, NOW)
        assert (len(history.answered), history.answers.to_domain) == (1, 1)


def test_caps_look_back_a_day_and_threads_for_ever() -> None:
    """24 hours for domain and client; a thread remembers all, by each of its Message-IDs."""
    answers = (
        given("c@other.example", ago(hours=23), mail_id=1),
        given("c@other.example", ago(hours=25), "<b@x>", mail_id=2),
        given("c@other.example", ago(days=300), "<now@x>", mail_id=3),
    )
    assert Memory(Past(answers=answers)).history(KEY, NOW, NOW).answers == Answers(2, 0, 1)


def test_mail_without_sender_or_message_id_shares_nothing() -> None:
    """Empty is not equal to empty."""
    nobody = Given(frozenset(), "closed", ago(hours=1), frozenset(), 1)
    history = Memory(Past(received=(came(1, ago(days=1), ""),), answers=(nobody,))).history(
        MailKey(""), NOW, NOW
    )
    assert (history.received, history.answered, history.answers) == ((), (), Answers(0, 0, 1))


def test_what_was_done_with_this_very_mail_is_no_past_of_it() -> None:
    """Explained anew, a mail that was answered is not refused for its own answer; by ledger id only."""
    memory = Memory(Past(answers=(given(ANNA, ago(hours=1), "<now@x>", mail_id=9),)))
    assert memory.history(KEY, NOW, NOW).answers == Answers(0, 0, 0)
    stranger = MailKey(ANNA, (), "<now@x>")  # somebody may use a Message-ID twice to be answered twice
    assert memory.history(stranger, NOW, NOW).answers == Answers(1, 1, 1)


def test_a_thread_of_ours() -> None:
    """It refers to a letter that left the house."""
    assert Memory(Past(ours=frozenset({"<b@x>"}))).history(KEY, NOW, NOW).in_our_thread
    assert not Memory(Past(ours=frozenset({"<c@x>"}))).history(KEY, NOW, NOW).in_our_thread


def test_the_next_mail_of_the_batch_sees_what_was_decided() -> None:
    """A mail received, an answer planned, a relationship given."""
    memory = Memory(Past(frozenset({ANNA})))
    key = MailKey(ANNA, ("<root@x>",), "<1@x>", 1)
    memory.learn(key, ago(minutes=5), decided(Answer("closed"), Relate(Relationship.VIP), Move("X")), NOW)
    history = memory.history(MailKey(ANNA, ("<root@x>",), "<2@x>", 2), NOW, NOW)
    assert history.received == (ago(minutes=5),)
    assert history.answered == (Letter("closed", NOW),)
    assert history.answers == Answers(1, 1, 1)
    assert history.sent == ()  # it has not left yet
    assert memory.relationship("Anna@Kunde.example") is Relationship.VIP


def test_what_stands_in_the_store_and_was_learnt_counts_once() -> None:
    """The batch's mails are in the ledger before they are judged, and its answers as soon as they are planned."""
    memory = Memory(Past(frozenset({ANNA}), received=(came(1, ago(hours=1)),)))
    memory.learn(MailKey(ANNA, (), "<1@x>", 1), ago(hours=1), decided(Answer("closed")), NOW)
    memory.add(
        Past(frozenset({ANNA}), received=(came(1, ago(hours=1)),), answers=(given(ANNA, NOW, mail_id=1),))
    )
    history = memory.history(KEY, NOW, NOW)
    assert (len(history.received), len(history.answered)) == (1, 1)


def test_more_can_be_remembered_later() -> None:
    """Covers tells whether all was asked for; what is fetched twice counts once, what was learnt stays."""
    memory = Memory(Past(frozenset({ANNA}), frozenset({"<b@x>"}), sent=(Sent(ANNA, ago(days=1)),)))
    assert memory.covers(KEY)
    assert not memory.covers(MailKey("b@x.example"))
    assert not memory.covers(MailKey(ANNA, ("<b@x>", "<c@x>")))
    memory.learn(KEY, ago(days=1), decided(Relate(Relationship.VIP)), NOW)
    again = Past(
        frozenset({ANNA, "b@x.example"}),
        frozenset({"<c@x>"}),
        sent=(Sent(ANNA, ago(days=1)), Sent("b@x.example", ago(days=2))),
        ours=frozenset({"<c@x>"}),
        relations={ANNA: Relationship.SUPPLIER, "b@x.example": Relationship.CUSTOMER},
    )
    memory.add(again)
    assert memory.covers(MailKey(ANNA, ("<b@x>", "<c@x>")))
    assert memory.history(KEY, NOW, NOW).sent == (ago(days=1),)
    assert memory.relationship(ANNA) is Relationship.VIP
    assert memory.relationship("b@x.example") is Relationship.CUSTOMER


def test_what_a_mail_is_asked_by() -> None:
    """Its sender in lower case, In-Reply-To and the end of References, each once, none of them endless."""
    references = tuple(f"<{number}@x>" for number in range(50))
    mail = Mail(
        message_id="<" + "m" * 2000,
        in_reply_to="<49@x>",
        references=references,
        from_=(Address("Anna@kunde.example"), Address("b@x.example")),
    )
    key = key_of(mail, 7)
    assert (key.sender, key.mail_id, len(key.message_id)) == (ANNA, 7, 998)
    assert key.refers_to == ("<49@x>", *references[-LONGEST_THREAD:-1])
    assert key_of(Mail()) == MailKey("")

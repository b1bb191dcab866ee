"""What rules have written: automatic answers and what follows them; what is only noted."""

import email
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default

import pytest

from maild.config.contacts import Contacts
from maild.config.templates import TemplateSet
from maild.core.contact import Contact, Form
from maild.core.template import TemplateSource, compile_template
from maild.flow.receive import receive
from maild.store.outbox import ANSWER_LIFETIME, ANSWER_PRIO
from maild.store.records import RowState
from tests.flow.letters import CUSTOMER, ORIGINAL, enquiry
from tests.flow.room import RULES, Room
from tests.servers.dovecot import Dovecot

Furnished = Callable[..., Room]

CLOSED = """\
---
subject: "Bis 6. Januar geschlossen"
---
{{ salutation }}

unser Büro ist bis zum 6. Januar geschlossen. Ihre Nachricht lesen wir am 7. Januar.

{{ closing }}
{{ signature }}
"""
ANSWER = """\
rules:
  - name: closed
    do: [{answer: closed}, {move: Anfragen}]
"""
BOTH = """\
rules:
  - name: closed
    do: [{answer: closed}, {draft: offer}, {move: Anfragen}]
"""


@pytest.fixture
def closed(furnished: Furnished) -> Room:
    """A room that answers whoever writes that the office is closed."""
    room = furnished(rules=ANSWER, closed=CLOSED)
    room.look()
    return room


def written(raw: bytes, **fields: str) -> bytes:
    """A mail with other header fields (_ for -)."""
    mail = email.message_from_bytes(raw, policy=default)
    for name, value in fields.items():
        del mail[name.replace("_", "-")]
        mail[name.replace("_", "-")] = value
    return mail.as_bytes(policy=default.clone(linesep="\r\n"))


def arrive(room: Room, raw: bytes, sender: str = CUSTOMER) -> None:
    """A mail arrives whose envelope names this sender."""
    assert isinstance(room.server, Dovecot)
    room.server.deliver(room.user, raw, sender)


def parsed(raw: bytes) -> EmailMessage:
    """A letter as a mail program reads it."""
    message = email.message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def effects(room: Room) -> list[tuple[str, str, str]]:
    """Action, state and detail of all effects."""
    return room.rows("SELECT action, state, detail FROM effect ORDER BY mail_id, position")


# The answer


def test_an_answer_is_marked_as_one_and_quotes_nothing(closed: Room) -> None:
    """From the identity to the sender, in the mail's thread, with the particulars of the business."""
    arrive(closed, enquiry(text="Streng geheim."))
    closed.look()
    letter = parsed(closed.letter())
    assert letter["From"] == "Northwind Kundenservice <info@northwind.example>"
    assert letter["To"] == f"Anna Müller <{CUSTOMER}>"
    assert letter["Subject"] == "Bis 6. Januar geschlossen"
    assert (letter["In-Reply-To"], letter["References"]) == (ORIGINAL, ORIGINAL)
    assert letter["Auto-Submitted"] == "auto-replied"
    assert letter["X-Auto-Response-Suppress"] == "All"
    assert {"Precedence", "Reply-To", "Cc", "Bcc", "X-Draft-Info"}.isdisjoint(letter.keys())
    text = letter.get_content().replace("\r\n", "\n")
    assert "Guten Tag Anna Müller,\n\nunser Büro" in text
    assert "Northwind Ltd, London, No. 0123" in text
    assert "geheim" not in text
    assert "«" not in text


def test_an_answer_is_urgent_but_not_for_long(closed: Room) -> None:
    """It goes behind what a person waits for, and is given up after a day; its letter names the template."""
    arrive(closed, enquiry())
    closed.look()
    ((prio, created, expires),) = closed.rows(
        "SELECT o.prio, l.created_at, o.expires_at FROM outbox o JOIN letter l ON l.id = o.letter_id"
    )
    assert prio == ANSWER_PRIO
    assert moment(expires) - moment(created) == ANSWER_LIFETIME == timedelta(days=1)
    assert closed.rows("SELECT kind, template, envelope_from FROM letter") == [
        ("answer", "closed", "info@northwind.example")
    ]


def moment(text: str) -> datetime:
    """A time as SQLite keeps it."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_the_answer_goes_to_the_return_path(closed: Room) -> None:
    """Never to Reply-To, and never to two (RFC 3834, section 4)."""
    arrive(closed, written(enquiry(), Reply_To="chef@kunde.example"), "buero@kunde.example")
    closed.look()
    assert closed.outbox() == [("buero@kunde.example", "queued")]
    assert parsed(closed.letter())["To"] == "buero@kunde.example"


def test_a_customer_is_greeted_as_the_client_knows_her(closed: Room) -> None:
    """By the line of contacts.csv that has the address."""
    know(closed, CUSTOMER)
    arrive(closed, enquiry())
    closed.look()
    assert "Sehr geehrte Frau Dr. Müller," in parsed(closed.letter()).get_content()


def test_a_forged_sender_brings_out_nothing(closed: Room) -> None:
    """Who writes in a customer's name gets no letter that tells title or form of address of hers."""
    know(closed, CUSTOMER)
    arrive(closed, enquiry(), "spion@fremd.example")
    closed.look()
    assert closed.outbox() == [("spion@fremd.example", "queued")]
    text = parsed(closed.letter()).get_content()
    assert "Dr." not in text
    assert "Frau" not in text


def know(room: Room, address: str) -> None:
    """Let the client's contacts have Dr. Anna Müller under an address."""
    contact = Contact(address, given="Anna", family="Müller", title="Dr.", form=Form.FRAU)
    client = replace(room.desk.client, contacts=Contacts({address: contact}))
    room.desk = replace(room.desk, client=client)


# Who gets none, after all


def test_two_mails_of_one_sender_in_one_batch_get_one_answer(closed: Room) -> None:
    """The second is moved like the first, and that is all."""
    arrive(closed, enquiry(1))
    arrive(closed, enquiry(2))
    closed.look()
    assert closed.outbox() == [(CUSTOMER, "queued")]
    assert len(closed.messages("Anfragen")) == 2
    assert [action for action, _, _ in effects(closed)] == ["answer", "move", "move"]


def test_two_senders_with_one_return_path_get_one_answer(closed: Room) -> None:
    """What judging could not see, the outbox sees; the mail is moved all the same, and nothing waits."""
    for number, sender in enumerate(("anna@kunde.example", "bert@kunde.example"), 1):
        arrive(closed, written(enquiry(number), From=sender), "buero@kunde.example")
    closed.look()
    assert closed.outbox() == [("buero@kunde.example", "queued")]
    reason = "this sender has had this answer within the last 7 days"
    assert effects(closed)[2] == ("answer", "failed", reason)
    assert closed.rows("SELECT state FROM mail") == [("done",), ("done",)]
    assert len(closed.messages("Anfragen")) == 2


def test_another_clients_people_get_no_answer_of_a_machine(closed: Room) -> None:
    """A competitor's owner writes; nothing goes out by itself, and the reason names nobody."""
    arrive(closed, written(enquiry(), From="boss@contoso.example"), "boss@contoso.example")
    closed.look()
    assert closed.outbox() == []
    assert effects(closed)[0] == (
        "answer",
        "failed",
        "the sender is nobody whom this client may answer by machine",
    )
    assert len(closed.messages("Anfragen")) == 1


def test_the_answers_to_a_robot_end_by_themselves(closed: Room) -> None:
    """It answers each answer at once, from a new address, in a new thread, without any mark: caps end that."""
    for round_ in range(25):
        robot = f"ticket-{round_}@robot.example"
        raw = written(enquiry(round_), From=robot, Subject=f"[#{round_}] Ihr Anliegen")
        arrive(closed, raw, robot)
        closed.look()
    assert len(closed.outbox()) == 20
    closed.clock.advance(hours=24)
    arrive(closed, enquiry(99))
    closed.look()
    assert len(closed.outbox()) == 21


def test_an_answer_that_was_planned_days_ago_stays_away(closed: Room) -> None:
    """Planned, then the daemon was down: the mail is moved, and «we are closed» is no longer said."""
    arrive(closed, enquiry())
    assert closed.session is not None
    receive(closed.desk, closed.session.mailbox, "INBOX")
    closed.clock.advance(days=2)
    closed.look()
    assert closed.outbox() == []
    assert effects(closed)[0] == (
        "answer",
        "failed",
        "the mail came more than 24 hours ago, too long for an automatic answer",
    )
    assert len(closed.messages("Anfragen")) == 1


# Letters that can't be written


def test_a_missing_value_is_never_sent(furnished: Furnished) -> None:
    """The mail is set aside for a person, where it lies, with the template's name and line."""
    room = furnished(rules=ANSWER, closed=CLOSED.replace("unser Büro", "{{ contact.company }}"))
    room.look()
    arrive(room, enquiry())
    room.look()
    assert (room.outbox(), len(room.messages("INBOX"))) == ([], 1)
    ((state, reason),) = room.rows("SELECT state, reason FROM mail")
    assert state == "aside"
    assert "templates/de/closed.txt.j2, line 6" in reason


def test_an_open_gap_is_never_sent(closed: Room) -> None:
    """Even where no check has refused the template before: nobody would fill the gap."""
    text = CLOSED.replace("6. Januar geschlossen.", '{{ gap("Datum") }} geschlossen.')
    template = compile_template(TemplateSource("closed", text, "closed.txt.j2"))
    client = replace(closed.desk.client, templates=TemplateSet(house={"de": {"closed": template}}))
    closed.desk = replace(closed.desk, client=client)
    arrive(closed, enquiry())
    closed.look()
    assert closed.outbox() == []
    assert closed.rows("SELECT state FROM mail") == [("aside",)]


# What follows


def test_after_sending_there_is_a_copy_and_the_mail_is_answered(closed: Room) -> None:
    """In Sent, read, once; the mail is marked wherever the rules have put it."""
    arrive(closed, enquiry())
    closed.look()
    assert closed.send() == [CUSTOMER]
    closed.look(3)
    copy = closed.only("Sent")
    assert copy.content.rstrip() == closed.letter().rstrip()
    assert "\\Seen" in copy.flags
    assert "\\Answered" in closed.only("Anfragen").flags
    assert closed.rows("SELECT state FROM letter") == [("sent",)]


def test_where_the_provider_files_sent_mail_there_is_one_copy(furnished: Furnished) -> None:
    """With `smtp.files_sent` maild lays none."""
    room = furnished(rules=ANSWER, closed=CLOSED, files_sent="true")
    room.look()
    arrive(room, enquiry())
    room.look()
    room.send()
    room.look(2)
    assert room.messages("Sent") == []
    assert room.rows("SELECT state FROM letter") == [("sent",)]


@pytest.mark.parametrize(
    ("outcome", "state"), [(RowState.FAILED, "send_failed"), (RowState.IN_DOUBT, "in_doubt")]
)
def test_an_answer_that_did_not_arrive_troubles_nobody(closed: Room, outcome: RowState, state: str) -> None:
    """No copy, no mark, no notice, no second try: nobody was waiting for it."""
    arrive(closed, enquiry())
    closed.look()
    closed.send({CUSTOMER: outcome})
    closed.look(2)
    assert closed.rows("SELECT state FROM letter") == [(state,)]
    assert (closed.messages("Sent"), closed.messages("Klärung")) == ([], [])
    assert "\\Answered" not in closed.only("Anfragen").flags


def test_a_draft_beside_an_answer_is_a_matter_of_its_own(furnished: Furnished) -> None:
    """The answer closes nothing: the draft waits, the mail is marked when she has answered, both lie in Sent."""
    room = furnished(rules=BOTH, closed=CLOSED)
    room.look()
    arrive(room, enquiry())
    room.look(2)
    room.send()
    room.look(2)
    assert (room.state(), len(room.messages("Sent"))) == ("presented", 1)
    assert "\\Answered" not in room.only("Anfragen").flags
    room.approve()
    room.settle()
    assert room.send() == [CUSTOMER]
    room.look(2)
    assert (room.state(), len(room.messages("Sent"))) == ("sent", 2)
    assert "\\Answered" in room.only("Anfragen").flags
    assert room.messages("Klärung") == []
    assert room.rows("SELECT kind, template FROM letter") == [("answer", "closed"), ("reply", "offer")]


def test_an_answer_in_sent_is_not_her_answer(furnished: Furnished) -> None:
    """Even where the provider has filed it under a Message-ID of its own, her letter goes out."""
    room = furnished(rules=BOTH, closed=CLOSED, files_sent="true")
    room.look()
    arrive(room, enquiry())
    room.look(2)
    room.send()
    room.lay(written(room.letter(), Message_ID="<anders@provider.example>"), "Sent", "\\Seen")
    room.approve()
    room.settle()
    assert room.send() == [CUSTOMER]
    room.look(2)
    assert room.state() == "sent"


# What is only noted


def test_a_reminder_is_a_row_and_holds_nothing_up(furnished: Furnished) -> None:
    """With the time at which it is due; the mail is done with."""
    room = furnished(rules="rules: [{name: r, do: [{remind: 2d}, {move: Anfragen}]}]")
    room.look()
    arrive(room, enquiry())
    room.look()
    assert effects(room) == [
        ("remind", "done", ""),
        ("move", "done", ""),
    ]
    assert room.rows("SELECT state FROM mail") == [("done",)]
    assert room.rows("SELECT kind, state FROM reminder") == [("rule", "open")]


def test_a_relationship_is_kept_for_the_next_mail(furnished: Furnished) -> None:
    """Who has once asked for an offer is a prospect from then on."""
    offer = "{name: a, when: {subject: Angebot}, do: [{relate: prospect}]}"
    known = "{name: b, when: {relationship: prospect}, do: [{move: Interessenten}]}"
    room = furnished(rules=f"rules: [{offer}, {known}]")
    room.look()
    arrive(room, enquiry(1))
    room.look()
    assert effects(room) == [("relate", "done", "")]
    assert room.rows("SELECT address, relationship FROM relation") == [(CUSTOMER, "prospect")]
    arrive(room, enquiry(2, subject="Noch etwas"))
    room.look()
    assert len(room.messages("Interessenten")) == 1


def test_what_is_only_noted_needs_no_mail(furnished: Furnished, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mail is read once, to be judged; not a second time for the sake of the rows."""
    room = furnished(rules="rules: [{name: r, do: [{remind: 2d}, {relate: vip}]}]")
    room.look()
    arrive(room, enquiry())
    assert room.session is not None
    fetched = []
    fetch = room.session.mailbox.fetch
    monkeypatch.setattr(
        room.session.mailbox, "fetch", lambda uid, limit: fetched.append(uid) or fetch(uid, limit)
    )
    room.look()
    assert [state for _, state, _ in effects(room)] == ["done", "done"]
    assert len(fetched) == 1


def test_a_digest_goes_at_once(furnished: Furnished) -> None:
    """There are no digests yet; better now than never."""
    room = furnished(rules="rules: [{name: r, do: [{forward: {to: client, when: digest}}]}]")
    room.look()
    arrive(room, enquiry())
    room.look()
    assert room.outbox() == [("jane@northwind.example", "queued")]


def test_a_reply_names_its_template(furnished: Furnished) -> None:
    """History asks by it."""
    room = furnished(rules=RULES)
    room.look()
    arrive(room, enquiry())
    room.look(2)
    room.approve()
    room.settle()
    assert room.rows("SELECT kind, template FROM letter") == [("reply", "offer")]

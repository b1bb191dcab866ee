"""Automatic answers of the real daemon: who gets one, who gets none, and that nobody gets two, whatever dies when."""

import email
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from tests.servers.dovecot import Dovecot
from tests.servers.ports import wait_until
from tests.system.faults import rows
from tests.system.installation import Installation

KILLER = str(Path(__file__).with_name("kill_at.py"))
ANNA = "anna@kunde.example"
RULES = """\
rules:
  - name: closed
    do: [{answer: closed}, {move: Gelesen}]
"""
TEMPLATE = """\
---
subject: "Unser Büro ist geschlossen"
---
{{ salutation }}

Ihre Nachricht lesen wir am 7. Januar.

{{ closing }}
{{ signature }}
"""


@pytest.fixture
def office(installation: Installation) -> Installation:
    """A client whose rules answer every mail; not started yet."""
    installation.write("templates/de/closed.txt.j2", TEMPLATE)
    installation.add_client("northwind", rules=RULES)
    return installation


def mail(number: int, sender: str = ANNA, subject: str = "Frage", **fields: str) -> bytes:
    """A mail to the client, with other header fields (_ for -)."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = "info@northwind.example"
    message["Subject"] = subject
    message["Date"] = "Fri, 20 Nov 2026 09:14:00 +0100"
    message["Message-ID"] = f"<{number}.frage@kunde.example>"
    for name, value in fields.items():
        del message[name.replace("_", "-")]
        message[name.replace("_", "-")] = value
    message.set_content("Guten Tag,\n\nwann haben Sie wieder offen?\n")
    return message.as_bytes(policy=default.clone(linesep="\r\n"))


def arrive(home: Installation, raw: bytes, sender: str = ANNA) -> None:
    """The mail comes in; the envelope names this sender."""
    assert isinstance(home.imap, Dovecot)
    home.imap.deliver(home.users["northwind"], raw, sender)


def settled(home: Installation, mails: int) -> None:
    """Wait until so many mails are done with, and every letter is closed and filed."""

    def done() -> bool:
        states = rows(home, "SELECT state FROM mail")
        open_letters = rows(home, "SELECT id FROM letter WHERE closed_at IS NULL")
        open_filings = rows(home, "SELECT id FROM filing WHERE state != 'done'")
        return states == [("done",)] * mails and not open_letters and not open_filings

    try:
        wait_until(done, 60, f"the end of {mails} mails")
    except TimeoutError as error:
        raise TimeoutError(f"{error}\n{home.log()}") from None


def test_a_customer_gets_one_answer(office: Installation) -> None:
    """With the marks of an answer, kept in Sent, the mail marked; her second mail in the week gets none."""
    office.start()
    arrive(office, mail(1))
    (answer,) = office.sink.wait_for(1)
    assert (answer.mail_from, answer.rcpt_tos) == ("info@northwind.example", (ANNA,))
    letter = email.message_from_bytes(answer.content, policy=default)
    assert letter["Auto-Submitted"] == "auto-replied"
    assert letter["In-Reply-To"] == letter["References"] == "<1.frage@kunde.example>"
    settled(office, 1)
    (copy,) = office.messages("northwind", "Sent")
    assert copy.content.replace(b"\r\n", b"\n").strip() == answer.content.replace(b"\r\n", b"\n").strip()
    assert "\\Answered" in office.messages("northwind", "Gelesen")[0].flags
    arrive(office, mail(2))
    settled(office, 2)
    assert len(office.sink.messages) == 1
    assert office.stop() == 0


UNANSWERED = {
    "newsletter": (mail(1, "post@shop.example", List_Unsubscribe="<mailto:x@shop.example>"), "post@shop.example"),
    "list": (mail(2, List_Id="<verein.listen.example>"), "verein-bounces@listen.example"),
    "bounce": (mail(3, "MAILER-DAEMON@mail.example", "Undelivered Mail Returned to Sender"), ""),
    "null sender": (mail(4), ""),
    "auto-reply": (mail(5, Auto_Submitted="auto-replied"), ANNA),
    "out of office": (mail(6, subject="Abwesenheitsnotiz: Frage"), ANNA),
    "no-reply": (mail(7, "noreply@shop.example"), "noreply@shop.example"),
    "blind copy": (mail(8, To="alle@kunde.example"), ANNA),
    "our own": (mail(9, "info@northwind.example"), "info@northwind.example"),
    "the office": (mail(10, "buero@lindner.example"), "buero@lindner.example"),
    "spam": (mail(11, X_Spam_Flag="YES"), ANNA),
}  # fmt: skip


def test_machines_lists_and_strangers_get_none(office: Installation) -> None:
    """All of them are sorted as the rule says, and nothing goes out."""
    for raw, sender in UNANSWERED.values():
        arrive(office, raw, sender)
    office.start()
    office.wait_for("northwind", "Gelesen", len(UNANSWERED))
    settled(office, len(UNANSWERED))
    assert rows(office, "SELECT action, count(*) FROM effect GROUP BY action") == [("move", len(UNANSWERED))]
    assert (office.sink.messages, office.messages("northwind", "Sent")) == ([], [])
    arrive(office, mail(99))  # so that the silence above is no broken daemon's
    office.sink.wait_for(1)
    assert office.stop() == 0


def test_two_mails_of_one_sender_at_once_get_one_answer(office: Installation) -> None:
    """Both lay there when the daemon looked."""
    arrive(office, mail(1))
    arrive(office, mail(2))
    office.start()
    settled(office, 2)
    assert [answer.rcpt_tos for answer in office.sink.messages] == [(ANNA,)]
    assert office.stop() == 0


def test_ping_pong_with_a_robot_ends_after_one(office: Installation) -> None:
    """A robot that answers everything, marks nothing and writes under one name: one answer, not eleven rounds."""
    office.start()
    robot = "service@robot.example"
    arrive(office, mail(1, robot), robot)
    (answer,) = office.sink.wait_for(1)
    settled(office, 1)
    for number in range(2, 5):
        thanks = mail(number, robot, f"Ticket {number}: wir haben Ihre Nachricht erhalten")
        reply = mail(
            number + 10, robot, "AW: Unser Büro ist geschlossen", In_Reply_To=message_id(answer.content)
        )
        arrive(office, thanks, robot)
        arrive(office, reply, robot)
    settled(office, 7)
    assert len(office.sink.messages) == 1
    assert office.stop() == 0


def message_id(raw: bytes) -> str:
    """The name of a letter."""
    return str(email.message_from_bytes(raw)["Message-ID"])


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("point", ["Outbox.answer", "Outbox.begin_sending", "Outbox.settle", "Outbox.close"])
def test_a_kill_on_the_way_sends_no_second(office: Installation, point: str, when: str) -> None:
    """Killed at any commit between the answer's row and its Sent copy, then started again: one, or none in doubt."""
    arrive(office, mail(1))
    office.start((KILLER,), KILL_AT=point, KILL_WHEN=when)
    assert office.died(60)
    office.start()
    settled(office, 1)
    arrive(office, mail(2))
    settled(office, 2)
    ((state,),) = rows(office, "SELECT state FROM outbox")
    arrived = len(office.sink.sent_to(ANNA))
    assert arrived == 1 if state == "sent" else (state, arrived) in {("in_doubt", 0), ("in_doubt", 1)}
    assert len(office.messages("northwind", "Sent")) == (state == "sent")
    assert office.stop() == 0


def test_check_tells_what_an_answer_may_not_be(office: Installation) -> None:
    """A template with gaps, in the line of the rule that answers by it."""
    office.write("templates/de/closed.txt.j2", TEMPLATE.replace("7. Januar", '{{ gap("Datum") }}'))
    done = office.command("check")
    assert done.returncode == 1
    assert 'rules/northwind/rules.yaml:3:19: rules[0].do[0].answer: template "closed" has gaps' in done.stdout

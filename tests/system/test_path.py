"""The whole path with the real daemon: from a mail's arrival to the letter at the customer's server."""

import email
import re
from email.policy import default

import pytest

from tests.servers.ports import wait_until
from tests.system.installation import Installation, mail

ANSWER = "Sehr geehrte Frau Müller,\n\nGröße 12 kostet 80 €. Lieferung am 17. Dezember.\n"


@pytest.fixture(params=["dovecot", "pymap"])
def home(request: pytest.FixtureRequest) -> Installation:
    """The same cases on both servers."""
    name = "installation" if request.param == "dovecot" else "embedded"
    return request.getfixturevalue(name)


def test_an_approved_draft_is_sent_and_filed(home: Installation) -> None:
    """Arrival, sorting, draft, approval unchanged, SMTP, Sent copy, \\Answered, the approved copy removed."""
    user = home.add_client("northwind")
    home.start()
    home.imap.deliver(user, mail())
    (draft,) = home.wait_for("northwind", "Drafts", 1)
    assert "\\Draft" in draft.flags
    assert "\\Seen" not in draft.flags
    home.move("northwind", draft.uid, "Drafts", "Freigegeben")
    (copy,) = home.wait_for("northwind", "Sent", 1)
    home.wait_for("northwind", "Freigegeben", 0)
    (letter,) = home.sink.sent_to("anna@kunde.example")
    sent = email.message_from_bytes(letter.content, policy=default)
    assert sent["References"] == sent["In-Reply-To"] == "<1.anfrage@kunde.example>"
    assert sent["From"] == "Northwind Kundenservice <info@northwind.example>"
    assert sent["Subject"] == "AW: Bitte um ein Angebot"
    assert b"draft." not in letter.content
    assert copy.content.replace(b"\r\n", b"\n").strip() == letter.content.replace(b"\r\n", b"\n").strip()
    (original,) = home.wait_for("northwind", "Anfragen", 1)
    assert {"\\Answered", "\\Flagged"} <= original.flags
    home.wait_for("northwind", "Kopien", 1)
    assert home.messages("northwind") == []
    home.sink.wait_for(3)
    assert [m.rcpt_tos for m in home.sink.sent_to("jane@northwind.example")] == [("jane@northwind.example",)]
    (forwarded,) = home.sink.sent_to("books@northwind.example")
    assert b"<1.anfrage@kunde.example>" in forwarded.content
    assert home.stop() == 0


def test_an_edited_draft_is_sent_exactly_once_as_edited(home: Installation) -> None:
    """A draft saved by Thunderbird (new UID and Message-ID, X- headers gone) goes out once, with exactly her text."""
    user = home.add_client("northwind")
    home.start()
    home.imap.deliver(user, mail())
    (draft,) = home.wait_for("northwind", "Drafts", 1)
    uid = home.save_as_thunderbird("northwind", draft, ANSWER)
    home.move("northwind", uid, "Drafts", "Freigegeben")
    home.wait_for("northwind", "Sent", 1)
    home.wait_for("northwind", "Freigegeben", 0)
    (letter,) = home.sink.sent_to("anna@kunde.example")
    head, _, body = letter.content.partition(b"\r\n\r\n")
    assert body == ANSWER.replace("\n", "\r\n").encode()
    assert re.search(rb"(?i)^(x-mozilla|x-identity|fcc|x-draft)", head, re.MULTILINE) is None
    assert head.count(b"<1.anfrage@kunde.example>") == 2
    assert b"522bad8d" not in head
    assert home.stop() == 0


def test_a_rejected_draft_is_never_sent(home: Installation) -> None:
    """A draft in Verworfen is closed; the original stays where the rules put it, unanswered."""
    user = home.add_client("northwind")
    home.start()
    home.imap.deliver(user, mail())
    (draft,) = home.wait_for("northwind", "Drafts", 1)
    home.move("northwind", draft.uid, "Drafts", "Verworfen")
    wait_until(lambda: home.status()["northwind"]["drafts"] == {"rejected": 1}, 20, "the rejection")
    assert home.sink.sent_to("anna@kunde.example") == []
    (original,) = home.messages("northwind", "Anfragen")
    assert "\\Answered" not in original.flags

"""What becomes of an approved letter, by the receiving server's answer: refused, deferred, unknown, taken thrice."""

import email
from email.message import EmailMessage
from email.policy import default

from tests.servers.ports import wait_until
from tests.system.faults import FaultySink, approve, outbox, rows, wait_for_outbox
from tests.system.installation import Installation, edited_in_thunderbird, mail

RULES = """\
rules:
  - name: offer
    when: {subject: {words: [Angebot]}}
    do: [{draft: offer}, {move: Anfragen}]
"""
TEXT = "Sehr geehrte Frau Müller,\n\nGröße 12 kostet 80 €.\n"


def test_each_outcome(home: Installation, sink: FaultySink) -> None:
    """550 comes back with a report, 451 waits and can be taken back, a drop after the dot is in doubt for good."""
    sink.recipients["anna@refused.example"] = "550 5.1.1 <anna@refused.example>: no such user"
    sink.recipients["anna@deferred.example"] = "451 4.7.1 <anna@deferred.example>: greylisted, come again"
    sink.dropped.add("anna@dropped.example")
    for slug in ("refused", "deferred", "dropped"):
        user = home.add_client(f"of-{slug}", rules=RULES)
        home.imap.deliver(user, mail(sender=f"anna@{slug}.example"))
    home.start()
    for slug in home.users:
        home.wait_for(slug, "Drafts", 1)
        approve(home, slug)

    _check_reports(home)
    wait_for_outbox(home, "of-deferred", anna="deferred")
    (letter,) = home.messages("of-deferred", "Freigegeben")
    home.move("of-deferred", letter.uid, "Freigegeben", "Drafts")
    wait_for_outbox(home, "of-deferred", anna="cancelled")
    status = home.status()
    assert status["of-refused"]["drafts"] == {"send_failed": 1}
    assert status["of-dropped"]["drafts"] == {"in_doubt": 1}
    assert status["of-deferred"]["drafts_waiting"] == 1

    assert home.stop() == 0
    sink.recipients.clear()
    sink.dropped.clear()
    home.start()
    approve(home, "of-deferred")
    for slug in ("of-refused", "of-dropped"):
        (letter,) = [each for each in home.messages(slug, "Klärung") if b"References:" in each.content]
        home.move(slug, letter.uid, "Klärung", "Freigegeben")
    home.wait_for("of-deferred", "Sent", 1)
    home.wait_for("of-refused", "Sent", 1)
    home.wait_for("of-dropped", "Klärung", 3)
    home.wait_for("of-dropped", "Freigegeben", 0)
    assert home.messages("of-dropped", "Sent") == []
    once = ["anna@deferred.example", "anna@dropped.example", "anna@refused.example"]
    assert sorted(sink.transactions) == once
    assert home.stop() == 0


def _check_reports(home: Installation) -> None:
    report = _report(home, "of-refused")
    assert report["Subject"] == "Nicht zugestellt: Bitte um ein Angebot"
    text = " ".join(report.get_content().split())
    assert "der Brief «AW: Bitte um ein Angebot» hat nicht alle Empfänger sicher erreicht" in text
    assert "• anna@refused.example: abgelehnt (550 5.1.1 <anna@refused.example>: no such user)" in text
    assert outbox(home, "of-refused") == {"anna@refused.example": "failed"}
    text = " ".join(_report(home, "of-dropped").get_content().split())
    assert "• anna@dropped.example: unklar, ob angekommen" in text
    assert outbox(home, "of-dropped") == {"anna@dropped.example": "in_doubt"}
    for slug in ("of-refused", "of-dropped"):
        assert home.messages(slug, "Sent") == []


def _report(home: Installation, slug: str) -> EmailMessage:
    """The notice that lies beside the letter in Klärung."""
    found = [
        email.message_from_bytes(each.content, policy=default) for each in home.wait_for(slug, "Klärung", 2)
    ]
    home.wait_for(slug, "Freigegeben", 0)
    (letter,) = [each for each in found if each["References"]]
    (report,) = [each for each in found if not each["References"]]
    assert letter["To"] == f"Anna Müller <anna@{slug.removeprefix('of-')}.example>"
    return report


def test_a_letter_to_three(home: Installation, sink: FaultySink) -> None:
    """To, Cc and Bcc are three transactions; who is in Bcc stands in the Sent copy alone."""
    user = home.add_client("northwind", rules=RULES)
    home.imap.deliver(user, mail())
    home.start()
    (draft,) = home.wait_for("northwind", "Drafts", 1)
    edited = edited_in_thunderbird(draft.content, TEXT)
    more = b"Cc: Bernd <bernd@kunde.example>\r\nBcc: Chefin <chefin@northwind-intern.example>\r\nTo: "
    home.imap.store(user, edited.replace(b"To: ", more, 1), "Drafts", ("\\Draft",))
    with home.imap.session(user, "Drafts") as imap:
        imap.uid("STORE", str(draft.uid), "+FLAGS", "(\\Deleted)")
        imap.uid("EXPUNGE", str(draft.uid))
    approve(home, "northwind")
    (copy,) = home.wait_for("northwind", "Sent", 1)
    assert [letter.rcpt_tos for letter in sink.messages] == [
        ("anna@kunde.example",),
        ("bernd@kunde.example",),
        ("chefin@northwind-intern.example",),
    ]
    assert len({letter.content for letter in sink.messages}) == 1
    sent = email.message_from_bytes(sink.messages[0].content, policy=default)
    filed = email.message_from_bytes(copy.content, policy=default)
    assert (sent["Bcc"], sent["Cc"]) == (None, "Bernd <bernd@kunde.example>")
    assert filed["Bcc"] == "Chefin <chefin@northwind-intern.example>"
    assert b"chefin" not in sink.messages[0].content
    assert sent["Message-ID"] == filed["Message-ID"]
    wait_until(lambda: rows(home, "SELECT state FROM draft") == [("sent",)], 20, "the end")
    assert home.stop() == 0

"""One client's trouble, or one mail's, stops nothing else; mended, the work is taken up and nothing was lost."""

from tests.servers.ports import free_port, wait_until
from tests.system.faults import FaultySink, approve, faults, outbox, reload, replace, rows
from tests.system.installation import RULES, TEMPLATE, Installation, mail

HEALTHY = ("northwind", "oakfield")
SERVERS = ("imap-password", "imap-down", "smtp-password", "smtp-down")
FILES = ("rules-broken", "own-template", "house-template", "unknown-key")
BROKEN_TEMPLATE = TEMPLATE.replace("{{ salutation }}", "{{ salutaton }}")


def test_each_trouble_stays_with_its_client(home: Installation, sink: FaultySink) -> None:
    """Passwords, servers, rules, templates, keys: each fault sets its own client aside by name, until it is mended."""
    _furnish(home)
    for slug, user in home.users.items():
        home.imap.deliver(user, mail(number=1, sender=f"anna@{slug}-kunde.example"))
    home.start()
    _the_healthy_go_on(home)
    _each_is_named(home)
    for slug, user in home.users.items():
        home.imap.deliver(user, mail(number=2, sender=f"bernd@{slug}-kunde.example"))
    _mend(home)
    reload(home)
    _all_is_handled_once(home)
    assert sink.sign_ins["info@smtp-password.example"] > 1
    assert home.stop() == 0


def _furnish(home: Installation) -> None:
    for slug in HEALTHY + FILES:
        home.add_client(slug)
    for slug, part in (("imap-password", "TEST_IMAP"), ("smtp-password", "TEST_SMTP")):
        home.add_client(slug)
        replace(home, f"rules/{slug}/client.yaml", f"{{env: {part}}}", "{file: secret}")
    home.write("secret", "no longer right\n")
    home.add_client("imap-down", imap_port=free_port())
    home.add_client("smtp-down", smtp_port=free_port())
    replace(home, "rules/rules-broken/rules.yaml", "- draft: offer", "- drafd: offer")
    home.write("templates/own-template/de/offer.txt.j2", BROKEN_TEMPLATE)
    home.write("templates/de/farewell.txt.j2", BROKEN_TEMPLATE)
    replace(home, "rules/house-template/rules.yaml", "draft: offer", "draft: farewell")
    replace(home, "rules/unknown-key/client.yaml", "language: en", "langauge: en")


def _the_healthy_go_on(home: Installation) -> None:
    """Their mail is drafted, approved and sent; so is that of clients whose SMTP fails, but for the sending."""
    able = (*HEALTHY, "smtp-password", "smtp-down")
    for slug in able:
        home.wait_for(slug, "Drafts", 1)
        approve(home, slug)
    for slug in HEALTHY:
        home.wait_for(slug, "Sent", 1)
        assert len(home.sink.sent_to(f"anna@{slug}-kunde.example")) == 1
    for slug in ("smtp-password", "smtp-down"):
        wait_until(lambda s=slug: len(outbox(home, s)) == 3, 20, f"the letters of {slug}")
        assert set(outbox(home, slug).values()) == {"queued"}
        home.wait_for(slug, "Freigegeben", 1)


def _each_is_named(home: Installation) -> None:
    assert faults(home) == [
        "rules/house-template/rules.yaml:0:0: template «farewell» can't be used until this is mended: "
        "templates/de/farewell.txt.j2:4:4: «salutaton» is not known; did you mean «salutation»?",
        'rules/rules-broken/rules.yaml:5:9: unknown key "drafd"; did you mean «draft»?',
        "rules/unknown-key/client.yaml:2:1: «langauge» is not known here; did you mean «language»?",
        "templates/de/farewell.txt.j2:4:4: «salutaton» is not known; did you mean «salutation»?",
        "templates/own-template/de/offer.txt.j2:4:4: «salutaton» is not known; did you mean «salutation»?",
    ]
    status = home.status()
    errors = {slug: status[slug]["error"] for slug in (*HEALTHY, *SERVERS, *FILES)}
    said = {
        "northwind": "",
        "oakfield": "",
        "imap-password": "refused user name or password",
        "imap-down": "accepts no connections",
        "smtp-password": "user name or password refused (535 5.7.8)",
        "smtp-down": "accepts no connections",
        "rules-broken": "rules/rules-broken/rules.yaml:5:9: ",
        "own-template": "templates/own-template/de/offer.txt.j2:4:4: ",
        "house-template": "templates/de/farewell.txt.j2:4:4: ",
        "unknown-key": "rules/unknown-key/client.yaml:2:1: ",
    }
    for slug, words in said.items():
        assert words in errors[slug] if words else errors[slug] == "", (slug, errors[slug])
    lines = home.log().splitlines()
    for slug in FILES:
        assert [line for line in lines if "client set aside" in line and f"client={slug} " in line]
    for slug in SERVERS:
        assert [line for line in lines if "trouble" in line and f"client={slug} " in line]
    # Each look of another client, and each letter queued, was a temptation to try once more.
    refused = [
        line for line in home.imap.log().splitlines() if f"user=<{home.users['imap-password']}>" in line
    ]
    assert len(refused) == 1
    assert home.sink.sign_ins["info@smtp-password.example"] == 1


def _mend(home: Installation) -> None:
    home.write("secret", f"{home.imap.password}\n")
    home.write("smtp-secret", f"{home.sink.password}\n")
    replace(home, "rules/smtp-password/client.yaml", "{file: secret}", "{file: smtp-secret}")
    client = (home.path / "rules/northwind/client.yaml").read_text(encoding="utf-8")
    for slug in ("imap-down", "smtp-down"):
        text = client.replace(home.users["northwind"], home.users[slug]).replace("@northwind", f"@{slug}")
        home.write(f"rules/{slug}/client.yaml", text.replace("Northwind", slug.title()))
    replace(home, "rules/rules-broken/rules.yaml", "- drafd: offer", "- draft: offer")
    home.write("templates/own-template/de/offer.txt.j2", TEMPLATE)
    home.write("templates/de/farewell.txt.j2", TEMPLATE)
    replace(home, "rules/unknown-key/client.yaml", "langauge: en", "language: en")


def _all_is_handled_once(home: Installation) -> None:
    for slug in home.users:
        sent_before = slug in HEALTHY or slug.startswith("smtp")
        home.wait_for(slug, "Drafts", 1 if sent_before else 2)
        home.wait_for(slug, "Anfragen", 2)
        approve(home, slug)
    for slug in home.users:
        home.wait_for(slug, "Sent", 2)
        home.wait_for(slug, "Freigegeben", 0)
        assert home.messages(slug) == []
        wait_until(lambda s=slug: set(outbox(home, s).values()) == {"sent"}, 20, f"the letters of {slug}")
        arrived = [len(home.sink.sent_to(f"{who}@{slug}.example")) for who in ("jane", "books")]
        answers = [len(home.sink.sent_to(f"{who}@{slug}-kunde.example")) for who in ("anna", "bernd")]
        assert (arrived, answers) == ([2, 2], [1, 1]), slug
    status = home.status()
    assert {status[slug]["error"] for slug in home.users} == {""}
    assert {str(status[slug]["mail"]) for slug in home.users} == {"{'done': 2}"}


STRANGE = {
    "charset": b"From: anna@kunde.example\r\nSubject: Bitte um ein Angebot\r\nMessage-ID: <c@kunde.example>\r\n"
    b"Content-Type: text/plain; charset=x-martian\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGr\xfc\xdfe \xff\xfe\r\n",
    "headless": b"\r\nBitte ein Angebot\r\n",
    "blank": b"\r\n",
    "text": b"only text without any colon or empty line",
}
FAILING = TEMPLATE.replace("{{ salutation }}", "Liebes Team von {{ contact.company }},")


def test_a_strange_mail_stops_no_other(home: Installation) -> None:
    """Unknown charset, no header, no byte at all, a letter that can't be rendered: left for a person, in INBOX."""
    rules = RULES.partition("    do:")[0] + "    do: [{draft: offer}, {move: Anfragen}]\n"
    failing = (
        "  - name: failing\n    when: {subject: Katalog}\n    do: [{draft: failing}, {move: Kataloge}]\n"
    )
    user = home.add_client("northwind", rules=rules + failing)
    home.write("templates/de/failing.txt.j2", FAILING)
    for raw in STRANGE.values():
        home.imap.store(user, raw)
    home.imap.deliver(user, b"")
    home.imap.store(user, mail("Ihr Katalog", number=8))
    home.imap.store(user, mail(number=9))
    home.start()
    home.wait_for("northwind", "Anfragen", 2)
    home.wait_for("northwind", "Drafts", 2)
    states = "SELECT state, count(*) FROM mail GROUP BY state"
    wait_until(lambda: rows(home, states) == [("aside", 1), ("done", 6)], 20, "the last mail")
    status = home.status()["northwind"]
    assert [each["reason"] for each in status["left_for_a_person"]] == [
        "template failing (templates/de/failing.txt.j2, line 4): contact.company is missing"
    ]
    left = home.messages("northwind")
    assert len(left) == 5
    assert rows(home, "SELECT count(*) FROM draft") == [(2,)]
    assert home.stop() == 0

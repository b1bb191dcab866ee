"""The bag of mail that the demo delivers: whole, varied, and decided by the repository's own rules as it says."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from maild.config.load import Home, load_home
from maild.core.action import Answer, Draft, Forward, Move, Note, Trash
from maild.core.compose import choose_identity
from maild.core.contact import Relationship
from maild.core.decide import Decision, decide
from maild.core.facts import Facts
from maild.core.letter import Letterhead, note_context, reply_context, writer_of
from maild.core.message import Address, Machine, Mail
from maild.core.parse import parse
from maild.core.rules.examples import run_examples
from maild.core.rules.model import Mode
from maild.core.template import RenderedLetter, render
from maild.core.template_views import NoteView
from maild.demo.stage import Entry, Expected, read_bag

HOME = Path(__file__).parents[2]
MAILS = HOME / "maild" / "demo" / "mails"
CLIENTS = ("brugman", "northwind")
NOW = datetime(2026, 11, 22, 9, tzinfo=ZoneInfo("Europe/Berlin"))  # a Sunday
CLOSED = NOW
OPEN = datetime(2026, 11, 20, 10, tzinfo=ZoneInfo("Europe/Berlin"))


def stored(name: str) -> bytes:
    """A mail as it lies in the repository."""
    return (MAILS / name).read_bytes()


@cache
def parsed(name: str) -> Mail:
    """A mail as it is delivered: with the line ends of RFC 5322."""
    return parse(stored(name).replace(b"\n", b"\r\n"))


@cache
def home() -> Home:
    """The repository as the home of an installation."""
    return load_home(HOME, today=date(2026, 11, 22))


BAG = read_bag()
every_mail = pytest.mark.parametrize("entry", BAG, ids=lambda entry: entry.file)
every_client = pytest.mark.parametrize("slug", CLIENTS)


# The bag itself.


def test_bag_names_every_mail_once() -> None:
    """Each file of the folder stands in bag.yaml, once, and each entry has its file."""
    assert sorted(entry.file for entry in BAG) == sorted(path.name for path in MAILS.glob("*.eml"))


def test_bag_is_large_enough_for_both_clients() -> None:
    """There are at least 26 mails, and each client gets a good part of them."""
    assert len(BAG) >= 26
    assert {entry.client for entry in BAG} == set(CLIENTS)
    assert all(sum(entry.client == slug for entry in BAG) >= 10 for slug in CLIENTS)


@every_mail
def test_mail_is_stored_with_plain_line_feeds(entry: Entry) -> None:
    """Line ends are LF, so that a diff shows what changed; the file ends in one."""
    raw = stored(entry.file)
    assert b"\r" not in raw
    assert raw.endswith(b"\n")


@every_mail
def test_mail_parses_without_unforeseen_defects(entry: Entry) -> None:
    """Every mail has text, and only those made to be broken are found broken."""
    mail = parsed(entry.file)
    assert mail.new_text.strip()
    assert bool(mail.defects) == (entry.file in {"18-unbekannter-zeichensatz.eml", "20-ohne-kopf.eml"})
    assert "\N{REPLACEMENT CHARACTER}" not in mail.text + mail.subject


@every_mail
def test_mail_is_dated_in_november_2026(entry: Entry) -> None:
    """Dates are those of the demo's week; the mail without headers has none."""
    when = parsed(entry.file).date
    assert when is None if entry.file == "20-ohne-kopf.eml" else when is not None
    assert when is None or (when.year, when.month) == (2026, 11)


def test_message_ids_are_unique() -> None:
    """No two mails could be taken for the same."""
    ids = [parsed(entry.file).message_id for entry in BAG if entry.file != "20-ohne-kopf.eml"]
    assert all(ids)
    assert len(set(ids)) == len(ids)


@every_mail
def test_addresses_are_invented(entry: Entry) -> None:
    """Every address of a header lies below .example (RFC 2606)."""
    mail = parsed(entry.file)
    for address in (*mail.from_, *mail.reply_to, *mail.to, *mail.cc):
        assert address.domain.endswith(".example")


# Variety.


def test_every_kind_of_machine_writes() -> None:
    """Bounces, absence notes, newsletters, lists, meetings, receipts and notifications are all there."""
    assert {parsed(entry.file).machine for entry in BAG} == {None, *Machine}


def test_charsets_and_transfer_encodings_vary() -> None:
    """The usual charsets of German mail occur, each transfer encoding too, and one charset nobody knows."""
    everything = b"\n".join(stored(entry.file) for entry in BAG).lower()
    charsets = set(re.findall(rb'charset="?([a-z0-9_-]+)', everything))
    encodings = set(re.findall(rb"\ncontent-transfer-encoding: *([a-z0-9-]+)", everything))
    assert charsets >= {
        b"utf-8",
        b"us-ascii",
        b"iso-8859-1",
        b"iso-8859-2",
        b"iso-8859-15",
        b"windows-1252",
        b"x-kassenfont",
    }
    assert encodings >= {b"8bit", b"quoted-printable", b"base64"}


@pytest.mark.parametrize(
    "name", ["16-maengelruege-vonderheide.eml", "18-unbekannter-zeichensatz.eml", "30-quotation-novak.eml"]
)
def test_bytes_of_old_charsets_are_real(name: str) -> None:
    """What claims to be an 8-bit charset is no UTF-8."""
    with pytest.raises(UnicodeDecodeError):
        stored(name).decode("utf-8")


def test_letters_survive_their_charset() -> None:
    """Umlauts, quotation marks, the euro sign and the wide dash arrive as they were written."""
    assert "„Halbmonde“" in parsed("16-maengelruege-vonderheide.eml").text
    assert "zu 1,80 €" in parsed("16-maengelruege-vonderheide.eml").text
    assert "Größere Mengen" in parsed("18-unbekannter-zeichensatz.eml").text
    assert "Plzeň" in parsed("30-quotation-novak.eml").text
    assert "400 € Auftragswert" in parsed("36-preisanfrage-brandl.eml").text
    assert (
        parsed("07-termin-gross.eml").subject == "Terminvereinbarung Vorführung höhenverstellbare Werkbänke"
    )


def test_names_with_commas_stay_one_sender() -> None:
    """ "Petersen, Wiebke" and an encoded "Weiß, Max" are one sender each."""
    for name, written in (
        ("01-anfrage-petersen.eml", "Petersen, Wiebke"),
        ("17-angebotsanfrage-weiss.eml", "Weiß, Max"),
        ("16-maengelruege-vonderheide.eml", "von der Heide, Ulrike"),
    ):
        assert [sender.name for sender in parsed(name).from_] == [written]


def test_attachments_keep_their_umlauts() -> None:
    """Names by RFC 2231, in one piece or several, in encoded words and in bare UTF-8 are read."""
    names = [attachment.name for entry in BAG for attachment in parsed(entry.file).attachments]
    assert "Abschlagsrechnung für Messestand Köln – 8829-26.pdf" in names
    assert "Lebenslauf Köster.pdf" in names
    assert "Zeugnis Köster.pdf" in names
    assert "Werkbank Vorderecke eingedrückt.png" in names


def test_replies_hang_together() -> None:
    """One reply answers an earlier letter of the house, one follows up an earlier mail of the bag."""
    order = parsed("15-bestellung-petersen.eml")
    assert order.in_reply_to == order.references[-1] == "<angebot-26-1187.20261112@northwind.example>"
    follow_up = parsed("34-nachfrist-vonderheide.eml")
    assert follow_up.in_reply_to == parsed("16-maengelruege-vonderheide.eml").message_id


def test_the_odd_ones_are_there() -> None:
    """No Subject, no header at all, only HTML, flowed text, and text that looks like template code."""
    assert not parsed("19-ohne-betreff.eml").header("Subject")
    assert not parsed("20-ohne-kopf.eml").headers
    assert parsed("04-anfrage-huber.eml").header("Content-Type")[0].startswith("text/html")
    assert "format=flowed" in parsed("17-angebotsanfrage-weiss.eml").header("Content-Type")[0]
    assert "{{ 7*7 }}" in parsed("25-anfrage-falk.eml").subject


def test_some_customers_write_to_both_competitors() -> None:
    """At least two people are customers of both clients."""
    writers = {
        slug: {sender.key for entry in BAG if entry.client == slug for sender in parsed(entry.file).from_}
        for slug in CLIENTS
    }
    assert len(writers["northwind"] & writers["brugman"]) >= 2


# The home.


@pytest.mark.parametrize(("slug", "other"), [CLIENTS, CLIENTS[::-1]])
def test_nothing_of_one_client_names_the_other(slug: str, other: str) -> None:
    """Neither the files of a client nor the mail it gets hold the competitor's name."""
    for path in client_files(slug):
        assert other.encode() not in path.read_bytes().lower(), path.name


def client_files(slug: str) -> Iterator[Path]:
    """All that belongs to one client."""
    for folder in ("rules", "templates"):
        yield from (path for path in (HOME / folder / slug).rglob("*") if path.is_file())
    yield from (MAILS / entry.file for entry in BAG if entry.client == slug)


def test_home_has_no_fault() -> None:
    """maild.yaml, both clients, their rules, templates and contacts are accepted without a warning."""
    assert [str(fault) for fault in (*home().faults, *home().warnings)] == []
    assert set(home().clients) == set(CLIENTS)


@every_client
def test_rules_pass_their_own_tests(slug: str) -> None:
    """Every example below `tests:` holds."""
    client = home().clients[slug]
    results = run_examples(
        client.rules, client.examples, lambda path: parse_at(HOME / path), NOW, client.business
    )
    assert results
    assert [f"{result.index}: {result.message}" for result in results if not result.passed] == []


def parse_at(path: Path) -> Mail:
    """A mail by its path."""
    return parse(path.read_bytes().replace(b"\n", b"\r\n"))


@every_client
def test_every_live_rule_has_a_test(slug: str) -> None:
    """No rule that acts is without an example that expects it."""
    client = home().clients[slug]
    expected = {name for example in client.examples for name in example.expect.rules or ()}
    assert [r.name for r in client.rules.rules if r.mode is Mode.LIVE and r.name not in expected] == []


# What becomes of the mail.


@every_mail
def test_mail_is_decided_as_the_bag_says(entry: Entry) -> None:
    """Rules, folder, draft, forwards and note are exactly those named."""
    assert outcome(decision(entry)) == entry.expected


def test_bag_shows_a_rule_on_trial() -> None:
    """One mail that is left for a person is one that a canary rule would have acted on."""
    waiting = [entry for entry in BAG if not entry.expected.rules]
    assert any(decision(entry).canary for entry in waiting)
    assert any(not decision(entry).canary for entry in waiting)


def decision(entry: Entry) -> Decision:
    """What the client's rules say."""
    client, mail = home().clients[entry.client], parsed(entry.file)
    contact = client.contacts.get(mail.sender.address) if mail.sender else None
    relationship = contact.relationship if contact else Relationship.UNKNOWN
    moment = CLOSED if entry.closed else OPEN
    return decide(client.rules, mail, Facts(moment, moment, relationship, business=client.business))


def outcome(decided: Decision) -> Expected:
    """A decision in the words of the bag."""
    folder, draft, answer, forward, note = "INBOX", None, None, [], False
    for step in decided.steps:
        match step.action:
            case Move(name):
                folder = name
            case Trash():
                folder = "Trash"
            case Draft(template):
                draft = template
            case Answer(template):
                answer = template
            case Forward(to):
                forward.append(to)
            case Note():
                note = True
            case _:
                pass
    return Expected(decided.rules, folder, draft, tuple(forward), note, answer)


# The letters.


every_draft = pytest.mark.parametrize(
    "entry", [entry for entry in BAG if entry.expected.draft], ids=lambda entry: entry.file
)


@every_draft
def test_drafted_letter_is_whole(entry: Entry) -> None:
    """Subject with one AW:, salutation, a blank line, closing and signature; what it encloses lies at hand."""
    written = letter(entry)
    assert re.fullmatch(r"(AW|Re): (?!AW:|Re:|WG:)\S.*", written.subject)
    paragraphs = written.text.rstrip("\n").split("\n\n")
    assert re.fullmatch(r"(Sehr geehrte|Guten Tag|Dear).*,", paragraphs[0])
    assert len(paragraphs) >= 5 or entry.expected.draft == "acknowledgement"
    assert paragraphs[-2].splitlines()[0] in ("Mit freundlichen Grüßen", "Kind regards")
    assert paragraphs[-1].startswith(f"-- \n{home().clients[entry.client].config.legal.firm}")
    assert set(written.attach) <= set(home().clients[entry.client].files)


@every_draft
def test_german_letter_begins_small(entry: Entry) -> None:
    """After the comma of a German salutation the text goes on with a small letter, in English with a capital."""
    first = letter(entry).text.split("\n\n")[1][0]
    assert first.isupper() if entry.file == "30-quotation-novak.eml" else first.islower()


@every_draft
def test_announced_attachment_is_enclosed(entry: Entry) -> None:
    """A letter that speaks of an enclosure has one, and one that has an enclosure speaks of it."""
    written = letter(entry)
    announced = re.search(r"\banbei\b|im Anhang|beigefügt|attached|enclosed", written.text, re.IGNORECASE)
    assert bool(announced) == bool(written.attach)


def test_salutations_suit_the_writers() -> None:
    """Titles, nobility, particles, capitals and the web form are addressed as a secretary would."""
    wanted = {
        "01-anfrage-petersen.eml": "Sehr geehrte Frau Petersen,",
        "07-termin-gross.eml": "Sehr geehrte Frau Dr. Groß,",
        "08-termin-schaefer.eml": "Sehr geehrter Herr Professor Schäfer,",
        "16-maengelruege-vonderheide.eml": "Sehr geehrte Frau von der Heide,",
        "17-angebotsanfrage-weiss.eml": "Guten Tag Max Weiß,",
        "18-unbekannter-zeichensatz.eml": "Guten Tag Anna Müller,",
        "21-bewerbung-koester.eml": "Guten Tag Lena Köster,",
        "22-anfrage-thurner.eml": "Sehr geehrter Herr von Thurner,",
        "27-kontaktformular.eml": "Guten Tag Björn Heitmüller,",
        "30-quotation-novak.eml": "Dear Mr Novák,",
        "36-preisanfrage-brandl.eml": "Guten Tag Thomas Brandl und Eva Brandl-Huber,",
    }
    written = {entry.file: letter(entry).text.partition("\n")[0] for entry in BAG if entry.file in wanted}
    assert written == wanted


def test_some_letters_have_gaps_and_some_an_enclosure() -> None:
    """The demo can show a letter to complete, one to send as it is, and one that carries a file."""
    letters = [letter(entry) for entry in BAG if entry.expected.draft]
    assert any(written.gaps for written in letters)
    assert any(not written.gaps for written in letters)
    assert any(written.attach for written in letters)


def test_template_code_in_a_mail_stays_text() -> None:
    """What a stranger writes is printed, not worked out, and a gap that he quotes is none."""
    entry = next(entry for entry in BAG if entry.file == "25-anfrage-falk.eml")
    written = letter(entry)
    assert written.subject == "AW: Anfrage {{ 7*7 }} Parallelzwingen {% raw %}"
    assert "49" not in written.subject + written.text
    assert written.gaps == ("Liefertermin",)


@pytest.mark.parametrize(
    "entry", [entry for entry in BAG if entry.expected.note], ids=lambda entry: entry.file
)
def test_note_tells_the_client_what_came(entry: Entry) -> None:
    """A note says what the rule says, who wrote, and whether it is urgent, in the client's language."""
    client, mail = home().clients[entry.client], parsed(entry.file)
    notes = [step.action for step in decision(entry).steps if isinstance(step.action, Note)]
    office = Address(home().office.office.address, home().office.office.name)
    for note in notes:
        language = client.config.language
        told = NoteView(note.text, note.urgent)
        context = note_context(mail, office, client.config.name, told, NOW, language)
        written = render(client.templates.get("note", language), context)
        assert written.subject.startswith("Urgent: ") == note.urgent
        assert written.text.startswith(f"{note.text}\n\nFrom: ")
        assert mail.sender is not None
        assert mail.sender.address in written.text
        assert written.text.endswith(f"{office.name}\n")


def test_house_letters_exist_in_both_languages() -> None:
    """Whoever prefers English gets an English letter, never a German one for want of a template."""
    german, english = (
        {p.name for p in (HOME / "templates" / language).iterdir()} for language in ("de", "en")
    )
    assert german == english


@every_client
@pytest.mark.parametrize("language", ["de", "en"])
def test_letters_need_little_of_a_mail(slug: str, language: str) -> None:
    """Without name, date and subject of the mail every letter is still whole, and names no empty subject."""
    client = home().clients[slug]
    head = Letterhead(client.config.name, Address("a@b.example"), client.config.legal.particulars)
    context = reply_context(Mail(from_=(Address("x@kunde.example"),)), None, head, NOW, language)
    for name in client.templates.names() - {"note"}:
        written = render(client.templates.get(name, language), context)
        assert re.fullmatch(r"(AW|Re): (Ihre?|Unser|Your|Our) .+", written.subject), name
        assert ".." not in written.text, name


def letter(entry: Entry) -> RenderedLetter:
    """The letter that answers a mail of the bag."""
    client, mail = home().clients[entry.client], parsed(entry.file)
    writer = writer_of(mail)
    contact = client.contacts.get(writer.address) if writer else None
    language = (contact and contact.language) or "de"
    identities = [Address(each.address, each.name) for each in client.config.identities]
    head = Letterhead(client.config.name, choose_identity(identities, mail), client.config.legal.particulars)
    template = client.templates.get(str(entry.expected.draft), language)
    return render(template, reply_context(mail, contact, head, NOW, language))

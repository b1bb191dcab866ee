"""What is looked at before a letter goes: every failure by its name, nothing that is no failure."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from maild.core import checks
from maild.core.checks import Circumstances, failures
from maild.core.freeze import Frozen, freeze

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
KNOWN = Circumstances(
    identities=frozenset({"info@northwind.example", "verkauf@northwind.example"}),
    foreign_staff=frozenset({"chef@southwind.example"}),
    reached=frozenset(),
    gaps=("Liefertermin", "Preis je Stück"),
    original_id="<frage-1@kunde.example>",
    answered=False,
    received=False,
)
HEADER = {
    "From": "Northwind Tools <info@northwind.example>",
    "To": "Anna <anna@kunde.example>",
    "References": "<draft.abcdefghijklmnopqrst@northwind.example> <frage-1@kunde.example>",
    "Content-Type": "text/plain; charset=utf-8",
}
QUOTATION = "\n\nAm 20. November 2026 um 09:14 Uhr schrieb Anna Müller:\n"


def names(text: str = "Guten Tag,\n\nvielen Dank.", known: Circumstances = KNOWN, **header: str) -> list[str]:
    """The names of the failures of a letter with this text and header."""
    return [failure.name for failure in failures(letter(text, **header), known)]


def letter(text: str, **header: str) -> Frozen:
    """A letter with this text, frozen."""
    fields = {**HEADER, **{name.replace("_", "-"): value for name, value in header.items()}}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
    return freeze(f"{head}\r\n{text}".encode(), "<neu@northwind.example>", NOW)


def test_a_good_letter_may_go() -> None:
    """Nothing speaks against it."""
    assert names() == []


def test_every_failure_has_its_own_name() -> None:
    """A letter with everything wrong: each is said once."""
    known = replace(KNOWN, answered=True, received=True, reached=frozenset({"anna@kunde.example"}))
    text = "Lieferung am «Liefertermin», Preisliste anbei."
    found = names(text, known, From="x@y.example", Cc="chef@southwind.example", References="")
    assert found == [
        "received", "identity", "blocked", "reached", "answered", "thread", "gaps", "attachment",
    ]  # fmt: skip


# People


@pytest.mark.parametrize(
    "sender",
    ["", "chef@southwind.example", "info@northwind.example.evil.example", "Northwind <a@b.example>",
     "info@northwind.example, chef@southwind.example", "chef@southwind.example, info@northwind.example"],
)  # fmt: skip
def test_from_must_be_an_identity_of_this_client(sender: str) -> None:
    """Another address, none, or one beside ours is refused."""
    assert "identity" in names(From=sender)


@pytest.mark.parametrize("sender", ["INFO@Northwind.example", "Verkauf <verkauf@northwind.example>"])
def test_each_identity_may_write(sender: str) -> None:
    """Case does not matter."""
    assert names(From=sender) == []


def test_somebody_must_get_it() -> None:
    """No recipient is a failure; a hidden one is enough."""
    assert names(To="") == ["recipients"]
    assert names(To="", Bcc="anna@kunde.example") == []


@pytest.mark.parametrize("field", ["To", "Cc", "Bcc"])
def test_the_staff_of_other_clients_is_blocked(field: str) -> None:
    """In whichever field; the text says «Gesperrt» and the address, not whose it is."""
    found = failures(letter("Text", **{field: "Chef@Southwind.example"}), KNOWN)
    assert [failure.name for failure in found] == ["blocked"]
    assert found[0].text == "Gesperrt: Chef@southwind.example. Bitte entfernen Sie diese Adresse."


def test_nobody_gets_a_letter_twice() -> None:
    """Who may have got it already must be taken out; the others are not named."""
    known = replace(KNOWN, reached=frozenset({"anna@kunde.example"}))
    found = failures(letter("Text", To="ANNA@kunde.example, bert@kunde.example"), known)
    assert [failure.name for failure in found] == ["reached"]
    assert "ANNA@kunde.example" in found[0].text
    assert "bert" not in found[0].text
    assert names(known=known, To="bert@kunde.example") == []


# The matter


def test_a_received_mail_is_no_letter() -> None:
    """What came in from outside is not sent on."""
    assert names(known=replace(KNOWN, received=True)) == ["received"]


def test_an_answer_in_sent_stops_it() -> None:
    """Nobody is answered twice."""
    assert names(known=replace(KNOWN, answered=True)) == ["answered"]


def test_the_letter_must_belong_to_its_thread() -> None:
    """By References or In-Reply-To; an original without a Message-ID has no thread to belong to."""
    other = {"References": "<anders@kunde.example>"}
    assert names(**other) == ["thread"]
    assert names(**other, In_Reply_To=KNOWN.original_id) == []
    assert names(known=replace(KNOWN, original_id=""), **other) == []


# The text


@pytest.mark.parametrize(
    "text",
    [
        "Die Lieferung erfolgt am «Liefertermin».",
        "Die Lieferung erfolgt am « Liefertermin ».",
        "am «Liefertermin, hoffentlich",
        "«Preis je\nStück» bitte",
    ],
)
def test_an_open_gap_is_found(text: str) -> None:
    """Its name beside « or », however the line is wrapped."""
    assert names(text) == ["gaps"]


@pytest.mark.parametrize(
    "text",
    [
        "Sie schrieben von einem «Gelegenheitskauf».",
        "Der Liefertermin ist Montag.",
        "Preis je Stück: 3 €",
        "«»",
    ],
)
def test_an_ordinary_quotation_is_no_gap(text: str) -> None:
    """Nor is the word without its marks."""
    assert names(text) == []


def test_a_gap_in_the_quotation_is_the_customers() -> None:
    """What the customer wrote needs no filling in, also where answers stand between his lines."""
    assert names(f"Danke.{QUOTATION}> «Liefertermin»") == []
    assert names(f"Danke.{QUOTATION}> Wann? «Liefertermin»\n\nAm Montag.\n\n> Und der Preis?\n") == []
    assert names(f"Danke.{QUOTATION}> Wann?\n\nAm «Liefertermin».\n\n> Und der Preis?\n") == ["gaps"]


def test_the_missing_gaps_are_named() -> None:
    """Only those that are open, in German."""
    found = failures(letter("«Preis je Stück» und Liefertermin"), KNOWN)
    assert [failure.text for failure in found] == [
        "Im Text fehlt noch: «Preis je Stück». Bitte tragen Sie das ein."
    ]


@pytest.mark.parametrize("text", ["", "\n \n", f"{QUOTATION}> Was kostet das?", "> Was kostet das?\n> Gruß"])
def test_a_letter_needs_words_of_its_own(text: str) -> None:
    """A quotation alone is no letter."""
    assert names(text) == ["empty"]


@pytest.mark.parametrize(
    "text",
    [
        "Anbei die Preisliste.",
        "Sie finden sie im\nAnhang.",
        "Die Liste ist beigefügt.",
        "Die Liste ist beigefu\u0308gt.",
        "in der Anlage",
        "Please find it attached.",
    ],
)
def test_an_announced_attachment_must_be_there(text: str) -> None:
    """Announced and missing: she is asked."""
    assert names(text) == ["attachment"]


@pytest.mark.parametrize(
    "text",
    [
        f"Danke.{QUOTATION}> Anbei die Zeichnung.",
        f"Danke.{QUOTATION}> anbei\n\nJa.\n\n> im Anhang",
        "Wobei? Nebenbei!",
    ],
)
def test_an_attachment_announced_by_the_customer_is_his(text: str) -> None:
    """Only the new text counts, and only whole words."""
    assert names(text) == []


def test_an_attachment_that_is_there_is_enough() -> None:
    """Announced and attached: fine."""
    body = (
        '--m\r\nContent-Type: text/plain\r\n\r\nAnbei.\r\n--m\r\nContent-Type: application/pdf; name="a.pdf"\r\n'
        "\r\nx\r\n--m--\r\n"
    )
    assert names(body, Content_Type='multipart/mixed; boundary="m"') == []


def test_a_letter_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The size named is never within what is allowed."""
    monkeypatch.setattr(checks, "LARGEST", 1_000)
    assert names("x " * 300) == []
    assert names("x " * 600) == ["size"]
    monkeypatch.undo()
    whole = letter("Text")
    padded = replace(whole, raw=whole.raw + b"x" * checks.LARGEST)
    assert "26 MB zu groß (höchstens 25 MB)" in failures(padded, KNOWN)[0].text


def test_the_words_are_german_and_name_no_client() -> None:
    """No domain, name or address of another client stands in any text but a recipient's own address."""
    known = replace(KNOWN, answered=True, received=True, reached=frozenset({"anna@kunde.example"}))
    found = [
        *failures(letter("«Liefertermin» anbei", From="x@southwind.example", References=""), known),
        *failures(letter("", To=""), KNOWN),
    ]
    assert len({failure.name for failure in found}) == 9
    for failure in found:
        assert "wind" not in failure.text.lower()
        assert failure.text.endswith((".", "!"))
        assert failure.text == " ".join(failure.text.split())

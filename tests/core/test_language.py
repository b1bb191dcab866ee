"""The language of a mail: right where it is said, and unknown where there is too little to tell."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core.facts import Facts
from maild.core.language import LANGUAGES, language_names, language_of
from maild.core.parse import parse
from maild.core.rules.reading import Reading
from tests.core.test_hours import at

MAILS = Path(__file__).parents[2] / "maild" / "demo" / "mails"
ENGLISH = {"12-unzustellbar.eml", "30-quotation-novak.eml", "35-weitergeleitet-marijke.eml"}
GERMAN_LINES = (
    "Bitte um ein Angebot",
    "Guten Morgen, anbei die Rechnung.",
    "Hallo Frau Lindner, passt Donnerstag um 10 Uhr?",
    "Rechnung 2026-4711 ist noch offen",
    "Können Sie uns die Preisliste schicken?",
    "Mahnung zur Rechnung Nr. 4711",
    "Ich bin ab Montag wieder im Büro.",
    "Storno der Bestellung 8812",
    "Bitte neue Lieferadresse notieren: Hafenstraße 3, Bremen",
    "moin, geht das auch bis freitag? lg jan",
    "Bewerbung als Lagerhelfer",
    "Kontoauszug November anbei",
    "bin im Urlaub bis 5.1., Vertretung Herr Klein",
    "REKLAMATION WERKBANK, BEIN WACKELT",
)
ENGLISH_LINES = (
    "Please send me a quote",
    "Can you call me back?",
    "Invoice 2026-4711 is still open",
    "Order 12 pieces workbench",
    "Please find attached the signed offer.",
    "Lead time for 20 clamps?",
    "hi, can you do friday instead? cheers jan",
    "Complaint about a wobbly workbench",
    "Payment has been sent",
)


@pytest.mark.parametrize("path", sorted(MAILS.glob("*.eml")), ids=lambda path: path.stem)
def test_language_of_the_demo_mails(path: Path) -> None:
    """All 36 business mails of the demo are told right."""
    mail = parse(path.read_bytes())
    moment = at("2026-11-23 09:00")
    assert Reading(mail, Facts(moment, moment)).language == ("en" if path.name in ENGLISH else "de")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        *(("de", line) for line in GERMAN_LINES),
        *(("en", line) for line in ENGLISH_LINES),
        ("nl", "Kunt u ons een offerte sturen?"),
        ("fr", "Pouvez-vous nous envoyer un devis ?"),
        ("it", "Vi preghiamo di inviarci un'offerta"),
        ("es", "Por favor, envíenos una oferta"),
        ("pl", "Proszę o przesłanie oferty"),
        ("cs", "Prosíme o zaslání nabídky"),
        ("tr", "Bize bir teklif gönderebilir misiniz?"),
        ("ru", "Спасибо за ваше сообщение, мы заказываем двадцать верстаков и просим подтвердить срок."),
        ("zh", "请给我们发一份报价单，谢谢您的合作，期待回复。"),
        ("ja", "見積書を送っていただけますか。よろしくお願いします。"),
    ],
)
def test_language_of_short_lines(language: str, text: str) -> None:
    """A line of a few words is enough where it is clear."""
    assert language_of(text) == language


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Ok",
        "Hallo",
        "Guten Tag",
        "Terminabsage morgen",  # two words
        "ja bitte gern",  # eleven letters
        "4711 2026 0815 12 34 56",
        "PO 4500012345 / 20 pcs",
        "IBAN DE89 3704 0044 0532 0130 00",
        "https://www.kunde.example/bitte/um/ein/angebot anna.mueller@kunde.example www.kunde.example",
        "Test test test test",
        "Anna Müller Peter Schmidt Karl Huber",
        "Danke, alles erledigt!",  # Danish has it nearly so
        "\ud800\udfff",
        "🙂 🙂 🙂 🙂 🙂",
        "x" * 100_000,
    ],
)
def test_too_little_to_tell(text: str) -> None:
    """Rather unknown than guessed."""
    assert language_of(text) == ""


def test_only_the_beginning_counts() -> None:
    """What comes after 2,000 letters changes neither the answer nor what it costs."""
    beginning = "Sehr geehrte Damen und Herren, bitte senden Sie uns ein Angebot. " * 40
    assert language_of(beginning + "Please send us your offer. " * 5_000) == "de"
    language_of(beginning)
    start = time.perf_counter()
    language_of(beginning + " " * 5_000_000 + "x" * 5_000_000)
    assert time.perf_counter() - start < 0.5


def test_threads_get_the_same_answer() -> None:
    """Eight threads at once, the first use included, are told the same."""
    answers: list[str] = []
    threads = [
        threading.Thread(target=lambda: answers.extend(language_of(line) for line in GERMAN_LINES))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == ["de"] * 8 * len(GERMAN_LINES)


def test_nothing_is_loaded_before_it_is_asked() -> None:
    """Who asks for no language waits for no model and no numpy."""
    program = "import sys, maild.core.rules.parse, maild.core.decide; print('numpy' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout == "False\n"


def test_languages_have_names() -> None:
    """Each language can be meant by its English and its German name."""
    assert set(language_names().values()) == set(LANGUAGES)
    assert language_names()["deutsch"] == language_names()["german"] == "de"


@given(st.text(st.characters() | st.sampled_from("aeiou \n"), max_size=300))
def test_any_text_has_an_answer(text: str) -> None:
    """Whatever the text, the answer is a known code or none, and always the same."""
    found = language_of(text)
    assert found in ("", *LANGUAGES)
    assert language_of(text) == found

"""New text, flowed text, and the forms texts are compared by."""

import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from maild.core.parse import parse
from maild.core.text import fold, new_text, normalised, text_hash, unflow

DRAFTS = (
    Path(__file__).parent / "drafts"
)  # recorded with Thunderbird 153 and Roundcube 1.6; laid-down is what they opened
OWN = "Guten Tag,\n\nbitte liefern Sie im Januar."
QUOTED = "> Wann dürfen wir liefern?\n> Northwind Tools"


@pytest.mark.parametrize(
    "introduction",
    [
        "Am 19.11.2026 um 16:02 schrieb Northwind Tools:",
        "Am Do., 19. Nov. 2026 um 16:02 Uhr schrieb Northwind Tools <info@northwind.example>:",
        "Am Donnerstag, den 19. November 2026 um 16:02 schrieb\nNorthwind Tools <info@northwind.example>:",
        "Northwind Tools <info@northwind.example> schrieb am Do., 19. Nov. 2026, 16:02:",
        "Northwind Tools <info@northwind.example> hat am 19.11.2026 16:02 CET geschrieben:",
        "On 19 Nov 2026, at 16:02, Northwind Tools <info@northwind.example> wrote:",
    ],
)
@pytest.mark.parametrize("quotation", [QUOTED, QUOTED.replace("> ", "")])
def test_introduced_quotation(introduction: str, quotation: str) -> None:
    """What follows «Am … schrieb …:» and its kin is quotation, with or without marks, on one line or two."""
    assert new_text(f"{OWN}\n\n{introduction}\n\n{quotation}\n") == OWN


@pytest.mark.parametrize(
    "separator",
    [
        "-----Ursprüngliche Nachricht-----",
        "----- Original Message -----",
        "-------- Weitergeleitete Nachricht --------",
        "---------- Forwarded message ---------",
        "Anfang der weitergeleiteten Nachricht:",
        "________________________________",
        "Von: Northwind <info@northwind.example>\nGesendet: Donnerstag, 19.11.2026\nAn: Anna\nBetreff: Lieferung",
        "*Von:* Northwind\n*Datum:* 19.11.2026\n*Betreff:* Angebot",
        "Gesendet: Donnerstag, 19. November 2026\nVon: Northwind\nAn: Anna\nBetreff: Angebot",
    ],
)
def test_separated_quotation(separator: str) -> None:
    """What follows a separator or a block of header lines is quotation."""
    assert new_text(f"{OWN}\n\n{separator}\n\nWann dürfen wir liefern?\n") == OWN


@pytest.mark.parametrize(
    "text",
    [
        "Am Montag schrieb er mir Folgendes:\nDie Ware fehlt.",
        "Am 3.12.2026 um 10:00 schrieb ich Ihnen:\nBitte stornieren.",
        "Am 3.12. schrieben Sie:\nDie Ware kommt.",
        "An: Lager\nBetreff: Umzug\nBitte umräumen.",
        "Von: Hamburg\nAn: Lager\nBitte umräumen.",
        "Unterschrift: ____________________________",
        "Gesendet aus dem Lager",
        "Diese Nachricht ist wichtig.",
        "Dies ist vertraulich zu behandeln.",
    ],
)
def test_own_words_are_no_quotation(text: str) -> None:
    """Sentences and notes that merely resemble a quotation or a disclaimer stay."""
    assert new_text(text) == text


def test_interleaved_answers_stay_with_their_questions() -> None:
    """Answers between quoted lines are kept with the whole quotation."""
    text = "Am 19.11.2026 um 16:02 schrieb Northwind:\n> Wann?\nIm Januar.\n> Wohin?\nIns Lager."
    assert new_text(text) == text


def test_answer_below_the_quotation() -> None:
    """An answer below one quoted block is the new text."""
    assert new_text(f"Am 19.11.2026 um 16:02 schrieb Northwind:\n{QUOTED}\n\n{OWN}") == OWN


def test_forwarded_without_a_word() -> None:
    """A mail that is nothing but a forwarded one is kept whole."""
    text = (
        "-------- Weitergeleitete Nachricht --------\nVon: Chef\nDatum: heute\nBetreff: x\n\nBitte erledigen."
    )
    assert new_text(text) == text


def test_nothing_but_marked_quotation() -> None:
    """A reply that only quotes says nothing."""
    assert new_text(QUOTED) == ""


@pytest.mark.parametrize(
    "end",
    [
        "-- \nKunde GmbH\nTelefon 0711 0000000",
        "--\nKunde GmbH",
        "Von meinem iPhone gesendet",
        "Gesendet von Outlook für Android",
        "Diese Nachricht wurde von meinem Android-Gerät mit GMX Mail gesendet.",
        "Diese E-Mail enthält vertrauliche Informationen.\nBitte löschen Sie sie.",
        "Der Inhalt dieser E-Mail ist vertraulich und nur für den Empfänger bestimmt.",
        "Vertraulichkeitshinweis: nur für den Empfänger.",
        "This e-mail and any attachments are confidential.",
        "Bitte prüfen Sie, ob diese E-Mail wirklich ausgedruckt werden muss.",
    ],
)
def test_what_programs_append(end: str) -> None:
    """Signature, mobile footer and disclaimer are cut, above a quotation as at the end."""
    assert new_text(f"{OWN}\n\n{end}") == OWN
    assert new_text(f"{OWN}\n\n{end}\n\nAm 19.11.2026 um 16:02 schrieb Northwind:\n{QUOTED}") == OWN


def test_divider_is_no_signature() -> None:
    """Two hyphens with much text below are a divider."""
    text = "Punkt 1\n--\n" + "\n".join(f"Zeile {number}" for number in range(40))
    assert new_text(text) == text


def test_window() -> None:
    """Only the first 400 lines and 64 KB are looked at, and nothing behind them is returned."""
    assert new_text("\n".join(map(str, range(1000)))).split("\n")[-1] == "399"
    assert len(new_text("ü" * 100_000).encode()) == 64 * 1024


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "text",
    [
        "\n" * 5_000,
        "> a\nb\n" * 8_000,
        "Am 1.1.2026 schrieb x\n" * 8_000,
        "Von: x\n" * 8_000,
        "--\n" * 8_000,
        "Dies " * 50_000,
        " " * 200_000,
        "_" * 200_000,
        "-" * 200_000,
        "Am " + "schrieb " * 20_000 + ":",
        ">" * 200_000,
        "ä\u0331" * 30_000,
    ],
)
def test_hostile_text_returns(text: str) -> None:
    """No text makes the splitter, the folding or the hash hang."""
    assert len(new_text(text)) <= 64 * 1024
    assert len(normalised(text)) <= len(text)
    assert fold(fold(text)) == fold(text)
    assert unflow(text)


@pytest.mark.parametrize(
    ("flowed", "text"),
    [
        ("Eine Zeile \ngeht weiter.\nEine neue.", "Eine Zeile geht weiter.\nEine neue."),
        ("> Frage \n> geht weiter.\nAntwort", "> Frage geht weiter.\nAntwort"),
        ("> eins \n>> zwei", "> eins \n>> zwei"),
        (" From hier\n >kein Zitat", "From hier\n>kein Zitat"),
        ("Gruß \n-- \nKunde GmbH", "Gruß \n-- \nKunde GmbH"),
        ("> \n>\n> x", ">\n>\n> x"),
        ("endet offen ", "endet offen "),
        ("", ""),
    ],
)
def test_unflow(flowed: str, text: str) -> None:
    """Paragraphs are joined, quotation depth and signature are kept, stuffed blanks go (RFC 3676)."""
    assert unflow(flowed) == text


def test_unflow_delsp() -> None:
    """With DelSp the blank at the break is no part of the text."""
    assert unflow("Donaudampf \nschiff", delsp=True) == "Donaudampfschiff"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Müller", "MUELLER"),
        ("Straße", "STRASSE"),
        ("Straẞe", "strasse"),
        ("Ärger", "A\u0308rger"),
        ("Öl über Äste", "oel ueber aeste"),
        ("Ange\u00adbot", "angebot"),
        ("20\u00a0m", "20 m"),
    ],
)
def test_fold_makes_one(one: str, other: str) -> None:
    """Case, Unicode form, umlauts and ß written out are no difference."""
    assert fold(one) == fold(other)


def test_fold_keeps_words_apart() -> None:
    """Folding does not make different words one."""
    assert len({fold(word) for word in ("Muller", "Müller", "Möller", "Masse", "Mase")}) == 5


def plainly_folded(text: str) -> str:
    """Folding step by step, slowly: what `fold` must come to."""
    while True:
        seen = (
            re.sub("[\u00ad\u200b-\u200d\u2060\ufeff]", "", text)
            .replace("\u00a0", " ")
            .replace("\u202f", " ")
        )
        composed = unicodedata.normalize("NFC", unicodedata.normalize("NFC", seen).casefold())
        folded = composed.translate(str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"}))
        if folded == text:
            return folded
        text = folded


@given(st.text())
@example("A\u200b\u0308 \u00a0ẞ")
@example("\u0390 \ufb05 \u1fd3 \u0345")
def test_fold_is_what_its_steps_come_to(text: str) -> None:
    """Being fast changes nothing."""
    assert fold(text) == plainly_folded(text)


def test_fold_is_the_same_for_every_letter() -> None:
    """Each letter of Unicode that has case or composes, by itself and with a mark behind it."""
    codes = [code for code in range(0x20000) if unicodedata.category(chr(code)) not in {"Cn", "Co", "Lo"}]
    for start in range(0, len(codes), 64):
        text = "".join(f"{chr(code)} {chr(code)}\u0308," for code in codes[start : start + 64])
        assert fold(text) == plainly_folded(text)


@given(st.text())
def test_fold_is_idempotent(text: str) -> None:
    """Folding folded text changes nothing."""
    assert fold(fold(text)) == fold(text)


@given(st.text(alphabet="aäAÄoöuü\u0308\u0331\u0345ßẞİı\u00ad"))
def test_fold_is_idempotent_on_marks(text: str) -> None:
    """Nor where marks combine anew with resolved umlauts."""
    assert fold(fold(text)) == fold(text)


def draft(name: str) -> str:
    """The text of a recorded draft or sent mail."""
    return parse((DRAFTS / f"{name}.eml").read_bytes()).text


@pytest.mark.parametrize("name", ["thunderbird-sent", "roundcube-sent"])
def test_hash_survives_a_mail_program(name: str) -> None:
    """A draft that was opened and sent without a change keeps its hash, though it was wrapped anew."""
    wrapped = (DRAFTS / f"{name}.eml").read_text(encoding="utf-8")
    assert "in der \nWoche vor" in wrapped
    assert text_hash(draft(name)) == text_hash(draft("laid-down"))
    assert text_hash(wrapped.partition("\n\n")[2]) == text_hash(draft("laid-down"))


@pytest.mark.parametrize(
    "name", ["thunderbird-edited", "thunderbird-sent-edited", "thunderbird-edited-html", "roundcube-edited"]
)
def test_hash_sees_an_edit(name: str) -> None:
    """A line the secretary added changes the hash, and is all that changed."""
    added = "Ergänzung der Sekretärin: Lieferung am 17. Dezember, Größe 80 cm. "
    assert text_hash(draft(name)) != text_hash(draft("laid-down"))
    assert normalised(draft(name)) == added + normalised(draft("laid-down"))


def test_hash_sees_one_word() -> None:
    """One changed word is an edit; another wrapping, signature or quotation is none."""
    letter = f"{OWN}\n\n-- \nNorthwind\n\nAm 19.11.2026 um 16:02 schrieb Anna:\n{QUOTED}"
    assert text_hash(letter.replace("Januar", "Februar")) != text_hash(letter)
    assert text_hash(letter.replace("bitte ", "bitte\n")) == text_hash(letter)
    assert text_hash(letter.replace("Northwind\n\n", "Northwind Tools\n\n")) == text_hash(letter)
    assert text_hash(letter.replace("dürfen", "sollen")) == text_hash(letter)


def test_hash_sees_the_end_of_a_long_letter() -> None:
    """What stands after line 400 counts: the hash has no window."""
    letter = "\n".join(f"Zeile {number}" for number in range(1_000))
    assert text_hash(letter + " neu") != text_hash(letter)

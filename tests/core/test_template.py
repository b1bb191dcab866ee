"""Templates: what is refused on loading and while rendering, with exact words; and that a mail stays data."""

import time
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core.template import (
    ClientView,
    ContactView,
    IdentityView,
    LetterContext,
    MailView,
    RenderedLetter,
    TemplateProblem,
    TemplateSource,
    compile_template,
    open_gaps,
    render,
)
from maild.errors import LetterError

NB = "\N{NO-BREAK SPACE}"
ZONE = timezone(timedelta(hours=1))
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=ZONE)
FILE = "templates/de/anfrage.txt.j2"
MAIL = MailView(
    subject="Bitte um ein Angebot",
    date=datetime(2026, 11, 20, 14, 5, tzinfo=ZONE),
    sender_name="Anna Müller",
    sender_address="anna@kunde.example",
)
CONTEXT = LetterContext(
    salutation="Sehr geehrte Frau Müller,",
    closing="Mit freundlichen Grüßen",
    signature="Northwind Kundenservice\n\n-- \nNorthwind Tools Ltd",
    client=ClientView("Northwind Tools Ltd"),
    identity=IdentityView("Northwind Kundenservice", "info@northwind.example"),
    now=NOW,
    mail=MAIL,
)


def source(body: str, head: str = 'subject: "AW: {{ mail.subject }}"') -> TemplateSource:
    """A template whose body begins on line 4, if its head has one line."""
    return TemplateSource("anfrage", f"---\n{head}\n---\n{body}", FILE)


def rendered(
    body: str, context: LetterContext = CONTEXT, head: str = 'subject: "AW: {{ mail.subject }}"'
) -> RenderedLetter:
    """Compiled and rendered in one go."""
    return render(compile_template(source(body, head)), context)


def with_mail(**values: object) -> LetterContext:
    """The context with another mail."""
    return LetterContext(
        CONTEXT.salutation,
        CONTEXT.closing,
        CONTEXT.signature,
        CONTEXT.client,
        CONTEXT.identity,
        NOW,
        mail=MailView(**values),  # type: ignore[arg-type]
    )


def faults(template: TemplateSource) -> list[str]:
    """All faults of a template, as an admin reads them."""
    with pytest.raises(TemplateProblem) as caught:
        compile_template(template)
    return [str(fault) for fault in caught.value.faults]


def test_a_whole_letter() -> None:
    """A letter is laid out as DIN 5008 has it, with its subject, attachments and gaps."""
    letter = rendered(
        "{{ salutation }}\n\nvielen Dank für Ihre Anfrage vom {{ mail.date | datum }}, {{ mail.date | uhrzeit }}."
        ' Gern liefern wir bis {{ gap("Liefertermin") }} für {{ 1234.5 | betrag }}.'
        "\n\n{{ closing }}\n{{ signature }}\n",
        head='subject: "AW: {{ mail.subject }}"\nattach: [preisliste.pdf]',
    )
    assert letter == RenderedLetter(
        subject="AW: Bitte um ein Angebot",
        text=(
            "Sehr geehrte Frau Müller,\n\n"
            f"vielen Dank für Ihre Anfrage vom 20. November 2026, 14:05{NB}Uhr."
            f" Gern liefern wir bis «Liefertermin» für 1.234,50{NB}€.\n\n"
            "Mit freundlichen Grüßen\nNorthwind Kundenservice\n\n-- \nNorthwind Tools Ltd\n"
        ),
        attach=("preisliste.pdf",),
        gaps=("Liefertermin",),
    )


def test_filters_follow_the_language() -> None:
    """An English letter has English dates; the language is the letter's, not the template's."""
    body = "{{ mail.date | datum }} {{ mail.date | uhrzeit }} {{ 5 | betrag }} {{ '+49231123456' | telefon }}"
    english = LetterContext(
        "Dear Ms Müller,", "x", "x", CONTEXT.client, CONTEXT.identity, NOW, MAIL, language="en"
    )
    assert rendered(body, english).text == "20 November 2026 14:05 €5.00 +49 231 123456\n"
    assert rendered(body).text == f"20. November 2026 14:05{NB}Uhr 5,00{NB}€ +49 231 123456\n"


def test_a_paragraph_left_out_leaves_one_blank_line() -> None:
    """A condition on a line of its own vanishes with its line; blank lines never double; «-- » keeps its blank."""
    body = (
        "Eins\n\n{% if contact.company %}\n{{ contact.company }}\n\n{% endif %}\n\n\nZwei   \n-- \nDrei\n\n\n"
    )
    assert rendered(body).text == "Eins\n\nZwei\n-- \nDrei\n"


def test_windows_line_ends_and_a_byte_order_mark_are_read() -> None:
    """A file saved by a Windows editor is the same template."""
    text = "\ufeff---\r\nsubject: Hallo\r\n---\r\n{{ salutation }}\r\n\r\nText\r\n"
    letter = render(compile_template(TemplateSource("a", text, FILE)), CONTEXT)
    assert (letter.subject, letter.text) == ("Hallo", "Sehr geehrte Frau Müller,\n\nText\n")


KNOWN = (
    "known are absence, client, closing, closure, contact, gap, identity, legal, mail, note, now, opening, quotation,"
    " salutation, sie, signature"
)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("Hallo\n\n{{ salutaton }}", ["6:4: «salutaton» is not known; did you mean «salutation»?"]),
        ("{{ kunde.name }}", [f"4:4: «kunde» is not known; {KNOWN}"]),
        ("{{ self }}", [f"4:4: «self» is not known; {KNOWN}"]),
        ("{{ mail.sujet }}", ["4:9: «mail.sujet» is not known; did you mean «subject»?"]),
        ('{{ mail["sujet"] }}', ["4:10: «mail.sujet» is not known; did you mean «subject»?"]),
        (
            "{% if contact.famly %}x{% endif %}",
            ["4:15: «contact.famly» is not known; did you mean «family»?"],
        ),
        (
            "{{ mail.date.weekday }}",
            ["4:14: «mail.date.weekday» is not known; did you mean «day»?"],
        ),
        ("{{ client.fone }}", ["4:11: «client.fone» is not known; known are hours, name"]),
        ("{{ closing.x }}", ["4:12: «closing» is plain text and has no «x»; use a filter"]),
        ("{{ sie }}", ['4:4: sie needs two texts, for Sie and for du: sie("Ihre", "deine")']),
        ("{{ sie('Ihre') }}", ['4:4: sie needs two texts, for Sie and for du: sie("Ihre", "deine")']),
        (
            "{{ sie('Ihre', mail.subject) }}",
            ['4:4: sie needs two texts, for Sie and for du: sie("Ihre", "deine")'],
        ),
        (
            "{{ absence.first }}",
            ["4:4: «absence.first» is a date and needs a filter: {{ absence.first | datum }}"],
        ),
        ("{{ absence.first.hour }}", ["4:18: «absence.first.hour» is not known; known are day, month, year"]),
        ("{{ quotation.text }}", ["4:14: «quotation» is plain text and has no «text»; use a filter"]),
        (
            "{{ opening }}",
            [
                "4:4: «opening» alone is no text; write one of opening.day, opening.time, opening.text, opening.since,"
                " opening.workday, opening.holiday"
            ],
        ),
        ("{{ mail.date | datm }}", ["4:16: the filter «datm» is not known; did you mean «datum»?"]),
        (
            "{{ 'a' | attr('b') }}",
            [
                "4:10: the filter «attr» is not known; known are betrag, datum, datumspanne, default, first,"
                " groesse, gruss, iban, join, kurzdatum, last, length, lower, menge, replace, telefon, trim, uhrzeit,"
                " upper, wochentag, zeitspanne"
            ],
        ),
        (
            "{% if mail.date is definde %}{% endif %}",
            ["4:20: the test «definde» is not known; did you mean «defined»?"],
        ),
        ("{{ mail.date }}", ["4:4: «mail.date» is a date and needs a filter: {{ mail.date | datum }}"]),
        ("{{ now }}", ["4:4: «now» is a date and needs a filter: {{ now | datum }}"]),
        ("{{ contact.du }}", ["4:4: «contact.du» is a yes or no: it can be asked with if, not printed"]),
        (
            "{{ identity }}",
            ["4:4: «identity» alone is no text; write one of identity.name, identity.address"],
        ),
        (
            "{% set m = client %}{{ m.name }}",
            ["4:12: «client» alone is no text; write one of client.name, client.hours"],
        ),
        ("{% set mail = 'x' %}", ["4:8: «mail» is given and can't be set; take another name"]),
        ("{% set ns.x = 'x' %}", ["4:8: only a plain name can be set, without a dot"]),
        ("{{ gap }}", ['4:4: a gap needs its name, in quotes: gap("Liefertermin")']),
        ("{{ gap() }}", ['4:4: a gap needs its name, in quotes: gap("Liefertermin")']),
        (
            '{{ gap("«Liefertermin»") }}',
            ['4:4: a gap needs its name, in quotes: gap("Liefertermin")'],
        ),
        ("{{ gap(mail.subject) }}", ['4:4: a gap needs its name, in quotes: gap("Liefertermin")']),
        (
            "{{ range(9) }}",
            [
                "4:9: only gap(…) and sie(…, …) can be called in a letter",
                f"4:4: «range» is not known; {KNOWN}",
            ],
        ),
        (
            "{{ mail.subject.upper() }}",
            [
                "4:17: «mail.subject» is plain text and has no «upper»; use a filter",
                "4:22: only gap(…) and sie(…, …) can be called in a letter",
            ],
        ),
        (
            "{{ ''.__class__.__mro__ }}",
            ["4:17: «__mro__» can't be used in a letter", "4:7: «__class__» can't be used in a letter"],
        ),
        ("{% include 'fuss' %}", ["4:4: {% include %} can't be used in a letter"]),
        ("{% import 'x' as y %}", ["4:4: {% import %} can't be used in a letter"]),
        ("{% extends 'x' %}", ["4:4: {% extends %} can't be used in a letter"]),
        ("{% macro m() %}x{% endmacro %}", ["4:4: {% macro %} can't be used in a letter"]),
        ("{% block b %}x{% endblock %}", ["4:4: {% block %} can't be used in a letter"]),
        ("{% autoescape true %}x{% endautoescape %}", ["4:4: {% autoescape %} can't be used in a letter"]),
        (
            "a\n{{ mail.subject bar }}",
            ["5:1: this can't be read as a template: expected token 'end of print statement', got 'bar'"],
        ),
        (
            "{% for a in [1] %}" * 30 + "{% endfor %}" * 30,
            ["1:1: this can't be read as a template: it is nested too deeply"],
        ),
        (
            "{{ " + "(" * 4000 + "1" + ")" * 4000 + " }}",
            ["1:1: this can't be read as a template: it is nested too deeply"],
        ),
        (
            "{{ salutaton }}\n{{ mail.sujet }}\n{{ closng }}",
            [
                "4:4: «salutaton» is not known; did you mean «salutation»?",
                "5:9: «mail.sujet» is not known; did you mean «subject»?",
                "6:4: «closng» is not known; did you mean «closing»?",
            ],
        ),
    ],
)
def test_what_is_wrong_in_a_body_is_found_on_loading(body: str, found: list[str]) -> None:
    """Every fault comes with the line of the file, front matter counted, and its column."""
    assert faults(source(body)) == [f"{FILE}:{each}" for each in found]


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (
            "sujbect: x",
            [
                "2:1: «sujbect» is not known here; did you mean «subject»?",
                "1:1: subject is missing; a letter needs one",
            ],
        ),
        ("subject: x\nto: y", ["3:1: «to» is not known here; known are attach, subject"]),
        ("subject: x\nsubject: y", ["3:1: «subject» stands here twice; remove one"]),
        ("subject: {{ mail.subject }}", ["2:1: subject must be text; put it in quotes"]),
        ('subject: " "', ["2:1: subject must be text; put it in quotes"]),
        ("subject: 5", ["2:1: subject must be text; put it in quotes"]),
        ("subject:", ["2:1: subject must be text; put it in quotes"]),
        ("subject: !!python/object:os.system x", ["2:1: subject must be text; put it in quotes"]),
        ("? [a]\n: b\nsubject: x", ["2:3: a key must be a plain word"]),
        ("subject: x\nattach: a.pdf", ["3:1: attach must be a list of file names, as [preisliste.pdf]"]),
        (
            "subject: x\nattach: [a.pdf, ../b.pdf, b/c.pdf, .netrc, 5, '']",
            [
                f"3:{column}: attach must be plain file names from templates/<client>/files/"
                for column in (17, 27, 36, 44, 47)
            ],
        ),
        ('subject: "AW: {{ mail.sujet }}"', ["2:23: «mail.sujet» is not known; did you mean «subject»?"]),
        (
            "subject: |\n  Ihre Anfrage\n  {{ mail.sujet }}",
            ["4:11: «mail.sujet» is not known; did you mean «subject»?"],
        ),
        (
            "subject: \"{{ gap('x') }}\"",
            ["2:14: a gap can't stand in the subject; it is looked for in the text only"],
        ),
        (
            "subject: [",
            ["3:1: the front matter can't be read: did not find expected node content"],
        ),
        ("subject: " + "[" * 1000, ["1:1: the front matter can't be read: it is nested too deeply"]),
        (
            f"subject: {'[' * 90_000}{']' * 90_000}",
            ["1:1: the front matter can't be read: it is nested too deeply"],
        ),
        ("- subject", ["1:1: the front matter must be keys and values, as subject: …"]),
        ("", ["1:1: the front matter must be keys and values, as subject: …"]),
    ],
)
def test_what_is_wrong_in_front_matter_is_found_on_loading(head: str, found: list[str]) -> None:
    """The front matter's faults have their own line and column."""
    assert faults(source("Hallo", head)) == [f"{FILE}:{each}" for each in found]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file must begin with front matter: a line ---, then subject: …, then a line ---"),
        (
            "Hallo\n---\n",
            "the file must begin with front matter: a line ---, then subject: …, then a line ---",
        ),
        ("---\nsubject: x\n", "the front matter has no end; close it with a line ---"),
    ],
)
def test_a_file_without_front_matter_is_refused(text: str, message: str) -> None:
    """A template says what its letter is about, or is none."""
    with pytest.raises(TemplateProblem) as caught:
        compile_template(TemplateSource("a", text, FILE))
    assert (caught.value.message, caught.value.line) == (message, 1)


@pytest.mark.parametrize(
    ("body", "line", "reason"),
    [
        ("Hallo\n\n{{ contact.family }}", 6, "contact.family is missing"),
        ("{{ contact.family | upper }}", 4, "contact.family is missing"),
        ("{{ 'Frau ' ~ contact.family }}", 4, "contact.family is missing"),
        ("{% for c in contact.family %}{{ c }}{% endfor %}", 4, "contact.family is missing"),
        ("{% if contact.company %}\n{% endif %}\n{{ contact.company }}", 6, "contact.company is missing"),
        ("{{ '' }}", 4, "an empty value is printed"),
        ("{{ contact.family | default('') }}", 4, "an empty value is printed"),
        ("{{ [1, 2] }}", 4, "only text and numbers can be printed"),
        ("{{ none }}", 4, "only text and numbers can be printed"),
        ("{% set d = mail.date %}{{ d }}", 4, "a date is printed with datum or uhrzeit"),
        ("{% set a = 'x' %}\n{{ a.foo }}", 5, "'str object' has no attribute 'foo'"),
        ("{{ mail.sender_name | datum }}", 4, "datum needs a date"),
        ("{{ mail.sender_name | telefon }}", 4, "telefon needs a telephone number"),
        ("{{ mail.sender_name | betrag }}", 4, "betrag needs a number, as 1234.50"),
        ("{{ 1 / 0 }}", 4, "this can't be worked out here (ZeroDivisionError)"),
        ("{{ mail.sender_name + 1 }}", 4, "this can't be worked out here (TypeError)"),
        ("{{ 'x' * 1000000000 }}", 4, "* can't be used on these values in a letter"),
        ("{{ '%999999999d' % 1 }}", 4, "% can't be used on these values in a letter"),
        ("{{ 9 ** 9 ** 9 }}", 4, "** can't be used on these values in a letter"),
    ],
)
def test_what_is_missing_stops_the_letter(body: str, line: int, reason: str) -> None:
    """A value that isn't there, or can't be printed, is an error with its name and line, and quotes no mail."""
    with pytest.raises(LetterError) as caught:
        rendered(body)
    assert str(caught.value) == f"template anfrage ({FILE}, line {line}): {reason}"


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({}, "mail.subject is missing"),
        ({"subject": ""}, "mail.subject is missing"),
        ({"subject": " \r\n\t"}, "mail.subject is missing"),
    ],
)
def test_an_empty_subject_stops_the_letter(values: dict[str, object], reason: str) -> None:
    """A subject is never «AW: » alone."""
    with pytest.raises(LetterError) as caught:
        rendered("Hallo", with_mail(**values))
    assert str(caught.value) == f"template anfrage ({FILE}, line 2): {reason}"


def test_an_empty_name_of_the_letter_itself_is_missing() -> None:
    """An empty signature is an error where it is printed, and false where it is asked for."""
    context = LetterContext("Hallo,", "Gruß", "", CONTEXT.client, CONTEXT.identity, NOW, MAIL)
    with pytest.raises(LetterError, match=r"line 4\): signature is missing$"):
        rendered("{{ signature }}", context)
    assert rendered("a{% if signature %}b{% endif %}", context).text == "a\n"


@pytest.mark.parametrize(
    ("body", "head", "part"), [("{# nichts #}", "subject: x", "letter"), ("x", "subject: '{# #}'", "subject")]
)
def test_an_empty_letter_is_none(body: str, head: str, part: str) -> None:
    """A letter has a subject and a text."""
    with pytest.raises(LetterError) as caught:
        rendered(body, head=head)
    assert str(caught.value) == f"template anfrage ({FILE}): the {part} is empty"


def test_what_may_be_missing_can_be_asked_for() -> None:
    """Conditions, comparisons, `or` and `default` take a missing value without an error."""
    body = (
        "{% if contact.company %}a{% else %}b{% endif %}"
        "{% if contact.form == 'frau' %}c{% endif %}{{ contact.given or 'd' }}{{ contact.given | default('e') }}"
        "{% if contact.phone is defined %}f{% endif %}{{ 'g' if contact.family }}{% if contact.du %}h{% endif %}"
    )
    assert rendered(body).text == "bde\n"


def test_a_letter_of_any_length_is_cut_off_at_256_kb() -> None:
    """A loop that prints without end stops with an error."""
    loops = "{% for a in 'xxxxxxxxxx' %}" * 6 + "x" * 100 + "{% endfor %}" * 6
    with pytest.raises(LetterError, match=r"j2\): the letter grows beyond 256 KB$"):
        rendered(loops)


INJECTIONS = [
    "{{ 7*7 }}",
    "{% for i in range(9) %}x{% endfor %}",
    "{{ ''.__class__ }}",
    "{# weg #}sichtbar",
    "Angebot\r\nBcc: alle@kunde.example",
    "Angebot\nContent-Type: text/html\n\n<script>",
    "Angebot\N{LINE SEPARATOR}Bcc: x\N{NEXT LINE}y\x00\x1b[31m",
    "Angebot \N{RIGHT-TO-LEFT OVERRIDE}fdp.exe",
    "«Liefertermin»",
    "---\nsubject: x\n---",
    '{{ gap("Liefertermin") }}',
    "\ud800 einzeln",
]


@pytest.mark.parametrize("text", INJECTIONS)
def test_a_mail_is_data(text: str) -> None:
    """What a stranger writes is never run, adds no line and no header, and opens no gap."""
    context = with_mail(subject=text, sender_name=text, sender_address="x@kunde.example")
    letter = rendered('{{ mail.subject }}|{{ mail.sender_name }}|{{ gap("Liefertermin") }}', context)
    assert letter.subject.startswith("AW: ")
    assert letter.subject.isprintable()
    assert letter.text.count("\n") == 1
    assert "49" not in letter.text
    assert letter.text.encode()
    assert open_gaps(letter.gaps, letter.text.replace("|«Liefertermin»", "|Montag")) == ()


def test_a_quoted_word_stays_as_it_was_in_the_subject() -> None:
    """The subject keeps the sender's own quotation marks; the text prints German ones."""
    letter = rendered("{{ mail.subject }}", with_mail(subject="Bestellung «Messer»"))
    assert (letter.subject, letter.text) == ("AW: Bestellung «Messer»", "Bestellung „Messer“\n")


def test_an_endless_subject_is_shortened() -> None:
    """A subject has at most 300 characters."""
    subject = rendered("x", with_mail(subject="Angebot " * 100)).subject
    assert len(subject) <= 300
    assert subject.endswith("Angebot…")


@given(st.text(min_size=1, max_size=200))
def test_no_mail_adds_a_line_or_a_header(text: str) -> None:
    """Whatever stands in a subject or a name, the letter has its own lines only."""
    context = with_mail(subject=text, sender_name=text)
    body = "Betreff: {{ mail.subject or 'ohne' }}\n\n{{ mail.sender_name or 'ohne' }}"
    letter = rendered(body, context, head="subject: \"AW: {{ mail.subject or 'Ihre Nachricht' }}\"")
    assert len(letter.subject.splitlines()) == 1
    assert len(letter.text.splitlines()) == 3
    assert "«" not in letter.text
    assert letter.subject.encode()
    assert letter.text.encode()


def test_gaps_are_named_once_and_in_order() -> None:
    """A gap that stands twice is one gap; one that isn't reached is the template's, not the letter's."""
    template = compile_template(
        source("{{ gap('B') }} {{ gap('A') }} {{ gap('B') }}{% if contact.given %}{{ gap('C') }}{% endif %}")
    )
    assert template.gaps == ("B", "A", "C")
    assert render(template, CONTEXT).gaps == ("B", "A")


@pytest.mark.parametrize(
    ("text", "still_open"),
    [
        ("bis «Liefertermin».", True),
        ("bis « Liefertermin ».", True),
        ("bis «LIEFERTERMIN».", True),
        ("bis «Liefer\N{SOFT HYPHEN}termin».", True),
        ("bis «Liefertermin.", True),
        ("bis Liefertermin».", True),
        (f"bis «{NB}Liefertermin{NB}».", True),
        ("bis «\nLiefertermin\n».", True),
        ("bis «Liefertermin: 5. Dezember».", True),
        ("bis 5. Dezember.", False),
        ("bis zum Liefertermin.", False),
        ("die «Messer» bis 5. Dezember.", False),
        ("der «Wunschliefertermin» ist", False),
        ("der «Lieferterminplan» ist", False),
        ("", False),
    ],
)
def test_a_gap_is_open_while_its_name_stands_beside_a_mark(text: str, still_open: bool) -> None:
    """A gap counts by its name beside « or »; ordinary quotation is none (home.md)."""
    assert open_gaps(("Liefertermin",), text) == (("Liefertermin",) if still_open else ())


def test_a_gap_of_several_words_is_found_over_a_line_break() -> None:
    """A mail program may wrap the line within the gap."""
    assert open_gaps(
        ("Wochentag und Datum", "Uhrzeit (h)"), "am «Wochentag\nund Datum» um «Uhrzeit (h)»"
    ) == (
        "Wochentag und Datum",
        "Uhrzeit (h)",
    )


def test_a_mail_can_not_slow_a_letter() -> None:
    """A subject and a new text of a megabyte cost a moment, not a minute."""
    started = time.perf_counter()
    letter = rendered("Hallo {{ mail.sender_name[:20] }}", with_mail(subject="« " * 500_000, sender_name="x"))
    open_gaps(("Liefertermin",), "«Liefertermi" * 100_000)
    assert len(letter.subject) <= 300
    assert time.perf_counter() - started < 20


def test_a_contact_is_printed_as_it_is() -> None:
    """Values of the contact are printed on one line."""
    context = LetterContext(
        "Hallo,",
        "x",
        "x",
        CONTEXT.client,
        CONTEXT.identity,
        NOW,
        MAIL,
        ContactView(given="Anna\n", company="«Bosch»"),
    )
    assert rendered("{{ contact.given }} von {{ contact.company }}", context).text == "Anna von „Bosch“\n"

"""Salutations and closings of contacts and names, each row with the source of its rule; mails: german_salutations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core.contact import Contact, Form
from maild.core.german.salutation import closing, joint_salutation, salutation
from maild.core.message import Address

TABLE = "german.md, table"
NOTHING_GUESSED = "german.md: no gender guessing (OLG Frankfurt 9 U 92/20, EuGH C-394/23)"
TITLE = "german.md: the highest title only, Professor written out, Dr. abbreviated, no faculty"
FEMALE_TITLE = "stil.de: Sehr geehrte Frau Professorin"
AUSTRIA = "german.md: in Austria also Mag., Dipl.-Ing."
NOBLE = "german.md: Graf, Fürst, Prinz, Baron replace Herr"
DROPPED = "german.md: Freiherr, Freifrau, Ritter, Edle dropped, particle kept"
DOCTOR_PRINCE = "sekretaria.de, wirtschaftswissen.de: Sehr geehrter Dr. Prinz von …"
PARTICLE = "german.md: particles belong to the surname"
DOUBLE = "german.md: double names in full"
NOBODY = "german.md: no name, company or role address"
CLIENT = "german.md: what a person or the client set always wins"
DU = "german.md: du only by the contact's flag"
STATED = "german.md: header title, stated pronouns"
FILLED = "german.md: each datum with its source, the header where the contact has none"

DAMEN = "Sehr geehrte Damen und Herren,"
ANY = "x17@kunde.example"


def person(given: str = "", family: str = "", form: str = "", title: str = "", **more: object) -> Contact:
    """A contact with what a row gives."""
    return Contact(ANY, given, family, title, Form(form), **more)  # type: ignore[arg-type]


HEADERS = [
    (TABLE, "Müller, Anna", "Guten Tag Anna Müller,"),
    (TABLE, "Dr. A. Müller (Bosch)", "Guten Tag Dr. A. Müller,"),
    (TABLE, "MÜLLER, ANNA", "Guten Tag Anna Müller,"),
    (TABLE, "Anna Müller via Kontaktformular", "Guten Tag Anna Müller,"),
    (TABLE, "Nguyen Thi Mai", "Guten Tag Nguyen Thi Mai,"),
    (TABLE, "Wang Wei", "Guten Tag Wang Wei,"),
    (TABLE, "Müller Anna", "Guten Tag Müller Anna,"),
    (TABLE, "", DAMEN),
    (TABLE, "Vertrieb", DAMEN),
    (TABLE, "Mustermann GmbH", DAMEN),
    (TABLE, "Peter Klein (er/ihm)", "Sehr geehrter Herr Klein,"),
    (TABLE, "i. A. Sabine Klein", "Guten Tag Sabine Klein,"),
    (NOTHING_GUESSED, "Hans Müller", "Guten Tag Hans Müller,"),
    (NOTHING_GUESSED, "Andrea Rossi", "Guten Tag Andrea Rossi,"),
    (TITLE, "Prof. Dr. Hans-Peter Schäfer", "Guten Tag Professor Hans-Peter Schäfer,"),
    (TITLE, "Dr. med. dent. Lisa Groß", "Guten Tag Dr. Lisa Groß,"),
    (TITLE, "Dipl.-Ing. Max Weiß", "Guten Tag Max Weiß,"),
    (TITLE, "Dr. Müller", "Guten Tag Dr. Müller,"),
    (PARTICLE, "Ursula von der Leyen", "Guten Tag Ursula von der Leyen,"),
    (NOBLE, "Otto Graf Lambsdorff", "Guten Tag Otto Graf Lambsdorff,"),
    (DROPPED, "Karl Freiherr von Thurner", "Guten Tag Karl Freiherr von Thurner,"),
    (STATED, "Frau Anna Müller", "Sehr geehrte Frau Müller,"),
    (STATED, "Herr Klein", "Sehr geehrter Herr Klein,"),
    (STATED, "Anna Groß (sie/ihr)", "Sehr geehrte Frau Groß,"),
    (STATED, "Alex Adler (they/them)", "Guten Tag Alex Adler,"),
    (NOBODY, "Müller", DAMEN),
    (NOBODY, "Kaufen Sie jetzt", DAMEN),
]

CONTACTS = [
    (TABLE, person("Anna", "Müller", "frau"), "Sehr geehrte Frau Müller,"),
    (TABLE, person("Anna", "Müller"), "Guten Tag Anna Müller,"),
    (TABLE, person("Hans-Peter", "Schäfer", "herr", "Prof. Dr."), "Sehr geehrter Herr Professor Schäfer,"),
    (TABLE, person("Lisa", "Groß", "frau", "Dr. med. dent."), "Sehr geehrte Frau Dr. Groß,"),
    (TABLE, person("Max", "Weiß", "herr", "Dipl.-Ing."), "Sehr geehrter Herr Weiß,"),
    (TABLE, person("Ursula", "von der Leyen", "frau"), "Sehr geehrte Frau von der Leyen,"),
    (TABLE, person("Otto", "Lambsdorff", "herr", nobility="Graf"), "Sehr geehrter Graf Lambsdorff,"),
    (NOTHING_GUESSED, person("Kim", "Adler", "neutral"), "Guten Tag Kim Adler,"),
    (FEMALE_TITLE, person("Anna", "Groß", "frau", "Prof. Dr."), "Sehr geehrte Frau Professorin Groß,"),
    (TITLE, person("", "Groß", "", "Dr."), "Guten Tag Dr. Groß,"),
    (TITLE, person("Anna", "Groß", "neutral", "Prof."), "Guten Tag Professor Anna Groß,"),
    (DOUBLE, person("Anna", "Müller-Lüdenscheidt", "frau"), "Sehr geehrte Frau Müller-Lüdenscheidt,"),
    (DOUBLE, person("Gabriel", "García Márquez", "herr"), "Sehr geehrter Herr García Márquez,"),
    (NOBLE, person("Otto", "Graf Lambsdorff", "herr"), "Sehr geehrter Graf Lambsdorff,"),
    (NOBLE, person("Sophie", "von Thurn", "frau", nobility="Gräfin"), "Sehr geehrte Gräfin von Thurn,"),
    (NOBLE, person("Leopold", "von Baden", "herr", nobility="Baron"), "Sehr geehrter Baron von Baden,"),
    (NOBLE, person("Karl", "zu Wied", "herr", nobility="Fürst"), "Sehr geehrter Fürst zu Wied,"),
    (NOBLE, person("Anna", "Müller", "frau", nobility="Graf"), "Sehr geehrte Frau Graf Müller,"),
    (
        DOCTOR_PRINCE,
        person("Alexander", "von Baden", "herr", "Dr.", nobility="Prinz"),
        "Sehr geehrter Dr. Prinz von Baden,",
    ),
    (DROPPED, person("Karl", "von Thurner", "herr", nobility="Freiherr"), "Sehr geehrter Herr von Thurner,"),
    (DROPPED, person("Rita", "von Stein", "frau", nobility="Freifrau"), "Sehr geehrte Frau von Stein,"),
    (
        DROPPED,
        person("Rita", "von Stein", "frau", "Dr.", nobility="Edle"),
        "Sehr geehrte Frau Dr. von Stein,",
    ),
    (DROPPED, person("Tom", "von Epp", "herr", nobility="Ritter"), "Sehr geehrter Herr von Epp,"),
    (NOBODY, person(), DAMEN),
    (NOBODY, person(company="Mustermann GmbH"), DAMEN),
    (NOBODY, person("Anna", "Müller", "company"), DAMEN),
    (NOBODY, person("", "Müller"), DAMEN),
    (NOBODY, person("", "", "frau"), DAMEN),
    (CLIENT, person("Anna", "Müller", "frau", custom_salutation="Hallo Frau Müller"), "Hallo Frau Müller,"),
    (CLIENT, person(custom_salutation=" Moin  Anna!\n"), "Moin Anna,"),
    (CLIENT, person("Anna", "Müller", "frau", custom_salutation=" , "), "Sehr geehrte Frau Müller,"),
    (CLIENT, person("Anna", "Müller", "frau", custom_salutation="Liebe Anna,", du=True), "Liebe Anna,"),
    (DU, person("Anna", "Müller", "frau", du=True), "Liebe Anna,"),
    (DU, person("Peter", "Klein", "herr", "Dr.", du=True), "Lieber Peter,"),
    (DU, person("Kim", "Adler", "neutral", du=True), "Hallo Kim,"),
    (DU, person("Kim", "Adler", du=True), "Hallo Kim,"),
    (DU, person("", "Adler", "frau", du=True), "Hallo,"),
    (DU, person("Anna"), "Guten Tag Anna,"),
]

ENGLISH = [
    (person("Anna", "Müller", "frau"), "Dear Ms Müller,"),
    (person("Peter", "Klein", "herr"), "Dear Mr Klein,"),
    (person("Anna", "Müller"), "Dear Anna Müller,"),
    (person("Lisa", "Groß", "frau", "Dr. med."), "Dear Dr Groß,"),
    (person("Hans", "Schäfer", "herr", "Prof. Dr."), "Dear Professor Schäfer,"),
    (person("A.", "Müller", "", "Dr."), "Dear Dr A. Müller,"),
    (person("Otto", "Lambsdorff", "herr", nobility="Graf"), "Dear Graf Lambsdorff,"),
    (person("Karl", "von Thurner", "herr", nobility="Freiherr"), "Dear Mr von Thurner,"),
    (person("Anna", "Müller", "frau", du=True), "Dear Anna,"),
    (person("", "Müller"), "Dear Sir or Madam,"),
    (person(), "Dear Sir or Madam,"),
    (person("Anna", "Müller", "company"), "Dear Sir or Madam,"),
    (person(custom_salutation="Hi Anna"), "Hi Anna,"),
]


@pytest.mark.parametrize(("source", "written", "line"), HEADERS)
def test_salutation_from_the_header(source: str, written: str, line: str) -> None:
    """Without a contact the header's name is greeted, and nothing is guessed."""
    assert salutation(None, Address(ANY, written)) == line, source


@pytest.mark.parametrize(("source", "contact", "line"), CONTACTS)
def test_salutation_from_the_contact(source: str, contact: Contact, line: str) -> None:
    """A contact is greeted as the client has it."""
    assert salutation(contact, None) == line, source
    assert salutation(contact, Address(ANY, "Irgend Wer")).startswith(line) or not (
        contact.given or contact.family
    )


@pytest.mark.parametrize(
    ("source", "address"),
    [
        (TABLE, Address("anna.mueller@kunde.example")),
        (TABLE, Address("info@kunde.example", "Anna Müller")),
        (TABLE, Address("noreply@formular.example", "Anna Müller via Kontaktformular")),
        (NOBODY, None),
    ],
)
def test_nobody_known_is_damen_und_herren(source: str, address: Address | None) -> None:
    """An address alone tells no name, a role address tells none worth using."""
    assert salutation(None, address) == DAMEN, source


@pytest.mark.parametrize(
    ("source", "contact", "written", "line"),
    [
        (CLIENT, person("Anna", "Groß", "frau"), "Peter Klein", "Sehr geehrte Frau Groß,"),
        (FILLED, person(form="frau"), "Anna Müller", "Sehr geehrte Frau Müller,"),
        (FILLED, person(title="Dr."), "Anna Müller", "Guten Tag Dr. Anna Müller,"),
        (FILLED, person(form="frau"), "Nguyen Thi Mai", "Guten Tag Nguyen Thi Mai,"),
        (FILLED, person(company="Bosch"), "Anna Müller", "Guten Tag Anna Müller,"),
        (FILLED, person("", "Müller"), "Anna Müller", "Guten Tag Anna Müller,"),
        (FILLED, person("", "Mueller"), "Anna Müller", "Guten Tag Anna Mueller,"),
        (FILLED, person("", "Müller"), "Peter Klein", DAMEN),
        (FILLED, person("Anna", "Müller"), "Dr. Anna Müller", "Guten Tag Dr. Anna Müller,"),
        (FILLED, person("Peter", "Klein"), "Peter Klein (er/ihm)", "Sehr geehrter Herr Klein,"),
        (FILLED, person("Peter", "Klein", "neutral"), "Herr Peter Klein", "Guten Tag Peter Klein,"),
        (FILLED, person("Anna", du=True), "Anna Müller", "Hallo Anna,"),
        (FILLED, person(form="company"), "Anna Müller", DAMEN),
        (DU, person(du=True), "Anna Müller", "Hallo Anna,"),
    ],
)
def test_the_contact_beats_the_header(source: str, contact: Contact, written: str, line: str) -> None:
    """The header fills what the contact leaves open, only for the same person, and overrules nothing."""
    assert salutation(contact, Address(ANY, written)) == line, source


@pytest.mark.parametrize(("contact", "line"), ENGLISH)
def test_salutation_in_english(contact: Contact, line: str) -> None:
    """English letters say Ms and Mr, and a title in their place."""
    assert salutation(contact, None, language="en") == line


@pytest.mark.parametrize(
    ("source", "title", "line"),
    [
        (AUSTRIA, "Mag.", "Sehr geehrter Herr Mag. Weiß,"),
        (AUSTRIA, "Dipl.-Ing.", "Sehr geehrter Herr Dipl.-Ing. Weiß,"),
        (AUSTRIA, "Mag. Dr.", "Sehr geehrter Herr Dr. Weiß,"),
        (AUSTRIA, "", "Sehr geehrter Herr Weiß,"),
    ],
)
def test_salutation_in_austria(source: str, title: str, line: str) -> None:
    """In Austria Mag. and Dipl.-Ing. are said too, still the highest title only."""
    assert salutation(person("Max", "Weiß", "herr", title), None, language="de_AT") == line, source


@pytest.mark.parametrize(
    ("contact", "line"),
    [
        (person("Anna", "Müller", "frau"), "Guten Tag Frau Müller,"),
        (person("Peter", "Klein", "herr", "Dr."), "Guten Tag Herr Dr. Klein,"),
        (person("Anna", "Müller"), "Guten Tag Anna Müller,"),
        (person("Anna", "Müller", "frau", du=True), "Liebe Anna,"),
        (person("", "Müller"), "Guten Tag,"),
        (None, "Guten Tag,"),
    ],
)
def test_an_informal_client_still_says_sie(contact: Contact | None, line: str) -> None:
    """The client's style makes the salutation plainer; du needs the contact's own flag."""
    assert salutation(contact, None, informal=True) == line


GROSS, KLEIN = person("Lisa", "Groß", "frau"), person("Peter", "Klein", "herr")
DOCTOR = person("Max", "Weiß", "herr", "Dr.")


@pytest.mark.parametrize(
    ("source", "contacts", "line"),
    [
        (TABLE, [GROSS, KLEIN], "Sehr geehrte Frau Groß, sehr geehrter Herr Klein,"),
        ("german.md: then lady first", [KLEIN, GROSS], "Sehr geehrte Frau Groß, sehr geehrter Herr Klein,"),
        (
            "german.md: higher rank first",
            [GROSS, DOCTOR],
            "Sehr geehrter Herr Dr. Weiß, sehr geehrte Frau Groß,",
        ),
        (
            "german.md: two, second sehr small",
            [GROSS, person("Kim", "Adler")],
            "Sehr geehrte Frau Groß, guten Tag Kim Adler,",
        ),
        ("german.md: from four names", [GROSS, KLEIN, DOCTOR, GROSS], DAMEN),
        (NOBODY, [GROSS, person()], DAMEN),
        (NOBODY, [], DAMEN),
    ],
)
def test_several_are_greeted_in_one_line(source: str, contacts: list[Contact], line: str) -> None:
    """Two or three are named by rank, more are Damen und Herren."""
    assert joint_salutation(contacts) == line, source


def test_several_in_english() -> None:
    """English joins the names with and."""
    assert joint_salutation([KLEIN, GROSS], language="en") == "Dear Ms Groß and Mr Klein,"


@pytest.mark.parametrize(
    ("language", "informal", "line"),
    [
        ("de", False, "Mit freundlichen Grüßen"),
        ("de", True, "Viele Grüße"),
        ("de_CH", False, "Mit freundlichen Grüssen"),
        ("de-CH", True, "Viele Grüsse"),
        ("de_AT", False, "Mit freundlichen Grüßen"),
        ("en", False, "Kind regards"),
        ("en_GB", True, "Best wishes"),
    ],
)
def test_closing(language: str, informal: bool, line: str) -> None:
    """The closing has no punctuation, and ss in Switzerland (german.md, Letter)."""
    assert closing(language, informal) == line


TEXT = st.text(max_size=60).filter(lambda text: "None" not in text)
NAMES = st.one_of(TEXT, st.sampled_from(["Anna", "Müller", "von der Leyen", "Graf Spee", "", " "]))
CONTACTS_ANY = st.builds(
    Contact,
    address=st.just(ANY),
    given=NAMES,
    family=NAMES,
    title=st.one_of(NAMES, st.sampled_from(["Dr.", "Prof. Dr.", "Mag."])),
    form=st.sampled_from(Form),
    nobility=st.one_of(NAMES, st.sampled_from(["Graf", "Freifrau", "Baronin"])),
    custom_salutation=st.one_of(st.just(""), NAMES),
    du=st.booleans(),
)


@given(
    contact=st.one_of(st.none(), CONTACTS_ANY),
    written=TEXT,
    language=st.sampled_from(["de", "en", "de_AT", "de_CH", "fr", ""]),
    informal=st.booleans(),
)
def test_a_salutation_is_always_one_clean_line(
    contact: Contact | None, written: str, language: str, informal: bool
) -> None:
    """Whatever the data, it is one line that ends in a comma, without doubled blanks or a None."""
    line = salutation(contact, Address(ANY, written), language=language, informal=informal)
    assert line.endswith(",")
    assert line == " ".join(line.split())
    assert not line.endswith((" ,", ",,"))
    assert "None" not in line
    assert line.isprintable() or all(char.isprintable() or char.isspace() for char in line)

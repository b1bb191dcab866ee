"""What is read out of a display name, row by row, each with the rule it stands for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core.contact import Contact, Form
from maild.core.german.names import PersonName, contact_name, one_line, read_name, same_name
from maild.core.german.titles import titles_in
from maild.core.message import Address

TABLE = "german.md, table"
NAME = "german.md, reading a name"
PARTICLE = "german.md: von/van/zu/de belong to the surname"
TITLE = "german.md: only Dr. and Prof., without faculty"
NOBLE = "german.md: nobility"
STATED = "german.md: form only by header title or stated pronouns"
ORDER = "german.md, table: name as written"

PEOPLE = [
    (TABLE, "Müller, Anna", PersonName("Anna", "Müller")),
    (TABLE, "Dr. A. Müller (Bosch)", PersonName("A.", "Müller", ("Dr.",))),
    (TABLE, "Prof. Dr. Hans-Peter Schäfer", PersonName("Hans-Peter", "Schäfer", ("Prof.", "Dr."))),
    (TABLE, "Dr. med. dent. Lisa Groß", PersonName("Lisa", "Groß", ("Dr.",))),
    (TABLE, "Dipl.-Ing. Max Weiß", PersonName("Max", "Weiß", ("Dipl.-Ing.",))),
    (TABLE, "Ursula von der Leyen", PersonName("Ursula", "von der Leyen")),
    (TABLE, "Otto Graf Lambsdorff", PersonName("Otto", "Lambsdorff", nobility="Graf")),
    (TABLE, "MÜLLER, ANNA", PersonName("Anna", "Müller")),
    (TABLE, "Anna Müller via Kontaktformular", PersonName("Anna", "Müller")),
    (TABLE, "Peter Klein (er/ihm)", PersonName("Peter", "Klein", form=Form.HERR)),
    (TABLE, "i. A. Sabine Klein", PersonName("Sabine", "Klein")),
    (ORDER, "Nguyen Thi Mai", PersonName("Nguyen Thi Mai")),
    (ORDER, "Wang Wei", PersonName("Wang Wei")),
    (ORDER, "Müller Anna", PersonName("Müller", "Anna")),
    (NAME, "Anna Müller | Mustermann GmbH", PersonName("Anna", "Müller")),
    (NAME, "Anna Müller · Vertrieb", PersonName("Anna", "Müller")),
    (NAME, "Anna Müller - Bosch", PersonName("Anna", "Müller")),
    (NAME, "Anna Müller/Bosch", PersonName("Anna", "Müller")),
    (NAME, "Anna Müller [Bosch]", PersonName("Anna", "Müller")),
    (NAME, "Anna Müller (Bosch", PersonName("Anna", "Müller")),
    (NAME, "Anna Müller @ Bosch", PersonName("Anna", "Müller")),
    (NAME, "Anna Müller über LinkedIn", PersonName("Anna", "Müller")),
    (NAME, "Anna Müller im Auftrag von Bosch", PersonName("Anna", "Müller")),
    (NAME, "Anna Müller on behalf of Bosch", PersonName("Anna", "Müller")),
    (NAME, "Anna Müller +49 231 123456-78", PersonName("Anna", "Müller")),
    (NAME, "Anna Müller, Tel. 0231/123456", PersonName("Anna", "Müller")),
    (NAME, "„Anna Müller“", PersonName("Anna", "Müller")),
    (NAME, "'Anna Müller'", PersonName("Anna", "Müller")),
    (NAME, '"Müller, Anna"', PersonName("Anna", "Müller")),
    (NAME, "  Anna \t Müller\r\n ", PersonName("Anna", "Müller")),
    (NAME, "Anna \N{BLACK HEART SUIT} Müller", PersonName("Anna", "Müller")),
    (NAME, "Anna Mu\N{COMBINING DIAERESIS}ller", PersonName("Anna", "Müller")),
    (NAME, "\N{RIGHT-TO-LEFT OVERRIDE}Anna Müller", PersonName("Anna", "Müller")),
    (NAME, "anna müller", PersonName("Anna", "Müller")),
    (NAME, "ANNA MÜLLER-LÜDENSCHEIDT", PersonName("Anna", "Müller-Lüdenscheidt")),
    (NAME, "Anna MÜLLER", PersonName("Anna", "Müller")),
    (NAME, "O'NEIL, JOHN", PersonName("John", "O'Neil")),
    (NAME, "Müller, Anna (anna@kunde.example)", PersonName("Anna", "Müller")),
    (NAME, "Müller, Anna, Einkauf", PersonName("Anna", "Müller")),
    (NAME, "Anna Müller, Mustermann GmbH", PersonName("Anna", "Müller")),
    (NAME, "Müller, Anna Maria", PersonName("Anna Maria", "Müller")),
    (NAME, "Anna M.", PersonName("Anna M.")),
    (NAME, "i.V. Max Weiß", PersonName("Max", "Weiß")),
    (NAME, "ppa. Max Weiß", PersonName("Max", "Weiß")),
    (NAME, "Per Mertens", PersonName("Per", "Mertens")),
    (NAME, "Анна Иванова", PersonName("Анна", "Иванова")),
    (TITLE, "Müller, Dr. Anna", PersonName("Anna", "Müller", ("Dr.",))),
    (TITLE, "Dr. Müller, Anna", PersonName("Anna", "Müller", ("Dr.",))),
    (TITLE, "Müller, Anna, Dr.", PersonName("Anna", "Müller", ("Dr.",))),
    (TITLE, "Müller Dr., Anna", PersonName("Anna", "Müller", ("Dr.",))),
    (TITLE, "Dr.Müller", PersonName("", "Müller", ("Dr.",))),
    (TITLE, "DR. MED. ANNA MÜLLER", PersonName("Anna", "Müller", ("Dr.",))),
    (TITLE, "Dr. H. Müller", PersonName("H.", "Müller", ("Dr.",))),
    (TITLE, "Dr. h. c. Max Weiß", PersonName("Max", "Weiß", ("Dr.",))),
    (TITLE, "Dr.-Ing. Max Weiß", PersonName("Max", "Weiß", ("Dr.",))),
    (TITLE, "Dr. rer. nat. Max Weiß", PersonName("Max", "Weiß", ("Dr.",))),
    (TITLE, "Univ.-Prof. DDr. Anna Groß", PersonName("Anna", "Groß", ("Prof.", "Dr."))),
    (TITLE, "Dipl. Ing. Max Weiß", PersonName("Max", "Weiß", ("Dipl.-Ing.",))),
    (TITLE, "Anna Müller, M.A.", PersonName("Anna", "Müller")),
    (TITLE, "Max Weiß M. Sc.", PersonName("Max", "Weiß")),
    (TITLE, "Anna Müller, MBA", PersonName("Anna", "Müller")),
    (TITLE, "RA Max Weiß", PersonName("Max", "Weiß")),
    (TITLE, "John Smith, Jr.", PersonName("John", "Smith")),
    (TITLE, "Amartya Sen", PersonName("Amartya", "Sen")),
    (PARTICLE, "Leyen, Ursula von der", PersonName("Ursula", "von der Leyen")),
    (PARTICLE, "von der Leyen, Ursula", PersonName("Ursula", "von der Leyen")),
    (PARTICLE, "LEYEN, URSULA VON DER", PersonName("Ursula", "von der Leyen")),
    (PARTICLE, "VON DER LEYEN, URSULA", PersonName("Ursula", "von der Leyen")),
    (PARTICLE, "van Gogh, Vincent", PersonName("Vincent", "van Gogh")),
    (PARTICLE, "Harald zur Hausen", PersonName("Harald", "zur Hausen")),
    (PARTICLE, "Jan Van Damme", PersonName("Jan", "Van Damme")),
    (PARTICLE, "Maria d'Angelo", PersonName("Maria", "d'Angelo")),
    (NOBLE, "Lambsdorff, Otto Graf", PersonName("Otto", "Lambsdorff", nobility="Graf")),
    (NOBLE, "Graf Lambsdorff, Otto", PersonName("Otto", "Lambsdorff", nobility="Graf")),
    (NOBLE, "Thurner, Karl Freiherr von", PersonName("Karl", "von Thurner", nobility="Freiherr")),
    (
        NOBLE,
        "Karl Freiherr von und zu Thurner",
        PersonName("Karl", "von und zu Thurner", nobility="Freiherr"),
    ),
    (NOBLE, "Thomas Ritter von Epp", PersonName("Thomas", "von Epp", nobility="Ritter")),
    (NOBLE, "Thomas Ritter", PersonName("Thomas", "Ritter")),
    (NOBLE, "Steffi Graf", PersonName("Steffi", "Graf")),
    (STATED, "Frau Anna Müller", PersonName("Anna", "Müller", form=Form.FRAU)),
    (STATED, "Herr Klein", PersonName("", "Klein", form=Form.HERR)),
    (STATED, "Frau Dr. med. Groß", PersonName("", "Groß", ("Dr.",), Form.FRAU)),
    (STATED, "Mr. John Smith", PersonName("John", "Smith", form=Form.HERR)),
    (STATED, "Anna Groß (sie/ihr)", PersonName("Anna", "Groß", form=Form.FRAU)),
    (STATED, "Kim Adler (they/them)", PersonName("Kim Adler", form=Form.NEUTRAL)),
    (STATED, "Alex Adler | she/her", PersonName("Alex", "Adler", form=Form.FRAU)),
]

NOBODY = [
    (TABLE, ""),
    (TABLE, "Vertrieb"),
    (TABLE, "Mustermann GmbH"),
    (NAME, "via Kontaktformular"),
    (NAME, "Mustermann AG"),
    (NAME, "Mustermann e.K."),
    (NAME, "Sportverein Musterstadt e. V."),
    (NAME, "MUSTERMANN GMBH"),
    (NAME, "Acme B.V."),
    (NAME, "Northwind Tools Ltd"),
    (NAME, "Novo Nordisk A/S"),
    (NAME, "Müller & Sohn"),
    (NAME, "Schmidt, Müller & Partner"),
    (NAME, "Anna und Peter Müller"),
    (NAME, "Ihr Team"),
    (NAME, "Team Müller"),
    (NAME, "Praxis Dr. Groß"),
    (NAME, "Kanzlei Weiß"),
    (NAME, "Büro Lindner"),
    (NAME, "Autohaus Schmidt"),
    (NAME, "Stadtwerke Dortmund"),
    (NAME, "Kundenservice Nord"),
    (NAME, "anna.mueller@kunde.example"),
    (NAME, "Anna Müller anna@andere.example"),
    (NAME, "Müller"),
    (NAME, "王伟"),
    (NAME, "anna1987"),
    (NAME, "Kaufen Sie jetzt"),
    (NAME, "Gewinn der Woche"),
    (NAME, "{{ 7*7 }} Müller"),
    (NAME, "«»"),
    (NAME, "Dr."),
    (NAME, "Müller, Anna, Berlin"),
    (NAME, "Anna " * 60),
]


@pytest.mark.parametrize(("source", "written", "name"), PEOPLE)
def test_a_person_is_read(source: str, written: str, name: PersonName) -> None:
    """A person's display name comes apart as its rule says."""
    assert read_name(Address("x17@kunde.example", written)) == name, source


@pytest.mark.parametrize(("source", "written"), NOBODY)
def test_what_names_no_single_person_is_nobody(source: str, written: str) -> None:
    """Companies, roles, several people, slogans and single words are no person."""
    assert read_name(Address("x17@kunde.example", written)) is None, source


@pytest.mark.parametrize(
    "local", ["info", "INFO", "vertrieb", "no-reply", "noreply", "service.nord", "info+angebot"]
)
def test_a_role_address_is_nobody_whatever_its_name(local: str) -> None:
    """At info@ the reader is whoever is there, so no name is used."""
    assert read_name(Address(f"{local}@kunde.example", "Anna Müller")) is None


@pytest.mark.parametrize(
    ("address", "written", "full"),
    [
        ("anna.mueller@kunde.example", "Mustermann GmbH | Anna Müller", "Anna Müller"),
        ("zentrum@kunde.example", "Mustermann GmbH | Standort Berlin", None),
        ("anna.mueller@kunde.example", "Anna Müller, Dortmund", "Anna Müller"),
        ("x17@kunde.example", "Anna Müller, Dortmund", None),
        ("maria.garcia@kunde.example", "Garcia Lopez, Maria", "Maria Garcia Lopez"),
        ("hallo@bosch-rexroth.example", "Bosch Rexroth", None),
        ("anna@anna-mueller.example", "Anna Müller", "Anna Müller"),
    ],
)
def test_the_address_settles_what_the_name_leaves_open(address: str, written: str, full: str | None) -> None:
    """A name in a doubtful place counts if the part before the @ bears it out, a firm's name never."""
    name = read_name(Address(address, written))
    assert (name and name.full) == full


@pytest.mark.parametrize(
    ("contact", "name"),
    [
        (Contact("a@b.example"), None),
        (Contact("a@b.example", company="Bosch"), None),
        (
            Contact("a@b.example", form=Form.COMPANY, family="Müller"),
            PersonName(form=Form.COMPANY, company=True),
        ),
        (
            Contact("a@b.example", given=" Anna\n", family="Müller ", title="Prof. Dr. med.", form=Form.FRAU),
            PersonName("Anna", "Müller", ("Prof.", "Dr."), Form.FRAU),
        ),
        (Contact("a@b.example", given="Dr. Anna", family="Groß"), PersonName("Anna", "Groß", ("Dr.",))),
        (
            Contact("a@b.example", given="Otto", family="Graf Lambsdorff"),
            PersonName("Otto", "Lambsdorff", nobility="Graf"),
        ),
        (
            Contact("a@b.example", family="von Thurner", nobility="Freifrau", title="Geschäftsführerin"),
            PersonName("", "von Thurner", nobility="Freifrau"),
        ),
    ],
)
def test_a_contact_is_taken_as_the_client_gives_it(contact: Contact, name: PersonName | None) -> None:
    """A contact's own fields make its name; titles that are none are left out."""
    assert contact_name(contact) == name


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("", ()),
        ("Dr. Prof.", ("Prof.", "Dr.")),
        ("Dr. Dr. h.c. mult.", ("Dr.",)),
        ("Mag. Dr.", ("Dr.", "Mag.")),
        ("Dipl.-Kfm.", ()),
        ("Professorin", ("Prof.",)),
        ("Geschäftsführer", ()),
    ],
)
def test_titles_are_ranked(text: str, titles: tuple[str, ...]) -> None:
    """Titles come out once each, the highest first."""
    assert titles_in(text) == titles


def test_names_are_compared_however_written() -> None:
    """Müller and MUELLER are the same name, two empty ones are not."""
    assert same_name("Müller-Groß", "MUELLER-GROSS")
    assert not same_name("Müller", "Möller")
    assert not same_name("", "")


@given(st.text(max_size=80), st.sampled_from(["x17", "anna.mueller", "info"]))
def test_reading_never_raises_and_never_prints_rubbish(written: str, local: str) -> None:
    """Whatever a stranger writes, a name that is read is one line of letters without doubled blanks."""
    name = read_name(Address(f"{local}@kunde.example", written))
    if name is not None:
        assert name.full
        assert name.full == one_line(name.full)
        assert not set(name.full) & set('«»{}<>@"0123456789\n')


PIECES = [
    "Dr.",
    "Prof.",
    "Anna",
    "MÜLLER",
    "von",
    "der",
    ",",
    "(",
    ")",
    "|",
    "-",
    "Graf",
    "GmbH",
    "i.A.",
    "(sie/ihr)",
]


@given(
    st.lists(st.sampled_from([*PIECES, "via", "é", "李", "Frau", "Nguyen", "&", "im", "Auftrag", "Dr.-Ing."]))
)
def test_reading_never_raises_on_pieces_of_names(pieces: list[str]) -> None:
    """Any arrangement of what stands in names is read or refused, never an error."""
    name = read_name(Address("x17@kunde.example", " ".join(pieces)))
    assert name is None or name.full == " ".join(name.full.split())


def test_a_long_hostile_name_is_refused_at_once() -> None:
    """A name of a megabyte costs nothing."""
    assert read_name(Address("x17@kunde.example", "((((" * 250_000)) is None
    assert read_name(Address("x17@kunde.example", "(" * 100 + ")" * 100)) is None

"""The particulars by legal form: what is printed, what is missing, what is doubtful; each with its statute."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core.german.particulars import FORMS, Particulars, doubtful, lines, missing

GMBH = Particulars(
    form="GmbH",
    firm="Brugman Werkzeuge GmbH",
    seat="Dortmund",
    register="Amtsgericht Dortmund",
    number="HRB 12345",
    directors=("Anna Brugman", "Peter Klein"),
)
AG = replace(
    GMBH,
    form="AG",
    firm="Brugman AG",
    directors=("Anna Brugman", "Peter Klein"),
    board_chair="Peter Klein",
    supervisory_chair="Dr. Lisa Groß",
)
CO_KG = replace(
    GMBH,
    form="GmbH & Co. KG",
    firm="Brugman GmbH & Co. KG",
    number="HRA 777",
    directors=("Anna Brugman",),
    general_partner="Brugman Verwaltungs GmbH",
    general_partner_seat="Hagen",
    general_partner_register="Amtsgericht Hagen",
    general_partner_number="HRB 99",
)
TRADER = Particulars("e.K.", "Werkzeughaus Klein e.K.", "Hagen", "Amtsgericht Hagen", "HRA 1")
FREELANCE = Particulars("freelance", "Anna Müller", address="Hauptstraße 1, 44137 Dortmund")
FOREIGN = Particulars(
    "foreign", "Northwind Tools Ltd", "12 Dock Road, London", "Companies House", "01234567", ("Jane Doe",)
)
BRANCH = replace(
    FOREIGN,
    form="foreign-branch",
    branch_seat="Köln",
    branch_register="Amtsgericht Köln",
    branch_number="HRB 5",
)
LIQUIDATION = replace(GMBH, directors=(), liquidators=("Peter Klein",))


@pytest.mark.parametrize(
    ("source", "particulars", "language", "printed"),
    [
        (
            "§ 35a GmbHG",
            GMBH,
            "de",
            "Brugman Werkzeuge GmbH, Sitz: Dortmund\n"
            "Amtsgericht Dortmund, HRB 12345\n"
            "Geschäftsführung: Anna Brugman, Peter Klein",
        ),
        (
            "§ 35a GmbHG, chair of the supervisory board if there is one",
            replace(GMBH, supervisory_chair="Lisa Groß"),
            "de",
            "Brugman Werkzeuge GmbH, Sitz: Dortmund\n"
            "Amtsgericht Dortmund, HRB 12345\n"
            "Geschäftsführung: Anna Brugman, Peter Klein\n"
            "Vorsitz des Aufsichtsrats: Lisa Groß",
        ),
        (
            "§ 80 AktG",
            AG,
            "de",
            "Brugman AG, Sitz: Dortmund\n"
            "Amtsgericht Dortmund, HRB 12345\n"
            "Vorstand: Peter Klein (Vorsitz), Anna Brugman\n"
            "Vorsitz des Aufsichtsrats: Dr. Lisa Groß",
        ),
        ("§ 37a HGB", TRADER, "de", "Werkzeughaus Klein e.K., Sitz: Hagen\nAmtsgericht Hagen, HRA 1"),
        (
            "§§ 125, 177a HGB",
            CO_KG,
            "de",
            "Brugman GmbH & Co. KG, Sitz: Dortmund\n"
            "Amtsgericht Dortmund, HRA 777\n"
            "Persönlich haftende Gesellschafterin: Brugman Verwaltungs GmbH, Sitz: Hagen, Amtsgericht Hagen, HRB 99\n"
            "Geschäftsführung: Anna Brugman",
        ),
        ("german.md: freelance", FREELANCE, "de", "Anna Müller\nHauptstraße 1, 44137 Dortmund"),
        (
            "german.md: foreign",
            FOREIGN,
            "de",
            "Northwind Tools Ltd, Sitz: 12 Dock Road, London\nCompanies House, 01234567\nGeschäftsführung: Jane Doe",
        ),
        (
            "german.md: foreign",
            FOREIGN,
            "en",
            "Northwind Tools Ltd, registered office: 12 Dock Road, London\n"
            "Companies House, 01234567\n"
            "Directors: Jane Doe",
        ),
        (
            "§ 35a (4) GmbHG",
            BRANCH,
            "de",
            "Northwind Tools Ltd, Sitz: 12 Dock Road, London\n"
            "Companies House, 01234567\n"
            "Zweigniederlassung: Köln, Amtsgericht Köln, HRB 5\n"
            "Geschäftsführung: Jane Doe",
        ),
        (
            "§ 71 (5) GmbHG",
            LIQUIDATION,
            "de",
            "Brugman Werkzeuge GmbH i. L., Sitz: Dortmund\n"
            "Amtsgericht Dortmund, HRB 12345\n"
            "Liquidatoren: Peter Klein",
        ),
        (
            "§ 268 (4) AktG",
            replace(AG, firm="Brugman AG i. L.", liquidators=("Peter Klein",), supervisory_chair=""),
            "de",
            "Brugman AG i. L., Sitz: Dortmund\nAmtsgericht Dortmund, HRB 12345\nAbwickler: Peter Klein",
        ),
        ("home.md: text is verbatim", replace(GMBH, text="So\n  und  so\n"), "de", "So\n  und  so"),
        ("nothing known, nothing printed", Particulars("GmbH"), "de", ""),
    ],
)
def test_lines(source: str, particulars: Particulars, language: str, printed: str) -> None:
    """Each legal form prints what its statute asks for."""
    assert lines(particulars, language) == printed, source


@pytest.mark.parametrize(
    ("source", "form", "needed"),
    [
        ("§ 35a GmbHG", "GmbH", ("firm", "seat", "register", "number", "directors")),
        ("§ 35a GmbHG", "UG", ("firm", "seat", "register", "number", "directors")),
        ("§ 80 AktG", "AG", ("firm", "seat", "register", "number", "directors", "supervisory_chair")),
        ("§ 37a HGB", "e.K.", ("firm", "seat", "register", "number")),
        ("§ 125 HGB", "OHG", ("firm", "seat", "register", "number")),
        ("§ 177a HGB", "KG", ("firm", "seat", "register", "number")),
        (
            "§ 177a HGB",
            "GmbH & Co. KG",
            (
                "firm",
                "seat",
                "register",
                "number",
                "general_partner",
                "general_partner_seat",
                "general_partner_register",
                "general_partner_number",
                "directors",
            ),
        ),
        ("german.md", "freelance", ("firm", "address")),
        ("german.md", "foreign", ("firm", "seat", "register", "number")),
        (
            "§ 35a (4) GmbHG",
            "foreign-branch",
            (
                "firm",
                "seat",
                "register",
                "number",
                "directors",
                "branch_seat",
                "branch_register",
                "branch_number",
            ),
        ),
        ("home.md", "Ltd", ("form",)),
    ],
)
def test_missing_names_what_the_form_needs(source: str, form: str, needed: tuple[str, ...]) -> None:
    """Of empty particulars every field is missing that the statute asks for."""
    assert missing(Particulars(form)) == needed, source


@pytest.mark.parametrize("whole", [GMBH, AG, CO_KG, TRADER, FREELANCE, FOREIGN, BRANCH, LIQUIDATION])
def test_nothing_is_missing_or_doubtful_in_whole_particulars(whole: Particulars) -> None:
    """The examples of this file are complete."""
    assert missing(whole) == ()
    assert doubtful(whole) == ()


def test_a_text_of_the_client_needs_nothing_else() -> None:
    """What the client wrote is printed as it is, so no field is asked for."""
    assert missing(Particulars("foreign", text="Northwind Tools Ltd, …")) == ()
    assert doubtful(replace(GMBH, firm="Brugman", text="Brugman …")) == ()
    assert missing(Particulars("Ltd", text="…")) == ("form",)


@pytest.mark.parametrize(
    ("particulars", "sentences"),
    [
        (replace(GMBH, directors=("J. Doe",)), ("directors: «J. Doe» has no full first name",)),
        (replace(GMBH, directors=("Doe",)), ("directors: «Doe» has no full first name",)),
        (replace(GMBH, directors=("Jane M. Doe", "Dr. Jane Doe")), ()),
        (
            replace(AG, supervisory_chair="Dr. Groß"),
            ("supervisory_chair: «Dr. Groß» has no full first name",),
        ),
        (replace(FREELANCE, firm="A. Müller"), ("firm: «A. Müller» has no full first name",)),
        (
            replace(GMBH, firm="Brugman Werkzeuge"),
            ("firm: the legal form (GmbH) is part of the name and must stand in it",),
        ),
        (
            replace(GMBH, form="UG", firm="Brugman UG"),
            ("firm: the legal form (UG (haftungsbeschränkt)) is part of the name and must stand in it",),
        ),
        (replace(TRADER, firm="Werkzeughaus Klein e. Kfr."), ()),
    ],
)
def test_doubtful_says_what_can_not_be_right(particulars: Particulars, sentences: tuple[str, ...]) -> None:
    """A first name must be written out (§ 35a GmbHG), a firm carries its legal form (§ 19 HGB, § 4 GmbHG)."""
    assert doubtful(particulars) == sentences


@given(
    st.builds(
        Particulars,
        form=st.sampled_from(FORMS),
        **{
            each.name: st.sampled_from(["", " ", "Anna Müller"])
            for each in fields(Particulars)
            if each.type is str and each.name not in {"form", "text"}
        },
        directors=st.lists(st.just("Anna Müller"), max_size=2).map(tuple),
        liquidators=st.lists(st.just("Peter Klein"), max_size=2).map(tuple),
    )
)
def test_lines_are_always_clean(particulars: Particulars) -> None:
    """Whatever is empty leaves no empty line, no doubled blank, no label without a value."""
    for line in lines(particulars).splitlines():
        assert line == " ".join(line.split())
        assert not line.endswith((":", ","))

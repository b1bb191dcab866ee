"""contacts.csv: what is read; the broken homes show what is refused."""

from hypothesis import given
from hypothesis import strategies as st

from maild.config.contacts import COLUMNS, read_contacts
from maild.core.contact import Contact, Form, Relationship

ALL = (
    "address,given,family,title,form,nobility,company,language,relationship,tags,basis,basis_date,basis_source,"
    "du,custom_salutation,phone,note"
)


def test_all_columns_are_those_of_the_contract() -> None:
    """Their names and no others."""
    assert ",".join(COLUMNS) == ALL


def test_a_full_line() -> None:
    """Every column finds its place, in any order of columns."""
    line = (
        'o@kunde.example,Otto,Lambsdorff,Dr.,herr,Graf,"Kunde, KG",de,vip,messe; stahl,consent,2025-12-24,'
        "Messe Köln,ja,Lieber Otto,+49 231 1234,ruft gern an"
    )
    expected = Contact(
        address="o@kunde.example",
        given="Otto",
        family="Lambsdorff",
        title="Dr.",
        form=Form.HERR,
        nobility="Graf",
        company="Kunde, KG",
        language="de",
        relationship=Relationship.VIP,
        tags=("messe", "stahl"),
        basis="consent",
        basis_date="2025-12-24",
        basis_source="Messe Köln",
        du=True,
        custom_salutation="Lieber Otto",
        phone="+49 231 1234",
        note="ruft gern an",
    )
    contacts, faults = read_contacts(f"{ALL}\r\n{line}\r\n".encode("utf-8-sig"), "c.csv")
    assert faults == ()
    assert contacts.get("O@Kunde.EXAMPLE") == expected
    turned, faults = read_contacts(b"family,address\nGross,a@x.example\n", "c.csv")
    assert (turned.get("a@x.example"), faults) == (Contact("a@x.example", family="Gross"), ())


def test_address_alone_is_enough() -> None:
    """Blank lines count for nothing, unknown people are None."""
    contacts, faults = read_contacts(b"address\n\na@x.example\n \n", "c.csv")
    assert faults == ()
    assert contacts.get("a@x.example") == Contact("a@x.example")
    assert contacts.get("b@x.example") is None


def test_an_empty_file_lacks_its_header() -> None:
    """An empty contacts.csv is a fault; an absent one is none."""
    contacts, faults = read_contacts(b"", "c.csv")
    assert contacts.by_address == {}
    assert [fault.key for fault in faults] == ["address"]


def test_no_cell_can_carry_a_line_end() -> None:
    """Nothing from a cell can become a second header line of a mail."""
    for cell in ('"a\nb"', '"a\rb"', '"a\tb"'):
        contacts, faults = read_contacts(f"address,given\na@x.example,{cell}\n".encode(), "c.csv")
        assert contacts.by_address == {}
        assert [fault.key for fault in faults] == ["given"]


@given(st.binary(max_size=200))
def test_bytes_never_raise(raw: bytes) -> None:
    """Whatever stands in the file, there are contacts or faults."""
    contacts, faults = read_contacts(raw, "c.csv")
    assert contacts.by_address or faults


@given(
    st.lists(
        st.sampled_from(["a@x.example", "b@x.example", ",", '"', "\n", "\r", ";", "frau", "\x00", "ä"]),
        max_size=40,
    )
)
def test_lines_never_raise(parts: list[str]) -> None:
    """Nor do lines below a good header."""
    read_contacts(("address,form\n" + "".join(parts)).encode(), "c.csv")

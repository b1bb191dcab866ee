"""Whom a letter greets and why: the sources, and what the secretary is told of doubts."""

from dataclasses import replace

import pytest

from maild.core.contact import Contact, Form
from maild.core.german.reading import Addressee, Source, addressee, poses_as_another
from maild.core.german.signature import says_du
from maild.core.message import Address, Mail

ANNA = Address("anna@kunde.example", "Anna Müller")


def mail(text: str = "", sender: Address = ANNA, reply_to: tuple[Address, ...] = ()) -> Mail:
    """A mail whose text is all its own."""
    return Mail(from_=(sender,), reply_to=reply_to, text=text, new_text=text)


def test_two_sources_that_agree_are_sure() -> None:
    """Header and signature name the same person, and nothing is to be told."""
    found = addressee(None, mail("Gruß\nAnna Müller"))
    assert found.sources == (Source.SIGNATURE, Source.HEADER)
    assert found.hints == ()


def test_one_source_is_named() -> None:
    """A name that only the header has is known to be the header's."""
    assert addressee(None, mail("Danke")).sources == (Source.HEADER,)


def test_nobody_has_no_source() -> None:
    """Without sender, or without a name, nobody is known."""
    assert addressee(None, Mail()) == Addressee()
    assert addressee(None, mail(sender=Address("info@kunde.example"))) == Addressee()


def test_a_contact_is_the_first_source() -> None:
    """What the client has comes first, and the header agrees."""
    known = Contact("anna@kunde.example", "Anna", "Müller", form=Form.FRAU)
    assert addressee(known, mail()).sources == (Source.CONTACT, Source.HEADER)


@pytest.mark.parametrize(
    ("contact", "text", "hint"),
    [
        (
            None,
            "Gruß\nSabine Klein",
            "Die Anrede nennt Sabine Klein; in der Nachricht steht auch Anna Müller.",
        ),
        (
            Contact("anna@kunde.example", "Peter", "Groß"),
            "Gruß\nAnna Müller",
            "Die Anrede nennt Peter Groß; in der Nachricht steht auch Anna Müller.",
        ),
        (None, "Hast du Zeit?\n\nGruß\nAnna Müller", "Die Nachricht duzt; die Antwort bleibt beim Sie."),
    ],
)
def test_what_is_doubtful_is_told(contact: Contact | None, text: str, hint: str) -> None:
    """Two names, or an incoming du: the secretary decides."""
    assert addressee(contact, mail(text)).hints == (hint,)


def test_du_with_a_friend_is_no_news() -> None:
    """Where the contact has du, an incoming du is as it should be."""
    assert addressee(Contact("a@b.example", "Anna", "Müller", du=True), mail("Hast du Zeit?")).hints == ()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Danke.\n\nGruß\nSabine Klein\n\nIhr Text:\n\nMit freundlichen Grüßen\nUte Lind", "Sabine Klein"),
        ("Ihr Text:\nMit freundlichen Grüßen\nUte Lind", "Anna Müller"),
        ("Ihr Text:\nMit freundlichen Grüßen\nUte Lind\n\nDanke!\n\nGruß\nSabine Klein", "Sabine Klein"),
        (
            "Herzliche Grüße von der Ostsee.\nUnd nun zur Sache.\n\nVielen Dank und viele Grüße\nSabine Klein",
            "Sabine Klein",
        ),
        ("Besten Dank im Voraus und freundliche Grüße\n\nSabine Klein", "Sabine Klein"),
        ("Danke & Gruß\nSabine Klein", "Sabine Klein"),
    ],
)
def test_a_reader_never_signed(text: str, name: str) -> None:
    """A closing of one to whom the mail went is a quotation that nothing marks; nobody is greeted by her own name."""
    to = (Address("info@nordwind.example", "Ute Lind"),)
    assert addressee(None, replace(mail(text), to=to)).names[0].full == name


def test_what_is_sure() -> None:
    """The client's word, or two that agree."""
    assert addressee(Contact("a@b.example", "Anna", "Müller"), Mail()).sure
    assert addressee(Contact("a@b.example", "Anna", "Müller"), mail()).sure
    assert addressee(None, mail("Gruß\nAnna Müller")).sure
    assert not addressee(None, mail("Danke")).sure


@pytest.mark.parametrize(
    ("text", "du"),
    [
        ("Kannst du mir das schicken?", True),
        ("Danke für deine Nachricht.", True),
        ("Ich melde mich bei Dir.", True),
        ("Können Sie mir das schicken?", False),
        ("Wie du mir, so ich dir, sagt man; ich danke Ihnen.", False),
        ("Duisburg, Dirk und Deiche.", False),
        ("", False),
    ],
)
def test_du_is_noticed(text: str, du: bool) -> None:
    """Only where no Sie stands beside it."""
    assert says_du(text) is du


@pytest.mark.parametrize(
    ("name", "forged"),
    [
        ("chef@bank.example", True),
        ("Bank <chef@bank.example>", True),
        ("'chef@bank.example' via Liste", True),
        ("anna@kunde.example", False),
        ("ANNA@KUNDE.EXAMPLE", False),
        ("Anna Müller", False),
        ("Anna @ Bosch", False),
        ("Anna@Bosch", False),
        ("", False),
    ],
)
def test_a_name_that_is_another_address_is_a_warning(name: str, forged: bool) -> None:
    """german.md: a display name that is another address is a spoof warning."""
    sender = Address("anna@mail.kunde.example" if "KUNDE" in name else "anna@kunde.example", name)
    assert poses_as_another(sender) is forged
    told = addressee(None, mail(sender=sender)).hints
    assert (told == ("Vorsicht: Der Absender zeigt als Namen eine fremde Adresse.",)) is forged

"""The filters of dates, quantities and greetings as a template uses them."""

from datetime import UTC, datetime

import pytest

from maild.core.template import (
    ClientView,
    IdentityView,
    LetterContext,
    TemplateSource,
    compile_template,
    render,
)
from maild.errors import LetterError

NB = "\N{NO-BREAK SPACE}"


def letter(body: str, now: datetime, language: str = "de") -> str:
    """The text of a letter with this body."""
    template = compile_template(
        TemplateSource("probe", f"---\nsubject: Probe\n---\n{body}\n", "probe.txt.j2")
    )
    context = LetterContext(
        salutation="Guten Tag,",
        closing="Viele Grüße",
        signature="Anna",
        client=ClientView("Nordwind"),
        identity=IdentityView("Anna", "info@nordwind.example"),
        now=now,
        language=language,
    )
    return render(template, context).text.strip()


DECEMBER = datetime(2026, 12, 14, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("body", "language", "text"),
    [
        ("{{ now | kurzdatum }}", "de", "14.12.2026"),
        ("{{ now | wochentag }}", "de", "Montag"),
        ("{{ now | datumspanne(now) }}", "de", "14. Dezember 2026"),
        ('{{ now | gruss("christian") }}', "de", "frohe Weihnachten und alles Gute für das neue Jahr"),
        ('{{ now | gruss("neutral") }}', "en", "a restful festive season and all the best for the new year"),
        ('{{ 19 | menge("%") }}', "de", f"19{NB}%"),
        ("{{ 1440000 | groesse }}", "de", f"1,4{NB}MB"),
        ('{{ "DE89370400440532013000" | iban }}', "de", f"DE89{NB}3704{NB}0044{NB}0532{NB}0130{NB}00"),
        ("{{ 1234.5 | betrag }}", "de_CH", f"EUR{NB}1’234.50"),
    ],
)
def test_a_filter_prints(body: str, language: str, text: str) -> None:
    """Each filter in a letter, in the letter's language."""
    assert letter(body, DECEMBER, language) == text


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('{{ now | gruss("neutral") }}', "there is nothing to greet for"),
        ('{{ "Juli" | gruss("neutral") }}', "gruss needs the day of the letter"),
        ('{{ now | gruss("laut") }}', "the wish of a greeting is neutral or christian"),
        ('{{ "DE00" | iban }}', "iban needs an IBAN"),
        ("{{ now | zeitspanne(now) }}", "zeitspanne needs the earlier time first"),
        ('{{ contact.phone | menge("kg") }}', "contact.phone is missing"),
        ("{{ 5 | menge(contact.title) }}", "contact.title is missing"),
    ],
)
def test_a_wrong_value_stops_the_letter(body: str, reason: str) -> None:
    """A letter that would be wrong isn't written, and the reason is said."""
    with pytest.raises(LetterError, match=reason):
        letter(body, datetime(2026, 7, 1, 9, tzinfo=UTC))

"""Amounts of money and telephone numbers as they stand in a letter (DIN 5008). Nothing is converted or dialled."""

import re
from decimal import Decimal

from babel.numbers import format_currency

from maild.core.german.calendar import NO_BREAK_SPACE, is_english, region_of


def betrag(value: Decimal | float, language: str = "de", currency: str = "EUR") -> str:
    """«1.234,50 €» with a no-break space (DIN 5008); in Switzerland «CHF 1’234.50», in English «€1,234.50».

    Swiss: currency first, point and ’ in money only (Schreibweisungen of the Bundeskanzlei). Austria writes as
    Germany does.
    Raises ValueError for anything but a finite number: text would have to be guessed at («1.234» is two amounts).
    """
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError("betrag needs a number, as 1234.50")  # noqa: TRY004 - one kind of error for every wrong value
    amount = Decimal(str(value))
    if not amount.is_finite():
        raise ValueError("betrag needs a finite number")
    if region_of(language) == "CH" and not is_english(language):
        written = format_currency(amount, currency, "#,##0.00", locale="de_CH")
        return f"{currency}{NO_BREAK_SPACE}{written}"
    # «1.234,50 €» in Austria too: Babel's form for it puts the sign first, against ÖNORM A 1080 and DIN 5008.
    return format_currency(amount, currency, locale="en_GB" if is_english(language) else "de")


def telefon(value: str) -> str:
    """«+49 231 123456-78»: country, area, number, with blanks; the hyphen of an extension stays.

    A number that has blanks or hyphens already keeps its groups. Where the area code isn't certain, only the country
    is set apart; a run of digits that can't be told apart stays whole. Raises ValueError where there is no digit.
    """
    text = " ".join(str(value).split())
    if not re.search(r"\d", text):
        raise ValueError("telefon needs a telephone number")
    international = text.startswith(("+", "00"))
    text = re.sub(r"\(0\)", " ", text) if international else text
    text = " ".join(re.sub(r"[()/]", " ", text).split())
    text = re.sub(r"^00 ?(?=[1-9])", "+", text)
    text = re.sub(r"(?<=\d) ?[-\N{EN DASH}] ?(?=\d)", "-", text)
    return text if " " in text else _grouped(text)


def _grouped(number: str) -> str:
    """Groups for +49231123456 and 0231123456; the numbers of other countries only with what is certain."""
    german = re.fullmatch(rf"(\+49|0){_AREA}([1-9][\d-]+)", number)
    if german:
        country, area, rest = german.groups()
        return f"{country} {area} {rest}" if country == "+49" else f"0{area} {rest}"
    swiss = re.fullmatch(r"(\+41)([1-9]\d)(\d{3})(\d\d)(\d\d)", number)
    if swiss:  # all have nine digits, two of them the area's: national numbering plan E.164/2002 (BAKOM)
        return " ".join(swiss.groups())
    country = re.fullmatch(r"(\+(?:1|7|[2-9]\d))(\d[\d-]+)", number) if _two_digits(number) else None
    return " ".join(country.groups()) if country else number


def _two_digits(number: str) -> bool:
    """Whether the country code is one of those of one or two digits (ITU-T E.164)."""
    return re.match(r"\+(?:1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])", number) is not None


# Area codes whose length is certain: the four of two digits, mobile networks, those of three digits.
_AREA = r"(30|40|69|89|1[567]\d|[235679]\d1|4[1-9]1|8[1-8]1|20[2389]|2(?:12|14|28|34)|3(?:35|40|45|55|65|75|85|95)|906)"

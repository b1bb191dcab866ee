"""Bank details, sizes of files and quantities with their units, as they stand in a letter (DIN 5008).

Nothing is converted and no bank is asked; an IBAN whose check digits are wrong is refused rather than printed, for
somebody would pay to it.
"""

import re
from decimal import Decimal

from babel.numbers import format_decimal

from maild.core.german.calendar import NO_BREAK_SPACE, is_english


def iban(value: str) -> str:
    """«DE89 3704 0044 0532 0130 00»: in fours from the left (DIN 5008; ISO 13616), with no-break spaces.

    Raises ValueError where it can't be one, or where its check digits (ISO 7064, MOD 97-10) are wrong.
    """
    plain = re.sub(r"[\s-]", "", str(value)).upper().removeprefix("IBAN:").removeprefix("IBAN")
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", plain):
        raise ValueError("iban needs an IBAN, as DE89 3704 0044 0532 0130 00")
    if plain.startswith("DE") and not re.fullmatch(r"DE[0-9]{20}", plain):
        raise ValueError("a German IBAN has DE and 20 digits")
    digits = "".join(str(int(char, 36)) for char in plain[4:] + plain[:4])
    if int(digits) % 97 != 1:
        raise ValueError("the check digits of this IBAN are wrong; read it again")
    return NO_BREAK_SPACE.join(plain[at : at + 4] for at in range(0, len(plain), 4))


def groesse(value: int, language: str = "de") -> str:
    """«1,4 MB», «640 kB», «12 Byte» with a no-break space; powers of 1000 (IEC 80000-13), at most one decimal.

    Raises ValueError for anything but a whole number from 0 on.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("groesse needs a number of bytes")
    if value < 1000:
        word = ("byte" if value == 1 else "bytes") if is_english(language) else "Byte"
        return f"{value}{NO_BREAK_SPACE}{word}"
    for unit, size in (("kB", 10**3), ("MB", 10**6), ("GB", 10**9)):
        # 999,96 kB would be rounded to 1.000 kB: it is 1 MB.
        if value < size * 1000 - size // 20 or unit == "GB":
            return menge(Decimal(value) / size, unit, language, decimals=1)
    raise AssertionError


def menge(value: Decimal | float, unit: str, language: str = "de", decimals: int = 3) -> str:
    """«2,5 kg», «1.200 m²», «19 %»: number, no-break space, unit (DIN 5008, also before %); in English «19%».

    Rounded to `decimals`, without noughts at the end. Raises ValueError for anything but a finite number, and for a
    unit with a digit or a line break.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError("menge needs a number")  # noqa: TRY004 - one kind of error for every wrong value
    number = Decimal(str(value))
    if not number.is_finite() or not unit.strip() or re.search(r"[0-9\n\r]", unit):
        raise ValueError("menge needs a finite number and a unit, as kg")
    pattern = "#,##0." + "#" * decimals if decimals else "#,##0"
    written = format_decimal(number, pattern, locale=_locale(language))
    return f"{written}{'' if is_english(language) and unit == '%' else NO_BREAK_SPACE}{unit}"


def _locale(language: str) -> str:
    """Switzerland sets thousands apart with ’ and writes a comma elsewhere than in money, as Germany does here."""
    return "en_GB" if is_english(language) else "de"

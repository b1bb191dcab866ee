"""What a plain word of YAML 1.2 means: its core schema (section 10.3.2), and no more.

`yes`, dates and times are text here, so are infinity and not-a-number; whoever wants a date reads it
from the text.
"""

import math
import re

Scalar = str | int | float | bool | None

MAX_DIGITS = 18


def scalar(text: str) -> Scalar:
    """The value of an unquoted word; ValueError, with a sentence for the admin, on a number too long."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        if len(text) > MAX_DIGITS:
            raise ValueError(_TOO_LARGE)
        return int(text, 0) if text[:2] in {"0o", "0x"} else int(text)
    if _FLOAT.fullmatch(text):
        number = float(text)
        if not math.isfinite(number):
            raise ValueError(_TOO_LARGE)
        return number
    return text


_TOO_LARGE = "the number is too long; put it in quotes if it is text"
_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")

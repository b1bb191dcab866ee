"""The titles before and after a name: which are printed in a salutation, and which are only taken off.

Only Dr. and Prof. are used, the highest one; in Austria also Mag. and Dipl.-Ing. (design/german.md). Nothing is
concluded from a title but a rank.
"""

import re
from collections.abc import Iterable

from maild.core.contact import Form
from maild.core.german import vocabulary as v


def titles_in(text: str) -> tuple[str, ...]:
    """The titles that a salutation may use, highest first, out of "Prof. Dr. med. dent."."""
    return ranked(take_titles(unglue(text).split())[1])


def take_titles(words: list[str]) -> tuple[list[str], tuple[str, ...], Form]:
    """The words without the titles around them, the titles worth printing, and the form if Herr or Frau is written."""
    titles: list[str] = []
    form, start, end = Form.UNKNOWN, 0, len(words)
    while start < end:
        honorific = v.HONORIFICS.get(words[start].casefold().strip("."))
        title = None if honorific else _title(words[start], after_title=start > 0)
        if honorific is None and title is None and not _is_profession(words, start):
            break
        form, start = honorific or form, start + 1
        titles += [title] if title else []
    while end > start and (
        words[end - 1] in v.LATE_DEGREES or _title(words[end - 1], after_title=True) is not None
    ):
        title = _title(words[end - 1], after_title=True)
        titles += [title] if title else []
        end -= 1
    return words[start:end], tuple(titles), form


def _is_profession(words: list[str], place: int) -> bool:
    """«Rechtsanwältin Anna Müller», «Malermeister Klein»: never said in a salutation; «Anna Meister» is a name."""
    return words[place].casefold() in v.PROFESSIONS and place + 1 < len(words)


def ranked(titles: Iterable[str]) -> tuple[str, ...]:
    """Each title once, the highest first."""
    return tuple(sorted(set(titles), key=_RANK.__getitem__))


def unglue(text: str) -> str:
    """Titles as single words: "Dr.Müller", "Dipl. Ing.", "B. Sc.", "Müller M. A."."""
    text = re.sub(r"\b(Dr|Prof|Mag|DR|PROF)\.(?=[^\W\d_])(?!a\b)", r"\1. ", text)
    text = re.sub(r"\b(Dipl)\.?\s*-?\s*(Ing)\b", r"\1.-\2", text, flags=re.IGNORECASE)
    text = re.sub(r"\b(B|M|LL)\.\s+(Sc|Eng|Ed|M)\b", r"\1.\2", text)
    return re.sub(r"\b([BM])\.\s+A\.$", r"\1.A.", text)


def _title(word: str, *, after_title: bool) -> str | None:
    """The title as a salutation has it, "" for one that is never printed, None for no title."""
    plain = word.casefold().replace(".", "").strip("-")
    for words, printed in _PRINTED:
        if plain in words:
            return printed
    if word == "DI":
        return "Dipl.-Ing."
    if plain in v.DEGREES and (not word.istitle() or "." in word or "-" in word or plain == "jr"):
        return ""
    pieces = word.casefold().strip(".").split(".")
    lower = word.islower() or (word.endswith(".") and len(plain) > 2)
    return "" if after_title and lower and all(piece in v.FACULTY for piece in pieces) else None


_PRINTED = ((v.PROFESSOR, "Prof."), (v.DOCTOR, "Dr."), (v.MAGISTER, "Mag."), (v.ENGINEER, "Dipl.-Ing."))
_RANK = {"Prof.": 0, "Dr.": 1, "Mag.": 2, "Dipl.-Ing.": 3}

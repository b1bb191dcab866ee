"""Which German a client writes: that of Germany, Austria or Switzerland, by the `locale` of its client.yaml.

A letter's language is the reader's, its form of German the writer's: a Swiss firm writes ss to Dortmund too. Names and
quotations are never respelled.
"""

LOCALES = ("de_DE", "de_AT", "de_CH")


def localised(language: str, locale: str) -> str:
    """The client's locale for a letter in plain German; any other language, and any other locale, as it is."""
    return locale if language.casefold() == "de" and locale in LOCALES else language


def swiss(text: str) -> str:
    """Text with ss in place of ß, as Switzerland spells (§ 25 E2 of the official spelling rules).

    For words of our own only: a template before it is filled in, a closing; never for a letter that already bears
    names or a quotation. Capital ẞ becomes SS.
    """
    return text.replace("ß", "ss").replace("\N{LATIN CAPITAL LETTER SHARP S}", "SS")

"""In which language a mail is written, by the byte sequences that are common in each (py3langid).

It would rather not know than guess: a mail rule acts on the answer. Only languages of business mail are told apart;
their small relatives (Luxembourgish, Frisian, Nynorsk …) would take short texts away from them.
"""

import re
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any

from babel import Locale

# fmt: off
LANGUAGES = (
    "ar", "bg", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "he", "hi", "hr", "hu", "id", "is", "it",
    "ja", "ko", "lt", "lv", "mk", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sq", "sr", "sv", "th", "tr", "uk",
    "vi", "zh",
)
# fmt: on
"""The languages that are told apart, by their codes of ISO 639-1."""

MAX_LETTERS = 2_000
"""So much of a text is looked at: it is plenty, and a long mail costs no more."""


def language_of(text: str) -> str:
    """The ISO 639-1 code of the language, as "de"; empty where the text is too short to tell, or not clear.

    Too short is what has fewer than three words or 15 letters, addresses of mail and web not counted. The first call
    takes most of a second and 70 MB, for the model is loaded then. Raises OSError where it can't be.
    """
    words = " ".join(word for word in text[:MAX_LETTERS].split() if not _is_address(word))
    if not _says_enough(words):
        return ""
    found, confidence = _identifier().classify(words)
    return str(found) if confidence >= _SURE and found in LANGUAGES else ""


@cache
def language_names() -> Mapping[str, str]:
    """The code of each language by its names, English and German, in lower case: what people write for it."""
    locales = (Locale("en"), Locale("de"))
    return {locale.languages[code].lower(): code for locale in locales for code in LANGUAGES}


_SURE = 0.7  # at 0.6 Croatian comes out as Serbian; German and English are as often right at 0.4 as at 0.7
_NOTHING = "zxx"  # the model's class for what is no language: numbers, part lists
_WORD = re.compile(r"[^\W\d_]+")
_WIDE = "\u2e80"  # from here on letters are syllables or words, and nothing divides them


def _is_address(word: str) -> bool:
    return "@" in word or "://" in word or word.startswith("www.")


def _says_enough(text: str) -> bool:
    words: list[str] = _WORD.findall(text)
    wide = sum(letter >= _WIDE for word in words for letter in word)
    letters = sum(map(len, words)) + 2 * wide
    return letters >= 15 and len(words) + wide >= 3


@cache
def _identifier() -> Any:
    # Imported by its first user: it needs numpy, which every command would wait for and few need.
    library = import_module("py3langid.langid")
    whole = library.LanguageIdentifier.from_model_file(library.MODEL_FILE, norm_probs=True)
    whole.set_languages((*LANGUAGES, _NOTHING))
    # Made anew of the chosen languages, since `whole` holds on to all of them.
    return library.LanguageIdentifier(
        whole.nb_ptc,
        whole.nb_pc,
        whole.nb_classes,
        whole.tk_nextmove,
        whole.tk_output,
        norm_probs=True,
        tk_row=whole.tk_row,
    )

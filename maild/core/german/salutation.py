"""The first and the last line of a letter: salutation and closing (DIN 5008, design/german.md).

What a person or the client set always wins. No form of address is guessed, no first name is looked up, and du is used
only where the contact's own flag says so, whatever style the client has.
"""

from collections.abc import Sequence

from maild.core.contact import Contact, Form
from maild.core.german import vocabulary as v
from maild.core.german.calendar import is_english, region_of
from maild.core.german.names import PersonName, one_line, read_name
from maild.core.german.reading import addressee, known_as
from maild.core.german.regional import swiss
from maild.core.german.signature import SIGNERS
from maild.core.message import Address, Mail

NOBODY = "Sehr geehrte Damen und Herren,"


def salutation(
    contact: Contact | None,
    sender: Address | None,
    *,
    language: str = "de",
    informal: bool = False,
) -> str:
    """The salutation, ending in a comma; the contact beats the header, which only fills what the contact leaves open.

    `language` is "de", "en" or a locale such as "de_AT", where Mag. and Dipl.-Ing. are titles too. `informal` is the
    client's style: «Guten Tag Frau Müller» for «Sehr geehrte Frau Müller», still with Sie.
    """
    name = known_as(contact, read_name(sender) if sender else None)
    return _greeting(contact, name, language, informal)


def mail_salutation(
    contact: Contact | None, mail: Mail, *, language: str = "de", informal: bool = False
) -> str:
    """The salutation of an answer to a mail: contact, signature, contact form, header, in that order.

    Two or three who signed together are greeted together. Always one line that ends in a comma, whatever the mail
    holds.
    """
    names = addressee(contact, mail).names
    if len(names) > 1 and not (contact and _custom(contact)):
        return _together([(None, name) for name in names], language, informal)
    return _greeting(contact, names[0] if names else None, language, informal)


def joint_salutation(contacts: Sequence[Contact], *, language: str = "de", informal: bool = False) -> str:
    """One salutation for several: the higher title first, then the lady; from four names on nobody is named."""
    named = [
        (contact, name) for contact in contacts if (name := known_as(contact, None)) and not name.company
    ]
    if len(named) != len(contacts):
        named = []
    return _together(named, language, informal)


def closing(language: str = "de", informal: bool = False) -> str:
    """The closing, without punctuation; ss for ß in Switzerland."""
    if is_english(language):
        return "Best wishes" if informal else "Kind regards"
    german = "Viele Grüße" if informal else "Mit freundlichen Grüßen"
    return swiss(german) if region_of(language) == "CH" else german


def _greeting(contact: Contact | None, name: PersonName | None, language: str, informal: bool) -> str:
    if contact and (custom := _custom(contact)):
        return f"{custom},"
    du = contact is not None and contact.du
    if is_english(language):
        return _english(name, du=du)
    return _german(name, du=du, informal=informal, titles=_titles_used(language))


def _custom(contact: Contact) -> str:
    return one_line(contact.custom_salutation.translate(_BRACKETS)).rstrip(" ,;:!")


_BRACKETS = str.maketrans("<>", "  ")


def _together(named: Sequence[tuple[Contact | None, PersonName]], language: str, informal: bool) -> str:
    if not named or len(named) > SIGNERS:
        return _greeting(None, None, language, informal)
    ranked = sorted(named, key=lambda each: (_rank(each[1]), each[1].form is not Form.FRAU))
    lines = [_greeting(contact, name, language, informal)[:-1] for contact, name in ranked]
    shared = next((word for word in _SHARED if all(line.startswith(word) for line in lines)), "")
    if shared:
        *first, last = (line.removeprefix(shared) for line in lines)
        joined = f"{', '.join(first)} {'and' if is_english(language) else 'und'} {last}" if first else last
        return f"{shared}{joined},"
    return ", ".join([lines[0], *(line[:1].lower() + line[1:] for line in lines[1:])]) + ","


# What is said once for all; «Sehr geehrte» is said anew to each (german.md).
_SHARED = ("Dear ", "Guten Tag ", "Hallo ")


def _german(name: PersonName | None, *, du: bool, informal: bool, titles: dict[str, str]) -> str:
    if name is None or name.company:
        return "Guten Tag," if informal else NOBODY
    if du:
        return _german_du(name)
    title = _title(name, titles)
    if name.form in _FORMAL and name.family:
        adjective = "Guten Tag" if informal else _FORMAL[name.form][0]
        return _line(adjective, *_addressed(name, title))
    if name.given or title or name.nobility:
        return _line("Guten Tag", title, name.full)
    return "Guten Tag," if informal else NOBODY


_FORMAL = {Form.FRAU: ("Sehr geehrte", "Frau"), Form.HERR: ("Sehr geehrter", "Herr")}


def _german_du(name: PersonName) -> str:
    word = {Form.FRAU: "Liebe", Form.HERR: "Lieber"}.get(name.form, "Hallo")
    return _line(word, name.given) if name.given else "Hallo,"


def _addressed(name: PersonName, title: str) -> tuple[str, ...]:
    """«Frau Professorin Schäfer», «Dr. Prinz von Baden», «Herr von Thurner»."""
    nobility = name.nobility.casefold()
    replaces = v.NOBLE_FRAU if name.form is Form.FRAU else v.NOBLE_HERR
    if nobility in replaces:
        return title, name.nobility, name.family
    if title == "Professor" and name.form is Form.FRAU:
        title = "Professorin"
    kept = "" if nobility in v.NOBLE_DROPPED else name.nobility
    return _FORMAL[name.form][1], title, kept, name.family


def _english(name: PersonName | None, *, du: bool) -> str:
    if name is None or name.company:
        return "Dear Sir or Madam,"
    if du and name.given:
        return _line("Dear", name.given)
    title = _title(name, {"Prof.": "Professor", "Dr.": "Dr"})
    kept = "" if name.nobility.casefold() in v.NOBLE_DROPPED else name.nobility
    if name.form in _FORMAL and name.family:
        return _line("Dear", title or kept or _MS[name.form], kept if title else "", name.family)
    if name.given or title or name.nobility:
        return _line("Dear", title, name.full)
    return "Dear Sir or Madam,"


_MS = {Form.FRAU: "Ms", Form.HERR: "Mr"}


def _title(name: PersonName, used: dict[str, str]) -> str:
    """The highest title only, as it is written in a salutation."""
    return next((used[title] for title in name.titles if title in used), "")


def _titles_used(language: str) -> dict[str, str]:
    used = {"Prof.": "Professor", "Dr.": "Dr."}
    return used | {"Mag.": "Mag.", "Dipl.-Ing.": "Dipl.-Ing."} if region_of(language) == "AT" else used


def _rank(name: PersonName) -> int:
    return next((rank for rank, title in enumerate(("Prof.", "Dr.")) if title in name.titles), 2)


def _line(*words: str) -> str:
    return " ".join(word for word in words if word) + ","

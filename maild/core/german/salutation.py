"""The first and the last line of a letter: salutation and closing (DIN 5008, design/german.md).

What a person or the client set always wins. No form of address is guessed, no first name is looked up, and du is used
only where the contact's own flag says so, whatever style the client has.
"""

from collections.abc import Sequence
from dataclasses import replace

from maild.core.contact import Contact, Form
from maild.core.german import vocabulary as v
from maild.core.german.names import PersonName, contact_name, one_line, read_name, same_name
from maild.core.german.titles import titles_in
from maild.core.message import Address

NOBODY = "Sehr geehrte Damen und Herren,"


def salutation(
    contact: Contact | None, sender: Address | None, *, language: str = "de", informal: bool = False
) -> str:
    """The salutation, ending in a comma; the contact beats the header, which only fills what the contact leaves open.

    `language` is "de", "en" or a locale such as "de_AT", where Mag. and Dipl.-Ing. are titles too. `informal` is the
    client's style: «Guten Tag Frau Müller» for «Sehr geehrte Frau Müller», still with Sie.
    """
    if contact and (custom := one_line(contact.custom_salutation).rstrip(" ,;:!")):
        return f"{custom},"
    name = _name(contact, sender)
    du = contact is not None and contact.du
    if _is_english(language):
        return _english(name, du=du)
    return _german(name, du=du, informal=informal, titles=_titles_used(language))


def joint_salutation(contacts: Sequence[Contact], *, language: str = "de") -> str:
    """One salutation for several: the higher title first, then the lady; from four names on nobody is named."""
    named = [(contact, name) for contact in contacts if (name := _name(contact, None)) and not name.company]
    if not named or len(named) != len(contacts) or len(named) > 3:
        return salutation(None, None, language=language)
    named.sort(key=lambda each: (_rank(each[1]), each[1].form is not Form.FRAU))
    lines = [salutation(contact, None, language=language)[:-1] for contact, _ in named]
    if _is_english(language):
        return " and ".join([lines[0], *(line.removeprefix("Dear ") for line in lines[1:])]) + ","
    return ", ".join([lines[0], *(line[:1].lower() + line[1:] for line in lines[1:])]) + ","


def closing(language: str = "de", informal: bool = False) -> str:
    """The closing, without punctuation; ss for ß in Switzerland."""
    if _is_english(language):
        return "Best wishes" if informal else "Kind regards"
    german = "Viele Grüße" if informal else "Mit freundlichen Grüßen"
    return german.replace("ß", "ss") if _region(language) == "CH" else german


def _name(contact: Contact | None, sender: Address | None) -> PersonName | None:
    header = read_name(sender) if sender else None
    if contact is None:
        return header
    known = contact_name(contact)
    if known is None and header is not None:
        return replace(
            header,
            form=contact.form or header.form,
            titles=titles_in(one_line(contact.title)) or header.titles,
        )
    return _completed(known, header) if known and header else known


def _completed(known: PersonName, header: PersonName) -> PersonName:
    """What the contact leaves open, from a header that names the same person."""
    shared = same_name(known.family, header.family) or (
        not known.family and same_name(known.given, header.given)
    )
    if known.company or not shared:
        return known
    return replace(
        known,
        given=known.given or header.given,
        family=known.family or header.family,
        titles=known.titles or header.titles,
        form=known.form or header.form,
        nobility=known.nobility or header.nobility,
    )


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
    return used | {"Mag.": "Mag.", "Dipl.-Ing.": "Dipl.-Ing."} if _region(language) == "AT" else used


def _rank(name: PersonName) -> int:
    return next((rank for rank, title in enumerate(("Prof.", "Dr.")) if title in name.titles), 2)


def _line(*words: str) -> str:
    return " ".join(word for word in words if word) + ","


def _is_english(language: str) -> bool:
    return language.casefold().startswith("en")


def _region(language: str) -> str:
    return language.replace("-", "_").partition("_")[2].upper()

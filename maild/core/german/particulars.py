"""The particulars that every German business mail must carry, composed by legal form or as the client wrote them.

Knows which fields a form needs and which are doubtful; whether they are true, only the client knows. Not legal advice.
"""

from dataclasses import dataclass
from datetime import date

FORMS = (
    "GmbH",
    "UG",
    "AG",
    "e.K.",
    "OHG",
    "KG",
    "GmbH & Co. KG",
    "freelance",
    "foreign",
    "foreign-branch",
)


@dataclass(frozen=True, slots=True)
class Particulars:
    """What a client has to state about itself; `form` is one of FORMS."""

    form: str
    firm: str = ""  # with its legal form; of a freelancer the surname and a full first name
    seat: str = ""
    register: str = ""  # "Amtsgericht Dortmund", "Companies House"
    number: str = ""  # "HRB 12345"
    directors: tuple[str, ...] = ()  # Geschäftsführer, Vorstand; of a GmbH & Co. KG those of the GmbH
    board_chair: str = ""  # who of the Vorstand has the chair (AG)
    supervisory_chair: str = ""  # of the Aufsichtsrat
    address: str = ""
    general_partner: str = ""  # the GmbH of a GmbH & Co. KG, with seat, register and number of its own
    general_partner_seat: str = ""
    general_partner_register: str = ""
    general_partner_number: str = ""
    branch_seat: str = ""  # the German branch of a foreign company, with its register and number
    branch_register: str = ""
    branch_number: str = ""
    liquidators: tuple[str, ...] = ()  # who acts for a firm in liquidation, in place of the directors
    text: str = ""  # printed verbatim in place of the composed lines
    confirmed: date | None = None  # when the client last said that this is right


def lines(particulars: Particulars, language: str = "de") -> str:
    """The lines to print, without a line break at the end; `text` where the client gave one."""
    if particulars.text.strip():
        return particulars.text.rstrip()
    label = _ENGLISH if language.startswith("en") else _GERMAN
    composed = (
        _firm_line(particulars, label),
        particulars.address,
        _register_line(particulars.register, particulars.number),
        _branch_line(particulars, label),
        _partner_line(particulars, label),
        _people_line(particulars, label),
        _supervisory_line(particulars, label),
    )
    return "\n".join(" ".join(line.split()) for line in composed if line.strip())


def missing(particulars: Particulars) -> tuple[str, ...]:
    """The fields that the form needs and that are empty; "form" where the form itself isn't one of FORMS.

    § 35a GmbHG; § 80 AktG; §§ 37a, 125, 177a HGB (§ 125 was § 125a until 2023); for branches § 35a (4) GmbHG.
    """
    if particulars.form not in FORMS:
        return ("form",)
    if particulars.text.strip():
        return ()
    needed = _NEEDED[particulars.form]
    if particulars.liquidators:  # § 71 (5) GmbHG, § 268 (4) AktG: the liquidators are named instead
        needed = tuple(field for field in needed if field != "directors")
    return tuple(field for field in needed if not _is_given(getattr(particulars, field)))


def doubtful(particulars: Particulars) -> tuple[str, ...]:
    """Sentences on what is there but can't be right: a first name cut short, a firm without its legal form."""
    if particulars.text.strip():
        return ()
    found = [
        f"{field}: «{name}» has no full first name" for field, name in _people(particulars) if _is_short(name)
    ]
    ending = _ENDINGS.get(particulars.form, ())
    if particulars.firm and ending and not any(part in particulars.firm for part in ending):
        found.append(f"firm: the legal form ({ending[0]}) is part of the name and must stand in it")
    return tuple(found)


_COMPANY = ("firm", "seat", "register", "number", "directors")
_TRADER = ("firm", "seat", "register", "number")
_PARTNER = ("general_partner", "general_partner_seat", "general_partner_register", "general_partner_number")
_NEEDED = {
    "GmbH": _COMPANY,
    "UG": _COMPANY,
    "AG": (*_COMPANY, "supervisory_chair"),  # every AG has one: § 107 (1) AktG
    "e.K.": _TRADER,
    "OHG": _TRADER,
    "KG": _TRADER,
    "GmbH & Co. KG": (*_TRADER, *_PARTNER, "directors"),
    "freelance": ("firm", "address"),
    "foreign": _TRADER,
    "foreign-branch": (*_COMPANY, "branch_seat", "branch_register", "branch_number"),
}


def _is_given(value: str | tuple[str, ...]) -> bool:
    return any(each.strip() for each in ([value] if isinstance(value, str) else value))


# As § 4 GmbHG, § 5a GmbHG, § 4 AktG and § 19 HGB allow them to be written.
_ENDINGS = {
    "GmbH": ("GmbH", "Gesellschaft mit beschränkter Haftung", "mbH"),
    "UG": ("UG (haftungsbeschränkt)", "Unternehmergesellschaft (haftungsbeschränkt)"),
    "AG": ("AG", "Aktiengesellschaft"),
    "e.K.": ("e.K.", "e. K.", "e.Kfr.", "e. Kfr.", "e.Kfm.", "e. Kfm.", "eingetragene"),
    "OHG": ("OHG", "oHG", "offene Handelsgesellschaft", "Offene Handelsgesellschaft"),
    "KG": ("KG", "Kommanditgesellschaft"),
    "GmbH & Co. KG": ("GmbH & Co. KG", "GmbH & Co. Kommanditgesellschaft", "mbH & Co. KG"),
}

# Neutral words throughout: «Geschäftsführung» for any number of people and any of them.
_GERMAN = {
    "seat": "Sitz: {}",
    "liquidation": "i. L.",
    "directors": "Geschäftsführung: {}",
    "AG": "Vorstand: {}",
    "chair": "{} (Vorsitz)",
    "supervisory": "Vorsitz des Aufsichtsrats: {}",
    "liquidators": "Liquidatoren: {}",
    "wound up": "Abwickler: {}",
    "partner": "Persönlich haftende Gesellschafterin: {}",
    "branch": "Zweigniederlassung: {}",
}
_ENGLISH = {
    "seat": "registered office: {}",
    "liquidation": "i. L. (in liquidation)",
    "directors": "Directors: {}",
    "AG": "Management board: {}",
    "chair": "{} (chair)",
    "supervisory": "Chair of the supervisory board: {}",
    "liquidators": "Liquidators: {}",
    "wound up": "Liquidators: {}",
    "partner": "General partner: {}",
    "branch": "German branch: {}",
}


def _firm_line(particulars: Particulars, label: dict[str, str]) -> str:
    firm = particulars.firm
    if firm.strip() and particulars.liquidators and not firm.endswith(("i. L.", "i.L.")):
        firm = f"{firm} {label['liquidation']}"
    return _joined(firm, _labelled(label["seat"], particulars.seat))


def _register_line(register: str, number: str) -> str:
    return _joined(register, number)


def _branch_line(particulars: Particulars, label: dict[str, str]) -> str:
    register = _register_line(particulars.branch_register, particulars.branch_number)
    return _labelled(label["branch"], _joined(particulars.branch_seat, register))


def _partner_line(particulars: Particulars, label: dict[str, str]) -> str:
    seat = _labelled(label["seat"], particulars.general_partner_seat)
    register = _register_line(particulars.general_partner_register, particulars.general_partner_number)
    return _labelled(label["partner"], _joined(particulars.general_partner, seat, register))


def _people_line(particulars: Particulars, label: dict[str, str]) -> str:
    stock = particulars.form == "AG"
    if particulars.liquidators:
        return _labelled(label["wound up" if stock else "liquidators"], ", ".join(particulars.liquidators))
    chair = particulars.board_chair if stock else ""
    others = [name for name in particulars.directors if name != chair]
    people = [label["chair"].format(chair), *others] if chair else others
    return _labelled(label["AG" if stock else "directors"], ", ".join(people))


def _supervisory_line(particulars: Particulars, label: dict[str, str]) -> str:
    return _labelled(label["supervisory"], particulars.supervisory_chair)


def _labelled(label: str, value: str) -> str:
    return label.format(value) if value.strip() else ""


def _joined(*parts: str) -> str:
    return ", ".join(part.strip() for part in parts if part.strip())


def _people(particulars: Particulars) -> list[tuple[str, str]]:
    """Everyone who must be named with a full first name, beside the field."""
    single = ("board_chair", "supervisory_chair", *(["firm"] if particulars.form == "freelance" else []))
    named = [(field, getattr(particulars, field)) for field in single]
    several = [
        (field, name) for field in ("directors", "liquidators") for name in getattr(particulars, field)
    ]
    return [(field, name) for field, name in several + named if name]


def _is_short(name: str) -> bool:
    """«J. Doe» and «Doe» are short, «Dr. Jane Doe» and «Jane M. Doe» are not."""
    words = [word for word in name.replace(",", " ").split() if not word.endswith(".")]
    return len(words) < 2

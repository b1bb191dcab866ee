"""The particulars that a client's business mail must carry: `legal` in client.yaml.

Which of them a legal form needs, and why, is said in `core.german.particulars`; here they are only read and
what is missing is put beside its key.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Literal

from pydantic import Field

from maild.config.document import Path
from maild.config.fields import Day, Entry, Line
from maild.core.german.particulars import Particulars, doubtful, missing

CONFIRMATION_LASTS = timedelta(days=366)


class Legal(Entry):
    """What a client states about itself; the fields are those of `Particulars`."""

    form: Literal[
        "GmbH", "UG", "AG", "e.K.", "OHG", "KG", "GmbH & Co. KG", "freelance", "foreign", "foreign-branch"
    ]
    firm: str = ""
    seat: str = ""
    register_: str = Field("", alias="register")  # pydantic's own classes have a method register
    number: str = ""
    directors: tuple[Line, ...] = ()
    board_chair: str = ""
    supervisory_chair: str = ""
    address: str = ""
    general_partner: str = ""
    general_partner_seat: str = ""
    general_partner_register: str = ""
    general_partner_number: str = ""
    branch_seat: str = ""
    branch_register: str = ""
    branch_number: str = ""
    liquidators: tuple[Line, ...] = ()
    text: str = ""
    confirmed: Day | None = None

    @property
    def particulars(self) -> Particulars:
        """The same for the core, which composes the lines of a letter from them."""
        return Particulars(**{name.rstrip("_"): value for name, value in self})


def legal_faults(legal: Legal) -> Iterator[tuple[Path, str]]:
    """What the form needs and is not there, each with the path of its key."""
    for field in missing(legal.particulars):
        yield ("legal", field), f"is missing; letters of the form {legal.form} must state it, here or in text"


def legal_warnings(legal: Legal, today: date) -> Iterator[tuple[Path, str]]:
    """What is there and doubtful, each with the path of its key."""
    for sentence in doubtful(legal.particulars):
        field, _, finding = sentence.partition(": ")
        yield ("legal", field), f"{finding}; ask the client"
    if legal.confirmed is None:
        yield (
            ("legal", "confirmed"),
            "is missing; ask the client whether the particulars hold, and note the date",
        )
    elif today - legal.confirmed > CONFIRMATION_LASTS:
        yield (
            ("legal", "confirmed"),
            "is more than a year ago; ask the client whether the particulars still hold",
        )

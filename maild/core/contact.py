"""A person or company that a client knows, as told by the client, the person or the office; nothing is guessed."""

from dataclasses import dataclass
from enum import StrEnum


class Form(StrEnum):
    """How a person is addressed; empty in contacts.csv means UNKNOWN."""

    FRAU = "frau"
    HERR = "herr"
    NEUTRAL = "neutral"
    COMPANY = "company"
    UNKNOWN = ""


class Relationship(StrEnum):
    """What a person is to the client."""

    VIP = "vip"
    CUSTOMER = "customer"
    PROSPECT = "prospect"
    SUPPLIER = "supplier"
    AUTHORITY = "authority"
    EMPLOYEE = "employee"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Contact:
    """One line of contacts.csv."""

    address: str
    given: str = ""
    family: str = ""
    title: str = ""
    form: Form = Form.UNKNOWN
    nobility: str = ""
    company: str = ""
    language: str = ""
    relationship: Relationship = Relationship.UNKNOWN
    tags: tuple[str, ...] = ()
    basis: str = ""
    basis_date: str = ""
    basis_source: str = ""
    du: bool = False
    custom_salutation: str = ""
    phone: str = ""
    note: str = ""

"""The people a client knows: contacts.csv.

UTF-8, a header line, columns in any order, commas between them. A line that can't be understood is a fault,
never a guess; nothing is written back.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum

from maild.config.document import decode, one_line
from maild.config.fields import read_address, read_date
from maild.config.wording import did_you_mean
from maild.core.contact import Contact, Form, Relationship
from maild.errors import Fault

MAX_BYTES = 20_000_000
MAX_CELL = 10_000  # bytes in UTF-8


@dataclass(frozen=True, slots=True)
class Contacts:
    """The contacts of one client."""

    by_address: Mapping[str, Contact] = field(default_factory=dict)  # by the address in lower case

    def get(self, address: str) -> Contact | None:
        """Who has this address; capital letters make no difference."""
        return self.by_address.get(address.lower())


def read_contacts(raw: bytes, file: str) -> tuple[Contacts, tuple[Fault, ...]]:
    """Read contacts.csv; lines with faults are left out."""
    text = decode(raw, file, limit=MAX_BYTES)
    if isinstance(text, Fault):
        return Contacts(), (text,)
    sheet = _Sheet(file)
    rows = _rows(text, sheet)
    _, header = next(rows, (1, []))
    columns = sheet.columns(header)
    by_address: dict[str, Contact] = {}
    for line, cells in rows if columns else ():
        contact = sheet.contact(line, columns, cells)
        if contact is None:
            continue
        if contact.address.lower() in by_address:
            sheet.add(line, "address", f"«{one_line(contact.address)}» stands twice; keep one line for it")
        by_address.setdefault(contact.address.lower(), contact)
    return Contacts(by_address), tuple(sheet.faults)


def _rows(text: str, sheet: "_Sheet") -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank, with the line it begins in."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, [cell.strip(" ") for cell in cells]
            line = reader.line_num + 1
    except csv.Error:
        sheet.add(
            line, "", 'quotes don\'t match here; put a cell with commas or quotes in "", its quotes doubled'
        )


class _Sheet:
    """One reading of a file, collecting what is wrong with it."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[Fault] = []

    def add(self, line: int, column: str, message: str) -> None:
        self.faults.append(Fault(self.file, line, 1, message, key=column))

    def columns(self, header: list[str]) -> tuple[str, ...]:
        """The names of the header; none where it can't be used."""
        count = len(self.faults)
        if len(header) == 1 and ";" in header[0]:
            self.add(1, "", "the columns are separated by semicolons; save the file with commas")
            return ()
        for name in dict.fromkeys(header):
            if name not in COLUMNS:
                hint = did_you_mean(name, COLUMNS)
                self.add(1, one_line(name), f"«{one_line(name)}» is no column of contacts; {hint}")
            elif header.count(name) > 1:
                self.add(1, name, "the column stands twice; keep one")
        if "address" not in header:
            self.add(
                1, "address", "the column is missing; the first line names the columns, among them address"
            )
        return tuple(header) if len(self.faults) == count else ()

    def contact(self, line: int, columns: tuple[str, ...], cells: list[str]) -> Contact | None:
        if len(cells) != len(columns):
            message = f"the line has {len(cells)} cells and the header {len(columns)}; look at the commas"
            self.add(line, "", message)
            return None
        values: dict[str, object] = {}
        for column, cell in zip(columns, cells, strict=True):
            try:
                values[column] = _value(column, cell)
            except ValueError as error:
                self.add(line, column, str(error))
        return Contact(**values) if len(values) == len(columns) else None  # type: ignore[arg-type]


def _value(column: str, cell: str) -> object:
    if len(cell.encode()) > MAX_CELL:
        raise ValueError(f"the cell has more than {MAX_CELL:,} bytes; shorten it")
    if any(character in cell for character in "\r\n\t"):
        raise ValueError("the cell holds a line break or a tab; write it in one line")
    read = _READERS.get(column)
    return read(cell) if read else cell


def _one_of(values: type[StrEnum], cell: str) -> StrEnum:
    known = [value.value for value in values]
    if cell not in known:
        named = [value for value in known if value]
        raise ValueError(f"«{one_line(cell)}» is not known here; {did_you_mean(cell, named)}")
    return values(cell)


def _relationship(cell: str) -> StrEnum:
    return _one_of(Relationship, cell) if cell else Relationship.UNKNOWN


def _language(cell: str) -> str:
    if cell and not (len(cell) == 2 and cell.isascii() and cell.islower()):
        raise ValueError(f"«{one_line(cell)}» is no language; write two small letters, as de")
    return cell


def _basis(cell: str) -> str:
    if cell not in {"", "consent", "customer"}:
        known = ("consent", "customer")
        raise ValueError(f"«{one_line(cell)}» is not known here; {did_you_mean(cell, known)}")
    return cell


def _basis_date(cell: str) -> str:
    return read_date(cell).isoformat() if cell else ""


def _flag(cell: str) -> bool:
    if cell.lower() not in _FLAGS:
        raise ValueError(f"«{one_line(cell)}» is neither yes nor no; write yes, or leave it empty")
    return _FLAGS[cell.lower()]


def _tags(cell: str) -> tuple[str, ...]:
    return tuple(tag.strip() for tag in cell.split(";") if tag.strip())


_FLAGS = {"": False, "no": False, "nein": False, "false": False, "yes": True, "ja": True, "true": True}
_READERS = {
    "address": read_address,
    "form": lambda cell: _one_of(Form, cell),
    "relationship": _relationship,
    "language": _language,
    "basis": _basis,
    "basis_date": _basis_date,
    "du": _flag,
    "tags": _tags,
}
COLUMNS = tuple(field.name for field in fields(Contact))

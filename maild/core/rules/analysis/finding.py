"""What an analysis of rules finds, as data."""

from dataclasses import dataclass
from enum import StrEnum

from maild.core.rules.parse.sheet import Path


class Severity(StrEnum):
    """How bad a finding is."""

    FAULT = "fault"  # can't be meant: the client's rules are not used until it is mended
    WARNING = "warning"  # may be meant


@dataclass(frozen=True, slots=True)
class Finding:
    """One oddity; the caller knows in which line of the file `origin` its `path` stands."""

    origin: str
    path: Path
    message: str
    severity: Severity = Severity.WARNING

"""A template and what comes of it, as types; reading, checking and rendering are done elsewhere."""

from dataclasses import dataclass, field

import jinja2

from maild.errors import Fault, LetterError, MaildError


@dataclass(frozen=True, slots=True)
class TemplateSource:
    """A template as it stands in its file; `file` is how messages name it. With the HTML beside it, if there is any."""

    name: str
    text: str
    file: str
    html: str = ""
    html_file: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Wording:
    """The parts of a template ready to be filled in: in the spelling of its file, or in the Swiss one."""

    subject: jinja2.Template
    body: jinja2.Template
    html: jinja2.Template | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """A template that is known to be right; `gaps` are all that it has, whether or not a letter reaches them."""

    name: str
    file: str
    wording: Wording
    attach: tuple[str, ...]
    gaps: tuple[str, ...]
    html_file: str = ""  # empty: its letters are plain text
    swiss: Wording | None = None  # with ss for ß; None where that makes no difference
    # What its parts ask for: mail, salutation, quotation.
    subject_names: frozenset[str] = field(default_factory=frozenset)
    names: frozenset[str] = field(default_factory=frozenset)
    html_names: frozenset[str] = field(default_factory=frozenset)
    paths: frozenset[str] = field(
        default_factory=frozenset
    )  # mail.date, contact.phone: all that text or HTML ask for


@dataclass(frozen=True, slots=True)
class RenderedLetter:
    """A letter before threading; `text` ends in one line break, `gaps` are those it prints.

    `quoted` and `html_quoted` say whether its template has placed the quotation itself.
    """

    subject: str
    text: str
    attach: tuple[str, ...]
    gaps: tuple[str, ...]
    html: str = ""  # cleaned, without the page around it; empty: plain text only
    quoted: bool = False
    html_quoted: bool = False


class TemplateProblem(MaildError):  # noqa: N818 - a problem of a file, found on loading
    """A template can't be used; carries every fault found, by line."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults
        self.message = faults[0].message
        self.line = faults[0].line


class RenderError(LetterError):
    """One letter can't be written from a template; `line` is 0 where the whole of it is meant."""

    def __init__(self, template: str, file: str, line: int, reason: str) -> None:
        place = f"{file}, line {line}" if line else file
        super().__init__(f"template {template} ({place}): {reason}")
        self.file, self.line, self.reason = file, line, reason

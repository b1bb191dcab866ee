"""Templates of letters: read and checked when a home is loaded, rendered when a letter is written.

Whatever is unknown is found on loading, with file and line; what one letter lacks is an error while rendering. The text
of a mail is data here, never template code, header or gap. Wrapping, quoting and threading are `compose`'s business.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from traceback import walk_tb
from typing import Any

import jinja2

from maild.core.german.names import one_line
from maild.core.template_check import findings_in, gap_names
from maild.core.template_environment import LANGUAGE, letter_environment, missing
from maild.core.template_front import take_apart
from maild.core.template_views import (
    TEXTS,
    VIEWS,
    ClientView,
    ContactView,
    Finding,
    IdentityView,
    LetterContext,
    MailView,
    View,
)
from maild.errors import Fault, LetterError, MaildError

__all__ = [
    "ClientView",
    "ContactView",
    "IdentityView",
    "LetterContext",
    "MailView",
    "RenderedLetter",
    "Template",
    "TemplateProblem",
    "TemplateSource",
    "compile_template",
    "open_gaps",
    "render",
]

LARGEST = 256 * 1024  # characters of one rendered letter
LONGEST_SUBJECT = 300  # characters; a stranger's subject may be longer
LONGEST_VALUE = 4000  # characters of any one value; more is a stranger's mischief and is cut off


@dataclass(frozen=True, slots=True)
class TemplateSource:
    """A template as it stands in its file; `file` is how messages name it."""

    name: str
    text: str
    file: str


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """A template that is known to be right; `gaps` are all that it has, whether or not a letter reaches them."""

    name: str
    file: str
    subject: jinja2.Template
    body: jinja2.Template
    attach: tuple[str, ...]
    gaps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RenderedLetter:
    """A letter before threading and quotation; `text` ends in one line break, `gaps` are those it prints."""

    subject: str
    text: str
    attach: tuple[str, ...]
    gaps: tuple[str, ...]


class TemplateProblem(MaildError):  # noqa: N818 - a problem of a file, found on loading
    """A template can't be used; carries every fault found, by line."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults
        self.message = faults[0].message
        self.line = faults[0].line


def compile_template(source: TemplateSource) -> Template:
    """Read and check a template. Raises TemplateProblem with all that is wrong; lines count from the file's top."""
    text = source.text.removeprefix("\ufeff").replace("\r\n", "\n")
    parts, lines = take_apart(text), text.split("\n")
    found = [
        *parts.findings,
        *findings_in(_ENVIRONMENT, parts.subject, lines, in_subject=True),
        *findings_in(_ENVIRONMENT, parts.body, lines),
    ]
    if found:
        raise _problem(source, found)
    return Template(
        name=source.name,
        file=source.file,
        subject=_compiled(source, parts.subject),
        body=_compiled(source, parts.body),
        attach=parts.attach,
        gaps=gap_names(_ENVIRONMENT, parts.body),
    )


def render(template: Template, context: LetterContext) -> RenderedLetter:
    """Write the letter. Raises LetterError naming template, file, line and what is missing."""
    subject = one_line(_rendered(template, template.subject, _variables(context)))
    gaps: dict[str, None] = {}

    def gap(name: str) -> str:
        gaps[name] = None
        return f"«{name}»"

    # A quoted word of the mail, printed in the text, must not look like a gap that is still open.
    body = _rendered(template, template.body, _variables(context, quotes=_GUILLEMETS) | {"gap": gap})
    if not subject or not body.strip():
        raise LetterError(f"template {template.name} ({template.file}): the {_EMPTY[bool(subject)]} is empty")
    return RenderedLetter(_shortened(subject), _laid_out(body), template.attach, tuple(gaps))


def open_gaps(gaps: tuple[str, ...], new_text: str) -> tuple[str, ...]:
    """The gaps whose name still stands beside « or » in the new text, however a mail program wrapped its lines."""
    text = _comparable(new_text)
    return tuple(gap for gap in gaps if _is_open(_comparable(gap), text))


_ENVIRONMENT = letter_environment()
_EMPTY = {False: "subject", True: "letter"}


def _problem(source: TemplateSource, found: Sequence[Finding]) -> TemplateProblem:
    return TemplateProblem(tuple(Fault(source.file, each.line, each.column, each.message) for each in found))


def _compiled(source: TemplateSource, text: str) -> jinja2.Template:
    try:
        code = _ENVIRONMENT.compile(text, source.name, source.file)
    except (SyntaxError, RecursionError, MemoryError) as error:  # what Python takes: 20 loops in each other
        deep = Finding(1, 1, "this can't be read as a template: it is nested too deeply")
        raise _problem(source, [deep]) from error
    return jinja2.Template.from_code(_ENVIRONMENT, code, {})


_GUILLEMETS = str.maketrans("«»", "„“")


def _variables(context: LetterContext, quotes: Mapping[int, int] | None = None) -> dict[str, Any]:
    """What the template may name; strings of the views on one line, so that no mail adds a line or a header."""
    texts = {name: getattr(context, name) for name in TEXTS}
    given = {name: value if value.strip() else missing(name) for name, value in texts.items()}
    views = {name: _plain(getattr(context, name), quotes or {}) for name in VIEWS}
    return {**given, **views, "now": context.now, LANGUAGE: context.language}


def _plain(view: View, quotes: Mapping[int, int]) -> View:
    values: dict[str, Any] = {each.name: getattr(view, each.name) for each in fields(view)}
    texts = {key: text for key, text in values.items() if isinstance(text, str)}
    return type(view)(
        **values | {key: one_line(text[:LONGEST_VALUE]).translate(quotes) for key, text in texts.items()}
    )


def _rendered(template: Template, part: jinja2.Template, variables: dict[str, Any]) -> str:
    pieces, size = [], 0
    try:
        for piece in part.generate(variables):
            size += len(piece)
            if size > LARGEST:
                raise jinja2.TemplateRuntimeError("the letter grows beyond 256 KB")
            pieces.append(piece)
    except _FAILURES as error:
        line = _line_of(error, template.file)
        place = f"{template.file}, line {line}" if line else template.file
        raise LetterError(f"template {template.name} ({place}): {_reason(error)}") from error
    return "".join(pieces)


_FAILURES = (
    jinja2.TemplateError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


def _line_of(error: BaseException, file: str) -> int:
    """Where in the template it failed: Jinja puts the template's own lines into the traceback."""
    return next(
        (line for frame, line in reversed(list(walk_tb(error.__traceback__))) if _is_in(frame, file)), 0
    )


def _is_in(frame: Any, file: str) -> bool:
    return bool(frame.f_code.co_filename == file)


def _reason(error: BaseException) -> str:
    """Jinja's and our own words name names only; Python's might quote a mail, and are left out."""
    if isinstance(error, jinja2.TemplateError):
        return str(error.message)
    return f"this can't be worked out here ({type(error).__name__})"


def _shortened(subject: str) -> str:
    return subject if len(subject) <= LONGEST_SUBJECT else subject[: LONGEST_SUBJECT - 1].rstrip() + "…"


def _laid_out(text: str) -> str:
    """Never two blank lines together, none at the ends, no blanks at line ends but in the «-- » before a signature."""
    lines = text.replace("\r\n", "\n").split("\n")
    tidy = "\n".join(line if line == "-- " else line.rstrip() for line in lines)
    return re.sub(r"\n{3,}", "\n\n", tidy).strip("\n") + "\n"


def _comparable(text: str) -> str:
    text = unicodedata.normalize("NFC", text).translate(_INVISIBLE)
    return " ".join(text.split()).casefold()


_INVISIBLE = dict.fromkeys((0x00AD, 0x200B, 0x2060, 0xFEFF))  # soft hyphen and blanks of no width


def _is_open(gap: str, text: str) -> bool:
    name = re.escape(gap)
    return re.search(rf"« ?{name}(?!\w)|(?<!\w){name} ?»", text) is not None

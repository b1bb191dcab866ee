"""A letter from a template: every value as data, on one line, escaped where it stands in HTML.

What one letter lacks is an error here. Nothing of a mail is ever run as a template, adds a line or a header, or looks
like a gap.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from traceback import walk_tb
from typing import Any

import jinja2
from markupsafe import Markup, escape

from maild.core.german.calendar import region_of
from maild.core.german.names import one_line
from maild.core.template_environment import LANGUAGE, missing
from maild.core.template_html import clean
from maild.core.template_model import RenderedLetter, RenderError, Template, Wording
from maild.core.template_views import QUOTATION, TEXTS, VIEWS, LetterContext, View

LARGEST = 256 * 1024  # characters of one rendered letter
LONGEST_SUBJECT = 300  # characters; a stranger's subject may be longer
LONGEST_VALUE = 4000  # characters of any one value; more is a stranger's mischief and is cut off


def render(template: Template, context: LetterContext) -> RenderedLetter:
    """Write the letter. Raises RenderError naming template, file, line and what is missing."""
    wording = _wording(template, context)
    subject = one_line(
        _rendered(template, template.file, wording.subject, _variables(context, template.subject_names))
    )
    gaps: dict[str, None] = {}
    # A quoted word of the mail, printed in the text, must not look like a gap that is still open.
    values = _variables(context, template.names | template.html_names, _GUILLEMETS) | {"gap": _gap(gaps)}
    body = _rendered(template, template.file, wording.body, values)
    if not subject or not body.strip():
        raise RenderError(template.name, template.file, 0, f"the {_EMPTY[bool(subject)]} is empty")
    return RenderedLetter(
        subject=_shortened(subject),
        text=_laid_out(body),
        attach=template.attach,
        gaps=tuple(gaps),
        html=_html(template, wording, context, values),
        quoted=QUOTATION in template.names,
        html_quoted=QUOTATION in template.html_names,
    )


_EMPTY = {False: "subject", True: "letter"}
_GUILLEMETS = str.maketrans("«»", "„“")


def _wording(template: Template, context: LetterContext) -> Wording:
    is_swiss = region_of(context.language) == "CH"
    return template.swiss if is_swiss and template.swiss else template.wording


def _gap(gaps: dict[str, None]) -> Callable[[str], str]:
    def gap(name: str) -> str:
        gaps[name] = None
        return f"«{name}»"

    return gap


def _html(template: Template, wording: Wording, context: LetterContext, values: dict[str, Any]) -> str:
    if wording.html is None:
        return ""
    marked_up = values | _marked_up(context)
    return clean(_rendered(template, template.html_file, wording.html, marked_up)).strip()


def _marked_up(context: LetterContext) -> dict[str, Any]:
    """What has lines, as HTML; all other values are escaped where they are printed."""
    lines = {name: getattr(context, name) for name in ("signature", "legal")}
    given = {
        name: Markup("<br>\n").join(map(escape, text.split("\n"))) for name, text in lines.items() if text
    }
    quoted = {QUOTATION: Markup(context.quotation.html)} if context.quotation else {}  # noqa: S704 - escaped there
    return {**given, **quoted}


def _variables(
    context: LetterContext, wanted: frozenset[str], quotes: Mapping[int, int] | None = None
) -> dict[str, Any]:
    """Of what the template may name what it names; strings of the views on one line, so that no mail adds a line."""
    texts = {name: getattr(context, name) for name in TEXTS if name in wanted}
    if QUOTATION in wanted:
        texts[QUOTATION] = context.quotation.text if context.quotation else ""
    given = {name: value if value.strip() else missing(name) for name, value in texts.items()}
    views = {name: _plain(getattr(context, name), quotes or {}) for name in VIEWS if name in wanted}
    form = {"sie": _du if context.contact.du else _sie}
    return {**given, **views, **form, "now": context.now, LANGUAGE: context.language}


def _sie(formal: str, _familiar: str) -> str:
    return formal


def _du(_formal: str, familiar: str) -> str:
    return familiar


def _plain(view: View, quotes: Mapping[int, int]) -> View:
    names = _TEXT_FIELDS.setdefault(type(view), tuple(each.name for each in fields(view)))
    texts = {name: text for name in names if isinstance(text := getattr(view, name), str)}
    changed: dict[str, Any] = {
        name: plain
        for name, text in texts.items()
        if (plain := one_line(text[:LONGEST_VALUE]).translate(quotes)) != text
    }
    return replace(view, **changed) if changed else view


_TEXT_FIELDS: dict[type[View], tuple[str, ...]] = {}


def _rendered(template: Template, file: str, part: jinja2.Template, variables: dict[str, Any]) -> str:
    pieces, size = [], 0
    try:
        for piece in part.generate(variables):
            size += len(piece)
            if size > LARGEST:
                raise jinja2.TemplateRuntimeError("the letter grows beyond 256 KB")
            pieces.append(piece)
    except _FAILURES as error:
        raise RenderError(template.name, file, _line_of(error, file), _reason(error)) from error
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

"""Templates of letters: read and checked when a home is loaded, rendered when a letter is written.

Whatever is unknown is found on loading, with file and line; what one letter lacks is an error while rendering
(`template_render`). The text of a mail is data here, never template code, header or gap. Wrapping, quoting and
threading are `compose`'s business.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence

import jinja2

from maild.core.german.regional import swiss
from maild.core.template_check import findings_in, gap_names, names_used, paths_used
from maild.core.template_environment import LetterEnvironment, letter_environment
from maild.core.template_front import Parts, take_apart
from maild.core.template_html import html_findings
from maild.core.template_model import (
    RenderedLetter,
    RenderError,
    Template,
    TemplateProblem,
    TemplateSource,
    Wording,
)
from maild.core.template_render import render
from maild.core.template_views import (
    ClientView,
    ContactView,
    Finding,
    IdentityView,
    LetterContext,
    MailView,
)
from maild.errors import Fault

__all__ = [
    "ClientView",
    "ContactView",
    "IdentityView",
    "LetterContext",
    "MailView",
    "RenderError",
    "RenderedLetter",
    "Template",
    "TemplateProblem",
    "TemplateSource",
    "compile_template",
    "open_gaps",
    "render",
]


def compile_template(source: TemplateSource) -> Template:
    """Read and check a template. Raises TemplateProblem with all that is wrong; lines count from the file's top."""
    text, html = _lines(source.text), _lines(source.html)
    parts = take_apart(text)
    found = (
        *_faults(source.file, _text_findings(parts, text)),
        *_faults(source.html_file, _html_findings(html)),
    )
    if not found and html:
        found = tuple(_faults(source.html_file, _other_gaps(parts.body, html)))
    if found:
        raise TemplateProblem(found)
    wording = _compiled(source, parts.subject, parts.body, html)
    spelled = [swiss(each) for each in (parts.subject, parts.body, html)]
    return Template(
        name=source.name,
        file=source.file,
        wording=wording,
        attach=parts.attach,
        gaps=gap_names(_TEXT, parts.body),
        html_file=source.html_file if html else "",
        swiss=None if spelled == [parts.subject, parts.body, html] else _compiled(source, *spelled),
        subject_names=names_used(_TEXT, parts.subject),
        names=names_used(_TEXT, parts.body),
        html_names=names_used(_HTML, html),
        paths=paths_used(_TEXT, parts.subject) | paths_used(_TEXT, parts.body) | paths_used(_HTML, html),
    )


def open_gaps(gaps: tuple[str, ...], new_text: str) -> tuple[str, ...]:
    """The gaps whose name still stands beside « or » in the new text, however a mail program wrapped its lines."""
    text = _comparable(new_text)
    return tuple(gap for gap in gaps if _is_open(_comparable(gap), text))


_TEXT = letter_environment()
_HTML = letter_environment(html=True)


def _lines(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


def _text_findings(parts: Parts, text: str) -> Iterator[Finding]:
    lines = text.split("\n")
    yield from parts.findings
    yield from findings_in(_TEXT, parts.subject, lines, in_subject=True)
    yield from findings_in(_TEXT, parts.body, lines)


def _html_findings(html: str) -> Iterator[Finding]:
    yield from html_findings(html)
    yield from findings_in(_HTML, html, html.split("\n"))


def _other_gaps(body: str, html: str) -> Iterator[Finding]:
    """A gap in one part only would stay open, or be filled, where nobody looks."""
    in_text, in_html = gap_names(_TEXT, body), gap_names(_HTML, html)
    for name in dict.fromkeys((*in_text, *in_html)):
        if name not in in_html:
            yield Finding(1, 1, f"the gap «{name}» of the text is missing here; both must have the same")
        elif name not in in_text:
            line = html[: html.find(name)].count("\n") + 1
            yield Finding(line, 1, f"the gap «{name}» is missing in the text; both must have the same")


def _faults(file: str, found: Iterator[Finding] | Sequence[Finding]) -> Iterator[Fault]:
    return (Fault(file, each.line, each.column, each.message) for each in found)


def _compiled(source: TemplateSource, subject: str, body: str, html: str) -> Wording:
    return Wording(
        subject=_template(_TEXT, source.name, source.file, subject),
        body=_template(_TEXT, source.name, source.file, body),
        html=_template(_HTML, source.name, source.html_file, html) if html else None,
    )


def _template(environment: LetterEnvironment, name: str, file: str, text: str) -> jinja2.Template:
    try:
        code = environment.compile(text, name, file)
    except (SyntaxError, RecursionError, MemoryError) as error:  # what Python takes: 20 loops in each other
        deep = Fault(file, 1, 1, "this can't be read as a template: it is nested too deeply")
        raise TemplateProblem((deep,)) from error
    return jinja2.Template.from_code(environment, code, {})


def _comparable(text: str) -> str:
    text = unicodedata.normalize("NFC", text).translate(_INVISIBLE)
    return " ".join(text.split()).casefold()


_INVISIBLE = dict.fromkeys((0x00AD, 0x200B, 0x2060, 0xFEFF))  # soft hyphen and blanks of no width


def _is_open(gap: str, text: str) -> bool:
    name = re.escape(gap)
    return re.search(rf"« ?{name}(?!\w)|(?<!\w){name} ?»", text) is not None

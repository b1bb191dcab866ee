"""The HTML beside a letter's text: what its templates may use, how it is cleaned, and the page around it.

Rebuilds what it lets through from a list of allowed tags, attributes and styles; whatever isn't on it is gone. No
script, picture, form or style sheet, nothing that a mail program would fetch from anywhere. The text part is the
letter; this is its other dress.
"""

import html
import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser

from maild.core.german.calendar import is_english
from maild.core.template_views import Finding

TAGS = frozenset(
    {
        *(
            "a",
            "address",
            "b",
            "blockquote",
            "br",
            "caption",
            "code",
            "div",
            "em",
            "h1",
            "h2",
            "h3",
            "h4",
            "hr",
        ),
        *("i", "li", "ol", "p", "pre", "s", "small", "span", "strong", "sub", "sup", "table", "tbody", "td"),
        *("tfoot", "th", "thead", "tr", "u", "ul"),
    }
)
EMPTY = frozenset({"br", "hr"})
_EVERYWHERE = frozenset({"style", "title", "lang", "dir", "align"})
_OF_TAG = {
    "a": frozenset({"href"}),
    "blockquote": frozenset({"type"}),
    "ol": frozenset({"start", "type"}),
    "table": frozenset({"border", "cellpadding", "cellspacing", "role", "width"}),
    "td": frozenset({"colspan", "rowspan", "valign", "width"}),
    "th": frozenset({"colspan", "rowspan", "valign", "width"}),
}
# What stands between these is no text.
_SILENT = frozenset(
    {
        *("head", "iframe", "math", "noscript", "object", "script", "select", "style", "svg", "template"),
        *("textarea", "title"),
    }
)
_LINK = re.compile(r"(?:https?://|mailto:|tel:)[^\s\x00-\x1f]+", re.IGNORECASE)
_STYLES = frozenset(
    {
        *("background-color", "border", "border-bottom", "border-collapse", "border-left", "border-right"),
        *("border-top", "color", "font-family", "font-size", "font-style", "font-weight", "height"),
        *("line-height", "margin", "margin-bottom", "margin-left", "margin-right", "margin-top", "max-width"),
        *("padding", "padding-bottom", "padding-left", "padding-right", "padding-top", "text-align"),
        *("text-decoration", "vertical-align", "white-space", "width"),
    }
)
_STYLE_VALUE = re.compile(r"[\w\s#%.,'\"-]+|rgb\([\d\s,]+\)")  # no url(…), no expression(…)
_JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)


def clean(markup: str) -> str:
    """Markup with nothing left but what is allowed; every tag that was opened is closed."""
    cleaner = _Cleaner()
    cleaner.feed(markup)
    cleaner.close()
    return cleaner.result()


def page(fragment: str, language: str) -> str:
    """A cleaned fragment as a whole document."""
    name = "en" if is_english(language) else "de"
    return (
        f'<!DOCTYPE html>\n<html lang="{name}">\n<head><meta charset="utf-8"></head>\n'
        f'<body style="{_BODY}">\n{fragment.strip()}\n</body>\n</html>\n'
    )


def plain_page(text: str, language: str) -> str:
    """A letter of plain text as a page, for looking at it."""
    return page(f'<pre style="white-space:pre-wrap">{html.escape(text, quote=False)}</pre>', language)


def html_findings(source: str) -> list[Finding]:
    """What a template's HTML uses that would be taken away from the letter."""
    # Of the same length, so that places stay; a comparison or a tag in a string must not be taken for HTML.
    masked = _JINJA.sub(_masked, source)
    inspector = _Inspector()
    inspector.feed(masked)
    inspector.close()
    return inspector.found


def _masked(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", "x" if match[0].startswith("{{") else " ", match[0])


_BODY = "font-family:Arial, Helvetica, sans-serif;font-size:11pt;line-height:1.4;color:#000000"
_Attributes = Sequence[tuple[str, str | None]]


class _Cleaner(HTMLParser):
    """Writes anew what it may; text is always escaped, so that nothing can pass for a tag."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._pieces: list[str] = []
        self._open: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open it, if it is allowed."""
        if tag in _SILENT:
            self._silent += 1
        elif tag in TAGS and not self._silent:
            self._pieces.append(f"<{tag}{''.join(_kept(tag, attrs))}>")
            if tag not in EMPTY:
                self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """<br/>; in HTML the slash closes nothing else."""
        if tag not in _SILENT:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """Close it and all that was left open in it."""
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag in self._open and not self._silent:
            while (last := self._open.pop()) != tag:
                self._pieces.append(f"</{last}>")
            self._pieces.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        """Text, escaped."""
        if not self._silent:
            self._pieces.append(html.escape(data, quote=False))

    def result(self) -> str:
        """What was let through."""
        return "".join(self._pieces) + "".join(f"</{tag}>" for tag in reversed(self._open))


def _kept(tag: str, attrs: _Attributes) -> Iterator[str]:
    for name, value in attrs:
        kept = _value(name, value or "") if _is_known(tag, name) else ""
        if kept:
            yield f' {name}="{html.escape(kept)}"'


def _is_known(tag: str, name: str) -> bool:
    return name in _EVERYWHERE or name in _OF_TAG.get(tag, ())


def _value(name: str, value: str) -> str:
    if name == "href":
        return value.strip() if _LINK.fullmatch(value.strip()) else ""
    return "; ".join(_styles(value)) if name == "style" else value


def _styles(value: str) -> Iterator[str]:
    for each in value.split(";"):
        key, _, word = each.partition(":")
        if key.strip().lower() in _STYLES and _STYLE_VALUE.fullmatch(word.strip()):
            yield f"{key.strip().lower()}: {word.strip()}"


class _Inspector(HTMLParser):
    """Notes what `_Cleaner` would take away, with its place."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Finding] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at a tag and its attributes."""
        line, column = self.getpos()
        if tag not in TAGS:
            self.found.append(Finding(line, column + 1, f"<{tag}> can't be used in a letter{_hint(tag)}"))
            return
        for name, value in attrs:
            if reason := _objection(tag, name, value or ""):
                self.found.append(Finding(line, column + 1, reason))


def _hint(tag: str) -> str:
    if tag in {"img", "link", "video", "audio", "picture", "source"}:
        return ": it shows nothing that has to be fetched, attach the file instead"
    if tag in {"html", "head", "body", "meta", "title"}:
        return ": the page around it is made by maild"
    return ": write style=… on the tags themselves" if tag == "style" else ""


def _objection(tag: str, name: str, value: str) -> str:
    if not _is_known(tag, name):
        return f"<{tag} {name}=…> can't be used in a letter"
    if name == "href" and not value.startswith("xxxx") and not _LINK.fullmatch(value.strip()):
        return "a link must begin with https://, http://, mailto: or tel:"
    if name == "style":
        kept = sum(1 for _ in _styles(value))
        if kept < sum(1 for each in value.split(";") if each.strip()):
            return "this style can't be used in a letter; only plain ones for type, colour, border and space"
    return ""

"""HTML mail as readable text.

For reading and matching only: what comes out is never shown as HTML. Style sheets, tables and deep nesting are taken
from `inscriptis` before it sees them, since padding to columns and margins lets a small mail ask for gigabytes.
"""

import html as entities
import re

from inscriptis import ParserError, get_text
from inscriptis.css_profiles import STRICT_CSS_PROFILE
from inscriptis.html_properties import Display
from inscriptis.model.config import ParserConfig
from inscriptis.model.html_element import HtmlElement
from inscriptis.model.tag import CustomHtmlTagHandlerMapping

from maild.core.charset import UNREADABLE

MAX_HTML = 500_000  # characters

_STYLE = re.compile(r"""style\s*=\s*("[^"]*"|'[^']*'|[^\s>"']+)""", re.IGNORECASE)
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_LETTERS = re.compile(r"\w")
_TABLE_TAGS = ("table", "tr", "td", "th")
_CONFIG = ParserConfig(
    css=STRICT_CSS_PROFILE
    | {
        "table": HtmlElement(display=Display.block),
        "tr": HtmlElement(display=Display.block),
        "td": HtmlElement(display=Display.inline, suffix=" "),
        "th": HtmlElement(display=Display.inline, suffix=" "),
        "ul": HtmlElement(display=Display.block, padding_inline=2),
        "ol": HtmlElement(display=Display.block, padding_inline=2),
    },
    custom_html_tag_handler_mapping=CustomHtmlTagHandlerMapping(
        start_tag_mapping=dict.fromkeys(_TABLE_TAGS), end_tag_mapping=dict.fromkeys(_TABLE_TAGS)
    ),
)


def html_to_text(markup: str) -> tuple[str, str]:
    """The text of an HTML document, and a short phrase where it could be read only roughly or in part."""
    source = _STYLE.sub(_hidden_only, markup[:MAX_HTML])
    defect = "HTML was cut" if len(markup) > MAX_HTML else ""
    try:
        text = get_text(source, _CONFIG)
    except (*UNREADABLE, ParserError):
        text = ""
    if text.strip() or not _LETTERS.search(_TAG.sub(" ", source)):
        return text, defect
    return _without_tags(source), "HTML could be read only roughly"


def _hidden_only(match: re.Match[str]) -> str:
    """A style attribute reduced to whether it hides its element, as newsletters hide a preview text."""
    return 'style="display:none"' if _HIDDEN.search(match[1]) else ""


def _without_tags(source: str) -> str:
    """What is left between the tags: the libxml2 parser gives up below 256 nested elements."""
    text = entities.unescape(_TAG.sub("\n", source))
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())

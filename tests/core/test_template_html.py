"""HTML beside a letter's text: cleaned, escaped, the same gaps, and nothing that is fetched from anywhere."""

import re
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core.compose import Reply, compose_reply
from maild.core.contact import Contact, Form
from maild.core.freeze import freeze
from maild.core.letter import reply_context
from maild.core.markup import html_to_text
from maild.core.message import Address, Mail
from maild.core.parse import parse
from maild.core.quote import quote
from maild.core.template import (
    RenderedLetter,
    TemplateProblem,
    TemplateSource,
    compile_template,
    open_gaps,
    render,
)
from maild.core.template_html import TAGS, clean
from maild.core.text import text_hash
from tests.core.letters import CASES, HEAD, MAIL

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Europe/Berlin"))
TEXT = """\
---
subject: "AW: {{ mail.subject or 'Ihre Anfrage' }}"
---
{{ salutation }}

gern liefern wir {{ mail.sender_name or 'Ihnen' }} bis {{ gap("Liefertermin") }}.

{{ closing }}
{{ signature }}
"""
HTML = """\
<p>{{ salutation }}</p>
<p>gern liefern wir <b>{{ mail.sender_name or 'Ihnen' }}</b> bis {{ gap("Liefertermin") }}.</p>
<p>{{ closing }}<br>{{ signature }}</p>
"""


def source(html: str = HTML, text: str = TEXT) -> TemplateSource:
    """A template with its HTML."""
    return TemplateSource("brief", text, "templates/de/brief.txt.j2", html, "templates/de/brief.html.j2")


def rendered(
    mail: Mail = MAIL, html: str = HTML, text: str = TEXT, contact: Contact | None = None
) -> RenderedLetter:
    """One letter."""
    return render(compile_template(source(html, text)), reply_context(mail, contact, HEAD, NOW, "de"))


def faults(html: str, text: str = TEXT) -> list[str]:
    """What is wrong, as an admin reads it."""
    with pytest.raises(TemplateProblem) as caught:
        compile_template(source(html, text))
    return [str(fault) for fault in caught.value.faults]


def composed(letter: RenderedLetter, mail: Mail = MAIL) -> bytes:
    """The draft."""
    reply = Reply(
        original=mail,
        identity=HEAD.identity,
        subject=letter.subject,
        text=letter.text,
        token="abcdefghijklmnopqrstuvwxyz",
        message_id="<neu@northwind.example>",
        now=NOW,
        html=letter.html,
        quoted=letter.quoted,
        html_quoted=letter.html_quoted,
    )
    return compose_reply(reply).raw


def test_a_letter_has_both_parts() -> None:
    """The same words, gaps and signature in HTML, lines of the signature broken."""
    letter = rendered(contact=Contact("anna@kunde.example", "Anna", "Müller", form=Form.FRAU))
    assert letter.gaps == ("Liefertermin",)
    assert "<p>Sehr geehrte Frau Müller,</p>" in letter.html
    assert "<b>Anna Müller</b> bis «Liefertermin»." in letter.html
    assert "Northwind Tools Kundenservice<br>\n<br>\n-- <br>\nNorthwind Tools Ltd, registered" in letter.html


def test_without_html_a_letter_is_plain_text() -> None:
    """And its message has one part."""
    letter = rendered(html="")
    assert letter.html == ""
    assert b"multipart" not in composed(letter)


NASTY = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><a href="javascript:alert(1)">x</a>',
    "{{ 7*7 }}",
    "</p></body></html><p>neu",
    "&lt;script&gt; &amp; <b>",
    "<!-- weg --> <![CDATA[x]]> <?php x ?>",
    "«Liefertermin»",
]


@pytest.mark.parametrize("text", NASTY)
def test_what_a_stranger_writes_is_text(text: str) -> None:
    """In name, subject and body: no tag, no attribute, no template code of a mail reaches the HTML."""
    mail = replace(MAIL, from_=(Address("x@kunde.example", text),), subject=text, text=f"{text}\n> {text}\n")
    html = "<p>{{ salutation }} {{ mail.subject }} {{ mail.sender_name }} {{ gap('Liefertermin') }}</p>{{ quotation }}"
    letter = rendered(mail, html=html)
    assert {tag for tag, _ in tags_of(letter.html)} <= {"p", "blockquote", "br"}
    assert all(name in {"type", "style"} for _, names in tags_of(letter.html) for name in names)
    assert "49" not in letter.html
    assert open_gaps(letter.gaps, letter.text.replace("«Liefertermin»", "Montag")) == ()
    raw = composed(letter, mail)
    assert parse(raw).subject.startswith("AW: ")


@given(st.text(max_size=200))
def test_any_text_in_a_mail_is_escaped(text: str) -> None:
    """Whatever it is, no tag of it is left."""
    found = quote(replace(MAIL, text=text, from_=(Address("x@kunde.example", text),)), NOW).html
    assert {tag for tag, _ in tags_of(found)} <= {"p", "blockquote", "br"}


@pytest.mark.parametrize(
    ("markup", "left"),
    [
        ("<p onclick='x()'>a</p>", "<p>a</p>"),
        ("<script>alert(1)</script>a", "a"),
        ("<style>p{}</style>a", "a"),
        ("<img src='https://x.example/p.gif'>a", "a"),
        ("<a href='javascript:alert(1)'>a</a>", "<a>a</a>"),
        ("<a href=' JaVaScRiPt:x'>a</a>", "<a>a</a>"),
        ("<a href='https://x.example/?a=1&b=2'>a</a>", '<a href="https://x.example/?a=1&amp;b=2">a</a>'),
        ("<p style='color:red;background:url(https://x.example/p.gif)'>a</p>", '<p style="color: red">a</p>'),
        ("<p style='width:expression(x)'>a</p>", "<p>a</p>"),
        ("<table><tr><td background='https://x.example'>a", "<table><tr><td>a</td></tr></table>"),
        ("a</p></div>b", "ab"),
        ("<b><i>a</b>b", "<b><i>a</i></b>b"),
        ("a<br/>b", "a<br>b"),
        ("a < b &amp; c", "a &lt; b &amp; c"),
        ("<svg><a href='x'>a</a></svg>b", "b"),
        ("<iframe srcdoc='<p>x'></iframe>b", "b"),
        ("<form action='https://x.example'><input></form>b", "b"),
        ("<p title='\"><script>'>a</p>", '<p title="&quot;&gt;&lt;script&gt;">a</p>'),
    ],
)
def test_only_what_is_allowed_is_left(markup: str, left: str) -> None:
    """Scripts, pictures, forms, links to nowhere and remote content are gone; every tag is closed."""
    assert clean(markup) == left


@given(st.text(st.sampled_from("<>/\"'=& abpscriptonlkhref:!-"), max_size=80))
def test_cleaning_is_final(markup: str) -> None:
    """Cleaned twice is cleaned once, and only allowed tags are there."""
    once = clean(markup)
    assert clean(once) == once
    assert {tag for tag, _ in tags_of(once)} <= TAGS


@pytest.mark.parametrize(
    ("html", "found"),
    [
        (
            HTML + "<img src='https://x.example/logo.png'>\n",
            "4:1: <img> can't be used in a letter: it shows nothing that has to be fetched, attach the file instead",
        ),
        (HTML + "x <script>y</script>\n", "4:3: <script> can't be used in a letter"),
        (HTML + "<p class='a'>\n", "4:1: <p class=…> can't be used in a letter"),
        (
            HTML + "<a href='www.x.example'>x</a>\n",
            "4:1: a link must begin with https://, http://, mailto: or tel:",
        ),
        (
            HTML + "<p style='background:url(x)'>x</p>\n",
            "4:1: this style can't be used in a letter; only plain ones for type, colour, border and space",
        ),
        (HTML + "<body>\n", "4:1: <body> can't be used in a letter: the page around it is made by maild"),
        (HTML + "{{ salutaton }}\n", "4:4: «salutaton» is not known; did you mean «salutation»?"),
        (HTML + "{{ mail.subject | safe }}\n", None),
        (
            HTML.replace('{{ gap("Liefertermin") }}', "bald"),
            "1:1: the gap «Liefertermin» of the text is missing here; both must have the same",
        ),
        (
            HTML + '<p>{{ gap("Preis") }}</p>',
            "4:1: the gap «Preis» is missing in the text; both must have the same",
        ),
    ],
)
def test_what_is_wrong_in_the_html_is_found_on_loading(html: str, found: str | None) -> None:
    """With the HTML's own file, line and column."""
    said = faults(html)
    assert len(said) == 1
    assert said[0].startswith("templates/de/brief.html.j2:")
    if found:
        assert said[0] == f"templates/de/brief.html.j2:{found}"
    else:
        assert "the filter «safe» is not known" in said[0]


def test_jinja_in_html_is_no_markup() -> None:
    """A comparison, a condition around an attribute, and a link made of values are no faults."""
    html = HTML + (
        "{% if mail.date and now.hour < 18 %}<p {% if contact.du %}style='color:red'{% endif %}>x</p>{% endif %}"
        '<a href="mailto:{{ identity.address }}">{{ identity.address }}</a>\n'
    )
    assert '<a href="mailto:info@northwind.example">' in rendered(html=html).html


def test_a_missing_value_names_the_html() -> None:
    """Its file and line, not those of the text."""
    template = compile_template(source(HTML + "\n{{ contact.phone }}\n"))
    with pytest.raises(Exception, match=r"templates/de/brief\.html\.j2, line 5\): contact\.phone is missing"):
        render(template, reply_context(MAIL, None, HEAD, NOW, "de"))


def test_the_draft_is_an_alternative_with_the_text_first() -> None:
    """RFC 2046, section 5.1.4; text flowed, quotation as blockquote, token first in References, all of it ASCII."""
    raw = composed(rendered())
    assert raw.isascii()
    mail = parse(raw)
    assert mail.references[0].startswith("<draft.")
    assert raw.index(b"text/plain") < raw.index(b"text/html")
    assert b'<blockquote type=3D"cite"' in raw
    assert "> was kosten zwei Hobelbänke?" in mail.text
    assert re.search(rb'boundary="([^"]+)"', raw)


def test_the_text_part_is_what_counts() -> None:
    """Hash and open gaps are those of the same letter without HTML, and an approved letter keeps both parts."""
    with_html, plain = rendered(), rendered(html="")
    assert text_hash(parse(composed(with_html)).text) == text_hash(parse(composed(plain)).text)
    frozen = freeze(composed(with_html), "<fest@northwind.example>", NOW)
    assert b"multipart/alternative" in frozen.raw
    assert b"draft." not in frozen.raw.split(b"\r\n\r\n")[0]
    assert open_gaps(with_html.gaps, frozen.mail.new_text) == ("Liefertermin",)


def test_the_html_reads_as_the_text() -> None:
    """A program that keeps the HTML alone still shows our own words above the quotation."""
    letter = rendered()
    words, _ = html_to_text(letter.html)
    assert " ".join(words.split()) == " ".join(letter.text.replace("-- \n", "--\n").split())


@pytest.mark.parametrize("case", ["frau", "du"])
def test_values_are_escaped_once(case: str) -> None:
    """A company with an & is shown with an &."""
    mail, contact, language = CASES[case]
    assert contact
    template = compile_template(
        source("<p>{{ contact.company }} {{ gap('Liefertermin') }}</p>{{ legal }}", TEXT)
    )
    letter = render(
        template, reply_context(mail, replace(contact, company="Müller & Söhne"), HEAD, NOW, language)
    )
    assert "<p>Müller &amp; Söhne «Liefertermin»</p>Northwind Tools Ltd" in letter.html


def test_a_nested_quotation_is_nested() -> None:
    """«>> » and «> > » are two deep."""
    found = quote(replace(MAIL, text="a\n> b\n> > c\n>> d\ne"), NOW).html
    assert re.sub(r' type="cite" style="[^"]*"', "", found).endswith(
        "<blockquote>a<br>\n<blockquote>b<br>\n<blockquote>c<br>\nd<br>\n</blockquote></blockquote>e<br>\n</blockquote>"
    )


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, list[str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, [name for name, _ in attrs]))


def tags_of(markup: str) -> list[tuple[str, list[str]]]:
    """The tags of some HTML, with the names of their attributes."""
    parser = _Tags()
    parser.feed(markup)
    parser.close()
    return parser.tags

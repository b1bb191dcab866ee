"""Drafts that bear HTML beside their text: known again, checked by their text, and sent with both parts."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from maild.config.templates import TemplateSet
from maild.core.parse import parse
from maild.core.template import TemplateSource, compile_template
from tests.flow.conftest import with_draft
from tests.flow.letters import CUSTOMER, enquiry
from tests.flow.room import GAPS, OFFER, Room

Furnished = Callable[..., Room]
HTML = """\
<p>{{ salutation }}</p>
<p>vielen Dank für Ihre Anfrage. <b>Gern</b> machen wir Ihnen ein Angebot@GAP.</p>
<p>{{ closing }}<br>{{ signature }}</p>
"""
GAP = ' bis {{ gap("Liefertermin") }}'


def with_html(room: Room, text: str, html: str) -> Room:
    """A room whose offers have HTML."""
    source = TemplateSource("offer", text, "offer.txt.j2", html, "offer.html.j2")
    templates = TemplateSet(house={"de": {"offer": compile_template(source)}})
    room.desk = replace(room.desk, client=replace(room.desk.client, templates=templates))
    return with_draft(room)


@pytest.fixture
def drafted(furnished: Furnished) -> Room:
    """A room in which such a draft lies."""
    return with_html(furnished(), OFFER, HTML.replace("@GAP", ""))


def test_an_html_draft_lies_there_with_both_parts(drafted: Room) -> None:
    """The text first, the quotation in each."""
    raw = drafted.only("Drafts").content
    assert raw.index(b"text/plain") < raw.index(b"text/html")
    mail = parse(raw)
    assert "> Was kostet Größe 12?" in mail.text
    assert mail.references[0].startswith("<draft.")
    assert b"<blockquote" in raw


def test_an_html_draft_left_alone_is_known_as_unchanged(drafted: Room) -> None:
    """Approved and sent as it is, with both parts, and not taken for edited."""
    drafted.approve()
    drafted.settle()
    assert drafted.rows("SELECT edited FROM draft") == [(0,)]
    assert drafted.send() == [CUSTOMER]
    drafted.look(2)
    drafted.expect_sent_once()
    assert b"text/html" in drafted.letter()
    assert b"<draft." not in drafted.letter()


def test_an_edited_html_draft_is_known_as_edited(drafted: Room) -> None:
    """Her words in the text part are what is compared."""
    draft = drafted.only("Drafts")
    drafted.edit(draft, lambda raw: raw.replace(b"Angebot", b"Vorschlag"))
    drafted.look()
    drafted.approve()
    drafted.settle()
    assert drafted.rows("SELECT edited FROM draft") == [(1,)]


def test_an_open_gap_of_an_html_draft_is_found(furnished: Furnished) -> None:
    """The check looks at the text, and holds the letter."""
    text = GAPS.replace('bis {{ gap("Liefertermin") }}', GAP.strip())
    room = with_html(furnished(), text, HTML.replace("@GAP", GAP))
    room.approve()
    room.settle()
    assert room.send() == []
    assert room.state() == "clarify"


def test_a_subject_full_of_html_and_template_code_stays_text(furnished: Furnished) -> None:
    """From a stranger's mail to the draft: nothing is run, no header is added, no tag gets in."""
    room = furnished()
    source = TemplateSource(
        "offer",
        OFFER.replace("ein Angebot", "zu {{ mail.subject }} ein Angebot"),
        "offer.txt.j2",
        HTML.replace("@GAP", " zu {{ mail.subject }}"),
        "offer.html.j2",
    )
    templates = TemplateSet(house={"de": {"offer": compile_template(source)}})
    room.desk = replace(room.desk, client=replace(room.desk.client, templates=templates))
    room.look()
    subject = "Angebot {{ 7*7 }} <script>x</script> «Liefertermin»"
    room.deliver(enquiry(subject=subject, text='<img src="https://x.example/p.gif"> {% raw %}'))
    room.look(2)
    raw = room.only("Drafts").content
    mail = parse(raw)
    assert mail.subject == f"AW: {subject}"
    assert "zu Angebot {{ 7*7 }} <script>x</script> „Liefertermin“ ein Angebot" in mail.text
    assert b"<script" not in raw.partition(b"text/html")[2]
    assert b"<img" not in raw.partition(b"text/html")[2]

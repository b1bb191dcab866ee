"""Replies, drafted and automatic: threading that survives a mail program, flowed text, nothing injected by a mail."""

import base64
import email
import re
from dataclasses import replace
from datetime import UTC, datetime
from email import policy
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from maild.core.compose import (
    Reply,
    Response,
    blank,
    choose_identity,
    compose_reply,
    compose_response,
    draft_info,
    references,
    token_of,
    written,
)
from maild.core.flowed import flow
from maild.core.letter_mime import File, header_address
from maild.core.message import Address, Mail
from maild.core.parse import parse
from maild.core.quote import MOST_LINES, quote
from maild.core.text import new_text, text_hash, unflow
from maild.errors import LetterError

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 22, 10, 30, tzinfo=BERLIN)
TOKEN = "abcdefghijklmnopqrstuvwxyz"
US = Address("info@northwind.example", "Northwind Tools Kundenservice")
ANNA = Address("anna@kunde.example", "Anna Müller")
MAIL = Mail(
    message_id="<frage-1@kunde.example>",
    references=("<alt-1@kunde.example>",),
    date=datetime(2026, 11, 20, 8, 14, tzinfo=UTC),
    subject="Bitte um ein Angebot",
    from_=(ANNA,),
    to=(US,),
    text="Guten Tag,\n\nwas kosten 20 Bohrer?\n\n> frühere Nachricht\n\nAnna Müller\n",
)
LETTER = """Guten Tag Frau Müller,

vielen Dank für Ihre Anfrage vom 20. November 2026. Gern liefern wir Ihnen zwanzig Bohrer bis zur Woche vor Weihnachten.

Mit freundlichen Grüßen
Northwind Tools Kundenservice

--\N{SPACE}
Northwind Tools Ltd
12 Dock Road, London
"""
REPLY = Reply(
    original=MAIL,
    identity=US,
    subject="AW: Bitte um ein Angebot",
    text=LETTER,
    token=TOKEN,
    message_id="<neu-1@northwind.example>",
    now=NOW,
)
PROGRAMS = Path(__file__).parent / "mails" / "programs"


def answer(**changes: object) -> Mail:
    """The composed reply to MAIL with these fields changed, read back."""
    return parse(compose_reply(replace(REPLY, original=replace(MAIL, **changes))).raw)


def header_of(raw: bytes) -> bytes:
    """The header block."""
    return raw.partition(b"\r\n\r\n")[0]


# Threading


def test_references_begin_with_the_token_and_end_with_the_original() -> None:
    """The token stands first and the original last, and In-Reply-To names the original."""
    mail = answer()
    assert mail.references == (
        f"<draft.{TOKEN}@northwind.example>",
        "<alt-1@kunde.example>",
        "<frage-1@kunde.example>",
    )
    assert mail.in_reply_to == "<frage-1@kunde.example>"
    assert token_of(mail.references) == TOKEN


def test_sixty_ids_are_cut_to_what_a_mail_program_keeps() -> None:
    """References stay below 1,000 characters: token, the thread's first, the newest, the original."""
    thread = tuple(f"<thread-{n:02}.{'x' * 30}@kunde.example>" for n in range(60))
    kept = references(replace(MAIL, references=thread), TOKEN, US.domain)
    assert len(" ".join(kept)) <= 950
    assert token_of(kept) == TOKEN
    assert kept[1] == thread[0]
    assert kept[-1] == MAIL.message_id
    newest = kept[2:-1]
    assert newest == thread[60 - len(newest) :]
    assert len(newest) > 5


def test_a_thread_in_order_stays_in_order() -> None:
    """What fits is kept as it is, each id once, even if the original repeats itself."""
    thread = ("<a@x.example>", "<b@x.example>", "<a@x.example>", MAIL.message_id, "<c@x.example>")
    kept = references(replace(MAIL, references=thread), TOKEN, US.domain)
    assert kept[1:] == ("<a@x.example>", "<b@x.example>", "<c@x.example>", MAIL.message_id)


def test_the_longest_message_id_that_is_used_still_stands_last() -> None:
    """Not even an original with a very long Message-ID is pushed out by its thread."""
    long_id = f"<{'m' * 230}@kunde.example>"
    thread = tuple(f"<{n}.{'x' * 200}@kunde.example>" for n in range(10))
    kept = references(replace(MAIL, references=thread, message_id=long_id), TOKEN, US.domain)
    assert kept[-1] == long_id
    assert len(" ".join(kept)) < 1_000


def test_older_tokens_are_dropped() -> None:
    """Ids of earlier drafts of ours don't go out again: neither ours nor one that a stranger sends."""
    old = "<draft.zyxwvutsrqponmlkjihgfedcba@northwind.example>"
    kept = references(replace(MAIL, references=(old, "<a@x.example>", old)), TOKEN, US.domain)
    assert old not in kept
    composed = compose_reply(replace(REPLY, original=replace(MAIL, message_id=old)))
    assert old.encode() not in composed.raw
    assert composed.original_id == ""


@pytest.mark.parametrize(
    "junk",
    [
        "",
        "frage",
        "<>",
        "<a b@x.example>",
        "<a@x.example",
        "<größe@x.example>",
        "<a@x.example>\r\nBcc: <b@x.example>",
    ],
)
def test_ids_with_junk_are_refused(junk: str) -> None:
    """An id that is none goes neither into References nor into In-Reply-To, and is not waited for later."""
    composed = compose_reply(replace(REPLY, original=replace(MAIL, message_id=junk, references=(junk,))))
    mail = parse(composed.raw)
    assert mail.references == (f"<draft.{TOKEN}@northwind.example>",)
    assert mail.in_reply_to == ""
    assert composed.original_id == ""


def test_a_message_id_too_long_for_a_header_is_not_waited_for() -> None:
    """`original_id` is what the answer really carries, so that the check of the thread can be met."""
    composed = compose_reply(
        replace(REPLY, original=replace(MAIL, message_id=f"<{'m' * 600}@kunde.example>"))
    )
    assert composed.original_id == ""
    assert compose_reply(REPLY).original_id == MAIL.message_id


@pytest.mark.parametrize(
    ("ids", "token"),
    [
        ((), ""),
        (("<a@x.example>", f"<draft.{TOKEN}@x.example>"), ""),
        ((f"<draft.{TOKEN}@x.example>", "<a@x.example>"), TOKEN),
        (("<draft.short@x.example>",), ""),
        (("<draft.ABCDEFGHIJKLMNOPQRSTUVWXYZ@x.example>",), ""),
        ((f"<mydraft.{TOKEN}@x.example>",), ""),
    ],
)
def test_a_token_counts_only_in_the_first_place(ids: tuple[str, ...], token: str) -> None:
    """Further down, or misshapen, it counts for nothing."""
    assert token_of(ids) == token


# Header


@pytest.mark.parametrize(
    "hostile",
    [
        "Angebot\r\nBcc: opfer@fremd.example",
        "Angebot\n\nText",
        "Angebot\rX-Evil: 1",
        "Angebot\u2028Bcc: opfer@fremd.example",
        "Angebot\x00\x0bBcc: opfer@fremd.example",
    ],
)
def test_a_hostile_subject_adds_no_header(hostile: str) -> None:
    """Line ends in a subject or a name become blanks."""
    evil = Address("anna@kunde.example", hostile)
    raw = compose_reply(replace(REPLY, subject=hostile, original=replace(MAIL, from_=(evil,)))).raw
    names = {name.lower() for name, _ in parse(raw).headers}
    assert names == {
        "from", "to", "subject", "date", "message-id", "in-reply-to", "references",
        "mime-version", "content-type", "content-transfer-encoding",
    }  # fmt: skip
    assert [address.address for address in parse(raw).to] == ["anna@kunde.example"]
    assert b"\n" not in header_of(raw).replace(b"\r\n", b"")


NAMES = [
    "Müller, Anna",
    "Dr. Jürgen Groß (Einkauf)",
    'Anna "die Bohrerin" Müller',
    "Ä" * 60,
    "Größe & Söhne, Büromöbel, Straße <info@anders.example>",
    "Anna Müller; Bcc: böse@fremd.example",
    "=?utf-8?q?getarnt?=",
    "山田 太郎, 営業部",
    "Ö" * 480,
    "a" * 490,
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_with_umlauts_and_commas_parses_back_right(name: str) -> None:
    """One recipient goes in and one comes out, with that name, for our reader and the standard library's."""
    raw = compose_reply(
        replace(REPLY, original=replace(MAIL, from_=(Address("anna@kunde.example", name),)))
    ).raw
    expected = name if len(name) <= 100 else name[:99] + "…"
    if not name.startswith("=?"):
        assert parse(raw).to == (Address("anna@kunde.example", expected),)
    read = email.message_from_bytes(raw, policy=policy.default)
    assert [address.addr_spec for address in read["To"].addresses] == ["anna@kunde.example"]
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=300))
def test_any_name_and_subject_give_one_recipient(text: str) -> None:
    """Whatever a stranger calls himself: one recipient, no header more, every line short enough."""
    evil = Address("anna@kunde.example", text)
    raw = compose_reply(replace(REPLY, subject=text, original=replace(MAIL, from_=(evil,)))).raw
    assert [address.address for address in parse(raw).to] == ["anna@kunde.example"]
    assert len(parse(raw).headers) == 10
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998


@given(st.lists(st.sampled_from(NAMES[:8]), min_size=2, max_size=8))
def test_a_list_of_recipients_parses_back_right(names: list[str]) -> None:
    """On this Python, folding joins no two recipients and splits none."""
    message = blank()
    message["To"] = [header_address(Address(f"p{n}@kunde.example", name)) for n, name in enumerate(names)]
    found = parse(written(message)).to
    assert [address.address for address in found] == [f"p{n}@kunde.example" for n in range(len(names))]


@pytest.mark.parametrize(
    "address", ["müller@kunde.example", "anna@müller.example", "anna", "a b@kunde.example"]
)
def test_an_address_that_cannot_be_written_is_refused(address: str) -> None:
    """LetterError, so that the mail is left for a person; its message doesn't say the address."""
    with pytest.raises(LetterError) as caught:
        header_address(Address(address, "Anna"))
    assert address not in str(caught.value)


def test_the_subject_comes_out_whole() -> None:
    """A long German subject survives encoding and folding."""
    subject = "AW: Rückfrage zum Angebot für Büromöbel, Größe und Übergabe — " * 4
    assert parse(compose_reply(replace(REPLY, subject=subject)).raw).subject == subject.strip()


# Whom it answers


def test_the_answer_goes_to_the_first_of_reply_to() -> None:
    """A list of Reply-To addresses doesn't make us write to strangers; To and Cc of the original are left out."""
    first, second = Address("eins@kunde.example"), Address("zwei@fremd.example")
    mail = answer(reply_to=(first, second), cc=(Address("drei@fremd.example"),))
    assert mail.to == (first,)
    assert mail.cc == ()


@pytest.mark.parametrize(
    "changes",
    [{"from_": ()}, {"from_": (US,)}, {"reply_to": (Address("INFO@northwind.example"),)}],
)
def test_a_mail_that_names_nobody_is_refused(changes: dict[str, object]) -> None:
    """Neither nobody nor we ourselves are answered."""
    with pytest.raises(LetterError):
        answer(**changes)


def test_whom_the_salutation_names_is_whom_it_is_sent_to() -> None:
    """Where our own address stands first in Reply-To, nobody is written to under another's name."""
    with pytest.raises(LetterError):
        answer(reply_to=(US, Address("zwei@fremd.example")))


def test_recipients_are_remembered() -> None:
    """The row of the draft gets the address that stands in To."""
    assert compose_reply(REPLY).recipients == ("anna@kunde.example",)


def test_the_identity_is_the_one_written_to() -> None:
    """A rule's identity first, else the one the mail came to, else the client's first."""
    sales = Address("Verkauf@northwind.example", "Verkauf")
    mail = replace(MAIL, to=(), cc=(Address("verkauf@northwind.example"),))
    assert choose_identity([US, sales], mail) == sales
    assert choose_identity([US, sales], replace(mail, cc=())) == US
    assert choose_identity([US, sales], mail, "info@northwind.example") == US


def test_an_identity_that_is_gone_is_a_letter_error() -> None:
    """A rule decided before a reload may name an identity that was taken away since."""
    with pytest.raises(LetterError):
        choose_identity([US], MAIL, "weg@northwind.example")


# Text


def test_the_letter_reads_as_it_was_written() -> None:
    """Text, signature and quotation come back, the long paragraph on one line."""
    text = parse(compose_reply(REPLY).raw).text
    assert text.startswith(LETTER.strip())
    assert "\n> Guten Tag,\n>\n> was kosten 20 Bohrer?\n>\n>> frühere Nachricht\n" in text


def test_the_body_is_ascii_and_flowed() -> None:
    """Quoted-printable UTF-8 with format=flowed; no encoded line beyond 76 (RFC 2045, section 6.7 and 6.8)."""
    files = (File("a.pdf", "application/pdf", b"x" * 5_000),)
    raw = compose_reply(replace(REPLY, files=files, original=replace(MAIL, text="größer " * 300))).raw
    assert raw.isascii()
    assert b'format="flowed"' in raw or b"format=flowed" in raw
    assert max(len(line) for line in raw.split(b"\r\n\r\n", 1)[1].split(b"\r\n")) <= 78


TEXTS = st.lists(
    st.one_of(
        st.text(st.sampled_from("ab  ->\tÄ\N{NO-BREAK SPACE}"), max_size=200),
        st.sampled_from(["-- ", "--", "> zitiert", ">> tiefer", "From hier", " eingerückt", "> ", ""]),
        st.lists(st.text("äbc-", min_size=1, max_size=90), max_size=12).map(" ".join),
    ),
    max_size=12,
).map("\n".join)


def tidy(text: str) -> str:
    """Without blanks at line ends, but in «-- »; a quoted line with one blank between marks and text."""
    lines = [
        "-- " if line.rstrip() == "--" and line.startswith("-- ") else line.rstrip()
        for line in text.split("\n")
    ]
    return "\n".join(re.sub(r"^(>+) ?(?=[^> ])", r"\1 ", line) for line in lines).rstrip("\n")


@given(TEXTS)
@example("a" * 75 + " -- " + "b" * 75)
@example("wort " * 30 + "  zwei Blanks   drei    " + "wort " * 30)
@example(" " * 200 + "x")
def test_unflow_undoes_flow(text: str) -> None:
    """What is wrapped comes back as it was, but for blanks at line ends."""
    assert tidy(unflow(flow(text))) == tidy(text)


@given(st.lists(st.text("äbcdefg-.,", min_size=1, max_size=60), max_size=60).map(" ".join))
def test_no_line_is_longer_than_78(text: str) -> None:
    """RFC 3676, section 4.2, where no single word is longer."""
    assert all(len(line) <= 78 for line in flow(text).split("\n"))


def test_a_single_long_word_is_not_cut() -> None:
    """A link of 200 characters stays one link."""
    link = "https://northwind.example/" + "x" * 200
    assert link in flow(f"Sie finden alles Weitere hier: {link} und an der Tür.")


def test_a_long_quoted_line_is_flowed_behind_its_marks() -> None:
    """Each of its lines has the marks, none is longer than 76, and it is one paragraph again when read."""
    long_quote = ">> " + ("wort " * 40).rstrip()
    lines = flow(long_quote).rstrip("\n").split("\n")
    assert len(lines) == 3
    assert all(line.startswith(">> wort") and len(line) <= 76 for line in lines)
    assert unflow("\n".join(lines)) == long_quote


def test_the_signature_keeps_its_blank() -> None:
    """«-- » is no soft break (RFC 3676, section 4.3)."""
    assert flow("Gruß\n-- \nName\n") == "Gruß\n-- \nName\n"


def test_a_line_that_looks_like_a_quote_or_an_envelope_is_stuffed() -> None:
    """RFC 3676, section 4.4: «From », a blank or > at the start of a wrapped line gets a blank before it."""
    wrapped = flow("x" * 70 + " >zwanzig From dreißig\nFrom vorn\n  eingerückt")
    assert "\n >zwanzig" in wrapped
    assert "\n From vorn" in wrapped
    assert "\n   eingerückt" in wrapped


# Quotation


def test_the_quotation_says_who_wrote_when_in_local_time() -> None:
    """The time is that of the client's zone, whatever the zone of the mail."""
    assert quote(MAIL, NOW).text.startswith(
        "Am 20. November 2026 um 09:14\N{NO-BREAK SPACE}Uhr schrieb\N{NO-BREAK SPACE}Anna Müller:\n> Guten Tag,\n"
    )
    assert quote(MAIL, NOW, "en").text.startswith(
        "On 20 November 2026 at 09:14 Anna Müller wrote:\n> Guten Tag,\n"
    )


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Petersen, Wiebke", "Wiebke Petersen"),
        ("MÜLLER, ANNA", "Anna Müller"),
        ("von der Heide, Ulrike", "Ulrike von der Heide"),
        ("Dr. Lisa Groß", "Dr. Lisa Groß"),
        ("Mustermann GmbH", "Mustermann GmbH"),
        ("", "w@kunde.example"),
    ],
)
def test_the_quotation_names_people_in_reading_order(name: str, written: str) -> None:
    """A name in comma form is turned round; what is no person's name stays as it is."""
    first = quote(replace(MAIL, from_=(Address("w@kunde.example", name),)), NOW).text.split("\n")[0]
    assert first.endswith(f"schrieb\N{NO-BREAK SPACE}{written}:")


WRITERS = [
    Address("anna@kunde.example", "Anna Müller"),
    Address("anna@kunde.example"),
    Address(
        "a@b.example", "Gesellschaft für Bürobedarf und Einrichtungen in Süddeutschland mbH & Co. KG, Einkauf"
    ),
    Address("a@b.example", "x" * 500),
    Address("a@b.example", "MAN Truck & Bus SE"),
    Address("a@b.example", "Sie & Er Moden"),
    Address("a@b.example", "Anna\nMüller schrieb: «Liefertermin» anbei"),
]


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("date", [MAIL.date, None])
@pytest.mark.parametrize("writer", WRITERS)
def test_the_quotation_is_no_new_text(writer: Address, date: datetime | None, language: str) -> None:
    """The attribution is known to our own splitter, also with a long name, and without a date."""
    original = replace(MAIL, from_=(writer,), date=date, text="anbei «Liefertermin»\n\nim Anhang")
    raw = compose_reply(replace(REPLY, original=original, language=language)).raw
    assert parse(raw).new_text == LETTER.partition("\n\n-- ")[0]


def test_a_wrapped_attribution_is_no_new_text() -> None:
    """As Roundcube or Outlook leave it: hard line ends, no format=flowed."""
    hard = [
        line.rstrip() if line != "-- " else line
        for line in flow(f"Text.\n\n{quote(replace(MAIL, from_=(WRITERS[2],)), NOW).text}").split("\n")
    ]
    assert new_text("\n".join(hard)) == "Text."


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=400))
def test_any_text_is_quoted_line_by_line(text: str) -> None:
    """Nothing of the incoming mail stands outside of a line that begins with >."""
    _, *lines = quote(replace(MAIL, text=text), NOW).text.split("\n")
    assert all(line.startswith(">") for line in lines)
    assert len("\n".join(lines).splitlines()) == len(lines)


@pytest.mark.parametrize("text", ["x\n" * 100_000, "wort " * 100_000, "x\n" * (MOST_LINES + 1)])
def test_a_huge_original_is_quoted_in_part(text: str) -> None:
    """A mail of 100,000 lines does not make a draft of 100,000 lines, and the last line says that it was cut."""
    lines = quote(replace(MAIL, text=text), NOW).text.split("\n")
    assert len(lines) <= MOST_LINES + 2
    assert lines[-1] == "> [… Der Rest der ursprünglichen Nachricht ist hier ausgelassen.]"
    assert len("\n".join(lines)) < 50_000


def test_a_whole_original_says_nothing_of_a_cut() -> None:
    """400 lines are all there."""
    assert len(quote(replace(MAIL, text="x\n" * MOST_LINES), NOW).text.split("\n")) == MOST_LINES + 1


# Automatic answers


RESPONSE = Response(
    original=replace(MAIL, references=("<root@kunde.example>", f"<draft.{TOKEN}@northwind.example>")),
    to=ANNA,
    identity=US,
    subject="Unser Büro ist geschlossen",
    text=LETTER,
    message_id="<answer@northwind.example>",
    now=NOW,
)


def test_an_automatic_answer_says_that_it_is_one() -> None:
    """The fields of RFC 3834, section 3.1; no Precedence, and nothing that only a draft needs."""
    message = email.message_from_bytes(compose_response(RESPONSE), policy=policy.default)
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert (message["In-Reply-To"], message["References"]) == (
        MAIL.message_id,
        f"<root@kunde.example> {MAIL.message_id}",
    )
    assert message["To"] == "Anna Müller <anna@kunde.example>"
    assert (message["Message-ID"], message["Date"].datetime) == ("<answer@northwind.example>", NOW)
    assert {"Precedence", "Reply-To", "Cc", "Bcc"}.isdisjoint(message.keys())


def test_an_automatic_answer_quotes_nothing() -> None:
    """Nobody looks at it before it goes: it holds the template's words and no others. Files may hang on it."""
    raw = compose_response(replace(RESPONSE, files=(File("Anfahrt.pdf", "application/pdf", b"%PDF"),)))
    read = parse(raw)
    assert read.text.strip() == LETTER.strip()
    assert [attachment.name for attachment in read.attachments] == ["Anfahrt.pdf"]


def test_an_answer_to_a_mail_without_a_name_stands_alone() -> None:
    """Without a usable Message-ID there is no thread to be in."""
    raw = compose_response(replace(RESPONSE, original=replace(MAIL, message_id="")))
    message = email.message_from_bytes(raw)
    assert message["In-Reply-To"] is None
    assert message["References"] is None


@pytest.mark.parametrize("address", ["änne@kunde.example", "a b@kunde.example"])
def test_an_automatic_answer_to_an_odd_address_is_refused(address: str) -> None:
    """As a letter error, which sets the mail aside."""
    with pytest.raises(LetterError):
        compose_response(replace(RESPONSE, to=Address(address)))


# Unchanged or edited


def test_the_text_hash_survives_the_wire() -> None:
    """The hash of the text is that of the message read back, through quoted-printable and flowed."""
    composed = compose_reply(REPLY)
    assert text_hash(parse(composed.raw).text) == composed.text_hash


@pytest.mark.parametrize("width", [60, 72, 76])
def test_the_text_hash_survives_a_reflow(width: int) -> None:
    """A mail program that wraps anew, flowed or hard, changes nothing; one word more changes it."""
    composed = compose_reply(REPLY)
    text = parse(composed.raw).text
    hard = re.sub(rf"(?m)^((?!>|-- ).{{20,{width}}}) (?=\S)", r"\1\n", text)
    assert hard != text
    assert text_hash(hard) == composed.text_hash
    assert text_hash(hard.replace("vielen Dank", "herzlichen Dank")) != composed.text_hash


@pytest.mark.parametrize("program", ["thunderbird", "roundcube"])
def test_the_text_hash_survives_a_real_program(program: str) -> None:
    """What Thunderbird and Roundcube made of an unchanged draft has the draft's hash; one line more has not."""
    laid, sent, edited = (
        text_hash(parse((PROGRAMS / f"{name}.eml").read_bytes()).text)
        for name in ("as-laid", f"{program}-unchanged", f"{program}-edited")
    )
    assert sent == laid
    assert edited != laid


# Attachments and X-Draft-Info


def test_files_are_attached_with_their_names() -> None:
    """Name with umlauts, bytes untouched, text kept as the first part."""
    data = bytes(range(256))
    files = (
        File("Preisliste für Müller.pdf", "application/pdf", data),
        File("a.csv", "text/csv", b"\xff;1\n"),
    )
    raw = compose_reply(replace(REPLY, files=files)).raw
    mail = parse(raw)
    assert [(a.name, a.type, a.size) for a in mail.attachments] == [
        ("Preisliste für Müller.pdf", "application/pdf", 256),
        ("a.csv", "text/csv", 4),
    ]
    assert mail.new_text == LETTER.partition("\n\n-- ")[0]
    parts = [part.get_payload(decode=True) for part in email.message_from_bytes(raw).walk()]
    assert data in parts


@pytest.mark.parametrize("folder", ["INBOX", "INBOX/Anfragen", "Entw&APw-rfe", "x" * 255])
def test_the_draft_info_decodes(folder: str) -> None:
    """Roundcube reads uid and the base64 of the IMAP name behind «B::»."""
    line = draft_info(4711, folder)
    match = re.fullmatch(rb"X-Draft-Info: type=reply; uid=(\d+); folder=B::([A-Za-z0-9+/=]+)\r\n", line)
    assert match is not None
    assert (int(match[1]), base64.b64decode(match[2]).decode()) == (4711, folder)

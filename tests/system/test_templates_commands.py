"""`maild templates list`, `preview` and `check` as an admin runs them: what they print, and how they end."""

import json
import shutil
import stat
import webbrowser
from pathlib import Path
from typing import Any

import pytest

from tests.config.conftest import HERE
from tests.system.commands import Here

REPOSITORY = HERE.parents[1]
OFFER = """\
---
subject: "AW: {{ mail.subject }}"
attach: [preise.txt]
---
{{ salutation }}

anbei die Preise für {{ contact.company }}, geschrieben am {{ mail.date | datum }}.

{{ closing }}
{{ signature }}
"""
MAIL = (
    b"From: Max Wei\xc3\x9f <max@kunde.example>\r\nTo: info@nordwind.example\r\nSubject: AW: [EXTERN] Preise\r\n"
    b"Date: Fri, 20 Nov 2026 09:14:00 +0100\r\nMessage-ID: <a@kunde.example>\r\n\r\nWas kosten B\xc3\xbccher?\r\n"
)
CHROMIUM = """\
#!/bin/sh
echo "$@" > "{log}"
for each in "$@"; do
  case "$each" in --screenshot=*) printf 'PNG' > "${{each#--screenshot=}}";; esac
done
"""


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    """Run a command in this process."""
    return Here(monkeypatch, capsys)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home of two clients, north and south."""
    return shutil.copytree(HERE / "home", tmp_path / "home")


def write(home: Path, name: str, text: str) -> None:
    """Put a template there."""
    path = home / "templates" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def data(out: str) -> dict[str, Any]:
    """What a command printed as JSON."""
    found: dict[str, Any] = json.loads(out)
    return found


def test_list_says_whose_a_template_is(home: Path, run: Here) -> None:
    """Languages, client before house, gaps, attachments, and the rules that write by it."""
    found = data(run("--home", home, "templates", "list", "--json").out)
    by_client = {each["client"]: {use["name"]: use for use in each["templates"]} for each in found["clients"]}
    north, south = by_client["north"]["answer"], by_client["south"]["answer"]
    assert [(each["language"], each["whose"], each["gaps"]) for each in north["versions"]] == [
        ("de", "house", ["Liefertermin"])
    ]
    assert {(each["language"], each["whose"]) for each in south["versions"]} == {
        ("de", "client"),
        ("en", "client"),
    }
    assert south["versions"][0]["attach"] == ["preise.txt"]
    assert north["drafted_by"] == ["offers"] or north["drafted_by"]
    table = run("--home", home, "templates", "list", "--client", "south")
    assert table.code == 0
    assert "answer" in table.out
    assert "preise.txt" in table.out
    assert "north" not in table.out


def test_an_unknown_client_is_a_sentence(home: Path, run: Here) -> None:
    """With the one that may be meant; exit code 2."""
    for command in (("list",), ("check",), ("preview", "answer")):
        ended = run("--home", home, "templates", *command, "--client", "nort")
        assert (ended.code, ended.err) == (2, "There is no client «nort»; did you mean «north»?\n")


def test_preview_of_an_invented_mail(home: Path, run: Here) -> None:
    """Subject, text as it is sent with the quotation, gaps."""
    shown = run("--home", home, "templates", "preview", "answer", "--client", "north")
    assert shown.code == 0
    assert "subject: AW: Hobelbänke für unsere Werkstatt\ngaps: «Liefertermin»\n" in shown.out
    assert "\nGuten Tag Anna Müller,\n\nvielen Dank für Ihre Anfrage." in shown.out
    assert "schrieb\N{NO-BREAK SPACE}Anna Müller:\n> Guten Tag,\n>\n" in shown.out


def test_preview_of_a_real_mail(home: Path, run: Here, tmp_path: Path) -> None:
    """From a file; the identity is the one it came to, the subject has one AW:."""
    file = tmp_path / "mail.eml"
    file.write_bytes(MAIL)
    shown = data(
        run(
            "--home", home, "templates", "preview", "answer", "--client", "north", "--mail", file, "--json"
        ).out
    )
    assert (shown["subject"], shown["to"], shown["gaps"]) == (
        "AW: Preise",
        "max@kunde.example",
        ["Liefertermin"],
    )
    assert shown["text"].startswith("Guten Tag Max Weiß,\n")
    assert shown["text"].rstrip().endswith("> Was kosten Bücher?")
    assert (shown["fault"], shown["html"]) == (None, None)


def test_preview_for_a_contact(run: Here) -> None:
    """By address; her language and salutation, and no other client's contact."""
    arguments = (
        "--home",
        REPOSITORY,
        "templates",
        "preview",
        "receipt",
        "--client",
        "northwind",
        "--contact",
    )
    known = data(run(*arguments, "m.novak@novak-nastroje.example", "--json").out)
    assert (known["language"], known["subject"][:4]) == ("en", "Re: ")
    assert known["text"].startswith("Dear Mr Novák,")
    german = data(run(*arguments, "m.novak@novak-nastroje.example", "--lang", "de", "--json").out)
    assert german["text"].startswith("Sehr geehrter Herr Novák,")
    foreign = run(*arguments, "j.terhorst@terhorst-werkzeuge.example")
    assert foreign.code == 2
    assert "contacts.csv of this client has no" in foreign.err


def test_preview_at_another_time(run: Here) -> None:
    """What the calendar says on that day."""
    arguments = ("--home", REPOSITORY, "templates", "preview", "--client", "northwind", "holiday", "--now")
    shown = run(*arguments, "2026-12-28T10:00").out
    assert "Vom 24. Dezember 2026 bis 3. Januar 2027 ist unser Büro geschlossen." in shown


def test_preview_names_what_is_missing(home: Path, run: Here) -> None:
    """The value, and where; exit code 1. A value that may be missing is named too, and the letter written."""
    write(home, "south/answer.txt.j2", OFFER)
    shown = run("--home", home, "templates", "preview", "answer", "--client", "south")
    assert shown.code == 1
    assert "not there: contact.company\n" in shown.out
    assert "fault: templates/south/answer.txt.j2:7: contact.company is missing\n" in shown.out
    write(home, "south/answer.txt.j2", OFFER.replace("contact.company", "contact.company or 'Sie'"))
    shown = run("--home", home, "templates", "preview", "answer", "--client", "south")
    assert shown.code == 0
    assert "attached: preise.txt\n" in shown.out
    assert "not there: contact.company\n" in shown.out
    assert "Preise für Sie," in shown.out


def test_preview_refuses_what_is_not_there(home: Path, run: Here) -> None:
    """A template, a file: one sentence, exit code 2."""
    ended = run("--home", home, "templates", "preview", "anser", "--client", "north")
    assert (ended.code, ended.err) == (2, "There is no template «anser»; did you mean «answer»?\n")
    ended = run("--home", home, "templates", "preview", "answer", "--client", "north", "--mail", "weg.eml")
    assert (ended.code, ended.err) == (2, "weg.eml can't be read: No such file or directory\n")


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The pages that a browser was asked for."""
    pages: list[Path] = []

    def open_page(url: str) -> bool:
        pages.append(Path(url.removeprefix("file://")))
        return True

    monkeypatch.setattr(webbrowser, "open", open_page)
    return pages


HTML = '<p>{{ salutation }}</p>\n<p>Bis {{ gap("Liefertermin") }}</p>\n<p>{{ signature }}</p>\n'


def test_preview_opens_the_page(home: Path, run: Here, opened: list[Path]) -> None:
    """The HTML that goes out, with the quotation; a file of the user's own that nobody else can read."""
    write(home, "de/answer.html.j2", HTML)
    ended = run("--home", home, "templates", "preview", "answer", "--client", "north", "--html")
    assert ended.code == 0
    (page,) = opened
    text = page.read_text(encoding="utf-8")
    assert "<p>Bis «Liefertermin»</p>" in text
    assert "<blockquote" in text
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    page.unlink()


def test_preview_opens_the_text_where_there_is_no_html(home: Path, run: Here, opened: list[Path]) -> None:
    """And says so."""
    ended = run("--home", home, "templates", "preview", "answer", "--client", "north", "--html")
    assert ended.err.startswith("This template has no HTML beside it; what is shown is its text.\n")
    (page,) = opened
    assert "vielen Dank für Ihre Anfrage." in page.read_text(encoding="utf-8")
    page.unlink()


def test_a_picture_is_made_by_a_chromium(
    home: Path, run: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Headless, without a network; a program in its place shows how it is called."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "chromium").write_text(CHROMIUM.format(log=tmp_path / "log"), encoding="utf-8")
    (programs / "chromium").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    target = tmp_path / "brief.png"
    ended = run("--home", home, "templates", "preview", "answer", "--client", "north", "--png", target)
    assert (ended.code, target.read_text()) == (0, "PNG")
    called = (tmp_path / "log").read_text(encoding="utf-8")
    assert "--headless" in called
    assert "--host-resolver-rules=MAP * ~NOTFOUND" in called


def test_without_a_chromium_there_is_no_picture(
    home: Path, run: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sentence that says what to install; exit code 2; nothing is left behind."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    target = tmp_path / "brief.png"
    ended = run("--home", home, "templates", "preview", "answer", "--client", "north", "--png", target)
    assert ended.code == 2
    assert ended.err.endswith("No Chromium was found; install one (apt install chromium), or use --html.\n")
    assert not list(tmp_path.glob("*.html"))
    assert not target.exists()


def test_check_of_good_templates(run: Here) -> None:
    """The house's letters and those of both example clients can be written for anybody."""
    ended = run("--home", REPOSITORY, "templates", "check")
    assert (ended.code, ended.out) == (0, "All templates are fine: 2 clients.\n")


def test_check_finds_what_a_customers_mail_would_find(home: Path, run: Here) -> None:
    """Values that some mail or contact lacks, with file, line and column, each once."""
    write(home, "south/answer.txt.j2", OFFER)
    write(
        home, "de/answer.txt.j2", OFFER.replace("{{ signature }}\n", "").replace("attach: [preise.txt]\n", "")
    )
    ended = run("--home", home, "templates", "check", "--json")
    assert ended.code == 1
    assert [
        f"{each['file']}:{each['line']}:{each['column']}: {each['message']}"
        for each in data(ended.out)["faults"]
    ] == EXPECTED


_NOBODY = "somebody who isn't in contacts.csv"
_LACKING = (
    "2:18: mail.subject is missing: in the reply to a mail without a subject of " + _NOBODY,
    "{line}:25: contact.company is missing: in the reply to an ordinary mail of " + _NOBODY,
    "{line}:63: mail.date is missing: in the reply to a mail without a date of a contact with every value",
)
EXPECTED = [
    "templates/de/answer.txt.j2:1:1: the particulars that the law asks for are missing; print {{ signature }} or"
    " {{ legal }}",
    *(f"templates/de/answer.txt.j2:{each.format(line=6)}" for each in _LACKING),
    *(f"templates/south/answer.txt.j2:{each.format(line=7)}" for each in _LACKING),
]


def test_check_says_what_loading_finds(home: Path, run: Here) -> None:
    """A broken template is a fault here, too; its client can't be tried."""
    write(home, "south/de/answer.txt.j2", OFFER.replace("salutation", "salutaton"))
    ended = run("--home", home, "templates", "check", "--client", "south")
    assert ended.code == 1
    assert ended.out.startswith(
        "fault templates/south/de/answer.txt.j2:5:4: «salutaton» is not known; did you mean «salutation»?\n"
    )
    assert ended.out.endswith("1 fault. Not tried: south; run `maild check`.\n")
    assert run("--home", home, "templates", "check", "--client", "north").code in {0, 1}


def test_an_answer_that_quotes_is_found(home: Path, run: Here) -> None:
    """An automatic answer quotes nothing, so a template that asks for the quotation can't be one."""
    write(
        home,
        "de/closed.txt.j2",
        '---\nsubject: "x"\n---\n{{ salutation }}\n\n{{ quotation }}\n{{ signature }}\n',
    )
    rules = home / "rules/north/rules.yaml"
    rules.write_text(
        "rules:\n  - name: closed\n    when: {subject: {words: [Angebot]}}\n    do: [{answer: closed}]\n",
        encoding="utf-8",
    )
    ended = run("--home", home, "templates", "check", "--client", "north")
    assert "templates/de/closed.txt.j2:6:4: quotation is missing: in the reply to" in ended.out


@pytest.mark.parametrize("command", ["list", "preview", "check"])
def test_each_command_has_examples(run: Here, command: str) -> None:
    """--help shows one."""
    ended = run("templates", command, "--help")
    assert ended.code == 0
    assert f"maild templates {command}" in ended.out

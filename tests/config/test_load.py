"""A whole home: what a good one becomes, what is only a warning, and what one client's files can't reach."""

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from maild.config.load import Home, is_slug, load_home
from maild.core.contact import Form
from maild.errors import ConfigError, LetterError
from tests.config.conftest import TODAY

Edit = Callable[[str, str, str], None]


def load(home: Path) -> Home:
    """The home, as of a fixed day."""
    return load_home(home, today=TODAY)


def warnings(home: Path) -> list[str]:
    """What is doubtful in a home without faults."""
    loaded = load(home)
    assert loaded.faults == ()
    return [str(warning) for warning in loaded.warnings]


def test_a_good_home(home: Path) -> None:
    """No faults, no warnings, both clients with all that they need."""
    loaded = load(home)
    assert (loaded.faults, loaded.warnings, loaded.path) == ((), (), home)
    assert loaded.office.office.name == "Büroservice Lindner"
    assert list(loaded.clients) == ["north", "south"]
    north, south = loaded.clients["north"], loaded.clients["south"]
    assert north.config.imap.password.env == "NORTH_IMAP"
    assert [rule.name for rule in north.rules.rules] == ["newsletters", "offer-request", "invoice"]
    assert [rule.name for rule in south.rules.rules] == ["offer-request"]
    assert len(north.examples) == 1
    contact = north.contacts.get("ANNA@kunde.example")
    assert contact is not None
    assert (contact.form, contact.tags) == (Form.FRAU, ("werkzeug", "messe"))
    assert south.contacts.get("anna@kunde.example") is None
    assert {name: path.read_text(encoding="utf-8") for name, path in south.files.items()} == {
        "preise.txt": "Drehbank 1.200 EUR\n"
    }
    assert north.files == {}


def test_templates_are_looked_up_from_the_nearest(home: Path) -> None:
    """The client's own in that language, the client's own in any, the house's; German where a language lacks it."""
    loaded = load(home)
    north, south = loaded.clients["north"].templates, loaded.clients["south"].templates
    assert north.get("answer", "de").file == "templates/de/answer.txt.j2"
    assert south.get("answer", "de").file == "templates/south/answer.txt.j2"
    assert north.get("note", "en").file == "templates/en/note.txt.j2"
    assert north.get("answer", "en").file == "templates/de/answer.txt.j2"
    with pytest.raises(LetterError, match="«farewell»"):
        north.get("farewell", "de")
    (home / "templates/south/de").mkdir()
    (home / "templates/south/answer.txt.j2").rename(home / "templates/south/de/answer.txt.j2")
    south = load(home).clients["south"].templates
    assert south.get("answer", "de").file == "templates/south/de/answer.txt.j2"
    assert south.get("answer", "en").file == "templates/south/de/answer.txt.j2"


def test_people_of_other_clients_are_known(home: Path, edit: Edit) -> None:
    """Also of a client whose file has a fault; addresses one only forwards to are nobody's own."""
    edit("rules/south/client.yaml", "{credential: south-imap}", "geheim")
    loaded = load(home)
    assert list(loaded.clients) == ["north"]
    assert loaded.foreign_people("north") == {"info@suedwerk.example", "peter@suedwerk.example"}
    assert loaded.foreign_people("south") == {"info@nordwind.example", "karin@nordwind.example"}


def test_both_may_forward_to_their_own_bookkeeper_but_not_to_the_same(home: Path, edit: Edit) -> None:
    """Who holds an address alike is at fault alike."""
    edit("rules/north/client.yaml", "[rechnung@nordwind", "[steuer@kanzlei.example, rechnung@nordwind")
    edit("rules/south/client.yaml", "notes:", "forward_to: [buch@kontor.example]\nnotes:")
    assert load(home).faults == ()
    edit("rules/south/client.yaml", "buch@kontor", "Steuer@Kanzlei")
    assert {(fault.client, fault.key) for fault in load(home).faults} == {
        ("north", "forward_to[0]"),
        ("south", "forward_to[0]"),
    }


def test_version_changes_with_the_files_of_a_client_alone(home: Path, edit: Edit) -> None:
    """A reload knows whom it concerns: own files, used shared files, house templates, files to attach."""
    before = versions(home)
    assert versions(home) == before
    edit("rules/north/contacts.csv", "Anna", "Anne")
    after = versions(home)
    assert (after["north"] != before["north"], after["south"]) == (True, before["south"])
    edit("rules/_shared/machine-mail.yaml", "Newsletter]", "Post]")
    assert versions(home)["north"] != after["north"]
    assert versions(home)["south"] == before["south"]
    edit("templates/south/files/preise.txt", "1.200", "1.300")
    assert versions(home)["south"] != before["south"]
    after = versions(home)
    edit("templates/de/note.txt.j2", "Notiz", "Hinweis")
    assert not set(versions(home).values()) & set(after.values())


def versions(home: Path) -> dict[str, str]:
    """The version of each client."""
    return {slug: client.version for slug, client in load(home).clients.items()}


def test_particulars_grow_old(home: Path) -> None:
    """A year after they were confirmed somebody is told to ask; nothing stops."""
    loaded = load_home(home, today=date(2027, 10, 20))
    assert list(loaded.clients) == ["north", "south"]
    assert [str(warning) for warning in loaded.warnings] == [
        "rules/south/client.yaml:19:14: legal.confirmed: is more than a year ago; "
        "ask the client whether the particulars still hold"
    ]


def test_doubtful_particulars(home: Path, edit: Edit) -> None:
    """A first name cut short and particulars never confirmed are warnings at their keys."""
    edit("rules/north/client.yaml", "[Karin Sommer]\n  confirmed: 2026-11-01", "[K. Sommer]")
    assert warnings(home) == [
        "rules/north/client.yaml:12:1: legal.confirmed: is missing; "
        "ask the client whether the particulars hold, and note the date",
        "rules/north/client.yaml:18:14: legal.directors: «K. Sommer» has no full first name; ask the client",
    ]


def test_what_is_not_acted_on_is_said(home: Path, edit: Edit) -> None:
    """Keys and files that are read and left alone, where somebody could count on them."""
    edit("maild.yaml", "team:", "metrics: 127.0.0.1:9925\nteam:")
    edit("rules/north/client.yaml", "notes:", 'notes:\n  digest: ["08:00"]')
    (home / "rules/north/campaigns.yaml").write_text("campaigns: []\n", encoding="utf-8")
    (home / "rules/north/rule.yaml").write_text("rules: []\n", encoding="utf-8")
    (home / "templates/de/blatt.html.j2").write_text("<p>\n", encoding="utf-8")
    (home / "templates/nord").mkdir()
    edit("maild.yaml", "[north]", "[nort]")
    said = warnings(home)
    assert [warning.split(": ")[0] for warning in said] == [
        "maild.yaml:5:10",
        "maild.yaml:8:64",
        "rules/north/campaigns.yaml",
        "rules/north/client.yaml:22:11",
        "rules/north/rule.yaml",
        "templates/de/blatt.html.j2",
        "templates/nord",
    ]
    assert "did you mean «north»?" in said[1]
    assert "did you mean «rules.yaml»?" in said[4]
    assert "did you mean «north»?" in said[6]


def test_a_client_without_rules_is_warned_of(home: Path) -> None:
    """Every mail stays where it is; that may be meant."""
    (home / "rules/south/rules.yaml").unlink()
    (home / "rules/south/contacts.csv").unlink(missing_ok=True)
    assert [warning.split(": ")[0] for warning in warnings(home)] == ["rules/south/rules.yaml"]


def test_a_home_without_clients(tmp_path: Path, home: Path) -> None:
    """It can be loaded, and says so."""
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "maild.yaml").write_bytes((home / "maild.yaml").read_bytes())
    assert [str(warning).split(": ")[0] for warning in load(empty).warnings] == ["maild.yaml:7:64", "rules"]


def test_no_home_at_all(tmp_path: Path) -> None:
    """A folder that isn't there is a fault of maild.yaml."""
    with pytest.raises(ConfigError, match=r"^maild.yaml: is missing in the home, which is no folder"):
        load_home(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "name", ["rules/_shared/more.yaml", "templates/south/files/more.txt", "templates/de/more.txt.j2"]
)
def test_links_lead_nowhere_else(home: Path, edit: Edit, name: str) -> None:
    """A symbolic link out of its folder is not opened, and said."""
    (home / name).symlink_to(os.path.relpath(home / "rules/south/client.yaml", (home / name).parent))
    if name.startswith("rules"):
        edit("rules/north/rules.yaml", "_shared/machine-mail.yaml", "_shared/more.yaml")
    assert [str(fault) for fault in load(home).faults] == [
        f"{name}: leads out of its folder; put the file itself here"
    ]


def test_a_home_may_itself_be_a_link(tmp_path: Path, home: Path) -> None:
    """What matters is where a file leads within the home."""
    (tmp_path / "link").symlink_to(home)
    assert load(tmp_path / "link").faults == ()


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("north", True),
        ("a-1", True),
        ("4you", True),
        ("de", False),
        ("North", False),
        ("-abc", False),
        ("ä-b", False),
    ],
)
def test_names_of_clients(name: str, good: bool) -> None:
    """Longer than a language's two letters, and fit for logs and tables."""
    assert is_slug(name) is good


def test_a_broken_house_template_stops_only_those_who_would_write_by_it(home: Path, edit: Edit) -> None:
    """By the languages that a client writes in, and not where the client's own stands before it."""
    (home / "templates/en/answer.txt.j2").write_text(
        "---\nsubject: x\n---\n{{ salutaton }}\n", encoding="utf-8"
    )
    assert list(load(home).clients) == ["north", "south"]
    edit("rules/north/contacts.csv", "relationship,tags", "relationship,tags,language")
    edit("rules/north/contacts.csv", "werkzeug;messe", "werkzeug;messe,en")
    edit("rules/north/contacts.csv", "company,supplier,", "company,supplier,,")
    (home / "rules/south/contacts.csv").write_text(
        "address,language\npeter@kunde.example,en\n", encoding="utf-8"
    )
    loaded = load(home)
    assert list(loaded.clients) == ["south"]
    assert [(fault.client, fault.file) for fault in loaded.faults] == [
        ("north", "rules/north/rules.yaml"),
        ("", "templates/en/answer.txt.j2"),
    ]

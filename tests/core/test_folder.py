"""Finding Drafts, Sent and Trash whatever a mailbox calls them."""

import unicodedata

import pytest

from maild.core.folder import Folder, Role, resolve


def folders(*names: str, **flagged: str) -> list[Folder]:
    """Folders without flags, and folders with one flag (`Name="\\Flag"`)."""
    plain = [Folder(name) for name in ("INBOX", *names)]
    return plain + [Folder(name, frozenset({flag})) for name, flag in flagged.items()]


def test_configured_name_wins_over_special_use() -> None:
    """What the admin wrote counts, even where the server says otherwise."""
    found = resolve(folders("Ablage", Versandt="\\Sent"), {Role.SENT: ("Ablage",)})
    assert found[Role.SENT] == "Ablage"


def test_first_configured_name_that_exists_is_taken() -> None:
    """Several configured names are tried in their order."""
    found = resolve(folders("Sent", "Gesendet"), {Role.SENT: ("Postausgang", "Gesendet", "Sent")})
    assert found[Role.SENT] == "Gesendet"


def test_special_use_wins_over_known_names() -> None:
    """A folder the server marks is taken though another bears the usual name."""
    found = resolve(folders("Drafts", Briefe="\\Drafts"), {})
    assert found[Role.DRAFTS] == "Briefe"


def test_special_use_counts_where_no_configured_name_exists() -> None:
    """A configured name that is nowhere does not hide the server's own folder."""
    found = resolve(folders(Ausgang="\\Sent"), {Role.SENT: ("Postausgang",)})
    assert found[Role.SENT] == "Ausgang"


@pytest.mark.parametrize(
    ("role", "name"),
    [
        (Role.DRAFTS, "Entwürfe"),
        (Role.DRAFTS, "INBOX/Entwürfe"),
        (Role.DRAFTS, "drafts"),
        (Role.SENT, "Gesendet"),
        (Role.SENT, "Gesendete Objekte"),
        (Role.SENT, "Gesendete Elemente"),
        (Role.SENT, "Sent Items"),
        (Role.SENT, "INBOX/Sent"),
        (Role.TRASH, "Papierkorb"),
        (Role.TRASH, "Gelöschte Objekte"),
        (Role.TRASH, "Gelöschte Elemente"),
        (Role.TRASH, "INBOX/Papierkorb"),
        (Role.TRASH, "Deleted Items"),
    ],
)
def test_known_names(role: Role, name: str) -> None:
    """Names that mail programs give are recognised, German ones too, also below INBOX."""
    assert resolve(folders(name), {})[role] == name


def test_unicode_form_and_case_do_not_matter() -> None:
    """A decomposed name in capitals is found, and answered as the server has it."""
    name = unicodedata.normalize("NFD", "ENTWÜRFE")
    assert resolve(folders(name), {})[Role.DRAFTS] == name
    assert resolve(folders(name), {Role.DRAFTS: ("Entwürfe",)})[Role.DRAFTS] == name


def test_missing_folders_get_their_usual_name() -> None:
    """An empty mailbox resolves to names that the caller creates."""
    assert resolve(folders(), {}) == {
        Role.INBOX: "INBOX",
        Role.DRAFTS: "Drafts",
        Role.SENT: "Sent",
        Role.TRASH: "Trash",
    }


def test_missing_folder_gets_its_first_configured_name() -> None:
    """What is to be created is called as the admin says."""
    assert resolve(folders(), {Role.DRAFTS: ("Entwürfe", "Drafts")})[Role.DRAFTS] == "Entwürfe"


def test_folder_that_holds_no_mail_is_passed_over() -> None:
    """A mere branch of the tree is no place for drafts, whatever its name or flags."""
    branch = Folder("Drafts", frozenset({"\\Noselect", "\\Drafts"}))
    assert resolve([branch, Folder("Entwürfe")], {})[Role.DRAFTS] == "Entwürfe"


def test_inbox_in_any_case() -> None:
    """Some servers list Inbox."""
    assert resolve([Folder("Inbox")], {})[Role.INBOX] == "Inbox"

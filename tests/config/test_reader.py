"""Reading a home again and again: what has not changed is not read anew, what has is, and nothing else differs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from maild.config.load import Home, HomeReader, load_home
from tests.config.conftest import TODAY


def same(again: Home, before: Home, slug: str) -> bool:
    """Whether a client was taken from the last time."""
    return again.clients[slug] is before.clients[slug]


def test_what_has_not_changed_is_not_read_anew(home: Path) -> None:
    """Each client is the very one it was."""
    reader = HomeReader(home)
    before = reader.read(today=TODAY)
    again = reader.read(today=TODAY)
    assert all(same(again, before, slug) for slug in ("north", "south"))
    assert (again.faults, again.warnings, again.people) == (before.faults, before.warnings, before.people)


@pytest.mark.parametrize(
    "name", ["rules/south/rules.yaml", "rules/south/contacts.csv", "templates/south/files/preise.txt"]
)
def test_a_clients_own_file_concerns_nobody_else(home: Path, name: str) -> None:
    """That client is read anew; the other is the one it was."""
    reader = HomeReader(home)
    before = reader.read(today=TODAY)
    path = home / name
    path.write_bytes(path.read_bytes() + b"\n" if path.exists() else b"address\n")
    again = reader.read(today=TODAY)
    assert (same(again, before, "north"), same(again, before, "south")) == (True, False)


@pytest.mark.parametrize("name", ["rules/_shared/machine-mail.yaml", "templates/de/note.txt.j2"])
def test_what_is_shared_concerns_all(home: Path, name: str) -> None:
    """Shared rules and the house's templates."""
    reader = HomeReader(home)
    before = reader.read(today=TODAY)
    (home / name).write_bytes((home / name).read_bytes() + b"\n")
    again = reader.read(today=TODAY)
    assert not any(same(again, before, slug) for slug in ("north", "south"))


def test_a_reader_finds_what_a_fresh_one_finds(home: Path, edit: Callable[[str, str, str], None]) -> None:
    """Faults come and go, also those between two clients, files that are new, and clients that are taken away."""
    reader = HomeReader(home)
    reader.read(today=TODAY)
    good = (home / "rules/south/client.yaml").read_bytes()
    for change in (
        lambda: edit("rules/south/client.yaml", "identities", "idenities"),
        lambda: (home / "rules/south/client.yaml").write_bytes(good),
        lambda: (home / "rules/south/client.yaml").write_bytes(
            (home / "rules/north/client.yaml").read_bytes()
        ),
        lambda: (home / "rules/south/client.yaml").write_bytes(good),
        lambda: (home / "templates/de/offer.txt.j2").write_text("{{ nobody }}", encoding="utf-8"),
        (home / "rules/north/rules.yaml").unlink,
    ):
        change()
        again, fresh = reader.read(today=TODAY), load_home(home, today=TODAY)
        assert (again.faults, again.warnings, again.people) == (fresh.faults, fresh.warnings, fresh.people)
        assert {slug: client.version for slug, client in again.clients.items()} == {
            slug: client.version for slug, client in fresh.clients.items()
        }


def test_links_in_a_circle_end(home: Path) -> None:
    """A folder that leads back to itself is looked at once."""
    (home / "templates/south/files").mkdir(parents=True, exist_ok=True)
    (home / "rules/south/up").symlink_to(home / "rules")
    reader = HomeReader(home)
    before = reader.read(today=TODAY)
    assert same(reader.read(today=TODAY), before, "north")

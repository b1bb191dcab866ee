"""`maild check --online`: signs in, looks, tells what to do, and changes nothing."""

import json

import pytest

from maild.flow.online import protects
from tests.system.installation import Installation


def test_sound_servers(installation: Installation) -> None:
    """Each finding is a line; missing folders are told and not made; no mail is sent; exit code 0."""
    user = installation.add_client("northwind", rules="rules: []\n")
    done = installation.command("check", "--online")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "northwind: imap: signed in to 127.0.0.1" in done.stdout
    assert "northwind: smtp: signed in to 127.0.0.1" in done.stdout
    assert "Northwind Kundenservice <info@northwind.example>" in done.stdout
    assert "«Freigegeben» is missing; the daemon makes it" in done.stdout
    assert "Freigabe»" not in done.stdout  # mode drafts has no use for it
    with installation.imap._imap(user) as imap:
        assert b"Freigegeben" not in b"".join(imap.list()[1])
    assert not (installation.path / "state").exists()


def test_as_json(installation: Installation) -> None:
    """All findings of the client asked for, and of no other."""
    for slug in ("northwind", "contoso"):
        installation.add_client(slug, rules="rules: []\n")
    done = installation.command("check", "--online", "--client", "contoso", "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 0
    assert {finding["client"] for finding in told["online"]} == {"contoso"}
    assert {finding["level"] for finding in told["online"]} <= {"fine", "warning"}


def test_a_second_approval_without_access_rights(installation: Installation) -> None:
    """The server has no ACL: the warning says that it is a reminder."""
    installation.add_client(
        "northwind", rules="rules: []\n", settle="0s, mode: folder, second: Zweitfreigabe"
    )
    done = installation.command("check", "--online")
    assert done.returncode == 0
    assert "warning northwind: review.second:" in done.stdout
    assert "it is a reminder and no control" in done.stdout
    assert "«Freigegeben/Endgültig» is missing" in done.stdout
    assert "«Freigabe» is missing" in done.stdout


def test_a_wrong_password(installation: Installation) -> None:
    """The account is at fault, the other is still looked at: exit code 1."""
    user = f"wrong-{installation.imap.user('x')}"
    installation.add_client("northwind", rules="rules: []\n", user=user)
    installation.add_client("contoso", rules="rules: []\n")
    done = installation.command("check", "--online")
    assert done.returncode == 1
    assert "fault northwind: imap:" in done.stdout
    assert "contoso: imap: signed in" in done.stdout


@pytest.mark.parametrize("key", ["imap_port", "smtp_port"])
def test_a_server_that_is_not_there(installation: Installation, key: str) -> None:
    """Nobody answers on that port: exit code 3."""
    installation.add_client("northwind", rules="rules: []\n", **{key: 9})
    done = installation.command("check", "--online")
    assert done.returncode == 3
    assert "unreachable northwind: " in done.stdout


def test_an_unknown_client(installation: Installation) -> None:
    """A slip in the name is an error of usage."""
    installation.add_client("northwind", rules="rules: []\n")
    assert installation.command("check", "--online", "--client", "nordwind").returncode == 2
    assert installation.command("check", "--client", "northwind").returncode == 2


@pytest.mark.parametrize(
    ("first", "final", "protected"),
    [
        ({}, {}, False),
        ({"sabine": "lrswi", "chef": "lrswi"}, {"sabine": "lrswi", "chef": "lrswi"}, False),
        ({"sabine": "lrswi", "chef": "lrswi"}, {"sabine": "lrs", "chef": "lrswi"}, True),
        ({"sabine": "lrswi", "chef": "lrswi"}, {"chef": "lrswi", "anyone": "i"}, False),
        ({"sabine": "lrswi"}, {"sabine": "lrs"}, False),
    ],
)
def test_what_protects_the_second_approval(
    first: dict[str, str], final: dict[str, str], protected: bool
) -> None:
    """Only where somebody who approves first may not approve again, and somebody else may."""
    assert protects(first, final) is protected

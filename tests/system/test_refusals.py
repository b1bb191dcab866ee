"""Homes that the daemon must refuse to start on: exit code 2, each fault with its place, and nothing made or changed.

Each folder below homes/ is one; expected.txt in it is all that is said.
"""

from pathlib import Path

import pytest

from tests.system.commands import Here

HOMES = sorted((Path(__file__).parent / "homes").iterdir())


@pytest.mark.parametrize("home", HOMES, ids=[home.name for home in HOMES])
def test_a_doubtful_home_stops_the_start(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The faults are said as expected, no secret among them, and the exit code tells systemd not to try again."""
    run = Here(monkeypatch, capsys)
    monkeypatch.setenv("MAILD_STATE", str(tmp_path / "state"))
    refused = run("--home", home, "run")
    assert refused == (2, "", (home / "expected.txt").read_text(encoding="utf-8"))
    assert "geheim" not in refused.err
    assert not (tmp_path / "state").exists()


def test_the_homes_were_found() -> None:
    """Nobody emptied the folder."""
    assert len(HOMES) >= 9

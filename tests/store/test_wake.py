"""A command's tap on the daemon's shoulder."""

from pathlib import Path

from maild.store.wake import tap, taps


def test_a_tap_is_heard_once(tmp_path: Path) -> None:
    """Each client by name, however often it was tapped for; then it is quiet again."""
    for client in ("oakfield", "northwind", "oakfield"):
        tap(tmp_path, client)
    assert taps(tmp_path) == ("northwind", "oakfield")
    assert taps(tmp_path) == ()


def test_a_tap_without_a_state_is_lost(tmp_path: Path) -> None:
    """It costs time only, and is no error on either side."""
    tap(tmp_path / "missing", "northwind")
    assert taps(tmp_path / "missing") == ()

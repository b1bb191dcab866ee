"""Homes for the tests of the configuration: a good one, and copies of it with something laid over."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TODAY = date(2026, 11, 22)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A good home of two clients, to be written to."""
    return shutil.copytree(HERE / "home", tmp_path / "home")


@pytest.fixture
def edit(home: Path) -> Callable[[str, str, str], None]:
    """Replace one text in a file of the home."""

    def replace(file: str, old: str, new: str) -> None:
        text = (home / file).read_text(encoding="utf-8")
        assert old in text
        (home / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    return replace

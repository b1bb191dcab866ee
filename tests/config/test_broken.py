"""Every deliberately broken home below broken/ says exactly what is wrong with it, and where.

A case is a folder of files laid over the good home; removed.txt lists files to take away from it; expected.txt
holds the faults, one a line, and at last the clients that can be worked for all the same.
"""

import shutil
from pathlib import Path

import pytest

from maild.config.load import load_home
from maild.errors import ConfigError, Fault
from tests.config.conftest import HERE, TODAY

CASES = sorted(path.name for path in (HERE / "broken").iterdir())


@pytest.mark.parametrize("case", CASES)
def test_broken_home_names_each_fault(case: str, home: Path) -> None:
    """The faults are those of expected.txt with file, line, column and key, and nobody else is stopped."""
    lay_over(home, HERE / "broken" / case)
    assert report(home) == (HERE / "broken" / case / "expected.txt").read_text(encoding="utf-8")


def test_there_are_many_broken_homes() -> None:
    """The folder of cases was found."""
    assert len(CASES) >= 50


def lay_over(home: Path, case: Path) -> None:
    """Put the files of a case into the home, and take away what removed.txt lists."""
    ours = {"removed.txt", "expected.txt"}
    shutil.copytree(
        case, home, dirs_exist_ok=True, ignore=lambda folder, _: ours if folder == str(case) else ()
    )
    removed = case / "removed.txt"
    for name in removed.read_text(encoding="utf-8").split() if removed.exists() else ():
        (home / name).unlink()


def report(home: Path) -> str:
    """What the home's admin is told, and whether its clients can be worked for."""
    try:
        loaded = load_home(home, today=TODAY)
    except ConfigError as error:
        return told(error.faults, "nothing can start")
    return told(loaded.faults, f"clients: {', '.join(loaded.clients) or 'none'}")


def told(faults: tuple[Fault, ...], outcome: str) -> str:
    """One line for each fault, and the outcome."""
    return "".join(f"{line}\n" for line in (*faults, outcome))

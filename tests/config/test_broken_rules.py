"""Every deliberately broken rules file below broken_rules/ says exactly what is wrong with it, and where.

A case is x.yaml, which takes the place of the rules of one client of the good home, and x.expected.txt: what an admin
is told, one line for each fault and warning. The client has hours, absences and a trusted server (broken_rules/home),
but in the cases whose names begin with bare-.
"""

import shutil
from pathlib import Path

import pytest

from maild.config.load import load_home
from tests.config.conftest import HERE, TODAY

FOLDER = HERE / "broken_rules"
CASES = sorted(path.stem for path in FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("case", CASES)
def test_broken_rules_name_each_fault(case: str, home: Path) -> None:
    """Faults and warnings are those of x.expected.txt, with file, line, column and key."""
    expected = (FOLDER / f"{case}.expected.txt").read_text(encoding="utf-8")
    assert told(home, case) == expected


@pytest.mark.parametrize("case", CASES)
def test_a_fault_stops_its_client_and_no_other(case: str, home: Path) -> None:
    """Warnings stop nobody."""
    report = told(home, case)
    stopped = any(line.startswith("fault") for line in report.splitlines())
    assert set(load_home(home, today=TODAY).clients) == ({"south"} if stopped else {"north", "south"})


def test_there_are_many_broken_rules_files() -> None:
    """Each has its expectation, and none is empty."""
    assert len(CASES) >= 50
    expected = {path.name.removesuffix(".expected.txt"): path for path in FOLDER.glob("*.expected.txt")}
    assert sorted(expected) == CASES
    assert all(path.read_text(encoding="utf-8").strip() for path in expected.values())


def told(home: Path, case: str) -> str:
    """What is said about the home whose client has these rules."""
    if not case.startswith("bare-"):
        shutil.copytree(FOLDER / "home", home, dirs_exist_ok=True)
    shutil.copy(FOLDER / f"{case}.yaml", home / "rules/north/rules.yaml")
    loaded = load_home(home, today=TODAY)
    lines = [f"fault {fault}\n" for fault in loaded.faults] + [
        f"warning {fault}\n" for fault in loaded.warnings
    ]
    return "".join(lines)

"""`maild demo` as a stranger runs it: everything comes out right, in time, and nothing is left behind."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from maild.demo import stage
from maild.demo.play import play


def test_the_demo_plays_to_a_good_end(tmp_path: Path) -> None:
    """Exit code 0, all checks passed, each part shown, and no file left."""
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONWARNINGS": "default"}
    done = subprocess.run(
        [sys.executable, "-m", "maild", "demo"],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert re.search(r"All \d+ checks passed", done.stdout)
    for part in (
        "mails arrive",
        "One draft in full",
        "What left the house",
        "A note to",
        "What is left for a person",
    ):
        assert part in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_demo_tells_what_differs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mail that does not end where the bag says is named, and the exit code is 1."""
    first, *rest = stage.read_bag()
    wrong = replace(first, expected=replace(first.expected, folder="Anderswo"))
    monkeypatch.setattr(stage, "read_bag", lambda: (wrong, *rest))
    assert play(keep=False) == 1
    shown = capsys.readouterr().out
    assert f"{first.file}, folder: expected 'Anderswo', found 'Anfragen'" in shown

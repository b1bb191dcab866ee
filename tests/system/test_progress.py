"""Long work shows a bar on a terminal and a few plain lines elsewhere, always on standard error."""

import io

import pytest

from maild.cli.progress import progress


class Terminal(io.StringIO):
    """What a program takes for a terminal."""

    def isatty(self) -> bool:
        """It is one."""
        return True


def test_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """At most ten lines, however long the work; none for no work at all."""
    with progress("Reading", 1_000) as tell:
        for done in range(1, 1_001):
            tell(done)
    lines = capsys.readouterr().err.splitlines()
    assert (len(lines), lines[0], lines[-1]) == (10, "Reading: 100 of 1000", "Reading: 1000 of 1000")
    with progress("Reading", 3) as tell:
        tell(1)
        tell(1)
        tell(3)
    assert capsys.readouterr().err.splitlines() == ["Reading: 1 of 3", "Reading: 3 of 3"]
    with progress("Reading", 0) as tell:
        tell(0)
    assert capsys.readouterr() == ("", "")


def test_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The count moves in one place; nothing goes to standard output."""
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    for name, value in {"TERM": "xterm", "COLUMNS": "100"}.items():
        monkeypatch.setenv(name, value)
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_INTERACTIVE", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    with progress("Reading", 40) as tell:
        tell(40)
    assert "40/40" in terminal.getvalue()
    assert "of 40" not in terminal.getvalue()
    assert capsys.readouterr().out == ""

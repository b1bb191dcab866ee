"""Running a command of maild within the tests' own process, which is much quicker than starting one."""

import signal
from typing import NamedTuple

import pytest

from maild.cli import main

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Outcome(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


class Here:
    """Calls maild's main function with arguments, and gives back what a shell would see."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys
        for name in ("MAILD_HOME", "MAILD_STATE", "STATE_DIRECTORY"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("COLUMNS", "100")

    def __call__(self, *arguments: object) -> Outcome:
        """Run one command; a traceback where there should be a sentence is an error of the test."""
        self._monkeypatch.setattr("sys.argv", ["maild", *map(str, arguments)])
        self._capsys.readouterr()
        handlers = [signal.getsignal(number) for number in _SIGNALS]
        try:
            with pytest.raises(SystemExit) as ended:
                main()
        finally:
            for number, handler in zip(_SIGNALS, handlers, strict=True):
                signal.signal(number, handler)
        out, err = self._capsys.readouterr()
        assert "Traceback" not in out + err
        return Outcome(int(ended.value.code or 0), out, err)

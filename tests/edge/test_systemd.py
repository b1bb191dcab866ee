"""The messages to systemd, read from real sockets of both kinds."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from maild.edge.systemd import notify, watchdog_interval


@pytest.fixture(params=["file", "abstract"])
def listener(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[socket.socket]:
    """A socket that NOTIFY_SOCKET names, in the file system or abstract."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as waiting:
        waiting.settimeout(10)
        if request.param == "file":
            monkeypatch.chdir(tmp_path)  # socket addresses are short: unix(7)
            waiting.bind("notify")
            monkeypatch.setenv("NOTIFY_SOCKET", "/proc/self/cwd/notify")
        else:
            name = f"maild-test-{os.getpid()}"
            waiting.bind("\0" + name)
            monkeypatch.setenv("NOTIFY_SOCKET", "@" + name)
        yield waiting


def test_assignments_arrive_as_one_message(listener: socket.socket) -> None:
    """One datagram, a line each, UTF-8."""
    assert notify("READY=1", "STATUS=2 Mandanten, Entwürfe warten")
    assert listener.recv(4096).decode() == "READY=1\nSTATUS=2 Mandanten, Entwürfe warten"


def test_a_status_cannot_carry_a_second_assignment(listener: socket.socket) -> None:
    """A name with a line end in it stays a name."""
    assert notify("STATUS=northwind\nSTOPPING=1")
    assert listener.recv(4096) == b"STATUS=northwind STOPPING=1"


@pytest.mark.parametrize("path", ["", "relative", "vsock:2:1"])
def test_without_systemd_nothing_is_said(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable, or one of a kind that can't be served, is no error."""
    monkeypatch.setenv("NOTIFY_SOCKET", path)
    assert notify("READY=1") is False
    monkeypatch.delenv("NOTIFY_SOCKET")
    assert notify("READY=1") is False


def test_a_manager_that_is_gone_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon does not die because its status could not be told."""
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    assert notify("READY=1") is False


@pytest.mark.parametrize(
    ("microseconds", "pid", "interval"),
    [
        ("30000000", "own", 15.0),
        ("30000000", None, 15.0),
        ("1500000", "own", 0.75),
        ("30000000", "1", None),
        ("0", "own", None),
        ("soon", "own", None),
        ("", "own", None),
        (None, None, None),
    ],
)
def test_the_watchdog_wants_a_sign_twice_per_term(
    microseconds: str | None, pid: str | None, interval: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of WATCHDOG_USEC, in seconds, if it is meant for this process."""
    for name, value in (
        ("WATCHDOG_USEC", microseconds),
        ("WATCHDOG_PID", str(os.getpid()) if pid == "own" else pid),
    ):
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    assert watchdog_interval() == interval

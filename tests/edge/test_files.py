"""Watching the files of a home: real folders, the real kernel, and a kernel that refuses to be listened to."""

import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import pytest

from maild.edge.files import QUIET, FileWatch
from tests.servers.ports import wait_until

NAMES = ("maild.yaml", "rules", "templates")
RULES = "rules/northwind/rules.yaml"


class Heard:
    """What a watch has told."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.calls: list[bool] = []
        self.deaf: list[str] = []
        self.during: Callable[[], None] = lambda: None
        self.watch = FileWatch(home, NAMES, self._changed, self.deaf.append)

    def _changed(self, asked: bool) -> None:
        self.calls.append(asked)
        self.during()

    def wait(self, count: int, seconds: float = 10) -> None:
        """Until it was told so often."""
        wait_until(lambda: len(self.calls) >= count, seconds, f"{count} calls, not {len(self.calls)}")

    def write(self, name: str, text: str) -> None:
        """A file of the home."""
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def marker(self) -> None:
        """Whatever was told of before this returns has been told: one more change, and its call."""
        count = len(self.calls)
        self.write("templates/de/marker.txt.j2", str(monotonic()))
        self.wait(count + 1)


@pytest.fixture
def heard(tmp_path: Path) -> Iterator[Heard]:
    """A small home under watch."""
    for name in ("maild.yaml", RULES, "templates/de/offer.txt.j2", "state/maild.db"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("before", encoding="utf-8")
    found = Heard(tmp_path)
    found.watch.start()
    yield found
    found.watch.stop()
    found.watch.join()


@pytest.mark.parametrize("name", ["maild.yaml", RULES, "templates/de/offer.txt.j2", "rules/new/client.yaml"])
def test_a_change_is_told(heard: Heard, name: str) -> None:
    """The main file, rules, templates, and a client that is new: each is noticed, as a change nobody asked about."""
    heard.write(name, "after")
    heard.wait(1)
    assert heard.calls == [False]


def test_what_is_taken_away_is_told(heard: Heard) -> None:
    """Removed files and folders are changes, and so is what comes in their place."""
    shutil.rmtree(heard.home / "rules")
    heard.wait(1)
    heard.write(RULES, "again")
    heard.wait(2)
    assert heard.calls == [False, False]


def test_a_file_written_anew_and_renamed_is_told(heard: Heard) -> None:
    """As editors save; and it is still watched afterwards."""
    for number in (1, 2):
        heard.write("rules/northwind/.rules.yaml.swp", f"version {number}")
        (heard.home / "rules/northwind/.rules.yaml.swp").rename(heard.home / RULES)
        heard.wait(number)


def test_state_and_hidden_files_are_not_told(heard: Heard) -> None:
    """The database never rests, and an editor's own files are nobody's business."""
    heard.write("state/maild.db", "after")
    heard.write("rules/northwind/.rules.yaml.swp", "half")
    heard.write("other", "x")
    heard.marker()
    assert heard.calls == [False]


def test_a_burst_is_one_change(heard: Heard) -> None:
    """Files that are written one after the other for a while are told of once, when they rest."""
    rest = threading.Event()
    for number in range(30):
        heard.write(RULES, f"version {number}")
        rest.wait(QUIET / 15)  # it never rests for as long as counts as quiet
    written = monotonic()
    heard.wait(1)
    assert monotonic() - written > QUIET / 2
    assert len(heard.calls) == 1


def test_a_change_while_it_is_told_is_told_too(heard: Heard) -> None:
    """What is written while the files are being read brings a second reading, and no call overlaps another."""
    inside = 0
    most = 0

    def during() -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        if len(heard.calls) == 1:
            heard.write(RULES, "while it is read")
            heard.watch.ask()
        inside -= 1

    heard.during = during
    heard.write(RULES, "after")
    heard.wait(2)
    assert most == 1


def test_who_asks_is_answered_at_once(heard: Heard) -> None:
    """Without any change, and without waiting for quiet."""
    asked = monotonic()
    heard.watch.ask()
    heard.wait(1)
    assert monotonic() - asked < QUIET
    assert heard.calls == [True]


def test_after_a_stop_nothing_is_told(heard: Heard) -> None:
    """A stop is prompt, also between a change and its telling."""
    heard.write(RULES, "after")
    stopping = monotonic()
    heard.watch.stop()
    heard.watch.join()
    assert monotonic() - stopping < 2
    assert heard.calls == []


def test_links_are_followed_and_may_lead_in_a_circle(heard: Heard, tmp_path_factory) -> None:
    """A folder that is a link is watched where it leads, also once it leads elsewhere; a circle ends."""
    old, new = (tmp_path_factory.mktemp(name) for name in ("old", "new"))
    (heard.home / "rules/linked").symlink_to(old)
    (heard.home / "rules/northwind/up").symlink_to(heard.home / "rules")
    heard.wait(1)
    (old / "rules.yaml").write_text("x", encoding="utf-8")
    heard.wait(2)
    (heard.home / "rules/linked").unlink()
    (heard.home / "rules/linked").symlink_to(new)
    heard.wait(3)
    (new / "rules.yaml").write_text("x", encoding="utf-8")
    heard.wait(4)


def test_a_changed_file_behind_a_link_is_found_without_the_kernel(heard: Heard, tmp_path_factory) -> None:
    """No event comes for it, as on a network file system; the look that comes anyway finds it."""
    target = tmp_path_factory.mktemp("elsewhere") / "rules.yaml"
    target.write_text("before", encoding="utf-8")
    (heard.home / "rules/northwind/more.yaml").symlink_to(target)
    heard.wait(1)
    target.write_text("after, and longer", encoding="utf-8")
    heard.wait(2)


DEAF = """
import ctypes, pathlib, sys
from maild.edge.files import FileWatch
lib = ctypes.CDLL("libseccomp.so.2")
lib.seccomp_init.restype = ctypes.c_void_p
lib.seccomp_init.argtypes = [ctypes.c_uint32]
lib.seccomp_load.argtypes = [ctypes.c_void_p]
lib.seccomp_rule_add_array.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint, ctypes.c_void_p]
refuse = lib.seccomp_init(0x7FFF0000)
for name in (b"inotify_init", b"inotify_init1"):
    number = lib.seccomp_syscall_resolve_name(name)
    assert number < 0 or lib.seccomp_rule_add_array(refuse, 0x00050000 | 24, number, 0, None) == 0  # EMFILE
assert lib.seccomp_load(refuse) == 0
def told(word):
    print(word, flush=True)
    return word
watch = FileWatch(
    pathlib.Path(sys.argv[1]), ("rules",), lambda asked: told("changed"), lambda reason: told("deaf " + reason))
watch.start()
sys.stdin.readline()
watch.stop()
watch.join()
print("stopped")
"""


def test_without_the_kernel_the_files_are_polled(tmp_path: Path) -> None:
    """Where the kernel has no watches left, that is told once, changes are found all the same, and a stop works."""
    rules = tmp_path / "rules" / "rules.yaml"
    rules.parent.mkdir()
    rules.write_text("before", encoding="utf-8")
    command = [sys.executable, "-c", DEAF, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as watching:
        assert watching.stdout is not None
        assert watching.stdin is not None
        assert watching.stdout.readline() == (
            "deaf Error creating recommended watcher: Too many open files (os error 24)\n"
        )
        for text in ("after", "after that"):
            rules.write_text(text, encoding="utf-8")
            assert watching.stdout.readline() == "changed\n"
        watching.stdin.write("\n")
        watching.stdin.flush()
        assert watching.stdout.read() == "stopped\n"


def test_polling_can_be_forced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable that watchfiles itself documents is heeded."""
    monkeypatch.setenv("WATCHFILES_FORCE_POLLING", "1")
    (tmp_path / "rules").mkdir()
    heard = Heard(tmp_path)
    heard.watch.start()
    try:
        heard.write(RULES, "after")
        heard.wait(1)
    finally:
        heard.watch.stop()
        heard.watch.join()
    assert heard.deaf == []

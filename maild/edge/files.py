"""Tells when files of a home change: the kernel's word (watchfiles) is a hint, a look at all of them is the truth.

So a kernel that has run out of watches, a network file system without events and a link that now leads elsewhere make
it slower and never deaf. It opens no file and doesn't know what they mean; hidden ones count for nothing.
"""

import os
import stat
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from watchfiles import watch

QUIET = 1.0
"""Seconds without a change after which a burst of them counts as over."""
_LONGEST_BURST = 60.0  # a file that never rests must not keep the others from being read
_STEP = 200  # milliseconds in which events are gathered, and in which a call is heard
_LOOK = 2_000  # milliseconds until everything is looked at though nothing was heard
_DEAF_LOOK = 2.0  # seconds between two looks where the kernel can't be listened to

_Mark = tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the files looked like at one moment, and the folders that they lie in."""

    marks: dict[Path, _Mark]
    folders: tuple[Path, ...]


class FileWatch:
    """The thread that watches `names`, files and whole folders, below a home.

    `on_change` is called in that thread, never twice at a time: with False when files have changed and are quiet
    again, with True when somebody asked. `on_deaf` is told once why the kernel can't be listened to.
    """

    def __init__(
        self,
        home: Path,
        names: Sequence[str],
        on_change: Callable[[bool], None],
        on_deaf: Callable[[str], None],
    ) -> None:
        self._home, self._names = home, tuple(names)
        self._on_change, self._on_deaf = on_change, on_deaf
        self._call, self._asked, self._stopping = threading.Event(), threading.Event(), threading.Event()
        self._hints: Iterator[object] | None = None
        self._heard_in: tuple[Path, ...] = ()
        self._deaf = False
        self._thread = threading.Thread(target=self._run, name="files")
        self._known = self._look().marks  # before anybody reads them: what changes from now on is told

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def ask(self) -> None:
        """Have `on_change` called now; callable from any thread."""
        self._asked.set()
        self._call.set()

    def stop(self) -> None:
        """Tell of nothing more; returns at once."""
        self._stopping.set()
        self._call.set()

    def join(self) -> None:
        """Return when the last call of `on_change` has ended."""
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while True:
            self._call.clear()
            if self._stopping.is_set():
                break
            seen = self._look()
            if self._asked.is_set() or seen.marks != self._known:
                self._tell(seen)
            else:
                self._listen(seen.folders)
        self._listen_no_more()

    def _tell(self, seen: _Seen) -> None:
        if not self._asked.is_set():
            seen = self._when_quiet(seen)
        if not self._stopping.is_set():
            asked = self._asked.is_set()
            if asked:  # else who asks between these two lines would not be heard
                self._asked.clear()
            self._known = seen.marks
            self._on_change(asked)

    def _when_quiet(self, seen: _Seen) -> _Seen:
        """The files once they rest; at once where somebody calls."""
        deadline = monotonic() + _LONGEST_BURST
        while not self._call.wait(QUIET) and monotonic() < deadline:
            now = self._look()
            if now.marks == seen.marks:
                break
            seen = now
        return seen

    def _listen(self, folders: tuple[Path, ...]) -> None:
        """Until the kernel tells of something, somebody calls, or it is time to look anyway."""
        try:
            if self._hints is None or folders != self._heard_in:
                self._listen_no_more()
                self._hints, self._heard_in = self._ear(folders), folders
            next(self._hints)
            self._deaf = False
        except StopIteration:
            self._hints = None  # somebody called
        except FileNotFoundError:
            self._hints = None  # a folder went away between the look and now
        except (OSError, RuntimeError) as error:  # the errors of watchfiles itself are RuntimeErrors
            self._hints = None
            if not self._deaf:
                self._on_deaf(str(error).partition(" about [")[0])
            self._deaf = True
            self._call.wait(_DEAF_LOOK)

    def _ear(self, folders: tuple[Path, ...]) -> Iterator[object]:
        # Folder by folder: `recursive` would also listen to the state, which lies in the home by default and never
        # rests.
        return watch(
            *folders,
            watch_filter=None,
            debounce=_STEP,
            step=_STEP,
            stop_event=self._call,
            rust_timeout=_LOOK,
            yield_on_timeout=True,
            raise_interrupt=False,
            recursive=False,
        )

    def _listen_no_more(self) -> None:
        close = getattr(self._hints, "close", None)
        if close is not None:
            close()
        self._hints = None

    def _look(self) -> _Seen:
        marks: dict[Path, _Mark] = {}
        folders = [self._home]
        been: set[tuple[int, int]] = set()
        rest = [self._home / name for name in self._names]
        while rest:
            path = rest.pop()
            found = _stat(path)
            if found is None:
                marks[path] = None
            elif not stat.S_ISDIR(found.st_mode):
                marks[path] = (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino)
            elif (found.st_dev, found.st_ino) not in been:  # a link may lead back to where we are
                been.add((found.st_dev, found.st_ino))
                marks[path] = (found.st_mode, found.st_uid, found.st_gid)
                folders.append(path)
                rest += _visible(path)
        return _Seen(marks, tuple(folders))


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


def _visible(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError:
        return []

"""Reading the files of a home, remembering what was read.

A file that leads out of the folder it must lie in, by whatever symbolic link, is not opened.
"""

import hashlib
from pathlib import Path as FilePath

from maild.config.document import Document, read_yaml
from maild.errors import Fault

MAX_READ = 64_000_000


class Source:
    """The files of one client, or of the office, below a home."""

    def __init__(self, home: FilePath) -> None:
        self.home = home
        self._digests: dict[str, str] = {}

    def read(self, name: str, *, below: str = "") -> bytes | Fault | None:
        """The bytes of a file, None where there is none; `below` is the folder that it must not lead out of."""
        path = self.home / name
        try:
            if not path.is_file():
                return None
            if below and not path.resolve().is_relative_to((self.home / below).resolve()):
                return Fault(name, 0, 0, "leads out of its folder; put the file itself here")
            if path.stat().st_size > MAX_READ:
                return Fault(name, 0, 0, f"has more than {MAX_READ // 1_000_000} MB; make it smaller")
            raw = path.read_bytes()
        except OSError as error:
            return Fault(name, 0, 0, f"can't be read ({error.strerror}); look at its owner and rights")
        self._digests[name] = hashlib.sha256(raw).hexdigest()
        return raw

    def yaml(self, name: str, *, below: str = "") -> Document | None:
        """A YAML file; None where there is none."""
        raw = self.read(name, below=below)
        if raw is None:
            return None
        return Document(name, faults=(raw,)) if isinstance(raw, Fault) else read_yaml(raw, name)

    def version(self, more: str = "") -> str:
        """Twelve hexadecimal digits that differ where any file read, or `more`, differs."""
        lines = (f"{name} {digest}\n" for name, digest in sorted(self._digests.items()))
        return hashlib.sha256("".join((*lines, more)).encode()).hexdigest()[:12]


def digest(home: FilePath, *names: str) -> str:
    """What all files below some folders of a home hold, in one number; of one that can't be read, why.

    Two readings with the same digest need only one look at what the files say.
    """
    found = hashlib.sha256()
    been: set[FilePath] = set()
    rest = [home / name for name in reversed(names)]
    while rest:
        path = rest.pop()
        if not path.is_dir():
            found.update(f"{path}\n{_content(path)}\n".encode(errors="replace"))
        elif (real := path.resolve()) not in been:  # a link may lead back to where we are
            been.add(real)
            rest += sorted(_visible(path))
    return found.hexdigest()


def entries(folder: FilePath) -> list[str]:
    """The names of the files in a folder, sorted; hidden ones and a folder that isn't there count for nothing."""
    return sorted(path.name for path in _visible(folder) if not path.is_dir())


def folders(folder: FilePath) -> list[str]:
    """The names of the folders in a folder, sorted, without hidden ones and those that begin with _."""
    return sorted(path.name for path in _visible(folder) if path.is_dir() and not path.name.startswith("_"))


def _content(path: FilePath) -> str:
    try:
        if path.is_file() and path.stat().st_size <= MAX_READ:
            return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        return str(error.strerror)
    return "no file, or a large one"


def _visible(folder: FilePath) -> list[FilePath]:
    try:
        return [path for path in folder.iterdir() if not path.name.startswith(".")]
    except OSError:
        return []

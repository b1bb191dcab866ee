"""A tap on the daemon's shoulder: a command that wrote rows for a client has the daemon look at once.

It carries a name and nothing else. A tap that gets lost costs time only: the rows are found at the next look.
"""

from pathlib import Path


def tap(state_directory: Path, client: str) -> None:
    """Have a running daemon look at a client's mailbox within a few seconds; nothing happens where none runs."""
    path = _folder(state_directory)
    try:
        path.mkdir(mode=0o700, exist_ok=True)
        (path / client).touch(mode=0o600)
    except OSError:
        return  # the daemon comes by anyway


def taps(state_directory: Path) -> tuple[str, ...]:
    """The clients that commands have tapped for since the last call."""
    path = _folder(state_directory)
    try:
        path.mkdir(mode=0o700, exist_ok=True)
        names = sorted(each.name for each in path.iterdir())
        for name in names:
            (path / name).unlink()
    except OSError:
        return ()
    return tuple(names)


def _folder(state_directory: Path) -> Path:
    return state_directory / "wake"

"""Runs maild and kills it, by SIGKILL, right before or right after its first commit made by a named store function.

Arguments are maild's own. $KILL_AT is `Class.function`, $KILL_WHEN `before` or `after`; $RECORD names a file that
gets the name of each function that commits. maild itself knows nothing of this.
"""

import os
import signal
import sys
from pathlib import Path

from sqlalchemy.engine.default import DefaultDialect

from maild.cli import main

_STORE = str(Path("maild") / "store")
_commit = DefaultDialect.do_commit


def _point() -> str:
    """The public function of the store that the commit is made in."""
    frame = sys._getframe()
    while frame is not None:
        code = frame.f_code
        if _STORE in code.co_filename and "self" in frame.f_locals and not code.co_name.startswith("_"):
            return f"{type(frame.f_locals['self']).__name__}.{code.co_name}"
        frame = frame.f_back
    return "migration"


def _killing_commit(dialect: DefaultDialect, connection: object) -> None:
    point = _point()
    wanted = point == os.environ.get("KILL_AT")
    if wanted and os.environ["KILL_WHEN"] == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    _commit(dialect, connection)
    if wanted:
        os.kill(os.getpid(), signal.SIGKILL)
    record = os.environ.get("RECORD")
    if record:
        with Path(record).open("a") as file:
            file.write(f"{point}\n")


DefaultDialect.do_commit = _killing_commit
main()

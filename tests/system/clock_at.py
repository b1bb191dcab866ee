"""Runs maild by another clock: $CLOCK is the time at which it starts, in ISO 8601; from then on it goes as ever.

With $KILL_AT or $RECORD it is killed, or recorded, as `kill_at.py` says. Servers and files keep the time of today.
"""

import os
import runpy
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from maild.cli import main, run
from maild.daemon import Daemon


def shifted(start: datetime) -> Callable[[], datetime]:
    """A clock that shows `start` now."""
    offset = start.astimezone(UTC) - datetime.now(UTC)
    return lambda: datetime.now(UTC) + offset


run.Daemon = partial(Daemon, clock=shifted(datetime.fromisoformat(os.environ["CLOCK"])))  # type: ignore[misc]
if "KILL_AT" in os.environ or "RECORD" in os.environ:
    runpy.run_path(str(Path(__file__).with_name("kill_at.py")))
else:
    main()

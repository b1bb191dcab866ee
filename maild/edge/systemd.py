"""What maild tells systemd: ready, status, alive (sd_notify(3), sd_watchdog_enabled(3)).

Started by anything else, it says nothing. It reads two variables of the environment and never changes them.
"""

import os
import socket

PATIENCE = 1.0  # seconds; a manager that does not read must not stop the mail


def notify(*assignments: str) -> bool:
    """Send assignments such as "READY=1" or "STATUS=…" in one message; False where nobody listens or it got lost.

    A line end inside an assignment becomes a blank, so that a status text can't smuggle in a second assignment.
    """
    path = os.environ.get("NOTIFY_SOCKET", "")
    if path[:1] not in ("/", "@"):
        return False
    address = "\0" + path[1:] if path.startswith("@") else path  # Linux's abstract sockets: unix(7)
    message = "\n".join(" ".join(assignment.split("\n")) for assignment in assignments)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notifier:
            notifier.settimeout(PATIENCE)
            notifier.sendto(message.encode(), address)
    except OSError:
        return False
    return True


def watchdog_interval() -> float | None:
    """How often to send WATCHDOG=1, in seconds: half of what the unit allows; None where no watchdog waits for us."""
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    if not microseconds.isdecimal() or int(microseconds) == 0:
        return None
    if os.environ.get("WATCHDOG_PID") not in (None, str(os.getpid())):
        return None
    return int(microseconds) / 2_000_000

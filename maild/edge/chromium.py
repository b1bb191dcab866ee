"""Has a Chromium make a picture of a page. Without a network: a letter shows nothing that would have to be fetched."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from maild.errors import MaildError

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_SECONDS = 60
_SIZE = "800,1100"  # about a sheet of A4


class PictureError(MaildError):
    """No picture could be made; the message says what to do."""


def picture(page: Path, target: Path) -> None:
    """Write a PNG of an HTML file. Raises PictureError where there is no Chromium, or it makes none."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        raise PictureError("No Chromium was found; install one (apt install chromium), or use --html.")
    with tempfile.TemporaryDirectory(prefix="maild-") as profile:
        shot = Path(profile) / "letter.png"
        try:
            done = subprocess.run(
                [program, *_options(profile, shot), page.resolve().as_uri()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise PictureError(f"{program} made no picture: {type(error).__name__}; use --html.") from error
        if not shot.is_file():
            raise PictureError(f"{program} made no picture and ended with {done.returncode}; use --html.")
        shutil.copyfile(shot, target)


def _options(profile: str, shot: Path) -> list[str]:
    # Its sandbox refuses to run as root; the page is of our own making and has no script.
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    return [
        "--headless",
        "--disable-gpu",
        "--hide-scrollbars",
        "--no-first-run",
        "--disable-extensions",
        "--disable-background-networking",
        "--disable-sync",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        f"--user-data-dir={profile}",
        f"--window-size={_SIZE}",
        f"--screenshot={shot}",
        *root,
    ]

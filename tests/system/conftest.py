"""Installations for system tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.dovecot import Dovecot
from tests.servers.pymap import Pymap
from tests.servers.smtp import SmtpSink
from tests.system.installation import Installation


@pytest.fixture
def installation(tmp_path: Path, dovecot: Dovecot, smtp_sink: SmtpSink) -> Iterator[Installation]:
    """A home whose clients live on Dovecot."""
    home = Installation(tmp_path, dovecot, smtp_sink)
    yield home
    home.clean_up()


@pytest.fixture
def embedded(tmp_path: Path, pymap: Pymap, smtp_sink: SmtpSink) -> Iterator[Installation]:
    """A home whose clients live on pymap."""
    home = Installation(tmp_path, pymap, smtp_sink)
    yield home
    home.clean_up()

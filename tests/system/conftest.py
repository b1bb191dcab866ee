"""Installations for system tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.dovecot import Dovecot
from tests.servers.pymap import Pymap
from tests.servers.smtp import SmtpSink
from tests.system.faults import FaultySink
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


@pytest.fixture
def sink() -> Iterator[FaultySink]:
    """An SMTP server that misbehaves as told, and holds back answers."""
    with FaultySink() as found:
        yield found


@pytest.fixture
def home(tmp_path: Path, dovecot: Dovecot, sink: FaultySink) -> Iterator[Installation]:
    """A home on Dovecot whose letters go to that server."""
    found = Installation(tmp_path, dovecot, sink)
    yield found
    found.clean_up()

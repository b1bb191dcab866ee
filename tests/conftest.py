"""Servers for all tests: started once per worker, each test with users of its own."""

from collections.abc import Iterator

import pytest

from tests.servers.dovecot import Dovecot
from tests.servers.pymap import Pymap
from tests.servers.smtp import SmtpSink


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """A real Dovecot 2.3; take a fresh user from `dovecot.user()`."""
    server = Dovecot()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def pymap() -> Iterator[Pymap]:
    """The embedded server of the demo; take a fresh user from `pymap.user()`."""
    server = Pymap()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def smtp_sink() -> Iterator[SmtpSink]:
    """An SMTP server that records what it accepts."""
    with SmtpSink() as sink:
        yield sink

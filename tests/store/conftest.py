"""A real SQLite database per test, with two competing clients in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from maild.store.store import ClientStore, Store

URL = "sqlite:///maild.db"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A fresh, upgraded database."""
    opened = Store.open(URL, tmp_path, may_upgrade=True)
    yield opened
    opened.close()


@pytest.fixture
def ours(store: Store) -> ClientStore:
    """The client under test."""
    return _registered(store, "northwind")


@pytest.fixture
def theirs(store: Store) -> ClientStore:
    """Its competitor."""
    return _registered(store, "brugman")


def _registered(store: Store, name: str) -> ClientStore:
    client = store.client(name)
    client.accounts.register("imap", "smtp")
    return client

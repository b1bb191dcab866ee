"""Secrets are named in the files, read late, and never shown."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from maild.config.secrets import Secret, resolve
from maild.errors import SecretError


def test_environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """{env: NAME}, at the time of asking; one line end at the end is no part of it."""
    secret = Secret(env="MAILD_TEST_SECRET")
    with pytest.raises(SecretError, match=r"\{env: MAILD_TEST_SECRET\} is not set"):
        resolve(secret, home=home)
    monkeypatch.setenv("MAILD_TEST_SECRET", "hunter2\n")
    assert resolve(secret, home=home) == "hunter2"


@pytest.mark.parametrize(
    ("raw", "value"), [(b"x y", "x y"), (b"x\n", "x"), (b"x\r\n", "x"), (b"x\n\n", "x\n"), (b" x ", " x ")]
)
def test_file_in_the_home(home: Path, raw: bytes, value: str) -> None:
    """{file: PATH}, relative to the home; only one final line end is cut."""
    (home / "secret").write_bytes(raw)
    assert resolve(Secret(file="secret"), home=home) == value


def test_file_elsewhere(home: Path, tmp_path: Path) -> None:
    """An absolute path is used as it stands."""
    (tmp_path / "secret").write_text("ü\n", encoding="utf-8")
    assert resolve(Secret(file=str(tmp_path / "secret")), home=home) == "ü"


def test_credential(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """{credential: NAME} is a file in systemd's directory."""
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(SecretError, match="LoadCredential"):
        resolve(Secret(credential="imap"), home=home)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "imap").write_text("hunter2\n", encoding="utf-8")
    assert resolve(Secret(credential="imap"), home=home) == "hunter2"


@pytest.mark.parametrize("raw", [b"", b"\n", b"\r\n", b"hunter2\xff", b"hunter2\0", b"hunter2" * 10_000])
def test_unusable_files_are_named_without_their_content(home: Path, raw: bytes) -> None:
    """Empty, not UTF-8, NUL, too long: the reference stands in the message, the value does not."""
    (home / "secret").write_bytes(raw)
    with pytest.raises(SecretError, match=r"\{file: secret\}") as caught:
        resolve(Secret(file="secret"), home=home)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_missing_file_is_named(home: Path) -> None:
    """With the system's reason."""
    with pytest.raises(SecretError, match=r"\{file: nowhere\} can't be read: No such file"):
        resolve(Secret(file="nowhere"), home=home)


@pytest.mark.parametrize(
    "data", ["hunter2", 1, None, {}, {"env": "A", "file": "b"}, {"keyring": "A"}, {"credential": "../x"}]
)
def test_exactly_one_place(data: object) -> None:
    """A value in YAML, no place, two places, a keyring and a path for a name are refused."""
    with pytest.raises(ValidationError) as caught:
        Secret.model_validate(data)
    assert "hunter2" not in str(caught.value)

"""Secrets: named in the configuration, read at the moment of use.

No secret is kept, logged or put into a message; an error names the reference only.
"""

import os
from pathlib import Path
from typing import Self

from pydantic import model_validator

from maild.config.fields import Entry, Line, not_available, refuse
from maild.errors import SecretError

SECRET_BYTES = 64_000


class Secret(Entry):
    """Where a secret lies: exactly one of the keys."""

    env: Line | None = None
    file: Line | None = None
    credential: Line | None = None
    keyring: Line | None = None

    @model_validator(mode="before")
    @classmethod
    def _never_in_yaml(cls, value: object) -> object:
        if isinstance(value, dict | Secret):
            return value
        advice = "name the place the secret lies in, as {env: NAME}, {file: PATH} or {credential: NAME}"
        raise refuse(advice if value is None else f"never put a secret in YAML; {advice}")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise refuse("name exactly one of env, file and credential")
        if self.keyring is not None:
            raise refuse(not_available("keyring", "use env, file or credential"))
        if "/" in (self.credential or ""):
            raise refuse("credential is the name given to LoadCredential, not a path; use file for a path")
        return self

    def __str__(self) -> str:
        ((kind, name),) = self.model_dump(exclude_none=True).items()
        return f"{{{kind}: {name}}}"


def resolve(secret: Secret, *, home: Path) -> str:
    """The secret itself, without one final line end; a relative {file} lies in the home.

    Raises SecretError where it can't be read or is empty. {credential} is a file that systemd lays into
    $CREDENTIALS_DIRECTORY (systemd.exec(5), LoadCredential).
    """
    raw = _from_environment(secret) if secret.env is not None else _from_file(secret, home)
    value = raw.removesuffix("\n").removesuffix("\r")
    if not value:
        raise SecretError(f"the secret {secret} is empty")
    return value


def _from_environment(secret: Secret) -> str:
    value = os.environ.get(secret.env or "")
    if value is None:
        raise SecretError(f"the secret {secret} is not set; set that environment variable")
    return value


def _from_file(secret: Secret, home: Path) -> str:
    try:
        with _path(secret, home).open("rb") as file:
            raw = file.read(SECRET_BYTES + 1)
        text = raw.decode()
    except (OSError, UnicodeDecodeError) as error:
        reason = f"can't be read: {error.strerror}" if isinstance(error, OSError) else "is not UTF-8"
        raise SecretError(f"the secret {secret} {reason}") from None
    if len(raw) > SECRET_BYTES or "\0" in text:
        raise SecretError(f"the secret {secret} is not a text of at most {SECRET_BYTES:,} bytes")
    return text


def _path(secret: Secret, home: Path) -> Path:
    if secret.file is not None:
        return home / secret.file
    directory = os.environ.get("CREDENTIALS_DIRECTORY")
    if not directory:
        raise SecretError(f"the secret {secret} needs systemd's LoadCredential, which is not at work here")
    return Path(directory) / (secret.credential or "")

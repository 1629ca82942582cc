"""How alembic runs here: on the engine it is given, over the tables of all rooms."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, inspect, text

import piket.alerts.models
import piket.audit.models
import piket.engine.models
import piket.idempotency
import piket.occupancy.models
import piket.organisations.account_models
import piket.organisations.models
import piket.overflows.models
import piket.places.models
import piket.rota.calendar_models
import piket.rota.confirm_models
import piket.rota.ledger_models
import piket.rota.models
import piket.rota.note_models
import piket.rota.swap_models  # noqa: F401 - imported so that their tables are known
from piket.db import Base

# Any number: two processes that start at once on PostgreSQL must not create the same tables at the same moment.
LOCK = 7_402_404
# Shorter than PostgreSQL waits before it looks for a deadlock (a second): then this gives way, and never who serves.
PATIENCE_MS = 500


def run() -> None:
    """Apply what is missing in one transaction."""
    engine = context.config.attributes["engine"]
    with engine.execution_options(piket_writes=True).connect() as connection, connection.begin():
        sqlite = connection.dialect.name == "sqlite"
        if not sqlite:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
        context.configure(
            connection=connection, target_metadata=Base.metadata, render_as_batch=sqlite, compare_type=True
        )
        if not sqlite and context.get_context().get_current_revision() != context.script.get_current_head():
            _have_all_tables(connection)
        context.run_migrations()


def _have_all_tables(connection: Connection) -> None:
    """Wait until nobody else uses any table, so that no step waits in the middle for who waits for an earlier one.

    Those that others come to first go first. Raises what the database says when it is too busy; `upgrade` tries again.
    """
    there = set(inspect(connection).get_table_names())
    names = [table.name for table in Base.metadata.sorted_tables if table.name in there]
    connection.execute(text(f"SET LOCAL lock_timeout = {PATIENCE_MS}"))
    if names:
        connection.execute(text(f"LOCK TABLE {', '.join(names)} IN ACCESS EXCLUSIVE MODE"))


run()

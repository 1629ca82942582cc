"""The migrations make what the models say, on both stores."""

from __future__ import annotations

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect

from piket.db import Base, Store
from piket.migrations import is_current, upgrade
from tests.databases import import_models


def differences(store: Store) -> list[object]:
    import_models()
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return [one for one in compare_metadata(context, Base.metadata) if "sqlite_" not in str(one)]


def test_the_tables_are_those_of_the_models(store: Store) -> None:
    assert differences(store) == []
    assert is_current(store.engine)


def test_a_repeat_changes_nothing(store: Store) -> None:
    before = sorted(inspect(store.engine).get_table_names())
    upgrade(store.url.render_as_string(hide_password=False))
    assert sorted(inspect(store.engine).get_table_names()) == before


def test_an_empty_database_is_not_current(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/empty.db")
    assert not is_current(store.engine)
    store.close()


def test_foreign_keys_and_unique_rows_are_kept_by_the_database(store: Store) -> None:
    """What the models ask of the database is really in it, also where the comparison above does not look."""
    import_models()
    found = inspect(store.engine)
    for table in Base.metadata.sorted_tables:
        keys = {tuple(one["constrained_columns"]) for one in found.get_foreign_keys(table.name)}
        assert keys == {tuple(key.column_keys) for key in table.foreign_key_constraints}, table.name

"""Upgrading while the version before still runs: what is added disturbs nobody, and two that upgrade at once do it once."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, inspect, text

from piket import migrations
from piket.db import Store
from piket.deps import Deps
from piket.engine.tick import run_pass
from piket.errors import Misconfigured
from piket.migrations import _config, is_current, upgrade
from tests.conftest import ROOT, make_settings
from tests.fakes import START, FakeChannel, FakeClock
from tests.stories.receivers import until

REVISIONS = [one.revision for one in reversed(list(ScriptDirectory.from_config(_config(None)).walk_revisions()))]  # type: ignore[arg-type]


# As the first version keeps them; None is unknown.
ANSWERS = {
    "howFull": dict.fromkeys(("people", "withoutBed", "definition", "observedAt", "norm", "overNorm")),
    "whoActs": {"organisation": None, "by": None},
    "enoughPlaces": dict.fromkeys(("needed", "committed", "shortfall")),
    "rotaProposed": False,
}


@pytest.fixture
def bare(kind_of_store: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The address of a database without any table."""
    if kind_of_store == "sqlite":
        return f"sqlite:///{tmp_path}/bare.db"
    url: str = request.getfixturevalue("make_database")()
    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return url


def to(url: str, revision: str) -> Store:
    store = Store(url, pool_size=2)
    command.upgrade(_config(store.engine), revision)
    return store


def tables(store: Store) -> MetaData:
    found = MetaData()
    found.reflect(store.engine)
    return found


@pytest.mark.parametrize(("former", "later"), list(itertools.pairwise(REVISIONS)))
def test_a_step_only_adds_what_the_version_before_need_not_know(bare: str, former: str, later: str) -> None:
    """Nothing goes, nothing is renamed, nothing new is asked of a row that the version before writes."""
    store = to(bare, former)
    before, old = tables(store), inspect(store.engine)
    rules = {name: _rules(old, name) for name in before.tables}
    to(bare, later).close()
    after, new = tables(store), inspect(store.engine)
    for name, table in before.tables.items():
        assert name in after.tables
        for column in table.columns:
            there = after.tables[name].columns[column.name]
            assert (str(there.type), there.nullable) == (str(column.type), column.nullable), f"{name}.{column.name}"
        for column in after.tables[name].columns:
            known = column.name in table.columns
            assert known or column.nullable or column.server_default is not None, f"{name}.{column.name}"
        assert _rules(new, name) == rules[name], name
    store.close()


def _rules(of: sqlalchemy.Inspector, table: str) -> tuple[set[str], set[str]]:
    """What a row must keep to: unique columns and references to others."""
    unique = [tuple(one["column_names"]) for one in of.get_unique_constraints(table)]
    unique += [tuple(one["column_names"]) for one in of.get_indexes(table) if one["unique"]]
    return set(map(str, unique)), {str(one["constrained_columns"]) for one in of.get_foreign_keys(table)}


@pytest.mark.parametrize("former", REVISIONS[:-1])
def test_what_the_version_before_writes_after_the_upgrade_is_sent_by_the_new_one(
    bare: str, former: str, clock: FakeClock, channels: dict[str, FakeChannel]
) -> None:
    """Its inserts name only the columns it knows; its running claims find their rows; what it left is taken over."""
    store = to(bare, former)
    known = tables(store)
    upgrade(bare)
    moment = START if not store.is_sqlite else START.replace(tzinfo=None)
    with store.engine.begin() as connection:
        for table, values in _old_rows(moment):
            row = {name: value for name, value in values.items() if name in known.tables[table].columns}
            connection.execute(known.tables[table].insert().values(row))
        claimed = connection.execute(
            known.tables["deliveries"]
            .update()
            .where(sqlalchemy.text("state = 'pending'"))
            .values(state="sending", lease_until=moment + timedelta(minutes=1), lease_owner="an old one")
        )
        assert claimed.rowcount == 1
    deps = Deps(make_settings(bare), store, clock, channels)
    run_pass(deps, clock())
    assert channels["email"].sent == []
    run_pass(deps, clock.advance(minutes=2))
    assert [message.delivery for message in channels["email"].sent] == ["d"]
    with store.engine.connect() as connection:
        assert connection.execute(text("SELECT gathered_in, state FROM deliveries")).all() == [(None, "delivered")]
    assert is_current(store.engine)
    store.close()


@pytest.mark.parametrize("kind_of_store", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)
def test_an_upgrade_waits_for_who_uses_the_tables_and_gives_up_in_one_sentence(
    bare: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = to(bare, REVISIONS[0])
    busy = threading.Event()

    def use() -> None:
        with store.engine.begin() as connection:
            connection.execute(text("SELECT * FROM alerts"))
            busy.set()
            until(lambda: not busy.is_set())

    user = threading.Thread(target=use)
    user.start()
    assert busy.wait(30)
    monkeypatch.setattr(migrations, "TRIES", 2)
    with pytest.raises(Misconfigured, match="used too much"):
        upgrade(bare)
    assert not is_current(store.engine)
    monkeypatch.setattr(migrations, "TRIES", 60)
    # Let go after the first try of the next upgrade has failed.
    with monkeypatch.context() as patched:
        patched.setattr(migrations, "_rest", lambda: (busy.clear(), user.join()))
        upgrade(bare)
    assert is_current(store.engine)
    store.close()


def _old_rows(moment: object) -> list[tuple[str, dict[str, object]]]:
    """An organisation, its mailbox, an alert and its delivery, as the first version writes them."""
    return [
        ("organisations", {"code": "coa", "kind": "coa", "name": "COA", "created_at": moment}),
        (
            "contact_points",
            {
                "id": "p", "organisation": "coa", "channel": "email", "address": "a@b.example", "hours": "always",
                "minimum_level": "watch", "language": "nl", "state": "active", "created_at": moment, "secret_version": 1,
            },
        ),
        (
            "alerts",
            {
                "id": "a", "kind": "callUp", "at": moment, "created_at": moment, "drill": False,
                "answers": ANSWERS, "details": {},
            },
        ),
        (
            "deliveries",
            {
                "id": "d", "alert": "a", "contact_point": "p", "organisation": "coa", "channel": "email", "host": "mail",
                "state": "pending", "created_at": moment, "next_attempt_at": moment, "attempts": 0, "failures": 0,
            },
        ),
    ]  # fmt: skip


@pytest.fixture
def piket(bare: str) -> Callable[..., subprocess.Popen[str]]:
    """Start the command on that database."""

    def run(*arguments: str) -> subprocess.Popen[str]:
        environment = {
            "PATH": os.environ["PATH"],
            "PIKET_CONFIG": str(ROOT / "config"),
            "PIKET_DATABASE_URL": bare,
            "PIKET_SECRET_KEY": "a fixed key for tests only",
        }
        made = [sys.executable, "-c", "from piket.cli import main; main()", *arguments]
        return subprocess.Popen(
            made, env=environment, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    return run


@pytest.mark.parametrize("former", [None, REVISIONS[0]])
def test_processes_that_upgrade_at_the_same_time_do_it_once_and_all_succeed(
    bare: str, piket: Callable[..., subprocess.Popen[str]], former: str | None
) -> None:
    if former is not None:
        to(bare, former).close()
    running = [piket("init") for _ in range(3)]
    for process in running:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
    store = Store(bare, pool_size=1)
    assert is_current(store.engine)
    with store.engine.connect() as connection:
        for table, key in (("organisations", "code"), ("rotas", "code"), ("centres", "code"), ("turns", "from_at")):
            whole, distinct = connection.execute(text(f"SELECT count(*), count(DISTINCT {key}) FROM {table}")).one()
            assert whole == distinct > 0, table
    store.close()


@pytest.mark.parametrize("command", ["serve", "engine", "keys"])
@pytest.mark.parametrize("version", [REVISIONS[0], "9999"])
def test_a_database_of_another_version_is_refused_in_one_sentence_that_says_what_to_do(
    bare: str, piket: Callable[..., subprocess.Popen[str]], command: str, version: str
) -> None:
    upgrade(bare)
    store = Store(bare, pool_size=1)
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})
    store.close()
    arguments = {"serve": ("serve", "--port", "0"), "engine": ("engine",), "keys": ("keys", "issue", "coa")}[command]
    out, said = piket(*arguments).communicate(timeout=60)
    assert out == ""
    assert len(said.strip().splitlines()) == 1
    assert ("piket init" in said) == (version != "9999")


def test_a_newer_database_is_not_upgraded_by_an_older_program(
    bare: str, piket: Callable[..., subprocess.Popen[str]]
) -> None:
    upgrade(bare)
    store = Store(bare, pool_size=1)
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    process = piket("init")
    _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert len(said.strip().splitlines()) == 1
    assert "newer" in said

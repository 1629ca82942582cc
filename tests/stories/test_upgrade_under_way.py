"""An upgrade with the version before still running: here that is this version, and the database goes a step ahead of it.

The step is made up: it does to every table what a step may do (columns that may be empty, an index, a new table).
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import Engine, text

from piket import migrations
from piket.db import Base
from tests.stories.installation import PATIENCE, Process, Site, poster
from tests.stories.receivers import Handler, Receiver, Request, answer, until

WATCH, NORMAL = 1850, 1740
STEP = """
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "9999", {head!r}, None, None

def upgrade():
    for table in {tables!r}:
        op.add_column(table, sa.Column("of_the_next", sa.String(20), nullable=True))
    op.create_index("ix_of_the_next", "deliveries", ["of_the_next"])
    op.create_table("of_the_next", sa.Column("alert", sa.String(36), sa.ForeignKey("alerts.id")))
"""


@pytest.fixture
def step_ahead(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """What `piket init` of the version after this one does to the database."""

    def config_of_the_next(engine: Engine) -> Any:
        config = ours(engine)
        config.set_main_option(
            "version_locations", f"{Path(migrations.__file__).parent / 'versions'} {tmp_path / 'next'}"
        )
        config.set_main_option("path_separator", "space")
        return config

    ours = migrations._config
    head = migrations.ScriptDirectory.from_config(ours(site.store.engine)).get_current_head()
    tables = sorted(table.name for table in Base.metadata.tables.values())
    (tmp_path / "next").mkdir()
    (tmp_path / "next" / "9999_a_step_ahead.py").write_text(STEP.format(head=head, tables=tables))

    def step() -> None:
        with monkeypatch.context() as patched:
            patched.setattr(migrations, "_config", config_of_the_next)
            migrations.upgrade(site.url)
        with site.store.looking() as session:
            assert session.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "9999"

    return step


def take(site: Site, process: Process, people: int, key: str) -> int:
    """Post a count until it is taken; how many deliveries it made. Only a store that is busy is a reason to ask again."""
    body = {"observedAt": site.clock().isoformat(), "definition": "nightBeds", "people": people}
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        reply = site.send(process, body, key)
        if reply.status_code in (200, 201):
            alerts: int = reply.json()["outcome"]["alerts"]
            return alerts
        assert (reply.status_code, reply.json()["code"]) == (503, "store-unavailable"), reply.text
    raise AssertionError("it is never taken")


def column(site: Site, state: str) -> set[Any]:
    with site.store.looking() as session:
        return set(session.execute(text("SELECT of_the_next FROM deliveries WHERE state = :s"), {"s": state}).scalars())


def test_running_processes_take_counts_and_send_when_the_database_goes_a_step_ahead(
    site: Site, hook: Receiver, step_ahead: Callable[[], None]
) -> None:
    port = hook.url.split(":")[2].split("/")[0]
    site.tell("coa", *(f"http://127.0.1.{host}:{port}/" for host in range(1, 5)))
    web, engine = site.start("web"), site.start("engine")
    made: list[int] = []

    def send(number: int) -> None:
        made.append(take(site, web, NORMAL if number % 2 else WATCH, f"count-{number}"))

    with poster(send):
        assert until(lambda: len(made) >= 5, PATIENCE)
        step_ahead()
        then = len(made)
        assert until(lambda: len(made) >= then + 10, PATIENCE)
    assert until(site.all_delivered, PATIENCE)
    assert sum(made) == len(hook.requests) == len(site.deliveries())
    assert set(Counter(request.headers["webhook-id"] for request in hook.requests).values()) == {1}
    ready = requests.get(f"{web.address}/readyz", timeout=PATIENCE)
    assert (ready.status_code, ready.json()["database"]) == (503, "of another version")
    assert (web.status, engine.status) == (None, None)
    engine.stop()


def test_what_is_being_sent_is_written_down_and_what_only_the_version_after_knows_stays(
    site: Site, hook: Receiver, step_ahead: Callable[[], None]
) -> None:
    site.tell("coa", hook.url.replace("0.0.0.0", "127.0.0.1"))
    go_on = threading.Event()

    def wait(handler: Handler, request: Request) -> None:
        go_on.wait(PATIENCE)
        answer(handler, 204)

    hook.behave = wait
    process = site.start()
    assert take(site, process, WATCH, "first") == 1
    assert until(lambda: len(hook.requests) == 1, PATIENCE)
    step_ahead()
    with site.store.writing(ring=False) as session:
        session.execute(text("UPDATE deliveries SET of_the_next = 'kept'"))
    go_on.set()
    assert until(site.all_delivered, PATIENCE)
    assert column(site, "delivered") == {"kept"}
    assert take(site, process, NORMAL, "second") == 1
    assert until(lambda: column(site, "delivered") == {"kept", None}, PATIENCE)
    assert len(hook.requests) == 2
    process.stop()

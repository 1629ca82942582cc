"""The store: moments, transactions that are whole or nothing, writers that queue."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import delete, event, insert, text, update
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from piket.alerts.models import Delivery
from piket.audit.models import AuditEntry
from piket.audit.service import ENGINE, record
from piket.db import CLOCK_HOLDS, POSTED, QUIET, Base, Store
from piket.engine.models import EnginePulse
from piket.errors import Misconfigured
from piket.idempotency import KeptAnswer
from piket.occupancy.models import Standing
from piket.organisations.models import ContactPoint, Organisation
from tests.fakes import START


def entries(store: Store) -> list[str]:
    with store.reading() as session:
        return [entry.subject for entry in session.query(AuditEntry).order_by(AuditEntry.seq)]


def test_a_moment_comes_back_in_utc_when_it_went_in_with_an_offset(store: Store) -> None:
    local = datetime(2024, 9, 17, 1, 15, 30, 123456, tzinfo=timezone(timedelta(hours=2)))
    with store.writing() as session:
        record(session, local, ENGINE, "try", "x")
    with store.reading() as session:
        at = session.query(AuditEntry).one().at
    assert at == datetime(2024, 9, 16, 23, 15, 30, 123456, tzinfo=UTC)
    assert at.utcoffset() == timedelta(0)


def test_a_moment_without_a_zone_is_refused(store: Store) -> None:
    naive = datetime(2024, 9, 17, 1, 15)  # noqa: DTZ001 - that is the point
    with pytest.raises(StatementError, match="without a zone"), store.writing() as session:
        record(session, naive, ENGINE, "try", "x")
        session.flush()
    assert entries(store) == []


def test_moments_compare_in_the_database_whatever_offset_they_came_with(store: Store) -> None:
    with store.writing() as session:
        record(session, START, ENGINE, "try", "x")
    later_by_its_digits_only = START.astimezone(timezone(timedelta(hours=-11)))
    with store.reading() as session:
        assert session.query(AuditEntry).filter(AuditEntry.at == later_by_its_digits_only).count() == 1
        assert session.query(AuditEntry).filter(AuditEntry.at < later_by_its_digits_only).count() == 0


def test_nothing_is_stored_when_something_is_raised(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.writing() as session:
        record(session, START, ENGINE, "try", "x")
        session.flush()
        raise ZeroDivisionError
    assert entries(store) == []


def test_nothing_is_stored_when_something_is_raised_after_a_savepoint(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.writing() as session:
        with session.begin_nested():
            record(session, START, ENGINE, "try", "inside")
        raise ZeroDivisionError
    assert entries(store) == []


def test_only_the_savepoint_is_undone_when_the_rest_goes_on(store: Store) -> None:
    with store.writing() as session:
        record(session, START, ENGINE, "try", "before")
        with pytest.raises(ZeroDivisionError), session.begin_nested():
            record(session, START, ENGINE, "try", "inside")
            session.flush()
            raise ZeroDivisionError
        record(session, START, ENGINE, "try", "after")
    assert entries(store) == ["before", "after"]


def in_threads(count: int, work: Callable[[], None]) -> list[BaseException]:
    """Run `work` in so many threads at once; what they raised."""
    faults: list[BaseException] = []
    together = threading.Barrier(count)

    def run() -> None:
        together.wait()
        try:
            work()
        except Exception as fault:
            faults.append(fault)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return faults


def test_no_increment_is_lost_when_four_threads_count_at_once(store: Store) -> None:
    with store.writing() as session:
        session.execute(text("CREATE TABLE tally (number INTEGER)"))
        session.execute(text("INSERT INTO tally VALUES (0)"))
    lock = "" if store.is_sqlite else " FOR UPDATE"

    def count() -> None:
        for _ in range(20):
            with store.writing() as session:
                number = session.execute(text(f"SELECT number FROM tally{lock}")).scalar_one()
                session.execute(text("UPDATE tally SET number = :number"), {"number": number + 1})

    assert in_threads(4, count) == []
    with store.reading() as session:
        assert session.execute(text("SELECT number FROM tally")).scalar_one() == 80


def test_no_increment_is_lost_when_two_processes_share_the_file(store: Store) -> None:
    """Two stores on one database are two processes: neither sees the other's queue."""
    other = Store(store.url.render_as_string(hide_password=False))
    numbers = iter(range(1000))

    def write() -> None:
        for _ in range(10):
            for one in (store, other):
                with one.writing() as session:
                    record(session, START, ENGINE, "try", str(next(numbers)))

    try:
        assert in_threads(3, write) == []
    finally:
        other.close()
    assert len(entries(store)) == 60


def test_a_reader_sees_one_picture_while_somebody_writes(store: Store) -> None:
    """On SQLite the whole transaction; on PostgreSQL each statement has its own picture, and none of what is not committed."""
    with store.reading() as reading:
        assert reading.query(AuditEntry).count() == 0
        with store.writing() as session:
            record(session, START, ENGINE, "try", "x")
            session.flush()
            assert reading.query(AuditEntry).count() == 0
        if store.is_sqlite:
            assert reading.query(AuditEntry).count() == 0
    assert entries(store) == ["x"]


def end(session: Session) -> None:
    """Something that may make the engine act; as a statement of its own, which no list of new rows shows."""
    session.execute(update(ContactPoint).values(state="ended"))


def test_the_engine_is_rung_after_a_commit_and_only_then(store: Store) -> None:
    rung: list[list[str]] = []
    store.on_commit.append(lambda passes: rung.append(entries(store)))
    with store.writing() as session:
        end(session)
        record(session, START, ENGINE, "try", "x")
        session.flush()
        assert rung == []
    assert rung == [["x"]]
    with store.writing(ring=False) as session:
        end(session)
    with pytest.raises(ZeroDivisionError), store.writing() as session:
        end(session)
        raise ZeroDivisionError
    assert len(rung) == 1


def a_new_row(session: Session) -> None:
    session.add(Organisation(code="coa", kind="coa", name="COA", created_at=START))


def many_new_rows(session: Session) -> None:
    session.execute(insert(Organisation), [{"code": c, "kind": "x", "name": c, "created_at": START} for c in "ab"])


def a_savepoint(session: Session) -> None:
    with session.begin_nested():
        a_new_row(session)


def plain_sql(session: Session) -> None:
    session.execute(text("UPDATE contact_points SET state = 'ended'"))


def deleted(session: Session) -> None:
    session.execute(delete(ContactPoint))


@pytest.mark.parametrize("write", [a_new_row, many_new_rows, a_savepoint, plain_sql, deleted])
def test_whatever_may_make_the_engine_act_rings_however_it_is_written(
    store: Store, write: Callable[[Session], None]
) -> None:
    rung: list[bool] = []
    store.on_commit.append(rung.append)
    with store.writing() as session:
        write(session)
    assert rung == [True]
    with store.writing() as session:
        record(session, START, ENGINE, "try", "x")
    assert rung == [True]


def test_what_is_only_to_be_sent_asks_for_no_pass(store: Store) -> None:
    rung: list[bool] = []
    store.on_commit.append(rung.append)
    retried = update(Delivery).values(state="pending")
    for write in (lambda session: session.execute(retried), a_new_row):
        with store.writing() as session:
            write(session)
            session.flush()
            session.execute(retried)
    assert rung == [False, True]


def test_nobody_is_rung_for_what_makes_nothing_due(store: Store) -> None:
    rung: list[bool] = []
    store.on_commit.append(rung.append)
    with store.writing() as session:
        record(session, START, ENGINE, "try", "x")
        session.execute(update(Standing).values(level="watch"))
        session.execute(text("SELECT 1"))
    with store.writing() as session:
        a_new_row(session)
        session.flush()
        session.rollback()
    with store.writing():
        pass
    assert rung == []


def test_every_table_that_rings_nobody_or_only_who_sends_is_one() -> None:
    assert {table.name for table in Base.metadata.tables.values()} >= QUIET | POSTED
    assert {KeptAnswer.__tablename__, EnginePulse.__tablename__} <= QUIET


def test_the_queue_goes_on_when_a_writer_failed(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.writing():
        raise ZeroDivisionError
    with store.writing() as session:
        record(session, START, ENGINE, "try", "x")
    assert entries(store) == ["x"]


def test_sqlite_keeps_what_it_promised_to_keep(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/piket.db")
    for begin in (store.reading, store.writing):
        with begin() as session:
            assert session.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
            assert session.execute(text("PRAGMA synchronous")).scalar_one() == 2
            assert session.execute(text("PRAGMA foreign_keys")).scalar_one() == 1
    store.close()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://x/y", "postgresql+psycopg2://x/y"])
def test_a_store_that_would_lose_or_not_work_is_refused(url: str) -> None:
    with pytest.raises(Misconfigured, match="PIKET_DATABASE_URL"):
        Store(url)


def test_bare_postgresql_means_the_driver_that_is_installed() -> None:
    assert Store("postgresql://piket@localhost/piket").url.drivername == "postgresql+psycopg"


@pytest.mark.parametrize("kind_of_store", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)
def test_the_databases_own_clock_is_in_utc(store: Store) -> None:
    first = store.now()
    assert first.utcoffset() == timedelta(0)
    assert store.now() >= first


@pytest.mark.parametrize("kind_of_store", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)
def test_the_databases_clock_is_asked_again_when_its_answer_is_old(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    steady = [time.monotonic()]
    monkeypatch.setattr("piket.db.time.monotonic", lambda: steady[0])
    first = store.now()
    steady[0] += CLOCK_HOLDS / 2
    assert store.now() - first == timedelta(seconds=CLOCK_HOLDS / 2)
    assert len(asked) == 1
    steady[0] += CLOCK_HOLDS
    assert store.now() >= first
    assert len(asked) == 2


@pytest.mark.parametrize("kind_of_store", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)
def test_a_connection_that_was_cut_while_it_lay_idle_is_replaced_without_a_word(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.reading() as session:
        mine = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
    other = Store(str(store.url.render_as_string(hide_password=False)))
    with other.looking() as session:
        session.execute(text("SELECT pg_terminate_backend(:mine, 5000)"), {"mine": mine})
    other.close()
    monkeypatch.setattr("piket.db.RESTED", 0.0)
    with store.writing(ring=False) as session:
        assert session.execute(text("SELECT pg_backend_pid()")).scalar_one() != mine


def test_a_look_sees_what_was_committed_and_holds_no_transaction(store: Store) -> None:
    with store.looking() as looking:
        looking.execute(text("SELECT 1"))
        with store.writing(ring=False) as session:
            session.execute(text("CREATE TABLE looked (n INTEGER)"))
            session.execute(text("INSERT INTO looked VALUES (1)"))
        assert looking.execute(text("SELECT count(*) FROM looked")).scalar_one() == 1

"""The store: SQLite in one file, or PostgreSQL. Who reads, who writes, and how a moment and a list lie in a column.

Transactions are opened here and nowhere else: `Store.reading()` and `Store.writing()`. On SQLite writers queue in front
of the database (one lock in the process, then `BEGIN IMMEDIATE`), because waiting inside its busy handler is slow and
unfair, and because with the driver's own transactions an insert inside a savepoint survived the outer rollback.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Connection,
    DateTime,
    Engine,
    Integer,
    MetaData,
    Select,
    create_engine,
    event,
    func,
    select,
    text,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Session
from sqlalchemy.types import TypeDecorator

from piket.errors import Misconfigured
from piket.words import say

# How long a transaction waits for another's lock before it gives up, on either store.
BUSY_TIMEOUT_MS = 15_000
# A database machine that vanishes says no goodbye: without these a statement waits for it for a quarter of an hour.
_NOTICED = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000}

# Rows that make nothing due and nobody to be told by being written: a transaction that wrote only such rings nobody. What
# follows from a count has rows of its own, and what becomes due by time the next pass finds.
QUIET = frozenset({"centres", "counts", "standings", "announced", "audit_entries", "kept_answers", "engine_pulses"})
# What is told and what became of it: by such rows something may be due to be sent, and nothing else.
POSTED = frozenset({"alerts", "recipients", "deliveries", "attempts", "delivery_retries", "acknowledgements"})
_SENDING, _ANYTHING = 1, 2
_RINGS, _AFTERWARDS = "piket_rings", "afterwards"
_READS = ("SELECT", "PRAGMA", "BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK")
_NOTIFY = text("SELECT pg_notify('piket', :name)")

# A connection that answered less than this many seconds ago is taken to live.
RESTED = 0.1
# For how many seconds one look at the database's clock is carried on by this machine's steady one.
CLOCK_HOLDS = 1.0
_CLOCK, _USED = text("SELECT clock_timestamp()"), "piket_used"

# The type of a key that counts up; SQLite counts only in its own small kind of integer.
Numbered = BigInteger().with_variant(Integer(), "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """A moment. Naive ones are refused; what comes back is aware and in UTC (SQLite keeps no zone)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Into the store, in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a zone cannot be stored")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Out of the store, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """All rows."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        datetime: UtcDateTime(),
        dict[str, Any]: JSON(none_as_null=True),
        list[Any]: JSON(none_as_null=True),
    }


def new_id() -> str:
    """A fresh identifier, unguessable."""
    return str(uuid.uuid4())


class Store:
    """One database. `on_commit` is called after every committed writing transaction that rings, and told whether the engine
    has more to do than to send.

    `name` is what other processes hear as the one that rang; `commits` counts what this one has written. `info` is what every
    writing session finds in its own.
    """

    def __init__(self, url: str, pool_size: int = 20) -> None:
        self.name = new_id()
        self.commits = 0
        self.info: dict[str, Any] = {}
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite and self.url.database in (None, "", ":memory:"):
            raise Misconfigured(
                say("PIKET_DATABASE_URL must name a file, such as sqlite:///piket.db: memory loses every alert.")
            )
        if not self.is_sqlite and self.url.drivername == "postgresql":
            self.url = self.url.set(drivername="postgresql+psycopg")
        if not self.is_sqlite and self.url.drivername != "postgresql+psycopg":
            raise Misconfigured(say("PIKET_DATABASE_URL must begin with sqlite:/// or postgresql+psycopg://."))
        arguments: dict[str, Any] = (
            {"isolation_level": None, "timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False}
            if self.is_sqlite
            else {"connect_timeout": 5, **_NOTICED}
        )
        self.engine: Engine = create_engine(
            self.url,
            connect_args=arguments,
            pool_size=pool_size,
            max_overflow=pool_size,
            hide_parameters=True,  # an error must not carry addresses and texts into the log
        )
        if self.is_sqlite:
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        else:
            event.listen(self.engine, "connect", _prepare_postgres)
            event.listen(self.engine, "checkout", _ping_when_rested)
            event.listen(self.engine, "checkin", _note_use)
        self._lookers = self.engine.execution_options(isolation_level="AUTOCOMMIT", piket_looks=True)
        self._clock: tuple[float, datetime] | None = None
        self._writers = self.engine.execution_options(piket_writes=True)
        event.listen(self._writers, "begin", _begin_to_note)
        event.listen(self._writers, "before_cursor_execute", _note_what_rings)
        self._queue = threading.Lock()
        self.on_commit: list[Callable[[bool], None]] = []

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction that only reads, from one consistent picture."""
        with Session(self.engine, expire_on_commit=False, autoflush=False) as session, session.begin():
            yield session

    @contextmanager
    def looking(self) -> Iterator[Session]:
        """For one question: without a transaction around it, which costs two more messages to PostgreSQL."""
        with Session(self._lookers, expire_on_commit=False, autoflush=False) as session:
            yield session

    @contextmanager
    def writing(self, ring: bool = True) -> Iterator[Session]:
        """A transaction that writes: all of it on leaving, nothing of it when something is raised.

        After the commit the engine is rung when something was written that may make it act (anything that is not `QUIET`),
        unless `ring` is False (the engine's own writing).
        """
        info: dict[str, Any] = {**self.info, _AFTERWARDS: []}
        if self.is_sqlite:
            self._queue.acquire()
        try:
            with Session(self._writers, expire_on_commit=False, info=info) as session, session.begin():
                yield session
                rings = self._rings(session) if ring else 0
            self.commits += 1
        finally:
            if self.is_sqlite:
                self._queue.release()
            for call in info[_AFTERWARDS]:
                call()
        if rings:
            for heard in self.on_commit:
                heard(rings == _ANYTHING)

    def _rings(self, session: Session) -> int:
        """What the engine has to do by what was written, 0 for nothing; other processes are told with the commit."""
        if not session.in_transaction():
            return 0  # undone by its owner
        session.flush()
        rings: int = session.connection().info[_RINGS]
        if rings and not self.is_sqlite:
            session.execute(_NOTIFY, {"name": self.name})
        return rings

    def now(self) -> datetime:
        """The moment by the database's clock, so that several machines agree. PostgreSQL only.

        The clock is asked once in `CLOCK_HOLDS` seconds; in between this machine's steady clock carries it on. So it is right
        to within half the time of a question, far less than what any rule here turns on.
        """
        steady = time.monotonic()
        if self._clock is None or steady - self._clock[0] >= CLOCK_HOLDS:
            self._clock = self._ask_the_clock()
        then, moment = self._clock
        return moment + timedelta(seconds=max(0.0, steady - then))

    def _ask_the_clock(self) -> tuple[float, datetime]:
        """What the database's clock says, and what the steady clock showed half-way of the question."""
        with self._lookers.connect() as connection:
            before = time.monotonic()
            moment: datetime = connection.execute(_CLOCK).scalar_one()
            return (before + time.monotonic()) / 2, moment.astimezone(UTC)

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def marks_of(seq: InstrumentedAttribute[int]) -> Select[int, int]:
    """Asks for two numbers of which one changes with every row that is added; `seq` is the order of writing.

    Numbers are given before their transactions end, so a lower one may come later: the count of the last hundred shows it.
    """
    newest = select(func.coalesce(func.max(seq), 0)).scalar_subquery()
    return select(func.coalesce(func.max(seq), 0), func.count()).where(seq > newest - 100)


def afterwards(session: Session, call: Callable[[], None]) -> None:
    """Call this when the writing transaction is over, however it ended; it must be quick and raise nothing."""
    session.info[_AFTERWARDS].append(call)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """WAL so that readers never wait, FULL so that what was committed survives a power cut, and foreign keys held."""
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _prepare_postgres(connection: Any, _record: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = {BUSY_TIMEOUT_MS}")
    connection.commit()


def _note_use(_connection: Any, record: Any) -> None:
    record.info[_USED] = time.monotonic()


def _ping_when_rested(connection: Any, record: Any, _proxy: Any) -> None:
    """A connection that lay idle may be dead; one that has just answered is not asked again whether it lives."""
    if time.monotonic() - record.info.get(_USED, 0.0) < RESTED:
        return
    try:
        connection.execute("")
        if not connection.autocommit:
            connection.rollback()
    except Exception as error:
        raise DisconnectionError from error


def _begin_to_note(connection: Connection) -> None:
    connection.info[_RINGS] = 0


def _note_what_rings(
    connection: Connection, _cursor: Any, statement: str, _parameters: Any, context: Any, _many: bool
) -> None:
    """Look at every statement as it goes out, so that none is overlooked, however it was made; an unknown one rings."""
    if context.isinsert or context.isupdate or context.isdelete:
        table = context.compiled.statement.table.name
        rings = 0 if table in QUIET else _SENDING if table in POSTED else _ANYTHING
    else:
        rings = 0 if statement.lstrip().startswith(_READS) else _ANYTHING
    connection.info[_RINGS] = max(rings, connection.info[_RINGS])


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes its place at once: one that began by reading could not become one while another writes."""
    options = connection.get_execution_options()
    if not options.get("piket_looks"):
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("piket_writes") else "BEGIN")

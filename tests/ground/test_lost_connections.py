"""A database machine that goes away: a connection notices that by itself, and is replaced when it was cut. PostgreSQL only."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy import text

from piket.db import Store

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.parametrize("kind_of_store", ["postgresql"], indirect=True),
]


class Gate:
    """Leads connections over TCP to the server's local socket, because only TCP has what is looked at here."""

    def __init__(self, url: sqlalchemy.URL) -> None:
        folder = Path(str(url.query["host"]))
        self.server = next(path for path in folder.glob(".s.PGSQL.*") if not path.name.endswith(".lock"))
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.open: list[socket.socket] = []
        self.url = url.set(host="127.0.0.1", port=self.listening.getsockname()[1], query={})
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                inner = socket.socket(socket.AF_UNIX)
                outer, _ = self.listening.accept()
                inner.connect(str(self.server))
                self.open += [inner, outer]
                for ends in ((inner, outer), (outer, inner)):
                    threading.Thread(target=self._carry, args=ends, daemon=True).start()

    @staticmethod
    def _carry(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while got := source.recv(65536):
                target.sendall(got)

    def cut(self) -> None:
        """End every connection, as a server does that is restarted."""
        for end in self.open:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self.open = []

    def close(self) -> None:
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
        self.cut()


@pytest.fixture
def gate(database_url: str) -> Iterator[Gate]:
    made = Gate(sqlalchemy.make_url(database_url))
    yield made
    made.close()


@pytest.fixture
def far(gate: Gate) -> Iterator[Store]:
    """The database, over TCP."""
    store = Store(gate.url.render_as_string(hide_password=False), pool_size=2)
    yield store
    store.close()


def test_a_machine_that_vanishes_is_noticed_within_half_a_minute(far: Store) -> None:
    """What the driver was told is in force on the socket itself: without it a statement waits for a quarter of an hour."""
    with far.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        with socket.socket(fileno=os.dup(driver.fileno())) as line:
            tcp = {name: line.getsockopt(socket.IPPROTO_TCP, getattr(socket, f"TCP_{name}")) for name in LIMITS}
            assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    assert tcp == LIMITS
    assert tcp["KEEPIDLE"] + tcp["KEEPINTVL"] * tcp["KEEPCNT"] <= 30
    assert tcp["USER_TIMEOUT"] <= 30_000


# Seconds, seconds, times, milliseconds.
LIMITS = {"KEEPIDLE": 10, "KEEPINTVL": 5, "KEEPCNT": 3, "USER_TIMEOUT": 20_000}


def test_connecting_to_a_machine_that_says_nothing_ends_within_seconds(far: Store) -> None:
    with far.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        assert driver.info.get_parameters()["connect_timeout"] == "5"


def test_a_cut_connection_is_replaced_before_it_is_used(
    far: Store, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    with far.writing(ring=False) as session:
        session.execute(text("CREATE TABLE kept (n INTEGER)"))
    monkeypatch.setattr("piket.db.RESTED", 0.0)
    for number in range(3):
        gate.cut()
        with far.writing(ring=False) as session:
            session.execute(text("INSERT INTO kept VALUES (:n)"), {"n": number})
    assert far.now().year > 2000
    with far.reading() as session:
        assert session.execute(text("SELECT count(*) FROM kept")).scalar_one() == 3


def test_what_was_not_committed_when_the_connection_was_cut_is_not_there_and_the_next_is(
    far: Store, gate: Gate
) -> None:
    with far.writing(ring=False) as session:
        session.execute(text("CREATE TABLE kept (n INTEGER)"))
    with pytest.raises(sqlalchemy.exc.OperationalError), far.writing(ring=False) as session:
        session.execute(text("INSERT INTO kept VALUES (1)"))
        gate.cut()
        session.execute(text("INSERT INTO kept VALUES (2)"))
    with far.writing(ring=False) as session:
        session.execute(text("INSERT INTO kept VALUES (3)"))
    with far.reading() as session:
        assert session.execute(text("SELECT n FROM kept")).scalars().all() == [3]

"""The tests' own ground: fresh stores, no network."""

import socket

import pytest
from sqlalchemy import text

from piket.audit.models import AuditEntry
from piket.audit.service import ENGINE, record
from piket.db import Store
from piket.deps import Deps
from tests.fakes import START, FakeClock


@pytest.mark.parametrize("time", [1, 2])
def test_a_store_is_empty_whatever_the_test_before_wrote(store: Store, time: int) -> None:
    with store.writing() as session:
        assert session.query(AuditEntry).count() == 0
        record(session, START, ENGINE, "try", "nothing")


def test_deps_write_to_the_store_of_the_test_at_the_fake_moment(deps: Deps, store: Store, clock: FakeClock) -> None:
    clock.advance(minutes=5)
    with deps.writing() as session:
        record(session, deps.now(), ENGINE, "try", "nothing")
    with store.reading() as session:
        assert session.query(AuditEntry).one().at == clock.now
    assert deps.bell.take()


def test_the_store_is_the_one_named_when_it_is_asked(store: Store, kind_of_store: str) -> None:
    with store.reading() as session:
        version = "sqlite_version()" if kind_of_store == "sqlite" else "version()"
        assert session.execute(text(f"SELECT {version}")).scalar_one()


def test_dialling_out_fails_in_every_test() -> None:
    with pytest.raises(OSError, match="a test asked for"):
        socket.create_connection(("piket.example", 80))
    with pytest.raises(OSError, match="a test tried to reach"):
        socket.create_connection(("192.0.2.1", 80))

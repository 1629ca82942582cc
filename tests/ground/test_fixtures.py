"""The tests' own ground: fresh stores, no network."""

import socket
from collections.abc import Callable

import pytest
from sqlalchemy import text

from piket.alerts.channels import DeliveryError
from piket.audit.models import AuditEntry
from piket.audit.service import ENGINE, record
from piket.db import Store
from piket.deps import Deps
from piket.organisations.service import ContactPointInfo, contact_points
from tests.fakes import START, FakeChannel, FakeClock


@pytest.mark.parametrize("time", [1, 2])
def test_a_store_is_empty_whatever_the_test_before_wrote(store: Store, time: int) -> None:
    with store.writing() as session:
        assert session.query(AuditEntry).count() == 0
        record(session, START, ENGINE, "try", "nothing")


def test_deps_write_to_the_store_of_the_test_at_the_fake_moment(deps: Deps, store: Store, clock: FakeClock) -> None:
    clock.advance(minutes=5)
    with deps.writing() as session:
        record(session, deps.now(), ENGINE, "try", "nothing")
        session.execute(text("DELETE FROM overrides"))  # the record alone makes nothing due, so it would ring nobody
    with store.reading() as session:
        assert session.query(AuditEntry).one().at == clock.now
    assert deps.bell.take()


def test_the_store_is_the_one_named_when_it_is_asked(store: Store, kind_of_store: str) -> None:
    with store.reading() as session:
        version = "sqlite_version()" if kind_of_store == "sqlite" else "version()"
        assert session.execute(text(f"SELECT {version}")).scalar_one()


def test_a_contact_point_is_there_and_active_when_it_was_asked_for(
    contact: Callable[..., ContactPointInfo], store: Store
) -> None:
    made = [
        contact("coa"),
        contact("coa", channel="webhook"),
        contact("nl-ov", "desk@nl-ov.example", minimum_level="acute"),
    ]
    with store.reading() as session:
        assert {point.id for point in contact_points(session, "coa")} == {point.id for point in made[:2]}
        assert [point.minimum_level for point in contact_points(session, "nl-ov")] == ["acute"]
    assert {point.state for point in made} == {"active"}


def test_a_channel_fails_as_told() -> None:
    channel = FakeChannel()
    channel.fail("smtp-550", permanent=True)
    with pytest.raises(DeliveryError, match="smtp-550"):
        channel.send("a", time_limit=5)
    channel.failing = lambda message: DeliveryError("gone") if message == "b" else None
    with pytest.raises(DeliveryError, match="gone"):
        channel.send("b", time_limit=5)
    channel.send("c", time_limit=5)
    assert (channel.attempts, channel.sent) == (["a", "b", "c"], ["c"])


def test_dialling_out_fails_in_every_test() -> None:
    with pytest.raises(OSError, match="a test asked for"):
        socket.create_connection(("piket.example", 80))
    with pytest.raises(OSError, match="a test tried to reach"):
        socket.create_connection(("192.0.2.1", 80))

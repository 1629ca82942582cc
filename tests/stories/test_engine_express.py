"""The express lane: what a process writes its own engine sends at once, and nothing of it is ever lost. Both stores."""

from __future__ import annotations

import dataclasses
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from piket.alerts import outbox
from piket.alerts import service as alerts
from piket.alerts.express import EXPRESS
from piket.alerts.models import Delivery
from piket.alerts.outbox import Claim
from piket.alerts.rules import Fact
from piket.audit.service import ENGINE
from piket.db import Store
from piket.deps import Bell, Deps
from piket.engine.hand import AHEAD, Hand, Job
from piket.engine.postman import Postman
from piket.engine.presence import Presence
from piket.organisations import service as organisations
from piket.organisations.service import ContactPointInfo
from tests.fakes import FakeChannel
from tests.stories.receivers import until
from tests.stories.test_engine import PATIENT, Gates, states, tell

Contact = Callable[..., ContactPointInfo]


@pytest.fixture
def gates(deps: Deps) -> Gates:
    gates = Gates()
    deps.channels = {"webhook": gates, "email": FakeChannel()}
    return gates


@pytest.fixture
def postman(deps: Deps, gates: Gates) -> Iterator[Postman]:
    """At work, and nobody rings it: without the lane nothing would go out for an hour."""
    engine = dataclasses.replace(deps.settings.engine, interval_seconds=3600.0)
    deps.settings = dataclasses.replace(deps.settings, engine=engine)
    postman = Postman(deps)
    postman.start()
    assert until(lambda: EXPRESS in deps.store.info)
    yield postman
    gates.let_go()
    postman.stop(PATIENT)


@pytest.fixture
def unclaimed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes out, goes out by the lane."""
    monkeypatch.setattr(outbox, "claim", lambda *_: [])


def test_what_a_process_writes_is_sent_without_being_looked_for(
    deps: Deps, gates: Gates, postman: Postman, contact: Contact, unclaimed: None
) -> None:
    contact("nl-ov", "http://quick:1/", channel="webhook")
    for number in range(20):
        tell(deps)
        assert gates.wait_for(lambda number=number: len(gates.sent) == number + 1)
    assert until(lambda: states(deps) == {"delivered": 20})
    with deps.reading() as session:
        assert session.scalars(select(Delivery.id).where(Delivery.lease_owner.is_not(None))).all() == []


def test_nothing_is_sent_of_what_is_undone_and_its_places_are_free_again(
    deps: Deps, gates: Gates, postman: Postman, contact: Contact
) -> None:
    contact("nl-ov", "http://quick:1/", channel="webhook")
    for _ in range(3 * deps.settings.engine.senders_per_host):
        with pytest.raises(ZeroDivisionError), deps.writing() as session:
            write(deps, session)
            raise ZeroDivisionError
    with deps.writing() as session, pytest.raises(ZeroDivisionError), session.begin_nested():
        write(deps, session)
        raise ZeroDivisionError
    assert until(lambda: postman._hand.is_empty)
    assert states(deps) == {}
    tell(deps)
    assert gates.wait_for(lambda: len(gates.sent) == 1)
    assert until(lambda: states(deps) == {"delivered": 1})


def test_what_there_is_no_room_for_goes_the_ordinary_way(
    deps: Deps, gates: Gates, postman: Postman, contact: Contact
) -> None:
    """Never more to a host than it may get, also by the lane; and what waits is still found when nobody rings."""
    deps.bell.listen(postman.ring)
    contact("nl-ov", "http://slow:1/", channel="webhook")
    contact("nl-ut", "http://quick:1/", channel="webhook")
    gates.hold("slow:1")
    tell(deps, "nl-ov", times=50)
    tell(deps, "nl-ut", times=50)
    assert gates.wait_for(lambda: len(gates.sent) == 50)
    assert gates.most["slow:1"] == deps.settings.engine.senders_per_host
    gates.let_go()
    assert until(lambda: states(deps) == {"delivered": 100})
    assert len(set(gates.sent)) == len(gates.sent) == 100


def test_another_engine_leaves_alone_what_one_took_for_itself(
    deps: Deps, gates: Gates, postman: Postman, contact: Contact
) -> None:
    contact("nl-ov", "http://slow:1/", channel="webhook")
    gates.hold("slow:1")
    other = Store(deps.settings.database_url, pool_size=3)
    second = Postman(dataclasses.replace(deps, store=other, bell=Bell()))
    second.start()
    try:
        tell(deps)
        assert gates.wait_for(lambda: gates.inside["slow:1"] == 1)
        second.ring()
        assert until(lambda: not second.is_working())
        gates.let_go()
        assert until(lambda: states(deps) == {"delivered": 1})
    finally:
        second.stop(PATIENT)
        other.close()
    assert len(gates.sent) == 1


class Killed:
    """The lane of an engine whose process is killed between the commit and the sending: it never hears of it."""

    lease = timedelta(seconds=60)

    def __init__(self, presence: Presence) -> None:
        self.owner = presence.name

    def hold(self, wanted: Sequence[tuple[str, str]]) -> set[str]:
        return {identifier for identifier, _ in wanted}

    def go(self, claims: Sequence[Claim]) -> None:
        pass


def test_what_a_process_that_was_killed_after_its_commit_took_for_itself_is_sent_by_another(
    deps: Deps, gates: Gates, contact: Contact
) -> None:
    """Long before the lease is over: the clock stands still."""
    contact("nl-ov", "http://quick:1/", channel="webhook")
    other = Store(deps.settings.database_url, pool_size=3)
    presence = Presence(other)
    presence.show()
    other.info[EXPRESS] = Killed(presence)
    tell(dataclasses.replace(deps, store=other, bell=Bell()))
    assert states(deps) == {"sending": 1}
    die(presence)
    postman = Postman(deps)
    postman.start()
    assert until(lambda: states(deps) == {"delivered": 1})
    assert len(gates.sent) == 1
    postman.stop(PATIENT)
    other.close()


def test_what_is_written_while_the_engine_stops_is_left_for_the_next(
    deps: Deps, gates: Gates, postman: Postman, contact: Contact
) -> None:
    contact("nl-ov", "http://quick:1/", channel="webhook")
    with deps.writing() as session:
        write(deps, session)
        stopping = threading.Thread(target=postman.stop, args=(PATIENT,))
        stopping.start()
        assert until(lambda: postman.is_stopping)
    stopping.join()
    assert gates.sent == []
    assert states(deps) == {"pending": 1}
    assert EXPRESS not in deps.store.info
    tell(deps)
    assert states(deps) == {"pending": 2}


def test_a_webhook_that_has_not_passed_its_test_gets_nothing_by_the_lane_either(
    deps: Deps, gates: Gates, postman: Postman, seeded: object
) -> None:
    with deps.writing() as session:
        organisations.add_contact_point(
            session, deps.now(), ENGINE, "nl-ov", channel="webhook", address="http://127.0.0.1:9/"
        )
    tell(deps)

    def waits() -> bool:
        with deps.reading() as session:
            return session.scalars(select(Delivery.id).where(Delivery.next_attempt_at.is_(None))).all() != []

    assert until(lambda: states(deps) == {"pending": 1} and waits())
    assert gates.sent == []


def test_nobody_overtakes_by_the_lane_what_waits_for_a_seat_already() -> None:
    hand = Hand(senders=2, per_host=4)
    assert hand.hold([(str(n), f"host{n}") for n in range(20)]) == {str(n) for n in range(2 * AHEAD)}
    hand.put([job("0", "host0")])
    hand.end("7", None)
    assert hand.hold([("x", "y")]) == set()
    assert hand.next() is not None
    assert hand.hold([("x", "y")]) == {"x"}
    hand.end("x", None)
    with hand.claiming():
        assert hand.hold([("x", "y")]) == set()
    hand.close()
    assert hand.hold([("x", "y")]) == set()


def job(identifier: str, host: str) -> Job:
    claim = Claim(identifier, "alert", "nl-ov", "point", "webhook", host, 0, 0, "me")
    message: Any = None
    return Job(claim, message)


def write(deps: Deps, session: Session) -> None:
    """Tell Overijssel, in a transaction that is open."""
    alerts.enqueue(
        session, deps.now(), deps.settings, Fact("handOver", centre="ter-apel", level="acute"), {"nl-ov": ()}
    )


def die(presence: Presence) -> None:
    """As the system does it when a process ends: the file is closed, the connection is gone."""
    if presence._file is not None:
        os.close(presence._file)
        presence._file = None
    else:
        presence._hang_up()

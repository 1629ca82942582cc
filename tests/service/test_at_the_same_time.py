"""Two at the same moment: counts are judged one after the other, and nobody is told after an acknowledgement. Both stores."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.orm import Session

from piket.alerts import service as alerts
from piket.alerts.channels import DeliveryError
from piket.alerts.delivery import deliver_due
from piket.alerts.models import Acknowledgement, Alert, Attempt, Delivery
from piket.alerts.rules import Fact
from piket.audit.service import ENGINE, Actor
from piket.audit.service import record as note
from piket.db import Store
from piket.deps import Deps
from piket.occupancy import service as occupancy
from piket.occupancy.models import Count
from piket.occupancy.service import NewCount
from piket.overflows.models import CallUp, Overflow
from tests.fakes import START, FakeChannel, FakeClock
from tests.service.desk import CENTRE

COA, OVERIJSSEL = Actor("coa"), Actor("nl-ov")


@pytest.fixture
def others() -> Iterator[ThreadPoolExecutor]:
    """Who comes at the same moment."""
    with ThreadPoolExecutor(8) as pool:
        yield pool


def record(deps: Deps, session: Session, people: int, definition: str = "nightBeds", at: datetime | None = None) -> Any:
    with occupancy.at_centre(session, deps.now(), deps.settings, CENTRE, COA) as desk:
        recorded = occupancy.record(desk, NewCount(definition, at or deps.now(), people))
    session.flush()
    return recorded.count


def count(deps: Deps, people: int, definition: str = "nightBeds", at: datetime | None = None) -> Any:
    with deps.writing() as session:
        return record(deps, session, people, definition, at)


def has_to_wait(deps: Deps, other: Future[Any]) -> bool:
    """Whether the other is kept waiting by our transaction: it never gets as far as being done."""
    if deps.store.is_sqlite:
        # Writers queue in front of the database, in this process on a lock.
        return not other.done()
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    end = time.monotonic() + 30
    while time.monotonic() < end and not other.done():
        with deps.reading() as session:
            if session.execute(waiting).scalar_one():
                return not other.done()
        time.sleep(0.01)
    return False


def test_a_second_count_is_judged_from_the_level_that_the_first_has_brought(
    deps: Deps, seeded: object, clock: FakeClock, others: ThreadPoolExecutor
) -> None:
    count(deps, 1700)
    clock.advance(minutes=1)
    with deps.writing() as session:
        first = record(deps, session, 1950)
        clock.advance(minutes=1)
        second = others.submit(count, deps, 1860)
        assert has_to_wait(deps, second)
    outcome = second.result(30).outcome
    assert (first.outcome["previousLevel"], first.outcome["level"]) == ("normal", "high")
    # From high one falls below 1,850 alone; from normal, 1,860 would be watch.
    assert (outcome["previousLevel"], outcome["level"]) == ("high", "high")


def test_two_counts_of_an_overflow_at_once_open_one_episode_and_make_one_call_up(
    deps: Deps, seeded: object, others: ThreadPoolExecutor
) -> None:
    gate = threading.Barrier(2)

    def at_once(definition: str) -> None:
        gate.wait(30)
        count(deps, 2129, definition)

    for done in [others.submit(at_once, definition) for definition in ("nightBeds", "present")]:
        done.result(60)
    with deps.reading() as session:
        assert len(session.scalars(select(Overflow.id)).all()) == 1
        assert [call.places for call in session.scalars(select(CallUp))] == [179]
        assert sorted(session.scalars(select(Alert.kind))).count("levelRaised") == 1


def test_counts_of_many_at_once_each_begin_where_another_ended(
    deps: Deps, seeded: object, clock: FakeClock, others: ThreadPoolExecutor
) -> None:
    count(deps, 1700)
    gate, seconds = threading.Barrier(8), itertools.count(1)
    clock.advance(hours=1)

    def at_once(number: int) -> None:
        gate.wait(30)
        for people in (1850, 1740):
            at = START + timedelta(seconds=next(seconds))
            count(deps, people + number, "nightBeds" if number % 2 else "present", at)

    for done in [others.submit(at_once, number) for number in range(8)]:
        done.result(60)
    with deps.reading() as session:
        judged = [row.outcome for row in session.scalars(select(Count).where(Count.state == "judged"))]
    steps = [(one["previousLevel"], one["level"]) for one in judged]
    # The level of the centre is one path through all judgements: it is left as often as it is reached, but for its ends.
    for level in ("normal", "watch"):
        left = sum(before == level != after for before, after in steps)
        reached = sum(after == level != before for before, after in steps)
        assert abs(left - reached) <= 1


def called(deps: Deps) -> str:
    """The alert by which Overijssel was called."""
    with deps.reading() as session:
        return session.scalars(select(Alert.id).where(Alert.kind == "callUp")).one()


def reminders(deps: Deps) -> int:
    with deps.reading() as session:
        return len(session.scalars(select(Alert.id).where(Alert.kind == "callUpReminder")).all())


def acknowledge(deps: Deps, alert: str) -> None:
    with deps.writing() as session:
        alerts.acknowledge(session, deps.now(), OVERIJSSEL, alert)


def advance(deps: Deps) -> None:
    with deps.writing(ring=False) as session:
        occupancy.advance(session, deps.now(), deps.settings, CENTRE)


@pytest.fixture
def due(deps: Deps, contact: Callable[..., Any], clock: FakeClock) -> str:
    """Overijssel was called fifteen minutes ago: it is reminded now, unless it has acknowledged. The alert that called it."""
    contact("nl-ov")
    count(deps, 2129)
    clock.advance(minutes=15)
    return called(deps)


def test_an_acknowledgement_waits_for_a_reminder_that_is_being_written(
    deps: Deps, due: str, others: ThreadPoolExecutor
) -> None:
    """So that whoever is told after it was committed, was told before it was."""
    with deps.writing(ring=False) as session:
        occupancy.advance(session, deps.now(), deps.settings, CENTRE)
        session.flush()
        reading = others.submit(acknowledge, deps, due)
        assert has_to_wait(deps, reading)
    reading.result(30)
    assert reminders(deps) == 1


def test_a_reminder_is_not_written_when_an_acknowledgement_is_being_committed(
    deps: Deps, due: str, others: ThreadPoolExecutor
) -> None:
    with deps.writing() as session:
        alerts.acknowledge(session, deps.now(), OVERIJSSEL, due)
        escalating = others.submit(advance, deps)
        assert has_to_wait(deps, escalating)
    escalating.result(30)
    assert reminders(deps) == 0


def test_a_reminder_that_was_written_is_not_sent_when_the_call_up_is_acknowledged_first(
    deps: Deps, due: str, contact: Callable[..., Any], channels: dict[str, FakeChannel]
) -> None:
    """Nobody is told after it committed: not the called, and not its King's Commissioner."""
    contact("cdk-nl-ov")
    deliver_due(deps, deps.now())
    channels["email"].sent.clear()
    advance(deps)
    assert reminders(deps) == 1
    acknowledge(deps, due)
    with deps.reading() as session:
        before = alerts.undelivered(session, deps.now(), [])
    deliver_due(deps, deps.now())
    assert [message.kind for message in channels["email"].sent] == []
    with deps.reading() as session:
        stopped = session.scalars(select(Attempt.reason).where(Attempt.outcome == "stopped")).all()
        assert stopped == ["call-up-read"] * 2
        # What nobody needs any more is not something that did not come over.
        assert alerts.undelivered(session, deps.now(), []) == before


def test_the_other_desks_are_not_told_when_it_is_acknowledged_while_the_third_attempt_is_under_way(
    deps: Deps, contact: Callable[..., Any], clock: FakeClock, channels: dict[str, FakeChannel]
) -> None:
    contact("nl-ov", "first@nl-ov.example")
    contact("nl-ov", "acute@nl-ov.example", minimum_level="acute")
    fact = Fact("levelRaised", centre=CENTRE, level="watch", previous_level="normal")
    with deps.writing() as session:
        alert = alerts.enqueue(session, deps.now(), deps.settings, fact, {"nl-ov": ()}).alert

    def read_by_telephone(message: object) -> DeliveryError:
        if len(channels["email"].attempts) == 3:
            acknowledge(deps, alert)
        return DeliveryError("timed-out")

    channels["email"].failing = read_by_telephone
    for _ in range(5):
        deliver_due(deps, clock.now)
        clock.advance(seconds=20)
    assert {message.address for message in channels["email"].attempts} == {"first@nl-ov.example"}
    with deps.reading() as session:
        assert session.scalars(select(Acknowledgement.organisation)).all() == ["nl-ov"]
        assert session.scalars(select(Delivery.state)).all() == ["failed"]


@pytest.mark.parametrize("kind_of_store", ["sqlite"], indirect=True)
def test_writers_queue_in_front_of_the_database_and_never_inside_it(store: Store, others: ThreadPoolExecutor) -> None:
    """With a database that refuses at once whoever finds it busy, nobody of this process ever does."""
    store.engine.dispose()

    def impatient(connection: Any, *_: object) -> None:
        connection.execute("PRAGMA busy_timeout=0")

    event.listen(store.engine, "connect", impatient)
    gate = threading.Barrier(8)

    def write(number: int) -> None:
        gate.wait(30)
        for _ in range(25):
            with store.writing() as session:
                note(session, START, ENGINE, "try", str(number))
                session.flush()

    for done in [others.submit(write, number) for number in range(8)]:
        done.result(60)
    with store.reading() as session:
        assert session.execute(text("SELECT count(*) FROM audit_entries")).scalar_one() == 200

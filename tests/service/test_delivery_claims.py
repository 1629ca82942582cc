"""Who may send what: claims and leases on both stores, with several engines and clocks that jump."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from piket.alerts import outbox, results, stranded
from piket.alerts import service as alerts
from piket.alerts.delivery import deliver_due, lease_of
from piket.alerts.models import Attempt, Delivery
from piket.alerts.outbox import Claim
from piket.alerts.results import Result
from piket.alerts.retry_rules import Failure
from piket.alerts.rules import Fact
from piket.db import Store
from piket.deps import Deps
from piket.organisations.service import ContactPointInfo
from tests.fakes import START, FakeChannel, FakeClock

Contact = Callable[..., ContactPointInfo]
LEASE = timedelta(seconds=60)


@pytest.fixture
def points(contact: Contact) -> list[ContactPointInfo]:
    """A mailbox and two webhooks of Overijssel, each on a host of its own."""
    return [contact("nl-ov"), *(contact("nl-ov", f"http://127.0.0.1:{port}/", channel="webhook") for port in (1, 2))]


def tell(deps: Deps, *codes: str, level: str = "watch", kind: str = "handOver") -> None:
    fact = Fact(kind, centre="ter-apel", level=level, previous_level="normal")
    with deps.writing(ring=False) as session:
        alerts.enqueue(session, deps.now(), deps.settings, fact, dict.fromkeys(codes or ("nl-ov",), ()))


def claim(deps: Deps, owner: str = "me", **more: Any) -> list[Claim]:
    with deps.writing(ring=False) as session:
        return outbox.claim(session, deps.now(), LEASE, owner, **more)


def record(deps: Deps, *came: Result) -> None:
    with deps.writing(ring=False) as session:
        results.record(session, deps.now(), deps.settings, came)


def rows(deps: Deps) -> list[Delivery]:
    with deps.reading() as session:
        return list(session.scalars(select(Delivery).order_by(Delivery.created_at, Delivery.id)))


def test_what_is_claimed_is_nobody_elses_until_its_lease_is_over(deps: Deps, points: object, clock: FakeClock) -> None:
    tell(deps)
    assert len(claim(deps)) == 3
    assert claim(deps, "other") == []
    clock.advance(seconds=59)
    assert claim(deps, "other") == []
    clock.advance(seconds=1)
    assert len(claim(deps, "other")) == 3


def test_two_engines_at_once_claim_everything_once(deps: Deps, contact: Contact) -> None:
    contact("nl-ov")
    for _ in range(60):
        tell(deps)
    gate = threading.Barrier(4)
    taken: list[str] = []
    faults: list[Exception] = []

    def engine(owner: str) -> None:
        store = Store(deps.settings.database_url, pool_size=1)
        gate.wait()
        try:
            while claims := claim(dataclasses.replace(deps, store=store), owner, limit=7):
                taken.extend(one.delivery for one in claims)
        except Exception as error:
            faults.append(error)
        store.close()

    threads = [threading.Thread(target=engine, args=(str(number),)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    # On PostgreSQL rows locked by another are passed over; they are that other's.
    taken += [one.delivery for one in claim(deps, "last")]
    assert sorted(taken) == sorted(row.id for row in rows(deps))


def test_a_crash_between_sending_and_recording_repeats_with_the_same_id(
    deps: Deps, contact: Contact, channels: dict[str, FakeChannel], clock: FakeClock
) -> None:
    contact("nl-ov")
    tell(deps)
    first = claim(deps, "dead")[0]
    clock.advance(seconds=61)
    assert deliver_due(deps, clock.now) == 1
    assert channels["email"].sent[0].delivery == first.delivery


def test_a_late_success_counts_when_another_has_taken_over(deps: Deps, contact: Contact, clock: FakeClock) -> None:
    contact("nl-ov")
    tell(deps)
    slow = claim(deps, "slow")[0]
    clock.advance(seconds=61)
    fast = claim(deps, "fast")[0]
    record(deps, Result(slow, "delivered", START))
    assert rows(deps)[0].state == "delivered"
    record(deps, Result(fast, "failed", clock.now, failure=Failure("http-503")))
    assert (rows(deps)[0].state, rows(deps)[0].attempts) == ("delivered", 2)


def test_a_late_failure_leaves_the_delivery_to_who_holds_it_now(deps: Deps, contact: Contact, clock: FakeClock) -> None:
    contact("nl-ov")
    tell(deps)
    slow = claim(deps, "slow")[0]
    clock.advance(seconds=61)
    claim(deps, "fast")
    record(deps, Result(slow, "failed", START, failure=Failure("timed-out")))
    row = rows(deps)[0]
    assert (row.state, row.lease_owner, row.failures) == ("sending", "fast", 1)
    with deps.reading() as session:
        assert session.scalars(select(Attempt.reason)).all() == ["timed-out"]


@pytest.mark.parametrize("jump", [timedelta(hours=-1), timedelta(hours=-30), timedelta(days=-400)])
def test_a_lease_from_before_the_clock_was_set_back_is_over(
    jump: timedelta, deps: Deps, contact: Contact, clock: FakeClock
) -> None:
    contact("nl-ov")
    tell(deps)
    claim(deps, "before")
    clock.now += jump
    assert len(claim(deps, "after")) == 1


def test_a_lease_is_kept_when_its_owner_looked_at_the_clock_later_than_we_did(
    deps: Deps, contact: Contact, clock: FakeClock
) -> None:
    """We looked, then waited seconds for the store while another claimed."""
    contact("nl-ov")
    tell(deps)
    clock.advance(seconds=15)
    claim(deps, "other")
    clock.advance(seconds=-15)
    assert claim(deps) == []


def test_what_was_planned_before_the_clock_was_set_back_is_let_go_and_only_that(
    deps: Deps, contact: Contact, clock: FakeClock
) -> None:
    contact("nl-ov")
    tell(deps)
    record(deps, Result(claim(deps)[0], "failed", clock.now, failure=Failure("http-503", retry_after=30)))
    with deps.writing(ring=False) as session:
        assert stranded.release_future(session, clock.now) == 0
    clock.advance(hours=-1)
    assert claim(deps) == []
    with deps.writing(ring=False) as session:
        assert stranded.release_future(session, clock.now) == 1
    assert len(claim(deps)) == 1


def test_what_was_written_before_the_clock_was_set_back_is_let_go(
    deps: Deps, contact: Contact, clock: FakeClock
) -> None:
    contact("nl-ov")
    tell(deps)
    clock.advance(hours=-1)
    with deps.writing(ring=False) as session:
        assert stranded.release_future(session, clock.now) == 1
    assert len(claim(deps)) == 1


def test_what_an_engine_that_is_gone_was_sending_is_due_at_once_and_nobody_elses(
    deps: Deps, contact: Contact, clock: FakeClock
) -> None:
    contact("nl-ov")
    tell(deps)
    gone = claim(deps, "gone")
    tell(deps)
    claim(deps, "living")
    with deps.reading() as session:
        assert stranded.owners(session) == {"gone", "living"}
    with deps.writing(ring=False) as session:
        assert stranded.release_of(session, clock.now, ["gone"]) == 1
    assert [one.delivery for one in claim(deps)] == [gone[0].delivery]


def test_a_planned_attempt_from_before_the_clock_was_set_back_is_due(
    deps: Deps, contact: Contact, clock: FakeClock
) -> None:
    contact("nl-ov")
    tell(deps)
    record(deps, Result(claim(deps)[0], "failed", START, failure=Failure("http-503", retry_after=3600)))
    clock.advance(hours=-1)
    assert len(claim(deps)) == 1


def test_urgent_deliveries_go_before_older_ones(deps: Deps, contact: Contact, clock: FakeClock) -> None:
    contact("nl-ov")
    contact("nl-ut")
    tell(deps, "nl-ov")
    clock.advance(seconds=1)
    tell(deps, "nl-ut", level="acute")
    clock.advance(seconds=1)
    tell(deps, "nl-ov")
    order = [claim(deps, limit=1)[0].organisation for _ in range(3)]
    assert order == ["nl-ut", "nl-ov", "nl-ov"]


def test_a_host_without_room_is_passed_over_also_when_hundreds_wait_for_it(
    deps: Deps, contact: Contact, clock: FakeClock
) -> None:
    contact("nl-ov", "http://127.0.0.1:1/", channel="webhook")
    contact("nl-ut", "http://127.0.0.1:2/", channel="webhook")
    for _ in range(150):
        tell(deps, "nl-ov")
    clock.advance(seconds=1)
    tell(deps, "nl-ut")
    rooms = {"127.0.0.1:1": 4, "127.0.0.1:2": 4}
    taken = claim(deps, limit=8, room=lambda host: rooms[host])
    assert [one.host for one in taken] == ["127.0.0.1:1"] * 4 + ["127.0.0.1:2"]
    rooms["127.0.0.1:1"] = 0
    assert claim(deps, limit=8, room=lambda host: rooms[host]) == []


def test_what_this_process_is_sending_is_left_alone_when_time_jumps_ahead(
    deps: Deps, contact: Contact, clock: FakeClock
) -> None:
    contact("nl-ov")
    tell(deps)
    first = claim(deps)[0]
    clock.advance(days=3)
    assert claim(deps, busy=[first.delivery]) == []
    with deps.reading() as session:
        assert not outbox.is_anything_due(session, clock.now, LEASE, [first.delivery])
        assert outbox.is_anything_due(session, clock.now, LEASE)


def test_what_is_returned_untouched_is_due_at_once_and_counts_no_attempt(deps: Deps, contact: Contact) -> None:
    contact("nl-ov")
    tell(deps)
    record(deps, Result(claim(deps)[0], "returned", START))
    again = claim(deps, "other")
    assert (len(again), again[0].attempts) == (1, 0)


def test_the_next_planned_attempt_is_known_so_that_nobody_needs_to_poll(
    deps: Deps, contact: Contact, clock: FakeClock
) -> None:
    contact("nl-ov")
    tell(deps)
    record(deps, Result(claim(deps)[0], "failed", START, failure=Failure("http-503", retry_after=30)))
    with deps.reading() as session:
        assert outbox.next_due(session, clock.now) == START + timedelta(seconds=30)


def test_a_lease_is_longer_than_any_attempt(deps: Deps) -> None:
    limits = deps.settings.delivery
    assert lease_of(limits).total_seconds() >= limits.time_limit_seconds * 3

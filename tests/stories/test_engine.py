"""The engine at work with real threads: nobody is held up, no ring is lost, and it stops gently. Both stores."""

from __future__ import annotations

import dataclasses
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select

from piket.alerts import service as alerts
from piket.alerts.models import Delivery
from piket.alerts.rules import Fact
from piket.db import Store
from piket.deps import Bell, Deps
from piket.engine import scheduler, tick
from piket.engine.postman import Postman
from piket.engine.scheduler import Engine
from piket.engine.wakeup import Watcher
from piket.organisations.service import ContactPointInfo
from piket.settings import EngineSettings
from tests.fakes import FakeChannel
from tests.stories.receivers import until

Contact = Callable[..., ContactPointInfo]
PATIENT = 20.0


class Gates:
    """A channel whose hosts can be held up; keeps who came in, who was let out, and the most at once to a host."""

    def __init__(self) -> None:
        self.open: dict[str, threading.Event] = {}
        self.sent: list[str] = []
        self.inside: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.changed = threading.Condition()

    def hold(self, *hosts: str) -> None:
        self.open |= {host: threading.Event() for host in hosts}

    def let_go(self) -> None:
        for gate in self.open.values():
            gate.set()

    def send(self, message: Any, *, time_limit: float) -> None:
        host = message.address.split("/")[2]
        with self.changed:
            self.inside[host] += 1
            self.most[host] = max(self.most[host], self.inside[host])
            self.changed.notify_all()
        if host in self.open:
            self.open[host].wait(PATIENT)
        with self.changed:
            self.inside[host] -= 1
            self.sent.append(message.delivery)
            self.changed.notify_all()

    def wait_for(self, condition: Callable[[], bool]) -> bool:
        with self.changed:
            return self.changed.wait_for(condition, PATIENT)


class Deaf:
    """Hears nothing of other processes, and rings nobody."""

    def __init__(self, store: Store, ring: Callable[[], None], look: Callable[[], None]) -> None:
        pass

    def start(self) -> None:
        pass

    def stop(self) -> None:
        pass


@pytest.fixture
def gates(deps: Deps) -> Gates:
    gates = Gates()
    deps.channels = {"webhook": gates, "email": FakeChannel()}
    return gates


@pytest.fixture
def slow_beat(deps: Deps) -> None:
    """The metronome beats once an hour: whatever happens sooner happens because of a ring."""
    engine = dataclasses.replace(deps.settings.engine, interval_seconds=3600.0)
    deps.settings = dataclasses.replace(deps.settings, engine=engine)


@pytest.fixture
def postman(deps: Deps, gates: Gates, slow_beat: None) -> Iterator[Postman]:
    postman = Postman(deps)
    deps.bell.listen(postman.ring)
    yield postman
    gates.let_go()
    postman.stop(PATIENT)


def tell(deps: Deps, code: str = "nl-ov", times: int = 1) -> None:
    fact = Fact("handOver", centre="ter-apel", level="acute")
    with deps.writing() as session:
        for _ in range(times):
            alerts.enqueue(session, deps.now(), deps.settings, fact, {code: ()})


def states(deps: Deps) -> Counter[str]:
    with deps.reading() as session:
        return Counter(session.scalars(select(Delivery.state)))


def test_a_receiver_that_hangs_keeps_few_senders_and_the_others_go_out(
    deps: Deps, gates: Gates, postman: Postman, contact: Contact
) -> None:
    contact("nl-ov", "http://slow:1/", channel="webhook")
    contact("nl-ut", "http://quick:1/", channel="webhook")
    gates.hold("slow:1")
    tell(deps, "nl-ov", times=60)
    tell(deps, "nl-ut", times=20)
    postman.start()
    assert gates.wait_for(lambda: len(gates.sent) == 20)
    assert gates.most["slow:1"] == deps.settings.engine.senders_per_host
    assert until(lambda: states(deps)["delivered"] == 20)
    gates.let_go()
    assert until(lambda: states(deps) == {"delivered": 80})
    assert len(set(gates.sent)) == len(gates.sent) == 80


def test_ninety_receivers_that_hang_leave_the_other_ten_on_time(
    deps: Deps, gates: Gates, postman: Postman, contact: Contact
) -> None:
    deps.settings = dataclasses.replace(deps.settings, engine=EngineSettings(interval_seconds=3600.0, senders=16))
    for number in range(90):
        contact("nl-ov", f"http://slow:{number + 1}/", channel="webhook")
    gates.hold(*(f"slow:{number + 1}" for number in range(90)))
    for number in range(10):
        contact("nl-ut", f"http://quick:{number + 1}/", channel="webhook")
    tell(deps, "nl-ov")
    tell(deps, "nl-ut")
    postman.start()
    assert gates.wait_for(lambda: len(gates.sent) == 10)
    assert sum(gates.inside.values()) <= 90


def test_a_ring_between_the_look_and_the_rest_is_not_lost(
    deps: Deps, gates: Gates, postman: Postman, contact: Contact
) -> None:
    """A count comes in at every moment of the postman's round; each must go out without the next beat."""
    contact("nl-ov", "http://quick:1/", channel="webhook")
    postman.start()
    for number in range(30):
        tell(deps)
        assert gates.wait_for(lambda number=number: len(gates.sent) == number + 1)


def test_a_ring_during_a_pass_makes_another_pass(
    deps: Deps, gates: Gates, slow_beat: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on, passes = threading.Event(), threading.Event(), []

    def slow_pass(deps: Deps, now: object) -> tuple[str, ...]:
        passes.append(now)
        begun.set()
        go_on.wait(PATIENT)
        return ()

    monkeypatch.setattr(scheduler, "take_steps", slow_pass)
    monkeypatch.setattr(scheduler, "Watcher", Deaf)
    engine = Engine(deps)
    engine.start()
    try:
        assert begun.wait(PATIENT)
        deps.bell.ring()
        go_on.set()
        assert until(lambda: len(passes) == 2)
    finally:
        go_on.set()
        engine.stop()


def test_passes_are_made_at_the_interval_when_nobody_rings(
    deps: Deps, gates: Gates, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine_settings = dataclasses.replace(deps.settings.engine, interval_seconds=0.05)
    deps.settings = dataclasses.replace(deps.settings, engine=engine_settings)
    passes: list[object] = []
    monkeypatch.setattr(scheduler, "take_steps", lambda deps, now: passes.append(now) or ())
    monkeypatch.setattr(scheduler, "REST", 0.01)
    engine = Engine(deps)
    engine.start()
    try:
        assert until(lambda: len(passes) > 5)
    finally:
        engine.stop()
    assert engine.pulse is not None


def test_a_step_that_fails_is_logged_and_stops_no_other(
    deps: Deps, seeded: object, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    taken: list[str] = []

    def broken(session: object, now: object, settings: object) -> None:
        raise ZeroDivisionError

    steps = {"broken": broken, "whole": lambda session, now, settings: taken.append("whole")}
    monkeypatch.setattr(tick, "STEPS", steps)
    assert tick.run_pass(deps, deps.now()).failed == ("broken",)
    assert taken == ["whole"]
    assert [record.step for record in caplog.records if hasattr(record, "step")] == ["broken"]


def test_a_pass_over_what_init_made_fails_nowhere_and_may_be_repeated(deps: Deps, seeded: object) -> None:
    first, second = tick.run_pass(deps, deps.now()), tick.run_pass(deps, deps.now())
    assert (first.failed, second.failed, second.attempts) == ((), (), 0)


def test_stopping_lets_a_send_under_way_end_and_takes_no_new_one(
    deps: Deps, gates: Gates, postman: Postman, contact: Contact
) -> None:
    contact("nl-ov", "http://slow:1/", channel="webhook")
    contact("nl-ut", "http://quick:1/", channel="webhook")
    gates.hold("slow:1")
    tell(deps, "nl-ov")
    postman.start()
    assert gates.wait_for(lambda: gates.inside["slow:1"] == 1)
    stopping = threading.Thread(target=postman.stop, args=(PATIENT,))
    stopping.start()
    assert until(lambda: postman.is_stopping)
    tell(deps, "nl-ut")
    gates.let_go()
    stopping.join()
    assert states(deps) == {"delivered": 1, "pending": 1}


def test_two_engines_on_one_store_deliver_everything_once(deps: Deps, gates: Gates, contact: Contact) -> None:
    contact("nl-ov", "http://quick:1/", channel="webhook")
    contact("nl-ov", "http://quick:2/", channel="webhook")
    tell(deps, times=50)
    stores = [Store(deps.settings.database_url, pool_size=5) for _ in range(2)]
    engines = [Engine(dataclasses.replace(deps, store=store, bell=Bell())) for store in stores]
    for engine in engines:
        engine.start()
    assert until(lambda: states(deps) == {"delivered": 100})
    for engine in engines:
        engine.stop()
    for store in stores:
        store.close()
    assert len(gates.sent) == len(set(gates.sent)) == 100


def test_a_commit_of_another_process_rings(deps: Deps, contact: Contact) -> None:
    rung = threading.Event()
    watcher = Watcher(deps.store, rung.set)
    watcher.start()
    other = Store(deps.settings.database_url, pool_size=1)
    try:
        # Listening rings once by itself; only what comes after that counts.
        assert rung.wait(PATIENT)
        rung.clear()
        tell(dataclasses.replace(deps, store=other, bell=Bell()))
        assert rung.wait(PATIENT)
    finally:
        watcher.stop()
        other.close()


def test_what_this_process_wrote_itself_is_not_taken_for_anothers(deps: Deps, contact: Contact) -> None:
    """On SQLite a file does not say who wrote: then only what is to be sent is looked for."""
    contact("nl-ov")
    rung, looked = threading.Event(), threading.Event()
    watcher = Watcher(deps.store, rung.set, looked.set)
    watcher.start()
    try:
        assert rung.wait(PATIENT)
        rung.clear()
        tell(deps)
        if deps.store.is_sqlite:
            # A look may come between a commit and its being counted.
            assert until(lambda: looked.is_set() or tell(deps) is not None)
        else:
            assert not rung.wait(0.3)
    finally:
        watcher.stop()


def test_what_came_of_a_delivery_is_kept_until_it_can_be_written(
    deps: Deps, gates: Gates, postman: Postman, contact: Contact, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store is away just when the answers come back: nothing is sent twice, and all of it is written later."""
    contact("nl-ov", "http://slow:1/", channel="webhook")
    gates.hold("slow:1")
    tell(deps)
    postman.start()
    assert gates.wait_for(lambda: gates.inside["slow:1"] == 1)
    writing, failed = deps.store.writing, threading.Event()

    def away(ring: bool = True) -> Any:
        failed.set()
        raise OSError("the disk is full")

    monkeypatch.setattr(deps.store, "writing", away)
    gates.let_go()
    assert failed.wait(PATIENT)
    monkeypatch.setattr(deps.store, "writing", writing)
    assert until(lambda: states(deps) == {"delivered": 1})
    assert len(gates.sent) == 1


def test_a_store_that_is_away_is_not_hammered_while_stopping(
    deps: Deps, gates: Gates, postman: Postman, contact: Contact, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact("nl-ov", "http://slow:1/", channel="webhook")
    gates.hold("slow:1")
    tell(deps)
    postman.start()
    assert gates.wait_for(lambda: gates.inside["slow:1"] == 1)
    tries: list[bool] = []

    def away(ring: bool = True) -> Any:
        tries.append(ring)
        raise OSError("the disk is full")

    writing = deps.store.writing
    monkeypatch.setattr(deps.store, "writing", away)
    gates.let_go()
    assert until(lambda: bool(tries))
    postman.stop(1)
    # Twice a second at most: all together, and then each by itself.
    assert len(tries) <= 6
    monkeypatch.setattr(deps.store, "writing", writing)
    assert until(lambda: states(deps) == {"delivered": 1})

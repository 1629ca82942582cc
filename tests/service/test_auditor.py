"""The auditor finds what an engine left undone, calls outside only when there is nothing, and changes nothing. Both stores."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from piket.alerts import outbox
from piket.alerts import service as alerts
from piket.alerts.channels import DeliveryError
from piket.alerts.rules import Fact
from piket.db import Store
from piket.deps import Deps
from piket.engine.auditor import Auditor, look
from piket.engine.models import EnginePulse
from piket.engine.pulse import Pulse, Pulses
from piket.organisations.service import ContactPointInfo
from piket.rota.models import Turn
from piket.settings import AuditorSettings, HeartbeatSettings
from tests.client import Client
from tests.fakes import FakeChannel, FakeClock

Contact = Callable[..., ContactPointInfo]
Tick = Callable[[], Any]


class Engine:
    """What tells that an engine lives; it need not do anything."""

    def __init__(self, deps: Deps) -> None:
        self.deps, self.pulses = deps, Pulses()

    def beat(self, *failed: str) -> None:
        with self.deps.writing(ring=False) as session:
            self.pulses.write(session, Pulse(self.deps.now(), 7, failed))


@pytest.fixture
def engine(deps: Deps, seeded: Store) -> Engine:
    engine = Engine(deps)
    engine.beat()
    return engine


def codes(deps: Deps) -> list[str]:
    return [finding.code for finding in look(deps, deps.now()).findings]


def count(client: Client, people: int, at: Any, **more: Any) -> None:
    body = {"observedAt": at, "definition": "nightBeds", "people": people, **more}
    client.post("centres/ter-apel/counts", body).expect(201)


def test_all_is_well_after_a_pass_over_what_init_made(deps: Deps, engine: Engine, tick: Tick) -> None:
    tick()
    found = look(deps, deps.now())
    assert found.is_well
    assert (found.engines, found.last_pass_age_seconds, found.last_pass_seconds) == (1, 0.0, 0.007)
    assert (found.oldest_due_seconds, dict(found.attempts)) == (0.0, {})


def test_a_call_up_whose_moments_pass_without_an_engine_is_found_and_gone_after_a_pass(
    client: Callable[..., Client], deps: Deps, clock: FakeClock, engine: Engine, tick: Tick
) -> None:
    count(client("coa"), 2129, clock())
    assert codes(deps) == []
    for minutes, beyond in ((15, False), (1, True)):
        clock.advance(minutes=minutes)
        engine.beat()
        assert ("late-steps" in codes(deps)) == (beyond and minutes == 1)
        clock.advance(seconds=1)
        assert ("late-steps" in codes(deps)) == beyond
    tick()
    assert codes(deps) == []
    clock.advance(hours=9)
    engine.beat()
    assert codes(deps) == ["late-steps"]
    tick()
    assert codes(deps) == []


def test_a_held_count_that_nobody_judges_is_found(
    client: Callable[..., Client], deps: Deps, clock: FakeClock, engine: Engine, tick: Tick
) -> None:
    coa = client("coa")
    count(coa, 1500, clock())
    clock.advance(minutes=1)
    count(coa, 1900, clock())
    clock.advance(minutes=15)
    engine.beat()
    assert codes(deps) == []
    clock.advance(minutes=1, seconds=1)
    engine.beat()
    assert codes(deps) == ["late-held-counts"]
    tick()
    assert codes(deps) == []


def test_a_hand_over_that_nobody_tells_is_found(deps: Deps, clock: FakeClock, engine: Engine, tick: Tick) -> None:
    tick()
    clock.set("2024-09-25T12:00:30+02:00")
    engine.beat()
    assert codes(deps) == []
    clock.advance(seconds=31)
    engine.beat()
    assert codes(deps) == ["late-hand-overs"]
    tick()
    assert codes(deps) == []


def test_what_is_due_and_not_sent_is_found_whatever_it_waits_for(
    deps: Deps, clock: FakeClock, engine: Engine, contact: Contact, tick: Tick
) -> None:
    contact("nl-ov")
    with deps.writing(ring=False) as session:
        alerts.enqueue(session, clock(), deps.settings, Fact("callUp"), {"nl-ov": ()})
    clock.advance(seconds=120)
    assert codes(deps) == ["no-pass"]
    engine.beat()
    assert codes(deps) == []
    clock.advance(seconds=1)
    assert codes(deps) == ["late-deliveries"]
    assert look(deps, clock()).oldest_due_seconds == 121.0
    with deps.writing(ring=False) as session:
        assert len(outbox.claim(session, clock(), timedelta(seconds=60), "dead")) == 1
    assert codes(deps) == []
    clock.advance(seconds=181)
    engine.beat()
    assert codes(deps) == ["late-deliveries"]
    tick()
    found = look(deps, clock())
    assert found.is_well
    assert found.attempts == {"delivered": 1}


def test_what_was_held_back_and_is_not_told_is_found(
    deps: Deps, clock: FakeClock, engine: Engine, contact: Contact, tick: Tick
) -> None:
    contact("coa")
    for number in range(9):
        level = "watch" if number % 2 == 0 else "normal"
        kind = "levelRaised" if level == "watch" else "levelLowered"
        fact = Fact(kind, centre="ter-apel", level=level, previous_level="watch")
        with deps.writing(ring=False) as session:
            alerts.enqueue(session, clock(), deps.settings, fact, {"coa": ()})
    tick()
    clock.advance(minutes=10, seconds=120)
    engine.beat()
    assert codes(deps) == []
    clock.advance(seconds=1)
    assert codes(deps) == ["late-deliveries"]
    tick()
    assert codes(deps) == []


def test_turns_that_come_to_an_end_are_found_and_written_by_a_pass(
    deps: Deps, clock: FakeClock, engine: Engine, tick: Tick
) -> None:
    with deps.reading() as session:
        (last,) = session.scalars(select(Turn.until_at).order_by(Turn.until_at.desc()).limit(1))
    clock.set(last - timedelta(days=29))
    engine.beat()
    assert "no-turns-ahead" in codes(deps)
    tick()
    assert codes(deps) == []


def test_clocks_far_apart_are_found_where_there_are_two(
    deps: Deps, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    if deps.store.is_sqlite:
        assert codes(deps) == []
        return
    real = deps.store.now
    monkeypatch.setattr(deps.store, "now", lambda: real() - timedelta(hours=1))
    assert codes(deps) == ["clocks-apart"]


def test_one_living_engine_is_enough_and_a_dead_one_is_forgotten_after_a_day(
    deps: Deps, clock: FakeClock, engine: Engine
) -> None:
    clock.advance(minutes=2)
    other = Engine(deps)
    other.beat()
    found = look(deps, clock())
    assert (found.is_well, found.engines) == (True, 1)
    clock.advance(hours=24)
    other.beat("hand-overs")
    assert codes(deps) == ["failing-steps"]
    with deps.reading() as session:
        assert len(session.scalars(select(EnginePulse)).all()) == 1


def test_a_pulse_is_written_first_and_now_and_then_and_when_other_steps_fail(clock: FakeClock) -> None:
    pulses = Pulses()
    first = Pulse(clock(), 1, ())
    assert pulses.is_due(first)
    pulses.written(first)
    for seconds, due in ((4, False), (1, True), (-10, True)):
        assert pulses.is_due(Pulse(clock.advance(seconds=seconds), 1, ())) == due
    assert pulses.is_due(Pulse(first.at, 1, ("hand-overs",)))


class Outside:
    """Who waits for the calls."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.deaf = False

    def __call__(self, url: str) -> None:
        if self.deaf:
            raise DeliveryError("http-503")
        self.calls.append(url)


@pytest.fixture
def outside() -> Outside:
    return Outside()


def auditor(
    deps: Deps, outside: Outside, interval: float = 0.0, url: str | None = "https://w.example/geheim"
) -> Auditor:
    heartbeat = HeartbeatSettings(url, interval)
    deps.settings = dataclasses.replace(deps.settings, heartbeat=heartbeat, auditor=AuditorSettings(every_seconds=0.01))
    return Auditor(deps, outside)


def test_outside_is_called_only_when_all_is_well(
    deps: Deps, clock: FakeClock, engine: Engine, outside: Outside, caplog: pytest.LogCaptureFixture
) -> None:
    watching = auditor(deps, outside)
    watching.round()
    assert outside.calls == ["https://w.example/geheim"]
    clock.advance(seconds=61)
    for _ in range(2):
        watching.round()
    assert len(outside.calls) == 1
    assert [record.findings for record in caplog.records if hasattr(record, "findings")] == [["no-pass"]]
    engine.beat()
    watching.round()
    assert len(outside.calls) == 2


def test_outside_is_called_at_its_interval_and_not_without_an_address(
    deps: Deps, engine: Engine, outside: Outside
) -> None:
    watching = auditor(deps, outside, interval=3600)
    for _ in range(3):
        watching.round()
    assert len(outside.calls) == 1
    auditor(deps, outside, url=None).round()
    assert len(outside.calls) == 1


def test_a_call_that_was_not_heard_is_made_again_and_its_address_is_not_logged(
    deps: Deps, engine: Engine, outside: Outside, caplog: pytest.LogCaptureFixture
) -> None:
    watching = auditor(deps, outside, interval=3600)
    outside.deaf = True
    watching.round()
    outside.deaf = False
    watching.round()
    assert len(outside.calls) == 1
    assert "geheim" not in str([vars(record) for record in caplog.records])


def test_a_store_that_cannot_be_read_is_silence_outside(
    deps: Deps, engine: Engine, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    watching = auditor(deps, outside)

    def away() -> Any:
        raise OSError("the disk is gone")

    monkeypatch.setattr(deps.store, "reading", away)
    watching.round()
    assert outside.calls == []


def test_looking_changes_nothing(
    client: Callable[..., Client], deps: Deps, clock: FakeClock, engine: Engine, channels: dict[str, FakeChannel]
) -> None:
    count(client("coa"), 2129, clock())
    clock.advance(hours=5)
    before = _everything(deps)
    assert codes(deps)
    assert _everything(deps) == before


def _everything(deps: Deps) -> dict[str, Any]:
    with deps.reading() as session:
        run = session.connection().exec_driver_sql
        return {table: run(f"SELECT * FROM {table}").all() for table in ("call_ups", "deliveries", "alerts", "counts")}

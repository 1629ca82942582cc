"""A broken sender posts hundreds of counts in a minute: whatever they cross, each desk gets a few messages that hide nothing."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from piket.alerts.models import Alert, Delivery
from piket.deps import Deps
from piket.organisations.service import ContactPointInfo
from tests.client import Client
from tests.fakes import FakeChannel, FakeClock

Contact = Callable[..., ContactPointInfo]
Tick = Callable[[], Any]
Count = tuple[str, int]
DESKS = ("coa", "ministry", "operator", "vng", "gm1950", "nl-ov", "nl-ut", "cdk-nl-ov", "cdk-nl-dr")
COUNTS, APART = 100, 0.3

# What is posted over and over, or one after the other.
STORMS: dict[str, list[Count]] = {
    "across the overflow": [("nightBeds", 1900), ("nightBeds", 2100)],
    "across every level": [("nightBeds", 1745), ("nightBeds", 2040)],
    "by two ways of counting": [("nightBeds", 1900), ("present", 2100), ("nightBeds", 2100), ("present", 1900)],
    "people without a bed, and none": [("withoutBed", 0), ("withoutBed", 5)],
    "the same in an overflow": [("nightBeds", 2100), ("withoutBed", 45), ("nightBeds", 2101), ("withoutBed", 0)],
    "numbers that are held": [("nightBeds", 1500), ("nightBeds", 2100)],
    "always one more": [("nightBeds", 2001 + number) for number in range(COUNTS)],
}


@pytest.fixture
def storm(
    client: Callable[..., Client], contact: Contact, clock: FakeClock, tick: Tick, request: pytest.FixtureRequest
) -> int:
    """Post it within a minute, with passes in between, and let two hours go by; how many counts."""
    coa = client("coa")
    for code in DESKS:
        contact(code)
    for number, (definition, people) in enumerate(itertools.islice(itertools.cycle(STORMS[request.param]), COUNTS)):
        clock.advance(seconds=APART)
        body = {"observedAt": clock(), "definition": definition, "people": people}
        coa.post("centres/ter-apel/counts", body).expect(201)
        if number % 10 == 0:
            tick()
    for _ in range(30):
        clock.advance(minutes=1)
        tick()
    for _ in range(9):
        clock.advance(minutes=10)
        tick()
    return COUNTS


def written(deps: Deps) -> tuple[dict[str, Alert], list[Delivery]]:
    with deps.reading() as session:
        return {row.id: row for row in session.scalars(select(Alert))}, list(session.scalars(select(Delivery)))


@pytest.mark.parametrize("storm", STORMS, indirect=True)
def test_each_desk_gets_few_messages_and_every_alert_is_in_one_of_them(
    storm: int, deps: Deps, channels: dict[str, FakeChannel]
) -> None:
    sent = channels["email"].sent
    for desk, number in Counter(message.organisation for message in sent).items():
        assert number <= 30, (desk, Counter(message.kind for message in sent if message.organisation == desk))
    alerts, rows = written(deps)
    by = {row.id: row for row in rows}
    gathered = [row for row in rows if row.state == "gathered"]
    assert {row.state for row in rows} == {"delivered", "gathered"}
    texts = {message.delivery: message.text for message in sent}
    for row in gathered:
        teller = by[str(row.gathered_in)]
        assert (teller.state, teller.contact_point) == ("delivered", row.contact_point)
        digest = alerts[teller.alert]
        (entry,) = [
            one for one in digest.details.get("changes", digest.details.get("messages")) if one["alert"] == row.alert
        ]
        assert entry["kind"] == alerts[row.alert].kind
        assert teller.id in texts
    assert len(gathered) > storm / 3


@pytest.mark.parametrize("storm", ["always one more"], indirect=True)
def test_a_call_up_is_told_within_a_minute_and_who_reads_them_together_has_read_each(
    storm: int, deps: Deps, client: Callable[..., Client], channels: dict[str, FakeChannel]
) -> None:
    alerts, rows = written(deps)
    by = {row.id: row for row in rows}
    calls = [row for row in rows if alerts[row.alert].kind == "callUp" and row.organisation == "nl-ov"]
    for row in calls:
        told = by[str(row.gathered_in)] if row.gathered_in else row
        assert told.delivered_at is not None
        # The pass that tells it comes each minute here.
        assert (told.delivered_at - row.created_at).total_seconds() <= 120
    digest = next(m for m in channels["email"].sent if m.organisation == "nl-ov" and m.kind == "callUpsGathered")
    assert digest.subject.startswith("Afroepen: ")
    assert "uw antwoord nodig" in digest.text
    assert digest.urgent
    nl_ov = client("nl-ov")
    nl_ov.post(f"alerts/{digest.alert}/acknowledgements").expect(201)
    inside = [entry["alert"] for entry in alerts[digest.alert].details["messages"]]
    assert len(inside) > storm / 2
    for one in (inside[0], inside[-1]):
        read = nl_ov.get(f"alerts/{one}").expect(200)["acknowledgements"]
        assert [entry["organisation"] for entry in read] == ["nl-ov"]
    assert nl_ov.post(f"alerts/{inside[0]}/acknowledgements").status == 200

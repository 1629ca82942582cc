"""A storm comes as a few messages and nothing of it is hidden, on both stores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from piket.alerts import digests
from piket.alerts import service as alerts
from piket.alerts.channels import DeliveryError
from piket.alerts.models import Alert, Delivery
from piket.alerts.rules import Answers, Fact, HowFull
from piket.deps import Deps
from piket.organisations.service import ContactPointInfo
from tests.client import Client
from tests.fakes import START, FakeChannel, FakeClock

Contact = Callable[..., ContactPointInfo]
Tick = Callable[[], Any]
GONE = DeliveryError("smtp-550", permanent=True)


def swing(deps: Deps, clock: FakeClock, number: int, code: str = "coa", apart: float = 0.2) -> str:
    """One change of level, up or down; its alert."""
    up = number % 2 == 0
    fact = Fact(
        "levelRaised" if up else "levelLowered",
        centre="ter-apel",
        level="watch" if up else "normal",
        previous_level="normal" if up else "watch",
        answers=Answers(HowFull(people=1800 + number)),
    )
    clock.advance(seconds=apart)
    with deps.writing(ring=False) as session:
        return alerts.enqueue(session, clock(), deps.settings, fact, {code: ()}).alert


def rows(deps: Deps, **by: Any) -> list[Delivery]:
    with deps.reading() as session:
        return list(session.scalars(select(Delivery).filter_by(**by).order_by(Delivery.created_at, Delivery.id)))


def kinds(channel: FakeChannel) -> Counter[str]:
    return Counter(message.kind for message in channel.sent)


def alerts_of(deps: Deps, kind: str) -> list[Alert]:
    with deps.reading() as session:
        return list(session.scalars(select(Alert).where(Alert.kind == kind).order_by(Alert.seq)))


def test_hundreds_of_changes_in_a_minute_come_as_seven_messages_that_name_them_all(
    deps: Deps, contact: Contact, clock: FakeClock, channels: dict[str, FakeChannel], tick: Tick
) -> None:
    contact("coa")
    contact("coa", channel="webhook")
    made = []
    for number in range(300):
        made.append(swing(deps, clock, number))
        if number % 50 == 0:
            tick()
    for _ in range(12):
        clock.advance(minutes=1)
        tick()
    for channel in channels.values():
        assert kinds(channel) == {"levelRaised": 3, "levelLowered": 3, "levelsGathered": 1}
    (digest,) = alerts_of(deps, "levelsGathered")
    assert [change["alert"] for change in digest.details["changes"]] == made[6:]
    assert [change["people"] for change in digest.details["changes"]] == list(range(1806, 2100))
    assert digest.answers["howFull"]["people"] == 2099
    mail = channels["email"].sent[-1]
    assert all(f"({number:,})".replace(",", ".") in mail.text for number in range(1806, 2100))
    assert mail.html.count("<li>") == 294
    event = channels["webhook"].sent[-1].event
    assert event["type"] == "nl.opvangpiket.levels-gathered.v1"
    assert len(event["data"]["details"]["changes"]) == 294
    by = {row.id: row for row in rows(deps)}
    for row in by.values():
        if row.state == "gathered":
            assert row.next_attempt_at is None
            told_by = by[str(row.gathered_in)]
            assert (told_by.state, told_by.contact_point, told_by.alert) == ("delivered", row.contact_point, digest.id)
    assert Counter(row.state for row in by.values()) == {"delivered": 14, "gathered": 588}


def test_a_storm_that_goes_on_for_an_hour_is_one_message_each_ten_minutes(
    deps: Deps, contact: Contact, clock: FakeClock, channels: dict[str, FakeChannel], tick: Tick
) -> None:
    contact("coa")
    made = [swing(deps, clock, number, apart=10) for number in range(360) if tick()]
    for _ in range(11):
        clock.advance(minutes=1)
        tick()
    assert kinds(channels["email"])["levelsGathered"] <= 6
    assert len(channels["email"].sent) <= 12
    told = [change["alert"] for digest in alerts_of(deps, "levelsGathered") for change in digest.details["changes"]]
    assert told == made[6:]
    clock.advance(minutes=10)
    assert swing(deps, clock, 0) and tick().attempts == 1
    assert channels["email"].sent[-1].kind == "levelRaised"


def test_a_storm_of_one_desk_holds_nothing_back_of_another(
    deps: Deps, contact: Contact, clock: FakeClock, channels: dict[str, FakeChannel], tick: Tick
) -> None:
    contact("coa")
    contact("nl-ov")
    for number in range(20):
        swing(deps, clock, number)
    swing(deps, clock, 20, "nl-ov")
    tick()
    assert [message.organisation for message in channels["email"].sent].count("nl-ov") == 1


def test_more_than_one_message_can_list_comes_in_several(
    deps: Deps, contact: Contact, clock: FakeClock, tick: Tick, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact("coa")
    monkeypatch.setattr(digests, "MOST", 10)
    made = [swing(deps, clock, number) for number in range(31)]
    clock.advance(minutes=10)
    for _ in range(4):
        tick()
    listed = [[change["alert"] for change in digest.details["changes"]] for digest in alerts_of(deps, "levelsGathered")]
    assert listed == [made[6:16], made[16:26], made[26:31]]


def test_what_a_crash_interrupts_is_told_by_the_next_pass_and_once(
    deps: Deps, contact: Contact, clock: FakeClock, channels: dict[str, FakeChannel], tick: Tick
) -> None:
    contact("coa")
    for number in range(10):
        swing(deps, clock, number)
    clock.advance(minutes=10)
    with pytest.raises(ZeroDivisionError), deps.writing(ring=False) as session:
        assert digests.tell_gathered(session, clock(), deps.settings) == 1
        raise ZeroDivisionError
    assert alerts_of(deps, "levelsGathered") == []
    tick()
    tick()
    assert kinds(channels["email"])["levelsGathered"] == 1
    assert len(alerts_of(deps, "levelsGathered")) == 1


def test_what_was_gathered_for_a_desk_that_cannot_be_reached_shows_and_is_told_to_who_can_ring(
    deps: Deps, contact: Contact, clock: FakeClock, channels: dict[str, FakeChannel], tick: Tick
) -> None:
    for code in ("nl-ov", "coa", "ministry", "operator"):
        contact(code)
    for number in range(10):
        swing(deps, clock, number, "nl-ov")
    tick()
    channels["email"].failing = lambda message: GONE if message.organisation == "nl-ov" else None
    clock.advance(minutes=10)
    tick()
    tick()
    assert kinds(channels["email"])["deliveryFailed"] == 3
    with deps.reading() as session:
        assert alerts.undelivered(session, clock(), []) == 1


def test_many_deliveries_given_up_in_one_outage_come_as_a_few_messages_with_every_number(
    deps: Deps, contact: Contact, clock: FakeClock, channels: dict[str, FakeChannel], tick: Tick
) -> None:
    provinces = [f"nl-{two}" for two in "dr fl fr ge gr li nb nh ov ut ze zh".split()]
    for code in ("coa", "ministry", "operator", *provinces):
        contact(code)
    for number, code in enumerate(provinces):
        contact(code, channel="telephone", address=f"+31 38 49988{number:02}")
    channels["email"].failing = lambda message: GONE if message.organisation in provinces else None
    fact = Fact("levelRaised", centre="ter-apel", level="acute", previous_level="high")
    for _ in range(3):
        with deps.writing(ring=False) as session:
            alerts.enqueue(session, clock(), deps.settings, fact, dict.fromkeys(provinces, ("acute",)))
    tick()
    clock.advance(minutes=1)
    tick()
    for code in ("coa", "ministry", "operator"):
        told = [message for message in channels["email"].sent if message.organisation == code]
        assert Counter(message.kind for message in told) == {"deliveryFailed": 6, "failuresGathered": 1}
        everything = "\n".join(message.text for message in told)
        assert all(f"+31 38 49988{number:02}" in everything for number in range(12))
    (digest,) = alerts_of(deps, "failuresGathered")
    assert len(digest.details["failures"]) == 30


def test_a_message_about_failures_that_fails_makes_no_further_message(
    deps: Deps, contact: Contact, clock: FakeClock, channels: dict[str, FakeChannel], tick: Tick
) -> None:
    for code in ("coa", "nl-ov"):
        contact(code)
    channels["email"].failing = GONE
    for _ in range(10):
        with deps.writing(ring=False) as session:
            alerts.enqueue(session, clock(), deps.settings, Fact("handOver"), {"nl-ov": ()})
    for _ in range(3):
        tick()
        clock.advance(minutes=1)
    assert len(alerts_of(deps, "deliveryFailed")) == 10
    assert len(alerts_of(deps, "failuresGathered")) == 1


def test_a_broken_sender_through_the_front_door(
    client: Callable[..., Client],
    deps: Deps,
    contact: Contact,
    clock: FakeClock,
    channels: dict[str, FakeChannel],
    tick: Tick,
) -> None:
    """Up and down across the highest thresholds of all, with an overflow that opens and closes each time."""
    coa = client("coa")
    for code in ("coa", "ministry", "nl-ov", "vng"):
        contact(code)
    for number in range(60):
        clock.advance(seconds=0.5)
        body = {"observedAt": clock(), "definition": "nightBeds", "people": 1900 if number % 2 else 2100}
        assert coa.post("centres/ter-apel/counts", body).expect(201)["outcome"]["judged"]
    for _ in range(11):
        tick()
        clock.advance(minutes=1)
    sent = Counter((message.organisation, message.kind) for message in channels["email"].sent)
    assert sent["ministry", "levelRaised"] + sent["ministry", "levelsGathered"] <= 7
    # Each kind goes by itself as often as the setting says, whatever else there is; then they come together.
    assert sent["nl-ov", "callUp"] == 6
    assert 1 <= sent["nl-ov", "callUpsGathered"] <= 2
    assert sent["ministry", "allClear"] == 6
    found = coa.get("alerts", kind="levelRaised", pageSize=100).items
    assert len(found) == 30
    states = Counter(row["state"] for one in found for row in coa.get(f"alerts/{one['id']}/deliveries").items)
    assert set(states) == {"delivered", "gathered"}
    newest = coa.get(f"alerts/{found[0]['id']}/deliveries").items[0]
    digest = coa.get(f"deliveries/{newest['gatheredIn']}").expect(200)
    assert digest["state"] == "delivered"
    assert "2.100" in coa.get(f"alerts/{digest['alert']}").expect(200)["text"]


def test_a_storm_before_the_clock_was_set_back_is_told_soon(
    deps: Deps, contact: Contact, clock: FakeClock, channels: dict[str, FakeChannel], tick: Tick
) -> None:
    contact("coa")
    for number in range(10):
        swing(deps, clock, number)
    clock.set(START.replace(hour=11))
    tick()
    assert kinds(channels["email"])["levelsGathered"] == 1

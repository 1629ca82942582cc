"""From a row in the outbox to an answer, on both stores, with a fake clock and fake channels."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from piket.alerts import service as alerts
from piket.alerts.channels import DeliveryError
from piket.alerts.delivery import deliver_due
from piket.alerts.models import Alert, Attempt, Delivery
from piket.alerts.rules import Answers, Fact, HowFull
from piket.audit.service import ENGINE, Actor
from piket.deps import Deps
from piket.organisations import service as organisations
from piket.organisations.service import ContactPointInfo
from tests.fakes import START, FakeChannel, FakeClock

Contact = Callable[..., ContactPointInfo]
OVERFLOW = Fact("levelRaised", centre="ter-apel", level="overflow", previous_level="high")
DOWN = DeliveryError("http-503")


def tell(deps: Deps, *codes: str, fact: Fact = OVERFLOW) -> str:
    with deps.writing(ring=False) as session:
        return alerts.enqueue(session, deps.now(), deps.settings, fact, dict.fromkeys(codes, ("overflow",))).alert


def deliveries(deps: Deps, **by: Any) -> list[Delivery]:
    with deps.reading() as session:
        return list(session.scalars(select(Delivery).filter_by(**by).order_by(Delivery.created_at, Delivery.id)))


def attempts(deps: Deps, delivery: str) -> list[tuple[str, str | None]]:
    with deps.reading() as session:
        rows = session.scalars(select(Attempt).where(Attempt.delivery == delivery).order_by(Attempt.at, Attempt.id))
        return [(row.outcome, row.reason) for row in rows]


def kinds(deps: Deps) -> list[str]:
    with deps.reading() as session:
        return list(session.scalars(select(Alert.kind).order_by(Alert.seq)))


def state_of(deps: Deps, point: ContactPointInfo) -> str:
    with deps.reading() as session:
        return organisations.find_contact_point(session, point.id).state


def webhook(deps: Deps, code: str, **more: Any) -> ContactPointInfo:
    """A webhook that has not passed its test."""
    with deps.writing(ring=False) as session:
        return organisations.add_contact_point(
            session, deps.now(), ENGINE, code, channel="webhook", address=f"http://127.0.0.1:9/{code}", **more
        )


def test_a_delivery_goes_out_once_and_says_what_the_alert_says(
    deps: Deps, contact: Contact, channels: dict[str, FakeChannel]
) -> None:
    contact("nl-ov")
    contact("nl-ov", channel="webhook")
    alert = tell(deps, "nl-ov")
    assert deliver_due(deps, deps.now()) == 2
    assert deliver_due(deps, deps.now()) == 0
    mail, event = channels["email"].sent[0], channels["webhook"].sent[0]
    assert mail.subject and mail.text and mail.html
    assert mail.urgent
    assert event.event["type"] == "nl.opvangpiket.level-raised.v1"
    assert event.event["id"] == event.event["data"]["id"] == alert
    assert event.secrets
    assert [row.state for row in deliveries(deps)] == ["delivered", "delivered"]


def test_a_repeat_is_the_same_to_the_last_byte_however_much_later_but_for_who_has_read_it_meanwhile(
    deps: Deps, contact: Contact, channels: dict[str, FakeChannel], clock: FakeClock
) -> None:
    """Text and figures are of the moment of the alert; `acknowledgements` are as `GET alerts/{id}` shows them then."""
    known = HowFull(2129, 45, "nightBeds", START - timedelta(minutes=35), 2000, 129)
    fact = Fact("levelRaised", centre="ter-apel", level="overflow", previous_level="high", answers=Answers(known))
    contact("nl-ov", channel="webhook")
    contact("nl-ut")
    alert = tell(deps, "nl-ov", "nl-ut", fact=fact)
    channels["webhook"].failing = DOWN
    deliver_due(deps, deps.now())
    deliver_due(deps, clock.advance(minutes=7))
    deliver_due(deps, clock.advance(hours=30))
    first, *repeats = channels["webhook"].attempts
    assert "(35 minuten oud)" in first.event["data"]["text"]
    assert len(repeats) == 2 and {repeat.body for repeat in repeats} == {first.body}
    with deps.writing(ring=False) as session:
        alerts.acknowledge(session, deps.now(), Actor("nl-ut"), alert)
    channels["webhook"].failing = None
    deliver_due(deps, clock.advance(hours=2))
    last = channels["webhook"].sent[0].event
    assert [read["organisation"] for read in last["data"]["acknowledgements"]] == ["nl-ut"]
    assert {**last["data"], "acknowledgements": []} == first.event["data"]
    assert {**last, "data": None} == {**first.event, "data": None}


def test_the_letter_is_in_the_language_of_the_contact_point(
    deps: Deps, contact: Contact, channels: dict[str, FakeChannel]
) -> None:
    contact("nl-ov", language="en")
    contact("nl-ut")
    tell(deps, "nl-ov", "nl-ut")
    deliver_due(deps, deps.now())
    subjects = {message.organisation: message.subject for message in channels["email"].sent}
    assert subjects["nl-ov"] != subjects["nl-ut"]


def test_a_failed_delivery_is_tried_again_with_the_same_id_at_its_moment_and_not_before(
    deps: Deps, contact: Contact, channels: dict[str, FakeChannel], clock: FakeClock
) -> None:
    contact("nl-ov")
    tell(deps, "nl-ov")
    channels["email"].failing = DOWN
    moments = []
    for _ in range(60):
        if deliver_due(deps, clock.now):
            moments.append((clock.now - START).total_seconds())
        clock.advance(seconds=1)
    planned = [0, 1, 2, 5, 10, 30]
    assert len(moments) == len(planned)
    assert all(at <= moment <= at * 1.2 + 2 for at, moment in zip(planned, moments, strict=True))
    channels["email"].failing = None
    clock.advance(minutes=1)
    assert deliver_due(deps, clock.now) == 1
    assert len({message.delivery for message in channels["email"].attempts}) == 1
    row = deliveries(deps)[0]
    assert (row.state, row.attempts, row.failures) == ("delivered", 7, 6)
    assert attempts(deps, row.id) == [("failed", "http-503")] * 6 + [("delivered", None)]


def test_retry_after_puts_the_next_attempt_off(
    deps: Deps, contact: Contact, channels: dict[str, FakeChannel], clock: FakeClock
) -> None:
    contact("nl-ov", channel="webhook")
    tell(deps, "nl-ov")
    channels["webhook"].failing = DeliveryError("http-429", retry_after=120)
    deliver_due(deps, clock.now)
    assert deliveries(deps)[0].next_attempt_at == START + timedelta(seconds=120)
    clock.advance(seconds=119)
    assert deliver_due(deps, clock.now) == 0


def test_the_first_attempt_is_short_and_later_ones_are_longer(
    deps: Deps, contact: Contact, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = []

    class Measuring:
        def send(self, message: Any, *, time_limit: float) -> None:
            limits.append(time_limit)
            raise DOWN

    monkeypatch.setattr(deps, "channels", {"email": Measuring()})
    contact("nl-ov")
    tell(deps, "nl-ov")
    for _ in range(2):
        deliver_due(deps, clock.now)
        clock.advance(seconds=2)
    assert limits == [5.0, 10.0]


def test_a_webhook_that_says_410_ends_and_who_can_ring_is_told(
    deps: Deps, contact: Contact, channels: dict[str, FakeChannel]
) -> None:
    point = contact("nl-ov", channel="webhook")
    contact("nl-ov", channel="telephone", address="+31 38 4998899")
    for code in ("coa", "ministry", "operator"):
        contact(code)
    alert = tell(deps, "nl-ov")
    channels["webhook"].failing = DeliveryError("http-410", permanent=True)
    deliver_due(deps, deps.now())
    assert state_of(deps, point) == "ended"
    failed = deliveries(deps, channel="webhook")[0]
    assert (failed.state, failed.gave_up_at) == ("failed", START)
    assert attempts(deps, failed.id) == [("refused", "http-410")]
    told = [message for message in channels["email"].sent if message.kind == "deliveryFailed"]
    assert sorted(message.organisation for message in told) == ["coa", "ministry", "operator"]
    with deps.reading() as session:
        details = session.scalars(select(Alert.details).where(Alert.kind == "deliveryFailed")).one()
    assert details["organisation"] == "nl-ov"
    assert details["telephone"] == "+31 38 4998899"
    assert details["alert"] == alert
    tell(deps, "nl-ov")
    assert len(deliveries(deps, channel="webhook")) == 1


def test_a_mailbox_that_is_unknown_shows_as_failing_and_works_again_after_a_success(
    deps: Deps, contact: Contact, channels: dict[str, FakeChannel]
) -> None:
    point = contact("nl-ov")
    tell(deps, "nl-ov")
    channels["email"].failing = lambda m: (
        DeliveryError("smtp-550", permanent=True) if m.organisation == "nl-ov" else None
    )
    deliver_due(deps, deps.now())
    assert state_of(deps, point) == "failing"
    channels["email"].failing = None
    tell(deps, "nl-ov")
    deliver_due(deps, deps.now())
    assert state_of(deps, point) == "active"


def test_a_delivery_is_given_up_after_its_last_attempt_and_stays_visible(
    deps: Deps, contact: Contact, channels: dict[str, FakeChannel], clock: FakeClock
) -> None:
    point = contact("nl-ov")
    contact("coa")
    tell(deps, "nl-ov")
    channels["email"].failing = lambda message: DOWN if message.organisation == "nl-ov" else None
    for _ in range(400):
        deliver_due(deps, clock.now)
        if deliveries(deps, organisation="nl-ov")[0].state == "failed":
            break
        clock.advance(minutes=10)
    row = deliveries(deps, organisation="nl-ov")[0]
    assert (row.state, row.failures) == ("failed", 35)
    assert timedelta(hours=24) <= clock.now - START < timedelta(hours=34)
    assert state_of(deps, point) == "failing"
    assert kinds(deps) == ["levelRaised", "deliveryFailed"]
    with deps.reading() as session:
        assert alerts.undelivered(session, START + timedelta(hours=23), []) > 0
    assert [m.kind for m in channels["email"].sent] == ["deliveryFailed"]


def test_nothing_is_told_about_a_message_that_tells_of_a_failure_or_a_test(
    deps: Deps, contact: Contact, channels: dict[str, FakeChannel]
) -> None:
    contact("nl-ov")
    for code in ("coa", "ministry", "operator"):
        contact(code)
    tell(deps, "nl-ov")
    channels["email"].failing = DeliveryError("smtp-550", permanent=True)
    deliver_due(deps, deps.now())
    assert kinds(deps) == ["levelRaised", "deliveryFailed"]


def test_contact_points_left_out_are_told_when_the_third_attempt_fails(
    deps: Deps, contact: Contact, channels: dict[str, FakeChannel], clock: FakeClock
) -> None:
    contact("nl-ov", "first@nl-ov.example")
    contact("nl-ov", "acute@nl-ov.example", minimum_level="acute")
    tell(deps, "nl-ov")
    channels["email"].failing = lambda message: DOWN if message.address.startswith("first") else None
    for _ in range(2):
        deliver_due(deps, clock.now)
        clock.advance(seconds=2)
    assert [message.address for message in channels["email"].sent] == []
    deliver_due(deps, clock.now)
    deliver_due(deps, clock.now)
    assert [message.address for message in channels["email"].sent] == ["acute@nl-ov.example"]
    clock.advance(minutes=5)
    deliver_due(deps, clock.now)
    assert len(deliveries(deps)) == 2


def test_contact_points_left_out_are_told_at_once_when_the_refusal_is_permanent(
    deps: Deps, contact: Contact, channels: dict[str, FakeChannel]
) -> None:
    contact("nl-ov", "first@nl-ov.example")
    contact("nl-ov", "acute@nl-ov.example", minimum_level="acute")
    tell(deps, "nl-ov")
    gone = DeliveryError("smtp-550", permanent=True)
    channels["email"].failing = lambda message: gone if message.address.startswith("first") else None
    deliver_due(deps, deps.now())
    assert "acute@nl-ov.example" in [message.address for message in channels["email"].sent]


def test_a_new_webhook_gets_its_test_and_what_was_queued_only_after_a_2xx(
    deps: Deps, channels: dict[str, FakeChannel], clock: FakeClock, seeded: object
) -> None:
    point = webhook(deps, "nl-ov")
    tell(deps, "nl-ov")
    with deps.writing(ring=False) as session:
        alerts.enqueue_test(session, clock.now, deps.settings, point, "nl-ov")
    channels["webhook"].failing = DOWN
    deliver_due(deps, clock.now)
    assert [message.kind for message in channels["webhook"].attempts] == ["test"]
    tell(deps, "nl-ov")
    clock.advance(seconds=2)
    channels["webhook"].failing = None
    deliver_due(deps, clock.now)
    assert [message.kind for message in channels["webhook"].sent] == ["test", "levelRaised", "levelRaised"]
    assert state_of(deps, point) == "active"


def test_what_was_queued_fails_and_is_told_once_when_the_test_is_refused_for_good(
    deps: Deps, channels: dict[str, FakeChannel], contact: Contact, clock: FakeClock
) -> None:
    contact("coa")
    point = webhook(deps, "nl-ov")
    for _ in range(2):
        tell(deps, "nl-ov")
    deliver_due(deps, clock.now)
    with deps.writing(ring=False) as session:
        alerts.enqueue_test(session, clock.now, deps.settings, point, "nl-ov")
    channels["webhook"].failing = DeliveryError("http-410", permanent=True)
    deliver_due(deps, clock.now)
    assert [row.state for row in deliveries(deps, channel="webhook")] == ["failed"] * 3
    assert kinds(deps).count("deliveryFailed") == 1
    assert len(channels["webhook"].attempts) == 1


def test_what_waited_is_let_go_when_its_contact_point_is_ended(
    deps: Deps, channels: dict[str, FakeChannel], tick: Callable[[], Any], seeded: object
) -> None:
    point = webhook(deps, "nl-ov")
    tell(deps, "nl-ov")
    tick()
    assert deliveries(deps)[0].next_attempt_at is None
    with deps.writing(ring=False) as session:
        organisations.end_contact_point(session, deps.now(), ENGINE, point.id)
    tick()
    row = deliveries(deps)[0]
    assert (row.state, attempts(deps, row.id)) == ("failed", [("stopped", "ended")])
    assert channels["webhook"].attempts == []


def test_a_retry_stops_when_the_organisation_has_read_the_alert_by_another_way(
    deps: Deps, contact: Contact, channels: dict[str, FakeChannel], clock: FakeClock
) -> None:
    contact("nl-ov")
    alert = tell(deps, "nl-ov")
    channels["email"].failing = DOWN
    deliver_due(deps, clock.now)
    with deps.writing(ring=False) as session:
        alerts.acknowledge(session, clock.now, Actor("nl-ov"), alert)
    clock.advance(seconds=2)
    assert deliver_due(deps, clock.now) == 0
    row = deliveries(deps)[0]
    assert (row.state, attempts(deps, row.id)[-1]) == ("failed", ("stopped", "acknowledged"))
    with deps.reading() as session:
        assert alerts.undelivered(session, clock.now, []) == 0


def test_every_contact_point_is_told_once_also_when_the_alert_was_acknowledged_first(
    deps: Deps, contact: Contact, channels: dict[str, FakeChannel]
) -> None:
    contact("nl-ov")
    alert = tell(deps, "nl-ov")
    with deps.writing(ring=False) as session:
        alerts.acknowledge(session, deps.now(), Actor("nl-ov"), alert)
    deliver_due(deps, deps.now())
    assert len(channels["email"].sent) == 1


def test_a_message_that_cannot_be_made_holds_up_no_other_and_shows(
    deps: Deps, contact: Contact, channels: dict[str, FakeChannel], monkeypatch: pytest.MonkeyPatch
) -> None:
    contact("nl-ov")
    contact("nl-ut")
    tell(deps, "nl-ov", fact=dataclasses.replace(OVERFLOW, kind="unheard-of"))
    tell(deps, "nl-ut")
    deliver_due(deps, deps.now())
    assert [message.organisation for message in channels["email"].sent] == ["nl-ut"]
    assert attempts(deps, deliveries(deps, organisation="nl-ov")[0].id) == [("failed", "internal-error")]


def test_a_channel_that_breaks_is_a_failed_attempt_and_its_words_are_not_logged(
    deps: Deps, contact: Contact, channels: dict[str, FakeChannel], caplog: pytest.LogCaptureFixture
) -> None:
    contact("nl-ov")
    tell(deps, "nl-ov")
    channels["email"].failing = ZeroDivisionError("piket@nl-ov.example")
    deliver_due(deps, deps.now())
    assert attempts(deps, deliveries(deps)[0].id) == [("failed", "internal-error")]
    assert "piket@nl-ov.example" not in caplog.text

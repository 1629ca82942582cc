from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from piket.alerts import service as alerts
from piket.alerts.models import Acknowledgement, Alert, Attempt, Delivery, Recipient
from piket.alerts.rules import Answers, EnoughPlaces, Fact, HowFull, WhoActs
from piket.audit.models import AuditEntry
from piket.audit.service import ENGINE, Actor, OnBehalf
from piket.errors import Conflict, NotFound, Refused
from piket.organisations import service as organisations
from piket.settings import Settings
from tests.fakes import START

RAISED = Fact("levelRaised", centre="ter-apel", level="overflow", previous_level="high", overflow="episode")
SATURDAY = datetime.fromisoformat("2024-09-14T12:00:00+00:00")


@pytest.fixture(autouse=True)
def people(session: Session, settings: Settings) -> None:
    organisations.seed(session, START, settings)


def reach(session: Session, organisation: str, address: str | None = None, **more: Any) -> str:
    given = {"channel": "email", "address": address or f"piket@{organisation}.example", **more}
    return organisations.add_contact_point(session, START, ENGINE, organisation, **given).id


def deliveries(session: Session) -> list[Delivery]:
    return list(session.scalars(select(Delivery).order_by(Delivery.organisation)))


def told(*codes: str, levels: tuple[str, ...] = ("overflow",)) -> dict[str, tuple[str, ...]]:
    return dict.fromkeys(codes, levels)


def test_each_contact_point_gets_one_delivery_when_an_organisation_is_told(
    session: Session, settings: Settings
) -> None:
    reach(session, "coa")
    reach(session, "coa", "https://coa.example/hook", channel="webhook")
    sent = alerts.enqueue(session, START, settings, RAISED, told("coa"))
    rows = deliveries(session)
    assert sent.deliveries == 2
    assert {(row.channel, row.host, row.state) for row in rows} == {
        ("email", "mail", "pending"),
        ("webhook", "coa.example", "pending"),
    }
    assert all(row.next_attempt_at == START and row.alert == sent.alert for row in rows)


def test_a_telephone_gets_no_delivery_and_does_not_make_reachable(session: Session, settings: Settings) -> None:
    reach(session, "nl-ov", "+31 38 499 88 99", channel="telephone")
    assert alerts.enqueue(session, START, settings, RAISED, told("nl-ov")).deliveries == 0
    assert session.scalars(select(Recipient)).one().reachable is False


def test_a_shared_address_is_told_once_when_two_organisations_have_it(session: Session, settings: Settings) -> None:
    reach(session, "nl-ov", "desk@overijssel.example")
    reach(session, "cdk-nl-ov", "Desk@Overijssel.example")
    sent = alerts.enqueue(session, START, settings, RAISED, told("nl-ov", "cdk-nl-ov"))
    assert [row.organisation for row in deliveries(session)] == ["nl-ov"]
    assert sent.deliveries == 1
    assert all(row.reachable for row in session.scalars(select(Recipient)))
    assert alerts.undelivered(session, START, ()) == 0


def test_an_address_told_before_is_left_out_when_it_is_excepted(session: Session, settings: Settings) -> None:
    reach(session, "nl-ov", "desk@overijssel.example")
    reach(session, "cdk-nl-ov", "desk@overijssel.example")
    first = alerts.enqueue(session, START, settings, Fact("callUp"), told("nl-ov"))
    second = alerts.enqueue(session, START, settings, RAISED, told("cdk-nl-ov"), first.addresses)
    assert (second.deliveries, second.addresses) == (0, frozenset())
    assert alerts.undelivered(session, START, ()) == 0


def test_a_contact_point_is_passed_over_when_the_level_is_below_its_minimum(
    session: Session, settings: Settings
) -> None:
    reach(session, "coa", "all@coa.example")
    reach(session, "coa", "worst@coa.example", minimum_level="acute")
    assert alerts.enqueue(session, START, settings, RAISED, told("coa")).deliveries == 1
    assert alerts.enqueue(session, START, settings, Fact("callUp", level="overflow"), told("coa")).deliveries == 2


def test_the_level_left_decides_when_it_falls(session: Session, settings: Settings) -> None:
    reach(session, "coa", minimum_level="overflow")
    fall = Fact("levelLowered", centre="ter-apel", level="high", previous_level="overflow")
    lower = Fact("levelLowered", centre="ter-apel", level="watch", previous_level="high")
    assert alerts.enqueue(session, START, settings, fall, told("coa")).deliveries == 1
    assert alerts.enqueue(session, START, settings, lower, told("coa")).deliveries == 0


def test_an_office_is_left_out_at_night_unless_there_is_nobody_else(session: Session, settings: Settings) -> None:
    reach(session, "coa", "office@coa.example", hours="office")
    assert alerts.enqueue(session, SATURDAY, settings, RAISED, told("coa")).deliveries == 1
    reach(session, "coa", "night@coa.example")
    assert alerts.enqueue(session, SATURDAY, settings, RAISED, told("coa")).deliveries == 1
    assert alerts.enqueue(session, START, settings, RAISED, told("coa")).deliveries == 2
    assert alerts.enqueue(session, SATURDAY, settings, Fact("callUp"), told("coa")).deliveries == 2


def test_a_pending_webhook_is_queued_for_when_an_alert_arises(session: Session, settings: Settings) -> None:
    point = reach(session, "coa", "https://coa.example/hook", channel="webhook")
    assert organisations.find_contact_point(session, point).state == "pending"
    assert alerts.enqueue(session, START, settings, RAISED, told("coa")).deliveries == 1
    assert session.scalars(select(Recipient)).one().reachable


def test_what_was_known_is_kept_as_plain_values_when_an_alert_is_written(session: Session, settings: Settings) -> None:
    answers = Answers(
        HowFull(2129, 45, "nightBeds", START, 2000, 129), WhoActs("nl-ov", START), EnoughPlaces(179, 120, 59), True
    )
    fact = Fact("callUp", centre="ter-apel", answers=answers, details={"respondBy": START, "who": ("a", "b")})
    alerts.enqueue(session, START, settings, fact, told("coa"))
    alert = session.scalars(select(Alert)).one()
    assert alert.details == {"respondBy": "2024-09-16T12:00:00Z", "who": ["a", "b"]}
    assert alert.answers["howFull"]["observedAt"] == "2024-09-16T12:00:00Z"
    assert alert.answers["enoughPlaces"] == {"needed": 179, "committed": 120, "shortfall": 59}
    assert alert.centre_name == "Ter Apel"


class TestWhoWasTold:
    """`told_of` and `told_in`."""

    def rise(self, session: Session, settings: Settings, *codes: str, level: str, **more: Any) -> None:
        levels = {"watch": ("watch",), "overflow": ("watch", "high", "overflow"), "acute": ("acute",)}[level]
        fact = Fact(more.pop("kind", "levelRaised"), centre="ter-apel", level=level, overflow="episode", **more)
        alerts.enqueue(session, START, settings, fact, told(*codes, levels=levels))

    def fall(self, session: Session, settings: Settings, previous: str, level: str) -> None:
        fact = Fact("levelLowered", centre="ter-apel", level=level, previous_level=previous, overflow="episode")
        alerts.enqueue(session, START, settings, fact, told("coa"))

    def test_only_who_was_told_of_the_level_is_named_when_it_is_left(
        self, session: Session, settings: Settings
    ) -> None:
        self.rise(session, settings, "nl-dr", level="watch")
        self.rise(session, settings, "coa", "vng", level="overflow")
        self.rise(session, settings, "cdk-nl-fr", level="acute")
        assert alerts.told_of(session, "ter-apel", False, {"acute"}) == ("cdk-nl-fr",)
        assert alerts.told_of(session, "ter-apel", False, {"overflow", "acute"}) == ("coa", "vng", "cdk-nl-fr")
        assert alerts.told_of(session, "ter-apel", False, {"watch"}) == ("nl-dr", "coa", "vng")

    def test_nobody_is_named_twice_for_one_level_when_it_was_left_before(
        self, session: Session, settings: Settings
    ) -> None:
        self.rise(session, settings, "coa", "vng", level="overflow")
        self.fall(session, settings, "overflow", "watch")
        assert alerts.told_of(session, "ter-apel", False, {"overflow"}) == ()
        assert alerts.told_of(session, "ter-apel", False, {"watch"}) == ("coa", "vng")
        self.rise(session, settings, "ministry", level="overflow")
        assert alerts.told_of(session, "ter-apel", False, {"overflow"}) == ("ministry",)

    def test_a_call_up_counts_when_it_took_the_place_of_the_crossing(
        self, session: Session, settings: Settings
    ) -> None:
        self.rise(session, settings, "nl-ov", level="overflow", kind="callUp")
        assert alerts.told_of(session, "ter-apel", False, {"overflow"}) == ("nl-ov",)

    def test_a_drill_and_another_centre_are_kept_apart_when_asked(self, session: Session, settings: Settings) -> None:
        self.rise(session, settings, "nl-ov", level="overflow", drill=True)
        assert alerts.told_of(session, "ter-apel", False, {"overflow"}) == ()
        assert alerts.told_of(session, "ter-apel", True, {"overflow"}) == ("nl-ov",)
        assert alerts.told_of(session, "budel", True, {"overflow"}) == ()

    def test_an_episode_knows_everyone_it_told_but_not_the_hosts(self, session: Session, settings: Settings) -> None:
        self.rise(session, settings, "coa", "nl-ov", level="overflow")
        for kind, code in (("listEnded", "ministry"), ("commitmentChanged", "gm1950"), ("callUpAnswered", "coa")):
            alerts.enqueue(session, START, settings, Fact(kind, overflow="episode"), told(code))
        assert alerts.told_in(session, "episode") == ("coa", "nl-ov", "ministry")
        assert alerts.told_in(session, "another") == ()


class TestAcknowledging:
    """`acknowledge` and its like."""

    def test_a_repeat_gives_the_first_when_an_organisation_acknowledges_twice(
        self, session: Session, settings: Settings
    ) -> None:
        alert = alerts.enqueue(session, START, settings, RAISED, told("nl-ov")).alert
        assert not alerts.acknowledged(session, alert, "nl-ov")
        first = alerts.acknowledge(session, START, Actor("nl-ov"), alert)
        second = alerts.acknowledge(session, START + timedelta(minutes=5), Actor("nl-ov"), alert)
        assert (first.fresh, second.fresh) == (True, False)
        assert (second.id, second.at) == (first.id, START)
        assert alerts.acknowledged(session, alert, "nl-ov")
        assert session.scalar(select(func.count()).select_from(Acknowledgement)) == 1
        assert [entry.action for entry in session.scalars(select(AuditEntry))].count("acknowledge") == 1

    def test_it_is_refused_when_the_organisation_was_not_told(self, session: Session, settings: Settings) -> None:
        alert = alerts.enqueue(session, START, settings, RAISED, told("nl-ov")).alert
        with pytest.raises(Refused) as caught:
            alerts.acknowledge(session, START, Actor("nl-ut"), alert)
        assert caught.value.code == "not-told"
        with pytest.raises(NotFound):
            alerts.acknowledge(session, START, Actor("nl-ov"), "no-such-alert")

    def test_the_organisation_is_told_when_another_enters_it(self, session: Session, settings: Settings) -> None:
        reach(session, "nl-ov")
        fact = Fact("callUp", overflow="episode", answers=Answers(HowFull(people=2129)))
        alert = alerts.enqueue(session, START, settings, fact, told("nl-ov")).alert
        actor = Actor("coa", on_behalf=OnBehalf("nl-ov", "piketfunctionaris", "telefoon"))
        read = alerts.acknowledge_for(session, START, settings, actor, alert)
        alerts.acknowledge_for(session, START, settings, actor, alert)
        assert (read.organisation, read.on_behalf) == (
            "nl-ov",
            {"organisation": "nl-ov", "by": "coa", "saidBy": "piketfunctionaris", "via": "telefoon"},
        )
        told_row = session.scalars(select(Alert).where(Alert.kind == "callUpAnswered")).one()
        assert told_row.details["entered"] == "acknowledgement"
        assert told_row.answers["howFull"]["people"] == 2129
        assert session.get(Recipient, (told_row.id, "nl-ov")) is not None


class TestUndelivered:
    """What the situation counts."""

    def failing(self, session: Session, settings: Settings, at: datetime = START, **how: Any) -> Delivery:
        reach(session, "coa")
        fact = Fact("levelRaised", level="overflow", overflow="episode", drill=how.pop("drill", False))
        alert = alerts.enqueue(session, at, settings, fact, told("coa")).alert
        delivery = session.scalars(select(Delivery).where(Delivery.alert == alert)).one()
        for name, value in how.items():
            setattr(delivery, name, value)
        session.flush()
        return delivery

    @pytest.mark.parametrize(
        ("how", "expected"),
        [
            ({"failures": 2}, 0),
            ({"failures": 3}, 1),
            ({"failures": 3, "state": "sending"}, 1),
            ({"failures": 1, "state": "failed", "gave_up_at": START}, 1),
            ({"failures": 3, "state": "delivered", "delivered_at": START}, 0),
            ({"failures": 3, "drill": True}, 0),
        ],
    )
    def test_it_counts_when_three_attempts_failed_or_it_was_given_up(
        self, session: Session, settings: Settings, how: dict[str, Any], expected: int
    ) -> None:
        self.failing(session, settings, **how)
        assert alerts.undelivered(session, START, ()) == expected

    def test_it_no_longer_counts_when_the_organisation_acknowledged(self, session: Session, settings: Settings) -> None:
        delivery = self.failing(session, settings, failures=3)
        alerts.acknowledge(session, START, Actor("coa"), delivery.alert)
        assert alerts.undelivered(session, START, ()) == 0

    def test_an_old_one_counts_only_while_its_episode_is_open(self, session: Session, settings: Settings) -> None:
        self.failing(session, settings, failures=3)
        later = START + timedelta(hours=24, seconds=1)
        assert alerts.undelivered(session, later, ()) == 0
        assert alerts.undelivered(session, later, ["episode"]) == 1
        assert alerts.undelivered(session, later, ["another"]) == 0
        assert alerts.undelivered(session, START, ["episode"]) == 1

    def test_an_organisation_counts_when_it_has_no_open_contact_point(
        self, session: Session, settings: Settings
    ) -> None:
        alert = alerts.enqueue(session, START, settings, RAISED, told("nl-ov")).alert
        alerts.enqueue(session, START, settings, Fact("callUp", drill=True), told("nl-ut"))
        assert alerts.undelivered(session, START, ()) == 1
        alerts.acknowledge(session, START, Actor("nl-ov"), alert)
        assert alerts.undelivered(session, START, ()) == 0

    def test_those_that_are_listed_are_those_that_are_counted(self, session: Session, settings: Settings) -> None:
        old = self.failing(session, settings, at=START - timedelta(hours=25), failures=3)
        alerts.enqueue(session, START, settings, Fact("callUp", overflow="episode", drill=True), told("nl-ut"))
        alert = alerts.enqueue(session, START, settings, RAISED, told("nl-ov")).alert
        session.add(Attempt(delivery=old.id, at=START, outcome="failed", reason="timed-out", duration_ms=1))
        session.flush()

        def listed(overflows: list[str], organisation: str | None = None, **part: int) -> list[tuple[str, str | None]]:
            total, lines = alerts.undelivered_lines(session, START, overflows, organisation, **part)
            assert organisation or total == alerts.undelivered(session, START, overflows)
            return [(line.organisation, line.delivery) for line in lines]

        assert listed([]) == [("nl-ov", None)]
        assert listed(["episode"]) == [("nl-ov", None), ("coa", old.id)]
        assert listed(["episode"], limit=1) == listed([])
        assert listed(["episode"], skip=1) == listed(["episode"], "coa") == [("coa", old.id)]
        first, last = alerts.undelivered_lines(session, START, ["episode"])[1]
        assert (first.alert.id, first.last, first.may_retry) == (alert, None, False)
        assert last.last is not None and last.last.reason == "timed-out" and not last.may_retry


def test_a_test_goes_to_one_contact_point_when_asked(session: Session, settings: Settings) -> None:
    reach(session, "coa", "other@coa.example")
    point = organisations.find_contact_point(session, reach(session, "coa"))
    sent = alerts.enqueue_test(session, START, settings, point, "coa")
    assert [row.contact_point for row in deliveries(session)] == [point.id]
    assert sent.deliveries == 1
    phone = organisations.find_contact_point(session, reach(session, "coa", "+31 70 000 00 00", channel="telephone"))
    with pytest.raises(Conflict):
        alerts.enqueue_test(session, START, settings, phone, "coa")

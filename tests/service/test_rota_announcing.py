"""Hand-overs told by a pass: each once, to both provinces, whatever the clock does."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from piket.alerts.models import Alert, Recipient
from piket.audit.service import Actor
from piket.organisations import service as organisations
from piket.rota import service as rota
from piket.rota.models import HandOverNotice
from piket.rota.rules import Definition
from piket.rota.service import Decision, OverrideInfo, OverrideWish
from piket.settings import SeedExemption, Settings
from tests.fakes import START

MINISTRY = Actor("ministry")
HOUR = timedelta(hours=1)
HAND_OVER = datetime(2024, 9, 25, 10, tzinfo=UTC)  # Overijssel to Utrecht

Told = tuple[str, str | None, str | None, tuple[str, ...]]


@pytest.fixture(autouse=True)
def _seeded(session: Session, settings: Settings) -> None:
    organisations.seed(session, START, settings)
    rota.seed(session, START, settings)


def announced(session: Session, settings: Settings, at: datetime) -> list[Told]:
    """What a pass at `at` told: moment, leaving, coming, and to whom."""
    before = set(session.scalars(select(Alert.id)))
    count = rota.announce(session, at, settings, rota.Pressing())
    fresh = [alert for alert in session.scalars(select(Alert).order_by(Alert.seq)) if alert.id not in before]
    fresh = [alert for alert in fresh if alert.kind != "emergencyCard"]
    assert len(fresh) == count
    assert {alert.kind for alert in fresh} <= {"handOver"}
    return [(a.details["moment"], a.details["leaving"], a.details["coming"], told_by(session, a.id)) for a in fresh]


def told_by(session: Session, alert: str) -> tuple[str, ...]:
    return tuple(
        session.scalars(select(Recipient.organisation).where(Recipient.alert == alert).order_by(Recipient.position))
    )


def override(session: Session, now: datetime, since: datetime | None, until: datetime, who: str) -> OverrideInfo:
    return rota.override(session, now, MINISTRY, "piket", OverrideWish(until, who, "nodig", since))


def test_a_hand_over_is_told_a_day_before_and_at_its_moment_to_both(session: Session, settings: Settings) -> None:
    both = ("nl-ov", "nl-ut")
    assert announced(session, settings, START) == []
    assert announced(session, settings, HAND_OVER - 24 * HOUR - timedelta(seconds=1)) == []
    assert announced(session, settings, HAND_OVER - 24 * HOUR) == [("before", "nl-ov", "nl-ut", both)]
    assert announced(session, settings, HAND_OVER - HOUR) == []
    assert announced(session, settings, HAND_OVER) == [("now", "nl-ov", "nl-ut", both)]
    assert announced(session, settings, HAND_OVER + HOUR) == []


def test_the_alert_says_the_rota_is_proposed_and_who_acts_until_it_is_decided(
    session: Session, settings: Settings
) -> None:
    announced(session, settings, HAND_OVER)
    definition = rota.find_rota(session, "piket").definition
    rota.put_rota(session, HAND_OVER, MINISTRY, "piket", definition, Decision("minister", date(2024, 9, 1)), settings)
    announced(session, settings, HAND_OVER + timedelta(days=14))
    first, second = session.scalars(select(Alert).where(Alert.kind == "handOver").order_by(Alert.seq)).all()
    assert (first.answers["rotaProposed"], second.answers["rotaProposed"]) == (True, False)
    assert second.answers["whoActs"] == {"organisation": "nl-ze", "by": None}
    announced(session, settings, HAND_OVER + timedelta(days=27, hours=12))
    before = session.scalars(select(Alert).where(Alert.kind == "handOver").order_by(Alert.seq)).all()[-1]
    assert (before.details["moment"], before.answers["whoActs"]["organisation"]) == ("before", "nl-ze")
    assert second.details["at"] == "2024-10-09T10:00:00Z"


def test_the_turn_under_way_when_the_rota_is_made_is_not_told(session: Session, settings: Settings) -> None:
    assert announced(session, settings, START + HOUR) == []


def test_only_the_newest_is_told_and_the_missed_are_marked_when_the_clock_has_jumped(
    session: Session, settings: Settings
) -> None:
    assert announced(session, settings, HAND_OVER + timedelta(days=30)) == [
        ("now", "nl-ze", "nl-zh", ("nl-ze", "nl-zh"))
    ]
    outcomes = session.scalars(select(HandOverNotice.outcome).order_by(HandOverNotice.at)).all()
    assert outcomes == ["missed", "missed", "told"]
    assert announced(session, settings, HAND_OVER + timedelta(days=30, seconds=1)) == []


def test_an_override_under_way_is_told_by_the_next_pass_and_its_end_as_well(
    session: Session, settings: Settings
) -> None:
    announced(session, settings, START)
    override(session, START, None, START + 5 * HOUR, "nl-fl")
    told = announced(session, settings, START + timedelta(seconds=1))
    assert told == [("now", "nl-ov", "nl-fl", ("nl-ov", "nl-fl")), ("before", "nl-fl", "nl-ov", ("nl-fl", "nl-ov"))]
    assert announced(session, settings, START + 5 * HOUR) == [("now", "nl-fl", "nl-ov", ("nl-fl", "nl-ov"))]


def test_an_override_that_began_just_before_the_last_pass_ended_is_still_told(
    session: Session, settings: Settings
) -> None:
    announced(session, settings, HAND_OVER)
    announced(session, settings, HAND_OVER + 3 * HOUR)
    override(session, HAND_OVER + 3 * HOUR - timedelta(seconds=2), None, HAND_OVER + 30 * HOUR, "nl-fl")
    told = announced(session, settings, HAND_OVER + 3 * HOUR + timedelta(seconds=1))
    assert told == [("now", "nl-ut", "nl-fl", ("nl-ut", "nl-fl"))]


def test_what_was_told_beforehand_is_taken_back_when_the_override_is(session: Session, settings: Settings) -> None:
    made = override(session, START, START + 20 * HOUR, START + 60 * HOUR, "nl-fl")
    assert announced(session, settings, START) == [("before", "nl-ov", "nl-fl", ("nl-ov", "nl-fl"))]
    rota.end_override(session, START + HOUR, MINISTRY, made.id)
    assert announced(session, settings, START + HOUR) == [("withdrawn", "nl-ov", "nl-fl", ("nl-ov", "nl-fl"))]
    assert announced(session, settings, START + 2 * HOUR) == []


def test_who_was_told_hears_that_another_takes_over(session: Session, settings: Settings) -> None:
    announced(session, settings, HAND_OVER - 20 * HOUR)
    override(session, HAND_OVER - 19 * HOUR, HAND_OVER, HAND_OVER + timedelta(days=14), "nl-li")
    told = announced(session, settings, HAND_OVER - 19 * HOUR)
    assert told == [("before", "nl-ov", "nl-li", ("nl-ov", "nl-li", "nl-ut"))]


def test_nothing_is_told_when_the_one_on_duty_stays(session: Session, settings: Settings) -> None:
    override(session, START, HAND_OVER, HAND_OVER + timedelta(days=14), "nl-ov")
    assert announced(session, settings, HAND_OVER - HOUR) == []
    assert announced(session, settings, HAND_OVER) == []


def test_coa_and_the_ministry_are_told_when_nobody_takes_over(session: Session, settings: Settings) -> None:
    seed = settings.rotas[0]
    away = SeedExemption("nl-dr", "x", date(2024, 10, 1), date(2024, 10, 1))
    alone = dataclasses.replace(seed, code="alleen", members=("nl-dr",), exemption=(away,))
    rota.seed(session, START, dataclasses.replace(settings, rotas=(alone,)))
    told = announced(session, settings, HAND_OVER)
    assert ("now", "nl-dr", None, ("nl-dr", "coa", "ministry")) in told
    assert rota.on_duty(session, HAND_OVER, "alleen").organisations == ()
    assert "every member is exempt" in rota.on_duty(session, HAND_OVER, "alleen").why


def test_a_rota_with_slots_tells_all_who_change_in_one_alert(session: Session, settings: Settings) -> None:
    definition = Definition(
        "Vier tegelijk", tuple((f"nl-{c}",) for c in "dr fl fr ge".split()), date(2024, 9, 11), slots=2
    )
    rota.put_rota(session, START, MINISTRY, "vier", definition, Decision("minister", date(2024, 9, 1)), settings)
    told = [entry for entry in announced(session, settings, HAND_OVER) if entry[1] != "nl-ov"]
    assert told == [("now", ["nl-dr", "nl-fl"], ["nl-fr", "nl-ge"], ("nl-dr", "nl-fl", "nl-fr", "nl-ge"))]

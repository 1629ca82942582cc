"""Overrides: duty for a while, on purpose; what has been stays."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from piket.audit.service import Actor
from piket.errors import Conflict, Invalid, NotFound
from piket.organisations import service as organisations
from piket.rota import service as rota
from piket.rota.service import OverrideInfo, OverrideWish
from piket.settings import Settings
from piket.words import Words
from tests.fakes import START

MINISTRY = Actor("ministry")
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _seeded(session: Session, settings: Settings) -> None:
    organisations.seed(session, START, settings)
    rota.seed(session, START, settings)


def override(session: Session, **change: Any) -> OverrideInfo:
    wish = OverrideWish(
        **{
            "from_at": START + HOUR,
            "until_at": START + 5 * HOUR,
            "organisation": "nl-fl",
            "reason": "Overmacht.",
            **change,
        }
    )
    return rota.override(session, START, MINISTRY, "piket", wish)


def on(session: Session, at: datetime) -> tuple[str, ...]:
    return rota.on_duty(session, at).organisations


def test_an_override_gives_duty_for_its_time_and_says_by_whom_and_why(session: Session) -> None:
    made = override(session)
    assert made.state == "coming"
    assert [on(session, START + n * HOUR) for n in (0, 1, 4, 5)] == [("nl-ov",), ("nl-fl",), ("nl-fl",), ("nl-ov",)]
    duty = rota.on_duty(session, START + 2 * HOUR)
    assert (duty.since, duty.until_at, duty.standby, duty.next) == (START + HOUR, START + 5 * HOUR, "nl-ov", "nl-ut")
    why = Words("en")(duty.why)
    assert "Flevoland has duty instead of Overijssel from" in why
    assert "by decision of Ministerie van Asiel en Migratie: Overmacht." in why
    assert rota.call_order(session, START + 2 * HOUR)[:3] == ("nl-fl", "nl-ov", "nl-ut")


def test_duty_since_goes_on_after_the_override_has_ended(session: Session) -> None:
    override(session)
    assert rota.on_duty(session, START + 6 * HOUR).since == START + 5 * HOUR


def test_an_override_without_beginning_or_that_should_have_begun_just_now_begins_at_once(session: Session) -> None:
    made = override(session, from_at=None)
    assert (made.from_at, made.state) == (START, "current")
    rota.end_override(session, START, MINISTRY, made.id)
    assert override(session, from_at=START - timedelta(minutes=5)).from_at == START


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"from_at": START + 5 * HOUR}, "until"),
        ({"from_at": START + 6 * HOUR}, "until"),
        ({"from_at": START - 9 * HOUR, "until_at": START - HOUR}, "from"),
        ({"from_at": START - timedelta(minutes=5, seconds=1)}, "from"),
        ({"until_at": START + timedelta(days=500)}, "until"),
        ({"organisation": "nl-xx"}, "organisation"),
        ({"organisation": "coa"}, "organisation"),
        ({"organisation": "cdk-nl-dr"}, "organisation"),
        ({"replaces": "nl-ut"}, "replaces"),
    ],
)
def test_an_override_that_cannot_be_is_refused(session: Session, change: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        override(session, **change)
    assert [fault.field for fault in caught.value.faults] == [field]
    assert on(session, START + 2 * HOUR) == ("nl-ov",)


def test_an_override_over_another_is_refused_and_one_beside_it_is_not(session: Session) -> None:
    override(session)
    for since, until in ((1, 5), (4, 6), (0.5, 1.1), (2, 3)):
        with pytest.raises(Conflict):
            override(session, from_at=START + since * HOUR, until_at=START + until * HOUR)
    override(session, from_at=START + 5 * HOUR, until_at=START + 6 * HOUR, organisation="nl-dr")
    assert on(session, START + 5 * HOUR) == ("nl-dr",)


def test_one_to_come_never_holds_when_it_is_taken_back_and_makes_room(session: Session) -> None:
    made = override(session)
    ended = rota.end_override(session, START, MINISTRY, made.id)
    assert (ended.state, ended.ended_at, ended.ended_by) == ("cancelled", START, "ministry")
    assert on(session, START + 2 * HOUR) == ("nl-ov",)
    override(session)


def test_one_under_way_ends_at_that_moment_and_the_past_stays(session: Session) -> None:
    made = override(session)
    ended = rota.end_override(session, START + 3 * HOUR, MINISTRY, made.id)
    assert ended.state == "over"
    assert [on(session, START + n * HOUR) for n in (2, 3)] == [("nl-fl",), ("nl-ov",)]
    assert rota.end_override(session, START + 4 * HOUR, MINISTRY, made.id) == ended


def test_one_that_is_over_cannot_be_taken_back(session: Session) -> None:
    made = override(session)
    with pytest.raises(Conflict):
        rota.end_override(session, START + 5 * HOUR, MINISTRY, made.id)
    with pytest.raises(NotFound):
        rota.end_override(session, START, MINISTRY, "unknown")


def test_the_calendar_shows_a_whole_override_as_the_slot_and_a_part_beside_it(session: Session) -> None:
    now, following = rota.calendar(session, START, START, START + timedelta(days=20))[:2]
    override(session)
    override(session, from_at=following.from_at, until_at=following.until_at, organisation="nl-li")
    first, second = rota.calendar(session, START, START, START + timedelta(days=20))[:2]
    assert [(s.organisations, s.origin, s.state) for s in first.slots] == [(("nl-ov",), "rota", "onDuty")]
    assert [o.organisation for o in first.overrides] == ["nl-fl"]
    assert [(s.organisations, s.origin, s.state) for s in second.slots] == [(("nl-li",), "override", "coming")]
    assert (now.standby, first.standby, second.standby) == ("nl-ut", "nl-fl", "nl-ze")
    assert "Limburg has duty instead of Utrecht" in second.why


def test_the_turn_of_a_moment_has_the_slots_in_force_then(session: Session) -> None:
    override(session)
    before, during = (rota.turn_at(session, START, START + n * HOUR) for n in (0, 2))
    assert before.id == during.id
    assert [(s.organisations, s.origin) for s in before.slots] == [(("nl-ov",), "rota")]
    assert [(s.organisations, s.origin) for s in during.slots] == [(("nl-fl",), "override")]
    assert during.standby == "nl-ov"
    assert "Flevoland" not in before.why and "Flevoland" in during.why

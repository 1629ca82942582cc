"""Cover a year ahead, and that a hole is told when it appears, once, and again only when it comes again."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from piket.alerts.models import Alert, Recipient
from piket.audit.service import Actor
from piket.errors import NotFound
from piket.organisations import service as organisations
from piket.rota import service as rota
from piket.rota.ledger_models import CoverageCheck
from piket.rota.models import Turn
from piket.rota.service import Decision, HoleInfo, OverrideWish, Pressing
from piket.settings import Settings
from tests.fakes import START

MINISTRY = Actor("ministry")
YEAR = timedelta(days=365)
ON_DUTY = [f"nl-{code}" for code in "dr fl fr ge li nb nh ov ut ze zh".split()]
Check = Callable[..., int]


@pytest.fixture(autouse=True)
def _seeded(session: Session, settings: Settings) -> None:
    organisations.seed(session, START, settings)
    rota.seed(session, START, settings)


def join(session: Session, code: str, **more: Any) -> str:
    given = {"channel": "email", "address": f"piket@{code}.example", **more}
    return organisations.add_contact_point(session, START, MINISTRY, code, **given).id


@pytest.fixture
def points(session: Session) -> dict[str, str]:
    """Everybody can be reached."""
    return {code: join(session, code) for code in ON_DUTY}


@pytest.fixture
def check(session: Session, settings: Settings) -> Check:
    def look(at: datetime = START) -> int:
        rota.extend(session, at, settings.engine.horizon_days)
        return rota.check_coverage(session, at, settings, Pressing)

    return look


def told(session: Session) -> list[Alert]:
    return list(session.scalars(select(Alert).where(Alert.kind == "coverageHole").order_by(Alert.seq)))


def holes(session: Session) -> list[HoleInfo]:
    return rota.holes_of(session, "piket")


def states(
    session: Session, settings: Settings, at: datetime = START, **span: Any
) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.state, one.organisations) for one in rota.coverage(session, at, settings, "piket", **span).covers]


def decide(session: Session, settings: Settings) -> None:
    definition = rota.find_rota(session, "piket").definition
    rota.put_rota(session, START, MINISTRY, "piket", definition, Decision("de minister", date(2024, 9, 1)), settings)


def test_with_everybody_reachable_a_year_is_covered_and_who_was_asked_is_unconfirmed(
    session: Session, settings: Settings, points: dict[str, str], check: Check
) -> None:
    found = rota.coverage(session, START, settings, "piket")
    assert (found.since, found.until, found.status) == (START, START + YEAR, "proposed")
    assert [one.state for one in found.covers] == ["coveredUnconfirmed", *["covered"] * 26]
    assert (found.covers[0].organisations, found.covers[0].unconfirmed) == (("nl-ov",), ("nl-ov",))
    assert (found.holes, check(), told(session), holes(session)) == ((), 0, [], [])
    # A week before its turn Utrecht is asked too.
    second = rota.coverage(session, datetime(2024, 9, 18, 10, tzinfo=UTC), settings, "piket").covers[1]
    assert (second.state, second.unconfirmed) == ("coveredUnconfirmed", ("nl-ut",))


def test_what_was_confirmed_is_covered(session: Session, settings: Settings, points: dict[str, str]) -> None:
    turn = rota.on_duty(session, START).turn
    rota.confirm(session, START, settings, Pressing, Actor("nl-ov"), str(turn), rota.ConfirmationWish(0))
    assert states(session, settings)[0] == ("covered", ("nl-ov",))


def test_who_loses_its_last_contact_point_is_told_at_once_and_once(
    session: Session, points: dict[str, str], check: Check
) -> None:
    assert check() == 0
    organisations.end_contact_point(session, START, MINISTRY, points["nl-ze"])
    assert (check(), check(), check(START + timedelta(hours=1))) == (1, 0, 0)
    (alert,) = told(session)
    assert set(session.scalars(select(Recipient.organisation).where(Recipient.alert == alert.id))) == {
        "coa", "ministry", "operator",
    }  # fmt: skip
    (hole,) = alert.details["holes"]
    assert (hole["state"], hole["organisations"], hole["stretches"]) == ("nobodyReachable", ["nl-ze"], 3)
    assert hole["from"] == "2024-10-09T10:00:00Z"
    assert [(one.state, one.alert, one.gone_at) for one in holes(session)] == [("nobodyReachable", alert.id, None)]


def test_a_hole_that_is_gone_is_written_down_and_told_again_only_when_it_comes_again(
    session: Session, points: dict[str, str], check: Check
) -> None:
    organisations.end_contact_point(session, START, MINISTRY, points["nl-ze"])
    check()
    again = join(session, "nl-ze", address="desk@nl-ze.example")
    later = START + timedelta(minutes=3)
    assert (check(later), len(told(session)), holes(session)[0].gone_at) == (0, 1, later)
    organisations.end_contact_point(session, later, MINISTRY, again)
    assert (check(later), len(told(session)), len(holes(session))) == (1, 2, 2)


@pytest.mark.parametrize("more", [{"hours": "office"}, {"channel": "telephone", "address": "+31 592 000000"},
                                  {"channel": "webhook", "address": "https://desk.example/hook"}])  # fmt: skip
def test_office_hours_a_telephone_and_a_webhook_that_never_answered_are_not_enough(
    session: Session, settings: Settings, points: dict[str, str], more: dict[str, Any]
) -> None:
    organisations.end_contact_point(session, START, MINISTRY, points["nl-ov"])
    join(session, "nl-ov", **{"address": "office@nl-ov.example", **more})
    assert states(session, settings)[0] == ("nobodyReachable", ("nl-ov",))


def test_a_mailbox_that_fails_is_told_as_such_and_is_no_hole(
    session: Session, settings: Settings, points: dict[str, str], check: Check
) -> None:
    organisations.set_contact_point_state(session, START, points["nl-ov"], "failing", "test")
    assert (check(), states(session, settings)[0][0]) == (0, "coveredUnconfirmed")


def test_who_has_not_joined_a_proposed_rota_is_shown_and_told_when_it_is_decided(
    session: Session, settings: Settings, check: Check
) -> None:
    assert {state for state, _ in states(session, settings)} == {"nobodyReachable"}
    assert (check(), told(session)) == (0, [])
    assert {one.organisations[0] for one in holes(session)} == set(ON_DUTY)
    decide(session, settings)
    assert (check(), check(), len(told(session))) == (11, 0, 1)
    assert len(told(session)[0].details["holes"]) == 11
    assert {one.alert for one in holes(session)} == {told(session)[0].id}


def test_nobody_on_duty_is_a_hole_from_when_until_when(
    session: Session, settings: Settings, points: dict[str, str], check: Check
) -> None:
    turns = session.scalars(select(Turn).where(Turn.from_at > START).order_by(Turn.from_at)).all()
    for turn in turns[3:5]:
        turn.slots = []
    decide(session, settings)
    assert check() == 1
    (hole,) = told(session)[0].details["holes"]
    assert (hole["state"], hole["from"], hole["until"]) == ("nobody", "2024-11-06T11:00:00Z", "2024-12-04T11:00:00Z")
    # While it lasts, and as the year moves on, it is the same hole; when it is over it is gone.
    assert check(datetime(2024, 11, 20, tzinfo=UTC)) == 0
    over = datetime(2024, 12, 4, 11, tzinfo=UTC)
    check(over)
    assert [(one.state, one.gone_at) for one in holes(session)] == [("nobody", over)]


def test_turns_that_are_not_written_a_year_ahead_leave_a_hole(
    session: Session, settings: Settings, points: dict[str, str]
) -> None:
    later = START + timedelta(days=30)
    last = rota.coverage(session, later, settings, "piket").covers[-1]
    assert (last.state, last.turn, last.until_at) == ("nobody", None, later + YEAR)


def test_where_turns_are_written_less_far_ahead_that_far_is_looked(
    session: Session, settings: Settings, points: dict[str, str]
) -> None:
    near = dataclasses.replace(settings, engine=dataclasses.replace(settings.engine, horizon_days=60))
    found = rota.coverage(session, START, near, "piket")
    assert (found.until, found.holes) == (START + timedelta(days=60), ())


def test_an_older_list_of_audiences_tells_of_holes_all_the_same(session: Session, settings: Settings) -> None:
    rows = {kind: roles for kind, roles in settings.audiences.told.items() if kind != "coverageHole"}
    older = dataclasses.replace(settings, audiences=dataclasses.replace(settings.audiences, told=rows))
    decide(session, older)
    assert rota.check_coverage(session, START, older, Pressing) == 11
    assert len(session.scalars(select(Recipient.organisation).where(Recipient.alert == told(session)[0].id)).all()) == 3


def test_an_override_for_who_cannot_be_reached_is_seen_by_the_next_pass(
    session: Session, points: dict[str, str], check: Check
) -> None:
    check()
    organisations.end_contact_point(session, START, MINISTRY, join(session, "nl-gr"))
    assert check() == 0
    rota.override(session, START, MINISTRY, "piket", OverrideWish(START + timedelta(hours=5), "nl-gr", "storm"))
    assert check() == 1
    (hole,) = told(session)[0].details["holes"]
    assert (hole["organisations"], hole["until"]) == (["nl-gr"], "2024-09-16T17:00:00Z")


def test_a_pass_looks_only_after_a_deed_that_may_matter_and_else_now_and_then(
    session: Session, settings: Settings, check: Check
) -> None:
    def looked() -> datetime:
        row = session.get(CoverageCheck, "piket", populate_existing=True)
        assert row is not None
        return row.checked_at

    moments = [START + timedelta(minutes=minutes) for minutes in (0, 9, 10)]
    for moment in moments:
        check(moment)
    assert looked() == moments[2]
    check(moments[2] + timedelta(minutes=5))
    assert looked() == moments[2]
    organisations.issue_key(session, START, MINISTRY, "coa")
    check(moments[2] + timedelta(minutes=5))
    assert looked() == moments[2]
    join(session, "nl-ov")
    check(moments[2] + timedelta(minutes=6))
    assert looked() == moments[2] + timedelta(minutes=6)


def test_the_span_is_kept_between_now_and_a_year_ahead(session: Session, settings: Settings) -> None:
    found = rota.coverage(session, START, settings, "piket", START - YEAR, START + 3 * YEAR)
    assert (found.since, found.until) == (START, START + YEAR)
    day = rota.coverage(session, START, settings, "piket", START + timedelta(1), START + timedelta(2))
    assert [(one.from_at, one.until_at) for one in day.covers] == [(START + timedelta(1), START + timedelta(2))]
    past = rota.coverage(session, START, settings, "piket", START - YEAR, START - timedelta(1))
    assert (past.covers, past.since, past.until) == ((), START, START)
    with pytest.raises(NotFound):
        rota.coverage(session, START, settings, "nothing")

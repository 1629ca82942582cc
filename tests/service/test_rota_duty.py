"""Who is on duty, read from what `seed` and `extend` wrote."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from piket.organisations import service as organisations
from piket.rota import service as rota
from piket.settings import Settings
from piket.words import Words
from tests.fakes import START

FIRST = datetime(2024, 1, 3, 11, tzinfo=UTC)  # Wednesday 12:00 in winter
TWO_WEEKS = timedelta(weeks=2)


@pytest.fixture(autouse=True)
def _seeded(session: Session, settings: Settings) -> None:
    organisations.seed(session, START, settings)
    rota.seed(session, START, settings)


def test_overijssel_has_duty_and_utrecht_stands_by_in_the_night_of_16_september(session: Session) -> None:
    duty = rota.on_duty(session, START)
    assert duty.organisations == ("nl-ov",)
    assert (duty.standby, duty.next, duty.status) == ("nl-ut", "nl-ut", "proposed")
    assert duty.from_at == duty.since == datetime(2024, 9, 11, 10, tzinfo=UTC)
    assert duty.until_at == datetime(2024, 9, 25, 10, tzinfo=UTC)


def test_why_says_place_predecessor_exemption_and_proposal(session: Session) -> None:
    why = Words("en")(rota.on_duty(session, START).why)
    assert why.startswith("Overijssel has the turn: number 8 of 11, after Noord-Holland; Groningen is exempt (")
    assert why.endswith("The rota is a proposal: it has not been decided yet.")


def test_nobody_has_duty_before_the_first_turn_and_the_first_member_is_called_first(session: Session) -> None:
    before = FIRST - timedelta(seconds=1)
    duty = rota.on_duty(session, before)
    assert (duty.organisations, duty.turn, duty.standby, duty.next) == ((), None, "nl-dr", "nl-dr")
    assert rota.call_order(session, before)[:3] == ("nl-dr", "nl-fl", "nl-fr")


def test_the_moment_of_hand_over_belongs_to_the_coming_turn(session: Session) -> None:
    second = FIRST + TWO_WEEKS
    assert rota.on_duty(session, second - timedelta(microseconds=1)).organisations == ("nl-dr",)
    assert rota.on_duty(session, second).organisations == ("nl-fl",)


def test_call_order_goes_round_from_duty_without_the_exempt(session: Session) -> None:
    codes = "nl-ov nl-ut nl-ze nl-zh nl-dr nl-fl nl-fr nl-ge nl-li nl-nb nl-nh"
    assert rota.call_order(session, START) == tuple(codes.split())


def test_nobody_has_duty_and_it_counts_as_proposed_when_there_is_no_such_rota(session: Session) -> None:
    assert rota.on_duty(session, START, "unknown").organisations == ()
    assert rota.is_proposed(session, "unknown")
    assert rota.is_proposed(session)


def test_extend_continues_after_the_last_turn_and_a_repeat_writes_nothing(session: Session, settings: Settings) -> None:
    assert rota.extend(session, START, 366) == 0
    later = START + timedelta(days=60)
    assert rota.extend(session, later, 366) in (4, 5)
    assert rota.extend(session, later, 366) == 0
    last = rota.on_duty(session, later + timedelta(days=366))
    assert last.organisations and last.turn


def test_seed_leaves_what_is_there(session: Session, settings: Settings) -> None:
    before = rota.on_duty(session, START).turn
    assert rota.seed(session, START + timedelta(days=9), settings) == 0
    assert rota.on_duty(session, START).turn == before

"""Whatever is swapped, overridden and undone: every moment has exactly one answer, and undoing restores exactly what was."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from piket.audit.service import Actor
from piket.errors import PiketError
from piket.organisations import service as organisations
from piket.rota import service as rota
from piket.rota.service import OverrideWish, SwapWish, TurnView
from piket.settings import Settings
from tests.fakes import START
from tests.service.swapping import MINISTRY

DAY = timedelta(days=1)
LOOKED_AT = 5
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("swap"), st.integers(0, 4), st.integers(0, 4)),
        st.tuples(st.just("undo"), st.integers(0, 3), st.just(0)),
        st.tuples(st.just("override"), st.integers(0, 60), st.integers(1, 30)),
        st.tuples(st.just("end"), st.integers(0, 3), st.just(0)),
        st.tuples(st.just("later"), st.integers(1, 20), st.just(0)),
    ),
    max_size=8,
)


class Office:
    """What was done with the rota so far; a step that is refused must change nothing."""

    def __init__(self, session: Session) -> None:
        self.session, self.now = session, START
        self.swaps, self.overrides = list[str](), list[str]()
        self.seen = picture(session)

    def take(self, what: str, first: int, second: int) -> None:
        try:
            getattr(self, what)(first, second)
        except PiketError:
            assert picture(self.session) == self.seen
        self.seen = picture(self.session)

    def swap(self, first: int, second: int) -> None:
        one, two = (rota.calendar(self.session, START, START, START + 90 * DAY)[number] for number in (first, second))
        giver, asked = (turn.slots[0].organisations[0] for turn in (one, two))
        made = rota.propose_swap(self.session, self.now, Actor(giver), SwapWish(one.id, two.id, "Ruil."))
        self.swaps.append(rota.accept_swap(self.session, self.now, Actor(asked), made.id)[0].id)

    def undo(self, number: int, _: int) -> None:
        for swap in self.swaps[number : number + 1]:
            rota.end_swap(self.session, self.now, MINISTRY, swap)

    def override(self, since: int, length: int) -> None:
        begins = START + since * DAY
        wish = OverrideWish(begins + length * DAY, "nl-gr", "Brand.", begins)
        self.overrides.append(rota.override(self.session, self.now, MINISTRY, "piket", wish).id)

    def end(self, number: int, _: int) -> None:
        for override in self.overrides[number : number + 1]:
            rota.end_override(self.session, self.now, MINISTRY, override)

    def later(self, days: int, _: int) -> None:
        self.now += days * DAY


def picture(session: Session) -> list[Any]:
    """Who has duty and stands by in each turn, at its beginning and in the middle, and whose slots they are."""
    listed: list[TurnView] = rota.calendar(session, START, START, START + 90 * DAY)[:LOOKED_AT]
    moments = [max(turn.from_at, START) + ahead for turn in listed for ahead in (timedelta(), 6 * DAY)]
    duties = [rota.on_duty(session, moment) for moment in moments]
    return [[(turn.id, turn.slots) for turn in listed], [(duty.organisations, duty.standby) for duty in duties]]


@pytest.fixture
def seeded_session(session: Session, settings: Settings) -> Session:
    organisations.seed(session, START, settings)
    rota.seed(session, START, settings)
    return session


FEW = max(8, settings().max_examples // 3)


@settings(max_examples=FEW, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=STEPS)
def test_every_moment_has_one_answer_and_undoing_everything_restores_the_rota(
    seeded_session: Session, steps: list[tuple[str, int, int]]
) -> None:
    session = seeded_session
    with session.begin_nested() as all_of_it:
        office = Office(session)
        untouched = office.seen
        for step in steps:
            office.take(*step)
            check(session, office)
        if office.now == START:
            for override in office.overrides:
                rota.end_override(session, START, MINISTRY, override)
            for swap in office.swaps:
                rota.end_swap(session, START, MINISTRY, swap)
            assert picture(session) == untouched
        all_of_it.rollback()
    session.expire_all()


def check(session: Session, office: Office) -> None:
    """Turns lie end to end; each moment has one organisation on duty, which calendar, duty and call order agree on."""
    listed = rota.calendar(session, office.now, START, START + 90 * DAY)[:LOOKED_AT]
    assert all(one.until_at == two.from_at for one, two in pairwise(listed))
    for turn in listed:
        moment = max(turn.from_at, START)
        duty = rota.on_duty(session, moment)
        assert len(duty.organisations) == 1 and duty.turn == turn.id
        assert rota.holders_at(session, moment) == duty.organisations
        assert rota.call_order(session, moment)[:1] == duty.organisations
        assert duty.standby not in duty.organisations
        swapped = rota.swaps_between(session, "piket", moment, moment + timedelta.resolution)
        assert len(swapped) <= 1
        if swapped and duty.organisations != ("nl-gr",):
            assert duty.organisations == (swapped[0].organisation,)

"""The night shelters with the real service: the second line is called when the first is used up."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from piket.occupancy import service as occupancy
from piket.organisations import service as organisations
from piket.overflows import service as overflows
from piket.overflows.service import Answer
from piket.places.service import SitePromise
from piket.rota import service as rota
from piket.settings import SeedOrganisation, Settings
from tests.fakes import START, FakeClock
from tests.rotas import rotas_of
from tests.service.desk import Night, site

FIRST = ("gm1731", "gm1699", "gm1895", "gm0037", "gm1681", "gm1690", "gm0765")
"""The municipalities as their turns come from August 2024 on: Midden-Drenthe has duty in September."""


@pytest.fixture
def night(session: Session, settings: Settings, clock: FakeClock) -> Night:
    """Ter Apel with the rotas of the night shelters in the place of that of the provinces."""
    rotas = rotas_of("night_shelters.toml")
    towns = [settings.municipalities[code] for one in rotas for code in one.members]
    extra = [SeedOrganisation(town.code, "municipality", town.name, town.province) for town in towns]
    there = dataclasses.replace(settings, rotas=rotas, organisations=(*settings.organisations, *extra))
    organisations.seed(session, START, there)
    rota.seed(session, START, there)
    occupancy.seed(session, START, there)
    return Night(session, there, clock)


def answer(night: Night, places: int) -> None:
    """Whoever was called last promises so many, on its own ground."""
    call = night.calls[-1]
    sites: Sequence[SitePromise] = (
        (dataclasses.replace(site(night.clock(), "nl-dr", places), municipality=call.organisation),) if places else ()
    )
    with night.at(call.organisation) as desk:
        reason = None if places else "vol"
        overflows.respond(desk, call.id, Answer(places, tuple(sites), decline_reason=reason))


def test_gelderland_is_called_for_the_rest_when_every_municipality_of_the_first_line_is_full(night: Night) -> None:
    night.count(2250)
    assert night.called == [("gm1731", 300, "open")]
    answer(night, 200)
    for _ in FIRST[1:]:
        assert night.called[-1][0] in FIRST
        answer(night, 0)
    assert tuple(code for code, _, _ in night.called[: len(FIRST)]) == FIRST
    # Apeldoorn has the second line's turn of August and September.
    assert night.called[len(FIRST) :] == [("gm0200", 100, "open")]
    answer(night, 100)
    assert (night.opened.shortfall, night.opened.committed) == (0, 300)


def test_the_second_line_sleeps_while_the_first_is_enough(night: Night) -> None:
    night.count(2129)
    answer(night, 179)
    assert night.called == [("gm1731", 179, "met")]
    night.passes(days=0, hours=2)
    assert night.opened.shortfall == 0
    assert all(code in FIRST for code, _, _ in night.called)


def test_both_lines_have_their_own_turns_of_two_months(night: Night) -> None:
    assert rota.on_duty(night.session, START).organisations == ("gm1731",)
    assert rota.on_duty(night.session, START, "nachtopvang-gelderland").organisations == ("gm0200",)
    assert rota.call_order(night.session, START) == (*FIRST, "gm0200", "gm0246", "gm0301")
    later = START + timedelta(days=20)
    assert rota.on_duty(night.session, later, "nachtopvang-gelderland").organisations == ("gm0246",)

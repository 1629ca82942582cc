"""Other rotas of this field come out of the same calculation: safety regions, night shelters, and ten years of provinces."""

from __future__ import annotations

from datetime import date
from types import ModuleType

import pytest

from piket.rota.definitions import from_seed
from piket.rota.rules import Member, organisations_of, to_local
from piket.settings import Settings
from tests.rotas import rotas_of
from tests.rules.rota_examples import first
from tests.scripts import script

REGIONS = {f"vr{number:02}" for number in range(1, 26)}


def test_the_published_blocks_of_the_safety_regions_of_2022_come_out() -> None:
    (seed,) = rotas_of("safety_regions_2022.toml")
    plan = first(from_seed(seed), 7)
    blocks: list[tuple[date, tuple[Member, ...]]] = [(to_local(turn.from_at).date(), turn.holders) for turn in plan]
    # Amsterdam-Amstelland, Groningen, Fryslân, Zeeland
    assert blocks[0] == (date(2022, 6, 1), (("vr13",), ("vr01",), ("vr02",), ("vr19",)))
    # Midden- en West-Brabant, Gelderland-Zuid, Gelderland-Midden, Gooi en Vechtstreek with Flevoland
    assert blocks[1] == (date(2022, 6, 15), (("vr20",), ("vr08",), ("vr07",), ("vr14", "vr25")))
    # Haaglanden, Brabant-Noord, Utrecht, Drenthe
    assert blocks[2] == (date(2022, 6, 29), (("vr15",), ("vr21",), ("vr09",), ("vr03",)))
    # 25 regions in 24 slots: six blocks, each region once, and then from the beginning
    assert sorted(code for _, holders in blocks[:6] for code in organisations_of(holders)) == sorted(REGIONS)
    assert blocks[6] == (date(2022, 8, 24), blocks[0][1])
    assert from_seed(seed).places_target == 150


def test_the_night_shelters_change_every_two_months_at_the_same_hour_on_the_wall() -> None:
    carousel, second = rotas_of("night_shelters.toml")
    plan = first(from_seed(carousel), 8)
    assert [(to_local(turn.from_at).date(), turn.holders[0][0]) for turn in plan[:3]] == [
        (date(2023, 12, 1), "gm0037"),  # Stadskanaal
        (date(2024, 2, 1), "gm1681"),  # Borger-Odoorn, from 1 February 2024
        (date(2024, 4, 1), "gm1690"),  # De Wolden
    ]
    assert {to_local(turn.from_at).hour for turn in plan} == {12}
    assert plan[7].holders == plan[0].holders
    assert (from_seed(carousel).places_target, from_seed(second).places_target, second.line) == (200, 100, 2)


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    return script("ten_years")


@pytest.mark.parametrize(("name", "days"), [("every week, Monday 09:00", 7), ("two weeks, Wednesday 12:00", 14)])
def test_ten_years_by_turns_leave_nobody_more_than_one_turn_ahead(
    maker: ModuleType, settings: Settings, name: str, days: int
) -> None:
    rota = maker.rotas(settings)[name]
    plan = maker.plan_of(rota)
    came = maker.sums(rota, plan)
    assert to_local(plan[0].from_at).date() == (date(2025, 1, 6) if days == 7 else date(2024, 1, 3))
    turns = {code: account.turns for code, account in came.accounts.items()}
    assert turns.pop("nl-gr") == 0
    assert max(turns.values()) - min(turns.values()) <= 1
    assert came.imbalance == pytest.approx(days, abs=0.01)
    assert sum(came.feasts["nl-gr"].values()) == 0
    assert sum(feasts["christmas"] for feasts in came.feasts.values()) >= 10


def test_ten_years_in_proportion_stay_within_a_turn_for_a_unit_of_weight(maker: ModuleType, settings: Settings) -> None:
    rota = maker.rotas(settings)["every week, in proportion"]
    came = maker.sums(rota, maker.plan_of(rota))
    assert came.imbalance <= 7
    assert all(abs(account.difference) <= 7 * maker.PARTS for account in came.accounts.values())
    assert came.accounts["nl-zh"].turns > 8 * came.accounts["nl-ze"].turns


def test_spreading_feasts_costs_no_fairness(maker: ModuleType, settings: Settings) -> None:
    for name, rota in maker.rotas(settings).items():
        said = maker.render(name, rota)
        assert "0 times when feasts are spread" in said
        assert len(said.splitlines()) == 16

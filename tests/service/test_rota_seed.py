"""A rota of `config/rotas.toml` in every form that the file has, and what cannot work there: one sentence, nothing stored."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from piket.errors import Misconfigured
from piket.organisations import service as organisations
from piket.rota import service as rota
from piket.rota.models import Rota
from piket.rota.rules import Weight
from piket.settings import SeedExemption, SeedOrganisation, SeedWeight, SeedWeights, Settings
from tests.fakes import START
from tests.rotas import rotas_of

JULY = date(2025, 7, 1)
CODES = tuple(f"nl-{code}" for code in "dr fl fr ge gr li nb nh ov ut ze zh".split())


@pytest.fixture(autouse=True)
def _organisations(session: Session, settings: Settings) -> None:
    organisations.seed(session, START, settings)


def with_rota(settings: Settings, **change: Any) -> Settings:
    return dataclasses.replace(settings, rotas=(dataclasses.replace(settings.rotas[0], **change),))


def test_a_weighted_rota_takes_the_sets_that_it_names_each_from_its_day(session: Session, settings: Settings) -> None:
    later = SeedWeights("later", "Later", JULY, "x", {"nl-dr": 5, "nl-fl": 6, "gm1950": 7})
    there = with_rota(
        settings,
        strategy="weighted",
        weights=("asylum-task", "later"),
        weight=(SeedWeight("nl-zh", 9, JULY),),
        spread_holidays=True,
        zone="Europe/Brussels",
    )
    rota.seed(session, START, dataclasses.replace(there, weights=(*settings.weights, later)))
    found = rota.find_rota(session, "piket").definition
    assert (found.strategy, found.zone, found.spread_holidays) == ("weighted", "Europe/Brussels", True)
    assert Weight("nl-zh", 19_776, date(2024, 9, 1)) in found.weights
    assert found.weights[-3:] == (Weight("nl-dr", 5, JULY), Weight("nl-fl", 6, JULY), Weight("nl-zh", 9, JULY))
    turns = rota.calendar(session, START, START, START + timedelta(days=300))
    holders = {code for turn in turns for slot in turn.slots for code in slot.organisations}
    assert "nl-gr" not in holders and "nl-zh" in holders


def test_the_safety_regions_are_a_rota_like_any_other(session: Session, settings: Settings) -> None:
    at = datetime.fromisoformat("2022-06-20T12:00:00+00:00")
    rotas = rotas_of("safety_regions_2022.toml")
    regions = tuple(SeedOrganisation(code, "safetyRegion", f"Regio {code}") for code in rotas[0].members)
    there = dataclasses.replace(settings, rotas=rotas, organisations=regions)
    organisations.seed(session, at, there)
    rota.seed(session, at, there)
    turn = rota.turn_at(session, at, at, "veiligheidsregios")
    assert [slot.organisations for slot in turn.slots] == [("vr20",), ("vr08",), ("vr07",), ("vr14", "vr25")]
    assert turn.standby == "vr15"
    assert turn.why.startswith("Regio vr20, Regio vr08, Regio vr07, Regio vr14 and Regio vr25 have the turn: 4 of 24")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"zone": "Europe/Nowhere"}, "zone"),
        ({"slots": 13}, "slots"),
        ({"strategy": "weighted"}, "weights"),
        ({"weights": ("asylum-task",)}, "weights"),
        (
            {
                "strategy": "weighted",
                "weights": ("asylum-task",),
                "weight": (SeedWeight("nl-dr", 1, date(2024, 9, 1)),),
            },
            "weights",
        ),
        ({"members": ("nl-dr", "nl-dr")}, "members"),
        ({"members": ("nl-dr", "coa")}, "members.1"),
        ({"sharing": (("nl-dr",),)}, "sharing.0"),
        ({"sharing": (("nl-dr", "gm1950"),)}, "sharing.0"),
        (
            {"exemption": tuple(SeedExemption(code, "x") for code in CODES)},
            "exemptions",
        ),
    ],
)
def test_a_rota_in_the_file_that_cannot_work_is_refused_with_file_rota_and_key(
    session: Session, settings: Settings, change: dict[str, Any], said: str
) -> None:
    with pytest.raises(Misconfigured) as caught:
        rota.seed(session, START, with_rota(settings, **change))
    assert "rotas.toml" in caught.value.detail and "rota piket" in caught.value.detail
    assert f"{said}:" in caught.value.detail
    assert session.scalar(select(func.count()).select_from(Rota)) == 0

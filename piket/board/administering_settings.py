"""The settings in force: each with its value, what it means, by whose decision and since when. For all who are signed in.

No secrets and no addresses: only what decides who is called, when, and how the service judges.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Response, g
from sqlalchemy.orm import Session

from piket.alerts.wording_answers import DEFINITIONS
from piket.alerts.wording_levels import LEVELS
from piket.board.administering_numbers import delivery, minutes, policy, signing_in, watching
from piket.board.frame import blp, deps, page
from piket.occupancy import service as occupancy
from piket.occupancy.service import CentreInfo, ThresholdsInfo
from piket.organisations import service as organisations
from piket.pages import PageRequest
from piket.rota import service as rota
from piket.rota.service import RotaInfo
from piket.words import Text, say

MOST_VERSIONS, MOST_ROTAS = 100, 20


@dataclass(frozen=True)
class Version:
    """One version of the thresholds of a centre: a sentence for each way of counting, and the decision."""

    info: ThresholdsInfo
    by: str
    on: date | None
    ladders: Sequence[Text]


@dataclass(frozen=True)
class CentreSettings:
    """A centre with the thresholds in force and those before, newest first."""

    info: CentreInfo
    versions: Sequence[Version]


@dataclass(frozen=True)
class RotaSettings:
    """A rota in short: whether it was decided, and how many of its members have accepted it."""

    info: RotaInfo
    members: int


@blp.get("/administration/settings")
def show_settings() -> Response:
    """What decides who is told and called, and when."""
    settings = deps().settings
    with deps().reading() as session:
        found = [occupancy.centre(session, g.now, settings, code) for code in occupancy.centres(session)]
        centres = [CentreSettings(one, _versions(session, one.code)) for one in found]
        rotas = [_rota(one) for one in rota.rotas_paged(session, PageRequest(MOST_ROTAS)).items]
    return page(
        "admin_settings.html",
        centres=centres,
        levels=LEVELS,
        definitions=DEFINITIONS,
        minutes=minutes,
        rotas=rotas,
        decision=settings.policy_decision,
        policy=policy(settings.policy),
        others=[
            (say("Sending messages"), delivery(settings.delivery)),
            (say("Signing in"), signing_in(settings.signing_in)),
            (say("When the service itself is called late"), watching(settings)),
        ],
    )


def _versions(session: Session, centre: str) -> list[Version]:
    found = occupancy.thresholds_versions(session, centre, PageRequest(MOST_VERSIONS)).items
    names = organisations.names(session, {one.recorded_by for one in found})
    return [
        Version(
            one, names[one.recorded_by], _day(one.decision.get("on")), [_ladder(entry) for entry in one.definitions]
        )
        for one in found
    ]


def _day(written: Any) -> date | None:
    """The day of a decision; None: it is not written as one."""
    try:
        return date.fromisoformat(str(written))
    except ValueError:
        return None


def _ladder(entry: Mapping[str, Any]) -> Text:
    """One way of counting in a sentence: where each level begins."""
    whole: Text = DEFINITIONS[entry["definition"]]
    for number, rung in enumerate(entry["levels"]):
        about = {"level": LEVELS[rung["level"]], "at": rung["at"], "before": whole}
        whole = say("{before}, {level} from {at}", **about) if number else say("{before}: {level} from {at}", **about)
    return whole


def _rota(info: RotaInfo) -> RotaSettings:
    return RotaSettings(info, len({code for member in info.definition.members for code in member}))

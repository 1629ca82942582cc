"""The thresholds of a centre: what is in force, what was before, and a new set by decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from piket.audit import service as audit
from piket.errors import Fault, Invalid
from piket.occupancy import threshold_rules
from piket.occupancy.judging import rejudge
from piket.occupancy.models import Thresholds
from piket.occupancy.sight import CentreDesk
from piket.occupancy.standing import find_centre, thresholds_in_force
from piket.pages import Page, PageRequest, read_page
from piket.settings import SeedCentre
from piket.words import say


@dataclass(frozen=True)
class ThresholdsInfo:
    """One version: the ladders, aim and hold of a centre, with its decision."""

    centre: str
    version: int
    definitions: Sequence[Mapping[str, Any]]
    aim: int | None
    hold_above: int
    decision: Mapping[str, Any]
    recorded_by: str
    recorded_at: datetime

    @classmethod
    def of(cls, row: Thresholds) -> ThresholdsInfo:
        """From its row."""
        body = row.body
        return cls(
            row.centre,
            row.version,
            body["definitions"],
            body.get("aim"),
            body["holdAbove"],
            row.decision,
            row.recorded_by,
            row.recorded_at,
        )


def thresholds(session: Session, centre: str) -> ThresholdsInfo:
    """What is in force. Raises `NotFound` for an unknown centre."""
    find_centre(session, centre)
    return ThresholdsInfo.of(thresholds_in_force(session, centre))


def thresholds_versions(session: Session, centre: str, page: PageRequest) -> Page[ThresholdsInfo]:
    """Every version, newest first."""
    find_centre(session, centre)
    rows = read_page(session, select(Thresholds).where(Thresholds.centre == centre), page, [Thresholds.version])
    return rows.map(ThresholdsInfo.of)


def decide_thresholds(
    desk: CentreDesk,
    definitions: Sequence[Mapping[str, Any]],
    aim: int | None,
    hold_above: int | None,
    decision: Mapping[str, Any],
) -> ThresholdsInfo:
    """Add a version and judge it at once (2.5). A definition that is left out stays as it is, and so does `hold_above`.

    Raises `Invalid` with every fault when the rungs do not rise or one lies upside down.
    """
    wrong = threshold_rules.faults(definitions)
    if wrong:
        raise Invalid(say("The thresholds cannot be used."), [Fault("body", item.field, item.detail) for item in wrong])
    before = thresholds_in_force(desk.session, desk.centre)
    body = {
        "definitions": threshold_rules.with_standing(definitions, before.body),
        "aim": aim,
        "holdAbove": before.body["holdAbove"] if hold_above is None else hold_above,
    }
    row = Thresholds(
        centre=desk.centre, version=before.version + 1, body=body, decision=dict(decision),
        recorded_by=desk.actor.organisation, recorded_at=desk.now,
    )  # fmt: skip
    desk.session.add(row)
    desk.session.flush()
    audit.record(desk.session, desk.now, desk.actor, "change_thresholds", f"centre:{desk.centre}", version=row.version)
    rejudge(desk)
    return ThresholdsInfo.of(row)


def first_thresholds(seed: SeedCentre) -> dict[str, Any]:
    """The set a centre starts with, from `config/centres.toml`."""
    return {
        "definitions": [
            {
                "definition": entry.definition,
                "staleAfterMinutes": entry.stale_after_minutes,
                "levels": [
                    {"level": rung.level, "at": rung.at, "clearBelow": rung.clear_below} for rung in entry.levels
                ],
            }
            for entry in seed.definition
        ],
        "aim": seed.aim,
        "holdAbove": seed.hold_above,
    }

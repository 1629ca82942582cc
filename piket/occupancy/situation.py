"""The whole picture in one place: `GET /v1/situation` and the board show exactly this."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from piket.alerts import service as alerts
from piket.occupancy import reading
from piket.occupancy.rules import is_stale
from piket.occupancy.standing import Picture
from piket.overflows import service as overflows
from piket.overflows.service import OverflowInfo
from piket.places import service as places
from piket.rota import service as rota
from piket.rota.service import Duty
from piket.settings import Settings


@dataclass(frozen=True)
class CountNow:
    """The newest count of one definition: how old in whole minutes, and whether it is stale."""

    id: str
    people: int
    observed_at: datetime
    age_minutes: int
    stale: bool


@dataclass(frozen=True)
class CentreNow:
    """One centre: level, norm, and each definition's newest count, None when there is none."""

    code: str
    name: str
    level: str
    level_since: datetime | None
    norm: int
    over_norm: int | None
    people: int | None
    without_bed: int | None
    counts: dict[str, CountNow | None]
    held: int


@dataclass(frozen=True)
class Situation:
    """Everything at one moment."""

    at: datetime
    centres: list[CentreNow]
    duty: Duty
    confirmed_places: int | None
    places: Any
    overflow: OverflowInfo | None
    overflows: list[str]
    undelivered: int


def situation(session: Session, now: datetime, settings: Settings, drill: bool = False) -> Situation:
    """The picture at `now`. Unknown is None; the overflow is the open one with the largest shortfall."""
    opened = [overflows.overflow(session, now, code) for code in overflows.open_ones(session, None, drill)]
    worst = max(opened, key=lambda info: (info.shortfall or 0, info.opened_at), default=None)
    return Situation(
        at=now,
        centres=[_centre(session, picture, now) for picture in reading.pictures(session, now, drill)],
        duty=rota.on_duty(session, now),
        confirmed_places=None,
        places=places.summary(session, now, settings.policy.places_ahead_hours, drill).total,
        overflow=worst,
        overflows=[info.id for info in opened],
        undelivered=alerts.undelivered(session, now, [info.id for info in opened]),
    )


def _centre(session: Session, picture: Picture, now: datetime) -> CentreNow:
    after = {ladder.definition: ladder.stale_after for ladder in picture.ladders}
    row = picture.centre
    shown: dict[str, CountNow | None] = {}
    for definition, count in reading.newest_counts(session, row.code, picture.drill).items():
        if count is None:
            shown[definition] = None
            continue
        age = int((now - count.observed_at).total_seconds() // 60)
        shown[definition] = CountNow(
            count.id, count.people, count.observed_at, max(0, age), is_stale(count.observed_at, after[definition], now)
        )
    return CentreNow(
        row.code, row.name, picture.level, picture.level_since, row.norm, picture.over_norm, picture.how_full.people,
        picture.how_full.without_bed, shown, len(reading.held_counts(session, row.code)),
    )  # fmt: skip

"""What is known of a centre at a moment: thresholds in force, newest judged counts, level, and since when.

Only reads. The level is worked out here and nowhere else, for requests, the board and the engine alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BindParameter, and_, bindparam, func, select
from sqlalchemy.orm import Session

from piket.alerts.rules import HowFull
from piket.errors import NotFound
from piket.occupancy import threshold_rules
from piket.occupancy.models import Announced, Centre, Standing, Thresholds
from piket.occupancy.rules import (
    Judged,
    Ladder,
    centre_level,
    highest_head_count,
    is_stale,
    over_norm,
    unknown_since,
)
from piket.overflows import service as overflows
from piket.overflows.service import Pressure
from piket.words import say

# What every count asks is put together once and not at each question: that costs more than the store's answer.
_HERE: BindParameter[str] = bindparam("centre")
_DRILL: BindParameter[bool] = bindparam("drill")
_CENTRE = select(Centre).where(Centre.code == _HERE)
_LOCKED = _CENTRE.with_for_update().execution_options(populate_existing=True)
_IN_FORCE = select(Thresholds).where(Thresholds.centre == _HERE).order_by(Thresholds.version.desc()).limit(1)
_NEWEST_VERSION = select(func.max(Thresholds.version)).where(Thresholds.centre == _HERE).scalar_subquery()
_ROWS = (
    select(Thresholds, Announced, Standing)
    .outerjoin(Announced, and_(Announced.centre == Thresholds.centre, Announced.drill == _DRILL))
    .outerjoin(Standing, and_(Standing.centre == Thresholds.centre, Standing.drill == _DRILL))
    .where(Thresholds.centre == _HERE, Thresholds.version == _NEWEST_VERSION)
)


def find_centre(session: Session, code: str, *, lock: bool = False) -> Centre:
    """The centre, its row locked when asked. Raises `NotFound`, naming those that exist."""
    centre = session.scalars(_LOCKED if lock else _CENTRE, {"centre": code}).first()
    if centre is None:
        known = ", ".join(sorted(session.scalars(select(Centre.code))))
        raise NotFound(say("There is no centre {code}; known are: {known}.", code=code, known=known), "unknown-centre")
    return centre


def thresholds_in_force(session: Session, centre: str) -> Thresholds:
    """The newest version of a centre's thresholds."""
    return session.scalars(_IN_FORCE, {"centre": centre}).one()


def ladders_of(session: Session, centre: str) -> tuple[Ladder, ...]:
    """How each definition is judged now."""
    return threshold_rules.ladders(thresholds_in_force(session, centre).body)


@dataclass
class Rows:
    """The rows behind a picture, read once a transaction; who changes or adds one changes it here."""

    thresholds: Thresholds
    standings: list[Standing]
    announced: Announced | None
    _ladders: tuple[Thresholds, tuple[Ladder, ...]] | None = None

    @property
    def ladders(self) -> tuple[Ladder, ...]:
        """How each definition is judged by these thresholds; worked out once for each set."""
        if self._ladders is None or self._ladders[0] is not self.thresholds:
            self._ladders = self.thresholds, threshold_rules.ladders(self.thresholds.body)
        return self._ladders[1]

    def standing(self, definition: str) -> Standing | None:
        """What was last judged of a definition."""
        return next((row for row in self.standings if row.definition == definition), None)


def read_rows(session: Session, centre: str, drill: bool) -> Rows:
    """The rows of a centre as they are in the store."""
    found = session.execute(_ROWS, {"centre": centre, "drill": drill}).all()
    thresholds, announced, _ = found[0]
    return Rows(thresholds, [standing for _, _, standing in found if standing is not None], announced)


def _judged(rows: Rows, ladders: tuple[Ladder, ...], now: datetime) -> list[Judged]:
    """The newest judged count of each definition, and whether it is stale at `now`."""
    after = {ladder.definition: ladder.stale_after for ladder in ladders}
    return [
        Judged(
            row.definition,
            row.level,
            row.people,
            row.observed_at,
            is_stale(row.observed_at, after[row.definition], now),
            row.count,
        )
        for row in rows.standings
    ]


@dataclass(frozen=True)
class Picture:
    """A centre as it stands at one moment. `level` is computed, `announced` what people were last told."""

    centre: Centre
    rows: Rows
    ladders: tuple[Ladder, ...]
    judged: list[Judged]
    level: str
    level_since: datetime | None
    announced: str
    how_full: HowFull
    drill: bool = False

    @property
    def over_norm(self) -> int | None:
        """People above the norm by the highest fresh head count; None when unknown."""
        return self.how_full.over_norm


def look(session: Session, centre: Centre, now: datetime, drill: bool = False) -> Picture:
    """The picture of a centre at `now`."""
    rows = read_rows(session, centre.code, drill)
    return picture_of(centre, rows, now, drill, overflows.stays_acute(session, centre.code, drill, now))


def picture_of(centre: Centre, rows: Rows, now: datetime, drill: bool, acute: bool) -> Picture:
    """The picture that these rows make at `now`. `acute`: by a shortfall past its hour."""
    ladders, told = rows.ladders, rows.announced
    judged = _judged(rows, ladders, now)
    level = centre_level(judged, acute)
    since = told.since if told and told.level == level else unknown_since(judged, ladders, now)
    announced = told.level if told else "normal"
    return Picture(centre, rows, ladders, judged, level, since, announced, _how_full(centre, judged), drill)


def _how_full(centre: Centre, judged: list[Judged]) -> HowFull:
    """The first question. People are None when no head count is fresh; the moment of the last one is kept for saying so."""
    head = highest_head_count(judged)
    without = next((count for count in judged if count.definition == "withoutBed" and not count.stale), None)
    newest = head or max(
        (count for count in judged if count.definition != "withoutBed"),
        key=lambda count: count.observed_at,
        default=None,
    )
    people = head.people if head else None
    return HowFull(
        people=people,
        without_bed=without.people if without else None,
        definition=newest.definition if newest else None,
        observed_at=newest.observed_at if newest else None,
        norm=centre.norm,
        over_norm=over_norm(people, centre.norm),
    )


def pressure(session: Session, picture: Picture) -> Pressure:
    """3.3 and 4.1: people, who sleeps elsewhere, and who is without a bed, each as recorded when it was counted."""
    head = highest_head_count(picture.judged)
    without = next((count for count in picture.judged if count.definition == "withoutBed" and not count.stale), None)
    code, body = picture.centre.code, picture.rows.thresholds.body
    definition = head.definition if head else "nightBeds"
    return Pressure(
        people=head.people if head else None,
        occupied=overflows.occupied_by(session, code, picture.drill, head.observed_at) if head else 0,
        without_bed=without.people if without else None,
        occupied_then=overflows.occupied_by(session, code, picture.drill, without.observed_at) if without else 0,
        aim=threshold_rules.aim(body, definition),
        clear_below=threshold_rules.clear_below(body, definition),
    )


def pressure_now(session: Session, centre: str, now: datetime, drill: bool = False) -> Pressure:
    """The pressure on a centre by its newest counts, for an episode that is declared."""
    return pressure(session, look(session, find_centre(session, centre), now, drill))

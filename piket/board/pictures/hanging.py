"""Hangs the pictures of this process's gallery, and finds a sheet again from the address of its picture."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy.orm import Session

from piket.board.frame import deps
from piket.board.pictures.days import ONE_DAY, period
from piket.board.pictures.reading import Episode, Occupancy, read_episode, read_occupancy
from piket.board.pictures.showing import Picture, hang
from piket.drawing.paper import Sheet
from piket.errors import NotFound
from piket.occupancy import service as occupancy
from piket.words import Words

_MOST_DAYS = 3660 * ONE_DAY


def hang_days(found: Occupancy, tell: Words) -> Picture:
    """The picture of a period."""
    span = found.days.period
    return hang(
        deps().gallery, found.sheet(tell), found.sentence, of="days", centre=found.centre, first=span.first.isoformat(),
        last=span.last.isoformat(), lang=tell.language,
    )  # fmt: skip


def hang_episode(found: Episode, tell: Words) -> Picture:
    """The picture of an episode."""
    return hang(deps().gallery, found.sheet(tell), found.sentence, of="episode", id=found.info.id, lang=tell.language)


def _day(text: str) -> date:
    """A day of this century; raises `ValueError` for every other text."""
    day = date.fromisoformat(text)
    if not 2000 <= day.year < 2100:
        raise ValueError(text)
    return day


def sheet_again(session: Session, now: datetime, recipe: Mapping[str, str]) -> Sheet | None:
    """The sheet that an address describes, as it would be now: the process that named it may be another one.

    None for an address that describes none.
    """
    tell = Words(recipe.get("lang", ""), now)
    try:
        if recipe["of"] == "episode":
            return read_episode(session, now, recipe["id"]).sheet(tell)
        centre = occupancy.centre(session, now, deps().settings, recipe["centre"])
        first, last = (_day(recipe[end]) for end in ("first", "last"))
        span = period(now, first, min(last, first + _MOST_DAYS), centre.level == "unknown")
        return read_occupancy(session, centre.code, centre.norm.people, span).sheet(tell)
    except (LookupError, ValueError, NotFound):
        return None

"""Hangs the pictures of this process's gallery, and finds a sheet again from the address of its picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from markupsafe import Markup
from sqlalchemy.orm import Session

from piket.board.frame import deps, fragment
from piket.board.pictures.days import ONE_DAY, period, rows
from piket.board.pictures.phrases import picture_words
from piket.board.pictures.reading import Episode, Occupancy, read_episode, read_occupancy
from piket.board.pictures.showing import Picture, hang
from piket.drawing.paper import OccupancySheet, Sheet
from piket.errors import NotFound
from piket.occupancy import service as occupancy
from piket.words import Words

_MOST_DAYS = 3660 * ONE_DAY


@dataclass(frozen=True)
class Shown:
    """A period as a page shows it: its sentence, its table (None when nothing was counted) and its picture."""

    sentence: str
    table: Markup | None
    picture: Picture


def show_days(found: Occupancy, tell: Words) -> Shown:
    """The picture of a period, its sentence and its table; what the last look made of the same figures is used again."""
    sheet, sentence, table = _made_of(found, tell.language)
    span = found.period
    picture = hang(
        deps().gallery, sheet, sentence, of="days", centre=found.centre, first=span.first.isoformat(),
        last=span.last.isoformat(), lang=tell.language,
    )  # fmt: skip
    return Shown(sentence, table, picture)


@lru_cache(maxsize=64)
def _made_of(found: Occupancy, language: str) -> tuple[OccupancySheet, str, Markup | None]:
    """Nothing here depends on the moment or on who looks: days are written with their date."""
    tell = Words(language)
    lines = rows(found.days)
    table = fragment("day_table.html", tell, rows=lines, **picture_words(tell)) if lines else None
    return found.sheet(tell), tell(found.sentence), table


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

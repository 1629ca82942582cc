"""The counts of a stretch of time as plain figures, for pictures and tables: light enough to be read with every page."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from piket.occupancy.models import Count


class Seen(NamedTuple):
    """One count that stands: by which definition, when observed, how many people; `imported` from a file of the past."""

    definition: str
    observed_at: datetime
    people: int
    imported: bool


# Read with every look at the board, so put together once.
_STANDING = (
    select(Count.definition, Count.observed_at, Count.people, Count.imported)
    .where(Count.centre == bindparam("centre"), Count.drill == bindparam("drill"))
    .where(Count.superseded_by.is_(None), Count.state != "held")
)
_BETWEEN = _STANDING.where(Count.observed_at >= bindparam("since"), Count.observed_at < bindparam("until")).order_by(
    Count.observed_at, Count.definition
)


def seen(session: Session, centre: str, since: datetime, until: datetime, drill: bool = False) -> list[Seen]:
    """What was counted from `since` (inclusive) to `until` (exclusive), oldest first, imported counts too.

    Without what was corrected since and what waits for COA's confirmation. Nothing of an unknown centre.
    """
    found = session.execute(_BETWEEN, {"centre": centre, "drill": drill, "since": since, "until": until})
    return [Seen(*row) for row in found]


def first_seen(session: Session, centre: str, drill: bool = False) -> datetime | None:
    """When the earliest count of a centre was observed; None when there is none."""
    wanted = select(func.min(Count.observed_at)).where(Count.centre == centre, Count.drill == drill)
    return session.scalar(wanted)

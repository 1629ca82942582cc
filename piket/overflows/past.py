"""When episodes were, as plain values, for pictures: light enough to be read with every page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from piket.overflows.models import Overflow


@dataclass(frozen=True)
class Span:
    """When an episode was, without its figures. `closed_at` None: it is open."""

    id: str
    opened_at: datetime
    closed_at: datetime | None
    peak: int | None
    declared: bool


# Asked with every look at the board, so put together once.
_SPANS = (
    select(Overflow.id, Overflow.opened_at, Overflow.closed_at, Overflow.peak, Overflow.declared)
    .where(Overflow.centre == bindparam("centre"), Overflow.drill == bindparam("drill"))
    .where(Overflow.opened_at < bindparam("until"))
    .where(or_(Overflow.closed_at.is_(None), Overflow.closed_at > bindparam("since")))
    .order_by(Overflow.opened_at, Overflow.id)
)


def spans(session: Session, centre: str, since: datetime, until: datetime, drill: bool = False) -> list[Span]:
    """The episodes of a centre of which some moment lies from `since` to `until`, oldest first."""
    found = session.execute(_SPANS, {"centre": centre, "drill": drill, "since": since, "until": until})
    return [Span(*row) for row in found]

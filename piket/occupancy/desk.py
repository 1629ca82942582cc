"""Open the desk of one centre: lock its row, take what is due, let somebody act, and tell what crossed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy.orm import Session

from piket.audit.service import ENGINE, Actor
from piket.occupancy.judging import announce_change, judge_held_due, tell_overdue
from piket.occupancy.models import Centre
from piket.occupancy.standing import Picture, find_centre, look
from piket.overflows import service as overflows
from piket.overflows.service import Desk
from piket.settings import Settings


@contextmanager
def at_centre(
    session: Session, now: datetime, settings: Settings, centre: str, actor: Actor, drill: bool = False
) -> Iterator[Desk]:
    """Everything that judges, calls up or commits happens inside this.

    The centre's row is locked first. What is due by the clock is done before anything else, so that whoever comes just
    before a pass of the engine finds the same as just after it. Afterwards a change of level is told, in the same
    transaction. Raises `NotFound` for an unknown centre.
    """
    row = find_centre(session, centre, lock=True)
    due = _desk(session, now, settings, row, ENGINE, drill)
    before = look(session, row, now, drill)
    judge_held_due(due)
    overflows.escalate_due(due)
    announce_change(due, before)
    desk = _desk(session, now, settings, row, actor, drill)
    before = look(session, row, now, drill)
    yield desk
    announce_change(desk, before)


def advance(session: Session, now: datetime, settings: Settings, centre: str) -> None:
    """The engine's step for one centre: everything due by `now`, and whether counts have failed to come."""
    with at_centre(session, now, settings, centre, ENGINE) as desk:
        tell_overdue(desk)


def _desk(session: Session, now: datetime, settings: Settings, row: Centre, actor: Actor, drill: bool) -> Desk:
    session.flush()
    return desk_of(session, now, settings, look(session, row, now, drill), actor)


def desk_of(session: Session, now: datetime, settings: Settings, picture: Picture, actor: Actor) -> Desk:
    """The desk with what is known of its centre."""
    row = picture.centre
    return Desk(
        session=session, now=now, settings=settings, actor=actor, centre=row.code, centre_name=row.name,
        municipality=row.municipality, norm=row.norm, how_full=picture.how_full, level=picture.announced,
        drill=picture.drill,
    )  # fmt: skip

"""Open the desk of one centre: lock its row, take what is due, let somebody act, and tell what crossed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from piket.audit.service import ENGINE, Actor
from piket.occupancy.judging import announce_change, judge_held_due, tell_overdue
from piket.occupancy.models import Centre
from piket.occupancy.sight import CentreDesk
from piket.occupancy.standing import find_centre, picture_of, read_rows
from piket.overflows import service as overflows
from piket.settings import Settings

LONGEST_WAIT = timedelta(minutes=1)


@contextmanager
def at_centre(
    session: Session, now: datetime, settings: Settings, centre: str, actor: Actor, drill: bool = False
) -> Iterator[CentreDesk]:
    """Everything that judges, calls up or commits happens inside this.

    The centre's row is locked first. What is due by the clock is done before anything else, so that whoever comes just
    before a pass of the engine finds the same as just after it. Afterwards a change of level is told, in the same
    transaction. Raises `NotFound` for an unknown centre.
    """
    row = find_centre(session, centre, lock=True)
    now = _not_before(row, now)
    due = _open(session, now, settings, row, drill)
    judge_held_due(due)
    overflows.escalate_due(due)
    if due.acted:
        announce_change(due)
    due.look_again()
    desk = CentreDesk.open(session, now, settings, due.picture, actor, former=due)
    yield desk
    if desk.acted:
        announce_change(desk)
    if desk.acted or due.acted or desk.sent:
        row.desk_at = now


def _open(session: Session, now: datetime, settings: Settings, row: Centre, drill: bool) -> CentreDesk:
    """The engine's desk of a centre, with its open episode in hand: it is read once a transaction."""
    rows, episode = read_rows(session, row.code, drill), overflows.open_episode(session, row.code, drill)
    acute = overflows.short_past_its_hour(session, episode, now)
    desk = CentreDesk.open(session, now, settings, picture_of(row, rows, now, drill, acute), ENGINE)
    desk.begin(episode)
    return desk


def _not_before(row: Centre, now: datetime) -> datetime:
    """The moment of this desk. Whoever looked at the clock and then waited for the lock stands behind who had it.

    Else it would overlook what the other has just written. A row much further ahead is of a clock that was set back.
    """
    if row.desk_at is not None and now < row.desk_at <= now + LONGEST_WAIT:
        return row.desk_at
    return now


def advance(session: Session, now: datetime, settings: Settings, centre: str) -> None:
    """The engine's step for one centre: everything due by `now`, and whether counts have failed to come."""
    with at_centre(session, now, settings, centre, ENGINE) as desk:
        tell_overdue(desk)

"""The desk at which a request acts: that of the centre it names, or of the one that its episode or call-up belongs to."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime

from sqlalchemy.orm import Session

from piket.api.kit import Caller, deps
from piket.audit.service import Actor
from piket.occupancy import service as occupancy
from piket.occupancy.sight import CentreDesk
from piket.overflows import service as overflows


def at_centre(
    session: Session, now: datetime, actor: Actor, centre: str, drill: bool = False
) -> AbstractContextManager[CentreDesk]:
    """The desk of a centre, for `actor`, by the settings of this service. Raises `NotFound` on entering."""
    return occupancy.at_centre(session, now, deps().settings, centre, actor, drill)


def of_overflow(session: Session, now: datetime, caller: Caller, overflow: str) -> AbstractContextManager[CentreDesk]:
    """The desk that an episode belongs to. Raises `NotFound`."""
    return at_centre(session, now, caller.actor(), overflows.centre_of_overflow(session, overflow))


def of_call_up(session: Session, now: datetime, caller: Caller, call_up: str) -> AbstractContextManager[CentreDesk]:
    """The desk that a call-up belongs to. Raises `NotFound`."""
    return at_centre(session, now, caller.actor(), overflows.centre_of_call_up(session, call_up)[0])

"""The desk of a centre, for who acts by form: by the clock and the settings of this request."""

from __future__ import annotations

from contextlib import AbstractContextManager

from flask import g
from sqlalchemy.orm import Session

from piket.audit.service import OnBehalf
from piket.board.frame import deps
from piket.occupancy import service as occupancy
from piket.occupancy.sight import CentreDesk
from piket.organisations.access import Caller


def at_centre(
    session: Session, caller: Caller, centre: str, on_behalf: OnBehalf | None = None
) -> AbstractContextManager[CentreDesk]:
    """The desk of `centre`, for the caller, or for who they speak for. Raises `NotFound` on entering."""
    return occupancy.at_centre(session, g.now, deps().settings, centre, caller.actor(on_behalf))

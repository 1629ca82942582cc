"""The last look of this process at the situation, for all who load the page while nothing was written.

When something happens two hundred boards ask at once, and all show the same country: it is read once for them. Only what is
one reader's own (its alerts, whom it may ring) is read for each. A look is used for a few seconds at most, never across a moment
at which the situation turns by itself, and not after anything was written.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy.orm import Session

from piket.board.again import Marks, turns_at
from piket.board.frame import deps
from piket.board.panels import pressing
from piket.board.pictures.reading import Occupancy, sixty_days
from piket.board.pictures.tiles import ON_THE_MAP
from piket.occupancy import service as occupancy
from piket.occupancy.service import Situation
from piket.organisations import service as organisations

HOLDS = timedelta(seconds=5)


@dataclass(frozen=True)
class Look:
    """The situation, the last sixty days of the centre that presses most (None: none is watched), and the names in both."""

    marks: Marks
    found: Situation
    past: Occupancy | None
    names: dict[str, str]
    until: datetime

    def holds(self, marks: Marks, now: datetime) -> bool:
        """Whether it may be shown at `now`. A clock that was set back makes a new one."""
        return marks == self.marks and self.found.at <= now < self.until


class _Held:
    """The newest look, and the lock of who takes one."""

    def __init__(self) -> None:
        self.look: Look | None = None
        self.lock = threading.Lock()


def look(session: Session, now: datetime, marks: Marks) -> Look:
    """The situation at most `HOLDS` ago, by the marks that were looked at before. Who comes while another looks waits for it."""
    held: _Held = current_app.extensions.setdefault("piket-last-look", _Held())
    with held.lock:
        if held.look is None or not held.look.holds(marks, now):
            held.look = _take(session, now, marks)
        return held.look


def _take(session: Session, now: datetime, marks: Marks) -> Look:
    found = occupancy.situation(session, now, deps().settings)
    centres = pressing(found)
    past = sixty_days(session, now, centres[0]) if centres else None
    names = organisations.names(session, _codes(found))
    return Look(marks, found, past, names, min(filter(None, (now + HOLDS, turns_at(found)))))


def _codes(found: Situation) -> list[str]:
    """Everybody who can be named on the page, but for the reader."""
    duty = found.duty
    called = [call.organisation for call in found.overflow.call_ups] if found.overflow else []
    codes = {"coa", *duty.organisations, *called, duty.standby, duty.next, *ON_THE_MAP, *found.readiness.silent}
    return [code for code in codes if code]

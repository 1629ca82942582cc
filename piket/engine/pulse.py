"""The pulse of an engine as a row, so that web processes and other engines see that somebody makes passes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from piket.db import new_id
from piket.engine.models import EnginePulse

# Not at each pass: every commit wakes the other engines, and they would wake each other without end.
WRITE_EVERY = timedelta(seconds=5)
KEPT_FOR = timedelta(hours=24)


@dataclass(frozen=True)
class Pulse:
    """The last pass of an engine: when it began, how long it took, and which steps failed."""

    at: datetime
    took_ms: int
    failed: tuple[str, ...]


class Pulses:
    """What one engine writes of itself."""

    def __init__(self) -> None:
        self.engine = new_id()
        self._began_at: datetime | None = None
        self._written: Pulse | None = None

    def is_due(self, pulse: Pulse) -> bool:
        """Whether to write this one: the first, one after a while (by the service's clock), and when other steps fail."""
        last = self._written
        return last is None or abs(pulse.at - last.at) >= WRITE_EVERY or pulse.failed != last.failed

    def write(self, session: Session, pulse: Pulse) -> None:
        """Write it over the one before, and forget engines that have been silent for a day."""
        self._began_at = self._began_at or pulse.at
        row = session.get(EnginePulse, self.engine)
        if row is None:
            row = EnginePulse(engine=self.engine, began_at=self._began_at)
            session.add(row)
        row.at, row.took_ms, row.failed = pulse.at, pulse.took_ms, list(pulse.failed)
        session.execute(delete(EnginePulse).where(EnginePulse.at < pulse.at - KEPT_FOR))
        session.flush()

    def written(self, pulse: Pulse) -> None:
        """It is in the store."""
        self._written = pulse


def living(session: Session, now: datetime, silent_for: timedelta) -> list[Pulse]:
    """The last passes of all engines that were not silent for longer, newest first."""
    return [pulse for pulse in _all(session) if abs(now - pulse.at) <= silent_for]


def last(session: Session) -> Pulse | None:
    """The newest pass of any engine, None before the first."""
    return next(iter(_all(session)), None)


def _all(session: Session) -> list[Pulse]:
    rows = session.scalars(select(EnginePulse).order_by(EnginePulse.at.desc()))
    return [Pulse(row.at, row.took_ms, tuple(row.failed)) for row in rows]

"""What others left behind: engines that died while sending, and a clock that was set back after it had planned."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta

from piket.alerts import stranded
from piket.alerts.retry_rules import SKEW
from piket.deps import Deps
from piket.engine.presence import Presence

log = logging.getLogger(__name__)
LOOK_AFTER_OTHERS = 1.0


class Leftovers:
    """Makes due at once what nobody will send any more. `presence` is that of this engine. Used by one thread alone."""

    def __init__(self, deps: Deps, presence: Presence) -> None:
        self._deps = deps
        self._presence = presence
        self._others_at = 0.0
        self._moment: tuple[datetime, float] | None = None

    def mind_the_clock(self, now: datetime) -> None:
        """When the clock was set back, also before this process began, what it had planned is due now."""
        elapsed = time.monotonic()
        if self._moment is None or now < self._moment[0] + timedelta(seconds=elapsed - self._moment[1]) - SKEW:
            with self._deps.writing(ring=False) as session:
                freed = stranded.release_future(session, now)
            if freed:
                log.warning("the clock was set back", extra={"deliveries": freed})
        self._moment = now, elapsed

    def look_after_others(self, now: datetime) -> None:
        """Be seen by the other engines; what those that died were sending is due at once. At most once a second."""
        if time.monotonic() < self._others_at:
            return
        self._others_at = time.monotonic() + LOOK_AFTER_OTHERS
        try:
            self._presence.show()
            with self._deps.reading() as session:
                gone = self._presence.gone(stranded.owners(session))
            if gone:
                with self._deps.writing(ring=False) as session:
                    freed = stranded.release_of(session, now, gone)
                log.warning("an engine ended without saying goodbye", extra={"deliveries": freed})
                self._presence.bury(gone)
        except Exception as error:
            # Nothing depends on it: leases run out.
            log.warning("the other engines could not be looked after", extra={"error": type(error).__name__})

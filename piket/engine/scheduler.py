"""The engine of one process: a metronome, a thread that makes passes, the postman, and an ear for other processes.

APScheduler only beats: its job sets a flag and is over, so that it is never skipped and nothing is lost while a pass
runs. The thread that makes passes looks at the flag after every pass, before it rests.
"""

from __future__ import annotations

import logging
import threading
import time

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from piket.deps import Deps
from piket.engine.auditor import Auditor
from piket.engine.postman import Postman
from piket.engine.pulse import Pulse, Pulses
from piket.engine.tick import take_steps
from piket.engine.wakeup import Watcher

log = logging.getLogger(__name__)
# Rings come with every commit; deadlines need no more than a few looks a second. Deliveries do not wait for this.
REST = 0.2
# A pass waits so long for what was just written to go out first, and on while it does: one interpreter does both.
HEAD_START = 0.03


class Engine:
    """Everything that happens because time passes, from `start` to `stop`. Any number may run on one store."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._postman = Postman(deps)
        self._auditor = Auditor(deps)
        self._pulses = Pulses()
        self._watcher = Watcher(deps.store, self.ring, self._postman.ring)
        self._thread = threading.Thread(target=self._run, name="piket-passes", daemon=True)
        self._metronome = BackgroundScheduler(timezone="UTC", executors={"default": ThreadPoolExecutor(1)})
        self._metronome.add_job(
            self._wake.set,
            "interval",
            seconds=deps.settings.engine.interval_seconds,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
        self.pulse: Pulse | None = None

    def start(self) -> None:
        """Begin, with a pass at once. In a server that forks: after the fork, a thread does not survive it."""
        self._deps.bell.listen(self._postman.ring)
        self._deps.bell.listen(self._wake.set, only_passes=True)
        self._wake.set()
        self._thread.start()
        self._postman.start()
        self._watcher.start()
        self._auditor.start()
        self._metronome.start()

    def ring(self) -> None:
        """Another process committed something: look what is due. Quick; a ring during a pass is kept until after it."""
        self._postman.ring()
        self._wake.set()

    def stop(self) -> None:
        """Take nothing new, let sends under way end and be written down; at most as long as an attempt may last."""
        self._stopping.set()
        self._wake.set()
        self._metronome.shutdown(wait=False)
        self._watcher.stop()
        self._auditor.stop()
        self._postman.stop(within=self._deps.settings.delivery.time_limit_seconds + 2)
        self._thread.join(5)

    def _run(self) -> None:
        """Passes, one at a time, until told to stop. A ring during a pass is seen after it."""
        while not self._stopping.is_set():
            self._wake.wait()
            self._wake.clear()
            self._let_deliveries_go_first()
            if not self._stopping.is_set():
                self._pass()
                self._stopping.wait(REST)

    def _let_deliveries_go_first(self) -> None:
        """Never for longer than the interval: that is the promise."""
        until = time.monotonic() + self._deps.settings.engine.interval_seconds
        while not self._stopping.wait(HEAD_START) and self._postman.is_working() and time.monotonic() < until:
            pass

    def _pass(self) -> None:
        """One pass; whatever happens in it, the next one comes. What it made to be sent is for the postman to look at."""
        begun = time.monotonic()
        try:
            now = self._deps.now()
            failed = take_steps(self._deps, now)
            self.pulse = Pulse(now, round((time.monotonic() - begun) * 1000), failed)
            self._show(self.pulse)
        except Exception:
            log.exception("a pass failed")
        self._postman.ring()

    def _show(self, pulse: Pulse) -> None:
        """Let every process see it, now and then."""
        if self._pulses.is_due(pulse):
            with self._deps.writing(ring=False) as session:
                self._pulses.write(session, pulse)
            self._pulses.written(pulse)

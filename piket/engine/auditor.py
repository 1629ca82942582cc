"""Who watches the watchman: looks for what was due and is not done, and calls outside only as long as there is nothing.

`look` reads and decides nothing by itself; `/readyz` and `/metrics` show the same look. The auditor has a thread of its
own, so that a pass that hangs does not silence the look at it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from piket.alerts import late as sending
from piket.alerts.channels import DeliveryError
from piket.alerts.channels.heartbeat import call
from piket.clock import system_clock
from piket.deps import Deps
from piket.engine import pulse
from piket.engine.auditor_rules import CODES, Finding, Limits, Seen, findings
from piket.occupancy import service as occupancy
from piket.overflows import service as overflows
from piket.rota import service as rota
from piket.settings import AuditorSettings

log = logging.getLogger(__name__)
FIGURES_OF = timedelta(hours=1)


@dataclass(frozen=True)
class Look:
    """How things stood at `at`. Durations in seconds; None where there is nothing to measure. `attempts`: of the last hour."""

    at: datetime
    findings: list[Finding]
    oldest_due_seconds: float
    last_pass_age_seconds: float | None
    last_pass_seconds: float | None
    engines: int
    attempts: Mapping[str, int]

    @property
    def by_code(self) -> dict[str, int]:
        """Every code there is, with how often it was found: 0 or 1."""
        return {code: sum(finding.code == code for finding in self.findings) for code in CODES}

    @property
    def is_well(self) -> bool:
        """Nothing was found."""
        return not self.findings


def look(deps: Deps, now: datetime) -> Look:
    """Look once; only reads. Raises what the store raises."""
    limits = _limits(deps.settings.auditor)
    before = now - timedelta(seconds=deps.settings.auditor.step_after_seconds)
    apart = _clocks_apart(deps)
    with deps.reading() as session:
        newest = pulse.last(session)
        alive = pulse.living(session, now, limits.pass_after)
        oldest = sending.oldest_due(session, now)
        seen = Seen(
            at=now,
            steps=overflows.late_steps(session, before),
            held_counts=occupancy.late_held(session, before),
            hand_overs=rota.late_hand_overs(session, before, deps.settings),
            oldest_due=oldest,
            last_pass=newest.at if newest else None,
            failing=tuple(dict.fromkeys(step for one in alive for step in one.failed)),
            turns_until=rota.written_until(session),
            clocks_apart=apart,
        )
        attempts = sending.attempts_since(session, now - FIGURES_OF)
    return Look(
        at=now,
        findings=findings(seen, limits),
        oldest_due_seconds=(now - oldest).total_seconds() if oldest else 0.0,
        last_pass_age_seconds=(now - newest.at).total_seconds() if newest else None,
        last_pass_seconds=newest.took_ms / 1000 if newest else None,
        engines=len(alive),
        attempts=attempts,
    )


def _limits(settings: AuditorSettings) -> Limits:
    return Limits(
        delivery_after=timedelta(seconds=settings.delivery_after_seconds),
        pass_after=timedelta(seconds=settings.pass_after_seconds),
        turns_ahead=timedelta(days=settings.turns_ahead_days),
        clock_apart=timedelta(seconds=settings.clock_apart_seconds),
    )


def _clocks_apart(deps: Deps) -> timedelta | None:
    """The database's clock less this machine's; on SQLite there is but one. A test clock has no say in it."""
    return None if deps.store.is_sqlite else deps.store.now() - system_clock()


class Auditor:
    """Looks from `start` to `stop`, and calls the heartbeat address of the settings while all is well."""

    def __init__(self, deps: Deps, beat: Callable[[str], None] = call) -> None:
        self._deps = deps
        self._beat = beat
        self._called_at: float | None = None
        self._codes: list[str] = []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="piket-auditor", daemon=True)

    def start(self) -> None:
        """Begin; the first look comes after a while, when the first passes have been made."""
        self._thread.start()

    def stop(self) -> None:
        """Stop; a call under way is left to its own end."""
        self._stopping.set()
        self._thread.join(1)

    def _run(self) -> None:
        while not self._stopping.wait(self._deps.settings.auditor.every_seconds):
            self.round()

    def round(self) -> None:
        """One look, and the call when it is time for it. Never raises: whoever waits for the call hears the silence."""
        try:
            found = look(self._deps, self._deps.now())
        except Exception as error:
            log.warning("the auditor could not look", extra={"error": type(error).__name__})
            return
        self._note([finding.code for finding in found.findings])
        if found.is_well:
            self._call()

    def _note(self, codes: list[str]) -> None:
        """Logged when it changes, not at each look."""
        if codes != self._codes:
            log.log(logging.WARNING if codes else logging.INFO, "the auditor looked", extra={"findings": codes})
            self._codes = codes

    def _call(self) -> None:
        heartbeat, now = self._deps.settings.heartbeat, time.monotonic()
        is_due = self._called_at is None or now - self._called_at >= heartbeat.interval_seconds
        if heartbeat.url is None or not is_due:
            return
        try:
            self._beat(heartbeat.url)
            self._called_at = now
        except DeliveryError as error:
            log.warning("the heartbeat was not heard", extra={"reason": error.reason})

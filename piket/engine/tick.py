"""One pass of the engine at `now`: an ordinary function, which may run anywhere, twice or late with the same result.

Each step has its own transaction. A step that fails is logged and holds up no other; what it should have done is found
again by the next pass, because every "when" is a column.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from piket import idempotency
from piket.alerts.delivery import deliver_due
from piket.alerts.digests import tell_gathered
from piket.alerts.stranded import release_waiting
from piket.deps import Deps
from piket.occupancy import service as occupancy
from piket.overflows import service as overflows
from piket.rota import service as rota
from piket.settings import Settings

log = logging.getLogger(__name__)
Step = Callable[[Session, datetime, Settings], object]


@dataclass(frozen=True)
class PassResult:
    """What one pass did: the names of the steps that failed, the attempts to deliver, and how long it took."""

    failed: tuple[str, ...] = ()
    attempts: int = 0
    took_ms: int = 0


def run_pass(deps: Deps, now: datetime) -> PassResult:
    """All steps, then everything that is due to be sent, here and now, one after the other."""
    begun = time.monotonic()
    failed = take_steps(deps, now)
    attempts = deliver_due(deps, now)
    return PassResult(failed, attempts, round((time.monotonic() - begun) * 1000))


def take_steps(deps: Deps, now: datetime) -> tuple[str, ...]:
    """Everything but sending; the names of the steps that failed."""
    failed = [name for name, step in _centres(deps) if not _take(deps, now, name, step)]
    failed += [name for name, step in STEPS.items() if not _take(deps, now, name, step)]
    return tuple(failed)


def _centres(deps: Deps) -> list[tuple[str, Step]]:
    """One step a centre: deadlines, held counts, counts that do not come."""
    try:
        with deps.reading() as session:
            codes = occupancy.centres(session)
    except Exception:
        log.exception("the centres could not be read")
        return []
    return [(f"centre {code}", _advance(code)) for code in codes]


def _advance(code: str) -> Step:
    return lambda session, now, settings: occupancy.advance(session, now, settings, code)


def _take(deps: Deps, now: datetime, name: str, step: Step) -> bool:
    try:
        with deps.writing(ring=False) as session:
            step(session, now, deps.settings)
    except Exception:
        log.exception("a step of the pass failed", extra={"step": name})
        return False
    return True


def _extend(session: Session, now: datetime, settings: Settings) -> object:
    return rota.extend(session, now, settings.engine.horizon_days)


def _ask(session: Session, now: datetime, settings: Settings) -> object:
    return rota.ask(session, now, settings, partial(occupancy.pressing_now, session, now))


def _cover(session: Session, now: datetime, settings: Settings) -> object:
    return rota.check_coverage(session, now, settings, partial(occupancy.pressing_now, session, now))


def _announce(session: Session, now: datetime, settings: Settings) -> object:
    return rota.announce(session, now, settings, occupancy.pressing_now(session, now))


def _swap(session: Session, now: datetime, settings: Settings) -> object:
    return rota.advance_swaps(session, now, settings, partial(occupancy.pressing_now, session, now))


STEPS: dict[str, Step] = {
    "turns ahead": _extend,
    "swaps": _swap,
    "hand-overs": _announce,
    "coverage": _cover,
    "ledger": lambda session, now, settings: overflows.book_nights(session, now, settings),
    "confirmations": _ask,
    "gathered": lambda session, now, settings: tell_gathered(session, now, settings),
    "waiting deliveries": lambda session, now, settings: release_waiting(session, now),
    "old answers": lambda session, now, settings: idempotency.forget_old(session, now),
}

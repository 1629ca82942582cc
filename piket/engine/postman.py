"""The postman: claims what is due, hands it to senders, writes down what came of it. One thread that alone uses the store.

Senders only dial. What they bring back is written together with the next claim, at once: as long as one transaction
runs, the answers of that moment gather for the next. A ring while it works is looked at before it rests.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from piket.alerts import outbox, results, stranded
from piket.alerts.channels import Message
from piket.alerts.delivery import attempt, lease_of, prepare
from piket.alerts.outbox import Claim
from piket.alerts.results import Result
from piket.alerts.retry_rules import SKEW
from piket.deps import Deps
from piket.engine.lanes import Lanes
from piket.engine.presence import Presence
from piket.words import DEFAULT_LANGUAGE, catalogue

log = logging.getLogger(__name__)
# After a look that found nothing: while counts pour in, rings come faster than looking is worth.
REST = 0.005
TRIES_TO_WRITE = 3
AGAIN_AFTER = 1.0
LOOK_AFTER_OTHERS = 1.0
# The store cannot be reached, is locked or is full: nothing is wrong with what is to be written.
AWAY = (OperationalError, InterfaceError, OSError)


class Postman:
    """Delivers for one process, from `start` to `stop`."""

    def __init__(self, deps: Deps) -> None:
        engine = deps.settings.engine
        self._deps = deps
        self._presence = Presence(deps.store)
        self._others_at = 0.0
        self._moment: tuple[datetime, float] | None = None
        self._lease = lease_of(deps.settings.delivery)
        self._lanes = Lanes(engine.senders, engine.senders_per_host)
        self._senders = ThreadPoolExecutor(self._lanes.most, thread_name_prefix="piket-sender")
        self._finished: queue.SimpleQueue[Result] = queue.SimpleQueue()
        self._unwritten: list[Result] = []
        self._tries: dict[str, int] = {}
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="piket-postman", daemon=True)

    def start(self) -> None:
        """Begin; what was left by an earlier process is looked at first."""
        self._thread.start()

    def ring(self) -> None:
        """Something may be due."""
        self._wake.set()

    @property
    def is_stopping(self) -> bool:
        """Whether it was told to stop."""
        return self._stopping.is_set()

    def stop(self, within: float) -> None:
        """Claim nothing more, let the sends under way end and be written down, for at most `within` seconds."""
        self._stopping.set()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join(within)
        self._senders.shutdown(wait=False, cancel_futures=True)

    def _run(self) -> None:
        # The first alert of a night must not wait for the dictionary to be read.
        catalogue(DEFAULT_LANGUAGE)
        while not (self._stopping.is_set() and not self._lanes.busy and not self._unwritten):
            self._wake.clear()
            try:
                pause = self.round()
                if self._stopping.is_set():
                    # Only the senders under way are waited for; the last of them may be in already.
                    pause = min(pause, REST)
            except Exception:
                log.exception("a round of deliveries failed")
                pause = AGAIN_AFTER
            self._wake.wait(pause)
        self._presence.hide()

    def round(self) -> float:
        """Write what came back, claim and hand out what is due. Seconds until the next look, if nobody rings before."""
        now = self._deps.now()
        self._gather()
        self._mind_the_clock(now)
        self._look_after_others(now)
        claims = self._write_and_claim(now) if self._unwritten or self._may_claim(now) else []
        self._hand_out(claims, now)
        if claims or not self._finished.empty():
            return self._lanes.next_seat(time.monotonic()) or REST
        self._stopping.wait(REST)
        return self._pause(now)

    def _gather(self) -> None:
        while not self._finished.empty():
            result = self._finished.get()
            self._unwritten.append(result)
            self._lanes.end(result.claim.delivery, _answered(result))

    def _mind_the_clock(self, now: datetime) -> None:
        """When the clock was set back, also before this process began, what it had planned is due now."""
        elapsed = time.monotonic()
        if self._moment is None or now < self._moment[0] + timedelta(seconds=elapsed - self._moment[1]) - SKEW:
            with self._deps.writing(ring=False) as session:
                freed = stranded.release_future(session, now)
            if freed:
                log.warning("the clock was set back", extra={"deliveries": freed})
        self._moment = now, elapsed

    def _look_after_others(self, now: datetime) -> None:
        """Be seen by the other engines; what those that died were sending is due at once. At most once a second."""
        if time.monotonic() < self._others_at or self._stopping.is_set():
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

    def _may_claim(self, now: datetime) -> bool:
        if self._stopping.is_set() or not self._lanes.free(time.monotonic()):
            return False
        with self._deps.reading() as session:
            return outbox.is_anything_due(session, now, self._lease, self._lanes.busy)

    def _write_and_claim(self, now: datetime) -> list[Claim]:
        """One transaction for both. When a result cannot be written, each is tried by itself, and nothing is claimed."""
        try:
            with self._deps.writing(ring=False) as session:
                results.record(session, now, self._deps.settings, self._unwritten)
                claims = self._claim(session, now)
        except Exception:
            log.exception("what came of deliveries could not be written together")
            self._write_one_by_one(now)
            return []
        self._forget(list(self._unwritten))
        return claims

    def _claim(self, session: Session, now: datetime) -> list[Claim]:
        seats = 0 if self._stopping.is_set() else self._lanes.free(time.monotonic())
        if not seats:
            return []
        return outbox.claim(session, now, self._lease, self._presence.name, seats, self._lanes.busy, self._lanes.room)

    def _write_one_by_one(self, now: datetime) -> None:
        """A result that cannot be written at all is dropped after a few tries: its lease runs out and it is sent again.

        While the store itself is away they are kept, however long that takes.
        """
        for result in list(self._unwritten):
            try:
                with self._deps.writing(ring=False) as session:
                    results.record(session, now, self._deps.settings, [result])
            except AWAY:
                raise
            except Exception:
                tries = self._tries[result.claim.delivery] = self._tries.get(result.claim.delivery, 0) + 1
                log.exception("what came of a delivery could not be written", extra={"delivery": result.claim.delivery})
                if tries < TRIES_TO_WRITE:
                    continue
            self._forget([result])

    def _forget(self, written: Iterable[Result]) -> None:
        for result in written:
            self._unwritten.remove(result)
            self._tries.pop(result.claim.delivery, None)

    def _hand_out(self, claims: list[Claim], now: datetime) -> None:
        if not claims:
            return
        for claim in claims:
            self._lanes.start(claim.delivery, claim.host, time.monotonic())
        prepared = self._prepare(claims, now)
        for claim, message in zip(claims, prepared, strict=True):
            if isinstance(message, Result):
                self._finished.put(message)
            else:
                self._senders.submit(self._send, claim, message)

    def _prepare(self, claims: list[Claim], now: datetime) -> list[Message | Result]:
        """The messages; what is claimed and cannot be sent now goes back, so that nothing waits for its lease."""
        if not self._stopping.is_set():
            try:
                with self._deps.reading() as session:
                    return prepare(session, now, self._deps.settings, claims)
            except Exception:
                log.exception("what is to be sent could not be read")
                self._stopping.wait(AGAIN_AFTER)
        return [Result(claim, "returned", now) for claim in claims]

    def _send(self, claim: Claim, message: Message) -> None:
        self._finished.put(attempt(self._deps.channels, self._deps.settings.delivery, claim, message))
        self._wake.set()

    def _pause(self, now: datetime) -> float:
        """Until the next planned attempt or the next seat, and never longer than the interval."""
        interval = self._deps.settings.engine.interval_seconds
        if self._unwritten:
            return min(interval, AGAIN_AFTER)
        with self._deps.reading() as session:
            planned = outbox.next_due(session, now)
        until = (planned - now).total_seconds() if planned else interval
        return max(0.0, min(interval, until, self._lanes.next_seat(time.monotonic()) or interval))


def _answered(result: Result) -> bool | None:
    """What a result says of its host: it answers, it does not, or neither (a refusal of this one receiver)."""
    if result.outcome == "delivered":
        return True
    refused = result.failure is not None and result.failure.permanent
    return None if refused or result.outcome != "failed" else False

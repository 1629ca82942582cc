"""The postman: claims what is due, hands it to senders, writes down what came of it. One thread that alone uses the store.

Senders only dial. What they bring back is written together with the next claim: while others are under way the answers of
a moment gather for one transaction. What this very process wrote is handed over to it as it is committed (the express lane).
A ring while it works is looked at before it rests.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from piket.alerts import express, outbox, results
from piket.alerts.delivery import attempt, lease_of, prepare
from piket.alerts.outbox import Claim
from piket.alerts.results import Result
from piket.deps import Deps
from piket.engine.hand import Hand, Job
from piket.engine.leftovers import Leftovers
from piket.engine.presence import Presence
from piket.words import DEFAULT_LANGUAGE, catalogue

log = logging.getLogger(__name__)
# Between two looks that nothing but a ring asked for: while counts pour in, rings come faster than looking is worth.
REST = 0.005
# While others are under way, so long what came of some is gathered for one transaction: a kill repeats that much more.
GATHER = 0.01
TRIES_TO_WRITE = 3
AGAIN_AFTER = 1.0
# The store cannot be reached, is locked or is full: nothing is wrong with what is to be written.
AWAY = (OperationalError, InterfaceError, OSError)


class Postman:
    """Delivers for one process, from `start` to `stop`. It is also that process's `express.Lane`."""

    def __init__(self, deps: Deps) -> None:
        engine = deps.settings.engine
        self._deps = deps
        self._presence = Presence(deps.store)
        self._leftovers = Leftovers(deps, self._presence)
        self._acted_at = 0.0
        self.lease = lease_of(deps.settings.delivery)
        self._hand = Hand(engine.senders, engine.senders_per_host)
        self._senders = ThreadPoolExecutor(self._hand.most, thread_name_prefix="piket-sender")
        self._handed_over: queue.SimpleQueue[Sequence[Claim]] = queue.SimpleQueue()
        self._finished: queue.SimpleQueue[Result] = queue.SimpleQueue()
        self._mine: set[str] = set()
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
    def owner(self) -> str:
        """In whose name this process claims."""
        return self._presence.name

    def hold(self, wanted: Sequence[tuple[str, str]]) -> set[str]:
        """Of these deliveries (id and host) those that are sent as soon as `go` says that they are written."""
        return self._hand.hold(wanted)

    def go(self, claims: Sequence[Claim]) -> None:
        """The transaction that wrote these is over."""
        self._handed_over.put(claims)
        self._wake.set()

    @property
    def is_stopping(self) -> bool:
        """Whether it was told to stop."""
        return self._stopping.is_set()

    def is_working(self) -> bool:
        """Whether it has something to send that does not only wait for its receiver."""
        return self._hand.is_working()

    def stop(self, within: float) -> None:
        """Claim nothing more, let the sends under way end and be written down, for at most `within` seconds."""
        self._hand.close()
        self._stopping.set()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join(within)
        self._senders.shutdown(wait=False, cancel_futures=True)

    def _run(self) -> None:
        # The first alert of a night must not wait for the dictionary to be read.
        catalogue(DEFAULT_LANGUAGE)
        while not (self._stopping.is_set() and self._hand.is_empty and not self._mine):
            self._wake.clear()
            try:
                pause = self.round()
                # Not before the first round, in which it has shown itself to the other engines.
                self._deps.store.info.setdefault(express.EXPRESS, self)
                if self._stopping.is_set():
                    # Only the senders under way are waited for; the last of them may be in already.
                    pause = min(pause, REST)
            except Exception:
                log.exception("a round of deliveries failed")
                pause = AGAIN_AFTER
            self._wake.wait(pause)
        if self._deps.store.info.get(express.EXPRESS) is self:
            del self._deps.store.info[express.EXPRESS]
        self._presence.hide()

    def round(self) -> float:
        """Write what came back, claim and hand out what is due. Seconds until the next look, if nobody rings before."""
        now = self._deps.now()
        self._take_over(now)
        self._begin_sends()
        self._gather(now)
        self._leftovers.mind_the_clock(now)
        if not self._stopping.is_set():
            self._leftovers.look_after_others(now)
        wait = self._acted_at + self._least_pause() - time.monotonic()
        if wait > 0:
            return wait
        self._acted_at = time.monotonic()
        claims = self._write_and_claim(now) if self._unwritten or self._may_claim(now) else []
        self._hand_out(claims, now)
        if self._hand.is_working() or not self._finished.empty():
            return self._hand.next_seat() or REST
        return self._pause(now)

    def _least_pause(self) -> float:
        """How soon after it last used the store it does so again. What came of the last one is written at once."""
        if self._hand.is_working():
            return GATHER
        return 0.0 if self._unwritten else REST

    def _take_over(self, now: datetime) -> None:
        """What this process wrote itself, and is committed."""
        claims: list[Claim] = []
        while not self._handed_over.empty():
            claims += self._handed_over.get()
        if claims:
            self._acted_at = time.monotonic()
            self._hand_out(claims, now, may_be_undone=True)

    def _gather(self, now: datetime) -> None:
        if self._stopping.is_set():
            for job in self._hand.lay_down():
                self._finish(Result(job.claim, "returned", now))
        while not self._finished.empty():
            self._unwritten.append(self._finished.get())

    def _may_claim(self, now: datetime) -> bool:
        if self._stopping.is_set() or not self._hand.has_space():
            return False
        with self._deps.reading() as session:
            return outbox.is_anything_due(session, now, self.lease, self._mine)

    def _write_and_claim(self, now: datetime) -> list[Claim]:
        """One transaction for both. When a result cannot be written, each is tried by itself, and nothing is claimed."""
        claims: list[Claim] = []
        try:
            with self._deps.writing(ring=False) as session:
                if self._unwritten:
                    results.record(session, now, self._deps.settings, self._unwritten)
                with self._hand.claiming() as space:
                    claims = self._claim(session, now, space)
                    self._hand.take(claims)
        except Exception:
            log.exception("what came of deliveries could not be written together")
            self._hand.let_go(claims)
            self._write_one_by_one(now)
            return []
        self._mine.update(claim.delivery for claim in claims)
        self._forget(list(self._unwritten))
        return claims

    def _claim(self, session: Session, now: datetime, space: int) -> list[Claim]:
        if not space or self._stopping.is_set():
            return []
        return outbox.claim(session, now, self.lease, self.owner, space, self._mine, self._hand.room)

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
            self._mine.discard(result.claim.delivery)
            self._tries.pop(result.claim.delivery, None)

    def _hand_out(self, claims: Sequence[Claim], now: datetime, may_be_undone: bool = False) -> None:
        if not claims:
            return
        try:
            made = self._prepare(claims, now, may_be_undone)
        except Exception:
            log.exception("what is to be sent could not be read")
            # So that nothing waits for its lease.
            made = [Result(claim, "returned", now) for claim in claims]
            self._stopping.wait(AGAIN_AFTER)
        for one in made:
            if isinstance(one, Result):
                self._finish(one)
        self._hand.put(one for one in made if isinstance(one, Job))
        self._begin_sends()

    def _prepare(self, claims: Sequence[Claim], now: datetime, may_be_undone: bool) -> list[Job | Result]:
        """What is to be sent, or why not. What its own transaction undid has never been; it leaves no trace."""
        with self._deps.reading() as session:
            if may_be_undone:
                held = express.still_held(session, self.owner, [claim.delivery for claim in claims])
                self._hand.let_go(claim for claim in claims if claim.delivery not in held)
                claims = [claim for claim in claims if claim.delivery in held]
                self._mine.update(held)
            if self._stopping.is_set():
                return [Result(claim, "returned", now) for claim in claims]
            made = prepare(session, now, self._deps.settings, claims)
        return [one if isinstance(one, Result) else Job(claim, one) for claim, one in zip(claims, made, strict=True)]

    def _begin_sends(self) -> None:
        while (job := self._hand.next()) is not None:
            self._senders.submit(self._send, job)

    def _send(self, job: Job | None) -> None:
        """This one, and then what is ready, as long as there is a seat."""
        while job is not None:
            self._finish(attempt(self._deps.channels, self._deps.settings.delivery, job.claim, job.message))
            job = None if self._stopping.is_set() else self._hand.next()

    def _finish(self, result: Result) -> None:
        """Something came of it. The postman is woken for the first of a moment, and when there is nothing more to wait for."""
        first = self._finished.empty()
        self._finished.put(result)
        self._hand.end(result.claim.delivery, _answered(result))
        if first or not self._hand.is_working():
            self._wake.set()

    def _pause(self, now: datetime) -> float:
        """Until the next planned attempt or the next seat, and never longer than the interval."""
        interval = self._deps.settings.engine.interval_seconds
        if self._unwritten:
            return min(interval, AGAIN_AFTER)
        with self._deps.reading() as session:
            planned = outbox.next_due(session, now)
        until = (planned - now).total_seconds() if planned else interval
        return max(0.0, min(interval, until, self._hand.next_seat() or interval))


def _answered(result: Result) -> bool | None:
    """What a result says of its host: it answers, it does not, or neither (a refusal of this one receiver)."""
    if result.outcome == "delivered":
        return True
    refused = result.failure is not None and result.failure.permanent
    return None if refused or result.outcome != "failed" else False

"""What this process has claimed: what waits for a seat, and what is under way. Used by many threads at once.

Senders take the next one from here themselves, so that between two sends nobody has to be woken.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from piket.alerts.channels import Message
from piket.alerts.outbox import Claim
from piket.engine.lanes import Lanes

# So many for each seat are claimed ahead: enough that no seat is ever empty, few enough that what is urgent goes soon.
AHEAD = 4


@dataclass(frozen=True)
class Job:
    """One message that is ready to be sent."""

    claim: Claim
    message: Message


class Hand:
    """`senders` seats and `per_host` for a host that has not shown that it answers, as `Lanes` has them."""

    def __init__(self, senders: int, per_host: int) -> None:
        self._lanes = Lanes(senders, per_host)
        self._lock = threading.Lock()
        self._ready: deque[Job] = deque()
        self._closed = self._claiming = False
        self.most = self._lanes.most

    @property
    def is_empty(self) -> bool:
        """Nothing is held, and nothing is under way."""
        return not self._lanes.busy

    def is_working(self) -> bool:
        """Whether something is ready or has just begun to be sent; what only waits for a receiver does not count."""
        with self._lock:
            return bool(self._ready or self._lanes.seated(time.monotonic()))

    def next_seat(self) -> float | None:
        """Seconds until a send that waits gives up its seat."""
        with self._lock:
            return self._lanes.next_seat(time.monotonic())

    def has_space(self) -> bool:
        """Whether more may be claimed."""
        with self._lock:
            return self._space() > 0

    def hold(self, wanted: Sequence[tuple[str, str]]) -> set[str]:
        """Keep a place for those of `wanted` (id and host) that can be sent at once; nobody goes before what waits already."""
        with self._lock:
            if self._closed or self._claiming or self._ready:
                return set()
            taken: set[str] = set()
            for identifier, host in wanted[: self._space()]:
                if self._lanes.room(host):
                    self._lanes.hold(identifier, host)
                    taken.add(identifier)
            return taken

    def close(self) -> None:
        """From now on `hold` keeps no place for anybody."""
        with self._lock:
            self._closed = True

    @contextmanager
    def claiming(self) -> Iterator[int]:
        """While claims are made nobody else takes a place. How many there are; `room` is that of each host."""
        with self._lock:
            self._claiming = True
            space = self._space()
        try:
            yield space
        finally:
            self._claiming = False

    def room(self, host: str) -> int:
        """How many more may go to this host."""
        return self._lanes.room(host)

    def take(self, claims: Iterable[Claim]) -> None:
        """Keep a place for these: they are claimed."""
        with self._lock:
            for claim in claims:
                self._lanes.hold(claim.delivery, claim.host)

    def let_go(self, claims: Iterable[Claim]) -> None:
        """These are not this process's after all."""
        for claim in claims:
            self.end(claim.delivery, None)

    def put(self, jobs: Iterable[Job]) -> None:
        """These are ready; their places are kept."""
        with self._lock:
            self._ready.extend(jobs)

    def next(self) -> Job | None:
        """Begin the next one, when there is one and a seat for it."""
        with self._lock:
            at = time.monotonic()
            if not self._ready or not self._lanes.free(at):
                return None
            job = self._ready.popleft()
            self._lanes.start(job.claim.delivery, job.claim.host, at)
            return job

    def end(self, identifier: str, answered: bool | None) -> None:
        """One is over; `answered` as for `Lanes.end`."""
        with self._lock:
            self._lanes.end(identifier, answered)

    def lay_down(self) -> list[Job]:
        """Everything that has not begun; the places are still kept."""
        with self._lock:
            jobs = list(self._ready)
            self._ready.clear()
            return jobs

    def _space(self) -> int:
        return max(0, AHEAD * self._lanes.senders - self._lanes.held)

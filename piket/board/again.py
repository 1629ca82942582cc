"""A board that is open asks every two seconds whether something is different. Mostly nothing is: that must cost next to nothing.

What was sent is known by a short name of all that the browser asked with (its cookies, its language, the tag of what it has). It
stands as long as nobody wrote anything into the record and nothing was told (the marks of both are looked at a few times a second
for all boards together), no moment has come at which the page turns by itself, and for a minute at most: then the page is made
anew, which also asks again who looks. Only asking by itself is answered so; who loads a page gets it made.
"""

from __future__ import annotations

import random
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

from flask import Response, current_app, g, request

from piket.alerts import service as alerts
from piket.audit import service as audit
from piket.board.frame import deps
from piket.db import Store
from piket.occupancy.service import Situation

HEADER = "Piket-Again"
# So long the marks that were looked at last hold for others, in seconds; what this process wrote itself is looked at at once.
MARKS_HOLD = 0.25
# A page stands for so long, each for another while, so that not all are made anew in the same moment.
STANDS_FOR = (timedelta(seconds=40), timedelta(seconds=60))
MOST_KNOWN = 5000
# A count exactly as old as it may be still counts (2.2).
_MOMENT = timedelta(microseconds=1)

Marks = tuple[int, ...]


@dataclass(frozen=True)
class _Sent:
    """With which marks a page was made, and until when it stands."""

    marks: Marks
    until: datetime


class Again:
    """What one process has sent to the boards that are open. The marks are looked at by one thread at a time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._sent: OrderedDict[bytes, _Sent] = OrderedDict()
        self._lock, self._looking = threading.Lock(), threading.Lock()
        self._marks: Marks = ()
        self._looked: tuple[int, float] = (-1, 0.0)

    def marks(self, hold: float = MARKS_HOLD) -> Marks:
        """How far the record and what was told have come, at most `hold` seconds ago.

        Another thread that looks just now is not waited for, unless this process wrote something or nothing may be held.
        """
        commits, now = self._store.commits, time.monotonic()
        if self._looked[0] == commits and now - self._looked[1] < hold:
            return self._marks
        if not self._looking.acquire(blocking=not hold or self._looked[0] != commits):
            return self._marks
        try:
            with self._store.looking() as session:
                self._marks = (*audit.marks(session), *alerts.marks(session))
            self._looked = (commits, now)
            return self._marks
        finally:
            self._looking.release()

    def stands(self, key: bytes, now: datetime) -> bool:
        """Whether what was sent under this name would be the same now."""
        known = self._sent.get(key)
        return known is not None and now < known.until and known.marks == self.marks()

    def note(self, key: bytes, marks: Marks, until: datetime) -> None:
        """This was sent; the oldest is forgotten when there are too many."""
        with self._lock:
            self._sent[key] = _Sent(marks, until)
            self._sent.move_to_end(key)
            if len(self._sent) > MOST_KNOWN:
                self._sent.popitem(last=False)


def marks_of_now() -> Marks:
    """The marks for the page that is asked for. Who loads it may have written something through another process just before."""
    return again().marks(MARKS_HOLD if HEADER in request.headers else 0.0)


def again() -> Again:
    """What this process has sent."""
    found: Again = current_app.extensions.setdefault("piket-again", Again(deps().store))
    return found


def still_the_same() -> Response | None:
    """304 to a board that asks again, when nothing can be different. It runs before the door asks who is there."""
    tag = request.headers.get("If-None-Match")
    if request.method != "GET" or not tag or HEADER not in request.headers:
        return None
    if not again().stands(_key(tag), g.now):
        return None
    response = Response(status=304, headers={"ETag": tag})
    response.headers["Cache-Control"] = "private, no-cache"
    response.vary.update(("Cookie", "Accept-Language"))
    return response


def remember_sent(response: Response, marks: Marks, turns: datetime | None) -> None:
    """Note what is sent, made with `marks`, which were looked at before it was made; `turns`: when it changes by itself."""
    tag = response.headers.get("ETag")
    if tag:
        stands = STANDS_FOR[0] + (STANDS_FOR[1] - STANDS_FOR[0]) * random.random()
        again().note(_key(tag), marks, min(filter(None, (g.now + stands, turns))))


def _key(tag: str) -> bytes:
    asked = (request.full_path, request.headers.get("Cookie", ""), request.headers.get("Accept-Language", ""), tag)
    return blake2b("\n".join(asked).encode(), digest_size=16).digest()


def turns_at(found: Situation) -> datetime | None:
    """The next moment at which the situation turns by itself: a deadline, a count that grows too old, a hand-over. None: none."""
    return min((at for at in _moments(found) if at > found.at), default=None)


def _moments(found: Situation) -> Iterable[datetime]:
    for centre in found.centres:
        yield from (count.fresh_until + _MOMENT for count in centre.counts.values() if count)
    for call in found.overflow.call_ups if found.overflow else ():
        yield from (call.respond_by, call.needed_by)
    if found.duty.until_at:
        yield found.duty.until_at

"""How fast somebody may guess, as plain arithmetic: after which tries in vain the next one has to wait, and how long. Pure.

Nobody is ever shut out for good, for that would let a stranger shut out whomever they like: every wait has a longest length, and
what went wrong is forgotten after a while. A try counts as in vain from the moment it begins, so that a hundred at once are
a hundred; one that succeeds is taken back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True)
class Tries:
    """What is remembered of one subject: how often in vain, when last, and the newest moments, the oldest of them first."""

    failures: int = 0
    last_at: datetime | None = None
    recent: tuple[datetime, ...] = ()


NONE = Tries()


class Limit(Protocol):
    """How fast one kind of thing may be tried."""

    @property
    def longest(self) -> timedelta:
        """The longest wait that it can ask for."""

    @property
    def forgotten_after(self) -> timedelta:
        """So long after the last try nothing follows from the earlier ones any more."""

    def opens_at(self, tries: Tries, now: datetime) -> datetime:
        """When the next try may be made; not after `now` when it may be made now."""


@dataclass(frozen=True)
class Doubling:
    """`free` tries in vain cost nothing; then each wait is twice the one before, from `first` up to `longest`."""

    free: int
    first: timedelta
    longest: timedelta
    forgotten_after: timedelta

    def wait(self, failures: int) -> timedelta:
        """The wait after so many tries in vain."""
        if failures < self.free:
            return timedelta(0)
        # A power so large that the wait is at its longest anyway need not be computed.
        return min(self.longest, self.first * (1 << min(failures - self.free, 30)))

    def opens_at(self, tries: Tries, now: datetime) -> datetime:
        """The wait begins at the last try, whether or not anybody tried in between."""
        if tries.last_at is None or tries.failures < self.free:
            return now
        return tries.last_at + self.wait(tries.failures)


@dataclass(frozen=True)
class PerPeriod:
    """At most `most` tries in vain within any `period`, wherever it begins."""

    most: int
    period: timedelta

    @property
    def longest(self) -> timedelta:
        """The whole period, when all were made at once."""
        return self.period

    @property
    def forgotten_after(self) -> timedelta:
        """After one period none of them lies within it."""
        return self.period

    def opens_at(self, tries: Tries, now: datetime) -> datetime:
        """When the oldest of the newest `most` is a period ago."""
        if len(tries.recent) < self.most:
            return now
        return tries.recent[-self.most] + self.period


APART = timedelta(minutes=1)
REMEMBERED = 20
"""So many of the newest moments are kept of each subject; no limit may look back further."""

ACCOUNT = Doubling(5, timedelta(seconds=30), timedelta(minutes=15), timedelta(hours=24))
"""Names: five tries, then half a minute, doubling to a quarter of an hour: about a hundred guesses a day."""
SOURCE = Doubling(20, timedelta(seconds=5), timedelta(minutes=5), timedelta(hours=1))
"""Addresses, behind which a whole office may sit: twenty tries, then five seconds, doubling to five minutes."""
DESK_CODE = PerPeriod(5, timedelta(hours=1))
"""The code of a desk: a million codes, and at most five tries in vain an hour for each organisation."""


def opens_in(limit: Limit, tries: Tries, now: datetime) -> timedelta:
    """How long to wait, zero when a try may be made now.

    A wait longer than the limit can ask for comes of a clock that was set back, and counts as over; machines whose requests
    overtake each other are less than `APART` apart.
    """
    if tries.last_at is not None and now - tries.last_at >= limit.forgotten_after:
        return timedelta(0)
    wait = limit.opens_at(tries, now) - now
    return min(wait, limit.longest) if timedelta(0) < wait <= limit.longest + APART else timedelta(0)


def after_a_try(limit: Limit, tries: Tries, now: datetime) -> Tries:
    """What is remembered when a try begins now; what is forgotten by now is left out."""
    forgotten = tries.last_at is not None and now - tries.last_at >= limit.forgotten_after
    before = NONE if forgotten else tries
    return Tries(before.failures + 1, now, tuple(sorted((*before.recent, now))[-REMEMBERED:]))


def taken_back(tries: Tries, at: datetime) -> Tries:
    """What is remembered when the try that began at `at` succeeded; the others still count."""
    recent = list(tries.recent)
    if at in recent:
        recent.remove(at)
    return Tries(max(0, tries.failures - 1), tries.last_at, tuple(recent))


def longest_wait(waits: Sequence[timedelta]) -> timedelta:
    """How long somebody waits whom several limits hold."""
    return max(waits, default=timedelta(0))

"""When a failed delivery is tried again, and when trying ends: no alert may get lost, and none may be sent in bursts.

Pure: a moment and what happened in, a decision out. All moments UTC, all pauses in seconds. The list of pauses is an
assumption of this project, made for a night in which the first minutes count.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

_MINUTE, _HOUR = 60, 3600
# Moments of the attempts, in seconds after the first: fast at first because a night is short, hourly to a whole day
# because mail servers and receivers are repaired in office hours.
SCHEDULE: tuple[int, ...] = (
    *(0, 1, 2, 5, 10, 30),
    *(minutes * _MINUTE for minutes in (1, 2, 5, 15, 30)),
    *(hours * _HOUR for hours in range(1, 25)),
)
JITTER = 0.2
RETRY_AFTER_LEAST, RETRY_AFTER_MOST = 1.0, float(_HOUR)
# No pause is ever longer: a next attempt further ahead than this was written by a clock that has jumped, and is due.
LONGEST_PAUSE = timedelta(seconds=_HOUR * (1 + JITTER) + 1)
# Engines look at the clock before they wait for the store, so what another wrote may be a little later than one's own
# moment. Only beyond this it was written by a clock that has jumped.
SKEW = timedelta(minutes=1)
# From this many failed attempts on the others of the organisation are told too, and the board shows it.
TROUBLE = 3
# What asks somebody to act tonight goes before what informs, and is marked urgent in mail.
URGENT_KINDS = frozenset(
    "callUp callUpReminder callUpOverdue callUpsGathered listEnded deliveryFailed failuresGathered convening".split()
)
URGENT_LEVELS = frozenset({"overflow", "acute"})


@dataclass(frozen=True)
class Failure:
    """Why an attempt failed. `retry_after` is what the receiver asked for, in seconds, unbounded as it came."""

    reason: str
    permanent: bool = False
    retry_after: float | None = None


@dataclass(frozen=True)
class Decision:
    """What follows a failed attempt: the next one `at` that moment, or None, then it is given up.

    `trouble` says that this was the attempt after which others of the organisation must be told (once a delivery).
    """

    at: datetime | None
    trouble: bool


def jitter(delivery: str, attempt: int) -> float:
    """A fraction from 0 up to `JITTER`, always the same for one attempt of one delivery, so that a test can know it."""
    digest = hashlib.sha256(f"{delivery}:{attempt}".encode()).digest()
    return JITTER * int.from_bytes(digest[:4], "big") / 2**32


def step(failed: int) -> float | None:
    """Seconds by the list between attempt `failed` and the one after it; None when the list is used up."""
    return float(SCHEDULE[failed] - SCHEDULE[failed - 1]) if failed < len(SCHEDULE) else None


def next_attempt(delivery: str, failed: int, first_at: datetime, now: datetime, failure: Failure) -> Decision:
    """What follows when attempt number `failed` (1 is the first) has failed at `now`.

    A permanent refusal ends at once. Otherwise the list decides, counted from the first attempt, with up to a fifth of
    the step more. The whole step is rested after every failure, so that slow attempts, an engine that was down or a
    retry by hand never make a burst. A receiver that asked to wait (`Retry-After`) is tried no sooner than that, taken
    within 1 second and 1 hour.
    """
    pause = step(failed)
    if failure.permanent or pause is None:
        return Decision(None, trouble=failed <= TROUBLE)
    asked = 0.0
    if failure.retry_after is not None:
        asked = min(max(failure.retry_after, RETRY_AFTER_LEAST), RETRY_AFTER_MOST)
    planned = first_at + timedelta(seconds=SCHEDULE[failed] + pause * jitter(delivery, failed))
    if first_at > now:
        # The clock was set back: a list that begins in the future would be waited for.
        planned = now
    rested = now + timedelta(seconds=max(pause, asked))
    return Decision(min(max(planned, rested), now + LONGEST_PAUSE), trouble=failed == TROUBLE)


def is_urgent(kind: str, level: str | None) -> bool:
    """Whether an alert of this kind and level goes first. A fall to a level is as urgent as the level: it is fresh news."""
    return kind in URGENT_KINDS or level in URGENT_LEVELS

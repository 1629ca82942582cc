"""Sections 3 to 5 of the rules: when an episode opens and closes, how many places are needed, who is called next. Pure.

Plain values in, a decision out. None is unknown everywhere and decides nothing: an unknown need calls nobody and releases
nobody, an unknown level closes no episode. Places and people are whole numbers; moments are UTC, times of day local.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from piket.rota.rules import to_local, wall_moment


@dataclass(frozen=True)
class Deadlines:
    """The numbers of section 5 that an episode froze when it began. Times of day are local."""

    remind_after: timedelta
    respond_by_day: timedelta
    respond_by_night: timedelta
    night_from: time
    night_until: time
    needed_by: time
    needed_after: timedelta


def respond_by(made_at: datetime, numbers: Deadlines) -> datetime:
    """5.4: 60 minutes; 20 when made at or after 18:00 or before 08:00 local time."""
    at = to_local(made_at).time()
    night = at >= numbers.night_from or at < numbers.night_until
    return made_at + (numbers.respond_by_night if night else numbers.respond_by_day)


def needed_by(made_at: datetime, numbers: Deadlines) -> datetime:
    """5.4: 21:00 local of the same day when made before 18:00, else three hours later."""
    local = to_local(made_at)
    if local.time() < numbers.night_from:
        return wall_moment(local.date(), numbers.needed_by)
    return made_at + numbers.needed_after


@dataclass(frozen=True)
class Pressure:
    """What a judgement found: 3.3. None is unknown. The occupied places are as recorded when each count was observed."""

    people: int | None
    occupied: int
    without_bed: int | None
    occupied_then: int
    aim: int
    clear_below: int


def needed(pressure: Pressure) -> int | None:
    """4.1: max(0, people + occupied - aim, withoutBed + occupied); a part that is unknown is left out, None when both are."""
    parts = []
    if pressure.people is not None:
        parts.append(pressure.people + pressure.occupied - pressure.aim)
    if pressure.without_bed is not None:
        parts.append(pressure.without_bed + pressure.occupied_then)
    return max(0, *parts) if parts else None


def shortfall(needed: int | None, committed: int) -> int | None:
    """4.2: what is needed and not committed, never below 0; None when the need is unknown."""
    return None if needed is None else max(0, needed - committed)


def may_open(level: str, *, closed_by_hand: bool, reaches: bool) -> bool:
    """3.1: at overflow or acute; after a closure by hand only with a count that itself reaches it."""
    return level in ("overflow", "acute") and (reaches or not closed_by_hand)


def closes(level: str, pressure: Pressure, *, declared: bool, reached: bool) -> bool:
    """3.2: below overflow, nobody known to be without a bed, and people + occupied below `clearBelow`.

    A declared episode closes by hand, unless a count has reached the overflow since. An unknown level never closes one.
    """
    if level not in ("normal", "watch", "high") or (declared and not reached):
        return False
    if pressure.people is None or (pressure.without_bed or 0) > 0:
        return False
    return pressure.people + pressure.occupied < pressure.clear_below


def next_call(order: Sequence[str], ineligible: Collection[str]) -> str | None:
    """5.1: the first in the order of calls that is still eligible in this round; None when the list has ended."""
    return next((code for code in order if code not in ineligible), None)


def counts_up_to(asked: int, counted: int, shortfall: int | None, *, late: bool, closed: bool) -> int:
    """5.5: how many places of an answer may count.

    In time: what was asked. Late: what counts already and what is still missing. After the episode: what counts already.
    """
    if closed:
        return counted
    if late:
        return min(asked, counted + (shortfall or 0))
    return asked


def answer_state(promised: int, counted: int, asked: int) -> str:
    """5.6: `declined` without a promise, `met` when what counts is all that was asked, else `partly`."""
    if promised == 0:
        return "declined"
    return "met" if counted >= asked else "partly"

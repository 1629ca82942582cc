"""When messages of one kind are gathered into one, so that a broken sender makes no storm and nothing is hidden. Pure.

Only two things are ever gathered: changes of level of one centre, and deliveries that were given up. What asks somebody
to act (call-ups, reminders, people without a bed) never is. Rule 6.1 says one alert for one fact; this says how it comes
when there are hundreds of facts. The numbers are settings, all of them assumptions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from piket.alerts.rules import LEVELS

CROSSINGS = frozenset({"levelRaised", "levelLowered", "allClear"})
FAILURES = frozenset({"deliveryFailed"})
# What a gathered message is called, by what is in it.
GATHERED = {"levelsGathered": CROSSINGS, "failuresGathered": FAILURES}
# An end of overflow waits only when there were ten times as many: that many are a sender's fault, and not of the night.
PATIENCE_WITH_ALL_CLEAR = 10


@dataclass(frozen=True)
class Limits:
    """More than `above` of one kind within `window` are gathered; what is gathered is told `until_told` after the first."""

    above: int
    window: timedelta
    until_told: timedelta


@dataclass(frozen=True)
class Message:
    """What was told, or is to be told, to one contact point: its kind, and the level it brings."""

    kind: str
    level: str | None
    at: datetime


def gathered_kind(kind: str) -> str | None:
    """The kind of the message into which this kind may be gathered; None for what always goes by itself."""
    return next((name for name, kinds in GATHERED.items() if kind in kinds), None)


def is_held_back(new: Message, before: Sequence[Message], limits: Limits) -> bool:
    """Whether `new` waits to be told together with others, where `before` was told (or held back) of the same before it.

    Held back are messages beyond `above` within the window. People without a bed (acute) never wait, nor does a rise to
    a level that nothing in the window reached: the first to bring news goes out. Exactly one window ago is outside it. A
    moment after `new` was written by a clock that was set back, and counts as just now.
    """
    if gathered_kind(new.kind) is None or (new.kind == "levelRaised" and new.level == "acute"):
        return False
    recent = [message for message in before if message.at > new.at - limits.window]
    above = limits.above * (PATIENCE_WITH_ALL_CLEAR if new.kind == "allClear" else 1)
    if len(recent) < above:
        return False
    highest = max((LEVELS.index(one.level) for one in recent if one.level in LEVELS), default=-1)
    brings_more = new.kind == "levelRaised" and new.level in LEVELS and LEVELS.index(new.level) > highest
    return not brings_more


def told_at(new: Message, waiting: datetime | None, limits: Limits) -> datetime:
    """When a message that is held back is told: with those that are `waiting` already, else a while from now.

    Never later than that while: a clock may have been set back since the others were written.
    """
    latest = new.at + limits.until_told
    return latest if waiting is None else min(waiting, latest)


def is_due(planned: datetime, now: datetime, limits: Limits) -> bool:
    """Whether what was planned for `planned` is told now; further ahead than any plan can be is a clock that jumped."""
    return planned <= now or planned > now + limits.until_told

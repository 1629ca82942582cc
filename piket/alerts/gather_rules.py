"""When messages of one kind are gathered into one, so that a broken sender makes no storm and nothing is hidden. Pure.

Gathered is whatever a sender can make by hundreds: what follows from the counts of one centre, its call-ups, and
deliveries that were given up. What asks somebody to act (call-ups, people without a bed) waits only behind others of its
own kind, and for a minute, not for ten. Rule 6.1 says one alert for one fact; this says how it comes when there are
hundreds of facts. The numbers are settings, all of them assumptions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from piket.alerts.rules import rank

COUNTS = frozenset("levelRaised levelLowered allClear countHeld countCorrected countOverdue".split())
CALLS = frozenset("callUp callUpReminder callUpAnswered callUpOverdue callUpReleased listEnded".split())
FAILURES = frozenset({"deliveryFailed"})
# What a gathered message is called, by what is in it.
GATHERED = {"levelsGathered": COUNTS, "callUpsGathered": CALLS, "failuresGathered": FAILURES}
# Up and down are one swing, so these are counted together with all that came of counts; whatever else among its own kind.
_SWINGS = frozenset({"levelRaised", "levelLowered"})
# For these somebody must act: they are told together sooner.
_URGENT = CALLS | FAILURES | {"countHeld"}


@dataclass(frozen=True)
class Limits:
    """More than `above` of one kind within `window` are gathered; what is gathered is told `until_told` after the first.

    What asks somebody to act is told `until_urgent` after the first of it, and everything that waits with it then.
    """

    above: int
    window: timedelta
    until_told: timedelta
    until_urgent: timedelta


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

    Held back are messages beyond `above` of their like within the window. A rise to a level that nothing in the window
    reached never waits: the first to bring news goes out. Exactly one window ago is outside it. A moment after `new` was
    written by a clock that was set back, and counts as just now.
    """
    if gathered_kind(new.kind) is None:
        return False
    recent = [message for message in before if message.at > new.at - limits.window]
    if sum(_is_like(new, message) for message in recent) < limits.above:
        return False
    highest = max((rank(one.level) for one in recent if one.kind in _SWINGS), default=-1)
    return not (new.kind == "levelRaised" and rank(new.level) > highest)


def _is_like(new: Message, former: Message) -> bool:
    """Whether `former` counts for `new`: people without a bed by themselves, other swings together, the rest by kind."""
    if _is_acute(new):
        return _is_acute(former)
    return new.kind in _SWINGS or former.kind == new.kind


def _is_acute(message: Message) -> bool:
    return message.kind == "levelRaised" and message.level == "acute"


def told_at(new: Message, waiting: datetime | None, limits: Limits) -> datetime:
    """When a message that is held back is told: with those that are `waiting` already, else a while from now.

    Never later than that while: a clock may have been set back since the others were written.
    """
    urgent = new.kind in _URGENT or _is_acute(new)
    latest = new.at + (limits.until_urgent if urgent else limits.until_told)
    return latest if waiting is None else min(waiting, latest)


def is_due(planned: datetime, now: datetime, limits: Limits) -> bool:
    """Whether what was planned for `planned` is told now; further ahead than any plan can be is a clock that jumped."""
    return planned <= now or planned > now + limits.until_told

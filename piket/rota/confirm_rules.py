"""When who is asked how many places it can open, and what follows when it does not say: 9.1 to 9.4 of the rules. Pure.

What is asked is a `Stint`: that an organisation has duty in a turn, by the rota, an override or a swap. So whoever takes a
turn over is asked anew, and what was said by who had it before counts no more, without anybody having to undo it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from piket.rota.duty_rules import Stretch

STEPS = ("asked", "reminded", "silent", "missing", "withdrawn")


@dataclass(frozen=True)
class Stint:
    """That an organisation has duty in a turn: from its first moment in it (inclusive) until its last (exclusive).

    Somebody else may have a part of it in between; it is asked once all the same.
    """

    turn: str
    organisation: str
    from_at: datetime
    until_at: datetime

    @property
    def key(self) -> tuple[str, str]:
        """By what it is known: turn and organisation."""
        return self.turn, self.organisation


@dataclass(frozen=True)
class Timing:
    """How long before duty begins it is asked, how long after that it is reminded, and from how long before duty its
    commissioner is told that it is silent.
    """

    ask_before: timedelta
    remind_after: timedelta
    commissioner_before: timedelta


@dataclass(frozen=True)
class Asked:
    """What was done about one stint in its present round: each step with its moment."""

    turn: str
    organisation: str
    round: int
    steps: Mapping[str, datetime]

    @property
    def is_open(self) -> bool:
        """Whether it was asked, or told that it is missing, and not that it need not say it any more."""
        return bool(self.steps) and "withdrawn" not in self.steps


def stints(pieces: Iterable[Stretch]) -> list[Stint]:
    """Who has duty in which turn, in order of time."""
    spans: dict[tuple[str, str], tuple[datetime, datetime]] = {}
    for piece in pieces:
        for code in piece.organisations:
            since, until = spans.get((piece.turn.id, code), (piece.from_at, piece.until_at))
            spans[piece.turn.id, code] = min(since, piece.from_at), max(until, piece.until_at)
    return sorted((Stint(*key, *span) for key, span in spans.items()), key=lambda stint: (stint.from_at, *stint.key))


def steps_due(
    stint: Stint, done: Mapping[str, datetime], confirmed: bool, now: datetime, timing: Timing, watched_since: datetime
) -> list[str]:
    """What is to be told of this stint at `now`, given what was told of it before; every bound is inclusive.

    A late pass tells only what still makes sense: before duty begins the question, the reminder counted from when it was
    really asked, and the silence; once it has begun only that an answer is missing; after its end nothing. Duty that
    began before `watched_since` is not spoken of.
    """
    if confirmed or now >= stint.until_at or now < stint.from_at - timing.ask_before:
        return []
    if now >= stint.from_at:
        return ["missing"] if "missing" not in done and stint.from_at >= watched_since else []
    due = [] if "asked" in done else ["asked"]
    if "asked" in done and "reminded" not in done and now >= done["asked"] + timing.remind_after:
        due.append("reminded")
    if "silent" not in done and now >= stint.from_at - timing.commissioner_before:
        due.append("silent")
    return due


def answer_by(stint: Stint, now: datetime, timing: Timing) -> datetime | None:
    """Until when an answer is asked: until its commissioner is told, else until duty begins; None when it has begun."""
    wished = stint.from_at - timing.commissioner_before
    return next((moment for moment in (wished, stint.from_at) if moment > now), None)


def no_longer_asked(
    asked: Iterable[Asked], current: Collection[Stint], turns: Mapping[str, tuple[datetime, datetime]]
) -> list[Asked]:
    """Who was asked and has no duty any more in that time, so that it need not say it; `turns` are the spans of turns.

    A turn that was replaced by another of the same organisation is not taken back in words: it is asked for the new one.
    """
    keys = {stint.key for stint in current}
    return [
        one
        for one in asked
        if one.is_open and (one.turn, one.organisation) not in keys and not _has_other(one, current, turns[one.turn])
    ]


def _has_other(one: Asked, current: Collection[Stint], span: tuple[datetime, datetime]) -> bool:
    return any(
        stint.organisation == one.organisation and stint.from_at < span[1] and stint.until_at > span[0]
        for stint in current
    )


def sum_known(numbers: Sequence[int | None]) -> int | None:
    """The places of those who answered; None when nobody did, because unknown is not zero."""
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None

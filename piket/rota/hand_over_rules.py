"""Which hand-overs there are, and what to tell of them now: section 6 (handOver) and 7.2 of the rules. Pure.

A hand-over is a moment from which other organisations have duty than just before: between two turns, and where an
override begins or ends. Where the one on duty does not change, there is nothing to tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from piket.rota.duty_rules import Stretch


@dataclass(frozen=True)
class HandOver:
    """From `at` on `coming` have duty and `leaving` have no more; either may be empty, where nobody had or has it.

    `nobody`: from then on nobody at all has duty. `override` and `swap` are what begins or ends here.
    """

    at: datetime
    leaving: tuple[str, ...]
    coming: tuple[str, ...]
    nobody: bool = False
    override: str | None = None
    swap: str | None = None


@dataclass(frozen=True)
class Notice:
    """What was done before about the hand-over at `at`: `moment` is `before` or `now`, `outcome` as its row says."""

    at: datetime
    moment: str
    leaving: tuple[str, ...]
    coming: tuple[str, ...]
    outcome: str


@dataclass(frozen=True)
class Step:
    """What to do now about a hand-over: `told`, `missed` or `undone`. `also` were told something else of it before."""

    hand_over: HandOver
    moment: str
    outcome: str
    also: tuple[str, ...] = ()


def between(pieces: Sequence[Stretch]) -> Iterator[HandOver]:
    """The hand-overs at the beginnings of these stretches; the first of them takes over from nobody."""
    before: Stretch | None = None
    for piece in pieces:
        had = before.organisations if before and before.until_at == piece.from_at else ()
        leaving = tuple(code for code in had if code not in piece.organisations)
        coming = tuple(code for code in piece.organisations if code not in had)
        if leaving or coming:
            slots = (*piece.slots, *(before.slots if before else ()))
            override = next((slot.override for slot in slots if slot.override), None)
            swap = next((slot.swap for slot in slots if slot.swap), None)
            yield HandOver(piece.from_at, leaving, coming, not piece.organisations, override, swap)
        before = piece


def steps(
    hand_overs: Iterable[HandOver], notices: Iterable[Notice], now: datetime, watched_since: datetime
) -> list[Step]:
    """What is to be done at `now`, given the hand-overs up to the end of the notice time, and what was done (oldest first).

    Those to come are told `before`, once, and again when others take over than was told. Of those that have passed since
    `watched_since` (inclusive) and were not told, the newest is told `now`, unless a later one was; older ones are
    marked `missed`. What was told beforehand and does not take place is told as `undone`.
    """
    listed = list(hand_overs)
    last = {(notice.at, notice.moment): notice for notice in notices}
    coming = [hand_over for hand_over in listed if hand_over.at > now]
    passed = [h for h in listed if watched_since <= h.at <= now and (h.at, "now") not in last]
    newest = max([h.at for h in passed] + [at for at, moment in last if moment == "now"], default=now)
    return [
        *_undone(last.values(), {hand_over.at for hand_over in coming}, now),
        *(Step(h, "now", "told" if h.at == newest else "missed") for h in passed),
        *(step for hand_over in coming for step in _before(hand_over, last.get((hand_over.at, "before")))),
    ]


def _before(hand_over: HandOver, notice: Notice | None) -> Iterator[Step]:
    """Tell it a day ahead once, and again when others take over than those who were told."""
    if notice is None or notice.outcome == "undone":
        yield Step(hand_over, "before", "told")
    elif (notice.leaving, notice.coming) != (hand_over.leaving, hand_over.coming):
        yield Step(hand_over, "before", "told", (*notice.leaving, *notice.coming))


def _undone(notices: Iterable[Notice], coming: set[datetime], now: datetime) -> Iterator[Step]:
    """What was told ahead and does not take place any more, such as the end of an override that was taken back."""
    for notice in notices:
        if notice.moment == "before" and notice.outcome == "told" and notice.at > now and notice.at not in coming:
            yield Step(HandOver(notice.at, notice.leaving, notice.coming), "before", "undone")

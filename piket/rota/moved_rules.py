"""What a decision moves, and for whom: rule 7.7. Pure.

A published turn moves when another decision gives it another time or other holders; why it is whose it is may change
without that. Whose turns moved is asked for each organisation by itself: where only its neighbour in a slot changed,
nothing of its own did.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from piket.rota.rules import Member, PlannedTurn, organisations_of

Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Compared:
    """A plan beside what is published: the places in the plan of turns that stay, and the published ones that do not."""

    stay: Mapping[int, int]
    moved: tuple[int, ...]


def compare(plan: Sequence[PlannedTurn], published: Sequence[PlannedTurn]) -> Compared:
    """Which published turns (by their number) are in the plan (at which number) with the same time and holders."""
    there = {_known_by(turn): number for number, turn in enumerate(plan)}
    stay = {number: there[_known_by(turn)] for number, turn in enumerate(published) if _known_by(turn) in there}
    return Compared(stay, tuple(number for number in range(len(published)) if number not in stay))


def _known_by(turn: PlannedTurn) -> tuple[datetime, datetime, tuple[Member, ...]]:
    return turn.from_at, turn.until_at, turn.holders


def in_its_place(turn: PlannedTurn, plan: Iterable[PlannedTurn]) -> tuple[PlannedTurn, ...]:
    """The turns of the plan of which some moment lies in `turn`, in order of time."""
    return tuple(other for other in plan if other.from_at < turn.until_at and other.until_at > turn.from_at)


def whose(
    moved: Sequence[PlannedTurn], fresh: Sequence[PlannedTurn], published_until: datetime
) -> dict[str, tuple[list[Span], list[Span]]]:
    """Each organisation whose turns moved: when it had them and has them no more, and when it has them now and had not.

    `moved` were published and are not any more, `fresh` come instead. Those that begin at `published_until` or later are
    no news of a change: nothing was published there.
    """
    was = _spans(moved)
    comes = _spans(turn for turn in fresh if turn.from_at < published_until)
    found = {}
    for code in dict.fromkeys((*was, *comes)):
        gone = [span for span in was.get(code, []) if span not in comes.get(code, [])]
        new = [span for span in comes.get(code, []) if span not in was.get(code, [])]
        if gone or new:
            found[code] = (gone, new)
    return found


def _spans(turns: Iterable[PlannedTurn]) -> dict[str, list[Span]]:
    """When each organisation has duty by these turns."""
    found: dict[str, list[Span]] = {}
    for turn in turns:
        for code in organisations_of(turn.holders):
            found.setdefault(code, []).append((turn.from_at, turn.until_at))
    return found

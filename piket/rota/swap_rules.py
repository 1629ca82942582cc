"""Whether two turns may be swapped, what is worth saying of it, and when who must answer is reminded: rule 7.9. Pure.

A swap is of two whole turns of one rota that are both still to come. Moments are UTC, and days of reminders are of 24 hours.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from piket.rota.duty_rules import OverrideSpan, TurnSpan, stretches
from piket.rota.rules import organisations_of
from piket.words import Text, listed, say

REMIND_BEFORE = (timedelta(days=14), timedelta(days=7), timedelta(days=2), timedelta(hours=12))
"""How long before the earlier of the two turns begins those who have not answered are reminded."""
ENDED = ("rejected", "withdrawn", "expired", "undone", "cancelled")
"""The states out of which no swap comes."""
# Where the clock changes in one of two turns, they differ by an hour and are equally long all the same.
SAME_LENGTH = timedelta(hours=2)


@dataclass(frozen=True)
class Side:
    """One of the two turns, `offered` or `requested`: who would give its place in it (None: not said), and who would take it.

    `swaps` are the swaps in force in that turn, `exempt` who takes no part of it, with the reason.
    """

    name: str
    turn: TurnSpan
    gives: str | None
    takes: str | None
    swaps: tuple[OverrideSpan, ...] = ()
    exempt: Mapping[str, str] = field(default_factory=dict)
    superseded: bool = False

    @property
    def named_by(self) -> str:
        """The field of a proposal that names the turn."""
        return f"{self.name}Turn"

    @property
    def holders(self) -> tuple[str, ...]:
        """Everybody who has, or by the rota had, a place in this turn."""
        return (*organisations_of(self.turn.holders), *(swap.organisation for swap in self.swaps))


@dataclass(frozen=True)
class Objection:
    """Why a swap cannot be: the field of the proposal that is to be changed, and a sentence."""

    field: str
    sentence: Text


@dataclass(frozen=True)
class Remark:
    """What is allowed, and must not pass unsaid. `organisation` has duty from `from_at` until `until_at`.

    `twiceRunning`: without a break, over more than one turn. `longer`: the two turns are not equally long, and it takes
    this one. `overridden`: an override gives it that part of a turn, whoever has the turn.
    """

    kind: str
    organisation: str
    from_at: datetime
    until_at: datetime


def giver(turn: TurnSpan, swaps: Iterable[OverrideSpan], named: str | None, asker: str | None = None) -> str | None:
    """Whose place in a turn is meant: the one that was named, else the asker's own, else the only one there is."""
    if named is not None:
        return named
    holders = organisations_of(turn.holders)
    if asker is not None and asker in (*holders, *(swap.organisation for swap in swaps)):
        return asker
    return holders[0] if len(holders) == 1 else None


def objections(offered: Side, requested: Side, now: datetime) -> list[Objection]:
    """Everything for which these two turns cannot be swapped at `now`, by what they are and whose they are."""
    if offered.turn.id == requested.turn.id:
        return [
            Objection(requested.named_by, say("This is the turn that is offered: a swap needs two different turns."))
        ]
    found = [objection for side in (offered, requested) for objection in _of_turn(side, now)]
    if found:
        return found
    if offered.gives == requested.gives:
        both = say("Both turns are of {code}: a swap is between two organisations.", code=offered.gives)
        return [Objection(requested.named_by, both)]
    return []


def taker_objections(offered: Side, requested: Side) -> list[Objection]:
    """Everything for which those who would take over cannot: asked where the turns themselves can be swapped."""
    return [objection for side in (offered, requested) for objection in _of_taker(side)]


def _of_turn(side: Side, now: datetime) -> Iterator[Objection]:
    """Only a published turn that is still to come, and only a place that its giver has. A turn that begins now has begun."""
    if side.superseded:
        yield Objection(side.named_by, say("A later decision moved this turn: choose one that is published."))
    elif side.turn.from_at <= now:
        begun = say("This turn began on {at}: only turns to come can be swapped.", at=side.turn.from_at)
        yield Objection(side.named_by, begun)
    elif not side.turn.holders:
        yield Objection(side.named_by, say("Nobody has this turn: there is nothing to swap."))
    elif side.gives is None:
        codes = listed(organisations_of(side.turn.holders))
        yield Objection(
            "offering" if side.name == "offered" else "requested",
            say("Several organisations have this turn: say whose place it is ({codes}).", codes=codes),
        )
    elif side.gives not in side.holders:
        yield Objection(side.named_by, say("{code} does not have this turn.", code=side.gives))


def _of_taker(side: Side) -> Iterator[Objection]:
    """Who takes over has no other place in that turn and is not exempt during any part of it."""
    if side.takes in side.holders:
        taken = say("{code} has a place in this turn already: nobody can fill two.", code=side.takes)
        yield Objection(side.named_by, taken)
    if side.takes in side.exempt:
        reason = side.exempt[str(side.takes)].strip(". ")
        exempt = say("{code} is exempt during this turn ({reason}).", code=side.takes, reason=reason)
        yield Objection(side.named_by, exempt)


def remind_after(begins_at: datetime, at: datetime, before: Sequence[timedelta] = REMIND_BEFORE) -> datetime | None:
    """The first reminder later than `at` about a swap whose earlier turn begins at `begins_at`; None: there is none any more."""
    return min((begins_at - ahead for ahead in before if begins_at - ahead > at), default=None)


def halves(swap: str, offered: Side, requested: Side) -> list[OverrideSpan]:
    """What the swap changes in who has duty."""
    return [
        OverrideSpan(f"{swap}.{side.name}", side.turn.from_at, side.turn.until_at, side.takes, side.gives, swap)
        for side in (offered, requested)
        if side.takes is not None
    ]


def remarks(
    offered: Side, requested: Side, turns: Sequence[TurnSpan], overrides: Iterable[OverrideSpan]
) -> list[Remark]:
    """What is worth saying of this swap. `turns` are those from before the earlier to after the later of the two, in order."""
    known = [o for o in overrides if o.from_at < o.until_at]
    swaps = [o for o in known if o.swap is not None]
    after = stretches(turns, [*swaps, *halves("this", offered, requested)])
    sides = (offered, requested)
    running = [found for side in sides for found in _running(side, {p.turn.id: p.organisations for p in after}, turns)]
    apart = [found for side in sides for found in _overridden(side, known)]
    return [*dict.fromkeys(running), *_longer(offered, requested), *dict.fromkeys(apart)]


def _running(side: Side, who: Mapping[str, tuple[str, ...]], turns: Sequence[TurnSpan]) -> Iterator[Remark]:
    """That the one who takes this turn has the one before or after it as well."""
    for has, run in itertools.groupby(turns, lambda turn: side.takes in who[turn.id]):
        span = list(run)
        if has and len(span) > 1 and side.turn.id in {turn.id for turn in span}:
            yield Remark("twiceRunning", str(side.takes), span[0].from_at, span[-1].until_at)


def _longer(offered: Side, requested: Side) -> Iterator[Remark]:
    """That one of the two takes a longer turn than it gives."""
    longer, shorter = sorted(
        (offered, requested), key=lambda side: side.turn.until_at - side.turn.from_at, reverse=True
    )
    lengths = [side.turn.until_at - side.turn.from_at for side in (longer, shorter)]
    if lengths[0] - lengths[1] > SAME_LENGTH:
        yield Remark("longer", str(longer.takes), longer.turn.from_at, longer.turn.until_at)


def _overridden(side: Side, overrides: Iterable[OverrideSpan]) -> Iterator[Remark]:
    """That for a part of this turn somebody else has duty, by an override that wins over the swap."""
    for o in overrides:
        since, until = max(o.from_at, side.turn.from_at), min(o.until_at, side.turn.until_at)
        if o.swap is None and since < until and o.replaces in (None, side.gives):
            yield Remark("overridden", o.organisation, since, until)

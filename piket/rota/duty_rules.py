"""Who has duty, read from turns and overrides that are written down: paragraphs 5.1, 7.2 and 7.4 of the rules. Pure.

A `Stretch` is a span in which nothing changes. Stretches of one turn lie end to end, so a moment has at most one.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from piket.rota.rules import Member, organisations_of


@dataclass(frozen=True)
class TurnSpan:
    """A turn as written down, with its holder for each slot."""

    id: str
    from_at: datetime
    until_at: datetime
    holders: tuple[Member, ...]


@dataclass(frozen=True)
class OverrideSpan:
    """Somebody has duty instead of `replaces` (None: of everybody on duty). `until_at` is when it really ended or will end.

    With `swap` it is one half of that swap: a whole turn, in which `organisation` has the place of `replaces`.
    """

    id: str
    from_at: datetime
    until_at: datetime
    organisation: str
    replaces: str | None = None
    swap: str | None = None


@dataclass(frozen=True)
class Slot:
    """Who fills one slot, and by which override or which swap (both None: by the rota). An override wins over a swap."""

    organisations: Member
    override: str | None = None
    swap: str | None = None

    @property
    def origin(self) -> str:
        """`rota`, `override` or `swap`."""
        if self.override:
            return "override"
        return "swap" if self.swap else "rota"


@dataclass(frozen=True)
class Stretch:
    """A span of one turn in which the same slots are in force: `from_at` inclusive, `until_at` exclusive.

    `whole` are the slots of the turn by rota and swaps alone, the overrides in it aside.
    """

    turn: TurnSpan
    from_at: datetime
    until_at: datetime
    slots: tuple[Slot, ...]
    whole: tuple[Slot, ...]

    @property
    def organisations(self) -> tuple[str, ...]:
        """All who have duty then; empty when nobody has."""
        return organisations_of([slot.organisations for slot in self.slots])


def stretches(turns: Iterable[TurnSpan], overrides: Collection[OverrideSpan]) -> list[Stretch]:
    """The turns in order of time, cut wherever an override begins or ends within them."""
    pieces = []
    for turn in sorted(turns, key=lambda turn: turn.from_at):
        touching = [
            o for o in overrides if o.from_at < turn.until_at and o.until_at > turn.from_at and o.from_at < o.until_at
        ]
        cuts = {moment for o in touching for moment in (o.from_at, o.until_at) if turn.from_at < moment < turn.until_at}
        marks = [turn.from_at, *sorted(cuts), turn.until_at]
        whole, overriding = after_swaps(turn.holders, touching), [o for o in touching if o.swap is None]
        for since, until in itertools.pairwise(marks):
            held = [o for o in overriding if o.from_at <= since < o.until_at]
            pieces.append(Stretch(turn, since, until, _slots(turn, whole, held), whole))
    return pieces


def after_swaps(holders: Sequence[Member], overrides: Iterable[OverrideSpan]) -> tuple[Slot, ...]:
    """The slots of a turn when those of these overrides that are swaps are applied.

    Of members that share a slot only the one that swapped is replaced: the other has agreed to nothing.
    """
    taken = {o.replaces: o for o in overrides if o.swap is not None}
    return tuple(
        Slot(
            tuple(taken[code].organisation if code in taken else code for code in holder),
            swap=next((taken[code].swap for code in holder if code in taken), None),
        )
        for holder in holders
    )


def _slots(turn: TurnSpan, whole: tuple[Slot, ...], overrides: Sequence[OverrideSpan]) -> tuple[Slot, ...]:
    """Who fills the slots of a turn while these overrides hold: one for everybody, or one for each slot that it replaces.

    Whose slot it is may be said by the one who has it by the rota or the one who has it by a swap: it is the same slot.
    """
    for override in overrides:
        if override.replaces is None:
            return (Slot((override.organisation,), override.id),)
    taken = {o.replaces: o for o in overrides}
    return tuple(
        next(
            (
                Slot((taken[code].organisation,), taken[code].id)
                for code in (*holder, *slot.organisations)
                if code in taken
            ),
            slot,
        )
        for holder, slot in zip(turn.holders, whole, strict=True)
    )


def duty_at(pieces: Iterable[Stretch], at: datetime) -> Stretch | None:
    """What is in force at `at`; at the moment of hand-over that is the coming turn (7.2). None: no turn is written for it."""
    return next((piece for piece in pieces if piece.from_at <= at < piece.until_at), None)


def same_duty(pieces: Sequence[Stretch], piece: Stretch) -> tuple[datetime, datetime]:
    """Since when and until when, within this turn, exactly these organisations have duty."""
    near = [other for other in pieces if other.turn == piece.turn]
    place = near.index(piece)
    first = last = place
    while first > 0 and set(near[first - 1].organisations) == set(piece.organisations):
        first -= 1
    while last + 1 < len(near) and set(near[last + 1].organisations) == set(piece.organisations):
        last += 1
    return near[first].from_at, near[last].until_at


def standby(pieces: Iterable[Stretch], at: datetime, on_duty: Collection[str]) -> str | None:
    """The first later holder that differs from who is on duty (7.2). None: nobody else is written down."""
    later = (code for piece in pieces if piece.from_at > at for code in piece.organisations)
    return next((code for code in later if code not in on_duty), None)


def next_holder(pieces: Iterable[Stretch], at: datetime) -> str | None:
    """The holder of the next turn (7.2), who may be the same as now."""
    later = (piece for piece in pieces if piece.turn.from_at > at)
    return next((code for piece in later for code in piece.organisations), None)


def call_order(
    pieces: Sequence[Stretch], at: datetime, members: Sequence[Member], exempt: Collection[str]
) -> tuple[str, ...]:
    """Who is called one after the other (5.1): on duty, standby, then the others as their turns come after `at`.

    Who has no turn written down comes after those who have, in the decided order round from the last turn written.
    The exempt are never called, unless an override gave them duty on purpose.
    """
    now = duty_at(pieces, at)
    on_duty = now.organisations if now else ()
    first = standby(pieces, at, on_duty)
    later = [piece for piece in pieces if piece.turn.from_at > at]
    coming = [slot.organisations for piece in later for slot in piece.whole]
    # A swap does not move the order: it goes on from whose turn the last one written is by the rota.
    written = [*(now.turn.holders if now else ()), *(member for piece in later for member in piece.turn.holders)]
    rest = organisations_of([*coming, *_round_from(members, written[-1] if written else None)])
    others = [code for code in (*((first,) if first else ()), *rest) if code not in exempt]
    return tuple(dict.fromkeys([*on_duty, *others]))


def _round_from(members: Sequence[Member], last: Member | None) -> list[Member]:
    """The members in the decided order, beginning after the one that had the last turn written."""
    held = next((number for number, member in enumerate(members) if last and set(last) & set(member)), -1)
    return [*members[held + 1 :], *members[: held + 1]]

"""The one calculation of turns: section 7 of the rules. Pure: no clock, no store, no settings.

Engine, board, previews and tests all use `turns`; there is no second calculator. What a rota is made of and when its turns
begin stand in `plan_rules`, time on the wall in `wall_rules`, the accounts of the weighted order in `weight_rules`, the
feasts in `feast_rules`; who asks, asks here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from piket.rota import feast_rules, weight_rules
from piket.rota.plan_rules import (
    STRATEGIES,
    TURN,
    WEEKDAYS,
    Basis,
    Definition,
    Exemption,
    Member,
    PlannedTurn,
    Weight,
    boundaries,
    eligible,
    exempt_during,
    first_hand_over,
    organisations_of,
    without,
)
from piket.rota.wall_rules import HOME, LOCAL, is_zone, to_local, wall_moment, zone_of

__all__ = [
    "HOME", "LOCAL", "STRATEGIES", "TURN", "WEEKDAYS", "Basis", "Definition", "Exemption", "Member", "PlannedTurn", "Weight",
    "boundaries", "eligible", "first_hand_over", "is_zone", "organisations_of", "to_local", "turns", "wall_moment", "zone_of",
]  # fmt: skip


def turns(definition: Definition, until: datetime, after: PlannedTurn | None = None) -> Iterator[PlannedTurn]:
    """The turns that begin before `until`, in order: from the first, or those that follow `after`.

    Each begins when the one before it ends, so every moment belongs to exactly one; going on after any of them gives
    what one calculation gives. `inTurn`: the next holder is the next member in the decided order that is not exempt
    during the turn, round and round. `weighted`: the one that carried least for its share; ties go by the decided order.
    Either way whoever had the turn before comes again only when nobody else is eligible, and somebody who was exempt
    does not catch up. A definition whose own first turn is yet to come begins with its first member, and with empty
    accounts. After a change the first turn lasts until the new grid's next hand-over.
    """
    start = first_hand_over(definition)
    begins = start if after is None else after.until_at
    before = after
    for ends in boundaries(definition, begins):
        if begins >= until:
            return
        turn = _turn(definition, begins, ends, before, goes_on=begins > start)
        yield turn
        begins, before = ends, turn


@dataclass(frozen=True)
class _Queue:
    """Who could take a turn, first come first, and `after` whom that goes; the `owed` were spared before and stand in front.

    `weights` and `carried` are empty unless the order is weighted.
    """

    waiting: list[Member]
    after: Member | None
    owed: tuple[Member, ...] = ()
    weights: Mapping[str, int] = field(default_factory=dict)
    carried: Mapping[str, int] = field(default_factory=dict)


def _turn(
    definition: Definition, begins: datetime, ends: datetime, before: PlannedTurn | None, goes_on: bool
) -> PlannedTurn:
    """One turn, given the one before it; `goes_on`: the order and the accounts go on from there."""
    exempt = exempt_during(definition, begins, ends)
    able = without(definition.members, exempt)
    queue = _queue(definition, able, begins, before if goes_on else None)
    had = _had(definition, before)
    feasts = feast_rules.touched(begins, ends, definition.clock) if definition.spread_holidays else []
    barred = {member: feast for member in able if (feast := feast_rules.again(member, feasts, had))}
    previous = frozenset(organisations_of(before.holders)) if before is not None else frozenset()
    ranked = sorted(queue.waiting, key=lambda member: (not previous.isdisjoint(member), member in barred))
    holders = tuple(ranked[: definition.slots])
    basis = Basis(
        places=tuple(able.index(member) + 1 for member in holders),
        of=len(able),
        after=queue.after,
        exempt=exempt,
        had=had,
        **_passed_over(queue, holders, previous, barred),
        **_accounts(definition, queue, holders, able),
    )
    return PlannedTurn(begins, ends, holders, basis)


def _queue(definition: Definition, able: Sequence[Member], begins: datetime, before: PlannedTurn | None) -> _Queue:
    """Who comes first: by turns, or by what each carried for its share."""
    last = before.last if before is not None else None
    if definition.strategy == "weighted":
        weights = weight_rules.weights_on(definition, to_local(begins, definition.clock).date())
        carried = weight_rules.opening(definition, weights, before.basis if before is not None else None)
        waiting = sorted(able, key=lambda member: weight_rules.share(carried[member[0]], weights, member[0]))
        return _Queue(waiting, last, (), weights, carried)
    order = _from_after(definition.members, last)
    waiting = sorted(able, key=lambda member: order[member[0]])
    spared = set(organisations_of(before.basis.owed)) if before is not None else set()
    owed = tuple(member for member in waiting if not spared.isdisjoint(member))
    return _Queue([*owed, *(member for member in waiting if member not in owed)], last, owed)


def _from_after(members: Sequence[Member], last: Member | None) -> dict[str, int]:
    """How long each organisation still waits when the turn goes round from after `last` (from the first when it left)."""
    held = next((number for number, member in enumerate(members) if last and set(last) & set(member)), -1)
    return {code: (number - held - 1) % len(members) for number, member in enumerate(members) for code in member}


def _had(definition: Definition, before: PlannedTurn | None) -> feast_rules.Had:
    """Who has had which feast when the turn before is over. Known also while nothing is spread, for it may be one day."""
    if before is None:
        return {}
    feasts = feast_rules.touched(before.from_at, before.until_at, definition.clock)
    return feast_rules.with_turn(before.basis.had, feasts, organisations_of(before.holders))


def _passed_over(
    queue: _Queue, holders: Sequence[Member], previous: Collection[str], barred: Mapping[Member, str]
) -> dict[str, Any]:
    """Who stood before the last of the holders and was passed over, why, and what follows from it for the next turn.

    By turns, who was spared for a feast comes first next time, and the order goes on as if it had been its turn now.
    """
    last = max((queue.waiting.index(member) for member in holders), default=-1)
    passed = [member for member in queue.waiting[: last + 1] if member not in holders]
    rested = [member for member in passed if not set(previous).isdisjoint(member)]
    spared = [member for member in passed if member not in rested]
    found: dict[str, Any] = {
        "rested": organisations_of(rested),
        "spared": {code: barred[member] for member in spared for code in member},
        "repeats": {code: barred[member] for member in holders if member in barred for code in member},
    }
    if queue.weights or not (queue.owed or spared):
        return found
    regular = [member for member in queue.waiting[: last + 1] if member in holders and member not in queue.owed]
    left = [member for member in queue.owed if member not in holders and member not in spared]
    return {**found, "owed": (*left, *spared), "onward": regular[-1] if regular else queue.after}


def _accounts(
    definition: Definition, queue: _Queue, holders: Sequence[Member], able: Sequence[Member]
) -> dict[str, Any]:
    """What each carried before, what this turn books, and what each weighs; nothing of it where turns go by turns."""
    if not queue.weights:
        return {}
    booked = weight_rules.booking(definition, queue.weights, queue.carried, holders, able)
    return {"carried": queue.carried, "booked": booked, "weights": queue.weights}

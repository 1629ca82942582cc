"""The accounts of the weighted order: who carried least for its share. Rule 7.6. Pure, in whole numbers throughout.

An account is a number of turns, in thousandths, as they count at the member's weight of now. It is kept for each organisation;
those that share a turn have the same account. Nothing is divided that does not come out: shares are compared exactly.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache

from piket.rota.plan_rules import TURN, Basis, Definition, Member, Weight


def weights_on(definition: Definition, day: date) -> dict[str, int]:
    """What each organisation's member weighs on that day; 1 where no weight is given."""
    found = {}
    for member in definition.members:
        whole = sum(_weight(definition.weights, code, day) for code in member) or 1
        found.update(dict.fromkeys(member, whole))
    return found


def _weight(weights: Sequence[Weight], code: str, day: date) -> int:
    """What one organisation weighs: the latest weight that has begun, else the earliest to come; 0 where there is none."""
    own = sorted((w for w in weights if w.organisation == code), key=lambda w: w.starts_on or date.min)
    begun = [w for w in own if w.starts_on is None or w.starts_on <= day]
    return begun[-1].weight if begun else own[0].weight if own else 0


def opening(definition: Definition, weights: Mapping[str, int], before: Basis | None) -> dict[str, int]:
    """What each has carried as a turn begins, given the turn before (None: everybody begins with nothing).

    Where a weight changed, the share that was carried stays what it was and the number of turns follows it. Who was not on
    the rota begins as if it had carried as much for its share as the one who carried least, so that it need not catch up.
    """
    closed, former = (closing(before), before.weights) if before is not None else ({}, weights)
    known = {code: _at_weight(closed[code], former[code], weights[code]) for code in weights if code in closed}
    least = min(known, key=lambda code: share(known[code], weights, code), default=None)
    accounts = {}
    for member in definition.members:
        there = next((known[code] for code in member if code in known), None)
        if there is None:
            there = -(-known[least] * weights[member[0]] // weights[least]) if least else 0
        accounts.update(dict.fromkeys(member, there))
    return accounts


def closing(basis: Basis) -> dict[str, int]:
    """What each has carried after a turn."""
    return {code: carried + basis.booked.get(code, 0) for code, carried in basis.carried.items()}


def _at_weight(carried: int, former: int, weight: int) -> int:
    """The same share at another weight, to the nearest thousandth."""
    return carried if former == weight else (2 * carried * weight + former) // (2 * former)


@lru_cache(maxsize=256)
def _common(weights: tuple[int, ...]) -> int:
    return math.lcm(*weights)


def share(carried: int, weights: Mapping[str, int], code: str) -> int:
    """What was carried for each unit of weight, on a scale on which all of these weights come out whole."""
    return carried * (_common(tuple(weights.values())) // weights[code])


def booking(
    definition: Definition,
    weights: Mapping[str, int],
    carried: Mapping[str, int],
    holders: Sequence[Member],
    able: Sequence[Member],
) -> dict[str, int]:
    """What a turn adds: a turn to each holder, and to who is exempt the turns that would have been its own before theirs.

    So an exempt member's account goes along with the others, and it has nothing to catch up when it returns.
    """
    if not holders:
        return {}
    place = {code: number for number, member in enumerate(definition.members) for code in member}
    goal = max((share(carried[m[0]], weights, m[0]), place[m[0]]) for m in holders)
    here = {place[member[0]] for member in able}
    booked: dict[str, int] = {}
    for number, member in enumerate(definition.members):
        code, moved = member[0], 0
        while number not in here and (share(carried[code] + moved, weights, code), number) < goal:
            moved += TURN
        booked.update(dict.fromkeys(member, moved) if moved else {})
    for holder in holders:
        booked.update(dict.fromkeys(definition.members[place[holder[0]]], TURN))
    return booked

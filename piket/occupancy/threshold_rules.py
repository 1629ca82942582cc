"""What a set of thresholds must satisfy before it can be decided (2.1, 2.5). Pure: JSON values in, ladders or faults out.

A set rises: each level begins above the one below it and is left no lower than that one, and is never left above where it
begins. Half a ladder could neither open an overflow nor end one, so the rung `overflow` must be there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any

from piket.occupancy.rules import DEFINITIONS, HEAD_COUNTS, Ladder, Rung, rank
from piket.words import say


@dataclass(frozen=True)
class Wrong:
    """One thing wrong with a set of thresholds: at which field, and what would be right."""

    field: str
    detail: str


def ladders(body: Mapping[str, Any]) -> tuple[Ladder, ...]:
    """The ladders that a stored set of thresholds means, lowest rung first."""
    return tuple(
        Ladder(
            entry["definition"],
            tuple(
                sorted(
                    (Rung(rung["level"], rung["at"], rung["clearBelow"]) for rung in entry["levels"]),
                    key=lambda rung: rank(rung.level),
                )
            ),
            timedelta(minutes=entry["staleAfterMinutes"]),
        )
        for entry in body["definitions"]
    )


def aim(body: Mapping[str, Any], definition: str) -> int:
    """4.1: how many people the centre is brought back to: as set, else one below the overflow's `clearBelow`."""
    stated: int | None = body.get("aim")
    return clear_below(body, definition) - 1 if stated is None else stated


def clear_below(body: Mapping[str, Any], definition: str) -> int:
    """Below how many people an overflow by this definition is over."""
    ladder = next(ladder for ladder in ladders(body) if ladder.definition == definition)
    rung = ladder.rung("overflow")
    assert rung is not None, "thresholds without an overflow rung are refused"
    return rung.clear_below


def faults(definitions: Sequence[Mapping[str, Any]]) -> list[Wrong]:
    """Everything wrong with the definitions of a set, each at its field: doubles, rungs that do not rise, rungs upside down."""
    found: list[Wrong] = []
    seen: set[str] = set()
    for number, entry in enumerate(definitions):
        field = f"definitions.{number}"
        if entry["definition"] in seen:
            found.append(Wrong(f"{field}.definition", say("{name} stands here twice.", name=entry["definition"])))
        seen.add(entry["definition"])
        found += _ladder_faults(field, entry)
    return found


def _ladder_faults(field: str, entry: Mapping[str, Any]) -> list[Wrong]:
    """What is wrong with one definition; after the first kind of fault the others would only repeat it."""
    levels, field = entry["levels"], f"{field}.levels"
    if entry["definition"] not in HEAD_COUNTS:
        return (
            [Wrong(field, say("withoutBed has no levels: anyone without a bed is acute. Leave the list empty."))]
            if levels
            else []
        )
    names = [rung["level"] for rung in levels]
    if len(set(names)) != len(names):
        return [Wrong(field, say("A level stands here twice; each of watch, high and overflow may be given once."))]
    if "overflow" not in names:
        return [Wrong(field, say("The level overflow is missing; without it no overflow can begin or end."))]
    return _rung_faults(field, levels)


def _rung_faults(field: str, levels: Sequence[Mapping[str, Any]]) -> list[Wrong]:
    """Rungs upside down (`clearBelow` above `at`), and rungs that do not rise."""
    found = [
        Wrong(f"{field}.{number}.clearBelow", say("clearBelow must not be above at, which is {at}.", at=rung["at"]))
        for number, rung in enumerate(levels)
        if rung["clearBelow"] > rung["at"]
    ]
    for (number, lower), (_, upper) in pairwise(sorted(enumerate(levels), key=lambda pair: rank(pair[1]["level"]))):
        if upper["at"] <= lower["at"] or upper["clearBelow"] < lower["clearBelow"]:
            found.append(
                Wrong(
                    f"{field}.{number}",
                    say(
                        "The thresholds must rise: {upper} must lie above {lower}.",
                        upper=upper["level"],
                        lower=lower["level"],
                    ),
                )
            )
    return found


def with_standing(definitions: Sequence[Mapping[str, Any]], standing: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The new definitions, and those that were left out as they stand, in the usual order."""
    given = {entry["definition"]: dict(entry) for entry in definitions}
    kept = {entry["definition"]: dict(entry) for entry in standing["definitions"]}
    whole = kept | given
    return [whole[name] for name in DEFINITIONS if name in whole]

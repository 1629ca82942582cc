"""Sections 1 and 2 of the rules: what becomes of a count, and which level it makes. Pure: no clock, no database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

LEVELS = ("normal", "watch", "high", "overflow", "acute")
HEAD_COUNTS = ("nightBeds", "present")
DEFINITIONS = (*HEAD_COUNTS, "withoutBed")


def rank(level: str) -> int:
    """How high a level is; `unknown` is below all."""
    return LEVELS.index(level) if level in LEVELS else -1


@dataclass(frozen=True)
class Rung:
    """One level of a ladder: reached at `at` people, left below `clear_below`."""

    level: str
    at: int
    clear_below: int


@dataclass(frozen=True)
class Ladder:
    """How one definition is judged. `rungs` rise; empty for `withoutBed`, which has no ladder."""

    definition: str
    rungs: tuple[Rung, ...]
    stale_after: timedelta

    def rung(self, level: str) -> Rung | None:
        """The rung of a level, if this ladder has it."""
        return next((rung for rung in self.rungs if rung.level == level), None)


def judge(ladder: Ladder, level: str, people: int) -> str:
    """2.1: the level that `people` makes, from the definition's own `level` (`normal` when it was never judged).

    A rung is reached exactly at `at`; one that is not above the present level is kept down to and including `clear_below`.
    """
    reached = "normal"
    for rung in ladder.rungs:
        kept = rank(rung.level) <= rank(level) and people >= rung.clear_below
        if people >= rung.at or kept:
            reached = max(reached, rung.level, key=rank)
    return reached


def is_stale(observed_at: datetime, stale_after: timedelta, now: datetime) -> bool:
    """1.2, 2.2: older than `stale_after`; a count exactly that old still counts."""
    return now - observed_at > stale_after


@dataclass(frozen=True)
class Arrival:
    """What becomes of a count when it comes: `judge`, `hold`, or `keep` with the reason it changes nothing."""

    act: str
    why: str | None = None


def arrive(
    definition: str, people: int, *, late: bool, stale: bool, last_judged: int | None, hold_above: int
) -> Arrival:
    """1.2 and 1.3: late and stale counts are kept; a head count more than `hold_above` from the last judged is held."""
    if late:
        return Arrival("keep", "late")
    if stale:
        return Arrival("keep", "stale")
    if definition in HEAD_COUNTS and last_judged is not None and abs(people - last_judged) > hold_above:
        return Arrival("hold", "held")
    return Arrival("judge")


@dataclass(frozen=True)
class Judged:
    """The newest judged count of one definition, as it stands at some moment."""

    definition: str
    level: str
    people: int
    observed_at: datetime
    stale: bool
    count: str


def centre_level(standing: Iterable[Judged], acute_by_shortfall: bool) -> str:
    """2.2 to 2.4: the highest level of the head counts that are not stale; acute; or unknown when nothing fresh says anything."""
    fresh = [judged for judged in standing if not judged.stale]
    without_bed = any(judged.definition == "withoutBed" and judged.people > 0 for judged in fresh)
    if without_bed or acute_by_shortfall:
        return "acute"
    levels = [judged.level for judged in fresh if judged.definition in HEAD_COUNTS]
    return max(levels, key=rank) if levels else "unknown"


def rises_from(shown: str, told: str, level: str) -> str:
    """From which level a rise to `level` is measured: from the one shown before it, whatever people were told earlier.

    While the level was unknown it is measured from what was last told, so that an overflow that goes on is no second
    alarm; but people without a bed are a rise every time.
    """
    if shown in LEVELS:
        return shown
    return min(told, "overflow", key=rank) if level == "acute" else told


def highest_head_count(standing: Iterable[Judged]) -> Judged | None:
    """3.3: the highest head count that is not stale; None when there is none, which is unknown and not zero."""
    heads = [judged for judged in standing if judged.definition in HEAD_COUNTS and not judged.stale]
    return max(heads, key=lambda judged: (judged.people, judged.observed_at)) if heads else None


def unknown_since(standing: Iterable[Judged], ladders: Sequence[Ladder], now: datetime) -> datetime | None:
    """The last moment before `now` at which a count became stale; None when none did."""
    after = {ladder.definition: ladder.stale_after for ladder in ladders}
    moments = [judged.observed_at + after[judged.definition] for judged in standing if judged.definition in after]
    past = [moment for moment in moments if moment <= now]
    return max(past) if past else None


def over_norm(people: int | None, norm: int) -> int | None:
    """2.5: how many people above the norm; 0 at or below it, None when the number of people is unknown."""
    return None if people is None else max(0, people - norm)

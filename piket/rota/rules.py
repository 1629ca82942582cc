"""The one calculation of turns: section 7 of the rules. Pure: no clock, no store, no settings.

Moments are UTC; days, weekdays and hand-over times are local (Europe/Amsterdam), and nothing but this file turns one
into the other. A moment of hand-over belongs to the coming turn (7.2): every span here is `from` inclusive, `until`
exclusive.
"""

from __future__ import annotations

import calendar
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from piket.words import LOCAL

__all__ = [
    "LOCAL", "WEEKDAYS", "Basis", "Definition", "Exemption", "Member", "PlannedTurn", "boundaries", "eligible",
    "first_hand_over", "organisations_of", "to_local", "turns", "wall_moment",
]  # fmt: skip

Unit = Literal["days", "weeks", "months"]
Member = tuple[str, ...]
"""The organisations that take a turn together: nearly always one, two where they share a slot."""
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class Exemption:
    """An organisation that takes no turn, and why. Both days count; None: from ever, or for good."""

    organisation: str
    reason: str
    starts_on: date | None = None
    ends_on: date | None = None

    def touches(self, since: datetime, until: datetime) -> bool:
        """Whether any moment of that span lies in the exemption. Somebody exempt for one day of a turn takes none of it."""
        begins_late = self.starts_on is not None and wall_moment(self.starts_on, time()) >= until
        over = self.ends_on is not None and wall_moment(self.ends_on + timedelta(days=1), time()) <= since
        return not begins_late and not over

    def holds(self, at: datetime) -> bool:
        """Whether it holds at that moment."""
        return self.touches(at, at + timedelta.resolution)


@dataclass(frozen=True)
class Definition:
    """A rota as it was decided: who takes turns in which order, how long, and when one hands over to the next.

    A turn lasts `turn_length` days, weeks or months. `hand_over_weekday` counts for weeks only: the first turn then begins
    on the first such day on or after `starts_on`; days and months count from `starts_on` itself. As many members have
    duty at once as there are `slots`; `places_target` is how many places each slot should bring. Line 1 is called first.
    """

    name: str
    members: tuple[Member, ...]
    starts_on: date
    turn_unit: Unit = "weeks"
    turn_length: int = 2
    hand_over_weekday: str = "wednesday"
    hand_over_time: time = time(12)
    slots: int = 1
    line: int = 1
    places_target: int | None = None
    exemptions: tuple[Exemption, ...] = ()


@dataclass(frozen=True)
class Basis:
    """Why a turn is whose it is: the place (from 1) of each holder among the `of` who could have it, whom it came after,
    and who was left out for an exemption (organisation -> reason).
    """

    places: tuple[int, ...]
    of: int
    after: Member | None
    exempt: Mapping[str, str]


@dataclass(frozen=True)
class PlannedTurn:
    """One turn: from when (inclusive) until when (exclusive), and its holder for each slot; none when all are exempt."""

    from_at: datetime
    until_at: datetime
    holders: tuple[Member, ...]
    basis: Basis

    @property
    def last(self) -> Member | None:
        """Whom the next turn comes after: the last holder there was."""
        return self.holders[-1] if self.holders else self.basis.after


def to_local(at: datetime) -> datetime:
    """The moment as a clock on the wall in the Netherlands shows it."""
    return at.astimezone(LOCAL)


def wall_moment(day: date, wall: time) -> datetime:
    """The moment (UTC) at which the clock shows `wall` on `day` (7.3).

    A time that occurs twice is its first occurrence; one that the clock leaps over is the first instant after the hole.
    """
    shown = datetime.combine(day, wall.replace(tzinfo=None), LOCAL)
    moment = shown.astimezone(UTC)
    if to_local(moment).replace(tzinfo=None) == shown.replace(tzinfo=None):
        return moment
    return _end_of_hole(shown.replace(fold=1).astimezone(UTC), moment)


def _end_of_hole(before: datetime, after: datetime) -> datetime:
    """The first whole second with the offset of `after`. Python reads a missing time either way: before and after the leap."""
    offset = to_local(after).utcoffset()
    low, high = int(before.timestamp()), int(after.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if to_local(datetime.fromtimestamp(middle, UTC)).utcoffset() == offset:
            high = middle
        else:
            low = middle
    return datetime.fromtimestamp(high, UTC)


def first_hand_over(definition: Definition) -> datetime:
    """The moment at which the first turn of this definition begins."""
    return wall_moment(_first_day(definition), definition.hand_over_time)


def _first_day(definition: Definition) -> date:
    """The day of the first hand-over: `starts_on` itself, or for weeks the first such weekday on or after it."""
    if definition.turn_unit != "weeks":
        return definition.starts_on
    wait = (WEEKDAYS.index(definition.hand_over_weekday) - definition.starts_on.weekday()) % 7
    return definition.starts_on + timedelta(days=wait)


def _day(definition: Definition, number: int) -> date:
    """The day of hand-over `number`, always reckoned from the first one: the 31st is the 31st again after a short month."""
    first, step = _first_day(definition), number * definition.turn_length
    if definition.turn_unit != "months":
        return first + timedelta(days=step * (7 if definition.turn_unit == "weeks" else 1))
    year, month = divmod(first.year * 12 + first.month - 1 + step, 12)
    return date(year, month + 1, min(first.day, calendar.monthrange(year, month + 1)[1]))


def _number_near(definition: Definition, day: date) -> int:
    """The number of a hand-over on or shortly before `day`; below 0 before the first one."""
    first = _first_day(definition)
    if definition.turn_unit == "months":
        return ((day.year - first.year) * 12 + day.month - first.month) // definition.turn_length - 1
    return (day - first).days // (definition.turn_length * (7 if definition.turn_unit == "weeks" else 1)) - 1


def boundaries(definition: Definition, later_than: datetime) -> Iterator[datetime]:
    """The moments of hand-over after (not at) `later_than`, without end. The grid also reaches back before the first turn."""
    number = _number_near(definition, to_local(later_than).date())
    while True:
        moment = wall_moment(_day(definition, number), definition.hand_over_time)
        if moment > later_than:
            yield moment
        number += 1


def eligible(definition: Definition, since: datetime, until: datetime) -> list[Member]:
    """Who may take a turn of that span, in the decided order. Of members that share, those who are not exempt."""
    exempt = {e.organisation for e in definition.exemptions if e.touches(since, until)}
    left = (tuple(code for code in member if code not in exempt) for member in definition.members)
    return [member for member in left if member]


def organisations_of(members: Sequence[Member]) -> tuple[str, ...]:
    """All their organisations, in that order, each once."""
    return tuple(dict.fromkeys(code for member in members for code in member))


def turns(definition: Definition, until: datetime, after: PlannedTurn | None = None) -> Iterator[PlannedTurn]:
    """The turns that begin before `until`, in order: from the first, or those that follow `after`.

    Each begins when the one before it ends, so every moment belongs to exactly one. The next holder is the next member
    in the decided order that is not exempt during the turn, round and round; a definition whose own first turn is yet
    to come begins with its first member. Whoever had the turn before comes again only when nobody else is eligible.
    Somebody who was exempt does not catch up. After a change the first turn lasts until the new grid's next hand-over.
    """
    start = first_hand_over(definition)
    begins = start if after is None else after.until_at
    last = after.last if after is not None and begins > start else None
    previous = organisations_of(after.holders) if after is not None else ()
    for ends in boundaries(definition, begins):
        if begins >= until:
            return
        turn = _turn(definition, begins, ends, last, previous)
        yield turn
        begins, last, previous = ends, turn.last, organisations_of(turn.holders)


def _turn(
    definition: Definition, begins: datetime, ends: datetime, last: Member | None, previous: Collection[str]
) -> PlannedTurn:
    """One turn: whoever waited longest in the decided order and did not have the turn before, as far as there are such.

    `last` is after whom the order goes on, `previous` who had the turn before; they differ when that turn was nobody's.
    """
    able = eligible(definition, begins, ends)
    order = _from_after(definition.members, last)
    waiting = sorted(able, key=lambda member: order[member[0]])
    rested = [member for member in waiting if not set(member) & set(previous)]
    holders = tuple((rested + [member for member in waiting if member not in rested])[: definition.slots])
    exempt = {e.organisation: e.reason for e in definition.exemptions if e.touches(begins, ends)}
    listed = {code: exempt[code] for code in organisations_of(definition.members) if code in exempt}
    places = tuple(able.index(member) + 1 for member in holders)
    return PlannedTurn(begins, ends, holders, Basis(places, len(able), last, listed))


def _from_after(members: Sequence[Member], last: Member | None) -> dict[str, int]:
    """How long each organisation still waits when the turn goes round from after `last` (from the first when it left)."""
    held = next((number for number, member in enumerate(members) if last and set(last) & set(member)), -1)
    return {code: (number - held - 1) % len(members) for number, member in enumerate(members) for code in member}

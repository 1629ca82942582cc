"""What a rota is made of, and when its turns begin and end: rules 7.1 to 7.3 and 7.5. Pure.

Moments are UTC; days, weekdays and hand-over times are those of the rota's own time zone. A moment of hand-over belongs to
the coming turn (7.2): every span here is `from` inclusive, `until` exclusive.
"""

from __future__ import annotations

import calendar
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from functools import cached_property
from typing import Literal

from piket.rota.feast_rules import Had
from piket.rota.wall_rules import HOME, LOCAL, to_local, wall_moment, zone_of

Unit = Literal["days", "weeks", "months"]
Strategy = Literal["inTurn", "weighted"]
STRATEGIES: tuple[Strategy, ...] = ("inTurn", "weighted")
Member = tuple[str, ...]
"""The organisations that take a turn together: nearly always one, two where they share a slot."""
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
TURN = 1000
"""One turn in the accounts of the weighted order, which are kept in thousandths."""


@dataclass(frozen=True)
class Exemption:
    """An organisation that takes no turn, and why. Both days count; None: from ever, or for good."""

    organisation: str
    reason: str
    starts_on: date | None = None
    ends_on: date | None = None

    def touches(self, since: datetime, until: datetime, zone: tzinfo = LOCAL) -> bool:
        """Whether any moment of that span lies in the exemption. Somebody exempt for one day of a turn takes none of it."""
        begins_late = self.starts_on is not None and wall_moment(self.starts_on, time(), zone) >= until
        over = self.ends_on is not None and wall_moment(self.ends_on + timedelta(days=1), time(), zone) <= since
        return not begins_late and not over

    def holds(self, at: datetime, zone: tzinfo = LOCAL) -> bool:
        """Whether it holds at that moment."""
        return self.touches(at, at + timedelta.resolution, zone)


@dataclass(frozen=True)
class Weight:
    """What an organisation weighs in the weighted order, a whole number above 0, from that day on.

    None: from ever. Before its first day the earliest weight holds. Members that share weigh what they weigh together.
    """

    organisation: str
    weight: int
    starts_on: date | None = None


@dataclass(frozen=True)
class Definition:
    """A rota as it was decided: who takes turns in which order, how long, and when one hands over to the next.

    A turn lasts `turn_length` days, weeks or months. `hand_over_weekday` counts for weeks only: the first turn then begins
    on the first such day on or after `starts_on`; days and months count from `starts_on` itself. As many members have
    duty at once as there are `slots`; `places_target` is how many places each slot should bring. Line 1 is called first.
    `zone` is whose clock shows the hand-over. `weights` count with the strategy `weighted` only; `spread_holidays` keeps
    the same feast from falling on somebody two years running where that can be avoided (7.8).
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
    zone: str = HOME
    strategy: Strategy = "inTurn"
    weights: tuple[Weight, ...] = ()
    spread_holidays: bool = False

    @cached_property
    def clock(self) -> tzinfo:
        """The time zone itself. Raises `ValueError` when there is none of that name."""
        return zone_of(self.zone)


@dataclass(frozen=True)
class Basis:
    """Why a turn is whose it is, and all that the next turn needs to know: the last row alone is enough to go on.

    `places`: the place (from 1) of each holder among the `of` who could have it. `after`: whom it came after in the order.
    `exempt`: who was left out for an exemption (organisation -> reason).
    `rested`: who was passed over because it had the turn before. `spared`: who was passed over for a feast that it had
    the year before (organisation -> feast); `repeats`: who has such a feast all the same, as nobody else could.
    In turn: `owed` are the members that were spared and come first next time, `onward` is after whom the order then goes
    on (None: after the last holder). Weighted: `carried` is what each had carried before this turn and `booked` what
    this turn adds, in thousandths of a turn; `weights` what each weighs. `had`: who had which feast before this turn.
    """

    places: tuple[int, ...]
    of: int
    after: Member | None
    exempt: Mapping[str, str]
    rested: tuple[str, ...] = ()
    spared: Mapping[str, str] = field(default_factory=dict)
    repeats: Mapping[str, str] = field(default_factory=dict)
    owed: tuple[Member, ...] = ()
    onward: Member | None = None
    carried: Mapping[str, int] = field(default_factory=dict)
    booked: Mapping[str, int] = field(default_factory=dict)
    weights: Mapping[str, int] = field(default_factory=dict)
    had: Had = field(default_factory=dict)


@dataclass(frozen=True)
class PlannedTurn:
    """One turn: from when (inclusive) until when (exclusive), and its holder for each slot; none when all are exempt."""

    from_at: datetime
    until_at: datetime
    holders: tuple[Member, ...]
    basis: Basis

    @property
    def last(self) -> Member | None:
        """After whom the decided order goes on with the next turn."""
        return self.basis.onward or (self.holders[-1] if self.holders else self.basis.after)


def first_hand_over(definition: Definition) -> datetime:
    """The moment at which the first turn of this definition begins."""
    return wall_moment(_first_day(definition), definition.hand_over_time, definition.clock)


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
    """The moments of hand-over after (not at) `later_than`, without end. The grid also reaches back before the first turn.

    Where the clock leaps over a whole day, two hand-overs fall on one moment: that is one hand-over.
    """
    number = _number_near(definition, to_local(later_than, definition.clock).date())
    while True:
        moment = wall_moment(_day(definition, number), definition.hand_over_time, definition.clock)
        if moment > later_than:
            yield moment
            later_than = moment
        number += 1


def exempt_during(definition: Definition, since: datetime, until: datetime) -> dict[str, str]:
    """Who is exempt for any moment of that span, with the reason, in the decided order."""
    found = {e.organisation: e.reason for e in definition.exemptions if e.touches(since, until, definition.clock)}
    return {code: found[code] for code in organisations_of(definition.members) if code in found}


def without(members: Sequence[Member], exempt: Collection[str]) -> list[Member]:
    """The members that are left, in the decided order. Of members that share, those who are not exempt."""
    left = (tuple(code for code in member if code not in exempt) for member in members)
    return [member for member in left if member]


def eligible(definition: Definition, since: datetime, until: datetime) -> list[Member]:
    """Who may take a turn of that span, in the decided order."""
    return without(definition.members, exempt_during(definition, since, until))


def organisations_of(members: Sequence[Member]) -> tuple[str, ...]:
    """All their organisations, in that order, each once."""
    return tuple(dict.fromkeys(code for member in members for code in member))

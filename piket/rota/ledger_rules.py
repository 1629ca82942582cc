"""Section 10 of the rules (10.1 to 10.4): who carried what, and how that compares with its share. Pure.

**Time is measured on the calendar.** A moment has a place on it: its local date, and how far that day has passed, in hundred-
thousandths. What lies between two moments is the difference of their places. So a day is one day also when the clock is set
on it and it has 23 or 25 hours, a turn of two weeks is fourteen days, and however time is cut, the pieces add up exactly.

Every figure is a whole number and the sum of entries, so totals cannot differ from what they are made of.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from math import floor
from typing import NamedTuple

from piket.rota.duty_rules import OverrideSpan, Stretch, TurnSpan
from piket.rota.rules import Definition, eligible, to_local, wall_moment
from piket.rota.weight_rules import weights_on

PARTS = 100_000
"""Parts of a day: the unit of time here, less than a second."""
_DAY = timedelta(days=1)


class Figures(NamedTuple):
    """What one entry says, or many together. Times in hundred-thousandths of a day, all else counted.

    `weekend` (Saturday and Sunday) and `holiday` are parts of `duty`, and a holiday in a weekend is in both. `share` is what
    an organisation would have carried had it carried neither more nor less than the others for its weight.
    """

    turns: int = 0
    duty: int = 0
    weekend: int = 0
    holiday: int = 0
    share: int = 0
    call_ups: int = 0
    places_asked: int = 0
    places_delivered: int = 0
    nights_hosted: int = 0
    swaps_given: int = 0
    swaps_taken: int = 0
    overrides_given: int = 0
    overrides_taken: int = 0

    def plus(self, other: Figures) -> Figures:
        """Both together."""
        return Figures(*map(operator.add, self, other))

    @property
    def difference(self) -> int:
        """How much more duty was carried than the share; below 0: less."""
        return self.duty - self.share


@dataclass(frozen=True)
class Entry:
    """One row behind the figures of an organisation: what, when, and the turn, override, swap, call-up or commitment of it.

    `kind`: `duty`, `share`, `override`, `swap`, or one that was booked (see `ledger.Booking`). `until_at` None: a moment.
    """

    kind: str
    organisation: str
    at: datetime
    figures: Figures
    until_at: datetime | None = None
    turn: str | None = None
    override: str | None = None
    swap: str | None = None
    overflow: str | None = None
    call_up: str | None = None
    commitment: str | None = None
    night: date | None = None


@dataclass(frozen=True)
class Shares:
    """How one turn's duty is to be shared: the weight of each organisation that could have it; `unit` is the smallest weight of a
    member. One who is exempt is not in it, and so has no share in that turn.
    """

    weights: Mapping[str, Fraction]
    unit: Fraction = Fraction(1)


SharesOf = Callable[[TurnSpan], Shares]


def shares_of(definition: Definition, since: datetime, until: datetime) -> Shares:
    """How a turn of that span is shared among the members that could have it: equally, or in a weighted rota in proportion.

    Organisations that share a turn share that too. Weights are those of the day on which the turn begins.
    """
    members = eligible(definition, since, until)
    if definition.strategy != "weighted":
        return Shares({code: Fraction(1, len(member)) for member in members for code in member})
    weights = weights_on(definition, to_local(since, definition.clock).date())
    fair = {code: Fraction(weights[code], len(member)) for member in members for code in member}
    return Shares(fair, Fraction(min(weights.values())))


def place(at: datetime) -> int:
    """The place of a moment on the calendar: it only grows, and by one `PARTS` from each local midnight to the next."""
    day = to_local(at).date()
    begins, ends = wall_moment(day, time()), wall_moment(day + _DAY, time())
    return day.toordinal() * PARTS + (at - begins) * PARTS // (ends - begins)


def days_between(since: datetime, until: datetime, holidays: Collection[date]) -> Figures:
    """The duty, weekend and holiday time of that span."""
    begins, ends = place(since), place(until)
    weekend = holiday = 0
    for number in range(begins // PARTS, (ends - 1) // PARTS + 1):
        day = date.fromordinal(number)
        part = min(ends, (number + 1) * PARTS) - max(begins, number * PARTS)
        weekend += part if day.weekday() >= 5 else 0
        holiday += part if day in holidays else 0
    return Figures(duty=ends - begins, weekend=weekend, holiday=holiday)


def duty(pieces: Iterable[Stretch], since: datetime, until: datetime, holidays: Collection[date]) -> Iterator[Entry]:
    """Who had or will have duty from `since` until `until`, stretch by stretch. A turn counts as one for who begins it.

    Organisations that fill a slot together share its time; what cannot be halved goes to the first.
    """
    for piece in pieces:
        begins, ends = max(piece.from_at, since), min(piece.until_at, until)
        if begins >= ends:
            continue
        whole = days_between(begins, ends, holidays)
        first = int(begins == piece.turn.from_at)
        for slot in piece.slots:
            for number, code in enumerate(slot.organisations):
                own = Figures(first, *(_split(part, len(slot.organisations), number) for part in whole[1:4]))
                yield Entry("duty", code, begins, own, ends, piece.turn.id, override=slot.override, swap=slot.swap)


def _split(whole: int, among: int, number: int) -> int:
    """The part of whoever comes at `number` when so many share it."""
    return whole // among + (1 if number < whole % among else 0)


def shares(carried: Iterable[Entry], turns: Iterable[TurnSpan], of: SharesOf) -> Iterator[Entry]:
    """What each organisation would have carried of every turn, by the weights of that turn: together just what was carried.

    Parts that do not come out whole are kept and dealt with the next turn, so rounding favours nobody.
    """
    by_turn: dict[str | None, int] = {}
    spans: dict[str | None, tuple[datetime, datetime | None]] = {}
    for entry in carried:
        by_turn[entry.turn] = by_turn.get(entry.turn, 0) + entry.figures.duty
        spans[entry.turn] = (spans.get(entry.turn, (entry.at, None))[0], entry.until_at)
    dealer = _Dealer()
    for turn in turns:
        if turn.id in by_turn:
            begins, ends = spans[turn.id]
            for code, part in dealer.deal(by_turn[turn.id], of(turn).weights).items():
                yield Entry("share", code, begins, Figures(share=part), ends, turn.id)


@dataclass
class _Dealer:
    """Deals whole parts in proportion, and keeps what each still has to get (below 0: has had too much)."""

    owed: dict[str, Fraction] = field(default_factory=dict)

    def deal(self, whole: int, weights: Mapping[str, Fraction]) -> dict[str, int]:
        """All of `whole`; nobody gets any when nobody has a weight."""
        weights = {code: weight for code, weight in weights.items() if weight}
        total = sum(weights.values())
        due = {code: self.owed.get(code, Fraction()) + whole * weight / total for code, weight in weights.items()}
        dealt = {code: floor(part) for code, part in due.items()}
        missing = whole - sum(dealt.values())
        waiting = sorted(due, key=lambda code: due[code] - dealt[code], reverse=missing > 0)
        for code in itertools.islice(itertools.cycle(waiting), abs(missing)):
            dealt[code] += 1 if missing > 0 else -1
        self.owed.update({code: part - dealt[code] for code, part in due.items()})
        return dealt


def changes(
    overrides: Iterable[OverrideSpan], pieces: Sequence[Stretch], since: datetime, until: datetime
) -> Iterator[Entry]:
    """Overrides and swaps, each at the moment at which it begins: one taken by who got duty, one given by who had it."""
    for one in overrides:
        if not since <= one.from_at < until or one.from_at >= one.until_at:
            continue
        kind = "swap" if one.swap else "override"
        taken, given = (
            (Figures(swaps_taken=1), Figures(swaps_given=1))
            if one.swap
            else (Figures(overrides_taken=1), Figures(overrides_given=1))
        )
        yield Entry(kind, one.organisation, one.from_at, taken, one.until_at, override=one.id, swap=one.swap)
        for code in _instead_of(one, pieces):
            yield Entry(kind, code, one.from_at, given, one.until_at, override=one.id, swap=one.swap)


def _instead_of(one: OverrideSpan, pieces: Sequence[Stretch]) -> list[str]:
    """Who would have had duty without it."""
    if one.replaces is not None:
        return [one.replaces]
    had = (
        code
        for piece in pieces
        if piece.from_at < one.until_at and piece.until_at > one.from_at
        for slot in piece.whole
        for code in slot.organisations
    )
    return [code for code in dict.fromkeys(had) if code != one.organisation]


def held_on(entries: Iterable[Entry], days: Collection[date]) -> dict[date, dict[str, int]]:
    """Who had duty on each of these days, and for which part of the day; where a slot is shared, each for all of it."""
    found: dict[date, dict[str, int]] = {}
    for entry in entries:
        if entry.kind == "duty" and entry.figures.holiday and entry.until_at:
            begins, ends = place(entry.at), place(entry.until_at)
            for number in range(begins // PARTS, (ends - 1) // PARTS + 1):
                day = date.fromordinal(number)
                if day in days:
                    part = min(ends, (number + 1) * PARTS) - max(begins, number * PARTS)
                    held = found.setdefault(day, {})
                    held[entry.organisation] = held.get(entry.organisation, 0) + part
    return found


def totals(entries: Iterable[Entry], organisations: Iterable[str]) -> dict[str, Figures]:
    """The sums, for these organisations in this order and then for whoever else carried something."""
    found = dict.fromkeys(organisations, Figures())
    for entry in entries:
        found[entry.organisation] = found.get(entry.organisation, Figures()).plus(entry.figures)
    return found


def imbalance(accounts: Mapping[str, Figures], shares: Iterable[Shares]) -> int:
    """How far apart those who carried most and least for their share are, in parts of a day for each unit of weight.

    Equal weights: the largest difference less the smallest. After any number of whole turns it is at most one turn.
    """
    units: dict[str, Fraction] = {}
    for one in shares:
        for code, weight in one.weights.items():
            units[code] = max(units.get(code, Fraction()), weight / one.unit)
    apart = [accounts[code].difference / weight for code, weight in units.items() if weight and accounts.get(code)]
    return round(max(apart) - min(apart)) if apart else 0

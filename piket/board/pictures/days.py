"""Counts day by day: one figure a day and definition, the days of which nothing is known, and the sentence that says it.

Pure: no Flask, no database. Days are those of the clock on the wall (Europe/Amsterdam). The figure of a day is the highest
count of it, because the agreed maximum holds at every moment of a day; a day without a count is unknown, not zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from piket.occupancy.rules import DEFINITIONS, HEAD_COUNTS
from piket.occupancy.service import Seen
from piket.words import LOCAL, Text, nsay, say

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """From the first day to the last, both in it. `known_until`: the last day that can be called unknown when nobody counted.

    That is yesterday, because a day's count may still come; today too once the last count is too old to count.
    """

    first: date
    last: date
    known_until: date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    def each(self) -> Iterator[date]:
        """Its days in order."""
        return (self.first + number * ONE_DAY for number in range(self.days))

    def place(self, day: date) -> int:
        """The number of a day, from 0."""
        return (day - self.first).days

    def since(self) -> datetime:
        """The moment at which it begins."""
        return datetime.combine(self.first, datetime.min.time(), LOCAL)

    def until(self) -> datetime:
        """The moment at which it is over."""
        return datetime.combine(self.last + ONE_DAY, datetime.min.time(), LOCAL)

    def at(self, moment: datetime) -> float:
        """Where a moment lies on an axis of days, never outside."""
        local = moment.astimezone(LOCAL)
        part = (local.hour * 60 + local.minute) / 1440
        return round(min(max(self.place(local.date()) + part, 0.0), float(self.days)), 3)


def period(now: datetime, first: date, last: date, unknown_now: bool) -> Period:
    """The period as it is looked at from `now`."""
    today = now.astimezone(LOCAL).date()
    return Period(first, last, today if unknown_now else today - ONE_DAY)


def last_days(now: datetime, days: int, unknown_now: bool) -> Period:
    """The last `days` days, today in it."""
    today = now.astimezone(LOCAL).date()
    return period(now, today - (days - 1) * ONE_DAY, today, unknown_now)


@dataclass(frozen=True)
class Days:
    """The figures: for each day on which anything was counted, the highest count of each definition."""

    period: Period
    figures: Mapping[date, Mapping[str, int]]
    norm: int

    def of(self, definition: str) -> list[tuple[date, int]]:
        """The days on which this definition was counted, in order."""
        return [(day, found[definition]) for day, found in sorted(self.figures.items()) if definition in found]

    def heads(self) -> list[tuple[date, int]]:
        """The highest head count of each day that has one."""
        found = (
            (day, [counts[name] for name in HEAD_COUNTS if name in counts]) for day, counts in self.figures.items()
        )
        return sorted((day, max(counts)) for day, counts in found if counts)

    def runs(self, definition: str) -> list[list[tuple[date, int]]]:
        """The same cut at every day that was missed: nothing may be drawn over a hole."""
        found: list[list[tuple[date, int]]] = []
        for day, people in self.of(definition):
            if found and day - found[-1][-1][0] == ONE_DAY:
                found[-1].append((day, people))
            else:
                found.append([(day, people)])
        return found

    def gaps(self) -> list[tuple[date, date]]:
        """The stretches of days, first and last, on which nobody was counted and no count can come any more."""
        counted = {day for day, _ in self.heads()}
        found: list[tuple[date, date]] = []
        for day in self.period.each():
            if day in counted or day > self.period.known_until:
                continue
            if found and day - found[-1][1] == ONE_DAY:
                found[-1] = (found[-1][0], day)
            else:
                found.append((day, day))
        return found


def by_day(seen: Iterable[Seen], wanted: Period, norm: int) -> Days:
    """The counts of a period, day by day."""
    figures: dict[date, dict[str, int]] = {}
    for one in seen:
        day = one.observed_at.astimezone(LOCAL).date()
        if wanted.first <= day <= wanted.last and one.definition in DEFINITIONS:
            counts = figures.setdefault(day, {})
            counts[one.definition] = max(one.people, counts.get(one.definition, 0))
    return Days(wanted, figures, norm)


def in_words(days: Days) -> Text:
    """The picture in one sentence: on how many days was counted, lowest and highest, how often above the maximum."""
    heads, span = days.heads(), days.period
    if not heads:
        return say(
            "Nobody was counted from {first} to {last}, so it is unknown how many people there were.",
            first=span.first, last=span.last,
        )  # fmt: skip
    low, high = min(heads, key=lambda one: one[1]), max(heads, key=lambda one: one[1])
    parts = [
        say(
            "Counted on {counted} of {days} days from {first} to {last}: at least {low} ({low_day}), at most {high} ({high_day})",
            first=span.first, last=span.last, counted=len(heads), days=span.days, low=low[1], low_day=low[0], high=high[1],
            high_day=high[0],
        ),
        _above(heads, days.norm),
        *_holes(days.gaps()),
        *_without(days.of("withoutBed")),
    ]  # fmt: skip
    return say("{whole}.", whole=_joined(parts))


def _above(heads: Sequence[tuple[date, int]], norm: int) -> Text:
    """By people > norm, as the rules say it (2.5)."""
    above = sum(people > norm for _, people in heads)
    if not above:
        return say("never above the maximum of {norm}", norm=norm)
    return nsay("{n} day above the maximum of {norm}", "{n} days above the maximum of {norm}", above, norm=norm)


def _holes(gaps: Sequence[tuple[date, date]]) -> list[Text]:
    missed = sum((last - first).days + 1 for first, last in gaps)
    return [nsay("{n} day unknown", "{n} days unknown", missed)] if missed else []


def _without(found: Sequence[tuple[date, int]]) -> list[Text]:
    nights = [people for _, people in found if people]
    if not nights:
        return []
    return [
        nsay(
            "on {n} day people had no bed, at most {most}",
            "on {n} days people had no bed, at most {most}",
            len(nights),
            most=max(nights),
        )
    ]


def _joined(parts: Sequence[Text]) -> Text:
    whole = parts[0]
    for part in parts[1:]:
        whole = say("{first}; {second}", first=whole, second=part)
    return whole


@dataclass(frozen=True)
class DayRow:
    """One line of the table: a day, or a stretch of days that are unknown (then `last` is another day, and no figures).

    `above` are the definitions, by their place, of which the figure is above the maximum.
    """

    first: date
    last: date
    figures: tuple[int | None, ...]
    above: frozenset[int] = frozenset()

    @property
    def unknown(self) -> bool:
        """Whether nobody was counted."""
        return all(figure is None for figure in self.figures)


def rows(days: Days) -> list[DayRow]:
    """The table, the latest day first; stretches of unknown days are one line each."""
    found = [
        DayRow(day, day, tuple(counts.get(name) for name in DEFINITIONS), _above_norm(counts, days.norm))
        for day, counts in days.figures.items()
    ]
    nothing = tuple(None for _ in DEFINITIONS)
    for first, last in days.gaps():
        found += [DayRow(*part, nothing) for part in _without_figures(days, first, last)]
    return sorted(found, key=lambda row: row.first, reverse=True)


def _above_norm(counts: Mapping[str, int], norm: int) -> frozenset[int]:
    return frozenset(place for place, name in enumerate(HEAD_COUNTS) if counts.get(name, 0) > norm)


def _without_figures(days: Days, first: date, last: date) -> Iterator[tuple[date, date]]:
    """A gap cut at the days on which something else was reported, which have their own line."""
    start = first
    while start <= last:
        if start in days.figures:
            start += ONE_DAY
            continue
        end = start
        while end < last and end + ONE_DAY not in days.figures:
            end += ONE_DAY
        yield start, end
        start = end + ONE_DAY

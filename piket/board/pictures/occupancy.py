"""The sheet of people over days: which scale, which names on it, which figures are written out. Pure, in one language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from babel.dates import format_date

from piket.alerts.wording_levels import LEVELS
from piket.board.pictures.days import ONE_DAY, Days
from piket.drawing.paper import Level, OccupancySheet, Remark, Series, Stretch, Tick
from piket.occupancy.rules import HEAD_COUNTS
from piket.overflows.service import Span
from piket.words import LOCAL, Words, say

# Short names: they stand inside the picture, on a phone too.
NAMES = {
    "nightBeds": say("beds slept in, in the morning"),
    "present": say("on the site"),
    "withoutBed": say("people without a bed"),
}
_MARKS = {"nightBeds": "dot", "present": "diamond", "withoutBed": "dot"}
_MOST_LINES = 6


@dataclass(frozen=True)
class Measure:
    """What counts are held against: the agreed maximum, and the thresholds as `GET …/thresholds` gives them."""

    norm: int
    definitions: Sequence[Mapping[str, Any]] = ()

    def levels(self, words: Words) -> tuple[Level, ...]:
        """The maximum, then every other threshold once; one just above the maximum is the maximum."""
        rungs = {
            (rung["level"], rung["at"])
            for entry in self.definitions
            if entry["definition"] in HEAD_COUNTS
            for rung in entry["levels"]
            if abs(rung["at"] - self.norm) > 1
        }
        lines = [Level("norm", self.norm, words(say("maximum {people}", people=self.norm)))]
        for kind, people in sorted(rungs, key=lambda rung: -rung[1]):
            lines.append(Level(kind, people, words(say("{level} {people}", level=LEVELS[kind], people=people))))
        return tuple(lines)


def occupancy_sheet(days: Days, measure: Measure, episodes: Sequence[Span], words: Words) -> OccupancySheet:
    """What stands on the picture of a period."""
    levels = measure.levels(words)
    low, high, step = scale([people for _, people in days.heads()], [level.people for level in levels])
    return OccupancySheet(
        days=days.period.days,
        low=low,
        high=high,
        people=tuple(Tick(at, words.number(at)) for at in range(-(-low // step) * step, high + 1, step)),
        dates=dates(days, words),
        levels=levels,
        series=tuple(_series(days, name, words) for name in HEAD_COUNTS if days.of(name)),
        gaps=tuple(_gap(days, first, last, words) for first, last in days.gaps()),
        episodes=_episodes(days, episodes, words),
        remarks=_remarks(days, words),
        without_bed=_series(days, "withoutBed", words) if any(people for _, people in days.of("withoutBed")) else None,
    )


def scale(counted: Sequence[int], lines: Sequence[int]) -> tuple[int, int, int]:
    """From where to where the scale goes, and how far its lines lie apart, in people: room for all of it, round figures.

    It does not begin at 0: what matters lies within some hundreds of the maximum, and nothing is read from areas.
    """
    lowest, highest = min([*counted, *lines]), max([*counted, *lines])
    low, high = max(0, (lowest - 30) // 50 * 50), -(-(highest + 60) // 50) * 50
    fitting = (step for step in (50, 100, 200, 250, 500, 1000, 2500) if (high - low) / step <= _MOST_LINES)
    return low, high, next(fitting, 10_000)


def _place(days: Days, day: date) -> float:
    """In the middle of its day."""
    return days.period.place(day) + 0.5


def _series(days: Days, name: str, words: Words) -> Series:
    runs = (tuple((_place(days, day), people) for day, people in run) for run in days.runs(name))
    return Series(words(NAMES[name]), _MARKS[name], tuple(runs))


def _gap(days: Days, first: date, last: date, words: Words) -> Stretch:
    return Stretch(days.period.place(first), days.period.place(last) + 1, words(say("unknown")))


def _episodes(days: Days, episodes: Sequence[Span], words: Words) -> tuple[Stretch, ...]:
    """A bar for each; the longest one says what they are, and since when while it is open."""
    spans = [(days.period.at(one.opened_at), _end(days, one), one) for one in episodes]
    longest = max(spans, key=lambda span: span[1] - span[0], default=None)
    return tuple(
        Stretch(
            start, max(end, start + days.period.days / 200), _name(one, words) if (start, end, one) == longest else ""
        )
        for start, end, one in spans
    )


def _end(days: Days, span: Span) -> float:
    """An open episode goes on until the end of the last day that there has been."""
    if span.closed_at is not None:
        return days.period.at(span.closed_at)
    return float(min(days.period.days, days.period.place(days.period.known_until + ONE_DAY) + 1))


def _name(span: Span, words: Words) -> str:
    if span.closed_at is not None:
        return words(say("overflow"))
    return words(say("overflow since {day}", day=short_day(span.opened_at.astimezone(LOCAL).date(), words)))


def _remarks(days: Days, words: Words) -> tuple[Remark, ...]:
    """The newest figure and the highest one; the highest is left out where the two would touch."""
    heads = days.heads()
    if not heads:
        return ()
    newest, highest = heads[-1], max(heads, key=lambda one: one[1])
    apart = (newest[0] - highest[0]).days > days.period.days * 0.15
    chosen = [highest, newest] if apart else [newest]
    return tuple(Remark(_place(days, day), people, words.number(people)) for day, people in chosen)


def dates(days: Days, words: Words) -> tuple[Tick, ...]:
    """The days that are named below: half months for some weeks, months within a year, years beyond."""
    span = days.period
    return tuple(Tick(span.place(day), _tick(day, span.days, words)) for day in span.each() if _named(day, span.days))


def _named(day: date, days: int) -> bool:
    if days <= 45:
        return day.day in (1, 8, 15, 22)
    if days <= 130:
        return day.day in (1, 15)
    return day.day == 1 and (days <= 400 or day.month in (1, 7))


def _tick(day: date, days: int, words: Words) -> str:
    if days <= 130:
        return short_day(day, words)
    return str(day.year) if day.month == 1 else _written(day, "MMM", words)


def short_day(day: date, words: Words) -> str:
    """*15 sep* or *15 Sep*."""
    return _written(day, "d MMM", words)


def span_in_words(first: date, last: date, words: Words) -> str:
    """*1 t/m 14 mei* as short as it can be said: one day alone, the month once when it is the same."""
    if first == last:
        return short_day(first, words)
    begin = str(first.day) if (first.year, first.month) == (last.year, last.month) else short_day(first, words)
    return words(say("{first} to {last}", first=begin, last=short_day(last, words)))


def _written(day: date, pattern: str, words: Words) -> str:
    return str(format_date(day, pattern, locale=words.language)).replace(".", "")


def months_before(day: date, months: int) -> date:
    """The first of the month so many months before that of `day`."""
    number = day.year * 12 + day.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)


def month_end(day: date) -> date:
    """The last day of the month of `day`."""
    return months_before(day, -1) - timedelta(days=1)

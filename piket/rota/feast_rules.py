"""Christmas, New Year, Easter and King's Day: which turns touch them, and who had them the year before. Rule 7.8. Pure.

Reckoned here and not read from a library of holidays: a turn that is calculated again years later must come out the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta, tzinfo
from functools import cache

from piket.rota.wall_rules import wall_moment

CHRISTMAS, NEW_YEAR, EASTER, KINGS_DAY = "christmas", "newYear", "easter", "kingsDay"
FEASTS = (CHRISTMAS, NEW_YEAR, EASTER, KINGS_DAY)

Had = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Who had which feast: its name -> the year (as text, for it is kept as JSON) -> organisations. Two years are kept."""


def easter_sunday(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the anonymous algorithm of 1876)."""
    golden, century, rest = year % 19, year // 100, year % 100
    moon = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def kings_day(year: int) -> date:
    """27 April, or the Saturday before it when that is a Sunday."""
    day = date(year, 4, 27)
    return day - timedelta(days=1) if day.weekday() == 6 else day


def days_of(feast: str, year: int) -> tuple[date, date]:
    """Its first and its last day. New Year is that of the night in which `year` ends."""
    if feast == CHRISTMAS:
        return date(year, 12, 25), date(year, 12, 26)
    if feast == NEW_YEAR:
        return date(year, 12, 31), date(year + 1, 1, 1)
    if feast == EASTER:
        return easter_sunday(year), easter_sunday(year) + timedelta(days=1)
    return kings_day(year), kings_day(year)


@cache
def _spans(year: int, zone: tzinfo) -> tuple[tuple[str, int, datetime, datetime], ...]:
    """The feasts of a year as moments: from midnight before the first day to midnight after the last."""
    found = []
    for feast in FEASTS:
        first, last = days_of(feast, year)
        since, until = wall_moment(first, time(), zone), wall_moment(last + timedelta(days=1), time(), zone)
        found.append((feast, year, since, until))
    return tuple(found)


def touched(since: datetime, until: datetime, zone: tzinfo) -> list[tuple[str, int]]:
    """The feasts, with their year, of which some moment lies from `since` (inclusive) until `until` (exclusive)."""
    return [
        (feast, year)
        for number in range(since.year - 1, until.year + 1)
        for feast, year, begins, ends in _spans(number, zone)
        if begins < until and ends > since
    ]


def again(member: Collection[str], feasts: Collection[tuple[str, int]], had: Had) -> str | None:
    """The first of these feasts that somebody of this member had the year before; None where there is none."""
    for feast, year in feasts:
        if not set(member).isdisjoint(had.get(feast, {}).get(str(year - 1), ())):
            return feast
    return None


def with_turn(had: Had, feasts: Collection[tuple[str, int]], organisations: tuple[str, ...]) -> Had:
    """Who had what after a turn of these organisations that touches these feasts. Of each feast the last two years stay."""
    if not feasts:
        return had
    known = {feast: dict(years) for feast, years in had.items()}
    for feast, year in feasts:
        years = known.get(feast, {})
        years[str(year)] = tuple(dict.fromkeys((*years.get(str(year), ()), *organisations)))
        known[feast] = {kept: years[kept] for kept in sorted(years, key=int)[-2:]}
    return known

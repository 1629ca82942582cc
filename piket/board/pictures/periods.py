"""Which period of counts a person looks at: the last twelve months, one year, one month, or all there is. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from piket.board.pictures.days import Period, period
from piket.board.pictures.occupancy import month_end, months_before
from piket.errors import Invalid
from piket.words import LOCAL, Text, say

_YEAR, _MONTH = re.compile(r"(20\d\d)"), re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")


@dataclass(frozen=True)
class Choice:
    """One period that can be chosen: its query, its name (a day stands for its month), and whether it is the chosen one."""

    query: str
    name: Text | str | date
    chosen: bool


@dataclass(frozen=True)
class Chosen:
    """The period that is shown and what it is called, with the years and the months of the year that can be chosen."""

    period: Period
    name: Text
    years: tuple[Choice, ...]
    months: tuple[Choice, ...]


def choose(query: Mapping[str, str], now: datetime, first_seen: datetime | None, unknown_now: bool) -> Chosen:
    """The period that `?year=2024`, `?month=2024-03` or `?all=1` asks for; without any the last twelve months.

    Raises `Invalid` for what is no year or month. Years run from the first count to this one.
    """
    today = now.astimezone(LOCAL).date()
    begin = min(first_seen.astimezone(LOCAL).date(), today) if first_seen else today
    wanted, year = _wanted(query, today, begin)
    shown = period(now, wanted[0], wanted[1], unknown_now)
    name = say("{first} to {last}", first=wanted[0], last=wanted[1])
    years = [
        Choice("", say("last twelve months"), not query),
        *(Choice(f"year={one}", str(one), one == year) for one in range(today.year, begin.year - 1, -1)),
        Choice("all=1", say("everything"), "all" in query),
    ]
    return Chosen(shown, name, tuple(years), _months(year, query.get("month"), today))


def _wanted(query: Mapping[str, str], today: date, begin: date) -> tuple[tuple[date, date], int | None]:
    """First and last day, and the year of which the months are offered."""
    if "month" in query:
        found = _read(_MONTH, query["month"])
        first = date(int(found[0]), int(found[1]), 1)
        return (first, month_end(first)), first.year
    if "year" in query:
        year = int(_read(_YEAR, query["year"])[0])
        return (date(year, 1, 1), date(year, 12, 31)), year
    if "all" in query:
        return (months_before(begin, 0), today), None
    return (months_before(today, 11), today), None


def _read(pattern: re.Pattern[str], text: str) -> tuple[str, ...]:
    found = pattern.fullmatch(text)
    if found is None:
        raise Invalid(say("There is no such period. Choose a year such as 2024, or a month such as 2024-03."))
    return found.groups()


def _months(year: int | None, chosen: str | None, today: date) -> tuple[Choice, ...]:
    """The months of the year that have begun."""
    if year is None:
        return ()
    months = (date(year, number, 1) for number in range(1, 13))
    return tuple(
        Choice(f"month={month:%Y-%m}", month, f"{month:%Y-%m}" == chosen) for month in months if month <= today
    )

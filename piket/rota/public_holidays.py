"""Which days are public holidays in the Netherlands, by the package `holidays`, so that nobody has to keep a list.

Its optional days are taken along: by law 5 May is a day off in lustrum years only, and whoever has duty on it carries it
every year. Good Friday is one of its days too.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

import holidays

from piket.words import Text, say

_NAMES = {
    "New Year's Day": say("New Year's Day"),
    "Good Friday": say("Good Friday"),
    "Easter Sunday": say("Easter Sunday"),
    "Easter Monday": say("Easter Monday"),
    "King's Day": say("King's Day"),
    "Liberation Day": say("Liberation Day"),
    "Ascension Day": say("Ascension Day"),
    "Pentecost": say("Pentecost"),
    "Pentecost Monday": say("Pentecost Monday"),
    "Christmas Day": say("Christmas Day"),
    "Second Day of Christmas": say("Second Day of Christmas"),
}
ORDER: tuple[Text, ...] = tuple(_NAMES.values())
"""The names of the holidays of today in the order of a year."""


@lru_cache(maxsize=200)
def in_year(year: int) -> Mapping[date, str | Text]:
    """The public holidays of one year with their names, which can be translated where they are those of today.

    Two that fall together are one day with both names.
    """
    categories = (holidays.PUBLIC, holidays.OPTIONAL)
    found = holidays.country_holidays("NL", years=year, categories=categories, language="en_US")
    return {day: _named(name) for day, name in sorted(found.items())}


def _named(name: str) -> str | Text:
    """One name, or two with a comma between them."""
    first, *others = (_NAMES.get(part, part) for part in name.split("; "))
    for other in others:
        first = say("{first}, {second}", first=first, second=other)
    return first


def between(since: date, until: date) -> dict[date, str | Text]:
    """The public holidays from `since` to `until`, both included, in order."""
    years = range(since.year, until.year + 1)
    return {day: name for year in years for day, name in in_year(year).items() if since <= day <= until}

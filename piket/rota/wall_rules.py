"""Between the clock on the wall and the moment: rule 7.3. Pure. The only place of the rota that knows time zones.

Which zone a rota lives in stands in its definition; what the office itself says (the night, "today") is Europe/Amsterdam.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from piket.words import LOCAL

__all__ = ["HOME", "LOCAL", "is_zone", "to_local", "wall_moment", "zone_of"]

HOME = "Europe/Amsterdam"
_NAME = re.compile(r"UTC|[A-Za-z_]+(/[A-Za-z0-9_+-]+)+")


@cache
def zone_of(name: str) -> tzinfo:
    """The time zone with this IANA name. Raises `ValueError` for a name that is none.

    Names that mean another zone on another machine (`localtime`) are none.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(name)
    try:
        return LOCAL if name == HOME else ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError):
        raise ValueError(name) from None


def is_zone(name: str) -> bool:
    """Whether there is a time zone with this name."""
    try:
        zone_of(name)
    except ValueError:
        return False
    return True


def to_local(at: datetime, zone: tzinfo = LOCAL) -> datetime:
    """The moment as a clock on the wall shows it; in the Netherlands unless another zone is given."""
    return at.astimezone(zone)


def wall_moment(day: date, wall: time, zone: tzinfo = LOCAL) -> datetime:
    """The moment (UTC) at which the clock shows `wall` on `day` (7.3).

    A time that occurs twice is its first occurrence; one that the clock leaps over is the first instant after the hole,
    also where a whole day is missing.
    """
    shown = datetime.combine(day, wall.replace(tzinfo=None), zone)
    moment = shown.astimezone(UTC)
    if to_local(moment, zone).replace(tzinfo=None) == shown.replace(tzinfo=None):
        return moment
    return _end_of_hole(shown.replace(fold=1).astimezone(UTC), moment, zone)


def _end_of_hole(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """The first whole second with the offset of `after`. Python reads a missing time either way: before and after the leap."""
    offset = to_local(after, zone).utcoffset()
    low, high = int(before.timestamp()), int(after.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if to_local(datetime.fromtimestamp(middle, UTC), zone).utcoffset() == offset:
            high = middle
        else:
            low = middle
    return datetime.fromtimestamp(high, UTC)

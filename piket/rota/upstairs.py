"""What a hand-over needs to know and only the rooms above can say: what is not finished, and which places stand ready.

This room knows neither episodes nor places. Whoever lets it tell a hand-over gives these two answers along, to be asked only
when there is something to tell.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class LooseEnds:
    """What goes on beyond a hand-over, as plain JSON under the names of the API.

    `episodes`: open overflows with their call-ups that still ask or hold something. `places`: places of those who leave that
    are promised beyond it, with how many people are in them. `remarks`: what was noted in these episodes, oldest first.
    """

    episodes: Sequence[Mapping[str, Any]] = ()
    places: Sequence[Mapping[str, Any]] = ()
    remarks: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class ReadyPlaces:
    """Places that can be opened, by province, as known at `at`: free now, and on notice."""

    at: datetime | None = None
    provinces: Mapping[str, tuple[int, int]] = field(default_factory=dict)


def _nothing_loose(_leaving: Collection[str]) -> LooseEnds:
    return LooseEnds()


@dataclass(frozen=True)
class Upstairs:
    """The two questions. `loose_ends` is asked for the organisations that leave."""

    loose_ends: Callable[[Collection[str]], LooseEnds] = _nothing_loose
    ready: Callable[[], ReadyPlaces] = ReadyPlaces

"""What the pictures need from the rooms below, read in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy.orm import Session

from piket.board.pictures.days import Days, Period, by_day, in_words, last_days
from piket.board.pictures.episode import codes_in, episode_in_words, episode_sheet, moments_of, needed_over_time
from piket.board.pictures.occupancy import Measure, occupancy_sheet
from piket.drawing.paper import EpisodeSheet, OccupancySheet
from piket.occupancy import service as occupancy
from piket.occupancy.service import CentreNow, Seen
from piket.organisations import service as organisations
from piket.overflows import service as overflows
from piket.overflows.service import ActInfo, OverflowInfo, Span
from piket.pages import PageRequest
from piket.places import service as places
from piket.words import Text, Words

# Of a very long episode the newest of these many lines are shown; the API has all of them.
MOST_ACTS = 500
SIXTY = 60


@dataclass(frozen=True)
class Occupancy:
    """A period of one centre, as read: equal ones give equal pictures, so what was made of one may be kept under it."""

    centre: str
    norm: int
    period: Period
    version: int
    seen: tuple[Seen, ...]
    episodes: tuple[Span, ...]
    definitions: Sequence[Mapping[str, Any]] = field(compare=False)

    @property
    def imported(self) -> bool:
        """Whether some of it came from a file of past counts."""
        return any(one.imported for one in self.seen)

    @cached_property
    def days(self) -> Days:
        """The figures day by day."""
        return by_day(self.seen, self.period, self.norm)

    @property
    def sentence(self) -> Text:
        """The picture in one sentence."""
        return in_words(self.days)

    def sheet(self, words: Words) -> OccupancySheet:
        """What stands on the picture, in one language."""
        return occupancy_sheet(self.days, Measure(self.norm, self.definitions), self.episodes, words)


def read_occupancy(session: Session, centre: str, norm: int, period: Period) -> Occupancy:
    """The counts and episodes of a period, and the thresholds of today, which it is measured against."""
    since, until = period.since(), period.until()
    ladders = occupancy.thresholds(session, centre)
    return Occupancy(
        centre, norm, period, ladders.version, tuple(occupancy.seen(session, centre, since, until)),
        tuple(overflows.spans(session, centre, since, until)), ladders.definitions,
    )  # fmt: skip


def sixty_days(session: Session, now: datetime, centre: CentreNow) -> Occupancy:
    """What the situation shows of the past: the last sixty days, today in it."""
    return read_occupancy(session, centre.code, centre.norm, last_days(now, SIXTY, centre.level == "unknown"))


@dataclass(frozen=True)
class Episode:
    """An overflow with all that was done in it, oldest first. `end`: when it closed, else now."""

    info: OverflowInfo
    acts: Sequence[ActInfo]
    promised: Sequence[tuple[datetime, int]]
    names: dict[str, str]
    end: datetime
    cut: bool

    @property
    def sentence(self) -> Text:
        """The picture in one sentence."""
        return episode_in_words(self.info, self.end)

    def sheet(self, words: Words) -> EpisodeSheet:
        """What stands on the picture, in one language."""
        needed = needed_over_time(self.acts)
        return episode_sheet(self.info, needed, self.promised, self.names, self.end, words)


def read_episode(session: Session, now: datetime, episode_id: str) -> Episode:
    """One episode as it stands at `now`. Raises `NotFound`.

    An open one is drawn up to the full hour that has passed, so that its picture is not another one every minute.
    """
    info = overflows.overflow(session, now, episode_id)
    page = overflows.timeline(session, episode_id, PageRequest(MOST_ACTS))
    acts = list(reversed(page.items))
    end = info.closed_at or now
    drawn = info.closed_at or _latest([*(act.at for act in acts), _full_hour(now), info.opened_at])
    moments = moments_of(acts, info.opened_at, drawn)
    promised = [(at, places.committed(session, info.centre, info.drill, at)) for at in moments]
    codes = {*codes_in(acts), *(call.organisation for call in info.call_ups)}
    names = organisations.names(session, codes)
    return Episode(info, acts, promised, names, end if info.closed_at else drawn, page.next is not None)


def _full_hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)


def _latest(moments: Sequence[datetime]) -> datetime:
    """The last of them, a minute later, so that what was done then can be seen."""
    return max(moments) + timedelta(minutes=1)

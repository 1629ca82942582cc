"""The whole picture in one place: `GET /v1/situation` and the board show exactly this."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from piket.alerts import service as alerts
from piket.alerts.rules import Answers, EnoughPlaces, WhoActs
from piket.occupancy import reading
from piket.occupancy.handing_over import upstairs
from piket.occupancy.rules import HEAD_COUNTS, is_stale, rank
from piket.occupancy.sentence import Told, sentence
from piket.occupancy.standing import Picture
from piket.organisations import service as organisations
from piket.overflows import service as overflows
from piket.overflows.service import OverflowInfo
from piket.places import service as places
from piket.rota import service as rota
from piket.rota.service import Duty, Pressing, Readiness
from piket.settings import Settings
from piket.words import Text, say


@dataclass(frozen=True)
class CountNow:
    """The newest count of one definition: how old in whole minutes, whether it is stale, and until when it counts."""

    id: str
    people: int
    observed_at: datetime
    age_minutes: int
    stale: bool
    fresh_until: datetime


@dataclass(frozen=True)
class CentreNow:
    """One centre: level, norm, and each definition's newest count, None when there is none."""

    code: str
    name: str
    level: str
    level_since: datetime | None
    norm: int
    over_norm: int | None
    people: int | None
    without_bed: int | None
    counts: dict[str, CountNow | None]
    held: int


@dataclass(frozen=True)
class Situation:
    """Everything at one moment. `places` are the sums of the country, `provinces` those of each that has any."""

    at: datetime
    centres: list[CentreNow]
    duty: Duty
    confirmed_places: int | None
    readiness: Readiness
    places: Any
    provinces: Mapping[str, places.Sums]
    overflow: OverflowInfo | None
    overflows: list[str]
    undelivered: int
    sentence: Text


def situation(session: Session, now: datetime, settings: Settings, drill: bool = False) -> Situation:
    """The picture at `now`. Unknown is None; the overflow is the open one with the largest shortfall."""
    opened = [overflows.overflow(session, now, code) for code in overflows.open_ones(session, None, drill)]
    worst = max(opened, key=lambda info: (info.shortfall or 0, info.opened_at), default=None)
    centres = [_centre(session, picture, now) for picture in reading.pictures(session, now, drill)]
    duty = rota.on_duty(session, now)
    stock = places.summary(session, now, settings.policy.places_ahead_hours, drill)
    sums = stock.total
    ready = rota.readiness(session, duty.turn, duty.organisations)
    return Situation(
        at=now,
        centres=centres,
        duty=duty,
        confirmed_places=ready.places,
        readiness=ready,
        places=sums,
        provinces=stock.provinces,
        overflow=worst,
        overflows=[info.id for info in opened],
        undelivered=alerts.undelivered(session, now, [info.id for info in opened]),
        sentence=_sentence(session, centres, worst, duty, sums.free),
    )


def _sentence(session: Session, centres: list[CentreNow], episode: OverflowInfo | None, duty: Duty, free: int) -> Text:
    """Of the centre where it presses most: the one of the episode, else the highest level."""
    chosen = [centre for centre in centres if episode and centre.code == episode.centre] or centres
    if not chosen:
        return say("No centre is watched.")
    centre = max(chosen, key=lambda centre: rank(centre.level))
    heads = [count for name, count in centre.counts.items() if count and name in HEAD_COUNTS]
    waiting = episode.waiting if episode else []
    told = Told(
        centre=centre.name, people=centre.people, without_bed=centre.without_bed, norm=centre.norm,
        last_counted=max((count.observed_at for count in heads), default=None), in_episode=episode is not None,
        waiting=waiting[0].organisation if waiting else None, by=waiting[0].respond_by if waiting else None,
        on_duty=duty.organisations[0] if duty.organisations else None, list_ended=bool(episode and episode.list_ended),
        needed=episode.needed if episode else None, committed=episode.committed if episode else None,
        shortfall=episode.shortfall if episode else None, free=free,
    )  # fmt: skip
    codes = [code for code in (told.waiting, told.on_duty) if code]
    return sentence(told, organisations.names(session, codes))


def _centre(session: Session, picture: Picture, now: datetime) -> CentreNow:
    """One centre as it is shown: each definition's newest count with its age, also when it is too old to count."""
    after = {ladder.definition: ladder.stale_after for ladder in picture.ladders}
    row = picture.centre
    shown: dict[str, CountNow | None] = {}
    for definition, count in reading.newest_counts(session, row.code, picture.drill).items():
        if count is None:
            shown[definition] = None
            continue
        age = int((now - count.observed_at).total_seconds() // 60)
        shown[definition] = CountNow(
            count.id, count.people, count.observed_at, max(0, age), is_stale(count.observed_at, after[definition], now),
            count.observed_at + after[definition],
        )  # fmt: skip
    return CentreNow(
        row.code, row.name, picture.level, picture.level_since, row.norm, picture.over_norm, picture.how_full.people,
        picture.how_full.without_bed, shown, len(reading.held_counts(session, row.code)),
    )  # fmt: skip


def pressing_now(session: Session, now: datetime) -> Pressing:
    """The three questions for a message that is not of one centre: of the centre where it presses most.

    Who acts is whose answer is awaited first, else left open for who tells it. Nothing is known where no centre is watched.
    """
    found = reading.pictures(session, now)
    if not found:
        return Pressing(upstairs=upstairs(session, now))
    picture = max(found, key=lambda picture: rank(picture.level))
    code = picture.centre.code
    opened = overflows.open_ones(session, code)
    episode = overflows.overflow(session, now, opened[0]) if opened else None
    waiting = episode.waiting if episode else []
    enough = EnoughPlaces(
        episode.needed if episode else None,
        places.committed(session, code, picture.drill, now),
        episode.shortfall if episode else None,
    )
    acts = WhoActs(waiting[0].organisation, waiting[0].respond_by) if waiting else None
    known = Answers(picture.how_full, acts, enough)
    return Pressing(known, code, episode.id if episode else None, upstairs(session, now))

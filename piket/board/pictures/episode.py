"""An overflow as a course: what happened when, day by day, and the sheet of needed and promised places. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from piket.board.pictures.occupancy import scale, short_day
from piket.drawing.paper import EpisodeSheet, Lane, Tick
from piket.overflows.service import ActInfo, CallUpInfo, OverflowInfo
from piket.words import LOCAL, Text, Words, listed, say

_HOUR, _MINUTE = timedelta(hours=1), timedelta(minutes=1)
# How far the names below may lie apart, in minutes.
_STEPS = (5, 10, 15, 30, 60, 120, 180, 360, 720, 1440)
# So many lanes fit beneath each other; of more the first ones are drawn, and the table has all.
MOST_LANES = 8
MOST_TOLD = 5
_MARKS = {
    "opened": "high", "closed": "normal", "acute": "acute", "expired": "high", "listEnded": "acute", "callUp": "action",
    "response": "normal",
}  # fmt: skip
_STATES = {
    "open": say("waits"),
    "met": say("{promised} of {asked}"),
    "partly": say("{promised} of {asked}"),
    "declined": say("cannot deliver"),
    "expired": say("no answer"),
    "released": say("released"),
}


@dataclass(frozen=True)
class Line:
    """One thing that happened. `mark` names a colour; `quiet` lines are of telling, not of doing."""

    at: datetime
    text: Text
    mark: str
    quiet: bool


@dataclass(frozen=True)
class Day:
    """The things of one day on the wall's clock, in order."""

    day: date
    lines: tuple[Line, ...]


def course(acts: Iterable[ActInfo], names: Mapping[str, str]) -> list[Day]:
    """What happened, oldest first, day by day; people read names, not codes."""
    lines = [Line(act.at, _text(act, names), _MARKS.get(act.kind, "quiet"), act.kind == "told") for act in acts]
    return [Day(day, tuple(some)) for day, some in groupby(lines, key=lambda line: line.at.astimezone(LOCAL).date())]


def _text(act: ActInfo, names: Mapping[str, str]) -> Text:
    """The sentence of a line; of who was told only the first few are named, for the others are told by the mail itself."""
    if act.kind != "told":
        return named(act.text, names)
    told = [names.get(code, code) for code in act.data["told"]]
    if len(told) <= MOST_TOLD + 1:
        return say("Told: {names}.", names=listed(told))
    return say("Told: {names} and {n} others.", names=", ".join(told[:MOST_TOLD]), n=len(told) - MOST_TOLD)


def named(text: Text, names: Mapping[str, str]) -> Text:
    """The same sentence with names of organisations where it has their codes, also in a list of them."""

    def name(value: object) -> object:
        if not isinstance(value, str) or isinstance(value, Text):
            return value
        return ", ".join(names.get(part, part) for part in value.split(", "))

    return Text.of(text.message, text.plural, {key: name(value) for key, value in text.values.items()})


def codes_in(acts: Iterable[ActInfo]) -> set[str]:
    """Every text in the acts that may be the code of an organisation."""
    found: set[str] = set()
    for act in acts:
        for value in act.text.values.values():
            if isinstance(value, str) and not isinstance(value, Text):
                found.update(part for part in value.split(", ") if len(part) <= 40)
    return found


def needed_over_time(acts: Iterable[ActInfo]) -> list[tuple[datetime, int | None]]:
    """From when on how many places were needed; None is unknown."""
    keys = {"opened": "needed", "judged": "needed", "adjustment": "neededNow"}
    return [(act.at, act.data[keys[act.kind]]) for act in acts if act.kind in keys]


def moments_of(acts: Sequence[ActInfo], start: datetime, end: datetime, most: int = 60) -> list[datetime]:
    """When what is promised should be looked at: whenever something was done, and now and then in between."""
    even = [start + (end - start) * number / 24 for number in range(25)]
    found = sorted({*(act.at for act in acts if act.kind != "told"), *even})
    every = -(-len(found) // most)
    return sorted({*found[::every], start, end})


def episode_sheet(
    episode: OverflowInfo,
    needed: Sequence[tuple[datetime, int | None]],
    promised: Sequence[tuple[datetime, int]],
    names: Mapping[str, str],
    end: datetime,
    words: Words,
) -> EpisodeSheet:
    """What stands on the picture: the two stairs, and a lane for each call-up."""
    start = episode.opened_at
    hours = max((end - start) / _HOUR, 0.25)
    figures = [value for _, value in (*needed, *promised) if value is not None]
    _, high, step = scale([0, *figures], [50])
    return EpisodeSheet(
        hours=round(hours, 3), high=high, places=tuple(Tick(at, words.number(at)) for at in range(0, high + 1, step)),
        moments=tuple(_moments(start, end, words)), needed=_stairs(needed, start), promised=_stairs(promised, start),
        needed_label=_end(needed, say("needed {n}", n=_last(needed)), words),
        promised_label=_end(promised, say("promised {n}", n=_last(promised)), words),
        lanes=tuple(_lane(call, start, end, names, words) for call in episode.call_ups[:MOST_LANES]),
    )  # fmt: skip


def _last(steps: Sequence[tuple[datetime, int | None]]) -> int | None:
    return steps[-1][1] if steps else None


def _end(steps: Sequence[tuple[datetime, int | None]], label: Text, words: Words) -> str:
    return words(label) if steps else ""


def _stairs(steps: Sequence[tuple[datetime, int | None]], start: datetime) -> tuple[tuple[float, int | None], ...]:
    """Only where it changes, in hours from the beginning; before the first step nothing is known."""
    found: list[tuple[float, int | None]] = []
    for at, value in steps:
        if not found or found[-1][1] != value:
            found.append((round(max((at - start) / _HOUR, 0.0), 3), value))
    return tuple(found) or ((0.0, None),)


def _lane(call: CallUpInfo, start: datetime, end: datetime, names: Mapping[str, str], words: Words) -> Lane:
    """A call-up from when it was made until it was answered, released or its time was over."""
    over = call.answered_at or call.released_at or min(call.respond_by, end)
    label = Text.of(_STATES[call.state].message, None, {"promised": call.committed, "asked": call.places})
    return Lane(
        names.get(call.organisation, call.organisation), round((call.made_at - start) / _HOUR, 3),
        round((max(min(over, end), call.made_at) - start) / _HOUR, 3), call.state, words(label),
    )  # fmt: skip


def _moments(start: datetime, end: datetime, words: Words) -> list[Tick]:
    """Minutes of an evening, hours of a night, midnights of some days: never more than about eight names."""
    lasts = (end - start) / _MINUTE
    step = next((step for step in _STEPS if lasts / step <= 8), _STEPS[-1])
    every = max(1, math.ceil(lasts / step / 8))
    midnight = start.astimezone(LOCAL).replace(hour=0, minute=0, second=0, microsecond=0)
    round_ones = (midnight + number * step * _MINUTE for number in range(math.ceil((lasts + 1440) / step) + 1))
    inside = [moment for moment in round_ones if start <= moment <= end]
    return [Tick(round((moment - start) / _HOUR, 3), _named(moment, words)) for moment in inside[::every]]


def _named(local: datetime, words: Words) -> str:
    """The date at midnight, else the hour."""
    if local.hour == 0 and local.minute == 0:
        return short_day(local.date(), words)
    return f"{local:%H.%M}" if words.language == "nl" else f"{local:%H:%M}"


def episode_in_words(episode: OverflowInfo, closed_or_now: datetime) -> Text:
    """The course in one sentence."""
    when = (
        say("The overflow lasted from {start} to {end}", start=episode.opened_at, end=closed_or_now)
        if episode.state == "closed"
        else say("The overflow began at {start} and is still open", start=episode.opened_at)
    )
    return say(
        "{when}. Most people: {peak}. Places needed: {needed}, promised: {promised}.",
        when=when, peak=episode.peak, needed=episode.needed, promised=episode.committed,
    )  # fmt: skip

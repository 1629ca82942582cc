"""The one sentence that a minister could read aloud: who has no bed, who must act by when, are there enough places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from piket.words import Text, nsay, say


@dataclass(frozen=True)
class Told:
    """What the sentence needs to know. None is unknown. `waiting` is who must answer, `by` until when."""

    centre: str
    people: int | None
    without_bed: int | None
    norm: int
    last_counted: datetime | None
    in_episode: bool
    waiting: str | None
    by: datetime | None
    on_duty: str | None
    list_ended: bool
    needed: int | None
    committed: int | None
    shortfall: int | None
    free: int


def sentence(told: Told, names: Mapping[str, str]) -> Text:
    """The three questions answered in one breath."""
    return say("{first} {second} {third}", first=_how_full(told), second=_who_acts(told, names), third=_enough(told))


def _how_full(told: Told) -> Text:
    """Question 1: people without a bed before everything else; unknown is said as unknown, with the moment of the last count."""
    if told.without_bed:
        return nsay("{n} person has no bed tonight.", "{n} people have no bed tonight.", n=told.without_bed)
    if told.people is None and told.last_counted is None:
        return say("It is unknown how many people are at {centre}: nothing has been counted yet.", centre=told.centre)
    if told.people is None:
        return say(
            "It is unknown how many people are at {centre}: the last count is of {at}.",
            centre=told.centre,
            at=told.last_counted,
        )
    if told.people > told.norm:
        return say(
            "{people} people at {centre}, {over} above the maximum.",
            people=told.people, centre=told.centre, over=told.people - told.norm,
        )  # fmt: skip
    if told.in_episode:
        return say(
            "{people} people at {centre}: below the maximum, the overflow is not closed yet.",
            people=told.people,
            centre=told.centre,
        )
    return say("{people} people at {centre}, below the maximum.", people=told.people, centre=told.centre)


def _who_acts(told: Told, names: Mapping[str, str]) -> Text:
    """Question 2: whose answer is awaited, else who decides, else who has duty."""
    if told.waiting:
        return say("{name} must answer before {by}.", name=names.get(told.waiting, told.waiting), by=told.by)
    if told.in_episode and told.shortfall and told.list_ended:
        return say("Nobody on the list is left to call: COA and the ministry decide.")
    if told.on_duty is None:
        return say("Nobody is on duty.")
    return say("{name} is on duty.", name=names.get(told.on_duty, told.on_duty))


def _enough(told: Told) -> Text:
    """Question 3: what is missing, else that it is enough, else what stands ready."""
    if told.in_episode and told.shortfall is None:
        return say("It is unknown how many places are needed.")
    if told.shortfall:
        return nsay("{n} place is missing.", "{n} places are missing.", n=told.shortfall)
    if told.in_episode and told.needed:
        return say("Enough places: {committed} of {needed}.", committed=told.committed, needed=told.needed)
    return nsay("{n} place stands ready.", "{n} places stand ready.", n=told.free)

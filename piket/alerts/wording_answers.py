"""The three answers that every alert gives: who has no bed and how full, who must act by when, are there enough places.

Unknown is said as unknown, never left out and never 0: an answer that is missing would be read as "all is well". Each function
gives the sentences of one answer, in order; they end with a full stop and can be read alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from piket.alerts.info import AlertInfo
from piket.alerts.rules import FALLS, EnoughPlaces, HowFull, WhoActs
from piket.words import Text, nsay, say

DEFINITIONS = {
    "nightBeds": say("beds slept in, counted in the morning"),
    "present": say("people on the site"),
    "withoutBed": say("people without a bed"),
}


def how_full(info: AlertInfo) -> list[Text]:
    """Question 1: who has no bed, how full, by which count and how old."""
    if info.kind == "test":
        return [say("A test message goes with no count.")]
    known = info.answers.how_full or HowFull()
    return [_without_bed(known), *_people(info, known), *_counted(info, known)]


def _without_bed(known: HowFull) -> Text:
    """Unknown, nobody as far as reported, or how many."""
    if known.without_bed is None:
        return say("It is not known whether people have no bed tonight.")
    if known.without_bed == 0:
        return say("As far as reported, nobody is without a bed tonight.")
    return nsay("{n} person has no bed tonight.", "{n} people have no bed tonight.", known.without_bed)


def _people(info: AlertInfo, known: HowFull) -> list[Text]:
    """How many people, against the maximum; between overflow's end and the maximum it says that it is not closed (2.5)."""
    if known.people is None:
        return [say("It is not known how many people are in {centre}.", centre=info.place)]
    values = {"centre": info.place, "norm": known.norm}
    if known.norm is None:
        return [nsay("{n} person in {centre}.", "{n} people in {centre}.", known.people, **values)]
    if above_norm(known):
        return [
            nsay(
                "{n} person in {centre}, {over} above the maximum of {norm}.",
                "{n} people in {centre}, {over} above the maximum of {norm}.",
                known.people,
                over=known.people - known.norm,
                **values,
            )
        ]
    if info.episode_open:
        return [_below_but_open(known.people, values), *_elsewhere(info)]
    return [
        nsay(
            "{n} person in {centre}, below the maximum of {norm}.",
            "{n} people in {centre}, below the maximum of {norm}.",
            known.people,
            **values,
        )
    ]


def _below_but_open(people: int, values: Mapping[str, object]) -> Text:
    """2.5: below the maximum, and the overflow goes on."""
    return nsay(
        "{n} person in {centre}, below the maximum of {norm}; the overflow is not closed yet.",
        "{n} people in {centre}, below the maximum of {norm}; the overflow is not closed yet.",
        people,
        **values,
    )


def _elsewhere(info: AlertInfo) -> list[Text]:
    """3.2: the count may be low only because people sleep elsewhere."""
    occupied = info.number("occupied")
    if not occupied:
        return []
    return [nsay("{n} person sleeps in an emergency place.", "{n} people sleep in emergency places.", occupied)]


def above_norm(known: HowFull) -> bool:
    """Whether more people are there than the norm, whatever the level (2.5)."""
    return known.people is not None and known.norm is not None and known.people > known.norm


def _counted(info: AlertInfo, known: HowFull) -> list[Text]:
    """By which count and how old it was at the moment of the alert."""
    if known.observed_at is None:
        return [say("It is not known when people were counted.")]
    if known.people is None:
        return [say("The last count is of {at}.", at=known.observed_at)]
    basis = DEFINITIONS.get(known.definition or "", say("way of counting unknown"))
    return [
        say("Count: {basis}, {at} ({age}).", basis=basis, at=known.observed_at, age=age(known.observed_at, info.at))
    ]


def age(observed_at: datetime, at: datetime) -> Text:
    """How old a count was at `at`: in minutes up to two hours, then in whole hours."""
    minutes = max(0, int((at - observed_at).total_seconds() // 60))
    if minutes < 120:
        return nsay("{n} minute old", "{n} minutes old", minutes)
    return nsay("{n} hour old", "{n} hours old", minutes // 60)


def who_acts(info: AlertInfo) -> list[Text]:
    """Question 2: who must act, by when."""
    if info.kind == "test":
        return [say("Nobody has to do anything now.")]
    acts, places = info.answers.who_acts or WhoActs(), info.answers.enough_places or EnoughPlaces()
    if info.kind in ("countOverdue", "countHeld"):
        return [_coa_counts(info), *_waited_for(info, acts)]
    if acts.by is not None and acts.organisation is not None:
        return _waited_for(info, acts)
    if acts.organisation is None:
        return [_nobody(info, places)]
    name = info.name(acts.organisation)
    if places.shortfall or not _on_duty(acts.organisation):
        return [say("It is up to {name}; there is no deadline.", name=name)]
    return [say("{name} is on duty and has to do nothing now.", name=name)]


def _coa_counts(info: AlertInfo) -> Text:
    """What COA is asked to do about a count."""
    by = info.moment("judgeAt")
    if info.kind == "countOverdue":
        return say("COA must record a new count, as soon as it can.")
    if by is None:
        return say("COA must confirm or correct this count.")
    return say("COA must confirm or correct this count before {by}.", by=by)


def _waited_for(info: AlertInfo, acts: WhoActs) -> list[Text]:
    """Whose answer is awaited and until when; nothing when there is no deadline."""
    if acts.organisation is None or acts.by is None:
        return []
    return [say("{name} must answer before {by}.", name=info.name(acts.organisation), by=acts.by)]


def _on_duty(organisation: str) -> bool:
    """Only a rota's member is on duty: of COA and the like it is said that it is up to them."""
    return organisation not in ("coa", "ministry", "operator", "vng")


def _nobody(info: AlertInfo, places: EnoughPlaces) -> Text:
    """Nobody is on duty, nobody has to act, or it is not known who must: three different things."""
    if info.details.get("nobodyOnDuty"):
        return say("Nobody is on duty now.")
    if places.shortfall == 0 or (info.calm and info.kind in FALLS):
        return say("Nobody has to do anything now.")
    return say("It is not known who must act.")


def enough_places(info: AlertInfo) -> list[Text]:
    """Question 3: are enough places ready, and if not, how many are missing."""
    if info.kind == "test":
        return [say("A test message asks for no places.")]
    known = info.answers.enough_places or EnoughPlaces()
    if known.needed is None:
        return [_unknown_need(info, known)]
    if known.needed == 0:
        return [say("No places are needed now.")]
    if known.shortfall is None or known.committed is None:
        return [
            nsay(
                "{n} place is needed; it is not known whether there are enough.",
                "{n} places are needed; it is not known whether there are enough.",
                known.needed,
            )
        ]
    values = {"committed": known.committed, "needed": known.needed}
    if known.shortfall == 0 and known.committed > known.needed:
        return [say("There are enough places: {committed} promised, {needed} needed.", **values)]
    if known.shortfall == 0:
        return [say("There are enough places: {committed} of {needed}.", **values)]
    return [
        nsay(
            "{n} place is missing: {committed} of {needed} promised.",
            "{n} places are missing: {committed} of {needed} promised.",
            known.shortfall,
            **values,
        )
    ]


def _unknown_need(info: AlertInfo, known: EnoughPlaces) -> Text:
    """Without an overflow none are needed; else what is promised is said without saying that it is enough."""
    if info.calm and info.overflow is None:
        return say("There is no overflow: no places are needed now.")
    if known.committed is None:
        return say("It is not known whether there are enough places.")
    return nsay(
        "It is not known how many places are needed; {n} place is promised.",
        "It is not known how many places are needed; {n} places are promised.",
        known.committed,
    )

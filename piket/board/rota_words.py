"""What a rota says, in words: who takes turns in which order, how long, when one hands over to the next. Pure.

The same lines stand on the page of the rota and before a decision on it, so that what is compared is what is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from piket.board.panels import People
from piket.rota.rules import Definition, Exemption, Weight
from piket.words import Text, listed, nsay, say

Line = tuple[Text, Any]

WEEKDAYS: Mapping[str, Text] = {
    "monday": say("Monday"),
    "tuesday": say("Tuesday"),
    "wednesday": say("Wednesday"),
    "thursday": say("Thursday"),
    "friday": say("Friday"),
    "saturday": say("Saturday"),
    "sunday": say("Sunday"),
}
UNITS: Mapping[str, Text] = {"days": say("days"), "weeks": say("weeks"), "months": say("months")}
STRATEGIES: Mapping[str, Text] = {
    "inTurn": say("by turns, in the order of the list"),
    "weighted": say("in proportion to the weights"),
}
YES_OR_NO: Mapping[str, Text] = {"yes": say("yes"), "no": say("no")}
_LENGTHS: Mapping[str, Callable[[int], Text]] = {
    "days": lambda n: nsay("{n} day", "{n} days", n),
    "weeks": lambda n: nsay("{n} week", "{n} weeks", n),
    "months": lambda n: nsay("{n} month", "{n} months", n),
}


def described(one: Definition, people: People) -> list[Line]:
    """Everything that a definition holds, as what and its value; a value that is None is unknown."""
    return [
        (say("Name of the rota"), one.name),
        (say("Members, in order"), _members(one, people)),
        (say("Order of the turns"), STRATEGIES[one.strategy]),
        (say("Weights"), listed([_weight(weight, people) for weight in one.weights]) if one.weights else say("none")),
        (say("Exempt"), listed([exempt(it, people) for it in one.exemptions])),
        (say("How many have duty at the same time"), one.slots),
        (say("A turn lasts"), _LENGTHS[one.turn_unit](one.turn_length)),
        (say("Hand-over"), _hand_over(one)),
        (say("The first turn begins on or after"), one.starts_on),
        (say("Places that each should bring"), one.places_target),
        (say("Feasts are spread"), YES_OR_NO["yes" if one.spread_holidays else "no"]),
        (say("Which line"), one.line),
        (say("Time zone"), one.zone),
    ]


def different(now: Definition, before: Definition, people: People) -> Iterator[Text]:
    """What is another value in `now` than in `before`."""
    for (what, value), (_, was) in zip(described(now, people), described(before, people), strict=True):
        if value != was:
            yield say("{what}: {value} (it was: {was}).", what=what, value=value, was=was)


def exempt(one: Exemption, people: People) -> Text:
    """Who takes no turn, why, and in which time."""
    about = {"name": people.name(one.organisation), "reason": one.reason}
    if one.starts_on and one.ends_on:
        return say(
            "{name} from {since} up to and including {until} ({reason})",
            since=one.starts_on,
            until=one.ends_on,
            **about,
        )
    if one.starts_on:
        return say("{name} from {since} ({reason})", since=one.starts_on, **about)
    if one.ends_on:
        return say("{name} up to and including {until} ({reason})", until=one.ends_on, **about)
    return say("{name} ({reason})", **about)


def _members(one: Definition, people: People) -> str:
    return listed(
        [
            say("{number}. {name}", number=number, name=people.named(member))
            for number, member in enumerate(one.members, 1)
        ]
    )


def _weight(one: Weight, people: People) -> Text:
    about = {"name": people.name(one.organisation), "weight": one.weight}
    return (
        say("{name} {weight} from {since}", since=one.starts_on, **about)
        if one.starts_on
        else say("{name} {weight}", **about)
    )


def _hand_over(one: Definition) -> Text:
    """The weekday counts for turns of weeks alone."""
    if one.turn_unit == "weeks":
        return say("{weekday} at {time}", weekday=WEEKDAYS[one.hand_over_weekday], time=f"{one.hand_over_time:%H:%M}")
    return say("at {time}", time=f"{one.hand_over_time:%H:%M}")

"""What can be wrong with a definition of a rota, all of it at once, by the field of the request or the key of the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from piket.errors import Fault
from piket.rota.rules import Definition, PlannedTurn, eligible, first_hand_over, is_zone, organisations_of
from piket.words import say

KINDS_ON_A_ROTA = frozenset({"province", "safetyRegion", "municipality"})
YEARS_BACK_OR_AHEAD = timedelta(days=3653)


def faults_of(definition: Definition, kinds: Mapping[str, str], now: datetime) -> list[Fault]:
    """Everything wrong with a definition, by the field of the request. `kinds` holds the organisations that exist."""
    return [
        *_member_faults(definition, kinds),
        *_exemption_faults(definition),
        *_weight_faults(definition),
        *_measure_faults(definition, now),
    ]


def _member_faults(definition: Definition, kinds: Mapping[str, str]) -> Iterator[Fault]:
    """Who is on the list: at least one, each known here, of a kind that opens places, and listed once."""
    if not definition.members:
        yield Fault("body", "members", say("A rota needs at least one member."))
    times = Counter(code for member in definition.members for code in member)
    for number, member in enumerate(definition.members):
        for code in member:
            if code not in kinds:
                yield Fault(
                    "body", f"members.{number}", say("There is no organisation with the code {code}.", code=code)
                )
            elif kinds[code] not in KINDS_ON_A_ROTA:
                yield Fault(
                    "body",
                    f"members.{number}",
                    say("A member is a province, a safety region or a municipality; {code} is not.", code=code),
                )
    for code, often in times.items():
        if often > 1:
            yield Fault(
                "body",
                "members",
                say("{code} is listed {n} times; each organisation is a member once.", code=code, n=often),
            )


def _exemption_faults(definition: Definition) -> Iterator[Fault]:
    """Exemptions name members, end after they begin, and leave somebody. Those with days are looked at turn by turn."""
    codes = set(organisations_of(definition.members))
    for number, exemption in enumerate(definition.exemptions):
        if exemption.organisation not in codes:
            yield Fault(
                "body",
                f"exemptions.{number}.organisation",
                say("{code} is not a member of this rota.", code=exemption.organisation),
            )
        if exemption.starts_on and exemption.ends_on and exemption.ends_on < exemption.starts_on:
            yield Fault("body", f"exemptions.{number}.endsOn", say("An exemption cannot end before it begins."))
    always = {e.organisation for e in definition.exemptions if e.starts_on is None and e.ends_on is None}
    if codes and codes <= always:
        yield Fault("body", "exemptions", say("Nobody would be left: these exemptions cover every member."))


def sharing_faults(members: Collection[str], sharing: Sequence[Sequence[str]]) -> Iterator[Fault]:
    """Who shares a turn is on the list, shares with somebody, and shares with them alone."""
    times = Counter(code for shared in sharing for code in set(shared))
    for number, shared in enumerate(sharing):
        field = f"sharing.{number}"
        if len(set(shared)) < 2:
            yield Fault("body", field, say("Name at least two organisations that take their turn together."))
        for code in dict.fromkeys(shared):
            if code not in members:
                yield Fault("body", field, say("{code} is not a member of this rota.", code=code))
            elif times[code] > 1:
                yield Fault("body", field, say("{code} shares its turn with two others; choose one.", code=code))


def _weight_faults(definition: Definition) -> Iterator[Fault]:
    """Weights are for the weighted order, of members, above 0, one for each day; and there every member has one."""
    codes = organisations_of(definition.members)
    days = Counter((weight.organisation, weight.starts_on) for weight in definition.weights)
    for number, weight in enumerate(definition.weights):
        if weight.organisation not in codes:
            detail = say("{code} is not a member of this rota.", code=weight.organisation)
            yield Fault("body", f"weights.{number}.organisation", detail)
        if weight.weight <= 0:
            detail = say("A weight must be more than 0; exempt {code} if it takes no turns.", code=weight.organisation)
            yield Fault("body", f"weights.{number}.weight", detail)
    for (code, _), often in days.items():
        if often > 1:
            yield Fault("body", "weights", say("{code} has {n} weights from the same day.", code=code, n=often))
    if definition.strategy != "weighted":
        if definition.weights:
            yield Fault(
                "body", "weights", say("Weights count in the weighted order only: choose it, or leave them out.")
            )
        return
    weighed = {weight.organisation for weight in definition.weights}
    for member in definition.members:
        if weighed.isdisjoint(member):
            yield Fault("body", "weights", say("{code} needs a weight.", code=member[0]))


def _measure_faults(definition: Definition, now: datetime) -> Iterator[Fault]:
    """Not more slots than members, a zone that exists, and a first turn within ten years: a wrong year would write thousands."""
    if definition.slots > max(len(definition.members), 1):
        yield Fault(
            "body",
            "slots",
            say(
                "There are {slots} slots and only {members} members.",
                slots=definition.slots,
                members=len(definition.members),
            ),
        )
    if not is_zone(definition.zone):
        yield Fault(
            "body",
            "zone",
            say("There is no time zone {zone}; give a name such as Europe/Amsterdam.", zone=repr(definition.zone)),
        )
    elif abs(first_hand_over(definition) - now) > YEARS_BACK_OR_AHEAD:
        yield Fault("body", "startsOn", say("Choose a day within ten years of today."))


def first_without_holder(definition: Definition, planned: list[PlannedTurn]) -> PlannedTurn | None:
    """The first of these turns that nobody could take, because exemptions cover all members for some time."""
    return next((turn for turn in planned if not eligible(definition, turn.from_at, turn.until_at)), None)

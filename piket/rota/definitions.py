"""A rota's definition between its forms: from `config/rotas.toml`, as JSON in a row, and what can be wrong with it.

Kept as JSON because it is decided as a whole and compared as a whole: the same definition with a decision moves no turn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from piket.errors import Fault
from piket.rota.rules import Basis, Definition, Exemption, PlannedTurn, eligible, first_hand_over, organisations_of
from piket.settings import SeedRota
from piket.words import say

KINDS_ON_A_ROTA = frozenset({"province", "safetyRegion", "municipality"})
YEARS_BACK_OR_AHEAD = timedelta(days=3653)


def from_seed(seed: SeedRota) -> Definition:
    """What `config/rotas.toml` says."""
    return Definition(
        name=seed.name,
        members=tuple((code,) for code in seed.members),
        starts_on=seed.starts_on,
        turn_unit=seed.turn_unit,
        turn_length=seed.turn_length,
        hand_over_weekday=seed.hand_over_weekday,
        hand_over_time=seed.hand_over_time,
        slots=seed.slots,
        line=seed.line,
        places_target=seed.places_target,
        exemptions=tuple(Exemption(e.organisation, e.reason, e.starts_on, e.ends_on) for e in seed.exemption),
    )


def to_json(definition: Definition) -> dict[str, Any]:
    """The definition as plain JSON. Equal definitions give equal JSON."""
    return {
        "name": definition.name,
        "members": [list(member) for member in definition.members],
        "starts_on": definition.starts_on.isoformat(),
        "turn_unit": definition.turn_unit,
        "turn_length": definition.turn_length,
        "hand_over_weekday": definition.hand_over_weekday,
        "hand_over_time": definition.hand_over_time.isoformat(),
        "slots": definition.slots,
        "line": definition.line,
        "places_target": definition.places_target,
        "exemptions": [
            {
                "organisation": e.organisation,
                "reason": e.reason,
                "starts_on": e.starts_on.isoformat() if e.starts_on else None,
                "ends_on": e.ends_on.isoformat() if e.ends_on else None,
            }
            for e in definition.exemptions
        ],
    }


def from_json(kept: Mapping[str, Any]) -> Definition:
    """The definition that `to_json` wrote."""
    return Definition(
        **{
            **kept,
            "members": tuple(tuple(member) for member in kept["members"]),
            "starts_on": date.fromisoformat(kept["starts_on"]),
            "hand_over_time": time.fromisoformat(kept["hand_over_time"]),
            "exemptions": tuple(
                Exemption(e["organisation"], e["reason"], _day(e["starts_on"]), _day(e["ends_on"]))
                for e in kept["exemptions"]
            ),
        }
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def basis_to_json(basis: Basis) -> dict[str, Any]:
    """Why a turn is whose it is, as plain JSON."""
    after = list(basis.after) if basis.after else None
    return {"places": list(basis.places), "of": basis.of, "after": after, "exempt": dict(basis.exempt)}


def basis_from_json(kept: Mapping[str, Any]) -> Basis:
    """What `basis_to_json` wrote."""
    after = tuple(kept["after"]) if kept["after"] else None
    return Basis(tuple(kept["places"]), kept["of"], after, kept["exempt"])


def faults_of(definition: Definition, kinds: Mapping[str, str], now: datetime) -> list[Fault]:
    """Everything wrong with a definition, by the field of the request. `kinds` holds the organisations that exist."""
    return [
        *_member_faults(definition, kinds),
        *_exemption_faults(definition),
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


def _measure_faults(definition: Definition, now: datetime) -> Iterator[Fault]:
    """Not more slots than members, and a first turn within ten years: a typing error in the year would write thousands."""
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
    if abs(first_hand_over(definition) - now) > YEARS_BACK_OR_AHEAD:
        yield Fault("body", "startsOn", say("Choose a day within ten years of today."))


def first_without_holder(definition: Definition, planned: list[PlannedTurn]) -> PlannedTurn | None:
    """The first of these turns that nobody could take, because exemptions cover all members for some time."""
    return next((turn for turn in planned if not eligible(definition, turn.from_at, turn.until_at)), None)

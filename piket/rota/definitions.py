"""A rota's definition between its forms: from `config/rotas.toml`, and as JSON in a row. What can be wrong: `faults.py`.

Kept as JSON because it is decided as a whole and compared as a whole: the same definition with a decision moves no turn.
What a form leaves out (an older row, a shorter file) is what the rules say without it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import date, time
from typing import Any

from piket.rota.rules import Basis, Definition, Exemption, Member, Weight
from piket.settings import SeedRota, SeedWeights


def from_seed(seed: SeedRota, sets: Sequence[SeedWeights] = ()) -> Definition:
    """What `config/rotas.toml` says, with the weights that it names of those in `config/weights.toml`."""
    return Definition(
        name=seed.name,
        members=together(seed.members, seed.sharing),
        starts_on=seed.starts_on,
        turn_unit=seed.turn_unit,
        turn_length=seed.turn_length,
        hand_over_weekday=seed.hand_over_weekday,
        hand_over_time=seed.hand_over_time,
        slots=seed.slots,
        line=seed.line,
        places_target=seed.places_target,
        exemptions=tuple(Exemption(e.organisation, e.reason, e.starts_on, e.ends_on) for e in seed.exemption),
        zone=seed.zone,
        strategy=seed.strategy,
        weights=(
            *_weights_of(seed, sets),
            *(Weight(w.organisation, w.weight, w.starts_on) for w in seed.weight),
        ),
        spread_holidays=seed.spread_holidays,
    )


def _weights_of(seed: SeedRota, sets: Sequence[SeedWeights]) -> list[Weight]:
    """The weights of the sets that this rota names, for its members alone; each set holds from its own day."""
    named = [one for code in seed.weights for one in sets if one.code == code]
    return [Weight(code, one.weight[code], one.on) for one in named for code in seed.members if code in one.weight]


def together(members: Sequence[str], sharing: Collection[Sequence[str]]) -> tuple[Member, ...]:
    """The members of a list of organisations, of which some take their turn together: in the place of the first of them."""
    group = {code: tuple(c for c in members if c in shared) for shared in sharing for code in shared}
    return tuple(group.get(code, (code,)) for code in members if code not in group or group[code][0] == code)


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
            {**asdict(e), "starts_on": _text(e.starts_on), "ends_on": _text(e.ends_on)} for e in definition.exemptions
        ],
        "zone": definition.zone,
        "strategy": definition.strategy,
        "weights": [{**asdict(w), "starts_on": _text(w.starts_on)} for w in definition.weights],
        "spread_holidays": definition.spread_holidays,
    }


def from_json(kept: Mapping[str, Any]) -> Definition:
    """The definition that `to_json` wrote, also an earlier version of it."""
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
            "weights": tuple(
                Weight(w["organisation"], w["weight"], _day(w["starts_on"])) for w in kept.get("weights", ())
            ),
        }
    )


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def basis_to_json(basis: Basis) -> dict[str, Any]:
    """Why a turn is whose it is, as plain JSON. What says nothing is left out: most turns need four lines of it."""
    whole = {**asdict(basis), "had": {feast: dict(years) for feast, years in basis.had.items()}}
    always = {"places": list(basis.places), "of": basis.of, "after": basis.after, "exempt": dict(basis.exempt)}
    return {**{name: value for name, value in whole.items() if value}, **always}


def basis_from_json(kept: Mapping[str, Any]) -> Basis:
    """What `basis_to_json` wrote, also an earlier version of it."""
    return Basis(
        **{
            **kept,
            "places": tuple(kept["places"]),
            "after": _member(kept["after"]),
            "rested": tuple(kept.get("rested", ())),
            "owed": tuple(tuple(member) for member in kept.get("owed", ())),
            "onward": _member(kept.get("onward")),
            "had": {
                feast: {year: tuple(who) for year, who in years.items()} for feast, years in kept.get("had", {}).items()
            },
        }
    )


def _member(kept: Sequence[str] | None) -> Member | None:
    return tuple(kept) if kept else None

"""Rotas to try the calculation on: any that the API would take, and the provinces of the real one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice

from hypothesis import strategies as st

from piket.rota.rules import STRATEGIES, WEEKDAYS, Definition, Exemption, PlannedTurn, Weight, turns

PROVINCES = tuple((f"nl-{code}",) for code in "dr fl fr ge gr li nb nh ov ut ze zh".split())
CODES = tuple(code for (code,) in PROVINCES)
FOREVER = datetime(2100, 1, 1, tzinfo=UTC)
DAYS = st.dates(date(2012, 1, 1), date(2040, 12, 31))
# 02:30 is missing or double once a year in the Netherlands; at midnight clocks leap in Brazil (until 2019).
HOURS = st.sampled_from([time(2, 30), time(2), time(3), time(0), time(12), time(23, 59)])
# By whole hours at night and at midnight, by half an hour, twice around a moving month, and never.
ZONES = ("Europe/Amsterdam", "America/Sao_Paulo", "Australia/Lord_Howe", "Africa/Casablanca", "UTC")


@st.composite
def definitions(draw: st.DrawFn, strategies: Sequence[str] = STRATEGIES, fewest: int = 1) -> Definition:
    """Any rota that the API would take, of at most eight members."""
    count = draw(st.integers(fewest, 8))
    starts_on = draw(DAYS)
    exempt = draw(st.lists(st.sampled_from(CODES[:count]), max_size=4))
    exemptions = []
    for code in exempt:
        since = starts_on + timedelta(days=draw(st.integers(-30, 400)))
        exemptions.append(Exemption(code, "a reason", since, since + timedelta(days=draw(st.integers(0, 200)))))
    strategy = draw(st.sampled_from(strategies))
    return Definition(
        "a rota",
        PROVINCES[:count],
        starts_on,
        draw(st.sampled_from(["days", "weeks", "months"])),
        draw(st.integers(1, 9)),
        draw(st.sampled_from(WEEKDAYS)),
        draw(HOURS),
        draw(st.integers(1, 3)),
        exemptions=tuple(exemptions),
        zone=draw(st.sampled_from(ZONES)),
        strategy=strategy,
        weights=draw(weights(CODES[:count], starts_on)) if strategy == "weighted" else (),
        spread_holidays=draw(st.booleans()),
    )


@st.composite
def weights(draw: st.DrawFn, codes: Sequence[str], starts_on: date) -> tuple[Weight, ...]:
    """A weight for each, and for some another one later."""
    found = [Weight(code, draw(st.integers(1, 9))) for code in codes]
    for code in draw(st.lists(st.sampled_from(codes), max_size=2, unique=True)):
        found.append(Weight(code, draw(st.integers(1, 9)), starts_on + timedelta(days=draw(st.integers(1, 300)))))
    return tuple(found)


def first(definition: Definition, count: int) -> list[PlannedTurn]:
    """So many turns from the first on."""
    return list(islice(turns(definition, FOREVER), count))


def codes_of(plan: Sequence[PlannedTurn]) -> list[str]:
    """Who has each turn of a rota with one slot and single members, without `nl-`."""
    return [turn.holders[0][0].removeprefix("nl-") for turn in plan]

"""Feasts (rule 7.8): when they are, and that nobody has the same one two years running where that can be avoided."""

from __future__ import annotations

import dataclasses
from datetime import date, time
from itertools import pairwise

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from piket.rota.feast_rules import CHRISTMAS, EASTER, KINGS_DAY, NEW_YEAR, days_of, touched
from piket.rota.rules import Definition, Exemption, PlannedTurn, Weight, organisations_of, wall_moment
from tests.rules.rota_examples import PROVINCES, definitions, first

WEEKLY = Definition("a", PROVINCES, date(2025, 1, 6), "weeks", 1, "monday", time(9), spread_holidays=True)


@pytest.mark.parametrize("year", range(2014, 2100))
def test_the_feasts_are_on_the_days_that_the_calendar_of_the_netherlands_gives(year: int) -> None:
    """Against an independent list. 26 December and Easter Monday are in it, 31 December is not a public holiday."""
    public = holidays.country_holidays("NL", years=[year, year + 1], language="en_US")
    named = {KINGS_DAY: "King's Day", EASTER: "Easter Sunday", CHRISTMAS: "Christmas Day", NEW_YEAR: "New Year's Day"}
    for feast, name in named.items():
        first_day, last = days_of(feast, year)
        day = last if feast == NEW_YEAR else first_day
        assert public.get(day) == name, (feast, day)
        assert (last - first_day).days == (0 if feast == KINGS_DAY else 1)


def test_a_turn_touches_a_feast_when_any_moment_of_it_lies_in_its_days() -> None:
    zone = WEEKLY.clock
    midnight = wall_moment(date(2025, 12, 27), time())
    assert touched(midnight, wall_moment(date(2025, 12, 31), time()), zone) == []
    assert touched(wall_moment(date(2025, 12, 26), time(23, 59)), midnight, zone) == [(CHRISTMAS, 2025)]
    assert touched(wall_moment(date(2026, 1, 1), time(9)), wall_moment(date(2026, 1, 8), time(9)), zone) == [
        (NEW_YEAR, 2025)
    ]
    assert touched(wall_moment(date(2025, 12, 24), time(12)), wall_moment(date(2026, 1, 7), time(12)), zone) == [
        (CHRISTMAS, 2025),
        (NEW_YEAR, 2025),
    ]


def repeated(plan: list[PlannedTurn], rota: Definition) -> list[tuple[PlannedTurn, str]]:
    """The turns with somebody who had the same feast the year before, reckoned anew from the turns alone."""
    had: dict[tuple[str, int], set[str]] = {}
    found = []
    for turn in plan:
        feasts = touched(turn.from_at, turn.until_at, rota.clock)
        for code in organisations_of(turn.holders):
            found += [(turn, code) for feast, year in feasts if code in had.get((feast, year - 1), set())][:1]
        for one in feasts:
            had.setdefault(one, set()).update(organisations_of(turn.holders))
    return found


@given(st.dates(date(2024, 1, 1), date(2030, 12, 31)), st.integers(6, 12), st.integers(1, 3), st.booleans())
def test_with_six_members_and_more_no_feast_falls_on_the_same_one_two_years_running(
    starts_on: date, members: int, weeks: int, weighted: bool
) -> None:
    """A turn touches two feasts at most (Easter and King's Day), each had by two at most (over a hand-over): with who had
    the turn before that makes five.
    """
    rota = dataclasses.replace(WEEKLY, members=PROVINCES[:members], starts_on=starts_on, turn_length=weeks)
    if weighted:
        weights = tuple(Weight(code, number + 1) for number, (code,) in enumerate(rota.members))
        rota = dataclasses.replace(rota, strategy="weighted", weights=weights)
    assert repeated(first(rota, 52 * 12 // weeks), rota) == []


@given(definitions())
def test_a_feast_falls_on_the_same_one_again_only_where_nobody_else_could_have_it(rota: Definition) -> None:
    rota = dataclasses.replace(rota, spread_holidays=True, slots=1)
    plan = first(rota, 120)
    again = {turn.from_at: code for turn, code in repeated(plan, rota)}
    before: set[str] = set()
    for turn in plan:
        held = set(organisations_of(turn.holders))
        assert held & set(turn.basis.repeats) == ({again[turn.from_at]} if turn.from_at in again else set())
        if turn.from_at in again:
            feasts = touched(turn.from_at, turn.until_at, rota.clock)
            free = [
                code
                for code in organisations_of(rota.members)
                if code not in before | set(turn.basis.exempt)
                and not any(code in turn.basis.had.get(feast, {}).get(str(year - 1), ()) for feast, year in feasts)
            ]
            assert free == []
        before = held


def test_who_is_spared_has_the_next_turn_and_the_order_goes_on_as_if_nothing_had_happened() -> None:
    """Thirteen members and 52 weeks: without the setting a feast stays with the same member for years."""
    rota = dataclasses.replace(WEEKLY, members=tuple((f"m{n}",) for n in range(13)), hand_over_weekday="tuesday")
    plain, plan = first(dataclasses.replace(rota, spread_holidays=False), 130), first(rota, 130)
    place = next(place for place, turn in enumerate(plan) if turn.basis.spared)
    assert [turn.holders for turn in plan[:place]] == [turn.holders for turn in plain[:place]]
    assert (plan[place].holders, plan[place + 1].holders) == (plain[place + 1].holders, plain[place].holders)
    assert [turn.holders for turn in plan[place + 2 : place + 5]] == [t.holders for t in plain[place + 2 : place + 5]]
    assert list(plan[place].basis.spared) == list(plain[place].holders[0])
    assert (plan[place].basis.owed, plan[place + 1].basis.owed) == (plain[place].holders, ())
    assert plan[place + 1].basis.onward == plan[place + 1].basis.after == plan[place].holders[0]


def test_who_is_spared_and_then_exempt_has_nothing_to_catch_up() -> None:
    rota = dataclasses.replace(WEEKLY, members=tuple((f"m{n}",) for n in range(13)), hand_over_weekday="tuesday")
    plan = first(rota, 130)
    place = next(place for place, turn in enumerate(plan) if turn.basis.spared)
    (spared,) = plan[place].basis.spared
    day = plan[place + 1].from_at.date()
    away = dataclasses.replace(rota, exemptions=(Exemption(spared, "x", day, day),))
    others = first(away, 130)
    assert others[place].holders == plan[place].holders
    assert others[place + 1].holders == plan[place + 2].holders
    assert (spared,) not in [turn.holders[0] for turn in others[place + 1 : place + 11]]


def test_nothing_is_spread_unless_it_was_decided_so() -> None:
    rota = dataclasses.replace(WEEKLY, members=tuple((f"m{n}",) for n in range(13)), spread_holidays=False)
    plan = first(rota, 260)
    assert repeated(plan, rota) != []
    assert all(not turn.basis.spared and not turn.basis.repeats and not turn.basis.owed for turn in plan)
    assert all(before.holders != after.holders for before, after in pairwise(plan))

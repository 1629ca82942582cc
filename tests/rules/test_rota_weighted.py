"""Turns in proportion (rule 7.6): who carried least for its share is next, exactly, whatever the weights."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piket.rota.rules import TURN, Definition, Exemption, PlannedTurn, Weight, organisations_of, turns
from tests.rules.rota_examples import CODES, FOREVER, PROVINCES, codes_of, definitions, first

START = date(2024, 1, 3)


def weighted(*weights: int, **more: object) -> Definition:
    """A rota of so many members, with these weights in the decided order."""
    codes = CODES[: len(weights)]
    return Definition(
        "naar rato",
        PROVINCES[: len(weights)],
        START,
        strategy="weighted",
        weights=tuple(Weight(code, weight) for code, weight in zip(codes, weights, strict=True)),
        **more,  # type: ignore[arg-type]
    )


def shares(carried: Mapping[str, int], weights: Mapping[str, int]) -> dict[str, Fraction]:
    return {code: Fraction(carried[code], weights[code] * TURN) for code in carried}


def apart(plan: Sequence[PlannedTurn], weights: Sequence[int]) -> tuple[Fraction, Fraction]:
    """The furthest that anybody ever is from its share, and the widest gap between two members ever, each in turns for one
    unit of the smallest weight.
    """
    held, furthest, widest = dict.fromkeys(CODES[: len(weights)], 0), Fraction(0), Fraction(0)
    for number, turn in enumerate(plan, 1):
        for code in organisations_of(turn.holders):
            held[code] += 1
        done = [Fraction(turns, weight) for turns, weight in zip(held.values(), weights, strict=True)]
        fair = Fraction(number, sum(weights))
        furthest = max(furthest, *(abs(one - fair) for one in done))
        widest = max(widest, max(done) - min(done))
    return furthest * min(weights), widest * min(weights)


@st.composite
def many_weights(draw: st.DrawFn, part: int) -> list[int]:
    """Weights of which none is more than one in `part` of them all."""
    found = draw(st.lists(st.integers(1, 60), min_size=part, max_size=12))
    whole = sum(found)
    return [min(weight, max(1, whole // (part + 1))) for weight in found] if part * max(found) > whole else found


@given(many_weights(4).filter(lambda weights: 4 * max(weights) <= sum(weights)))
def test_nobody_is_ever_further_from_its_share_than_one_turn_for_a_unit_of_weight(weights: list[int]) -> None:
    furthest, widest = apart(first(weighted(*weights), 120), weights)
    assert furthest <= 1
    assert widest < 2


@given(many_weights(4).filter(lambda weights: 4 * max(weights) <= sum(weights)))
def test_after_a_whole_cycle_everybody_has_had_exactly_its_share(weights: list[int]) -> None:
    unit = math.gcd(*weights)
    cycle = sum(weights) // unit
    if cycle <= 300:
        held = Counter(f"nl-{code}" for code in codes_of(first(weighted(*weights), cycle)))
        assert [held[code] for code in CODES[: len(weights)]] == [weight // unit for weight in weights]


@given(many_weights(2).filter(lambda weights: len(weights) > 2 and 2 * max(weights) <= sum(weights)))
def test_where_one_weighs_nearly_half_the_rest_between_two_turns_holds_it_back_a_little(weights: list[int]) -> None:
    """That nobody has two turns running goes before the share; the distance stays below two turns all the same."""
    furthest, widest = apart(first(weighted(*weights), 120), weights)
    assert max(furthest, widest) < 2


def test_what_the_rule_of_no_two_turns_running_costs_at_most_with_nearly_equal_weights() -> None:
    """Whoever is last in the order and weighs a little more would have the first turn of the second round as well."""
    plan = first(weighted(3, 3, 3, 3, 4), 32)
    assert codes_of(plan[:7]) == ["dr", "fl", "fr", "ge", "gr", "dr", "gr"]
    assert apart(plan, [3, 3, 3, 3, 4]) == (Fraction(5, 8) + Fraction(1, 4), Fraction(5, 4))


@given(definitions(["weighted"]))
def test_the_holder_is_who_carried_least_for_its_share_and_ties_go_by_the_decided_order(rota: Definition) -> None:
    order = {code: number for number, code in enumerate(organisations_of(rota.members))}
    before: set[str] = set()
    for turn in first(dataclasses.replace(rota, slots=1, spread_holidays=False), 60):
        done = shares(turn.basis.carried, turn.basis.weights)
        able = [code for code in order if code not in turn.basis.exempt]
        rested = [code for code in able if code not in before] or able
        wanted = min(rested, key=lambda code: (done[code], order[code])) if able else None
        assert next(iter(organisations_of(turn.holders)), None) == wanted
        assert set(turn.basis.rested) == {
            code for code in able if wanted and (done[code], order[code]) < (done[wanted], order[wanted])
        }
        before = set(organisations_of(turn.holders))


@given(definitions(["weighted"]))
def test_every_figure_follows_from_the_turn_before(rota: Definition) -> None:
    """What a turn books is one turn for each holder; an account changes otherwise only with its weight or an exemption."""
    plan = first(rota, 60)
    for before, turn in pairwise(plan):
        for code, carried in turn.basis.carried.items():
            closed = before.basis.carried[code] + before.basis.booked.get(code, 0)
            former, weight = before.basis.weights[code], turn.basis.weights[code]
            assert abs(Fraction(carried, weight) - Fraction(closed, former)) <= Fraction(1, 2 * weight)
            assert former != weight or carried == closed
        held = set(organisations_of(before.holders))
        assert {code for code, booked in before.basis.booked.items() if booked == TURN} >= held
        assert set(before.basis.booked) - held <= set(before.basis.exempt)


def test_equal_weights_go_by_turns_also_around_an_exemption() -> None:
    away = (Exemption("nl-fl", "verkiezingen", date(2024, 3, 1), date(2024, 9, 30)),)
    by_weight = weighted(5, 5, 5, 5, 5, exemptions=away)
    in_turn = dataclasses.replace(by_weight, strategy="inTurn", weights=())
    assert codes_of(first(by_weight, 60)) == codes_of(first(in_turn, 60))


@given(
    st.lists(st.integers(1, 9), min_size=4, max_size=9), st.integers(0, 300), st.integers(30, 400), st.integers(0, 8)
)
def test_who_returns_from_an_exemption_does_not_catch_up(
    weights: list[int], begins: int, lasts: int, number: int
) -> None:
    """While it is away it is never behind whoever has the turn, by the same order by which that one was chosen."""
    code = CODES[number % len(weights)]
    since, until = START + timedelta(days=begins), START + timedelta(days=begins + lasts)
    rota = weighted(*weights, exemptions=(Exemption(code, "x", since, until),))
    plan = first(rota, 50)
    away = [place for place, turn in enumerate(plan) if code in turn.basis.exempt]
    for place in away:
        basis = plan[place].basis
        done = shares({c: basis.carried[c] + basis.booked.get(c, 0) for c in basis.carried}, basis.weights)
        holder = organisations_of(plan[place].holders)[0]
        mine = list(basis.weights).index(code), list(basis.weights).index(holder)
        assert (done[code], mine[0]) >= (shares(basis.carried, basis.weights)[holder], mine[1])


def test_a_long_absence_is_booked_as_if_it_had_been_carried() -> None:
    """Who weighs a third has four of the next twelve turns; if it had to catch up it would have six."""
    away = (Exemption("nl-dr", "x", date(2024, 1, 3), date(2024, 12, 31)),)
    plan = first(weighted(2, 1, 1, 1, 1, exemptions=away), 60)
    back = next(place for place, turn in enumerate(plan) if not turn.basis.exempt)
    done = shares(plan[back].basis.carried, plan[back].basis.weights)
    assert max(done.values()) - min(done.values()) <= 1
    assert abs(codes_of(plan[back : back + 12]).count("dr") - 4) <= 1


def test_a_weight_that_changes_counts_from_its_day_and_leaves_what_was_done_as_it_was() -> None:
    rota = weighted(1, 1, 1, 1)
    later = dataclasses.replace(rota, weights=(*rota.weights, Weight("nl-dr", 2, date(2024, 7, 1))))
    plan = first(later, 53)
    changed = next(place for place, turn in enumerate(plan) if turn.basis.weights["nl-dr"] == 2)
    assert plan[changed].from_at.date() >= date(2024, 7, 1) > plan[changed - 1].from_at.date()
    closed = plan[changed - 1].basis.carried["nl-dr"] + plan[changed - 1].basis.booked.get("nl-dr", 0)
    assert plan[changed].basis.carried["nl-dr"] == 2 * closed
    held = Counter(codes_of(plan[changed : changed + 40]))
    assert abs(held["dr"] - 16) <= 1 and all(abs(held[code] - 8) <= 1 for code in ("fl", "fr", "ge"))


def test_two_that_share_weigh_what_they_weigh_together_and_have_one_account() -> None:
    rota = Definition(
        "a",
        (("nl-dr", "nl-fl"), ("nl-fr",), ("nl-ge",)),
        START,
        strategy="weighted",
        weights=(Weight("nl-dr", 1), Weight("nl-fl", 1), Weight("nl-fr", 2), Weight("nl-ge", 1)),
        exemptions=(Exemption("nl-fl", "x", date(2024, 2, 1), date(2024, 6, 1)),),
    )
    plan = first(rota, 50)
    held = Counter("nl-dr" if "nl-dr" in turn.holders[0] else turn.holders[0][0] for turn in plan)
    assert held == {"nl-dr": 20, "nl-fr": 20, "nl-ge": 10}
    assert {turn.basis.weights["nl-fl"] for turn in plan} == {2}
    assert all(turn.basis.carried["nl-dr"] == turn.basis.carried["nl-fl"] for turn in plan)
    assert ("nl-dr",) in {turn.holders[0] for turn in plan}


def test_a_new_member_and_one_that_weighs_otherwise_go_on_from_the_last_turn() -> None:
    former = first(weighted(1, 2, 3), 30)
    changed = weighted(1, 2, 6, 4)
    turn = next(turns(changed, FOREVER, former[-1]))
    closed = {c: former[-1].basis.carried[c] + former[-1].basis.booked.get(c, 0) for c in CODES[:3]}
    assert [turn.basis.carried[code] for code in CODES[:3]] == [closed["nl-dr"], closed["nl-fl"], 2 * closed["nl-fr"]]
    done = shares(turn.basis.carried, turn.basis.weights)
    assert 0 <= done["nl-ge"] - min(done.values()) < Fraction(1, 1000)


def test_accounts_begin_empty_where_turns_went_by_turns_before() -> None:
    rota = weighted(1, 2, 3)
    former = first(dataclasses.replace(rota, strategy="inTurn", weights=()), 5)
    turn = next(turns(rota, FOREVER, former[-1]))
    assert set(turn.basis.carried.values()) == {0}
    assert turn.holders == (("nl-dr",),)
    assert former[-1].holders == (("nl-fl",),)


@pytest.mark.parametrize("slots", [2, 3])
def test_with_several_slots_those_who_carried_least_take_the_turn_together(slots: int) -> None:
    plan = first(weighted(1, 1, 2, 2, 2, 2, 2, slots=slots), 120)
    held = Counter(code for turn in plan for code in organisations_of(turn.holders))
    assert all(len(turn.holders) == slots for turn in plan)
    assert all(
        abs(held[code] - 120 * slots * weight / 12) <= 1
        for code, weight in zip(CODES, (1, 1, 2, 2, 2, 2, 2), strict=False)
    )

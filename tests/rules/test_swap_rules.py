"""Which turns may be swapped, what is worth saying of it, and when somebody is reminded (rule 7.9)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piket.rota.duty_rules import OverrideSpan, TurnSpan, duty_at, stretches
from piket.rota.swap_rules import (
    REMIND_BEFORE,
    Side,
    giver,
    halves,
    objections,
    remarks,
    remind_after,
    taker_objections,
)

START = datetime(2024, 1, 3, 11, tzinfo=UTC)
NOW = START - timedelta(days=1)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def turn(number: int, *holders: str) -> TurnSpan:
    return TurnSpan(f"t{number}", day(10 * number), day(10 * number + 10), tuple((code,) for code in holders))


def sides(
    offered: TurnSpan, requested: TurnSpan, gives: str | None, other: str | None, **more: Any
) -> tuple[Side, Side]:
    return Side("offered", offered, gives, other, **more), Side("requested", requested, other, gives, **more)


A, B, C, D = turn(0, "a"), turn(1, "b"), turn(2, "c"), turn(3, "d")


def said(offered: Side, requested: Side, now: datetime = NOW) -> list[tuple[str, str]]:
    found = objections(offered, requested, now) or taker_objections(offered, requested)
    return [(one.field, str(one.sentence)) for one in found]


def test_two_turns_of_two_that_are_to_come_can_be_swapped() -> None:
    assert said(*sides(A, B, "a", "b")) == []


@pytest.mark.parametrize(
    ("pair", "now", "fields"),
    [
        (sides(A, A, "a", "a"), NOW, ["requestedTurn"]),
        (sides(A, turn(1, "a"), "a", "a"), NOW, ["requestedTurn"]),
        (sides(A, B, "a", "b"), START, ["offeredTurn"]),
        (sides(A, B, "a", "b"), day(10), ["offeredTurn", "requestedTurn"]),
        (sides(A, B, "a", "b", superseded=True), NOW, ["offeredTurn", "requestedTurn"]),
        (sides(A, B, "x", "b"), NOW, ["offeredTurn"]),
        (sides(turn(0, "a", "e"), B, None, "b"), NOW, ["offering"]),
        (sides(A, turn(1, "b", "e"), "a", None), NOW, ["requested"]),
        (sides(turn(0), B, None, "b"), NOW, ["offeredTurn"]),
        (sides(turn(0, "a", "b"), turn(1, "b", "c"), "a", "b"), NOW, ["offeredTurn"]),
        (sides(turn(0, "a", "b"), turn(1, "a", "b"), "a", "b"), NOW, ["offeredTurn", "requestedTurn"]),
    ],
)
def test_what_cannot_be_swapped_names_the_field(pair: tuple[Side, Side], now: datetime, fields: list[str]) -> None:
    assert [field for field, _ in said(*pair, now)] == fields


def test_a_turn_can_be_swapped_until_just_before_it_begins() -> None:
    assert said(*sides(A, B, "a", "b"), START - timedelta.resolution) == []


def test_who_is_exempt_during_a_turn_cannot_take_it() -> None:
    offered, requested = sides(A, B, "a", "b")
    assert said(replace(offered, exempt={"b": "brand."}), requested) == [
        ("offeredTurn", "b is exempt during this turn (brand).")
    ]
    assert said(replace(offered, exempt={"a": "brand"}), requested) == []


def test_whose_place_is_meant_is_named_or_ones_own_or_the_only_one() -> None:
    two, swapped = turn(0, "a", "b"), [OverrideSpan("h", day(0), day(10), "x", "b", "s")]
    assert giver(two, (), "b", "a") == "b"
    assert [giver(two, swapped, None, asker) for asker in ("a", "x", "c", None)] == ["a", "x", None, None]
    assert giver(A, (), None, "c") == "a"


def test_reminders_come_before_the_earlier_turn_and_after_the_proposal() -> None:
    begins = day(100)
    assert [begins - at for at in (remind_after(begins, day(0)), remind_after(begins, day(90))) if at] == [
        timedelta(days=14),
        timedelta(days=7),
    ]
    assert remind_after(begins, begins - timedelta(days=14)) == begins - timedelta(days=7)
    assert remind_after(begins, begins - timedelta(hours=12)) is None
    assert sorted(REMIND_BEFORE, reverse=True) == list(REMIND_BEFORE)


def test_who_then_has_two_turns_running_is_named_with_the_whole_span() -> None:
    found = remarks(*sides(A, D, "a", "d"), [A, B, C, D, turn(4, "a")], [])
    assert [(one.kind, one.organisation, one.from_at, one.until_at) for one in found] == [
        ("twiceRunning", "a", day(30), day(50))
    ]
    assert remarks(*sides(A, C, "a", "c"), [A, B, C, D], []) == []
    # Another swap in force counts: d has b's turn, and takes a's before it.
    before = OverrideSpan("h", B.from_at, B.until_at, "d", "b", "s")
    assert [one.organisation for one in remarks(*sides(A, D, "a", "d"), [A, B, C, D], [before])] == ["d"]


def test_the_longer_turn_is_named_and_an_hour_of_summer_time_is_not() -> None:
    for until, kinds in ((day(20), []), (day(20.05), []), (day(23), ["longer"])):
        other = TurnSpan("t1", day(10), until, (("b",),))
        found = remarks(*sides(A, other, "a", "b"), [A, other], [])
        assert [(one.kind, one.organisation) for one in found] == [(kind, "a") for kind in kinds]


def test_a_part_that_an_override_takes_is_named() -> None:
    over = OverrideSpan("o", day(8), day(12), "x")
    found = remarks(*sides(A, C, "a", "c"), [A, B, C, D], [over])
    assert [(one.kind, one.organisation, one.from_at, one.until_at) for one in found] == [
        ("overridden", "x", day(8), day(10))
    ]
    elsewhere = OverrideSpan("o", day(1), day(2), "x", "e")
    assert remarks(*sides(A, C, "a", "c"), [A, B, C, D], [elsewhere]) == []


@given(
    st.permutations([0, 1, 2, 3]),
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 15), st.sampled_from("abcdx")), max_size=4),
    st.integers(0, 39 * 24),
)
def test_every_moment_has_exactly_one_on_duty_whatever_is_swapped_and_overridden(
    order: list[int], spans: list[tuple[int, int, str]], hour: int
) -> None:
    turns = [A, B, C, D]
    one, two, three, four = (turns[number] for number in order)
    first = halves("s", *sides(one, two, one.holders[0][0], two.holders[0][0]))
    second = halves("t", *sides(three, four, three.holders[0][0], four.holders[0][0]))
    overrides = [OverrideSpan(f"{n}", day(at), day(at + length), who) for n, (at, length, who) in enumerate(spans)]
    pieces = stretches(turns, [*first, *second, *overrides])
    at = START + timedelta(hours=hour)
    assert len([piece for piece in pieces if piece.from_at <= at < piece.until_at]) == 1
    found = duty_at(pieces, at)
    assert found is not None and len(found.organisations) == 1
    assert sorted(code for turn in turns for code in _whole(pieces, turn)) == ["a", "b", "c", "d"]


def _whole(pieces: list[Any], turn: TurnSpan) -> set[str]:
    """Who has a turn, its overrides aside."""
    return {code for piece in pieces if piece.turn == turn for slot in piece.whole for code in slot.organisations}

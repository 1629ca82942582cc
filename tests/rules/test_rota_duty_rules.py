"""Who has duty by turns and overrides that are written down (rules 5.1, 7.2, 7.4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from piket.rota.duty_rules import (
    OverrideSpan,
    TurnSpan,
    call_order,
    duty_at,
    next_holder,
    same_duty,
    standby,
    stretches,
)

START = datetime(2024, 1, 3, 11, tzinfo=UTC)
MEMBERS = (("a",), ("b",), ("c",), ("d",))


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def turn(number: int, *holders: str) -> TurnSpan:
    """Turns of ten days, end to end."""
    return TurnSpan(f"t{number}", day(10 * number), day(10 * number + 10), tuple((code,) for code in holders))


TURNS = [turn(0, "a"), turn(1, "b"), turn(2, "c"), turn(3, "d")]


def test_the_moment_of_hand_over_belongs_to_the_coming_turn() -> None:
    pieces = stretches(TURNS, [])
    for moment, who in ((day(10) - timedelta.resolution, ("a",)), (day(10), ("b",))):
        found = duty_at(pieces, moment)
        assert found is not None and found.organisations == who


def test_an_override_holds_from_its_beginning_to_just_before_its_end() -> None:
    pieces = stretches(TURNS, [OverrideSpan("o", day(3), day(5), "x")])
    who = [
        piece.organisations if (piece := duty_at(pieces, at)) else None for at in (day(2.9), day(3), day(4.9), day(5))
    ]
    assert who == [("a",), ("x",), ("x",), ("a",)]
    found = duty_at(pieces, day(3))
    assert found is not None and [(slot.origin, slot.override) for slot in found.slots] == [("override", "o")]


def test_an_override_over_a_hand_over_holds_in_both_turns() -> None:
    pieces = stretches(TURNS, [OverrideSpan("o", day(8), day(12), "x")])
    assert [(p.turn.id, p.organisations) for p in pieces[:4]] == [
        ("t0", ("a",)),
        ("t0", ("x",)),
        ("t1", ("x",)),
        ("t1", ("b",)),
    ]


def test_one_that_was_taken_back_before_it_began_changes_nothing() -> None:
    assert stretches(TURNS, [OverrideSpan("o", day(3), day(3), "x")]) == stretches(TURNS, [])
    assert stretches(TURNS, [OverrideSpan("o", day(3), day(2), "x")]) == stretches(TURNS, [])


def test_an_override_of_one_slot_leaves_the_others() -> None:
    pieces = stretches([turn(0, "a", "b")], [OverrideSpan("o", day(1), day(2), "x", replaces="b")])
    assert [piece.organisations for piece in pieces] == [("a", "b"), ("a", "x"), ("a", "b")]


def test_standby_is_the_first_later_holder_that_differs_from_duty() -> None:
    assert standby(stretches(TURNS, []), day(1), ("a",)) == "b"
    twice = [turn(0, "a"), turn(1, "a"), turn(2, "c")]
    assert standby(stretches(twice, []), day(1), ("a",)) == "c"
    overridden = stretches(TURNS, [OverrideSpan("o", day(3), day(5), "x")])
    assert standby(overridden, day(1), ("a",)) == "x"
    assert standby(overridden, day(4), ("x",)) == "a"
    assert standby(stretches(TURNS, []), day(35), ("d",)) is None


def test_next_is_the_holder_of_the_next_turn_also_when_it_is_the_same() -> None:
    twice = [turn(0, "a"), turn(1, "a"), turn(2, "c")]
    assert next_holder(stretches(twice, []), day(1)) == "a"
    assert next_holder(stretches(TURNS, [OverrideSpan("o", day(3), day(5), "x")]), day(1)) == "b"
    assert next_holder(stretches(TURNS, []), day(35)) is None


def test_the_same_duty_lasts_between_overrides_and_within_the_turn() -> None:
    pieces = stretches(TURNS, [OverrideSpan("o", day(3), day(5), "x"), OverrideSpan("p", day(6), day(7), "a")])
    spans = [same_duty(pieces, piece) for piece in pieces[:5]]
    assert spans == [(day(0), day(3)), (day(3), day(5)), *[(day(5), day(10))] * 3]


def test_the_order_is_duty_then_standby_then_as_turns_come_and_round_again() -> None:
    pieces = stretches(TURNS, [])
    assert call_order(pieces, day(1), MEMBERS, ()) == ("a", "b", "c", "d")
    assert call_order(pieces, day(21), MEMBERS, ()) == ("c", "d", "a", "b")
    assert call_order(pieces, day(35), MEMBERS, ()) == ("d", "a", "b", "c")


def test_the_one_who_is_replaced_waits_for_its_next_turn_and_the_stand_in_goes_first() -> None:
    pieces = stretches(TURNS, [OverrideSpan("o", day(0), day(10), "x")])
    assert call_order(pieces, day(1), MEMBERS, ()) == ("x", "b", "c", "d", "a")


def test_the_exempt_are_never_called_unless_an_override_gave_them_duty() -> None:
    assert call_order(stretches(TURNS, []), day(1), MEMBERS, {"b", "d"}) == ("a", "c")
    given_duty = stretches(TURNS, [OverrideSpan("o", day(0), day(10), "d")])
    assert call_order(given_duty, day(1), MEMBERS, {"d"}) == ("d", "b", "c", "a")


def test_the_next_coming_turn_is_called_first_when_nobody_is_on_duty_and_else_the_first_of_the_list() -> None:
    assert call_order(stretches(TURNS[2:], []), day(1), MEMBERS, ()) == ("c", "d", "a", "b")
    assert call_order([], day(1), MEMBERS, ()) == ("a", "b", "c", "d")


def swap(number: int, organisation: str, replaces: str) -> OverrideSpan:
    """Half a swap: of turn `number`."""
    return OverrideSpan(f"s{number}", day(10 * number), day(10 * number + 10), organisation, replaces, swap="s")


def test_a_swap_gives_each_the_whole_turn_of_the_other() -> None:
    pieces = stretches(TURNS, [swap(0, "c", "a"), swap(2, "a", "c")])
    assert [piece.organisations for piece in pieces] == [("c",), ("b",), ("a",), ("d",)]
    assert [(slot.origin, slot.swap) for piece in pieces for slot in piece.slots] == [
        ("swap", "s"),
        ("rota", None),
        ("swap", "s"),
        ("rota", None),
    ]


def test_the_order_of_calls_follows_the_swap_and_goes_on_from_whose_turn_it_is_by_the_rota() -> None:
    swapped = [swap(1, "c", "b"), swap(2, "b", "c")]
    assert call_order(stretches(TURNS, swapped), day(1), MEMBERS, ()) == ("a", "c", "b", "d")
    last = [swap(2, "d", "c"), swap(3, "c", "d")]
    members = (*MEMBERS, ("e",), ("f",))
    assert call_order(stretches(TURNS, last), day(1), members, ()) == ("a", "b", "d", "c", "e", "f")


def test_an_override_wins_over_a_swap_for_its_time_and_names_either_of_the_two() -> None:
    for replaces in (None, "a", "c"):
        pieces = stretches(TURNS, [swap(0, "c", "a"), OverrideSpan("o", day(3), day(5), "x", replaces)])
        assert [piece.organisations for piece in pieces[:3]] == [("c",), ("x",), ("c",)], replaces
        assert [slot.origin for piece in pieces[:3] for slot in piece.slots] == ["swap", "override", "swap"]
        assert [slot.organisations for slot in pieces[1].whole] == [("c",)]


def test_a_swap_of_one_who_shares_a_slot_leaves_the_other_in_it() -> None:
    shared = TurnSpan("t0", day(0), day(10), (("a", "b"), ("c",)))
    pieces = stretches([shared], [swap(0, "d", "b")])
    assert [(slot.organisations, slot.origin) for slot in pieces[0].slots] == [(("a", "d"), "swap"), (("c",), "rota")]


OVERRIDES = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 15), st.sampled_from("abcdxy")).map(
        lambda o: OverrideSpan(f"{o}", day(o[0]), day(o[0] + o[1]), o[2])
    ),
    max_size=6,
)


@given(OVERRIDES, st.integers(0, 39 * 24))
def test_every_moment_of_the_turns_has_exactly_one_stretch_whatever_the_overrides(
    overrides: list[OverrideSpan], hour: int
) -> None:
    pieces = stretches(TURNS, overrides)
    at = START + timedelta(hours=hour)
    assert len([piece for piece in pieces if piece.from_at <= at < piece.until_at]) == 1
    assert pieces[0].from_at == day(0) and pieces[-1].until_at == day(40)
    found = duty_at(pieces, at)
    assert found is not None and len(found.organisations) == 1
    assert standby(pieces, at, found.organisations) not in found.organisations
    order = call_order(pieces, at, MEMBERS, ())
    assert order[:1] == found.organisations
    assert len(set(order)) == len(order) and set(order) >= {"a", "b", "c", "d"}

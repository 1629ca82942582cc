"""Whether somebody who can be reached has duty at every moment (rules 10.6 to 10.8)."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from piket.rota.coverage_rules import HOLES, STATES, Cover, Hole, KnownHole, compare, cover, holes
from piket.rota.duty_rules import OverrideSpan, Stretch, TurnSpan, stretches

START = datetime(2025, 1, 6, 8, tzinfo=UTC)
ALL = ("a", "b", "c")


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def turn(number: int, *slots: str) -> TurnSpan:
    """Turns of ten days; "ab" is a slot that a and b share."""
    return TurnSpan(f"t{number}", day(10 * number), day(10 * number + 10), tuple(tuple(slot) for slot in slots))


def found(
    pieces: list[Stretch],
    reachable: tuple[str, ...] = ALL,
    confirmed: Callable[[str, str], bool] = lambda turn, code: True,
    since: float = 0,
    until: float = 30,
    asked_until: float = 7,
) -> list[Cover]:
    return cover(pieces, day(since), day(until), reachable, confirmed, day(asked_until))


THREE = stretches([turn(0, "a"), turn(1, "b"), turn(2, "c")], [])


def test_turns_end_to_end_with_who_can_be_reached_are_covered() -> None:
    assert [(one.state, one.turn, one.organisations) for one in found(THREE)] == [
        ("covered", f"t{number}", (code,)) for number, code in enumerate(ALL)
    ]


def test_who_was_asked_and_has_not_said_is_unconfirmed_and_who_was_not_asked_yet_is_not() -> None:
    def confirmed(turn: str, code: str) -> bool:
        return (turn, code) == ("t1", "b")

    states = [one.state for one in found(THREE, confirmed=confirmed, asked_until=10)]
    assert states == ["coveredUnconfirmed", "covered", "covered"]
    assert found(THREE, confirmed=confirmed, asked_until=20)[2].unconfirmed == ("c",)
    just_before = found(THREE, confirmed=lambda *_: False, asked_until=10 - 1e-6)
    assert [one.state for one in just_before] == ["coveredUnconfirmed", "covered", "covered"]


def test_who_has_no_contact_point_for_all_hours_is_a_hole_also_when_it_confirmed() -> None:
    states = [(one.state, one.unreachable) for one in found(THREE, reachable=("a", "c"))]
    assert states == [("covered", ()), ("nobodyReachable", ("b",)), ("covered", ())]


def test_where_no_turn_is_written_and_where_all_are_exempt_nobody_has_duty() -> None:
    pieces = stretches([turn(0, "a"), TurnSpan("t1", day(10), day(20), ()), turn(3, "c")], [])
    states = [(one.state, one.from_at, one.until_at, one.turn) for one in found(pieces, until=45)]
    assert states == [
        ("covered", day(0), day(10), "t0"),
        ("nobody", day(10), day(20), "t1"),
        ("nobody", day(20), day(30), None),
        ("covered", day(30), day(40), "t3"),
        ("nobody", day(40), day(45), None),
    ]
    assert [(one.from_at, one.until_at) for one in holes(found(pieces, until=45))] == [
        (day(10), day(30)),
        (day(40), day(45)),
    ]


def test_of_several_slots_the_worst_counts_and_of_those_who_share_one_is_enough() -> None:
    pieces = stretches([turn(0, "a", "bc")], [])
    assert [one.state for one in found(pieces, ("a", "c"), until=10)] == ["covered"]
    (one,) = found(pieces, ("b", "c"), until=10)
    assert (one.state, one.unreachable, one.organisations) == ("nobodyReachable", ("a",), ("a", "b", "c"))
    (both,) = found(pieces, ("a",), until=10)
    assert both.unreachable == ("b", "c")
    (silent,) = found(pieces, confirmed=lambda turn, code: code in "ac", until=10)
    assert (silent.state, silent.unconfirmed) == ("covered", ())


def test_an_override_counts_for_its_time_only() -> None:
    pieces = stretches([turn(0, "a")], [OverrideSpan("o", day(2), day(3), "x")])
    assert [(one.state, one.from_at) for one in found(pieces, until=10)] == [
        ("covered", day(0)),
        ("nobodyReachable", day(2)),
        ("covered", day(3)),
    ]


def test_a_hole_of_who_cannot_be_reached_is_one_however_often_it_has_duty() -> None:
    pieces = stretches([turn(0, "a"), turn(1, "b"), turn(2, "a")], [])
    assert holes(found(pieces, ("b",))) == [Hole("nobodyReachable", ("a",), day(0), day(10), 2)]


def known(number: str, hole: Hole) -> KnownHole:
    return KnownHole(number, hole.state, hole.organisations, hole.from_at, hole.until_at)


def test_what_is_there_already_is_not_new_what_comes_again_is_and_what_is_over_is_gone() -> None:
    away, alone = Hole("nobodyReachable", ("a",), day(0), day(10)), Hole("nobody", (), day(20), day(25))
    assert compare([], [away, alone]) == ([away, alone], [])
    later = Hole("nobodyReachable", ("a",), day(20), day(30))
    grown = Hole("nobody", (), day(22), day(29))
    assert compare([known("1", away), known("2", alone)], [later, grown]) == ([], [])
    other = Hole("nobody", (), day(26), day(29))
    assert compare([known("1", away), known("2", alone)], [other]) == ([other], ["1", "2"])
    assert compare([known("2", alone)], [Hole("nobodyReachable", ("b",), day(20), day(25))])[1] == ["2"]


@given(
    st.lists(st.sampled_from(["", "a", "b", "c", "gap"]), min_size=1, max_size=6),
    st.sets(st.sampled_from(ALL)),
    st.floats(-5, 30),
    st.floats(0, 60),
    st.lists(st.tuples(st.floats(0, 50), st.floats(0, 9)), max_size=2),
)
def test_every_moment_of_the_span_is_in_just_one_stretch_and_says_the_truth(
    who: list[str], reachable: set[str], since: float, length: float, made: list[tuple[float, float]]
) -> None:
    turns = [turn(number, *([code] if code else [])) for number, code in enumerate(who) if code != "gap"]
    overrides = [OverrideSpan(f"o{n}", day(at), day(at + lasts), "c") for n, (at, lasts) in enumerate(made[:1])]
    pieces = stretches(turns, overrides)
    begins, ends = day(since), day(since + length)
    covers = cover(pieces, begins, ends, reachable, lambda turn, code: True, day(7))
    assert [one.from_at for one in covers] == [begins, *(one.until_at for one in covers)][: len(covers)]
    assert not covers or covers[-1].until_at == ends
    assert all(one.from_at < one.until_at and one.state in STATES for one in covers)
    for one, other in itertools.pairwise(covers):
        assert (one.state, one.turn, one.organisations) != (other.state, other.turn, other.organisations)
    for one in covers:
        duty = next((piece for piece in pieces if piece.from_at <= one.from_at < piece.until_at), None)
        on = duty.organisations if duty else ()
        assert one.organisations == on
        assert one.state == ("nobody" if not on else "covered" if set(on) <= reachable else "nobodyReachable")
    assert bool(holes(covers)) == any(one.state in HOLES for one in covers)

"""Which hand-overs there are, and what is told of them at which pass."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from piket.rota.duty_rules import OverrideSpan, TurnSpan, stretches
from piket.rota.hand_over_rules import HandOver, Notice, Step, between, steps

AT = datetime(2024, 9, 25, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
EVER = AT - timedelta(days=999)
ONE = HandOver(AT, ("a",), ("b",))


def done(step: Step) -> Notice:
    return Notice(step.hand_over.at, step.moment, step.hand_over.leaving, step.hand_over.coming, step.outcome)


def turn(number: int, *holders: str) -> TurnSpan:
    return TurnSpan(
        f"t{number}", AT + number * 24 * HOUR, AT + (number + 1) * 24 * HOUR, tuple((code,) for code in holders)
    )


def test_turns_and_overrides_hand_over_where_the_one_on_duty_changes() -> None:
    turns = [turn(0, "a"), turn(1, "b"), turn(2, "b")]
    found = list(between(stretches(turns, [OverrideSpan("o", AT + 30 * HOUR, AT + 60 * HOUR, "x")])))
    assert [(h.at - AT, h.leaving, h.coming, h.override) for h in found] == [
        (0 * HOUR, (), ("a",), None),
        (24 * HOUR, ("a",), ("b",), None),
        (30 * HOUR, ("b",), ("x",), "o"),
        (60 * HOUR, ("x",), ("b",), "o"),
    ]


def test_only_who_changes_hands_over_in_a_rota_with_several_slots() -> None:
    (_, change) = between(stretches([turn(0, "a", "b"), turn(1, "b", "c")], []))
    assert (change.leaving, change.coming, change.nobody) == (("a",), ("c",), False)


def test_a_turn_without_holder_hands_over_to_nobody() -> None:
    (_, change) = between(stretches([turn(0, "a"), turn(1)], []))
    assert (change.leaving, change.coming, change.nobody) == (("a",), (), True)


def test_a_hand_over_is_told_before_and_at_its_moment_once_each() -> None:
    early = steps([ONE], [], AT - 20 * HOUR, EVER)
    assert early == [Step(ONE, "before", "told")]
    told = [done(early[0])]
    assert steps([ONE], told, AT - HOUR, EVER) == []
    late = steps([ONE], told, AT, EVER)
    assert late == [Step(ONE, "now", "told")]
    assert steps([ONE], [*told, done(late[0])], AT + HOUR, EVER) == []


def test_only_the_newest_is_told_and_older_ones_are_marked_after_a_long_pause() -> None:
    older = HandOver(AT - 99 * HOUR, ("z",), ("a",))
    assert steps([older, ONE], [], AT + HOUR, EVER) == [Step(older, "now", "missed"), Step(ONE, "now", "told")]


def test_one_that_passed_unseen_before_one_that_was_told_is_marked() -> None:
    older = HandOver(AT - HOUR, ("z",), ("a",))
    assert steps([older, ONE], [Notice(AT, "now", ("a",), ("b",), "told")], AT + HOUR, EVER) == [
        Step(older, "now", "missed")
    ]


def test_what_was_behind_us_when_the_rota_was_made_is_not_told() -> None:
    assert steps([ONE], [], AT + HOUR, watched_since=AT + timedelta.resolution) == []
    assert steps([ONE], [], AT + HOUR, watched_since=AT) == [Step(ONE, "now", "told")]


def test_everybody_concerned_is_told_again_when_another_takes_over_than_was_told() -> None:
    other = HandOver(AT, ("a",), ("x",))
    notice = Notice(AT, "before", ("a",), ("b",), "told")
    assert steps([other], [notice], AT - HOUR, EVER) == [Step(other, "before", "told", ("a", "b"))]


def test_what_was_told_and_does_not_take_place_is_taken_back_once() -> None:
    notice = Notice(AT, "before", ("a",), ("b",), "told")
    (step,) = steps([], [notice], AT - HOUR, EVER)
    assert step == Step(ONE, "before", "undone")
    assert steps([], [notice, done(step)], AT - HOUR, EVER) == []
    assert steps([ONE], [notice, done(step)], AT - HOUR, EVER) == [Step(ONE, "before", "told")]


def test_nothing_is_taken_back_that_has_passed() -> None:
    assert steps([], [Notice(AT, "before", ("a",), ("b",), "told")], AT, EVER) == []

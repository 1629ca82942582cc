"""What is gathered, and what never is: whatever comes, in whatever order, everything is told, and a storm stays bounded."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piket.alerts.gather_rules import CROSSINGS, FAILURES, Limits, Message, gathered_kind, is_due, is_held_back, told_at
from piket.alerts.rules import ALL_KINDS, LEVELS

START = datetime(2024, 9, 16, 12, tzinfo=UTC)
LIMITS = Limits(6, timedelta(minutes=10), timedelta(minutes=10))
SECOND = timedelta(seconds=1)


def swings(count: int, apart: timedelta = SECOND, levels: tuple[str, str] = ("watch", "normal")) -> list[Message]:
    """Up and down."""
    return [
        Message("levelLowered" if number % 2 else "levelRaised", levels[number % 2], START + number * apart)
        for number in range(count)
    ]


def held(messages: list[Message], limits: Limits = LIMITS) -> list[Message]:
    return [one for number, one in enumerate(messages) if is_held_back(one, messages[:number], limits)]


def test_only_changes_of_level_and_failed_deliveries_are_ever_gathered() -> None:
    storm = swings(100)
    for kind in ALL_KINDS:
        new = Message(kind, "watch", START + 200 * SECOND)
        may = kind in CROSSINGS | FAILURES
        assert is_held_back(new, storm, LIMITS) == may, kind
        assert (gathered_kind(kind) is not None) == may


def test_the_first_six_go_by_themselves_and_the_others_wait() -> None:
    storm = swings(300, timedelta(seconds=0.2))
    assert held(storm) == storm[6:]


def test_a_window_ago_is_outside_the_window() -> None:
    storm = swings(6)
    new = replace(storm[0], at=START + LIMITS.window)
    assert not is_held_back(new, storm, LIMITS)
    assert is_held_back(replace(new, at=new.at - SECOND / 2), storm, LIMITS)


@pytest.mark.parametrize("level", ["high", "overflow", "acute"])
def test_a_rise_to_a_level_that_is_new_goes_out_in_the_middle_of_a_storm(level: str) -> None:
    storm = [*swings(50), Message("levelRaised", level, START + 60 * SECOND)]
    assert storm[-1] not in held(storm)


def test_people_without_a_bed_are_told_each_time() -> None:
    storm = swings(50, levels=("acute", "high"))
    assert all(one.kind == "levelLowered" for one in held(storm))


def test_an_end_of_overflow_waits_only_when_there_are_ten_times_as_many() -> None:
    storm = swings(59)
    end = Message("allClear", "high", START + 59 * SECOND)
    assert not is_held_back(end, storm, LIMITS)
    assert is_held_back(end, [*storm, storm[0]], LIMITS)


def test_what_is_held_back_is_told_with_those_that_wait_and_never_later_than_they() -> None:
    new = swings(1)[0]
    assert told_at(new, None, LIMITS) == START + timedelta(minutes=10)
    assert told_at(new, START + SECOND, LIMITS) == START + SECOND
    assert told_at(new, START + timedelta(hours=1), LIMITS) == START + timedelta(minutes=10)


def test_what_a_clock_planned_that_was_set_back_is_due() -> None:
    assert is_due(START, START, LIMITS)
    assert not is_due(START + SECOND, START, LIMITS)
    assert not is_due(START + LIMITS.until_told, START, LIMITS)
    assert is_due(START + LIMITS.until_told + SECOND, START, LIMITS)


MESSAGES = st.lists(
    st.builds(
        Message,
        st.sampled_from(sorted(CROSSINGS)),
        st.sampled_from(LEVELS),
        st.integers(0, 7200).map(lambda seconds: START + seconds * SECOND),
    ),
    max_size=200,
).map(lambda messages: sorted(messages, key=lambda one: one.at))


@given(MESSAGES)
def test_a_quiet_moment_and_what_is_acute_never_wait_and_the_rest_is_bounded(messages: list[Message]) -> None:
    waiting = held(messages)
    for number, one in enumerate(messages):
        recent = [other for other in messages[:number] if other.at > one.at - LIMITS.window]
        if len(recent) < LIMITS.above or (one.kind == "levelRaised" and one.level == "acute"):
            assert one not in waiting or messages.count(one) > 1
    alone = [one for one in messages if one.kind != "allClear" and one.level != "acute" and one not in waiting]
    for begin in alone:
        within = [one for one in alone if begin.at <= one.at < begin.at + LIMITS.window]
        # The six of the window's beginning, and the first rise to each level.
        assert len(within) <= LIMITS.above + len(LEVELS) * 2

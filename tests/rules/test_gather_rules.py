"""What is gathered, and what never is: whatever comes, in whatever order, everything is told, and a storm stays bounded."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piket.alerts.gather_rules import (
    CALLS,
    COUNTS,
    FAILURES,
    Limits,
    Message,
    gathered_kind,
    is_due,
    is_held_back,
    told_at,
)
from piket.alerts.rules import ALL_KINDS, LEVELS

START = datetime(2024, 9, 16, 12, tzinfo=UTC)
LIMITS = Limits(6, timedelta(minutes=10), timedelta(minutes=10), timedelta(minutes=1))
SECOND = timedelta(seconds=1)


def swings(count: int, apart: timedelta = SECOND, levels: tuple[str, str] = ("watch", "normal")) -> list[Message]:
    """Up and down."""
    return [
        Message("levelLowered" if number % 2 else "levelRaised", levels[number % 2], START + number * apart)
        for number in range(count)
    ]


def held(messages: list[Message], limits: Limits = LIMITS) -> list[Message]:
    return [one for number, one in enumerate(messages) if is_held_back(one, messages[:number], limits)]


def test_only_what_a_sender_can_make_by_hundreds_and_failed_deliveries_are_ever_gathered() -> None:
    for kind in ALL_KINDS:
        new = Message(kind, "watch", START + 200 * SECOND)
        may = kind in COUNTS | CALLS | FAILURES
        assert is_held_back(new, [replace(new, at=START)] * 100, LIMITS) == may, kind
        assert (gathered_kind(kind) is not None) == may


@pytest.mark.parametrize("kind", sorted(CALLS | {"allClear", "countHeld"}))
def test_what_is_counted_among_its_like_waits_behind_nothing_else(kind: str) -> None:
    new = Message(kind, "overflow", START + 300 * SECOND)
    others = [Message(other, "overflow", START) for other in COUNTS | CALLS if other != kind for _ in range(50)]
    like = [replace(new, at=START + number * SECOND) for number in range(6)]
    assert not is_held_back(new, [*others, *like[:5]], LIMITS)
    assert is_held_back(new, [*others, *like], LIMITS)


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


def test_people_without_a_bed_wait_only_behind_others_of_them() -> None:
    new = Message("levelRaised", "acute", START + 100 * SECOND)
    assert not is_held_back(new, swings(100), LIMITS)
    acute = [one for one in swings(12, levels=("acute", "high")) if one.kind == "levelRaised"]
    assert not is_held_back(new, acute[:5], LIMITS)
    assert is_held_back(new, acute, LIMITS)


@pytest.mark.parametrize(
    ("kind", "level", "minutes"),
    [("levelLowered", "high", 10), ("levelRaised", "acute", 1), ("allClear", "high", 10), ("countHeld", None, 1)]
    + [(kind, "overflow", 1) for kind in sorted(CALLS | FAILURES)],
)
def test_where_somebody_must_act_it_comes_within_a_minute(kind: str, level: str | None, minutes: int) -> None:
    assert told_at(Message(kind, level, START), None, LIMITS) == START + timedelta(minutes=minutes)


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
        st.sampled_from(sorted(COUNTS)),
        st.sampled_from(LEVELS),
        st.integers(0, 7200).map(lambda seconds: START + seconds * SECOND),
    ),
    max_size=200,
).map(lambda messages: sorted(messages, key=lambda one: one.at))


@given(MESSAGES)
def test_in_a_quiet_moment_nothing_waits_and_whatever_comes_is_bounded(messages: list[Message]) -> None:
    waiting = held(messages)
    for number, one in enumerate(messages):
        recent = [other for other in messages[:number] if other.at > one.at - LIMITS.window]
        if len(recent) < LIMITS.above:
            assert one not in waiting or messages.count(one) > 1
    alone = [one for one in messages if one not in waiting]
    for begin in alone:
        within = [one for one in alone if begin.at <= one.at < begin.at + LIMITS.window]
        # Six of each kind and six of people without a bed, and the first rise to each level.
        assert len(within) <= LIMITS.above * (len(COUNTS) + 1) + len(LEVELS) * 2

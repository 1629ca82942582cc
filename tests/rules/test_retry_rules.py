"""When a failed delivery is tried again."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from piket.alerts.retry_rules import (
    JITTER,
    LONGEST_PAUSE,
    SCHEDULE,
    Failure,
    jitter,
    next_attempt,
    step,
)

NOON = datetime(2024, 9, 16, 12, tzinfo=UTC)
DOWN = Failure("http-503")
failed_numbers = st.integers(min_value=1, max_value=len(SCHEDULE) + 5)
ids = st.text(min_size=1, max_size=36)


def _attempts(delivery: str, each: timedelta = timedelta(0)) -> list[datetime]:
    """The beginnings of all attempts when every one fails after `each`."""
    begun = [NOON]
    while True:
        decision = next_attempt(delivery, len(begun), NOON, begun[-1] + each, DOWN)
        if decision.at is None:
            return begun
        begun.append(decision.at)


def test_attempts_follow_the_list_to_24_hours_when_everything_fails() -> None:
    listed = [0, 1, 2, 5, 10, 30, 60, 120, 300, 900, 1800] + [3600 * hour for hour in range(1, 25)]
    assert list(SCHEDULE) == listed
    begun = _attempts("a")
    assert len(begun) == len(listed)
    steps = [0.0] + [float(later - earlier) for earlier, later in itertools.pairwise(listed)]
    for at, planned, pause in zip(begun, listed, steps, strict=True):
        late = (at - NOON).total_seconds() - planned
        assert 0 <= late <= pause * JITTER


@given(ids, failed_numbers)
def test_jitter_is_the_same_again_and_at_most_a_fifth(delivery: str, failed: int) -> None:
    assert jitter(delivery, failed) == jitter(delivery, failed)
    assert 0 <= jitter(delivery, failed) < JITTER


def test_jitter_differs_between_deliveries_so_that_they_do_not_come_together() -> None:
    assert len({jitter(str(number), 6) for number in range(100)}) == 100


@given(ids, st.floats(min_value=0, max_value=30))
def test_the_whole_step_is_rested_when_attempts_take_a_while(delivery: str, seconds: float) -> None:
    each = timedelta(seconds=seconds)
    begun = _attempts(delivery, each)
    assert len(begun) == len(SCHEDULE)
    for failed, (earlier, later) in enumerate(itertools.pairwise(begun), start=1):
        rested = (later - (earlier + each)).total_seconds()
        assert (step(failed) or 0) <= rested <= LONGEST_PAUSE.total_seconds()


def test_attempts_make_no_burst_when_the_engine_was_down_for_hours() -> None:
    at, rests = NOON + timedelta(hours=10), []
    for failed in range(3, 8):
        decision = next_attempt("a", failed, NOON, at, DOWN)
        assert decision.at is not None
        rests.append((decision.at - at).total_seconds())
        at = decision.at
    assert rests == [3, 5, 20, 30, 60]


@given(ids, failed_numbers, st.floats(min_value=-1e12, max_value=1e12))
def test_retry_after_is_honoured_within_a_second_and_an_hour(delivery: str, failed: int, asked: float) -> None:
    decision = next_attempt(delivery, failed, NOON, NOON, Failure("http-429", retry_after=asked))
    if failed >= len(SCHEDULE):
        assert decision.at is None
        return
    assert decision.at is not None
    bounded = min(max(asked, 1.0), 3600.0)
    assert decision.at >= NOON + timedelta(seconds=bounded) - timedelta(microseconds=1)
    assert decision.at <= NOON + LONGEST_PAUSE


def test_retry_after_never_hurries_the_schedule() -> None:
    soon = Failure("http-503", retry_after=1)
    decision = next_attempt("a", 10, NOON, NOON + timedelta(minutes=15), soon)
    assert decision.at is not None
    assert decision.at >= NOON + timedelta(minutes=30)


@given(ids, failed_numbers)
def test_nothing_follows_when_the_refusal_is_permanent(delivery: str, failed: int) -> None:
    assert next_attempt(delivery, failed, NOON, NOON, Failure("http-410", permanent=True)).at is None


def test_others_are_told_once_when_the_third_attempt_fails() -> None:
    troubles = [next_attempt("a", failed, NOON, NOON, DOWN).trouble for failed in range(1, 36)]
    assert troubles == [failed == 3 for failed in range(1, 36)]


def test_others_are_told_when_a_refusal_is_permanent_and_had_not_been_told_before() -> None:
    gone = Failure("http-410", permanent=True)
    assert next_attempt("a", 1, NOON, NOON, gone).trouble
    assert next_attempt("a", 3, NOON, NOON, gone).trouble
    assert not next_attempt("a", 4, NOON, NOON, gone).trouble


@given(st.timedeltas(min_value=timedelta(days=-400), max_value=timedelta(days=400)))
def test_next_attempt_stays_within_the_longest_pause_when_the_clock_has_jumped(jump: timedelta) -> None:
    decision = next_attempt("a", 4, NOON, NOON + jump, DOWN)
    assert decision.at is not None
    assert NOON + jump < decision.at <= NOON + jump + LONGEST_PAUSE


@given(ids, st.integers(min_value=1, max_value=6))
def test_the_fast_attempts_stay_fast_when_the_clock_was_set_back_after_the_first(delivery: str, failed: int) -> None:
    """The first attempt lies in the future then; a list that is counted from it would be waited for."""
    earlier = NOON - timedelta(hours=1)
    assert next_attempt(delivery, failed, NOON, earlier, DOWN).at == earlier + timedelta(seconds=step(failed) or 0)

"""Guessing: never faster than allowed, and it always opens again."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piket.organisations.guessing_rules import (
    ACCOUNT,
    DESK_CODE,
    NONE,
    REMEMBERED,
    SOURCE,
    Doubling,
    Limit,
    PerPeriod,
    Tries,
    after_a_try,
    longest_wait,
    opens_in,
    taken_back,
)
from tests.fakes import START

LIMITS = (ACCOUNT, SOURCE, DESK_CODE)
ZERO = timedelta(0)
limits = st.sampled_from(LIMITS)
gaps = st.lists(
    st.one_of(
        st.integers(0, 30).map(lambda n: timedelta(seconds=n)),
        st.integers(0, 2000).map(lambda n: timedelta(seconds=n)),
        st.integers(0, 30).map(lambda n: timedelta(hours=n)),
    ),
    max_size=120,
)


def guess(limit: Limit, waits: list[timedelta]) -> list[datetime]:
    """Somebody who tries after each of these pauses, whatever they are told; the moments at which they were let try."""
    tries, now, admitted = NONE, START, []
    for wait in waits:
        now += wait
        if not opens_in(limit, tries, now):
            tries = after_a_try(limit, tries, now)
            admitted.append(now)
    return admitted


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0), (4, 0), (5, 30), (6, 60), (7, 120), (9, 480), (10, 900), (11, 900), (10**9, 900)]
)
def test_waits_at_one_name_double_up_to_a_quarter_of_an_hour(failures: int, seconds: int) -> None:
    assert ACCOUNT.wait(failures) == timedelta(seconds=seconds)


@given(gaps)
def test_at_one_name_nobody_guesses_faster_than_the_waits(waits: list[timedelta]) -> None:
    row = 0
    admitted = guess(ACCOUNT, waits)
    for before, after in itertools.pairwise(admitted):
        row = 0 if after - before >= ACCOUNT.forgotten_after else row + 1
        assert after - before >= ACCOUNT.wait(row)


@given(limits, gaps)
def test_no_limit_lets_through_more_in_a_day_than_it_says(limit: Limit, waits: list[timedelta]) -> None:
    admitted = guess(limit, waits)
    most = {ACCOUNT: 5 + 6 + 96, SOURCE: 20 * 24 + 7 * 24 + 288, DESK_CODE: 5 * 24}[limit]  # type: ignore[index]
    for at in admitted:
        assert len([one for one in admitted if at <= one < at + timedelta(days=1)]) <= most


@given(gaps)
def test_a_desk_is_tried_five_times_in_any_hour(waits: list[timedelta]) -> None:
    admitted = guess(DESK_CODE, waits)
    for at in admitted:
        assert len([one for one in admitted if at <= one < at + timedelta(hours=1)]) <= 5


@given(limits, gaps)
def test_it_always_opens_again_after_the_longest_wait_and_when_it_said(limit: Limit, waits: list[timedelta]) -> None:
    tries, now = NONE, START
    for wait in waits:
        now += wait
        held = opens_in(limit, tries, now)
        assert ZERO <= held <= limit.longest
        assert opens_in(limit, tries, now + held) == ZERO
        assert held == ZERO or opens_in(limit, tries, now + held - timedelta(microseconds=1)) > ZERO
        tries = tries if held else after_a_try(limit, tries, now)
        assert len(tries.recent) <= REMEMBERED


@given(limits, gaps)
def test_knocking_while_it_is_shut_makes_no_wait_longer(limit: Limit, waits: list[timedelta]) -> None:
    """Else a stranger could keep somebody out by knocking."""
    patient, tries, now = NONE, NONE, START
    for wait in waits:
        now += wait
        if not opens_in(limit, tries, now):
            tries = patient = after_a_try(limit, tries, now)
        assert opens_in(limit, tries, now) == opens_in(limit, patient, now)


@given(limits, gaps, st.timedeltas(timedelta(minutes=2), timedelta(days=4000)))
def test_a_clock_that_is_set_back_shuts_nobody_out(limit: Limit, waits: list[timedelta], back: timedelta) -> None:
    tries, now = NONE, START
    for wait in waits:
        now += wait
        if not opens_in(limit, tries, now):
            tries = after_a_try(limit, tries, now)
    assert opens_in(limit, tries, now - back) <= limit.longest


def test_two_machines_a_moment_apart_do_not_let_one_more_through() -> None:
    tries = Tries(30, START, (START,) * REMEMBERED)
    for limit in LIMITS:
        assert opens_in(limit, tries, START - timedelta(milliseconds=20)) == limit.longest


def test_a_day_without_a_try_in_vain_forgets_everything() -> None:
    tries = Tries(50, START, (START,))
    assert opens_in(ACCOUNT, tries, START + timedelta(minutes=1)) == timedelta(minutes=14)
    later = START + timedelta(hours=24)
    assert after_a_try(ACCOUNT, tries, later) == Tries(1, later, (later,))


def test_a_try_that_succeeds_is_taken_back_and_the_others_stay() -> None:
    later = START + timedelta(seconds=5)
    tries = after_a_try(SOURCE, after_a_try(SOURCE, NONE, START), later)
    assert taken_back(tries, later) == Tries(1, later, (START,))
    assert taken_back(NONE, START) == NONE


def test_five_in_an_hour_reopen_one_by_one() -> None:
    tries = NONE
    for minute in range(5):
        tries = after_a_try(DESK_CODE, tries, START + timedelta(minutes=minute))
    now = START + timedelta(minutes=10)
    assert opens_in(DESK_CODE, tries, now) == timedelta(minutes=50)
    tries = after_a_try(DESK_CODE, tries, START + timedelta(minutes=60))
    assert opens_in(DESK_CODE, tries, START + timedelta(minutes=60)) == timedelta(minutes=1)


def test_no_limit_looks_back_further_than_is_remembered() -> None:
    assert all(limit.most <= REMEMBERED for limit in LIMITS if isinstance(limit, PerPeriod))


def test_of_several_waits_the_longest_counts() -> None:
    assert longest_wait([]) == ZERO
    assert longest_wait([ZERO, timedelta(seconds=3), timedelta(seconds=2)]) == timedelta(seconds=3)


def test_a_limit_says_what_it_may_cost() -> None:
    assert Doubling(1, timedelta(seconds=1), timedelta(seconds=3), timedelta(hours=1)).wait(2) == timedelta(seconds=2)

"""Sections 3 to 5 of the rules: opening and closing, the need, deadlines, whom to call."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piket.overflows.rules import (
    Deadlines,
    Pressure,
    answer_state,
    closes,
    counts_up_to,
    may_open,
    needed,
    needed_by,
    next_call,
    respond_by,
    shortfall,
)

ZONE = ZoneInfo("Europe/Amsterdam")
NUMBERS = Deadlines(
    timedelta(minutes=15), timedelta(minutes=60), timedelta(minutes=20), time(18), time(8), time(21), timedelta(hours=3)
)
CALM = Pressure(people=1900, occupied=0, without_bed=None, occupied_then=0, aim=1950, clear_below=1951)
COUNT = st.integers(0, 5000)
MAYBE = st.none() | COUNT


def local(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2024, 9, day, hour, minute, second, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("made", "respond", "need"),
    [
        (local(16, 8), local(16, 9), local(16, 21)),
        (local(16, 14, 20), local(16, 15, 20), local(16, 21)),
        (local(16, 17, 59, 59), local(16, 18, 59, 59), local(16, 21)),
        (local(16, 18), local(16, 18, 20), local(16, 21)),
        (local(16, 23, 40), local(17, 0, 0), local(17, 2, 40)),
        (local(17, 3), local(17, 3, 20), local(17, 21)),
        (local(17, 7, 59, 59), local(17, 8, 19, 59), local(17, 21)),
    ],
)
def test_deadlines_follow_the_hour_on_the_wall(made: datetime, respond: datetime, need: datetime) -> None:
    assert respond_by(made, NUMBERS) == respond
    assert needed_by(made, NUMBERS) == need


def test_deadlines_in_the_night_that_the_clock_goes_back_are_counted_in_real_minutes() -> None:
    made = datetime(2024, 10, 27, 0, 50, tzinfo=ZoneInfo("UTC"))
    assert respond_by(made, NUMBERS) - made == timedelta(minutes=20)
    late = datetime(2024, 10, 26, 21, 30, tzinfo=ZoneInfo("UTC"))
    assert needed_by(late, NUMBERS) - late == timedelta(hours=3)


def test_need_is_the_example_of_the_rules() -> None:
    assert needed(replace(CALM, people=2129)) == 179
    assert shortfall(179, 120) == 59


def test_need_counts_who_sleeps_elsewhere_and_who_has_no_bed() -> None:
    assert needed(replace(CALM, people=1900, occupied=100)) == 50
    assert needed(replace(CALM, people=1900, without_bed=45, occupied_then=20)) == 65
    assert needed(replace(CALM, people=2200, occupied=0, without_bed=45)) == 250
    assert needed(replace(CALM, people=None, without_bed=45)) == 45


@given(MAYBE, COUNT, MAYBE, COUNT)
def test_need_is_never_negative_and_unknown_only_when_nothing_is_known(
    people: int | None, occupied: int, without: int | None, then: int
) -> None:
    found = needed(Pressure(people, occupied, without, then, 1950, 1951))
    assert (found is None) == (people is None and without is None)
    assert found is None or found >= 0


@given(MAYBE, COUNT)
def test_shortfall_is_what_is_needed_and_not_committed(need: int | None, committed: int) -> None:
    missing = shortfall(need, committed)
    assert missing is None if need is None else missing == max(0, need - committed)


@pytest.mark.parametrize(
    ("level", "by_hand", "reaches", "opens"),
    [
        ("overflow", False, False, True),
        ("acute", False, True, True),
        ("high", False, False, False),
        ("unknown", False, False, False),
        ("overflow", True, False, False),
        ("overflow", True, True, True),
        ("acute", True, True, True),
    ],
)
def test_episode_opens_at_overflow_and_after_a_closure_by_hand_only_when_reached(
    level: str, by_hand: bool, reaches: bool, opens: bool
) -> None:
    assert may_open(level, closed_by_hand=by_hand, reaches=reaches) is opens


def test_episode_closes_below_the_clearing_and_not_while_people_sleep_elsewhere() -> None:
    assert closes("high", replace(CALM, people=1950), declared=False, reached=True)
    assert not closes("high", replace(CALM, people=1850, occupied=101), declared=False, reached=True)
    assert closes("high", replace(CALM, people=1850, occupied=100), declared=False, reached=True)


def test_episode_stays_open_while_unknown_acute_or_somebody_has_no_bed() -> None:
    assert not closes("unknown", replace(CALM, people=None), declared=False, reached=True)
    assert not closes("acute", CALM, declared=False, reached=True)
    assert not closes("high", replace(CALM, without_bed=1), declared=False, reached=True)
    assert closes("high", replace(CALM, without_bed=0), declared=False, reached=True)


def test_declared_episode_closes_by_hand_unless_a_count_has_reached_it() -> None:
    assert not closes("normal", CALM, declared=True, reached=False)
    assert closes("normal", CALM, declared=True, reached=True)


def test_next_call_goes_to_the_first_who_is_still_eligible() -> None:
    assert next_call(["nl-ov", "nl-ut", "nl-ze"], set()) == "nl-ov"
    assert next_call(["nl-ov", "nl-ut", "nl-ze"], {"nl-ov", "nl-ut"}) == "nl-ze"
    assert next_call(["nl-ov"], {"nl-ov"}) is None


def test_answer_counts_up_to_what_was_asked_and_late_up_to_what_is_missing() -> None:
    assert counts_up_to(179, 0, 59, late=False, closed=False) == 179
    assert counts_up_to(179, 0, 59, late=True, closed=False) == 59
    assert counts_up_to(179, 120, 59, late=True, closed=False) == 179
    assert counts_up_to(179, 120, 0, late=True, closed=False) == 120
    assert counts_up_to(179, 120, 59, late=False, closed=True) == 120


def test_state_of_an_answer_follows_what_counts() -> None:
    assert answer_state(0, 0, 179) == "declined"
    assert answer_state(120, 120, 179) == "partly"
    assert answer_state(179, 0, 179) == "partly"
    assert answer_state(200, 179, 179) == "met"

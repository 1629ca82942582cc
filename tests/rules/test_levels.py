"""Sections 1 and 2 of the rules: what becomes of a count, and which level it makes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piket.occupancy.rules import (
    LEVELS,
    Judged,
    Ladder,
    Rung,
    arrive,
    centre_level,
    highest_head_count,
    is_stale,
    judge,
    over_norm,
    rank,
    unknown_since,
)

NOW = datetime(2024, 9, 16, 12, tzinfo=UTC)
LADDER = Ladder(
    "nightBeds",
    (Rung("watch", 1800, 1750), Rung("high", 1900, 1850), Rung("overflow", 2001, 1951)),
    timedelta(hours=26),
)
PEOPLE = st.integers(0, 3000)
OWN = st.sampled_from(["normal", "watch", "high", "overflow"])


@pytest.mark.parametrize(
    ("level", "people", "expected"),
    [
        ("normal", 1799, "normal"),
        ("normal", 1800, "watch"),
        ("normal", 1899, "watch"),
        ("normal", 1900, "high"),
        ("normal", 2000, "high"),
        ("normal", 2001, "overflow"),
        ("watch", 1750, "watch"),
        ("watch", 1749, "normal"),
        ("watch", 1850, "watch"),
        ("high", 1850, "high"),
        ("high", 1849, "watch"),
        ("high", 1749, "normal"),
        ("overflow", 1951, "overflow"),
        ("overflow", 1950, "high"),
        ("overflow", 1850, "high"),
        ("overflow", 1849, "watch"),
        ("overflow", 1750, "watch"),
        ("overflow", 0, "normal"),
    ],
)
def test_level_is_reached_at_its_threshold_and_left_below_its_clearing(level: str, people: int, expected: str) -> None:
    assert judge(LADDER, level, people) == expected


@given(OWN, PEOPLE)
def test_same_count_again_changes_nothing(level: str, people: int) -> None:
    once = judge(LADDER, level, people)
    assert judge(LADDER, once, people) == once


@given(OWN, OWN, PEOPLE, PEOPLE)
def test_more_people_or_a_higher_level_never_makes_a_lower_one(a: str, b: str, some: int, more: int) -> None:
    low, high = sorted((a, b), key=rank)
    few, many = sorted((some, more))
    assert rank(judge(LADDER, low, few)) <= rank(judge(LADDER, high, few))
    assert rank(judge(LADDER, low, few)) <= rank(judge(LADDER, low, many))


@given(OWN, PEOPLE)
def test_judging_agrees_with_the_sentence_of_the_rule(level: str, people: int) -> None:
    """The highest L such that p >= at(L), or L is not above C and p >= clearBelow(L); else normal."""
    fits = [
        rung.level
        for rung in LADDER.rungs
        if people >= rung.at or (LEVELS.index(rung.level) <= LEVELS.index(level) and people >= rung.clear_below)
    ]
    assert judge(LADDER, level, people) == (max(fits, key=LEVELS.index) if fits else "normal")


def test_swinging_around_the_limit_stays_one_overflow() -> None:
    level, seen = "normal", []
    for people in (2002, 1998, 2003, 1955, 2001, 1951):
        level = judge(LADDER, level, people)
        seen.append(level)
    assert seen == ["overflow"] * 6


def test_count_is_stale_only_when_older_than_its_time() -> None:
    after = timedelta(hours=26)
    assert not is_stale(NOW - after, after, NOW)
    assert is_stale(NOW - after - timedelta(microseconds=1), after, NOW)


def judged(
    definition: str = "nightBeds", level: str = "normal", people: int = 0, stale: bool = False, hours: int = 0
) -> Judged:
    return Judged(definition, level, people, NOW - timedelta(hours=hours), stale, "id")


def test_level_of_the_centre_is_the_highest_that_is_fresh() -> None:
    beds, present = judged("nightBeds", "overflow", 2100), judged("present", "watch", 1850)
    assert centre_level([beds, present], False) == "overflow"
    assert centre_level([judged("nightBeds", "overflow", 2100, stale=True), present], False) == "watch"


def test_level_is_unknown_without_a_fresh_head_count() -> None:
    assert centre_level([], False) == "unknown"
    assert centre_level([judged(level="overflow", people=2100, stale=True)], False) == "unknown"
    assert centre_level([judged("withoutBed", people=0)], False) == "unknown"


def test_anyone_without_a_bed_is_acute_also_when_nothing_else_is_known() -> None:
    assert centre_level([judged("withoutBed", people=1)], False) == "acute"
    assert (
        centre_level([judged("withoutBed", people=45, stale=True), judged(level="high", people=1900)], False) == "high"
    )
    assert centre_level([judged(level="overflow", people=2100)], True) == "acute"


def test_people_are_the_highest_fresh_head_count_and_never_zero_for_unknown() -> None:
    beds, present = judged("nightBeds", people=2000), judged("present", people=2050)
    assert highest_head_count([beds, present]) == present
    assert highest_head_count([judged("nightBeds", people=2000, stale=True), judged("withoutBed", people=45)]) is None


def test_above_the_norm_is_said_of_people_not_of_the_level() -> None:
    assert [over_norm(people, 2000) for people in (2129, 2001, 2000, 1700)] == [129, 1, 0, 0]
    assert over_norm(None, 2000) is None


def test_unknown_begins_when_the_last_head_count_became_stale() -> None:
    old = [judged("nightBeds", hours=30, stale=True)]
    assert unknown_since(old, (LADDER,), NOW) == NOW - timedelta(hours=4)
    assert unknown_since([], (LADDER,), NOW) is None


@pytest.mark.parametrize(
    ("people", "last", "act"),
    [(2100, None, "judge"), (2100, 1800, "judge"), (2101, 1800, "hold"), (1499, 1800, "hold"), (1500, 1800, "judge")],
)
def test_head_count_is_held_when_it_differs_by_more_than_the_setting(people: int, last: int | None, act: str) -> None:
    assert arrive("nightBeds", people, late=False, stale=False, last_judged=last, hold_above=300).act == act


def test_people_without_a_bed_are_never_held() -> None:
    assert arrive("withoutBed", 700, late=False, stale=False, last_judged=0, hold_above=300).act == "judge"


def test_late_and_stale_counts_are_kept_and_say_why() -> None:
    late = arrive("present", 9000, late=True, stale=True, last_judged=1, hold_above=300)
    stale = arrive("present", 9000, late=False, stale=True, last_judged=1, hold_above=300)
    assert (late.act, late.why, stale.act, stale.why) == ("keep", "late", "keep", "stale")

"""The calculation of turns (rules 7.1 to 7.3), as properties over start dates, lengths, hand-over hours and exemptions."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piket.rota.definitions import basis_from_json, basis_to_json
from piket.rota.rules import (
    WEEKDAYS,
    Definition,
    Exemption,
    boundaries,
    eligible,
    first_hand_over,
    is_zone,
    organisations_of,
    to_local,
    turns,
    wall_moment,
    zone_of,
)
from tests.rules.rota_examples import DAYS, FOREVER, PROVINCES, ZONES, codes_of, definitions, first

DEFAULT = Definition("Piket", PROVINCES, date(2024, 1, 3), exemptions=(Exemption("nl-gr", "an example of a decision"),))
MOMENTS = st.integers(0, 35 * 365 * 24 * 4).map(lambda n: datetime(2010, 1, 1, tzinfo=UTC) + n * timedelta(minutes=15))


@given(definitions())
def test_every_moment_belongs_to_exactly_one_turn_whatever_the_length_and_hour(definition: Definition) -> None:
    plan = first(definition, 60)
    assert plan[0].from_at == first_hand_over(definition)
    assert all(before.until_at == after.from_at for before, after in pairwise(plan))
    assert all(turn.from_at < turn.until_at for turn in plan)


@given(definitions())
def test_hand_overs_are_at_the_wall_time_of_their_day_unless_the_clock_leaps_over_it(definition: Definition) -> None:
    for turn in first(definition, 40):
        local = to_local(turn.from_at, definition.clock)
        assert wall_moment(local.date(), definition.hand_over_time, definition.clock) == turn.from_at
        shown = local.time().replace(tzinfo=None)
        earlier = to_local(turn.from_at - timedelta(seconds=1), definition.clock).replace(tzinfo=None)
        leapt = earlier < local.replace(tzinfo=None) - timedelta(seconds=1)
        assert shown == definition.hand_over_time or (leapt and shown > definition.hand_over_time)
        if definition.turn_unit == "weeks":
            assert WEEKDAYS[local.weekday()] == definition.hand_over_weekday


@given(definitions())
def test_nobody_has_two_turns_running_while_others_are_eligible(definition: Definition) -> None:
    plan = first(definition, 60)
    for before, after in pairwise(plan):
        able = organisations_of(eligible(definition, after.from_at, after.until_at))
        had = set(organisations_of(before.holders))
        again = had & set(organisations_of(after.holders))
        rested = [code for code in able if code not in had]
        assert not again or set(rested) <= set(organisations_of(after.holders))


@given(definitions())
def test_nobody_has_a_turn_that_touches_its_exemption_and_each_slot_is_filled_where_it_can_be(
    definition: Definition,
) -> None:
    for turn in islice(turns(definition, FOREVER), 40):
        held = organisations_of(turn.holders)
        exempt = {
            e.organisation for e in definition.exemptions if e.touches(turn.from_at, turn.until_at, definition.clock)
        }
        assert not exempt & set(held)
        assert set(turn.basis.exempt) == exempt
        able = eligible(definition, turn.from_at, turn.until_at)
        assert len(held) == min(definition.slots, len(able)) == len(turn.basis.places)
        assert turn.basis.of == len(able)


@given(definitions(), st.integers(0, 30))
def test_going_on_after_a_written_turn_gives_what_one_calculation_gives(definition: Definition, cut: int) -> None:
    """From the row alone: what is written down of the turn, read back."""
    whole = first(definition, 45)
    kept = json.loads(json.dumps(basis_to_json(whole[cut].basis)))
    row = dataclasses.replace(whole[cut], basis=basis_from_json(kept))
    assert row == whole[cut]
    assert list(islice(turns(definition, FOREVER, row), 44 - cut)) == whole[cut + 1 :]


@given(DAYS, st.integers(0, 50))
def test_a_full_round_gives_each_member_one_turn_without_exemptions(starts_on: date, skipped: int) -> None:
    definition = Definition("a rota", PROVINCES, starts_on)
    plan = list(islice(turns(definition, FOREVER), skipped + 12))[skipped:]
    assert sorted(turn.holders for turn in plan) == sorted((member,) for member in PROVINCES)


def test_the_default_rota_begins_with_drenthe_on_3_january_2024_at_noon() -> None:
    first, second = islice(turns(DEFAULT, FOREVER), 2)
    assert (first.from_at, first.holders) == (datetime(2024, 1, 3, 11, tzinfo=UTC), (("nl-dr",),))
    assert (second.from_at, second.holders) == (datetime(2024, 1, 17, 11, tzinfo=UTC), (("nl-fl",),))
    assert (first.basis.after, second.basis.after) == (None, ("nl-dr",))


def test_turns_go_round_in_the_decided_order_and_leave_out_the_exempt() -> None:
    plan = list(islice(turns(DEFAULT, FOREVER), 12))
    order = [organisations_of(turn.holders)[0] for turn in plan]
    assert order == [f"nl-{code}" for code in "dr fl fr ge li nb nh ov ut ze zh dr".split()]
    assert [turn.basis.places[0] for turn in plan] == [*range(1, 12), 1]
    assert {turn.basis.of for turn in plan} == {11}


def test_until_is_exclusive_and_a_turn_that_begins_before_it_is_whole() -> None:
    third = datetime(2024, 1, 31, 11, tzinfo=UTC)
    assert len(list(turns(DEFAULT, third))) == 2
    assert [turn.from_at for turn in turns(DEFAULT, third + timedelta(seconds=1))][-1] == third


def test_who_returns_from_an_exemption_takes_the_next_place_and_does_not_catch_up() -> None:
    away = Exemption("nl-fl", "an election", date(2024, 1, 10), date(2024, 1, 20))
    definition = Definition("a rota", PROVINCES[:3], date(2024, 1, 3), exemptions=(away,))
    plan = islice(turns(definition, FOREVER), 6)
    order = [organisations_of(turn.holders)[0].removeprefix("nl-") for turn in plan]
    assert order == ["dr", "fr", "dr", "fl", "fr", "dr"]


@pytest.mark.parametrize(
    ("since", "until", "exempt"),
    [
        (date(2024, 1, 17), None, True),  # begins on the morning of the day on which the turn ends
        (date(2024, 1, 18), None, False),
        (None, date(2024, 1, 3), True),  # holds to the end of the day on which the turn begins
        (None, date(2024, 1, 2), False),
        (None, None, True),
    ],
)
def test_an_exemption_of_one_day_takes_the_turns_that_touch_it(since: date, until: date, exempt: bool) -> None:
    definition = Definition(
        "a rota", PROVINCES[:2], date(2024, 1, 3), exemptions=(Exemption("nl-dr", "x", since, until),)
    )
    first = next(turns(definition, FOREVER))
    assert first.holders == ((("nl-fl",),) if exempt else (("nl-dr",),))


def test_a_turn_has_no_holder_and_the_order_goes_on_when_all_are_exempt_for_a_while() -> None:
    away = tuple(Exemption(code, "x", date(2024, 1, 18), date(2024, 1, 20)) for (code,) in PROVINCES[:3])
    plan = list(
        islice(
            turns(Definition("a", PROVINCES[:3], date(2024, 1, 3), exemptions=away), FOREVER),
            3,
        )
    )
    assert [turn.holders for turn in plan] == [(("nl-dr",),), (), (("nl-fl",),)]


def test_of_two_that_share_a_slot_the_other_has_it_while_one_is_exempt() -> None:
    definition = Definition(
        "a",
        (("vr14", "vr25"), ("vr01",)),
        date(2024, 1, 3),
        exemptions=(Exemption("vr25", "x", None, date(2024, 1, 10)),),
    )
    plan = list(islice(turns(definition, FOREVER), 3))
    assert [turn.holders for turn in plan] == [(("vr14",),), (("vr01",),), (("vr14", "vr25"),)]


def test_months_keep_their_day_and_are_clipped_to_the_end_of_a_short_one() -> None:
    definition = Definition("a", PROVINCES, date(2024, 1, 31), "months", 1, hand_over_time=time(9))
    days = [to_local(turn.from_at).date() for turn in islice(turns(definition, FOREVER), 5)]
    assert days == [date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30), date(2024, 5, 31)]


def test_weeks_begin_on_the_first_such_weekday_on_or_after_the_start() -> None:
    monday = Definition("a", PROVINCES, date(2024, 1, 2), hand_over_weekday="monday", hand_over_time=time(9))
    assert first_hand_over(monday) == datetime(2024, 1, 8, 8, tzinfo=UTC)


def test_a_changed_rhythm_takes_over_where_the_last_turn_ends_and_joins_its_own_grid() -> None:
    last = list(islice(turns(DEFAULT, FOREVER), 4))[-1]
    changed = Definition("b", PROVINCES, date(2024, 1, 1), "weeks", 1, "monday", time(9))
    first, second = islice(turns(changed, FOREVER, last), 2)
    assert first.from_at == last.until_at == datetime(2024, 2, 28, 11, tzinfo=UTC)
    assert first.until_at == second.from_at == datetime(2024, 3, 4, 8, tzinfo=UTC)
    assert (last.holders, first.holders) == ((("nl-ge",),), (("nl-gr",),))


def test_a_new_order_that_begins_itself_starts_with_its_first_member_unless_that_one_just_had_the_turn() -> None:
    last = list(islice(turns(DEFAULT, FOREVER), 4))[-1]
    assert last.holders == (("nl-ge",),)
    begins = to_local(last.until_at).date()
    for members, first_holder in ((("nl-zh",), ("nl-ge",)), "nl-zh"), ((("nl-ge",), ("nl-zh",)), "nl-zh"):
        first = next(turns(Definition("b", members, begins), FOREVER, last))
        assert organisations_of(first.holders) == (first_holder,)


@pytest.mark.parametrize(
    ("day", "wall", "moment"),
    [
        (
            date(2024, 3, 31),
            time(2, 30),
            datetime(2024, 3, 31, 1, tzinfo=UTC),
        ),  # missing: the first instant after the hole
        (date(2024, 3, 31), time(2), datetime(2024, 3, 31, 1, tzinfo=UTC)),
        (date(2024, 3, 31), time(3), datetime(2024, 3, 31, 1, tzinfo=UTC)),
        (date(2024, 3, 31), time(1, 59), datetime(2024, 3, 31, 0, 59, tzinfo=UTC)),
        (date(2024, 10, 27), time(2, 30), datetime(2024, 10, 27, 0, 30, tzinfo=UTC)),  # double: the first of the two
        (date(2024, 10, 27), time(3), datetime(2024, 10, 27, 2, tzinfo=UTC)),
        (date(2024, 7, 1), time(12), datetime(2024, 7, 1, 10, tzinfo=UTC)),
        (date(2024, 1, 1), time(12), datetime(2024, 1, 1, 11, tzinfo=UTC)),
    ],
)
def test_a_wall_time_is_its_first_occurrence_or_the_end_of_the_hole(day: date, wall: time, moment: datetime) -> None:
    assert wall_moment(day, wall) == moment


@given(DAYS, st.times().map(lambda wall: wall.replace(microsecond=0)))
def test_a_later_day_is_a_later_moment_at_any_wall_time(day: date, wall: time) -> None:
    apart = wall_moment(day + timedelta(days=1), wall) - wall_moment(day, wall)
    assert timedelta(hours=23) <= apart <= timedelta(hours=25)


@pytest.mark.parametrize("zone", ZONES)
@given(starts_on=DAYS, unit=st.sampled_from(["days", "weeks", "months"]), length=st.integers(9, 40), wall=st.times())
def test_twenty_years_have_no_second_too_few_or_too_many_in_any_zone(
    zone: str, starts_on: date, unit: Any, length: int, wall: time
) -> None:
    rota = Definition("a", PROVINCES, starts_on, unit, length, hand_over_time=wall.replace(microsecond=0), zone=zone)
    plan = list(turns(rota, wall_moment(starts_on + timedelta(days=20 * 365), time(), rota.clock)))
    assert sum((turn.until_at - turn.from_at for turn in plan), timedelta()) == plan[-1].until_at - plan[0].from_at
    assert all(before.until_at == after.from_at for before, after in pairwise(plan))
    assert all(turn.until_at > turn.from_at for turn in plan)


@pytest.mark.parametrize(
    ("zone", "day", "wall", "moment"),
    [
        ("America/Sao_Paulo", date(2018, 11, 4), time(0), datetime(2018, 11, 4, 3, tzinfo=UTC)),  # leaps at midnight
        (
            "Australia/Lord_Howe",
            date(2024, 10, 6),
            time(2, 15),
            datetime(2024, 10, 5, 15, 30, tzinfo=UTC),
        ),  # half an hour
        (
            "Pacific/Apia",
            date(2011, 12, 30),
            time(12),
            datetime(2011, 12, 30, 10, tzinfo=UTC),
        ),  # the whole day is missing
        ("UTC", date(2024, 3, 31), time(2, 30), datetime(2024, 3, 31, 2, 30, tzinfo=UTC)),
    ],
)
def test_a_wall_time_is_that_of_the_rota_s_own_zone(zone: str, day: date, wall: time, moment: datetime) -> None:
    assert wall_moment(day, wall, zone_of(zone)) == moment


def test_a_day_that_a_zone_leaps_over_has_no_turn_of_no_time() -> None:
    daily = Definition("a", PROVINCES, date(2011, 12, 28), "days", 1, hand_over_time=time(0), zone="Pacific/Apia")
    plan = first(daily, 4)
    assert [to_local(turn.from_at, daily.clock).day for turn in plan] == [28, 29, 31, 1]
    assert codes_of(plan) == ["dr", "fl", "fr", "ge"]


def test_days_of_exemptions_are_days_of_the_rota_s_zone() -> None:
    """21 October 2024 begins in Auckland eleven hours before it does here."""
    exempt = (Exemption("nl-dr", "x", date(2024, 10, 21)),)
    until = datetime(2024, 10, 20, 12, tzinfo=UTC)
    for zone, free in (("Pacific/Auckland", []), ("Europe/Amsterdam", [("nl-dr",)])):
        rota = Definition("a", PROVINCES[:1], date(2024, 1, 1), exemptions=exempt, zone=zone)
        assert eligible(rota, until - timedelta(hours=3), until) == free


@pytest.mark.parametrize(
    "name", ["Europe/Nowhere", "", "localtime", "Europe", "../UTC", "Europe/../Europe/Rome", "/etc/passwd", "CET"]
)
def test_what_is_no_zone_everywhere_is_no_zone(name: str) -> None:
    assert not is_zone(name)


@given(definitions(), MOMENTS)
def test_the_next_hand_over_is_found_from_any_moment_also_before_the_start(
    definition: Definition, at: datetime
) -> None:
    following, second = islice(boundaries(definition, at), 2)
    assert at < following < second
    assert next(boundaries(definition, following - timedelta.resolution)) == following
    longest = {"days": 1, "weeks": 7, "months": 31}[definition.turn_unit] * definition.turn_length
    assert following - at <= timedelta(days=longest, hours=1)

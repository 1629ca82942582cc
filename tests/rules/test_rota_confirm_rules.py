"""When who is asked what it can open: exact moments, late passes, whoever takes a turn over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from piket.rota.confirm_rules import Asked, Stint, Timing, answer_by, no_longer_asked, steps_due, stints, sum_known
from piket.rota.duty_rules import OverrideSpan, TurnSpan, stretches

HOUR, DAY, SECOND = timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)
BEGINS = datetime(2024, 9, 25, 10, tzinfo=UTC)
ENDS = BEGINS + 14 * DAY
STINT = Stint("turn", "nl-ut", BEGINS, ENDS)
TIMING = Timing(7 * DAY, 2 * DAY, 24 * HOUR)
LONG_AGO = BEGINS - 365 * DAY


def due(now: datetime, done: dict[str, datetime] | None = None, confirmed: bool = False) -> list[str]:
    return steps_due(STINT, done or {}, confirmed, now, TIMING, LONG_AGO)


def told(moments: list[datetime], confirmed_at: datetime | None = None) -> list[tuple[str, datetime]]:
    """What passes at these moments tell."""
    done: dict[str, datetime] = {}
    for now in moments:
        for step in due(now, done, confirmed_at is not None and confirmed_at <= now):
            assert step not in done, "told twice"
            done[step] = now
    return sorted(done.items(), key=lambda item: item[1])


def test_each_step_comes_at_its_moment_and_not_a_second_before() -> None:
    asked, reminded, silent = BEGINS - 7 * DAY, BEGINS - 5 * DAY, BEGINS - DAY
    assert due(asked - SECOND) == []
    assert due(asked) == ["asked"]
    before = {"asked": asked}
    assert due(reminded - SECOND, before) == []
    assert due(reminded, before) == ["reminded"]
    before["reminded"] = reminded
    assert due(silent - SECOND, before) == []
    assert due(silent, before) == ["silent"]
    before["silent"] = silent
    assert due(BEGINS - SECOND, before) == []
    assert due(BEGINS, before) == ["missing"]
    assert due(BEGINS + DAY, before | {"missing": BEGINS}) == []


def test_an_answer_ends_it_at_every_step_also_when_it_is_none() -> None:
    for now in (BEGINS - 7 * DAY, BEGINS - 5 * DAY, BEGINS - DAY, BEGINS, BEGINS + DAY):
        assert due(now, {}, confirmed=True) == []


def test_who_is_asked_late_is_reminded_counted_from_then_and_never_after_its_duty_began() -> None:
    assert told([BEGINS - 3 * DAY, BEGINS - DAY - SECOND, BEGINS - DAY]) == [
        ("asked", BEGINS - 3 * DAY),
        ("reminded", BEGINS - DAY),
        ("silent", BEGINS - DAY),
    ]
    assert told([BEGINS - 12 * HOUR, BEGINS - HOUR, BEGINS]) == [
        ("asked", BEGINS - 12 * HOUR),
        ("silent", BEGINS - 12 * HOUR),
        ("missing", BEGINS),
    ]


def test_after_a_long_pause_only_what_still_makes_sense_is_told() -> None:
    assert due(BEGINS + 3 * DAY) == ["missing"]
    assert due(BEGINS + 3 * DAY, {"asked": BEGINS - 7 * DAY}) == ["missing"]
    assert due(ENDS - SECOND) == ["missing"]
    assert due(ENDS) == []


def test_duty_that_began_before_the_rota_was_watched_is_not_spoken_of() -> None:
    assert steps_due(STINT, {}, False, BEGINS + HOUR, TIMING, BEGINS + SECOND) == []
    assert steps_due(STINT, {}, False, BEGINS + HOUR, TIMING, BEGINS) == ["missing"]


@given(
    st.lists(st.integers(-10 * 86400, 15 * 86400), min_size=1, max_size=40),
    st.one_of(st.none(), st.integers(-10 * 86400, 86400)),
)
def test_whenever_passes_run_each_step_is_told_once_in_order_and_never_after_an_answer(
    offsets: list[int], confirmed: int | None
) -> None:
    moments = [BEGINS + timedelta(seconds=offset) for offset in sorted(offsets)]
    confirmed_at = None if confirmed is None else BEGINS + timedelta(seconds=confirmed)
    found = dict(told(moments, confirmed_at))
    for step, at in found.items():
        assert confirmed_at is None or at < confirmed_at
        assert (at < BEGINS) == (step != "missing")
        assert BEGINS - TIMING.ask_before <= at < ENDS
    if "reminded" in found:
        assert found["reminded"] >= found["asked"] + TIMING.remind_after
    if "silent" in found:
        assert found["asked"] <= found["silent"] and found["silent"] >= BEGINS - TIMING.commissioner_before


@given(st.integers(-10 * 86400, 15 * 86400), st.integers(1, 20), st.integers(1, 20), st.integers(1, 400))
def test_with_a_pass_every_hour_every_step_that_is_due_has_been_told(
    offset: int, ask_days: int, remind_days: int, commissioner_hours: int
) -> None:
    timing = Timing(ask_days * DAY, remind_days * DAY, commissioner_hours * HOUR)
    done: dict[str, datetime] = {}
    now, end = BEGINS - 21 * DAY, BEGINS + timedelta(seconds=offset)
    while now <= end:
        done |= dict.fromkeys(steps_due(STINT, done, False, now, timing, LONG_AGO), now)
        now += HOUR
    now -= HOUR
    assert steps_due(STINT, done, False, now, timing, LONG_AGO) == []
    assert ("asked" in done) == (now >= BEGINS - timing.ask_before)
    assert ("missing" in done) == (now >= BEGINS)


def test_the_answer_is_asked_before_the_commissioner_is_told_then_before_duty_begins() -> None:
    assert answer_by(STINT, BEGINS - 7 * DAY, TIMING) == BEGINS - DAY
    assert answer_by(STINT, BEGINS - DAY, TIMING) == BEGINS
    assert answer_by(STINT, BEGINS, TIMING) is None


def test_whoever_has_a_part_of_a_turn_is_asked_for_it_once() -> None:
    turn = TurnSpan("turn", BEGINS, ENDS, (("nl-ut",),))
    middle = OverrideSpan("o", BEGINS + 2 * DAY, BEGINS + 4 * DAY, "nl-fl")
    assert stints(stretches([turn], [middle])) == [
        Stint("turn", "nl-ut", BEGINS, ENDS),
        Stint("turn", "nl-fl", BEGINS + 2 * DAY, BEGINS + 4 * DAY),
    ]
    swap = OverrideSpan("s", BEGINS, ENDS, "nl-ze", "nl-ut", swap="swap")
    assert [one.organisation for one in stints(stretches([turn], [swap]))] == ["nl-ze"]


def test_members_that_share_a_slot_and_slots_side_by_side_are_each_asked() -> None:
    turn = TurnSpan("turn", BEGINS, ENDS, (("vr01", "vr02"), ("vr03",)))
    assert [one.organisation for one in stints(stretches([turn], []))] == ["vr01", "vr02", "vr03"]


def test_nobody_is_asked_where_nobody_has_duty() -> None:
    assert stints(stretches([TurnSpan("turn", BEGINS, ENDS, ())], [])) == []


def test_who_has_no_duty_any_more_hears_so_once() -> None:
    spans = {"turn": (BEGINS, ENDS)}
    asked = Asked("turn", "nl-ut", 1, {"asked": BEGINS - 7 * DAY})
    assert no_longer_asked([asked], [STINT], spans) == []
    assert no_longer_asked([asked], [], spans) == [asked]
    over = Asked("turn", "nl-ut", 1, {"asked": BEGINS, "withdrawn": BEGINS})
    assert no_longer_asked([over], [], spans) == []


def test_a_turn_that_another_of_the_same_organisation_replaced_is_not_taken_back() -> None:
    asked = Asked("turn", "nl-ut", 1, {"asked": BEGINS})
    new = Stint("new", "nl-ut", BEGINS + DAY, ENDS)
    assert no_longer_asked([asked], [new], {"turn": (BEGINS, ENDS)}) == []
    later = Stint("new", "nl-ut", ENDS, ENDS + DAY)
    assert no_longer_asked([asked], [later], {"turn": (BEGINS, ENDS)}) == [asked]


def test_unknown_is_not_zero() -> None:
    assert sum_known([None, None]) is None
    assert sum_known([]) is None
    assert sum_known([0, None]) == 0
    assert sum_known([20, 30]) == 50

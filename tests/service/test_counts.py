"""Sections 1 and 2 of the rules through the store: counts come in, are judged, held, kept, corrected."""

from __future__ import annotations

from datetime import timedelta

import pytest

from piket.audit.service import Actor
from piket.errors import Conflict, Invalid
from piket.occupancy import service as occupancy
from piket.words import Words
from tests.service.desk import CENTRE, Night

COA = {"coa"}
WATCH = {"coa", "nl-ov"}
HIGH = {*WATCH, "cdk-nl-ov", "nl-ut"}
OVERFLOW = {*HIGH, "vng", "ministry", "gm1950"}


def test_first_count_is_judged_from_normal(night: Night) -> None:
    count = night.count(1982)
    assert (count.level_before, count.level_after, night.level) == ("normal", "high", "high")
    assert count.outcome == {
        "judged": True, "held": False, "reason": None, "previousLevel": "unknown", "level": "high", "overNorm": 0,
        "overflow": None, "onDuty": "nl-ov", "alerts": 0,
    }  # fmt: skip


def test_crossing_over_several_levels_is_one_alert_to_the_highest_row(night: Night) -> None:
    night.count(1700)
    night.clock.advance(hours=1)
    night.count(1900)
    (alert,) = night.alerts()
    assert (alert.kind, alert.previous_level, alert.level) == ("levelRaised", "normal", "high")
    assert night.told(alert) == HIGH


def test_overflow_tells_everyone_and_the_called_province_by_its_call_up(night: Night) -> None:
    night.count(2129)
    call, raised = night.alerts("callUp")[0], night.alerts("levelRaised")[0]
    assert night.kinds() == ["callUp", "levelRaised"]
    assert night.told(call) == {"nl-ov"}
    assert night.told(raised) == OVERFLOW - {"nl-ov"}


def test_acute_tells_all_commissioners_once(night: Night) -> None:
    night.count(2129)
    night.answer(night.calls[0].id, 179)
    night.clock.advance(hours=1)
    night.count(45, "withoutBed")
    assert len(night.alerts("levelRaised")) == 2, "the overflow, and the people without a bed"
    raised = night.alerts("levelRaised")[-1]
    assert (raised.previous_level, raised.level) == ("overflow", "acute")
    assert len([code for code in night.told(raised) if code.startswith("cdk-")]) == 12


def test_fall_tells_who_was_told_of_what_is_left_and_nobody_else(night: Night) -> None:
    night.count(1850)
    night.clock.advance(hours=1)
    night.count(1920)
    night.clock.advance(hours=1)
    night.count(1800)
    night.clock.advance(hours=1)
    night.count(1700)
    lowered = night.alerts("levelLowered")
    assert [(alert.previous_level, alert.level) for alert in lowered] == [("high", "watch"), ("watch", "normal")]
    assert [night.told(alert) for alert in lowered] == [HIGH, WATCH]


def test_fall_in_steps_after_a_jump_tells_each_as_far_as_its_row_reaches(night: Night) -> None:
    night.count(2010)
    night.answer(night.calls[0].id, 60)
    night.clock.advance(hours=1)
    night.count(1900)
    night.clock.advance(hours=1)
    night.count(1800)
    night.clock.advance(hours=1)
    night.count(1700)
    assert [alert.kind for alert in night.alerts()][-3:] == ["allClear", "levelLowered", "levelLowered"]
    assert [night.told(alert) for alert in night.alerts()[-3:]] == [OVERFLOW, HIGH, WATCH]


def test_acute_that_ends_leaves_the_episode_open_and_is_a_fall(night: Night) -> None:
    night.count(2129)
    night.clock.advance(hours=1)
    night.count(45, "withoutBed")
    night.clock.advance(hours=1)
    night.count(0, "withoutBed")
    fall = night.alerts()[-1]
    assert (fall.kind, fall.previous_level, fall.level, night.level) == (
        "levelLowered",
        "acute",
        "overflow",
        "overflow",
    )
    assert night.episode is not None


def test_swing_around_the_limit_makes_one_alert(night: Night) -> None:
    for people in (2002, 1998, 2003, 1955):
        night.count(people)
        night.clock.advance(minutes=3)
    assert night.kinds() == ["callUp", "levelRaised", "callUp"], "one crossing; the second call is for one place more"


def test_both_definitions_are_judged_each_by_itself(night: Night) -> None:
    night.count(1700)
    night.count(2050, "present")
    assert night.level == "overflow"
    night.clock.advance(hours=13)
    assert night.level == "normal", "the daytime count is stale after 12 hours, the night's is not"


def test_level_is_unknown_when_every_head_count_is_stale_and_told_once(night: Night) -> None:
    night.count(1982)
    night.passes(hours=26)
    assert night.level == "high"
    night.passes(seconds=1)
    night.passes(hours=1)
    assert night.level == "unknown"
    assert [night.told(alert) for alert in night.alerts("countOverdue")] == [{"coa", "ministry"}]


def test_next_count_after_unknown_is_judged_from_the_last_level(night: Night) -> None:
    night.count(2129)
    night.answer(night.calls[0].id, 179)
    told = len(night.alerts("levelRaised"))
    night.passes(hours=30)
    assert (night.level, night.opened.needed) == ("unknown", 179)
    count = night.count(1960)
    assert (count.level_before, count.level_after, count.outcome["previousLevel"]) == (
        "overflow",
        "overflow",
        "unknown",
    )
    assert len(night.alerts("levelRaised")) == told, "nothing was crossed since it was told"


def test_overdue_is_told_again_after_a_new_count(night: Night) -> None:
    for _ in range(2):
        night.count(1700)
        night.passes(hours=27)
        night.passes(minutes=1)
    assert len(night.alerts("countOverdue")) == 2


def test_fresh_installation_has_nothing_overdue(night: Night) -> None:
    night.passes(hours=48)
    assert (night.level, night.alerts()) == ("unknown", [])


def test_late_count_is_stored_and_changes_nothing(night: Night) -> None:
    night.count(1700)
    late = night.count(2300, at=night.clock() - timedelta(hours=1))
    assert (late.state, late.outcome["judged"], late.outcome["reason"], late.outcome["overNorm"]) == (
        "kept",
        False,
        "late",
        None,
    )
    assert (night.level, night.alerts()) == ("normal", [])


def test_stale_count_is_stored_and_changes_nothing(night: Night) -> None:
    stale = night.count(2300, at=night.clock() - timedelta(hours=26, seconds=1))
    assert (stale.outcome["judged"], stale.outcome["reason"], night.level) == (False, "stale", "unknown")


def test_count_exactly_as_old_as_allowed_is_judged(night: Night) -> None:
    assert night.count(2300, at=night.clock() - timedelta(hours=26)).outcome["judged"] is True


def test_wild_count_is_held_and_only_coa_is_told(night: Night) -> None:
    night.count(1800)
    night.clock.advance(hours=1)
    held = night.count(2101)
    assert held.outcome["held"] is True
    assert held.outcome["judged"] is False
    assert night.level == "watch"
    (alert,) = night.alerts("countHeld")
    assert night.told(alert) == COA


def test_held_count_is_judged_when_coa_confirms_it(night: Night) -> None:
    night.count(1800)
    night.clock.advance(hours=1)
    held = night.count(2101)
    with night.at() as desk:
        count, confirmation = occupancy.confirm(desk, held.id)
    assert (count.outcome["judged"], count.outcome["held"], night.level, confirmation.by) == (
        True,
        False,
        "overflow",
        "coa",
    )
    with pytest.raises(Conflict), night.at() as desk:
        occupancy.confirm(desk, held.id)


def test_held_count_is_judged_fifteen_minutes_after_it_came(night: Night) -> None:
    night.count(1800)
    night.clock.advance(hours=1)
    night.count(2101)
    night.passes(minutes=14, seconds=59)
    assert night.level == "watch"
    night.passes(seconds=1)
    assert night.level == "overflow"


def test_held_count_that_a_newer_one_overtook_changes_nothing(night: Night) -> None:
    night.count(1800)
    night.clock.advance(hours=1)
    held = night.count(2200)
    night.clock.advance(minutes=5)
    night.count(1810)
    night.passes(minutes=15)
    assert (held.state, held.why_not, night.level) == ("kept", "late", "watch")


def test_first_count_ever_is_not_held(night: Night) -> None:
    assert night.count(2900).outcome["judged"] is True


def test_same_count_again_gives_the_first_outcome(night: Night) -> None:
    first = night.record(2129)
    again = night.record(2129)
    assert (first.created, again.created, again.count.id) == (True, False, first.count.id)
    assert night.kinds() == ["callUp", "levelRaised"]


def test_other_number_for_the_same_moment_is_refused(night: Night) -> None:
    night.count(2129)
    with pytest.raises(Conflict, match="correct it instead") as refused:
        night.count(2130)
    assert refused.value.code == "count-differs"


def test_any_number_of_the_chain_gives_the_newest_of_the_chain(night: Night) -> None:
    first = night.count(2192)
    newest = night.correct(first, 2129)
    at = first.observed_at
    assert night.record(2192, at=at).count.id == newest.id
    assert night.record(2129, at=at).count.id == newest.id
    with pytest.raises(Conflict):
        night.record(2100, at=at)


def test_future_count_is_refused(night: Night) -> None:
    assert night.count(1700, at=night.clock() + timedelta(minutes=5)).outcome["judged"] is True
    with pytest.raises(Invalid) as refused:
        night.count(1700, at=night.clock() + timedelta(minutes=5, seconds=1))
    assert [fault.field for fault in refused.value.faults] == ["observedAt"]


def test_correction_is_judged_from_the_level_before_the_count_it_corrects(night: Night) -> None:
    night.count(1920)
    night.clock.advance(hours=1)
    wrong = night.count(2010)
    right = night.correct(wrong, 1960)
    assert (right.level_before, right.level_after, night.level) == ("high", "high", "high")
    assert wrong.superseded_by == right.id


def test_correction_that_takes_the_overflow_back_closes_it_and_tells_those_told(night: Night) -> None:
    wrong = night.count(2129)
    night.correct(wrong, 1829)
    closed = night.alerts("countCorrected")
    assert len(closed) == 1
    assert night.told(closed[0]) == OVERFLOW
    assert night.episode is None
    info = occupancy.situation(night.session, night.clock(), night.settings)
    assert info.overflows == []
    assert [alert.kind for alert in night.alerts()][-2:] == ["callUpReleased", "countCorrected"]


def test_correction_within_the_overflow_changes_the_need_and_tells_nothing(night: Night) -> None:
    wrong = night.count(2129)
    before = len(night.alerts())
    night.correct(wrong, 2119)
    assert (night.opened.needed, len(night.alerts())) == (169, before)


def test_correction_that_raises_calls_for_the_difference(night: Night) -> None:
    wrong = night.count(2129)
    night.correct(wrong, 2219)
    assert night.opened.needed == 269
    assert night.called == [("nl-ov", 179, "open"), ("nl-ov", 90, "open")]


def test_correcting_a_superseded_count_names_the_newest(night: Night) -> None:
    first = night.count(2129)
    newest = night.correct(first, 2130)
    with pytest.raises(Conflict, match=newest.id) as refused:
        night.correct(first, 2131)
    assert refused.value.code == "count-superseded"


def test_correcting_an_older_count_is_stored_and_changes_nothing_now(night: Night) -> None:
    old = night.count(1700)
    night.clock.advance(hours=1)
    night.count(1750)
    correction = night.correct(old, 2100)
    assert (correction.outcome["judged"], night.level, night.alerts()) == (False, "normal", [])


def test_correction_of_a_held_count_is_judged_at_once(night: Night) -> None:
    night.count(1850)
    night.clock.advance(hours=1)
    held = night.count(2185)
    right = night.correct(held, 1858)
    assert (right.outcome["judged"], held.state, night.level) == (True, "kept", "watch")
    night.passes(minutes=16)
    assert night.level == "watch"


def test_stale_correction_changes_nothing_now_but_the_next_count_starts_from_it(night: Night) -> None:
    night.count(1820)
    night.clock.advance(hours=1)
    wrong = night.count(2010)
    night.clock.advance(hours=27)
    right = night.correct(wrong, 1820)
    assert right.outcome["judged"] is False
    assert night.count(1960).level_before == "watch"


def test_new_thresholds_are_judged_at_once_and_the_former_stay_readable(night: Night) -> None:
    night.count(1950)
    decision = {"by": "minister", "on": "2024-09-16", "note": "court"}
    levels = [{"level": "overflow", "at": 1900, "clearBelow": 1850}]
    with night.at("ministry") as desk:
        made = occupancy.decide_thresholds(
            desk, [{"definition": "nightBeds", "levels": levels, "staleAfterMinutes": 600}], None, None, decision
        )
    assert (made.version, made.hold_above, night.level) == (2, 300, "overflow")
    assert night.opened.needed == 1950 - 1849
    assert [entry["definition"] for entry in made.definitions] == ["nightBeds", "present", "withoutBed"]


def test_new_thresholds_can_end_an_overflow(night: Night) -> None:
    night.count(2050)
    levels = [{"level": "overflow", "at": 2500, "clearBelow": 2400}]
    with night.at("ministry") as desk:
        occupancy.decide_thresholds(
            desk, [{"definition": "nightBeds", "levels": levels, "staleAfterMinutes": 600}], None, None, {"by": "m"}
        )
    assert (night.episode, night.level, night.kinds()[-1]) == (None, "normal", "allClear")


def test_thresholds_are_not_judged_against_stale_counts(night: Night) -> None:
    night.count(1950)
    night.clock.advance(hours=30)
    levels = [{"level": "overflow", "at": 1900, "clearBelow": 1850}]
    with night.at("ministry") as desk:
        occupancy.decide_thresholds(
            desk, [{"definition": "nightBeds", "levels": levels, "staleAfterMinutes": 600}], None, None, {"by": "m"}
        )
    assert (night.level, night.episode) == ("unknown", None)


FILE = """\ufeffobservedAt;definition;people;note
2024-03-09T07:00:00+01:00;nightBeds;2002;public
2024-03-10T07:00:00+01:00;nightBeds;2.021;with a point
2024-03-11 07:00;nightBeds;2042;
2024-03-12T07:00:00+01:00;nightbeds;2197;

2024-03-09T07:00:00+01:00;nightBeds;2002;again
2024-03-09T07:00:00+01:00;nightBeds;2003;other
2024-09-16T07:00:00+02:00;nightBeds;2200;recent
2030-01-01T07:00:00+01:00;nightBeds;2200;future
2024-03-13T07:00:00+01:00;nightBeds;2165
"""


def test_import_takes_what_is_plain_and_refuses_the_rest_line_by_line(night: Night) -> None:
    with night.at() as desk:
        done = occupancy.import_counts(desk, FILE, Words("en"))
    assert (done.accepted, done.duplicates, [entry["line"] for entry in done.rejected]) == (2, 1, [3, 4, 5, 8, 9, 10])
    assert "post it as a count" in done.rejected[4]["detail"]
    assert (night.level, night.alerts()) == ("unknown", [])
    with night.at() as desk:
        again = occupancy.import_counts(desk, FILE, Words("nl"))
    assert (again.accepted, again.duplicates) == (0, 3)


def test_import_of_something_else_is_refused_whole(night: Night) -> None:
    for text in ("date,count\n2024-03-09,2002\n", "", "observedAt,definition,people\n"):
        with pytest.raises(Invalid), night.at() as desk:
            occupancy.import_counts(desk, text, Words("en"))


def test_engine_and_desk_agree_whoever_comes_first(night: Night) -> None:
    """A count that comes just before the pass finds the steps that were due taken."""
    night.count(2129)
    night.clock.advance(minutes=61)
    with occupancy.at_centre(night.session, night.clock(), night.settings, CENTRE, Actor("coa")):
        pass
    assert [state for _, _, state in night.called] == ["expired", "open"]


def test_second_night_without_beds_is_told_though_the_first_was_never_told_to_be_over(night: Night) -> None:
    night.count(2129)
    night.answer(night.calls[0].id, 179)
    night.clock.advance(hours=9)
    night.count(45, "withoutBed")
    night.passes(hours=13)
    assert night.level == "overflow", "the count of people without a bed has grown old"
    night.clock.advance(hours=1)
    again = night.count(50, "withoutBed")
    assert again.outcome["previousLevel"] == "overflow"
    raised = night.alerts("levelRaised")[-1]
    assert (raised.previous_level, raised.level, len(night.told(raised))) == ("overflow", "acute", 18)
    assert [alert.level for alert in night.alerts("levelRaised")] == ["overflow", "acute", "acute"]


def test_people_without_a_bed_are_told_after_a_silence_too(night: Night) -> None:
    night.count(2129)
    night.answer(night.calls[0].id, 179)
    night.count(45, "withoutBed")
    night.passes(hours=48)
    assert night.level == "unknown"
    night.count(700, "withoutBed")
    raised = night.alerts("levelRaised")[-1]
    assert (raised.level, raised.at, {"coa", "ministry", "gm1950", "cdk-nl-ze"} <= night.told(raised)) == (
        "acute",
        night.clock(),
        True,
    )


def test_end_of_an_acute_night_is_told_by_the_next_count_when_it_had_grown_old(night: Night) -> None:
    night.count(2129)
    night.answer(night.calls[0].id, 179)
    night.count(45, "withoutBed")
    night.passes(hours=13)
    assert night.kinds()[-1] != "levelLowered", "that a count has grown old tells nobody that it is fine"
    night.count(2130)
    assert (night.alerts("levelLowered")[-1].previous_level, night.level) == ("acute", "overflow")

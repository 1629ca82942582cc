"""Sections 3 to 5 of the rules through the store: episodes, need, call-ups, answers, deadlines."""

from __future__ import annotations

from datetime import timedelta

import pytest

from piket.alerts import service as alerts
from piket.alerts.told import told_beside
from piket.audit.service import Actor, OnBehalf
from piket.errors import Conflict, Invalid
from piket.occupancy import service as occupancy
from piket.organisations import service as organisations
from piket.overflows import service as overflows
from piket.overflows.service import Answer
from piket.pages import PageRequest
from piket.places import service as places
from tests.service.desk import CENTRE, Night, commitments, site


def commit_of(night: Night) -> str:
    (running,) = commitments(night.session, night.clock(), centre=CENTRE, state="committed")
    return running.id


def occupy(night: Night, people: int) -> None:
    with night.at("nl-ov") as desk:
        places.change_commitment(desk.session, desk.now, desk.actor, commit_of(night), occupied=people)


def test_whole_promise_meets_the_call(night: Night) -> None:
    night.count(2129)
    night.answer(night.calls[0].id, 179)
    assert night.called == [("nl-ov", 179, "met")]
    assert (night.opened.needed, night.opened.committed, night.opened.asked, night.opened.shortfall) == (179, 179, 0, 0)
    assert night.told(night.alerts("callUpAnswered")[0]) == {"coa", "ministry", "cdk-nl-ov"}


def test_answer_in_part_calls_the_standby_for_the_rest(night: Night) -> None:
    night.count(2129)
    night.answer(night.calls[0].id, 120)
    assert night.called == [("nl-ov", 179, "partly"), ("nl-ut", 59, "open")]
    assert (night.opened.shortfall, night.opened.asked) == (59, 59)
    assert night.told(night.alerts("callUpAnswered")[0]) == {"coa", "ministry", "cdk-nl-ov", "nl-ut"}


def test_decline_calls_the_next_and_says_why(night: Night) -> None:
    night.count(2129)
    night.answer(night.calls[0].id, 0)
    assert night.called == [("nl-ov", 179, "declined"), ("nl-ut", 179, "open")]
    assert night.calls[0].decline_reason == "no municipality can host"


def test_calls_go_round_in_the_order_of_turns_until_the_list_has_ended(night: Night) -> None:
    night.count(2129)
    for _ in range(11):
        night.answer(night.calls[-1].id, 0)
    assert [organisation for organisation, _, _ in night.called] == [
        "nl-ov", "nl-ut", "nl-ze", "nl-zh", "nl-dr", "nl-fl", "nl-fr", "nl-ge", "nl-li", "nl-nb", "nl-nh",
    ]  # fmt: skip
    (ended,) = night.alerts("listEnded")
    assert night.told(ended) == {"coa", "ministry", "cdk-nl-nh"}
    assert night.opened.list_ended
    night.passes(minutes=5)
    assert len(night.alerts("listEnded")) == 1


def test_new_round_on_coas_word_begins_with_the_one_on_duty(night: Night) -> None:
    night.count(2129)
    for _ in range(11):
        night.answer(night.calls[-1].id, 0)
    with night.at() as desk:
        overflows.begin_round(desk, night.opened.id, "try again")
    assert (night.opened.round, night.called[-1]) == (2, ("nl-ov", 179, "open"))


def test_reminder_after_fifteen_minutes_to_the_called_and_its_commissioner(night: Night) -> None:
    night.count(2129)
    night.passes(minutes=14, seconds=59)
    assert night.alerts("callUpReminder") == []
    night.passes(seconds=1)
    night.passes(minutes=5)
    (reminder,) = night.alerts("callUpReminder")
    assert night.told(reminder) == {"nl-ov", "cdk-nl-ov"}


def test_acknowledged_call_up_is_not_told_again_but_still_expires(night: Night) -> None:
    night.count(2129)
    alerts.acknowledge(night.session, night.clock(), Actor("nl-ov"), str(night.calls[0].alert))
    night.passes(minutes=20)
    assert night.alerts("callUpReminder") == []
    night.passes(minutes=41)
    assert night.called[0] == ("nl-ov", 179, "expired")


def test_acknowledgement_of_another_organisation_does_not_stop_the_reminder(night: Night) -> None:
    night.count(2129)
    alerts.acknowledge(night.session, night.clock(), Actor("cdk-nl-ov"), night.alerts("levelRaised")[0].id)
    night.passes(minutes=15)
    assert len(night.alerts("callUpReminder")) == 1


def test_silence_past_the_deadline_calls_the_next_and_tells(night: Night) -> None:
    night.count(2129)
    night.passes(minutes=60)
    assert night.called == [("nl-ov", 179, "open")], "the last second still counts"
    night.passes(seconds=1)
    assert night.called == [("nl-ov", 179, "expired"), ("nl-ut", 179, "open")]
    assert night.told(night.alerts("callUpOverdue")[0]) == {"coa", "ministry", "cdk-nl-ov", "nl-ut"}
    night.engine()
    assert len(night.alerts("callUpOverdue")) == 1


def test_late_answer_counts_up_to_what_is_missing_and_releases_the_next(night: Night) -> None:
    night.count(2129)
    night.passes(minutes=61)
    night.answer(night.calls[0].id, 200)
    assert night.called == [("nl-ov", 179, "met"), ("nl-ut", 179, "released")]
    assert (night.calls[0].late, night.calls[0].surplus, night.opened.shortfall) == (True, 21, 0)
    assert night.told(night.alerts("callUpReleased")[0]) == {"nl-ut"}


def test_answer_after_a_release_is_refused(night: Night) -> None:
    night.count(2129)
    night.passes(minutes=61)
    night.answer(night.calls[0].id, 179)
    with pytest.raises(Conflict) as refused:
        night.answer(night.calls[1].id, 100)
    assert refused.value.code == "call-up-released"


def test_sites_in_view_are_kept_and_do_not_count(night: Night) -> None:
    night.count(2129)
    night.answer(night.calls[0].id, 179, "inView")
    assert night.called == [("nl-ov", 179, "partly"), ("nl-ut", 179, "open")]
    assert (night.calls[0].in_view, night.opened.committed) == (179, 0)


def test_answer_replaces_the_earlier_and_a_lower_one_needs_a_reason(night: Night) -> None:
    night.count(2129)
    call = night.calls[0].id
    night.answer(call, 150)
    with pytest.raises(Invalid) as refused:
        night.answer(call, 100)
    assert [fault.field for fault in refused.value.faults] == ["reason"]
    night.answer(call, 100, reason="the hall is smaller")
    assert (night.opened.committed, night.opened.shortfall, night.opened.asked) == (100, 79, 79)


def test_site_left_out_is_withdrawn(night: Night) -> None:
    night.count(2129)
    call = night.calls[0].id
    two = (site(night.clock(), "nl-ov", 100), site(night.clock(), "nl-ov", 79, name="Kazerne"))
    with night.at("nl-ov") as desk:
        overflows.respond(desk, call, Answer(179, two))
    with night.at("nl-ov") as desk:
        overflows.respond(desk, call, Answer(79, two[1:], reason="the other is flooded"))
    assert night.opened.committed == 79
    assert night.called == [("nl-ov", 179, "partly"), ("nl-ut", 100, "open")]


def test_answer_that_does_not_add_up_names_every_fault(night: Night) -> None:
    night.count(2129)
    given = Answer(100, (site(night.clock(), "nl-ov", 90, municipality="gm0106"),), decline_reason="none")
    with pytest.raises(Invalid) as refused, night.at("nl-ov") as desk:
        overflows.respond(desk, night.calls[0].id, given)
    assert {fault.field for fault in refused.value.faults} == {"sites.0.municipality", "places", "declineReason"}


def test_decline_without_a_reason_is_refused(night: Night) -> None:
    night.count(2129)
    with pytest.raises(Invalid) as refused, night.at("nl-ov") as desk:
        overflows.respond(desk, night.calls[0].id, Answer(0))
    assert [fault.field for fault in refused.value.faults] == ["declineReason"]


def test_more_than_asked_is_offered_until_coa_takes_it(night: Night) -> None:
    night.count(2129)
    call = night.calls[0].id
    night.answer(call, 200)
    assert (night.opened.committed, night.calls[0].surplus, night.calls[0].state) == (179, 21, "met")
    with pytest.raises(Conflict), night.at() as desk:
        overflows.take_surplus(desk, call, 22)
    with night.at() as desk:
        overflows.take_surplus(desk, call, 21)
    assert (night.opened.committed, night.calls[0].surplus) == (200, 0)
    with night.at("nl-ov") as desk:
        overflows.respond(desk, call, Answer(200, (site(night.clock(), "nl-ov", 200),)))
    assert night.opened.committed == 200, "what COA took stays taken when the same is said again"


def test_growing_need_calls_for_the_difference_only(night: Night) -> None:
    night.count(2129)
    night.clock.advance(minutes=5)
    night.count(2200)
    assert night.called == [("nl-ov", 179, "open"), ("nl-ov", 71, "open")]
    assert night.opened.asked == 250


def test_open_call_never_shrinks_when_the_need_does(night: Night) -> None:
    night.count(2129)
    night.clock.advance(minutes=5)
    night.count(2100)
    assert night.called == [("nl-ov", 179, "open")]
    assert (night.opened.needed, night.opened.shortfall) == (150, 150)


def test_need_does_not_change_between_judgements(night: Night) -> None:
    night.count(2129)
    night.answer(night.calls[0].id, 179)
    night.clock.advance(hours=1)
    occupy(night, 100)
    assert night.opened.needed == 179
    night.clock.advance(minutes=5)
    night.count(2050, "present")
    assert night.opened.needed == 179, "the highest head count was taken before anybody slept elsewhere"
    night.clock.advance(hours=24)
    night.count(2029)
    assert night.opened.needed == 2029 + 100 - 1950


def test_stated_need_replaces_the_computed_one_until_it_is_taken_back(night: Night) -> None:
    night.count(2129)
    night.answer(night.calls[0].id, 179)
    with night.at() as desk:
        overflows.adjust(desk, night.opened.id, 229, "a bus is coming")
    assert (night.opened.needed, night.called[-1]) == (229, ("nl-ov", 50, "open")), "who met its call is eligible still"
    night.clock.advance(minutes=5)
    night.count(2130)
    assert night.opened.needed == 229
    with night.at() as desk:
        overflows.adjust(desk, night.opened.id, None, "it did not come")
    assert (night.opened.needed, night.opened.computed_needed) == (180, 180)


def test_all_clear_needs_room_for_those_who_sleep_elsewhere(night: Night) -> None:
    night.count(2129)
    night.answer(night.calls[0].id, 179)
    occupy(night, 120)
    night.clock.advance(hours=24)
    night.count(1900)
    assert (night.level, night.opened.state) == ("high", "open")
    assert night.kinds()[-1] == "levelLowered"
    night.clock.advance(hours=24)
    night.count(1820)
    assert night.episode is None
    assert night.kinds()[-1] == "allClear"


def test_all_clear_releases_what_is_unanswered_and_keeps_what_is_promised(night: Night) -> None:
    night.count(2129)
    night.answer(night.calls[0].id, 120)
    night.clock.advance(minutes=10)
    night.count(1940)
    with pytest.raises(AssertionError):
        _ = night.opened
    closed = overflows.overflows(night.session, night.clock(), PageRequest()).items[0]
    assert (closed.state, closed.reason, closed.committed, closed.asked, closed.shortfall) == (
        "closed",
        "allClear",
        120,
        0,
        0,
    )
    assert [call.state for call in closed.call_ups] == ["partly", "released"]
    assert places.committed(night.session, CENTRE, False, night.clock()) == 120


def test_promises_of_an_earlier_episode_count_in_the_next(night: Night) -> None:
    night.count(2129)
    night.answer(night.calls[0].id, 120)
    night.clock.advance(minutes=10)
    night.count(1940)
    night.clock.advance(hours=1)
    night.count(2100)
    assert (night.opened.needed, night.opened.committed) == (150, 120)
    assert night.called == [("nl-ov", 30, "open")]


def test_promise_that_ends_makes_a_shortfall_and_a_new_call(night: Night) -> None:
    night.count(2129)
    night.answer(night.calls[0].id, 179)
    night.clock.advance(hours=60)
    night.count(2100)
    assert night.opened.shortfall == 0
    night.passes(hours=12)
    assert (night.opened.committed, night.opened.shortfall) == (0, 150)
    assert night.called[-1][1:] == (150, "open")


def test_release_by_coa_ends_what_was_promised_and_calls_another(night: Night) -> None:
    night.count(2129)
    call = night.calls[0].id
    night.answer(call, 179)
    with night.at() as desk:
        overflows.release(desk, call, "the hall is needed elsewhere")
    assert night.called == [("nl-ov", 179, "released"), ("nl-ut", 179, "open")]
    assert night.opened.committed == 0
    with pytest.raises(Conflict), night.at() as desk:
        overflows.release(desk, call, "again")


def test_shortfall_past_its_hour_is_acute_until_it_is_gone(night: Night) -> None:
    night.count(2129)
    night.answer(night.calls[0].id, 120)
    night.clock.set("2024-09-16T19:00:01Z")
    night.engine()
    assert night.level == "acute"
    raised = night.alerts("levelRaised")[-1]
    assert (raised.previous_level, raised.level, len(night.told(raised))) == ("overflow", "acute", 18)
    last = next(call for call in night.calls if call.state == "open")
    night.answer(last.id, 59)
    assert (night.level, night.opened.shortfall) == ("overflow", 0)
    assert night.kinds()[-1] == "levelLowered"


def test_hour_that_passes_with_enough_places_is_not_acute(night: Night) -> None:
    night.count(2129)
    night.answer(night.calls[0].id, 179)
    night.clock.set("2024-09-16T19:00:01Z")
    night.engine()
    assert night.level == "overflow"


def test_declared_episode_keeps_its_need_and_closes_by_hand(night: Night) -> None:
    night.count(1700)
    with night.at("ministry") as desk:
        pressure = occupancy.pressure_now(desk.session, CENTRE, desk.now)
        overflows.declare(desk, 100, "a storm", pressure)
    assert (night.opened.needed, night.called, night.opened.declared) == (100, [("nl-ov", 100, "open")], True)
    night.clock.advance(minutes=5)
    night.count(1650)
    assert night.opened.needed == 100
    with night.at("ministry") as desk:
        overflows.close(desk, night.opened.id, "it passed")
    assert night.episode is None
    assert night.kinds()[-2:] == ["callUpReleased", "allClear"]


def test_declared_episode_that_a_count_reached_closes_by_itself(night: Night) -> None:
    night.count(1990)
    with night.at("ministry") as desk:
        overflows.declare(desk, 0, "expected", occupancy.pressure_now(desk.session, CENTRE, desk.now))
    for people, still_open in ((1940, True), (2001, True), (1950, False)):
        night.clock.advance(minutes=2)
        night.count(people)
        assert (night.episode is not None) is still_open


def test_second_declaration_is_refused_and_names_the_open_one(night: Night) -> None:
    night.count(2129)
    with pytest.raises(Conflict, match=night.opened.id), night.at() as desk:
        overflows.declare(desk, 100, "more", occupancy.pressure_now(desk.session, CENTRE, desk.now))


def test_after_a_closure_by_hand_only_a_count_that_reaches_it_opens_another(night: Night) -> None:
    night.count(2129)
    first = night.opened.id
    with night.at() as desk:
        overflows.close(desk, first, "beds in the annex")
    night.clock.advance(minutes=5)
    night.count(1990)
    assert (night.level, night.episode) == ("overflow", None)
    night.clock.advance(minutes=5)
    night.count(2001)
    assert night.opened.id != first
    assert night.kinds()[-2:] == ["callUp", "levelRaised"], (
        "people who were told that it was over are told that it is not"
    )


def test_after_a_closure_by_hand_people_without_a_bed_open_another(night: Night) -> None:
    night.count(2129)
    with night.at() as desk:
        overflows.close(desk, night.opened.id, "beds in the annex")
    night.clock.advance(minutes=5)
    night.count(3, "withoutBed")
    assert (night.level, night.opened.needed) == ("acute", 179)


def test_new_round_begins_at_the_hand_over(night: Night) -> None:
    night.clock.set("2024-09-25T05:00:00Z")
    night.count(2129)
    night.answer(night.calls[-1].id, 100)
    while night.calls[-1].state == "open":
        night.answer(night.calls[-1].id, 0)
    assert night.opened.list_ended
    assert night.opened.round == 1
    night.clock.set("2024-09-25T10:00:00Z")
    night.engine()
    assert (night.opened.round, night.called[-1]) == (2, (night.duty, 79, "open"))


def test_call_up_stays_with_whom_it_was_made_to_over_a_hand_over(night: Night) -> None:
    night.clock.set("2024-09-25T09:30:00Z")
    night.count(2129)
    before = night.called
    night.clock.set("2024-09-25T10:00:01Z")
    night.engine()
    assert (night.called, night.opened.round) == (before, 2)
    assert night.duty != before[0][0]


def test_call_by_hand_counts_as_asked(night: Night) -> None:
    night.count(2129)
    with night.at() as desk:
        overflows.call_by_hand(desk, "nl-gr", 50)
    assert night.opened.asked == 229
    with pytest.raises(Invalid), night.at() as desk:
        overflows.call_by_hand(desk, "vng", 50)


def test_what_another_said_by_telephone_is_entered_and_it_is_told(night: Night) -> None:
    night.count(2129)
    behalf = OnBehalf("nl-ov", "duty officer", "telephone")
    with night.at("coa", on_behalf=behalf) as desk:
        overflows.respond(desk, night.calls[0].id, Answer(179, (site(night.clock(), "nl-ov", 179),)))
    (answered,) = night.alerts("callUpAnswered")
    assert night.told(answered) == {"coa", "ministry", "cdk-nl-ov", "nl-ov"}
    assert answered.details["onBehalf"] == {"by": "coa", "saidBy": "duty officer", "via": "telephone"}


def test_need_without_any_head_count_is_that_of_people_without_a_bed(night: Night) -> None:
    night.count(45, "withoutBed")
    assert (night.level, night.opened.needed, night.opened.people) == ("acute", 45, None)
    night.clock.advance(hours=1)
    night.count(0, "withoutBed")
    assert (night.level, night.opened.needed) == ("unknown", 0)
    assert night.opened.state == "open", "an unknown number of people never closes it"


def test_peak_is_the_highest_judged_number(night: Night) -> None:
    for people in (2129, 2219, 2100):
        night.count(people)
        night.clock.advance(minutes=1)
    assert night.opened.peak == 2219


def test_episode_keeps_its_own_deadlines_when_settings_change(night: Night) -> None:
    night.count(2129)
    assert night.calls[0].respond_by - night.calls[0].made_at == timedelta(minutes=60)


def test_host_hears_of_its_places_with_the_answers_as_they_are_after_it(night: Night) -> None:
    with night.at("operator") as desk:
        organisations.add(
            desk.session, desk.now, desk.actor, night.settings,
            code="gm0193", kind="municipality", name="Zwolle", province="nl-ov",
        )  # fmt: skip
    night.count(2129)
    night.answer(night.calls[0].id, 120)
    (told,) = night.alerts("commitmentChanged")
    assert night.told(told) == {"gm0193"}
    assert told.answers["whoActs"]["organisation"] == "nl-ut"
    assert told.answers["enoughPlaces"] == {"needed": 179, "committed": 120, "shortfall": 59}


def test_call_up_says_who_else_was_told_of_the_same_fact(night: Night) -> None:
    night.count(2129)
    assert set(told_beside(night.session, night.alerts("callUp")[0].id)) == {
        "coa", "vng", "ministry", "cdk-nl-ov", "nl-ut", "gm1950",
    }  # fmt: skip


def test_hand_over_in_an_episode_says_what_presses(night: Night) -> None:
    night.clock.set("2024-09-24T09:30:00Z")
    night.count(2129)
    pressing = occupancy.pressing_now(night.session, night.clock())
    assert (pressing.centre, pressing.overflow) == (CENTRE, night.opened.id)
    assert pressing.answers.who_acts is not None
    assert (pressing.answers.who_acts.organisation, pressing.answers.who_acts.by) == (
        "nl-ov",
        night.calls[0].respond_by,
    )


def test_answer_that_was_written_while_another_waited_for_the_lock_is_not_overlooked(night: Night) -> None:
    """Somebody looked at the clock, waited for the centre, and stands behind who had it meanwhile."""
    night.count(2129)
    early = night.clock()
    night.clock.advance(seconds=1)
    night.answer(night.calls[0].id, 179)
    night.clock.set(early)
    night.engine()
    assert night.called == [("nl-ov", 179, "met")]


def test_late_pass_judges_the_hour_itself(night: Night) -> None:
    night.count(2129)
    with night.at("nl-ov") as desk:
        short = site(night.clock(), "nl-ov", 179, available_until=night.clock() + timedelta(hours=12))
        overflows.respond(desk, night.calls[0].id, Answer(179, (short,)))
    night.passes(hours=20)
    assert (night.opened.shortfall, night.level) == (179, "overflow")


def test_late_pass_sends_no_reminder_of_a_deadline_that_is_over(night: Night) -> None:
    night.count(2129)
    night.passes(minutes=70)
    assert night.alerts("callUpReminder") == []
    assert night.called[0] == ("nl-ov", 179, "expired")


def test_release_at_the_all_clear_says_that_it_is_over(night: Night) -> None:
    night.count(2129)
    night.clock.advance(minutes=5)
    night.count(1940)
    (released,) = night.alerts("callUpReleased")
    assert (released.details["reason"], released.details["closure"]) == ("closed", "allClear")

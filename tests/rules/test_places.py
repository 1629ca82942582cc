"""Where a promise goes, what becomes of a place, and how places add up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from piket.places.rules import (
    Claim,
    PlaceTerms,
    SitePromise,
    Stock,
    Sums,
    allocate,
    count,
    has_passed,
    later,
    place_after_promise,
    place_for_promise,
    place_without_promise,
    site_key,
    summarise,
)
from tests.fakes import START

AHEAD = timedelta(hours=24)
HOUR = timedelta(hours=1)


def place(places: int = 100, by_hand: int = 0, **more: Any) -> PlaceTerms:
    said: dict[str, Any] = {
        "firmness": "agreed",
        "agreed_with": "mayor",
        "hours": "night",
        "available_from": START,
        "available_until": None,
    }
    return PlaceTerms(places=places, by_hand=by_hand, **(said | more))


def promise(places: int = 100, firmness: str = "agreed", **more: Any) -> SitePromise:
    said: dict[str, Any] = {
        "agreed_with": "mayor" if firmness != "inView" else None,
        "hours": "night",
        "available_from": START,
        "available_until": None,
        "municipality": "gm0150",
        "site": "Sporthal",
    }
    return SitePromise(places=places, firmness=firmness, **(said | more))


# Where a promise goes


def test_sites_fill_in_the_order_listed_when_nothing_was_committed() -> None:
    assert allocate([Claim(60, 0), Claim(80, 0), Claim(10, 0)], 120) == (60, 60, 0)


def test_a_site_keeps_what_it_had_when_another_is_listed_before_it() -> None:
    assert allocate([Claim(100, 0), Claim(80, 80)], 120) == (40, 80)


def test_what_is_committed_stays_when_the_limit_is_below_it() -> None:
    assert allocate([Claim(50, 0), Claim(80, 80)], 30) == (0, 80)


def test_a_site_gives_up_what_it_no_longer_promises_and_the_next_takes_it() -> None:
    assert allocate([Claim(40, 100), Claim(80, 0)], 100) == (40, 60)


def test_nothing_counts_when_nothing_is_asked() -> None:
    assert allocate([Claim(40, 0)], 0) == (0,)


claims = st.lists(st.builds(Claim, st.integers(0, 500), st.integers(0, 500)), max_size=8)


@given(claims, st.integers(0, 2000))
def test_an_allocation_never_exceeds_a_site_nor_the_limit_beyond_what_was_kept(sites: list[Claim], limit: int) -> None:
    filled = allocate(sites, limit)
    kept = sum(min(site) for site in sites)
    assert all(min(site) <= number <= site.promised for site, number in zip(sites, filled, strict=True))
    assert sum(filled) == max(kept, min(limit, sum(site.promised for site in sites)))


@given(claims, st.integers(0, 2000))
def test_the_same_promise_again_changes_nothing(sites: list[Claim], limit: int) -> None:
    filled = allocate(sites, limit)
    again = [Claim(site.promised, number) for site, number in zip(sites, filled, strict=True)]
    assert allocate(again, limit) == filled


@given(claims, st.integers(0, 2000), st.integers(0, 500))
def test_a_higher_limit_takes_nothing_away(sites: list[Claim], limit: int, more: int) -> None:
    before, after = allocate(sites, limit), allocate(sites, limit + more)
    assert all(one <= other for one, other in zip(before, after, strict=True))


# What becomes of a place


def test_a_promise_makes_a_place_as_it_says_when_the_site_is_new() -> None:
    made = place_for_promise(promise(80, available_until=START + 8 * HOUR, groups=("families",)))
    assert (made.places, made.by_hand, made.notice_hours, made.kind) == (80, 0, 0, "piket")
    assert (made.available_until, made.groups) == (START + 8 * HOUR, ("families",))


def test_an_offered_place_stays_as_large_when_less_of_it_is_promised() -> None:
    assert place_after_promise(place(100, by_hand=100), promise(60), 0, 0, 60).places == 100


def test_a_place_grows_when_it_cannot_hold_what_two_call_ups_were_promised() -> None:
    assert place_after_promise(place(100, by_hand=100), promise(80), 0, 50, 80).places == 130


def test_a_place_does_not_grow_when_a_second_call_up_takes_what_the_first_left_over() -> None:
    assert place_after_promise(place(120), promise(20), 0, 100, 20).places == 120


def test_a_place_grows_by_what_a_promise_adds_when_another_call_up_took_its_surplus() -> None:
    assert place_after_promise(place(120), promise(121), 120, 20, 100).places == 121


def test_a_place_made_by_a_promise_shrinks_with_it() -> None:
    assert place_after_promise(place(120), promise(80), 120, 0, 80).places == 80


def test_a_place_offered_by_hand_keeps_that_when_a_promise_that_stretched_it_shrinks() -> None:
    stretched = place_after_promise(place(60, by_hand=60), promise(80), 0, 0, 80)
    assert stretched.places == 80
    assert place_after_promise(stretched, promise(50), 80, 0, 50).places == 60


def test_nothing_is_left_of_a_place_when_the_promise_that_made_it_no_longer_names_it() -> None:
    assert place_without_promise(place(120), 120, 0).places == 0


def test_a_place_keeps_what_others_were_promised_when_one_promise_leaves_it_out() -> None:
    assert place_without_promise(place(150), 120, 50).places == 50


def test_an_offered_place_stays_when_a_promise_leaves_it_out() -> None:
    assert place_without_promise(place(100, by_hand=100), 60, 0).places == 100


def test_only_the_places_agreed_become_firm_when_the_site_was_in_view() -> None:
    seen = place(100, by_hand=100, firmness="inView", agreed_with=None)
    agreed = place_after_promise(seen, promise(40), 0, 0, 40)
    assert (agreed.places, agreed.firmness, agreed.agreed_with) == (40, "agreed", "mayor")


def test_a_promised_place_goes_back_to_in_view_when_the_promise_says_so() -> None:
    seen = place_after_promise(place(80), promise(30, "inView"), 80, 0, 0)
    assert (seen.places, seen.firmness, seen.agreed_with) == (30, "inView", None)


def test_what_others_were_promised_stays_firm_when_one_promise_goes_back_to_in_view() -> None:
    kept = place_after_promise(place(150), promise(30, "inView"), 100, 50, 0)
    assert (kept.places, kept.firmness) == (50, "agreed")


def test_an_offered_place_opens_earlier_and_longer_when_a_promise_needs_that() -> None:
    offered = place(100, by_hand=100, available_from=START + HOUR, available_until=START + 5 * HOUR)
    after = place_after_promise(offered, promise(10, available_until=START + 9 * HOUR), 0, 0, 10)
    assert (after.available_from, after.available_until) == (START, START + 9 * HOUR)


def test_an_offered_place_keeps_its_longer_times_when_a_promise_needs_less() -> None:
    after = place_after_promise(
        place(100, by_hand=100), promise(10, available_from=START + HOUR, available_until=START + 2 * HOUR), 0, 0, 10
    )
    assert (after.available_from, after.available_until) == (START, None)


@given(
    st.integers(1, 300),
    st.integers(0, 300),
    st.integers(1, 300),
    st.integers(0, 300),
    st.integers(0, 300),
    st.booleans(),
)
def test_a_place_always_holds_what_is_committed_on_it(
    places: int, by_hand: int, promised: int, before: int, elsewhere: int, all_counts: bool
) -> None:
    assume(by_hand <= places and elsewhere <= places)
    counted = promised if all_counts else promised // 2
    after = place_after_promise(place(places, by_hand), promise(promised), before, elsewhere, counted)
    assert after.places >= elsewhere + counted
    assert after.places >= by_hand
    assert place_without_promise(place(places, by_hand), before, elsewhere).places >= max(elsewhere, by_hand)


# How sites and moments are compared


@pytest.mark.parametrize("other", ["sporthal de el", " Sporthal  De El ", "SPORTHAL DE EL"])
def test_a_site_is_the_same_when_only_capitals_and_spaces_differ(other: str) -> None:
    assert site_key(other) == site_key("Sporthal De El")


def test_a_site_is_the_same_however_its_accents_were_typed() -> None:
    assert site_key("Cafe\u0301") == site_key("Caf\u00e9")


def test_two_sites_differ_when_their_names_do() -> None:
    assert site_key("Sporthal 1") != site_key("Sporthal 2")


def test_something_is_over_at_its_very_end_and_never_without_one() -> None:
    assert has_passed(START, START)
    assert not has_passed(START + timedelta(seconds=1), START)
    assert not has_passed(None, START)


def test_the_later_of_two_ends_is_none_when_one_never_ends() -> None:
    assert later(START, START + HOUR) == START + HOUR
    assert later(None, START) is None and later(START, None) is None


# How places add up


def test_what_is_open_and_not_committed_is_free() -> None:
    assert count(Stock("nl-ov", place(100), 60, 45), START, AHEAD) == Sums(100, 60, 45, 0, 40, 0)


def test_the_rest_is_on_notice_when_the_place_opens_later_or_asks_for_notice() -> None:
    later_on = place(100, available_from=START + HOUR)
    assert count(Stock("nl-ov", later_on, 60, 0), START, AHEAD) == Sums(100, 60, 0, 40, 0, 0)
    assert count(Stock("nl-ov", place(100, notice_hours=1), 0, 0), START, AHEAD) == Sums(100, 0, 0, 100, 0, 0)


def test_a_place_is_free_from_the_very_moment_it_opens() -> None:
    opens = place(10, available_from=START)
    assert count(Stock("nl-ov", opens), START, AHEAD).free == 10
    assert count(Stock("nl-ov", opens), START - timedelta(seconds=1), AHEAD).on_notice == 10


def test_a_place_that_opens_in_a_day_counts_and_a_second_later_does_not() -> None:
    assert count(Stock("nl-ov", place(10, available_from=START + AHEAD)), START, AHEAD).offered == 10
    far = place(10, available_from=START + AHEAD + timedelta(seconds=1))
    assert count(Stock("nl-ov", far), START, AHEAD) == Sums()


def test_a_place_that_opens_much_later_counts_when_something_on_it_is_committed() -> None:
    far = place(10, available_from=START + 3 * AHEAD)
    assert count(Stock("nl-ov", far, 4), START, AHEAD) == Sums(10, 4, 0, 6, 0, 0)


def test_a_place_counts_no_longer_at_its_end() -> None:
    ends = place(10, available_from=START - HOUR, available_until=START)
    assert count(Stock("nl-ov", ends), START - timedelta(seconds=1), AHEAD).free == 10
    assert count(Stock("nl-ov", ends), START, AHEAD) == Sums()


def test_a_place_in_view_counts_only_as_in_view() -> None:
    seen = place(70, firmness="inView", agreed_with=None)
    assert count(Stock("nl-ov", seen), START, AHEAD) == Sums(in_view=70)


terms = st.builds(
    lambda places, firm, starts, lasts, notice: place(
        places,
        firmness="agreed" if firm else "inView",
        available_from=START + starts * HOUR,
        available_until=None if lasts is None else START + (starts + lasts) * HOUR,
        notice_hours=notice,
    ),
    st.integers(1, 500),
    st.booleans(),
    st.integers(-72, 72),
    st.none() | st.integers(1, 72),
    st.integers(0, 2),
)


@st.composite
def stocks(draw: st.DrawFn) -> Stock:
    what = draw(terms)
    committed = draw(st.integers(0, what.places)) if what.is_firm else 0
    return Stock(draw(st.sampled_from(["nl-dr", "nl-ov"])), what, committed, draw(st.integers(0, committed)))


@given(st.lists(stocks(), max_size=12))
def test_offered_is_committed_on_notice_and_free_for_every_province_and_in_total(listed: list[Stock]) -> None:
    summary = summarise(listed, START, AHEAD)
    for sums in (summary.total, *summary.provinces.values()):
        assert sums.offered == sums.committed + sums.on_notice + sums.free
        assert min(sums.on_notice, sums.free, sums.in_view) >= 0
        assert 0 <= sums.occupied <= sums.committed
    assert summary.total == sum(summary.provinces.values(), Sums())


@given(st.lists(stocks(), max_size=12))
def test_every_running_place_is_counted_once(listed: list[Stock]) -> None:
    total = summarise(listed, START, AHEAD).total
    counted = [s for s in listed if not has_passed(s.terms.available_until, START)]
    assert total.committed == sum(s.committed for s in counted)
    assert total.in_view == sum(
        s.terms.places for s in counted if not s.terms.is_firm and s.terms.available_from <= START + AHEAD
    )

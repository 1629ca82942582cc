"""Emergency places: what offers, promises, the clock and COA make of them, and that the past stays readable."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from piket.audit.models import AuditEntry
from piket.audit.service import Actor
from piket.errors import Conflict, Invalid, NotFound
from piket.pages import PageRequest
from piket.places import service as places
from piket.places.models import CommitmentState, EmergencyPlaceState, Promise
from piket.places.service import Committed, PlaceInfo, PlaceTerms, Site, SitePromise, Sums
from piket.settings import Settings
from tests.fakes import START
from tests.service.desk import commitments

COA, OVERIJSSEL = Actor("coa"), Actor("nl-ov")
DEVENTER = Site("nl-ov", "gm0150", "Sporthal De El")
HOUR = timedelta(hours=1)


class Desk:
    """One session, with ordinary values for what a test does not care about."""

    def __init__(self, session: Session, settings: Settings) -> None:
        self.session, self.settings, self.now = session, settings, START

    def offer(self, number: int = 100, site: Site = DEVENTER, drill: bool = False, **more: Any) -> PlaceInfo:
        said: dict[str, Any] = {
            "firmness": "agreed",
            "agreed_with": "mayor",
            "hours": "night",
            "available_from": START,
            "available_until": None,
        }
        terms = PlaceTerms(places=number, **(said | more))
        return places.offer(self.session, self.now, OVERIJSSEL, self.settings, site, terms, drill)

    def promise(self, *sites: SitePromise, limit: int, call_up: str = "call", **more: Any) -> Committed:
        said: dict[str, Any] = {"centre": "ter-apel", "drill": False, "province": "nl-ov", "overflow": "episode"}
        return places.commit_places(
            self.session, self.now, OVERIJSSEL, call_up=call_up, promises=sites, limit=limit, **(said | more)
        )

    def take(self, number: int) -> Committed:
        return places.take_surplus(self.session, self.now, COA, "call", number)

    def occupy(self, commitment: str, people: int) -> places.CommitmentChange:
        return places.change_commitment(self.session, self.now, COA, commitment, occupied=people)

    def total(self, at: datetime | None = None) -> Sums:
        return places.summary(self.session, at or self.now).total

    def offered(self) -> dict[str, int]:
        page = places.places_paged(self.session, self.now, PageRequest(), state="offered")
        return {info.site: info.terms.places for info in page.items}

    def committed(self, at: datetime | None = None) -> dict[str, int]:
        found = commitments(self.session, at or self.now, state="committed")
        return {info.site: info.places for info in found}

    def wait(self, **duration: float) -> None:
        self.now += timedelta(**duration)


@pytest.fixture
def desk(session: Session, settings: Settings) -> Desk:
    return Desk(session, settings)


def site(name: str, number: int, firmness: str = "agreed", **more: Any) -> SitePromise:
    said: dict[str, Any] = {
        "agreed_with": None if firmness == "inView" else "mayor",
        "hours": "night",
        "available_from": START,
        "available_until": None,
        "municipality": "gm0150",
    }
    return SitePromise(site=name, places=number, firmness=firmness, **(said | more))


# Offers


def test_an_offer_is_free_at_once_when_it_is_open_and_asks_no_notice(desk: Desk) -> None:
    info = desk.offer(100)
    assert (info.state, info.version, info.committed) == ("offered", 1, 0)
    assert desk.total() == Sums(offered=100, free=100)
    assert desk.total(START - HOUR) == Sums()


def test_an_offer_in_view_is_shown_apart_and_counts_nowhere_else(desk: Desk) -> None:
    desk.offer(60, firmness="inView", agreed_with=None)
    assert desk.total() == Sums(in_view=60)


def test_the_past_reads_as_it_was_when_an_offer_was_changed_and_withdrawn(desk: Desk) -> None:
    place = desk.offer(100)
    desk.wait(hours=1)
    places.change(desk.session, desk.now, OVERIJSSEL, place.id, places=40, note="één zaal minder")
    desk.wait(hours=1)
    places.withdraw(desk.session, desk.now, OVERIJSSEL, place.id, "dak lekt")
    assert [desk.total(START + hours * HOUR).offered for hours in (0, 0.99, 1, 1.99, 2, 9)] == [100, 100, 40, 40, 0, 0]
    assert places.find(desk.session, START, place.id).terms.note is None
    assert places.find(desk.session, desk.now, place.id).reason == "dak lekt"
    with pytest.raises(NotFound):
        places.find(desk.session, START - HOUR, place.id)


def test_nothing_is_written_when_a_change_changes_nothing(desk: Desk) -> None:
    place = desk.offer(100)
    desk.wait(hours=1)
    assert places.change(desk.session, desk.now, OVERIJSSEL, place.id, places=100).version == 1


def test_an_offer_names_every_fault_and_stores_nothing_when_it_is_wrong(desk: Desk) -> None:
    with pytest.raises(Invalid) as refused:
        desk.offer(0, site=Site("nl-ov", "gm1950", " "), agreed_with=None, available_until=START)
    fields = [fault.field for fault in refused.value.faults]
    assert fields == ["municipality", "site", "places", "agreedWith", "availableUntil"]
    assert desk.session.scalars(select(EmergencyPlaceState)).all() == []


def test_a_withdrawal_is_refused_when_it_has_no_reason(desk: Desk) -> None:
    place = desk.offer()
    for reason in (None, "", "  "):
        with pytest.raises(Invalid) as refused:
            places.withdraw(desk.session, desk.now, OVERIJSSEL, place.id, reason)
        assert [fault.field for fault in refused.value.faults] == ["reason"]


def test_a_withdrawn_place_is_final(desk: Desk) -> None:
    place = desk.offer()
    places.withdraw(desk.session, desk.now, OVERIJSSEL, place.id, "dak lekt")
    for act in (
        lambda: places.change(desk.session, desk.now, OVERIJSSEL, place.id, places=5),
        lambda: places.withdraw(desk.session, desk.now, OVERIJSSEL, place.id, "nog eens"),
    ):
        with pytest.raises(Conflict, match="Offer it anew"):
            act()


def test_a_place_reads_as_expired_at_its_end_before_the_engine_wrote_it_down(desk: Desk) -> None:
    place = desk.offer(available_until=START + 2 * HOUR)
    desk.wait(hours=2)
    assert places.find(desk.session, desk.now, place.id).state == "expired"
    assert desk.total() == Sums() and desk.offered() == {}
    before = places.find(desk.session, desk.now, place.id)
    desk.wait(minutes=7)
    places.end_due(desk.session, desk.now)
    places.end_due(desk.session, desk.now)
    after = places.find(desk.session, desk.now, place.id)
    assert (after.state, after.version, after.changed_at) == ("expired", before.version + 1, START + 2 * HOUR)
    assert desk.total(START + 2 * HOUR - timedelta(seconds=1)).free == 100
    with pytest.raises(Conflict):
        places.change(desk.session, desk.now, OVERIJSSEL, place.id, available_until=None)


@pytest.mark.parametrize(
    "changes",
    [
        {"places": 59},
        {"firmness": "inView"},
        {"available_from": START + HOUR},
        {"available_until": START + 3 * HOUR},
    ],
)
def test_what_is_committed_cannot_be_lowered_loosened_or_cut_short(desk: Desk, changes: dict[str, Any]) -> None:
    place = desk.offer(100)
    desk.promise(site("Sporthal De El", 60, available_until=START + 9 * HOUR), limit=60)
    with pytest.raises(Conflict) as refused:
        places.change(desk.session, desk.now, OVERIJSSEL, place.id, **changes)
    assert refused.value.code == "places-committed"
    assert places.find(desk.session, desk.now, place.id).version == 1


def test_what_is_committed_cannot_be_withdrawn_and_the_rest_can_be_lowered(desk: Desk) -> None:
    place = desk.offer(100)
    desk.promise(site("Sporthal De El", 60), limit=60)
    with pytest.raises(Conflict, match="60 places at Sporthal De El"):
        places.withdraw(desk.session, desk.now, OVERIJSSEL, place.id, "dak lekt")
    assert places.change(desk.session, desk.now, OVERIJSSEL, place.id, places=60).committed == 60
    assert desk.total() == Sums(offered=60, committed=60)


# A promise on a call-up


def test_a_promise_counts_up_to_what_was_asked_and_the_rest_is_surplus_on_offer(desk: Desk) -> None:
    done = desk.promise(site("Sporthal", 60), site("Kazerne", 80), site("Kerk", 9, "inView"), limit=120)
    assert (done.counted, done.surplus, done.in_view) == (120, 20, 9)
    assert desk.committed() == {"Sporthal": 60, "Kazerne": 60}
    assert desk.total() == Sums(offered=140, committed=120, free=20, in_view=9)
    assert [(change.what, change.commitment.site) for change in done.changes] == [
        ("agreed", "Sporthal"),
        ("agreed", "Kazerne"),
    ]


def test_a_promise_uses_the_place_that_was_offered_when_the_site_is_the_same(desk: Desk) -> None:
    place = desk.offer(100)
    done = desk.promise(site(" sporthal  DE EL", 60), limit=60)
    assert done.changes[0].commitment.emergency_place == place.id
    assert desk.total() == Sums(offered=100, committed=60, free=40)


def test_a_promise_by_id_uses_that_place_whatever_name_it_gives(desk: Desk) -> None:
    place = desk.offer(100)
    desk.promise(site("de hal", 60, emergency_place=place.id), limit=60)
    assert desk.offered() == {"Sporthal De El": 100}


def test_the_same_promise_again_changes_nothing(desk: Desk) -> None:
    sites = [site("Sporthal", 60), site("Kazerne", 80), site("Kerk", 9, "inView")]
    first = desk.promise(*sites, limit=100)
    rows = [len(desk.session.scalars(select(row)).all()) for row in (EmergencyPlaceState, CommitmentState, Promise)]
    desk.wait(minutes=5)
    again = desk.promise(*sites, limit=100)
    assert (again.counted, again.surplus, again.in_view, again.changes) == (first.counted, first.surplus, 9, [])
    after = [len(desk.session.scalars(select(row)).all()) for row in (EmergencyPlaceState, CommitmentState, Promise)]
    assert after == rows


def test_a_new_promise_replaces_the_earlier_one_and_what_is_left_out_is_withdrawn(desk: Desk) -> None:
    desk.promise(site("Sporthal", 60), site("Kazerne", 40), limit=100)
    desk.wait(minutes=30)
    done = desk.promise(site("Kazerne", 50), site("Kerk", 20), limit=100, reason="sporthal blijkt verhuurd")
    assert desk.committed() == {"Kazerne": 50, "Kerk": 20}
    assert desk.offered() == {"Kazerne": 50, "Kerk": 20}
    told = {(change.commitment.site, change.what, change.reason) for change in done.changes}
    assert told == {("Sporthal", "ended", "withdrawn"), ("Kazerne", "moved", None), ("Kerk", "agreed", None)}
    assert desk.committed(START) == {"Sporthal": 60, "Kazerne": 40}
    page = places.places_paged(desk.session, desk.now, PageRequest(), state="withdrawn")
    assert [(info.site, info.reason) for info in page.items] == [("Sporthal", "sporthal blijkt verhuurd")]


def test_a_place_that_was_offered_before_stays_when_a_promise_leaves_it_out(desk: Desk) -> None:
    desk.offer(100)
    desk.promise(site("Sporthal De El", 60), limit=60)
    desk.promise(limit=60)
    assert desk.total() == Sums(offered=100, free=100)


def test_what_counted_stays_when_the_promise_is_stated_again_with_a_site_in_front(desk: Desk) -> None:
    desk.promise(site("Kazerne", 80), limit=80)
    desk.promise(site("Kerk", 50), site("Kazerne", 80), limit=80)
    assert desk.committed() == {"Kazerne": 80}
    assert desk.total() == Sums(offered=130, committed=80, free=50)


def test_a_site_that_goes_back_to_in_view_counts_no_longer(desk: Desk) -> None:
    desk.promise(site("Kazerne", 80), limit=80)
    done = desk.promise(site("Kazerne", 80, "inView"), limit=80)
    assert (done.counted, done.in_view) == (0, 80)
    assert [change.what for change in done.changes] == ["ended"]
    assert desk.total() == Sums(in_view=80)


def test_a_site_in_view_counts_when_it_was_agreed_after_all(desk: Desk) -> None:
    desk.promise(site("Kazerne", 80, "inView"), limit=80)
    assert desk.promise(site("Kazerne", 80, "ready"), limit=80).counted == 80
    assert desk.total() == Sums(offered=80, committed=80)


def test_a_site_in_view_adds_to_a_firm_place_only_when_it_was_agreed(desk: Desk) -> None:
    desk.offer(60)
    desk.promise(site("Sporthal De El", 60), limit=60, call_up="second")
    desk.promise(site("Sporthal De El", 30, "inView"), limit=30)
    assert desk.total() == Sums(offered=60, committed=60)
    assert desk.promise(site("Sporthal De El", 30), limit=10).surplus == 20
    assert desk.total() == Sums(offered=90, committed=70, free=20)


def test_nobody_is_told_when_only_the_firmness_changed(desk: Desk) -> None:
    desk.promise(site("Kazerne", 80), limit=80)
    assert desk.promise(site("Kazerne", 80, "ready"), limit=80).changes == []
    assert commitments(desk.session, desk.now)[0].firmness == "ready"


def test_a_promise_is_refused_when_people_are_in_what_it_takes_back(desk: Desk) -> None:
    done = desk.promise(site("Kazerne", 80), limit=80)
    desk.occupy(done.changes[0].commitment.id, 45)
    for sites in ([site("Kazerne", 44)], [site("Kerk", 80)], [site("Kazerne", 80, "inView")], []):
        with pytest.raises(Conflict, match="45 people are in the places at Kazerne"), desk.session.begin_nested():
            desk.promise(*sites, limit=80)
    assert desk.promise(site("Kazerne", 45), limit=80).counted == 45


def test_one_bed_counts_once_when_two_call_ups_name_the_same_site(desk: Desk) -> None:
    desk.promise(site("Kazerne", 120), limit=100)
    desk.promise(site("Kazerne", 20), limit=20, call_up="second")
    assert desk.total() == Sums(offered=120, committed=120)
    with pytest.raises(Conflict, match="surplus is 0"):
        desk.take(1)
    desk.promise(site("Kazerne", 50), limit=50, call_up="second")
    assert desk.total() == Sums(offered=150, committed=150)
    desk.promise(limit=100, reason="kan niet")
    assert desk.total() == Sums(offered=50, committed=50)


def test_a_drill_makes_its_own_places_and_counts_in_nothing_real(desk: Desk) -> None:
    desk.offer(100)
    desk.promise(site("Sporthal De El", 60), limit=60, drill=True)
    assert desk.total() == Sums(offered=100, free=100)
    assert places.summary(desk.session, desk.now, drill=True).total == Sums(offered=60, committed=60)
    assert places.committed(desk.session, "ter-apel", True, desk.now) == 60
    assert places.committed(desk.session, "ter-apel", False, desk.now) == 0


def test_the_faults_of_a_promise_are_named_by_site_all_at_once(desk: Desk) -> None:
    theirs = desk.offer(10, site=Site("nl-ov", "gm0193", "Hal"))
    promises = [
        site("Kazerne", 0, agreed_with=None),
        site("Kerk", 5, municipality="gm9999"),
        site("kazerne ", 5),
        site("Hal", 5, emergency_place=theirs.id),
    ]
    faults = places.promise_faults(desk.session, desk.now, desk.settings, "nl-ov", promises)
    assert [fault.field for fault in faults] == [
        "sites.0.places",
        "sites.0.agreedWith",
        "sites.1.municipality",
        "sites.2.site",
        "sites.3.emergencyPlace",
    ]
    assert places.promise_faults(desk.session, desk.now, desk.settings, "nl-ov", [site("Kazerne", 1)]) == []


def test_a_place_may_not_be_named_twice_in_one_promise(desk: Desk) -> None:
    place = desk.offer(100)
    with pytest.raises(Invalid):
        desk.promise(site("Sporthal De El", 5), site("de hal", 5, emergency_place=place.id), limit=10)


# Surplus, release, and the end


def test_coa_takes_of_the_surplus_in_the_order_of_the_sites(desk: Desk) -> None:
    desk.promise(site("Sporthal", 60), site("Kazerne", 80), site("Kerk", 30), limit=50)
    assert (desk.take(30).counted, desk.committed()) == (80, {"Sporthal": 60, "Kazerne": 20})
    done = desk.take(90)
    assert (done.counted, done.surplus) == (170, 0)
    assert places.committed_on(desk.session, ["call"], desk.now) == {"call": 170}


def test_a_surplus_is_refused_when_it_was_lowered_or_never_there(desk: Desk) -> None:
    with pytest.raises(Conflict):
        desk.take(1)
    done = desk.promise(site("Sporthal", 60), limit=50)
    places.change(desk.session, desk.now, OVERIJSSEL, done.changes[0].commitment.emergency_place, places=53)
    with pytest.raises(Conflict, match="surplus is 3"):
        desk.take(4)
    assert desk.take(3).counted == 53


def test_taken_surplus_is_kept_when_the_promise_is_stated_again(desk: Desk) -> None:
    desk.promise(site("Sporthal", 60), limit=50)
    desk.take(10)
    assert desk.promise(site("Sporthal", 60), limit=50).counted == 60


def test_released_places_are_free_again(desk: Desk) -> None:
    desk.promise(site("Sporthal", 60), site("Kazerne", 40), limit=100)
    desk.wait(hours=1)
    changes = places.release(desk.session, desk.now, COA, "call", "niet meer nodig")
    assert {(change.what, change.reason) for change in changes} == {("ended", "released")}
    assert desk.total() == Sums(offered=100, free=100)
    assert places.release(desk.session, desk.now, COA, "call", "nog eens") == []
    info = commitments(desk.session, desk.now)[0]
    assert (info.state, info.end_reason, info.ended_at) == ("ended", "released", START + HOUR)


def test_places_are_not_released_when_people_are_in_them(desk: Desk) -> None:
    done = desk.promise(site("Sporthal", 60), limit=60)
    desk.occupy(done.changes[0].commitment.id, 1)
    with pytest.raises(Conflict, match="record that they left"):
        places.release(desk.session, desk.now, COA, "call", "niet meer nodig")


def test_a_commitment_ends_at_its_until_however_late_the_pass(desk: Desk) -> None:
    desk.promise(site("Sporthal", 60, available_until=START + 10 * HOUR), limit=60)
    assert places.end_due(desk.session, START + 10 * HOUR - timedelta(seconds=1), "ter-apel") == []
    desk.wait(hours=10)
    assert places.committed(desk.session, "ter-apel", False, desk.now) == 0
    desk.wait(hours=3)
    (change,) = places.end_due(desk.session, desk.now, "ter-apel")
    assert (change.what, change.reason, change.commitment.ended_at) == ("ended", "until", START + 10 * HOUR)
    assert places.end_due(desk.session, desk.now, "ter-apel") == []
    assert places.committed(desk.session, "ter-apel", False, START + 9 * HOUR) == 60


def test_only_the_centre_that_is_passed_is_ended(desk: Desk) -> None:
    desk.promise(site("Sporthal", 60, available_until=START + HOUR), limit=60)
    desk.wait(hours=1)
    assert places.end_due(desk.session, desk.now, "elders") == []
    assert len(places.end_due(desk.session, desk.now)) == 1


# People in the places


def test_the_occupied_places_of_a_moment_are_those_recorded_by_then(desk: Desk) -> None:
    commitment = desk.promise(site("Sporthal", 60), limit=60).changes[0].commitment.id
    desk.wait(hours=1)
    desk.occupy(commitment, 45)
    desk.wait(hours=1)
    desk.occupy(commitment, 30)
    at = [places.occupied_at(desk.session, "ter-apel", False, START + hours * HOUR) for hours in (0.9, 1, 1.9, 2)]
    assert at == [0, 45, 45, 30]
    assert desk.total(START + HOUR).occupied == 45


def test_occupied_people_no_longer_count_when_the_commitment_has_ended(desk: Desk) -> None:
    commitment = desk.promise(site("Sporthal", 60, available_until=START + 9 * HOUR), limit=60).changes[0].commitment.id
    desk.occupy(commitment, 45)
    desk.wait(hours=9)
    places.end_due(desk.session, desk.now)
    assert places.occupied_at(desk.session, "ter-apel", False, desk.now) == 0
    assert places.find_commitment(desk.session, desk.now, commitment).occupied == 45


def test_more_people_than_places_are_refused(desk: Desk) -> None:
    commitment = desk.promise(site("Sporthal", 60), limit=60).changes[0].commitment.id
    assert desk.occupy(commitment, 60).what == "occupied"
    with pytest.raises(Conflict, match="Only 60 places"):
        desk.occupy(commitment, 61)


def test_a_longer_commitment_takes_its_place_along(desk: Desk) -> None:
    done = desk.promise(site("Sporthal", 60, available_until=START + 9 * HOUR), limit=60)
    info = done.changes[0].commitment
    change = places.change_commitment(desk.session, desk.now, COA, info.id, until=START + 30 * HOUR)
    assert (change.what, change.commitment.until) == ("moved", START + 30 * HOUR)
    place = places.find(desk.session, desk.now, info.emergency_place)
    assert place.terms.available_until == START + 30 * HOUR


def test_a_commitment_ends_now_when_its_until_has_passed(desk: Desk) -> None:
    info = desk.promise(site("Sporthal", 60), limit=60).changes[0].commitment
    desk.wait(hours=5)
    change = places.change_commitment(desk.session, desk.now, COA, info.id, until=START + 4 * HOUR)
    assert (change.what, change.commitment.ended_at) == ("ended", START + 5 * HOUR)
    assert [places.committed(desk.session, "ter-apel", False, START + hours * HOUR) for hours in (4.5, 5)] == [60, 0]
    with pytest.raises(Conflict, match="has ended"):
        desk.occupy(info.id, 1)


def test_a_commitment_cannot_end_before_it_begins(desk: Desk) -> None:
    info = desk.promise(site("Sporthal", 60, available_from=START + 2 * HOUR), limit=60).changes[0].commitment
    with pytest.raises(Invalid) as refused:
        places.change_commitment(desk.session, desk.now, COA, info.id, until=START + 2 * HOUR)
    assert [fault.field for fault in refused.value.faults] == ["until"]


def test_a_commitment_knows_its_call_up_and_episode(desk: Desk) -> None:
    info = desk.promise(site("Sporthal", 60), limit=60).changes[0].commitment
    assert (info.call_up, info.overflow, info.centre, info.province) == ("call", "episode", "ter-apel", "nl-ov")
    found = places.commitments_paged(desk.session, desk.now, PageRequest(), overflow="episode", state="committed")
    assert [item.id for item in found.items] == [info.id]
    assert not commitments(desk.session, desk.now, overflow="other")
    assert not commitments(desk.session, desk.now, state="ended")
    with pytest.raises(NotFound):
        places.find_commitment(desk.session, START - HOUR, info.id)


def test_every_act_is_in_the_record_without_the_name_of_a_site(desk: Desk) -> None:
    place = desk.offer(100)
    places.change(desk.session, desk.now, OVERIJSSEL, place.id, places=90)
    done = desk.promise(site("Sporthal De El", 60), limit=60)
    desk.occupy(done.changes[0].commitment.id, 3)
    desk.occupy(done.changes[0].commitment.id, 0)
    places.release(desk.session, desk.now, COA, "call", "niet nodig")
    places.withdraw(desk.session, desk.now, OVERIJSSEL, place.id, "dak lekt")
    entries = desk.session.scalars(select(AuditEntry).order_by(AuditEntry.seq)).all()
    assert [entry.action for entry in entries] == [
        "offer_place", "change_place", "commit_places", "change_commitment", "change_commitment",
        "end_commitment", "release_places", "withdraw_place",
    ]  # fmt: skip
    assert "Sporthal" not in str([entry.details for entry in entries])

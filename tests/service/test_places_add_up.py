"""Whatever is offered, promised, used and taken back: the sums add up now and at every moment behind us."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from piket.audit.service import Actor
from piket.db import Store
from piket.errors import PiketError
from piket.places import service as places
from piket.places.models import EmergencyPlace
from piket.places.service import PlaceInfo, PlaceTerms, Site, SitePromise, Summary
from piket.settings import Settings
from tests.fakes import START
from tests.service.desk import commitments

COA = Actor("coa")
WHERE = {"nl-ov": "gm0150", "nl-dr": "gm1680"}
SITES = ("Sporthal", "Kerk", "Kazerne")

provinces = st.sampled_from(sorted(WHERE))
call_ups = st.sampled_from(["one", "two"])
numbers = st.integers(1, 60)
said = st.fixed_dictionaries(
    {
        "places": numbers,
        "firmness": st.sampled_from(["inView", "agreed", "ready"]),
        "agreed_with": st.just("mayor"),
        "hours": st.just("night"),
        "available_from": st.integers(-5, 40),
        "lasts": st.none() | st.integers(1, 30),
    }
)
steps = st.one_of(
    st.tuples(st.just("offer"), provinces, st.sampled_from(SITES), said, st.integers(0, 1)),
    st.tuples(st.just("change"), st.integers(0, 9), st.dictionaries(st.sampled_from(["places"]), numbers, min_size=1)),
    st.tuples(st.just("withdraw"), st.integers(0, 9)),
    st.tuples(st.just("promise"), call_ups, st.lists(said, max_size=3), st.integers(0, 120)),
    st.tuples(st.just("promise"), call_ups, st.lists(said, min_size=1, max_size=3), st.integers(20, 120)),
    st.tuples(st.just("surplus"), call_ups, numbers),
    st.tuples(st.just("release"), call_ups),
    st.tuples(st.just("occupy"), st.integers(0, 9), st.integers(0, 60)),
    st.tuples(st.just("prolong"), st.integers(0, 9), st.none() | st.integers(0, 30)),
    st.tuples(st.just("pass")),
)


class Night:
    """One made-up night: it does what it is told, and refuses what the service refuses."""

    def __init__(self, session: Session, settings: Settings) -> None:
        self.session, self.settings, self.now = session, settings, START
        self.seen: dict[datetime, Summary] = {}
        self.done = 0

    def take(self, minutes: int, step: tuple[Any, ...]) -> None:
        self.now += timedelta(minutes=minutes)
        act: Callable[..., Any] = getattr(self, step[0] if step[0] != "pass" else "engine")
        try:
            with self.session.begin_nested():
                act(*step[1:])
            self.done += 1
        except PiketError:
            pass
        self.session.flush()
        self.seen[self.now] = places.summary(self.session, self.now)

    def said(self, of: dict[str, Any]) -> dict[str, Any]:
        start = self.now + timedelta(hours=of["available_from"])
        end = None if of["lasts"] is None else start + timedelta(hours=of["lasts"])
        plain = {name: value for name, value in of.items() if name != "lasts"}
        return plain | {"available_from": start, "available_until": end}

    def offer(self, province: str, site: str, what: dict[str, Any], notice: int) -> None:
        terms = PlaceTerms(**self.said(what), notice_hours=notice)
        places.offer(self.session, self.now, COA, self.settings, Site(province, WHERE[province], site), terms)

    def place(self, number: int) -> str:
        ids = self.session.scalars(select(EmergencyPlace.id).order_by(EmergencyPlace.created_at)).all()
        return ids[number % len(ids)] if ids else "none"

    def commitment(self, number: int) -> str:
        found = commitments(self.session, self.now)
        return found[number % len(found)].id if found else "none"

    def change(self, number: int, changes: dict[str, Any]) -> None:
        places.change(self.session, self.now, COA, self.place(number), **changes)

    def withdraw(self, number: int) -> None:
        places.withdraw(self.session, self.now, COA, self.place(number), "dak lekt")

    def promise(self, call_up: str, sites: list[dict[str, Any]], limit: int) -> None:
        promises = [
            SitePromise(**self.said(site), municipality=WHERE["nl-ov"], site=name)
            for name, site in zip(SITES, sites, strict=False)
        ]
        if places.promise_faults(self.session, self.now, self.settings, "nl-ov", promises):
            return
        places.commit_places(
            self.session, self.now, COA, call_up=call_up, centre="ter-apel", drill=False, province="nl-ov",
            promises=promises, limit=limit,
        )  # fmt: skip

    def surplus(self, call_up: str, number: int) -> None:
        places.take_surplus(self.session, self.now, COA, call_up, number)

    def release(self, call_up: str) -> None:
        places.release(self.session, self.now, COA, call_up, "niet meer nodig")

    def occupy(self, number: int, people: int) -> None:
        places.change_commitment(self.session, self.now, COA, self.commitment(number), occupied=people)

    def prolong(self, number: int, hours: int | None) -> None:
        until = None if hours is None else self.now + timedelta(hours=hours)
        places.change_commitment(self.session, self.now, COA, self.commitment(number), until=until)

    def engine(self) -> None:
        places.end_due(self.session, self.now, "ter-apel")

    def adds_up(self, at: datetime) -> None:
        summary = places.summary(self.session, at)
        for sums in (summary.total, *summary.provinces.values()):
            assert sums.offered == sums.committed + sums.on_notice + sums.free
            assert min(sums.free, sums.on_notice, sums.in_view) >= 0
            assert 0 <= sums.occupied <= sums.committed
        running = commitments(self.session, at, state="committed")
        assert summary.total.committed == sum(info.places for info in running)
        assert summary.total.committed == places.committed(self.session, "ter-apel", False, at)
        assert summary.total.occupied == places.occupied_at(self.session, "ter-apel", False, at)
        assert summary.total.committed == sum(places.committed_on(self.session, ("one", "two"), at).values())
        for info in running:
            assert 0 <= info.occupied <= info.places
            where = places.find(self.session, at, info.emergency_place)
            assert where.state == "offered" and where.terms.is_firm
            assert info.until is not None or where.terms.available_until is None
        for place in self.all_places(at):
            assert place.committed <= place.terms.places

    def all_places(self, at: datetime) -> list[PlaceInfo]:
        ids = self.session.scalars(select(EmergencyPlace.id).where(EmergencyPlace.created_at <= at)).all()
        return [places.find(self.session, at, id) for id in ids]


@given(st.lists(st.tuples(st.sampled_from([0, 1, 45, 300, 1500]), steps), min_size=2, max_size=14))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_the_sums_add_up_at_every_moment_whatever_happened(store: Store, settings: Settings, story: list[Any]) -> None:
    with store.writing(ring=False) as session:
        night = Night(session, settings)
        for minutes, step in story:
            night.take(minutes, step)
        for at, summary in night.seen.items():
            night.adds_up(at)
            assert places.summary(session, at) == summary, "the past reads as it was"
        for hours in (-1, 0.5, 3, 12, 30):
            night.adds_up(START + timedelta(hours=hours))
        session.rollback()


def test_a_made_up_night_does_something(session: Session, settings: Settings) -> None:
    """The property above is worth little when every step is refused."""
    site = {
        "places": 50,
        "firmness": "agreed",
        "agreed_with": "mayor",
        "hours": "night",
        "available_from": 0,
        "lasts": 20,
    }
    night = Night(session, settings)
    for step in [
        ("offer", "nl-ov", "Sporthal", site, 0),
        ("promise", "one", [site, site], 80),
        ("promise", "two", [site], 20),
        ("surplus", "one", 10),
        ("occupy", 0, 40),
        ("prolong", 0, 30),
        ("change", 0, {"places": 120}),
        ("release", "two"),
    ]:
        night.take(1, step)
        night.adds_up(night.now)
    assert night.done == 8
    assert night.seen[night.now].total.committed == 90
    assert night.seen[night.now].total.occupied == 40

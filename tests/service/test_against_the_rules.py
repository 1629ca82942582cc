"""Random nights: after every step the service and a second reading of the rules say the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import Phase, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from piket.db import Store
from tests.conftest import LONG
from tests.fakes import FakeClock
from tests.service.desk import Night
from tests.service.model import Office

PEOPLE = st.sampled_from([1700, 1850, 1930, 1950, 1951, 1990]) | st.integers(1940, 2240)
COUNTS = st.tuples(st.just("count"), st.sampled_from(["nightBeds", "nightBeds", "present"]), PEOPLE)
WITHOUT = st.tuples(st.just("count"), st.just("withoutBed"), st.sampled_from([0, 0, 3, 45]))
ANSWERS = st.tuples(st.just("answer"), st.integers(0, 5), st.sampled_from([0, 20, 100, 300]))
TIME = st.tuples(st.just("pass"), st.just(0), st.sampled_from([5, 16, 25, 61, 200, 700]))
START_OF_2024, END_OF_2024 = datetime(2024, 2, 1), datetime(2024, 11, 20)  # noqa: DTZ001 - made aware below
BEGIN = st.datetimes(START_OF_2024, END_OF_2024).map(lambda d: d.replace(second=0, microsecond=0, tzinfo=UTC))


def take(night: Night, office: Office, step: tuple[str, Any, int]) -> None:
    kind, what, number = step
    if kind == "pass":
        night.passes(minutes=number)
        office.passes(number)
        return
    night.passes(minutes=1)
    office.passes(1)
    if kind == "count":
        standing = office.counts.get(what)
        if what != "withoutBed" and standing and abs(standing[0] - number) > 300:
            return
        night.count(number, what)
        office.count(what, number)
    elif night.episode is not None:
        index = what % len(night.calls) if night.calls else 0
        call = night.calls[index] if night.calls else None
        if call is None or call.state == "released" or (call.promised or 0) > number:
            return
        again = call.promised is not None and number == 0
        if again:
            return
        night.answer(call.id, number)
        office.answer(index, number)


def agree(night: Night, office: Office) -> None:
    assert night.level == office.level
    assert (night.episode is not None) is office.is_open
    if night.episode is None:
        return
    info = night.opened
    assert (info.needed, info.committed, info.shortfall) == (office.needed, office.committed, office.shortfall)
    assert night.called == [(call.organisation, call.places, call.state) for call in office.calls]
    assert [call.respond_by for call in night.calls] == [call.respond_by for call in office.calls]
    assert [call.needed_by for call in night.calls] == [call.needed_by for call in office.calls]
    assert info.list_ended is office.ended


# Not shrunk in the ordinary run: a failing night prints its seed, and shrinking it takes minutes.
@examples(max_examples=300 if LONG else 12, phases=list(Phase) if LONG else [Phase.explicit, Phase.generate])
@given(
    begin=BEGIN,
    steps=st.lists(st.one_of(COUNTS, COUNTS, WITHOUT, ANSWERS, ANSWERS, TIME, TIME), min_size=8, max_size=22),
)
def play(store: Store, given_settings: Any, begin: datetime, steps: list[tuple[str, Any, int]]) -> None:
    clock = FakeClock(begin)
    with store.writing(ring=False) as session:
        night, office = Night(session, given_settings, clock), Office(begin)
        for step in steps:
            if office.calls and not office.is_open:
                break
            take(night, office, step)
            agree(night, office)
        session.rollback()


def test_service_and_rules_agree_on_random_nights(seeded: Store, settings: Any) -> None:
    play(seeded, settings)


def test_model_counts_turns_over_the_change_of_the_clock() -> None:
    """The second reading itself: noon on the wall, also when summer time begins between two turns."""
    before = datetime(2024, 4, 10, 9, 59, 59, tzinfo=UTC)
    office = Office(before)
    office.count("nightBeds", 2129)
    assert office.calls[0].organisation == "nl-nh"
    office.passes(1)
    assert office.turn == 7
    assert office.now - before == timedelta(minutes=1)

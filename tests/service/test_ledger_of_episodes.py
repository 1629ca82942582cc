"""What an episode makes the called carry stands in the ledger, once, in the transaction in which it happens."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from piket.db import Store
from piket.occupancy import service as occupancy
from piket.overflows import service as overflows
from piket.pages import PageRequest
from piket.places import service as places
from piket.rota import service as rota
from piket.rota.ledger_models import LedgerEntry, LedgerMark
from piket.rota.ledger_rules import Figures
from piket.rota.service import Booking
from tests.fakes import START
from tests.service.desk import CENTRE, Night, commitments, site


def carried(night: Night, code: str = "nl-ov") -> Figures:
    found = rota.ledger(night.session, night.clock(), "piket", START - timedelta(days=1), START + timedelta(days=30))
    return next(one.figures for one in found.accounts if one.organisation == code)


def booked(night: Night) -> dict[str, Any]:
    rows = night.session.scalars(select(LedgerEntry))
    return {row.source: (row.kind, row.organisation, row.at, row.places_asked, row.places_delivered, row.nights_hosted)
            for row in rows}  # fmt: skip


def occupy(night: Night, people: int, at: datetime | None = None) -> None:
    night.clock.now = at or night.clock.now
    (commitment,) = commitments(night.session, night.clock(), state="committed")
    with night.at() as desk:
        change = places.change_commitment(night.session, desk.now, desk.actor, commitment.id, occupied=people)
        overflows.commitment_changed(desk, change)


def book_nights(night: Night) -> int:
    made = overflows.book_nights(night.session, night.clock(), night.settings)
    night.session.flush()
    return made


def test_a_call_up_is_carried_by_whom_it_was_made_to_and_what_it_promises_when_it_does(night: Night) -> None:
    night.count(2129)
    (call,) = night.calls
    assert carried(night)[5:9] == (1, 179, 0, 0)
    night.answer(call.id, 120)
    assert carried(night)[5:9] == (1, 179, 120, 0)
    # The rest was asked of the next.
    assert carried(night, "nl-ut")[5:9] == (1, 59, 0, 0)
    night.answer(call.id, 100, reason="the hall is smaller")
    assert carried(night)[5:9] == (1, 179, 100, 0)
    rows = [row.entry for row in rota.ledger_entries_paged(
        night.session, night.clock(), "piket", PageRequest(500), START, START + timedelta(1), "nl-ov").items]  # fmt: skip
    assert [(row.kind, row.figures.places_delivered) for row in rows if row.call_up] == [
        ("callUp", 0), ("delivery", 120), ("delivery", -20),
    ]  # fmt: skip
    assert {row.call_up for row in rows if row.kind == "delivery"} == {call.id}
    assert all(row.commitment for row in rows if row.kind == "delivery")


def test_what_is_released_before_an_answer_is_no_longer_asked_but_was_a_call_up(night: Night) -> None:
    night.count(2129)
    first = night.calls[0]
    night.answer(first.id, 120)
    assert carried(night, "nl-ut")[5:7] == (1, 59)
    night.count(1900, at=night.clock() + timedelta(minutes=1))
    assert night.episode is None
    assert carried(night, "nl-ut")[5:9] == (1, 0, 0, 0)
    assert carried(night)[5:9] == (1, 179, 120, 0)


def test_a_deadline_that_passed_stays_asked_also_when_coa_then_releases_it(night: Night) -> None:
    night.count(2129)
    night.passes(hours=2)
    assert carried(night)[5:9] == (1, 179, 0, 0)
    with night.at() as desk:
        overflows.release(desk, night.calls[0].id, "no longer needed")
    assert carried(night)[5:9] == (1, 179, 0, 0)


def test_what_coa_releases_was_delivered_and_what_is_withdrawn_was_not(night: Night) -> None:
    night.count(2129)
    (call,) = night.calls
    night.answer(call.id, 179)
    with night.at() as desk:
        overflows.release(desk, call.id, "no longer needed")
    assert carried(night)[5:9] == (1, 179, 179, 0)
    assert commitments(night.session, night.clock(), state="committed") == []


def test_a_promise_that_is_withdrawn_is_taken_back_by_a_row_of_its_own(night: Night) -> None:
    night.count(2129)
    (call,) = night.calls
    night.answer(call.id, 179)
    night.answer(call.id, 0, decline_reason="fire")
    assert carried(night)[5:9] == (1, 179, 0, 0)
    assert Counter(kind for kind, organisation, *_ in booked(night).values() if organisation == "nl-ov") == {
        "callUp": 1, "delivery": 2,
    }  # fmt: skip


def test_places_that_coa_takes_of_the_surplus_were_asked_and_delivered(night: Night) -> None:
    night.count(2129)
    (call,) = night.calls
    night.answer(call.id, 200)
    assert carried(night)[5:9] == (1, 179, 179, 0)
    for number in (5, 6):
        with night.at() as desk:
            overflows.take_surplus(desk, call.id, number)
    assert carried(night)[5:9] == (1, 190, 190, 0)


def test_nights_are_booked_once_each_by_how_many_slept_there(night: Night) -> None:
    night.count(2129)
    night.answer(night.calls[0].id, 179)
    assert book_nights(night) == 0
    # 20 people at 22.00 hours, 30 at 01.15 hours, all gone at 08.00 hours local time.
    occupy(night, 20, datetime(2024, 9, 16, 20, tzinfo=UTC))
    occupy(night, 30, datetime(2024, 9, 16, 23, 15, tzinfo=UTC))
    occupy(night, 0, datetime(2024, 9, 17, 6, tzinfo=UTC))
    night.clock.now = datetime(2024, 9, 17, 7, 59, 59, tzinfo=UTC)
    assert book_nights(night) == 0
    night.clock.now = datetime(2024, 9, 17, 8, tzinfo=UTC)
    assert (book_nights(night), book_nights(night)) == (1, 0)
    assert rota.marked(night.session, "nights") == date(2024, 9, 16)
    assert carried(night)[5:9] == (1, 179, 179, 30)
    (row,) = night.session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "night"))
    assert (row.night, row.at) == (date(2024, 9, 16), datetime(2024, 9, 16, 22, tzinfo=UTC))


def test_nights_are_made_up_after_a_pause_and_end_with_the_commitment(night: Night) -> None:
    night.count(2129)
    night.answer(night.calls[0].id, 179)
    book_nights(night)
    occupy(night, 50, datetime(2024, 9, 16, 20, tzinfo=UTC))
    # Promised until Thursday 19 September, 14.00 hours: three nights.
    night.clock.now = datetime(2024, 9, 25, 12, tzinfo=UTC)
    assert book_nights(night) == 3
    assert carried(night).nights_hosted == 150
    nights = night.session.scalars(
        select(LedgerEntry.night).where(LedgerEntry.kind == "night").order_by(LedgerEntry.night)
    )
    assert nights.all() == [date(2024, 9, day) for day in (16, 17, 18)]


def test_who_came_and_went_by_day_did_not_sleep_there(night: Night) -> None:
    night.count(2129)
    night.answer(night.calls[0].id, 179)
    book_nights(night)
    occupy(night, 50, datetime(2024, 9, 17, 8, tzinfo=UTC))
    occupy(night, 0, datetime(2024, 9, 17, 21, 59, tzinfo=UTC))
    night.clock.now = datetime(2024, 9, 20, 12, tzinfo=UTC)
    assert book_nights(night) == 0


def test_a_drill_is_carried_by_nobody(night: Night) -> None:
    with occupancy.at_centre(
        night.session, night.clock(), night.settings, CENTRE, desk_actor(night), drill=True
    ) as desk:
        overflows.declare(desk, 100, "practice", occupancy.pressure_now(night.session, CENTRE, night.clock()))
    (call,) = overflows.call_ups(night.session, night.clock(), PageRequest(), drill=True).items
    with occupancy.at_centre(
        night.session, night.clock(), night.settings, CENTRE, desk_actor(night, call.organisation), drill=True
    ) as desk:
        overflows.respond(desk, call.id, overflows.Answer(100, (site(night.clock(), call.organisation, 100),)))
    night.clock.advance(days=3)
    book_nights(night)
    assert booked(night) == {}


def desk_actor(night: Night, code: str = "coa") -> Any:
    with night.at(code) as desk:
        return desk.actor


@pytest.fixture
def history(night: Night) -> dict[str, Any]:
    """An episode with everything in it, booked as it happened."""
    night.count(2129)
    night.answer(night.calls[0].id, 200)
    with night.at() as desk:
        overflows.take_surplus(desk, night.calls[0].id, 5)
    night.count(2200, at=night.clock() + timedelta(minutes=1))
    night.answer(night.calls[1].id, 10)
    night.answer(night.calls[1].id, 5, reason="smaller")
    night.passes(hours=3)
    occupy_first(night)
    night.clock.advance(days=3)
    book_nights(night)
    return booked(night)


def occupy_first(night: Night) -> None:
    largest = max(commitments(night.session, night.clock(), state="committed"), key=lambda one: one.places)
    with night.at() as desk:
        change = places.change_commitment(night.session, desk.now, desk.actor, largest.id, occupied=40)
        overflows.commitment_changed(desk, change)


def test_what_happened_before_there_was_a_ledger_is_booked_the_same(night: Night, history: dict[str, Any]) -> None:
    assert {kind for kind, *_ in history.values()} == {"callUp", "taken", "delivery", "night"}
    night.session.execute(delete(LedgerEntry))
    night.session.execute(delete(LedgerMark))
    assert book_nights(night) == len(history)
    assert booked(night) == history
    night.session.execute(delete(LedgerMark))
    assert book_nights(night) == 0


def test_the_sum_of_what_was_delivered_is_what_is_committed(night: Night, session: Session) -> None:
    night.count(2129)
    for places_said in (120, 50, 179, 100):
        night.answer(night.calls[0].id, places_said, reason="it changed")
        total = sum(row[4] for row in booked(night).values())
        assert total == places.committed(session, CENTRE, False, night.clock())


def test_two_that_book_the_same_at_the_same_moment_book_it_once(seeded: Store) -> None:
    begun = threading.Barrier(2)
    bookings = [Booking(f"call-up:{n}", "callUp", "nl-ut", START, call_ups=1, places_asked=1) for n in range(20)]

    def book() -> int:
        with seeded.writing(ring=False) as own:
            if not seeded.is_sqlite:
                begun.wait(10)
            return rota.book(own, START, bookings)

    with ThreadPoolExecutor(2) as pool:
        made = [future.result() for future in [pool.submit(book), pool.submit(book)]]
    assert sum(made) == 20
    with seeded.reading() as own:
        found = rota.ledger(own, START, "piket", START, START + timedelta(days=1))
    assert next(one.figures.places_asked for one in found.accounts if one.organisation == "nl-ut") == 20

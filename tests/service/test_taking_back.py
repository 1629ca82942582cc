"""What was promised by the link of a mail: it is told to the called too, and can be taken back for ten minutes."""

from __future__ import annotations

import pytest

from piket.errors import Conflict
from piket.overflows import service as overflows
from piket.overflows.service import Answer
from tests.service.desk import Night, site


def told(night: Night) -> set[str]:
    """Who was told of the newest answer."""
    return night.told(night.alerts("callUpAnswered")[-1])


def promise(night: Night, places: int = 100, way: str | None = "link") -> str:
    """Overijssel promises places; the id of the call-up."""
    call = night.calls[0].id
    with night.at("nl-ov") as desk:
        overflows.respond(desk, call, Answer(places, (site(night.clock(), "nl-ov", places),), way=way))  # type: ignore[arg-type]
    return call


def take_back(night: Night, call: str) -> str:
    with night.at("nl-ov") as desk:
        return overflows.take_back(desk, call, "teruggenomen").id


def test_what_is_promised_by_a_link_is_told_to_the_called_too(night: Night) -> None:
    night.count(2129)
    promise(night)
    assert "nl-ov" in told(night)


def test_what_is_promised_otherwise_is_not(night: Night) -> None:
    night.count(2129)
    promise(night, way=None)
    assert "nl-ov" not in told(night) and "coa" in told(night)


def test_it_is_taken_back_within_ten_minutes_and_others_are_told(night: Night) -> None:
    night.count(2129)
    call = promise(night)
    night.clock.advance(minutes=9)
    first = take_back(night, call)
    assert (night.calls[0].state, night.calls[0].committed) == ("declined", 0)
    assert {"coa", "nl-ov"} <= told(night)
    assert take_back(night, call) == first, "twice is once"


def test_after_ten_minutes_it_stays(night: Night) -> None:
    night.count(2129)
    call = promise(night)
    night.clock.advance(minutes=10)
    with pytest.raises(Conflict):
        take_back(night, call)
    assert night.calls[0].committed == 100


def test_an_answer_that_was_given_otherwise_cannot_be_taken_back(night: Night) -> None:
    night.count(2129)
    call = night.calls[0].id
    with pytest.raises(Conflict):
        take_back(night, call)
    promise(night, way=None)
    with pytest.raises(Conflict):
        take_back(night, call)


def test_who_took_back_may_answer_anew(night: Night) -> None:
    night.count(2129)
    call = promise(night)
    take_back(night, call)
    promise(night, 60)
    assert night.calls[0].committed == 60
    with night.at("nl-ov"):
        last = overflows.last_answer(night.session, call)
    assert last is not None and last.data["places"] == 60

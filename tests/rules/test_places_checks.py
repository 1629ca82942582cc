"""What an offer must say to be taken; each fault is named, all of them at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from piket.places.check_rules import wrong_with_municipality, wrong_with_name, wrong_with_place
from tests.fakes import START
from tests.rules.test_places import place

PROVINCES = {"gm0150": "nl-ov", "gm1950": "nl-gr"}
NAMES = {"gm0150": "Deventer", "gm1950": "Westerwolde"}


def fields(**changed: Any) -> list[str]:
    return [wrong.field for wrong in wrong_with_place(place(**changed), START)]


def test_nothing_is_wrong_with_an_ordinary_offer() -> None:
    assert fields() == []
    assert (
        fields(available_until=START + timedelta(hours=1), max_stay_hours=72, groups=("men",), note="Geen douches")
        == []
    )


@pytest.mark.parametrize("places", [0, -1, 10_001, True, 1.5])
def test_places_are_refused_when_they_are_not_a_whole_number_in_range(places: Any) -> None:
    assert fields(places=places) == ["places"]


@pytest.mark.parametrize("firmness", ["agreed", "ready"])
def test_consent_is_asked_when_places_are_said_to_be_firm(firmness: str) -> None:
    assert fields(firmness=firmness, agreed_with=None) == ["agreedWith"]


def test_no_consent_is_asked_when_a_place_is_only_in_view() -> None:
    assert fields(firmness="inView", agreed_with=None) == []


@pytest.mark.parametrize(
    ("name", "value", "field"),
    [
        ("firmness", "sure", "firmness"),
        ("agreed_with", "neighbour", "agreedWith"),
        ("hours", "day", "hours"),
        ("kind", "tent", "kind"),
        ("notice_hours", -1, "noticeHours"),
        ("max_stay_hours", 0, "maxStayHours"),
        ("note", "x" * 1001, "note"),
        ("groups", ("x" * 41,), "groups.0"),
        ("groups", ("",), "groups.0"),
        ("groups", ("men",) * 11, "groups"),
    ],
)
def test_a_value_is_refused_when_it_is_not_one_that_belongs_there(name: str, value: Any, field: str) -> None:
    assert fields(**{name: value}) == [field]


@pytest.mark.parametrize("end", [START, START - timedelta(hours=1)])
def test_places_are_refused_when_they_end_before_or_as_they_begin(end: Any) -> None:
    assert fields(available_until=end) == ["availableUntil"]


def test_places_are_refused_when_they_are_over_already() -> None:
    yesterday = START - timedelta(days=1)
    assert fields(available_from=yesterday, available_until=START) == ["availableUntil"]
    assert fields(available_from=yesterday, available_until=START + timedelta(seconds=1)) == []


def test_every_fault_is_named_at_once() -> None:
    found = fields(places=0, agreed_with=None, hours="day", available_until=START, notice_hours=-1)
    assert found == ["places", "hours", "agreedWith", "availableUntil", "noticeHours"]


def where(province: str | None, municipality: str | None) -> list[str]:
    return [wrong.field for wrong in wrong_with_municipality(province, municipality, PROVINCES, NAMES)]


def test_a_municipality_is_taken_when_it_lies_in_the_province() -> None:
    assert where("nl-ov", "gm0150") == []


def test_a_municipality_is_refused_when_it_is_unknown_or_lies_elsewhere() -> None:
    assert where("nl-ov", "gm9999") == ["municipality"]
    assert where("nl-ov", "gm1950") == ["municipality"]


def test_a_province_is_refused_when_it_is_unknown_and_nothing_is_said_of_the_municipality() -> None:
    assert where("nl-xx", "gm0150") == ["province"]


def test_only_what_was_given_is_checked() -> None:
    assert where(None, None) == [] and where("nl-ov", None) == [] and where(None, "gm0150") == []


def test_the_sentence_names_the_municipality_and_both_provinces_when_it_lies_elsewhere() -> None:
    (wrong,) = wrong_with_municipality("nl-ov", "gm1950", PROVINCES, NAMES)
    assert str(wrong.detail) == "Westerwolde (gm1950) lies in nl-gr, not in nl-ov."


@pytest.mark.parametrize("name", ["", "  ", "x" * 201])
def test_a_site_is_refused_when_its_name_is_empty_or_too_long(name: str) -> None:
    assert [wrong.field for wrong in wrong_with_name(name)] == ["site"]

"""Commitments over HTTP: who sees and changes them, and what follows when places are promised, used and taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.client import Answer, Client
from tests.fakes import START, FakeClock

Make = Callable[..., Client]
DEVENTER = {
    "municipality": "gm0150",
    "site": "Sporthal De El",
    "places": 120,
    "firmness": "agreed",
    "agreedWith": "mayor",
    "hours": "night",
    "availableFrom": START,
    "availableUntil": START + timedelta(days=2),
}


@pytest.fixture
def call_up(client: Make) -> str:
    """Ter Apel is 179 places short, and Overijssel is called up."""
    coa = client("coa")
    coa.post("centres/ter-apel/counts", {"observedAt": START, "definition": "nightBeds", "people": 2129}).expect(201)
    (call,) = coa.get("call-ups").items
    assert (call["organisation"], call["places"]) == ("nl-ov", 179)
    made: str = call["id"]
    return made


def answer(client: Make, call_up: str, *sites: dict[str, Any], **more: Any) -> Answer:
    total = sum(site["places"] for site in sites)
    return client("nl-ov").post(f"call-ups/{call_up}/responses", {"places": total, "sites": sites, **more}).expect(201)


@pytest.fixture
def commitment(client: Make, call_up: str) -> Answer:
    """Overijssel promised 120 places in Deventer."""
    answer(client, call_up, DEVENTER)
    (listed,) = client("coa").get("commitments").items
    return client("coa").get(f"commitments/{listed['id']}").expect(200)


def change(client: Make, code: str, commitment: Answer, body: dict[str, Any]) -> Answer:
    who = client(code)
    where = f"commitments/{commitment['id']}"
    return who.patch(where, body, etag=who.get(where).headers["ETag"])


def test_a_promise_makes_a_commitment_that_says_everything(client: Make, call_up: str, commitment: Answer) -> None:
    overflow = client("coa").get("overflows").items[0]["id"]
    place = client("coa").get("emergency-places").items[0]
    assert place["committed"] == 120
    assert commitment.body == {
        "id": commitment["id"],
        "callUp": call_up,
        "overflow": overflow,
        "centre": "ter-apel",
        "province": "nl-ov",
        "municipality": "gm0150",
        "site": "Sporthal De El",
        "emergencyPlace": place["id"],
        "places": 120,
        "occupied": 0,
        "firmness": "agreed",
        "hours": "night",
        "availableFrom": "2024-09-16T12:00:00Z",
        "until": "2024-09-18T12:00:00Z",
        "state": "committed",
        "endReason": None,
        "createdAt": "2024-09-16T12:00:00Z",
        "endedAt": None,
        "drill": False,
    }


@pytest.mark.parametrize(
    ("code", "sees"), [("ministry", True), ("nl-ov", True), ("nl-dr", False), ("cdk-nl-ov", False)]
)
def test_only_who_needs_the_site_sees_it(client: Make, commitment: Answer, code: str, sees: bool) -> None:
    shown = client(code).get(f"commitments/{commitment['id']}").expect(200)
    assert (shown["site"] is not None, shown["municipality"] is not None) == (sees, sees)
    assert (shown["province"], shown["places"]) == ("nl-ov", 120)


def test_commitments_are_found_by_what_they_are_for(client: Make, call_up: str, commitment: Answer) -> None:
    vng, overflow = client("vng"), commitment["overflow"]
    found = {"overflow": overflow, "centre": "ter-apel", "province": "nl-ov", "callUp": call_up, "state": "committed"}
    for key, value in found.items():
        assert len(vng.get("commitments", **{key: value}).items) == 1
    for key, value in {**dict.fromkeys(found, "other"), "state": "ended"}.items():
        assert vng.get("commitments", **{key: value}).items == []
    assert vng.get("commitments", drill="true").items == []
    vng.get("commitments/unknown").expect(404)


@pytest.mark.parametrize("code", ["coa", "nl-ov"])
def test_people_in_the_places_are_recorded_and_add_up(client: Make, commitment: Answer, code: str) -> None:
    changed = change(client, code, commitment, {"occupied": 45}).expect(200)
    assert changed["occupied"] == 45
    sums = client("coa").get("emergency-places/summary")["total"]
    assert (sums["committed"], sums["occupied"], sums["free"]) == (120, 45, 0)
    assert client("coa").get("situation")["places"]["occupied"] == 45


@pytest.mark.parametrize("code", ["nl-dr", "ministry", "vng", "gm1950", "cdk-nl-ov"])
def test_a_change_is_refused_when_it_is_not_theirs(client: Make, commitment: Answer, code: str) -> None:
    change(client, code, commitment, {"occupied": 45}).expect(403)
    assert client("coa").get(f"commitments/{commitment['id']}")["occupied"] == 0


def test_the_host_changes_what_it_hosts(client: Make, call_up: str) -> None:
    operator = client("operator")
    operator.post("organisations", {"code": "gm0150", "kind": "municipality", "name": "Deventer"}).expect(201)
    answer(client, call_up, DEVENTER)
    (listed,) = client("coa").get("commitments").items
    commitment = client("gm0150").get(f"commitments/{listed['id']}").expect(200)
    assert commitment["site"] == "Sporthal De El"
    assert change(client, "gm0150", commitment, {"occupied": 12}).expect(200)["occupied"] == 12


def test_a_host_hears_of_what_it_hosts(client: Make, call_up: str) -> None:
    client("operator").post("organisations", {"code": "gm0150", "kind": "municipality", "name": "Deventer"}).expect(201)
    answer(client, call_up, DEVENTER)
    (listed,) = client("coa").get("commitments").items
    commitment = client("coa").get(f"commitments/{listed['id']}")
    change(client, "coa", commitment, {"occupied": 12}).expect(200)
    change(client, "coa", commitment, {"until": START + timedelta(days=4)}).expect(200)
    told = [alert["kind"] for alert in client("gm0150").get("alerts").items]
    assert told.count("commitmentChanged") == 2, "agreed and moved are told, people coming in are not"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"occupied": -1}, "occupied"),
        ({"occupied": 1.5}, "occupied"),
        ({"occupied": True}, "occupied"),
        ({"until": "2024-09-18T12:00:00"}, "until"),
        ({"until": START - timedelta(hours=1)}, "until"),
        ({"places": 5}, "places"),
    ],
)
def test_a_change_is_refused_when_it_is_wrong(
    client: Make, commitment: Answer, body: dict[str, Any], field: str
) -> None:
    assert field in change(client, "coa", commitment, body).faults
    assert client("coa").get(f"commitments/{commitment['id']}").body == commitment.body


def test_more_people_than_places_are_refused(client: Make, commitment: Answer) -> None:
    refused = change(client, "coa", commitment, {"occupied": 121}).expect(409)
    assert refused["code"] == "more-people-than-places"


def test_a_change_names_the_version_it_changes(client: Make, commitment: Answer) -> None:
    coa, where = client("coa"), f"commitments/{commitment['id']}"
    coa.patch(where, {"occupied": 5}).expect(428)
    coa.patch(where, {"occupied": 5}, etag=commitment.headers["ETag"]).expect(200)
    coa.patch(where, {"occupied": 6}, etag=commitment.headers["ETag"]).expect(412)
    assert coa.get(where)["occupied"] == 5


def test_what_is_missing_is_called_up_at_once_when_a_commitment_is_ended(
    client: Make, commitment: Answer, clock: FakeClock
) -> None:
    coa = client("coa")
    before = coa.get("overflows").items[0]
    assert before["shortfall"] == 59
    clock.advance(minutes=5)
    ended = change(client, "nl-ov", commitment, {"until": clock.now}).expect(200)
    assert (ended["state"], ended["endReason"]) == ("ended", "until")
    after = coa.get("overflows").items[0]
    assert (after["shortfall"], after["asked"]) == (179, 179)
    assert change(client, "nl-ov", commitment, {"occupied": 1}).expect(409)["code"] == "commitment-ended"


def test_a_commitment_ends_by_itself_and_is_missed(client: Make, commitment: Answer, clock: FakeClock) -> None:
    clock.advance(days=2)
    shown = client("coa").get(f"commitments/{commitment['id']}")
    assert (shown["state"], shown["endReason"], shown["endedAt"]) == ("ended", "until", "2024-09-18T12:00:00Z")
    assert client("coa").get("emergency-places/summary")["total"]["committed"] == 0


def test_what_is_committed_cannot_be_withdrawn_or_lowered_as_a_place(client: Make, commitment: Answer) -> None:
    overijssel, where = client("nl-ov"), f"emergency-places/{commitment['emergencyPlace']}"
    etag = overijssel.get(where).headers["ETag"]
    for body in ({"state": "withdrawn", "reason": "dak lekt"}, {"places": 119}, {"firmness": "inView"}):
        assert overijssel.patch(where, body, etag=etag).expect(409)["code"] == "places-committed"
    assert overijssel.get(where).headers["ETag"] == etag


def test_the_version_of_a_place_changes_when_something_on_it_is_committed(client: Make, call_up: str) -> None:
    overijssel = client("nl-ov")
    place = overijssel.post("emergency-places", {**DEVENTER, "province": "nl-ov"}).expect(201)
    answer(client, call_up, DEVENTER)
    where = f"emergency-places/{place['id']}"
    read = overijssel.get(where, headers={"If-None-Match": place.headers["ETag"]}).expect(200)
    assert read["committed"] == 120
    overijssel.get(where, headers={"If-None-Match": read.headers["ETag"]}).expect(304)

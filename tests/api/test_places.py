"""Emergency places over HTTP: who may, who sees what, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.client import Answer, Client
from tests.fakes import START, FakeClock

Make = Callable[..., Client]


def offer(**changed: Any) -> dict[str, Any]:
    return {
        "province": "nl-ov",
        "municipality": "gm0150",
        "site": "Sporthal De El",
        "places": 100,
        "firmness": "agreed",
        "agreedWith": "mayor",
        "hours": "night",
        "availableFrom": START,
        "availableUntil": START + timedelta(days=3),
        **changed,
    }


def one_by_one(listed: Answer) -> list[str]:
    return [item["id"] for item in listed.items]


# Offers


def test_a_province_offers_its_own_place_and_reads_it_back(client: Make) -> None:
    overijssel = client("nl-ov")
    made = overijssel.post("emergency-places", offer(groups=["men"], note="Geen douches")).expect(201)
    assert made["state"] == "offered" and made["committed"] == made["occupied"] == 0
    assert (made["noticeHours"], made["maxStayHours"], made["kind"], made["groups"]) == (0, None, "piket", ["men"])
    assert made.headers["Location"] == f"/v1/emergency-places/{made['id']}"
    read = overijssel.get(f"emergency-places/{made['id']}").expect(200)
    assert read.body == made.body and read.headers["ETag"] == made.headers["ETag"]


def test_an_offer_without_an_end_stays_until_it_is_withdrawn(client: Make, clock: FakeClock) -> None:
    body = offer()
    del body["availableUntil"]
    made = client("coa").post("emergency-places", body).expect(201)
    clock.advance(days=400)
    assert made["availableUntil"] is None
    assert client("coa").get(f"emergency-places/{made['id']}")["state"] == "offered"


@pytest.mark.parametrize("code", ["nl-dr", "gm1950", "vng", "ministry", "cdk-nl-ov", "operator"])
def test_an_offer_is_refused_when_it_is_not_the_callers_own_province(client: Make, code: str) -> None:
    client(code).post("emergency-places", offer()).expect(403)
    assert client("coa").get("emergency-places").items == []


def test_every_fault_is_named_at_once_and_nothing_is_stored(client: Make) -> None:
    wrong = offer(municipality="gm1950", places=0, agreedWith=None, availableUntil=START, hours="day", color="red")
    found = client("nl-ov").post("emergency-places", wrong)
    assert found.faults == {"municipality", "places", "agreedWith", "availableUntil", "hours", "color"}
    assert client("coa").get("emergency-places").items == []


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"places": 0}, "places"),
        ({"places": 10_001}, "places"),
        ({"places": 2.5}, "places"),
        ({"places": True}, "places"),
        ({"places": "12"}, "places"),
        ({"municipality": "gm9999"}, "municipality"),
        ({"municipality": "gm1950"}, "municipality"),
        ({"province": "nl-xx"}, "province"),
        ({"site": "  "}, "site"),
        ({"firmness": "ready", "agreedWith": None}, "agreedWith"),
        ({"agreedWith": "neighbour"}, "agreedWith"),
        ({"availableFrom": "2024-09-16T22:00:00"}, "availableFrom"),
        ({"availableFrom": START - timedelta(days=2), "availableUntil": START}, "availableUntil"),
        ({"groups": ["x" * 41]}, "groups.0"),
        ({"groups": ["men"] * 11}, "groups"),
        ({"note": "x" * 1001}, "note"),
        ({"noticeHours": -1}, "noticeHours"),
        ({"maxStayHours": 0}, "maxStayHours"),
    ],
)
def test_an_offer_is_refused_when_one_thing_is_wrong(client: Make, changed: dict[str, Any], field: str) -> None:
    assert field in client("coa").post("emergency-places", offer(**changed)).faults
    assert client("coa").get("emergency-places").items == []


def test_the_sentence_of_a_fault_is_dutch_by_default_and_english_when_asked(client: Make) -> None:
    wrong = offer(firmness="ready", agreedWith=None)
    dutch = client("coa").post("emergency-places", wrong).expect(400)
    assert "burgemeester" in dutch["errors"][0]["detail"]
    english = client("coa").post("emergency-places", wrong, headers={"Accept-Language": "en"}).expect(400)
    assert english["errors"][0]["detail"].startswith("Say who agreed")


# Who sees the site


@pytest.mark.parametrize(
    ("code", "sees"), [("coa", True), ("ministry", True), ("nl-ov", True), ("nl-dr", False), ("vng", False)]
)
def test_only_who_needs_the_site_sees_it(client: Make, code: str, sees: bool) -> None:
    made = client("coa").post("emergency-places", offer(note="achterom"))
    reader = client(code)
    for shown in (
        reader.get(f"emergency-places/{made['id']}").expect(200).body,
        reader.get("emergency-places").items[0],
    ):
        assert (shown["province"], shown["places"], shown["hours"]) == ("nl-ov", 100, "night")
        assert all((shown[key] is not None) == sees for key in ("municipality", "site", "note"))


def test_the_host_sees_its_own_site_and_no_other(client: Make) -> None:
    coa, westerwolde = client("coa"), client("gm1950")
    coa.post("emergency-places", offer(province="nl-gr", municipality="gm1950", site="Kerk"))
    coa.post("emergency-places", offer())
    assert {item["site"] for item in westerwolde.get("emergency-places").items} == {"Kerk", None}


# Lists


def test_places_are_listed_newest_first_page_by_page(client: Make, clock: FakeClock) -> None:
    coa = client("coa")
    made = []
    for number in range(5):
        clock.advance(minutes=1)
        made.append(coa.post("emergency-places", offer(places=number + 1))["id"])
    first = coa.get("emergency-places", pageSize=2)
    second = coa.get(first["next"])
    third = coa.get(second["next"])
    assert one_by_one(first) + one_by_one(second) + one_by_one(third) == made[::-1]
    assert third["next"] is None


def test_places_are_found_by_province_state_and_firmness(client: Make, clock: FakeClock) -> None:
    coa = client("coa")
    drenthe = coa.post("emergency-places", offer(province="nl-dr", municipality="gm1680"))["id"]
    short = coa.post("emergency-places", offer(availableUntil=START + timedelta(hours=1)))["id"]
    seen = coa.post("emergency-places", offer(firmness="inView", agreedWith=None))["id"]
    clock.advance(hours=1)
    assert one_by_one(coa.get("emergency-places", province="nl-dr")) == [drenthe]
    assert one_by_one(coa.get("emergency-places", state="expired")) == [short]
    assert one_by_one(coa.get("emergency-places", firmness="inView", state="offered")) == [seen]
    assert one_by_one(coa.get("emergency-places", drill="true")) == []
    assert coa.get("emergency-places", colour="red").faults == {"colour"}


# Changes


def test_a_place_is_changed_by_who_read_it(client: Make) -> None:
    overijssel = client("nl-ov")
    made = overijssel.post("emergency-places", offer())
    where = f"emergency-places/{made['id']}"
    overijssel.patch(where, {"places": 80}).expect(428)
    changed = overijssel.patch(where, {"places": 80, "note": "zaal 2 dicht"}, etag=made.headers["ETag"]).expect(200)
    assert (changed["places"], changed["note"]) == (80, "zaal 2 dicht")
    overijssel.patch(where, {"places": 70}, etag=made.headers["ETag"]).expect(412)
    client("nl-dr").patch(where, {"places": 70}, etag=changed.headers["ETag"]).expect(403)
    assert overijssel.get(where)["places"] == 80


def test_a_change_is_checked_as_a_whole(client: Make) -> None:
    coa = client("coa")
    made = coa.post("emergency-places", offer())
    where, etag = f"emergency-places/{made['id']}", made.headers["ETag"]
    assert coa.patch(where, {"agreedWith": None}, etag=etag).faults == {"agreedWith"}
    assert coa.patch(where, {"availableFrom": START + timedelta(days=4)}, etag=etag).faults == {"availableUntil"}
    assert coa.patch(where, {"province": "nl-dr"}, etag=etag).faults == {"province"}
    assert coa.patch(where, {"state": "expired"}, etag=etag).faults == {"state"}
    assert coa.patch(where, {"reason": "zomaar"}, etag=etag).faults == {"reason"}
    coa.patch("emergency-places/unknown", {"places": 3}, etag=etag).expect(404)
    assert coa.get(where).headers["ETag"] == etag


def test_a_place_is_withdrawn_with_a_reason_and_for_good(client: Make, clock: FakeClock) -> None:
    overijssel = client("nl-ov")
    made = overijssel.post("emergency-places", offer())
    where, etag = f"emergency-places/{made['id']}", made.headers["ETag"]
    assert overijssel.patch(where, {"state": "withdrawn"}, etag=etag).faults == {"reason"}
    clock.advance(minutes=1)
    gone = overijssel.patch(where, {"state": "withdrawn", "reason": "dak lekt"}, etag=etag).expect(200)
    assert (gone["state"], gone["reason"]) == ("withdrawn", "dak lekt")
    again = overijssel.patch(where, {"places": 5}, etag=gone.headers["ETag"]).expect(409)
    assert again["code"] == "place-not-offered"
    assert client("nl-dr").get(where)["reason"] is None


# Sums


def test_the_sums_are_of_every_province_and_of_every_moment(client: Make, clock: FakeClock) -> None:
    coa = client("coa")
    coa.post("emergency-places", offer())
    coa.post("emergency-places", offer(province="nl-dr", municipality="gm1680", places=30, noticeHours=6))
    coa.post("emergency-places", offer(firmness="inView", agreedWith=None, places=7))
    coa.post("emergency-places", offer(availableFrom=START + timedelta(hours=25), places=500))
    sums = client("vng").get("emergency-places/summary").expect(200)
    assert sums["total"] == {"offered": 130, "committed": 0, "occupied": 0, "onNotice": 30, "free": 100, "inView": 7}
    assert len(sums["provinces"]) == 12
    drenthe = next(entry for entry in sums["provinces"] if entry["province"] == "nl-dr")
    assert drenthe == {
        "province": "nl-dr", "offered": 30, "committed": 0, "occupied": 0, "onNotice": 30, "free": 0, "inView": 0,
    }  # fmt: skip
    clock.advance(days=5)
    assert coa.get("emergency-places/summary", at=START)["total"] == sums["total"]
    assert coa.get("emergency-places/summary", at=START - timedelta(seconds=1))["total"]["offered"] == 0
    assert coa.get("emergency-places/summary", at="2024-09-16").faults == {"at"}

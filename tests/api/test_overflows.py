"""Episodes and call-ups over HTTP: the trip of one night, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.client import Answer, Client
from tests.fakes import FakeClock

Clients = Callable[..., Client]


def overflow(client: Clients, people: int = 2129) -> str:
    count = {"observedAt": "2024-09-16T12:00:00Z", "definition": "nightBeds", "people": people}
    return str(client("coa").post("centres/ter-apel/counts", count).expect(201)["outcome"]["overflow"])


def site(places: int, **changes: Any) -> dict[str, Any]:
    return {
        "municipality": "gm0193", "site": "Sporthal De Kolk", "places": places, "firmness": "agreed", "agreedWith": "mayor",
        "hours": "night", "availableFrom": "2024-09-16T18:00:00Z", "availableUntil": "2024-09-20T08:00:00Z", **changes,
    }  # fmt: skip


def call_of(client: Clients, episode: str, number: int = 0) -> dict[str, Any]:
    calls: list[dict[str, Any]] = sorted(
        client("vng").get(f"overflows/{episode}/call-ups").items, key=lambda c: c["madeAt"]
    )
    return calls[number]


def test_part_of_the_places_is_promised_and_the_next_is_called(client: Clients) -> None:
    episode = overflow(client)
    call = call_of(client, episode)
    answer = client("nl-ov").post(f"call-ups/{call['id']}/responses", {"places": 120, "sites": [site(120)]}).expect(201)
    assert (answer["state"], answer["late"], answer["surplus"], answer["counted"]) == ("partly", False, 0, 120)
    found = client("coa").get(f"overflows/{episode}").expect(200)
    assert (found["state"], found["needed"], found["committed"], found["asked"], found["shortfall"]) == (
        "open",
        179,
        120,
        59,
        59,
    )
    assert [c["organisation"] for c in client("vng").get("call-ups", state="open").items] == ["nl-ut"]
    assert client("coa").get("situation")["places"]["committed"] == 120


def test_answer_is_listed_and_its_sites_only_shown_to_those_who_need_them(client: Clients) -> None:
    call = call_of(client, overflow(client))
    client("nl-ov").post(f"call-ups/{call['id']}/responses", {"places": 120, "sites": [site(120)]}).expect(201)
    for code, sees in (
        ("coa", True),
        ("ministry", True),
        ("nl-ov", True),
        ("vng", False),
        ("nl-ut", False),
        ("cdk-nl-ov", False),
    ):
        (answer,) = client(code).get(f"call-ups/{call['id']}/responses").items
        assert (answer["sites"][0]["site"] is not None) is sees, code
        timeline = client(code).get(f"overflows/{call['overflow']}/timeline").expect(200)
        assert ("Sporthal" in timeline.data.decode()) is sees, code


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({"places": 100, "sites": [site(90)]}, {"places"}),
        ({"places": 90, "sites": [site(90, agreedWith=None)]}, {"sites.0.agreedWith"}),
        ({"places": 90, "sites": [site(90, availableUntil="2024-09-16T18:00:00Z")]}, {"sites.0.availableUntil"}),
        ({"places": 90, "sites": [site(90, municipality="gm9999")]}, {"sites.0.municipality"}),
        ({"places": 90, "sites": [site(90, municipality="gm0106")]}, {"sites.0.municipality"}),
        ({"places": 0}, {"declineReason"}),
        ({"places": 90, "sites": [site(90)], "street": "x"}, {"street"}),
        ({"places": -1, "sites": [site(0)]}, {"places", "sites.0.places"}),
    ],
)
def test_answer_that_is_wrong_names_every_fault_and_stores_nothing(
    client: Clients, body: dict[str, Any], faults: set[str]
) -> None:
    call = call_of(client, overflow(client))
    assert client("nl-ov").post(f"call-ups/{call['id']}/responses", body).faults == faults
    assert client("nl-ov").get(f"call-ups/{call['id']}")["state"] == "open"
    assert client("coa").get("emergency-places").items == []


def test_only_the_called_answers_or_coa_and_the_ministry_for_it(client: Clients) -> None:
    call = call_of(client, overflow(client))
    where, body = f"call-ups/{call['id']}/responses", {"places": 120, "sites": [site(120)]}
    for code in ("nl-ut", "cdk-nl-ov", "vng", "coa", "operator"):
        client(code).post(where, body).expect(403)
    said = {"organisation": "nl-ov", "saidBy": "duty officer", "via": "telephone"}
    client("vng").post(where, {**body, "onBehalf": said}).expect(403)
    client("coa").post(where, {**body, "onBehalf": {**said, "organisation": "nl-ut"}}).expect(403)
    answer = client("coa").post(where, {**body, "onBehalf": said}).expect(201)
    assert (answer["actor"], answer["onBehalf"]["organisation"]) == ("coa", "nl-ov")


def test_released_call_up_takes_no_answer(client: Clients) -> None:
    episode = overflow(client)
    call = call_of(client, episode)
    client("coa").post(f"call-ups/{call['id']}/releases", {"reason": "another way"}).expect(201)
    refused = (
        client("nl-ov").post(f"call-ups/{call['id']}/responses", {"places": 120, "sites": [site(120)]}).expect(409)
    )
    assert refused["code"] == "call-up-released"
    client("ministry").post(f"call-ups/{call['id']}/releases", {"reason": "x"}).expect(403)
    assert len(client("vng").get(f"call-ups/{call['id']}/releases").items) == 1


def test_surplus_is_offered_until_coa_takes_it(client: Clients) -> None:
    call = call_of(client, overflow(client))
    answer = client("nl-ov").post(f"call-ups/{call['id']}/responses", {"places": 200, "sites": [site(200)]}).expect(201)
    assert (answer["state"], answer["surplus"]) == ("met", 21)
    client("nl-ov").post(f"call-ups/{call['id']}/acceptances", {"places": 21}).expect(403)
    client("coa").post(f"call-ups/{call['id']}/acceptances", {"places": 22}).expect(409)
    taken = client("coa").post(f"call-ups/{call['id']}/acceptances", {"places": 21}).expect(201)
    assert (taken["counted"], taken["surplus"]) == (200, 0)


def test_declared_overflow_is_closed_by_hand(client: Clients) -> None:
    ministry = client("ministry")
    made = ministry.post("overflows", {"centre": "ter-apel", "needed": 100, "reason": "storm"}).expect(201)
    assert (made["declared"], made["reason"], made["needed"], made["asked"]) == (True, "storm", 100, 100)
    refused = ministry.post("overflows", {"centre": "ter-apel", "needed": 100, "reason": "again"}).expect(409)
    assert refused["code"] == "overflow-open"
    client("nl-ov").post("overflows", {"centre": "ter-apel", "needed": 1, "reason": "x"}).expect(403)
    ministry.post(f"overflows/{made['id']}/closures", {"reason": "it passed"}).expect(201)
    closed = ministry.get(f"overflows/{made['id']}").expect(200)
    assert (closed["state"], closed["closure"], closed["reason"], closed["asked"]) == (
        "closed",
        "byHand",
        "it passed",
        0,
    )
    assert ministry.post(f"overflows/{made['id']}/closures", {"reason": "x"}).expect(409)["code"] == "overflow-closed"
    assert [item["reason"] for item in ministry.get(f"overflows/{made['id']}/closures").items] == ["it passed"]


def test_need_is_stated_and_taken_back(client: Clients) -> None:
    episode = overflow(client)
    coa = client("coa")
    stated = coa.post(f"overflows/{episode}/adjustments", {"needed": 250, "reason": "a bus"}).expect(201)
    assert (stated["needed"], coa.get(f"overflows/{episode}")["asked"]) == (250, 250)
    coa.post(f"overflows/{episode}/adjustments", {"needed": None, "reason": "it stayed away"}).expect(201)
    assert coa.get(f"overflows/{episode}")["needed"] == 179
    assert [item["needed"] for item in coa.get(f"overflows/{episode}/adjustments").items] == [None, 250]
    assert coa.post(f"overflows/{episode}/adjustments", {"reason": "x"}).faults == {"needed"}


def test_notes_and_rounds_stand_in_the_timeline(client: Clients) -> None:
    episode = overflow(client)
    coa = client("coa")
    note = coa.post(f"overflows/{episode}/notes", {"text": "Mayor rang at 23:10."}).expect(201)
    coa.post(f"overflows/{episode}/rounds", {"reason": "try again"}).expect(201)
    assert note["text"] == "Mayor rang at 23:10."
    kinds = [item["kind"] for item in coa.get(f"overflows/{episode}/timeline", pageSize=500).items]
    assert kinds[:2] == ["round", "note"]
    assert {"opened", "callUp", "told"} <= set(kinds)
    assert len(coa.get(f"overflows/{episode}/notes").items) == 1
    assert len(coa.get(f"overflows/{episode}/rounds").items) == 1


def test_call_up_by_hand_needs_an_open_overflow_and_somebody_who_opens_places(client: Clients) -> None:
    body = {"kind": "opening", "centre": "ter-apel", "organisation": "nl-gr", "places": 50}
    coa = client("coa")
    assert coa.post("call-ups", body).expect(409)["code"] == "no-open-overflow"
    episode = overflow(client)
    assert coa.post("call-ups", {**body, "organisation": "vng"}).faults == {"organisation"}
    assert coa.post("call-ups", {**body, "respondBy": "2024-09-16T11:00:00Z"}).faults == {"respondBy"}
    assert coa.post("call-ups", {**body, "overflow": "other"}).expect(409)["code"] == "other-overflow"
    made = coa.post("call-ups", {**body, "paidBy": "ministry", "respondBy": "2024-09-16T12:30:00Z"}).expect(201)
    assert (made["overflow"], made["madeBy"], made["respondBy"], made["paidBy"]) == (
        episode,
        "coa",
        "2024-09-16T12:30:00Z",
        "ministry",
    )
    client("nl-gr").post("call-ups", body).expect(403)


def test_what_is_not_there_is_404(client: Clients) -> None:
    coa = client("coa")
    answers: list[Answer] = [
        coa.get("overflows/none"), coa.get("overflows/none/timeline"), coa.get("overflows/none/call-ups"),
        coa.get("call-ups/none"), coa.get("counts/none"), coa.get("count-imports/none"), coa.get("call-ups/none/responses"),
        coa.post("overflows/none/closures", {"reason": "x"}), coa.post("call-ups/none/releases", {"reason": "x"}),
        coa.post("call-ups/none/responses", {"places": 0, "declineReason": "x"}),
    ]  # fmt: skip
    assert {answer.status for answer in answers} == {404}


def test_night_is_told_in_order_and_acknowledged(
    client: Clients, clock: FakeClock, tick: Callable[[], Any], contact: Any
) -> None:
    contact("nl-ov")
    episode = overflow(client)
    call = call_of(client, episode)
    alert = client("nl-ov").get(f"alerts/{call['alert']}").expect(200)
    assert alert["kind"] == "callUp"
    client("nl-ov").post(f"alerts/{alert['id']}/acknowledgements").expect(201)
    clock.advance(minutes=16)
    tick()
    assert client("coa").get("alerts", kind="callUpReminder").items == []
    clock.advance(minutes=45)
    tick()
    assert [c["state"] for c in sorted(client("coa").get("call-ups").items, key=lambda c: c["madeAt"])] == [
        "expired",
        "open",
    ]

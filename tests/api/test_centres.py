"""Centres, thresholds and the situation over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.client import Client
from tests.fakes import FakeClock

Clients = Callable[..., Client]
THRESHOLDS = "centres/ter-apel/thresholds"


def definition(**changes: Any) -> dict[str, Any]:
    levels = [
        {"level": "watch", "at": 1700, "clearBelow": 1650},
        {"level": "high", "at": 1800, "clearBelow": 1750},
        {"level": "overflow", "at": 1901, "clearBelow": 1851},
    ]
    return {"definition": "nightBeds", "levels": levels, "staleAfterMinutes": 1560, **changes}


def body(**changes: Any) -> dict[str, Any]:
    return {
        "definitions": [definition()],
        "decision": {"by": "minister", "on": "2024-09-16", "note": "ruling"},
        **changes,
    }


def test_centre_shows_its_norm_and_that_its_level_is_unknown_at_first(client: Clients) -> None:
    (centre,) = client("vng").get("centres").items
    assert (centre["code"], centre["province"], centre["level"], centre["levelSince"]) == (
        "ter-apel",
        "nl-gr",
        "unknown",
        None,
    )
    assert (centre["norm"]["people"], centre["norm"]["on"]) == (2000, "2024-01-23")
    assert client("vng").get("centres/ter-apel").expect(200).body == centre
    client("vng").get("centres/budel").expect(404)


def test_first_thresholds_are_those_of_the_rules(client: Clients) -> None:
    answer = client("nl-ov").get(THRESHOLDS).expect(200)
    beds, present, without = answer["definitions"]
    assert [(rung["level"], rung["at"], rung["clearBelow"]) for rung in beds["levels"]] == [
        ("watch", 1800, 1750), ("high", 1900, 1850), ("overflow", 2001, 1951),
    ]  # fmt: skip
    assert [entry["staleAfterMinutes"] for entry in (beds, present, without)] == [1560, 720, 720]
    assert (without["levels"], answer["holdAbove"], answer["aim"], answer["version"]) == ([], 300, None, 1)


def test_ministry_decides_thresholds_on_what_it_has_read(client: Clients) -> None:
    ministry = client("ministry")
    etag = ministry.get(THRESHOLDS).headers["ETag"]
    ministry.put(THRESHOLDS, body()).expect(428)
    changed = ministry.put(THRESHOLDS, body(), etag=etag).expect(200)
    assert (changed["version"], changed["decision"]["by"], changed["recordedBy"]) == (2, "minister", "ministry")
    ministry.put(THRESHOLDS, body(), etag=etag).expect(412)
    versions = ministry.get(f"{THRESHOLDS}/versions").items
    assert [version["version"] for version in versions] == [2, 1]
    for code in ("coa", "nl-ov", "operator"):
        client(code).put(THRESHOLDS, body(), etag=changed.headers["ETag"]).expect(403)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"levels": [{"level": "overflow", "at": 1900, "clearBelow": 1901}]}, "definitions.0.levels.0.clearBelow"),
        ({"levels": []}, "definitions.0.levels"),
        ({"levels": [{"level": "acute", "at": 1900, "clearBelow": 1800}]}, "definitions.0.levels.0.level"),
        ({"staleAfterMinutes": 0}, "definitions.0.staleAfterMinutes"),
        ({"definition": "tents"}, "definitions.0.definition"),
    ],
)
def test_thresholds_that_cannot_be_used_are_refused_and_nothing_changes(
    client: Clients, changes: dict[str, Any], field: str
) -> None:
    ministry = client("ministry")
    etag = ministry.get(THRESHOLDS).headers["ETag"]
    assert ministry.put(THRESHOLDS, body(definitions=[definition(**changes)]), etag=etag).faults == {field}
    assert ministry.get(THRESHOLDS)["version"] == 1


def test_thresholds_without_a_decision_are_refused(client: Clients) -> None:
    ministry = client("ministry")
    wrong = {"definitions": [definition()]}
    assert ministry.put(THRESHOLDS, wrong, etag=ministry.get(THRESHOLDS).headers["ETag"]).faults == {"decision"}


def test_situation_of_a_fresh_installation_is_unknown_and_not_zero(client: Clients) -> None:
    found = client("cdk-nl-ov").get("situation").expect(200)
    (centre,) = found["centres"]
    assert (centre["level"], centre["overNorm"], centre["counts"]) == (
        "unknown", None, {"nightBeds": None, "present": None, "withoutBed": None},
    )  # fmt: skip
    assert (found["duty"]["onDuty"], found["duty"]["standby"], found["duty"]["status"]) == (
        "nl-ov",
        "nl-ut",
        "proposed",
    )
    assert (found["overflow"], found["overflows"], found["undelivered"]) == (None, [], 0)


def test_situation_answers_the_three_questions(client: Clients, clock: FakeClock) -> None:
    coa = client("coa")
    coa.post(
        "centres/ter-apel/counts", {"observedAt": "2024-09-16T11:25:00Z", "definition": "nightBeds", "people": 2129}
    ).expect(201)
    found = coa.get("situation", headers={"Accept-Language": "nl"}).expect(200)
    (centre,) = found["centres"]
    assert (centre["level"], centre["norm"], centre["overNorm"]) == ("overflow", 2000, 129)
    beds = centre["counts"]["nightBeds"]
    assert (beds["people"], beds["observedAt"], beds["ageMinutes"], beds["stale"]) == (
        2129,
        "2024-09-16T11:25:00Z",
        35,
        False,
    )
    episode = found["overflow"]
    assert (episode["needed"], episode["committed"], episode["asked"], episode["shortfall"]) == (179, 0, 179, 179)
    (call,) = episode["callUps"]
    assert {key: call[key] for key in ("organisation", "places", "committed", "state", "respondBy", "neededBy")} == {
        "organisation": "nl-ov", "places": 179, "committed": 0, "state": "open", "respondBy": "2024-09-16T13:00:00Z",
        "neededBy": "2024-09-16T19:00:00Z",
    }  # fmt: skip
    assert found["overflows"] == [episode["id"]]
    assert found["sentence"] == (
        "2.129 mensen in Ter Apel, 129 boven het maximum. "
        "Overijssel moet vóór 15.00 uur antwoorden. Er zijn 179 plekken te weinig."
    )
    assert found["undelivered"] == 7, "nobody has a contact point yet: that must be seen"


def test_situation_says_when_counts_have_grown_old(client: Clients, clock: FakeClock) -> None:
    coa = client("coa")
    coa.post(
        "centres/ter-apel/counts", {"observedAt": "2024-09-16T05:00:00Z", "definition": "nightBeds", "people": 1742}
    ).expect(201)
    clock.advance(hours=24)
    found = coa.get("situation", headers={"Accept-Language": "nl"})
    (centre,) = found["centres"]
    assert (centre["level"], centre["overNorm"], centre["people"]) == ("unknown", None, None)
    assert centre["counts"]["nightBeds"]["stale"] is True
    assert centre["levelSince"] == "2024-09-17T07:00:00Z"
    assert found["sentence"].startswith(
        "Onbekend hoeveel mensen er in Ter Apel zijn: de laatste telling is van ma 16 sep 07.00 uur."
    )


def test_drills_are_not_mixed_with_what_is_real(client: Clients) -> None:
    coa = client("coa")
    coa.post(
        "centres/ter-apel/counts", {"observedAt": "2024-09-16T11:25:00Z", "definition": "nightBeds", "people": 2129}
    ).expect(201)
    drill = coa.get("situation", drill="true").expect(200)
    assert (drill["centres"][0]["level"], drill["overflow"]) == ("unknown", None)
    assert coa.get("centres/ter-apel/counts", drill="true").items == []
    assert coa.get("overflows", drill="true").items == []

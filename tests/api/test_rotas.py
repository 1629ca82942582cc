"""Rotas, turns, duty and overrides over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.client import Client
from tests.fakes import START, FakeClock

Calls = Callable[..., Client]
HOUR = timedelta(hours=1)
CODES = "dr fl fr ge gr li nb nh ov ut ze zh".split()
DECISION = {"by": "de minister", "on": "2024-09-16", "note": "brief"}


@pytest.fixture
def ministry(client: Calls) -> Client:
    return client("ministry")


def body_of(ministry: Client, **change: Any) -> dict[str, Any]:
    """The rota as it is, as a body to send back with a decision."""
    shown = ministry.get("rotas/piket").expect(200).body
    kept = "name members exemptions slots turnLength handOver startsOn line placesTarget".split()
    return {**{key: shown[key] for key in kept}, "decision": DECISION, **change}


def put(ministry: Client, body: dict[str, Any], code: str = "piket") -> Any:
    etag = ministry.get(f"rotas/{code}").headers["ETag"]
    return ministry.put(f"rotas/{code}", body, etag=etag)


def override(**change: Any) -> dict[str, Any]:
    return {"from": START + HOUR, "until": START + 5 * HOUR, "organisation": "nl-fl", "reason": "overmacht", **change}


def test_the_piket_exists_as_a_proposal_that_anybody_may_read(client: Calls) -> None:
    shown = client("nl-dr").get("rotas/piket").expect(200)
    assert {key: shown[key] for key in ("code", "status", "line", "slots", "decision", "acceptances", "startsOn")} == {
        "code": "piket",
        "status": "proposed",
        "line": 1,
        "slots": 1,
        "decision": None,
        "acceptances": [],
        "startsOn": "2024-01-03",
    }
    assert (shown["turnLength"], shown["handOver"]) == (
        {"unit": "weeks", "count": 2},
        {"weekday": "wednesday", "time": "12:00"},
    )
    assert shown["exemptions"][0]["organisation"] == "nl-gr"
    assert [rota["code"] for rota in client("vng").get("rotas").items] == ["piket"]
    assert shown.headers["ETag"]


def test_on_duty_is_the_turn_of_the_moment_and_says_why_in_both_languages(client: Calls) -> None:
    duty = client("coa").get("rotas/piket/on-duty").expect(200)
    assert [(slot["organisations"], slot["origin"]) for slot in duty["slots"]] == [(["nl-ov"], "rota")]
    assert duty["slots"][0]["confirmedPlaces"] is None
    assert (duty["standby"], duty["rota"], duty["status"], duty["overrides"]) == ("nl-ut", "piket", "proposed", [])
    assert (duty["from"], duty["until"]) == ("2024-09-11T10:00:00Z", "2024-09-25T10:00:00Z")
    assert duty["why"].startswith(
        "Overijssel is aan de beurt: de 8e van 11, na Noord-Holland; Groningen is vrijgesteld ("
    )
    assert duty["why"].endswith("Het rooster is een voorstel: er is nog niet over besloten.")
    english = client("coa").get("rotas/piket/on-duty", headers={"Accept-Language": "en"})
    assert english["why"].startswith("Overijssel has the turn: number 8 of 11")
    assert client("coa").get(f"turns/{duty['id']}").expect(200)["id"] == duty["id"]


def test_the_moment_of_hand_over_is_the_coming_turn_and_an_offset_is_understood(client: Calls) -> None:
    coa = client("coa")
    for at, who in (("2024-09-25T11:59:59+02:00", "nl-ov"), ("2024-09-25T12:00:00+02:00", "nl-ut")):
        assert coa.get("rotas/piket/on-duty", at=at)["slots"][0]["organisations"] == [who]


def test_nobody_on_duty_is_404_with_its_own_code(client: Calls) -> None:
    for at in ("2023-12-01T00:00:00Z", "2040-01-01T00:00:00Z"):
        answer = client("coa").get("rotas/piket/on-duty", at=at).expect(404)
        assert answer["code"] == "nobody-on-duty"
    assert client("coa").get("rotas/unknown/on-duty").expect(404)["code"] == "not-found"
    assert client("coa").get("rotas/piket/on-duty", at="2024-09-25T12:00:00").faults == {"at"}


def test_turns_are_listed_oldest_first_page_by_page_within_their_span(client: Calls) -> None:
    coa = client("coa")
    span = {"from_": "2024-09-16T00:00:00Z", "to": "2024-11-06T11:00:00Z"}
    whole = coa.get("rotas/piket/turns", **span).items
    assert [turn["slots"][0]["organisations"][0] for turn in whole] == ["nl-ov", "nl-ut", "nl-ze", "nl-zh"]
    first = coa.get("rotas/piket/turns", pageSize=3, **span)
    second = coa.get(first["next"])
    assert [*first.items, *second.items] == whole and second["next"] is None
    later = coa.get("rotas/piket/turns", from_="2024-09-25T10:00:00Z").items
    assert later[0]["from"] == "2024-09-25T10:00:00Z"


def test_the_ministry_decides_the_rota_as_it_is(ministry: Client, client: Calls) -> None:
    decided = put(ministry, body_of(ministry)).expect(200)
    assert (decided["status"], decided["decision"]) == ("decided", DECISION)
    assert "voorstel" not in ministry.get("rotas/piket/on-duty")["why"]
    assert put(ministry, body_of(ministry)).expect(200).headers["ETag"] == decided.headers["ETag"]


def test_only_the_ministry_decides_and_only_on_what_it_has_read(ministry: Client, client: Calls) -> None:
    body, etag = body_of(ministry), ministry.get("rotas/piket").headers["ETag"]
    for code in ("coa", "nl-dr", "operator"):
        client(code).put("rotas/piket", body, etag=etag).expect(403)
    ministry.put("rotas/piket", body).expect(428)
    ministry.put("rotas/piket", body, headers={"If-None-Match": "*"}).expect(412)
    put(ministry, body).expect(200)
    ministry.put("rotas/piket", {**body, "name": "Anders"}, etag=etag).expect(412)


def test_a_change_moves_only_turns_after_the_named_moment(ministry: Client) -> None:
    before = ministry.get("rotas/piket/turns", pageSize=500).items
    monday = {"weekday": "monday", "time": "09:00"}
    changed = body_of(ministry, handOver=monday, effectiveFrom="2024-11-20T00:00:00Z")
    shown = put(ministry, changed).expect(200)
    after = ministry.get("rotas/piket/turns", pageSize=500).items
    kept = [turn["id"] for turn in before if turn["from"] < "2024-11-20"]
    assert [turn["id"] for turn in after[: len(kept)]] == kept
    assert after[len(kept)]["from"] == after[len(kept) - 1]["until"] == shown["inForceFrom"] == "2024-11-20T11:00:00Z"
    assert after[len(kept) + 1]["from"] == "2024-11-25T08:00:00Z"
    old = ministry.get(f"turns/{before[-1]['id']}").expect(200)
    assert old["supersededAt"] == "2024-09-16T12:00:00Z"


def test_a_new_rota_is_made_with_if_none_match(ministry: Client) -> None:
    body = body_of(ministry, name="Tweede lijn", line=2, members=["gm1950"], exemptions=[], startsOn="2024-09-01")
    body["turnLength"] = {"unit": "months", "count": 2}
    made = ministry.put("rotas/nachtopvang", body, headers={"If-None-Match": "*"}).expect(201)
    assert (made["code"], made["status"]) == ("nachtopvang", "decided")
    assert ministry.get("rotas/nachtopvang/on-duty")["slots"][0]["organisations"] == ["gm1950"]
    ministry.put("rotas/elders", body, etag='"1"').expect(412)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"decision": None}, "decision"),
        ({"decision": {"by": "x"}}, "decision.on"),
        ({"members": []}, "members"),
        ({"members": ["nl-dr", "nl-dr"], "exemptions": []}, "members"),
        ({"members": ["nl-dr", "nl-qq"], "exemptions": []}, "members.1"),
        ({"members": ["nl-dr", "ministry"], "exemptions": []}, "members.1"),
        ({"members": ["nl-gr"]}, "exemptions"),
        ({"exemptions": [{"organisation": "gm1950", "reason": "x"}]}, "exemptions.0.organisation"),
        ({"exemptions": [{"organisation": "nl-gr"}]}, "exemptions.0.reason"),
        ({"slots": 0}, "slots"),
        ({"slots": 13}, "slots"),
        ({"turnLength": {"unit": "hours", "count": 2}}, "turnLength.unit"),
        ({"turnLength": {"unit": "weeks", "count": 0}}, "turnLength.count"),
        ({"handOver": {"weekday": "woensdag", "time": "12:00"}}, "handOver.weekday"),
        ({"handOver": {"weekday": "monday", "time": "25:00"}}, "handOver.time"),
        ({"startsOn": "3 januari"}, "startsOn"),
        ({"effectiveFrom": "2024-09-16T12:00:00Z", "name": "Anders"}, "effectiveFrom"),
        ({"zone": "Europe/Nowhere"}, "zone"),
        ({"zone": ""}, "zone"),
        ({"strategy": "random"}, "strategy"),
        ({"strategy": "weighted"}, "weights"),
        ({"strategy": "weighted", "weights": [{"organisation": "nl-dr", "weight": 0}]}, "weights.0.weight"),
        ({"strategy": "weighted", "weights": [{"organisation": "nl-dr", "weight": -1}]}, "weights.0.weight"),
        ({"strategy": "weighted", "weights": [{"organisation": "nl-dr", "weight": 1.5}]}, "weights.0.weight"),
        ({"weights": [{"organisation": "nl-dr", "weight": 5}]}, "weights"),
        ({"sharing": [["nl-dr"]]}, "sharing.0"),
        ({"sharing": [["nl-dr", "gm1950"]]}, "sharing.0"),
        ({"spreadHolidays": "yes"}, "spreadHolidays"),
        ({"timezone": "Europe/Berlin"}, "timezone"),
    ],
)
def test_a_rota_that_cannot_be_is_one_clear_problem_and_nothing_changes(
    ministry: Client, change: dict[str, Any], field: str
) -> None:
    before = ministry.get("rotas/piket").body, ministry.get("rotas/piket/turns", pageSize=500).body
    assert put(ministry, body_of(ministry, **change)).faults == {field}
    assert (ministry.get("rotas/piket").body, ministry.get("rotas/piket/turns", pageSize=500).body) == before


def in_proportion(**change: Any) -> dict[str, Any]:
    """A rota in proportion, in which Drenthe and Flevoland take their turn together."""
    weights = [{"organisation": f"nl-{code}", "weight": 10 + n, "startsOn": None} for n, code in enumerate(CODES)]
    later = {"organisation": "nl-zh", "weight": 40, "startsOn": "2025-03-01"}
    return {
        "strategy": "weighted",
        "weights": [*weights, later],
        "sharing": [["nl-dr", "nl-fl"]],
        "zone": "America/Curacao",
        "spreadHolidays": True,
        "effectiveFrom": "2024-11-20T00:00:00Z",
        **change,
    }


def test_all_of_a_definition_comes_back_as_it_was_decided(ministry: Client) -> None:
    wanted = body_of(ministry, **in_proportion())
    shown = put(ministry, wanted).expect(200)
    assert {key: shown[key] for key in wanted if key != "effectiveFrom"} == {
        key: value for key, value in wanted.items() if key != "effectiveFrom"
    }
    shared = ministry.get("rotas/piket/turns", from_="2024-11-21T00:00:00Z", pageSize=500).items
    assert ["nl-dr", "nl-fl"] in [turn["slots"][0]["organisations"] for turn in shared]
    assert "naar rato het minst gedaan" in shared[0]["why"]
    # Sent again without what it has beyond the default it is another one: what is left out is what the rules say without it.
    assert put(ministry, body_of(ministry)).expect(200)["zone"] == "Europe/Amsterdam"


def test_a_preview_shows_what_the_decision_moves_and_stores_nothing(ministry: Client) -> None:
    before, etag = ministry.get("rotas/piket/turns", pageSize=500).items, ministry.get("rotas/piket").headers["ETag"]
    wanted = body_of(ministry, **in_proportion())
    shown = ministry.post("rotas/piket/previews", wanted).expect(200)
    without = {key: value for key, value in wanted.items() if key != "decision"}
    assert ministry.post("rotas/piket/previews", without).expect(200).body == shown.body
    assert (ministry.get("rotas/piket/turns", pageSize=500).items, ministry.get("rotas/piket").headers["ETag"]) == (
        before,
        etag,
    )
    put(ministry, wanted).expect(200)
    after = {turn["id"]: turn for turn in ministry.get("rotas/piket/turns", pageSize=500).items}
    assert [move["turn"] for move in shown["moved"]] == [turn["id"] for turn in before if turn["id"] not in after]
    known = {turn["id"]: turn for turn in before}
    for move in shown["moved"]:
        assert (move["from"], move["organisations"]) == (
            known[move["turn"]]["from"],
            known[move["turn"]]["slots"][0]["organisations"],
        )
        starts = {turn["from"]: turn for turn in after.values()}
        for turn in move["instead"]:
            assert starts[turn["from"]]["slots"][0]["organisations"] == turn["organisations"]
            assert starts[turn["from"]]["why"] == turn["why"]
    assert shown["publishedUntil"] == before[-1]["until"]
    assert "nl-zh" in shown["told"] and "nl-gr" not in shown["told"]


def test_only_the_ministry_previews_and_only_what_could_be_decided(ministry: Client, client: Calls) -> None:
    wanted = body_of(ministry)
    for code in ("coa", "nl-dr", "operator"):
        client(code).post("rotas/piket/previews", wanted).expect(403)
    ministry.post("rotas/unknown/previews", wanted).expect(404)
    away = [
        {"organisation": f"nl-{code}", "reason": "x", "startsOn": "2025-01-01", "endsOn": "2025-02-01"}
        for code in CODES
    ]
    for change, field in (({"zone": "x"}, "zone"), ({"exemptions": away}, "exemptions")):
        sent = body_of(ministry, **change, effectiveFrom="2024-11-20T00:00:00Z")
        assert ministry.post("rotas/piket/previews", sent).faults == {field}
        assert put(ministry, sent).faults == {field}
    assert ministry.post("rotas/piket/previews", {**wanted, "effectiveFrom": "2024-09-16T11:00:00Z"}).faults == {
        "effectiveFrom"
    }
    assert ministry.post("rotas/piket/previews", wanted).expect(200)["moved"] == []


def test_whose_turns_a_decision_moves_reads_it_as_an_alert_of_its_own_turns(ministry: Client, client: Calls) -> None:
    monday = {"weekday": "monday", "time": "09:00"}
    put(ministry, body_of(ministry, handOver=monday, effectiveFrom="2025-08-01T00:00:00Z")).expect(200)
    told = [alert for alert in client("nl-dr").get("alerts").items if alert["kind"] == "rotaChanged"]
    assert [alert["title"] for alert in told] == ["Uw beurten zijn veranderd: Landelijk opvang piket"]
    assert "Besluit van de minister op 16 september 2024" in told[0]["text"]
    assert "U hebt nu de beurt van" in told[0]["text"] and "U hebt niet meer de beurt van" in told[0]["text"]
    (other,) = [alert for alert in client("nl-gr").get("alerts").items if alert["kind"] == "rotaChanged"]
    assert other["title"] == "Beurten zijn verschoven: Landelijk opvang piket"
    assert "U hebt" not in other["text"]


def test_members_accept_the_decided_rota_and_nobody_else_does(ministry: Client, client: Calls) -> None:
    drenthe = client("nl-dr")
    assert drenthe.post("rotas/piket/acceptances", {}).expect(409)["code"] == "rota-not-decided"
    put(ministry, body_of(ministry))
    first = drenthe.post("rotas/piket/acceptances", {"by": "Provinciesecretaris", "note": "akkoord"}).expect(201)
    assert drenthe.post("rotas/piket/acceptances", {}).expect(200).body == first.body
    for code in ("coa", "ministry", "cdk-nl-dr", "gm1950"):
        client(code).post("rotas/piket/acceptances", {}).expect(403)
    assert ministry.get("rotas/piket")["acceptances"] == [first.body]
    assert ministry.get("rotas/piket/acceptances").items == [first.body]
    assert ministry.get(first.headers["Location"]).body == first.body


def test_an_override_gives_duty_until_it_is_taken_back(ministry: Client, clock: FakeClock) -> None:
    made = ministry.post("rotas/piket/overrides", override()).expect(201)
    assert (made["organisation"], made["decidedBy"], made["state"]) == ("nl-fl", "ministry", "coming")
    clock.advance(hours=2)
    duty = ministry.get("rotas/piket/on-duty")
    assert [(slot["organisations"], slot["origin"]) for slot in duty["slots"]] == [(["nl-fl"], "override")]
    assert "Flevoland heeft piketdienst in plaats van Overijssel" in duty["why"] and "overmacht" in duty["why"]
    assert duty["overrides"][0]["id"] == made["id"]
    ministry.delete(f"overrides/{made['id']}").expect(204)
    assert ministry.get("rotas/piket/on-duty")["slots"][0]["organisations"] == ["nl-ov"]
    assert ministry.get(f"overrides/{made['id']}")["endedAt"] == "2024-09-16T14:00:00Z"
    assert [entry["id"] for entry in ministry.get("rotas/piket/overrides").items] == [made["id"]]


def test_an_override_that_is_over_stays(ministry: Client, clock: FakeClock) -> None:
    made = ministry.post("rotas/piket/overrides", override()).expect(201)
    clock.advance(hours=6)
    assert ministry.delete(f"overrides/{made['id']}").expect(409)["code"] == "override-over"
    ministry.delete("overrides/unknown").expect(404)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"until": START + HOUR}, "until"),
        ({"from": START - HOUR}, "from"),
        ({"from": START - 9 * HOUR, "until": START - 8 * HOUR}, "from"),
        ({"until": "2030-01-01T00:00:00Z"}, "until"),
        ({"organisation": "nl-xx"}, "organisation"),
        ({"organisation": "coa"}, "organisation"),
        ({"reason": ""}, "reason"),
        ({"from": "2024-09-16T15:00:00"}, "from"),
        ({"slot": 1}, "slot"),
    ],
)
def test_an_override_that_cannot_be_is_one_clear_problem(ministry: Client, change: dict[str, Any], field: str) -> None:
    assert ministry.post("rotas/piket/overrides", override(**change)).faults == {field}
    assert ministry.get("rotas/piket/overrides").items == []


def test_an_override_over_another_or_by_another_is_refused(ministry: Client, client: Calls) -> None:
    ministry.post("rotas/piket/overrides", override()).expect(201)
    again = ministry.post("rotas/piket/overrides", override(organisation="nl-dr")).expect(409)
    assert again["code"] == "override-overlaps"
    client("coa").post("rotas/piket/overrides", override()).expect(403)
    client("nl-ov").post("rotas/piket/overrides", override()).expect(403)
    ministry.post("rotas/unknown/overrides", override()).expect(404)

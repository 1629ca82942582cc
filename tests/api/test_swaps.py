"""Swaps of turns over HTTP: who may do what, what comes back, and every way in which it cannot be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.client import Answer, Client
from tests.fakes import START, FakeClock

Calls = Callable[..., Client]


def turns(client: Calls) -> dict[str, dict[str, Any]]:
    """The next turn of each organisation."""
    found: dict[str, dict[str, Any]] = {}
    for turn in client("coa").get("rotas/piket/turns", from_=START, pageSize=40).items:
        if turn["from"] > "2024-09-16T12:00:00Z":
            found.setdefault(turn["slots"][0]["organisations"][0], turn)
    return found


def body(client: Calls, offering: str = "nl-ut", requested: str = "nl-zh", **change: Any) -> dict[str, Any]:
    known = turns(client)
    given = {"offeredTurn": known[offering]["id"], "requestedTurn": known[requested]["id"], "reason": "Verkiezingen."}
    return {**given, **change}


def propose(client: Calls, offering: str = "nl-ut", requested: str = "nl-zh", by: str | None = None) -> Answer:
    return client(by or offering).post("swaps", body(client, offering, requested)).expect(201)


def test_a_swap_from_proposal_to_acceptance_and_back(client: Calls) -> None:
    made = propose(client)
    assert made.headers["Location"] == f"/v1/swaps/{made['id']}"
    assert {key: made[key] for key in ("state", "offering", "requested", "proposedBy", "waitingFor", "rota")} == {
        "state": "proposed",
        "offering": "nl-ut",
        "requested": "nl-zh",
        "proposedBy": "nl-ut",
        "waitingFor": ["nl-zh"],
        "rota": "piket",
    }
    assert made["expiresAt"] == made["offeredFrom"] == "2024-09-25T10:00:00Z"
    accepted = client("nl-zh").post(f"swaps/{made['id']}/acceptances", {"by": "piketdesk"}).expect(201)
    assert (accepted["state"], accepted["settledAt"]) == ("accepted", "2024-09-16T12:00:00Z")
    turn = client("vng").get(f"turns/{made['offeredTurn']}")
    assert [(slot["organisations"], slot["origin"], slot["swap"]) for slot in turn["slots"]] == [
        (["nl-zh"], "swap", made["id"])
    ]
    assert "door een ruil die Utrecht heeft voorgesteld" in turn["why"]
    assert client("nl-zh").post(f"swaps/{made['id']}/acceptances").expect(200)["steps"] == accepted["steps"]
    client("nl-zh").delete(f"swaps/{made['id']}").expect(204)
    shown = client("coa").get(f"swaps/{made['id']}").expect(200)
    assert (shown["state"], [step["kind"] for step in shown["steps"]]) == ("undone", ["proposed", "accepted", "undone"])
    assert client("vng").get(f"turns/{made['offeredTurn']}")["slots"][0]["origin"] == "rota"


def test_the_ministry_proposes_and_both_answer(client: Calls) -> None:
    made = propose(client, by="ministry")
    assert made["waitingFor"] == ["nl-ut", "nl-zh"]
    client("nl-ut").post(f"swaps/{made['id']}/acceptances").expect(201)
    client("ministry").post(f"swaps/{made['id']}/acceptances").expect(403)
    rejected = client("nl-zh").post(f"swaps/{made['id']}/rejections", {"reason": "Geen mensen."}).expect(201)
    assert (rejected["state"], rejected["steps"][-1]["note"]) == ("rejected", "Geen mensen.")
    assert [one["organisation"] for one in client("vng").get(f"swaps/{made['id']}/acceptances").items] == ["nl-ut"]
    assert [one["note"] for one in client("vng").get(f"swaps/{made['id']}/rejections").items] == ["Geen mensen."]
    client("nl-zh").post(f"swaps/{made['id']}/rejections", {"reason": "Nog eens."}).expect(200)


def test_swaps_are_listed_with_filters(client: Calls) -> None:
    made = propose(client)
    assert [one["id"] for one in client("gm1950").get("swaps").items] == [made["id"]]
    for wanted, there in (
        ({"organisation": "nl-zh"}, True),
        ({"organisation": "nl-fl"}, False),
        ({"state": "proposed"}, True),
        ({"state": "accepted"}, False),
        ({"rota": "piket"}, True),
    ):
        assert bool(client("coa").get("swaps", **wanted).items) is there
    assert client("coa").get("swaps", state="nonsense").faults == {"state"}


@pytest.mark.parametrize("who", ["coa", "vng", "operator", "cdk-nl-ut", "nl-zh", "nl-ze", "gm1950"])
def test_nobody_offers_the_turn_of_another(client: Calls, who: str) -> None:
    client(who).post("swaps", body(client)).expect(403)
    client(who).post("swaps", body(client, offering="nl-ut")).expect(403)
    assert client("coa").get("swaps").items == []


@pytest.mark.parametrize("who", ["coa", "vng", "operator", "ministry", "cdk-nl-zh", "nl-ut", "nl-ze"])
def test_only_who_is_asked_answers(client: Calls, who: str) -> None:
    made = propose(client)
    client(who).post(f"swaps/{made['id']}/acceptances").expect(403)
    client(who).post(f"swaps/{made['id']}/rejections", {"reason": "nee"}).expect(403)
    assert client("coa").get(f"swaps/{made['id']}")["state"] == "proposed"


@pytest.mark.parametrize(
    ("who", "status"), [("nl-ut", 204), ("nl-zh", 403), ("nl-ze", 403), ("coa", 403), ("ministry", 403)]
)
def test_only_who_proposed_withdraws(client: Calls, who: str, status: int) -> None:
    made = propose(client)
    client(who).delete(f"swaps/{made['id']}").expect(status)
    assert client("coa").get(f"swaps/{made['id']}")["state"] == ("withdrawn" if status == 204 else "proposed")


@pytest.mark.parametrize(
    ("who", "status"), [("nl-ut", 204), ("nl-zh", 204), ("ministry", 204), ("nl-ze", 403), ("coa", 403)]
)
def test_either_and_the_ministry_undo(client: Calls, who: str, status: int) -> None:
    made = propose(client)
    client("nl-zh").post(f"swaps/{made['id']}/acceptances").expect(201)
    client(who).delete(f"swaps/{made['id']}").expect(status)


def test_bad_input_is_one_clear_problem_and_nothing_is_stored(client: Calls) -> None:
    known = turns(client)
    now = client("coa").get("rotas/piket/on-duty").body
    utrecht, overijssel = client("nl-ut"), client("nl-ov")
    good = body(client)
    for caller, change, fields in (
        (utrecht, {"offeredTurn": "none"}, {"offeredTurn"}),
        (utrecht, {"offeredTurn": "none", "requestedTurn": "none"}, {"offeredTurn", "requestedTurn"}),
        (utrecht, {"requestedTurn": now["id"]}, {"requestedTurn"}),
        (overijssel, {"offeredTurn": now["id"]}, {"offeredTurn"}),
        (utrecht, {"requestedTurn": good["offeredTurn"]}, {"requestedTurn"}),
        (utrecht, {"requested": "nl-ze"}, {"requestedTurn"}),
        (utrecht, {"reason": ""}, {"reason"}),
        (utrecht, {"organisation": "nl-ut"}, {"organisation"}),
    ):
        assert caller.post("swaps", {**good, **change}).faults == fields, change
    own = client("coa").get("rotas/piket/turns", from_=START, pageSize=60).items
    second = [turn["id"] for turn in own if turn["slots"][0]["organisations"] == ["nl-ut"]][1]
    assert utrecht.post("swaps", {**good, "requestedTurn": second}).faults == {"requestedTurn"}
    assert utrecht.post("swaps", {}).faults == {"offeredTurn", "requestedTurn", "reason"}
    assert client("coa").get("swaps").items == [] and turns(client) == known


def test_a_turn_that_is_swapped_or_in_a_proposal_is_a_conflict_that_says_which(client: Calls) -> None:
    made = propose(client)
    again = client("nl-ze").post("swaps", body(client, "nl-ze", "nl-ut")).expect(409)
    assert (again["code"], made["id"] in again["detail"]) == ("turn-in-proposal", True)
    client("nl-zh").post(f"swaps/{made['id']}/acceptances").expect(201)
    for who, change in (
        ("nl-ut", {"offeredTurn": made["offeredTurn"], "requestedTurn": turns(client)["nl-dr"]["id"]}),
        ("nl-ze", {"offeredTurn": turns(client)["nl-ze"]["id"], "requestedTurn": made["offeredTurn"]}),
        ("nl-zh", {"offeredTurn": made["offeredTurn"], "requestedTurn": turns(client)["nl-dr"]["id"]}),
    ):
        answer = client(who).post("swaps", {**change, "reason": "x"}).expect(409)
        assert (answer["code"], made["id"] in answer["detail"]) == ("turn-swapped", True)


def test_what_has_begun_or_ended_is_a_conflict(client: Calls, clock: FakeClock) -> None:
    made, other = propose(client), propose(client, "nl-ze", "nl-dr")
    client("nl-zh").post(f"swaps/{made['id']}/acceptances").expect(201)
    client("nl-ze").delete(f"swaps/{other['id']}").expect(204)
    client("nl-ze").delete(f"swaps/{other['id']}").expect(204)
    ended = client("nl-dr").post(f"swaps/{other['id']}/acceptances").expect(409)
    assert (ended["code"], ended["detail"]) == ("swap-ended", "Dit voorstel is ingetrokken.")
    clock.set(made["expiresAt"])
    assert client("nl-ut").delete(f"swaps/{made['id']}").expect(409)["code"] == "swap-begun"
    assert client("coa").get("rotas/piket/on-duty")["slots"][0]["organisations"] == ["nl-zh"]


def test_a_proposal_that_was_not_answered_in_time_has_expired_also_before_a_pass(
    client: Calls, clock: FakeClock
) -> None:
    made = propose(client)
    clock.set(made["expiresAt"])
    shown = client("coa").get(f"swaps/{made['id']}").expect(200)
    assert (shown["state"], shown["waitingFor"]) == ("expired", [])
    for path, given in (("acceptances", None), ("rejections", {"reason": "te laat"})):
        assert client("nl-zh").post(f"swaps/{made['id']}/{path}", given).expect(409)["code"] == "swap-ended"
    client("nl-ut").delete(f"swaps/{made['id']}").expect(409)


def test_two_turns_running_are_said_in_the_answer(client: Calls) -> None:
    made = propose(client, "nl-ov", "nl-ut")
    texts = {one["organisation"]: (one["kind"], one["text"]) for one in made["remarks"]}
    assert texts["nl-ov"][0] == "twiceRunning"
    assert texts["nl-ov"][1].startswith("Let op: Overijssel heeft dan zonder onderbreking piketdienst van")
    english = client("coa").get(f"swaps/{made['id']}", headers={"Accept-Language": "en"})
    assert "without a break" in english["remarks"][0]["text"]


def test_a_repeated_proposal_with_its_key_is_made_once(client: Calls) -> None:
    given, key = body(client), {"Idempotency-Key": "ruil-1"}
    first = client("nl-ut").post("swaps", given, headers=key).expect(201)
    again = client("nl-ut").post("swaps", given, headers=key).expect(201)
    assert again["id"] == first["id"] and again.headers["Idempotency-Replayed"] == "true"
    assert len(client("coa").get("swaps").items) == 1

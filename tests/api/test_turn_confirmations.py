"""Confirmations of turns over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.client import Client
from tests.fakes import FakeClock

Calls = Callable[..., Client]
SITE = {"municipality": "gm0193", "site": "Sporthal", "places": 80, "firmness": "agreed", "hours": "night"}


@pytest.fixture
def turn(client: Calls) -> str:
    """The turn of Overijssel, under way."""
    found: str = client("coa").get("rotas/piket/on-duty").expect(200)["id"]
    return found


def test_a_confirmation_shows_in_the_turns_on_duty_and_in_the_situation(client: Calls, turn: str) -> None:
    province = client("nl-ov")
    assert province.get("situation")["duty"]["confirmedPlaces"] is None
    made = province.post(f"turns/{turn}/confirmations", {"places": 120, "sites": [SITE], "note": "vanaf 20.00"})
    assert made.expect(201)["holds"] is True
    assert (made["places"], made["organisation"], made["givenBy"], made["onBehalf"]) == (120, "nl-ov", "nl-ov", None)
    assert made.headers["Location"] == f"/v1/turn-confirmations/{made['id']}"
    assert province.get(f"turn-confirmations/{made['id']}").expect(200).body == made.body
    assert province.get("situation")["duty"]["confirmedPlaces"] == 120
    assert province.get("rotas/piket/on-duty")["slots"][0]["confirmedPlaces"] == 120
    assert (
        province.get("rotas/piket/turns", from_="2024-09-16T00:00:00Z").items[0]["slots"][0]["confirmedPlaces"] == 120
    )
    assert province.get(f"turns/{turn}")["slots"][0]["confirmedPlaces"] == 120


def test_no_places_is_an_answer(client: Calls, turn: str) -> None:
    client("nl-ov").post(f"turns/{turn}/confirmations", {"places": 0}).expect(201)
    assert client("coa").get("situation")["duty"]["confirmedPlaces"] == 0


def test_the_newest_counts_and_all_are_listed(client: Calls, turn: str, clock: FakeClock) -> None:
    province = client("nl-ov")
    for places in (120, 80):
        province.post(f"turns/{turn}/confirmations", {"places": places}).expect(201)
        clock.advance(minutes=1)
    assert province.post(f"turns/{turn}/confirmations", {"places": 80}).status == 200
    listed = client("vng").get(f"turns/{turn}/confirmations").items
    assert [(one["places"], one["holds"]) for one in listed] == [(80, True), (120, False)]
    page = client("vng").get(f"turns/{turn}/confirmations", pageSize=1)
    assert client("vng").get(page["next"]).items == listed[1:]


@pytest.mark.parametrize("code", ["coa", "ministry"])
def test_coa_and_the_ministry_enter_what_was_said_by_telephone(client: Calls, turn: str, code: str) -> None:
    behalf = {"organisation": "nl-ov", "saidBy": "piketdesk", "via": "telephone"}
    made = client(code).post(f"turns/{turn}/confirmations", {"places": 40, "onBehalf": behalf}).expect(201)
    assert (made["organisation"], made["givenBy"], made["onBehalf"]) == ("nl-ov", code, behalf)
    told = client("nl-ov").get("alerts", kind="confirmationAsked").items[0]
    assert told["told"] == ["nl-ov"]
    assert told["title"] == "Overijssel kan 40 plekken openen"


def test_nobody_else_may(client: Calls, turn: str) -> None:
    for code in ("nl-ut", "coa", "cdk-nl-ov", "operator"):
        client(code).post(f"turns/{turn}/confirmations", {"places": 1}).expect(403)
    behalf = {"organisation": "nl-ut", "saidBy": "desk", "via": "telephone"}
    client("coa").post(f"turns/{turn}/confirmations", {"places": 1, "onBehalf": behalf}).expect(403)
    client("nl-ov").post("turns/none/confirmations", {"places": 1}).expect(404)


def test_where_is_shown_to_who_may_see_sites(client: Calls, turn: str) -> None:
    client("nl-ov").post(f"turns/{turn}/confirmations", {"places": 80, "sites": [SITE]}).expect(201)

    def seen(code: str) -> tuple[Any, ...]:
        site = client(code).get(f"turns/{turn}/confirmations").items[0]["sites"][0]
        return site["municipality"], site["site"], site["places"]

    for code in ("coa", "ministry", "nl-ov"):
        assert seen(code) == ("gm0193", "Sporthal", 80)
    for code in ("nl-ut", "vng"):
        assert seen(code) == (None, None, 80)


def test_every_fault_is_named_at_once(client: Calls, turn: str) -> None:
    body = {"places": -1, "sites": [{"site": "x"}], "nonsense": 1}
    faults = client("nl-ov").post(f"turns/{turn}/confirmations", body).faults
    assert faults == {"places", "sites.0.municipality", "sites.0.places", "nonsense"}
    body = {"places": 1, "sites": [{"municipality": "gm9999", "places": 8}]}
    assert client("nl-ov").post(f"turns/{turn}/confirmations", body).faults == {"places", "sites.0.municipality"}


def test_a_turn_that_is_over_cannot_be_confirmed(client: Calls, turn: str, clock: FakeClock) -> None:
    clock.advance(days=14)
    answer = client("nl-ov").post(f"turns/{turn}/confirmations", {"places": 1}).expect(409)
    assert answer["code"] == "turn-over"


def test_a_pass_asks_and_the_mail_says_what_until_when_and_where(
    client: Calls, turn: str, clock: FakeClock, contact: Callable[..., Any], tick: Callable[[], Any], channels: Any
) -> None:
    contact("nl-ut")
    contact("nl-ut", channel="webhook")
    clock.advance(days=3)
    tick()
    mail = next(mail for mail in channels["email"].sent if mail.kind == "confirmationAsked")
    assert mail.subject == "Welke plekken kunt u openen? Uw piketdienst begint wo 25 sep 12.00 uur"
    assert "Zeg vóór di 24 sep 12.00 uur hoeveel plekken u kunt openen en waar" in mail.text
    assert "http://127.0.0.1:8000/turns/" in mail.text
    event = next(one.event for one in channels["webhook"].sent if one.kind == "confirmationAsked")
    assert event["type"] == "nl.opvangpiket.confirmation-asked.v1"
    assert event["data"]["details"]["respondBy"] == "2024-09-24T10:00:00Z"
    clock.advance(minutes=timedelta(hours=1).seconds // 60)
    tick()
    assert len([mail for mail in channels["email"].sent if mail.kind == "confirmationAsked"]) == 1

"""Utrecht has elections and asks Zuid-Holland to swap turns: everything that is written and sent, through API and engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.client import Answer, Client
from tests.fakes import START, FakeClock

Calls = Callable[..., Client]


def propose(client: Calls) -> Answer:
    """Utrecht, whose turn is the next, offers it for that of Zuid-Holland four weeks later."""
    listed = client("nl-ut").get("rotas/piket/turns", from_=START, pageSize=4).items
    turns = {turn["slots"][0]["organisations"][0]: turn["id"] for turn in listed}
    wish = {"offeredTurn": turns["nl-ut"], "requestedTurn": turns["nl-zh"], "reason": "Verkiezingen."}
    return client("nl-ut").post("swaps", wish).expect(201)


def of_swaps(channels: Any) -> list[Any]:
    return [message for message in channels["email"].sent if "ruil" in message.subject.lower()]


def test_a_swap_from_the_proposal_to_the_hand_over(
    client: Calls, contact: Any, tick: Any, channels: Any, clock: FakeClock
) -> None:
    for code in ("nl-ut", "nl-zh", "ministry"):
        contact(code)
    made = propose(client)
    tick()
    mails = {message.address.split("@")[1]: message for message in channels["email"].sent}
    asked, informed = mails["nl-zh.example"], mails["ministry.example"]
    assert asked.subject == "Antwoord vóór wo 25 sep 12.00 uur: beurten ruilen met Utrecht"
    assert "Neem deze ruil aan vóór wo 25 sep 12.00 uur, of wijs die af en zeg waarom." in asked.text
    assert f"/v1/swaps/{made['id']}" in asked.text and "verloopt het voorstel" in asked.text
    assert informed.subject == "Ter info: Utrecht en Zuid-Holland ruilen misschien van beurt"
    assert "U hoeft nu niets te doen." in informed.text
    channels["email"].clear()
    clock.set("2024-09-18T10:00:00Z")
    tick(), tick()
    assert [message.address for message in of_swaps(channels)] == ["piket@nl-zh.example"]
    alert = client("nl-zh").get("alerts", kind="swap").items[0]
    assert (alert["details"]["what"], alert["whoActs"]["organisation"]) == ("reminded", "nl-zh")
    channels["email"].clear()
    client("nl-zh").post(f"swaps/{made['id']}/acceptances").expect(201)
    tick()
    assert [message.subject for message in of_swaps(channels)] == ["Geruild: beurten van Utrecht en Zuid-Holland"] * 3
    channels["email"].clear()
    clock.set(made["expiresAt"])
    clock.advance(hours=-24)
    tick()
    begins = "Uw piketdienst begint wo 25 sep 12.00 uur"
    hand_over = next(message for message in channels["email"].sent if message.subject == begins)
    assert hand_over.address == "piket@nl-zh.example"
    assert "Dit komt door een ruil van beurten: Verkiezingen." in hand_over.text
    steps = client("coa").get(f"swaps/{made['id']}")["steps"]
    assert [step["kind"] for step in steps] == ["proposed", "reminded", "accepted"]
    assert all(client("coa").get(f"alerts/{step['alert']}").expect(200) for step in steps)
    clock.set(made["offeredFrom"])
    clock.advance(minutes=1)
    assert client("coa").get("situation")["duty"]["onDuty"] == "nl-zh"

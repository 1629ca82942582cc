"""Hand-over notes and the emergency card over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.client import Client
from tests.fakes import FakeClock

Calls = Callable[..., Client]
HAND_OVER = datetime(2024, 9, 25, 10, tzinfo=UTC)
SITE = {
    "municipality": "gm0193", "site": "Sporthal", "places": 120, "firmness": "agreed", "agreedWith": "mayor",
    "hours": "night", "availableFrom": HAND_OVER, "availableUntil": HAND_OVER + timedelta(days=3),
}  # fmt: skip


@pytest.fixture
def note(client: Calls, clock: FakeClock, contact: Callable[..., Any], tick: Callable[[], Any]) -> dict[str, Any]:
    """The note of the hand-over from Overijssel to Utrecht, in the middle of an overflow."""
    contact("nl-ov", channel="telephone")
    clock.set(HAND_OVER - timedelta(minutes=30))
    count = {"observedAt": clock(), "definition": "nightBeds", "people": 2129}
    client("coa").post("centres/ter-apel/counts", count).expect(201)
    call = client("coa").get("call-ups").items[0]["id"]
    client("nl-ov").post(f"call-ups/{call}/responses", {"places": 120, "sites": [SITE]}).expect(201)
    clock.set(HAND_OVER)
    tick()
    turn = client("nl-ut").get("rotas/piket/on-duty")["id"]
    [found] = client("nl-ut").get(f"turns/{turn}/hand-over-notes").items
    return dict(found)


def test_both_sides_read_the_note_and_sign_it_off(client: Calls, note: dict[str, Any], clock: FakeClock) -> None:
    assert (note["leaving"], note["coming"], note["waitingFor"]) == (["nl-ov"], ["nl-ut"], ["nl-ov", "nl-ut"])
    assert note["episodes"][0]["committed"] == 120
    assert note["contacts"][0] == {"organisation": "nl-ov", "telephone": "+31 592 000000"}
    path = f"hand-over-notes/{note['id']}/sign-offs"
    made = client("nl-ut").post(path, {"by": "piketdesk", "remark": "Bus om 15.00 uur"}).expect(201)
    assert client("nl-ut").post(path, {}).expect(200).body == made.body
    behalf = {"organisation": "nl-ov", "saidBy": "desk", "via": "telephone"}
    clock.advance(minutes=1)
    entered = client("coa").post(path, {"onBehalf": behalf}).expect(201)
    assert (entered["organisation"], entered["onBehalf"]) == ("nl-ov", behalf)
    assert client("vng").get(f"hand-over-notes/{note['id']}").expect(200)["waitingFor"] == []
    assert [one["organisation"] for one in client("vng").get(path).items] == ["nl-ov", "nl-ut"]
    assert client("vng").get(f"sign-offs/{made['id']}").expect(200).body == made.body


def test_nobody_else_signs(client: Calls, note: dict[str, Any]) -> None:
    for code in ("nl-dr", "coa", "operator"):
        client(code).post(f"hand-over-notes/{note['id']}/sign-offs", {}).expect(403)
    client("nl-ut").post("hand-over-notes/none/sign-offs", {}).expect(404)


def test_sites_and_numbers_are_for_who_needs_them(client: Calls, note: dict[str, Any]) -> None:
    def seen(code: str) -> tuple[Any, ...]:
        found = client(code).get(f"hand-over-notes/{note['id']}").expect(200)
        return found["places"][0]["site"], found["places"][0]["places"], found["contacts"][0]["telephone"]

    assert seen("nl-ov") == seen("coa") == ("Sporthal", 120, "+31 592 000000")
    assert seen("nl-ut") == (None, 120, "+31 592 000000")
    assert seen("nl-dr") == (None, 120, None)


def test_the_card_has_numbers_for_who_is_on_the_list_only(client: Calls, note: dict[str, Any]) -> None:
    card = client("nl-dr").get("rotas/piket/emergency-card").expect(200)
    assert card["telephones"]["nl-ov"] == "+31 592 000000"
    assert card["onDuty"] == {"organisations": ["nl-ut"], "until": "2024-10-09T10:00:00Z", "confirmedPlaces": None}
    assert client("gm1950").get("rotas/piket/emergency-card").expect(200)["telephones"] is None
    client("nl-dr").get("rotas/none/emergency-card").expect(404)

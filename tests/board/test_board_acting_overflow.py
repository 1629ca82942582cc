"""COA and the ministry declare an overflow by form, state its need, begin a round, write a note, end it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.board.acting import confirmation, do
from tests.board.browser import Browser, remarks
from tests.client import Client
from tests.fakes import FakeClock

Browsers = Callable[..., Browser]
Clients = Callable[..., Client]


@pytest.fixture
def episode(count: Callable[..., Any], client: Clients) -> str:
    """An overflow with 179 places needed and Overijssel called up."""
    count(2129)
    found: str = client("coa").get("situation")["overflow"]["id"]
    return found


def test_the_ministry_declares_an_overflow_and_sees_who_is_called(browser: Browsers, client: Clients) -> None:
    visitor = browser("ministry")
    assert 'href="/centres/ter-apel/overflow"' in visitor.get("/").expect(200).html
    path = "/centres/ter-apel/overflow"
    preview = visitor.post(path, visitor.token(path), needed="80", reason="bussen onderweg").expect(200)
    assert "Er begint een overloop: er zijn 80 plekken nodig." in preview.text
    assert "Overijssel krijgt een afroep voor 80 plekken" in preview.text
    assert client("coa").get("situation")["overflow"] is None
    page = do(visitor, path, needed="80", reason="bussen onderweg")
    assert "heeft een overloop uitgeroepen" in page.sentence and "bussen onderweg" in page.text
    assert client("coa").get("situation")["overflow"]["needed"] == 80
    again = visitor.post(path, visitor.token(path), needed="90", reason="nog meer").expect(409)
    assert "nog meer" in again.html and remarks(again.html) == []


def test_coa_states_the_need_and_takes_it_back(browser: Browsers, client: Clients, episode: str) -> None:
    visitor, path = browser("coa"), f"/overflows/{episode}/need"
    assert f'href="{path}"' in visitor.get("/").html
    assert "179 plekken nodig (berekend uit de tellingen)" in visitor.get(path).text
    preview = visitor.post(path, visitor.token(path), needed="240", reason="twee bussen").expect(200)
    assert "Er zijn 240 plekken nodig (dat was 179); er zijn er 240 te weinig (dat was 179)." in preview.text
    assert client("coa").get(f"overflows/{episode}")["needed"] == 179
    do(visitor, path, needed="240", reason="twee bussen")
    assert client("coa").get(f"overflows/{episode}")["needed"] == 240
    assert f'href="{path}/taking-back"' in visitor.get("/acts").html
    page = do(visitor, f"{path}/taking-back", reason="ze rijden door")
    assert page.sentence == "COA heeft gezegd hoeveel plekken er nodig zijn."
    assert client("coa").get(f"overflows/{episode}")["needed"] == 179
    visitor.get(f"{path}/taking-back").expect(409)


def test_coa_ends_an_overflow_and_sees_which_call_ups_are_released(
    browser: Browsers, client: Clients, episode: str, contact: Callable[..., Any]
) -> None:
    contact("nl-ov")
    visitor, path = browser("coa"), f"/overflows/{episode}/closure"
    empty = visitor.post(path, visitor.token(path), reason="").expect(400)
    assert 'id="reason-wrong"' in empty.html and remarks(empty.html) == []
    preview = visitor.post(path, visitor.token(path), reason="iedereen heeft een bed").expect(200)
    assert "De overloop eindigt." in preview.text
    assert "De afroep van Overijssel vervalt" in preview.text
    page = do(visitor, path, reason="iedereen heeft een bed")
    assert page.sentence == "COA heeft de overloop beëindigd."
    found = client("coa").get(f"overflows/{episode}")
    assert (found["state"], found["reason"], found["closedBy"]) == ("closed", "iedereen heeft een bed", "coa")
    for name in ("need", "closure", "round"):
        visitor.get(f"/overflows/{episode}/{name}").expect(409)


def test_a_new_round_calls_whoever_could_not_before(
    browser: Browsers, client: Clients, episode: str, clock: FakeClock
) -> None:
    call = client("coa").get("situation")["overflow"]["callUps"][0]
    province = client(call["organisation"])
    province.post(f"call-ups/{call['id']}/responses", {"places": 0, "declineReason": "hal bezet"}).expect(201)
    clock.advance(minutes=1)
    visitor = browser("coa")
    page = do(visitor, f"/overflows/{episode}/round", reason="nieuwe hallen")
    assert page.sentence == "COA is een nieuwe ronde begonnen."
    assert client("coa").get(f"overflows/{episode}")["round"] == 2


def test_a_note_is_written_at_once_and_once(browser: Browsers, client: Clients, episode: str) -> None:
    visitor, path = browser("ministry"), f"/overflows/{episode}/note"
    token = visitor.token(path)
    sent = {"text": "Burgemeester belde:\ngeen bussen meer.", "once": "een"}
    first = visitor.post(path, token, **sent).expect(303).headers["Location"]
    assert visitor.post(path, token, **sent).expect(303).headers["Location"] == first
    notes = client("coa").get(f"overflows/{episode}/notes").items
    assert [one["data"]["text"] for one in notes] == ["Burgemeester belde:\ngeen bussen meer."]
    assert "heeft een notitie gemaakt" in visitor.get(first).expect(200).sentence


def test_what_happened_between_the_two_pages_is_not_overrun(browser: Browsers, client: Clients, episode: str) -> None:
    visitor, path = browser("coa"), f"/overflows/{episode}/need"
    token = visitor.token(path)
    sent = confirmation(visitor.post(path, token, needed="240", reason="bussen"))
    client("ministry").post(f"overflows/{episode}/closures", {"reason": "klaar"}).expect(201)
    page = visitor.post(path, token, **sent).expect(409)
    assert "gesloten" in page.text or "beëindigd" in page.text
    assert remarks(page.html) == []


def test_others_and_who_may_only_look_are_refused(browser: Browsers, client: Clients, episode: str) -> None:
    before = client("coa").get(f"overflows/{episode}")
    paths = [f"/overflows/{episode}/{name}" for name in ("need", "need/taking-back", "closure", "round", "note")]
    for visitor in (browser("nl-ov"), browser("vng"), browser("coa", read_only=True)):
        html = visitor.get("/").html + visitor.get("/acts").html
        assert "/overflows/" not in html and "/centres/" not in html
        for path in [*paths, "/centres/ter-apel/overflow"]:
            visitor.get(path).expect(403)
            visitor.post(path, visitor.token("/"), step="do", once="1", needed="5", reason="x", text="x").expect(403)
    assert client("coa").get(f"overflows/{episode}").body == before.body


def test_what_is_not_there_is_a_friendly_page(browser: Browsers) -> None:
    visitor = browser("coa")
    for path in ("/overflows/none/need", "/overflows/none/note", "/centres/none/overflow", "/centres/none/count"):
        assert remarks(visitor.get(path).expect(404).html) == []

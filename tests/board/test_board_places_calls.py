"""What COA does with a call-up by form, until when places stay promised, and a call-up by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.board.acting import confirmation, do
from tests.board.browser import Browser, remarks
from tests.board.test_board_places import filled
from tests.client import Client
from tests.fakes import FakeClock

Browsers = Callable[..., Browser]
Clients = Callable[..., Client]


@pytest.fixture
def call(count: Callable[..., Any], client: Clients) -> str:
    """Overijssel is asked for 179 places, and has not answered."""
    count(2129)
    found: str = client("coa").get("call-ups").items[0]["id"]
    return found


@pytest.fixture
def promise(client: Clients, clock: FakeClock, call: str) -> Callable[[int], dict[str, Any]]:
    """`promise(100)`: Overijssel promises that many in Zwolle; the commitment."""

    def make(number: int) -> dict[str, Any]:
        site = {
            "municipality": "gm0193", "site": "Sporthal", "places": number, "firmness": "agreed", "agreedWith": "mayor",
            "hours": "night", "availableFrom": clock(), "availableUntil": clock() + timedelta(days=3),
        }  # fmt: skip
        client("nl-ov").post(f"call-ups/{call}/responses", {"places": number, "sites": [site]}).expect(201)
        found: dict[str, Any] = client("coa").get("commitments").items[0]
        return found

    return make


def call_up(client: Clients, id: str) -> Any:
    return client("coa").get(f"call-ups/{id}").expect(200).body


def test_coa_releases_a_call_up_that_nobody_answered(
    browser: Browsers, client: Clients, call: str, contact: Callable[..., Any]
) -> None:
    contact("nl-ov")
    visitor, path = browser("coa"), f"/call-ups/{call}/release"
    assert f'href="{path}"' in visitor.get("/acts").html and f'href="{path}"' in visitor.get(f"/call-ups/{call}").html
    page = visitor.get(path)
    assert page.sentence == "De afroep van Overijssel laten vervallen" and remarks(page.html) == []
    assert 'id="reason-wrong"' in visitor.post(path, visitor.token(path), reason="").expect(400).html
    preview = visitor.post(path, visitor.token(path), reason="de hal is afgebrand").expect(200)
    assert "Er was nog niets op toegezegd" in preview.text
    assert "De afroep van Overijssel vervalt: er wordt niets meer gevraagd." in preview.text
    assert "krijgt een afroep voor 179 plekken" in preview.text
    assert call_up(client, call)["state"] == "open"
    page = do(visitor, path, reason="de hal is afgebrand")
    assert page.sentence == "COA heeft een afroep laten vervallen." and "de hal is afgebrand" in page.text
    found = call_up(client, call)
    assert (found["state"], found["releaseReason"]) == ("released", "de hal is afgebrand")
    visitor.get(path).expect(409)
    visitor.get(f"/call-ups/{call}/surplus").expect(409)
    assert path not in visitor.get(f"/call-ups/{call}").html


def test_what_is_promised_on_a_released_call_up_is_given_back_unless_people_are_in(
    browser: Browsers, client: Clients, call: str, promise: Callable[[int], dict[str, Any]]
) -> None:
    made = promise(100)
    visitor, path = browser("coa"), f"/call-ups/{call}/release"
    coa = client("coa")
    seen = coa.get(f"commitments/{made['id']}").headers["ETag"]
    coa.patch(f"commitments/{made['id']}", {"occupied": 30}, etag=seen).expect(200)
    page = visitor.post(path, visitor.token(path), reason="niet meer nodig").expect(409)
    assert "slapen 30 mensen" in page.text and "niet meer nodig" in page.html and remarks(page.html) == []
    seen = coa.get(f"commitments/{made['id']}").headers["ETag"]
    coa.patch(f"commitments/{made['id']}", {"occupied": 0}, etag=seen).expect(200)
    preview = visitor.post(path, visitor.token(path), reason="niet meer nodig").expect(200)
    assert "100 plekken die Overijssel heeft toegezegd, worden vrijgegeven: ze blijven aangeboden" in preview.text
    assert "er zijn er 179 te weinig (dat was 79)" in preview.text
    do(visitor, path, reason="niet meer nodig")
    assert client("coa").get(f"commitments/{made['id']}")["endReason"] == "released"
    assert client("coa").get("emergency-places/summary")["total"]["free"] == 100


def test_coa_takes_places_beyond_the_call_up_once(
    browser: Browsers, client: Clients, call: str, promise: Callable[[int], dict[str, Any]]
) -> None:
    visitor, path = browser("coa"), f"/call-ups/{call}/surplus"
    assert remarks(visitor.get(path).expect(409).html) == []
    promise(240)
    assert f'href="{path}"' in visitor.get("/acts").html and f'href="{path}"' in visitor.get(f"/call-ups/{call}").html
    page = visitor.get(path).expect(200)
    assert filled(page) == {"places": "61"} and "Er zijn 61 plekken meer toegezegd" in page.text
    assert remarks(page.html) == []
    for wrong in ("0", "62", ""):
        refused = visitor.post(path, visitor.token(path), places=wrong).expect(400)
        assert 'id="places-wrong"' in refused.html and remarks(refused.html) == []
    preview = visitor.post(path, visitor.token(path), places="21").expect(200)
    assert "Van Overijssel tellen dan 200 plekken mee (dat was 179)." in preview.text
    assert call_up(client, call)["committed"] == 179
    token, sent = visitor.token(path), confirmation(preview)
    first = visitor.post(path, token, **sent).expect(303).headers["Location"]
    assert visitor.post(path, token, **sent).expect(303).headers["Location"] == first
    assert "heeft plekken aangenomen die meer waren toegezegd dan gevraagd" in visitor.get(first).text
    assert (call_up(client, call)["committed"], call_up(client, call)["surplus"]) == (200, 40)


def test_a_province_says_until_when_its_places_stay_promised(
    browser: Browsers, client: Clients, clock: FakeClock, promise: Callable[[int], dict[str, Any]]
) -> None:
    made = promise(100)
    visitor, path = browser("nl-ov"), f"/commitments/{made['id']}/until"
    assert f'href="{path}"' in visitor.get("/places").html
    page = visitor.get(path)
    assert filled(page)["until"] == "2024-09-19T14:00" and remarks(page.html) == []
    assert "er verandert niets" in visitor.post(path, visitor.token(path), **filled(page)).text
    early = visitor.post(path, visitor.token(path), **{**filled(page), "until": "2024-09-16T13:59"}).expect(400)
    assert 'id="until-wrong"' in early.html and "availableFrom" not in early.text
    longer = {**filled(page), "until": "2024-09-25T12:00"}
    preview = visitor.post(path, visitor.token(path), **longer).expect(200)
    assert "zijn toegezegd tot wo 25 sep 12.00 uur (dat was tot do 19 sep 14.00 uur)" in preview.text
    assert "De plek wordt even lang aangeboden." in preview.text
    assert do(visitor, path, **longer).sentence == "Overijssel heeft veranderd wat op een locatie is toegezegd."
    overtaken = visitor.post(path, visitor.token(path), **{**longer, "until": ""}).expect(409)
    assert "Intussen is deze toezegging veranderd" in overtaken.text
    clock.advance(minutes=10)
    ending = {**filled(visitor.get(path)), "until": "2024-09-16T14:05"}
    preview = visitor.post(path, visitor.token(path), **ending).expect(200)
    assert "100 plekken van Sporthal zijn niet meer toegezegd." in preview.text and "te weinig" in preview.text
    do(visitor, path, **ending)
    assert client("coa").get(f"commitments/{made['id']}")["state"] == "ended"
    visitor.get(path).expect(409)


def test_coa_and_the_ministry_call_somebody_up_by_hand(
    browser: Browsers, client: Clients, count: Callable[..., Any], contact: Callable[..., Any]
) -> None:
    visitor, path = browser("ministry"), "/call-ups/new"
    none = visitor.get(path).expect(409)
    assert "Roep eerst een overloop uit" in none.text and path not in visitor.get("/acts").html
    count(2129)
    contact("nl-ut")
    assert f'href="{path}"' in visitor.get("/acts").html
    page = visitor.get(path)
    assert filled(page)["places"] == "179" and remarks(page.html) == []
    past = {**filled(page), "organisation": "nl-ut", "respond_by": "2024-09-16T13:00", "until": "2024-09-15T13:00"}
    refused = visitor.post(path, visitor.token(path), **past).expect(400)
    assert 'id="respond_by-wrong"' in refused.html and 'id="until-wrong"' in refused.html
    typed = {
        **filled(page),
        "organisation": "nl-ut",
        "places": "40",
        "respond_by": "2024-09-16T16:30",
        "paid_by": "rijk",
    }
    preview = visitor.post(path, visitor.token(path), **typed).expect(200)
    assert "Utrecht krijgt een afroep voor 40 plekken" in preview.text and "16.30 uur" in preview.text
    assert len(client("coa").get("call-ups").items) == 1
    assert do(visitor, path, **typed).sentence.endswith("heeft zelf een afroep gedaan.")
    made = next(one for one in client("coa").get("call-ups").items if one["organisation"] == "nl-ut")
    assert (made["places"], made["paidBy"], made["madeBy"]) == (40, "rijk", "ministry")
    assert made["respondBy"].startswith("2024-09-16T14:30")


def test_others_and_who_may_only_look_do_nothing_with_call_ups(
    browser: Browsers, client: Clients, call: str, promise: Callable[[int], dict[str, Any]]
) -> None:
    made = promise(240)
    before = call_up(client, call)
    only_coa = [f"/call-ups/{call}/release", f"/call-ups/{call}/surplus"]
    until = f"/commitments/{made['id']}/until"
    for code, key, paths in (
        ("nl-ov", {}, [*only_coa, "/call-ups/new"]),
        ("nl-ut", {}, [*only_coa, until, "/call-ups/new"]),
        ("ministry", {}, [*only_coa, until]),
        ("coa", {"read_only": True}, [*only_coa, until, "/call-ups/new"]),
    ):
        visitor = browser(code, **key)
        html = visitor.get("/acts").html + visitor.get(f"/call-ups/{call}").html + visitor.get("/places").html
        for path in paths:
            assert f'href="{path}"' not in html, (code, path)
            assert "Sporthal" not in visitor.get(path).expect(403).text
            visitor.post(path, visitor.token("/"), step="do", once="1", reason="x", places="5").expect(403)
    assert call_up(client, call) == before
    english = browser("coa", accept="en").get(f"/call-ups/{call}/release").expect(200)
    assert english.sentence == "Release the call-up of Overijssel" and remarks(english.html) == []

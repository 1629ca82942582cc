"""The page of emergency places, and a place that is offered, changed and withdrawn by form."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from tests.board.acting import confirmation, do
from tests.board.browser import Browser, Page, remarks
from tests.client import Client
from tests.fakes import FakeClock

Browsers = Callable[..., Browser]
Clients = Callable[..., Client]
OFFER = "/places/new/nl-ov"


def filled(page: Page) -> dict[str, str]:
    """What stands in the fields of a form."""
    html = page.expect(200).html
    found = re.findall(r'<input[^>]* name="([a-z_]+)"[^>]* value="([^"]*)"', html)
    found += re.findall(r'<textarea[^>]* name="([a-z_]+)"[^>]*>\n([^<]*)</textarea>', html)
    for name, options in re.findall(r'<select[^>]* name="([a-z_]+)"[^>]*>(.*?)</select>', html, re.DOTALL):
        found += [(name, value) for value in re.findall(r'<option value="([^"]*)" selected', options)]
    return {name: unescape(value) for name, value in found if name not in ("csrf_token", "back", "once")}


def offered(client: Clients, clock: FakeClock, **other: Any) -> str:
    """A place in Zwolle that COA entered for Overijssel: its id."""
    body = {
        "province": "nl-ov", "municipality": "gm0193", "site": "Sporthal", "places": 100, "firmness": "agreed",
        "agreedWith": "mayor", "hours": "night", "availableFrom": clock(), **other,
    }  # fmt: skip
    return str(client("coa").post("emergency-places", body).expect(201)["id"])


@pytest.fixture
def place(client: Clients, clock: FakeClock) -> str:
    """100 places in Zwolle, free now."""
    return offered(client, clock)


@pytest.fixture
def promised(client: Clients, place: str, count: Callable[..., Any], clock: FakeClock) -> dict[str, Any]:
    """All of them are promised on the call-up to Overijssel: the commitment."""
    count(2129)
    call = client("coa").get("call-ups").items[0]["id"]
    site = {
        "municipality": "gm0193", "site": "Sporthal", "places": 100, "firmness": "agreed", "agreedWith": "mayor",
        "hours": "night", "availableFrom": clock(), "emergencyPlace": place,
    }  # fmt: skip
    client("nl-ov").post(f"call-ups/{call}/responses", {"places": 100, "sites": [site]}).expect(201)
    found: dict[str, Any] = client("coa").get("commitments").items[0]
    return found


def terms(client: Clients, place: str) -> Any:
    return client("coa").get(f"emergency-places/{place}").expect(200).body


def change(client: Clients, place: str, **what: Any) -> None:
    """By the API, by COA."""
    coa = client("coa")
    seen = coa.get(f"emergency-places/{place}").headers["ETag"]
    coa.patch(f"emergency-places/{place}", what, etag=seen).expect(200)


@pytest.fixture
def host(client: Clients) -> Callable[[str], None]:
    """`host("gm0193")`: that municipality is connected."""

    def connect(code: str) -> None:
        body = {"code": code, "kind": "municipality", "name": "Gemeente", "province": "nl-ov"}
        client("operator").post("organisations", body).expect(201)

    return connect


def test_the_page_says_how_many_places_there_are_and_what_is_promised(
    browser: Browsers, client: Clients, clock: FakeClock, promised: dict[str, Any]
) -> None:
    offered(client, clock, site="Manege", places=40, groups=["gezinnen"], note="achterom", noticeHours=6)
    offered(client, clock, province="nl-ut", municipality="gm0344", site="Beurshal", places=55)
    offered(client, clock, province="nl-ut", municipality="gm0344", site="Loods", firmness="inView", agreedWith=None)
    page = browser("coa").get("/places").expect(200)
    assert page.sentence == "195 plekken aangeboden, 55 nu vrij"
    assert remarks(page.html) == []
    assert "Overijssel 140 0 40 100 0 0" in page.section("sums") and "Alle provincies 195 55 40 100 0 100" in page.text
    listed, runs = page.section("list"), page.section("promised")
    assert "Sporthal, Zwolle Overijssel" in listed and "alles toegezegd toegezegd: 100, in gebruik: 0" in listed
    assert (
        "40 plekken vrij, op termijn 6 uur van tevoren vragen" in listed
        and "gezinnen voor het piket. achterom" in listed
    )
    assert "in beeld: nog niemand heeft ja gezegd" in listed and "55 plekken nu vrij" in listed
    assert "Sporthal, Zwolle" in runs and f'href="/call-ups/{promised["callUp"]}/release"' in page.html
    english = browser("ministry", accept="en").get("/places").expect(200)
    assert english.sentence == "195 places are offered, 55 of them free now" and remarks(english.html) == []
    assert "/release" not in english.html and "/change" not in english.html


def test_a_site_is_named_to_nobody_else_than_the_api_names_it_to(
    browser: Browsers, client: Clients, clock: FakeClock, promised: dict[str, Any], host: Callable[[str], None]
) -> None:
    offered(client, clock, site="Manege", note="achterom")
    host("gm0193")
    for code in ("nl-ut", "vng", "cdk-nl-ov"):
        page = browser(code).get("/places?province=all&over=1").expect(200)
        assert "Alle provincies 200 100 0 100 0 0" in page.text and remarks(page.html) == []
        for hidden in ("Sporthal", "Zwolle", "Manege", "achterom", "/change", "/until"):
            assert hidden not in page.html
        assert ("/places/new" in page.html) == (code == "nl-ut")
    zwolle = browser("gm0193").get("/places").expect(200)
    assert "Manege, Zwolle" in zwolle.text and "/until" in zwolle.html and "/change" not in zwolle.html
    own = browser("nl-ov").get("/places").expect(200)
    assert "Manege, Zwolle" in own.text and "Noodopvangplekken in Overijssel" in own.text and "/change" in own.html
    reader = browser("nl-ov", read_only=True).get("/places").html
    assert "Manege" in reader and "/change" not in reader and "/places/new" not in reader and "/until" not in reader


def test_the_past_can_be_looked_at_and_not_changed(
    browser: Browsers, client: Clients, clock: FakeClock, place: str
) -> None:
    clock.advance(hours=30)
    change(client, place, state="withdrawn", reason="brand")
    clock.advance(minutes=1)
    visitor = browser("nl-ov")
    now = visitor.get("/places")
    assert now.sentence == "Er worden nu geen plekken aangeboden" and "Sporthal" not in now.text
    assert "ingetrokken" in visitor.get("/places?over=1").text and "brand" in visitor.get("/places?over=1").text
    page = visitor.get("/places?at=2024-09-16T20:00").expect(200)
    assert page.sentence.endswith("20.00 uur: 100 plekken aangeboden, 100 vrij") and remarks(page.html) == []
    assert "Sporthal, Zwolle" in page.text and "/change" not in page.html and "/places/new" not in page.html
    assert visitor.get("/places?at=2030-01-01T00:00").sentence == visitor.get("/places?at=nonsense").sentence


def test_a_province_offers_a_place_and_reads_before_what_becomes_of_the_sums(
    browser: Browsers, client: Clients, place: str
) -> None:
    visitor = browser("nl-ov")
    assert visitor.get("/places/new").expect(303).headers["Location"] == OFFER
    page = visitor.get(OFFER)
    assert remarks(page.html) == [] and ">Zwolle</option>" in page.html and ">Utrecht</option>" not in page.html
    typed = {**filled(page), "municipality": "gm0193", "site": " sporthal ", "places": "60",
             "firmness": "ready:owner", "hours": "aroundTheClock", "groups": "gezinnen, stellen",
             "max_stay_hours": "72", "note": "sleutel bij de beheerder"}  # fmt: skip
    preview = visitor.post(OFFER, visitor.token(OFFER), **typed).expect(200)
    assert "Aangeboden in Overijssel: 160 (dat was 100)." in preview.text
    assert "Nu vrij in Overijssel: 160 (dat was 100)." in preview.text
    assert "Op deze locatie zijn al 100 plekken aangeboden." in preview.text
    assert len(client("coa").get("emergency-places").items) == 1
    token, sent = visitor.token(OFFER), confirmation(preview)
    first = visitor.post(OFFER, token, **sent).expect(303).headers["Location"]
    assert visitor.post(OFFER, token, **sent).expect(303).headers["Location"] == first
    after = visitor.get(first).expect(200)
    assert after.sentence == "Overijssel heeft een noodopvangplek aangeboden." and remarks(after.html) == []
    (made,) = (one for one in client("nl-ov").get("emergency-places").items if one["id"] != place)
    assert made["agreedWith"] == "owner" and made["groups"] == ["gezinnen", "stellen"]
    assert (made["firmness"], made["maxStayHours"], made["noticeHours"]) == ("ready", 72, 0)


def test_coa_offers_for_any_province_and_what_is_only_in_view_does_not_count(
    browser: Browsers, client: Clients
) -> None:
    visitor = browser("coa")
    page = visitor.get("/places/new").expect(200)
    assert 'href="/places/new/nl-ut"' in page.html and remarks(page.html) == []
    path = "/places/new/nl-ut"
    typed = {**filled(visitor.get(path)), "municipality": "gm0344", "site": "Loods", "places": "1.200",
             "firmness": "inView", "hours": "night"}  # fmt: skip
    preview = visitor.post(path, visitor.token(path), **typed).expect(200)
    assert "ze tellen nog niet mee" in preview.text and "In beeld in Utrecht: 1.200 (dat was 0)." in preview.text
    do(visitor, path, **typed)
    assert client("coa").get("emergency-places/summary")["total"]["inView"] == 1200
    visitor.get("/places/new/nl-xx").expect(404)


def test_all_that_is_wrong_with_an_offer_is_said_at_once_beside_its_field(browser: Browsers, client: Clients) -> None:
    visitor = browser("nl-ov")
    wrong = {"municipality": "gm0344", "site": "", "places": "0", "firmness": "", "hours": "x", "available_from": "gisteren",
             "notice_hours": "-1", "kind": "piket", "note": "blijft staan"}  # fmt: skip
    page = visitor.post(OFFER, visitor.token(OFFER), **wrong).expect(400)
    for name in ("municipality", "site", "places", "firmness", "hours", "available_from", "notice_hours"):
        assert f'id="{name}-wrong"' in page.html, name
    assert "blijft staan" in page.html and 'value="gisteren"' in page.html and remarks(page.html) == []
    typed = {**filled(visitor.get(OFFER)), "municipality": "gm0193", "site": "Hal", "places": "5", "firmness": "inView",
             "hours": "night", "available_until": "2024-09-16T09:00", "groups": "g" * 41}  # fmt: skip
    page = visitor.post(OFFER, visitor.token(OFFER), **typed).expect(400)
    assert 'id="available_until-wrong"' in page.html and 'id="groups-wrong"' in page.html
    assert "availableFrom" not in page.text and remarks(page.html) == []
    assert client("coa").get("emergency-places").items == []


def test_a_place_is_changed_and_what_was_not_touched_stays(
    browser: Browsers, client: Clients, clock: FakeClock
) -> None:
    at = clock() + timedelta(seconds=23)
    place = offered(client, clock, availableFrom=at, groups=["gezinnen"], note="achterom")
    clock.advance(minutes=2)
    visitor, path = browser("nl-ov"), f"/places/{place}/change"
    page = visitor.get(path)
    same = visitor.post(path, visitor.token(path), **filled(page)).expect(200)
    assert "Zo staat het er al: er verandert niets." in same.text and remarks(page.html) == []
    typed = {**filled(page), "places": "80", "firmness": "ready:executive", "groups": ""}
    preview = visitor.post(path, visitor.token(path), **typed).expect(200)
    assert (
        "Hoeveel plekken: 80 (dat was 100)." in preview.text
        and "Voor wie: iedereen (dat was gezinnen)." in preview.text
    )
    assert "Nu vrij in Overijssel: 80 (dat was 100)." in preview.text
    before = terms(client, place)
    assert do(visitor, path, **typed).sentence == "Overijssel heeft een noodopvangplek veranderd."
    now = terms(client, place)
    assert {key for key in now if now[key] != before[key]} == {
        "places", "firmness", "agreedWith", "groups", "changedAt"
    }  # fmt: skip


def test_what_somebody_else_changed_meanwhile_is_not_overrun(browser: Browsers, client: Clients, place: str) -> None:
    visitor = browser("nl-ov")
    changing, withdrawal = f"/places/{place}/change", f"/places/{place}/withdrawal"
    token = visitor.token(changing)
    changed = {**filled(visitor.get(changing)), "places": "80"}
    withdrawn = {**filled(visitor.get(withdrawal)), "reason": "verhuurd"}
    change(client, place, places=70)
    for path, typed in ((changing, changed), (withdrawal, withdrawn)):
        page = visitor.post(path, token, step="do", once="een", **typed).expect(409)
        assert "Intussen is deze plek veranderd" in page.text and remarks(page.html) == []
    assert terms(client, place)["places"] == 70


def test_a_place_is_withdrawn_with_a_reason_unless_it_is_promised(
    browser: Browsers, client: Clients, clock: FakeClock, promised: dict[str, Any]
) -> None:
    visitor, kept = browser("nl-ov"), promised["emergencyPlace"]
    refused = visitor.get(f"/places/{kept}/withdrawal").expect(409)
    assert "Van Sporthal zijn 100 plekken toegezegd." in refused.text and remarks(refused.html) == []
    assert f'href="/call-ups/{promised["callUp"]}"' in refused.html
    free = offered(client, clock, site="Manege")
    path = f"/places/{free}/withdrawal"
    typed = filled(visitor.get(path))
    empty = visitor.post(path, visitor.token(path), **typed).expect(400)
    assert 'id="reason-wrong"' in empty.html
    preview = visitor.post(path, visitor.token(path), **{**typed, "reason": "verhuurd"}).expect(200)
    assert "Nu vrij in Overijssel: 0 (dat was 100)." in preview.text
    do(visitor, path, **{**typed, "reason": "verhuurd"})
    now = terms(client, free)
    assert (now["state"], now["reason"], terms(client, kept)["state"]) == ("withdrawn", "verhuurd", "offered")
    visitor.get(path).expect(409)
    visitor.get(f"/places/{free}/change").expect(409)
    lowered = {**filled(visitor.get(f"/places/{kept}/change")), "places": "60"}
    page = visitor.post(f"/places/{kept}/change", visitor.token("/places/new/nl-ov"), **lowered).expect(409)
    assert "Van Sporthal zijn 100 plekken toegezegd" in page.text and 'value="60"' in page.html


def test_others_and_who_may_only_look_can_offer_and_change_nothing(
    browser: Browsers, client: Clients, place: str, host: Callable[[str], None]
) -> None:
    host("gm0193")
    before = terms(client, place)
    paths = ("/places/new", OFFER, f"/places/{place}/change", f"/places/{place}/withdrawal")
    for code, key in (("nl-ut", {}), ("ministry", {}), ("gm0193", {}), ("nl-ov", {"read_only": True})):
        visitor = browser(code, **key)
        assert "/places/new" not in visitor.get("/acts").html or code == "nl-ut"
        for path in paths[1:] if code == "nl-ut" else paths:
            assert "Sporthal" not in visitor.get(path).expect(403).text
            if path != "/places/new":
                visitor.post(path, visitor.token("/places"), step="do", once="1", reason="x").expect(403)
    assert terms(client, place) == before
    assert remarks(browser("coa").get("/places/none/change").expect(404).html) == []

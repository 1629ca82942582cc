"""The page of the rota: who has duty, what was decided, what the viewer may do, its holes and its turns; and the ledger."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.board.acting import do
from tests.board.browser import Browser, remarks
from tests.client import Client
from tests.fakes import FakeClock

Browsers = Callable[..., Browser]
Clients = Callable[..., Client]
OVERRIDE = "/rotas/piket/override"


def test_the_page_of_the_rota_begins_with_now(browser: Browsers) -> None:
    page = browser("nl-ov").get("/rota").expect(200)
    assert page.sentence == "Overijssel heeft piketdienst tot wo 25 sep 12.00 uur."
    assert "Utrecht is achterwacht, en heeft de volgende beurt." in page.text
    assert "voorgesteld, niet vastgesteld" in page.section("decided")
    assert "Accepted" not in page.text and "nog niemand" in page.section("decided")
    assert "Groningen (Voorbeeld van een vrijstelling" in page.section("decided")
    turns = page.section("turns")
    assert turns.startswith("Alle beurten van 2024") and "nog niet gevraagd" in turns
    assert turns.index("wo 11 sep 12.00 uur nu Overijssel") < turns.index("18 beurten die voorbij zijn")
    assert "nooit gezegd: onbekend" in turns
    holes = page.section("holes")
    assert "Het rooster heeft gaten:" in holes and "is niet dag en nacht bereikbaar; voor het eerst van" in holes
    assert "Overijssel heeft nog niet gezegd welke plekken er open kunnen tot" in holes
    assert remarks(page.html) == []
    english = browser("nl-ov", "en").get("/rota")
    assert english.sentence == "Overijssel has duty until Wed 25 Sep 12:00." and remarks(english.html) == []


def test_each_sees_on_the_page_of_the_rota_what_it_may_do(browser: Browsers, client: Clients) -> None:
    ministry = browser("ministry").get("/rota").section("do")
    assert "Het rooster “Landelijk opvang piket” vaststellen" in ministry and "Een ruil van twee beurten" in ministry
    own = browser("nl-ov").get("/rota").html
    [turn] = (
        client("nl-ov").get("rotas/piket/turns", **{"from": "2024-09-16T12:00:00Z", "to": "2024-09-16T12:01:00Z"}).items
    )
    assert f'href="/turns/{turn["id"]}">Bevestigen welke plekken' in own and "/decision" not in own
    assert "Bevestigen welke plekken" in browser("nl-ov").get("/acts").text
    client("nl-ov").post(f"turns/{turn['id']}/confirmations", {"places": 0}).expect(201)
    after = browser("nl-ov").get("/rota")
    assert "Bevestigen welke plekken" not in after.text
    assert "wo 11 sep 12.00 uur nu Overijssel Utrecht geen plekken" in after.section("turns")
    for reader in (browser("coa"), browser("ministry", read_only=True)):
        page = reader.get("/rota")
        assert "/decision" not in page.html and "/swaps" not in page.html and "/ledger" in page.html


def test_what_the_ministry_gave_to_another_is_taken_back_and_who_gets_it_is_said_before(
    browser: Browsers, client: Clients
) -> None:
    visitor = browser("ministry")
    do(visitor, OVERRIDE, organisation="nl-ze", until="2024-10-10T12:00", reason="hoog water", **{"from": ""})
    page = visitor.get("/rota")
    [path] = set(re.findall(r'href="(/overrides/[^"]+/undoing)"', page.section("overrides") + page.html))
    assert "hoog water" in page.section("overrides") and "vervanging" in page.section("turns")
    assert path in visitor.get("/acts").html
    assert remarks(visitor.get(path).html) == []
    preview = visitor.post(path, visitor.token(path)).expect(200)
    assert (
        "Overijssel heeft weer piketdienst van 14.00 uur tot wo 25 sep 12.00 uur, en Zeeland niet meer." in preview.text
    )
    assert "Utrecht heeft weer piketdienst van wo 25 sep 12.00 uur tot wo 9 okt 12.00 uur, en" in preview.text
    assert "Zeeland houdt piketdienst van wo 9 okt 12.00 uur tot do 10 okt 12.00 uur" in preview.text
    assert "Overijssel heeft vanaf nu piketdienst." in preview.text
    assert client("coa").get("situation")["duty"]["onDuty"] == "nl-ze"
    assert "heeft teruggenomen" in do(visitor, path).sentence
    assert client("coa").get("situation")["duty"]["onDuty"] == "nl-ov"
    assert "Het is al teruggenomen" in visitor.post(path, visitor.token(path)).text
    assert "/undoing" not in visitor.get("/rota").html
    for other in (browser("coa"), browser("nl-ov"), browser("ministry", read_only=True)):
        other.get(path).expect(403)


def test_the_ministry_proposes_that_two_provinces_swap_and_both_must_agree(browser: Browsers, client: Clients) -> None:
    turns = client("coa").get("rotas/piket/turns", **{"from": "2024-09-26T00:00:00Z"}).items
    one, other = (
        next(turn for turn in turns if turn["from"] > "2024-09-26" and turn["slots"][0]["organisations"] == [code])
        for code in ("nl-ze", "nl-zh")
    )
    visitor = browser("ministry")
    page = visitor.get("/swaps")
    assert "De ene beurt" in page.text and "Er is geen ruil gevraagd." in page.text and remarks(page.html) == []
    visitor.post(
        "/swaps", visitor.token("/swaps"), offered=one["id"], requested=other["id"], reason="zo is het eerlijk"
    ).expect(303)
    [swap] = client("coa").get("swaps").items
    assert (swap["proposedBy"], swap["offering"], swap["requested"]) == ("ministry", "nl-ze", "nl-zh")
    for code in ("nl-ze", "nl-zh"):
        asked = browser(code)
        asked.post(f"/swaps/{swap['id']}/answers", asked.token("/swaps"), answer="yes").expect(303)
    [swap] = client("coa").get("swaps").items
    assert swap["state"] == "accepted"
    assert remarks(visitor.get("/swaps").html) == []
    visitor.post(f"/swaps/{swap['id']}/withdrawals", visitor.token("/swaps")).expect(303)
    assert client("coa").get("swaps").items[0]["state"] == "undone"


def test_the_ledger_says_what_each_carried_and_leads_to_the_rows(
    browser: Browsers, client: Clients, count: Callable[..., Any], clock: FakeClock
) -> None:
    count(2129)
    clock.advance(minutes=1)
    visitor = browser("nl-dr")
    page = visitor.get("/rotas/piket/ledger").expect(200)
    assert remarks(page.html) == []
    assert "Van ma 1 jan 00.00 uur tot 14.01 uur" in page.text
    figures = client("nl-dr").get("rotas/piket/ledger", **{"from": "2023-12-31T23:00:00Z"})
    drenthe, overijssel = (
        next(one for one in figures["items"] if one["organisation"] == c) for c in ("nl-dr", "nl-ov")
    )
    share = f"{drenthe['share']:.1f}".replace(".", ",").removesuffix(",0")
    assert f"Drenthe {drenthe['turns']} {drenthe['dutyDays']:.0f} {share}" in page.section("duty")
    assert "dagen meer" in page.section("duty") and "dagen minder" in page.section("duty")
    assert f"Overijssel 1 {overijssel['placesAsked']} 0" in page.section("asked")
    rows = visitor.get("/rotas/piket/ledger/nl-ov?period=all").expect(200)
    assert remarks(rows.html) == []
    assert "1 afroep, 179 plekken gevraagd" in rows.section("rows") and "/episodes/" in rows.html
    assert rows.section("rows").count("aandeel in een beurt") == 19
    english = browser("nl-dr", "en").get("/rotas/piket/ledger/nl-ov?period=months")
    assert "days of duty: 5.1" in english.section("rows") and remarks(english.html) == []


MISSING = {
    "/rotas/piket/ledger?period=x": 400, "/rotas/piket/ledger/nl-ov?after=x": 400, "/rotas/x/ledger": 404,
    "/rotas/piket/ledger/nl-x": 404, "/rota?rota=x": 404, "/overrides/x/undoing": 404, "/rotas/Geen%20code/decision": 404,
}  # fmt: skip


def test_what_is_not_there_is_said(browser: Browsers) -> None:
    visitor = browser("ministry")
    for path, status in MISSING.items():
        assert remarks(visitor.get(path).expect(status).html) == []


def test_the_last_twelve_months_are_whole_also_at_the_end_of_february(browser: Browsers, clock: FakeClock) -> None:
    for day in ("2028-02-28", "2028-02-29"):
        clock.set(f"{day}T12:00:00Z")
        page = browser("coa").get("/rotas/piket/ledger?period=months").expect(200)
        assert "Van ma 1 mrt 2027 00.00 uur tot" in page.text

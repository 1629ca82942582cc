"""The ministry decides the rota by form, a member accepts it: what moves is said before, nothing is lost, twice is once."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

from tests.board.acting import confirmation, do
from tests.board.browser import Browser, Page, remarks
from tests.client import Client

Browsers = Callable[..., Browser]
Clients = Callable[..., Client]
PATH = "/rotas/piket/decision"
ACCEPT = "/rotas/piket/acceptance"


def filled(page: Page) -> dict[str, str]:
    """What stands in the fields of a form, as a browser would send it."""
    html = page.expect(200).html
    inputs = re.findall(r'<input[^>]* name="([a-z0-9_]+)"[^>]* value="([^"]*)"', html)
    areas = re.findall(r'<textarea[^>]* name="([a-z_]+)"[^>]*>\n(.*?)</textarea>', html, re.DOTALL)
    chosen = re.findall(
        r'<select[^>]* name="([a-z_]+)"(?:(?!</select>).)*<option value="([^"]*)" selected', html, re.DOTALL
    )
    found = {name: unescape(value) for name, value in (*inputs, *areas, *chosen)}
    return {name: value for name, value in found.items() if name not in ("csrf_token", "back", "once")}


def shown(client: Clients) -> dict[str, object]:
    return dict(client("coa").get("rotas/piket").body)


def decide(visitor: Browser, **other: str) -> Page:
    return do(visitor, PATH, **{**filled(visitor.get(PATH)), "decision_by": "minister", **other})


def test_a_proposed_rota_is_decided_as_it_stands_and_no_turn_moves(browser: Browsers, client: Clients) -> None:
    visitor, before = browser("ministry"), shown(client)
    page = visitor.get(PATH)
    assert remarks(page.html) == []
    typed = {**filled(page), "decision_by": "minister", "decision_note": "brief van 16 september"}
    preview = visitor.post(PATH, visitor.token(PATH), **typed).expect(200)
    assert "Het rooster is dan vastgesteld, en geen voorstel meer." in preview.text
    assert "Er verschuift geen beurt die vastligt." in preview.text
    assert "1. Drenthe, 2. Flevoland" in preview.text
    token, sent = visitor.token(PATH), confirmation(preview)
    first, second = (visitor.post(PATH, token, **sent).expect(303).headers["Location"] for _ in range(2))
    assert first == second and visitor.get(first).sentence.endswith("heeft het rooster vastgesteld.")
    after = shown(client)
    kept = (
        "members",
        "exemptions",
        "weights",
        "turnLength",
        "handOver",
        "startsOn",
        "zone",
        "edition",
        "line",
        "sharing",
    )
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert after["status"] == "decided"
    assert after["decision"] == {"by": "minister", "on": "2024-09-16", "note": "brief van 16 september"}
    assert "Vastgesteld door minister, op 16 september 2024. brief van" in visitor.get("/rota").section("decided")


def test_another_order_says_every_turn_that_moves_and_from_whom_to_whom(browser: Browsers, client: Clients) -> None:
    visitor = browser("ministry")
    typed = filled(visitor.get(PATH))
    typed.update(place_nl_ze="12", place_nl_zh="11", effective_from="2024-10-01T00:00", decision_by="minister")
    typed.update(
        places_target="150", exemptions="Groningen; ontlast; 2024-01-01; -\nnl-fl; verbouwing; 01-01-2026; 31-01-2026"
    )
    preview = visitor.post(PATH, visitor.token(PATH), **typed).expect(200)
    body = {**shown(client), "effectiveFrom": "2024-09-30T22:00:00Z"}
    for name in ("code", "status", "edition", "inForceFrom", "publishedUntil", "decision", "acceptances"):
        body.pop(name)
    body["members"] = [*body["members"][:-2], "nl-zh", "nl-ze"]
    body["exemptions"] = [
        {"organisation": "nl-gr", "reason": "ontlast", "startsOn": "2024-01-01", "endsOn": None},
        {"organisation": "nl-fl", "reason": "verbouwing", "startsOn": "2026-01-01", "endsOn": "2026-01-31"},
    ]
    moved = client("ministry").post("rotas/piket/previews", body).expect(200)["moved"]
    assert (
        f"Er verschuiven {len(moved)} beurten die vastliggen; de eerste is die van wo 9 okt 12.00 uur." in preview.text
    )
    assert preview.text.count(": van ") == len(moved)
    assert "wo 9 okt 12.00 uur tot wo 23 okt 12.00 uur: van Zeeland naar Zuid-Holland." in preview.text
    assert "Plekken die ieder moet leveren: 150 (dat was: onbekend)." in preview.text
    assert re.search(r"Melding: [^.]*\. Aan [^.]*Zeeland", preview.text)
    assert shown(client)["status"] == "proposed"
    page = do(visitor, PATH, **typed)
    assert f"Beurten die zijn verschoven {len(moved)}" in page.text
    after = shown(client)
    assert after["members"][-2:] == ["nl-zh", "nl-ze"] and after["placesTarget"] == 150
    assert after["exemptions"] == body["exemptions"]
    assert filled(visitor.get(PATH))["exemptions"].startswith("Groningen; ontlast; 01-01-2024; -\nFlevoland;")


def test_members_can_share_a_turn_and_weigh_what_they_weigh(browser: Browsers, client: Clients) -> None:
    visitor = browser("ministry")
    names = [one for one in client("coa").get("rotas/piket")["members"] if one != "nl-gr"]
    lines = "\n".join(f"{code}; {100 + number}; 01-09-2024" for number, code in enumerate(names))
    page = decide(visitor, strategy="weighted", weights=lines, place_nl_gr="", place_nl_fl="1", exemptions="")
    assert page.sentence.endswith("heeft het rooster vastgesteld.")
    after = shown(client)
    assert after["sharing"] == [["nl-dr", "nl-fl"]] and "nl-gr" not in after["members"]
    assert after["weights"][1] == {"organisation": "nl-fl", "weight": 101, "startsOn": "2024-09-01"}
    decide(visitor, decision_by="nog eens")
    assert {**shown(client), "decision": None} == {**after, "decision": None, "acceptances": []}


def test_everything_that_is_wrong_is_said_beside_its_field_and_kept(browser: Browsers, client: Clients) -> None:
    visitor = browser("ministry")
    typed = {
        **filled(visitor.get(PATH)), "place_nl_dr": "een", "further": "x; nl-dr\n7; Nergens", "weights": "nl-dr; 5",
        "exemptions": "Drenthe\nUtrecht; feest; 01-02-2025; 01-01-2025", "hand_over_time": "25:00", "slots": "40",
        "zone": "Europe/Nergens", "starts_on": "ooit", "decision_by": "",
    }  # fmt: skip
    page = visitor.post(PATH, visitor.token(PATH), **typed).expect(400)
    assert remarks(page.html) == []
    wrong = set(re.findall(r'id="([a-z_]+)-wrong"', page.html))
    assert wrong >= {
        "place_nl_dr", "further", "weights", "exemptions", "hand_over_time", "slots", "zone", "starts_on", "decision_by",
    }  # fmt: skip
    assert (
        "Regel 1: “x” is geen heel getal boven 0. Regel 2: Er is geen organisatie met de naam of de code Nergens."
        in page.text
    )
    assert 'value="25:00"' in page.html and "7; Nergens" in page.html
    assert shown(client)["status"] == "proposed"
    typed = {**filled(visitor.get(PATH)), "decision_by": "x", "effective_from": "2024-09-01T12:00"}
    page = visitor.post(PATH, visitor.token(PATH), **typed).expect(400)
    assert 'id="effective_from-wrong"' in page.html


def test_a_rota_that_somebody_else_decided_meanwhile_is_not_overrun(browser: Browsers, client: Clients) -> None:
    visitor, other = browser("ministry"), browser("ministry")
    typed = {**filled(visitor.get(PATH)), "decision_by": "een"}
    sent = confirmation(visitor.post(PATH, visitor.token(PATH), **typed))
    decide(other, decision_by="twee", places_target="100")
    page = visitor.post(PATH, visitor.token(PATH), **sent).expect(409)
    assert "Dit rooster is veranderd sinds u de pagina opende." in page.text and remarks(page.html) == []
    assert shown(client)["decision"]["by"] == "twee"  # type: ignore[index]


def test_a_further_rota_begins_with_its_first_turns_said_before(browser: Browsers, client: Clients) -> None:
    visitor = browser("ministry")
    [path] = re.findall(r'href="(/rotas/line-2/decision)"', visitor.get("/rota").html)
    assert remarks(visitor.get(path).html) == []
    typed = {**filled(visitor.get(path)), "name": "Tweede lijn", "decision_by": "minister", "starts_on": "02-10-2024"}
    preview = visitor.post(path, visitor.token(path), **typed).expect(200)
    assert "wo 2 okt 12.00 uur tot wo 16 okt 12.00 uur: Drenthe" in preview.text
    do(visitor, path, **typed)
    assert client("coa").get("rotas/line-2")["line"] == 2
    page = visitor.get("/rota?rota=line-2").expect(200)
    assert "Niemand heeft nu piketdienst." in page.sentence and 'aria-current="page">Tweede lijn' in page.html
    assert remarks(page.html) == []


def test_a_member_accepts_the_decided_rota_and_the_page_says_who_did_not(browser: Browsers, client: Clients) -> None:
    visitor = browser("nl-ov")
    visitor.get(ACCEPT).expect(409)
    assert ACCEPT not in visitor.get("/acts").html
    decide(browser("ministry"))
    assert ACCEPT in visitor.get("/acts").html and ACCEPT in visitor.get("/rota").html
    assert remarks(visitor.get(ACCEPT).html) == []
    preview = visitor.post(ACCEPT, visitor.token(ACCEPT), by="kabinet", note="").expect(200)
    assert "Dan hebben 1 van de 12 deelnemers het aanvaard." in preview.text
    assert do(visitor, ACCEPT, by="kabinet", note="").sentence.endswith("heeft het rooster aanvaard.")
    [accepted] = client("coa").get("rotas/piket/acceptances").items
    assert (accepted["organisation"], accepted["by"]) == ("nl-ov", "kabinet")
    assert "er verandert niets" in visitor.post(ACCEPT, visitor.token(ACCEPT), by="", note="").text
    section = visitor.get("/rota").section("decided")
    assert "Aanvaard door Overijssel ( 14.00 uur , kabinet)" in section
    assert "Nog niet aanvaard Drenthe, Flevoland" in section and ACCEPT not in visitor.get("/rota").html
    assert "Uw organisatie heeft het aanvaard" in visitor.get(ACCEPT).text
    for other in (browser("coa"), browser("ministry"), browser("vng"), browser("nl-ut", read_only=True)):
        other.get(ACCEPT).expect(403)


def test_only_the_ministry_decides_the_rota(browser: Browsers) -> None:
    for visitor in (browser("coa"), browser("nl-ov"), browser("ministry", read_only=True)):
        assert PATH not in visitor.get("/acts").html
        visitor.get(PATH).expect(403)
        visitor.post(PATH, visitor.token("/"), step="do", once="1").expect(403)
